//! What a supervisory board controls, and the facts for it that only the office knows.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query parameter out in full")]

use abruf_domain::activity_share::ActivityShare;
use abruf_domain::money::Net;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::actions::{record_restore_test, record_turnover};
use crate::actor::Standing;
use crate::app::App;
use crate::http::extract::Query;
use crate::http::idempotency::KeyedJson;
use crate::http::problem::{FieldError, Problem};
use crate::http::session::SignedIn;
use crate::reports::savings::{Filter, uncompared};
use crate::reports::{contract_signals, control};
use crate::storage::restore_tests;

/// Which call-offs count.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Calendar year of the call-offs; all without.
    #[param(minimum = 1900, maximum = 3000)]
    year: Option<i32>,
}

/// What there is to control.
#[derive(Debug, Serialize, ToSchema)]
pub struct ControlReport {
    /// Most urgent first.
    signals: Vec<SignalView>,
    justifications: Vec<JustificationsView>,
    volumes: Vec<VolumeView>,
    options: Vec<OptionView>,
    evidence: EvidenceView,
    /// Absent for auditors, who do not see every call-off.
    activity: Option<ActivityView>,
    /// Newest first.
    restore_tests: Vec<RestoreTestView>,
}

/// Something to look at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ControlSignal)]
pub struct SignalView {
    /// urgent, soon or notice.
    urgency: &'static str,
    contract_id: Option<Uuid>,
    about: String,
    /// In German.
    words: String,
}

/// Justifications of a member to a rule.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ControlJustifications)]
pub struct JustificationsView {
    rule: String,
    member_id: Uuid,
    member: String,
    count: i64,
}

/// A ceiling with recorded volume, or one that is breached.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ControlVolume)]
pub struct VolumeView {
    contract_id: Uuid,
    number: String,
    /// contract, lot, item or member.
    scope: String,
    /// Lot, item or member.
    of: String,
    /// value or quantity.
    measure: String,
    limit: Option<String>,
    authorised: String,
    recorded: String,
    breached: bool,
}

/// An option nobody has exercised.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ControlOption)]
pub struct OptionView {
    contract_id: Uuid,
    number: String,
    new_end: NaiveDate,
    /// Before today: missed.
    notice_deadline: NaiveDate,
}

/// Evidence that is open.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ControlEvidence)]
pub struct EvidenceView {
    /// Positions without a valid baseline.
    uncompared: i64,
    /// Baselines that wait for a second person.
    unapproved: i64,
    /// Approved baselines without the hash of an evidence file.
    without_file: i64,
}

/// Share of activity for the members, average of three years (§ 108 (7) GWB).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ControlActivity)]
pub struct ActivityView {
    /// told, incomplete or no_turnover.
    state: &'static str,
    /// Percent, two decimals.
    share_pct: Option<String>,
    /// Percent that must be exceeded.
    needed_pct: String,
    enough: Option<bool>,
    /// Years without recorded turnover.
    missing_years: Vec<i32>,
}

/// A noted restore test.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RestoreTest)]
pub struct RestoreTestView {
    tested_on: NaiveDate,
    backup_of: NaiveDate,
    passed: bool,
    remark: String,
}

/// Turnover of a year beside orders through the body and fees.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTurnover {
    #[schema(example = 2025)]
    year: i32,
    /// With members, decimal string.
    #[schema(example = "12500.00")]
    members: String,
    /// With everybody else, decimal string.
    #[schema(example = "300.00")]
    others: String,
    #[schema(example = "Jahresabschluss 2025, Anlage 3")]
    evidence: String,
}

/// A restore test and its result.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRestoreTest {
    tested_on: NaiveDate,
    backup_of: NaiveDate,
    passed: bool,
    remark: String,
}

/// The id of what was recorded.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordedId {
    id: Uuid,
}

