//! A session that ends while somebody types: nothing typed is lost, and nobody else gets it.

use abruf::actor::Actor;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, REFERER};
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;

use crate::identity::{give_factor, phone};
use crate::pages::browser::hidden;
use crate::web::{Answer, PASSWORD, Web, escaped};
use crate::world::World;
use crate::world::contract::{fixed, value};

const EVA: &str = "eva@altenrode.example";
const NORA: &str = "nora@altenrode.example";
const TYPED: &str = "Gilt der Preis auch für <Schulen> & \"Kitas\"?";
const HERE: &str = "http://127.0.0.1:8080";

/// Eva has asked the office something about her draft and not yet sent it.
struct Desk {
    web: Web,
    eva: Actor,
    nora: Actor,
    cookie: String,
    /// Page and address of the form.
    path: String,
    form: Vec<(String, String)>,
}

impl Desk {
    async fn new() -> Self {
        let world = World::new().await;
        let town = world.member("Stadt Altenrode").joined("2012-04-01").await;
        let eva = world.buyer(town).named("Eva Muster").await;
        let nora = world.buyer(town).named("Nora Beispiel").await;
        let contract = world.contract("RV-2025-01").ceiling(value("500000.00")).item("CTX-TRN", fixed("1180.00"));
        let contract = contract.entitles(town).await;
        let id = world.draft(&eva, &contract, &[("CTX-TRN", "1")]).await;
        let path = format!("/abrufe/{id}/rueckfrage");
        let web = Web::over(world).await;
        let cookie = web.cookie_of(&eva, EVA).await;
        let page = web.get(&path, &cookie).await;
        let mut form = hidden(&page.text, &path);
        form.push(("question".into(), TYPED.into()));
        Self { web, eva, nora, cookie, path, form }
    }

    async fn sign_out(&self) {
        let (_, token) = self.form.iter().find(|(name, _)| name == "csrf").unwrap();
        let out = self.web.post("/abmelden", &self.cookie, &[("csrf", token)]).await;
        assert_eq!(out.status, StatusCode::SEE_OTHER);
    }

    async fn send(&self, path: &str, cookie: &str, form: &[(String, String)], site: &str) -> Answer {
        let body = form.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&");
        let request = Request::post(path)
            .header(COOKIE, cookie)
            .header(HOST, "127.0.0.1:8080")
            .header(REFERER, format!("{HERE}{}", self.path))
            .header("sec-fetch-site", site)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.web.send(request.body(Body::from(body)).unwrap()).await
    }

    async fn send_form(&self, cookie: &str) -> Answer {
        self.send(&self.path, cookie, &self.form, "same-origin").await
    }

    async fn sign_in(&self, email: &str, kept: &str) -> Answer {
        let form = [("email", email), ("password", PASSWORD), ("weiter", self.path.as_str()), ("bewahrt", kept)];
        self.web.post("/anmelden", "", &form).await
    }

    async fn questions(&self) -> Vec<String> {
        sqlx::query_scalar("SELECT question FROM office_question").fetch_all(&self.web.database.owner).await.unwrap()
    }

    /// The page that gives the form back, sent with the token in it.
    async fn send_again(&self, page: &Answer, cookie: &str) {
        assert!(page.text.contains("Ihre Eingaben sind noch da"), "{}", page.text);
        let form = hidden(&page.text, &self.path).into_iter().map(|(name, value)| (name, plain(&value)));
        let done = self.send(&self.path, cookie, &form.collect::<Vec<_>>(), "same-origin").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        assert_eq!(self.questions().await, [TYPED], "sent once, as it was typed");
    }
}

/// The value of an attribute as a browser reads it.
fn plain(value: &str) -> String {
    value.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#39;", "'").replace("&#38;", "&")
}

