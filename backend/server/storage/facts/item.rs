//! Requested items with their dated prices, what was called off of them, and their baselines.

use abruf_domain::facts::{
    Accessibility, Baseline, BaselineKind, CalledOff, Counted, EvbIt, Item, ItemTraits, Per, Price, PriceTerm, Tier,
    VatChange, VatTreatment,
};
use abruf_domain::ids::{BaselineId, ContractId, ItemId, LotId, OrganisationId, PriceTermId};
use abruf_domain::money::{Percent, Quantity, UnitPrice};
use abruf_domain::period::Validity;
use chrono::NaiveDate;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::storage::StorageError;
use crate::storage::error::consistent;

/// The requested items that exist, with their prices valid on `day`.
pub async fn items(
    conn: &mut PgConnection,
    contract: ContractId,
    articles: &[String],
    day: NaiveDate,
) -> Result<Vec<Item>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT i.id, i.lot_id, i.article_number, i.title, i.unit, i.vat_category, i.vat_rate_pct, i.vat_reason, i.min_quantity,
                  i.step, i.personal_data, i.accessibility, i.accessibility_evidence, i.evb_it_type,
                  coalesce((SELECT jsonb_agg(jsonb_build_object('from', v.valid_from, 'vat', jsonb_build_object(
                                                 'category', v.vat_category, 'rate', v.vat_rate_pct::text, 'reason', v.vat_reason))
                                             ORDER BY v.valid_from)
                            FROM item_vat_change v
                            WHERE v.contract_id = i.contract_id AND v.item_id = i.id), '[]') AS "vat_changes!: Json<Vec<VatChange>>"
           FROM item i
           WHERE i.contract_id = $1 AND i.article_number = ANY ($2)
           ORDER BY i.article_number"#,
        contract.0,
        articles
    )
    .fetch_all(&mut *conn)
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut prices = prices(&mut *conn, contract, &ids, day).await?;
    rows.into_iter()
        .map(|row| {
            let quantity = |value, column| consistent(Quantity::new(value), "item", column, row.id);
            let own;
            (own, prices) = std::mem::take(&mut prices).into_iter().partition(|(item, _)| item.0 == row.id);
            let own: Vec<(ItemId, PriceTerm)> = own;
            Ok(Item {
                id: ItemId(row.id),
                article_number: row.article_number,
                title: row.title,
                unit: row.unit,
                lot: Some(LotId(row.lot_id)),
                vat: VatTreatment {
                    category: row.vat_category,
                    rate: consistent(Percent::new(row.vat_rate_pct), "item", "vat_rate_pct", row.id)?,
                    reason: row.vat_reason,
                },
                min_quantity: quantity(row.min_quantity, "min_quantity")?,
                step: quantity(row.step, "step")?,
                prices: own.into_iter().map(|(_, term)| term).collect(),
                vat_changes: row.vat_changes.0,
                traits: ItemTraits {
                    personal_data: row.personal_data,
                    accessibility: accessibility(row.accessibility.as_deref(), row.accessibility_evidence),
                    evb_it: row.evb_it_type.map(evb_it),
                },
                called_off: CalledOff::default(),
            })
        })
        .collect()
}

/// Accessibility as its columns say it.
#[must_use]
pub fn accessibility(state: Option<&str>, evidence: String) -> Option<Accessibility> {
    match state {
        Some("stated") => Some(Accessibility::Stated { document: evidence }),
        Some("excepted") => Some(Accessibility::Excepted { reason: evidence }),
        Some("missing") => Some(Accessibility::Missing),
        _ => None,
    }
}

/// EVB-IT contract as its column says it; an IT item without a type has an empty one.
#[must_use]
pub fn evb_it(kind: String) -> EvbIt {
    if kind.is_empty() { EvbIt::Missing } else { EvbIt::Typed { kind } }
}

