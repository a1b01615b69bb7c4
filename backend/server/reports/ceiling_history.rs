//! How much of the ceilings was called off at the end of a year, from the ledger: the guard rows know today only.

use abruf_domain::ids::ContractId;
use abruf_domain::money::Volume;
use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::storage::StorageError;
use crate::storage::error::consistent;

/// Authorised and recorded volume of these contracts before the beginning of `day` (Berlin), in the contracts'
/// currencies. Only whoever sees every call-off of a contract gets its whole volume.
pub async fn consumed_before(
    conn: &mut PgConnection,
    contracts: &[ContractId],
    day: NaiveDate,
) -> Result<Vec<(ContractId, Volume)>, StorageError> {
    let ids: Vec<Uuid> = contracts.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"SELECT v.contract_id, sum(v.amount) AS "consumed!"
           FROM volume_entry v
           JOIN guard g ON g.contract_id = v.contract_id AND g.id = v.guard_id AND g.scope = 'contract' AND g.measure = 'value'
           WHERE v.contract_id = ANY ($1) AND v.account IN ('authorised', 'recorded')
             AND v.at < ($2::date)::timestamp AT TIME ZONE 'Europe/Berlin'
           GROUP BY v.contract_id
           ORDER BY v.contract_id"#,
        &ids,
        day
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let consumed = consistent(Volume::new(row.consumed), "volume_entry", "amount", row.contract_id)?;
            Ok((ContractId(row.contract_id), consumed))
        })
        .collect()
}
