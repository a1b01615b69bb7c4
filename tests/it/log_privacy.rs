//! The log of the running program tells neither secrets nor persons, whatever comes in, and yet what was refused.

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use abruf::actor::Role;
use reqwest::{Client, StatusCode};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use sqlx::ConnectOptions;

use crate::cluster::{self, environment};
use crate::embedded::Place;
use crate::stress::say;
use crate::web::{PASSWORD, Web};

/// Words that must not be found in the log: of persons, and secrets.
const CANARIES: [&str; 14] = [
    "kanarienvogel",
    "eva@altenrode.example",
    "Eva Muster",
    PASSWORD,
    "geheimer-link-aus-mail",
    "geheimes-konto",
    "geheimes-passwort",
    "geheimer-suchbegriff",
    "geheimer-keks",
    "geheimer-schluessel",
    "geheime-notiz",
    "203.0.113.77",
    "2001:db8:1:2:3:4:5:6",
    "127.0.0.1\" injected",
];

/// A program that serves the database of a test and writes its log into a file.
struct Logged {
    place: Place,
    child: Child,
    address: String,
    client: Client,
}

impl Logged {
    async fn start(web: &Web, settings: &[(&str, &str)]) -> Self {
        let place = Place::ready();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let child = Command::new(env!("CARGO_BIN_EXE_abruf"))
            .arg("serve")
            .env_clear()
            .env("PATH", environment("PATH").unwrap_or_default())
            .env("ABRUF_LISTEN", &address)
            .env("ABRUF_DATA_DIR", &place.data)
            .env("DATABASE_URL", cluster::app_options(&web.database.name).to_url_lossy().as_str())
            .env("DATABASE_OWNER_URL", cluster::owner_options(&web.database.name).to_url_lossy().as_str())
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(place.data.join("log-of-the-test")).unwrap())
            .spawn()
            .unwrap();
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let logged = Self { place, child, address, client };
        let begin = Instant::now();
        while logged.client.get(logged.at("/health/ready")).send().await.map(|it| it.status()).ok()
            != Some(StatusCode::OK)
        {
            assert!(begin.elapsed() < Duration::from_secs(60), "not ready: {}", logged.text());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        logged
    }

    fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn text(&self) -> String {
        fs::read_to_string(self.place.data.join("log-of-the-test")).unwrap()
    }

    /// Ends it; all that it wrote.
    fn stop(mut self) -> String {
        kill_process(Pid::from_raw(self.child.id().try_into().unwrap()).unwrap(), Signal::TERM).unwrap();
        self.child.wait().unwrap();
        self.text()
    }
}

#[tokio::test]
async fn a_collector_gets_each_line_as_an_object_with_its_time_in_utc() {
    let web = Web::new().await;
    let logged = Logged::start(&web, &[("ABRUF_LOG", "info"), ("ABRUF_LOG_FORMAT", "json")]).await;
    logged.client.get(logged.at("/api/v1/call-offs")).send().await.unwrap();
    let text = logged.stop();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("no object: {error}: {line}")))
        .collect();
    assert!(!lines.is_empty());
    for line in &lines {
        let time = line["timestamp"].as_str().unwrap();
        assert!(time.ends_with('Z') && time.parse::<chrono::DateTime<chrono::Utc>>().is_ok(), "{time}");
        assert!(line["level"].is_string() && line["target"].is_string(), "{line}");
    }
    let refused = lines.iter().find(|line| line["span"]["path"] == "/api/v1/call-offs");
    assert!(refused.is_some_and(|line| line["span"]["id"].is_string()), "the request with its id: {text}");
}

#[tokio::test]
async fn no_log_line_tells_a_secret_or_a_person() {
    let web = Web::new().await;
    let town = web.member("Stadt Altenrode").await;
    web.person("eva@altenrode.example", Role::Buyer, town).await;
    let logged = Logged::start(&web, &[("ABRUF_LOG", "debug"), ("ABRUF_TRUSTED_PROXY", "127.0.0.1")]).await;
    let (at, client) = (|path: &str| logged.at(path), logged.client.clone());

    let signed_in = client
        .post(at("/api/v1/sessions"))
        .header("x-forwarded-for", "203.0.113.77")
        .json(&json!({ "email": "eva@altenrode.example", "password": PASSWORD }))
        .send()
        .await
        .unwrap();
    assert_eq!(signed_in.status(), StatusCode::CREATED);
    let token = signed_in.json::<serde_json::Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
    let wrong = json!({ "email": "kanarienvogel@altenrode.example", "password": "geheimes-passwort" });
    let forwarded = ("x-forwarded-for", "2001:db8:1:2:3:4:5:6");
    let requests = [
        client.post(at("/api/v1/sessions")).header(forwarded.0, forwarded.1).json(&wrong),
        client
            .post(at("/api/v1/sessions"))
            .body("{\"email\": \"kanarienvogel")
            .header("content-type", "application/json"),
        client.post(at("/anmelden")).form(&[("email", "kanarienvogel"), ("password", "geheimes-passwort")]),
        client.post(at("/anmelden")).header("sec-fetch-site", "cross-site").form(&[("email", "kanarienvogel")]),
        client.get(at("/lieferung/geheimer-link-aus-mail")),
        client.get(at("/lieferung/geheimer-link-aus-mail/")),
        client.get(at("/konto/einrichten/geheimes-konto")),
        client.get(at("/sparpotenzial/geheimer-link-aus-mail")),
        client.get(at("/p/geheimer-link-aus-mail")),
        client.get(at("/api/v1/call-offs?q=geheimer-suchbegriff")).bearer_auth(&token),
        client.get(at("/api/v1/call-offs")).bearer_auth("geheimer-schluessel"),
        client.get(at("/abrufe?q=geheimer-suchbegriff")).header("cookie", "abruf=geheimer-keks"),
        client
            .get(at("/x%0a2026-11-22T00:00:00Z%20INFO%20127.0.0.1%22%20injected"))
            .header("user-agent", "kanarienvogel"),
        client
            .get(at("/health/live"))
            .header("x-request-id", "geheimer-schluessel")
            .header("referer", "http://x/geheimer-link-aus-mail"),
        client
            .post(at("/api/v1/call-offs"))
            .bearer_auth(&token)
            .header("idempotency-key", "geheimer-schluessel")
            .json(&json!({ "contract_id": uuid::Uuid::nil(), "note": "geheime-notiz" })),
        client.get(at("/api/v1/sessions/current")).bearer_auth(&token).header(forwarded.0, forwarded.1),
        client.delete(at("/api/v1/sessions/current")).bearer_auth(&token),
    ];
    let count = requests.len();
    for request in requests {
        request.send().await.unwrap();
    }
    let text = logged.stop();
    for canary in CANARIES {
        assert!(
            !text.contains(canary),
            "the log tells {canary}: {}",
            text.lines().find(|line| line.contains(canary)).unwrap()
        );
    }
    assert!(!text.contains(&token[token.len() - 20..]), "the log tells a token");
    // What it does tell: the network, the refusal and its kind, the way without its secret.
    for told in [
        "203.0.113.0",
        "2001:db8:1::",
        "abruf::security",
        "sign-in-refused",
        "form-stale",
        "/lieferung/…",
        "status=401",
    ] {
        assert!(text.contains(told), "the log does not tell {told}: {text}");
    }
    let own = text.lines().filter(|line| line.contains("request{")).count();
    say(&format!("log: {count} requests, {own} lines about them, {} canaries, none told", CANARIES.len()));
}
