//! Invoice check: what the supplier bills against what was ordered and delivered (§ 3 KomKBVO LSA).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::checks;
use crate::finding::Finding;
use crate::money::{Net, Percent, Quantity, UnitPrice};
use crate::period::Period;

/// The facts of one invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invoice {
    /// Number of the order it is about.
    pub order: String,
    /// Its lines.
    pub lines: Vec<InvoiceLine>,
    /// Net sums by VAT rate as the invoice prints them; empty where only its lines are known. A cash
    /// discount is no part of them.
    #[serde(default)]
    pub stated: Vec<StatedGroup>,
}

/// A line of an invoice beside the line of the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvoiceLine {
    /// Which article.
    pub article_number: String,
    /// VAT rate of the invoice line.
    pub vat_rate: Percent,
    /// Price per unit of the order, per month for subscriptions.
    pub order_unit_price: UnitPrice,
    /// Price per unit of the invoice, per month for subscriptions.
    pub invoice_unit_price: UnitPrice,
    /// Quantity ordered and not yet invoiced.
    pub ordered: Quantity,
    /// Quantity delivered and not yet invoiced; `None` where no delivery is recorded.
    #[serde(default)]
    pub delivered: Option<Quantity>,
    /// Quantity invoiced.
    pub invoiced: Quantity,
    /// What the invoice covers of a subscription.
    #[serde(default)]
    pub performance: Option<Period>,
}

/// Net sum of a VAT rate as printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatedGroup {
    /// Rate in percent.
    pub rate: Percent,
    /// Sum of the lines.
    pub net: Net,
}

impl InvoiceLine {
    /// Largest quantity that may be billed: what was delivered, never more than ordered.
    #[must_use]
    pub fn billable(&self) -> Quantity {
        self.delivered.map_or(self.ordered, |delivered| delivered.min(self.ordered))
    }

    /// Net amount by the order for the quantity that may be billed.
    #[must_use]
    pub fn expected_net(&self) -> Net {
        self.amount(self.order_unit_price, self.invoiced.min(self.billable()))
    }

    /// Net amount by the invoice.
    #[must_use]
    pub fn invoiced_net(&self) -> Net {
        self.amount(self.invoice_unit_price, self.invoiced)
    }

    /// Net amount that may be paid: the lower price, the smaller quantity.
    #[must_use]
    pub fn payable_net(&self) -> Net {
        self.amount(self.order_unit_price.min(self.invoice_unit_price), self.invoiced.min(self.billable()))
    }

    /// Whether its price is above the ordered one. More decimals than the invoice prints are no
    /// deviation as long as the line comes to the same cent.
    #[must_use]
    pub fn is_dearer(&self) -> bool {
        self.order_unit_price < self.invoice_unit_price
            && self.amount(self.order_unit_price, self.invoiced) < self.invoiced_net()
    }

    /// Whether it bills more than was ordered or delivered.
    #[must_use]
    pub fn is_too_much(&self) -> bool {
        self.billable() < self.invoiced
    }

    fn amount(&self, unit_price: UnitPrice, quantity: Quantity) -> Net {
        Net::of_line(unit_price, quantity, self.performance.map(Period::months))
    }
}

impl Invoice {
    /// Net amount by the order for what may be billed.
    #[must_use]
    pub fn expected_net(&self) -> Net {
        self.lines.iter().map(InvoiceLine::expected_net).sum()
    }

    /// Net amount of the lines as billed.
    #[must_use]
    pub fn invoiced_net(&self) -> Net {
        self.lines.iter().map(InvoiceLine::invoiced_net).sum()
    }

    /// By how much the printed sums exceed the lines, one cent per VAT group being rounding.
    #[must_use]
    pub fn stated_too_high(&self) -> Net {
        let mut lines: BTreeMap<Percent, Net> = BTreeMap::new();
        for line in &self.lines {
            *lines.entry(line.vat_rate).or_insert(Net::ZERO) += line.invoiced_net();
        }
        let mut stated: BTreeMap<Percent, Net> = BTreeMap::new();
        for group in &self.stated {
            *stated.entry(group.rate).or_insert(Net::ZERO) += group.net;
        }
        let above = |(rate, net)| net - lines.get(&rate).copied().unwrap_or(Net::ZERO);
        stated.into_iter().map(above).filter(|above| Net::CENT < *above).sum()
    }
}

/// Judges an invoice: every finding, passed ones too.
#[must_use]
pub fn judge(invoice: &Invoice) -> Vec<Finding> {
    checks::INVOICE.iter().flat_map(|check| check.findings_on(invoice)).collect()
}
