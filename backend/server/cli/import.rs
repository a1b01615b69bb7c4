//! `abruf import`: files of others into the database. Nothing is written until the whole file is right;
//! rows that are not come back in `<file>.errors.csv`, and the exit code is 12.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::{Args, Subcommand};

use crate::actions::ActionError;
use crate::actions::import::price_map::{PriceMap, vat_rate};
use crate::actions::import::table::{FileRefused, MOST_BYTES};
use crate::actions::import::{ImportError, Report};
use crate::actions::import_price_list::{PriceList, import_price_list};
use crate::actions::import_register::{Options, SOURCE, import_register};
use crate::app::App;
use crate::cli::database::Database;
use crate::cli::import_members::Members;
use crate::cli::import_turnover::Turnover;
use crate::cli::output::{Exit, Output};
use crate::config::Settings;

/// Errors shown one by one; all of them are in the file.
pub(super) const ERRORS_SHOWN: usize = 20;

/// Daten einlesen.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// Liest das Gemeindeverzeichnis ein, aus dem Mitglieder aufgenommen werden.
    Register(Register),
    /// Nimmt alle Mitglieder einer Liste auf, oder keines.
    Members(Members),
    /// Liest eine Preisliste in einen Vertrag ein.
    PriceList(List),
    /// Liest Umsatz ein, der an Abruf vorbei entstanden ist, und bucht ihn ins Volumenbuch.
    Turnover(Turnover),
}

/// Gemeindeverzeichnis: `;`-getrennt, UTF-8.
#[derive(Debug, Args)]
pub struct Register {
    /// CSV-Datei („-“ liest von der Standardeingabe) mit ags;ars;name;art;kreis;verbandsgemeinde;einwohner;flaeche_km2;plz
    file: PathBuf,
    /// Nur prüfen und zählen, nichts schreiben.
    #[arg(long)]
    dry_run: bool,
    /// Richtige Zeilen übernehmen, auch wenn andere Fehler haben.
    #[arg(long)]
    partial: bool,
    /// Quellenangabe, die mit den Daten gedruckt werden muss.
    #[arg(long, default_value = SOURCE)]
    source: String,
}

/// Preisliste: CSV mit einer Zuordnung ihrer Spalten.
#[derive(Debug, Args)]
pub struct List {
    /// CSV-Datei in UTF-8; „-“ liest von der Standardeingabe.
    file: PathBuf,
    /// Nummer des Vertrags.
    #[arg(long)]
    contract: String,
    /// TOML-Datei: welche Spalte was ist.
    #[arg(long)]
    map: PathBuf,
    /// E-Mail-Adresse der Person, die die Preise erfasst hat.
    #[arg(long)]
    recorded_by: String,
    /// E-Mail-Adresse der zweiten Person, die sie freigibt. Nur bei einem Entwurf: Ist der Vertrag in Kraft,
    /// werden die Preise vorgeschlagen und auf der Seite „Neue Preise“ freigegeben.
    #[arg(long)]
    released_by: Option<String>,
    /// Beleg hinter neuen Preisen eines Vertrags in Kraft; ohne Angabe der Name der Datei.
    #[arg(long)]
    document: Option<String>,
    /// Grund, wenn sich Preise stärker ändern, als der Vertrag ohne Grund erlaubt.
    #[arg(long, default_value = "")]
    reason: String,
    /// Erster Tag der Preise, z. B. 2027-01-01.
    #[arg(long)]
    valid_from: NaiveDate,
    /// Umsatzsteuersatz in Prozent statt des Satzes der Zuordnung.
    #[arg(long)]
    vat_rate: Option<String>,
    /// Nur prüfen und zählen, nichts schreiben.
    #[arg(long)]
    dry_run: bool,
}

