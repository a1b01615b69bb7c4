//! Release a request ("Verbindlich abrufen"): this makes the order and its number.
//!
//! The review runs again at the release instant, without the request's own reservation, and is
//! compared with the one the requester saw. Same or lower price and no new block or justify finding:
//! released. Anything else: nothing happens, the difference is shown.
//!
//! On a contract through the body this makes the in-house order, and in the same transaction the supplier order
//! that waits for the body (`decide_supplier_order.rs`).
//!
//! Where a price depends on the running total, or a supplier on whose turn it is, the rows that say so
//! are locked before they are read: the result is that of some serial order.

use std::collections::BTreeSet;

use abruf_domain::call_off::{Status, call_off_number};
use abruf_domain::checks::RELEASE_ONLY;
use abruf_domain::checks::budget_available::awaits_treasurer;
use abruf_domain::facts::{CheckPoint, Facts, Mechanism};
use abruf_domain::ids::{CallOffId, LotId, ReviewId};
use abruf_domain::money::Volume;
use abruf_domain::review::difference;
use abruf_domain::supply_chain::{Side, number_of_supplier_order, price_of_the_supplier};
use abruf_domain::volume::demand;
use abruf_domain::{Outcome, Review, review};
use serde::{Deserialize, Serialize};

use super::approval_turn::{self, Told, Turns};
use super::keyed::Keyed;
use super::{ATTEMPTS, ActionError, Who, call_off_record, end_request, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::call_offs::{self, Amounts, CallOff};
use crate::storage::history;
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::releases::{self, NewRelease, Order};
use crate::storage::volume::{self, EntryKind, Held, Holding, Movement, Numbering};
use crate::storage::{Tx, assignments, audit_log, facts, supplier_orders, turns};

/// What became of a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Release {
    /// The order exists.
    Released {
        /// The call-off.
        id: CallOffId,
        /// Its number.
        number: String,
        /// The review it rests on.
        review: Box<Review>,
    },
    /// This person may not release it; another may.
    Blocked {
        /// The call-off.
        id: CallOffId,
        /// Why.
        review: Box<Review>,
    },
    /// The member's approval order gives the decision to somebody else, or another step comes first.
    NotTheirTurn {
        /// The call-off.
        id: CallOffId,
        /// Every reason.
        obstacles: Vec<Told>,
    },
    /// Something changed since submission; the request waits as it was.
    Changed {
        /// The call-off.
        id: CallOffId,
        /// What the requester saw.
        seen: Box<Review>,
        /// How it is now.
        now: Box<Review>,
    },
    /// Others still owe a justification.
    Unjustified {
        /// The call-off.
        id: CallOffId,
        /// The review with the open findings.
        review: Box<Review>,
        /// Rules without their text.
        rules: Vec<String>,
    },
    /// The reservation has run out; the request is over.
    Expired {
        /// The call-off.
        id: CallOffId,
    },
}

/// How one attempt ended.
enum Attempt {
    Done(Release),
    Expired,
    Refused,
}

/// Releases a submitted request of the member the approver acts for.
///
/// # Errors
/// [`ActionError::WrongState`] if it does not wait for release.
pub async fn release(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    key: Option<&IdempotencyKey>,
) -> Result<Release, ActionError> {
    only(actor, &[Role::Approver])?;
    for _ in 0..ATTEMPTS {
        match attempt(Keyed { app, actor, key, now: app.clock.now() }, id).await? {
            Attempt::Done(release) => return Ok(release),
            Attempt::Expired => {
                end_request::expire(app, id).await?;
                return Ok(Release::Expired { id });
            }
            Attempt::Refused => {}
        }
    }
    Err(ActionError::Contended)
}

async fn attempt(keyed: Keyed<'_>, id: CallOffId) -> Result<Attempt, ActionError> {
    let Keyed { app, actor, now, .. } = keyed;
    let mut tx = app.db.begin(actor).await?;
    let (call_off, lines) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if let Some(answer) = keyed.replay(&mut tx).await? {
        return Ok(Attempt::Done(answer));
    }
    if call_off.status != Status::Submitted {
        return Err(ActionError::WrongState(call_off.status));
    }
    if call_off.expires_at.is_some_and(|end| end <= now) {
        return Ok(Attempt::Expired);
    }

    let for_whom = match approval_turn::of(&mut tx, actor, &call_off, now).await? {
        Some(Turns { turn: Ok(turn), .. }) if turn.is_release => {
            Some(turn.on_behalf_of).filter(|it| *it != actor.person)
        }
        // One's own request is told by its rule, with its law.
        Some(turns) if turns.has_steps() || (turns.turn.is_err() && actor.person != call_off.requester) => {
            let answer = Release::NotTheirTurn { id, obstacles: turns.told() };
            return decline(keyed, tx, &call_off, answer).await;
        }
        _ => None,
    };
    // The lane of prices and suppliers that depend on what was released before: turns first, then totals.
    let mut view = facts::view(&mut tx, now).await?;
    if facts::depends_on_earlier(&mut tx, &view, &call_off, &lines).await? {
        let articles: Vec<String> = lines.iter().map(|line| line.article_number.clone()).collect();
        turns::lock(&mut tx, call_off.contract, &articles).await?;
        volume::lock_running_totals(&mut tx, call_off.contract, &articles).await?;
        view = facts::view(&mut tx, now).await?;
    }
    let releaser = assignments::releaser(&mut tx, actor.person, actor.assignment).await?;
    let (facts, held) =
        facts::gather_with(&mut tx, &view, &call_off, &lines, CheckPoint::Release, Some(releaser), now).await?;
    let review = review(&facts);
    if release_only_block(&review) {
        let answer = Release::Blocked { id, review: Box::new(review) };
        return decline(keyed, tx, &call_off, answer).await;
    }
    let (seen, justified) =
        history::submitted_with(&mut tx, call_off.contract, id).await?.ok_or(ActionError::NotFound)?;
    if difference(&seen, &review).is_some() {
        let answer = Release::Changed { id, seen: Box::new(seen), now: Box::new(review) };
        return decline(keyed, tx, &call_off, answer).await;
    }
    let rules: Vec<String> = review.unjustified(&justified).map(|finding| finding.rule.clone()).collect();
    if !rules.is_empty() {
        return Ok(Attempt::Done(Release::Unjustified { id, review: Box::new(review), rules }));
    }
    let reason = match for_whom {
        Some(person) => {
            format!("In Vertretung für {}", assignments::person_name(&mut tx, person).await?.unwrap_or_default())
        }
        None => String::new(),
    };
    order(keyed, tx, &call_off, &facts, &held, review, &reason).await
}

