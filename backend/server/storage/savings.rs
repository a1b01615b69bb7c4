//! Savings entries of released call-offs, and their counter entries.

use abruf_domain::ids::{CallOffId, ContractId, OrganisationId};
use abruf_domain::money::Net;
use abruf_domain::period::berlin_date;
use abruf_domain::savings::{LineEvidence, METHOD_VERSION, Savings};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::CallOff;
use super::error::consistent;

/// The planned entries of one release: one per line with its class, one for surcharge and fee (fully
/// against A), one for the process effect; `order_net` of all sums to the order value. Turned by ninety
/// degrees, as `unnest` takes them (`releases.rs`).
#[derive(Default)]
pub(super) struct Planned {
    pub ids: Vec<Uuid>,
    pub positions: Vec<Option<i32>>,
    pub classes: Vec<String>,
    pub baselines: Vec<Option<Uuid>>,
    pub baseline_nets: Vec<Decimal>,
    pub effects: Vec<Decimal>,
    pub surcharges: Vec<Decimal>,
    pub fees: Vec<Decimal>,
    pub order_nets: Vec<Decimal>,
}

impl Planned {
    pub fn of(savings: &Savings, new_id: impl Fn() -> Uuid) -> Self {
        let zero = Net::ZERO;
        let mut planned = Self::default();
        for line in &savings.lines {
            match line.evidence {
                LineEvidence::Valid { baseline, class } => planned.push(
                    new_id(),
                    Some(line.position),
                    class.key(),
                    Some(baseline.0),
                    [line.baseline, line.effect, zero, zero, line.line_net],
                ),
                LineEvidence::Stale { .. } | LineEvidence::Missing => {
                    planned.push(new_id(), Some(line.position), "none", None, [zero, zero, zero, zero, line.line_net]);
                }
            }
        }
        if !savings.surcharge.is_zero() || !savings.fee.is_zero() {
            planned.push(new_id(), None, "A", None, [zero, zero, savings.surcharge, savings.fee, savings.surcharge]);
        }
        if !savings.process_effect_noncash.is_zero() {
            planned.push(new_id(), None, "P", None, [zero, savings.process_effect_noncash, zero, zero, zero]);
        }
        planned
    }

    fn push(&mut self, id: Uuid, position: Option<i32>, class: &str, baseline: Option<Uuid>, amounts: [Net; 5]) {
        let [baseline_net, effect, surcharge, fee, order_net] = amounts.map(Net::decimal);
        self.ids.push(id);
        self.positions.push(position);
        self.classes.push(class.to_owned());
        self.baselines.push(baseline);
        self.baseline_nets.push(baseline_net);
        self.effects.push(effect);
        self.surcharges.push(surcharge);
        self.fees.push(fee);
        self.order_nets.push(order_net);
    }
}

/// Takes back what a partial cancellation costs in planned savings: counter entries for the difference between
/// what the entries sum to now and what the rest saves.
pub async fn insert_rest(
    conn: &mut PgConnection,
    call_off: &CallOff,
    rest: &Savings,
    new_id: impl Fn() -> Uuid,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    let now = sqlx::query!(
        r#"SELECT position, class AS "class!", baseline_id, sum(baseline_net) AS "baseline_net!", sum(effect_net) AS "effect_net!",
                  sum(surcharge_net) AS "surcharge_net!", sum(fee_net) AS "fee_net!", sum(order_net) AS "order_net!"
           FROM planned_savings
           WHERE contract_id = $1 AND call_off_id = $2
           GROUP BY position, class, baseline_id
           ORDER BY position NULLS LAST, class"#,
        call_off.contract.0,
        call_off.id.0
    )
    .fetch_all(&mut *conn)
    .await?;
    let target = Planned::of(rest, &new_id);
    let mut counter = Planned::default();
    for row in &now {
        let same = |at: &usize| {
            target.positions[*at] == row.position
                && target.classes[*at] == row.class
                && target.baselines[*at] == row.baseline_id
        };
        let at = (0..target.ids.len()).find(same);
        let becomes = |column: &[Decimal]| at.map_or(Decimal::ZERO, |at| column[at]);
        let difference = [
            becomes(&target.baseline_nets) - row.baseline_net,
            becomes(&target.effects) - row.effect_net,
            becomes(&target.surcharges) - row.surcharge_net,
            becomes(&target.fees) - row.fee_net,
            becomes(&target.order_nets) - row.order_net,
        ];
        if difference.iter().any(|amount| !amount.is_zero()) {
            counter.push(new_id(), row.position, &row.class, row.baseline_id, difference.map(Net::rounded));
        }
    }
    insert_counter(conn, call_off, &counter, at).await
}

