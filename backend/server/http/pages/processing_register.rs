//! `/verwaltung/datenschutz`: the register of processing activities (Art. 30 GDPR) as a page and as a file.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::actor::RunsAs;
use crate::app::App;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::problem::Problem;
use crate::reports::csv_table::csv_table;
use crate::reports::processing_register::{Register, register};
use crate::storage::{installation, processing_register};

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/processing_register.html")]
pub struct ProcessingRegisterPage {
    frame: Frame,
    register: Register,
    sign_in_days: i32,
}

async fn read(app: &App) -> Result<(Register, i32), Problem> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let made = register(&processing_register::columns(&mut tx).await?);
    let days = installation::sign_in_days(&mut tx).await?;
    tx.rollback().await?;
    Ok((made, days))
}

/// `GET /verwaltung/datenschutz`
pub async fn show(State(app): State<App>, frame: Frame) -> Result<Page<ProcessingRegisterPage>, Problem> {
    let (register, sign_in_days) = read(&app).await?;
    Ok(Page(ProcessingRegisterPage { frame: frame.titled("Verzeichnis der Verarbeitung"), register, sign_in_days }))
}

/// `GET /verwaltung/datenschutz.csv`
pub async fn file(State(app): State<App>) -> Result<Response, Problem> {
    let (register, _) = read(&app).await?;
    let bytes = csv_table(b"\xEF\xBB\xBF", &Register::HEADS, &register.rows()).map_err(|error| {
        tracing::error!(%error, "the register of processing could not be written");
        Problem::internal()
    })?;
    let heads = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"verzeichnis-der-verarbeitung.csv\""),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((heads, bytes).into_response())
}
