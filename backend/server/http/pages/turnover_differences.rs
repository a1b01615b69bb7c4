//! `/verwaltung/umsatzmeldungen/abweichungen`: what suppliers report and we do not know, and the other way round.
//! Each is a task of the office until it is closed with a reason.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::{ActionError, reconcile_turnover};
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::{Form, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::pager::Pager;
use crate::http::pages::supplier_reports::PlaceRow;
use crate::http::pages::written::count;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::supplier_reports::{self, Which};
use crate::storage::tasks;

/// Differences on a page.
const PAGE: i64 = 25;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/turnover_differences.html")]
pub struct TurnoverDifferencesPage {
    frame: Frame,
    saved: bool,
    count: String,
    rows: Vec<(PlaceRow, String, String)>,
    pager: Pager,
    mistakes: Mistakes,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    seite: String,
    hinweis: String,
}

/// The form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Written {
    difference: String,
    reason: String,
}

/// `GET /verwaltung/umsatzmeldungen/abweichungen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<TurnoverDifferencesPage>, Problem> {
    let mut page = page(&app, &actor, frame, &asked).await?;
    page.saved = asked.hinweis == "erledigt";
    Ok(Page(page))
}

/// `POST /verwaltung/umsatzmeldungen/abweichungen`
pub async fn close(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Form(written): Form<Written>,
) -> Result<Response, Problem> {
    let done = match written.difference.parse::<Uuid>() {
        Ok(id) => reconcile_turnover::close(&app, &actor, id, &written.reason).await,
        Err(_) => Err(ActionError::Invalid(Vec::new())),
    };
    match done {
        Ok(()) => Ok(Redirect::to("/verwaltung/umsatzmeldungen/abweichungen?hinweis=erledigt").into_response()),
        Err(ActionError::Invalid(errors)) => {
            let mut page = page(&app, &actor, frame.with_mistakes(), &Asked::default()).await?;
            let field = field(&written.difference);
            // A difference that is closed has no field on the page any more.
            let place = if page.rows.iter().any(|(_, own, _)| *own == field) { field.as_str() } else { "aufgaben" };
            for error in errors {
                page.mistakes.add(place, error.message);
            }
            for (_, own, typed) in &mut page.rows {
                if *own == field {
                    typed.clone_from(&written.reason);
                }
            }
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(app: &App, actor: &Actor, frame: Frame, asked: &Asked) -> Result<TurnoverDifferencesPage, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let total = tasks::open_differences(&mut tx).await?;
    let pager = Pager::new(&asked.seite, PAGE, total, "/verwaltung/umsatzmeldungen/abweichungen", &[]);
    let lines = supplier_reports::lines(&mut tx, Which::Open, PAGE, pager.offset()).await?;
    Ok(TurnoverDifferencesPage {
        frame: frame.titled("Abweichungen"),
        saved: false,
        count: count(total, "offene Abweichung", "offene Abweichungen"),
        rows: lines
            .into_iter()
            .map(|line| {
                let field = field(&line.id.to_string());
                (PlaceRow::of(line), field, String::new())
            })
            .collect(),
        pager,
        mistakes: Mistakes::default(),
    })
}

fn field(difference: &str) -> String {
    format!("grund-{difference}")
}
