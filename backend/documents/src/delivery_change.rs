//! The change of a delivery date (Terminänderung): after the order, the supplier named another day and the buyer has
//! accepted it. Everything else of the order stands; the paper names the one it replaces.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::data::{
    Body, ContractReference, Currency, EarlierPaper, Line, Pair, Party, References, Signature, Surcharge, Totals,
};
use crate::document::{CheckCode, Document, DocumentError};
use crate::format_de::date;
use crate::frame::Page;
use crate::order_x;
use crate::render::{Job, Letter, file_name};
use crate::sums;
use crate::template::Templates;

/// Everything a change of the delivery date prints. Its canonical JSON is the input of the Prüfkennung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryChangeData {
    /// Number of this document, `RV-2025-01-0042-T1`.
    pub number: String,
    /// Berlin date on which the new day was accepted.
    pub change_date: NaiveDate,
    /// Who accepted it, and when.
    pub changed: Signature,
    /// Number of the order.
    pub order_number: String,
    /// Its order date (Berlin).
    pub order_date: NaiveDate,
    /// The paper that said the old day: the order, or an earlier change.
    pub replaces: EarlierPaper,
    /// The old day; `None` where the order named none.
    pub from: Option<NaiveDate>,
    /// The new day.
    pub to: NaiveDate,
    /// Date of the supplier's confirmation.
    pub confirmed_on: NaiveDate,
    /// Number the supplier gave it; may be empty.
    pub confirmation: String,
    /// What else the supplier said and the buyer accepted; may be empty.
    pub note: String,
    /// Prints "Beispieldaten" on each page.
    pub demo: bool,
    /// Vorgangsnummer of the call-off.
    pub case_number: String,
    /// Currency of all amounts.
    pub currency: Currency,
    /// The cooperative whose contract is used.
    pub body: Body,
    /// Who ordered: the sender.
    pub buyer: Party,
    /// Who delivers: the addressee.
    pub supplier: Party,
    /// The framework contract.
    pub contract: ContractReference,
    /// Which order of a pair it is about.
    #[serde(default)]
    pub pair: Option<Pair>,
    /// The buyer's references.
    pub references: References,
    /// Where to deliver; the buyer's address without one.
    pub delivery_address: Option<Party>,
    /// The lines of the order as they stand.
    pub lines: Vec<Line>,
    /// Surcharge of the order.
    pub surcharge: Option<Surcharge>,
    /// Sums of the order as it stands.
    pub totals: Totals,
    /// As in the order.
    pub base_url: Option<String>,
}

/// Makes the change of the delivery date as PDF; the same data, templates and program give the same bytes.
///
/// # Errors
/// If the sums are not the sums of the lines, or if the template (an override, usually) is broken.
pub fn delivery_change(data: &DeliveryChangeData, templates: &Templates) -> Result<Document, DocumentError> {
    sums::check(&data.lines, data.surcharge.as_ref(), &data.totals)?;
    job(data).render(templates)
}

/// The pages as positioned items, without a file and under any Prüfkennung: for tests and the check of templates.
///
/// # Errors
/// As [`delivery_change()`].
pub fn pages(data: &DeliveryChangeData, templates: &Templates, code: &CheckCode) -> Result<Vec<Page>, DocumentError> {
    sums::check(&data.lines, data.surcharge.as_ref(), &data.totals)?;
    job(data).pages(templates, code)
}

pub(crate) fn job(data: &DeliveryChangeData) -> Job<'_, DeliveryChangeData> {
    let letter = Letter {
        title: format!("Terminänderung {} zum Abruf {}", data.number, data.order_number),
        reference: format!("Terminänderung {} vom {}", data.number, date(data.change_date)),
        mark: None,
        demo: data.demo,
        buyer: &data.buyer,
        supplier: &data.supplier,
        body: &data.body,
        base_url: data.base_url.as_deref(),
    };
    let name = file_name("Terminaenderung", &data.number);
    let attachments = vec![order_x::of_delivery_change(data)];
    Job { template: "delivery_change.xml.j2", data, letter, file_name: name, created: data.changed.at, attachments }
}
