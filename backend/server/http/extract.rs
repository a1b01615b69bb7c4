//! axum's extractors with our words: use these, so that each rejection is a German problem.

use axum::extract::rejection::{FormRejection, JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts};
use axum::http::StatusCode;

use crate::http::problem::{FieldError, Problem};

/// Parts of the path. What does not parse does not exist: 404.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub struct Path<T>(pub T);

/// The query of the address.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub struct Query<T>(pub T);

/// A form. Fields that people type should be `String`s, parsed with messages of their own.
#[derive(Debug, FromRequest)]
#[from_request(via(axum::extract::Form), rejection(Problem))]
pub struct Form<T>(pub T);

/// A JSON body.
#[derive(Debug, FromRequest)]
#[from_request(via(axum::extract::Json), rejection(Problem))]
pub struct Json<T>(pub T);

impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::not_found()
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_request("Ein Wert in der Adresse passt nicht. Bitte rufen Sie die Seite neu auf.")
            .with_errors(vec![FieldError::new("query", reason(&rejection))])
    }
}

impl From<FormRejection> for Problem {
    fn from(rejection: FormRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::unsupported_media_type(),
            _ => Self::bad_request("Das Formular ist nicht vollständig angekommen. Bitte laden Sie die Seite neu.")
                .with("reason", rejection.body_text()),
        }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            JsonRejection::JsonDataError(error) => Self::invalid(vec![FieldError::new("body", reason(&error))]),
            JsonRejection::JsonSyntaxError(error) => Self::bad_request("Der Inhalt ist kein gültiges JSON.")
                .with_errors(vec![FieldError::new("body", reason(&error))]),
            JsonRejection::MissingJsonContentType(_) => Self::unsupported_media_type(),
            other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(),
            other => Self::bad_request("Der Inhalt ist nicht lesbar.").with("reason", other.body_text()),
        }
    }
}

/// What the JSON reader says, with its position; English, for the programmer of the client.
fn reason(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    deepest.to_string()
}
