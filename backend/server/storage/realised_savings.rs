//! The books of realised and audited savings beside the plan (`abruf_domain::savings` says what they mean): entries
//! are written as differences in the transaction of the event that makes them, each once per event and account.

use abruf_domain::call_off::Status;
use abruf_domain::ids::{BaselineId, CallOffId, ContractId};
use abruf_domain::money::Net;
use abruf_domain::period::berlin_date;
use abruf_domain::savings::METHOD_VERSION;
use abruf_domain::savings::realised::{Account, Amounts, Billed, LineSoFar, OrderSoFar, difference, realised};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::CallOff;
use super::error::consistent;
use super::{invoices, order_lines};

/// Position of an invoice that stands for the small-order surcharge.
const SURCHARGE: i32 = 0;

/// Source of an entry that is there because a baseline counts no more.
const CORRECTION: &str = "correction";

/// What made an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    kind: &'static str,
    id: Uuid,
}

impl Source {
    /// A delivery was noted.
    #[must_use]
    pub const fn delivery(id: Uuid) -> Self {
        Self { kind: "delivery", id }
    }

    /// An invoice was noted.
    #[must_use]
    pub const fn invoice(id: Uuid) -> Self {
        Self { kind: "invoice", id }
    }

    /// An invoice counts no more.
    #[must_use]
    pub const fn invoice_cancelled(id: Uuid) -> Self {
        Self { kind: "invoice_cancelled", id }
    }

    /// A quantity was taken back.
    #[must_use]
    pub const fn rest(id: Uuid) -> Self {
        Self { kind: "rest", id }
    }

    /// A baseline counts no more; the id is that of its withdrawal.
    #[must_use]
    pub const fn correction(id: Uuid) -> Self {
        Self { kind: CORRECTION, id }
    }

    /// The order was noted as invoiced in a word; the id is that of the step.
    #[must_use]
    pub const fn settled(id: Uuid) -> Self {
        Self { kind: "settled", id }
    }
}

/// What is booked of a call-off, by book and account. Books are never added to each other.
#[derive(Debug, Clone, Default)]
pub struct Books {
    /// Planned: release, cancellations and corrections.
    pub planned: Vec<(Account, Amounts)>,
    /// Realised.
    pub realised: Vec<(Account, Amounts)>,
    /// Audited.
    pub audited: Vec<(Account, Amounts)>,
}

/// The books of a call-off as far as they are visible.
pub async fn books(conn: &mut PgConnection, contract: ContractId, call_off: CallOffId) -> Result<Books, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT CASE WHEN stage IN ('realised', 'audited') THEN stage ELSE 'planned' END AS "book!", position, class, baseline_id,
                  sum(baseline_net) AS "baseline_net!", sum(effect_net) AS "effect_net!", sum(surcharge_net) AS "surcharge_net!",
                  sum(fee_net) AS "fee_net!", sum(order_net) AS "order_net!"
           FROM savings_entry
           WHERE contract_id = $1 AND call_off_id = $2
           GROUP BY 1, position, class, baseline_id
           ORDER BY position NULLS LAST, class, baseline_id"#,
        contract.0,
        call_off.0
    )
    .fetch_all(conn)
    .await?;
    let mut books = Books::default();
    for row in rows {
        let net = |value, column| consistent(Net::new(value), "savings_entry", column, call_off);
        let amounts = Amounts {
            baseline: net(row.baseline_net, "baseline_net")?,
            effect: net(row.effect_net, "effect_net")?,
            surcharge: net(row.surcharge_net, "surcharge_net")?,
            fee: net(row.fee_net, "fee_net")?,
            net: net(row.order_net, "order_net")?,
        };
        let account = Account { position: row.position, class: row.class, baseline: row.baseline_id.map(BaselineId) };
        let book = match row.book.as_str() {
            "realised" => &mut books.realised,
            "audited" => &mut books.audited,
            _ => &mut books.planned,
        };
        book.push((account, amounts));
    }
    Ok(books)
}

/// What is realised of an order in this state, computed from its plan, its deliveries and its invoices.
pub async fn target(
    conn: &mut PgConnection,
    call_off: &CallOff,
    status: Status,
    planned: &[(Account, Amounts)],
) -> Result<Vec<(Account, Amounts)>, StorageError> {
    let invoices = invoices::of_call_off(&mut *conn, call_off).await?;
    let counting = || invoices.iter().filter(|invoice| invoice.counts()).flat_map(|invoice| &invoice.lines);
    let lines: Vec<LineSoFar> = order_lines::of_call_off(conn, call_off)
        .await?
        .into_iter()
        .map(|line| LineSoFar {
            position: line.position,
            quantity: line.quantity,
            unit_price: line.unit_price,
            performance: call_off.details.performance.filter(|_| line.monthly),
            delivered: line.delivered,
            billed: counting()
                .filter(|billed| billed.position == line.position)
                .map(|it| Billed { quantity: it.quantity, net: it.net, performance: it.performance })
                .collect(),
        })
        .collect();
    let surcharges: Vec<Net> = counting().filter(|it| it.position == SURCHARGE).map(|it| it.net).collect();
    Ok(realised(&OrderSoFar {
        planned,
        lines: &lines,
        surcharge_billed: (!surcharges.is_empty()).then(|| surcharges.into_iter().sum()),
        settled: matches!(status, Status::Invoiced | Status::Closed),
    }))
}

