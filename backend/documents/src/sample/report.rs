//! Invented reports.

use abruf_domain::money::Net;
use rust_decimal::Decimal;

use crate::data::Signature;
use crate::format_de::number;
use crate::report::{ReportCheck, ReportData, ReportHead, ReportRow};
use crate::sample::{body, date, instant, party};

/// A report with this many rows; without any it says so.
#[must_use]
pub fn report(rows: usize) -> ReportData {
    let day = date(2027, 5, 4);
    let nets = |factor: i64| (1..=i64::try_from(rows).unwrap_or(i64::MAX)).map(move |row| cents(row * factor));
    let german = |net: Net| number(&net.to_string(), 2).unwrap_or_default();
    let (volume, saved): (Net, Net) = (nets(1_234_550).sum(), nets(-4_125).sum());
    ReportData {
        title: "Einsparungen nach Rahmenvertrag, Mitglied".to_owned(),
        lead: "Jede Zeile ist die Summe ihrer Abrufe.".to_owned(),
        filter: if rows == 0 { Vec::new() } else { vec!["Jahr 2027".to_owned(), "Klasse A – belegt".to_owned()] },
        as_of: instant(day, 8, 29),
        made: Signature { name: "Dr. Änne Großmann".to_owned(), at: instant(day, 8, 30) },
        demo: true,
        issuer: party("Einkaufsgenossenschaft Mittelland eG", None, &["Am Speicher 4", "39999 Altenrode"]),
        body: body(),
        name_head: "Rahmenvertrag".to_owned(),
        heads: [("Zuletzt am", false), ("Auftragswert", true), ("A netto", true), ("B Liste", true)]
            .map(|(title, number)| ReportHead { title: title.to_owned(), number })
            .to_vec(),
        rows: nets(1_234_550)
            .zip(nets(-4_125))
            .map(|(volume, saved)| ReportRow {
                name: "RV-2025-01 Arbeitsplatz-IT und Citrix-Dienste".to_owned(),
                notes: vec!["Verbandsgemeinde Südharz-Unstrut".to_owned()],
                figures: vec!["04.05.2027".to_owned(), german(volume), german(saved), String::new()],
            })
            .collect(),
        sums: vec![String::new(), german(volume), german(saved), "0,00".to_owned()],
        empty: "Zu dieser Auswahl gibt es keine Buchungen.".to_owned(),
        method: vec![
            "Preiseffekt einer Position = Vergleichswert − Auftragswert. Mehrkosten bleiben mit Minus in jeder Summe."
                .to_owned(),
            "Die Klassen werden nie zusammengezählt.".to_owned(),
        ],
        checks: vec![
            ReportCheck {
                name: "Auftragswert".to_owned(),
                amount: true,
                listed: volume.to_string(),
                reported: volume.to_string(),
                difference: "0.00".to_owned(),
            },
            ReportCheck {
                name: "Zeilen".to_owned(),
                amount: false,
                listed: rows.to_string(),
                reported: rows.to_string(),
                difference: "0".to_owned(),
            },
        ],
    }
}

fn cents(cents: i64) -> Net {
    Net::rounded(Decimal::new(cents, 2))
}
