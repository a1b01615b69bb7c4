//! `/haushalt/verpflichtungen`: what requests and orders bind, by account and year; to print and as CSV.

use std::collections::{BTreeMap, BTreeSet};

use abruf_domain::ids::CallOffId;
use abruf_domain::money::Gross;
use axum::extract::State;
use axum::response::Response;
use chrono::Datelike;
use serde::Deserialize;

use crate::actor::Actor;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::pager::Pager;
use crate::http::pages::spreadsheet;
use crate::http::pages::written::{count, day, money};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::budgets::{self, AccountYear};
use crate::storage::commitments::{Choice, Commitment, commitments};

/// Rows on a page.
const PAGE: i64 = 50;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/commitments.html")]
pub struct CommitmentsPage {
    frame: Frame,
    as_of: String,
    years: Vec<i32>,
    /// Accounts with a row on this page.
    groups: Vec<Group>,
    /// Requests and orders on all pages.
    count: String,
    pager: Pager,
}

/// The commitments of an account in one currency.
struct Group {
    title: String,
    /// Those of this page; the sums are those of all.
    rows: Vec<Row>,
    /// „12 von 80 Abrufen dieses Kontos stehen auf dieser Seite“; empty where all do.
    part: String,
    sums: Vec<String>,
    total: String,
    /// What is recorded as available, by year; empty where nothing is.
    available: Vec<String>,
}

/// A request or order.
struct Row {
    id: CallOffId,
    number: String,
    contract: String,
    state: &'static str,
    /// By year; empty where nothing falls due.
    cells: Vec<String>,
    total: String,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    seite: String,
}

/// `GET /haushalt/verpflichtungen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<CommitmentsPage>, Problem> {
    let (all, figures) = read(&app, &actor).await?;
    let this_year = app.clock.today().year();
    let years: BTreeSet<i32> =
        all.iter().flat_map(|it| it.years.keys()).copied().filter(|it| this_year <= *it).collect();
    let years: Vec<i32> = years.into_iter().collect();
    let mut by_account: BTreeMap<(&str, &str), Vec<&Commitment>> = BTreeMap::new();
    for it in &all {
        by_account.entry((&it.account, &it.currency)).or_default().push(it);
    }
    let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let pager = Pager::new(&asked.seite, PAGE, total, "/haushalt/verpflichtungen", &[]);
    let groups = by_account.iter().map(|(key, all)| group(*key, all, &years, &figures)).collect();
    Ok(Page(CommitmentsPage {
        frame: frame.titled("Verpflichtungen nach Jahren"),
        as_of: day(app.clock.today()),
        years,
        groups: on_page(groups, &pager),
        count: count(total, "Abruf", "Abrufe"),
        pager,
    }))
}

/// The rows of one page, under the accounts they belong to; what an account sums to stays the whole.
fn on_page(groups: Vec<Group>, pager: &Pager) -> Vec<Group> {
    let (mut skip, mut left) = (pager.offset(), PAGE);
    let mut shown = Vec::new();
    for mut group in groups {
        let whole = i64::try_from(group.rows.len()).unwrap_or(i64::MAX);
        let first = skip.min(whole);
        let here = (whole - first).min(left);
        (skip, left) = (skip - first, left - here);
        let index = |it: i64| usize::try_from(it).unwrap_or(0);
        group.rows = group.rows.into_iter().skip(index(first)).take(index(here)).collect();
        if here < whole {
            group.part =
                format!("{here} von {whole} Abrufen dieses Kontos stehen auf dieser Seite. Die Summen zählen alle.");
        }
        if 0 < here {
            shown.push(group);
        }
    }
    shown
}

