//! Frozen documents.

use std::collections::BTreeMap;

use abruf_domain::data_format::{DataFormat, Embedded};
use abruf_domain::ids::{CallOffId, ContractId, DocumentId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::document_store::StoredFile;
use super::error::consistent;

/// A document without its bytes.
#[derive(Debug, Clone)]
pub struct DocumentRow {
    /// Which.
    pub id: DocumentId,
    /// order, cancellation, partial_cancellation, delivery_change or memo; with `supplier_` before it, of the supplier
    /// order of a pair.
    pub kind: String,
    /// Which partial cancellation or change of the delivery date it prints, from 1.
    pub sequence: Option<i32>,
    /// Name offered at download.
    pub file_name: String,
    /// Prüfkennung.
    pub check_code: String,
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// Pages.
    pub pages: i32,
    /// Formats in which it lies in its PDF as data.
    pub as_data: Vec<DataFormat>,
    /// When it was rendered.
    pub created_at: DateTime<Utc>,
}

impl DocumentRow {
    /// What tells it from the other documents of its call-off: `order`, `partial_cancellation-1`.
    #[must_use]
    pub fn key(&self) -> String {
        self.sequence.map_or_else(|| self.kind.clone(), |sequence| format!("{}-{sequence}", self.kind))
    }
}

/// A document to be written.
#[derive(Debug)]
pub struct NewDocument<'a> {
    /// Which.
    pub id: DocumentId,
    /// The contract.
    pub contract: ContractId,
    /// The call-off.
    pub call_off: CallOffId,
    /// order, cancellation, partial_cancellation or memo; with `supplier_` before it, of the supplier order of a pair.
    pub kind: &'a str,
    /// The partial cancellation or confirmation it prints.
    pub event: Option<Uuid>,
    /// Name offered at download.
    pub file_name: &'a str,
    /// Printed Prüfkennung.
    pub check_code: &'a str,
    /// SHA-256 of the file.
    pub sha256: &'a [u8; 32],
    /// Which template made it.
    pub template_version: &'a str,
    /// Canonical input the Prüfkennung stands for.
    pub input: &'a str,
    /// Number of pages.
    pub pages: usize,
    /// The file, if it is to lie in its row.
    pub bytes: Option<&'a [u8]>,
    /// Its size.
    pub byte_count: usize,
    /// What lies in it.
    pub attachments: &'a [Embedded],
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes a document; it can never be changed again.
pub async fn insert(conn: &mut PgConnection, new: &NewDocument<'_>) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO document (contract_id, id, call_off_id, kind, file_name, check_code, sha256, template_version,
                               program_version, pages, bytes, created_at, event_id, input, byte_count)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        new.contract.0,
        new.id.0,
        new.call_off.0,
        new.kind,
        new.file_name,
        new.check_code,
        &new.sha256[..],
        new.template_version,
        env!("CARGO_PKG_VERSION"),
        i32::try_from(new.pages).unwrap_or(i32::MAX),
        new.bytes,
        new.at,
        new.event,
        new.input,
        i32::try_from(new.byte_count).unwrap_or(i32::MAX),
    )
    .execute(&mut *conn)
    .await?;
    let names: Vec<String> = new.attachments.iter().map(|it| it.format.embedded_name().to_owned()).collect();
    let hashes: Vec<Vec<u8>> = new.attachments.iter().map(|it| it.sha256.to_vec()).collect();
    let lengths: Vec<i64> = new.attachments.iter().map(|it| i64::try_from(it.length).unwrap_or(i64::MAX)).collect();
    sqlx::query!(
        "INSERT INTO document_attachment (contract_id, document_id, name, sha256, length)
         SELECT $1, $2, a.name, a.sha256, a.length
         FROM unnest($3::text[], $4::bytea[], $5::bigint[]) AS a (name, sha256, length)",
        new.contract.0,
        new.id.0,
        &names,
        &hashes,
        &lengths
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps the texts, and the hashes of logo and fonts, of a template version, once.
pub async fn keep_template(
    conn: &mut PgConnection,
    version: &str,
    texts: &BTreeMap<String, String>,
    assets: &BTreeMap<String, [u8; 32]>,
) -> Result<(), StorageError> {
    let names: Vec<String> = texts.keys().cloned().collect();
    let wordings: Vec<String> = texts.values().cloned().collect();
    sqlx::query!(
        "INSERT INTO document_template (version, name, wording)
         SELECT $1, t.name, t.wording FROM unnest($2::text[], $3::text[]) AS t (name, wording)
         ON CONFLICT DO NOTHING",
        version,
        &names,
        &wordings
    )
    .execute(&mut *conn)
    .await?;
    if assets.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = assets.keys().cloned().collect();
    let hashes: Vec<Vec<u8>> = assets.values().map(|hash| hash.to_vec()).collect();
    sqlx::query!(
        "INSERT INTO document_template_asset (version, name, sha256)
         SELECT $1, t.name, t.sha256 FROM unnest($2::text[], $3::bytea[]) AS t (name, sha256)
         ON CONFLICT DO NOTHING",
        version,
        &names,
        &hashes
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A document with everything it was made from.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Name offered at download.
    pub file_name: String,
    /// Printed Prüfkennung.
    pub check_code: String,
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// Which template made it.
    pub template_version: String,
    /// Which program made it.
    pub program_version: String,
    /// Canonical input; `None` for documents made before it was kept.
    pub input: Option<String>,
    /// The file, if it lies in its row.
    pub bytes: Option<Vec<u8>>,
}

/// Ids of the documents of a call-off or of its supplier order, of a certificate, or with a Prüfkennung; of all without
/// words.
pub async fn ids(conn: &mut PgConnection, named: Option<&str>) -> Result<Vec<DocumentId>, StorageError> {
    let ids = sqlx::query_scalar!(
        r#"SELECT id AS "id!"
         FROM (SELECT d.id, d.created_at
               FROM document d
               JOIN call_off c ON c.contract_id = d.contract_id AND c.id = d.call_off_id
               LEFT JOIN supplier_order s ON s.contract_id = d.contract_id AND s.call_off_id = d.call_off_id
               WHERE $1::text IS NULL OR d.check_code = $1
                  OR (d.kind NOT LIKE 'supplier\_%' AND $1 IN (c.number, c.case_number)) OR (d.kind LIKE 'supplier\_%' AND s.number = $1)
               UNION ALL
               SELECT id, issued_at FROM certificate WHERE $1 IS NULL OR $1 IN (check_code, number)) AS made
         ORDER BY created_at, id"#,
        named
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(DocumentId).collect())
}

/// A document of a list, without its bytes.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Which.
    pub id: DocumentId,
    /// The call-off.
    pub call_off: CallOffId,
    /// As [`DocumentRow::kind`].
    pub kind: String,
    /// Name offered at download.
    pub file_name: String,
    /// Prüfkennung.
    pub check_code: String,
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// Size of the file in bytes.
    pub length: u64,
    /// Pages.
    pub pages: i32,
    /// What lies in it.
    pub attachments: Vec<Embedded>,
    /// When it was rendered.
    pub created_at: DateTime<Utc>,
}

/// The documents of these call-offs, in the order of the call-offs, oldest first.
pub async fn of_call_offs(conn: &mut PgConnection, call_offs: &[CallOffId]) -> Result<Vec<Listed>, StorageError> {
    let ids: Vec<Uuid> = call_offs.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"SELECT d.id, d.call_off_id, d.kind, d.file_name, d.check_code, d.sha256,
                  coalesce(d.byte_count, octet_length(d.bytes)) AS "length!",
                  d.pages, d.created_at, a.names AS "names!", a.hashes AS "hashes!", a.lengths AS "lengths!"
           FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, place)
           JOIN document d ON d.call_off_id = wanted.id
           CROSS JOIN LATERAL (
               SELECT coalesce(array_agg(e.name ORDER BY e.name), '{}') AS names,
                      coalesce(array_agg(e.sha256 ORDER BY e.name), '{}') AS hashes,
                      coalesce(array_agg(e.length ORDER BY e.name), '{}') AS lengths
               FROM document_attachment e
               WHERE e.contract_id = d.contract_id AND e.document_id = d.id) AS a
           ORDER BY wanted.place, d.created_at, d.id"#,
        &ids
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let listed = row.names.into_iter().zip(row.hashes).zip(row.lengths);
            let attachments = listed.map(|((name, hash), length)| embedded(&name, &hash, length, row.id));
            Ok(Listed {
                id: DocumentId(row.id),
                call_off: CallOffId(row.call_off_id),
                kind: row.kind,
                file_name: row.file_name,
                check_code: row.check_code,
                sha256: row.sha256,
                length: u64::try_from(row.length).unwrap_or_default(),
                pages: row.pages,
                attachments: attachments.collect::<Result<_, StorageError>>()?,
                created_at: row.created_at,
            })
        })
        .collect()
}

