//! The bonus of a contract (Bonus, Rückvergütung des Lieferanten): a percentage of the year's turnover once
//! it reaches a step, paid by credit note after the year. It stands outside order value, ceiling and saving;
//! it counts when the credit note exists, and not before.

use serde::{Deserialize, Serialize};

use crate::money::{Net, Percent};

/// Most steps of a clause.
pub const MOST_STEPS: usize = 10;

/// What the supplier owes for a year's turnover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BonusClause {
    /// Steps by turnover, the lowest first; the highest one reached counts for the whole turnover.
    pub steps: Vec<BonusStep>,
    /// Who gets it.
    pub goes_to: GoesTo,
}

/// From a turnover on, a percentage of all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BonusStep {
    /// Net turnover of all members in a calendar year, contract currency; itself included.
    pub from: Net,
    /// Of the whole turnover.
    pub rate: Percent,
}

/// Who gets the bonus.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoesTo {
    /// The members, by their turnover of the year; see [`crate::allocation`].
    #[default]
    Members,
    /// The purchasing body keeps it.
    Body,
}

impl GoesTo {
    /// The key in the database and in JSON.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Body => "body",
        }
    }
}

impl std::str::FromStr for GoesTo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "members" => Ok(Self::Members),
            "body" => Ok(Self::Body),
            other => Err(format!("{other} is nobody a bonus goes to")),
        }
    }
}

/// What is wrong with a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BonusMistake {
    /// No step, or more than [`MOST_STEPS`].
    Steps(usize),
    /// The turnover of this step is negative.
    NegativeTurnover(BonusStep),
    /// A step that grants nothing.
    NoRate(BonusStep),
    /// Turnover and percentage have to grow from step to step.
    NotGrowing(BonusStep),
}

impl BonusClause {
    /// The first mistake; `None` where the clause can be applied.
    #[must_use]
    pub fn mistake(&self) -> Option<BonusMistake> {
        if self.steps.is_empty() || MOST_STEPS < self.steps.len() {
            return Some(BonusMistake::Steps(self.steps.len()));
        }
        let single = self.steps.iter().find_map(|step| match step {
            step if step.from.is_negative() => Some(BonusMistake::NegativeTurnover(*step)),
            step if step.rate.is_zero() => Some(BonusMistake::NoRate(*step)),
            _ => None,
        });
        let grows = |pair: &[BonusStep]| pair[0].from < pair[1].from && pair[0].rate < pair[1].rate;
        let pairs = || self.steps.windows(2).find(|pair| !grows(pair)).map(|pair| BonusMistake::NotGrowing(pair[1]));
        single.or_else(pairs)
    }

    /// The step this turnover reaches; `None` below the first one.
    #[must_use]
    pub fn reached(&self, turnover: Net) -> Option<BonusStep> {
        self.steps.iter().rfind(|step| step.from <= turnover).copied()
    }

    /// What the supplier owes for this turnover of a calendar year.
    #[must_use]
    pub fn owed(&self, turnover: Net) -> Net {
        self.reached(turnover).map_or(Net::ZERO, |step| turnover.percentage(step.rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::of;

    fn clause(steps: &[(&str, &str)]) -> BonusClause {
        let steps = steps.iter().map(|(from, rate)| BonusStep { from: of(from), rate: of(rate) }).collect();
        BonusClause { steps, goes_to: GoesTo::Members }
    }

    #[test]
    fn the_highest_step_reached_counts_for_the_whole_turnover() {
        let clause = clause(&[("50000.00", "1"), ("100000.00", "1.5")]);
        assert_eq!(clause.mistake(), None);
        for (turnover, owed) in [
            ("49999.99", "0.00"),
            ("50000.00", "500.00"),
            ("99999.99", "1000.00"),
            ("100000.00", "1500.00"),
            ("100000.33", "1500.00"),
            ("100000.34", "1500.01"),
            ("-5.00", "0.00"),
        ] {
            assert_eq!(clause.owed(of(turnover)), of(owed), "{turnover}");
        }
    }

    #[test]
    fn a_step_from_nothing_on_pays_from_the_first_cent() {
        assert_eq!(clause(&[("0.00", "2")]).owed(of("10.00")), of("0.20"));
    }

    #[test]
    fn each_mistake_is_named() {
        let step = |from: &str, rate: &str| BonusStep { from: of(from), rate: of(rate) };
        for (steps, mistake) in [
            (&[][..], BonusMistake::Steps(0)),
            (&[("-1.00", "1")], BonusMistake::NegativeTurnover(step("-1.00", "1"))),
            (&[("0.00", "0")], BonusMistake::NoRate(step("0.00", "0"))),
            (&[("10.00", "1"), ("10.00", "2")], BonusMistake::NotGrowing(step("10.00", "2"))),
            (&[("10.00", "2"), ("20.00", "2")], BonusMistake::NotGrowing(step("20.00", "2"))),
        ] {
            assert_eq!(clause(steps).mistake(), Some(mistake));
        }
        assert_eq!(clause(&[("0.00", "1"); 11]).mistake(), Some(BonusMistake::Steps(11)));
    }
}
