//! The check without a draft says what submission and release say, and writes nothing.

use abruf::actions::ActionError;
use abruf::actions::check_call_off::{Answer, Question, check};
use abruf::actions::draft_call_off::LineInput;
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::submit_call_off::{Submission, submit};
use abruf::actor::Actor;
use abruf_domain::Review;
use abruf_domain::canonical::canonical_json;
use abruf_domain::ids::{OrganisationId, PersonId};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::{Altenrode, LINES, block, invalid_field, rules};
use crate::world::contract::{Contract, fixed, quantity, value};

/// A question with the details that a draft of [`crate::world::World::draft`] has.
async fn question(here: &Altenrode, contract: &Contract, lines: &[(&str, &str)]) -> Question {
    let draft = here.world.draft(&here.eva, contract, lines).await;
    Question {
        contract: contract.id.0,
        lines: typed(lines),
        details: here.world.call_off(draft).await.details,
        ..Question::default()
    }
}

fn typed(lines: &[(&str, &str)]) -> Vec<LineInput> {
    lines.iter().map(|(article, quantity)| LineInput::new(*article, *quantity)).collect()
}

async fn ask(here: &Altenrode, actor: &Actor, question: &Question) -> Answer {
    check(&here.world.app, actor, question).await.unwrap()
}

/// Everything a verdict consists of, as programs read it.
fn verdict(review: &Review) -> String {
    canonical_json(&(review.decision, &review.findings, &review.priced, &review.savings, &review.gaps))
}

#[tokio::test]
async fn it_says_what_submission_and_release_say_on_the_same_state() {
    let here = Altenrode::new().await;
    let contract = here
        .world
        .contract("RV-2025-07")
        .ceiling(value("30000.00"))
        .item("TRN", fixed("1180.00").unit("Tag"))
        .item("SRV", fixed("150.25").unit("Stunde"))
        .item_ceiling("SRV", quantity("40"))
        .entitles(here.town)
        .await;
    let mut runner = TestRunner::deterministic();
    let mut blocked = 0;
    for _ in 0..40 {
        let (days, hours) = (1_u32..9, 1_u32..30).new_tree(&mut runner).unwrap().current();
        let (days, hours) = (days.to_string(), hours.to_string());
        let lines = [("TRN", days.as_str()), ("SRV", hours.as_str())];
        let submission = question(&here, &contract, &lines).await;
        let at_submission = ask(&here, &here.eva, &submission).await.review;
        let at_release = Question { approver: Some(here.karl.person), ..submission };
        let at_release = ask(&here, &here.eva, &at_release).await.review;

        let id = here.world.draft(&here.eva, &contract, &lines).await;
        match submit(&here.world.app, &here.eva, id, None).await.unwrap() {
            Submission::Submitted { review, .. } => {
                assert_eq!(verdict(&at_submission), verdict(&review), "{lines:?}");
                let Release::Released { .. } = release(&here.world.app, &here.karl, id, None).await.unwrap() else {
                    panic!("{lines:?} was not released")
                };
                let stored = here.release_review(&contract, id).await;
                assert_eq!(verdict(&at_release), verdict(&stored), "{lines:?}");
            }
            Submission::Declined { review, .. } => {
                blocked += 1;
                assert_eq!(verdict(&at_submission), verdict(&review), "{lines:?}");
            }
            Submission::Incomplete { gaps, .. } => panic!("{gaps:?}"),
        }
    }
    assert!(0 < blocked && blocked < 40, "both ends have to occur, blocked {blocked} of 40");
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn it_writes_nothing() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let asked = question(&here, &contract, LINES).await;
    let count =
        "SELECT (SELECT count(*) FROM call_off) + (SELECT count(*) FROM review) + (SELECT count(*) FROM audit_entry)
                      + (SELECT count(*) FROM volume_entry)";
    let before: i64 = sqlx::query_scalar(count).fetch_one(here.world.owner()).await.unwrap();
    ask(&here, &here.eva, &asked).await;
    let after: i64 = sqlx::query_scalar(count).fetch_one(here.world.owner()).await.unwrap();
    assert_eq!(before, after);
}

#[tokio::test]
async fn another_day_gives_the_verdict_of_that_day() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let asked = question(&here, &contract, LINES).await;
    let too_late = Question { at: Some("2027-02-28T23:00:00Z".parse().unwrap()), ..asked };
    assert_eq!(block(&ask(&here, &here.eva, &too_late).await.review).rule, "within-term");
}

#[tokio::test]
async fn the_largest_quantity_can_be_ordered_and_one_more_cannot() {
    let here = Altenrode::new().await;
    let contract = here
        .world
        .contract("RV-2025-08")
        .ceiling(value("11800.00"))
        .item("TRN", fixed("1180.00"))
        .entitles(here.town)
        .await;
    let asked = Question { headroom: true, ..question(&here, &contract, &[("TRN", "1")]).await };
    let answer = ask(&here, &here.eva, &asked).await;
    assert_eq!(answer.headroom[0].quantity.unwrap().to_string(), "10");
    assert_eq!(answer.headroom[0].limited_by[0].rule, "cap-value");
    here.world.request(&here.eva, &contract, &[("TRN", "10")]).await;
    assert_eq!(ask(&here, &here.eva, &asked).await.headroom[0].quantity, None, "all of it is reserved now");
}

#[tokio::test]
async fn who_asks_with_themselves_as_releaser_meets_four_eyes() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    here.world.approver(here.town).same_person_as(&here.eva).await;
    let asked = Question { approver: Some(here.eva.person), ..question(&here, &contract, LINES).await };
    assert_eq!(block(&ask(&here, &here.eva, &asked).await.review).rule, "four-eyes");
}

#[tokio::test]
async fn somebody_without_the_right_to_release_is_no_approver() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    for person in [here.olga.person, PersonId(here.world.id())] {
        let asked = Question { approver: Some(person), ..question(&here, &contract, LINES).await };
        let refused = check(&here.world.app, &here.eva, &asked).await;
        assert_eq!(invalid_field(refused), "approver");
    }
}

#[tokio::test]
async fn the_office_asks_for_any_member_and_others_only_for_their_own() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let asked = question(&here, &contract, LINES).await;
    let birkau = here.world.member("Gemeinde Birkau").await;

    let for_birkau = Question { member: Some(birkau), ..asked.clone() };
    let answer = ask(&here, &here.olga, &for_birkau).await;
    assert!(rules(&answer.review, abruf_domain::Outcome::Block).contains(&"member-entitled"), "{:?}", answer.review);
    assert_eq!(invalid_field(check(&here.world.app, &here.olga, &asked).await), "member_id");

    for foreign in [birkau, OrganisationId(here.world.id())] {
        let refused = check(&here.world.app, &here.eva, &Question { member: Some(foreign), ..asked.clone() }).await;
        assert!(matches!(refused, Err(ActionError::NotFound)), "{refused:?}");
    }
}
