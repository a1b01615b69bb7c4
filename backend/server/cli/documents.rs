//! `abruf documents`: where the files of documents lie.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::actions::move_documents::{Moved, move_documents};
use crate::cli::database::Database;
use crate::cli::output::{Exit, Output};
use crate::config::{DocumentStoreSettings, Settings};
use crate::storage::document_store::DocumentStore;

/// Failures told one by one.
const FEW: usize = 20;

/// Wo die Dateien der Dokumente liegen.
#[derive(Debug, Subcommand)]
pub enum Documents {
    /// Bringt die Dateien aller Dokumente in einen anderen Speicher; noch einmal aufgerufen, macht es weiter.
    Move(Move),
}

/// Bringt die Dateien aller Dokumente in einen anderen Speicher.
#[derive(Debug, Args)]
pub struct Move {
    /// Speicher, aus dem kommt, was nicht in der Datenbank liegt: file:///ordner, s3://bucket/ordner [Vorgabe: `ABRUF_DOCUMENT_STORE`].
    #[arg(long)]
    from: Option<String>,
    /// Speicher, in den alles kommt: postgres, file:///ordner, s3://bucket/ordner [Vorgabe: `ABRUF_DOCUMENT_STORE`].
    #[arg(long)]
    to: Option<String>,
}

impl Documents {
    /// Runs it; 10 if a file is missing or altered.
    pub async fn run(self, settings: Settings, output: &Output) -> anyhow::Result<Exit> {
        let Self::Move(Move { from, to }) = self;
        let open = |named: Option<String>| {
            let store = match named {
                Some(text) => DocumentStoreSettings::read(&text, &settings.s3)?,
                None => settings.document_store.clone(),
            };
            anyhow::Ok(DocumentStore::open(&store)?)
        };
        let (from, to) = (open(from)?, open(to)?);
        let database = Database::join_or_start(&settings).await?;
        let moved = in_database(&database, &settings, &from, &to, output).await;
        database.close(None).await?;
        let moved = moved?;
        output.answer(&sentences(&moved, &settings, &to), &data(&moved, &to));
        Ok(if moved.failures.is_empty() { Exit::Ok } else { Exit::VerificationFailed })
    }
}

async fn in_database(
    database: &Database,
    settings: &Settings,
    from: &DocumentStore,
    to: &DocumentStore,
    output: &Output,
) -> anyhow::Result<Moved> {
    database.require_migrated().await?;
    let app = database.app(settings).await?;
    let mut owner = database.owner_connection().await?;
    let bar = output.progress("Dokumente");
    let moved = move_documents(&app, &mut owner, from, to, |done, total| bar.set(done as u64, total as u64)).await;
    bar.finish();
    app.db.pool().close().await;
    Ok(moved?)
}

fn sentences(moved: &Moved, settings: &Settings, to: &DocumentStore) -> String {
    let mut lines: Vec<String> = moved.failures.iter().take(FEW).map(|it| format!("Nicht verschoben: {it}.")).collect();
    if FEW < moved.failures.len() {
        lines.push(format!("Und {} weitere.", moved.failures.len() - FEW));
    }
    lines.push(format!(
        "{} Dateien nach {to} gebracht, {} lagen schon dort, {} nicht verschoben.",
        moved.moved,
        moved.there,
        moved.failures.len()
    ));
    if settings.document_store.to_string() != to.to_string() {
        lines.push(format!(
            "Eingestellt ist {}. Bitte ABRUF_DOCUMENT_STORE={to} setzen, abruf serve neu starten und diesen Befehl wiederholen.",
            settings.document_store
        ));
    }
    lines.join("\n")
}

fn data(moved: &Moved, to: &DocumentStore) -> serde_json::Value {
    let failures: Vec<String> = moved.failures.iter().map(ToString::to_string).collect();
    json!({ "to": to.to_string(), "moved": moved.moved, "there": moved.there, "failures": failures })
}
