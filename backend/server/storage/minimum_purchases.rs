//! Minimum purchases (Mindestabnahmen) of contracts, and what has been called off of them.

use abruf_domain::ids::{ContractId, ItemId};
use abruf_domain::minimum_purchase::{MinimumPurchase, MonthlyVolume};
use abruf_domain::money::Volume;
use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::consistent;

/// A minimum purchase to be entered.
#[derive(Debug, Clone, Copy)]
pub struct NewMinimumPurchase<'a> {
    /// Its id.
    pub id: Uuid,
    /// The item; `None`: the whole contract.
    pub item: Option<ItemId>,
    /// value or quantity.
    pub measure: &'a str,
    /// What must have been called off.
    pub amount: Volume,
    /// Last day on which a call-off counts.
    pub due_on: NaiveDate,
    /// What the contract says happens otherwise.
    pub consequence: &'a str,
}

/// Enters one; entered again for the same day, amount and consequence are those of the newer form.
pub async fn put(
    conn: &mut PgConnection,
    contract: ContractId,
    new: &NewMinimumPurchase<'_>,
) -> Result<(), StorageError> {
    let item = new.item.map(|item| item.0);
    sqlx::query!(
        "DELETE FROM minimum_purchase
         WHERE contract_id = $1 AND item_id IS NOT DISTINCT FROM $2 AND measure = $3 AND due_on = $4",
        contract.0,
        item,
        new.measure,
        new.due_on
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO minimum_purchase (contract_id, id, item_id, measure, amount, due_on, consequence)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        contract.0,
        new.id,
        item,
        new.measure,
        new.amount.decimal(),
        new.due_on,
        new.consequence
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A minimum purchase with its place.
#[derive(Debug, Clone)]
pub struct Row {
    /// Which.
    pub id: Uuid,
    /// The contract.
    pub contract: ContractId,
    /// Its number.
    pub contract_number: String,
    /// Its title.
    pub contract_title: String,
    /// Its currency.
    pub currency: String,
    /// Its first day.
    pub starts_on: NaiveDate,
    /// Article number; `None`: the whole contract.
    pub article_number: Option<String>,
    /// Title of the item; empty for the whole contract.
    pub item_title: String,
    /// Unit of the item.
    pub unit: String,
    /// value or quantity.
    pub measure: String,
    /// What must have been called off.
    pub amount: Volume,
    /// Last day on which a call-off counts.
    pub due_on: NaiveDate,
    /// What follows otherwise.
    pub consequence: String,
}

/// The minimum purchases of a contract, or of all contracts in force; by day.
pub async fn list(conn: &mut PgConnection, contract: Option<ContractId>) -> Result<Vec<Row>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT m.id AS "id!", m.contract_id AS "contract_id!", f.number AS "number!", f.title AS "title!", f.currency AS "currency!",
                  f.starts_on AS "starts_on!", i.article_number AS "article_number?", coalesce(i.title, '') AS "item_title!",
                  coalesce(i.unit, '') AS "unit!", m.measure AS "measure!", m.amount AS "amount!", m.due_on AS "due_on!",
                  m.consequence AS "consequence!"
           FROM minimum_purchase m
           JOIN framework_contract f ON f.id = m.contract_id
           LEFT JOIN item i ON i.contract_id = m.contract_id AND i.id = m.item_id
           WHERE CASE WHEN $1::uuid IS NULL THEN f.status IN ('active', 'suspended') ELSE m.contract_id = $1 END
           ORDER BY m.due_on, f.number, i.article_number NULLS FIRST, m.id"#,
        contract.map(|contract| contract.0)
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Row {
                amount: consistent(Volume::new(row.amount), "minimum_purchase", "amount", row.id)?,
                id: row.id,
                contract: ContractId(row.contract_id),
                contract_number: row.number,
                contract_title: row.title,
                currency: row.currency,
                starts_on: row.starts_on,
                article_number: row.article_number,
                item_title: row.item_title,
                unit: row.unit,
                measure: row.measure,
                due_on: row.due_on,
                consequence: row.consequence,
            })
        })
        .collect()
}

/// How far a minimum purchase has come.
#[derive(Debug, Clone)]
pub struct Progress {
    /// What it is.
    pub row: Row,
    /// What counts by its day.
    pub consumed: Volume,
    /// What was released, by month.
    pub months: Vec<MonthlyVolume>,
}

impl Progress {
    /// As the method sees it on a day.
    #[must_use]
    pub fn on(&self, today: NaiveDate) -> MinimumPurchase<'_> {
        MinimumPurchase {
            today,
            starts_on: self.row.starts_on,
            due_on: self.row.due_on,
            minimum: self.row.amount,
            consumed: self.consumed,
            months: &self.months,
        }
    }
}

/// How far the minimum purchases of contracts in force have come; for those who see the whole volume ledger. What was
/// released, and what happened outside and was recorded, as far as it is booked by their day.
pub async fn progress(conn: &mut PgConnection, contract: Option<ContractId>) -> Result<Vec<Progress>, StorageError> {
    let mut list = list(&mut *conn, None).await?;
    list.retain(|row| contract.is_none_or(|it| it == row.contract));
    let ids: Vec<Uuid> = list.iter().map(|row| row.id).collect();
    let booked = sqlx::query!(
        r#"WITH booked AS (
             SELECT m.id, (e.at AT TIME ZONE 'Europe/Berlin')::date AS day, m.due_on, e.amount, e.account
             FROM minimum_purchase m
             JOIN guard g ON g.contract_id = m.contract_id AND g.measure = m.measure
                         AND CASE WHEN m.item_id IS NULL THEN g.scope = 'contract' ELSE g.scope = 'item' AND g.item_id = m.item_id END
             JOIN volume_entry e ON e.contract_id = g.contract_id AND e.guard_id = g.id
             WHERE m.id = ANY ($1) AND e.account = ANY (CASE WHEN m.item_id IS NULL THEN ARRAY['authorised', 'recorded'] ELSE ARRAY['recorded'] END)
             UNION ALL
             -- Items need not have a ceiling of their own: what stands of their lines is what was released.
             SELECT m.id, c.dated_on, m.due_on, CASE m.measure WHEN 'value' THEN l.net ELSE l.quantity END, 'authorised'
             FROM minimum_purchase m
             JOIN call_off_line l ON l.contract_id = m.contract_id AND l.item_id = m.item_id
             JOIN call_off c ON c.contract_id = l.contract_id AND c.id = l.call_off_id
             WHERE m.id = ANY ($1) AND c.number IS NOT NULL AND c.status <> 'cancelled' AND l.net IS NOT NULL
           )
           SELECT id AS "id!", date_trunc('month', day)::date AS "month!", sum(amount) AS "amount!",
                  coalesce(sum(amount) FILTER (WHERE account = 'authorised'), 0) AS "released!"
           FROM booked
           WHERE day <= due_on
           GROUP BY 1, 2"#,
        &ids
    )
    .fetch_all(conn)
    .await?;
    list.into_iter()
        .map(|row| {
            let volume = |value| consistent(Volume::new(value), "volume_entry", "amount", row.id);
            let (mut consumed, mut months) = (Volume::ZERO, Vec::new());
            for month in booked.iter().filter(|it| it.id == row.id) {
                consumed = consumed + volume(month.amount)?;
                months.push(MonthlyVolume { month: month.month, volume: volume(month.released)? });
            }
            Ok(Progress { consumed, months, row })
        })
        .collect()
}
