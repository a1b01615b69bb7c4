//! What `abruf verify` compares: stored sums, hashes and numbers beside the rows they were made from.
//! Only rows; what they mean and how it is said is decided in `verify.rs`.

use abruf_domain::call_off::Status;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::document_store::StoredFile;
use super::error::stored_key;

/// A chain of the audit log with its head.
#[derive(Debug, Clone)]
pub struct Chain {
    /// Contract, body, or nil for sign-ins.
    pub id: Uuid,
    /// Number of the contract; name of the body; `None` for sign-ins.
    pub owner: Option<String>,
    /// Whether it is a contract's.
    pub of_contract: bool,
    /// Entries it should have.
    pub length: i64,
    /// Its head; 32 bytes if nobody tampered with it.
    pub head: Vec<u8>,
}

/// All chains: those in guard rows, those with rows of their own, and those that have entries only.
pub async fn chains(conn: &mut PgConnection) -> Result<Vec<Chain>, StorageError> {
    Ok(sqlx::query_as!(
        Chain,
        r#"SELECT g.contract_id AS "id!", f.number AS owner, true AS "of_contract!", g.chain_length AS "length!", g.chain_head AS "head!"
           FROM guard g
           JOIN framework_contract f ON f.id = g.contract_id
           WHERE g.scope = 'contract' AND g.measure = 'value'
           UNION ALL
           SELECT c.id, o.name, false, c.length, c.head
           FROM audit_chain c
           LEFT JOIN organisation o ON o.id = c.id
           UNION ALL
           SELECT e.chain_id, NULL, false, 0, '\x0000000000000000000000000000000000000000000000000000000000000000'
           FROM audit_entry e
           WHERE e.sequence = 1
             AND NOT EXISTS (SELECT FROM audit_chain c WHERE c.id = e.chain_id)
             AND NOT EXISTS (SELECT FROM guard g WHERE g.contract_id = e.chain_id AND g.scope = 'contract' AND g.measure = 'value')
           ORDER BY 3 DESC, 2 NULLS LAST, 1"#
    )
    .fetch_all(conn)
    .await?)
}

/// An entry as it is stored, with the columns beside its text and the erasable detail behind it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Position.
    pub sequence: i64,
    /// Call-off the column names.
    pub call_off: Option<Uuid>,
    /// Action the column names.
    pub action: String,
    /// Instant the column names.
    pub at: DateTime<Utc>,
    /// The entry.
    pub canonical: String,
    /// Its leaf hash.
    pub leaf: Vec<u8>,
    /// Hash before it.
    pub previous: Vec<u8>,
    /// Hash after it.
    pub chain: Vec<u8>,
    /// Salt of the detail, unless there is none or it was erased.
    pub salt: Option<Vec<u8>>,
    /// The detail, likewise.
    pub detail: Option<Value>,
}

/// The entries of a chain, in order.
pub async fn entries(conn: &mut PgConnection, chain: Uuid) -> Result<Vec<Entry>, StorageError> {
    Ok(sqlx::query_as!(
        Entry,
        r#"SELECT e.sequence, e.call_off_id AS call_off, e.action, e.at, e.canonical, e.leaf_hash AS leaf,
                  e.previous_hash AS previous, e.chain_hash AS chain, d.salt AS "salt?", d.detail AS "detail?"
           FROM audit_entry e
           LEFT JOIN audit_detail d ON d.chain_id = e.chain_id AND d.leaf_hash = e.leaf_hash
           WHERE e.chain_id = $1
           ORDER BY e.sequence"#,
        chain
    )
    .fetch_all(conn)
    .await?)
}

/// A guard row beside the sums of its ledger.
#[derive(Debug, Clone)]
pub struct GuardSums {
    /// Number of the contract.
    pub contract: String,
    /// contract, lot, item or member.
    pub scope: String,
    /// value or quantity.
    pub measure: String,
    /// Title of the lot, number of the item or name of the member.
    pub subject: Option<String>,
    /// Currency of the contract.
    pub currency: String,
    /// Ceiling.
    pub limit: Option<Decimal>,
    /// Whether what is let through may never exceed it.
    pub hard: bool,
    /// Whether recorded facts exceed it.
    pub breached: bool,
    /// authorised, recorded, reserved of the row.
    pub stored: [Decimal; 3],
    /// The same of the ledger.
    pub ledger: [Decimal; 3],
}

