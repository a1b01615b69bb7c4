//! IT security: consulting and exercises. Small needs are called off by rank, larger ones after a
//! mini-competition between both suppliers; shown with one that runs and one that has ended in an order.

use abruf_domain::facts::{BaselineKind, LegalBasis};
use chrono::{Datelike, Days};

use super::{Ceiling, Choice, Design, Entitled, Lot, SECURITY, fixed, item, number, term};
use crate::demo::calendar::Calendar;

pub(super) fn design(calendar: Calendar) -> Design {
    let term = term(calendar.month(-5), calendar.month_end(30));
    let notice_date = calendar.month(-9) + Days::new(11);
    let year = notice_date.year();
    Design {
        key: SECURITY,
        number: number(term, 13),
        title: "IT-Sicherheit",
        description: "Beratung nach BSI IT-Grundschutz und Notfallübungen. Bis 10.000 € wird nach Rangfolge abgerufen, darüber \
                      entscheidet ein Miniwettbewerb zwischen beiden Lieferanten.",
        search_words: "Sicherheit Grundschutz BSI Notfall Übung Beratung Informationssicherheit",
        regime: "vgv",
        supply_chain: "direct",
        in_house_vat: None,
        legal_basis: "Sie dürfen ohne eigenes Vergabeverfahren abrufen, weil die Genossenschaft die Rahmenvereinbarung für ihre \
                      Mitglieder europaweit ausgeschrieben hat (§ 120 Abs. 4 GWB). Oberhalb der Wertgrenze entscheidet ein \
                      Miniwettbewerb nach § 21 Abs. 5 VgV.",
        legal_basis_key: LegalBasis::CentralPurchasingBody,
        notice_reference: format!("{year}/S 047-130562"),
        notice_date,
        procedure_reference: format!("KIM-VgV-{year}-06"),
        term,
        options: Vec::new(),
        unit_price_decimals: 2,
        fee: "1.5",
        min_order: None,
        delivery_terms: "Leistung nach Terminabsprache. Zahlung 30 Tage nach Rechnungseingang ohne Abzug.",
        lots: vec![Lot { title: "Beratung und Übungen", supplier: "elbtor" }],
        items: vec![
            item(
                "SEC-PT",
                "Beratertag Informationssicherheit",
                "Personentag",
                "72220000-3",
                vec![(term.from(), fixed("1150.00"))],
            )
            .baseline(
                BaselineKind::MarketQuotes,
                "1290.00",
                calendar.month(-10) + Days::new(6),
                "Drei Angebote für 20 Personentage, Markterkundung vor der Ausschreibung",
            ),
            item(
                "SEC-UEBUNG",
                "Notfallübung mit Auswertung, ein Tag vor Ort",
                "Stück",
                "72220000-3",
                vec![(term.from(), fixed("6400.00"))],
            ),
        ],
        entitled: Entitled::Named(96),
        ceiling: Ceiling { taken_percent: 100, free_at_least: 400_000, less_a_cent: false },
        has_quotas: false,
        choice: Choice::Competition { next: "brockensoft", direct_limit: "10000.00" },
        demand: None,
        fill: None,
        emergency: None,
    }
}
