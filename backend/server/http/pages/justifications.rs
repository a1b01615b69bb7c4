//! `/verwaltung/begruendungen`: what the office owes. A request waits until each is written.

use abruf_domain::finding::Addressee;
use abruf_domain::ids::CallOffId;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::{ActionError, justify_finding};
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::{Form, Query};
use crate::http::filters;
use crate::http::finding_view::FindingView;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::written::{count, runs_out};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::tasks::{self, Owed};
use crate::storage::{Tx, call_offs, contracts, history};

/// More than anybody leaves open.
const MOST: i64 = 200;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/justifications.html")]
pub struct JustificationsPage {
    frame: Frame,
    count: String,
    rows: Vec<OwedView>,
    mistakes: Mistakes,
    saved: bool,
}

/// A justification that is owed.
struct OwedView {
    it: Owed,
    finding: Option<FindingView>,
    expires: String,
    /// Name of the text field on the page.
    field: String,
    typed: String,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    hinweis: String,
}

/// The form.
#[derive(Debug, Deserialize)]
pub struct Written {
    call_off: Uuid,
    rule: String,
    #[serde(default)]
    wording: String,
}

/// `GET /verwaltung/begruendungen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<JustificationsPage>, Problem> {
    let mut page = page(&app, &actor, frame).await?;
    page.saved = asked.hinweis == "gespeichert";
    Ok(Page(page))
}

/// `POST /verwaltung/begruendungen`
pub async fn write(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Form(written): Form<Written>,
) -> Result<Response, Problem> {
    let id = CallOffId(written.call_off);
    match justify_finding::justify(&app, &actor, id, &written.rule, &written.wording).await {
        Ok(()) => Ok(Redirect::to("/verwaltung/begruendungen?hinweis=gespeichert").into_response()),
        Err(ActionError::Invalid(errors)) => {
            let mut page = page(&app, &actor, frame.with_mistakes()).await?;
            let field = field(id, &written.rule);
            for error in errors {
                page.mistakes.add(&field, error.message);
            }
            for row in page.rows.iter_mut().filter(|row| row.field == field) {
                row.typed.clone_from(&written.wording);
            }
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(app: &App, actor: &Actor, frame: Frame) -> Result<JustificationsPage, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let owed = tasks::owed(&mut tx, Addressee::Office, MOST).await?;
    let mut rows = Vec::with_capacity(owed.len());
    for it in owed {
        rows.push(OwedView {
            finding: finding(&mut tx, &it).await?,
            expires: it.expires_at.map(|until| runs_out(until, app.clock.now())).unwrap_or_default(),
            field: field(it.id, &it.rule),
            typed: String::new(),
            it,
        });
    }
    Ok(JustificationsPage {
        frame: frame.titled("Begründungen"),
        count: count(i64::try_from(rows.len()).unwrap_or(i64::MAX), "Begründung offen", "Begründungen offen"),
        rows,
        mistakes: Mistakes::default(),
        saved: false,
    })
}

/// What the review at submission found.
async fn finding(tx: &mut Tx, owed: &Owed) -> Result<Option<FindingView>, Problem> {
    let Some((call_off, _)) = call_offs::find(tx, owed.id).await? else { return Ok(None) };
    let currency = contracts::currency_of(tx, owed.id).await?.unwrap_or_default();
    let review = history::latest_review(tx, call_off.contract, call_off.id, "submission").await?;
    Ok(review
        .and_then(|review| review.findings.into_iter().find(|finding| finding.rule == owed.rule))
        .map(|finding| FindingView::on_page(&finding, &currency)))
}

fn field(id: CallOffId, rule: &str) -> String {
    format!("wording-{id}-{rule}")
}
