//! `/konto/zweiter-faktor`: set a second factor up, draw recovery codes anew, take it away. Works without JavaScript: the
//! secret is a picture and a text.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use qrcodegen::{QrCode, QrCodeEcc};
use serde::Deserialize;

use crate::actions::enrol_second_factor::{self, Changed, Standing};
use crate::actions::sign_in::Due;
use crate::http::access::{SHOW_CODE, local_address};
use crate::http::extract::{Form, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::written::{count, day_of};
use crate::http::problem::Problem;
use crate::http::rate::ClientAddress;
use crate::http::request_id::RequestId;
use crate::http::server::Server;
use crate::http::session::{self, Current, CurrentSession};
use crate::http::visitor::Visitor;

#[derive(askama::Template)]
#[template(path = "pages/second_factor.html")]
struct FactorPage {
    frame: Frame,
    due: bool,
    weiter: String,
    hint: &'static str,
    mistakes: Mistakes,
    state: StateView,
}

enum StateView {
    /// To be set up.
    Proposed { text: String, qr: Option<Picture>, account: String },
    /// Set up.
    Confirmed { since: String, codes: String, needed: bool },
    /// Recovery codes, shown once.
    Codes(Vec<String>),
}

/// A QR code as one path of squares.
struct Picture {
    size: i32,
    path: String,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    weiter: String,
    hinweis: String,
}

/// The forms.
#[derive(Debug, Deserialize)]
pub struct Typed {
    #[serde(default)]
    code: String,
    #[serde(default)]
    weiter: String,
}

/// `GET /konto/zweiter-faktor`
pub async fn show(
    State(server): State<Server>,
    CurrentSession(current): CurrentSession,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    if current.due == Due::Code {
        return Ok(Redirect::to(SHOW_CODE).into_response());
    }
    let mut page = page(&server, &current, frame, asked.weiter, Mistakes::default()).await?;
    if asked.hinweis == "entfernt" {
        page.hint = "Der zweite Faktor ist entfernt.";
    }
    Ok(Page(page).into_response())
}

/// `POST /konto/zweiter-faktor`: the first code of the app.
pub async fn confirm(
    State(server): State<Server>,
    (client, visitor): (ClientAddress, Visitor),
    request: RequestId,
    CurrentSession(current): CurrentSession,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    server.security.limit.check(client)?;
    if current.due == Due::Code {
        return Ok(Redirect::to(SHOW_CODE).into_response());
    }
    let at = (&visitor.origin, request.0);
    let door = &server.security.door;
    let changed = enrol_second_factor::confirm(&server.app, door, &current.session, &typed.code, at).await?;
    changed_page(&server, &current, frame, changed, "code", typed.weiter).await
}

/// `POST /konto/zweiter-faktor/codes`
pub async fn renew_codes(
    State(server): State<Server>,
    (client, visitor): (ClientAddress, Visitor),
    request: RequestId,
    CurrentSession(current): CurrentSession,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    server.security.limit.check(client)?;
    let (at, place) = ((&visitor.origin, request.0), |email: &str| visitor.place(&server, email));
    let door = &server.security.door;
    let changed =
        enrol_second_factor::renew_codes(&server.app, door, &current.session, (&typed.code, place), at).await?;
    changed_page(&server, &current, frame, changed, "code-neu", typed.weiter).await
}

/// `POST /konto/zweiter-faktor/entfernen`
pub async fn remove(
    State(server): State<Server>,
    (client, visitor): (ClientAddress, Visitor),
    request: RequestId,
    CurrentSession(current): CurrentSession,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    server.security.limit.check(client)?;
    let (at, place) = ((&visitor.origin, request.0), |email: &str| visitor.place(&server, email));
    let door = &server.security.door;
    let changed = enrol_second_factor::remove(&server.app, door, &current.session, (&typed.code, place), at).await?;
    changed_page(&server, &current, frame, changed, "code-weg", typed.weiter).await
}

async fn changed_page(
    server: &Server,
    current: &Current,
    mut frame: Frame,
    changed: Changed,
    field: &'static str,
    weiter: String,
) -> Result<Response, Problem> {
    match changed {
        Changed::Codes(codes, session) => {
            let cookie = session::cookie(server, &session, server.app.clock.now())?;
            // The forms of this page belong to the session that goes on.
            frame.form_token = server.security.form_tokens.of(session.id);
            let page = FactorPage {
                frame: frame.titled("Wiederherstellungscodes"),
                due: false,
                weiter: local_address(&weiter).unwrap_or("/").to_owned(),
                hint: "",
                mistakes: Mistakes::default(),
                state: StateView::Codes(codes),
            };
            Ok(([(SET_COOKIE, cookie)], Page(page)).into_response())
        }
        Changed::Done => Ok(Redirect::to("/konto/zweiter-faktor?hinweis=entfernt").into_response()),
        Changed::NotNow => Ok(Redirect::to("/konto/zweiter-faktor").into_response()),
        Changed::WrongCode => {
            let mut mistakes = Mistakes::default();
            mistakes.add(
                field,
                "Dieser Code gilt nicht oder nicht mehr. Warten Sie auf den nächsten Ihrer App; geht die Uhr des Telefons richtig?",
            );
            let page = page(server, current, frame.with_mistakes(), weiter, mistakes).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
    }
}

async fn page(
    server: &Server,
    current: &Current,
    frame: Frame,
    weiter: String,
    mistakes: Mistakes,
) -> Result<FactorPage, Problem> {
    let state = match enrol_second_factor::standing(&server.app, &server.security.door, &current.session).await? {
        Standing::Proposed { secret, account } => {
            StateView::Proposed { text: secret.text(), qr: picture(&secret.address(&account)), account }
        }
        Standing::Confirmed { since, codes_left, needed } => StateView::Confirmed {
            since: day_of(since),
            codes: count(codes_left, "Wiederherstellungscode", "Wiederherstellungscodes"),
            needed,
        },
    };
    let due = current.due == Due::Enrolment;
    Ok(FactorPage { frame: frame.titled("Zweiter Faktor"), due, weiter, hint: "", mistakes, state })
}

/// With a border of four modules, as the standard wants it.
fn picture(text: &str) -> Option<Picture> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        for x in (0..size).filter(|x| code.get_module(*x, y)) {
            path.push_str(&format!("M{},{}h1v1h-1z", x + 4, y + 4));
        }
    }
    Some(Picture { size: size + 8, path })
}

#[cfg(test)]
mod tests {
    use super::picture;

    #[test]
    fn a_secret_becomes_a_picture_with_a_border() {
        let picture =
            picture("otpauth://totp/Abruf:eva%40x.de?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Abruf").unwrap();
        assert!(29 < picture.size && picture.path.starts_with("M4,4h1v1h-1z"));
    }
}
