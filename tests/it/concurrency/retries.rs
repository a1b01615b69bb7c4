//! Random retries of submissions and releases: several at once, with the same body or another, from
//! processes that die and over connections that are cut. Each key has one effect and one answer, a
//! second body is refused (422), another town's use of the same key is its own, and the numbers of the
//! orders have no gap.

use std::time::{Duration, Instant};

use abruf::actions::ActionError;
use abruf::actions::release_call_off::release;
use abruf::actions::submit_call_off::submit;
use abruf::actor::Actor;
use abruf::app::App;
use abruf::storage::Db;
use abruf::storage::idempotency::IdempotencyKey;
use abruf_domain::canonical::sha256;
use abruf_domain::ids::CallOffId;
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};
use sqlx::{ConnectOptions, PgPool};

use super::{Deed, together};
use crate::cluster::app_options;
use crate::stress::{first_seed, say, time};
use crate::world::World;
use crate::world::contract::{Contract, fixed, value};

/// Retries of the ordinary test and of the long one.
const RETRIES: usize = 1000;
const MANY_RETRIES: usize = 10_000;
/// Call-offs made at a time.
const BATCH: usize = 25;

type Answer = Result<String, ActionError>;

/// What is asked for twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Submission,
    Release,
}

/// What the same key is sent with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    Usual,
    Other,
}

/// What becomes of one attempt.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// Nothing in the way.
    Arrives,
    /// The process that runs it dies after so long, with all its connections.
    ProcessDies(Duration),
    /// After so long the database loses one of the connections that are at work.
    ConnectionCut(Duration),
}

impl Fate {
    fn drawn(rng: &mut ChaCha12Rng) -> Self {
        let after = Duration::from_micros(rng.random_range(0..30_000));
        match rng.random_range(0..10) {
            0..6 => Self::Arrives,
            6..8 => Self::ProcessDies(after),
            _ => Self::ConnectionCut(after),
        }
    }
}

/// One request of one person: a call-off, a step, a key.
#[derive(Debug, Clone)]
struct Request {
    step: Step,
    actor: Actor,
    id: CallOffId,
    key: String,
}

impl Request {
    async fn perform(&self, app: &App, body: Body) -> Answer {
        let request_sha256 = sha256(format!("{:?} {} {body:?}", self.step, self.id).as_bytes());
        let key = IdempotencyKey { key: self.key.clone(), request_sha256 };
        match self.step {
            Step::Submission => submit(app, &self.actor, self.id, Some(&key)).await.map(|it| text(&it)),
            Step::Release => release(app, &self.actor, self.id, Some(&key)).await.map(|it| text(&it)),
        }
    }

    /// The answer as the client hears it; `None` where it hears nothing.
    fn sent(&self, world: &World, body: Body, fate: Fate) -> Deed<Option<Answer>> {
        let (request, app, name) = (self.clone(), world.app.clone(), world.database.name.clone());
        Box::pin(async move {
            match fate {
                Fate::Arrives => Some(request.perform(&app, body).await),
                Fate::ProcessDies(after) => {
                    let options = app_options(&name).disable_statement_logging();
                    let dying = App { db: Db::connect(options, 2).await.unwrap(), ..app };
                    let db = dying.db.clone();
                    let life = tokio::spawn(async move { request.perform(&dying, body).await });
                    tokio::time::sleep(after).await;
                    life.abort();
                    let heard = life.await.ok();
                    db.pool().close().await;
                    heard
                }
                Fate::ConnectionCut(after) => {
                    let pool = app.db.pool().clone();
                    let cut = tokio::spawn(async move {
                        tokio::time::sleep(after).await;
                        cut_one(&pool).await;
                    });
                    let answer = request.perform(&app, body).await;
                    cut.await.unwrap();
                    Some(answer)
                }
            }
        })
    }

    /// What this body gets when all is quiet.
    async fn in_the_end(&self, world: &World, body: Body) -> Answer {
        let mut answer = self.perform(&world.app, body).await;
        for _ in 0..10 {
            // A pool may still hold connections that were cut.
            let Err(ActionError::Storage(_)) = answer else { break };
            answer = self.perform(&world.app, body).await;
        }
        answer
    }
}

/// An answer as bytes: what a client would compare.
fn text(answer: &impl serde::Serialize) -> String {
    serde_json::to_string(answer).unwrap()
}

/// Ends one of the sessions of the application that are at work in this database, if there is one.
async fn cut_one(pool: &PgPool) {
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid() AND state <> 'idle'
               LIMIT 1";
    // Another cut may have hit this very session.
    let _ = sqlx::query(cut).execute(pool).await;
}

/// Two towns with the same habits, and how the retries went.
struct Trial {
    world: World,
    contract: Contract,
    /// Buyer and approver of each town.
    people: [[Actor; 2]; 2],
    rng: ChaCha12Rng,
    retries: usize,
    refused: usize,
    lost: usize,
}

impl Trial {
    async fn new(seed: u64) -> Self {
        let world = World::crowded().await;
        let [altenrode, neufeld] = [world.member("Stadt Altenrode").await, world.member("Stadt Neufeld").await];
        let contract = world
            .contract("RV-2025-01")
            .ceiling(value("90000000.00"))
            .item("NBK", fixed("900.00"))
            .entitles(altenrode)
            .entitles(neufeld)
            .await;
        let people = [
            [world.buyer(altenrode).await, world.approver(altenrode).await],
            [world.buyer(neufeld).await, world.approver(neufeld).await],
        ];
        Self { world, contract, people, rng: ChaCha12Rng::seed_from_u64(seed), retries: 0, refused: 0, lost: 0 }
    }

