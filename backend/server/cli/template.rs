//! `abruf template`: check templates of the customer, look at them, take them into use.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use abruf_documents::{KINDS, Templates, preview};
use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::actions::load_templates::{Folder, Loaded, checked, load};
use crate::cli::database::Database;
use crate::cli::output::{Ended, Exit, Output};
use crate::cli::partial_file::Partial;
use crate::config::Settings;

/// Most bytes of a template file; a larger one is not even read.
const MOST_BYTES: u64 = 500_000;

/// Vorlagen der Dokumente prüfen, ansehen, übernehmen.
#[derive(Debug, Subcommand)]
pub enum Template {
    /// Prüft Vorlagen mit Beispielen aller Dokumente, ohne Datenbank.
    Check(Check),
    /// Erstellt ein Beispiel als PDF, ohne Datenbank.
    Preview(Preview),
    /// Übernimmt die Vorlagen eines Ordners; abruf serve tut das beim Start.
    Load(Load),
}

/// Prüft Vorlagen mit Beispielen aller Dokumente, ohne Datenbank.
#[derive(Debug, Args)]
pub struct Check {
    /// Ordner mit GENOSSENSCHAFT/… und GENOSSENSCHAFT/MITGLIED/…, oder ein Ordner mit Vorlagen [Vorgabe: templates im Datenverzeichnis].
    folder: Option<PathBuf>,
}

/// Erstellt ein Beispiel als PDF, ohne Datenbank.
#[derive(Debug, Args)]
pub struct Preview {
    /// Dokument: order, draft, memo …
    name: String,
    /// Positionen, Lose, Verträge oder Lieferanten des Beispiels.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=400))]
    lines: u16,
    /// Ordner mit den Vorlagen; ohne ihn die des Programms.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Zieldatei; eine vorhandene wird nie überschrieben.
    #[arg(short, long)]
    output: PathBuf,
}

/// Übernimmt die Vorlagen eines Ordners.
#[derive(Debug, Args)]
pub struct Load {
    /// Ordner mit GENOSSENSCHAFT/… und GENOSSENSCHAFT/MITGLIED/… [Vorgabe: templates im Datenverzeichnis].
    folder: Option<PathBuf>,
}

impl Template {
    /// Checks or shows: that needs no database.
    pub fn offline(&self, output: &Output) -> Option<anyhow::Result<Exit>> {
        match self {
            Self::Check(check) => Some(check.run(output)),
            Self::Preview(preview) => Some(preview.run(output)),
            Self::Load(_) => None,
        }
    }

    /// Takes the folder into use; 10 if a set was refused.
    pub async fn run(self, settings: Settings, output: &Output) -> anyhow::Result<Exit> {
        let Self::Load(Load { folder }) = self else { return Ok(Exit::Ok) };
        let folder = folder.map_or_else(|| default_folder(&settings), Ok)?;
        let folders = read(&folder)?;
        let database = Database::join_or_start(&settings).await?;
        let told = load_into(&database, &settings, folders).await;
        database.close(None).await?;
        let told = told?;
        let lines: Vec<String> = told.iter().map(ToString::to_string).collect();
        let text = if lines.is_empty() { "Der Ordner enthält keine Vorlagen.".to_owned() } else { lines.join("\n") };
        output.answer(&text, &json!({ "folders": lines }));
        let refused = told.iter().any(|it| matches!(it, Loaded::Refused(..)));
        Ok(if refused { Exit::VerificationFailed } else { Exit::Ok })
    }
}

async fn load_into(database: &Database, settings: &Settings, folders: Vec<Folder>) -> anyhow::Result<Vec<Loaded>> {
    database.require_migrated().await?;
    let app = database.app(settings).await?;
    let told = load(&app, folders).await;
    app.db.pool().close().await;
    Ok(told?)
}

/// The folder of the data directory.
fn default_folder(settings: &Settings) -> anyhow::Result<PathBuf> {
    let folder = settings.data_dir().map(|dir| dir.join("templates"));
    folder.ok_or_else(|| Ended::new(Exit::Usage, "Bitte nennen Sie den Ordner mit den Vorlagen").into())
}

/// The sets in the data directory; `None` where it has no such folder, which changes nothing.
///
/// # Errors
/// If it cannot be read.
pub fn of_data_directory(settings: &Settings) -> anyhow::Result<Option<Vec<Folder>>> {
    let folder = settings.data_dir().map(|dir| dir.join("templates")).filter(|folder| folder.is_dir());
    folder.map(|folder| read(&folder)).transpose()
}

