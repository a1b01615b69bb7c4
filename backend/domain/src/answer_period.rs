//! How long a supplier of a cascade may think: so many working days, and the arithmetic behind the end.
//!
//! Working days are Monday to Friday without public holidays, and the day of the request does not count
//! (Art. 2 (2) and 3 (1) of Regulation (EEC, Euratom) No 1182/71, to which § 82 VgV refers). Silence is a
//! decline only where the contract sets such a period, and only from the day after its end.
//!
//! Example: asked on Tuesday 12 May 2026 with three working days. 13, 15 and 18 May count; Thursday
//! 14 May is Ascension Day, 16 and 17 May are a weekend. The answer is due on 18 May.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use holiday_de::GermanRegion;
use serde::{Deserialize, Serialize};

use crate::ids::OrganisationId;
use crate::notation::Language;

/// Longest period a contract may set, in working days.
pub const LONGEST: u32 = 30;

/// A public holiday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holiday {
    /// The day.
    pub day: NaiveDate,
    /// Its German name.
    pub name: String,
}

/// The answer period of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerPeriod {
    /// Its length.
    pub working_days: u32,
    /// Public holidays while requests of this call-off run, by day. They travel with the facts: a later
    /// version of the calendar does not change what was judged.
    pub holidays: Vec<Holiday>,
}

/// A recorded request to a supplier of a cascade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankRequest {
    /// Who was asked.
    pub supplier: OrganisationId,
    /// On which day.
    pub asked_on: NaiveDate,
}

/// Until when an answer is due, and how that day was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// Day of the request; it does not count.
    pub asked_on: NaiveDate,
    /// How many working days count.
    pub working_days: u32,
    /// Holidays from Monday to Friday that did not count.
    pub skipped: Vec<Holiday>,
    /// Last day for an answer.
    pub due_on: NaiveDate,
}

impl AnswerPeriod {
    /// Counts from the day of a request.
    #[must_use]
    pub fn deadline(&self, asked_on: NaiveDate) -> Deadline {
        let mut skipped = Vec::new();
        let mut due_on = asked_on;
        let mut left = self.working_days;
        while 0 < left {
            // The calendar ends long after any contract; there the period simply ends with it.
            let Some(next) = due_on.checked_add_days(Days::new(1)) else { break };
            due_on = next;
            if is_weekend(due_on) {
                continue;
            }
            match self.holidays.iter().find(|holiday| holiday.day == due_on) {
                Some(holiday) => skipped.push(holiday.clone()),
                None => left -= 1,
            }
        }
        Deadline { asked_on, working_days: self.working_days, skipped, due_on }
    }
}

impl Deadline {
    /// Whether the period has ended without an answer: the day after its last one.
    #[must_use]
    pub fn is_over(&self, day: NaiveDate) -> bool {
        self.due_on < day
    }

    /// The arithmetic in words: "A GmbH: gefragt am 12.05.2026, 3 Arbeitstage ohne 14.05.2026 (Christi
    /// Himmelfahrt), Frist bis 18.05.2026".
    #[must_use]
    pub fn written(&self, supplier: &str, language: Language) -> String {
        let skipped: Vec<String> =
            self.skipped.iter().map(|it| format!("{} ({})", language.date(it.day), it.name)).collect();
        let [asked_on, due_on] = [self.asked_on, self.due_on].map(|day| language.date(day));
        let days = self.working_days;
        match language {
            Language::German => {
                let days = if days == 1 { "1 Arbeitstag".to_owned() } else { format!("{days} Arbeitstage") };
                let without = if skipped.is_empty() { String::new() } else { format!(" ohne {}", skipped.join(", ")) };
                format!("{supplier}: gefragt am {asked_on}, {days}{without}, Frist bis {due_on}")
            }
            Language::English => {
                let days = if days == 1 { "1 working day".to_owned() } else { format!("{days} working days") };
                let without =
                    if skipped.is_empty() { String::new() } else { format!(" without {}", skipped.join(", ")) };
                format!("{supplier}: asked on {asked_on}, {days}{without}, due on {due_on}")
            }
        }
    }
}

/// The last day on which a holiday can matter for a request of this day.
#[must_use]
pub fn horizon(asked_on: NaiveDate) -> NaiveDate {
    // Two weekdays in seven are free anyway; the rest leaves room for more holidays than any Land has.
    asked_on.checked_add_days(Days::new(u64::from(LONGEST) * 2)).unwrap_or(NaiveDate::MAX)
}

/// Public holidays of a law pack between two days, both included; `None` where no calendar is known:
/// there no period can be counted. `de` alone has those that all Länder share.
#[must_use]
pub fn holidays(jurisdiction: &str, from: NaiveDate, to: NaiveDate) -> Option<Vec<Holiday>> {
    let regions = regions(jurisdiction)?;
    let mut found = Vec::new();
    for year in from.year()..=to.year() {
        let Some((first, others)) = regions.split_first() else { continue };
        let shared = first
            .holiday_dates_in_year(year)
            .into_iter()
            .filter(|(day, _)| (from..=to).contains(day) && others.iter().all(|region| region.is_holiday(*day)));
        found.extend(shared.map(|(day, holiday)| Holiday { day, name: holiday.description().to_owned() }));
    }
    Some(found)
}

fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The Länder by the second part of a law pack's path, as ISO 3166-2:DE names them.
fn regions(jurisdiction: &str) -> Option<Vec<GermanRegion>> {
    use GermanRegion as G;
    const ALL: [(&str, GermanRegion); 16] = [
        ("bw", G::BadenWuerttemberg),
        ("by", G::Bayern),
        ("be", G::Berlin),
        ("bb", G::Brandenburg),
        ("hb", G::Bremen),
        ("hh", G::Hamburg),
        ("he", G::Hessen),
        ("mv", G::MechlenburgVorpommern),
        ("ni", G::Niedersachsen),
        ("nw", G::NordrheinWestfalen),
        ("rp", G::RheinlandPfalz),
        ("sl", G::Saarland),
        ("sn", G::Sachsen),
        ("st", G::SachsenAnhalt),
        ("sh", G::SchleswigHolstein),
        ("th", G::Thueringen),
    ];
    let mut parts = jurisdiction.split('/');
    if parts.next() != Some("de") {
        return None;
    }
    match parts.next() {
        None => Some(ALL.iter().map(|(_, region)| *region).collect()),
        Some(land) => ALL.iter().find(|(key, _)| *key == land).map(|(_, region)| vec![*region]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::of;

    fn period(working_days: u32, jurisdiction: &str, from: &str) -> AnswerPeriod {
        let from = of(from);
        let holidays = holidays(jurisdiction, from, horizon(from)).expect("a calendar is known");
        AnswerPeriod { working_days, holidays }
    }

    fn due(working_days: u32, jurisdiction: &str, asked_on: &str) -> Deadline {
        period(working_days, jurisdiction, asked_on).deadline(of(asked_on))
    }

    #[test]
    fn ascension_day_and_the_weekend_do_not_count() {
        let deadline = due(3, "de/st", "2026-05-12");
        assert_eq!(deadline.due_on, of("2026-05-18"));
        assert_eq!(deadline.skipped, [Holiday { day: of("2026-05-14"), name: "Christi Himmelfahrt".to_owned() }]);
    }

    #[test]
    fn a_holiday_of_one_land_counts_in_the_next() {
        // 6 January 2027 is a Wednesday: Epiphany in Sachsen-Anhalt, a working day in Niedersachsen.
        assert_eq!(due(2, "de/st", "2027-01-04").due_on, of("2027-01-07"));
        assert_eq!(due(2, "de/ni", "2027-01-04").due_on, of("2027-01-06"));
        assert_eq!(due(2, "de", "2027-01-04").due_on, of("2027-01-06"));
    }

    #[test]
    fn a_request_on_a_weekend_begins_to_run_on_monday() {
        assert_eq!(due(1, "de/st", "2026-11-21").due_on, of("2026-11-23"));
        assert_eq!(due(1, "de/st", "2026-11-20").due_on, of("2026-11-23"));
    }

    #[test]
    fn the_turn_of_the_year_takes_the_holidays_of_both_years() {
        // 25 and 26 December 2026 are Friday and Saturday, 1 January 2027 is a Friday.
        let deadline = due(6, "de/st", "2026-12-23");
        assert_eq!(deadline.due_on, of("2027-01-04"));
        assert_eq!(deadline.skipped.iter().map(|it| it.day).collect::<Vec<_>>(), [of("2026-12-25"), of("2027-01-01")]);
    }

    #[test]
    fn silence_begins_the_day_after_the_last_one() {
        let deadline = due(3, "de/st", "2026-05-12");
        assert!(!deadline.is_over(of("2026-05-18")) && deadline.is_over(of("2026-05-19")));
    }

    #[test]
    fn a_period_of_no_days_is_over_the_day_after_the_request() {
        let deadline = due(0, "de/st", "2026-05-12");
        assert!(!deadline.is_over(of("2026-05-12")) && deadline.is_over(of("2026-05-13")));
    }

    #[test]
    fn the_longest_period_ends_before_the_horizon_on_every_day_of_four_years() {
        let mut day: NaiveDate = of("2026-01-01");
        while day < of("2030-01-01") {
            for land in ["de/by", "de/st", "de/th"] {
                let holidays = holidays(land, day, horizon(day)).expect("a calendar is known");
                let deadline = AnswerPeriod { working_days: LONGEST, holidays }.deadline(day);
                assert!(deadline.due_on <= horizon(day), "{land} {day}: {}", deadline.due_on);
            }
            day = day + Days::new(1);
        }
    }

    #[test]
    fn where_no_calendar_is_known_nothing_is_counted() {
        assert_eq!(holidays("at", of("2026-01-01"), of("2026-12-31")), None);
        assert_eq!(holidays("de/xx", of("2026-01-01"), of("2026-12-31")), None);
    }
}
