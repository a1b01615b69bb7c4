//! The process effect: once per member, contract and year, for what stands, at the flat rate of the day.

use abruf::actions::cancel_call_off::cancel;
use abruf::actions::cancel_part::cancel_part;
use abruf::actions::issue_document::issue_for;
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::rest_of_order::{PartInput, PartsInput};
use abruf_domain::ids::CallOffId;
use serde_json::Value;

use super::House;
use crate::world::World;
use crate::world::contract::{Contract, fixed};

impl House {
    /// Above 500.00 a tender is avoided; the board has put its cost at 3,667.00.
    async fn with_flat_rate(&self) -> Contract {
        for (key, value) in [("process_cost_flat_net", "3667.00"), ("direct_award_limit_net", "500.00")] {
            self.world.law(key, value).await;
        }
        let contract = self.world.contract("RV-P").process_share("410.00").item("NBK", fixed("100.00"));
        contract.entitles(self.town).await
    }

    async fn released(&self, contract: &Contract, quantity: &str) -> CallOffId {
        let id = self.world.request(&self.eva, contract, &[("NBK", quantity)]).await;
        let done = release(&self.world.app, &self.karl, id, None).await.unwrap();
        assert!(matches!(done, Release::Released { .. }), "{done:?}");
        id
    }

    /// Process effect of an order, as it stands.
    async fn effect(&self, id: CallOffId) -> String {
        sqlx::query_scalar(
            "SELECT coalesce(sum(effect_net), 0)::numeric(14, 2)::text FROM savings_entry
             WHERE call_off_id = $1 AND class = 'P' AND stage IN ('planned', 'cancelled', 'corrected')",
        )
        .bind(id.0)
        .fetch_one(self.world.owner())
        .await
        .unwrap()
    }
}

#[tokio::test]
async fn the_next_order_counts_it_where_the_first_was_taken_back() {
    let house = House::new().await;
    let contract = house.with_flat_rate().await;
    let small = house.released(&contract, "5").await;
    let first = house.released(&contract, "6").await;
    let second = house.released(&contract, "7").await;
    assert_eq!(house.effect(small).await, "0.00", "500.00 is not above the limit");
    assert_eq!((house.effect(first).await, house.effect(second).await), ("3257.00".into(), "0.00".into()));
    cancel(&house.world.app, &house.karl, first, "Bedarf entfallen").await.unwrap();
    assert_eq!(house.effect(first).await, "0.00");
    let third = house.released(&contract, "8").await;
    assert_eq!(house.effect(third).await, "3257.00", "the year has one avoided tender again");
    let fourth = house.released(&contract, "9").await;
    assert_eq!(house.effect(fourth).await, "0.00");
    // Cut to the limit, the order avoids no tender any more.
    let parts = [PartInput { position: 1, quantity: "3".to_owned() }];
    cancel_part(&house.world.app, &house.karl, third, PartsInput::new(&parts, "Weniger"), None).await.unwrap();
    assert_eq!(house.effect(third).await, "0.00");
    let fifth = house.released(&contract, "10").await;
    assert_eq!(house.effect(fifth).await, "3257.00");
    let sequences: Vec<i32> = sqlx::query_scalar(
        "SELECT process_sequence FROM savings_entry WHERE class = 'P' AND stage = 'planned' ORDER BY at, id",
    )
    .fetch_all(house.world.owner())
    .await
    .unwrap();
    assert_eq!(sequences, [1, 2, 3]);
    house.is_sound().await;
}

#[tokio::test]
async fn the_memo_states_it_apart_from_the_saving_and_only_where_it_counts() {
    let house = House::new().await;
    let contract = house.with_flat_rate().await;
    for (quantity, expected) in [("6", Some("3257.00")), ("7", None)] {
        let id = house.released(&contract, quantity).await;
        issue_for(&house.world.app, id).await.unwrap();
        let input: String = sqlx::query_scalar("SELECT input FROM document WHERE call_off_id = $1 AND kind = 'memo'")
            .bind(id.0)
            .fetch_one(house.world.owner())
            .await
            .unwrap();
        let sums = serde_json::from_str::<Value>(&input).unwrap()["data"]["savings"]["sums"].clone();
        let of = |wanted: &str| {
            let mut rows = sums.as_array().unwrap().iter();
            rows.find(|row| row["label"].as_str().unwrap().starts_with(wanted)).and_then(|row| row["amount"].as_str())
        };
        assert_eq!(of("Prozesseffekt, nicht kassenwirksam"), expected, "{sums}");
        assert_eq!(of("Klasse A: Einsparung netto"), Some("0.00"), "{sums}");
    }
}

#[tokio::test]
async fn without_a_resolution_no_order_avoids_a_tender() {
    let house = House::new().await;
    house.world.law("direct_award_limit_net", "500.00").await;
    let contract = house.world.contract("RV-P").process_share("410.00").item("NBK", fixed("100.00"));
    let contract = contract.entitles(house.town).await;
    let id = house.released(&contract, "7").await;
    assert_eq!(house.effect(id).await, "0.00", "700.00 is above the limit, and the flat rate is 0 by default");
    house.is_sound().await;
}

#[tokio::test]
async fn the_flat_rate_counts_from_the_day_of_its_resolution() {
    let house = House::new().await;
    let contract = house.with_flat_rate().await;
    for (key, value, from, to) in [("0", "1995-01-01", Some("2026-11-30")), ("4000.00", "2026-12-01", None)]
        .map(|(value, from, to)| ("process_cost_flat_net", value, from, to))
    {
        if to.is_some() {
            let delete = sqlx::query("DELETE FROM legal_parameter WHERE key = $1").bind(key);
            delete.execute(house.world.owner()).await.unwrap();
        }
        sqlx::query(
            "INSERT INTO legal_parameter (jurisdiction, key, value, valid_from, valid_to, source, certainty)
             VALUES ('de', $1, $2, $3::date, $4::date, 'Vorstandsbeschluss', '?')",
        )
        .bind(key)
        .bind(value)
        .bind(from)
        .bind(to)
        .execute(house.world.owner())
        .await
        .unwrap();
    }
    let before = house.released(&contract, "6").await;
    assert_eq!(house.effect(before).await, "0.00", "no resolution yet");
    house.world.at("2026-12-02T09:00:00Z");
    let after = house.released(&contract, "7").await;
    assert_eq!(house.effect(after).await, "3590.00", "4,000.00 less the central share");
    house.is_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn releases_at_once_after_a_cancellation_all_succeed_and_one_counts() {
    let house = House::over(World::crowded().await).await;
    let contract = house.with_flat_rate().await;
    let first = house.released(&contract, "6").await;
    cancel(&house.world.app, &house.karl, first, "Bedarf entfallen").await.unwrap();
    let mut requests = Vec::new();
    for quantity in ["7", "8", "9", "10", "11", "12"] {
        requests.push(house.world.request(&house.eva, &contract, &[("NBK", quantity)]).await);
    }
    let releases: Vec<_> = requests
        .iter()
        .map(|id| {
            let (app, karl, id) = (house.world.app.clone(), house.karl.clone(), *id);
            tokio::spawn(async move { release(&app, &karl, id, None).await })
        })
        .collect();
    for done in releases {
        let done = done.await.unwrap();
        assert!(matches!(done, Ok(Release::Released { .. })), "{done:?}");
    }
    let standing = "SELECT count(*) FROM (SELECT 1 FROM savings_entry WHERE class = 'P' GROUP BY call_off_id
                    HAVING sum(effect_net) <> 0) AS standing";
    assert_eq!(house.number(standing).await, 1);
    house.is_sound().await;
}