/// What this member has called off of each item whose price counts it, released orders only; no query
/// where no price does. What all members did stands in the item's guard row.
pub(super) async fn count_own(
    conn: &mut PgConnection,
    contract: ContractId,
    member: OrganisationId,
    items: &mut [Item],
) -> Result<(), StorageError> {
    let ids: Vec<Uuid> = items.iter().filter(|item| counts_own(item)).map(|item| item.id.0).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let rows = sqlx::query!(
        r#"SELECT l.item_id AS "item_id!", sum(l.quantity) AS "quantity!"
           FROM call_off c
           JOIN call_off_line l ON l.contract_id = c.contract_id AND l.call_off_id = c.id
           WHERE c.contract_id = $1 AND c.member_id = $2 AND c.number IS NOT NULL AND c.status <> 'cancelled' AND l.item_id = ANY ($3)
           GROUP BY l.item_id"#,
        contract.0,
        member.0,
        &ids,
    )
    .fetch_all(conn)
    .await?;
    for row in rows {
        if let Some(item) = items.iter_mut().find(|item| item.id.0 == row.item_id) {
            item.called_off.by_member =
                consistent(Quantity::new(row.quantity), "call_off_line", "quantity", row.item_id)?;
        }
    }
    Ok(())
}

fn counts_own(item: &Item) -> bool {
    item.prices.iter().any(|term| {
        matches!(
            term.price,
            Price::TierAllUnits { counted: Counted::PerMember, .. }
                | Price::TierGraduated { counted: Counted::PerMember, .. }
        )
    })
}

async fn prices(
    conn: &mut PgConnection,
    contract: ContractId,
    items: &[Uuid],
    day: NaiveDate,
) -> Result<Vec<(ItemId, PriceTerm)>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT id, item_id, supplier_id, kind, unit_price, list_price, discount_pct, tiers, clause, freight, valid_from, valid_to,
                released_at IS NOT NULL AS "released!"
         FROM price_term
         WHERE contract_id = $1 AND item_id = ANY ($2)
           AND valid_from <= $3 AND (valid_to IS NULL OR $3 <= valid_to)
         ORDER BY item_id, supplier_id, valid_from, version"#,
        contract.0,
        items,
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
            let freight = row.freight.map(UnitPrice::new).transpose();
            let term = PriceTerm {
                id: PriceTermId(row.id),
                supplier: OrganisationId(row.supplier_id),
                validity: Validity { from: row.valid_from, to: row.valid_to },
                price: consistent(Price::try_from(stored), "price_term", "kind", row.id)?,
                released: row.released,
                freight: consistent(freight, "price_term", "freight", row.id)?,
            };
            Ok((ItemId(row.item_id), term))
        })
        .collect()
}

/// The columns of a price, before they are known to fit together.
pub struct StoredPrice {
    /// Kind key.
    pub kind: String,
    /// Of fixed and subscription.
    pub unit_price: Option<rust_decimal::Decimal>,
    /// Of list_minus.
    pub list_price: Option<rust_decimal::Decimal>,
    /// Of list_minus.
    pub discount_pct: Option<rust_decimal::Decimal>,
    /// Of tiers.
    pub tiers: Option<serde_json::Value>,
    /// Of every other kind: the whole price.
    pub clause: Option<serde_json::Value>,
}

impl TryFrom<StoredPrice> for Price {
    type Error = String;

    fn try_from(stored: StoredPrice) -> Result<Self, String> {
        let unit = |value: Option<rust_decimal::Decimal>| {
            UnitPrice::new(value.ok_or("no price")?).map_err(|error| error.to_string())
        };
        match stored.kind.as_str() {
            "fixed" => Ok(Self::Fixed { unit_price: unit(stored.unit_price)? }),
            "subscription" => Ok(Self::Subscription { unit_price_month: unit(stored.unit_price)? }),
            "list_minus" => Ok(Self::ListMinus {
                list_price: unit(stored.list_price)?,
                discount_pct: Percent::new(stored.discount_pct.ok_or("no discount")?)
                    .map_err(|error| error.to_string())?,
            }),
            "tier_all_units_per_order" => {
                let tiers: Vec<Tier> =
                    serde_json::from_value(stored.tiers.ok_or("no tiers")?).map_err(|error| error.to_string())?;
                Ok(Self::TierAllUnits { counted: Counted::PerOrder, tiers })
            }
            "tier_all_units" | "tier_graduated" | "index" | "quoted" => {
                serde_json::from_value(stored.clause.ok_or("no clause")?).map_err(|error| error.to_string())
            }
            other => Err(format!("`{other}` is no price kind")),
        }
    }
}

