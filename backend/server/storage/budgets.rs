//! What members keep of their budget: the mode, the accounts and what is available on them.

use abruf_domain::facts::BudgetMode;
use abruf_domain::ids::{OrganisationId, PersonId};
use abruf_domain::money::Gross;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::consistent;

/// The mode of a member on a day; without an entry it keeps references only.
pub async fn mode_on(
    conn: &mut PgConnection,
    member: OrganisationId,
    day: NaiveDate,
) -> Result<BudgetMode, StorageError> {
    let key = sqlx::query_scalar!(
        "SELECT mode FROM budget_mode
         WHERE member_id = $1 AND valid_from <= $2
         ORDER BY valid_from DESC, set_at DESC
         LIMIT 1",
        member.0,
        day
    )
    .fetch_optional(conn)
    .await?;
    key.map_or(Ok(BudgetMode::ReferenceOnly), |key| mode(&key, member.0))
}

fn mode(key: &str, row: Uuid) -> Result<BudgetMode, StorageError> {
    consistent(BudgetMode::from_key(key).ok_or("no such mode"), "budget_mode", "mode", row)
}

/// An entry about the mode.
#[derive(Debug, Clone)]
pub struct ModeEntry {
    /// The mode.
    pub mode: BudgetMode,
    /// First day.
    pub valid_from: NaiveDate,
    /// Who set it, if a person did and is still visible.
    pub set_by: Option<String>,
    /// When.
    pub set_at: DateTime<Utc>,
}

/// The last entries about the mode of a member, latest first.
pub async fn modes(
    conn: &mut PgConnection,
    member: OrganisationId,
    limit: i64,
) -> Result<Vec<ModeEntry>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT b.id, b.mode, b.valid_from, p.name AS "set_by?", b.set_at
           FROM budget_mode b
           LEFT JOIN person p ON p.id = b.set_by
           WHERE b.member_id = $1
           ORDER BY b.valid_from DESC, b.set_at DESC
           LIMIT $2"#,
        member.0,
        limit
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ModeEntry {
                mode: mode(&row.mode, row.id)?,
                valid_from: row.valid_from,
                set_by: row.set_by,
                set_at: row.set_at,
            })
        })
        .collect()
}

/// Enters a mode.
pub async fn insert_mode(
    conn: &mut PgConnection,
    id: Uuid,
    member: OrganisationId,
    mode: BudgetMode,
    valid_from: NaiveDate,
    by: PersonId,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO budget_mode (id, member_id, mode, valid_from, set_by, set_at) VALUES ($1, $2, $3, $4, $5, $6)",
        id,
        member.0,
        mode.key(),
        valid_from,
        by.0,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether the member has this account.
pub async fn has_account(conn: &mut PgConnection, member: OrganisationId, account: &str) -> Result<bool, StorageError> {
    let row = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM budget_account WHERE member_id = $1 AND account = $2) AS "there!""#,
        member.0,
        account,
    )
    .fetch_one(conn)
    .await?;
    Ok(row.there)
}

/// Accounts of the member, by number.
pub async fn accounts(conn: &mut PgConnection, member: OrganisationId) -> Result<Vec<String>, StorageError> {
    Ok(sqlx::query_scalar!("SELECT account FROM budget_account WHERE member_id = $1 ORDER BY account", member.0)
        .fetch_all(conn)
        .await?)
}

/// An account in a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountYear {
    /// Its number as the member writes it.
    pub account: String,
    /// What it is called.
    pub name: String,
    /// Calendar year.
    pub year: i32,
    /// Available; for a year to come its commitment authorisation. Gross, or net while the member
    /// deducts input VAT.
    pub available: Gross,
    /// Approval of over- or unplanned spending (§ 105 KVG LSA).
    pub overrun_approval: Option<String>,
    /// Last day of the provisional budget (§ 104 KVG LSA).
    pub provisional_until: Option<NaiveDate>,
    /// Whether it came from a file of the accounting system.
    pub imported: bool,
    /// Day of the figure: own call-offs from this day on are taken off it.
    pub as_of: NaiveDate,
}

/// What is recorded about a member's accounts from a year on, by number and year.
pub async fn account_years(
    conn: &mut PgConnection,
    member: OrganisationId,
    from_year: i32,
) -> Result<Vec<AccountYear>, StorageError> {
    let rows = sqlx::query!(
        "SELECT a.id, a.account, a.name, y.year, y.available, y.overrun_approval, y.provisional_until, y.source, y.as_of
         FROM budget_account a
         JOIN budget_year y ON y.account_id = a.id
         WHERE a.member_id = $1 AND $2 <= y.year
         ORDER BY a.account, y.year",
        member.0,
        from_year
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(AccountYear {
                available: consistent(Gross::new(row.available), "budget_year", "available", row.id)?,
                account: row.account,
                name: row.name,
                year: row.year,
                overrun_approval: row.overrun_approval,
                provisional_until: row.provisional_until,
                imported: row.source == "imported",
                as_of: row.as_of,
            })
        })
        .collect()
}

/// Writes what is available on an account in a year, in place of what stood there; `new_id` is for an
/// account that is not there yet. An empty name leaves the one it has.
pub async fn write_account_year(
    conn: &mut PgConnection,
    new_id: Uuid,
    member: OrganisationId,
    new: &AccountYear,
) -> Result<(), StorageError> {
    let id = sqlx::query_scalar!(
        "INSERT INTO budget_account (id, member_id, account, name) VALUES ($1, $2, $3, $4)
         ON CONFLICT ON CONSTRAINT budget_account_unique
         DO UPDATE SET name = CASE WHEN excluded.name = '' THEN budget_account.name ELSE excluded.name END
         RETURNING id",
        new_id,
        member.0,
        new.account,
        new.name
    )
    .fetch_one(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO budget_year (account_id, year, available, overrun_approval, provisional_until, source, as_of)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (account_id, year)
         DO UPDATE SET available = excluded.available, overrun_approval = excluded.overrun_approval,
                       provisional_until = excluded.provisional_until, source = excluded.source, as_of = excluded.as_of",
        id,
        new.year,
        new.available.decimal(),
        new.overrun_approval,
        new.provisional_until,
        if new.imported { "imported" } else { "entered" },
        new.as_of
    )
    .execute(conn)
    .await?;
    Ok(())
}
