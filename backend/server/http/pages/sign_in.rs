//! `/anmelden` and `/abmelden`.

use axum::extract::State;
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use chrono_tz::Europe::Berlin;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::actions::sign_in::{self, Attempt, Due, Outcome};
use crate::actor::RunsAs;
use crate::http::access::{SET_UP, SHOW_CODE, encoded, local_address};
use crate::http::extract::{Form, Query};
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::first_steps::NobodyYetPage;
use crate::http::pages::outside_sign_in::said;
use crate::http::pages::{kept_form, second_factor_code};
use crate::http::problem::{Problem, Slug};
use crate::http::rate::ClientAddress;
use crate::http::request_id::RequestId;
use crate::http::server::Server;
use crate::http::session::{self, CurrentSession};
use crate::http::visitor::Visitor;
use crate::storage::sessions::Session;
use crate::storage::{StorageError, first_steps, provider_sessions};

#[derive(askama::Template)]
#[template(path = "pages/sign_in.html")]
struct SignInPage {
    frame: Frame,
    email: String,
    weiter: String,
    /// A form that met no session, sealed.
    kept: String,
    refused: Option<String>,
    notice: Option<&'static str>,
    /// Keys and names of outside providers.
    providers: Vec<(String, String)>,
    /// Where to sign out at the provider too: its name and address.
    sign_out: Option<(String, String)>,
    /// The address to go on to, for links.
    on: String,
}

impl SignInPage {
    fn new(server: &Server, frame: Frame, email: String, weiter: String) -> Self {
        Self {
            frame: frame.titled("Anmelden"),
            email,
            on: encoded(local_address(&weiter).unwrap_or("/")),
            weiter,
            kept: String::new(),
            refused: None,
            notice: None,
            providers: server.security.providers.buttons(),
            sign_out: None,
        }
    }
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    weiter: String,
    #[serde(default)]
    hinweis: String,
    #[serde(default)]
    anbieter: String,
}

/// The form.
#[derive(Debug, Deserialize)]
pub struct Credentials {
    email: String,
    password: SecretString,
    #[serde(default)]
    weiter: String,
    #[serde(default, rename = "bewahrt")]
    kept: String,
}

/// `GET /anmelden`
pub async fn show(State(server): State<Server>, frame: Frame, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let mut tx = server.app.db.begin(RunsAs::SignIn).await?;
    if first_steps::nobody_is_there(&mut tx).await? {
        return Ok(Page(NobodyYetPage { frame: frame.titled("Willkommen") }).into_response());
    }
    tx.rollback().await.map_err(StorageError::from)?;
    let notice = match asked.hinweis.as_str() {
        "abgemeldet" => Some("Sie sind abgemeldet."),
        "pause" => Some("Zu viele falsche Codes. Bitte melden Sie sich in 15 Minuten neu an."),
        "eingerichtet" => Some("Ihr Passwort ist gespeichert. Bitte melden Sie sich damit an."),
        other if said(other).is_some() => said(other),
        _ if local_address(&asked.weiter).is_some_and(|to| to != "/") => {
            Some("Bitte melden Sie sich an. Danach geht es auf der Seite weiter, die Sie öffnen wollten.")
        }
        _ => None,
    };
    let mut page = SignInPage { notice, ..SignInPage::new(&server, frame, String::new(), asked.weiter) };
    if let Some(provider) = server.security.providers.find(&asked.anbieter).filter(|_| asked.hinweis == "abgemeldet") {
        let back_to = format!("{}/anmelden", server.app.base_url);
        page.sign_out = provider.sign_out_page(&back_to).await.map(|url| (provider.name().to_owned(), url));
    }
    Ok(Page(page).into_response())
}

/// In answer to a form: nobody is signed in any more. `kept` is the form, sealed, or empty if it cannot be kept.
pub fn session_is_over(server: &Server, frame: Frame, page: String, kept: String) -> Response {
    let notice = if kept.is_empty() {
        "Ihre Sitzung ist zu Ende, und es wurde nichts gespeichert. Nach der Anmeldung geht es auf derselben Seite weiter."
    } else {
        "Ihre Sitzung ist zu Ende, und Ihre Eingaben sind noch nicht gespeichert. Bitte melden Sie sich innerhalb von 30 Minuten an: Dann können Sie sie absenden, ohne etwas neu einzugeben."
    };
    let page = SignInPage { kept, notice: Some(notice), ..SignInPage::new(server, frame, String::new(), page) };
    let mut response = (StatusCode::UNAUTHORIZED, Page(page)).into_response();
    response.extensions_mut().insert(Slug("unauthenticated"));
    response
}

