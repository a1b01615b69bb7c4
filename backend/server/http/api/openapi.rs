//! The description of the API, OpenAPI 3.1.

use std::sync::Arc;

use axum::Extension;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi as _};

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

/// Says once for all operations that everything else is a problem document.
#[must_use]
pub fn finished(mut api: OpenApi) -> OpenApi {
    let content = ContentBuilder::new().schema(Some(RefOr::Ref(Ref::from_schema_name("Problem")))).build();
    let problem =
        ResponseBuilder::new().description("Problem document").content("application/problem+json", content).build();
    for item in api.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            responses.entry("default".to_owned()).or_insert_with(|| RefOr::T(problem.clone()));
        }
    }
    api
}

/// The description as text, ready to send.
#[derive(Debug, Clone)]
pub struct Document(pub Arc<str>);

/// `GET /openapi.json`
pub async fn serve(Extension(Document(json)): Extension<Document>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], json.to_string())
}
