//! Changes say which version they were made from: `ETag` on what has a version, `If-Match` on what changes it
//! (RFC 9110). Where a change would overwrite somebody else's, one of header and body is required (428, RFC 6585).

use axum::extract::{FromRequestParts, Request};
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use crate::actions::ActionError;
use crate::http::problem::Problem;
use crate::http::server::Server;
use crate::http::session::Current;
use crate::storage::call_offs;

/// An answer with the `ETag` of its version.
pub type Versioned<T> = ([(HeaderName, HeaderValue); 1], axum::Json<T>);

/// The `ETag` of a version.
#[must_use]
pub fn etag(version: i32) -> [(HeaderName, HeaderValue); 1] {
    let tag = HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"0\""));
    [(ETAG, tag)]
}

/// Extractor: what `If-Match` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// Nothing.
    Absent,
    /// Whatever there is.
    Any,
    /// One of these versions. Tags that are none of ours match nothing.
    Versions(Vec<i32>),
}

impl IfMatch {
    fn read(headers: &HeaderMap) -> Self {
        let mut tags = headers.get_all(IF_MATCH).iter().peekable();
        if tags.peek().is_none() {
            return Self::Absent;
        }
        let tags: Vec<&str> =
            tags.filter_map(|it| it.to_str().ok()).flat_map(|it| it.split(',')).map(str::trim).collect();
        if tags.contains(&"*") {
            return Self::Any;
        }
        // A weak tag (W/"…") never matches here.
        let version = |tag: &str| tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok();
        Self::Versions(tags.into_iter().filter_map(version).collect())
    }

    /// Refuses if it names other versions than there is.
    ///
    /// # Errors
    /// 412.
    pub fn allows(&self, is: i32) -> Result<(), Problem> {
        match self {
            Self::Versions(seen) if !seen.contains(&is) => Err(changed(is)),
            _ => Ok(()),
        }
    }

    /// The version a change was made from: of the header, else of the body. With both the header counts, and both have
    /// to say the same.
    ///
    /// # Errors
    /// 428 if neither says it, 412 if they differ.
    pub fn seen(&self, in_body: Option<i32>) -> Result<i32, Problem> {
        match (self, in_body) {
            (Self::Versions(seen), None) => match seen[..] {
                [only] => Ok(only),
                // None of ours, or more than one: no single version was seen.
                _ => Err(unsaid(StatusCode::PRECONDITION_FAILED)),
            },
            (_, Some(version)) => self.allows(version).map(|()| version),
            (Self::Absent | Self::Any, None) => Err(unsaid(StatusCode::PRECONDITION_REQUIRED)),
        }
    }

    /// What a change that came too late is answered with: 412 to whoever asked by header, 409 to the others.
    #[must_use]
    pub fn refusal(&self, error: ActionError) -> Problem {
        match (self, error) {
            (Self::Versions(_), ActionError::Stale { is, .. }) => changed(is),
            (_, error) => error.into(),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::read(&parts.headers))
    }
}

fn changed(is: i32) -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "version-changed",
        "Zwischenzeitlich geändert",
        format!("Die Änderung bezieht sich auf eine andere Version als die jetzige ({is}). Es wurde nichts geändert. Bitte lesen Sie den Eintrag neu und senden Sie seinen ETag als If-Match."),
    )
    .with("version", is)
}

fn unsaid(status: StatusCode) -> Problem {
    Problem::new(
        status,
        "version-missing",
        "Die Version fehlt",
        "Die Änderung sagt nicht, auf welche Version sie sich bezieht. Es wurde nichts geändert. Bitte senden Sie den ETag des gelesenen Eintrags als If-Match, zum Beispiel If-Match: \"7\".",
    )
}

/// `If-Match` on anything that changes a call-off. Drafts look again when they write; for the steps behind the draft
/// this look comes just before the action, whose own rules about states then decide.
pub async fn check(request: Request, next: Next) -> Response {
    let asked = IfMatch::read(request.headers());
    if let (false, IfMatch::Versions(_), Some(id)) =
        (request.method().is_safe(), &asked, call_off(request.uri().path()))
        && let Some(acting) = Current::of(request.extensions()).and_then(|current| current.acting.as_ref())
        && let Some(server) = request.extensions().get::<Server>()
    {
        let version = match version_of(server, &acting.actor, id).await {
            Ok(version) => version,
            Err(problem) => return problem.into_response(),
        };
        // What is not there or not theirs is the handler's to say.
        if let Some(Err(problem)) = version.map(|is| asked.allows(is)) {
            return problem.into_response();
        }
    }
    next.run(request).await
}

fn call_off(path: &str) -> Option<Uuid> {
    path.strip_prefix("/api/v1/call-offs/")?.split('/').next()?.parse().ok()
}

async fn version_of(server: &Server, actor: &crate::actor::Actor, id: Uuid) -> Result<Option<i32>, Problem> {
    let mut tx = server.app.db.begin(actor).await?;
    Ok(call_offs::find(&mut tx, id.into()).await?.map(|(call_off, _)| call_off.version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &str) -> IfMatch {
        let mut headers = HeaderMap::new();
        if !value.is_empty() {
            headers.insert(IF_MATCH, value.parse().unwrap());
        }
        IfMatch::read(&headers)
    }

    #[test]
    fn a_change_says_its_version_by_header_or_body_and_not_two_different_ones() {
        for (header, body, seen) in [
            ("\"7\"", None, Ok(7)),
            ("\"7\"", Some(7), Ok(7)),
            ("*", Some(7), Ok(7)),
            ("", Some(7), Ok(7)),
            ("\"6\", \"7\"", Some(7), Ok(7)),
            ("\"8\"", Some(7), Err(412)),
            ("W/\"7\"", Some(7), Err(412)),
            ("W/\"7\"", None, Err(412)),
            ("\"x\"", None, Err(412)),
            ("", None, Err(428)),
            ("*", None, Err(428)),
        ] {
            let said = asked(header).seen(body).map_err(|problem| problem.status().as_u16());
            assert_eq!(said, seen, "{header} {body:?}");
        }
    }

    #[test]
    fn only_addresses_of_a_call_off_are_looked_at() {
        assert!(call_off("/api/v1/call-offs/0192a000-0000-7000-8000-000000000000/release").is_some());
        assert!(call_off("/api/v1/call-offs/check").is_none() && call_off("/abrufe/x").is_none());
    }
}
