//! `abruf serve` as a whole: with its private server, and with one of `DATABASE_URL`.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sqlx::ConnectOptions;

use crate::cluster;
use crate::embedded::Place;

/// A running `abruf serve`.
pub struct Served {
    pub child: Child,
    pub address: String,
}

impl Served {
    /// Starts it with nothing in its environment but `settings`, and waits until it is ready.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        let mut served = Self::spawn(settings);
        let begin = Instant::now();
        while served.status("/health/ready").await != Some(200) {
            assert_eq!(served.child.try_wait().unwrap(), None, "it ended");
            assert!(begin.elapsed() < Duration::from_secs(120), "not ready");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(served.status("/health/live").await, Some(200));
        served
    }

    fn spawn(settings: &[(&str, &str)]) -> Self {
        Self::spawn_with(&[], settings)
    }

    fn spawn_with(arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        // Free a moment ago, and nobody else here asks for a port by number.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_abruf"));
        command
            .arg("serve")
            .args(arguments)
            .env_clear()
            .env("PATH", cluster::environment("PATH").unwrap_or_default())
            .env("ABRUF_LISTEN", &address)
            .env("ABRUF_LOG", "warn")
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        if let Some(bin) = cluster::environment("ABRUF_PG_BIN") {
            command.env("ABRUF_PG_BIN", bin);
        }
        Self { child: command.spawn().unwrap(), address }
    }

    async fn status(&self, path: &str) -> Option<u16> {
        let answer = reqwest::get(format!("http://{}{path}", self.address)).await.ok()?;
        Some(answer.status().as_u16())
    }

    pub fn stop(self) {
        assert_eq!(self.terminate(), Some(0));
    }

    /// Sends SIGTERM and waits for the exit code.
    fn terminate(mut self) -> Option<i32> {
        let pid = Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn with_a_private_server_it_starts_cold_and_warm_refuses_a_second_and_stops_cleanly() {
    let place = Place::new("data");
    let data = place.data.to_str().unwrap();
    for _ in ["cold", "warm"] {
        let served = Served::start(&[("ABRUF_DATA_DIR", data)]).await;
        let mut second = Served::spawn(&[("ABRUF_DATA_DIR", data)]);
        // Exit code of "the database cannot be used", see the command line.
        assert_eq!(second.child.wait().unwrap().code(), Some(4));
        assert_eq!(served.status("/health/ready").await, Some(200));
        served.stop();
        assert_eq!(place.control_data("Database cluster state"), "shut down");
    }
}

#[tokio::test]
async fn an_address_beyond_this_machine_is_refused_before_anything_starts() {
    let place = Place::new("data");
    for listen in ["0.0.0.0:8080", "[::]:8080", "192.0.2.7:8080"] {
        let settings = [("ABRUF_DATA_DIR", place.data.to_str().unwrap()), ("ABRUF_LISTEN", listen)];
        // Exit code of settings, see the command line.
        assert_eq!(Served::spawn(&settings).child.wait().unwrap().code(), Some(3), "{listen}");
        assert!(!place.data.join("pg").exists(), "{listen}");
    }
}

#[tokio::test]
async fn told_to_stop_while_the_demo_loads_it_stops_in_order_and_the_next_start_begins_anew() {
    let place = Place::ready();
    let data = place.data.to_str().unwrap();
    for _ in ["first", "second"] {
        let served = Served::spawn_with(&["--demo"], &[("ABRUF_DATA_DIR", data)]);
        let begin = Instant::now();
        while !place.data.join("pg/postmaster.pid").exists() {
            assert!(begin.elapsed() < Duration::from_secs(60), "PostgreSQL did not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // Somewhere in the migrations or in the load, which takes many times as long.
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(served.status("/health/live").await, Some(200));
        assert_eq!(served.status("/health/ready").await, Some(503));
        assert_eq!(served.terminate(), Some(130));
        assert_eq!(place.control_data("Database cluster state"), "shut down");
    }
}

#[tokio::test]
async fn without_its_postgresql_it_ends_with_the_code_for_it() {
    let place = Place::ready();
    let mut served = Served::start(&[("ABRUF_DATA_DIR", place.data.to_str().unwrap())]).await;
    let pid_file = fs::read_to_string(place.data.join("pg/postmaster.pid")).unwrap();
    let postmaster = Pid::from_raw(pid_file.lines().next().unwrap().parse().unwrap()).unwrap();
    kill_process(postmaster, Signal::KILL).unwrap();
    assert_eq!(served.child.wait().unwrap().code(), Some(4));
}

#[tokio::test]
async fn with_database_url_no_local_server_is_touched() {
    // A private server is even running there: nothing of it may change.
    let place = Place::ready();
    let held = place.start();
    let pid_file = || fs::read_to_string(place.data.join("pg/postmaster.pid")).unwrap();
    let lock = || fs::read_to_string(place.data.join("lock")).unwrap();
    let before = (pid_file(), lock());

    let database = cluster::fresh_database().await;
    let served = Served::start(&[
        ("ABRUF_DATA_DIR", place.data.to_str().unwrap()),
        ("ABRUF_PG_BIN", "/nonexistent"),
        ("DATABASE_URL", cluster::app_options(&database.name).to_url_lossy().as_str()),
        ("DATABASE_OWNER_URL", cluster::owner_options(&database.name).to_url_lossy().as_str()),
    ])
    .await;
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", served.child.id())).unwrap();
    assert_eq!(children.trim(), "", "it has started no guard");
    served.stop();

    assert_eq!((pid_file(), lock()), before);
    held.stop(Signal::TERM);
}

#[test]
fn with_database_url_the_search_for_binaries_does_nothing() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/pg-binaries.sh");
    let output = Command::new(script)
        .env("DATABASE_URL", "postgres://db.example/abruf")
        .env("ABRUF_PG_SEARCH", "")
        .output()
        .unwrap();
    assert!(output.status.success());
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
}
