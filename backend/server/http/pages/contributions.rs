//! `/verwaltung/mitglieder/{id}/beitraege`: what a member pays for its membership, year by year.

use abruf_domain::ids::OrganisationId;
use abruf_domain::money::Net;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::ActionError;
use crate::actions::record_contribution::{self, ContributionInput};
use crate::actor::Actor;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::read_amount::read_amount;
use crate::http::pages::written::{day, money, read_day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::member_list;
use crate::storage::membership_contributions::{self, Contribution};

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/contributions.html")]
pub struct ContributionsPage {
    frame: Frame,
    id: Uuid,
    name: String,
    rows: Vec<RowView>,
    typed: Typed,
    mistakes: Mistakes,
    hint: &'static str,
    idempotency_key: Uuid,
}

struct RowView {
    id: Uuid,
    title: String,
    net: String,
    note: String,
    /// Can be taken back.
    stands: bool,
}

/// The form, as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    schritt: String,
    contribution: Uuid,
    year: String,
    net: String,
    dated_on: String,
    document: String,
    reason: String,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    hinweis: String,
}

/// `GET /verwaltung/mitglieder/{id}/beitraege`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<ContributionsPage>, Problem> {
    let hint = match asked.hinweis.as_str() {
        "eingetragen" => "Eingetragen. Der Beitrag zählt im Bericht „Nutzen nach Mitgliedsbeitrag“.",
        "zurueckgenommen" => "Zurückgenommen. Die Gegenbuchung steht unten.",
        _ => "",
    };
    Ok(Page(page(&app, &actor, frame, id, Typed::default(), Mistakes::default(), hint).await?))
}

/// `POST /verwaltung/mitglieder/{id}/beitraege`
pub async fn change(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    KeyedForm(key, typed): KeyedForm<Typed>,
) -> Result<Response, Problem> {
    let member = OrganisationId(id);
    let mut mistakes = Mistakes::default();
    let done = if typed.schritt == "zuruecknehmen" {
        let done = record_contribution::reverse(&app, &actor, member, typed.contribution, &typed.reason).await;
        done.map(|()| "zurueckgenommen")
    } else {
        match read(&typed, &mut mistakes) {
            Some(input) => {
                let done = record_contribution::record(&app, &actor, member, &input, key.as_ref()).await;
                done.map(|_| "eingetragen")
            }
            None => Err(ActionError::Invalid(Vec::new())),
        }
    };
    match done {
        Ok(hint) => Ok(Redirect::to(&format!("/verwaltung/mitglieder/{id}/beitraege?hinweis={hint}")).into_response()),
        Err(ActionError::Invalid(errors)) => {
            mistakes.0.extend(errors);
            let page = page(&app, &actor, frame.with_mistakes(), id, typed, mistakes, "").await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// The contribution, if every field can be read.
fn read(typed: &Typed, mistakes: &mut Mistakes) -> Option<ContributionInput> {
    let year = typed.year.trim().parse::<i32>();
    if year.is_err() {
        mistakes.add("year", "Bitte geben Sie das Kalenderjahr ein, zum Beispiel 2026.");
    }
    let net = read_amount(&typed.net)
        .and_then(|it| it.ok_or_else(|| "Bitte geben Sie den Beitrag netto ein, zum Beispiel 1.200,00.".to_owned()))
        .and_then(|it| Net::new(it).map_err(|_| "Dieser Betrag ist zu groß. Bitte prüfen Sie die Eingabe.".to_owned()))
        .map_err(|message| mistakes.add("net", message));
    let dated_on = read_day(&typed.dated_on)
        .and_then(|it| {
            it.ok_or_else(|| {
                "Bitte geben Sie das Datum von Bescheid oder Beschluss ein, zum Beispiel 15.02.2026.".to_owned()
            })
        })
        .map_err(|message| mistakes.add("dated_on", message));
    Some(ContributionInput {
        year: year.ok()?,
        net: net.ok()?,
        dated_on: dated_on.ok()?,
        document: typed.document.clone(),
    })
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: Uuid,
    typed: Typed,
    mistakes: Mistakes,
    hint: &'static str,
) -> Result<ContributionsPage, Problem> {
    let member = OrganisationId(id);
    let mut tx = app.db.begin(actor).await?;
    let name = member_list::visible_name(&mut tx, actor, member).await?.ok_or_else(Problem::not_found)?;
    let rows = membership_contributions::of_member(&mut tx, actor.body, member).await?;
    Ok(ContributionsPage {
        frame: frame.titled(format!("Mitgliedsbeiträge {}", as_typed(&name))),
        id,
        name,
        rows: rows.iter().map(row_view).collect(),
        typed,
        mistakes,
        hint,
        idempotency_key: app.chance.id(app.clock.now()),
    })
}

fn row_view(it: &Contribution) -> RowView {
    let what = if it.reverses.is_some() { "Gegenbuchung" } else { "Beitrag" };
    let state = if it.reversed { ", zurückgenommen" } else { "" };
    RowView {
        id: it.id,
        title: format!("{what} {}: {}", it.year, as_typed(&it.document)),
        net: money(it.net.decimal(), "EUR"),
        note: format!("vom {}{state}", day(it.dated_on)),
        stands: it.reverses.is_none() && !it.reversed,
    }
}
