//! What changes an order goes to the supplier by mail as the order did: once each, never before it, never lost.

use abruf::actions::ActionError;
use abruf::actions::cancel_call_off::cancel;
use abruf::actions::cancel_part::cancel_part;
use abruf::actions::confirm_order::{ConfirmationInput, answer, confirm};
use abruf::actions::decide_supplier_order::approve;
use abruf::actions::dispatch_order::dispatch;
use abruf::actions::issue_document::issue_for;
use abruf::actions::release_call_off::release;
use abruf::actions::report_bounce::{report, report_message};
use abruf::actions::rest_of_order::{PartInput, PartsInput};
use abruf::actions::send_change::{note_told, send_again};
use abruf::actions::send_order;
use abruf_domain::ids::CallOffId;
use chrono::TimeDelta;

use super::fulfilment::{as_ordered, day};
use super::order_mail::not_now;
use super::{Altenrode, invalid_field, released};
use crate::mail_server::{MailServer, Mood};
use crate::pages::browser::{Browser, read};
use crate::world::contract::value;

const ADDRESS: &str = "bestellung@anhalt-digital.example";

impl Altenrode {
    /// Ten of the 120 users are not needed.
    async fn takes_ten_back(&self, id: CallOffId) {
        let ten = [PartInput { position: 1, quantity: "10".into() }];
        cancel_part(&self.world.app, &self.karl, id, PartsInput::new(&ten, "Zehn gehen"), None).await.unwrap();
        issue_for(&self.world.app, id).await.unwrap();
    }

    async fn cancels(&self, id: CallOffId) {
        cancel(&self.world.app, &self.karl, id, "Bedarf entfallen").await.unwrap();
        issue_for(&self.world.app, id).await.unwrap();
    }

    /// Sends all that waits.
    async fn empties_the_mail(&self) {
        while self.delivers().await {}
    }

    /// States of the mails of changes, oldest first.
    async fn changes(&self, id: CallOffId) -> Vec<String> {
        sqlx::query_scalar("SELECT state FROM mail WHERE call_off_id = $1 AND kind = 'change' ORDER BY created_at, id")
            .bind(id.0)
            .fetch_all(self.world.owner())
            .await
            .unwrap()
    }
}

fn subjects(server: &MailServer) -> Vec<String> {
    server.taken().iter().map(|letter| letter.header("Subject")).collect()
}

#[tokio::test]
async fn each_change_of_an_order_goes_where_the_order_went_as_one_mail_with_its_document() {
    let (here, server) = Altenrode::with_mail().await;
    let app = &here.world.app;
    let (_, id) = here.order_in_the_mail().await;
    here.empties_the_mail().await;
    here.takes_ten_back(id).await;
    let other = ConfirmationInput { delivery_on: Some(day("2027-01-15")), ..as_ordered() };
    confirm(app, &here.eva, id, &other, None).await.unwrap();
    answer(app, &here.eva, id, true, "").await.unwrap();
    issue_for(app, id).await.unwrap();
    here.cancels(id).await;
    here.empties_the_mail().await;
    let letters = server.taken();
    assert_eq!(letters.len(), 4);
    for (letter, what) in letters[1..].iter().zip(["Teilstornierung 1", "Terminänderung 1", "Stornierung"]) {
        let text = letter.text();
        assert!(text.contains(&format!("{what} zur Bestellung RV-2025-01-0001")), "{text}");
        assert!(letter.header("Subject").ends_with(" zur Bestellung RV-2025-01-0001 (Stadt Altenrode)"), "{letter:?}");
    }
    for (letter, kind) in letters[1..].iter().zip(["partial_cancellation", "delivery_change", "cancellation"]) {
        assert_eq!((letter.to.as_str(), letter.pdf()), (ADDRESS, here.bytes(id, kind).await), "{kind}");
        assert!(!letter.text().contains("/lieferung/"), "nothing to confirm: {}", letter.text());
    }
    assert_eq!(here.changes(id).await, ["sent"; 3]);
    assert_eq!(here.steps(id).await.iter().filter(|step| *step == "change_sent").count(), 3);
    let eva = Browser::signed_in(&here.world, &here.eva).await;
    let page = read(&eva.page(&format!("/abrufe/{id}/lieferungen")).await);
    assert!(page.contains("Teilstornierung 1 Gesandt am 22.11.2026") && page.contains(ADDRESS), "{page}");
    here.all_is_well().await;
}

