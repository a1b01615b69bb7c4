//! Starting, joining and stopping the private server.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use super::binaries::{self, Binaries};
use super::error::{EmbeddedError, IoContext};
use super::layout::Layout;
use super::lock::{self, Lock};
use super::os_user::OsUser;
use super::server::{self, Answer, Guard};
use super::{APP_ROLE, OWNER_ROLE, Settings, guard_process, initdb, privileges, stale};

/// How long a start waits for the guard of a program that has just died.
const EARLIER_GUARD: Duration = Duration::from_secs(120);

/// A server that takes connections.
///
/// Dropping it stops the server as well, without waiting for it.
#[derive(Debug)]
pub struct Cluster {
    layout: Layout,
    database: String,
    binaries: Binaries,
    /// `None` if the server belongs to another program.
    own: Option<Own>,
}

#[derive(Debug)]
struct Own {
    guard: Guard,
    _lock: Lock,
}

impl Cluster {
    /// Starts the server, making cluster, roles and database where they are absent.
    ///
    /// # Errors
    /// Every [`EmbeddedError`] but `NothingToJoin`; `AlreadyRunning` if another program is at work.
    pub async fn start(settings: &Settings) -> Result<Self, EmbeddedError> {
        let user = privileges::make_data_dir(&settings.data_dir)?;
        let layout = Layout::of(&settings.data_dir, &settings.temp_dir, &user)?;
        let lock = lock::acquire(&layout.data_dir, &layout.lock)?;
        if !lock::until_free(&layout.guard_lock, EARLIER_GUARD).await {
            return Err(EmbeddedError::NotStopped {
                cluster: layout.cluster.clone(),
                seconds: EARLIER_GUARD.as_secs(),
                processes: stale::processes_of(&layout.cluster).unwrap_or_default(),
            });
        }
        let major = layout.cluster_major()?;
        let binaries = binaries::find(settings, major, remembered(&layout))?;
        layout.make_socket_dir(&user)?;
        if major.is_none() {
            initdb::make_cluster(&layout, &binaries, &user, settings.durability)?;
        } else {
            stale::clear(&layout).await?;
        }
        initdb::write_access_rules(&layout.cluster, &user, &OsUser::current()?)?;

        let mut guard = Guard::launch(settings, &layout, &binaries, &user)?;
        let owner = server::connect_options(&layout.socket_dir, OWNER_ROLE, "postgres");
        server::until_ready(&mut guard, &layout, &owner).await?;
        server::set_up(&owner, &settings.database)
            .await
            .map_err(|source| EmbeddedError::Setup { database: settings.database.clone(), source })?;
        remember(&layout, &binaries)?;
        Ok(Self { layout, database: settings.database.clone(), binaries, own: Some(Own { guard, _lock: lock }) })
    }

    /// Joins the server that another program runs on the same data directory, so that `backup` or
    /// `verify` work beside `serve`.
    ///
    /// # Errors
    /// `NothingToJoin` if none runs or it does not take connections.
    pub async fn join(settings: &Settings) -> Result<Self, EmbeddedError> {
        let nothing = || EmbeddedError::NothingToJoin { data_dir: settings.data_dir.clone() };
        let user = privileges::server_user(&settings.data_dir)?;
        let layout = Layout::of(&settings.data_dir, &settings.temp_dir, &user)?;
        let Some(major) = layout.cluster_major()? else { return Err(nothing()) };
        let binaries = binaries::find(settings, Some(major), remembered(&layout))?;
        let owner = server::connect_options(&layout.socket_dir, OWNER_ROLE, "postgres");
        if !lock::is_held(&layout.lock) {
            return Err(nothing());
        }
        match server::ask(&owner).await {
            Answer::Ready => Ok(Self { layout, database: settings.database.clone(), binaries, own: None }),
            Answer::NotYet(_) | Answer::Silence(_) => Err(nothing()),
            Answer::Refused(source) => Err(EmbeddedError::Setup { database: settings.database.clone(), source }),
        }
    }

    /// Joins the running server, or starts it if none runs.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub async fn join_or_start(settings: &Settings) -> Result<Self, EmbeddedError> {
        match Self::start(settings).await {
            Err(EmbeddedError::AlreadyRunning { .. }) => Self::join(settings).await,
            other => other,
        }
    }

    /// Options for the owner of the schema: migrations and backup.
    #[must_use]
    pub fn owner_options(&self) -> PgConnectOptions {
        server::connect_options(&self.layout.socket_dir, OWNER_ROLE, &self.database)
    }

    /// Options for the application, bound by row-level security.
    #[must_use]
    pub fn app_options(&self) -> PgConnectOptions {
        server::connect_options(&self.layout.socket_dir, APP_ROLE, &self.database)
    }

    /// Name of the database.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The folder with the socket: `pg_dump --host` wants it.
    #[must_use]
    pub fn socket_dir(&self) -> &Path {
        &self.layout.socket_dir
    }

    /// The server's log.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.layout.log
    }

    /// Path of another program of the same version, such as `pg_dump`.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.binaries.program(name)
    }

    /// Returns when the server has ended although nobody stopped it: the program should end as well,
    /// so that whatever supervises it starts both anew. Never returns for a joined server.
    pub async fn until_lost(&mut self) {
        match &mut self.own {
            Some(own) => {
                // An error of waiting means that the guard is no longer ours to wait for.
                let _ = own.guard.until_ended().await;
            }
            None => std::future::pending().await,
        }
    }

    /// Stops the server and waits for it; leaves a joined one alone. Close the pools first.
    ///
    /// # Errors
    /// `NotStopped` if it is still there after the limits of the guard.
    pub async fn stop(mut self) -> Result<(), EmbeddedError> {
        let Some(own) = &mut self.own else { return Ok(()) };
        let limit = guard_process::STOP_LIMIT;
        let ended = own.guard.stop(limit).await.at(&self.layout.log, "Warten auf den Wächter")?;
        // Also when the guard was killed: then nobody has stopped the server yet.
        if ended.is_some() {
            stale::end_processes(&self.layout.cluster).await?;
        }
        let processes = stale::processes_of(&self.layout.cluster).unwrap_or_default();
        if ended.is_some() && processes.is_empty() {
            return Ok(());
        }
        Err(EmbeddedError::NotStopped { cluster: self.layout.cluster.clone(), seconds: limit.as_secs(), processes })
    }
}

fn remembered(layout: &Layout) -> Option<PathBuf> {
    let text = fs::read_to_string(&layout.remembered_binaries).ok()?;
    Some(PathBuf::from(text.trim_end_matches('\n')))
}

/// `./run` may have unpacked the programs into a folder that no later search would look into.
fn remember(layout: &Layout, binaries: &Binaries) -> Result<(), EmbeddedError> {
    let path = &layout.remembered_binaries;
    fs::write(path, format!("{}\n", binaries.dir.display())).at(path, "Schreiben")
}
