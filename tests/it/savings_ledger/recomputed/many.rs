//! Many small data sets, each with towns, contracts and orders of its own: a few of them each time, 2,000 by `./check --long`.
//! Several share a database, one after the other; at its end everything in it is compared once more.

use std::cell::Cell;
use std::time::Instant;

use abruf::actor::{Actor, Role, RunsAs};
use abruf::chance::Chance;
use abruf::reports::catalogue::{self, Report};
use abruf::reports::question::{Dimension, Question};
use abruf::reports::savings::Filter;
use abruf::reports::savings_by;
use abruf::reports::savings_stages::By;
use abruf::storage::savings_totals::settle;
use abruf::verify::verify;
use abruf_domain::ids::OrganisationId;
use chrono::{DateTime, Utc};
use rand::RngExt;
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::{Filled, Slow, agree, filters, laws, sums, told};
use crate::stress::{first_seed, say, time};
use crate::world::World;

/// Data sets of the ordinary test and of the long one.
const SETS: u64 = 12;
const MANY_SETS: u64 = 2_000;
/// So many are played however short the time.
const LEAST: u64 = 5;
/// Data sets that share a database: its sessions have planned their statements then.
const SETS_OF_A_DATABASE: u32 = 20;
/// Of the questions about contracts or members of a data set one in so many is asked.
const ONE_IN: u32 = 24;

/// Which data set comes next.
struct Sets {
    first: u64,
    count: u64,
    begun: Cell<u64>,
    until: Option<Instant>,
}

impl Sets {
    fn next(&self) -> Option<u64> {
        let begun = self.begun.get();
        let late = LEAST <= begun && self.until.is_some_and(|end| end < Instant::now());
        if late || self.count <= begun {
            return None;
        }
        self.begun.set(begun + 1);
        Some(self.first.wrapping_add(begun))
    }
}

/// Plays data sets until there are no more; how many rows of reports were compared.
async fn work(sets: &Sets) -> usize {
    let (mut next, mut compared) = (sets.next(), 0);
    while next.is_some() {
        let mut world = World::new().await;
        laws(&world).await;
        let (mut whole, mut room) = (Vec::new(), SETS_OF_A_DATABASE);
        while let Some(seed) = next.filter(|_| 0 < room) {
            say(&format!("savings: ABRUF_TEST_SEED={seed}"));
            let (used, ledger, rows) = one(world, seed).await;
            world = used;
            whole.extend(ledger);
            compared += rows;
            room -= 1;
            next = sets.next();
        }
        compared += everything(&world, &whole).await;
    }
    compared
}

/// Lives one data set in this world and compares it: the world, its slow ledger, how many rows.
async fn one(mut world: World, seed: u64) -> (World, Vec<Slow>, usize) {
    world.at("2026-11-22T07:00:00Z");
    world.app.chance = Chance::seeded(seed);
    let mut filled = Filled::over(world, seed).await;
    for _ in 0..filled.chance.random_range(1..=4) {
        filled.live(1..8).await;
    }
    filled.world.at("2026-11-22T09:00:00Z");
    if filled.chance.random_range(0..2) == 0 {
        filled.corrected().await;
        filled.looked_at_again().await;
    }
    if filled.chance.random_range(0..3) == 0 {
        // Where nobody has ordered in that year there is nothing to share it by.
        let _ = filled.bonus().await;
    }
    if filled.chance.random_range(0..2) == 0 {
        // Else the sums wait in rows of their own.
        let mut tx = filled.world.app.db.begin(RunsAs::Job).await.unwrap();
        settle(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
    }
    let ledger = filled.slowly().await;
    let mut asked = filters(&filled);
    asked.retain(|it| {
        let of_this_set = it.contract.is_some() || it.member.is_some();
        let whole = it.contract.is_some() && it.member.is_none() && it.year.is_none() && it.class.is_none();
        of_this_set && (whole || filled.chance.random_range(0..ONE_IN) == 0)
    });
    let now = filled.world.app.clock.now();
    let mut tx = filled.world.app.db.begin(&filled.board).await.unwrap();
    let mut compared = agree(&mut tx, &ledger, &asked).await;
    for contract in &filled.contracts {
        let question = Question { contract: Some(contract.id.0), ..Question::default() };
        compared += broken_down(&mut tx, &ledger, &question).await;
        add_up(&mut tx, &filled.board, &question, now).await;
    }
    tx.rollback().await.unwrap();
    (filled.world, ledger, compared)
}

/// Compares savings by year, member and class with the slow ledger.
async fn broken_down(conn: &mut PgConnection, ledger: &[Slow], question: &Question) -> usize {
    let by = [Dimension::Year, Dimension::Member, Dimension::Class];
    let parts = savings_by::grouped(conn, question, &by).await.unwrap();
    for part in &parts {
        let [year, member, class] = &part.keys;
        let filter = Filter {
            year: Some(year.parse().unwrap()),
            contract: question.contract.map(Into::into),
            member: Some(OrganisationId(member.parse().unwrap())),
            class: Some(class.clone()),
        };
        assert_eq!(told(&part.sums), sums(ledger, &filter, "planned", None, By::Total), "{filter:?}");
    }
    parts.len()
}

/// Every report over a contract: no total differs from the list behind it.
async fn add_up(conn: &mut PgConnection, board: &Actor, question: &Question, now: DateTime<Utc>) {
    for report in Report::ALL {
        let table = catalogue::table(&mut *conn, Some(board), report, question, now).await.unwrap();
        assert_eq!(table.deviation(), Decimal::ZERO, "{}: {:?}", report.key(), table.checks);
    }
}

/// Compares what a database holds of all its data sets, and asks for every promise.
async fn everything(world: &World, ledger: &[Slow]) -> usize {
    let years = [None, Some(2025), Some(2026)].map(|year| Filter { year, ..Filter::default() });
    let board = world.person(Role::Board, world.body).await;
    let mut tx = world.app.db.begin(&board).await.unwrap();
    let mut compared = agree(&mut tx, ledger, &years).await;
    compared += broken_down(&mut tx, ledger, &Question::default()).await;
    add_up(&mut tx, &board, &Question::default(), world.app.clock.now()).await;
    tx.rollback().await.unwrap();
    world.keeps_its_promises().await;
    let found = verify(&world.app, |_, _, _| {}).await.unwrap();
    assert!(found.failures.is_empty(), "{:?}", found.failures);
    compared
}

/// Two at a time: while one waits for its database the other one works.
async fn play(sets: Sets) {
    let began = Instant::now();
    let (one, other) = tokio::join!(work(&sets), work(&sets));
    let (played, count, first) = (sets.begun.get(), sets.count, sets.first);
    let rows = one + other;
    say(&format!(
        "savings: {played} of {count} data sets from seed {first}, {rows} rows compared, {:.1?}",
        began.elapsed()
    ));
    assert!(20 * usize::try_from(played).unwrap() <= rows, "only {rows} rows of {played} data sets were compared");
}

#[tokio::test]
async fn every_report_of_a_few_random_data_sets_is_what_a_slow_computation_says() {
    play(Sets { first: first_seed(), count: SETS, begun: Cell::new(0), until: None }).await;
}

#[tokio::test]
#[ignore = "long: run by ./check --long"]
async fn every_report_of_two_thousand_random_data_sets_is_what_a_slow_computation_says() {
    let until = time().map(|time| Instant::now() + time);
    play(Sets { first: first_seed(), count: MANY_SETS, begun: Cell::new(0), until }).await;
}
