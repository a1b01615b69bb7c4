//! `/konto/anbieter`: accounts at outside providers that are tied to one's own.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::actions::sign_in_outside::{self, For};
use crate::actor::RunsAs;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::outside_sign_in::{go, said};
use crate::http::pages::written::{day_of, instant};
use crate::http::problem::Problem;
use crate::http::rate::ClientAddress;
use crate::http::request_id::RequestId;
use crate::http::server::Server;
use crate::http::session::CurrentSession;
use crate::http::visitor::Visitor;
use crate::storage::outside_identities;

#[derive(askama::Template)]
#[template(path = "pages/outside_accounts.html")]
struct AccountsPage {
    frame: Frame,
    hint: &'static str,
    refused: Option<&'static str>,
    rows: Vec<ProviderView>,
}

struct ProviderView {
    key: String,
    name: String,
    /// Since when, and last used; none: not tied.
    tied: Option<(String, String)>,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    hinweis: String,
}

/// `GET /konto/anbieter`
pub async fn show(
    State(server): State<Server>,
    CurrentSession(current): CurrentSession,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let mut tx = server.app.db.begin(RunsAs::SignIn).await?;
    let tied = outside_identities::of_person(&mut tx, current.session.person).await?;
    tx.rollback().await?;
    let view = |provider: &crate::oidc::Provider| ProviderView {
        key: provider.key().to_owned(),
        name: provider.name().to_owned(),
        tied: tied
            .iter()
            .find(|it| it.issuer == provider.issuer())
            .map(|it| (day_of(it.linked_at), it.last_used_at.map_or_else(|| "noch nie".to_owned(), instant))),
    };
    let refused = match asked.hinweis.as_str() {
        "letzter" => Some(
            "Das Konto bleibt verbunden: Ohne es kämen Sie nicht mehr herein. Legen Sie zuerst ein Passwort fest, zum Beispiel über „Passwort vergessen“.",
        ),
        other => said(other),
    };
    Ok(Page(AccountsPage {
        frame: frame.titled("Anmeldedienste"),
        hint: match asked.hinweis.as_str() {
            "verbunden" => "Das Konto ist verbunden. Sie können sich künftig damit anmelden.",
            "getrennt" => "Das Konto ist getrennt.",
            _ => "",
        },
        refused,
        rows: server.security.providers.iter().map(view).collect(),
    })
    .into_response())
}

/// `POST /konto/anbieter/{anbieter}/verbinden`
pub async fn tie(
    State(server): State<Server>,
    client: ClientAddress,
    CurrentSession(current): CurrentSession,
    frame: Frame,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let provider = server.security.providers.find(&key).ok_or_else(Problem::not_found)?;
    server.security.limit.check(client)?;
    go(&server, frame, provider, For::Person(current.session.person), "/").await
}

/// `POST /konto/anbieter/{anbieter}/trennen`
pub async fn loosen(
    State(server): State<Server>,
    CurrentSession(current): CurrentSession,
    (request, visitor): (RequestId, Visitor),
    Path(key): Path<String>,
) -> Result<Redirect, Problem> {
    let provider = server.security.providers.find(&key).ok_or_else(Problem::not_found)?;
    let at = (&visitor.origin, request.0);
    let loosened = sign_in_outside::loosen(&server.app, &current.session, provider, at).await?;
    Ok(Redirect::to(if loosened { "/konto/anbieter?hinweis=getrennt" } else { "/konto/anbieter?hinweis=letzter" }))
}