/// What a supervisory board controls, as far as one may see it.
#[utoipa::path(get, path = "/api/v1/reports/control", tag = "reports", params(Asked), responses((status = 200, body = ControlReport)))]
pub async fn control_report(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Answer<ControlReport>, Problem> {
    if let Some(year) = asked.year.filter(|year| !(1900..=3000).contains(year)) {
        return Err(Problem::bad_request(format!(
            "Das Jahr {year} geht nicht. Möglich sind die Jahre 1900 bis 3000, oder kein Jahr für alle."
        )));
    }
    let mut tx = app.db.begin(&actor).await?;
    let today = app.clock.today();
    let open = uncompared(&mut tx, &Filter { year: asked.year, ..Filter::default() }).await?;
    let signals = contract_signals::of_today(&mut tx, today, open, actor.standing == Standing::Body).await?;
    let evidence = contract_signals::open_evidence(&mut tx, open).await?;
    let activity = match actor.standing {
        Standing::Body => Some(activity_view(&control::activity(&mut tx, actor.body, today).await?)),
        Standing::Member | Standing::Auditor(_) => None,
    };
    Ok(Answer(ControlReport {
        signals: signals
            .into_iter()
            .map(|it| SignalView {
                urgency: it.urgency.key(),
                contract_id: it.contract.map(|id| id.0),
                about: it.about,
                words: it.words,
            })
            .collect(),
        justifications: control::justification_counts(&mut tx, asked.year)
            .await?
            .into_iter()
            .map(|it| JustificationsView {
                rule: it.rule,
                member_id: it.member.0,
                member: it.member_name,
                count: it.count,
            })
            .collect(),
        volumes: control::recorded_volumes(&mut tx)
            .await?
            .into_iter()
            .map(|it| VolumeView {
                contract_id: it.contract.0,
                number: it.number,
                scope: it.scope,
                of: it.of,
                measure: it.measure,
                limit: it.limit.map(|limit| limit.to_string()),
                authorised: it.authorised.to_string(),
                recorded: it.recorded.to_string(),
                breached: it.breached,
            })
            .collect(),
        options: contract_signals::open_options(&mut tx, today)
            .await?
            .into_iter()
            .map(|it| OptionView {
                contract_id: it.contract.0,
                number: it.number,
                new_end: it.new_end,
                notice_deadline: it.notice_deadline,
            })
            .collect(),
        evidence: EvidenceView {
            uncompared: evidence.uncompared,
            unapproved: evidence.unapproved,
            without_file: evidence.without_file,
        },
        activity,
        restore_tests: restore_tests::newest(&mut tx, actor.body, 20)
            .await?
            .into_iter()
            .map(|it| RestoreTestView {
                tested_on: it.tested_on,
                backup_of: it.backup_of,
                passed: it.passed,
                remark: it.remark,
            })
            .collect(),
    }))
}

fn activity_view(it: &control::Activity) -> ActivityView {
    let (state, told, missing) = match &it.share {
        ActivityShare::Told(told) => ("told", Some(told), Vec::new()),
        ActivityShare::Incomplete { missing } => ("incomplete", None, missing.clone()),
        ActivityShare::NoTurnover => ("no_turnover", None, Vec::new()),
    };
    ActivityView {
        state,
        share_pct: told.map(|told| told.percent.to_string()),
        needed_pct: it.needed.to_string(),
        enough: told.map(|told| told.enough),
        missing_years: missing,
    }
}

/// Records the turnover of a year beside what Abruf counts itself; the newest record of a year counts.
#[utoipa::path(
    post, path = "/api/v1/body-turnovers", tag = "reports",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = NewTurnover, responses((status = 201, body = RecordedId))
)]
pub async fn record_turnover_of_a_year(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    KeyedJson(key, body): KeyedJson<NewTurnover>,
) -> Result<(StatusCode, Answer<RecordedId>), Problem> {
    let mut errors = Vec::new();
    let mut net = |field: &str, text: &str| {
        text.parse::<Net>().unwrap_or_else(|error| {
            errors.push(FieldError::new(field, format!("Das ist kein Betrag: {error}. Erwartet: 1234.50")));
            Net::ZERO
        })
    };
    let (members, others) = (net("members", &body.members), net("others", &body.others));
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let what = record_turnover::ToRecord { year: body.year, members, others, evidence: body.evidence };
    let id = record_turnover::record(&app, &actor, &what, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Answer(RecordedId { id })))
}

/// Notes the result of a restore test, which ran on another database.
#[utoipa::path(
    post, path = "/api/v1/restore-tests", tag = "reports",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = NewRestoreTest, responses((status = 201, body = RecordedId))
)]
pub async fn record_restore(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    KeyedJson(key, body): KeyedJson<NewRestoreTest>,
) -> Result<(StatusCode, Answer<RecordedId>), Problem> {
    let what = record_restore_test::ToRecord {
        tested_on: body.tested_on,
        backup_of: body.backup_of,
        passed: body.passed,
        remark: body.remark,
    };
    let id = record_restore_test::record(&app, &actor, &what, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Answer(RecordedId { id })))
}
