//! P4b on whole releases: what the sums kept with the savings ledger cost those who release.

use std::time::Duration;

use abruf::embedded::Cluster;
use rust_decimal::Decimal;
use sqlx::ConnectOptions;

use super::{Field, Goal, PATIENCE, RESTLESS, ROUNDS, Spread, WARM_UP, release, requests};
use crate::load::Done;
use crate::{Result, bare, say};

/// Rounds of three: without the sums, with them, without them again.
pub async fn cost(field: &Field, time: Duration) -> Result<()> {
    let goal = Goal {
        name: "P4b",
        what: "release, 200 contracts, 32 clients: with the sums of the ledger over without",
        clients: 32,
        contracts: 200,
        raw_clients: 32,
        must: Decimal::new(80, 2),
        aim: Decimal::new(90, 2),
    };
    let guess = requests(field, &goal, 300).await?.0;
    let mut fastest = release(guess, goal.clients, WARM_UP).await?.per_second();
    let (mut ratios, mut without, mut with) = <(Vec<_>, Vec<_>, Vec<_>)>::default();
    for _ in 0..PATIENCE {
        let before = round(field, &goal, false, fastest, time).await?;
        let kept = round(field, &goal, true, fastest, time).await?;
        let after = round(field, &goal, false, fastest, time).await?;
        fastest = fastest.max(before).max(kept).max(after);
        if RESTLESS < before.max(after) / before.min(after).max(Decimal::new(1, 1)) {
            say(&format!("P4b: void round, without {before} and {after} per second"));
            continue;
        }
        let mean = (before + after) / Decimal::TWO;
        say(&format!("P4b: without {mean:.1}, with {kept} per second"));
        ratios.push((kept / mean).round_dp(3));
        without.push(mean.round_dp(1));
        with.push(kept);
        if ratios.len() == ROUNDS {
            break;
        }
    }
    keep(&field.cluster, true).await?;
    println!(
        "| {} | {} | {} | {} | {} | {} | {} |",
        goal.name,
        goal.what,
        Spread(&mut without),
        Spread(&mut with),
        Spread(&mut ratios),
        goal.must,
        goal.aim
    );
    Ok(())
}

/// Releases a second, and whether the sums know of them.
async fn round(field: &Field, goal: &Goal, kept: bool, fastest: Decimal, time: Duration) -> Result<Decimal> {
    keep(&field.cluster, kept).await?;
    let needed = (fastest * Decimal::new(16, 1) * Decimal::from(time.as_secs())).round();
    let (pieces, _) = requests(field, goal, usize::try_from(needed)?.max(2 * goal.clients)).await?;
    let (booked, summed) = entries(&field.cluster).await?;
    let done: Done = release(pieces, goal.clients, time).await?;
    bare::drop_documents(&field.cluster).await?;
    let (booked, summed) = (entries(&field.cluster).await?.0 - booked, entries(&field.cluster).await?.1 - summed);
    // A run with a wrong sum has no speed.
    if summed != if kept { booked } else { 0 } {
        return Err(format!("P4b: {booked} entries booked, {summed} of them in the sums").into());
    }
    Ok(done.per_second())
}

async fn keep(cluster: &Cluster, kept: bool) -> Result<()> {
    let mut owner = cluster.owner_options().connect().await?;
    sqlx::raw_sql(if kept {
        "ALTER TABLE savings_entry ENABLE TRIGGER savings_entry_keeps_total"
    } else {
        "ALTER TABLE savings_entry DISABLE TRIGGER savings_entry_keeps_total"
    })
    .execute(&mut owner)
    .await?;
    Ok(())
}

/// Entries of the ledger, and those that the sums count.
async fn entries(cluster: &Cluster) -> Result<(i64, i64)> {
    let mut owner = cluster.owner_options().connect().await?;
    Ok(sqlx::query_as(
        "SELECT (SELECT count(*) FROM savings_entry), (SELECT coalesce(sum(entries), 0)::bigint FROM savings_total)",
    )
    .fetch_one(&mut owner)
    .await?)
}
