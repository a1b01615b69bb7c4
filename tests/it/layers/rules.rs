//! The rule book against its folder and its cases; `docs/rules.md` is made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;

use abruf_domain::checks::{self, Checked, Rule};
use abruf_domain::finding::Outcome;
use abruf_domain::law::keys;
use abruf_domain::notation::Language;

use super::{none_of, root, sources};
use crate::cases::{self, Example};

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

/// A rule at a check point with one of its outcomes, and the cases that show it.
struct Cell {
    rule: Rule,
    outcome: Outcome,
    fires: Vec<String>,
    does_not: Vec<String>,
}

/// Kinds of cases that are judged at this check point.
const fn kinds(checked: Checked) -> &'static [&'static str] {
    match checked {
        Checked::CallOff | Checked::ReleaseOnly | Checked::Savings => &["call_off", "concurrency"],
        Checked::Activation => &["activation", "term_cap", "modification_132_3"],
        Checked::Dispatch => &["dispatch"],
        Checked::Invoice => &["invoice_check"],
    }
}

const SPEAKING: [Outcome; 4] = [Outcome::Notice, Outcome::Justify, Outcome::Block, Outcome::Pending];

/// The outcomes a rule can have, by the sentences it has for them.
pub(crate) fn outcomes(rule: &Rule) -> impl Iterator<Item = Outcome> {
    let sections: BTreeSet<&str> = rule
        .texts
        .german
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(|section| section.split('.').next().unwrap_or(section))
        .collect();
    SPEAKING.into_iter().filter(move |outcome| sections.contains(outcome.key()))
}

/// Whether a rule with these outcomes of a case shows that this one does not fire: judged and in order; a rule that is
/// only asked at release is silent before.
pub(crate) fn is_silent(outcome: Outcome, outcomes: &BTreeSet<Outcome>) -> bool {
    match outcome {
        Outcome::Pending => !outcomes.is_empty() && !outcomes.contains(&outcome),
        _ => outcomes.iter().eq([&Outcome::Passed]),
    }
}

fn cells() -> Vec<Cell> {
    let examples = cases::examples();
    let mut cells = Vec::new();
    for rule in checks::listed() {
        let here: Vec<&Example> =
            examples.iter().filter(|it| kinds(rule.checked).contains(&it.kind.as_str())).collect();
        let said: Vec<(&Example, BTreeSet<Outcome>)> = here
            .into_iter()
            .map(|it| (it, it.findings.iter().filter(|it| it.rule == rule.id).map(|it| it.outcome).collect()))
            .collect();
        for outcome in outcomes(&rule) {
            let ids = |which: &dyn Fn(&BTreeSet<Outcome>) -> bool| {
                let mut ids: Vec<String> =
                    said.iter().filter(|(_, outcomes)| which(outcomes)).map(|(it, _)| it.id.clone()).collect();
                // The rule's own file first, then the golden cases.
                ids.sort_by_key(|id| (!id.starts_with(rule.id), id.clone()));
                ids.truncate(3);
                ids
            };
            let (fires, does_not) = (ids(&|it| it.contains(&outcome)), ids(&|it| is_silent(outcome, it)));
            cells.push(Cell { rule, outcome, fires, does_not });
        }
    }
    cells
}

pub(crate) const fn check_point(checked: Checked) -> &'static str {
    match checked {
        Checked::CallOff => "Einreichung und Freigabe",
        Checked::ReleaseOnly => "Freigabe",
        Checked::Savings => "Einreichung und Freigabe, zur Einsparung",
        Checked::Activation => "Aktivierung",
        Checked::Dispatch => "Versand",
        Checked::Invoice => "Rechnung",
    }
}

