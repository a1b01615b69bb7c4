//! The cancellation (Stornierung): the counter entry to a released order, in whole or in part.

use abruf_domain::money::Net;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::data::{
    Body, Clause, ContractReference, Currency, EarlierPaper, Line, Pair, Party, References, Signature, Surcharge,
    Totals,
};
use crate::document::{CheckCode, Document, DocumentError};
use crate::format_de::date;
use crate::frame::Page;
use crate::order_x;
use crate::render::{Job, Letter, file_name};
use crate::sums;
use crate::template::Templates;

/// What of the order still stands after a partial cancellation, with its prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest {
    /// The lines that stand, with the position numbers of the order.
    pub lines: Vec<Line>,
    /// The surcharge that stands.
    pub surcharge: Option<Surcharge>,
    /// Sums of what stands.
    pub totals: Totals,
    /// Set where the contract prices what is left anew: the order value before, net.
    pub priced_anew_from: Option<Net>,
}

/// The order that is cancelled, under the names recorded inputs have for it.
#[derive(Serialize, Deserialize)]
#[serde(remote = "EarlierPaper")]
struct CancelledOrder {
    number: String,
    #[serde(rename = "order_date")]
    day: NaiveDate,
    check_code: CheckCode,
}

/// Everything a cancellation prints. Its canonical JSON is the input of the Prüfkennung.
///
/// Quantities and amounts are those given back: positive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancellationData {
    /// Number of this document, `RV-2025-01-0042-S1`.
    pub number: String,
    /// Berlin date of the cancellation.
    pub cancellation_date: NaiveDate,
    /// Who cancelled, and when.
    pub cancelled: Signature,
    /// The order it takes back.
    #[serde(with = "CancelledOrder")]
    pub cancels: EarlierPaper,
    /// Whether nothing of the order is left.
    pub complete: bool,
    /// Why; printed for the supplier.
    pub reason: String,
    /// Prints "Beispieldaten" on each page.
    pub demo: bool,
    /// Vorgangsnummer of the call-off.
    pub case_number: String,
    /// Currency of all amounts.
    pub currency: Currency,
    /// The cooperative whose contract was used.
    pub body: Body,
    /// Who had ordered: the sender.
    pub buyer: Party,
    /// Who was to deliver: the addressee.
    pub supplier: Party,
    /// The framework contract.
    pub contract: ContractReference,
    /// Which order of a pair is cancelled; `None` where the member ordered from the supplier itself.
    #[serde(default)]
    pub pair: Option<Pair>,
    /// The buyer's references.
    pub references: References,
    /// The lines taken back, with the position numbers of the order.
    pub lines: Vec<Line>,
    /// The surcharge taken back.
    pub surcharge: Option<Surcharge>,
    /// Sums of what is taken back.
    pub totals: Totals,
    /// What stands; `None` if nothing does, and in documents made before this was printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Rest>,
    /// Terms printed after the sums.
    pub terms: Vec<Clause>,
    /// As in the order.
    pub base_url: Option<String>,
}

/// Makes the cancellation as PDF; the same data, templates and program give the same bytes.
///
/// # Errors
/// If the sums are not the sums of the lines, or if the template (an override, usually) is broken.
pub fn cancellation(data: &CancellationData, templates: &Templates) -> Result<Document, DocumentError> {
    check(data)?;
    job(data).render(templates)
}

/// The pages as positioned items, without a file and under any Prüfkennung: for tests and the check
/// of templates.
///
/// # Errors
/// As [`cancellation()`].
pub fn pages(data: &CancellationData, templates: &Templates, code: &CheckCode) -> Result<Vec<Page>, DocumentError> {
    check(data)?;
    job(data).pages(templates, code)
}

fn check(data: &CancellationData) -> Result<(), DocumentError> {
    sums::check(&data.lines, data.surcharge.as_ref(), &data.totals)?;
    let Some(rest) = &data.rest else { return Ok(()) };
    sums::check(&rest.lines, rest.surcharge.as_ref(), &rest.totals)
}

pub(crate) fn job(data: &CancellationData) -> Job<'_, CancellationData> {
    let letter = Letter {
        title: format!("Stornierung {} zum Abruf {}", data.number, data.cancels.number),
        reference: format!("Stornierung {} vom {}", data.number, date(data.cancellation_date)),
        mark: None,
        demo: data.demo,
        buyer: &data.buyer,
        supplier: &data.supplier,
        body: &data.body,
        base_url: data.base_url.as_deref(),
    };
    let name = file_name("Stornierung", &data.number);
    let attachments = order_x::of_cancellation(data).into_iter().collect();
    Job { template: "cancellation.xml.j2", data, letter, file_name: name, created: data.cancelled.at, attachments }
}
