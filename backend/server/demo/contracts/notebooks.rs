//! Notebooks with all-units tiers. Nearly exhausted; a docking station that has become dearer than
//! the market shows what a negative saving looks like.

use abruf_domain::facts::{BaselineKind, LegalBasis};
use chrono::{Datelike, Days};

use super::{
    Basket, Ceiling, Choice, Demand, Design, Entitled, Lot, NOTEBOOKS, Shopper, Slip, counted, fixed, item, need,
    number, term, tiers,
};
use crate::demo::calendar::Calendar;
use crate::demo::dice::Dice;
use crate::demo::fill::Fill;

const NEEDS: &[&str] = &[
    "Ersatz von {n} Geräten nach Ablauf der Garantie, Menge laut Inventar.",
    "Neue Arbeitsplätze laut Stellenplan: {n} Geräte.",
    "Austausch von Geräten ohne Sicherheitsupdates, {n} Stück laut Liste der IT-Sicherheit.",
    "Ausstattung der Außenstelle, {n} Arbeitsplätze laut Raumplan.",
    "Defekte Geräte, Reparatur unwirtschaftlich laut Prüfbericht der EDV, {n} Stück.",
    "Umstellung auf mobile Arbeitsplätze nach Beschluss der Verwaltungsleitung, {n} Geräte.",
    "Digitalpakt: {n} Lehrkräfte der Grundschulen laut Bedarfsmeldung.",
];

pub(super) fn design(calendar: Calendar) -> Design {
    let term = term(calendar.month(-34), calendar.month_end(13));
    let notice_date = calendar.month(-38) + Days::new(2);
    let year = notice_date.year();
    let rise = calendar.month(-14);
    Design {
        key: NOTEBOOKS,
        number: number(term, 7),
        title: "Notebooks und Zubehör",
        description: "Notebooks in zwei Größen mit drei Jahren Vor-Ort-Service. Ab 10 und ab 50 Stück je Abruf sinkt der \
                      Preis aller Geräte.",
        search_words: "Notebook Laptop Computer PC mobiles Gerät Dockingstation Tasche Hardware Arbeitsplatz",
        regime: "vgv",
        supply_chain: "direct",
        in_house_vat: None,
        legal_basis: "Sie dürfen ohne eigenes Vergabeverfahren abrufen, weil die Genossenschaft die Rahmenvereinbarung \
                      (§ 103 Abs. 5 GWB) als zentrale Beschaffungsstelle (§ 120 Abs. 4 GWB) europaweit im offenen \
                      Verfahren mit einem Unternehmen geschlossen hat. Die Einzelaufträge „werden … entsprechend den \
                      Bedingungen der Rahmenvereinbarung vergeben“ (§ 21 Abs. 3 Satz 1 VgV). Voraussetzung ist, dass Ihr \
                      Haus in der Liste der Auftraggeber steht, die der Bekanntmachung beilag (§ 21 Abs. 2 VgV).",
        legal_basis_key: LegalBasis::CentralPurchasingBody,
        notice_reference: format!("{year}/S 118-700007"),
        notice_date,
        procedure_reference: format!("KIM-OV-{year}-05"),
        term,
        options: Vec::new(),
        unit_price_decimals: 2,
        fee: "1.0",
        min_order: None,
        delivery_terms: "Lieferung frei Verwendungsstelle innerhalb von 15 Werktagen, Rücknahme der Verpackung. Zahlung 30 \
                         Tage nach Rechnungseingang ohne Abzug.",
        lots: vec![Lot { title: "Mobile Geräte", supplier: "elbtor" }],
        items: vec![
            item(
                "NB-14",
                "Notebook 14 Zoll, 16 GB Arbeitsspeicher, 512 GB SSD, 3 Jahre Vor-Ort-Service",
                "Stück",
                "30213100-6",
                vec![
                    (term.from(), tiers(&[(1, "889.00"), (10, "852.00"), (50, "818.00")])),
                    (rise, tiers(&[(1, "912.40"), (10, "874.90"), (50, "839.50")])),
                ],
            )
            .baseline(
                BaselineKind::PriorContract,
                "942.00",
                calendar.month(-35) + Days::new(11),
                "Abrechnung des Vorgängervertrags, letzter Preis für das vergleichbare Gerät",
            )
            .baseline(
                BaselineKind::MarketQuotes,
                "958.60",
                calendar.month(-13) + Days::new(6),
                "Drei Angebote für 10 Stück, Markterkundung der Geschäftsstelle",
            ),
            item(
                "NB-16",
                "Notebook 16 Zoll, 32 GB Arbeitsspeicher, 1 TB SSD, 3 Jahre Vor-Ort-Service",
                "Stück",
                "30213100-6",
                vec![
                    (term.from(), tiers(&[(1, "1149.00"), (10, "1098.00"), (50, "1052.00")])),
                    (rise, tiers(&[(1, "1189.00"), (10, "1134.50"), (50, "1087.00")])),
                ],
            )
            .baseline(
                BaselineKind::MarketQuotes,
                "1236.00",
                calendar.month(-35) + Days::new(11),
                "Drei Angebote für 10 Stück, Markterkundung vor der Ausschreibung",
            )
            .baseline(
                BaselineKind::MarketQuotes,
                "1259.00",
                calendar.month(-13) + Days::new(6),
                "Drei Angebote für 10 Stück, Markterkundung der Geschäftsstelle",
            ),
            item(
                "NB-DOCK",
                "Dockingstation mit Netzteil",
                "Stück",
                "30237000-9",
                vec![(term.from(), fixed("149.90")), (rise, fixed("164.90"))],
            )
            .baseline(
                BaselineKind::MarketQuotes,
                "159.00",
                calendar.month(-30) + Days::new(4),
                "Zwei Angebote des Fachhandels",
            )
            .baseline(
                BaselineKind::MarketQuotes,
                "158.50",
                calendar.month(-10) + Days::new(4),
                "Zwei Angebote des Fachhandels nach der Preiserhöhung",
            ),
            // No baseline: the line counts with nothing.
            item("NB-TASCHE", "Tragetasche für Notebooks", "Stück", "18931000-6", vec![(term.from(), fixed("29.90"))]),
        ],
        entitled: Entitled::Named(95),
        ceiling: Ceiling { taken_percent: 95, free_at_least: 20_000, less_a_cent: false },
        has_quotas: false,
        choice: Choice::One,
        demand: Some(Demand {
            calls: 520,
            from: term.from(),
            until: calendar.day(-25),
            basket,
            lead: 10,
            slips: &[Slip::NoNeed, Slip::Unknown("NB-17-GAMING")],
        }),
        fill: Some((calendar.working_day_before(7), Fill::Share { permille: 962 })),
        emergency: None,
    }
}

fn basket(dice: &Dice, shopper: Shopper) -> Basket {
    let rollout = dice.percent(12);
    let count = if rollout {
        (shopper.desks / 7 + dice.roll(shopper.desks / 7 + 1)).clamp(3, 64)
    } else {
        1 + dice.roll((shopper.desks / 14).clamp(2, 18))
    };
    let devices = counted(count);
    let large = dice.percent(22);
    let mut lines = vec![(if large { "NB-16" } else { "NB-14" }, devices)];
    if dice.percent(45) {
        lines.push(("NB-DOCK", if dice.percent(60) { devices } else { counted(count.div_ceil(2)) }));
    }
    if dice.percent(20) {
        lines.push(("NB-TASCHE", devices));
    }
    let desired_in = Some(dice.between(14, 40));
    Basket { lines, need: need(dice, NEEDS, devices), performance: None, desired_in }
}
