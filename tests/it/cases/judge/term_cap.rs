//! Kind `term_cap`: terms against the longest one.

use abruf_domain::activation::{Activation, ActivationLaw, NewContract, Subject, TermReason};
use abruf_domain::checks::term_cap;
use abruf_domain::finding::{Finding, Outcome};
use abruf_domain::period::Period;
use chrono::NaiveDate;
use serde_json::Value;

use super::{Verdict, compare, parse};
use crate::cases::Error;
use crate::cases::fixture::id;
use crate::cases::format::{Case, Term};

pub(super) fn judge(case: &Case) -> Result<Verdict, Error> {
    let terms: Vec<Term> = parse(&case.input, "input")?;
    let mut findings: Vec<Finding> = Vec::new();
    let mut told: Vec<Value> = Vec::new();
    for term in terms {
        let found = term_cap::CHECK.findings_on(&activation(term)?);
        let speaking = found.iter().filter(|finding| finding.outcome != Outcome::Passed);
        told.push(speaking.map(|finding| Value::from(finding.rule.clone())).collect());
        findings.extend(found);
    }
    Ok(Verdict::of(compare::values("expect", &case.expect, &Value::Array(told)), findings))
}

/// A contract of which nothing but its term is known.
fn activation(term: Term) -> Result<Activation, Error> {
    let days = Period::new(term.start, term.end).map_err(|error| Error::new(error.to_string()))?;
    let contract = NewContract {
        regime: term.regime,
        awarded_on: term.awarded_on,
        term_with_options: Some(days),
        term_reason: term.reason.map(|text| TermReason { text, dated: term.reason_dated.unwrap_or(NaiveDate::MIN) }),
        maximum_value: None,
        maximum_quantity: None,
        lots: Vec::new(),
        parties_of_all_lots: 0,
        items: Vec::new(),
        prices: Vec::new(),
        entitlements: Vec::new(),
        retention_class: None,
        prepared_by: id("person", "vorbereitung"),
        activated_by: id("person", "aktivierung"),
    };
    Ok(Activation {
        day: term.start,
        number: String::new(),
        subject: Subject::Contract(Box::new(contract)),
        law: ActivationLaw::default(),
    })
}
