//! How fast a ceiling is used up, when it will be, and when the next tender has to begin.
//!
//! ```text
//! rate_n       = released volume of the last n whole calendar months / n        n = 3, 6, 12, at most the contract's age
//! earliest     = today + left / largest rate,   latest = today + left / smallest rate        a month is 30.4375 days
//! start        = min(earliest, end of term) - lead time of the procedure
//! ```
//! The month that is under way counts for no rate: it would only look slow. A contract of fewer than three whole
//! months has one rate over what there is. Nothing is extrapolated by seasons: the range says how unsure it is.

use chrono::{Datelike, Days, NaiveDate};
use rust_decimal::Decimal;

use crate::money::Net;

/// Windows of whole months over which a rate is taken.
pub const WINDOWS: [u32; 3] = [3, 6, 12];

/// Beyond so many days a day of exhaustion says nothing any more.
const MOST_DAYS: i64 = 36_525;

/// How the next contract is awarded. Each way has its own lead time, from the start of the preparation to the award.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Procedure {
    /// Open procedure (§ 15 VgV).
    Open,
    /// Negotiated or restricted procedure with a competition (§§ 16, 17 VgV).
    Negotiated,
    /// Public tender (§ 9 UVgO).
    Public,
    /// Restricted tender (§§ 10, 11 UVgO).
    Restricted,
}

impl Procedure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Open, Self::Negotiated, Self::Public, Self::Restricted];

    /// The way a contract of this regime is tendered unless somebody says otherwise; `vgv` or `uvgo`.
    #[must_use]
    pub fn usual(regime: &str) -> Self {
        if regime == "uvgo" { Self::Public } else { Self::Open }
    }

    /// As the API and the command line write it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Negotiated => "negotiated",
            Self::Public => "public",
            Self::Restricted => "restricted",
        }
    }

    /// The procedure with this key.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.key() == key)
    }

    /// The words users read.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::Open => "Offenes Verfahren (VgV)",
            Self::Negotiated => "Nicht offenes oder Verhandlungsverfahren (VgV)",
            Self::Public => "Öffentliche Ausschreibung (UVgO)",
            Self::Restricted => "Beschränkte Ausschreibung (UVgO)",
        }
    }

    /// The dated parameter with its lead time in days.
    #[must_use]
    pub const fn lead_key(self) -> &'static str {
        match self {
            Self::Open => "tender_lead_open_days",
            Self::Negotiated => "tender_lead_negotiated_days",
            Self::Public => "tender_lead_public_days",
            Self::Restricted => "tender_lead_restricted_days",
        }
    }
}

/// What was released in a calendar month; cancellations count in the month they happened, so it may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthVolume {
    /// Any day of the month.
    pub month: NaiveDate,
    /// Net value.
    pub net: Net,
}

/// A contract as far as its use is concerned.
#[derive(Debug, Clone, Copy)]
pub struct Course<'a> {
    /// The day the question is asked.
    pub today: NaiveDate,
    /// First day of the contract.
    pub starts_on: NaiveDate,
    /// Last day with the options exercised so far.
    pub ends_on: NaiveDate,
    /// What is left of the ceiling; `None`: there is none.
    pub left: Option<Net>,
    /// Months with released volume, in any order; months without may be missing.
    pub months: &'a [MonthVolume],
}

/// Mean volume of a month over a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Whole calendar months it is taken over.
    pub months: u32,
    /// Mean per month, rounded to cents; never below zero.
    pub per_month: Net,
}

/// When a ceiling will be used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exhaustion {
    /// There is no ceiling.
    Unlimited,
    /// It is used up already.
    Reached,
    /// No whole month has passed yet: nobody can know.
    TooEarly,
    /// Nothing is being called off, or so little that it is used up in a hundred years at the earliest.
    NotInSight,
    /// Between these days.
    Between {
        /// At the largest rate.
        earliest: NaiveDate,
        /// At the smallest one; `None`: not in sight at that rate.
        latest: Option<NaiveDate>,
    },
}

