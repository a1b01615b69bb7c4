//! A report as a file: XLSX, JSON or PDF, each made of the same table as its page; CSV and JSON lines of the same rows, lists
//! of any length as they come (`report_stream.rs`).

use axum::Json;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::actions::print_report::print;
use crate::actor::Actor;
use crate::app::App;
use crate::http::api::reports::ReportDocument;
use crate::http::pages::report_stream::{self, Places, Wanted};
use crate::http::pages::written::whole;
use crate::http::problem::{FieldError, Problem};
use crate::reports::catalogue::{self, Report, ReportError};
use crate::reports::printed;
use crate::reports::question::Question;
use crate::reports::row_file::Form;
use crate::reports::savings_by;
use crate::reports::table::Table;
use crate::reports::workbook::workbook;

/// The forms a report can be taken away in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Semicolons, for German spreadsheets.
    Csv,
    /// Typed cells, method and check cell.
    Xlsx,
    /// As the API gives it.
    Json,
    /// An object a line, for programs that read as it comes.
    JsonLines,
    /// PDF/A-3a and PDF/UA-1.
    Pdf,
}

impl Format {
    /// All of them, as they are offered.
    pub const ALL: [Self; 5] = [Self::Pdf, Self::Xlsx, Self::Csv, Self::Json, Self::JsonLines];

    /// The ending of its file.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Pdf => "pdf",
        }
    }

    /// The form in which it needs no whole table, if it has one.
    #[must_use]
    pub const fn by_rows(self) -> Option<Form> {
        match self {
            Self::Csv => Some(Form::Csv),
            Self::JsonLines => Some(Form::JsonLines),
            Self::Xlsx | Self::Json | Self::Pdf => None,
        }
    }

    /// The format with this ending.
    #[must_use]
    pub fn of(ending: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.ending() == ending)
    }
}

/// The table of a report.
///
/// # Errors
/// As a problem in the words of the page (`german`) or the API.
pub async fn table(
    app: &App,
    actor: &Actor,
    report: Report,
    question: &Question,
    german: bool,
) -> Result<Table, Problem> {
    // Rows and their checks are read in one snapshot: what is booked meanwhile makes no difference.
    let mut tx = app.db.begin_snapshot(actor).await?;
    let table = catalogue::table(&mut tx, Some(actor), report, question, app.clock.now()).await;
    tx.rollback().await?;
    table.map_err(|error| problem(error, german))
}

/// The file. Lists of any length take one of the `places`.
///
/// # Errors
/// If there is no table, or more rows than the format holds.
pub async fn file(
    app: &App,
    actor: &Actor,
    places: &Places,
    (report, question): (Report, &Question),
    format: Format,
    (headers, german): (&HeaderMap, bool),
) -> Result<Response, Problem> {
    let name = format!("{}-{}.{}", report.german_key(), app.clock.today(), format.ending());
    if let Some(form) = format.by_rows().filter(|_| report.is_list()) {
        let wanted = Wanted { report, question, form, name: &name, german };
        return report_stream::file(app, actor, places, wanted, headers).await;
    }
    let table = table(app, actor, report, question, german).await?;
    match format {
        Format::Csv | Format::JsonLines => {
            let form = if format == Format::Csv { Form::Csv } else { Form::JsonLines };
            let mut bytes = form.head(&table.columns);
            for row in &table.rows {
                bytes.extend(form.row(&table.columns, row));
            }
            Ok(([(CONTENT_TYPE, form.media_type().to_owned()), (CONTENT_DISPOSITION, attachment(&name))], bytes)
                .into_response())
        }
        Format::Json => {
            let body = Json(ReportDocument::of(&table, usize::MAX, 0));
            Ok(([(CONTENT_DISPOSITION, attachment(&name))], body).into_response())
        }
        Format::Xlsx => {
            let bytes = tokio::task::spawn_blocking(move || workbook(&table))
                .await
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
                .map_err(|error| {
                    tracing::error!(%error, "a workbook could not be written");
                    Problem::internal()
                })?;
            let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".to_owned();
            Ok(([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, attachment(&name))], bytes).into_response())
        }
        Format::Pdf => {
            if printed::MOST_ROWS < table.rows.len() {
                return Err(too_long(table.rows.len(), printed::MOST_ROWS, "als PDF", german));
            }
            let mut tx = app.db.begin(actor).await?;
            let data = printed::data(app, &mut tx, actor, &table).await?;
            tx.rollback().await?;
            let document = print(app, actor, data).await?;
            let kind = "application/pdf".to_owned();
            Ok(([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, attachment(&name))], document.bytes).into_response())
        }
    }
}

fn attachment(name: &str) -> String {
    format!("attachment; filename=\"{name}\"")
}

/// What an error of a report is for its reader.
#[must_use]
pub fn problem(error: ReportError, german: bool) -> Problem {
    match error {
        ReportError::Storage(error) => error.into(),
        ReportError::NotFound => Problem::not_found(),
        ReportError::Refused(mistakes) => Problem::invalid(
            mistakes.into_iter().map(|it| FieldError::new(field(it.field, german), it.message)).collect(),
        ),
        ReportError::TooLong => {
            let most = usize::try_from(savings_by::MOST_ROWS).unwrap_or(usize::MAX);
            too_long(most.saturating_add(1), most, "in einem Bericht", german)
        }
    }
}

fn too_long(rows: usize, most: usize, place: &str, german: bool) -> Problem {
    let [rows, most] = [rows, most].map(|count| whole(i64::try_from(count).unwrap_or(i64::MAX)));
    let message = format!(
        "Die Liste hat mindestens {rows} Zeilen, {place} gehen höchstens {most}. Bitte grenzen Sie Zeitraum, Vertrag oder Mitglied ein, oder nehmen Sie die CSV-Datei oder JSONL-Datei: sie haben keine Grenze."
    );
    Problem::invalid(vec![FieldError::new(field("from", german), message)])
}

/// A part of the question as the address of a page names it.
#[must_use]
pub fn field(name: &'static str, german: bool) -> &'static str {
    match name {
        _ if !german => name,
        "from" => "von",
        "to" => "bis",
        "year" => "jahr",
        "by" => "nach1",
        "class" => "klasse",
        "category" => "kategorie",
        other => other,
    }
}
