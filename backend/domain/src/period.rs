//! Periods of calendar days, as contracts say them: "bis 28.02.2027" includes that day.
//!
//! Legal dates are calendar dates in Berlin; [`berlin_date`] is the one door from an instant to
//! such a date. Example: 2027-02-28T23:00:00Z is 1 March 2027, 00:00, in Berlin (GC-03).

use std::ops::Add;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Europe::Berlin;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An instant that lies on this date in Berlin, summer and winter: 11 hours in UTC.
#[must_use]
pub fn noon_of(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(11)
}

/// The calendar date in Berlin at this instant.
#[must_use]
pub fn berlin_date(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&Berlin).date_naive()
}

/// Last day of so many months that begin with a day (§ 187 (2), § 188 (2) and (3) BGB): the day before the one with
/// the same number; in a month that has no such day, its last. A year from 29 February ends on 28 February.
#[must_use]
pub fn last_day_of_months(from: NaiveDate, months: u32) -> Option<NaiveDate> {
    let same = from.checked_add_months(chrono::Months::new(months))?;
    if same.day() == from.day() { same.pred_opt() } else { Some(same) }
}

/// A period would end before it begins.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a period from {from} cannot end on {to}")]
pub struct EndsBeforeItBegins {
    /// First day asked for.
    pub from: NaiveDate,
    /// Last day asked for.
    pub to: NaiveDate,
}

/// Days from `from` to `to`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "FromTo", into = "FromTo")]
pub struct Period {
    from: NaiveDate,
    to: NaiveDate,
}

/// The form of a [`Period`] in JSON.
#[derive(Serialize, Deserialize)]
struct FromTo {
    from: NaiveDate,
    to: NaiveDate,
}

impl TryFrom<FromTo> for Period {
    type Error = EndsBeforeItBegins;
    fn try_from(days: FromTo) -> Result<Self, EndsBeforeItBegins> {
        Self::new(days.from, days.to)
    }
}

impl From<Period> for FromTo {
    fn from(period: Period) -> Self {
        Self { from: period.from, to: period.to }
    }
}

impl Period {
    /// # Errors
    /// If `to` lies before `from`. One day is a period.
    pub fn new(from: NaiveDate, to: NaiveDate) -> Result<Self, EndsBeforeItBegins> {
        if to < from {
            return Err(EndsBeforeItBegins { from, to });
        }
        Ok(Self { from, to })
    }

    /// First day.
    #[must_use]
    pub const fn from(self) -> NaiveDate {
        self.from
    }

    /// Last day, included.
    #[must_use]
    pub const fn to(self) -> NaiveDate {
        self.to
    }

    /// Whether the day lies inside, ends included.
    #[must_use]
    pub fn contains(self, day: NaiveDate) -> bool {
        self.from <= day && day <= self.to
    }

    /// Whether the two share a day.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.from <= other.to && other.from <= self.to
    }

    /// Calendar months covered, a part of a month as days by days of that month.
    ///
    /// Example: 15 April 2026 to 31 January 2027 is 16/30 + 9 months (GC-26).
    #[must_use]
    pub fn months(self) -> Months {
        let mut parts = 0_i64;
        let mut first = self.from;
        loop {
            let length = i64::from(first.num_days_in_month());
            let last_of_month = first + Days::new(u64::from(first.num_days_in_month()) - u64::from(first.day()));
            let last = last_of_month.min(self.to);
            let covered = i64::from(last.day()) - i64::from(first.day()) + 1;
            parts += covered * (Months::PARTS / length);
            if last == self.to {
                return Months(parts);
            }
            first = last + Days::new(1);
        }
    }
}

/// A dated validity that may have no end: a membership, an entry of an entitlement list, a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Validity {
    /// First day, included.
    pub from: NaiveDate,
    /// Last day, included; `None` while no end is known.
    pub to: Option<NaiveDate>,
}

