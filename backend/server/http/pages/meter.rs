//! The bar that shows how much of a ceiling is taken, with its text.

use rust_decimal::Decimal;

use crate::http::pages::written::{money, percent};
use crate::storage::contracts::Ceiling;

/// A bar and what it says.
#[derive(Debug, Clone)]
pub struct Meter {
    /// Taken share in whole percent, at most 100; none without a limit.
    pub share: Option<String>,
    /// Style.
    pub class: &'static str,
    /// `380.000,00 € frei`
    pub free: String,
    /// `62 % belegt`
    pub taken: String,
}

impl Meter {
    /// The bar of a ceiling in the contract's currency.
    #[must_use]
    pub fn of(ceiling: &Ceiling, currency: &str) -> Self {
        let share = ceiling.percent();
        let over = ceiling.breached || share.is_some_and(|share| share >= Decimal::ONE_HUNDRED);
        let high = share.is_some_and(|share| share >= Decimal::from(80));
        Self {
            class: match (over, high) {
                (true, _) => "meter meter--over",
                (false, true) => "meter meter--high",
                (false, false) => "meter",
            },
            free: ceiling.free().map_or_else(
                || "ohne Grenze".to_owned(),
                |free| format!("{} frei", money(free.as_net().decimal(), currency)),
            ),
            taken: match share {
                _ if ceiling.breached => "überzogen, für Abrufe gesperrt".to_owned(),
                Some(share) => format!("{} belegt", percent(share)),
                None => String::new(),
            },
            share: share.map(|share| share.min(Decimal::ONE_HUNDRED).to_string()),
        }
    }
}
