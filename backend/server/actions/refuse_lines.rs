//! Refuse single lines of a request: they leave it with a reason and give their reservation back; the
//! rest is reviewed again and keeps waiting for the decision. Approvals given before stay: they were
//! for more than what is left.

use abruf_domain::call_off::Status;
use abruf_domain::facts::CheckPoint;
use abruf_domain::ids::{CallOffId, ReviewId};
use abruf_domain::notation::Language::German;
use abruf_domain::{Review, review};
use serde_json::json;

use super::approval_turn::{self, Told};
use super::submit_call_off::{reservations, write_reservations};
use super::{ATTEMPTS, ActionError, FieldError, Who, call_off_record, check_text, end_request, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::call_offs::{self, Amounts, Asked, Line};
use crate::storage::history::{self, Step};
use crate::storage::volume::{self, Held, Numbering};
use crate::storage::{facts, refused_lines};

/// Longest reason of a line, in characters.
const MAX_REASON: usize = 500;

/// A line to be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its position.
    pub position: i32,
    /// Why.
    pub reason: String,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq)]
pub enum LinesRefused {
    /// The lines have left; the rest waits as reviewed.
    Done {
        /// The review of the rest.
        review: Box<Review>,
    },
    /// The rest alone would not be lawful; nothing was changed.
    Declined {
        /// Why.
        review: Box<Review>,
    },
    /// It is somebody else's turn.
    NotTheirTurn {
        /// Every reason.
        obstacles: Vec<Told>,
    },
    /// The reservation has run out; the request is over.
    Expired,
}

/// How one attempt ended.
enum Attempt {
    Done(LinesRefused),
    Contended,
}

/// Refuses lines of a submitted request. `seen` is the version whose positions are meant.
///
/// # Errors
/// [`ActionError::Stale`] if it was changed since; [`ActionError::Invalid`] if a reason or a line is missing.
pub async fn refuse_lines(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    seen: i32,
    refusals: &[Refusal],
) -> Result<LinesRefused, ActionError> {
    only(actor, &[Role::Approver])?;
    for _ in 0..ATTEMPTS {
        if let Attempt::Done(done) = attempt(app, actor, id, seen, refusals).await? {
            return Ok(done);
        }
    }
    Err(ActionError::Contended)
}

async fn attempt(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    seen: i32,
    refusals: &[Refusal],
) -> Result<Attempt, ActionError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let (call_off, lines) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if call_off.status != Status::Submitted {
        return Err(ActionError::WrongState(call_off.status));
    }
    if call_off.expires_at.is_some_and(|end| end <= now) {
        tx.rollback().await?;
        end_request::expire(app, id).await?;
        return Ok(Attempt::Done(LinesRefused::Expired));
    }
    if call_off.version != seen {
        return Err(ActionError::Stale { seen, is: call_off.version });
    }
    let turns = approval_turn::of(&mut tx, actor, &call_off, now).await?.ok_or(ActionError::NotFound)?;
    if turns.turn.is_err() {
        return Ok(Attempt::Done(LinesRefused::NotTheirTurn { obstacles: turns.told() }));
    }
    let Divided { refused, stay } = divided(lines, refusals)?;

    let kept: Vec<Asked> = stay.iter().map(Asked::from).collect();
    call_offs::replace_lines(&mut tx, &call_off, &kept).await?;
    let (call_off, lines) = call_offs::find(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let facts = facts::gather(&mut tx, &call_off, &lines, CheckPoint::Submission, None, now).await?;
    let review = review(&facts);
    let justified: Vec<String> = history::justifications(&mut tx, call_off.contract, id)
        .await?
        .into_iter()
        .map(|justification| justification.rule)
        .collect();
    if !review.gaps.is_empty() || !review.may_be_submitted(&justified) {
        return Ok(Attempt::Done(LinesRefused::Declined { review: Box::new(review) }));
    }

    let review_id = ReviewId(app.chance.id(now));
    let facts_hash = history::insert_review(&mut tx, &call_off, review_id, &facts, &review, actor.person).await?;
    call_offs::write_prices(&mut tx, &call_off, &review.priced).await?;
    refused_lines::set_amounts(&mut tx, &call_off, &Amounts::from(&review.priced), now).await?;
    for (line, reason) in &refused {
        refused_lines::insert(&mut tx, &call_off, app.chance.id(now), line, reason, actor.person, now).await?;
    }
    let words: Vec<String> = refused.iter().map(|(line, reason)| in_words(line, reason)).collect();
    let words = words.join("\n");
    let step = Step {
        id: app.chance.id(now),
        decision: "lines_refused",
        person: Some(actor.person),
        review: Some(review_id),
        reason: &words,
        at: now,
    };
    history::insert_step(&mut tx, &call_off, &step).await?;

    let before = volume::holdings(&mut tx, call_off.contract, id).await?;
    let movements = reservations(&facts, &review, &before);
    write_reservations(app, &mut tx, &call_off, &movements, now).await?;
    let detail = json!({ "lines": words });
    let record =
        call_off_record(app, &call_off, "lines_refused", Who::Person(actor), Some(facts_hash), Some(detail), now);
    match volume::hold(&mut tx, call_off.contract, &movements, Numbering::None, &record).await? {
        Held::Refused => Ok(Attempt::Contended),
        Held::Moved { .. } => {
            tx.commit().await?;
            Ok(Attempt::Done(LinesRefused::Done { review: Box::new(review) }))
        }
    }
}

/// „2 × CTX-TRN: nicht im Haushalt“
fn in_words(line: &Line, reason: &str) -> String {
    format!("{} × {}: {reason}", German.number(line.quantity.decimal().normalize()), line.article_number)
}

/// The lines of a request.
struct Divided {
    /// To be refused, with the reason.
    refused: Vec<(Line, String)>,
    /// What the request keeps.
    stay: Vec<Line>,
}

/// The lines to be refused with their reasons, and those that stay.
fn divided(lines: Vec<Line>, refusals: &[Refusal]) -> Result<Divided, ActionError> {
    let mut errors = Vec::new();
    if refusals.is_empty() {
        let message = "Bitte wählen Sie mindestens eine Position aus, die Sie ablehnen.";
        errors.push(FieldError::new("lines", message));
    }
    for (at, refusal) in refusals.iter().enumerate() {
        if lines.iter().all(|line| line.position != refusal.position) {
            let message = format!(
                "Eine Position {} hat dieser Abruf nicht. Er hat {} Positionen.",
                refusal.position,
                lines.len()
            );
            errors.push(FieldError::new(format!("lines[{at}].position"), message));
        }
        let missing = "Bitte schreiben Sie, warum Sie diese Position ablehnen. Die anfordernde Person liest es.";
        let field = format!("lines[{at}].reason");
        if let Err(ActionError::Invalid(more)) = check_text(&field, refusal.reason.trim(), MAX_REASON, missing) {
            errors.extend(more);
        }
    }
    let reason = |line: &Line| refusals.iter().find(|it| it.position == line.position);
    if errors.is_empty() && lines.iter().all(|line| reason(line).is_some()) {
        let message = "Sie lehnen alle Positionen ab. Bitte lehnen Sie dann den ganzen Abruf ab.";
        errors.push(FieldError::new("lines", message));
    }
    if !errors.is_empty() {
        return Err(ActionError::Invalid(errors));
    }
    let (mut refused, mut stay) = (Vec::new(), Vec::new());
    for line in lines {
        match reason(&line) {
            Some(refusal) => refused.push((line, refusal.reason.trim().to_owned())),
            None => stay.push(line),
        }
    }
    Ok(Divided { refused, stay })
}
