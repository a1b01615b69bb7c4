//! `abruf doctor`: is this installation sound? One line per question.

use clap::Args;
use serde::Serialize;
use sqlx::Connection;
use sqlx::postgres::PgConnection;

use crate::actor::RunsAs;
use crate::cli::database::Database;
use crate::cli::output::{Exit, Output};
use crate::clock::Clock;
use crate::config::Settings;
use crate::embedded::{NEWEST_MAJOR, OLDEST_MAJOR};
use crate::storage::{MIGRATOR, outbox};

/// Prüft Einstellungen und Datenbank.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Gibt den Postausgang nach einer Wiederherstellung frei.
    #[arg(long)]
    release_outbox: bool,
}

/// An answer.
#[derive(Debug, Serialize)]
struct Answer {
    ok: bool,
    question: &'static str,
    found: String,
}

impl Doctor {
    /// Runs it: exit code 1 if anything is not sound.
    pub async fn run(self, settings: Settings, output: &Output) -> anyhow::Result<Exit> {
        let database = Database::join_or_start(&settings).await?;
        let mut owner = PgConnection::connect_with(&database.owner).await?;
        if self.release_outbox {
            sqlx::query!("UPDATE installation SET outbox_held = false").execute(&mut owner).await?;
        }
        let answers = examine(&database, &settings, &mut owner).await;
        owner.close().await?;
        database.close(None).await?;
        let answers = answers?;
        let text: Vec<String> = answers
            .iter()
            .map(|answer| {
                format!("{} {}: {}", if answer.ok { "gut   " } else { "PRÜFEN" }, answer.question, answer.found)
            })
            .collect();
        output.answer(&text.join("\n"), &answers);
        Ok(if answers.iter().all(|answer| answer.ok) { Exit::Ok } else { Exit::Unexpected })
    }
}

async fn examine(database: &Database, settings: &Settings, owner: &mut PgConnection) -> anyhow::Result<Vec<Answer>> {
    let server = sqlx::query!(
        r#"SELECT current_setting('server_version_num')::int / 10000 AS "major!", current_setting('data_checksums') AS "checksums!",
                  current_setting('fsync') AS "fsync!", clock_timestamp() AS "now!"
        "#
    )
    .fetch_one(&mut *owner)
    .await?;
    let major = u32::try_from(server.major).unwrap_or_default();
    let drift = (Clock::System.now() - server.now).num_seconds().abs();
    let me = sqlx::query!(
        r#"SELECT rolname AS "name!", rolsuper OR rolbypassrls AS "bypasses!" FROM pg_roles WHERE rolname = current_user"#
    )
    .fetch_one(&mut *owner)
    .await?;
    // Unchecked at build time: the table belongs to the migrator and is not there in a fresh database.
    let applied: i64 = sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations WHERE success")
        .fetch_one(&mut *owner)
        .await
        .unwrap_or_default();
    let known = MIGRATOR.iter().count();
    let mut answers = vec![
        Answer {
            ok: (OLDEST_MAJOR..=NEWEST_MAJOR).contains(&major),
            question: "PostgreSQL",
            found: format!("Version {major}, erprobt sind {OLDEST_MAJOR} bis {NEWEST_MAJOR}"),
        },
        Answer {
            ok: server.fsync == "on",
            question: "Schreibsicherheit",
            found: format!("fsync {}, Prüfsummen {}", server.fsync, server.checksums),
        },
        Answer { ok: drift <= 5, question: "Uhren", found: format!("Programm und Datenbank weichen {drift} s ab") },
        Answer {
            ok: usize::try_from(applied).is_ok_and(|applied| applied == known),
            question: "Migrationen",
            found: format!("{applied} von {known} angewendet"),
        },
        Answer {
            ok: me.bypasses,
            question: "Eigentümerrolle",
            found: format!(
                "{}: {}",
                me.name,
                if me.bypasses { "darf sichern und wandern" } else { "braucht BYPASSRLS" }
            ),
        },
        application_role(database).await?,
    ];
    if applied > 0 {
        answers.push(outbox_state(database, settings).await?);
    }
    Ok(answers)
}

/// The application must be neither superuser nor exempt from the policies, nor own the tables.
async fn application_role(database: &Database) -> anyhow::Result<Answer> {
    let mut app = PgConnection::connect_with(&database.app).await?;
    let role = sqlx::query!(
        r#"SELECT rolname AS "name!", rolsuper AS "superuser!", rolbypassrls AS "bypasses!",
                  EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user) AS "owns!"
           FROM pg_roles WHERE rolname = current_user"#
    )
    .fetch_one(&mut app)
    .await?;
    app.close().await?;
    let ok = !role.superuser && !role.bypasses && !role.owns;
    let found = if ok { "an die Zeilenrechte gebunden" } else { "umgeht die Zeilenrechte oder besitzt Tabellen" };
    Ok(Answer { ok, question: "Anwendungsrolle", found: format!("{}: {found}", role.name) })
}

async fn outbox_state(database: &Database, settings: &Settings) -> anyhow::Result<Answer> {
    let app = database.app(settings).await?;
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let open = outbox::open(&mut tx).await?;
    let held = outbox::is_held(&mut tx).await?;
    tx.rollback().await?;
    app.db.pool().close().await;
    let found = if held {
        format!("{open} offen, angehalten nach einer Wiederherstellung; freigeben mit abruf doctor --release-outbox")
    } else {
        format!("{open} offen")
    };
    Ok(Answer { ok: !held, question: "Postausgang", found })
}