/// Every guard row with its ledger.
pub async fn guards(conn: &mut PgConnection) -> Result<Vec<GuardSums>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT f.number, f.currency, g.scope, g.measure, coalesce(l.title, i.article_number, o.name) AS subject,
                  g.limit_amount, g.hard, g.breached, g.authorised, g.recorded, g.reserved,
                  coalesce(e.authorised, 0) AS "e_authorised!", coalesce(e.recorded, 0) AS "e_recorded!",
                  coalesce(e.reserved, 0) AS "e_reserved!"
           FROM guard g
           JOIN framework_contract f ON f.id = g.contract_id
           LEFT JOIN lot l ON l.contract_id = g.contract_id AND l.id = g.lot_id
           LEFT JOIN item i ON i.contract_id = g.contract_id AND i.id = g.item_id
           LEFT JOIN organisation o ON o.id = g.member_id
           LEFT JOIN (
               SELECT contract_id, guard_id,
                      sum(amount) FILTER (WHERE account = 'authorised') AS authorised,
                      sum(amount) FILTER (WHERE account = 'recorded') AS recorded,
                      sum(amount) FILTER (WHERE account = 'reserved') AS reserved
               FROM volume_entry
               GROUP BY contract_id, guard_id) e ON e.contract_id = g.contract_id AND e.guard_id = g.id
           ORDER BY f.number, g.scope, g.measure, subject"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| GuardSums {
            contract: row.number,
            scope: row.scope,
            measure: row.measure,
            subject: row.subject,
            currency: row.currency,
            limit: row.limit_amount,
            hard: row.hard,
            breached: row.breached,
            stored: [row.authorised, row.recorded, row.reserved],
            ledger: [row.e_authorised, row.e_recorded, row.e_reserved],
        })
        .collect())
}

/// What a call-off is worth, as five tables say it.
#[derive(Debug, Clone)]
pub struct Worth {
    /// Call-off number or Vorgangsnummer.
    pub label: String,
    /// State.
    pub status: Status,
    /// Whether it has a number.
    pub numbered: bool,
    /// Currency of the contract.
    pub currency: String,
    /// Net order value.
    pub net: Option<Decimal>,
    /// VAT and gross.
    pub vat_and_gross: Option<(Decimal, Decimal)>,
    /// Lines and surcharge.
    pub lines: Decimal,
    /// Reserved and authorised at the contract's ceiling.
    pub held: [Decimal; 2],
    /// Sum of the planned savings entries.
    pub savings: Decimal,
    /// How many partial cancellations it has.
    pub partial_cancellations: i64,
    /// How many new delivery dates the buyer accepted.
    pub delivery_changes: i64,
    /// Documents made.
    pub documents: Vec<String>,
    /// Its order was made since memos are.
    pub memo_due: bool,
    /// Work still to be done.
    pub work: Vec<String>,
}

