//! The rule book: one file per rule, its texts beside it, one line here. The order is the order on
//! page and memo. A test compares this list with the folder.

pub mod accession_after_notice;
pub mod baseline_missing;
pub mod baseline_stale;
pub mod best_price_item;
pub mod cap_breached;
pub mod cap_quantity;
pub mod cap_value;
pub mod cap_warning;
pub mod cascade_order;
pub mod contract_active;
pub mod duplicate_call_off;
pub mod entitlement_after_notice;
pub mod four_eyes;
pub mod item_in_scope;
pub mod lot_supplier_match;
pub mod member_active;
pub mod member_entitled;
pub mod member_quota;
pub mod min_order_value;
pub mod mini_competition_complete;
pub mod mini_competition_required;
pub mod need_documented;
pub mod order_splitting;
pub mod performance_beyond_term;
pub mod price_adjustment_applied;
pub mod price_matches_terms;
pub mod price_version_approved;
pub mod qty_increment;
pub mod rotation_turn;
pub mod savings_negative;
pub mod standstill_check;
pub mod supplier_is_party;
pub mod tier_jump_cheaper;
pub mod within_term;

use crate::finding::{Addressee, Finding, Outcome, Verdict};
use crate::review::Case;
use crate::texts::Texts;

/// A rule about a call-off.
pub type CallOffRule = for<'a, 'b> fn(&'a Case<'b>) -> Vec<Verdict>;

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

impl<F> Check<F> {
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
    need_documented::CHECK,
    standstill_check::CHECK,
];

/// At release only; shown as pending before.
pub const RELEASE_ONLY: &[Check] = &[four_eyes::CHECK];

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
pub const SUPERSEDED: &[Superseded] = &[];

/// Every rule.
pub fn all() -> impl Iterator<Item = Rule> {
    let listed = |checks: &'static [Check], checked| checks.iter().map(move |check| check.rule(checked));
    listed(CALL_OFF, Checked::CallOff)
        .chain(listed(RELEASE_ONLY, Checked::ReleaseOnly))
        .chain(listed(SAVINGS, Checked::Savings))
}

/// The rule with this id.
#[must_use]
pub fn by_id(id: &str) -> Option<Rule> {
    all().find(|rule| rule.id == id)
}
