//! `/verwaltung/fragen`: what buyers ask the office about their drafts.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::{ActionError, FieldError, ask_office};
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::{Form, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::office_question::QuestionRow;
use crate::http::pages::pager::Pager;
use crate::http::pages::written::count;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::office_questions::{self, Which};

/// Questions on a page.
const ROWS: i64 = 20;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/office_questions.html")]
pub struct OfficeQuestionsPage {
    frame: Frame,
    open: String,
    rows: Vec<QuestionRow>,
    pager: Pager,
    /// What was typed for which question, if it was not right.
    typed: (Option<Uuid>, String),
    mistakes: Mistakes,
    notice: &'static str,
}

impl OfficeQuestionsPage {
    fn typed_for(&self, id: &Uuid) -> &str {
        if self.typed.0 == Some(*id) { &self.typed.1 } else { "" }
    }

    fn field(&self, id: &Uuid) -> String {
        format!("answer-{id}")
    }
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    seite: String,
    hinweis: String,
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Sent {
    question: String,
    answer: String,
    /// Erase this one instead.
    loeschen: String,
}

/// `GET /verwaltung/fragen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<OfficeQuestionsPage>, Problem> {
    let mut page = page(&app, &actor, frame, &asked.seite).await?;
    page.notice = match asked.hinweis.as_str() {
        "beantwortet" => "Ihre Antwort ist gespeichert. Wer gefragt hat, findet sie am Entwurf und auf der Startseite.",
        "geloescht" => "Frage und Antwort sind gelöscht.",
        _ => "",
    };
    Ok(Page(page))
}

/// `POST /verwaltung/fragen`
pub async fn answer(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    if let Ok(id) = sent.loeschen.parse() {
        return match ask_office::erase(&app, &actor, id).await {
            Ok(()) | Err(ActionError::Refused(_)) => {
                Ok(Redirect::to("/verwaltung/fragen?hinweis=geloescht").into_response())
            }
            Err(error) => Err(error.into()),
        };
    }
    let Ok(id) = sent.question.parse::<Uuid>() else {
        let mistake = FieldError::new("formular", "Bitte laden Sie die Seite neu und antworten Sie noch einmal.");
        return refused(&app, &actor, frame, None, sent, vec![mistake]).await;
    };
    match ask_office::answer(&app, &actor, id, &sent.answer).await {
        Ok(()) => Ok(Redirect::to("/verwaltung/fragen?hinweis=beantwortet").into_response()),
        Err(ActionError::Invalid(errors)) => {
            let field = format!("answer-{id}");
            let errors = errors.into_iter().map(|error| FieldError::new(field.clone(), error.message)).collect();
            refused(&app, &actor, frame, Some(id), sent, errors).await
        }
        Err(ActionError::Refused(message)) => {
            refused(&app, &actor, frame, Some(id), sent, vec![FieldError::new("formular", message)]).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn refused(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: Option<Uuid>,
    sent: Sent,
    errors: Vec<FieldError>,
) -> Result<Response, Problem> {
    let mut page = page(app, actor, frame.with_mistakes(), "").await?;
    page.typed = (id, sent.answer);
    page.mistakes = Mistakes(errors);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

async fn page(app: &App, actor: &Actor, frame: Frame, asked: &str) -> Result<OfficeQuestionsPage, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let (all, open) = office_questions::count(&mut tx).await?;
    let pager = Pager::new(asked, ROWS, all, "/verwaltung/fragen", &[]);
    let rows = office_questions::list(&mut tx, Which::default(), ROWS, pager.offset()).await?;
    Ok(OfficeQuestionsPage {
        frame: frame.titled("Fragen"),
        open: if open == 0 {
            "Keine Frage wartet auf Antwort.".to_owned()
        } else {
            count(open, "Frage wartet auf Antwort", "Fragen warten auf Antwort")
        },
        rows: rows.into_iter().map(QuestionRow::of).collect(),
        pager,
        typed: (None, String::new()),
        mistakes: Mistakes::default(),
        notice: "",
    })
}
