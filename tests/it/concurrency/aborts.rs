//! A thousand clients hang up in the middle: over real connections, cut at a random byte of the request
//! or a random moment of waiting.
//!
//! Afterwards no session is left inside a transaction, everybody who received an answer has exactly one
//! order, and when every key is sent once more there are as many orders as keys and each answer is what
//! it was, to the byte.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use abruf::actions::sign_in::SecondFactor;
use abruf::actor::{Actor, RunsAs};
use abruf::config::Settings;
use abruf::http::{self, Ready, Security};
use abruf::storage::sessions::{self, Session};
use abruf_domain::ids::CallOffId;
use chrono::TimeDelta;
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::stress::{first_seed, say};
use crate::world::World;
use crate::world::contract::{Contract, fixed, value};

/// Clients that hang up.
const ABORTS: usize = 1000;
/// Call-offs of a round: each is submitted and released once.
const ROUND: usize = 40;
/// Clients at once.
const CLIENTS: usize = 16;

/// When a client loses patience.
#[derive(Debug, Clone, Copy)]
enum Patience {
    /// Hangs up when so many bytes of the request are sent.
    Bytes(usize),
    /// Hangs up so long after sending it.
    Wait(Duration),
    /// Waits for the answer.
    Endless,
}

impl Patience {
    /// Most cuts fall while the action runs, some into the request; a few clients wait.
    fn drawn(rng: &mut ChaCha12Rng) -> Self {
        match rng.random_range(0..10) {
            0 => Self::Bytes(rng.random_range(0..700)),
            1..9 => Self::Wait(Duration::from_micros(rng.random_range(0..150_000))),
            _ => Self::Endless,
        }
    }
}

/// A request that can be sent again.
#[derive(Debug, Clone)]
struct Request {
    path: String,
    token: String,
}

impl Request {
    fn submission(id: CallOffId, token: &str) -> Self {
        Self { path: format!("/api/v1/call-offs/{id}/submission"), token: token.to_owned() }
    }

    fn release(id: CallOffId, token: &str) -> Self {
        Self { path: format!("/api/v1/call-offs/{id}/release"), token: token.to_owned() }
    }

    /// Its body, if an answer came before patience ended. Any other answer than 200 is a failure.
    async fn send(&self, server: SocketAddr, patience: Patience) -> Option<String> {
        let Self { path, token } = self;
        let text = format!(
            "POST {path} HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\
             idempotency-key: {}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}",
            path.replace('/', "-")
        );
        let mut stream = TcpStream::connect(server).await.unwrap();
        if let Patience::Bytes(count) = patience
            && count < text.len()
        {
            stream.write_all(&text.as_bytes()[..count]).await.unwrap();
            return None;
        }
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        match patience {
            Patience::Wait(time) => _ = tokio::time::timeout(time, stream.read_to_string(&mut answer)).await.ok()?,
            Patience::Bytes(_) | Patience::Endless => _ = stream.read_to_string(&mut answer).await.unwrap(),
        }
        let (head, body) = answer.split_once("\r\n\r\n")?;
        assert!(head.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        Some(body.to_owned())
    }
}

/// The program on a port of its own.
struct Served {
    world: World,
    address: SocketAddr,
    security: (String, String),
    contract: Contract,
    eva: Actor,
}

impl Served {
    async fn new() -> Self {
        let world = World::crowded().await;
        let town = world.member("Stadt Altenrode").await;
        let [eva, karl] = [world.buyer(town).await, world.approver(town).await];
        let contract = world
            .contract("RV-2025-01")
            .ceiling(value("10000000.00"))
            .item("NBK", fixed("900.00"))
            .entitles(town)
            .await;
        let security = security_of(&world).await;
        let tokens = (token(&world, &security, &eva).await, token(&world, &security, &karl).await);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = http::router(world.app.clone(), security);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { world, address, security: tokens, contract, eva }
    }

