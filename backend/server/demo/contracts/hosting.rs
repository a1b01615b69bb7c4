//! Hosting by the municipal IT company, ordered through the cooperative (in-house): pairs of orders, the in-house
//! one exempt from VAT, the supplier's taxed.

use abruf_domain::facts::{BaselineKind, LegalBasis, VatTreatment};
use abruf_domain::money::Percent;
use chrono::{Datelike, Days};

use super::{Ceiling, Choice, Design, Entitled, HOSTING, Lot, item, monthly, number, term};
use crate::demo::calendar::Calendar;
use crate::demo::members::IT_COMPANY;

const KINDS: &[&str] = &[
    "gemeinde",
    "einheitsgemeinde",
    "mitgliedsgemeinde",
    "verbandsgemeinde",
    "stadt",
    "landkreis",
    "zweckverband",
    "anstalt",
];

pub(super) fn design(calendar: Calendar) -> Design {
    let term = term(calendar.month(-10), calendar.month_end(37));
    let notice_date = calendar.month(-11) + Days::new(9);
    let year = notice_date.year();
    Design {
        key: HOSTING,
        number: number(term, 3),
        title: "Rechenzentrumsbetrieb und Datensicherung",
        description: "Server und Datensicherung im Rechenzentrum der Kommunalen Datendienste. Sie beauftragen die \
                      Genossenschaft, diese beauftragt das Rechenzentrum.",
        search_words: "Hosting Server Rechenzentrum Cloud Backup Datensicherung Betrieb virtuelle Maschine",
        regime: "vgv",
        supply_chain: "through_body",
        in_house_vat: Some(VatTreatment {
            category: "E".to_owned(),
            rate: Percent::ZERO,
            reason: "§ 4 Nr. 29 UStG: Leistung des Zusammenschlusses an seine Mitglieder gegen Kostenerstattung"
                .to_owned(),
        }),
        legal_basis: "Sie beauftragen die Genossenschaft ohne Vergabeverfahren, weil Sie über sie gemeinsam mit den anderen \
                      Mitgliedern „eine ähnliche Kontrolle wie über [Ihre] eigenen Dienststellen“ ausüben (§ 108 Abs. 1 Nr. 1, \
                      Abs. 4 und 5 GWB), mehr als 80 Prozent ihrer Tätigkeit den Mitgliedern dienen und an ihr kein privates \
                      Kapital beteiligt ist. Die Genossenschaft beauftragt ihrerseits die Kommunalen Datendienste Mitte GmbH; \
                      für dieses zweite Verhältnis führt sie einen eigenen Nachweis (§ 108 Abs. 2 GWB).",
        legal_basis_key: LegalBasis::Inhouse,
        notice_reference: format!("{year}/S 064-700003"),
        notice_date,
        procedure_reference: format!("KIM-IH-{year}-02"),
        term,
        options: Vec::new(),
        unit_price_decimals: 2,
        fee: "0.5",
        min_order: None,
        delivery_terms: "Bereitstellung innerhalb von 10 Werktagen. Abrechnung monatlich, Zahlung 14 Tage nach \
                         Rechnungseingang.",
        lots: vec![
            Lot { title: "Serverbetrieb", supplier: IT_COMPANY },
            Lot { title: "Datensicherung", supplier: IT_COMPANY },
        ],
        items: vec![
            item(
                "HST-S",
                "Virtueller Server klein, 2 Kerne, 8 GB, je Monat",
                "Instanz",
                "72415000-2",
                vec![(term.from(), monthly("86.00"))],
            )
            .baseline(
                BaselineKind::ExternalBenchmark,
                "97.50",
                calendar.month(-12) + Days::new(3),
                "Preisblatt eines öffentlichen IT-Dienstleisters eines anderen Landes",
            )
            .per_month(),
            item(
                "HST-L",
                "Virtueller Server groß, 8 Kerne, 32 GB, je Monat",
                "Instanz",
                "72415000-2",
                vec![(term.from(), monthly("264.00"))],
            )
            .baseline(
                BaselineKind::ExternalBenchmark,
                "289.00",
                calendar.month(-12) + Days::new(3),
                "Preisblatt eines öffentlichen IT-Dienstleisters eines anderen Landes",
            )
            .per_month(),
            super::Item {
                lot: 1,
                personal_data: true,
                ..item(
                    "HST-BACKUP",
                    "Datensicherung an zweitem Ort, je Terabyte und Monat",
                    "TB",
                    "72910000-2",
                    vec![(term.from(), monthly("24.50"))],
                )
            },
        ],
        entitled: Entitled::Category {
            kinds: KINDS,
            wording: "„Leistungsempfänger sind die Genossenschaft und über sie ihre gegenwärtigen und künftigen Mitglieder, \
                      soweit sie Gebietskörperschaften, Zweckverbände oder Anstalten sind.“",
        },
        ceiling: Ceiling { taken_percent: 100, free_at_least: 1_200_000, less_a_cent: false },
        has_quotas: false,
        choice: Choice::One,
        demand: None,
        fill: None,
        emergency: None,
    }
}
