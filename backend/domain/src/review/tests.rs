//! What holds for every call-off, whatever is asked for.

use proptest::prelude::*;

use super::*;
use crate::canonical::canonical_json;
use crate::example::{between, category, ceiling, citrix, id, item, line, of, since};
use crate::facts::{Counted, Measure, MinOrder, Price, RequestLine, Scope, Surcharge, Tier};
use crate::money::{Gross, Net, Quantity, UnitPrice, Vat};
use crate::savings::LineEvidence;
use rust_decimal::Decimal;

const ARTICLES: [&str; 5] = ["CTX-UNI", "CTX-TRN", "TONER", "NB-14", "UNKNOWN"];

/// The example with one item of each price type and another VAT rate.
fn catalogue() -> Facts {
    let mut facts = citrix();
    let mut toner = item(13, "TONER", "Stück", Price::ListMinus { list_price: of("33.33"), discount_pct: of("12.5") });
    toner.vat.rate = of("7");
    toner.step = of("0.25");
    let tier = |from: &str, price: &str| Tier { from: of(from), unit_price: of(price) };
    let tiers = vec![tier("1", "912.40"), tier("10", "874.90"), tier("50", "839.50")];
    facts.contract.items.push(toner);
    facts.contract.items.push(item(14, "NB-14", "Stück", Price::TierAllUnits { counted: Counted::PerOrder, tiers }));
    facts.contract.unit_price_decimals = 4;
    facts
}

fn quantity(hundredths: i64) -> Quantity {
    Quantity::new(Decimal::new(hundredths, 2)).expect("two decimals")
}

prop_compose! {
    fn lines()(asked in prop::collection::vec((0..ARTICLES.len(), 0_i64..200_000), 0..8)) -> Vec<RequestLine> {
        let numbered = (1..).zip(asked);
        numbered
            .map(|(position, (article, hundredths))| RequestLine {
                position,
                article_number: ARTICLES[article].to_owned(),
                quantity: quantity(hundredths),
                offer: None,
            })
            .collect()
    }
}

prop_compose! {
    /// Call-offs of all kinds: refused, to be justified, clear.
    fn any_facts()(
        lines in lines(),
        consumed in 0_i64..60_000_000,
        quota in prop::option::of((0_i64..2_000_000, any::<bool>())),
        minimum in prop::option::of((0_i64..3_000_000, prop::option::of(0_i64..5_000))),
        day in 0_i64..1_200,
        baselines in 0_usize..3,
        entitlement in 0_u8..3,
        submission in any::<bool>(),
        performance in any::<bool>(),
        need in "[ a-zäß]{0,3}",
    ) -> Facts {
        let mut facts = catalogue();
        facts.request.lines = lines;
        facts.scopes[0].authorised = Net::rounded(Decimal::new(consumed, 2)).into();
        facts.scopes[0].breached = facts.scopes[0].limit < Some(facts.scopes[0].authorised);
        facts.scopes.push(ceiling(31, Scope::Item(id(13)), Measure::Quantity, "1000", "10.5"));
        facts.scopes.push(ceiling(33, Scope::Contract, Measure::Quantity, "2000", "0"));
        if let Some((limit, hard)) = quota {
            let mut state = ceiling(32, Scope::Member, Measure::Value, "0", "0");
            state.limit = Some(Net::rounded(Decimal::new(limit, 2)).into());
            state.hard = hard;
            facts.scopes.push(state);
        }
        facts.contract.min_order = minimum.map(|(value, surcharge)| MinOrder {
            value: Net::rounded(Decimal::new(value, 2)),
            surcharge: surcharge.map(|net| Surcharge { net: Net::rounded(Decimal::new(net, 2)), vat_rate: of("19") }),
        });
        facts.evaluated_at += chrono::TimeDelta::days(day);
        facts.baselines.truncate(baselines);
        match entitlement {
            0 => facts.contract.entitlements = vec![category("stadt", true)],
            1 => facts.member.memberships = vec![between("2012-04-01", "2025-12-31"), since("2026-07-01")],
            _ => {}
        }
        if submission {
            facts.check_point = CheckPoint::Submission;
            facts.request.releaser = None;
        }
        if !performance {
            facts.request.performance = None;
        }
        facts.request.need = need;
        facts
    }
}

/// Everything about a price list that does not depend on the order of lines.
fn totals(review: &Review) -> (Net, Net, Vec<crate::pricing::VatGroup>, Gross, Vec<Volume>, Decision) {
    let priced = &review.priced;
    (priced.lines_net, priced.net, priced.vat.clone(), priced.gross, review.after.clone(), review.decision)
}

