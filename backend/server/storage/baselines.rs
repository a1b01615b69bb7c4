//! Baselines: comparison prices with their evidence, recorded by one person and decided by another.

use abruf_domain::facts::{BaselineKind, Per};
use abruf_domain::ids::{BaselineId, ContractId, ItemId, OrganisationId, PersonId};
use abruf_domain::money::UnitPrice;
use chrono::{DateTime, Months, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::consistent;
use super::parameters;

/// Where a baseline stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Waits for its second person; counts for nothing.
    Pending,
    /// Counts until it is stale.
    Approved,
    /// Was never in force.
    Refused,
    /// Has counted, and counts no more.
    Withdrawn,
}

impl Standing {
    /// The key of filters and of the API.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// A baseline with what it hangs on.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// Which.
    pub id: BaselineId,
    /// Its contract.
    pub contract: ContractId,
    /// Number of the contract.
    pub contract_number: String,
    /// Title of the contract.
    pub contract_title: String,
    /// Body that leads the contract.
    pub body: OrganisationId,
    /// ISO 4217.
    pub currency: String,
    /// Its item.
    pub item: ItemId,
    /// Article number.
    pub article_number: String,
    /// Text of the schedule.
    pub title: String,
    /// Unit of the item; the price is per this.
    pub unit: String,
    /// The one member it is for, if the reader may know the name; `None`: for all.
    pub member: Option<(OrganisationId, String)>,
    /// Kind of evidence.
    pub kind: BaselineKind,
    /// Net price per unit, or per unit and month.
    pub unit_price: UnitPrice,
    /// Per what.
    pub per: Per,
    /// Date of the evidence.
    pub dated_on: NaiveDate,
    /// First day of orders it is compared with.
    pub valid_from: Option<NaiveDate>,
    /// Last day of orders it is compared with.
    pub valid_to: Option<NaiveDate>,
    /// The evidence in words.
    pub evidence: String,
    /// SHA-256 of the evidence file; `None`: words only.
    pub sha256: Option<Vec<u8>>,
    /// Name of the evidence file.
    pub file_name: Option<String>,
    /// Who recorded it.
    pub recorded_by: PersonId,
    /// Their name, if the reader may know it.
    pub recorded_by_name: String,
    /// When; `None` in rows from before it was kept.
    pub recorded_at: Option<DateTime<Utc>>,
    /// Who approved it and when.
    pub approved: Option<(String, DateTime<Utc>)>,
    /// Who refused it, when and why.
    pub refused: Option<(String, DateTime<Utc>, String)>,
    /// When it ceased to count.
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// The baseline it corrects.
    pub replaces: Option<BaselineId>,
}

impl Baseline {
    /// Where it stands.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        match (&self.withdrawn_at, &self.refused, &self.approved) {
            (Some(_), _, _) => Standing::Withdrawn,
            (None, Some(_), _) => Standing::Refused,
            (None, None, Some(_)) => Standing::Approved,
            (None, None, None) => Standing::Pending,
        }
    }
}

/// Which baselines a list shows; empty texts and `None` ask for nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    /// Of this contract.
    pub contract: Option<ContractId>,
    /// pending, approved, stale, refused or withdrawn; approved leaves out what is stale.
    pub standing: &'a str,
    /// Words in article, title, evidence or contract.
    pub words: &'a str,
    /// Approved ones dated before this day are stale.
    pub oldest: NaiveDate,
}

/// A baseline to be recorded.
#[derive(Debug, Clone)]
pub struct Pending<'a> {
    /// Its id.
    pub id: BaselineId,
    /// Of which item.
    pub item: ItemId,
    /// For this member alone.
    pub member: Option<OrganisationId>,
    /// Kind of evidence.
    pub kind: BaselineKind,
    /// Net price.
    pub unit_price: UnitPrice,
    /// Per what.
    pub per: Per,
    /// Date of the evidence.
    pub dated_on: NaiveDate,
    /// First day of orders.
    pub valid_from: Option<NaiveDate>,
    /// Last day of orders.
    pub valid_to: Option<NaiveDate>,
    /// The evidence in words.
    pub evidence: &'a str,
    /// The evidence file, which is there already.
    pub sha256: Option<&'a [u8]>,
    /// Who records it.
    pub recorded_by: PersonId,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// The baseline it corrects.
    pub replaces: Option<BaselineId>,
}

