//! `abruf __pg-hold`: starts the server, says `READY`, waits for a signal, stops.
//!
//! The smallest program with a private server: the tests kill it in every way there is.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use sqlx::ConnectOptions;
use tokio::signal::unix::{SignalKind, signal};

use super::privileges::{Reexecution, drop_root_and_reexec};
use super::{Cluster, EmbeddedError, Settings, own_program};

/// Name of the hidden subcommand.
pub const SUBCOMMAND: &str = "__pg-hold";

/// Runs it; `arguments` are those after the subcommand:
/// `[--keep-root] DATA_DIR TEMP_DIR [PG_BIN]`.
#[must_use]
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    match hold(arguments.collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut text = error.to_string();
            let mut cause = std::error::Error::source(&error);
            while let Some(inner) = cause {
                text.push_str(&format!(": {inner}"));
                cause = inner.source();
            }
            // Nobody is left to tell if this fails as well.
            let _ = writeln!(io::stderr(), "{text}");
            ExitCode::FAILURE
        }
    }
}

fn hold(arguments: Vec<OsString>) -> Result<(), EmbeddedError> {
    let keep_root = arguments.first().is_some_and(|first| first == "--keep-root");
    let mut paths = arguments.iter().skip(usize::from(keep_root)).map(PathBuf::from);
    let data_dir = paths.next().unwrap_or_default();
    let temp_dir = paths.next().unwrap_or_default();
    let program = own_program("abruf".into());
    if !keep_root {
        let again = Reexecution {
            program: program.clone(),
            arguments: [vec![SUBCOMMAND.into()], arguments.clone()].concat(),
            temp_dir: temp_dir.clone(),
        };
        drop_root_and_reexec(Some(&data_dir), &again)?;
    }
    let mut settings = Settings::new(data_dir, temp_dir, program);
    settings.pg_bin = paths.next();

    let failed = |source| EmbeddedError::Io { path: settings.data_dir.clone(), what: "Warten", source };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(async {
        // Before READY, so that nobody can signal us too early.
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let mut cluster = Cluster::start(&settings).await?;
        writeln!(io::stdout(), "READY {}", cluster.owner_options().to_url_lossy()).map_err(failed)?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = cluster.until_lost() => {}
        }
        cluster.stop().await
    })
}
