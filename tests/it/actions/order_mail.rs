//! Orders by mail: sent once their document is there, tried again, given up, come back, sent again. Always one order.

use abruf::actions::ActionError;
use abruf::actions::cancel_call_off::cancel;
use abruf::actions::confirm_order::confirm;
use abruf::actions::decide_supplier_order::approve;
use abruf::actions::deliver_mail::deliver_next;
use abruf::actions::dispatch_order::{dispatch, note_receipt};
use abruf::actions::issue_document::issue_for;
use abruf::actions::release_call_off::release;
use abruf::actions::report_bounce::{report, report_message};
use abruf::actions::send_order::send_again;
use abruf::actions::set_order_address;
use abruf::actor::RunsAs;
use abruf::storage::idempotency::IdempotencyKey;
use abruf::storage::mails;
use abruf::verify::verify;
use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use chrono::TimeDelta;

use super::fulfilment::day;
use super::{Altenrode, LINES, invalid_field, released};
use crate::mail_server::{MailServer, Mood};
use crate::pages::browser::{Browser, read};
use crate::world::contract::{Contract, value};

const ADDRESS: &str = "bestellung@anhalt-digital.example";

impl Altenrode {
    /// Altenrode with a mail server, the supplier's address known.
    pub(super) async fn with_mail() -> (Self, MailServer) {
        let server = MailServer::start().await;
        let mut here = Self::new().await;
        here.world.app.mailer = Some(server.mailer());
        (here, server)
    }

    /// A released order whose document is there and whose mail waits.
    pub(super) async fn order_in_the_mail(&self) -> (Contract, CallOffId) {
        let contract = self.contract().await;
        set_order_address::set(&self.world.app, &self.olga, contract.id, self.world.supplier, ADDRESS).await.unwrap();
        let id = self.request(&contract).await;
        released(release(&self.world.app, &self.karl, id, None).await);
        issue_for(&self.world.app, id).await.unwrap();
        (contract, id)
    }

    pub(super) async fn delivers(&self) -> bool {
        deliver_next(&self.world.app).await.unwrap()
    }

    /// State and attempts of the mails of an order, oldest first.
    async fn mails(&self, id: CallOffId) -> Vec<(String, i32)> {
        sqlx::query_as(
            "SELECT state, attempts FROM mail WHERE call_off_id = $1 AND kind = 'order' ORDER BY created_at, id",
        )
        .bind(id.0)
        .fetch_all(self.world.owner())
        .await
        .unwrap()
    }

    pub(super) async fn bytes(&self, id: CallOffId, kind: &str) -> Vec<u8> {
        sqlx::query_scalar("SELECT bytes FROM document WHERE call_off_id = $1 AND kind = $2")
            .bind(id.0)
            .bind(kind)
            .fetch_one(self.world.owner())
            .await
            .unwrap()
    }

    pub(super) fn wait(&self, time: TimeDelta) {
        self.world.app.clock.set(self.world.app.clock.now() + time);
    }

    pub(super) async fn all_is_well(&self) {
        self.world.keeps_its_promises().await;
        let found = verify(&self.world.app, |_, _, _| {}).await.unwrap();
        assert!(found.failures.is_empty(), "{:?}", found.failures);
    }
}

pub(super) fn not_now<T: std::fmt::Debug>(result: Result<T, ActionError>) -> String {
    let Err(ActionError::NotNow(message)) = result else { panic!("done: {result:?}") };
    message
}

