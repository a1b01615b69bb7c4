//! Demo data: loaded once into an empty database, with a progress bar.

use abruf_domain::period::berlin_date;
use serde_json::json;
use sqlx::Connection;
use sqlx::postgres::PgConnection;

use crate::app::App;
use crate::cli::database::Database;
use crate::cli::output::{Exit, Output};
use crate::clock::Clock;
use crate::config::Settings;
use crate::demo::{self, DemoError, Report, Size};

/// Seed of the demo that everybody sees.
const SEED: u64 = 7;

/// `abruf demo`: loads the demo without serving it.
pub async fn run(settings: Settings, output: &Output) -> anyhow::Result<Exit> {
    let database = Database::start(&settings).await?;
    database.migrate().await?;
    let loaded = load_if_empty(&database, &settings, Size::Full, output).await;
    database.close(None).await?;
    let text = if loaded? { account_table() } else { "Es wurde nichts geladen.".to_owned() };
    output.answer(&text, &json!({ "accounts": demo::accounts().iter().map(|it| it.email).collect::<Vec<_>>() }));
    Ok(Exit::Ok)
}

/// Loads the demo into an empty database; a load that was cut is started over. `false` if there was
/// something already.
pub async fn load_if_empty(
    database: &Database,
    settings: &Settings,
    size: Size,
    output: &Output,
) -> anyhow::Result<bool> {
    match load(database, settings, size, output).await {
        Ok(report) => {
            output.say(&format!(
                "Beispieldaten geladen: {} Mitglieder, {} Personen, {} Verträge, {} Abrufe.",
                report.members,
                report.people,
                report.contracts,
                report.total()
            ));
            Ok(true)
        }
        Err(DemoError::AlreadyLoaded { .. }) => Ok(false),
        Err(DemoError::NotEmpty) => {
            output.say("Die Datenbank enthält schon Daten. Beispieldaten werden nicht dazugeladen.");
            Ok(false)
        }
        Err(DemoError::Interrupted { .. }) => {
            output.say("Das Laden der Beispieldaten war unterbrochen worden. Es beginnt von vorn.");
            empty(database).await?;
            load(database, settings, size, output).await?;
            Ok(true)
        }
        Err(error) => Err(error.into()),
    }
}

async fn load(database: &Database, settings: &Settings, size: Size, output: &Output) -> Result<Report, DemoError> {
    // The real clock: the anchor is the day of the first load, whatever ABRUF_DEMO_NOW says later.
    let app: App = database.app_at(settings, Clock::System, true).await?;
    let progress = output.progress("Beispieldaten");
    let anchor = berlin_date(app.clock.now());
    let tell = |done: usize, total: usize, _: &'static str| progress.set(done as u64, total as u64);
    let report = demo::load_size(&app, size, SEED, anchor, tell).await;
    progress.finish();
    app.db.pool().close().await;
    report
}

/// Takes everything away again. Only ever called for a demo whose load was cut.
async fn empty(database: &Database) -> anyhow::Result<()> {
    let mut owner = PgConnection::connect_with(&database.owner).await?;
    for statement in ["DROP SCHEMA public CASCADE", "DROP SCHEMA abruf CASCADE", "CREATE SCHEMA public"] {
        sqlx::query(statement).execute(&mut owner).await?;
    }
    sqlx::query("GRANT USAGE ON SCHEMA public TO PUBLIC").execute(&mut owner).await?;
    owner.close().await?;
    database.migrate().await
}

/// The demo accounts as a table.
#[must_use]
pub fn account_table() -> String {
    let accounts = demo::accounts();
    let width = |part: fn(&demo::DemoAccount) -> &str| {
        accounts.iter().map(|account| part(account).chars().count()).max().unwrap_or(0)
    };
    let (email, role) = (width(|account| account.email), width(|account| account.role));
    let organisation = width(|account| account.organisation);
    let mut lines = vec![format!("Beispielkonten, Passwort für alle: {}", demo::accounts::PASSWORD), String::new()];
    lines.extend(accounts.iter().map(|account| {
        format!(
            "  {:email$}  {:role$}  {:organisation$}  {}",
            account.email, account.role, account.organisation, account.hint
        )
    }));
    lines.join("\n")
}