/// `POST /anmelden`
pub async fn submit(
    State(server): State<Server>,
    (client, visitor): (ClientAddress, Visitor),
    request: RequestId,
    frame: Frame,
    Form(form): Form<Credentials>,
) -> Result<Response, Problem> {
    server.security.limit.check(client)?;
    if form.email.trim().is_empty() || form.password.expose_secret().is_empty() {
        // Nothing was tried, so nothing counts as an attempt.
        let refused = Some("Bitte geben Sie E-Mail und Passwort ein.".to_owned());
        let page = SignInPage::new(&server, frame.with_mistakes(), form.email, form.weiter);
        let page = SignInPage { refused, kept: form.kept, ..page };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response());
    }
    let attempt = Attempt {
        email: &form.email,
        password: form.password,
        code: None,
        may_wait: true,
        place: visitor.place(&server, &form.email),
        origin: &visitor.origin,
        request: request.0,
    };
    let outcome = sign_in::sign_in(&server.app, &server.security.door, attempt).await?;
    let (status, refused, wait) = match outcome {
        Outcome::Welcome(session) => {
            let onwards = welcome(&server, &session, &visitor, &form.email, &form.weiter)?;
            return kept_form::go_on(&server, &session, (&visitor, request), frame, onwards, &form.kept).await;
        }
        Outcome::Lacks(due, session) => {
            let session = session.ok_or_else(Problem::internal)?;
            let to = if due == Due::Enrolment { SET_UP } else { SHOW_CODE };
            let to = match local_address(&form.weiter) {
                Some(weiter) if weiter != "/" => format!("{to}?weiter={}", encoded(weiter)),
                _ => to.to_owned(),
            };
            let cookie = session::cookie(&server, &session, server.app.clock.now())?;
            if due == Due::Code && !form.kept.is_empty() {
                let token = server.security.form_tokens.of(session.id);
                let page = second_factor_code::ask(frame, token, form.weiter, form.kept);
                return Ok(([(SET_COOKIE, cookie)], page).into_response());
            }
            return Ok(([(SET_COOKIE, cookie)], Redirect::to(&to)).into_response());
        }
        Outcome::Refused { left } => (StatusCode::UNPROCESSABLE_ENTITY, refusal(left), None),
        Outcome::Paused { until } => {
            let wait = (until - server.app.clock.now()).num_seconds().max(1);
            (StatusCode::TOO_MANY_REQUESTS, pause(until), Some(HeaderValue::from(wait)))
        }
    };
    let page = SignInPage::new(&server, frame.with_mistakes(), form.email, form.weiter);
    let page = Page(SignInPage { refused: Some(refused), kept: form.kept, ..page });
    let mut response = (status, page).into_response();
    if let Some(wait) = wait {
        response.headers_mut().insert(RETRY_AFTER, wait);
    }
    Ok(response)
}

/// What the browser throws away at the sign-out: pages it keeps, and storage of scripts, which hold nothing of ours. Not
/// "cookies": that of the session is taken away by name, while the language and the mark of a known browser, which says
/// nothing about anybody, outlive a sign-out; without the mark, whoever guesses elsewhere could lock the person out.
const CLEARED: &str = r#""cache", "storage""#;

/// `POST /abmelden`
pub async fn sign_out(
    State(server): State<Server>,
    visitor: Visitor,
    request: RequestId,
    CurrentSession(current): CurrentSession,
) -> Result<impl IntoResponse, Problem> {
    let mut tx = server.app.db.begin(RunsAs::SignIn).await?;
    let issuer = provider_sessions::issuer_of(&mut tx, current.session.id).await?;
    tx.rollback().await?;
    sign_in::sign_out(&server.app, &current.session, &visitor.origin, request.0).await?;
    let provider = issuer.and_then(|issuer| server.security.providers.of_issuer(&issuer));
    let to = match provider {
        // Signing out there too is for the person to choose: other programs may hang on it.
        Some(provider) => format!("/anmelden?hinweis=abgemeldet&anbieter={}", provider.key()),
        None => "/anmelden?hinweis=abgemeldet".to_owned(),
    };
    let cleared = (HeaderName::from_static("clear-site-data"), HeaderValue::from_static(CLEARED));
    Ok(([(SET_COOKIE, session::no_cookie(&server)?), cleared], Redirect::to(&to)))
}

/// Goes on to where the person wanted to go, by way of choosing whom to act for if need be. From now on the browser is
/// known for this account.
pub(super) fn welcome(
    server: &Server,
    session: &Session,
    visitor: &Visitor,
    email: &str,
    weiter: &str,
) -> Result<Response, Problem> {
    let to = local_address(weiter).unwrap_or("/");
    let cookie = session::cookie(server, session, server.app.clock.now())?;
    let mut response = ([(SET_COOKIE, cookie)], Redirect::to(to)).into_response();
    if let Some(known) = visitor.remembered(server, email) {
        response.headers_mut().append(SET_COOKIE, known);
    }
    Ok(response)
}

/// The same for a wrong password and for an address nobody has.
#[must_use]
pub fn refusal(left: i32) -> String {
    let attempts = if left == 1 { "1 Versuch".to_owned() } else { format!("{left} Versuche") };
    format!("E-Mail oder Passwort stimmen nicht. Noch {attempts}, danach 15 Minuten Pause.")
}

/// After the last attempt.
#[must_use]
pub fn pause(until: DateTime<Utc>) -> String {
    // Rounded up: at the minute named it must work.
    let until = (until + chrono::TimeDelta::seconds(59)).with_timezone(&Berlin);
    format!("Zu viele Fehlversuche. Bitte versuchen Sie es ab {} Uhr noch einmal.", until.format("%H:%M"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_say_how_to_go_on() {
        assert_eq!(refusal(3), "E-Mail oder Passwort stimmen nicht. Noch 3 Versuche, danach 15 Minuten Pause.");
        assert!(refusal(1).contains("Noch 1 Versuch,"));
        assert!(pause("2026-11-22T12:15:01Z".parse().unwrap()).contains("ab 13:16 Uhr"));
    }
}
