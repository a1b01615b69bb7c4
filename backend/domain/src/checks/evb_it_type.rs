//! EVB-IT contract type (EVB-IT-Vertragsart).
//!
//! An IT item names its type of EVB-IT contract: cloud for software as a service, Überlassung Typ A
//! for perpetual and Typ B for time-limited licences. Binding for the Land, a recommendation for
//! municipalities; so it is a notice, when the contract is activated and at each call-off.

use crate::activation::Activation;
use crate::checks::{ActivationRule, Check, texts};
use crate::facts::EvbIt;
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule, at a call-off.
pub const CHECK: Check =
    Check { id: "evb-it-type", version: 1, addressee: Addressee::Office, texts: texts!("evb_it_type"), run };

/// The same rule, at the activation of a contract.
pub const AT_ACTIVATION: Check<ActivationRule> = CHECK.looking_at(at_activation);

fn run(case: &Case<'_>) -> Vec<Verdict> {
    judge(case.requested_items().map(|item| (item.article_number.as_str(), item.traits.evb_it.as_ref())))
}

fn at_activation(activation: &Activation) -> Vec<Verdict> {
    let items = activation.contract().map_or(&[][..], |contract| &contract.items);
    judge(items.iter().map(|item| (item.article_number.as_str(), item.evb_it.as_ref())))
}

/// Only IT items are concerned.
fn judge<'a>(items: impl Iterator<Item = (&'a str, Option<&'a EvbIt>)>) -> Vec<Verdict> {
    let mut typed = Vec::new();
    let mut missing = Vec::new();
    for (article, evb_it) in items {
        match evb_it {
            Some(EvbIt::Typed { kind }) if !kind.trim().is_empty() => typed.push(format!("{article} ({kind})")),
            Some(EvbIt::Typed { .. } | EvbIt::Missing) => missing.push(article.to_owned()),
            None => {}
        }
    }
    match (typed.is_empty(), missing.is_empty()) {
        (_, false) => vec![Verdict::notice().param("skus", missing)],
        (false, true) => vec![Verdict::passed().figure("skus", typed)],
        (true, true) => Vec::new(),
    }
}
