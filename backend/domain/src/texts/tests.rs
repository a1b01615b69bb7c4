//! Texts against rules: every outcome a rule produces has its words in both languages, every
//! placeholder has its figure, and no text waits for a case that cannot happen.

mod choice;
mod prices;

use std::collections::BTreeSet;

use super::*;
use crate::checks;
use crate::edition;
use crate::example::{MEMBER, REQUESTER, between, category, ceiling, citrix, id, line, named, of, since};
use crate::facts::{CheckPoint, ExtensionOption, Facts, Measure, MinOrder, Releaser, Scope, SupplyChain, Surcharge};
use crate::period::Validity;
use crate::review::{review, review_as_of};

mod people;

const LANGUAGES: [Language; 2] = [Language::German, Language::English];

/// The example, bent.
fn bent(bend: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = citrix();
    bend(&mut facts);
    facts
}

fn joined(validity: Validity, entitlement: crate::facts::Entitlement) -> Facts {
    bent(|facts| {
        facts.member.memberships = vec![validity];
        facts.contract.entitlements = vec![entitlement];
    })
}

fn scopes(states: Vec<crate::facts::ScopeState>) -> Facts {
    bent(|facts| facts.scopes = states)
}

fn quantity(scope: Scope, limit: &str, taken: &str) -> Facts {
    scopes(vec![ceiling(31, scope, Measure::Quantity, limit, taken)])
}

fn quota(hard: bool, measure: Measure, limit: &str, taken: &str) -> Facts {
    let mut state = ceiling(32, Scope::Member, measure, limit, taken);
    state.hard = hard;
    scopes(vec![state])
}

fn min_order(surcharge: Option<&str>) -> Facts {
    bent(|facts| {
        facts.contract.min_order = Some(MinOrder {
            value: of("25000.00"),
            surcharge: surcharge.map(|net| Surcharge { net: of(net), vat_rate: of("19") }),
        });
    })
}

fn at(instant: &str) -> Facts {
    bent(|facts| facts.evaluated_at = of(instant))
}

/// Facts that together drive every rule through every outcome it has.
fn every_situation() -> Vec<Facts> {
    [general(), prices::situations(), choice::situations()].concat()
}

