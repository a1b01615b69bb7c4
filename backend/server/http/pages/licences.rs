//! `/lizenzen`: what licences the member has, until when, and what is to be done about those that end.

use abruf_domain::ids::ContractId;
use abruf_domain::licence_inventory::{Ending, NextStep};
use abruf_domain::money::Quantity;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::{ActionError, renew_licences};
use crate::actor::Role;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::Form;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::written::{count, day, in_units, period};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::{Tx, contracts, facts};

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/licences.html")]
pub struct LicencesPage {
    frame: Frame,
    may_renew: bool,
    endings: Vec<EndingView>,
}

/// Licences that end together.
struct EndingView {
    contract_id: Uuid,
    contract: String,
    ends_on: String,
    /// For the form.
    day: NaiveDate,
    left: String,
    items: Vec<String>,
    /// Class and words.
    step: (&'static str, String),
    open: bool,
    following: String,
}

/// The form.
#[derive(Debug, Deserialize)]
pub struct Renewal {
    contract: Uuid,
    ends_on: NaiveDate,
}

/// `GET /lizenzen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
) -> Result<Page<LicencesPage>, Problem> {
    let today = app.clock.today();
    let endings = renew_licences::endings(&app, &actor).await?;
    let mut tx = app.db.begin(&actor).await?;
    let mut views = Vec::with_capacity(endings.len());
    for ending in endings {
        views.push(view(&mut tx, ending, today).await?);
    }
    Ok(Page(LicencesPage { frame: frame.titled("Lizenzen"), may_renew: actor.role == Role::Buyer, endings: views }))
}

/// `POST /lizenzen`
pub async fn renew(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Form(renewal): Form<Renewal>,
) -> Result<Response, Problem> {
    match renew_licences::renew(&app, &actor, ContractId(renewal.contract), renewal.ends_on).await {
        Ok(draft) => Ok(Redirect::to(&format!("/abrufe/{}/positionen", draft.id)).into_response()),
        // Somebody else was faster: the page says what it is now.
        Err(ActionError::NotNow(_)) => Ok(Redirect::to("/lizenzen").into_response()),
        Err(error) => Err(error.into()),
    }
}

async fn view(tx: &mut Tx, ending: Ending, today: NaiveDate) -> Result<EndingView, Problem> {
    let contract = contracts::find(tx, ending.contract).await?;
    let articles: Vec<String> = ending.quantities.keys().cloned().collect();
    let known = facts::items(tx, ending.contract, &articles, today).await?;
    let words = |article: &String, quantity: &Quantity| match known.iter().find(|item| item.article_number == *article)
    {
        Some(item) => format!("{} {}", in_units(*quantity, &item.unit), item.title),
        None => format!("{} {article}", in_units(*quantity, "")),
    };
    let days = (ending.ends_on - today).num_days();
    Ok(EndingView {
        contract_id: ending.contract.0,
        contract: contract.map(|it| format!("{} {}", it.number, as_typed(&it.title))).unwrap_or_default(),
        ends_on: day(ending.ends_on),
        day: ending.ends_on,
        left: if days == 0 { "heute".to_owned() } else { format!("in {}", count(days, "Tag", "Tagen")) },
        items: ending.quantities.iter().map(|(article, quantity)| words(article, quantity)).collect(),
        step: step(ending.next_step),
        open: !matches!(ending.next_step, NextStep::InProgress | NextStep::Renewed),
        following: ending.following().map(period).unwrap_or_default(),
    })
}

fn step(next: NextStep) -> (&'static str, String) {
    match next {
        NextStep::Urgent => ("status status--bad", "bald zu Ende: jetzt verlängern oder kündigen".to_owned()),
        NextStep::Due => ("status status--wait", "Verlängerung vorbereiten".to_owned()),
        NextStep::InProgress => ("status status--info", "Verlängerung ist begonnen".to_owned()),
        NextStep::Renewed => ("status status--good", "verlängert".to_owned()),
        NextStep::Later => ("status", "läuft".to_owned()),
    }
}