/// `GET /haushalt/verpflichtungen.csv`
pub async fn export(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Response, Problem> {
    let (all, _) = read(&app, &actor).await?;
    let this_year = app.clock.today().year();
    let mut rows = Vec::new();
    for it in &all {
        for (year, due) in it.years.iter().filter(|(year, _)| this_year <= **year) {
            rows.push(vec![
                it.account.clone(),
                year.to_string(),
                it.number.clone(),
                it.contract.clone(),
                state(it).to_owned(),
                day(it.day),
                due.to_string().replace('.', ","),
                it.currency.clone(),
            ]);
        }
    }
    let heads = ["Konto", "Jahr", "Abruf", "Vertrag", "Stand", "vom", "Betrag", "Währung"];
    spreadsheet::download("verpflichtungen.csv", &heads, &rows)
}

async fn read(app: &App, actor: &Actor) -> Result<(Vec<Commitment>, Vec<AccountYear>), Problem> {
    let this_year = app.clock.today().year();
    let mut tx = app.db.begin(actor).await?;
    let choice = Choice { from_year: this_year, ..Choice::default() };
    let mut all = commitments(&mut tx, actor.organisation, choice).await?;
    all.retain(|it| it.years.keys().any(|year| this_year <= *year));
    Ok((all, budgets::account_years(&mut tx, actor.organisation, this_year).await?))
}

fn state(it: &Commitment) -> &'static str {
    if it.is_order() { "bestellt" } else { "angefragt" }
}

fn group((account, currency): (&str, &str), all: &[&Commitment], years: &[i32], figures: &[AccountYear]) -> Group {
    let words = |amount: Gross| money(amount.decimal(), currency);
    let in_year = |it: &Commitment, year: i32| it.years.get(&year).copied();
    let name = figures.iter().find(|it| it.account == account).map(|it| it.name.as_str()).unwrap_or_default();
    let available = |year: i32| figures.iter().find(|it| it.account == account && it.year == year);
    let has_figures = figures.iter().any(|it| it.account == account);
    let of = |all: &[&Commitment]| -> Gross {
        all.iter().flat_map(|it| years.iter().filter_map(|year| in_year(it, *year))).sum()
    };
    Group {
        title: match (account, name) {
            ("", _) => "Ohne Konto".to_owned(),
            (account, "") => format!("Konto {account}"),
            (account, name) => format!("Konto {account}, {}", as_typed(name)),
        },
        part: String::new(),
        rows: all
            .iter()
            .map(|it| Row {
                id: it.id,
                number: it.number.clone(),
                contract: it.contract.clone(),
                state: state(it),
                cells: years.iter().map(|year| in_year(it, *year).map(words).unwrap_or_default()).collect(),
                total: words(of(&[*it])),
            })
            .collect(),
        sums: years.iter().map(|year| words(all.iter().filter_map(|it| in_year(it, *year)).sum())).collect(),
        total: words(of(all)),
        available: if has_figures {
            years.iter().map(|year| available(*year).map_or_else(|| "–".to_owned(), |it| words(it.available))).collect()
        } else {
            Vec::new()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(title: &str, rows: usize) -> Group {
        let row = |_| Row {
            id: CallOffId(uuid::Uuid::nil()),
            number: String::new(),
            contract: String::new(),
            state: "bestellt",
            cells: Vec::new(),
            total: String::new(),
        };
        Group {
            title: title.to_owned(),
            rows: (0..rows).map(row).collect(),
            part: String::new(),
            sums: Vec::new(),
            total: String::new(),
            available: Vec::new(),
        }
    }

    #[test]
    fn a_page_ends_within_an_account_and_the_next_goes_on_there() {
        let page = |number: &str| {
            let pager = Pager::new(number, PAGE, 90, "/haushalt/verpflichtungen", &[]);
            let groups = on_page(vec![of("a", 20), of("b", 60), of("c", 10)], &pager);
            groups.into_iter().map(|it| (it.title, it.rows.len(), it.part.is_empty())).collect::<Vec<_>>()
        };
        assert_eq!(page("1"), [("a".to_owned(), 20, true), ("b".to_owned(), 30, false)]);
        assert_eq!(page("2"), [("b".to_owned(), 30, false), ("c".to_owned(), 10, true)]);
    }
}
