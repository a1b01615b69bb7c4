//! Invented certificates of entitlement and of savings.

use abruf_domain::money::Net;
use rust_decimal::Decimal;

use crate::data::{EarlierPaper, Signature};
use crate::document::CheckCode;
use crate::entitlement_certificate::{EntitlementData, LotScope};
use crate::memo::Named;
use crate::sample::{body, buyer, contract, date, instant, party, supplier};
use crate::savings_certificate::{ClassFigures, ContractSavings, SavingsData, totals};

/// A certificate of entitlement for a contract with this many lots.
#[must_use]
pub fn entitlement_certificate(lots: u32) -> EntitlementData {
    let day = date(2027, 5, 4);
    EntitlementData {
        number: "B-7K3M9Q2D".to_owned(),
        day,
        issued: Signature { name: "Jörg Müßigbrodt".to_owned(), at: instant(day, 8, 12) },
        replaces: Some(EarlierPaper {
            number: "B-4CX9QW3H".to_owned(),
            day: date(2026, 11, 22),
            check_code: CheckCode::of(b"an earlier certificate"),
        }),
        demo: true,
        issuer: party("Einkaufsgenossenschaft Mittelland eG", None, &["Am Speicher 4", "39999 Altenrode"]),
        body: body(),
        member: buyer(),
        contract: contract(),
        in_house: false,
        since: date(2025, 2, 1),
        until: date(2028, 1, 31),
        basis: vec![
            Named::new(
                "Rechtsgrundlage",
                "Rahmenvereinbarung, § 103 Abs. 5 GWB; zentrale Beschaffungsstelle, § 120 GWB",
            ),
            Named::new("Laufzeit", "01.02.2025 bis 31.01.2027"),
            Named::new("Verlängerung", "bis 31.01.2028, ausgeübt am 12.10.2026"),
        ],
        proof: vec![
            Named::new("Mitglied", "vom 01.01.2019 an"),
            Named::new(
                "Öffentlicher Auftraggeber, § 99 Nr. 1 GWB",
                "vom 01.01.2019 an\nBeleg: Hauptsatzung der Stadt Altenrode",
            ),
            Named::new(
                "Abrufberechtigt, namentlich",
                "vom 01.02.2025 an\nBeleg: Anlage 4 zur Bekanntmachung, vom 17.01.2025",
            ),
        ],
        scope: (1..=lots)
            .map(|lot| LotScope {
                lot: format!("Los {lot} – Lizenzen, Geräte und Schulung"),
                articles: 7 * lot,
                suppliers: vec![supplier().name, "Anhalt Digital GmbH".to_owned()],
            })
            .collect(),
        ceilings: vec![
            Named::new("Höchstwert des Vertrags", "2.500.000,00 € netto für alle Mitglieder"),
            Named::new("Kontingent des Mitglieds", "400.000,00 € netto"),
        ],
        sources: vec![
            Named::new("Mitgliedschaft", "§ 15 GenG; § 108 GWB"),
            Named::new("Abrufberechtigung", "EuGH C-216/17; § 21 Abs. 2 VgV"),
        ],
        base_url: Some("https://abruf.example".to_owned()),
    }
}

/// A certificate of entitlement of which only what must be there is there.
#[must_use]
pub fn bare_entitlement() -> EntitlementData {
    let mut data = EntitlementData { in_house: true, ..entitlement_certificate(0) };
    (data.contract.notice, data.contract.notice_date, data.contract.procedure) = (None, None, None);
    data.contract.lots.clear();
    (data.basis, data.proof, data.ceilings, data.sources) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    (data.replaces, data.base_url) = (None, None);
    data
}

/// A certificate of savings over this many contracts; without any, the member called nothing off.
#[must_use]
pub fn savings_certificate(contracts: usize) -> SavingsData {
    let day = date(2027, 5, 4);
    let contracts: Vec<ContractSavings> = (1..=i64::try_from(contracts).unwrap_or(i64::MAX)).map(of_contract).collect();
    SavingsData {
        number: "B-9QW3H4CX".to_owned(),
        day,
        issued: Signature { name: "Dr. Änne Großmann".to_owned(), at: instant(day, 8, 30) },
        replaces: None,
        demo: true,
        issuer: party("Einkaufsgenossenschaft Mittelland eG", None, &["Am Speicher 4", "39999 Altenrode"]),
        body: body(),
        member: buyer(),
        year: 2027,
        as_of: instant(day, 8, 29),
        running: true,
        totals: totals(&contracts),
        volume: contracts.iter().map(|it| it.volume).sum(),
        lines: contracts.iter().map(|it| it.lines).sum(),
        contracts,
        method: vec![
            "Jede Position wird mit einem belegten, datierten Preis derselben Leistung verglichen, der am Tag des Abrufs höchstens 24 Monate alt war; die Wirkung ist Vergleichsbetrag weniger Abrufbetrag und bleibt auch negativ stehen.".to_owned(),
            "Stornos sind mit ihren Gegenbuchungen enthalten, und was keinen gültigen Vergleichspreis hat, zählt mit 0,00 €.".to_owned(),
        ],
        method_version: "1".to_owned(),
        base_url: Some("https://abruf.example".to_owned()),
    }
}

fn of_contract(index: i64) -> ContractSavings {
    let net = |cents: i64| Net::rounded(Decimal::new(cents, 2));
    let figures = |class: &str, lines: u32, volume: i64, effect: i64| ClassFigures {
        class: class.to_owned(),
        lines,
        volume: net(volume),
        effect: net(effect),
        surcharge: Net::ZERO,
        fee: Net::ZERO,
        bonus: Net::ZERO,
        net: None,
    };
    let (surcharge, fee) = (net(2500), net(31_250 * index));
    let proven = figures("A", 12, 2_500_000 * index, if index == 2 { -41_250 } else { 187_500 * index });
    let proven = ClassFigures { surcharge, fee, net: Some(proven.effect - surcharge - fee), ..proven };
    let classes = vec![proven, figures("B", 3, 480_075, 60_025), figures("C", 1, 99_999, 4_010)];
    let uncompared_volume = if index == 1 { net(118_000) } else { Net::ZERO };
    ContractSavings {
        number: format!("RV-2025-{index:02}"),
        title: "Arbeitsplatz-IT und Citrix-Dienste".to_owned(),
        call_offs: 6,
        lines: if index == 1 { 18 } else { 16 },
        volume: classes.iter().map(|it| it.volume + it.surcharge).sum::<Net>() + uncompared_volume,
        classes,
        uncompared_lines: if index == 1 { 2 } else { 0 },
        uncompared_volume,
        bonus_share: (index == 1).then(|| net(41_207)),
    }
}
