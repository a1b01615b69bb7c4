//! Budget accounts of members.

use abruf_domain::ids::OrganisationId;
use sqlx::PgConnection;

use super::StorageError;

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
