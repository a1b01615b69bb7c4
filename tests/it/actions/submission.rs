//! Handing a draft over: what passes, and what keeps it a draft.

use abruf::actions::draft_call_off::{self, LineInput};
use abruf::actions::justify_finding::justify;
use abruf::actions::submit_call_off::{Submission, submit};
use abruf::actions::{ActionError, end_request};
use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use abruf_domain::review::Gap;
use abruf_domain::{Outcome, Review};

use super::{Altenrode, LINES, block, declined, figure, invalid_field, rules, submitted};
use crate::world::contract::{fixed, quantity, value};

/// Submits a draft that must be declined, and checks that it stays as it was.
async fn stays_a_draft(here: &Altenrode, id: CallOffId) -> Box<Review> {
    let (before, lines) = here.world.call_off_with_lines(id).await;
    let review = declined(submit(&here.world.app, &here.eva, id, None).await);
    let (after, lines_after) = here.world.call_off_with_lines(id).await;
    assert_eq!(after.declined_at, Some(here.world.app.clock.now()));
    assert_eq!(before, abruf::storage::call_offs::CallOff { declined_at: before.declined_at, ..after });
    assert_eq!(lines, lines_after);
    assert_eq!(here.steps(id).await, ["created", "declined"]);
    assert_eq!(here.log(id).await, ["submission_declined"]);
    here.world.keeps_its_promises().await;
    review
}

#[tokio::test]
async fn a_lawful_draft_becomes_a_request_that_holds_its_volume() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let id = here.world.draft(&here.eva, &contract, LINES).await;
    let submission = submit(&here.world.app, &here.eva, id, None).await.unwrap();
    let Submission::Submitted { expires_at, ref case_number, ref review, .. } = submission else {
        panic!("{submission:?}")
    };
    assert_eq!(expires_at.to_rfc3339(), "2026-12-06T09:00:00+00:00", "14 days later");
    assert!(case_number.starts_with("V-"));
    assert_eq!(review.priced.net.to_string(), "19424.00");
    assert_eq!(review.savings.as_ref().unwrap().net.to_string(), "3232.64");
    assert_eq!(rules(review, Outcome::Pending), ["four-eyes", "power-to-bind"]);

    let call_off = here.world.call_off(id).await;
    assert_eq!((call_off.status, call_off.number), (Status::Submitted, None));
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "19424"]);
    assert_eq!(here.steps(id).await, ["created", "submitted"]);
    assert_eq!(here.log(id).await, ["call_off_submitted"]);
    here.world.keeps_its_promises().await;

    let again = submit(&here.world.app, &here.eva, id, None).await;
    assert!(matches!(again, Err(ActionError::WrongState(Status::Submitted))), "{again:?}");
}

#[tokio::test]
async fn one_cent_over_the_ceiling_stays_a_draft() {
    let here = Altenrode::new().await;
    let contract = here.citrix("RV-2025-02").ceiling(value("19423.99")).entitles(here.town).await;
    let id = here.world.draft(&here.eva, &contract, LINES).await;
    let review = stays_a_draft(&here, id).await;
    assert_eq!(block(&review).rule, "cap-value");
    assert_eq!(figure(block(&review), "overrun"), "0.01");
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "0"]);
}

#[tokio::test]
async fn reaching_the_ceiling_to_the_cent_is_allowed() {
    let here = Altenrode::new().await;
    let contract = here.citrix("RV-2025-03").ceiling(value("19424.00")).entitles(here.town).await;
    here.request(&contract).await;
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "19424"]);
}

#[tokio::test]
async fn one_second_after_the_last_day_in_berlin_is_too_late() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let in_time = here.world.draft(&here.eva, &contract, LINES).await;
    let too_late = here.world.draft(&here.eva, &contract, LINES).await;
    here.world.at("2027-02-28T22:59:59Z");
    submitted(submit(&here.world.app, &here.eva, in_time, None).await);
    here.world.at("2027-02-28T23:00:00Z");
    let review = stays_a_draft(&here, too_late).await;
    assert_eq!(block(&review).rule, "within-term");
    assert_eq!(figure(block(&review), "day"), "2027-03-01");
    assert_eq!(figure(block(&review), "end"), "2027-02-28");
}

