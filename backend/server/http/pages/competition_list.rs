//! `/miniwettbewerbe`: the mini-competitions one may see, open ones first.

use abruf_domain::mini_competition::State as Standing;
use axum::extract::State;

use crate::actor::Role;
use crate::app::App;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::mini_competitions::{self, Listed};

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/competition_list.html")]
pub struct CompetitionListPage {
    frame: Frame,
    rows: Vec<Listed>,
    may_begin: bool,
    for_member: bool,
}

impl CompetitionListPage {
    fn word(&self, row: &Listed) -> &'static str {
        Standing::from_key(&row.state).map_or("", Standing::german)
    }

    fn class(&self, row: &Listed) -> &'static str {
        state_class(Standing::from_key(&row.state))
    }
}

/// Style of the word for a state.
pub(super) const fn state_class(state: Option<Standing>) -> &'static str {
    match state {
        Some(Standing::Awarded) => "status status--good",
        Some(Standing::Cancelled) => "status status--bad",
        Some(Standing::Sent | Standing::Opened | Standing::Scored) => "status status--wait",
        Some(Standing::Drafted) | None => "status",
    }
}

/// `GET /miniwettbewerbe`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
) -> Result<Page<CompetitionListPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    Ok(Page(CompetitionListPage {
        frame: frame.titled("Miniwettbewerbe"),
        rows: mini_competitions::list(&mut tx).await?,
        may_begin: actor.role == Role::Office,
        for_member: matches!(actor.role, Role::Buyer | Role::Approver | Role::Treasurer),
    }))
}
