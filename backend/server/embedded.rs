//! A private PostgreSQL that comes and goes with the program.
//!
//! Whoever has no database server still gets the real thing: PostgreSQL 15 to 18 from the system's
//! packages, in a data directory of its own, reachable through a Unix socket only.
//!
//! What lies in the data directory:
//!
//! | name | what |
//! |---|---|
//! | `pg/` | the cluster, with data checksums; `pg.new/` while it is being made, so that an interrupted start never leaves half a cluster |
//! | `run/` | the socket; nobody else can enter (`layout`) |
//! | `lock` | held by the program, so that a second one is refused (`lock`) |
//! | `guard.lock` | held by the guard, so that a start after a crash waits until the old server has stopped |
//! | `pg.log` | what the server says, and the file before it |
//! | `pg-bin` | where the programs were found last |
//!
//! Three processes: the program, a *guard* (this same executable, `guard_process`), the server. The
//! guard waits for its standard input to end, which happens whatever way the program dies, and then
//! stops the server properly. If the guard dies too, the next start finds the server still running
//! and takes it over (`stale` explains what is left over after which death).
//!
//! There is no password and no TCP port: the server asks the kernel who is at the other end (`peer`)
//! and lets in only the operating-system user it runs for, as one of two roles: [`OWNER_ROLE`], which
//! migrates and backs up, and [`APP_ROLE`], which is bound by row-level security.

mod binaries;
mod cluster;
mod error;
pub mod guard_process;
pub mod hold;
mod initdb;
mod layout;
mod lock;
mod os_user;
pub mod privileges;
mod server;
mod stale;

use std::path::PathBuf;

pub use self::cluster::Cluster;
pub use self::error::EmbeddedError;

/// Oldest major version the schema runs on.
pub const OLDEST_MAJOR: u32 = 15;
/// Newest major version that was tried.
pub const NEWEST_MAJOR: u32 = 18;

/// Owns the schema, migrates and backs up; superuser of the private cluster.
pub const OWNER_ROLE: &str = "abruf_owner";
/// What the application works as: neither owner nor exempt from row-level security.
pub const APP_ROLE: &str = "abruf_app";

/// Where and how the private server runs. Everything that comes from the environment is passed in.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Data directory; made if absent.
    pub data_dir: PathBuf,
    /// The system's temporary directory: takes the socket if the data directory's path is too long.
    pub temp_dir: PathBuf,
    /// The folder with `initdb` and `postgres`, if the operator named one; then no other is tried.
    pub pg_bin: Option<PathBuf>,
    /// Folders of `PATH`, looked into after the usual places.
    pub search_path: Vec<PathBuf>,
    /// The `abruf` executable, which the guard is started from.
    pub program: PathBuf,
    /// Database made if absent.
    pub database: String,
    /// What a power cut may cost.
    pub durability: Durability,
}

/// What a power cut may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was committed.
    Durable,
    /// Everything: for clusters of tests, several times faster.
    Throwaway,
}

impl Settings {
    /// Durable settings with the database `abruf`; `program` as [`own_program`] gives it.
    #[must_use]
    pub fn new(data_dir: PathBuf, temp_dir: PathBuf, program: PathBuf) -> Self {
        Self {
            data_dir,
            temp_dir,
            pg_bin: None,
            search_path: Vec::new(),
            program,
            database: "abruf".to_owned(),
            durability: Durability::Durable,
        }
    }
}

/// The path to start this very executable by.
///
/// On Linux this is the kernel's own link, not the file's name: it works when the file lies below a
/// directory that the current user cannot enter (a clone in root's home), and when the file has been
/// replaced by a newer one since. Elsewhere it is `by_name`.
#[must_use]
pub fn own_program(by_name: PathBuf) -> PathBuf {
    let link = PathBuf::from("/proc/self/exe");
    if link.exists() { link } else { by_name }
}
