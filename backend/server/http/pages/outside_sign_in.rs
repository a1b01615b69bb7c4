//! `/anmelden/extern/{anbieter}`: to an outside provider and back again.

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::actions::sign_in::Due;
use crate::actions::sign_in_outside::{self, Answer, CameIn, For, LASTS, Outcome, OutsideError, Refusal};
use crate::http::access::{SET_UP, SHOW_CODE, encoded, local_address};
use crate::http::extract::{Form, Path, Query};
use crate::http::filters;
use crate::http::kept_form::is_kept;
use crate::http::layout::{Frame, Page};
use crate::http::pages::kept_form::go_on;
use crate::http::pages::second_factor_code;
use crate::http::problem::Problem;
use crate::http::rate::ClientAddress;
use crate::http::request_id::RequestId;
use crate::http::server::Server;
use crate::http::session::{self, Current};
use crate::http::visitor::Visitor;
use crate::oidc::Provider;

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    weiter: String,
}

/// The answer of a provider.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Answered {
    state: String,
    code: Option<String>,
    iss: Option<String>,
}

/// The form of the sign-in page, where a form of before waits.
#[derive(Debug, Deserialize)]
pub struct WithKept {
    #[serde(default)]
    weiter: String,
    #[serde(default, rename = "bewahrt")]
    kept: String,
}

/// What a provider sends when somebody signs out there.
#[derive(Debug, Deserialize)]
pub struct LogoutToken {
    logout_token: SecretString,
}

#[derive(askama::Template)]
#[template(path = "pages/outside_go.html")]
struct GoPage {
    frame: Frame,
    name: String,
    page: String,
    /// The account is tied on the way.
    ties: bool,
}

/// `GET /anmelden/extern/{anbieter}`
pub async fn begin(
    State(server): State<Server>,
    client: ClientAddress,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let provider = server.security.providers.find(&key).ok_or_else(Problem::not_found)?;
    server.security.limit.check(client)?;
    let back_to = local_address(&asked.weiter).unwrap_or("/");
    match sign_in_outside::begin(&server.app, provider, For::SigningIn(None), back_to).await {
        Ok(begun) => Ok(([(SET_COOKIE, cookie(&server, &begun.browser)?)], Redirect::to(&begun.page)).into_response()),
        Err(error) => {
            not_reached(provider, error)?;
            Ok(Redirect::to(&format!("/anmelden?hinweis={}", hint(Refusal::Unreachable))).into_response())
        }
    }
}

/// `POST /anmelden/extern/{anbieter}`: with what was typed before the session was over.
pub async fn begin_with_form(
    State(server): State<Server>,
    client: ClientAddress,
    frame: Frame,
    Path(key): Path<String>,
    Form(sent): Form<WithKept>,
) -> Result<Response, Problem> {
    let provider = server.security.providers.find(&key).ok_or_else(Problem::not_found)?;
    server.security.limit.check(client)?;
    let kept = Some(sent.kept.as_str()).filter(|kept| is_kept(&server, kept));
    go(&server, frame, provider, For::SigningIn(kept), local_address(&sent.weiter).unwrap_or("/")).await
}

/// Shows where it goes on. A form of ours may not lead a browser away, so that a link does.
pub(super) async fn go(
    server: &Server,
    frame: Frame,
    provider: &Provider,
    purpose: For<'_>,
    back_to: &str,
) -> Result<Response, Problem> {
    let ties = !matches!(purpose, For::SigningIn(_));
    match sign_in_outside::begin(&server.app, provider, purpose, back_to).await {
        Ok(begun) => {
            let name = provider.name().to_owned();
            let page = Page(GoPage { frame: frame.titled("Weiter zum Anmeldedienst"), name, page: begun.page, ties });
            Ok(([(SET_COOKIE, cookie(server, &begun.browser)?)], page).into_response())
        }
        Err(error) => {
            not_reached(provider, error)?;
            Err(Problem::try_again())
        }
    }
}

fn not_reached(provider: &Provider, error: OutsideError) -> Result<(), Problem> {
    match error {
        OutsideError::Storage(error) => Err(error.into()),
        OutsideError::Provider(error) => {
            tracing::warn!(provider = provider.key(), %error, "a provider could not be asked");
            Ok(())
        }
    }
}

