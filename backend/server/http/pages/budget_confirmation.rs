//! `/haushalt/abrufe/{id}`: a request as the treasurer sees it, and the confirmation of its money.

use abruf_domain::ids::CallOffId;
use abruf_domain::money::Gross;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::confirm_funds::{self, FundsPreview};
use crate::actions::{ActionError, FieldError};
use crate::actor::Actor;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Form, Path};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::read_amount::read_amount;
use crate::http::pages::written::{instant, money, runs_out};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::assignments;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/budget_confirmation.html")]
pub struct BudgetConfirmationPage {
    frame: Frame,
    id: CallOffId,
    case_number: String,
    contract: String,
    requester: String,
    need: String,
    cost_centre: String,
    /// How the amount is counted: with or without VAT.
    counted: &'static str,
    due: String,
    account: String,
    runs_out: String,
    years: Vec<YearRow>,
    given: Option<String>,
    /// Why there is no form; empty where there is one.
    obstacle: &'static str,
    accounts: Vec<String>,
    typed: Typed,
    mistakes: Mistakes,
}

/// The money of a year.
struct YearRow {
    year: i32,
    due: String,
    available: String,
    bound: String,
    rest: String,
    /// The rest does not suffice.
    short: bool,
}

/// The form.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Typed {
    account: String,
    amount: String,
}

/// `GET /haushalt/abrufe/{id}`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Page<BudgetConfirmationPage>, Problem> {
    let preview = confirm_funds::preview(&app, &actor, CallOffId(id)).await?;
    let account = preview.call_off.details.papers.budget_account.clone();
    let typed = Typed { account, amount: String::new() };
    Ok(Page(page(&app, &actor, frame, preview, typed, Mistakes::default()).await?))
}

/// `POST /haushalt/abrufe/{id}`
pub async fn confirm(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let id = CallOffId(id);
    let too_large = |_| "Dieser Betrag ist zu groß. Bitte prüfen Sie die Eingabe.".to_owned();
    let amount = read_amount(&typed.amount).and_then(|it| it.map(Gross::new).transpose().map_err(too_large));
    let done = match amount {
        Ok(amount) => confirm_funds::confirm(&app, &actor, id, &typed.account, amount).await,
        Err(message) => Err(ActionError::Invalid(vec![FieldError::new("amount", message)])),
    };
    match done {
        Ok(()) => Ok(Redirect::to("/haushalt?hinweis=bestaetigt").into_response()),
        Err(ActionError::Invalid(errors)) => {
            let preview = confirm_funds::preview(&app, &actor, id).await?;
            let page = page(&app, &actor, frame.with_mistakes(), preview, typed, Mistakes(errors)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        // Somebody else was faster: the page says what it is now.
        Err(ActionError::WrongState(_)) => Ok(Redirect::to(&format!("/haushalt/abrufe/{id}")).into_response()),
        Err(error) => Err(error.into()),
    }
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    preview: FundsPreview,
    typed: Typed,
    mistakes: Mistakes,
) -> Result<BudgetConfirmationPage, Problem> {
    let FundsPreview { call_off, facts, due, years, given, open, accounts } = preview;
    let currency = &facts.contract.currency;
    let mut tx = app.db.begin(actor).await?;
    let words = |amount: Gross| money(amount.decimal(), currency);
    let given = match given {
        None => None,
        Some(given) => {
            let by = assignments::person_name(&mut tx, given.by).await?.unwrap_or_default();
            Some(format!(
                "{by} hat am {} Mittel bis {} auf dem Konto {} bestätigt.",
                instant(given.at),
                words(given.amount),
                given.account
            ))
        }
    };
    Ok(BudgetConfirmationPage {
        frame: frame.titled(format!("Mittel für {}", call_off.case_number)),
        id: call_off.id,
        contract: format!("{} {}", facts.contract.number, as_typed(&facts.contract.title)),
        requester: assignments::person_name(&mut tx, call_off.requester).await?.unwrap_or_default(),
        need: call_off.details.need.clone(),
        cost_centre: call_off.details.cost_centre.clone(),
        counted: if facts.member.deducts_input_vat { "netto, wegen Vorsteuerabzug" } else { "brutto" },
        due: words(due),
        account: call_off.details.papers.budget_account.clone(),
        runs_out: call_off.expires_at.map(|until| runs_out(until, app.clock.now())).unwrap_or_default(),
        years: years
            .into_iter()
            .map(|it| {
                let rest = it.available.map(|available| available - it.bound - it.due);
                YearRow {
                    year: it.year,
                    due: words(it.due),
                    available: it.available.map_or_else(|| "nicht eingetragen".to_owned(), words),
                    bound: words(it.bound),
                    rest: rest.map_or_else(|| "–".to_owned(), words),
                    short: rest.is_some_and(Gross::is_negative),
                }
            })
            .collect(),
        given,
        obstacle: open.err().unwrap_or_default(),
        case_number: call_off.case_number,
        accounts,
        typed,
        mistakes,
    })
}
