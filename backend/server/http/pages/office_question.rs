//! `/abrufe/{id}/rueckfrage`: questions to the office about one's own draft, with the answers beside them.

use abruf_domain::ids::CallOffId;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::{ActionError, ask_office};
use crate::actor::Actor;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Form, Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::draft::{self, Away};
use crate::http::pages::written::instant;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::office_questions::{self, OfficeQuestion, Which};
use crate::storage::{call_offs, contracts};

/// More than anybody asks about one draft.
const MOST: i64 = 100;

#[derive(askama::Template)]
#[template(path = "pages/office_question.html")]
struct OfficeQuestionPage {
    frame: Frame,
    id: CallOffId,
    contract: String,
    case_number: String,
    /// Only whoever drafts it asks, and only before it is handed over.
    may_ask: bool,
    rows: Vec<QuestionRow>,
    typed: String,
    asked: bool,
    mistakes: Mistakes,
}

/// A question in words.
pub(super) struct QuestionRow {
    pub it: OfficeQuestion,
    pub asked: String,
    pub answered: String,
    pub erased: String,
}

impl QuestionRow {
    /// Dates in words.
    pub fn of(it: OfficeQuestion) -> Self {
        Self {
            asked: instant(it.asked_at),
            answered: it.answered_at.map(instant).unwrap_or_default(),
            erased: it.erased_at.map(instant).unwrap_or_default(),
            it,
        }
    }
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Sent {
    question: String,
    /// Erase this one instead.
    loeschen: String,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    hinweis: String,
}

/// `GET /abrufe/{id}/rueckfrage`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response, Away> {
    let mut page = page(&app, &actor, frame, CallOffId(id)).await?;
    page.asked = asked.hinweis == "gefragt";
    Ok(Page(page).into_response())
}

/// `POST /abrufe/{id}/rueckfrage`
pub async fn ask(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(sent): Form<Sent>,
) -> Result<Response, Away> {
    let id = CallOffId(id);
    let here = format!("/abrufe/{id}/rueckfrage");
    if !sent.loeschen.is_empty() {
        let question = sent.loeschen.parse().map_err(|_| Problem::not_found())?;
        // Gone already is as good as gone.
        return match ask_office::erase(&app, &actor, question).await {
            Ok(()) | Err(ActionError::Refused(_)) => Ok(Redirect::to(&here).into_response()),
            Err(error) => Err(error.into()),
        };
    }
    match ask_office::ask(&app, &actor, id, &sent.question).await {
        Ok(_) => Ok(Redirect::to(&format!("{here}?hinweis=gefragt")).into_response()),
        Err(ActionError::Refused(message)) => {
            refused(&app, &actor, frame, id, sent, Mistakes(vec![crate::actions::FieldError::new("question", message)]))
                .await
        }
        Err(error) => {
            let (_, mistakes) = draft::mistakes(error, id)?;
            refused(&app, &actor, frame, id, sent, mistakes).await
        }
    }
}

async fn refused(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: CallOffId,
    sent: Sent,
    mistakes: Mistakes,
) -> Result<Response, Away> {
    let mut page = page(app, actor, frame.with_mistakes(), id).await?;
    page.typed = sent.question;
    page.mistakes = mistakes;
    Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

async fn page(app: &App, actor: &Actor, frame: Frame, id: CallOffId) -> Result<OfficeQuestionPage, Away> {
    let mut tx = app.db.begin(actor).await?;
    let found = call_offs::find(&mut tx, id).await?;
    let (call_off, _) = found.filter(|(it, _)| it.requester == actor.person).ok_or_else(Problem::not_found)?;
    let contract = contracts::find(&mut tx, call_off.contract).await?.ok_or_else(Problem::not_found)?;
    let of_draft = Which { call_off: Some(id), ..Which::default() };
    let rows = office_questions::list(&mut tx, of_draft, MOST, 0).await?;
    Ok(OfficeQuestionPage {
        frame: frame.titled("Frage an die Geschäftsstelle"),
        id,
        contract: format!("{} {}", contract.number, as_typed(&contract.title)),
        case_number: call_off.case_number.clone(),
        may_ask: call_off.status.is_editable(),
        rows: rows.into_iter().map(QuestionRow::of).collect(),
        typed: String::new(),
        asked: false,
        mistakes: Mistakes::default(),
    })
}