#[tokio::test]
async fn an_option_counts_only_if_it_was_exercised_by_its_deadline() {
    let here = Altenrode::new().await;
    for (number, exercised_on, allowed) in [("RV-A", "2026-08-31", true), ("RV-B", "2026-09-01", false)] {
        let contract = here
            .citrix(number)
            .term("2025-03-01", "2026-10-31")
            .option("2027-10-31", "2026-08-31", Some(exercised_on))
            .entitles(here.town)
            .await;
        let id = here.world.draft(&here.eva, &contract, LINES).await;
        if allowed {
            submitted(submit(&here.world.app, &here.eva, id, None).await);
        } else {
            let review = stays_a_draft(&here, id).await;
            assert_eq!(block(&review).wording.as_deref(), Some("late_option"));
        }
    }
}

#[tokio::test]
async fn a_town_that_joined_after_the_notice_may_not_use_a_named_list() {
    let here = Altenrode::new().await;
    let late = here.world.member("Stadt Spätin").joined("2025-06-01").await;
    let buyer = here.world.buyer(late).await;

    let without = here.citrix("RV-A").entitles(here.town).await;
    let id = here.world.draft(&buyer, &without, LINES).await;
    let review = declined(submit(&here.world.app, &buyer, id, None).await);
    assert_eq!(block(&review).rule, "member-entitled");

    let afterwards = here.citrix("RV-B").entitles(here.town).entitles_since(late, "2025-06-01").await;
    let id = here.world.draft(&buyer, &afterwards, LINES).await;
    let review = declined(submit(&here.world.app, &buyer, id, None).await);
    assert_eq!(block(&review).rule, "entitlement-after-notice");
    assert_eq!(figure(block(&review), "entered_on"), "2025-06-01");
}

#[tokio::test]
async fn an_announced_category_includes_newcomers_only_if_it_says_so() {
    let here = Altenrode::new().await;
    let late = here.world.member("Stadt Spätin").joined("2025-06-01").await;
    let buyer = here.world.buyer(late).await;
    for (number, with_future_members) in [("RV-A", true), ("RV-B", false)] {
        let contract = here.citrix(number).entitles_every("stadt", with_future_members).await;
        let id = here.world.draft(&buyer, &contract, LINES).await;
        let submission = submit(&here.world.app, &buyer, id, None).await;
        if with_future_members {
            assert!(rules(&submitted(submission), Outcome::Notice).contains(&"accession-after-notice"));
        } else {
            assert_eq!(block(&declined(submission)).rule, "accession-after-notice");
        }
    }
}

#[tokio::test]
async fn an_old_member_put_on_the_list_after_the_notice_is_not_entitled() {
    let here = Altenrode::new().await;
    let contract = here.citrix("RV-A").announced("2024-11-15").entitles_since(here.town, "2025-01-10").await;
    let id = here.world.draft(&here.eva, &contract, LINES).await;
    let review = stays_a_draft(&here, id).await;
    assert_eq!(block(&review).rule, "entitlement-after-notice");
    assert_eq!(figure(block(&review), "notice_date"), "2024-11-15");
}

#[tokio::test]
async fn a_member_that_has_left_calls_off_nothing() {
    let here = Altenrode::new().await;
    let former = here.world.member("Stadt Ehemals").left("2025-12-31").await;
    let buyer = here.world.buyer(former).await;
    let contract = here.citrix("RV-A").entitles(former).await;
    let id = here.world.draft(&buyer, &contract, LINES).await;
    let review = declined(submit(&here.world.app, &buyer, id, None).await);
    assert_eq!(block(&review).rule, "member-active");
}

#[tokio::test]
async fn half_a_packing_unit_is_refused_with_the_next_quantity() {
    let here = Altenrode::new().await;
    let contract = here.world.contract("RV-T").item("TON", fixed("31.90").in_packs_of("5")).entitles(here.town).await;
    let id = here.world.draft(&here.eva, &contract, &[("TON", "7,5")]).await;
    let review = stays_a_draft(&here, id).await;
    assert_eq!(block(&review).rule, "qty-increment");
    assert_eq!(figure(block(&review), "next"), "10");
}

