//! Finds PostgreSQL's programs and their major version.
//!
//! A cluster runs with the major version it was made with and no other: upgrading is a deliberate act
//! (dump and restore), never a side effect of a newer package on the machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::EmbeddedError;
use super::{NEWEST_MAJOR, OLDEST_MAJOR, Settings};

/// A folder with programs of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    pub dir: PathBuf,
    pub major: u32,
}

impl Binaries {
    pub fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

/// Programs for `settings`; `wanted` is the major version of an existing cluster, `remembered` the
/// folder used last time.
pub(super) fn find(
    settings: &Settings,
    wanted: Option<u32>,
    remembered: Option<PathBuf>,
) -> Result<Binaries, EmbeddedError> {
    if let Some(dir) = &settings.pg_bin {
        return named_by_operator(dir, wanted);
    }
    let mut places = usual_places();
    places.extend(settings.search_path.iter().cloned());
    // Last, because packages of the system get security updates and an unpacked folder does not.
    places.extend(remembered);
    best_of(&places, wanted)
}

/// The highest fitting version; the earlier place on a tie.
fn best_of(places: &[PathBuf], wanted: Option<u32>) -> Result<Binaries, EmbeddedError> {
    let mut best: Option<Binaries> = None;
    let mut unfit = Vec::new();
    for dir in places {
        let Some(major) = major_of(dir) else { continue };
        if !fits(major, wanted) {
            unfit.push(format!("Version {major} in {}", dir.display()));
        } else if best.as_ref().is_none_or(|found| found.major < major) {
            best = Some(Binaries { dir: dir.clone(), major });
        }
    }
    best.ok_or_else(|| EmbeddedError::NoBinaries {
        found: if unfit.is_empty() { "keines".to_owned() } else { unfit.join(", ") },
        wanted,
    })
}

fn named_by_operator(dir: &Path, wanted: Option<u32>) -> Result<Binaries, EmbeddedError> {
    let bad = |found: String| EmbeddedError::BadPgBin { dir: dir.to_owned(), found, wanted };
    match major_of(dir) {
        None => Err(bad("enthält kein lauffähiges initdb und postgres".to_owned())),
        Some(major) if !fits(major, wanted) => Err(bad(format!("enthält Version {major}"))),
        Some(major) => Ok(Binaries { dir: dir.to_owned(), major }),
    }
}

fn fits(major: u32, wanted: Option<u32>) -> bool {
    wanted.map_or((OLDEST_MAJOR..=NEWEST_MAJOR).contains(&major), |wanted| major == wanted)
}

/// Where packages put the programs: Debian, PGDG for Fedora and relatives, Homebrew, Postgres.app.
fn usual_places() -> Vec<PathBuf> {
    const PLACES: [(&str, &str, &str); 5] = [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr", "pgsql-", "bin"),
        ("/opt/homebrew/opt", "postgresql@", "bin"),
        ("/usr/local/opt", "postgresql@", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
    ];
    let mut found = Vec::new();
    for (parent, prefix, child) in PLACES {
        let Ok(entries) = fs::read_dir(parent) else { continue };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(prefix) {
                let dir = entry.path().join(child);
                if dir.join("initdb").exists() {
                    found.push(dir);
                }
            }
        }
    }
    found
}

/// Major version of the programs in `dir`, asked from the server itself, so that a folder whose
/// libraries are missing counts as empty.
fn major_of(dir: &Path) -> Option<u32> {
    if !dir.join("initdb").is_file() {
        return None;
    }
    let output =
        Command::new(dir.join("postgres")).arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    parse_major(&String::from_utf8_lossy(&output.stdout))
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` is 15, `18beta1` is 18.
fn parse_major(text: &str) -> Option<u32> {
    let version = text.split_once(") ")?.1;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use super::{best_of, find, parse_major};
    use crate::embedded::{EmbeddedError, Settings};

    /// A folder whose `postgres` claims a version.
    fn pretended(parent: &Path, version: &str) -> PathBuf {
        let dir = parent.join(version);
        fs::create_dir(&dir).unwrap();
        let script = dir.join("script");
        fs::write(&script, format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["initdb", "postgres"] {
            // Not written by us: a test in another thread that starts a program would hand on the open
            // file, and the kernel refuses to run what is open for writing.
            assert!(Command::new("cp").arg("-p").arg(&script).arg(dir.join(name)).status().unwrap().success());
        }
        dir
    }

    #[test]
    fn versions_are_read_as_postgres_prints_them() {
        assert_eq!(parse_major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(parse_major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(parse_major("sh: not found"), None);
    }

    #[test]
    fn the_highest_supported_version_wins() {
        let dir = tempfile::tempdir().unwrap();
        let places: Vec<_> = ["15.4", "17.2", "14.9", "19.0"].map(|v| pretended(dir.path(), v)).into();
        assert_eq!(best_of(&places, None).unwrap().major, 17);
    }

    #[test]
    fn an_existing_cluster_gets_its_own_version_or_a_reason() {
        let dir = tempfile::tempdir().unwrap();
        let places = [pretended(dir.path(), "15.4"), pretended(dir.path(), "17.2")];
        assert_eq!(best_of(&places, Some(15)).unwrap().major, 15);
        let message = best_of(&places, Some(16)).unwrap_err().to_string();
        assert!(message.contains("Version 15 in "), "{message}");
        assert!(message.contains("gebraucht wird Version 16"), "{message}");
    }

    #[test]
    fn a_folder_named_by_the_operator_is_taken_or_refused_but_never_ignored() {
        let dir = tempfile::tempdir().unwrap();
        let mut settings = Settings::new(dir.path().into(), dir.path().into(), "abruf".into());
        settings.pg_bin = Some(pretended(dir.path(), "14.9"));
        assert!(matches!(find(&settings, None, None), Err(EmbeddedError::BadPgBin { .. })));
        settings.pg_bin = Some(dir.path().join("absent"));
        assert!(matches!(find(&settings, None, None), Err(EmbeddedError::BadPgBin { .. })));
    }
}
