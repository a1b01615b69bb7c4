//! Invented documents for tests, measurements and the check of templates.
//!
//! Deterministic: the same number of lines is the same data. Nobody in here exists.

mod cancellation;
mod certificates;
mod competition_record;
mod delivery_change;
mod meeting_report;
mod memo;
mod report;

use std::cmp::Reverse;

use abruf_domain::money::{Net, Percent, Quantity, UnitPrice, Vat};
use abruf_domain::period::Period;
use abruf_domain::supply_chain::Side;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use crate::data::{
    Body, Clause, Contact, ContractReference, Currency, Endpoint, Endpoints, Line, Pair, Party, References, Signature,
    Subscription, Surcharge, Totals, VatCategory, VatClass, VatRow,
};
use crate::order::{OrderData, Stage};

pub use cancellation::{cancellation, partial_cancellation};
pub use certificates::{bare_entitlement, entitlement_certificate, savings_certificate};
pub use competition_record::{abolished_competition, competition_record};
pub use delivery_change::{bare_delivery_change, delivery_change};
pub use meeting_report::meeting_report;
pub use memo::{bare_memo, memo};
pub use report::report;

/// What a made-up line is made of: article number, title, unit, price in ten-thousandths, rate in
/// percent, whether it is charged by the month.
const ARTICLES: [(&str, &str, &str, i64, i64, bool); 10] = [
    ("CTX-1001", "Citrix Virtual Apps, Nutzer im Fernzugriff", "Nutzer", 118_500, 19, true),
    ("CTX-2040", "Schulungstag Administration, vor Ort", "Tag", 9_800_000, 19, false),
    ("NB-14-0815", "Notebook 14 Zoll, 16 GB Arbeitsspeicher, 512 GB SSD", "Stück", 7_493_300, 19, false),
    ("MON-27-Q", "Monitor 27 Zoll, höhenverstellbar", "Stück", 1_894_000, 19, false),
    ("BIL-330", "Fachbuch „Vergaberecht für Kommunen“, 4. Auflage", "Stück", 594_000, 7, false),
    ("TON-77K", "Tonerkartusche schwarz, 12.000 Seiten", "Stück", 438_750, 19, false),
    ("HST-S2", "Rechenzentrumsbetrieb, Serverklasse S2", "Instanz", 846_255, 19, true),
    ("ENT-900", "Entwicklungsleistung nach Aufwand", "Personentag", 8_640_000, 19, false),
    ("KAB-CAT7-5", "Netzwerkkabel Cat 7, 5 m, grau", "Stück", 33_333, 19, false),
    ("SEM-4711", "Seminarplatz E-Vergabe, staatlich anerkannt", "Platz", 3_250_000, 0, false),
];

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("sample dates are written out and exist")
}

/// An instant on a day, by hours and minutes in UTC.
fn instant(day: NaiveDate, hour: u32, minute: u32) -> DateTime<Utc> {
    day.and_hms_opt(hour, minute, 0).expect("sample times are written out and exist").and_utc()
}

fn party(name: &str, unit: Option<&str>, address: &[&str]) -> Party {
    Party {
        name: name.to_owned(),
        unit: unit.map(ToOwned::to_owned),
        address: address.iter().map(|line| (*line).to_owned()).collect(),
    }
}

fn vat_class(rate: i64) -> VatClass {
    if rate == 0 {
        return VatClass {
            category: VatCategory::Exempt,
            rate: Percent::ZERO,
            reason: Some("§ 4 Nr. 21 UStG".to_owned()),
        };
    }
    let rate = Percent::new(Decimal::from(rate)).expect("sample rates are small");
    VatClass { category: VatCategory::Standard, rate, reason: None }
}

fn line(position: u32) -> Line {
    let index = usize::try_from(position - 1).unwrap_or(0) % ARTICLES.len();
    let (article_number, title, unit, price, rate, monthly) = ARTICLES[index];
    // 120, 2, 7, 12, ... : varied, deterministic and never zero.
    let quantity = if index == 0 { 120 } else { 2 + (i64::from(position) * 5 + 3) % 17 };
    let quantity = if index == 7 { Decimal::new(quantity * 10 + 5, 1) } else { Decimal::from(quantity) };
    let quantity = Quantity::new(quantity).expect("sample quantities are small");
    let unit_price = UnitPrice::new(Decimal::new(price, 4)).expect("sample prices are small");
    let term = Period::new(date(2027, 6, 1), date(2028, 5, 31)).expect("the sample term is in order");
    let months = monthly.then(|| term.months());
    Line {
        position,
        article_number: article_number.to_owned(),
        title: title.to_owned(),
        lot: Some("Los 2".to_owned()),
        quantity,
        unit: unit.to_owned(),
        unit_price,
        price_decimals: 2,
        subscription: months.map(|months| Subscription { period: term, months: months.rounded() }),
        net: Net::of_line(unit_price, quantity, months),
        vat: vat_class(rate),
    }
}

