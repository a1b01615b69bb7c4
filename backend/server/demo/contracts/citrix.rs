//! Citrix licences with training days, on a list of named members.

use abruf_domain::facts::{BaselineKind, ExtensionOption, LegalBasis};
use chrono::{Datelike, Days, NaiveDate};

use super::{
    Basket, CITRIX, Ceiling, Choice, Demand, Design, Entitled, Lot, Shopper, Slip, counted, fixed, item, monthly, need,
    next_month, number, term, year_after,
};
use crate::demo::calendar::Calendar;
use crate::demo::dice::Dice;

const NEEDS: &[&str] = &[
    "Lizenzen für {n} Beschäftigte im Fernzugriff, Menge aus dem Lizenzinventar des Vormonats.",
    "Verlängerung der laufenden Lizenzen: {n} aktive Nutzer laut Auswertung der Anmeldungen im letzten Quartal.",
    "Umstellung der Außenstellen auf den zentralen Arbeitsplatz, {n} Nutzer laut Projektplan.",
    "Neueinstellungen und Rückkehr aus Elternzeit, {n} Arbeitsplätze laut Stellenplan.",
    "Ersatz der auslaufenden Altlizenzen, {n} Nutzer laut Inventar.",
    "Mobiles Arbeiten nach der neuen Dienstvereinbarung, {n} gemeldete Beschäftigte.",
];

pub(super) fn design(calendar: Calendar) -> Design {
    let term = term(calendar.month(-20), calendar.month_end(3));
    let notice_date = calendar.month(-24) + Days::new(14);
    let year = notice_date.year();
    Design {
        key: CITRIX,
        number: number(term, 1),
        title: "Citrix-Lizenzen und Schulung",
        description: "Lizenzen für das Arbeiten im Fernzugriff, je Nutzer und Monat, und Schulungstage für Ihre \
                      Administratoren.",
        search_words: "Citrix Lizenz Lizenzen Fernzugriff Homeoffice Terminalserver virtueller Arbeitsplatz Schulung",
        regime: "vgv",
        supply_chain: "direct",
        in_house_vat: None,
        legal_basis: "Sie dürfen ohne eigenes Vergabeverfahren abrufen, weil die Genossenschaft die Rahmenvereinbarung \
                      (§ 103 Abs. 5 GWB) als zentrale Beschaffungsstelle europaweit im offenen Verfahren vergeben hat. \
                      „Öffentliche Auftraggeber können Liefer- und Dienstleistungen von zentralen Beschaffungsstellen \
                      erwerben“ (§ 120 Abs. 4 Satz 2 GWB). Abrufe sind „ausschließlich zwischen den in der \
                      Auftragsbekanntmachung … genannten öffentlichen Auftraggebern“ und dem Vertragspartner erlaubt \
                      (§ 21 Abs. 2 Satz 2 VgV): Ihr Haus steht in Anlage 3 der Bekanntmachung.",
        legal_basis_key: LegalBasis::CentralPurchasingBody,
        notice_reference: format!("{year}/S 222-700001"),
        notice_date,
        procedure_reference: format!("KIM-OV-{year}-14"),
        term,
        options: vec![(
            ExtensionOption {
                new_end: calendar.month_end(15),
                notice_deadline: calendar.month_end(0),
                exercised_on: None,
            },
            String::new(),
        )],
        unit_price_decimals: 2,
        fee: "1.5",
        min_order: None,
        delivery_terms: "Lizenzschlüssel elektronisch innerhalb von 3 Werktagen. Zahlung 30 Tage nach Rechnungseingang \
                         ohne Abzug.",
        lots: vec![Lot { title: "Citrix", supplier: "brockensoft" }],
        items: vec![
            item(
                "CTX-UNI",
                "Citrix Universal, je Nutzer und Monat",
                "Nutzer",
                "48517000-5",
                vec![(term.from(), monthly("11.85"))],
            )
            .baseline(
                BaselineKind::MarketQuotes,
                "13.75",
                calendar.month(-26) + Days::new(8),
                "Drei Angebote aus der Markterkundung vor der Ausschreibung",
            )
            .baseline(
                BaselineKind::PriorContract,
                "14.20",
                calendar.month(-12) + Days::new(9),
                "Letzte Rechnung aus dem Vorgängervertrag eines Mitglieds, Nr. 2211-0917",
            )
            .per_month(),
            item(
                "CTX-TRN",
                "Schulungstag Citrix-Administration, vor Ort oder online",
                "Tag",
                "80533100-0",
                vec![(term.from(), fixed("1140.00")), (calendar.month(-11), fixed("1180.00"))],
            )
            .baseline(
                BaselineKind::MarketQuotes,
                "1250.00",
                calendar.month(-13) + Days::new(1),
                "Zwei Angebote regionaler Schulungsanbieter vom selben Tag",
            ),
        ],
        entitled: Entitled::Named(92),
        ceiling: Ceiling { taken_percent: 62, free_at_least: 120_000, less_a_cent: false },
        has_quotas: false,
        choice: Choice::One,
        demand: Some(Demand {
            calls: 340,
            from: term.from(),
            until: calendar.day(-1),
            basket,
            lead: 2,
            slips: &[Slip::NoNeed, Slip::Unknown("CTX-PREMIUM")],
        }),
        fill: None,
        emergency: None,
    }
}

fn basket(dice: &Dice, shopper: Shopper) -> Basket {
    let users = counted(5 * (1 + dice.roll(shopper.desks / 8 + 1)));
    let mut lines = Vec::new();
    let only_training = dice.percent(8);
    if !only_training {
        lines.push(("CTX-UNI", users));
    }
    if only_training || dice.percent(30) {
        lines.push(("CTX-TRN", counted(dice.between(1, 4))));
    }
    let need = if only_training {
        "Einarbeitung der Administratoren nach dem Versionswechsel, Umfang laut Angebot der Fachabteilung.".to_owned()
    } else {
        need(dice, NEEDS, users)
    };
    let performance = if dice.percent(15) { rest_of_year(shopper.day) } else { year_after(shopper.day) };
    Basket { lines, need, performance: Some(performance), desired_in: None }
}

/// From the middle of next month to the end of that year, so that all licences of a house end together.
fn rest_of_year(day: NaiveDate) -> abruf_domain::period::Period {
    let first = next_month(day) + Days::new(14);
    let last = NaiveDate::from_ymd_opt(first.year(), 12, 31).expect("every year has a last day");
    term(first, last)
}
