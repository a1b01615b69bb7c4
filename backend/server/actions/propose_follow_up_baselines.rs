//! A follow-up contract is measured against what its predecessor cost at last, not for ever against a price of ten years ago. With
//! the copy the old framework prices are recorded as baselines of the new items; a second person has to approve each.

use std::collections::BTreeMap;

use abruf_domain::facts::{BaselineKind, Per, Price};
use abruf_domain::ids::{BaselineId, ContractId, ItemId};
use abruf_domain::money::UnitPrice;
use abruf_domain::notation::Language::German;
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::actor::Actor;
use crate::app::App;
use crate::storage::baseline_items::{self, FormerPrice};
use crate::storage::baselines::{self, Pending};
use crate::storage::contracts::Contract;
use crate::storage::{StorageError, Tx, contracts};

/// What a copy takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Proposed {
    /// Baselines that wait for their second person.
    pub baselines: usize,
    /// Items whose old price is no single one (tiers, index, by offer): their baseline has to be recorded by hand.
    pub by_hand: usize,
}

/// Records the prices of the old contract on its last day, or today if it still runs. `items` are pairs of old and new ids.
pub(super) async fn propose(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    old: &Contract,
    to: ContractId,
    items: (&[Uuid], &[Uuid]),
    now: DateTime<Utc>,
) -> Result<Proposed, StorageError> {
    let today = app.clock.today();
    let day = old.effective_end.min(today);
    let decimals = contracts::unit_price_decimals(tx, old.id).await?;
    let mut prices: BTreeMap<ItemId, Vec<FormerPrice>> = BTreeMap::new();
    for price in baseline_items::former_prices(tx, old.id, day).await? {
        prices.entry(price.item).or_default().push(price);
    }
    let mut proposed = Proposed { baselines: 0, by_hand: 0 };
    for (from, new) in items.0.iter().zip(items.1) {
        let Some(former) = prices.get(&ItemId(*from)) else { continue };
        let Some((unit_price, per, price)) = lowest(former, decimals) else {
            proposed.by_hand += 1;
            continue;
        };
        let evidence = evidence(old, price, day);
        let pending = Pending {
            id: BaselineId(app.chance.id(now)),
            item: ItemId(*new),
            member: None,
            kind: BaselineKind::PriorContract,
            unit_price,
            per,
            dated_on: day,
            valid_from: None,
            valid_to: None,
            evidence: &evidence,
            sha256: None,
            recorded_by: actor.person,
            recorded_at: now,
            replaces: None,
        };
        baselines::insert(tx, to, &pending).await?;
        proposed.baselines += 1;
    }
    Ok(proposed)
}

/// The lowest of the old prices, so that no saving is made up where several suppliers delivered; `None` where one of them is no
/// single price, or costs nothing.
fn lowest(former: &[FormerPrice], decimals: u32) -> Option<(UnitPrice, Per, &FormerPrice)> {
    let mut found: Option<(UnitPrice, Per, &FormerPrice)> = None;
    for it in former {
        let (price, per) = single(&it.price, decimals)?;
        match found {
            Some((_, other, _)) if other != per => return None,
            Some((lowest, _, _)) if lowest <= price => {}
            _ => found = Some((price, per, it)),
        }
    }
    found.filter(|(price, ..)| !price.is_zero())
}

fn single(price: &Price, decimals: u32) -> Option<(UnitPrice, Per)> {
    match price {
        Price::Fixed { unit_price } => Some((*unit_price, Per::Unit)),
        Price::Subscription { unit_price_month } => Some((*unit_price_month, Per::Month)),
        Price::ListMinus { list_price, discount_pct } => {
            Some((list_price.after_discount(*discount_pct, decimals), Per::Unit))
        }
        Price::TierAllUnits { .. } | Price::TierGraduated { .. } | Price::Index { .. } | Price::Quoted { .. } => None,
    }
}

/// „Rahmenvertrag RV-2022-03, Preisstand 2 ab 01.01.2024, in Kraft am 31.12.2026“
fn evidence(old: &Contract, price: &FormerPrice, day: NaiveDate) -> String {
    format!(
        "Rahmenvertrag {}, Preisstand {} ab {}, in Kraft am {}",
        old.number,
        price.version,
        German.date(price.valid_from),
        German.date(day)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn former(price: Price) -> FormerPrice {
        let valid_from = "2026-01-01".parse().expect("a day");
        FormerPrice { item: ItemId(Uuid::nil()), price, valid_from, version: 1 }
    }

    fn fixed(price: &str) -> FormerPrice {
        former(Price::Fixed { unit_price: price.parse().expect("a price") })
    }

    #[test]
    fn the_lowest_of_the_old_prices_is_taken_and_none_is_made_up() {
        let taken = |list: &[FormerPrice]| lowest(list, 2).map(|(price, per, _)| (price.to_string(), per));
        assert_eq!(taken(&[fixed("12.50"), fixed("12.40")]), Some(("12.40".to_owned(), Per::Unit)));
        assert_eq!(taken(&[fixed("0")]), None, "nothing is compared with nothing");
        let month = former(Price::Subscription { unit_price_month: "3.10".parse().expect("a price") });
        assert_eq!(taken(std::slice::from_ref(&month)), Some(("3.10".to_owned(), Per::Month)));
        assert_eq!(taken(&[fixed("12.50"), month]), None, "a price per month is no price per unit");
        let list = Price::ListMinus {
            list_price: "4.00".parse().expect("a price"),
            discount_pct: "12.5".parse().expect("a percentage"),
        };
        assert_eq!(taken(&[former(list)]), Some(("3.50".to_owned(), Per::Unit)));
        let quoted = former(Price::Quoted { cap: "9.00".parse().expect("a price") });
        assert_eq!(taken(&[fixed("1.00"), quoted]), None);
    }
}
