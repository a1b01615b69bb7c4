//! Offers to points and ranks: the price by the announced formula, quality by marks with reasons.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Line, PriceFormula, Refusal, Scheme, TieRule, is_late};
use crate::ids::OrganisationId;
use crate::money::{Net, Points, UnitPrice};
use crate::notation::Language::German;
use crate::period::Period;

/// Shortest reason of a mark, in characters.
const SHORTEST_REASON: usize = 3;

/// The most a unit may cost by the framework contract, by supplier and article (§ 132 (1) GWB).
pub type HighestPrices = BTreeMap<OrganisationId, BTreeMap<String, UnitPrice>>;

/// An offer, as opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Whose.
    pub supplier: OrganisationId,
    /// When it arrived.
    pub received_at: DateTime<Utc>,
    /// Net price per unit by article.
    pub unit_prices: BTreeMap<String, UnitPrice>,
}

/// What somebody thinks of an offer under one criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// Whose offer.
    pub supplier_id: OrganisationId,
    /// Position of the criterion in the scheme, from 0.
    pub criterion: usize,
    /// 0 to 10.
    pub points: Points,
    /// Why.
    pub reason: String,
}

/// Why an offer is not compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Exclusion {
    /// It came after the deadline.
    Late,
    /// It names no price for an article.
    Incomplete {
        /// Which.
        article: String,
    },
    /// A price is above the framework's, or the framework has none for this supplier.
    AboveFramework {
        /// Which article.
        article: String,
        /// What the offer says.
        offered: UnitPrice,
        /// What the framework allows; `None`: no price with this supplier.
        highest: Option<UnitPrice>,
    },
}

impl fmt::Display for Exclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let price = |price: &UnitPrice| German.unit_price(price.decimal(), "EUR");
        match self {
            Self::Late => f.write_str("nach Ende der Frist eingegangen"),
            Self::Incomplete { article } => write!(f, "kein Preis für {article}"),
            Self::AboveFramework { article, offered, highest: Some(highest) } => write!(
                f,
                "{article} für {} angeboten, der Rahmenvertrag erlaubt höchstens {}",
                price(offered),
                price(highest)
            ),
            Self::AboveFramework { article, offered, highest: None } => write!(
                f,
                "{article} für {} angeboten, der Rahmenvertrag hat mit diesem Lieferanten keinen Preis",
                price(offered)
            ),
        }
    }
}

/// Points of an offer under one criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What was looked at: „Preis“ or the name of the criterion.
    pub criterion: String,
    /// The mark, 0 to 10; `None` for the price.
    pub mark: Option<Points>,
    /// Points by weight.
    pub points: Points,
    /// The arithmetic for the price, the reason for a mark.
    pub reason: String,
}

/// Where an offer stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Whose.
    pub supplier: OrganisationId,
    /// What the lines cost by it; `None` where it is not complete.
    pub total: Option<Net>,
    /// Points by criterion, price first.
    pub parts: Vec<Part>,
    /// Sum of the points.
    pub score: Points,
    /// From 1; equal offers share a rank. `None`: not compared.
    pub rank: Option<u32>,
    /// Why it is not compared.
    pub excluded: Option<Exclusion>,
}

