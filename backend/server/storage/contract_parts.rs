//! What a draft is made of: lots with their suppliers, items with first prices, ceilings,
//! entitlements, options. Written one by one, and taken back while the contract is not in force.

use abruf_domain::facts::{Covers, Price};
use abruf_domain::ids::{ContractId, ItemId, LotId, OrganisationId, PersonId};
use abruf_domain::money::{UnitPrice, Volume};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::affected;
use super::master_data::prices::Columns;
use super::price_lists::NewPrice;

/// A lot by its number.
pub async fn lot(
    conn: &mut PgConnection,
    contract: ContractId,
    number: i32,
) -> Result<Option<(LotId, String)>, StorageError> {
    let row = sqlx::query!("SELECT id, title FROM lot WHERE contract_id = $1 AND number = $2", contract.0, number)
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|row| (LotId(row.id), row.title)))
}

/// The item with this article number.
pub async fn item(
    conn: &mut PgConnection,
    contract: ContractId,
    article_number: &str,
) -> Result<Option<(ItemId, LotId)>, StorageError> {
    let row = sqlx::query!(
        "SELECT id, lot_id FROM item WHERE contract_id = $1 AND article_number = $2",
        contract.0,
        article_number
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (ItemId(row.id), LotId(row.lot_id))))
}

/// A supplier of a lot to be entered.
#[derive(Debug, Clone, Copy)]
pub struct NewParty {
    /// The lot.
    pub lot: LotId,
    /// The supplier.
    pub supplier: OrganisationId,
    /// Rank among the suppliers of the lot.
    pub rank: i32,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
}

/// Makes a supplier party to a lot; entered again, rank and days are overwritten.
pub async fn put_party(conn: &mut PgConnection, contract: ContractId, party: &NewParty) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO contract_party (contract_id, lot_id, supplier_id, rank, valid_from, valid_to)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (contract_id, lot_id, supplier_id)
         DO UPDATE SET rank = excluded.rank, valid_from = excluded.valid_from, valid_to = excluded.valid_to",
        contract.0,
        party.lot.0,
        party.supplier.0,
        party.rank,
        party.valid_from,
        party.valid_to
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The suppliers of a lot, by rank.
pub async fn suppliers_of(
    conn: &mut PgConnection,
    contract: ContractId,
    lot: LotId,
) -> Result<Vec<(OrganisationId, String)>, StorageError> {
    let rows = sqlx::query!(
        "SELECT o.id, o.name
         FROM contract_party p
         JOIN organisation o ON o.id = p.supplier_id
         WHERE p.contract_id = $1 AND p.lot_id = $2
         ORDER BY p.rank, o.name",
        contract.0,
        lot.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (OrganisationId(row.id), row.name)).collect())
}

/// Names of the body's suppliers, for the list to choose from.
pub async fn supplier_names(
    conn: &mut PgConnection,
    body: OrganisationId,
    day: NaiveDate,
) -> Result<Vec<String>, StorageError> {
    Ok(sqlx::query_scalar!(
        "SELECT DISTINCT o.name
         FROM organisation o
         JOIN organisation_role r ON r.organisation_id = o.id AND r.body_id = $1
         WHERE r.role = 'supplier' AND (r.valid_to IS NULL OR $2 <= r.valid_to)
         ORDER BY o.name",
        body.0,
        day
    )
    .fetch_all(conn)
    .await?)
}

/// A price that waits for its second person.
#[derive(Debug, Clone)]
pub struct UnreleasedPrice<'a> {
    /// Its id.
    pub id: Uuid,
    /// Of which item.
    pub item: ItemId,
    /// With whom.
    pub supplier: OrganisationId,
    /// The price.
    pub price: &'a Price,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
    /// Who recorded it.
    pub recorded_by: PersonId,
    /// Freight per unit.
    pub freight: Option<UnitPrice>,
}