proptest! {
    #[test]
    fn the_order_of_lines_changes_no_total(facts in any_facts(), turn in 0_usize..8) {
        let mut turned = facts.clone();
        if !turned.request.lines.is_empty() {
            let by = turn % turned.request.lines.len();
            turned.request.lines.rotate_left(by);
            turned.request.lines.reverse();
        }
        prop_assert_eq!(totals(&review(&facts)), totals(&review(&turned)));
    }

    #[test]
    fn the_same_facts_always_give_the_same_review(facts in any_facts()) {
        prop_assert_eq!(review(&facts), review(&facts.clone()));
    }

    #[test]
    fn facts_and_review_survive_their_storage(facts in any_facts()) {
        let stored = canonical_json(&facts);
        let read: Facts = serde_json::from_str(&stored).expect("our own facts");
        prop_assert_eq!(&read, &facts);
        prop_assert_eq!(canonical_json(&read), stored);

        let judged = review(&facts);
        let stored = canonical_json(&judged);
        let read: Review = serde_json::from_str(&stored).expect("our own review");
        prop_assert_eq!(&read, &judged);
        prop_assert_eq!(canonical_json(&read), stored);
    }

    #[test]
    fn bases_add_up_to_net_and_taxes_to_gross(facts in any_facts()) {
        let priced = review(&facts).priced;
        prop_assert_eq!(priced.vat.iter().map(|group| group.base).sum::<Net>(), priced.net);
        prop_assert_eq!(priced.vat.iter().map(|group| group.tax).sum::<Vat>(), priced.vat_total);
        prop_assert_eq!(priced.net.plus_vat(priced.vat_total), priced.gross);
        prop_assert!(priced.vat.is_sorted_by(|a, b| b.rate < a.rate || (a.rate == b.rate && a.category < b.category)));
    }

    #[test]
    fn what_is_saved_is_effect_less_surcharge_and_fee_plus_bonus(facts in any_facts()) {
        let judged = review(&facts);
        prop_assert_eq!(judged.savings.is_none(), judged.decision == Decision::Blocked);
        if let Some(savings) = judged.savings {
            let proven = savings.lines.iter().filter(|line| matches!(line.evidence, LineEvidence::Valid { .. }));
            let effect: Net = proven.map(|line| line.baseline - line.line_net).sum();
            prop_assert_eq!(savings.price_effect, effect);
            prop_assert_eq!(savings.surcharge, judged.priced.surcharge);
            prop_assert_eq!(
                savings.net,
                savings.price_effect - savings.surcharge - savings.fee + savings.bonus_realised
            );
            prop_assert_eq!(savings.rate_pct.is_none(), savings.baseline.is_zero());
        }
    }

    #[test]
    fn splitting_whole_units_at_cent_prices_never_gains_room(
        parts in prop::collection::vec(1_i64..60, 1..6),
        article in 1_usize..4,
        room in 0_i64..10_000_000,
    ) {
        // CTX-TRN is fixed, NB-14 has tiers: the smaller order never gets the better price.
        let article = if article == 1 { "CTX-TRN" } else { "NB-14" };
        let mut facts = catalogue();
        facts.scopes[0].limit = Some(Net::rounded(Decimal::new(room, 2)).into());
        facts.scopes[0].authorised = Volume::ZERO;
        let whole: i64 = parts.iter().sum();

        let together = ask(&facts, article, quantity(whole * 100));
        let apart: Vec<Review> = one_after_the_other(&facts, article, &parts);

        if together.decision == Decision::Blocked {
            prop_assert!(apart.iter().any(|review| review.decision == Decision::Blocked));
        }
        let sum: Net = apart.iter().map(|review| review.priced.net).sum();
        prop_assert!(together.priced.net <= sum);
    }

    #[test]
    fn splitting_at_finer_prices_gains_less_than_a_cent_per_part(parts in prop::collection::vec(1_i64..60, 1..6)) {
        // 5 x 29.1638 is 145.82, five times 1 x 29.1638 is 145.80: each part is rounded once.
        let facts = catalogue();
        let whole: i64 = parts.iter().sum();
        let together = ask(&facts, "TONER", quantity(whole * 100)).priced.net;
        let sum: Net = one_after_the_other(&facts, "TONER", &parts).iter().map(|review| review.priced.net).sum();
        let allowed = Net::rounded(Decimal::new(i64::try_from(parts.len()).expect("few"), 2));
        prop_assert!(together <= sum + allowed);
    }

    #[test]
    fn no_quantity_and_no_price_is_too_large_for_a_review(
        quantities in prop::collection::vec(0_i64..99_999_999_999_999, 1..20),
        price in 0_i64..9_999_999_999_999_999,
    ) {
        let mut facts = catalogue();
        let huge = UnitPrice::new(Decimal::new(price, 6)).expect("six decimals");
        facts.contract.items[0].prices[0].price = Price::Subscription { unit_price_month: huge };
        facts.contract.items[1].prices[0].price = Price::Fixed { unit_price: huge };
        facts.scopes.push(ceiling(31, Scope::Item(id(11)), Measure::Quantity, "1000", "10.5"));
        let positions = (1..).zip(quantities);
        facts.request.lines = positions
            .map(|(position, q)| RequestLine {
                quantity: Quantity::new(Decimal::new(q, 4)).expect("four decimals"),
                ..line(position, ARTICLES[usize::from(position % 2 == 0)], "1")
            })
            .collect();
        let judged = review(&facts);
        let read: Review = serde_json::from_str(&canonical_json(&judged)).expect("our own review");
        prop_assert_eq!(read, judged);
    }
}

