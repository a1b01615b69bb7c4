//! `Idempotency-Key` for every POST of the API whose action does not store the key in the transaction of its effect.
//!
//! Claimed before, answered after: the second arrival gets the answer of the first. Where the program ended between
//! the two nobody knows whether there was an effect, so the request is not run again and the client is told to look.
//! An answer that tells a secret says so itself ([`told_once`]) and is never kept.
//! Actions that move money keep the key themselves, see [`crate::http::idempotency`].

use std::sync::Arc;

use abruf_domain::ids::PersonId;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use serde::de::IgnoredAny;

use crate::actor::RunsAs;
use crate::app::App;
use crate::http::body_limit;
use crate::http::idempotency;
use crate::http::problem::Problem;
use crate::http::server::Server;
use crate::http::session::Current;
use crate::http::told_once;
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::repeated_requests::{self, Claim, KeptAnswer};
use crate::storage::{StorageError, Tx};

/// Name of the header.
pub const HEADER: &str = "Idempotency-Key";
/// Says that an answer is one of before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// A request that has no answer after this has none because the program ended; requests end sooner.
const UNDER_WAY: TimeDelta = TimeDelta::seconds(120);
/// Largest answer that is kept, in bytes.
const LARGEST_ANSWER: usize = 1_000_000;

/// POST operations that need no key: asking again changes nothing, or nobody is signed in yet.
pub const WITHOUT_KEY: [&str; 2] = ["/api/v1/sessions", "/api/v1/call-offs/check"];

