use std::collections::BTreeSet;

use super::*;
use crate::retention::RetentionYears;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

#[test]
fn a_pack_holds_known_keys_with_fitting_values_each_with_its_source() {
    for pack in packs() {
        for it in &pack.parameters {
            let place = format!("{} {} {}", pack.jurisdiction, it.key, it.valid_from);
            let key = keys::by_name(&it.key).unwrap_or_else(|| panic!("{place}: no such key"));
            assert_eq!(key.read(&it.value).as_deref(), Ok(it.value.as_str()), "{place}: value");
            assert!(it.valid_to.is_none_or(|to| it.valid_from <= to), "{place}: ends before it begins");
            assert!(!it.source.trim().is_empty(), "{place}: no source");
        }
    }
}

#[test]
fn no_number_of_a_pack_has_two_values_on_a_day() {
    for pack in packs() {
        for (index, it) in pack.parameters.iter().enumerate() {
            for other in pack.parameters.iter().skip(index + 1).filter(|other| other.key == it.key) {
                let apart = |a: &Parameter, b: &Parameter| a.valid_to.is_some_and(|to| to < b.valid_from);
                assert!(apart(it, other) || apart(other, it), "{} {}", pack.jurisdiction, it.key);
            }
        }
    }
}

#[test]
fn what_every_call_off_needs_is_there_on_every_day() {
    for pack in packs() {
        let all = || lineage(&pack.jurisdiction).flat_map(|pack| &pack.parameters);
        let begins = all().map(|it| it.valid_from);
        let after_ends = all().filter_map(|it| it.valid_to?.succ_opt());
        for day in begins.chain(after_ends).collect::<BTreeSet<_>>() {
            let law = Law::shipped(&pack.jurisdiction, day);
            for key in keys::ALL.iter().filter(|key| key.always) {
                assert!(law.text(key.key).is_some(), "{} {} on {day}", pack.jurisdiction, key.key);
            }
        }
    }
}

#[test]
fn a_number_with_several_values_has_no_gap_between_them() {
    for pack in packs() {
        for key in keys::ALL {
            let mut values: Vec<&Parameter> = pack.parameters.iter().filter(|it| it.key == key.key).collect();
            values.sort_by_key(|it| it.valid_from);
            for pair in values.windows(2) {
                let next = pair[0].valid_to.and_then(|to| to.succ_opt());
                assert_eq!(next, Some(pair[1].valid_from), "{} {}", pack.jurisdiction, key.key);
            }
        }
    }
}

#[test]
fn the_rules_of_the_contract_are_rules_and_each_once() {
    let named: BTreeSet<&str> = RULES_OF_CONTRACT.iter().copied().collect();
    assert_eq!(named.len(), RULES_OF_CONTRACT.len());
    for rule in named {
        assert!(checks::by_id(rule).is_some(), "{rule} is no rule");
    }
}

#[test]
fn contract_and_member_of_one_land_cite_together_what_the_land_says() {
    // A Land without a pack has its own way of citing: in general words.
    for land in packs().iter().map(|pack| pack.jurisdiction.as_str()).chain(["de/by"]) {
        let mut both = citations_of_member(land);
        both.extend(citations_of_contract(land));
        assert_eq!(both, citations(land), "{land}");
    }
    assert!(citations_of_contract("de/by").contains_key("evb-it-type"));
    assert!(citations_of_member("de/by").contains_key("power-to-bind"));
}

#[test]
fn citations_name_rules_and_each_once() {
    for pack in packs() {
        let mut named = BTreeSet::new();
        for it in &pack.citations {
            assert!(checks::by_id(&it.rule).is_some(), "{}: {} is no rule", pack.jurisdiction, it.rule);
            assert!(named.insert(&it.rule), "{}: {} twice", pack.jurisdiction, it.rule);
            assert!(!it.source.trim().is_empty(), "{}: {} cites nothing", pack.jurisdiction, it.rule);
        }
    }
}

#[test]
fn a_land_says_whom_it_cites_wherever_the_law_of_the_land_is_cited() {
    let of_a_land: BTreeSet<&str> =
        pack("de").map(|pack| &pack.citations).into_iter().flatten().map(|it| it.rule.as_str()).collect();
    for pack in packs().iter().filter(|pack| pack.jurisdiction.contains('/')) {
        let cited: BTreeSet<&str> = pack.citations.iter().map(|it| it.rule.as_str()).collect();
        assert_eq!(cited, of_a_land, "{}", pack.jurisdiction);
    }
}

#[test]
fn the_words_of_the_rule_book_are_those_of_its_first_land() {
    assert_eq!(citations("de/st"), BTreeMap::new());
}

