//! A case to its verdict: the review in the words of the file, compared key by key.

use std::collections::BTreeSet;

use abruf_domain::Facts;
use abruf_domain::checks;
use abruf_domain::facts::{Measure, Scope};
use abruf_domain::finding::{Finding, Outcome};
use abruf_domain::money::{Net, Volume};
use abruf_domain::pricing::cash_discount;
use abruf_domain::review::{Decision, Gap, Review, review};
use abruf_domain::savings::Savings;
use abruf_domain::volume::demand;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::Error;
use super::fixture::{Fixtures, Prepared};
use super::format::{CallOff, Case, Concurrency, EXPECT_CALL_OFF, EXPECT_CONCURRENCY};

/// What became of a case.
#[derive(Debug)]
pub(super) enum Verdict {
    /// As expected; with the findings of the review, the passed ones included.
    Passed(Vec<Finding>),
    /// Place, expected and actual of each difference.
    Failed(Vec<String>),
    /// What is not built yet.
    Undecidable(BTreeSet<String>),
}

/// Judges a case.
pub(super) fn judge(case: &Case, fixtures: &Fixtures) -> Result<Verdict, Error> {
    match case.kind.as_str() {
        "call_off" => call_off(case, fixtures),
        "concurrency" => concurrency(case, fixtures),
        other => Ok(Verdict::Undecidable(BTreeSet::from([format!("kind {other}")]))),
    }
}

pub(super) fn parse<T: DeserializeOwned>(value: &Value, place: &str) -> Result<T, Error> {
    serde_json::from_value(value.clone()).map_err(|error| Error::new(format!("{place}: {error}")))
}

/// `expect` as an object with known keys only.
pub(super) fn expectation<'a>(case: &'a Case, known: &[&str]) -> Result<&'a Map<String, Value>, Error> {
    let expect = case.expect.as_object().ok_or_else(|| Error::new("expect: is not an object".to_owned()))?;
    match expect.keys().find(|key| !known.contains(&key.as_str())) {
        Some(unknown) => Err(Error::new(format!("expect: unknown key `{unknown}`, known are {}", known.join(", ")))),
        None => Ok(expect),
    }
}

fn call_off(case: &Case, fixtures: &Fixtures) -> Result<Verdict, Error> {
    let input: CallOff = parse(&case.input, "input")?;
    let expect = expectation(case, EXPECT_CALL_OFF)?;
    let missing = rules_not_built(expect.get("findings"))?;
    let prepared = fixtures.prepare(&input)?;
    if !missing.is_empty() {
        return Ok(Verdict::Undecidable(missing));
    }
    let review = review(&prepared.facts);
    let actual = outcome_of(&prepared, &review);
    Ok(match differences(expect, &actual) {
        none if none.is_empty() => Verdict::Passed(review.findings),
        some => Verdict::Failed(some),
    })
}

/// Rules of the expected findings that nobody has written yet.
pub(super) fn rules_not_built(findings: Option<&Value>) -> Result<BTreeSet<String>, Error> {
    let findings = findings
        .and_then(Value::as_array)
        .ok_or_else(|| Error::new("expect: the list of findings is missing".to_owned()))?;
    let rules = findings.iter().map(|finding| {
        finding
            .get("rule")
            .and_then(Value::as_str)
            .ok_or_else(|| Error::new(format!("expect: a finding without a rule: {finding}")))
    });
    let rules = rules.collect::<Result<Vec<_>, _>>()?;
    let unknown = rules.into_iter().filter(|rule| checks::by_id(rule).is_none());
    Ok(unknown.map(|rule| format!("rule {rule}")).collect())
}

/// The review in the form of `expect`.
pub(super) fn outcome_of(prepared: &Prepared, review: &Review) -> Map<String, Value> {
    let Prepared { facts, skonto } = prepared;
    let priced = &review.priced;
    let mut outcome = Map::new();
    let mut put = |key: &str, value: Value| outcome.insert(key.to_owned(), value);
    put("decision", review.decision.key().into());
    put("findings", findings_of(review));
    put(
        "lines",
        priced
            .lines
            .iter()
            .map(|line| {
                json!({
                    "sku": line.article_number,
                    "unit_price_effective": line.unit_price,
                    "net": line.net.map(|net| net.to_string()),
                })
            })
            .collect(),
    );
    put("surcharge_net", priced.surcharge.to_string().into());
    put("net", priced.net.to_string().into());
    put("vat", priced.vat.iter().map(|group| {
        json!({ "rate": group.rate.to_string(), "base": group.base.to_string(), "tax": group.tax.to_string() })
    }).collect());
    put("gross", priced.gross.to_string().into());
    let (after, limit) = contract_value(facts, review);
    put("consumed_value_net_after", after.as_net().to_string().into());
    put("remaining_value_net_after", limit.map(|limit| (limit - after).as_net().to_string()).into());
    put("savings", review.savings.as_ref().map_or(Value::Null, savings_of));
    if let Some(rate) = skonto {
        put("skonto_possible_gross", cash_discount(priced.gross, *rate).to_string().into());
    }
    if review.decision != Decision::Blocked && limit == Some(after) {
        put("contract_status_after", "exhausted".into());
    }
    if !review.gaps.is_empty() {
        put("gaps", review.gaps.iter().map(gap_of).collect());
    }
    outcome
}

