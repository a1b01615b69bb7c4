//! What an import of a price list reads and writes: lots, parties, suppliers, items and dated prices of
//! one contract, many at a time.

use std::collections::BTreeMap;

use abruf_domain::ids::{ContractId, ItemId, LotId, OrganisationId, PersonId, PriceTermId};
use abruf_domain::money::UnitPrice;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::{affected, consistent};

/// The contracts with this number; bodies number independently of each other.
pub async fn contracts_numbered(conn: &mut PgConnection, number: &str) -> Result<Vec<ContractId>, StorageError> {
    let ids = sqlx::query_scalar!("SELECT id FROM framework_contract WHERE number = $1 ORDER BY id", number)
        .fetch_all(conn)
        .await?;
    Ok(ids.into_iter().map(ContractId).collect())
}

/// Holds the contract against a second import until the transaction ends; call-offs go on.
pub async fn lock(conn: &mut PgConnection, contract: ContractId) -> Result<(), StorageError> {
    sqlx::query!("SELECT id FROM framework_contract WHERE id = $1 FOR NO KEY UPDATE", contract.0)
        .fetch_optional(conn)
        .await?;
    Ok(())
}

/// A supplier of a lot.
#[derive(Debug, Clone)]
pub struct Party {
    /// The lot.
    pub lot: LotId,
    /// Its number.
    pub lot_number: i32,
    /// Its title.
    pub lot_title: String,
    /// The supplier; `None`: the lot has none.
    pub supplier: Option<OrganisationId>,
    /// First day.
    pub valid_from: Option<NaiveDate>,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
}

/// The lots of a contract with their suppliers, by number and rank.
pub async fn parties(conn: &mut PgConnection, contract: ContractId) -> Result<Vec<Party>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT l.id, l.number, l.title,
                  p.supplier_id AS "supplier_id?", p.valid_from AS "valid_from?", p.valid_to AS "valid_to?"
           FROM lot l
           LEFT JOIN contract_party p ON p.contract_id = l.contract_id AND p.lot_id = l.id
           WHERE l.contract_id = $1
           ORDER BY l.number, p.rank, p.supplier_id"#,
        contract.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Party {
            lot: LotId(row.id),
            lot_number: row.number,
            lot_title: row.title,
            supplier: row.supplier_id.map(OrganisationId),
            valid_from: row.valid_from,
            valid_to: row.valid_to,
        })
        .collect())
}

/// An organisation that a name on a list may mean.
#[derive(Debug, Clone)]
pub struct KnownOrganisation {
    /// Which.
    pub id: OrganisationId,
    /// Its name.
    pub name: String,
    /// It is a supplier of the body on the day asked for.
    pub is_supplier: bool,
    /// First day after that day on which it is one.
    pub supplier_again: Option<NaiveDate>,
}

/// Organisations of the body's house with these names: suppliers, and members that may become some.
pub async fn organisations_named(
    conn: &mut PgConnection,
    body: OrganisationId,
    names: &[String],
    day: NaiveDate,
) -> Result<Vec<KnownOrganisation>, StorageError> {
    Ok(sqlx::query_as!(
        KnownOrganisation,
        r#"SELECT o.id, o.name,
                  coalesce(bool_or(r.role = 'supplier' AND r.valid_from <= $3 AND (r.valid_to IS NULL OR $3 <= r.valid_to)), false) AS "is_supplier!",
                  min(r.valid_from) FILTER (WHERE r.role = 'supplier' AND $3 < r.valid_from) AS supplier_again
           FROM organisation o
           JOIN organisation_role r ON r.organisation_id = o.id AND r.body_id = $1
           WHERE o.name = ANY ($2)
           GROUP BY o.id, o.name
           ORDER BY o.name, o.id"#,
        body.0,
        names,
        day
    )
    .fetch_all(conn)
    .await?)
}

/// A released price.
#[derive(Debug, Clone)]
pub struct KnownPrice {
    /// Which.
    pub id: PriceTermId,
    /// Price kind key.
    pub kind: String,
    /// Unit price of fixed prices and subscriptions.
    pub unit_price: Option<UnitPrice>,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
}

/// An item with its prices of one supplier.
#[derive(Debug, Clone)]
pub struct KnownItem {
    /// Which.
    pub id: ItemId,
    /// Its lot.
    pub lot: LotId,
    /// Text.
    pub title: String,
    /// Unit.
    pub unit: String,
    /// VAT rate in percent.
    pub vat_rate_pct: Decimal,
    /// Last version of a price per supplier, released or not.
    pub last_versions: BTreeMap<OrganisationId, i32>,
    /// Released prices per supplier, in the order of their days.
    pub prices: BTreeMap<OrganisationId, Vec<KnownPrice>>,
}

