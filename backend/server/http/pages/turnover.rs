//! `/verwaltung/umsaetze`: turnover taken from files of others, and the form to upload one. Nothing counts before
//! the preview is confirmed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::import::turnover_report::exact;
use crate::actions::{ActionError, keep_turnover_upload};
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::pager::Pager;
use crate::http::pages::written::{count, instant, whole};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::http::upload::Upload;
use crate::storage::turnover::ImportSum;
use crate::storage::{tasks, turnover_list, turnover_uploads};

/// Imports on a page.
const PAGE: i64 = 25;
/// Files that wait, at most.
const WAITING: i64 = 50;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/turnover.html")]
pub struct TurnoverPage {
    frame: Frame,
    hint: &'static str,
    count: String,
    rows: Vec<ImportRow>,
    pager: Pager,
    waiting: Vec<WaitingRow>,
    differences: i64,
    typed: Typed,
    mistakes: Mistakes,
}

/// An import in words.
struct ImportRow {
    id: Uuid,
    file_name: String,
    at: String,
    person: String,
    sums: Vec<String>,
    rejected: i64,
}

/// A file that waits for a confirmation.
pub struct WaitingRow {
    /// Address of its preview.
    pub address: String,
    /// Its name.
    pub file_name: String,
    /// When it was uploaded.
    pub at: String,
}

/// What was typed; a chosen file cannot be kept by a browser.
#[derive(Debug, Default)]
struct Typed {
    csv: String,
    mapping: String,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    seite: String,
    hinweis: String,
}

/// `GET /verwaltung/umsaetze`
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<TurnoverPage>, Problem> {
    Ok(Page(page(&app, &actor, frame, &asked, Typed::default(), Mistakes::default()).await?))
}

/// `POST /verwaltung/umsaetze`
pub async fn upload(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    form: Upload,
) -> Result<Response, Problem> {
    let (name, bytes) = sent(&form);
    match keep_turnover_upload::keep(&app, &actor, &name, &bytes, form.text("mapping"), None).await {
        Ok(id) => Ok(Redirect::to(&format!("/verwaltung/umsaetze/vorschau/{id}")).into_response()),
        Err(ActionError::Invalid(errors)) => {
            let typed = Typed { csv: form.text("csv").to_owned(), mapping: form.text("mapping").to_owned() };
            let asked = Asked::default();
            let page = page(&app, &actor, frame.with_mistakes(), &asked, typed, Mistakes(errors)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// Name and bytes of the chosen file, else of what was pasted.
pub fn sent(form: &Upload) -> (String, Vec<u8>) {
    match form.file("file") {
        Some(file) => (file.name.clone(), file.bytes.clone()),
        None => ("eingefuegt.csv".to_owned(), form.text("csv").as_bytes().to_vec()),
    }
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    asked: &Asked,
    typed: Typed,
    mistakes: Mistakes,
) -> Result<TurnoverPage, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let total = turnover_list::count(&mut tx).await?;
    let pager = Pager::new(&asked.seite, PAGE, total, "/verwaltung/umsaetze", &[]);
    let imports = turnover_list::imports(&mut tx, PAGE, pager.offset()).await?;
    let ids: Vec<Uuid> = imports.iter().map(|it| it.id).collect();
    let sums = turnover_list::sums(&mut tx, &ids).await?;
    let rows = imports
        .into_iter()
        .map(|it| {
            let own = || sums.iter().filter(|(import, _)| *import == it.id).map(|(_, sum)| sum);
            ImportRow {
                sums: own().map(sum_words).collect(),
                rejected: own().map(|sum| i64::from(sum.rejected_lines)).sum(),
                id: it.id,
                file_name: it.file_name,
                at: instant(it.at),
                person: it.person.unwrap_or_default(),
            }
        })
        .collect();
    Ok(TurnoverPage {
        frame: frame.titled("Umsätze"),
        hint: match asked.hinweis.as_str() {
            "verworfen" => "Die Datei ist verworfen. Aus ihr wurde nichts übernommen.",
            _ => "",
        },
        count: count(total, "übernommene Datei", "übernommene Dateien"),
        rows,
        pager,
        waiting: waiting(&mut tx, false).await?,
        differences: tasks::open_differences(&mut tx).await?,
        typed,
        mistakes,
    })
}

/// The files that wait: suppliers' reports, or turnover to be recorded.
pub async fn waiting(conn: &mut sqlx::PgConnection, reports: bool) -> Result<Vec<WaitingRow>, Problem> {
    let rows = turnover_uploads::waiting(conn, WAITING).await?;
    Ok(rows
        .into_iter()
        .filter(|(_, _, report, _)| *report == reports)
        .map(|(id, file_name, _, at)| WaitingRow {
            address: format!("/verwaltung/umsaetze/vorschau/{id}"),
            file_name,
            at: instant(at),
        })
        .collect())
}

fn sum_words(sum: &ImportSum) -> String {
    let lines = count(i64::from(sum.imported_lines), "Zeile", "Zeilen");
    format!("{} ({lines}, {} negativ)", exact(sum.imported, &sum.currency), whole(i64::from(sum.negative_lines)))
}
