//! Measures the product against one bare SQL function on the same server in the same run.
//!
//! `deploy/measure` calls it. Everything is real: the program as a process of its own, its HTTP
//! interface, durable commits, the demo data. Only ceilings are raised, so that there is room for
//! thousands of orders. Figures of different machines do not compare; the ratios of one run do.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this program's purpose is to print")]

mod bare;
mod desk;
mod load;
mod memory;
mod pgbench;
mod product;
mod program;
mod sim;
mod speed;
mod timing;
mod towns;
mod trivial;

use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use abruf::embedded::{Cluster, Settings};
use rust_decimal::Decimal;

use crate::product::Office;
use crate::program::Program;
use crate::timing::Times;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Warm starts; the median counts.
const WARM_STARTS: usize = 5;
/// Rounds of bare, product, bare for each number of clients.
const ROUNDS: usize = 3;
/// Orders made for the last figure.
const DOCUMENTS: usize = 1000;

fn main() -> Result<()> {
    let asked = asked()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let time = match asked {
            Asked::Trivial { database, listen } => return trivial::serve(&database, &listen).await,
            Asked::Speed(time, only) => return speed::speed(&settings(PathBuf::new()), time, only.as_deref()).await,
            Asked::Figures(time) => time,
        };
        let folder = tempfile::Builder::new().prefix("abruf-measure-").tempdir_in(std::env::temp_dir())?;
        // Started by root the server is another user, who must get in.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711))?;
        starts(&folder.path().join("starts")).await?;
        load(&folder.path().join("load"), time).await
    })
}

/// What the command line wants.
enum Asked {
    /// Starts, memory, steps of an order beside bare SQL.
    Figures(Duration),
    /// The speed goals, or one of them.
    Speed(Duration, Option<String>),
    /// Be the trivial server of a speed goal.
    Trivial { database: String, listen: String },
}

/// `[--speed] [--seconds N [--goal NAME]]`, how long each variant runs in each round; `cargo bench` adds `--bench`.
fn asked() -> Result<Asked> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (speed, rest) = match &arguments[..] {
        ["--trivial", database, listen] => {
            return Ok(Asked::Trivial { database: (*database).to_owned(), listen: (*listen).to_owned() });
        }
        ["--speed", rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (seconds, goal) = match rest {
        [] => (5, None),
        ["--seconds", number] => (number.parse()?, None),
        ["--seconds", number, "--goal", goal] if speed => (number.parse()?, Some((*goal).to_owned())),
        _ => return Err("usage: measure [--speed] [--seconds N [--goal P1|P1b|P2|P3|P4b]]".into()),
    };
    let time = Duration::from_secs(seconds);
    Ok(if speed { Asked::Speed(time, goal) } else { Asked::Figures(time) })
}

/// From nothing to ready, and from stopped to ready, on a private server without data.
async fn starts(data_dir: &Path) -> Result<()> {
    let (program, cold) = Program::private(data_dir, false).await?;
    program.stop().await?;
    let mut warm = Times::default();
    for _ in 0..WARM_STARTS {
        let (program, took) = Program::private(data_dir, false).await?;
        program.stop().await?;
        warm.add(took);
    }
    println!("start, cold (make the cluster, migrate)      {:>8.0?}", cold);
    println!("start, warm, median of {WARM_STARTS}                    {:>8.0?}", warm.median());
    Ok(())
}

async fn load(data_dir: &Path, seconds: Duration) -> Result<()> {
    let cluster = Cluster::start(&settings(data_dir.to_owned())).await?;
    let (program, took) = Program::on(&cluster, true).await?;
    bare::install(&cluster).await?;
    let orders = bare::orders_of_demo(&cluster).await?;
    println!(
        "demo load                                    {took:>8.0?}: {orders} call-offs, {} per second",
        rate(orders, took)
    );
    let idle = memory::of_programs()?;
    println!("memory, idle                                 {idle}");

    bare::raise_ceilings(&cluster).await?;
    let mut made = 0;
    for clients in [1, 8] {
        made += compare(&cluster, &program, clients, seconds).await?;
    }
    made += make_documents(&program, DOCUMENTS.saturating_sub(made)).await?;
    bare::wait_for_documents(&cluster).await?;
    println!("memory, after {made} orders and their PDFs       {}", memory::of_programs()?);
    program.stop().await?;
    bare::assert_sums(&cluster).await?;
    cluster.stop().await?;
    Ok(())
}

/// Rounds of bare, product, bare; a ratio per round, and the median of the ratios.
async fn compare(cluster: &Cluster, program: &Program, clients: usize, seconds: Duration) -> Result<usize> {
    let (mut review, mut submission, mut release) = (Times::default(), Times::default(), Times::default());
    let mut raw = Times::default();
    let mut ratios: [Vec<Decimal>; 3] = Default::default();
    let mut made = 0;
    let people = Office::open(program, clients).await?;
    for _ in 0..ROUNDS {
        let mut round_raw = bare::run(cluster, clients, seconds).await?;
        let round = product::run(&people, seconds).await?;
        round_raw.extend(bare::run(cluster, clients, seconds).await?);
        made += round.release.len();
        for (ratios, times) in ratios.iter_mut().zip([&round.review, &round.submission, &round.release]) {
            ratios.push(times.median_over(&round_raw));
        }
        review.extend(round.review);
        submission.extend(round.submission);
        release.extend(round.release);
        raw.extend(round_raw);
    }
    println!("{clients} client(s), one hot contract, 3 lines each, {ROUNDS} rounds:");
    println!("  bare SQL function      p50 {:>8.2?}  p99 {:>8.2?}  of {}", raw.median(), raw.p99(), raw.len());
    for ((name, times), ratios) in
        [("review", &review), ("submission", &submission), ("release", &release)].into_iter().zip(&mut ratios)
    {
        ratios.sort();
        println!(
            "  {name:22} p50 {:>8.2?}  p99 {:>8.2?}  of {:<6} p50 = {} x bare [{} .. {}]",
            times.median(),
            times.p99(),
            times.len(),
            ratios[ROUNDS / 2],
            ratios[0],
            ratios[ROUNDS - 1],
        );
    }
    Ok(made)
}

async fn make_documents(program: &Program, count: usize) -> Result<usize> {
    let people = Office::open(program, 4).await?;
    product::make(&people, count).await?;
    Ok(count)
}

fn rate(count: i64, took: Duration) -> Decimal {
    let milliseconds = Decimal::from(took.as_millis() as u64).max(Decimal::ONE);
    (Decimal::from(count) * Decimal::ONE_THOUSAND / milliseconds).round_dp(1)
}

/// Settings for a private server with whatever PostgreSQL the run found.
fn settings(data_dir: PathBuf) -> Settings {
    let mut settings = Settings::new(data_dir, std::env::temp_dir(), program::PROGRAM.into());
    settings.pg_bin = environment("ABRUF_PG_BIN").map(PathBuf::from);
    settings.search_path = environment("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    settings
}

#[expect(clippy::disallowed_methods, reason = "this program has no config.rs")]
fn environment(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Says on standard error what is under way; the figures go to standard output.
fn say(text: &str) {
    eprintln!("measure: {text}");
}

fn now() -> Instant {
    Instant::now()
}
