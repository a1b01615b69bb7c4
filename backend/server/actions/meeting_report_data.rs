//! What a meeting report prints: the savings of a year with their lists, in one snapshot.

use abruf_documents::MeetingReportData;
use abruf_documents::data::{Body, Signature};
use abruf_documents::format_de;
use abruf_documents::meeting_report::{
    Amounts, Figure, OfContract, OfMember, OfYear, Resolution, Restated as RestatedRow, Restatement, Signal,
};
use abruf_domain::canonical::{canonical_json, sha256};
use abruf_domain::money::{Net, Volume};
use abruf_domain::notation::Language::German;
use abruf_domain::period::berlin_date;
use abruf_domain::savings::METHOD_VERSION;
use chrono::{Datelike, NaiveDate};
use data_encoding::HEXLOWER;
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::order_data::{organisation, party};
use super::{ActionError, FieldError};
use crate::actor::Actor;
use crate::app::App;
use crate::reports::contract_signals;
use crate::reports::restatement::{self, Changed, Counted};
use crate::reports::savings::{self, Filter, Group, Grouping, Sums};
use crate::storage::contracts::{self, Contract};
use crate::storage::error::consistent;
use crate::storage::meeting_reports::Frozen;
use crate::storage::{meeting_reports, parameters, resolutions};

/// More than any report sums: the list is frozen whole, because its sum is the proof.
const ALL: i64 = 10_000_000;
/// Restated call-offs that are printed; the rest is counted and summed.
const PRINTED_CHANGES: usize = 60;
/// Years of the development.
const YEARS: i32 = 5;
/// How old a comparison price may be: its key in the law packs.
const MAX_AGE: &str = "baseline_max_age_months";

/// What is known before anything is counted.
pub(super) struct Asked<'a> {
    /// `SB-2026-01`.
    pub number: String,
    /// Which meeting.
    pub meeting: &'a str,
    /// Its day.
    pub day: NaiveDate,
    /// Calendar year it reports on.
    pub year: i32,
    /// Who freezes it, and the instant of the data.
    pub frozen: Signature,
}

/// What is frozen: the report, and the list of call-offs behind it.
pub(super) struct ToBeFrozen {
    /// What is printed.
    pub data: MeetingReportData,
    /// Canonical JSON of the call-offs.
    pub call_offs: String,
    /// Its SHA-256.
    pub call_offs_sha256: [u8; 32],
    /// The report frozen before.
    pub previous: Option<uuid::Uuid>,
}

/// Puts a report together.
///
/// # Errors
/// If the year has no call-offs: a field error.
pub(super) async fn report_data(
    app: &App,
    conn: &mut PgConnection,
    actor: &Actor,
    asked: Asked<'_>,
) -> Result<ToBeFrozen, ActionError> {
    let (year, now) = (asked.year, asked.frozen.at);
    let today = berlin_date(now);
    let filter = Filter { year: Some(year), ..Filter::default() };
    let Some(total) = savings::grouped(&mut *conn, &filter, Grouping::Total, 1, 0).await?.into_iter().next() else {
        return Err(nothing(year, savings::first_day(&mut *conn).await?));
    };
    let by_contract = savings::grouped(&mut *conn, &filter, Grouping::Contract, ALL, 0).await?;
    let by_member = savings::grouped(&mut *conn, &filter, Grouping::Member, ALL, 0).await?;
    let list = restatement::counted(&savings::grouped(&mut *conn, &filter, Grouping::CallOff, ALL, 0).await?);
    let uncompared = savings::uncompared(&mut *conn, &filter).await?;
    let mut years = Vec::new();
    for year in year - YEARS + 1..=year {
        let filter = Filter { year: Some(year), ..Filter::default() };
        years.push(OfYear { year, amounts: amounts(&savings::total(&mut *conn, &filter).await?) });
    }
    let before = Filter { year: Some(year - 1), ..Filter::default() };
    let before = savings::grouped(&mut *conn, &before, Grouping::Total, 1, 0).await?.into_iter().next();
    let running = contracts::list(&mut *conn, None).await?;
    let signals = contract_signals::of_today(&mut *conn, today, uncompared, true).await?;
    let previous = meeting_reports::before(&mut *conn, actor.body, None).await?;
    let restatement = match &previous {
        Some(frozen) => Some(restated(&mut *conn, frozen).await?),
        None => None,
    };
    let recorded = resolutions::of_meeting(&mut *conn, actor.body, asked.day).await?;
    let max_age: u32 = parameters::valid_for_member(&mut *conn, actor.body, today).await?.parsed(MAX_AGE)?;
    let body = organisation(&mut *conn, actor.body).await?;
    let call_offs = canonical_json(&list);
    let call_offs_sha256 = sha256(call_offs.as_bytes());
    let data = MeetingReportData {
        number: asked.number,
        meeting: asked.meeting.to_owned(),
        day: asked.day,
        year,
        running: today.year() <= year,
        as_of: now,
        frozen: asked.frozen,
        demo: app.demo,
        issuer: party(&body),
        body: Body { name: body.name.clone(), address: body.address_lines(), contact: vec![body.email] },
        figures: figures(&total, before.as_ref(), uncompared, &running, year),
        total: amounts(&total.sums),
        call_offs: number(total.call_offs),
        contracts: by_contract.iter().map(of_contract).collect(),
        members: by_member.iter().map(of_member).collect(),
        years,
        signals: signals
            .into_iter()
            .map(|it| Signal { urgency: it.urgency.german().to_owned(), about: it.about, words: it.words })
            .collect(),
        resolutions: recorded
            .into_iter()
            .map(|it| Resolution {
                kind: it.german().to_owned(),
                number: it.number,
                day: it.dated_on,
                wording: it.wording,
            })
            .collect(),
        restatement,
        listed: list.iter().map(of_call_off).fold(Amounts::ZERO, |sum, it| sum.plus(&it)),
        list_sha256: HEXLOWER.encode(&call_offs_sha256),
        method: method(max_age),
        method_version: METHOD_VERSION.to_string(),
        base_url: Some(app.base_url.to_string()),
    };
    Ok(ToBeFrozen { data, call_offs, call_offs_sha256, previous: previous.map(|it| it.id) })
}