#[tokio::test]
async fn an_empty_reason_is_cured_by_writing_it_and_by_nothing_else() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let id = here.world.draft(&here.eva, &contract, LINES).await;
    let call_off = here.world.call_off(id).await;
    let mut details = call_off.details.clone();
    details.need = "  \n ".to_owned();
    let version =
        draft_call_off::save_details(&here.world.app, &here.eva, id, call_off.version, &details).await.unwrap();
    let review = stays_a_draft(&here, id).await;
    assert_eq!(rules(&review, Outcome::Justify), ["need-documented"]);

    justify(&here.world.app, &here.eva, id, "need-documented", "Steht doch in der Akte").await.unwrap();
    let review = declined(submit(&here.world.app, &here.eva, id, None).await);
    assert_eq!(rules(&review, Outcome::Justify), ["need-documented"], "a text about the field is not the field");

    details.need = "Ersatz für 120 Arbeitsplätze laut Inventar".to_owned();
    draft_call_off::save_details(&here.world.app, &here.eva, id, version, &details).await.unwrap();
    submitted(submit(&here.world.app, &here.eva, id, None).await);
}

#[tokio::test]
async fn an_unknown_article_and_a_foreign_supplier_are_findings_not_errors() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let id = here.world.draft(&here.eva, &contract, &[("CTX-UNI", "120"), ("GIBT-ES-NICHT", "1")]).await;
    let review = stays_a_draft(&here, id).await;
    assert_eq!(block(&review).rule, "item-in-scope");

    let id = here.world.draft(&here.eva, &contract, LINES).await;
    sqlx::query("UPDATE contract_party SET valid_to = '2026-10-31' WHERE contract_id = $1")
        .bind(contract.id.0)
        .execute(here.world.owner())
        .await
        .unwrap();
    let review = stays_a_draft(&here, id).await;
    assert_eq!(block(&review).rule, "supplier-is-party");
    let none = draft_call_off::create(&here.world.app, &here.eva, contract.id).await;
    assert!(matches!(none, Err(ActionError::Refused(_))), "no supplier today: {none:?}");
}

#[tokio::test]
async fn every_finding_is_told_at_once() {
    let here = Altenrode::new().await;
    let contract = here
        .citrix("RV-A")
        .minimum("50000.00")
        .ceiling(value("10000.00"))
        .lot_ceiling(quantity("100"))
        .item_ceiling("CTX-UNI", quantity("100"))
        .quota(here.town, value("1000.00"))
        .await;
    let id = here.world.draft(&here.eva, &contract, LINES).await;
    here.world.at("2027-03-01T09:00:00Z");
    let review = stays_a_draft(&here, id).await;
    assert_eq!(
        rules(&review, Outcome::Block),
        [
            "member-entitled",
            "within-term",
            "min-order-value",
            "cap-value",
            "cap-quantity",
            "cap-quantity",
            "member-quota"
        ]
    );
    assert!(review.savings.is_none(), "what is blocked saves nothing");
}

#[tokio::test]
async fn an_unfinished_form_is_neither_judged_nor_stored() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let empty = draft_call_off::create(&here.world.app, &here.eva, contract.id).await.unwrap().id;
    let submission = submit(&here.world.app, &here.eva, empty, None).await.unwrap();
    assert!(matches!(&submission, Submission::Incomplete { gaps, .. } if *gaps == [Gap::NoLines]), "{submission:?}");

    here.world.change(&here.eva, empty, LINES).await;
    let submission = submit(&here.world.app, &here.eva, empty, None).await.unwrap();
    let missing = [Gap::PerformanceMissing { article_number: "CTX-UNI".to_owned() }];
    assert!(matches!(&submission, Submission::Incomplete { gaps, .. } if *gaps == missing), "{submission:?}");
    assert_eq!(here.steps(empty).await, ["created"]);
    assert!(here.log(empty).await.is_empty());
}

