//! The meeting report (Sitzungsbericht): what an organ of the cooperative had before it. Cover, one page of summary,
//! tables, restatement since the report before, reconciliation, method. Classes are never added together.

use abruf_domain::money::Net;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::data::{Body, Party, Signature};
use crate::document::{CheckCode, Document, DocumentError};
use crate::format_de::date;
use crate::frame::Page;
use crate::render::{Job, Letter, file_name};
use crate::template::Templates;

/// One of the four figures, in words: their kinds differ (amounts, shares), and each stands with its sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// „Einsparung belegt“.
    pub name: String,
    /// `12.345,67 €` or `87,00 %`.
    pub value: String,
    /// What it means.
    pub sentence: String,
    /// The same of the year before; `None`: nothing to compare with.
    pub before: Option<String>,
}

/// Figures of a contract, a member, a year or everything; net, in euros, each class on its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amounts {
    /// Order value.
    pub volume: Net,
    /// Class A, net of surcharge and fee, with the bonus.
    pub a_net: Net,
    /// Class B.
    pub b: Net,
    /// Class C.
    pub c: Net,
    /// Class P: no cash.
    pub p: Net,
}

impl Amounts {
    /// Nothing.
    pub const ZERO: Self = Self { volume: Net::ZERO, a_net: Net::ZERO, b: Net::ZERO, c: Net::ZERO, p: Net::ZERO };

    /// Both together, figure by figure.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            volume: self.volume + other.volume,
            a_net: self.a_net + other.a_net,
            b: self.b + other.b,
            c: self.c + other.c,
            p: self.p + other.p,
        }
    }

    fn sum<'a>(all: impl Iterator<Item = &'a Self>) -> Self {
        all.fold(Self::ZERO, |sum, it| sum.plus(it))
    }
}

/// A contract with its figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfContract {
    /// Its number.
    pub number: String,
    /// Its title.
    pub title: String,
    /// Call-offs behind the figures.
    pub call_offs: u32,
    /// The figures.
    pub amounts: Amounts,
}

/// A member with its figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfMember {
    /// Its name.
    pub name: String,
    /// Call-offs behind the figures.
    pub call_offs: u32,
    /// The figures.
    pub amounts: Amounts,
    /// Class A per inhabitant; `None` where nobody lives or nobody counted.
    pub per_inhabitant: Option<Net>,
}

/// A year with its figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfYear {
    /// Calendar year.
    pub year: i32,
    /// The figures.
    pub amounts: Amounts,
}

/// Something the organ should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// „dringend“, „bald“ or „beachten“.
    pub urgency: String,
    /// Contract, or what else it is about.
    pub about: String,
    /// What there is.
    pub words: String,
}

/// A proposal or decision that was on record when the report was frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// „Beschlussvorlage“ or „Beschluss“.
    pub kind: String,
    /// Number in the agenda.
    pub number: String,
    /// Its date.
    pub day: NaiveDate,
    /// Its text.
    pub wording: String,
}

/// A call-off whose class A is another one today than in the report before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restated {
    /// Number of the call-off.
    pub number: String,
    /// Its member.
    pub member: String,
    /// As it was frozen.
    pub frozen: Net,
    /// As it is now.
    pub now: Net,
    /// What changed.
    pub difference: Net,
    /// Why, as far as the program knows.
    pub reason: String,
}

/// How the year of the report before looks today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restatement {
    /// Number of the report before.
    pub report: String,
    /// The year it was about.
    pub year: i32,
    /// State of its data.
    pub as_of: DateTime<Utc>,
    /// Class A as it was frozen.
    pub frozen: Net,
    /// The call-offs that changed; the largest differences if there are many.
    pub rows: Vec<Restated>,
    /// Changed call-offs that are not listed.
    pub unlisted: u32,
    /// Their difference.
    pub unlisted_difference: Net,
    /// Difference of all that changed.
    pub changed: Net,
    /// Call-offs that were not in the report before.
    pub added_call_offs: u32,
    /// Their class A.
    pub added: Net,
    /// Class A of that year today.
    pub now: Net,
}

