//! The order as data for programs: what Order-X and Peppol say alike, before either writes it.

use std::borrow::Cow;

use abruf_domain::money::{Net, Quantity};
use abruf_domain::supply_chain::Side;
use chrono::NaiveDate;

use crate::data::{
    Clause, Contact, ContractReference, Currency, Endpoints, Line, Party, References, Surcharge, Totals, VatCategory,
};
use crate::format_de;
use crate::order::{OrderData, Stage};
use crate::unit_code;
use crate::{CancellationData, DeliveryChangeData, Rest};

/// What a message does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It orders.
    Order,
    /// It takes a whole order back.
    Cancellation,
    /// It says what is left of an order.
    PartialCancellation,
    /// It changes the day of the delivery.
    DeliveryChange,
}

/// What becomes of a line of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing of it is left.
    Deleted,
    /// Less of it is left, or at another price, or on another day.
    Changed,
    /// It stands as it was.
    Kept,
}

/// A released order, or what is changed about it: its complete cancellation, what a partial one leaves of it, its
/// delivery date.
pub(crate) struct Message<'a> {
    /// Number of this document.
    pub(crate) number: &'a str,
    /// Berlin date of this document.
    pub(crate) issued: NaiveDate,
    pub(crate) purpose: Purpose,
    /// Number of the order that is taken back or changed; `None` for an order.
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
    pub(crate) lines: Cow<'a, [Line]>,
    /// Of each line that is not just ordered, what becomes of it.
    pub(crate) fates: Vec<Fate>,
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
            purpose: Purpose::Order,
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
            lines: Cow::Borrowed(&data.lines),
            fates: Vec::new(),
            surcharge: data.surcharge.as_ref(),
            totals: &data.totals,
            terms: &data.terms,
        })
    }

    /// Of a cancellation; `None` for a partial one whose data do not say what is left.
    pub(crate) fn of_cancellation(data: &'a CancellationData) -> Option<Self> {
        let (purpose, lines, fates, surcharge, totals) = match &data.rest {
            Some(rest) if !data.complete => {
                let (lines, fates) = left(data, rest);
                (Purpose::PartialCancellation, Cow::Owned(lines), fates, &rest.surcharge, &rest.totals)
            }
            _ if data.complete => {
                let fates = vec![Fate::Deleted; data.lines.len()];
                (Purpose::Cancellation, Cow::Borrowed(&data.lines[..]), fates, &data.surcharge, &data.totals)
            }
            _ => return None,
        };
        Some(Self {
            purpose,
            number: &data.number,
            issued: data.cancellation_date,
            changes: Some(&data.cancels.number),
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
            lines,
            fates,
            surcharge: surcharge.as_ref(),
            totals,
            terms: &data.terms,
        })
    }

    /// Of a change of the delivery date: the order as it stands, with the new day.
    pub(crate) fn of_delivery_change(data: &'a DeliveryChangeData) -> Self {
        Self {
            number: &data.number,
            issued: data.change_date,
            purpose: Purpose::DeliveryChange,
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
            lines: Cow::Borrowed(&data.lines),
            fates: vec![Fate::Changed; data.lines.len()],
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

/// All lines the order still had, each with what becomes of it; of a deleted line nothing is left.
fn left(data: &CancellationData, rest: &Rest) -> (Vec<Line>, Vec<Fate>) {
    let touched = |position| data.lines.iter().any(|line| line.position == position);
    let standing = rest.lines.iter().map(|line| {
        let changed = touched(line.position) || rest.priced_anew_from.is_some();
        (line.clone(), if changed { Fate::Changed } else { Fate::Kept })
    });
    let gone = data.lines.iter().filter(|line| rest.lines.iter().all(|it| it.position != line.position));
    let gone = gone.map(|line| {
        (Line { quantity: Quantity::ZERO, net: Net::ZERO, subscription: None, ..line.clone() }, Fate::Deleted)
    });
    let mut lines: Vec<(Line, Fate)> = standing.chain(gone).collect();
    lines.sort_by_key(|(line, _)| line.position);
    lines.into_iter().unzip()
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
