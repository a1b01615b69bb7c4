//! Invoices against order and delivery.

use abruf::actions::ActionError;
use abruf::actions::dispatch_order::dispatch;
use abruf::actions::note_invoice::{InvoiceInput, InvoiceLineInput, InvoiceNoted, cancel, note};
use abruf::actions::release_call_off::release;
use abruf::actor::Role;
use abruf::storage::idempotency::IdempotencyKey;
use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use abruf_domain::invoice::StatedGroup;
use abruf_domain::period::Period;

use super::fulfilment::day;
use super::{Altenrode, figure, invalid_field, released};
use crate::pages::browser::{Browser, read};

fn line(position: i32, quantity: &str, unit_price: &str) -> InvoiceLineInput {
    InvoiceLineInput {
        position,
        quantity: quantity.into(),
        unit_price: unit_price.into(),
        vat_rate: None,
        performance: None,
    }
}

fn invoice(number: &str, lines: &[InvoiceLineInput]) -> InvoiceInput {
    InvoiceInput {
        number: number.into(),
        invoiced_on: day("2026-11-22"),
        lines: lines.to_vec(),
        stated: Vec::new(),
        replaces: None,
    }
}

impl Altenrode {
    async fn bill(&self, id: CallOffId, input: &InvoiceInput) -> Result<InvoiceNoted, ActionError> {
        note(&self.world.app, &self.eva, id, input, None).await
    }
}

#[tokio::test]
async fn an_invoice_as_ordered_and_delivered_is_free_for_payment_and_settles_the_order() {
    let here = Altenrode::new().await;
    let (_, id) = here.sent_order().await;
    here.deliver(id, &[(1, "10"), (2, "20")]).await.unwrap();
    let tina = here.world.person(Role::Treasurer, here.town).named("Tina Kämmerin").await;
    let done = note(&here.world.app, &tina, id, &invoice("R-1", &[line(1, "10", "874,90")]), None).await.unwrap();
    assert_eq!((done.blocked, done.payable.to_string().as_str()), (false, "8749.00"));
    assert_eq!(here.status(id).await, Status::Delivered, "the monitors are not billed yet");
    // Lower is fine.
    let done = here.bill(id, &invoice("R-2", &[line(2, "20", "199.00")])).await.unwrap();
    assert!(!done.blocked, "{done:?}");
    assert_eq!(here.status(id).await, Status::Invoiced);
    let office = note(&here.world.app, &here.olga, id, &invoice("R-3", &[line(1, "1", "1")]), None).await;
    assert!(matches!(office, Err(ActionError::NotPermitted(_))), "{office:?}");
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_price_above_the_order_blocks_the_payment_until_a_corrected_invoice_replaces_it() {
    let here = Altenrode::new().await;
    let (_, id) = here.sent_order().await;
    here.deliver(id, &[(1, "10"), (2, "20")]).await.unwrap();
    let dear = here.bill(id, &invoice("R-1", &[line(1, "10", "879.90"), line(2, "20", "200")])).await.unwrap();
    assert!(dear.blocked);
    assert_eq!(figure(&dear.findings[0], "difference_net"), "50.00");
    assert_eq!((dear.payable.to_string(), dear.invoiced.to_string()), ("12749.00".into(), "12799.00".into()));
    assert_eq!(here.status(id).await, Status::Delivered, "what must not be paid does not settle");
    let eva = Browser::signed_in(&here.world, &here.eva).await;
    let text = read(&eva.page(&format!("/abrufe/{id}")).await);
    assert!(text.contains("Zahlung gesperrt") && text.contains("Rechnung R-1 weicht ab"), "{text}");
    let text = read(&eva.page(&format!("/abrufe/{id}/rechnungen")).await);
    for words in ["Zahlung gesperrt", "Das sind 50,00 € zu viel.", "gedeckt: 12.749,00 € netto"] {
        assert!(text.contains(words), "{words}: {text}");
    }

    let same_number = here.bill(id, &invoice("R-1", &[line(1, "10", "874.90")])).await;
    assert_eq!(invalid_field(same_number), "number");
    let right =
        InvoiceInput { replaces: Some(dear.id), ..invoice("R-1b", &[line(1, "10", "874.90"), line(2, "20", "200")]) };
    assert!(!here.bill(id, &right).await.unwrap().blocked);
    assert_eq!(here.status(id).await, Status::Invoiced);
    let twice = here.bill(id, &InvoiceInput { number: "R-1c".into(), ..right }).await;
    assert!(matches!(twice, Err(ActionError::NotNow(_))), "an invoice is replaced once: {twice:?}");
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn what_was_not_delivered_or_billed_before_blocks_and_a_returned_invoice_counts_no_more() {
    let here = Altenrode::new().await;
    let (_, id) = here.sent_order().await;
    here.deliver(id, &[(1, "4")]).await.unwrap();
    let more = here.bill(id, &invoice("R-1", &[line(1, "5", "874.90")])).await.unwrap();
    assert!(more.blocked, "4 were delivered");
    let four = here.bill(id, &invoice("R-2", &[line(1, "4", "874.90")])).await.unwrap();
    assert!(!four.blocked, "a blocked invoice does not count as billed: {four:?}");
    let again = here.bill(id, &invoice("R-3", &[line(1, "1", "874.90")])).await.unwrap();
    assert!(again.blocked, "all four are billed");
    assert_eq!(invalid_field(cancel(&here.world.app, &here.eva, id, four.id, " ").await), "reason");
    cancel(&here.world.app, &here.eva, id, four.id, "Falscher Empfänger").await.unwrap();
    let then = here.bill(id, &invoice("R-4", &[line(1, "4", "874.90")])).await.unwrap();
    assert!(!then.blocked, "{then:?}");
    let printed = InvoiceInput {
        stated: vec![StatedGroup { rate: "19".parse().unwrap(), net: "900.00".parse().unwrap() }],
        ..invoice("R-5", &[line(2, "4", "200")])
    };
    here.deliver(id, &[(2, "20")]).await.unwrap();
    let printed = here.bill(id, &printed).await.unwrap();
    assert_eq!((printed.blocked, figure(&printed.findings[0], "difference_net").as_str()), (true, "100.00"));
}

#[tokio::test]
async fn a_subscription_is_billed_month_by_month_and_no_day_twice() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    released(release(&here.world.app, &here.karl, id, None).await);
    dispatch(&here.world.app, &here.eva, id, None, "portal").await.unwrap();
    let ordered = here.world.call_off(id).await.details.performance.unwrap();
    let of = |from: chrono::NaiveDate, to: chrono::NaiveDate| {
        let performance = Period::new(from, to).ok();
        vec![InvoiceLineInput { performance, ..line(1, "120", "11.85") }]
    };
    let middle = ordered.from() + chrono::Months::new(6) - chrono::Days::new(1);
    let first = here.bill(id, &invoice("A-1", &of(ordered.from(), middle))).await.unwrap();
    assert_eq!((first.blocked, first.invoiced.to_string().as_str()), (false, "8532.00"), "120 × 6 × 11.85");
    let overlapping = here.bill(id, &invoice("A-2", &of(middle, ordered.to()))).await.unwrap();
    assert!(overlapping.blocked, "one day twice");
    let rest = here.bill(id, &invoice("A-3", &of(middle + chrono::Days::new(1), ordered.to()))).await.unwrap();
    assert!(!rest.blocked, "{rest:?}");
    let outside = here.bill(id, &invoice("A-4", &of(ordered.from(), ordered.to() + chrono::Days::new(1)))).await;
    assert_eq!(invalid_field(outside), "lines[0].performance");
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_its_field_and_writes_nothing() {
    let here = Altenrode::new().await;
    let (_, id) = here.sent_order().await;
    for (input, field) in [
        (invoice(" ", &[line(1, "1", "1")]), "number"),
        (InvoiceInput { invoiced_on: day("2026-11-23"), ..invoice("R", &[line(1, "1", "1")]) }, "invoiced_on"),
        (InvoiceInput { invoiced_on: day("2026-11-21"), ..invoice("R", &[line(1, "1", "1")]) }, "invoiced_on"),
        (invoice("R", &[]), "lines"),
        (invoice("R", &[line(3, "1", "1")]), "lines[0].position"),
        (invoice("R", &[line(0, "1", "1")]), "lines[0].position"),
        (invoice("R", &[line(1, "1", "1"), line(1, "1", "1")]), "lines[1].position"),
        (invoice("R", &[line(1, "viel", "1")]), "lines[0].quantity"),
        (invoice("R", &[line(1, "1", "-1")]), "lines[0].unit_price"),
    ] {
        assert_eq!(invalid_field(here.bill(id, &input).await), field);
    }
    let request = here.contract().await;
    let request = here.request(&request).await;
    let early = here.bill(request, &invoice("R", &[line(1, "1", "1")])).await;
    assert!(matches!(early, Err(ActionError::WrongState(Status::Submitted))), "{early:?}");
    let written: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM invoice) + (SELECT count(*) FROM order_review WHERE check_point = 'invoice')",
    )
    .fetch_one(here.world.owner())
    .await
    .unwrap();
    assert_eq!(written, 0);
    let key = IdempotencyKey { key: "r-1".into(), request_sha256: [1; 32] };
    let input = invoice("R-1", &[line(1, "1", "874.90")]);
    let first = note(&here.world.app, &here.eva, id, &input, Some(&key)).await.unwrap();
    let again = note(&here.world.app, &here.eva, id, &input, Some(&key)).await.unwrap();
    assert_eq!(first, again, "the same key gives the same answer");
}

