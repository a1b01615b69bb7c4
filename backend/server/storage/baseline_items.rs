//! Items as baselines see them: what they are measured in, and which have no baseline yet.

use abruf_domain::facts::Price;
use abruf_domain::ids::{ContractId, ItemId, OrganisationId};
use chrono::NaiveDate;
use sqlx::PgConnection;

use super::StorageError;
use super::error::consistent;
use super::facts::StoredPrice;

/// An item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownItem {
    /// Which.
    pub id: ItemId,
    /// Article number.
    pub article_number: String,
    /// Text of the schedule.
    pub title: String,
    /// Its unit.
    pub unit: String,
    /// Whether it is paid by the month; `None`: it has no price yet.
    pub monthly: Option<bool>,
}

/// The items of a visible contract, by article number.
pub async fn of_contract(conn: &mut PgConnection, contract: ContractId) -> Result<Vec<KnownItem>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT i.id, i.article_number, i.title, i.unit,
                  (SELECT bool_or(p.kind = 'subscription') FROM price_term p
                   WHERE p.contract_id = i.contract_id AND p.item_id = i.id) AS monthly
           FROM item i
           WHERE i.contract_id = $1
           ORDER BY i.article_number"#,
        contract.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| KnownItem {
            id: ItemId(row.id),
            article_number: row.article_number,
            title: row.title,
            unit: row.unit,
            monthly: row.monthly,
        })
        .collect())
}

/// An item nothing is compared with.
#[derive(Debug, Clone)]
pub struct Uncompared {
    /// Its contract.
    pub contract: ContractId,
    /// Number of the contract.
    pub contract_number: String,
    /// Title of the contract.
    pub contract_title: String,
    /// Article number.
    pub article_number: String,
    /// Text of the schedule.
    pub title: String,
    /// Its unit.
    pub unit: String,
}

/// Items of the body's contracts that are not over, without any baseline that waits or counts, beside how many there are.
pub async fn without_any(
    conn: &mut PgConnection,
    body: OrganisationId,
    contract: Option<ContractId>,
    today: NaiveDate,
    limit: i64,
    offset: i64,
) -> Result<(Vec<Uncompared>, i64), StorageError> {
    let rows = sqlx::query!(
        r#"SELECT f.id, f.number, f.title AS contract_title, i.article_number, i.title, i.unit, count(*) OVER () AS "total!"
           FROM framework_contract f
           JOIN item i ON i.contract_id = f.id
           WHERE f.body_id = $1 AND ($2::uuid IS NULL OR f.id = $2) AND ($2::uuid IS NOT NULL OR f.ends_on >= $3)
             AND NOT EXISTS (SELECT FROM baseline b
                             WHERE b.contract_id = i.contract_id AND b.item_id = i.id
                               AND b.refused_at IS NULL AND b.withdrawn_at IS NULL)
           ORDER BY f.number, i.article_number
           LIMIT $4 OFFSET $5"#,
        body.0,
        contract.map(|contract| contract.0),
        today,
        limit,
        offset
    )
    .fetch_all(conn)
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    let items = rows.into_iter().map(|row| Uncompared {
        contract: ContractId(row.id),
        contract_number: row.number,
        contract_title: row.contract_title,
        article_number: row.article_number,
        title: row.title,
        unit: row.unit,
    });
    Ok((items.collect(), total))
}

/// A released price of an item, as a follow-up contract may take it over.
#[derive(Debug, Clone)]
pub struct FormerPrice {
    /// The item of the old contract.
    pub item: ItemId,
    /// The price.
    pub price: Price,
    /// First day it is in force.
    pub valid_from: NaiveDate,
    /// Version of the price.
    pub version: i32,
}

/// Released prices of a contract that are in force on a day, by item.
pub async fn former_prices(
    conn: &mut PgConnection,
    contract: ContractId,
    day: NaiveDate,
) -> Result<Vec<FormerPrice>, StorageError> {
    let rows = sqlx::query!(
        "SELECT id, item_id, kind, unit_price, list_price, discount_pct, tiers, clause, valid_from, version
         FROM price_term
         WHERE contract_id = $1 AND released_at IS NOT NULL AND valid_from <= $2 AND (valid_to IS NULL OR $2 <= valid_to)
         ORDER BY item_id, supplier_id, version",
        contract.0,
        day
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let stored = StoredPrice {
                kind: row.kind,
                unit_price: row.unit_price,
                list_price: row.list_price,
                discount_pct: row.discount_pct,
                tiers: row.tiers,
                clause: row.clause,
            };
            Ok(FormerPrice {
                item: ItemId(row.item_id),
                price: consistent(Price::try_from(stored), "price_term", "kind", row.id)?,
                valid_from: row.valid_from,
                version: row.version,
            })
        })
        .collect()
}