#[tokio::test]
async fn an_order_goes_to_its_supplier_as_its_frozen_document_and_is_dispatched() {
    let (here, server) = Altenrode::with_mail().await;
    let (_, id) = here.order_in_the_mail().await;
    assert_eq!(here.status(id).await, Status::Released, "in the mail is not yet sent");
    assert!(here.delivers().await);
    assert!(!here.delivers().await, "once");
    let letter = server.only();
    assert_eq!(letter.to, ADDRESS);
    assert_eq!(letter.pdf(), here.bytes(id, "order").await);
    assert!(letter.header("Message-ID").starts_with("<bestellung."), "{letter:?}");
    let text = letter.text();
    assert!(text.contains("Bestellung RV-2025-01-0001") && text.contains("Stadt Altenrode bestellt"), "{text}");
    assert_eq!(here.status(id).await, Status::Dispatched);
    assert_eq!(here.mails(id).await, [("sent".to_owned(), 1)]);
    assert!(here.log(id).await.contains(&"call_off_dispatched".to_owned()));
    let eva = Browser::signed_in(&here.world, &here.eva).await;
    let page = read(&eva.page(&format!("/abrufe/{id}/lieferungen")).await);
    assert!(page.contains("Versandt am 22.11.2026 E-Mail") && page.contains(", Abruf"), "{page}");
    here.all_is_well().await;
}

#[tokio::test]
async fn without_a_mail_server_nothing_is_sent_and_the_page_says_so() {
    let here = Altenrode::new().await;
    let (_, id) = here.order_in_the_mail().await;
    assert!(!here.delivers().await && here.mails(id).await.is_empty());
    let told = not_now(send_again(&here.world.app, &here.eva, id, ADDRESS, None).await);
    assert!(told.contains("selbst"), "{told}");
    let eva = Browser::signed_in(&here.world, &here.eva).await;
    let page = eva.page(&format!("/abrufe/{id}/lieferungen")).await;
    assert!(read(&page).contains("Abruf sendet hier keine E-Mails.") && !page.contains("lieferungen/senden"), "{page}");
}

#[tokio::test]
async fn a_busy_mail_server_is_asked_again_with_growing_pauses_under_the_same_message_id() {
    let (here, server) = Altenrode::with_mail().await;
    let (_, id) = here.order_in_the_mail().await;
    server.is_now(Mood::Busy);
    assert!(here.delivers().await);
    assert!(!here.delivers().await, "not at once");
    assert_eq!((here.status(id).await, here.mails(id).await), (Status::Released, vec![("waiting".to_owned(), 1)]));
    let karl = Browser::signed_in(&here.world, &here.karl).await;
    let page = read(&karl.page(&format!("/abrufe/{id}/lieferungen")).await);
    assert!(page.contains("451") && page.contains("Abruf versucht es wieder"), "{page}");
    let told = not_now(send_again(&here.world.app, &here.eva, id, ADDRESS, None).await);
    assert!(told.contains("gerade"), "{told}");
    here.wait(TimeDelta::minutes(1));
    server.is_now(Mood::Distrusts);
    assert!(here.delivers().await, "trouble with our own account is no reason to give an order up");
    here.wait(TimeDelta::minutes(1));
    assert!(!here.delivers().await, "the second pause is longer");
    here.wait(TimeDelta::minutes(4));
    server.is_now(Mood::Takes);
    assert!(here.delivers().await);
    assert_eq!((here.status(id).await, here.mails(id).await), (Status::Dispatched, vec![("sent".to_owned(), 3)]));
    assert!(server.only().header("Message-ID").ends_with(".1@elbe-saale.example>"), "the first and only message");
    here.all_is_well().await;
}

#[tokio::test]
async fn a_mail_server_that_stays_busy_makes_a_task_in_the_end() {
    let (here, server) = Altenrode::with_mail().await;
    let (_, id) = here.order_in_the_mail().await;
    server.is_now(Mood::Busy);
    let mut attempts = 0;
    while here.delivers().await {
        attempts += 1;
        here.wait(TimeDelta::hours(13));
    }
    assert_eq!((attempts, here.mails(id).await), (7, vec![("failed".to_owned(), 7)]));
    assert!(here.steps(id).await.contains(&"undeliverable".to_owned()));
}