#[tokio::test]
async fn the_page_takes_the_invoice_as_printed() {
    let here = Altenrode::new().await;
    let (_, id) = here.sent_order().await;
    here.deliver(id, &[(1, "10"), (2, "20")]).await.unwrap();
    let eva = Browser::signed_in(&here.world, &here.eva).await;
    let path = format!("/abrufe/{id}/rechnungen");
    let page = eva.page(&path).await;
    assert!(page.contains("value=\"874,90\"") && page.contains("value=\"10\""), "as ordered stands in it");
    let as_printed = [
        ("invoiced_on", "22.11.2026"),
        ("menge_1", "10"),
        ("preis_1", "874,90"),
        ("menge_2", ""),
        ("preis_2", "200,00"),
    ];
    let wrong = eva.submit(&page, &path, &as_printed).await;
    assert!(read(&wrong.text).contains("Bitte geben Sie die Rechnungsnummer ein"), "{}", read(&wrong.text));
    eva.leads_on(&page, &path, &[&as_printed[..], &[("number", "R-1")]].concat()).await;
    let page = eva.page(&path).await;
    let text = read(&page);
    for words in [
        "Rechnung R-1 vom 22.11.2026",
        "zur Zahlung frei",
        "8.749,00 € netto, 1.662,31 € Umsatzsteuer, 10.411,31 € brutto",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    eva.leads_on(&page, &format!("{path}/aufheben"), &[("reason", "Falscher Empfänger")]).await;
    assert!(read(&eva.page(&path).await).contains("gilt nicht mehr"));
    let olga = Browser::signed_in(&here.world, &here.olga).await;
    let text = read(&olga.page(&path).await);
    assert!(text.contains("Rechnung R-1") && !text.contains("Rechnung erfassen"), "the office looks on: {text}");
}
