//! `/berichte/einsparungen/stufen`: planned, realised and audited savings of one class side by side, by contract,
//! member or call-off. The three are never added; each column adds up to its own total.

use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::money::Net;
use axum::extract::State;
use axum::response::Response;
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::actor::Actor;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::pager::Pager;
use crate::http::pages::savings_view::{Amount, share};
use crate::http::pages::spreadsheet;
use crate::http::pages::written::money;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::savings::{Filter, Sums};
use crate::reports::savings_stages::{self, By, StageGroup};
use crate::storage::{StorageError, Tx, contracts, member_list};

/// Rows on a page.
const PAGE: i64 = 100;
/// Address of the page.
const PATH: &str = "/berichte/einsparungen/stufen";

/// What can be shown, with its words: a class, or the order value of all.
const FIGURES: [(&str, &str); 5] = [
    ("A", "A netto: belegt, nach Zuschlag und Umlage, mit Bonus"),
    ("B", "B: gegen Listenpreise"),
    ("C", "C: gegen Vergleichswerte"),
    ("P", "P: ersparte Vergabeverfahren, kein Geld"),
    ("volumen", "Abrufvolumen"),
];

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/savings_stages.html")]
pub struct SavingsStagesPage {
    frame: Frame,
    years: Vec<String>,
    year: String,
    figure: &'static str,
    by: &'static str,
    figures: Vec<Choice>,
    groupings: Vec<Choice>,
    /// What is filtered by, in words.
    chosen: Vec<String>,
    rows: Vec<RowView>,
    /// Sum of all rows, figure of the report, difference; by book.
    checks: Vec<Check>,
    export: String,
    pager: Pager,
}

/// Something that can be chosen.
struct Choice {
    words: &'static str,
    address: String,
    chosen: bool,
}

struct RowView {
    name: String,
    note: String,
    address: String,
    planned: Amount,
    realised: Amount,
    audited: Amount,
    /// Audited in percent of realised; empty without.
    share: String,
}

struct Check {
    name: &'static str,
    listed: Amount,
    reported: Amount,
    difference: String,
    agrees: bool,
}

/// What the address may carry. An id that does not parse is one of nothing: 404.
#[derive(Debug, Clone, Deserialize)]
pub struct Asked {
    #[serde(default)]
    jahr: String,
    #[serde(default)]
    klasse: String,
    #[serde(default)]
    je: String,
    #[serde(default)]
    vertrag: String,
    #[serde(default)]
    mitglied: String,
    #[serde(default)]
    seite: String,
}

/// The question as it was understood.
struct Question {
    years: Vec<i32>,
    year: Option<i32>,
    figure: &'static str,
    by: By,
    contract: Option<Uuid>,
    member: Option<Uuid>,
    chosen: Vec<String>,
}

impl Question {
    async fn read(tx: &mut Tx, actor: &Actor, asked: &Asked, today: NaiveDate) -> Result<Self, Problem> {
        let id = |text: &str| match text {
            "" => Ok(None),
            text => text.parse::<Uuid>().map(Some).map_err(|_| Problem::not_found()),
        };
        let (contract, member) = (id(&asked.vertrag)?, id(&asked.mitglied)?);
        let mut chosen = Vec::new();
        if let Some(contract) = contract {
            let found = contracts::find(tx, ContractId(contract)).await?.ok_or_else(Problem::not_found)?;
            chosen.push(as_typed(found.title));
        }
        if let Some(member) = member {
            let name = member_list::visible_name(tx, actor, OrganisationId(member)).await?;
            chosen.push(as_typed(name.ok_or_else(Problem::not_found)?));
        }
        let (years, year) = years(tx, &asked.jahr, today).await?;
        let figure = FIGURES.iter().find(|(key, _)| *key == asked.klasse).map_or("A", |(key, _)| *key);
        let by = match asked.je.as_str() {
            "mitglied" => By::Member,
            "abruf" => By::CallOff,
            _ => By::Contract,
        };
        Ok(Self { years, year, figure, by, contract, member, chosen })
    }

    fn filter(&self) -> Filter {
        Filter {
            year: self.year,
            contract: self.contract.map(ContractId),
            member: self.member.map(OrganisationId),
            class: (self.figure != "volumen").then(|| self.figure.to_owned()),
        }
    }

    /// The figure that is asked for.
    fn of(&self, sums: &Sums) -> Net {
        if self.figure == "volumen" { sums.volume } else { sums.of_class(self.figure) }
    }

