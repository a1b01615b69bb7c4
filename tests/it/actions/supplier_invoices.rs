//! What the supplier bills to the body for the supplier order of a pair, beside what the body bills to the member.

use abruf::actions::ActionError;
use abruf::actions::decide_supplier_order::approve;
use abruf::actions::dispatch_order::dispatch;
use abruf::actions::note_invoice::{self, InvoiceInput, InvoiceLineInput};
use abruf::actions::note_supplier_invoice::{cancel, note};
use abruf::actor::Role;
use abruf::storage::idempotency::IdempotencyKey;
use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use axum::http::StatusCode;
use serde_json::json;

use super::fulfilment::day;
use super::{Altenrode, figure, invalid_field};
use crate::pages::browser::{Browser, read};
use crate::web::Web;

fn invoice(number: &str, lines: &[(i32, &str, &str)]) -> InvoiceInput {
    let line = |(position, quantity, unit_price): &(i32, &str, &str)| InvoiceLineInput {
        position: *position,
        quantity: (*quantity).into(),
        unit_price: (*unit_price).into(),
        vat_rate: None,
        performance: None,
    };
    InvoiceInput {
        number: number.into(),
        invoiced_on: day("2026-11-22"),
        lines: lines.iter().map(line).collect(),
        stated: Vec::new(),
        replaces: None,
    }
}

/// As ordered: 120 users and two days.
const AS_ORDERED: &[(i32, &str, &str)] = &[(1, "120", "11,85"), (2, "2", "1180,00")];

impl Altenrode {
    async fn approved_pair(&self) -> CallOffId {
        let contract = self.through_body().await;
        let id = self.in_house(&contract).await;
        approve(&self.world.app, &self.olga, id, None).await.unwrap();
        id
    }

    /// Entries of what the member realised, and their sum.
    async fn realised(&self, id: CallOffId) -> (i64, String) {
        sqlx::query_as(
            "SELECT count(*), coalesce(sum(order_net), 0)::text FROM savings_entry WHERE call_off_id = $1 AND stage = 'realised'",
        )
        .bind(id.0)
        .fetch_one(self.world.owner())
        .await
        .unwrap()
    }
}

#[tokio::test]
async fn the_supplier_bills_the_body_by_the_supplier_order_and_the_member_realises_once() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let id = here.approved_pair().await;
    dispatch(app, &here.eva, id, None, "post").await.unwrap();
    here.deliver(id, &[(1, "120"), (2, "2")]).await.unwrap();
    let own = note_invoice::note(app, &here.eva, id, &invoice("EG-1", AS_ORDERED), None).await.unwrap();
    assert!(!own.blocked, "{own:?}");
    let (status, realised) = (here.status(id).await, here.realised(id).await);
    assert_eq!(status, Status::Invoiced);
    assert!(0 < realised.0, "the member's invoice is realised");

    let of_supplier = note(app, &here.olga, id, &invoice("L-1", AS_ORDERED), None).await.unwrap();
    assert_eq!((of_supplier.blocked, of_supplier.payable.to_string().as_str()), (false, "19424.00"), "{of_supplier:?}");
    assert_eq!((here.status(id).await, here.realised(id).await), (status, realised), "nothing counts twice");
    let vat: Vec<(String, String)> =
        sqlx::query_as("SELECT payer, vat::text FROM invoice WHERE call_off_id = $1 ORDER BY payer")
            .bind(id.0)
            .fetch_all(here.world.owner())
            .await
            .unwrap();
    let expected = [("body", "3690.56"), ("member", "0.00")].map(|(payer, vat)| (payer.to_owned(), vat.to_owned()));
    assert_eq!(vat, expected, "each with the VAT of its side");
    let twice = note(app, &here.olga, id, &invoice("L-2", &[(2, "1", "1180,00")]), None).await.unwrap();
    assert!(twice.blocked, "all is billed: {twice:?}");
    assert!(here.log(id).await.iter().filter(|it| *it == "supplier_invoice_noted").count() == 2);
    here.sound().await;
}

#[tokio::test]
async fn a_supplier_invoice_above_the_order_is_blocked_until_a_corrected_one_replaces_it() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let id = here.approved_pair().await;
    let dear = note(app, &here.olga, id, &invoice("L-1", &[(2, "2", "1200")]), None).await.unwrap();
    assert!(dear.blocked);
    assert_eq!(figure(&dear.findings[0], "difference_net"), "40.00");
    let right = InvoiceInput { replaces: Some(dear.id), ..invoice("L-1b", &[(2, "2", "1180")]) };
    let noted = note(app, &here.olga, id, &right, None).await.unwrap();
    assert!(!noted.blocked, "{noted:?}");
    assert_eq!(invalid_field(note(app, &here.olga, id, &invoice("L-1b", &[(1, "1", "1")]), None).await), "number");
    assert_eq!(invalid_field(cancel(app, &here.olga, id, noted.id, " ").await), "reason");
    cancel(app, &here.olga, id, noted.id, "Falscher Empfänger").await.unwrap();
    let again = cancel(app, &here.olga, id, noted.id, "Falscher Empfänger").await;
    assert!(matches!(again, Err(ActionError::NotNow(_))), "{again:?}");
    // The member's side has its own numbers.
    let own = note_invoice::cancel(app, &here.eva, id, noted.id, "Fremd").await;
    assert!(matches!(own, Err(ActionError::NotFound)), "{own:?}");
    here.sound().await;
}

