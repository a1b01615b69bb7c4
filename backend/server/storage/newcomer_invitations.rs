//! Invitations of towns to see what they would have saved. Only the hash of a link's token is stored.

use abruf_domain::ids::{OrganisationId, PersonId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::affected;

/// Analyses that one invitation allows: each shows a little more of where prices lie.
pub const MOST_ANALYSES: i32 = 3;

/// An invitation, whatever became of it.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Which.
    pub id: Uuid,
    /// Whose office invites.
    pub body: OrganisationId,
    /// Entry of the register; `None` for others.
    pub official_key: Option<String>,
    /// Name of the town.
    pub town: String,
    /// Legal kind it would be a member as.
    pub kind: String,
    /// ISO 3166-2.
    pub region: String,
    /// Where the office sends the link; empty if otherwise.
    pub email: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Opens nothing from then on.
    pub expires_at: DateTime<Utc>,
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
    /// First analysis.
    pub first_used_at: Option<DateTime<Utc>>,
    /// Analyses made with it.
    pub analyses: i32,
}

impl Invitation {
    /// Whether the link still opens.
    #[must_use]
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// Stores an invitation.
pub async fn insert(
    conn: &mut PgConnection,
    new: &Invitation,
    token_sha256: &[u8; 32],
    by: PersonId,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO newcomer_invitation (id, body_id, official_key, town, kind, region, email, token_sha256, created_by,
                                          created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        new.id,
        new.body.0,
        new.official_key,
        new.town,
        new.kind,
        new.region,
        new.email,
        &token_sha256[..],
        by.0,
        new.created_at,
        new.expires_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The invitation of a token: of the link that was shown, or of one in a letter.
pub async fn of_token(conn: &mut PgConnection, token_sha256: &[u8; 32]) -> Result<Option<Invitation>, StorageError> {
    let id = sqlx::query_scalar!(
        r#"SELECT id AS "id!" FROM newcomer_invitation WHERE token_sha256 = $1
           UNION ALL
           SELECT m.invitation_id FROM newcomer_mail_link l JOIN newcomer_mail m ON m.id = l.mail_id WHERE l.token_sha256 = $1"#,
        &token_sha256[..]
    )
    .fetch_optional(&mut *conn)
    .await?;
    match id {
        Some(id) => find(conn, id).await,
        None => Ok(None),
    }
}

/// A visible invitation.
pub async fn find(conn: &mut PgConnection, id: Uuid) -> Result<Option<Invitation>, StorageError> {
    Ok(sqlx::query_as!(
        Invitation,
        r#"SELECT id, body_id AS body, official_key, town, kind, region, email, created_at, expires_at,
                  revoked_at, first_used_at, analyses
           FROM newcomer_invitation WHERE id = $1"#,
        id
    )
    .fetch_optional(conn)
    .await?)
}

/// A visible invitation, held until the transaction ends.
pub async fn lock(conn: &mut PgConnection, id: Uuid) -> Result<Option<Invitation>, StorageError> {
    sqlx::query!("SELECT id FROM newcomer_invitation WHERE id = $1 FOR NO KEY UPDATE", id)
        .fetch_optional(&mut *conn)
        .await?;
    find(conn, id).await
}

/// An invitation in the office's list, with what the office may know of its analysis.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The invitation.
    pub id: Uuid,
    /// Name of the town.
    pub town: String,
    /// Entry of the register.
    pub official_key: Option<String>,
    /// Where the link went.
    pub email: String,
    /// Who invited.
    pub created_by: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Opens nothing from then on.
    pub expires_at: DateTime<Utc>,
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When the analysis that stands was made; `None`: there is none.
    pub analysed_at: Option<DateTime<Utc>>,
    /// When it goes; `None` also where the town has joined.
    pub delete_after: Option<DateTime<Utc>>,
    /// Whether the town lets the office see its sums.
    pub consent: Option<bool>,
    /// Lines that matched, with consent.
    pub lines: i64,
    /// Paid for them, with consent.
    pub paid_net: Option<rust_decimal::Decimal>,
    /// What the lists ask, with consent.
    pub ours_net: Option<rust_decimal::Decimal>,
    /// Currencies of the contracts among them.
    pub currencies: Option<Vec<String>>,
    /// What became of the newest letter: waiting, sending, sent, failed or withdrawn; `None`: none was written.
    pub mail: Option<String>,
    /// When that was decided.
    pub mail_ended_at: Option<DateTime<Utc>>,
    /// What the mail server said.
    pub mail_answer: Option<String>,
}

/// The invitations of a body, newest first.
pub async fn list(
    conn: &mut PgConnection,
    body: OrganisationId,
    limit: i64,
    offset: i64,
) -> Result<Vec<Listed>, StorageError> {
    Ok(sqlx::query_as!(
        Listed,
        r#"SELECT i.id, i.town, i.official_key, i.email, p.name AS "created_by?", i.created_at, i.expires_at, i.revoked_at,
                  a.created_at AS "analysed_at?", a.delete_after AS "delete_after?", a.consent AS "consent?",
                  coalesce(s.lines, 0) AS "lines!", s.paid_net AS "paid_net?", s.ours_net AS "ours_net?",
                  s.currencies AS "currencies?", l.state AS "mail?", l.ended_at AS "mail_ended_at?", l.answer AS "mail_answer?"
           FROM newcomer_invitation i
           LEFT JOIN person p ON p.id = i.created_by
           LEFT JOIN purchase_analysis a ON a.invitation_id = i.id
           LEFT JOIN LATERAL (
               SELECT sum(t.lines) AS lines, sum(t.paid_net) AS paid_net, sum(t.ours_net) AS ours_net,
                      array_agg(DISTINCT f.currency) AS currencies
               FROM purchase_sum t
               JOIN framework_contract f ON f.id = t.contract_id
               WHERE t.analysis_id = a.id) s ON true
           LEFT JOIN LATERAL (
               SELECT m.state, m.ended_at, m.answer FROM newcomer_mail m
               WHERE m.invitation_id = i.id
               ORDER BY m.created_at DESC, m.id DESC
               LIMIT 1) l ON true
           WHERE i.body_id = $1
           ORDER BY i.created_at DESC, i.id
           LIMIT $2 OFFSET $3"#,
        body.0,
        limit,
        offset
    )
    .fetch_all(conn)
    .await?)
}

/// How many there are.
pub async fn count(conn: &mut PgConnection, body: OrganisationId) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM newcomer_invitation WHERE body_id = $1"#, body.0)
        .fetch_one(conn)
        .await?)
}

