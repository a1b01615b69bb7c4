//! Costs more than before (Mehrkosten).
//!
//! Negative savings stay in every sum and are named as such (GC-13: -1.32).

use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "savings-negative", version: 1, addressee: Addressee::Office, texts: texts!("savings_negative"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let Some(savings) = case.savings else { return Vec::new() };
    let verdict = match savings.net.is_negative() {
        true => Verdict::notice().figure("more", -savings.net),
        false => Verdict::passed(),
    };
    vec![verdict.figure("net", savings.net).figure("baseline", savings.baseline)]
}

#[cfg(test)]
mod tests {
    use crate::example::{citrix, of};
    use crate::review::review;

    #[test]
    fn what_costs_more_is_named_without_a_sign_and_stays_in_the_sum_with_it() {
        let mut facts = citrix();
        for baseline in &mut facts.baselines {
            baseline.unit_price = of("1.00");
        }
        let review = review(&facts);
        let savings = review.savings.as_ref().map(|savings| savings.net);
        let finding = review.findings.iter().find(|it| it.rule == super::CHECK.id).expect("a notice");
        let net = savings.filter(|net| net.is_negative()).expect("a loss");
        assert_eq!((&finding.figures["net"], &finding.figures["more"]), (&net.into(), &(-net).into()));
    }
}
