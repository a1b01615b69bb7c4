//! Offers in a mini-competition. That one arrived is open; what it says can be read after the opening only:
//! the policy of the table hides it from the program as well.

use std::collections::BTreeMap;

use abruf_domain::audit::commitment;
use abruf_domain::ids::{ContractId, MiniCompetitionId, OrganisationId, PersonId};
use abruf_domain::mini_competition::{Mark, Standing};
use abruf_domain::money::UnitPrice;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::consistent;

/// That an offer arrived.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// Whose.
    pub supplier: OrganisationId,
    /// Its name.
    pub supplier_name: String,
    /// From 1 for each supplier, in the order of recording.
    pub sequence: i32,
    /// When.
    pub received_at: DateTime<Utc>,
    /// After the deadline: not opened.
    pub late: bool,
    /// In time, and a later one in time took its place: not opened.
    pub replaced: bool,
    /// How it arrived.
    pub channel: String,
    /// Salted digest of the content; empty for a late one.
    pub seal: String,
    /// Who recorded it.
    pub recorded_by_name: String,
    /// When.
    pub recorded_at: DateTime<Utc>,
}

/// Which offers arrived, in their order.
pub async fn receipts(conn: &mut PgConnection, id: MiniCompetitionId) -> Result<Vec<Receipt>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT r.supplier_id, o.name AS supplier_name, r.sequence, r.received_at, r.late, r.channel, r.seal,
                  NOT r.late AND EXISTS (SELECT FROM mini_competition_receipt n
                                         WHERE n.contract_id = r.contract_id AND n.competition_id = r.competition_id
                                           AND n.supplier_id = r.supplier_id AND NOT n.late
                                           AND r.received_at < n.received_at) AS "replaced!",
                  coalesce(p.name, '') AS "recorded_by_name!", r.recorded_at
           FROM mini_competition_receipt r
           JOIN organisation o ON o.id = r.supplier_id
           LEFT JOIN person p ON p.id = r.recorded_by
           WHERE r.competition_id = $1
           ORDER BY r.received_at, r.supplier_id, r.sequence"#,
        id.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Receipt {
            supplier: OrganisationId(row.supplier_id),
            supplier_name: row.supplier_name,
            sequence: row.sequence,
            received_at: row.received_at,
            late: row.late,
            replaced: row.replaced,
            channel: row.channel,
            seal: row.seal,
            recorded_by_name: row.recorded_by_name,
            recorded_at: row.recorded_at,
        })
        .collect())
}

/// A receipt to be written.
#[derive(Debug, Clone)]
pub struct NewReceipt<'a> {
    /// Whose offer.
    pub supplier: OrganisationId,
    /// From 1 for each supplier.
    pub sequence: i32,
    /// When it arrived.
    pub received_at: DateTime<Utc>,
    /// How.
    pub channel: &'a str,
    /// Salted digest of the content; empty for a late one.
    pub seal: &'a str,
}

