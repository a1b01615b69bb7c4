//! The speed goals: release, submission and check of the product beside what the machine allows.
//!
//! Everything runs on a server whose flushes take one millisecond ([`crate::sim`]). A round measures the
//! bare variant, the product, the bare variant again; its ratio is the product over the mean of the two.
//! A round whose two bare figures differ by more than 1.3 is void and repeated.

mod sums;

use std::sync::Arc;
use std::time::Duration;

use abruf::embedded::{Cluster, Settings};
use rust_decimal::Decimal;
use sqlx::ConnectOptions;
use tokio::process::Command;

use crate::desk::Desk;
use crate::load::{self, Done};
use crate::program::Program;
use crate::sim::Sim;
use crate::{Result, bare, pgbench, say, towns};

/// Rounds that count.
const ROUNDS: usize = 5;
/// How often void rounds are repeated before the machine is called too restless.
const PATIENCE: usize = 15;
/// How far two bare figures of one round may lie apart.
const RESTLESS: Decimal = Decimal::from_parts(13, 0, 0, false, 1);
/// Warm-up of each variant.
const WARM_UP: Duration = Duration::from_secs(3);
/// How many times as long as a variant the run lasts that shows whether the hot row wears out.
const ENDURANCE: u32 = 12;
/// Desks: as many towns as clients at most.
const DESKS: usize = 32;

/// A goal that compares rates.
struct Goal {
    name: &'static str,
    what: &'static str,
    clients: usize,
    contracts: usize,
    /// Clients of the bare function beside it.
    raw_clients: usize,
    must: Decimal,
    aim: Decimal,
}

fn goals_of_release() -> [Goal; 4] {
    [
        Goal {
            name: "P1",
            what: "release, 200 contracts, 32 clients",
            clients: 32,
            contracts: 200,
            raw_clients: 32,
            must: Decimal::new(35, 2),
            aim: Decimal::new(55, 2),
        },
        Goal {
            name: "P1b",
            what: "release, 200 contracts, 1 client",
            clients: 1,
            contracts: 200,
            raw_clients: 1,
            must: Decimal::new(40, 2),
            aim: Decimal::new(55, 2),
        },
        Goal {
            name: "P2",
            what: "release, one hot contract, 32 clients, of bare with 1",
            clients: 32,
            contracts: 1,
            raw_clients: 1,
            must: Decimal::new(80, 2),
            aim: Decimal::new(80, 2),
        },
        Goal {
            name: "P2",
            what: "release, one hot contract, 32 clients, of bare with 32",
            clients: 32,
            contracts: 1,
            raw_clients: 32,
            must: Decimal::ZERO,
            aim: Decimal::new(25, 1),
        },
    ]
}

struct Field {
    cluster: Cluster,
    program: Program,
    contracts: Vec<String>,
    desks: Vec<Arc<Desk>>,
}

impl Field {
    async fn stay_signed_in(&self) -> Result<()> {
        for desk in &self.desks {
            desk.stay().await?;
        }
        Ok(())
    }
}

/// A request and the desk that releases it.
type Piece = (Arc<Desk>, String);

/// Measures all goals, or those whose name is asked for, and prints a table.
pub async fn speed(settings: &Settings, time: Duration, only: Option<&str>) -> Result<()> {
    let wanted = |name: &str| only.is_none_or(|only| only == name);
    let sim = Sim::start(settings).await?;
    say("the demo loads into a server with slow flushes");
    let (program, _) = Program::on(&sim.cluster, true).await?;
    bare::install(&sim.cluster).await?;
    towns::spread(&sim.cluster).await?;
    bare::raise_ceilings(&sim.cluster).await?;
    let contracts = towns::contracts(&sim.cluster).await?;
    let desks = towns::desks(&sim.cluster, &program, &contracts[0], DESKS).await?;
    bare::drop_documents(&sim.cluster).await?;
    let Sim { cluster, folder } = sim;
    let field = Field { cluster, program, contracts, desks };
    println!("| goal | what | bare per second | product per second | product over bare | must | aim |");
    println!("|---|---|---|---|---|---|---|");
    for goal in goals_of_release().iter().filter(|goal| wanted(goal.name)) {
        releases(&field, goal, time).await?;
    }
    if wanted("P2") {
        endurance(&field, time * ENDURANCE).await?;
    }
    if wanted("P3") {
        checks(&field, time).await?;
    }
    if wanted("P4b") {
        sums::cost(&field, time).await?;
    }
    field.program.stop().await?;
    bare::assert_sums(&field.cluster).await?;
    field.cluster.stop().await?;
    drop(folder);
    Ok(())
}

