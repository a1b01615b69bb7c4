//! Operating-system users: who we are, and as whom the server runs.
//!
//! Names come from `getent`, so that directory services count as well as `/etc/passwd`.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::error::{EmbeddedError, IoContext};

/// A user of the operating system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OsUser {
    pub uid: u32,
    pub gid: u32,
    pub name: String,
}

impl OsUser {
    /// The user this process runs as.
    pub fn current() -> Result<Self, EmbeddedError> {
        let uid = current_uid();
        let gid = rustix::process::getegid().as_raw();
        let name = find(&uid.to_string())
            .map(|user| user.name)
            .or_else(|| printed_by("id", &["-un"]))
            .ok_or(EmbeddedError::NamelessUser { uid })?;
        Ok(Self { uid, gid, name })
    }

    /// The user with this id.
    pub fn by_uid(uid: u32) -> Result<Self, EmbeddedError> {
        find(&uid.to_string()).ok_or(EmbeddedError::NamelessUser { uid })
    }

    /// Whom root hands the server to when nothing else decides.
    pub fn unprivileged() -> Result<Self, EmbeddedError> {
        find("postgres").or_else(|| find("nobody")).ok_or(EmbeddedError::NoUnprivilegedUser)
    }

    /// Makes `command` run as this user, if we are not this user already.
    pub fn run(&self, command: &mut Command) {
        if self.uid != current_uid() {
            // The standard library drops root's supplementary groups along with this.
            command.uid(self.uid).gid(self.gid);
        }
    }

    /// Gives `path` to this user, if we are not this user already.
    pub fn take(&self, path: &Path) -> Result<(), EmbeddedError> {
        if self.uid == current_uid() {
            return Ok(());
        }
        std::os::unix::fs::chown(path, Some(self.uid), Some(self.gid)).at(path, "Übergeben an den Datenbankbenutzer")
    }

    /// Whether the permission bits `mode` of something owned by `uid` and `gid` include `bit`
    /// (4 read, 2 write, 1 enter) for this user.
    pub fn may(&self, bit: u32, mode: u32, uid: u32, gid: u32) -> bool {
        if self.uid == 0 {
            true
        } else if self.uid == uid {
            mode >> 6 & bit != 0
        } else if self.gid == gid {
            mode >> 3 & bit != 0
        } else {
            mode & bit != 0
        }
    }
}

/// Effective user id of this process.
pub(super) fn current_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Looks up a name or a number.
fn find(key: &str) -> Option<OsUser> {
    match printed_by("getent", &["passwd", key]) {
        Some(line) => parse(&line),
        None => fs::read_to_string("/etc/passwd")
            .ok()?
            .lines()
            .filter_map(parse)
            .find(|user| user.name == key || user.uid.to_string() == key),
    }
}

/// One line of the user database: `name:x:uid:gid:...`.
fn parse(line: &str) -> Option<OsUser> {
    let mut fields = line.trim().split(':');
    let name = fields.next().filter(|name| !name.is_empty())?.to_owned();
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(OsUser { uid, gid, name })
}

fn printed_by(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{OsUser, parse};

    #[test]
    fn a_line_of_the_user_database_is_read() {
        let user = parse("postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash");
        let wanted = OsUser { uid: 101, gid: 104, name: "postgres".to_owned() };
        assert_eq!(user, Some(wanted));
        assert_eq!(parse(""), None);
        assert_eq!(parse("broken:x:y:z"), None);
    }

    #[test]
    fn permission_bits_count_for_the_first_class_that_fits() {
        let user = OsUser { uid: 7, gid: 8, name: "x".to_owned() };
        assert!(!user.may(1, 0o700, 0, 0));
        assert!(user.may(1, 0o711, 0, 0));
        assert!(user.may(1, 0o700, 7, 0));
        // The owner's bits decide for the owner, even where others may do more.
        assert!(!user.may(1, 0o077, 7, 8));
        assert!(user.may(1, 0o010, 0, 8));
    }

    #[test]
    fn the_current_user_has_a_name() {
        assert!(!OsUser::current().unwrap().name.is_empty());
    }
}
