//! What is left of a server whose program did not end properly, and how it is cleared.
//!
//! The start holds the lock and the guard's lock when it comes here, so no program and no guard is
//! behind whatever still runs:
//!
//! | killed | left | what happens |
//! |---|---|---|
//! | program | nothing: the guard has stopped the server | start |
//! | program and guard | a sound server | it is stopped properly, then started under a new guard |
//! | postmaster | sessions about to end, its files | wait for them, then start; PostgreSQL recovers |
//! | everything | files naming a dead process | PostgreSQL recovers by itself |
//! | everything, and the number was given to another process | files naming a living stranger | they are removed, see below |
//! | everything, in a container that never collects dead children | files naming a zombie, which counts as alive | the same |
//!
//! The running server is stopped and not adopted: a second or less, and it then runs with the present
//! programs and settings under a guard that is really its parent.
//!
//! PostgreSQL refuses to start when the process named in `postmaster.pid` is alive. It cannot know
//! better; we can: a server process of this cluster has the cluster as its working directory. Only if
//! there is none and the named process is alive are the files removed. A file naming a dead process
//! stays, because PostgreSQL learns from it which shared memory to clear.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::error::{EmbeddedError, IoContext};
use super::layout::Layout;

/// How long a proper shutdown may take before it is shortened to an immediate one.
const PROPER_STOP: Duration = Duration::from_secs(60);
/// How long an immediate shutdown may take.
const IMMEDIATE_STOP: Duration = Duration::from_secs(20);

/// Leaves the cluster without a server and without files that would keep one from starting.
pub(super) async fn clear(layout: &Layout) -> Result<(), EmbeddedError> {
    end_processes(&layout.cluster).await?;
    if processes_of(&layout.cluster).is_some() {
        remove_if_misleading(&layout.cluster.join("postmaster.pid"))?;
        remove_if_misleading(&layout.socket_dir.join(".s.PGSQL.5432.lock"))?;
    }
    Ok(())
}

/// Ends what runs on `cluster`: properly if its postmaster lives, else at once.
pub(super) async fn end_processes(cluster: &Path) -> Result<(), EmbeddedError> {
    let running = processes_of(cluster).unwrap_or_default();
    if running.is_empty() {
        return Ok(());
    }
    if let Some(postmaster) = named_in(&cluster.join("postmaster.pid")).filter(|pid| running.contains(pid)) {
        tracing::info!(postmaster, "PostgreSQL of an earlier run is still there, stopping it");
        signal(postmaster, Signal::INT);
        if until_gone(cluster, PROPER_STOP).await {
            return Ok(());
        }
    }
    // Without a postmaster the sessions end by themselves as soon as they look up from their work.
    for pid in processes_of(cluster).unwrap_or_default() {
        signal(pid, Signal::QUIT);
    }
    if until_gone(cluster, IMMEDIATE_STOP).await {
        return Ok(());
    }
    Err(EmbeddedError::NotStopped {
        cluster: cluster.to_owned(),
        seconds: (PROPER_STOP + IMMEDIATE_STOP).as_secs(),
        processes: processes_of(cluster).unwrap_or_default(),
    })
}

/// The server processes of `cluster`; `None` where the system does not tell (no `/proc`).
///
/// A zombie has no working directory any more and so does not count, which is what we want. An
/// administrator's shell standing in the cluster is no server process, hence the name.
pub(super) fn processes_of(cluster: &Path) -> Option<Vec<u32>> {
    let cluster = fs::metadata(cluster).ok();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let is_server = fs::read_to_string(entry.path().join("comm")).is_ok_and(|name| name.trim() == "postgres");
        let Some(cluster) = &cluster else { continue };
        if is_server
            && let Ok(dir) = fs::metadata(entry.path().join("cwd"))
            && (dir.dev(), dir.ino()) == (cluster.dev(), cluster.ino())
        {
            found.push(pid);
        }
    }
    Some(found)
}

async fn until_gone(cluster: &Path, limit: Duration) -> bool {
    let gone = async {
        while processes_of(cluster).is_some_and(|running| !running.is_empty()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(limit, gone).await.is_ok()
}

fn remove_if_misleading(path: &Path) -> Result<(), EmbeddedError> {
    let Some(named) = named_in(path) else { return Ok(()) };
    if !is_alive(named) {
        return Ok(());
    }
    tracing::warn!(file = %path.display(), process = named, "file names a process that is no PostgreSQL of this cluster, removing it");
    fs::remove_file(path).at(path, "Entfernen")
}

/// The process named in the first line of a lock file; a minus sign marks a single-user server.
fn named_in(path: &Path) -> Option<u32> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().next()?.trim().trim_start_matches('-').parse().ok()
}

/// "Not permitted" also means that there is one.
fn is_alive(pid: u32) -> bool {
    pid_of(pid).is_some_and(|pid| !matches!(test_kill_process(pid), Err(rustix::io::Errno::SRCH)))
}

fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = pid_of(pid) {
        // It may have ended meanwhile; whether all are gone is what the caller looks at.
        let _ = kill_process(pid, signal);
    }
}

fn pid_of(pid: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(pid).ok()?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{named_in, processes_of, remove_if_misleading};

    #[test]
    fn a_file_naming_a_living_stranger_is_removed_and_one_naming_a_dead_process_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("postmaster.pid");
        fs::write(&path, format!("{}\n/some/where\n", std::process::id())).unwrap();
        remove_if_misleading(&path).unwrap();
        assert!(!path.exists());

        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        fs::write(&path, format!("{}\n", child.id())).unwrap();
        remove_if_misleading(&path).unwrap();
        assert!(path.exists());
    }

    #[test]
    fn the_first_line_names_the_process() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("postmaster.pid");
        assert_eq!(named_in(&path), None);
        fs::write(&path, "-42\n/x\n").unwrap();
        assert_eq!(named_in(&path), Some(42));
        fs::write(&path, "").unwrap();
        assert_eq!(named_in(&path), None);
    }

    #[test]
    fn a_process_that_merely_stands_in_the_directory_is_no_server() {
        let dir = tempfile::tempdir().unwrap();
        let mut child = std::process::Command::new("sleep").arg("60").current_dir(dir.path()).spawn().unwrap();
        let found = processes_of(dir.path());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(found.is_none_or(|found| found.is_empty()));
    }
}
