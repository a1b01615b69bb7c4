//! What a draft is made of, as the page where it is written lists it.

use abruf_domain::facts::Price;
use abruf_domain::ids::ContractId;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::consistent;
use super::facts::StoredPrice;

/// A row of a table on the page where a draft is written: what it says, and what takes it back.
#[derive(Debug, Clone)]
pub struct PartRow {
    /// Key of the kind for the form that removes it.
    pub id: Uuid,
    /// Lot, number or name.
    pub name: String,
    /// What stands beside it.
    pub note: String,
    /// The lot a supplier belongs to.
    pub lot: Option<Uuid>,
}

/// Lots and their suppliers: each lot, then its parties.
pub async fn lot_rows(
    conn: &mut PgConnection,
    contract: ContractId,
) -> Result<Vec<(PartRow, Vec<PartRow>)>, StorageError> {
    let lots = sqlx::query!("SELECT id, number, title FROM lot WHERE contract_id = $1 ORDER BY number", contract.0)
        .fetch_all(&mut *conn)
        .await?;
    let parties = sqlx::query!(
        "SELECT p.lot_id, p.supplier_id, o.name, p.rank
         FROM contract_party p
         JOIN organisation o ON o.id = p.supplier_id
         WHERE p.contract_id = $1
         ORDER BY p.rank, o.name",
        contract.0
    )
    .fetch_all(conn)
    .await?;
    Ok(lots
        .into_iter()
        .map(|lot| {
            let own = parties.iter().filter(|party| party.lot_id == lot.id).map(|party| PartRow {
                id: party.supplier_id,
                name: party.name.clone(),
                note: if party.rank == 1 { String::new() } else { format!("Rang {}", party.rank) },
                lot: Some(lot.id),
            });
            let own = own.collect();
            (PartRow { id: lot.id, name: lot.number.to_string(), note: lot.title, lot: None }, own)
        })
        .collect())
}

/// A ceiling of a draft.
#[derive(Debug, Clone)]
pub struct CeilingRow {
    /// Which.
    pub id: Uuid,
    /// contract, lot, item or member.
    pub scope: String,
    /// Title of the lot, article number, or member.
    pub name: String,
    /// value or quantity.
    pub measure: String,
    /// Limit; `None`: unlimited.
    pub limit: Option<Decimal>,
    /// Whether exceeding it is refused.
    pub hard: bool,
}

/// The ceilings of a contract, the whole contract first.
pub async fn ceiling_rows(conn: &mut PgConnection, contract: ContractId) -> Result<Vec<CeilingRow>, StorageError> {
    Ok(sqlx::query_as!(
        CeilingRow,
        r#"SELECT g.id, g.scope, coalesce(l.title, i.article_number, m.name, '') AS "name!", g.measure, g.limit_amount AS "limit", g.hard
           FROM guard g
           LEFT JOIN lot l ON l.contract_id = g.contract_id AND l.id = g.lot_id
           LEFT JOIN item i ON i.contract_id = g.contract_id AND i.id = g.item_id
           LEFT JOIN organisation m ON m.id = g.member_id
           WHERE g.contract_id = $1
           ORDER BY array_position(ARRAY['contract', 'lot', 'item', 'member'], g.scope), g.measure DESC, 3, g.id"#,
        contract.0
    )
    .fetch_all(conn)
    .await?)
}

/// An entitlement of a draft.
#[derive(Debug, Clone)]
pub struct EntitlementRow {
    /// Which.
    pub id: Uuid,
    /// Named member; `None`: a category.
    pub member: Option<String>,
    /// Legal kinds of a category.
    pub kinds: Option<Vec<String>>,
    /// Region of a category.
    pub region: Option<String>,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
    /// Proof.
    pub document: String,
    /// Its date.
    pub document_date: NaiveDate,
}

/// Who is entitled, categories first.
pub async fn entitlement_rows(
    conn: &mut PgConnection,
    contract: ContractId,
) -> Result<Vec<EntitlementRow>, StorageError> {
    Ok(sqlx::query_as!(
        EntitlementRow,
        r#"SELECT e.id, o.name AS "member?", e.kinds, e.region, e.valid_from, e.valid_to, e.document, e.document_date
           FROM entitlement e
           LEFT JOIN organisation o ON o.id = e.member_id
           WHERE e.contract_id = $1
           ORDER BY o.name NULLS FIRST, e.valid_from, e.id"#,
        contract.0
    )
    .fetch_all(conn)
    .await?)
}

