//! `/miniwettbewerbe/{id}/einladung/{party}` and `/mitteilung/{party}`: the letters of a mini-competition in text
//! form, to be sent and printed.

use abruf_domain::ids::{MiniCompetitionId, OrganisationId};
use abruf_domain::mini_competition::{PriceFormula, State as Standing, TieRule};
use abruf_domain::period::berlin_date;
use axum::extract::State;
use uuid::Uuid;

use crate::actions::competition_step::party_addresses;
use crate::app::App;
use crate::http::extract::Path;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::competition_view::CompetitionView;
use crate::http::pages::written::{day, money};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::parameters;

/// The invitation.
#[derive(askama::Template)]
#[template(path = "pages/competition_invitation.html")]
pub struct InvitationPage {
    frame: Frame,
    view: CompetitionView,
    name: String,
    address: String,
    written_on: String,
}

impl InvitationPage {
    const fn formula(&self) -> PriceFormula {
        self.view.it.scheme.price_formula
    }

    const fn tie_rule(&self) -> TieRule {
        self.view.it.scheme.tie_rule
    }
}

/// `GET /miniwettbewerbe/{id}/einladung/{party}`: as sent, or as it would be sent now.
pub async fn invitation(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path((id, party)): Path<(Uuid, Uuid)>,
) -> Result<Page<InvitationPage>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.begin(&actor).await?;
    let view = CompetitionView::read(&mut tx, MiniCompetitionId(id)).await?;
    let party = OrganisationId(party);
    let (name, address) = if view.it.state == Standing::Drafted {
        let parties = party_addresses(&mut tx, &view.it, &actor, now).await?;
        let found = parties.into_iter().find(|(id, ..)| *id == party);
        found.map(|(_, name, address)| (name, address))
    } else {
        view.invitations.iter().find(|it| it.supplier == party).map(|it| (it.name.clone(), it.address.clone()))
    }
    .ok_or_else(Problem::not_found)?;
    let written_on = day(berlin_date(view.it.sent_at.unwrap_or(now)));
    Ok(Page(InvitationPage { frame: frame.titled(format!("Einladung an {name}")), view, name, address, written_on }))
}

/// What a party is told in the end.
#[derive(askama::Template)]
#[template(path = "pages/competition_notice.html")]
pub struct NoticePage {
    frame: Frame,
    view: CompetitionView,
    name: String,
    address: String,
    written_on: String,
    /// won, lost, excluded, late, silent or abolished.
    outcome: &'static str,
    /// Rank and points of this party, or why it is excluded.
    own: String,
    /// Rank 1 with its points.
    best: String,
    standstill: String,
}

/// `GET /miniwettbewerbe/{id}/mitteilung/{party}`: once it is decided.
pub async fn notice(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path((id, party)): Path<(Uuid, Uuid)>,
) -> Result<Page<NoticePage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let view = CompetitionView::read(&mut tx, MiniCompetitionId(id)).await?;
    let party = OrganisationId(party);
    let found = view.invitations.iter().find(|it| it.supplier == party).cloned();
    let (invitation, decided_at) = found.zip(view.it.decided_at).ok_or_else(Problem::not_found)?;
    let standing = view.standings().iter().find(|standing| standing.supplier == party);
    let outcome = match standing {
        _ if view.it.state == Standing::Cancelled => "abolished",
        _ if view.it.winner == Some(party) => "won",
        _ if view.is_late(party) => "late",
        None => "silent",
        Some(standing) if standing.excluded.is_some() => "excluded",
        Some(_) => "lost",
    };
    let own = standing.map_or_else(String::new, |standing| match (standing.rank, &standing.excluded) {
        (_, Some(why)) => why.to_string(),
        (rank, None) => format!("Rang {} mit {} Punkten", rank.unwrap_or_default(), view.points(&standing.score)),
    });
    let winner = view.standings().iter().find(|standing| Some(standing.supplier) == view.it.winner);
    let best = winner.map_or_else(String::new, |standing| {
        format!("{} mit {} Punkten", view.name(&standing.supplier), view.points(&standing.score))
    });
    let parameters = parameters::valid_for_contract(&mut tx, view.it.contract, berlin_date(decided_at)).await?;
    let threshold: Option<abruf_domain::money::Net> = parameters.parsed_if_set("eu_threshold_supplies_net")?;
    let standstill = match (threshold, view.won_total()) {
        (Some(threshold), Some(total)) if threshold <= total => money(threshold.decimal(), &view.it.currency),
        _ => String::new(),
    };
    Ok(Page(NoticePage {
        frame: frame.titled(format!("Mitteilung an {}", invitation.name)),
        name: invitation.name,
        address: invitation.address,
        written_on: day(berlin_date(decided_at)),
        outcome,
        own,
        best,
        standstill,
        view,
    }))
}
