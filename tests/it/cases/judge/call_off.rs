//! Kind `call_off`: one review.

use abruf_domain::facts::{Facts, Measure, Scope};
use abruf_domain::finding::{Finding, Outcome};
use abruf_domain::money::Volume;
use abruf_domain::notation::Language;
use abruf_domain::pricing::cash_discount;
use abruf_domain::review::{Decision, Gap, Review, review};
use abruf_domain::savings::Savings;
use abruf_domain::volume::demand;
use serde_json::{Map, Value, json};

use super::{Verdict, compare, expectation, parse, rules_not_built};
use crate::cases::Error;
use crate::cases::fixture::{Fixtures, Prepared};
use crate::cases::format::{CallOff, Case, EXPECT_CALL_OFF};

pub(super) fn judge(case: &Case, fixtures: &Fixtures) -> Result<Verdict, Error> {
    let input: CallOff = parse(&case.input, "input")?;
    let expect = expectation(case, EXPECT_CALL_OFF)?;
    let missing = rules_not_built(expect.get("findings"))?;
    let prepared = fixtures.prepare(&input)?;
    if !missing.is_empty() {
        return Ok(Verdict::Undecidable(missing));
    }
    let review = review(&prepared.facts);
    let mut actual = outcome_of(&prepared, &review);
    if let Some(asked) = expect.get("sources") {
        actual.insert("sources".to_owned(), sources_of(asked, &review.findings));
    }
    if let Some(asked) = expect.get("wordings") {
        actual.insert("wordings".to_owned(), wordings_of(asked, &review.findings));
    }
    Ok(Verdict::of(compare::objects(expect, &actual), review.findings))
}

/// The review in the form of `expect`.
pub(in crate::cases) fn outcome_of(prepared: &Prepared, review: &Review) -> Map<String, Value> {
    let Prepared { facts, skonto } = prepared;
    let priced = &review.priced;
    let mut outcome = Map::new();
    let mut put = |key: &str, value: Value| outcome.insert(key.to_owned(), value);
    put("decision", review.decision.key().into());
    put("findings", findings_of(&review.findings));
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

/// What the findings of the rules that a case asks about cite, as the help page and the memo print it.
pub(in crate::cases) fn sources_of(asked: &Value, findings: &[Finding]) -> Value {
    let rules = asked.as_object().into_iter().flat_map(Map::keys);
    let cited = rules.map(|rule| {
        let finding = findings.iter().find(|finding| finding.rule == *rule);
        (rule.clone(), finding.map_or(Value::Null, |finding| finding.source(Language::German).into()))
    });
    Value::Object(cited.collect())
}

/// Which of its sentences the findings of the rules that a case asks about say; null is the usual one.
pub(in crate::cases) fn wordings_of(asked: &Value, findings: &[Finding]) -> Value {
    let rules = asked.as_object().into_iter().flat_map(Map::keys);
    let worded = rules.map(|rule| {
        let finding = findings.iter().find(|finding| finding.rule == *rule);
        (rule.clone(), finding.and_then(|finding| finding.wording.clone()).into())
    });
    Value::Object(worded.collect())
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

/// Findings that say something, as a file writes them.
pub(in crate::cases) fn findings_of(findings: &[Finding]) -> Value {
    let said = |finding: &&Finding| !matches!(finding.outcome, Outcome::Passed | Outcome::Pending);
    findings.iter().filter(said).map(finding_of).collect()
}

fn finding_of(finding: &Finding) -> Value {
    let params: Map<String, Value> = finding.params.iter().map(|(name, value)| (name.clone(), value.plain())).collect();
    json!({ "rule": finding.rule, "severity": finding.outcome.key(), "params": params })
}

pub(in crate::cases) fn savings_of(savings: &Savings) -> Value {
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