#[tokio::test]
async fn no_change_overtakes_its_order() {
    let (here, server) = Altenrode::with_mail().await;
    let (_, id) = here.order_in_the_mail().await;
    server.is_now(Mood::Busy);
    assert!(here.delivers().await);
    here.takes_ten_back(id).await;
    assert!(here.changes(id).await.is_empty(), "the order is not with the supplier");
    let early = send_again(&here.world.app, &here.karl, id, "partial_cancellation-1", ADDRESS, None).await;
    assert!(not_now(early).contains("hat die Bestellung noch nicht"));
    here.wait(TimeDelta::minutes(1));
    server.is_now(Mood::Takes);
    here.empties_the_mail().await;
    let subjects = subjects(&server);
    assert!(subjects[0].starts_with("Bestellung ") && subjects[1].starts_with("Teilstornierung 1 "), "{subjects:?}");
    assert_eq!(subjects.len(), 2);
}

#[tokio::test]
async fn what_was_cancelled_before_it_went_out_is_told_to_nobody() {
    let (here, server) = Altenrode::with_mail().await;
    let (_, id) = here.order_in_the_mail().await;
    here.cancels(id).await;
    here.empties_the_mail().await;
    assert!(server.taken().is_empty() && here.changes(id).await.is_empty());
}

#[tokio::test]
async fn an_order_sent_by_hand_has_its_changes_mailed_to_the_address_of_the_contract() {
    let (here, server) = Altenrode::with_mail().await;
    let app = &here.world.app;
    let (_, id) = here.order_in_the_mail().await;
    here.takes_ten_back(id).await;
    dispatch(app, &here.eva, id, None, "post").await.unwrap();
    here.empties_the_mail().await;
    assert_eq!((subjects(&server).len(), server.only().to.as_str()), (1, ADDRESS), "the partial cancellation alone");
    here.cancels(id).await;
    here.empties_the_mail().await;
    assert_eq!(subjects(&server).len(), 2);
}

#[tokio::test]
async fn of_a_pair_the_supplier_gets_what_changes_the_supplier_order() {
    let (here, server) = Altenrode::with_mail().await;
    let app = &here.world.app;
    let contract = here.citrix("RV-2025-03").through_body().ceiling(value("500000.00")).await;
    let id = here.request(&contract).await;
    released(release(app, &here.karl, id, None).await);
    approve(app, &here.olga, id, None).await.unwrap();
    issue_for(app, id).await.unwrap();
    here.empties_the_mail().await;
    here.takes_ten_back(id).await;
    let other = ConfirmationInput { delivery_on: Some(day("2027-01-15")), ..as_ordered() };
    confirm(app, &here.eva, id, &other, None).await.unwrap();
    answer(app, &here.eva, id, true, "").await.unwrap();
    issue_for(app, id).await.unwrap();
    here.cancels(id).await;
    here.empties_the_mail().await;
    let letters = server.taken();
    assert_eq!(letters.len(), 4, "{:?}", subjects(&server));
    assert_eq!(letters[1].pdf(), here.bytes(id, "supplier_partial_cancellation").await);
    assert_eq!(letters[2].pdf(), here.bytes(id, "supplier_delivery_change").await);
    assert!(letters[2].text().contains("RV-2025-03-0001-B"), "{}", letters[2].text());
    assert_eq!(letters[3].pdf(), here.bytes(id, "supplier_cancellation").await);
    let eva = Browser::signed_in(&here.world, &here.eva).await;
    let page = eva.page(&format!("/abrufe/{id}")).await;
    for paper in ["terminaenderungen/1", "lieferantenauftrag/terminaenderungen/1"] {
        assert!(page.contains(&format!("/abrufe/{id}/{paper}\"")), "{paper}: {page}");
        assert_eq!(eva.get(&format!("/abrufe/{id}/{paper}")).await.status, 200, "{paper}");
    }
    here.all_is_well().await;
    assert!(letters.iter().all(|it| !it.text().contains("-0001-A") && !it.text().contains("Stadt Altenrode")));
}

