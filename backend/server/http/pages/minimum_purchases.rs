//! `/verwaltung/vertraege/{id}/mindestabnahmen`: the minimum purchases of a contract in force, and changes of them that a
//! second person of the office releases.

use abruf_domain::ids::ContractId;
use abruf_domain::money::Volume;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::change_minimum_purchases::{self, Wish};
use crate::actions::{ActionError, steer_contract};
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::{Form, Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::read_amount::read_amount;
use crate::http::pages::volume_words::minimum_purchase_words;
use crate::http::pages::written::{day, day_of, money, read_day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::minimum_purchase_proposals::{self, ProposalRow};
use crate::storage::{contracts, minimum_purchases};

/// In what a minimum is measured.
const MEASURES: &[(&str, &str)] = &[("value", "Wert netto"), ("quantity", "Menge der Position")];

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/minimum_purchases.html")]
pub struct MinimumPurchasesPage {
    frame: Frame,
    contract: Uuid,
    number: String,
    title: String,
    is_running: bool,
    rows: Vec<String>,
    /// Id, words, and whether the reader proposed it.
    waiting: Option<(Uuid, String, bool)>,
    decided: Vec<(String, String)>,
    typed: Typed,
    mistakes: Mistakes,
    hint: &'static str,
}

impl MinimumPurchasesPage {
    fn action(&self) -> String {
        format!("/verwaltung/vertraege/{}/mindestabnahmen", self.contract)
    }
}

/// The forms.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// propose, release or take_back.
    form: String,
    proposal: Uuid,
    minimum_of: String,
    minimum_measure: String,
    minimum_amount: String,
    due_on: String,
    consequence: String,
    document: String,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    hinweis: String,
}

/// `GET /verwaltung/vertraege/{id}/mindestabnahmen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<MinimumPurchasesPage>, Problem> {
    let hint = match asked.hinweis.as_str() {
        "vorgeschlagen" => "Vorgeschlagen. Eine zweite Person der Geschäftsstelle gibt den Vorschlag hier frei.",
        "freigegeben" => "Freigegeben. Es gilt ab jetzt.",
        "zurueckgenommen" => "Zurückgenommen. Es bleibt, wie es ist.",
        _ => "",
    };
    Ok(Page(page(&app, &actor, frame, id, Typed::default(), Mistakes::default(), hint).await?))
}

/// `POST /verwaltung/vertraege/{id}/mindestabnahmen`
pub async fn change(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let contract = ContractId(id);
    let done = match typed.form.as_str() {
        "release" => {
            change_minimum_purchases::release(&app, &actor, contract, typed.proposal).await.map(|()| "freigegeben")
        }
        "take_back" => change_minimum_purchases::take_back(&app, &actor, contract, typed.proposal)
            .await
            .map(|()| "zurueckgenommen"),
        _ => match wish(&typed) {
            Ok(wish) => {
                change_minimum_purchases::propose(&app, &actor, contract, &wish, None).await.map(|_| "vorgeschlagen")
            }
            Err(mistakes) => Err(ActionError::Invalid(mistakes.0)),
        },
    };
    match done {
        Ok(hint) => {
            Ok(Redirect::to(&format!("/verwaltung/vertraege/{id}/mindestabnahmen?hinweis={hint}")).into_response())
        }
        Err(ActionError::Invalid(errors)) => {
            let page = page(&app, &actor, frame.with_mistakes(), id, typed, Mistakes(errors), "").await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn wish(typed: &Typed) -> Result<Wish, Mistakes> {
    let mut mistakes = Mistakes::default();
    let amount = read_amount(&typed.minimum_amount).and_then(|amount| {
        amount
            .map(Volume::new)
            .transpose()
            .map_err(|_| "Dieser Betrag ist zu groß. Bitte prüfen Sie die Eingabe.".to_owned())
    });
    let amount = amount.map_err(|message| mistakes.add("minimum_amount", message)).ok().flatten();
    let due_on = match read_day(&typed.due_on) {
        Ok(Some(day)) => Some(day),
        Ok(None) => {
            mistakes.add("due_on", "Bitte geben Sie den letzten Tag ein, an dem ein Abruf zählt.");
            None
        }
        Err(message) => {
            mistakes.add("due_on", message);
            None
        }
    };
    match due_on {
        Some(due_on) if mistakes.is_empty() => Ok(Wish {
            of: typed.minimum_of.clone(),
            measure: typed.minimum_measure.clone(),
            amount,
            due_on,
            consequence: typed.consequence.clone(),
            document: typed.document.clone(),
        }),
        _ => Err(mistakes),
    }
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: Uuid,
    typed: Typed,
    mistakes: Mistakes,
    hint: &'static str,
) -> Result<MinimumPurchasesPage, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let contract = ContractId(id);
    let it = contracts::find(&mut tx, contract).await?.ok_or_else(Problem::not_found)?;
    let rows = minimum_purchases::list(&mut tx, Some(contract)).await?;
    let proposals = minimum_purchase_proposals::of_contract(&mut tx, contract).await?;
    let waiting = proposals.iter().find(|row| row.decided_at.is_none());
    Ok(MinimumPurchasesPage {
        frame: frame.titled(format!("Mindestabnahmen {}", it.number)),
        contract: id,
        is_running: steer_contract::running(&it, app.clock.today(), "").is_ok(),
        rows: rows.iter().map(|row| format!("{}. Sonst: {}", minimum_purchase_words(row), row.consequence)).collect(),
        waiting: waiting.map(|row| (row.id, proposed(row, &it.currency), row.recorded_by == actor.person)),
        decided: proposals
            .iter()
            .filter(|row| row.decided_at.is_some())
            .map(|row| decided(row, &it.currency))
            .collect(),
        number: it.number,
        title: it.title,
        typed,
        mistakes,
        hint,
    })
}

/// `Bis 31.12.2027 mindestens 5.000,00 €, ganzer Vertrag. …`
fn words(row: &ProposalRow, currency: &str) -> String {
    let of = if row.article_number.is_empty() {
        "ganzer Vertrag".to_owned()
    } else {
        format!("Artikel {}", row.article_number)
    };
    let due = day(row.due_on);
    match row.amount {
        Some(amount) if row.measure == "value" => {
            format!("Bis {due} mindestens {}, {of}. Sonst: {}", money(amount.decimal(), currency), row.consequence)
        }
        Some(amount) => {
            let amount = abruf_domain::notation::Language::German.number(amount.decimal().normalize());
            format!("Bis {due} mindestens {amount} {}, {of}. Sonst: {}", row.unit, row.consequence)
        }
        None => format!("Die Mindestabnahme bis {due} entfällt, {of}."),
    }
}

fn proposed(row: &ProposalRow, currency: &str) -> String {
    format!(
        "{} Dokument: {}. Vorgeschlagen am {} von {}.",
        words(row, currency),
        row.document,
        day_of(row.recorded_at),
        row.recorded_by_name
    )
}

fn decided(row: &ProposalRow, currency: &str) -> (String, String) {
    let what = if row.released == Some(true) { "Freigegeben" } else { "Zurückgenommen" };
    let at = row.decided_at.map(day_of).unwrap_or_default();
    (format!("{what} am {at}"), proposed(row, currency))
}
