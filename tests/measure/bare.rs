//! The bare SQL function, and what the run asks of the database beside the program.

use std::time::Duration;

use abruf::embedded::Cluster;
use sqlx::postgres::PgPoolOptions;
use sqlx::{ConnectOptions, PgPool};

use crate::timing::Times;
use crate::{Result, now};

/// Requests prepared at once for a client.
const BATCH: i32 = 2000;

pub async fn install(cluster: &Cluster) -> Result<()> {
    let mut owner = cluster.owner_options().connect().await?;
    sqlx::raw_sql(include_str!("bare.sql")).execute(&mut owner).await?;
    Ok(())
}

/// All call-offs, drafts included.
pub async fn orders_of_demo(cluster: &Cluster) -> Result<i64> {
    let mut owner = cluster.owner_options().connect().await?;
    Ok(sqlx::query_scalar("SELECT count(*) FROM call_off").fetch_one(&mut owner).await?)
}

/// Room for as many orders as anybody can make: in the contracts, and below what a town's council decides on, which
/// orders of 30 days are added up for (rule `order-splitting`).
pub async fn raise_ceilings(cluster: &Cluster) -> Result<()> {
    let mut owner = cluster.owner_options().connect().await?;
    for raise in [
        "UPDATE guard SET limit_amount = 10000000000 WHERE limit_amount IS NOT NULL AND NOT breached",
        "UPDATE council_limit SET amount = 10000000000",
    ] {
        sqlx::query(raise).execute(&mut owner).await?;
    }
    Ok(())
}

/// Dates the orders made so far before the window in which a town's orders count together: a round of the hot contract
/// judges what a town orders in one day, not what all rounds before it left behind.
pub async fn age_orders(cluster: &Cluster) -> Result<()> {
    let mut owner = cluster.owner_options().connect().await?;
    sqlx::query(
        "UPDATE call_off SET dated_on = dated_on - 90
         WHERE number IS NOT NULL AND current_date - 30 <= dated_on
           AND contract_id IN (SELECT id FROM measured_contract)",
    )
    .execute(&mut owner)
    .await?;
    Ok(())
}

/// Releases with so many clients for so long; the requests are there before the clock starts.
pub async fn run(cluster: &Cluster, clients: usize, seconds: Duration) -> Result<Times> {
    let pool = PgPoolOptions::new().max_connections(clients as u32).connect_with(cluster.owner_options()).await?;
    let tasks: Vec<_> = (0..clients).map(|_| tokio::spawn(one(pool.clone(), seconds))).collect();
    let mut times = Times::default();
    for task in tasks {
        times.extend(task.await??);
    }
    Ok(times)
}

async fn one(pool: PgPool, seconds: Duration) -> Result<Times> {
    let mut connection = pool.acquire().await?;
    let mut times = Times::default();
    let mut spent = Duration::ZERO;
    while spent < seconds {
        // Its own requests: clients meet at the guard only, as those of the product do.
        let mut tx = sqlx::Connection::begin(&mut *connection).await?;
        let before: i64 =
            sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM bare.request").fetch_one(&mut *tx).await?;
        sqlx::query("SELECT bare.prepare($1, 1)").bind(BATCH).execute(&mut *tx).await?;
        let requests: Vec<i64> =
            sqlx::query_scalar("SELECT id FROM bare.request WHERE id > $1 AND xmin = pg_current_xact_id()::xid")
                .bind(before)
                .fetch_all(&mut *tx)
                .await?;
        tx.commit().await?;
        for request in requests {
            let begin = now();
            sqlx::query("SELECT bare.release($1)").bind(request).execute(&mut *connection).await?;
            let took = begin.elapsed();
            times.add(took);
            spent += took;
            if seconds <= spent {
                break;
            }
        }
    }
    Ok(times)
}

/// Until every order has its document.
pub async fn wait_for_documents(cluster: &Cluster) -> Result<()> {
    let mut owner = cluster.owner_options().connect().await?;
    loop {
        let open: i64 = sqlx::query_scalar("SELECT count(*) FROM outbox WHERE done_at IS NULL AND kind LIKE 'issue%'")
            .fetch_one(&mut owner)
            .await?;
        if open == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Takes the documents that are still to be made out of the queue. Between two rounds nobody waits for thousands of
/// them; while a round runs, they are made as always.
pub async fn drop_documents(cluster: &Cluster) -> Result<()> {
    let mut owner = cluster.owner_options().connect().await?;
    sqlx::query("UPDATE outbox SET done_at = now() WHERE done_at IS NULL AND kind LIKE 'issue%'")
        .execute(&mut owner)
        .await?;
    wait_for_documents(cluster).await
}

/// A run with a wrong sum has no speed: the ledger is the guard rows, each order has one key and each chain
/// is whole, and nobody forgot a transaction.
pub async fn assert_sums(cluster: &Cluster) -> Result<()> {
    let mut owner = cluster.owner_options().connect().await?;
    let wrong: Vec<(String, i64)> = sqlx::query_as(
        "SELECT 'guard rows differ from the ledger', count(*) FROM guard g
         CROSS JOIN LATERAL (
             SELECT coalesce(sum(amount) FILTER (WHERE account = 'authorised'), 0) AS authorised,
                    coalesce(sum(amount) FILTER (WHERE account = 'reserved'), 0) AS reserved
             FROM volume_entry e WHERE e.contract_id = g.contract_id AND e.guard_id = g.id) AS ledger
         WHERE g.authorised <> ledger.authorised OR g.reserved <> ledger.reserved
         UNION ALL
         SELECT 'guard rows are above their limit', count(*) FROM guard
         WHERE hard AND NOT breached AND limit_amount < authorised + recorded + reserved
         UNION ALL
         SELECT 'entries do not continue their chain', count(*) FROM (
             SELECT e.chain_hash <> sha256(e.previous_hash || e.leaf_hash)
                    OR e.previous_hash <> lag(e.chain_hash, 1, e.previous_hash) OVER (PARTITION BY chain_id ORDER BY sequence) AS broken
             FROM audit_entry e) AS entry
         WHERE broken
         UNION ALL
         SELECT 'chains do not end at their head', count(*) FROM guard g
         WHERE g.scope = 'contract' AND g.measure = 'value' AND 0 < g.chain_length
           AND NOT EXISTS (SELECT FROM audit_entry e
                           WHERE e.chain_id = g.contract_id AND e.sequence = g.chain_length AND e.chain_hash = g.chain_head)
         UNION ALL
         SELECT 'orders have several keys', count(*) - count(DISTINCT answer ->> 'id') FROM idempotency_record
         WHERE answer ->> 'outcome' = 'released'
         UNION ALL
         SELECT 'sessions are idle in a transaction', count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'",
    )
    .fetch_all(&mut owner)
    .await?;
    let found: Vec<String> =
        wrong.into_iter().filter(|(_, count)| *count != 0).map(|(what, count)| format!("{count} {what}")).collect();
    if found.is_empty() { Ok(()) } else { Err(found.join(", ").into()) }
}
