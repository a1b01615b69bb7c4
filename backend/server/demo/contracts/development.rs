//! Development days. The notice announced a category that includes future members: here a late
//! joiner profits at once. The supplier is itself a founder and member of the cooperative.

use abruf_domain::facts::{BaselineKind, LegalBasis};
use abruf_domain::period::Period;
use chrono::{Datelike, Days};

use super::{
    Basket, Ceiling, Choice, DEVELOPMENT, Demand, Design, Entitled, Item, Lot, Shopper, Slip, counted, fixed, item,
    need, number, tenths, term,
};
use crate::demo::calendar::{Calendar, working_day_from};
use crate::demo::dice::Dice;
use crate::demo::members::IT_COMPANY;

const KINDS: &[&str] =
    &["gemeinde", "einheitsgemeinde", "mitgliedsgemeinde", "verbandsgemeinde", "stadt", "landkreis", "zweckverband"];

const NEEDS: &[&str] = &[
    "Anbindung des Fachverfahrens an das Bürgerportal, Aufwand {n} Tage laut Schätzung vom Kick-off.",
    "Schnittstelle zwischen Finanzwesen und Dokumentenablage, {n} Tage laut Pflichtenheft.",
    "Onlinedienst nach dem Onlinezugangsgesetz nachnutzen, {n} Tage für Anpassung und Test.",
    "Auswertung für den Haushalt, {n} Tage laut Angebot der Fachabteilung.",
    "Fehler aus dem letzten Versionswechsel beheben, {n} Tage laut Fehlerliste.",
    "Barrierefreie Formulare nach BITV 2.0, {n} Tage laut Prüfbericht.",
    "Datenübernahme aus dem Altverfahren, {n} Tage laut Migrationskonzept.",
];

pub(super) fn design(calendar: Calendar) -> Design {
    let term = term(calendar.month(-40), calendar.month_end(7));
    let notice_date = calendar.month(-45) + Days::new(19);
    let year = notice_date.year();
    let rise = calendar.month(-16);
    let halves = |item: Item| item.packed(5);
    Design {
        key: DEVELOPMENT,
        number: number(term, 9),
        title: "Entwicklungstage für Fachverfahren",
        description: "Entwicklung, Projektleitung und Test nach Aufwand, in halben Tagen. Auch Mitglieder, die nach der \
                      Bekanntmachung beigetreten sind, dürfen abrufen.",
        search_words: "Entwicklung Programmierung Entwickler Personentage Dienstleistung Projekt Schnittstelle Software OZG",
        regime: "vgv",
        supply_chain: "direct",
        in_house_vat: None,
        legal_basis: "Sie dürfen ohne eigenes Vergabeverfahren abrufen, weil die Genossenschaft die Rahmenvereinbarung als \
                      zentrale Beschaffungsstelle (§ 120 Abs. 4 GWB) europaweit im offenen Verfahren vergeben hat. Die \
                      Bekanntmachung nennt als Auftraggeber auch künftige Mitglieder bestimmter Arten; die Höchstmenge ist \
                      für sie mit bemessen (§ 21 Abs. 2 VgV, Erwägungsgrund 60 der Richtlinie 2014/24/EU, EuGH C-216/17). \
                      Am Verfahren haben Vertreter des Unternehmens, das selbst Mitglied ist, nicht mitgewirkt (§ 6 VgV).",
        legal_basis_key: LegalBasis::CentralPurchasingBody,
        notice_reference: format!("{year}/S 031-700009"),
        notice_date,
        procedure_reference: format!("KIM-OV-{year}-01"),
        term,
        options: Vec::new(),
        unit_price_decimals: 2,
        fee: "0",
        min_order: None,
        delivery_terms: "Leistung nach Aufwand gegen Tätigkeitsnachweis, Reisekosten sind enthalten. Zahlung 30 Tage nach \
                         Rechnungseingang ohne Abzug.",
        lots: vec![Lot { title: "Entwicklung", supplier: IT_COMPANY }],
        items: vec![
            halves(item(
                "DEV-PT",
                "Personentag Entwicklung",
                "Tag",
                "72200000-7",
                vec![(term.from(), fixed("1015.00")), (rise, fixed("1062.00"))],
            ))
            .baseline(
                BaselineKind::ExternalBenchmark,
                "1105.00",
                calendar.month(-41) + Days::new(5),
                "Tagessatz einer Rahmenvereinbarung eines anderen Landes, veröffentlichtes Preisblatt",
            )
            .baseline(
                BaselineKind::ExternalBenchmark,
                "1150.00",
                calendar.month(-20) + Days::new(5),
                "Tagessatz einer Rahmenvereinbarung eines anderen Landes, veröffentlichtes Preisblatt",
            ),
            halves(item(
                "DEV-PL",
                "Personentag Projektleitung",
                "Tag",
                "72224000-1",
                vec![(term.from(), fixed("1120.00")), (rise, fixed("1168.00"))],
            ))
            .baseline(
                BaselineKind::MarketQuotes,
                "1240.00",
                calendar.month(-41) + Days::new(5),
                "Drei Angebote für 20 Tage, Markterkundung vor der Ausschreibung",
            )
            .baseline(
                BaselineKind::MarketQuotes,
                "1275.00",
                calendar.month(-18) + Days::new(12),
                "Zwei Angebote für 10 Tage",
            ),
            // Evidence of the first weeks only: stale for whoever orders today.
            halves(item(
                "DEV-TEST",
                "Personentag Test und Abnahme",
                "Tag",
                "72254000-0",
                vec![(term.from(), fixed("870.00")), (rise, fixed("898.00"))],
            ))
            .baseline(
                BaselineKind::MarketQuotes,
                "915.00",
                calendar.month(-41) + Days::new(5),
                "Zwei Angebote für 10 Tage, Markterkundung vor der Ausschreibung",
            ),
        ],
        entitled: Entitled::Category {
            kinds: KINDS,
            wording: "„Auftraggeber sind alle gegenwärtigen und künftigen Mitglieder der Genossenschaft, die Gemeinden, \
                      Verbandsgemeinden, Städte, Landkreise oder Zweckverbände mit Sitz in DE-ST sind.“",
        },
        ceiling: Ceiling { taken_percent: 71, free_at_least: 60_000, less_a_cent: false },
        has_quotas: false,
        choice: Choice::One,
        demand: Some(Demand {
            calls: 400,
            from: term.from(),
            until: calendar.day(-1),
            basket,
            lead: 25,
            slips: &[Slip::NoNeed, Slip::Unknown("DEV-SAP")],
        }),
        fill: None,
        emergency: None,
    }
}

fn basket(dice: &Dice, shopper: Shopper) -> Basket {
    let half_days = 2 + dice.roll((shopper.desks / 4).clamp(6, 40));
    let days = tenths(i64::try_from(half_days * 5).unwrap_or(10));
    let mut lines = vec![("DEV-PT", days)];
    if dice.percent(25) {
        lines.push(("DEV-PL", counted(1 + half_days / 8)));
    }
    if dice.percent(18) {
        lines.push(("DEV-TEST", counted(1 + half_days / 6)));
    }
    let first = working_day_from(shopper.day + Days::new(dice.between(7, 21)));
    let performance = Period::new(first, first + Days::new(dice.between(20, 120))).ok();
    Basket { lines, need: need(dice, NEEDS, days), performance, desired_in: None }
}
