//! Asking the suppliers of a cascade one after the other: requests, declines, silence after the answer
//! period, and whom a draft names.

use abruf::actions::ActionError;
use abruf::actions::ask_rank::ask;
use abruf::actions::draft_call_off::preview;
use abruf::actions::record_decline::record;
use abruf::actions::release_call_off::release;
use abruf_domain::Outcome;
use abruf_domain::answer_period::RankRequest;
use abruf_domain::facts::Decline;
use abruf_domain::ids::{CallOffId, OrganisationId};
use abruf_domain::notation::Language;
use abruf_domain::texts::Texts;

use super::{Altenrode, LINES, declined, released};
use crate::world::contract::{Contract, fixed};

/// Two suppliers in rank, with an answer period in working days or none. It is Sunday, 22 November 2026.
struct Cascade {
    here: Altenrode,
    contract: Contract,
    second: OrganisationId,
}

impl Cascade {
    async fn new(days: Option<i32>) -> Self {
        Self::of("cascade", days).await
    }

    async fn of(mechanism: &str, days: Option<i32>) -> Self {
        let here = Altenrode::new().await;
        let second = here.world.organisation("Saale Systemhaus GmbH", "unternehmen").await;
        here.world.plays(second, "supplier").await;
        let contract = here
            .world
            .contract("RV-K")
            .mechanism(mechanism)
            .supplier(second)
            .item("CTX-TRN", fixed("1180.00").unit("Tag"))
            .item("CTX-UNI", fixed("11.85").unit("Nutzer"))
            .entitles(here.town)
            .await;
        sqlx::query("UPDATE framework_contract SET answer_period_days = $2 WHERE id = $1")
            .bind(contract.id.0)
            .bind(days)
            .execute(here.world.owner())
            .await
            .unwrap();
        Self { here, contract, second }
    }

    async fn draft(&self) -> CallOffId {
        self.here.world.draft(&self.here.eva, &self.contract, LINES).await
    }

    async fn ask(&self, id: CallOffId, supplier: OrganisationId, asked_on: &str) -> Result<(), ActionError> {
        let request = RankRequest { supplier, asked_on: asked_on.parse().unwrap() };
        ask(&self.here.world.app, &self.here.eva, id, &request, "E-Mail").await
    }

    async fn decline(&self, id: CallOffId, received_at: &str) -> Result<(), ActionError> {
        let decline = Decline {
            supplier: self.here.world.supplier,
            received_at: received_at.parse().unwrap(),
            reason: "Lieferengpass".to_owned(),
            document: "E-Mail".to_owned(),
        };
        record(&self.here.world.app, &self.here.eva, id, &decline).await
    }

    async fn named(&self, id: CallOffId) -> OrganisationId {
        self.here.world.call_off(id).await.supplier
    }

    async fn declines(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM decline").fetch_one(self.here.world.owner()).await.unwrap()
    }

    async fn requests(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM rank_request").fetch_one(self.here.world.owner()).await.unwrap()
    }
}

/// The one field that is wrong, with its message.
#[track_caller]
fn field(result: Result<(), ActionError>) -> (String, String) {
    match result {
        Err(ActionError::Invalid(errors)) if errors.len() == 1 => (errors[0].field.clone(), errors[0].message.clone()),
        other => panic!("not one wrong field but {other:?}"),
    }
}

