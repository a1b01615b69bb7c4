//! The licences a member has: what was ordered at a price per month, until when it runs, and when its
//! renewal is to be prepared.
//!
//! Licences of a contract that end on one day are renewed together. A renewal is due 90 days before the
//! end, urgent 30 days before it; a call-off for the day after, whatever its state, has taken it up.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::call_off::Status;
use crate::co_termination::following_period;
use crate::ids::{CallOffId, ContractId};
use crate::money::Quantity;
use crate::period::Period;

/// Days before the end on which somebody is told, first and again.
pub const TOLD_BEFORE_DAYS: [u64; 2] = [90, 30];

/// A line of a call-off with a price per month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenceLine {
    /// The contract.
    pub contract: ContractId,
    /// The call-off.
    pub call_off: CallOffId,
    /// Where it stands.
    pub status: Status,
    /// Article number.
    pub article_number: String,
    /// How many, without what was cancelled.
    pub quantity: Quantity,
    /// From when to when.
    pub period: Period,
}

impl LicenceLine {
    /// Whether it was ordered and stands; else somebody is still at it.
    #[must_use]
    pub const fn is_ordered(&self) -> bool {
        !matches!(
            self.status,
            Status::Draft
                | Status::Discarded
                | Status::Submitted
                | Status::Returned
                | Status::Refused
                | Status::Withdrawn
                | Status::Expired
                | Status::Cancelled
        )
    }

    const fn is_over(&self) -> bool {
        matches!(
            self.status,
            Status::Discarded | Status::Refused | Status::Withdrawn | Status::Expired | Status::Cancelled
        )
    }
}

/// What is to be done about licences that end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NextStep {
    /// At most 30 days are left.
    Urgent,
    /// At most 90 days are left.
    Due,
    /// A draft or a request for the time after exists.
    InProgress,
    /// More than 90 days are left.
    Later,
    /// The time after is ordered.
    Renewed,
}

impl NextStep {
    /// Whether somebody has to begin.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Urgent | Self::Due)
    }
}

/// Licences of a contract that end on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// The contract.
    pub contract: ContractId,
    /// Last day, included.
    pub ends_on: NaiveDate,
    /// How many of each article.
    pub quantities: BTreeMap<String, Quantity>,
    /// The orders behind them.
    pub orders: Vec<CallOffId>,
    /// The longest of their periods.
    pub period: Period,
    /// What is to be done.
    pub next_step: NextStep,
}

impl Ending {
    /// As long again, from the day after; `None` beyond the calendar.
    #[must_use]
    pub fn following(&self) -> Option<Period> {
        following_period(self.period)
    }
}

/// The licences that run on `today` or begin later, by their end.
#[must_use]
pub fn inventory(lines: &[LicenceLine], today: NaiveDate) -> Vec<Ending> {
    let mut endings: BTreeMap<(NaiveDate, ContractId), Ending> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.is_ordered() && today <= line.period.to()) {
        let ending = endings.entry((line.period.to(), line.contract)).or_insert_with(|| Ending {
            contract: line.contract,
            ends_on: line.period.to(),
            quantities: BTreeMap::new(),
            orders: Vec::new(),
            period: line.period,
            next_step: next_step(lines, line.contract, line.period.to(), today),
        });
        let quantity = ending.quantities.entry(line.article_number.clone()).or_default();
        *quantity = *quantity + line.quantity;
        if !ending.orders.contains(&line.call_off) {
            ending.orders.push(line.call_off);
        }
        if line.period.from() < ending.period.from() {
            ending.period = line.period;
        }
    }
    endings.into_values().collect()
}

fn next_step(lines: &[LicenceLine], contract: ContractId, ends_on: NaiveDate, today: NaiveDate) -> NextStep {
    let after = ends_on.checked_add_days(Days::new(1));
    let following: Vec<&LicenceLine> = lines
        .iter()
        .filter(|line| line.contract == contract && Some(line.period.from()) == after && !line.is_over())
        .collect();
    let [first, last] = TOLD_BEFORE_DAYS.map(|days| today.checked_add_days(Days::new(days)));
    match () {
        () if following.iter().any(|line| line.is_ordered()) => NextStep::Renewed,
        () if !following.is_empty() => NextStep::InProgress,
        () if last.is_some_and(|day| ends_on <= day) => NextStep::Urgent,
        () if first.is_some_and(|day| ends_on <= day) => NextStep::Due,
        () => NextStep::Later,
    }
}

