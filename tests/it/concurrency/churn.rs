//! Everything at once on one contract: submissions, releases, withdrawals, returns, expiry,
//! cancellations and cuts of the ceiling. Whoever wins, every promise holds afterwards, and when all
//! is taken back nothing is left over.

use std::collections::BTreeSet;

use abruf::actions::cancel_call_off::cancel;
use abruf::actions::end_request::{expire_due, withdraw};
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::return_call_off::return_to_requester;
use abruf::actions::submit_call_off::submit;
use abruf::actions::{ActionError, submit_call_off::Submission};
use abruf::actor::Actor;
use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};

use super::{Deed, repeated, together};
use crate::world::World;
use crate::world::contract::{Contract, fixed, quantity, value};

/// A day before the first requests expire, and a second after.
const BEFORE: &str = "2026-12-05T09:00:00Z";
const AFTER: &str = "2026-12-06T09:00:01Z";

/// The people of one town.
struct Town {
    eva: Actor,
    karl: Actor,
    kora: Actor,
}

impl Town {
    async fn new(world: &World, name: &str) -> Self {
        let town = world.member(name).await;
        let [eva, karl, kora] = [world.buyer(town).await, world.approver(town).await, world.approver(town).await];
        Self { eva, karl, kora }
    }
}

/// A contract with nested ceilings in both measures, for two towns.
async fn contract(world: &World, number: &str, towns: &[Town; 2]) -> Contract {
    let contract = world
        .contract(number)
        .ceiling(value("30000.00"))
        .lot("Geräte")
        .lot_ceiling(quantity("45"))
        .item("NBK", fixed("900.00"))
        .item("MON", fixed("200.00"))
        .item_ceiling("NBK", quantity("24"))
        .item_ceiling("MON", value("6000.00"))
        .quota(towns[0].eva.organisation, value("20000.00"))
        .quota(towns[1].eva.organisation, quantity("30").soft());
    towns.iter().fold(contract, |contract, town| contract.entitles(town.eva.organisation)).await
}

/// Somebody came too late, or the ceiling was in the way: what may happen in a race, by name.
fn told(result: Result<&'static str, ActionError>) -> Result<&'static str, String> {
    match result {
        Ok(done) => Ok(done),
        Err(ActionError::WrongState(_)) => Ok("too late"),
        Err(ActionError::Contended) => Ok("contended"),
        Err(error) => Err(format!("{error:?}")),
    }
}

/// The pieces of one race: call-offs by what is done with them.
struct Pieces {
    /// To be submitted.
    drafts: Vec<(usize, CallOffId)>,
    /// Run out while the race is on.
    old_requests: Vec<(usize, CallOffId)>,
    /// Withdrawn, released and returned at once.
    requests: Vec<(usize, CallOffId)>,
    /// Cancelled twice.
    orders: Vec<(usize, CallOffId)>,
}

async fn pieces(world: &World, contract: &Contract, towns: &[Town; 2], rng: &mut ChaCha12Rng) -> Pieces {
    let mut drafts = Vec::new();
    for (place, town) in towns.iter().enumerate() {
        for lines in [&[("NBK", "1"), ("MON", "2")][..], &[("MON", "1"), ("NBK", "1")], &[("MON", "1")]] {
            let first = world.draft(&town.eva, contract, lines).await;
            let copies = world.copies(first, &town.eva, 5).await;
            drafts.extend(copies.into_iter().chain([first]).map(|id| (place, id)));
        }
    }
    let mut take = |count: usize| -> Vec<_> {
        (0..count).map(|_| drafts.swap_remove(rng.random_range(0..drafts.len()))).collect()
    };
    let [old_requests, requests, orders] = [take(5), take(5), take(5)];
    let submitted = async |pieces: &[(usize, CallOffId)]| {
        for (place, id) in pieces {
            let submission = submit(&world.app, &towns[*place].eva, *id, None).await.unwrap();
            assert!(matches!(submission, Submission::Submitted { .. }), "{submission:?}");
        }
    };
    submitted(&old_requests).await;
    submitted(&orders).await;
    for (place, id) in &orders {
        let release = release(&world.app, &towns[*place].karl, *id, None).await.unwrap();
        assert!(matches!(release, Release::Released { .. }), "{release:?}");
    }
    world.at(BEFORE);
    submitted(&requests).await;
    Pieces { drafts, old_requests, requests, orders }
}

fn deeds(
    world: &World,
    contract: &Contract,
    towns: &[Town; 2],
    pieces: &Pieces,
) -> Vec<Deed<Result<&'static str, String>>> {
    let mut deeds: Vec<Deed<Result<&'static str, String>>> = Vec::new();
    for (place, id) in pieces.drafts.iter().copied() {
        let (app, eva) = (world.app.clone(), towns[place].eva.clone());
        deeds.push(Box::pin(async move {
            told(submit(&app, &eva, id, None).await.map(|submission| match submission {
                Submission::Submitted { .. } => "submitted",
                Submission::Declined { .. } => "declined",
                Submission::Incomplete { .. } => "incomplete",
            }))
        }));
    }
    for (place, id) in pieces.requests.iter().chain(&pieces.old_requests).copied() {
        let (app, eva) = (world.app.clone(), towns[place].eva.clone());
        deeds.push(Box::pin(async move { told(withdraw(&app, &eva, id).await.map(|()| "withdrawn")) }));
        let (app, karl) = (world.app.clone(), towns[place].karl.clone());
        deeds.push(Box::pin(async move {
            told(release(&app, &karl, id, None).await.map(|release| match release {
                Release::Released { .. } => "released",
                Release::Expired { .. } => "expired",
                Release::Changed { .. } => "changed",
                Release::Blocked { .. } => "blocked",
                Release::NotTheirTurn { .. } => "somebody else's turn",
                Release::Unjustified { .. } => "unjustified",
            }))
        }));
        let (app, kora) = (world.app.clone(), towns[place].kora.clone());
        deeds.push(Box::pin(
            async move { told(return_to_requester(&app, &kora, id, "Menge?").await.map(|()| "returned")) },
        ));
    }
    for (place, id) in pieces.orders.iter().copied() {
        for approver in [&towns[place].karl, &towns[place].kora] {
            let (app, approver) = (world.app.clone(), approver.clone());
            deeds.push(Box::pin(async move {
                told(cancel(&app, &approver, id, "Doppelt bestellt").await.map(|()| "cancelled"))
            }));
        }
    }
    for _ in 0..3 {
        let (app, contract) = (world.app.clone(), contract.id);
        deeds.push(Box::pin(async move { told(expire_due(&app, Some(contract)).await.map(|_| "swept")) }));
    }
    // One ceiling at a time: several rows in one statement would be taken in no order.
    for scope in ["contract", "lot", "item", "member"] {
        for measure in ["value", "quantity"] {
            deeds.push(Box::pin(cut(world.owner().clone(), contract.id.0, scope, measure)));
        }
    }
    deeds
}