/// Records a baseline that waits for its second person.
pub async fn insert(conn: &mut PgConnection, contract: ContractId, new: &Pending<'_>) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO baseline (contract_id, id, item_id, member_id, kind, unit_price, per, dated_on, valid_from, valid_to, evidence,
                               evidence_sha256, recorded_by, recorded_at, replaces_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        contract.0,
        new.id.0,
        new.item.0,
        new.member.map(|member| member.0),
        new.kind.key(),
        new.unit_price.decimal(),
        new.per.key(),
        new.dated_on,
        new.valid_from,
        new.valid_to,
        new.evidence,
        new.sha256,
        new.recorded_by.0,
        new.recorded_at,
        new.replaces.map(|replaces| replaces.0),
    )
    .execute(conn)
    .await?;
    Ok(())
}

struct Row {
    contract_id: Uuid,
    id: Uuid,
    contract_number: String,
    contract_title: String,
    body_id: Uuid,
    currency: String,
    item_id: Uuid,
    article_number: String,
    title: String,
    unit: String,
    member_id: Option<Uuid>,
    member: String,
    kind: String,
    unit_price: Decimal,
    per: String,
    dated_on: NaiveDate,
    valid_from: Option<NaiveDate>,
    valid_to: Option<NaiveDate>,
    evidence: String,
    evidence_sha256: Option<Vec<u8>>,
    file_name: Option<String>,
    recorded_by: Uuid,
    recorded_by_name: String,
    recorded_at: Option<DateTime<Utc>>,
    approved_by: String,
    approved_at: Option<DateTime<Utc>>,
    refused_by: String,
    refused_at: Option<DateTime<Utc>>,
    refusal: Option<String>,
    withdrawn_at: Option<DateTime<Utc>>,
    replaces_id: Option<Uuid>,
}

impl TryFrom<Row> for Baseline {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        Ok(Self {
            id: BaselineId(row.id),
            contract: ContractId(row.contract_id),
            contract_number: row.contract_number,
            contract_title: row.contract_title,
            body: OrganisationId(row.body_id),
            currency: row.currency,
            item: ItemId(row.item_id),
            article_number: row.article_number,
            title: row.title,
            unit: row.unit,
            member: row.member_id.map(|member| (OrganisationId(member), row.member)),
            kind: BaselineKind::from_key(&row.kind).unwrap_or(BaselineKind::ListPrice),
            unit_price: consistent(UnitPrice::new(row.unit_price), "baseline", "unit_price", row.id)?,
            per: if row.per == Per::Month.key() { Per::Month } else { Per::Unit },
            dated_on: row.dated_on,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            evidence: row.evidence,
            sha256: row.evidence_sha256,
            file_name: row.file_name,
            recorded_by: PersonId(row.recorded_by),
            recorded_by_name: row.recorded_by_name,
            recorded_at: row.recorded_at,
            approved: row.approved_at.map(|at| (row.approved_by, at)),
            refused: row.refused_at.map(|at| (row.refused_by, at, row.refusal.unwrap_or_default())),
            withdrawn_at: row.withdrawn_at,
            replaces: row.replaces_id.map(BaselineId),
        })
    }
}

