//! Longest term (Höchstlaufzeit).
//!
//! A framework runs at most four years (VgV) or six (UVgO), all options included, unless the subject
//! justifies more (§ 21 (6) VgV, § 15 (4) UVgO; BT-109). The reason has to stand in the award file: one
//! written after the award is an afterthought and does not count.

use chrono::NaiveDate;

use crate::activation::{Activation, NewContract};
use crate::checks::{ActivationRule, Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::period::{Period, last_day_of_months};

/// The rule.
pub const CHECK: Check<ActivationRule> =
    Check { id: "term-cap", version: 2, addressee: Addressee::Office, texts: texts!("term_cap"), run };

fn run(activation: &Activation) -> Vec<Verdict> {
    let Some(contract) = activation.contract() else { return Vec::new() };
    let Some(term) = contract.term_with_options else { return Vec::new() };
    let years = activation.law.longest_term_years(contract.regime);
    // A term from 1 March 2024 ends on 29 February 2028 at the latest.
    let Some(longest) = years.checked_mul(12).and_then(|months| last_day_of_months(term.from(), months)) else {
        return Vec::new();
    };
    vec![
        judge(contract, term, longest)
            .figure("contract", activation.number.as_str())
            .figure("from", term.from())
            .figure("end", term.to())
            .figure("longest", longest)
            .figure("years", years),
    ]
}

fn judge(contract: &NewContract, term: Period, longest: NaiveDate) -> Verdict {
    if term.to() <= longest {
        return Verdict::passed();
    }
    let reason = contract.term_reason.as_ref().filter(|reason| !reason.text.trim().is_empty());
    match (reason, contract.awarded_on) {
        (None, _) => Verdict::justify(),
        (Some(reason), Some(awarded_on)) if awarded_on < reason.dated => {
            Verdict::justify().wording("afterthought").figure("dated", reason.dated).figure("awarded_on", awarded_on)
        }
        (Some(reason), _) => {
            Verdict::passed().wording("reasoned").figure("reason", reason.text.as_str()).figure("dated", reason.dated)
        }
    }
}
