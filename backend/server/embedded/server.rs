//! The running server: its command line, its guard, and whether it answers.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};

use super::binaries::Binaries;
use super::error::{EmbeddedError, IoContext};
use super::layout::Layout;
use super::os_user::{OsUser, current_uid};
use super::{Durability, Settings, guard_process, stale};

/// Without any sign of life for this long, the start has failed.
const SILENCE: Duration = Duration::from_secs(60);
/// The server says that it is recovering: after a crash under load that may take its time.
const RECOVERY: Duration = Duration::from_secs(3600);
/// Above this size the log is put aside at the next start.
const LOG_MAX: u64 = 8 << 20;

/// The guard process; when its standard input ends it stops the server.
#[derive(Debug)]
pub(super) struct Guard {
    child: Child,
    /// Only ever dropped, never written to.
    input: Option<ChildStdin>,
}

impl Guard {
    /// Starts the guard, which starts the server.
    pub fn launch(
        settings: &Settings,
        layout: &Layout,
        binaries: &Binaries,
        user: &OsUser,
    ) -> Result<Self, EmbeddedError> {
        let log = open_log(&layout.log, user)?;
        let drop_to = (user.uid != current_uid()).then_some((user.uid, user.gid));
        let mut command = Command::new(&settings.program);
        command
            .arg0("abruf")
            .arg(guard_process::SUBCOMMAND)
            .args(guard_process::arguments(&layout.guard_lock, drop_to, &binaries.program("postgres")))
            .args(server_arguments(layout, settings.durability))
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(log.try_clone().at(&layout.log, "Öffnen")?)
            .stderr(log)
            // Ctrl-C in a terminal reaches the whole process group. The program is to drain first
            // and stop its server last, so the server belongs to another group.
            .process_group(0);
        let mut child = command.spawn().at(&settings.program, "Starten")?;
        let input = child.stdin.take();
        Ok(Self { child, input })
    }

    /// How the guard ended, if it has.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits until the guard has ended by itself.
    pub async fn until_ended(&mut self) -> io::Result<ExitStatus> {
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Lets the guard stop the server and waits for both; `None` when `limit` has passed.
    pub async fn stop(&mut self, limit: Duration) -> io::Result<Option<ExitStatus>> {
        self.input = None;
        match tokio::time::timeout(limit, self.until_ended()).await {
            Ok(status) => status.map(Some),
            Err(_elapsed) => Ok(None),
        }
    }
}

/// Our part of the server's settings. They stand on the command line because that wins over every
/// file: what an operator tunes in `postgresql.conf` counts, except where it would open the server.
fn server_arguments(layout: &Layout, durability: Durability) -> Vec<std::ffi::OsString> {
    // A list in the server's eyes, hence the quotes: a comma in a path is no separator.
    let socket_dir = layout.socket_dir.to_string_lossy().replace('"', "\"\"");
    let mut settings = vec![
        format!("unix_socket_directories=\"{socket_dir}\""),
        "listen_addresses=".to_owned(),
        "unix_socket_permissions=0700".to_owned(),
        "port=5432".to_owned(),
        "logging_collector=off".to_owned(),
        "log_destination=stderr".to_owned(),
        "log_checkpoints=off".to_owned(),
        // Without details: these quote values of rows, and a log must not hold personal data.
        "log_error_verbosity=terse".to_owned(),
        "log_timezone=UTC".to_owned(),
        "timezone=UTC".to_owned(),
        // The log is read by whoever helps, wherever that is.
        "lc_messages=C".to_owned(),
        // Short statements only: compiling them costs more than it brings.
        "jit=off".to_owned(),
        // A connection returned to the pool inside a transaction must not hold a row for ever.
        "idle_in_transaction_session_timeout=60s".to_owned(),
    ];
    let durable = match durability {
        Durability::Durable => "on",
        Durability::Throwaway => "off",
    };
    for name in ["fsync", "full_page_writes", "synchronous_commit"] {
        settings.push(format!("{name}={durable}"));
    }
    if durability == Durability::Throwaway {
        // Tests race with many connections, several tests at once.
        settings.push("max_connections=300".to_owned());
    }
    let mut arguments = vec!["-D".into(), layout.cluster.clone().into_os_string()];
    for setting in settings {
        arguments.push("-c".into());
        arguments.push(setting.into());
    }
    arguments
}

fn open_log(path: &Path, user: &OsUser) -> Result<File, EmbeddedError> {
    if fs::metadata(path).is_ok_and(|found| found.len() > LOG_MAX) {
        let before = path.with_extension("log.1");
        fs::rename(path, &before).at(before, "Weglegen des alten Protokolls")?;
    }
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path).at(path, "Öffnen")?;
    user.take(path)?;
    Ok(file)
}