/// What no other file of situations is about.
fn general() -> Vec<Facts> {
    let users = Scope::Item(id(11));
    let recorded = |state: &mut crate::facts::ScopeState| {
        state.recorded = of("250000.00");
        state.breached = true;
    };
    let mut breached = ceiling(30, Scope::Contract, Measure::Value, "500000.00", "301250.00");
    recorded(&mut breached);
    vec![
        citrix(),
        bent(|facts| facts.check_point = CheckPoint::Submission),
        // member-active
        bent(|facts| facts.member.memberships.clear()),
        bent(|facts| facts.member.memberships = vec![since("2026-07-01")]),
        bent(|facts| facts.member.memberships = vec![between("2012-04-01", "2025-12-31")]),
        bent(|facts| facts.member.suspensions = vec![since("2026-01-01")]),
        // member-entitled
        bent(|facts| facts.contract.entitlements.clear()),
        joined(since("2012-04-01"), category("land", true)),
        joined(since("2012-04-01"), named(MEMBER, since("2026-03-01"), Some("2024-11-15"))),
        joined(since("2012-04-01"), named(MEMBER, between("2024-11-15", "2025-12-31"), None)),
        // accession-after-notice
        joined(since("2012-04-01"), category("stadt", false)),
        joined(since("2025-07-01"), category("stadt", true)),
        joined(since("2025-07-01"), category("stadt", false)),
        // entitlement-after-notice
        joined(since("2012-04-01"), named(MEMBER, since("2025-02-10"), Some("2025-02-10"))),
        bent(|facts| {
            let entry = &mut facts.contract.entitlements[0];
            entry.proven_on = Some(of("2025-02-10"));
            entry.modification_reference = Some("Änderung 1 vom 05.02.2025".to_owned());
        }),
        // member-entitled, accession-after-notice, entitlement-after-notice: the body orders
        bent(|facts| {
            facts.contract.supply_chain = SupplyChain::ThroughBody;
            facts.contract.entitlements.clear();
            facts.member.memberships = vec![since("2025-07-01")];
        }),
        // contract-active
        bent(|facts| facts.contract.status = "suspended".to_owned()),
        // within-term
        at("2025-02-28T22:59:59Z"),
        at("2027-02-28T23:00:00Z"),
        bent(|facts| {
            facts.evaluated_at = of("2027-03-01T09:00:00Z");
            facts.contract.options = vec![ExtensionOption {
                new_end: of("2028-02-29"),
                notice_deadline: of("2026-11-30"),
                exercised_on: Some(of("2026-12-15")),
            }];
        }),
        // item-in-scope
        bent(|facts| facts.request.lines.push(line(3, "SERVER", "1"))),
        // supplier-is-party
        bent(|facts| facts.request.supplier = id(99)),
        // qty-increment
        bent(|facts| facts.contract.items[0].step = of("50")),
        bent(|facts| {
            facts.contract.items[0].step = of("0");
            facts.contract.items[0].min_quantity = of("120.5");
        }),
        // min-order-value
        min_order(Some("15.00")),
        min_order(None),
        bent(|facts| facts.contract.min_order = Some(MinOrder { value: of("19424.00"), surcharge: None })),
        // cap-value, cap-warning
        scopes(vec![ceiling(30, Scope::Contract, Measure::Value, "500000.00", "480576.00")]),
        scopes(vec![ceiling(30, Scope::Contract, Measure::Value, "500000.00", "480576.01")]),
        scopes(vec![ceiling(30, Scope::Lot(id(10)), Measure::Value, "500000.00", "500000.00")]),
        // cap-quantity
        quantity(users, "120", "0"),
        quantity(users, "120", "20"),
        quantity(users, "120", "120"),
        quantity(Scope::Contract, "122", "0"),
        quantity(Scope::Contract, "121", "0"),
        // cap-breached
        scopes(vec![breached]),
        // member-quota
        quota(true, Measure::Value, "19424.00", "0"),
        quota(true, Measure::Value, "19424.00", "0.01"),
        quota(true, Measure::Quantity, "10", "10"),
        quota(false, Measure::Value, "6000.00", "1000.00"),
        // four-eyes
        bent(|facts| facts.request.releaser = Some(Releaser::new(id(REQUESTER), None))),
        bent(|facts| facts.request.releaser = Some(Releaser::new(id(5), Some(of("20000.00"))))),
        // need-documented
        bent(|facts| facts.request.need = "  ".to_owned()),
        // baseline-missing, baseline-stale, savings-negative
        bent(|facts| facts.baselines.clear()),
        bent(|facts| facts.baselines[0].dated = of("2024-01-18")),
    ]
}

/// Findings of all situations, those of other check points included.
fn every_finding() -> Vec<Finding> {
    let situations = every_situation().into_iter().chain(people::situations());
    situations.flat_map(|facts| findings_of_all_editions(&facts)).chain(people::findings()).collect()
}

/// Section of the sentence, and of the cure where there is one.
fn sections_of(finding: &Finding) -> Vec<String> {
    let sentence = section_name(finding.outcome.key(), finding);
    match finding.outcome {
        Outcome::Block | Outcome::Justify => vec![sentence, section_name("cure", finding)],
        Outcome::Passed | Outcome::Notice | Outcome::Pending => vec![sentence],
    }
}

fn sections_written(texts: &Texts, language: Language) -> BTreeSet<String> {
    texts.file(language).lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_owned).collect()
}

/// What the rules of every edition say about these facts: texts of older versions are still read.
fn findings_of_all_editions(facts: &Facts) -> Vec<Finding> {
    (edition::FIRST..=edition::CURRENT).flat_map(|edition| review_as_of(facts, edition).findings).collect()
}

#[test]
fn every_older_version_judges_some_situation_otherwise() {
    let situations: Vec<Facts> = every_situation().into_iter().chain(people::situations()).collect();
    for old in checks::SUPERSEDED {
        let told = |facts: &Facts, edition| -> Vec<_> {
            let review = review_as_of(facts, edition);
            let own = review.findings.into_iter().filter(|finding| finding.rule == old.check.id);
            own.map(|finding| (finding.outcome, finding.wording)).collect()
        };
        let shown = situations.iter().any(|facts| told(facts, old.last_edition) != told(facts, old.last_edition + 1));
        assert!(shown, "{} {}: no situation shows what changed", old.check.id, old.check.version);
    }
}

