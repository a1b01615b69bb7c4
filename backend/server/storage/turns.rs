//! Whose turn it is in a lot whose suppliers take turns (rotation).
//!
//! The last award may be a stranger's, so it stands in a row of the lot that names no member
//! (`lot_turn`), rolled up from the awards in their order (`lot_award`). A release locks the row before
//! it reads whose turn it is; a cancellation, before it takes its award back. Turns are locked before
//! any guard row, by lot.

use abruf_domain::facts::LastAward;
use abruf_domain::ids::{CallOffId, ContractId, LotId, OrganisationId, ReviewId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;

/// Whether anything of this contract depends on what was released before: a price on the running total, a
/// supplier on whose turn it is. Only then has a release to lock first.
pub async fn depends_on_earlier(conn: &mut PgConnection, contract: ContractId) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT (f.mechanism = 'rotation' OR EXISTS (
                      SELECT FROM price_term p
                      WHERE p.contract_id = f.id AND p.clause ->> 'counted' IN ('per_member', 'per_contract'))) AS "depends!"
           FROM framework_contract f
           WHERE f.id = $1"#,
        contract.0
    )
    .fetch_one(conn)
    .await?)
}

/// Who got the last award of each lot of a contract that rotates.
pub async fn last_awards(conn: &mut PgConnection, contract: ContractId) -> Result<Vec<LastAward>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT lot_id, last_supplier_id AS "last_supplier_id!"
           FROM lot_turn
           WHERE contract_id = $1 AND last_supplier_id IS NOT NULL
           ORDER BY lot_id"#,
        contract.0,
    )
    .fetch_all(conn)
    .await?;
    let award = |lot, supplier| LastAward { lot: Some(LotId(lot)), supplier: OrganisationId(supplier) };
    Ok(rows.into_iter().map(|row| award(row.lot_id, row.last_supplier_id)).collect())
}

/// Holds the turns of the lots these articles belong to until the transaction ends; none where the
/// contract does not rotate.
pub async fn lock(conn: &mut PgConnection, contract: ContractId, articles: &[String]) -> Result<(), StorageError> {
    sqlx::query!(
        "SELECT t.lot_id
         FROM lot_turn t
         WHERE t.contract_id = $1
           AND (SELECT mechanism FROM framework_contract WHERE id = $1) = 'rotation'
           AND t.lot_id IN (SELECT lot_id FROM item WHERE contract_id = $1 AND article_number = ANY ($2))
         ORDER BY t.lot_id
         FOR NO KEY UPDATE OF t",
        contract.0,
        articles,
    )
    .fetch_all(conn)
    .await?;
    Ok(())
}

/// Notes an award of each lot; the turns are locked. `review` is the one the release rests on.
pub async fn award(
    conn: &mut PgConnection,
    contract: ContractId,
    lots: &[LotId],
    supplier: OrganisationId,
    review: ReviewId,
) -> Result<(), StorageError> {
    let lots: Vec<Uuid> = lots.iter().map(|lot| lot.0).collect();
    sqlx::query!(
        "WITH turn AS (
             UPDATE lot_turn
             SET last_supplier_id = $3, last_sequence = last_sequence + 1
             WHERE contract_id = $1 AND lot_id = ANY ($2)
             RETURNING lot_id, last_sequence
         )
         INSERT INTO lot_award (contract_id, lot_id, sequence, supplier_id, award_key)
         SELECT $1, lot_id, last_sequence, $3, $4 FROM turn",
        contract.0,
        &lots,
        supplier.0,
        review.0,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes the awards of a cancelled call-off back: the turn is where the last award that stands left it.
pub async fn cancel(conn: &mut PgConnection, contract: ContractId, call_off: CallOffId) -> Result<(), StorageError> {
    let lots = sqlx::query_scalar!(
        "SELECT t.lot_id
         FROM lot_turn t
         JOIN lot_award a ON a.contract_id = t.contract_id AND a.lot_id = t.lot_id
         WHERE t.contract_id = $1
           AND a.award_key = (SELECT review_id FROM approval WHERE contract_id = $1 AND call_off_id = $2 AND decision = 'released')
         ORDER BY t.lot_id
         FOR NO KEY UPDATE OF t",
        contract.0,
        call_off.0,
    )
    .fetch_all(&mut *conn)
    .await?;
    if lots.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "UPDATE lot_award
         SET cancelled = true
         WHERE contract_id = $1 AND lot_id = ANY ($3)
           AND award_key = (SELECT review_id FROM approval WHERE contract_id = $1 AND call_off_id = $2 AND decision = 'released')",
        contract.0,
        call_off.0,
        &lots,
    )
    .execute(&mut *conn)
    .await?;
    // A later statement, so that it sees the award as cancelled.
    sqlx::query!(
        "UPDATE lot_turn t
         SET last_supplier_id = (SELECT a.supplier_id FROM lot_award a
                                 WHERE a.contract_id = t.contract_id AND a.lot_id = t.lot_id AND NOT a.cancelled
                                 ORDER BY a.sequence DESC
                                 LIMIT 1)
         WHERE t.contract_id = $1 AND t.lot_id = ANY ($2)",
        contract.0,
        &lots,
    )
    .execute(conn)
    .await?;
    Ok(())
}
