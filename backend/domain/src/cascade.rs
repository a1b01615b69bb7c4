//! Where the suppliers of a cascade stand for one call-off: asked, declined, silent, or next.
//!
//! A supplier has passed when a documented decline came in, or when it was asked, the contract sets an
//! answer period, and the period is over. Rule `cascade-order`, the proposal of a draft and the page of
//! the ranks read the same answer here.

use chrono::{DateTime, NaiveDate, Utc};

use crate::answer_period::Deadline;
use crate::facts::{Facts, Mechanism, Party};
use crate::ids::{LotId, OrganisationId};
use crate::money::Net;

/// What a supplier has said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nobody has recorded a request, and no decline.
    NotAsked,
    /// Asked, and still free to accept; the deadline where the contract sets a period.
    Asked {
        /// When.
        asked_on: NaiveDate,
        /// Until when the answer is due.
        deadline: Option<Deadline>,
    },
    /// Asked, and the period ended without an answer.
    Silent(Deadline),
    /// Passed in writing.
    Declined {
        /// When it came in.
        received_at: DateTime<Utc>,
    },
}

impl Answer {
    /// Whether the next rank has its turn.
    #[must_use]
    pub const fn has_passed(&self) -> bool {
        matches!(self, Self::Silent(_) | Self::Declined { .. })
    }
}

/// What this supplier has said until the instant judged.
#[must_use]
pub fn answer(facts: &Facts, supplier: OrganisationId, day: NaiveDate) -> Answer {
    // A decline without a document, or one that came in later, does not count.
    let declined = facts.request.declines.iter().find(|decline| {
        decline.supplier == supplier && decline.received_at <= facts.evaluated_at && !decline.document.trim().is_empty()
    });
    if let Some(decline) = declined {
        return Answer::Declined { received_at: decline.received_at };
    }
    let asked =
        facts.request.rank_requests.iter().find(|request| request.supplier == supplier && request.asked_on <= day);
    let Some(request) = asked else { return Answer::NotAsked };
    let deadline = facts.contract.answer_period.as_ref().map(|period| period.deadline(request.asked_on));
    match deadline {
        Some(deadline) if deadline.is_over(day) => Answer::Silent(deadline),
        deadline => Answer::Asked { asked_on: request.asked_on, deadline },
    }
}

/// The suppliers of the lot in rank with what each has said.
#[must_use]
pub fn ranks(facts: &Facts, lot: Option<LotId>, day: NaiveDate) -> Vec<(&Party, Answer)> {
    let parties = facts.contract.ranked_parties(lot, day).into_iter();
    parties.map(|party| (party, answer(facts, party.supplier, day))).collect()
}

/// Whose turn it is: the first in rank that has not passed.
#[must_use]
pub fn next(facts: &Facts, lot: Option<LotId>, day: NaiveDate) -> Option<&Party> {
    ranks(facts, lot, day).into_iter().find(|(_, answer)| !answer.has_passed()).map(|(party, _)| party)
}

/// Whether the contract is a cascade for an order of this value. Contracts with mini-competitions are
/// one up to their direct limit.
#[must_use]
pub fn is_cascade(facts: &Facts, net: Net) -> bool {
    match facts.contract.mechanism {
        Mechanism::Cascade => true,
        Mechanism::MiniCompetitionAbove { direct_limit } => {
            facts.request.mini_competition.is_none() && net <= direct_limit
        }
        Mechanism::Single | Mechanism::Rotation | Mechanism::BestPricePerItem { .. } => false,
    }
}
