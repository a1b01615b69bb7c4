//! The server never runs as root.
//!
//! Started as root, the program makes its data directory, gives it to an unprivileged user and
//! executes itself anew as that user, replacing this process: signals, exit status and supervision
//! stay what they were. PostgreSQL would refuse root anyway; that the program itself has no more
//! rights than its data needs is the better half of the reason.
//!
//! Which user: the owner of an existing data directory, else `postgres`, else `nobody`.

use std::convert::Infallible;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::{EmbeddedError, IoContext};
use super::layout;
use super::os_user::{OsUser, current_uid};

/// What is executed anew.
#[derive(Debug, Clone)]
pub struct Reexecution {
    /// This executable, as [`super::own_program`] gives it.
    pub program: PathBuf,
    /// The arguments of this process without its name.
    pub arguments: Vec<OsString>,
    /// The system's temporary directory.
    pub temp_dir: PathBuf,
}

/// Whether this process runs as root.
#[must_use]
pub fn is_root() -> bool {
    current_uid() == 0
}

/// If we are root: makes `data_dir` and becomes its owner. Otherwise does nothing.
///
/// Without a data directory (an external database server) nothing is made, and the user is
/// `postgres` or `nobody`. The new process finds the directory in `ABRUF_DATA_DIR`, because the
/// default of an ordinary user is another one.
///
/// # Errors
/// If the directory cannot be made or given away, or the program cannot be executed.
pub fn drop_root_and_reexec(data_dir: Option<&Path>, again: &Reexecution) -> Result<(), EmbeddedError> {
    if !is_root() {
        return Ok(());
    }
    match execute_as_another(data_dir, again)? {}
}

fn execute_as_another(data_dir: Option<&Path>, again: &Reexecution) -> Result<Infallible, EmbeddedError> {
    let mut command = unprivileged_command(data_dir, again)?;
    let program = PathBuf::from(command.get_program());
    Err(command.exec()).at(program, "Starten ohne Rechte von root")
}

/// The command that [`drop_root_and_reexec`] executes, for whoever has to stay root beside it: only
/// root can open what lies in root's home, and hand it over as standard input or output.
///
/// # Errors
/// As there.
pub fn unprivileged_command(data_dir: Option<&Path>, again: &Reexecution) -> Result<Command, EmbeddedError> {
    let user = data_dir.map_or_else(OsUser::unprivileged, make_data_dir)?;
    let data_dir = data_dir.map(|dir| dir.canonicalize().at(dir, "Öffnen")).transpose()?;
    let program = executable_for(&user, again, data_dir.as_deref())?;
    let mut command = Command::new(&program);
    command.args(&again.arguments).env("USER", &user.name).env("LOGNAME", &user.name);
    match &data_dir {
        Some(dir) => command.env("ABRUF_DATA_DIR", dir).env("HOME", dir),
        None => command.env("HOME", "/"),
    };
    for name in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"] {
        command.env_remove(name);
    }
    if !can_write(&user, &again.temp_dir) {
        // Root often has a temporary directory of its own.
        command.env_remove("TMPDIR");
    }
    user.run(&mut command);
    Ok(command)
}

/// The program itself if `user` may execute it, else a copy.
///
/// The kernel's link to our own executable works even where the user cannot walk to the file, so a
/// clone in root's home needs no copy; a file that was built under a strict umask does.
fn executable_for(user: &OsUser, again: &Reexecution, data_dir: Option<&Path>) -> Result<PathBuf, EmbeddedError> {
    let program = &again.program;
    let found = fs::metadata(program).at(program, "Lesen")?;
    let may_execute =
        user.may(4, found.mode(), found.uid(), found.gid()) && user.may(1, found.mode(), found.uid(), found.gid());
    let by_link = program.starts_with("/proc/self");
    if may_execute && (by_link || layout::check_reachable(program, user).is_ok()) {
        return Ok(program.clone());
    }
    let dir = match data_dir {
        Some(dir) => dir.to_owned(),
        None => folder_for_copy(&again.temp_dir)?,
    };
    let copy = dir.join("abruf.program");
    let new = dir.join("abruf.program.new");
    copy_program(program, &new).at(&new, "Anlegen der Programmkopie")?;
    fs::rename(&new, &copy).at(&copy, "Anlegen der Programmkopie")?;
    Ok(copy)
}

