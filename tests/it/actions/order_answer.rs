//! A supplier answers an order by the one-time link of its mail, without an account.

use abruf::actions::ActionError;
use abruf::actions::answer_order::{self, SupplierAnswer};
use abruf::actions::cancel_call_off::cancel;
use abruf::actions::confirm_order::answer;
use abruf::actions::report_bounce::report;
use abruf::actions::send_order::send_again;
use abruf::actor::RunsAs;
use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use axum::http::StatusCode;
use chrono::TimeDelta;

use super::Altenrode;
use crate::mail_server::MailServer;
use crate::pages::browser::{Browser, read};
use crate::world::contract::Contract;

/// An order with its supplier, who holds the link and has no account.
struct WithSupplier {
    here: Altenrode,
    server: MailServer,
    contract: Contract,
    id: CallOffId,
    link: String,
    supplier: Browser,
}

impl WithSupplier {
    async fn new() -> Self {
        let (here, server) = Altenrode::with_mail().await;
        let (contract, id) = here.order_in_the_mail().await;
        assert!(here.delivers().await);
        let supplier = Browser::signed_out(&here.world).await;
        let link = link_in(&server.only().text());
        Self { here, server, contract, id, link, supplier }
    }

    fn token(&self) -> &str {
        self.link.rsplit('/').next().unwrap()
    }

    async fn confirmations(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM supplier_confirmation")
            .fetch_one(self.here.world.owner())
            .await
            .unwrap()
    }

    /// The link says this and takes no answer; nothing changes.
    async fn is_over(&self, says: &str) {
        let before = (self.here.status(self.id).await, self.confirmations().await);
        let page = self.supplier.page(&self.link).await;
        assert!(read(&page).contains(says), "{page}");
        assert!(!page.contains("<form class=\"stack form-page\""), "{page}");
        let sent = self.supplier.post(&self.link, &[("antwort", "bestaetigt")]).await;
        assert_eq!(sent.status, StatusCode::CONFLICT, "{}", sent.text);
        assert!(read(&sent.text).contains(says), "{}", sent.text);
        assert_eq!((self.here.status(self.id).await, self.confirmations().await), before);
    }
}