/// Runs a request with a key once.
pub async fn once(request: Request, next: Next) -> Response {
    if request.method() != Method::POST || WITHOUT_KEY.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let Some(sent) = request.headers().get(HEADER).cloned() else {
        return next.run(request).await;
    };
    // What is no key is refused whoever sends it.
    if let Err(problem) = idempotency::key(sent.to_str().unwrap_or_default(), request.method(), "", b"") {
        return problem.into_response();
    }
    let current = Current::of(request.extensions()).cloned();
    let (Some(current), Some(server)) = (current, request.extensions().get::<Server>().cloned()) else {
        return next.run(request).await;
    };
    let asker = Asker { app: server.app, person: current.session.person, current };
    match keyed(&asker, &sent, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

/// Whose keys they are.
struct Asker {
    app: App,
    person: PersonId,
    current: Arc<Current>,
}

impl Asker {
    /// Begins as whom the person acts for; before they chose, as the program.
    async fn begin(&self) -> Result<Tx, StorageError> {
        match &self.current.acting {
            Some(acting) => self.app.db.begin(&acting.actor).await,
            None => self.app.db.begin(RunsAs::Job).await,
        }
    }

    async fn claim(&self, key: &IdempotencyKey) -> Result<Claim, StorageError> {
        let mut tx = self.begin().await?;
        let claim = repeated_requests::claim(&mut tx, self.person, key, self.app.clock.now()).await?;
        tx.commit().await?;
        Ok(claim)
    }

    async fn answer(&self, key: &IdempotencyKey, kept: &KeptAnswer) -> Result<(), StorageError> {
        let mut tx = self.begin().await?;
        repeated_requests::answer(&mut tx, self.person, key, kept, self.app.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    async fn give_back(&self, key: &IdempotencyKey) -> Result<(), StorageError> {
        let mut tx = self.begin().await?;
        repeated_requests::give_back(&mut tx, self.person, key).await?;
        Ok(tx.commit().await?)
    }
}

async fn keyed(asker: &Asker, sent: &HeaderValue, request: Request, next: Next) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let too_large = if body_limit::is_upload(&parts.headers) { Problem::file_too_large } else { Problem::too_large };
    let body = to_bytes(body, body_limit::most(&parts.headers)).await.map_err(|_| too_large())?;
    let key = idempotency::key(sent.to_str().unwrap_or_default(), &parts.method, parts.uri.path(), &body)?;
    match asker.claim(&key).await? {
        Claim::Ours => {}
        Claim::Answered(kept) => return Ok(replayed(kept)),
        Claim::OtherRequest => return Err(crate::actions::ActionError::KeyReused.into()),
        Claim::Unanswered(begun) if asker.app.clock.now() - begun < UNDER_WAY => return Err(under_way()),
        Claim::Unanswered(_) => return Err(unknown()),
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let secret = told_once::is_told_once(&response);
    let (parts, body) = response.into_parts();
    // A refusal changed nothing, and neither did what asks to try again: the key is free for the next try. After a
    // failure of ours nobody knows: the claim stays.
    if parts.status.is_client_error() || parts.status == StatusCode::SERVICE_UNAVAILABLE {
        asker.give_back(&key).await?;
    }
    if !parts.status.is_success() {
        return Ok(Response::from_parts(parts, body));
    }
    let body = to_bytes(body, LARGEST_ANSWER).await.map_err(|_| Problem::internal())?;
    let location = parts.headers.get(LOCATION).and_then(|it| it.to_str().ok()).map(str::to_owned);
    let kept = KeptAnswer {
        status: parts.status.as_u16().into(),
        location,
        body: if secret { None } else { readable(&body) },
    };
    if let Err(error) = asker.answer(&key, &kept).await {
        // It had its effect and the client hears so; a repeat will be told to look.
        tracing::error!(%error, "the answer to a request with a key could not be kept");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn replayed(kept: KeptAnswer) -> Response {
    let status = u16::try_from(kept.status).ok().and_then(|it| StatusCode::from_u16(it).ok()).unwrap_or(StatusCode::OK);
    if kept.body.is_none() {
        return Problem::conflict(
            "answered-once",
            "Die Antwort wird nur einmal gegeben",
            "Diese Anfrage hat schon gewirkt. Ihre Antwort enthielt ein Geheimnis und wurde deshalb nicht aufbewahrt. Wenn sie verloren ist, stellen Sie eine neue Anfrage mit einem neuen Idempotency-Key.",
        )
        .into_response();
    }
    let mut response = status.into_response();
    let headers = response.headers_mut();
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    if let Some(location) = kept.location.and_then(|it| HeaderValue::from_str(&it).ok()) {
        headers.insert(LOCATION, location);
    }
    if let Some(body) = kept.body.filter(|body| !body.is_empty()) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *response.body_mut() = Body::from(body);
    }
    response
}

/// The body, unless it is no JSON: archives and papers are asked for anew.
fn readable(body: &Bytes) -> Option<Vec<u8>> {
    let kept = body.is_empty() || serde_json::from_slice::<IgnoredAny>(body).is_ok();
    kept.then(|| body.to_vec())
}

fn under_way() -> Problem {
    Problem::conflict(
        "repeat-under-way",
        "Die Anfrage läuft noch",
        "Dieselbe Anfrage mit diesem Idempotency-Key läuft gerade. Bitte fragen Sie in einigen Sekunden noch einmal, Sie bekommen dann die Antwort der ersten.",
    )
    .retry_after(2)
}

fn unknown() -> Problem {
    Problem::conflict(
        "repeat-unknown",
        "Der Ausgang ist nicht bekannt",
        "Dieselbe Anfrage mit diesem Idempotency-Key wurde unterbrochen. Ob sie gewirkt hat, ist nicht bekannt; sie wird nicht noch einmal ausgeführt. Bitte sehen Sie nach und stellen Sie sie, wenn nötig, mit einem neuen Schlüssel.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_no_json_is_not_kept() {
        for (body, kept) in [(r#"{"id":"1"}"#, true), ("[]", true), ("", true), ("no json", false), ("%PDF-1.7", false)]
        {
            assert_eq!(readable(&Bytes::from(body)).is_some(), kept, "{body}");
        }
    }
}
