//! The approval order of a member: steps before the release, stand-ins, and who may not.

use abruf::actions::ActionError;
use abruf::actions::approve_step::{StepApproval, approve};
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::return_call_off::return_to_requester;
use abruf::actions::set_approval_order::set;
use abruf::actions::submit_call_off::submit;
use abruf::actor::Actor;
use abruf_domain::approval::{Absence, ApprovalOrder, StandIn, StandInKind, Step};
use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use abruf_domain::period::Period;

use super::{Altenrode, invalid_field, released, submitted};

fn step(title: &str, from_gross: &str, by: &[&Actor]) -> Step {
    Step {
        title: title.into(),
        from_gross: from_gross.parse().unwrap(),
        cpv: None,
        persons: by.iter().map(|actor| actor.person).collect(),
    }
}

fn period(from: &str, to: &str) -> Period {
    Period::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
}

impl Altenrode {
    /// First Karl, then Kora from 5,000 euros gross on.
    async fn two_steps(&self) -> ApprovalOrder {
        let steps = vec![step("Fachamt", "0", &[&self.karl]), step("Kämmerei", "5000", &[&self.kora])];
        let order = ApprovalOrder { steps, ..ApprovalOrder::default() };
        assert_eq!(set(&self.world.app, &self.karl, 0, &order).await.unwrap(), 1);
        order
    }

    /// The rules that keep somebody from releasing.
    async fn obstacles(&self, actor: &Actor, id: CallOffId) -> Vec<String> {
        let release = release(&self.world.app, actor, id, None).await.unwrap();
        let Release::NotTheirTurn { obstacles, .. } = release else { panic!("{release:?}") };
        obstacles.into_iter().map(|it| it.rule).collect()
    }
}

#[track_caller]
fn approved(approval: Result<StepApproval, ActionError>) -> Vec<String> {
    let Ok(StepApproval::Approved { next, .. }) = approval else { panic!("not approved: {approval:?}") };
    next
}

#[tokio::test]
async fn steps_are_decided_in_order_and_the_last_makes_the_order() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    here.two_steps().await;
    let id = here.request(&contract).await;
    let app = &here.world.app;
    assert_eq!(here.obstacles(&here.kora, id).await, ["approval-step-names-others"]);
    assert_eq!(here.obstacles(&here.karl, id).await, ["approval-step-first"], "his step is not the release");
    let early = approve(app, &here.kora, id, None).await.unwrap();
    assert!(matches!(early, StepApproval::NotTheirTurn { .. }), "{early:?}");

    assert_eq!(approved(approve(app, &here.karl, id, None).await), ["Kora Beispiel"]);
    assert_eq!(here.world.call_off(id).await.status, Status::Submitted, "nothing is ordered yet");
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "19424"]);
    let twice = here.obstacles(&here.karl, id).await;
    assert_eq!(twice, ["approval-one-step-each", "approval-step-names-others"]);
    let last = approve(app, &here.kora, id, None).await.unwrap();
    let StepApproval::NotTheirTurn { obstacles, .. } = last else { panic!("{last:?}") };
    assert_eq!(obstacles[0].rule, "approval-is-release");

    assert_eq!(released(release(app, &here.kora, id, None).await), "RV-2025-01-0001");
    assert_eq!(here.steps(id).await, ["created", "submitted", "approved", "released"]);
    let log = here.log(id).await;
    assert_eq!(log.iter().filter(|action| *action == "step_approved").count(), 1, "{log:?}");
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn small_requests_go_through_the_steps_for_their_amount_only() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    here.two_steps().await;
    let id = here.world.request(&here.eva, &contract, &[("CTX-TRN", "2")]).await;
    released(release(&here.world.app, &here.karl, id, None).await);
    assert_eq!(here.steps(id).await, ["created", "submitted", "released"]);
}

#[tokio::test]
async fn a_changed_order_counts_for_what_is_submitted_after_it() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    here.two_steps().await;
    let id = here.request(&contract).await;
    let app = &here.world.app;
    here.world.at("2026-11-23T09:00:00Z");
    // Karl takes all steps out: the waiting request still goes through both.
    assert_eq!(set(app, &here.karl, 1, &ApprovalOrder::default()).await.unwrap(), 2);
    assert_eq!(here.obstacles(&here.karl, id).await, ["approval-step-first"]);
    let later = here.request(&contract).await;
    released(release(app, &here.karl, later, None).await);
}

#[tokio::test]
async fn a_new_submission_begins_at_the_first_step() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    here.two_steps().await;
    let id = here.request(&contract).await;
    let app = &here.world.app;
    approved(approve(app, &here.karl, id, None).await);
    return_to_requester(app, &here.kora, id, "Warum 120?").await.unwrap();
    here.world.at("2026-11-23T09:00:00Z");
    submitted(submit(app, &here.eva, id, None).await);
    assert_eq!(here.obstacles(&here.kora, id).await, ["approval-step-names-others"]);
    approved(approve(app, &here.karl, id, None).await);
    released(release(app, &here.kora, id, None).await);
}