/// One goal about releases: submission and the spread of waiting times are reported beside it.
async fn releases(field: &Field, goal: &Goal, time: Duration) -> Result<()> {
    let raw =
        async |time| pgbench::per_second(&field.cluster, goal.raw_clients, i32::try_from(goal.contracts)?, time).await;
    raw(WARM_UP).await?;
    // As many requests as the fastest round could need.
    let guess = requests(field, goal, 300).await?.0;
    let mut fastest = release(guess, goal.clients, WARM_UP).await?.per_second();
    let (mut ratios, mut raws, mut rates, mut submissions, mut fairness) =
        <(Vec<_>, Vec<_>, Vec<_>, Vec<_>, Vec<_>)>::default();
    for _ in 0..PATIENCE {
        let needed = (fastest * Decimal::new(16, 1) * Decimal::from(time.as_secs())).round();
        let (pieces, submission) = requests(field, goal, usize::try_from(needed)?.max(2 * goal.clients)).await?;
        let before = raw(time).await?;
        let done = release(pieces, goal.clients, time).await?;
        // The bare function would share the machine with the documents of these orders.
        bare::drop_documents(&field.cluster).await?;
        let after = raw(time).await?;
        bare::assert_sums(&field.cluster).await?;
        fastest = fastest.max(done.per_second());
        if RESTLESS < before.max(after) / before.min(after).max(Decimal::new(1, 1)) {
            say(&format!("{}: void round, bare {before} and {after} per second", goal.name));
            continue;
        }
        let mean = (before + after) / Decimal::TWO;
        ratios.push((done.per_second() / mean).round_dp(3));
        raws.push(mean.round_dp(0));
        rates.push(done.per_second());
        submissions.push(submission.per_second());
        fairness.push(done.times.p99_over_median());
        say(&format!(
            "{}: bare {mean:.0}, release {} per second, submission {}",
            goal.name,
            done.per_second(),
            submission.per_second()
        ));
        if ratios.len() == ROUNDS {
            break;
        }
    }
    if ratios.len() < ROUNDS {
        return Err(
            format!("{}: the machine is too restless, {} rounds of {ROUNDS} count", goal.name, ratios.len()).into()
        );
    }
    println!(
        "| {} | {} | {} | {} | {} | {} | {} |",
        goal.name,
        goal.what,
        Spread(&mut raws),
        Spread(&mut rates),
        Spread(&mut ratios),
        goal.must,
        goal.aim
    );
    println!("| {} | submission of the same requests | | {} | | | |", goal.name, Spread(&mut submissions));
    if goal.contracts == 1 {
        println!("| P2b | p99 over p50 of the releases | | | {} | 8 | 5 |", Spread(&mut fairness));
    }
    Ok(())
}

/// Whether a contract that everybody orders from stays as fast: the last sixth of a long run over the first.
async fn endurance(field: &Field, time: Duration) -> Result<()> {
    let goal = Goal {
        name: "P2",
        what: "one hot contract, 32 clients: last sixth of a long run over its first",
        clients: 32,
        contracts: 1,
        raw_clients: 32,
        must: Decimal::new(9, 1),
        aim: Decimal::new(9, 1),
    };
    let fastest = release(requests(field, &goal, 300).await?.0, goal.clients, WARM_UP).await?.per_second();
    let needed = (fastest * Decimal::new(15, 1) * Decimal::from(time.as_secs())).round();
    let done = release(requests(field, &goal, usize::try_from(needed)?).await?.0, goal.clients, time).await?;
    bare::drop_documents(&field.cluster).await?;
    bare::assert_sums(&field.cluster).await?;
    let sixth = time / 6;
    let (first, last) = (done.between(Duration::ZERO, sixth), done.between(time - sixth, time));
    let ratio = (Decimal::from(last) / Decimal::from(first.max(1))).round_dp(3);
    println!("| {} | {} | | {} | {ratio} | {} | {} |", goal.name, goal.what, done.per_second(), goal.must, goal.aim);
    Ok(())
}

