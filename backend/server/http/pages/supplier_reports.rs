//! `/verwaltung/umsatzmeldungen`: what suppliers report of their turnover, compared with the ledger.

use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::turnover_reconciliation::Outcome;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::import::turnover_month;
use crate::actions::import::turnover_report::{Warning, exact};
use crate::actions::{ActionError, FieldError, keep_turnover_upload};
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::pager::Pager;
use crate::http::pages::turnover::{WaitingRow, sent, waiting};
use crate::http::pages::written::{count, instant};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::http::upload::Upload;
use crate::storage::supplier_reports::{self, Report, ShownLine, Which};
use crate::storage::turnover_uploads::ReportOf;
use crate::storage::{tasks, turnover_names};

/// Reports, or lines of one, on a page.
const PAGE: i64 = 50;
/// What a report can be compared with.
const BASES: &[(&str, &str)] =
    &[("orders", "Bestellungen, nach dem Monat der Freigabe"), ("invoices", "Rechnungen, nach ihrem Datum")];

/// A sum of a comparison in words.
pub struct OutcomeRow {
    /// What it is the sum of.
    pub name: String,
    /// Number of places.
    pub count: String,
    /// By the report.
    pub reported: String,
    /// By the ledger.
    pub known: String,
    /// The one less the other.
    pub difference: String,
}

impl OutcomeRow {
    /// With every decimal the amounts have.
    pub fn new(name: &str, number: usize, reported: Decimal, known: Decimal, currency: &str) -> Self {
        Self {
            name: name.to_owned(),
            count: number.to_string(),
            reported: exact(reported, currency),
            known: exact(known, currency),
            difference: exact(reported - known, currency),
        }
    }
}

/// `03.2027 bis 05.2027, verglichen mit Bestellungen`
pub fn period_words(from: NaiveDate, to: NaiveDate, basis: &str) -> String {
    let with = if basis == "orders" { "Bestellungen" } else { "Rechnungen" };
    format!("{} bis {}, verglichen mit {with}", from.format("%m.%Y"), to.format("%m.%Y"))
}

/// The list with its form.
#[derive(askama::Template)]
#[template(path = "pages/supplier_reports.html")]
pub struct SupplierReportsPage {
    frame: Frame,
    hint: &'static str,
    count: String,
    rows: Vec<ReportRow>,
    pager: Pager,
    waiting: Vec<WaitingRow>,
    differences: i64,
    contracts: Vec<(String, String)>,
    suppliers: Vec<(String, String)>,
    typed: Typed,
    mistakes: Mistakes,
}

/// A report in words.
struct ReportRow {
    id: Uuid,
    title: String,
    period: String,
    at: String,
    reported: String,
    difference: String,
    open: i64,
}

/// What was typed; a chosen file cannot be kept by a browser.
#[derive(Debug, Default)]
struct Typed {
    contract: String,
    supplier: String,
    from: String,
    to: String,
    basis: String,
    csv: String,
    mapping: String,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    seite: String,
    hinweis: String,
}

/// `GET /verwaltung/umsatzmeldungen`
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<SupplierReportsPage>, Problem> {
    let last = app.clock.today().with_day(1).and_then(|day| day.pred_opt()).unwrap_or_else(|| app.clock.today());
    let month = last.format("%m.%Y").to_string();
    let typed = Typed { from: month.clone(), to: month, ..Typed::default() };
    Ok(Page(page(&app, &actor, frame, &asked, typed, Mistakes::default()).await?))
}

