//! The savings report: sums by evidence class on every level, down to the call-off.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query parameter out in full")]

use abruf_domain::ids::{ContractId, OrganisationId};
use axum::Json as Answer;
use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::http::api::paging;
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::savings::{self, Filter, Group, Grouping, Sums};

/// What the report is grouped by.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// A row per contract.
    #[default]
    Contract,
    /// A row per member.
    Member,
    /// A row per call-off.
    CallOff,
}

/// A class of evidence.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
pub enum Class {
    /// Proven.
    A,
    /// List price.
    B,
    /// Benchmark.
    C,
    /// Process effect, no cash.
    P,
    /// Without valid baseline.
    #[serde(rename = "none")]
    Uncompared,
}

impl Class {
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::P => "P",
            Self::Uncompared => "none",
        }
    }
}

/// Which entries count, and how they are grouped.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Asked {
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
    /// Groups to return.
    #[serde(default = "hundred")]
    #[param(minimum = 1, maximum = 500)]
    limit: u16,
    /// Groups to skip.
    #[serde(default)]
    #[param(maximum = 10_000_000)]
    offset: u32,
}

const fn hundred() -> u16 {
    100
}

/// The report. The classes are never added together.
#[derive(Debug, Serialize, ToSchema)]
pub struct SavingsReport {
    /// Over everything asked for.
    total: SumsView,
    /// By group.
    groups: Vec<GroupView>,
}

/// A group with its sums.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SavingsGroup)]
pub struct GroupView {
    /// Contract, member or call-off.
    id: Uuid,
    name: String,
    /// Number of contract or call-off.
    number: String,
    /// Member of a call-off.
    member: String,
    dated_on: Option<NaiveDate>,
    /// Call-offs behind it, cancelled ones included.
    call_offs: i64,
    /// Those of them that were cancelled: their entries are taken back.
    cancelled: i64,
    sums: SumsView,
}

/// Sums in euros, decimal strings.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SavingsSums)]
pub struct SumsView {
    /// Order value.
    volume: String,
    /// Order value with a valid baseline.
    evidenced_volume: String,
    /// That in percent of the order value.
    coverage_pct: Option<String>,
    /// A: effect against proven baselines.
    a_effect: String,
    surcharge: String,
    fee: String,
    bonus: String,
    /// A in the end: effect minus surcharge and fee, plus bonus.
    a_net: String,
    /// B: against list prices.
    b_effect: String,
    /// C: against benchmarks.
    c_effect: String,
    /// P: avoided tenders; no cash.
    p_effect: String,
}

impl From<&Sums> for SumsView {
    fn from(sums: &Sums) -> Self {
        Self {
            volume: sums.volume.to_string(),
            evidenced_volume: sums.evidenced_volume.to_string(),
            coverage_pct: sums.coverage_pct().map(|coverage| coverage.to_string()),
            a_effect: sums.a_effect.to_string(),
            surcharge: sums.surcharge.to_string(),
            fee: sums.fee.to_string(),
            bonus: sums.bonus.to_string(),
            a_net: sums.a_net.to_string(),
            b_effect: sums.b_effect.to_string(),
            c_effect: sums.c_effect.to_string(),
            p_effect: sums.p_effect.to_string(),
        }
    }
}

impl From<Group> for GroupView {
    fn from(group: Group) -> Self {
        Self {
            id: group.id,
            name: group.name,
            number: group.number,
            member: group.member,
            dated_on: group.dated_on,
            call_offs: group.call_offs,
            cancelled: group.cancelled,
            sums: SumsView::from(&group.sums),
        }
    }
}

/// Savings as far as one may see them.
#[utoipa::path(get, path = "/api/v1/reports/savings", tag = "reports", params(Asked), responses((status = 200, body = SavingsReport)))]
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Answer<SavingsReport>, Problem> {
    if let Some(year) = asked.year.filter(|year| !(1900..=3000).contains(year)) {
        return Err(Problem::bad_request(format!(
            "Das Jahr {year} geht nicht. Möglich sind die Jahre 1900 bis 3000, oder kein Jahr für alle."
        )));
    }
    paging::check(asked.limit, asked.offset, 10_000_000, "")?;
    let filter = Filter {
        year: asked.year,
        contract: asked.contract.map(ContractId),
        member: asked.member.map(OrganisationId),
        class: asked.class.map(|class| class.key().to_owned()),
    };
    let grouping = match asked.by {
        By::Contract => Grouping::Contract,
        By::Member => Grouping::Member,
        By::CallOff => Grouping::CallOff,
    };
    let mut tx = app.db.begin(&actor).await?;
    let total = savings::total(&mut tx, &filter).await?;
    let groups = savings::grouped(&mut tx, &filter, grouping, asked.limit.into(), asked.offset.into()).await?;
    Ok(Answer(SavingsReport {
        total: SumsView::from(&total),
        groups: groups.into_iter().map(GroupView::from).collect(),
    }))
}
