//! What the pages of a new call-off have in common: whose draft it is, where else to go, what to say
//! when somebody else was faster.

use abruf_domain::ids::CallOffId;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::actions::draft_call_off::{self, Preview};
use crate::actions::{ActionError, FieldError};
use crate::actor::Actor;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::form::Mistakes;
use crate::http::problem::Problem;
use crate::storage::StorageError;

/// Instead of the page: another address, or a problem.
#[derive(Debug)]
pub enum Away {
    /// Look there.
    To(String),
    /// It cannot be done.
    Problem(Problem),
}

impl IntoResponse for Away {
    fn into_response(self) -> Response {
        match self {
            Self::To(address) => Redirect::to(&address).into_response(),
            Self::Problem(problem) => problem.into_response(),
        }
    }
}

impl From<Problem> for Away {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<ActionError> for Away {
    fn from(error: ActionError) -> Self {
        Self::Problem(error.into())
    }
}

impl From<StorageError> for Away {
    fn from(error: StorageError) -> Self {
        Self::Problem(error.into())
    }
}

/// The actor's own draft or returned request, judged as it stands. Somebody else's is not there;
/// one that has left the draft is shown as it is.
///
/// # Errors
/// See above.
pub async fn own(app: &App, actor: &Actor, id: CallOffId) -> Result<Preview, Away> {
    let preview = draft_call_off::preview(app, actor, id).await?;
    if preview.call_off.requester != actor.person {
        return Err(Problem::not_found().into());
    }
    if !preview.call_off.status.is_editable() {
        return Err(Away::To(format!("/abrufe/{id}")));
    }
    Ok(preview)
}

/// What an action found wrong with a form, to be shown in it again; everything else goes on as a problem.
///
/// # Errors
/// With what no form can show.
pub fn mistakes(error: ActionError, id: CallOffId) -> Result<(StatusCode, Mistakes), Away> {
    match error {
        ActionError::Invalid(errors) => Ok((StatusCode::UNPROCESSABLE_ENTITY, Mistakes(errors))),
        ActionError::Stale { .. } => Ok((StatusCode::CONFLICT, Mistakes(vec![stale()]))),
        ActionError::WrongState(_) => Err(Away::To(format!("/abrufe/{id}"))),
        other => Err(other.into()),
    }
}

/// The draft was changed in another window.
fn stale() -> FieldError {
    FieldError::new(
        "formular",
        "Der Entwurf wurde inzwischen in einem anderen Fenster geändert. Ihre Eingaben stehen noch hier, sind aber noch nicht gespeichert. Bitte vergleichen Sie und speichern Sie noch einmal.",
    )
}

/// A version as a form carries it; what is missing or unreadable is stale.
#[must_use]
pub fn version(text: &str) -> i32 {
    text.parse().unwrap_or_default()
}

/// Short name of a draft for the window: number and title of its contract.
#[must_use]
pub fn contract_line(preview: &Preview) -> String {
    format!("{} {}", preview.facts.contract.number, as_typed(&preview.facts.contract.title))
}
