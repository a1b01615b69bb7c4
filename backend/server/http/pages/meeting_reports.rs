//! `/berichte/sitzung`: the frozen reports of the body, a form to freeze one, and one to record proposals and decisions.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::ActionError;
use crate::actions::freeze_meeting_report::{FREEZERS, Freezing, ToFreeze, freeze};
use crate::actions::record_resolution::{self, Kind};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::pager::Pager;
use crate::http::pages::written::{day, read_day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::meeting_reports::{self, Listed};
use crate::storage::resolutions;

/// Reports on a page.
const ROWS: i64 = 25;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/meeting_reports.html")]
pub struct MeetingReportsPage {
    frame: Frame,
    may_freeze: bool,
    may_record: bool,
    saved: bool,
    rows: Vec<Listed>,
    pager: Pager,
    /// Meetings with proposals but without a report: day as typed into the form, and how many.
    waiting: Vec<(String, i64)>,
    typed: Typed,
    mistakes: Mistakes,
    /// One per form.
    keys: [Uuid; 2],
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    sitzung: String,
    hinweis: String,
    seite: String,
}

/// The fields of both forms; each sends its own.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Typed {
    year: String,
    meeting_on: String,
    meeting: String,
    confirmed: String,
    resolution_meeting_on: String,
    kind: String,
    number: String,
    dated_on: String,
    wording: String,
}

/// `GET /berichte/sitzung`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<MeetingReportsPage>, Problem> {
    let typed = Typed {
        year: (app.clock.today().year() - 1).to_string(),
        meeting_on: asked.sitzung.clone(),
        resolution_meeting_on: asked.sitzung.clone(),
        dated_on: day(app.clock.today()),
        ..Typed::default()
    };
    Ok(Page(page(&app, &actor, frame, typed, Mistakes::default(), &asked).await?))
}

/// `POST /berichte/sitzung`: freeze.
pub async fn submit(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    KeyedForm(key, typed): KeyedForm<Typed>,
) -> Result<Response, Problem> {
    let mut mistakes = Mistakes::default();
    let year = typed.year.trim().parse::<i32>().ok().filter(|year| (0..=9999).contains(year));
    if year.is_none() {
        mistakes.add("year", "Bitte geben Sie das Jahr mit vier Ziffern ein, zum Beispiel 2026.");
    }
    let meeting_on =
        typed_day("meeting_on", &typed.meeting_on, "Bitte geben Sie den Tag der Sitzung ein.", &mut mistakes);
    if let (Some(year), Some(meeting_on)) = (year, meeting_on) {
        let confirmed = typed.confirmed == "ja";
        let asked = ToFreeze { year, meeting_on, meeting: typed.meeting.clone(), confirmed };
        match freeze(&app, &actor, &asked, key.as_ref()).await {
            Ok(Freezing::Frozen(id)) => {
                return Ok(Redirect::to(&format!("/berichte/sitzung/{id}?hinweis=festgeschrieben")).into_response());
            }
            Ok(Freezing::Already(id)) => {
                return Ok(Redirect::to(&format!("/berichte/sitzung/{id}?hinweis=vorhanden")).into_response());
            }
            Err(ActionError::Invalid(errors)) => mistakes.0.extend(errors),
            Err(error) => return Err(error.into()),
        }
    }
    let page = page(&app, &actor, frame.with_mistakes(), typed, mistakes, &Asked::default()).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

/// `POST /berichte/sitzung/vorlagen`: a proposal or decision.
pub async fn record(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    KeyedForm(key, typed): KeyedForm<Typed>,
) -> Result<Response, Problem> {
    let mut mistakes = Mistakes::default();
    let missing = "Bitte geben Sie den Tag der Sitzung ein.";
    let meeting_on = typed_day("resolution_meeting_on", &typed.resolution_meeting_on, missing, &mut mistakes);
    let missing = "Bitte geben Sie das Datum der Vorlage oder des Beschlusses ein.";
    let dated_on = typed_day("dated_on", &typed.dated_on, missing, &mut mistakes);
    let kind = match typed.kind.as_str() {
        "proposal" => Some(Kind::Proposal),
        "decision" => Some(Kind::Decision),
        _ => {
            mistakes.add("kind", "Bitte wählen Sie Beschlussvorlage oder Beschluss.");
            None
        }
    };
    if let (Some(meeting_on), Some(dated_on), Some(kind)) = (meeting_on, dated_on, kind) {
        let (number, wording) = (typed.number.clone(), typed.wording.clone());
        let what = record_resolution::ToRecord { meeting_on, number, kind, wording, dated_on };
        match record_resolution::record(&app, &actor, &what, key.as_ref()).await {
            Ok(_) => {
                let to = format!("/berichte/sitzung?hinweis=gespeichert&sitzung={}#vorlagen", day(meeting_on));
                return Ok(Redirect::to(&to).into_response());
            }
            Err(error) => match error.at("meeting_on", "resolution_meeting_on") {
                ActionError::Invalid(errors) => mistakes.0.extend(errors),
                error => return Err(error.into()),
            },
        }
    }
    let page = page(&app, &actor, frame.with_mistakes(), typed, mistakes, &Asked::default()).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

fn typed_day(field: &str, text: &str, missing: &str, mistakes: &mut Mistakes) -> Option<NaiveDate> {
    match read_day(text) {
        Ok(Some(day)) => return Some(day),
        Ok(None) => mistakes.add(field, missing),
        Err(message) => mistakes.add(field, message),
    }
    None
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    typed: Typed,
    mistakes: Mistakes,
    asked: &Asked,
) -> Result<MeetingReportsPage, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let total = meeting_reports::count(&mut tx).await?;
    let pager = Pager::new(&asked.seite, ROWS, total, "/berichte/sitzung", &[]);
    let waiting = resolutions::without_report(&mut tx, actor.body).await?;
    Ok(MeetingReportsPage {
        frame: frame.titled("Sitzungsberichte"),
        may_freeze: FREEZERS.contains(&actor.role),
        may_record: actor.role == Role::Office,
        saved: asked.hinweis == "gespeichert",
        rows: meeting_reports::page(&mut tx, ROWS, pager.offset()).await?,
        pager,
        waiting: waiting.into_iter().map(|(meeting, count)| (day(meeting), count)).collect(),
        typed,
        mistakes,
        keys: [app.chance.id(app.clock.now()), app.chance.id(app.clock.now())],
    })
}