#[tokio::test]
async fn silence_after_the_answer_period_gives_the_next_rank_its_turn_and_shows_the_arithmetic() {
    let cascade = Cascade::new(Some(3)).await;
    let app = &cascade.here.world.app;
    let first = cascade.here.world.supplier;
    let draft = cascade.draft().await;
    assert_eq!(cascade.named(draft).await, first);

    // Thursday: Friday, Monday and Tuesday count, so the answer is due on the 24th.
    cascade.ask(draft, first, "2026-11-19").await.unwrap();
    assert_eq!(cascade.named(draft).await, first, "the period is still running");
    cascade.here.world.at("2026-11-24T22:59:59Z");
    cascade.here.world.change(&cascade.here.eva, draft, LINES).await;
    assert_eq!(cascade.named(draft).await, first, "the last second of the 24th in Berlin");
    cascade.here.world.at("2026-11-24T23:00:00Z");
    cascade.here.world.change(&cascade.here.eva, draft, LINES).await;
    assert_eq!(cascade.named(draft).await, cascade.second, "the first second of the 25th");

    let judged = preview(app, &cascade.here.eva, draft).await.unwrap().review;
    let finding = judged.findings.iter().find(|finding| finding.rule == "cascade-order").unwrap();
    assert_eq!(finding.outcome, Outcome::Passed);
    let texts: Texts = abruf_domain::checks::by_id("cascade-order").unwrap().texts;
    let sentence = texts.sentence(finding, Language::German, "EUR");
    for words in ["gefragt am 19.11.2026", "3 Arbeitstage", "Frist bis 24.11.2026"] {
        assert!(sentence.contains(words), "{words}: {sentence}");
    }
    abruf::actions::submit_call_off::submit(app, &cascade.here.eva, draft, None).await.unwrap();
    released(release(app, &cascade.here.karl, draft, None).await);
}

#[tokio::test]
async fn without_an_answer_period_silence_says_nothing() {
    let cascade = Cascade::new(None).await;
    let draft = cascade.draft().await;
    cascade.ask(draft, cascade.here.world.supplier, "2026-06-01").await.unwrap();
    cascade.here.world.change(&cascade.here.eva, draft, LINES).await;
    assert_eq!(cascade.named(draft).await, cascade.here.world.supplier);
}

#[tokio::test]
async fn a_documented_decline_names_the_next_rank_in_the_draft() {
    let cascade = Cascade::new(Some(5)).await;
    let draft = cascade.draft().await;
    cascade.ask(draft, cascade.here.world.supplier, "2026-11-19").await.unwrap();
    cascade.decline(draft, "2026-11-20T10:00:00Z").await.unwrap();
    assert_eq!(cascade.named(draft).await, cascade.second);
    let log = cascade.here.log(draft).await;
    assert!(log.ends_with(&["rank_request_recorded".to_owned(), "decline_recorded".to_owned()]), "{log:?}");
}

#[tokio::test]
async fn a_decline_of_the_future_before_the_request_or_after_the_order_is_refused_and_writes_nothing() {
    let cascade = Cascade::new(Some(3)).await;
    let app = &cascade.here.world.app;
    let draft = cascade.draft().await;
    cascade.ask(draft, cascade.here.world.supplier, "2026-11-19").await.unwrap();

    let (name, message) = field(cascade.decline(draft, "2026-11-22T09:00:01Z").await);
    assert_eq!(name, "received_at");
    assert!(message.contains("Zukunft") && message.contains("Bitte"), "{message}");

    let (name, message) = field(cascade.decline(draft, "2026-11-18T22:59:59Z").await);
    assert_eq!(name, "received_at");
    for words in ["19.11.2026", "18.11.2026", "Bitte prüfen Sie das Datum"] {
        assert!(message.contains(words), "{words}: {message}");
    }

    abruf::actions::submit_call_off::submit(app, &cascade.here.eva, draft, None).await.unwrap();
    released(release(app, &cascade.here.karl, draft, None).await);
    cascade.here.world.at("2026-11-23T09:00:00Z");
    let (name, message) = field(cascade.decline(draft, "2026-11-23T08:00:00Z").await);
    assert_eq!(name, "received_at");
    assert!(message.contains("erteilt") && message.contains("23.11.2026"), "{message}");
    let before = cascade.decline(draft, "2026-11-20T08:00:00Z").await;
    assert!(matches!(before, Err(ActionError::WrongState(_))), "{before:?}");
    assert_eq!(cascade.declines().await, 0);
}

