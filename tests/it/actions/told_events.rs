//! What happened to a call-off is told by mail to those who may see it, each once.

use abruf::actions::deliver_mail::deliver_next;
use abruf::actions::escalate_request::escalate_due;
use abruf::actions::release_call_off::release;
use abruf::actions::stop_supplier::{Entered, Place, stop};
use abruf::actions::tell_event::tell_next;
use abruf::actor::Actor;

use super::{Altenrode, released};
use crate::mail_server::{MailServer, Mood, Taken};

impl Altenrode {
    async fn email(&self, actor: &Actor) -> String {
        sqlx::query_scalar("SELECT email FROM person WHERE id = $1")
            .bind(actor.person.0)
            .fetch_one(self.world.owner())
            .await
            .unwrap()
    }

    /// Everything that waits is told and sent.
    async fn tells_all(&self, server: &MailServer) -> Vec<Taken> {
        while tell_next(&self.world.app).await.unwrap() {}
        while deliver_next(&self.world.app).await.unwrap() {}
        server.taken()
    }
}

#[tokio::test]
async fn a_request_that_runs_out_is_told_to_requester_and_approvers_of_its_member_and_nobody_else() {
    let (here, server) = Altenrode::with_mail().await;
    let neighbour = here.world.member("Stadt Neufeld").await;
    here.world.approver(neighbour).named("Nils Fremd").await;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    here.world.at("2026-12-03T09:00:00Z");
    escalate_due(&here.world.app).await.unwrap();
    let letters = here.tells_all(&server).await;
    let mut to: Vec<String> = letters.iter().map(|letter| letter.to.clone()).collect();
    to.sort();
    let mut expected = vec![here.email(&here.eva).await, here.email(&here.karl).await, here.email(&here.kora).await];
    expected.sort();
    assert_eq!(to, expected);
    let text = letters[0].text();
    assert!(text.contains("verfällt am 06.12.2026") && text.contains(&format!("/abrufe/{id}")), "{text}");
    assert!(!tell_next(&here.world.app).await.unwrap(), "once");
}

#[tokio::test]
async fn what_was_decided_before_it_is_told_is_no_news() {
    let (here, server) = Altenrode::with_mail().await;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    here.world.at("2026-12-03T09:00:00Z");
    escalate_due(&here.world.app).await.unwrap();
    released(release(&here.world.app, &here.karl, id, None).await);
    assert!(here.tells_all(&server).await.is_empty());
    here.request(&contract).await;
    here.world.at("2026-12-15T09:00:00Z");
    escalate_due(&here.world.app).await.unwrap();
    here.world.at("2026-12-18T09:00:01Z");
    assert!(here.tells_all(&server).await.is_empty(), "three days old: there was no mail server");
}

#[tokio::test]
async fn a_stopped_supplier_is_told_to_whoever_ordered_and_tried_again_when_the_server_is_busy() {
    let (here, server) = Altenrode::with_mail().await;
    let contract = here.contract().await;
    let order = here.request(&contract).await;
    let entered = Entered { from: "2026-11-23".parse().unwrap(), document: "Beschluss" };
    stop(&here.world.app, &here.olga, here.world.supplier, Place::default(), "insolvent", entered).await.unwrap();
    server.is_now(Mood::Busy);
    assert!(here.tells_all(&server).await.is_empty());
    server.is_now(Mood::Takes);
    here.world.at("2026-11-22T09:01:00Z");
    let letters = here.tells_all(&server).await;
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!(letter.to, here.email(&here.eva).await);
    let text = letter.text();
    assert!(text.contains("Anhalt Digital GmbH ist gesperrt") && text.contains(&format!("/abrufe/{order}")), "{text}");
    assert!(!text.contains("insolvent"), "the reason is the office's: {text}");
}
