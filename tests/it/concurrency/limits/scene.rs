//! Who wants something, of what contract, and what must be true of it.

use std::collections::BTreeSet;

use abruf::actor::Actor;
use abruf_domain::ids::{CallOffId, ContractId};
use chrono::{DateTime, Utc};
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};

use crate::world::World;
use crate::world::contract::{Contract, fixed, graduated, quantity, tiers, value};

/// What a call-off of the crowd orders.
const BASKETS: &[&[(&str, &str)]] = &[
    &[("NBK", "1")],
    &[("NBK", "1"), ("MON", "2")],
    &[("MON", "10")],
    &[("DOC", "2")],
    &[("DOC", "1"), ("EAK", "7")],
    &[("EAK", "9"), ("MON", "1")],
    &[("EAK", "7"), ("DOC", "2"), ("MON", "2"), ("NBK", "1")],
];

/// A kind of guard row: scope, measure, and between which amounts its limit is drawn for a whole crowd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    pub scope: &'static str,
    pub measure: &'static str,
    limit: (u32, u32),
}

/// Every kind there is. Together the crowd asks for about four to eight times as much.
pub const KINDS: &[Kind] = &[
    Kind { scope: "contract", measure: "value", limit: (250_000, 600_000) },
    Kind { scope: "contract", measure: "quantity", limit: (1500, 4000) },
    Kind { scope: "lot", measure: "value", limit: (60_000, 150_000) },
    Kind { scope: "lot", measure: "quantity", limit: (600, 1500) },
    Kind { scope: "item", measure: "value", limit: (100_000, 250_000) },
    Kind { scope: "item", measure: "quantity", limit: (100, 250) },
    Kind { scope: "member", measure: "value", limit: (80_000, 200_000) },
    Kind { scope: "member", measure: "quantity", limit: (400, 1100) },
];

/// How scarce everything is.
#[derive(Debug, Clone, Copy)]
pub enum Limits {
    /// Every limit is drawn from the seed.
    Drawn,
    /// Only this kind is scarce, for a crowd so many times smaller.
    Only(Kind, u32),
}

/// Clients of each town. The first has a quota by value, the second one by quantity.
pub const CLIENTS: [usize; 10] = [8, 8, 2, 2, 2, 2, 2, 2, 2, 2];

/// The people of one town.
#[derive(Debug, Clone)]
pub struct Town {
    pub eva: Actor,
    pub approvers: [Actor; 2],
}

/// A world with its towns and the contract they order from now.
pub struct Scene {
    pub world: World,
    pub towns: Vec<Town>,
    pub contract: Contract,
    /// First instant of every crowd.
    pub begin: DateTime<Utc>,
    baskets: Vec<CallOffId>,
}

impl Scene {
    pub async fn new(world: World, begin: DateTime<Utc>) -> Self {
        let mut towns = Vec::new();
        for number in 0..CLIENTS.len() {
            let town = world.member(&format!("Stadt Altenrode {number}")).await;
            let approvers = [world.approver(town).await, world.approver(town).await];
            towns.push(Town { eva: world.buyer(town).await, approvers });
        }
        // Notes every state above a limit that a transaction leaves behind, also one that passes.
        sqlx::raw_sql(
            "CREATE TABLE overstepped (contract_id uuid, what text);
             GRANT INSERT ON overstepped TO abruf_app;
             CREATE FUNCTION note_overstepped() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN
                 INSERT INTO overstepped VALUES (NEW.contract_id,
                     format('%s %s: %s + %s + %s of %s', NEW.scope, NEW.measure, NEW.authorised, NEW.recorded, NEW.reserved, NEW.limit_amount));
                 RETURN NULL;
             END $$;
             CREATE TRIGGER guard_overstepped AFTER UPDATE ON guard FOR EACH ROW
             WHEN (NEW.hard AND NOT NEW.breached AND NEW.limit_amount < NEW.authorised + NEW.recorded + NEW.reserved)
             EXECUTE FUNCTION note_overstepped()",
        )
        .execute(world.owner())
        .await
        .unwrap();
        let contract = Contract { id: ContractId(uuid::Uuid::nil()), number: String::new() };
        Self { world, towns, contract, begin, baskets: Vec::new() }
    }

