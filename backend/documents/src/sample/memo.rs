//! Invented call-off memos.

use abruf_domain::money::{Net, UnitPrice};
use rust_decimal::Decimal;

use crate::data::{Line, References, Signature};
use crate::format_de::number;
use crate::memo::{
    Hashed, Justified, MemoData, Named, PriceBasis, RuleRow, SavingRow, SavingSum, SavingsPart, StepRow, VolumeRow,
};
use crate::order::Stage;
use crate::sample::{date, instant, order};

/// The memo on the sample order with this many lines.
///
/// # Panics
/// Never: the sample order is released.
#[must_use]
pub fn memo(lines: usize) -> MemoData {
    let ordered = order(lines);
    let Stage::Released { number, order_date, released } = ordered.stage else { panic!("the sample is released") };
    let day = date(2027, 5, 4);
    MemoData {
        number: number.clone(),
        order_date,
        released: released.clone(),
        requested: ordered.requested.clone(),
        case_number: ordered.case_number,
        demo: true,
        currency: ordered.currency,
        body: ordered.body,
        member: ordered.buyer,
        supplier: ordered.supplier,
        contract: ordered.contract,
        pair: None,
        basis: vec![
            Named::new("Rechtsgrundlage", "Rahmenvereinbarung, § 103 Abs. 5 GWB; zentrale Beschaffungsstelle, § 120 GWB"),
            Named::new("Laufzeit", "01.02.2025 bis 31.01.2027; verlängert bis 31.01.2028 (Option ausgeübt am 12.10.2026)"),
        ],
        entitlement: vec![
            Named::new("Mitglied seit", "01.01.2019"),
            Named::new("Abrufberechtigt", "namentlich, vom 01.02.2025 an.\nBeleg: Anlage 4 zur Bekanntmachung, vom 17.01.2025"),
            Named::new("Öffentlicher Auftraggeber", "§ 99 Nr. 1 GWB, seit 01.01.2019 (Hauptsatzung)"),
        ],
        need: "120 Beschäftigte arbeiten ab Juni im Fernzugriff; die bisherigen Lizenzen laufen am 31.05.2027 aus.\nMenge nach Stellenplan 2027, Anlage 3.".to_owned(),
        references: ordered.references,
        prices: ordered.lines.iter().map(basis).collect(),
        volume: volume(ordered.totals.net),
        mechanism: vec![
            Named::new("Verfahren", "Kaskade: Der Erstplatzierte wird zuerst gefragt."),
            Named::new("Absage", "Nordlicht Systemhaus GmbH, eingegangen am 29.04.2027, 09:12 Uhr: „keine Kapazität“ (Schreiben vom 28.04.2027)"),
        ],
        edition: 3,
        reviewed_at: released.at,
        rules: rules(),
        justifications: vec![Justified {
            title: "Auftragsteilung".to_owned(),
            wording: "Der Abruf vom 12.04. betraf Geräte eines anderen Fachdienstes; ein gemeinsamer Bedarf bestand nicht.".to_owned(),
            by: Signature { name: "Jörg Müßigbrodt".to_owned(), at: instant(day, 7, 44) },
        }],
        budget: vec![
            Named::new("Betriebsart", "Bestätigung durch die Kämmerei"),
            Named::new("Bestätigt", "am 04.05.2027 bis 140.000,00 €"),
        ],
        steps: vec![
            step("Zur Freigabe gegeben", "Jörg Müßigbrodt", 7, 41, ""),
            step("Schritt der Freigabe: zugestimmt", "Käthe Kämmerer-Schön", 9, 30, ""),
            step("Freigegeben, Abruf erteilt", "Dr. Änne Großmann", 12, 5, ""),
        ],
        savings: Some(savings(&ordered.lines)),
        attachments: vec![
            Hashed {
                what: "Bestellung (PDF)".to_owned(),
                name: format!("Abruf_{number}.pdf, Prüfkennung ABCD-EFGH-IJKL-MNOP"),
                sha256: "3f5a".repeat(16),
            },
            Hashed {
                what: "Geprüfte Tatsachen bei der Freigabe".to_owned(),
                name: "04.05.2027, 14:05 Uhr".to_owned(),
                sha256: "90be".repeat(16),
            },
        ],
        retention: "Gehört zur Vergabeakte: aufzubewahren bis zum Ende der Laufzeit, mindestens 3 Jahre ab dem Zuschlag (§ 8 Abs. 4 VgV).".to_owned(),
        lines: ordered.lines,
        surcharge: ordered.surcharge,
        totals: ordered.totals,
        base_url: ordered.base_url,
    }
}

/// A memo of which only what must be there is there.
#[must_use]
pub fn bare_memo() -> MemoData {
    let mut data = memo(1);
    data.references = References::default();
    (data.contract.notice, data.contract.notice_date, data.contract.procedure) = (None, None, None);
    data.contract.lots.clear();
    data.need.clear();
    (data.basis, data.entitlement, data.prices, data.volume) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    (data.justifications, data.budget, data.steps, data.savings) = (Vec::new(), Vec::new(), Vec::new(), None);
    data.base_url = None;
    data
}

