//! A member's quota (Mitgliedskontingent).
//!
//! A quota shares a ceiling among members. A hard one is refused when exceeded, a soft one needs a
//! justification by the office (GC-16: 1,000.00 + 5,515.00 against 6,000.00 is 515.00 too much).

use crate::checks::{Check, texts};
use crate::facts::{Measure, Scope, ScopeState};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;
use crate::volume::demand;

/// The rule.
pub const CHECK: Check =
    Check { id: "member-quota", version: 1, addressee: Addressee::Office, texts: texts!("member_quota"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let quotas = case.facts.scopes.iter().filter(|scope| scope.scope == Scope::Member);
    quotas.filter_map(|quota| judge(case, quota)).collect()
}

fn judge(case: &Case<'_>, quota: &ScopeState) -> Option<Verdict> {
    let limit = quota.limit?;
    let measure: Measure = quota.measure;
    let this = demand(quota, case.priced);
    let after = quota.taken() + this;
    let verdict = if after <= limit {
        Verdict::passed()
    } else {
        let overrun = after - limit;
        let verdict = match quota.hard {
            false => Verdict::justify().wording("soft"),
            true if quota.taken() < limit => Verdict::block(),
            true => Verdict::block().wording("exhausted"),
        };
        match measure {
            Measure::Value => verdict.param("overrun", overrun.as_net()),
            Measure::Quantity => verdict.param("overrun", overrun),
        }
    };
    Some(
        verdict
            .figure("member", case.facts.member.name.as_str())
            .volume("limit", limit, measure)
            .volume("taken", quota.taken(), measure)
            .volume("this", this, measure)
            .volume("after", after, measure)
            .volume("free", limit - quota.taken(), measure)
            .input("guard", quota.guard),
    )
}
