//! Dated prices and baselines, recorded by one person and released by another.

use abruf_domain::facts::{BaselineKind, Counted, Per, Price};
use abruf_domain::ids::{BaselineId, ContractId, IndexSeriesId, ItemId, OrganisationId, PersonId, PriceTermId};
use abruf_domain::money::{IndexPoints, UnitPrice};
use abruf_domain::period::Validity;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::storage::StorageError;

/// A price to be entered.
#[derive(Debug, Clone)]
pub struct NewPrice<'a> {
    /// Its id.
    pub id: PriceTermId,
    /// Of which item.
    pub item: ItemId,
    /// With whom.
    pub supplier: OrganisationId,
    /// Running number per item and supplier.
    pub version: i32,
    /// The price.
    pub price: &'a Price,
    /// From when to when.
    pub validity: Validity,
    /// Freight per unit, where a best-price comparison counts it.
    pub freight: Option<UnitPrice>,
    /// Who recorded it.
    pub recorded_by: PersonId,
    /// Who released it, another person, and when; `None`: nobody has yet.
    pub released: Option<(PersonId, DateTime<Utc>)>,
}

/// The columns that a price fills.
#[derive(Default)]
pub(in crate::storage) struct Columns {
    pub kind: &'static str,
    pub unit_price: Option<Decimal>,
    pub list_price: Option<Decimal>,
    pub discount_pct: Option<Decimal>,
    pub tiers: Option<Value>,
    pub clause: Option<Value>,
}

impl Columns {
    fn of_clause(kind: &'static str, price: &Price) -> Self {
        Self { kind, clause: Some(json!(price)), ..Self::default() }
    }
}

impl From<&Price> for Columns {
    fn from(price: &Price) -> Self {
        match price {
            Price::Fixed { unit_price } => {
                Self { kind: "fixed", unit_price: Some(unit_price.decimal()), ..Self::default() }
            }
            Price::Subscription { unit_price_month } => {
                Self { kind: "subscription", unit_price: Some(unit_price_month.decimal()), ..Self::default() }
            }
            Price::ListMinus { list_price, discount_pct } => Self {
                kind: "list_minus",
                list_price: Some(list_price.decimal()),
                discount_pct: Some(discount_pct.decimal()),
                ..Self::default()
            },
            Price::TierAllUnits { counted: Counted::PerOrder, tiers } => {
                Self { kind: "tier_all_units_per_order", tiers: Some(json!(tiers)), ..Self::default() }
            }
            Price::TierAllUnits { .. } => Self::of_clause("tier_all_units", price),
            Price::TierGraduated { .. } => Self::of_clause("tier_graduated", price),
            Price::Index { .. } => Self::of_clause("index", price),
            Price::Quoted { .. } => Self::of_clause("quoted", price),
        }
    }
}

/// Enters a price. One that depends on what all members call off gets the guard row of its item with it,
/// unlimited where the item has no ceiling: there the running total stands.
pub async fn insert(conn: &mut PgConnection, contract: ContractId, price: &NewPrice<'_>) -> Result<(), StorageError> {
    let columns = Columns::from(price.price);
    sqlx::query!(
        "INSERT INTO price_term (contract_id, id, item_id, supplier_id, version, kind, unit_price, list_price, discount_pct, tiers,
                                 clause, valid_from, valid_to, recorded_by, released_by, released_at, freight)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        contract.0,
        price.id.0,
        price.item.0,
        price.supplier.0,
        price.version,
        columns.kind,
        columns.unit_price,
        columns.list_price,
        columns.discount_pct,
        columns.tiers,
        columns.clause,
        price.validity.from,
        price.validity.to,
        price.recorded_by.0,
        price.released.map(|(person, _)| person.0),
        price.released.map(|(_, at)| at),
        price.freight.map(UnitPrice::decimal),
    )
    .execute(&mut *conn)
    .await?;
    if is_cumulative(price.price) {
        open_running_total(conn, contract, price.item, price.id).await?;
    }
    Ok(())
}

const fn is_cumulative(price: &Price) -> bool {
    match price {
        Price::TierAllUnits { counted, .. } | Price::TierGraduated { counted, .. } => {
            !matches!(counted, Counted::PerOrder)
        }
        _ => false,
    }
}

