//! Network devices: two suppliers that take turns. Shown with an order and a draft of the next turn.

use abruf_domain::facts::{BaselineKind, LegalBasis};
use chrono::{Datelike, Days};

use super::{Ceiling, Choice, Design, Entitled, Lot, NETWORK, fixed, item, number, term};
use crate::demo::calendar::Calendar;

pub(super) fn design(calendar: Calendar) -> Design {
    let term = term(calendar.month(-5), calendar.month_end(30));
    let notice_date = calendar.month(-9) + Days::new(12);
    let year = notice_date.year();
    Design {
        key: NETWORK,
        number: number(term, 12),
        title: "Netzwerktechnik",
        description: "Switche und Funkzugangspunkte zu gleichen Preisen bei zwei Lieferanten, die sich abwechseln.",
        search_words: "Netzwerk Switch WLAN Funk Router Kabel Accesspoint",
        regime: "vgv",
        supply_chain: "direct",
        in_house_vat: None,
        legal_basis: "Sie dürfen ohne eigenes Vergabeverfahren abrufen, weil die Genossenschaft die Rahmenvereinbarung als \
                      zentrale Beschaffungsstelle (§ 120 Abs. 4 GWB) vergeben hat. Die Auftragnehmer erhalten die Abrufe \
                      abwechselnd (§ 21 Abs. 4 Nr. 1 VgV).",
        legal_basis_key: LegalBasis::CentralPurchasingBody,
        notice_reference: format!("{year}/S 158-700012"),
        notice_date,
        procedure_reference: format!("KIM-OV-{year}-15"),
        term,
        options: Vec::new(),
        unit_price_decimals: 2,
        fee: "0.8",
        min_order: None,
        delivery_terms: "Lieferung frei Verwendungsstelle innerhalb von 10 Werktagen. Zahlung 30 Tage nach Rechnungseingang ohne \
                         Abzug.",
        lots: vec![Lot { title: "Aktive Technik", supplier: "elbtor" }],
        items: vec![
            item(
                "NET-SW24",
                "Switch, 24 Anschlüsse, verwaltbar",
                "Stück",
                "32422000-7",
                vec![(term.from(), fixed("412.00"))],
            )
            .baseline(
                BaselineKind::MarketQuotes,
                "468.00",
                calendar.month(-10) + Days::new(6),
                "Drei Angebote für zehn Stück",
            ),
            item(
                "NET-AP",
                "Funkzugangspunkt für Innenräume",
                "Stück",
                "32420000-3",
                vec![(term.from(), fixed("158.00"))],
            ),
        ],
        entitled: Entitled::Named(96),
        ceiling: Ceiling { taken_percent: 100, free_at_least: 200_000, less_a_cent: false },
        has_quotas: false,
        choice: Choice::Rotation { next: "brockensoft" },
        demand: None,
        fill: None,
        emergency: None,
    }
}
