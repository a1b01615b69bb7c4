//! `/berichte/{bericht}`: a report as a page, with its question as a form, its rows, their sum and what the sum differs by
//! from the report; beside it the same table as PDF, XLSX, CSV and JSON. `/berichte` lists them all.

use abruf_domain::burn_rate::Procedure;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use serde::Deserialize;
use uuid::Uuid;

use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::{Path, Query};
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::pager::Pager;
use crate::http::pages::report_file::{self, Format, field};
use crate::http::pages::written::{count, instant, read_day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::catalogue::Report;
use crate::reports::question::{Dimension, MOST_DIMENSIONS, Question};
use crate::reports::savings::CLASSES;
use crate::reports::savings_levels::class_words;
use crate::reports::table::{Cell, Column, Kind, Row, Table};
use crate::storage::{contracts, member_list};

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

/// The form with what can be chosen.
struct QuestionForm {
    /// Where it is sent to.
    address: String,
    title: String,
    asked: Asked,
    has_period: bool,
    /// Id and name; none where the report does not ask.
    contracts: Vec<(String, String)>,
    members: Vec<(String, String)>,
    classes: Vec<(&'static str, &'static str)>,
    /// Steps of the breakdown: what is chosen for each.
    steps: Vec<(usize, &'static str)>,
    dimensions: Vec<(&'static str, &'static str)>,
    procedures: Vec<(&'static str, &'static str)>,
    /// What the form does not show but keeps.
    kept: Vec<(&'static str, String)>,
    is_empty: bool,
    /// The level above, for the levels of the savings report.
    above: Option<String>,
}

/// The question as typed, or as an address has it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    von: String,
    bis: String,
    jahr: String,
    nach: String,
    nach1: String,
    nach2: String,
    nach3: String,
    vertrag: String,
    mitglied: String,
    kategorie: String,
    lieferant: String,
    klasse: String,
    abruf: String,
    position: String,
    verfahren: String,
    seite: String,
}

impl Asked {
    /// What is asked, and what is wrong with what was typed. An id that is none names nothing: 404.
    fn question(&self) -> Result<(Question, Mistakes), Problem> {
        let mut mistakes = Mistakes::default();
        let id = |text: &str| match text {
            "" => Ok(None),
            text => text.parse::<Uuid>().map(Some).map_err(|_| Problem::not_found()),
        };
        let mut day = |name: &str, text: &str| -> Option<NaiveDate> {
            read_day(text).unwrap_or_else(|message| {
                mistakes.add(name, message);
                None
            })
        };
        let (from, to) = (day("von", &self.von), day("bis", &self.bis));
        let year = match self.jahr.as_str() {
            "" | "alle" => None,
            text => text.parse().map_or_else(
                |_| {
                    let shown: String = text.chars().take(20).collect();
                    mistakes.add("jahr", format!("„{shown}“ ist kein Jahr. Bitte geben Sie es mit vier Ziffern an, zum Beispiel 2027."));
                    None
                },
                Some,
            ),
        };
        let mut by = Vec::new();
        let steps = [self.nach1.as_str(), &self.nach2, &self.nach3];
        for key in self.nach.split(',').chain(steps).map(str::trim).filter(|key| !key.is_empty()) {
            match Dimension::from_key(key) {
                Some(dimension) => by.push(dimension),
                None => {
                    let shown: String = key.chars().take(20).collect();
                    mistakes.add("nach1", format!("„{shown}“ ist keine Gliederung. Bitte wählen Sie eine aus der Liste."));
                }
            }
        }
        let procedure = match self.verfahren.as_str() {
            "" => None,
            key => {
                let procedure = Procedure::from_key(key);
                if procedure.is_none() {
                    mistakes.add("verfahren", "Dieses Verfahren gibt es nicht. Bitte wählen Sie eines aus der Liste.");
                }
                procedure
            }
        };
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let question = Question {
            from,
            to,
            year,
            by,
            contract: id(&self.vertrag)?,
            member: id(&self.mitglied)?,
            supplier: id(&self.lieferant)?,
            category: some(&self.kategorie),
            class: some(&self.klasse),
            call_off: id(&self.abruf)?,
            position: match self.position.as_str() {
                "" => None,
                text => Some(text.parse().map_err(|_| Problem::not_found())?),
            },
            procedure,
        };
        Ok((question, mistakes))
    }
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
    let shown = Some(shown(report, &question, table, &seite));
    Ok(Page(ReportPage { frame, form, mistakes, shown }).into_response())
}

/// `GET /berichte/{bericht}/{datei}`: the same as a file, `bericht.xlsx`.
pub async fn file(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path((name, file)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let report = asked_for(&name, &actor)?;
    let format = file.strip_prefix("bericht.").and_then(Format::of).ok_or_else(Problem::not_found)?;
    let (question, mistakes) = asked.question()?;
    if !mistakes.is_empty() {
        return Err(Problem::invalid(mistakes.0));
    }
    report_file::file(&app, &actor, (report, &question), format, true).await
}

fn asked_for(name: &str, actor: &Actor) -> Result<Report, Problem> {
    Report::from_key(name)
        .filter(|it| it.german_key() == name && it.is_open_to(actor.role))
        .ok_or_else(Problem::not_found)
}

fn shown(report: Report, question: &Question, table: Table, asked: &str) -> Shown {
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
        filter: table.filter.clone(),
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
    let cells = columns.iter().zip(&row.cells).enumerate();
    cells
        .map(|(index, (column, cell))| CellView {
            title: column.title,
            text: cell.written(),
            link: row.link(index).unwrap_or_default().to_owned(),
            number: column.kind.is_number(),
            negative: cell.is_negative(),
        })
        .collect()
}

/// The form of a report, with the contracts and members the reader may choose from.
async fn form(
    app: &App,
    actor: &Actor,
    report: Report,
    asked: Asked,
    question: &Question,
    title: String,
) -> Result<QuestionForm, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let contracts = contracts::list(&mut tx, None).await?;
    let members = if report.has_member() { member_list::options(&mut tx, actor).await? } else { Vec::new() };
    tx.rollback().await?;
    let savings = report.is_savings();
    let shown = |name: &str| match name {
        "von" | "bis" => report.has_period(),
        "nach" => report == Report::SavingsBy,
        "vertrag" => true,
        "mitglied" => report.has_member(),
        "klasse" => savings,
        "verfahren" => report == Report::BurnRate,
        _ => false,
    };
    let above = Question { call_off: None, position: None, by: Vec::new(), ..question.clone() };
    let chosen = |at: usize| question.by.get(at).map_or("", |it| it.german_key());
    Ok(QuestionForm {
        address: format!("/berichte/{}", report.german_key()),
        title,
        has_period: report.has_period(),
        contracts: contracts.into_iter().map(|it| (it.id.to_string(), format!("{} {}", it.number, it.title))).collect(),
        members: members.into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
        classes: if savings { CLASSES.map(|class| (class, class_words(class))).to_vec() } else { Vec::new() },
        steps: if report == Report::SavingsBy {
            (0..MOST_DIMENSIONS).map(|at| (at + 1, chosen(at))).collect()
        } else {
            Vec::new()
        },
        dimensions: Dimension::ALL.map(|it| (it.german_key(), it.german())).to_vec(),
        procedures: if report == Report::BurnRate {
            Procedure::ALL.map(|it| (it.key(), it.german())).to_vec()
        } else {
            Vec::new()
        },
        kept: question.pairs().into_iter().filter(|(name, _)| savings && !shown(name)).collect(),
        is_empty: question.pairs().is_empty(),
        above: (savings && report != Report::SavingsBy).then(|| {
            let query = above.address();
            if query.is_empty() {
                "/berichte/einsparungen-nach".to_owned()
            } else {
                format!("/berichte/einsparungen-nach?{query}")
            }
        }),
        asked,
    })
}
