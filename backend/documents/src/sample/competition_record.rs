//! Invented records of mini-competitions.

use abruf_domain::money::Net;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::competition_record::{
    AskedLine, CompetitionRecordData, ExtensionRow, Invitations, OfferRow, Opening, QuestionRow, ReceiptRow, ScoreRow,
    ScoringPart,
};
use crate::data::{Currency, Signature};
use crate::memo::Named;
use crate::sample::{body, buyer, date, instant};

fn at(day: u32, hour: u32) -> DateTime<Utc> {
    instant(date(2027, 5, day), hour, 12)
}

fn signed(name: &str, at: DateTime<Utc>) -> Signature {
    Signature { name: name.to_owned(), at }
}

/// A competition among this many suppliers that the first one won with its second offer; its deadline was extended once,
/// and the last one came too late if there are several.
#[must_use]
pub fn competition_record(suppliers: u32) -> CompetitionRecordData {
    let names: Vec<String> = (1..=suppliers).map(|index| format!("Süderländer Systemhaus {index} GmbH")).collect();
    let late = |index: usize| 1 < names.len() && index + 1 == names.len();
    let first_offer = names.first().map(|name| ReceiptRow {
        supplier: name.clone(),
        received_at: at(13, 8),
        channel: "Brief in verschlossenem Umschlag".to_owned(),
        late: false,
        recorded: signed("Käthe Kämmerer-Schön", at(13, 9)),
        seal: "9c21".repeat(16),
        replaced: true,
    });
    CompetitionRecordData {
        number: "B-3H4CX9QW".to_owned(),
        day: date(2027, 5, 24),
        decided: signed("Dr. Änne Großmann", at(24, 9)),
        demo: true,
        currency: Currency::eur(),
        runner: buyer(),
        body: body(),
        title: "Beratung zur Netzumstellung".to_owned(),
        subject: vec![
            Named::new("Auftraggeber", "Stadt Altenrode"),
            Named::new("Rahmenvertrag", "RV-2025-05 Beratung, Los 1 Beratung"),
            Named::new("Rechtsgrundlage", "§ 21 Abs. 4 und 5 VgV"),
            Named::new("Kriterien", "Preis 60 %, Lieferzeit 40 %; Preispunkte im Verhältnis zum niedrigsten Preis"),
        ],
        lines: vec![AskedLine {
            article_number: "CON-PT".to_owned(),
            title: "Beratung, Personentag".to_owned(),
            quantity: "16 Tage".to_owned(),
        }],
        invitations: Some(Invitations {
            sent: signed("Jörg Müßigbrodt", at(4, 8)),
            deadline_at: at(14, 10),
            extensions: vec![ExtensionRow {
                deadline_at: at(18, 10),
                reason:
                    "Die Antwort zur Anreise ändert die Kalkulation.\nAlle sollen Zeit haben, sie zu berücksichtigen."
                        .to_owned(),
                extended: signed("Jörg Müßigbrodt", at(12, 7)),
            }],
            parties: names.iter().map(|name| Named::new(name, "vertrieb@systemhaus.example")).collect(),
        }),
        questions: vec![
            QuestionRow {
                supplier: names.first().cloned().unwrap_or_default(),
                asked_at: at(6, 7),
                question: "Gehört die Anreise zum Tagessatz?".to_owned(),
                answer: Some("Ja, wie im Rahmenvertrag.".to_owned()),
                answered_at: Some(at(7, 7)),
            },
            QuestionRow {
                supplier: names.first().cloned().unwrap_or_default(),
                asked_at: at(18, 9),
                question: "Wie viele Räume?".to_owned(),
                answer: None,
                answered_at: None,
            },
        ],
        receipts: first_offer
            .into_iter()
            .chain(names.iter().enumerate().map(|(index, name)| ReceiptRow {
                supplier: name.clone(),
                received_at: if late(index) { at(18, 11) } else { at(17, 6) },
                channel: "E-Mail an vergabe@altenrode.example".to_owned(),
                late: late(index),
                recorded: signed("Jörg Müßigbrodt", at(18, 12)),
                seal: if late(index) { String::new() } else { "3f5a".repeat(16) },
                replaced: false,
            }))
            .collect(),
        opening: Some(Opening {
            at: at(19, 7),
            first: signed("Jörg Müßigbrodt", at(19, 6)),
            second: "Käthe Kämmerer-Schön".to_owned(),
        }),
        offers: names
            .iter()
            .enumerate()
            .filter(|(index, _)| !late(*index))
            .map(|(index, name)| OfferRow {
                supplier: name.clone(),
                prices: vec!["CON-PT 1.090,00 €".to_owned()],
                statement: if index == 0 { "Beginn am 01.06.2027.".to_owned() } else { String::new() },
                unchanged: true,
            })
            .collect(),
        scoring: Some(ScoringPart {
            by: signed("Jörg Müßigbrodt", at(20, 8)),
            round: 2,
            rows: (1..)
                .zip(&names)
                .enumerate()
                .map(|(index, (rank, name))| ScoreRow {
                    supplier: name.clone(),
                    rank: (!late(index)).then_some(rank),
                    total: (!late(index)).then(|| Net::rounded(Decimal::new(1_744_000, 2))),
                    score: "96,00".to_owned(),
                    parts: if late(index) {
                        vec!["nach dem Ende der Frist eingegangen".to_owned()]
                    } else {
                        vec![
                            "Preis: 60,00: 60 × 17.440,00 € / 17.440,00 €".to_owned(),
                            "Lieferzeit: 36,00, Bewertung 9 von 10: Beginn in der ersten Woche".to_owned(),
                        ]
                    },
                })
                .collect(),
        }),
        winner: names.first().cloned(),
        reason: "Das Angebot hat die höchste Punktzahl.".to_owned(),
        drawn: String::new(),
        base_url: Some("https://abruf.example".to_owned()),
    }
}

/// A competition that was abolished before anybody was asked.
#[must_use]
pub fn abolished_competition() -> CompetitionRecordData {
    CompetitionRecordData {
        invitations: None,
        opening: None,
        scoring: None,
        winner: None,
        reason: "Der Bedarf ist entfallen.".to_owned(),
        drawn: "Nicht nötig.".to_owned(),
        base_url: None,
        questions: Vec::new(),
        ..competition_record(0)
    }
}
