//! Money available (Haushaltsmittel).
//!
//! The account has to cover what the member bears: gross, or net where it deducts input VAT. Later
//! years with an amount of their own are checked for what falls due in them; the rest counts against
//! the year of the release, unless a commitment authorisation covers it. Over- and unplanned
//! spending needs its approval (§ 105 KVG LSA), a provisional budget its reason (§ 104 KVG LSA).
//! A member that keeps references only has no amounts to check. Where the treasurer confirms the money
//! of each request, that word takes the place of the arithmetic: awaited at submission, needed at release.

use chrono::Datelike;

use crate::checks::{Check, texts};
use crate::facts::{Budget, BudgetMode, CheckPoint, FundsConfirmation};
use crate::finding::{Addressee, Finding, Outcome, Verdict};
use crate::money::Gross;
use crate::payments::{burden, later_years};
use crate::review::Case;

/// The rule.
pub const CHECK: Check = Check {
    id: "budget-available",
    version: 1,
    addressee: Addressee::Treasurer,
    texts: texts!("budget_available"),
    run,
};

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let Some(budget) = case.facts.request.budget.as_ref().filter(|it| it.mode != BudgetMode::ReferenceOnly) else {
        return Vec::new();
    };
    if budget.account_missing {
        return vec![Verdict::block().wording(NO_ACCOUNT).figure("due", burden(case.facts, case.priced))];
    }
    if let Some(confirmation) = &budget.confirmation {
        return vec![confirmed(case, budget, confirmation)];
    }
    let years = years(case, budget);
    let short: Vec<&Year> = years.iter().filter(|year| year.available < year.due).collect();
    let due = |years: &[&Year]| years.iter().map(|year| year.due).sum::<Gross>();
    let available = |years: &[&Year]| years.iter().map(|year| year.available).sum::<Gross>();
    let (verdict, told) = if short.is_empty() {
        let told: Vec<&Year> = years.iter().collect();
        let provisional = budget.provisional_until.filter(|until| case.day <= *until);
        match provisional {
            Some(until) => (Verdict::justify().wording("provisional").figure("until", until), told),
            None => (Verdict::passed(), told),
        }
    } else {
        let missing = due(&short) - available(&short);
        let approval = budget.overrun_approval.as_deref().map(str::trim).filter(|approval| !approval.is_empty());
        let verdict = match approval {
            Some(approval) => Verdict::justify().wording("approved").figure("approval", approval),
            None => Verdict::block(),
        };
        (verdict.param("missing", missing), short)
    };
    vec![
        verdict
            .figure("due", due(&told))
            .figure("available", available(&told))
            .figure("years", told.iter().map(|year| year.year.to_string()).collect::<Vec<String>>()),
    ]
}

/// The sentence where an account has to be named.
const NO_ACCOUNT: &str = "no_account";
/// The sentence where the treasurer has said nothing yet.
const AWAITED: &str = "awaited";
/// The sentence where the treasurer confirmed less than falls due.
const SHORT: &str = "short";

/// The treasurer's word instead of an account's figures. Nothing stands in the way of a submission: the
/// treasurer is asked by it.
fn confirmed(case: &Case<'_>, budget: &Budget, confirmation: &FundsConfirmation) -> Verdict {
    let due = burden(case.facts, case.priced);
    let open = || match case.facts.check_point {
        CheckPoint::Submission => Verdict::new(Outcome::Pending),
        CheckPoint::Release => Verdict::block(),
    };
    let verdict = match confirmation {
        FundsConfirmation::Awaited => open().wording(AWAITED),
        FundsConfirmation::Given { amount, on, .. } if *amount < due => {
            open().wording(SHORT).param("missing", due - *amount).figure("amount", *amount).figure("on", *on)
        }
        FundsConfirmation::Given { amount, on, .. } => {
            let account = budget.account.as_str();
            Verdict::passed()
                .wording("confirmed")
                .figure("amount", *amount)
                .figure("on", *on)
                .figure("account", account)
        }
    };
    verdict.figure("due", due)
}

/// Whether a finding says that the treasurer's word is missing: nobody's change since submission, and
/// nothing the requester could cure.
#[must_use]
pub fn awaits_treasurer(finding: &Finding) -> bool {
    let wording = finding.wording.as_deref();
    finding.rule == CHECK.id && (wording == Some(AWAITED) || wording == Some(SHORT))
}

/// Money of one calendar year.
struct Year {
    year: i32,
    due: Gross,
    available: Gross,
}

fn years(case: &Case<'_>, budget: &Budget) -> Vec<Year> {
    let later = later_years(case.facts, case.priced, case.day);
    let planned = budget.later_years.as_deref().unwrap_or_default();
    let committed = budget.later_years.is_some() && !case.facts.request.papers.commitment.trim().is_empty();
    let mut this_year = burden(case.facts, case.priced);
    let mut years = Vec::new();
    for (year, due) in later {
        let available = planned.iter().find(|(planned, _)| *planned == year).map(|(_, available)| *available);
        if available.is_some() || committed {
            this_year = this_year - due;
        }
        years.extend(available.map(|available| Year { year, due, available }));
    }
    years.insert(0, Year { year: case.day.year(), due: this_year, available: budget.available });
    years
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::duplicate_call_off;

    #[test]
    fn only_a_missing_or_too_small_confirmation_waits_for_the_treasurer() {
        let told = |wording| CHECK.finding(Verdict::block().wording(wording));
        assert!(awaits_treasurer(&told(AWAITED)) && awaits_treasurer(&told(SHORT)));
        assert!(!awaits_treasurer(&told("no_account")) && !awaits_treasurer(&CHECK.finding(Verdict::block())));
        assert!(!awaits_treasurer(&duplicate_call_off::CHECK.finding(Verdict::block().wording(AWAITED))));
    }
}
