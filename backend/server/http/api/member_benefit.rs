//! Benefit after membership contribution: a figure of its own, never inside the saving.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query parameter out in full")]

use axum::Json as Answer;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::member_benefit::{self, MemberBenefit};

/// Which year counts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AskedBenefit {
    /// Calendar year; all years without.
    #[param(minimum = 1900, maximum = 3000)]
    year: Option<i32>,
}

/// A member with its figures; decimal strings, in euros.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MemberBenefit)]
pub struct BenefitView {
    member_id: Uuid,
    member: String,
    /// Class A: effect realised.
    a_effect: String,
    surcharge: String,
    fee: String,
    bonus: String,
    /// Effect minus surcharge and fee, plus bonus; realised.
    a_net: String,
    /// Paid for the membership.
    contribution_net: String,
    /// What is left of `a_net` after the contribution.
    benefit_after_contribution: String,
    /// Effect in the budget of a member that deducts no input VAT; information.
    budget_effect: String,
}

impl From<MemberBenefit> for BenefitView {
    fn from(row: MemberBenefit) -> Self {
        Self {
            member_id: row.member.0,
            a_effect: row.effect.to_string(),
            surcharge: row.surcharge.to_string(),
            fee: row.fee.to_string(),
            bonus: row.bonus.to_string(),
            a_net: row.a_net().to_string(),
            contribution_net: row.contribution.to_string(),
            benefit_after_contribution: row.benefit().to_string(),
            budget_effect: row.budget.to_string(),
            member: row.name,
        }
    }
}

/// The benefit of each member as far as one may see it, by name.
#[utoipa::path(get, path = "/api/v1/reports/member-benefit", tag = "reports", params(AskedBenefit), responses((status = 200, body = Vec<BenefitView>)))]
pub async fn benefit(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Query(asked): Query<AskedBenefit>,
) -> Result<Answer<Vec<BenefitView>>, Problem> {
    if let Some(year) = asked.year.filter(|year| !(1900..=3000).contains(year)) {
        return Err(Problem::bad_request(format!(
            "Das Jahr {year} geht nicht. Möglich sind die Jahre 1900 bis 3000, oder kein Jahr für alle."
        )));
    }
    let mut tx = app.db.begin(&actor).await?;
    let rows = member_benefit::by_member(&mut tx, asked.year).await?;
    Ok(Answer(rows.into_iter().map(BenefitView::from).collect()))
}
