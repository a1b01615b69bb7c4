//! `/berichte/einsparungen`: what was saved, and how sure is that? Four figures, the classes, contracts,
//! members and ceilings; every figure leads to the call-offs it is the sum of.

use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::money::{Net, Volume};
use axum::extract::State;
use axum::response::Redirect;
use chrono::{Datelike, NaiveDate, TimeDelta};
use rust_decimal::Decimal;
use serde::Deserialize;
use sqlx::PgConnection;

use crate::actor::{Actor, Standing};
use crate::app::App;
use crate::http::extract::Query;
use crate::http::layout::{Frame, Page};
use crate::http::pages::meter::Meter;
use crate::http::pages::savings_view::{About, Amount, Chart, ClassRow, Row, classes};
use crate::http::pages::written::{count, day, money, percent, period};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::savings::{self, Group, Grouping};
use crate::storage::StorageError;
use crate::storage::contracts::{self, Contract};

/// More groups than any purchasing body has members.
const ALL: i64 = 10_000;
/// A contract is about to end within so many days.
const SOON_DAYS: i64 = 90;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/savings.html")]
pub struct SavingsPage {
    frame: Frame,
    years: Vec<String>,
    year: String,
    /// Whose call-offs these are.
    view: String,
    empty: Option<String>,
    volume: Amount,
    volume_text: String,
    saved: Amount,
    coverage: String,
    coverage_address: String,
    uncompared: String,
    utilisation: String,
    utilisation_text: String,
    classes: Vec<ClassRow>,
    chart: Option<Chart>,
    contracts: Vec<Row>,
    members: Vec<Row>,
    ceilings: Vec<CeilingRow>,
}

/// A contract with its ceiling.
struct CeilingRow {
    contract: Contract,
    meter: Meter,
    hint: String,
    ends: String,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    jahr: String,
}

/// `GET /berichte`
pub async fn index() -> Redirect {
    Redirect::to("/berichte/einsparungen")
}

/// `GET /berichte/einsparungen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<SavingsPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let today = app.clock.today();
    let (years, year) = years(&mut tx, &asked.jahr, today).await?;
    let about = About { year, ..About::default() };
    let filter = about.filter("");
    let total = savings::grouped(&mut tx, &filter, Grouping::Total, 1, 0).await?.into_iter().next();
    let by_contract = savings::grouped(&mut tx, &filter, Grouping::Contract, ALL, 0).await?;
    let by_member = savings::grouped(&mut tx, &filter, Grouping::Member, ALL, 0).await?;
    let uncompared = savings::uncompared(&mut tx, &filter).await?;
    let ceilings = ceilings(&mut tx, year, today).await?;
    let empty = match &total {
        Some(_) => None,
        None => Some(nothing(about, savings::first_day(&mut tx).await?)),
    };
    let sums = total.as_ref().map_or(savings::Sums::ZERO, |total| total.sums);
    let (utilisation, utilisation_text) = utilisation(&ceilings);
    let view = view(&actor, &frame);
    let year = about.year_key();
    let title =
        if about.year.is_some() { format!("Einsparungen {year}") } else { "Einsparungen aller Jahre".to_owned() };
    Ok(Page(SavingsPage {
        frame: frame.titled(title),
        years,
        year,
        view,
        empty,
        volume: Amount { address: about.list(""), ..Amount::plain(sums.volume) },
        volume_text: count(total.map_or(0, |total| total.call_offs), "Abruf", "Abrufe"),
        saved: Amount { address: about.list("A"), ..Amount::plain(sums.a_net) },
        coverage: sums.coverage_pct().map_or_else(|| "–".to_owned(), percent),
        coverage_address: about.list("none"),
        uncompared: match uncompared {
            0 => "Jede Position hat einen Vergleichspreis.".to_owned(),
            1 => "1 Position ohne Vergleichspreis zählt mit 0,00 €.".to_owned(),
            many => format!("{} ohne Vergleichspreis zählen mit 0,00 €.", count(many, "Position", "Positionen")),
        },
        utilisation,
        utilisation_text,
        classes: classes(&sums, about),
        chart: Chart::of(&by_contract),
        contracts: contract_rows(&by_contract, about),
        members: member_rows(&by_member, about),
        ceilings,
    }))
}

/// The years to choose from, and the chosen one: the present or the newest that has call-offs.
pub async fn years(
    conn: &mut PgConnection,
    asked: &str,
    today: NaiveDate,
) -> Result<(Vec<String>, Option<i32>), StorageError> {
    let mut years = savings::years(conn).await?;
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
    Ok((years.iter().map(ToString::to_string).collect(), chosen))
}