    /// One key of one town, sent up to five times at once, while the other town uses the same key once.
    async fn step(&mut self, step: Step, ids: [CallOffId; 2], seed: u64) {
        let role = usize::from(step == Step::Release);
        let [here, there] = [0, 1].map(|town| Request {
            step,
            actor: self.people[town][role].clone(),
            id: ids[town],
            key: format!("{step:?}-{}", ids[0]),
        });
        let rng = &mut self.rng;
        let sends: Vec<(Body, Fate)> = (0..rng.random_range(1..6))
            .map(|_| (if rng.random_range(0..5) == 0 { Body::Other } else { Body::Usual }, Fate::drawn(rng)))
            .collect();
        let mut deeds: Vec<_> = sends.iter().map(|(body, fate)| here.sent(&self.world, *body, *fate)).collect();
        deeds.push(there.sent(&self.world, Body::Other, Fate::Arrives));
        let mut heard = together(seed, deeds).await;
        let elsewhere = heard.pop().unwrap();

        let usual = here.in_the_end(&self.world, Body::Usual).await;
        let other = here.in_the_end(&self.world, Body::Other).await;
        let (owner, answer) = match (&usual, &other) {
            (Ok(answer), Err(ActionError::KeyReused)) => (Body::Usual, answer),
            (Err(ActionError::KeyReused), Ok(answer)) => (Body::Other, answer),
            both => panic!("{here:?}: one body has the key and the other is refused, not {both:?}"),
        };
        let cut = sends.iter().any(|(_, fate)| matches!(fate, Fate::ConnectionCut(_)));
        for ((body, fate), heard) in sends.iter().zip(heard) {
            match heard {
                Some(Ok(early)) => {
                    assert_eq!((*body, &early), (owner, answer), "{here:?}: {fate:?}: another answer than later");
                }
                Some(Err(ActionError::KeyReused)) => {
                    assert_ne!(*body, owner, "{here:?}: {fate:?}: the first body is never refused");
                    self.refused += 1;
                }
                Some(Err(ActionError::Storage(error))) => {
                    assert!(cut, "{here:?}: {fate:?}: nothing was cut, but {error:?}");
                    self.lost += 1;
                }
                None => self.lost += 1,
                Some(Err(error)) => panic!("{here:?}: {fate:?}: {error:?}"),
            }
        }
        match elsewhere {
            Some(Ok(early)) => {
                assert_eq!(there.in_the_end(&self.world, Body::Other).await.unwrap(), early);
                assert_ne!(early, *answer, "the answer of another town");
            }
            Some(Err(ActionError::Storage(_))) if cut => {
                there.in_the_end(&self.world, Body::Other).await.unwrap();
            }
            other => panic!("{there:?}: a key is a person's own, not {other:?}"),
        }
        self.retries += sends.len() + 1;
    }

    /// So many retries, or as many as fit into the time.
    async fn until(&mut self, retries: usize, first: u64, time: Option<Duration>) {
        let began = Instant::now();
        let template = [0, 1].map(|town| self.people[town][0].clone());
        let template = [
            self.world.draft(&template[0], &self.contract, &[("NBK", "1")]).await,
            self.world.draft(&template[1], &self.contract, &[("NBK", "1")]).await,
        ];
        let mut orders: i64 = 0;
        // What CI asks is tried however short the time.
        let least = retries.min(RETRIES);
        while self.retries < least || (self.retries < retries && time.is_none_or(|time| began.elapsed() < time)) {
            let here = self.world.copies(template[0], &self.people[0][0], BATCH).await;
            let there = self.world.copies(template[1], &self.people[1][0], BATCH).await;
            for (here, there) in here.into_iter().zip(there) {
                let seed = first.wrapping_add(orders.unsigned_abs());
                self.step(Step::Submission, [here, there], seed).await;
                self.step(Step::Release, [here, there], seed).await;
                orders += 2;
            }
        }
        self.one_effect_each(orders).await;
        self.world.keeps_its_promises().await;
        say(&format!(
            "retries: {} of {retries} from seed {first}, {orders} orders, {} other bodies refused, {} answers lost on the way",
            self.retries, self.refused, self.lost
        ));
        let few = self.retries / 50;
        assert!(few < self.refused && few < self.lost, "too few accidents to prove anything");
    }

    /// Every call-off was submitted once and released once, and the numbers run from 1 to the last.
    async fn one_effect_each(&self, orders: i64) {
        let (made, distinct, last, steps): (i64, i64, i32, i64) = sqlx::query_as(
            "SELECT count(*), count(DISTINCT right(number, 4)), max(right(number, 4)::int),
                    (SELECT count(*) FROM approval WHERE decision IN ('submitted', 'released'))
             FROM call_off WHERE number IS NOT NULL",
        )
        .fetch_one(self.world.owner())
        .await
        .unwrap();
        assert_eq!((made, distinct, i64::from(last), steps), (orders, orders, orders, 2 * orders));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_retries_have_one_effect_and_one_answer_each() {
    Trial::new(first_seed()).await.until(RETRIES, first_seed(), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "long: run by ./check --long"]
async fn ten_thousand_retries_have_one_effect_and_one_answer_each() {
    Trial::new(first_seed()).await.until(MANY_RETRIES, first_seed(), time()).await;
}
