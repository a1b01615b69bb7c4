//! Invented meeting reports.

use abruf_domain::money::Net;
use rust_decimal::Decimal;

use crate::data::Signature;
use crate::meeting_report::{
    Amounts, Figure, MeetingReportData, OfContract, OfMember, OfYear, Resolution, Restated, Restatement, Signal,
};
use crate::sample::{body, date, instant, party};

fn net(cents: i64) -> Net {
    Net::rounded(Decimal::new(cents, 2))
}

fn amounts(index: i64) -> Amounts {
    Amounts {
        volume: net(2_500_075 * index),
        a_net: net(if index == 2 { -41_250 } else { 187_533 * index }),
        b: net(60_025 * index),
        c: net(4_010),
        p: Net::ZERO,
    }
}

/// A report over this many contracts and as many members; the first report of its body if there is none.
#[must_use]
pub fn meeting_report(contracts: usize) -> MeetingReportData {
    let day = date(2027, 4, 21);
    let count = i64::try_from(contracts).unwrap_or(i64::MAX);
    let total = (1..=count).map(amounts).fold(Amounts::ZERO, |sum, it| sum.plus(&it));
    let figure = |name: &str, value: &str, sentence: &str, before: Option<&str>| Figure {
        name: name.to_owned(),
        value: value.to_owned(),
        sentence: sentence.to_owned(),
        before: before.map(ToOwned::to_owned),
    };
    MeetingReportData {
        number: "SB-2027-01".to_owned(),
        meeting: "Aufsichtsrat, Frühjahrssitzung".to_owned(),
        day,
        year: 2026,
        running: contracts == 1,
        as_of: instant(date(2027, 4, 14), 6, 0),
        frozen: Signature { name: "Dr. Änne Großmann".to_owned(), at: instant(date(2027, 4, 14), 6, 0) },
        demo: true,
        issuer: party("Einkaufsgenossenschaft Mittelland eG", None, &["Am Speicher 4", "39999 Altenrode"]),
        body: body(),
        figures: vec![
            figure("Abrufvolumen", "75.002,25 €", "9 Abrufe, netto, ohne Storno.", Some("61.380,00 €")),
            figure("Einsparung belegt", "7.088,82 €", "Klasse A netto, nach Zuschlag und Umlage.", Some("−120,00 €")),
            figure("Deckungsquote", "87,00 %", "So viel des Volumens hat einen gültigen Vergleichspreis.", None),
            figure("Ausschöpfung", "62,00 %", "1.550.000,00 € von 2.500.000,00 € aus 2 Verträgen.", None),
        ],
        call_offs: u32::try_from(contracts * 3).unwrap_or(u32::MAX),
        contracts: (1..=count)
            .map(|index| OfContract {
                number: format!("RV-2025-{index:02}"),
                title: "Arbeitsplatz-IT und Citrix-Dienste".to_owned(),
                call_offs: 3,
                amounts: amounts(index),
            })
            .collect(),
        members: (1..=count)
            .map(|index| OfMember {
                name: if index == 1 {
                    "Zweckverband Wasser Altenrode".to_owned()
                } else {
                    format!("Stadt Altenrode {index}")
                },
                call_offs: 3,
                amounts: amounts(index),
                per_inhabitant: (index != 1).then(|| net(13 * index)),
            })
            .collect(),
        years: (2022..=2026)
            .map(|year| OfYear { year, amounts: if year == 2026 { total.clone() } else { amounts(1) } })
            .collect(),
        signals: if contracts == 0 { Vec::new() } else { signals() },
        resolutions: if contracts == 0 { Vec::new() } else { resolutions() },
        restatement: (1 < contracts).then(restatement),
        listed: total.clone(),
        total,
        list_sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        method: vec![
            "Jede Position wird mit einem belegten, datierten Preis derselben Leistung verglichen.".to_owned(),
            "Stornierungen sind mit ihren Gegenbuchungen enthalten.".to_owned(),
        ],
        method_version: "1".to_owned(),
        base_url: Some("https://abruf.example".to_owned()),
    }
}

fn signals() -> Vec<Signal> {
    let signal = |urgency: &str, words: &str| Signal {
        urgency: urgency.to_owned(),
        about: "RV-2025-01 Arbeitsplatz-IT".to_owned(),
        words: words.to_owned(),
    };
    vec![signal("dringend", "97 % belegt"), signal("bald", "Option bis 30.06.2027 auszuüben")]
}

fn resolutions() -> Vec<Resolution> {
    vec![Resolution {
        kind: "Beschlussvorlage".to_owned(),
        number: "3/2027".to_owned(),
        day: date(2027, 4, 7),
        wording: "Der Aufsichtsrat nimmt den Bericht zur Kenntnis.\nDie Option zu RV-2025-01 wird ausgeübt.".to_owned(),
    }]
}

fn restatement() -> Restatement {
    Restatement {
        report: "SB-2026-02".to_owned(),
        year: 2026,
        as_of: instant(date(2026, 10, 1), 6, 0),
        frozen: net(700_000),
        rows: vec![Restated {
            number: "RV-2025-01-0042".to_owned(),
            member: "Stadt Altenrode".to_owned(),
            frozen: net(41_020),
            now: Net::ZERO,
            difference: net(-41_020),
            reason: "storniert".to_owned(),
        }],
        unlisted: 2,
        unlisted_difference: net(-1_000),
        changed: net(-42_020),
        added_call_offs: 1,
        added: net(50_902),
        now: net(708_882),
    }
}
