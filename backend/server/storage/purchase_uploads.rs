//! Files of purchases that were looked at and wait to be confirmed: one per invitation or member.

use abruf_domain::ids::OrganisationId;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;

/// Whose purchases they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uploader {
    /// A town, by its invitation.
    Invited(Uuid),
    /// A member.
    Member(OrganisationId),
}

impl Uploader {
    /// As the two columns say it.
    #[must_use]
    pub fn columns(self) -> (Option<Uuid>, Option<Uuid>) {
        match self {
            Self::Invited(invitation) => (Some(invitation), None),
            Self::Member(member) => (None, Some(member.0)),
        }
    }
}

/// A file that waits.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Which.
    pub id: Uuid,
    /// Name of the file.
    pub file_name: String,
    /// Its cells, as read.
    pub sheet: Value,
}

/// Keeps a file; the one before goes.
pub async fn replace(
    conn: &mut PgConnection,
    body: OrganisationId,
    uploader: Uploader,
    upload: &Upload,
    now: DateTime<Utc>,
    delete_after: DateTime<Utc>,
) -> Result<(), StorageError> {
    delete(&mut *conn, uploader).await?;
    let (invitation, member) = uploader.columns();
    sqlx::query!(
        "INSERT INTO purchase_upload (id, body_id, invitation_id, member_id, file_name, sheet, created_at, delete_after)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        upload.id,
        body.0,
        invitation,
        member,
        upload.file_name,
        upload.sheet,
        now,
        delete_after
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The file that waits.
pub async fn find(
    conn: &mut PgConnection,
    uploader: Uploader,
    now: DateTime<Utc>,
) -> Result<Option<Upload>, StorageError> {
    let (invitation, member) = uploader.columns();
    Ok(sqlx::query_as!(
        Upload,
        "SELECT id, file_name, sheet FROM purchase_upload
         WHERE (invitation_id = $1 OR member_id = $2) AND $3 < delete_after",
        invitation,
        member,
        now
    )
    .fetch_optional(conn)
    .await?)
}

/// Takes the file that waits away and returns its name; `None` where there is none. Of two who do so at once the
/// second waits and finds it gone.
pub async fn delete(conn: &mut PgConnection, uploader: Uploader) -> Result<Option<String>, StorageError> {
    let (invitation, member) = uploader.columns();
    Ok(sqlx::query_scalar!(
        "DELETE FROM purchase_upload WHERE invitation_id = $1 OR member_id = $2 RETURNING file_name",
        invitation,
        member
    )
    .fetch_optional(conn)
    .await?)
}

/// Lets every file go that nobody has confirmed in time.
pub async fn delete_due(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<u64, StorageError> {
    let done = sqlx::query!("DELETE FROM purchase_upload WHERE delete_after <= $1", now).execute(conn).await?;
    Ok(done.rows_affected())
}
