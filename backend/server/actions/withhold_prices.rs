//! Prices are for those who are entitled to the contract. Everybody who acts for a member is told what stands in its
//! way; what the contract costs is told only where nothing about the member itself does. Office, board and auditors
//! read everything in their scope.

use abruf_domain::entitlement::{self, is_denied, without_prices};
use abruf_domain::finding::Finding;
use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::period::berlin_date;
use abruf_domain::{Facts, Review};
use sqlx::PgConnection;

use crate::actor::{Actor, Standing};
use crate::app::App;
use crate::storage::{StorageError, contracts, facts};

/// What stands where a price would.
pub const WITHHELD: &str = "nur für Abrufberechtigte";

/// Whether these findings keep prices from this reader.
#[must_use]
pub fn are_withheld(actor: &Actor, findings: &[Finding]) -> bool {
    actor.standing == Standing::Member && is_denied(findings)
}

/// A review as this reader may see it.
#[must_use]
pub fn readable(actor: &Actor, review: &Review) -> Review {
    if are_withheld(actor, &review.findings) { without_prices(review) } else { review.clone() }
}

/// The same with its facts: without prices in them, nothing that is made of them names one.
#[must_use]
pub fn readable_with_facts(actor: &Actor, mut facts: Facts, review: Review) -> (Facts, Review, bool) {
    if !are_withheld(actor, &review.findings) {
        return (facts, review, false);
    }
    for item in &mut facts.contract.items {
        item.prices.clear();
    }
    (facts, without_prices(&review), true)
}

/// Whether this reader may not see the prices of a visible contract today.
///
/// # Errors
/// If the database fails.
pub async fn are_withheld_today(
    app: &App,
    conn: &mut PgConnection,
    actor: &Actor,
    contract: ContractId,
) -> Result<bool, StorageError> {
    if actor.standing != Standing::Member {
        return Ok(false);
    }
    let Some(body) = contracts::body(&mut *conn, contract).await? else { return Ok(true) };
    of_member_today(app, conn, contract, body, actor.organisation).await
}

/// Whether a member may not see the prices of a contract today.
async fn of_member_today(
    app: &App,
    conn: &mut PgConnection,
    contract: ContractId,
    body: OrganisationId,
    member: OrganisationId,
) -> Result<bool, StorageError> {
    let now = app.clock.now();
    let facts = facts::without_request(conn, contract, body, member, now).await?;
    Ok(is_denied(&entitlement::findings(&facts, berlin_date(now))))
}
