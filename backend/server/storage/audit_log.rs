//! The append-only log. One statement moves the head of a chain and writes the entry, so that a
//! chain is locked for one round trip and never forks.
//!
//! The chain of a contract lies in its guard row (see `storage/volume.rs`, which appends while it
//! moves volume); the chains of a body and of sign-ins have rows of their own.

use abruf_domain::audit::{AuditEntry, StoredEntry, commitment, leaf_hash};
use abruf_domain::ids::{CallOffId, ContractId, OrganisationId};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::{affected, consistent};

/// Chain of sign-ins.
pub const SIGN_IN_CHAIN: Uuid = Uuid::nil();

/// Whom an entry concerns; decides who may read it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Concerns {
    /// Purchasing body.
    pub body: Option<OrganisationId>,
    /// Member.
    pub member: Option<OrganisationId>,
    /// Call-off.
    pub call_off: Option<CallOffId>,
}

/// An entry ready to be written: canonical text, leaf hash, erasable detail.
#[derive(Debug, Clone)]
pub struct Record {
    /// What the entry says.
    pub entry: AuditEntry,
    /// Its canonical JSON.
    pub canonical: String,
    /// Its leaf hash.
    pub leaf: [u8; 32],
    /// Whom it concerns.
    pub concerns: Concerns,
    detail: Option<([u8; 16], Value)>,
}

impl Record {
    /// An entry without personal data.
    #[must_use]
    pub fn new(entry: AuditEntry, concerns: Concerns) -> Self {
        let canonical = entry.canonical();
        let leaf = leaf_hash(&canonical);
        Self { entry, canonical, leaf, concerns, detail: None }
    }

    /// An entry with names or free text: the entry holds a salted commitment, the text lies beside it.
    #[must_use]
    pub fn with_detail(mut entry: AuditEntry, concerns: Concerns, salt: [u8; 16], detail: Value) -> Self {
        entry.detail = Some(commitment(&salt, &detail));
        Self { detail: Some((salt, detail)), ..Self::new(entry, concerns) }
    }

    /// Salt of the erasable detail, if there is one.
    pub(super) fn salt(&self) -> Option<&[u8]> {
        self.detail.as_ref().map(|(salt, _)| &salt[..])
    }

    /// The erasable detail, if there is one.
    pub(super) fn detail(&self) -> Option<&Value> {
        self.detail.as_ref().map(|(_, detail)| detail)
    }

    /// Writes the erasable detail, if there is one.
    ///
    /// No `ON CONFLICT`: naming its columns would demand that the row can be read, and it can be read
    /// only with its entry, which follows. The salt makes every commitment and so every leaf its own.
    pub(super) async fn write_detail(&self, conn: &mut PgConnection, chain: Uuid) -> Result<(), StorageError> {
        let Some((salt, detail)) = &self.detail else { return Ok(()) };
        sqlx::query!(
            "INSERT INTO audit_detail (chain_id, leaf_hash, member_id, body_id, salt, detail)
             VALUES ($1, $2, $3, $4, $5, $6)",
            chain,
            &self.leaf[..],
            self.concerns.member.map(Uuid::from),
            self.concerns.body.map(Uuid::from),
            &salt[..],
            detail,
        )
        .execute(conn)
        .await?;
        Ok(())
    }
}

/// Appends to the chain of a body or of sign-ins, creating a body's chain at its first entry.
pub async fn append(conn: &mut PgConnection, chain: Uuid, record: &Record) -> Result<(), StorageError> {
    record.write_detail(&mut *conn, chain).await?;
    sqlx::query!("INSERT INTO audit_chain (id, kind) VALUES ($1, 'body') ON CONFLICT (id) DO NOTHING", chain)
        .execute(&mut *conn)
        .await?;
    let done = sqlx::query!(
        "WITH head AS (
             UPDATE audit_chain
             SET length = length + 1, previous = head, head = sha256(head || $2)
             WHERE id = $1
             RETURNING length, previous, head
         )
         INSERT INTO audit_entry (chain_id, sequence, body_id, call_off_id, member_id, action, at, canonical, leaf_hash, previous_hash, chain_hash)
         SELECT $1, head.length, $3, $4, $5, $6, $7::text::timestamptz, $8, $2, head.previous, head.head
         FROM head",
        chain,
        &record.leaf[..],
        record.concerns.body.map(Uuid::from),
        record.concerns.call_off.map(Uuid::from),
        record.concerns.member.map(Uuid::from),
        record.entry.action,
        record.entry.at,
        record.canonical,
    )
    .execute(conn)
    .await?;
    affected("append to the audit log", 1, done.rows_affected())
}

