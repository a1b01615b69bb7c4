//! Planned, realised and audited savings side by side. The three are never added.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query parameter out in full")]

use abruf_domain::ids::{ContractId, OrganisationId};
use axum::Json as Answer;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::http::api::savings::{Class, SumsView};
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::savings::Filter;
use crate::reports::savings_stages::{self, StageGroup};

/// What the report is grouped by.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StagesBy)]
pub enum By {
    /// A row per contract.
    #[default]
    Contract,
    /// A row per member.
    Member,
    /// A row per call-off, and one per bonus.
    CallOff,
}

/// Which entries count, and how they are grouped.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AskedStages {
    /// Calendar year of the stage event.
    #[param(minimum = 1900, maximum = 3000)]
    year: Option<i32>,
    /// One contract.
    contract: Option<Uuid>,
    /// One member.
    member: Option<Uuid>,
    /// One class: A, B, C, P or none.
    #[param(inline)]
    class: Option<Class>,
    /// Groups.
    #[serde(default)]
    #[param(inline)]
    by: By,
}

/// The three books, over everything and by group.
#[derive(Debug, Serialize, ToSchema)]
pub struct SavingsStages {
    /// Over everything asked for.
    total: StagesView,
    /// By group.
    groups: Vec<StagesView>,
}

/// A group with its three books.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SavingsStagesGroup)]
pub struct StagesView {
    /// Contract, member, call-off or bonus; nil for the total.
    id: Uuid,
    name: String,
    /// Number of contract or call-off, document of a bonus.
    number: String,
    /// Member of a call-off.
    member: String,
    /// Planned at release, less cancellations and corrections.
    planned: SumsView,
    /// Realised: delivered and invoiced, at the price invoiced; with bonuses.
    realised: SumsView,
    /// Realised and marked as checked by an auditor.
    audited: SumsView,
}

impl From<StageGroup> for StagesView {
    fn from(group: StageGroup) -> Self {
        Self {
            id: group.id,
            planned: SumsView::from(&group.planned),
            realised: SumsView::from(&group.realised),
            audited: SumsView::from(&group.audited),
            name: group.name,
            number: group.number,
            member: group.member,
        }
    }
}

/// Savings by stage as far as one may see them.
#[utoipa::path(get, path = "/api/v1/reports/savings/stages", tag = "reports", params(AskedStages), responses((status = 200, body = SavingsStages)))]
pub async fn stages(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Query(asked): Query<AskedStages>,
) -> Result<Answer<SavingsStages>, Problem> {
    if let Some(year) = asked.year.filter(|year| !(1900..=3000).contains(year)) {
        return Err(Problem::bad_request(format!(
            "Das Jahr {year} geht nicht. Möglich sind die Jahre 1900 bis 3000, oder kein Jahr für alle."
        )));
    }
    let filter = Filter {
        year: asked.year,
        contract: asked.contract.map(ContractId),
        member: asked.member.map(OrganisationId),
        class: asked.class.map(|class| class.key().to_owned()),
    };
    let by = match asked.by {
        By::Contract => savings_stages::By::Contract,
        By::Member => savings_stages::By::Member,
        By::CallOff => savings_stages::By::CallOff,
    };
    let mut tx = app.db.begin(&actor).await?;
    let total = savings_stages::total(&mut tx, &filter).await?;
    let groups = savings_stages::grouped(&mut tx, &filter, by).await?;
    Ok(Answer(SavingsStages {
        total: StagesView::from(total),
        groups: groups.into_iter().map(StagesView::from).collect(),
    }))
}