/// The items of a contract with their prices, by article number.
pub async fn items(conn: &mut PgConnection, contract: ContractId) -> Result<BTreeMap<String, KnownItem>, StorageError> {
    let rows = sqlx::query!(
        "SELECT id, lot_id, article_number, title, unit, vat_rate_pct FROM item WHERE contract_id = $1 ORDER BY article_number",
        contract.0
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut by_id: BTreeMap<Uuid, (String, KnownItem)> = rows
        .into_iter()
        .map(|row| {
            let item = KnownItem {
                id: ItemId(row.id),
                lot: LotId(row.lot_id),
                title: row.title,
                unit: row.unit,
                vat_rate_pct: row.vat_rate_pct,
                last_versions: BTreeMap::new(),
                prices: BTreeMap::new(),
            };
            (row.id, (row.article_number, item))
        })
        .collect();
    let prices = sqlx::query!(
        r#"SELECT id, item_id, supplier_id, version, kind, unit_price, valid_from, valid_to, released_at IS NOT NULL AS "released!"
           FROM price_term
           WHERE contract_id = $1
           ORDER BY item_id, supplier_id, valid_from, version"#,
        contract.0
    )
    .fetch_all(conn)
    .await?;
    for row in prices {
        let Some((_, item)) = by_id.get_mut(&row.item_id) else { continue };
        let supplier = OrganisationId(row.supplier_id);
        let last = item.last_versions.entry(supplier).or_default();
        *last = row.version.max(*last);
        if row.released {
            let unit_price = row.unit_price.map(UnitPrice::new).transpose();
            item.prices.entry(supplier).or_default().push(KnownPrice {
                id: PriceTermId(row.id),
                kind: row.kind,
                unit_price: consistent(unit_price, "price_term", "unit_price", row.id)?,
                valid_from: row.valid_from,
                valid_to: row.valid_to,
            });
        }
    }
    Ok(by_id.into_values().collect())
}

/// Inserts a company.
pub async fn insert_supplier(
    conn: &mut PgConnection,
    id: OrganisationId,
    name: &str,
    region: &str,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO organisation (id, name, kind, region, created_at) VALUES ($1, $2, 'unternehmen', $3, $4)",
        id.0,
        name,
        region,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes an organisation a supplier of the body for these days.
pub async fn insert_supplier_role(
    conn: &mut PgConnection,
    id: Uuid,
    supplier: OrganisationId,
    body: OrganisationId,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO organisation_role (id, organisation_id, body_id, role, valid_from, valid_to)
         VALUES ($1, $2, $3, 'supplier', $4, $5)",
        id,
        supplier.0,
        body.0,
        valid_from,
        valid_to
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Inserts a lot.
pub async fn insert_lot(
    conn: &mut PgConnection,
    contract: ContractId,
    lot: LotId,
    number: i32,
    title: &str,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO lot (contract_id, id, number, title) VALUES ($1, $2, $3, $4)",
        contract.0,
        lot.0,
        number,
        title
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes a supplier party to a lot from a day on.
pub async fn insert_party(
    conn: &mut PgConnection,
    contract: ContractId,
    lot: LotId,
    supplier: OrganisationId,
    valid_from: NaiveDate,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO contract_party (contract_id, lot_id, supplier_id, valid_from) VALUES ($1, $2, $3, $4)",
        contract.0,
        lot.0,
        supplier.0,
        valid_from
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An item to insert.
#[derive(Debug, Clone)]
pub struct NewItem {
    /// Which.
    pub id: ItemId,
    /// Its lot.
    pub lot: LotId,
    /// Article number.
    pub article_number: String,
    /// Text.
    pub title: String,
    /// Unit.
    pub unit: String,
}

/// Inserts items of one VAT rate: standard or reduced, or category Z for 0.
pub async fn insert_items(
    conn: &mut PgConnection,
    contract: ContractId,
    vat_rate_pct: Decimal,
    items: &[NewItem],
) -> Result<(), StorageError> {
    let ids: Vec<Uuid> = items.iter().map(|item| item.id.0).collect();
    let lots: Vec<Uuid> = items.iter().map(|item| item.lot.0).collect();
    let articles: Vec<String> = items.iter().map(|item| item.article_number.clone()).collect();
    let titles: Vec<String> = items.iter().map(|item| item.title.clone()).collect();
    let units: Vec<String> = items.iter().map(|item| item.unit.clone()).collect();
    let done = sqlx::query!(
        "INSERT INTO item (contract_id, id, lot_id, article_number, title, unit, vat_category, vat_rate_pct)
         SELECT $1, new.*, CASE WHEN $7::numeric > 0 THEN 'S' ELSE 'Z' END, $7
         FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[]) AS new",
        contract.0,
        &ids,
        &lots,
        &articles,
        &titles,
        &units,
        vat_rate_pct
    )
    .execute(conn)
    .await?;
    affected("insert items", items.len() as u64, done.rows_affected())
}

/// Gives items another text.
pub async fn retitle_items(
    conn: &mut PgConnection,
    contract: ContractId,
    titles: &[(ItemId, String)],
) -> Result<(), StorageError> {
    let (ids, texts): (Vec<Uuid>, Vec<String>) = titles.iter().map(|(id, title)| (id.0, title.clone())).unzip();
    let done = sqlx::query!(
        "UPDATE item SET title = new.title
         FROM unnest($2::uuid[], $3::text[]) AS new (id, title)
         WHERE item.contract_id = $1 AND item.id = new.id",
        contract.0,
        &ids,
        &texts
    )
    .execute(conn)
    .await?;
    affected("retitle items", titles.len() as u64, done.rows_affected())
}

/// Sets the last day of released prices.
pub async fn close_prices(
    conn: &mut PgConnection,
    contract: ContractId,
    prices: &[PriceTermId],
    last_day: NaiveDate,
) -> Result<(), StorageError> {
    let ids: Vec<Uuid> = prices.iter().map(|price| price.0).collect();
    let done = sqlx::query!(
        "UPDATE price_term SET valid_to = $3 WHERE contract_id = $1 AND id = ANY ($2)",
        contract.0,
        &ids,
        last_day
    )
    .execute(conn)
    .await?;
    affected("close prices", prices.len() as u64, done.rows_affected())
}

/// A price to insert.
#[derive(Debug, Clone)]
pub struct NewPrice {
    /// Which.
    pub id: PriceTermId,
    /// Its item.
    pub item: ItemId,
    /// Its supplier.
    pub supplier: OrganisationId,
    /// Running number per item and supplier.
    pub version: i32,
    /// fixed or subscription.
    pub kind: &'static str,
    /// Net price per unit.
    pub unit_price: UnitPrice,
    /// Last day; `None`: open.
    pub valid_to: Option<NaiveDate>,
}

/// Who recorded prices, who released them, when, and from which day they hold.
#[derive(Debug, Clone, Copy)]
pub struct Release {
    /// Who recorded them.
    pub recorded_by: PersonId,
    /// Who released them; another person.
    pub released_by: PersonId,
    /// When.
    pub released_at: DateTime<Utc>,
    /// First day.
    pub valid_from: NaiveDate,
}

/// Inserts released prices.
pub async fn insert_prices(
    conn: &mut PgConnection,
    contract: ContractId,
    prices: &[NewPrice],
    release: &Release,
) -> Result<(), StorageError> {
    let ids: Vec<Uuid> = prices.iter().map(|price| price.id.0).collect();
    let items: Vec<Uuid> = prices.iter().map(|price| price.item.0).collect();
    let suppliers: Vec<Uuid> = prices.iter().map(|price| price.supplier.0).collect();
    let versions: Vec<i32> = prices.iter().map(|price| price.version).collect();
    let kinds: Vec<String> = prices.iter().map(|price| price.kind.to_owned()).collect();
    let unit_prices: Vec<Decimal> = prices.iter().map(|price| price.unit_price.decimal()).collect();
    let ends: Vec<Option<NaiveDate>> = prices.iter().map(|price| price.valid_to).collect();
    let done = sqlx::query!(
        "INSERT INTO price_term (contract_id, id, item_id, supplier_id, version, kind, unit_price, valid_to,
                                 valid_from, recorded_by, released_by, released_at)
         SELECT $1, new.*, $9, $10, $11, $12
         FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::text[], $7::numeric[], $8::date[]) AS new",
        contract.0,
        &ids,
        &items,
        &suppliers,
        &versions,
        &kinds,
        &unit_prices,
        &ends as &[Option<NaiveDate>],
        release.valid_from,
        release.recorded_by.0,
        release.released_by.0,
        release.released_at
    )
    .execute(conn)
    .await?;
    affected("insert prices", prices.len() as u64, done.rows_affected())
}
