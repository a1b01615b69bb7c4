//! `/verwaltung/mitglieder/{id}/abrufrechte`: what may this member call off on a day, and why not? Also
//! the letter at admission: the page prints as one.

use abruf_domain::ids::OrganisationId;
use abruf_domain::period::noon_of;
use axum::extract::State;
use serde::Deserialize;
use uuid::Uuid;

use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::finding_view::FindingView;
use crate::http::layout::{Frame, Page};
use crate::http::pages::standing::Standing;
use crate::http::pages::written::{day, read_day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::contracts::{self, Contract};
use crate::storage::{member_list, organisations};

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/call_off_rights.html")]
pub struct CallOffRightsPage {
    frame: Frame,
    id: Uuid,
    name: String,
    address: Vec<String>,
    body: String,
    written_on: String,
    on: String,
    am: String,
    error: Option<String>,
    allowed: Vec<Row>,
    refused: Vec<Row>,
}

/// How the member stands to a contract.
struct Row {
    contract: Contract,
    ends: String,
    /// Why it may, or a short reason why not.
    why: String,
    /// What the rules say.
    reasons: Vec<FindingView>,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    am: String,
}

/// `GET /verwaltung/mitglieder/{id}/abrufrechte`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<CallOffRightsPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let member = OrganisationId(id);
    member_list::visible_name(&mut tx, &actor, member).await?.ok_or_else(Problem::not_found)?;
    let it = organisations::find(&mut tx, member).await?.ok_or_else(Problem::not_found)?;
    let body = organisations::find(&mut tx, actor.body).await?.map(|body| body.name).unwrap_or_default();
    let today = app.clock.today();
    let (on, error) = match read_day(&asked.am) {
        Ok(on) => (on.unwrap_or(today), None),
        Err(message) => (today, Some(message)),
    };
    let at = if on == today { app.clock.now() } else { noon_of(on) };
    let (mut allowed, mut refused) = (Vec::new(), Vec::new());
    for contract in contracts::list(&mut tx, None).await? {
        let standing = Standing::of(&mut tx, &contract, member, at).await?;
        let row =
            |why: String| Row { ends: day(contract.effective_end), reasons: standing.blocks.clone(), why, contract };
        match standing.may_call_off() {
            true => allowed.push(row(standing.entitlement_line().unwrap_or_default())),
            false if standing.blocks.is_empty() => refused.push(row(capitalised(standing.short_reason()))),
            false => refused.push(row(String::new())),
        }
    }
    tx.rollback().await?;
    Ok(Page(CallOffRightsPage {
        frame: frame.titled(format!("Abrufrechte {}", as_typed(&it.name))),
        id,
        address: it.address_lines(),
        name: it.name,
        body,
        written_on: day(today),
        on: day(on),
        am: asked.am,
        error,
        allowed,
        refused,
    }))
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}