#[test]
fn no_finding_leaves_a_figure_empty() {
    for finding in every_finding() {
        for (name, figure) in finding.params.iter().chain(&finding.figures) {
            let empty = serde_json::Value::from("");
            assert_ne!(figure.plain(), empty, "{} {:?}: {name} is empty", finding.rule, finding.wording);
        }
    }
}

#[test]
fn every_outcome_of_every_rule_has_its_section_and_no_section_is_left_over() {
    let findings = every_finding();
    for check in checks::all() {
        let mut produced: BTreeSet<String> =
            findings.iter().filter(|finding| finding.rule == check.id).flat_map(sections_of).collect();
        produced.insert("help".to_owned());
        for language in LANGUAGES {
            assert_eq!(sections_written(&check.texts, language), produced, "{} in {language:?}", check.id);
        }
    }
}

#[test]
fn every_placeholder_has_its_figure_in_every_finding() {
    for finding in every_finding() {
        let check = checks::by_id(&finding.rule).expect("a rule of the list");
        for language in LANGUAGES {
            for section in sections_of(&finding) {
                for name in placeholders(check.texts.section(language, &section)) {
                    assert!(
                        finding.params.contains_key(name) || finding.figures.contains_key(name),
                        "{} {section} in {language:?} names {{{name}}}, the finding has no such figure",
                        check.id
                    );
                }
            }
            for text in [check.texts.sentence(&finding, language, "EUR"), check.texts.cure(&finding, language, "EUR")] {
                assert!(!text.contains(['{', '}']), "{}: {text}", check.id);
                assert!(!text.contains('\n'), "{}: a sentence is one line: {text}", check.id);
            }
            assert!(!check.texts.sentence(&finding, language, "EUR").is_empty(), "{}", check.id);
        }
    }
}

#[test]
fn every_rule_names_title_source_certainty_and_help_in_both_languages() {
    for check in checks::all() {
        for language in LANGUAGES {
            let texts = &check.texts;
            assert!(!texts.title(language).is_empty(), "{} has no title in {language:?}", check.id);
            assert!(!texts.source(language).is_empty(), "{} has no source in {language:?}", check.id);
            assert!(["S", "K", "?"].contains(&texts.header(language, "certainty")), "{} is how sure?", check.id);
            let sentences = texts.help(language).matches(['.', '?']).count();
            assert!(3 <= sentences, "{}: the help explains too little in {language:?}", check.id);
            assert!(placeholders(texts.help(language)).is_empty(), "{}: help has no figures", check.id);
        }
        // Sources are quoted, not translated; how sure they are does not depend on the reader.
        assert_eq!(check.texts.source(Language::German), check.texts.source(Language::English), "{}", check.id);
        assert_eq!(
            check.texts.header(Language::German, "certainty"),
            check.texts.header(Language::English, "certainty"),
            "{}",
            check.id
        );
    }
}

#[test]
fn a_paragraph_sign_is_never_torn_from_its_number() {
    for check in checks::all() {
        for language in LANGUAGES {
            let file = check.texts.file(language);
            for (at, _) in file.match_indices('§') {
                let next = file[at..].chars().nth(1);
                assert!(matches!(next, Some('\u{a0}' | '§')), "{} in {language:?}: no-break space after §", check.id);
            }
        }
    }
}

#[test]
fn a_rule_that_blocks_by_a_figure_says_place_actual_allowed_and_overrun() {
    let facts = scopes(vec![ceiling(30, Scope::Contract, Measure::Value, "500000.00", "480576.01")]);
    let review = review(&facts);
    let finding = review.with_outcome(Outcome::Block).next().expect("one cent too much");
    let texts = checks::by_id(&finding.rule).expect("a rule of the list").texts;
    assert_eq!(
        texts.sentence(finding, Language::German, "EUR"),
        "Rahmenvertrag RV-2025-01: 500.000,01\u{a0}€ wären abgerufen, erlaubt sind 500.000,00\u{a0}€. \
         Das sind 0,01\u{a0}€ zu viel."
    );
    assert_eq!(
        texts.cure(finding, Language::English, "EUR"),
        "Lower the call-off to at most 19,423.99\u{a0}€ net; that much is free. Or ask the office for a follow-up contract."
    );
}
