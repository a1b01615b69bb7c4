//! The check without a draft: what it answers, whom, and that it writes nothing. That submission and release
//! say the same: `agreement.rs`.

use abruf::actions::ActionError;
use abruf::actions::check_call_off::{Answer, Question, check};
use abruf::actions::draft_call_off::LineInput;
use abruf::actor::Actor;
use abruf_domain::ids::{OrganisationId, PersonId};

use super::{Altenrode, LINES, block, invalid_field, rules};
use crate::world::contract::{Contract, fixed, value};

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