#[tokio::test]
async fn suppliers_are_asked_in_rank_once_and_not_in_the_future() {
    let cascade = Cascade::new(Some(3)).await;
    let first = cascade.here.world.supplier;
    let draft = cascade.draft().await;
    let (name, message) = field(cascade.ask(draft, cascade.second, "2026-11-20").await);
    assert_eq!(name, "supplier_id");
    assert!(message.contains("Zuerst ist Anhalt Digital GmbH"), "{message}");
    assert_eq!(field(cascade.ask(draft, first, "2026-11-23").await).0, "asked_on");
    assert_eq!(cascade.requests().await, 0);
    cascade.ask(draft, first, "2026-11-22").await.unwrap();
    assert_eq!(field(cascade.ask(draft, first, "2026-11-22").await).0, "supplier_id");
    let stranger = cascade.here.world.organisation("Irgendwer GmbH", "unternehmen").await;
    assert_eq!(field(cascade.ask(draft, stranger, "2026-11-22").await).0, "supplier_id");
    assert_eq!(cascade.requests().await, 1);
}

#[tokio::test]
async fn another_requesters_draft_cannot_be_asked_for() {
    let cascade = Cascade::new(Some(3)).await;
    let draft = cascade.draft().await;
    let neighbour = cascade.here.world.member("Stadt Neufeld").await;
    let colleague = cascade.here.world.buyer(cascade.here.town).named("Emil Muster").await;
    let stranger = cascade.here.world.buyer(neighbour).await;
    let request = RankRequest { supplier: cascade.here.world.supplier, asked_on: "2026-11-20".parse().unwrap() };
    for actor in [&colleague, &stranger] {
        let asked = ask(&cascade.here.world.app, actor, draft, &request, "E-Mail").await;
        assert!(matches!(asked, Err(ActionError::NotFound)), "{asked:?}");
    }
    let approver = ask(&cascade.here.world.app, &cascade.here.karl, draft, &request, "E-Mail").await;
    assert!(matches!(approver, Err(ActionError::NotPermitted(_))), "{approver:?}");
}

#[tokio::test]
async fn a_contract_without_ranks_takes_no_requests() {
    let cascade = Cascade::of("rotation", None).await;
    let draft = cascade.draft().await;
    let (name, message) = field(cascade.ask(draft, cascade.here.world.supplier, "2026-11-20").await);
    assert_eq!(name, "supplier_id");
    assert!(message.contains("keine Rangfolge"), "{message}");
}

#[tokio::test]
async fn a_rotation_names_who_is_next_in_turn() {
    let cascade = Cascade::of("rotation", None).await;
    let app = &cascade.here.world.app;
    let order = cascade.draft().await;
    assert_eq!(cascade.named(order).await, cascade.here.world.supplier);
    abruf::actions::submit_call_off::submit(app, &cascade.here.eva, order, None).await.unwrap();
    released(release(app, &cascade.here.karl, order, None).await);
    let next = abruf::actions::draft_call_off::create(app, &cascade.here.eva, cascade.contract.id).await.unwrap();
    assert_eq!(cascade.named(next.id).await, cascade.second, "from the first moment on");
    let next = cascade.draft().await;
    assert_eq!(cascade.named(next).await, cascade.second);
}

#[tokio::test]
async fn a_request_that_waits_in_vain_is_told_until_when() {
    let cascade = Cascade::new(Some(3)).await;
    let app = &cascade.here.world.app;
    let draft = cascade.draft().await;
    cascade.ask(draft, cascade.here.world.supplier, "2026-11-20").await.unwrap();
    sqlx::query("UPDATE call_off SET supplier_id = $2, supplier_chosen = true WHERE id = $1")
        .bind(draft.0)
        .bind(cascade.second.0)
        .execute(cascade.here.world.owner())
        .await
        .unwrap();
    let review = declined(abruf::actions::submit_call_off::submit(app, &cascade.here.eva, draft, None).await);
    let finding = super::block(&review);
    assert_eq!((finding.rule.as_str(), finding.wording.as_deref()), ("cascade-order", Some("waiting")));
}
