//! Probes: alive means the process answers, ready means it can work.

use axum::extract::State;
use axum::http::StatusCode;

use crate::http::problem::Problem;
use crate::http::server::Server;

/// `GET /health/live`
pub async fn live() -> &'static str {
    "alive\n"
}

/// `GET /health/ready`: after migration and demo load, while the database answers.
pub async fn ready(State(server): State<Server>) -> Result<&'static str, Problem> {
    if !server.security.ready.is_set() {
        let detail = "Das System startet gerade. Bitte versuchen Sie es gleich noch einmal.";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "starting", "Startet", detail).retry_after(2));
    }
    server.app.db.ping().await?;
    Ok("ready\n")
}
