//! The facts that orders, cancellations and their kin print: parties, contract, lines, totals.
//!
//! All types serialise to JSON; their canonical form (RFC 8785) is what the Prüfkennung is computed
//! over, so a field that is added, renamed or given a new default gives every new document a new
//! Prüfkennung. Amounts are decimal strings, dates are Berlin calendar dates, instants are UTC.

use std::fmt;
use std::str::FromStr;

use abruf_domain::money::{Gross, Net, Percent, Quantity, UnitPrice, Vat};
use abruf_domain::period::Period;
use abruf_domain::supply_chain::Side;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::document::CheckCode;

/// ISO 4217 code of the contract's currency; there is no conversion and no mixed sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(String);

/// A text that is not three capital letters.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a currency code of three capital letters")]
pub struct NotACurrency(String);

impl Currency {
    /// The euro.
    #[must_use]
    pub fn eur() -> Self {
        Self("EUR".to_owned())
    }

    /// The three letters.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0
    }
}

impl FromStr for Currency {
    type Err = NotACurrency;
    fn from_str(text: &str) -> Result<Self, NotACurrency> {
        if text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotACurrency(text.chars().take(20).collect()))
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = NotACurrency;
    fn try_from(text: String) -> Result<Self, NotACurrency> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.0
    }
}

/// The purchasing body whose framework contract is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// Full legal name: "Einkaufsgenossenschaft Mittelland eG".
    pub name: String,
    /// Street, post code and town, country if abroad; one entry per line.
    pub address: Vec<String>,
    /// Telephone, e-mail, web address: one entry each, printed side by side in the footer.
    pub contact: Vec<String>,
}

/// A buyer, a supplier, a place of delivery or an invoice address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Full legal name.
    pub name: String,
    /// Office, branch or person within it.
    pub unit: Option<String>,
    /// Street, post code and town, country if abroad; one entry per line.
    pub address: Vec<String>,
}

/// The framework contract and the award procedure it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractReference {
    /// The body's contract number, `RV-2025-01`.
    pub number: String,
    /// Title of the contract.
    pub title: String,
    /// Lots this document draws on; empty if the contract has none.
    pub lots: Vec<String>,
    /// Reference of the contract notice (Tenders Electronic Daily: `123456-2025`).
    pub notice: Option<String>,
    /// Day of the notice's publication.
    pub notice_date: Option<NaiveDate>,
    /// The procuring side's reference of the award procedure.
    pub procedure: Option<String>,
}

/// A person the supplier may ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// First and last name.
    pub name: String,
    /// Telephone, as dialled.
    pub phone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
}

/// What the buyer wants to find again on delivery notes and invoices.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct References {
    /// Routing id for electronic invoices.
    pub leitweg_id: Option<String>,
    /// Cost centre.
    pub cost_centre: Option<String>,
    /// The buyer's file reference (Aktenzeichen).
    pub file_reference: Option<String>,
    /// Whom to ask at the buyer's.
    pub contact: Option<Contact>,
}

/// Where a party receives electronic documents (Peppol participant).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Code of the scheme (EAS list): `0204` Leitweg-ID, `9930` German VAT id, `0088` GLN, `EM` e-mail.
    pub scheme: String,
    /// The address within the scheme.
    pub id: String,
}

/// The electronic addresses of both sides; without them there is no Peppol order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// Of the buyer.
    pub buyer: Endpoint,
    /// Of the supplier.
    pub supplier: Endpoint,
}

/// VAT categories of EN 16931 (code list UNCL5305, the part Germany uses).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum VatCategory {
    /// Standard or reduced rate.
    #[serde(rename = "S")]
    Standard,
    /// Zero-rated.
    #[serde(rename = "Z")]
    Zero,
    /// Exempt, with a reason.
    #[serde(rename = "E")]
    Exempt,
    /// Reverse charge: the buyer owes the tax.
    #[serde(rename = "AE")]
    ReverseCharge,
    /// Supply within the European Community.
    #[serde(rename = "K")]
    IntraCommunity,
    /// Export.
    #[serde(rename = "G")]
    Export,
    /// Outside the scope of VAT (in-house supply, public-law body).
    #[serde(rename = "O")]
    OutsideScope,
}

/// How one line is taxed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VatClass {
    /// Category.
    pub category: VatCategory,
    /// Rate in percent; zero for every category but [`VatCategory::Standard`].
    pub rate: Percent,
    /// Why no tax is charged: "§ 4 Nr. 21 UStG".
    pub reason: Option<String>,
}

/// For how long a subscription line runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// First and last day.
    pub period: Period,
    /// Months charged, rounded for print (`Period::months().rounded()`).
    #[serde(with = "rust_decimal::serde::str")]
    pub months: Decimal,
}

/// One priced line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Position number as printed, counted from 1.
    pub position: u32,
    /// Article number of the price list.
    pub article_number: String,
    /// What it is.
    pub title: String,
    /// Lot, if the contract has several.
    pub lot: Option<String>,
    /// How many.
    pub quantity: Quantity,
    /// Of what: "Stück", "Nutzer", "Personentag".
    pub unit: String,
    /// Price of one unit (and month, for a subscription priced by the month), net.
    pub unit_price: UnitPrice,
    /// Decimals the contract fixes for unit prices; more are printed if the price has more.
    pub price_decimals: u32,
    /// Set for lines that run over months.
    pub subscription: Option<Subscription>,
    /// Net amount of the line, rounded once by the domain.
    pub net: Net,
    /// How it is taxed.
    pub vat: VatClass,
}

/// A surcharge of the contract for small orders (Mindermengenzuschlag).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surcharge {
    /// As the contract calls it.
    pub title: String,
    /// Net amount.
    pub net: Net,
    /// How it is taxed.
    pub vat: VatClass,
}

/// The tax of one category and rate, computed on the sum of its bases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VatRow {
    /// Category, rate and reason.
    pub class: VatClass,
    /// Sum of the net amounts of this class.
    pub base: Net,
    /// Tax on it.
    pub vat: Vat,
}

/// The sums of a document; they are printed only if they are the sums of its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// One row per category and rate, in the order they are printed.
    pub vat_rows: Vec<VatRow>,
    /// Lines and surcharge.
    pub net: Net,
    /// All tax.
    pub vat: Vat,
    /// What will be paid.
    pub gross: Gross,
}

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Name of the person as it may be printed.
    pub name: String,
    /// Instant; printed as Berlin time.
    pub at: DateTime<Utc>,
}

/// An earlier paper about the same thing, which a later one replaces or takes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierPaper {
    /// Its number, `B-7K3M9Q2D`.
    pub number: String,
    /// The day printed on it.
    pub day: NaiveDate,
    /// The Prüfkennung printed on it.
    pub check_code: CheckCode,
}

/// One clause of the terms printed below the lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    /// Short heading, "Rechnung".
    pub title: String,
    /// The text; line breaks separate paragraphs.
    pub text: String,
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which order of a pair a document is about, where the body orders for its member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// In-house order or supplier order.
    pub side: Side,
    /// Number of the other order; `None` while there is none.
    pub other: Option<String>,
}
