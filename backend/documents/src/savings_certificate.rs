//! The certificate of savings (Einsparbescheinigung): what a member saved in a year, by contract and class of evidence,
//! each figure with the number of order lines behind it. Classes are never added together; net stands for A alone.

use std::collections::BTreeMap;

use abruf_domain::money::Net;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::data::{Body, EarlierPaper, Party, Signature};
use crate::document::{CheckCode, Document, DocumentError};
use crate::format_de::date;
use crate::frame::Page;
use crate::render::{Job, Letter, file_name};
use crate::template::Templates;

/// The figures of one class of evidence; amounts net of VAT, in euros.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassFigures {
    /// A, B or C.
    pub class: String,
    /// Order lines behind the figures.
    pub lines: u32,
    /// Order value of these lines.
    pub volume: Net,
    /// Effect of the prices.
    pub effect: Net,
    /// Small-order surcharges; they count against A alone.
    pub surcharge: Net,
    /// Fees of the cooperative; they count against A alone.
    pub fee: Net,
    /// Bonus of the call-offs; it counts for A alone.
    pub bonus: Net,
    /// Effect less surcharge and fee, with the bonus; `None` for every class but A.
    pub net: Option<Net>,
}

/// What was called off from one contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractSavings {
    /// Its number.
    pub number: String,
    /// Its title.
    pub title: String,
    /// Call-offs behind the figures, cancelled ones included: their counter entries are part of the sums.
    pub call_offs: u32,
    /// Order lines behind the figures.
    pub lines: u32,
    /// Order value of all of them.
    pub volume: Net,
    /// The classes that have entries, in the order of their evidence.
    pub classes: Vec<ClassFigures>,
    /// Lines without a valid comparison price; they save nothing.
    pub uncompared_lines: u32,
    /// Their order value.
    pub uncompared_volume: Net,
    /// Share of the bonus that suppliers paid for the year, part of no saving; `None` where none was paid.
    pub bonus_share: Option<Net>,
}

/// Everything a certificate of savings prints. Its canonical JSON is the input of the Prüfkennung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavingsData {
    /// Number of the certificate, `B-7K3M9Q2D`.
    pub number: String,
    /// The day it was issued (Berlin).
    pub day: NaiveDate,
    /// Who had it issued, and when.
    pub issued: Signature,
    /// The certificate it replaces.
    pub replaces: Option<EarlierPaper>,
    /// Prints "Beispieldaten" on each page.
    pub demo: bool,
    /// Who certifies: the cooperative.
    pub issuer: Party,
    /// The same with its contact data, for the footer.
    pub body: Body,
    /// Who saved.
    pub member: Party,
    /// Calendar year of releases and cancellations.
    pub year: i32,
    /// Instant of the data.
    pub as_of: DateTime<Utc>,
    /// The year is not over on that day.
    pub running: bool,
    /// By contract, by number.
    pub contracts: Vec<ContractSavings>,
    /// Each class over all contracts; the classes are not added to each other.
    pub totals: Vec<ClassFigures>,
    /// Order value of all contracts.
    pub volume: Net,
    /// Order lines of all contracts.
    pub lines: u32,
    /// The method, one sentence each.
    pub method: Vec<String>,
    /// Version of the method.
    pub method_version: String,
    /// Address under which Prüfkennungen are answered.
    pub base_url: Option<String>,
}

/// Makes the certificate as PDF; the same data, templates and program give the same bytes.
///
/// # Errors
/// If a total is not the sum of its contracts or a net figure not that of its parts, or if the template (an override,
/// usually) is broken.
pub fn savings_certificate(data: &SavingsData, templates: &Templates) -> Result<Document, DocumentError> {
    check(data)?;
    job(data).render(templates)
}

/// The pages as positioned items, without a file and under any Prüfkennung: for tests and the check of templates.
///
/// # Errors
/// As [`savings_certificate()`].
pub fn pages(data: &SavingsData, templates: &Templates, code: &CheckCode) -> Result<Vec<Page>, DocumentError> {
    check(data)?;
    job(data).pages(templates, code)
}

/// Each class over all contracts, in the order of their evidence.
#[must_use]
pub fn totals(contracts: &[ContractSavings]) -> Vec<ClassFigures> {
    let mut totals: BTreeMap<&str, ClassFigures> = BTreeMap::new();
    for figures in contracts.iter().flat_map(|contract| &contract.classes) {
        let Some(total) = totals.get_mut(figures.class.as_str()) else {
            totals.insert(&figures.class, figures.clone());
            continue;
        };
        total.lines = total.lines.saturating_add(figures.lines);
        for (sum, part) in [
            (&mut total.volume, figures.volume),
            (&mut total.effect, figures.effect),
            (&mut total.surcharge, figures.surcharge),
            (&mut total.fee, figures.fee),
            (&mut total.bonus, figures.bonus),
        ] {
            *sum += part;
        }
        total.net = total.net.zip(figures.net).map(|(sum, part)| sum + part);
    }
    totals.into_values().collect()
}

fn check(data: &SavingsData) -> Result<(), DocumentError> {
    let differs = |what: String, given: Net, computed: Net| {
        if given == computed {
            return Ok(());
        }
        Err(DocumentError::DoesNotAddUp { what, given: given.to_string(), computed: computed.to_string() })
    };
    for figures in data.contracts.iter().flat_map(|contract| &contract.classes).chain(&data.totals) {
        if let Some(net) = figures.net {
            let computed = figures.effect - figures.surcharge - figures.fee + figures.bonus;
            differs(format!("net of class {}", figures.class), net, computed)?;
        }
        if figures.net.is_some() != (figures.class == "A") {
            return Err(DocumentError::Input(format!("class {} and a net figure", figures.class)));
        }
    }
    for contract in &data.contracts {
        let surcharges: Net = contract.classes.iter().map(|it| it.surcharge).sum();
        let parts: Net = contract.classes.iter().map(|it| it.volume).sum();
        let computed = parts + contract.uncompared_volume + surcharges;
        differs(format!("order value of {}", contract.number), contract.volume, computed)?;
    }
    let computed = totals(&data.contracts);
    if data.totals != computed {
        let words = |all: &[ClassFigures]| {
            all.iter().map(|it| format!("{} {}", it.class, it.effect)).collect::<Vec<_>>().join(", ")
        };
        let what = "totals by class".to_owned();
        return Err(DocumentError::DoesNotAddUp { what, given: words(&data.totals), computed: words(&computed) });
    }
    differs("order value".to_owned(), data.volume, data.contracts.iter().map(|it| it.volume).sum())
}

pub(crate) fn job(data: &SavingsData) -> Job<'_, SavingsData> {
    let letter = Letter {
        title: format!("Einsparbescheinigung {} für {}", data.number, data.year),
        reference: format!("Einsparbescheinigung {} vom {}", data.number, date(data.day)),
        mark: None,
        demo: data.demo,
        buyer: &data.issuer,
        supplier: &data.member,
        body: &data.body,
        base_url: data.base_url.as_deref(),
    };
    Job {
        template: "savings_certificate.xml.j2",
        data,
        letter,
        file_name: file_name("Einsparbescheinigung", &data.number),
        created: data.issued.at,
        attachments: Vec::new(),
    }
}