/// `POST /verwaltung/umsatzmeldungen`
pub async fn upload(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    form: Upload,
) -> Result<Response, Problem> {
    let text = |name: &str| form.text(name).to_owned();
    let typed = Typed {
        contract: text("contract"),
        supplier: text("supplier"),
        from: text("from"),
        to: text("to"),
        basis: text("basis"),
        csv: text("csv"),
        mapping: text("mapping"),
    };
    let (name, bytes) = sent(&form);
    let kept = match read(&typed, app.clock.today()) {
        Ok(of) => keep_turnover_upload::keep(&app, &actor, &name, &bytes, &typed.mapping, Some(of)).await,
        Err(errors) => Err(ActionError::Invalid(errors)),
    };
    match kept {
        Ok(id) => Ok(Redirect::to(&format!("/verwaltung/umsaetze/vorschau/{id}")).into_response()),
        Err(ActionError::Invalid(errors)) => {
            let page = page(&app, &actor, frame.with_mistakes(), &Asked::default(), typed, Mistakes(errors)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn read(typed: &Typed, today: NaiveDate) -> Result<ReportOf, Vec<FieldError>> {
    let mut mistakes = Mistakes::default();
    let contract = typed.contract.parse().ok();
    if contract.is_none() {
        mistakes.add("contract", "Bitte wählen Sie den Vertrag aus, um den es geht.");
    }
    let supplier = typed.supplier.parse().ok();
    if supplier.is_none() {
        mistakes.add("supplier", "Bitte wählen Sie den Lieferanten aus, der gemeldet hat.");
    }
    let mut month = |field: &str, text: &str| {
        let read = turnover_month::month(text, Some(true), today, &mut Vec::new());
        read.map_err(|_| {
            mistakes.add(
                field,
                format!(
                    "„{}“ ist kein Monat, in dem schon Umsatz war. Bitte geben Sie ihn so ein: 03.2027.",
                    text.trim()
                ),
            )
        })
        .ok()
    };
    let (from, to) = (month("from", &typed.from), month("to", &typed.to));
    if !BASES.iter().any(|(key, _)| *key == typed.basis) {
        mistakes.add("basis", "Bitte wählen Sie aus, womit verglichen wird.");
    }
    match (contract, supplier, from, to) {
        (Some(contract), Some(supplier), Some(from), Some(to)) if mistakes.is_empty() => Ok(ReportOf {
            contract: ContractId(contract),
            supplier: OrganisationId(supplier),
            from,
            to,
            basis: typed.basis.clone(),
        }),
        _ => Err(mistakes.0),
    }
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    asked: &Asked,
    typed: Typed,
    mistakes: Mistakes,
) -> Result<SupplierReportsPage, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let total = supplier_reports::count(&mut tx).await?;
    let pager = Pager::new(&asked.seite, PAGE, total, "/verwaltung/umsatzmeldungen", &[]);
    let reports = supplier_reports::reports(&mut tx, None, PAGE, pager.offset()).await?;
    let contracts = turnover_names::contracts(&mut tx, actor.body).await?;
    let suppliers = turnover_names::organisations(&mut tx, actor.body, "supplier").await?;
    let choose = || (String::new(), "Bitte wählen".to_owned());
    Ok(SupplierReportsPage {
        frame: frame.titled("Umsatzmeldungen"),
        hint: match asked.hinweis.as_str() {
            "verworfen" => "Die Datei ist verworfen. Verglichen wurde nichts.",
            _ => "",
        },
        count: count(total, "Umsatzmeldung", "Umsatzmeldungen"),
        rows: reports.into_iter().map(report_row).collect(),
        pager,
        waiting: waiting(&mut tx, true).await?,
        differences: tasks::open_differences(&mut tx).await?,
        contracts: std::iter::once(choose())
            .chain(contracts.into_iter().filter(|it| it.status != "draft").map(|it| (it.id.to_string(), it.number)))
            .collect(),
        suppliers: std::iter::once(choose())
            .chain(suppliers.into_iter().map(|(id, name)| (id.to_string(), name)))
            .collect(),
        typed,
        mistakes,
    })
}

fn report_row(it: Report) -> ReportRow {
    ReportRow {
        id: it.id,
        title: format!("{}, Vertrag {}", it.supplier, it.contract_number),
        period: period_words(it.period_from, it.period_to, &it.basis),
        at: instant(it.at),
        reported: exact(it.reported, &it.currency),
        difference: exact(it.reported - it.known, &it.currency),
        open: it.open,
    }
}

/// One report.
#[derive(askama::Template)]
#[template(path = "pages/supplier_report.html")]
pub struct SupplierReportPage {
    frame: Frame,
    title: String,
    lead: String,
    warnings: Vec<String>,
    outcomes: Vec<OutcomeRow>,
    all: OutcomeRow,
    open: i64,
    rows: Vec<PlaceRow>,
    pager: Pager,
}

/// A place of the comparison in words.
pub struct PlaceRow {
    /// Which.
    pub id: Uuid,
    /// Its report.
    pub report: Uuid,
    /// Supplier and contract.
    pub of: String,
    /// Order, or member and month.
    pub what: String,
    /// How both sides agree, and the style of the word.
    pub outcome: (&'static str, &'static str),
    /// By the report.
    pub reported: String,
    /// By the ledger.
    pub known: String,
    /// The one less the other.
    pub difference: String,
    /// Lines of the file, why one cannot be assigned, how it ended.
    pub notes: Vec<String>,
}

impl PlaceRow {
    /// In words.
    pub fn of(line: ShownLine) -> Self {
        let outcome = Outcome::from_key(&line.outcome).unwrap_or(Outcome::NotAssignable);
        let month = line.month.map(|month| month.format("%m.%Y").to_string());
        let order = line.order_number.map(|number| format!("Bestellung {number}"));
        let what: Vec<String> = [order, line.member, month].into_iter().flatten().collect();
        let rows: Vec<String> = line.source_rows.iter().take(20).map(ToString::to_string).collect();
        let more = line.source_rows.len().saturating_sub(rows.len());
        let mut notes = Vec::new();
        if !rows.is_empty() {
            let rest = if more == 0 { String::new() } else { format!(" und {more} weitere") };
            notes.push(format!("Zeilen der Datei: {}{rest}", rows.join(", ")));
        }
        notes.extend((!line.note.is_empty()).then_some(line.note));
        notes.extend(line.reason.zip(line.closed_at).map(|(reason, at)| format!("Erledigt {}: {reason}", instant(at))));
        Self {
            id: line.id,
            report: line.report_id,
            of: format!("{}, Vertrag {}", line.supplier, line.contract_number),
            what: if what.is_empty() { "nicht zuzuordnen".to_owned() } else { what.join(", ") },
            outcome: match outcome {
                Outcome::Matched => ("status status--good", outcome.german()),
                _ => ("status status--wait", outcome.german()),
            },
            reported: exact(line.reported, &line.currency),
            known: exact(line.known, &line.currency),
            difference: exact(line.reported - line.known, &line.currency),
            notes,
        }
    }
}

/// `GET /verwaltung/umsatzmeldungen/{id}`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<SupplierReportPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let it = supplier_reports::reports(&mut tx, Some(id), 1, 0).await?.pop().ok_or_else(Problem::not_found)?;
    let sums = supplier_reports::outcome_sums(&mut tx, id).await?;
    let total: i64 = sums.iter().map(|(_, number, ..)| number).sum();
    let pager = Pager::new(&asked.seite, PAGE, total, &format!("/verwaltung/umsatzmeldungen/{id}"), &[]);
    let lines = supplier_reports::lines(&mut tx, Which::OfReport(id), PAGE, pager.offset()).await?;
    let warnings: Vec<Warning> = serde_json::from_value(it.warnings.clone()).unwrap_or_default();
    let number = |it: i64| usize::try_from(it).unwrap_or_default();
    let row = |outcome: Outcome| {
        let (_, places, reported, known) = sums.iter().find(|(key, ..)| key == outcome.key())?;
        Some(OutcomeRow::new(outcome.german(), number(*places), *reported, *known, &it.currency))
    };
    let title = format!("{}, Vertrag {}", it.supplier, it.contract_number);
    Ok(Page(SupplierReportPage {
        frame: frame.titled(title.clone()),
        title,
        lead: format!(
            "{}, Datei {}, {}",
            period_words(it.period_from, it.period_to, &it.basis),
            it.file_name,
            instant(it.at)
        ),
        warnings: warnings.into_iter().map(|warning| warning.text).collect(),
        outcomes: Outcome::ALL.into_iter().filter_map(row).collect(),
        all: OutcomeRow::new("zusammen", number(total), it.reported, it.known, &it.currency),
        open: it.open,
        rows: lines.into_iter().map(PlaceRow::of).collect(),
        pager,
    }))
}