fn basis(line: &Line) -> PriceBasis {
    let written = |value: String, decimals| number(&value, decimals).unwrap_or(value);
    let months =
        line.subscription.as_ref().map(|it| format!(" × {} Monate", it.months.normalize())).unwrap_or_default();
    let (quantity, price) = (written(line.quantity.to_string(), 0), written(line.unit_price.to_string(), 2));
    PriceBasis {
        position: line.position,
        version: "gültig ab 01.01.2027".to_owned(),
        term: "019b2c4e-6f00-7a51-9c3d-5e1f2a3b4c5d".to_owned(),
        rule: "Festpreis".to_owned(),
        arithmetic: format!("{quantity} {} × {price} €{months} = {} €", line.unit, written(line.net.to_string(), 2)),
    }
}

fn volume(net: Net) -> Vec<VolumeRow> {
    let row = |place: &str, limit: Option<i64>, consumed: i64, reserved: i64, own: Decimal| {
        let (consumed, reserved) = (Decimal::new(consumed, 2), Decimal::new(reserved, 2));
        VolumeRow {
            place: place.to_owned(),
            in_money: true,
            limit: limit.map(|limit| Decimal::new(limit, 2)),
            consumed,
            reserved,
            own,
            after: consumed + reserved + own,
        }
    };
    vec![
        row("Rahmenvertrag RV-2025-01", Some(250_000_000), 118_423_455, 2_310_000, net.decimal()),
        row("Kontingent im Rahmenvertrag RV-2025-01", None, 4_510_000, 0, net.decimal()),
        VolumeRow {
            place: "Artikel CTX-1001".to_owned(),
            in_money: false,
            limit: Some(Decimal::from(1_000)),
            consumed: Decimal::from(612),
            reserved: Decimal::from(10),
            own: Decimal::from(120),
            after: Decimal::from(742),
        },
    ]
}

fn rules() -> Vec<RuleRow> {
    let row = |rule: &str, title: &str, outcome: &str, sentence: &str, source: &str| RuleRow {
        rule: rule.to_owned(),
        version: 1,
        title: title.to_owned(),
        outcome: outcome.to_owned(),
        passed: outcome == "bestanden",
        sentence: sentence.to_owned(),
        source: source.to_owned(),
    };
    vec![
        row(
            "member-entitled",
            "Abrufberechtigung",
            "bestanden",
            "Stadt Altenrode ist seit dem 01.02.2025 abrufberechtigt.",
            "EuGH C-216/17; § 21 Abs. 2 VgV",
        ),
        row(
            "within-term",
            "Laufzeit",
            "bestanden",
            "Der 04.05.2027 liegt in der Laufzeit bis 31.01.2028.",
            "§ 21 Abs. 6 VgV",
        ),
        row(
            "cap-value",
            "Höchstwert",
            "bestanden",
            "Rahmenvertrag RV-2025-01: danach 1,2 Mio. € von 2,5 Mio. €.",
            "EuGH C-216/17, C-23/20",
        ),
        row(
            "order-splitting",
            "Auftragsteilung",
            "Begründung nötig",
            "In den letzten 30 Tagen wurde schon ein Abruf aus demselben Los gestellt.",
            "§ 3 Abs. 2 VgV",
        ),
        row(
            "cap-warning",
            "Warnung vor dem Höchstwert",
            "Hinweis",
            "Der Höchstwert ist zu 82 % ausgeschöpft.",
            "Vorgabe des Vertragsmanagements",
        ),
    ]
}

fn step(what: &str, person: &str, hour: u32, minute: u32, reason: &str) -> StepRow {
    StepRow {
        what: what.to_owned(),
        person: Some(person.to_owned()),
        at: instant(date(2027, 5, 4), hour, minute),
        reason: reason.to_owned(),
    }
}

fn savings(lines: &[Line]) -> SavingsPart {
    let effect = |line: &Line| line.net.percentage("7".parse().expect("a percentage"));
    let rows: Vec<SavingRow> = lines
        .iter()
        .map(|line| SavingRow {
            position: line.position,
            class: Some("A".to_owned()),
            baseline_price: UnitPrice::new(Decimal::new(1299, 2)).ok(),
            evidence: "früherer Vertrag, 12.11.2025: Rechnung 4711".to_owned(),
            baseline: line.net + effect(line),
            effect: effect(line),
        })
        .collect();
    let total: Net = rows.iter().map(|row| row.effect).sum();
    let sum = |label: &str, amount, result| SavingSum { label: label.to_owned(), amount, result };
    SavingsPart {
        sums: vec![
            sum("Preiseffekt", total, false),
            sum("Umlage der Genossenschaft", -Net::rounded(Decimal::new(1200, 2)), false),
            sum("Einsparung netto, Klasse A", total - Net::rounded(Decimal::new(1200, 2)), true),
        ],
        rows,
    }
}
