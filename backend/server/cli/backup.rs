//! `abruf backup`: pg_dump of the server's own version, into a file or to standard output.
//!
//! The file appears under its name only when it is whole, readable for its owner alone: it holds the
//! keys of the installation.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::Stdio;

use clap::Args;
use serde_json::json;
use sqlx::Connection;

use crate::cli::database::Database;
use crate::cli::output::{Ended, Exit, Output};
use crate::cli::partial_file::Partial;
use crate::cli::postgres_program;
use crate::clock::Clock;
use crate::config::Settings;
use crate::storage::{document_places, installation};

/// Sichert die Datenbank in eine Datei.
#[derive(Debug, Args)]
pub struct Backup {
    /// Zieldatei, die noch nicht da sein darf; „-“ schreibt auf die Standardausgabe.
    file: PathBuf,
}

impl Backup {
    /// Runs it.
    pub async fn run(self, settings: Settings, output: &Output) -> anyhow::Result<Exit> {
        if self.file.as_os_str() == "-" {
            if io::stdout().is_terminal() {
                let text = "Eine Sicherung gehört nicht auf ein Terminal. Bitte umleiten oder eine Datei nennen";
                return Err(Ended::new(Exit::Usage, text).into());
            }
            let outside = dump(&settings, Stdio::inherit()).await?;
            told_of(outside, &settings).iter().for_each(|text| output.say(text));
            return Ok(Exit::Ok);
        }
        let partial = Partial::create(&self.file, "abruf backup -")?;
        output.say("Die Datenbank wird gesichert …");
        let outside = dump(&settings, partial.handle()?.into()).await?;
        let (bytes, sha256) = partial.complete()?;
        let file = self.file.display().to_string();
        let text = format!("Gesichert: {file} ({bytes} Bytes, SHA-256 {sha256})");
        let data = json!({ "file": file, "bytes": bytes, "sha256": sha256, "documents_outside": outside });
        output.answer_with(&text, &data, &told_of(outside, &settings));
        Ok(Exit::Ok)
    }
}

/// What the backup does not hold.
fn told_of(outside: i64, settings: &Settings) -> Vec<String> {
    let store = &settings.document_store;
    let text = format!(
        "Die Dateien von {outside} Dokumenten liegen nicht in der Datenbank und darum nicht in dieser Sicherung. Bitte den Dokumentenspeicher {store} ebenso sichern; nach einer Wiederherstellung nennt abruf verify, was fehlt."
    );
    if outside == 0 { Vec::new() } else { vec![text] }
}

/// How many documents it does not hold.
async fn dump(settings: &Settings, to: Stdio) -> anyhow::Result<i64> {
    let database = Database::join_or_start(settings).await?;
    let dumped = dump_database(&database, settings, to).await;
    database.close(None).await?;
    dumped
}

async fn dump_database(database: &Database, settings: &Settings, to: Stdio) -> anyhow::Result<i64> {
    database.require_migrated().await?;
    let mut program = postgres_program::of_server(database, settings, "pg_dump").await?;
    program.args(["--format=custom", "--no-password"]).stdin(Stdio::null()).stdout(to);
    postgres_program::run(program, "pg_dump").await?;
    let mut owner = database.owner_connection().await?;
    let (outside, _) = document_places::outside(&mut owner).await?;
    installation::note_backup(&mut owner, Clock::System.now()).await?;
    owner.close().await?;
    Ok(outside)
}
