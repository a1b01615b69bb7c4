//! Search over contracts, items, call-offs and documents. Ids are found by index in functions of the database
//! (`migrations/…_search.sql`); the rows are read here, under the policies, so nobody finds what they may not see.

use abruf_domain::call_off::Status;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::stored_key;

/// More hits than these are not looked through: whoever gets so many asks more exactly.
pub const MOST: i32 = 1_000;

/// What is searched for, ready to be asked.
#[derive(Debug, Clone)]
pub struct Wanted {
    query: String,
    /// Words that look like one that nobody writes so: what was probably meant.
    pub meant: Vec<String>,
}

/// Rows of one kind with how many there are.
#[derive(Debug, Clone)]
pub struct Hits<T> {
    /// How many were found, at most [`MOST`].
    pub total: i64,
    /// Those of the page asked for.
    pub rows: Vec<T>,
}

impl<T> Default for Hits<T> {
    fn default() -> Self {
        Self { total: 0, rows: Vec::new() }
    }
}

/// A contract found.
#[derive(Debug, Clone)]
pub struct ContractHit {
    /// Which.
    pub id: Uuid,
    /// Contract number.
    pub number: String,
    /// Title.
    pub title: String,
    /// Names of its suppliers.
    pub suppliers: String,
    /// State in the database: `active`, …
    pub status: String,
}

/// An item found.
#[derive(Debug, Clone)]
pub struct ItemHit {
    /// Its contract.
    pub contract: Uuid,
    /// Article number.
    pub article_number: String,
    /// Title.
    pub title: String,
    /// Contract number.
    pub contract_number: String,
    /// Contract title.
    pub contract_title: String,
}

/// A call-off found.
#[derive(Debug, Clone)]
pub struct CallOffHit {
    /// Which.
    pub id: Uuid,
    /// Number once released, before that the Vorgangsnummer.
    pub number: String,
    /// Contract title.
    pub contract_title: String,
    /// Member.
    pub member: String,
    /// State.
    pub status: Status,
    /// Date of the submission.
    pub dated_on: Option<NaiveDate>,
    /// Last change.
    pub changed_at: DateTime<Utc>,
}

/// A document found.
#[derive(Debug, Clone)]
pub struct DocumentHit {
    /// The call-off it belongs to.
    pub call_off: Uuid,
    /// `order`, `memo`, …
    pub kind: String,
    /// Name of the file.
    pub file_name: String,
    /// Prüfkennung.
    pub check_code: String,
    /// Member.
    pub member: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Reads what somebody typed; `None` if it holds no word that can be searched for.
pub async fn wanted(conn: &mut PgConnection, words: &str) -> Result<Option<Wanted>, StorageError> {
    // PostgreSQL takes no NUL.
    let words = words.replace('\0', " ");
    let row = sqlx::query!(r#"SELECT t.wanted, t.meant AS "meant!" FROM abruf.search_terms($1) t"#, words)
        .fetch_one(conn)
        .await?;
    Ok(row.wanted.map(|query| Wanted { query, meant: row.meant }))
}

/// Contracts by number, title, words, supplier.
pub async fn contracts(
    conn: &mut PgConnection,
    wanted: &Wanted,
    limit: i64,
    offset: i64,
) -> Result<Hits<ContractHit>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT f.id, f.number, f.title, f.status, count(*) OVER () AS "total!",
                  coalesce((SELECT string_agg(DISTINCT o.name, ', ' ORDER BY o.name)
                            FROM contract_party p JOIN organisation o ON o.id = p.supplier_id
                            WHERE p.contract_id = f.id), '') AS "suppliers!"
           FROM abruf.found_contracts($1::text::tsquery, $2) found
           JOIN framework_contract f ON f.id = found.contract_id
           ORDER BY f.status <> 'active', f.title, f.number
           LIMIT $3 OFFSET $4"#,
        wanted.query,
        MOST,
        limit,
        offset
    )
    .fetch_all(conn)
    .await?;
    Ok(Hits {
        total: rows.first().map_or(0, |row| row.total),
        rows: rows
            .into_iter()
            .map(|row| ContractHit {
                id: row.id,
                number: row.number,
                title: row.title,
                suppliers: row.suppliers,
                status: row.status,
            })
            .collect(),
    })
}

