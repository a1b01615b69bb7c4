//! Contract complete (Vertrag vollständig).
//!
//! What a contract needs before members can call off from it: term, schedule with prices, parties for
//! each lot, entitlements with their proof (a category with the notice's own words), a retention
//! class, and two persons. Each missing piece is a finding with its place. The maximum is
//! cap-undefined's, whether prices are released is price-version-approved's.

use std::collections::BTreeSet;

use crate::activation::{Activation, NewContract};
use crate::checks::{ActivationRule, Check, texts};
use crate::finding::{Addressee, Verdict};

/// The rule.
pub const CHECK: Check<ActivationRule> = Check {
    id: "activation-complete",
    version: 1,
    addressee: Addressee::Office,
    texts: texts!("activation_complete"),
    run,
};

fn run(activation: &Activation) -> Vec<Verdict> {
    let Some(contract) = activation.contract() else { return Vec::new() };
    let mut verdicts = missing(contract);
    if verdicts.is_empty() {
        verdicts.push(Verdict::passed());
    }
    verdicts.into_iter().map(|verdict| verdict.figure("contract", activation.number.as_str())).collect()
}

fn missing(contract: &NewContract) -> Vec<Verdict> {
    let without = |wording| Verdict::block().wording(wording);
    let mut verdicts = Vec::new();
    if contract.term_with_options.is_none() {
        verdicts.push(without("term"));
    }
    if contract.items.is_empty() {
        verdicts.push(without("items"));
    }
    let priced: BTreeSet<&str> = contract.prices.iter().map(|price| price.article_number.as_str()).collect();
    let items = contract.items.iter().map(|item| item.article_number.as_str());
    verdicts.extend(items.filter(|item| !priced.contains(item)).map(|item| without("price").param("sku", item)));
    if contract.lots.is_empty() && contract.parties_of_all_lots == 0 {
        verdicts.push(without("party"));
    }
    let unserved = contract.lots.iter().filter(|lot| lot.parties == 0 && contract.parties_of_all_lots == 0);
    verdicts.extend(unserved.map(|lot| without("lot_party").param("lot", format!("{} {}", lot.number, lot.title))));
    if contract.entitlements.is_empty() {
        verdicts.push(without("entitlement"));
    }
    for entitlement in &contract.entitlements {
        let name = entitlement.name.as_str();
        if entitlement.document.trim().is_empty() {
            verdicts.push(without("proof").param("entitled", name));
        }
        if entitlement.category && entitlement.wording.trim().is_empty() {
            verdicts.push(without("category_wording").param("entitled", name));
        }
    }
    if contract.retention_class.as_deref().is_none_or(|class| class.trim().is_empty()) {
        verdicts.push(without("retention"));
    }
    if contract.prepared_by == contract.activated_by {
        verdicts.push(without("two_persons"));
    }
    verdicts
}
