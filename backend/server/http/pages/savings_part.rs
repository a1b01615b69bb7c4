//! `/berichte/einsparungen/vertraege/{id}` and `/mitglieder/{id}`: what is a figure made of? One level
//! down, with the other dimension as its parts.

use abruf_domain::ids::{ContractId, OrganisationId};
use axum::extract::State;
use serde::Deserialize;
use uuid::Uuid;

use crate::actor::Actor;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::savings::{nothing, volume_text, years};
use crate::http::pages::savings_view::{About, Amount, ClassRow, Figure, Groups, Row, classes, coverage};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::catalogue::Report;
use crate::reports::savings::{self, Group, Grouping};
use crate::storage::{Tx, contracts, member_list};

/// More parts than any contract or member has.
const ALL: i64 = 10_000;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/savings_part.html")]
pub struct SavingsPartPage {
    frame: Frame,
    name: String,
    note: String,
    path: String,
    years: Vec<String>,
    year: String,
    empty: Option<String>,
    volume: Amount,
    coverage: String,
    /// The list of the contracts it is the quota of.
    coverage_list: String,
    call_offs: String,
    classes: Vec<ClassRow>,
    /// Members on the page of a contract, contracts on that of a member.
    parts: Groups,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    jahr: String,
}

/// `GET /berichte/einsparungen/vertraege/{id}`
pub async fn contract(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<SavingsPartPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let contract = contracts::find(&mut tx, ContractId(id)).await?.ok_or_else(Problem::not_found)?;
    let note = if contract.currency == "EUR" {
        contract.number
    } else {
        format!("{}. Dieser Vertrag läuft in {}; der Bericht rechnet nur in Euro.", contract.number, contract.currency)
    };
    let part = Part {
        name: as_typed(contract.title),
        note,
        path: format!("/berichte/einsparungen/vertraege/{id}"),
        by: Grouping::Member,
    };
    let about = About { contract: Some(contract.id), ..About::default() };
    part.page(&app, &mut tx, frame, about, &asked).await
}

/// `GET /berichte/einsparungen/mitglieder/{id}`
pub async fn member(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<SavingsPartPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let part = Part {
        name: as_typed(visible_member(&mut tx, &actor, OrganisationId(id)).await?),
        note: "Mitglied".to_owned(),
        path: format!("/berichte/einsparungen/mitglieder/{id}"),
        by: Grouping::Contract,
    };
    let about = About { member: Some(OrganisationId(id)), ..About::default() };
    part.page(&app, &mut tx, frame, about, &asked).await
}

async fn visible_member(tx: &mut Tx, actor: &Actor, id: OrganisationId) -> Result<String, Problem> {
    member_list::visible_name(tx, actor, id).await?.ok_or_else(Problem::not_found)
}

/// What the page is about.
struct Part {
    name: String,
    note: String,
    path: String,
    by: Grouping,
}

impl Part {
    async fn page(
        self,
        app: &App,
        tx: &mut Tx,
        frame: Frame,
        about: About,
        asked: &Asked,
    ) -> Result<Page<SavingsPartPage>, Problem> {
        let (years, year) = years(tx, &asked.jahr, app.clock.today()).await?;
        let about = About { year, ..about };
        let filter = about.filter("");
        let total = savings::grouped(tx, &filter, Grouping::Total, 1, 0).await?.into_iter().next();
        let parts = savings::grouped(tx, &filter, self.by, ALL, 0).await?;
        let empty = match &total {
            Some(_) => None,
            None => Some(nothing(about, None)),
        };
        let by_class = savings::by_class(tx, &filter).await?;
        let total = total.unwrap_or_else(Group::nothing);
        let parts_name = if self.by == Grouping::Member { "Mitglied" } else { "Rahmenvertrag" };
        Ok(Page(SavingsPartPage {
            frame: frame.titled(format!("Einsparungen: {}", self.name)),
            years,
            year: about.year_key(),
            empty,
            volume: about.figure(Figure::VOLUME, &total.sums, true),
            coverage: coverage(&total.sums),
            coverage_list: about.report(Report::Coverage),
            call_offs: volume_text(&total),
            classes: classes(&by_class, &total.sums, about),
            parts: Groups::of(parts_name, &parts, &total, about, |it| part_row(it, self.by, about)),
            name: self.name,
            note: self.note,
            path: self.path,
        }))
    }
}

/// A part of a contract is a member's share of it, and the other way round: its page is the list.
fn part_row(group: &Group, by: Grouping, about: About) -> Row {
    let own = if by == Grouping::Member {
        About { member: Some(OrganisationId(group.id)), ..about }
    } else {
        About { contract: Some(ContractId(group.id)), ..about }
    };
    Row::of(group, own, own.list(Figure::VOLUME))
}
