//! `/abrufe/{id}/bestaetigung`: is it through, and what happens now?

use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use crate::actions::approval_turn;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::Path;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::approval_steps::{StepView, step_views};
use crate::http::pages::draft::Away;
use crate::http::pages::written::day_of;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::call_offs::{self, CallOff};
use crate::storage::{assignments, contracts};

#[derive(askama::Template)]
#[template(path = "pages/confirmation.html")]
struct ConfirmationPage {
    frame: Frame,
    call_off: CallOff,
    contract: String,
    /// Who can release, without the requester.
    approvers: Vec<String>,
    /// The steps of the approval order, where it has some for this request.
    steps: Vec<StepView>,
    may_copy: bool,
}

impl ConfirmationPage {
    fn waits(&self) -> bool {
        self.call_off.status == Status::Submitted
    }

    fn is_ordered(&self) -> bool {
        self.call_off.status.is_ordered()
    }

    fn number(&self) -> &str {
        self.call_off.number.as_deref().unwrap_or_default()
    }

    fn reserved_until(&self) -> String {
        self.call_off.expires_at.map(day_of).unwrap_or_default()
    }
}

/// `GET /abrufe/{id}/bestaetigung`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Response, Away> {
    let id = CallOffId(id);
    let mut tx = app.db.begin(&actor).await?;
    let (call_off, _) = call_offs::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    if call_off.status.is_editable() {
        return Err(Away::To(format!("/abrufe/{id}")));
    }
    let contract = contracts::find(&mut tx, call_off.contract).await?.ok_or_else(Problem::not_found)?;
    let approvers = assignments::approvers(&mut tx, call_off.member, call_off.requester, app.clock.today()).await?;
    let page = ConfirmationPage {
        frame: frame.titled("Bestätigung"),
        contract: format!("{} {}", contract.number, as_typed(&contract.title)),
        approvers,
        steps: approval_turn::of(&mut tx, &actor, &call_off, app.clock.now())
            .await?
            .as_ref()
            .map(step_views)
            .unwrap_or_default(),
        may_copy: call_off.requester == actor.person && actor.role == crate::actor::Role::Buyer,
        call_off,
    };
    Ok(Page(page).into_response())
}
