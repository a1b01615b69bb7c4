//! Requests that may be repeated: an API client sends `Idempotency-Key`, a form carries the field
//! `idempotency_key`, and the second arrival gets the answer of the first.
//!
//! A key belongs to one request: the hash covers method, path and body (of a form without `csrf`,
//! which changes with the session).

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::Method;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::http::csrf;
use crate::http::extract::{Form, Json};
use crate::http::problem::{FieldError, Problem};
use crate::storage::idempotency::IdempotencyKey;

/// Longest key.
const MAX_LENGTH: usize = 200;
/// Name of the field of a form.
pub(super) const FIELD: &str = "idempotency_key";

/// Extractor: a JSON body and the key of the header, if there is one.
#[derive(Debug)]
pub struct KeyedJson<T>(pub Option<IdempotencyKey>, pub T);

/// Extractor: a form and its key. The page draws one with `app.chance`, so that a double click
/// sends the same twice.
#[derive(Debug)]
pub struct KeyedForm<T>(pub Option<IdempotencyKey>, pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for KeyedJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let sent = request.headers().get("idempotency-key").cloned();
        let (request, body) = read(request, state).await?;
        let key = sent
            .map(|sent| {
                let text = sent.to_str().unwrap_or_default();
                key(text, request.method(), request.uri().path(), &body)
            })
            .transpose()?;
        let Json(input) = Json::from_request(request, state).await?;
        Ok(Self(key, input))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for KeyedForm<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (request, body) = read(request, state).await?;
        let text = String::from_utf8_lossy(&body);
        let named = |pair: &str, name: &str| pair.strip_prefix(name).is_some_and(|rest| rest.starts_with('='));
        let sent = text.split('&').find(|pair| named(pair, FIELD)).map(|pair| &pair[FIELD.len() + 1..]);
        let without_token: Vec<_> = text.split('&').filter(|pair| !named(pair, csrf::FIELD)).collect();
        let key = sent
            .map(|sent| key(sent, request.method(), request.uri().path(), without_token.join("&").as_bytes()))
            .transpose()?;
        let Form(input) = Form::from_request(request, state).await?;
        Ok(Self(key, input))
    }
}

/// The request with its body put back, and the body.
async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<(Request, Bytes), Problem> {
    let (parts, body) = request.into_parts();
    let body =
        Bytes::from_request(Request::from_parts(parts.clone(), body), state).await.map_err(|_| Problem::too_large())?;
    Ok((Request::from_parts(parts, body.clone().into()), body))
}

/// The key of a request with this content.
pub(super) fn key(sent: &str, method: &Method, path: &str, body: &[u8]) -> Result<IdempotencyKey, Problem> {
    if sent.is_empty() || MAX_LENGTH < sent.len() || !sent.bytes().all(|byte| byte.is_ascii_graphic()) {
        let message = format!("Der Idempotency-Key braucht 1 bis {MAX_LENGTH} sichtbare ASCII-Zeichen.");
        return Err(
            Problem::bad_request(message.clone()).with_errors(vec![FieldError::new("Idempotency-Key", message)])
        );
    }
    let request_sha256 = Sha256::new()
        .chain_update(method.as_str())
        .chain_update([0])
        .chain_update(path)
        .chain_update([0])
        .chain_update(body)
        .finalize()
        .into();
    Ok(IdempotencyKey { key: sent.to_owned(), request_sha256 })
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::StatusCode;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Input {
        menge: String,
    }

    async fn form(body: &str) -> Result<KeyedForm<Input>, Problem> {
        let request = Request::post("/abrufe/1")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body.to_owned()))
            .unwrap();
        KeyedForm::from_request(request, &()).await
    }

    async fn json(key: &str, body: &'static str) -> Result<KeyedJson<serde_json::Value>, Problem> {
        let request =
            Request::post("/api/v1/x").header("content-type", "application/json").header("idempotency-key", key);
        KeyedJson::from_request(request.body(Body::from(body)).unwrap(), &()).await
    }

    #[tokio::test]
    async fn the_same_form_has_the_same_key_in_every_session() {
        let first = form("csrf=a&menge=12&idempotency_key=k1").await.unwrap();
        let again = form("csrf=b&menge=12&idempotency_key=k1").await.unwrap();
        let other = form("csrf=a&menge=13&idempotency_key=k1").await.unwrap();
        assert_eq!(first.1.menge, "12");
        assert_eq!(first.0, again.0);
        assert_ne!(first.0, other.0);
        assert_eq!(form("menge=12").await.unwrap().0, None);
    }

    #[tokio::test]
    async fn a_key_is_visible_text_of_at_most_200_characters() {
        assert!(json("k-1", "{}").await.unwrap().0.is_some());
        for bad in ["", " ", &"x".repeat(201)] {
            assert_eq!(json(bad, "{}").await.unwrap_err().status(), StatusCode::BAD_REQUEST);
        }
    }
}
