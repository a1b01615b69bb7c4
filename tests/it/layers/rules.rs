//! The rule book against its folder and its cases.

use std::collections::BTreeSet;

use abruf_domain::checks;
use abruf_domain::finding::Outcome;

use super::{none_of, sources};
use crate::cases;

/// Rules the list of this program has.
fn listed() -> BTreeSet<String> {
    checks::all().map(|check| check.id.to_owned()).collect()
}

/// `cap-value` for each file `cap_value<ending>` in the folder of rules.
fn in_folder(ending: &str) -> BTreeSet<String> {
    let extension = ending.rsplit('.').next().unwrap_or_default();
    sources(&["backend/domain/src/checks"], &[extension])
        .iter()
        .filter_map(|source| source.path.rsplit('/').next()?.strip_suffix(ending).map(|stem| stem.replace('_', "-")))
        .collect()
}

#[test]
fn the_list_of_rules_is_the_folder_of_rules() {
    for ending in [".rs", ".de.md", ".en.md"] {
        assert_eq!(in_folder(ending), listed(), "files *{ending}");
    }
    assert_eq!(listed().len(), checks::all().count(), "a rule stands in the list twice");
}

#[test]
fn every_rule_has_an_example_that_passes_and_one_that_speaks() {
    let outcomes = cases::outcomes_by_rule();
    let mut missing = Vec::new();
    for rule in listed() {
        let seen = outcomes.get(&rule).cloned().unwrap_or_default();
        if !seen.contains(&Outcome::Passed) {
            missing.push(format!("{rule}: no example in which it passes"));
        }
        if !seen.iter().any(|outcome| matches!(outcome, Outcome::Notice | Outcome::Justify | Outcome::Block)) {
            missing.push(format!("{rule}: no example in which it speaks"));
        }
    }
    none_of(missing, "see tests/cases/README.md");
}
