//! Example data: one invented cooperative of about ninety members with eleven contracts and the
//! call-offs of five years.
//!
//! **Made by the program itself.** Organisations, people and contracts are entered; every call-off is
//! drafted, submitted, released, cancelled by the real actions, on a clock that stands where it
//! happens. What the rules decline in here they would decline in earnest.
//!
//! **Repeatable.** The same seed and anchor day give the same ids, numbers, amounts and hashes.
//! Contracts share no ceiling, number or chain; each is carried out by a stream with a clock and a
//! chance of its own (`demo/stream.rs`), so that several can run at once.
//!
//! **All or nothing.** The load notes its beginning and its end. One that was cut is not continued:
//! [`load`] refuses and asks for an empty database. That is also why the sessions of the load may
//! wait for no disk (`synchronous_commit = off`): PostgreSQL writes its log in order, the note of the
//! end is committed last and waited for, and once it is on disk so is everything before it.

pub mod accounts;
mod board;
mod calendar;
mod call_offs;
mod ceilings;
mod competition_changes;
mod competitions;
mod contracts;
mod contributions;
mod dice;
mod evidence;
mod fill;
mod life;
mod members;
mod minimum_purchases;
mod names;
mod newcomer;
mod opening;
mod people;
mod special_cases;
mod stream;
mod words;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chrono::{DateTime, NaiveDate, Utc};
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};

pub use self::accounts::{DemoAccount, accounts};
use self::calendar::Calendar;
use self::call_offs::Planned;
use self::dice::Dice;
use self::opening::Opened;
use self::stream::{Stream, Tick};
use self::world::World;
use crate::actions::ActionError;
use crate::actor::RunsAs;
use crate::app::App;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::http::session::token::{KeyUnusable, Tokens};
use crate::password::{self, PasswordError};
use crate::storage::{Db, StorageError, demo_state, installation};

/// How much is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// About 3,000 call-offs: what `./run` loads.
    Full,
    /// About eighty, with every special case: tests.
    Small,
}

impl Size {
    /// How many ordinary call-offs of `full`.
    fn of(self, full: usize) -> usize {
        match self {
            Self::Full => full,
            Self::Small => full / 100,
        }
    }
}

/// What was loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Members, former and future ones too.
    pub members: usize,
    /// Persons.
    pub people: usize,
    /// Contracts.
    pub contracts: usize,
    /// Call-offs by status key.
    pub call_offs: BTreeMap<String, i64>,
    /// Answers of actions that the plan had not foreseen: none, or the plan does not fit the rules.
    pub unforeseen: Vec<String>,
}

impl Report {
    /// All call-offs.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.call_offs.values().sum()
    }
}

