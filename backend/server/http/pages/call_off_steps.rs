//! What people do with a call-off on its page: withdraw, note the next step, cancel, do it again.

use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::draft_call_off::{self, LineInput};
use crate::actions::{ActionError, advance_call_off, cancel_call_off, end_request};
use crate::app::App;
use crate::http::extract::{Form, Path};
use crate::http::form::Mistakes;
use crate::http::layout::Frame;
use crate::http::pages::call_off::rendered;
use crate::http::pages::draft::Away;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::call_offs;

/// `POST /abrufe/{id}/zurueckziehen`
pub async fn withdraw(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Away> {
    end_request::withdraw(&app, &actor, CallOffId(id)).await?;
    Ok(Redirect::to(&format!("/abrufe/{id}")))
}

/// The form of the next step.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NextStep {
    schritt: String,
}

/// `POST /abrufe/{id}/weiter`
pub async fn advance(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Form(step): Form<NextStep>,
) -> Result<Redirect, Away> {
    let to: Status = step.schritt.parse().map_err(|_| Problem::bad_request("Diesen Schritt gibt es nicht."))?;
    match advance_call_off::advance(&app, &actor, CallOffId(id), to).await {
        // Pressed twice: it stands there already.
        Ok(()) | Err(ActionError::WrongState(_)) => Ok(Redirect::to(&format!("/abrufe/{id}"))),
        Err(error) => Err(error.into()),
    }
}

/// The form of a cancellation.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Cancellation {
    reason: String,
}

/// `POST /abrufe/{id}/stornieren`
pub async fn cancel(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(form): Form<Cancellation>,
) -> Result<Response, Away> {
    let id = CallOffId(id);
    match cancel_call_off::cancel(&app, &actor, id, &form.reason).await {
        Ok(()) => Ok(Redirect::to(&format!("/abrufe/{id}")).into_response()),
        Err(ActionError::Invalid(errors)) => {
            let page = rendered(&app, &actor, frame, id, Mistakes(errors), form.reason).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /abrufe/{id}/kopieren`: a new draft with the same lines.
pub async fn copy(State(app): State<App>, SignedIn(actor): SignedIn, Path(id): Path<Uuid>) -> Result<Redirect, Away> {
    let mut tx = app.db.begin(&actor).await?;
    let (call_off, lines) = call_offs::find(&mut tx, CallOffId(id)).await?.ok_or_else(Problem::not_found)?;
    tx.rollback().await.map_err(Problem::from)?;
    let lines: Vec<LineInput> =
        lines.into_iter().map(|line| LineInput::new(line.article_number, line.quantity.to_string())).collect();
    let draft = draft_call_off::create(&app, &actor, call_off.contract).await?;
    draft_call_off::save_lines(&app, &actor, draft.id, draft.version, &lines).await?;
    Ok(Redirect::to(&format!("/abrufe/{}/positionen", draft.id)))
}