/// Appends to a contract's chain without moving volume.
pub async fn append_to_contract(
    conn: &mut PgConnection,
    contract: ContractId,
    record: &Record,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "WITH head AS (
             UPDATE guard
             SET chain_length = chain_length + 1, chain_previous = chain_head, chain_head = sha256(chain_head || $2)
             WHERE contract_id = $1 AND scope = 'contract' AND measure = 'value'
             RETURNING chain_length, chain_previous, chain_head
         ), detail AS (
             INSERT INTO audit_detail (chain_id, leaf_hash, member_id, body_id, salt, detail)
             SELECT $1, $2, $5, $3, $9, $10
             WHERE $9::bytea IS NOT NULL
         )
         INSERT INTO audit_entry (chain_id, sequence, body_id, call_off_id, member_id, action, at, canonical, leaf_hash, previous_hash, chain_hash)
         SELECT $1, head.chain_length, $3, $4, $5, $6, $7::text::timestamptz, $8, $2, head.chain_previous, head.chain_head
         FROM head",
        contract.0,
        &record.leaf[..],
        record.concerns.body.map(Uuid::from),
        record.concerns.call_off.map(Uuid::from),
        record.concerns.member.map(Uuid::from),
        record.entry.action,
        record.entry.at,
        record.canonical,
        record.salt(),
        record.detail(),
    )
    .execute(conn)
    .await?;
    affected("append to the contract's audit log", 1, done.rows_affected())
}

/// A chain with its head, for verification.
#[derive(Debug, Clone)]
pub struct Chain {
    /// Contract, body or nil.
    pub id: Uuid,
    /// Entries it should have.
    pub length: i64,
    /// Its head.
    pub head: [u8; 32],
}

/// All chains.
pub async fn chains(conn: &mut PgConnection) -> Result<Vec<Chain>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id!", length AS "length!", head AS "head!" FROM audit_chain
           UNION ALL
           SELECT contract_id, chain_length, chain_head FROM guard WHERE scope = 'contract' AND measure = 'value'
           ORDER BY 1"#
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| Ok(Chain { head: hash(row.head, "guard", "chain_head", row.id)?, id: row.id, length: row.length }))
        .collect()
}

/// The entries of a chain, in order.
pub async fn entries(conn: &mut PgConnection, chain: Uuid) -> Result<Vec<StoredEntry>, StorageError> {
    let rows = sqlx::query!(
        "SELECT sequence, canonical, leaf_hash, previous_hash, chain_hash
         FROM audit_entry
         WHERE chain_id = $1
         ORDER BY sequence",
        chain
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(StoredEntry {
                leaf: hash(row.leaf_hash, "audit_entry", "leaf_hash", row.sequence)?,
                previous: hash(row.previous_hash, "audit_entry", "previous_hash", row.sequence)?,
                chain: hash(row.chain_hash, "audit_entry", "chain_hash", row.sequence)?,
                sequence: row.sequence,
                canonical: row.canonical,
            })
        })
        .collect()
}