/// Consumption of the contract's value ceiling after this call-off, without what others reserved.
fn contract_value(facts: &Facts, review: &Review) -> (Volume, Option<Volume>) {
    let state = facts
        .scopes
        .iter()
        .find(|state| state.scope == Scope::Contract && state.measure == Measure::Value)
        .expect("a fixture always counts the contract's value");
    (state.consumed() + demand(state, &review.priced), state.limit)
}

pub(super) fn findings_of(review: &Review) -> Value {
    let said = |finding: &&Finding| !matches!(finding.outcome, Outcome::Passed | Outcome::Pending);
    review.findings.iter().filter(said).map(finding_of).collect()
}

fn finding_of(finding: &Finding) -> Value {
    let params: Map<String, Value> = finding.params.iter().map(|(name, value)| (name.clone(), value.plain())).collect();
    json!({ "rule": finding.rule, "severity": finding.outcome.key(), "params": params })
}

fn savings_of(savings: &Savings) -> Value {
    json!({
        "baseline": savings.baseline.to_string(),
        "price_effect": savings.price_effect.to_string(),
        "surcharge": savings.surcharge.to_string(),
        "fee": savings.fee.to_string(),
        "bonus_realised": savings.bonus_realised.to_string(),
        "net": savings.net.to_string(),
        "rate_pct": savings.rate_pct.map(|rate| rate.to_string()),
        "unevidenced_effect": savings.unevidenced_effect.to_string(),
        "process_effect_noncash": savings.process_effect_noncash.to_string(),
    })
}

fn gap_of(gap: &Gap) -> Value {
    match gap {
        Gap::NoLines => "no_lines".into(),
        Gap::PerformanceMissing { article_number } => format!("performance_missing {article_number}").into(),
        Gap::QuoteMissing { article_number } => format!("quote_missing {article_number}").into(),
        Gap::AmountTooLarge { article_number } => format!("amount_too_large {article_number}").into(),
    }
}

/// Every difference with its place. Findings are a multiset; the rest is compared as it stands.
pub(super) fn differences(expect: &Map<String, Value>, actual: &Map<String, Value>) -> Vec<String> {
    let keys: BTreeSet<&String> = expect.keys().chain(actual.keys()).collect();
    let mut differences = Vec::new();
    for key in keys {
        match (expect.get(key), actual.get(key)) {
            (Some(expected), Some(actual)) if key == "findings" => {
                findings_differ(key, expected, actual, &mut differences)
            }
            (Some(expected), Some(actual)) => values_differ(key, expected, actual, &mut differences),
            (Some(expected), None) => differences.push(format!("{key}: expected {expected}, actual has no such key")),
            (None, Some(actual)) => differences.push(format!("{key}: expected no such key, actual {actual}")),
            (None, None) => {}
        }
    }
    differences
}

fn findings_differ(place: &str, expected: &Value, actual: &Value, out: &mut Vec<String>) {
    let mut left: Vec<&Value> = actual.as_array().map_or_else(Vec::new, |list| list.iter().collect());
    for wanted in expected.as_array().into_iter().flatten() {
        match left.iter().position(|finding| *finding == wanted) {
            Some(at) => drop(left.remove(at)),
            None => out.push(format!("{place}: expected {wanted}, actual has no such finding")),
        }
    }
    out.extend(left.into_iter().map(|finding| format!("{place}: not expected, actual {finding}")));
}

fn values_differ(place: &str, expected: &Value, actual: &Value, out: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            // A line without a price may leave its unit price out or write null.
            let says_nothing = |key: &str, value: &Value| key == "unit_price_effective" && value.is_null();
            for key in expected.keys().chain(actual.keys()).collect::<BTreeSet<_>>() {
                let place = format!("{place}.{key}");
                match (expected.get(key), actual.get(key)) {
                    (Some(expected), Some(actual)) => values_differ(&place, expected, actual, out),
                    (Some(value), None) | (None, Some(value)) if says_nothing(key, value) => {}
                    (Some(expected), None) => out.push(format!("{place}: expected {expected}, actual has no such key")),
                    (None, Some(actual)) => out.push(format!("{place}: expected no such key, actual {actual}")),
                    (None, None) => {}
                }
            }
        }
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                values_differ(&format!("{place}[{index}]"), expected, actual, out);
            }
        }
        _ if expected == actual => {}
        _ => out.push(format!("{place}: expected {expected}, actual {actual}")),
    }
}

/// Both orders of release, one after the other; the outcome of each has to be the expected one. The
/// race itself runs against the database elsewhere.
fn concurrency(case: &Case, fixtures: &Fixtures) -> Result<Verdict, Error> {
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
        failed.extend(differences(expect, &outcome).into_iter().map(|text| format!("order {order:?}: {text}")));
    }
    Ok(if failed.is_empty() { Verdict::Passed(Vec::new()) } else { Verdict::Failed(failed) })
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
            Decision::Blocked => blocked.push(findings_of(&review)),
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
