//! Every report as data: columns with their kinds, rows, totals, and the checks that must be zero.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query parameter out in full")]

use abruf_domain::burn_rate::Procedure;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::http::api::paging;
use crate::http::extract::{Path, Query};
use crate::http::pages::report_file::{self, Format};
use crate::http::pages::report_stream::Places;
use crate::http::problem::{FieldError, Problem};
use crate::http::session::SignedIn;
use crate::reports::catalogue::Report;
use crate::reports::question::{Dimension, Question};
use crate::reports::table::{Cell, Table};

/// What is asked of a report; what a report does not ask is not heard.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// First day; with `to` at most 50 years apart.
    from: Option<NaiveDate>,
    /// Last day, included.
    to: Option<NaiveDate>,
    /// Calendar year.
    #[param(minimum = 1900, maximum = 3000)]
    year: Option<i32>,
    /// Up to three of contract, member, category, year, supplier, class, in order, separated by commas (`savings-by`).
    #[serde(default)]
    by: String,
    /// One contract.
    contract: Option<Uuid>,
    /// One member.
    member: Option<Uuid>,
    /// One supplier (savings).
    supplier: Option<Uuid>,
    /// First two digits of a CPV code, or none (savings).
    category: Option<String>,
    /// A, B, C, P or none (savings).
    class: Option<String>,
    /// One call-off (savings).
    call_off: Option<Uuid>,
    /// One of its lines; 0 is what belongs to none (savings).
    #[param(minimum = 0)]
    position: Option<i32>,
    /// How the next contracts are tendered: open, negotiated, public or restricted (`burn-rate`).
    procedure: Option<String>,
    /// Rows to return; files hold all.
    #[serde(default = "hundred")]
    #[param(minimum = 1, maximum = 500)]
    limit: u16,
    /// Rows to skip.
    #[serde(default)]
    #[param(maximum = 1_000_000)]
    offset: u32,
}

const fn hundred() -> u16 {
    100
}

impl Asked {
    fn question(self) -> Result<Question, Problem> {
        let mut errors = Vec::new();
        let mut by = Vec::new();
        for key in self.by.split(',').map(str::trim).filter(|key| !key.is_empty()) {
            match Dimension::from_key(key) {
                Some(dimension) => by.push(dimension),
                None => {
                    let shown: String = key.chars().take(20).collect();
                    let allowed: Vec<&str> = Dimension::ALL.iter().map(|it| it.key()).collect();
                    let message = format!("„{shown}“ ist keine Gliederung. Möglich sind: {}.", allowed.join(", "));
                    errors.push(FieldError::new("by", message));
                }
            }
        }
        let procedure = self.procedure.as_deref().map(Procedure::from_key);
        if procedure == Some(None) {
            let allowed: Vec<&str> = Procedure::ALL.iter().map(|it| it.key()).collect();
            let message = format!("Dieses Verfahren gibt es nicht. Möglich sind: {}.", allowed.join(", "));
            errors.push(FieldError::new("procedure", message));
        }
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        Ok(Question {
            from: self.from,
            to: self.to,
            year: self.year,
            by,
            contract: self.contract,
            member: self.member,
            supplier: self.supplier,
            category: self.category,
            class: self.class,
            call_off: self.call_off,
            position: self.position,
            procedure: procedure.flatten(),
        })
    }
}

/// A column.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportColumn {
    /// Key of its values in the rows.
    key: &'static str,
    /// German title.
    title: &'static str,
    /// text, day, net, percent, quantity or count.
    kind: &'static str,
}

/// A figure of the list against the same figure from a query of its own.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportCheckView {
    /// German name.
    name: &'static str,
    /// Sum of all rows.
    listed: String,
    /// Figure of the report.
    reported: String,
    /// Must be zero.
    difference: String,
}

/// A report.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportDocument {
    /// Its name.
    name: &'static str,
    /// Its German title.
    title: String,
    /// The question in German words.
    filter: Vec<String>,
    /// Instant of the data.
    as_of: DateTime<Utc>,
    columns: Vec<ReportColumn>,
    /// Values by key of their column; amounts are decimal strings, what is not there is null.
    #[schema(value_type = Vec<Object>)]
    rows: Vec<Map<String, Value>>,
    /// All rows, also those not returned.
    row_count: usize,
    /// Sums over all rows, by key of their column.
    #[schema(value_type = Object)]
    totals: Map<String, Value>,
    checks: Vec<ReportCheckView>,
    /// What all differences come to without their signs; must be zero.
    deviation: String,
    /// How it is computed, in German sentences.
    method: Vec<String>,
}

impl ReportDocument {
    /// The table as data, with this part of its rows.
    #[must_use]
    pub fn of(table: &Table, limit: usize, offset: usize) -> Self {
        let totals = table.columns.iter().zip(table.totals()).filter(|(_, total)| *total != Cell::Empty);
        Self {
            name: table.name,
            title: table.title.clone(),
            filter: table.filter.clone(),
            as_of: table.as_of,
            columns: table
                .columns
                .iter()
                .map(|it| ReportColumn { key: it.key, title: it.title, kind: it.kind.key() })
                .collect(),
            rows: table.json_rows(limit, offset),
            row_count: table.rows.len(),
            totals: totals.map(|(column, total)| (column.key.to_owned(), total.json())).collect(),
            checks: table
                .checks
                .iter()
                .map(|check| ReportCheckView {
                    name: check.name,
                    listed: check.listed.to_string(),
                    reported: check.reported.to_string(),
                    difference: check.difference().to_string(),
                })
                .collect(),
            deviation: table.deviation().to_string(),
            method: table.method.clone(),
        }
    }
}

/// A report by its name, as far as one may see it: savings-by, savings-call-offs, savings-lines, savings-entries,
/// negative-call-offs, negative-lines, open-evidence, utilisation, burn-rate, expiring, usage, retention.
#[utoipa::path(
    get, path = "/api/v1/reports/{name}", tag = "reports",
    params(("name" = String, Path, description = "Name of the report"), Asked),
    responses((status = 200, body = ReportDocument))
)]
pub async fn by_name(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Answer<ReportDocument>, Problem> {
    let report = Report::from_key(&name).ok_or_else(Problem::not_found)?;
    paging::check(asked.limit, asked.offset, 1_000_000, "")?;
    let (limit, offset) = (usize::from(asked.limit), usize::try_from(asked.offset).unwrap_or(usize::MAX));
    let table = report_file::table(&app, &actor, report, &asked.question()?, false).await?;
    Ok(Answer(ReportDocument::of(&table, limit, offset)))
}

/// The same as a file with all rows: csv, jsonl, xlsx, json or pdf. The workbook has a check cell that is 0. Lists as csv and
/// jsonl have any length; `Range` with `If-Range` takes up a download that broke off. Four are sent at a time: 503 says when
/// to ask again.
#[utoipa::path(
    get, path = "/api/v1/reports/{name}/{format}", tag = "reports",
    params(("name" = String, Path, description = "Name of the report"), ("format" = String, Path, description = "csv, jsonl, xlsx, json or pdf"), Asked),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>))
)]
pub async fn file(
    State(app): State<App>,
    State(places): State<Places>,
    SignedIn(actor): SignedIn,
    Path((name, format)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let report = Report::from_key(&name).ok_or_else(Problem::not_found)?;
    let format = Format::of(&format).ok_or_else(Problem::not_found)?;
    let question = asked.question()?;
    report_file::file(&app, &actor, &places, (report, &question), format, (&headers, false)).await
}
