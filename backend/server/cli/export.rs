//! `abruf export`: what leaves the house as a file.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use abruf_domain::call_off::Status;
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::actions::publish_hashes::{head, lines, publish};
use crate::app::App;
use crate::cli::database::Database;
use crate::cli::output::{Ended, Exit, Output};
use crate::cli::partial_file::Partial;
use crate::config::Settings;
use crate::reports::call_off_bag::{self, Reader};
use crate::storage::call_off_list::Search;

/// Was als Datei das Haus verlässt.
#[derive(Debug, Subcommand)]
pub enum Export {
    /// Schreibt die öffentliche Liste der Prüfsummen aller Dokumente: keine Beträge, keine Namen.
    Hashes(Hashes),
    /// Schreibt Abrufe mit allen Dokumenten als ZIP (BagIt), prüfbar mit sha256sum.
    CallOffs(CallOffs),
}

/// Abrufe mit allen Dokumenten; ohne Angaben alle, die je eingereicht oder bei der Prüfung abgelehnt wurden.
#[derive(Debug, Args)]
pub struct CallOffs {
    /// Erster Tag der Einreichung, z. B. 2027-01-01.
    #[arg(long)]
    from: Option<NaiveDate>,
    /// Letzter Tag der Einreichung.
    #[arg(long)]
    to: Option<NaiveDate>,
    /// Nur dieser Stand, z. B. cancelled.
    #[arg(long)]
    status: Option<String>,
    /// Teil von Nummer, Vertrag, Mitglied, Lieferant oder Person.
    #[arg(long)]
    words: Option<String>,
    /// Nur solche mit abgelehnter Prüfung.
    #[arg(long)]
    declined: bool,
    /// Zieldatei, die noch nicht da sein darf; „-“ schreibt auf die Standardausgabe.
    #[arg(short, long)]
    output: PathBuf,
}

/// Die öffentliche Liste der Prüfsummen.
#[derive(Debug, Args)]
pub struct Hashes {
    /// Zieldatei, die noch nicht da sein darf; „-“ schreibt auf die Standardausgabe.
    #[arg(short, long)]
    output: PathBuf,
}

impl Export {
    /// Runs it.
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
            Self::Hashes(hashes) => hashes.write(&app, output).await,
            Self::CallOffs(call_offs) => call_offs.write(&app, output).await,
        };
        app.db.pool().close().await;
        done
    }
}

impl Hashes {
    async fn write(self, app: &App, output: &Output) -> anyhow::Result<Exit> {
        if self.output == Path::new("-") {
            write_hashes(app, std::io::stdout().lock()).await?;
            return Ok(Exit::Ok);
        }
        let partial = Partial::create(&self.output, "abruf export hashes -o -")?;
        let count = write_hashes(app, partial.handle()?).await?;
        let (bytes, sha256) = partial.complete()?;
        let file = self.output.display().to_string();
        let text = format!("{count} Prüfsummen geschrieben: {file} (SHA-256 {sha256})");
        output.answer(&text, &json!({ "file": file, "documents": count, "bytes": bytes, "sha256": sha256 }));
        Ok(Exit::Ok)
    }
}

impl CallOffs {
    async fn write(self, app: &App, output: &Output) -> anyhow::Result<Exit> {
        let reader = Reader(None);
        let bag = call_off_bag::gather(app, &reader, &self.search()?).await?;
        let (call_offs, documents) = (bag.call_offs, bag.documents());
        let bar = output.progress("Dokumente");
        let progress = |done: usize, total: usize| bar.set(done as u64, total as u64);
        if self.output == Path::new("-") {
            call_off_bag::write(app, &reader, bag, std::io::stdout(), progress).await?.flush()?;
            bar.finish();
            return Ok(Exit::Ok);
        }
        let partial = Partial::create(&self.output, "abruf export call-offs -o -")?;
        call_off_bag::write(app, &reader, bag, BufWriter::new(partial.handle()?), progress).await?.flush()?;
        bar.finish();
        let (bytes, sha256) = partial.complete()?;
        let file = self.output.display().to_string();
        let text = format!("{call_offs} Abrufe mit {documents} Dokumenten geschrieben: {file} (SHA-256 {sha256})");
        let data =
            json!({ "file": file, "call_offs": call_offs, "documents": documents, "bytes": bytes, "sha256": sha256 });
        output.answer(&text, &data);
        Ok(Exit::Ok)
    }

    fn search(&self) -> anyhow::Result<Search> {
        let status = |key: &String| {
            key.parse::<Status>().map_err(|_| {
                let allowed: Vec<&str> = Status::ALL.iter().map(|status| status.key()).collect();
                Ended::new(
                    Exit::Usage,
                    format!("Den Stand „{key}“ gibt es nicht. Erlaubt sind: {}", allowed.join(", ")),
                )
            })
        };
        if self.from.zip(self.to).is_some_and(|(from, to)| to < from) {
            let text = "Das Ende liegt vor dem Beginn. Bitte --from und --to vergleichen";
            return Err(Ended::new(Exit::Usage, text).into());
        }
        Ok(Search {
            statuses: self.status.as_ref().map(status).transpose()?.into_iter().collect(),
            // Whoever submitted nothing yet has no date: drafts are nobody's business but their owner's.
            from: self.from.or(NaiveDate::from_ymd_opt(2000, 1, 1)),
            to: self.to,
            words: self.words.clone().unwrap_or_default(),
            declined_only: self.declined,
            ..Search::default()
        })
    }
}

async fn write_hashes(app: &App, to: impl Write) -> anyhow::Result<usize> {
    let mut to = BufWriter::new(to);
    to.write_all(head(app.clock.now()).as_bytes())?;
    let count = publish(app, |paper| -> anyhow::Result<()> { Ok(to.write_all(lines(paper).as_bytes())?) }).await?;
    to.flush()?;
    Ok(count)
}
