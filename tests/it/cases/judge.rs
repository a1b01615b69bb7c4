//! A case to its verdict: one file per kind. What comes out is put in the words of the file and
//! compared key by key.

mod activation;
mod allocation;
pub(super) mod call_off;
pub(super) mod cancellation;
pub(super) mod compare;
mod concurrency;
mod dispatch;
mod invoice_check;
mod modification;
mod retention;
mod term_cap;

use std::collections::BTreeSet;

use abruf_domain::checks;
use abruf_domain::finding::Finding;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::Error;
use super::fixture::Fixtures;
use super::format::Case;

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

impl Verdict {
    /// Passed without differences.
    fn of(differences: Vec<String>, findings: Vec<Finding>) -> Self {
        if differences.is_empty() { Self::Passed(findings) } else { Self::Failed(differences) }
    }
}

/// Judges a case; `file` are the cases of its file, for kinds that build upon another case.
pub(super) fn judge(case: &Case, fixtures: &Fixtures, file: &[Value]) -> Result<Verdict, Error> {
    match case.kind.as_str() {
        "call_off" => call_off::judge(case, fixtures),
        "concurrency" => concurrency::judge(case, fixtures),
        "cancellation" => cancellation::judge(case, fixtures, file),
        "invoice_check" => invoice_check::judge(case, fixtures),
        "allocation" => allocation::judge(case),
        "retention" => retention::judge(case),
        "term_cap" => term_cap::judge(case),
        "modification_132_3" => modification::judge(case),
        "activation" => activation::judge(case),
        "dispatch" => dispatch::judge(case),
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