/// The review of one line.
fn ask(facts: &Facts, article: &str, quantity: Quantity) -> Review {
    let mut facts = facts.clone();
    facts.request.lines = vec![RequestLine { position: 1, article_number: article.to_owned(), quantity, offer: None }];
    review(&facts)
}

/// Orders of so many whole units; each consumes what the next finds, refused ones nothing.
fn one_after_the_other(facts: &Facts, article: &str, parts: &[i64]) -> Vec<Review> {
    let mut facts = facts.clone();
    parts
        .iter()
        .map(|units| {
            let review = ask(&facts, article, quantity(units * 100));
            if review.decision != Decision::Blocked {
                for (state, after) in facts.scopes.iter_mut().zip(&review.after) {
                    state.authorised = *after;
                }
            }
            review
        })
        .collect()
}

#[test]
fn a_subscription_without_a_period_is_unfinished_not_refused() {
    let mut facts = citrix();
    facts.request.performance = None;
    let judged = review(&facts);
    assert_eq!(judged.gaps, [Gap::PerformanceMissing { article_number: "CTX-UNI".to_owned() }]);
    assert!(!judged.may_be_submitted(&[]));
    assert_eq!(judged.priced.net, of("2360.00"));
}

#[test]
fn only_the_price_of_the_chosen_supplier_asks_for_a_period() {
    let mut facts = citrix();
    facts.request.performance = None;
    let rival = facts.contract.items[0].prices[0].clone();
    facts.contract.items[0].prices = vec![
        crate::facts::PriceTerm { supplier: id(77), ..rival.clone() },
        crate::facts::PriceTerm { price: Price::Fixed { unit_price: of("140.00") }, ..rival },
    ];
    assert_eq!(review(&facts).gaps, []);
}

#[test]
fn ten_thousand_million_is_a_typing_error() {
    let mut facts = citrix();
    facts.request.lines = vec![line(1, "CTX-TRN", "9000000000")];
    let judged = review(&facts);
    assert_eq!(judged.gaps, [Gap::AmountTooLarge { article_number: "CTX-TRN".to_owned() }]);
    assert_eq!(judged.priced.gross, Gross::ZERO);
    assert!(!judged.may_be_submitted(&[]));
}

#[test]
fn a_weaker_fresh_baseline_counts_before_a_better_stale_one() {
    let mut facts = citrix();
    facts.baselines[0].dated = of("2024-01-18");
    let mut list = facts.baselines[0].clone();
    list.id = id(42);
    list.kind = crate::facts::BaselineKind::ListPrice;
    list.dated = of("2024-01-19");
    facts.baselines.push(list);
    let savings = review(&facts).savings.expect("clear");
    assert_eq!(
        savings.lines[0].evidence,
        LineEvidence::Valid { baseline: id(42), class: crate::savings::EvidenceClass::B }
    );
}

#[test]
fn a_surcharge_with_a_rate_no_line_has_gets_its_own_group() {
    let mut facts = citrix();
    facts.contract.min_order =
        Some(MinOrder { value: of("20000.00"), surcharge: Some(Surcharge { net: of("15.00"), vat_rate: of("7") }) });
    let priced = review(&facts).priced;
    let rates: Vec<String> = priced.vat.iter().map(|group| format!("{} {}", group.rate, group.base)).collect();
    assert_eq!(rates, ["19 19424.00", "7 15.00"]);
    assert_eq!(priced.gross, of("23130.61"));
}

#[test]
fn a_baseline_outside_its_validity_is_not_there() {
    let mut facts = citrix();
    let day = berlin_date(facts.evaluated_at);
    let mut market = facts.baselines[0].clone();
    market.id = id(43);
    market.kind = crate::facts::BaselineKind::MarketQuotes;
    facts.baselines.push(market);
    let used = |facts: &Facts| match review(facts).savings.expect("clear").lines[0].evidence {
        LineEvidence::Valid { baseline, .. } | LineEvidence::Stale { baseline } => Some(baseline),
        LineEvidence::Missing => None,
    };
    let best = Some(facts.baselines[0].id);
    facts.baselines[0].valid_from = Some(day);
    facts.baselines[0].valid_to = Some(day);
    assert_eq!(used(&facts), best, "first and last day count");
    facts.baselines[0].valid_from = day.succ_opt();
    facts.baselines[0].valid_to = None;
    assert_eq!(used(&facts), Some(id(43)), "not yet valid: the next one counts");
    facts.baselines[0].valid_from = None;
    facts.baselines[0].valid_to = day.pred_opt();
    assert_eq!(used(&facts), Some(id(43)), "no more valid");
}

#[test]
fn facts_without_validity_read_and_write_as_before() {
    let facts = citrix();
    let text = canonical_json(&facts.baselines[0]);
    assert!(!text.contains("valid_"), "{text}");
    let read: crate::facts::Baseline = serde_json::from_str(&text).expect("a baseline");
    assert_eq!(read, facts.baselines[0]);
}
