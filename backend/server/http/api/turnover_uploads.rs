//! Turnover files and suppliers' reports of programs: sent, looked at, confirmed or thrown away. Nothing counts before it is
//! confirmed; limits and refusals are those of the pages.

use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::turnover_reconciliation::Outcome;
use axum::Json as Answer;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use data_encoding::{BASE64, HEXLOWER};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::evidence_file::SentFile;
use crate::actions::import::ImportError;
use crate::actions::import::turnover_report::CurrencySums;
use crate::actions::keep_turnover_upload;
use crate::actions::reconcile_turnover::Comparison;
use crate::actions::take_turnover_upload::{self, Found, Preview, Terms};
use crate::actor::Actor;
use crate::app::App;
use crate::http::api::turnover::{TurnoverSum, TurnoverWarning};
use crate::http::body_limit;
use crate::http::extract::{Json, Path};
use crate::http::idempotency::KeyedJson;
use crate::http::problem::{FieldError, Problem};
use crate::http::session::SignedIn;
use crate::http::upload::Upload as Form;
use crate::storage::turnover_uploads::{self, ReportOf, Upload};

/// Wrong rows told; the page of the import has all of them once it is taken.
const ERRORS: usize = 100;
/// Most files of the list.
const MOST: i64 = 500;
/// What a report can be compared with.
const BASES: [&str; 2] = ["orders", "invoices"];

/// A file, in a JSON document of at most 1 MB; as a form it may have 8 MB.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TurnoverUploadInput {
    #[schema(example = "umsatz-2026.csv", max_length = 200)]
    file_name: String,
    /// CSV in any encoding, in base64.
    base64: String,
    /// The mapping (TOML); absent: a guess from the first line, which the answer shows.
    mapping: Option<String>,
    /// Set for a supplier's report, which is compared and not recorded.
    report: Option<SupplierReportOf>,
}

/// What a supplier's report is about.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SupplierReportOf {
    contract_id: Uuid,
    supplier_id: Uuid,
    /// A day of the first month.
    from: NaiveDate,
    /// A day of the last month.
    to: NaiveDate,
    /// orders or invoices.
    #[schema(example = "orders")]
    basis: String,
}

/// The same as a form.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the form")]
pub struct TurnoverUploadForm {
    /// The file, at most 8 MB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    mapping: Option<String>,
    contract_id: Option<Uuid>,
    supplier_id: Option<Uuid>,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    basis: Option<String>,
}

/// A file that waits, with what it would do.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnoverUploadView {
    /// Later the id of the import or of the supplier's report.
    id: Uuid,
    file_name: String,
    /// SHA-256 of the file, hexadecimal.
    sha256: String,
    sent_at: DateTime<Utc>,
    /// The mapping it is read by (TOML).
    mapping: String,
    report: Option<SupplierReportOf>,
    /// Whether there is anything to be confirmed.
    can_be_taken: bool,
    /// Why the file is refused as a whole, in German; absent where it can be read.
    refused: Option<String>,
    lines: usize,
    rejected: usize,
    /// By currency; `imported` + `rejected` = `control`.
    sums: Vec<TurnoverSum>,
    warnings: Vec<TurnoverWarning>,
    /// Names that are nobody of ours: to be written into the mapping.
    unknown: Vec<UnknownTurnoverName>,
    /// What is wrong, by line; the first hundred.
    errors: Vec<TurnoverLineError>,
    /// How many more there are.
    more_errors: usize,
    /// Ceilings that would be exceeded.
    breached: Vec<String>,
    /// For a supplier's report.
    comparison: Option<SupplierComparison>,
}

/// A name of the file that is nobody of ours.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnknownTurnoverName {
    /// contracts, members or suppliers.
    table: &'static str,
    name: String,
    lines: usize,
}

/// What is wrong with a line.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnoverLineError {
    line: u64,
    column: Option<String>,
    /// In German.
    message: String,
}

/// A supplier's report beside the ledger.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupplierComparison {
    currency: String,
    #[schema(example = "1180.00")]
    reported: String,
    known: String,
    /// `reported` less `known`.
    difference: String,
    outcomes: Vec<SupplierOutcome>,
}

