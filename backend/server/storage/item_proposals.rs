//! What an item of a contract in force is beside its price, and changes of it that wait for a second person.

use abruf_domain::facts::{Accessibility, EvbIt, VatChange};
use abruf_domain::ids::{ContractId, ItemId, OrganisationId, PersonId};
use abruf_domain::money::UnitPrice;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::StorageError;
use super::error::affected;
use super::facts::{accessibility, evb_it};
use super::master_data::contracts::{accessibility_columns, evb_it_column, insert_vat_change};

/// What an item is, as far as it can change while the contract runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traits {
    /// CPV code; empty where nobody has said.
    pub cpv: String,
    /// `None`: no user interface.
    pub accessibility: Option<Accessibility>,
    /// `None`: no IT item.
    pub evb_it: Option<EvbIt>,
    /// A later VAT treatment that a proposal adds; `None` in what stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat: Option<VatChange>,
    /// A later freight with one supplier that a proposal brings; `None` in what stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freight: Option<FreightChange>,
}

/// The freight of an item with one supplier from a day on; it stands with the price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreightChange {
    /// Whose price it stands with.
    pub supplier: OrganisationId,
    /// First day of orders it counts for.
    pub from: chrono::NaiveDate,
    /// Net per unit; `None`: none is named any more.
    pub per_unit: Option<UnitPrice>,
}

/// An item as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Current {
    /// Which.
    pub id: ItemId,
    /// Article number.
    pub article_number: String,
    /// Text of the schedule.
    pub title: String,
    /// What it is.
    pub traits: Traits,
    /// Its VAT and the later treatments, by first day of supply; the first one has none.
    pub vat: Vec<VatRow>,
}

/// A VAT treatment as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct VatRow {
    /// First day of supply; `None`: from the start.
    pub from: Option<chrono::NaiveDate>,
    /// S, Z, E, AE or O.
    pub category: String,
    /// In percent, as stored.
    pub rate: String,
    /// Of E, AE and O.
    pub reason: String,
}

/// An item of a visible contract, by article number or by id.
async fn item(
    conn: &mut PgConnection,
    contract: ContractId,
    article: Option<&str>,
    id: Option<ItemId>,
) -> Result<Option<Current>, StorageError> {
    let row = sqlx::query!(
        r#"SELECT i.id, i.article_number, i.title, coalesce(i.cpv, '') AS "cpv!", i.accessibility, i.accessibility_evidence, i.evb_it_type,
                  jsonb_build_array(jsonb_build_object('from', NULL, 'category', i.vat_category, 'rate', trim_scale(i.vat_rate_pct)::text, 'reason', i.vat_reason))
                  || coalesce((SELECT jsonb_agg(jsonb_build_object('from', v.valid_from, 'category', v.vat_category,
                                                                   'rate', trim_scale(v.vat_rate_pct)::text, 'reason', v.vat_reason) ORDER BY v.valid_from)
                               FROM item_vat_change v
                               WHERE v.contract_id = i.contract_id AND v.item_id = i.id), '[]') AS "vat!: Json<Vec<VatRow>>"
           FROM item i
           WHERE i.contract_id = $1 AND (i.article_number = $2 OR i.id = $3)"#,
        contract.0,
        article,
        id.map(|id| id.0)
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Current {
        id: ItemId(row.id),
        article_number: row.article_number,
        title: row.title,
        traits: Traits {
            cpv: row.cpv,
            accessibility: accessibility(row.accessibility.as_deref(), row.accessibility_evidence),
            evb_it: row.evb_it_type.map(evb_it),
            vat: None,
            freight: None,
        },
        vat: row.vat.0,
    }))
}

/// The item with this article number.
pub async fn by_article(
    conn: &mut PgConnection,
    contract: ContractId,
    article: &str,
) -> Result<Option<Current>, StorageError> {
    item(conn, contract, Some(article), None).await
}

