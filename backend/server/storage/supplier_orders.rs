//! Supplier orders: what the body orders from the supplier after a member has ordered in-house. One per
//! in-house order; it carries the VAT of the items and its own decision.

use abruf_domain::call_off::Status;
use abruf_domain::ids::{CallOffId, PersonId};
use abruf_domain::money::{Gross, Net, Vat};
use abruf_domain::supplier_order::State;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::StorageError;
use super::call_offs::{Amounts, CallOff};
use super::error::{affected, consistent, stored_key};

/// A supplier order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupplierOrder {
    /// Its number, that of the in-house order with -B.
    pub number: String,
    /// Where it stands.
    pub state: State,
    /// What it comes to, with the VAT of the items.
    pub amounts: Amounts,
    /// Who requested the in-house order.
    pub requester: PersonId,
    /// Who released the in-house order.
    pub releaser: PersonId,
    /// Who decided for the body; `None` while it waits and where it was cancelled before.
    pub decided_by: Option<PersonId>,
    /// Their name, if visible.
    pub decider: Option<String>,
    /// When they decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why it was refused.
    pub reason: String,
    /// Partial cancellations made before the approval: the order never held what they took back.
    pub parts_before: i32,
}

impl SupplierOrder {
    /// Whether the supplier was ever asked: then a cancellation has to reach it.
    #[must_use]
    pub fn was_approved(&self) -> bool {
        self.decided_by.is_some() && self.state != State::Refused
    }
}

/// Writes the order that waits for the body from the release of the in-house order on.
pub async fn insert(
    conn: &mut PgConnection,
    call_off: &CallOff,
    number: &str,
    releaser: PersonId,
    amounts: &Amounts,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO supplier_order (contract_id, call_off_id, number, supplier_id, net, surcharge_net, vat, gross,
                                     requester_id, releaser_id, created_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)",
        call_off.contract.0,
        call_off.id.0,
        number,
        call_off.supplier.0,
        amounts.net.decimal(),
        amounts.surcharge.decimal(),
        amounts.vat.decimal(),
        amounts.gross.decimal(),
        call_off.requester.0,
        releaser.0,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The supplier order behind an in-house order; `None` where the member orders from the supplier itself, and
/// before the release.
pub async fn of_call_off(conn: &mut PgConnection, call_off: &CallOff) -> Result<Option<SupplierOrder>, StorageError> {
    let row = sqlx::query!(
        r#"SELECT o.number, o.state, o.net, o.surcharge_net, o.vat, o.gross, o.requester_id, o.releaser_id, o.decided_by,
                  p.name AS "decider?", o.decided_at, o.reason, o.parts_before
           FROM supplier_order o
           LEFT JOIN person p ON p.id = o.decided_by
           WHERE o.contract_id = $1 AND o.call_off_id = $2"#,
        call_off.contract.0,
        call_off.id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let id = call_off.id;
        Ok(SupplierOrder {
            number: row.number,
            state: stored_key(&row.state, "supplier_order", "state", id)?,
            amounts: Amounts {
                net: consistent(Net::new(row.net), "supplier_order", "net", id)?,
                surcharge: consistent(Net::new(row.surcharge_net), "supplier_order", "surcharge_net", id)?,
                vat: consistent(Vat::new(row.vat), "supplier_order", "vat", id)?,
                gross: consistent(Gross::new(row.gross), "supplier_order", "gross", id)?,
            },
            requester: PersonId(row.requester_id),
            releaser: PersonId(row.releaser_id),
            decided_by: row.decided_by.map(PersonId),
            decider: row.decider,
            decided_at: row.decided_at,
            reason: row.reason,
            parts_before: row.parts_before,
        })
    })
    .transpose()
}

/// What the body decided.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'a> {
    /// Approved or refused.
    pub to: State,
    /// Who decided.
    pub by: PersonId,
    /// Why, for a refusal.
    pub reason: &'a str,
    /// Partial cancellations so far.
    pub parts_before: i32,
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes the decision on an order that waits.
pub async fn decide(conn: &mut PgConnection, call_off: &CallOff, decision: &Decision<'_>) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE supplier_order
         SET state = $3, decided_by = $4, decided_at = $5, reason = $6, parts_before = $7, changed_at = $5, version = version + 1
         WHERE contract_id = $1 AND call_off_id = $2 AND state = 'waiting'",
        call_off.contract.0,
        call_off.id.0,
        decision.to.key(),
        decision.by.0,
        decision.at,
        decision.reason,
        decision.parts_before
    )
    .execute(conn)
    .await?;
    affected("decide on a supplier order", 1, done.rows_affected())
}

/// Cancels it with its in-house order.
pub async fn cancel(conn: &mut PgConnection, call_off: &CallOff, at: DateTime<Utc>) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE supplier_order SET state = 'cancelled', changed_at = $3, version = version + 1
         WHERE contract_id = $1 AND call_off_id = $2 AND state IN ('waiting', 'approved')",
        call_off.contract.0,
        call_off.id.0,
        at
    )
    .execute(conn)
    .await?;
    affected("cancel a supplier order", 1, done.rows_affected())
}

/// Writes what is left of it after quantities of the in-house order were taken back.
pub async fn write_rest(
    conn: &mut PgConnection,
    call_off: &CallOff,
    rest: &Amounts,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE supplier_order
         SET net = $3, surcharge_net = $4, vat = $5, gross = $6, changed_at = $7, version = version + 1
         WHERE contract_id = $1 AND call_off_id = $2 AND state IN ('waiting', 'approved')",
        call_off.contract.0,
        call_off.id.0,
        rest.net.decimal(),
        rest.surcharge.decimal(),
        rest.vat.decimal(),
        rest.gross.decimal(),
        at
    )
    .execute(conn)
    .await?;
    affected("write the rest of a supplier order", 1, done.rows_affected())
}