/// Compares the offers; best first, those not compared last.
///
/// # Errors
/// With every mark that is missing, out of range or without its reason.
pub fn judge(
    scheme: &Scheme,
    lines: &[Line],
    performance: Option<Period>,
    deadline_at: DateTime<Utc>,
    offers: &[Offer],
    highest: &HighestPrices,
    marks: &[Mark],
) -> Result<Vec<Standing>, Vec<Refusal>> {
    let mut standings: Vec<Standing> = offers
        .iter()
        .map(|offer| {
            let total = total(lines, performance, offer);
            let excluded = excluded(lines, deadline_at, offer, total, highest.get(&offer.supplier));
            Standing { supplier: offer.supplier, total, parts: Vec::new(), score: Points::ZERO, rank: None, excluded }
        })
        .collect();
    let lowest = standings.iter().filter(|it| it.excluded.is_none()).filter_map(|it| it.total).min();
    let mut refusals = stray_marks(scheme, &standings, marks);
    for standing in standings.iter_mut().filter(|standing| standing.excluded.is_none()) {
        let (Some(total), Some(lowest)) = (standing.total, lowest) else { continue };
        standing.parts.push(price_part(scheme, lowest, total));
        for at in 0..scheme.criteria.len() {
            match quality_part(scheme, at, standing.supplier, marks) {
                Ok(part) => standing.parts.push(part),
                Err(refusal) => refusals.push(refusal),
            }
        }
        standing.score = standing.parts.iter().map(|part| part.points).sum();
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    rank(scheme, &mut standings);
    Ok(standings)
}

fn total(lines: &[Line], performance: Option<Period>, offer: &Offer) -> Option<Net> {
    lines.iter().map(|line| line.net(*offer.unit_prices.get(&line.article_number)?, performance)).sum()
}

fn excluded(
    lines: &[Line],
    deadline_at: DateTime<Utc>,
    offer: &Offer,
    total: Option<Net>,
    highest: Option<&BTreeMap<String, UnitPrice>>,
) -> Option<Exclusion> {
    if is_late(offer.received_at, deadline_at) {
        return Some(Exclusion::Late);
    }
    for line in lines {
        let article = line.article_number.clone();
        let Some(offered) = offer.unit_prices.get(&article).copied() else {
            return Some(Exclusion::Incomplete { article });
        };
        let highest = highest.and_then(|prices| prices.get(&article)).copied();
        if highest.is_none_or(|highest| highest < offered) {
            return Some(Exclusion::AboveFramework { article, offered, highest });
        }
    }
    let first = lines.first().map(|line| line.article_number.clone()).unwrap_or_default();
    total.is_none().then_some(Exclusion::Incomplete { article: first })
}

fn price_part(scheme: &Scheme, lowest: Net, total: Net) -> Part {
    let points = match scheme.price_formula {
        PriceFormula::Ratio => Points::by_ratio(lowest, total, scheme.price_weight),
        PriceFormula::Distance => Points::by_distance(lowest, total, scheme.price_weight),
    };
    let number = |net: Net| German.number(net.decimal());
    let weight = German.number(scheme.price_weight.decimal());
    let reason = match scheme.price_formula {
        PriceFormula::Ratio => format!("{weight} × {} ÷ {}", number(lowest), number(total)),
        PriceFormula::Distance => {
            format!("{weight} × (2 × {} − {}) ÷ {}", number(lowest), number(total), number(lowest))
        }
    };
    Part { criterion: "Preis".to_owned(), mark: None, points, reason }
}

fn quality_part(scheme: &Scheme, at: usize, supplier: OrganisationId, marks: &[Mark]) -> Result<Part, Refusal> {
    let name = scheme.criteria.get(at).map(|criterion| criterion.name.clone()).unwrap_or_default();
    let field = |what: &str| format!("marks[{supplier}][{at}].{what}");
    let Some(mark) = marks.iter().find(|mark| mark.supplier_id == supplier && mark.criterion == at) else {
        return Err(Refusal::new(
            field("points"),
            format!(
                "Für „{name}“ fehlen Punkte. Erlaubt sind 0 bis 10. Bitte bewerten Sie jedes Angebot unter jedem Kriterium."
            ),
        ));
    };
    if mark.points.is_negative() || Points::BEST_MARK < mark.points {
        return Err(Refusal::new(
            field("points"),
            format!(
                "{} Punkte für „{name}“ sind nicht möglich. Erlaubt sind 0 bis 10. Bitte prüfen Sie die Eingabe.",
                German.number(mark.points.decimal())
            ),
        ));
    }
    let reason = mark.reason.trim();
    if reason.chars().count() < SHORTEST_REASON {
        return Err(Refusal::new(
            field("reason"),
            format!("Für „{name}“ fehlt der Grund der Punkte. Bitte begründen Sie die Bewertung in einem Satz."),
        ));
    }
    let weight = scheme.criteria.get(at).map_or(scheme.price_weight, |criterion| criterion.weight);
    Ok(Part {
        criterion: name,
        mark: Some(mark.points),
        points: Points::of_mark(mark.points, weight),
        reason: reason.to_owned(),
    })
}

/// Marks for what is not compared: another criterion than announced, an offer that is not there or excluded.
fn stray_marks(scheme: &Scheme, standings: &[Standing], marks: &[Mark]) -> Vec<Refusal> {
    let compared = |supplier| standings.iter().any(|it| it.supplier == supplier && it.excluded.is_none());
    marks
        .iter()
        .filter(|mark| scheme.criteria.len() <= mark.criterion || !compared(mark.supplier_id))
        .map(|mark| {
            Refusal::new(
                format!("marks[{}][{}].points", mark.supplier_id, mark.criterion),
                format!(
                    "Diese Punkte gehören zu keinem gewerteten Angebot oder bekannt gemachten Kriterium. Bekannt gemacht ist: {scheme}. Bitte lassen Sie sie weg."
                ),
            )
        })
        .collect()
}

/// What decides between two offers, the better first; without the name of the supplier, so that equals stay equal.
fn order(scheme: &Scheme, standing: &Standing) -> (bool, Reverse<Points>, Option<Net>, Reverse<Points>) {
    let excluded = standing.excluded.is_some();
    if excluded {
        return (true, Reverse(Points::ZERO), None, Reverse(Points::ZERO));
    }
    // By price alone cents decide, which rounded points could hide.
    if scheme.criteria.is_empty() {
        return (excluded, Reverse(Points::ZERO), standing.total, Reverse(Points::ZERO));
    }
    let quality: Points = standing.parts.iter().filter(|part| part.mark.is_some()).map(|part| part.points).sum();
    match scheme.tie_rule {
        TieRule::LowerPrice => (excluded, Reverse(standing.score), standing.total, Reverse(Points::ZERO)),
        TieRule::BetterQuality => (excluded, Reverse(standing.score), None, Reverse(quality)),
        TieRule::Draw => (excluded, Reverse(standing.score), None, Reverse(Points::ZERO)),
    }
}

fn rank(scheme: &Scheme, standings: &mut [Standing]) {
    standings
        .sort_by(|one, other| order(scheme, one).cmp(&order(scheme, other)).then(one.supplier.cmp(&other.supplier)));
    let orders: Vec<_> = standings.iter().map(|standing| order(scheme, standing)).collect();
    for (standing, own) in standings.iter_mut().zip(&orders) {
        if standing.excluded.is_none() {
            let better = orders.iter().filter(|other| *other < own).count();
            standing.rank = u32::try_from(better + 1).ok();
        }
    }
}
