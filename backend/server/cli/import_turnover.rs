//! `abruf import turnover`: turnover that happened outside, from files of others, into the ledger.

use std::path::PathBuf;

use clap::Args;
use rust_decimal::Decimal;

use crate::actions::import::table::FileRefused;
use crate::actions::import::turnover_report::{TurnoverReport, whole};
use crate::actions::import::{ImportError, table};
use crate::actions::import_turnover::{self, TurnoverFile};
use crate::actions::keep_turnover_upload::file_name;
use crate::cli::import::{ERRORS_SHOWN, exit_of, is_standard_input, keep_rejects, open};
use crate::cli::output::{Exit, Output};
use crate::config::Settings;

/// Umsatz: CSV mit einer Zuordnung ihrer Spalten und Namen.
#[derive(Debug, Args)]
pub struct Turnover {
    /// CSV-Datei in UTF-8, UTF-16, Windows-1252 oder Mac Roman; „-“ liest von der Standardeingabe.
    pub(super) file: PathBuf,
    /// TOML-Datei: welche Spalte was ist, und wer mit den Namen der Datei gemeint ist.
    #[arg(long)]
    pub(super) map: PathBuf,
    /// E-Mail-Adresse der Person der Geschäftsstelle, die den Umsatz erfasst.
    #[arg(long)]
    recorded_by: String,
    /// Name der Einkaufsgemeinschaft; nur nötig, wenn die Person zu mehreren gehört.
    #[arg(long)]
    body: Option<String>,
    /// Was alle Beträge der Datei zusammen ergeben müssen, z. B. 77788989.55; sonst wird nichts übernommen.
    #[arg(long, allow_hyphen_values = true)]
    control_sum: Option<Decimal>,
    /// Richtige Zeilen übernehmen, auch wenn andere abgelehnt werden.
    #[arg(long)]
    partial: bool,
    /// Datei für die abgelehnten Zeilen; ohne Angabe `DATEI.errors.csv`.
    #[arg(long)]
    errors: Option<PathBuf>,
    /// Nur prüfen und zählen, nichts schreiben.
    #[arg(long)]
    dry_run: bool,
}

impl Turnover {
    pub(super) async fn run(
        self,
        bytes: &[u8],
        map: &[u8],
        settings: &Settings,
        output: &Output,
    ) -> anyhow::Result<Exit> {
        let Ok(mapping) = std::str::from_utf8(map) else {
            return Ok(output.refuse("Die Zuordnung ist nicht in UTF-8 gespeichert.", Exit::Usage));
        };
        if table::MOST_BYTES < bytes.len() {
            return Ok(output.refuse(&FileRefused::TooLarge.to_string(), Exit::Usage));
        }
        let name = if is_standard_input(&self.file) {
            "Standardeingabe".to_owned()
        } else {
            file_name(&self.file.to_string_lossy())
        };
        let file = TurnoverFile {
            name: &name,
            bytes,
            mapping,
            partial: self.partial,
            control_sum: self.control_sum,
            upload: None,
            key: None,
        };
        let (database, app) = open(settings).await?;
        let progress = output.progress("Umsatz");
        let actor = import_turnover::office_of(&app, &self.recorded_by, self.body.as_deref()).await;
        let done = match actor {
            Err(refused) => Err(refused),
            Ok(actor) if self.dry_run => import_turnover::preview(&app, &actor, &file).await,
            Ok(actor) => import_turnover::import(&app, &actor, &file, &|done, all| progress.set(done, all)).await,
        };
        progress.finish();
        database.close(Some(&app)).await?;
        match done {
            Ok(report) => Ok(self.tell(&report, output)),
            Err(ImportError::Storage(error)) => Err(error.into()),
            Err(refused) => Ok(output.refuse(&format!("{refused} Nichts wurde übernommen."), exit_of(&refused))),
        }
    }

    /// Says what came of it.
    fn tell(&self, report: &TurnoverReport, output: &Output) -> Exit {
        let rejects = report.rejects.as_deref().filter(|_| !self.dry_run);
        let kept = rejects.map(|rejects| keep_rejects(&self.file, self.errors.as_deref(), rejects));
        let all = kept.as_ref().is_some_and(|kept| kept.all_to_be_shown);
        let shown = if all { report.errors.len() } else { ERRORS_SHOWN };
        for error in report.errors.iter().take(shown) {
            output.say(&error.to_string());
        }
        let more = report.errors.len().saturating_sub(shown);
        if 0 < more {
            output.say(&format!("… und {} weitere Fehler.", whole(more)));
        }
        if let Some(kept) = &kept {
            output.say(&kept.text);
        }
        if self.dry_run {
            output.say("Probelauf: nichts wurde übernommen.");
        } else if !report.written {
            output.say("Nichts wurde übernommen. Mit --partial werden die richtigen Zeilen übernommen.");
        }
        output.answer(&report.text(), report);
        if report.rejected == 0 { Exit::Ok } else { Exit::RowsRejected }
    }
}