    fn by_key(&self) -> &'static str {
        match self.by {
            By::Member => "mitglied",
            By::CallOff => "abruf",
            By::Contract | By::Total => "vertrag",
        }
    }

    fn year_key(&self) -> String {
        self.year.map_or_else(|| "alle".to_owned(), |year| year.to_string())
    }

    /// Address of the same question with another figure, grouping or filter.
    fn address(&self, path: &str, figure: &str, by: &str, contract: Option<Uuid>, member: Option<Uuid>) -> String {
        let mut address = format!("{path}?jahr={}&klasse={figure}&je={by}", self.year_key());
        for (name, id) in [("vertrag", contract), ("mitglied", member)] {
            if let Some(id) = id {
                address.push_str(&format!("&{name}={id}"));
            }
        }
        address
    }

    fn row(&self, group: &StageGroup) -> RowView {
        let [planned, realised, audited] = [&group.planned, &group.realised, &group.audited].map(|sums| self.of(sums));
        let address = match self.by {
            By::Contract => self.address(PATH, self.figure, "abruf", Some(group.id), self.member),
            By::Member => self.address(PATH, self.figure, "abruf", self.contract, Some(group.id)),
            By::CallOff if group.is_call_off => format!("/abrufe/{}/einsparung", group.id),
            By::CallOff | By::Total => String::new(),
        };
        let (name, note) = match self.by {
            By::CallOff if group.is_call_off => {
                (group.number.clone(), format!("{}, {}", as_typed(&group.member), as_typed(&group.name)))
            }
            By::CallOff => (format!("Bonus {}", group.number), as_typed(&group.name)),
            _ => (as_typed(&group.name), group.number.clone()),
        };
        RowView {
            name,
            note,
            address,
            planned: Amount::plain(planned),
            realised: Amount::plain(realised),
            audited: Amount::plain(audited),
            share: audited.percent_of(realised).map(share).unwrap_or_default(),
        }
    }
}

/// The years to choose from, and the chosen one: the present, or the newest that has entries.
async fn years(
    conn: &mut PgConnection,
    asked: &str,
    today: NaiveDate,
) -> Result<(Vec<i32>, Option<i32>), StorageError> {
    let mut years = savings_stages::years(conn).await?;
    let chosen = match asked.parse::<i32>() {
        Ok(year) if (1900..=3000).contains(&year) => Some(year),
        _ if asked == "alle" => None,
        _ if years.contains(&today.year()) => Some(today.year()),
        _ => Some(years.first().copied().unwrap_or_else(|| today.year())),
    };
    if let Some(year) = chosen.filter(|year| !years.contains(year)) {
        years.push(year);
        years.sort_unstable_by(|one, other| other.cmp(one));
    }
    Ok((years, chosen))
}

/// `GET /berichte/einsparungen/stufen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<SavingsStagesPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let question = Question::read(&mut tx, &actor, &asked, app.clock.today()).await?;
    let filter = question.filter();
    let total = savings_stages::total(&mut tx, &filter).await?;
    let groups = savings_stages::grouped(&mut tx, &filter, question.by).await?;
    let many = i64::try_from(groups.len()).unwrap_or(i64::MAX);
    let year_key = question.year_key();
    let filters = [
        ("jahr", year_key.as_str()),
        ("klasse", question.figure),
        ("je", question.by_key()),
        ("vertrag", asked.vertrag.as_str()),
        ("mitglied", asked.mitglied.as_str()),
    ];
    let pager = Pager::new(&asked.seite, PAGE, many, PATH, &filters);
    let from = usize::try_from(pager.offset()).unwrap_or(0);
    let shown = groups.iter().skip(from).take(usize::try_from(PAGE).unwrap_or(0));
    let (contract, member) = (question.contract, question.member);
    /// A book in words, and its sums.
    type Book = (&'static str, fn(&StageGroup) -> &Sums);
    let books: [Book; 3] = [
        ("geplant", |group| &group.planned),
        ("realisiert", |group| &group.realised),
        ("geprüft", |group| &group.audited),
    ];
    let check = |(name, book): Book| {
        let listed: Net = groups.iter().map(|group| question.of(book(group))).sum();
        let reported = question.of(book(&total));
        let difference = listed - reported;
        Check {
            name,
            listed: Amount::plain(listed),
            reported: Amount::plain(reported),
            difference: money(difference.decimal(), "EUR"),
            agrees: difference.is_zero(),
        }
    };
    let groupings = [("vertrag", "je Rahmenvertrag"), ("mitglied", "je Mitglied"), ("abruf", "je Abruf")];
    Ok(Page(SavingsStagesPage {
        frame: frame.titled("Geplant, realisiert, geprüft"),
        years: question.years.iter().map(ToString::to_string).collect(),
        year: question.year_key(),
        figure: question.figure,
        by: question.by_key(),
        figures: FIGURES
            .iter()
            .map(|(key, words)| Choice {
                words,
                address: question.address(PATH, key, question.by_key(), contract, member),
                chosen: *key == question.figure,
            })
            .collect(),
        groupings: groupings
            .into_iter()
            .map(|(key, words)| Choice {
                words,
                address: question.address(PATH, question.figure, key, contract, member),
                chosen: key == question.by_key(),
            })
            .collect(),
        rows: shown.map(|group| question.row(group)).collect(),
        checks: books.into_iter().map(check).collect(),
        export: question.address(&format!("{PATH}.csv"), question.figure, question.by_key(), contract, member),
        chosen: question.chosen,
        pager,
    }))
}

/// `GET /berichte/einsparungen/stufen.csv`: the same list, whole, for spreadsheets.
pub async fn export(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let question = Question::read(&mut tx, &actor, &asked, app.clock.today()).await?;
    let groups = savings_stages::grouped(&mut tx, &question.filter(), question.by).await?;
    let plain = |sums: &Sums| question.of(sums).to_string().replace('.', ",");
    let rows: Vec<Vec<String>> = groups
        .iter()
        .map(|group| {
            let row = question.row(group);
            vec![row.name, row.note, plain(&group.planned), plain(&group.realised), plain(&group.audited)]
        })
        .collect();
    let heads = ["Zeile", "Dazu", "Geplant", "Realisiert", "Geprüft"];
    spreadsheet::download(&format!("einsparungen-stufen-{}.csv", app.clock.today()), &heads, &rows)
}
