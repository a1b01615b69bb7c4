//! Increase allowed (Erhöhung zulässig), § 132 GWB.
//!
//! Minor changes (3): all of them together at most 10 % of the initial value (works 15 %) and not
//! above the EU threshold. Additional services and unforeseen circumstances (2) no. 2, 3: each at
//! most 50 %, and published (5). A review clause (2) no. 1 has no percentage, but has to be named.
//! Limits are rounded down, sums are exact.

use crate::activation::{Activation, Modification, ModificationGround, Subject};
use crate::checks::{ActivationRule, Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::money::Net;

/// The rule.
pub const CHECK: Check<ActivationRule> = Check {
    id: "modification-limits",
    version: 1,
    addressee: Addressee::Office,
    texts: texts!("modification_limits"),
    run,
};

fn run(activation: &Activation) -> Vec<Verdict> {
    let Subject::Modification(modification) = &activation.subject else { return Vec::new() };
    let verdicts = match modification.ground {
        ModificationGround::ReviewClause => review_clause(modification),
        ModificationGround::Additional | ModificationGround::Unforeseen => single(modification),
        ModificationGround::Minor => minor(modification),
    };
    let told = verdicts
        .into_iter()
        .map(|verdict| verdict.figure("contract", activation.number.as_str()).figure("initial", modification.initial));
    told.collect()
}

fn review_clause(modification: &Modification) -> Vec<Verdict> {
    vec![match modification.clause.trim() {
        "" => Verdict::block().wording("clause"),
        clause => Verdict::passed().wording("clause").figure("clause", clause),
    }]
}

fn single(modification: &Modification) -> Vec<Verdict> {
    let share = modification.limits.single;
    let limit = modification.initial.percentage_down(share);
    let mut verdicts = Vec::new();
    if limit < modification.increase {
        verdicts.push(Verdict::block().wording("single").param("overrun", modification.increase - limit));
    }
    if modification.publication.trim().is_empty() {
        verdicts.push(Verdict::block().wording("publication"));
    }
    if verdicts.is_empty() {
        verdicts.push(Verdict::passed().wording("single").figure("publication", modification.publication.as_str()));
    }
    let with =
        |verdict: Verdict| verdict.figure("sum", modification.increase).figure("share", share).figure("limit", limit);
    verdicts.into_iter().map(with).collect()
}

/// A decrease does not make room for an increase: only increases are added.
fn minor(modification: &Modification) -> Vec<Verdict> {
    let limits = modification.limits;
    let share = if modification.works { limits.minor_works } else { limits.minor };
    let limit = modification.initial.percentage_down(share);
    let increases = modification.earlier_minor.iter().copied().chain([modification.increase]);
    let sum: Net = increases.map(|increase| increase.max(Net::ZERO)).sum();
    let mut verdicts = Vec::new();
    if limit < sum {
        verdicts.push(Verdict::block().wording("share").param("overrun", sum - limit));
    }
    if limits.eu_threshold < sum {
        verdicts.push(Verdict::block().wording("threshold").param("overrun", sum - limits.eu_threshold));
    }
    if verdicts.is_empty() {
        verdicts.push(Verdict::passed());
    }
    let with = |verdict: Verdict| {
        verdict
            .figure("sum", sum)
            .figure("share", share)
            .figure("limit", limit)
            .figure("threshold", limits.eu_threshold)
    };
    verdicts.into_iter().map(with).collect()
}
