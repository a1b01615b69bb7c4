//! The least an axum handler with sqlx can do: one prepared statement, one number back.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use crate::Result;

/// Serves until it is killed.
pub async fn serve(database: &str, listen: &str) -> Result<()> {
    let pool = PgPoolOptions::new().max_connections(8).connect(database).await?;
    let app = Router::new().route("/", post(one)).with_state(pool);
    axum::serve(tokio::net::TcpListener::bind(listen).await?, app).await?;
    Ok(())
}

async fn one(State(pool): State<PgPool>) -> std::result::Result<String, String> {
    let number: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&pool).await.map_err(|error| error.to_string())?;
    Ok(number.to_string())
}
