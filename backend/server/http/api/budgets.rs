//! The budget of one's member: mode, accounts, commitments, and the treasurer's word on a request.

use abruf_domain::facts::BudgetMode;
use abruf_domain::ids::CallOffId;
use abruf_domain::money::Gross;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::{ActionError, FieldError, confirm_funds, set_budget_mode, write_budget};
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::budgets::AccountYear;
use crate::storage::commitments::{Choice, commitments};
use crate::storage::{budget_confirmations, budgets};

/// What the member keeps, and what waits for the treasurer.
#[derive(Debug, Serialize, ToSchema)]
pub struct BudgetView {
    /// Mode of today: `reference_only`, `confirmed` or `imported`.
    #[schema(example = "confirmed")]
    mode: &'static str,
    /// Entries about the mode, latest first.
    modes: Vec<ModeView>,
    /// Figures of this year and later ones.
    accounts: Vec<AccountYearBody>,
    /// Requests that wait for a confirmation, by end of the reservation.
    awaiting: Vec<AwaitingView>,
}

/// An entry about the mode.
#[derive(Debug, Serialize, ToSchema)]
struct ModeView {
    #[schema(example = "confirmed")]
    mode: &'static str,
    /// First day.
    valid_from: NaiveDate,
    set_at: DateTime<Utc>,
}

/// A request that waits for a confirmation.
#[derive(Debug, Serialize, ToSchema)]
struct AwaitingView {
    call_off_id: Uuid,
    #[schema(example = "V-7K3M9Q2D")]
    case_number: String,
    /// The account the request names; empty where it names none.
    account: String,
    /// Gross, or net where the member deducts input VAT.
    #[schema(example = "23114.56")]
    due: String,
    #[schema(example = "EUR")]
    currency: String,
    expires_at: DateTime<Utc>,
}

/// A mode from a day on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMode {
    /// `reference_only`, `confirmed` or `imported`.
    #[schema(example = "confirmed")]
    mode: String,
    /// First day; not in the past.
    valid_from: NaiveDate,
}

/// What is available on an account in a year.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountYearBody {
    /// Its number as the member writes it.
    #[schema(example = "11150.5291000", max_length = 100)]
    account: String,
    /// What it is called; left out, the name stays.
    #[serde(default)]
    #[schema(max_length = 200)]
    name: String,
    /// Calendar year; a later one holds a commitment authorisation.
    #[schema(example = 2027)]
    year: i32,
    /// Gross, or net while the member deducts input VAT.
    #[schema(example = "25000.00")]
    available: String,
    /// Approval of over- or unplanned spending.
    #[serde(default)]
    overrun_approval: Option<String>,
    /// Last day of the provisional budget.
    #[serde(default)]
    provisional_until: Option<NaiveDate>,
    /// Day of the figure; made by the program.
    #[serde(default)]
    #[schema(read_only)]
    as_of: Option<NaiveDate>,
}

/// A file of the accounting system.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetFile {
    /// Day of its figures; own call-offs from this day on are taken off them.
    as_of: NaiveDate,
    /// CSV with semicolons: `konto;bezeichnung;jahr;verfuegbar;vorlaeufig_bis;genehmigung`.
    csv: String,
    /// Look only: nothing is written.
    #[serde(default)]
    dry_run: bool,
}

/// What a file did, or would do.
#[derive(Debug, Serialize, ToSchema)]
pub struct BudgetReport {
    rows: usize,
    new: usize,
    changed: usize,
    unchanged: usize,
    /// Whether anything was written.
    written: bool,
}

/// The treasurer's word.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConfirmation {
    /// The account that pays.
    #[schema(example = "11150.5291000")]
    account: String,
    /// Up to this amount; left out, exactly what falls due.
    #[serde(default)]
    #[schema(example = "23114.56")]
    amount: Option<String>,
}

/// What a request or order binds.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommitmentView {
    call_off_id: Uuid,
    /// Its number, or the case number before its release.
    #[schema(example = "RV-2025-01-0042")]
    number: String,
    #[schema(example = "RV-2025-01")]
    contract_number: String,
    /// The account that pays; empty where none is named.
    account: String,
    /// Whether it is an order; else a request that holds a reservation.
    ordered: bool,
    #[schema(example = "EUR")]
    currency: String,
    years: Vec<DueView>,
}

/// What falls due in a year.
#[derive(Debug, Serialize, ToSchema)]
struct DueView {
    #[schema(example = 2027)]
    year: i32,
    #[schema(example = "4500.58")]
    amount: String,
}

