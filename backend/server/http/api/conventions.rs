//! What holds for every operation of the API and is therefore described in one place: `Idempotency-Key` on every POST,
//! `If-Match` where something has a version, `limit` and `cursor` on every list, the headers that answers carry.

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Required, Schema};

use crate::http::repeats;

/// Whether an operation names a header of the request.
#[must_use]
pub fn takes(operation: &Operation, name: &str) -> bool {
    operation.parameters.iter().flatten().any(|it| matches!(it, RefOr::T(it) if it.name.eq_ignore_ascii_case(name)))
}

/// Whether the answer is a list that its handler does not cut itself.
#[must_use]
pub fn is_whole_list(operation: &Operation) -> bool {
    let Some(RefOr::T(response)) = operation.responses.responses.get("200") else { return false };
    let lists = response.content.values().any(
        |content| matches!(content, RefOr::T(content) if matches!(content.schema, Some(RefOr::T(Schema::Array(_))))),
    );
    lists && response.content.contains_key("application/json") && !takes(operation, "limit")
}

/// Paths below which a call-off is changed: its version can be named with `If-Match`.
const OF_CALL_OFF: &str = "/api/v1/call-offs/{id}/";
/// Changes that have to say which version they were made from.
const WITH_VERSION: [&str; 6] = [
    "/api/v1/approval-order",
    "/api/v1/call-offs/{id}/lines",
    "/api/v1/call-offs/{id}/details",
    "/api/v1/call-offs/{id}/line-refusals",
    "/api/v1/contracts/{id}/hand-in",
    "/api/v1/contracts/{id}/activate",
];
/// As those, with nothing but the header to say it.
const BY_HEADER: &str = "/api/v1/contracts/{id}/terms";

/// Whether a change looks at `If-Match`.
#[must_use]
pub fn is_versioned(path: &str) -> bool {
    path.starts_with(OF_CALL_OFF) || wants_version(path)
}

/// Whether a change has to name the version it was made from, by `If-Match` or in its body.
#[must_use]
pub fn wants_version(path: &str) -> bool {
    WITH_VERSION.contains(&path) || path == BY_HEADER
}

/// Adds to an operation what its handler does not say about itself.
pub fn add(path: &str, method: &str, operation: &mut Operation) {
    let list = method == "get" && is_whole_list(operation);
    let cut_by_handler = method == "get" && takes(operation, "limit") && takes(operation, "offset");
    let mut parameters = Vec::new();
    if method == "post" && !repeats::WITHOUT_KEY.contains(&path) && !takes(operation, repeats::HEADER) {
        let about = "A repeat with the same key and body gets the answer of the first and has no second effect";
        parameters.push(header(repeats::HEADER, about, text().max_length(Some(200))));
    }
    if method != "get" && is_versioned(path) {
        let about = "The version that was seen, as its ETag said; another one there is 412";
        parameters.push(header("If-Match", about, text()));
    }
    if list {
        let limit = ObjectBuilder::new().schema_type(SchemaType::new(Type::Integer));
        let limit = limit.minimum(Some(1)).maximum(Some(500)).default(Some(500.into()));
        parameters.push(query("limit", "Rows to return", limit));
        parameters.push(query("cursor", "Where to go on: from the header Link of the answer before", text()));
    }
    if !parameters.is_empty() {
        operation.parameters.get_or_insert_default().extend(parameters.into_iter().map(RefOr::T));
    }
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let mut tell = |name: &str, about: &str| {
            let header = HeaderBuilder::new().schema(Some(text())).description(Some(about)).build();
            response.headers.entry(name.to_owned()).or_insert(RefOr::T(header));
        };
        tell("RateLimit-Policy", "The quota and its window in seconds");
        tell("RateLimit", "What is left of it, and the seconds until it is whole again");
        if (list || cut_by_handler) && status == "200" {
            tell("Total-Count", "Rows in all");
            tell("Link", "rel=\"next\": the address of the rows behind these, as long as there are any");
        }
    }
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(Type::String))
}

fn header(name: &str, about: &str, schema: ObjectBuilder) -> Parameter {
    parameter(ParameterIn::Header, name, about, schema)
}

fn query(name: &str, about: &str, schema: ObjectBuilder) -> Parameter {
    parameter(ParameterIn::Query, name, about, schema)
}

fn parameter(place: ParameterIn, name: &str, about: &str, schema: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .description(Some(about))
        .required(Required::False)
        .schema(Some(schema))
        .build()
}
