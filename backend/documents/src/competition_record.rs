//! The record of a mini-competition (Vergabevermerk zum Miniwettbewerb, § 8 VgV, § 6 UVgO): who was asked for what, what
//! arrived when, who opened it, how it was scored and why it was decided so. Made once it is decided.

use abruf_domain::money::Net;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::data::{Body, Currency, Party, Signature};
use crate::document::{CheckCode, Document, DocumentError};
use crate::format_de::date;
use crate::frame::Page;
use crate::memo::Named;
use crate::render::{Job, Letter, file_name};
use crate::template::Templates;

/// A line of what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedLine {
    /// Article number of the contract.
    pub article_number: String,
    /// What it is.
    pub title: String,
    /// "16 Tage".
    pub quantity: String,
}

/// The invitations, all sent at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitations {
    /// Who sent them, and when.
    pub sent: Signature,
    /// End of the time for offers as the invitation said it.
    pub deadline_at: DateTime<Utc>,
    /// Later ends, each in place of the one before; none printed where none was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<ExtensionRow>,
    /// Each party with the address it was asked at.
    pub parties: Vec<Named>,
}

/// A deadline that was left for a later one while it ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtensionRow {
    /// The later end.
    pub deadline_at: DateTime<Utc>,
    /// Why, as all parties read it.
    pub reason: String,
    /// Who extended it, and when.
    pub extended: Signature,
}

/// A question with the answer all parties got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionRow {
    /// Who asked.
    pub supplier: String,
    /// When it arrived.
    pub asked_at: DateTime<Utc>,
    /// What was asked.
    pub question: String,
    /// What was answered to all; `None` without an answer.
    pub answer: Option<String>,
    /// When.
    pub answered_at: Option<DateTime<Utc>>,
}

/// That an offer arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptRow {
    /// Whose.
    pub supplier: String,
    /// When.
    pub received_at: DateTime<Utc>,
    /// How it arrived.
    pub channel: String,
    /// After the deadline: not opened.
    pub late: bool,
    /// Who recorded it, and when.
    pub recorded: Signature,
    /// Salted digest of its content; empty for a late one.
    pub seal: String,
    /// In time, and a later one in time took its place: not opened.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replaced: bool,
}

/// The opening by two persons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// When the offers were opened.
    pub at: DateTime<Utc>,
    /// Who signed first, and when.
    pub first: Signature,
    /// The second person.
    pub second: String,
}

/// An opened offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferRow {
    /// Whose.
    pub supplier: String,
    /// Article and price, in words.
    pub prices: Vec<String>,
    /// What it says beside prices; may be empty.
    pub statement: String,
    /// Whether it is what was sealed at its receipt.
    pub unchanged: bool,
}

/// Where an offer stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoreRow {
    /// Whose.
    pub supplier: String,
    /// From 1; `None`: not compared.
    pub rank: Option<u32>,
    /// What the lines cost by it; `None` where it is not complete.
    pub total: Option<Net>,
    /// Sum of the points, German.
    pub score: String,
    /// Points by criterion with their arithmetic or reason, in words; why it is not compared.
    pub parts: Vec<String>,
}

/// The scoring that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoringPart {
    /// Who scored, and when.
    pub by: Signature,
    /// From 1; a correction is a further one.
    pub round: u32,
    /// Best first.
    pub rows: Vec<ScoreRow>,
}

/// Everything the record of a mini-competition prints. Its canonical JSON is the input of the Prüfkennung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompetitionRecordData {
    /// Number of the record, `B-7K3M9Q2D`.
    pub number: String,
    /// The day of the decision (Berlin).
    pub day: NaiveDate,
    /// Who decided, and when.
    pub decided: Signature,
    /// Prints "Beispieldaten" on each page.
    pub demo: bool,
    /// Currency of all amounts.
    pub currency: Currency,
    /// Who ran it: the member or the cooperative.
    pub runner: Party,
    /// The cooperative whose contract it is about.
    pub body: Body,
    /// What it was about.
    pub title: String,
    /// Client, contract, legal basis, criteria: each with its name.
    pub subject: Vec<Named>,
    /// What was asked for.
    pub lines: Vec<AskedLine>,
    /// `None` where it was abolished before anybody was asked.
    pub invitations: Option<Invitations>,
    /// Questions and answers.
    pub questions: Vec<QuestionRow>,
    /// What arrived, in its order.
    pub receipts: Vec<ReceiptRow>,
    /// `None` where nothing was opened.
    pub opening: Option<Opening>,
    /// The opened offers.
    pub offers: Vec<OfferRow>,
    /// `None` where nothing was scored.
    pub scoring: Option<ScoringPart>,
    /// Who won; `None`: abolished.
    pub winner: Option<String>,
    /// Why it was decided so.
    pub reason: String,
    /// How the lot was drawn; empty without.
    pub drawn: String,
    /// Address under which Prüfkennungen are answered.
    pub base_url: Option<String>,
}

/// Makes the record as PDF; the same data, templates and program give the same bytes.
///
/// # Errors
/// If the template (an override, usually) is broken.
pub fn competition_record(data: &CompetitionRecordData, templates: &Templates) -> Result<Document, DocumentError> {
    job(data).render(templates)
}

/// The pages as positioned items, without a file and under any Prüfkennung: for tests and the check of templates.
///
/// # Errors
/// As [`competition_record()`].
pub fn pages(
    data: &CompetitionRecordData,
    templates: &Templates,
    code: &CheckCode,
) -> Result<Vec<Page>, DocumentError> {
    job(data).pages(templates, code)
}

pub(crate) fn job(data: &CompetitionRecordData) -> Job<'_, CompetitionRecordData> {
    let letter = Letter {
        title: format!("Vergabevermerk {} zum Miniwettbewerb {}", data.number, data.title),
        reference: format!("Vergabevermerk {} vom {}", data.number, date(data.day)),
        mark: None,
        demo: data.demo,
        buyer: &data.runner,
        supplier: &data.runner,
        body: &data.body,
        base_url: data.base_url.as_deref(),
    };
    Job {
        template: "competition_record.xml.j2",
        data,
        letter,
        file_name: file_name("Vergabevermerk", &data.number),
        created: data.decided.at,
        attachments: Vec::new(),
    }
}
