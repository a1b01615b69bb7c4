//! Price version released (Preisstand freigegeben).
//!
//! Prices come into force only when a second person has released them, when at most one of them
//! holds on any day for an article and supplier, and when their tiers ascend without a gap.

use crate::activation::{Activation, PriceVersion};
use crate::checks::{ActivationRule, Check, texts};
use crate::facts::{Price, Tier};
use crate::finding::{Addressee, Verdict};
use crate::period::Validity;

/// The rule, at the activation of a contract or a version of its prices.
pub const AT_ACTIVATION: Check<ActivationRule> = Check {
    id: "price-version-approved",
    version: 1,
    addressee: Addressee::Office,
    texts: texts!("price_version_approved"),
    run: at_activation,
};

fn at_activation(activation: &Activation) -> Vec<Verdict> {
    let Some(versions) = activation.prices().filter(|versions| !versions.is_empty()) else { return Vec::new() };
    let mut verdicts: Vec<Verdict> = Vec::new();
    for (index, version) in versions.iter().enumerate() {
        let later = versions.iter().skip(index + 1);
        let twin = later.filter(|other| is_same(version, other)).find(|other| overlap(version, other));
        let wordings = [
            released(version),
            twin.is_some().then_some("overlap"),
            tiers(version).and_then(|tiers| broken(tiers, version)),
        ];
        for wording in wordings.into_iter().flatten() {
            let verdict = Verdict::block().wording(wording).param("sku", version.article_number.as_str());
            let second = twin.map(|twin| twin.validity.from).filter(|_| wording == "overlap");
            let verdict = match second {
                Some(second) => verdict.figure("second", second),
                None => verdict,
            };
            let verdict = verdict.figure("from", version.validity.from);
            verdicts.push(match (wording, tiers(version).and_then(|tiers| tiers.first())) {
                ("tier_gap", Some(first)) => {
                    verdict.figure("first", first.from).figure("minimum", version.min_quantity)
                }
                _ => verdict,
            });
        }
    }
    if verdicts.is_empty() {
        let count = u32::try_from(versions.len()).unwrap_or(u32::MAX);
        verdicts.push(Verdict::passed().wording("versions").figure("count", count));
    }
    verdicts
}

fn is_same(one: &PriceVersion, other: &PriceVersion) -> bool {
    one.article_number == other.article_number && one.supplier == other.supplier
}

/// Whether the two share a day.
fn overlap(one: &PriceVersion, other: &PriceVersion) -> bool {
    let begins_in = |of: Validity, day| of.contains(day);
    begins_in(one.validity, other.validity.from) || begins_in(other.validity, one.validity.from)
}

fn released(version: &PriceVersion) -> Option<&'static str> {
    match version.released_by {
        None => Some("unreleased"),
        Some(person) if person == version.recorded_by => Some("same_person"),
        Some(_) => None,
    }
}

fn tiers(version: &PriceVersion) -> Option<&[Tier]> {
    match &version.price {
        Price::TierAllUnits { tiers, .. } | Price::TierGraduated { tiers, .. } => Some(tiers),
        _ => None,
    }
}

/// A tier says where it begins; so the only gap is below the first one.
fn broken(tiers: &[Tier], version: &PriceVersion) -> Option<&'static str> {
    let ascends = tiers.windows(2).all(|pair| pair[0].from < pair[1].from);
    match tiers.first() {
        None => Some("no_tiers"),
        Some(_) if !ascends => Some("tier_order"),
        Some(first) if version.min_quantity < first.from => Some("tier_gap"),
        Some(_) => None,
    }
}
