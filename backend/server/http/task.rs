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
use crate::traffic;

/// After this the client is told to try again; the task itself still finishes.
pub const TIME_OUT: Duration = Duration::from_secs(30);

/// Runs the rest of the request in a task of its own and waits for it.
pub async fn own(request: Request, next: Next) -> Response {
    own_for(TIME_OUT, request, next).await
}

async fn own_for(limit: Duration, request: Request, next: Next) -> Response {
    let under_way = traffic::begin();
    let task = tokio::spawn(
        async move {
            let response = next.run(request).await;
            drop(under_way);
            response
        }
        .in_current_span(),
    );
    match tokio::time::timeout(limit, task).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            tracing::error!(error = %panic, "the handler panicked");
            Problem::internal().into_response()
        }
        Err(_) => {
            tracing::error!("the handler took longer than {} s", limit.as_secs());
            Problem::try_again().retry_after(5).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use axum::Router;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    fn ask(router: &Router, path: &str) -> impl Future<Output = Response> + use<> {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let router = router.clone();
        async move { router.oneshot(request).await.unwrap() }
    }

    #[tokio::test]
    async fn a_client_that_hangs_up_does_not_stop_the_handler() {
        let done = Arc::new(AtomicBool::new(false));
        let mark = Arc::clone(&done);
        let slow = async move || {
            tokio::time::sleep(Duration::from_millis(50)).await;
            mark.store(true, Ordering::SeqCst);
        };
        let router = Router::new().route("/", get(slow)).layer(from_fn(own));
        let hung_up = tokio::time::timeout(Duration::from_millis(5), ask(&router, "/")).await;
        assert!(hung_up.is_err() && !done.load(Ordering::SeqCst));
        while !done.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_panic_and_a_time_out_are_answers() {
        let limit = |request, next| own_for(Duration::from_millis(5), request, next);
        let router = Router::new()
            .route("/panic", get(async || -> &'static str { panic!("a bug") }))
            .route("/slow", get(async || tokio::time::sleep(Duration::from_secs(60)).await))
            .layer(from_fn(limit));
        assert_eq!(ask(&router, "/panic").await.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(ask(&router, "/slow").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