impl Validity {
    /// Whether the day lies inside, ends included.
    #[must_use]
    pub fn contains(self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}

/// An exact number of months. All month lengths divide [`Months::PARTS`], so that nothing is rounded
/// before the line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Months(i64);

impl Add for Months {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Months {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// Least common multiple of 28, 29, 30 and 31: parts in which a month is counted.
    const PARTS: i64 = 377_580;

    /// Months times [`Self::denominator`]; exact.
    pub(crate) fn numerator(self) -> Decimal {
        Decimal::from(self.0)
    }

    /// What [`Self::numerator`] has to be divided by.
    pub(crate) fn denominator() -> Decimal {
        Decimal::from(Self::PARTS)
    }

    /// For display: "9,5333" months, four decimals.
    #[must_use]
    pub fn rounded(self) -> Decimal {
        (self.numerator() / Self::denominator()).round_dp(4).normalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a test date")
    }

    fn period(from: &str, to: &str) -> Period {
        Period::new(day(from), day(to)).expect("a test period")
    }

    #[test]
    fn one_second_decides_the_day_in_berlin() {
        let instant = |text: &str| text.parse::<DateTime<Utc>>().expect("a test instant");
        assert_eq!(berlin_date(instant("2027-02-28T22:59:59Z")), day("2027-02-28"));
        assert_eq!(berlin_date(instant("2027-02-28T23:00:00Z")), day("2027-03-01"));
        // Summer time: two hours ahead.
        assert_eq!(berlin_date(instant("2026-06-30T22:00:00Z")), day("2026-07-01"));
    }

    #[test]
    fn both_ends_belong_to_a_period() {
        let term = period("2025-03-01", "2027-02-28");
        assert!(term.contains(day("2025-03-01")) && term.contains(day("2027-02-28")));
        assert!(!term.contains(day("2027-03-01")) && !term.contains(day("2025-02-28")));
    }

    #[test]
    fn a_year_from_the_29th_of_february_ends_on_the_28th() {
        let last = |from: &str, months: u32| last_day_of_months(day(from), months);
        assert_eq!(last("2028-02-29", 12), Some(day("2029-02-28")), "there is no 29th to end before");
        assert_eq!(last("2028-02-29", 48), Some(day("2032-02-28")));
        assert_eq!(last("2028-03-01", 12), Some(day("2029-02-28")));
        assert_eq!(last("2027-03-01", 12), Some(day("2028-02-29")));
        assert_eq!(last("2027-02-28", 12), Some(day("2028-02-27")));
        assert_eq!(last("2027-01-31", 1), Some(day("2027-02-28")));
        assert_eq!(last("2027-01-29", 1), Some(day("2027-02-28")));
        assert_eq!(last("2028-01-30", 1), Some(day("2028-02-29")));
        assert_eq!(last("2027-01-01", 0), Some(day("2026-12-31")));
        assert_eq!(last_day_of_months(NaiveDate::MAX, 1), None);
    }

    #[test]
    fn a_leap_february_is_one_month() {
        assert_eq!(period("2028-02-01", "2028-02-29").months().rounded(), Decimal::ONE);
        assert_eq!(period("2027-02-01", "2027-02-28").months().rounded(), Decimal::ONE);
    }

    #[test]
    fn a_part_of_april_counts_by_its_thirty_days() {
        assert_eq!(period("2026-04-15", "2027-01-31").months().rounded(), Decimal::new(95333, 4));
    }

    proptest! {
        #[test]
        fn cutting_a_period_in_two_keeps_its_months(start in 0_u64..4000, first in 0_u64..700, second in 1_u64..700) {
            let from = day("2024-01-01") + Days::new(start);
            let cut = from + Days::new(first);
            let to = cut + Days::new(second);
            let whole = Period::new(from, to).expect("in order").months();
            let left = Period::new(from, cut).expect("in order").months();
            let right = Period::new(cut + Days::new(1), to).expect("in order").months();
            prop_assert_eq!(whole.0, left.0 + right.0);
        }
    }
}
