//! The money of the account a call-off names, as the member keeps it.

use abruf_domain::facts::{Budget, BudgetMode, FundsConfirmation};
use abruf_domain::money::Gross;
use abruf_domain::period::berlin_date;
use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use crate::storage::call_offs::CallOff;
use crate::storage::commitments::{Choice, commitments};
use crate::storage::error::consistent;
use crate::storage::{StorageError, budget_confirmations};

/// The account as it stands in the year of `day` and after. A year without a row has nothing available.
/// Nothing where the member keeps references only and names none.
pub(super) async fn budget(
    conn: &mut PgConnection,
    call_off: &CallOff,
    mode: BudgetMode,
    day: NaiveDate,
) -> Result<Option<Budget>, StorageError> {
    let named = call_off.details.papers.budget_account.as_str();
    let given = match mode {
        BudgetMode::Confirmed => budget_confirmations::latest(&mut *conn, call_off).await?,
        BudgetMode::ReferenceOnly | BudgetMode::Imported => None,
    };
    if named.is_empty() && mode == BudgetMode::ReferenceOnly {
        return Ok(None);
    }
    // Figures and payment plan are those of the account the requester named: that the treasurer chose
    // another one must not look like a change since submission.
    let mut budget = account_on(&mut *conn, call_off, named, mode, day).await?;
    budget.account_missing = named.is_empty() && mode == BudgetMode::Imported;
    if let Some(given) = &given {
        budget.account.clone_from(&given.account);
    }
    if mode == BudgetMode::Confirmed {
        budget.confirmation = Some(given.as_ref().map_or(FundsConfirmation::Awaited, |given| {
            FundsConfirmation::Given { by: given.by, on: berlin_date(given.at), amount: given.amount }
        }));
    }
    Ok(Some(budget))
}

async fn account_on(
    conn: &mut PgConnection,
    call_off: &CallOff,
    account: &str,
    mode: BudgetMode,
    day: NaiveDate,
) -> Result<Budget, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT a.plans_years, y.year AS "year?", y.available AS "available?", y.overrun_approval AS "overrun_approval?",
                  y.provisional_until AS "provisional_until?", y.as_of AS "as_of?"
           FROM budget_account a
           LEFT JOIN budget_year y ON y.account_id = a.id AND $2 <= y.year
           WHERE a.member_id = $3 AND a.account = $1
           ORDER BY y.year"#,
        account,
        day.year(),
        call_off.member.0,
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut budget = Budget {
        mode,
        account: account.to_owned(),
        available: consistent(Gross::new(Decimal::ZERO), "budget_year", "available", account)?,
        later_years: rows.first().is_some_and(|row| row.plans_years).then(Vec::new),
        overrun_approval: None,
        provisional_until: None,
        confirmation: None,
        account_missing: false,
    };
    let mut as_of: Option<NaiveDate> = None;
    for row in rows {
        let (Some(year), Some(available)) = (row.year, row.available) else { continue };
        let available = consistent(Gross::new(available), "budget_year", "available", account)?;
        if year == day.year() {
            budget.available = available;
            budget.overrun_approval = row.overrun_approval;
            budget.provisional_until = row.provisional_until;
            as_of = row.as_of;
        } else if let Some(later_years) = &mut budget.later_years {
            later_years.push((year, available));
        }
    }
    if let (BudgetMode::Imported, Some(as_of)) = (mode, as_of) {
        take_off_own(conn, call_off, &mut budget, as_of, day).await?;
    }
    Ok(budget)
}

/// The accounting system does not know yet what was ordered since its figures, nor what is only asked for.
/// A year without an amount of its own burdens this one, as in the rule.
async fn take_off_own(
    conn: &mut PgConnection,
    call_off: &CallOff,
    budget: &mut Budget,
    as_of: NaiveDate,
    day: NaiveDate,
) -> Result<(), StorageError> {
    let account = budget.account.clone();
    let choice = Choice {
        from_year: day.year(),
        account: Some(&account),
        ordered_since: Some(as_of),
        except: Some(call_off.id),
    };
    for other in commitments(conn, call_off.member, choice).await? {
        for (year, due) in other.years.into_iter().filter(|(year, _)| day.year() <= *year) {
            let later = budget.later_years.iter_mut().flatten().find(|(planned, _)| *planned == year);
            let available = later.map_or(&mut budget.available, |(_, available)| available);
            *available = *available - due;
        }
    }
    Ok(())
}
