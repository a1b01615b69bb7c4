//! What proves a call-off, as auditors lay it side by side: its savings line by line, every stored
//! review, the volume ledger.

use abruf_domain::Review;
use abruf_domain::ids::{CallOffId, ContractId};
use abruf_domain::money::{Net, Percent, Quantity, UnitPrice, Volume};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::consistent;

/// A savings entry with the baseline it rests on.
#[derive(Debug, Clone)]
pub struct SavingsLine {
    /// Position of the call-off; none for surcharge, fee and process effect.
    pub position: Option<i32>,
    /// Article number.
    pub article_number: String,
    /// Title of the item.
    pub title: String,
    /// Unit of the item.
    pub unit: String,
    /// Quantity ordered.
    pub quantity: Option<Quantity>,
    /// Price paid per unit.
    pub unit_price: Option<UnitPrice>,
    /// A, B, C, P or none.
    pub class: String,
    /// planned, cancelled, corrected, realised or audited: three books that are never added (`abruf_domain::savings`).
    pub stage: String,
    /// What made a realised or audited entry.
    pub source: Option<String>,
    /// VAT rate of the line.
    pub vat_rate: Option<Percent>,
    /// Day it counts.
    pub dated_on: NaiveDate,
    /// Baseline price times quantity.
    pub baseline_net: Net,
    /// Effect.
    pub effect: Net,
    /// Surcharge.
    pub surcharge: Net,
    /// Fee.
    pub fee: Net,
    /// Bonus.
    pub bonus: Net,
    /// Order value.
    pub order_net: Net,
    /// What it is compared with.
    pub baseline: Option<Baseline>,
}

/// A comparison price.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// Which.
    pub id: Uuid,
    /// `prior_contract`, `market_quotes`, `list_price` or `external_benchmark`.
    pub kind: String,
    /// Price per unit, or unit and month.
    pub unit_price: UnitPrice,
    /// Whether it is per month.
    pub per_month: bool,
    /// Date of the evidence.
    pub dated_on: NaiveDate,
    /// The evidence in words.
    pub evidence: String,
    /// Who approved it, if the reader may know.
    pub approved_by: Option<String>,
}

/// The savings entries of a call-off: planned ones by position, then what followed, oldest first.
pub async fn savings_lines(
    conn: &mut PgConnection,
    contract: ContractId,
    call_off: CallOffId,
) -> Result<Vec<SavingsLine>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT e.id, e.position, coalesce(l.article_number, '') AS "article_number!", coalesce(i.title, '') AS "title!",
                  coalesce(i.unit, '') AS "unit!", l.quantity AS "quantity?", l.unit_price AS "unit_price?", e.class, e.stage,
                  e.source_kind, l.vat_rate_pct AS "vat_rate_pct?",
                  e.dated_on, e.baseline_net, e.effect_net, e.surcharge_net, e.fee_net, e.bonus_net, e.order_net,
                  b.id AS "baseline_id?", b.kind AS "kind?", b.unit_price AS "baseline_price?", b.per AS "per?", b.dated_on AS "baseline_dated_on?",
                  b.evidence AS "evidence?", p.name AS "approved_by?"
           FROM savings_entry e
           LEFT JOIN call_off_line l ON l.contract_id = e.contract_id AND l.call_off_id = e.call_off_id AND l.position = e.position
           LEFT JOIN item i ON i.contract_id = l.contract_id AND i.id = l.item_id
           LEFT JOIN baseline b ON b.contract_id = e.contract_id AND b.id = e.baseline_id
           LEFT JOIN person p ON p.id = b.approved_by
           WHERE e.contract_id = $1 AND e.call_off_id = $2
           ORDER BY e.stage = 'planned' DESC, e.at, e.position NULLS LAST, e.class, e.id"#,
        contract.0,
        call_off.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let net = |value: Decimal, column| consistent(Net::new(value), "savings_entry", column, row.id);
            let price = |value: Decimal| consistent(UnitPrice::new(value), "baseline", "unit_price", row.id);
            let dated = row.baseline_id.zip(row.baseline_dated_on);
            let baseline = match (dated, row.kind, row.baseline_price, row.per, row.evidence) {
                (Some((id, dated_on)), Some(kind), Some(unit_price), Some(per), Some(evidence)) => Some(Baseline {
                    id,
                    kind,
                    unit_price: price(unit_price)?,
                    per_month: per == "month",
                    dated_on,
                    evidence,
                    approved_by: row.approved_by,
                }),
                _ => None,
            };
            Ok(SavingsLine {
                position: row.position,
                article_number: row.article_number,
                title: row.title,
                unit: row.unit,
                quantity: row
                    .quantity
                    .map(|quantity| consistent(Quantity::new(quantity), "call_off_line", "quantity", row.id))
                    .transpose()?,
                unit_price: row.unit_price.map(price).transpose()?,
                class: row.class,
                stage: row.stage,
                source: row.source_kind,
                vat_rate: row
                    .vat_rate_pct
                    .map(|rate| consistent(Percent::new(rate), "call_off_line", "vat_rate_pct", row.id))
                    .transpose()?,
                dated_on: row.dated_on,
                baseline_net: net(row.baseline_net, "baseline_net")?,
                effect: net(row.effect_net, "effect_net")?,
                surcharge: net(row.surcharge_net, "surcharge_net")?,
                fee: net(row.fee_net, "fee_net")?,
                bonus: net(row.bonus_net, "bonus_net")?,
                order_net: net(row.order_net, "order_net")?,
                baseline,
            })
        })
        .collect()
}

