//! Copies a contract as a new draft, row by row inside the database.

use abruf_domain::ids::{ContractId, PersonId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;

/// Lots and items of a contract, whose copies need ids of their own.
pub async fn parts(conn: &mut PgConnection, contract: ContractId) -> Result<(Vec<Uuid>, Vec<Uuid>), StorageError> {
    let lots = sqlx::query_scalar!("SELECT id FROM lot WHERE contract_id = $1 ORDER BY number", contract.0)
        .fetch_all(&mut *conn)
        .await?;
    let items = sqlx::query_scalar!("SELECT id FROM item WHERE contract_id = $1 ORDER BY article_number", contract.0)
        .fetch_all(conn)
        .await?;
    Ok((lots, items))
}

/// Numbers of the body's contracts that begin like this.
pub async fn numbers_like(
    conn: &mut PgConnection,
    contract: ContractId,
    stem: &str,
) -> Result<Vec<String>, StorageError> {
    Ok(sqlx::query_scalar!(
        "SELECT c.number
         FROM framework_contract c
         WHERE starts_with(c.number, $2) AND c.body_id = (SELECT body_id FROM framework_contract WHERE id = $1)",
        contract.0,
        stem
    )
    .fetch_all(conn)
    .await?)
}

/// Copies lots, items with their later VAT treatments, and suppliers. `lots` and `items` are pairs of old and new ids. A supplier that is
/// party on the last day of the old term is party of the new one.
pub async fn copy_parts(
    conn: &mut PgConnection,
    from: ContractId,
    to: ContractId,
    lots: (&[Uuid], &[Uuid]),
    items: (&[Uuid], &[Uuid]),
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO lot (contract_id, id, number, title)
         SELECT $2, pair.new, l.number, l.title
         FROM unnest($3::uuid[], $4::uuid[]) AS pair (old, new)
         JOIN lot l ON l.contract_id = $1 AND l.id = pair.old",
        from.0,
        to.0,
        lots.0,
        lots.1
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO contract_party (contract_id, lot_id, supplier_id, rank, valid_from)
         SELECT $2, pair.new, p.supplier_id, p.rank, c.starts_on
         FROM unnest($3::uuid[], $4::uuid[]) AS pair (old, new)
         JOIN contract_party p ON p.contract_id = $1 AND p.lot_id = pair.old
         JOIN framework_contract c ON c.id = $2
         WHERE p.stopped_from IS NULL
           AND (p.valid_to IS NULL OR p.valid_to >= (SELECT ends_on FROM framework_contract WHERE id = $1))",
        from.0,
        to.0,
        lots.0,
        lots.1
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO item (contract_id, id, lot_id, article_number, title, unit, cpv, vat_category, vat_rate_pct, vat_reason,
                           min_quantity, step, personal_data, accessibility, accessibility_evidence, evb_it_type)
         SELECT $2, pair.new, lots.new, i.article_number, i.title, i.unit, i.cpv, i.vat_category, i.vat_rate_pct, i.vat_reason,
                i.min_quantity, i.step, i.personal_data, i.accessibility, i.accessibility_evidence, i.evb_it_type
         FROM unnest($3::uuid[], $4::uuid[]) AS pair (old, new)
         JOIN item i ON i.contract_id = $1 AND i.id = pair.old
         JOIN unnest($5::uuid[], $6::uuid[]) AS lots (old, new) ON lots.old = i.lot_id",
        from.0,
        to.0,
        items.0,
        items.1,
        lots.0,
        lots.1
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO item_vat_change (contract_id, item_id, valid_from, vat_category, vat_rate_pct, vat_reason)
         SELECT $2, pair.new, v.valid_from, v.vat_category, v.vat_rate_pct, v.vat_reason
         FROM unnest($3::uuid[], $4::uuid[]) AS pair (old, new)
         JOIN item_vat_change v ON v.contract_id = $1 AND v.item_id = pair.old",
        from.0,
        to.0,
        items.0,
        items.1
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// How many prices a copy takes along.
pub async fn last_prices(conn: &mut PgConnection, contract: ContractId) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(DISTINCT (item_id, supplier_id)) AS "count!" FROM price_term WHERE contract_id = $1 AND released_at IS NOT NULL"#,
        contract.0
    )
    .fetch_one(conn)
    .await?)
}

/// Copies the last released price of each item and supplier as a first, unreleased version; `ids` are
/// those of the copies, one for each of [`last_prices`].
pub async fn copy_prices(
    conn: &mut PgConnection,
    from: ContractId,
    to: ContractId,
    items: (&[Uuid], &[Uuid]),
    ids: &[Uuid],
    recorded_by: PersonId,
) -> Result<u64, StorageError> {
    let done = sqlx::query!(
        "INSERT INTO price_term (contract_id, id, item_id, supplier_id, version, kind, unit_price, list_price, discount_pct, tiers,
                                 clause, freight, valid_from, recorded_by)
         SELECT $2, fresh.id, pair.new, last.supplier_id, 1, last.kind, last.unit_price, last.list_price, last.discount_pct,
                last.tiers, last.clause, last.freight, c.starts_on, $5
         FROM (SELECT *, row_number() OVER (ORDER BY item_id, supplier_id) AS at
               FROM (SELECT DISTINCT ON (item_id, supplier_id) *
                     FROM price_term
                     WHERE contract_id = $1 AND released_at IS NOT NULL
                     ORDER BY item_id, supplier_id, valid_from DESC, version DESC) AS newest) AS last
         JOIN unnest($6::uuid[]) WITH ORDINALITY AS fresh (id, at) ON fresh.at = last.at
         JOIN unnest($3::uuid[], $4::uuid[]) AS pair (old, new) ON pair.old = last.item_id
         JOIN framework_contract c ON c.id = $2",
        from.0,
        to.0,
        items.0,
        items.1,
        recorded_by.0,
        ids
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
