//! `/datenschutz`: which data of persons the program keeps, and who answers for them.

use axum::extract::State;
use axum::response::IntoResponse;

use crate::actor::RunsAs;
use crate::app::App;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::operator::operators;
use crate::http::problem::Problem;
use crate::storage::installation;
use crate::storage::organisations::Organisation;

#[derive(askama::Template)]
#[template(path = "pages/privacy.html")]
struct PrivacyPage {
    frame: Frame,
    operators: Vec<Organisation>,
    sign_in_days: i32,
}

/// `GET /datenschutz`
pub async fn show(State(app): State<App>, frame: Frame) -> Result<impl IntoResponse, Problem> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let sign_in_days = installation::sign_in_days(&mut tx).await?;
    tx.rollback().await?;
    Ok(Page(PrivacyPage { frame: frame.titled("Datenschutz"), operators: operators(&app).await?, sign_in_days }))
}