/// The path of the link in the text of a mail.
fn link_in(text: &str) -> String {
    let from = text.find("/lieferung/").expect("a link");
    text[from..].split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn a_supplier_confirms_as_ordered_and_a_second_answer_changes_nothing() {
    let it = WithSupplier::new().await;
    let answer = it.supplier.get(&it.link).await;
    assert_eq!(answer.header("x-robots-tag"), "noindex, nofollow");
    let page = it.supplier.page(&it.link).await;
    let seen = read(&page);
    assert!(seen.contains("Bestellung RV-2025-01-0001") && seen.contains("19.424,00 €"), "{seen}");
    assert!(seen.contains("120 Nutzer") && seen.contains("11,85 € je Monat"), "{seen}");
    assert!(seen.contains("bis einschließlich 22.12.2026"), "{seen}");
    assert!(!seen.contains("Eva Muster") && !seen.contains("Kostenstelle"), "{seen}");
    let fields = [("antwort", "bestaetigt"), ("reference", "AB-7"), ("note", "nicht gemeint")];
    assert_eq!(it.supplier.leads_on(&page, &it.link, &fields).await, it.link);
    assert_eq!(it.here.status(it.id).await, Status::Confirmed);
    assert!(it.here.log(it.id).await.contains(&"call_off_confirmed".to_owned()));
    it.is_over("Sie haben diese Bestellung am 22.11.2026 bestätigt.").await;
    let eva = Browser::signed_in(&it.here.world, &it.here.eva).await;
    let page = read(&eva.page(&format!("/abrufe/{}/lieferungen", it.id)).await);
    assert!(page.contains("Nr. AB-7") && page.contains("der Lieferant über seinen Link"), "{page}");
    it.here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_deviating_answer_waits_for_the_buyer_and_is_never_accepted_by_itself() {
    let it = WithSupplier::new().await;
    let before = it.here.world.call_off(it.id).await.amounts;
    let page = it.supplier.page(&it.link).await;
    let fields =
        [("antwort", "abweichend"), ("delivery_on", "15.01.2027"), ("menge_2", "1"), ("note", "Ein Tag fehlt")];
    it.supplier.leads_on(&page, &it.link, &fields).await;
    assert_eq!(it.here.status(it.id).await, Status::Dispatched, "a new offer (§ 150 (2) BGB)");
    assert_eq!(it.here.world.call_off(it.id).await.amounts, before);
    it.is_over("Sie haben am 22.11.2026 geantwortet: Liefertermin 15.01.2027; Position 2: Menge 1; Ein Tag fehlt.")
        .await;
    let eva = Browser::signed_in(&it.here.world, &it.here.eva).await;
    let page = read(&eva.page(&format!("/abrufe/{}/lieferungen", it.id)).await);
    assert!(page.contains("Der Lieferant bestätigt anders als bestellt: Liefertermin 15.01.2027"), "{page}");
    answer(&it.here.world.app, &it.here.eva, it.id, true, "").await.unwrap();
    assert_eq!(it.here.status(it.id).await, Status::Confirmed);
    it.here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn declining_is_a_deviation_in_every_line() {
    let it = WithSupplier::new().await;
    let page = it.supplier.page(&it.link).await;
    it.supplier.leads_on(&page, &it.link, &[("antwort", "abgelehnt"), ("note", "Nicht lieferbar")]).await;
    assert_eq!(it.here.status(it.id).await, Status::Dispatched);
    it.is_over("Position 1: Menge 0; Position 2: Menge 0; Nicht lieferbar").await;
}

#[tokio::test]
async fn bad_answers_are_told_keep_what_was_typed_and_leave_the_link_open() {
    let it = WithSupplier::new().await;
    let page = it.supplier.page(&it.link).await;
    let long = "x".repeat(2001);
    for (fields, field) in [
        (vec![("antwort", "abweichend"), ("delivery_on", "01.01.2020")], "delivery_on"),
        (vec![("antwort", "abweichend"), ("delivery_on", "bald")], "delivery_on"),
        (vec![("antwort", "abweichend"), ("menge_1", "viele")], "menge_1"),
        (vec![("antwort", "abweichend"), ("note", long.as_str())], "note"),
        (vec![("reference", "AB-7")], "antwort"),
    ] {
        let wrong = it.supplier.submit(&page, &it.link, &fields).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?} {}", wrong.text);
        assert!(wrong.text.contains(&format!("href=\"#{field}\"")), "{field}: {}", wrong.text);
        assert!(wrong.text.contains(fields.last().unwrap().1), "{}", wrong.text);
    }
    assert_eq!(it.confirmations().await, 0);
    it.supplier.leads_on(&page, &it.link, &[("antwort", "bestaetigt")]).await;
    for unknown in ["x", &"A".repeat(43)] {
        let path = format!("/lieferung/{unknown}");
        assert_eq!(it.supplier.get(&path).await.status, StatusCode::NOT_FOUND);
        assert_eq!(it.supplier.post(&path, &[("antwort", "bestaetigt")]).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn after_a_cancellation_the_link_says_so_and_takes_no_answer() {
    let it = WithSupplier::new().await;
    cancel(&it.here.world.app, &it.here.karl, it.id, "Doppelt bestellt").await.unwrap();
    it.is_over("Der Besteller hat diese Bestellung am 22.11.2026 storniert.").await;
}

#[tokio::test]
async fn a_link_ends_with_its_last_day() {
    let it = WithSupplier::new().await;
    it.here.world.at("2026-12-22T22:59:59Z");
    assert!(read(&it.supplier.page(&it.link).await).contains("Wie bestellt bestätigen"));
    it.here.world.at("2026-12-22T23:00:00Z");
    it.is_over("Der Link galt bis 22.12.2026.").await;
}

#[tokio::test]
async fn of_two_answers_at_once_one_counts() {
    let it = WithSupplier::new().await;
    let app = &it.here.world.app;
    let (as_ordered, declined) =
        (SupplierAnswer::default(), SupplierAnswer { declines: true, ..SupplierAnswer::default() });
    let (one, other) = tokio::join!(
        answer_order::answer(app, it.token(), &as_ordered),
        answer_order::answer(app, it.token(), &declined)
    );
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1, "{one:?} {other:?}");
    let lost = one.err().or(other.err());
    assert!(matches!(lost, Some(ActionError::NotNow(_))), "{lost:?}");
    assert_eq!(it.confirmations().await, 1);
}

#[tokio::test]
async fn an_answer_to_one_mail_uses_up_the_link_of_the_other() {
    let it = WithSupplier::new().await;
    let app = &it.here.world.app;
    report(app, &it.here.eva, it.id, "Postfach voll", None).await.unwrap();
    it.is_over("Der Versand dieser Bestellung ist noch nicht vermerkt.").await;
    it.here.world.app.clock.set(it.here.world.app.clock.now() + TimeDelta::hours(1));
    send_again(app, &it.here.eva, it.id, "auftrag@anhalt-digital.example", None).await.unwrap();
    assert!(it.here.delivers().await);
    let second = link_in(&it.server.taken()[1].text());
    assert_ne!(second, it.link);
    let page = it.supplier.page(&second).await;
    it.supplier.leads_on(&page, &second, &[("antwort", "bestaetigt")]).await;
    it.is_over("Sie haben diese Bestellung am 22.11.2026 bestätigt.").await;
}

#[tokio::test]
async fn the_holder_of_a_link_sees_that_order_and_nothing_beside_it() {
    let it = WithSupplier::new().await;
    let other = it.here.request(&it.contract).await;
    it.here.contract_beside().await;
    let mut tx =
        it.here.world.app.db.begin(RunsAs::Supplier { contract: it.contract.id, call_off: it.id }).await.unwrap();
    let seen: Vec<i64> = sqlx::query_scalar(
        "SELECT count(*) FROM call_off UNION ALL SELECT count(*) FROM framework_contract
         UNION ALL SELECT count(*) FROM assignment UNION ALL SELECT count(*) FROM membership",
    )
    .fetch_all(&mut *tx)
    .await
    .unwrap();
    assert_eq!(seen, [1, 1, 0, 0], "call-offs, contracts, assignments, memberships");
    let people: i64 = sqlx::query_scalar("SELECT count(*) FROM person").fetch_one(&mut *tx).await.unwrap();
    assert!(people <= 3, "whoever appears in the history of the order, not {people}");
    let lines: i64 = sqlx::query_scalar("SELECT count(*) FROM call_off_line WHERE call_off_id = $1")
        .bind(other.0)
        .fetch_one(&mut *tx)
        .await
        .unwrap();
    assert_eq!(lines, 0);
    let changed =
        sqlx::query("UPDATE call_off SET cost_centre = 'x' WHERE id = $1").bind(other.0).execute(&mut *tx).await;
    assert_eq!(changed.unwrap().rows_affected(), 0);
    tx.rollback().await.unwrap();
    // Only the hash of the token is stored.
    let stored: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT token_sha256 FROM supplier_link").fetch_all(it.here.world.owner()).await.unwrap();
    assert!(stored.iter().all(|hash| hash.as_slice() != it.token().as_bytes()));
}

impl Altenrode {
    async fn contract_beside(&self) -> Contract {
        self.citrix("RV-2025-02").ceiling(crate::world::contract::value("1000.00")).entitles(self.town).await
    }
}