#[tokio::test]
async fn a_refused_order_is_a_task_for_clerk_and_office_until_it_goes_out_to_the_right_address() {
    let (here, server) = Altenrode::with_mail().await;
    let app = &here.world.app;
    let (_, id) = here.order_in_the_mail().await;
    server.is_now(Mood::Refuses);
    assert!(here.delivers().await);
    here.wait(TimeDelta::days(1));
    assert!(!here.delivers().await, "refused for good");
    assert_eq!(here.status(id).await, Status::Released);
    assert!(here.log(id).await.contains(&"order_mail_failed".to_owned()));
    let stranger = here.world.member("Stadt Neufeld").await;
    let stranger = here.world.buyer(stranger).named("Nora Fremd").await;
    for (who, sees) in [(&here.eva, true), (&here.karl, true), (&here.olga, true), (&stranger, false)] {
        let start = read(&Browser::signed_in(&here.world, who).await.page("/").await);
        let told = start.contains("Diese Bestellungen konnten nicht zugestellt werden") && start.contains("550");
        assert_eq!(told, sees, "{start}");
    }
    assert!(matches!(send_again(app, &stranger, id, ADDRESS, None).await, Err(ActionError::NotFound)));
    let olga = Browser::signed_in(&here.world, &here.olga).await;
    let address = format!("/abrufe/{id}/lieferungen");
    let page = olga.page(&address).await;
    assert!(read(&page).contains("Die Bestellung konnte nicht zugestellt werden"), "{page}");
    let send = format!("{address}/senden");
    let wrong = olga.submit(&page, &send, &[("address", "bestellung.anhalt")]).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    assert!(wrong.text.contains("value=\"bestellung.anhalt\"") && here.mails(id).await.len() == 1, "{}", wrong.text);
    olga.leads_on(&page, &send, &[("address", "auftrag@anhalt-digital.example")]).await;
    assert_eq!(olga.submit(&page, &send, &[("address", ADDRESS)]).await.status, 409, "it is under way");
    server.is_now(Mood::Takes);
    assert!(here.delivers().await);
    let letter = server.only();
    assert_eq!(letter.to, "auftrag@anhalt-digital.example");
    assert_eq!(letter.pdf(), here.bytes(id, "order").await, "the same document");
    assert!(letter.header("Message-ID").contains(".2@"), "{letter:?}");
    assert_eq!(here.status(id).await, Status::Dispatched);
    let start = read(&olga.page("/").await);
    assert!(!start.contains("konnten nicht zugestellt werden"), "{start}");
    here.all_is_well().await;
}

#[tokio::test]
async fn an_order_that_was_taken_and_then_came_back_is_sent_again_as_the_same_order() {
    let (here, server) = Altenrode::with_mail().await;
    let app = &here.world.app;
    let (_, id) = here.order_in_the_mail().await;
    assert!(here.delivers().await);
    let first = server.only().header("Message-ID");
    let unknown = report_message(app, &here.olga, "<nie.gesandt@elbe-saale.example>", "550", None).await;
    assert!(matches!(unknown, Err(ActionError::NotFound)), "{unknown:?}");
    let not_theirs = report_message(app, &here.eva, &first, "550", None).await;
    assert!(matches!(not_theirs, Err(ActionError::NotPermitted(_))), "{not_theirs:?}");
    assert_eq!(invalid_field(report(app, &here.eva, id, " ", None).await), "bounce_reason");
    let message_id = first.trim_matches(['<', '>']);
    assert_eq!(report_message(app, &here.olga, message_id, "550 Postfach unbekannt", None).await.unwrap(), id);
    assert_eq!(here.status(id).await, Status::Released);
    let again = report_message(app, &here.olga, message_id, "550 Postfach unbekannt", None).await;
    assert!(matches!(again, Err(ActionError::WrongState(Status::Released))), "{again:?}");
    let eva = Browser::signed_in(&here.world, &here.eva).await;
    let address = format!("/abrufe/{id}/lieferungen");
    let page = eva.page(&address).await;
    assert!(read(&page).contains("kam von bestellung@anhalt-digital.example zurück: 550 Postfach unbekannt"), "{page}");
    assert!(read(&eva.page("/").await).contains("konnten nicht zugestellt werden"));

    here.wait(TimeDelta::hours(1));
    let eva = Browser::signed_in(&here.world, &here.eva).await;
    let page = eva.page(&address).await;
    eva.leads_on(&page, &format!("{address}/senden"), &[("address", ADDRESS)]).await;
    assert!(!read(&eva.page("/").await).contains("konnten nicht zugestellt werden"), "under way");
    assert!(here.delivers().await);
    let letters = server.taken();
    assert_eq!(letters[0].pdf(), letters[1].pdf());
    assert!(letters[1].text().contains("Es bleibt bei einer Bestellung."), "{}", letters[1].text());
    assert_eq!(here.status(id).await, Status::Dispatched);
    let late = not_now(report_message(app, &here.olga, &first, "550", None).await);
    assert!(late.contains("überholt"), "{late}");
    assert_eq!(here.status(id).await, Status::Dispatched, "a late bounce of the first letter undoes nothing");
    let history = here.steps(id).await;
    assert_eq!(history[history.len() - 4..], ["dispatched", "bounced", "sent_again", "dispatched"]);
    let numbers: i64 = sqlx::query_scalar("SELECT count(*) FROM call_off WHERE number IS NOT NULL")
        .fetch_one(here.world.owner())
        .await
        .unwrap();
    assert_eq!(numbers, 1, "never a second order");
    here.all_is_well().await;
}

