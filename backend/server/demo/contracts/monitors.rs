//! Monitors in packs of two, with ceilings by quantity. Every price is a whole euro and the ceiling
//! ends with 99 cents: in the end the rest is one cent less than 24 large ones.

use abruf_domain::facts::{BaselineKind, LegalBasis};
use chrono::{Datelike, Days};

use super::{
    Basket, Ceiling, Choice, Demand, Design, Entitled, Item, Lot, MONITORS, Shopper, Slip, counted, fixed, item, need,
    number, term,
};
use crate::demo::calendar::Calendar;
use crate::demo::dice::Dice;
use crate::demo::fill::Fill;

/// 24 x 214.00, less one cent.
const REST: &str = "5135.99";

const NEEDS: &[&str] = &[
    "Zweiter Bildschirm für die elektronische Akte, {n} Arbeitsplätze.",
    "Ersatz von {n} Geräten älter als acht Jahre, Menge laut Inventar.",
    "Ausstattung neuer Arbeitsplätze, {n} Stück laut Stellenplan.",
    "Arbeitsplatzbegehung: {n} Bildschirme sind zu klein (Bildschirmarbeit, Anhang 6 ArbStättV).",
    "Großraumbüro Bauamt, {n} Stück laut Raumplan.",
];

pub(super) fn design(calendar: Calendar) -> Design {
    let term = term(calendar.month(-22), calendar.month_end(25));
    let notice_date = calendar.month(-26) + Days::new(17);
    let year = notice_date.year();
    let rise = calendar.month(-10);
    let pairs = |item: Item| Item { quantity_percent: Some(70), ..item.packed(20) };
    Design {
        key: MONITORS,
        number: number(term, 8),
        title: "Monitore und Halterungen",
        description: "Monitore in zwei Größen und Tischhalterungen, Verpackungseinheit zwei Stück. Höchstwert und Höchstmengen \
                      gelten.",
        search_words: "Monitor Bildschirm Display Halterung Arm ergonomisch Arbeitsplatz",
        regime: "vgv",
        supply_chain: "direct",
        in_house_vat: None,
        legal_basis: "Sie dürfen ohne eigenes Vergabeverfahren abrufen, weil die Genossenschaft die Rahmenvereinbarung als \
                      zentrale Beschaffungsstelle (§ 120 Abs. 4 GWB) europaweit im offenen Verfahren vergeben hat und Ihr Haus in \
                      der Bekanntmachung als Auftraggeber genannt ist (§ 21 Abs. 2 VgV). Höchstwert und Höchstmengen sind bekannt \
                      gemacht; sind sie erreicht, verliert die Rahmenvereinbarung ihre Wirkung (EuGH C-23/20).",
        legal_basis_key: LegalBasis::CentralPurchasingBody,
        notice_reference: format!("{year}/S 204-700008"),
        notice_date,
        procedure_reference: format!("KIM-OV-{year}-12"),
        term,
        options: Vec::new(),
        unit_price_decimals: 2,
        fee: "0.8",
        min_order: None,
        delivery_terms: "Lieferung frei Verwendungsstelle innerhalb von 10 Werktagen in Kartons zu zwei Stück. Zahlung 30 Tage \
                         nach Rechnungseingang ohne Abzug.",
        lots: vec![Lot { title: "Monitore", supplier: "bildwerk" }],
        items: vec![
            pairs(item(
                "MON-24",
                "Monitor 24 Zoll, höhenverstellbar",
                "Stück",
                "30231300-0",
                vec![(term.from(), fixed("164.00")), (rise, fixed("169.00"))],
            ))
            .baseline(
                BaselineKind::PriorContract,
                "181.50",
                calendar.month(-23) + Days::new(9),
                "Abrechnung des Vorgängervertrags",
            )
            .baseline(
                BaselineKind::MarketQuotes,
                "184.00",
                calendar.month(-9) + Days::new(9),
                "Drei Angebote für 20 Stück",
            ),
            pairs(item(
                "MON-27",
                "Monitor 27 Zoll, höhenverstellbar, mit Dockingfunktion",
                "Stück",
                "30231300-0",
                vec![(term.from(), fixed("208.00")), (rise, fixed("214.00"))],
            ))
            .baseline(
                BaselineKind::MarketQuotes,
                "239.00",
                calendar.month(-23) + Days::new(9),
                "Drei Angebote für 20 Stück, Markterkundung vor der Ausschreibung",
            )
            .baseline(
                BaselineKind::MarketQuotes,
                "236.50",
                calendar.month(-9) + Days::new(9),
                "Drei Angebote für 20 Stück",
            ),
            pairs(item(
                "MON-ARM",
                "Tischhalterung für einen Monitor",
                "Stück",
                "30237000-9",
                vec![(term.from(), fixed("59.00")), (rise, fixed("61.00"))],
            ))
            .baseline(
                BaselineKind::ListPrice,
                "74.90",
                calendar.month(-16) + Days::new(21),
                "Listenpreis des Herstellers",
            ),
        ],
        entitled: Entitled::Named(94),
        ceiling: Ceiling { taken_percent: 95, free_at_least: 32_000, less_a_cent: true },
        has_quotas: false,
        choice: Choice::One,
        demand: Some(Demand {
            calls: 320,
            from: term.from(),
            until: calendar.day(-40),
            basket,
            lead: 8,
            slips: &[Slip::OffStep, Slip::NoNeed, Slip::OffStep],
        }),
        fill: Some((calendar.working_day_before(9), Fill::ExactlyFree { free: REST })),
        emergency: None,
    }
}

fn basket(dice: &Dice, shopper: Shopper) -> Basket {
    let count = 2 * (1 + dice.roll((shopper.desks / 12).clamp(2, 24)));
    let screens = counted(count);
    let mut lines = vec![(if dice.percent(58) { "MON-24" } else { "MON-27" }, screens)];
    if dice.percent(30) {
        lines.push(("MON-ARM", screens));
    }
    let desired_in = Some(dice.between(14, 35));
    Basket { lines, need: need(dice, NEEDS, screens), performance: None, desired_in }
}
