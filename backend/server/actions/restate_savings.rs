//! What was saved against a baseline that counts no more: each order is measured again by the facts of its release, and the
//! difference is written as dated entries, to the plan and to what is realised, each in its own book. A released figure is never
//! rewritten; reports that were frozen keep theirs.
//!
//! What was audited is taken back whole where the correction reaches what is realised: the auditor saw another comparison
//! than the one that counts now, and nothing counts as audited that no auditor has seen. A new mark audits it again.

use abruf_domain::Facts;
use abruf_domain::facts::CheckPoint;
use abruf_domain::ids::{BaselineId, ContractId};
use abruf_domain::money::Net;
use abruf_domain::period::berlin_date;
use abruf_domain::savings::savings;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::ActionError;
use super::rest_of_order::standing;
use crate::app::App;
use crate::storage::facts::baselines_as_corrected;
use crate::storage::realised_savings::{self, Source};
use crate::storage::{StorageError, Tx, call_offs, history, savings_corrections};

/// What a correction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Restated {
    /// Orders that counted the baseline.
    pub orders: usize,
    /// How much the planned effect of all of them changes.
    pub effect: Net,
    /// Orders of which something was audited: their marks have to be renewed.
    pub marks: usize,
}

/// Corrects every order that counts this baseline, of all members of all bodies: the transaction is the program's own, and the
/// baseline is withdrawn in it already. Orders of each moment are there: whoever releases against the baseline waits for its row.
pub(super) async fn restate(
    app: &App,
    tx: &mut Tx,
    contract: ContractId,
    baseline: BaselineId,
    correction: Uuid,
    now: DateTime<Utc>,
) -> Result<Restated, ActionError> {
    let orders = savings_corrections::orders_counting(tx, contract, baseline).await?;
    let (mut effect, mut marks) = (Net::ZERO, 0);
    let (new_id, source) = (|| app.chance.id(now), Source::correction(correction));
    for id in &orders {
        let (call_off, _) = call_offs::lock(tx, *id).await?.ok_or(ActionError::NotFound)?;
        let judged = history::latest_judgement(tx, contract, *id, CheckPoint::Release.key()).await?;
        let (facts, review) = judged.ok_or(ActionError::NotFound)?;
        let stands = standing(tx, &call_off, &facts, &review).await?;
        let facts = as_corrected(tx, contract, facts).await?;
        let counts_now = savings(&facts, &stands.priced, berlin_date(facts.evaluated_at));
        effect += savings_corrections::insert(tx, &call_off, correction, &counts_now, new_id, now).await?;
        if realised_savings::book(tx, &call_off, call_off.status, source, new_id, now).await? {
            marks += usize::from(realised_savings::take_back_audited(tx, &call_off, source, new_id, now).await?);
        }
    }
    Ok(Restated { orders: orders.len(), effect, marks })
}

/// The facts of a release with what counts of its baselines by now.
pub(super) async fn as_corrected(
    conn: &mut PgConnection,
    contract: ContractId,
    facts: Facts,
) -> Result<Facts, StorageError> {
    if facts.baselines.is_empty() {
        return Ok(facts);
    }
    let day = berlin_date(facts.evaluated_at);
    let baselines = baselines_as_corrected(conn, contract, &facts.baselines, day).await?;
    Ok(Facts { baselines, ..facts })
}
