//! Kind `concurrency`: several call-offs at once.

use abruf_domain::Facts;
use abruf_domain::facts::{Measure, Scope};
use abruf_domain::money::{Net, Volume};
use abruf_domain::review::{Decision, Review, review};
use abruf_domain::volume::demand;
use serde_json::{Map, Value};

use super::call_off::findings_of;
use super::{Verdict, compare, expectation, parse, rules_not_built};
use crate::cases::Error;
use crate::cases::fixture::Fixtures;
use crate::cases::format::{Case, Concurrency, EXPECT_CONCURRENCY};

/// Both orders of release, one after the other; the outcome of each has to be the expected one. The
/// race itself runs against the database elsewhere.
pub(super) fn judge(case: &Case, fixtures: &Fixtures) -> Result<Verdict, Error> {
    let input: Concurrency = parse(&case.input, "input")?;
    let expect = expectation(case, EXPECT_CONCURRENCY)?;
    let missing = rules_not_built(expect.get("blocked_findings"))?;
    let mut requests = Vec::new();
    for mut call_off in input.call_offs {
        call_off.prior.consumed_value_net = Some(input.consumed_value_net);
        requests.push(fixtures.prepare(&call_off)?.facts);
    }
    if !missing.is_empty() {
        return Ok(Verdict::Undecidable(missing));
    }
    let mut failed = Vec::new();
    for order in orders(requests.len()) {
        let in_order: Vec<&Facts> = order.iter().map(|index| &requests[*index]).collect();
        let outcome = release_in_turn(&in_order, expect.get("blocked_findings"));
        failed.extend(compare::objects(expect, &outcome).into_iter().map(|text| format!("order {order:?}: {text}")));
    }
    Ok(Verdict::of(failed, Vec::new()))
}

/// Every order of so many requests; of more than five only forwards and backwards.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let forwards: Vec<usize> = (0..count).collect();
    if 5 < count {
        return vec![forwards.clone(), forwards.into_iter().rev().collect()];
    }
    let mut orders = vec![Vec::new()];
    for next in forwards {
        orders = orders
            .into_iter()
            .flat_map(|order: Vec<usize>| {
                (0..=order.len()).map(move |at| {
                    let mut longer = order.clone();
                    longer.insert(at, next);
                    longer
                })
            })
            .collect();
    }
    orders
}

/// Releases one after the other; each released one consumes what the next finds.
fn release_in_turn(requests: &[&Facts], expected: Option<&Value>) -> Map<String, Value> {
    let mut released: Vec<(&Facts, Review)> = Vec::new();
    let mut blocked = Vec::new();
    let mut nets: Vec<Net> = Vec::new();
    for facts in requests {
        let mut facts_now = (*facts).clone();
        for state in &mut facts_now.scopes {
            for (before, review) in &released {
                // A quota is the member's own; every other ceiling is everybody's.
                if state.scope != Scope::Member || before.member.id == facts.member.id {
                    state.authorised = state.authorised + demand(state, &review.priced);
                }
            }
        }
        let review = review(&facts_now);
        nets.push(review.priced.net);
        match review.decision {
            Decision::Blocked => blocked.push(findings_of(&review.findings)),
            Decision::Clear | Decision::NeedsJustification => released.push((facts, review)),
        }
    }
    let consumed = requests.first().map_or(Volume::ZERO, |facts| contract_consumed(facts))
        + released.iter().map(|(_, review)| Volume::from(review.priced.net)).sum();
    // Several blocked ones say the same; where they do not, the first that differs is shown.
    let nothing = Value::Array(Vec::new());
    let findings = blocked.iter().find(|findings| Some(*findings) != expected).or(blocked.first()).unwrap_or(&nothing);
    let net = nets.iter().find(|net| Some(**net) != nets.first().copied()).or(nets.first());
    let mut outcome = Map::new();
    outcome.insert("net_each".to_owned(), net.map(Net::to_string).into());
    outcome.insert("released_count".to_owned(), released.len().into());
    outcome.insert("blocked_count".to_owned(), blocked.len().into());
    outcome.insert("blocked_findings".to_owned(), findings.clone());
    outcome.insert("final_consumed_value_net".to_owned(), consumed.as_net().to_string().into());
    outcome
}

fn contract_consumed(facts: &Facts) -> Volume {
    let value =
        |state: &&abruf_domain::facts::ScopeState| state.scope == Scope::Contract && state.measure == Measure::Value;
    facts.scopes.iter().find(value).map_or(Volume::ZERO, |state| state.consumed())
}