/// Places of one kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupplierOutcome {
    /// matched, amount_differs, missing_at_supplier, missing_with_us or not_assignable.
    #[schema(example = "matched")]
    outcome: &'static str,
    places: usize,
    reported: String,
    known: String,
}

/// A file that waits.
#[derive(Debug, Serialize, ToSchema)]
pub struct WaitingTurnoverUpload {
    id: Uuid,
    file_name: String,
    /// Whether it is a supplier's report.
    is_report: bool,
    sent_at: DateTime<Utc>,
}

/// Another mapping.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TurnoverMapping {
    /// TOML.
    mapping: String,
}

/// On which terms a file is taken.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TurnoverConfirmation {
    /// Take the right lines although others are refused.
    #[serde(default)]
    partial: bool,
    /// What all amounts must add up to, in the currency of the mapping.
    #[schema(example = "77788989.55")]
    control_sum: Option<String>,
}

/// What a file has become.
#[derive(Debug, Serialize, ToSchema)]
pub struct TakenTurnoverUpload {
    /// As of the upload.
    id: Uuid,
    /// turnover_import or supplier_report.
    #[schema(example = "turnover_import")]
    kind: &'static str,
}

/// Nothing to say.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TurnoverDiscard {}

/// What was sent, as a form or as a document.
pub struct SentTurnover {
    file: SentFile,
    mapping: String,
    report: Option<ReportOf>,
}

impl<S: Send + Sync> FromRequest<S> for SentTurnover {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if body_limit::is_upload(request.headers()) {
            return Self::of_form(&Form::from_request(request, state).await?);
        }
        let Json(input) = Json::<TurnoverUploadInput>::from_request(request, state).await?;
        let bytes = BASE64.decode(input.base64.as_bytes()).map_err(|error| {
            Problem::invalid(vec![FieldError::new("base64", format!("Die Datei ist kein Base64: {error}."))])
        })?;
        Ok(Self {
            file: SentFile { name: input.file_name, bytes },
            mapping: input.mapping.unwrap_or_default(),
            report: input.report.map(SupplierReportOf::read).transpose()?,
        })
    }
}

impl SentTurnover {
    fn of_form(form: &Form) -> Result<Self, Problem> {
        let Some(file) = form.file("file") else {
            let message = "Es fehlt die Datei. Erwartet: ein Feld „file“ mit Dateiname.";
            return Err(Problem::invalid(vec![FieldError::new("file", message)]));
        };
        let named = ["contract_id", "supplier_id", "from", "to", "basis"].map(|name| form.text(name));
        let report = if named.iter().all(|text| text.is_empty()) {
            None
        } else {
            let wrong = |field: &str, expected: &str| {
                let message = format!("Eine Meldung nennt {field}. Erwartet: {expected}.");
                Problem::invalid(vec![FieldError::new(field, message)])
            };
            let day = |field: &str, text: &str| text.parse().map_err(|_| wrong(field, "ein Tag wie 2026-03-01"));
            let of = SupplierReportOf {
                contract_id: named[0].parse().map_err(|_| wrong("contract_id", "die Id des Vertrags"))?,
                supplier_id: named[1].parse().map_err(|_| wrong("supplier_id", "die Id des Lieferanten"))?,
                from: day("from", named[2])?,
                to: day("to", named[3])?,
                basis: named[4].to_owned(),
            };
            Some(of.read()?)
        };
        Ok(Self { file: file.clone(), mapping: form.text("mapping").to_owned(), report })
    }
}

impl SupplierReportOf {
    fn read(self) -> Result<ReportOf, Problem> {
        if !BASES.contains(&self.basis.as_str()) {
            let shown: String = self.basis.chars().take(40).collect();
            let message = format!("„{shown}“ ist nicht möglich. Möglich sind: {}.", BASES.join(", "));
            return Err(Problem::invalid(vec![FieldError::new("basis", message)]));
        }
        Ok(ReportOf {
            contract: ContractId(self.contract_id),
            supplier: OrganisationId(self.supplier_id),
            from: self.from.with_day(1).unwrap_or(self.from),
            to: self.to.with_day(1).unwrap_or(self.to),
            basis: self.basis,
        })
    }
}