impl Course<'_> {
    /// The rates, the shortest window first; none where no whole month has passed.
    #[must_use]
    pub fn rates(&self) -> Vec<Rate> {
        let windows = windows(self.starts_on, self.today);
        windows.into_iter().map(|months| Rate { months, per_month: self.mean_over(months) }).collect()
    }

    fn mean_over(&self, months: u32) -> Net {
        let inside = self.months.iter().filter(|it| in_window(it.month, self.today, months));
        let sum: Net = inside.map(|it| it.net).sum();
        Net::rounded(sum.decimal() / Decimal::from(months)).max(Net::ZERO)
    }

    /// When the ceiling will be used up.
    #[must_use]
    pub fn exhaustion(&self) -> Exhaustion {
        let Some(left) = self.left else { return Exhaustion::Unlimited };
        if left <= Net::ZERO {
            return Exhaustion::Reached;
        }
        let rates = self.rates();
        let day = |rate: Option<Net>| rate.and_then(|rate| self.day_at(left, rate));
        let fastest = rates.iter().map(|rate| rate.per_month).max();
        match (fastest, day(fastest)) {
            (None, _) => Exhaustion::TooEarly,
            (Some(_), None) => Exhaustion::NotInSight,
            (Some(_), Some(earliest)) => {
                Exhaustion::Between { earliest, latest: day(rates.iter().map(|rate| rate.per_month).min()) }
            }
        }
    }

    /// The day on which `left` is used up at this rate: whole days, rounded down, so that the estimate errs early.
    fn day_at(&self, left: Net, per_month: Net) -> Option<NaiveDate> {
        let days_of_a_month = Decimal::new(304_375, 4);
        let days = (left.decimal() * days_of_a_month).checked_div(per_month.decimal())?.floor();
        let days = i64::try_from(days).ok().filter(|days| *days <= MOST_DAYS)?;
        self.today.checked_add_days(Days::new(u64::try_from(days).ok()?))
    }

    /// The last day on which the next tender can begin so that nobody is left without a contract: the earlier one of
    /// earliest exhaustion and end of term, less the lead time. May lie in the past.
    #[must_use]
    pub fn latest_start(&self, lead_days: u32) -> NaiveDate {
        let until = match self.exhaustion() {
            Exhaustion::Reached => self.today.min(self.ends_on),
            Exhaustion::Between { earliest, .. } => earliest.min(self.ends_on),
            Exhaustion::Unlimited | Exhaustion::TooEarly | Exhaustion::NotInSight => self.ends_on,
        };
        until.checked_sub_days(Days::new(lead_days.into())).unwrap_or(until)
    }
}

/// The windows over which a contract that began on this day has rates, the shortest first: those it is old enough for, or
/// all of its whole calendar months before the present one, at most twelve; none where no whole month has passed.
#[must_use]
pub fn windows(starts_on: NaiveDate, today: NaiveDate) -> Vec<u32> {
    // The month it began in counts only if it began on its first day.
    let first = month_number(starts_on) + i32::from(starts_on.day() != 1);
    let whole = u32::try_from((month_number(today) - first).max(0)).unwrap_or(0).min(12);
    let mut windows: Vec<u32> = WINDOWS.into_iter().filter(|months| *months <= whole).collect();
    if windows.is_empty() && 0 < whole {
        windows.push(whole);
    }
    windows
}

/// Whether a day lies in the last so many whole calendar months before the present one.
#[must_use]
pub fn in_window(day: NaiveDate, today: NaiveDate, months: u32) -> bool {
    let end = month_number(today);
    (end - i32::try_from(months).unwrap_or(12)..end).contains(&month_number(day))
}