#[tokio::test]
async fn nobody_bills_what_the_body_has_not_ordered_and_members_note_no_bill_of_the_supplier() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.through_body().await;
    let waiting = here.in_house(&contract).await;
    let early = note(app, &here.olga, waiting, &invoice("L-1", AS_ORDERED), None).await;
    assert!(matches!(&early, Err(ActionError::NotNow(said)) if said.contains("-B")), "{early:?}");
    let direct = here.contract().await;
    let direct = here.in_house(&direct).await;
    let absent = note(app, &here.olga, direct, &invoice("L-1", AS_ORDERED), None).await;
    assert!(matches!(absent, Err(ActionError::NotFound)), "no pair: {absent:?}");
    approve(app, &here.olga, waiting, None).await.unwrap();
    let member = note(app, &here.eva, waiting, &invoice("L-1", AS_ORDERED), None).await;
    assert!(matches!(member, Err(ActionError::NotPermitted(_))), "{member:?}");
    let yesterday = InvoiceInput { invoiced_on: day("2026-11-21"), ..invoice("L-1", AS_ORDERED) };
    assert_eq!(invalid_field(note(app, &here.olga, waiting, &yesterday, None).await), "invoiced_on");
    for (lines, field) in [
        (&[][..], "lines"),
        (&[(9, "1", "1")][..], "lines[0].position"),
        (&[(1, "viel", "1")][..], "lines[0].quantity"),
        (&[(1, "1", "-1")][..], "lines[0].unit_price"),
    ] {
        assert_eq!(invalid_field(note(app, &here.olga, waiting, &invoice("L-1", lines), None).await), field);
    }
    let written: i64 = sqlx::query_scalar("SELECT count(*) FROM invoice").fetch_one(here.world.owner()).await.unwrap();
    assert_eq!(written, 0);
    let key = IdempotencyKey { key: "l-1".into(), request_sha256: [1; 32] };
    let first = note(app, &here.olga, waiting, &invoice("L-1", AS_ORDERED), Some(&key)).await.unwrap();
    assert_eq!(note(app, &here.olga, waiting, &invoice("L-1", AS_ORDERED), Some(&key)).await.unwrap(), first);
}

#[tokio::test]
async fn the_office_notes_it_on_a_page_and_programs_read_it_but_no_member_does() {
    let here = Altenrode::new().await;
    let id = here.approved_pair().await;
    let path = format!("/verwaltung/lieferantenauftraege/{id}/rechnungen");
    let olga = Browser::signed_in(&here.world, &here.olga).await;
    assert!(olga.page(&format!("/verwaltung/lieferantenauftraege/{id}")).await.contains(&path));
    let page = olga.page(&path).await;
    assert!(read(&page).contains("RV-2025-03-0001-B") && page.contains("value=\"1180,00\""), "{}", read(&page));
    let typed =
        [("invoiced_on", "22.11.2026"), ("menge_1", ""), ("preis_1", ""), ("menge_2", "2"), ("preis_2", "1180,00")];
    let wrong = olga.submit(&page, &path, &typed).await;
    assert!(read(&wrong.text).contains("Bitte geben Sie die Rechnungsnummer ein"), "{}", read(&wrong.text));
    olga.leads_on(&page, &path, &[&typed[..], &[("number", "L-7")]].concat()).await;
    let text = read(&olga.page(&path).await);
    assert!(
        text.contains("Rechnung L-7 vom 22.11.2026") && text.contains("2.360,00 € netto, 448,40 € Umsatzsteuer"),
        "{text}"
    );
    let eva = Browser::signed_in(&here.world, &here.eva).await;
    assert_eq!(eva.get(&path).await.status, StatusCode::NOT_FOUND);
    let own = read(&eva.page(&format!("/abrufe/{id}/rechnungen")).await);
    assert!(!own.contains("L-7"), "{own}");
    let rita = here.world.auditor(&[here.town]).await;
    let eva_actor = here.eva.clone();
    let tina = here.world.person(Role::Treasurer, here.town).await;
    let olga_actor = here.olga.clone();
    let web = Web::over(here.world).await;
    let api = format!("/api/v1/call-offs/{id}/supplier-order/invoices");
    for (actor, mail, sees) in [
        (&olga_actor, "olga@elbe-saale.example", true),
        (&rita, "rita@elbe-saale.example", true),
        (&eva_actor, "eva@altenrode.example", false),
        (&tina, "tina@altenrode.example", false),
    ] {
        web.cookie_of(actor, mail).await;
        let answer = web.api("GET", &api, &web.token(mail).await, None).await;
        assert_eq!(answer.status, if sees { StatusCode::OK } else { StatusCode::NOT_FOUND }, "{mail}: {}", answer.text);
        assert_eq!(answer.text.contains("L-7"), sees, "{mail}: {}", answer.text);
    }
    let token = web.token("olga@elbe-saale.example").await;
    let new = json!({
        "number": "L-8", "invoiced_on": "2026-11-22",
        "lines": [{ "position": 1, "quantity": "120", "unit_price": "11.85" }],
    });
    let noted = web.api("POST", &api, &token, Some(new)).await;
    assert_eq!(noted.status, StatusCode::OK, "{}", noted.text);
    let body = json!({ "invoice_id": noted.json()["id"], "reason": "Doppelt gesandt" });
    let cancelled = format!("/api/v1/call-offs/{id}/supplier-order/invoice-cancellations");
    assert_eq!(web.api("POST", &cancelled, &token, Some(body)).await.status, StatusCode::NO_CONTENT);
}
