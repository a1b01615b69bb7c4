//! What must be true of every database at every rest, whatever happened: the promises of the product
//! as queries of their own, written without its code.

use abruf::actor::RunsAs;
use abruf::storage::audit_log;
use abruf_domain::audit::verify_chain;
use abruf_domain::ids::ContractId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::World;

/// A promise in words, and a query that gives a sentence for each row that breaks it, of contract `$1`
/// or of all.
pub type Promise = (&'static str, &'static str);

const PROMISES: &[Promise] = &[
    (
        "the guard row is the sum of its ledger",
        "SELECT format('%s %s of %s: guard %s/%s/%s, ledger %s/%s/%s', g.scope, g.measure, f.number,
                       g.authorised, g.recorded, g.reserved, l.authorised, l.recorded, l.reserved)
         FROM guard g
         JOIN framework_contract f ON f.id = g.contract_id
         CROSS JOIN LATERAL (
             SELECT coalesce(sum(amount) FILTER (WHERE account = 'authorised'), 0) AS authorised,
                    coalesce(sum(amount) FILTER (WHERE account = 'recorded'), 0) AS recorded,
                    coalesce(sum(amount) FILTER (WHERE account = 'reserved'), 0) AS reserved
             FROM volume_entry e
             WHERE e.contract_id = g.contract_id AND e.guard_id = g.id) l
         WHERE ($1::uuid IS NULL OR g.contract_id = $1)
           AND (g.authorised, g.recorded, g.reserved) IS DISTINCT FROM (l.authorised, l.recorded, l.reserved)",
    ),
    (
        "a hard limit is never exceeded by what was let through",
        "SELECT format('%s %s of %s: %s + %s + %s of %s', g.scope, g.measure, f.number, g.authorised, g.recorded, g.reserved, g.limit_amount)
         FROM guard g
         JOIN framework_contract f ON f.id = g.contract_id
         WHERE ($1::uuid IS NULL OR g.contract_id = $1)
           AND g.hard AND NOT g.breached AND g.limit_amount < g.authorised + g.recorded + g.reserved",
    ),
    (
        "only requests hold reservations, only orders hold authorised volume",
        "SELECT format('%s is %s and holds %s %s', c.case_number, c.status, sum(e.amount), e.account)
         FROM call_off c
         JOIN volume_entry e ON e.contract_id = c.contract_id AND e.call_off_id = c.id
         WHERE ($1::uuid IS NULL OR c.contract_id = $1)
         GROUP BY c.id, c.case_number, c.status, c.number, e.guard_id, e.account
         HAVING (e.account = 'reserved' AND sum(e.amount) <> 0 AND c.status NOT IN ('submitted', 'returned'))
             OR (e.account = 'authorised' AND sum(e.amount) <> 0 AND c.number IS NULL)
             OR (c.status = 'cancelled' AND sum(e.amount) <> 0)
             OR sum(e.amount) < 0",
    ),
    (
        "a request reserves and an order authorises its net value",
        "SELECT format('%s is %s, net %s, but holds %s', c.case_number, c.status, c.net, coalesce(held.net, 0))
         FROM call_off c
         LEFT JOIN LATERAL (
             SELECT sum(e.amount) AS net
             FROM volume_entry e
             JOIN guard g ON g.contract_id = e.contract_id AND g.id = e.guard_id
             WHERE e.contract_id = c.contract_id AND e.call_off_id = c.id AND g.scope = 'contract' AND g.measure = 'value') held ON true
         WHERE ($1::uuid IS NULL OR c.contract_id = $1)
           AND c.status NOT IN ('draft', 'refused', 'withdrawn', 'expired', 'cancelled') AND c.net IS DISTINCT FROM held.net",
    ),
    (
        "call-off numbers run from 1 without gap or double",
        "SELECT format('%s: last number %s, %s orders, numbers %s', f.number, g.last_number, count(c.id), array_agg(c.number ORDER BY c.number))
         FROM guard g
         JOIN framework_contract f ON f.id = g.contract_id
         LEFT JOIN call_off c ON c.contract_id = g.contract_id AND c.number IS NOT NULL
         WHERE ($1::uuid IS NULL OR g.contract_id = $1) AND g.scope = 'contract' AND g.measure = 'value'
         GROUP BY f.number, g.last_number
         HAVING array_agg(substring(c.number FROM '([0-9]+)(-A)?$')::int ORDER BY c.number) FILTER (WHERE c.id IS NOT NULL)
                IS DISTINCT FROM (SELECT array_agg(n) FROM generate_series(1, g.last_number) AS n)",
    ),
    (
        "an in-house order has its supplier order, of the same number and net value, and both end together",
        "SELECT format('%s is %s, net %s; %s is %s, net %s', c.number, c.status, c.net, o.number, o.state, o.net)
         FROM call_off c
         JOIN framework_contract f ON f.id = c.contract_id
         LEFT JOIN supplier_order o ON o.contract_id = c.contract_id AND o.call_off_id = c.id
         WHERE ($1::uuid IS NULL OR c.contract_id = $1) AND c.number IS NOT NULL
           AND ((f.supply_chain = 'through_body') <> (o.number IS NOT NULL)
                OR o.number <> regexp_replace(c.number, '-A$', '-B') OR o.net <> c.net
                OR (c.status = 'cancelled') <> (o.state IN ('refused', 'cancelled'))
                OR (c.status NOT IN ('released', 'cancelled') AND o.state <> 'approved'))",
    ),
    (
        "an order was released once and has one piece of work for its document",
        "SELECT format('%s: %s releases, %s documents due', c.number, coalesce(r.times, 0), coalesce(o.times, 0))
         FROM call_off c
         LEFT JOIN (SELECT contract_id, call_off_id, count(*) AS times FROM approval WHERE decision = 'released' GROUP BY 1, 2) r
                ON r.contract_id = c.contract_id AND r.call_off_id = c.id
         LEFT JOIN (SELECT contract_id, call_off_id, count(*) AS times FROM outbox WHERE kind = 'issue_order' GROUP BY 1, 2) o
                ON o.contract_id = c.contract_id AND o.call_off_id = c.id
         WHERE ($1::uuid IS NULL OR c.contract_id = $1)
           AND (coalesce(r.times, 0), coalesce(o.times, 0)) <> CASE WHEN c.number IS NULL THEN (0::bigint, 0::bigint) ELSE (1::bigint, 1::bigint) END",
    ),
    (
        "what was taken back is entries, and no more is delivered than stands",
        "SELECT format('%s position %s: %s stand, %s taken back by %s of entries, %s delivered of %s', c.case_number, l.position,
                       l.quantity, l.cancelled, q.quantity, l.delivered, d.quantity)
         FROM call_off c
         JOIN call_off_line l ON l.contract_id = c.contract_id AND l.call_off_id = c.id
         CROSS JOIN LATERAL (SELECT coalesce(sum(quantity), 0) AS quantity FROM cancelled_quantity q
                             WHERE q.contract_id = l.contract_id AND q.call_off_id = l.call_off_id AND q.position = l.position) q
         CROSS JOIN LATERAL (SELECT coalesce(sum(quantity), 0) AS quantity FROM delivered_quantity d
                             WHERE d.contract_id = l.contract_id AND d.call_off_id = l.call_off_id AND d.position = l.position) d
         WHERE ($1::uuid IS NULL OR c.contract_id = $1)
           AND (l.cancelled <> q.quantity OR l.delivered <> d.quantity OR l.delivered > l.quantity)",
    ),
    (
        "planned savings sum to the order value, and to nothing once cancelled",
        "SELECT format('%s is %s, net %s, savings entries %s', c.number, c.status, c.net, s.order_net)
         FROM call_off c
         CROSS JOIN LATERAL (SELECT coalesce(sum(order_net), 0) AS order_net FROM savings_entry s
                             WHERE s.contract_id = c.contract_id AND s.call_off_id = c.id
                               AND s.stage IN ('planned', 'cancelled', 'corrected')) s
         WHERE ($1::uuid IS NULL OR c.contract_id = $1)
           AND c.number IS NOT NULL AND s.order_net <> CASE WHEN c.status = 'cancelled' THEN 0 ELSE c.net END",
    ),
    (
        "the sums kept with the savings ledger are those of its entries",
        "SELECT format('%s %s class %s of %s: %s entries and %s of effect missing', d.book, d.year, d.class, f.number, d.entries, d.effect_net)
         FROM savings_total_difference d
         JOIN framework_contract f ON f.id = d.contract_id
         WHERE ($1::uuid IS NULL OR d.contract_id = $1)",
    ),
    (
        "the sums by year are those of the settled cells",
        "SELECT format('%s %s of %s: %s of order value missing', d.book, d.year, f.number, d.order_net)
         FROM savings_year_total_difference d
         JOIN framework_contract f ON f.id = d.contract_id
         WHERE ($1::uuid IS NULL OR d.contract_id = $1)",
    ),
    (
        "nothing is realised that was not delivered, and nothing is audited that was not realised",
        "SELECT format('%s position %s: %s realised, %s audited, %s delivered', c.number, l.position, s.realised, s.audited, l.delivered)
         FROM call_off c
         JOIN call_off_line l ON l.contract_id = c.contract_id AND l.call_off_id = c.id
         CROSS JOIN LATERAL (
             SELECT coalesce(sum(order_net) FILTER (WHERE stage = 'realised'), 0) AS realised,
                    coalesce(sum(order_net) FILTER (WHERE stage = 'audited'), 0) AS audited
             FROM savings_entry s
             WHERE s.contract_id = c.contract_id AND s.call_off_id = c.id AND s.position = l.position) s
         WHERE ($1::uuid IS NULL OR c.contract_id = $1)
           AND ((l.delivered = 0 AND s.realised <> 0)
                OR (s.audited <> 0 AND NOT EXISTS (SELECT FROM savings_mark m
                                                   WHERE m.contract_id = c.contract_id AND m.call_off_id = c.id)))",
    ),
];

