//! Kind `cancellation`: what remains of the call-off of another case.

use abruf_domain::cancellation::{CancelledQuantity, PriceOfRest, remaining};
use abruf_domain::facts::{Facts, Measure, Scope};
use abruf_domain::money::Volume;
use abruf_domain::review::review;
use serde_json::{Map, Value};

use super::call_off::savings_of;
use super::{Verdict, compare, expectation, parse};
use crate::cases::Error;
use crate::cases::fixture::Fixtures;
use crate::cases::format::{CallOff, Cancellation, CancellationTierRule, Case, EXPECT_CANCELLATION};

pub(super) fn judge(case: &Case, fixtures: &Fixtures, file: &[Value]) -> Result<Verdict, Error> {
    let input: Cancellation = parse(&case.input, "input")?;
    let expect = expectation(case, EXPECT_CANCELLATION)?;
    let base = base_case(&input.base_case, file)?;
    let facts = fixtures.prepare(&base)?.facts;
    let rule = match fixtures.contract(&base)?.cancellation_tier_rule {
        CancellationTierRule::PriceAsOrdered => PriceOfRest::PriceAsOrdered,
        CancellationTierRule::ReTier => PriceOfRest::ReTier,
    };
    let cancelled = input.cancel.iter().map(|line| {
        let ordered = facts.request.lines.iter().find(|ordered| ordered.article_number == line.sku);
        let ordered = ordered.ok_or_else(|| Error::new(format!("cancel: `{}` was not ordered", line.sku)))?;
        Ok(CancelledQuantity { position: ordered.position, quantity: line.qty })
    });
    let cancelled = cancelled.collect::<Result<Vec<_>, Error>>()?;
    let ordered = review(&facts).priced;
    let rest = match remaining(&facts, &ordered, &cancelled, rule) {
        Ok(rest) => rest,
        Err(refused) => {
            let refused = Map::from_iter([("refused".to_owned(), refused.to_string().into())]);
            return Ok(Verdict::of(compare::objects(expect, &refused), Vec::new()));
        }
    };
    let after = consumed(&facts) + rest.priced.net.into();
    let mut outcome = Map::new();
    let mut put = |key: &str, value: Value| outcome.insert(key.to_owned(), value);
    put("line_net", rest.priced.lines_net.to_string().into());
    put("vat", rest.priced.vat_total.to_string().into());
    put("gross", rest.priced.gross.to_string().into());
    put("freed_value_net", rest.freed.to_string().into());
    put("consumed_value_net_after", after.as_net().to_string().into());
    put("savings", savings_of(&rest.savings));
    if !rest.priced.surcharge.is_zero() {
        put("surcharge_net", rest.priced.surcharge.to_string().into());
    }
    Ok(Verdict::of(compare::objects(expect, &outcome), Vec::new()))
}

/// The call-off this case builds upon; it stands in the same file.
pub(in crate::cases) fn base_case(id: &str, file: &[Value]) -> Result<CallOff, Error> {
    let named = |case: &&Value| case.get("id").and_then(Value::as_str) == Some(id);
    let base = file.iter().find(named).ok_or_else(|| Error::new(format!("base_case: `{id}` is not in the file")))?;
    let base: Case = parse(base, "base_case")?;
    match base.kind.as_str() {
        "call_off" => parse(&base.input, "base_case: input"),
        other => Err(Error::new(format!("base_case: `{id}` is of kind {other}, not call_off"))),
    }
}

/// Consumption of the contract before the order.
fn consumed(facts: &Facts) -> Volume {
    let value =
        |state: &&abruf_domain::facts::ScopeState| state.scope == Scope::Contract && state.measure == Measure::Value;
    facts.scopes.iter().find(value).map_or(Volume::ZERO, |state| state.consumed())
}
