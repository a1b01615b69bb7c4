//! Who decides which step when, and every reason why not.

use uuid::Uuid;

use super::*;

fn person(number: u128) -> PersonId {
    PersonId(Uuid::from_u128(number))
}

fn period(from: &str, to: &str) -> Period {
    Period::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
}

fn step(title: &str, from_gross: &str, persons: &[u128]) -> Step {
    Step {
        title: title.into(),
        from_gross: from_gross.parse().unwrap(),
        cpv: None,
        persons: persons.iter().copied().map(person).collect(),
    }
}

fn stand_in(kind: StandInKind, of: u128, by: u128) -> StandIn {
    StandIn { kind, of: person(of), person: person(by), period: period("2026-11-01", "2026-11-30"), up_to_gross: None }
}

/// Person 1 asks for 1,000.00; approvers are 1 to 5; the head of the department is 2, the treasury 3.
fn chain() -> Chain {
    let order = ApprovalOrder {
        steps: vec![step("Fachamt", "0", &[2]), step("Kämmerei", "500.00", &[3]), step("Leitung", "5000.00", &[4])],
        ..ApprovalOrder::default()
    };
    Chain {
        at_submission: order.clone(),
        today: order,
        day: "2026-11-22".parse().unwrap(),
        approvers: (1..=5).map(person).collect(),
        requester: person(1),
        gross: "1000.00".parse().unwrap(),
        cpv: vec!["48000000".into()],
        given: Vec::new(),
    }
}

fn given(position: i32, by: u128) -> Given {
    Given { position, person: person(by), on_behalf_of: person(by) }
}

/// The rules that stand against a person.
fn rules(chain: &Chain, by: u128) -> Vec<&'static str> {
    chain.turn_of(person(by)).expect_err("may decide").iter().map(Obstacle::rule).collect()
}

#[test]
fn steps_follow_each_other_and_the_last_is_the_release() {
    let mut chain = chain();
    assert_eq!(chain.standing().len(), 2, "the head of the town decides from 5,000 on");
    let turn = chain.turn_of(person(2)).unwrap();
    assert_eq!((turn.position, turn.is_release), (Some(1), false));
    assert_eq!(rules(&chain, 3), ["approval-step-names-others"]);
    chain.given.push(given(1, 2));
    assert_eq!(rules(&chain, 2), ["approval-one-step-each", "approval-step-names-others"]);
    let turn = chain.turn_of(person(3)).unwrap();
    assert_eq!((turn.position, turn.is_release), (Some(2), true));
    assert_eq!(chain.may_decide(), [person(3)]);
}

#[test]
fn the_amount_from_which_a_step_applies_is_included() {
    let mut chain = chain();
    for (gross, steps) in [("499.99", 1), ("500.00", 2), ("4999.99", 2), ("5000.00", 3)] {
        chain.gross = gross.parse().unwrap();
        assert_eq!(chain.standing().len(), steps, "{gross}");
    }
}

#[test]
fn a_step_for_some_goods_applies_to_those_only() {
    let mut chain = chain();
    chain.at_submission.steps[1].cpv = Some("302".into());
    assert_eq!(chain.standing().len(), 1);
    chain.cpv.push("30213100".into());
    assert_eq!(chain.standing().len(), 2);
}

#[test]
fn without_a_step_that_applies_one_approver_releases() {
    let mut chain = chain();
    chain.at_submission.steps.clear();
    let turn = chain.turn_of(person(5)).unwrap();
    assert_eq!((turn.position, turn.is_release), (None, true));
    assert_eq!(rules(&chain, 1), ["approval-four-eyes"]);
}

#[test]
fn the_requester_decides_no_step_not_even_through_a_deputy() {
    let mut chain = chain();
    chain.at_submission.steps[0].persons = vec![person(1)];
    assert_eq!(rules(&chain, 1), ["approval-four-eyes"]);
    chain.today.stand_ins = vec![stand_in(StandInKind::Deputy, 1, 5)];
    assert_eq!(rules(&chain, 5), ["approval-four-eyes"]);
    assert!(chain.may_decide().is_empty());
}

#[test]
fn an_approver_on_leave_leaves_the_step_to_the_deputy() {
    let mut chain = chain();
    chain.today.absences = vec![Absence { person: person(2), period: period("2026-11-20", "2026-11-22") }];
    chain.today.stand_ins = vec![stand_in(StandInKind::Deputy, 2, 5)];
    assert_eq!(rules(&chain, 2), ["approval-on-leave"]);
    assert_eq!(chain.turn_of(person(5)).unwrap().on_behalf_of, person(2));
    chain.day = "2026-11-23".parse().unwrap();
    assert!(chain.turn_of(person(2)).is_ok(), "back the day after");
}

#[test]
fn a_deputy_counts_on_the_first_and_the_last_day_and_not_outside() {
    let mut chain = chain();
    chain.today.stand_ins = vec![stand_in(StandInKind::Deputy, 2, 5)];
    for (day, may) in [("2026-10-31", false), ("2026-11-01", true), ("2026-11-30", true), ("2026-12-01", false)] {
        chain.day = day.parse().unwrap();
        assert_eq!(chain.turn_of(person(5)).is_ok(), may, "{day}");
        if !may {
            assert_eq!(rules(&chain, 5), ["approval-stand-in-dates"], "{day}");
        }
    }
}

