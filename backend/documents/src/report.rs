//! A report on paper: title and selection, the rows under a head that stands on every page, the sums, the method, and
//! the comparison of the list with the figure of the report. It is made when asked for and not stored, so it bears no
//! Prüfkennung: nobody could answer for it later.

use abruf_domain::money::Net;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::data::{Body, Party, Signature};
use crate::document::{CheckCode, Document, DocumentError};
use crate::format_de::date_time;
use crate::frame::Page;
use crate::render::{Job, Letter, file_name};
use crate::template::Templates;

/// A column of figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportHead {
    /// What stands over it.
    pub title: String,
    /// Numbers stand flush right with their commas below each other, days flush left.
    pub number: bool,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRow {
    /// What it is about.
    pub name: String,
    /// What is said about it, in small print below.
    pub notes: Vec<String>,
    /// Its figures as they are printed, one per head.
    pub figures: Vec<String>,
}

/// The list against the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportCheck {
    /// Which figure.
    pub name: String,
    /// Whether it is an amount in euros.
    pub amount: bool,
    /// Sum of the list.
    pub listed: String,
    /// The same from a query of its own.
    pub reported: String,
    /// What must be zero.
    pub difference: String,
}

/// Everything a report prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportData {
    /// Its title.
    pub title: String,
    /// What it answers, in a sentence.
    pub lead: String,
    /// What is filtered by, in words; empty: everything the reader may see.
    pub filter: Vec<String>,
    /// Instant of the data.
    pub as_of: DateTime<Utc>,
    /// Who asked for it.
    pub made: Signature,
    /// Prints "Beispieldaten" on each page.
    pub demo: bool,
    /// Whose report it is: the purchasing body.
    pub issuer: Party,
    /// The same with its contact data, for the footer.
    pub body: Body,
    /// What stands over the names.
    pub name_head: String,
    /// The columns of figures.
    pub heads: Vec<ReportHead>,
    /// The rows.
    pub rows: Vec<ReportRow>,
    /// Their sums, one per head, empty where there is none; no entry at all where nothing is summed.
    pub sums: Vec<String>,
    /// What stands in place of the table where there are no rows.
    pub empty: String,
    /// How it is computed.
    pub method: Vec<String>,
    /// The comparison.
    pub checks: Vec<ReportCheck>,
}

/// Makes the report as PDF; the same data, templates and program give the same bytes.
///
/// # Errors
/// If a difference is not that of its figures, or a row has not one figure per head, or if the template (an override,
/// usually) is broken.
pub fn report(data: &ReportData, templates: &Templates) -> Result<Document, DocumentError> {
    check(data)?;
    job(data).render(templates)
}

/// The pages as positioned items, without a file: for tests and the check of templates.
///
/// # Errors
/// As [`report()`].
pub fn pages(data: &ReportData, templates: &Templates, code: &CheckCode) -> Result<Vec<Page>, DocumentError> {
    check(data)?;
    job(data).pages(templates, code)
}

fn check(data: &ReportData) -> Result<(), DocumentError> {
    let wide = data.rows.iter().map(|row| &row.figures).chain((!data.sums.is_empty()).then_some(&data.sums));
    if let Some(row) = wide.into_iter().find(|figures| figures.len() != data.heads.len()) {
        return Err(DocumentError::Input(format!("{} figures under {} heads", row.len(), data.heads.len())));
    }
    for it in &data.checks {
        let read =
            |text: &str| text.parse::<Net>().map_err(|error| DocumentError::Input(format!("{}: {error}", it.name)));
        let computed = read(&it.listed)? - read(&it.reported)?;
        if computed != read(&it.difference)? {
            return Err(DocumentError::DoesNotAddUp {
                what: format!("difference of {}", it.name),
                given: it.difference.clone(),
                computed: computed.to_string(),
            });
        }
    }
    Ok(())
}

pub(crate) fn job(data: &ReportData) -> Job<'_, ReportData> {
    let letter = Letter {
        title: data.title.clone(),
        reference: format!("{}, Stand {}", data.title, date_time(data.as_of)),
        mark: None,
        demo: data.demo,
        buyer: &data.issuer,
        supplier: &data.issuer,
        body: &data.body,
        base_url: None,
    };
    Job {
        template: "report.xml.j2",
        data,
        letter,
        file_name: file_name("Bericht", &data.title),
        created: data.made.at,
        attachments: Vec::new(),
    }
}
