//! Quantities taken back from orders that otherwise stand.

use abruf_domain::cancellation::{CancelledQuantity, Cut, PriceOfRest};
use abruf_domain::ids::{ContractId, PersonId};
use abruf_domain::money::{Net, Quantity, UnitPrice};
use abruf_domain::pricing::PricedCallOff;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::{Amounts, CallOff};
use super::error::{affected, consistent, stored_key};

/// Why a quantity was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It is not needed any more (Teilstornierung).
    Partial,
    /// It will not be delivered any more (Restmenge geschlossen).
    ShortClose,
}

impl Kind {
    /// The key in the database.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Partial => "partial",
            Self::ShortClose => "short_close",
        }
    }

    /// What it does to the price of the rest, in a contract with this rule. Who delivers too little does not earn
    /// another price: what has arrived was ordered at the price of the order.
    #[must_use]
    pub const fn price_of_rest(self, rule: PriceOfRest) -> PriceOfRest {
        match self {
            Self::Partial => rule,
            Self::ShortClose => PriceOfRest::PriceAsOrdered,
        }
    }
}

/// A partial cancellation as far as amounts depend on it, as the database puts it into JSON.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StoredCut {
    kind: Kind,
    quantities: Vec<CancelledQuantity>,
}

impl StoredCut {
    /// What it does in a contract with this rule.
    #[must_use]
    pub fn with(&self, rule: PriceOfRest) -> Cut<'_> {
        Cut { quantities: &self.quantities, rule: self.kind.price_of_rest(rule) }
    }
}

/// A partial cancellation.
#[derive(Debug, Clone)]
pub struct PartialCancellation {
    /// Which.
    pub id: Uuid,
    /// Counts those of the order, from 1.
    pub sequence: i32,
    /// Why it could be taken back.
    pub kind: Kind,
    /// The reason given.
    pub reason: String,
    /// Net value that became free; negative where a rest priced anew costs more than before.
    pub freed: Net,
    /// Whether the rest has other prices than before.
    pub priced_anew: bool,
    /// Who cancelled.
    pub by: PersonId,
    /// Their name, if visible.
    pub person: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What was taken back.
    pub quantities: Vec<CancelledQuantity>,
}

/// What the contract says about the price of the rest.
pub async fn price_of_rest(conn: &mut PgConnection, contract: ContractId) -> Result<PriceOfRest, StorageError> {
    let rule = sqlx::query_scalar!("SELECT price_of_rest FROM framework_contract WHERE id = $1", contract.0)
        .fetch_one(conn)
        .await?;
    stored_key(&rule, "framework_contract", "price_of_rest", contract)
}

/// The partial cancellations of an order, oldest first.
pub async fn of_call_off(
    conn: &mut PgConnection,
    call_off: &CallOff,
) -> Result<Vec<PartialCancellation>, StorageError> {
    let quantities = sqlx::query!(
        "SELECT cancellation_id, position, quantity FROM cancelled_quantity
         WHERE contract_id = $1 AND call_off_id = $2
         ORDER BY position",
        call_off.contract.0,
        call_off.id.0
    )
    .fetch_all(&mut *conn)
    .await?;
    let rows = sqlx::query!(
        r#"SELECT p.id, p.sequence, p.kind, p.reason, p.freed_net, p.priced_anew, p.person_id, coalesce(n.name, '') AS "person!", p.at
           FROM partial_cancellation p
           LEFT JOIN person n ON n.id = p.person_id
           WHERE p.contract_id = $1 AND p.call_off_id = $2
           ORDER BY p.sequence"#,
        call_off.contract.0,
        call_off.id.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let own = quantities.iter().filter(|it| it.cancellation_id == row.id).map(|it| {
                let quantity = consistent(Quantity::new(it.quantity), "cancelled_quantity", "quantity", row.id)?;
                Ok(CancelledQuantity { position: it.position, quantity })
            });
            Ok(PartialCancellation {
                id: row.id,
                sequence: row.sequence,
                kind: if row.kind == Kind::ShortClose.key() { Kind::ShortClose } else { Kind::Partial },
                reason: row.reason,
                freed: consistent(Net::new(row.freed_net), "partial_cancellation", "freed_net", row.id)?,
                priced_anew: row.priced_anew,
                by: PersonId(row.person_id),
                person: row.person,
                at: row.at,
                quantities: own.collect::<Result<_, StorageError>>()?,
            })
        })
        .collect()
}

