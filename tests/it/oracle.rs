//! Prices, taxes and savings beside a second opinion: `tests/oracle/prices.py`, an independent model in
//! another language, written from the rules. Every amount of every order has to be the same to the cent.
//!
//! `ABRUF_VECTORS` names another file of vectors, `ABRUF_TEST_SEED` the seed of what is drawn here.

mod vectors;

use abruf_domain::facts::{Measure, Price};
use abruf_domain::money::{Net, Quantity, Volume};
use abruf_domain::period::berlin_date;
use abruf_domain::pricing::{cash_discount, price};
use abruf_domain::savings::{LineEvidence, savings};
use abruf_domain::volume::demand;
use abruf_domain::{Facts, Outcome, review};
use rand::rngs::ChaCha12Rng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::cluster::environment;
use vectors::Vector;

/// Fewest orders that prove anything.
const FEWEST: usize = 5000;
/// Findings shown of a failure.
const SHOWN: usize = 10;

/// What the product says, in the form of `expect`.
fn judged(vector: &Vector<'_>) -> Value {
    let facts = vector.facts();
    let day = berlin_date(facts.evaluated_at);
    let priced = price(&facts, day);
    let savings = savings(&facts, &priced, day);
    let mut saved = savings.lines.iter();
    let lines = priced.lines.iter().map(|line| {
        line.net.map(|net| {
            let saving = saved.next().unwrap();
            let evidence = match &saving.evidence {
                LineEvidence::Valid { class, .. } => class.key(),
                LineEvidence::Stale { .. } => "stale",
                LineEvidence::Missing => "missing",
            };
            json!([net, saving.baseline, evidence])
        })
    });
    json!({
        "lines": lines.collect::<Vec<_>>(),
        "net": [priced.lines_net, priced.surcharge, priced.net],
        "vat": priced.vat.iter().map(|group| json!([group.category, group.rate, group.base, group.tax])).collect::<Vec<_>>(),
        "paid": [json!(priced.vat_total), json!(priced.gross), json!(cash_discount(priced.gross, vector.contract.cash_discount_pct))],
        "savings": [
            json!(savings.baseline), json!(savings.price_effect), json!(savings.fee), json!(savings.net),
            json!(savings.rate_pct.map(|rate| rate.to_string())), json!(savings.unevidenced_effect),
            json!(savings.process_effect_noncash), json!(savings.coverage_pct.map(|share| share.to_string())),
        ],
    })
}

#[test]
fn every_amount_is_what_the_independent_model_says() {
    let mut wrong = Vec::new();
    let count = vectors::each(usize::MAX, |vector| {
        let judged = judged(vector);
        for part in ["lines", "net", "vat", "paid", "savings"] {
            let expected = &vector.order.expect[part];
            if judged[part] != *expected {
                wrong.push(format!("line {}: {part}: {} here, {expected} there", vector.line, judged[part]));
                return;
            }
        }
    });
    say(&format!("oracle: {count} orders, {} differ", wrong.len()));
    let shown = wrong.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} of {count} orders differ:\n{shown}", wrong.len());
    assert!(FEWEST <= count, "only {count} orders, at least {FEWEST} are wanted");
}

/// Totals, and what each ceiling loses.
fn totals(facts: &Facts) -> Value {
    let day = berlin_date(facts.evaluated_at);
    let priced = price(facts, day);
    let mut savings = savings(facts, &priced, day);
    savings.lines.clear();
    let taken: Vec<Volume> = facts.scopes.iter().map(|scope| demand(scope, &priced)).collect();
    json!([priced.lines_net, priced.surcharge, priced.net, priced.vat, priced.gross, savings, taken])
}

#[test]
fn the_order_of_the_lines_changes_no_total() {
    let mut rng = chance();
    let mut moved = 0;
    let count = vectors::each(FEWEST, |vector| {
        let mut facts = vector.facts();
        let before = totals(&facts);
        let lines = &mut facts.request.lines;
        lines.shuffle(&mut rng);
        moved += usize::from(lines.iter().zip(1..).any(|(line, position)| line.position != position));
        for (line, position) in lines.iter_mut().zip(1..) {
            line.position = position;
        }
        assert_eq!(totals(&facts), before, "line {} of the vectors, as {:?}", vector.line, facts.request.lines);
    });
    say(&format!("oracle: {moved} of {count} orders in another order"));
    assert!(FEWEST / 4 < moved, "only {moved} orders had anything to move");
}

/// Leaves room in the ceilings of the contract for one unit less than the order takes.
fn one_too_much(facts: &mut Facts) -> Option<()> {
    let priced = price(facts, berlin_date(facts.evaluated_at));
    for scope in &mut facts.scopes {
        let unit: Volume = match scope.measure {
            Measure::Value => Net::rounded("0.01".parse().unwrap()).into(),
            Measure::Quantity => "0.0001".parse::<Quantity>().unwrap().into(),
        };
        let demand = demand(scope, &priced);
        scope.limit = Some(demand - unit);
        if demand == Volume::ZERO {
            return None;
        }
    }
    Some(())
}

