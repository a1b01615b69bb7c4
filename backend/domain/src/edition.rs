//! Editions of the rule book: which version of which rule judged when.
//!
//! Each review names its edition. A change that alters a result opens an edition, raises the version of
//! its rule, keeps the old function in [`checks::SUPERSEDED`] and stands
//! in [`CHANGES`]: so that an old review can be replayed, and what differs today can be explained.

use crate::checks::{self, Check};

/// The edition that judges now.
pub const CURRENT: u16 = 3;

/// The edition of reviews that name none.
pub const FIRST: u16 = 1;

/// A change of the rule book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The edition it opened or joined.
    pub edition: u16,
    /// The rule, or [`PRICES`].
    pub rule: &'static str,
    /// Its version from then on.
    pub version: u16,
    /// What changed, for the reader of `abruf recheck`.
    pub what: &'static str,
}

/// Stands for the formation of prices in [`CHANGES`].
pub const PRICES: &str = "prices";

const fn change(edition: u16, rule: &'static str, version: u16, what: &'static str) -> Change {
    Change { edition, rule, version, what }
}

/// What is said of a rule that was not there before.
const NEW: &str = "Neue Regel.";

/// What changed for contracts on which the body orders.
const BODY_ENTITLED: &str = "Wo die Genossenschaft bestellt, ist sie abrufberechtigt und nicht das Mitglied.";

/// Every change since the first edition, oldest first. A rule that is not named has not changed.
pub const CHANGES: &[Change] = &[
    change(2, "four-eyes", 2, "Technische Konten geben nichts mehr frei."),
    change(2, "item-in-scope", 2, "Ein Preis, der nur noch freigegeben werden muss, gilt nicht mehr als fehlend."),
    change(2, "supplier-is-party", 2, "Das falsche Los meldet jetzt lot-supplier-match."),
    change(2, "performance-beyond-term", 1, NEW),
    change(2, "lot-supplier-match", 1, NEW),
    change(2, "price-matches-terms", 1, NEW),
    change(2, "price-version-approved", 1, NEW),
    change(2, "price-adjustment-applied", 1, NEW),
    change(2, "tier-jump-cheaper", 1, NEW),
    change(2, "cascade-order", 1, NEW),
    change(2, "rotation-turn", 1, NEW),
    change(2, "best-price-item", 1, NEW),
    change(2, "mini-competition-required", 1, NEW),
    change(2, "mini-competition-complete", 1, NEW),
    change(2, "order-splitting", 1, NEW),
    change(2, "duplicate-call-off", 1, NEW),
    change(2, "standstill-check", 1, NEW),
    change(2, "budget-available", 1, NEW),
    change(2, "multi-year-commitment", 1, NEW),
    change(2, "council-resolution", 1, NEW),
    change(2, "data-processing-agreement", 1, NEW),
    change(2, "accessibility-evidence", 1, NEW),
    change(2, "evb-it-type", 1, NEW),
    change(2, "invoice-routing", 1, NEW),
    change(2, "conflict-of-interest", 1, NEW),
    change(2, "member-is-contracting-authority", 1, NEW),
    change(2, "inhouse-evidence-current", 1, NEW),
    change(2, "power-to-bind", 1, NEW),
    change(3, "inhouse-evidence-current", 2, "Gilt auch, wo die Genossenschaft für das Mitglied bestellt."),
    change(3, "member-entitled", 2, BODY_ENTITLED),
    change(3, "accession-after-notice", 2, BODY_ENTITLED),
    change(3, "entitlement-after-notice", 2, BODY_ENTITLED),
    change(3, "term-cap", 2, "Jahre ab dem 29. Februar enden am 28. Februar, nicht einen Tag früher."),
];

/// Rules of `current` as they stood in `edition`.
pub(crate) fn as_of(current: &'static [Check], edition: u16) -> impl Iterator<Item = &'static Check> {
    current.iter().filter(move |check| since(check.id) <= edition).map(move |check| {
        let older = checks::SUPERSEDED.iter().filter(|old| old.check.id == check.id && edition <= old.last_edition);
        older.min_by_key(|old| old.last_edition).map_or(check, |old| &old.check)
    })
}

/// The edition that brought the rule.
#[must_use]
pub fn since(rule: &str) -> u16 {
    CHANGES.iter().find(|change| change.rule == rule && change.version == 1).map_or(FIRST, |change| change.edition)
}

/// Changes of the rule after `edition`.
pub fn after(edition: u16, rule: &str) -> impl Iterator<Item = &'static Change> {
    CHANGES.iter().filter(move |change| change.rule == rule && edition < change.edition)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_version_of_every_rule_is_the_last_that_the_list_names() {
        let mut last: BTreeMap<&str, u16> = BTreeMap::new();
        for change in CHANGES.iter().filter(|change| change.rule != PRICES) {
            assert!(checks::by_id(change.rule).is_some(), "{} is no rule", change.rule);
            last.insert(change.rule, change.version);
        }
        for rule in checks::all() {
            assert_eq!(rule.version, last.get(rule.id).copied().unwrap_or(1), "{}", rule.id);
        }
    }

    /// Reviews of call-offs are replayed; what an activation was judged by is not stored as a review.
    #[test]
    fn every_older_version_is_kept() {
        let at_activation =
            |rule: &str| checks::by_id(rule).is_some_and(|it| it.checked == checks::Checked::Activation);
        let replayed = |change: &&Change| change.rule != PRICES && !at_activation(change.rule);
        for change in CHANGES.iter().filter(replayed).filter(|change| 1 < change.version) {
            let kept = checks::SUPERSEDED.iter().any(|old| {
                old.check.id == change.rule
                    && old.check.version + 1 == change.version
                    && old.last_edition < change.edition
            });
            assert!(kept, "{} {}: the function before it is gone", change.rule, change.version);
        }
    }

    #[test]
    fn changes_stand_in_order_and_none_is_later_than_today() {
        assert!(CHANGES.is_sorted_by_key(|change| change.edition));
        assert!(CHANGES.iter().all(|change| FIRST < change.edition && change.edition <= CURRENT));
    }
}