#[tokio::test]
async fn a_change_that_nobody_takes_is_a_task_until_it_is_sent_or_told() {
    let (here, server) = Altenrode::with_mail().await;
    let app = &here.world.app;
    let (_, id) = here.order_in_the_mail().await;
    here.empties_the_mail().await;
    here.takes_ten_back(id).await;
    here.cancels(id).await;
    server.is_now(Mood::Refuses);
    here.empties_the_mail().await;
    assert_eq!(here.changes(id).await, ["failed"; 2]);
    let stranger = here.world.member("Stadt Neufeld").await;
    let stranger = here.world.buyer(stranger).named("Nora Fremd").await;
    for (who, sees) in [(&here.eva, true), (&here.karl, true), (&here.olga, true), (&stranger, false)] {
        let start = read(&Browser::signed_in(&here.world, who).await.page("/").await);
        assert_eq!(start.contains("Diese Änderungen konnten nicht zugestellt werden"), sees, "{start}");
    }
    let foreign = note_told(app, &stranger, id, "cancellation", "Telefon", None).await;
    assert!(matches!(foreign, Err(ActionError::NotFound)), "{foreign:?}");
    let absent = note_told(app, &here.eva, id, "order", "Telefon", None).await;
    assert!(matches!(absent, Err(ActionError::NotFound)), "{absent:?}");

    let eva = Browser::signed_in(&here.world, &here.eva).await;
    let own = read(&eva.page(&format!("/abrufe/{id}")).await);
    assert!(own.contains("Nicht beim Lieferanten") && own.contains("Stornierung: An bestellung@"), "{own}");
    let address = format!("/abrufe/{id}/lieferungen");
    let send = format!("{address}/senden");
    let page = eva.page(&address).await;
    assert!(read(&page).contains("Teilstornierung 1 konnte nicht zugestellt werden"), "{page}");
    let token = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let field = "address_partial_cancellation-1";
    let form = |typed: &'static str| {
        [("csrf", token.clone()), ("document", "partial_cancellation-1".into()), (field, typed.into())]
    };
    let sent = async |path: &str, form: &[(&str, String)]| {
        eva.post(path, &form.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>()).await
    };
    let wrong = sent(&send, &form("kein at")).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    assert!(wrong.text.contains("value=\"kein at\"") && here.changes(id).await.len() == 2, "{}", wrong.text);
    server.is_now(Mood::Takes);
    assert_eq!(sent(&send, &form("auftrag@anhalt-digital.example")).await.status, 303);
    assert_eq!(sent(&send, &form("auftrag@anhalt-digital.example")).await.status, 409, "it is under way");
    here.empties_the_mail().await;
    let letters = server.taken();
    let last = letters.last().unwrap();
    assert_eq!(
        (last.to.as_str(), last.pdf()),
        ("auftrag@anhalt-digital.example", here.bytes(id, "partial_cancellation").await)
    );
    assert!(last.header("Message-ID").contains(".2@"), "{last:?}");

    assert_eq!(invalid_field(note_told(app, &here.eva, id, "cancellation", " ", None).await), "told_cancellation");
    let told =
        [("csrf", token.clone()), ("document", "cancellation".into()), ("told_cancellation", "Telefonisch".into())];
    assert_eq!(sent(&format!("{address}/mitgeteilt"), &told).await.status, 303);
    assert_eq!(sent(&format!("{address}/mitgeteilt"), &told).await.status, 409, "nothing is open any more");
    let start = read(&eva.page("/").await);
    assert!(!start.contains("konnten nicht zugestellt werden"), "{start}");
    let own = read(&eva.page(&format!("/abrufe/{id}")).await);
    assert!(!own.contains("Nicht beim Lieferanten") && own.contains("Lieferant auf anderem Weg unterrichtet"), "{own}");
    here.all_is_well().await;
}

#[tokio::test]
async fn a_change_that_was_taken_and_then_came_back_is_a_task_again() {
    let (here, server) = Altenrode::with_mail().await;
    let app = &here.world.app;
    let (_, id) = here.order_in_the_mail().await;
    here.empties_the_mail().await;
    here.takes_ten_back(id).await;
    here.empties_the_mail().await;
    let message = server.taken()[1].header("Message-ID");
    assert_eq!(report_message(app, &here.olga, &message, "550 Postfach unbekannt", None).await.unwrap(), id);
    assert_eq!(here.changes(id).await, ["failed"]);
    assert!(not_now(report_message(app, &here.olga, &message, "550", None).await).contains("überholt"));
    assert!(here.steps(id).await.contains(&"change_undeliverable".to_owned()));
    let start = read(&Browser::signed_in(&here.world, &here.eva).await.page("/").await);
    assert!(
        start.contains("Teilstornierung zu RV-2025-01-0001") && start.contains("550 Postfach unbekannt"),
        "{start}"
    );
}

#[tokio::test]
async fn an_order_that_came_back_takes_its_changes_along_when_it_goes_out_again() {
    let (here, server) = Altenrode::with_mail().await;
    let app = &here.world.app;
    let (_, id) = here.order_in_the_mail().await;
    here.empties_the_mail().await;
    here.takes_ten_back(id).await;
    here.empties_the_mail().await;
    here.wait(TimeDelta::minutes(5));
    report(app, &here.eva, id, "Postfach unbekannt", None).await.unwrap();
    here.wait(TimeDelta::minutes(5));
    send_order::send_again(app, &here.eva, id, "auftrag@anhalt-digital.example", None).await.unwrap();
    here.empties_the_mail().await;
    let letters = server.taken();
    let went: Vec<(&str, bool)> =
        letters.iter().map(|it| (it.to.as_str(), it.header("Subject").starts_with("Teilstornierung"))).collect();
    let other = "auftrag@anhalt-digital.example";
    assert_eq!(went, [(ADDRESS, false), (ADDRESS, true), (other, false), (other, true)]);
    here.all_is_well().await;
}
