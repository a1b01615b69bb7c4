//! The terms of a contract as the office reads them: options, lots with suppliers, prices with their
//! versions, ceilings beside the sums of the ledger.

use abruf_domain::ids::ContractId;
use abruf_domain::money::Volume;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::StorageError;
use super::error::consistent;

/// An option to extend.
#[derive(Debug, Clone)]
pub struct OptionRow {
    /// Last day if exercised.
    pub new_end: NaiveDate,
    /// To be exercised by.
    pub notice_deadline: NaiveDate,
    /// When it was.
    pub exercised_on: Option<NaiveDate>,
    /// Proof.
    pub document: String,
}

/// The options of a contract, by end.
pub async fn options(conn: &mut PgConnection, contract: ContractId) -> Result<Vec<OptionRow>, StorageError> {
    Ok(sqlx::query_as!(
        OptionRow,
        "SELECT new_end, notice_deadline, exercised_on, document
         FROM contract_option
         WHERE contract_id = $1
         ORDER BY new_end, id",
        contract.0
    )
    .fetch_all(conn)
    .await?)
}

/// A supplier of a lot.
#[derive(Debug, Clone)]
pub struct PartyRow {
    /// Number of the lot.
    pub lot_number: i32,
    /// Its title.
    pub lot_title: String,
    /// The supplier.
    pub supplier: Option<String>,
    /// Rank.
    pub rank: Option<i32>,
    /// First day.
    pub valid_from: Option<NaiveDate>,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
}

/// The lots of a contract with their suppliers.
pub async fn parties(conn: &mut PgConnection, contract: ContractId) -> Result<Vec<PartyRow>, StorageError> {
    Ok(sqlx::query_as!(
        PartyRow,
        r#"SELECT l.number AS lot_number, l.title AS lot_title, o.name AS "supplier?", p.rank AS "rank?",
                  p.valid_from AS "valid_from?", p.valid_to
           FROM lot l
           LEFT JOIN contract_party p ON p.contract_id = l.contract_id AND p.lot_id = l.id
           LEFT JOIN organisation o ON o.id = p.supplier_id
           WHERE l.contract_id = $1
           ORDER BY l.number, p.rank, o.name"#,
        contract.0
    )
    .fetch_all(conn)
    .await?)
}

/// A version of a price.
#[derive(Debug, Clone)]
pub struct PriceRow {
    /// Article number.
    pub article_number: String,
    /// Title.
    pub title: String,
    /// Unit.
    pub unit: String,
    /// Supplier.
    pub supplier: String,
    /// Version.
    pub version: i32,
    /// Kind key.
    pub kind: String,
    /// Of fixed and subscription.
    pub unit_price: Option<Decimal>,
    /// Of list_minus.
    pub list_price: Option<Decimal>,
    /// Of list_minus.
    pub discount_pct: Option<Decimal>,
    /// Of tiers.
    pub tiers: Option<serde_json::Value>,
    /// Of every other kind.
    pub clause: Option<serde_json::Value>,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
    /// Whether a second person has released it.
    pub released: bool,
}

/// Every version of every price, by article; `words` filters.
pub async fn prices(
    conn: &mut PgConnection,
    contract: ContractId,
    words: &str,
    limit: i64,
    offset: i64,
) -> Result<Vec<PriceRow>, StorageError> {
    Ok(sqlx::query_as!(
        PriceRow,
        r#"SELECT i.article_number, i.title, i.unit, o.name AS supplier, p.version, p.kind, p.unit_price, p.list_price, p.discount_pct,
                  p.tiers, p.clause, p.valid_from, p.valid_to, p.released_at IS NOT NULL AS "released!"
           FROM price_term p
           JOIN item i ON i.contract_id = p.contract_id AND i.id = p.item_id
           JOIN organisation o ON o.id = p.supplier_id
           WHERE p.contract_id = $1 AND concat_ws(' ', i.article_number, i.title) ILIKE $2
           ORDER BY i.article_number, o.name, p.version DESC
           LIMIT $3 OFFSET $4"#,
        contract.0,
        pattern(words),
        limit,
        offset
    )
    .fetch_all(conn)
    .await?)
}

/// How many price versions match.
pub async fn price_count(conn: &mut PgConnection, contract: ContractId, words: &str) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!"
           FROM price_term p
           JOIN item i ON i.contract_id = p.contract_id AND i.id = p.item_id
           WHERE p.contract_id = $1 AND concat_ws(' ', i.article_number, i.title) ILIKE $2"#,
        contract.0,
        pattern(words)
    )
    .fetch_one(conn)
    .await?)
}

/// A ceiling with the sums of its ledger.
#[derive(Debug, Clone)]
pub struct GuardRow {
    /// contract, lot, item or member.
    pub scope: String,
    /// Title of the lot, article number, or member.
    pub scope_name: String,
    /// value or quantity.
    pub measure: String,
    /// Limit; `None`: unlimited.
    pub limit: Option<Volume>,
    /// Let through by Abruf.
    pub authorised: Volume,
    /// Recorded facts.
    pub recorded: Volume,
    /// Reserved by requests.
    pub reserved: Volume,
    /// Recorded facts exceed it.
    pub breached: bool,
    /// Whether the ledger sums to the row.
    pub agrees: bool,
}

/// The ceilings of a contract, each beside the sums of the ledger.
pub async fn guards(conn: &mut PgConnection, contract: ContractId) -> Result<Vec<GuardRow>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT g.id, g.scope, coalesce(l.title, i.article_number, m.name, '') AS "scope_name!", g.measure, g.limit_amount,
                  g.authorised, g.recorded, g.reserved, g.breached,
                  (g.authorised, g.recorded, g.reserved) = (e.authorised, e.recorded, e.reserved) AS "agrees!"
           FROM guard g
           LEFT JOIN lot l ON l.contract_id = g.contract_id AND l.id = g.lot_id
           LEFT JOIN item i ON i.contract_id = g.contract_id AND i.id = g.item_id
           LEFT JOIN organisation m ON m.id = g.member_id
           CROSS JOIN LATERAL (
               SELECT coalesce(sum(amount) FILTER (WHERE account = 'authorised'), 0) AS authorised,
                      coalesce(sum(amount) FILTER (WHERE account = 'recorded'), 0) AS recorded,
                      coalesce(sum(amount) FILTER (WHERE account = 'reserved'), 0) AS reserved
               FROM volume_entry v
               WHERE v.contract_id = g.contract_id AND v.guard_id = g.id) e
           WHERE g.contract_id = $1
           ORDER BY array_position(ARRAY['contract', 'lot', 'item', 'member'], g.scope), g.measure DESC, 3, g.id"#,
        contract.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let volume = |value, column| consistent(Volume::new(value), "guard", column, row.id);
            Ok(GuardRow {
                limit: row.limit_amount.map(|limit| volume(limit, "limit_amount")).transpose()?,
                authorised: volume(row.authorised, "authorised")?,
                recorded: volume(row.recorded, "recorded")?,
                reserved: volume(row.reserved, "reserved")?,
                scope: row.scope,
                scope_name: row.scope_name,
                measure: row.measure,
                breached: row.breached,
                agrees: row.agrees,
            })
        })
        .collect()
}

/// The words as a pattern that takes them literally.
fn pattern(words: &str) -> String {
    format!("%{}%", words.trim().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}