#[test]
fn a_delegate_decides_up_to_the_amount_and_passes_nothing_on() {
    let mut chain = chain();
    let mut delegate = stand_in(StandInKind::Delegate, 2, 5);
    delegate.up_to_gross = Some("999.99".parse().unwrap());
    chain.today.stand_ins = vec![delegate, stand_in(StandInKind::Delegate, 5, 4)];
    assert_eq!(rules(&chain, 5), ["approval-stand-in-amount"]);
    assert_eq!(rules(&chain, 4), ["approval-not-passed-on"]);
    chain.gross = "999.99".parse().unwrap();
    assert!(chain.turn_of(person(5)).is_ok());
    assert_eq!(rules(&chain, 4), ["approval-not-passed-on"]);
}

#[test]
fn nobody_decides_two_steps_through_somebody_else() {
    let mut chain = chain();
    chain.at_submission.steps[1].persons = vec![person(2), person(3)];
    chain.today.stand_ins = vec![stand_in(StandInKind::Deputy, 2, 5)];
    chain.given.push(given(1, 2));
    assert_eq!(rules(&chain, 5), ["approval-one-step-each"]);
    assert_eq!(chain.may_decide(), [person(3)]);
}

#[test]
fn who_is_no_approver_any_more_decides_nothing() {
    let mut chain = chain();
    chain.approvers.retain(|it| *it != person(2));
    assert_eq!(rules(&chain, 2), ["approval-step-names-others"]);
}

#[test]
fn whoever_can_still_act_is_told_before_a_request_runs_out() {
    let mut chain = chain();
    chain.today.stand_ins = vec![stand_in(StandInKind::Deputy, 2, 5)];
    assert_eq!(chain.to_be_told(), [person(2), person(3), person(5)], "approver, next step, deputy");
    chain.today.stand_ins.clear();
    chain.today.absences = vec![Absence { person: person(2), period: period("2026-11-01", "2026-11-30") }];
    assert_eq!(chain.to_be_told(), [person(3)]);
    chain.at_submission.steps.truncate(1);
    assert_eq!(chain.to_be_told(), (2..=5).map(person).collect::<Vec<_>>(), "nobody can decide: everybody is told");
    chain.at_submission.steps.clear();
    assert_eq!(chain.to_be_told().len(), 3, "without steps all approvers but the requester who are not away");
}

#[test]
fn every_obstacle_says_what_helps() {
    let mut chain = chain();
    chain.today.stand_ins = vec![stand_in(StandInKind::Deputy, 2, 5)];
    chain.day = "2026-12-01".parse().unwrap();
    let name = |_| "Karl Beispiel".to_owned();
    let text = chain.turn_of(person(5)).unwrap_err()[0].german("EUR", &name);
    assert!(text.contains("Karl Beispiel gilt vom 01.11.2026 bis 30.11.2026, heute nicht"), "{text}");
    assert!(text.contains("entscheidet selbst"), "{text}");
}

#[test]
fn an_order_that_cannot_work_is_refused_with_its_place() {
    let approvers: Vec<PersonId> = (1..=5).map(person).collect();
    let fields = |order: &ApprovalOrder| -> Vec<(String, &'static str)> {
        let mistakes = order.mistakes(&approvers, &|_| "Karl".to_owned());
        mistakes.into_iter().map(|it| (it.field, it.rule)).collect()
    };
    let mut order = chain().today;
    assert!(fields(&order).is_empty());
    order.stand_ins = vec![stand_in(StandInKind::Delegate, 2, 5), stand_in(StandInKind::Delegate, 5, 4)];
    assert_eq!(fields(&order), [("stand_ins[1].person".into(), "approval-not-passed-on")]);
    order.stand_ins[1].period = period("2026-12-01", "2026-12-31");
    assert!(fields(&order).is_empty(), "on other days the right is one's own");

    order.stand_ins = vec![stand_in(StandInKind::Deputy, 2, 2), stand_in(StandInKind::Deputy, 3, 9)];
    let expected = [
        ("stand_ins[0].person".to_owned(), "approval-stand-in-self"),
        ("stand_ins[1].person".to_owned(), "approval-not-an-approver"),
    ];
    assert_eq!(fields(&order), expected);

    order.stand_ins = vec![stand_in(StandInKind::Deputy, 2, 5)];
    order.absences = vec![Absence { person: person(5), period: period("2026-10-01", "2026-12-31") }];
    assert_eq!(fields(&order), [("stand_ins[0].person".into(), "approval-on-leave")]);

    let mut order = chain().today;
    order.steps[0].title = " ".into();
    order.steps[1].from_gross = "-1".parse().unwrap();
    order.steps[2].cpv = Some("4x".into());
    let expected = ["steps[0].title", "steps[1].from_gross", "steps[2].cpv"];
    assert_eq!(fields(&order).into_iter().map(|it| it.0).collect::<Vec<_>>(), expected);
    let mut order = chain().today;
    order.steps[1].persons = vec![person(2)];
    assert_eq!(fields(&order), [("steps[1].persons".into(), "approval-one-step-each")]);
    order.steps = (0..11).map(|_| step("Schritt", "0", &[])).collect();
    assert_eq!(fields(&order), [("steps".into(), "approval-too-many")]);
}
