//! A server whose flushes all take one millisecond: data in memory, and a shim that makes each flush
//! sleep. Ratios measured on it repeat; those of a real disk depend on what else the disk does.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use abruf::embedded::{Cluster, Settings};
use tempfile::TempDir;

use crate::Result;

/// Memory as a file system.
const MEMORY: &str = "/dev/shm";
const SHIM: &str = include_str!("slow_flush.c");

/// A running server of this kind.
pub struct Sim {
    pub cluster: Cluster,
    /// Goes with the server.
    pub folder: TempDir,
}

impl Sim {
    /// Starts an empty one.
    pub async fn start(settings: &Settings) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("abruf-measure-").tempdir_in(MEMORY)?;
        // Started by root the server is another user, who must get in.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let programs = folder.path().join("bin");
        let real = settings.pg_bin.clone().ok_or("ABRUF_PG_BIN is not set; run deploy/measure")?;
        wrap(&real, &shim(folder.path())?, &programs)?;
        let mut settings = settings.clone();
        settings.data_dir = folder.path().join("data");
        settings.pg_bin = Some(programs);
        Ok(Self { cluster: Cluster::start(&settings).await?, folder })
    }
}

/// Compiles the shim into `folder`.
fn shim(folder: &Path) -> Result<PathBuf> {
    let (source, library) = (folder.join("slow_flush.c"), folder.join("slow_flush.so"));
    fs::write(&source, SHIM)?;
    let status = Command::new("cc").args(["-O2", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status()?;
    if status.success() { Ok(library) } else { Err("the C compiler refused the shim".into()) }
}

/// The programs of `real` in `folder`, with a `postgres` that loads the shim.
fn wrap(real: &Path, library: &Path, folder: &Path) -> Result<()> {
    fs::create_dir(folder)?;
    for program in fs::read_dir(real)? {
        let program = program?;
        if program.file_name() != "postgres" {
            symlink(program.path(), folder.join(program.file_name()))?;
        }
    }
    let wrapper = folder.join("postgres");
    let text =
        format!("#!/bin/sh\nLD_PRELOAD='{}' exec '{}' \"$@\"\n", library.display(), real.join("postgres").display());
    fs::write(&wrapper, text)?;
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755))?;
    Ok(())
}
