//! `/berichte/einsparungen`: what was saved, and how sure is that? Four figures beside the year before, what to look
//! at, the classes, contracts, members and ceilings; every figure leads to the call-offs it is the sum of.

use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::money::{Net, Volume};
use axum::extract::State;
use chrono::{Datelike, NaiveDate, TimeDelta};
use rust_decimal::Decimal;
use serde::Deserialize;
use sqlx::PgConnection;

use crate::actor::{Actor, Standing};
use crate::app::App;
use crate::http::access::BODY;
use crate::http::charts::bars::Bars;
use crate::http::charts::line::Line;
use crate::http::english::typed::as_typed;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::meter::Meter;
use crate::http::pages::savings_board::{self, LastYear, SignalView};
use crate::http::pages::savings_view::{About, Amount, ClassRow, Figure, Groups, Row, classes, share};
use crate::http::pages::written::{count, day, money, period};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::catalogue::Report;
use crate::reports::contract_ceilings;
use crate::reports::savings::{self, Group, Grouping, Sums};
use crate::storage::StorageError;
use crate::storage::contracts::{self, Contract};
use crate::storage::member_list;

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
    /// Meeting reports and the control page are for the people of the body.
    of_the_body: bool,
    empty: Option<String>,
    volume: Amount,
    volume_text: String,
    saved: Amount,
    coverage: String,
    /// The list of the contracts it is the quota of.
    coverage_list: String,
    compared: String,
    uncompared: String,
    uncompared_volume: Amount,
    /// Part of the order value that no price can be held against; empty without.
    surcharge: String,
    utilisation: String,
    /// The list of the ceilings it is the share of.
    utilisation_list: String,
    utilisation_text: String,
    classes: Vec<ClassRow>,
    last_year: Option<LastYear>,
    signals: Vec<SignalView>,
    bars: Option<Bars>,
    line: Option<Line>,
    contracts: Groups,
    idle_contracts: String,
    members: Groups,
    idle_members: String,
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
    let by_class = savings::by_class(&mut tx, &filter).await?;
    let by_contract = savings::grouped(&mut tx, &filter, Grouping::Contract, ALL, 0).await?;
    let by_member = savings::grouped(&mut tx, &filter, Grouping::Member, ALL, 0).await?;
    let uncompared = savings::uncompared(&mut tx, &filter).await?;
    let last_year = LastYear::of(&mut tx, &actor, about).await?;
    let signals = savings_board::signals(&mut tx, &actor, about, today, uncompared).await?;
    let newest = years.iter().filter_map(|year| year.parse().ok()).max().unwrap_or_else(|| today.year());
    let line_years = savings_board::years_until(&mut tx, about, year.unwrap_or(newest)).await?;
    let running = running(&mut tx, year).await?;
    let members = member_list::options(&mut tx, &actor).await?;
    let empty = match &total {
        Some(_) => None,
        None => Some(nothing(about, savings::first_day(&mut tx).await?)),
    };
    let total = total.unwrap_or_else(Group::nothing);
    let sums = total.sums;
    let idle_contracts = running.iter().filter(|it| by_contract.iter().all(|group| group.id != it.id.0));
    let idle_contracts: Vec<String> = idle_contracts.map(|it| as_typed(&it.title)).collect();
    let idle_members = members.iter().filter(|(id, _)| by_member.iter().all(|group| group.id != id.0));
    let idle_members: Vec<String> = idle_members.map(|(_, name)| as_typed(name)).collect();
    let ceilings = ceilings(running, today);
    let (utilisation, utilisation_text) = utilisation(&ceilings);
    let view = view(&actor, &frame);
    let of_the_body = BODY.contains(&actor.role);
    let year = about.year_key();
    let title =
        if about.year.is_some() { format!("Einsparungen {year}") } else { "Einsparungen aller Jahre".to_owned() };
    let without = by_class.iter().find_map(|(class, sums)| sums.filter(|_| *class == "none"));
    Ok(Page(SavingsPage {
        frame: frame.titled(title),
        years,
        year,
        view,
        of_the_body,
        empty,
        volume: about.figure(Figure::VOLUME, &sums, true),
        volume_text: volume_text(&total),
        saved: about.figure(Figure::result("A"), &sums, total.has("A")),
        coverage: sums.coverage_pct().map_or_else(|| "–".to_owned(), share),
        coverage_list: about.report(Report::Coverage),
        compared: money(sums.evidenced_volume.decimal(), "EUR"),
        uncompared: match uncompared {
            0 => String::new(),
            1 => "1 Position".to_owned(),
            many => count(many, "Position", "Positionen"),
        },
        uncompared_volume: about.figure(Figure::result("none"), &without.unwrap_or(Sums::ZERO), without.is_some()),
        surcharge: if sums.surcharge.is_zero() { String::new() } else { money(sums.surcharge.decimal(), "EUR") },
        utilisation,
        utilisation_list: about.report(Report::ContractCeilings),
        utilisation_text,
        classes: classes(&by_class, &sums, about),
        last_year,
        signals,
        bars: savings_board::bars(&by_contract),
        line: savings_board::line(&line_years),
        contracts: Groups::of("Rahmenvertrag", &by_contract, &total, about, |it| contract_row(it, about)),
        idle_contracts: idle(&idle_contracts, "Vertrag", "Verträge"),
        members: Groups::of("Mitglied", &by_member, &total, about, |it| member_row(it, about)),
        idle_members: idle(&idle_members, "Mitglied", "Mitglieder"),
        ceilings,
    }))
}

