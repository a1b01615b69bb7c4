//! Months as turnover files write them: a month, or any day of it, in every way that means one month.

use chrono::{Datelike, NaiveDate};

use crate::actions::import::turnover_cells::{Repair, unquoted};

/// First year of which turnover is taken.
const FIRST_YEAR: i32 = 1990;

/// Why a cell is no month that can be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MonthWrong {
    /// Nothing stands there.
    Empty,
    /// It is no day and no month.
    Unreadable,
    /// Day and month could be either way round, and the mapping does not say which.
    EitherWay,
    /// Before the first year of which turnover is taken.
    TooOld,
    /// It has not begun.
    Future,
}

/// Reads a month, or a day of it, as the first day of the month.
///
/// # Errors
/// If it is none, or could be two.
pub fn month(
    raw: &str,
    day_first: Option<bool>,
    today: NaiveDate,
    repairs: &mut Vec<Repair>,
) -> Result<NaiveDate, MonthWrong> {
    let mut text = unquoted(raw, repairs);
    if text.is_empty() {
        return Err(MonthWrong::Empty);
    }
    let is_time = |time: &str| {
        time.contains(':') && time.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'Z'))
    };
    if let Some((day, time)) = text.split_once([' ', 'T'])
        && is_time(time)
    {
        text = day;
        repairs.push(Repair::TimeOfDay);
    }
    let day = day_of(text, day_first)?;
    if day.year() < FIRST_YEAR {
        return Err(MonthWrong::TooOld);
    }
    let month = day.with_day(1).ok_or(MonthWrong::Unreadable)?;
    if today < month { Err(MonthWrong::Future) } else { Ok(month) }
}

fn day_of(text: &str, day_first: Option<bool>) -> Result<NaiveDate, MonthWrong> {
    let number = |part: &str| {
        part.parse::<u32>().ok().filter(|_| part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let year = |part: &str| {
        part.parse::<i32>().ok().filter(|_| part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let month = |part: &str| number(part).or_else(|| month_named(part));
    let date = |y: Option<i32>, m: Option<u32>, d: Option<u32>| {
        NaiveDate::from_ymd_opt(y?, m?, d?).filter(|day| day.year() == y.unwrap_or_default())
    };
    let separators = ['-', '.', '/', ' '];
    let parts: Vec<&str> = text.split(separators).filter(|part| !part.is_empty()).collect();
    let read = match parts.as_slice() {
        [all] if all.is_ascii() && all.len() == 6 => date(year(&all[..4]), number(&all[4..]), Some(1)),
        [all] if all.is_ascii() && all.len() == 8 => date(year(&all[..4]), number(&all[4..6]), number(&all[6..])),
        [first, second] if year(first).is_some() => date(year(first), month(second), Some(1)),
        [first, second] => date(year(second), month(first), Some(1)),
        [first, second, third] if year(first).is_some() => date(year(first), month(second), number(third)),
        [first, second, third] if number(second).is_none() || text.contains('.') => {
            date(year(third), month(second), number(first))
        }
        [first, second, third] => match day_first {
            Some(true) => date(year(third), number(second), number(first)),
            Some(false) => date(year(third), number(first), number(second)),
            None => return Err(MonthWrong::EitherWay),
        },
        _ => None,
    };
    read.ok_or(MonthWrong::Unreadable)
}

/// A month by its German or English name, also shortened.
fn month_named(name: &str) -> Option<u32> {
    let name = name.to_lowercase();
    let begins = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
    let months: [&[&str]; 12] = [
        &["jan", "jän"],
        &["feb"],
        &["mär", "mar", "mrz"],
        &["apr"],
        &["mai", "may"],
        &["jun"],
        &["jul"],
        &["aug"],
        &["sep"],
        &["okt", "oct"],
        &["nov"],
        &["dez", "dec"],
    ];
    (1..).zip(months).find(|(_, words)| begins(words)).map(|(month, _)| month)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::import::turnover_cells::stray_end;

    fn month_of(raw: &str, day_first: Option<bool>) -> Result<String, MonthWrong> {
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).expect("a day");
        month(raw, day_first, today, &mut Vec::new()).map(|month| month.to_string())
    }

    #[test]
    fn months_are_read_in_every_way_that_means_one_month() {
        for raw in
            ["2013-07-01", "2013-07", "2013/07", "201307", "20130731", "31.07.2013", "07.2013", "7/2013", "Juli 2013"]
        {
            assert_eq!(month_of(raw, None).as_deref(), Ok("2013-07-01"), "{raw}");
        }
        for raw in
            ["Jul 2013", "July 2013", "31 Jul 2013", "2013-07-31 00:00:00", "2013-07-31T12:00:00Z", "\"2013-07\""]
        {
            assert_eq!(month_of(raw, None).as_deref(), Ok("2013-07-01"), "{raw}");
        }
        assert_eq!(month_of("03/07/2013", Some(true)).as_deref(), Ok("2013-07-01"));
        assert_eq!(month_of("03/07/2013", Some(false)).as_deref(), Ok("2013-03-01"));
        assert_eq!(month_of("2026-11-30", None).as_deref(), Ok("2026-11-01"), "the month has begun");
        for (raw, wrong) in [
            ("03/07/2013", MonthWrong::EitherWay),
            ("", MonthWrong::Empty),
            ("2013-13", MonthWrong::Unreadable),
            ("31.02.2013", MonthWrong::Unreadable),
            ("2012-10-01l", MonthWrong::Unreadable),
            ("10/13", MonthWrong::Unreadable),
            ("1899-12-30", MonthWrong::TooOld),
            ("2026-12", MonthWrong::Future),
        ] {
            assert_eq!(month_of(raw, None), Err(wrong), "{raw}");
        }
    }

    #[test]
    fn a_letter_is_stray_only_where_it_stands_behind_every_value() {
        let reads = |text: &str| month_of(text, None).is_ok();
        let stray = |values: &[&str]| stray_end(values.iter().copied(), reads);
        assert_eq!(stray(&["2012-10-01l", "2013-08-01l", ""]), Some('l'));
        assert_eq!(stray(&["2012-10-01l", "2013-08-01"]), None);
        assert_eq!(stray(&["2012-10-01l"]), None, "one value is no rule");
        assert_eq!(stray(&["2013 Mai", "2014 Mai"]), None);
        assert_eq!(stray(&["kein l", "auch l"]), None);
    }
}
