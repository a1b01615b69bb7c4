//! How much a request may bring along.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};
use tokio::time::Sleep;

use crate::http::problem::Problem;

/// Largest body, in bytes.
pub const BYTES: usize = 1_000_000;
/// Largest body of a form with files, in bytes: one file of eight megabytes and what belongs to it.
pub const UPLOAD_BYTES: usize = 8_500_000;
/// So much of a body that is too large is still read, or the client would see a broken connection
/// instead of the answer.
const READ_ALONG: usize = 32 * BYTES;

/// Whether this is a form with files.
#[must_use]
pub fn is_upload(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"))
}

/// How much the body may have.
#[must_use]
pub fn most(headers: &HeaderMap) -> usize {
    if is_upload(headers) { UPLOAD_BYTES } else { BYTES }
}

/// Whoever needs longer to send a body is cut off: nobody holds a place by sending a byte now and then.
const ARRIVAL: Duration = Duration::from_secs(25);

/// Refuses a body that announces itself as too large. One that does not is cut off by its extractor, one that
/// does not arrive by the clock.
pub async fn guard(request: Request, next: Next) -> Response {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_none_or(|length| length <= most(request.headers())) {
        let in_time = |body| Body::new(InTime { body, until: Box::pin(tokio::time::sleep(ARRIVAL)) });
        return next.run(request.map(in_time)).await;
    }
    let problem = if is_upload(request.headers()) { Problem::file_too_large() } else { Problem::too_large() };
    // Whether the client finished or gave up makes no difference to the answer.
    let _ = tokio::time::timeout(Duration::from_secs(10), read_along(request.into_body())).await;
    problem.into_response()
}

/// A body that ends with an error when it has not arrived in time.
struct InTime {
    body: Body,
    until: Pin<Box<Sleep>>,
}

impl HttpBody for InTime {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Pending => self.until.as_mut().poll(cx).map(|()| {
                Some(Err(axum::Error::new(io::Error::new(io::ErrorKind::TimedOut, "the body did not arrive in time"))))
            }),
            ready => ready,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

async fn read_along(mut body: Body) {
    let mut left = READ_ALONG;
    while let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        left = left.saturating_sub(frame.data_ref().map_or(0, |data| data.len()));
        if left == 0 {
            return;
        }
    }
}
