//! What the command line says and how it ends. The only file that prints.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is the mouth of the command line")]

use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use serde_json::json;

use crate::config::ConfigError;
use crate::embedded::EmbeddedError;
use crate::storage::StorageError;

/// How a line begins that says why a command failed.
pub(super) const FAILURE: &str = "Fehler: ";

/// After so many a counter without a terminal writes a line.
const LINE_EACH: u64 = 100_000;

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

impl Exit {
    /// The exit whose code this is.
    #[must_use]
    pub fn from_code(code: i32) -> Self {
        const ALL: [Exit; 15] = [
            Exit::Ok,
            Exit::Unexpected,
            Exit::Usage,
            Exit::Configuration,
            Exit::Database,
            Exit::NotPermitted,
            Exit::NotFound,
            Exit::Conflict,
            Exit::VerificationFailed,
            Exit::VerificationIncomplete,
            Exit::RowsRejected,
            Exit::MigrationNeeded,
            Exit::DiskFull,
            Exit::TryAgain,
            Exit::Interrupted,
        ];
        ALL.into_iter().find(|exit| *exit as i32 == code).unwrap_or(Self::Unexpected)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An expected end that is no success: its exit code, and a sentence for people.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct Ended {
    exit: Exit,
    text: String,
}

impl Ended {
    /// Says place, actual, allowed, and what to do, in German.
    pub fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self { exit, text: text.into() }
    }
}

/// The mouth of a command.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    json: bool,
    quiet: bool,
    bars: bool,
    /// Talk is written as entries of the log, because whoever reads it reads nothing else.
    logged: bool,
}

impl Output {
    /// Bars only on a terminal, and only if nobody forbade them.
    #[must_use]
    pub fn new(json: bool, quiet: bool, no_progress: bool) -> Self {
        Self { json, quiet, bars: !quiet && !no_progress && std::io::stderr().is_terminal(), logged: false }
    }

    /// The same mouth where standard error is read by a collector: what it says are entries of the log, without bars.
    #[must_use]
    pub const fn into_log(self) -> Self {
        Self { bars: false, logged: true, ..self }
    }

    /// Talk: what is happening. Standard error.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            talk(text, self.logged);
        }
    }

    /// The answer: text for people, or the data for programs. Standard output.
    pub fn answer<T: Serialize>(&self, text: &str, data: &T) {
        self.answer_with(text, data, &[]);
    }

    /// As [`Self::answer`], with what the reader should know beside it.
    pub fn answer_with<T: Serialize>(&self, text: &str, data: &T, warnings: &[String]) {
        if self.json {
            println!("{}", json!({ "ok": true, "data": data, "warnings": warnings }));
        } else {
            println!("{text}");
            for warning in warnings {
                self.say(&format!("Hinweis: {warning}"));
            }
        }
    }

    /// Says why a command failed and chooses its exit code.
    pub fn fail(&self, error: &anyhow::Error) -> Exit {
        let exit = exit_of(error);
        let text = error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ");
        if self.json {
            let answer = json!({ "ok": false, "data": null, "warnings": [], "error": text, "exit_code": exit as u8 });
            println!("{answer}");
        }
        eprintln!("{FAILURE}{text}");
        exit
    }

    /// Says why a command does not do what was asked, and ends it with `exit`.
    pub fn refuse(&self, text: &str, exit: Exit) -> Exit {
        if self.json {
            let answer = json!({ "ok": false, "data": null, "warnings": [], "error": text, "exit_code": exit as u8 });
            println!("{answer}");
        }
        eprintln!("{text}");
        exit
    }

    /// Whether the answer is JSON.
    #[must_use]
    pub const fn is_json(&self) -> bool {
        self.json
    }

    /// The options that make another process of this program talk like this one.
    #[must_use]
    pub fn options(&self) -> Vec<OsString> {
        let mut options = Vec::new();
        if self.quiet {
            options.push("--quiet".into());
        }
        if !self.bars {
            options.push("--no-progress".into());
        }
        options
    }

    /// Progress of long work: a bar on a terminal that can draw one, else a line each ten percent.
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
        // Hidden where no bar is wanted, and on a terminal that cannot draw one (TERM=dumb).
        let lines = bar.is_hidden() && !self.quiet;
        Progress { bar, title, lines, logged: self.logged, last_tenth: std::sync::Mutex::new(None) }
    }

    /// Progress of long work of which nobody knows the end: a counter on a terminal, else a line each hundred thousand.
    #[must_use]
    pub fn counter(&self, title: &'static str) -> Progress {
        let progress = self.progress(title);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {pos} {per_sec}") {
            progress.bar.set_style(style);
        }
        progress
    }
}