impl Import {
    /// Runs it.
    pub async fn run(self, settings: Settings, output: &Output) -> anyhow::Result<Exit> {
        // Files first: a missing one must not cost the start of a database.
        match self {
            Self::Register(register) => match read_file(&register.file) {
                Ok(bytes) => register.run(&bytes, &settings, output).await,
                Err(unread) => Ok(unread.refuse(output)),
            },
            Self::Members(members) => match read_file(&members.file) {
                Ok(bytes) => members.run(&bytes, &settings, output).await,
                Err(unread) => Ok(unread.refuse(output)),
            },
            Self::PriceList(list) => match read_file(&list.file).and_then(|bytes| Ok((bytes, read_file(&list.map)?))) {
                Ok((bytes, map)) => list.run(&bytes, &map, &settings, output).await,
                Err(unread) => Ok(unread.refuse(output)),
            },
            Self::Turnover(it) => match read_file(&it.file).and_then(|bytes| Ok((bytes, read_file(&it.map)?))) {
                Ok((bytes, map)) => it.run(&bytes, &map, &settings, output).await,
                Err(unread) => Ok(unread.refuse(output)),
            },
        }
    }
}

impl Register {
    async fn run(self, bytes: &[u8], settings: &Settings, output: &Output) -> anyhow::Result<Exit> {
        let options = Options { source: &self.source, dry_run: self.dry_run, partial: self.partial };
        let (database, app) = open(settings).await?;
        let progress = output.progress("Gemeindeverzeichnis");
        let imported = import_register(&app, bytes, options, &|done, total| progress.set(done, total)).await;
        progress.finish();
        database.close(Some(&app)).await?;
        finish(imported, &self.file, self.dry_run, output)
    }
}

impl List {
    async fn run(self, bytes: &[u8], map: &[u8], settings: &Settings, output: &Output) -> anyhow::Result<Exit> {
        let read = PriceMap::read(map).and_then(|mut map| {
            if let Some(rate) = &self.vat_rate {
                map.vat_rate = vat_rate(rate)?;
            }
            Ok(map)
        });
        let map = match read {
            Ok(map) => map,
            Err(refused) => return Ok(output.refuse(&refused.to_string(), Exit::Usage)),
        };
        let document = self.document.clone().unwrap_or_else(|| format!("Preisliste {}", self.file.display()));
        let list = PriceList {
            bytes,
            map: &map,
            contract: &self.contract,
            recorded_by: &self.recorded_by,
            released_by: self.released_by.as_deref(),
            document: &document,
            reason: &self.reason,
            valid_from: self.valid_from,
            dry_run: self.dry_run,
        };
        let (database, app) = open(settings).await?;
        let progress = output.progress("Preisliste");
        let imported = import_price_list(&app, &list, &|done, total| progress.set(done, total)).await;
        progress.finish();
        database.close(Some(&app)).await?;
        finish(imported, &self.file, self.dry_run, output)
    }
}

pub(super) async fn open(settings: &Settings) -> anyhow::Result<(Database, App)> {
    let database = Database::join_or_start(settings).await?;
    database.migrate().await?;
    let app = database.app(settings).await?;
    Ok((database, app))
}

/// How a refusal ends.
pub(super) const fn exit_of(refused: &ImportError) -> Exit {
    match refused {
        ImportError::NotFound(_) => Exit::NotFound,
        ImportError::NotPermitted(_) => Exit::NotPermitted,
        ImportError::Conflict(_) => Exit::Conflict,
        ImportError::Action(ActionError::NotFound) => Exit::NotFound,
        ImportError::Action(ActionError::NotPermitted(_)) => Exit::NotPermitted,
        ImportError::Action(ActionError::NotNow(_) | ActionError::Stale { .. }) => Exit::Conflict,
        ImportError::File(_) | ImportError::Map(_) | ImportError::Storage(_) | ImportError::Action(_) => Exit::Usage,
    }
}