/// `GET /anmelden/extern/{anbieter}/antwort`
pub async fn answer(
    State(server): State<Server>,
    (client, visitor): (ClientAddress, Visitor),
    (request, jar): (RequestId, CookieJar),
    (current, frame): (Option<axum::Extension<std::sync::Arc<Current>>>, Frame),
    Path(key): Path<String>,
    Query(answered): Query<Answered>,
) -> Result<Response, Problem> {
    let provider = server.security.providers.find(&key).ok_or_else(Problem::not_found)?;
    server.security.limit.check(client)?;
    let browser = jar.get(cookie_name(&server)).map(|it| it.value().to_owned()).unwrap_or_default();
    let answer = Answer {
        state: &answered.state,
        code: answered.code.as_deref().filter(|code| !code.is_empty()),
        issuer: answered.iss.as_deref(),
        browser: &browser,
        // A session that lacks its second factor ties nothing.
        signed_in: current.filter(|it| it.due == Due::Nothing).map(|it| it.session.person),
        origin: &visitor.origin,
        request: request.0,
    };
    let outcome = sign_in_outside::finish(&server.app, &server.security.door, provider, answer).await?;
    let forget = set_cookie(&server, "", 0)?;
    let mut response = match outcome {
        Outcome::In(CameIn { due, session, back_to, kept }) => {
            let to = match due {
                Due::Nothing => back_to.clone(),
                Due::Enrolment => format!("{SET_UP}?weiter={}", encoded(&back_to)),
                Due::Code => format!("{SHOW_CODE}?weiter={}", encoded(&back_to)),
            };
            let cookie = session::cookie(&server, &session, server.app.clock.now())?;
            let onwards = ([(SET_COOKIE, cookie.clone())], Redirect::to(&to)).into_response();
            match due {
                Due::Nothing => go_on(&server, &session, (&visitor, request), frame, onwards, &kept).await?,
                Due::Code if !kept.is_empty() => {
                    let token = server.security.form_tokens.of(session.id);
                    ([(SET_COOKIE, cookie)], second_factor_code::ask(frame, token, back_to, kept)).into_response()
                }
                Due::Code | Due::Enrolment => onwards,
            }
        }
        Outcome::Tied => Redirect::to("/konto/anbieter?hinweis=verbunden").into_response(),
        Outcome::Refused(refusal, true) => {
            Redirect::to(&format!("/konto/anbieter?hinweis={}", hint(refusal))).into_response()
        }
        Outcome::Refused(refusal, false) => {
            Redirect::to(&format!("/anmelden?hinweis={}", hint(refusal))).into_response()
        }
    };
    response.headers_mut().append(SET_COOKIE, forget);
    Ok(response)
}

/// `POST /anmelden/extern/{anbieter}/abmelden`: a provider says that somebody signed out there.
pub async fn logged_out(
    State(server): State<Server>,
    (client, visitor): (ClientAddress, Visitor),
    request: RequestId,
    Path(key): Path<String>,
    Form(sent): Form<LogoutToken>,
) -> Result<StatusCode, Problem> {
    let provider = server.security.providers.find(&key).ok_or_else(Problem::not_found)?;
    server.security.limit.check(client)?;
    let (token, at) = (sent.logout_token.expose_secret(), (&visitor.origin, request.0));
    match sign_in_outside::end_by_provider(&server.app, provider, token, at).await {
        Ok(()) => Ok(StatusCode::OK),
        Err(error) => {
            not_reached(provider, error)?;
            Err(Problem::bad_request("Diese Nachricht eines Anmeldedienstes wird nicht geglaubt."))
        }
    }
}

/// The hint of a refusal in addresses.
const fn hint(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Stale => "extern-neu",
        Refusal::BrokenOff => "extern-abgebrochen",
        Refusal::Unreachable => "extern-weg",
        Refusal::NotBelieved => "extern-abgelehnt",
        Refusal::NobodyTied => "extern-unbekannt",
        Refusal::TiedAlready => "extern-vergeben",
        Refusal::LinkGone => "extern-link",
        Refusal::NothingToActFor => "extern-aufgabe",
    }
}

/// What a hint of the address says; none for any other.
pub(super) fn said(hint: &str) -> Option<&'static str> {
    Some(match hint {
        "extern-neu" => {
            "Diese Anmeldung wurde nicht in diesem Browser begonnen, ist schon beantwortet oder dauerte länger als zehn Minuten. Bitte beginnen Sie neu."
        }
        "extern-abgebrochen" => {
            "Die Anmeldung beim Anmeldedienst wurde abgebrochen. Bitte beginnen Sie neu oder melden Sie sich mit Passwort an."
        }
        "extern-weg" => {
            "Der Anmeldedienst antwortet gerade nicht. Bitte versuchen Sie es in einigen Minuten noch einmal oder melden Sie sich mit Passwort an."
        }
        "extern-abgelehnt" => {
            "Die Antwort des Anmeldedienstes passt nicht zu dieser Anmeldung. Bitte beginnen Sie neu. Geschieht es wieder, sagen Sie es Ihrer Administration."
        }
        "extern-unbekannt" => {
            "Mit diesem Konto des Anmeldedienstes ist hier niemand verbunden. Öffnen Sie den Link Ihrer Einladung, oder melden Sie sich mit Passwort an und verbinden Sie es unter Konto, Anmeldedienste."
        }
        "extern-vergeben" => {
            "Dieses Konto des Anmeldedienstes ist schon verbunden, oder Sie haben bei ihm schon ein anderes verbunden. Trennen Sie es zuerst unter Konto, Anmeldedienste."
        }
        "extern-link" => {
            "Der Link gilt nicht mehr oder ist nur für ein Passwort. Ihre Administration schickt Ihnen eine neue Einladung."
        }
        "extern-aufgabe" => {
            "Ihr Anmeldedienst nennt keine Rolle und kein Mitglied, für die Sie in Abruf eine Aufgabe haben. Bitte wenden Sie sich an Ihre Administration."
        }
        _ => return None,
    })
}

fn cookie_name(server: &Server) -> &'static str {
    if server.security.https { "__Host-abruf-outside" } else { "abruf-outside" }
}

fn cookie(server: &Server, browser: &str) -> Result<HeaderValue, Problem> {
    set_cookie(server, browser, LASTS.num_seconds())
}

/// Sent along when the provider leads back here, which is no form: `Lax`.
fn set_cookie(server: &Server, value: &str, max_age_seconds: i64) -> Result<HeaderValue, Problem> {
    let cookie = Cookie::build((cookie_name(server), value.to_owned()))
        .path("/")
        .http_only(true)
        .secure(server.security.https)
        .same_site(SameSite::Lax)
        .build();
    HeaderValue::from_str(&format!("{cookie}; Max-Age={max_age_seconds}")).map_err(|_| Problem::internal())
}
