//! Proposed versions of prices: the prices they follow, whom they hit, and their release.

use abruf_domain::facts::Price;
use abruf_domain::ids::{ContractId, ItemId, OrganisationId, PersonId};
use abruf_domain::money::{Quantity, UnitPrice};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::{affected, consistent};
use super::facts::StoredPrice;
use super::master_data::prices::Columns;

/// A released price on a day, with its item.
#[derive(Debug, Clone)]
pub struct CurrentPrice {
    /// The price row.
    pub id: Uuid,
    /// Its item.
    pub item: ItemId,
    /// Article number.
    pub article_number: String,
    /// Text.
    pub title: String,
    /// Unit.
    pub unit: String,
    /// Smallest quantity.
    pub min_quantity: Quantity,
    /// With whom.
    pub supplier: OrganisationId,
    /// Their name.
    pub supplier_name: String,
    /// The price.
    pub price: Price,
    /// Net freight per unit, where one is named.
    pub freight: Option<UnitPrice>,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
}

/// The released prices that hold on a day, by article; `words` filters article number, text and supplier.
pub async fn current(
    conn: &mut PgConnection,
    contract: ContractId,
    day: NaiveDate,
    words: &str,
) -> Result<Vec<CurrentPrice>, StorageError> {
    let pattern = format!("%{}%", words.trim().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    let rows = sqlx::query!(
        "SELECT p.id, p.item_id, i.article_number, i.title, i.unit, i.min_quantity, p.supplier_id, o.name AS supplier_name,
                p.kind, p.unit_price, p.list_price, p.discount_pct, p.tiers, p.clause, p.freight, p.valid_from, p.valid_to
         FROM price_term p
         JOIN item i ON i.contract_id = p.contract_id AND i.id = p.item_id
         JOIN organisation o ON o.id = p.supplier_id
         WHERE p.contract_id = $1 AND p.released_at IS NOT NULL AND p.valid_from <= $2 AND (p.valid_to IS NULL OR $2 <= p.valid_to)
           AND concat_ws(' ', i.article_number, i.title, o.name) ILIKE $3
         ORDER BY i.article_number, o.name",
        contract.0,
        day,
        pattern
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
            Ok(CurrentPrice {
                id: row.id,
                item: ItemId(row.item_id),
                article_number: row.article_number,
                title: row.title,
                unit: row.unit,
                min_quantity: consistent(Quantity::new(row.min_quantity), "item", "min_quantity", row.item_id)?,
                supplier: OrganisationId(row.supplier_id),
                supplier_name: row.supplier_name,
                price: consistent(Price::try_from(stored), "price_term", "kind", row.id)?,
                freight: consistent(row.freight.map(UnitPrice::new).transpose(), "price_term", "freight", row.id)?,
                valid_from: row.valid_from,
                valid_to: row.valid_to,
            })
        })
        .collect()
}

/// The released prices of one article that hold on a day, by supplier.
pub async fn of_article(
    conn: &mut PgConnection,
    contract: ContractId,
    article: &str,
    day: NaiveDate,
) -> Result<Vec<CurrentPrice>, StorageError> {
    let mut prices = current(conn, contract, day, article).await?;
    prices.retain(|price| price.article_number == article);
    Ok(prices)
}

/// A proposal.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// Which.
    pub id: Uuid,
    /// First day of the new prices.
    pub valid_from: NaiveDate,
    /// The document behind it.
    pub document: String,
    /// Why a price changes by more than the bound.
    pub reason: String,
    /// Who proposed it.
    pub recorded_by: PersonId,
    /// Their name.
    pub recorded_by_name: String,
    /// When.
    pub recorded_at: DateTime<Utc>,
}

/// The proposal that waits for its second person.
pub async fn waiting(conn: &mut PgConnection, contract: ContractId) -> Result<Option<Proposal>, StorageError> {
    let row = sqlx::query!(
        r#"SELECT p.id, p.valid_from, p.document, p.reason, p.recorded_by, coalesce(w.name, '') AS "name!", p.recorded_at
           FROM price_proposal p
           LEFT JOIN person w ON w.id = p.recorded_by
           WHERE p.contract_id = $1 AND p.decided_at IS NULL"#,
        contract.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Proposal {
        id: row.id,
        valid_from: row.valid_from,
        document: row.document,
        reason: row.reason,
        recorded_by: PersonId(row.recorded_by),
        recorded_by_name: row.name,
        recorded_at: row.recorded_at,
    }))
}

/// The lines of a proposal.
pub async fn lines(
    conn: &mut PgConnection,
    contract: ContractId,
    proposal: Uuid,
) -> Result<Vec<(ItemId, OrganisationId, Price)>, StorageError> {
    let rows = sqlx::query!(
        "SELECT item_id, supplier_id, price FROM price_proposal_line WHERE contract_id = $1 AND proposal_id = $2",
        contract.0,
        proposal
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let price = consistent(serde_json::from_value(row.price), "price_proposal_line", "price", row.item_id)?;
            Ok((ItemId(row.item_id), OrganisationId(row.supplier_id), price))
        })
        .collect()
}

