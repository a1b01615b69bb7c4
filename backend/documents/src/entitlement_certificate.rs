//! The certificate of entitlement (Bescheinigung der Abrufberechtigung): that a member may call off from a framework
//! contract, since when by which proof, until when, and what. It states one day; a later one names the one it replaces.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::data::{Body, ContractReference, EarlierPaper, Party, Signature};
use crate::document::{CheckCode, Document, DocumentError};
use crate::format_de::date;
use crate::frame::Page;
use crate::memo::Named;
use crate::render::{Job, Letter, file_name};
use crate::template::Templates;

/// What may be called off from a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotScope {
    /// "Los 2 Citrix".
    pub lot: String,
    /// Articles of its price list.
    pub articles: u32,
    /// Suppliers of the lot on the day, by name.
    pub suppliers: Vec<String>,
}

/// Everything a certificate of entitlement prints. Its canonical JSON is the input of the Prüfkennung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntitlementData {
    /// Number of the certificate, `B-7K3M9Q2D`.
    pub number: String,
    /// The day it speaks of (Berlin).
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
    /// Who is entitled.
    pub member: Party,
    /// The framework contract with its lots.
    pub contract: ContractReference,
    /// The member orders in-house from the cooperative, which is entitled itself (§ 108 GWB).
    pub in_house: bool,
    /// First day on which the member could call off.
    pub since: NaiveDate,
    /// Last day, as known on the day of the certificate.
    pub until: NaiveDate,
    /// Legal basis, term, options: what the contract says about itself.
    pub basis: Vec<Named>,
    /// Membership, authority, entitlement: each with dates and proof.
    pub proof: Vec<Named>,
    /// What may be called off.
    pub scope: Vec<LotScope>,
    /// Ceilings and quota, in words.
    pub ceilings: Vec<Named>,
    /// Which rule was asked and on which law it rests.
    pub sources: Vec<Named>,
    /// Address under which Prüfkennungen are answered.
    pub base_url: Option<String>,
}

/// Makes the certificate as PDF; the same data, templates and program give the same bytes.
///
/// # Errors
/// If the template (an override, usually) is broken.
pub fn entitlement_certificate(data: &EntitlementData, templates: &Templates) -> Result<Document, DocumentError> {
    job(data).render(templates)
}

/// The pages as positioned items, without a file and under any Prüfkennung: for tests and the check of templates.
///
/// # Errors
/// As [`entitlement_certificate()`].
pub fn pages(data: &EntitlementData, templates: &Templates, code: &CheckCode) -> Result<Vec<Page>, DocumentError> {
    job(data).pages(templates, code)
}

pub(crate) fn job(data: &EntitlementData) -> Job<'_, EntitlementData> {
    let letter = Letter {
        title: format!("Bescheinigung der Abrufberechtigung {}", data.number),
        reference: format!("Bescheinigung {} vom {}", data.number, date(data.day)),
        mark: None,
        demo: data.demo,
        buyer: &data.issuer,
        supplier: &data.member,
        body: &data.body,
        base_url: data.base_url.as_deref(),
    };
    Job {
        template: "entitlement_certificate.xml.j2",
        data,
        letter,
        file_name: file_name("Abrufberechtigung", &data.number),
        created: data.issued.at,
        attachments: Vec::new(),
    }
}