/// Items by article number and title, those of this very number first.
pub async fn items(
    conn: &mut PgConnection,
    wanted: &Wanted,
    words: &str,
    limit: i64,
    offset: i64,
) -> Result<Hits<ItemHit>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT i.contract_id, i.article_number, i.title, f.number AS contract_number, f.title AS contract_title,
                  count(*) OVER () AS "total!"
           FROM abruf.found_items($1::text::tsquery, ARRAY(SELECT v.id FROM framework_contract v), $2) found
           JOIN item i ON i.contract_id = found.contract_id AND i.id = found.item_id
           JOIN framework_contract f ON f.id = i.contract_id
           ORDER BY upper(i.article_number) <> upper($5), f.status <> 'active', i.title, i.article_number, f.number
           LIMIT $3 OFFSET $4"#,
        wanted.query,
        MOST,
        limit,
        offset,
        words.trim().replace('\0', "")
    )
    .fetch_all(conn)
    .await?;
    Ok(Hits {
        total: rows.first().map_or(0, |row| row.total),
        rows: rows
            .into_iter()
            .map(|row| ItemHit {
                contract: row.contract_id,
                article_number: row.article_number,
                title: row.title,
                contract_number: row.contract_number,
                contract_title: row.contract_title,
            })
            .collect(),
    })
}

/// Call-offs by number, Vorgangsnummer, need, cost centre and references, last changed first.
pub async fn call_offs(
    conn: &mut PgConnection,
    wanted: &Wanted,
    limit: i64,
    offset: i64,
) -> Result<Hits<CallOffHit>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT c.id, coalesce(c.number, c.case_number) AS "number!", f.title AS contract_title, m.name AS member, c.status,
                  c.dated_on, c.changed_at, count(*) OVER () AS "total!"
           FROM abruf.found_call_offs($1::text::tsquery, $2) found
           JOIN call_off c ON c.contract_id = found.contract_id AND c.id = found.call_off_id
           JOIN framework_contract f ON f.id = c.contract_id
           JOIN organisation m ON m.id = c.member_id
           ORDER BY c.changed_at DESC, c.id
           LIMIT $3 OFFSET $4"#,
        wanted.query,
        MOST,
        limit,
        offset
    )
    .fetch_all(conn)
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    let rows = rows
        .into_iter()
        .map(|row| {
            Ok(CallOffHit {
                status: stored_key(&row.status, "call_off", "status", row.id)?,
                id: row.id,
                number: row.number,
                contract_title: row.contract_title,
                member: row.member,
                dated_on: row.dated_on,
                changed_at: row.changed_at,
            })
        })
        .collect::<Result<_, StorageError>>()?;
    Ok(Hits { total, rows })
}

/// Documents by file name and Prüfkennung, newest first.
pub async fn documents(
    conn: &mut PgConnection,
    wanted: &Wanted,
    limit: i64,
    offset: i64,
) -> Result<Hits<DocumentHit>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT d.call_off_id, d.kind, d.file_name, d.check_code, m.name AS member, d.created_at, count(*) OVER () AS "total!"
           FROM abruf.found_documents($1::text::tsquery, $2) found
           JOIN document d ON d.contract_id = found.contract_id AND d.id = found.document_id
           JOIN call_off c ON c.contract_id = d.contract_id AND c.id = d.call_off_id
           JOIN organisation m ON m.id = c.member_id
           ORDER BY d.created_at DESC, d.id
           LIMIT $3 OFFSET $4"#,
        wanted.query,
        MOST,
        limit,
        offset
    )
    .fetch_all(conn)
    .await?;
    Ok(Hits {
        total: rows.first().map_or(0, |row| row.total),
        rows: rows
            .into_iter()
            .map(|row| DocumentHit {
                call_off: row.call_off_id,
                kind: row.kind,
                file_name: row.file_name,
                check_code: row.check_code,
                member: row.member,
                created_at: row.created_at,
            })
            .collect(),
    })
}
