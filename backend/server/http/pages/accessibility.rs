//! `/barrierefreiheit`: how accessible the program is, what is not yet, and where to report a barrier.

use axum::extract::State;
use axum::response::IntoResponse;

use crate::app::App;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::operator::operators;
use crate::http::problem::Problem;
use crate::storage::organisations::Organisation;

#[derive(askama::Template)]
#[template(path = "pages/accessibility.html")]
struct AccessibilityPage {
    frame: Frame,
    operators: Vec<Organisation>,
}

/// `GET /barrierefreiheit`
pub async fn show(State(app): State<App>, frame: Frame) -> Result<impl IntoResponse, Problem> {
    Ok(Page(AccessibilityPage { frame: frame.titled("Barrierefreiheit"), operators: operators(&app).await? }))
}
