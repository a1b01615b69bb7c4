//! Ceiling missing (Höchstgrenze fehlt).
//!
//! A framework states a maximum value or quantity, for the whole or for each lot (C-23/20). Below the
//! EU threshold that is disputed, and contracts awarded before the judgment could not know it: there
//! a justification is enough.

use crate::activation::{Activation, NewContract};
use crate::checks::{ActivationRule, Check, texts};
use crate::facts::Regime;
use crate::finding::{Addressee, Verdict};

/// The rule.
pub const CHECK: Check<ActivationRule> =
    Check { id: "cap-undefined", version: 1, addressee: Addressee::Office, texts: texts!("cap_undefined"), run };

fn run(activation: &Activation) -> Vec<Verdict> {
    let Some(contract) = activation.contract() else { return Vec::new() };
    let open = lots_without_maximum(contract);
    let since = activation.law.ceiling_required_since;
    let too_early_to_know = contract.awarded_on.filter(|awarded_on| since.is_some_and(|since| *awarded_on < since));
    let verdict = match (open, too_early_to_know, contract.regime) {
        (None, _, _) => Verdict::passed(),
        (Some(_), Some(awarded_on), _) => Verdict::justify().wording("old").figure("awarded_on", awarded_on),
        (Some(lots), None, Regime::Vgv) if lots.is_empty() => Verdict::block(),
        (Some(lots), None, Regime::Vgv) => Verdict::block().wording("lots").figure("lots", lots),
        (Some(_), None, Regime::Uvgo) => Verdict::justify(),
    };
    vec![verdict.figure("contract", activation.number.as_str())]
}

/// `None` if everything has a maximum; else the lots without one, empty where no lot has any.
fn lots_without_maximum(contract: &NewContract) -> Option<Vec<String>> {
    let whole = contract.maximum_value.is_some() || contract.maximum_quantity.is_some();
    if whole {
        return None;
    }
    let bounded = |lot: &&crate::activation::NewLot| lot.maximum_value.is_some() || lot.maximum_quantity.is_some();
    let open: Vec<String> =
        contract.lots.iter().filter(|lot| !bounded(lot)).map(|lot| format!("{} {}", lot.number, lot.title)).collect();
    match (contract.lots.is_empty(), open.len() == contract.lots.len(), open.is_empty()) {
        (false, _, true) => None,
        (_, true, _) => Some(Vec::new()),
        _ => Some(open),
    }
}
