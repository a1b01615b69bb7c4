//! Complaints about deliveries (Mängelrügen), and how they ended.

use abruf_domain::ids::PersonId;
use abruf_domain::money::Quantity;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::CallOff;
use super::error::consistent;

/// A complaint.
#[derive(Debug, Clone)]
pub struct Complaint {
    /// Which.
    pub id: Uuid,
    /// Position of the line.
    pub position: i32,
    /// How much of it.
    pub quantity: Quantity,
    /// What is wrong.
    pub wording: String,
    /// When the supplier was told.
    pub complained_on: NaiveDate,
    /// How it ended: words, who, when; `None` while it is open.
    pub resolution: Option<(String, String, DateTime<Utc>)>,
    /// Who noted it.
    pub by: PersonId,
    /// Their name, if visible.
    pub person: String,
    /// When it was noted.
    pub at: DateTime<Utc>,
}

/// Writes a complaint.
pub async fn insert(conn: &mut PgConnection, call_off: &CallOff, new: &Complaint) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO complaint (contract_id, id, call_off_id, position, quantity, wording, complained_on, person_id, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        call_off.contract.0,
        new.id,
        call_off.id.0,
        new.position,
        new.quantity.decimal(),
        new.wording,
        new.complained_on,
        new.by.0,
        new.at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes how a complaint ended.
pub async fn insert_resolution(
    conn: &mut PgConnection,
    call_off: &CallOff,
    complaint: Uuid,
    wording: &str,
    by: PersonId,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO complaint_resolution (contract_id, call_off_id, complaint_id, wording, person_id, at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        call_off.contract.0,
        call_off.id.0,
        complaint,
        wording,
        by.0,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The complaints about an order, oldest first.
pub async fn of_call_off(conn: &mut PgConnection, call_off: &CallOff) -> Result<Vec<Complaint>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT c.id, c.position, c.quantity, c.wording, c.complained_on, c.person_id, coalesce(n.name, '') AS "person!", c.at,
                  r.wording AS "resolution?", coalesce(m.name, '') AS "resolved_by!", r.at AS "resolved_at?"
           FROM complaint c
           LEFT JOIN complaint_resolution r ON r.contract_id = c.contract_id AND r.complaint_id = c.id
           LEFT JOIN person n ON n.id = c.person_id
           LEFT JOIN person m ON m.id = r.person_id
           WHERE c.contract_id = $1 AND c.call_off_id = $2
           ORDER BY c.at, c.id"#,
        call_off.contract.0,
        call_off.id.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let resolution = row.resolution.zip(row.resolved_at);
            Ok(Complaint {
                id: row.id,
                position: row.position,
                quantity: consistent(Quantity::new(row.quantity), "complaint", "quantity", row.id)?,
                wording: row.wording,
                complained_on: row.complained_on,
                resolution: resolution.map(|(words, at)| (words, row.resolved_by, at)),
                by: PersonId(row.person_id),
                person: row.person,
                at: row.at,
            })
        })
        .collect()
}