#[tokio::test]
async fn a_deputy_decides_within_its_dates_while_the_approver_is_away() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let dora = here.world.approver(here.town).named("Dora Beispiel").await;
    let mut order = here.two_steps().await;
    let id = here.request(&contract).await;
    let app = &here.world.app;
    order.absences = vec![Absence { person: here.karl.person, period: period("2026-11-20", "2026-11-30") }];
    order.stand_ins = vec![StandIn {
        kind: StandInKind::Deputy,
        of: here.karl.person,
        person: dora.person,
        period: period("2026-11-23", "2026-11-30"),
        up_to_gross: None,
    }];
    assert_eq!(set(app, &here.kora, 1, &order).await.unwrap(), 2, "absences count at once");
    assert_eq!(here.obstacles(&here.karl, id).await, ["approval-on-leave"]);
    assert_eq!(here.obstacles(&dora, id).await, ["approval-stand-in-dates"], "today is the 22nd");
    here.world.at("2026-11-23T09:00:00Z");
    assert_eq!(approved(approve(app, &dora, id, None).await), ["Kora Beispiel"]);
    let reason: String =
        sqlx::query_scalar("SELECT reason FROM approval WHERE call_off_id = $1 AND decision = 'approved'")
            .bind(id.0)
            .fetch_one(here.world.owner())
            .await
            .unwrap();
    assert_eq!(reason, "Fachamt, in Vertretung für Karl Beispiel");
    released(release(app, &here.kora, id, None).await);
}

#[tokio::test]
async fn the_requester_decides_no_step_of_the_chain() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let own = here.world.approver(here.town).same_person_as(&here.eva).await;
    let steps = vec![step("Fachamt", "0", &[]), step("Kämmerei", "0", &[&here.kora])];
    set(&here.world.app, &here.karl, 0, &ApprovalOrder { steps, ..ApprovalOrder::default() }).await.unwrap();
    let id = here.request(&contract).await;
    let answer = approve(&here.world.app, &own, id, None).await.unwrap();
    let StepApproval::NotTheirTurn { obstacles, .. } = answer else { panic!("{answer:?}") };
    assert_eq!(obstacles[0].rule, "approval-four-eyes");
    assert_eq!(here.obstacles(&own, id).await, ["approval-four-eyes"]);
}

#[tokio::test]
async fn an_order_is_refused_with_its_place_and_two_changes_at_once_are_told() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let mut order = here.two_steps().await;
    order.stand_ins = vec![StandIn {
        kind: StandInKind::Delegate,
        of: here.karl.person,
        person: here.olga.person,
        period: period("2026-11-23", "2026-11-30"),
        up_to_gross: None,
    }];
    assert_eq!(invalid_field(set(app, &here.karl, 1, &order).await), "stand_ins[0].person");
    // A delegate does not delegate.
    let dora = here.world.approver(here.town).named("Dora Beispiel").await;
    let kurt = here.world.approver(here.town).named("Kurt Beispiel").await;
    let delegates = |of: &Actor, person: &Actor| StandIn {
        kind: StandInKind::Delegate,
        of: of.person,
        person: person.person,
        period: period("2026-11-23", "2026-11-30"),
        up_to_gross: None,
    };
    order.stand_ins = vec![delegates(&here.karl, &dora), delegates(&dora, &kurt)];
    match set(app, &here.karl, 1, &order).await {
        Err(ActionError::Invalid(errors)) => {
            assert_eq!(errors[0].field, "stand_ins[1].person");
            assert!(errors[0].message.contains("Dora Beispiel"), "{errors:?}");
        }
        other => panic!("not refused: {other:?}"),
    }
    // Nor does somebody stand in who is away.
    order.stand_ins = vec![delegates(&here.karl, &dora)];
    order.absences = vec![Absence { person: dora.person, period: period("2026-11-20", "2026-12-31") }];
    assert_eq!(invalid_field(set(app, &here.karl, 1, &order).await), "stand_ins[0].person");
    let versions: i64 =
        sqlx::query_scalar("SELECT count(*) FROM approval_order").fetch_one(here.world.owner()).await.unwrap();
    assert_eq!(versions, 1, "nothing was written");
    order.absences.clear();
    order.stand_ins.clear();
    order.steps.remove(1);
    assert_eq!(set(app, &here.karl, 1, &order).await.unwrap(), 2);
    assert_eq!(set(app, &here.kora, 1, &order).await.unwrap(), 2, "the same again changes nothing");
    let stale = set(app, &here.kora, 1, &ApprovalOrder::default()).await;
    assert!(matches!(stale, Err(ActionError::Stale { seen: 1, is: 2 })), "{stale:?}");
    let buyer = set(app, &here.eva, 2, &order).await;
    assert!(matches!(buyer, Err(ActionError::NotPermitted(_))), "{buyer:?}");
    let logged: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_entry WHERE action = 'approval_order_changed'")
        .fetch_one(here.world.owner())
        .await
        .unwrap();
    assert_eq!(logged, 2);
}

#[tokio::test]
async fn another_members_order_does_not_exist() {
    let here = Altenrode::new().await;
    here.two_steps().await;
    let other = here.world.member("Stadt Neufeld").await;
    let nils = here.world.approver(other).named("Nils Neufeld").await;
    let mut tx = here.world.app.db.begin(&nils).await.unwrap();
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM approval_order").fetch_one(&mut *tx).await.unwrap();
    assert_eq!(seen, 0);
    drop(tx);
    let edited = sqlx::query("UPDATE approval_order SET version = 7").execute(here.world.owner()).await;
    assert!(edited.is_err(), "not even the owner edits a version");
}
