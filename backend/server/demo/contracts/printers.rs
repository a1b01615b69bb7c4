//! Printers at list price minus discount, from two suppliers. The list rose above what offers say:
//! negative savings. An emergency order on paper has breached the ceiling.

use abruf_domain::facts::{BaselineKind, LegalBasis};
use chrono::{Datelike, Days};

use super::{
    Basket, Ceiling, Choice, Demand, Design, Entitled, Item, Lot, PRINTERS, Shopper, Slip, counted, item, list_minus,
    need, number, term,
};
use crate::demo::calendar::Calendar;
use crate::demo::dice::Dice;
use crate::demo::fill::Fill;

const NEEDS: &[&str] = &[
    "Ersatz nach Ende der Ersatzteilversorgung, {n} Geräte laut Inventar.",
    "Zentrale Geräte statt Arbeitsplatzdrucker nach dem Druckkonzept, {n} Standorte.",
    "Wahlamt: {n} Geräte für Wahlbenachrichtigungen und Niederschriften.",
    "Bürgerbüro: {n} Geräte für Ausweise und Bescheide, Menge laut Anzahl der Schalter.",
    "Defekt, Reparatur unwirtschaftlich laut Kostenvoranschlag, {n} Stück.",
];

pub(super) fn design(calendar: Calendar) -> Design {
    let term = term(calendar.month(-46), calendar.month_end(2));
    let notice_date = calendar.month(-50) + Days::new(23);
    let year = notice_date.year();
    let (second, third) = (calendar.month(-30), calendar.month(-12));
    Design {
        key: PRINTERS,
        number: number(term, 6),
        title: "Drucker und Multifunktionsgeräte",
        description: "Geräte zum Listenpreis des Herstellers abzüglich eines festen Rabatts. Los 1 für Arbeitsplätze, Los 2 für \
                      Etagen.",
        search_words: "Drucker Kopierer Multifunktionsgerät Scanner Laserdrucker Etagendrucker",
        regime: "vgv",
        supply_chain: "direct",
        in_house_vat: None,
        legal_basis: "Sie dürfen ohne eigenes Vergabeverfahren abrufen, weil die Genossenschaft die Rahmenvereinbarung als \
                      zentrale Beschaffungsstelle (§ 120 Abs. 4 GWB) europaweit im offenen Verfahren in zwei Losen vergeben hat. \
                      Abrufe sind nur zwischen den in der Bekanntmachung genannten Auftraggebern und dem Unternehmen des \
                      jeweiligen Loses erlaubt (§ 21 Abs. 2 VgV) und nur, solange der bekannt gemachte Höchstwert nicht \
                      erreicht ist (EuGH C-23/20).",
        legal_basis_key: LegalBasis::CentralPurchasingBody,
        notice_reference: format!("{year}/S 176-700006"),
        notice_date,
        procedure_reference: format!("KIM-OV-{year}-11"),
        term,
        options: Vec::new(),
        unit_price_decimals: 2,
        fee: "1.0",
        min_order: None,
        delivery_terms: "Lieferung frei Verwendungsstelle innerhalb von 20 Werktagen, Aufstellung und Einweisung inbegriffen. \
                         Zahlung 30 Tage nach Rechnungseingang ohne Abzug.",
        lots: vec![
            Lot { title: "Arbeitsplatzdrucker", supplier: "saalebogen" },
            Lot { title: "Multifunktionsgeräte", supplier: "ottokopie" },
        ],
        items: vec![
            item(
                "DRU-A4",
                "Laserdrucker A4 schwarzweiß, Duplex, Netzwerk",
                "Stück",
                "30232110-8",
                vec![
                    (term.from(), list_minus("329.00", "38")),
                    (second, list_minus("345.00", "38")),
                    (third, list_minus("362.00", "38")),
                ],
            )
            .baseline(
                BaselineKind::ListPrice,
                "239.00",
                calendar.month(-47) + Days::new(14),
                "Straßenpreis laut Preisvergleich von drei Händlern als Listenpreis geführt",
            )
            .baseline(
                BaselineKind::ListPrice,
                "242.00",
                calendar.month(-24) + Days::new(14),
                "Listenpreis des Fachhandels",
            ),
            item(
                "DRU-A4C",
                "Laserdrucker A4 Farbe, Duplex, Netzwerk",
                "Stück",
                "30232110-8",
                vec![
                    (term.from(), list_minus("459.00", "35")),
                    (second, list_minus("479.00", "35")),
                    (third, list_minus("498.00", "35")),
                ],
            )
            .baseline(
                BaselineKind::ListPrice,
                "349.00",
                calendar.month(-47) + Days::new(14),
                "Listenpreis des Fachhandels",
            )
            .baseline(
                BaselineKind::ListPrice,
                "352.00",
                calendar.month(-24) + Days::new(14),
                "Listenpreis des Fachhandels",
            ),
            Item {
                lot: 1,
                ..item(
                    "MFP-A3",
                    "Multifunktionsgerät A3 Farbe, 35 Seiten je Minute, mit Finisher",
                    "Stück",
                    "30121300-6",
                    vec![
                        (term.from(), list_minus("2690.00", "46")),
                        (second, list_minus("2840.00", "46")),
                        (third, list_minus("2990.00", "46")),
                    ],
                )
            }
            .baseline(
                BaselineKind::PriorContract,
                "1535.00",
                calendar.month(-47) + Days::new(2),
                "Abrechnung des Vorgängervertrags",
            )
            .baseline(
                BaselineKind::MarketQuotes,
                "1540.00",
                calendar.month(-24) + Days::new(2),
                "Drei Angebote für 5 Stück einschließlich Aufstellung",
            ),
        ],
        entitled: Entitled::Named(93),
        ceiling: Ceiling { taken_percent: 96, free_at_least: 15_000, less_a_cent: false },
        has_quotas: false,
        choice: Choice::One,
        demand: Some(Demand {
            calls: 420,
            from: term.from(),
            until: calendar.day(-45),
            basket,
            lead: 14,
            slips: &[Slip::NoNeed, Slip::Unknown("PLOTTER-A0")],
        }),
        fill: Some((calendar.working_day_before(27), Fill::AtMostFree { at_most: 8_500 })),
        emergency: Some(calendar.working_day_before(16)),
    }
}

fn basket(dice: &Dice, shopper: Shopper) -> Basket {
    let mut lines = Vec::new();
    let lot_two = dice.percent(34);
    let count = if lot_two {
        1 + dice.roll((shopper.desks / 60).clamp(1, 6))
    } else {
        1 + dice.roll((shopper.desks / 14).clamp(2, 20))
    };
    let devices = counted(count);
    if lot_two {
        lines.push(("MFP-A3", devices));
    } else {
        lines.push((if dice.percent(55) { "DRU-A4" } else { "DRU-A4C" }, devices));
    }
    let desired_in = Some(dice.between(21, 45));
    Basket { lines, need: need(dice, NEEDS, devices), performance: None, desired_in }
}
