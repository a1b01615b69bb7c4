//! The money of the account a call-off names.

use abruf_domain::facts::{Budget, BudgetMode};
use abruf_domain::ids::OrganisationId;
use abruf_domain::money::Gross;
use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use crate::storage::StorageError;
use crate::storage::error::consistent;

/// The account as it stands in the year of `day` and after. A year without a row has nothing available.
pub(super) async fn budget(
    conn: &mut PgConnection,
    member: OrganisationId,
    account: &str,
    day: NaiveDate,
) -> Result<Option<Budget>, StorageError> {
    if account.is_empty() {
        return Ok(None);
    }
    let rows = sqlx::query!(
        r#"SELECT a.account, a.mode, a.plans_years, y.year AS "year?", y.available AS "available?", y.overrun_approval AS "overrun_approval?",
                  y.provisional_until AS "provisional_until?"
           FROM budget_account a
           LEFT JOIN budget_year y ON y.account_id = a.id AND $2 <= y.year
           WHERE a.member_id = $3 AND a.account = $1
           ORDER BY y.year"#,
        account,
        day.year(),
        member.0,
    )
    .fetch_all(conn)
    .await?;
    let mut budget = None;
    for row in rows {
        let mode = match row.mode.as_str() {
            "imported" => BudgetMode::Imported,
            "confirmed" => BudgetMode::Confirmed,
            _ => BudgetMode::ReferenceOnly,
        };
        let budget = budget.get_or_insert(Budget {
            mode,
            account: row.account,
            available: consistent(Gross::new(Decimal::ZERO), "budget_year", "available", account)?,
            later_years: row.plans_years.then(Vec::new),
            overrun_approval: None,
            provisional_until: None,
        });
        let (Some(year), Some(available)) = (row.year, row.available) else { continue };
        let available = consistent(Gross::new(available), "budget_year", "available", account)?;
        if year == day.year() {
            budget.available = available;
            budget.overrun_approval = row.overrun_approval;
            budget.provisional_until = row.provisional_until;
        } else if let Some(later_years) = &mut budget.later_years {
            later_years.push((year, available));
        }
    }
    Ok(budget)
}
