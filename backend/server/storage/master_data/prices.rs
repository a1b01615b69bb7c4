//! Dated prices and baselines, recorded by one person and released by another.

use abruf_domain::facts::{BaselineKind, Counted, Per, Price};
use abruf_domain::ids::{BaselineId, ContractId, ItemId, OrganisationId, PersonId, PriceTermId};
use abruf_domain::money::UnitPrice;
use abruf_domain::period::Validity;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::storage::StorageError;

/// A released price to be entered.
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
    /// Who recorded it.
    pub recorded_by: PersonId,
    /// Who released it; another person.
    pub released_by: PersonId,
    /// When.
    pub released_at: DateTime<Utc>,
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

/// Enters a released price.
pub async fn insert(conn: &mut PgConnection, contract: ContractId, price: &NewPrice<'_>) -> Result<(), StorageError> {
    let columns = Columns::from(price.price);
    sqlx::query!(
        "INSERT INTO price_term (contract_id, id, item_id, supplier_id, version, kind, unit_price, list_price, discount_pct, tiers,
                                 clause, valid_from, valid_to, recorded_by, released_by, released_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
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
        price.released_by.0,
        price.released_at,
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
    let kind = match baseline.kind {
        BaselineKind::PriorContract => "prior_contract",
        BaselineKind::MarketQuotes => "market_quotes",
        BaselineKind::ExternalBenchmark => "external_benchmark",
        BaselineKind::ListPrice => "list_price",
    };
    let per = match baseline.per {
        Per::Unit => "unit",
        Per::Month => "month",
    };
    sqlx::query!(
        "INSERT INTO baseline (contract_id, id, item_id, kind, unit_price, per, dated_on, evidence, recorded_by, approved_by, approved_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        contract.0,
        baseline.id.0,
        baseline.item.0,
        kind,
        baseline.unit_price.decimal(),
        per,
        baseline.dated_on,
        baseline.evidence,
        baseline.recorded_by.0,
        baseline.approved_by.0,
        baseline.approved_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}