#[test]
fn a_jurisdiction_comes_after_the_one_it_lies_in() {
    let mut seen: Vec<&str> = Vec::new();
    for pack in packs() {
        let outer = pack.jurisdiction.rsplit_once('/').map(|(outer, _)| outer);
        assert!(outer.is_none_or(|outer| seen.contains(&outer)), "{}", pack.jurisdiction);
        assert!(!seen.contains(&pack.jurisdiction.as_str()), "{} twice", pack.jurisdiction);
        assert!(!pack.name.trim().is_empty() && pack.holidays.starts_with(|c: char| c.is_ascii_uppercase()));
        seen.push(&pack.jurisdiction);
    }
}

#[test]
fn the_land_speaks_before_the_federation_and_a_land_without_a_pack_has_the_federation() {
    let limit = |jurisdiction: &str, on: &str| {
        Law::shipped(jurisdiction, day(on)).text("direct_award_limit_net").map(str::to_owned)
    };
    assert_eq!(limit("de/st", "2025-10-31").as_deref(), Some("15000.00"));
    assert_eq!(limit("de/st", "2025-11-01").as_deref(), Some("100000.00"));
    assert_eq!(limit("de/by", "2025-11-01").as_deref(), Some("1000.00"));
    assert_eq!(limit("at", "2025-11-01"), None);
    assert_eq!(citations("de/by").get("power-to-bind").map(|it| it.certainty), Some(Certainty::Uncertain));
    assert!(lies_in("de/st", "de") && lies_in("de", "de") && !lies_in("de/sth", "de/st") && !lies_in("de", "de/st"));
}

#[test]
fn the_numbers_of_the_packs_are_the_usual_ones_where_facts_do_not_name_them() {
    use crate::activation::ActivationLaw;
    let law = Law::shipped("de/st", day("2026-01-01"));
    assert_eq!(ActivationLaw::of(&law, BTreeMap::new()), ActivationLaw::default());
    assert_eq!(law.value("inhouse_activity_share_pct"), Some(crate::money::Percent::EIGHTY));
}

#[test]
fn vouchers_of_the_cooperative_are_kept_for_ten_years_until_2024_and_for_eight_since() {
    let years = |on: &str| RetentionYears::of(&Law::shipped("de/st", day(on))).map(|it| it.cooperative_vouchers);
    assert_eq!((years("2024-12-31"), years("2025-01-01")), (Some(10), Some(8)));
}

#[test]
fn a_file_with_an_unknown_word_or_certainty_is_refused() {
    let head = "jurisdiction = \"x\"\nname = \"X\"\nholidays = \"X\"\n";
    assert!(LawPack::parse(head).is_ok());
    assert!(LawPack::parse(&format!("{head}colour = \"red\"\n")).is_err());
    let citation = "[[citation]]\nrule = \"four-eyes\"\nsource = \"§ 1\"\ncertainty = \"X\"\n";
    assert!(LawPack::parse(&format!("{head}{citation}")).is_err());
}

#[test]
fn a_value_is_read_in_one_form_or_refused_with_what_is_allowed() {
    let read = |key: &str, text: &str| keys::by_name(key).expect("a key").read(text);
    assert_eq!(read("direct_award_limit_net", " 15000 ").as_deref(), Ok("15000.00"));
    assert_eq!(read("modification_minor_pct", "100").as_deref(), Ok("100"));
    assert_eq!(read("split_window_days", "366").as_deref(), Ok("366"));
    let refused = [
        ("direct_award_limit_net", "-0.01"),
        ("direct_award_limit_net", "100000000.01"),
        ("direct_award_limit_net", "1.234"),
        ("modification_minor_pct", "100.01"),
        ("cap_warning_ratio", "1.01"),
        ("cap_warning_ratio", "-0.1"),
        ("split_window_days", "0"),
        ("split_window_days", "367"),
        ("split_window_days", "+30"),
        ("split_window_days", "1.5"),
        ("ceiling_required_since", "17.06.2021"),
    ];
    for (key, text) in refused {
        assert!(read(key, text).is_err(), "{key} {text}");
    }
    let told = read("split_window_days", "").expect_err("nothing is no number").allowed;
    assert_eq!(told, "eine ganze Zahl von 1 bis 366 (Tage)");
}

#[test]
fn keys_name_rules_and_each_key_is_there_once() {
    let mut known = BTreeSet::new();
    for key in keys::ALL {
        assert!(known.insert(key.key), "{} twice", key.key);
        assert!(key.rules.iter().all(|rule| checks::by_id(rule).is_some()), "{}", key.key);
        assert!(!key.rules.is_empty() || !key.also.is_empty(), "{}: nobody reads it", key.key);
    }
    assert_eq!(keys::by_name("cap_warning_ratio").map(|key| key.written("0.80")).as_deref(), Some("80\u{a0}%"));
}
