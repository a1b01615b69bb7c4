//! The private PostgreSQL comes and goes with the program, whatever way the program dies.
//!
//! Each scenario runs against the smallest program that has such a server (`abruf __pg-hold`). Run by
//! root it runs twice: the program becomes `postgres` on its own, and `nobody` where the data
//! directory already belongs to `nobody`.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use abruf::embedded::{Cluster, EmbeddedError};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::cluster;

const PROGRAM: &str = env!("CARGO_BIN_EXE_abruf");
const HOLD: &str = "__pg-hold";
const NOBODY: u32 = 65534;

fn root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A place for a data directory, with the user it is meant for.
pub struct Place {
    /// Removed at the end.
    _dir: TempDir,
    pub data: PathBuf,
}

impl Place {
    /// A data directory not yet made.
    pub fn new(name: &str) -> Self {
        let dir = folder(0o711);
        let data = dir.path().join(name);
        Self { _dir: dir, data }
    }

    /// The places to try: as any user one, as root one for each user the program may become.
    fn all() -> Vec<Self> {
        let mut places = vec![Self::new("data")];
        if root() {
            let place = Self::new("data");
            fs::create_dir(&place.data).unwrap();
            std::os::unix::fs::chown(&place.data, Some(NOBODY), Some(NOBODY)).unwrap();
            places.push(place);
        }
        places
    }

    /// The same with a cluster in each, which saves most of the time.
    fn all_ready() -> Vec<Self> {
        let mut places = vec![Self::ready()];
        if root() {
            static MADE: OnceLock<PathBuf> = OnceLock::new();
            places.push(Self::copied(MADE.get_or_init(|| made("nobody", &Self::all()[1]))));
        }
        places
    }

    /// A data directory with a cluster.
    pub fn ready() -> Self {
        static MADE: OnceLock<PathBuf> = OnceLock::new();
        Self::copied(MADE.get_or_init(|| made("default", &Self::new("data"))))
    }

    fn copied(from: &Path) -> Self {
        let place = Self::new("data");
        copy(from, &place.data);
        place
    }

    /// Starts the program and waits until its server takes connections.
    pub fn start(&self) -> Held {
        let mut child = self.command(Path::new(PROGRAM)).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        if !line.starts_with("READY") {
            let mut said = String::new();
            child.stderr.as_mut().unwrap().read_to_string(&mut said).unwrap();
            panic!("no READY: {line}{said}");
        }
        Held { child, data: self.data.clone() }
    }

