//! Kind `allocation`: shares of a bonus.

use std::collections::BTreeMap;

use abruf_domain::allocation::shares;
use abruf_domain::money::Net;
use serde_json::{Map, Value};

use super::{Verdict, compare, expectation, parse};
use crate::cases::Error;
use crate::cases::format::{Allocation, Case, EXPECT_ALLOCATION};

pub(super) fn judge(case: &Case) -> Result<Verdict, Error> {
    let input: Allocation = parse(&case.input, "input")?;
    let expect = expectation(case, EXPECT_ALLOCATION)?;
    let mut outcome = Map::new();
    outcome.insert("allocation".to_owned(), shared(input.bonus, &input.turnover_net));
    if let Some(second) = &input.second {
        outcome.insert("second".to_owned(), shared(second.bonus, &second.turnover_net));
    }
    Ok(Verdict::of(compare::objects(expect, &outcome), Vec::new()))
}

/// Null where nobody has turnover.
fn shared(bonus: Net, turnover: &BTreeMap<String, Net>) -> Value {
    let turnover: Vec<(&String, Net)> = turnover.iter().map(|(member, net)| (member, *net)).collect();
    let object = |shares: Vec<(&String, Net)>| {
        Value::Object(shares.into_iter().map(|(member, net)| (member.clone(), net.to_string().into())).collect())
    };
    shares(bonus, &turnover).map_or(Value::Null, object)
}
