//! Mutants of the product that must lose the races: proof that the races can be lost.

use abruf::actions::ActionError;
use abruf::actions::submit_call_off::Submission;
use abruf::actor::Actor;
use abruf::app::App;
use abruf::storage::audit_log::{Concerns, Record, append_to_contract};
use abruf::storage::call_offs::{self, Amounts, CallOff};
use abruf::storage::volume::{EntryKind, write_entries};
use abruf::storage::{StorageError, facts};
use abruf_domain::audit::AuditEntry;
use abruf_domain::facts::{CheckPoint, Facts, Scope};
use abruf_domain::ids::{CallOffId, GuardId};
use abruf_domain::money::Volume;
use abruf_domain::volume::demand;
use abruf_domain::{Review, review};
use sqlx::PgConnection;

use super::rush::{Field, Scarce};
use super::{Deed, repeated, together};
use crate::world::World;
use crate::world::contract::{fixed, quantity, value};

/// In which order a mutant takes the guard rows; it asks none of them whether there is room.
#[derive(Debug, Clone, Copy)]
enum Takes {
    /// As the facts list them.
    InOrder,
    /// As the lines name them.
    ByLine,
}

/// Reads what is taken, compares, adds: what everybody writes first.
fn naive(app: App, actor: Actor, id: CallOffId) -> Deed<Result<Submission, ActionError>> {
    Box::pin(async move { submit(&app, &actor, id, Takes::InOrder).await })
}

/// Takes the guard rows in the order of its lines.
fn unordered(app: App, actor: Actor, id: CallOffId) -> Deed<Result<Submission, ActionError>> {
    Box::pin(async move { submit(&app, &actor, id, Takes::ByLine).await })
}

async fn submit(app: &App, actor: &Actor, id: CallOffId, takes: Takes) -> Result<Submission, ActionError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let (call_off, lines) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let facts = facts::gather(&mut tx, &call_off, &lines, CheckPoint::Submission, None, now).await?;
    let review = review(&facts);
    if !review.may_be_submitted(&[]) {
        call_offs::set_declined(&mut tx, id, review.day, now).await?;
        tx.commit().await?;
        return Ok(Submission::Declined { id, review: Box::new(review) });
    }
    call_offs::write_prices(&mut tx, &call_off, &review.priced).await?;
    call_offs::set_submitted(&mut tx, id, &Amounts::from(&review.priced), review.day, now, now).await?;
    let wanted = wanted(&facts, &review, takes);
    let entries: Vec<_> = wanted.iter().map(|(guard, volume)| (app.chance.id(now), *guard, *volume)).collect();
    write_entries(&mut tx, call_off.contract, id, EntryKind::Reserve, &entries, now).await?;
    for (guard, volume) in wanted {
        take(&mut tx, &call_off, guard, volume).await?;
    }
    let entry = AuditEntry::new(now, Some(actor.person.0), "call_off_submitted", "call_off", id.0);
    append_to_contract(&mut tx, call_off.contract, &Record::new(entry, Concerns::default())).await?;
    tx.commit().await?;
    Ok(Submission::Submitted { id, case_number: call_off.case_number, expires_at: now, review: Box::new(review) })
}

fn wanted(facts: &Facts, review: &Review, takes: Takes) -> Vec<(GuardId, Volume)> {
    let mut scopes: Vec<_> = facts.scopes.iter().collect();
    if let Takes::ByLine = takes {
        let position = |scope: &Scope| match scope {
            Scope::Item(item) => review.priced.lines.iter().position(|line| line.item == Some(*item)),
            Scope::Contract | Scope::Lot(_) | Scope::Member => None,
        };
        scopes.sort_by_key(|scope| position(&scope.scope).unwrap_or(usize::MAX));
    }
    scopes.into_iter().map(|scope| (scope.guard, demand(scope, &review.priced))).collect()
}

