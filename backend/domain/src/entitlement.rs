//! Whether a member may call off from a contract at all, before anything is asked for: the rules about membership,
//! entitlement and term. The review of a call-off asks them again.

use chrono::NaiveDate;

use crate::Outcome;
use crate::checks::{
    Check, accession_after_notice, cap_breached, contract_active, entitlement_after_notice, inhouse_evidence_current,
    member_active, member_entitled, within_term,
};
use crate::facts::{Entitlement, Facts};
use crate::finding::Finding;
use crate::money::{Gross, Net, Vat};
use crate::pricing::{PricedCallOff, price};
use crate::review::{Case, Review};
use crate::supply_chain::EntitledParty;

/// The rules that need no request, in the order of the rule book.
const RULES: [Check; 8] = [
    member_active::CHECK,
    inhouse_evidence_current::CHECK,
    member_entitled::CHECK,
    accession_after_notice::CHECK,
    entitlement_after_notice::CHECK,
    contract_active::CHECK,
    within_term::CHECK,
    cap_breached::CHECK,
];

/// Those of them that are about the member, not the contract.
const ABOUT_THE_MEMBER: [Check; 4] =
    [member_active::CHECK, member_entitled::CHECK, accession_after_notice::CHECK, entitlement_after_notice::CHECK];

/// Whether these findings say that the member itself may not call off. Then the prices of the contract are not for
/// it either: they are shown to those entitled alone.
#[must_use]
pub fn is_denied(findings: &[Finding]) -> bool {
    findings.iter().any(|it| it.outcome == Outcome::Block && ABOUT_THE_MEMBER.iter().any(|rule| rule.id == it.rule))
}

/// A review as a member may read it that is not entitled: what stands in its way, no price, no amount, and no rule
/// that judges amounts, since whoever may ask for any quantity works the price out of its verdict.
#[must_use]
pub fn without_prices(review: &Review) -> Review {
    let mut shown = review.clone();
    shown.findings.retain(|it| RULES.iter().any(|rule| rule.id == it.rule));
    for line in &mut shown.priced.lines {
        (line.price_term, line.unit_price, line.net, line.vat) = (None, None, None, None);
    }
    shown.priced = PricedCallOff {
        lines: shown.priced.lines,
        lines_net: Net::ZERO,
        surcharge: Net::ZERO,
        net: Net::ZERO,
        vat: Vec::new(),
        vat_total: Vat::ZERO,
        gross: Gross::ZERO,
    };
    shown.savings = None;
    shown.after.clear();
    shown
}

/// What these rules find on `day`, the passed ones too.
#[must_use]
pub fn findings(facts: &Facts, day: NaiveDate) -> Vec<Finding> {
    let case = Case { facts, day, priced: &price(facts, day), savings: None };
    RULES.iter().flat_map(|rule| rule.findings(&case)).collect()
}

/// First and last day on which the member can call off without a gap around `day`, as known then: within membership,
/// entitlement and term. `None` if it cannot on `day`.
#[must_use]
pub fn span(facts: &Facts, day: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    let contract = &facts.contract;
    let membership = facts.member.membership_on(day)?;
    let (mut from, mut to) = (contract.term.from().max(membership.from), contract.effective_end());
    to = membership.to.map_or(to, |end| end.min(to));
    if contract.supply_chain.entitled_party() == EntitledParty::Member {
        let covers = |it: &&Entitlement| it.covers.covers(&facts.member) && it.validity.contains(day);
        let own: Vec<&Entitlement> = contract.entitlements.iter().filter(covers).collect();
        from = from.max(own.iter().map(|it| it.validity.from).min()?);
        // One entry without an end keeps it open.
        let ends: Option<Vec<NaiveDate>> = own.iter().map(|it| it.validity.to).collect();
        to = ends.and_then(|ends| ends.into_iter().max()).map_or(to, |end| end.min(to));
    }
    (from <= day && day <= to).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{MEMBER, between, citrix, named, of, since};
    use crate::facts::SupplyChain;
    use crate::review::review;

    fn blocked(facts: &Facts, day: &str) -> Vec<String> {
        let found = findings(facts, of(day)).into_iter().filter(|it| it.outcome == Outcome::Block);
        found.map(|it| it.rule).collect()
    }

    #[test]
    fn the_span_is_what_membership_entitlement_and_term_have_in_common() {
        let mut facts = citrix();
        let day = facts.contract.term.from() + chrono::Days::new(100);
        let end = facts.contract.effective_end();
        facts.member.memberships = vec![since("2001-01-01")];
        facts.contract.entitlements = vec![named(MEMBER, since("2002-01-01"), None)];
        assert_eq!(span(&facts, day), Some((facts.contract.term.from(), end)));

        let joined = day - chrono::Days::new(3);
        facts.member.memberships = vec![between(&joined.to_string(), &(day + chrono::Days::new(5)).to_string())];
        assert_eq!(span(&facts, day), Some((joined, day + chrono::Days::new(5))));

        facts.contract.entitlements = vec![named(MEMBER, between(&day.to_string(), &day.to_string()), None)];
        assert_eq!(span(&facts, day), Some((day, day)));
        assert_eq!(span(&facts, day + chrono::Days::new(1)), None, "the entitlement is over");
        facts.contract.entitlements.clear();
        assert_eq!(span(&facts, day), None);
        facts.contract.supply_chain = SupplyChain::ThroughBody;
        assert_eq!(span(&facts, day), Some((joined, day + chrono::Days::new(5))), "the body is entitled");
    }

    #[test]
    fn who_is_no_member_or_not_on_the_list_is_told_by_which_rule() {
        let mut facts = citrix();
        let day = (facts.contract.term.from() + chrono::Days::new(100)).to_string();
        assert_eq!(blocked(&facts, &day), Vec::<String>::new());
        facts.contract.entitlements.clear();
        assert_eq!(blocked(&facts, &day), ["member-entitled"]);
        facts.member.memberships.clear();
        assert!(blocked(&facts, &day).contains(&"member-active".to_owned()));
    }

    #[test]
    fn whoever_is_not_entitled_reads_why_and_no_amount() {
        let mut facts = citrix();
        let entitled = review(&facts);
        assert!(!is_denied(&entitled.findings));
        facts.contract.entitlements.clear();
        let judged = review(&facts);
        assert!(is_denied(&judged.findings));
        assert!(!judged.priced.net.is_zero(), "the review itself knows the prices");
        let shown = without_prices(&judged);
        assert!(is_denied(&shown.findings), "what stands in the way is told");
        assert!(shown.priced.net.is_zero() && shown.priced.gross.is_zero() && shown.savings.is_none());
        assert!(shown.priced.lines.iter().all(|line| line.unit_price.is_none() && line.net.is_none()));
        let json = serde_json::to_string(&shown).expect("plain data");
        assert!(!json.contains(r#""type":"net""#) && !json.contains("unit_price\":\""), "{json}");
    }
}
