//! Kind `modification_132_3`: whether minor increases stay within their limits.

use abruf_domain::activation::{
    Activation, ActivationLaw, Modification, ModificationGround, ModificationLimits, Subject,
};
use abruf_domain::checks::modification_limits;
use abruf_domain::finding::{Finding, Outcome};
use abruf_domain::money::{Net, Percent};
use chrono::NaiveDate;
use serde_json::Value;

use super::{Verdict, compare, parse};
use crate::cases::Error;
use crate::cases::format::{Case, MinorIncreases};

pub(super) fn judge(case: &Case) -> Result<Verdict, Error> {
    let contracts: Vec<MinorIncreases> = parse(&case.input, "input")?;
    let mut findings: Vec<Finding> = Vec::new();
    let mut allowed: Vec<Value> = Vec::new();
    for contract in contracts {
        let found = modification_limits::CHECK.findings_on(&activation(contract)?);
        allowed.push(found.iter().all(|finding| finding.outcome == Outcome::Passed).into());
        findings.extend(found);
    }
    Ok(Verdict::of(compare::values("expect", &case.expect, &Value::Array(allowed)), findings))
}

/// The last increase is the one to be activated.
fn activation(contract: MinorIncreases) -> Result<Activation, Error> {
    let percent = |text: &str| text.parse::<Percent>().map_err(|error| Error::new(error.to_string()));
    let threshold = "216000.00".parse::<Net>().map_err(|error| Error::new(error.to_string()))?;
    let (increase, earlier) =
        contract.increases.split_last().map_or((Net::ZERO, &[][..]), |(last, rest)| (*last, rest));
    let modification = Modification {
        ground: ModificationGround::Minor,
        initial: contract.initial,
        increase,
        earlier_minor: earlier.to_vec(),
        works: contract.works,
        publication: String::new(),
        clause: String::new(),
        limits: ModificationLimits {
            minor: percent("10")?,
            minor_works: percent("15")?,
            single: percent("50")?,
            eu_threshold: contract.eu_threshold.unwrap_or(threshold),
        },
    };
    let subject = Subject::Modification(Box::new(modification));
    Ok(Activation { day: NaiveDate::MIN, number: String::new(), subject, law: ActivationLaw::default() })
}