async fn take(conn: &mut PgConnection, call_off: &CallOff, guard: GuardId, volume: Volume) -> Result<(), StorageError> {
    sqlx::query("UPDATE guard SET reserved = reserved + $3, version = version + 1 WHERE contract_id = $1 AND id = $2")
        .bind(call_off.contract.0)
        .bind(guard.0)
        .bind(volume.decimal())
        .execute(conn)
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_naive_guard_oversteps_the_ceiling_and_the_race_sees_it() {
    for scarce in [Scarce::Value, Scarce::Quantity, Scarce::Quota, Scarce::Everything] {
        let field = Field::new(scarce).await;
        // The last wall is taken away too: it would save the ceiling, though not the answers.
        sqlx::query("ALTER TABLE guard DROP CONSTRAINT guard_ceiling_holds")
            .execute(field.world.owner())
            .await
            .unwrap();
        let mut seen = false;
        for seed in 0..20 {
            let broken = field.race(scarce, seed, naive).await;
            if broken.iter().any(|promise| promise.starts_with("a hard limit is never exceeded")) {
                seen = true;
                break;
            }
        }
        assert!(seen, "{scarce:?}: 20 races and the naive guard was not found out: the race has no teeth");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_constraint_holds_the_ceiling_even_for_a_naive_guard() {
    let field = Field::new(Scarce::Value).await;
    let broken = field.race(Scarce::Value, 1, naive).await;
    assert!(broken.iter().all(|promise| !promise.starts_with("a hard limit")), "{broken:?}");
    assert!(broken.iter().any(|promise| promise.contains("guard_ceiling_holds")), "by name: {broken:?}");
}

/// Requests over three scopes of items, their lines in opposite orders, all at once.
async fn crossing(world: &World, seed: u64, submit: super::rush::Submit) -> Vec<Result<Submission, ActionError>> {
    let town = world.member("Stadt Altenrode").await;
    let eva = world.buyer(town).await;
    let contract = world
        .contract(&format!("RV-{seed}"))
        .ceiling(value("1000000.00"))
        .lot("Geräte")
        .lot_ceiling(quantity("100000"))
        .item("NBK", fixed("900.00"))
        .item("MON", fixed("200.00"))
        .lot("Zubehör")
        .lot_ceiling(value("500000.00"))
        .item("DOC", fixed("150.00"))
        .item_ceiling("NBK", quantity("10000"))
        .item_ceiling("MON", quantity("10000"))
        .item_ceiling("DOC", value("100000.00"))
        .quota(town, value("500000.00"))
        .entitles(town)
        .await;
    let there = world.draft(&eva, &contract, &[("NBK", "1"), ("MON", "1"), ("DOC", "1")]).await;
    let back = world.draft(&eva, &contract, &[("DOC", "1"), ("MON", "1"), ("NBK", "1")]).await;
    let mut drafts = world.copies(there, &eva, 6).await;
    drafts.extend(world.copies(back, &eva, 6).await);
    let deeds = drafts.into_iter().map(|id| submit(world.app.clone(), eva.clone(), id)).collect();
    together(seed, deeds).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn opposite_line_orders_never_deadlock() {
    let world = World::crowded().await;
    repeated("requests with opposite line orders", async |seed| {
        for submission in crossing(&world, seed, super::rush::product).await {
            assert!(matches!(submission, Ok(Submission::Submitted { .. })), "{submission:?}");
        }
    })
    .await;
    world.keeps_its_promises().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn taking_the_rows_in_the_order_of_lines_deadlocks_and_the_race_sees_it() {
    let world = World::crowded().await;
    for seed in 0..20 {
        let submissions = crossing(&world, seed, unordered).await;
        let deadlock = |result: &Result<_, _>| matches!(result, Err(ActionError::Storage(StorageError::TryAgain(_))));
        if submissions.iter().any(deadlock) {
            return;
        }
    }
    panic!("20 races without a deadlock: the race has no teeth");
}