/// Takes an invitation back; `false` if that has happened.
pub async fn revoke(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<bool, StorageError> {
    let done =
        sqlx::query!("UPDATE newcomer_invitation SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", id, now)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives an invitation another link; the one before opens nothing any more.
pub async fn renew(
    conn: &mut PgConnection,
    id: Uuid,
    token_sha256: &[u8; 32],
    expires_at: DateTime<Utc>,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE newcomer_invitation SET token_sha256 = $2, expires_at = $3 WHERE id = $1 AND revoked_at IS NULL",
        id,
        &token_sha256[..],
        expires_at
    )
    .execute(conn)
    .await?;
    affected("renew an invitation", 1, done.rows_affected())
}

/// Counts an analysis; the first one binds the invitation.
pub async fn count_analysis(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE newcomer_invitation SET analyses = analyses + 1, first_used_at = coalesce(first_used_at, $2) WHERE id = $1",
        id,
        now
    )
    .execute(conn)
    .await?;
    affected("count an analysis", 1, done.rows_affected())
}

/// Region of a body, as ISO 3166-2: that of whoever is invited by name alone.
pub async fn region_of(conn: &mut PgConnection, body: OrganisationId) -> Result<String, StorageError> {
    Ok(sqlx::query_scalar!("SELECT region FROM organisation WHERE id = $1", body.0).fetch_one(conn).await?)
}
