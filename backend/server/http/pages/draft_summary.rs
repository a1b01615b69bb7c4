//! `/abrufe/{id}/zusammenfassung`: is everything right? Step 4 of a new call-off, and handing it over.

use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::draft_call_off::Preview;
use crate::actions::submit_call_off::{Submission, submit};
use crate::actions::{ActionError, answer_question};
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::Path;
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::draft::{self, Away, contract_line};
use crate::http::pages::judged::Judged;
use crate::http::pages::order_view::{OrderView, SavingsView};
use crate::http::pages::pair_view::{PairRow, pair_view};
use crate::http::pages::questions::{QuestionView, question_views};
use crate::http::pages::written::{day, period};
use crate::http::session::SignedIn;
use crate::storage::{call_offs, history};

#[derive(askama::Template)]
#[template(path = "pages/draft_summary.html")]
struct SummaryPage {
    frame: Frame,
    id: CallOffId,
    preview: Preview,
    order: OrderView,
    pair: Option<[PairRow; 2]>,
    savings: Option<SavingsView>,
    judged: Judged,
    /// The question it came back with, while it is not answered.
    question: Option<QuestionView>,
    /// The answer, as typed.
    answer: String,
    mistakes: Mistakes,
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
    Ok(Page(page(&app, &actor, frame, CallOffId(id), String::new(), Mistakes::default()).await?).into_response())
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: CallOffId,
    answer: String,
    mistakes: Mistakes,
) -> Result<SummaryPage, Away> {
    let preview = draft::own(app, actor, id).await?;
    let mut tx = app.db.begin(actor).await?;
    let steps = history::timeline(&mut tx, preview.call_off.contract, id).await?;
    let written = history::justifications(&mut tx, preview.call_off.contract, id).await?;
    let frame = frame.titled("Zusammenfassung");
    Ok(SummaryPage {
        frame: if mistakes.is_empty() { frame } else { frame.with_mistakes() },
        question: question_views(&steps)
            .pop()
            .filter(|it| it.answer.is_empty() && preview.call_off.status == Status::Returned),
        answer,
        mistakes,
        id,
        order: OrderView::of(&preview.facts, &preview.review.priced),
        pair: pair_view(&mut tx, &preview.call_off, &preview.facts, &preview.review.priced).await?,
        savings: preview.review.savings.as_ref().map(|savings| SavingsView::of(savings, &preview.facts)),
        judged: Judged::of(&preview.review, &preview.facts.contract.currency, &written, actor.role, true),
        idempotency_key: app.chance.id(app.clock.now()),
        preview,
    })
}

/// The form: an answer where a question is open.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HandOver {
    answer: String,
}

/// `POST /abrufe/{id}/zusammenfassung`: hands the draft over for release.
pub async fn hand_over(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    KeyedForm(key, form): KeyedForm<HandOver>,
) -> Result<Response, Away> {
    match answer_if_asked(&app, &actor, CallOffId(id), &form.answer).await {
        Err(ActionError::Invalid(errors)) => {
            let page = page(&app, &actor, frame, CallOffId(id), form.answer, Mistakes(errors)).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response());
        }
        // Handed over already: the submission finds its answer by its key.
        Ok(()) | Err(ActionError::WrongState(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let to = match submit(&app, &actor, CallOffId(id), key.as_ref()).await {
        Ok(Submission::Submitted { .. }) => format!("/abrufe/{id}/bestaetigung"),
        Ok(Submission::Declined { .. }) => format!("/abrufe/{id}/pruefung?hinweis=abgelehnt"),
        Ok(Submission::Incomplete { .. }) => format!("/abrufe/{id}/pruefung"),
        // Handed over already, perhaps in another window.
        Err(ActionError::WrongState(_)) => format!("/abrufe/{id}"),
        Err(error) => return Err(error.into()),
    };
    Ok(Redirect::to(&to).into_response())
}

/// A question is answered before the request goes back to whoever asked it.
async fn answer_if_asked(app: &App, actor: &Actor, id: CallOffId, answer: &str) -> Result<(), ActionError> {
    let mut tx = app.db.begin(actor).await?;
    let Some((call_off, _)) = call_offs::find(&mut tx, id).await? else { return Err(ActionError::NotFound) };
    let steps = history::timeline(&mut tx, call_off.contract, id).await?;
    tx.rollback().await?;
    let open = history::questions(&steps).last().is_some_and(|last| last.answer.is_none());
    if open && call_off.status == Status::Returned {
        answer_question::answer(app, actor, id, answer).await
    } else {
        Ok(())
    }
}
