//! Hand a draft over for release ("Zur Freigabe geben"): review it, reserve its volume.
//!
//! A block, or a justification the requester still owes, keeps the draft as it is; the attempt is
//! logged (`submission_declined`) and auditors see it. A refusal for lack of volume first lets expired
//! reservations of the contract go and tries again.

use abruf_domain::call_off::Status;
use abruf_domain::facts::{CheckPoint, Facts};
use abruf_domain::ids::{CallOffId, ReviewId};
use abruf_domain::money::Volume;
use abruf_domain::period::berlin_date;
use abruf_domain::review::Gap;
use abruf_domain::volume::demand;
use abruf_domain::{Outcome, Review, review};
use chrono::{DateTime, Days, Utc};
use serde::{Deserialize, Serialize};

use super::keyed::Keyed;
use super::{ATTEMPTS, ActionError, Who, call_off_record, end_request, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::call_offs::{self, Amounts, CallOff};
use crate::storage::history::{self, Step};
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::volume::{self, EntryKind, Held, Holding, Movement, Numbering};
use crate::storage::{Tx, audit_log, facts, parameters};

/// What became of a submission.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Submission {
    /// It waits for release; its volume is reserved.
    Submitted {
        /// The call-off.
        id: CallOffId,
        /// Vorgangsnummer for the telephone.
        case_number: String,
        /// End of the reservation.
        expires_at: DateTime<Utc>,
        /// The review it rests on.
        review: Box<Review>,
    },
    /// The review declined it; the draft stays.
    Declined {
        /// The call-off.
        id: CallOffId,
        /// Why.
        review: Box<Review>,
    },
    /// The form is not filled in; nothing was judged.
    Incomplete {
        /// The call-off.
        id: CallOffId,
        /// What is missing.
        gaps: Vec<Gap>,
    },
}

/// How one attempt ended.
enum Attempt {
    Done(Submission),
    /// Volume is lacking: a guard refused after the review had passed, or expired reservations may be
    /// in the way.
    Refused,
    /// A returned request whose reservation has run out.
    Expired,
}

/// Submits the actor's own draft or returned request.
///
/// # Errors
/// [`ActionError::WrongState`] if it is neither or has run out, [`ActionError::NotFound`] if it is not
/// the actor's.
pub async fn submit(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    key: Option<&IdempotencyKey>,
) -> Result<Submission, ActionError> {
    only(actor, &[Role::Buyer])?;
    let mut swept = false;
    for _ in 0..ATTEMPTS {
        match attempt(Keyed { app, actor, key, now: app.clock.now() }, id, !swept).await? {
            Attempt::Done(submission) => return Ok(submission),
            Attempt::Refused if !swept => {
                swept = true;
                end_request::expire_of_call_off(app, actor, id).await?;
            }
            Attempt::Refused => {}
            Attempt::Expired => {
                end_request::expire(app, id).await?;
                return Err(ActionError::WrongState(Status::Expired));
            }
        }
    }
    Err(ActionError::Contended)
}

/// `may_sweep`: lack of volume is not final yet, expired reservations may be let go first. Whose they
/// are the actor may not know: only the sweep, a job, sees those of other members.
async fn attempt(keyed: Keyed<'_>, id: CallOffId, may_sweep: bool) -> Result<Attempt, ActionError> {
    let Keyed { app, actor, now, .. } = keyed;
    let mut tx = app.db.begin(actor).await?;
    let (call_off, lines) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if let Some(answer) = keyed.replay(&mut tx).await? {
        return Ok(Attempt::Done(answer));
    }
    if call_off.requester != actor.person {
        return Err(ActionError::NotFound);
    }
    if !call_off.status.is_editable() {
        return Err(ActionError::WrongState(call_off.status));
    }
    if call_off.status == Status::Returned && call_off.expires_at.is_some_and(|end| end <= now) {
        return Ok(Attempt::Expired);
    }

    let facts = facts::gather(&mut tx, &call_off, &lines, CheckPoint::Submission, None, now).await?;
    let review = review(&facts);
    if !review.gaps.is_empty() {
        return Ok(Attempt::Done(Submission::Incomplete { id, gaps: review.gaps }));
    }
    if may_sweep && lacks_volume(&review) {
        return Ok(Attempt::Refused);
    }
    let justified: Vec<String> = history::justifications(&mut tx, call_off.contract, id)
        .await?
        .into_iter()
        .map(|justification| justification.rule)
        .collect();
    if !review.may_be_submitted(&justified) {
        return decline(keyed, tx, &call_off, &facts, review).await.map(Attempt::Done);
    }
    reserve(keyed, tx, &call_off, &facts, review).await
}

/// Whether a ceiling or quota stands in the way.
fn lacks_volume(review: &Review) -> bool {
    review
        .with_outcome(Outcome::Block)
        .any(|finding| matches!(finding.rule.as_str(), "cap-value" | "cap-quantity" | "member-quota"))
}

