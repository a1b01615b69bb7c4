//! `abruf backup`: pg_dump of the server's own version, into a file or to standard output.
//!
//! The file appears under its name only when it is whole, readable for its owner alone: it holds the
//! keys of the installation.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, IsTerminal, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context;
use clap::Args;
use data_encoding::HEXLOWER;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::cli::database::Database;
use crate::cli::output::{Ended, Exit, FAILURE, Output};
use crate::cli::postgres_program;
use crate::config::Settings;
use crate::embedded::privileges::{Reexecution, unprivileged_command};

/// Sichert die Datenbank in eine Datei.
#[derive(Debug, Args)]
pub struct Backup {
    /// Zieldatei, die noch nicht da sein darf; „-“ schreibt auf die Standardausgabe.
    file: PathBuf,
}

impl Backup {
    /// Runs it.
    pub async fn run(self, settings: Settings, output: &Output) -> anyhow::Result<Exit> {
        if self.is_stream() {
            dump(&settings, Stdio::inherit()).await?;
            return Ok(Exit::Ok);
        }
        let partial = Partial::create(&self.file)?;
        output.say("Die Datenbank wird gesichert …");
        dump(&settings, partial.stdio()?).await?;
        partial.complete(output)
    }

    /// As root: the file is ours, the work that of an unprivileged process which writes to us.
    pub fn carry(&self, settings: &Settings, again: &Reexecution, output: &Output) -> anyhow::Result<Exit> {
        let partial = Partial::create(&self.file)?;
        let mut arguments = vec!["backup".into(), "-".into()];
        arguments.extend(output.options());
        let again = Reexecution { arguments, ..again.clone() };
        output.say("Die Datenbank wird gesichert …");
        let mut child = unprivileged_command(settings.data_dir(), &again)?
            .stdin(Stdio::null())
            .stdout(partial.stdio()?)
            .stderr(Stdio::piped())
            .spawn()
            .context("Die Sicherung ließ sich nicht starten")?;
        let failure = child.stderr.take().map_or(Ok(None), |stderr| pass_on(stderr, output))?;
        let status = child.wait()?;
        if !status.success() {
            let exit = Exit::from_code(status.code().unwrap_or_default());
            return Err(Ended::new(exit, failure.unwrap_or_else(|| "die Sicherung brach ab".to_owned())).into());
        }
        partial.complete(output)
    }

    /// Whether the dump goes to standard output.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        self.file.as_os_str() == "-"
    }
}

/// Passes on what the other process says, and returns why it failed, if it did.
fn pass_on(stderr: impl Read, output: &Output) -> io::Result<Option<String>> {
    let mut failure = None;
    for line in BufReader::new(stderr).lines() {
        let line = line?;
        match line.strip_prefix(FAILURE) {
            Some(why) => failure = Some(why.to_owned()),
            None => output.say(&line),
        }
    }
    Ok(failure)
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
        if wanted.as_os_str() == "-" && io::stdout().is_terminal() {
            return Err(Ended::new(Exit::Usage, "Eine Sicherung gehört nicht auf ein Terminal").into());
        }
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
            .with_context(|| format!("{} lässt sich nicht anlegen", partial.display()))?;
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