/// Files that wait to be confirmed, newest first; at most 500.
#[utoipa::path(get, path = "/api/v1/turnover-uploads", tag = "turnover", operation_id = "list_turnover_uploads", responses((status = 200, body = Vec<WaitingTurnoverUpload>)))]
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
) -> Result<Answer<Vec<WaitingTurnoverUpload>>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let rows = turnover_uploads::waiting(&mut tx, MOST).await?;
    let view = |(id, file_name, is_report, sent_at)| WaitingTurnoverUpload { id, file_name, is_report, sent_at };
    Ok(Answer(rows.into_iter().map(view).collect()))
}

/// Sends a turnover file, or a supplier's report, and shows what it would do. The same file for the same purpose is kept once.
#[utoipa::path(
    post, path = "/api/v1/turnover-uploads", tag = "turnover", operation_id = "send_turnover_upload",
    request_body(content((TurnoverUploadInput = "application/json"), (TurnoverUploadForm = "multipart/form-data"))),
    responses((status = 201, body = TurnoverUploadView))
)]
pub async fn send(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    sent: SentTurnover,
) -> Result<(StatusCode, Answer<TurnoverUploadView>), Problem> {
    let SentTurnover { file, mapping, report } = sent;
    let id = keep_turnover_upload::keep(&app, &actor, &file.name, &file.bytes, &mapping, report).await?;
    Ok((StatusCode::CREATED, Answer(shown(&app, &actor, id).await?)))
}

/// A file that waits, with what it would do.
#[utoipa::path(get, path = "/api/v1/turnover-uploads/{id}", tag = "turnover", operation_id = "show_turnover_upload", responses((status = 200, body = TurnoverUploadView)))]
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<TurnoverUploadView>, Problem> {
    Ok(Answer(shown(&app, &actor, id).await?))
}

/// Gives a file that waits another mapping, and shows what it would do then.
#[utoipa::path(
    post, path = "/api/v1/turnover-uploads/{id}/mapping", tag = "turnover", operation_id = "map_turnover_upload",
    request_body = TurnoverMapping, responses((status = 200, body = TurnoverUploadView))
)]
pub async fn remap(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<TurnoverMapping>,
) -> Result<Answer<TurnoverUploadView>, Problem> {
    keep_turnover_upload::remap(&app, &actor, id, &body.mapping).await?;
    Ok(Answer(shown(&app, &actor, id).await?))
}

/// Takes a file: turnover is recorded, a supplier's report is compared and its differences are tasks from then on. Asked
/// again it answers the same. 409 where lines are refused and `partial` is not set: nothing is written then.
#[utoipa::path(
    post, path = "/api/v1/turnover-uploads/{id}/confirm", tag = "turnover", operation_id = "confirm_turnover_upload",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = TurnoverConfirmation, responses((status = 201, body = TakenTurnoverUpload))
)]
pub async fn confirm(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, body): KeyedJson<TurnoverConfirmation>,
) -> Result<(StatusCode, Answer<TakenTurnoverUpload>), Problem> {
    let taken = |kind| (StatusCode::CREATED, Answer(TakenTurnoverUpload { id, kind }));
    let upload = match take_turnover_upload::find(&app, &actor, id).await?.ok_or_else(Problem::not_found)? {
        Found::Waits(upload) => upload,
        Found::Imported => return Ok(taken("turnover_import")),
        Found::Compared => return Ok(taken("supplier_report")),
    };
    let control_sum = body.control_sum.as_deref().map(str::parse::<Decimal>).transpose().map_err(|_| {
        let message = "Die Kontrollsumme ist keine Zahl. Erwartet: wie 1234.50, als Text.";
        Problem::invalid(vec![FieldError::new("control_sum", message)])
    })?;
    let terms = Terms { partial: body.partial, control_sum, key: key.as_ref() };
    match take_turnover_upload::take(&app, &actor, &upload, &terms).await {
        Ok(true) => Ok(taken(if upload.report.is_some() { "supplier_report" } else { "turnover_import" })),
        Ok(false) => Err(Problem::conflict(
            "rows-refused",
            "Zeilen sind abgelehnt",
            "Es wurde nichts übernommen: Zeilen sind abgelehnt. Bitte ergänzen Sie die Zuordnung, oder senden Sie partial = true, damit nur die richtigen Zeilen übernommen werden.",
        )),
        Err(error) => Err(problem(error)),
    }
}