fn embedded(name: &str, hash: &[u8], length: i64, document: Uuid) -> Result<Embedded, StorageError> {
    Ok(Embedded {
        format: format(name, document)?,
        sha256: consistent(hash.try_into(), "document_attachment", "sha256", document)?,
        length: u64::try_from(length).unwrap_or_default(),
    })
}

fn format(name: &str, document: Uuid) -> Result<DataFormat, StorageError> {
    let known = DataFormat::of_embedded(name).ok_or("an unknown name");
    consistent(known, "document_attachment", "name", document)
}

/// A document by itself.
pub async fn find(conn: &mut PgConnection, id: DocumentId) -> Result<Option<StoredFile>, StorageError> {
    Ok(sqlx::query_as!(StoredFile, "SELECT file_name, sha256, bytes FROM document WHERE id = $1", id.0)
        .fetch_optional(conn)
        .await?)
}

/// A document or certificate to be made again.
pub async fn recorded(conn: &mut PgConnection, id: DocumentId) -> Result<Option<Recorded>, StorageError> {
    Ok(sqlx::query_as!(
        Recorded,
        r#"SELECT file_name AS "file_name!", check_code AS "check_code!", sha256 AS "sha256!", template_version AS "template_version!",
                  program_version AS "program_version!", input, bytes
           FROM document
           WHERE id = $1
           UNION ALL
           SELECT file_name, check_code, sha256, template_version, program_version, input, bytes FROM certificate WHERE id = $1"#,
        id.0
    )
    .fetch_optional(conn)
    .await?)
}

