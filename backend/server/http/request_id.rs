//! An id for each request: in the log, in the audit log, in the header `x-request-id`, on error pages.
//!
//! It is always ours: an id from outside could imitate another request in the log.

use std::convert::Infallible;
use std::fmt;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderValue;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use uuid::Uuid;

use crate::http::security_log;
use crate::http::server::Server;

/// Id of the running request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId(pub Uuid);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or(Self(Uuid::nil())))
    }
}

/// Gives the request its id and writes one line of log when it is answered.
pub async fn give(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let started = server.app.clock.now();
    let id = RequestId(server.app.chance.id(started));
    request.extensions_mut().insert(id);
    // The path without its query: a query may hold what people typed. Of the address only its network.
    let client = security_log::network(security_log::client(&server, &request));
    let path = security_log::path(&server.table, request.uri().path());
    let span = tracing::info_span!("request", %id, method = %request.method(), path = &*path, %client);
    // Asked every few seconds by whatever watches the program.
    let is_probe = request.uri().path().starts_with("/health/");
    async move {
        let mut response = next.run(request).await;
        if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
            response.headers_mut().insert("x-request-id", value);
        }
        let millis = (server.app.clock.now() - started).num_milliseconds();
        let status = response.status().as_u16();
        if is_probe {
            tracing::debug!(status, millis, "answered");
        } else {
            tracing::info!(status, millis, "answered");
        }
        security_log::note(&response);
        response
    }
    .instrument(span)
    .await
}