/// A supplier order in the list of the body.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The in-house order, whose id is also the address of the supplier order.
    pub call_off: CallOffId,
    /// Its number.
    pub number: String,
    /// Number of the in-house order.
    pub in_house_number: String,
    /// Where it stands.
    pub state: State,
    /// For whom.
    pub member: String,
    /// From whom.
    pub supplier: String,
    /// Contract number and title.
    pub contract: String,
    /// ISO 4217.
    pub currency: String,
    /// Net value.
    pub net: Net,
    /// Gross value with the VAT of the items.
    pub gross: Gross,
    /// Release of the in-house order.
    pub created_at: DateTime<Utc>,
    /// Whether this person requested or released the in-house order and may not decide.
    pub own: bool,
}

/// The visible supplier orders, those that wait first and the oldest of them on top, then the latest.
/// `waiting` leaves the others out.
pub async fn list(
    conn: &mut PgConnection,
    person: PersonId,
    waiting: bool,
    limit: i64,
) -> Result<Vec<Listed>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT o.call_off_id, o.number, c.number AS "in_house_number!", o.state, m.name AS member, s.name AS supplier,
                  f.number || ' ' || f.title AS "contract!", f.currency, o.net, o.gross, o.created_at,
                  $1 IN (o.requester_id, o.releaser_id) AS "own!"
           FROM supplier_order o
           JOIN call_off c ON c.contract_id = o.contract_id AND c.id = o.call_off_id
           JOIN framework_contract f ON f.id = o.contract_id
           JOIN organisation m ON m.id = c.member_id
           JOIN organisation s ON s.id = o.supplier_id
           WHERE o.state = 'waiting' OR NOT $2
           ORDER BY o.state <> 'waiting', CASE WHEN o.state = 'waiting' THEN o.created_at END, o.changed_at DESC, o.number
           LIMIT $3"#,
        person.0,
        waiting,
        limit
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let id = CallOffId(row.call_off_id);
            Ok(Listed {
                call_off: id,
                number: row.number,
                in_house_number: row.in_house_number,
                state: stored_key(&row.state, "supplier_order", "state", id)?,
                member: row.member,
                supplier: row.supplier,
                contract: row.contract,
                currency: row.currency,
                net: consistent(Net::new(row.net), "supplier_order", "net", id)?,
                gross: consistent(Gross::new(row.gross), "supplier_order", "gross", id)?,
                created_at: row.created_at,
                own: row.own,
            })
        })
        .collect()
}

/// How many visible supplier orders wait.
pub async fn waiting(conn: &mut PgConnection) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM supplier_order WHERE state = 'waiting'"#)
        .fetch_one(conn)
        .await?)
}

/// An in-house order beside its supplier order.
#[derive(Debug, Clone)]
pub struct PairSums {
    /// Number of the in-house order.
    pub in_house: String,
    /// Its state.
    pub status: Status,
    /// Its net value.
    pub net: Option<Decimal>,
    /// ISO 4217.
    pub currency: String,
    /// Number, state, net value of the supplier order, and whether it was ever approved; `None` where there is none.
    pub of_supplier: Option<(String, State, Decimal, bool)>,
    /// Partial cancellations after its approval.
    pub parts: i64,
    /// New delivery dates accepted after its approval.
    pub delivery_changes: i64,
    /// Documents made.
    pub documents: Vec<String>,
    /// Work still to be done.
    pub work: Vec<String>,
}

/// Every pair, for `abruf verify`; an in-house order without its supplier order too.
pub async fn pairs(conn: &mut PgConnection) -> Result<Vec<PairSums>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT c.number AS "in_house!", c.status, c.net, f.currency, o.number AS "number?", o.state AS "state?", o.net AS "of_supplier?",
                  (o.decided_by IS NOT NULL AND o.state <> 'refused') AS "approved?",
                  (SELECT count(*) FROM partial_cancellation p
                   WHERE p.contract_id = c.contract_id AND p.call_off_id = c.id AND o.parts_before < p.sequence) AS "parts!",
                  (SELECT count(*) FROM supplier_confirmation n
                   JOIN confirmation_answer a ON a.contract_id = n.contract_id AND a.confirmation_id = n.id
                   WHERE n.contract_id = c.contract_id AND n.call_off_id = c.id AND n.delivery_on IS NOT NULL
                     AND a.decision = 'accepted' AND o.decided_at <= a.at) AS "delivery_changes!",
                  ARRAY(SELECT d.kind FROM document d WHERE d.contract_id = c.contract_id AND d.call_off_id = c.id) AS "documents!",
                  ARRAY(SELECT w.kind FROM outbox w
                        WHERE w.contract_id = c.contract_id AND w.call_off_id = c.id AND w.done_at IS NULL) AS "work!"
           FROM call_off c
           JOIN framework_contract f ON f.id = c.contract_id
           LEFT JOIN supplier_order o ON o.contract_id = c.contract_id AND o.call_off_id = c.id
           WHERE c.number IS NOT NULL AND f.supply_chain = 'through_body'
           ORDER BY 1"#
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let of_supplier = match (row.number, row.state, row.of_supplier, row.approved) {
                (Some(number), Some(state), Some(net), Some(approved)) => {
                    let state = stored_key(&state, "supplier_order", "state", &number)?;
                    Some((number, state, net, approved))
                }
                _ => None,
            };
            Ok(PairSums {
                status: stored_key(&row.status, "call_off", "status", &row.in_house)?,
                in_house: row.in_house,
                net: row.net,
                currency: row.currency,
                of_supplier,
                parts: row.parts,
                delivery_changes: row.delivery_changes,
                documents: row.documents,
                work: row.work,
            })
        })
        .collect()
}
