//! `/verwaltung/mitglieder/einlesen`: the members of a cooperative from its own list. Looked at row by row, admitted all or
//! none when somebody says so; between the two the file lies in the form and nowhere else.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use data_encoding::BASE64;

use crate::actions::FieldError;
use crate::actions::import::ImportError;
use crate::actions::import::member_columns::HEADINGS;
use crate::actions::import::member_rows::{MOST_BYTES, MOST_MEMBERS};
use crate::actions::import_members::{self, MembersReport, Newcomer};
use crate::app::App;
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::spreadsheet;
use crate::http::pages::written::{day, money, whole};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::http::upload::Upload;
use crate::reports::row_file::MARK;

/// Mistakes and newcomers shown; the rest is counted.
const SHOWN: usize = 200;
/// Newcomers that are shown unfolded.
const UNFOLDED: usize = 20;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/member_import.html")]
struct MemberImportPage {
    frame: Frame,
    mistakes: Mistakes,
    looked: Option<Looked>,
    columns: String,
    most: String,
    megabytes: usize,
}

/// A file that was looked at.
struct Looked {
    name: String,
    sentence: String,
    notes: Vec<String>,
    errors: Vec<String>,
    /// Errors beyond those shown.
    more_errors: usize,
    new: usize,
    rows: Vec<Row>,
    /// Newcomers beyond those shown.
    more_rows: usize,
    /// The file, for the step after.
    file: String,
}

impl Looked {
    fn of(name: &str, bytes: &[u8], report: &MembersReport) -> Self {
        Self {
            name: name.to_owned(),
            sentence: report.sentence(),
            notes: report.notes.clone(),
            errors: report.errors.iter().take(SHOWN).map(ToString::to_string).collect(),
            more_errors: report.errors.len().saturating_sub(SHOWN),
            new: report.new.len(),
            rows: report.new.iter().take(SHOWN).map(row).collect(),
            more_rows: report.new.len().saturating_sub(SHOWN),
            file: BASE64.encode(bytes),
        }
    }

    fn is_usable(&self) -> bool {
        self.errors.is_empty() && 0 < self.new
    }

    fn is_short(&self) -> bool {
        self.new <= UNFOLDED
    }
}

/// Somebody to be admitted, in words.
struct Row {
    line: u64,
    name: String,
    key: String,
    declared: String,
    since: String,
    shares: String,
}

fn row(it: &Newcomer) -> Row {
    let count = whole(it.shares.into());
    Row {
        line: it.line,
        name: it.name.clone(),
        key: it.official_key.clone(),
        declared: day(it.declared_on),
        since: day(it.effective_from),
        shares: if it.share_value_net.is_zero() {
            count
        } else {
            format!("{count} × {}", money(it.share_value_net, "EUR"))
        },
    }
}

fn page(frame: Frame, looked: Option<Looked>, mistakes: Mistakes) -> Response {
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = MemberImportPage {
        frame: frame.titled("Mitglieder einlesen"),
        mistakes,
        looked,
        columns: HEADINGS.join(", "),
        most: whole(i64::try_from(MOST_MEMBERS).unwrap_or(i64::MAX)),
        megabytes: MOST_BYTES / 1_000_000,
    };
    (status, Page(page)).into_response()
}

fn wrong(frame: Frame, message: &str) -> Response {
    page(frame.with_mistakes(), None, Mistakes(vec![FieldError::new("file", message)]))
}

/// `GET /verwaltung/mitglieder/einlesen`
pub async fn show(frame: Frame) -> Response {
    page(frame, None, Mistakes::default())
}

/// `GET /verwaltung/mitglieder/einlesen/vorlage.csv`: an empty list with the right headings.
pub async fn pattern() -> Result<Response, Problem> {
    spreadsheet::download("mitglieder.csv", &HEADINGS, &[])
}

/// What was sent: a file chosen just now, or the one that was looked at.
fn sent(upload: &Upload) -> Option<(String, Vec<u8>)> {
    if let Some(file) = upload.file("file") {
        return Some((file.kept_name(), file.bytes.clone()));
    }
    let kept = upload.text("geprueft");
    let bytes = BASE64.decode(kept.as_bytes()).ok().filter(|bytes| !bytes.is_empty())?;
    Some((upload.text("name").to_owned(), bytes))
}

/// `POST /verwaltung/mitglieder/einlesen`: looks, takes what was looked at, or gives the wrong rows back.
pub async fn submit(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    upload: Upload,
) -> Result<Response, Problem> {
    let Some((name, bytes)) = sent(&upload) else {
        return Ok(wrong(frame, "Bitte wählen Sie die Datei mit den Mitgliedern aus."));
    };
    let step = upload.text("schritt");
    let done = match step {
        "uebernehmen" => import_members::import(&app, &actor, &bytes, &|_, _| {}).await,
        _ => import_members::preview(&app, &actor, &bytes).await,
    };
    match done {
        // Nobody is new where the same list was taken a moment before.
        Ok(report) if step == "uebernehmen" && report.rejected == 0 => {
            Ok(Redirect::to("/verwaltung/mitglieder?hinweis=eingelesen").into_response())
        }
        Ok(MembersReport { rejects: Some(rejects), .. }) if step == "fehler" => Ok(wrong_rows(&rejects)),
        Ok(report) => Ok(page(frame, Some(Looked::of(&name, &bytes, &report)), Mistakes::default())),
        Err(ImportError::Storage(error)) => Err(error.into()),
        Err(ImportError::Action(error)) => Err(error.into()),
        Err(refused) => Ok(wrong(frame, &format!("{refused} Nichts wurde übernommen."))),
    }
}

/// The rows with errors as a file that spreadsheets open by double click.
fn wrong_rows(rejects: &[u8]) -> Response {
    let head = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"mitglieder-fehler.csv\""),
    ];
    (head, [MARK, rejects].concat()).into_response()
}
