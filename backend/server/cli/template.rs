//! `abruf template`: check templates of the customer, look at them, take them into use.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use abruf_documents::house_style::Kind;
use abruf_documents::{HouseStyle, KINDS, Templates, preview};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::actions::load_templates::{Folder, Loaded, checked, in_german, load, unknown};
use crate::cli::database::Database;
use crate::cli::output::{Ended, Exit, Output};
use crate::cli::partial_file::Partial;
use crate::config::Settings;

/// Folders that belong to the files of their owner; no member can be called so.
const PARTS: [&str; 2] = ["blocks", "fonts"];

/// Vorlagen der Dokumente prüfen, ansehen, übernehmen.
#[derive(Debug, Subcommand)]
pub enum Template {
    /// Prüft Vorlagen, Textbausteine, Logo und Schriften mit Beispielen aller Dokumente, ohne Datenbank.
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
    /// Ordner mit Vorlagen, Logo, Schriften, Textbausteinen; ohne ihn das, was das Programm mitbringt.
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
        let flat = own_files(&folder, folder.display().to_string(), None)?;
        let sets = if is_empty(&flat) { read(&folder)? } else { vec![flat] };
        let base = Templates::embedded();
        let mut lines = Vec::new();
        let mut broken = 0;
        for set in &sets {
            // What a member has of its own stands on what its body has.
            let of_body = sets.iter().find(|it| set.member.is_some() && it.member.is_none() && it.body == set.body);
            let base = of_body.map_or_else(|| Ok(base.clone()), |it| base.clone().with_style(&it.style));
            let verdict = match (&set.fault, base) {
                (Some(fault), _) => Err(fault.clone()),
                // What is wrong with the body's is told there.
                (None, Err(_)) => Err("Die Dateien der Genossenschaft sind nicht in Ordnung.".to_owned()),
                (None, Ok(base)) => checked(&base, &set.style),
            };
            let files = set.style.texts.len() + set.style.assets.len();
            match verdict {
                Ok(_) if files == 1 => lines.push(format!("{set}: in Ordnung, 1 Datei.")),
                Ok(_) => lines.push(format!("{set}: in Ordnung, {files} Dateien.")),
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
        let base = Templates::embedded();
        let style = match self.folder.as_deref() {
            None => HouseStyle::default(),
            Some(folder) => match own_files(folder, String::new(), None)? {
                Folder { fault: Some(fault), .. } => return refuse(Exit::VerificationFailed, fault),
                Folder { style, .. } => style,
            },
        };
        let with = style.check_assets_named().and_then(|()| base.clone().with_style(&style));
        let document = match with.and_then(|templates| preview(&self.name, usize::from(self.lines), &templates)) {
            Ok(document) => document,
            Err(error) => return refuse(Exit::VerificationFailed, in_german(&error, &base)),
        };
        let file = Partial::create(&self.output, "abruf template preview <Dokument> -o <Ordner>/<Datei>")?;
        file.handle()?.write_all(&document.bytes)?;
        file.complete()?;
        let text = format!("{} geschrieben, {} Seiten.", self.output.display(), document.pages);
        output.answer(&text, &json!({ "file": self.output, "pages": document.pages }));
        Ok(Exit::Ok)
    }
}

/// The sets of a folder: the files in `<body>` and in `<body>/<member>`.
fn read(folder: &Path) -> anyhow::Result<Vec<Folder>> {
    let mut sets = Vec::new();
    for (body, path) in folders(folder)? {
        sets.push(own_files(&path, body.clone(), None)?);
        for (member, path) in folders(&path)?.into_iter().filter(|(name, _)| !PARTS.contains(&name.as_str())) {
            sets.push(own_files(&path, body.clone(), Some(member))?);
        }
    }
    sets.retain(|set| !is_empty(set));
    Ok(sets)
}

fn is_empty(set: &Folder) -> bool {
    set.style.is_empty() && set.fault.is_none()
}

/// Folders within, by name; hidden ones are left out.
fn folders(folder: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let all = entries(folder)?.into_iter().filter(|(_, path)| path.is_dir());
    Ok(all.collect())
}

/// The files of an owner. One that is none of those documents know, too large or unreadable is a fault of the whole.
fn own_files(folder: &Path, body: String, member: Option<String>) -> anyhow::Result<Folder> {
    let mut set = Folder { body, member, style: HouseStyle::default(), fault: None };
    for (part, path) in [("", folder.to_owned())].into_iter().chain(PARTS.map(|part| (part, folder.join(part)))) {
        if !part.is_empty() && !path.is_dir() {
            continue;
        }
        for (name, path) in entries(&path)?.into_iter().filter(|(_, path)| path.is_file()) {
            let name = if part.is_empty() { name } else { format!("{part}/{name}") };
            if let Err(fault) = take(&mut set.style, name, &path) {
                set.fault.get_or_insert(fault);
            }
        }
    }
    Ok(set)
}

/// Reads a file, unless it is larger than such a file may be.
fn take(style: &mut HouseStyle, name: String, path: &Path) -> Result<(), String> {
    let kind = Kind::of(&name).ok_or_else(|| unknown(&name, &Templates::embedded()))?;
    let unreadable = |error: std::io::Error| format!("Datei {name}: sie lässt sich nicht lesen ({error}).");
    let size = path.metadata().map_err(unreadable)?.len();
    let most = kind.most_bytes();
    if u64::try_from(most).is_ok_and(|most| most < size) {
        return Err(format!("Datei {name}: sie hat {size} Bytes, erlaubt sind {most}."));
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    if kind == Kind::Text {
        let text = String::from_utf8(bytes).map_err(|_| format!("Datei {name}: sie ist kein Text in UTF-8."))?;
        style.texts.insert(name, text);
    } else {
        style.assets.insert(name, bytes.into());
    }
    Ok(())
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
