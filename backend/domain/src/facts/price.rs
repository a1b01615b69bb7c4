//! How a price is formed (rules.md section 4): dated terms, released by a second person.

use serde::{Deserialize, Serialize};

use crate::ids::{IndexSeriesId, OrganisationId, PriceTermId};
use crate::money::{IndexPoints, Percent, Quantity, Ratio, UnitPrice};
use crate::period::Validity;

/// A dated price with one supplier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceTerm {
    /// Which.
    pub id: PriceTermId,
    /// With whom.
    pub supplier: OrganisationId,
    /// From when to when.
    pub validity: Validity,
    /// The price.
    pub price: Price,
    /// Whether a second person released it; only released prices are used.
    #[serde(default = "released")]
    pub released: bool,
    /// Freight of an order with this supplier that a best-price comparison may count, per unit.
    #[serde(default)]
    pub freight: Option<UnitPrice>,
}

fn released() -> bool {
    true
}

/// How a price is formed (rules.md section 4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Price {
    /// The same for every unit.
    Fixed {
        /// Per unit.
        unit_price: UnitPrice,
    },
    /// Durchstaffel: the highest tier reached gives the price of all units of the order.
    #[serde(alias = "tier_all_units_per_order")]
    TierAllUnits {
        /// What counts towards the tier.
        #[serde(default)]
        counted: Counted,
        /// Tiers, ascending.
        tiers: Vec<Tier>,
    },
    /// Stufenstaffel: each unit costs what its own tier says.
    TierGraduated {
        /// Where the order's first unit stands.
        #[serde(default)]
        counted: Counted,
        /// Tiers, ascending.
        tiers: Vec<Tier>,
    },
    /// List price minus discount, rounded to the contract's decimals.
    ListMinus {
        /// Of the list version.
        list_price: UnitPrice,
        /// Discount.
        discount_pct: Percent,
    },
    /// Per unit and month of the performance period.
    Subscription {
        /// Per unit and month.
        unit_price_month: UnitPrice,
    },
    /// Preisgleitklausel: `base x (a + b x I / I0)` where the index moved by more than the threshold.
    Index {
        /// Price at the base value.
        base_price: UnitPrice,
        /// a, the share that never moves.
        fixed_share: Ratio,
        /// b, the share that follows the index; a + b = 1.
        variable_share: Ratio,
        /// Which index.
        series: IndexSeriesId,
        /// I0.
        index_base: IndexPoints,
        /// Moves up to this do not count; strictly more does.
        threshold: Percent,
    },
    /// Free-text item: the price of an attached quote or EVB-IT contract, up to a cap.
    Quoted {
        /// Highest price per unit.
        cap: UnitPrice,
    },
}

/// What counts towards a tier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// The order alone.
    #[default]
    PerOrder,
    /// All orders of the member; its position is fixed at release.
    PerMember,
    /// All orders of all members; the position is fixed at release.
    PerContract,
}

/// A tier of a tiered price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// First quantity of the tier.
    pub from: Quantity,
    /// Per unit.
    pub unit_price: UnitPrice,
}
