//! Orders after release: on their way, cancelled; and what happened outside the program.

use abruf::actions::ActionError;
use abruf::actions::advance_call_off::advance;
use abruf::actions::cancel_call_off::cancel;
use abruf::actions::record_volume::record;
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::submit_call_off::submit;
use abruf::storage::audit_log::{Concerns, Record};
use abruf::storage::volume::{self, Held, Movement, Numbering};
use abruf_domain::Outcome;
use abruf_domain::audit::AuditEntry;
use abruf_domain::call_off::Status;
use abruf_domain::facts::{Measure, Scope};
use abruf_domain::ids::{CallOffId, GuardId, ItemId};
use uuid::Uuid;

use super::{Altenrode, LINES, declined, figure, invalid_field, released, rules, submitted};
use crate::world::contract::{Contract, quantity, value};

/// A released order of 19,424.00 euros.
async fn order(here: &Altenrode, contract: &Contract) -> CallOffId {
    let id = here.request(contract).await;
    released(release(&here.world.app, &here.karl, id, None).await);
    id
}

async fn guard(here: &Altenrode, contract: &Contract, scope: &str) -> GuardId {
    let id: Uuid = sqlx::query_scalar("SELECT id FROM guard WHERE contract_id = $1 AND scope = $2")
        .bind(contract.id.0)
        .bind(scope)
        .fetch_one(here.world.owner())
        .await
        .unwrap();
    GuardId(id)
}

#[tokio::test]
async fn an_order_goes_step_by_step_to_its_end() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let app = &here.world.app;
    let id = order(&here, &contract).await;
    let skipped = advance(app, &here.eva, id, Status::Delivered).await;
    assert!(matches!(skipped, Err(ActionError::WrongState(Status::Released))), "{skipped:?}");
    for to in [Status::Dispatched, Status::Confirmed, Status::Delivered, Status::Invoiced, Status::Closed] {
        advance(app, &here.eva, id, to).await.unwrap();
        assert_eq!(here.world.call_off(id).await.status, to);
        here.world.keeps_its_promises().await;
    }
    let over = advance(app, &here.eva, id, Status::Closed).await;
    assert!(matches!(over, Err(ActionError::WrongState(Status::Closed))), "{over:?}");
    assert_eq!(here.log(id).await.last().unwrap(), "call_off_closed");
}

#[tokio::test]
async fn a_cancellation_gives_volume_and_savings_back_by_counter_entries() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let app = &here.world.app;
    let id = order(&here, &contract).await;
    here.world.at("2026-12-01T09:00:00Z");
    for reason in ["", "  ", "\0", &"x".repeat(2001)] {
        assert_eq!(invalid_field(cancel(app, &here.karl, id, reason).await), "reason");
    }
    let buyer = cancel(app, &here.eva, id, "Doppelt").await;
    assert!(matches!(buyer, Err(ActionError::NotPermitted(_))), "{buyer:?}");
    cancel(app, &here.kora, id, "Doppelt bestellt").await.unwrap();

    let call_off = here.world.call_off(id).await;
    assert_eq!((call_off.status, call_off.number.as_deref()), (Status::Cancelled, Some("RV-2025-01-0001")));
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "0"]);
    let savings: Vec<(String, i64, String, String)> = sqlx::query_as(
        "SELECT stage, count(*), sum(effect_net)::text, sum(fee_net)::text FROM savings_entry WHERE call_off_id = $1
         GROUP BY stage ORDER BY stage",
    )
    .bind(id.0)
    .fetch_all(here.world.owner())
    .await
    .unwrap();
    let expected = [("cancelled", "-3524.00", "-291.36"), ("planned", "3524.00", "291.36")];
    assert_eq!(savings, expected.map(|(stage, effect, fee)| (stage.into(), 3, effect.into(), fee.into())));
    assert_eq!(here.log(id).await, ["call_off_submitted", "call_off_released", "call_off_cancelled"]);
    here.world.keeps_its_promises().await;

    let again = cancel(app, &here.karl, id, "Noch einmal").await;
    assert!(matches!(again, Err(ActionError::WrongState(Status::Cancelled))), "{again:?}");
    let second = order(&here, &contract).await;
    assert_eq!(
        here.world.call_off(second).await.number.as_deref(),
        Some("RV-2025-01-0002"),
        "numbers are not used twice"
    );
}

#[tokio::test]
async fn what_has_been_delivered_is_not_cancelled() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let app = &here.world.app;
    let id = order(&here, &contract).await;
    for to in [Status::Dispatched, Status::Confirmed, Status::Delivered] {
        advance(app, &here.eva, id, to).await.unwrap();
    }
    let cancelled = cancel(app, &here.karl, id, "Doch nicht").await;
    assert!(matches!(cancelled, Err(ActionError::WrongState(Status::Delivered))), "{cancelled:?}");
    let request = here.request(&contract).await;
    let cancelled = cancel(app, &here.karl, request, "Doch nicht").await;
    assert!(matches!(cancelled, Err(ActionError::WrongState(Status::Submitted))), "{cancelled:?}");
}

