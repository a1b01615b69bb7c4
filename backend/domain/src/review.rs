//! The review: all checks over one set of facts. It never fails and never stops at the first finding.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::checks;
use crate::checks::budget_available::awaits_treasurer;
use crate::edition;
use crate::facts::{CheckPoint, Facts, Item, Price};
use crate::finding::{Addressee, Finding, Outcome};
use crate::money::Volume;
use crate::period::berlin_date;
use crate::pricing::{PricedCallOff, PricedLine, price};
use crate::savings::{Savings, savings};
use crate::volume::demand;

/// What the review comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Nothing in the way.
    Clear,
    /// Somebody has to justify something.
    NeedsJustification,
    /// Not allowed as it is.
    Blocked,
}

impl Decision {
    /// The key in the database and in JSON.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::NeedsJustification => "needs_justification",
            Self::Blocked => "blocked",
        }
    }
}

/// What has to be filled in before a request can be judged: no finding, an unfinished form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "gap", rename_all = "snake_case")]
pub enum Gap {
    /// No line at all.
    NoLines,
    /// A subscription needs a performance period.
    PerformanceMissing {
        /// The article that needs it.
        article_number: String,
    },
    /// A free-text item needs its quote or EVB-IT contract.
    QuoteMissing {
        /// The article that needs it.
        article_number: String,
    },
    /// The amount is ten thousand million or more: a typing error in the quantity.
    AmountTooLarge {
        /// The article with that quantity.
        article_number: String,
    },
}

/// The judgement on one call-off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Edition of the rule book that judged.
    #[serde(default = "first_edition")]
    pub edition: u16,
    /// When in the life of the call-off.
    pub check_point: CheckPoint,
    /// The instant judged.
    pub evaluated_at: DateTime<Utc>,
    /// Its Berlin date.
    pub day: NaiveDate,
    /// What it comes to.
    pub decision: Decision,
    /// Every finding, passed ones too, in the order of the rule list.
    pub findings: Vec<Finding>,
    /// What is missing in the form.
    pub gaps: Vec<Gap>,
    /// All amounts.
    pub priced: PricedCallOff,
    /// Savings; none where the call-off is blocked.
    pub savings: Option<Savings>,
    /// Volume of each scope after this call-off, in the order of the facts.
    pub after: Vec<Volume>,
}

/// What a check may look at.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The facts.
    pub facts: &'a Facts,
    /// D: Berlin date of the instant judged.
    pub day: NaiveDate,
    /// The prices.
    pub priced: &'a PricedCallOff,
    /// Savings, for the rules about them.
    pub savings: Option<&'a Savings>,
}

impl<'a> Case<'a> {
    /// Items of the contract that the request names, each once.
    pub fn requested_items(&self) -> impl Iterator<Item = &'a Item> + use<'a> {
        let request = &self.facts.request;
        let named = |item: &&Item| request.lines.iter().any(|line| line.article_number == item.article_number);
        self.facts.contract.items.iter().filter(named)
    }
}

fn first_edition() -> u16 {
    edition::FIRST
}

/// Judges the facts.
#[must_use]
pub fn review(facts: &Facts) -> Review {
    review_as_of(facts, edition::CURRENT)
}

/// Judges the facts by the rules of an earlier edition, for the replay of a stored review.
#[must_use]
pub fn review_as_of(facts: &Facts, edition: u16) -> Review {
    let day = berlin_date(facts.evaluated_at);
    let priced = price(facts, day);
    let mut findings: Vec<Finding> = Vec::new();

    let case = Case { facts, day, priced: &priced, savings: None };
    for check in edition::as_of(checks::CALL_OFF, edition) {
        findings.extend(check.findings(&case));
    }
    for check in edition::as_of(checks::RELEASE_ONLY, edition) {
        findings.extend(match facts.check_point {
            CheckPoint::Submission => vec![check.pending()],
            CheckPoint::Release => check.findings(&case),
        });
    }

    // A blocked call-off saves nothing: no savings, and no findings about them.
    let saved = (decide(&findings) != Decision::Blocked).then(|| savings(facts, &priced, day));
    if let Some(savings) = &saved {
        let case = Case { savings: Some(savings), ..case };
        for check in edition::as_of(checks::SAVINGS, edition) {
            findings.extend(check.findings(&case));
        }
    }

    Review {
        edition,
        check_point: facts.check_point,
        evaluated_at: facts.evaluated_at,
        day,
        decision: decide(&findings),
        gaps: gaps(facts, &priced),
        after: facts.scopes.iter().map(|scope| scope.taken() + demand(scope, &priced)).collect(),
        findings,
        savings: saved,
        priced,
    }
}