async fn decline(
    keyed: Keyed<'_>,
    mut tx: Tx,
    call_off: &CallOff,
    facts: &Facts,
    review: Review,
) -> Result<Submission, ActionError> {
    let Keyed { app, actor, now, .. } = keyed;
    let review_id = ReviewId(app.chance.id(now));
    let facts_hash = history::insert_review(&mut tx, call_off, review_id, facts, &review, actor.person).await?;
    call_offs::set_declined(&mut tx, call_off.id, berlin_date(now), now).await?;
    step(keyed, &mut tx, call_off, "declined", review_id).await?;
    let record = call_off_record(app, call_off, "submission_declined", Who::Person(actor), Some(facts_hash), None, now);
    let answer = Submission::Declined { id: call_off.id, review: Box::new(review) };
    keyed.keep(&mut tx, &answer).await?;
    audit_log::append_to_contract(&mut tx, call_off.contract, &record).await?;
    tx.commit().await?;
    Ok(answer)
}

async fn reserve(
    keyed: Keyed<'_>,
    mut tx: Tx,
    call_off: &CallOff,
    facts: &Facts,
    review: Review,
) -> Result<Attempt, ActionError> {
    let Keyed { app, actor, now, .. } = keyed;
    let review_id = ReviewId(app.chance.id(now));
    let facts_hash = history::insert_review(&mut tx, call_off, review_id, facts, &review, actor.person).await?;
    call_offs::write_prices(&mut tx, call_off, &review.priced).await?;
    // A returned request keeps the end of its reservation: going back and forth must not hold volume for ever.
    let expires_at = match (call_off.status, call_off.expires_at) {
        (Status::Returned, Some(expires_at)) => expires_at,
        _ => now + Days::new(days_to_expiry(&mut tx, call_off, now).await?),
    };
    let amounts = Amounts::from(&review.priced);
    call_offs::set_submitted(&mut tx, call_off.id, &amounts, review.day, now, expires_at).await?;
    step(keyed, &mut tx, call_off, "submitted", review_id).await?;

    let before = volume::holdings(&mut tx, call_off.contract, call_off.id).await?;
    let movements = reservations(facts, &review, &before);
    write_reservations(app, &mut tx, call_off, &movements, now).await?;
    let record = call_off_record(app, call_off, "call_off_submitted", Who::Person(actor), Some(facts_hash), None, now);
    let answer = Submission::Submitted {
        id: call_off.id,
        case_number: call_off.case_number.clone(),
        expires_at,
        review: Box::new(review),
    };
    keyed.keep(&mut tx, &answer).await?;
    match volume::hold(&mut tx, call_off.contract, &movements, Numbering::None, &record).await? {
        Held::Refused => Ok(Attempt::Refused),
        Held::Moved { .. } => {
            tx.commit().await?;
            Ok(Attempt::Done(answer))
        }
    }
}

/// What the reservation of a request must change by, scope for scope, from what it holds to what its
/// lines ask for now.
pub(super) fn reservations(facts: &Facts, review: &Review, before: &[Holding]) -> Vec<Movement> {
    facts
        .scopes
        .iter()
        .map(|scope| {
            let held = before.iter().find(|held| held.guard == scope.guard).map_or(Volume::ZERO, |held| held.reserved);
            Movement {
                guard: scope.guard,
                scope: scope.scope,
                measure: scope.measure,
                reserved: demand(scope, &review.priced) - held,
                authorised: Volume::ZERO,
            }
        })
        .chain(before.iter().filter(|held| facts.scopes.iter().all(|scope| scope.guard != held.guard)).map(|held| {
            // A scope the changed lines no longer touch gets its reservation back.
            Movement {
                guard: held.guard,
                scope: held.scope,
                measure: held.measure,
                reserved: -held.reserved,
                authorised: Volume::ZERO,
            }
        }))
        .collect()
}

/// Writes the changes of a reservation into the ledger.
pub(super) async fn write_reservations(
    app: &App,
    tx: &mut Tx,
    call_off: &CallOff,
    movements: &[Movement],
    now: DateTime<Utc>,
) -> Result<(), ActionError> {
    let (grows, shrinks): (Vec<&Movement>, Vec<&Movement>) =
        movements.iter().partition(|movement| Volume::ZERO <= movement.reserved);
    for (kind, moved) in [(EntryKind::Reserve, grows), (EntryKind::GiveBack, shrinks)] {
        let entries: Vec<_> =
            moved.iter().map(|movement| (app.chance.id(now), movement.guard, movement.reserved)).collect();
        volume::write_entries(tx, call_off.contract, call_off.id, kind, &entries, now).await?;
    }
    Ok(())
}

async fn step(
    keyed: Keyed<'_>,
    tx: &mut Tx,
    call_off: &CallOff,
    decision: &str,
    review: ReviewId,
) -> Result<(), ActionError> {
    let Keyed { app, actor, now, .. } = keyed;
    let step = Step {
        id: app.chance.id(now),
        decision,
        person: Some(actor.person),
        review: Some(review),
        reason: "",
        at: now,
    };
    Ok(history::insert_step(tx, call_off, &step).await?)
}

async fn days_to_expiry(tx: &mut Tx, call_off: &CallOff, now: DateTime<Utc>) -> Result<u64, ActionError> {
    let parameters = parameters::valid_for_member(tx, call_off.member, berlin_date(now)).await?;
    Ok(parameters.parsed("request_expires_after_days")?)
}