#[tokio::test]
async fn bad_input_names_its_field_and_changes_nothing() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let app = &here.world.app;
    let id = here.world.draft(&here.eva, &contract, LINES).await;
    let (before, lines) = here.world.call_off_with_lines(id).await;
    let line = |article: &str, quantity: &str| LineInput::new(article, quantity);
    for quantity in ["0", "-1", "1e9", "999999999", "zwölf", "", "\0", &"9".repeat(40), "NaN", "0,00001"] {
        let saved = draft_call_off::save_lines(app, &here.eva, id, before.version, &[line("CTX-TRN", quantity)]).await;
        assert_eq!(invalid_field(saved), "lines[0].quantity", "{quantity}");
    }
    for article in ["", "   ", "\0", &"x".repeat(101)] {
        let saved = draft_call_off::save_lines(app, &here.eva, id, before.version, &[line(article, "1")]).await;
        assert_eq!(invalid_field(saved), "lines[0].article_number", "{article:?}");
    }
    let many: Vec<LineInput> = (0..401).map(|_| line("CTX-TRN", "1")).collect();
    assert_eq!(invalid_field(draft_call_off::save_lines(app, &here.eva, id, before.version, &many).await), "lines");
    for text in ["x".repeat(10_000), "Schreib\0tisch".to_owned()] {
        let mut details = before.details.clone();
        details.contact = text;
        let saved = draft_call_off::save_details(app, &here.eva, id, before.version, &details).await;
        assert_eq!(invalid_field(saved), "contact");
    }
    let stale = draft_call_off::save_lines(app, &here.eva, id, before.version - 1, &[line("CTX-TRN", "1")]).await;
    assert!(matches!(stale, Err(ActionError::Stale { .. })), "{stale:?}");
    assert_eq!((before, lines), here.world.call_off_with_lines(id).await);
}

#[tokio::test]
async fn a_contract_that_is_not_active_lets_nothing_through() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let id = here.world.draft(&here.eva, &contract, LINES).await;
    sqlx::query("UPDATE framework_contract SET status = 'suspended'").execute(here.world.owner()).await.unwrap();
    let review = stays_a_draft(&here, id).await;
    assert_eq!(block(&review).rule, "contract-active");
}

#[tokio::test]
async fn lack_of_volume_first_lets_expired_requests_of_other_members_go() {
    let here = Altenrode::new().await;
    let other = here.world.member("Stadt Neufeld").await;
    let buyer = here.world.buyer(other).await;
    let contract = here.citrix("RV-A").ceiling(value("20000.00")).entitles(here.town).entitles(other).await;
    let theirs = here.world.request(&buyer, &contract, LINES).await;
    let ours = here.world.draft(&here.eva, &contract, LINES).await;
    here.world.at("2026-12-06T08:59:59Z");
    assert_eq!(block(&declined(submit(&here.world.app, &here.eva, ours, None).await)).rule, "cap-value");
    here.world.at("2026-12-06T09:00:00Z");
    submitted(submit(&here.world.app, &here.eva, ours, None).await);
    assert_eq!(here.world.call_off(theirs).await.status, Status::Expired);
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "19424"]);
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_withdrawn_refused_or_expired_request_is_not_handed_over_again() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let app = &here.world.app;
    let [withdrawn, refused, expired] =
        [here.request(&contract).await, here.request(&contract).await, here.request(&contract).await];
    end_request::withdraw(app, &here.eva, withdrawn).await.unwrap();
    end_request::refuse(app, &here.karl, refused, "Kein Bedarf").await.unwrap();
    here.world.at("2026-12-06T09:00:00Z");
    assert_eq!(end_request::expire_due(app, None).await.unwrap(), 1);
    for (id, status) in [(withdrawn, Status::Withdrawn), (refused, Status::Refused), (expired, Status::Expired)] {
        let again = submit(app, &here.eva, id, None).await;
        assert!(matches!(again, Err(ActionError::WrongState(is)) if is == status), "{again:?}");
    }
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "0"]);
    here.world.keeps_its_promises().await;
}
