//! Note a supplier's question in a mini-competition, and answer it to all: nobody may know more than the others
//! (§ 97 (2) GWB).

use abruf_domain::ids::{MiniCompetitionId, OrganisationId};
use abruf_domain::mini_competition::Step;
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::competition_step::{held, log};
use super::{ActionError, FieldError, check_text};
use crate::actor::Actor;
use crate::app::App;
use crate::storage::mini_competition_messages::{self, NewQuestion};
use crate::storage::mini_competitions::Competition;
use crate::storage::{Tx, outbox};

/// Longest question and answer, in characters.
const LONGEST: usize = 4000;

/// Records a question; its answer follows.
///
/// # Errors
/// [`ActionError::Invalid`] for a supplier that was not asked, or an instant outside sending and now.
pub async fn ask(
    app: &App,
    actor: &Actor,
    id: MiniCompetitionId,
    supplier: OrganisationId,
    asked_at: DateTime<Utc>,
    question: &str,
) -> Result<Uuid, ActionError> {
    let question = question.trim().replace("\r\n", "\n");
    check_text("question", &question, LONGEST, "Bitte schreiben Sie die Frage so auf, wie sie gestellt wurde.")?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let competition = held(&mut tx, actor, id, Step::Ask).await?;
    check_invited_supplier(&mut tx, id, supplier).await?;
    check_arrival(&competition, "asked_at", asked_at, now)?;
    let new = NewQuestion { id: app.chance.id(now), supplier, asked_at, question };
    mini_competition_messages::insert_question(&mut tx, competition.contract, id, &new, actor.person, now).await?;
    let detail = json!({ "question": new.id, "supplier": supplier, "asked_at": asked_at, "text": new.question });
    log(app, &mut tx, actor, &competition, "competition_question_recorded", detail, now).await?;
    tx.commit().await?;
    Ok(new.id)
}

/// Answers a question to all parties; an answer stands.
///
/// # Errors
/// [`ActionError::NotFound`] for a question of another competition, [`ActionError::NotNow`] once it is answered or
/// the deadline is over.
pub async fn answer(
    app: &App,
    actor: &Actor,
    id: MiniCompetitionId,
    question: Uuid,
    answer: &str,
) -> Result<(), ActionError> {
    let answer = answer.trim().replace("\r\n", "\n");
    check_text(
        "answer",
        &answer,
        LONGEST,
        "Bitte schreiben Sie die Antwort. Alle eingeladenen Lieferanten erhalten sie.",
    )?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let competition = held(&mut tx, actor, id, Step::Ask).await?;
    if competition.deadline_at < now {
        return Err(ActionError::NotNow(
            "Die Frist ist zu Ende. Eine Antwort könnte kein Angebot mehr ändern.".to_owned(),
        ));
    }
    let questions = mini_competition_messages::questions(&mut tx, id).await?;
    let asked = questions.iter().find(|it| it.id == question).ok_or(ActionError::NotFound)?;
    if asked.answer.is_some() {
        return Err(ActionError::NotNow(
            "Diese Frage ist schon beantwortet. Eine Antwort an alle lässt sich nicht zurückholen.".to_owned(),
        ));
    }
    mini_competition_messages::insert_answer(&mut tx, competition.contract, question, &answer, actor.person, now)
        .await?;
    outbox::push_about(&mut tx, app.chance.id(now), "tell_answer", competition.contract, id, now).await?;
    let detail = json!({ "question": question, "answer": answer });
    log(app, &mut tx, actor, &competition, "competition_question_answered", detail, now).await?;
    Ok(tx.commit().await?)
}

/// Only who was asked can ask back or offer.
pub(super) async fn check_invited_supplier(
    tx: &mut Tx,
    id: MiniCompetitionId,
    supplier: OrganisationId,
) -> Result<(), ActionError> {
    let invited = mini_competition_messages::invitations(tx, id).await?;
    if invited.iter().any(|it| it.supplier == supplier) {
        return Ok(());
    }
    let names: Vec<&str> = invited.iter().map(|it| it.name.as_str()).collect();
    Err(ActionError::Invalid(vec![FieldError::new(
        "supplier_id",
        format!(
            "Dieser Lieferant wurde nicht eingeladen. Eingeladen sind: {}. Bitte wählen Sie einen davon.",
            names.join(", ")
        ),
    )]))
}

/// What arrives arrives after the sending and not in the future.
pub(super) fn check_arrival(
    competition: &Competition,
    field: &str,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), ActionError> {
    let german = abruf_domain::notation::Language::German;
    let sent_at = competition.sent_at.unwrap_or(competition.created_at);
    if sent_at <= at && at <= now {
        return Ok(());
    }
    Err(ActionError::Invalid(vec![FieldError::new(
        field,
        format!(
            "Der Eingang ist mit {} angegeben. Möglich ist die Zeit vom Versand am {} bis jetzt, {}. Bitte prüfen Sie Tag und Uhrzeit.",
            german.instant(at),
            german.instant(sent_at),
            german.instant(now)
        ),
    )]))
}