/// Throws a file that waits away; nothing of it has counted.
#[utoipa::path(
    post, path = "/api/v1/turnover-uploads/{id}/discard", tag = "turnover", operation_id = "discard_turnover_upload",
    request_body = TurnoverDiscard, responses((status = 204))
)]
pub async fn discard(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(TurnoverDiscard {}): Json<TurnoverDiscard>,
) -> Result<StatusCode, Problem> {
    keep_turnover_upload::discard(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn shown(app: &App, actor: &Actor, id: Uuid) -> Result<TurnoverUploadView, Problem> {
    let Some(Found::Waits(upload)) = take_turnover_upload::find(app, actor, id).await? else {
        return Err(Problem::not_found());
    };
    let preview = take_turnover_upload::look(app, actor, &upload).await?;
    Ok(view(*upload, preview))
}

fn view(upload: Upload, preview: Preview) -> TurnoverUploadView {
    let can_be_taken = preview.can_be_taken();
    let Preview { report, comparison, refused } = preview;
    TurnoverUploadView {
        id: upload.id,
        file_name: upload.file_name,
        sha256: HEXLOWER.encode(&upload.sha256),
        sent_at: upload.at,
        mapping: upload.mapping,
        report: upload.report.map(|of| SupplierReportOf {
            contract_id: of.contract.0,
            supplier_id: of.supplier.0,
            from: of.from,
            to: of.to,
            basis: of.basis,
        }),
        can_be_taken,
        refused,
        lines: report.rows,
        rejected: report.rejected,
        sums: report.sums.iter().map(|(currency, sums)| sum(currency, sums)).collect(),
        warnings: report.warnings.into_iter().map(TurnoverWarning::from).collect(),
        unknown: report
            .unknown
            .into_iter()
            .map(|it| UnknownTurnoverName { table: it.table, name: it.name, lines: it.rows })
            .collect(),
        more_errors: report.errors.len().saturating_sub(ERRORS),
        errors: report
            .errors
            .into_iter()
            .take(ERRORS)
            .map(|it| TurnoverLineError { line: it.line, column: it.column, message: it.message })
            .collect(),
        breached: report.breached.into_iter().map(|it| format!("Vertrag {}, {}", it.contract, it.scope)).collect(),
        comparison: comparison.map(compared),
    }
}

fn sum(currency: &str, sums: &CurrencySums) -> TurnoverSum {
    let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    TurnoverSum {
        currency: currency.to_owned(),
        lines: number(sums.rows),
        negative_lines: number(sums.negative_rows),
        imported_lines: number(sums.imported_rows),
        imported: sums.imported.normalize().to_string(),
        rejected_lines: number(sums.rejected_rows),
        rejected: sums.rejected.normalize().to_string(),
        unread_lines: number(sums.unread_rows),
        control: sums.control.normalize().to_string(),
    }
}

fn compared(it: Comparison) -> SupplierComparison {
    let outcomes = Outcome::ALL.into_iter().filter_map(|outcome| {
        let own: Vec<_> = it.lines.iter().filter(|line| line.outcome == outcome).collect();
        (!own.is_empty()).then(|| SupplierOutcome {
            outcome: outcome.key(),
            places: own.len(),
            reported: own.iter().map(|line| line.reported).sum::<Decimal>().to_string(),
            known: own.iter().map(|line| line.known).sum::<Decimal>().to_string(),
        })
    });
    SupplierComparison {
        outcomes: outcomes.collect(),
        reported: it.reported.to_string(),
        known: it.known.to_string(),
        difference: (it.reported - it.known).to_string(),
        currency: it.currency,
    }
}

/// Why a file was not taken.
fn problem(error: ImportError) -> Problem {
    match error {
        ImportError::Storage(error) => error.into(),
        ImportError::Action(error) => error.into(),
        ImportError::NotPermitted(_) | ImportError::NotFound(_) => Problem::not_found(),
        ImportError::File(refused) => Problem::invalid(vec![FieldError::new("file", refused.to_string())]),
        ImportError::Map(refused) => Problem::invalid(vec![FieldError::new("mapping", refused.to_string())]),
        ImportError::Conflict(reason) => Problem::conflict("refused", "So geht es nicht", reason),
    }
}