/// Every call-off that was ever submitted.
pub async fn worths(conn: &mut PgConnection) -> Result<Vec<Worth>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT coalesce(c.number, c.case_number) AS "label!", c.number IS NOT NULL AS "numbered!", c.status, f.currency,
                  c.net, c.vat, c.gross, coalesce(c.surcharge_net, 0) + coalesce(l.net, 0) AS "lines!",
                  coalesce(v.reserved, 0) AS "reserved!", coalesce(v.authorised, 0) AS "authorised!",
                  coalesce(s.net, 0) AS "savings!",
                  (SELECT count(*) FROM partial_cancellation p
                   WHERE p.contract_id = c.contract_id AND p.call_off_id = c.id) AS "partial_cancellations!",
                  (SELECT count(*) FROM supplier_confirmation s
                   JOIN confirmation_answer a ON a.contract_id = s.contract_id AND a.confirmation_id = s.id
                   WHERE s.contract_id = c.contract_id AND s.call_off_id = c.id AND s.delivery_on IS NOT NULL
                     AND a.decision = 'accepted') AS "delivery_changes!",
                  ARRAY(SELECT d.kind FROM document d WHERE d.contract_id = c.contract_id AND d.call_off_id = c.id) AS "documents!",
                  EXISTS (SELECT FROM document d WHERE d.contract_id = c.contract_id AND d.call_off_id = c.id
                                                   AND d.kind = 'order' AND d.input IS NOT NULL) AS "memo_due!",
                  ARRAY(SELECT w.kind FROM outbox w
                        WHERE w.contract_id = c.contract_id AND w.call_off_id = c.id AND w.done_at IS NULL) AS "work!"
           FROM call_off c
           JOIN framework_contract f ON f.id = c.contract_id
           LEFT JOIN (SELECT contract_id, call_off_id, sum(net) AS net FROM call_off_line GROUP BY 1, 2) l
                ON l.contract_id = c.contract_id AND l.call_off_id = c.id
           LEFT JOIN (
               SELECT e.contract_id, e.call_off_id,
                      sum(e.amount) FILTER (WHERE e.account = 'reserved') AS reserved,
                      sum(e.amount) FILTER (WHERE e.account = 'authorised') AS authorised
               FROM volume_entry e
               JOIN guard g ON g.contract_id = e.contract_id AND g.id = e.guard_id AND g.scope = 'contract' AND g.measure = 'value'
               GROUP BY 1, 2) v ON v.contract_id = c.contract_id AND v.call_off_id = c.id
           LEFT JOIN (SELECT contract_id, call_off_id, sum(order_net) AS net FROM planned_savings GROUP BY 1, 2) s
                ON s.contract_id = c.contract_id AND s.call_off_id = c.id
           WHERE c.submitted_at IS NOT NULL
           ORDER BY 1"#
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Worth {
                status: stored_key(&row.status, "call_off", "status", &row.label)?,
                label: row.label,
                numbered: row.numbered,
                currency: row.currency,
                net: row.net,
                vat_and_gross: row.vat.zip(row.gross),
                lines: row.lines,
                held: [row.reserved, row.authorised],
                savings: row.savings,
                partial_cancellations: row.partial_cancellations,
                delivery_changes: row.delivery_changes,
                documents: row.documents,
                memo_due: row.memo_due,
                work: row.work,
            })
        })
        .collect()
}

/// A line of an order beside what its counter entries say.
#[derive(Debug, Clone)]
pub struct LineSums {
    /// Call-off number.
    pub label: String,
    /// Position.
    pub position: i32,
    /// Quantity its release rests on.
    pub ordered: Decimal,
    /// Quantity that stands.
    pub quantity: Decimal,
    /// Quantity taken back, as the line says.
    pub cancelled: Decimal,
    /// The same as the sum of its partial cancellations.
    pub entries: Decimal,
    /// Quantity delivered.
    pub delivered: Decimal,
}

