//! `/verwaltung/umsaetze/{id}/zuruecknehmen`: take a turnover file back as a whole, once it is seen what that does.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::{ActionError, FieldError, revoke_turnover};
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::Path;
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::turnover_import::sum_words;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::{turnover_list, turnover_revocations};

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/turnover_revocation.html")]
pub struct TurnoverRevocationPage {
    frame: Frame,
    id: Uuid,
    file_name: String,
    /// What the file counts, by currency.
    sums: Vec<String>,
    idempotency_key: String,
    reason: String,
    mistakes: Mistakes,
}

/// The form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    reason: String,
}

/// `GET /verwaltung/umsaetze/{id}/zuruecknehmen`; one that cannot be taken back any more is shown with what became of it.
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let revoked = turnover_revocations::of_import(&mut tx, id).await?;
    tx.rollback().await?;
    if revoked.is_some() {
        return Ok(Redirect::to(&format!("/verwaltung/umsaetze/{id}")).into_response());
    }
    Ok(Page(page(&app, &actor, frame, id, String::new(), Mistakes::default()).await?).into_response())
}

/// `POST /verwaltung/umsaetze/{id}/zuruecknehmen`
pub async fn revoke(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    KeyedForm(key, typed): KeyedForm<Typed>,
) -> Result<Response, Problem> {
    let errors = match revoke_turnover::revoke(&app, &actor, id, &typed.reason, key.as_ref()).await {
        Ok(_) => return Ok(Redirect::to(&format!("/verwaltung/umsaetze/{id}?hinweis=zurueckgenommen")).into_response()),
        Err(ActionError::Invalid(errors)) => errors,
        // What was typed stays, and the reason why it cannot be now stands above it.
        Err(ActionError::NotNow(message)) => vec![FieldError::new("reason", message)],
        Err(error) => return Err(error.into()),
    };
    let page = page(&app, &actor, frame.with_mistakes(), id, typed.reason, Mistakes(errors)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: Uuid,
    reason: String,
    mistakes: Mistakes,
) -> Result<TurnoverRevocationPage, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let it = turnover_list::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let sums = turnover_list::sums(&mut tx, &[id]).await?;
    Ok(TurnoverRevocationPage {
        frame: frame.titled(format!("Zurücknehmen {}", it.file_name)),
        id,
        file_name: it.file_name,
        sums: sums.iter().map(|(_, sum)| sum_words(sum)).collect(),
        idempotency_key: app.chance.id(app.clock.now()).to_string(),
        reason,
        mistakes,
    })
}