/// The texts of a template version, by name.
pub async fn template(conn: &mut PgConnection, version: &str) -> Result<BTreeMap<String, String>, StorageError> {
    let rows =
        sqlx::query!("SELECT name, wording FROM document_template WHERE version = $1", version).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.name, row.wording)).collect())
}

/// Logo and fonts of a template version, by name.
pub async fn template_assets(
    conn: &mut PgConnection,
    version: &str,
) -> Result<BTreeMap<String, Vec<u8>>, StorageError> {
    let rows = sqlx::query!(
        "SELECT d.name, a.bytes
         FROM document_template_asset d
         JOIN template_asset a ON a.sha256 = d.sha256
         WHERE d.version = $1",
        version
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.bytes)).collect())
}

/// The documents of a call-off, oldest first.
pub async fn of_call_off(
    conn: &mut PgConnection,
    contract: ContractId,
    call_off: CallOffId,
) -> Result<Vec<DocumentRow>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT d.id, d.kind,
                  CASE WHEN d.kind IN ('delivery_change', 'supplier_delivery_change')
                       THEN (row_number() OVER (PARTITION BY d.kind ORDER BY d.created_at, d.id))::int
                       ELSE p.sequence
                  END AS sequence, d.file_name, d.check_code, d.sha256, d.pages, d.created_at,
                  ARRAY(SELECT a.name FROM document_attachment a
                        WHERE a.contract_id = d.contract_id AND a.document_id = d.id ORDER BY a.name) AS "as_data!"
           FROM document d
           LEFT JOIN partial_cancellation p ON p.contract_id = d.contract_id AND p.id = d.event_id
           WHERE d.contract_id = $1 AND d.call_off_id = $2
           ORDER BY d.created_at, d.id"#,
        contract.0,
        call_off.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(DocumentRow {
                id: DocumentId(row.id),
                kind: row.kind,
                sequence: row.sequence,
                file_name: row.file_name,
                check_code: row.check_code,
                sha256: row.sha256,
                pages: row.pages,
                as_data: row.as_data.iter().map(|name| format(name, row.id)).collect::<Result<_, _>>()?,
                created_at: row.created_at,
            })
        })
        .collect()
}

/// The file of one kind.
pub async fn file(
    conn: &mut PgConnection,
    contract: ContractId,
    call_off: CallOffId,
    kind: &str,
) -> Result<Option<StoredFile>, StorageError> {
    Ok(sqlx::query_as!(
        StoredFile,
        "SELECT file_name, sha256, bytes FROM document WHERE contract_id = $1 AND call_off_id = $2 AND kind = $3 AND event_id IS NULL",
        contract.0,
        call_off.0,
        kind
    )
    .fetch_optional(conn)
    .await?)
}

/// The file of a partial cancellation, of the order or of its supplier order.
pub async fn partial_cancellation(
    conn: &mut PgConnection,
    contract: ContractId,
    call_off: CallOffId,
    kind: &str,
    sequence: i32,
) -> Result<Option<StoredFile>, StorageError> {
    Ok(sqlx::query_as!(
        StoredFile,
        "SELECT d.file_name, d.sha256, d.bytes
         FROM document d
         JOIN partial_cancellation p ON p.contract_id = d.contract_id AND p.id = d.event_id
         WHERE d.contract_id = $1 AND d.call_off_id = $2 AND p.sequence = $3 AND d.kind = $4",
        contract.0,
        call_off.0,
        sequence,
        kind
    )
    .fetch_optional(conn)
    .await?)
}

/// The file of a change of the delivery date, of the order or of its supplier order.
pub async fn delivery_change(
    conn: &mut PgConnection,
    contract: ContractId,
    call_off: CallOffId,
    kind: &str,
    sequence: i32,
) -> Result<Option<StoredFile>, StorageError> {
    Ok(sqlx::query_as!(
        StoredFile,
        "SELECT file_name, sha256, bytes
         FROM document
         WHERE contract_id = $1 AND call_off_id = $2 AND kind = $4 AND 1 <= $3
         ORDER BY created_at, id
         LIMIT 1 OFFSET greatest($3::int - 1, 0)",
        contract.0,
        call_off.0,
        sequence,
        kind
    )
    .fetch_optional(conn)
    .await?)
}