/// A chain with its head and all its entries, as of one instant: an entry appended meanwhile must not
/// look like a broken head. `None` if there is no such chain.
pub async fn whole_chain(
    conn: &mut PgConnection,
    chain: Uuid,
) -> Result<Option<(Chain, Vec<StoredEntry>)>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT h.length AS "length!", h.head AS "head!", e.sequence AS "sequence?", e.canonical AS "canonical?",
                  e.leaf_hash AS "leaf_hash?", e.previous_hash AS "previous_hash?", e.chain_hash AS "chain_hash?"
           FROM (SELECT length, head FROM audit_chain WHERE id = $1
                 UNION ALL
                 SELECT chain_length, chain_head FROM guard
                 WHERE contract_id = $1 AND scope = 'contract' AND measure = 'value') h
           LEFT JOIN audit_entry e ON e.chain_id = $1
           ORDER BY e.sequence"#,
        chain
    )
    .fetch_all(conn)
    .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let head = Chain { id: chain, length: first.length, head: hash(first.head.clone(), "guard", "chain_head", chain)? };
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        let (Some(sequence), Some(canonical), Some(leaf), Some(previous), Some(after)) =
            (row.sequence, row.canonical, row.leaf_hash, row.previous_hash, row.chain_hash)
        else {
            continue;
        };
        entries.push(StoredEntry {
            sequence,
            canonical,
            leaf: hash(leaf, "audit_entry", "leaf_hash", sequence)?,
            previous: hash(previous, "audit_entry", "previous_hash", sequence)?,
            chain: hash(after, "audit_entry", "chain_hash", sequence)?,
        });
    }
    Ok(Some((head, entries)))
}

/// How many entries of the log are visible.
pub async fn visible_count(conn: &mut PgConnection) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM audit_entry"#).fetch_one(conn).await?)
}

fn hash(
    bytes: Vec<u8>,
    table: &'static str,
    column: &'static str,
    row: impl ToString,
) -> Result<[u8; 32], StorageError> {
    consistent(
        <[u8; 32]>::try_from(bytes).map_err(|bytes| format!("{} bytes instead of 32", bytes.len())),
        table,
        column,
        row,
    )
}

/// An entry as pages and programs read it.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// Contract, body, or nil for sign-ins.
    pub chain: Uuid,
    /// Position in its chain.
    pub sequence: i64,
    /// What was done.
    pub action: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Call-off concerned.
    pub call_off: Option<Uuid>,
    /// Contract number, where the chain is a contract's.
    pub contract_number: Option<String>,
    /// Case number or number of the call-off concerned.
    pub call_off_number: Option<String>,
    /// Name of who did it, if it is still known; `None` for the clock.
    pub person: Option<String>,
    /// The key of a program that acted in their name.
    pub key: Option<Uuid>,
    /// The part of that key that is shown; `None` where the reader may not see keys.
    pub key_prefix: Option<String>,
    /// Canonical JSON.
    pub canonical: String,
    /// Leaf hash.
    pub leaf_hash: Vec<u8>,
    /// Hash before.
    pub previous_hash: Vec<u8>,
    /// Hash after.
    pub chain_hash: Vec<u8>,
}

/// How many entries of the log are visible.
pub async fn count(conn: &mut PgConnection) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM audit_entry"#).fetch_one(conn).await?)
}

/// One page of the visible log, newest first; of one call-off or of all.
pub async fn page(
    conn: &mut PgConnection,
    call_off: Option<CallOffId>,
    limit: i64,
    offset: i64,
) -> Result<Vec<LogEntry>, StorageError> {
    Ok(sqlx::query_as!(
        LogEntry,
        r#"SELECT e.chain_id AS chain, e.sequence, e.action, e.at, e.call_off_id AS call_off, f.number AS "contract_number?",
                  coalesce(c.number, c.case_number) AS call_off_number, p.name AS "person?",
                  (e.canonical::jsonb ->> 'key')::uuid AS key, k.prefix AS "key_prefix?", e.canonical, e.leaf_hash,
                  e.previous_hash, e.chain_hash
           FROM audit_entry e
           LEFT JOIN framework_contract f ON f.id = e.chain_id
           LEFT JOIN call_off c ON c.id = e.call_off_id
           LEFT JOIN person p ON p.id = (e.canonical::jsonb ->> 'actor')::uuid
           LEFT JOIN api_key k ON k.id = (e.canonical::jsonb ->> 'key')::uuid
           WHERE ($1::uuid IS NULL OR e.call_off_id = $1)
           ORDER BY e.at DESC, e.chain_id, e.sequence DESC
           LIMIT $2 OFFSET $3"#,
        call_off.map(Uuid::from),
        limit,
        offset
    )
    .fetch_all(conn)
    .await?)
}
