//! Mini-competitions that are run here: what is asked for and where they stand. What is written to the parties
//! lies in `mini_competition_messages.rs`, their offers in `mini_competition_offers.rs`.

use abruf_domain::facts::AwardCriterion;
use abruf_domain::ids::{CallOffId, ContractId, LotId, MiniCompetitionId, OrganisationId, PersonId};
use abruf_domain::mini_competition::{Line, Scheme, State};
use abruf_domain::period::Period;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::{affected, consistent};

/// A competition with everything that stands on its own row.
#[derive(Debug, Clone)]
pub struct Competition {
    /// The contract.
    pub contract: ContractId,
    /// Its number.
    pub contract_number: String,
    /// Its title.
    pub contract_title: String,
    /// Its currency.
    pub currency: String,
    /// Which competition.
    pub id: MiniCompetitionId,
    /// The call-off it is held for, or that uses it.
    pub call_off: Option<CallOffId>,
    /// Where it stands.
    pub state: State,
    /// Purchasing body.
    pub body: OrganisationId,
    /// Its name.
    pub body_name: String,
    /// Member whose need it is.
    pub member: OrganisationId,
    /// Its name.
    pub member_name: String,
    /// Who runs it: the member or the body.
    pub run_by: OrganisationId,
    /// The lot.
    pub lot: Option<LotId>,
    /// "Los 1 Software"; empty without one.
    pub lot_name: String,
    /// What it is about.
    pub title: String,
    /// What is asked for.
    pub lines: Vec<Line>,
    /// Period of what is paid by month.
    pub performance: Option<Period>,
    /// By what offers are compared.
    pub scheme: Scheme,
    /// How offers are handed in.
    pub submission: String,
    /// End of the time for offers.
    pub deadline_at: DateTime<Utc>,
    /// Who began it.
    pub created_by_name: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Who sent the invitations.
    pub sent_by_name: String,
    /// When.
    pub sent_at: Option<DateTime<Utc>>,
    /// Who signed the opening first.
    pub first_signer: Option<PersonId>,
    /// Their name.
    pub first_signer_name: String,
    /// When.
    pub first_signed_at: Option<DateTime<Utc>>,
    /// Name of the second person.
    pub second_signer_name: String,
    /// When the offers were opened.
    pub opened_at: Option<DateTime<Utc>>,
    /// Whose offer won.
    pub winner: Option<OrganisationId>,
    /// Who awarded or abolished it.
    pub decided_by_name: String,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why.
    pub decision_reason: String,
    /// How the lot was drawn.
    pub drawn: String,
}

/// Finds a visible competition that is run here.
pub async fn find(conn: &mut PgConnection, id: MiniCompetitionId) -> Result<Option<Competition>, StorageError> {
    let row = sqlx::query!(
        r#"SELECT m.contract_id, m.call_off_id, m.state, m.body_id AS "body_id!", m.member_id AS "member_id!", m.run_by_id AS "run_by_id!",
                  m.lot_id, m.title, m.lines, m.performance_from, m.performance_to, m.scheme AS "scheme!", m.submission, m.deadline_at,
                  m.created_at AS "created_at!", m.sent_at, m.opened_by, m.first_signed_at, m.opened_at, m.winner_id, m.decided_at,
                  m.decision_reason, m.drawn, f.number AS contract_number, f.title AS contract_title, f.currency,
                  o.name AS member_name, b.name AS body_name, coalesce('Los ' || l.number || ' ' || l.title, '') AS "lot_name!",
                  coalesce(creator.name, '') AS "created_by_name!", coalesce(sender.name, '') AS "sent_by_name!",
                  coalesce(one.name, '') AS "first_signer_name!", coalesce(two.name, '') AS "second_signer_name!",
                  coalesce(decider.name, '') AS "decided_by_name!"
           FROM mini_competition m
           JOIN framework_contract f ON f.id = m.contract_id
           JOIN organisation o ON o.id = m.member_id
           JOIN organisation b ON b.id = m.body_id
           LEFT JOIN lot l ON l.contract_id = m.contract_id AND l.id = m.lot_id
           LEFT JOIN person creator ON creator.id = m.created_by
           LEFT JOIN person sender ON sender.id = m.sent_by
           LEFT JOIN person one ON one.id = m.opened_by
           LEFT JOIN person two ON two.id = m.opened_with
           LEFT JOIN person decider ON decider.id = m.decided_by
           WHERE m.id = $1 AND m.state <> 'recorded'"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let performance = match (row.performance_from, row.performance_to) {
        (Some(from), Some(to)) => Some(consistent(Period::new(from, to), "mini_competition", "performance_to", id)?),
        _ => None,
    };
    let state = State::from_key(&row.state).ok_or_else(|| format!("`{}` is no state", row.state));
    Ok(Some(Competition {
        contract: ContractId(row.contract_id),
        contract_number: row.contract_number,
        contract_title: row.contract_title,
        currency: row.currency,
        id,
        call_off: row.call_off_id.map(CallOffId),
        state: consistent(state, "mini_competition", "state", id)?,
        body: OrganisationId(row.body_id),
        body_name: row.body_name,
        member: OrganisationId(row.member_id),
        member_name: row.member_name,
        run_by: OrganisationId(row.run_by_id),
        lot: row.lot_id.map(LotId),
        lot_name: row.lot_name,
        title: row.title,
        lines: consistent(serde_json::from_value(row.lines), "mini_competition", "lines", id)?,
        performance,
        scheme: consistent(serde_json::from_value(row.scheme), "mini_competition", "scheme", id)?,
        submission: row.submission,
        deadline_at: row.deadline_at,
        created_by_name: row.created_by_name,
        created_at: row.created_at,
        sent_by_name: row.sent_by_name,
        sent_at: row.sent_at,
        first_signer: row.opened_by.map(PersonId),
        first_signer_name: row.first_signer_name,
        first_signed_at: row.first_signed_at,
        second_signer_name: row.second_signer_name,
        opened_at: row.opened_at,
        winner: row.winner_id.map(OrganisationId),
        decided_by_name: row.decided_by_name,
        decided_at: row.decided_at,
        decision_reason: row.decision_reason,
        drawn: row.drawn,
    }))
}

