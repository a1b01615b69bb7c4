//! The description of the API, OpenAPI 3.1.

use std::sync::Arc;

use axum::Extension;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use utoipa::openapi::path::ParameterIn;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi as _};

use crate::http::api::conventions;
use crate::http::problem::{FieldError, ProblemDocument};

/// What is said about the API as a whole.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Abruf",
        description = "Lawful call-offs from framework contracts. Amounts are decimal strings, dates are Berlin calendar dates, problems are documents by RFC 9457 with German texts.",
        license(name = "EUPL-1.2", identifier = "EUPL-1.2")
    ),
    components(schemas(ProblemDocument, FieldError)),
    modifiers(&Bearer),
    security(("bearer" = []))
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, api: &mut OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        api.components.get_or_insert_default().add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// The description before any route is added.
#[must_use]
pub fn base() -> OpenApi {
    Description::openapi()
}

/// What a client may be told instead of an answer: status, and when that happens.
const PROBLEMS: [(u16, &str); 13] = [
    (400, "The body is no JSON, a value of the address cannot be read, or the Idempotency-Key is no key"),
    (401, "Nobody is signed in, the token has expired, or sign-in was refused"),
    (403, "The key of a program may not do this; see `type`"),
    (404, "Absent, or not to be seen by whoever asks; nobody can tell which"),
    (409, "The state does not allow it (any more); see `type`"),
    (412, "If-Match names another version than there is now; read it again"),
    (413, "The body is larger than 1 MB"),
    (415, "The body is not application/json"),
    (422, "Fields are wrong (see `errors`), or a rule refuses the call-off (see `findings`)"),
    (428, "Neither If-Match nor `version` says which version was seen"),
    (429, "Too many requests; see Retry-After and RateLimit"),
    (500, "Our fault; quote `request_id`"),
    (503, "Busy or being maintained; see Retry-After, then repeat with the same Idempotency-Key"),
];

/// Completes what the handlers say about themselves: unique ids, a word per answer, and every problem
/// an operation can answer with.
#[must_use]
pub fn finished(mut api: OpenApi) -> OpenApi {
    let components = api.components.get_or_insert_default();
    for (status, when) in PROBLEMS {
        components.responses.insert(name_of(status), RefOr::T(problem(when)));
    }
    for (path, item) in &mut api.paths.paths {
        let operations = [
            (&mut item.get, false, "get"),
            (&mut item.post, true, "post"),
            (&mut item.put, true, "put"),
            (&mut item.patch, true, "patch"),
            (&mut item.delete, false, "delete"),
        ];
        for (operation, writes, method) in operations {
            let Some(operation) = operation else { continue };
            conventions::add(path, method, operation);
            // Handlers of different nouns share names: list, show.
            let tag = operation.tags.iter().flatten().next().map(|tag| tag.replace('-', "_")).unwrap_or_default();
            operation.operation_id = operation.operation_id.take().map(|id| format!("{tag}_{id}"));
            let asks = operation
                .parameters
                .iter()
                .flatten()
                .any(|it| matches!(it, RefOr::T(it) if it.parameter_in == ParameterIn::Query));
            // A key that is no key is a 400 too.
            let body = operation.request_body.is_some() || writes;
            let sessions = path.starts_with("/api/v1/sessions");
            let signs_in = path == "/api/v1/sessions";
            let responses = &mut operation.responses.responses;
            for (status, response) in responses.iter_mut() {
                if let RefOr::T(response) = response
                    && response.description.is_empty()
                {
                    response.description = said(status).to_owned();
                }
            }
            let possible = |status: u16| match status {
                400 => body || asks,
                403 => !signs_in,
                404 => !sessions || path.contains('{'),
                409 => writes && !signs_in,
                412 => writes && conventions::is_versioned(path),
                428 => writes && conventions::wants_version(path),
                413 | 415 => body,
                422 => body || asks || (writes && !signs_in),
                _ => true,
            };
            for (status, _) in PROBLEMS.into_iter().filter(|(status, _)| possible(*status)) {
                let told = Ref::from_response_name(name_of(status));
                responses.entry(status.to_string()).or_insert_with(|| RefOr::Ref(told));
            }
            responses.entry("default".to_owned()).or_insert_with(|| RefOr::T(problem("Any other problem")));
        }
    }
    api
}

fn name_of(status: u16) -> String {
    format!("Problem{status}")
}

fn problem(when: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(RefOr::Ref(Ref::from_schema_name("Problem")))).build();
    ResponseBuilder::new().description(when).content("application/problem+json", content).build()
}

fn said(status: &str) -> &'static str {
    match status {
        "201" => "Made",
        "204" => "Done; there is nothing more to say",
        _ => "Done",
    }
}

/// The description as text, ready to send.
#[derive(Debug, Clone)]
pub struct Document(pub Arc<str>);

/// `GET /openapi.json`
pub async fn serve(Extension(Document(json)): Extension<Document>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], json.to_string())
}
