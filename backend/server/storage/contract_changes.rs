//! What happens to a contract after its activation: steps of its life, options exercised, increases
//! under § 132 GWB, a ceiling that a court cuts.

use abruf_domain::activation::ModificationGround;
use abruf_domain::ids::{ContractId, PersonId};
use abruf_domain::money::{Net, Volume};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::{affected, consistent};

/// A step of a contract's life to be written.
#[derive(Debug, Clone)]
pub struct NewEvent<'a> {
    /// Its id.
    pub id: Uuid,
    /// Key of the step.
    pub step: &'a str,
    /// Day from which it counts.
    pub effective_on: NaiveDate,
    /// Why.
    pub reason: &'a str,
    /// The document behind it.
    pub document: &'a str,
    /// Who.
    pub person: PersonId,
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes a step.
pub async fn insert_event(
    conn: &mut PgConnection,
    contract: ContractId,
    event: &NewEvent<'_>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO contract_event (contract_id, id, step, effective_on, reason, document, person_id, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        contract.0,
        event.id,
        event.step,
        event.effective_on,
        event.reason,
        event.document,
        event.person.0,
        event.at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Sets the stored status.
pub async fn set_status(conn: &mut PgConnection, contract: ContractId, status: &str) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE framework_contract SET status = $2, version = version + 1 WHERE id = $1",
        contract.0,
        status
    )
    .execute(conn)
    .await?;
    affected("set the status of a contract", 1, done.rows_affected())
}

/// Requests and orders that are not settled.
pub async fn open_call_offs(conn: &mut PgConnection, contract: ContractId) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!"
           FROM call_off
           WHERE contract_id = $1 AND status IN ('submitted', 'returned', 'released', 'dispatched', 'confirmed', 'delivered', 'invoiced')"#,
        contract.0
    )
    .fetch_one(conn)
    .await?)
}

/// A step as the page lists it.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// Key of the step.
    pub step: String,
    /// Day from which it counts.
    pub effective_on: NaiveDate,
    /// Why.
    pub reason: String,
    /// The document.
    pub document: String,
    /// Who, if the name is still known.
    pub person: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// The steps of a contract, newest first.
pub async fn events(conn: &mut PgConnection, contract: ContractId) -> Result<Vec<EventRow>, StorageError> {
    Ok(sqlx::query_as!(
        EventRow,
        r#"SELECT e.step, e.effective_on, e.reason, e.document, p.name AS "person?", e.at
           FROM contract_event e
           LEFT JOIN person p ON p.id = e.person_id
           WHERE e.contract_id = $1
           ORDER BY e.at DESC, e.id DESC"#,
        contract.0
    )
    .fetch_all(conn)
    .await?)
}

/// An option as its exercise reads it: end, deadline, and when it was exercised.
pub async fn option(
    conn: &mut PgConnection,
    contract: ContractId,
    id: Uuid,
) -> Result<Option<(NaiveDate, NaiveDate, Option<NaiveDate>)>, StorageError> {
    let row = sqlx::query!(
        "SELECT new_end, notice_deadline, exercised_on FROM contract_option WHERE contract_id = $1 AND id = $2 FOR NO KEY UPDATE",
        contract.0,
        id
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.new_end, row.notice_deadline, row.exercised_on)))
}

/// Notes that an option was exercised.
pub async fn exercise_option(
    conn: &mut PgConnection,
    contract: ContractId,
    id: Uuid,
    on: NaiveDate,
    document: &str,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE contract_option SET exercised_on = $3, document = $4
         WHERE contract_id = $1 AND id = $2 AND exercised_on IS NULL",
        contract.0,
        id,
        on,
        document
    )
    .execute(conn)
    .await?;
    affected("exercise an option", 1, done.rows_affected())
}

/// An increase of the maximum value.
#[derive(Debug, Clone)]
pub struct ModificationRow {
    /// Which.
    pub id: Uuid,
    /// On which ground.
    pub ground: ModificationGround,
    /// Maximum value at the award.
    pub initial: Net,
    /// By how much it rises.
    pub increase: Net,
    /// About works.
    pub works: bool,
    /// Reference of the published notice.
    pub publication: String,
    /// The review clause.
    pub clause: String,
    /// The document.
    pub document: String,
    /// Who proposed it.
    pub recorded_by: PersonId,
    /// Their name.
    pub recorded_by_name: String,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// Whether it is in force.
    pub released: Option<bool>,
}