#[tokio::test]
async fn what_the_supplier_has_does_not_come_back() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let (_, id) = here.sent_order().await;
    note_receipt(app, &here.eva, id, day("2026-11-22")).await.unwrap();
    assert!(not_now(report(app, &here.eva, id, "Postfach voll", None).await).contains("Zugang"));
    confirm(app, &here.eva, id, &super::fulfilment::as_ordered(), None).await.unwrap();
    let confirmed = report(app, &here.eva, id, "Postfach voll", None).await;
    assert!(matches!(confirmed, Err(ActionError::WrongState(Status::Confirmed))), "{confirmed:?}");
}

#[tokio::test]
async fn after_a_crash_in_the_middle_of_an_attempt_the_same_letter_goes_out_again() {
    let (here, server) = Altenrode::with_mail().await;
    let (_, id) = here.order_in_the_mail().await;
    let now = here.world.app.clock.now();
    let mut tx = here.world.app.db.begin(RunsAs::Job).await.unwrap();
    let begun = mails::begin_next(&mut tx, now, now + TimeDelta::minutes(15)).await.unwrap().expect("a mail");
    tx.commit().await.unwrap();
    // Nobody heard of it again.
    assert!(!here.delivers().await);
    here.wait(TimeDelta::minutes(15));
    assert!(here.delivers().await);
    assert_eq!(server.only().header("Message-ID"), begun.message_id);
    assert_eq!((here.status(id).await, here.mails(id).await), (Status::Dispatched, vec![("sent".to_owned(), 2)]));
}

#[tokio::test]
async fn what_was_cancelled_or_sent_by_hand_before_is_not_sent() {
    let (here, server) = Altenrode::with_mail().await;
    let app = &here.world.app;
    let (contract, cancelled) = here.order_in_the_mail().await;
    cancel(app, &here.karl, cancelled, "Doppelt bestellt").await.unwrap();
    let by_hand = here.world.request(&here.eva, &contract, LINES).await;
    released(release(app, &here.karl, by_hand, None).await);
    issue_for(app, by_hand).await.unwrap();
    dispatch(app, &here.eva, by_hand, None, "post").await.unwrap();
    while here.delivers().await {}
    assert!(server.taken().is_empty());
    for id in [cancelled, by_hand] {
        assert_eq!(here.mails(id).await, [("withdrawn".to_owned(), 1)]);
    }
    assert!(matches!(send_again(app, &here.eva, cancelled, ADDRESS, None).await, Err(ActionError::WrongState(_))));
    send_again(app, &here.eva, by_hand, ADDRESS, None).await.unwrap();
    assert!(here.delivers().await, "asked for by a person it goes out");
    assert_eq!((server.taken().len(), here.status(by_hand).await), (1, Status::Dispatched));
    here.all_is_well().await;
}

