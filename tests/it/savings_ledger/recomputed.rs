//! Every row of the reports equals a slow computation from orders, deliveries and invoices that shares no code with the
//! program, and every total equals the list behind it.

mod life;
mod slow;

use abruf::actions::record_bonus::{self, CreditNote};
use abruf::actor::Actor;
use abruf::reports::savings::{self, Filter, Grouping, Sums};
use abruf::reports::savings_stages::{self, By, StageGroup};
use abruf::verify::verify;
use abruf_domain::ids::{CallOffId, OrganisationId};
use rand::rngs::ChaCha8Rng;
use rust_decimal::Decimal;

use self::slow::sums;
use crate::world::World;
use crate::world::contract::Contract;

/// What a process effect comes to here: 3,667.00 less 410.00, above 400.00.
const PROCESS_EFFECT: i64 = 3257;
const DIRECT_AWARD_LIMIT: i64 = 400;

/// Whose order it is and when.
#[derive(Debug, Clone, Copy)]
struct Order {
    id: CallOffId,
    contract: usize,
    town: usize,
    year: i32,
    checked: bool,
}

/// Contracts of every class, towns, and orders with everything that happens to them.
struct Filled {
    world: World,
    towns: Vec<(OrganisationId, Actor, Actor)>,
    auditor: Actor,
    board: Actor,
    office: Actor,
    contracts: Vec<Contract>,
    orders: Vec<Order>,
    /// Who holds the process effect of a town and a year at the first contract.
    holders: Vec<((usize, i32), CallOffId)>,
    chance: ChaCha8Rng,
}

fn told(it: &Sums) -> [Decimal; 10] {
    [
        it.volume,
        it.evidenced_volume,
        it.a_effect,
        it.surcharge,
        it.fee,
        it.bonus,
        it.a_net,
        it.b_effect,
        it.c_effect,
        it.p_effect,
    ]
    .map(|net| net.decimal())
}

fn added(sums: impl Iterator<Item = [Decimal; 10]>) -> [Decimal; 10] {
    sums.fold([Decimal::ZERO; 10], |mut all, one| {
        all.iter_mut().zip(one).for_each(|(all, one)| *all += one);
        all
    })
}

#[tokio::test]
async fn every_row_of_the_reports_is_what_a_slow_computation_from_the_orders_says() {
    let mut filled = Filled::new(2026).await;
    for _ in 0..45 {
        filled.live().await;
    }
    filled.world.at("2026-11-22T09:00:00Z");
    let note = CreditNote {
        year: 2026,
        net: "33.33".parse().unwrap(),
        received_on: "2026-11-20".parse().unwrap(),
        document: "GS-1".to_owned(),
    };
    record_bonus::record(&filled.world.app, &filled.office, filled.contracts[0].id, &note, None).await.unwrap();
    let ledger = filled.slowly().await;
    for book in ["planned", "realised", "audited"] {
        let [volume, .., p] = sums(&ledger, &Filter::default(), book, None, By::Total);
        assert!(!volume.is_zero() && (book != "planned" || !p.is_zero()), "{book}: the world is too small");
    }
    let mut tx = filled.world.app.db.begin(&filled.board).await.unwrap();
    let mut compared = 0;
    for filter in filters(&filled) {
        let total = savings_stages::total(&mut tx, &filter).await.unwrap();
        for by in [By::Contract, By::Member, By::CallOff] {
            let groups = savings_stages::grouped(&mut tx, &filter, by).await.unwrap();
            let books: [(&str, fn(&StageGroup) -> &Sums); 3] =
                [("planned", |it| &it.planned), ("realised", |it| &it.realised), ("audited", |it| &it.audited)];
            for (book, of) in books {
                let slow = sums(&ledger, &filter, book, None, By::Total);
                assert_eq!(told(of(&total)), slow, "{filter:?}, {book}");
                assert_eq!(added(groups.iter().map(|it| told(of(it)))), slow, "{filter:?}, {book}, list by {by:?}");
                for group in &groups {
                    let slow = sums(&ledger, &filter, book, Some(group.id), by);
                    assert_eq!(told(of(group)), slow, "{filter:?}, {book}, {} {}", group.number, group.name);
                    compared += 1;
                }
            }
        }
        for (grouping, by) in
            [(Grouping::Contract, By::Contract), (Grouping::Member, By::Member), (Grouping::CallOff, By::CallOff)]
        {
            let groups = savings::grouped(&mut tx, &filter, grouping, 10_000, 0).await.unwrap();
            let total = told(&savings::total(&mut tx, &filter).await.unwrap());
            assert_eq!(added(groups.iter().map(|it| told(&it.sums))), total, "{filter:?}, list by {by:?}");
            for group in &groups {
                let slow = sums(&ledger, &filter, "planned", Some(group.id), by);
                assert_eq!(told(&group.sums), slow, "{filter:?}, {} {}", group.number, group.name);
                compared += 1;
            }
        }
    }
    assert!(2000 <= compared, "only {compared} rows were compared");
    drop(tx);
    filled.world.keeps_its_promises().await;
    let found = verify(&filled.world.app, |_, _, _| {}).await.unwrap();
    assert!(found.failures.is_empty(), "{:?}", found.failures);
}

/// Years, contracts, members and classes in every combination.
fn filters(filled: &Filled) -> Vec<Filter> {
    let contracts = [None, Some(filled.contracts[0].id), Some(filled.contracts[1].id)];
    let members = [None, Some(filled.towns[0].0), Some(filled.towns[1].0)];
    let mut filters = Vec::new();
    for year in [None, Some(2025), Some(2026)] {
        for contract in contracts {
            for member in members {
                for class in [None, Some("A"), Some("B"), Some("C"), Some("P"), Some("none")] {
                    filters.push(Filter { year, contract, member, class: class.map(ToOwned::to_owned) });
                }
            }
        }
    }
    filters
}
