//! What suppliers confirmed, and what the buyer says to differences.

use abruf_domain::ids::PersonId;
use abruf_domain::money::Quantity;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::CallOff;
use super::error::consistent;

/// What the supplier confirmed (Auftragsbestätigung).
#[derive(Debug, Clone)]
pub struct Confirmation {
    /// Which.
    pub id: Uuid,
    /// Its date.
    pub confirmed_on: NaiveDate,
    /// Number the supplier gave it.
    pub reference: String,
    /// Delivery date, where it differs.
    pub delivery_on: Option<NaiveDate>,
    /// What else differs, such as the price.
    pub note: String,
    /// Quantities that differ, by position.
    pub quantities: Vec<(i32, Quantity)>,
    /// Whether anything differs.
    pub differs: bool,
    /// What the buyer said to it.
    pub answer: Option<ConfirmationAnswer>,
    /// Who noted it, or by which link the supplier answered itself.
    pub by: By,
    /// Name of whoever noted it, if visible.
    pub person: String,
    /// When it was noted.
    pub at: DateTime<Utc>,
}

/// Where a confirmation comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A person noted it.
    Person(PersonId),
    /// The supplier answered by its one-time link: SHA-256 of the token.
    Link([u8; 32]),
}

/// What the buyer says to a confirmation that differs.
#[derive(Debug, Clone)]
pub struct ConfirmationAnswer {
    /// Accepted, else objected to.
    pub accepted: bool,
    /// Why.
    pub reason: String,
    /// Who answered, if visible.
    pub person: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes a confirmation.
pub async fn insert(conn: &mut PgConnection, call_off: &CallOff, new: &Confirmation) -> Result<(), StorageError> {
    let (person, link) = match &new.by {
        By::Person(person) => (Some(person.0), None),
        By::Link(sha256) => (None, Some(&sha256[..])),
    };
    sqlx::query!(
        "INSERT INTO supplier_confirmation (contract_id, id, call_off_id, confirmed_on, reference, delivery_on, note, differs, person_id, at, link_sha256)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        call_off.contract.0,
        new.id,
        call_off.id.0,
        new.confirmed_on,
        new.reference,
        new.delivery_on,
        new.note,
        new.differs,
        person,
        new.at,
        link
    )
    .execute(&mut *conn)
    .await?;
    let (positions, quantities): (Vec<i32>, Vec<_>) =
        new.quantities.iter().map(|(position, quantity)| (*position, quantity.decimal())).unzip();
    sqlx::query!(
        "INSERT INTO confirmed_quantity (contract_id, call_off_id, confirmation_id, position, quantity)
         SELECT $1, $2, $3, line.* FROM unnest($4::int[], $5::numeric[]) AS line",
        call_off.contract.0,
        call_off.id.0,
        new.id,
        &positions,
        &quantities
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes what the buyer says to a confirmation.
pub async fn insert_answer(
    conn: &mut PgConnection,
    call_off: &CallOff,
    confirmation: Uuid,
    accepted: bool,
    reason: &str,
    by: PersonId,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO confirmation_answer (contract_id, call_off_id, confirmation_id, decision, reason, person_id, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        call_off.contract.0,
        call_off.id.0,
        confirmation,
        if accepted { "accepted" } else { "objected" },
        reason,
        by.0,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The confirmations of an order, oldest first.
pub async fn of_call_off(conn: &mut PgConnection, call_off: &CallOff) -> Result<Vec<Confirmation>, StorageError> {
    let quantities = sqlx::query!(
        "SELECT confirmation_id, position, quantity FROM confirmed_quantity
         WHERE contract_id = $1 AND call_off_id = $2
         ORDER BY position",
        call_off.contract.0,
        call_off.id.0
    )
    .fetch_all(&mut *conn)
    .await?;
    let rows = sqlx::query!(
        r#"SELECT s.id, s.confirmed_on, s.reference, s.delivery_on, s.note, s.differs, s.person_id, s.link_sha256, coalesce(n.name, '') AS "person!", s.at,
                  a.decision AS "decision?", a.reason AS "answer_reason?", a.at AS "answered_at?", coalesce(m.name, '') AS "answered_by!"
           FROM supplier_confirmation s
           LEFT JOIN confirmation_answer a ON a.contract_id = s.contract_id AND a.confirmation_id = s.id
           LEFT JOIN person n ON n.id = s.person_id
           LEFT JOIN person m ON m.id = a.person_id
           WHERE s.contract_id = $1 AND s.call_off_id = $2
           ORDER BY s.at, s.id"#,
        call_off.contract.0,
        call_off.id.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let own = quantities.iter().filter(|it| it.confirmation_id == row.id).map(|it| {
                let quantity = consistent(Quantity::new(it.quantity), "confirmed_quantity", "quantity", row.id)?;
                Ok((it.position, quantity))
            });
            let by = match (row.person_id, row.link_sha256.and_then(|it| it.try_into().ok())) {
                (Some(person), _) => By::Person(PersonId(person)),
                (None, Some(link)) => By::Link(link),
                (None, None) => {
                    return Err(StorageError::Inconsistent {
                        table: "supplier_confirmation",
                        column: "link_sha256",
                        row: row.id.to_string(),
                        what: "neither a person nor a link of 32 bytes".to_owned(),
                    });
                }
            };
            let answer = row.decision.zip(row.answer_reason).zip(row.answered_at);
            Ok(Confirmation {
                id: row.id,
                confirmed_on: row.confirmed_on,
                reference: row.reference,
                delivery_on: row.delivery_on,
                note: row.note,
                quantities: own.collect::<Result<_, StorageError>>()?,
                differs: row.differs,
                answer: answer.map(|((decision, reason), at)| ConfirmationAnswer {
                    accepted: decision == "accepted",
                    reason,
                    person: row.answered_by,
                    at,
                }),
                by,
                person: row.person,
                at: row.at,
            })
        })
        .collect()
}