/// Visible baselines: the one with this id, or those a filter asks for, those that wait first, then the newest.
async fn rows(
    conn: &mut PgConnection,
    id: Option<BaselineId>,
    filter: Filter<'_>,
    (limit, offset): (i64, i64),
) -> Result<Vec<Baseline>, StorageError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT b.contract_id, b.id, f.number AS contract_number, f.title AS contract_title, f.body_id, f.currency, b.item_id,
                  i.article_number, i.title, i.unit, b.member_id, coalesce(m.name, '') AS "member!", b.kind, b.unit_price, b.per,
                  b.dated_on, b.valid_from, b.valid_to, b.evidence, b.evidence_sha256, e.file_name AS "file_name?", b.recorded_by,
                  coalesce(r.name, '') AS "recorded_by_name!", b.recorded_at, coalesce(a.name, '') AS "approved_by!", b.approved_at,
                  coalesce(n.name, '') AS "refused_by!", b.refused_at, b.refusal, b.withdrawn_at, b.replaces_id
           FROM baseline b
           JOIN framework_contract f ON f.id = b.contract_id
           JOIN item i ON i.contract_id = b.contract_id AND i.id = b.item_id
           LEFT JOIN organisation m ON m.id = b.member_id
           LEFT JOIN baseline_file e ON e.contract_id = b.contract_id AND e.sha256 = b.evidence_sha256
           LEFT JOIN person r ON r.id = b.recorded_by
           LEFT JOIN person a ON a.id = b.approved_by
           LEFT JOIN person n ON n.id = b.refused_by
           WHERE ($1::uuid IS NULL OR b.id = $1)
             AND ($2::uuid IS NULL OR b.contract_id = $2)
             AND CASE $3::text
                   WHEN 'pending' THEN b.approved_at IS NULL AND b.refused_at IS NULL
                   WHEN 'approved' THEN b.approved_at IS NOT NULL AND b.withdrawn_at IS NULL AND b.dated_on >= $4
                   WHEN 'stale' THEN b.approved_at IS NOT NULL AND b.withdrawn_at IS NULL AND b.dated_on < $4
                   WHEN 'refused' THEN b.refused_at IS NOT NULL
                   WHEN 'withdrawn' THEN b.withdrawn_at IS NOT NULL
                   ELSE true
                 END
             AND ($5::text = '' OR concat_ws(' ', i.article_number, i.title, b.evidence, f.number, f.title) ILIKE $5)
           ORDER BY (b.approved_at IS NOT NULL OR b.refused_at IS NOT NULL), f.number, i.article_number, b.dated_on DESC, b.id
           LIMIT $6 OFFSET $7"#,
        id.map(|id| id.0),
        filter.contract.map(|contract| contract.0),
        filter.standing,
        filter.oldest,
        pattern(filter.words),
        limit,
        offset
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Baseline::try_from).collect()
}

/// Words as a pattern of `ILIKE`; empty for none.
fn pattern(words: &str) -> String {
    let words = words.trim();
    if words.is_empty() {
        return String::new();
    }
    format!("%{}%", words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

/// How many months old evidence may be by the rules of the body's house, and the day before which it is stale today.
pub async fn oldest_fresh(
    conn: &mut PgConnection,
    body: OrganisationId,
    today: NaiveDate,
) -> Result<(u32, NaiveDate), StorageError> {
    let months: u32 = parameters::valid_for_member(conn, body, today).await?.parsed("baseline_max_age_months")?;
    Ok((months, today.checked_sub_months(Months::new(months)).unwrap_or(NaiveDate::MIN)))
}

/// A visible baseline.
pub async fn find(conn: &mut PgConnection, id: BaselineId) -> Result<Option<Baseline>, StorageError> {
    Ok(rows(conn, Some(id), Filter::default(), (1, 0)).await?.pop())
}

/// A page of visible baselines.
pub async fn list(
    conn: &mut PgConnection,
    filter: Filter<'_>,
    limit: i64,
    offset: i64,
) -> Result<Vec<Baseline>, StorageError> {
    rows(conn, None, filter, (limit, offset)).await
}

/// How many a filter finds.
pub async fn count(conn: &mut PgConnection, filter: Filter<'_>) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!"
           FROM baseline b
           JOIN framework_contract f ON f.id = b.contract_id
           JOIN item i ON i.contract_id = b.contract_id AND i.id = b.item_id
           WHERE ($1::uuid IS NULL OR b.contract_id = $1)
             AND CASE $2::text
                   WHEN 'pending' THEN b.approved_at IS NULL AND b.refused_at IS NULL
                   WHEN 'approved' THEN b.approved_at IS NOT NULL AND b.withdrawn_at IS NULL AND b.dated_on >= $3
                   WHEN 'stale' THEN b.approved_at IS NOT NULL AND b.withdrawn_at IS NULL AND b.dated_on < $3
                   WHEN 'refused' THEN b.refused_at IS NOT NULL
                   WHEN 'withdrawn' THEN b.withdrawn_at IS NOT NULL
                   ELSE true
                 END
             AND ($4::text = '' OR concat_ws(' ', i.article_number, i.title, b.evidence, f.number, f.title) ILIKE $4)"#,
        filter.contract.map(|contract| contract.0),
        filter.standing,
        filter.oldest,
        pattern(filter.words)
    )
    .fetch_one(conn)
    .await?)
}
