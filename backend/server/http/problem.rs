//! The one error of handlers: a problem document (RFC 9457) for the API, a German page for people.
//!
//! A handler returns `Result<_, Problem>`. Turned into a response it only leaves itself behind;
//! [`render`] knows the request and writes the body. So do errors that never saw a handler: unknown
//! paths, wrong methods, bodies too large, time-outs. The body names no path and no instance: what
//! belongs to somebody else must look exactly like what does not exist.

pub mod causes;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

pub use crate::actions::FieldError;
use crate::http::api_rate::{RATE_LIMIT, RATE_LIMIT_POLICY};
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::request_id::RequestId;
use crate::http::server::Server;

/// A refusal or failure, on its way to the client.
#[derive(Debug, Clone)]
pub struct Problem(Box<Content>);

#[derive(Debug, Clone)]
struct Content {
    status: StatusCode,
    slug: &'static str,
    title: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    members: Map<String, Value>,
    retry_after_seconds: Option<i64>,
}

/// Problem document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// Stable kind of the problem.
    #[serde(rename = "type")]
    #[schema(example = "/hilfe/probleme/not-found")]
    kind: String,
    /// The kind in German.
    title: &'static str,
    /// HTTP status.
    #[schema(value_type = u16, example = 404)]
    status: u16,
    /// What happened and what to do, in German.
    detail: String,
    /// For questions to the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// Members of the kind, such as `findings`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    members: Map<String, Value>,
}

impl Problem {
    /// A problem of a kind of its own. `slug` is stable: clients switch on it.
    pub fn new(status: StatusCode, slug: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Content {
            status,
            slug,
            title,
            detail: detail.into(),
            errors: Vec::new(),
            members: Map::new(),
            retry_after_seconds: None,
        }))
    }

    /// 400: the request itself cannot be read.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", "Die Anfrage ist nicht lesbar", detail)
    }

    /// 401: nobody is signed in.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::of_status(StatusCode::UNAUTHORIZED)
    }

    /// 401: the password was right, the code of the second factor is not there yet.
    #[must_use]
    pub fn code_missing() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "second-factor-needed",
            "Code nötig",
            "Das Passwort stimmt. Bitte geben Sie noch den Code Ihrer App ein. Programme senden ihn bei der Anmeldung im Feld code mit.",
        )
    }

    /// 401: the roles want a second factor, and none is set up.
    #[must_use]
    pub fn factor_missing() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "second-factor-missing",
            "Zweiter Faktor fehlt",
            "Ihre Aufgaben verlangen einen zweiten Faktor. Bitte melden Sie sich im Browser an und richten Sie ihn ein. Bis dahin geht nichts anderes.",
        )
    }

    /// 404: absent, or not to be seen by this actor; nobody can tell which.
    #[must_use]
    pub fn not_found() -> Self {
        Self::of_status(StatusCode::NOT_FOUND)
    }

    /// 409: the state does not allow it (any more).
    pub fn conflict(slug: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, slug, title, detail)
    }

    /// 422: fields are wrong.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self::of_status(StatusCode::UNPROCESSABLE_ENTITY).with_errors(errors)
    }

    /// 413: more than the limit.
    #[must_use]
    pub fn too_large() -> Self {
        Self::of_status(StatusCode::PAYLOAD_TOO_LARGE)
    }

    /// 413: a form whose file is more than the limit.
    #[must_use]
    pub fn file_too_large() -> Self {
        let detail =
            "Die Datei ist zu groß: Erlaubt sind höchstens 8 MB. Bitte verkleinern Sie sie oder teilen Sie sie auf.";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Zu groß", detail)
    }

    /// 415: a format that is not read here.
    #[must_use]
    pub fn unsupported_media_type() -> Self {
        Self::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)
    }

    /// 429: wait.
    #[must_use]
    pub fn too_many(seconds: i64) -> Self {
        Self::of_status(StatusCode::TOO_MANY_REQUESTS).retry_after(seconds)
    }

    /// 500: our fault. Log the cause before.
    #[must_use]
    pub fn internal() -> Self {
        Self::of_status(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// 503: trying again will help.
    #[must_use]
    pub fn try_again() -> Self {
        Self::of_status(StatusCode::SERVICE_UNAVAILABLE).retry_after(1)
    }

    /// Names the fields that are wrong.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// Adds a member to the document, e.g. `findings`.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Serialize) -> Self {
        // A value that does not serialise is left out; the problem itself matters more.
        if let Ok(value) = serde_json::to_value(value) {
            self.0.members.insert(member.to_owned(), value);
        }
        self
    }

    /// Says after how many seconds to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: i64) -> Self {
        self.0.retry_after_seconds = Some(seconds.max(1));
        self
    }

    /// Its status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.0.status
    }

    /// What the pages say for a bare status.
    fn of_status(status: StatusCode) -> Self {
        let (slug, title, detail) = match status {
            StatusCode::UNAUTHORIZED => (
                "unauthenticated",
                "Anmeldung nötig",
                "Sie sind nicht angemeldet oder Ihre Sitzung ist zu Ende. Bitte melden Sie sich an.",
            ),
            // Who may not see something must not learn that it exists.
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => {
                let detail = "Diesen Eintrag gibt es nicht oder Sie haben keinen Zugriff.";
                return Self::new(StatusCode::NOT_FOUND, "not-found", "Nicht gefunden", detail);
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                ("method-not-allowed", "So geht es nicht", "Diese Adresse nimmt die Anfrage in dieser Form nicht an.")
            }
            StatusCode::CONFLICT => (
                "conflict",
                "Zwischenzeitlich geändert",
                "Der Vorgang hat sich inzwischen geändert. Bitte laden Sie die Seite neu.",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => (
                "too-large",
                "Zu groß",
                "Die Angaben sind zu groß: Erlaubt ist höchstens 1 MB. Bitte kürzen Sie den Text oder teilen Sie die Datei auf.",
            ),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => (
                "unsupported-media-type",
                "Falsches Format",
                "Dieses Format wird hier nicht angenommen. Die Programmierschnittstelle erwartet application/json.",
            ),
            StatusCode::UNPROCESSABLE_ENTITY => {
                ("invalid", "Bitte prüfen Sie Ihre Angaben", "Einige Angaben fehlen oder passen nicht.")
            }
            StatusCode::TOO_MANY_REQUESTS => (
                "too-many-requests",
                "Zu viele Versuche",
                "Das waren sehr viele Anfragen in kurzer Zeit. Bitte warten Sie eine Minute.",
            ),
            StatusCode::SERVICE_UNAVAILABLE => (
                "unavailable",
                "Gerade nicht verfügbar",
                "Das System ist gerade ausgelastet oder wird gewartet. Bitte versuchen Sie es gleich noch einmal. Ihr Entwurf ist gespeichert.",
            ),
            other if other.is_client_error() => (
                "bad-request",
                "Die Anfrage ist nicht lesbar",
                "Die Anfrage ist nicht lesbar. Bitte laden Sie die Seite neu und versuchen Sie es noch einmal.",
            ),
            _ => ("internal", "Das lag an uns", "Das lag an uns. Ihr Entwurf ist gespeichert."),
        };
        Self::new(status, slug, title, detail)
    }
}

