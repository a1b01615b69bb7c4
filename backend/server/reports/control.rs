//! What a supervisory board controls: justifications by rule and member, volumes recorded past the ceilings, the share
//! of activity for the members (§ 108 GWB). Options, evidence and ceilings are in `contract_signals.rs`.

use abruf_domain::activity_share::{ActivityShare, Turnover, YEARS, activity_share};
use abruf_domain::ids::{CallOffId, ContractId, OrganisationId};
use abruf_domain::money::{Net, Percent, Volume};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::savings::{self, Filter, Grouping};
use crate::storage::StorageError;
use crate::storage::body_turnovers::{self, BodyTurnover};
use crate::storage::error::consistent;
use crate::storage::{contracts, parameters};

/// More contracts than any body has.
const ALL: i64 = 10_000;
/// Share that must be exceeded: its key in the law packs.
const NEEDED: &str = "inhouse_activity_share_pct";

/// Which justifications are meant.
#[derive(Debug, Clone, Default)]
pub struct JustificationFilter {
    /// Calendar year of the call-off.
    pub year: Option<i32>,
    /// One rule.
    pub rule: Option<String>,
    /// One member.
    pub member: Option<OrganisationId>,
}

/// Justifications of a member to a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JustificationCount {
    /// The rule.
    pub rule: String,
    /// The member.
    pub member: OrganisationId,
    /// Its name.
    pub member_name: String,
    /// How many.
    pub count: i64,
}

/// How often each member justified each rule, most often first.
pub async fn justification_counts(
    conn: &mut PgConnection,
    year: Option<i32>,
) -> Result<Vec<JustificationCount>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT j.rule, c.member_id, m.name, count(*) AS "count!"
           FROM justification j
           JOIN call_off c ON c.contract_id = j.contract_id AND c.id = j.call_off_id
           JOIN organisation m ON m.id = c.member_id
           WHERE $1::int IS NULL OR extract(year FROM c.dated_on) = $1
           GROUP BY j.rule, c.member_id, m.name
           ORDER BY count(*) DESC, j.rule, m.name, c.member_id"#,
        year
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| JustificationCount {
            rule: row.rule,
            member: OrganisationId(row.member_id),
            member_name: row.name,
            count: row.count,
        })
        .collect())
}

/// A written justification.
#[derive(Debug, Clone)]
pub struct Justification {
    /// The call-off.
    pub call_off: CallOffId,
    /// Its number, or its case number before the release.
    pub number: String,
    /// Number of the contract.
    pub contract_number: String,
    /// Its member.
    pub member: String,
    /// The rule.
    pub rule: String,
    /// The text.
    pub wording: String,
    /// When it was written.
    pub at: DateTime<Utc>,
}

/// The justifications a count is the number of, newest first.
pub async fn justifications(
    conn: &mut PgConnection,
    filter: &JustificationFilter,
    limit: i64,
    offset: i64,
) -> Result<Vec<Justification>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT c.id, coalesce(c.number, c.case_number) AS "number!", f.number AS contract_number, m.name AS member,
                  j.rule, j.wording, j.at
           FROM justification j
           JOIN call_off c ON c.contract_id = j.contract_id AND c.id = j.call_off_id
           JOIN framework_contract f ON f.id = c.contract_id
           JOIN organisation m ON m.id = c.member_id
           WHERE ($1::int IS NULL OR extract(year FROM c.dated_on) = $1)
             AND ($2::text IS NULL OR j.rule = $2)
             AND ($3::uuid IS NULL OR c.member_id = $3)
           ORDER BY j.at DESC, c.id, j.rule
           LIMIT $4 OFFSET $5"#,
        filter.year,
        filter.rule,
        filter.member.map(Uuid::from),
        limit,
        offset
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Justification {
            call_off: CallOffId(row.id),
            number: row.number,
            contract_number: row.contract_number,
            member: row.member,
            rule: row.rule,
            wording: row.wording,
            at: row.at,
        })
        .collect())
}

/// How many justifications the filter lets through.
pub async fn count_justifications(conn: &mut PgConnection, filter: &JustificationFilter) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!"
           FROM justification j
           JOIN call_off c ON c.contract_id = j.contract_id AND c.id = j.call_off_id
           WHERE ($1::int IS NULL OR extract(year FROM c.dated_on) = $1)
             AND ($2::text IS NULL OR j.rule = $2)
             AND ($3::uuid IS NULL OR c.member_id = $3)"#,
        filter.year,
        filter.rule,
        filter.member.map(Uuid::from)
    )
    .fetch_one(conn)
    .await?)
}

/// A ceiling into which facts from outside were recorded, or that they exceed.
#[derive(Debug, Clone)]
pub struct RecordedVolume {
    /// The contract.
    pub contract: ContractId,
    /// Its number.
    pub number: String,
    /// Its title.
    pub title: String,
    /// ISO 4217.
    pub currency: String,
    /// What the ceiling is of: contract, lot, item, member.
    pub scope: String,
    /// Lot, item or member; empty of a contract.
    pub of: String,
    /// value or quantity.
    pub measure: String,
    /// The limit; `None`: unlimited.
    pub limit: Option<Volume>,
    /// Released by Abruf.
    pub authorised: Volume,
    /// Recorded from outside.
    pub recorded: Volume,
    /// Beyond the limit: nobody may call off.
    pub breached: bool,
}

