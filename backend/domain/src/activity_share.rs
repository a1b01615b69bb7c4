//! Share of a body's activity that is for its members (Tätigkeitsanteil).
//!
//! A body that is in-house of its members must do more than 80 % of its activity for them
//! (§ 108 (1) no. 2 and (4) no. 2 GWB). It is measured by the average total turnover of the three years before
//! (§ 108 (7) GWB): the ratio of two averages over the same years is the ratio of their sums, rounded once.

use rust_decimal::Decimal;

use crate::money::{Net, Percent};

/// Years that are averaged (§ 108 (7) sentence 1 GWB).
pub const YEARS: i32 = 3;

/// Turnover of a body in a calendar year, net, in euros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turnover {
    /// Calendar year.
    pub year: i32,
    /// With its members.
    pub members: Net,
    /// With everybody else.
    pub others: Net,
}

/// What three years show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActivityShare {
    /// Years of the three of which nothing is on record: no share can be told.
    Incomplete {
        /// Which, oldest first.
        missing: Vec<i32>,
    },
    /// There was no turnover at all, or credits outweigh it: no share can be told.
    NoTurnover,
    /// The share.
    Told(Told),
}

/// A share with what it was computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Turnover with members in the three years together.
    pub members: Net,
    /// All turnover in the three years together.
    pub total: Net,
    /// Members' share in percent, half up to two decimals: for people to read.
    pub percent: Decimal,
    /// More than what is needed; judged on the unrounded share.
    pub enough: bool,
}

/// The share of the three years before `year`; `needed` must be exceeded, reaching it is not enough.
#[must_use]
pub fn activity_share(turnovers: &[Turnover], year: i32, needed: Percent) -> ActivityShare {
    let mut missing = Vec::new();
    let (mut members, mut total) = (Net::ZERO, Net::ZERO);
    for wanted in year - YEARS..year {
        let Some(found) = turnovers.iter().find(|it| it.year == wanted) else {
            missing.push(wanted);
            continue;
        };
        members += found.members;
        total += found.members + found.others;
    }
    if !missing.is_empty() {
        return ActivityShare::Incomplete { missing };
    }
    let Some(percent) = members.percent_of(total).filter(|_| !total.is_negative()) else {
        return ActivityShare::NoTurnover;
    };
    // 100 × members > needed × total, without dividing: a share of 80.001 % is enough, 80 % is not.
    let enough = needed.decimal() * total.decimal() < Decimal::ONE_HUNDRED * members.decimal();
    ActivityShare::Told(Told { members, total, percent, enough })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turnover(year: i32, members: &str, others: &str) -> Turnover {
        Turnover { year, members: members.parse().unwrap(), others: others.parse().unwrap() }
    }

    fn told(turnovers: &[Turnover]) -> Told {
        match activity_share(turnovers, 2026, Percent::EIGHTY) {
            ActivityShare::Told(told) => told,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn three_years_are_averaged_by_their_sums_not_by_their_shares() {
        let years = [
            turnover(2023, "100.00", "100.00"),
            turnover(2024, "900.00", "0.00"),
            turnover(2025, "800.00", "100.00"),
            turnover(2026, "0.00", "9999.00"),
        ];
        let told = told(&years);
        assert_eq!((told.members.to_string(), told.total.to_string()), ("1800.00".to_owned(), "2000.00".to_owned()));
        assert_eq!((told.percent, told.enough), (Decimal::new(9000, 2), true), "the year itself does not count");
    }

    #[test]
    fn exactly_eighty_percent_is_not_more_than_eighty_percent() {
        let of = |members: &str, others: &str| {
            told(&[turnover(2023, "0.00", "0.00"), turnover(2024, members, others), turnover(2025, "0.00", "0.00")])
        };
        assert!(!of("80.00", "20.00").enough);
        let barely = of("800000.01", "200000.00");
        assert!(barely.enough && barely.percent == Decimal::new(8000, 2), "rounding decides nothing: {barely:?}");
    }

    #[test]
    fn a_missing_year_or_no_turnover_tells_no_share() {
        let two = [turnover(2023, "1.00", "0.00"), turnover(2025, "1.00", "0.00")];
        assert_eq!(activity_share(&two, 2026, Percent::EIGHTY), ActivityShare::Incomplete { missing: vec![2024] });
        let nothing = [2023, 2024, 2025].map(|year| turnover(year, "0.00", "0.00"));
        assert_eq!(activity_share(&nothing, 2026, Percent::EIGHTY), ActivityShare::NoTurnover);
        let credits = [2023, 2024, 2025].map(|year| turnover(year, "-5.00", "1.00"));
        assert_eq!(activity_share(&credits, 2026, Percent::EIGHTY), ActivityShare::NoTurnover);
    }
}
