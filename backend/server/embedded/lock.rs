//! One program per data directory.
//!
//! The lock is the kernel's (`flock`): it is gone with the process, whatever way it dies, so there is
//! no stale lock to clean up. The number written into the file only serves the message.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use super::error::{EmbeddedError, IoContext};

/// Held for as long as it lives.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// Takes the lock of `data_dir`, or says who has it.
pub(super) fn acquire(data_dir: &Path, path: &Path) -> Result<Lock, EmbeddedError> {
    let mut file = open(path).at(path, "Öffnen")?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            // Only for the message: without it the refusal is still right.
            let _ = file.read_to_string(&mut text);
            return Err(EmbeddedError::AlreadyRunning {
                data_dir: data_dir.to_owned(),
                holder: text.trim().parse().ok(),
            });
        }
        Err(TryLockError::Error(source)) => return Err(source).at(path, "Sperren"),
    }
    file.set_len(0)
        .and_then(|()| file.seek(SeekFrom::Start(0)))
        .and_then(|_| writeln!(file, "{}", std::process::id()))
        .at(path, "Schreiben")?;
    Ok(Lock { _file: file })
}

/// Whether somebody holds the lock at `path`.
pub(super) fn is_held(path: &Path) -> bool {
    let Ok(file) = open(path) else { return false };
    matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

/// Waits until nobody holds the lock at `path`, at most `limit`; false when time is up.
pub(super) async fn until_free(path: &Path, limit: Duration) -> bool {
    let free = async {
        while is_held(path) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(limit, free).await.is_ok()
}

/// Opens the lock file without touching what it says.
pub(super) fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

#[cfg(test)]
mod tests {
    use super::{acquire, is_held};
    use crate::embedded::EmbeddedError;

    #[test]
    fn a_second_holder_is_refused_and_told_who_is_first() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = acquire(dir.path(), &path).unwrap();
        let Err(EmbeddedError::AlreadyRunning { holder, .. }) = acquire(dir.path(), &path) else {
            panic!("the second one got in");
        };
        assert_eq!(holder, Some(std::process::id()));
        assert!(is_held(&path));
        drop(first);
        assert!(!is_held(&path));
        acquire(dir.path(), &path).unwrap();
    }
}