fn nothing(year: i32, first: Option<NaiveDate>) -> ActionError {
    let first = first.map(|day| format!(" Der erste Abruf war am {}.", German.date(day))).unwrap_or_default();
    let message = format!("Für {year} liegen keine Abrufe vor.{first} Bitte wählen Sie ein Jahr mit Abrufen.");
    ActionError::Invalid(vec![FieldError::new("year", message)])
}

/// How the year of an earlier report looks now.
async fn restated(conn: &mut PgConnection, frozen: &Frozen) -> Result<Restatement, ActionError> {
    let then: Vec<Counted> =
        consistent(serde_json::from_str(&frozen.call_offs), "meeting_report", "call_offs", frozen.id)?;
    let filter = Filter { year: Some(frozen.year), ..Filter::default() };
    let today = savings::grouped(conn, &filter, Grouping::CallOff, ALL, 0).await?;
    let found = restatement::compare(&then, &today);
    let unlisted = &found.rows[found.rows.len().min(PRINTED_CHANGES)..];
    Ok(Restatement {
        report: frozen.number.clone(),
        year: frozen.year,
        as_of: frozen.as_of,
        frozen: found.frozen,
        unlisted: number(i64::try_from(unlisted.len()).unwrap_or(i64::MAX)),
        unlisted_difference: unlisted.iter().map(Changed::difference).sum(),
        changed: found.changed(),
        added_call_offs: number(i64::try_from(found.added_call_offs).unwrap_or(i64::MAX)),
        added: found.added,
        now: found.now,
        rows: found
            .rows
            .iter()
            .take(PRINTED_CHANGES)
            .map(|it| RestatedRow {
                number: it.number.clone(),
                member: it.member.clone(),
                frozen: it.frozen,
                now: it.now,
                difference: it.difference(),
                reason: it.reason.to_owned(),
            })
            .collect(),
    })
}

fn amounts(sums: &Sums) -> Amounts {
    Amounts { volume: sums.volume, a_net: sums.a_net, b: sums.b_effect, c: sums.c_effect, p: sums.p_effect }
}

fn of_call_off(it: &Counted) -> Amounts {
    Amounts { volume: it.volume, a_net: it.a_net, b: it.b, c: it.c, p: it.p }
}

fn of_contract(group: &Group) -> OfContract {
    OfContract {
        number: group.number.clone(),
        title: group.name.clone(),
        call_offs: number(group.call_offs),
        amounts: amounts(&group.sums),
    }
}

fn of_member(group: &Group) -> OfMember {
    OfMember {
        name: group.name.clone(),
        call_offs: number(group.call_offs),
        amounts: amounts(&group.sums),
        per_inhabitant: group.inhabitants.and_then(|it| savings::per_inhabitant(group.sums.a_net, it)),
    }
}