/// A court cuts a ceiling a little, as far as the constraint allows.
async fn cut(
    owner: sqlx::PgPool,
    contract: uuid::Uuid,
    scope: &'static str,
    measure: &'static str,
) -> Result<&'static str, String> {
    let done = sqlx::query(
        "UPDATE guard SET limit_amount = limit_amount * 0.97 WHERE contract_id = $1 AND scope = $2 AND measure = $3",
    )
    .bind(contract)
    .bind(scope)
    .bind(measure)
    .execute(&owner)
    .await;
    match done {
        Ok(_) => Ok("cut"),
        Err(sqlx::Error::Database(error)) if error.constraint() == Some("guard_ceiling_holds") => Ok("not cut"),
        Err(error) => Err(format!("{error:?}")),
    }
}

/// Takes back whatever is still alive.
async fn take_everything_back(world: &World, towns: &[Town; 2], contract: &Contract) {
    let alive: Vec<(uuid::Uuid, uuid::Uuid)> = sqlx::query_as(
        "SELECT id, member_id FROM call_off WHERE contract_id = $1 AND status IN ('submitted', 'returned', 'released')",
    )
    .bind(contract.id.0)
    .fetch_all(world.owner())
    .await
    .unwrap();
    for (id, member) in alive {
        let town = towns.iter().find(|town| town.eva.organisation.0 == member).unwrap();
        match world.call_off(CallOffId(id)).await.status {
            Status::Released => cancel(&world.app, &town.karl, CallOffId(id), "Aufgeräumt").await.unwrap(),
            _ => withdraw(&world.app, &town.eva, CallOffId(id)).await.unwrap(),
        }
    }
    let left: Vec<String> = sqlx::query_scalar(
        "SELECT format('%s %s: %s authorised, %s reserved', scope, measure, authorised, reserved)
         FROM guard WHERE contract_id = $1 AND (authorised, reserved) <> (0, 0)",
    )
    .bind(contract.id.0)
    .fetch_all(world.owner())
    .await
    .unwrap();
    assert!(left.is_empty(), "left over: {left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_happens_at_once_no_volume_is_lost_or_made() {
    let world = World::crowded().await;
    let begin = world.app.clock.now();
    let towns = [Town::new(&world, "Stadt Altenrode").await, Town::new(&world, "Stadt Neufeld").await];
    let mut outcomes = BTreeSet::new();
    repeated("submissions, withdrawals, expiry, cancellations and cuts at once", async |seed| {
        world.app.clock.set(begin);
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let contract = contract(&world, &format!("RV-{seed}"), &towns).await;
        let pieces = pieces(&world, &contract, &towns, &mut rng).await;
        world.at(AFTER);
        let results = together(seed, deeds(&world, &contract, &towns, &pieces)).await;
        outcomes.extend(results.into_iter().map(|result| result.unwrap()));

        let broken = world.broken_promises_of(contract.id).await;
        assert!(broken.is_empty(), "{}", broken.join("\n"));
        take_everything_back(&world, &towns, &contract).await;
        let broken = world.broken_promises_of(contract.id).await;
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    })
    .await;
    for expected in ["submitted", "declined", "withdrawn", "released", "returned", "cancelled", "cut", "too late"] {
        assert!(outcomes.contains(expected), "the race never saw `{expected}`: {outcomes:?}");
    }
}

/// A tender is avoided once per member, contract and year, however many orders come in one instant.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn orders_at_once_count_the_process_effect_of_the_year_once() {
    let world = World::crowded().await;
    let town = Town::new(&world, "Stadt Altenrode").await;
    for (key, value) in [("process_cost_flat_net", "3667.00"), ("direct_award_limit_net", "500.00")] {
        world.law(key, value).await;
    }
    repeated("the process effect of orders at once", async |seed| {
        let number = format!("RV-{seed}");
        let contract = world.contract(&number).process_share("410.00").item("NBK", fixed("900.00"));
        let contract = contract.entitles(town.eva.organisation).await;
        let first = world.request(&town.eva, &contract, &[("NBK", "1")]).await;
        let mut requests = world.copies(first, &town.eva, 3).await;
        for id in &requests {
            submit(&world.app, &town.eva, *id, None).await.unwrap();
        }
        requests.push(first);
        let releases = requests.iter().copied().map(|id| -> Deed<Result<Release, ActionError>> {
            let (app, karl) = (world.app.clone(), town.karl.clone());
            Box::pin(async move { release(&app, &karl, id, None).await })
        });
        for release in together(seed, releases.collect()).await {
            assert!(matches!(release, Ok(Release::Released { .. })), "{release:?}");
        }
        let effects: Vec<String> =
            sqlx::query_scalar("SELECT effect_net::text FROM savings_entry WHERE contract_id = $1 AND class = 'P'")
                .bind(contract.id.0)
                .fetch_all(world.owner())
                .await
                .unwrap();
        assert_eq!(effects, ["3257.00"]);
        let broken = world.broken_promises_of(contract.id).await;
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    })
    .await;
}

