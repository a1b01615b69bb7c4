//! What arrived of an order.

use abruf_domain::ids::PersonId;
use abruf_domain::money::Quantity;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::CallOff;
use super::error::{affected, consistent};

/// A delivery.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Which.
    pub id: Uuid,
    /// Its date.
    pub delivered_on: NaiveDate,
    /// Number of the delivery note; empty where nobody named one.
    pub note_number: String,
    /// What arrived, by position.
    pub quantities: Vec<(i32, Quantity)>,
    /// Who noted it.
    pub by: PersonId,
    /// Their name, if visible.
    pub person: String,
    /// When it was noted.
    pub at: DateTime<Utc>,
}

/// Writes a delivery and counts it on its lines. More than stands is refused by
/// `call_off_line_delivered_within_order`.
pub async fn insert(conn: &mut PgConnection, call_off: &CallOff, new: &Delivery) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO delivery (contract_id, id, call_off_id, delivered_on, note_number, person_id, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        call_off.contract.0,
        new.id,
        call_off.id.0,
        new.delivered_on,
        new.note_number,
        new.by.0,
        new.at
    )
    .execute(&mut *conn)
    .await?;
    let (positions, quantities): (Vec<i32>, Vec<_>) =
        new.quantities.iter().map(|(position, quantity)| (*position, quantity.decimal())).unzip();
    sqlx::query!(
        "INSERT INTO delivered_quantity (contract_id, call_off_id, delivery_id, position, quantity)
         SELECT $1, $2, $3, line.* FROM unnest($4::int[], $5::numeric[]) AS line",
        call_off.contract.0,
        call_off.id.0,
        new.id,
        &positions,
        &quantities
    )
    .execute(&mut *conn)
    .await?;
    let done = sqlx::query!(
        "UPDATE call_off_line l
         SET delivered = l.delivered + part.quantity
         FROM unnest($3::int[], $4::numeric[]) AS part (position, quantity)
         WHERE l.contract_id = $1 AND l.call_off_id = $2 AND l.position = part.position",
        call_off.contract.0,
        call_off.id.0,
        &positions,
        &quantities
    )
    .execute(conn)
    .await?;
    affected("count what was delivered", u64::try_from(positions.len()).unwrap_or(0), done.rows_affected())
}

/// The deliveries of an order, oldest first.
pub async fn of_call_off(conn: &mut PgConnection, call_off: &CallOff) -> Result<Vec<Delivery>, StorageError> {
    let quantities = sqlx::query!(
        "SELECT delivery_id, position, quantity FROM delivered_quantity
         WHERE contract_id = $1 AND call_off_id = $2
         ORDER BY position",
        call_off.contract.0,
        call_off.id.0
    )
    .fetch_all(&mut *conn)
    .await?;
    let rows = sqlx::query!(
        r#"SELECT d.id, d.delivered_on, d.note_number, d.person_id, coalesce(n.name, '') AS "person!", d.at
           FROM delivery d
           LEFT JOIN person n ON n.id = d.person_id
           WHERE d.contract_id = $1 AND d.call_off_id = $2
           ORDER BY d.at, d.id"#,
        call_off.contract.0,
        call_off.id.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let own = quantities.iter().filter(|it| it.delivery_id == row.id).map(|it| {
                let quantity = consistent(Quantity::new(it.quantity), "delivered_quantity", "quantity", row.id)?;
                Ok((it.position, quantity))
            });
            Ok(Delivery {
                id: row.id,
                delivered_on: row.delivered_on,
                note_number: row.note_number,
                quantities: own.collect::<Result<_, StorageError>>()?,
                by: PersonId(row.person_id),
                person: row.person,
                at: row.at,
            })
        })
        .collect()
}