/// As [`find`], holding the row until the transaction ends.
pub async fn lock(conn: &mut PgConnection, id: MiniCompetitionId) -> Result<Option<Competition>, StorageError> {
    sqlx::query!("SELECT id FROM mini_competition WHERE id = $1 FOR UPDATE", id.0).fetch_optional(&mut *conn).await?;
    // A later statement, so that it sees what the other transaction wrote while we waited.
    find(conn, id).await
}

/// A row of the list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Which.
    pub id: Uuid,
    /// What it is about.
    pub title: String,
    /// Where it stands, as stored.
    pub state: String,
    /// Number of the contract.
    pub contract_number: String,
    /// For whom.
    pub member_name: String,
    /// End of the time for offers.
    pub deadline_at: DateTime<Utc>,
    /// Suppliers from whom an offer arrived.
    pub offers: i64,
    /// Who won.
    pub winner: Option<String>,
}

/// Competitions the actor may see, those to be decided first; at most 500.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<Listed>, StorageError> {
    Ok(sqlx::query_as!(
        Listed,
        r#"SELECT m.id, m.title, m.state, f.number AS contract_number, o.name AS member_name, m.deadline_at,
                  (SELECT count(DISTINCT r.supplier_id) FROM mini_competition_receipt r WHERE r.contract_id = m.contract_id AND r.competition_id = m.id) AS "offers!",
                  w.name AS "winner?"
           FROM mini_competition m
           JOIN framework_contract f ON f.id = m.contract_id
           JOIN organisation o ON o.id = m.member_id
           LEFT JOIN organisation w ON w.id = m.winner_id
           WHERE m.state <> 'recorded'
           ORDER BY m.state IN ('awarded', 'cancelled'), m.created_at DESC, m.id
           LIMIT 500"#
    )
    .fetch_all(conn)
    .await?)
}

/// The competition of a call-off that was not abolished.
pub async fn of_call_off(
    conn: &mut PgConnection,
    call_off: CallOffId,
) -> Result<Option<(MiniCompetitionId, State)>, StorageError> {
    let row = sqlx::query!(
        "SELECT id, state FROM mini_competition WHERE call_off_id = $1 AND state NOT IN ('recorded', 'cancelled')",
        call_off.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(|row| Some((MiniCompetitionId(row.id), State::from_key(&row.state)?))))
}

/// What a contract announces for its competitions.
#[derive(Debug, Clone)]
pub struct Announced {
    /// Whether its mechanism knows competitions.
    pub has_competitions: bool,
    /// Fewest calendar days for offers; `None`: the house parameter.
    pub answer_days: Option<u32>,
    /// Weights, formula and tie rule; `None`: each invitation says its own.
    pub scheme: Option<Scheme>,
    /// Announced criterion; `None` where the notice does not say.
    pub criterion: Option<AwardCriterion>,
}

/// What a visible contract announces.
pub async fn announced(conn: &mut PgConnection, contract: ContractId) -> Result<Option<Announced>, StorageError> {
    let row = sqlx::query!(
        "SELECT mechanism, competition_answer_days, competition_scheme, competition_criterion FROM framework_contract WHERE id = $1",
        contract.0
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let scheme = row.competition_scheme.map(serde_json::from_value).transpose();
    Ok(Some(Announced {
        has_competitions: row.mechanism == "mini_competition_above",
        answer_days: row.competition_answer_days.and_then(|days| u32::try_from(days).ok()),
        scheme: consistent(scheme, "framework_contract", "competition_scheme", contract)?,
        criterion: match row.competition_criterion.as_deref() {
            Some("price") => Some(AwardCriterion::Price),
            Some("points") => Some(AwardCriterion::Points),
            _ => None,
        },
    }))
}

/// A competition to be written.
#[derive(Debug, Clone)]
pub struct New {
    /// Made by the program.
    pub id: MiniCompetitionId,
    /// The contract.
    pub contract: ContractId,
    /// The draft it is held for.
    pub call_off: Option<CallOffId>,
    /// Purchasing body.
    pub body: OrganisationId,
    /// For whom.
    pub member: OrganisationId,
    /// Who runs it.
    pub run_by: OrganisationId,
    /// The lot.
    pub lot: Option<LotId>,
    /// What is asked for.
    pub lines: Vec<Line>,
    /// Period of what is paid by month.
    pub performance: Option<Period>,
    /// What the invitation says.
    pub announcement: Announcement,
}

/// What the invitation says beside the lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// What it is about.
    pub title: String,
    /// End of the time for offers.
    pub deadline_at: DateTime<Utc>,
    /// How offers are handed in.
    pub submission: String,
    /// By what offers are compared.
    pub scheme: Scheme,
}

