//! Samples of auditors with what was drawn and noted; append-only, and seen by nobody but whoever drew them.

use std::collections::BTreeSet;
use std::str::FromStr;

use abruf_domain::call_off::Status;
use abruf_domain::ids::{CallOffId, ContractId, PersonId};
use abruf_domain::money::Net;
use abruf_domain::sampling::{Confidence, Method, Part, Population};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use thiserror::Error;
use uuid::Uuid;

use super::StorageError;
use super::error::{affected, consistent, stored_key};
use crate::actor::Actor;

/// What an auditor notes on an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Not looked at yet, or a mark was taken back.
    Open,
    /// Nothing found.
    Checked,
    /// Something is wrong; the note says what.
    Finding,
}

impl Verdict {
    /// The key in the database.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Checked => "checked",
            Self::Finding => "finding",
        }
    }
}

impl FromStr for Verdict {
    type Err = UnknownVerdict;
    fn from_str(key: &str) -> Result<Self, UnknownVerdict> {
        let known = [Self::Open, Self::Checked, Self::Finding].into_iter().find(|verdict| verdict.key() == key);
        known.ok_or_else(|| UnknownVerdict(key.to_owned()))
    }
}

/// A text that is no verdict.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no verdict on an item of a sample")]
pub struct UnknownVerdict(pub String);

/// A sample without its population's text.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Which.
    pub id: Uuid,
    /// Of which call-offs.
    pub part: Part,
    /// The search, as the query of an address.
    pub filter: String,
    /// How.
    pub method: Method,
    /// Monetary units: n and J.
    pub units: Option<(i64, Net)>,
    /// The number that repeats it.
    pub seed: u32,
    /// SHA-256 of the population.
    pub population_sha256: [u8; 32],
    /// Call-offs in it.
    pub population_count: i32,
    /// What they are worth; orders only.
    pub population_net: Option<Decimal>,
    /// When.
    pub drawn_at: DateTime<Utc>,
}

