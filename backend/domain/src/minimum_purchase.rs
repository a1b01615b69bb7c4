//! Whether a minimum purchase (Mindestabnahme) is reached by its day, at the rate of the last months.
//!
//! ```text
//! rate_n     = called off in the last n whole calendar months / n         n = 3, 6, 12, as for the burn rate
//! projected  = consumed + rate x days left / 30.4375                      at the smallest and at the largest rate
//! missing    = minimum - consumed, never below zero
//! ```
//! Reservations do not count: what is not released may never be. Nothing is extrapolated by seasons.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::burn_rate::{in_window, windows};
use crate::money::Volume;

/// What was called off in a calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthlyVolume {
    /// Any day of the month.
    pub month: NaiveDate,
    /// In the measure of the minimum; cancellations make it negative.
    pub volume: Volume,
}

/// A minimum purchase as far as it has come.
#[derive(Debug, Clone, Copy)]
pub struct MinimumPurchase<'a> {
    /// The day the question is asked.
    pub today: NaiveDate,
    /// First day of the contract.
    pub starts_on: NaiveDate,
    /// Last day on which a call-off counts.
    pub due_on: NaiveDate,
    /// What must have been called off.
    pub minimum: Volume,
    /// What was called off by its day and by today.
    pub consumed: Volume,
    /// By month, in any order; months without may be missing.
    pub months: &'a [MonthlyVolume],
}

/// How it looks. The order is that of a list: what cannot be cured any more first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outlook {
    /// Its day is over and something is missing.
    Missed,
    /// It will not be reached, even at the largest rate of the last months.
    OutOfReach,
    /// At the smallest rate it will not be reached, at the largest it will.
    AtRisk,
    /// No whole month has passed yet: nobody can know.
    TooEarly,
    /// It will be reached at every rate.
    OnTrack,
    /// It is reached.
    Reached,
}

impl MinimumPurchase<'_> {
    /// What is missing today.
    #[must_use]
    pub fn missing(&self) -> Volume {
        (self.minimum - self.consumed).max(Volume::ZERO)
    }

    /// Days that are left, the last one included; none once it is over.
    #[must_use]
    pub fn days_left(&self) -> i64 {
        (self.due_on - self.today).num_days().max(0)
    }

    /// What will have been called off at its day, at the smallest and at the largest rate; `None` where no whole month has
    /// passed. Once its day is over it is what was called off.
    #[must_use]
    pub fn projected(&self) -> Option<(Volume, Volume)> {
        if self.due_on < self.today {
            return Some((self.consumed, self.consumed));
        }
        let at = |months: u32| {
            let inside = self.months.iter().filter(|it| in_window(it.month, self.today, months));
            let sum: Volume = inside.map(|it| it.volume).sum();
            let days_of_a_month = Decimal::new(304_375, 4);
            let more = sum.decimal() / Decimal::from(months) * Decimal::from(self.days_left()) / days_of_a_month;
            self.consumed + Volume::from_estimate(more.max(Decimal::ZERO))
        };
        let all: Vec<Volume> = windows(self.starts_on, self.today).into_iter().map(at).collect();
        all.iter().min().copied().zip(all.iter().max().copied())
    }

    /// How it looks.
    #[must_use]
    pub fn outlook(&self) -> Outlook {
        match self.projected() {
            _ if self.minimum <= self.consumed => Outlook::Reached,
            _ if self.due_on < self.today => Outlook::Missed,
            None => Outlook::TooEarly,
            Some((_, most)) if most < self.minimum => Outlook::OutOfReach,
            Some((least, _)) if least < self.minimum => Outlook::AtRisk,
            Some(_) => Outlook::OnTrack,
        }
    }
}

impl Outlook {
    /// Whether somebody should look at it.
    #[must_use]
    pub const fn is_at_risk(self) -> bool {
        matches!(self, Self::Missed | Self::OutOfReach | Self::AtRisk)
    }

    /// The words users read.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::Missed => "verfehlt",
            Self::OutOfReach => "im bisherigen Tempo nicht erreichbar",
            Self::AtRisk => "gefährdet",
            Self::TooEarly => "noch kein voller Monat",
            Self::OnTrack => "im Plan",
            Self::Reached => "erreicht",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn volume(text: &str) -> Volume {
        text.parse().expect("a volume")
    }

    fn months(all: &[(&str, &str)]) -> Vec<MonthlyVolume> {
        all.iter().map(|(day, amount)| MonthlyVolume { month: of(day), volume: volume(amount) }).collect()
    }

    fn course<'a>(due_on: &str, minimum: &str, consumed: &str, months: &'a [MonthlyVolume]) -> MinimumPurchase<'a> {
        MinimumPurchase {
            today: of("2026-11-22"),
            starts_on: of("2025-11-01"),
            due_on: of(due_on),
            minimum: volume(minimum),
            consumed: volume(consumed),
            months,
        }
    }

    #[test]
    fn the_range_runs_from_the_smallest_to_the_largest_rate() {
        // 300 in three months, 300 in six, 1,500 in twelve: 100, 50 and 125 a month.
        let months = months(&[("2026-10-01", "300"), ("2026-01-01", "1200"), ("2026-11-02", "999")]);
        // 60.875 days are two months; here 61 days.
        let it = course("2027-01-22", "2750", "2499", &months);
        let (least, most) = it.projected().unwrap();
        assert_eq!((least.to_string().as_str(), most.to_string().as_str()), ("2599.2053", "2749.5133"));
        assert_eq!((it.missing().to_string().as_str(), it.days_left()), ("251", 61));
        assert_eq!(it.outlook(), Outlook::OutOfReach);
        assert_eq!(course("2027-01-22", "2749.5", "2499", &months).outlook(), Outlook::AtRisk);
        assert_eq!(course("2027-01-22", "2599", "2499", &months).outlook(), Outlook::OnTrack);
        assert_eq!(course("2027-01-22", "2499", "2499", &months).outlook(), Outlook::Reached);
    }

    #[test]
    fn after_its_day_nothing_is_projected() {
        let months = months(&[("2026-10-01", "300")]);
        let it = course("2026-11-21", "500", "300", &months);
        assert_eq!((it.outlook(), it.days_left()), (Outlook::Missed, 0));
        assert_eq!(it.projected(), Some((volume("300"), volume("300"))));
        assert_eq!(course("2026-11-22", "500", "300", &months).outlook(), Outlook::OutOfReach, "its last day counts");
    }

    #[test]
    fn without_a_whole_month_nobody_knows() {
        let young = MinimumPurchase { starts_on: of("2026-11-01"), ..course("2027-10-31", "500", "0", &[]) };
        assert_eq!((young.projected(), young.outlook()), (None, Outlook::TooEarly));
        assert!(Outlook::AtRisk.is_at_risk() && Outlook::Missed.is_at_risk() && !Outlook::TooEarly.is_at_risk());
    }

    #[test]
    fn cancellations_never_make_a_rate_negative() {
        let months = months(&[("2026-10-01", "-300")]);
        let (least, _) = course("2027-01-22", "500", "200", &months).projected().unwrap();
        assert_eq!(least, volume("200"));
    }
}
