//! News for people: what is to be told, who wants to be told how, what lies on the start page.

use abruf_domain::ids::{CallOffId, ContractId, OrganisationId, PersonId};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use crate::actor::Role;

/// Somebody to be told, with how they want to be told.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// Who.
    pub person: PersonId,
    /// For which organisation they act.
    pub organisation: OrganisationId,
    /// Mail address.
    pub email: String,
    /// Wants a mail.
    pub by_mail: bool,
    /// Wants to see it on the start page.
    pub on_start: bool,
}

/// Of whom to choose.
#[derive(Debug, Clone)]
pub enum To {
    /// These people, as far as they act for the organisation.
    People(Vec<PersonId>, OrganisationId),
    /// Everybody in a role for an organisation.
    Role(Role, OrganisationId),
    /// The buyers of all members that may call off from a contract.
    BuyersOf(ContractId),
}

/// Those of them who act today, with their choice for this kind of event.
pub async fn recipients(
    conn: &mut PgConnection,
    kind: &str,
    to: &To,
    today: NaiveDate,
) -> Result<Vec<Recipient>, StorageError> {
    let (people, role, organisation, contract): (Vec<Uuid>, Option<&str>, Option<Uuid>, Option<Uuid>) = match to {
        To::People(people, organisation) => (people.iter().map(|id| id.0).collect(), None, Some(organisation.0), None),
        To::Role(role, organisation) => (Vec::new(), Some(role.key()), Some(organisation.0), None),
        To::BuyersOf(contract) => (Vec::new(), Some(Role::Buyer.key()), None, Some(contract.0)),
    };
    let rows = sqlx::query!(
        r#"SELECT DISTINCT p.id, a.organisation_id, p.email, coalesce(c.by_mail, true) AS "by_mail!", coalesce(c.on_start, true) AS "on_start!"
           FROM assignment a
           JOIN person p ON p.id = a.person_id
           LEFT JOIN notification_choice c ON c.person_id = p.id AND c.kind = $1
           WHERE a.valid_from <= $2 AND (a.valid_to IS NULL OR $2 <= a.valid_to) AND NOT p.technical
             AND ($3::text IS NOT NULL OR p.id = ANY ($4))
             AND ($3::text IS NULL OR a.role = $3)
             AND ($5::uuid IS NULL OR a.organisation_id = $5)
             AND ($6::uuid IS NULL OR EXISTS (
                 SELECT FROM entitlement e
                 JOIN organisation o ON o.id = a.organisation_id
                 WHERE e.contract_id = $6 AND e.valid_from <= $2 AND (e.valid_to IS NULL OR $2 <= e.valid_to)
                   AND (e.member_id = o.id OR (e.mode = 'category' AND o.kind = ANY (e.kinds) AND o.region = e.region))))
           ORDER BY p.id, a.organisation_id"#,
        kind,
        today,
        role,
        &people,
        organisation,
        contract
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Recipient {
            person: PersonId(row.id),
            organisation: OrganisationId(row.organisation_id),
            email: row.email,
            by_mail: row.by_mail,
            on_start: row.on_start,
        })
        .collect())
}

/// Notes that this is being told; `false` if it was already.
pub async fn begin_telling(
    conn: &mut PgConnection,
    kind: &str,
    cause: &str,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "INSERT INTO notification_cause (kind, cause, told_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        kind,
        cause,
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// News for the start page.
#[derive(Debug)]
pub struct New<'a> {
    /// Which.
    pub id: Uuid,
    /// For whom.
    pub person: PersonId,
    /// Shown while they act for this organisation.
    pub organisation: OrganisationId,
    /// Kind of event.
    pub kind: &'a str,
    /// What happened.
    pub title: &'a str,
    /// Page it leads to.
    pub address: &'a str,
    /// When.
    pub at: DateTime<Utc>,
}