/// Writes a sample.
pub async fn insert(
    conn: &mut PgConnection,
    actor: &Actor,
    sample: &Sample,
    population: &str,
) -> Result<(), StorageError> {
    let (tolerable, confidence, size, threshold) = match sample.method {
        Method::MonetaryUnits { tolerable, confidence } => {
            let size = sample.units.map(|(size, _)| size);
            (Some(tolerable.decimal()), Some(i16::from(confidence.percent())), size, None)
        }
        Method::Random { size } => (None, None, Some(i64::from(size)), None),
        Method::Full { from } => (None, None, None, Some(from.decimal())),
    };
    let seed = consistent(i32::try_from(sample.seed), "audit_sample", "seed", sample.id)?;
    sqlx::query!(
        "INSERT INTO audit_sample (id, body_id, person_id, part, filter, method, tolerable, confidence, size, sampling_interval,
                                   threshold, seed, population, population_sha256, population_count, population_net, drawn_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        sample.id,
        actor.body.0,
        actor.person.0,
        sample.part.key(),
        sample.filter,
        sample.method.key(),
        tolerable,
        confidence,
        size,
        sample.units.map(|(_, interval)| interval.decimal()),
        threshold,
        seed,
        population,
        &sample.population_sha256[..],
        sample.population_count,
        sample.population_net,
        sample.drawn_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A call-off to be written as drawn.
#[derive(Debug, Clone)]
pub struct NewItem {
    /// Vorgangsnummer.
    pub case_number: String,
    /// Its contract.
    pub contract: ContractId,
    /// Which.
    pub call_off: CallOffId,
    /// Its value.
    pub net: Option<Net>,
    /// It could not be missed.
    pub certain: bool,
}

/// Adds items behind those there are; `before` is how many.
pub async fn insert_items(
    conn: &mut PgConnection,
    sample: Uuid,
    round: u16,
    before: usize,
    items: &[NewItem],
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let round = consistent(i16::try_from(round), "audit_sample_item", "round", sample)?;
    let before = consistent(i32::try_from(before), "audit_sample_item", "position", sample)?;
    let numbers: Vec<String> = items.iter().map(|it| it.case_number.clone()).collect();
    let contracts: Vec<Uuid> = items.iter().map(|it| it.contract.0).collect();
    let call_offs: Vec<Uuid> = items.iter().map(|it| it.call_off.0).collect();
    let nets: Vec<Option<Decimal>> = items.iter().map(|it| it.net.map(Net::decimal)).collect();
    let certain: Vec<bool> = items.iter().map(|it| it.certain).collect();
    let done = sqlx::query!(
        "INSERT INTO audit_sample_item (sample_id, position, round, case_number, contract_id, call_off_id, net, certain, drawn_at)
         SELECT $1, $2 + place::int, $3, case_number, contract_id, call_off_id, net, certain, $4
         FROM unnest($5::text[], $6::uuid[], $7::uuid[], $8::numeric[], $9::bool[]) WITH ORDINALITY
              AS item (case_number, contract_id, call_off_id, net, certain, place)",
        sample,
        before,
        round,
        now,
        &numbers,
        &contracts,
        &call_offs,
        &nets as &[Option<Decimal>],
        &certain,
    )
    .execute(conn)
    .await?;
    affected("write the items of a sample", items.len() as u64, done.rows_affected())
}

/// One of the actor's own samples.
pub async fn find(conn: &mut PgConnection, actor: &Actor, id: Uuid) -> Result<Option<Sample>, StorageError> {
    let row = sqlx::query!(
        "SELECT part, filter, method, tolerable, confidence, size, sampling_interval, threshold, seed, population_sha256,
                population_count, population_net, drawn_at
         FROM audit_sample
         WHERE id = $1 AND person_id = $2 AND body_id = $3",
        id,
        actor.person.0,
        actor.body.0
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let wrong = |column: &'static str| StorageError::Inconsistent {
        table: "audit_sample",
        column,
        row: id.to_string(),
        what: "does not go with the method".to_owned(),
    };
    let net = |amount: Option<Decimal>, column: &'static str| {
        consistent(Net::new(amount.ok_or_else(|| wrong(column))?), "audit_sample", column, id)
    };
    let method = match row.method.as_str() {
        "mus" => {
            let level = row.confidence.and_then(|it| u8::try_from(it).ok()).and_then(Confidence::of);
            Method::MonetaryUnits {
                tolerable: net(row.tolerable, "tolerable")?,
                confidence: level.ok_or_else(|| wrong("confidence"))?,
            }
        }
        "random" => {
            Method::Random { size: row.size.and_then(|it| u32::try_from(it).ok()).ok_or_else(|| wrong("size"))? }
        }
        "full" => Method::Full { from: net(row.threshold, "threshold")? },
        _ => return Err(wrong("method")),
    };
    let units = match (row.size, row.sampling_interval) {
        (Some(size), Some(interval)) => Some((size, net(Some(interval), "sampling_interval")?)),
        _ => None,
    };
    let hash = <[u8; 32]>::try_from(row.population_sha256).map_err(|bytes| format!("{} bytes", bytes.len()));
    Ok(Some(Sample {
        id,
        part: Part::from_key(&row.part).ok_or_else(|| wrong("part"))?,
        filter: row.filter,
        method,
        units,
        seed: consistent(u32::try_from(row.seed), "audit_sample", "seed", id)?,
        population_sha256: consistent(hash, "audit_sample", "population_sha256", id)?,
        population_count: row.population_count,
        population_net: row.population_net,
        drawn_at: row.drawn_at,
    }))
}

/// What a visible sample was drawn from.
pub async fn population(conn: &mut PgConnection, id: Uuid) -> Result<Population, StorageError> {
    let text = sqlx::query_scalar!("SELECT population FROM audit_sample WHERE id = $1", id).fetch_one(conn).await?;
    consistent(Population::read(&text), "audit_sample", "population", id)
}

/// The case numbers drawn so far, and the number of the last round.
pub async fn drawn(conn: &mut PgConnection, id: Uuid) -> Result<(BTreeSet<String>, u16), StorageError> {
    let rows = sqlx::query!("SELECT case_number, round FROM audit_sample_item WHERE sample_id = $1", id)
        .fetch_all(conn)
        .await?;
    let last = rows.iter().map(|row| row.round).max().unwrap_or(0);
    let last = consistent(u16::try_from(last), "audit_sample_item", "round", id)?;
    Ok((rows.into_iter().map(|row| row.case_number).collect(), last))
}

/// Notes an extension: with the number that was asked for it can be drawn again.
pub async fn insert_extension(
    conn: &mut PgConnection,
    sample: Uuid,
    round: u16,
    asked: u32,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let round = consistent(i16::try_from(round), "audit_sample_extension", "round", sample)?;
    let asked = consistent(i32::try_from(asked), "audit_sample_extension", "asked", sample)?;
    sqlx::query!(
        "INSERT INTO audit_sample_extension (sample_id, round, asked, drawn_at) VALUES ($1, $2, $3, $4)",
        sample,
        round,
        asked,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// How many more each extension asked for, in their order.
pub async fn extensions(conn: &mut PgConnection, sample: Uuid) -> Result<Vec<i32>, StorageError> {
    Ok(sqlx::query_scalar!("SELECT asked FROM audit_sample_extension WHERE sample_id = $1 ORDER BY round", sample)
        .fetch_all(conn)
        .await?)
}

/// Which of these case numbers the actor sees today, with their call-offs.
pub async fn visible(
    conn: &mut PgConnection,
    case_numbers: &[String],
) -> Result<Vec<(String, ContractId, CallOffId)>, StorageError> {
    let rows = sqlx::query!(
        "SELECT case_number, contract_id, id FROM call_off WHERE case_number = ANY ($1) ORDER BY case_number",
        case_numbers
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.case_number, ContractId(row.contract_id), CallOffId(row.id))).collect())
}

/// A sample in a list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Which.
    pub id: Uuid,
    /// Key of its method.
    pub method: String,
    /// Key of its part.
    pub part: String,
    /// Its seed.
    pub seed: i32,
    /// When it was drawn.
    pub drawn_at: DateTime<Utc>,
    /// Call-offs drawn.
    pub items: i64,
    /// Those with a mark.
    pub marked: i64,
    /// Those with a finding.
    pub findings: i64,
}

