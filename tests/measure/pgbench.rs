//! The bare SQL function, driven by PostgreSQL's own load generator: what the machine allows.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use abruf::embedded::Cluster;
use rust_decimal::Decimal;
use sqlx::ConnectOptions;
use tokio::process::Command;

use crate::Result;

/// More requests than any server releases in a second.
const PER_SECOND: i64 = 12_000;

/// Releases per second of so many clients over so many contracts.
pub async fn per_second(cluster: &Cluster, clients: usize, contracts: i32, time: Duration) -> Result<Decimal> {
    let mut owner = cluster.owner_options().connect().await?;
    let count = PER_SECOND * i64::try_from(time.as_secs().max(1))?;
    sqlx::query("SELECT bare.prepare($1, $2)").bind(i32::try_from(count)?).bind(contracts).execute(&mut owner).await?;
    sqlx::query("SELECT setval('bare.turn', min(id), false) FROM bare.request WHERE number IS NULL")
        .execute(&mut owner)
        .await?;
    // Else the first run of a round works on tables without statistics, the second on those of autovacuum.
    sqlx::raw_sql("ANALYZE bare.request; ANALYZE bare.line").execute(&mut owner).await?;

    let script = tempfile::NamedTempFile::new()?;
    std::fs::write(script.path(), "SELECT bare.release(nextval('bare.turn'));\n")?;
    let options = cluster.owner_options();
    let output = Command::new(program()?)
        .args(["--no-vacuum", "--protocol=prepared"])
        .arg(format!("--client={clients}"))
        .arg(format!("--jobs={}", clients.min(2)))
        .arg(format!("--time={}", time.as_secs()))
        .arg(format!("--file={}", script.path().display()))
        .arg(format!("--host={}", cluster.socket_dir().display()))
        .arg(format!("--username={}", options.get_username()))
        .arg(cluster.database())
        .stdin(Stdio::null())
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stdout);
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    // What nobody released would be counted among the next.
    sqlx::raw_sql("DELETE FROM bare.line USING bare.request WHERE id = request_id AND number IS NULL; DELETE FROM bare.request WHERE number IS NULL")
        .execute(&mut owner)
        .await?;
    rate.ok_or_else(|| format!("pgbench: {said}{}", String::from_utf8_lossy(&output.stderr)).into())
}

/// Beside the server's programs, or on the path.
fn program() -> Result<PathBuf> {
    let beside = crate::environment("ABRUF_PG_BIN").map(|folder| PathBuf::from(folder).join("pgbench"));
    Ok(beside.filter(|program| program.exists()).unwrap_or_else(|| "pgbench".into()))
}