/// The options of a contract: id, end, deadline.
pub async fn option_rows(
    conn: &mut PgConnection,
    contract: ContractId,
) -> Result<Vec<(Uuid, NaiveDate, NaiveDate)>, StorageError> {
    let rows = sqlx::query!(
        "SELECT id, new_end, notice_deadline FROM contract_option WHERE contract_id = $1 ORDER BY new_end, id",
        contract.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.new_end, row.notice_deadline)).collect())
}

/// An item of a draft with its newest price.
#[derive(Debug, Clone)]
pub struct ItemRow {
    /// Which.
    pub id: Uuid,
    /// Number of its lot.
    pub lot_number: i32,
    /// Article number.
    pub article_number: String,
    /// Text.
    pub title: String,
    /// Unit.
    pub unit: String,
    /// CPV code, later VAT, EVB-IT type and the state of accessibility, in German; empty without any.
    pub traits: String,
    /// Its newest price.
    pub price: Option<Price>,
}

/// The first items of a contract with their newest prices, those without a price first, and how many
/// there are.
pub async fn item_rows(
    conn: &mut PgConnection,
    contract: ContractId,
    limit: i64,
) -> Result<(Vec<ItemRow>, i64), StorageError> {
    let rows = sqlx::query!(
        r#"SELECT i.id, l.number AS lot_number, i.article_number, i.title, i.unit, p.kind AS "kind?", p.unit_price, p.list_price,
                  p.discount_pct, p.tiers, p.clause, count(*) OVER () AS "count!",
                  concat_ws(', ', 'CPV ' || i.cpv, 'Umsatzsteuer ' || nullif(i.vat_category, 'S'), 'EVB-IT ' || nullif(i.evb_it_type, ''),
                            CASE WHEN i.evb_it_type = '' THEN 'EVB-IT-Typ offen' END,
                            CASE i.accessibility WHEN 'stated' THEN 'Barrierefreiheit erklärt' WHEN 'excepted' THEN 'Ausnahme von der Barrierefreiheit'
                                                 WHEN 'missing' THEN 'Barrierefreiheit offen' END,
                            CASE WHEN i.personal_data THEN 'personenbezogene Daten' END,
                            (SELECT string_agg('ab ' || to_char(v.valid_from, 'DD.MM.YYYY') || ' andere Umsatzsteuer', ', ' ORDER BY v.valid_from)
                             FROM item_vat_change v
                             WHERE v.contract_id = i.contract_id AND v.item_id = i.id)) AS "traits!"
           FROM item i
           JOIN lot l ON l.contract_id = i.contract_id AND l.id = i.lot_id
           LEFT JOIN LATERAL (
               SELECT kind, unit_price, list_price, discount_pct, tiers, clause
               FROM price_term t
               WHERE t.contract_id = i.contract_id AND t.item_id = i.id
               ORDER BY t.version DESC
               LIMIT 1) p ON true
           WHERE i.contract_id = $1
           ORDER BY p.kind IS NOT NULL, l.number, i.article_number
           LIMIT $2"#,
        contract.0,
        limit
    )
    .fetch_all(conn)
    .await?;
    let count = rows.first().map_or(0, |row| row.count);
    let rows = rows.into_iter().map(|row| {
        let stored = row.kind.map(|kind| StoredPrice {
            kind,
            unit_price: row.unit_price,
            list_price: row.list_price,
            discount_pct: row.discount_pct,
            tiers: row.tiers,
            clause: row.clause,
        });
        Ok(ItemRow {
            price: consistent(stored.map(Price::try_from).transpose(), "price_term", "kind", row.id)?,
            id: row.id,
            lot_number: row.lot_number,
            article_number: row.article_number,
            title: row.title,
            unit: row.unit,
            traits: row.traits,
        })
    });
    Ok((rows.collect::<Result<_, StorageError>>()?, count))
}
