//! The whole program over a fresh database, asked through its router; clock and chance stand still.

use std::sync::Arc;

use abruf::actions::sign_in::SecondFactor;
use abruf::actor::{Actor, Role, RunsAs};
use abruf::app::App;
use abruf::chance::Chance;
use abruf::clock::Clock;
use abruf::config::Settings;
use abruf::http::{self, Ready, Security};
use abruf::password;
use abruf::storage::document_store::DocumentStore;
use abruf::storage::{Db, people};
use abruf_documents::Templates;
use abruf_domain::ids::{AssignmentId, OrganisationId, PersonId};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tower::ServiceExt;
use uuid::Uuid;

use crate::cluster::{TestDatabase, fresh_database};
use crate::world::World;

/// Everybody's password; hashed once per run of the test program.
pub const PASSWORD: &str = "richtig-lang-genug";

/// The program of one test.
pub struct Web {
    pub app: App,
    pub database: TestDatabase,
    pub ready: Ready,
    pub body: OrganisationId,
    router: Router,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The cookie set, as a browser would send it back.
    pub fn cookie(&self) -> String {
        self.header(SET_COOKIE.as_str()).split(';').next().unwrap().to_owned()
    }

    /// The form token of the page.
    pub fn form_token(&self) -> String {
        let at = self.text.find("name=\"csrf\" value=\"").expect("a form with a token");
        self.text[at + 19..].split('"').next().unwrap().to_owned()
    }
}

impl Web {
    /// On loopback, 22 November 2026, noon in UTC.
    pub async fn new() -> Self {
        Self::at("http://127.0.0.1:8080").await
    }

    /// With another address that users see.
    pub async fn at(base_url: &str) -> Self {
        Self::seeded(base_url, 42).await
    }

    /// With another source of chance, and so with other keys.
    pub async fn seeded(base_url: &str, seed: u64) -> Self {
        Self::with(base_url, seed, SecondFactor::Off).await
    }

    /// As the program is without any setting: approvers, office and administrators need a second factor. The other
    /// tests sign everybody in with a password alone, by a setting that the program itself has for demo data only.
    pub async fn in_earnest() -> Self {
        Self::with("http://127.0.0.1:8080", 42, SecondFactor::Required).await
    }

    /// A new installation, in earnest: migrated, and nobody and nothing in it.
    pub async fn empty() -> Self {
        Self::bare("http://127.0.0.1:8080", 42, SecondFactor::Required, &[]).await
    }

    /// With settings of its own; as the program is without any where it comes to second factors.
    pub async fn set_so(settings: &[(&str, &str)]) -> Self {
        Self::with_settings("http://127.0.0.1:8080", 42, SecondFactor::Required, settings).await
    }

    async fn with(base_url: &str, seed: u64, second_factor: SecondFactor) -> Self {
        Self::with_settings(base_url, seed, second_factor, &[]).await
    }

    async fn with_settings(base_url: &str, seed: u64, second_factor: SecondFactor, more: &[(&str, &str)]) -> Self {
        let mut web = Self::bare(base_url, seed, second_factor, more).await;
        web.body = web.organisation("Einkaufsgenossenschaft Elbe-Saale eG", "genossenschaft").await;
        web.plays(web.body, "body").await;
        web
    }

    async fn bare(base_url: &str, seed: u64, second_factor: SecondFactor, more: &[(&str, &str)]) -> Self {
        let database = fresh_database().await;
        let app = App {
            db: Db::new(database.app.clone()),
            clock: Clock::standing("2026-11-22T12:00:00Z".parse().unwrap()),
            chance: Chance::seeded(seed),
            templates: Arc::new(Templates::embedded()),
            documents: DocumentStore::Database,
            base_url: base_url.into(),
            mailer: None,
            demo: true,
        };
        let settings = Settings::from_variables(
            &[("ABRUF_DATA_DIR", "/nowhere"), ("ABRUF_BASE_URL", base_url)]
                .iter()
                .chain(more)
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            false,
        )
        .unwrap();
        let ready = Ready::default();
        let mut security = Security::load(&app, &settings, ready.clone()).await.unwrap();
        assert_eq!(security.door.second_factor, SecondFactor::Required, "what the program does by itself");
        security.door.second_factor = second_factor;
        let router = http::router(app.clone(), security);
        Self { app, database, ready, body: OrganisationId(Uuid::nil()), router }
    }