/// Records that an offer arrived.
pub async fn insert_receipt(
    conn: &mut PgConnection,
    contract: ContractId,
    id: MiniCompetitionId,
    new: &NewReceipt<'_>,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO mini_competition_receipt (contract_id, competition_id, supplier_id, received_at, late, channel, seal, recorded_by, recorded_at, sequence)
         VALUES ($1, $2, $3, $4, $6 = '', $5, $6, $7, $8, $9)",
        contract.0,
        id.0,
        new.supplier.0,
        new.received_at,
        new.channel,
        new.seal,
        by.0,
        now,
        new.sequence,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What an offer says; its seal is made of exactly this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Content {
    /// Net price per unit by article.
    pub unit_prices: BTreeMap<String, UnitPrice>,
    /// What it says beside prices.
    pub statement: String,
}

/// Puts the content of an offer under seal.
pub async fn insert_sealed(
    conn: &mut PgConnection,
    contract: ContractId,
    id: MiniCompetitionId,
    receipt: &NewReceipt<'_>,
    content: &Content,
    salt: [u8; 16],
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO mini_competition_offer (contract_id, competition_id, supplier_id, received_at, unit_prices, statement, salt, sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        contract.0,
        id.0,
        receipt.supplier.0,
        receipt.received_at,
        json!(content.unit_prices),
        content.statement,
        &salt[..],
        receipt.sequence,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An opened offer.
#[derive(Debug, Clone)]
pub struct OpenedOffer {
    /// Whose.
    pub supplier: OrganisationId,
    /// When it arrived.
    pub received_at: DateTime<Utc>,
    /// What it says.
    pub content: Content,
    /// The salt of its seal.
    pub salt: [u8; 16],
}

impl OpenedOffer {
    /// Whether it is what was sealed at its receipt, among those of the competition.
    #[must_use]
    pub fn keeps_its_seal(&self, receipts: &[Receipt]) -> bool {
        let own = |it: &&Receipt| it.supplier == self.supplier && it.received_at == self.received_at;
        receipts.iter().find(own).is_some_and(|it| it.seal == commitment(&self.salt, &self.content))
    }
}

/// The offers that count; none before the opening. One that its bidder replaced is hidden by the policy of the table for
/// good, so that there is one of each supplier.
pub async fn opened(conn: &mut PgConnection, id: MiniCompetitionId) -> Result<Vec<OpenedOffer>, StorageError> {
    let rows = sqlx::query!(
        "SELECT supplier_id, received_at, unit_prices, statement, salt FROM mini_competition_offer
         WHERE competition_id = $1
         ORDER BY received_at, supplier_id",
        id.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let unit_prices = serde_json::from_value(row.unit_prices);
            let salt = <[u8; 16]>::try_from(row.salt.unwrap_or_default());
            let salt = salt.map_err(|bytes| format!("{} bytes instead of 16", bytes.len()));
            Ok(OpenedOffer {
                supplier: OrganisationId(row.supplier_id),
                received_at: row.received_at,
                content: Content {
                    unit_prices: consistent(unit_prices, "mini_competition_offer", "unit_prices", row.supplier_id)?,
                    statement: row.statement,
                },
                salt: consistent(salt, "mini_competition_offer", "salt", row.supplier_id)?,
            })
        })
        .collect()
}

/// A scoring of all offers.
#[derive(Debug, Clone)]
pub struct Scoring {
    /// From 1; a correction is a further one.
    pub round: i32,
    /// Marks with reasons.
    pub marks: Vec<Mark>,
    /// Ranks with their arithmetic.
    pub standings: Vec<Standing>,
    /// Who scored.
    pub scored_by_name: String,
    /// When.
    pub scored_at: DateTime<Utc>,
}

/// The scoring that counts: the last one.
pub async fn scoring(conn: &mut PgConnection, id: MiniCompetitionId) -> Result<Option<Scoring>, StorageError> {
    let row = sqlx::query!(
        r#"SELECT s.round, s.marks, s.standings, s.scored_at, coalesce(p.name, '') AS "scored_by_name!"
           FROM mini_competition_scoring s
           LEFT JOIN person p ON p.id = s.scored_by
           WHERE s.competition_id = $1
           ORDER BY s.round DESC
           LIMIT 1"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Scoring {
        round: row.round,
        marks: consistent(serde_json::from_value(row.marks), "mini_competition_scoring", "marks", id)?,
        standings: consistent(serde_json::from_value(row.standings), "mini_competition_scoring", "standings", id)?,
        scored_by_name: row.scored_by_name,
        scored_at: row.scored_at,
    }))
}

/// Writes a scoring as the next round.
pub async fn insert_scoring(
    conn: &mut PgConnection,
    contract: ContractId,
    id: MiniCompetitionId,
    marks: &[Mark],
    standings: &[Standing],
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO mini_competition_scoring (contract_id, competition_id, round, marks, standings, scored_by, scored_at)
         SELECT $1, $2, 1 + coalesce(max(round), 0), $3, $4, $5, $6 FROM mini_competition_scoring WHERE competition_id = $2",
        contract.0,
        id.0,
        json!(marks),
        json!(standings),
        by.0,
        now,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("UPDATE mini_competition SET state = 'scored' WHERE id = $1 AND state IN ('opened', 'scored')", id.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// Central mail addresses of organisations, for the invitation.
pub async fn mail_addresses(
    conn: &mut PgConnection,
    organisations: &[Uuid],
) -> Result<BTreeMap<Uuid, String>, StorageError> {
    let rows =
        sqlx::query!("SELECT id, email FROM organisation WHERE id = ANY ($1)", organisations).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.email)).collect())
}
