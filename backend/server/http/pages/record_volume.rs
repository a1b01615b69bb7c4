//! `/verwaltung/vertraege/{id}/nacherfassung`: an order that was placed outside, in an emergency. A fact
//! counts even above the ceiling; the page says at once if it is breached now.

use abruf_domain::ids::ContractId;
use abruf_domain::money::Volume;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::{ActionError, record_volume};
use crate::app::App;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::meter::Meter;
use crate::http::pages::read_amount::read_amount;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::contracts::{self, Contract};

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/record_volume.html")]
pub struct RecordVolumePage {
    frame: Frame,
    it: Contract,
    meter: Meter,
    typed: Typed,
    mistakes: Mistakes,
    /// Just recorded.
    recorded: bool,
    idempotency_key: Uuid,
}

impl RecordVolumePage {
    fn amount_label(&self) -> String {
        let currency = if self.it.currency == "EUR" { "Euro" } else { self.it.currency.as_str() };
        format!("Nettowert der Bestellung in {currency}")
    }
}

/// The form, as typed.
#[derive(Debug, Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    amount: String,
    #[serde(default)]
    evidence: String,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    hinweis: String,
}

/// `GET /verwaltung/vertraege/{id}/nacherfassung`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<RecordVolumePage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let it = contracts::find(&mut tx, ContractId(id)).await?.ok_or_else(Problem::not_found)?;
    let recorded = asked.hinweis == "gespeichert";
    Ok(Page(page(&app, frame, it, Typed::default(), Mistakes::default(), recorded)))
}

/// `POST /verwaltung/vertraege/{id}/nacherfassung`
pub async fn record(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    KeyedForm(key, typed): KeyedForm<Typed>,
) -> Result<Response, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let it = contracts::find(&mut tx, ContractId(id)).await?.ok_or_else(Problem::not_found)?;
    let mut mistakes = Mistakes::default();
    let amount = read(&typed, &mut mistakes);
    tx.rollback().await?;
    if let Some(amount) = amount.filter(|_| mistakes.is_empty()) {
        match record_volume::record(&app, &actor, it.id, it.ceiling.guard, amount, &typed.evidence, key.as_ref()).await
        {
            Ok(_) => {
                let to = format!("/verwaltung/vertraege/{id}/nacherfassung?hinweis=gespeichert");
                return Ok(Redirect::to(&to).into_response());
            }
            Err(ActionError::Invalid(errors)) => mistakes.0.extend(errors),
            Err(error) => return Err(error.into()),
        }
    }
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page(&app, frame.with_mistakes(), it, typed, mistakes, false)))
        .into_response())
}

/// The amount, if it is one; negative ones correct an earlier record.
fn read(typed: &Typed, mistakes: &mut Mistakes) -> Option<Volume> {
    let read = match read_amount(&typed.amount) {
        Ok(Some(amount)) => {
            Volume::new(amount).map_err(|_| "Dieser Betrag ist zu groß. Bitte prüfen Sie die Eingabe.".to_owned())
        }
        Ok(None) => Err("Bitte geben Sie den Nettowert der Bestellung ein, zum Beispiel 1.234,50.".to_owned()),
        Err(message) => Err(message),
    };
    read.map_err(|message| mistakes.add("amount", message)).ok()
}

fn page(app: &App, frame: Frame, it: Contract, typed: Typed, mistakes: Mistakes, recorded: bool) -> RecordVolumePage {
    RecordVolumePage {
        frame: frame.titled(format!("Nacherfassung {}", it.number)),
        meter: Meter::of(&it.ceiling, &it.currency),
        it,
        typed,
        mistakes,
        recorded,
        idempotency_key: app.chance.id(app.clock.now()),
    }
}
