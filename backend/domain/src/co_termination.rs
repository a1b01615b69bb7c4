//! The period proposed for a call-off that repeats an earlier one.
//!
//! Licences added to running ones end with them (co-termination): one renewal date instead of many. Once
//! the earlier period is over, the same length begins again. It is a proposal; the requester decides.

use chrono::{Days, NaiveDate};

use crate::period::{Period, last_day_of_months};

/// The period to propose on `today` for more of what was ordered for `earlier`; `None` where the earlier
/// call-off had none.
///
/// Still running: from today to the same end. Not begun yet: the same days. Over: as long again from today,
/// counted in whole months where the earlier period was.
#[must_use]
pub fn proposed_period(earlier: Option<Period>, today: NaiveDate) -> Option<Period> {
    let earlier = earlier?;
    if today <= earlier.to() {
        return Period::new(today.max(earlier.from()), earlier.to()).ok();
    }
    as_long_from(earlier, today)
}

/// The period that follows: as long again, from the day after the end; `None` beyond the calendar.
#[must_use]
pub fn following_period(running: Period) -> Option<Period> {
    as_long_from(running, running.to().checked_add_days(Days::new(1))?)
}

/// A period as long as another, in whole months where that one was, from a day on.
fn as_long_from(other: Period, from: NaiveDate) -> Option<Period> {
    let months = (1..=120).find(|months| last_day_of_months(other.from(), *months) == Some(other.to()));
    let to = match months {
        Some(months) => last_day_of_months(from, months),
        None => {
            let days = u64::try_from((other.to() - other.from()).num_days()).ok()?;
            from.checked_add_days(Days::new(days))
        }
    };
    Period::new(from, to?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn period(from: &str, to: &str) -> Period {
        Period::new(day(from), day(to)).unwrap()
    }

    #[test]
    fn licences_added_end_with_the_running_ones() {
        let running = Some(period("2026-03-01", "2027-02-28"));
        assert_eq!(proposed_period(running, day("2026-11-22")), Some(period("2026-11-22", "2027-02-28")));
        assert_eq!(proposed_period(running, day("2027-02-28")), Some(period("2027-02-28", "2027-02-28")));
        assert_eq!(proposed_period(running, day("2026-01-01")), running, "not begun yet: the same days");
    }

    #[test]
    fn what_is_over_begins_again_for_as_long() {
        let over = Some(period("2025-03-01", "2026-02-28"));
        assert_eq!(proposed_period(over, day("2026-03-01")), Some(period("2026-03-01", "2027-02-28")));
        let leap = Some(period("2023-03-01", "2024-02-29"));
        assert_eq!(proposed_period(leap, day("2026-11-01")), Some(period("2026-11-01", "2027-10-31")), "twelve months");
        let days = Some(period("2026-05-04", "2026-05-08"));
        assert_eq!(proposed_period(days, day("2026-11-02")), Some(period("2026-11-02", "2026-11-06")));
    }

    #[test]
    fn a_renewal_follows_without_a_gap_and_is_as_long() {
        let year = period("2026-03-01", "2027-02-28");
        assert_eq!(following_period(year), Some(period("2027-03-01", "2028-02-29")));
        let leap = period("2028-02-29", "2029-02-28");
        assert_eq!(following_period(leap), Some(period("2029-03-01", "2030-02-28")), "a year, not 366 days");
        assert_eq!(following_period(period("2026-05-04", "2026-05-08")), Some(period("2026-05-09", "2026-05-13")));
    }

    #[test]
    fn without_a_period_none_is_proposed() {
        assert_eq!(proposed_period(None, day("2026-11-22")), None);
    }
}