/// Rows of contracts, each with its own page.
pub fn contract_rows(groups: &[Group], about: About) -> Vec<Row> {
    let row = |group: &Group| {
        let own = About { contract: Some(ContractId(group.id)), ..about };
        Row::of(group, own, format!("/berichte/einsparungen/vertraege/{}?jahr={}", group.id, about.year_key()))
    };
    groups.iter().map(row).collect()
}

/// Rows of members, each with its own page.
pub fn member_rows(groups: &[Group], about: About) -> Vec<Row> {
    let row = |group: &Group| {
        let own = About { member: Some(OrganisationId(group.id)), ..about };
        Row::of(group, own, format!("/berichte/einsparungen/mitglieder/{}?jahr={}", group.id, about.year_key()))
    };
    groups.iter().map(row).collect()
}

/// The sentence where there is nothing to sum.
pub fn nothing(about: About, first: Option<NaiveDate>) -> String {
    let what = about.year.map_or_else(
        || "Noch liegen keine Abrufe vor.".to_owned(),
        |year| format!("Für {year} liegen keine Abrufe vor."),
    );
    first.map_or(what.clone(), |first| format!("{what} Der erste Abruf war am {}.", day(first)))
}

/// Whose call-offs the reader sees.
pub fn view(actor: &Actor, frame: &Frame) -> String {
    let organisation = frame.acting.as_ref().map(|acting| acting.organisation.clone()).unwrap_or_default();
    match &actor.standing {
        Standing::Member => format!("Sie sehen die Abrufe von {organisation}."),
        Standing::Body => format!("Sie sehen die Abrufe aller Mitglieder von {organisation}."),
        Standing::Auditor(scope) => format!(
            "Sie sehen die Abrufe Ihres Prüfauftrags: {}, {}.",
            count(i64::try_from(scope.members.len()).unwrap_or(i64::MAX), "Mitglied", "Mitglieder"),
            period(scope.period)
        ),
    }
}

/// The ceilings of contracts that run in this year, or at all.
async fn ceilings(
    conn: &mut PgConnection,
    year: Option<i32>,
    today: NaiveDate,
) -> Result<Vec<CeilingRow>, StorageError> {
    let runs = |contract: &Contract| {
        year.is_none_or(|year| contract.starts_on.year() <= year && year <= contract.effective_end.year())
    };
    let contracts = contracts::list(conn, None).await?;
    Ok(contracts
        .into_iter()
        .filter(|contract| contract.ceiling.limit.is_some() && runs(contract))
        .map(|contract| CeilingRow {
            meter: Meter::of(&contract.ceiling, &contract.currency),
            hint: hint(&contract, today),
            ends: day(contract.effective_end),
            contract,
        })
        .collect())
}

/// What the board should look at.
fn hint(contract: &Contract, today: NaiveDate) -> String {
    let left = contract.effective_end - today;
    let high = contract.ceiling.percent().is_some_and(|share| Decimal::from(80) <= share);
    match () {
        () if contract.ceiling.breached => "Höchstwert überzogen, keine Abrufe möglich".to_owned(),
        () if left < TimeDelta::zero() => "abgelaufen".to_owned(),
        () if left <= TimeDelta::days(SOON_DAYS) => format!("läuft in {} aus", count(left.num_days(), "Tag", "Tagen")),
        () if high => "über 80 % belegt".to_owned(),
        () => String::new(),
    }
}

/// Share of the ceilings in euros that is called off.
fn utilisation(rows: &[CeilingRow]) -> (String, String) {
    let euros = || rows.iter().filter(|row| row.contract.currency == "EUR");
    let limit: Net = euros().filter_map(|row| row.contract.ceiling.limit).map(Volume::as_net).sum();
    let consumed: Net = euros().map(|row| row.contract.ceiling.consumed.as_net()).sum();
    let Some(share) = consumed.percent_of(limit) else {
        return ("–".to_owned(), "Kein Vertrag hat einen Höchstwert in Euro.".to_owned());
    };
    let contracts = count(i64::try_from(euros().count()).unwrap_or(i64::MAX), "Vertrag", "Verträgen");
    let [consumed, limit] = [consumed, limit].map(|net| money(net.decimal(), "EUR"));
    (percent(share), format!("{consumed} von {limit} aus {contracts}, über die ganze Laufzeit und alle Mitglieder."))
}
