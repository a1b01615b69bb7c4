//! Confirm the money of a request (Mittelbestätigung): the treasurer names the account and the amount;
//! without it the request is not released where the member works so.

use abruf_domain::Facts;
use abruf_domain::call_off::Status;
use abruf_domain::facts::{BudgetMode, CheckPoint};
use abruf_domain::ids::CallOffId;
use abruf_domain::money::Gross;
use abruf_domain::notation::Language::German;
use abruf_domain::payments::{burden, plan};
use abruf_domain::pricing::price;
use chrono::Datelike;
use serde_json::json;

use super::{ActionError, FieldError, Who, call_off_record, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::budget_confirmations::{self, Confirmation};
use crate::storage::budgets::AccountYear;
use crate::storage::call_offs::CallOff;
use crate::storage::commitments::{Choice, commitments};
use crate::storage::{audit_log, budgets, call_offs, facts};

/// What the treasurer looks at before confirming.
#[derive(Debug, Clone)]
pub struct FundsPreview {
    /// The request or order.
    pub call_off: CallOff,
    /// What the rules saw.
    pub facts: Facts,
    /// What the member has to bear.
    pub due: Gross,
    /// Year by year.
    pub years: Vec<YearOfFunds>,
    /// The latest confirmation.
    pub given: Option<Confirmation>,
    /// Whether it waits for a confirmation that this person may give.
    pub open: Result<(), &'static str>,
    /// Accounts of the member.
    pub accounts: Vec<String>,
}

/// The money of one calendar year.
#[derive(Debug, Clone, Copy)]
pub struct YearOfFunds {
    /// Which.
    pub year: i32,
    /// What falls due in it.
    pub due: Gross,
    /// What is recorded as available on the account; `None` where nothing is.
    pub available: Option<Gross>,
    /// What other requests and orders bind of it since the day of that figure.
    pub bound: Gross,
}

/// Why a request does not wait for the actor's word.
fn obstacle(actor: &Actor, call_off: &CallOff, mode: BudgetMode) -> Result<(), &'static str> {
    match () {
        () if call_off.status != Status::Submitted => Err("Dieser Abruf wartet nicht auf Freigabe."),
        () if call_off.requester == actor.person => Err(OWN),
        () if mode != BudgetMode::Confirmed => Err(NOT_CONFIRMING),
        () => Ok(()),
    }
}

const OWN: &str = "Sie haben diesen Abruf selbst angefordert. Die Mittel bestätigt eine zweite Person der Kämmerei.";
const NOT_CONFIRMING: &str =
    "Ihre Verwaltung bestätigt Mittel zurzeit nicht je Abruf. Die Betriebsart stellen Sie unter „Haushalt“ um.";

/// A visible call-off as the treasurer sees it; nothing is written.
///
/// # Errors
/// [`ActionError::NotFound`] if the actor may not see it.
pub async fn preview(app: &App, actor: &Actor, id: CallOffId) -> Result<FundsPreview, ActionError> {
    only(actor, &[Role::Treasurer])?;
    let (now, today) = (app.clock.now(), app.clock.today());
    let mut tx = app.db.begin(actor).await?;
    let (call_off, lines) = call_offs::find(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let mode = budgets::mode_on(&mut tx, call_off.member, today).await?;
    let given = budget_confirmations::latest(&mut tx, &call_off).await?;
    let facts = facts::gather(&mut tx, &call_off, &lines, CheckPoint::Submission, None, now).await?;
    let priced = price(&facts, today);
    let named = call_off.details.papers.budget_account.as_str();
    let account = given.as_ref().map_or(named, |given| given.account.as_str()).to_owned();
    let figures: Vec<AccountYear> = budgets::account_years(&mut tx, call_off.member, today.year()).await?;
    let figures: Vec<AccountYear> = figures.into_iter().filter(|it| it.account == account).collect();
    let choice = Choice {
        from_year: today.year(),
        account: Some(&account),
        ordered_since: figures.first().map(|figure| figure.as_of),
        except: Some(id),
    };
    let others = match account.is_empty() {
        true => Vec::new(),
        false => commitments(&mut tx, call_off.member, choice).await?,
    };
    let years = plan(&facts, &priced, today)
        .into_iter()
        .map(|(year, due)| YearOfFunds {
            year,
            due,
            available: figures.iter().find(|it| it.year == year).map(|it| it.available),
            bound: others.iter().filter_map(|other| other.years.get(&year)).copied().sum(),
        })
        .collect();
    Ok(FundsPreview {
        open: obstacle(actor, &call_off, mode),
        due: burden(&facts, &priced),
        accounts: budgets::accounts(&mut tx, call_off.member).await?,
        call_off,
        facts,
        years,
        given,
    })
}

/// Confirms that `account` pays a waiting request up to `amount`; without an amount what it costs now.
///
/// # Errors
/// [`ActionError::WrongState`] if it does not wait; [`ActionError::NotNow`] for one's own request or where
/// the member does not confirm; [`ActionError::Invalid`] for an unknown account or too small an amount.
pub async fn confirm(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    account: &str,
    amount: Option<Gross>,
) -> Result<(), ActionError> {
    only(actor, &[Role::Treasurer])?;
    let (now, today) = (app.clock.now(), app.clock.today());
    let mut tx = app.db.begin(actor).await?;
    let (call_off, lines) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if call_off.status != Status::Submitted {
        return Err(ActionError::WrongState(call_off.status));
    }
    let mode = budgets::mode_on(&mut tx, call_off.member, today).await?;
    obstacle(actor, &call_off, mode).map_err(|reason| ActionError::NotNow(reason.to_owned()))?;
    let wrong = |field: &str, message: String| ActionError::Invalid(vec![FieldError::new(field, message)]);
    let account = account.trim();
    if account.is_empty() {
        return Err(wrong("account", "Bitte nennen Sie das Konto, das bezahlt.".to_owned()));
    }
    if !budgets::has_account(&mut tx, call_off.member, account).await? {
        let shown: String = account.chars().take(100).collect();
        return Err(wrong(
            "account",
            format!(
                "Das Konto „{shown}“ ist nicht angelegt. Bitte wählen Sie ein anderes, oder legen Sie es unter „Konten“ an."
            ),
        ));
    }
    let facts = facts::gather(&mut tx, &call_off, &lines, CheckPoint::Submission, None, now).await?;
    let due = burden(&facts, &price(&facts, today));
    let amount = amount.unwrap_or(due);
    if amount < due {
        let [short, due] = [amount, due].map(|it| German.money(it.decimal(), &facts.contract.currency));
        return Err(wrong(
            "amount",
            format!(
                "{short} decken den Abruf nicht: Fällig werden {due}. Bitte bestätigen Sie den ganzen Betrag, oder lassen Sie das Feld leer."
            ),
        ));
    }
    let given = Confirmation { account: account.to_owned(), amount, by: actor.person, at: now };
    budget_confirmations::insert(&mut tx, app.chance.id(now), &call_off, &given).await?;
    let detail = json!({ "account": given.account, "amount": given.amount });
    let record = call_off_record(app, &call_off, "funds_confirmed", Who::Person(actor), None, Some(detail), now);
    audit_log::append_to_contract(&mut tx, call_off.contract, &record).await?;
    Ok(tx.commit().await?)
}