/// Ceilings with recorded volume and breached ones, the breached first.
pub async fn recorded_volumes(conn: &mut PgConnection) -> Result<Vec<RecordedVolume>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT g.contract_id, f.number, f.title, f.currency, g.scope, g.measure, g.limit_amount, g.authorised, g.recorded, g.breached,
                  concat_ws(', ', l.number::text, i.article_number, m.name) AS "of!"
           FROM guard g
           JOIN framework_contract f ON f.id = g.contract_id
           LEFT JOIN lot l ON l.contract_id = g.contract_id AND l.id = g.lot_id
           LEFT JOIN item i ON i.contract_id = g.contract_id AND i.id = g.item_id
           LEFT JOIN organisation m ON m.id = g.member_id
           WHERE g.recorded <> 0 OR g.breached
           ORDER BY g.breached DESC, f.number, g.scope, g.id"#
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let volume = |value, column| consistent(Volume::new(value), "guard", column, row.contract_id);
            Ok(RecordedVolume {
                contract: ContractId(row.contract_id),
                limit: row.limit_amount.map(|limit| volume(limit, "limit_amount")).transpose()?,
                authorised: volume(row.authorised, "authorised")?,
                recorded: volume(row.recorded, "recorded")?,
                number: row.number,
                title: row.title,
                currency: row.currency,
                scope: row.scope,
                of: row.of,
                measure: row.measure,
                breached: row.breached,
            })
        })
        .collect()
}

/// Turnover of a year as the share counts it.
#[derive(Debug, Clone)]
pub struct YearOfActivity {
    /// Calendar year.
    pub year: i32,
    /// Orders through the body and fees, as Abruf counts them.
    pub called_off: Net,
    /// What the office recorded beside; `None`: nothing yet, so that the year is incomplete.
    pub recorded: Option<BodyTurnover>,
}

/// The share of activity for the members, with what it is made of.
#[derive(Debug, Clone)]
pub struct Activity {
    /// The three years before, oldest first.
    pub years: Vec<YearOfActivity>,
    /// Share that must be exceeded.
    pub needed: Percent,
    /// What they show.
    pub share: ActivityShare,
}

/// Computes the share for a body, as of this day. Only whoever sees every call-off of the body gets the whole.
pub async fn activity(
    conn: &mut PgConnection,
    body: OrganisationId,
    today: NaiveDate,
) -> Result<Activity, StorageError> {
    let law = parameters::valid_for_member(&mut *conn, body, today).await?;
    let needed = law.parsed_if_set(NEEDED)?.unwrap_or(Percent::EIGHTY);
    let recorded = body_turnovers::of_years(&mut *conn, body).await?;
    let all = contracts::list(&mut *conn, None).await?;
    let through_body = |id: Uuid| all.iter().any(|it| it.id.0 == id && it.supply_chain == "through_body");
    let mut years = Vec::new();
    for year in today.year() - YEARS..today.year() {
        let filter = Filter { year: Some(year), ..Filter::default() };
        let by_contract = savings::grouped(&mut *conn, &filter, Grouping::Contract, ALL, 0).await?;
        let of = |sums: &savings::Sums, orders: bool| if orders { sums.volume + sums.fee } else { sums.fee };
        years.push(YearOfActivity {
            year,
            called_off: by_contract.iter().map(|group| of(&group.sums, through_body(group.id))).sum(),
            recorded: recorded.iter().find(|it| it.year == year).cloned(),
        });
    }
    let turnovers: Vec<Turnover> = years
        .iter()
        .filter_map(|it| {
            let recorded = it.recorded.as_ref()?;
            Some(Turnover { year: it.year, members: it.called_off + recorded.members, others: recorded.others })
        })
        .collect();
    Ok(Activity { share: activity_share(&turnovers, today.year(), needed), years, needed })
}

/// Evidence for a year that a body is in-house of its members, as it was recorded.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Calendar year.
    pub year: i32,
    /// Share of activity it states, in percent.
    pub share_pct: Decimal,
    /// The document.
    pub document: String,
    /// Whether a second person has approved it.
    pub approved: bool,
}

/// The recorded evidence of a body, newest year first.
pub async fn inhouse_evidence(conn: &mut PgConnection, body: OrganisationId) -> Result<Vec<Evidence>, StorageError> {
    Ok(sqlx::query_as!(
        Evidence,
        r#"SELECT year, trim_scale(activity_share_pct) AS "share_pct!", document, approved_at IS NOT NULL AS "approved!"
           FROM inhouse_evidence
           WHERE body_id = $1
           ORDER BY year DESC, approved_at DESC NULLS LAST, id
           LIMIT 10"#,
        body.0
    )
    .fetch_all(conn)
    .await?)
}