/// Adds up lines and surcharge the way EN 16931 does: tax on the sum of each class.
#[must_use]
pub fn totals(lines: &[Line], surcharge: Option<&Surcharge>) -> Totals {
    let amounts = lines.iter().map(|line| (&line.vat, line.net));
    let amounts: Vec<(&VatClass, Net)> = amounts.chain(surcharge.map(|s| (&s.vat, s.net))).collect();
    let mut vat_rows: Vec<VatRow> = Vec::new();
    for (class, net) in &amounts {
        match vat_rows.iter_mut().find(|row| row.class == **class) {
            Some(row) => row.base += *net,
            None => vat_rows.push(VatRow { class: (*class).clone(), base: *net, vat: Vat::ZERO }),
        }
    }
    vat_rows.sort_by_key(|row| Reverse((row.class.rate, row.class.category)));
    for row in &mut vat_rows {
        row.vat = row.base.vat(row.class.rate);
    }
    let net: Net = amounts.iter().map(|(_, net)| *net).sum();
    let vat: Vat = vat_rows.iter().map(|row| row.vat).sum();
    Totals { vat_rows, net, vat, gross: net.plus_vat(vat) }
}

fn body() -> Body {
    Body {
        name: "Einkaufsgenossenschaft Mittelland eG".to_owned(),
        address: vec!["Am Speicher 4".to_owned(), "39999 Altenrode".to_owned()],
        contact: vec!["Telefon 03999 555-0".to_owned(), "einkauf@eg-mittelland.example".to_owned()],
    }
}

fn contract() -> ContractReference {
    ContractReference {
        number: "RV-2025-01".to_owned(),
        title: "Arbeitsplatz-IT und Citrix-Dienste".to_owned(),
        lots: vec!["Los 2 – Lizenzen, Geräte und Schulung".to_owned()],
        notice: Some("123456-2025".to_owned()),
        notice_date: Some(date(2025, 1, 17)),
        procedure: Some("EGM-2024-VgV-07".to_owned()),
    }
}

fn references() -> References {
    References {
        leitweg_id: Some("15099010-1234512345-35".to_owned()),
        cost_centre: Some("11140.5431000".to_owned()),
        file_reference: Some("10.3-IT/2027-118".to_owned()),
        contact: Some(Contact {
            name: "Jörg Müßigbrodt".to_owned(),
            phone: Some("03999 700-214".to_owned()),
            email: Some("joerg.muessigbrodt@altenrode.example".to_owned()),
        }),
    }
}

fn buyer() -> Party {
    party("Stadt Altenrode", Some("Fachdienst Informationstechnik"), &["Marktplatz 1", "39999 Altenrode"])
}

fn supplier() -> Party {
    party(
        "Süderländer Systemhaus GmbH",
        Some("Vertrieb öffentliche Auftraggeber"),
        &["Königsallee 12 a", "06999 Weißenbrück"],
    )
}

fn clause(title: &str, text: &str) -> Clause {
    Clause { title: title.to_owned(), text: text.to_owned() }
}

fn endpoint(scheme: &str, id: &str) -> Endpoint {
    Endpoint { scheme: scheme.to_owned(), id: id.to_owned() }
}

