//! What the rules of activation read about a contract in the making.

use abruf_domain::activation::{NewContract, NewEntitlement, NewItem, NewLot, PriceVersion, TermReason};
use abruf_domain::facts::{EvbIt, Price, Regime};
use abruf_domain::ids::{ContractId, OrganisationId, PersonId};
use abruf_domain::money::{Quantity, Volume};
use abruf_domain::period::{Period, Validity};
use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::consistent;
use super::facts::StoredPrice;

/// A contract as the rules of activation read it, with its number. Unreleased prices count as released
/// by `activated_by`, who releases them with the contract.
pub async fn contract(
    conn: &mut PgConnection,
    id: ContractId,
    prepared_by: PersonId,
    activated_by: PersonId,
) -> Result<Option<(String, NewContract)>, StorageError> {
    let Some(row) = sqlx::query!(
        r#"SELECT c.number, c.regime, c.awarded_on, c.starts_on,
                  greatest(c.ends_on, (SELECT max(o.new_end) FROM contract_option o WHERE o.contract_id = c.id)) AS "last_end!",
                  c.term_reason, c.term_reason_dated, c.retention_class
           FROM framework_contract c
           WHERE c.id = $1"#,
        id.0
    )
    .fetch_optional(&mut *conn)
    .await?
    else {
        return Ok(None);
    };
    let reason = row.term_reason_dated.filter(|_| !row.term_reason.is_empty());
    let ceilings = ceilings(&mut *conn, id).await?;
    let limit = |scope: &str, lot: Option<Uuid>, measure: &str| {
        ceilings.iter().find(|it| it.scope == scope && it.lot == lot && it.measure == measure).map(|it| it.limit)
    };
    let lots = lots(&mut *conn, id).await?;
    let lots = lots.into_iter().map(|(lot, own)| NewLot {
        maximum_value: limit("lot", Some(lot), "value").map(Volume::as_net),
        maximum_quantity: limit("lot", Some(lot), "quantity"),
        ..own
    });
    let contract = NewContract {
        regime: if row.regime == "uvgo" { Regime::Uvgo } else { Regime::Vgv },
        awarded_on: row.awarded_on,
        term_with_options: Period::new(row.starts_on, row.last_end).ok(),
        term_reason: reason.map(|dated| TermReason { text: row.term_reason.clone(), dated }),
        maximum_value: limit("contract", None, "value").map(Volume::as_net),
        maximum_quantity: limit("contract", None, "quantity"),
        lots: lots.collect(),
        parties_of_all_lots: 0,
        items: items(&mut *conn, id).await?,
        prices: prices(&mut *conn, id, activated_by).await?,
        entitlements: entitlements(conn, id).await?,
        retention_class: row.retention_class,
        prepared_by,
        activated_by,
    };
    Ok(Some((row.number, contract)))
}

struct Ceiling {
    scope: String,
    lot: Option<Uuid>,
    measure: String,
    limit: Volume,
}

async fn ceilings(conn: &mut PgConnection, id: ContractId) -> Result<Vec<Ceiling>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT id, scope, lot_id, measure, limit_amount AS "limit!"
           FROM guard
           WHERE contract_id = $1 AND limit_amount IS NOT NULL AND scope IN ('contract', 'lot')"#,
        id.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let limit = consistent(Volume::new(row.limit), "guard", "limit_amount", row.id)?;
            Ok(Ceiling { scope: row.scope, lot: row.lot_id, measure: row.measure, limit })
        })
        .collect()
}

async fn lots(conn: &mut PgConnection, id: ContractId) -> Result<Vec<(Uuid, NewLot)>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT l.id, l.number, l.title,
                  (SELECT count(*) FROM contract_party p WHERE p.contract_id = l.contract_id AND p.lot_id = l.id) AS "parties!"
           FROM lot l
           WHERE l.contract_id = $1
           ORDER BY l.number"#,
        id.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let parties = u32::try_from(row.parties).unwrap_or(u32::MAX);
            let lot =
                NewLot { number: row.number, title: row.title, parties, maximum_value: None, maximum_quantity: None };
            (row.id, lot)
        })
        .collect())
}

async fn items(conn: &mut PgConnection, id: ContractId) -> Result<Vec<NewItem>, StorageError> {
    let rows = sqlx::query!(
        "SELECT article_number, evb_it_type FROM item WHERE contract_id = $1 ORDER BY article_number",
        id.0
    )
    .fetch_all(conn)
    .await?;
    let evb_it = |kind: String| if kind.is_empty() { EvbIt::Missing } else { EvbIt::Typed { kind } };
    Ok(rows
        .into_iter()
        .map(|row| NewItem { article_number: row.article_number, evb_it: row.evb_it_type.map(evb_it) })
        .collect())
}

async fn prices(
    conn: &mut PgConnection,
    id: ContractId,
    releaser: PersonId,
) -> Result<Vec<PriceVersion>, StorageError> {
    let rows = sqlx::query!(
        "SELECT p.id, i.article_number, i.min_quantity, p.supplier_id, p.kind, p.unit_price, p.list_price, p.discount_pct, p.tiers,
                p.clause, p.valid_from, p.valid_to, p.recorded_by, p.released_by
         FROM price_term p
         JOIN item i ON i.contract_id = p.contract_id AND i.id = p.item_id
         WHERE p.contract_id = $1
         ORDER BY i.article_number, p.supplier_id, p.valid_from, p.version",
        id.0
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
            Ok(PriceVersion {
                article_number: row.article_number,
                min_quantity: consistent(Quantity::new(row.min_quantity), "item", "min_quantity", row.id)?,
                supplier: OrganisationId(row.supplier_id),
                validity: Validity { from: row.valid_from, to: row.valid_to },
                price: consistent(Price::try_from(stored), "price_term", "kind", row.id)?,
                recorded_by: PersonId(row.recorded_by),
                released_by: Some(row.released_by.map_or(releaser, PersonId)),
            })
        })
        .collect()
}

async fn entitlements(conn: &mut PgConnection, id: ContractId) -> Result<Vec<NewEntitlement>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT e.mode, e.document, e.wording, e.region, e.kinds, o.name AS "name?"
           FROM entitlement e
           LEFT JOIN organisation o ON o.id = e.member_id
           WHERE e.contract_id = $1
           ORDER BY o.name NULLS FIRST, e.valid_from"#,
        id.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| NewEntitlement {
            name: row.name.unwrap_or_else(|| {
                format!("{} ({})", row.kinds.unwrap_or_default().join(", "), row.region.unwrap_or_default())
            }),
            document: row.document,
            category: row.mode == "category",
            wording: row.wording,
        })
        .collect())
}

/// Texts a contract is quoted by, and which of them are still empty.
#[derive(Debug, Clone)]
pub struct Quoted {
    /// Why members may call off.
    pub legal_basis: String,
    /// Number of the notice.
    pub notice_reference: String,
    /// Number of the procedure.
    pub procedure_reference: String,
    /// Mechanism key.
    pub mechanism: String,
    /// ISO 4217.
    pub currency: String,
    /// Last day without options.
    pub ends_on: NaiveDate,
}

/// What page and documents quote about a contract.
pub async fn quoted(conn: &mut PgConnection, id: ContractId) -> Result<Option<Quoted>, StorageError> {
    Ok(sqlx::query_as!(
        Quoted,
        "SELECT legal_basis, notice_reference, procedure_reference, mechanism, currency, ends_on FROM framework_contract WHERE id = $1",
        id.0
    )
    .fetch_optional(conn)
    .await?)
}