/// Whether a rule that is judged at release only stands against this person, or the treasurer's word is
/// still missing.
fn release_only_block(review: &Review) -> bool {
    review
        .with_outcome(Outcome::Block)
        .any(|finding| RELEASE_ONLY.iter().any(|check| check.id == finding.rule) || awaits_treasurer(finding))
}

/// Notes that a release was tried and declined; the request stays.
async fn decline(keyed: Keyed<'_>, mut tx: Tx, call_off: &CallOff, answer: Release) -> Result<Attempt, ActionError> {
    let Keyed { app, actor, now, .. } = keyed;
    keyed.keep(&mut tx, &answer).await?;
    let record = call_off_record(app, call_off, "release_declined", Who::Person(actor), None, None, now);
    audit_log::append_to_contract(&mut tx, call_off.contract, &record).await?;
    tx.commit().await?;
    Ok(Attempt::Done(answer))
}

async fn order(
    keyed: Keyed<'_>,
    mut tx: Tx,
    call_off: &CallOff,
    facts: &Facts,
    held: &[Holding],
    review: Review,
    reason: &str,
) -> Result<Attempt, ActionError> {
    let Keyed { app, actor, now, .. } = keyed;
    let id = call_off.id;
    let new_id = || app.chance.id(now);
    let review_id = ReviewId(new_id());
    let movements: Vec<Movement> = facts
        .scopes
        .iter()
        .map(|scope| Movement {
            guard: scope.guard,
            scope: scope.scope,
            measure: scope.measure,
            reserved: -held.iter().find(|held| held.guard == scope.guard).map_or(Volume::ZERO, |held| held.reserved),
            authorised: demand(scope, &review.priced),
        })
        .collect();
    let back = movements.iter().map(|it| (new_id(), EntryKind::GiveBack, it.guard, it.reserved));
    let taken = movements.iter().map(|it| (new_id(), EntryKind::Authorise, it.guard, it.authorised));
    let ledger: Vec<_> = back.chain(taken).collect();
    let releaser = actor.person;
    let new = NewRelease { call_off, review_id, facts, review: &review, releaser, reason, ledger: &ledger, at: now };
    let facts_hash = match releases::write(&mut tx, &new, new_id).await {
        // Another order of this member has counted the process effect of the year a moment ago.
        Err(error) if error.constraint() == Some("savings_entry_process_once") => return Ok(Attempt::Refused),
        // The baseline was withdrawn a moment ago: what counts now is read again.
        Err(error) if error.constraint() == Some("savings_entry_baseline_counts") => return Ok(Attempt::Refused),
        written => written?,
    };
    if facts.contract.mechanism == Mechanism::Rotation {
        let lots: BTreeSet<LotId> = facts.contract.items.iter().filter_map(|item| item.lot).collect();
        let lots: Vec<LotId> = lots.into_iter().collect();
        turns::award(&mut tx, call_off.contract, &lots, call_off.supplier, review_id).await?;
    }

    let record = call_off_record(app, call_off, "call_off_released", Who::Person(actor), Some(facts_hash), None, now);
    match volume::hold(&mut tx, call_off.contract, &movements, Numbering::TakeNext, &record).await? {
        Held::Refused => Ok(Attempt::Refused),
        Held::Moved { last_number } => {
            let side = facts.contract.supply_chain.side_of_the_member();
            let number = call_off_number(&facts.contract.number, last_number, side);
            if let Some(of_supplier) = number_of_supplier_order(&number).filter(|_| side == Side::InHouse) {
                let amounts = Amounts::from(&price_of_the_supplier(facts));
                supplier_orders::insert(&mut tx, call_off, &of_supplier, releaser, &amounts, now).await?;
            }
            let amounts = Amounts::from(&review.priced);
            let answer = Release::Released { id, number: number.clone(), review: Box::new(review) };
            let order = Order { id, number: &number, releaser, amounts: &amounts, at: now };
            releases::finish(&mut tx, &order, keyed.answer(&answer)?)
                .await?
                .then_some(())
                .ok_or(ActionError::KeyReused)?;
            tx.commit().await?;
            Ok(Attempt::Done(answer))
        }
    }
}
