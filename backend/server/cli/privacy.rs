//! `abruf privacy`: the register of processing (Art. 30 GDPR), and how long sign-ins are kept.

use std::io::Write;

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::actions::forget_sign_ins::{self, DAYS};
use crate::actor::RunsAs;
use crate::app::App;
use crate::cli::database::Database;
use crate::cli::output::{Exit, Output};
use crate::config::Settings;
use crate::reports::csv_table::csv_table;
use crate::reports::processing_register::{Register, register};
use crate::storage::{installation, processing_register};

/// Datenschutz: Verzeichnis der Verarbeitung, Fristen.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Privacy {
    /// Gibt das Verzeichnis der Verarbeitungstätigkeiten aus (Art. 30 DSGVO), aus den Beschreibungen der Datenbank.
    Register {
        /// Form der Ausgabe.
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Zeigt oder ändert, nach wie vielen Tagen Anmeldeereignisse und beendete Sitzungen gelöscht werden.
    Keep {
        /// Tage, 30 bis 730; ohne Angabe wird die geltende Zahl gezeigt.
        #[arg(long)]
        sign_ins: Option<i32>,
    },
}

/// Form der Ausgabe.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    /// Zum Lesen.
    Text,
    /// Mit Semikolon, für deutsche Tabellenprogramme; eine Zeile je Feld.
    Csv,
}

impl Privacy {
    /// Runs it; 10 if a table or column with persons says nothing about them.
    pub async fn run(self, settings: Settings, output: &Output) -> anyhow::Result<Exit> {
        let database = Database::join_or_start(&settings).await?;
        let done = self.in_database(&database, &settings, output).await;
        database.close(None).await?;
        done
    }

    async fn in_database(self, database: &Database, settings: &Settings, output: &Output) -> anyhow::Result<Exit> {
        database.require_migrated().await?;
        let app = database.app(settings).await?;
        let done = match self {
            Self::Register { format } => written(&app, format, output).await,
            Self::Keep { sign_ins } => keep(&app, sign_ins, output).await,
        };
        app.db.pool().close().await;
        done
    }
}

async fn written(app: &App, format: Format, output: &Output) -> anyhow::Result<Exit> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let made = register(&processing_register::columns(&mut tx).await?);
    tx.rollback().await?;
    match format {
        Format::Text => output.answer(&made.text(), &data(&made)),
        Format::Csv => std::io::stdout().write_all(&csv_table(b"\xEF\xBB\xBF", &Register::HEADS, &made.rows())?)?,
    }
    if made.unmarked.is_empty() {
        return Ok(Exit::Ok);
    }
    output.say(&format!("Ohne Kennzeichen in der Datenbank: {}", made.unmarked.join(", ")));
    Ok(Exit::VerificationFailed)
}

fn data(made: &Register) -> Value {
    let rows = made.rows();
    let fields = rows.iter().map(|row| Register::HEADS.iter().zip(row).collect::<std::collections::BTreeMap<_, _>>());
    json!({ "fields": fields.collect::<Vec<_>>(), "unmarked": made.unmarked })
}

async fn keep(app: &App, days: Option<i32>, output: &Output) -> anyhow::Result<Exit> {
    if let Some(days) = days
        && !forget_sign_ins::keep_for(app, days).await?
    {
        let (least, most) = (DAYS.start(), DAYS.end());
        return Ok(output.refuse(
            &format!("{days} Tage gehen nicht. Erlaubt sind {least} bis {most}. Nichts wurde geändert."),
            Exit::Usage,
        ));
    }
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let days = installation::sign_in_days(&mut tx).await?;
    tx.rollback().await?;
    output.answer(
        &format!("Anmeldeereignisse und beendete Sitzungen werden nach {days} Tagen gelöscht."),
        &json!({ "sign_in_days": days }),
    );
    Ok(Exit::Ok)
}
