//! `abruf doctor`: is this installation sound? One line per question.

use std::path::Path;

use abruf_domain::canonical::sha256;
use clap::Args;
use serde::Serialize;
use sqlx::Connection;
use sqlx::postgres::PgConnection;

use crate::cli::database::Database;
use crate::cli::output::{Exit, Output};
use crate::clock::Clock;
use crate::config::Settings;
use crate::embedded::{NEWEST_MAJOR, OLDEST_MAJOR};
use crate::storage::document_store::{DocumentStore, StoreError};
use crate::storage::{MIGRATOR, document_places, outbox};

/// Free space below which the operator should act.
const SCARCE: u64 = 1 << 30;
/// Seconds by which the clocks of program and database may differ: a release instant decides a day.
const DRIFT: i64 = 5;

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
    /// How the command ends if this is the first thing that is not sound.
    #[serde(skip)]
    exit: Exit,
}

impl Answer {
    fn new(ok: bool, question: &'static str, found: String) -> Self {
        Self { ok, question, found, exit: Exit::Unexpected }
    }

    /// A thing of settings and roles.
    fn of_settings(ok: bool, question: &'static str, found: String) -> Self {
        Self { exit: Exit::Configuration, ..Self::new(ok, question, found) }
    }
}

impl Doctor {
    /// Runs it: 0 if all is sound, 20 if migrations are missing, 3 if roles are wrong, else 1.
    pub async fn run(self, settings: Settings, output: &Output) -> anyhow::Result<Exit> {
        let database = Database::join_or_start(&settings).await?;
        let answers = self.examine(&database, &settings).await;
        database.close(None).await?;
        let answers = answers?;
        let text: Vec<String> = answers
            .iter()
            .map(|answer| {
                format!("{} {}: {}", if answer.ok { "gut   " } else { "PRÜFEN" }, answer.question, answer.found)
            })
            .collect();
        output.answer(&text.join("\n"), &answers);
        Ok(answers.iter().find(|answer| !answer.ok).map_or(Exit::Ok, |answer| answer.exit))
    }

    async fn examine(&self, database: &Database, settings: &Settings) -> anyhow::Result<Vec<Answer>> {
        let mut owner = database.owner_connection().await?;
        let mut answers = server(&mut owner).await?;
        let pending = database.pending().await?.len();
        let known = MIGRATOR.iter().count();
        let found = match pending {
            0 => format!("alle {known} angewendet"),
            pending => format!("{pending} von {known} fehlen; bitte ausführen: abruf migrate"),
        };
        answers.push(Answer { exit: Exit::MigrationNeeded, ..Answer::new(pending == 0, "Migrationen", found) });
        answers.push(owner_role(&mut owner).await?);
        answers.push(application_role(database).await?);
        if pending == 0 {
            if self.release_outbox {
                outbox::release(&mut owner).await?;
            }
            answers.push(policies(&mut owner).await?);
            answers.push(outbox_state(&mut owner).await?);
            answers.push(document_store(&mut owner, settings).await?);
        }
        owner.close().await?;
        answers.extend(settings.data_dir().map(disk));
        Ok(answers)
    }
}

async fn server(owner: &mut PgConnection) -> anyhow::Result<Vec<Answer>> {
    let server = sqlx::query!(
        r#"SELECT current_setting('server_version_num')::int / 10000 AS "major!", current_setting('data_checksums') AS "checksums!",
                  current_setting('fsync') AS "fsync!", clock_timestamp() AS "now!"
        "#
    )
    .fetch_one(owner)
    .await?;
    let major = u32::try_from(server.major).unwrap_or_default();
    let drift = (Clock::System.now() - server.now).num_seconds().abs();
    Ok(vec![
        Answer::new(
            (OLDEST_MAJOR..=NEWEST_MAJOR).contains(&major),
            "PostgreSQL",
            format!("Version {major}, erprobt sind {OLDEST_MAJOR} bis {NEWEST_MAJOR}"),
        ),
        Answer::new(
            server.fsync == "on",
            "Schreibsicherheit",
            format!("fsync {}, Prüfsummen {}", server.fsync, server.checksums),
        ),
        Answer::new(
            drift <= DRIFT,
            "Uhren",
            format!("Programm und Datenbank weichen {drift} s ab, erlaubt sind {DRIFT} s"),
        ),
    ])
}

/// Without BYPASSRLS a dump would silently lack what the policies hide.
async fn owner_role(owner: &mut PgConnection) -> anyhow::Result<Answer> {
    let role = sqlx::query!(
        r#"SELECT rolname AS "name!", rolsuper OR rolbypassrls AS "bypasses!" FROM pg_roles WHERE rolname = current_user"#
    )
    .fetch_one(owner)
    .await?;
    let found = if role.bypasses {
        format!("{} sieht für Sicherungen alle Zeilen", role.name)
    } else {
        format!("{0} braucht BYPASSRLS, sonst fehlen der Sicherung Zeilen: ALTER ROLE {0} BYPASSRLS", role.name)
    };
    Ok(Answer::of_settings(role.bypasses, "Eigentümerrolle", found))
}

