//! `abruf import members`: a cooperative's list of members, admitted all or none.

use std::path::PathBuf;

use clap::Args;

use crate::actions::ActionError;
use crate::actions::import::ImportError;
use crate::actions::import_members::{self, MembersReport};
use crate::actions::import_turnover::office_of;
use crate::cli::import::{ERRORS_SHOWN, exit_of, keep_rejects, open};
use crate::cli::output::{Exit, Output};
use crate::config::Settings;

/// Mitgliederliste: CSV oder XLSX mit Gemeindeschlüssel oder Name und „Mitglied seit“.
#[derive(Debug, Args)]
pub struct Members {
    /// CSV- oder XLSX-Datei; „-“ liest von der Standardeingabe.
    pub(super) file: PathBuf,
    /// E-Mail-Adresse der Person der Geschäftsstelle, die die Mitglieder aufnimmt.
    #[arg(long)]
    recorded_by: String,
    /// Name der Einkaufsgemeinschaft; nur nötig, wenn die Person zu mehreren gehört.
    #[arg(long)]
    body: Option<String>,
    /// Datei für die abgelehnten Zeilen; ohne Angabe `DATEI.errors.csv`.
    #[arg(long)]
    errors: Option<PathBuf>,
    /// Nur prüfen und zählen, nichts schreiben.
    #[arg(long)]
    dry_run: bool,
}

impl Members {
    pub(super) async fn run(self, bytes: &[u8], settings: &Settings, output: &Output) -> anyhow::Result<Exit> {
        let (database, app) = open(settings).await?;
        let progress = output.progress("Mitglieder");
        let done = match office_of(&app, &self.recorded_by, self.body.as_deref()).await {
            Err(refused) => Err(refused),
            Ok(actor) if self.dry_run => import_members::preview(&app, &actor, bytes).await,
            Ok(actor) => import_members::import(&app, &actor, bytes, &|done, all| progress.set(done, all)).await,
        };
        progress.finish();
        database.close(Some(&app)).await?;
        match done {
            Ok(report) => Ok(self.tell(&report, output)),
            Err(ImportError::Storage(error) | ImportError::Action(ActionError::Storage(error))) => Err(error.into()),
            Err(refused) => Ok(output.refuse(&format!("{refused} Nichts wurde übernommen."), exit_of(&refused))),
        }
    }

    /// Says what came of it.
    fn tell(&self, report: &MembersReport, output: &Output) -> Exit {
        let rejects = report.rejects.as_deref().filter(|_| !self.dry_run);
        let kept = rejects.map(|rejects| keep_rejects(&self.file, self.errors.as_deref(), rejects));
        let all = kept.as_ref().is_some_and(|kept| kept.all_to_be_shown);
        let shown = if all { report.errors.len() } else { ERRORS_SHOWN };
        for error in report.errors.iter().take(shown) {
            output.say(&error.to_string());
        }
        let more = report.errors.len().saturating_sub(shown);
        if 0 < more {
            output.say(&format!("… und {more} weitere Fehler."));
        }
        if let Some(kept) = &kept {
            output.say(&kept.text);
        }
        if self.dry_run {
            output.say("Probelauf: nichts wurde übernommen.");
        } else if !report.written {
            output.say("Nichts wurde übernommen.");
        }
        output.answer_with(&report.sentence(), report, &report.notes);
        if report.rejected == 0 { Exit::Ok } else { Exit::RowsRejected }
    }
}