/// The four figures of the dashboard, in its words.
fn figures(total: &Group, before: Option<&Group>, uncompared: i64, contracts: &[Contract], year: i32) -> Vec<Figure> {
    let figure = |name: &str, value: String, sentence: String, before: Option<String>| Figure {
        name: name.to_owned(),
        value,
        sentence,
        before,
    };
    let call_offs =
        if total.call_offs == 1 { "1 Abruf".to_owned() } else { format!("{} Abrufe", whole(total.call_offs)) };
    let taken_back = match total.cancelled {
        0 => "ohne Storno".to_owned(),
        1 => "1 Storno ist abgezogen".to_owned(),
        many => format!("{} Stornos sind abgezogen", whole(many)),
    };
    let compared = match uncompared {
        0 => "Jede Position hat einen gültigen Vergleichspreis.".to_owned(),
        1 => "1 Position ohne gültigen Vergleichspreis zählt mit 0,00 €.".to_owned(),
        many => format!("{} Positionen ohne gültigen Vergleichspreis zählen mit 0,00 €.", whole(many)),
    };
    let coverage = |group: &Group| group.sums.coverage_pct().map_or_else(|| "–".to_owned(), percent);
    let (utilisation, of_ceilings) = utilisation(contracts, year);
    vec![
        figure(
            "Abrufvolumen",
            euros(total.sums.volume),
            format!("{call_offs}, netto; {taken_back}."),
            before.map(|it| euros(it.sums.volume)),
        ),
        figure(
            "Einsparung belegt (Klasse A, netto)",
            euros(total.sums.a_net),
            "Gegenüber früheren Verträgen oder Angeboten, nach Zuschlag und Umlage; Mehrkosten sind enthalten."
                .to_owned(),
            before.map(|it| euros(it.sums.a_net)),
        ),
        figure("Deckungsquote", coverage(total), compared, before.map(coverage)),
        figure("Ausschöpfung der Höchstwerte", utilisation, of_ceilings, None),
    ]
}

/// Share of the ceilings in euros of the contracts that run in this year, and what that means.
fn utilisation(contracts: &[Contract], year: i32) -> (String, String) {
    let runs = |it: &&Contract| {
        it.currency == "EUR"
            && it.starts_on.year() <= year
            && year <= it.effective_end.year()
            && it.ceiling.limit.is_some()
    };
    let limit: Net = contracts.iter().filter(runs).filter_map(|it| it.ceiling.limit).map(Volume::as_net).sum();
    let consumed: Net = contracts.iter().filter(runs).map(|it| it.ceiling.consumed.as_net()).sum();
    match consumed.percent_of(limit) {
        None => ("–".to_owned(), "Kein Vertrag hat einen Höchstwert in Euro.".to_owned()),
        Some(share) => (
            percent(share),
            format!("{} von {} zum Stand der Daten, über die ganze Laufzeit.", euros(consumed), euros(limit)),
        ),
    }
}

fn method(max_age: u32) -> Vec<String> {
    vec![
        format!(
            "Einsparung einer Position: Vergleichspreis mal Menge, weniger der bezahlte Preis. Verglichen wird dieselbe Leistung in derselben Einheit; der Vergleichspreis ist datiert, belegt, von einer zweiten Person freigegeben und am Tag des Abrufs höchstens {max_age} Monate alt. Was keinen gültigen Vergleichspreis hat, zählt mit 0,00 €."
        ),
        "Klasse A: früherer eigener Vertrag oder eingeholte Angebote. Klasse B: Listenpreis. Klasse C: anderer öffentlicher Rahmenvertrag. Klasse P: ersparte Vergabeverfahren, kein Geld auf dem Konto. Zuschlag und Umlage gehen voll von Klasse A ab, Mehrkosten bleiben in jeder Summe.".to_owned(),
        "Es zählt der Tag der Freigabe; ein Storno bucht seine Einsparung am Tag des Stornos zurück.".to_owned(),
        "Rückwirkende Änderung: Jeder Abruf des vorigen Berichts wird heute neu zusammengezählt und mit dem festgeschriebenen Betrag verglichen.".to_owned(),
    ]
}

/// As the tables of the paper write it.
fn euros(net: Net) -> String {
    format_de::money(&net.to_string(), "EUR").unwrap_or_default()
}

fn percent(share: Decimal) -> String {
    let mut share = share.round_dp(2);
    share.rescale(2);
    German.percent(share)
}

fn whole(count: i64) -> String {
    German.number(Decimal::from(count))
}

fn number(count: i64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