/// Makes the quantity guard of an item unless it has one; it takes the id of the price that asked for
/// it. What requests and orders hold already moves in with ledger entries of their own.
async fn open_running_total(
    conn: &mut PgConnection,
    contract: ContractId,
    item: ItemId,
    price: PriceTermId,
) -> Result<(), StorageError> {
    let made = sqlx::query!(
        "INSERT INTO guard (contract_id, id, scope, measure, item_id) VALUES ($1, $2, 'item', 'quantity', $3)
         ON CONFLICT ON CONSTRAINT guard_scope_unique DO NOTHING",
        contract.0,
        price.0,
        item.0,
    )
    .execute(&mut *conn)
    .await?;
    if made.rows_affected() == 0 {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO volume_entry (contract_id, id, guard_id, call_off_id, kind, account, amount, at)
         SELECT c.contract_id, gen_random_uuid(), $2, c.id,
                CASE WHEN c.number IS NULL THEN 'reserve' ELSE 'authorise' END,
                CASE WHEN c.number IS NULL THEN 'reserved' ELSE 'authorised' END,
                sum(l.quantity), max(coalesce(c.released_at, c.submitted_at))
         FROM call_off c
         JOIN call_off_line l ON l.contract_id = c.contract_id AND l.call_off_id = c.id AND l.item_id = $3
         WHERE c.contract_id = $1 AND c.status NOT IN ('draft', 'refused', 'withdrawn', 'expired', 'cancelled')
         GROUP BY c.contract_id, c.id, c.number",
        contract.0,
        price.0,
        item.0,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "UPDATE guard g
         SET authorised = held.authorised, reserved = held.reserved
         FROM (SELECT coalesce(sum(amount) FILTER (WHERE account = 'authorised'), 0) AS authorised,
                      coalesce(sum(amount) FILTER (WHERE account = 'reserved'), 0) AS reserved
               FROM volume_entry WHERE contract_id = $1 AND guard_id = $2) AS held
         WHERE g.contract_id = $1 AND g.id = $2",
        contract.0,
        price.0,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An approved baseline to be entered.
#[derive(Debug, Clone)]
pub struct NewBaseline<'a> {
    /// Its id.
    pub id: BaselineId,
    /// Of which item.
    pub item: ItemId,
    /// Kind of evidence.
    pub kind: BaselineKind,
    /// Net price.
    pub unit_price: UnitPrice,
    /// Per what.
    pub per: Per,
    /// Date of the evidence.
    pub dated_on: NaiveDate,
    /// The evidence in words.
    pub evidence: &'a str,
    /// The evidence file, which is there already.
    pub sha256: Option<&'a [u8]>,
    /// Who recorded it.
    pub recorded_by: PersonId,
    /// Who approved it; another person.
    pub approved_by: PersonId,
    /// When.
    pub approved_at: DateTime<Utc>,
}

/// Enters an approved baseline for all members.
pub async fn insert_baseline(
    conn: &mut PgConnection,
    contract: ContractId,
    baseline: &NewBaseline<'_>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO baseline (contract_id, id, item_id, kind, unit_price, per, dated_on, evidence, evidence_sha256, recorded_by, recorded_at,
                               approved_by, approved_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $12, $11, $12)",
        contract.0,
        baseline.id.0,
        baseline.item.0,
        baseline.kind.key(),
        baseline.unit_price.decimal(),
        baseline.per.key(),
        baseline.dated_on,
        baseline.evidence,
        baseline.sha256,
        baseline.recorded_by.0,
        baseline.approved_by.0,
        baseline.approved_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Enters a price index.
pub async fn insert_index_series(
    conn: &mut PgConnection,
    id: IndexSeriesId,
    body: OrganisationId,
    name: &str,
    source: &str,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO index_series (id, body_id, name, source) VALUES ($1, $2, $3, $4)",
        id.0,
        body.0,
        name,
        source,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Enters a published value of an index; `released` names the second person and when.
pub async fn insert_index_value(
    conn: &mut PgConnection,
    id: Uuid,
    series: IndexSeriesId,
    published_on: NaiveDate,
    points: IndexPoints,
    recorded_by: PersonId,
    released: Option<(PersonId, DateTime<Utc>)>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO index_value (series_id, id, published_on, points, recorded_by, released_by, released_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        series.0,
        id,
        published_on,
        points.decimal(),
        recorded_by.0,
        released.map(|(person, _)| person.0),
        released.map(|(_, at)| at),
    )
    .execute(conn)
    .await?;
    Ok(())
}
