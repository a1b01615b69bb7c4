//! Price version released (Preisstand freigegeben).
//!
//! A second person releases each price list and each index value before anything is ordered at it. A
//! price that only waits for its release blocks, and so does an index value newer than the released
//! one. An article without any price is item-in-scope's finding.
//!
//! At activation: prices come into force only when at most one of them holds on any day for an article
//! and supplier, and when their tiers ascend without a gap.

use crate::activation::{Activation, PriceVersion};
use crate::checks::{ActivationRule, Check, texts};
use crate::facts::{Facts, IndexValue, Item, Price, Tier};
use crate::finding::{Addressee, Verdict};
use crate::period::Validity;
use crate::pricing::{price_term, won};
use crate::review::Case;

/// The rule.
pub const CHECK: Check = Check {
    id: "price-version-approved",
    version: 1,
    addressee: Addressee::Office,
    texts: texts!("price_version_approved"),
    run,
};

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let Facts { contract, request, .. } = case.facts;
    let lines = request.lines.iter().filter_map(|line| contract.item(&line.article_number));
    let items: Vec<&Item> = lines.filter(|item| contract.is_party(request.supplier, item.lot, case.day)).collect();
    let waiting: Vec<&Item> = items.iter().copied().filter(|item| waits(case, item)).collect();
    let indexed: Vec<(&Item, &IndexValue)> =
        items.iter().filter_map(|item| Some((*item, waiting_index(case, item)?))).collect();
    if items.iter().all(|item| price_term(case.facts, item, case.day).is_none()) && waiting.is_empty() {
        return Vec::new();
    }
    let verdict = match (waiting.is_empty(), indexed.is_empty()) {
        (true, true) => Verdict::passed(),
        (false, true) => Verdict::block(),
        (true, false) => Verdict::block().wording("index"),
        (false, false) => Verdict::block().wording("both"),
    };
    let names = |items: Vec<&Item>| items.iter().map(|item| item.article_number.clone()).collect::<Vec<_>>();
    let verdict = match indexed.first() {
        Some((_, value)) => verdict
            .figure("index", value.value)
            .figure("published_on", value.published_on)
            .figure("indexed", names(indexed.iter().map(|(item, _)| *item).collect())),
        None => verdict,
    };
    vec![
        verdict.figure("articles", names(waiting)).figure("contract", contract.number.as_str()).figure("day", case.day),
    ]
}

/// The supplier's only price of this day is not released.
fn waits(case: &Case<'_>, item: &Item) -> bool {
    let mut prices = item.prices.iter();
    price_term(case.facts, item, case.day).is_none()
        && prices.any(|term| term.supplier == case.facts.request.supplier && term.validity.contains(case.day))
}

/// The newest published value of the item's index, if nobody has released it. A price won in a
/// mini-competition does not follow the index.
fn waiting_index<'a>(case: &Case<'a>, item: &Item) -> Option<&'a IndexValue> {
    let Price::Index { series, .. } = &price_term(case.facts, item, case.day)?.price else { return None };
    let values = case.facts.contract.index_values.iter();
    let newest =
        values.filter(|value| value.series == *series && value.published_on <= case.day).max_by_key(|value| {
            // Of two values of one day the released one counts.
            (value.published_on, value.released)
        })?;
    (!newest.released && won(case.facts, &item.article_number).is_none()).then_some(newest)
}

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
