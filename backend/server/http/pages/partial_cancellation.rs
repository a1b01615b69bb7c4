//! `/abrufe/{id}/teilstornierung`: take quantities of an order back; the rest stands.

use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use abruf_domain::money::Net;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use crate::actions::ActionError;
use crate::actions::cancel_part;
use crate::actions::rest_of_order::{INCREASE, PartsInput};
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::Path;
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::draft::Away;
use crate::http::pages::line_quantities::{LineField, QUANTITY, line_fields, typed_parts, with_field_names};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::{call_offs, order_lines};

#[derive(askama::Template)]
#[template(path = "pages/partial_cancellation.html")]
struct PartialCancellationPage {
    frame: Frame,
    id: CallOffId,
    number: String,
    status: Status,
    /// Lines of which something can be taken back.
    lines: Vec<LineField>,
    /// What was typed as a reason.
    reason: String,
    /// By how much the rest costs more, net; to be accepted.
    increase: Option<Net>,
    mistakes: Mistakes,
    idempotency_key: Uuid,
}

impl PartialCancellationPage {
    fn may_cancel(&self) -> bool {
        self.status.may_become(Status::Cancelled)
    }
}

/// `GET /abrufe/{id}/teilstornierung`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Response, Away> {
    rendered(&app, &actor, frame, CallOffId(id), &[], Mistakes::default()).await
}

/// `POST /abrufe/{id}/teilstornierung`
pub async fn cancel(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    KeyedForm(key, fields): KeyedForm<Vec<(String, String)>>,
) -> Result<Response, Away> {
    let id = CallOffId(id);
    let parts = typed_parts(QUANTITY, &fields);
    let typed = |field: &str| fields.iter().find(|(name, _)| name == field).map_or("", |(_, value)| value.as_str());
    // An amount that is none is not accepted, and the answer names the right one.
    let accepted_increase = typed(INCREASE).parse().ok();
    let input = PartsInput { parts: &parts, reason: typed("reason"), accepted_increase };
    match cancel_part::cancel_part(&app, &actor, id, input, key.as_ref()).await {
        Ok(_) => Ok(Redirect::to(&format!("/abrufe/{id}#teilstornierungen")).into_response()),
        Err(ActionError::Invalid(errors)) => {
            let mistakes = Mistakes(with_field_names(QUANTITY, errors, &parts));
            let page = rendered(&app, &actor, frame.with_mistakes(), id, &fields, mistakes).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn rendered(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: CallOffId,
    fields: &[(String, String)],
    mistakes: Mistakes,
) -> Result<Response, Away> {
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let number = call_off.number.clone().unwrap_or_else(|| call_off.case_number.clone());
    let lines = order_lines::of_call_off(&mut tx, &call_off).await?;
    let typed = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let increase = match mistakes.at(INCREASE) {
        Some(_) => cancel_part::increase_of(app, actor, id, &typed_parts(QUANTITY, fields)).await?,
        None => None,
    };
    let page = PartialCancellationPage {
        id,
        status: call_off.status,
        lines: line_fields(QUANTITY, &lines, fields, &mistakes),
        reason: typed("reason").unwrap_or_default(),
        increase,
        // A form sent again after a mistake is another request.
        idempotency_key: app.chance.id(app.clock.now()),
        frame: frame.titled(format!("Teilstornierung {number}")),
        number,
        mistakes,
    };
    Ok(Page(page).into_response())
}