/// Every line of every order.
pub async fn order_lines(conn: &mut PgConnection) -> Result<Vec<LineSums>, StorageError> {
    Ok(sqlx::query_as!(
        LineSums,
        r#"SELECT c.number AS "label!", l.position, coalesce(released.quantity, l.quantity + l.cancelled) AS "ordered!", l.quantity,
                  l.cancelled, coalesce(q.quantity, 0) AS "entries!", l.delivered
           FROM call_off c
           JOIN call_off_line l ON l.contract_id = c.contract_id AND l.call_off_id = c.id
           LEFT JOIN (SELECT contract_id, call_off_id, position, sum(quantity) AS quantity FROM cancelled_quantity GROUP BY 1, 2, 3) q
                ON q.contract_id = l.contract_id AND q.call_off_id = l.call_off_id AND q.position = l.position
           LEFT JOIN LATERAL (
               SELECT (line ->> 'quantity')::numeric AS quantity
               FROM review r, jsonb_array_elements(r.result #> '{priced,lines}') AS line
               WHERE l.cancelled + coalesce(q.quantity, 0) > 0
                 AND r.contract_id = c.contract_id AND r.call_off_id = c.id AND r.check_point = 'release'
                 AND (line ->> 'position')::int = l.position
               ORDER BY r.evaluated_at DESC, r.id DESC
               LIMIT 1) released ON true
           WHERE c.number IS NOT NULL
           ORDER BY 1, 2"#
    )
    .fetch_all(conn)
    .await?)
}

/// The numbers of a contract's orders beside its counter.
#[derive(Debug, Clone)]
pub struct Numbers {
    /// Number of the contract.
    pub contract: String,
    /// Whether the member's orders are the first of a pair.
    pub through_body: bool,
    /// Last number the counter gave out.
    pub last: i32,
    /// The numbers of its call-offs.
    pub given: Vec<String>,
}

/// The numbers of every contract.
pub async fn numbers(conn: &mut PgConnection) -> Result<Vec<Numbers>, StorageError> {
    Ok(sqlx::query_as!(
        Numbers,
        r#"SELECT f.number AS contract, f.supply_chain = 'through_body' AS "through_body!", g.last_number AS last,
                  ARRAY(SELECT c.number FROM call_off c
                        WHERE c.contract_id = g.contract_id AND c.number IS NOT NULL) AS "given!"
           FROM guard g
           JOIN framework_contract f ON f.id = g.contract_id
           WHERE g.scope = 'contract' AND g.measure = 'value'
           ORDER BY f.number"#
    )
    .fetch_all(conn)
    .await?)
}

/// Place of a row in its table, and of its call-off.
#[derive(Debug, Clone)]
pub struct Place {
    /// The contract; nil of a certificate.
    pub contract: Uuid,
    /// The row.
    pub id: Uuid,
    /// Its call-off: what the log entry about it names. A certificate is named itself.
    pub call_off: Uuid,
    /// File name of a document; number or Vorgangsnummer behind a review.
    pub label: String,
}

/// All documents and certificates, without their bytes.
pub async fn documents(conn: &mut PgConnection) -> Result<Vec<Place>, StorageError> {
    Ok(sqlx::query_as!(
        Place,
        r#"SELECT contract AS "contract!", id AS "id!", call_off AS "call_off!", label AS "label!"
           FROM (SELECT contract_id AS contract, id, call_off_id AS call_off, file_name AS label FROM document
                 UNION ALL
                 SELECT '00000000-0000-0000-0000-000000000000', id, id, file_name FROM certificate) AS made
           ORDER BY label, id"#
    )
    .fetch_all(conn)
    .await?)
}

/// One document or certificate.
pub async fn document(conn: &mut PgConnection, place: &Place) -> Result<StoredFile, StorageError> {
    Ok(sqlx::query_as!(
        StoredFile,
        r#"SELECT file_name AS "file_name!", sha256 AS "sha256!", bytes FROM document WHERE contract_id = $1 AND id = $2
               UNION ALL
               SELECT file_name, sha256, bytes FROM certificate WHERE id = $2"#,
        place.contract,
        place.id
    )
    .fetch_one(conn)
    .await?)
}

/// All stored reviews, without their facts.
pub async fn reviews(conn: &mut PgConnection) -> Result<Vec<Place>, StorageError> {
    Ok(sqlx::query_as!(
        Place,
        r#"SELECT r.contract_id AS contract, r.id, r.call_off_id AS call_off, coalesce(c.number, c.case_number) AS "label!"
           FROM review r
           JOIN call_off c ON c.contract_id = r.contract_id AND c.id = r.call_off_id
           ORDER BY 4, r.evaluated_at, r.id"#
    )
    .fetch_all(conn)
    .await?)
}

/// Instant, stored hash and facts of one review.
pub async fn review(conn: &mut PgConnection, place: &Place) -> Result<(DateTime<Utc>, Vec<u8>, String), StorageError> {
    let row = sqlx::query!(
        "SELECT evaluated_at, facts_sha256, facts FROM review WHERE contract_id = $1 AND id = $2",
        place.contract,
        place.id
    )
    .fetch_one(conn)
    .await?;
    Ok((row.evaluated_at, row.facts_sha256, row.facts))
}

/// Instant, facts and result of one review.
pub async fn judgement(conn: &mut PgConnection, place: &Place) -> Result<(DateTime<Utc>, String, Value), StorageError> {
    let row = sqlx::query!(
        "SELECT evaluated_at, facts, result FROM review WHERE contract_id = $1 AND id = $2",
        place.contract,
        place.id
    )
    .fetch_one(conn)
    .await?;
    Ok((row.evaluated_at, row.facts, row.result))
}

/// Remembers where the transaction is.
pub async fn set_mark(conn: &mut PgConnection) -> Result<(), StorageError> {
    sqlx::query!("SAVEPOINT part").execute(conn).await?;
    Ok(())
}

/// Goes back to the mark: a failed statement spoils the transaction only up to here.
pub async fn back_to_mark(conn: &mut PgConnection) -> Result<(), StorageError> {
    sqlx::query!("ROLLBACK TO SAVEPOINT part").execute(conn).await?;
    Ok(())
}
