//! Training seats: soft quotas per member, a surcharge for small orders, one exempt item. The option
//! was exercised in time; now the contract is about to expire.

use abruf_domain::facts::{BaselineKind, ExtensionOption, LegalBasis, VatTreatment};
use abruf_domain::money::Percent;
use chrono::{Datelike, Days};

use super::{
    Basket, Ceiling, Choice, Demand, Design, Entitled, Item, Lot, Shopper, Slip, TRAINING, counted, fixed, item, need,
    number, small_order, term,
};
use crate::demo::calendar::Calendar;
use crate::demo::dice::Dice;

const NEEDS: &[&str] = &[
    "Fortbildung laut Fortbildungsplan des laufenden Jahres, {n} Beschäftigte.",
    "Einarbeitung neuer Beschäftigter, {n} Plätze laut Personalamt.",
    "Pflichtschulung, {n} gemeldete Teilnehmende.",
    "Nachschulung nach der Umstellung des Verfahrens, {n} Plätze laut Bedarfsabfrage der Ämter.",
    "Vertretung einarbeiten, {n} Plätze.",
];

/// Last month of the term, counted from the anchor's: 27 to 60 days are left.
fn last_month(calendar: Calendar) -> i32 {
    let left = calendar.month_end(1).signed_duration_since(calendar.anchor()).num_days();
    if left <= 60 { 1 } else { 0 }
}

