//! `abruf restore`: pg_restore into a database that holds nothing.
//!
//! Afterwards the outbox is held, because what the restored past wanted to send may have been sent
//! already, and nobody is signed in any more. Then everything is verified.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use sqlx::{Connection, PgConnection};

use crate::cli::database::Database;
use crate::cli::output::{Ended, Exit, Output};
use crate::cli::{postgres_program, verify};
use crate::config::Settings;
use crate::storage::outbox;
use crate::verify::Verification;

/// How an archive of `pg_dump --format=custom` begins.
const MAGIC: &[u8; 5] = b"PGDMP";
/// How often the progress is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Stellt eine Sicherung in einer leeren Datenbank wieder her.
#[derive(Debug, Args)]
pub struct Restore {
    /// Datei, die `abruf backup` geschrieben hat; „-“ liest von der Standardeingabe.
    file: PathBuf,
}

impl Restore {
    /// Runs it.
    pub async fn run(self, settings: Settings, output: &Output) -> anyhow::Result<Exit> {
        let archive = if self.file.as_os_str() == "-" { None } else { Some(self.open()?) };
        let database = Database::start(&settings).await?;
        let restored = restore(&database, &settings, archive, output).await;
        database.close(None).await?;
        let verified = restored?;
        let text = format!(
            "{}\nDer Postausgang ist angehalten. Wenn nichts doppelt hinausgehen kann: abruf doctor --release-outbox",
            verify::sentences(&verified)
        );
        output.answer_with(&text, &verified, &verify::warnings(&verified));
        Ok(match verify::exit_of(&verified) {
            // Documents to come wait for the outbox, which is held on purpose.
            Exit::VerificationIncomplete if verified.unread.is_empty() => Exit::Ok,
            exit => exit,
        })
    }

    fn open(&self) -> anyhow::Result<File> {
        let name = self.file.display();
        let mut file = File::open(&self.file).map_err(|error| unread(&self.file, error))?;
        let mut begin = [0; MAGIC.len()];
        if file.read_exact(&mut begin).is_err() || begin != *MAGIC {
            let text =
                format!("{name} ist keine Sicherung. Erwartet wird eine Datei, die abruf backup geschrieben hat");
            return Err(Ended::new(Exit::Usage, text).into());
        }
        // The reader begins where we have left off.
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }
}

/// Why the file cannot be opened, and what to do.
fn unread(file: &Path, error: io::Error) -> anyhow::Error {
    let name = file.display();
    let (exit, text) = match error.kind() {
        io::ErrorKind::NotFound => (Exit::NotFound, format!("Es gibt keine Datei {name}")),
        io::ErrorKind::PermissionDenied => (
            Exit::NotPermitted,
            format!(
                "{name} darf nicht gelesen werden. Von root gestartet, läuft Abruf ohne dessen Rechte weiter. \
                 Bitte „-“ als Datei angeben und umleiten: abruf restore - < {name}"
            ),
        ),
        _ => return anyhow::Error::new(error).context(format!("{name} lässt sich nicht lesen")),
    };
    Ended::new(exit, text).into()
}

async fn restore(
    database: &Database,
    settings: &Settings,
    archive: Option<File>,
    output: &Output,
) -> anyhow::Result<Verification> {
    let mut owner = database.owner_connection().await?;
    if !is_empty(&mut owner).await? {
        let text = "Die Datenbank ist nicht leer. Eine Sicherung wird nur in eine leere zurückgespielt. \
                    Bitte mit ABRUF_DATA_DIR ein neues Verzeichnis oder mit DATABASE_URL eine leere Datenbank nennen";
        return Err(Ended::new(Exit::Conflict, text).into());
    }
    make_application_role(&mut owner).await?;
    read(database, settings, archive, output).await?;
    outbox::hold(&mut owner).await?;
    sqlx::query!("UPDATE session SET revoked_at = clock_timestamp() WHERE revoked_at IS NULL")
        .execute(&mut owner)
        .await?;
    owner.close().await?;
    database.migrate().await?;
    let app = database.app(settings).await?;
    let verified = verify::with_progress(&app, output).await;
    app.db.pool().close().await;
    verified
}

/// Lets pg_restore read the archive; all of it or nothing.
async fn read(database: &Database, settings: &Settings, archive: Option<File>, output: &Output) -> anyhow::Result<()> {
    let mut program = postgres_program::of_server(database, settings, "pg_restore").await?;
    let name = database.owner.get_database().unwrap_or("abruf");
    program
        .args(["--exit-on-error", "--single-transaction", "--no-owner", "--no-password"])
        .arg(format!("--dbname={name}"))
        .stdout(Stdio::null());
    let progress = output.progress("Sicherung wird zurückgespielt");
    let restored = match archive {
        None => {
            program.stdin(Stdio::inherit());
            postgres_program::run(program, "pg_restore").await
        }
        Some(mut archive) => {
            // Both have one place in the file: ours tells how far the reader is.
            program.stdin(archive.try_clone()?);
            let total = archive.metadata()?.len();
            let run = postgres_program::run(program, "pg_restore");
            tokio::pin!(run);
            loop {
                tokio::select! {
                    restored = &mut run => break restored,
                    () = tokio::time::sleep(LOOK) => progress.set(archive.stream_position()?, total),
                }
            }
        }
    };
    progress.finish();
    restored
}

async fn is_empty(owner: &mut PgConnection) -> anyhow::Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"SELECT NOT EXISTS (
               SELECT FROM pg_class c
               JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname IN ('public', 'abruf') AND c.relkind IN ('r', 'p', 'v', 'm', 'S')) AS "empty!""#
    )
    .fetch_one(owner)
    .await?)
}

/// An archive holds no roles, but names this one in its rights.
async fn make_application_role(owner: &mut PgConnection) -> anyhow::Result<()> {
    sqlx::raw_sql(
        "DO $$ BEGIN
             IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'abruf_app') THEN
                 CREATE ROLE abruf_app NOLOGIN NOSUPERUSER NOBYPASSRLS;
             END IF;
         END $$",
    )
    .execute(owner)
    .await
    .context("Die Rolle abruf_app fehlt und ließ sich nicht anlegen")?;
    Ok(())
}
