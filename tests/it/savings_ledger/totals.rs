//! The sums that are kept with the savings ledger: put together without changing, compared, named where wrong, put right.
//! That they are right after whatever happens is a promise of every world (`world/invariants.rs`).

use abruf::actor::RunsAs;
use abruf::storage::savings_totals::{Difference, begin_rebuild, contracts, correct, differences, settle};
use rust_decimal::Decimal;

use super::House;
use crate::papers::{abruf, said};
use crate::web::Web;
use crate::world::contract::Contract;

async fn rows(house: &House) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM savings_total").fetch_one(house.world.owner()).await.unwrap()
}

async fn effect(house: &House) -> Decimal {
    sqlx::query_scalar("SELECT sum(effect_net) FROM savings_total").fetch_one(house.world.owner()).await.unwrap()
}

async fn compared(house: &House) -> Vec<Difference> {
    let mut tx = house.world.app.db.begin(RunsAs::Job).await.unwrap();
    let mut found = Vec::new();
    for (contract, _) in contracts(&mut tx).await.unwrap() {
        found.extend(differences(&mut tx, contract).await.unwrap());
    }
    found
}

/// Two orders of the same article.
async fn lived_in() -> House {
    with_its_contract().await.0
}

async fn with_its_contract() -> (House, Contract) {
    let house = House::new().await;
    let contract = house.contract().await;
    for quantity in ["2", "3"] {
        house.order(&contract, &[("NBK", quantity)]).await;
    }
    (house, contract)
}

#[tokio::test]
async fn putting_the_rows_of_a_cell_together_changes_no_sum() {
    let house = lived_in().await;
    let (before, sum) = (rows(&house).await, effect(&house).await);
    let mut tx = house.world.app.db.begin(RunsAs::Job).await.unwrap();
    assert!(0 < settle(&mut tx).await.unwrap());
    tx.commit().await.unwrap();
    assert!(rows(&house).await < before, "{before} rows stayed as many");
    assert_eq!(effect(&house).await, sum);
    assert_eq!(compared(&house).await, []);
}

#[tokio::test]
async fn a_wrong_sum_is_named_and_put_right_from_the_ledger() {
    let house = lived_in().await;
    let sum = effect(&house).await;
    sqlx::query(
        "UPDATE savings_total SET effect_net = effect_net - 7.25 WHERE id = (SELECT min(id) FROM savings_total WHERE class = 'A')",
    )
    .execute(house.world.owner())
    .await
    .unwrap();
    let [found] = &compared(&house).await[..] else { panic!("one cell is wrong") };
    assert_eq!(found.missing, [("Wirkung", "7.25".parse().unwrap())]);
    assert_eq!(found.member, "Stadt Altenrode");
    let mut owner = house.world.owner().acquire().await.unwrap();
    assert!(begin_rebuild(&mut owner).await.unwrap());
    for (contract, _) in contracts(&mut owner).await.unwrap() {
        assert_eq!(correct(&mut owner, contract).await.unwrap(), 1);
    }
    assert_eq!(compared(&house).await, []);
    assert_eq!(effect(&house).await, sum);
}

#[tokio::test]
async fn a_lost_cell_is_named_with_its_orders() {
    let house = lived_in().await;
    sqlx::query("DELETE FROM savings_total WHERE class = 'A'").execute(house.world.owner()).await.unwrap();
    let found = compared(&house).await;
    assert!(!found.is_empty());
    assert!(
        found.iter().any(|it| it.missing.iter().any(|(name, count)| *name == "Abrufe" && *count == Decimal::TWO)),
        "{found:?}"
    );
}

#[tokio::test]
async fn nobody_but_the_ledger_writes_the_sums() {
    let house = lived_in().await;
    let mut tx = house.world.app.db.begin(RunsAs::Job).await.unwrap();
    let refused = sqlx::query("UPDATE savings_total SET effect_net = 0").execute(&mut *tx).await.unwrap_err();
    assert!(refused.to_string().contains("permission denied"), "{refused}");
}

#[tokio::test]
async fn sums_by_year_follow_what_is_settled_and_are_named_and_put_right_where_wrong() {
    let (house, contract) = with_its_contract().await;
    let settled = async || {
        let mut tx = house.world.app.db.begin(RunsAs::Job).await.unwrap();
        settle(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
    };
    settled().await;
    house.order(&contract, &[("NBK", "4")]).await;
    assert_eq!(compared(&house).await, [], "what waits is no difference");
    settled().await;
    assert_eq!(compared(&house).await, []);
    sqlx::query("UPDATE savings_year_total SET order_net = order_net + 1.50, classes = 31")
        .execute(house.world.owner())
        .await
        .unwrap();
    let wrong = compared(&house).await;
    assert!(!wrong.is_empty());
    assert!(wrong.iter().all(|it| it.class == "alle" && it.days_missing), "{wrong:?}");
    assert!(wrong.iter().all(|it| it.missing == [("Auftragswert", "-1.50".parse().unwrap())]), "{wrong:?}");
    let mut owner = house.world.owner().acquire().await.unwrap();
    for (contract, _) in contracts(&mut owner).await.unwrap() {
        correct(&mut owner, contract).await.unwrap();
    }
    assert_eq!(compared(&house).await, []);
}

#[tokio::test]
async fn the_terminal_compares_every_sum_says_how_far_it_is_and_puts_right_what_is_wrong() {
    let web = Web::over(lived_in().await.world).await;
    let rollup = |what: &str| {
        let done = abruf(Some(&web), &["rollup", what]);
        (done.status.code(), said(&done))
    };
    let (code, words) = rollup("verify");
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("1 Rahmenverträge verglichen, jede Summe stimmt mit dem Buch."), "{words}");
    assert!(words.contains("Rahmenverträge: 100 % (1 von 1)"), "how far it is: {words}");
    sqlx::query(
        "UPDATE savings_total SET effect_net = effect_net - 7.25 WHERE id = (SELECT min(id) FROM savings_total WHERE class = 'A')",
    )
    .execute(&web.database.owner)
    .await
    .unwrap();
    let (code, words) = rollup("verify");
    assert_eq!(code, Some(10), "{words}");
    assert!(words.contains("Stadt Altenrode") && words.contains("Wirkung 7.25"), "{words}");
    assert!(words.contains("Richtigstellen: abruf rollup rebuild"), "{words}");
    let (code, words) = rollup("rebuild");
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("1 Summen richtiggestellt.") && words.contains("100 % (1 von 1)"), "{words}");
    assert_eq!(rollup("verify").0, Some(0));
}