/// The end that more licences of a contract should share, and how many run until then: the day most of
/// the running ones end. One within 30 days is no day to join: those are to be renewed.
#[must_use]
pub fn common_end(lines: &[LicenceLine], contract: ContractId, today: NaiveDate) -> Option<(NaiveDate, Quantity)> {
    let [_, too_soon] = TOLD_BEFORE_DAYS.map(|days| today.checked_add_days(Days::new(days)));
    let of_contract = inventory(lines, today).into_iter().filter(|ending| ending.contract == contract);
    of_contract
        .filter(|ending| ending.period.from() <= today && too_soon.is_some_and(|day| day < ending.ends_on))
        .map(|ending| (ending.ends_on, ending.quantities.into_values().sum::<Quantity>()))
        .max_by_key(|(ends_on, quantity)| (*quantity, *ends_on))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{id, of};

    fn line(call_off: u128, status: Status, quantity: &str, from: &str, to: &str) -> LicenceLine {
        LicenceLine {
            contract: id(1),
            call_off: id(call_off),
            status,
            article_number: "CTX-USR".to_owned(),
            quantity: of(quantity),
            period: Period::new(of(from), of(to)).unwrap(),
        }
    }

    fn step(lines: &[LicenceLine], today: &str) -> NextStep {
        inventory(lines, of(today))[0].next_step
    }

    #[test]
    fn licences_that_end_together_are_added_up_without_what_was_cancelled() {
        let lines = [
            line(1, Status::Released, "120", "2026-03-01", "2027-02-28"),
            line(2, Status::Closed, "10", "2026-11-22", "2027-02-28"),
            line(3, Status::Cancelled, "50", "2026-03-01", "2027-02-28"),
            line(4, Status::Submitted, "50", "2026-03-01", "2027-02-28"),
            line(5, Status::Released, "5", "2025-03-01", "2026-02-28"),
        ];
        let all = inventory(&lines, of("2026-11-22"));
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].quantities["CTX-USR"], of("130"));
        assert_eq!(all[0].orders, [id(1), id(2)]);
        let following = Period::new(of("2027-03-01"), of("2028-02-29")).unwrap();
        assert_eq!(all[0].following(), Some(following), "as long as the longest, to the end of a month");
    }

    #[test]
    fn a_renewal_is_due_ninety_days_before_the_end_and_urgent_thirty_days_before() {
        let running = [line(1, Status::Released, "1", "2026-03-01", "2027-02-28")];
        for (today, expected) in [
            ("2026-11-29", NextStep::Later),
            ("2026-11-30", NextStep::Due),
            ("2027-01-28", NextStep::Due),
            ("2027-01-29", NextStep::Urgent),
            ("2027-02-28", NextStep::Urgent),
        ] {
            assert_eq!(step(&running, today), expected, "{today}");
        }
        assert!(inventory(&running, of("2027-03-01")).is_empty(), "what has ended is gone");
    }

    #[test]
    fn whoever_has_begun_is_not_asked_again_unless_it_came_to_nothing() {
        let with = |status| {
            let running = line(1, Status::Released, "1", "2026-03-01", "2027-02-28");
            [running, line(2, status, "1", "2027-03-01", "2028-02-29")]
        };
        assert_eq!(step(&with(Status::Draft), "2027-02-01"), NextStep::InProgress);
        assert_eq!(step(&with(Status::Submitted), "2027-02-01"), NextStep::InProgress);
        assert_eq!(step(&with(Status::Released), "2027-02-01"), NextStep::Renewed);
        assert_eq!(step(&with(Status::Refused), "2027-02-01"), NextStep::Urgent);
    }

    #[test]
    fn more_licences_join_the_day_most_of_them_end() {
        let lines = [
            line(1, Status::Released, "120", "2026-03-01", "2027-02-28"),
            line(2, Status::Released, "10", "2026-06-01", "2027-05-31"),
            line(3, Status::Released, "900", "2027-06-01", "2028-05-31"),
        ];
        assert_eq!(common_end(&lines, id(1), of("2026-11-22")), Some((of("2027-02-28"), of("120"))));
        assert_eq!(common_end(&lines, id(2), of("2026-11-22")), None, "another contract");
        let soon = Some((of("2027-05-31"), of("10")));
        assert_eq!(common_end(&lines, id(1), of("2027-01-29")), soon, "those that end in 30 days are to be renewed");
    }
}