/// Puts news on a start page.
pub async fn insert(conn: &mut PgConnection, new: &New<'_>) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO notification (id, person_id, organisation_id, kind, title, address, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        new.id,
        new.person.0,
        new.organisation.0,
        new.kind,
        new.title,
        new.address,
        new.at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// News on a page.
#[derive(Debug, Clone)]
pub struct News {
    /// Which.
    pub id: Uuid,
    /// What happened.
    pub title: String,
    /// Page it leads to.
    pub address: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it was put away.
    pub read_at: Option<DateTime<Utc>>,
}

/// A person's news for an organisation, newest first.
pub async fn list(
    conn: &mut PgConnection,
    person: PersonId,
    organisation: OrganisationId,
    only_new: bool,
    limit: i64,
    offset: i64,
) -> Result<Vec<News>, StorageError> {
    Ok(sqlx::query_as!(
        News,
        "SELECT id, title, address, created_at, read_at FROM notification
         WHERE person_id = $1 AND organisation_id = $2 AND (NOT $3::bool OR read_at IS NULL)
         ORDER BY created_at DESC, id DESC
         LIMIT $4 OFFSET $5",
        person.0,
        organisation.0,
        only_new,
        limit,
        offset
    )
    .fetch_all(conn)
    .await?)
}

/// How many there are.
pub async fn count(
    conn: &mut PgConnection,
    person: PersonId,
    organisation: OrganisationId,
) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM notification WHERE person_id = $1 AND organisation_id = $2"#,
        person.0,
        organisation.0
    )
    .fetch_one(conn)
    .await?)
}

/// Puts away one piece of a person's news, or all of an organisation.
pub async fn put_away(
    conn: &mut PgConnection,
    person: PersonId,
    organisation: OrganisationId,
    one: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<u64, StorageError> {
    let done = sqlx::query!(
        "UPDATE notification SET read_at = $4
         WHERE person_id = $1 AND organisation_id = $2 AND read_at IS NULL AND ($3::uuid IS NULL OR id = $3)",
        person.0,
        organisation.0,
        one,
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Forgets what was made before then; as a job.
pub async fn forget(conn: &mut PgConnection, before: DateTime<Utc>) -> Result<u64, StorageError> {
    let done = sqlx::query!("DELETE FROM notification WHERE created_at < $1", before).execute(conn).await?;
    Ok(done.rows_affected())
}

/// How a person wants to be told of a kind of event.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Kind of event.
    pub kind: String,
    /// By mail.
    pub by_mail: bool,
    /// On the start page.
    pub on_start: bool,
}

/// What a person has chosen; kinds without a choice are told in both ways.
pub async fn choices(conn: &mut PgConnection, person: PersonId) -> Result<Vec<Choice>, StorageError> {
    Ok(sqlx::query_as!(
        Choice,
        "SELECT kind, by_mail, on_start FROM notification_choice WHERE person_id = $1 ORDER BY kind",
        person.0
    )
    .fetch_all(conn)
    .await?)
}

/// Stores a choice.
pub async fn choose(conn: &mut PgConnection, person: PersonId, choice: &Choice) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO notification_choice (person_id, kind, by_mail, on_start) VALUES ($1, $2, $3, $4)
         ON CONFLICT (person_id, kind) DO UPDATE SET by_mail = excluded.by_mail, on_start = excluded.on_start",
        person.0,
        choice.kind,
        choice.by_mail,
        choice.on_start
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Of these mail addresses those whose person wants mail of this kind.
pub async fn wanting_mail(
    conn: &mut PgConnection,
    kind: &str,
    addresses: &[String],
) -> Result<Vec<String>, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT address AS "address!" FROM unnest($1::text[]) AS address
           WHERE NOT EXISTS (SELECT FROM person p JOIN notification_choice c ON c.person_id = p.id
                             WHERE p.email = address AND c.kind = $2 AND NOT c.by_mail)"#,
        addresses,
        kind
    )
    .fetch_all(conn)
    .await?)
}

/// A call-off something happened to that nobody was told of.
#[derive(Debug, Clone)]
pub struct Untold {
    /// Which.
    pub id: CallOffId,
    /// When it happened: tells one occasion from the next.
    pub at: DateTime<Utc>,
}

/// Requests that wait and of which nobody was told since they were handed in.
pub async fn waiting(conn: &mut PgConnection) -> Result<Vec<Untold>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT c.id, c.submitted_at AS "at!" FROM call_off c
           WHERE c.status = 'submitted' AND c.submitted_at IS NOT NULL
             AND NOT EXISTS (SELECT FROM notification_cause t
                             WHERE t.kind = 'request_waits' AND t.cause = c.id::text || ' ' || extract(epoch FROM c.submitted_at)::text)
           ORDER BY c.submitted_at
           LIMIT 200"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| Untold { id: CallOffId(row.id), at: row.at }).collect())
}