const fn criterion_key(scheme: &Scheme) -> &'static str {
    match scheme.criterion() {
        AwardCriterion::Price => "price",
        AwardCriterion::Points => "points",
    }
}

/// Writes a draft.
pub async fn insert(conn: &mut PgConnection, new: &New, by: PersonId, now: DateTime<Utc>) -> Result<(), StorageError> {
    let dates: Option<(NaiveDate, NaiveDate)> = new.performance.map(|period| (period.from(), period.to()));
    sqlx::query!(
        "INSERT INTO mini_competition (contract_id, id, call_off_id, text_form, deadline_at, criterion, state, body_id, member_id,
                                       run_by_id, lot_id, title, lines, performance_from, performance_to, scheme, submission,
                                       created_by, created_at)
         VALUES ($1, $2, $3, true, $4, $5, 'drafted', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        new.contract.0,
        new.id.0,
        new.call_off.map(Uuid::from),
        new.announcement.deadline_at,
        criterion_key(&new.announcement.scheme),
        new.body.0,
        new.member.0,
        new.run_by.0,
        new.lot.map(Uuid::from),
        new.announcement.title,
        serde_json::json!(new.lines),
        dates.map(|(from, _)| from),
        dates.map(|(_, to)| to),
        serde_json::json!(new.announcement.scheme),
        new.announcement.submission,
        by.0,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Changes what the invitation will say.
pub async fn announce(
    conn: &mut PgConnection,
    id: MiniCompetitionId,
    announcement: &Announcement,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE mini_competition SET title = $2, deadline_at = $3, submission = $4, scheme = $5, criterion = $6
         WHERE id = $1 AND state = 'drafted'",
        id.0,
        announcement.title,
        announcement.deadline_at,
        announcement.submission,
        serde_json::json!(announcement.scheme),
        criterion_key(&announcement.scheme),
    )
    .execute(conn)
    .await?;
    affected("change a mini-competition", 1, done.rows_affected())
}

/// Signs the opening; the second signature opens the offers.
pub async fn sign(
    conn: &mut PgConnection,
    id: MiniCompetitionId,
    first: bool,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let done = if first {
        sqlx::query!(
            "UPDATE mini_competition SET opened_by = $2, first_signed_at = $3 WHERE id = $1 AND state = 'sent' AND opened_by IS NULL",
            id.0,
            by.0,
            now
        )
        .execute(conn)
        .await?
    } else {
        sqlx::query!(
            "UPDATE mini_competition SET opened_with = $2, opened_at = $3, state = 'opened' WHERE id = $1 AND state = 'sent' AND opened_by IS NOT NULL",
            id.0,
            by.0,
            now
        )
        .execute(conn)
        .await?
    };
    affected("sign the opening of a mini-competition", 1, done.rows_affected())
}

/// How a competition ends.
#[derive(Debug, Clone)]
pub struct Decision<'a> {
    /// Who won; `None`: it is abolished.
    pub winner: Option<OrganisationId>,
    /// Why.
    pub reason: &'a str,
    /// How the lot was drawn.
    pub drawn: &'a str,
}

/// Ends a competition.
pub async fn decide(
    conn: &mut PgConnection,
    id: MiniCompetitionId,
    decision: &Decision<'_>,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE mini_competition
         SET state = CASE WHEN $2::uuid IS NULL THEN 'cancelled' ELSE 'awarded' END, winner_id = $2, decision_reason = $3, drawn = $4,
             decided_by = $5, decided_at = $6
         WHERE id = $1 AND state NOT IN ('awarded', 'cancelled')",
        id.0,
        decision.winner.map(Uuid::from) as Option<Uuid>,
        decision.reason,
        decision.drawn,
        by.0,
        now,
    )
    .execute(conn)
    .await?;
    affected("decide a mini-competition", 1, done.rows_affected())
}

/// Ties a won competition to the call-off that orders what was won.
pub async fn use_for(conn: &mut PgConnection, id: MiniCompetitionId, call_off: CallOffId) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE mini_competition SET call_off_id = $2 WHERE id = $1 AND (call_off_id IS NULL OR call_off_id = $2)",
        id.0,
        call_off.0
    )
    .execute(conn)
    .await?;
    affected("use a mini-competition", 1, done.rows_affected())
}
