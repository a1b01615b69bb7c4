//! In which rows the files of documents and certificates lie, and taking them out and in: as the owner, because the
//! application may change no document.

use sqlx::PgConnection;

use super::StorageError;
use super::document_store::StoredFile;

/// A file of a document or certificate, by its hash.
#[derive(Debug, Clone)]
pub struct Placed {
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// Whether it lies in its row.
    pub in_row: bool,
}

/// The files of all documents and certificates, each once.
pub async fn places(conn: &mut PgConnection) -> Result<Vec<Placed>, StorageError> {
    Ok(sqlx::query_as!(
        Placed,
        r#"SELECT sha256 AS "sha256!", bool_or(in_row) AS "in_row!"
           FROM (SELECT sha256, bytes IS NOT NULL AS in_row FROM document
                 UNION ALL
                 SELECT sha256, bytes IS NOT NULL FROM certificate) AS made
           GROUP BY sha256
           ORDER BY sha256"#
    )
    .fetch_all(conn)
    .await?)
}

/// How many documents and certificates lie outside the database, and the hash of the newest of them.
pub async fn outside(conn: &mut PgConnection) -> Result<(i64, Option<Vec<u8>>), StorageError> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "count!", (array_agg(sha256 ORDER BY made_at DESC))[1] AS newest
           FROM (SELECT sha256, created_at AS made_at FROM document WHERE bytes IS NULL
                 UNION ALL
                 SELECT sha256, issued_at FROM certificate WHERE bytes IS NULL) AS made"#
    )
    .fetch_one(conn)
    .await?;
    Ok((row.count, row.newest))
}

/// A file of a document or certificate that lies in its row.
pub async fn in_row(conn: &mut PgConnection, sha256: &[u8]) -> Result<Option<StoredFile>, StorageError> {
    Ok(sqlx::query_as!(
        StoredFile,
        r#"SELECT file_name AS "file_name!", sha256 AS "sha256!", bytes FROM document WHERE sha256 = $1 AND bytes IS NOT NULL
           UNION ALL
           SELECT file_name, sha256, bytes FROM certificate WHERE sha256 = $1 AND bytes IS NOT NULL
           LIMIT 1"#,
        sha256
    )
    .fetch_optional(conn)
    .await?)
}

/// Takes a file out of its rows, as the owner: it was read back from where it lies now. In how many rows it was.
pub async fn take_out(owner: &mut PgConnection, sha256: &[u8]) -> Result<u64, StorageError> {
    let row = sqlx::query!(
        r#"WITH d AS (UPDATE document SET bytes = NULL, byte_count = octet_length(bytes)
                      WHERE sha256 = $1 AND bytes IS NOT NULL RETURNING 1),
                c AS (UPDATE certificate SET bytes = NULL, byte_count = octet_length(bytes)
                      WHERE sha256 = $1 AND bytes IS NOT NULL RETURNING 1)
           SELECT (SELECT count(*) FROM d) + (SELECT count(*) FROM c) AS "count!""#,
        sha256
    )
    .fetch_one(owner)
    .await?;
    Ok(row.count.unsigned_abs())
}

/// Puts a file back into its rows, as the owner. In how many rows it is now.
pub async fn take_in(owner: &mut PgConnection, sha256: &[u8], bytes: &[u8]) -> Result<u64, StorageError> {
    let row = sqlx::query!(
        r#"WITH d AS (UPDATE document SET bytes = $2, byte_count = octet_length($2::bytea)
                      WHERE sha256 = $1 AND bytes IS NULL RETURNING 1),
                c AS (UPDATE certificate SET bytes = $2, byte_count = octet_length($2::bytea)
                      WHERE sha256 = $1 AND bytes IS NULL RETURNING 1)
           SELECT (SELECT count(*) FROM d) + (SELECT count(*) FROM c) AS "count!""#,
        sha256,
        bytes
    )
    .fetch_one(owner)
    .await?;
    Ok(row.count.unsigned_abs())
}