/// Enters an unreleased price as the next version of its item and supplier.
pub async fn insert_price(
    conn: &mut PgConnection,
    contract: ContractId,
    price: &UnreleasedPrice<'_>,
) -> Result<(), StorageError> {
    let columns = Columns::from(price.price);
    sqlx::query!(
        "INSERT INTO price_term (contract_id, id, item_id, supplier_id, version, kind, unit_price, list_price, discount_pct, tiers,
                                 clause, valid_from, valid_to, recorded_by, freight)
         SELECT $1, $2, $3, $4, 1 + coalesce(max(version), 0), $5, $6, $7, $8, $9, $10, $11, $12, $13, $14
         FROM price_term
         WHERE contract_id = $1 AND item_id = $3 AND supplier_id = $4",
        contract.0,
        price.id,
        price.item.0,
        price.supplier.0,
        columns.kind,
        columns.unit_price,
        columns.list_price,
        columns.discount_pct,
        columns.tiers,
        columns.clause,
        price.valid_from,
        price.valid_to,
        price.recorded_by.0,
        price.freight.map(UnitPrice::decimal),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes back the unreleased prices of these items, or of all.
pub async fn remove_unreleased_prices(
    conn: &mut PgConnection,
    contract: ContractId,
    items: Option<&[Uuid]>,
) -> Result<u64, StorageError> {
    let done = sqlx::query!(
        "DELETE FROM price_term
         WHERE contract_id = $1 AND released_at IS NULL AND ($2::uuid[] IS NULL OR item_id = ANY ($2))",
        contract.0,
        items
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// What a ceiling is about, as its row stores it.
#[derive(Debug, Clone, Copy)]
pub struct CeilingScope {
    /// contract, lot, item or member.
    pub scope: &'static str,
    /// The lot.
    pub lot: Option<Uuid>,
    /// The item.
    pub item: Option<Uuid>,
    /// The member.
    pub member: Option<Uuid>,
}

/// Sets a ceiling of a draft; entered again, limit and strictness are overwritten.
pub async fn put_ceiling(
    conn: &mut PgConnection,
    contract: ContractId,
    id: Uuid,
    of: CeilingScope,
    measure: &str,
    limit: Option<Volume>,
    hard: bool,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO guard (contract_id, id, scope, measure, lot_id, item_id, member_id, limit_amount, hard)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT ON CONSTRAINT guard_scope_unique
         DO UPDATE SET limit_amount = excluded.limit_amount, hard = excluded.hard",
        contract.0,
        id,
        of.scope,
        measure,
        of.lot,
        of.item,
        of.member,
        limit.map(Volume::decimal),
        hard,
    )
    .execute(&mut *conn)
    .await?;
    if of.scope == "contract" && measure == "value" {
        sqlx::query!("UPDATE framework_contract SET ceiling_waived = $2 WHERE id = $1", contract.0, limit.is_none())
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// An entitlement to be entered.
#[derive(Debug, Clone)]
pub struct NewEntitlement<'a> {
    /// Its id.
    pub id: Uuid,
    /// Whom it covers.
    pub covers: &'a Covers,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
    /// Day of the entry.
    pub entered_on: NaiveDate,
    /// Document that proves it.
    pub document: &'a str,
    /// Its date.
    pub document_date: NaiveDate,
    /// Wording of the notice.
    pub wording: &'a str,
}

/// Enters an entitlement unless the very same stands there: a form sent twice.
pub async fn put_entitlement(
    conn: &mut PgConnection,
    contract: ContractId,
    entitlement: &NewEntitlement<'_>,
) -> Result<(), StorageError> {
    let (mode, member, kinds, region, future) = match entitlement.covers {
        Covers::Named { member } => ("named", Some(member.0), None, None, false),
        Covers::Category { kinds, region, includes_future_members } => {
            ("category", None, Some(kinds.as_slice()), Some(region.as_str()), *includes_future_members)
        }
    };
    sqlx::query!(
        "INSERT INTO entitlement (contract_id, id, mode, member_id, kinds, region, includes_future_members, valid_from, valid_to,
                                  entered_on, document, document_date, wording)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
         WHERE NOT EXISTS (
             SELECT FROM entitlement e
             WHERE e.contract_id = $1 AND e.mode = $3 AND e.member_id IS NOT DISTINCT FROM $4
               AND e.kinds IS NOT DISTINCT FROM $5 AND e.region IS NOT DISTINCT FROM $6
               AND e.valid_from = $8 AND e.document = $11)",
        contract.0,
        entitlement.id,
        mode,
        member,
        kinds,
        region,
        future,
        entitlement.valid_from,
        entitlement.valid_to,
        entitlement.entered_on,
        entitlement.document,
        entitlement.document_date,
        entitlement.wording,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Enters an option unless one with this end stands there.
pub async fn put_option(
    conn: &mut PgConnection,
    contract: ContractId,
    id: Uuid,
    new_end: NaiveDate,
    notice_deadline: NaiveDate,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO contract_option (contract_id, id, new_end, notice_deadline)
         SELECT $1, $2, $3, $4
         WHERE NOT EXISTS (SELECT FROM contract_option o WHERE o.contract_id = $1 AND o.new_end = $3)",
        contract.0,
        id,
        new_end,
        notice_deadline
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A part of a draft that is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartId {
    /// A lot without items.
    Lot(Uuid),
    /// A supplier of a lot.
    Party(Uuid, Uuid),
    /// An item with its unreleased prices.
    Item(Uuid),
    /// A ceiling.
    Ceiling(Uuid),
    /// An entitlement.
    Entitlement(Uuid),
    /// An option.
    Option(Uuid),
    /// A minimum purchase.
    MinimumPurchase(Uuid),
}

/// Takes a part back. Whether there was one.
pub async fn remove(conn: &mut PgConnection, contract: ContractId, part: PartId) -> Result<bool, StorageError> {
    let done = match part {
        PartId::Lot(id) => {
            sqlx::query!("DELETE FROM contract_party WHERE contract_id = $1 AND lot_id = $2", contract.0, id)
                .execute(&mut *conn)
                .await?;
            sqlx::query!("DELETE FROM lot WHERE contract_id = $1 AND id = $2", contract.0, id).execute(conn).await?
        }
        PartId::Party(lot, supplier) => {
            sqlx::query!(
                "DELETE FROM contract_party WHERE contract_id = $1 AND lot_id = $2 AND supplier_id = $3",
                contract.0,
                lot,
                supplier
            )
            .execute(conn)
            .await?
        }
        PartId::Item(id) => {
            remove_unreleased_prices(&mut *conn, contract, Some(&[id])).await?;
            sqlx::query!("DELETE FROM item_vat_change WHERE contract_id = $1 AND item_id = $2", contract.0, id)
                .execute(&mut *conn)
                .await?;
            sqlx::query!("DELETE FROM item WHERE contract_id = $1 AND id = $2", contract.0, id).execute(conn).await?
        }
        PartId::Ceiling(id) => {
            sqlx::query!("DELETE FROM guard WHERE contract_id = $1 AND id = $2", contract.0, id).execute(conn).await?
        }
        PartId::Entitlement(id) => {
            sqlx::query!("DELETE FROM entitlement WHERE contract_id = $1 AND id = $2", contract.0, id)
                .execute(conn)
                .await?
        }
        PartId::Option(id) => {
            sqlx::query!("DELETE FROM contract_option WHERE contract_id = $1 AND id = $2", contract.0, id)
                .execute(conn)
                .await?
        }
        PartId::MinimumPurchase(id) => {
            sqlx::query!("DELETE FROM minimum_purchase WHERE contract_id = $1 AND id = $2", contract.0, id)
                .execute(conn)
                .await?
        }
    };
    Ok(done.rows_affected() == 1)
}

/// Enters prices of a list that wait for their second person.
pub async fn insert_prices(
    conn: &mut PgConnection,
    contract: ContractId,
    prices: &[NewPrice],
    valid_from: NaiveDate,
    recorded_by: PersonId,
) -> Result<(), StorageError> {
    let ids: Vec<Uuid> = prices.iter().map(|price| price.id.0).collect();
    let items: Vec<Uuid> = prices.iter().map(|price| price.item.0).collect();
    let suppliers: Vec<Uuid> = prices.iter().map(|price| price.supplier.0).collect();
    let versions: Vec<i32> = prices.iter().map(|price| price.version).collect();
    let kinds: Vec<String> = prices.iter().map(|price| price.kind.to_owned()).collect();
    let unit_prices: Vec<Decimal> = prices.iter().map(|price| price.unit_price.decimal()).collect();
    let done = sqlx::query!(
        "INSERT INTO price_term (contract_id, id, item_id, supplier_id, version, kind, unit_price, valid_from, recorded_by)
         SELECT $1, new.*, $8, $9
         FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::text[], $7::numeric[]) AS new",
        contract.0,
        &ids,
        &items,
        &suppliers,
        &versions,
        &kinds,
        &unit_prices,
        valid_from,
        recorded_by.0
    )
    .execute(conn)
    .await?;
    affected("insert prices of a list", prices.len() as u64, done.rows_affected())
}

/// Releases every unreleased price of a contract.
pub async fn release_prices(
    conn: &mut PgConnection,
    contract: ContractId,
    released_by: PersonId,
    at: DateTime<Utc>,
) -> Result<u64, StorageError> {
    let done = sqlx::query!(
        "UPDATE price_term SET released_by = $2, released_at = $3 WHERE contract_id = $1 AND released_at IS NULL",
        contract.0,
        released_by.0,
        at
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Puts a contract into force.
pub async fn activate(
    conn: &mut PgConnection,
    contract: ContractId,
    by: PersonId,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE framework_contract SET status = 'active', activated_by = $2, activated_at = $3, version = version + 1 WHERE id = $1",
        contract.0,
        by.0,
        at
    )
    .execute(conn)
    .await?;
    affected("activate a contract", 1, done.rows_affected())
}

/// Hands a draft in for activation.
pub async fn submit(
    conn: &mut PgConnection,
    contract: ContractId,
    by: PersonId,
    note: &str,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE framework_contract SET submitted_by = $2, submitted_at = $3, submission_note = $4 WHERE id = $1",
        contract.0,
        by.0,
        at,
        note
    )
    .execute(conn)
    .await?;
    affected("hand a draft in", 1, done.rows_affected())
}