/// A folder of root's in the temporary directory that others can walk through.
fn folder_for_copy(temp_dir: &Path) -> Result<PathBuf, EmbeddedError> {
    let dir = temp_dir.join("abruf-program-0");
    match fs::create_dir(&dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error).at(dir, "Anlegen"),
        _ => {}
    }
    // Somebody else may have made it first, and would then exchange what root is about to execute.
    let found = fs::symlink_metadata(&dir).at(&dir, "Lesen")?;
    if !found.is_dir() || found.uid() != 0 {
        return Err(io::Error::from(io::ErrorKind::PermissionDenied)).at(dir, "Anlegen der Programmkopie");
    }
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o711)).at(&dir, "Setzen der Rechte")?;
    Ok(dir)
}

fn copy_program(from: &Path, to: &Path) -> io::Result<()> {
    match fs::remove_file(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // `create_new` follows no link: the directory already belongs to the unprivileged user.
    let mut file = File::create_new(to)?;
    io::copy(&mut File::open(from)?, &mut file)?;
    file.set_permissions(fs::Permissions::from_mode(0o755))
}

fn can_write(user: &OsUser, dir: &Path) -> bool {
    fs::metadata(dir).is_ok_and(|found| {
        user.may(2, found.mode(), found.uid(), found.gid())
            && user.may(1, found.mode(), found.uid(), found.gid())
            && layout::check_reachable(dir, user).is_ok()
    })
}

/// Makes the data directory if it is absent, and sees to it that the server's user owns and reaches it.
pub(super) fn make_data_dir(data_dir: &Path) -> Result<OsUser, EmbeddedError> {
    let user = server_user(data_dir)?;
    layout::check_reachable(data_dir, &user)?;
    layout::make_data_dir(data_dir, &user, user.uid != current_uid())?;
    Ok(user)
}

/// As whom the server of `data_dir` runs: as us, or if we are root, as whom the module says.
pub(super) fn server_user(data_dir: &Path) -> Result<OsUser, EmbeddedError> {
    if !is_root() {
        return OsUser::current();
    }
    let Ok(found) = fs::metadata(data_dir) else {
        return OsUser::unprivileged();
    };
    if found.uid() != 0 {
        return OsUser::by_uid(found.uid());
    }
    if let Ok(cluster) = fs::metadata(data_dir.join("pg")) {
        // An operator has taken the directory back; the cluster still says whose it is.
        return if cluster.uid() == 0 { OsUser::unprivileged() } else { OsUser::by_uid(cluster.uid()) };
    }
    refuse_foreign(data_dir)?;
    OsUser::unprivileged()
}

/// `/` or `/srv` named by mistake must not be given away.
fn refuse_foreign(data_dir: &Path) -> Result<(), EmbeddedError> {
    let mut entries = fs::read_dir(data_dir).at(data_dir, "Lesen")?;
    match entries.next() {
        None => Ok(()),
        Some(entry) => Err(EmbeddedError::ForeignDirectory {
            data_dir: data_dir.to_owned(),
            example: entry.at(data_dir, "Lesen")?.file_name().to_string_lossy().into_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::{is_root, make_data_dir, refuse_foreign};
    use crate::embedded::EmbeddedError;

    #[test]
    fn a_directory_with_other_things_in_it_is_not_given_away() {
        let dir = tempfile::tempdir().unwrap();
        refuse_foreign(dir.path()).unwrap();
        fs::write(dir.path().join("letters.txt"), "").unwrap();
        let message = refuse_foreign(dir.path()).unwrap_err().to_string();
        assert!(message.contains("letters.txt"), "{message}");
    }

    #[test]
    fn root_does_not_give_away_what_the_server_could_not_reach() {
        if !is_root() {
            return;
        }
        // As root's home is.
        let dir = tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o700)).tempdir().unwrap();
        let wanted = dir.path().join("data");
        assert!(matches!(make_data_dir(&wanted), Err(EmbeddedError::Unreachable { .. })));
        assert!(!wanted.exists());
    }
}