/// A stored review with the hash of the facts it saw.
#[derive(Debug, Clone)]
pub struct StoredReview {
    /// Which.
    pub id: Uuid,
    /// submission or release.
    pub check_point: String,
    /// When.
    pub evaluated_at: DateTime<Utc>,
    /// Who asked, if the reader may know.
    pub requested_by: Option<String>,
    /// SHA-256 of the facts, byte for byte.
    pub facts_sha256: Vec<u8>,
    /// What it found.
    pub review: Review,
}

/// Every stored review of a call-off, oldest first.
pub async fn reviews(
    conn: &mut PgConnection,
    contract: ContractId,
    call_off: CallOffId,
) -> Result<Vec<StoredReview>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT r.id, r.check_point, r.evaluated_at, p.name AS "requested_by?", r.facts_sha256, r.result
           FROM review r
           LEFT JOIN person p ON p.id = r.requested_by
           WHERE r.contract_id = $1 AND r.call_off_id = $2
           ORDER BY r.evaluated_at, r.id"#,
        contract.0,
        call_off.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(StoredReview {
                review: consistent(serde_json::from_value(row.result), "review", "result", row.id)?,
                id: row.id,
                check_point: row.check_point,
                evaluated_at: row.evaluated_at,
                requested_by: row.requested_by,
                facts_sha256: row.facts_sha256,
            })
        })
        .collect()
}

/// An entry of the volume ledger.
#[derive(Debug, Clone)]
pub struct LedgerEntry {
    /// What the guard row is about: contract, lot, item or member.
    pub scope: String,
    /// Title of the lot, article number, or member.
    pub scope_name: String,
    /// value or quantity.
    pub measure: String,
    /// reserve, give_back, authorise, cancel or record.
    pub kind: String,
    /// reserved, authorised or recorded.
    pub account: String,
    /// Signed amount.
    pub amount: Volume,
    /// Reason of a recorded fact.
    pub reason: String,
    /// Call-off it belongs to.
    pub call_off: Option<Uuid>,
    /// Its number or case number.
    pub call_off_number: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// The visible ledger of a contract, newest first; of one call-off or of all.
pub async fn ledger(
    conn: &mut PgConnection,
    contract: ContractId,
    call_off: Option<CallOffId>,
    limit: i64,
    offset: i64,
) -> Result<Vec<LedgerEntry>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT e.id, g.scope, coalesce(l.title, i.article_number, m.name, '') AS "scope_name!", g.measure, e.kind, e.account,
                  e.amount, e.reason, e.call_off_id, coalesce(c.number, c.case_number) AS call_off_number, e.at
           FROM volume_entry e
           JOIN guard g ON g.contract_id = e.contract_id AND g.id = e.guard_id
           LEFT JOIN lot l ON l.contract_id = g.contract_id AND l.id = g.lot_id
           LEFT JOIN item i ON i.contract_id = g.contract_id AND i.id = g.item_id
           LEFT JOIN organisation m ON m.id = g.member_id
           LEFT JOIN call_off c ON c.contract_id = e.contract_id AND c.id = e.call_off_id
           WHERE e.contract_id = $1 AND ($2::uuid IS NULL OR e.call_off_id = $2)
           ORDER BY e.at DESC, e.id DESC
           LIMIT $3 OFFSET $4"#,
        contract.0,
        call_off.map(Uuid::from),
        limit,
        offset
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(LedgerEntry {
                amount: consistent(Volume::new(row.amount), "volume_entry", "amount", row.id)?,
                scope: row.scope,
                scope_name: row.scope_name,
                measure: row.measure,
                kind: row.kind,
                account: row.account,
                reason: row.reason,
                call_off: row.call_off_id,
                call_off_number: row.call_off_number,
                at: row.at,
            })
        })
        .collect()
}

/// How many entries the visible ledger of a contract has.
pub async fn ledger_count(conn: &mut PgConnection, contract: ContractId) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM volume_entry WHERE contract_id = $1"#, contract.0)
        .fetch_one(conn)
        .await?)
}
