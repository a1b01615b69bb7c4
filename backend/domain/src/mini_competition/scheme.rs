//! By what offers are compared: criteria with weights, the formula for the price, what happens at equal
//! offers. All of it stands in the invitation and cannot change afterwards (§ 127 (5) GWB).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Refusal;
use crate::facts::AwardCriterion;
use crate::money::Percent;
use crate::notation::Language::German;

/// Most criteria of a competition.
pub const MOST_CRITERIA: usize = 10;
/// Longest name of a criterion, in characters.
pub const LONGEST_NAME: usize = 120;

/// How a price turns into points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceFormula {
    /// Weight x lowest price / price.
    Ratio,
    /// Weight x (2 x lowest price - price) / lowest price, at least 0.
    Distance,
}

impl PriceFormula {
    /// Keys with the words users read.
    pub const ALL: [(&'static str, Self, &'static str); 2] = [
        ("ratio", Self::Ratio, "Gewicht × niedrigster Preis ÷ Preis"),
        ("distance", Self::Distance, "Gewicht × (2 × niedrigster Preis − Preis) ÷ niedrigster Preis, mindestens 0"),
    ];

    /// The formula in words.
    #[must_use]
    pub fn german(self) -> &'static str {
        Self::ALL.iter().find(|(_, own, _)| *own == self).map_or("", |(_, _, words)| words)
    }
}

/// Who goes first among offers with the same points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TieRule {
    /// The cheaper one; the lot where both cost the same.
    LowerPrice,
    /// The one with more points for quality; the lot where both have the same.
    BetterQuality,
    /// The lot at once.
    Draw,
}

impl TieRule {
    /// Keys with the words users read.
    pub const ALL: [(&'static str, Self, &'static str); 3] = [
        ("lower_price", Self::LowerPrice, "der niedrigere Preis, danach das Los"),
        ("better_quality", Self::BetterQuality, "mehr Punkte für Qualität, danach das Los"),
        ("draw", Self::Draw, "das Los"),
    ];

    /// The rule in words.
    #[must_use]
    pub fn german(self) -> &'static str {
        Self::ALL.iter().find(|(_, own, _)| *own == self).map_or("", |(_, _, words)| words)
    }
}

/// A criterion beside the price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// What is looked at: „Lieferzeit“.
    pub name: String,
    /// Its share of the 100 points.
    pub weight: Percent,
}

/// Everything that decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheme {
    /// Share of the price.
    pub price_weight: Percent,
    /// Points for a price.
    pub price_formula: PriceFormula,
    /// Criteria of quality; none: the lowest price wins.
    #[serde(default)]
    pub criteria: Vec<Criterion>,
    /// What happens at equal offers.
    pub tie_rule: TieRule,
}

impl Scheme {
    /// The lowest price wins; at equal prices the lot.
    #[must_use]
    pub const fn by_price() -> Self {
        Self {
            price_weight: Percent::HUNDRED,
            price_formula: PriceFormula::Ratio,
            criteria: Vec::new(),
            tie_rule: TieRule::Draw,
        }
    }

    /// What the rule book calls the criterion.
    #[must_use]
    pub const fn criterion(&self) -> AwardCriterion {
        if self.criteria.is_empty() { AwardCriterion::Price } else { AwardCriterion::Points }
    }

    /// Everything that is wrong with it.
    #[must_use]
    pub fn refusals(&self) -> Vec<Refusal> {
        let mut found = Vec::new();
        if MOST_CRITERIA < self.criteria.len() {
            let is = self.criteria.len();
            found.push(Refusal::new(
                "criteria",
                format!("{is} Kriterien sind zu viele, erlaubt sind {MOST_CRITERIA}. Bitte fassen Sie sie zusammen."),
            ));
        }
        for (at, criterion) in self.criteria.iter().enumerate() {
            let length = criterion.name.chars().count();
            let is_readable = !criterion.name.trim().is_empty() && !criterion.name.chars().any(char::is_control);
            if !is_readable || LONGEST_NAME < length {
                found.push(Refusal::new(
                    format!("criteria[{at}].name"),
                    format!("Bitte nennen Sie das Kriterium mit 1 bis {LONGEST_NAME} Zeichen, zum Beispiel „Lieferzeit“. Ihres hat {length}."),
                ));
            }
            if criterion.weight.is_zero() || criterion.weight.is_negative() {
                found.push(Refusal::new(
                    format!("criteria[{at}].weight"),
                    format!("Das Gewicht ist {}. Erlaubt ist mehr als 0 %. Bitte geben Sie ein Gewicht ein oder lassen Sie das Kriterium weg.", German.percent(criterion.weight.decimal())),
                ));
            }
        }
        if self.price_weight.is_zero() || self.price_weight.is_negative() {
            found.push(Refusal::new(
                "price_weight",
                "Der Preis zählt mit 0 % nicht mit. Preis oder Kosten gehören zum Zuschlag (§ 127 Abs. 1 GWB). Bitte geben Sie ihm ein Gewicht über 0 %.",
            ));
        }
        let sum = self.sum_of_weights();
        if sum != Percent::HUNDRED.decimal() {
            found.push(Refusal::new(
                "criteria",
                format!(
                    "Die Gewichte ergeben zusammen {}. Erlaubt sind genau 100 %. Bitte gleichen Sie sie aus.",
                    German.percent(sum)
                ),
            ));
        }
        found
    }

    fn sum_of_weights(&self) -> rust_decimal::Decimal {
        self.criteria.iter().map(|criterion| criterion.weight.decimal()).sum::<rust_decimal::Decimal>()
            + self.price_weight.decimal()
    }
}

impl fmt::Display for Scheme {
    /// As the invitation says it: „Preis 60 %, Lieferzeit 40 %; bei Gleichstand das Los“.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Preis {}", German.percent(self.price_weight.decimal()))?;
        for criterion in &self.criteria {
            write!(f, ", {} {}", criterion.name, German.percent(criterion.weight.decimal()))?;
        }
        write!(f, "; bei Gleichstand {}", self.tie_rule.german())
    }
}