/// The key of a ground in the database.
#[must_use]
pub const fn ground_key(ground: ModificationGround) -> &'static str {
    match ground {
        ModificationGround::ReviewClause => "review_clause",
        ModificationGround::Additional => "additional",
        ModificationGround::Unforeseen => "unforeseen",
        ModificationGround::Minor => "minor",
    }
}

/// The ground whose key this is.
#[must_use]
pub fn ground_of(key: &str) -> Option<ModificationGround> {
    use ModificationGround::{Additional, Minor, ReviewClause, Unforeseen};
    [ReviewClause, Additional, Unforeseen, Minor].into_iter().find(|ground| ground_key(*ground) == key)
}

/// The increases of a contract, oldest first.
pub async fn modifications(
    conn: &mut PgConnection,
    contract: ContractId,
) -> Result<Vec<ModificationRow>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT m.id, m.ground, m.initial_net, m.increase_net, m.works, m.publication, m.clause, m.document, m.recorded_by,
                  coalesce(p.name, '') AS "name!", m.recorded_at, m.decided_at, m.released
           FROM contract_modification m
           LEFT JOIN person p ON p.id = m.recorded_by
           WHERE m.contract_id = $1
           ORDER BY m.recorded_at, m.id"#,
        contract.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let ground = ground_of(&row.ground).ok_or_else(|| format!("`{}` is no ground", row.ground));
            Ok(ModificationRow {
                id: row.id,
                ground: consistent(ground, "contract_modification", "ground", row.id)?,
                initial: consistent(Net::new(row.initial_net), "contract_modification", "initial_net", row.id)?,
                increase: consistent(Net::new(row.increase_net), "contract_modification", "increase_net", row.id)?,
                works: row.works,
                publication: row.publication,
                clause: row.clause,
                document: row.document,
                recorded_by: PersonId(row.recorded_by),
                recorded_by_name: row.name,
                recorded_at: row.recorded_at,
                decided_at: row.decided_at,
                released: row.released,
            })
        })
        .collect()
}

/// Writes a proposed increase.
pub async fn insert_modification(
    conn: &mut PgConnection,
    contract: ContractId,
    row: &ModificationRow,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO contract_modification (contract_id, id, ground, initial_net, increase_net, works, publication, clause, document,
                                            recorded_by, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        contract.0,
        row.id,
        ground_key(row.ground),
        row.initial.decimal(),
        row.increase.decimal(),
        row.works,
        row.publication,
        row.clause,
        row.document,
        row.recorded_by.0,
        row.recorded_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Decides a proposed increase.
pub async fn decide_modification(
    conn: &mut PgConnection,
    contract: ContractId,
    id: Uuid,
    by: PersonId,
    at: DateTime<Utc>,
    released: bool,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE contract_modification SET decided_by = $3, decided_at = $4, released = $5
         WHERE contract_id = $1 AND id = $2 AND decided_at IS NULL",
        contract.0,
        id,
        by.0,
        at,
        released
    )
    .execute(conn)
    .await?;
    affected("decide a modification", 1, done.rows_affected())
}

/// The maximum value of a contract, held against others; the outer `None`: no such row.
pub async fn hold_limit(conn: &mut PgConnection, contract: ContractId) -> Result<Option<Option<Volume>>, StorageError> {
    let row = sqlx::query!(
        "SELECT id, limit_amount FROM guard
         WHERE contract_id = $1 AND scope = 'contract' AND measure = 'value'
         FOR NO KEY UPDATE",
        contract.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let limit = row.limit_amount.map(Volume::new).transpose();
        consistent(limit, "guard", "limit_amount", row.id)
    })
    .transpose()
}

/// Sets the maximum value of a contract. What is taken already may lie above a lower one: then the scope
/// is breached and blocks everybody, and a higher one ends that. Whether it is breached now.
pub async fn set_limit(conn: &mut PgConnection, contract: ContractId, limit: Volume) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar!(
        "UPDATE guard
         SET limit_amount = $2, version = version + 1, breached = hard AND $2 < authorised + recorded + reserved
         WHERE contract_id = $1 AND scope = 'contract' AND measure = 'value'
         RETURNING breached",
        contract.0,
        limit.decimal()
    )
    .fetch_one(conn)
    .await?)
}

/// The options of a contract, by end: which, and whether it has been exercised.
pub async fn option_rows(conn: &mut PgConnection, contract: ContractId) -> Result<Vec<(Uuid, bool)>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT id, exercised_on IS NOT NULL AS "exercised!" FROM contract_option WHERE contract_id = $1 ORDER BY new_end, id"#,
        contract.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.exercised)).collect())
}
