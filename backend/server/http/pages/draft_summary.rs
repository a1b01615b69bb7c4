//! `/abrufe/{id}/zusammenfassung`: is everything right? Step 4 of a new call-off, and handing it over.

use abruf_domain::ids::CallOffId;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::ActionError;
use crate::actions::draft_call_off::Preview;
use crate::actions::submit_call_off::{Submission, submit};
use crate::app::App;
use crate::http::extract::Path;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::draft::{self, Away, contract_line};
use crate::http::pages::judged::Judged;
use crate::http::pages::order_view::{OrderView, SavingsView};
use crate::http::pages::written::{day, period};
use crate::http::session::SignedIn;
use crate::storage::history;

#[derive(askama::Template)]
#[template(path = "pages/draft_summary.html")]
struct SummaryPage {
    frame: Frame,
    id: CallOffId,
    preview: Preview,
    order: OrderView,
    savings: Option<SavingsView>,
    judged: Judged,
    idempotency_key: Uuid,
}

impl SummaryPage {
    fn contract(&self) -> String {
        contract_line(&self.preview)
    }

    fn may_submit(&self) -> bool {
        self.preview.review.gaps.is_empty() && self.judged.may_be_submitted()
    }

    fn performance(&self) -> String {
        self.preview.call_off.details.performance.map(period).unwrap_or_default()
    }

    fn desired(&self) -> String {
        self.preview.call_off.details.desired_on.map(day).unwrap_or_default()
    }

    /// Notices and justifications of others, that stop nothing.
    fn unusual(&self) -> usize {
        self.judged.open.iter().filter(|finding| finding.it.outcome != "pending").count()
    }
}

/// `GET /abrufe/{id}/zusammenfassung`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Response, Away> {
    let id = CallOffId(id);
    let preview = draft::own(&app, &actor, id).await?;
    let mut tx = app.db.begin(&actor).await?;
    let written = history::justifications(&mut tx, preview.call_off.contract, id).await?;
    let page = SummaryPage {
        frame: frame.titled("Zusammenfassung"),
        id,
        order: OrderView::of(&preview.facts, &preview.review.priced),
        savings: preview.review.savings.as_ref().map(|savings| SavingsView::of(savings, &preview.facts)),
        judged: Judged::of(&preview.review, &preview.facts.contract.currency, &written, actor.role, true),
        idempotency_key: app.chance.id(app.clock.now()),
        preview,
    };
    Ok(Page(page).into_response())
}

/// The form has no fields of its own.
#[derive(Debug, Deserialize)]
pub struct Nothing {}

/// `POST /abrufe/{id}/zusammenfassung`: hands the draft over for release.
pub async fn hand_over(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedForm(key, Nothing {}): KeyedForm<Nothing>,
) -> Result<Redirect, Away> {
    let to = match submit(&app, &actor, CallOffId(id), key.as_ref()).await {
        Ok(Submission::Submitted { .. }) => format!("/abrufe/{id}/bestaetigung"),
        Ok(Submission::Declined { .. }) => format!("/abrufe/{id}/pruefung?hinweis=abgelehnt"),
        Ok(Submission::Incomplete { .. }) => format!("/abrufe/{id}/pruefung"),
        // Handed over already, perhaps in another window.
        Err(ActionError::WrongState(_)) => format!("/abrufe/{id}"),
        Err(error) => return Err(error.into()),
    };
    Ok(Redirect::to(&to))
}
