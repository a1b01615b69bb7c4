//! `abruf backup`: pg_dump of the server's own version, into a file or to standard output.
//!
//! The file appears under its name only when it is whole, readable for its owner alone: it holds the
//! keys of the installation.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context;
use clap::Args;
use data_encoding::HEXLOWER;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::cli::database::Database;
use crate::cli::output::{Ended, Exit, Output};
use crate::cli::postgres_program;
use crate::config::Settings;

/// Sichert die Datenbank in eine Datei.
#[derive(Debug, Args)]
pub struct Backup {
    /// Zieldatei, die noch nicht da sein darf; „-“ schreibt auf die Standardausgabe.
    file: PathBuf,
}

impl Backup {
    /// Runs it.
    pub async fn run(self, settings: Settings, output: &Output) -> anyhow::Result<Exit> {
        if self.file.as_os_str() == "-" {
            if io::stdout().is_terminal() {
                let text = "Eine Sicherung gehört nicht auf ein Terminal. Bitte umleiten oder eine Datei nennen";
                return Err(Ended::new(Exit::Usage, text).into());
            }
            dump(&settings, Stdio::inherit()).await?;
            return Ok(Exit::Ok);
        }
        let partial = Partial::create(&self.file)?;
        output.say("Die Datenbank wird gesichert …");
        dump(&settings, partial.stdio()?).await?;
        partial.complete(output)
    }
}

async fn dump(settings: &Settings, to: Stdio) -> anyhow::Result<()> {
    let database = Database::join_or_start(settings).await?;
    let dumped = dump_database(&database, settings, to).await;
    database.close(None).await?;
    dumped
}

async fn dump_database(database: &Database, settings: &Settings, to: Stdio) -> anyhow::Result<()> {
    database.require_migrated().await?;
    let mut program = postgres_program::of_server(database, settings, "pg_dump").await?;
    program.args(["--format=custom", "--no-password"]).stdin(Stdio::null()).stdout(to);
    postgres_program::run(program, "pg_dump").await
}

/// A file in the making beside its final name; removed unless completed.
#[derive(Debug)]
struct Partial {
    file: File,
    partial: PathBuf,
    wanted: PathBuf,
}

impl Partial {
    fn create(wanted: &Path) -> anyhow::Result<Self> {
        let name = wanted.file_name().with_context(|| format!("{} ist kein Dateiname", wanted.display()))?;
        if wanted.symlink_metadata().is_ok() {
            let text = format!("{} gibt es schon. Bitte einen anderen Namen wählen", wanted.display());
            return Err(Ended::new(Exit::Conflict, text).into());
        }
        let partial = wanted.with_file_name(format!("{}.{}.teil", name.to_string_lossy(), std::process::id()));
        let file = OpenOptions::new()
            .write(true)
            .read(true)
            .create_new(true)
            .mode(0o600)
            .open(&partial)
            .map_err(|error| unmade(wanted, error))?;
        Ok(Self { file, partial, wanted: wanted.to_owned() })
    }

    fn stdio(&self) -> io::Result<Stdio> {
        Ok(self.file.try_clone()?.into())
    }

    /// Gives the file its name, once it is safely on the disk.
    fn complete(self, output: &Output) -> anyhow::Result<Exit> {
        self.file.sync_all()?;
        let (bytes, sha256) = hash_of(&self.partial)?;
        fs::hard_link(&self.partial, &self.wanted)
            // Not every file system has links; a name that appeared meanwhile is never overwritten.
            .or_else(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => Err(error),
                _ => fs::rename(&self.partial, &self.wanted),
            })
            .with_context(|| format!("{} lässt sich nicht anlegen", self.wanted.display()))?;
        let file = self.wanted.display().to_string();
        let text = format!("Gesichert: {file} ({bytes} Bytes, SHA-256 {sha256})");
        output.answer(&text, &json!({ "file": file, "bytes": bytes, "sha256": sha256 }));
        Ok(Exit::Ok)
    }
}

/// Why the file cannot be made, and what to do.
fn unmade(wanted: &Path, error: io::Error) -> anyhow::Error {
    let name = wanted.display();
    let folder = wanted.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (exit, text) = match error.kind() {
        io::ErrorKind::NotFound => {
            (Exit::NotFound, format!("Es gibt kein Verzeichnis {}. Bitte zuerst anlegen", folder.display()))
        }
        io::ErrorKind::PermissionDenied => (
            Exit::NotPermitted,
            format!(
                "{name} darf nicht angelegt werden. Von root gestartet, läuft Abruf ohne dessen Rechte weiter. \
                 Bitte „-“ als Datei angeben und umleiten: abruf backup - > {name}"
            ),
        ),
        _ => return anyhow::Error::new(error).context(format!("{name} lässt sich nicht anlegen")),
    };
    Ended::new(exit, text).into()
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Gone already if it was renamed.
        let _ = fs::remove_file(&self.partial);
    }
}

fn hash_of(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((bytes, HEXLOWER.encode(&hasher.finalize()))),
            read => {
                hasher.update(&buffer[..read]);
                bytes += read as u64;
            }
        }
    }
}
