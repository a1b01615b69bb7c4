//! How far an order is: what has arrived and what has been billed, line by line.
//!
//! A subscription arrives by being there: its lines count as delivered in full only when somebody notes
//! it, and as billed when the months of its invoices cover the months ordered.

use crate::call_off::Status;
use crate::money::Quantity;
use crate::period::{Months, Period};

/// A line of an order with what happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineProgress {
    /// Quantity that stands: ordered less what was taken back.
    pub quantity: Quantity,
    /// Quantity delivered.
    pub delivered: Quantity,
    /// What invoices bill that may be paid: quantity, and the period of a subscription.
    pub billed: Vec<(Quantity, Option<Period>)>,
    /// Performance period, where the line is a subscription.
    pub performance: Option<Period>,
}

/// How much of an order has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// Nothing yet.
    Nothing,
    /// A part (teilgeliefert).
    Part,
    /// All that stands.
    All,
}

/// How much has arrived; an order of which nothing stands has arrived.
#[must_use]
pub fn arrival(lines: &[LineProgress]) -> Arrival {
    if lines.iter().all(|line| line.quantity <= line.delivered) {
        Arrival::All
    } else if lines.iter().any(|line| !line.delivered.is_zero()) {
        Arrival::Part
    } else {
        Arrival::Nothing
    }
}

impl LineProgress {
    /// Whether what stands has been billed in full.
    #[must_use]
    pub fn is_billed(&self) -> bool {
        match self.performance {
            None => self.quantity <= self.billed.iter().map(|(quantity, _)| *quantity).sum(),
            Some(period) => {
                let of_months = |quantity: Quantity, months: Months| quantity.decimal() * months.numerator();
                let billed =
                    self.billed.iter().fold(of_months(Quantity::ZERO, Months::ZERO), |sum, (quantity, part)| {
                        sum + of_months(*quantity, part.unwrap_or(period).months())
                    });
                of_months(self.quantity, period.months()) <= billed
            }
        }
    }

    /// Quantity that stands and is not yet billed; of a subscription, not yet billed for a day of `period`.
    #[must_use]
    pub fn unbilled(&self, period: Option<Period>) -> Quantity {
        less(self.quantity, self.billed_in(period))
    }

    /// Quantity delivered and not yet billed.
    #[must_use]
    pub fn delivered_unbilled(&self, period: Option<Period>) -> Quantity {
        less(self.delivered, self.billed_in(period))
    }

    fn billed_in(&self, period: Option<Period>) -> Quantity {
        let overlaps = |part: &Option<Period>| match (part, period) {
            (Some(part), Some(period)) => part.from() <= period.to() && period.from() <= part.to(),
            _ => true,
        };
        self.billed.iter().filter(|(_, part)| overlaps(part)).map(|(quantity, _)| *quantity).sum()
    }
}

fn less(whole: Quantity, part: Quantity) -> Quantity {
    if whole < part { Quantity::ZERO } else { whole - part }
}

/// The state an order has by what arrived and what was billed; `now` is where it stands. It never goes back
/// before its confirmation, and a closed or cancelled one stays so.
#[must_use]
pub fn status(now: Status, lines: &[LineProgress]) -> Status {
    let arrived = arrival(lines) == Arrival::All;
    let billed = lines.iter().all(LineProgress::is_billed);
    match now {
        Status::Dispatched | Status::Confirmed | Status::Delivered if arrived && billed => Status::Invoiced,
        Status::Dispatched | Status::Confirmed if arrived => Status::Delivered,
        Status::Invoiced if !billed => Status::Delivered,
        now => now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::of;

    fn line(quantity: &str, delivered: &str, billed: &[&str]) -> LineProgress {
        LineProgress {
            quantity: of(quantity),
            delivered: of(delivered),
            billed: billed.iter().map(|it| (of(it), None)).collect(),
            performance: None,
        }
    }

    #[test]
    fn an_order_has_arrived_when_every_line_has() {
        assert_eq!(arrival(&[line("5", "0", &[]), line("2", "0", &[])]), Arrival::Nothing);
        assert_eq!(arrival(&[line("5", "5", &[]), line("2", "1.9999", &[])]), Arrival::Part);
        assert_eq!(arrival(&[line("5", "5", &[]), line("2", "2", &[])]), Arrival::All);
        assert_eq!(
            arrival(&[line("0", "0", &[]), line("2", "2", &[])]),
            Arrival::All,
            "a cancelled line waits for nothing"
        );
    }

    #[test]
    fn a_year_is_billed_when_its_months_are() {
        let year = Period::new(of("2026-01-01"), of("2026-12-31")).ok();
        let half = |from: &str, to: &str| (of("120"), Period::new(of(from), of(to)).ok());
        let mut line = LineProgress { performance: year, ..line("120", "0", &[]) };
        line.billed.push(half("2026-01-01", "2026-06-30"));
        assert!(!line.is_billed());
        assert_eq!(
            line.unbilled(Period::new(of("2026-06-30"), of("2026-07-31")).ok()),
            Quantity::ZERO,
            "one day twice"
        );
        assert_eq!(line.unbilled(Period::new(of("2026-07-01"), of("2026-12-31")).ok()), of("120"));
        line.billed.push(half("2026-07-01", "2026-12-31"));
        assert!(line.is_billed());
    }

    #[test]
    fn the_state_follows_what_arrived_and_what_was_billed() {
        for (now, delivered, billed, then) in [
            (Status::Dispatched, "5", "0", Status::Delivered),
            (Status::Confirmed, "4", "5", Status::Confirmed),
            (Status::Confirmed, "5", "5", Status::Invoiced),
            (Status::Delivered, "5", "4", Status::Delivered),
            (Status::Delivered, "5", "5", Status::Invoiced),
            (Status::Invoiced, "5", "4", Status::Delivered),
            (Status::Closed, "5", "0", Status::Closed),
            (Status::Cancelled, "5", "5", Status::Cancelled),
        ] {
            let next = status(now, &[line("5", delivered, &[billed])]);
            assert_eq!(next, then, "{now}, delivered {delivered}, billed {billed}");
            assert!(next == now || now.may_become(next) || next == Status::Invoiced, "{now} to {next}");
        }
    }
}