fn table(cells: &[Cell]) -> String {
    let german = Language::German;
    let mut text = String::from(
        "# Die Regeln\n\nErzeugt aus dem Regelbuch und seinen Fällen; `ABRUF_WRITE=1 cargo test --locked --test it rules` schreibt\n\
         diese Datei neu. Jede Zeile ist eine Regel an einem Prüfpunkt mit einem Ergebnis. Die Fälle stehen in\n\
         `tests/cases/`; höchstens drei sind genannt. Sicherheit der Quelle: S nachgelesen, K aus dem Wortlaut bekannt, ? strittig.\n\n\
         | Regel | Titel | Prüfpunkt | Abhilfe durch | Ergebnis | Fälle, in denen sie anschlägt | Fälle, in denen nicht | Quelle | Rechtswerte |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for Cell { rule, outcome, fires, does_not } in cells {
        let certainty = rule.texts.german.lines().find_map(|line| line.strip_prefix("certainty: ")).unwrap_or_default();
        writeln!(
            text,
            "| `{}` v{} | {} | {} | {} | {} | {} | {} | {} ({certainty}) | {} |",
            rule.id,
            rule.version,
            rule.texts.title(german),
            check_point(rule.checked),
            rule.addressee.word(german),
            outcome.word(german),
            fires.join(", "),
            does_not.join(", "),
            rule.texts.source(german),
            keys::of_rule(rule.id).map(|key| format!("`{}`", key.key)).collect::<Vec<_>>().join(", "),
        )
        .unwrap();
    }
    let mut points: BTreeMap<&str, usize> = BTreeMap::new();
    checks::listed().for_each(|rule| *points.entry(check_point(rule.checked)).or_default() += 1);
    let points: Vec<String> = points.into_iter().map(|(point, count)| format!("{point}: {count}")).collect();
    writeln!(text, "\n{} Regeln, {} Zeilen. {}.", listed().len(), cells.len(), points.join(", ")).unwrap();
    text
}

#[test]
fn every_cell_of_the_table_has_a_case_that_fires_and_one_that_does_not() {
    let mut missing = Vec::new();
    for Cell { rule, outcome, fires, does_not } in cells() {
        let cell = format!("{} at {}: {}", rule.id, check_point(rule.checked), outcome.key());
        if fires.is_empty() {
            missing.push(format!("{cell}: no case in which it fires"));
        }
        if does_not.is_empty() {
            missing.push(format!("{cell}: no case in which it does not"));
        }
    }
    none_of(missing, "see tests/cases/README.md");
}

/// Sentences of superseded versions, kept for the replay of old reviews.
const SAID_NO_MORE: &[(&str, &str)] = &[("supplier-is-party", "block.lot")];

#[test]
fn every_sentence_of_a_rule_is_said_in_a_case() {
    let examples = cases::examples();
    let findings = || examples.iter().flat_map(|it| &it.findings);
    let said: BTreeSet<(&str, String)> = findings()
        .map(|it| {
            let wording = it.wording.as_ref().map(|wording| format!(".{wording}")).unwrap_or_default();
            (it.rule.as_str(), format!("{}{wording}", it.outcome.key()))
        })
        .collect();
    let mut missing = Vec::new();
    for rule in checks::all() {
        let sections = rule.texts.german.lines().filter_map(|line| line.strip_prefix("## "));
        let speaking = |section: &&str| SPEAKING.iter().any(|it| section.split('.').next() == Some(it.key()));
        let unsaid = |section: &&str| {
            !said.contains(&(rule.id, (*section).to_owned())) && !SAID_NO_MORE.contains(&(rule.id, section))
        };
        missing.extend(sections.filter(speaking).filter(unsaid).map(|section| format!("{}: {section}", rule.id)));
    }
    none_of(missing, "no case in tests/cases says these sentences");
}

#[test]
fn the_table_of_rules_is_what_the_rule_book_says() {
    let path = root().join("docs/rules.md");
    let table = table(&cells());
    #[expect(clippy::disallowed_methods, reason = "whether to write the file is no setting of the program")]
    if std::env::var_os("ABRUF_WRITE").is_some() {
        fs::write(&path, &table).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), table, "write it anew with ABRUF_WRITE=1");
}
