//! Makes the cluster, and says who may enter it.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use super::binaries::Binaries;
use super::error::{EmbeddedError, IoContext};
use super::layout::{Layout, last_lines};
use super::os_user::OsUser;
use super::{APP_ROLE, Durability, OWNER_ROLE};

/// Makes the cluster beside its final place and moves it there when it is whole.
pub(super) fn make_cluster(
    layout: &Layout,
    binaries: &Binaries,
    user: &OsUser,
    durability: Durability,
) -> Result<(), EmbeddedError> {
    let new = &layout.cluster_in_making;
    if new.exists() {
        fs::remove_dir_all(new).at(new, "Entfernen des unfertigen Versuchs")?;
    }
    fs::create_dir(new).at(new, "Anlegen")?;
    user.take(new)?;

    let mut initdb = Command::new(binaries.program("initdb"));
    initdb
        .arg("--pgdata")
        .arg(new)
        .args(["--username", OWNER_ROLE, "--auth", "peer", "--encoding", "UTF8"])
        // Not the machine's language: sorting must not change when the data moves to another machine.
        // German order is asked for where it is wanted: COLLATE "de-x-icu".
        .args(["--locale", "C.UTF-8", "--data-checksums"])
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null());
    if durability == Durability::Throwaway {
        initdb.arg("--no-sync");
    }
    user.run(&mut initdb);
    let output = initdb.output().at(binaries.program("initdb"), "Starten")?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        return Err(EmbeddedError::Initdb { cluster: layout.cluster.clone(), said: last_lines(&said) });
    }
    fs::rename(new, &layout.cluster).at(&layout.cluster, "Anlegen")?;
    // The new name itself must survive a power cut.
    File::open(&layout.data_dir).and_then(|dir| dir.sync_all()).at(&layout.data_dir, "Sichern")
}

/// Lets in the user that the server runs for, as one of our two roles, and nobody else.
///
/// Written at each start: it is ours, and the user may have been renamed.
pub(super) fn write_access_rules(cluster: &Path, server: &OsUser, us: &OsUser) -> Result<(), EmbeddedError> {
    let mut names = vec![&server.name];
    if us.name != server.name {
        names.push(&us.name);
    }
    let mut map = String::new();
    for name in names {
        for role in [OWNER_ROLE, APP_ROLE] {
            map.push_str(&format!("abruf \"{name}\" {role}\n"));
        }
    }
    write_if_different(&cluster.join("pg_hba.conf"), "local all all peer map=abruf\n", server)?;
    write_if_different(&cluster.join("pg_ident.conf"), &map, server)
}

fn write_if_different(path: &Path, text: &str, owner: &OsUser) -> Result<(), EmbeddedError> {
    if fs::read_to_string(path).is_ok_and(|found| found == text) {
        return Ok(());
    }
    fs::write(path, text).at(path, "Schreiben")?;
    owner.take(path)
}