async fn insert_counter(
    conn: &mut PgConnection,
    call_off: &CallOff,
    columns: &Planned,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO savings_entry (contract_id, call_off_id, body_id, member_id, stage, method_version, dated_on, at,
                                    id, position, class, baseline_id, baseline_net, effect_net, surcharge_net, fee_net, order_net)
         SELECT $1, $2, $3, $4, 'cancelled', $5, $6, $7, entry.*
         FROM unnest($8::uuid[], $9::int[], $10::text[], $11::uuid[], $12::numeric[], $13::numeric[], $14::numeric[],
                     $15::numeric[], $16::numeric[]) AS entry",
        call_off.contract.0,
        call_off.id.0,
        call_off.body.0,
        call_off.member.0,
        METHOD_VERSION,
        berlin_date(at),
        at,
        &columns.ids,
        &columns.positions as &[Option<i32>],
        &columns.classes,
        &columns.baselines as &[Option<Uuid>],
        &columns.baseline_nets,
        &columns.effects,
        &columns.surcharges,
        &columns.fees,
        &columns.order_nets,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes the planned savings of a cancelled call-off back by counter entries; what partial cancellations took back
/// before is countered with the rest. Nothing of it is realised: what was delivered is never cancelled.
pub async fn insert_cancelled(
    conn: &mut PgConnection,
    call_off: &CallOff,
    new_id: impl Fn() -> Uuid,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    let standing = sqlx::query_scalar!(
        r#"SELECT id AS "id!" FROM planned_savings
           WHERE contract_id = $1 AND call_off_id = $2
           ORDER BY id"#,
        call_off.contract.0,
        call_off.id.0
    )
    .fetch_all(&mut *conn)
    .await?;
    let ids: Vec<Uuid> = standing.iter().map(|_| new_id()).collect();
    sqlx::query!(
        "INSERT INTO savings_entry (contract_id, id, call_off_id, body_id, member_id, position, class, stage, baseline_id,
                                    baseline_net, effect_net, surcharge_net, fee_net, bonus_net, order_net, method_version, dated_on, at)
         SELECT e.contract_id, pair.new_id, e.call_off_id, e.body_id, e.member_id, e.position, e.class, 'cancelled', e.baseline_id,
                -e.baseline_net, -e.effect_net, -e.surcharge_net, -e.fee_net, -e.bonus_net, -e.order_net, e.method_version, $3, $4
         FROM unnest($5::uuid[], $6::uuid[]) AS pair (old_id, new_id)
         JOIN savings_entry e ON e.contract_id = $1 AND e.call_off_id = $2 AND e.id = pair.old_id",
        call_off.contract.0,
        call_off.id.0,
        berlin_date(at),
        at,
        &standing,
        &ids,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Order value of a call-off as its planned savings see it; equals `call_off.net` while it stands.
pub async fn order_net(conn: &mut PgConnection, call_off: CallOffId) -> Result<Decimal, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT coalesce(sum(order_net), 0) AS "sum!" FROM planned_savings
           WHERE call_off_id = $1"#,
        call_off.0
    )
    .fetch_one(conn)
    .await?)
}

/// What a member saved from one contract in a year, of one class or of all; amounts net, in euros.
#[derive(Debug, Clone)]
pub struct ClassSums {
    /// The contract.
    pub contract: ContractId,
    /// Its number.
    pub number: String,
    /// Its title.
    pub title: String,
    /// A, B, C, P or none; `None`: all of them, of which only counts and order value make sense.
    pub class: Option<String>,
    /// Call-offs behind it.
    pub call_offs: i64,
    /// Order lines behind it, cancelled ones included.
    pub lines: i64,
    /// Order value; of class A with the surcharges.
    pub volume: Net,
    /// Effect of the prices.
    pub effect: Net,
    /// Surcharges.
    pub surcharge: Net,
    /// Fees of the cooperative.
    pub fee: Net,
    /// Bonus realised.
    pub bonus: Net,
}

/// Savings of a member in a calendar year by contract and class, each contract beginning with its whole; contracts in
/// other currencies are left out.
pub async fn of_member(
    conn: &mut PgConnection,
    body: OrganisationId,
    member: OrganisationId,
    year: i32,
) -> Result<Vec<ClassSums>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT e.contract_id AS "contract!", f.number AS "number!", f.title AS "title!", e.class AS "class?",
                  count(DISTINCT e.call_off_id) AS "call_offs!",
                  count(DISTINCT (e.call_off_id, e.position)) FILTER (WHERE e.position IS NOT NULL) AS "lines!",
                  sum(e.order_net) AS "volume!", sum(e.effect_net) AS "effect!", sum(e.surcharge_net) AS "surcharge!",
                  sum(e.fee_net) AS "fee!", sum(e.bonus_net) AS "bonus!"
           FROM planned_savings e
           JOIN framework_contract f ON f.id = e.contract_id AND f.currency = 'EUR'
           WHERE e.body_id = $1 AND e.member_id = $2 AND extract(year FROM e.dated_on)::int = $3
           GROUP BY GROUPING SETS ((e.contract_id, f.number, f.title), (e.contract_id, f.number, f.title, e.class))
           ORDER BY f.number, e.contract_id, e.class NULLS FIRST"#,
        body.0,
        member.0,
        year
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let net = |value, column| consistent(Net::new(value), "savings_entry", column, row.contract);
            Ok(ClassSums {
                contract: ContractId(row.contract),
                volume: net(row.volume, "order_net")?,
                effect: net(row.effect, "effect_net")?,
                surcharge: net(row.surcharge, "surcharge_net")?,
                fee: net(row.fee, "fee_net")?,
                bonus: net(row.bonus, "bonus_net")?,
                number: row.number,
                title: row.title,
                class: row.class,
                call_offs: row.call_offs,
                lines: row.lines,
            })
        })
        .collect()
}
