//! Transfers of quotas between members: proposed, consented, confirmed, ended.

use abruf_domain::ids::{ContractId, OrganisationId, PersonId};
use abruf_domain::money::Volume;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::{affected, consistent};

/// A transfer.
#[derive(Debug, Clone, Serialize)]
pub struct Transfer {
    /// Which.
    pub id: Uuid,
    /// The contract.
    pub contract: ContractId,
    /// The member that gives.
    pub giver: OrganisationId,
    /// Its name.
    #[serde(skip)]
    pub giver_name: String,
    /// The member that receives.
    pub taker: OrganisationId,
    /// Its name.
    #[serde(skip)]
    pub taker_name: String,
    /// Net value; `None`: none.
    pub value: Option<Volume>,
    /// Quantity; `None`: none.
    pub quantity: Option<Volume>,
    /// Why.
    pub reason: String,
    /// Who proposed it.
    pub proposed_by: PersonId,
    /// When.
    pub proposed_at: DateTime<Utc>,
    /// Who of the giver consented.
    pub given_by: Option<PersonId>,
    /// Who of the taker consented.
    pub taken_by: Option<PersonId>,
    /// Whether the office has to confirm.
    pub confirmation_needed: bool,
    /// Who of the office confirmed.
    pub confirmed_by: Option<PersonId>,
    /// effective, refused, withdrawn or short; `None` while it waits.
    pub ended_as: Option<String>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it was refused or withdrawn.
    pub end_reason: String,
}

impl Transfer {
    /// Whether everybody has consented whose consent it needs.
    #[must_use]
    pub const fn is_agreed(&self) -> bool {
        self.given_by.is_some() && self.taken_by.is_some() && (!self.confirmation_needed || self.confirmed_by.is_some())
    }
}

/// The visible transfers of a contract, open ones first, then the newest.
pub async fn of_contract(conn: &mut PgConnection, contract: ContractId) -> Result<Vec<Transfer>, StorageError> {
    read(conn, contract, None).await
}

/// A visible transfer, held until the transaction ends.
pub async fn hold(conn: &mut PgConnection, contract: ContractId, id: Uuid) -> Result<Option<Transfer>, StorageError> {
    let held = sqlx::query_scalar!(
        "SELECT id FROM quota_transfer WHERE contract_id = $1 AND id = $2 FOR NO KEY UPDATE",
        contract.0,
        id,
    )
    .fetch_optional(&mut *conn)
    .await?;
    match held {
        Some(_) => Ok(read(conn, contract, Some(id)).await?.pop()),
        None => Ok(None),
    }
}

async fn read(conn: &mut PgConnection, contract: ContractId, id: Option<Uuid>) -> Result<Vec<Transfer>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT t.id, t.giver_id, g.name AS giver_name, t.taker_id, r.name AS taker_name, t.value_net, t.quantity, t.reason,
                  t.proposed_by, t.proposed_at, t.given_by, t.taken_by, t.confirmation_needed, t.confirmed_by, t.ended_as, t.ended_at,
                  t.end_reason
           FROM quota_transfer t
           JOIN organisation g ON g.id = t.giver_id
           JOIN organisation r ON r.id = t.taker_id
           WHERE t.contract_id = $1 AND ($2::uuid IS NULL OR t.id = $2)
           ORDER BY t.ended_as IS NOT NULL, t.proposed_at DESC, t.id DESC"#,
        contract.0,
        id,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let volume = |value: Option<Decimal>, column| {
                consistent(value.map(Volume::new).transpose(), "quota_transfer", column, row.id)
            };
            Ok(Transfer {
                id: row.id,
                contract,
                giver: OrganisationId(row.giver_id),
                giver_name: row.giver_name,
                taker: OrganisationId(row.taker_id),
                taker_name: row.taker_name,
                value: volume(row.value_net, "value_net")?,
                quantity: volume(row.quantity, "quantity")?,
                reason: row.reason,
                proposed_by: PersonId(row.proposed_by),
                proposed_at: row.proposed_at,
                given_by: row.given_by.map(PersonId),
                taken_by: row.taken_by.map(PersonId),
                confirmation_needed: row.confirmation_needed,
                confirmed_by: row.confirmed_by.map(PersonId),
                ended_as: row.ended_as,
                ended_at: row.ended_at,
                end_reason: row.end_reason,
            })
        })
        .collect()
}

