//! `/berichte/nutzen`: what each member realised of class A in a year, what it paid for its membership, and what is left.

use abruf_domain::money::{Gross, Net};
use axum::extract::State;
use axum::response::Response;
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use sqlx::PgConnection;

use crate::app::App;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::pager::Pager;
use crate::http::pages::savings_view::Amount;
use crate::http::pages::spreadsheet;
use crate::http::pages::written::money;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::member_benefit::{self, MemberBenefit};
use crate::reports::savings::Filter;
use crate::reports::savings_stages;
use crate::storage::StorageError;

/// Rows on a page.
const PAGE: i64 = 100;
/// Address of the page.
const PATH: &str = "/berichte/nutzen";

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/member_benefit.html")]
pub struct MemberBenefitPage {
    frame: Frame,
    years: Vec<String>,
    year: String,
    rows: Vec<RowView>,
    sum: RowView,
    /// List against report, for what was realised and for the contributions.
    differences: [(&'static str, String, bool); 2],
    pager: Pager,
}

struct RowView {
    name: String,
    address: String,
    effect: Amount,
    /// Surcharge, fee and bonus, as they count.
    costs: Amount,
    a_net: Amount,
    contribution: Amount,
    benefit: Amount,
    budget: String,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    jahr: String,
    #[serde(default)]
    seite: String,
}

/// `GET /berichte/nutzen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<MemberBenefitPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let (years, year) = years(&mut tx, &asked.jahr, app.clock.today()).await?;
    let rows = member_benefit::by_member(&mut tx, year).await?;
    let filter = Filter { year, class: Some("A".to_owned()), ..Filter::default() };
    let realised = savings_stages::total(&mut tx, &filter).await?.realised.a_net;
    let paid = member_benefit::contributions(&mut tx, year).await?;
    let key = year.map_or_else(|| "alle".to_owned(), |year| year.to_string());
    let many = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let pager = Pager::new(&asked.seite, PAGE, many, PATH, &[("jahr", &key)]);
    let from = usize::try_from(pager.offset()).unwrap_or(0);
    let shown = rows.iter().skip(from).take(usize::try_from(PAGE).unwrap_or(0));
    let difference = |name, difference: Net| (name, money(difference.decimal(), "EUR"), difference.is_zero());
    let sum = |of: fn(&MemberBenefit) -> Net| rows.iter().map(of).sum::<Net>();
    Ok(Page(MemberBenefitPage {
        frame: frame.titled("Nutzen nach Mitgliedsbeitrag"),
        years: years.iter().map(ToString::to_string).collect(),
        rows: shown.map(|row| row_view(row, &key)).collect(),
        sum: RowView {
            name: "Alle".to_owned(),
            address: String::new(),
            effect: Amount::plain(sum(|row| row.effect)),
            costs: Amount { note: "", ..Amount::plain(sum(costs)) },
            a_net: Amount::plain(sum(MemberBenefit::a_net)),
            contribution: Amount::plain(sum(|row| row.contribution)),
            benefit: Amount { note: "", ..Amount::plain(sum(MemberBenefit::benefit)) },
            budget: money(rows.iter().map(|row| row.budget).sum::<Gross>().decimal(), "EUR"),
        },
        differences: [
            difference("A netto realisiert", sum(MemberBenefit::a_net) - realised),
            difference("Mitgliedsbeiträge", sum(|row| row.contribution) - paid),
        ],
        year: key,
        pager,
    }))
}

/// `GET /berichte/nutzen.csv`: the same list, whole, for spreadsheets.
pub async fn export(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let (_, year) = years(&mut tx, &asked.jahr, app.clock.today()).await?;
    let rows = member_benefit::by_member(&mut tx, year).await?;
    let heads = [
        "Mitglied",
        "A Preiseffekt realisiert",
        "Mindermengenzuschlag",
        "Umlage",
        "Bonus",
        "A netto realisiert",
        "Mitgliedsbeitrag",
        "Nutzen nach Mitgliedsbeitrag",
        "Haushaltswirkung (Information)",
    ];
    let plain = |net: Net| net.to_string().replace('.', ",");
    let cells = |row: &MemberBenefit| {
        let amounts =
            [row.effect, row.surcharge, row.fee, row.bonus, row.a_net(), row.contribution, row.benefit()].map(plain);
        let budget = row.budget.to_string().replace('.', ",");
        std::iter::once(row.name.clone()).chain(amounts).chain([budget]).collect()
    };
    let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
    spreadsheet::download(&format!("nutzen-{}.csv", app.clock.today()), &heads, &rows)
}

fn row_view(row: &MemberBenefit, year: &str) -> RowView {
    RowView {
        name: row.name.clone(),
        address: format!("/berichte/einsparungen/stufen?jahr={year}&klasse=A&je=abruf&mitglied={}", row.member),
        effect: Amount::plain(row.effect),
        costs: Amount { note: "", ..Amount::plain(costs(row)) },
        a_net: Amount::plain(row.a_net()),
        contribution: Amount::plain(row.contribution),
        benefit: Amount { note: "", ..Amount::plain(row.benefit()) },
        budget: money(row.budget.decimal(), "EUR"),
    }
}

fn costs(row: &MemberBenefit) -> Net {
    row.bonus - row.surcharge - row.fee
}

/// The years to choose from, and the chosen one: the present, or the newest that has figures.
async fn years(
    conn: &mut PgConnection,
    asked: &str,
    today: NaiveDate,
) -> Result<(Vec<i32>, Option<i32>), StorageError> {
    let mut years = member_benefit::years(conn).await?;
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