pub(super) fn design(calendar: Calendar) -> Design {
    let last = last_month(calendar);
    let term = term(calendar.month(last - 59), calendar.month_end(last - 12));
    let notice_date = calendar.month(last - 63) + Days::new(6);
    let year = notice_date.year();
    let rise = calendar.month(-26);
    Design {
        key: TRAINING,
        number: number(term, 4),
        title: "Seminarplätze für Verwaltung und IT",
        description: "Offene Seminare mit festem Preis je Platz. Unter 250 € je Abruf kommt ein Mindermengenzuschlag von \
                      15 € hinzu. Jedes Mitglied hat ein Kontingent.",
        search_words: "Schulung Seminar Fortbildung Kurs Weiterbildung Excel Vergaberecht Datenschutz Lehrgang",
        regime: "uvgo",
        supply_chain: "direct",
        in_house_vat: None,
        legal_basis: "Sie dürfen ohne eigenes Vergabeverfahren abrufen, weil die Genossenschaft die Rahmenvereinbarung für ihre \
                      Mitglieder national öffentlich ausgeschrieben hat (§ 15 UVgO, anzuwenden nach § 1 Abs. 2 TVergG LSA). \
                      Abrufen dürfen die Auftraggeber, die in den Vergabeunterlagen namentlich genannt sind. Die Laufzeit \
                      einschließlich der ausgeübten Verlängerung überschreitet die Höchstdauer von sechs Jahren nicht \
                      (§ 15 Abs. 4 UVgO).",
        legal_basis_key: LegalBasis::JointProcurement,
        notice_reference: format!("eVergabe {year}-0417"),
        notice_date,
        procedure_reference: format!("KIM-ÖA-{year}-09"),
        term,
        options: vec![(
            ExtensionOption {
                new_end: calendar.month_end(last),
                notice_deadline: calendar.month_end(last - 15),
                exercised_on: Some(calendar.month(last - 15) + Days::new(10)),
            },
            "Schreiben an den Auftragnehmer über die Verlängerung um zwölf Monate, mit Empfangsbestätigung".to_owned(),
        )],
        unit_price_decimals: 2,
        fee: "2.0",
        min_order: small_order("250.00", "15.00"),
        delivery_terms: "Teilnahme nach Anmeldung, Absage bis 7 Tage vor Beginn kostenfrei. Zahlung 30 Tage nach \
                         Rechnungseingang ohne Abzug.",
        lots: vec![Lot { title: "Seminare", supplier: "lernwerk" }],
        items: vec![
            item(
                "SEM-OFFICE",
                "Seminarplatz Büroanwendungen, 1 Tag",
                "Platz",
                "80533100-0",
                vec![(term.from(), fixed("139.00")), (rise, fixed("149.00"))],
            )
            .baseline(
                BaselineKind::ListPrice,
                "189.00",
                calendar.month(-60) + Days::new(20),
                "Katalogpreis des Anbieters für Einzelbuchungen",
            )
            .baseline(
                BaselineKind::ListPrice,
                "195.00",
                calendar.month(-38) + Days::new(20),
                "Katalogpreis des Anbieters für Einzelbuchungen",
            )
            .baseline(
                BaselineKind::ListPrice,
                "199.00",
                calendar.month(-17) + Days::new(20),
                "Katalogpreis des Anbieters für Einzelbuchungen",
            ),
            item(
                "SEM-VERGABE",
                "Seminarplatz Vergaberecht für Bedarfsstellen, 1 Tag",
                "Platz",
                "80530000-8",
                vec![(term.from(), fixed("275.00")), (rise, fixed("289.00"))],
            )
            .baseline(
                BaselineKind::MarketQuotes,
                "340.00",
                calendar.month(-60) + Days::new(20),
                "Drei Angebote, Markterkundung vor der Ausschreibung",
            )
            .baseline(
                BaselineKind::MarketQuotes,
                "345.00",
                calendar.month(-37) + Days::new(3),
                "Drei Angebote freier Anbieter",
            )
            .baseline(
                BaselineKind::MarketQuotes,
                "352.00",
                calendar.month(-15) + Days::new(3),
                "Zwei Angebote freier Anbieter",
            ),
            // Never renewed: stale since year three.
            item(
                "SEM-DATENSCHUTZ",
                "Seminarplatz Datenschutz in der Kommune, 1 Tag",
                "Platz",
                "80530000-8",
                vec![(term.from(), fixed("248.00")), (rise, fixed("265.00"))],
            )
            .baseline(
                BaselineKind::ExternalBenchmark,
                "298.00",
                calendar.month(-60) + Days::new(20),
                "Entgeltordnung eines Studieninstituts",
            ),
            Item {
                vat: VatTreatment {
                    category: "E".to_owned(),
                    rate: Percent::ZERO,
                    reason: "Umsatzsteuerfrei nach § 4 Nr. 21 UStG (Bescheinigung liegt vor)".to_owned(),
                },
                ..item(
                    "SEM-PRUEFUNG",
                    "Prüfungsvorbereitung Verwaltungsfachangestellte, 3 Tage",
                    "Platz",
                    "80530000-8",
                    vec![(term.from(), fixed("420.00"))],
                )
            },
        ],
        entitled: Entitled::Named(95),
        ceiling: Ceiling { taken_percent: 78, free_at_least: 12_000, less_a_cent: false },
        has_quotas: true,
        choice: Choice::One,
        demand: Some(Demand {
            calls: 480,
            from: term.from().max(calendar.starts_on()),
            until: calendar.day(-1),
            basket,
            lead: 20,
            slips: &[Slip::NoNeed, Slip::Unknown("SEM-YOGA")],
        }),
        fill: None,
        emergency: None,
    }
}

fn basket(dice: &Dice, shopper: Shopper) -> Basket {
    let seats = counted(1 + dice.roll((shopper.desks / 20).clamp(2, 9)));
    let article =
        dice.weighted(&[(40, "SEM-OFFICE"), (25, "SEM-VERGABE"), (22, "SEM-DATENSCHUTZ"), (13, "SEM-PRUEFUNG")]);
    let mut lines = vec![(article.unwrap_or("SEM-OFFICE"), seats)];
    if article != Some("SEM-VERGABE") && dice.percent(15) {
        lines.push(("SEM-VERGABE", counted(dice.between(1, 2))));
    }
    let desired_in = Some(dice.between(20, 70));
    Basket { lines, need: need(dice, NEEDS, seats), performance: None, desired_in }
}
