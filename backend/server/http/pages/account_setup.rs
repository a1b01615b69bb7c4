//! `/konto/einrichten/{token}`: a one-time link lets a person set a password.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use secrecy::SecretString;
use serde::Deserialize;

use crate::actions::judge_password::{self, Typed};
use crate::actions::set_up_account;
use crate::actions::sign_in_outside::For;
use crate::actor::RunsAs;
use crate::http::extract::{Form, Path};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::outside_sign_in::go;
use crate::http::problem::Problem;
use crate::http::rate::ClientAddress;
use crate::http::request_id::RequestId;
use crate::http::server::Server;
use crate::http::visitor::Visitor;
use crate::password::MIN_CHARACTERS;
use crate::storage::one_time_links::Purpose;
use crate::storage::{StorageError, api_keys};

#[derive(askama::Template)]
#[template(path = "pages/account_setup.html")]
struct AccountSetupPage {
    frame: Frame,
    name: String,
    email: String,
    hint: String,
    mistakes: Mistakes,
    token: String,
    /// Keys of programs that a new password revokes.
    keys: i64,
    /// Where one can sign in instead of having a password; only by a link that lets one.
    providers: Vec<(String, String)>,
}

/// The form.
#[derive(Debug, Deserialize)]
pub struct NewPassword {
    password: SecretString,
    repeated: SecretString,
}

/// `GET /konto/einrichten/{token}`
pub async fn show(State(server): State<Server>, frame: Frame, Path(token): Path<String>) -> Result<Response, Problem> {
    page(&server, frame, &token, Mistakes::default()).await
}

/// `POST /konto/einrichten/{token}`
pub async fn submit(
    State(server): State<Server>,
    (client, visitor): (ClientAddress, Visitor),
    request: RequestId,
    frame: Frame,
    Path(token): Path<String>,
    Form(form): Form<NewPassword>,
) -> Result<Response, Problem> {
    server.security.limit.check(client)?;
    let link = set_up_account::open_link(&server.app, &token).await?.ok_or_else(gone)?;
    let new = Typed { password: form.password, repeated: form.repeated };
    let fit = match judge_password::judge(&server.app, link.person, new).await? {
        Ok(fit) => fit,
        Err(wrong) => return page(&server, frame.with_mistakes(), &token, Mistakes(vec![wrong])).await,
    };
    let (place, at) = (visitor.place(&server, &link.email), (&visitor.origin, request.0));
    if set_up_account::set_password(&server.app, &token, fit, &place, at).await? {
        Ok(Redirect::to("/anmelden?hinweis=eingerichtet").into_response())
    } else {
        Err(gone())
    }
}

/// `POST /konto/einrichten/{token}/{anbieter}`: no password, but an account of a provider.
pub async fn outside(
    State(server): State<Server>,
    client: ClientAddress,
    frame: Frame,
    Path((token, key)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let provider = server.security.providers.find(&key).ok_or_else(Problem::not_found)?;
    server.security.limit.check(client)?;
    let link = set_up_account::open_link(&server.app, &token).await?.ok_or_else(gone)?;
    if !lets_tie(&link.purpose) {
        return Err(gone());
    }
    go(&server, frame, provider, For::Link(&token), "/").await
}

/// Links after a forgotten password, and those of an emergency, are for a password only.
fn lets_tie(purpose: &str) -> bool {
    [Purpose::Invitation.key(), Purpose::SetUp.key()].contains(&purpose)
}

async fn page(server: &Server, frame: Frame, token: &str, mistakes: Mistakes) -> Result<Response, Problem> {
    let link = set_up_account::open_link(&server.app, token).await?.ok_or_else(gone)?;
    let mut tx = server.app.db.begin(RunsAs::SignIn).await?;
    let keys = api_keys::count_living(&mut tx, link.person, server.app.clock.now()).await?;
    tx.rollback().await.map_err(StorageError::from)?;
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = AccountSetupPage {
        frame: frame.titled("Passwort festlegen"),
        name: link.name,
        email: link.email,
        hint: format!("Mindestens {MIN_CHARACTERS} Zeichen. Mehrere Wörter sind gut zu merken und schwer zu raten."),
        mistakes,
        token: token.to_owned(),
        keys,
        providers: if lets_tie(&link.purpose) { server.security.providers.buttons() } else { Vec::new() },
    };
    Ok((status, Page(page)).into_response())
}

fn gone() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "link-gone",
        "Dieser Link gilt nicht mehr",
        "Der Link ist abgelaufen oder wurde schon benutzt. Ihre Administration schickt Ihnen einen neuen.",
    )
}
