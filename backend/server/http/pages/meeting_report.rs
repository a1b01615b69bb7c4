//! `/berichte/sitzung/{id}`: a frozen report as it was, what was recorded for its meeting since, and what became of the
//! call-offs it counted.

use abruf_domain::money::Net;
use axum::extract::State;
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::freeze_meeting_report::{Report, report_of};
use crate::app::App;
use crate::http::charts::bars::{BarFacts, Bars};
use crate::http::charts::line::{Line, YearFacts};
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::audit_log::in_groups;
use crate::http::pages::written::{count, money};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::restatement::{self, Changed, Counted, Restated};
use crate::reports::savings::{self, Filter, Grouping};
use crate::storage::error::consistent;
use crate::storage::meeting_reports::{self, Listed};
use crate::storage::resolutions::{self, Resolution};

/// More than any report counts.
const ALL: i64 = 10_000_000;
/// Changed call-offs that are listed; the rest is counted and summed.
const MOST_CHANGES: usize = 200;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/meeting_report.html")]
pub struct MeetingReportPage {
    frame: Frame,
    /// It was frozen just now, or somebody had done so before.
    notice: &'static str,
    listed: Listed,
    report: Report,
    bars: Option<Bars>,
    line: Option<Line>,
    /// Everything on record for the meeting; `true`: after the freezing, so that the paper does not have it.
    resolutions: Vec<(Resolution, bool)>,
    since: Since,
    file_hash: String,
    list_hash: String,
}

/// What became of the call-offs of the report.
struct Since {
    frozen: Net,
    changed: Net,
    added: Net,
    added_call_offs: String,
    now: Net,
    rows: Vec<ChangedRow>,
    /// `12 weitere Abrufe, −3,20 €`; empty without.
    unlisted: String,
}

/// A call-off that is counted differently now.
struct ChangedRow {
    id: Uuid,
    number: String,
    member: String,
    reason: &'static str,
    frozen: Net,
    now: Net,
    difference: Net,
}

impl From<&Changed> for ChangedRow {
    fn from(it: &Changed) -> Self {
        Self {
            id: it.id,
            number: it.number.clone(),
            member: it.member.clone(),
            reason: it.reason,
            frozen: it.frozen,
            now: it.now,
            difference: it.difference(),
        }
    }
}

impl From<Restated> for Since {
    fn from(it: Restated) -> Self {
        let (shown, rest) = it.rows.split_at(it.rows.len().min(MOST_CHANGES));
        let unlisted: Net = rest.iter().map(Changed::difference).sum();
        Self {
            frozen: it.frozen,
            changed: it.changed(),
            added: it.added,
            added_call_offs: calls(it.added_call_offs),
            now: it.now,
            rows: shown.iter().map(ChangedRow::from).collect(),
            unlisted: match rest.len() {
                0 => String::new(),
                more => format!("{} weitere, {}", calls(more), money(unlisted.decimal(), "EUR")),
            },
        }
    }
}

fn calls(number: usize) -> String {
    count(i64::try_from(number).unwrap_or(i64::MAX), "Abruf", "Abrufe")
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    hinweis: String,
}

/// `GET /berichte/sitzung/{id}`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<MeetingReportPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let listed = meeting_reports::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let report = report_of(id, &listed.input)?;
    let frozen = meeting_reports::call_offs(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let frozen: Vec<Counted> = consistent(serde_json::from_str(&frozen), "meeting_report", "call_offs", id)?;
    let filter = Filter { year: Some(listed.year), ..Filter::default() };
    let today = savings::grouped(&mut tx, &filter, Grouping::CallOff, ALL, 0).await?;
    let recorded = resolutions::of_meeting(&mut tx, actor.body, listed.meeting_on).await?;
    Ok(Page(MeetingReportPage {
        frame: frame.titled(format!("Sitzungsbericht {}", listed.number)),
        notice: match asked.hinweis.as_str() {
            "festgeschrieben" => "Der Bericht ist festgeschrieben.",
            "vorhanden" => "Für diese Sitzung war der Bericht schon festgeschrieben. Es gilt dieser.",
            _ => "",
        },
        bars: bars(&report),
        line: line(&report),
        resolutions: recorded.into_iter().map(|it| with_place(it, &report)).collect(),
        since: restatement::compare(&frozen, &today).into(),
        file_hash: in_groups(&listed.sha256),
        list_hash: in_groups(&listed.call_offs_sha256),
        listed,
        report,
    }))
}

/// Whether the paper has it already.
fn with_place(it: Resolution, report: &Report) -> (Resolution, bool) {
    let printed = report.resolutions.iter().any(|known| known.number == it.number && known.kind == it.german());
    (it, !printed)
}

fn bars(report: &Report) -> Option<Bars> {
    let shown = |net: Net| (!net.is_zero()).then_some(net);
    let facts: Vec<BarFacts> = report
        .contracts
        .iter()
        .map(|it| BarFacts {
            name: it.title.clone(),
            classes: [Some(it.amounts.a_net), shown(it.amounts.b), shown(it.amounts.c)],
        })
        .collect();
    Bars::of("Einsparung je Rahmenvertrag, die Belegklassen getrennt", &facts)
}

fn line(report: &Report) -> Option<Line> {
    let facts: Vec<YearFacts> = report
        .years
        .iter()
        .map(|it| YearFacts {
            year: it.year,
            classes: (!it.amounts.volume.is_zero()).then_some([it.amounts.a_net, it.amounts.b, it.amounts.c]),
        })
        .collect();
    Line::of("Einsparung in fünf Jahren, die Belegklassen getrennt", &facts)
}