/// The item with this id.
pub async fn by_id(conn: &mut PgConnection, contract: ContractId, id: ItemId) -> Result<Option<Current>, StorageError> {
    item(conn, contract, None, Some(id)).await
}

/// Article numbers and titles of a contract whose article or title holds these words.
pub async fn articles(
    conn: &mut PgConnection,
    contract: ContractId,
    words: &str,
    limit: i64,
) -> Result<Vec<(String, String)>, StorageError> {
    let pattern = format!("%{}%", words.trim().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    let rows = sqlx::query!(
        "SELECT article_number, title
         FROM item
         WHERE contract_id = $1 AND concat_ws(' ', article_number, title) ILIKE $2
         ORDER BY article_number
         LIMIT $3",
        contract.0,
        pattern,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.article_number, row.title)).collect())
}

/// A proposal.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// Which.
    pub id: Uuid,
    /// Of which item.
    pub item: ItemId,
    /// What it shall be.
    pub after: Traits,
    /// The document behind it.
    pub document: String,
    /// Who proposed it.
    pub recorded_by: PersonId,
    /// Their name.
    pub recorded_by_name: String,
    /// When.
    pub recorded_at: DateTime<Utc>,
}

/// The proposal that waits for its second person.
pub async fn waiting(conn: &mut PgConnection, contract: ContractId) -> Result<Option<Proposal>, StorageError> {
    let row = sqlx::query!(
        r#"SELECT p.id, p.item_id, p.change AS "change: Json<Traits>", p.document, p.recorded_by, coalesce(w.name, '') AS "name!",
                  p.recorded_at
           FROM item_proposal p
           LEFT JOIN person w ON w.id = p.recorded_by
           WHERE p.contract_id = $1 AND p.decided_at IS NULL"#,
        contract.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Proposal {
        id: row.id,
        item: ItemId(row.item_id),
        after: row.change.0,
        document: row.document,
        recorded_by: PersonId(row.recorded_by),
        recorded_by_name: row.name,
        recorded_at: row.recorded_at,
    }))
}

/// Writes a proposal; `item_proposal_one_pending` refuses a second one of the contract.
pub async fn insert(conn: &mut PgConnection, contract: ContractId, proposal: &Proposal) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO item_proposal (contract_id, id, item_id, change, document, recorded_by, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        contract.0,
        proposal.id,
        proposal.item.0,
        Json(&proposal.after) as _,
        proposal.document,
        proposal.recorded_by.0,
        proposal.recorded_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Decides the waiting proposal.
pub async fn decide(
    conn: &mut PgConnection,
    contract: ContractId,
    id: Uuid,
    by: PersonId,
    at: DateTime<Utc>,
    released: bool,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE item_proposal SET decided_by = $3, decided_at = $4, released = $5
         WHERE contract_id = $1 AND id = $2 AND decided_at IS NULL",
        contract.0,
        id,
        by.0,
        at,
        released
    )
    .execute(conn)
    .await?;
    affected("decide an item proposal", 1, done.rows_affected())
}

/// Puts what was released into force.
pub async fn apply(
    conn: &mut PgConnection,
    contract: ContractId,
    item: ItemId,
    after: &Traits,
) -> Result<(), StorageError> {
    let (state, evidence) = accessibility_columns(after.accessibility.as_ref());
    let done = sqlx::query!(
        "UPDATE item SET cpv = nullif($3, ''), accessibility = $4, accessibility_evidence = $5, evb_it_type = $6
         WHERE contract_id = $1 AND id = $2",
        contract.0,
        item.0,
        after.cpv,
        state,
        evidence,
        evb_it_column(after.evb_it.as_ref()),
    )
    .execute(&mut *conn)
    .await?;
    affected("change an item", 1, done.rows_affected())?;
    match &after.vat {
        Some(change) => insert_vat_change(conn, contract, item, change).await,
        None => Ok(()),
    }
}
