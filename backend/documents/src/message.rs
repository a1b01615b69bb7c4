//! The order as data for programs: what Order-X and Peppol say alike, before either writes it.

use abruf_domain::money::{Net, Quantity};
use abruf_domain::supply_chain::Side;
use chrono::NaiveDate;

use crate::data::{
    Clause, Contact, ContractReference, Currency, Endpoints, Line, Party, References, Surcharge, Totals, VatCategory,
};
use crate::format_de;
use crate::order::{OrderData, Stage};
use crate::unit_code;
use crate::{CancellationData, CancelledOrder, DeliveryChangeData};

/// A released order, its complete cancellation, or the change of its delivery date.
pub(crate) struct Message<'a> {
    /// Number of this document.
    pub(crate) number: &'a str,
    /// Berlin date of this document.
    pub(crate) issued: NaiveDate,
    /// The order that is taken back; `None` for an order.
    pub(crate) cancels: Option<&'a CancelledOrder>,
    /// Number of the order whose delivery date changes.
    pub(crate) changes: Option<&'a str>,
    /// Why it is taken back.
    pub(crate) reason: Option<&'a str>,
    pub(crate) case_number: &'a str,
    pub(crate) currency: &'a Currency,
    pub(crate) contract: &'a ContractReference,
    pub(crate) buyer: &'a Party,
    pub(crate) supplier: &'a Party,
    /// For whom the buyer orders: the member behind a supplier order.
    pub(crate) originator: Option<&'a Party>,
    pub(crate) references: &'a References,
    pub(crate) endpoints: Option<&'a Endpoints>,
    pub(crate) delivery: Option<&'a Party>,
    pub(crate) invoice: Option<&'a Party>,
    /// First and last day on which to deliver or perform.
    pub(crate) period: Option<(NaiveDate, NaiveDate)>,
    pub(crate) lines: &'a [Line],
    pub(crate) surcharge: Option<&'a Surcharge>,
    pub(crate) totals: &'a Totals,
    pub(crate) terms: &'a [Clause],
}

impl<'a> Message<'a> {
    /// Of an order; `None` for a draft, which binds nobody.
    pub(crate) fn of_order(data: &'a OrderData) -> Option<Self> {
        let Stage::Released { number, order_date, .. } = &data.stage else { return None };
        let for_member = data.pair.as_ref().is_some_and(|pair| pair.side == Side::Supplier);
        let performance = data.performance.map(|period| (period.from(), period.to()));
        Some(Self {
            number,
            issued: *order_date,
            cancels: None,
            changes: None,
            reason: None,
            case_number: &data.case_number,
            currency: &data.currency,
            contract: &data.contract,
            buyer: &data.buyer,
            supplier: &data.supplier,
            originator: data.delivery_address.as_ref().filter(|_| for_member),
            references: &data.references,
            endpoints: data.endpoints.as_ref(),
            delivery: data.delivery_address.as_ref(),
            invoice: data.invoice_address.as_ref(),
            period: data.desired_delivery.map(|day| (day, day)).or(performance),
            lines: &data.lines,
            surcharge: data.surcharge.as_ref(),
            totals: &data.totals,
            terms: &data.terms,
        })
    }

    /// Of a cancellation; `None` for a partial one, whose data do not say what is left of each line.
    pub(crate) fn of_cancellation(data: &'a CancellationData) -> Option<Self> {
        data.complete.then(|| Self {
            number: &data.number,
            issued: data.cancellation_date,
            cancels: Some(&data.cancels),
            changes: None,
            reason: Some(&data.reason),
            case_number: &data.case_number,
            currency: &data.currency,
            contract: &data.contract,
            buyer: &data.buyer,
            supplier: &data.supplier,
            originator: None,
            references: &data.references,
            endpoints: None,
            delivery: None,
            invoice: None,
            period: None,
            lines: &data.lines,
            surcharge: data.surcharge.as_ref(),
            totals: &data.totals,
            terms: &data.terms,
        })
    }

    /// Of a change of the delivery date: the order as it stands, with the new day.
    pub(crate) fn of_delivery_change(data: &'a DeliveryChangeData) -> Self {
        Self {
            number: &data.number,
            issued: data.change_date,
            cancels: None,
            changes: Some(&data.order_number),
            reason: None,
            case_number: &data.case_number,
            currency: &data.currency,
            contract: &data.contract,
            buyer: &data.buyer,
            supplier: &data.supplier,
            originator: None,
            references: &data.references,
            endpoints: None,
            delivery: data.delivery_address.as_ref(),
            invoice: None,
            period: Some((data.to, data.to)),
            lines: &data.lines,
            surcharge: data.surcharge.as_ref(),
            totals: &data.totals,
            terms: &[],
        }
    }

    /// Whom to ask at the buyer's.
    pub(crate) fn contact(&self) -> Option<&'a Contact> {
        self.references.contact.as_ref()
    }

    /// Sum of the lines, without the surcharge.
    pub(crate) fn sum_of_lines(&self) -> Net {
        self.lines.iter().map(|line| line.net).sum()
    }
}

/// The price of a line such that price x quantity / base is its net amount to the cent.
pub(crate) struct Price {
    /// Net price of `base` units.
    pub(crate) amount: String,
    /// For how many units.
    pub(crate) base: Quantity,
}

impl Price {
    /// The unit price where it gives the amount; else the amount for the whole quantity, as for a
    /// line that runs over months, whose price per month and unit then stands in its note.
    pub(crate) fn of(line: &Line) -> Self {
        if line.subscription.is_none() && Net::of_line(line.unit_price, line.quantity, None) == line.net {
            return Self { amount: line.unit_price.to_string(), base: Quantity::ONE };
        }
        Self { amount: line.net.to_string(), base: line.quantity }
    }
}

/// Code of the line's unit.
pub(crate) fn unit(line: &Line) -> &'static str {
    unit_code::of(&line.unit).unwrap_or(unit_code::ONE)
}

/// What the codes and figures of a line do not say, in German.
pub(crate) fn note(line: &Line, currency: &Currency) -> Option<String> {
    let unit = unit_code::of(&line.unit).is_none().then(|| format!("Einheit: {}.", line.unit));
    let months = line.subscription.map(|subscription| {
        let decimals = usize::try_from(line.price_decimals).unwrap_or(2);
        let price = format_de::number(&line.unit_price.to_string(), decimals).unwrap_or_default();
        let months = format_de::months(&subscription.months.to_string()).unwrap_or_default();
        let period = format_de::period(subscription.period);
        format!("{price} {currency} je {} und Monat, {period}, {months}.", line.unit)
    });
    let parts: Vec<String> = unit.into_iter().chain(months).collect();
    (!parts.is_empty()).then(|| parts.join(" ").replace('\u{a0}', " "))
}

/// Code of a category, as both formats use it.
pub(crate) fn category(category: VatCategory) -> &'static str {
    match category {
        VatCategory::Standard => "S",
        VatCategory::Zero => "Z",
        VatCategory::Exempt => "E",
        VatCategory::ReverseCharge => "AE",
        VatCategory::IntraCommunity => "K",
        VatCategory::Export => "G",
        VatCategory::OutsideScope => "O",
    }
}

/// A clause as one text.
pub(crate) fn clause(clause: &Clause) -> String {
    format!("{}: {}", clause.title, clause.text)
}
