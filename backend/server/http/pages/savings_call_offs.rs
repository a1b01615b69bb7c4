//! `/berichte/einsparungen/abrufe`: the call-offs a figure is the sum of. Under the list stands their
//! sum over all pages, beside the figure of the report, and the difference, which must be nothing.

use abruf_domain::call_off::Status;
use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::money::Net;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

use crate::actor::Actor;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::pager::Pager;
use crate::http::pages::savings_view::{About, Amount, Figure, Part};
use crate::http::pages::spreadsheet;
use crate::http::pages::written::{count, day, money};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::savings::{self, Group, Grouping, Sums};
use crate::storage::{Tx, contracts, member_list};

/// Call-offs on a page.
const PAGE: i64 = 50;
/// More than any report sums; the list is read whole, because its sum is the proof.
const ALL: i64 = 10_000_000;

/// The classes of the report with their words.
const CLASSES: [(&str, &str); 5] = [
    ("A", "Klasse A, belegt"),
    ("B", "Klasse B, Listenpreis"),
    ("C", "Klasse C, Vergleichswert"),
    ("P", "Klasse P, Prozesskosten"),
    ("none", "ohne Vergleichspreis"),
];

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/savings_call_offs.html")]
pub struct SavingsCallOffsPage {
    frame: Frame,
    /// What is filtered by, in words.
    chosen: Vec<String>,
    /// Pages on the way down: words and address.
    trail: Vec<(String, String)>,
    count: String,
    /// Name of the figure that leads here.
    asked: &'static str,
    columns: Vec<Column>,
    rows: Vec<CallOffRow>,
    sum: Amount,
    checks: Vec<Comparison>,
    pager: Pager,
    /// The same list for spreadsheets.
    export: String,
}

/// A column of the list.
struct Column {
    figure: Figure,
    name: &'static str,
    /// It is the figure that leads here.
    asked: bool,
}

/// A call-off of the list.
struct CallOffRow {
    id: Uuid,
    number: String,
    dated_on: String,
    cancelled: bool,
    member: String,
    contract: String,
    cells: Vec<Cell>,
}

/// A figure of a call-off.
struct Cell {
    name: &'static str,
    amount: Amount,
    asked: bool,
    /// Left out on a phone.
    detail: bool,
}

/// The list against the report.
struct Comparison {
    name: &'static str,
    listed: Amount,
    reported: Amount,
    difference: String,
    agrees: bool,
}

/// What the address may carry. What does not parse filters nothing out and nothing in: 404.
#[derive(Debug, Clone, Deserialize)]
pub struct Asked {
    #[serde(default)]
    jahr: String,
    #[serde(default)]
    vertrag: String,
    #[serde(default)]
    mitglied: String,
    #[serde(default)]
    klasse: String,
    #[serde(default)]
    zahl: String,
    #[serde(default)]
    seite: String,
}

impl Asked {
    fn about(&self) -> Result<About, Problem> {
        let id = |text: &str| match text {
            "" => Ok(None),
            text => text.parse::<Uuid>().map(Some).map_err(|_| Problem::not_found()),
        };
        Ok(About {
            year: self.jahr.parse().ok(),
            contract: id(&self.vertrag)?.map(ContractId),
            member: id(&self.mitglied)?.map(OrganisationId),
        })
    }
}

/// `GET /berichte/einsparungen/abrufe`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<SavingsCallOffsPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let List { about, figure, names, groups, reported } = list(&mut tx, &actor, &asked).await?;
    let class = figure.class;
    let mut chosen = vec![about.year.map_or_else(|| "alle Jahre".to_owned(), |year| year.to_string())];
    chosen.extend(names.iter().flatten().map(as_typed));
    chosen.extend(CLASSES.iter().find(|(key, _)| *key == class).map(|(_, words)| (*words).to_owned()));
    let listed = groups.iter().fold(Sums::ZERO, |sum, group| sum.plus(&group.sums));
    let total = i64::try_from(groups.len()).unwrap_or(i64::MAX);
    let filters = [
        ("jahr", &*about.year_key()),
        ("vertrag", &*asked.vertrag),
        ("mitglied", &*asked.mitglied),
        ("klasse", class),
        ("zahl", &*asked.zahl),
    ];
    let pager = Pager::new(&asked.seite, PAGE, total, "/berichte/einsparungen/abrufe", &filters);
    let from = usize::try_from(pager.offset()).unwrap_or(0);
    let shown = groups.iter().skip(from).take(usize::try_from(PAGE).unwrap_or(0));
    let columns = columns(figure);
    Ok(Page(SavingsCallOffsPage {
        frame: frame.titled("Abrufe hinter der Zahl"),
        chosen,
        trail: trail(about, names),
        count: count(total, "Abruf", "Abrufe"),
        asked: figure.name(),
        rows: shown.map(|group| call_off_row(group, &columns)).collect(),
        sum: figure.amount(&listed),
        checks: columns
            .iter()
            .filter(|column| column.asked || !is_rare(figure))
            .map(|column| comparison(column, &listed, &reported))
            .collect(),
        export: about.list(figure).replacen("/abrufe?", "/abrufe.csv?", 1),
        columns,
        pager,
    }))
}