impl IntoResponse for Problem {
    /// Leaves itself in the response for [`render`].
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The kind of problem a response tells of, for the log.
#[derive(Debug, Clone, Copy)]
pub struct Slug(pub &'static str);

/// The response already has its final body.
#[derive(Clone, Copy)]
struct Rendered;

/// Writes the body of every 4xx and 5xx, as a document or as a page.
///
/// Stands in the router twice: inside the session, where the page can keep its navigation, and
/// outermost, for what went wrong before a session was looked up.
pub async fn render(State(server): State<Server>, request: Request, next: Next) -> Response {
    let asked = Asked {
        api: is_api(&request),
        request_id: request.extensions().get::<RequestId>().copied(),
        frame: Frame::of(&server, request.uri().path(), request.extensions()),
    };
    let response = next.run(request).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || response.extensions().get::<Rendered>().is_some() {
        return response;
    }
    let problem = match response.extensions().get::<Problem>() {
        Some(problem) => problem.clone(),
        // A page that a handler wrote itself, e.g. a form with its mistakes marked.
        None if is_html(response.headers()) => return response,
        None => Problem::of_status(status),
    };
    asked.answer(problem, response.headers())
}

struct Asked {
    api: bool,
    request_id: Option<RequestId>,
    frame: Frame,
}

impl Asked {
    fn answer(self, problem: Problem, before: &HeaderMap) -> Response {
        let (status, retry_after, slug) = (problem.0.status, problem.0.retry_after_seconds, problem.0.slug);
        let mut response = if self.api { self.document(*problem.0) } else { self.page(*problem.0) };
        *response.status_mut() = status;
        let headers = response.headers_mut();
        for name in [ALLOW, RETRY_AFTER, SET_COOKIE, ETAG, RATE_LIMIT, RATE_LIMIT_POLICY] {
            for value in before.get_all(&name) {
                headers.append(name.clone(), value.clone());
            }
        }
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.extensions_mut().insert(Rendered);
        response.extensions_mut().insert(Slug(slug));
        response
    }

    fn document(self, problem: Content) -> Response {
        let document = ProblemDocument {
            kind: format!("/hilfe/probleme/{}", problem.slug),
            title: problem.title,
            status: problem.status.as_u16(),
            detail: problem.detail,
            request_id: self.request_id.map(|id| id.to_string()),
            errors: problem.errors,
            members: problem.members,
        };
        let mut response = Json(document).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if problem.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }

    fn page(self, problem: Content) -> Response {
        let page = ErrorPage {
            frame: self.frame.titled(problem.title).with_mistakes(),
            title: problem.title,
            detail: problem.detail,
            errors: problem.errors,
            // Only where somebody has to look for the cause: elsewhere it would make foreign and
            // absent pages differ.
            request_id: if problem.status.is_server_error() { self.request_id } else { None },
            sign_in: problem.status == StatusCode::UNAUTHORIZED,
        };
        Page(page).into_response()
    }
}

#[derive(askama::Template)]
#[template(path = "problem.html")]
struct ErrorPage {
    frame: Frame,
    title: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    request_id: Option<RequestId>,
    sign_in: bool,
}

fn is_html(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// Whether the client reads documents rather than pages.
#[must_use]
pub fn is_api(request: &Request<Body>) -> bool {
    let accepts = |kind: &str| {
        request.headers().get_all(ACCEPT).iter().filter_map(|it| it.to_str().ok()).any(|it| it.contains(kind))
    };
    request.uri().path().starts_with("/api/")
        || accepts("application/problem+json")
        || (accepts("application/json") && !accepts("text/html"))
}
