//! The demo's calendar: months counted from the anchor day, the working days of an administration in
//! Sachsen-Anhalt, and instants by the clock on the wall in Berlin.

use abruf_domain::period::berlin_date;
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Europe::Berlin;

/// Years of history before the anchor day.
const YEARS: u32 = 5;

/// Dates relative to the anchor day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calendar {
    anchor: NaiveDate,
}

impl Calendar {
    pub(super) const fn new(anchor: NaiveDate) -> Self {
        Self { anchor }
    }

    /// First day of the month that lies `offset` months after the anchor's.
    pub(super) fn month(self, offset: i32) -> NaiveDate {
        let first = self.anchor.with_day(1).expect("every month has a first day");
        let months = Months::new(offset.unsigned_abs());
        if offset < 0 { first - months } else { first + months }
    }

    /// Last day of the month that lies `offset` months after the anchor's.
    pub(super) fn month_end(self, offset: i32) -> NaiveDate {
        self.month(offset + 1) - Days::new(1)
    }

    /// `offset` days after the anchor.
    pub(super) fn day(self, offset: i64) -> NaiveDate {
        let days = Days::new(offset.unsigned_abs());
        if offset < 0 { self.anchor - days } else { self.anchor + days }
    }

    /// The last working day that is at least `days` before the anchor.
    pub(super) fn working_day_before(self, days: u64) -> NaiveDate {
        let mut day = self.anchor - Days::new(days.max(1));
        while !is_working_day(day) {
            day = day - Days::new(1);
        }
        day
    }

    /// First day of the history.
    pub(super) fn starts_on(self) -> NaiveDate {
        working_day_from(self.anchor - Months::new(12 * YEARS))
    }

    /// The history ends before the anchor day begins: whenever on that day the demo is loaded,
    /// nothing in it lies in the future.
    pub(super) fn ends(self) -> DateTime<Utc> {
        at(self.anchor, 0, 0)
    }

    pub(super) const fn anchor(self) -> NaiveDate {
        self.anchor
    }
}

/// The instant of a wall clock in Berlin. Only times that exist on every day: 02:00 to 03:00 does not.
pub(super) fn at(day: NaiveDate, hour: u32, minute: u32) -> DateTime<Utc> {
    let time = NaiveTime::from_hms_opt(hour, minute, 0).expect("the demo writes times of the day");
    let local = Berlin.from_local_datetime(&day.and_time(time)).earliest();
    local.expect("no time of the demo falls into the hour that summer time skips").with_timezone(&Utc)
}

/// The next instant in office hours that is at least `working_days` working days later.
pub(super) fn later(after: DateTime<Utc>, working_days: u64, minute_of_day: u64) -> DateTime<Utc> {
    let mut day = berlin_date(after);
    for _ in 0..working_days {
        day = working_day_from(day + Days::new(1));
    }
    let instant = in_office_hours(day, minute_of_day);
    if instant <= after { in_office_hours(working_day_from(day + Days::new(1)), minute_of_day) } else { instant }
}

/// Between 07:15 and 16:34: `minute_of_day` runs through the 560 minutes of an office day.
pub(super) fn in_office_hours(day: NaiveDate, minute_of_day: u64) -> DateTime<Utc> {
    let minutes = u32::try_from(7 * 60 + 15 + minute_of_day % 560).expect("less than a day");
    at(day, minutes / 60, minutes % 60)
}

/// This day or the first working day after it.
pub(super) fn working_day_from(mut day: NaiveDate) -> NaiveDate {
    while !is_working_day(day) {
        day = day + Days::new(1);
    }
    day
}

/// Monday to Friday without the public holidays of Sachsen-Anhalt, Christmas Eve and New Year's Eve.
pub(super) fn is_working_day(day: NaiveDate) -> bool {
    if matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
        return false;
    }
    let fixed = [(1, 1), (1, 6), (5, 1), (10, 3), (10, 31), (12, 24), (12, 25), (12, 26), (12, 31)];
    if fixed.contains(&(day.month(), day.day())) {
        return false;
    }
    let after_easter = day.signed_duration_since(easter(day.year())).num_days();
    // Good Friday, Easter Monday, Ascension, Whit Monday.
    !matches!(after_easter, -2 | 1 | 39 | 50)
}

/// Easter Sunday of the Gregorian calendar (the anonymous algorithm of 1876).
fn easter(year: i32) -> NaiveDate {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    NaiveDate::from_ymd_opt(year, month.unsigned_abs(), day.unsigned_abs()).expect("the algorithm names a date")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a test date")
    }

    #[test]
    fn holidays_of_sachsen_anhalt_are_no_working_days() {
        for holiday in
            ["2026-01-06", "2026-04-03", "2026-04-06", "2026-05-14", "2026-05-25", "2025-10-31", "2024-03-29"]
        {
            assert!(!is_working_day(day(holiday)), "{holiday}");
        }
        assert!(is_working_day(day("2026-04-07")) && is_working_day(day("2026-11-20")));
        assert!(!is_working_day(day("2026-11-21")) && !is_working_day(day("2026-11-22")));
    }

    #[test]
    fn months_are_counted_from_the_anchors_month_even_on_its_last_day() {
        let calendar = Calendar::new(day("2026-08-31"));
        assert_eq!(calendar.month(-6), day("2026-02-01"));
        assert_eq!(calendar.month_end(-6), day("2026-02-28"));
        assert_eq!(calendar.month(5), day("2027-01-01"));
    }

    #[test]
    fn later_never_goes_back_and_falls_into_office_hours() {
        let friday_evening = at(day("2026-11-20"), 18, 0);
        assert_eq!(later(friday_evening, 0, 0), at(day("2026-11-23"), 7, 15));
        assert_eq!(later(at(day("2026-11-20"), 9, 0), 1, 60), at(day("2026-11-23"), 8, 15));
    }
}
