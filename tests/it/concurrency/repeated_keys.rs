//! The same request twice in the same instant: a double click, an impatient client, a lost answer.
//! One effect, and the same answer to the byte.

use abruf::actions::ActionError;
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::submit_call_off::{Submission, submit};
use abruf::actor::Actor;
use abruf::storage::idempotency::IdempotencyKey;
use abruf_domain::canonical::sha256;
use abruf_domain::ids::CallOffId;
use serde::Serialize;

use super::{Deed, repeated, together};
use crate::world::World;
use crate::world::contract::{Contract, fixed, value};

/// How often each request is sent at once.
const TIMES: usize = 4;

type Answer = Result<String, ActionError>;

fn key(name: &str, request: &str) -> IdempotencyKey {
    IdempotencyKey { key: name.to_owned(), request_sha256: sha256(request.as_bytes()) }
}

/// An answer as bytes: what a client would compare.
fn bytes(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).unwrap()
}

fn submits(world: &World, eva: &Actor, id: CallOffId, key: IdempotencyKey) -> Deed<Answer> {
    let (app, eva) = (world.app.clone(), eva.clone());
    Box::pin(async move { submit(&app, &eva, id, Some(&key)).await.map(|answer| bytes(&answer)) })
}

fn releases(world: &World, karl: &Actor, id: CallOffId, key: IdempotencyKey) -> Deed<Answer> {
    let (app, karl) = (world.app.clone(), karl.clone());
    Box::pin(async move { release(&app, &karl, id, Some(&key)).await.map(|answer| bytes(&answer)) })
}

/// Every answer is the same, and a late repeat gives it again.
async fn agree(deeds: Vec<Deed<Answer>>, again: Deed<Answer>, seed: u64) -> String {
    let answers: Vec<String> = together(seed, deeds).await.into_iter().map(|answer| answer.unwrap()).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(again.await.unwrap(), answers[0]);
    answers[0].clone()
}

async fn steps(world: &World, id: CallOffId, decision: &str) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM approval WHERE call_off_id = $1 AND decision = $2")
        .bind(id.0)
        .bind(decision)
        .fetch_one(world.owner())
        .await
        .unwrap()
}

async fn contract(world: &World, seed: u64, eva: &Actor) -> Contract {
    world
        .contract(&format!("RV-{seed}"))
        .ceiling(value("5000.00"))
        .item("NBK", fixed("900.00"))
        .entitles(eva.organisation)
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_key_at_once_has_one_effect_and_one_answer() {
    let world = World::crowded().await;
    let town = world.member("Stadt Altenrode").await;
    let [eva, karl] = [world.buyer(town).await, world.approver(town).await];
    repeated("the same key at once", async |seed| {
        let contract = contract(&world, seed, &eva).await;
        let id = world.draft(&eva, &contract, &[("NBK", "2")]).await;
        let too_much = world.copies(id, &eva, 1).await[0];
        world.change(&eva, too_much, &[("NBK", "6")]).await;

        for (id, outcome, decision) in [(id, "submitted", "submitted"), (too_much, "declined", "declined")] {
            let key = key(&format!("submit-{}", id.0), "POST submission");
            let deeds = (0..TIMES).map(|_| submits(&world, &eva, id, key.clone())).collect();
            let answer = agree(deeds, submits(&world, &eva, id, key.clone()), seed).await;
            assert!(answer.contains(&format!(r#"{{"outcome":"{outcome}""#)), "{answer}");
            assert_eq!(steps(&world, id, decision).await, 1, "one effect");
        }

        let key = key(&format!("release-{}", id.0), "POST release");
        let deeds = (0..TIMES).map(|_| releases(&world, &karl, id, key.clone())).collect();
        let answer = agree(deeds, releases(&world, &karl, id, key), seed).await;
        assert!(answer.contains(&format!(r#""number":"{}-0001""#, contract.number)), "{answer}");
        assert_eq!(steps(&world, id, "released").await, 1, "one order");

        let broken = world.broken_promises_of(contract.id).await;
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_used_for_two_requests_at_once_belongs_to_one_of_them() {
    let world = World::crowded().await;
    let town = world.member("Stadt Altenrode").await;
    let eva = world.buyer(town).await;
    repeated("one key for two requests", async |seed| {
        let contract = contract(&world, seed, &eva).await;
        let first = world.draft(&eva, &contract, &[("NBK", "1")]).await;
        let second = world.copies(first, &eva, 1).await[0];
        let deeds = [first, second]
            .map(|id| submits(&world, &eva, id, key(&format!("both-{seed}"), &format!("POST {id}"))))
            .into();
        match together(seed, deeds).await.as_slice() {
            [Ok(_), Err(ActionError::KeyReused)] | [Err(ActionError::KeyReused), Ok(_)] => {}
            other => panic!("one effect and one refusal, not {other:?}"),
        }
        let states = [world.call_off(first).await.status.key(), world.call_off(second).await.status.key()];
        assert!(states.contains(&"draft") && states.contains(&"submitted"), "{states:?}");
    })
    .await;
}

#[tokio::test]
async fn a_key_with_another_body_or_from_another_person_is_another_request() {
    let world = World::crowded().await;
    let town = world.member("Stadt Altenrode").await;
    let [eva, emil, karl] = [world.buyer(town).await, world.buyer(town).await, world.approver(town).await];
    let contract = contract(&world, 1, &eva).await;
    let id = world.draft(&eva, &contract, &[("NBK", "1")]).await;
    let own = world.copies(id, &emil, 1).await[0];

    let submitted = submit(&world.app, &eva, id, Some(&key("k", "one"))).await.unwrap();
    assert!(matches!(submitted, Submission::Submitted { .. }));
    let reused = submit(&world.app, &eva, id, Some(&key("k", "other"))).await;
    assert!(matches!(reused, Err(ActionError::KeyReused)), "{reused:?}");
    let emils = submit(&world.app, &emil, own, Some(&key("k", "other"))).await.unwrap();
    assert!(matches!(emils, Submission::Submitted { .. }), "keys are a person's own: {emils:?}");
    let released = release(&world.app, &karl, id, Some(&key("k", "third"))).await.unwrap();
    assert!(matches!(released, Release::Released { .. }), "{released:?}");
    world.keeps_its_promises().await;
}
