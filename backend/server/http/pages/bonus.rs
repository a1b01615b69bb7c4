//! `/verwaltung/vertraege/{id}/bonus`: what the supplier owes by year, what it has paid, and each member's
//! share of it.

use abruf_domain::bonus::{BonusClause, GoesTo};
use abruf_domain::ids::ContractId;
use abruf_domain::money::Net;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::ActionError;
use crate::actions::record_bonus::{self, CreditNote};
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::bonus_fields::clause_words;
use crate::http::pages::read_amount::read_amount;
use crate::http::pages::written::{day, money, read_day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::bonuses::{self, Payment};
use crate::storage::contract_clauses;
use crate::storage::contracts::{self, Contract};

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/bonus.html")]
pub struct BonusPage {
    frame: Frame,
    it: Contract,
    /// What the contract says, a sentence each.
    clause: Vec<String>,
    years: Vec<YearView>,
    payments: Vec<PaymentView>,
    typed: Typed,
    mistakes: Mistakes,
    hint: &'static str,
    idempotency_key: Uuid,
}

struct YearView {
    year: i32,
    turnover: String,
    owed: String,
    paid: String,
    /// Still to come, or paid above it.
    open: String,
}

struct PaymentView {
    id: Uuid,
    title: String,
    net: String,
    note: String,
    /// Name, turnover and share.
    shares: Vec<(String, String, String)>,
    /// Sum of turnover and of shares.
    sums: (String, String),
    /// Can be taken back.
    stands: bool,
}

/// The form, as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    schritt: String,
    bonus: Uuid,
    year: String,
    net: String,
    received_on: String,
    document: String,
    reason: String,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    hinweis: String,
}

/// `GET /verwaltung/vertraege/{id}/bonus`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<BonusPage>, Problem> {
    let hint = match asked.hinweis.as_str() {
        "gebucht" => "Gebucht. Die Anteile der Mitglieder stehen unten.",
        "zurueckgenommen" => "Zurückgenommen. Die Gegenbuchung steht unten.",
        _ => "",
    };
    Ok(Page(page(&app, &actor, frame, id, Typed::default(), Mistakes::default(), hint).await?))
}

/// `POST /verwaltung/vertraege/{id}/bonus`
pub async fn change(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    KeyedForm(key, typed): KeyedForm<Typed>,
) -> Result<Response, Problem> {
    let contract = ContractId(id);
    let mut mistakes = Mistakes::default();
    let done = if typed.schritt == "zuruecknehmen" {
        record_bonus::reverse(&app, &actor, contract, typed.bonus, &typed.reason).await.map(|()| "zurueckgenommen")
    } else {
        match read(&typed, &mut mistakes) {
            Some(note) => record_bonus::record(&app, &actor, contract, &note, key.as_ref()).await.map(|_| "gebucht"),
            None => Err(ActionError::Invalid(Vec::new())),
        }
    };
    match done {
        Ok(hint) => Ok(Redirect::to(&format!("/verwaltung/vertraege/{id}/bonus?hinweis={hint}")).into_response()),
        Err(ActionError::Invalid(errors)) => {
            mistakes.0.extend(errors);
            let page = page(&app, &actor, frame.with_mistakes(), id, typed, mistakes, "").await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// The credit note, if every field can be read.
fn read(typed: &Typed, mistakes: &mut Mistakes) -> Option<CreditNote> {
    let year = typed.year.trim().parse::<i32>();
    if year.is_err() {
        mistakes.add("year", "Bitte geben Sie das Kalenderjahr des Umsatzes ein, zum Beispiel 2026.");
    }
    let net = read_amount(&typed.net)
        .and_then(|it| {
            it.ok_or_else(|| "Bitte geben Sie den Nettobetrag der Gutschrift ein, zum Beispiel 1.234,50.".to_owned())
        })
        .and_then(|it| Net::new(it).map_err(|_| "Dieser Betrag ist zu groß. Bitte prüfen Sie die Eingabe.".to_owned()))
        .map_err(|message| mistakes.add("net", message));
    let received_on = read_day(&typed.received_on)
        .and_then(|it| {
            it.ok_or_else(|| "Bitte geben Sie das Datum der Gutschrift ein, zum Beispiel 15.02.2027.".to_owned())
        })
        .map_err(|message| mistakes.add("received_on", message));
    Some(CreditNote {
        year: year.ok()?,
        net: net.ok()?,
        received_on: received_on.ok()?,
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
) -> Result<BonusPage, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let it = contracts::find(&mut tx, ContractId(id)).await?.ok_or_else(Problem::not_found)?;
    let clause = contract_clauses::of(&mut tx, it.id).await?.bonus;
    let years = bonuses::years(&mut tx, it.id).await?;
    let payments = bonuses::payments(&mut tx, it.id).await?;
    Ok(BonusPage {
        frame: frame.titled(format!("Bonus {}", it.number)),
        years: years.into_iter().map(|year| year_view(clause.as_ref(), year, &it.currency)).collect(),
        payments: payments.iter().map(|payment| payment_view(payment, &it.currency)).collect(),
        clause: clause.as_ref().map(|clause| clause_words(clause, &it.currency)).unwrap_or_default(),
        it,
        typed,
        mistakes,
        hint,
        idempotency_key: app.chance.id(app.clock.now()),
    })
}

fn year_view(clause: Option<&BonusClause>, (year, turnover, paid): (i32, Net, Net), currency: &str) -> YearView {
    let words = |net: Net| money(net.decimal(), currency);
    let owed = clause.map_or(Net::ZERO, |clause| clause.owed(turnover));
    YearView { year, turnover: words(turnover), owed: words(owed), paid: words(paid), open: words(owed - paid) }
}

fn payment_view(payment: &Payment, currency: &str) -> PaymentView {
    let words = |net: Net| money(net.decimal(), currency);
    let what = if payment.reverses.is_some() { "Gegenbuchung" } else { "Gutschrift" };
    let state = if payment.reversed { ", zurückgenommen" } else { "" };
    let to = match payment.goes_to {
        GoesTo::Members => "verteilt an die Mitglieder nach Umsatz",
        GoesTo::Body => "bleibt bei der Genossenschaft",
    };
    PaymentView {
        id: payment.id,
        title: format!("{what} {}", payment.document),
        net: words(payment.net),
        note: format!("für {}, vom {}, {to}{state}", payment.year, day(payment.received_on)),
        shares: payment
            .shares
            .iter()
            .map(|share| (share.name.clone(), words(share.turnover), words(share.net)))
            .collect(),
        sums: (
            words(payment.shares.iter().map(|share| share.turnover).sum()),
            words(payment.shares.iter().map(|share| share.net).sum()),
        ),
        stands: payment.reverses.is_none() && !payment.reversed,
    }
}
