//! Questions whose answer must be "none": where stored sums, hashes and numbers do not agree.

use sqlx::PgConnection;

use super::StorageError;

/// How much there is to verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Guard rows.
    pub guards: i64,
    /// Documents.
    pub documents: i64,
    /// Stored reviews.
    pub reviews: i64,
    /// Released call-offs.
    pub orders: i64,
}

/// Counts what there is.
pub async fn extent(conn: &mut PgConnection) -> Result<Extent, StorageError> {
    Ok(sqlx::query_as!(
        Extent,
        r#"SELECT (SELECT count(*) FROM guard) AS "guards!",
                  (SELECT count(*) FROM document) AS "documents!",
                  (SELECT count(*) FROM review) AS "reviews!",
                  (SELECT count(*) FROM call_off WHERE number IS NOT NULL) AS "orders!""#
    )
    .fetch_one(conn)
    .await?)
}

/// Guard rows that are not the sum of their ledger, in German.
pub async fn guards_off_their_ledger(conn: &mut PgConnection) -> Result<Vec<String>, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT format('Vertrag %s, Höchstgrenze %s (%s): freigegeben %s, erfasst %s, reserviert %s; das Volumenbuch ergibt %s, %s, %s',
                         f.number, g.scope, g.measure, g.authorised, g.recorded, g.reserved, l.authorised, l.recorded, l.reserved) AS "text!"
           FROM guard g
           JOIN framework_contract f ON f.id = g.contract_id
           CROSS JOIN LATERAL (
               SELECT coalesce(sum(e.amount) FILTER (WHERE e.account = 'authorised'), 0) AS authorised,
                      coalesce(sum(e.amount) FILTER (WHERE e.account = 'recorded'), 0) AS recorded,
                      coalesce(sum(e.amount) FILTER (WHERE e.account = 'reserved'), 0) AS reserved
               FROM volume_entry e
               WHERE e.contract_id = g.contract_id AND e.guard_id = g.id) l
           WHERE (g.authorised, g.recorded, g.reserved) <> (l.authorised, l.recorded, l.reserved)
              OR (g.hard AND NOT g.breached AND g.limit_amount < g.authorised + g.recorded + g.reserved)
           ORDER BY f.number, g.scope, g.measure"#
    )
    .fetch_all(conn)
    .await?)
}

/// Numbers that are missing, doubled or beyond the counter, in German.
pub async fn number_gaps(conn: &mut PgConnection) -> Result<Vec<String>, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT format('Vertrag %s: Nummer %s fehlt oder ist doppelt (%s Abrufe tragen sie)', f.number, due.number, due.found) AS "text!"
           FROM guard g
           JOIN framework_contract f ON f.id = g.contract_id
           CROSS JOIN LATERAL (
               SELECT n.number, count(c.id) AS found
               FROM generate_series(1, greatest(g.last_number, (
                        SELECT count(*)::int FROM call_off x WHERE x.contract_id = g.contract_id AND x.number IS NOT NULL))) AS n (number)
               LEFT JOIN call_off c ON c.contract_id = g.contract_id
                    AND c.number = f.number || '-' || lpad(n.number::text, greatest(4, length(n.number::text)), '0')
               GROUP BY n.number
               HAVING count(c.id) <> 1) due
           WHERE g.scope = 'contract' AND g.measure = 'value'
           ORDER BY f.number, due.number"#
    )
    .fetch_all(conn)
    .await?)
}

/// Documents whose bytes, stored hash and log entry do not agree, in German.
pub async fn documents_off_their_hash(conn: &mut PgConnection) -> Result<Vec<String>, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT format('Dokument %s (%s): %s', d.file_name, d.id,
                         CASE WHEN d.sha256 <> sha256(d.bytes) THEN 'der Inhalt passt nicht zum gespeicherten Hash'
                              ELSE 'im Protokoll steht kein Eintrag mit diesem Hash' END) AS "text!"
           FROM document d
           WHERE d.sha256 <> sha256(d.bytes)
              OR NOT EXISTS (SELECT FROM audit_entry e
                             WHERE e.call_off_id = d.call_off_id AND e.action = 'document_issued'
                               AND e.canonical::jsonb ->> 'after' = encode(d.sha256, 'hex'))
           ORDER BY d.file_name"#
    )
    .fetch_all(conn)
    .await?)
}

/// Orders and cancellations whose document should exist and does not, in German.
pub async fn missing_documents(conn: &mut PgConnection) -> Result<Vec<String>, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT format('Abruf %s: das Dokument „%s“ fehlt', c.number, due.kind) AS "text!"
           FROM call_off c
           CROSS JOIN LATERAL (
               SELECT 'order' AS kind, 'issue_order' AS work
               UNION ALL
               SELECT 'cancellation', 'issue_cancellation' WHERE c.status = 'cancelled') due
           WHERE c.number IS NOT NULL
             AND NOT EXISTS (SELECT FROM document d WHERE d.contract_id = c.contract_id AND d.call_off_id = c.id AND d.kind = due.kind)
             AND NOT EXISTS (SELECT FROM outbox o WHERE o.call_off_id = c.id AND o.kind = due.work AND o.done_at IS NULL)
           ORDER BY c.number"#
    )
    .fetch_all(conn)
    .await?)
}

/// Documents that are still to be made.
pub async fn documents_to_come(conn: &mut PgConnection) -> Result<i64, StorageError> {
    super::outbox::open(conn).await
}

/// Stored reviews whose facts do not match their hash, in German.
pub async fn reviews_off_their_hash(conn: &mut PgConnection) -> Result<Vec<String>, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT format('Prüfung %s vom %s: die gespeicherten Tatsachen passen nicht zu ihrem Hash', id, evaluated_at) AS "text!"
           FROM review
           WHERE facts_sha256 <> sha256(convert_to(facts, 'UTF8'))
           ORDER BY evaluated_at, id"#
    )
    .fetch_all(conn)
    .await?)
}