    /// The router over a world that tests have arranged; people sign in once they have a password.
    pub async fn over(world: World) -> Self {
        let settings = Settings::from_variables(&[("ABRUF_DATA_DIR".into(), "/nowhere".into())].into(), false).unwrap();
        let ready = Ready::default();
        let mut security = Security::load(&world.app, &settings, ready.clone()).await.unwrap();
        security.door.second_factor = SecondFactor::Off;
        let router = http::router(world.app.clone(), security);
        Self { app: world.app, database: world.database, ready, body: world.body, router }
    }

    /// The router over a database that a program has filled, such as a demo.
    pub async fn of(database: TestDatabase, app: App) -> Self {
        let settings = Settings::from_variables(&[("ABRUF_DATA_DIR".into(), "/nowhere".into())].into(), false).unwrap();
        let ready = Ready::default();
        let mut security = Security::load(&app, &settings, ready.clone()).await.unwrap();
        security.door.second_factor = SecondFactor::Off;
        let router = http::router(app.clone(), security);
        Self { app, database, ready, body: OrganisationId(Uuid::nil()), router }
    }

    /// Gives the person of an actor a sign-in name and everybody's password, and signs in.
    pub async fn cookie_of(&self, actor: &Actor, email: &str) -> String {
        sqlx::query("UPDATE person SET email = $2, password_hash = $3 WHERE id = $1")
            .bind(actor.person.0)
            .bind(email)
            .bind(known_hash().await)
            .execute(&self.database.owner)
            .await
            .unwrap();
        self.sign_in(email).await
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.app.clock.now()
    }

    pub fn wait(&self, time: TimeDelta) {
        self.app.clock.set(self.now() + time);
    }

    pub async fn organisation(&self, name: &str, kind: &str) -> OrganisationId {
        let id = self.app.chance.id(self.now());
        sqlx::query(
            "INSERT INTO organisation (id, name, kind, region, email, created_at)
             VALUES ($1, $2, $3, 'DE-ST', 'geschaeftsstelle@elbe-saale.example', $4)",
        )
        .bind(id)
        .bind(name)
        .bind(kind)
        .bind(self.now())
        .execute(&self.database.owner)
        .await
        .unwrap();
        OrganisationId(id)
    }

    pub async fn plays(&self, organisation: OrganisationId, role: &str) {
        sqlx::query(
            "INSERT INTO organisation_role (id, organisation_id, body_id, role, valid_from)
             VALUES ($1, $2, $3, $4, '2020-01-01')",
        )
        .bind(self.app.chance.id(self.now()))
        .bind(organisation.0)
        .bind(if role == "body" { organisation.0 } else { self.body.0 })
        .bind(role)
        .execute(&self.database.owner)
        .await
        .unwrap();
    }

    pub async fn member(&self, name: &str) -> OrganisationId {
        let id = self.organisation(name, "stadt").await;
        self.plays(id, "member").await;
        id
    }

    /// A person with a password and one assignment.
    pub async fn person(&self, email: &str, role: Role, organisation: OrganisationId) -> PersonId {
        let person = PersonId(self.app.chance.id(self.now()));
        let mut tx = self.app.db.begin(RunsAs::Job).await.unwrap();
        people::insert(&mut tx, person, email, "Eva Muster", false, self.now()).await.unwrap();
        people::set_password_hash(&mut tx, person, &known_hash().await).await.unwrap();
        tx.commit().await.unwrap();
        self.assign(person, role, organisation).await;
        person
    }

