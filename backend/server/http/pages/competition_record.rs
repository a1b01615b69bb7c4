//! `/miniwettbewerbe/{id}/vermerk`: the record of a mini-competition for the file (§ 8 VgV, § 6 UVgO).

use abruf_domain::ids::MiniCompetitionId;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use crate::actions::issue_competition_record;
use crate::app::App;
use crate::http::extract::Path;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::competition_view::CompetitionView;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/competition_record.html")]
pub struct CompetitionRecordPage {
    frame: Frame,
    view: CompetitionView,
}

/// `GET /miniwettbewerbe/{id}/vermerk`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Page<CompetitionRecordPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let view = CompetitionView::read(&mut tx, MiniCompetitionId(id)).await?;
    Ok(Page(CompetitionRecordPage { frame: frame.titled(format!("Vermerk {}", view.it.title)), view }))
}

/// `GET /miniwettbewerbe/{id}/vermerk.pdf`: the frozen record, once the competition is decided.
pub async fn file(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let (name, bytes) = issue_competition_record::record(&app, &actor, MiniCompetitionId(id)).await?;
    let headers = [
        (CONTENT_TYPE, "application/pdf".to_owned()),
        // Names of ours are ASCII.
        (CONTENT_DISPOSITION, format!("inline; filename=\"{name}\"")),
    ];
    Ok((headers, bytes).into_response())
}