/// Writes a proposed transfer with the consent that comes with it. Fails by `quota_transfer_one_open`
/// where the two have an open one.
pub async fn insert(conn: &mut PgConnection, it: &Transfer) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO quota_transfer (contract_id, id, giver_id, taker_id, value_net, quantity, reason, proposed_by, proposed_at,
                                     given_by, given_at, confirmation_needed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, CASE WHEN $10::uuid IS NOT NULL THEN $9::timestamptz END, $11)",
        it.contract.0,
        it.id,
        it.giver.0,
        it.taker.0,
        it.value.map(Volume::decimal),
        it.quantity.map(Volume::decimal),
        it.reason,
        it.proposed_by.0,
        it.proposed_at,
        it.given_by.map(Uuid::from) as Option<Uuid>,
        it.confirmation_needed,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whose consent is noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The member that gives.
    Giver,
    /// The member that receives.
    Taker,
    /// The office.
    Office,
}

/// Notes a consent; `false` if it stands there already.
pub async fn consent(
    conn: &mut PgConnection,
    it: &Transfer,
    side: Side,
    by: PersonId,
    at: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let side = match side {
        Side::Giver => "giver",
        Side::Taker => "taker",
        Side::Office => "office",
    };
    let done = sqlx::query!(
        "UPDATE quota_transfer
         SET given_by = CASE WHEN $3 = 'giver' THEN $4 ELSE given_by END,
             given_at = CASE WHEN $3 = 'giver' THEN $5 ELSE given_at END,
             taken_by = CASE WHEN $3 = 'taker' THEN $4 ELSE taken_by END,
             taken_at = CASE WHEN $3 = 'taker' THEN $5 ELSE taken_at END,
             confirmed_by = CASE WHEN $3 = 'office' THEN $4 ELSE confirmed_by END,
             confirmed_at = CASE WHEN $3 = 'office' THEN $5 ELSE confirmed_at END
         WHERE contract_id = $1 AND id = $2 AND ended_as IS NULL
           AND CASE $3 WHEN 'giver' THEN given_by WHEN 'taker' THEN taken_by ELSE confirmed_by END IS NULL",
        it.contract.0,
        it.id,
        side,
        by.0,
        at,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends an open transfer; `by` is nobody where the last consent did it.
pub async fn end(
    conn: &mut PgConnection,
    it: &Transfer,
    ended_as: &str,
    by: Option<PersonId>,
    reason: &str,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE quota_transfer SET ended_as = $3, ended_by = $4, end_reason = $5, ended_at = $6
         WHERE contract_id = $1 AND id = $2 AND ended_as IS NULL",
        it.contract.0,
        it.id,
        ended_as,
        by.map(Uuid::from) as Option<Uuid>,
        reason,
        at,
    )
    .execute(conn)
    .await?;
    affected("end a quota transfer", 1, done.rows_affected())
}

/// Transfers that everybody has agreed to and that have not become effective: the program stopped in
/// between.
pub async fn agreed(conn: &mut PgConnection) -> Result<Vec<(ContractId, Uuid)>, StorageError> {
    let rows = sqlx::query!(
        "SELECT contract_id, id FROM quota_transfer
         WHERE ended_as IS NULL AND given_by IS NOT NULL AND taken_by IS NOT NULL
           AND (NOT confirmation_needed OR confirmed_by IS NOT NULL)
         ORDER BY proposed_at, id
         LIMIT 100"
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (ContractId(row.contract_id), row.id)).collect())
}