/// Writes a proposal with its lines.
pub async fn insert(
    conn: &mut PgConnection,
    contract: ContractId,
    proposal: &Proposal,
    lines: &[(ItemId, OrganisationId, Price)],
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO price_proposal (contract_id, id, valid_from, document, reason, recorded_by, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        contract.0,
        proposal.id,
        proposal.valid_from,
        proposal.document,
        proposal.reason,
        proposal.recorded_by.0,
        proposal.recorded_at
    )
    .execute(&mut *conn)
    .await?;
    let items: Vec<Uuid> = lines.iter().map(|(item, ..)| item.0).collect();
    let suppliers: Vec<Uuid> = lines.iter().map(|(_, supplier, _)| supplier.0).collect();
    let prices: Vec<Value> = lines.iter().map(|(.., price)| json!(price)).collect();
    let done = sqlx::query!(
        "INSERT INTO price_proposal_line (contract_id, proposal_id, item_id, supplier_id, price)
         SELECT $1, $2, new.* FROM unnest($3::uuid[], $4::uuid[], $5::jsonb[]) AS new",
        contract.0,
        proposal.id,
        &items,
        &suppliers,
        &prices
    )
    .execute(conn)
    .await?;
    affected("insert the lines of a price proposal", lines.len() as u64, done.rows_affected())
}

/// Decides the waiting proposal.
pub async fn decide(
    conn: &mut PgConnection,
    contract: ContractId,
    id: Uuid,
    by: PersonId,
    at: DateTime<Utc>,
    released: bool,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE price_proposal SET decided_by = $3, decided_at = $4, released = $5
         WHERE contract_id = $1 AND id = $2 AND decided_at IS NULL",
        contract.0,
        id,
        by.0,
        at,
        released
    )
    .execute(conn)
    .await?;
    affected("decide a price proposal", 1, done.rows_affected())
}

/// What becomes of the freight in a new version of a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freight {
    /// As in the version before.
    Stays,
    /// This; `None`: none is named any more.
    Is(Option<UnitPrice>),
}

/// One version of a price, released: the one before ends the day before.
#[derive(Debug, Clone)]
pub struct Succession<'a> {
    /// Id of the new version.
    pub id: Uuid,
    /// The version it follows.
    pub follows: &'a CurrentPrice,
    /// The new price.
    pub price: &'a Price,
    /// Its freight.
    pub freight: Freight,
    /// Its first day.
    pub valid_from: NaiveDate,
    /// Who proposed it.
    pub recorded_by: PersonId,
    /// Who released it.
    pub released_by: PersonId,
    /// When.
    pub at: DateTime<Utc>,
}

/// Ends a price and begins its successor, which keeps the last day.
pub async fn succeed(conn: &mut PgConnection, contract: ContractId, next: &Succession<'_>) -> Result<(), StorageError> {
    let Some(last_day) = next.valid_from.pred_opt() else { return Ok(()) };
    let done = sqlx::query!(
        "UPDATE price_term SET valid_to = $3 WHERE contract_id = $1 AND id = $2",
        contract.0,
        next.follows.id,
        last_day
    )
    .execute(&mut *conn)
    .await?;
    affected("end a price", 1, done.rows_affected())?;
    let columns = Columns::from(next.price);
    let freight = match next.freight {
        Freight::Stays => next.follows.freight,
        Freight::Is(freight) => freight,
    };
    sqlx::query!(
        "INSERT INTO price_term (contract_id, id, item_id, supplier_id, version, kind, unit_price, list_price, discount_pct, tiers,
                                 clause, valid_from, valid_to, recorded_by, released_by, released_at, freight)
         SELECT $1, $2, $3, $4, 1 + coalesce(max(version), 0), $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16
         FROM price_term
         WHERE contract_id = $1 AND item_id = $3 AND supplier_id = $4",
        contract.0,
        next.id,
        next.follows.item.0,
        next.follows.supplier.0,
        columns.kind,
        columns.unit_price,
        columns.list_price,
        columns.discount_pct,
        columns.tiers,
        columns.clause,
        next.valid_from,
        next.follows.valid_to,
        next.recorded_by.0,
        next.released_by.0,
        next.at,
        freight.map(UnitPrice::decimal)
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Drafts and requests with one of these articles: who is hit, and how many.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The member.
    pub member: String,
    /// Requests that wait for release.
    pub requests: i64,
    /// Their number of lines with these articles.
    pub lines: i64,
}

/// Open requests that hold one of these articles, by member.
pub async fn hits(
    conn: &mut PgConnection,
    contract: ContractId,
    articles: &[String],
) -> Result<Vec<Hit>, StorageError> {
    Ok(sqlx::query_as!(
        Hit,
        r#"SELECT o.name AS member, count(DISTINCT c.id) AS "requests!", count(*) AS "lines!"
           FROM call_off c
           JOIN call_off_line l ON l.contract_id = c.contract_id AND l.call_off_id = c.id
           JOIN organisation o ON o.id = c.member_id
           WHERE c.contract_id = $1 AND c.status IN ('submitted', 'returned') AND l.article_number = ANY ($2)
           GROUP BY o.name
           ORDER BY o.name"#,
        contract.0,
        articles
    )
    .fetch_all(conn)
    .await?)
}