    /// One more assignment; an auditor's covers all members and the years 2020 to 2030.
    pub async fn assign(&self, person: PersonId, role: Role, organisation: OrganisationId) -> AssignmentId {
        let id = self.app.chance.id(self.now());
        sqlx::query(
            "INSERT INTO assignment (id, person_id, role, organisation_id, body_id, valid_from, valid_to, period_from, period_to, all_members)
             SELECT $1, $2, $3, $4, $5, '2020-01-01', CASE WHEN a THEN date '2030-12-31' END,
                    CASE WHEN a THEN date '2020-01-01' END, CASE WHEN a THEN date '2030-12-31' END, a
             FROM (SELECT $3 = 'auditor' AS a) auditor",
        )
        .bind(id)
        .bind(person.0)
        .bind(role.key())
        .bind(organisation.0)
        .bind(self.body.0)
        .execute(&self.database.owner)
        .await
        .unwrap();
        AssignmentId(id)
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8_lossy(&to_bytes(body, usize::MAX).await.unwrap()).into_owned();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    pub async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.send(Request::get(path).header(COOKIE, cookie).body(Body::empty()).unwrap()).await
    }

    /// An answer of which nothing is taken yet.
    pub async fn open(&self, path: &str, cookie: &str) -> Response {
        let request = Request::get(path).header(COOKIE, cookie).body(Body::empty()).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// A file, byte for byte.
    pub async fn download(
        &self,
        path: &str,
        cookie: &str,
        headers: &[(&str, &str)],
    ) -> (StatusCode, HeaderMap, Vec<u8>) {
        let request = headers
            .iter()
            .fold(Request::get(path).header(COOKIE, cookie), |it, (name, value)| it.header(*name, *value));
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        (parts.status, parts.headers, to_bytes(body, usize::MAX).await.unwrap().to_vec())
    }

    pub async fn post(&self, path: &str, cookie: &str, form: &[(&str, &str)]) -> Answer {
        let form = form.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&");
        let request = Request::post(path)
            .header(COOKIE, cookie)
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form)).unwrap()).await
    }

    /// A form with at most one file (field, name, bytes); the token stands first, as our pages put it.
    pub async fn upload(
        &self,
        path: &str,
        cookie: &str,
        fields: &[(&str, &str)],
        file: Option<(&str, &str, &[u8])>,
    ) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!("--GRENZE\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend(part.as_bytes());
        }
        if let Some((field, name, bytes)) = file {
            let head = format!(
                "--GRENZE\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
            );
            body.extend(head.as_bytes());
            body.extend(bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--GRENZE--\r\n");
        let request = Request::post(path)
            .header(COOKIE, cookie)
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "multipart/form-data; boundary=GRENZE");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// A call of the API; an empty token sends none.
    pub async fn api(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> Answer {
        self.api_with(method, path, token, &[], body).await
    }

    /// A call of the API with headers of its own.
    pub async fn api_with(
        &self,
        method: &str,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = body.map_or(Body::empty(), |json| Body::from(json.to_string()));
        self.send(request.header(CONTENT_TYPE, "application/json").body(body).unwrap()).await
    }

    /// Signs in by the form and returns the cookie.
    pub async fn sign_in(&self, email: &str) -> String {
        let answer = self.post("/anmelden", "", &[("email", email), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        answer.cookie()
    }

    /// Signs in by the API and returns the token.
    pub async fn token(&self, email: &str) -> String {
        let body = serde_json::json!({ "email": email, "password": PASSWORD });
        let answer = self.api("POST", "/api/v1/sessions", "", Some(body)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        answer.json()["token"].as_str().unwrap().to_owned()
    }
}

pub async fn known_hash() -> String {
    static HASH: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
    HASH.get_or_init(async || password::hash(&Chance::seeded(1), PASSWORD.into()).await.unwrap()).await.clone()
}

/// A value as a form sends it.
pub fn escaped(value: &str) -> String {
    value
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
