//! `docs/asvs.csv`: every level 1 and 2 requirement of OWASP ASVS 5.0.0 says whether it applies, and which tests show
//! it or what is missing. A test that is named has to exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::{none_of, root, sources};
use crate::stress::say;

/// Level 1 and level 2 of ASVS 5.0.0, counted in the project's own list.
const LEVELS: [(&str, usize); 2] = [("1", 70), ("2", 183)];

#[test]
fn every_asvs_requirement_names_tests_that_exist_or_its_gap() {
    let mut tests = BTreeSet::new();
    for source in sources(&["backend", "tests"], &["rs"]) {
        let lines: Vec<&str> = source.text.lines().map(str::trim).collect();
        for (at, line) in lines.iter().enumerate() {
            let name = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn "));
            let Some(name) = name.and_then(|it| it.split('(').next()) else { continue };
            // The attribute stands right above, or above an `#[ignore]` or `#[expect]`.
            if lines[at.saturating_sub(3)..at].iter().any(|above| above.starts_with("#[") && above.contains("test")) {
                tests.insert(name.to_owned());
            }
        }
    }
    let text = fs::read_to_string(root().join("docs/asvs.csv")).unwrap();
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(text.as_bytes());
    assert_eq!(reader.headers().unwrap(), vec!["id", "level", "requirement", "applies", "reason", "evidence"]);
    let (mut wrong, mut ids) = (Vec::new(), BTreeSet::new());
    let (mut levels, mut counts) = (BTreeMap::<String, usize>::new(), BTreeMap::<&str, usize>::new());
    for row in reader.records() {
        let row = row.unwrap();
        let [id, level, requirement, applies, reason, evidence] =
            [0, 1, 2, 3, 4, 5].map(|at| row[at].trim().to_owned());
        *levels.entry(level).or_default() += 1;
        if !ids.insert(id.clone()) || requirement.is_empty() || reason.is_empty() {
            wrong.push(format!("{id}: stands twice, or says nothing"));
        }
        let kind = match (applies.as_str(), evidence.as_str()) {
            ("no", "") => "do not apply",
            ("yes", gap) if gap.strip_prefix("gap: ").is_some_and(|gap| !gap.is_empty()) => "gaps",
            ("yes", named) if !named.is_empty() => {
                for test in named.split(' ').filter(|test| !tests.contains(*test)) {
                    wrong.push(format!("{id}: no test is called {test}"));
                }
                "shown by tests"
            }
            _ => {
                wrong.push(format!("{id}: applies \"{applies}\" does not go with \"{evidence}\""));
                continue;
            }
        };
        *counts.entry(kind).or_default() += 1;
    }
    none_of(wrong, "docs/asvs.csv says what is true");
    assert_eq!(levels, LEVELS.map(|(level, count)| (level.to_owned(), count)).into());
    say(&format!("ASVS 5.0.0: {} requirements, {counts:?}", ids.len()));
}
