//! Office furniture: two suppliers in rank, with an answer period of three working days. Shown with
//! drafts whose first supplier was asked, long ago and just now.

use abruf_domain::facts::{BaselineKind, LegalBasis};
use chrono::{Datelike, Days};

use super::{Ceiling, Choice, Design, Entitled, FURNITURE, Lot, fixed, item, number, term};
use crate::demo::calendar::Calendar;

pub(super) fn design(calendar: Calendar) -> Design {
    let term = term(calendar.month(-7), calendar.month_end(28));
    let notice_date = calendar.month(-11) + Days::new(5);
    let year = notice_date.year();
    Design {
        key: FURNITURE,
        number: number(term, 11),
        title: "Büromöbel",
        description: "Höhenverstellbare Tische und Drehstühle. Gefragt wird zuerst der erste Lieferant; nach drei Arbeitstagen \
                      ohne Antwort ist der zweite dran.",
        search_words: "Tisch Schreibtisch Stuhl Drehstuhl Möbel Büro ergonomisch",
        regime: "uvgo",
        supply_chain: "direct",
        in_house_vat: None,
        legal_basis: "Sie dürfen ohne eigenes Vergabeverfahren abrufen, weil die Genossenschaft die Rahmenvereinbarung für ihre \
                      Mitglieder öffentlich ausgeschrieben hat (§ 15 UVgO). Abgerufen wird nach der bekannt gemachten \
                      Rangfolge der Auftragnehmer.",
        legal_basis_key: LegalBasis::JointProcurement,
        notice_reference: format!("eVergabe {year}-0611"),
        notice_date,
        procedure_reference: format!("KIM-ÖA-{year}-14"),
        term,
        options: Vec::new(),
        unit_price_decimals: 2,
        fee: "1.0",
        min_order: None,
        delivery_terms: "Lieferung und Aufbau frei Verwendungsstelle innerhalb von 20 Werktagen. Zahlung 30 Tage nach \
                         Rechnungseingang ohne Abzug.",
        lots: vec![Lot { title: "Arbeitsplätze", supplier: "lauch" }],
        items: vec![
            item(
                "MOE-TISCH",
                "Schreibtisch, elektrisch höhenverstellbar, 160 x 80 cm",
                "Stück",
                "39121100-7",
                vec![(term.from(), fixed("389.00"))],
            )
            .baseline(
                BaselineKind::MarketQuotes,
                "455.00",
                calendar.month(-12) + Days::new(3),
                "Drei Angebote für 20 Stück, Markterkundung vor der Ausschreibung",
            ),
            item(
                "MOE-STUHL",
                "Bürodrehstuhl mit Synchronmechanik",
                "Stück",
                "39112000-0",
                vec![(term.from(), fixed("214.00"))],
            ),
        ],
        entitled: Entitled::Named(96),
        ceiling: Ceiling { taken_percent: 100, free_at_least: 150_000, less_a_cent: false },
        has_quotas: false,
        choice: Choice::Cascade { next: "ottokopie", answer_days: 3 },
        demand: None,
        fill: None,
        emergency: None,
    }
}