/// Which ceilings refuse the order.
fn refused(facts: &Facts) -> [bool; 2] {
    let review = review(facts);
    ["cap-value", "cap-quantity"]
        .map(|rule| review.findings.iter().any(|finding| finding.rule == rule && finding.outcome == Outcome::Block))
}

/// Cuts a line in two and gives the second part as an order after the first.
fn split(whole: &Facts, rng: &mut ChaCha12Rng) -> Option<[Facts; 2]> {
    let place = rng.random_range(0..whole.request.lines.len());
    let quantity: u64 = whole.request.lines[place].quantity.to_string().parse().ok().filter(|units| 1 < *units)?;
    let kept = rng.random_range(1..quantity);
    let mut first = whole.clone();
    let mut second = whole.clone();
    first.request.lines[place].quantity = kept.to_string().parse().unwrap();
    second.request.lines = vec![second.request.lines.swap_remove(place)];
    second.request.lines[0].quantity = (quantity - kept).to_string().parse().unwrap();

    let priced = price(&first, berlin_date(first.evaluated_at));
    for scope in &mut second.scopes {
        scope.authorised = demand(scope, &priced);
    }
    for item in &mut second.contract.items {
        for line in first.request.lines.iter().filter(|line| line.article_number == item.article_number) {
            item.called_off.by_all = item.called_off.by_all + line.quantity;
            item.called_off.by_member = item.called_off.by_member + line.quantity;
        }
    }
    Some([first, second])
}

/// Whether every amount is exact before it is rounded: then no part can lose a fraction of a cent.
fn in_whole_cents(facts: &Facts) -> bool {
    let cents =
        |price: &dyn ToString| price.to_string().split_once('.').is_none_or(|(_, decimals)| decimals.len() <= 2);
    let lines_of = |article: &str| facts.request.lines.iter().filter(|line| line.article_number == article).count();
    let alone = |article: &str| lines_of(article) == 1;
    facts.request.mini_competition.is_none()
        && facts.request.lines.iter().all(|line| {
            let item = facts.contract.item(&line.article_number);
            let whole = line.offer.is_none() && !line.quantity.to_string().contains('.');
            whole
                && item.is_some_and(|item| {
                    item.prices.iter().all(|term| match &term.price {
                        Price::Fixed { unit_price } => cents(unit_price),
                        Price::TierAllUnits { tiers, .. } => tiers.iter().all(|tier| cents(&tier.unit_price)),
                        // Lines of one article share its tiers: a share has fractions.
                        Price::TierGraduated { tiers, .. } => {
                            tiers.iter().all(|tier| cents(&tier.unit_price)) && alone(&line.article_number)
                        }
                        Price::ListMinus { .. } => facts.contract.unit_price_decimals == 2,
                        Price::Index { base_price, .. } => facts.contract.unit_price_decimals == 2 && cents(base_price),
                        Price::Subscription { .. } | Price::Quoted { .. } => false,
                    })
                })
        })
}

/// Below a ceiling that refuses the whole order, one of its two parts is refused too. Values of prices
/// with fractions of a cent are left out: each part is rounded, and may lose half a cent.
#[test]
fn an_order_in_two_parts_finds_no_more_room_than_in_one() {
    let mut rng = chance();
    let mut tried = [0, 0];
    vectors::each(FEWEST, |vector| {
        let mut whole = vector.facts();
        if one_too_much(&mut whole).is_none() {
            return;
        }
        let Some([first, second]) = split(&whole, &mut rng) else { return };
        let [in_one, a, b] = [refused(&whole), refused(&first), refused(&second)];
        for (number, measure) in ["value", "quantity"].into_iter().enumerate() {
            if measure == "value" && !in_whole_cents(&whole) {
                continue;
            }
            // A ceiling of quantity counts lines, a ceiling of value what they cost: both refuse the whole.
            if in_one[number] {
                tried[number] += 1;
                assert!(
                    a[number] || b[number],
                    "line {}: {measure}: room for both parts\n{:#?}",
                    vector.line,
                    first.request.lines
                );
            }
        }
    });
    say(&format!("oracle: split {} times under a value, {} times under a quantity", tried[0], tried[1]));
    assert!(FEWEST / 50 < tried[0] && FEWEST / 10 < tried[1], "too few to prove anything: {tried:?}");
}

fn chance() -> ChaCha12Rng {
    let seed = environment("ABRUF_TEST_SEED").map_or(20_261_122, |seed| seed.to_str().unwrap().parse().unwrap());
    say(&format!("oracle: ABRUF_TEST_SEED={seed}"));
    ChaCha12Rng::seed_from_u64(seed)
}

#[expect(clippy::print_stdout, reason = "the test program shows it when a test fails, or on --nocapture")]
fn say(line: &str) {
    println!("{line}");
}