/// How many call-offs, and whether cancellations are in the sum.
pub fn volume_text(total: &Group) -> String {
    let call_offs = count(total.call_offs, "Abruf", "Abrufe");
    match total.cancelled {
        0 => format!("{call_offs}, netto, ohne Storno."),
        1 => format!("{call_offs}, netto. 1 Storno ist abgezogen."),
        many => format!("{call_offs}, netto. {} sind abgezogen.", count(many, "Storno", "Stornos")),
    }
}

/// Whoever is missing from a table is named, a few, or counted, many.
fn idle(names: &[String], one: &str, several: &str) -> String {
    match names {
        [] => String::new(),
        few if few.len() <= 5 => format!("Ohne Abrufe in diesem Zeitraum: {}.", few.join(", ")),
        many => {
            format!(
                "{} ohne Abrufe in diesem Zeitraum.",
                count(i64::try_from(many.len()).unwrap_or(i64::MAX), one, several)
            )
        }
    }
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

/// A contract with its own page.
fn contract_row(group: &Group, about: About) -> Row {
    let own = About { contract: Some(ContractId(group.id)), ..about };
    Row::of(group, own, format!("/berichte/einsparungen/vertraege/{}?jahr={}", group.id, about.year_key()))
}

/// A member with its own page.
fn member_row(group: &Group, about: About) -> Row {
    let own = About { member: Some(OrganisationId(group.id)), ..about };
    Row::of(group, own, format!("/berichte/einsparungen/mitglieder/{}?jahr={}", group.id, about.year_key()))
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
        Standing::Body => format!("Sie sehen die Abrufe aller Mitglieder ({organisation})."),
        Standing::Auditor(scope) => format!(
            "Sie sehen die Abrufe Ihres Prüfauftrags: {}, {}.",
            count(i64::try_from(scope.members.len()).unwrap_or(i64::MAX), "Mitglied", "Mitglieder"),
            period(scope.period)
        ),
    }
}

/// The contracts that run in this year, or all.
async fn running(conn: &mut PgConnection, year: Option<i32>) -> Result<Vec<Contract>, StorageError> {
    Ok(contracts::list(conn, None).await?.into_iter().filter(|it| contract_ceilings::runs_in(it, year)).collect())
}

/// The ceilings of these contracts.
fn ceilings(contracts: Vec<Contract>, today: NaiveDate) -> Vec<CeilingRow> {
    contracts
        .into_iter()
        .filter(|contract| contract.ceiling.limit.is_some())
        .map(|contract| CeilingRow {
            meter: Meter::of(&contract.ceiling, &contract.currency),
            hint: hint(&contract, today),
            ends: day(contract.effective_end),
            contract,
        })
        .collect()
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
    // Of the year they were chosen by.
    let euros = || rows.iter().filter(|row| contract_ceilings::counts(&row.contract, None));
    let limit: Net = euros().filter_map(|row| row.contract.ceiling.limit).map(Volume::as_net).sum();
    let consumed: Net = euros().map(|row| row.contract.ceiling.consumed.as_net()).sum();
    let Some(percent) = consumed.percent_of(limit) else {
        return ("–".to_owned(), "Kein Vertrag hat einen Höchstwert in Euro.".to_owned());
    };
    let contracts = count(i64::try_from(euros().count()).unwrap_or(i64::MAX), "Vertrag", "Verträgen");
    let [consumed, limit] = [consumed, limit].map(|net| money(net.decimal(), "EUR"));
    let text = format!(
        "{consumed} von {limit} aus {contracts}, über die ganze Laufzeit und alle Mitglieder, Nacherfasstes eingeschlossen."
    );
    (share(percent), text)
}
