//! `abruf report`: savings as a file, of all bodies of this database; whoever may run it may read everything.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use abruf_domain::ids::OrganisationId;
use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use tokio_stream::StreamExt;

use crate::actions::print_report::print_unattended;
use crate::actor::RunsAs;
use crate::app::App;
use crate::cli::database::Database;
use crate::cli::output::{Ended, Exit, Output};
use crate::cli::partial_file::Partial;
use crate::config::Settings;
use crate::http::api::reports::ReportDocument;
use crate::reports::catalogue::{self, Report as Kind, ReportError};
use crate::reports::printed;
use crate::reports::question::{Dimension, Question};
use crate::reports::row_file::Form;
use crate::reports::table::Table;
use crate::reports::workbook::workbook;
use crate::storage::{contracts, organisations, people};

/// Who made a PDF that nobody asked for on a page.
const MADE_BY: &str = "Kommandozeile";

/// Berichte als Datei.
#[derive(Debug, Subcommand)]
pub enum Report {
    /// Einsparungen nach Vertrag, Mitglied, Kategorie, Jahr, Lieferant oder Klasse, bis zur einzelnen Buchung.
    Savings(Savings),
}

/// Form der Datei.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Mit Semikolon, für deutsche Tabellenprogramme.
    Csv,
    /// Mit Methodik und Prüfzelle.
    Xlsx,
    /// Für Programme.
    Json,
    /// Für Programme, eine Zeile je Zeile der Liste.
    Jsonl,
    /// Zum Drucken und Ablegen (PDF/A).
    Pdf,
}

impl Format {
    /// The form in which a list needs no whole table.
    const fn by_rows(self) -> Option<Form> {
        match self {
            Self::Csv => Some(Form::Csv),
            Self::Jsonl => Some(Form::JsonLines),
            Self::Xlsx | Self::Json | Self::Pdf => None,
        }
    }
}

/// Wie weit nach unten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Level {
    /// Die Gliederung aus --by.
    By,
    /// Jeder Abruf.
    CallOffs,
    /// Jede Position.
    Lines,
    /// Jede Buchung mit Vergleichspreis und Beleg.
    Entries,
}

impl Level {
    const fn report(self) -> Kind {
        match self {
            Self::By => Kind::SavingsBy,
            Self::CallOffs => Kind::SavingsCallOffs,
            Self::Lines => Kind::SavingsLines,
            Self::Entries => Kind::SavingsEntries,
        }
    }
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
    /// Ebene: die Gliederung oder die Liste dahinter. Listen als csv und jsonl haben keine Grenze.
    #[arg(long, value_enum, default_value = "by")]
    level: Level,
    /// Nur ein Vertrag, z. B. RV-2025-01.
    #[arg(long)]
    contract: Option<String>,
    /// Nur eine Klasse: A, B, C, P oder none.
    #[arg(long)]
    class: Option<String>,
    /// Form der Datei.
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// Name der Einkaufsgemeinschaft auf dem PDF; nötig, wenn es mehrere gibt.
    #[arg(long)]
    body: Option<String>,
    /// Zieldatei, die noch nicht da sein darf; „-“ schreibt auf die Standardausgabe.
    #[arg(short, long)]
    output: PathBuf,
}

/// What was written.
struct Written {
    rows: usize,
    /// What list and report differ by; a file of rows is no report and has none.
    deviation: Option<String>,
}

impl Report {
    /// Runs it.
    pub async fn run(self, settings: Settings, output: &Output) -> anyhow::Result<Exit> {
        let Self::Savings(savings) = self;
        let question = savings.question()?;
        let database = Database::join_or_start(&settings).await?;
        let done = savings.in_database(&database, &settings, question, output).await;
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
        let class = self.class.clone();
        Ok(Question { year: self.year, from: self.from, to: self.to, by, class, ..Question::default() })
    }

    async fn in_database(
        &self,
        database: &Database,
        settings: &Settings,
        question: Question,
        output: &Output,
    ) -> anyhow::Result<Exit> {
        database.require_migrated().await?;
        let app = database.app(settings).await?;
        let done = self.write(&app, question, output).await;
        app.db.pool().close().await;
        done
    }

    async fn write(&self, app: &App, mut question: Question, output: &Output) -> anyhow::Result<Exit> {
        if let Some(number) = &self.contract {
            let mut tx = app.db.begin(RunsAs::Job).await?;
            let known = contracts::list(&mut tx, None).await?;
            tx.rollback().await?;
            let found = known.into_iter().find(|it| it.number == number.trim());
            let found =
                found.ok_or_else(|| Ended::new(Exit::NotFound, format!("Den Vertrag „{number}“ gibt es nicht.")))?;
            question.contract = Some(found.id.0);
        }
        if self.output == Path::new("-") {
            self.into(app, &question, &mut io::stdout(), output).await?;
            return Ok(Exit::Ok);
        }
        let partial = Partial::create(&self.output, "abruf report savings -o -")?;
        let written = self.into(app, &question, &mut partial.handle()?, output).await?;
        let (bytes, sha256) = partial.complete()?;
        let file = self.output.display().to_string();
        let (rows, deviation) = (written.rows, written.deviation);
        let differs = deviation.as_ref().map_or_else(String::new, |it| format!(", Abweichung {it} EUR"));
        let text = format!("{rows} Zeilen geschrieben{differs}: {file} (SHA-256 {sha256})");
        let data = json!({ "file": file, "rows": rows, "deviation": deviation, "bytes": bytes, "sha256": sha256 });
        output.answer(&text, &data);
        Ok(Exit::Ok)
    }

