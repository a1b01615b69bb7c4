//! The program as a process of its own.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use abruf::embedded::Cluster;
use reqwest::StatusCode;
use sqlx::ConnectOptions;
use tokio::process::{Child, Command};

use crate::{Result, now};

/// The program, built by the same run.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_abruf");
/// Long enough for the demo on a slow machine.
const PATIENCE: Duration = Duration::from_secs(1200);

/// A running program.
pub struct Program {
    child: Child,
    /// Where it listens, with the scheme.
    pub address: String,
}

impl Program {
    /// On a private server in `data_dir`, and how long it took to be ready.
    pub async fn private(data_dir: &Path, demo: bool) -> Result<(Self, Duration)> {
        let mut command = Command::new(PROGRAM);
        command.env("ABRUF_DATA_DIR", data_dir);
        Self::start(command, demo).await
    }

    /// On a server of ours.
    pub async fn on(cluster: &Cluster, demo: bool) -> Result<(Self, Duration)> {
        let mut command = Command::new(PROGRAM);
        command
            .env("DATABASE_URL", cluster.app_options().to_url_lossy().as_str())
            .env("DATABASE_OWNER_URL", cluster.owner_options().to_url_lossy().as_str());
        Self::start(command, demo).await
    }

    async fn start(mut command: Command, demo: bool) -> Result<(Self, Duration)> {
        let listen = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        command.arg("serve").args(demo.then_some("--demo")).env("ABRUF_LISTEN", &listen).env("ABRUF_LOG", "warn");
        // What is measured is the program, not its patience with one person.
        command.env("ABRUF_API_PER_MINUTE", "1000000");
        let begin = now();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true).spawn()?;
        let mut program = Self { child, address: format!("http://{listen}") };
        let http = reqwest::Client::new();
        loop {
            if let Some(status) = program.child.try_wait()? {
                return Err(format!("the program ended early: {status}").into());
            }
            let answer = http.get(format!("{}/health/ready", program.address)).send().await;
            if answer.is_ok_and(|answer| answer.status() == StatusCode::OK) {
                return Ok((program, begin.elapsed()));
            }
            if PATIENCE < begin.elapsed() {
                return Err("the program was not ready in time".into());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub async fn stop(mut self) -> Result<()> {
        if let Some(id) = self.child.id() {
            Command::new("kill").arg(id.to_string()).status().await?;
        }
        let status = self.child.wait().await?;
        if status.success() { Ok(()) } else { Err(format!("the program did not stop in order: {status}").into()) }
    }
}