    /// Sends each request once with little patience, then, when all is quiet, once more with endless.
    /// Gives how many were cut off.
    async fn twice(&self, requests: Vec<Request>, rng: &mut ChaCha12Rng) -> usize {
        let impatient = requests.iter().map(|request| (request.clone(), Patience::drawn(rng))).collect();
        let received = self.send_all(impatient).await;
        self.nothing_is_left_open().await;
        let patient = requests.iter().map(|request| (request.clone(), Patience::Endless)).collect();
        let answers = self.send_all(patient).await;
        assert_eq!(answers.len(), requests.len(), "every key is answered in the end");
        for (path, answer) in &received {
            assert_eq!(*answer, answers[path], "{path}: another answer than the one received");
        }
        requests.len() - received.len()
    }

    /// Answers by path.
    async fn send_all(&self, requests: Vec<(Request, Patience)>) -> BTreeMap<String, String> {
        let mut waiting = requests.into_iter();
        let mut clients = JoinSet::new();
        let mut answers = BTreeMap::new();
        let address = self.address;
        let send = move |(request, patience): (Request, Patience)| async move {
            (request.path.clone(), request.send(address, patience).await)
        };
        for request in waiting.by_ref().take(CLIENTS) {
            clients.spawn(send(request));
        }
        while let Some(done) = clients.join_next().await {
            if let (path, Some(answer)) = done.unwrap() {
                answers.insert(path, answer);
            }
            if let Some(request) = waiting.next() {
                clients.spawn(send(request));
            }
        }
        answers
    }

    /// Waits until the last task has come to its end; then no session is inside a transaction.
    async fn nothing_is_left_open(&self) {
        let mut open = Vec::new();
        for _ in 0..500 {
            open = sqlx::query_scalar::<_, String>(
                "SELECT format('%s since %s: %s', state, state_change, query)
                 FROM pg_stat_activity
                 WHERE datname = current_database() AND usename = 'abruf_app' AND state <> 'idle'",
            )
            .fetch_all(self.world.owner())
            .await
            .unwrap();
            if open.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("sessions inside a transaction after ten seconds of rest: {open:#?}");
    }
}

/// Keys and tokens of the house.
pub async fn security_of(world: &World) -> Security {
    let variables = [("ABRUF_DATA_DIR", "/nowhere"), ("ABRUF_BASE_URL", &*world.app.base_url)];
    let settings =
        Settings::from_variables(&variables.map(|(name, value)| (name.into(), value.into())).into(), false).unwrap();
    let mut security = Security::load(&world.app, &settings, Ready::default()).await.unwrap();
    security.door.second_factor = SecondFactor::Off;
    security
}

/// A bearer token for one who acts.
pub async fn token(world: &World, security: &Security, actor: &Actor) -> String {
    let now = world.app.clock.now();
    let session = Session {
        id: world.id(),
        person: actor.person,
        person_name: String::new(),
        assignment: Some(actor.assignment),
        created_at: now,
        expires_at: now + TimeDelta::hours(1),
    };
    let mut tx = world.app.db.begin(RunsAs::SignIn).await.unwrap();
    sessions::insert(&mut tx, &session).await.unwrap();
    tx.commit().await.unwrap();
    security.tokens.sign(actor.person, session.id, now).unwrap().0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_clients_hang_up_and_nothing_is_lost_doubled_or_left_open() {
    let served = Served::new().await;
    let seed = first_seed();
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    let (evas, karls) = &served.security;
    let first = served.world.draft(&served.eva, &served.contract, &[("NBK", "1")]).await;
    let (mut aborts, mut orders) = (0, 0);
    while aborts < ABORTS {
        let ids = served.world.copies(first, &served.eva, ROUND).await;
        aborts += served.twice(ids.iter().map(|id| Request::submission(*id, evas)).collect(), &mut rng).await;
        aborts += served.twice(ids.iter().map(|id| Request::release(*id, karls)).collect(), &mut rng).await;
        orders += ROUND;
    }
    served.nothing_is_left_open().await;
    let made: i64 = sqlx::query_scalar("SELECT count(*) FROM call_off WHERE number IS NOT NULL")
        .fetch_one(served.world.owner())
        .await
        .unwrap();
    assert_eq!(usize::try_from(made).unwrap(), orders, "as many orders as keys");
    served.world.keeps_its_promises().await;
    say(&format!("aborts: {aborts} of {} requests cut off, {orders} orders, seed {seed}", 2 * orders));
}