/// Requests that were refused or expired since then, and those that lie with their requester again.
pub async fn ended(conn: &mut PgConnection, since: DateTime<Utc>) -> Result<Vec<(Untold, &'static str)>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT c.id, c.status, c.ended_at AS "at!" FROM call_off c
           WHERE c.status IN ('refused', 'expired') AND $1 <= c.ended_at
           UNION ALL
           SELECT c.id, c.status, c.changed_at FROM call_off c
           WHERE c.status = 'returned' AND c.expires_at IS NOT NULL AND $1 <= c.changed_at
           ORDER BY 3
           LIMIT 500"#,
        since
    )
    .fetch_all(conn)
    .await?;
    let kind = |status: &str| match status {
        "refused" => "request_refused",
        "expired" => "request_expired",
        _ => "request_returned",
    };
    let untold = |id: Option<Uuid>, at| id.map(|id| Untold { id: CallOffId(id), at });
    Ok(rows
        .into_iter()
        .filter_map(|row| Some((untold(row.id, row.at)?, kind(row.status.as_deref().unwrap_or_default()))))
        .collect())
}

/// A contract of which much is taken.
#[derive(Debug, Clone)]
pub struct Taken {
    /// Which.
    pub contract: ContractId,
    /// Its body.
    pub body: OrganisationId,
    /// Number and title.
    pub name: String,
    /// Percent taken, reservations included.
    pub percent: Decimal,
    /// Its ceiling; another one is another occasion.
    pub limit: Decimal,
}

/// Contracts in force of whose value ceiling at least so many percent are taken.
pub async fn taken(conn: &mut PgConnection, percent: Decimal) -> Result<Vec<Taken>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT g.contract_id, f.body_id, concat_ws(' ', f.number, f.title) AS "name!", g.limit_amount AS "limit!",
                  trunc((g.authorised + g.recorded + g.reserved) * 100 / g.limit_amount, 1) AS "percent!"
           FROM guard g
           JOIN framework_contract f ON f.id = g.contract_id
           WHERE g.scope = 'contract' AND g.measure = 'value' AND 0 < g.limit_amount AND f.status = 'active'
             AND $1 <= (g.authorised + g.recorded + g.reserved) * 100 / g.limit_amount
           ORDER BY f.number"#,
        percent
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Taken {
            contract: ContractId(row.contract_id),
            body: OrganisationId(row.body_id),
            name: row.name,
            percent: row.percent,
            limit: row.limit,
        })
        .collect())
}

/// An option that has to be exercised soon.
#[derive(Debug, Clone)]
pub struct OptionDue {
    /// Which.
    pub id: Uuid,
    /// Of which contract.
    pub contract: ContractId,
    /// Its body.
    pub body: OrganisationId,
    /// Number and title.
    pub name: String,
    /// Last day to exercise it.
    pub deadline: NaiveDate,
    /// To when it would prolong.
    pub new_end: NaiveDate,
}

/// Options of contracts in force whose deadline lies in this period.
pub async fn options_due(
    conn: &mut PgConnection,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<OptionDue>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT o.id, o.contract_id, f.body_id, concat_ws(' ', f.number, f.title) AS "name!", o.notice_deadline, o.new_end
           FROM contract_option o
           JOIN framework_contract f ON f.id = o.contract_id
           WHERE o.exercised_on IS NULL AND o.notice_deadline BETWEEN $1 AND $2 AND f.status = 'active'
           ORDER BY o.notice_deadline, f.number"#,
        from,
        to
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| OptionDue {
            id: row.id,
            contract: ContractId(row.contract_id),
            body: OrganisationId(row.body_id),
            name: row.name,
            deadline: row.notice_deadline,
            new_end: row.new_end,
        })
        .collect())
}

/// Prices of a contract in force that were released.
#[derive(Debug, Clone)]
pub struct NewPrices {
    /// The proposal that was released.
    pub proposal: Uuid,
    /// Of which contract.
    pub contract: ContractId,
    /// Number and title.
    pub name: String,
    /// First day of the new prices.
    pub valid_from: NaiveDate,
}

/// Price lists released since then.
pub async fn new_prices(conn: &mut PgConnection, since: DateTime<Utc>) -> Result<Vec<NewPrices>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT p.id, p.contract_id, concat_ws(' ', f.number, f.title) AS "name!", p.valid_from
           FROM price_proposal p
           JOIN framework_contract f ON f.id = p.contract_id
           WHERE p.released AND $1 <= p.decided_at AND f.status = 'active'
           ORDER BY p.decided_at"#,
        since
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| NewPrices {
            proposal: row.id,
            contract: ContractId(row.contract_id),
            name: row.name,
            valid_from: row.valid_from,
        })
        .collect())
}
