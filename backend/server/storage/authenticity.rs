//! What may be told about a document or certificate to whoever holds it: no amounts, no names.

use abruf_domain::ids::DocumentId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::StorageError;

/// What may be told about a paper.
#[derive(Debug, Clone)]
pub struct Authenticity {
    /// order, cancellation, partial_cancellation or memo; with `supplier_` before it, of the supplier order of a pair;
    /// entitlement_certificate, savings_certificate, competition_record or meeting_report.
    pub kind: String,
    /// Call-off number, or that of the certificate.
    pub number: String,
    /// State key of the call-off today; `issued` of a certificate, `replaced` once there is a newer one.
    pub status: String,
    /// Prüfkennung.
    pub check_code: String,
    /// Name offered at download.
    pub file_name: String,
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// When the call-off was released or a new delivery date accepted; noon of the day printed on a certificate.
    pub released_at: Option<DateTime<Utc>>,
    /// When it was cancelled, if it was; for a partial cancellation, when that was; when a certificate was replaced.
    pub ended_at: Option<DateTime<Utc>>,
}

/// The paper with this Prüfkennung, or with this SHA-256 of its file.
pub async fn find(
    conn: &mut PgConnection,
    check_code: Option<&str>,
    sha256: Option<&[u8]>,
) -> Result<Option<Authenticity>, StorageError> {
    Ok(sqlx::query_as!(
        Authenticity,
        r#"SELECT kind AS "kind!", number AS "number!", status AS "status!", check_code AS "check_code!", file_name AS "file_name!",
                  sha256 AS "sha256!", released_at, ended_at
           FROM paper
           WHERE check_code = $1 OR sha256 = $2
           ORDER BY created_at
           LIMIT 1"#,
        check_code,
        sha256
    )
    .fetch_optional(conn)
    .await?)
}

/// What may be told about every paper, oldest first, some at a time: those after `after`, the moment and id of the last
/// one told before.
pub async fn portion(
    conn: &mut PgConnection,
    after: Option<(DateTime<Utc>, DocumentId)>,
    limit: i64,
) -> Result<Vec<(DateTime<Utc>, DocumentId, Authenticity)>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT created_at AS "created_at!", id AS "id!", kind AS "kind!", number AS "number!", status AS "status!",
                  check_code AS "check_code!", file_name AS "file_name!", sha256 AS "sha256!", released_at, ended_at
           FROM paper
           WHERE $1::timestamptz IS NULL OR (created_at, id) > ($1, $2)
           ORDER BY created_at, id
           LIMIT $3"#,
        after.map(|it| it.0),
        after.map(|it| it.1.0),
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let told = Authenticity {
                kind: row.kind,
                number: row.number,
                status: row.status,
                check_code: row.check_code,
                file_name: row.file_name,
                sha256: row.sha256,
                released_at: row.released_at,
                ended_at: row.ended_at,
            };
            (row.created_at, DocumentId(row.id), told)
        })
        .collect())
}
