//! Toner in packs of five and specialist books at 7 % VAT. The contract has expired.

use abruf_domain::facts::{BaselineKind, LegalBasis};
use chrono::{Datelike, Days};

use super::{
    Basket, Ceiling, Choice, Demand, Design, Entitled, Lot, Shopper, Slip, TONER, counted, item, list_minus, need,
    number, small_order, term,
};
use crate::demo::calendar::Calendar;
use crate::demo::dice::Dice;

const NEEDS: &[&str] = &[
    "Verbrauchsmaterial für das Quartal, {n} Kartuschen laut Lagerbestand.",
    "Lager auffüllen, Mindestbestand unterschritten, {n} Kartuschen.",
    "Wahlunterlagen: Mehrbedarf von {n} Kartuschen.",
    "Grundsteuerbescheide und Abgaben, {n} Kartuschen laut Vorjahresverbrauch.",
    "Schulen zum neuen Schuljahr, {n} Kartuschen laut Bedarfsmeldung der Sekretariate.",
];

pub(super) fn design(calendar: Calendar) -> Design {
    let term = term(calendar.month(-61), calendar.month_end(-2));
    let notice_date = calendar.month(-64) + Days::new(12);
    let year = notice_date.year();
    let (second, third) = (calendar.month(-40), calendar.month(-18));
    Design {
        key: TONER,
        number: number(term, 2),
        title: "Toner und Fachliteratur",
        description: "Tonerkartuschen in Packungen zu fünf Stück mit Rabatt auf den Listenpreis, Fachbücher zum gebundenen \
                      Ladenpreis. Die Laufzeit ist beendet; die Nachfolge wird vorbereitet.",
        search_words: "Toner Kartusche Druckerpatrone Verbrauchsmaterial Fachbuch Kommentar Buch Literatur Büromaterial",
        regime: "uvgo",
        supply_chain: "direct",
        in_house_vat: None,
        legal_basis: "Abrufe waren ohne eigenes Vergabeverfahren erlaubt, weil die Genossenschaft die Rahmenvereinbarung für ihre \
                      Mitglieder national öffentlich ausgeschrieben hat (§ 15 UVgO, anzuwenden nach § 1 Abs. 2 TVergG LSA). Nach \
                      dem letzten Tag der Laufzeit ist jeder weitere Abruf unzulässig. Für Bücher gilt der gebundene Ladenpreis \
                      (§ 5 BuchPrG).",
        legal_basis_key: LegalBasis::JointProcurement,
        notice_reference: format!("eVergabe {year}-0288"),
        notice_date,
        procedure_reference: format!("KIM-ÖA-{year}-04"),
        term,
        options: Vec::new(),
        unit_price_decimals: 4,
        fee: "0",
        min_order: small_order("250.00", "15.00"),
        delivery_terms: "Lieferung frei Haus innerhalb von 3 Werktagen. Zahlung 30 Tage nach Rechnungseingang ohne Abzug.",
        lots: vec![Lot { title: "Verbrauchsmaterial und Fachliteratur", supplier: "lauch" }],
        items: vec![
            item(
                "TON-SW",
                "Tonerkartusche schwarz, 3.000 Seiten",
                "Stück",
                "30125110-5",
                vec![
                    (term.from(), list_minus("30.90", "12.5")),
                    (second, list_minus("31.80", "12.5")),
                    (third, list_minus("33.33", "12.5")),
                ],
            )
            .packed(50)
            .baseline(
                BaselineKind::PriorContract,
                "31.10",
                calendar.month(-62) + Days::new(5),
                "Abrechnung des Vorgängervertrags",
            )
            .baseline(
                BaselineKind::PriorContract,
                "31.90",
                calendar.month(-41) + Days::new(5),
                "Eigene Einkäufe von vier Mitgliedern außerhalb des Vertrags",
            )
            .baseline(
                BaselineKind::MarketQuotes,
                "31.90",
                calendar.month(-20) + Days::new(5),
                "Zwei Angebote für 50 Stück",
            ),
            // Evidence of the start only: stale in later years.
            item(
                "TON-COLOR",
                "Tonerkartusche Farbe, 2.200 Seiten",
                "Stück",
                "30125110-5",
                vec![
                    (term.from(), list_minus("46.50", "15")),
                    (second, list_minus("48.90", "15")),
                    (third, list_minus("51.40", "15")),
                ],
            )
            .packed(50)
            .baseline(
                BaselineKind::ListPrice,
                "46.50",
                calendar.month(-62) + Days::new(5),
                "Listenpreis des Herstellers zum Beginn der Laufzeit",
            ),
            item(
                "FACHBUCH",
                "Fachbuch Kommunalrecht, aktuelle Auflage (Buchpreisbindung, kein Rabatt)",
                "Stück",
                "22110000-4",
                vec![(term.from(), list_minus("46.00", "0")), (third, list_minus("49.00", "0"))],
            )
            .at_vat("7"),
        ],
        entitled: Entitled::Named(90),
        ceiling: Ceiling { taken_percent: 88, free_at_least: 5_000, less_a_cent: false },
        has_quotas: false,
        choice: Choice::One,
        demand: Some(Demand {
            calls: 520,
            from: calendar.starts_on(),
            until: calendar.working_day_before(
                u64::try_from(calendar.anchor().signed_duration_since(term.to()).num_days()).unwrap_or(30) + 7,
            ),
            basket,
            lead: 3,
            slips: &[Slip::OffStep, Slip::NoNeed, Slip::Unknown("PAPIER-A4")],
        }),
        fill: None,
        emergency: None,
    }
}

fn basket(dice: &Dice, shopper: Shopper) -> Basket {
    let packs = 1 + dice.roll((shopper.desks / 16).clamp(2, 20));
    let cartridges = counted(5 * packs);
    let mut lines = vec![(if dice.percent(68) { "TON-SW" } else { "TON-COLOR" }, cartridges)];
    if lines[0].0 == "TON-SW" && dice.percent(30) {
        lines.push(("TON-COLOR", counted(5 * packs.div_ceil(2))));
    }
    if dice.percent(16) {
        lines.push(("FACHBUCH", counted(dice.between(1, 5))));
    }
    let desired_in = Some(dice.between(4, 14));
    Basket { lines, need: need(dice, NEEDS, cartridges), performance: None, desired_in }
}