/// The sealed form in a page; empty if there is none.
fn kept(page: &Answer) -> String {
    let rest = page.text.split_once("name=\"bewahrt\" value=\"").map(|(_, rest)| rest);
    rest.and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn what_was_typed_is_there_after_signing_in_again() {
    let desk = Desk::new().await;
    desk.sign_out().await;
    let asked = desk.send_form("").await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
    assert!(asked.text.contains("Ihre Sitzung ist zu Ende") && asked.text.contains("<h1"), "{}", asked.text);
    assert!(!asked.text.contains("Schulen"), "whoever only sees the page reads nothing of it");
    let sealed = kept(&asked);
    assert!(!sealed.is_empty());

    let wrong = [("email", EVA), ("password", "falsch"), ("weiter", desk.path.as_str()), ("bewahrt", sealed.as_str())];
    let wrong = desk.web.post("/anmelden", "", &wrong).await;
    assert_eq!((wrong.status, kept(&wrong)), (StatusCode::UNPROCESSABLE_ENTITY, sealed.clone()));
    assert_eq!(desk.questions().await, [""; 0], "nothing was saved in between");

    let back = desk.sign_in(EVA, &sealed).await;
    assert_eq!(back.status, StatusCode::OK);
    assert!(back.text.contains("Kitas"), "what was typed can be read");
    desk.send_again(&back, &back.cookie()).await;
}

#[tokio::test]
async fn the_code_of_a_second_factor_comes_in_between() {
    let desk = Desk::new().await;
    give_factor(&desk.web, desk.eva.person).await;
    desk.sign_out().await;
    let sealed = kept(&desk.send_form("").await);
    let asked = desk.sign_in(EVA, &sealed).await;
    assert!(asked.text.contains("Code eingeben") && kept(&asked) == sealed, "{}", asked.text);
    let (waiting, csrf) = (asked.cookie(), asked.form_token());
    let fields = |code| [("csrf", csrf.clone()), ("bewahrt", sealed.clone()), ("code", code)];
    let post = async |code: String| {
        let fields = fields(code);
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        desk.web.post("/anmelden/code", &waiting, &fields).await
    };
    let wrong = post("000000".into()).await;
    assert_eq!((wrong.status, kept(&wrong)), (StatusCode::UNPROCESSABLE_ENTITY, sealed.clone()));
    let back = post(phone().code_at(desk.web.now())).await;
    desk.send_again(&back, &back.cookie()).await;
}

#[tokio::test]
async fn nobody_else_and_nobody_later_gets_it() {
    let desk = Desk::new().await;
    desk.web.cookie_of(&desk.nora, NORA).await;
    desk.sign_out().await;
    let sealed = kept(&desk.send_form("").await);
    let altered = format!("{}A", &sealed[..sealed.len() - 1]);
    let altered = if altered == sealed { format!("{}B", &sealed[..sealed.len() - 1]) } else { altered };
    for (email, sealed) in [(NORA, sealed.as_str()), (EVA, altered.as_str()), (EVA, ""), (EVA, "!")] {
        let answer = desk.sign_in(email, sealed).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, desk.path.as_str()), "{email}");
    }
    desk.web.wait(TimeDelta::minutes(30));
    assert_eq!(desk.sign_in(EVA, &sealed).await.status, StatusCode::SEE_OTHER, "half an hour later");
}

#[tokio::test]
async fn a_form_of_the_session_before_is_offered_again_to_its_person_only() {
    let desk = Desk::new().await;
    let nora = desk.web.cookie_of(&desk.nora, NORA).await;
    desk.sign_out().await;
    let anew = desk.web.sign_in(EVA).await;
    let back = desk.send_form(&anew).await;
    assert_eq!(back.status, StatusCode::FORBIDDEN, "nothing happens without the token of now");
    assert_eq!(desk.questions().await, [""; 0]);
    let stranger = desk.send_form(&nora).await;
    assert_eq!(stranger.status, StatusCode::FORBIDDEN);
    assert!(stranger.text.contains("Bitte laden Sie die Seite neu") && !stranger.text.contains("Schulen"));
    desk.send_again(&back, &anew).await;
}

#[tokio::test]
async fn orders_passwords_large_forms_and_forms_of_other_sites_are_not_kept() {
    let desk = Desk::new().await;
    desk.sign_out().await;
    let with = |name: &str, value: &str| {
        let mut form = desk.form.clone();
        form.push((name.to_owned(), value.to_owned()));
        form
    };
    let large = with("more", &"x".repeat(70_000));
    let password = with("password", "geheim-genug-und-lang");
    let release = "/freigaben/00000000-0000-0000-0000-000000000001/erteilen";
    for (path, form) in [(desk.path.as_str(), &large), (desk.path.as_str(), &password), (release, &desk.form)] {
        let answer = desk.send(path, "", form, "same-origin").await;
        assert_eq!((answer.status, kept(&answer)), (StatusCode::UNAUTHORIZED, String::new()), "{path}");
        let back = format!("name=\"weiter\" value=\"{}\"", desk.path);
        assert!(answer.text.contains(&back) && answer.text.contains("es wurde nichts gespeichert"), "{}", answer.text);
    }
    let elsewhere = desk.send(&desk.path, "", &desk.form, "cross-site").await;
    assert_eq!((elsewhere.status, kept(&elsewhere)), (StatusCode::UNAUTHORIZED, String::new()));
    assert!(!elsewhere.text.contains("type=\"password\""), "no form for other sites");
}