/// Books what an event changes in what is realised of an order, which is in state `status` after it. Whether it changes
/// anything.
pub async fn book(
    conn: &mut PgConnection,
    call_off: &CallOff,
    status: Status,
    source: Source,
    new_id: impl Fn() -> Uuid,
    at: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let books = books(&mut *conn, call_off.contract, call_off.id).await?;
    let target = target(&mut *conn, call_off, status, &books.planned).await?;
    let entries = difference(&target, &books.realised);
    insert(conn, call_off, "realised", source, &entries, new_id, at).await?;
    Ok(!entries.is_empty())
}

/// Takes back all that counts as audited of an order: the auditor has seen a comparison that counts no more, and has to look
/// again. Whether there was anything.
pub async fn take_back_audited(
    conn: &mut PgConnection,
    call_off: &CallOff,
    source: Source,
    new_id: impl Fn() -> Uuid,
    at: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let books = books(&mut *conn, call_off.contract, call_off.id).await?;
    let entries = difference(&[], &books.audited);
    insert(conn, call_off, "audited", source, &entries, new_id, at).await?;
    Ok(!entries.is_empty())
}

/// Books what a mark changes in what counts as audited: what is visible as realised now, or nothing after an objection.
pub async fn book_mark(
    conn: &mut PgConnection,
    call_off: &CallOff,
    mark: Uuid,
    checked: bool,
    new_id: impl Fn() -> Uuid,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    let books = books(&mut *conn, call_off.contract, call_off.id).await?;
    let target = if checked { &books.realised[..] } else { &[] };
    let entries = difference(target, &books.audited);
    insert(conn, call_off, "audited", Source { kind: "mark", id: mark }, &entries, new_id, at).await
}

async fn insert(
    conn: &mut PgConnection,
    call_off: &CallOff,
    stage: &str,
    source: Source,
    entries: &[(Account, Amounts)],
    new_id: impl Fn() -> Uuid,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    if entries.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = entries.iter().map(|_| new_id()).collect();
    let positions: Vec<Option<i32>> = entries.iter().map(|(account, _)| account.position).collect();
    let classes: Vec<String> = entries.iter().map(|(account, _)| account.class.clone()).collect();
    let baselines: Vec<Option<Uuid>> =
        entries.iter().map(|(account, _)| account.baseline.map(|baseline| baseline.0)).collect();
    let column =
        |of: fn(&Amounts) -> Net| entries.iter().map(|(_, amounts)| of(amounts).decimal()).collect::<Vec<Decimal>>();
    sqlx::query!(
        "INSERT INTO savings_entry (contract_id, call_off_id, body_id, member_id, stage, method_version, dated_on, at, source_kind, source_id,
                                    correction_id,
                                    id, position, class, baseline_id, baseline_net, effect_net, surcharge_net, fee_net, order_net)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $20, entry.*
         FROM unnest($11::uuid[], $12::int[], $13::text[], $14::uuid[], $15::numeric[], $16::numeric[], $17::numeric[],
                     $18::numeric[], $19::numeric[]) AS entry",
        call_off.contract.0,
        call_off.id.0,
        call_off.body.0,
        call_off.member.0,
        stage,
        METHOD_VERSION,
        berlin_date(at),
        at,
        source.kind,
        source.id,
        &ids,
        &positions as &[Option<i32>],
        &classes,
        &baselines as &[Option<Uuid>],
        &column(|it| it.baseline),
        &column(|it| it.effect),
        &column(|it| it.surcharge),
        &column(|it| it.fee),
        &column(|it| it.net),
        (source.kind == CORRECTION).then_some(source.id),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// When a correction last took back what counted as audited of a call-off, with no mark since: the auditor has to look again.
pub async fn mark_to_renew(
    conn: &mut PgConnection,
    contract: ContractId,
    call_off: CallOffId,
) -> Result<Option<DateTime<Utc>>, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT max(e.at)
           FROM savings_entry e
           WHERE e.contract_id = $1 AND e.call_off_id = $2 AND e.stage = 'audited' AND e.source_kind = 'correction'
             AND NOT EXISTS (SELECT FROM savings_mark m
                             WHERE m.contract_id = e.contract_id AND m.call_off_id = e.call_off_id AND e.at < m.at)"#,
        contract.0,
        call_off.0
    )
    .fetch_one(conn)
    .await?)
}

/// A call-off whose savings have to be looked at.
#[derive(Debug, Clone)]
pub struct Booked {
    /// Call-off.
    pub id: CallOffId,
    /// Its number.
    pub label: String,
    /// Currency of its contract.
    pub currency: String,
}

/// Every order of which something arrived or is booked as realised or audited.
pub async fn begun(conn: &mut PgConnection) -> Result<Vec<Booked>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT c.id, coalesce(c.number, c.case_number) AS "label!", f.currency
           FROM call_off c
           JOIN framework_contract f ON f.id = c.contract_id
           WHERE EXISTS (SELECT FROM call_off_line l WHERE l.contract_id = c.contract_id AND l.call_off_id = c.id AND l.delivered > 0)
              OR EXISTS (SELECT FROM savings_entry e WHERE e.contract_id = c.contract_id AND e.call_off_id = c.id
                                                       AND e.stage IN ('realised', 'audited'))
           ORDER BY 2"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| Booked { id: CallOffId(row.id), label: row.label, currency: row.currency }).collect())
}