impl Check {
    fn run(&self, output: &Output) -> anyhow::Result<Exit> {
        let folder = match &self.folder {
            Some(folder) => folder.clone(),
            None => default_folder(&Settings::from_environment()?)?,
        };
        let flat = texts(&folder)?;
        let mut sets = if flat.is_empty() { read(&folder)? } else { Vec::new() };
        if !flat.is_empty() {
            sets.push(Folder { body: folder.display().to_string(), member: None, texts: flat });
        }
        let base = Templates::embedded();
        let mut lines = Vec::new();
        let mut broken = 0;
        for set in &sets {
            // What a member has of its own stands on what its body has.
            let of_body = sets.iter().find(|it| set.member.is_some() && it.member.is_none() && it.body == set.body);
            let all = of_body.into_iter().chain([set]).flat_map(|it| it.texts.clone()).collect();
            match checked(&base, &all) {
                Ok(_) => lines.push(format!("{set}: in Ordnung, {} Vorlagen.", set.texts.len())),
                Err(why) => {
                    broken += 1;
                    lines.push(format!("{set}: {why}"));
                }
            }
        }
        if sets.is_empty() {
            lines.push(format!("{} enthält keine Vorlagen.", folder.display()));
        }
        output.answer(&lines.join("\n"), &json!({ "sets": sets.len(), "broken": broken, "text": lines }));
        Ok(if broken == 0 { Exit::Ok } else { Exit::VerificationFailed })
    }
}

impl Preview {
    fn run(&self, output: &Output) -> anyhow::Result<Exit> {
        let refuse = |exit, text: String| -> anyhow::Result<Exit> { Err(Ended::new(exit, text).into()) };
        if !KINDS.contains(&self.name.as_str()) {
            let name: String = self.name.chars().take(60).collect();
            return refuse(Exit::NotFound, format!("„{name}“ ist kein Dokument. Erlaubt sind: {}", KINDS.join(", ")));
        }
        let texts = self.folder.as_deref().map(texts).transpose()?.unwrap_or_default();
        let base = Templates::embedded();
        let with = texts.iter().try_fold(base, |templates, (name, text)| templates.with_override(name, text));
        let document = match with.and_then(|templates| preview(&self.name, usize::from(self.lines), &templates)) {
            Ok(document) => document,
            Err(error) => return refuse(Exit::VerificationFailed, error.to_string()),
        };
        let file = Partial::create(&self.output, "abruf template preview <Dokument> -o <Ordner>/<Datei>")?;
        file.handle()?.write_all(&document.bytes)?;
        file.complete()?;
        let text = format!("{} geschrieben, {} Seiten.", self.output.display(), document.pages);
        output.answer(&text, &json!({ "file": self.output, "pages": document.pages }));
        Ok(Exit::Ok)
    }
}

/// The sets of a folder: `<body>/*.xml.j2` and `<body>/<member>/*.xml.j2`.
fn read(folder: &Path) -> anyhow::Result<Vec<Folder>> {
    let mut sets = Vec::new();
    for (body, path) in folders(folder)? {
        sets.push(Folder { body: body.clone(), member: None, texts: texts(&path)? });
        for (member, path) in folders(&path)? {
            sets.push(Folder { body: body.clone(), member: Some(member), texts: texts(&path)? });
        }
    }
    sets.retain(|set| !set.texts.is_empty());
    Ok(sets)
}

/// Folders within, by name; hidden ones are left out.
fn folders(folder: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let all = entries(folder)?.into_iter().filter(|(_, path)| path.is_dir());
    Ok(all.collect())
}

/// Every file of a folder with its text: one that is no template is refused when the set is checked.
fn texts(folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut texts = BTreeMap::new();
    for (name, path) in entries(folder)?.into_iter().filter(|(_, path)| path.is_file()) {
        let size = path.metadata().map(|it| it.len()).unwrap_or_default();
        if MOST_BYTES < size {
            let text = format!("{} hat {size} Bytes, erlaubt sind {MOST_BYTES}", path.display());
            return Err(Ended::new(Exit::VerificationFailed, text).into());
        }
        let bytes = fs::read(&path).with_context(|| format!("{} lässt sich nicht lesen", path.display()))?;
        let Ok(text) = String::from_utf8(bytes) else {
            let text = format!("{} ist kein Text in UTF-8. Vorlagen heißen <Name>.xml.j2", path.display());
            return Err(Ended::new(Exit::VerificationFailed, text).into());
        };
        texts.insert(name, text);
    }
    Ok(texts)
}

fn entries(folder: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let Ok(read) = fs::read_dir(folder) else {
        let text = format!("Der Ordner {} ist nicht da oder nicht lesbar", folder.display());
        return Err(Ended::new(Exit::NotFound, text).into());
    };
    let mut all = Vec::new();
    for entry in read {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            all.push((name, entry.path()));
        }
    }
    all.sort();
    Ok(all)
}
