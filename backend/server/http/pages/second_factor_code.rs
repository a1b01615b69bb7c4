//! `/anmelden/code`: after the password, the code of the second factor.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::actions::pass_second_factor;
use crate::actions::sign_in::{Due, Outcome};
use crate::actor::RunsAs;
use crate::http::access::{SET_UP, local_address};
use crate::http::extract::{Form, Query};
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::kept_form::go_on;
use crate::http::pages::sign_in::welcome;
use crate::http::problem::Problem;
use crate::http::rate::ClientAddress;
use crate::http::request_id::RequestId;
use crate::http::server::Server;
use crate::http::session::{self, CurrentSession};
use crate::http::visitor::Visitor;
use crate::storage::{StorageError, people};

#[derive(askama::Template)]
#[template(path = "pages/second_factor_code.html")]
struct CodePage {
    frame: Frame,
    weiter: String,
    /// A form that met no session, sealed.
    kept: String,
    refused: Option<String>,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    weiter: String,
}

/// The form.
#[derive(Debug, Deserialize)]
pub struct Typed {
    #[serde(default)]
    code: String,
    #[serde(default)]
    weiter: String,
    #[serde(default, rename = "bewahrt")]
    kept: String,
}

/// `GET /anmelden/code`
pub async fn show(CurrentSession(current): CurrentSession, frame: Frame, Query(asked): Query<Asked>) -> Response {
    match current.due {
        Due::Code => {
            let token = frame.form_token.clone();
            ask(frame, token, asked.weiter, String::new())
        }
        Due::Enrolment => Redirect::to(SET_UP).into_response(),
        Due::Nothing => Redirect::to(local_address(&asked.weiter).unwrap_or("/")).into_response(),
    }
}

/// Asks for the code of a session that has just begun, with its form token; `kept` is a form that waits, or empty.
pub(super) fn ask(mut frame: Frame, form_token: String, weiter: String, kept: String) -> Response {
    frame.form_token = form_token;
    Page(CodePage { frame: frame.titled("Code eingeben"), weiter, kept, refused: None }).into_response()
}

/// `POST /anmelden/code`
pub async fn submit(
    State(server): State<Server>,
    (client, visitor): (ClientAddress, Visitor),
    request: RequestId,
    CurrentSession(current): CurrentSession,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    server.security.limit.check(client)?;
    if current.due != Due::Code {
        return Ok(Redirect::to("/").into_response());
    }
    let page = |frame: Frame, refused: String| {
        let frame = frame.titled("Code eingeben").with_mistakes();
        let (weiter, kept) = (typed.weiter.clone(), typed.kept.clone());
        let page = CodePage { frame, weiter, kept, refused: Some(refused) };
        (StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response()
    };
    if typed.code.trim().is_empty() {
        return Ok(page(frame, "Bitte geben Sie den Code ein, den Ihre App gerade anzeigt.".to_owned()));
    }
    let place = |email: &str| visitor.place(&server, email);
    let at = (&visitor.origin, request.0);
    let door = &server.security.door;
    match pass_second_factor::pass(&server.app, door, &current.session, &typed.code, place, at).await? {
        Outcome::Welcome(session) => {
            let mut tx = server.app.db.begin(RunsAs::SignIn).await?;
            let email = people::sign_in_name(&mut tx, session.person).await?;
            tx.rollback().await.map_err(StorageError::from)?;
            let onwards = welcome(&server, &session, &visitor, &email, &typed.weiter)?;
            go_on(&server, &session, (&visitor, request), frame, onwards, &typed.kept).await
        }
        Outcome::Refused { left } => {
            let attempts = if left == 1 { "1 Versuch".to_owned() } else { format!("{left} Versuche") };
            Ok(page(
                frame,
                format!(
                    "Dieser Code gilt nicht oder nicht mehr. Warten Sie auf den nächsten Ihrer App. Noch {attempts}, danach 15 Minuten Pause."
                ),
            ))
        }
        Outcome::Paused { until } => {
            let wait = (until - server.app.clock.now()).num_seconds().max(1).to_string();
            let gone = [(SET_COOKIE, session::no_cookie(&server)?)];
            let mut response = (gone, Redirect::to("/anmelden?hinweis=pause")).into_response();
            if let Ok(wait) = wait.parse() {
                response.headers_mut().insert(RETRY_AFTER, wait);
            }
            Ok(response)
        }
        Outcome::Lacks(..) => Err(Problem::internal()),
    }
}
