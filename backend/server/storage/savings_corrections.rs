//! Savings entries of released orders where a baseline counts no more: dated entries for the difference. What was released
//! stays as it is.

use abruf_domain::ids::{BaselineId, CallOffId, ContractId};
use abruf_domain::money::Net;
use abruf_domain::period::berlin_date;
use abruf_domain::savings::{METHOD_VERSION, Savings};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::CallOff;
use super::error::consistent;
use super::savings::Planned;

/// Orders that count this baseline now, by number: what was cancelled or corrected to nothing is not among them.
pub async fn orders_counting(
    conn: &mut PgConnection,
    contract: ContractId,
    baseline: BaselineId,
) -> Result<Vec<CallOffId>, StorageError> {
    let rows = sqlx::query_scalar!(
        r#"SELECT call_off_id AS "call_off_id!"
           FROM planned_savings
           WHERE contract_id = $1 AND baseline_id = $2
           GROUP BY call_off_id
           HAVING sum(baseline_net) <> 0 OR sum(order_net) <> 0
           ORDER BY call_off_id"#,
        contract.0,
        baseline.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(CallOffId).collect())
}

/// Writes the difference between what the lines of an order are planned to save by now and what they save against the
/// baselines that still count. Returns how much the effect changes.
pub async fn insert(
    conn: &mut PgConnection,
    call_off: &CallOff,
    correction: Uuid,
    counts_now: &Savings,
    new_id: impl Fn() -> Uuid,
    at: DateTime<Utc>,
) -> Result<Net, StorageError> {
    let standing = sqlx::query!(
        r#"SELECT position AS "position!", class AS "class!", baseline_id, sum(baseline_net) AS "baseline_net!", sum(effect_net) AS "effect_net!",
                  sum(order_net) AS "order_net!"
           FROM planned_savings
           WHERE contract_id = $1 AND call_off_id = $2 AND position IS NOT NULL
           GROUP BY position, class, baseline_id
           ORDER BY position, class, baseline_id"#,
        call_off.contract.0,
        call_off.id.0
    )
    .fetch_all(&mut *conn)
    .await?;
    let target = Planned::of(counts_now, &new_id);
    let mut differences: Vec<(i32, String, Option<Uuid>, [Decimal; 3])> = Vec::new();
    for row in standing {
        let minus = [row.baseline_net, row.effect_net, row.order_net].map(|amount| -amount);
        differences.push((row.position, row.class, row.baseline_id, minus));
    }
    for at in 0..target.ids.len() {
        let Some(position) = target.positions[at] else { continue };
        let (class, baseline) = (&target.classes[at], target.baselines[at]);
        let plus = [target.baseline_nets[at], target.effects[at], target.order_nets[at]];
        match differences.iter_mut().find(|it| it.0 == position && it.1 == *class && it.2 == baseline) {
            Some((.., amounts)) => {
                for (amount, more) in amounts.iter_mut().zip(plus) {
                    *amount += more;
                }
            }
            None => differences.push((position, class.clone(), baseline, plus)),
        }
    }
    differences.retain(|(.., amounts)| amounts.iter().any(|amount| !amount.is_zero()));
    let change: Decimal = differences.iter().map(|(.., [_, effect, _])| *effect).sum();
    let ids: Vec<Uuid> = differences.iter().map(|_| new_id()).collect();
    let positions: Vec<i32> = differences.iter().map(|it| it.0).collect();
    let classes: Vec<String> = differences.iter().map(|it| it.1.clone()).collect();
    let baselines: Vec<Option<Uuid>> = differences.iter().map(|it| it.2).collect();
    let column = |index: usize| differences.iter().map(|it| it.3[index]).collect::<Vec<Decimal>>();
    sqlx::query!(
        "INSERT INTO savings_entry (contract_id, call_off_id, body_id, member_id, stage, correction_id, method_version, dated_on, at,
                                    id, position, class, baseline_id, baseline_net, effect_net, order_net)
         SELECT $1, $2, $3, $4, 'corrected', $5, $6, $7, $8, entry.*
         FROM unnest($9::uuid[], $10::int[], $11::text[], $12::uuid[], $13::numeric[], $14::numeric[], $15::numeric[]) AS entry",
        call_off.contract.0,
        call_off.id.0,
        call_off.body.0,
        call_off.member.0,
        correction,
        METHOD_VERSION,
        berlin_date(at),
        at,
        &ids,
        &positions,
        &classes,
        &baselines as &[Option<Uuid>],
        &column(0),
        &column(1),
        &column(2),
    )
    .execute(conn)
    .await?;
    Ok(Net::rounded(change))
}

