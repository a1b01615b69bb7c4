//! A file in the making beside its final name: it appears under that name only when it is whole, and never over
//! another one. Removed unless completed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::cli::output::{Ended, Exit};

/// The file, readable for its owner alone.
#[derive(Debug)]
pub struct Partial {
    file: File,
    partial: PathBuf,
    wanted: PathBuf,
}

impl Partial {
    /// Begins the file; `instead` is what to type where the folder may not be written to.
    ///
    /// # Errors
    /// If the name is taken, the folder is not there or may not be written to.
    pub fn create(wanted: &Path, instead: &str) -> anyhow::Result<Self> {
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
            .map_err(|error| unmade(wanted, instead, error))?;
        Ok(Self { file, partial, wanted: wanted.to_owned() })
    }

    /// Another handle to write it with.
    ///
    /// # Errors
    /// If the system has no handle left.
    pub fn handle(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Gives the file its name, once it is safely on the disk; its size and SHA-256.
    ///
    /// # Errors
    /// If the disk fails, or if a file of that name appeared meanwhile.
    pub fn complete(self) -> anyhow::Result<(u64, String)> {
        self.file.sync_all()?;
        let sum = hash_of(&self.partial)?;
        fs::hard_link(&self.partial, &self.wanted)
            // Not every file system has links; a name that appeared meanwhile is never overwritten.
            .or_else(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => Err(error),
                _ => fs::rename(&self.partial, &self.wanted),
            })
            .with_context(|| format!("{} lässt sich nicht anlegen", self.wanted.display()))?;
        Ok(sum)
    }
}

/// Why the file cannot be made, and what to do.
fn unmade(wanted: &Path, instead: &str, error: io::Error) -> anyhow::Error {
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
                 Bitte „-“ als Datei angeben und umleiten: {instead} > {name}"
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

/// Size and SHA-256 of a file, without holding it.
///
/// # Errors
/// If it cannot be read.
pub fn hash_of(path: &Path) -> io::Result<(u64, String)> {
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
