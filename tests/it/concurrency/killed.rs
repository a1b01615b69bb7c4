//! Fifty submissions against a rest of ten, and the ten released twice, while the program or PostgreSQL is
//! killed in the middle: the real program with its private server, over HTTP. Afterwards everybody who did not hear
//! an answer sends the same request with the same key once more. Exactly ten, nothing that was answered is
//! lost, nothing is there twice, the numbers have no gap.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use abruf::chance::Chance;
use abruf::clock::Clock;
use abruf::embedded::Cluster;
use abruf::storage::Db;
use abruf_domain::ids::{CallOffId, PersonId};
use abruf_domain::period::berlin_date;
use chrono::Days;
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};
use rustix::process::Signal;
use serde_json::Value;
use sqlx::ConnectOptions;
use tokio::task::JoinSet;

use super::aborts::{security_of, token};
use super::rush::{Field, ROOM, RUSH, Scarce};
use crate::cluster::{database_of, settings};
use crate::embedded::{Place, children_of, send};
use crate::serve::Served;
use crate::stress::{each_seed, each_seed_in_time, say};
use crate::world::World;
use crate::world::contract::Contract;

/// Rounds of the ordinary test and of the long one; each kills twice.
const ROUNDS: u64 = 2;
const MANY_ROUNDS: u64 = 100;
/// Address of the house, whatever port it has this time: tokens name it.
const BASE_URL: &str = "http://127.0.0.1:8080";
/// Connections of the test itself.
const CONNECTIONS: u32 = 3;
/// Who sends so often without an answer has lost.
const PATIENCE: usize = 100;

/// What dies.
#[derive(Debug, Clone, Copy)]
enum Victim {
    /// The program alone; its guard stops PostgreSQL.
    Program,
    /// PostgreSQL with all its sessions; the program ends by itself.
    Database,
}

/// Status and body.
type Answer = (u16, String);

/// A request that can be sent again.
#[derive(Debug, Clone)]
struct Wish {
    path: String,
    token: String,
    key: String,
}

impl Wish {
    /// The answer, if one arrives that is final.
    async fn send(&self, client: &reqwest::Client, address: &str) -> Option<Answer> {
        let request = client
            .post(format!("http://{address}{}", self.path))
            .bearer_auth(&self.token)
            .header("idempotency-key", &self.key)
            .header("content-type", "application/json")
            .body("{}");
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let body = answer.text().await.ok()?;
        (status < 500).then_some((status, body))
    }
}

/// The slug of a problem.
fn problem(answer: &Answer) -> String {
    let problem: Value = serde_json::from_str(&answer.1).unwrap_or_default();
    let slug = problem["type"].as_str().unwrap_or_default();
    slug.rsplit(['/', ':']).next().unwrap_or_default().to_owned()
}

/// The program with its data, and those who race in it.
struct House {
    place: Place,
    served: Option<Served>,
    field: Field,
    client: reqwest::Client,
    /// Answers that arrived before a kill, and requests that got none.
    heard: usize,
    lost: usize,
}