/// Everything a meeting report prints. Its canonical JSON is the input of the Prüfkennung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeetingReportData {
    /// `SB-2026-01`.
    pub number: String,
    /// Which meeting.
    pub meeting: String,
    /// Its day.
    pub day: NaiveDate,
    /// Calendar year it reports on.
    pub year: i32,
    /// The year was not over at the state of the data.
    pub running: bool,
    /// State of the data.
    pub as_of: DateTime<Utc>,
    /// Who froze it, and when.
    pub frozen: Signature,
    /// Prints "Beispieldaten" on each page.
    pub demo: bool,
    /// The cooperative.
    pub issuer: Party,
    /// The same with its contact data, for the footer.
    pub body: Body,
    /// The four figures.
    pub figures: Vec<Figure>,
    /// Everything together.
    pub total: Amounts,
    /// Call-offs behind it.
    pub call_offs: u32,
    /// By contract.
    pub contracts: Vec<OfContract>,
    /// By member.
    pub members: Vec<OfMember>,
    /// Five years, oldest first.
    pub years: Vec<OfYear>,
    /// What to look at.
    pub signals: Vec<Signal>,
    /// What was on record for the meeting.
    pub resolutions: Vec<Resolution>,
    /// Against the report before; `None`: this is the first.
    pub restatement: Option<Restatement>,
    /// What the list of call-offs behind the report sums to.
    pub listed: Amounts,
    /// SHA-256 of that list, hexadecimal.
    pub list_sha256: String,
    /// The method, one sentence each.
    pub method: Vec<String>,
    /// Version of the method.
    pub method_version: String,
    /// Address under which Prüfkennungen are answered.
    pub base_url: Option<String>,
}

/// Makes the report as PDF; the same data, templates and program give the same bytes.
///
/// # Errors
/// If a table or the list does not add up to the total, if the restatement does not lead from the report before to
/// today, or if the template (an override, usually) is broken.
pub fn meeting_report(data: &MeetingReportData, templates: &Templates) -> Result<Document, DocumentError> {
    check(data)?;
    job(data).render(templates)
}

/// The pages as positioned items, without a file and under any Prüfkennung: for tests and the check of templates.
///
/// # Errors
/// As [`meeting_report()`].
pub fn pages(data: &MeetingReportData, templates: &Templates, code: &CheckCode) -> Result<Vec<Page>, DocumentError> {
    check(data)?;
    job(data).pages(templates, code)
}

fn check(data: &MeetingReportData) -> Result<(), DocumentError> {
    let differs = |what: String, given: Net, computed: Net| {
        if given == computed {
            return Ok(());
        }
        Err(DocumentError::DoesNotAddUp { what, given: given.to_string(), computed: computed.to_string() })
    };
    for (what, parts) in [
        ("contracts", Amounts::sum(data.contracts.iter().map(|it| &it.amounts))),
        ("members", Amounts::sum(data.members.iter().map(|it| &it.amounts))),
        ("listed call-offs", data.listed.clone()),
    ] {
        let figure = |name: &str| format!("{name} of {what}");
        differs(figure("order value"), data.total.volume, parts.volume)?;
        differs(figure("class A"), data.total.a_net, parts.a_net)?;
        differs(figure("class B"), data.total.b, parts.b)?;
        differs(figure("class C"), data.total.c, parts.c)?;
        differs(figure("class P"), data.total.p, parts.p)?;
    }
    let Some(it) = &data.restatement else { return Ok(()) };
    for row in &it.rows {
        differs(format!("difference of {}", row.number), row.difference, row.now - row.frozen)?;
    }
    let listed: Net = it.rows.iter().map(|row| row.difference).sum();
    differs("restated call-offs".to_owned(), it.changed, listed + it.unlisted_difference)?;
    differs(format!("class A of {} today", it.year), it.now, it.frozen + it.changed + it.added)
}

pub(crate) fn job(data: &MeetingReportData) -> Job<'_, MeetingReportData> {
    let letter = Letter {
        title: format!("Sitzungsbericht {}: Einsparungen {}", data.number, data.year),
        reference: format!("Sitzungsbericht {} zum {}", data.number, date(data.day)),
        mark: None,
        demo: data.demo,
        buyer: &data.issuer,
        supplier: &data.issuer,
        body: &data.body,
        base_url: data.base_url.as_deref(),
    };
    Job {
        template: "meeting_report.xml.j2",
        data,
        letter,
        file_name: file_name("Sitzungsbericht", &data.number),
        created: data.frozen.at,
        attachments: Vec::new(),
    }
}
