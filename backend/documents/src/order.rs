//! The order (Bestellschein): what a released call-off tells the supplier, and its draft.

use abruf_domain::period::Period;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::data::{
    Body, Clause, ContractReference, Currency, Endpoints, Line, Pair, Party, References, Signature, Surcharge, Totals,
};
use crate::document::{CheckCode, Document, DocumentError};
use crate::format_de::{date, date_time};
use crate::frame::Page;
use crate::render::{Job, Letter, file_name};
use crate::sums;
use crate::template::Templates;
use crate::{order_x, peppol_order};

/// Whether the order binds anybody yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Stage {
    /// Not released: no number, "ENTWURF" on each page.
    Draft {
        /// The instant whose state is printed.
        as_of: DateTime<Utc>,
    },
    /// Released, and therefore ordered.
    Released {
        /// Call-off number, `RV-2025-01-0042`.
        number: String,
        /// Berlin date of the release.
        order_date: NaiveDate,
        /// Who released it, and when.
        released: Signature,
    },
}

/// Everything an order prints. Its canonical JSON is the input of the Prüfkennung.
///
/// The text in which the buyer explains the need is not here on purpose: it is the buyer's file,
/// not the supplier's business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderData {
    /// Draft or released.
    pub stage: Stage,
    /// Prints "Beispieldaten" on each page.
    pub demo: bool,
    /// Vorgangsnummer, `V-7K3M9Q2P`.
    pub case_number: String,
    /// Currency of all amounts.
    pub currency: Currency,
    /// The cooperative whose contract is used.
    pub body: Body,
    /// Who orders and pays: the sender of the letter.
    pub buyer: Party,
    /// Who delivers: the addressee of the letter.
    pub supplier: Party,
    /// The framework contract.
    pub contract: ContractReference,
    /// Which order of a pair it is; `None` where the member orders from the supplier itself.
    #[serde(default)]
    pub pair: Option<Pair>,
    /// What the buyer wants quoted on delivery note and invoice.
    pub references: References,
    /// Where to deliver; the buyer's address if absent.
    pub delivery_address: Option<Party>,
    /// Where to send the invoice; the buyer's address if absent.
    pub invoice_address: Option<Party>,
    /// Desired day of delivery.
    pub desired_delivery: Option<NaiveDate>,
    /// Performance period of the whole order.
    pub performance: Option<Period>,
    /// 1 to 400 lines, in the order they are printed.
    pub lines: Vec<Line>,
    /// Surcharge for a small order.
    pub surcharge: Option<Surcharge>,
    /// Sums of lines and surcharge.
    pub totals: Totals,
    /// Who asked for the call-off, and when.
    pub requested: Signature,
    /// Terms printed after the sums.
    pub terms: Vec<Clause>,
    /// Address under which Prüfkennungen are answered (`https://abruf.example`); `/p/<Prüfkennung>`
    /// is appended. Without it neither link nor QR code is printed.
    pub base_url: Option<String>,
    /// Electronic addresses, for the order as a Peppol message; not printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<Endpoints>,
}

/// Makes the order as PDF; the same data, templates and program give the same bytes.
///
/// # Errors
/// If the sums are not the sums of the lines, or if the template (an override, usually) is broken.
pub fn order(data: &OrderData, templates: &Templates) -> Result<Document, DocumentError> {
    sums::check(&data.lines, data.surcharge.as_ref(), &data.totals)?;
    job(data).render(templates)
}

/// The pages as positioned items, without a file and under any Prüfkennung: for tests and the check
/// of templates.
///
/// # Errors
/// As [`order()`].
pub fn pages(data: &OrderData, templates: &Templates, code: &CheckCode) -> Result<Vec<Page>, DocumentError> {
    sums::check(&data.lines, data.surcharge.as_ref(), &data.totals)?;
    job(data).pages(templates, code)
}

pub(crate) fn job(data: &OrderData) -> Job<'_, OrderData> {
    let (title, reference, name, mark, created) = match &data.stage {
        Stage::Draft { as_of } => {
            let title = format!("Entwurf zum Abruf {}", data.case_number);
            let reference = format!("Entwurf {}, Stand {}", data.case_number, date_time(*as_of));
            (title, reference, file_name("Entwurf", &data.case_number), Some("ENTWURF – kein Auftrag"), *as_of)
        }
        Stage::Released { number, order_date, released } => {
            let title = format!("Abruf {number}");
            let reference = format!("Abruf {number} vom {}", date(*order_date));
            (title, reference, file_name("Abruf", number), None, released.at)
        }
    };
    let letter = Letter {
        title,
        reference,
        mark,
        demo: data.demo,
        buyer: &data.buyer,
        supplier: &data.supplier,
        body: &data.body,
        base_url: data.base_url.as_deref(),
    };
    let attachments = [order_x::of_order(data), peppol_order::of_order(data)].into_iter().flatten().collect();
    Job { template: "order.xml.j2", data, letter, file_name: name, created, attachments }
}
