//! `abruf verify`: recompute everything that must agree; with files, judge those.

use std::path::PathBuf;

use clap::Args;

use crate::app::App;
use crate::cli::database::Database;
use crate::cli::output::{Exit, Output, Progress};
use crate::cli::verify_files;
use crate::config::Settings;
use crate::verify::{Part, Verification, verify};

/// Rechnet Protokollketten, Volumenbuch, Nummern, Dokumente und Prüfungen nach; mit Dateien: sind sie echt?
#[derive(Debug, Args)]
pub struct Verify {
    /// PDF-Dateien, die geprüft werden sollen, ohne Datenbank.
    #[arg(requires = "hashes")]
    files: Vec<PathBuf>,
    /// Öffentliche Liste der Prüfsummen (abruf export hashes), in der sie gesucht werden.
    #[arg(long, requires = "files")]
    hashes: Option<PathBuf>,
}

impl Verify {
    /// Judges the files, if any are named: that needs neither settings nor a database.
    pub fn files(&self, output: &Output) -> Option<anyhow::Result<Exit>> {
        self.hashes.as_ref().map(|hashes| verify_files::run(&self.files, hashes, output))
    }
}

/// Runs it on the database; the exit code is that of [`exit_of`].
pub async fn run(settings: Settings, output: &Output) -> anyhow::Result<Exit> {
    let database = Database::join_or_start(&settings).await?;
    let verified = verify_database(&database, &settings, output).await;
    database.close(None).await?;
    let verified = verified?;
    output.answer_with(&sentences(&verified), &verified, &warnings(&verified));
    Ok(exit_of(&verified))
}

async fn verify_database(database: &Database, settings: &Settings, output: &Output) -> anyhow::Result<Verification> {
    database.require_migrated().await?;
    let app = database.app(settings).await?;
    let verified = with_progress(&app, output).await;
    app.db.pool().close().await;
    verified
}

/// Verifies, with a bar per part.
pub async fn with_progress(app: &App, output: &Output) -> anyhow::Result<Verification> {
    let mut current: Option<(Part, Progress)> = None;
    let verified = verify(app, |part, done, total| {
        if current.as_ref().is_none_or(|(shown, _)| *shown != part) {
            if let Some((_, bar)) = current.take() {
                bar.finish();
            }
            current = Some((part, output.progress(part.german())));
        }
        if let Some((_, bar)) = &current {
            bar.set(done as u64, total as u64);
        }
    })
    .await;
    if let Some((_, bar)) = current {
        bar.finish();
    }
    Ok(verified?)
}

/// Every failure on a line of its own, the result last.
pub fn sentences(verified: &Verification) -> String {
    let mut lines: Vec<String> = verified.failures.iter().map(ToString::to_string).collect();
    lines.push(verified.sentence());
    lines.join("\n")
}

/// What could not be looked at.
pub fn warnings(verified: &Verification) -> Vec<String> {
    let mut warnings: Vec<String> =
        verified.unread.iter().map(|unread| format!("{} nicht lesbar: {}", unread.part.german(), unread.why)).collect();
    match verified.documents_to_come {
        0 => {}
        1 => warnings.push("1 Dokument ist noch nicht erstellt und deshalb nicht geprüft.".to_owned()),
        to_come => {
            warnings.push(format!("{to_come} Dokumente sind noch nicht erstellt und deshalb nicht geprüft."));
        }
    }
    warnings
}

/// 10 if anything does not agree, 11 if something could not be looked at or documents are still to be
/// made.
pub fn exit_of(verified: &Verification) -> Exit {
    if !verified.failures.is_empty() {
        Exit::VerificationFailed
    } else if verified.unread.is_empty() && verified.documents_to_come == 0 {
        Exit::Ok
    } else {
        Exit::VerificationIncomplete
    }
}
