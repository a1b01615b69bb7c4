//! Every request runs in its own task, so that nobody hanging up can leave a transaction half done.
//!
//! When a client disconnects, the web server drops the future of its request. sqlx 0.9.0 then hands
//! the connection back to the pool inside the open transaction (upstream #4385, #4393; fixed after
//! 0.9.0): a later request would run inside it and never be committed. A task is not dropped with
//! its handle, so it always comes to its own end.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use crate::http::problem::Problem;

/// After this the client is told to try again; the task itself still finishes.
pub const TIME_OUT: Duration = Duration::from_secs(30);

/// Runs the rest of the request in a task of its own and waits for it.
pub async fn own(request: Request, next: Next) -> Response {
    let task = tokio::spawn(next.run(request).in_current_span());
    match tokio::time::timeout(TIME_OUT, task).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            tracing::error!(error = %panic, "the handler panicked");
            Problem::internal().into_response()
        }
        Err(_) => {
            tracing::error!("the handler took longer than {} s", TIME_OUT.as_secs());
            Problem::try_again().retry_after(5).into_response()
        }
    }
}
