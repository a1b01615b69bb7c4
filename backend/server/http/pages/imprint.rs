//! `/impressum`: who runs this installation. What the master data do not hold, the page says.

use axum::extract::State;
use axum::response::IntoResponse;

use crate::actor::RunsAs;
use crate::app::App;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::operator::operators;
use crate::http::problem::Problem;
use crate::storage::organisations::{self, Organisation, Particulars};

#[derive(askama::Template)]
#[template(path = "pages/imprint.html")]
struct ImprintPage {
    frame: Frame,
    operators: Vec<Organisation>,
    particulars: Vec<Particulars>,
}

/// `GET /impressum`
pub async fn show(State(app): State<App>, frame: Frame) -> Result<impl IntoResponse, Problem> {
    let operators = operators(&app).await?;
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let mut particulars = Vec::new();
    for operator in &operators {
        particulars.extend(organisations::particulars(&mut tx, operator.id).await?);
    }
    tx.rollback().await?;
    Ok(Page(ImprintPage { frame: frame.titled("Impressum"), operators, particulars }))
}
