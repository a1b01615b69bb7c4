//! Steps that do what an action must not: proof that the simulator finds them out.

use super::steps::Done;
use super::{STEPS, Simulation, WORKERS};
use crate::stress::say;
use crate::world::World;

/// The seed of the hunt: a mutant acts by chance too.
const SEED: u64 = 20_261_122;
/// A mutant gets its turn so often.
pub const EVERY: usize = 10;

/// A broken action: statements past all rights, and the promise that must notice.
#[derive(Debug)]
pub struct Mutant {
    /// What it does wrong.
    name: &'static str,
    /// How the promise begins.
    noticed_by: &'static str,
    /// Takes away the wall that would refuse it.
    before: Option<&'static str>,
    /// The deed, on contract `$1`.
    deed: &'static str,
}

const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "a withdrawal that forgets to give its volume back",
        noticed_by: "only requests hold reservations",
        before: None,
        deed: "UPDATE call_off SET status = 'withdrawn', ended_at = submitted_at WHERE contract_id = $1 AND status = 'submitted'",
    },
    Mutant {
        name: "a guard row that forgets a reservation",
        noticed_by: "the guard row is the sum of its ledger",
        before: None,
        deed: "UPDATE guard SET reserved = reserved - 1 WHERE contract_id = $1 AND scope = 'contract' AND 1 <= reserved",
    },
    Mutant {
        name: "a ceiling that is not asked",
        noticed_by: "a hard limit is never exceeded",
        before: Some("ALTER TABLE guard DROP CONSTRAINT IF EXISTS guard_ceiling_holds"),
        deed: "UPDATE guard SET limit_amount = (authorised + recorded + reserved) / 2
               WHERE contract_id = $1 AND hard AND NOT breached AND limit_amount IS NOT NULL AND 0 < authorised + recorded + reserved",
    },
    Mutant {
        name: "a number that no order has",
        noticed_by: "call-off numbers run from 1",
        before: None,
        deed: "UPDATE guard SET last_number = last_number + 1 WHERE contract_id = $1 AND scope = 'contract' AND measure = 'value'",
    },
    Mutant {
        name: "numbers in another order than the log",
        noticed_by: "numbers rise one by one in the order of the log",
        before: Some("ALTER TABLE call_off DROP CONSTRAINT IF EXISTS call_off_number_unique"),
        deed: "UPDATE call_off c
               SET number = (SELECT o.number FROM call_off o WHERE o.contract_id = c.contract_id AND o.number IS NOT NULL
                             ORDER BY o.number = c.number, o.number LIMIT 1)
               WHERE c.contract_id = $1 AND c.number IS NOT NULL
                 AND 2 = (SELECT count(*) FROM call_off o WHERE o.contract_id = $1 AND o.number IS NOT NULL)",
    },
    Mutant {
        name: "a release by the requester",
        noticed_by: "an order has two persons",
        before: Some("ALTER TABLE call_off DROP CONSTRAINT IF EXISTS call_off_requester_is_not_releaser"),
        deed: "UPDATE call_off SET releaser_id = requester_id WHERE contract_id = $1 AND number IS NOT NULL",
    },
    Mutant {
        name: "an order after the end of the contract",
        noticed_by: "an order is dated within membership, contract and prices",
        before: None,
        deed: "UPDATE call_off SET released_at = released_at + interval '3 years' WHERE contract_id = $1 AND number IS NOT NULL",
    },
    Mutant {
        name: "a log that was bent",
        noticed_by: "every audit chain verifies",
        before: None,
        deed: "UPDATE guard SET chain_head = sha256(chain_head) WHERE contract_id = $1 AND 0 < chain_length",
    },
    Mutant {
        name: "savings that are lost",
        noticed_by: "planned savings sum to the order value",
        before: None,
        deed: "DELETE FROM savings_entry WHERE contract_id = $1",
    },
    Mutant {
        name: "a request that comes back to life",
        noticed_by: "a call-off moves in legal ways only",
        before: None,
        deed: "UPDATE call_off SET status = 'submitted' WHERE contract_id = $1 AND status IN ('withdrawn', 'refused', 'expired')",
    },
    Mutant {
        name: "a line that grows after its order",
        noticed_by: "what an item's quantity has lost is what live lines order",
        before: None,
        deed: "UPDATE call_off_line l SET quantity = l.quantity + 1
               FROM call_off c
               WHERE c.contract_id = $1 AND c.number IS NOT NULL AND c.status <> 'cancelled'
                 AND l.contract_id = c.contract_id AND l.call_off_id = c.id AND l.article_number IN ('NBK', 'MON')
                 AND NOT EXISTS (SELECT FROM call_off r WHERE r.contract_id = $1 AND r.status = 'returned')",
    },
];

impl Simulation<'_> {
    /// Lets the mutant act on each contract until it finds something to spoil.
    pub async fn sabotage(&self, mutant: &Mutant) -> (usize, Done) {
        for (place, contract) in self.contracts.iter().enumerate() {
            let done = sqlx::query(mutant.deed).bind(contract.id.0).execute(self.world.owner()).await;
            match done {
                Ok(done) if done.rows_affected() == 0 => {}
                Ok(_) => return (place, Ok(mutant.name)),
                Err(error) => return (place, Err(format!("{}: {error}", mutant.name))),
            }
        }
        (0, Ok("nothing to spoil yet"))
    }
}

/// Plays with the mutant until it is noticed; gives the report, and what is wrong with it.
async fn found_out(mutant: &'static Mutant) -> Result<String, String> {
    let mut world = World::new().await;
    let begin = world.app.clock.now();
    if let Some(before) = mutant.before {
        sqlx::query(before).execute(world.owner()).await.unwrap();
    }
    let mut simulation = Simulation::new(&mut world, begin, SEED).await;
    let Err(report) = simulation.run(SEED, STEPS, Some(mutant)).await else {
        return Err(format!("{}: {STEPS} steps and nobody noticed: the simulator has no teeth", mutant.name));
    };
    let noticed = report.lines().any(|line| line.starts_with(mutant.noticed_by));
    if noticed && report.contains(mutant.name) {
        Ok(report)
    } else {
        Err(format!("{}: found as {report}", mutant.name))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_mutant_of_an_action_is_found_out_where_it_acts() {
    let mut missed = Vec::new();
    for some in MUTANTS.chunks(WORKERS) {
        let hunts: Vec<_> = some.iter().map(|mutant| tokio::spawn(found_out(mutant))).collect();
        for hunt in hunts {
            match hunt.await.unwrap() {
                Ok(report) => say(&report),
                Err(wrong) => missed.push(wrong),
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
