//! A throwaway PostgreSQL for the tests, and a fresh migrated database for each that asks.
//!
//! One cluster per run of the test program, started when the first test asks, stopped by its guard
//! when the test program ends. The schema is migrated once into a template; each test gets a copy of
//! it (about 50 ms) and works as the application role, as the product does.
//!
//! ```ignore
//! let database = cluster::fresh_database().await;
//! let db = Db::new(database.app.clone());
//! ```

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{OnceLock, mpsc};

use abruf::embedded::{Cluster, Durability, Settings};
use abruf::storage::session_settings;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, PgPool};

const TEMPLATE: &str = "abruf_template";
/// Per role and test; a test that races brings its own pool from `app_options`.
const CONNECTIONS: u32 = 8;

static CLUSTER: OnceLock<TestCluster> = OnceLock::new();
static NEXT: AtomicU32 = AtomicU32::new(1);

struct TestCluster {
    cluster: Cluster,
    /// Names of databases that nobody needs any more.
    finished: mpsc::Sender<String>,
}

/// A migrated database of one test; dropped with it.
pub struct TestDatabase {
    /// Pool of the role that owns the schema: arranging and asserting past the policies.
    pub owner: PgPool,
    /// Pool of the application role: what is tested.
    pub app: PgPool,
    /// Its name.
    pub name: String,
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // One without a name belongs to a program under test, and goes with its folder.
        if !self.name.is_empty() {
            // If the receiver is gone so is the whole cluster.
            let _ = cluster().finished.send(std::mem::take(&mut self.name));
        }
    }
}

/// A new database with the present schema and no rows but those of the migrations.
pub async fn fresh_database() -> TestDatabase {
    let cluster = &cluster().cluster;
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let mut maintenance = maintenance_connection(cluster).await;
    run(&mut maintenance, format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}")).await;
    maintenance.close().await.expect("closing the maintenance connection");
    TestDatabase { owner: owner_pool(owner_options(&name)), app: pool(session_settings(app_options(&name))), name }
}

/// A database of a program under test, which looks after it: pools of both roles, as for one of our own.
pub fn database_of(owner: PgConnectOptions, app: PgConnectOptions) -> TestDatabase {
    TestDatabase { owner: owner_pool(owner), app: pool(session_settings(app)), name: String::new() }
}

/// Planning takes longer than doing: the promises are asked for some thousand times.
fn owner_pool(options: PgConnectOptions) -> PgPool {
    pool(options.options([("plan_cache_mode", "force_generic_plan")]))
}

fn pool(options: PgConnectOptions) -> PgPool {
    PgPoolOptions::new().max_connections(CONNECTIONS).connect_lazy_with(options.disable_statement_logging())
}

/// Options of the application role on the database `name`, for a pool of another size.
pub fn app_options(name: &str) -> PgConnectOptions {
    cluster().cluster.app_options().database(name)
}

/// Options of the owner on the database `name`.
pub fn owner_options(name: &str) -> PgConnectOptions {
    cluster().cluster.owner_options().database(name)
}

/// Settings for a private server of a test, with whatever PostgreSQL the run found.
pub fn settings(data_dir: PathBuf) -> Settings {
    let mut settings = Settings::new(data_dir, std::env::temp_dir(), env!("CARGO_BIN_EXE_abruf").into());
    settings.pg_bin = environment("ABRUF_PG_BIN").map(PathBuf::from);
    settings.search_path = environment("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    settings
}

#[expect(clippy::disallowed_methods, reason = "the test program has no config.rs")]
pub fn environment(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn cluster() -> &'static TestCluster {
    CLUSTER.get_or_init(|| {
        // A thread with a runtime of its own: the test that happens to be first may end, and its
        // runtime with it, while the others still need the cluster.
        std::thread::spawn(|| runtime().block_on(start())).join().expect("the test cluster did not start")
    })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

async fn start() -> TestCluster {
    let mut settings = settings(run_folder().join("cluster"));
    settings.durability = Durability::Throwaway;
    settings.database = TEMPLATE.to_owned();
    let cluster = Cluster::start(&settings).await.unwrap_or_else(|error| panic!("{error}"));

    // One connection and closed at once: a template must have none while it is copied.
    let mut template = cluster.owner_options().connect().await.expect("connecting to the template");
    abruf::storage::migrate(&mut template).await.expect("migrating the template");
    template.close().await.expect("closing the template");

    let (finished, names) = mpsc::channel();
    let owner = cluster.owner_options();
    std::thread::spawn(move || runtime().block_on(drop_databases(owner, names)));
    TestCluster { cluster, finished }
}

/// Disk is not endless: some hundred tests of 10 MB each.
async fn drop_databases(owner: PgConnectOptions, names: mpsc::Receiver<String>) {
    let mut maintenance = owner.database("postgres").connect().await.expect("the maintenance connection");
    for name in names {
        run(&mut maintenance, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    }
}

async fn maintenance_connection(cluster: &Cluster) -> PgConnection {
    cluster.owner_options().database("postgres").connect().await.expect("the maintenance connection")
}

#[expect(clippy::disallowed_methods, reason = "a database name cannot be a parameter; these are ours")]
async fn run(connection: &mut PgConnection, statement: String) {
    connection.execute(AssertSqlSafe(statement)).await.expect("creating or dropping a test database");
}

/// A folder of this run in the temporary directory; those of earlier runs are removed.
///
/// Never below `target/`: started by root the server is another user, who could not get into a clone
/// in root's home.
pub fn run_folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let uid = rustix::process::geteuid().as_raw();
        let all = std::env::temp_dir().join(format!("abruf-test-{uid}"));
        open_folder(&all);
        let found = fs::symlink_metadata(&all).expect("the folder just made");
        assert!(found.is_dir() && found.uid() == uid, "{} belongs to someone else", all.display());
        for old in fs::read_dir(&all).expect("reading it").flatten() {
            if !in_use(&old.path()) {
                let _ = fs::remove_dir_all(old.path());
            }
        }
        let this = all.join(std::process::id().to_string());
        open_folder(&this);
        this
    })
}

/// Makes a folder that every user may walk through.
fn open_folder(path: &Path) {
    match fs::create_dir(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => panic!("{}: {error}", path.display()),
        _ => {}
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o711)).expect("the folder just made is ours");
}

/// Whether a test program or its guard still works there.
fn in_use(run: &Path) -> bool {
    let pid = run.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let held = |name: &str| {
        fs::File::open(run.join("cluster").join(name))
            .is_ok_and(|file| matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)))
    };
    Path::new("/proc").join(pid).exists() || held("lock") || held("guard.lock")
}

#[tokio::test]
async fn each_test_has_a_database_of_its_own_and_works_as_the_application_role() {
    let (one, two) = tokio::join!(fresh_database(), fresh_database());
    assert_ne!(one.name, two.name);
    let role: (String, bool, bool) =
        sqlx::query_as("SELECT rolname::text, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
            .fetch_one(&one.app)
            .await
            .unwrap();
    assert_eq!(role, ("abruf_app".to_owned(), false, false));
    sqlx::query("CREATE TABLE only_here (id int)").execute(&one.owner).await.unwrap();
    let elsewhere: (bool,) =
        sqlx::query_as("SELECT to_regclass('only_here') IS NOT NULL").fetch_one(&two.owner).await.unwrap();
    assert!(!elsewhere.0);
}
