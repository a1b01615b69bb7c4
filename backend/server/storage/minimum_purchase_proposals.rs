//! Proposed minimum purchases (Mindestabnahmen) of contracts in force.

use abruf_domain::ids::{ContractId, ItemId, PersonId};
use abruf_domain::money::Volume;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::{affected, consistent};

/// A proposal.
#[derive(Debug, Clone)]
pub struct ProposalRow {
    /// Which; later the id of the minimum purchase.
    pub id: Uuid,
    /// The item; `None`: the whole contract.
    pub item: Option<ItemId>,
    /// Its article number; empty for the whole contract.
    pub article_number: String,
    /// Its unit; empty for the whole contract.
    pub unit: String,
    /// value or quantity.
    pub measure: String,
    /// What must have been called off; `None`: what stands for this day falls away.
    pub amount: Option<Volume>,
    /// Last day on which a call-off counts.
    pub due_on: NaiveDate,
    /// What follows otherwise; empty where it falls away.
    pub consequence: String,
    /// The document behind it.
    pub document: String,
    /// Who proposed it.
    pub recorded_by: PersonId,
    /// Their name, as long as it is known.
    pub recorded_by_name: String,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// When it was decided; `None`: it waits.
    pub decided_at: Option<DateTime<Utc>>,
    /// Whether it counts.
    pub released: Option<bool>,
}

/// The proposals of a contract, the newest first.
pub async fn of_contract(conn: &mut PgConnection, contract: ContractId) -> Result<Vec<ProposalRow>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT p.id, p.item_id, coalesce(i.article_number, '') AS "article_number!", coalesce(i.unit, '') AS "unit!", p.measure, p.amount,
                  p.due_on, p.consequence, p.document, p.recorded_by, coalesce(n.name, 'unbekannt') AS "name!", p.recorded_at,
                  p.decided_at, p.released
           FROM minimum_purchase_proposal p
           LEFT JOIN item i ON i.contract_id = p.contract_id AND i.id = p.item_id
           LEFT JOIN person n ON n.id = p.recorded_by
           WHERE p.contract_id = $1
           ORDER BY p.recorded_at DESC, p.id DESC"#,
        contract.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let volume = |amount| consistent(Volume::new(amount), "minimum_purchase_proposal", "amount", row.id);
            Ok(ProposalRow {
                amount: row.amount.map(volume).transpose()?,
                id: row.id,
                item: row.item_id.map(ItemId),
                article_number: row.article_number,
                unit: row.unit,
                measure: row.measure,
                due_on: row.due_on,
                consequence: row.consequence,
                document: row.document,
                recorded_by: PersonId(row.recorded_by),
                recorded_by_name: row.name,
                recorded_at: row.recorded_at,
                decided_at: row.decided_at,
                released: row.released,
            })
        })
        .collect()
}

/// Writes a proposal; another one that waits refuses it (`minimum_purchase_proposal_one_pending`).
pub async fn insert(conn: &mut PgConnection, contract: ContractId, row: &ProposalRow) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO minimum_purchase_proposal
             (contract_id, id, item_id, measure, amount, due_on, consequence, document, recorded_by, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        contract.0,
        row.id,
        row.item.map(|item| item.0),
        row.measure,
        row.amount.map(Volume::decimal),
        row.due_on,
        row.consequence,
        row.document,
        row.recorded_by.0,
        row.recorded_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Decides a proposal that waits.
pub async fn decide(
    conn: &mut PgConnection,
    contract: ContractId,
    id: Uuid,
    (person, at): (PersonId, DateTime<Utc>),
    released: bool,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE minimum_purchase_proposal SET decided_by = $3, decided_at = $4, released = $5
         WHERE contract_id = $1 AND id = $2 AND decided_at IS NULL",
        contract.0,
        id,
        person.0,
        at,
        released
    )
    .execute(conn)
    .await?;
    affected("decide a proposed minimum purchase", 1, done.rows_affected())
}

/// Takes what stands for the day of a proposal away; `false` where nothing stood.
pub async fn end(conn: &mut PgConnection, contract: ContractId, row: &ProposalRow) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "DELETE FROM minimum_purchase
         WHERE contract_id = $1 AND item_id IS NOT DISTINCT FROM $2 AND measure = $3 AND due_on = $4",
        contract.0,
        row.item.map(|item| item.0),
        row.measure,
        row.due_on
    )
    .execute(conn)
    .await?;
    Ok(0 < done.rows_affected())
}
