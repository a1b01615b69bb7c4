//! `abruf recheck`: replay every stored review.

use crate::cli::database::Database;
use crate::cli::output::{Exit, Output};
use crate::config::Settings;
use crate::recheck::{Rechecked, recheck_all};

/// Runs it; 10 if any review differs without a listed reason.
pub async fn run(settings: Settings, output: &Output) -> anyhow::Result<Exit> {
    let database = Database::join_or_start(&settings).await?;
    let rechecked = recheck_database(&database, &settings, output).await;
    database.close(None).await?;
    let rechecked = rechecked?;
    output.answer(&sentences(&rechecked), &rechecked);
    Ok(if rechecked.alarms.is_empty() { Exit::Ok } else { Exit::VerificationFailed })
}

async fn recheck_database(database: &Database, settings: &Settings, output: &Output) -> anyhow::Result<Rechecked> {
    database.require_migrated().await?;
    let app = database.app(settings).await?;
    let bar = output.progress("Prüfungen");
    let rechecked = recheck_all(&app, |done, total| bar.set(done as u64, total as u64)).await;
    bar.finish();
    app.db.pool().close().await;
    Ok(rechecked?)
}

/// Every alarm and every explanation on a line of its own, the result last.
fn sentences(rechecked: &Rechecked) -> String {
    let alarms = rechecked.alarms.iter().map(|alarm| format!("{}: {}", alarm.place, alarm.what));
    let changes = rechecked.changes.iter().map(|(change, count)| format!("{count} × {change}"));
    alarms.chain(changes).chain([rechecked.sentence()]).collect::<Vec<_>>().join("\n")
}