/// Why there is no demo.
#[derive(Debug, Error)]
pub enum DemoError {
    /// It is there already.
    #[error("the demo was loaded before, anchored to {anchor}")]
    AlreadyLoaded {
        /// Its anchor day.
        anchor: NaiveDate,
    },
    /// An earlier load was cut.
    #[error("an earlier load of the demo (anchored to {anchor}) was cut; start over with an empty database")]
    Interrupted {
        /// Its anchor day.
        anchor: NaiveDate,
    },
    /// There are data that the demo would mix with.
    #[error("the database holds data; the demo is loaded into an empty one only")]
    NotEmpty,
    /// An action could not be done.
    #[error("could not {step} a call-off of {contract} at {at}")]
    Action {
        /// Which action.
        step: &'static str,
        /// Number of the contract.
        contract: String,
        /// Where the clock stood.
        at: DateTime<Utc>,
        /// Why.
        #[source]
        source: ActionError,
    },
    /// The addresses of suppliers could not be entered.
    #[error("could not enter the electronic addresses of the suppliers")]
    Addresses(#[source] ActionError),
    /// What waits for a second person could not be recorded.
    #[error("could not record the comparison prices that wait")]
    Evidence(#[source] ActionError),

    /// What the organs have before them could not be entered.
    #[error("could not enter what the organs have before them")]
    Board(#[source] ActionError),

    /// The town that is no member could not compare its purchases.
    #[error("could not compare the purchases of the town that is no member")]
    Newcomer(#[source] ActionError),
    /// The common password has no hash.
    #[error("could not hash the password of the demo accounts")]
    Password(#[from] PasswordError),
    /// The keys of the installation could not be made.
    #[error("could not make the keys of the installation")]
    Keys(#[from] KeyUnusable),
    /// A stream ended by a panic.
    #[error("a stream of the demo ended unexpectedly")]
    Stream(#[from] JoinError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Loads the full demo into a migrated, empty database.
///
/// `progress` is called with call-offs begun, call-offs planned and the phase in German.
///
/// # Errors
/// If the database is not empty, or anything fails; then the load is over and the database to be dropped.
pub async fn load(
    app: &App,
    seed: u64,
    anchor: NaiveDate,
    progress: impl Fn(usize, usize, &'static str),
) -> Result<Report, DemoError> {
    load_size(app, Size::Full, seed, anchor, progress).await
}

/// As [`load`], of any size.
///
/// # Errors
/// As [`load`].
pub async fn load_size(
    app: &App,
    size: Size,
    seed: u64,
    anchor: NaiveDate,
    progress: impl Fn(usize, usize, &'static str),
) -> Result<Report, DemoError> {
    begin(app, seed, anchor).await?;
    let options = app.db.pool().connect_options().as_ref().clone().options([("synchronous_commit", "off")]);
    let db = Db::connect(options, CONNECTIONS).await?;
    let filled = fill_database(app, &db, size, seed, anchor, progress).await;
    db.pool().close().await;
    let mut report = filled?;
    report.call_offs = finish(app).await?;
    Ok(report)
}

/// Streams at work; each has one connection.
const CONNECTIONS: u32 = 8;

/// Notes the beginning, unless there is something already.
async fn begin(app: &App, seed: u64, anchor: NaiveDate) -> Result<(), DemoError> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    // The keys must be secret and come from the program's own chance, never from the seed.
    let session_key = Tokens::new_key(&app.chance.bytes())?;
    let state = installation::ensure(&mut tx, &session_key, &app.chance.bytes::<32>()).await?;
    match (state.demo_anchor, state.demo_loaded_at) {
        (Some(anchor), Some(_)) => return Err(DemoError::AlreadyLoaded { anchor }),
        (Some(anchor), None) => return Err(DemoError::Interrupted { anchor }),
        (None, _) => {}
    }
    if !demo_state::is_empty(&mut tx).await? {
        return Err(DemoError::NotEmpty);
    }
    demo_state::begin(&mut tx, seed.cast_signed(), anchor).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

async fn fill_database(
    app: &App,
    db: &Db,
    size: Size,
    seed: u64,
    anchor: NaiveDate,
    progress: impl Fn(usize, usize, &'static str),
) -> Result<Report, DemoError> {
    progress(0, 0, "Mitglieder und Verträge");
    let calendar = Calendar::new(anchor);
    let chance = Chance::seeded(seed);
    let hash = password::hash(&chance, accounts::PASSWORD.into()).await?;
    let mut tx = db.begin(RunsAs::Job).await?;
    let world = Arc::new(world::found(&mut tx, calendar, &chance, hash).await?);
    let mut prepared = Vec::new();
    let seeds = Dice::new(u64::from_le_bytes(chance.bytes()));
    for design in contracts::all(calendar) {
        let dice = Dice::new(seeds.seed());
        prepared.push(prepare(&mut tx, &world, &chance, dice, design, size).await?);
    }
    tx.commit().await.map_err(StorageError::from)?;
    let clock = Clock::standing(world.calendar.ends());
    let office = App { db: db.clone(), clock, chance: Chance::seeded(seeds.seed()), ..app.clone() };
    world::enter_addresses(&office, &world).await.map_err(DemoError::Addresses)?;
    newcomer::compares(&office, &world).await.map_err(DemoError::Newcomer)?;

    let contracts = prepared.len();
    let unforeseen = carry_out(app, db, &world, prepared, progress).await?;
    evidence::leave_open(&office, &world).await.map_err(DemoError::Evidence)?;

    board::enter(&office, &world).await.map_err(DemoError::Board)?;
    Ok(Report { members: world.members.len(), people: world.people, contracts, call_offs: BTreeMap::new(), unforeseen })
}

/// A contract with its plan.
struct Prepared {
    contract: Opened,
    plan: Vec<Planned>,
    dice: Dice,
}

/// Plans the call-offs of a contract and enters it with the ceilings that follow.
async fn prepare(
    conn: &mut sqlx::PgConnection,
    world: &World,
    chance: &Chance,
    dice: Dice,
    design: contracts::Design,
    size: Size,
) -> Result<Prepared, DemoError> {
    let entitled = call_offs::entitled(&design, world, &dice);
    let mut plan = match design.demand {
        Some(demand) => call_offs::ordinary(&design, demand, world, &entitled, &dice, size.of(demand.calls)),
        None => Vec::new(),
    };
    plan.extend(special_cases::of(&design, world, &dice));
    let contract = opening::open(conn, world, chance, design, entitled, &plan).await?;
    Ok(Prepared { contract, plan, dice })
}

/// Runs all streams to their end.
async fn carry_out(
    app: &App,
    db: &Db,
    world: &Arc<World>,
    prepared: Vec<Prepared>,
    progress: impl Fn(usize, usize, &'static str),
) -> Result<Vec<String>, DemoError> {
    let mut total: usize = prepared.iter().map(|prepared| prepared.plan.len()).sum();
    let (ticks, mut heard) = mpsc::unbounded_channel();
    let stop = Arc::new(AtomicBool::new(false));
    let mut streams = JoinSet::new();
    for Prepared { contract, plan, dice } in prepared {
        let app = App {
            db: db.clone(),
            clock: Clock::standing(world.calendar.ends()),
            chance: Chance::seeded(dice.seed()),
            ..app.clone()
        };
        let stream = Stream::new(app, world.clone(), contract, dice, plan, ticks.clone(), stop.clone());
        streams.spawn(stream.run());
    }
    drop(ticks);
    let mut begun = 0;
    while let Some(tick) = heard.recv().await {
        match tick {
            Tick::Begun => begun += 1,
            Tick::More(more) => total += more,
        }
        progress(begun, total, "Abrufe");
    }
    let mut unforeseen = Vec::new();
    let mut failure = None;
    while let Some(ended) = streams.join_next().await {
        match ended? {
            Ok(noted) => unforeseen.extend(noted),
            // Wait for the others all the same: a dropped task could leave a transaction half done.
            Err(error) => failure = Some(error),
        }
    }
    unforeseen.sort();
    failure.map_or(Ok(unforeseen), Err)
}

/// Notes the end, waited for on disk, and counts.
async fn finish(app: &App) -> Result<BTreeMap<String, i64>, DemoError> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    demo_state::finish(&mut tx, app.clock.now()).await?;
    let call_offs = demo_state::call_offs_by_status(&mut tx).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(call_offs.into_iter().collect())
}
