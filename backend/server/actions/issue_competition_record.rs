//! Issue the record of a decided mini-competition, once: whoever asks first has it made, and everybody gets the same
//! file. Its facts can no longer change, so nothing is lost while nobody asks.

use abruf_documents::reproduce::template_of;
use abruf_domain::audit::AuditEntry;
use abruf_domain::ids::MiniCompetitionId;
use data_encoding::HEXLOWER;

use super::ActionError;
use super::competition_record_data::record_data;
use super::issue_document::off_the_runtime;
use super::load_templates::templates_of;
use crate::actor::{Actor, RunsAs};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::certificates::{self, NewCertificate, Subject};
use crate::storage::{documents, mini_competitions};

/// File name and bytes of the record; made now if nobody has asked before.
///
/// # Errors
/// If the competition is not the actor's to see, or not decided yet: both look absent.
pub async fn record(app: &App, actor: &Actor, id: MiniCompetitionId) -> Result<(String, Vec<u8>), ActionError> {
    let mut tx = app.db.begin(actor).await?;
    mini_competitions::find(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let made = certificates::of_competition(&mut tx, id).await?;
    tx.rollback().await?;
    if let Some(file) = made {
        return Ok(app.documents.read(file).await?);
    }
    issue(app, id).await?;
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let file = certificates::of_competition(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    tx.rollback().await?;
    Ok(app.documents.read(file).await?)
}

async fn issue(app: &App, id: MiniCompetitionId) -> Result<(), ActionError> {
    // As the program: the record names everybody, whoever of them the asker may see elsewhere.
    let mut tx = app.db.begin_snapshot(RunsAs::Job).await?;
    let it = mini_competitions::find(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let number = app.chance.certificate_number();
    let data = record_data(app, &mut tx, &it, number.clone()).await?.ok_or(ActionError::NotFound)?;
    let in_use = templates_of(app, &mut tx, it.body, it.member).await?;
    tx.rollback().await?;
    let (templates, day) = (in_use.clone(), data.day);
    let document = off_the_runtime(move || abruf_documents::competition_record(&data, &templates)).await?;
    let bytes = app.documents.put(&document.sha256, &document.bytes).await?;
    let now = app.clock.now();
    let new = NewCertificate {
        id: app.chance.id(now),
        subject: Subject::Competition(it.contract, it.id),
        number: &number,
        body: it.body,
        member: it.member,
        dated_on: day,
        previous: None,
        file_name: &document.file_name,
        check_code: document.check_code.as_str(),
        sha256: &document.sha256,
        template_version: &document.template_version,
        input: &document.input,
        pages: document.pages,
        bytes,
        byte_count: document.bytes.len(),
        by: None,
        at: now,
    };
    let mut tx = app.db.begin(RunsAs::Job).await?;
    match certificates::insert(&mut tx, &new).await {
        // Somebody else had it made in this moment: theirs is the record.
        Err(error) if error.constraint() == Some("certificate_competition_once") => return Ok(tx.rollback().await?),
        inserted => inserted?,
    }
    let template = template_of(&document.input)?;
    let (texts, assets) = (in_use.texts(&template), in_use.asset_hashes());
    documents::keep_template(&mut tx, &document.template_version, &texts, assets).await?;
    let mut entry = AuditEntry::new(now, None, "certificate_issued", "certificate", new.id);
    entry.after = Some(HEXLOWER.encode(&document.sha256));
    let concerns = Concerns { body: Some(it.body), member: Some(it.member), call_off: None };
    audit_log::append_to_contract(&mut tx, it.contract, &Record::new(entry, concerns)).await?;
    Ok(tx.commit().await?)
}
