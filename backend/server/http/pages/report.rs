//! `/berichte/{bericht}`: a report as a page, with its question as a form, its rows, their sum and what the sum differs by
//! from the report; beside it the same table as PDF, XLSX, CSV, JSON and JSON lines. `/berichte` lists them all.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::actor::Actor;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::pager::Pager;
use crate::http::pages::report_file::{self, Format, field};
use crate::http::pages::report_question::{Asked, QuestionForm, form};
use crate::http::pages::report_stream::Places;
use crate::http::pages::written::{count, instant};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::catalogue::Report;
use crate::reports::question::Question;
use crate::reports::table::{Cell, Column, Kind, Row, Table};

/// Rows on a page.
const PAGE: i64 = 100;

/// The list of all reports.
#[derive(askama::Template)]
#[template(path = "pages/reports.html")]
pub struct ReportsPage {
    frame: Frame,
    /// Address, title and sentence.
    reports: Vec<(String, &'static str, &'static str)>,
}

/// `GET /berichte`
pub async fn index(SignedIn(actor): SignedIn, frame: Frame) -> Page<ReportsPage> {
    let open = Report::ALL.into_iter().filter(|it| it.is_open_to(actor.role));
    let reports = open.map(|it| (format!("/berichte/{}", it.german_key()), it.words().0, it.words().1)).collect();
    Page(ReportsPage { frame: frame.titled("Berichte"), reports })
}

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/report.html")]
pub struct ReportPage {
    frame: Frame,
    form: QuestionForm,
    mistakes: Mistakes,
    shown: Option<Shown>,
}

/// The table, as far as the page shows it.
struct Shown {
    lead: String,
    filter: Vec<String>,
    as_of: String,
    count: String,
    empty: String,
    heads: Vec<Column>,
    rows: Vec<Vec<CellView>>,
    sums: Vec<String>,
    checks: Vec<CheckView>,
    deviation: String,
    agrees: bool,
    method: Vec<String>,
    pager: Pager,
    /// Ending in capitals, and address.
    files: Vec<(String, String)>,
}

/// A cell in words.
struct CellView {
    title: &'static str,
    text: String,
    link: String,
    number: bool,
    negative: bool,
}

/// A check in words.
struct CheckView {
    name: &'static str,
    listed: String,
    reported: String,
    difference: String,
    agrees: bool,
}

/// `GET /berichte/{bericht}`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let report = asked_for(&name, &actor)?;
    let (question, mut mistakes) = asked.question()?;
    for it in question.mistakes(app.clock.today()) {
        mistakes.add(field(it.field, true), it.message);
    }
    let seite = asked.seite.clone();
    if !mistakes.is_empty() {
        let form = form(&app, &actor, report, asked, &question, report.words().0.to_owned()).await?;
        let frame = frame.titled(report.words().0).with_mistakes();
        let page = Page(ReportPage { frame, form, mistakes, shown: None });
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let table = report_file::table(&app, &actor, report, &question, true).await?;
    let form = form(&app, &actor, report, asked, &question, table.title.clone()).await?;
    let frame = frame.titled(table.title.clone());
    let shown = Some(shown(report, &question, table, &seite, &form));
    Ok(Page(ReportPage { frame, form, mistakes, shown }).into_response())
}

/// `GET /berichte/{bericht}/{datei}`: the same as a file, `bericht.xlsx`.
pub async fn file(
    State(app): State<App>,
    State(places): State<Places>,
    SignedIn(actor): SignedIn,
    Path((name, file)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let report = asked_for(&name, &actor)?;
    let format = file.strip_prefix("bericht.").and_then(Format::of).ok_or_else(Problem::not_found)?;
    let (question, mistakes) = asked.question()?;
    if !mistakes.is_empty() {
        return Err(Problem::invalid(mistakes.0));
    }
    report_file::file(&app, &actor, &places, (report, &question), format, (&headers, true)).await
}

fn asked_for(name: &str, actor: &Actor) -> Result<Report, Problem> {
    Report::from_key(name)
        .filter(|it| it.german_key() == name && it.is_open_to(actor.role))
        .ok_or_else(Problem::not_found)
}

fn shown(report: Report, question: &Question, table: Table, asked: &str, form: &QuestionForm) -> Shown {
    let total = i64::try_from(table.rows.len()).unwrap_or(i64::MAX);
    let pairs = question.pairs();
    let filters: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let address = format!("/berichte/{}", report.german_key());
    let pager = Pager::new(asked, PAGE, total, &address, &filters);
    let (skip, take) = (usize::try_from(pager.offset()).unwrap_or(0), usize::try_from(PAGE).unwrap_or(0));
    let totals = table.totals();
    let query = question.address();
    let file = |format: Format| {
        let ending = format.ending();
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        (ending.to_uppercase(), format!("{address}/bericht.{ending}{query}"))
    };
    let deviation = table.deviation();
    let amounts = table.checks.iter().any(|check| check.kind == Kind::Net);
    Shown {
        lead: table.lead.clone(),
        filter: table.filter.iter().map(|it| if form.offers(it) { as_typed(it) } else { it.clone() }).collect(),
        as_of: instant(table.as_of),
        count: count(total, "Zeile", "Zeilen"),
        empty: table.empty.clone(),
        rows: table.rows.iter().skip(skip).take(take).map(|row| row_view(&table.columns, row)).collect(),
        sums: if totals.iter().all(|cell| *cell == Cell::Empty) {
            Vec::new()
        } else {
            totals.iter().map(Cell::written).collect()
        },
        deviation: if amounts {
            abruf_domain::notation::Language::German.money(deviation, "EUR")
        } else {
            deviation.normalize().to_string()
        },
        agrees: deviation.is_zero(),
        checks: table
            .checks
            .iter()
            .map(|check| CheckView {
                name: check.name,
                listed: check.written(check.listed),
                reported: check.written(check.reported),
                difference: check.written(check.difference()),
                agrees: check.difference().is_zero(),
            })
            .collect(),
        heads: table.columns,
        method: table.method,
        files: Format::ALL.map(file).to_vec(),
        pager,
    }
}

fn row_view(columns: &[Column], row: &Row) -> Vec<CellView> {
    let mut links = row.links().into_iter();
    let cells = columns.iter().zip(&row.cells);
    cells
        .map(|(column, cell)| CellView {
            title: column.title,
            text: if column.typed { as_typed(cell.written()) } else { cell.written() },
            link: links.next().flatten().unwrap_or_default(),
            number: column.kind.is_number(),
            negative: cell.is_negative(),
        })
        .collect()
}