/// The member's mode and accounts, and what waits for the treasurer.
#[utoipa::path(get, path = "/api/v1/budget", tag = "budget", responses((status = 200, body = BudgetView)))]
pub async fn show(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Answer<BudgetView>, Problem> {
    let today = app.clock.today();
    let mut tx = app.db.begin(&actor).await?;
    let accounts = budgets::account_years(&mut tx, actor.organisation, today.year()).await?;
    let awaiting = budget_confirmations::awaiting(&mut tx, actor.organisation, today).await?;
    Ok(Answer(BudgetView {
        mode: budgets::mode_on(&mut tx, actor.organisation, today).await?.key(),
        modes: budgets::modes(&mut tx, actor.organisation, 100)
            .await?
            .into_iter()
            .map(|it| ModeView { mode: it.mode.key(), valid_from: it.valid_from, set_at: it.set_at })
            .collect(),
        accounts: accounts.into_iter().map(AccountYearBody::from).collect(),
        awaiting: awaiting
            .into_iter()
            .map(|it| AwaitingView {
                call_off_id: it.id.0,
                case_number: it.case_number,
                account: it.account,
                due: it.due.to_string(),
                currency: it.currency,
                expires_at: it.expires_at,
            })
            .collect(),
    }))
}

/// Sets what the member keeps of its budget, from a day on.
#[utoipa::path(post, path = "/api/v1/budget/mode", tag = "budget", request_body = NewMode, responses((status = 204)))]
pub async fn set_mode(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Json(new): Json<NewMode>,
) -> Result<StatusCode, Problem> {
    let mode = BudgetMode::from_key(&new.mode).ok_or_else(|| {
        let allowed = "Erlaubt sind reference_only, confirmed und imported.";
        Problem::invalid(vec![FieldError::new("mode", allowed)])
    })?;
    set_budget_mode::set(&app, &actor, mode, new.valid_from).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Writes what is available on an account in a year, in place of what stood there.
#[utoipa::path(put, path = "/api/v1/budget/accounts", tag = "budget", request_body = AccountYearBody, responses((status = 204)))]
pub async fn put_account(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Json(body): Json<AccountYearBody>,
) -> Result<StatusCode, Problem> {
    let new = AccountYear {
        available: amount("available", &body.available)?,
        account: body.account,
        name: body.name,
        year: body.year,
        overrun_approval: body.overrun_approval,
        provisional_until: body.provisional_until,
        imported: false,
        as_of: app.clock.today(),
    };
    write_budget::enter(&app, &actor, &new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Imports balances of the accounting system, all or nothing; with `dry_run` it only looks.
///
/// 422 with line and column of everything that is wrong.
#[utoipa::path(post, path = "/api/v1/budget/import", tag = "budget", request_body = BudgetFile, responses((status = 200, body = BudgetReport)))]
pub async fn import(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Json(file): Json<BudgetFile>,
) -> Result<Answer<BudgetReport>, Problem> {
    let done = if file.dry_run {
        write_budget::preview(&app, &actor, &file.csv, file.as_of).await?
    } else {
        write_budget::import(&app, &actor, &file.csv, file.as_of).await?
    };
    let report = done.report;
    Ok(Answer(BudgetReport {
        rows: report.rows,
        new: report.new,
        changed: report.changed,
        unchanged: report.unchanged,
        written: report.written,
    }))
}

/// What requests and orders bind in this year and later ones.
#[utoipa::path(get, path = "/api/v1/budget/commitments", tag = "budget", responses((status = 200, body = Vec<CommitmentView>)))]
pub async fn commitment_list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
) -> Result<Answer<Vec<CommitmentView>>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let this_year = app.clock.today().year();
    let choice = Choice { from_year: this_year, ..Choice::default() };
    let all = commitments(&mut tx, actor.organisation, choice).await?;
    let views = all.into_iter().map(|it| CommitmentView {
        call_off_id: it.id.0,
        ordered: it.is_order(),
        number: it.number,
        contract_number: it.contract,
        account: it.account,
        currency: it.currency,
        years: it
            .years
            .into_iter()
            .filter(|(year, _)| this_year <= *year)
            .map(|(year, amount)| DueView { year, amount: amount.to_string() })
            .collect(),
    });
    Ok(Answer(views.filter(|it| !it.years.is_empty()).collect()))
}

/// Confirms the money of a request, so that it can be released.
///
/// 409 for one's own request, and where the member does not confirm money.
#[utoipa::path(
    post, path = "/api/v1/call-offs/{id}/budget-confirmation", tag = "budget",
    request_body = NewConfirmation, responses((status = 204))
)]
pub async fn confirm(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(new): Json<NewConfirmation>,
) -> Result<StatusCode, Problem> {
    let amount = new.amount.map(|text| amount("amount", &text)).transpose()?;
    confirm_funds::confirm(&app, &actor, CallOffId(id), &new.account, amount).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<AccountYear> for AccountYearBody {
    fn from(it: AccountYear) -> Self {
        Self {
            account: it.account,
            name: it.name,
            year: it.year,
            available: it.available.to_string(),
            overrun_approval: it.overrun_approval,
            provisional_until: it.provisional_until,
            as_of: Some(it.as_of),
        }
    }
}

fn amount(field: &str, text: &str) -> Result<Gross, ActionError> {
    text.parse().map_err(|_| {
        let shown: String = text.chars().take(20).collect();
        let message = format!("„{shown}“ ist kein Betrag. Erwartet wird eine Zahl wie 5000.00.");
        ActionError::Invalid(vec![FieldError::new(field, message)])
    })
}