/// A released order with this many lines, in euro, with a surcharge if it has fewer than three.
#[must_use]
pub fn order(lines: usize) -> OrderData {
    let lines: Vec<Line> = (1..=u32::try_from(lines).unwrap_or(u32::MAX)).map(line).collect();
    let surcharge = (lines.len() < 3).then(|| Surcharge {
        title: "Mindermengenzuschlag".to_owned(),
        net: Net::rounded(Decimal::new(2500, 2)),
        vat: vat_class(19),
    });
    let day = date(2027, 5, 4);
    OrderData {
        stage: Stage::Released {
            number: "RV-2025-01-0042".to_owned(),
            order_date: day,
            released: Signature { name: "Dr. Änne Großmann".to_owned(), at: instant(day, 12, 5) },
        },
        demo: true,
        case_number: "V-7K3M9Q2P".to_owned(),
        currency: Currency::eur(),
        body: body(),
        buyer: buyer(),
        supplier: supplier(),
        contract: contract(),
        pair: None,
        references: references(),
        delivery_address: Some(party(
            "Stadt Altenrode",
            Some("IT-Lager, Rathaus II, Hof"),
            &["Mühlweg 9", "39999 Altenrode"],
        )),
        invoice_address: Some(party(
            "Stadt Altenrode",
            Some("Zentrale Rechnungsstelle"),
            &["Postfach 11 40", "39991 Altenrode"],
        )),
        desired_delivery: Some(date(2027, 6, 1)),
        performance: Some(Period::new(date(2027, 6, 1), date(2028, 5, 31)).expect("the sample term is in order")),
        totals: totals(&lines, surcharge.as_ref()),
        lines,
        surcharge,
        requested: Signature { name: "Jörg Müßigbrodt".to_owned(), at: instant(day, 7, 41) },
        terms: vec![
            clause(
                "Vertrag",
                "Es gelten ausschließlich die Bedingungen des genannten Rahmenvertrags. Allgemeine Geschäftsbedingungen des Auftragnehmers werden nicht Bestandteil.",
            ),
            clause(
                "Rechnung",
                "Elektronisch als XRechnung mit Leitweg-ID und Abrufnummer. Zahlbar 30 Tage nach Eingang der prüffähigen Rechnung (§ 286 Abs. 3 BGB).",
            ),
            clause("Lieferung", "Frei Verwendungsstelle. Auf dem Lieferschein ist die Abrufnummer anzugeben."),
        ],
        base_url: Some("https://abruf.eg-mittelland.example".to_owned()),
        endpoints: Some(Endpoints {
            buyer: endpoint("0204", "15099010-1234512345-35"),
            supplier: endpoint("9930", "DE999999999"),
        }),
    }
}

/// The same order before its release.
#[must_use]
pub fn draft(lines: usize) -> OrderData {
    OrderData { stage: Stage::Draft { as_of: instant(date(2027, 5, 4), 7, 30) }, ..order(lines) }
}

/// One order of a pair: the town orders in-house from the cooperative, or that from the supplier.
#[must_use]
pub fn of_pair(lines: usize, side: Side) -> OrderData {
    let mut data = order(lines);
    let (own, other, cooperative) = match side {
        Side::Supplier => ("RV-2025-01-0042-B", "RV-2025-01-0042-A", &mut data.buyer),
        Side::Direct | Side::InHouse => ("RV-2025-01-0042-A", "RV-2025-01-0042-B", &mut data.supplier),
    };
    *cooperative = Party { name: data.body.name.clone(), unit: None, address: data.body.address.clone() };
    if let Stage::Released { number, .. } = &mut data.stage {
        own.clone_into(number);
    }
    data.pair = Some(Pair { side, other: Some(other.to_owned()) });
    data
}

/// An order that tries the layout: names without spaces, figures of full length, other currency.
#[must_use]
pub fn stress(lines: usize) -> OrderData {
    let mut data = order(lines);
    "Verbandsgemeindeverwaltungsgemeinschaft Südharz-Unstrut-Finnebergland".clone_into(&mut data.buyer.name);
    "Gesellschaft für Informationsverarbeitungs- und Telekommunikationsinfrastrukturdienstleistungen mbH & Co. KG"
        .clone_into(&mut data.supplier.name);
    data.supplier.unit =
        Some("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft".to_owned());
    if let Some(contact) = &mut data.references.contact {
        "Freifrau Dr. Anna-Sophia-Charlotte von und zu Müller-Lüdenscheidt-Wolkenstein".clone_into(&mut contact.name);
        contact.email =
            Some("anna-sophia-charlotte.mueller-luedenscheidt@verbandsgemeinde-suedharz.example".to_owned());
    }
    data.currency = "GBP".parse().expect("a currency code");
    for line in &mut data.lines {
        if line.position % 3 == 1 {
            line.title = format!("{} und_ein_Schlüssel_ohne_jedes_Leerzeichen_{}", line.title, "0123456789".repeat(4));
            line.unit_price = UnitPrice::new(Decimal::new(1_234_567_891, 6)).expect("a small price");
            line.price_decimals = 6;
            line.quantity = Quantity::new(Decimal::new(12_345_675, 4)).expect("a small quantity");
            line.unit = "Personentagwerk".to_owned();
            line.subscription = None;
            line.net = Net::of_line(line.unit_price, line.quantity, None);
        }
    }
    data.totals = totals(&data.lines, data.surcharge.as_ref());
    data
}
