//! `abruf report`: savings as a file, of all bodies of this database; whoever may run it may read everything.

use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use crate::actor::RunsAs;
use crate::app::App;
use crate::cli::database::Database;
use crate::cli::output::{Ended, Exit, Output};
use crate::cli::partial_file::Partial;
use crate::config::Settings;
use crate::http::api::reports::ReportDocument;
use crate::reports::catalogue::{self, Report as Kind, ReportError};
use crate::reports::csv_table::csv_table;
use crate::reports::question::{Dimension, Question};
use crate::reports::table::Table;
use crate::reports::workbook::workbook;

/// Berichte als Datei.
#[derive(Debug, Subcommand)]
pub enum Report {
    /// Einsparungen nach Vertrag, Mitglied, Kategorie, Jahr, Lieferant oder Klasse.
    Savings(Savings),
}

/// Form der Datei.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Mit Semikolon, für deutsche Tabellenprogramme.
    Csv,
    /// Mit Methodik und Prüfzelle.
    Xlsx,
    /// Für Programme.
    Json,
}

/// Einsparungen; ohne Angaben alle Jahre, nach Vertrag.
#[derive(Debug, Args)]
pub struct Savings {
    /// Kalenderjahr.
    #[arg(long)]
    year: Option<i32>,
    /// Erster Tag, z. B. 2027-01-01.
    #[arg(long)]
    from: Option<NaiveDate>,
    /// Letzter Tag.
    #[arg(long)]
    to: Option<NaiveDate>,
    /// Bis zu drei von contract, member, category, year, supplier, class, mit Komma getrennt.
    #[arg(long, value_delimiter = ',', default_value = "contract")]
    by: Vec<String>,
    /// Form der Datei.
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// Zieldatei, die noch nicht da sein darf; „-“ schreibt auf die Standardausgabe.
    #[arg(short, long)]
    output: PathBuf,
}

impl Report {
    /// Runs it.
    pub async fn run(self, settings: Settings, output: &Output) -> anyhow::Result<Exit> {
        let Self::Savings(savings) = self;
        let question = savings.question()?;
        let database = Database::join_or_start(&settings).await?;
        let done = savings.in_database(&database, &settings, &question, output).await;
        database.close(None).await?;
        done
    }
}

impl Savings {
    fn question(&self) -> anyhow::Result<Question> {
        let dimension = |key: &String| {
            Dimension::from_key(key).ok_or_else(|| {
                let allowed: Vec<&str> = Dimension::ALL.iter().map(|it| it.key()).collect();
                let text = format!("Nach „{key}“ lässt sich nicht gliedern. Erlaubt sind: {}", allowed.join(", "));
                Ended::new(Exit::Usage, text)
            })
        };
        let by = self.by.iter().map(dimension).collect::<Result<Vec<_>, _>>()?;
        Ok(Question { year: self.year, from: self.from, to: self.to, by, ..Question::default() })
    }

    async fn in_database(
        &self,
        database: &Database,
        settings: &Settings,
        question: &Question,
        output: &Output,
    ) -> anyhow::Result<Exit> {
        database.require_migrated().await?;
        let app = database.app(settings).await?;
        let done = self.write(&app, question, output).await;
        app.db.pool().close().await;
        done
    }

    async fn write(&self, app: &App, question: &Question, output: &Output) -> anyhow::Result<Exit> {
        let mut tx = app.db.begin_snapshot(RunsAs::Job).await?;
        let table = catalogue::table(&mut tx, None, Kind::SavingsBy, question, app.clock.now()).await;
        tx.rollback().await?;
        let table = match table {
            Ok(table) => table,
            Err(ReportError::Refused(mistakes)) => {
                let words: Vec<String> = mistakes.into_iter().map(|it| it.message).collect();
                return Err(Ended::new(Exit::Usage, words.join(" ")).into());
            }
            Err(error) => return Err(error.into()),
        };
        let bytes = self.bytes(&table)?;
        if self.output == Path::new("-") {
            std::io::stdout().write_all(&bytes)?;
            return Ok(Exit::Ok);
        }
        let partial = Partial::create(&self.output, "abruf report savings -o -")?;
        partial.handle()?.write_all(&bytes)?;
        let (bytes, sha256) = partial.complete()?;
        let file = self.output.display().to_string();
        let (rows, deviation) = (table.rows.len(), table.deviation().to_string());
        let text = format!("{rows} Zeilen geschrieben, Abweichung {deviation} EUR: {file} (SHA-256 {sha256})");
        let data = json!({ "file": file, "rows": rows, "deviation": deviation, "bytes": bytes, "sha256": sha256 });
        output.answer(&text, &data);
        Ok(Exit::Ok)
    }

    fn bytes(&self, table: &Table) -> anyhow::Result<Vec<u8>> {
        Ok(match self.format {
            Format::Csv => {
                let (heads, rows) = table.plain();
                // The mark by which spreadsheets know UTF-8.
                csv_table(b"\xEF\xBB\xBF", &heads, &rows)?
            }
            Format::Xlsx => workbook(table)?,
            Format::Json => serde_json::to_vec_pretty(&ReportDocument::of(table, usize::MAX, 0))?,
        })
    }
}