/// An order that was compared with a baseline, as far as the reader may see it.
#[derive(Debug, Clone)]
pub struct Use {
    /// The order.
    pub call_off: CallOffId,
    /// Its number.
    pub number: String,
    /// Its member.
    pub member: String,
    /// Day it began to count.
    pub dated_on: NaiveDate,
    /// What the baseline comes to, cancellations taken off, corrections not.
    pub baseline_net: Net,
    /// What it saves.
    pub effect: Net,
}

/// Sums of a list, whatever page of it is shown.
#[derive(Debug, Clone, Copy)]
pub struct Sums {
    /// Rows.
    pub rows: i64,
    /// What baselines come to.
    pub baseline_net: Net,
    /// Effect.
    pub effect: Net,
}

/// Orders released against a baseline, the newest first, beside the sums of all of them.
pub async fn uses(
    conn: &mut PgConnection,
    contract: ContractId,
    baseline: BaselineId,
    limit: i64,
    offset: i64,
) -> Result<(Vec<Use>, Sums), StorageError> {
    let rows = sqlx::query!(
        r#"SELECT e.call_off_id, coalesce(c.number, c.case_number) AS "number!", m.name, min(e.dated_on) AS "dated_on!",
                  sum(e.baseline_net) AS "baseline_net!", sum(e.effect_net) AS "effect_net!",
                  count(*) OVER () AS "rows!", (sum(sum(e.baseline_net)) OVER ()) AS "all_baseline_net!",
                  (sum(sum(e.effect_net)) OVER ()) AS "all_effect_net!"
           FROM savings_entry e
           JOIN call_off c ON c.contract_id = e.contract_id AND c.id = e.call_off_id
           JOIN organisation m ON m.id = e.member_id
           WHERE e.contract_id = $1 AND e.baseline_id = $2 AND e.stage IN ('planned', 'cancelled')
           GROUP BY e.call_off_id, c.number, c.case_number, m.name
           ORDER BY min(e.dated_on) DESC, e.call_off_id DESC
           LIMIT $3 OFFSET $4"#,
        contract.0,
        baseline.0,
        limit,
        offset
    )
    .fetch_all(conn)
    .await?;
    let net = |value, column| consistent(Net::new(value), "savings_entry", column, baseline);
    let sums = match rows.first() {
        None => Sums { rows: 0, baseline_net: Net::ZERO, effect: Net::ZERO },
        Some(row) => Sums {
            rows: row.rows,
            baseline_net: net(row.all_baseline_net, "baseline_net")?,
            effect: net(row.all_effect_net, "effect_net")?,
        },
    };
    let uses = rows.into_iter().map(|row| {
        Ok(Use {
            call_off: CallOffId(row.call_off_id),
            number: row.number,
            member: row.name,
            dated_on: row.dated_on,
            baseline_net: net(row.baseline_net, "baseline_net")?,
            effect: net(row.effect_net, "effect_net")?,
        })
    });
    Ok((uses.collect::<Result<_, StorageError>>()?, sums))
}