#[tokio::test]
async fn of_a_pair_the_supplier_gets_the_supplier_order_alone_once_the_body_has_approved_it() {
    let (here, server) = Altenrode::with_mail().await;
    let app = &here.world.app;
    let contract = here.citrix("RV-2025-03").through_body().ceiling(value("500000.00")).await;
    let id = here.request(&contract).await;
    released(release(app, &here.karl, id, None).await);
    issue_for(app, id).await.unwrap();
    assert!(!here.delivers().await, "the in-house order is none of the supplier's business");
    assert!(not_now(send_again(app, &here.eva, id, ADDRESS, None).await).contains("Geschäftsstelle"));
    approve(app, &here.olga, id, None).await.unwrap();
    issue_for(app, id).await.unwrap();
    assert!(here.delivers().await);
    let letter = server.only();
    assert_eq!(letter.pdf(), here.bytes(id, "supplier_order").await);
    assert!(letter.text().contains("RV-2025-03-0001-B") && !letter.text().contains("0001-A"), "{}", letter.text());
    assert_eq!(letter.to, "post@beispiel.example", "the supplier's central address");
    assert_eq!(here.status(id).await, Status::Dispatched);
    here.all_is_well().await;
}

#[tokio::test]
async fn the_office_enters_where_orders_go_and_bad_addresses_are_kept_and_told() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let olga = Browser::signed_in(&here.world, &here.olga).await;
    let address = format!("/verwaltung/vertraege/{}/bestelladressen", contract.id);
    let page = olga.page(&address).await;
    assert!(read(&page).contains("zentrale Adresse post@beispiel.example"), "{page}");
    let wrong = olga.submit(&page, &address, &[("address", "kein at")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("value=\"kein at\"") && wrong.text.contains("keine E-Mail-Adresse"), "{}", wrong.text);
    let next = olga.leads_on(&page, &address, &[("address", ADDRESS)]).await;
    let page = olga.page(&next).await;
    assert!(page.contains(&format!("value=\"{ADDRESS}\"")), "{page}");
    let stored: Vec<String> = sqlx::query_scalar("SELECT action FROM audit_entry WHERE action = 'order_address_set'")
        .fetch_all(here.world.owner())
        .await
        .unwrap();
    assert_eq!(stored.len(), 1);
    olga.leads_on(&page, &address, &[("address", "")]).await;
    let left: i64 =
        sqlx::query_scalar("SELECT count(*) FROM order_address").fetch_one(here.world.owner()).await.unwrap();
    assert_eq!(left, 0);
}

/// A program that heard no answer asks again under the same key, and nothing happens twice.
#[tokio::test]
async fn a_repeated_request_with_the_same_key_sends_and_reports_once() {
    let (here, server) = Altenrode::with_mail().await;
    let app = &here.world.app;
    let (_, id) = here.order_in_the_mail().await;
    while here.delivers().await {}
    let key = |name: &str| IdempotencyKey { key: name.to_owned(), request_sha256: [7; 32] };
    here.wait(TimeDelta::minutes(1));
    for _ in 0..2 {
        report(app, &here.eva, id, "Postfach voll", Some(&key("zurück"))).await.unwrap();
    }
    let other = IdempotencyKey { request_sha256: [8; 32], ..key("zurück") };
    let other = report(app, &here.eva, id, "Postfach unbekannt", Some(&other)).await;
    assert!(matches!(other, Err(ActionError::KeyReused)), "{other:?}");
    here.wait(TimeDelta::minutes(1));
    for _ in 0..2 {
        send_again(app, &here.eva, id, ADDRESS, Some(&key("erneut"))).await.unwrap();
    }
    while here.delivers().await {}
    assert_eq!(server.taken().len(), 2);
    let message = server.taken()[1].header("Message-ID");
    here.wait(TimeDelta::minutes(1));
    for _ in 0..2 {
        assert_eq!(report_message(app, &here.olga, &message, "550", Some(&key("550"))).await.unwrap(), id);
    }
    let history = here.steps(id).await;
    assert_eq!(history.iter().filter(|step| *step == "bounced").count(), 2, "{history:?}");
    here.all_is_well().await;
}
