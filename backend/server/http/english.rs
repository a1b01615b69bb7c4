//! Pages in English: they are written in German, and this layer says them in English to whoever asks for it.
//!
//! The catalogue (`backend/server/english/*.po`, and the rules' own English texts) holds every text of the templates, of
//! the answers and of the rules; `tests/it/english` fails for a text that is missing. What people typed, and what is
//! written in data, stays as it is. Documents, mails and the API stay German: they belong to files kept in German. So do
//! numbers and dates, because forms read them in that notation.

pub mod catalogue;
pub mod page;
pub mod typed;

use std::sync::LazyLock;

use abruf_domain::notation::Language;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, REFERER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use serde::Deserialize;

use self::catalogue::Catalogue;
use self::typed::unmarked;
use crate::http::access::local_address;
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::http::server::Server;

/// Holds the choice; nothing of the person.
const COOKIE: &str = "abruf-sprache";
const KEPT_FOR_DAYS: u32 = 365;

/// All English texts, read once.
pub static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(Catalogue::shipped);

/// Says a page in the language the browser asks for.
pub async fn translate(request: Request, next: Next) -> Response {
    let language = wanted(request.headers());
    let response = next.run(request).await;
    let is_page = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("text/html"));
    if is_page { said_in(language, response).await } else { response }
}

async fn said_in(language: Language, response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    // A page was rendered as a whole; it is in memory already.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else { return Problem::internal().into_response() };
    let written = String::from_utf8_lossy(&bytes);
    let page = match language {
        Language::English => page::in_english(&written, &CATALOGUE)
            .inspect_err(|error| tracing::error!(%error, "a page could not be said in English and is shown in German")),
        Language::German => Ok(unmarked(&written).into_owned()),
    };
    let said_in_english = language == Language::English && page.is_ok();
    let body = Body::from(page.unwrap_or_else(|_| unmarked(&written).into_owned()));
    parts.headers.remove(CONTENT_LENGTH);
    if said_in_english {
        parts.headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static("en"));
    }
    Response::from_parts(parts, body)
}

/// The language chosen in the foot of a page; else English for a browser that names it and does not name German.
fn wanted(headers: &HeaderMap) -> Language {
    match CookieJar::from_headers(headers).get(COOKIE).map(Cookie::value) {
        Some("en") => return Language::English,
        Some("de") => return Language::German,
        _ => {}
    }
    let asked = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let names =
        |tag: &str| asked.split(',').any(|it| it.trim().get(..2).is_some_and(|start| start.eq_ignore_ascii_case(tag)));
    if names("en") && !names("de") { Language::English } else { Language::German }
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    nach: String,
}

/// `GET /sprache?nach=en`: keeps the choice in a cookie and goes back to the page one came from; no choice is kept of
/// a language that there is not.
pub async fn choose(State(server): State<Server>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    let mut response = Redirect::to(&came_from(&headers)).into_response();
    let Some(choice) = ["de", "en"].into_iter().find(|it| *it == asked.nach) else { return response };
    let cookie = Cookie::build((COOKIE, choice))
        .path("/")
        .http_only(true)
        .secure(server.security.https)
        .same_site(SameSite::Lax)
        .build();
    let cookie = format!("{cookie}; Max-Age={}", KEPT_FOR_DAYS * 24 * 60 * 60);
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

/// Path and query of the page whose foot was used; the start page if the browser does not say or it is not ours.
fn came_from(headers: &HeaderMap) -> String {
    let page = headers.get(REFERER).and_then(|value| value.to_str().ok()).and_then(|value| value.parse::<Uri>().ok());
    page.as_ref()
        .and_then(Uri::path_and_query)
        .and_then(|it| local_address(it.as_str()))
        .filter(|it| !it.starts_with("/sprache"))
        .map_or_else(|| "/".to_owned(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(accepted: &'static str, cookie: &'static str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(accepted));
        headers.insert(axum::http::header::COOKIE, HeaderValue::from_static(cookie));
        wanted(&headers)
    }

    #[test]
    fn a_choice_counts_before_the_browser_and_german_before_english() {
        assert_eq!(asking("en-GB,en;q=0.9", ""), Language::English);
        assert_eq!(asking("de-DE,de;q=0.9,en;q=0.8", ""), Language::German);
        assert_eq!(asking("en,de;q=0.5", ""), Language::German, "a German office with an English browser");
        assert_eq!(asking("fr", ""), Language::German);
        assert_eq!(asking("de", "abruf-sprache=en"), Language::English);
        assert_eq!(asking("en", "abruf-sprache=de"), Language::German);
        assert_eq!(asking("en", "abruf-sprache=tlh"), Language::English);
    }

    #[test]
    fn one_goes_back_to_pages_of_ours_only() {
        let from = |address: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(REFERER, HeaderValue::from_static(address));
            came_from(&headers)
        };
        assert_eq!(from("https://abruf.example/abrufe?stand=offen"), "/abrufe?stand=offen");
        assert_eq!(from("https://abruf.example//anderswo.example/"), "/");
        assert_eq!(from("https://abruf.example/sprache?nach=en"), "/");
        assert_eq!(from("keine Adresse"), "/");
        assert_eq!(came_from(&HeaderMap::new()), "/");
    }
}