    /// A new contract to order from, with limits of every kind, one of them on each level that binds only
    /// one part: lots, items and quotas overlap, so that most call-offs move several rows.
    pub async fn contract(&mut self, number: &str, seed: u64, limits: Limits) {
        self.world.app.clock.set(self.begin);
        let [altenrode, neufeld] = [0, 1].map(|town| self.towns[town].eva.organisation);
        let contract = self
            .world
            .contract(number)
            .ceiling(value("10000000"))
            .ceiling(quantity("1000000"))
            .lot("Geräte")
            .lot_ceiling(quantity("1000000"))
            .item("NBK", fixed("900.00"))
            .item("MON", tiers(&[("1", "200.00"), ("10", "180.00")]))
            .item_ceiling("NBK", quantity("1000000"))
            .item_ceiling("MON", value("10000000"))
            .lot("Zubehör")
            .lot_ceiling(value("10000000"))
            .item("DOC", fixed("150.00"))
            .item("EAK", graduated("per_contract", &[("1", "48.00"), ("101", "44.50"), ("301", "41.00")]))
            .quota(altenrode, value("10000000"))
            .quota(neufeld, quantity("1000000"));
        let contract = self.towns.iter().fold(contract, |it, town| it.entitles(town.eva.organisation));
        self.contract = contract.await;
        self.limit(seed, limits).await;
        self.baskets.clear();
        for lines in BASKETS {
            let draft = self.world.draft(&self.towns[0].eva, &self.contract, lines).await;
            self.baskets.push(draft);
        }
    }

    async fn limit(&self, seed: u64, limits: Limits) {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let scarce: Vec<(Kind, u32)> = match limits {
            Limits::Drawn => KINDS.iter().map(|kind| (*kind, rng.random_range(kind.limit.0..kind.limit.1))).collect(),
            Limits::Only(kind, part) => vec![(kind, kind.limit.0 / part)],
        };
        for (kind, limit) in scarce {
            sqlx::query(
                "UPDATE guard SET limit_amount = $4
                 WHERE contract_id = $1 AND scope = $2 AND measure = $3 AND limit_amount IS NOT NULL",
            )
            .bind(self.contract.id.0)
            .bind(kind.scope)
            .bind(kind.measure)
            .bind(rust_decimal::Decimal::from(limit))
            .execute(self.world.owner())
            .await
            .unwrap();
        }
        // Every other contract prices what is left of an order anew.
        if seed.is_multiple_of(2) {
            sqlx::query("UPDATE framework_contract SET price_of_rest = 're_tier' WHERE id = $1")
                .bind(self.contract.id.0)
                .execute(self.world.owner())
                .await
                .unwrap();
        }
    }

    /// Drafts of one buyer, basket after basket.
    pub async fn drafts(&self, buyer: &Actor, count: usize) -> Vec<CallOffId> {
        let each = count.div_ceil(self.baskets.len());
        let mut drafts = Vec::new();
        for basket in &self.baskets {
            drafts.extend(self.world.copies(*basket, buyer, each).await);
        }
        drafts
    }

    /// Every moment in which more was let through than a limit allows.
    pub async fn overstepped(&self) -> Vec<String> {
        sqlx::query_scalar(
            "SELECT DISTINCT ON (split_part(what, ':', 1)) 'never above a limit: ' || what FROM overstepped WHERE contract_id = $1",
        )
        .bind(self.contract.id.0)
        .fetch_all(self.world.owner())
        .await
        .unwrap()
    }

    /// What differs between the numbers that were answered and the orders that exist, from 1 to the last.
    pub async fn not_the_orders(&self, answered: Vec<String>) -> Vec<String> {
        let orders: BTreeSet<String> =
            sqlx::query_scalar("SELECT number FROM call_off WHERE contract_id = $1 AND number IS NOT NULL")
                .bind(self.contract.id.0)
                .fetch_all(self.world.owner())
                .await
                .unwrap()
                .into_iter()
                .collect();
        let in_a_row: BTreeSet<String> =
            (1..=answered.len()).map(|number| format!("{}-{number:04}", self.contract.number)).collect();
        let answered: BTreeSet<String> = answered.into_iter().collect();
        match answered == orders && orders == in_a_row {
            true => Vec::new(),
            false => vec![format!("each answer is an order: {answered:?} answered, {orders:?} exist")],
        }
    }

    /// Deadlocks of this database so far, whether retried or not.
    pub async fn deadlocks(&self) -> i64 {
        sqlx::query_scalar("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
            .fetch_one(self.world.owner())
            .await
            .unwrap()
    }
}
