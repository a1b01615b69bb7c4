//! What people do with a call-off on its page: discard, withdraw, note the next step, cancel, do it again.

use abruf_domain::ids::CallOffId;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::advance_call_off::{self, NextStep, Progress};
use crate::actions::{ActionError, FieldError, cancel_call_off, discard_draft, end_request, repeat_call_off};
use crate::app::App;
use crate::http::extract::{Form, Path};
use crate::http::form::Mistakes;
use crate::http::layout::Frame;
use crate::http::pages::call_off::rendered;
use crate::http::pages::draft::Away;
use crate::http::pages::written::read_day;
use crate::http::session::SignedIn;

/// `POST /abrufe/{id}/zurueckziehen`
pub async fn withdraw(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Away> {
    end_request::withdraw(&app, &actor, CallOffId(id)).await?;
    Ok(Redirect::to(&format!("/abrufe/{id}")))
}

/// `POST /abrufe/{id}/verwerfen`
pub async fn discard(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Away> {
    discard_draft::discard(&app, &actor, CallOffId(id)).await?;
    Ok(Redirect::to(&format!("/abrufe/{id}")))
}

/// The form of the next step.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TypedStep {
    schritt: String,
    /// The day on which it happened; empty: today.
    on: String,
}

/// `POST /abrufe/{id}/weiter`
pub async fn advance(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(typed): Form<TypedStep>,
) -> Result<Response, Away> {
    let id = CallOffId(id);
    let on = read_day(&typed.on).map_err(|message| ActionError::Invalid(vec![FieldError::new("on", message)]));
    let noted = match (NextStep::read("schritt", &typed.schritt), on) {
        (Ok(step), Ok(on)) => advance_call_off::note(&app, &actor, id, &Progress { step, on, channel: None }).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    match noted {
        // Pressed twice: it stands there already.
        Ok(()) | Err(ActionError::WrongState(_)) => Ok(Redirect::to(&format!("/abrufe/{id}")).into_response()),
        Err(ActionError::Invalid(errors)) => {
            let page = rendered(&app, &actor, frame, id, Mistakes(errors), String::new()).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
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

/// `POST /abrufe/{id}/kopieren`: a new draft with the same lines and details.
pub async fn copy(State(app): State<App>, SignedIn(actor): SignedIn, Path(id): Path<Uuid>) -> Result<Redirect, Away> {
    let draft = repeat_call_off::repeat(&app, &actor, CallOffId(id)).await?;
    Ok(Redirect::to(&format!("/abrufe/{}/wiederholen", draft.id)))
}