/// The actor's own samples, newest first.
pub async fn list(conn: &mut PgConnection, actor: &Actor) -> Result<Vec<Listed>, StorageError> {
    Ok(sqlx::query_as!(
        Listed,
        r#"SELECT s.id, s.method, s.part, s.seed, s.drawn_at,
                  (SELECT count(*) FROM audit_sample_item i WHERE i.sample_id = s.id) AS "items!",
                  (SELECT count(*) FROM (SELECT DISTINCT ON (k.position) k.verdict FROM audit_sample_mark k
                                         WHERE k.sample_id = s.id ORDER BY k.position, k.at DESC, k.id DESC) l
                   WHERE l.verdict <> 'open') AS "marked!",
                  (SELECT count(*) FROM (SELECT DISTINCT ON (k.position) k.verdict FROM audit_sample_mark k
                                         WHERE k.sample_id = s.id ORDER BY k.position, k.at DESC, k.id DESC) l
                   WHERE l.verdict = 'finding') AS "findings!"
           FROM audit_sample s
           WHERE s.person_id = $1 AND s.body_id = $2
           ORDER BY s.drawn_at DESC, s.id DESC"#,
        actor.person.0,
        actor.body.0
    )
    .fetch_all(conn)
    .await?)
}

/// An item with its call-off as it stands today.
#[derive(Debug, Clone)]
pub struct Row {
    /// Counts from 1.
    pub position: i32,
    /// 0 for the first draw.
    pub round: i16,
    /// Vorgangsnummer.
    pub case_number: String,
    /// The call-off.
    pub call_off: CallOffId,
    /// Its number, once released.
    pub number: Option<String>,
    /// Its state.
    pub status: Status,
    /// Value on the day of the draw.
    pub net: Option<Net>,
    /// ISO 4217.
    pub currency: String,
    /// It could not be missed.
    pub certain: bool,
    /// Member.
    pub member: String,
    /// Contract number.
    pub contract_number: String,
    /// Contract title.
    pub contract_title: String,
    /// Supplier.
    pub supplier: String,
    /// The last mark.
    pub verdict: Verdict,
    /// Its note.
    pub note: String,
    /// Its instant.
    pub marked_at: Option<DateTime<Utc>>,
}

