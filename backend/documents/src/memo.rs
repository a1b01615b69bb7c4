//! The call-off memo (Abrufvermerk): why a call-off was lawful, for the procurement file and for auditors.
//!
//! It states what the release rests on: entitlement with dates and proof, prices with their arithmetic, volume before
//! and after, how the supplier was found, every rule with its result, justifications, approvals, savings, hashes. The
//! words of rules are part of the data: a text that is reworded later changes no memo that was written before.

use abruf_domain::money::{Net, UnitPrice};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::data::{Body, ContractReference, Currency, Line, Pair, Party, References, Signature, Surcharge, Totals};
use crate::document::{CheckCode, Document, DocumentError};
use crate::format_de::date;
use crate::frame::Page;
use crate::render::{Job, Letter, file_name};
use crate::sums;
use crate::template::Templates;

/// A thing with its name, both printed as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// What it is, German: "Mitglied seit".
    pub label: String,
    /// What it says; line breaks stay.
    pub text: String,
}

impl Named {
    /// A label with its text.
    pub fn new(label: impl Into<String>, text: impl Into<String>) -> Self {
        Self { label: label.into(), text: text.into() }
    }
}

/// Where the price of a line comes from, and how its amount was computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceBasis {
    /// Position of the line.
    pub position: u32,
    /// Which price of the contract, with its validity: its version.
    pub version: String,
    /// Id of the price term.
    pub term: String,
    /// The kind of price with its figures.
    pub rule: String,
    /// From quantity and price to the amount.
    pub arithmetic: String,
}

/// A ceiling before and after this call-off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeRow {
    /// Which ceiling: "Rahmenvertrag RV-2025-01".
    pub place: String,
    /// Amounts in the contract's currency, or quantities.
    pub in_money: bool,
    /// The ceiling; `None` where only consumption is counted.
    #[serde(with = "rust_decimal::serde::str_option", default)]
    pub limit: Option<Decimal>,
    /// Called off and recorded before.
    #[serde(with = "rust_decimal::serde::str")]
    pub consumed: Decimal,
    /// Reserved by other requests.
    #[serde(with = "rust_decimal::serde::str")]
    pub reserved: Decimal,
    /// This call-off.
    #[serde(with = "rust_decimal::serde::str")]
    pub own: Decimal,
    /// All of it, this call-off with it.
    #[serde(with = "rust_decimal::serde::str")]
    pub after: Decimal,
}

/// A rule with its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleRow {
    /// Id of the catalogue, `cap-value`.
    pub rule: String,
    /// Version of the rule.
    pub version: u16,
    /// Its title.
    pub title: String,
    /// The result in a word.
    pub outcome: String,
    /// Whether it passed without anything to note.
    pub passed: bool,
    /// What was found; empty where the text of the rule says nothing for this result.
    pub sentence: String,
    /// Legal source.
    pub source: String,
}

/// A justification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Justified {
    /// Title of the rule.
    pub title: String,
    /// The words.
    pub wording: String,
    /// Who wrote them, and when.
    pub by: Signature,
}

/// A step from the draft to the release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRow {
    /// What happened.
    pub what: String,
    /// Who; `None` for the clock.
    pub person: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// Reason or question, if one was given.
    pub reason: String,
}

/// What a line is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavingRow {
    /// Position of the line.
    pub position: u32,
    /// A, B or C; `None` where no comparison price counts.
    pub class: Option<String>,
    /// Comparison price.
    pub baseline_price: Option<UnitPrice>,
    /// Kind, date and evidence of the comparison price in words; or why there is none.
    pub evidence: String,
    /// Comparison price times quantity.
    pub baseline: Net,
    /// Comparison amount less the line's.
    pub effect: Net,
}

/// Savings of the call-off; classes are never added together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavingsPart {
    /// By line.
    pub rows: Vec<SavingRow>,
    /// Sums, each with its name.
    pub sums: Vec<SavingSum>,
}

/// A sum of the savings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavingSum {
    /// "Preiseffekt brutto", "Umlage der Genossenschaft".
    pub label: String,
    /// Amount, net of VAT.
    pub amount: Net,
    /// The result of the calculation.
    pub result: bool,
}