/// The application must be neither superuser nor exempt from the policies, nor own the tables, nor be
/// able to become somebody who is.
async fn application_role(database: &Database) -> anyhow::Result<Answer> {
    let mut app = PgConnection::connect_with(&database.app).await?;
    let role = sqlx::query!(
        r#"SELECT rolname AS "name!", rolsuper AS "superuser!",
                  EXISTS (SELECT FROM pg_roles r
                          WHERE (r.rolsuper OR r.rolbypassrls) AND pg_has_role(current_user, r.oid, 'MEMBER')) AS "bypasses!",
                  EXISTS (SELECT FROM pg_class c
                          WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
                            AND pg_has_role(current_user, c.relowner, 'MEMBER')) AS "owns!"
           FROM pg_roles WHERE rolname = current_user"#
    )
    .fetch_one(&mut app)
    .await?;
    app.close().await?;
    let found = if role.superuser {
        "ist Superuser; erlaubt ist nur eine gewöhnliche Rolle"
    } else if role.bypasses {
        "umgeht die Zeilenrechte (BYPASSRLS, auch über eine andere Rolle); erlaubt ist nur eine gewöhnliche Rolle"
    } else if role.owns {
        "besitzt Tabellen; sie müssen der Eigentümerrolle gehören"
    } else {
        "ist an die Zeilenrechte gebunden"
    };
    let ok = !role.superuser && !role.bypasses && !role.owns;
    Ok(Answer::of_settings(ok, "Anwendungsrolle", format!("{} {found}", role.name)))
}

/// A policy that is not forced does not bind the owner's own functions.
async fn policies(owner: &mut PgConnection) -> anyhow::Result<Answer> {
    let tables = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE c.relrowsecurity AND c.relforcerowsecurity) AS "forced!",
                  count(*) FILTER (WHERE c.relrowsecurity <> c.relforcerowsecurity) AS "half!"
           FROM pg_class c
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"#
    )
    .fetch_one(owner)
    .await?;
    let found = format!("auf {} Tabellen erzwungen, auf {} nur halb", tables.forced, tables.half);
    Ok(Answer::new(tables.half == 0 && 0 < tables.forced, "Zeilenrechte", found))
}

async fn outbox_state(owner: &mut PgConnection) -> anyhow::Result<Answer> {
    let open = outbox::open(&mut *owner).await?;
    let failing = outbox::failing(&mut *owner).await?;
    let held = outbox::is_held(owner).await?;
    let mut found = format!("{open} offen");
    if let Some((count, last)) = &failing {
        found.push_str(&format!(", {count} davon mehrmals gescheitert, zuletzt: {last}"));
    }
    if held {
        found.push_str(", angehalten nach einer Wiederherstellung; freigeben mit abruf doctor --release-outbox");
    }
    Ok(Answer::new(!held && failing.is_none(), "Postausgang", found))
}

/// Whether documents can be put there, and whether those that lie there can be had.
async fn document_store(owner: &mut PgConnection, settings: &Settings) -> anyhow::Result<Answer> {
    const QUESTION: &str = "Dokumentenspeicher";
    let (count, newest) = document_places::outside(owner).await?;
    let place = &settings.document_store;
    let answer = |ok, found| Answer::of_settings(ok, QUESTION, found);
    let store = match DocumentStore::open(place) {
        Ok(store) => store,
        Err(error) => return Ok(answer(false, with_cause(&error))),
    };
    let Some(outside) = store.outside() else {
        let found = match count {
            0 => "alle Dateien liegen in der Datenbank".to_owned(),
            _ => format!(
                "{count} Dateien liegen nicht in der Datenbank, aber ABRUF_DOCUMENT_STORE nennt keinen Speicher"
            ),
        };
        return Ok(answer(count == 0, found));
    };
    // The same each time, so that it lies there once.
    let probe = b"abruf doctor";
    let hash = sha256(probe);
    let tried = match outside.put(&hash, probe).await {
        Ok(()) => outside.read(newest.as_deref().unwrap_or(&hash)).await.map(drop),
        Err(error) => Err(error),
    };
    Ok(match tried {
        Ok(()) => answer(true, format!("{place} ist les- und schreibbar, {count} Dateien liegen dort")),
        Err(error) => answer(false, with_cause(&error)),
    })
}

fn with_cause(error: &StoreError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

fn disk(data_dir: &Path) -> Answer {
    const QUESTION: &str = "Speicherplatz";
    match rustix::fs::statvfs(data_dir) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let megabytes = |bytes: u64| bytes >> 20;
            let found = format!("{} MB frei, nötig sind {} MB", megabytes(free), megabytes(SCARCE));
            Answer { exit: Exit::DiskFull, ..Answer::new(SCARCE <= free, QUESTION, found) }
        }
        Err(error) => Answer::new(false, QUESTION, format!("{} ist nicht lesbar: {error}", data_dir.display())),
    }
}