/// Items of a visible sample that the actor sees today, in the order of the draw.
pub async fn items(conn: &mut PgConnection, id: Uuid, limit: i64, offset: i64) -> Result<Vec<Row>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT i.position, i.round, i.case_number, i.call_off_id, i.net, i.certain, c.number, c.status, f.currency,
                  f.number AS contract_number, f.title AS contract_title, m.name AS member, s.name AS supplier,
                  coalesce(l.verdict, 'open') AS "verdict!", coalesce(l.note, '') AS "note!", l.at AS "marked_at?"
           FROM audit_sample_item i
           JOIN call_off c ON c.contract_id = i.contract_id AND c.id = i.call_off_id
           JOIN framework_contract f ON f.id = c.contract_id
           JOIN organisation m ON m.id = c.member_id
           JOIN organisation s ON s.id = c.supplier_id
           LEFT JOIN LATERAL (SELECT k.verdict, k.note, k.at FROM audit_sample_mark k
                              WHERE k.sample_id = i.sample_id AND k.position = i.position
                              ORDER BY k.at DESC, k.id DESC LIMIT 1) l ON true
           WHERE i.sample_id = $1
           ORDER BY i.position
           LIMIT $2 OFFSET $3"#,
        id,
        limit,
        offset
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Row {
                position: row.position,
                round: row.round,
                call_off: CallOffId(row.call_off_id),
                number: row.number,
                status: stored_key(&row.status, "call_off", "status", row.call_off_id)?,
                net: row
                    .net
                    .map(|net| consistent(Net::new(net), "audit_sample_item", "net", row.call_off_id))
                    .transpose()?,
                currency: row.currency,
                certain: row.certain,
                member: row.member,
                contract_number: row.contract_number,
                contract_title: row.contract_title,
                supplier: row.supplier,
                verdict: stored_key(&row.verdict, "audit_sample_mark", "verdict", &row.case_number)?,
                note: row.note,
                marked_at: row.marked_at,
                case_number: row.case_number,
            })
        })
        .collect()
}

/// How far a sample has got.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Call-offs drawn.
    pub items: i64,
    /// Those that the actor sees today.
    pub visible: i64,
    /// Those that could not be missed.
    pub certain: i64,
    /// What was drawn is worth, on the day of the draw.
    pub net: Decimal,
    /// Items without findings.
    pub checked: i64,
    /// Items with findings.
    pub findings: i64,
}

/// Sums over a visible sample.
pub async fn progress(conn: &mut PgConnection, id: Uuid) -> Result<Progress, StorageError> {
    Ok(sqlx::query_as!(
        Progress,
        r#"SELECT count(*) AS "items!", count(c.id) AS "visible!", count(*) FILTER (WHERE i.certain) AS "certain!",
                  coalesce(sum(i.net), 0) AS "net!", count(*) FILTER (WHERE l.verdict = 'checked') AS "checked!",
                  count(*) FILTER (WHERE l.verdict = 'finding') AS "findings!"
           FROM audit_sample_item i
           LEFT JOIN call_off c ON c.contract_id = i.contract_id AND c.id = i.call_off_id
           LEFT JOIN LATERAL (SELECT k.verdict FROM audit_sample_mark k
                              WHERE k.sample_id = i.sample_id AND k.position = i.position
                              ORDER BY k.at DESC, k.id DESC LIMIT 1) l ON true
           WHERE i.sample_id = $1"#,
        id
    )
    .fetch_one(conn)
    .await?)
}

/// Whether there is such an item whose call-off the actor sees today.
pub async fn has_item(conn: &mut PgConnection, sample: Uuid, position: i32) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM audit_sample_item i
                          JOIN call_off c ON c.contract_id = i.contract_id AND c.id = i.call_off_id
                          WHERE i.sample_id = $1 AND i.position = $2) AS "has!""#,
        sample,
        position
    )
    .fetch_one(conn)
    .await?)
}

/// A mark to be written.
#[derive(Debug, Clone, Copy)]
pub struct NewMark<'a> {
    /// Which.
    pub id: Uuid,
    /// Of which sample.
    pub sample: Uuid,
    /// On which item.
    pub position: i32,
    /// What it says.
    pub verdict: Verdict,
    /// The finding, or a note.
    pub note: &'a str,
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes a mark.
pub async fn insert_mark(conn: &mut PgConnection, mark: &NewMark<'_>) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO audit_sample_mark (sample_id, id, position, verdict, note, person_id, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        mark.sample,
        mark.id,
        mark.position,
        mark.verdict.key(),
        mark.note,
        mark.by.0,
        mark.at
    )
    .execute(conn)
    .await?;
    Ok(())
}
