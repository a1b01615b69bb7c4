//! `/einstellungen/meine-daten`: what the program holds about whoever asks, as a file.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::problem::Problem;
use crate::http::session::CurrentSession;
use crate::reports::own_data::archive;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/own_data.html")]
pub struct OwnDataPage {
    frame: Frame,
}

/// `GET /einstellungen/meine-daten`
pub async fn show(frame: Frame) -> Page<OwnDataPage> {
    Page(OwnDataPage { frame: frame.titled("Meine Daten") })
}

/// `GET /einstellungen/meine-daten.zip`
pub async fn file(State(app): State<App>, CurrentSession(current): CurrentSession) -> Result<Response, Problem> {
    let bytes = archive(&app.db, current.session.person, app.clock.now()).await.map_err(|error| {
        tracing::error!(%error, "somebody's own data could not be put together");
        Problem::internal()
    })?;
    let heads = [
        (CONTENT_TYPE, "application/zip"),
        (CONTENT_DISPOSITION, "attachment; filename=\"meine-daten.zip\""),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((heads, bytes).into_response())
}