/// Says what came of it.
fn finish(imported: Result<Report, ImportError>, file: &Path, dry_run: bool, output: &Output) -> anyhow::Result<Exit> {
    let report = match imported {
        Ok(report) => report,
        Err(ImportError::Storage(error)) => return Err(error.into()),
        Err(refused) => {
            return Ok(output.refuse(&format!("{refused} Nichts wurde übernommen."), exit_of(&refused)));
        }
    };
    for error in report.errors.iter().take(ERRORS_SHOWN) {
        output.say(&error.to_string());
    }
    // Standard input has no place for a file beside it, and there are folders we may not write to.
    let rejects = report.rejects.as_deref().filter(|_| !dry_run).map(|rejects| keep_rejects(file, None, rejects));
    if let Some(kept) = &rejects {
        output.say(&kept.text);
    }
    let more = report.errors.len().saturating_sub(ERRORS_SHOWN);
    match rejects {
        _ if more == 0 => {}
        Some(Kept { all_to_be_shown: true, .. }) => {
            for error in report.errors.iter().skip(ERRORS_SHOWN) {
                output.say(&error.to_string());
            }
        }
        _ => output.say(&format!("… und {more} weitere Fehler.")),
    }
    if dry_run {
        output.say("Probelauf: nichts wurde übernommen.");
    } else if report.rejected > 0 && !report.written {
        output.say("Nichts wurde übernommen.");
    }
    output.answer(&report.sentence(), &report);
    Ok(if report.rejected == 0 { Exit::Ok } else { Exit::RowsRejected })
}

/// What became of the rows with errors.
pub(super) struct Kept {
    /// Where they are, or why they are nowhere.
    pub(super) text: String,
    /// There is no file to look at.
    pub(super) all_to_be_shown: bool,
}

/// Writes them to `chosen`, else beside the file.
pub(super) fn keep_rejects(file: &Path, chosen: Option<&Path>, rejects: &[u8]) -> Kept {
    if is_standard_input(file) && chosen.is_none() {
        let text = "Gelesen wurde von der Standardeingabe: Alle Fehler stehen hier, eine Datei dazu gibt es nicht.";
        return Kept { text: text.to_owned(), all_to_be_shown: true };
    }
    let path = chosen.map_or_else(|| rejects_path(file), Path::to_owned);
    match write_whole(&path, rejects) {
        Ok(()) => Kept { text: format!("Die Zeilen mit Fehler stehen in {}.", path.display()), all_to_be_shown: false },
        Err(error) => Kept {
            text: format!("{} ließ sich nicht schreiben ({error}); alle Fehler stehen hier.", path.display()),
            all_to_be_shown: true,
        },
    }
}

pub(super) fn is_standard_input(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// `preise.csv.errors.csv` beside `preise.csv`.
fn rejects_path(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".errors.csv");
    PathBuf::from(name)
}

/// Under another name first: whoever looks finds all of it or nothing.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)
}

/// Why a file could not be read.
struct Unread {
    text: String,
    exit: Exit,
}

impl Unread {
    fn refuse(&self, output: &Output) -> Exit {
        output.refuse(&self.text, self.exit)
    }
}

/// The file, but no more of it than an import takes.
fn read_file(path: &Path) -> Result<Vec<u8>, Unread> {
    let shown = path.display();
    let unread = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Unread { text: format!("Es gibt keine Datei {shown}."), exit: Exit::NotFound },
        io::ErrorKind::IsADirectory => {
            Unread { text: format!("{shown} ist ein Verzeichnis. Erwartet wird eine Datei."), exit: Exit::Usage }
        }
        io::ErrorKind::PermissionDenied => {
            let text = format!(
                "{shown} darf nicht gelesen werden. Von root gestartet, läuft Abruf ohne dessen Rechte weiter. Bitte geben Sie „-“ als Datei an und leiten Sie die Datei mit < um, oder legen Sie sie dorthin, wo alle lesen dürfen."
            );
            Unread { text, exit: Exit::NotPermitted }
        }
        _ => Unread { text: format!("{shown} ist nicht lesbar: {error}"), exit: Exit::Unexpected },
    };
    let mut bytes = Vec::new();
    let limit = MOST_BYTES as u64 + 1;
    let read = if is_standard_input(path) {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(unread)?;
    if MOST_BYTES < bytes.len() {
        return Err(Unread { text: FileRefused::TooLarge.to_string(), exit: Exit::Usage });
    }
    Ok(bytes)
}