    /// Writes the file, whole or row by row.
    async fn into(
        &self,
        app: &App,
        question: &Question,
        to: &mut (impl Write + Send),
        output: &Output,
    ) -> anyhow::Result<Written> {
        let report = self.level.report();
        if let Some(form) = self.format.by_rows().filter(|_| report.is_list()) {
            let rows = row_by_row(app, (report, question), form, to, output).await?;
            return Ok(Written { rows, deviation: None });
        }
        let mut tx = app.db.begin_snapshot(RunsAs::Job).await?;
        let table = catalogue::table(&mut tx, None, report, question, app.clock.now()).await;
        tx.rollback().await?;
        let table = table.map_err(in_words)?;
        to.write_all(&self.bytes(app, &table).await?)?;
        Ok(Written { rows: table.rows.len(), deviation: Some(table.deviation().to_string()) })
    }

    async fn bytes(&self, app: &App, table: &Table) -> anyhow::Result<Vec<u8>> {
        let rows = |form: Form| {
            let mut bytes = form.head(&table.columns);
            for row in &table.rows {
                bytes.extend(form.row(&table.columns, row));
            }
            bytes
        };
        Ok(match self.format {
            Format::Csv => rows(Form::Csv),
            Format::Jsonl => rows(Form::JsonLines),
            Format::Xlsx => workbook(table)?,
            Format::Json => serde_json::to_vec_pretty(&ReportDocument::of(table, usize::MAX, 0))?,
            Format::Pdf => self.printed(app, table).await?,
        })
    }

    async fn printed(&self, app: &App, table: &Table) -> anyhow::Result<Vec<u8>> {
        if printed::MOST_ROWS < table.rows.len() {
            let (rows, most) = (table.rows.len(), printed::MOST_ROWS);
            let text = format!(
                "Die Liste hat {rows} Zeilen, als PDF gehen höchstens {most}. Bitte grenzen Sie sie mit --year, --from, --to oder --contract ein, oder nehmen Sie --format csv"
            );
            return Err(Ended::new(Exit::Usage, text).into());
        }
        let mut tx = app.db.begin(RunsAs::Job).await?;
        let mut bodies: Vec<(OrganisationId, String)> = Vec::new();
        for id in people::bodies(&mut tx, app.clock.today()).await? {
            let name = organisations::name(&mut tx, id).await?.unwrap_or_default();
            if self.body.as_ref().is_none_or(|wanted| wanted.trim() == name) {
                bodies.push((id, name));
            }
        }
        let [(body, _)] = bodies.as_slice() else {
            let names: Vec<&str> = bodies.iter().map(|(_, name)| name.as_str()).collect();
            let text = if bodies.is_empty() {
                "Diese Einkaufsgemeinschaft gibt es nicht. Bitte prüfen Sie --body".to_owned()
            } else {
                format!(
                    "Es gibt mehrere Einkaufsgemeinschaften. Bitte nennen Sie eine mit --body: {}",
                    names.join(", ")
                )
            };
            return Err(Ended::new(Exit::Usage, text).into());
        };
        let data = printed::data_of(app, &mut tx, (MADE_BY.to_owned(), *body), table).await?;
        tx.rollback().await?;
        Ok(print_unattended(app, *body, data).await?.bytes)
    }
}

/// Writes every row of a list as it is read, and tells how far it is; returns how many.
async fn row_by_row(
    app: &App,
    (report, question): (Kind, &Question),
    form: Form,
    to: &mut (impl Write + Send),
    output: &Output,
) -> anyhow::Result<usize> {
    let rows_written = output.counter("Zeilen");
    let mut to = BufWriter::new(to);
    let mut tx = app.db.begin_snapshot(RunsAs::Job).await?;
    let (question, _) =
        catalogue::admitted(&mut tx, None, report, question, app.clock.now()).await.map_err(in_words)?;
    let mut count = 0;
    if let Some((columns, mut rows)) = catalogue::rows(&mut tx, report, &question) {
        to.write_all(&form.head(&columns))?;
        while let Some(row) = rows.next().await {
            to.write_all(&form.row(&columns, &row?))?;
            count += 1;
            rows_written.count(count as u64);
        }
    }
    to.flush()?;
    rows_written.finish_at(count as u64);
    tx.rollback().await?;
    Ok(count)
}

/// What cannot be asked is a mistake of the call.
fn in_words(error: ReportError) -> anyhow::Error {
    match error {
        ReportError::Refused(mistakes) => {
            let words: Vec<String> = mistakes.into_iter().map(|it| it.message).collect();
            Ended::new(Exit::Usage, words.join(" ")).into()
        }
        error => error.into(),
    }
}