/// Progress of one piece of work.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    title: &'static str,
    lines: bool,
    logged: bool,
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
            talk(&format!("{}: {} % ({done} von {total})", self.title, tenth * 10), self.logged);
        }
    }

    /// `done` are done, of nobody knows how many.
    pub fn count(&self, done: u64) {
        self.bar.set_position(done);
        if self.lines && done.is_multiple_of(LINE_EACH) {
            talk(&format!("{}: {done}", self.title), self.logged);
        }
    }

    /// Takes the counter away; without a terminal a last line says how many it was.
    pub fn finish_at(&self, done: u64) {
        if self.lines {
            talk(&format!("{}: {done}, fertig", self.title), self.logged);
        }
        self.bar.finish_and_clear();
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// A line for whoever watches.
fn talk(text: &str, logged: bool) {
    if logged {
        tracing::info!("{text}");
    } else {
        eprintln!("{text}");
    }
}

fn exit_of(error: &anyhow::Error) -> Exit {
    if error.chain().any(is_disk_full) {
        return Exit::DiskFull;
    }
    error.chain().find_map(exit_of_cause).unwrap_or(Exit::Unexpected)
}

fn is_disk_full(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::StorageFull)
        || cause.downcast_ref::<sqlx::Error>().and_then(sqlx::Error::as_database_error).is_some_and(|error| {
            // SQLSTATE disk_full.
            error.code().as_deref() == Some("53100")
        })
}

fn exit_of_cause(cause: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    if let Some(ended) = cause.downcast_ref::<Ended>() {
        return Some(ended.exit);
    }
    if cause.is::<ConfigError>() {
        return Some(Exit::Configuration);
    }
    if cause.is::<EmbeddedError>() {
        return Some(Exit::Database);
    }
    if let Some(StorageError::TryAgain(_)) = cause.downcast_ref() {
        return Some(Exit::TryAgain);
    }
    if let Some(error) = cause.downcast_ref::<sqlx::Error>() {
        return exit_of_database(error);
    }
    match cause.downcast_ref::<std::io::Error>()?.kind() {
        ErrorKind::NotFound => Some(Exit::NotFound),
        ErrorKind::PermissionDenied => Some(Exit::NotPermitted),
        ErrorKind::AlreadyExists => Some(Exit::Conflict),
        ErrorKind::AddrInUse | ErrorKind::AddrNotAvailable => Some(Exit::Configuration),
        _ => None,
    }
}

fn exit_of_database(error: &sqlx::Error) -> Option<Exit> {
    let Some(database) = error.as_database_error() else {
        let unreachable = matches!(
            error,
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::PoolTimedOut
        );
        return unreachable.then_some(Exit::Database);
    };
    match database.code().as_deref()? {
        "42501" => Some(Exit::NotPermitted),
        "40001" | "40P01" | "55P03" => Some(Exit::TryAgain),
        // Wrong password, no such role or database, too many connections, shutting down.
        code if code.starts_with("28") || code.starts_with("57P") || matches!(code, "3D000" | "53300") => {
            Some(Exit::Database)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Error;

    use anyhow::{Context, anyhow};

    use super::*;

    #[test]
    fn the_code_of_every_exit_leads_back_to_it() {
        for exit in [Exit::Ok, Exit::Usage, Exit::VerificationFailed, Exit::DiskFull, Exit::TryAgain, Exit::Interrupted]
        {
            assert_eq!(Exit::from_code(exit as i32), exit);
        }
        assert_eq!(Exit::from_code(99), Exit::Unexpected);
    }

    #[test]
    fn causes_choose_the_exit_however_deep_they_lie() {
        let of = |error: Result<(), anyhow::Error>| exit_of(&error.context("beim Sichern").expect_err("an error"));
        assert_eq!(of(Err(Error::from(ErrorKind::StorageFull).into())), Exit::DiskFull);
        assert_eq!(of(Err(Error::from(ErrorKind::NotFound).into())), Exit::NotFound);
        assert_eq!(of(Err(Error::from(ErrorKind::PermissionDenied).into())), Exit::NotPermitted);
        assert_eq!(of(Err(sqlx::Error::Io(ErrorKind::ConnectionRefused.into()).into())), Exit::Database);
        assert_eq!(of(Err(sqlx::Error::Io(ErrorKind::StorageFull.into()).into())), Exit::DiskFull);
        assert_eq!(of(Err(StorageError::TryAgain(sqlx::Error::PoolClosed).into())), Exit::TryAgain);
        assert_eq!(of(Err(Ended::new(Exit::Conflict, "gibt es schon").into())), Exit::Conflict);
        assert_eq!(of(Err(anyhow!("sonst"))), Exit::Unexpected);
    }
}
