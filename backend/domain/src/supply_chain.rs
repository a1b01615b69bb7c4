//! Who orders from whom, and what follows: who must be entitled to call off, which numbers the orders carry,
//! which VAT stands on which of them.
//!
//! *Direct*: the member orders from the framework supplier and must itself be entitled. *Through the body*: the
//! member orders in-house from the body (§ 108 GWB), the body, which concluded the contract and is the entitled
//! party, from the supplier. That makes a pair: the in-house order (A) and the supplier order (B). Both carry the
//! same running number and the same net amounts, because the body earns nothing on the way; each has the VAT of
//! its own side. Every ceiling holds for both chains alike.

use serde::{Deserialize, Serialize};

use crate::facts::{ContractTerms, Facts, SupplyChain, VatTreatment};
use crate::period::berlin_date;
use crate::pricing::{PricedCallOff, price};

/// Whom the contract must name as entitled to call off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntitledParty {
    /// The member: it orders from the supplier itself.
    Member,
    /// The body: it orders for the member, whenever that joined.
    Body,
}

impl SupplyChain {
    /// Who must be entitled to call off from the supplier.
    #[must_use]
    pub const fn entitled_party(self) -> EntitledParty {
        match self {
            Self::Direct => EntitledParty::Member,
            Self::ThroughBody => EntitledParty::Body,
        }
    }

    /// The side of its chain on which the member orders.
    #[must_use]
    pub const fn side_of_the_member(self) -> Side {
        match self {
            Self::Direct => Side::Direct,
            Self::ThroughBody => Side::InHouse,
        }
    }
}

/// Which order of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The only one: from the member to the supplier.
    Direct,
    /// Order A of a pair: from the member to the body.
    InHouse,
    /// Order B of a pair: from the body to the supplier, for delivery to the member.
    Supplier,
}

impl Side {
    /// What stands behind the running number.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Direct => "",
            Self::InHouse => "-A",
            Self::Supplier => "-B",
        }
    }
}

/// The number of the supplier order that belongs to this in-house order; `None` where the number is not that of
/// an in-house order.
#[must_use]
pub fn number_of_supplier_order(in_house: &str) -> Option<String> {
    in_house.strip_suffix(Side::InHouse.suffix()).map(|shared| format!("{shared}{}", Side::Supplier.suffix()))
}

impl ContractTerms {
    /// VAT that the whole order of the member carries instead of that of its items: an in-house supply that is
    /// exempt (§ 4 no. 29 `UStG`) or outside the scope of the tax (§ 2b `UStG`).
    #[must_use]
    pub fn vat_of_the_whole(&self) -> Option<&VatTreatment> {
        match self.supply_chain {
            SupplyChain::Direct => None,
            SupplyChain::ThroughBody => self.in_house_vat.as_ref(),
        }
    }
}

/// The facts of the supplier order: those of the in-house order with the VAT of the items.
#[must_use]
pub fn on_the_supplier_side(facts: &Facts) -> Facts {
    let mut facts = facts.clone();
    facts.contract.in_house_vat = None;
    facts
}

/// The amounts of an order of a pair by the supplier's VAT: same lines and net, VAT of the items on the day of
/// the release.
#[must_use]
pub fn price_of_the_supplier(facts: &Facts) -> PricedCallOff {
    price(&on_the_supplier_side(facts), berlin_date(facts.evaluated_at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{citrix, of};
    use crate::facts::{MinOrder, Surcharge};
    use crate::money::Percent;

    fn exempt() -> Facts {
        let mut facts = citrix();
        facts.contract.supply_chain = SupplyChain::ThroughBody;
        let reason = "§ 4 Nr. 29 UStG".to_owned();
        facts.contract.in_house_vat = Some(VatTreatment { category: "E".to_owned(), rate: Percent::ZERO, reason });
        facts
    }

    fn day(facts: &Facts) -> chrono::NaiveDate {
        berlin_date(facts.evaluated_at)
    }

    #[test]
    fn both_orders_of_a_pair_have_the_same_net_and_the_vat_of_their_side() {
        let facts = exempt();
        let (in_house, supplier) = (price(&facts, day(&facts)), price_of_the_supplier(&facts));
        assert_eq!((in_house.net, in_house.gross.to_string()), (supplier.net, in_house.net.to_string()));
        assert_eq!(in_house.vat.iter().map(|it| it.category.as_str()).collect::<Vec<_>>(), ["E"]);
        assert_eq!(supplier, price(&citrix(), day(&facts)));
        let treatments = |priced: &PricedCallOff| {
            priced.lines.iter().filter_map(|line| Some(line.vat.as_ref()?.category.clone())).collect::<Vec<_>>()
        };
        assert_eq!(treatments(&in_house), ["E", "E"]);
        assert_eq!(treatments(&supplier), ["S", "S"]);
    }

    #[test]
    fn a_surcharge_has_the_vat_of_the_in_house_order() {
        let mut facts = exempt();
        let surcharge = Surcharge { net: of("25.00"), vat_rate: of("19") };
        facts.contract.min_order = Some(MinOrder { value: of("1000000.00"), surcharge: Some(surcharge) });
        let in_house = price(&facts, day(&facts));
        assert_eq!((in_house.surcharge, in_house.vat_total), (of("25.00"), of("0.00")));
        assert_eq!(price_of_the_supplier(&facts).vat.len(), 1, "the items' rate is the surcharge's here");
    }

    #[test]
    fn a_direct_order_never_has_the_vat_of_an_in_house_supply() {
        let mut facts = exempt();
        facts.contract.supply_chain = SupplyChain::Direct;
        assert_eq!(price(&facts, day(&facts)), price(&citrix(), day(&facts)));
    }

    #[test]
    fn numbers_of_a_pair_differ_in_their_last_letter() {
        assert_eq!(number_of_supplier_order("RV-2025-01-0042-A").as_deref(), Some("RV-2025-01-0042-B"));
        assert_eq!(number_of_supplier_order("RV-2025-01-0042"), None);
    }
}