/// An entry that corrects an order because a baseline counts no more.
#[derive(Debug, Clone)]
pub struct Restatement {
    /// The order.
    pub call_off: CallOffId,
    /// Its number.
    pub number: String,
    /// Its member.
    pub member: String,
    /// planned, realised or audited: books that are never added.
    pub book: String,
    /// Line of the order; `None`: its costs, which are taken back with what was audited.
    pub position: Option<i32>,
    /// Class it moves.
    pub class: String,
    /// Whether it takes back what was counted; else it is what counts in its place.
    pub takes_back: bool,
    /// What baselines change by.
    pub baseline_net: Net,
    /// What the effect changes by.
    pub effect: Net,
    /// Day it counts.
    pub dated_on: NaiveDate,
}

/// Corrections because of this baseline by book, order and line.
pub async fn restatements(
    conn: &mut PgConnection,
    contract: ContractId,
    baseline: BaselineId,
    limit: i64,
    offset: i64,
) -> Result<Vec<Restatement>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT e.call_off_id, coalesce(c.number, c.case_number) AS "number!", m.name, e.position, e.class,
                  CASE e.stage WHEN 'corrected' THEN 'planned' ELSE e.stage END AS "book!",
                  (e.stage = 'audited' OR e.baseline_id IS NOT DISTINCT FROM $2) AS "takes_back!", e.baseline_net, e.effect_net, e.dated_on
           FROM baseline_withdrawal w
           JOIN savings_entry e ON e.contract_id = w.contract_id AND e.correction_id = w.id
           JOIN call_off c ON c.contract_id = e.contract_id AND c.id = e.call_off_id
           JOIN organisation m ON m.id = e.member_id
           WHERE w.contract_id = $1 AND w.baseline_id = $2
           ORDER BY array_position(ARRAY['corrected', 'realised', 'audited'], e.stage), c.number, e.call_off_id, e.position NULLS LAST,
                    e.effect_net, e.id
           LIMIT $3 OFFSET $4"#,
        contract.0,
        baseline.0,
        limit,
        offset
    )
    .fetch_all(conn)
    .await?;
    let net = |value, column| consistent(Net::new(value), "savings_entry", column, baseline);
    let list = rows.into_iter().map(|row| {
        Ok(Restatement {
            call_off: CallOffId(row.call_off_id),
            number: row.number,
            member: row.name,
            book: row.book,
            position: row.position,
            class: row.class,
            takes_back: row.takes_back,
            baseline_net: net(row.baseline_net, "baseline_net")?,
            effect: net(row.effect_net, "effect_net")?,
            dated_on: row.dated_on,
        })
    });
    list.collect()
}

/// What the corrections because of this baseline come to, by book: planned, realised, audited.
pub async fn restated(
    conn: &mut PgConnection,
    contract: ContractId,
    baseline: BaselineId,
) -> Result<[Sums; 3], StorageError> {
    let rows = sqlx::query!(
        r#"SELECT e.stage AS "stage!", count(*) AS "rows!", sum(e.baseline_net) AS "baseline_net!", sum(e.effect_net) AS "effect_net!"
           FROM baseline_withdrawal w
           JOIN savings_entry e ON e.contract_id = w.contract_id AND e.correction_id = w.id
           WHERE w.contract_id = $1 AND w.baseline_id = $2
           GROUP BY e.stage"#,
        contract.0,
        baseline.0
    )
    .fetch_all(conn)
    .await?;
    let net = |value, column| consistent(Net::new(value), "savings_entry", column, baseline);
    let mut sums = [Sums { rows: 0, baseline_net: Net::ZERO, effect: Net::ZERO }; 3];
    for row in rows {
        let at = match row.stage.as_str() {
            "realised" => 1,
            "audited" => 2,
            _ => 0,
        };
        sums[at] = Sums {
            rows: row.rows,
            baseline_net: net(row.baseline_net, "baseline_net")?,
            effect: net(row.effect_net, "effect_net")?,
        };
    }
    Ok(sums)
}
