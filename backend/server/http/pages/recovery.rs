//! `/anmelden/vergessen`: a link for whoever forgot their password. The answer is the same for everybody.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio::time::{Instant, sleep_until};

use crate::actions::recover_account;
use crate::http::extract::Form;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::problem::Problem;
use crate::http::rate::ClientAddress;
use crate::http::request_id::RequestId;
use crate::http::server::Server;
use crate::http::visitor::Visitor;

/// Longer than asking takes, with and without an account.
const ANSWERS_AFTER: Duration = Duration::from_millis(100);

#[derive(askama::Template)]
#[template(path = "pages/recovery.html")]
struct RecoveryPage {
    frame: Frame,
    possible: bool,
    asked: bool,
    missing: bool,
}

/// The form.
#[derive(Debug, Deserialize)]
pub struct Typed {
    #[serde(default)]
    email: String,
}

/// `GET /anmelden/vergessen`
pub async fn show(State(server): State<Server>, frame: Frame) -> impl IntoResponse {
    let possible = recover_account::is_possible(&server.app);
    Page(RecoveryPage { frame: frame.titled("Passwort vergessen"), possible, asked: false, missing: false })
}

/// `POST /anmelden/vergessen`
pub async fn submit(
    State(server): State<Server>,
    (client, visitor): (ClientAddress, Visitor),
    request: RequestId,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    server.security.limit.check(client)?;
    let possible = recover_account::is_possible(&server.app);
    if typed.email.trim().is_empty() {
        let frame = frame.titled("Passwort vergessen").with_mistakes();
        let page = RecoveryPage { frame, possible, asked: false, missing: true };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response());
    }
    // Whether there is such an account takes longer to write down; nobody is to hear it from the clock.
    let answers_at = Instant::now() + ANSWERS_AFTER;
    recover_account::recover(&server.app, &typed.email, (&visitor.origin, request.0)).await?;
    sleep_until(answers_at).await;
    let frame = frame.titled("Passwort vergessen");
    Ok(Page(RecoveryPage { frame, possible, asked: true, missing: false }).into_response())
}
