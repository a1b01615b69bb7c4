//! The program as a process of its own, and people who use it over HTTP.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use abruf::embedded::Cluster;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::ConnectOptions;
use tokio::process::{Child, Command};

use crate::timing::Times;
use crate::{Result, now, say};

/// The program, built by the same run.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_abruf");
/// Long enough for the demo on a slow machine.
const PATIENCE: Duration = Duration::from_secs(1200);
/// Articles of the hot contract.
const ARTICLES: [&str; 3] = ["DEV-PT", "DEV-PL", "DEV-TEST"];

/// A running program.
pub struct Program {
    child: Child,
    address: String,
    /// Idempotency keys handed out so far.
    keys: Arc<AtomicUsize>,
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
        let begin = now();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true).spawn()?;
        let mut program = Self { child, address: format!("http://{listen}"), keys: Arc::default() };
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

/// A buyer and an approver of one town at two desks.
pub struct Client {
    http: reqwest::Client,
    address: String,
    buyer: String,
    approver: String,
    contract: String,
    keys: Arc<AtomicUsize>,
}

/// What one round of the product took.
#[derive(Default)]
pub struct Round {
    pub review: Times,
    pub submission: Times,
    pub release: Times,
}

impl Client {
    pub async fn several(program: &Program, clients: usize) -> Result<Vec<Arc<Self>>> {
        let http = reqwest::Client::new();
        let address = program.address.clone();
        let mut people = Vec::with_capacity(clients);
        for _ in 0..clients {
            let mut person = Self {
                http: http.clone(),
                address: address.clone(),
                buyer: String::new(),
                approver: String::new(),
                contract: String::new(),
                keys: Arc::clone(&program.keys),
            };
            person.buyer = person.sign_in("buchen@altenrode.example").await?;
            person.approver = person.sign_in("freigabe@altenrode.example").await?;
            let found = person.ask(Method::GET, "/api/v1/contracts?q=DEV-PT", &person.buyer, None).await?;
            person.contract = text(&found[0]["id"])?;
            people.push(Arc::new(person));
        }
        Ok(people)
    }

    async fn sign_in(&self, email: &str) -> Result<String> {
        let body = json!({ "email": email, "password": "beispieldaten" });
        text(&self.ask(Method::POST, "/api/v1/sessions", "", Some(body)).await?["token"])
    }

    async fn ask(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Result<Value> {
        let mut request = self.http.request(method, format!("{}{path}", self.address));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            let key = self.keys.fetch_add(1, Ordering::Relaxed);
            request = request.header("Idempotency-Key", format!("\"measure-{key}\"")).json(&body);
        }
        let answer = request.send().await?;
        let (status, url) = (answer.status(), answer.url().clone());
        let body = answer.text().await?;
        if !status.is_success() {
            return Err(format!("{url}: {status}: {body}").into());
        }
        Ok(serde_json::from_str(&body)?)
    }

    /// A draft of three lines; its making is not measured.
    async fn draft(&self) -> Result<String> {
        let made = self
            .ask(Method::POST, "/api/v1/call-offs", &self.buyer, Some(json!({ "contract_id": self.contract })))
            .await?;
        let id = text(&made["id"])?;
        let lines: Vec<Value> = ARTICLES.map(|article| json!({ "article_number": article, "quantity": "1" })).into();
        let body = json!({ "version": made["version"], "lines": lines });
        let changed = self.ask(Method::PUT, &format!("/api/v1/call-offs/{id}/lines"), &self.buyer, Some(body)).await?;
        let mut details = made["details"].clone();
        details["need"] = "Weiterentwicklung des Bürgerportals laut Pflichtenheft.".into();
        let body = json!({ "version": changed["version"], "details": details });
        self.ask(Method::PUT, &format!("/api/v1/call-offs/{id}/details"), &self.buyer, Some(body)).await?;
        Ok(id)
    }

    async fn order(&self, round: &mut Round) -> Result<()> {
        let id = self.draft().await?;
        let begin = now();
        self.ask(Method::GET, &format!("/api/v1/call-offs/{id}/review"), &self.buyer, None).await?;
        round.review.add(begin.elapsed());
        let begin = now();
        self.ask(Method::POST, &format!("/api/v1/call-offs/{id}/submission"), &self.buyer, Some(json!({}))).await?;
        round.submission.add(begin.elapsed());
        let begin = now();
        self.ask(Method::POST, &format!("/api/v1/call-offs/{id}/release"), &self.approver, Some(json!({}))).await?;
        round.release.add(begin.elapsed());
        Ok(())
    }
}

/// All of them order for so long.
pub async fn run(people: &[Arc<Client>], seconds: Duration) -> Result<Round> {
    let tasks: Vec<_> = people
        .iter()
        .map(|person| {
            let person = Arc::clone(person);
            tokio::spawn(async move {
                let mut round = Round::default();
                let begin = now();
                while begin.elapsed() < seconds {
                    person.order(&mut round).await?;
                }
                Result::Ok(round)
            })
        })
        .collect();
    let mut all = Round::default();
    for task in tasks {
        let round = task.await??;
        all.review.extend(round.review);
        all.submission.extend(round.submission);
        all.release.extend(round.release);
    }
    Ok(all)
}

/// So many orders, as fast as it goes.
pub async fn make(people: &[Arc<Client>], count: usize) -> Result<()> {
    let left = Arc::new(AtomicUsize::new(count));
    let tasks: Vec<_> = people
        .iter()
        .map(|person| {
            let (person, left) = (Arc::clone(person), Arc::clone(&left));
            tokio::spawn(async move {
                let mut round = Round::default();
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                    person.order(&mut round).await?;
                }
                Result::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    say(&format!("{count} more orders made"));
    Ok(())
}

fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("no text where one was expected: {value}").into())
}
