//! What must be true after every step, beyond the promises that every test asks for: who, when, and how
//! call-offs move.

use std::collections::BTreeMap;

use abruf_domain::call_off::Status;
use abruf_domain::ids::ContractId;
use uuid::Uuid;

use crate::world::World;
use crate::world::invariants::Promise;

const PROMISES: &[Promise] = &[
    (
        "an order has two persons",
        "SELECT format('%s: requester %s, releaser %s', number, requester_id, releaser_id)
         FROM call_off
         WHERE contract_id = $1 AND number IS NOT NULL AND (releaser_id IS NULL OR releaser_id = requester_id)",
    ),
    (
        "numbers rise one by one in the order of the log",
        "SELECT format('%s follows %s', place.number, place.before)
         FROM (SELECT c.number, substring(c.number FROM '([0-9]+)(-A)?$')::int AS this, a.sequence,
                      lag(substring(c.number FROM '([0-9]+)(-A)?$')::int, 1, 0) OVER (ORDER BY a.sequence) AS before
               FROM call_off c
               LEFT JOIN audit_entry a ON a.chain_id = c.contract_id AND a.call_off_id = c.id AND a.action = 'call_off_released'
               WHERE c.contract_id = $1 AND c.number IS NOT NULL) AS place
         WHERE place.sequence IS NULL OR place.this <> place.before + 1",
    ),
    (
        "an order is dated within membership, contract and prices",
        "SELECT format('%s released on %s', c.number, d.day)
         FROM call_off c
         JOIN framework_contract f ON f.id = c.contract_id
         CROSS JOIN LATERAL (SELECT (c.released_at AT TIME ZONE 'Europe/Berlin')::date AS day) d
         WHERE c.contract_id = $1 AND c.number IS NOT NULL
           AND (NOT EXISTS (SELECT FROM membership m WHERE m.member_id = c.member_id AND m.body_id = c.body_id
                            AND d.day BETWEEN m.effective_from AND coalesce(m.effective_to, 'infinity'))
                OR d.day NOT BETWEEN f.starts_on AND greatest(f.ends_on, (SELECT max(o.new_end) FROM contract_option o
                                                                          WHERE o.contract_id = f.id AND o.exercised_on <= o.notice_deadline))
                OR EXISTS (SELECT FROM call_off_line l
                           JOIN item i ON i.contract_id = l.contract_id AND i.article_number = l.article_number
                           WHERE l.contract_id = c.contract_id AND l.call_off_id = c.id
                             AND NOT EXISTS (SELECT FROM price_term p
                                             WHERE p.contract_id = i.contract_id AND p.item_id = i.id AND p.supplier_id = c.supplier_id
                                               AND d.day BETWEEN p.valid_from AND coalesce(p.valid_to, 'infinity'))))",
    ),
    (
        "what an item's quantity has lost is what live lines order",
        "SELECT format('%s: guard %s, lines %s', i.article_number, g.authorised + g.reserved, coalesce(ordered.quantity, 0))
         FROM guard g
         JOIN item i ON i.contract_id = g.contract_id AND i.id = g.item_id
         CROSS JOIN LATERAL (
             SELECT sum(l.quantity) AS quantity
             FROM call_off c
             JOIN call_off_line l ON l.contract_id = c.contract_id AND l.call_off_id = c.id
             WHERE c.contract_id = g.contract_id AND l.article_number = i.article_number
               AND c.status NOT IN ('draft', 'refused', 'withdrawn', 'expired', 'cancelled')) ordered
         WHERE g.contract_id = $1 AND g.scope = 'item' AND g.measure = 'quantity'
           -- The lines of a returned request may have changed while its reservation stays.
           AND NOT EXISTS (SELECT FROM call_off r WHERE r.contract_id = g.contract_id AND r.status = 'returned')
           AND g.authorised + g.reserved <> coalesce(ordered.quantity, 0)",
    ),
];

/// What was seen last: the state of every call-off, and how far the guards and the log of a contract are.
#[derive(Debug, Default)]
pub struct Seen {
    /// Of each call-off.
    pub states: BTreeMap<Uuid, Status>,
    /// Sum of the versions of the guards, and length of the log.
    marks: BTreeMap<Uuid, (i64, i64)>,
}

impl Seen {
    /// The moves that nobody may make, and, if anything moved, every broken promise of the contract.
    pub async fn broken_by_a_move(&mut self, world: &World, contract: ContractId) -> Vec<String> {
        let (mut broken, mut moved) = self.moves(world, contract).await;
        let marks: (i64, i64) =
            sqlx::query_as("SELECT sum(version)::bigint, max(chain_length) FROM guard WHERE contract_id = $1")
                .bind(contract.0)
                .fetch_one(world.owner())
                .await
                .unwrap();
        let before = self.marks.insert(contract.0, marks).unwrap_or_default();
        moved |= before != marks;
        if marks.1 < before.1 {
            broken.push(format!("the log only grows: it had {} entries and has {}", before.1, marks.1));
        }
        if moved {
            broken.extend(broken_now(world, contract).await);
        }
        broken
    }

    /// Every broken promise of the contract, whether anything seems to have moved or not.
    pub async fn broken(&mut self, world: &World, contract: ContractId) -> Vec<String> {
        let (mut broken, _) = self.moves(world, contract).await;
        broken.extend(broken_now(world, contract).await);
        broken
    }

    /// Illegal moves of call-offs, and whether there were moves at all.
    async fn moves(&mut self, world: &World, contract: ContractId) -> (Vec<String>, bool) {
        let mut broken = Vec::new();
        let mut moved = false;
        let states: Vec<(Uuid, String)> =
            sqlx::query_as("SELECT id, status FROM call_off WHERE contract_id = $1 ORDER BY id")
                .bind(contract.0)
                .fetch_all(world.owner())
                .await
                .unwrap();
        for (id, state) in states {
            let state: Status = state.parse().unwrap();
            let before = self.states.insert(id, state).unwrap_or(Status::Draft);
            moved |= before != state;
            if before != state && !before.may_become(state) {
                broken.push(format!("a call-off moves in legal ways only: {id} was {before} and is {state}"));
            }
        }
        (broken, moved)
    }
}

/// Every promise of the contract that does not hold at this moment.
pub async fn broken_now(world: &World, contract: ContractId) -> Vec<String> {
    let mut broken = world.breaking(PROMISES, Some(contract.0)).await;
    broken.extend(world.broken_promises_of(contract).await);
    broken
}
