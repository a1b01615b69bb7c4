//! The rule book: one file per rule, its texts beside it, one line here. The order is the order on
//! page and memo. A test compares this list with the folder.

pub mod accessibility_evidence;
pub mod accession_after_notice;
pub mod activation_complete;
pub mod baseline_missing;
pub mod baseline_stale;
pub mod best_price_item;
pub mod budget_available;
pub mod cap_breached;
pub mod cap_quantity;
pub mod cap_undefined;
pub mod cap_value;
pub mod cap_warning;
pub mod cascade_order;
pub mod conflict_of_interest;
pub mod contract_active;
pub mod council_resolution;
pub mod data_processing_agreement;
pub mod duplicate_call_off;
pub mod entitlement_after_notice;
pub mod evb_it_type;
pub mod four_eyes;
pub mod inhouse_evidence_current;
pub mod invoice_matches_contract;
pub mod invoice_routing;
pub mod item_in_scope;
pub mod lot_supplier_match;
pub mod member_active;
pub mod member_entitled;
pub mod member_is_contracting_authority;
pub mod member_quota;
pub mod min_order_value;
pub mod mini_competition_complete;
pub mod mini_competition_required;
pub mod modification_limits;
pub mod multi_year_commitment;
pub mod need_documented;
pub mod order_splitting;
pub mod performance_beyond_term;
pub mod power_to_bind;
pub mod price_adjustment_applied;
pub mod price_matches_terms;
pub mod price_version_approved;
pub mod qty_increment;
pub mod receipt_after_end;
pub mod rotation_turn;
pub mod savings_negative;
pub mod standstill_check;
pub mod supplier_is_party;
pub mod term_cap;
pub mod tier_jump_cheaper;
pub mod within_term;

use crate::activation::Activation;
use crate::dispatch::Dispatch;
use crate::finding::{Addressee, Finding, Outcome, Verdict};
use crate::invoice::Invoice;
use crate::review::Case;
use crate::texts::Texts;

/// A rule about a call-off.
pub type CallOffRule = for<'a, 'b> fn(&'a Case<'b>) -> Vec<Verdict>;

/// A rule about activating a contract, its prices or a modification of it.
pub type ActivationRule = fn(&Activation) -> Vec<Verdict>;

/// A rule about sending an order.
pub type DispatchRule = fn(&Dispatch) -> Vec<Verdict>;

/// A rule about an invoice.
pub type InvoiceRule = fn(&Invoice) -> Vec<Verdict>;

/// A rule; `F` is what it looks at.
#[derive(Debug, Clone, Copy)]
pub struct Check<F = CallOffRule> {
    /// Its id in the catalogue, e.g. `cap-value`.
    pub id: &'static str,
    /// Grows when a change alters a result; the old function stays for replay.
    pub version: u16,
    /// Who can cure its findings.
    pub addressee: Addressee,
    /// Its words.
    pub texts: Texts,
    /// The rule itself. Nothing at all where it does not apply.
    pub run: F,
}

/// What is told about a rule, whatever it looks at.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its id in the catalogue.
    pub id: &'static str,
    /// Its version.
    pub version: u16,
    /// Who can cure its findings.
    pub addressee: Addressee,
    /// Its words.
    pub texts: Texts,
    /// When it is checked.
    pub checked: Checked,
}

/// When a rule is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Checked {
    /// At submission and again at release.
    CallOff,
    /// At release only; pending before.
    ReleaseOnly,
    /// At submission and release, where nothing blocks.
    Savings,
    /// When a contract, its prices or a modification of it are activated.
    Activation,
    /// When an order is sent.
    Dispatch,
    /// When an invoice is certified.
    Invoice,
}

impl Check {
    /// Runs the rule.
    #[must_use]
    pub fn findings(&self, case: &Case<'_>) -> Vec<Finding> {
        (self.run)(case).into_iter().map(|verdict| self.finding(verdict)).collect()
    }

    /// "Checked later".
    #[must_use]
    pub fn pending(&self) -> Finding {
        self.finding(Verdict::new(Outcome::Pending))
    }
}

impl<T> Check<fn(&T) -> Vec<Verdict>> {
    /// Runs a rule that looks at something else than a call-off.
    #[must_use]
    pub fn findings_on(&self, facts: &T) -> Vec<Finding> {
        (self.run)(facts).into_iter().map(|verdict| self.finding(verdict)).collect()
    }
}

impl<F> Check<F> {
    /// The same rule at a further check point: id, version, addressee and words stay, only what it
    /// looks at is another thing.
    #[must_use]
    pub const fn looking_at<G: Copy>(&self, run: G) -> Check<G> {
        Check { id: self.id, version: self.version, addressee: self.addressee, texts: self.texts, run }
    }

    /// The finding of a verdict.
    #[must_use]
    pub fn finding(&self, verdict: Verdict) -> Finding {
        verdict.of(self.id, self.version, self.addressee)
    }

