//! A buyer and an approver of one town at two desks, over HTTP.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::RwLock;

use crate::program::Program;
use crate::{Result, now};

/// The password of the demo.
const PASSWORD: &str = "beispieldaten";
/// Articles of the contract that is ordered from.
const ARTICLES: [&str; 3] = ["DEV-PT", "DEV-PL", "DEV-TEST"];

/// Idempotency keys handed out so far.
static KEYS: AtomicUsize = AtomicUsize::new(0);

/// Two signed-in people of one town.
pub struct Desk {
    http: reqwest::Client,
    address: String,
    buyer: RwLock<String>,
    approver: RwLock<String>,
}

impl Desk {
    /// Signs both in.
    pub async fn open(program: &Program, buyer: &str, approver: &str) -> Result<Self> {
        let http = reqwest::Client::new();
        let desk =
            Self { http, address: program.address.clone(), buyer: RwLock::default(), approver: RwLock::default() };
        *desk.buyer.write().await = desk.sign_in(buyer).await?;
        *desk.approver.write().await = desk.sign_in(approver).await?;
        Ok(desk)
    }

    /// Lets both stay signed in: a token is good for ten minutes.
    pub async fn stay(&self) -> Result<()> {
        for token in [&self.buyer, &self.approver] {
            let old = token.read().await.clone();
            let new = self.ask(Method::PUT, "/api/v1/sessions/current", &old, Some(json!({}))).await?;
            *token.write().await = text(&new["token"])?;
        }
        Ok(())
    }

    async fn sign_in(&self, email: &str) -> Result<String> {
        let body = json!({ "email": email, "password": PASSWORD });
        text(&self.ask(Method::POST, "/api/v1/sessions", "", Some(body)).await?["token"])
    }

    /// The contract that the demo sells development days from.
    pub async fn contract(&self) -> Result<String> {
        text(&self.ask(Method::GET, "/api/v1/contracts?q=DEV-PT", &self.buyer.read().await, None).await?[0]["id"])
    }

    /// A draft of three lines that lacks nothing; its id.
    pub async fn draft(&self, contract: &str) -> Result<String> {
        let made = self
            .ask(Method::POST, "/api/v1/call-offs", &self.buyer.read().await, Some(json!({ "contract_id": contract })))
            .await?;
        let id = text(&made["id"])?;
        let body = json!({ "version": made["version"], "lines": lines() });
        let changed = self
            .ask(Method::PUT, &format!("/api/v1/call-offs/{id}/lines"), &self.buyer.read().await, Some(body))
            .await?;
        let mut details = made["details"].clone();
        details["need"] = "Weiterentwicklung des Bürgerportals laut Pflichtenheft.".into();
        let body = json!({ "version": changed["version"], "details": details });
        self.ask(Method::PUT, &format!("/api/v1/call-offs/{id}/details"), &self.buyer.read().await, Some(body)).await?;
        Ok(id)
    }

    /// Asks for the review of a draft.
    pub async fn review(&self, id: &str) -> Result<Duration> {
        let begin = now();
        self.ask(Method::GET, &format!("/api/v1/call-offs/{id}/review"), &self.buyer.read().await, None).await?;
        Ok(begin.elapsed())
    }

    /// Hands a draft over.
    pub async fn submit(&self, id: &str) -> Result<Duration> {
        let begin = now();
        self.ask(
            Method::POST,
            &format!("/api/v1/call-offs/{id}/submission"),
            &self.buyer.read().await,
            Some(json!({})),
        )
        .await?;
        Ok(begin.elapsed())
    }

    /// Releases a request. The answer may be unpleasant; then it is an error.
    pub async fn release(&self, id: &str) -> Result<Duration> {
        let begin = now();
        let path = format!("/api/v1/call-offs/{id}/release");
        let answer = self.ask(Method::POST, &path, &self.approver.read().await, Some(json!({}))).await?;
        match answer["outcome"].as_str().or(answer["number"].as_str()) {
            Some(_) => Ok(begin.elapsed()),
            None => Err(format!("{path}: {answer}").into()),
        }
    }

    /// Asks what would happen, without writing anything.
    pub async fn check(&self, contract: &str) -> Result<Duration> {
        let begin = now();
        let body = json!({
            "contract_id": contract,
            "lines": lines(),
            "details": { "need": "Weiterentwicklung des Bürgerportals laut Pflichtenheft." },
        });
        self.ask(Method::POST, "/api/v1/call-offs/check", &self.buyer.read().await, Some(body)).await?;
        Ok(begin.elapsed())
    }

    async fn ask(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Result<Value> {
        let mut request = self.http.request(method, format!("{}{path}", self.address));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            let key = KEYS.fetch_add(1, Ordering::Relaxed);
            request = request.header("Idempotency-Key", format!("\"measure-{key}\"")).json(&body);
        }
        let mut answer = request.try_clone().ok_or("a request that cannot be sent twice")?.send().await?;
        // More people sign in than one address may in a minute.
        while answer.status() == StatusCode::TOO_MANY_REQUESTS {
            tokio::time::sleep(Duration::from_secs(1)).await;
            answer = request.try_clone().ok_or("a request that cannot be sent twice")?.send().await?;
        }
        let (status, url) = (answer.status(), answer.url().clone());
        let body = answer.text().await?;
        if status != StatusCode::NO_CONTENT && !status.is_success() {
            return Err(format!("{url}: {status}: {body}").into());
        }
        Ok(if body.is_empty() { Value::Null } else { serde_json::from_str(&body)? })
    }
}

fn lines() -> Vec<Value> {
    ARTICLES.map(|article| json!({ "article_number": article, "quantity": "1" })).into()
}

fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("no text where one was expected: {value}").into())
}