/// Starts the program and lets the test in.
async fn start(place: &Place) -> (Served, Cluster) {
    let data = place.data.to_str().unwrap();
    // What it says while its database is shot is long and expected.
    let served = Served::start(&[("ABRUF_DATA_DIR", data), ("ABRUF_BASE_URL", BASE_URL), ("ABRUF_LOG", "off")]).await;
    if rustix::process::geteuid().is_root() {
        // Started by root the server is another user's, and knows nobody else.
        let path = place.data.join("pg/pg_ident.conf");
        let known = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{known}abruf root abruf_owner\nabruf root abruf_app\n")).unwrap();
        send(place.postmaster(), Signal::HUP).unwrap();
    }
    for _ in 0..PATIENCE {
        if let Ok(cluster) = Cluster::join(&settings(place.data.clone())).await {
            return (served, cluster);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the server does not let the test in")
}

impl House {
    async fn new(scarce: Scarce) -> Self {
        let place = Place::ready();
        let (served, cluster) = start(&place).await;
        let (owner, app) = (cluster.owner_options(), cluster.app_options());
        drop(cluster);
        let db = Db::connect(app.clone().disable_statement_logging(), CONNECTIONS).await.unwrap();
        // The program has no clock but the system's: everything begins today.
        let now = Clock::System.now();
        let mut world = World::over(database_of(owner, app), db, now, Chance::System).await;
        world.app.base_url = BASE_URL.into();
        let today = berlin_date(now);
        let mut field = Field::over(world, scarce).await;
        field.term = [today - Days::new(300), today + Days::new(300)].map(|day| day.to_string());
        Self { place, served: Some(served), field, client: reqwest::Client::new(), heard: 0, lost: 0 }
    }

    fn address(&self) -> String {
        self.served.as_ref().unwrap().address.clone()
    }

    /// Sends all at once, kills when so many answers have arrived, and starts anew; gives what was heard.
    async fn killed_after(&mut self, wishes: &[Wish], answers: usize, victim: Victim) -> Vec<Option<Answer>> {
        let address = self.address();
        let mut sent: JoinSet<(usize, Option<Answer>)> = JoinSet::new();
        for (place, wish) in wishes.iter().cloned().enumerate() {
            let (client, address) = (self.client.clone(), address.clone());
            sent.spawn(async move { (place, wish.send(&client, &address).await) });
        }
        let mut heard = vec![None; wishes.len()];
        let mut served = self.served.take();
        let mut arrived = 0;
        while let Some(done) = sent.join_next().await {
            let (place, answer) = done.unwrap();
            arrived += usize::from(answer.is_some());
            heard[place] = answer;
            if arrived == answers
                && let Some(victim_of) = served.take()
            {
                kill(&self.place, victim_of, victim).await;
            }
        }
        assert!(served.is_none(), "nothing was killed: {arrived} answers");
        self.heard += arrived;
        self.lost += wishes.len() - arrived;
        self.served = Some(start(&self.place).await.0);
        // Connections that idle for longer are asked whether they live.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        heard
    }

    /// What each request gets in the end, all sent at once again.
    async fn in_the_end(&self, wishes: &[Wish]) -> Vec<Answer> {
        let address = self.address();
        let mut sent = JoinSet::new();
        for (place, wish) in wishes.iter().cloned().enumerate() {
            let (client, address) = (self.client.clone(), address.clone());
            sent.spawn(async move {
                for _ in 0..PATIENCE {
                    if let Some(answer) = wish.send(&client, &address).await {
                        return (place, answer);
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                panic!("{wish:?}: no answer, though nothing is in the way")
            });
        }
        let mut answers = sent.join_all().await;
        answers.sort_by_key(|(place, _)| *place);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    /// What was heard before the kill and is another answer now. An order's answer is the same to the byte;
    /// who came too late comes too late.
    fn otherwise(wishes: &[Wish], heard: &[Option<Answer>], now: &[Answer]) -> Vec<String> {
        let told = |answer: &Answer| match answer.0 {
            200 => answer.1.clone(),
            _ => problem(answer),
        };
        let pairs = wishes.iter().zip(heard).zip(now);
        pairs
            .filter_map(|((wish, early), late)| {
                let early = early.as_ref()?;
                (early.0 != late.0 || told(early) != told(late))
                    .then(|| format!("{}: answered {early:?}, but after the kill {late:?}", wish.path))
            })
            .collect()
    }

    /// Everything that is not as promised in one round.
    async fn round(&mut self, scarce: Scarce, seed: u64, victim: Victim) -> Vec<String> {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let (contract, drafts) = self.field.drafts(scarce, seed).await;
        self.perform_soon(&contract).await;
        let security = security_of(&self.field.world).await;
        let mut wishes = Vec::new();
        for (buyer, id) in &drafts {
            let token = token(&self.field.world, &security, buyer).await;
            wishes.push(Wish {
                path: format!("/api/v1/call-offs/{id}/submission"),
                token,
                key: format!("submission-{id}"),
            });
        }
        let heard = self.killed_after(&wishes, rng.random_range(1..RUSH / 2), victim).await;
        let answers = self.in_the_end(&wishes).await;
        let mut broken = Self::otherwise(&wishes, &heard, &answers);
        broken.extend(self.other_bodies(&wishes, &mut rng).await);
        let mut waiting = Vec::new();
        for ((buyer, id), answer) in drafts.iter().zip(&answers) {
            match answer.0 {
                200 => waiting.push((buyer.organisation.0, *id)),
                422 if problem(answer) == "submission-declined" => {}
                _ => broken.push(format!("neither submitted nor declined: {answer:?}")),
            }
        }
        if waiting.len() != ROOM {
            broken.push(format!("{} submitted, room was for {ROOM}", waiting.len()));
        }
        broken.extend(self.field.not_all("reserved", &contract).await);
        broken.extend(self.field.world.broken_promises_of(contract.id).await);
        if broken.is_empty() {
            broken = self.release_twice(&contract, &waiting, &mut rng, victim).await;
        }
        broken
    }

    /// The key of one request with the body of another, once everything has come back.
    async fn other_bodies(&self, wishes: &[Wish], rng: &mut ChaCha12Rng) -> Vec<String> {
        let place = rng.random_range(0..wishes.len() - 1);
        let same_person = wishes.iter().find(|it| it.token == wishes[place].token && it.path != wishes[place].path);
        let Some(other) = same_person else { return Vec::new() };
        let mixed = Wish { path: other.path.clone(), ..wishes[place].clone() };
        let answer = self.in_the_end(&[mixed]).await.remove(0);
        match (answer.0, problem(&answer).as_str()) {
            (422, "idempotency-key-reused") => Vec::new(),
            _ => vec![format!("a key with another request: {answer:?}")],
        }
    }

    /// Each request by two approvers at once, and a kill in the middle of that.
    async fn release_twice(
        &mut self,
        contract: &Contract,
        waiting: &[(uuid::Uuid, CallOffId)],
        rng: &mut ChaCha12Rng,
        victim: Victim,
    ) -> Vec<String> {
        let security = security_of(&self.field.world).await;
        let mut wishes = Vec::new();
        for (town, id) in waiting {
            for approver in &self.field.approvers[town] {
                let token = token(&self.field.world, &security, approver).await;
                has_shown_a_factor(self.field.world.owner(), approver.person).await;
                let key = format!("release-{id}-{}", approver.person);
                wishes.push(Wish { path: format!("/api/v1/call-offs/{id}/release"), token, key });
            }
        }
        let heard = self.killed_after(&wishes, rng.random_range(1..ROOM), victim).await;
        let answers = self.in_the_end(&wishes).await;
        let mut broken = Self::otherwise(&wishes, &heard, &answers);
        let mut numbers = BTreeSet::new();
        for pair in answers.chunks(2) {
            match pair {
                [won, late] | [late, won] if won.0 == 200 && problem(late) == "wrong-state" => {
                    let order: Value = serde_json::from_str(&won.1).unwrap();
                    numbers.insert(order["number"].as_str().unwrap().to_owned());
                }
                other => broken.push(format!("not one winner and one who came too late: {other:?}")),
            }
        }
        let expected: BTreeSet<String> = (1..=ROOM).map(|number| format!("{}-{number:04}", contract.number)).collect();
        if numbers != expected {
            broken.push(format!("numbers {numbers:?}"));
        }
        broken.extend(self.field.not_all("authorised", contract).await);
        broken.extend(self.field.world.broken_promises_of(contract.id).await);
        broken
    }

    /// The drafts of a world end with its usual contract; these are of today.
    async fn perform_soon(&self, contract: &Contract) {
        sqlx::query(
            "UPDATE call_off SET performance_from = (created_at AT TIME ZONE 'Europe/Berlin')::date,
                                 performance_to = (created_at AT TIME ZONE 'Europe/Berlin')::date + 30
             WHERE contract_id = $1",
        )
        .bind(contract.id.0)
        .execute(self.field.world.owner())
        .await
        .unwrap();
    }

    fn stop(mut self) -> [usize; 2] {
        self.served.take().unwrap().stop();
        [self.heard, self.lost]
    }
}

/// The program in earnest lets nobody approve without a second factor; the secret is never asked for here.
async fn has_shown_a_factor(owner: &sqlx::PgPool, person: PersonId) {
    sqlx::query(
        "WITH factor AS (
             INSERT INTO second_factor (person_id, sealed, created_at, confirmed_at)
             VALUES ($1, decode(repeat('00', 48), 'hex'), now(), now())
             ON CONFLICT DO NOTHING
         )
         UPDATE session SET second_factor_at = now() WHERE person_id = $1",
    )
    .bind(person.0)
    .execute(owner)
    .await
    .unwrap();
}

async fn kill(place: &Place, mut served: Served, victim: Victim) {
    let killed = match victim {
        Victim::Program => vec![served.child.id()],
        Victim::Database => {
            let postmaster = place.postmaster();
            [vec![postmaster], children_of(postmaster)].concat()
        }
    };
    for pid in killed {
        // The sessions of a server end by themselves when it is gone, perhaps before their turn.
        let _ = send(pid, Signal::KILL);
    }
    // A program without its database ends; its supervisor starts both anew.
    tokio::task::spawn_blocking(move || served.child.wait()).await.unwrap().unwrap();
}

/// One house for the rounds of one kind of scarcity.
async fn rounds(scarce: Scarce, seeds: impl AsyncFnOnce(&mut House)) {
    let mut house = House::new(scarce).await;
    seeds(&mut house).await;
    let [heard, lost] = house.stop();
    say(&format!("killed: {scarce:?}: {heard} answers before a kill, {lost} requests without one"));
    assert!(0 < heard && 0 < lost, "{heard} answers and {lost} lost: too few accidents to prove anything");
}

async fn one_round(house: &mut House, scarce: Scarce, seed: u64) {
    let victim = if seed.is_multiple_of(2) { Victim::Program } else { Victim::Database };
    let broken = house.round(scarce, seed, victim).await;
    let shown = &broken[..broken.len().min(10)];
    assert!(broken.is_empty(), "seed {seed}, {victim:?} killed, {} broken: {}", broken.len(), shown.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_of_fifty_find_room_though_program_and_database_are_killed_in_between() {
    let scarce = Scarce::Everything;
    rounds(scarce, async |house| {
        each_seed("killed", ROUNDS, async |seed| one_round(house, scarce, seed).await).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "long: run by ./check --long"]
async fn ten_of_fifty_find_room_though_program_and_database_are_killed_a_hundred_times() {
    for scarce in [Scarce::Value, Scarce::Quantity, Scarce::Quota, Scarce::Everything] {
        rounds(scarce, async |house| {
            let what = format!("killed, long, {scarce:?}");
            each_seed_in_time(&what, MANY_ROUNDS / 4, 4, async |seed| one_round(house, scarce, seed).await).await;
        })
        .await;
    }
}