fn decide(findings: &[Finding]) -> Decision {
    match findings.iter().map(|finding| finding.outcome).max() {
        Some(Outcome::Block) => Decision::Blocked,
        Some(Outcome::Justify) => Decision::NeedsJustification,
        _ => Decision::Clear,
    }
}

/// Lines that have a price but no amount, and a request without lines.
fn gaps(facts: &Facts, priced: &PricedCallOff) -> Vec<Gap> {
    if facts.request.lines.is_empty() {
        return vec![Gap::NoLines];
    }
    let unfinished = priced.lines.iter().filter(|line| line.price_term.is_some() && line.net.is_none());
    unfinished
        .map(|line| {
            let article_number = line.article_number.clone();
            match (&line.unit_price, is_quoted(facts, line)) {
                (None, true) => Gap::QuoteMissing { article_number },
                (None, false) => Gap::PerformanceMissing { article_number },
                (Some(_), _) => Gap::AmountTooLarge { article_number },
            }
        })
        .collect()
}

fn is_quoted(facts: &Facts, line: &PricedLine) -> bool {
    let terms = facts.contract.items.iter().flat_map(|item| &item.prices);
    let mut used = terms.filter(|term| Some(term.id) == line.price_term);
    used.any(|term| matches!(term.price, Price::Quoted { .. }))
}

impl Review {
    /// Findings with this outcome, in the order of the rule list.
    pub fn with_outcome(&self, outcome: Outcome) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.outcome == outcome)
    }

    /// Findings that need somebody's action first, then notices, then what is checked later.
    #[must_use]
    pub fn open_findings(&self) -> Vec<&Finding> {
        let mut open: Vec<&Finding> = self.findings.iter().filter(|f| f.outcome != Outcome::Passed).collect();
        open.sort_by_key(|finding| match finding.outcome {
            Outcome::Block => 0,
            Outcome::Justify => 1,
            Outcome::Notice => 2,
            Outcome::Pending | Outcome::Passed => 3,
        });
        open
    }

    /// Whether the request may leave the draft: complete, not blocked, and every justification that
    /// is the requester's own is there. Justifications of others become their tasks.
    #[must_use]
    pub fn may_be_submitted(&self, justified: &[String]) -> bool {
        self.gaps.is_empty()
            && self.decision != Decision::Blocked
            && self.unjustified(justified).all(|finding| finding.addressee != Addressee::Requester)
    }

    /// Justify findings without their text.
    pub fn unjustified<'a>(&'a self, justified: &'a [String]) -> impl Iterator<Item = &'a Finding> {
        self.with_outcome(Outcome::Justify)
            .filter(|finding| !justified.contains(&finding.rule) || cured_by_field(finding))
    }
}

/// need-documented is cured by filling its field only, never by a text about it.
fn cured_by_field(finding: &Finding) -> bool {
    finding.rule == checks::need_documented::CHECK.id
}

/// What the releaser must be shown: how the review at release differs from the one the requester saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The gross value rose.
    pub dearer: bool,
    /// Block and justify findings that were not there before.
    pub new_findings: Vec<Finding>,
}

/// Compares the review at release with the one at submission; `None` if nothing stands in the way:
/// same or lower price and no new block or justify finding. New notices never stop a release, and that
/// the treasurer still has to confirm the money is no change: it was open at submission.
#[must_use]
pub fn difference(seen: &Review, now: &Review) -> Option<Difference> {
    let stops = |finding: &&Finding| matches!(finding.outcome, Outcome::Block | Outcome::Justify);
    let known = |finding: &Finding| {
        seen.findings.iter().filter(stops).any(|before| {
            before.rule == finding.rule && before.outcome == finding.outcome && before.params == finding.params
        })
    };
    let difference = Difference {
        dearer: seen.priced.gross < now.priced.gross,
        new_findings: now
            .findings
            .iter()
            .filter(stops)
            .filter(|it| !known(it) && !awaits_treasurer(it))
            .cloned()
            .collect(),
    };
    (difference.dearer || !difference.new_findings.is_empty()).then_some(difference)
}

#[cfg(test)]
mod tests;