/// Writes a partial cancellation with its quantities.
pub async fn insert(
    conn: &mut PgConnection,
    call_off: &CallOff,
    new: &PartialCancellation,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO partial_cancellation (contract_id, id, call_off_id, sequence, kind, reason, freed_net, priced_anew, person_id, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        call_off.contract.0,
        new.id,
        call_off.id.0,
        new.sequence,
        new.kind.key(),
        new.reason,
        new.freed.decimal(),
        new.priced_anew,
        new.by.0,
        new.at
    )
    .execute(&mut *conn)
    .await?;
    let positions: Vec<i32> = new.quantities.iter().map(|it| it.position).collect();
    let quantities: Vec<_> = new.quantities.iter().map(|it| it.quantity.decimal()).collect();
    sqlx::query!(
        "INSERT INTO cancelled_quantity (contract_id, cancellation_id, call_off_id, position, quantity)
         SELECT $1, $2, $3, line.* FROM unnest($4::int[], $5::numeric[]) AS line",
        call_off.contract.0,
        new.id,
        call_off.id.0,
        &positions,
        &quantities
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What is left of an order: its lines and amounts. Nothing that was delivered can be taken back
/// (`call_off_line_delivered_within_order`).
pub async fn write_rest(
    conn: &mut PgConnection,
    call_off: &CallOff,
    rest: &PricedCallOff,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let positions: Vec<i32> = rest.lines.iter().map(|line| line.position).collect();
    let quantities: Vec<_> = rest.lines.iter().map(|line| line.quantity.decimal()).collect();
    let nets: Vec<_> = rest.lines.iter().map(|line| line.net.unwrap_or(Net::ZERO).decimal()).collect();
    let prices: Vec<Option<Decimal>> = rest
        .lines
        .iter()
        .map(|line| line.unit_price.as_ref().and_then(|price| price.parse().ok()).map(UnitPrice::decimal))
        .collect();
    sqlx::query!(
        "UPDATE call_off_line l
         SET cancelled = l.cancelled + l.quantity - coalesce(rest.quantity, 0), quantity = coalesce(rest.quantity, 0),
             net = coalesce(rest.net, 0), unit_price = coalesce(rest.unit_price, l.unit_price)
         FROM call_off_line own
         LEFT JOIN unnest($3::int[], $4::numeric[], $5::numeric[], $6::numeric[]) AS rest (position, quantity, net, unit_price)
              ON rest.position = own.position
         WHERE own.contract_id = $1 AND own.call_off_id = $2
           AND l.contract_id = own.contract_id AND l.call_off_id = own.call_off_id AND l.position = own.position",
        call_off.contract.0,
        call_off.id.0,
        &positions,
        &quantities,
        &nets,
        &prices as &[Option<Decimal>],
    )
    .execute(&mut *conn)
    .await?;
    let amounts = Amounts::from(rest);
    let done = sqlx::query!(
        "UPDATE call_off
         SET net = $2, surcharge_net = $3, vat = $4, gross = $5, changed_at = $6, version = version + 1
         WHERE id = $1",
        call_off.id.0,
        amounts.net.decimal(),
        amounts.surcharge.decimal(),
        amounts.vat.decimal(),
        amounts.gross.decimal(),
        now
    )
    .execute(conn)
    .await?;
    affected("write what is left of an order", 1, done.rows_affected())
}