fn month_number(day: NaiveDate) -> i32 {
    day.year() * 12 + i32::try_from(day.month0()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn net(text: &str) -> Net {
        text.parse().expect("an amount")
    }

    fn months(all: &[(&str, &str)]) -> Vec<MonthVolume> {
        all.iter().map(|(day, amount)| MonthVolume { month: of(day), net: net(amount) }).collect()
    }

    fn course<'a>(today: &str, left: Option<&str>, months: &'a [MonthVolume]) -> Course<'a> {
        Course { today: of(today), starts_on: of("2025-03-01"), ends_on: of("2029-02-28"), left: left.map(net), months }
    }

    #[test]
    fn the_month_under_way_counts_for_no_rate() {
        let months = months(&[("2026-10-02", "300.00"), ("2026-11-20", "9999.00"), ("2026-05-01", "600.00")]);
        let rates = course("2026-11-22", Some("1000.00"), &months).rates();
        let means: Vec<(u32, String)> = rates.iter().map(|it| (it.months, it.per_month.to_string())).collect();
        assert_eq!(means, [(3, "100.00".to_owned()), (6, "150.00".to_owned()), (12, "75.00".to_owned())]);
    }

    #[test]
    fn the_range_is_that_of_the_largest_and_the_smallest_rate() {
        let months = months(&[("2026-10-02", "300.00"), ("2026-05-01", "600.00")]);
        let course = course("2026-11-22", Some("150.00"), &months);
        // 150 at 150 a month: 30 days and a part; at 75 a month twice as long.
        let between = Exhaustion::Between { earliest: of("2026-12-22"), latest: Some(of("2027-01-21")) };
        assert_eq!(course.exhaustion(), between);
        assert_eq!(course.latest_start(180), of("2026-06-25"), "overdue: it lies in the past");
    }

    #[test]
    fn a_contract_without_any_use_lasts_until_its_end() {
        let unused = course("2026-11-22", Some("1000.00"), &[]);
        assert_eq!(unused.exhaustion(), Exhaustion::NotInSight);
        assert_eq!(unused.latest_start(90), of("2028-11-30"));
    }

    #[test]
    fn in_its_first_month_nobody_can_know() {
        let months = months(&[("2025-03-10", "500.00")]);
        let young = course("2025-03-31", Some("1000.00"), &months);
        assert_eq!((young.rates(), young.exhaustion()), (vec![], Exhaustion::TooEarly));
        // It began in the middle of a month: that month is no whole one either.
        let later = Course { starts_on: of("2025-03-02"), today: of("2025-04-30"), ..young };
        assert_eq!(later.exhaustion(), Exhaustion::TooEarly);
    }

    #[test]
    fn one_month_alone_gives_one_rate() {
        let months = months(&[("2025-03-10", "500.00")]);
        let course = course("2025-04-01", Some("1000.00"), &months);
        assert_eq!(course.rates(), [Rate { months: 1, per_month: net("500.00") }]);
        let day = of("2025-05-31");
        assert_eq!(course.exhaustion(), Exhaustion::Between { earliest: day, latest: Some(day) });
    }

    #[test]
    fn a_leap_day_is_a_day_and_february_a_month() {
        let months = months(&[("2028-02-29", "100.00")]);
        let course = course("2028-03-01", Some("1.00"), &months);
        assert_eq!(course.rates()[0].per_month, net("33.33"));
        assert_eq!(
            course.exhaustion(),
            Exhaustion::Between { earliest: of("2028-03-01"), latest: Some(of("2028-03-04")) }
        );
        let today = Course { today: of("2028-02-29"), ..course };
        assert_eq!(today.exhaustion(), Exhaustion::NotInSight, "February is not over");
        assert_eq!(Course { ends_on: of("2028-02-29"), ..today }.latest_start(366), of("2027-02-28"));
    }

    #[test]
    fn what_is_used_up_is_used_up_today() {
        let months = months(&[("2026-10-02", "300.00")]);
        for left in ["0.00", "-12.00"] {
            let course = course("2026-11-22", Some(left), &months);
            assert_eq!(course.exhaustion(), Exhaustion::Reached);
            assert_eq!(course.latest_start(10), of("2026-11-12"));
        }
    }

    #[test]
    fn more_cancelled_than_released_is_no_negative_rate() {
        let months = months(&[("2026-10-02", "-300.00"), ("2026-01-05", "1200.00")]);
        let course = course("2026-11-22", Some("75.00"), &months);
        assert_eq!(course.rates()[0].per_month, Net::ZERO);
        assert_eq!(course.exhaustion(), Exhaustion::Between { earliest: of("2026-12-22"), latest: None });
    }

    #[test]
    fn without_a_ceiling_only_the_term_ends_it() {
        let months = months(&[("2026-10-02", "300.00")]);
        let course = course("2026-11-22", None, &months);
        assert_eq!((course.exhaustion(), course.latest_start(0)), (Exhaustion::Unlimited, of("2029-02-28")));
    }

    #[test]
    fn every_procedure_has_its_own_lead_time_and_key() {
        for procedure in Procedure::ALL {
            assert_eq!(Procedure::from_key(procedure.key()), Some(procedure));
            assert!(crate::law::keys::by_name(procedure.lead_key()).is_some(), "{procedure:?}");
        }
        assert_eq!((Procedure::usual("vgv"), Procedure::usual("uvgo")), (Procedure::Open, Procedure::Public));
    }
}