/// A file or record with the hash that binds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hashed {
    /// What it is: "Bestellung (PDF)".
    pub what: String,
    /// File name, Prüfkennung or time.
    pub name: String,
    /// SHA-256, 64 hexadecimal digits.
    pub sha256: String,
}

/// Everything a call-off memo prints. Its canonical JSON is the input of the Prüfkennung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoData {
    /// Call-off number.
    pub number: String,
    /// Berlin date of the release.
    pub order_date: NaiveDate,
    /// Who released it, and when.
    pub released: Signature,
    /// Who asked for it, and when.
    pub requested: Signature,
    /// Vorgangsnummer.
    pub case_number: String,
    /// Prints "Beispieldaten" on each page.
    pub demo: bool,
    /// Currency of all amounts.
    pub currency: Currency,
    /// The cooperative whose contract is used.
    pub body: Body,
    /// Whose need it is.
    pub member: Party,
    /// From whom the member orders.
    pub supplier: Party,
    /// The framework contract.
    pub contract: ContractReference,
    /// Which order of a pair it is about.
    #[serde(default)]
    pub pair: Option<Pair>,
    /// Legal basis, term, options: what the contract says about itself.
    pub basis: Vec<Named>,
    /// Membership, authority, entitlement, evidence: each with dates and proof.
    pub entitlement: Vec<Named>,
    /// Reason for need and quantity, in the buyer's words.
    pub need: String,
    /// The member's references.
    pub references: References,
    /// The lines as ordered.
    pub lines: Vec<Line>,
    /// Surcharge for a small order.
    pub surcharge: Option<Surcharge>,
    /// Sums of lines and surcharge.
    pub totals: Totals,
    /// Where each price comes from, in the order of the lines.
    pub prices: Vec<PriceBasis>,
    /// Ceilings before and after.
    pub volume: Vec<VolumeRow>,
    /// How the supplier was found, with the evidence.
    pub mechanism: Vec<Named>,
    /// Edition of the rule book.
    pub edition: u16,
    /// Instant of the review the release rests on.
    pub reviewed_at: DateTime<Utc>,
    /// Every rule with its result.
    pub rules: Vec<RuleRow>,
    /// Justifications with their authors.
    pub justifications: Vec<Justified>,
    /// Account and confirmation of the money.
    pub budget: Vec<Named>,
    /// From the draft to the release.
    pub steps: Vec<StepRow>,
    /// Savings against evidenced prices; `None` where none were computed.
    pub savings: Option<SavingsPart>,
    /// What the memo refers to, each bound by its hash.
    pub attachments: Vec<Hashed>,
    /// How long the memo is kept, in words.
    pub retention: String,
    /// Address under which Prüfkennungen are answered.
    pub base_url: Option<String>,
}

/// Makes the memo as PDF; the same data, templates and program give the same bytes.
///
/// # Errors
/// If the sums are not the sums of the lines, or if the template (an override, usually) is broken.
pub fn memo(data: &MemoData, templates: &Templates) -> Result<Document, DocumentError> {
    sums::check(&data.lines, data.surcharge.as_ref(), &data.totals)?;
    job(data).render(templates)
}

/// The pages as positioned items, without a file and under any Prüfkennung: for tests and the check
/// of templates.
///
/// # Errors
/// As [`memo()`].
pub fn pages(data: &MemoData, templates: &Templates, code: &CheckCode) -> Result<Vec<Page>, DocumentError> {
    sums::check(&data.lines, data.surcharge.as_ref(), &data.totals)?;
    job(data).pages(templates, code)
}

pub(crate) fn job(data: &MemoData) -> Job<'_, MemoData> {
    let letter = Letter {
        title: format!("Abrufvermerk zum Abruf {}", data.number),
        reference: format!("Abrufvermerk {} vom {}", data.number, date(data.order_date)),
        mark: None,
        demo: data.demo,
        buyer: &data.member,
        supplier: &data.supplier,
        body: &data.body,
        base_url: data.base_url.as_deref(),
    };
    let name = file_name("Abrufvermerk", &data.number);
    let created = data.released.at;
    Job { template: "memo.xml.j2", data, letter, file_name: name, created, attachments: Vec::new() }
}
