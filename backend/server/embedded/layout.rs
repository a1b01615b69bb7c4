//! Where things lie, and that the server's user can get there.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::error::{EmbeddedError, IoContext};
use super::os_user::OsUser;

/// Longest directory for a socket: the kernel allows 107 bytes for the whole path, and PostgreSQL
/// calls the socket `.s.PGSQL.5432`.
const SOCKET_DIR_MAX: usize = 107 - "/.s.PGSQL.5432".len();

/// The files and folders of one data directory.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub data_dir: PathBuf,
    pub cluster: PathBuf,
    pub cluster_in_making: PathBuf,
    pub socket_dir: PathBuf,
    pub lock: PathBuf,
    pub guard_lock: PathBuf,
    pub log: PathBuf,
    pub remembered_binaries: PathBuf,
}

impl Layout {
    /// `data_dir` must exist: its real path is what counts, whatever link led here.
    pub fn of(data_dir: &Path, temp_dir: &Path, user: &OsUser) -> Result<Self, EmbeddedError> {
        let data_dir = data_dir.canonicalize().at(data_dir, "Öffnen")?;
        Ok(Self {
            cluster: data_dir.join("pg"),
            cluster_in_making: data_dir.join("pg.new"),
            socket_dir: socket_dir(&data_dir, temp_dir, user.uid),
            lock: data_dir.join("lock"),
            guard_lock: data_dir.join("guard.lock"),
            log: data_dir.join("pg.log"),
            remembered_binaries: data_dir.join("pg-bin"),
            data_dir,
        })
    }

    /// Makes the folder for the socket, which only `user` may enter.
    pub fn make_socket_dir(&self, user: &OsUser) -> Result<(), EmbeddedError> {
        let dir = &self.socket_dir;
        match fs::DirBuilder::new().mode(0o700).create(dir) {
            Ok(()) => user.take(dir),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                // In the temporary directory anybody may have made it first, or made a link of it.
                let found = fs::symlink_metadata(dir).at(dir, "Lesen")?;
                if found.is_dir() && found.uid() == user.uid && found.mode() & 0o077 == 0 {
                    Ok(())
                } else {
                    Err(EmbeddedError::ForeignSocketDir { dir: dir.clone(), owner: found.uid(), wanted: user.uid })
                }
            }
            Err(error) => Err(error).at(dir, "Anlegen"),
        }
    }

    /// The cluster's major version; `None` if there is no cluster yet.
    pub fn cluster_major(&self) -> Result<Option<u32>, EmbeddedError> {
        let path = self.cluster.join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.trim().parse().ok()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).at(path, "Lesen"),
        }
    }

    /// The last lines of the log, for messages.
    pub fn end_of_log(&self) -> String {
        last_lines(&fs::read(&self.log).unwrap_or_default())
    }
}

/// Makes `data_dir` and what is missing above it: 0711 for a server that is not us, else 0700.
pub(super) fn make_data_dir(data_dir: &Path, user: &OsUser, foreign: bool) -> Result<(), EmbeddedError> {
    let absolute = std::path::absolute(data_dir).at(data_dir, "Auflösen")?;
    if !absolute.exists() {
        if let Some(parent) = absolute.parent() {
            // A strict umask of root must not lock the server's user out of what root makes for it.
            let missing: Vec<_> = parent.ancestors().take_while(|dir| !dir.exists()).collect();
            for dir in missing.into_iter().rev() {
                make(dir, if foreign { 0o755 } else { 0o700 })?;
            }
        }
        make(&absolute, if foreign { 0o711 } else { 0o700 })?;
    }
    user.take(&absolute)
}

fn make(dir: &Path, mode: u32) -> Result<(), EmbeddedError> {
    match fs::create_dir(dir) {
        Ok(()) => fs::set_permissions(dir, fs::Permissions::from_mode(mode)).at(dir, "Setzen der Rechte"),
        // Two programs starting at once both come here; the lock decides between them later.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error).at(dir, "Anlegen"),
    }
}

/// Checks that `user` can walk to `path`, as far as it exists.
pub(super) fn check_reachable(path: &Path, user: &OsUser) -> Result<(), EmbeddedError> {
    let absolute = std::path::absolute(path).at(path, "Auflösen")?;
    let Some(existing) = absolute.ancestors().find(|dir| dir.exists()) else {
        return Ok(());
    };
    let real = existing.canonicalize().at(existing, "Öffnen")?;
    // What exists itself need not be walked through; what it would lie in must be.
    let above = usize::from(existing == absolute);
    for dir in real.ancestors().skip(above) {
        let found = fs::metadata(dir).at(dir, "Lesen")?;
        if !user.may(1, found.mode(), found.uid(), found.gid()) {
            return Err(EmbeddedError::Unreachable {
                data_dir: path.to_owned(),
                barrier: dir.to_owned(),
                mode: found.mode() & 0o7777,
                user: user.name.clone(),
            });
        }
    }
    Ok(())
}

/// Beside the cluster if the path is short enough, else a folder named after it where paths are short.
fn socket_dir(data_dir: &Path, temp_dir: &Path, uid: u32) -> PathBuf {
    let beside = data_dir.join("run");
    if beside.as_os_str().len() <= SOCKET_DIR_MAX {
        return beside;
    }
    // Fixed keys: every start must come to the same name.
    let mut hasher = DefaultHasher::new();
    data_dir.as_os_str().as_bytes().hash(&mut hasher);
    let name = format!("abruf-run-{uid}-{:016x}", hasher.finish());
    let short = temp_dir.join(&name);
    if short.as_os_str().len() <= SOCKET_DIR_MAX { short } else { Path::new("/tmp").join(name) }
}

/// The last lines of what a program said, on one line.
pub(super) fn last_lines(said: &[u8]) -> String {
    const LINES: usize = 6;
    let text = String::from_utf8_lossy(said);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(LINES)..].join(" | ")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::{SOCKET_DIR_MAX, check_reachable, last_lines, socket_dir};
    use crate::embedded::EmbeddedError;
    use crate::embedded::os_user::OsUser;

    #[test]
    fn a_long_data_directory_gets_a_short_socket_folder_that_stays_the_same() {
        let long = Path::new("/srv").join("x".repeat(120));
        let dir = socket_dir(&long, Path::new("/tmp"), 7);
        assert!(dir.as_os_str().len() <= SOCKET_DIR_MAX);
        assert_eq!(dir, socket_dir(&long, Path::new("/tmp"), 7));
        assert_ne!(dir, socket_dir(&long.join("y"), Path::new("/tmp"), 7));
        assert!(socket_dir(&long, &long, 7).starts_with("/tmp"));
        assert_eq!(socket_dir(Path::new("/srv/a"), Path::new("/tmp"), 7), Path::new("/srv/a/run"));
    }

    #[test]
    fn a_closed_directory_above_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("closed/data");
        fs::create_dir_all(&inner).unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let closed = dir.path().join("closed");
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
        let stranger = OsUser { uid: 4_000_000, gid: 4_000_000, name: "stranger".to_owned() };
        let Err(EmbeddedError::Unreachable { barrier, mode, .. }) = check_reachable(&inner, &stranger) else {
            panic!("the stranger got through");
        };
        assert_eq!((barrier, mode), (closed.canonicalize().unwrap(), 0o700));
    }

    #[test]
    fn messages_quote_the_end_of_a_log() {
        assert_eq!(last_lines(b"1\n2\n3\n4\n5\n\n6\n7\n"), "2 | 3 | 4 | 5 | 6 | 7");
        assert_eq!(last_lines(b""), "");
    }
}