/// What the server says to a newcomer.
pub(super) enum Answer {
    Ready,
    /// Starting, recovering or stopping.
    NotYet(String),
    /// Nobody there.
    Silence(String),
    /// It is there and will not have us.
    Refused(sqlx::Error),
}

/// Knocks.
pub(super) async fn ask(options: &PgConnectOptions) -> Answer {
    // SQLSTATE cannot_connect_now.
    const NOT_NOW: &str = "57P03";
    let knock = async { options.clone().disable_statement_logging().connect().await?.close().await };
    match tokio::time::timeout(Duration::from_secs(5), knock).await {
        Err(_elapsed) => Answer::Silence("keine Antwort innerhalb von 5 s".to_owned()),
        Ok(Ok(())) => Answer::Ready,
        Ok(Err(sqlx::Error::Database(error))) if error.code().as_deref() == Some(NOT_NOW) => {
            Answer::NotYet(error.message().to_owned())
        }
        Ok(Err(error @ sqlx::Error::Database(_))) => Answer::Refused(error),
        Ok(Err(error)) => Answer::Silence(error.to_string()),
    }
}

/// Waits until the server behind `guard` takes connections.
pub(super) async fn until_ready(
    guard: &mut Guard,
    layout: &Layout,
    options: &PgConnectOptions,
) -> Result<(), EmbeddedError> {
    let begin = Instant::now();
    let mut last_sign = begin;
    loop {
        let last = match ask(options).await {
            Answer::Ready => return Ok(()),
            Answer::Refused(source) => {
                return Err(EmbeddedError::Setup {
                    database: options.get_database().unwrap_or_default().to_owned(),
                    source,
                });
            }
            Answer::NotYet(message) => {
                last_sign = Instant::now();
                message
            }
            Answer::Silence(message) => message,
        };
        if let Some(status) = guard.ended().at(&layout.log, "Warten auf den Wächter")? {
            return Err(EmbeddedError::NotStarted {
                cluster: layout.cluster.clone(),
                status: status.to_string(),
                log: layout.log.clone(),
                said: layout.end_of_log(),
            });
        }
        if last_sign.elapsed() > SILENCE || begin.elapsed() > RECOVERY {
            return Err(EmbeddedError::NoAnswer {
                cluster: layout.cluster.clone(),
                seconds: begin.elapsed().as_secs(),
                last,
                processes: stale::processes_of(&layout.cluster).unwrap_or_default(),
                log: layout.log.clone(),
            });
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Options to connect as `role` to `database` through the socket.
pub(super) fn connect_options(socket_dir: &Path, role: &str, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(socket_dir)
        // Said explicitly because the client library would take them from the environment.
        .port(5432)
        .ssl_mode(sqlx::postgres::PgSslMode::Disable)
        .username(role)
        .database(database)
        .application_name("abruf")
}

/// Makes the role of the application and the database, where they are absent.
pub(super) async fn set_up(owner: &PgConnectOptions, database: &str) -> Result<(), sqlx::Error> {
    use sqlx::migrate::MigrateDatabase;
    let mut connection: PgConnection = owner.clone().database("postgres").connect().await?;
    // Also when it is there: nobody may have made it stronger than the policies expect.
    sqlx::raw_sql(
        "DO $$ BEGIN
             IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'abruf_app') THEN
                 CREATE ROLE abruf_app LOGIN;
             END IF;
             ALTER ROLE abruf_app
                 LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
         END $$",
    )
    .execute(&mut connection)
    .await?;
    connection.close().await?;
    let url = owner.clone().database(database).to_url_lossy();
    if !sqlx::Postgres::database_exists(url.as_str()).await? {
        sqlx::Postgres::create_database(url.as_str()).await?;
    }
    Ok(())
}
