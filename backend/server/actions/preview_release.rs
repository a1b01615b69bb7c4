//! What a release would come to right now, for the page of the person who decides. Nothing is stored.

use abruf_domain::facts::{CheckPoint, Facts};
use abruf_domain::finding::Finding;
use abruf_domain::ids::CallOffId;
use abruf_domain::review::{Difference, difference};
use abruf_domain::{Review, review};

use super::{ActionError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::call_offs::{self, CallOff};
use crate::storage::history::{self, Justification};
use crate::storage::{assignments, facts};

/// A request as its releaser sees it.
#[derive(Debug, Clone)]
pub struct ReleasePreview {
    /// The request.
    pub call_off: CallOff,
    /// What the review saw.
    pub facts: Facts,
    /// The review at this instant, with this person as releaser.
    pub review: Review,
    /// What the requester saw.
    pub seen: Option<Review>,
    /// How the two differ, where that stops a release.
    pub difference: Option<Difference>,
    /// Justifications written so far.
    pub justifications: Vec<Justification>,
    /// Findings whose text is still owed.
    pub owed: Vec<Finding>,
}

/// Judges a visible request as if the actor released it now.
///
/// # Errors
/// [`ActionError::NotFound`] if the actor may not see it.
pub async fn preview(app: &App, actor: &Actor, id: CallOffId) -> Result<ReleasePreview, ActionError> {
    only(actor, &[Role::Approver])?;
    let mut tx = app.db.begin(actor).await?;
    let (call_off, lines) = call_offs::find(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let releaser = assignments::releaser(&mut tx, actor.person, actor.assignment).await?;
    let facts = facts::gather(&mut tx, &call_off, &lines, CheckPoint::Release, Some(releaser), app.clock.now()).await?;
    let seen = history::latest_review(&mut tx, call_off.contract, id, CheckPoint::Submission.key()).await?;
    let justifications = history::justifications(&mut tx, call_off.contract, id).await?;
    tx.rollback().await?;
    let review = review(&facts);
    let rules: Vec<String> = justifications.iter().map(|it| it.rule.clone()).collect();
    Ok(ReleasePreview {
        difference: seen.as_ref().and_then(|seen| difference(seen, &review)),
        owed: review.unjustified(&rules).cloned().collect(),
        call_off,
        facts,
        review,
        seen,
        justifications,
    })
}