/// A baseline as it is stored.
struct BaselineRow {
    id: Uuid,
    article_number: String,
    kind: String,
    unit_price: rust_decimal::Decimal,
    per: String,
    dated_on: NaiveDate,
    evidence: String,
    valid_from: Option<NaiveDate>,
    valid_to: Option<NaiveDate>,
}

impl TryFrom<BaselineRow> for Baseline {
    type Error = StorageError;

    fn try_from(row: BaselineRow) -> Result<Self, StorageError> {
        Ok(Self {
            id: BaselineId(row.id),
            article_number: row.article_number,
            kind: BaselineKind::from_key(&row.kind).unwrap_or(BaselineKind::ListPrice),
            unit_price: consistent(UnitPrice::new(row.unit_price), "baseline", "unit_price", row.id)?,
            per: if row.per == Per::Month.key() { Per::Month } else { Per::Unit },
            dated: row.dated_on,
            evidence: row.evidence,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
        })
    }
}

/// Approved baselines that nobody has withdrawn: the member's own before common ones, better kinds first, newer first. One
/// that is dated after the day does not count on it.
pub(super) async fn baselines(
    conn: &mut PgConnection,
    contract: ContractId,
    member: OrganisationId,
    articles: &[String],
    day: NaiveDate,
) -> Result<Vec<Baseline>, StorageError> {
    let rows = sqlx::query_as!(
        BaselineRow,
        "SELECT b.id, i.article_number, b.kind, b.unit_price, b.per, b.dated_on, b.evidence, b.valid_from, b.valid_to
         FROM baseline b
         JOIN item i ON i.contract_id = b.contract_id AND i.id = b.item_id
         WHERE b.contract_id = $1 AND i.article_number = ANY ($2)
           AND b.approved_at IS NOT NULL AND b.withdrawn_at IS NULL AND b.dated_on <= $4
           AND (b.member_id IS NULL OR b.member_id = $3)
         ORDER BY (b.member_id IS NULL),
                  array_position(ARRAY['prior_contract', 'market_quotes', 'external_benchmark', 'list_price'], b.kind),
                  b.dated_on DESC, b.id",
        contract.0,
        articles,
        member.0,
        day
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Baseline::try_from).collect()
}

/// What is left of the baselines an order of this day was compared with: withdrawn ones are gone, and those that replace
/// them stand in their place; in the order of the method.
pub async fn baselines_as_corrected(
    conn: &mut PgConnection,
    contract: ContractId,
    used: &[Baseline],
    day: NaiveDate,
) -> Result<Vec<Baseline>, StorageError> {
    let ids: Vec<Uuid> = used.iter().map(|baseline| baseline.id.0).collect();
    let rows = sqlx::query_as!(
        BaselineRow,
        r#"WITH RECURSIVE chain AS (
             SELECT b.id FROM baseline b WHERE b.contract_id = $1 AND b.id = ANY ($2)
             UNION
             SELECT n.id FROM chain c JOIN baseline n ON n.contract_id = $1 AND n.replaces_id = c.id)
         SELECT b.id, i.article_number, b.kind, b.unit_price, b.per, b.dated_on, b.evidence, b.valid_from, b.valid_to
         FROM chain c
         JOIN baseline b ON b.contract_id = $1 AND b.id = c.id
         JOIN item i ON i.contract_id = b.contract_id AND i.id = b.item_id
         WHERE b.approved_at IS NOT NULL AND b.withdrawn_at IS NULL AND b.dated_on <= $3
         ORDER BY (b.member_id IS NULL),
                  array_position(ARRAY['prior_contract', 'market_quotes', 'external_benchmark', 'list_price'], b.kind),
                  b.dated_on DESC, b.id"#,
        contract.0,
        &ids,
        day
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Baseline::try_from).collect()
}