/// So many requests, handed over and waiting; how fast they were handed over.
async fn requests(field: &Field, goal: &Goal, count: usize) -> Result<(Vec<Piece>, Done)> {
    bare::age_orders(&field.cluster).await?;
    field.stay_signed_in().await?;
    let wanted: Vec<_> = (0..count)
        .map(|n| {
            let desk = Arc::clone(&field.desks[n % field.desks.len()]);
            (desk, field.contracts[n % goal.contracts].clone())
        })
        .collect();
    let drafts = Arc::new(std::sync::Mutex::new(Vec::with_capacity(count)));
    let made = Arc::clone(&drafts);
    load::run(wanted, 8, None, move |(desk, contract)| {
        let made = Arc::clone(&made);
        async move {
            let id = desk.draft(&contract).await?;
            made.lock().map_err(|_| "a client broke down")?.push((desk, id));
            Ok(Duration::ZERO)
        }
    })
    .await?;
    let drafts: Vec<Piece> = std::mem::take(&mut *drafts.lock().map_err(|_| "a client broke down")?);
    let again = drafts.clone();
    field.stay_signed_in().await?;
    let done = load::run(drafts, goal.clients, None, |(desk, id)| async move { desk.submit(&id).await }).await?;
    Ok((again, done))
}

async fn release(pieces: Vec<Piece>, clients: usize, time: Duration) -> Result<Done> {
    load::run(pieces, clients, Some(time), |(desk, id)| async move { desk.release(&id).await }).await
}

/// P3: what would happen, asked by eight clients, beside the least a handler can do.
async fn checks(field: &Field, time: Duration) -> Result<()> {
    const CLIENTS: usize = 8;
    /// More than any handler answers in a second.
    const PER_SECOND: usize = 40_000;
    let listen = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let _trivial = Command::new(std::env::current_exe()?)
        .args(["--trivial", field.cluster.owner_options().to_url_lossy().as_str(), &listen])
        .kill_on_drop(true)
        .spawn()?;
    let http = reqwest::Client::new();
    let address: Arc<str> = format!("http://{listen}/").into();
    while http.post(&*address).send().await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let seconds = usize::try_from(time.as_secs())?.max(1);
    let trivial = async |time| {
        let (http, address) = (http.clone(), Arc::clone(&address));
        load::run(vec![(); PER_SECOND * seconds], CLIENTS, Some(time), move |()| {
            let asked = http.post(&*address).body("{}").send();
            async move {
                let begin = crate::now();
                asked.await?.error_for_status()?.bytes().await?;
                Ok(begin.elapsed())
            }
        })
        .await
    };
    let check = async |time| {
        let pieces: Vec<_> = (0..PER_SECOND * seconds)
            .map(|n| {
                (Arc::clone(&field.desks[n % field.desks.len()]), field.contracts[n % field.contracts.len()].clone())
            })
            .collect();
        load::run(pieces, CLIENTS, Some(time), |(desk, contract)| async move { desk.check(&contract).await }).await
    };
    trivial(WARM_UP).await?;
    check(WARM_UP).await?;
    let (mut ratios, mut raws, mut rates, mut tails) = <(Vec<_>, Vec<_>, Vec<_>, Vec<_>)>::default();
    for _ in 0..PATIENCE {
        field.stay_signed_in().await?;
        let (before, product, after) = (trivial(time).await?, check(time).await?, trivial(time).await?);
        let (first, second) = (before.per_second(), after.per_second());
        if RESTLESS < first.max(second) / first.min(second).max(Decimal::new(1, 1)) {
            say(&format!("P3: void round, trivial {first} and {second} per second"));
            continue;
        }
        let mean = (first + second) / Decimal::TWO;
        ratios.push((product.per_second() / mean).round_dp(3));
        raws.push(mean.round_dp(0));
        rates.push(product.per_second());
        let mut both = before.times;
        both.extend(after.times);
        tails.push(product.times.p99_over(&both));
        say(&format!("P3: trivial {mean:.0}, check {} per second", product.per_second()));
        if ratios.len() == ROUNDS {
            break;
        }
    }
    println!(
        "| P3 | check without a draft, 8 clients | {} | {} | {} | 0.5 | 0.7 |",
        Spread(&mut raws),
        Spread(&mut rates),
        Spread(&mut ratios)
    );
    println!("| P3 | its p99 over that of the trivial handler | | | {} | 2 | 1.3 |", Spread(&mut tails));
    Ok(())
}

/// Median with range.
struct Spread<'a>(&'a mut Vec<Decimal>);

impl std::fmt::Display for Spread<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut sorted = self.0.clone();
        sorted.sort();
        match (sorted.get(sorted.len() / 2), sorted.first(), sorted.last()) {
            (Some(median), Some(least), Some(most)) => write!(f, "{median} [{least} .. {most}]"),
            _ => f.write_str("not measured"),
        }
    }
}
