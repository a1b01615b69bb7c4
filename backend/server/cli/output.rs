//! What the command line says and how it ends. The only file that prints.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is the mouth of the command line")]

use std::io::IsTerminal;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use serde_json::json;

use crate::config::ConfigError;
use crate::embedded::EmbeddedError;

/// How a command ends; stable for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Ok = 0,
    /// Something unexpected.
    Unexpected = 1,
    /// Wrong arguments.
    Usage = 2,
    /// Wrong settings.
    Configuration = 3,
    /// The database cannot be reached.
    Database = 4,
    /// Not permitted.
    NotPermitted = 5,
    /// Not found.
    NotFound = 6,
    /// Conflict, or a limit exceeded.
    Conflict = 7,
    /// Verification found something wrong.
    VerificationFailed = 10,
    /// Verification could not look at everything.
    VerificationIncomplete = 11,
    /// Import done, some rows rejected.
    RowsRejected = 12,
    /// The database is older than the program.
    MigrationNeeded = 20,
    /// Disk full.
    DiskFull = 28,
    /// Try again.
    TryAgain = 75,
    /// Interrupted.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The mouth of a command.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    json: bool,
    quiet: bool,
    bars: bool,
}

impl Output {
    /// Bars only on a terminal, and only if nobody forbade them.
    #[must_use]
    pub fn new(json: bool, quiet: bool, no_progress: bool) -> Self {
        Self { json, quiet, bars: !quiet && !no_progress && std::io::stderr().is_terminal() }
    }

    /// Talk: what is happening. Standard error.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            eprintln!("{text}");
        }
    }

    /// The answer: text for people, or the data for programs. Standard output.
    pub fn answer<T: Serialize>(&self, text: &str, data: &T) {
        if self.json {
            println!("{}", json!({ "ok": true, "data": data, "warnings": [] }));
        } else {
            println!("{text}");
        }
    }

    /// Says why a command failed and chooses its exit code.
    pub fn fail(&self, error: &anyhow::Error) -> Exit {
        let exit = exit_of(error);
        let text = error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ");
        if self.json {
            println!("{}", json!({ "ok": false, "error": text, "exit_code": exit as u8 }));
        }
        eprintln!("Fehler: {text}");
        exit
    }

    /// Says why a command does not do what was asked, and ends it with `exit`.
    pub fn refuse(&self, text: &str, exit: Exit) -> Exit {
        if self.json {
            println!("{}", json!({ "ok": false, "error": text, "exit_code": exit as u8 }));
        }
        eprintln!("{text}");
        exit
    }

    /// Progress of long work: a bar on a terminal, else a line each ten percent.
    #[must_use]
    pub fn progress(&self, title: &'static str) -> Progress {
        let bar = if self.bars { ProgressBar::new(0) } else { ProgressBar::hidden() };
        if self.bars {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            let template = "{msg} [{bar:30}] {pos}/{len} {per_sec} noch {eta}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.set_message(title);
        }
        Progress { bar, title, lines: !self.bars && !self.quiet, last_tenth: std::sync::Mutex::new(None) }
    }
}

/// Progress of one piece of work.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    title: &'static str,
    lines: bool,
    last_tenth: std::sync::Mutex<Option<u64>>,
}

impl Progress {
    /// `done` of `total` are done.
    pub fn set(&self, done: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(done);
        if !self.lines || total == 0 {
            return;
        }
        let tenth = done * 10 / total;
        let mut last = self.last_tenth.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *last != Some(tenth) {
            *last = Some(tenth);
            eprintln!("{}: {} % ({done} von {total})", self.title, tenth * 10);
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn exit_of(error: &anyhow::Error) -> Exit {
    for cause in error.chain() {
        if cause.is::<ConfigError>() {
            return Exit::Configuration;
        }
        if cause.is::<EmbeddedError>() {
            return Exit::Database;
        }
        if let Some(error) = cause.downcast_ref::<sqlx::Error>()
            && matches!(error, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut)
        {
            return Exit::Database;
        }
        if let Some(error) = cause.downcast_ref::<std::io::Error>()
            && error.kind() == std::io::ErrorKind::StorageFull
        {
            return Exit::DiskFull;
        }
    }
    Exit::Unexpected
}
