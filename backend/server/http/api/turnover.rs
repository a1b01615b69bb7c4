//! Recorded turnover: the files it was taken from, their sums and lines.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query parameter out in full")]

use axum::Json as Answer;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use chrono::{DateTime, NaiveDate, Utc};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::actions::import::turnover_report::Warning;
use crate::actions::revoke_turnover;
use crate::app::App;
use crate::http::api::paging;
use crate::http::api::window::{self, Part};
use crate::http::extract::{Path, Query};
use crate::http::idempotency::KeyedJson;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::turnover::ImportSum;
use crate::storage::turnover_list::{self, Filter, Import};

/// A page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct TurnoverPaging {
    /// Most rows.
    #[serde(default = "fifty")]
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: u16,
    /// Rows to skip.
    #[serde(default)]
    #[param(maximum = 100000)]
    offset: u32,
}

const fn fifty() -> u16 {
    50
}

/// Furthest a list is read.
const FARTHEST: u32 = 100_000;

/// The sums of a file in one currency; `imported` + `rejected` = `control`, and nothing is rounded.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnoverSum {
    #[schema(example = "GBP")]
    pub(super) currency: String,
    pub(super) lines: i32,
    /// Lines below zero.
    pub(super) negative_lines: i32,
    pub(super) imported_lines: i32,
    #[schema(example = "77788989.55")]
    pub(super) imported: String,
    pub(super) rejected_lines: i32,
    pub(super) rejected: String,
    /// Rejected lines without an amount that can be read; they are in no sum.
    pub(super) unread_lines: i32,
    pub(super) control: String,
}

/// Something about many rows, told once.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnoverWarning {
    /// Stable word of its kind, such as `month_end` or `repeated`.
    kind: String,
    rows: usize,
    /// Line of the first.
    line: u64,
    /// In German.
    text: String,
}

impl From<Warning> for TurnoverWarning {
    fn from(it: Warning) -> Self {
        Self { kind: it.kind, rows: it.rows, line: it.line, text: it.text }
    }
}

/// A file whose turnover was recorded.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnoverImportView {
    id: Uuid,
    file_name: String,
    /// SHA-256 of the file, hexadecimal.
    sha256: String,
    recorded_at: DateTime<Utc>,
    /// By currency; never added to each other.
    sums: Vec<TurnoverSum>,
    warnings: Vec<TurnoverWarning>,
}

/// A recorded line.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnoverLineView {
    /// Line of the file on which it begins, from 1.
    row: i32,
    /// As it stands there.
    raw: String,
    /// First day of its month.
    month: NaiveDate,
    /// Net, negative for a correction; up to four decimals.
    #[schema(example = "117.6700")]
    amount: String,
    currency: String,
    contract_id: Uuid,
    contract_number: String,
    member: String,
    supplier: Option<String>,
    lot: Option<i32>,
    /// Number of the invoice, or nothing.
    reference: String,
}

/// Why a file is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TurnoverRevocation {
    #[schema(max_length = 2000)]
    reason: String,
}

/// The import whose lines take another one back.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnoverCounterImport {
    id: Uuid,
}

/// Takes a file back as a whole, by lines with the sign turned; nothing is deleted, and the file can be taken again.
#[utoipa::path(
    post, path = "/api/v1/turnover-imports/{id}/revoke", tag = "turnover", operation_id = "revoke_turnover_import",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = TurnoverRevocation, responses((status = 201, body = TurnoverCounterImport))
)]
pub async fn revoke(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, body): KeyedJson<TurnoverRevocation>,
) -> Result<(StatusCode, Answer<TurnoverCounterImport>), Problem> {
    let id = revoke_turnover::revoke(&app, &actor, id, &body.reason, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Answer(TurnoverCounterImport { id })))
}

/// The files whose turnover was recorded, newest first.
#[utoipa::path(get, path = "/api/v1/turnover-imports", tag = "turnover", params(TurnoverPaging), responses((status = 200, body = Vec<TurnoverImportView>)))]
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    address: Uri,
    Query(page): Query<TurnoverPaging>,
) -> Result<Part<Vec<TurnoverImportView>>, Problem> {
    paging::check(page.limit, page.offset, FARTHEST, "")?;
    let mut tx = app.db.begin(&actor).await?;
    let imports = turnover_list::imports(&mut tx, page.limit.into(), page.offset.into()).await?;
    let ids: Vec<Uuid> = imports.iter().map(|it| it.id).collect();
    let sums = turnover_list::sums(&mut tx, &ids).await?;
    let of = |import: Uuid| sums.iter().filter(move |(id, _)| *id == import).map(|(_, sum)| sum_view(sum)).collect();
    let total = turnover_list::count(&mut tx).await?;
    let headers = window::of_part(&address, total, page.limit, page.offset, imports.len());
    Ok((headers, Answer(imports.into_iter().map(|it| view(of(it.id), it)).collect())))
}

/// One of them.
#[utoipa::path(get, path = "/api/v1/turnover-imports/{id}", tag = "turnover", responses((status = 200, body = TurnoverImportView)))]
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<TurnoverImportView>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let it = turnover_list::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let sums = turnover_list::sums(&mut tx, &[id]).await?;
    Ok(Answer(view(sums.iter().map(|(_, sum)| sum_view(sum)).collect(), it)))
}

/// The recorded lines of a file, in its order.
#[utoipa::path(get, path = "/api/v1/turnover-imports/{id}/lines", tag = "turnover", params(TurnoverPaging), responses((status = 200, body = Vec<TurnoverLineView>)))]
pub async fn lines(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    address: Uri,
    Query(page): Query<TurnoverPaging>,
) -> Result<Part<Vec<TurnoverLineView>>, Problem> {
    paging::check(page.limit, page.offset, FARTHEST, "")?;
    let mut tx = app.db.begin(&actor).await?;
    turnover_list::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let rows = turnover_list::lines(&mut tx, id, &Filter::default(), page.limit.into(), page.offset.into()).await?;
    let line = |it: turnover_list::Line| TurnoverLineView {
        row: it.row,
        raw: it.raw,
        month: it.month,
        amount: it.amount.decimal().to_string(),
        currency: it.currency,
        contract_id: it.contract.0,
        contract_number: it.contract_number,
        member: it.member,
        supplier: it.supplier,
        lot: it.lot,
        reference: it.reference,
    };
    let total = turnover_list::count_lines(&mut tx, id).await?;
    let headers = window::of_part(&address, total, page.limit, page.offset, rows.len());
    Ok((headers, Answer(rows.into_iter().map(line).collect())))
}

fn view(sums: Vec<TurnoverSum>, it: Import) -> TurnoverImportView {
    let warnings: Vec<Warning> = serde_json::from_value(it.warnings).unwrap_or_default();
    TurnoverImportView {
        id: it.id,
        file_name: it.file_name,
        sha256: HEXLOWER.encode(&it.sha256),
        recorded_at: it.at,
        sums,
        warnings: warnings.into_iter().map(TurnoverWarning::from).collect(),
    }
}

fn sum_view(sum: &ImportSum) -> TurnoverSum {
    TurnoverSum {
        currency: sum.currency.clone(),
        lines: sum.lines,
        negative_lines: sum.negative_lines,
        imported_lines: sum.imported_lines,
        imported: sum.imported.normalize().to_string(),
        rejected_lines: sum.rejected_lines,
        rejected: sum.rejected.normalize().to_string(),
        unread_lines: sum.unread_lines,
        control: sum.control.normalize().to_string(),
    }
}
