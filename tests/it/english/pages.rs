//! What a person sees who asks for English.

use abruf::actor::Role;
use axum::body::Body;
use axum::http::header::{ACCEPT_LANGUAGE, REFERER, SET_COOKIE};
use axum::http::{Request, StatusCode};

use super::words::is_text;
use crate::web::Web;

const ENGLISH: &str = "abruf-sprache=en";
/// Main pages of the office, and who reads them.
const PAGES: &[&str] = &[
    "/",
    "/rahmenvertraege",
    "/berichte",
    "/berichte/einsparungen",
    "/verwaltung",
    "/verwaltung/mitglieder",
    "/verwaltung/vertraege",
    "/verwaltung/personen",
    "/verwaltung/recht",
    "/konto",
    "/hilfe",
    "/hilfe/regeln",
    "/datenschutz",
    "/barrierefreiheit",
    "/impressum",
    "/pruefen",
];

/// Headings, labels, buttons and heads of columns: nobody types those.
fn headings(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for tag in ["h1", "h2", "label", "legend", "button", "th scope=\"col\""] {
        let name = tag.split(' ').next().unwrap();
        for part in page.split(&format!("<{tag}")).skip(1) {
            let inner = part.split_once('>').unwrap().1.split(&format!("</{name}>")).next().unwrap();
            let text: String = inner.split('<').map(|it| it.split_once('>').map_or(it, |(_, text)| text)).collect();
            found.push(text.trim().to_owned());
        }
    }
    found
}

#[tokio::test]
async fn a_page_is_german_until_somebody_asks_for_english() {
    let web = Web::new().await;
    web.person("office@amt.example", Role::Office, web.body).await;
    let german = web.get("/anmelden", "").await;
    assert!(german.text.contains("<html lang=\"de\">") && german.text.contains("Passwort"), "{}", german.text);
    let english = web.get("/anmelden", ENGLISH).await;
    assert_eq!(english.header("content-language"), "en");
    assert!(english.text.contains("<html lang=\"en\">") && english.text.contains("Password"), "{}", english.text);
    assert!(!english.text.contains("Passwort"), "{}", english.text);
    let by_browser = Request::get("/anmelden").header(ACCEPT_LANGUAGE, "en-GB,en;q=0.8").body(Body::empty()).unwrap();
    assert!(web.send(by_browser).await.text.contains("Password"));
}

#[tokio::test]
async fn a_problem_is_told_in_english_and_an_answer_of_the_api_as_ever() {
    let web = Web::new().await;
    let page = web.get("/gibt-es-nicht", ENGLISH).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(!headings(&page.text).iter().any(|it| is_text(it) && it.contains("nicht")), "{}", page.text);
    let [german, english] = [web.get("/api/v1/contracts", "").await, web.get("/api/v1/contracts", ENGLISH).await];
    assert_eq!(german.json()["detail"], english.json()["detail"]);
}

#[tokio::test]
async fn the_choice_is_kept_and_one_goes_back_to_the_page() {
    let web = Web::new().await;
    let asked =
        Request::get("/sprache?nach=en").header(REFERER, "http://localhost/hilfe?q=1").body(Body::empty()).unwrap();
    let answer = web.send(asked).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/hilfe?q=1"));
    assert!(answer.header(SET_COOKIE.as_str()).starts_with(ENGLISH), "{}", answer.header("set-cookie"));
    let other = web.get("/sprache?nach=tlh", "").await;
    assert_eq!((other.status, other.header("set-cookie")), (StatusCode::SEE_OTHER, ""));
}

#[tokio::test]
async fn a_name_that_is_also_a_word_of_ours_stays_as_it_is_typed() {
    let web = Web::new().await;
    web.person("office@amt.example", Role::Office, web.body).await;
    sqlx::query("UPDATE person SET name = 'Rahmenverträge'").execute(&web.database.owner).await.unwrap();
    let session = web.sign_in("office@amt.example").await;
    let english = web.get("/", &format!("{session}; {ENGLISH}")).await.text;
    assert!(english.contains(">Framework contracts<"), "the entry of the navigation: {english}");
    assert!(english.contains("Good afternoon, <bdi lang=\"de\" translate=\"no\">Rahmenverträge</bdi>"), "{english}");
    let german = web.get("/", &session).await.text;
    assert!(german.contains("Guten Tag, Rahmenverträge"), "{german}");
    for page in [english, german] {
        assert!(!page.contains(['\u{fdd0}', '\u{fdd1}']), "a mark is left: {page}");
    }
}

#[tokio::test]
async fn no_heading_label_or_button_of_the_main_pages_stays_german() {
    let web = Web::new().await;
    web.person("office@amt.example", Role::Office, web.body).await;
    let cookie = format!("{}; {ENGLISH}", web.sign_in("office@amt.example").await);
    let mut german = Vec::new();
    for path in PAGES {
        let page = web.get(path, &cookie).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.header("location"));
        let found = headings(&page.text);
        assert!(!found.is_empty(), "{path}");
        // An English noun alone looks like a German one; a sentence does not.
        let is_german = |text: &&String| {
            text.contains(' ')
                && text
                    .split(' ')
                    .any(|word| ["und", "der", "die", "das", "Sie", "für", "von", "mit", "im"].contains(&word))
                || text.chars().any(|it| "äöüß".contains(it))
        };
        german.extend(found.iter().filter(is_german).map(|it| format!("{path}: {it}")));
    }
    assert!(german.is_empty(), "{}", german.join("\n"));
}
