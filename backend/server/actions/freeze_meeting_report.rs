//! Freeze a report for a meeting. It gets the next number of its body, the state of the data, a paper with Prüfkennung
//! and hash, and the list of call-offs its figures are the sum of. Nothing that happens later alters it.
//!
//! Rendering holds no lock: facts are read in one snapshot, the PDF is made outside, and then everything is written at
//! once. Whoever loses a race for the number counts again; whoever freezes what somebody else has just frozen gets
//! that report.

use abruf_documents::data::Signature;
use abruf_documents::reproduce::template_of;
use abruf_documents::{Document, Templates};
use abruf_domain::audit::AuditEntry;
use abruf_domain::period::berlin_date;
use chrono::{Datelike, NaiveDate, TimeDelta};
use data_encoding::HEXLOWER;
use serde_json::json;
use uuid::Uuid;

use super::issue_document::off_the_runtime;
use super::keyed::Keyed;
use super::load_templates::templates_of;
use super::meeting_report_data::{Asked, ToBeFrozen, report_data};
use super::{ATTEMPTS, ActionError, FieldError, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::StorageError;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::certificates::{self, NewCertificate, Subject};
use crate::storage::error::consistent;
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::meeting_reports::{self, NewMeetingReport};
use crate::storage::{assignments, documents};

/// What a frozen report says, for pages and programs.
pub use abruf_documents::MeetingReportData as Report;

/// Who may freeze a report.
pub const FREEZERS: &[Role] = &[Role::Office, Role::Board];

/// The first year there can be anything of.
const FIRST_YEAR: i32 = 2000;
/// Longest name of a meeting, in characters.
const MAX_MEETING: usize = 120;
/// A report is frozen at most so long before its meeting.
const DAYS_AHEAD: i64 = 366;

/// Which report, for which meeting.
#[derive(Debug, Clone)]
pub struct ToFreeze {
    /// Calendar year it reports on.
    pub year: i32,
    /// Day of the meeting.
    pub meeting_on: NaiveDate,
    /// Which meeting: „Aufsichtsrat“.
    pub meeting: String,
    /// That the person knows: it cannot be changed afterwards.
    pub confirmed: bool,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freezing {
    /// It is frozen now.
    Frozen(Uuid),
    /// Somebody had frozen it before: that one counts.
    Already(Uuid),
}

impl Freezing {
    /// The report.
    #[must_use]
    pub const fn id(self) -> Uuid {
        match self {
            Self::Frozen(id) | Self::Already(id) => id,
        }
    }
}

/// Freezes a report, or finds the one that was frozen for this meeting.
///
/// # Errors
/// If the year has no call-offs, the day does not fit, or nobody confirmed: field errors.
pub async fn freeze(
    app: &App,
    actor: &Actor,
    asked: &ToFreeze,
    key: Option<&IdempotencyKey>,
) -> Result<Freezing, ActionError> {
    only(actor, FREEZERS)?;
    check(asked, app.clock.today())?;
    for _ in 0..ATTEMPTS {
        match made(Keyed { app, actor, key, now: app.clock.now() }, asked).await {
            Err(ActionError::Storage(error)) if is_lost_race(&error) => {}
            done => return done,
        }
    }
    Err(ActionError::Contended)
}

/// Somebody took the number, or froze the same report, in between.
fn is_lost_race(error: &StorageError) -> bool {
    matches!(
        error.constraint(),
        Some("certificate_number_of_body" | "meeting_report_number_once" | "meeting_report_once")
    )
}

fn check(asked: &ToFreeze, today: NaiveDate) -> Result<(), ActionError> {
    let mut errors = Vec::new();
    let mut wrong = |field: &str, message: String| errors.push(FieldError::new(field, message));
    if !(FIRST_YEAR..=today.year()).contains(&asked.year) {
        let message =
            format!("{} ist nicht möglich. Möglich sind die Jahre {FIRST_YEAR} bis {}.", asked.year, today.year());
        wrong("year", message);
    } else if asked.meeting_on.year() < asked.year {
        wrong(
            "meeting_on",
            format!(
                "Die Sitzung liegt vor dem Jahr {}, über das sie berichtet. Bitte prüfen Sie das Datum.",
                asked.year
            ),
        );
    }
    if today + TimeDelta::days(DAYS_AHEAD) < asked.meeting_on {
        wrong("meeting_on", "Die Sitzung liegt mehr als ein Jahr voraus. Bitte prüfen Sie das Datum.".to_owned());
    }
    let missing = "Bitte nennen Sie die Sitzung, zum Beispiel: Aufsichtsrat, 2. Sitzung.";
    if let Err(ActionError::Invalid(found)) = check_text("meeting", asked.meeting.trim(), MAX_MEETING, missing) {
        errors.extend(found);
    }
    if !asked.confirmed {
        let message = "Bitte bestätigen Sie, dass der Bericht danach nicht mehr geändert werden kann.";
        errors.push(FieldError::new("confirmed", message));
    }
    if errors.is_empty() { Ok(()) } else { Err(ActionError::Invalid(errors)) }
}

/// Reads what a report was made from.
///
/// # Errors
/// If the text is no recorded input of a meeting report.
pub fn report_of(id: Uuid, input: &str) -> Result<Report, ActionError> {
    #[derive(serde::Deserialize)]
    struct Recorded {
        data: Report,
    }
    let recorded: Recorded = consistent(serde_json::from_str(input), "certificate", "input", id)?;
    Ok(recorded.data)
}

async fn made(keyed: Keyed<'_>, asked: &ToFreeze) -> Result<Freezing, ActionError> {
    let Keyed { app, actor, now, .. } = keyed;
    let mut tx = app.db.begin_snapshot(actor).await?;
    if let Some(id) = keyed.replay(&mut tx).await? {
        return Ok(Freezing::Frozen(id));
    }
    if let Some(id) = meeting_reports::of_meeting(&mut tx, actor.body, asked.year, asked.meeting_on).await? {
        return Ok(Freezing::Already(id));
    }
    let sequence = meeting_reports::next_sequence(&mut tx, actor.body, asked.meeting_on).await?;
    let name = assignments::person_name(&mut tx, actor.person).await?.unwrap_or_default();
    let known = Asked {
        number: format!("SB-{}-{sequence:02}", asked.meeting_on.year()),
        meeting: asked.meeting.trim(),
        day: asked.meeting_on,
        year: asked.year,
        frozen: Signature { name, at: now },
    };
    let counted = report_data(app, &mut tx, actor, known).await?;
    let templates = templates_of(app, &mut tx, actor.body, actor.body).await?;
    tx.rollback().await?;
    let (data, in_use) = (counted.data.clone(), templates.clone());
    let document = off_the_runtime(move || abruf_documents::meeting_report(&data, &templates)).await?;
    write(keyed, asked, sequence, &counted, &document, &in_use).await
}

async fn write(
    keyed: Keyed<'_>,
    asked: &ToFreeze,
    sequence: i32,
    counted: &ToBeFrozen,
    document: &Document,
    templates: &Templates,
) -> Result<Freezing, ActionError> {
    let Keyed { app, actor, now, .. } = keyed;
    let id = app.chance.id(now);
    let subject = Subject::Meeting(asked.year);
    let bytes = app.documents.put(&document.sha256, &document.bytes).await?;
    let mut tx = app.db.begin(actor).await?;
    let paper = NewCertificate {
        id,
        subject,
        number: &counted.data.number,
        body: actor.body,
        member: actor.body,
        dated_on: berlin_date(now),
        previous: None,
        file_name: &document.file_name,
        check_code: document.check_code.as_str(),
        sha256: &document.sha256,
        template_version: &document.template_version,
        input: &document.input,
        pages: document.pages,
        bytes,
        byte_count: document.bytes.len(),
        by: Some(actor.person),
        at: now,
    };
    certificates::insert(&mut tx, &paper).await?;
    let report = NewMeetingReport {
        id,
        body: actor.body,
        year: asked.year,
        meeting_on: asked.meeting_on,
        meeting: asked.meeting.trim(),
        sequence,
        as_of: counted.data.as_of,
        call_offs: &counted.call_offs,
        call_offs_sha256: &counted.call_offs_sha256,
        previous: counted.previous,
        by: actor.person,
        at: now,
    };
    meeting_reports::insert(&mut tx, &report).await?;
    let template = template_of(&document.input)?;
    let (texts, assets) = (templates.texts(&template), templates.asset_hashes());
    documents::keep_template(&mut tx, &document.template_version, &texts, assets).await?;
    keyed.keep(&mut tx, &id).await?;
    let mut entry = AuditEntry::new(now, Some(actor.person.0), "certificate_issued", "certificate", id);
    entry.after = Some(HEXLOWER.encode(&document.sha256));
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
    let detail = json!({ "kind": subject.kind(), "number": counted.data.number, "year": asked.year, "meeting_on": asked.meeting_on });
    let record = Record::with_detail(entry, concerns, app.chance.bytes(), detail);
    // The chain is the last thing that is locked.
    audit_log::append(&mut tx, actor.body.0, &record).await?;
    tx.commit().await?;
    Ok(Freezing::Frozen(id))
}
