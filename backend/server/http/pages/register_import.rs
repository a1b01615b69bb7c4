//! `/einrichtung/verzeichnis`: the register of municipalities, from which members are admitted: looked at first, written
//! when somebody says so.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use data_encoding::BASE64;

use crate::actions::FieldError;
use crate::actions::import::{ImportError, Report};
use crate::actions::import_register::{Options, SHIPPED, SOURCE, import_by};
use crate::actor::Actor;
use crate::app::App;
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::http::upload::Upload;

/// Mistakes of a file shown; the rest is counted.
const SHOWN: usize = 50;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/register_import.html")]
struct RegisterImportPage {
    frame: Frame,
    mistakes: Mistakes,
    looked: Option<Looked>,
    source: String,
}

/// A file that was looked at.
struct Looked {
    name: String,
    sentence: String,
    errors: Vec<String>,
    /// Errors beyond those shown.
    more: usize,
    /// The file, for the step after; empty for the one that ships with the program.
    file: String,
    shipped: bool,
    usable: bool,
}

impl Looked {
    fn of(name: &str, bytes: &[u8], shipped: bool, report: &Report) -> Self {
        Self {
            name: name.to_owned(),
            sentence: report.sentence(),
            errors: report.errors.iter().take(SHOWN).map(ToString::to_string).collect(),
            more: report.errors.len().saturating_sub(SHOWN),
            file: if shipped { String::new() } else { BASE64.encode(bytes) },
            shipped,
            usable: report.rejected == 0,
        }
    }
}

fn page(frame: Frame, looked: Option<Looked>, source: &str, mistakes: Mistakes) -> Response {
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let source = if source.is_empty() { SOURCE } else { source }.to_owned();
    let page = RegisterImportPage { frame: frame.titled("Verzeichnis einlesen"), mistakes, looked, source };
    (status, Page(page)).into_response()
}

/// `GET /einrichtung/verzeichnis`
pub async fn show(frame: Frame) -> Response {
    page(frame, None, "", Mistakes::default())
}

/// What was sent: the name of the file, its bytes, and whether it ships with the program.
fn sent(upload: &Upload) -> Result<(String, Vec<u8>, bool), Mistakes> {
    if upload.text("mitgeliefert") == "ja" {
        return Ok(("Sachsen-Anhalt, mitgeliefert".to_owned(), SHIPPED.to_vec(), true));
    }
    if let Some(file) = upload.file("file") {
        return Ok((file.name.clone(), file.bytes.clone(), false));
    }
    let kept = upload.text("geprueft");
    if let (false, Ok(bytes)) = (kept.is_empty(), BASE64.decode(kept.as_bytes())) {
        return Ok((upload.text("name").to_owned(), bytes, false));
    }
    Err(Mistakes(vec![FieldError::new("file", "Bitte wählen Sie die Datei mit dem Verzeichnis aus.")]))
}

/// `POST /einrichtung/verzeichnis`: looks, or takes what was looked at.
pub async fn submit(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    upload: Upload,
) -> Result<Response, Problem> {
    let source: String = upload.text("source").trim().chars().take(300).collect();
    let (name, bytes, shipped) = match sent(&upload) {
        Ok(sent) => sent,
        Err(mistakes) => return Ok(page(frame.with_mistakes(), None, &source, mistakes)),
    };
    let dry_run = upload.text("schritt") != "uebernehmen";
    match read(&app, &actor, &bytes, &source, dry_run).await {
        Ok(report) if !dry_run && report.rejected == 0 => {
            Ok(Redirect::to("/einrichtung?hinweis=verzeichnis").into_response())
        }
        Ok(report) => {
            let looked = Looked::of(&name, &bytes, shipped, &report);
            Ok(page(frame, Some(looked), &source, Mistakes::default()))
        }
        Err(ImportError::File(refused)) => {
            let mistakes = Mistakes(vec![FieldError::new("file", format!("{refused} Nichts wurde übernommen."))]);
            Ok(page(frame.with_mistakes(), None, &source, mistakes))
        }
        Err(ImportError::Storage(error)) => Err(error.into()),
        Err(ImportError::Action(error)) => Err(error.into()),
        Err(other) => Err(Problem::bad_request(other.to_string())),
    }
}

async fn read(app: &App, actor: &Actor, bytes: &[u8], source: &str, dry_run: bool) -> Result<Report, ImportError> {
    let source = if source.is_empty() { SOURCE } else { source };
    import_by(app, actor, bytes, Options { source, dry_run, partial: false }).await
}
