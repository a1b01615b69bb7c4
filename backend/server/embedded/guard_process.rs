//! `abruf __pg-guard`: stands between the program and its server, so that the server ends with it.
//!
//! The program keeps the other end of our standard input and never writes to it. When that input
//! ends, the program is gone, whether it exited, panicked or was killed, and the server is told to
//! shut down: the kernel cannot forget to close a pipe. Asking the kernel for a signal at the
//! parent's death was the alternative; it needs unsafe code, exists on Linux only and fires when the
//! *thread* that started us ends.
//!
//! Signals to stop are ignored here: the server has to live until the program has drained.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::signal::unix::{SignalKind, signal};

use super::lock;

/// Name of the hidden subcommand.
pub const SUBCOMMAND: &str = "__pg-guard";

/// How long the server may take for a proper shutdown (it writes everything back first) before it is
/// cut short. Cut short loses nothing either: the next start recovers from the log.
const PROPER_STOP: Duration = Duration::from_secs(60);
/// What stopping takes at most, seen from outside.
pub(super) const STOP_LIMIT: Duration = Duration::from_secs(75);

/// The arguments that [`run`] takes, before those of the server.
pub(super) fn arguments(lock: &Path, drop_to: Option<(u32, u32)>, postgres: &Path) -> Vec<OsString> {
    let (uid, gid) = drop_to.map_or(("-".to_owned(), "-".to_owned()), |(uid, gid)| (uid.to_string(), gid.to_string()));
    vec![lock.into(), uid.into(), gid.into(), postgres.into()]
}

/// What the guard was told.
#[derive(Debug)]
struct Task {
    lock: PathBuf,
    drop_to: Option<(u32, u32)>,
    postgres: PathBuf,
    server_arguments: Vec<OsString>,
}

impl Task {
    fn parse(mut arguments: impl Iterator<Item = OsString>) -> Option<Self> {
        let lock = arguments.next()?.into();
        let uid = arguments.next()?.into_string().ok()?;
        let gid = arguments.next()?.into_string().ok()?;
        let drop_to = if uid == "-" { None } else { Some((uid.parse().ok()?, gid.parse().ok()?)) };
        Some(Self { lock, drop_to, postgres: arguments.next()?.into(), server_arguments: arguments.collect() })
    }
}

/// Runs the guard; `arguments` are those after the subcommand. Ends when the server has ended.
#[must_use]
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let Some(task) = Task::parse(arguments) else {
        tracing::error!("{SUBCOMMAND} is started by the program itself");
        return ExitCode::from(64);
    };
    match guard(task) {
        Ok(code) => code,
        Err(error) => {
            // Standard error is the server's log, which the program quotes when we end too early.
            use std::io::Write;
            let _ = writeln!(io::stderr(), "abruf guard: {error}");
            ExitCode::FAILURE
        }
    }
}

fn guard(task: Task) -> io::Result<ExitCode> {
    let lock = lock::open(&task.lock)?;
    // Blocking: the guard of a program that was killed this very moment may still be at it.
    lock.lock()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let code = runtime.block_on(watch(&task))?;
    // The thread that reads standard input may still wait there; the process need not.
    runtime.shutdown_background();
    drop(lock);
    Ok(code)
}

async fn watch(task: &Task) -> io::Result<ExitCode> {
    // A handler that does nothing, because ignoring would be inherited by the server.
    let _ignored = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, signal(SignalKind::hangup())?];
    let mut command = Command::new(&task.postgres);
    command.args(&task.server_arguments).env_clear().current_dir("/").stdin(Stdio::null());
    if let Some((uid, gid)) = task.drop_to {
        command.uid(uid).gid(gid);
    }
    let mut server = tokio::process::Command::from(command).spawn()?;
    let pid = server.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));

    let status = tokio::select! {
        status = server.wait() => status?,
        () = end_of_input() => {
            // A fast shutdown: sessions are ended, nothing committed is lost.
            tell(pid, Signal::INT);
            match tokio::time::timeout(PROPER_STOP, server.wait()).await {
                Ok(status) => status?,
                Err(_elapsed) => {
                    tell(pid, Signal::QUIT);
                    server.wait().await?
                }
            }
        }
    };
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(pid: Option<Pid>, signal: Signal) {
    if let Some(pid) = pid {
        // Not yet collected by us, so the number still means our server.
        let _ = kill_process(pid, signal);
    }
}

/// Returns when standard input has ended. A thread of its own: there is nothing to poll for.
async fn end_of_input() {
    let waiting = tokio::task::spawn_blocking(|| {
        let mut byte = [0];
        // An error counts as the end as well.
        while matches!(io::stdin().read(&mut byte), Ok(1..)) {}
    });
    let _ = waiting.await;
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Task, arguments};

    #[test]
    fn arguments_come_back_as_they_were_given() {
        for drop_to in [None, Some((101, 104))] {
            let mut given = arguments(Path::new("/d/guard.lock"), drop_to, Path::new("/b/postgres"));
            given.extend(["-D".into(), "/d/pg".into()]);
            let task = Task::parse(given.into_iter()).unwrap();
            assert_eq!(task.lock, Path::new("/d/guard.lock"));
            assert_eq!(task.drop_to, drop_to);
            assert_eq!(task.postgres, Path::new("/b/postgres"));
            assert_eq!(task.server_arguments, ["-D", "/d/pg"]);
        }
    }

    #[test]
    fn a_call_by_hand_is_refused() {
        assert!(Task::parse(std::iter::empty()).is_none());
    }
}