    /// Starts it where it is expected to refuse; what it says.
    fn refused(&self) -> String {
        let child = self.command(Path::new(PROGRAM)).spawn().unwrap();
        let mut held = Held { child, data: self.data.clone() };
        let mut line = String::new();
        BufReader::new(held.child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "", "it started");
        assert!(!held.child.wait().unwrap().success());
        let mut said = String::new();
        held.child.stderr.as_mut().unwrap().read_to_string(&mut said).unwrap();
        said
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.arg(HOLD).arg(&self.data).arg(std::env::temp_dir());
        if let Some(bin) = cluster::environment("ABRUF_PG_BIN") {
            command.arg(bin);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// A program of the PostgreSQL in use.
    fn program(&self, name: &str) -> PathBuf {
        Path::new(fs::read_to_string(self.data.join("pg-bin")).unwrap().trim()).join(name)
    }

    /// The first process of the server that runs here.
    pub fn postmaster(&self) -> u32 {
        let text = fs::read_to_string(self.data.join("pg/postmaster.pid")).unwrap();
        text.lines().next().unwrap().parse().unwrap()
    }

    /// What `pg_controldata` says of the cluster.
    pub fn control_data(&self, key: &str) -> String {
        let output =
            Command::new(self.program("pg_controldata")).arg(self.data.join("pg")).env("LC_ALL", "C").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let line = text.lines().find(|line| line.starts_with(key)).unwrap();
        line.split_once(':').unwrap().1.trim().to_owned()
    }
}

/// Lets the program make a cluster in `place` and keeps a copy under `name` for this run.
fn made(name: &str, place: &Place) -> PathBuf {
    place.start().stop(Signal::TERM);
    let kept = cluster::run_folder().join(name);
    copy(&place.data, &kept);
    kept
}

/// With owners and permissions.
fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

fn folder(mode: u32) -> TempDir {
    tempfile::Builder::new().prefix("abruf-it-").permissions(fs::Permissions::from_mode(mode)).tempdir().unwrap()
}

/// A program with its server.
pub struct Held {
    child: Child,
    data: PathBuf,
}

impl Held {
    /// Runs SQL as the user the server runs for; the answer unaligned.
    fn sql(&self, role: &str, statement: &str) -> String {
        let output = self.psql(fs::metadata(&self.data).unwrap().uid(), role, statement);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn psql(&self, uid: u32, role: &str, statement: &str) -> Output {
        let bin = fs::read_to_string(self.data.join("pg-bin")).unwrap();
        let mut command = Command::new(Path::new(bin.trim()).join("psql"));
        command
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", "abruf", "-U", role, "-c", statement])
            .arg("-h")
            .arg(self.data.join("run"))
            .current_dir("/");
        if root() {
            command.uid(uid).gid(uid);
        }
        command.output().unwrap()
    }

    fn write(&self, text: &str) {
        self.sql("abruf_owner", "CREATE TABLE IF NOT EXISTS kept (text text)");
        self.sql("abruf_owner", &format!("INSERT INTO kept VALUES ('{text}')"));
    }

    fn kept(&self) -> String {
        self.sql("abruf_owner", "SELECT string_agg(text, ',' ORDER BY text) FROM kept")
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }

    fn guard(&self) -> u32 {
        children_of(self.pid())[0]
    }

    fn postmaster(&self) -> u32 {
        let text = fs::read_to_string(self.data.join("pg/postmaster.pid")).unwrap();
        text.lines().next().unwrap().parse().unwrap()
    }

    /// Ends the program as a supervisor would, and waits for it.
    pub fn stop(mut self, with: Signal) {
        send(self.pid(), with).unwrap();
        assert!(self.child.wait().unwrap().success());
    }

    /// Kills what was named, hard, and collects the program if it was among them.
    fn kill(&mut self, victims: &[u32]) {
        for victim in victims {
            // The server's children end by themselves when it is gone, perhaps before their turn.
            let _ = send(*victim, Signal::KILL);
        }
        if victims.contains(&self.pid()) {
            self.child.wait().unwrap();
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // A failed test must not leave a server behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn send(pid: u32, signal: Signal) -> rustix::io::Result<()> {
    kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), signal)
}

pub fn children_of(parent: u32) -> Vec<u32> {
    let children = format!("/proc/{parent}/task");
    let mut found = Vec::new();
    for task in fs::read_dir(children).unwrap().flatten() {
        let listed = fs::read_to_string(task.path().join("children")).unwrap();
        found.extend(listed.split_whitespace().map(|pid| pid.parse::<u32>().unwrap()));
    }
    found
}

fn until(what: &str, mut true_at_last: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !true_at_last() {
        assert!(begin.elapsed() < Duration::from_secs(60), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn gone(pid: u32) -> bool {
    // A zombie counts as gone.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('Z'))
}

#[test]
fn first_and_warm_start_have_the_same_rows_and_a_closed_server() {
    for place in Place::all() {
        let held = place.start();
        held.write("one");
        for (setting, value) in [
            ("fsync", "on"),
            ("full_page_writes", "on"),
            ("synchronous_commit", "on"),
            ("data_checksums", "on"),
            ("listen_addresses", ""),
            ("server_encoding", "UTF8"),
        ] {
            assert_eq!(held.sql("abruf_app", &format!("SHOW {setting}")), value, "{setting}");
        }
        assert_eq!(
            held.sql(
                "abruf_app",
                "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
            ),
            "f"
        );
        let mode = |name: &str| fs::metadata(place.data.join(name)).unwrap().mode() & 0o777;
        assert_eq!((mode("pg"), mode("run"), mode("pg.log")), (0o700, 0o700, 0o600));
        held.stop(Signal::TERM);

        let begin = Instant::now();
        let held = place.start();
        let warm = begin.elapsed();
        assert_eq!(held.kept(), "one");
        held.stop(Signal::INT);
        println!("warm start {warm:?}");
    }
}

#[test]
fn a_second_program_on_the_same_directory_is_refused_and_the_first_works_on() {
    for place in Place::all_ready() {
        let held = place.start();
        let message = place.refused();
        assert!(message.contains(&format!("(Prozess {})", held.pid())), "{message}");
        assert!(message.contains("ABRUF_DATA_DIR"), "{message}");
        held.write("still here");
        held.stop(Signal::TERM);
    }
}

#[test]
fn a_signal_to_the_program_shuts_the_server_down_properly() {
    for place in Place::all_ready() {
        for with in [Signal::TERM, Signal::INT] {
            let held = place.start();
            let (guard, postmaster) = (held.guard(), held.postmaster());
            held.stop(with);
            // Not "soon": when the program has ended so has everything else.
            assert!(gone(guard) && gone(postmaster));
            assert_eq!(place.control_data("Database cluster state"), "shut down");
            assert!(!place.data.join("pg/postmaster.pid").exists());
        }
    }
}

#[test]
fn the_program_killed_the_guard_shuts_the_server_down_properly() {
    for place in Place::all_ready() {
        let mut held = place.start();
        held.write("one");
        let (guard, postmaster) = (held.guard(), held.postmaster());
        held.kill(&[held.pid()]);
        until("the guard ends", || gone(guard));
        assert!(gone(postmaster));
        assert_eq!(place.control_data("Database cluster state"), "shut down");
        let held = place.start();
        assert_eq!(held.kept(), "one");
        held.stop(Signal::TERM);
    }
}

#[test]
fn a_start_right_after_the_program_was_killed_waits_for_the_guard() {
    let place = Place::ready();
    for _ in 0..5 {
        let mut held = place.start();
        held.write("x");
        held.kill(&[held.pid()]);
    }
    let held = place.start();
    assert_eq!(held.kept(), "x,x,x,x,x");
    held.stop(Signal::TERM);
}

#[test]
fn program_and_guard_killed_the_next_start_takes_over_and_no_row_is_lost() {
    for place in Place::all_ready() {
        let mut held = place.start();
        held.write("one");
        let postmaster = held.postmaster();
        // The program is held still first, so that neither sees the other die.
        send(held.pid(), Signal::STOP).unwrap();
        held.kill(&[held.guard(), held.pid()]);
        std::thread::sleep(Duration::from_millis(300));
        assert!(!gone(postmaster), "nobody was left to stop the server");
        let held = place.start();
        assert!(gone(postmaster));
        assert_eq!(held.kept(), "one");
        held.stop(Signal::TERM);
        assert_eq!(place.control_data("Database cluster state"), "shut down");
    }
}

#[test]
fn everything_killed_the_next_start_recovers() {
    for place in Place::all_ready() {
        let mut held = place.start();
        held.write("one");
        let (guard, postmaster) = (held.guard(), held.postmaster());
        let mut victims = vec![held.pid(), guard, postmaster];
        victims.extend(children_of(postmaster));
        held.kill(&victims);
        until("all are gone", || victims.iter().all(|pid| gone(*pid)));
        assert_eq!(place.control_data("Database cluster state"), "in production");
        let held = place.start();
        assert_eq!(held.kept(), "one");
        held.stop(Signal::TERM);
    }
}

#[test]
fn the_server_killed_the_program_ends_and_the_next_start_recovers() {
    let place = Place::ready();
    let mut held = place.start();
    held.write("one");
    held.kill(&[held.postmaster()]);
    // A program without its database is of no use; its supervisor starts both anew.
    held.child.wait().unwrap();
    let held = place.start();
    assert_eq!(held.kept(), "one");
    held.stop(Signal::TERM);
}

#[test]
fn the_guard_killed_alone_the_program_ends_and_stops_the_server_itself() {
    let place = Place::ready();
    let mut held = place.start();
    let (guard, postmaster) = (held.guard(), held.postmaster());
    held.kill(&[guard]);
    held.child.wait().unwrap();
    assert!(gone(postmaster));
    assert_eq!(place.control_data("Database cluster state"), "shut down");
}

#[test]
fn a_stale_pid_file_naming_a_living_stranger_does_not_keep_the_server_from_starting() {
    for place in Place::all_ready() {
        let held = place.start();
        held.write("one");
        let owner = fs::metadata(place.data.join("pg")).unwrap();
        held.stop(Signal::TERM);
        let mut stranger = Command::new("sleep");
        stranger.arg("600");
        if root() {
            // PostgreSQL takes only processes of its own user seriously.
            stranger.uid(owner.uid()).gid(owner.gid());
        }
        let mut stranger = stranger.spawn().unwrap();
        let cluster = place.data.join("pg").display().to_string();
        for file in ["pg/postmaster.pid", "run/.s.PGSQL.5432.lock"] {
            let path = place.data.join(file);
            fs::write(&path, format!("{}\n{cluster}\n1700000000\n5432\n\n\n", stranger.id())).unwrap();
            std::os::unix::fs::chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
        let held = place.start();
        assert_eq!(held.kept(), "one");
        held.stop(Signal::TERM);
        assert!(!gone(stranger.id()), "the stranger was left alone");
        stranger.kill().unwrap();
        stranger.wait().unwrap();
    }
}

#[test]
fn an_interrupted_first_start_leaves_nothing_that_hinders_the_second() {
    for place in Place::all() {
        fs::create_dir_all(place.data.join("pg.new/base")).unwrap();
        fs::write(place.data.join("pg.new/PG_VERSION"), "15\n").unwrap();
        if root() {
            // As initdb left it: root makes no directory of others its own.
            let user = fs::metadata(&place.data).unwrap().uid();
            let user = if user == 0 { 65534 } else { user };
            for path in ["", "pg.new", "pg.new/base", "pg.new/PG_VERSION"] {
                std::os::unix::fs::chown(place.data.join(path), Some(user), Some(user)).unwrap();
            }
        }
        let held = place.start();
        held.write("one");
        held.stop(Signal::TERM);
        assert!(!place.data.join("pg.new").exists());
    }
}

#[test]
fn strange_and_long_paths_work() {
    let long = "x".repeat(120);
    for name in ["mit Leerzeichen, Komma und Ümläuten", "quote\"d 'twice'", long.as_str()] {
        let place = Place::new(name);
        let held = place.start();
        held.stop(Signal::TERM);
        assert_eq!(place.control_data("Database cluster state"), "shut down");
    }
}

#[test]
fn a_broken_configuration_is_reported_with_what_the_server_said() {
    let place = Place::ready();
    place.start().stop(Signal::TERM);
    fs::write(place.data.join("pg/postgresql.conf"), "no_such_setting = 1\n").unwrap();
    let message = place.refused();
    assert!(message.contains("no_such_setting"), "{message}");
    assert!(message.contains("pg.log"), "{message}");
}

#[test]
fn a_cluster_of_another_major_version_is_refused_with_both_versions() {
    let place = Place::ready();
    place.start().stop(Signal::TERM);
    fs::write(place.data.join("pg/PG_VERSION"), "14\n").unwrap();
    let message = place.refused();
    assert!(message.contains("Version 14"), "{message}");
}

#[tokio::test]
async fn a_second_command_joins_the_running_server_and_leaves_it_running() {
    let place = Place::new("data");
    let settings = cluster::settings(place.data.clone());
    let nothing = Cluster::join(&settings).await;
    assert!(nothing.is_err());
    let first = Cluster::start(&settings).await.unwrap();
    let second = Cluster::join_or_start(&settings).await.unwrap();
    second.stop().await.unwrap();
    let third = Cluster::join(&settings).await.unwrap();
    drop(third);
    first.stop().await.unwrap();
    assert!(matches!(Cluster::join(&settings).await, Err(EmbeddedError::NothingToJoin { .. })));
}

// --- as root only: these have nothing to show for an ordinary user --------------------------------

#[test]
fn started_by_root_nothing_runs_as_root_and_nobody_else_gets_in() {
    if !root() {
        return;
    }
    for place in Place::all_ready() {
        let held = place.start();
        let user = fs::metadata(&place.data).unwrap().uid();
        assert_ne!(user, 0);
        for pid in [held.pid(), held.guard(), held.postmaster()] {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
            let line = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).unwrap().to_owned();
            let ids: Vec<u32> = line("Uid:").split_whitespace().map(|id| id.parse().unwrap()).collect();
            assert_eq!(ids, [user; 4], "all four user ids of {pid}");
            assert_eq!(line("Groups:").trim(), "", "supplementary groups of {pid}");
        }
        let intruder = held.psql(4_000_000, "abruf_app", "SELECT 1");
        assert!(String::from_utf8_lossy(&intruder.stderr).contains("Permission denied"));
        held.stop(Signal::TERM);
    }
}

#[test]
fn started_by_root_it_works_from_a_clone_that_only_root_can_enter() {
    if !root() {
        return;
    }
    // 0700 as root's home is; then also the file itself, as a strict umask makes it.
    for mode in [0o755, 0o700] {
        let home = folder(0o700);
        let program = home.path().join("abruf");
        // By another process: while this one writes the copy, a test that starts something in another
        // thread would hand on the open file, and the kernel refuses to run what is open for writing.
        copy(Path::new(PROGRAM), &program);
        fs::set_permissions(&program, fs::Permissions::from_mode(mode)).unwrap();
        let place = Place::new("data");
        let mut child = place.command(&program).current_dir(home.path()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let held = Held { child, data: place.data.clone() };
        assert!(line.starts_with("READY"), "mode {mode:o}: {line}");
        held.write("one");
        held.stop(Signal::TERM);
    }
}

#[test]
fn root_is_told_which_directory_the_server_cannot_get_through() {
    if !root() {
        return;
    }
    let closed = folder(0o700);
    let place = Place { data: closed.path().join("data"), _dir: closed };
    let message = place.refused();
    assert!(message.contains("0700"), "{message}");
    assert!(message.contains("/var/lib/abruf"), "{message}");
    assert!(!place.data.exists());
}