/// A transfer that waits, as the start page names it.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The contract.
    pub contract: ContractId,
    /// Number and title of the contract.
    pub contract_name: String,
    /// The member that gives.
    pub giver: OrganisationId,
    /// Its name.
    pub giver_name: String,
    /// The member that receives.
    pub taker: OrganisationId,
    /// Its name.
    pub taker_name: String,
    /// The giver has consented.
    pub given: bool,
    /// The taker has consented.
    pub taken: bool,
    /// The office still has to confirm.
    pub to_confirm: bool,
    /// When it was proposed.
    pub proposed_at: DateTime<Utc>,
}

/// The visible transfers that wait for somebody, oldest first.
pub async fn waiting(conn: &mut PgConnection, limit: i64) -> Result<Vec<Waiting>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT t.contract_id, concat_ws(' ', f.number, f.title) AS "contract_name!", t.giver_id, g.name AS giver_name, t.taker_id,
                  r.name AS taker_name, t.given_by IS NOT NULL AS "given!", t.taken_by IS NOT NULL AS "taken!",
                  t.confirmation_needed AND t.confirmed_by IS NULL AS "to_confirm!", t.proposed_at
           FROM quota_transfer t
           JOIN framework_contract f ON f.id = t.contract_id
           JOIN organisation g ON g.id = t.giver_id
           JOIN organisation r ON r.id = t.taker_id
           WHERE t.ended_as IS NULL
           ORDER BY t.proposed_at, t.id
           LIMIT $1"#,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Waiting {
            contract: ContractId(row.contract_id),
            contract_name: row.contract_name,
            giver: OrganisationId(row.giver_id),
            giver_name: row.giver_name,
            taker: OrganisationId(row.taker_id),
            taker_name: row.taker_name,
            given: row.given,
            taken: row.taken,
            to_confirm: row.to_confirm,
            proposed_at: row.proposed_at,
        })
        .collect())
}

/// A quota of a member in a contract.
#[derive(Debug, Clone)]
pub struct Quota {
    /// Whose.
    pub member: OrganisationId,
    /// Its name.
    pub member_name: String,
    /// value or quantity.
    pub measure: String,
    /// Limit; `None`: unlimited.
    pub limit: Option<Volume>,
    /// Consumed and reserved.
    pub taken: Volume,
}

/// The visible quotas of a contract, by member.
pub async fn quotas(conn: &mut PgConnection, contract: ContractId) -> Result<Vec<Quota>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT g.id, g.member_id AS "member_id!", m.name, g.measure, g.limit_amount, g.authorised + g.recorded + g.reserved AS "taken!"
           FROM guard g
           JOIN organisation m ON m.id = g.member_id
           WHERE g.contract_id = $1 AND g.scope = 'member'
           ORDER BY m.name, g.measure DESC"#,
        contract.0,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let volume = |value, column| consistent(Volume::new(value), "guard", column, row.id);
            Ok(Quota {
                member: OrganisationId(row.member_id),
                member_name: row.name,
                measure: row.measure,
                limit: row.limit_amount.map(|limit| volume(limit, "limit_amount")).transpose()?,
                taken: volume(row.taken, "reserved")?,
            })
        })
        .collect()
}

/// Members of the contract's body on this day, for the list to choose from.
pub async fn members(
    conn: &mut PgConnection,
    body: OrganisationId,
    day: chrono::NaiveDate,
) -> Result<Vec<(OrganisationId, String)>, StorageError> {
    let rows = sqlx::query!(
        "SELECT DISTINCT o.id, o.name
         FROM membership m
         JOIN organisation o ON o.id = m.member_id
         WHERE m.body_id = $1 AND m.effective_from <= $2 AND (m.effective_to IS NULL OR $2 <= m.effective_to)
         ORDER BY o.name, o.id",
        body.0,
        day,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (OrganisationId(row.id), row.name)).collect())
}

/// Whether transfers of this contract need the office; `None` for a contract one may not see.
pub async fn are_confirmed(conn: &mut PgConnection, contract: ContractId) -> Result<Option<bool>, StorageError> {
    Ok(sqlx::query_scalar!("SELECT quota_transfers_confirmed FROM framework_contract WHERE id = $1", contract.0)
        .fetch_optional(conn)
        .await?)
}
