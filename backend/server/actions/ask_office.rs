//! Ask the office about a draft, answer, erase the texts. The office sees the question, not the draft.

use abruf_domain::audit::AuditEntry;
use abruf_domain::ids::CallOffId;
use serde_json::json;
use uuid::Uuid;

use super::{ActionError, Who, call_off_record, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::office_questions::{self, OfficeQuestion, Which};
use crate::storage::{Tx, call_offs};

/// Longest question and answer, in characters.
const MAX_LENGTH: usize = 4000;
/// Questions about one draft that may wait at a time.
const MOST_OPEN: usize = 10;

/// Puts a question about the buyer's own draft or returned request to the office of its body.
///
/// # Errors
/// [`ActionError::NotFound`] for somebody else's, [`ActionError::WrongState`] once it has left the draft,
/// [`ActionError::Invalid`] without a text or with one that is too long.
pub async fn ask(app: &App, actor: &Actor, id: CallOffId, wording: &str) -> Result<Uuid, ActionError> {
    only(actor, &[Role::Buyer])?;
    let wording = wording.trim();
    let missing = "Bitte schreiben Sie Ihre Frage (höchstens 4.000 Zeichen).";
    check_text("question", wording, MAX_LENGTH, missing)?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if call_off.requester != actor.person {
        return Err(ActionError::NotFound);
    }
    if !call_off.status.is_editable() {
        return Err(ActionError::WrongState(call_off.status));
    }
    let open = Which { call_off: Some(id), open: true, ..Which::default() };
    let waiting = office_questions::list(&mut tx, open, 50, 0).await?;
    // Sent twice, by a second click or a retry: asked once.
    if let Some(same) = waiting.iter().find(|it| it.question == wording) {
        return Ok(same.id);
    }
    if MOST_OPEN <= waiting.len() {
        return Err(ActionError::Refused(
            "Zu diesem Entwurf warten schon zehn Fragen auf Antwort. Bitte rufen Sie die Geschäftsstelle an.",
        ));
    }
    let question = app.chance.id(now);
    office_questions::insert(&mut tx, question, &call_off, actor.person, wording, now).await?;
    let detail = json!({ "question": question });
    let record = call_off_record(app, &call_off, "office_asked", Who::Person(actor), None, Some(detail), now);
    audit_log::append_to_contract(&mut tx, call_off.contract, &record).await?;
    tx.commit().await?;
    Ok(question)
}

/// Writes the office's answer.
///
/// # Errors
/// [`ActionError::NotFound`] for a question the office does not see, [`ActionError::Refused`] if it is answered or
/// erased already, [`ActionError::Invalid`] without a text or with one that is too long.
pub async fn answer(app: &App, actor: &Actor, id: Uuid, wording: &str) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let wording = wording.trim();
    let missing = "Bitte schreiben Sie Ihre Antwort (höchstens 4.000 Zeichen).";
    check_text("answer", wording, MAX_LENGTH, missing)?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let question = find(&mut tx, id).await?;
    if !office_questions::answer(&mut tx, id, actor.person, wording, now).await? {
        return Err(ActionError::Refused(
            "Diese Frage ist schon beantwortet oder gelöscht. Bitte laden Sie die Seite neu.",
        ));
    }
    log(&mut tx, actor, &question, "office_answered", now).await?;
    Ok(tx.commit().await?)
}

/// Erases question and answer: by whoever asked, or by the office.
///
/// # Errors
/// [`ActionError::NotFound`] for a question that is neither one's own nor of one's office,
/// [`ActionError::Refused`] if it is erased already.
pub async fn erase(app: &App, actor: &Actor, id: Uuid) -> Result<(), ActionError> {
    only(actor, &[Role::Buyer, Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let question = find(&mut tx, id).await?;
    if actor.role == Role::Buyer && question.asked_by != actor.person {
        return Err(ActionError::NotFound);
    }
    if !office_questions::erase(&mut tx, id, now).await? {
        return Err(ActionError::Refused("Diese Texte sind schon gelöscht."));
    }
    log(&mut tx, actor, &question, "office_question_erased", now).await?;
    Ok(tx.commit().await?)
}

async fn find(tx: &mut Tx, id: Uuid) -> Result<OfficeQuestion, ActionError> {
    let one = Which { id: Some(id), ..Which::default() };
    office_questions::list(tx, one, 1, 0).await?.pop().ok_or(ActionError::NotFound)
}

/// In the chain of the body: the office does not see the draft, and the entry names no text.
async fn log(
    tx: &mut Tx,
    actor: &Actor,
    question: &OfficeQuestion,
    action: &str,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), ActionError> {
    let mut entry = AuditEntry::new(now, Some(actor.person.0), action, "office_question", question.id);
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), member: Some(question.member), call_off: None };
    Ok(audit_log::append(tx, actor.body.0, &Record::new(entry, concerns)).await?)
}
