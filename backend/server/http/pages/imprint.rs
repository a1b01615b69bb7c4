//! `/impressum`: who runs this installation. What the master data do not hold, the page says.

use axum::extract::State;
use axum::response::IntoResponse;

use crate::app::App;
use crate::http::layout::{Frame, Page};
use crate::http::pages::operator::operators;
use crate::http::problem::Problem;
use crate::storage::organisations::Organisation;

#[derive(askama::Template)]
#[template(path = "pages/imprint.html")]
struct ImprintPage {
    frame: Frame,
    operators: Vec<Organisation>,
}

/// `GET /impressum`
pub async fn show(State(app): State<App>, frame: Frame) -> Result<impl IntoResponse, Problem> {
    Ok(Page(ImprintPage { frame: frame.titled("Impressum"), operators: operators(&app).await? }))
}