/// The clock strikes while ten requests are being released and three sweeps run.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_either_expires_or_is_released() {
    let world = World::crowded().await;
    let begin = world.app.clock.now();
    let town = Town::new(&world, "Stadt Altenrode").await;
    let mut outcomes = BTreeSet::new();
    repeated("expiry against release", async |seed| {
        world.app.clock.set(begin);
        let contract = world
            .contract(&format!("RV-{seed}"))
            .ceiling(value("9000.00"))
            .item("NBK", fixed("900.00"))
            .entitles(town.eva.organisation)
            .await;
        let first = world.request(&town.eva, &contract, &[("NBK", "1")]).await;
        let mut requests = world.copies(first, &town.eva, 9).await;
        for id in &requests {
            submit(&world.app, &town.eva, *id, None).await.unwrap();
        }
        requests.push(first);
        world.at(BEFORE);

        let mut deeds: Vec<Deed<Result<&'static str, String>>> = Vec::new();
        for id in requests.iter().copied() {
            let (app, karl) = (world.app.clone(), town.karl.clone());
            deeds.push(Box::pin(async move {
                match release(&app, &karl, id, None).await {
                    Ok(Release::Released { .. }) => Ok("released"),
                    Ok(Release::Expired { .. }) | Err(ActionError::WrongState(Status::Expired)) => Ok("expired"),
                    other => Err(format!("{other:?}")),
                }
            }));
        }
        for _ in 0..3 {
            let app = world.app.clone();
            deeds.push(Box::pin(async move {
                app.clock.set(AFTER.parse().unwrap());
                told(expire_due(&app, None).await.map(|_| "swept"))
            }));
        }
        let results = together(seed, deeds).await;
        for (id, result) in requests.iter().zip(&results) {
            let status = world.call_off(*id).await.status;
            assert_eq!(result.as_deref(), Ok(status.key()), "what was answered is what is");
        }
        outcomes.extend(results.into_iter().map(|result| result.unwrap()));
        let broken = world.broken_promises_of(contract.id).await;
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    })
    .await;
    assert_eq!(outcomes, ["expired", "released", "swept"].into(), "both must have happened");
}