    const fn rule(&self, checked: Checked) -> Rule {
        Rule { id: self.id, version: self.version, addressee: self.addressee, texts: self.texts, checked }
    }
}

/// The texts beside the rule's file.
macro_rules! texts {
    ($name:literal) => {
        $crate::texts::Texts {
            german: include_str!(concat!($name, ".de.md")),
            english: include_str!(concat!($name, ".en.md")),
        }
    };
}
pub(crate) use texts;

/// At submission and again at release.
pub const CALL_OFF: &[Check] = &[
    member_active::CHECK,
    member_is_contracting_authority::CHECK,
    inhouse_evidence_current::CHECK,
    member_entitled::CHECK,
    accession_after_notice::CHECK,
    entitlement_after_notice::CHECK,
    contract_active::CHECK,
    within_term::CHECK,
    performance_beyond_term::CHECK,
    item_in_scope::CHECK,
    lot_supplier_match::CHECK,
    supplier_is_party::CHECK,
    price_matches_terms::CHECK,
    price_version_approved::CHECK,
    price_adjustment_applied::CHECK,
    qty_increment::CHECK,
    min_order_value::CHECK,
    tier_jump_cheaper::CHECK,
    cap_value::CHECK,
    cap_quantity::CHECK,
    cap_warning::CHECK,
    cap_breached::CHECK,
    member_quota::CHECK,
    cascade_order::CHECK,
    rotation_turn::CHECK,
    best_price_item::CHECK,
    mini_competition_required::CHECK,
    mini_competition_complete::CHECK,
    order_splitting::CHECK,
    duplicate_call_off::CHECK,
    budget_available::CHECK,
    multi_year_commitment::CHECK,
    council_resolution::CHECK,
    need_documented::CHECK,
    data_processing_agreement::CHECK,
    accessibility_evidence::CHECK,
    evb_it_type::CHECK,
    invoice_routing::CHECK,
    conflict_of_interest::CHECK,
    standstill_check::CHECK,
];

/// At release only; shown as pending before.
pub const RELEASE_ONLY: &[Check] = &[four_eyes::CHECK, power_to_bind::CHECK];

/// About savings; only where nothing blocks.
pub const SAVINGS: &[Check] = &[baseline_missing::CHECK, baseline_stale::CHECK, savings_negative::CHECK];

/// A version of a rule that judges no more; kept for the replay of old reviews.
#[derive(Debug, Clone, Copy)]
pub struct Superseded {
    /// The last edition it judged in.
    pub last_edition: u16,
    /// The rule as it was.
    pub check: Check,
}

/// Older versions of rules.
pub const SUPERSEDED: &[Superseded] = &[
    Superseded { last_edition: 1, check: four_eyes::CHECK_1 },
    Superseded { last_edition: 1, check: item_in_scope::CHECK_1 },
    Superseded { last_edition: 1, check: supplier_is_party::CHECK_1 },
    Superseded { last_edition: 2, check: inhouse_evidence_current::CHECK_1 },
    Superseded { last_edition: 2, check: member_entitled::CHECK_1 },
    Superseded { last_edition: 2, check: accession_after_notice::CHECK_1 },
    Superseded { last_edition: 2, check: entitlement_after_notice::CHECK_1 },
];

/// When a contract, its prices or a modification of it are activated.
pub const ACTIVATION: &[Check<ActivationRule>] = &[
    term_cap::CHECK,
    price_version_approved::AT_ACTIVATION,
    cap_undefined::CHECK,
    modification_limits::CHECK,
    evb_it_type::AT_ACTIVATION,
    activation_complete::CHECK,
];

/// When an order is sent.
pub const DISPATCH: &[Check<DispatchRule>] = &[receipt_after_end::CHECK];

/// When an invoice is certified.
pub const INVOICE: &[Check<InvoiceRule>] = &[invoice_matches_contract::CHECK];

/// Every rule at every point it is checked at.
pub fn listed() -> impl Iterator<Item = Rule> {
    rules_of(CALL_OFF, Checked::CallOff)
        .chain(rules_of(RELEASE_ONLY, Checked::ReleaseOnly))
        .chain(rules_of(SAVINGS, Checked::Savings))
        .chain(rules_of(ACTIVATION, Checked::Activation))
        .chain(rules_of(DISPATCH, Checked::Dispatch))
        .chain(rules_of(INVOICE, Checked::Invoice))
}

/// Every rule, once: a rule with two check points stands at its first one.
pub fn all() -> impl Iterator<Item = Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for rule in listed() {
        let further = |known: &Rule| known.id == rule.id && known.checked != rule.checked;
        if !rules.iter().any(further) {
            rules.push(rule);
        }
    }
    rules.into_iter()
}

fn rules_of<F>(checks: &'static [Check<F>], checked: Checked) -> impl Iterator<Item = Rule> {
    checks.iter().map(move |check| check.rule(checked))
}

/// The rule with this id.
#[must_use]
pub fn by_id(id: &str) -> Option<Rule> {
    all().find(|rule| rule.id == id)
}
