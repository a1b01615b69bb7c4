//! `abruf reproduce`: make stored documents again and compare the bytes.

use clap::Args;
use serde_json::{Value, json};

use crate::actions::reproduce_document::{Outcome, Reproduced, find, reproduce};
use crate::app::App;
use crate::cli::database::Database;
use crate::cli::output::{Ended, Exit, Output};
use crate::config::Settings;

/// Erstellt gespeicherte Dokumente noch einmal und vergleicht die Bytes.
#[derive(Debug, Args)]
pub struct Reproduce {
    /// Abrufnummer, Vorgangsnummer oder Prüfkennung, z. B. RV-2025-01-0042.
    #[arg(required_unless_present = "all")]
    number: Option<String>,
    /// Alle Dokumente der Datenbank.
    #[arg(long, conflicts_with = "number")]
    all: bool,
}

impl Reproduce {
    /// Runs it; 10 if a document differs for no reason, 11 if the program changed or nothing was recorded.
    pub async fn run(self, settings: Settings, output: &Output) -> anyhow::Result<Exit> {
        let database = Database::join_or_start(&settings).await?;
        let done = self.in_database(&database, &settings, output).await;
        database.close(None).await?;
        let done = done?;
        output.answer(&sentences(&done), &data(&done));
        let any = |wanted: fn(&Outcome) -> bool| done.iter().any(|it| wanted(&it.outcome));
        Ok(if any(|it| matches!(it, Outcome::Different(_))) {
            Exit::VerificationFailed
        } else if any(|it| *it != Outcome::Identical) {
            Exit::VerificationIncomplete
        } else {
            Exit::Ok
        })
    }

    async fn in_database(
        &self,
        database: &Database,
        settings: &Settings,
        output: &Output,
    ) -> anyhow::Result<Vec<Reproduced>> {
        database.require_migrated().await?;
        let app = database.app(settings).await?;
        let done = self.documents(&app, output).await;
        app.db.pool().close().await;
        done
    }

    async fn documents(&self, app: &App, output: &Output) -> anyhow::Result<Vec<Reproduced>> {
        let ids = find(app, self.number.as_deref()).await?;
        if let Some(number) = self.number.as_ref().filter(|_| ids.is_empty()) {
            let number: String = number.chars().take(60).collect();
            let text = format!("Zu „{number}“ gibt es kein Dokument. Bitte Abrufnummer oder Prüfkennung vergleichen");
            return Err(Ended::new(Exit::NotFound, text).into());
        }
        let bar = output.progress("Dokumente");
        let mut done = Vec::with_capacity(ids.len());
        for id in &ids {
            done.push(reproduce(app, *id).await?);
            bar.set(done.len() as u64, ids.len() as u64);
        }
        bar.finish();
        Ok(done)
    }
}

/// Each document that is not the same, or each of a few; the result last.
fn sentences(done: &[Reproduced]) -> String {
    const FEW: usize = 20;
    let same = done.iter().filter(|it| it.outcome == Outcome::Identical).count();
    let told = done.iter().filter(|it| done.len() <= FEW || it.outcome != Outcome::Identical);
    let extent = format!("{} Dokumente noch einmal erstellt, {same} davon gleich.", done.len());
    told.map(ToString::to_string).chain([extent]).collect::<Vec<_>>().join("\n")
}

fn data(done: &[Reproduced]) -> Value {
    let word = |outcome: &Outcome| match outcome {
        Outcome::Identical => "identical",
        Outcome::OtherProgram { .. } => "other_program",
        Outcome::Different(_) => "different",
        Outcome::NotRecorded => "not_recorded",
    };
    done.iter()
        .map(|it| json!({ "file": it.file_name, "outcome": word(&it.outcome), "text": it.to_string() }))
        .collect()
}
