//! Everybody a turnover file may name: the contracts of a body with their lots and suppliers, its members and
//! its suppliers, also those of the past.

use std::collections::{BTreeMap, BTreeSet};

use abruf_domain::ids::{ContractId, LotId, OrganisationId};
use chrono::NaiveDate;
use sqlx::PgConnection;

use super::StorageError;

/// A contract with what a line of turnover can be checked against.
#[derive(Debug, Clone)]
pub struct NamedContract {
    /// Which.
    pub id: ContractId,
    /// Its number.
    pub number: String,
    /// ISO 4217.
    pub currency: String,
    /// Stored status key.
    pub status: String,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day with options exercised in time.
    pub ends_on: NaiveDate,
    /// Its lots by number.
    pub lots: BTreeMap<i32, LotId>,
    /// Its suppliers.
    pub suppliers: BTreeSet<OrganisationId>,
}

/// The contracts a body leads or is party to.
pub async fn contracts(conn: &mut PgConnection, body: OrganisationId) -> Result<Vec<NamedContract>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT f.id, f.number, f.currency, f.status, f.starts_on,
                  greatest(f.ends_on, (SELECT max(o.new_end) FROM contract_option o
                                       WHERE o.contract_id = f.id AND o.exercised_on <= o.notice_deadline)) AS "ends_on!",
                  ARRAY(SELECT l.id FROM lot l WHERE l.contract_id = f.id ORDER BY l.number) AS "lots!",
                  ARRAY(SELECT l.number FROM lot l WHERE l.contract_id = f.id ORDER BY l.number) AS "lot_numbers!",
                  ARRAY(SELECT p.supplier_id FROM contract_party p WHERE p.contract_id = f.id) AS "suppliers!"
           FROM framework_contract f
           WHERE f.body_id = $1 OR EXISTS (SELECT FROM contract_body b WHERE b.contract_id = f.id AND b.body_id = $1)
           ORDER BY f.number, f.id"#,
        body.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| NamedContract {
            id: ContractId(row.id),
            number: row.number,
            currency: row.currency,
            status: row.status,
            starts_on: row.starts_on,
            ends_on: row.ends_on,
            lots: row.lot_numbers.into_iter().zip(row.lots.into_iter().map(LotId)).collect(),
            suppliers: row.suppliers.into_iter().map(OrganisationId).collect(),
        })
        .collect())
}

/// Those who are or were members of a body, or suppliers to it (`role`), by name.
pub async fn organisations(
    conn: &mut PgConnection,
    body: OrganisationId,
    role: &str,
) -> Result<Vec<(OrganisationId, String)>, StorageError> {
    let rows = sqlx::query!(
        "SELECT o.id, o.name
         FROM organisation o
         WHERE EXISTS (SELECT FROM organisation_role r
                       WHERE r.organisation_id = o.id AND r.body_id = $1 AND r.role = $2)
         ORDER BY o.name, o.id",
        body.0,
        role
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (OrganisationId(row.id), row.name)).collect())
}