/// `GET /berichte/einsparungen/abrufe.csv`: the same list, whole, for spreadsheets.
pub async fn export(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let List { figure, groups, .. } = list(&mut tx, &actor, &asked).await?;
    let columns = columns(figure);
    let heads: Vec<&str> = HEADS.into_iter().chain(columns.iter().map(|column| column.name)).collect();
    let cells = |group: &Group| {
        let amount = |column: &Column| column.figure.of(&group.sums).to_string().replace('.', ",");
        let status = group.status.parse::<Status>().map(Status::german).unwrap_or_default();
        [&*group.number, &*group.dated_on.map(day).unwrap_or_default(), status, &*group.member, &*group.name]
            .into_iter()
            .map(ToOwned::to_owned)
            .chain(columns.iter().map(amount))
            .collect()
    };
    let rows: Vec<Vec<String>> = groups.iter().map(cells).collect();
    spreadsheet::download(&format!("einsparungen-{}.csv", app.clock.today()), &heads, &rows)
}

/// What stands before the figures of an exported call-off.
const HEADS: [&str; 5] = ["Abrufnummer", "Datum", "Stand", "Mitglied", "Vertrag"];

/// The call-offs behind a figure, and what the report says without them.
struct List {
    about: About,
    figure: Figure,
    names: [Option<String>; 2],
    groups: Vec<Group>,
    reported: Sums,
}

async fn list(tx: &mut Tx, actor: &Actor, asked: &Asked) -> Result<List, Problem> {
    let (about, figure) = (asked.about()?, Figure::asked(&asked.klasse, &asked.zahl));
    let names = names(tx, about, actor).await?;
    let filter = about.filter(figure.class);
    let reported = savings::total(tx, &filter).await?;
    let mut groups = savings::grouped(tx, &filter, Grouping::CallOff, ALL, 0).await?;
    groups.retain(|group| !is_rare(figure) || !figure.of(&group.sums).is_zero());
    Ok(List { about, figure, names, groups, reported })
}

/// Few call-offs bear a surcharge or earn a bonus; the others would only hide them.
const fn is_rare(figure: Figure) -> bool {
    matches!(figure.part, Part::Surcharge | Part::Bonus)
}

/// The figures of each call-off: with a class only its own, with the costs of A one by one.
fn columns(asked: Figure) -> Vec<Column> {
    let figures = match asked.class {
        "" => vec![
            Figure::VOLUME,
            Figure::of_a(Part::Effect),
            Figure::of_a(Part::Costs),
            Figure::result("A"),
            Figure::result("B"),
            Figure::result("C"),
            Figure::result("P"),
        ],
        "A" => {
            let parts = [Part::Volume, Part::Effect, Part::Surcharge, Part::Fee, Part::Bonus];
            let mut figures = parts.map(Figure::of_a).to_vec();
            if asked.part == Part::Costs {
                figures.push(asked);
            }
            figures.push(Figure::result("A"));
            figures
        }
        "none" => vec![Figure::result("none")],
        class => vec![Figure { class, part: Part::Volume }, Figure::result(class)],
    };
    figures.into_iter().map(|figure| Column { figure, name: figure.name(), asked: figure == asked }).collect()
}

/// Names of contract and member, if the address filters by them; what one may not see does not exist.
async fn names(tx: &mut Tx, about: About, actor: &Actor) -> Result<[Option<String>; 2], Problem> {
    let mut names = [None, None];
    if let Some(contract) = about.contract {
        names[0] = Some(contracts::find(tx, contract).await?.ok_or_else(Problem::not_found)?.title);
    }
    if let Some(member) = about.member {
        names[1] = Some(member_list::visible_name(tx, actor, member).await?.ok_or_else(Problem::not_found)?);
    }
    Ok(names)
}

/// The pages above, as far as the address tells: the report, then the contract or the member.
fn trail(about: About, [contract, member]: [Option<String>; 2]) -> Vec<(String, String)> {
    let year = about.year_key();
    let mut trail = vec![("Einsparungen".to_owned(), format!("/berichte/einsparungen?jahr={year}"))];
    if let Some((id, name)) = about.contract.zip(contract) {
        trail.push((as_typed(name), format!("/berichte/einsparungen/vertraege/{id}?jahr={year}")));
    } else if let Some((id, name)) = about.member.zip(member) {
        trail.push((as_typed(name), format!("/berichte/einsparungen/mitglieder/{id}?jahr={year}")));
    }
    trail
}

fn call_off_row(group: &Group, columns: &[Column]) -> CallOffRow {
    let saving = format!("/abrufe/{}/einsparung", group.id);
    let cell = |column: &Column| {
        let figure = column.figure;
        let amount = figure.amount(&group.sums);
        let explained = matches!(figure.class, "A" | "B" | "C" | "P") && figure.part == Part::Result;
        let address = if explained && group.has(figure.class) { saving.clone() } else { String::new() };
        let detail = amount.zero || matches!(figure.part, Part::Effect | Part::Costs | Part::Fee);
        Cell {
            name: column.name,
            amount: Amount { address, ..amount },
            asked: column.asked,
            detail: detail && !column.asked,
        }
    };
    CallOffRow {
        id: group.id,
        number: group.number.clone(),
        dated_on: group.dated_on.map(day).unwrap_or_default(),
        cancelled: group.status == Status::Cancelled.key(),
        member: group.member.clone(),
        contract: group.name.clone(),
        cells: columns.iter().map(cell).collect(),
    }
}

fn comparison(column: &Column, listed: &Sums, reported: &Sums) -> Comparison {
    let difference: Net = column.figure.of(listed) - column.figure.of(reported);
    Comparison {
        name: column.name,
        listed: column.figure.amount(listed),
        reported: column.figure.amount(reported),
        difference: money(difference.decimal(), "EUR"),
        agrees: difference.is_zero(),
    }
}
