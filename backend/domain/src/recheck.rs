//! Replays a stored review: the same facts through the rules of its own edition must say the same.
//!
//! Three ends: identical; explained, because a listed change of the rule book stands between then and
//! now; alarm, because nothing does: facts, result or program are not what they were.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::Facts;
use crate::edition::{self, Change, PRICES};
use crate::review::{Review, review_as_of};

/// What a replay came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replay {
    /// Not a figure differs.
    Identical,
    /// Listed changes explain every difference.
    Explained(Vec<&'static Change>),
    /// Something differs that no listed change explains.
    Alarm(Vec<Difference>),
}

/// Something that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    /// A rule, or `prices`, `savings`, `decision`, `gaps`, `volume`.
    pub place: String,
    /// What is stored, as JSON.
    pub stored: String,
    /// What comes out now, as JSON.
    pub replayed: String,
}

/// Replays `stored` from its facts.
#[must_use]
pub fn recheck(facts: &Facts, stored: &Review) -> Replay {
    let replayed = review_as_of(facts, stored.edition);
    if replayed == *stored {
        return Replay::Identical;
    }
    let differences = differences(stored, &replayed);
    let rules_changed = |place: &str| edition::after(stored.edition, place).collect::<Vec<_>>();
    let mut explanations: Vec<&'static Change> = Vec::new();
    let mut open = Vec::new();
    for difference in differences {
        let mut changes = rules_changed(&difference.place);
        // What follows from prices and findings is explained by what explains them.
        if changes.is_empty() && FOLLOWS.contains(&difference.place.as_str()) {
            changes = rules_changed(PRICES);
        }
        match changes.is_empty() {
            true => open.push(difference),
            false => explanations.extend(changes),
        }
    }
    if open.is_empty() {
        explanations.sort_by_key(|change| (change.edition, change.rule));
        explanations.dedup();
        Replay::Explained(explanations)
    } else {
        Replay::Alarm(open)
    }
}

/// Places whose content rests on the prices.
const FOLLOWS: [&str; 4] = ["savings", "volume", "gaps", "decision"];

fn differences(stored: &Review, replayed: &Review) -> Vec<Difference> {
    fn json<T: Serialize>(value: &T) -> String {
        crate::canonical::canonical_json(value)
    }
    let mut differences = Vec::new();
    let mut compare = |place: &str, stored: String, replayed: String| {
        if stored != replayed {
            differences.push(Difference { place: place.to_owned(), stored, replayed });
        }
    };
    let rules: BTreeSet<&str> =
        stored.findings.iter().chain(&replayed.findings).map(|finding| finding.rule.as_str()).collect();
    for rule in rules {
        let of = |review: &Review| json(&review.findings.iter().filter(|it| it.rule == rule).collect::<Vec<_>>());
        compare(rule, of(stored), of(replayed));
    }
    compare(PRICES, json(&stored.priced), json(&replayed.priced));
    compare("savings", json(&stored.savings), json(&replayed.savings));
    compare("volume", json(&stored.after), json(&replayed.after));
    compare("gaps", json(&stored.gaps), json(&replayed.gaps));
    compare("decision", json(&stored.decision), json(&replayed.decision));
    compare(
        "instant",
        json(&(stored.evaluated_at, stored.check_point)),
        json(&(replayed.evaluated_at, replayed.check_point)),
    );
    if differences.is_empty() {
        // The same findings in another order: nobody wrote them so.
        differences.push(Difference { place: "order".to_owned(), stored: String::new(), replayed: String::new() });
    }
    differences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{citrix, of};
    use crate::finding::Outcome;
    use crate::review::review;

    #[test]
    fn an_untouched_review_is_identical() {
        let facts = citrix();
        assert_eq!(recheck(&facts, &review(&facts)), Replay::Identical);
    }

    #[test]
    fn a_finding_turned_into_passed_is_an_alarm() {
        let mut facts = citrix();
        facts.request.need.clear();
        let mut stored = review(&facts);
        let need = stored.findings.iter_mut().find(|finding| finding.rule == "need-documented").unwrap();
        need.outcome = Outcome::Passed;
        let Replay::Alarm(differences) = recheck(&facts, &stored) else { panic!("nobody noticed") };
        assert_eq!(differences.iter().map(|it| it.place.as_str()).collect::<Vec<_>>(), ["need-documented"]);
    }

    #[test]
    fn facts_changed_afterwards_are_an_alarm() {
        let mut facts = citrix();
        let stored = review(&facts);
        facts.request.lines[0].quantity = of("119");
        assert!(matches!(recheck(&facts, &stored), Replay::Alarm(_)));
    }

    #[test]
    fn a_result_that_never_came_from_these_rules_is_not_explained_by_a_later_edition() {
        let facts = citrix();
        let mut stored = review_as_of(&facts, edition::FIRST);
        stored.findings.retain(|finding| finding.rule != "cap-value");
        assert!(matches!(recheck(&facts, &stored), Replay::Alarm(_)));
    }

    #[test]
    fn a_review_of_an_earlier_edition_is_replayed_with_its_own_rules() {
        let facts = citrix();
        assert_eq!(recheck(&facts, &review_as_of(&facts, edition::FIRST)), Replay::Identical);
    }
}