#[tokio::test]
async fn an_emergency_order_outside_breaches_the_ceiling_and_stops_everybody() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.citrix("RV-A").ceiling(value("60000.00")).entitles(here.town).await;
    let guard = guard(&here, &contract, "contract").await;
    let ordered = order(&here, &contract).await;
    let waiting = here.request(&contract).await;

    for other in [&here.eva, &here.karl] {
        let recorded = record(app, other, contract.id, guard, "1.00".parse().unwrap(), "Beleg", None).await;
        assert!(matches!(recorded, Err(ActionError::NotPermitted(_))), "{recorded:?}");
    }
    for evidence in ["", "  ", "\0", &"x".repeat(2001)] {
        let recorded = record(app, &here.olga, contract.id, guard, "1.00".parse().unwrap(), evidence, None).await;
        assert_eq!(invalid_field(recorded), "evidence");
    }
    let small =
        record(app, &here.olga, contract.id, guard, "1000.00".parse().unwrap(), "Rechnung 1", None).await.unwrap();
    assert!(!small, "room is left");
    let large = "20152.0001".parse().unwrap();
    assert!(record(app, &here.olga, contract.id, guard, large, "Notbestellung vom 21.11.2026", None).await.unwrap());
    assert_eq!(
        here.volume(&contract, "contract").await,
        ["19424", "21152.0001", "19424"],
        "a fact counts above the limit"
    );
    here.world.keeps_its_promises().await;

    let draft = here.world.draft(&here.eva, &contract, &[("CTX-TRN", "1")]).await;
    let review = declined(submit(app, &here.eva, draft, None).await);
    assert!(review.findings.iter().any(|finding| finding.rule == "cap-breached" && finding.outcome == Outcome::Block));
    let stopped = release(app, &here.karl, waiting, None).await.unwrap();
    let Release::Changed { now, .. } = stopped else { panic!("{stopped:?}") };
    assert!(rules(&now, Outcome::Block).contains(&"cap-breached"));
    cancel(app, &here.karl, ordered, "Um Platz zu schaffen").await.unwrap();
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_correction_ends_a_breach_and_takes_back_no_more_than_was_recorded() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.citrix("RV-A").ceiling(value("20000.00")).entitles(here.town).await;
    let guard = guard(&here, &contract, "contract").await;
    let recorded = async |amount: &str| {
        record(app, &here.olga, contract.id, guard, amount.parse().unwrap(), "Umsatzmeldung 3. Quartal", None).await
    };
    assert!(recorded("200000.00").await.unwrap(), "a nought too many");
    assert_eq!(invalid_field(recorded("-200000.0001").await), "amount");
    assert!(!recorded("-200000.00").await.unwrap());
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "0"]);
    here.request(&contract).await;
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_record_belongs_to_a_ceiling_of_its_contract() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let other = here.citrix("RV-B").await;
    let foreign = guard(&here, &other, "contract").await;
    let recorded =
        record(&here.world.app, &here.olga, contract.id, foreign, "1.00".parse().unwrap(), "Rechnung 1", None).await;
    assert!(matches!(recorded, Err(ActionError::NotFound)), "{recorded:?}");
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_soft_quota_is_never_breached() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.citrix("RV-A").quota(here.town, value("1000.00").soft()).entitles(here.town).await;
    let quota = guard(&here, &contract, "member").await;
    assert!(
        !record(app, &here.olga, contract.id, quota, "5000.00".parse().unwrap(), "Rechnung 1", None).await.unwrap()
    );
    let id = here.world.draft(&here.eva, &contract, LINES).await;
    let review = submitted(submit(app, &here.eva, id, None).await);
    assert_eq!(rules(&review, Outcome::Justify), ["member-quota"]);
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_breach_a_moment_before_the_guard_row_stops_a_release_too() {
    let here = Altenrode::new().await;
    let contract = here.citrix("RV-A").item_ceiling("CTX-TRN", quantity("10")).entitles(here.town).await;
    let id = here.world.request(&here.eva, &contract, &[("CTX-TRN", "4")]).await;
    let guard = guard(&here, &contract, "item").await;
    // The review of the release saw no breach; this comes between it and its guard row.
    assert!(
        record(&here.world.app, &here.olga, contract.id, guard, "7".parse().unwrap(), "Notbestellung", None)
            .await
            .unwrap()
    );
    let [four, back] = ["4", "-4"].map(|volume| volume.parse().unwrap());
    let movement = Movement {
        guard,
        scope: Scope::Item(ItemId(Uuid::nil())),
        measure: Measure::Quantity,
        reserved: back,
        authorised: four,
    };
    let entry = AuditEntry::new(here.world.app.clock.now(), None, "call_off_released", "call_off", id.0);
    let record = Record::new(entry, Concerns::default());
    let mut tx = here.world.app.db.begin(&here.karl).await.unwrap();
    let held = volume::hold(&mut tx, contract.id, &[movement], Numbering::TakeNext, &record).await.unwrap();
    assert_eq!(held, Held::Refused);
    tx.rollback().await.unwrap();
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_ceiling_cut_below_what_is_taken_needs_the_breach() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    order(&here, &contract).await;
    let cut = |statement: &'static str| sqlx::query(statement).bind(contract.id.0).execute(here.world.owner());
    let refused = cut("UPDATE guard SET limit_amount = 19423.99 WHERE contract_id = $1").await.unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().constraint(), Some("guard_ceiling_holds"));
    cut("UPDATE guard SET limit_amount = 19423.99, breached = true WHERE contract_id = $1").await.unwrap();
    let id = here.world.draft(&here.eva, &contract, LINES).await;
    let review = declined(submit(&here.world.app, &here.eva, id, None).await);
    let breached = review.findings.iter().find(|finding| finding.rule == "cap-breached").unwrap();
    assert_eq!(figure(breached, "over"), "0.01");
    assert_eq!(rules(&review, Outcome::Block), ["cap-value", "cap-breached"]);
}