impl World {
    /// Every broken promise, in words; empty where all is well.
    pub async fn broken_promises(&self) -> Vec<String> {
        self.broken(None).await
    }

    /// Those about one contract.
    pub async fn broken_promises_of(&self, contract: ContractId) -> Vec<String> {
        self.broken(Some(contract.0)).await
    }

    /// Panics with every broken promise.
    pub async fn keeps_its_promises(&self) {
        let broken = self.broken_promises().await;
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    }

    /// What breaks these promises: all asked in one statement, after "promise: ".
    #[expect(clippy::disallowed_methods, reason = "the promises are our own words")]
    pub async fn breaking(&self, promises: &[Promise], contract: Option<Uuid>) -> Vec<String> {
        let asked: Vec<String> = promises
            .iter()
            .map(|(promise, query)| format!("SELECT $${promise}: $$ || broken FROM ({query}) AS found (broken)"))
            .collect();
        let mut asked = asked.join(" UNION ALL ");
        if contract.is_some() {
            // A plan that has to fit both cannot look up the contract.
            asked = asked.replace("$1::uuid IS NULL OR ", "");
        }
        sqlx::query_scalar(AssertSqlSafe(asked)).bind(contract).fetch_all(self.owner()).await.unwrap()
    }

    async fn broken(&self, contract: Option<Uuid>) -> Vec<String> {
        let mut broken = self.breaking(PROMISES, contract).await;
        let mut tx = self.app.db.begin(RunsAs::Job).await.unwrap();
        for chain in audit_log::chains(&mut tx).await.unwrap() {
            if contract.is_some_and(|contract| contract != chain.id) {
                continue;
            }
            let entries = audit_log::entries(&mut tx, chain.id).await.unwrap();
            if let Err(error) = verify_chain(&entries, chain.length, &chain.head) {
                broken.push(format!("every audit chain verifies: {}: {error}", chain.id));
            }
        }
        tx.rollback().await.unwrap();
        broken
    }
}
