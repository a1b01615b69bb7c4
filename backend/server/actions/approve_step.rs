//! Approve a step of the member's approval order before the last one. The last step is the release
//! itself (`release_call_off.rs`): nothing is ordered here, the request goes on to the next person.

use abruf_domain::approval::Given;
use abruf_domain::call_off::Status;
use abruf_domain::facts::{CheckPoint, Releaser};
use abruf_domain::ids::CallOffId;
use abruf_domain::review::difference;
use abruf_domain::{Review, review};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::approval_turn::{self, Told, Turns};
use super::keyed::Keyed;
use super::{ActionError, Who, call_off_record, end_request, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::approval_orders::{self, NewApproval};
use crate::storage::history::{self, Step};
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::{audit_log, call_offs, facts};

/// What became of an approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum StepApproval {
    /// The step is approved; the next one is open.
    Approved {
        /// The request.
        id: CallOffId,
        /// Position of the step.
        position: i32,
        /// What the step is called.
        title: String,
        /// Who may decide the next step.
        next: Vec<String>,
    },
    /// Somebody else decides, or the decision that is open is the release.
    NotTheirTurn {
        /// The request.
        id: CallOffId,
        /// Every reason.
        obstacles: Vec<Told>,
    },
    /// Something changed since submission; the request waits as it was.
    Changed {
        /// The request.
        id: CallOffId,
        /// What the requester saw.
        seen: Box<Review>,
        /// How it is now.
        now: Box<Review>,
    },
    /// The reservation has run out; the request is over.
    Expired {
        /// The request.
        id: CallOffId,
    },
}

/// Approves the open step of a submitted request, for oneself or for whom one stands in.
///
/// # Errors
/// [`ActionError::WrongState`] if it does not wait for a decision.
pub async fn approve(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    key: Option<&IdempotencyKey>,
) -> Result<StepApproval, ActionError> {
    only(actor, &[Role::Approver])?;
    let now = app.clock.now();
    let keyed = Keyed { app, actor, key, now };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, lines) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if let Some(answer) = keyed.replay(&mut tx).await? {
        return Ok(answer);
    }
    if call_off.status != Status::Submitted {
        return Err(ActionError::WrongState(call_off.status));
    }
    if call_off.expires_at.is_some_and(|end| end <= now) {
        tx.rollback().await?;
        end_request::expire(app, id).await?;
        return Ok(StepApproval::Expired { id });
    }
    let turns = approval_turn::of(&mut tx, actor, &call_off, now).await?.ok_or(ActionError::NotFound)?;
    let (position, on_behalf_of) = match &turns.turn {
        Ok(turn) if !turn.is_release => (turn.position.unwrap_or_default(), turn.on_behalf_of),
        _ => return Ok(StepApproval::NotTheirTurn { id, obstacles: obstacles(&turns) }),
    };
    let releaser = Releaser::new(actor.person, None);
    let facts = facts::gather(&mut tx, &call_off, &lines, CheckPoint::Release, Some(releaser), now).await?;
    let review = review(&facts);
    let seen = history::latest_review(&mut tx, call_off.contract, id, CheckPoint::Submission.key())
        .await?
        .ok_or(ActionError::NotFound)?;
    if difference(&seen, &review).is_some() {
        return Ok(StepApproval::Changed { id, seen: Box::new(seen), now: Box::new(review) });
    }

    let title = turns.title_of(Some(position));
    let given = Given { position, person: actor.person, on_behalf_of };
    let approval = NewApproval {
        id: app.chance.id(now),
        order_version: turns.order_version,
        title: &title,
        given: given.clone(),
        at: now,
    };
    approval_orders::insert_approval(&mut tx, &turns.request, &approval).await?;
    let reason = if on_behalf_of == actor.person {
        title.clone()
    } else {
        format!("{title}, in Vertretung für {}", turns.name(on_behalf_of))
    };
    let step = Step {
        id: app.chance.id(now),
        decision: "approved",
        person: Some(actor.person),
        review: None,
        reason: &reason,
        at: now,
    };
    history::insert_step(&mut tx, &call_off, &step).await?;
    let mut after = turns.clone();
    after.chain.given.push(given);
    let answer = StepApproval::Approved { id, position, title, next: after.may_decide() };
    keyed.keep(&mut tx, &answer).await?;
    let detail = json!({ "position": position, "step": reason, "order_version": turns.order_version });
    let record = call_off_record(app, &call_off, "step_approved", Who::Person(actor), None, Some(detail), now);
    audit_log::append_to_contract(&mut tx, call_off.contract, &record).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Why there is no step for this person to approve.
fn obstacles(turns: &Turns) -> Vec<Told> {
    match turns.turn {
        Ok(_) => vec![Told {
            field: "steps".into(),
            rule: "approval-is-release".into(),
            message: "Ihre Entscheidung ist die letzte: Mit ihr wird der Abruf verbindlich. Bitte geben Sie ihn frei."
                .into(),
        }],
        Err(_) => turns.told(),
    }
}
