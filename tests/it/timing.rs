//! Foreign and absent things take the same time to be not there: whoever measures learns nothing. (Sign-in with known and
//! unknown addresses: `sign_in_attacks.rs`.)

use std::time::Duration;

use abruf::actor::{Actor, Role};
use axum::http::StatusCode;
use tokio::time::Instant;
use uuid::Uuid;

use crate::pages::browser::Browser;
use crate::stress::say;
use crate::world::World;
use crate::world::contract::{fixed, value};

/// Pairs of requests whose times are compared.
const PAIRS: usize = 60;
/// Requests before the first that counts: plans are made, pages are in memory.
const WARM_UP: usize = 10;
/// The medians may differ so much, on a machine that does other things too. What would give a secret away, such as a
/// second query or a rendered page, takes several times as long.
const NOISE_PERCENT: u128 = 160;

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Median times of the foreign and of the absent one, asked in turn.
async fn medians(browser: &Browser, foreign: &str, absent: &str) -> (Duration, Duration) {
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..WARM_UP + PAIRS {
        // Whoever is asked second finds things warm: each is second as often.
        let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        for which in order {
            let begin = Instant::now();
            let answer = browser.get([foreign, absent][which]).await;
            let took = begin.elapsed();
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", [foreign, absent][which]);
            if WARM_UP <= round {
                times[which].push(took);
            }
        }
    }
    let [foreign, absent] = times;
    (median(foreign), median(absent))
}

async fn compare(browser: &Browser, name: &str, foreign: &str, absent: &str) {
    let mut last = (Duration::ZERO, Duration::ZERO);
    // Once more if somebody else had the machine meanwhile.
    for _ in 0..2 {
        last = medians(browser, foreign, absent).await;
        let (less, more) = (last.0.min(last.1).as_micros(), last.0.max(last.1).as_micros());
        if more * 100 < less * NOISE_PERCENT {
            say(&format!("timing {name}: foreign {:?}, absent {:?}", last.0, last.1));
            return;
        }
    }
    panic!("{name}: foreign {:?}, absent {:?} (medians of {PAIRS})", last.0, last.1);
}

#[tokio::test]
async fn foreign_and_absent_take_the_same_time() {
    let world = World::new().await;
    let town = world.member("Stadt Altenrode").await;
    let other = world.member("Stadt Neufeld").await;
    let nora: Actor = world.buyer(other).await;
    let contract = world
        .contract("RV-2025-01")
        .ceiling(value("500000.00"))
        .item("A", fixed("100.00"))
        .entitles(town)
        .entitles(other)
        .await;
    let foreign = world.request(&nora, &contract, &[("A", "1")]).await;
    let (eva, karl) = (world.buyer(town).await, world.approver(town).await);
    let absent = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001);
    let buyer = Browser::signed_in(&world, &eva).await;
    for path in ["/abrufe/", "/api/v1/call-offs/"] {
        compare(&buyer, path, &format!("{path}{}", foreign.0), &format!("{path}{absent}")).await;
    }
    let approver = Browser::signed_in(&world, &karl).await;
    compare(&approver, "/freigaben/", &format!("/freigaben/{}", foreign.0), &format!("/freigaben/{absent}")).await;
    let keeper = Browser::signed_in(&world, &world.person(Role::Administrator, world.body).await).await;
    // Somebody with no assignment in the house.
    let stranger = world.id();
    sqlx::query(
        "INSERT INTO person (id, email, name, created_at) VALUES ($1, 'fremd@anderswo.example', 'Fremde Person', $2)",
    )
    .bind(stranger)
    .bind(world.app.clock.now())
    .execute(world.owner())
    .await
    .unwrap();
    let path = "/verwaltung/personen/";
    compare(&keeper, path, &format!("{path}{stranger}"), &format!("{path}{absent}")).await;
}
