//! An order on its way: sent, received, confirmed, delivered, complained about, closed short.

use abruf::actions::ActionError;
use abruf::actions::cancel_call_off::cancel;
use abruf::actions::cancel_part::cancel_part;
use abruf::actions::close_short::close_short;
use abruf::actions::confirm_order::{ConfirmationInput, answer, confirm};
use abruf::actions::dispatch_order::{dispatch, note_receipt};
use abruf::actions::file_complaint::{ComplaintInput, complain, resolve};
use abruf::actions::issue_document::issue_next;
use abruf::actions::judge_paper;
use abruf::actions::note_delivery::{DeliveryInput, deliver};
use abruf::actions::release_call_off::release;
use abruf::actions::reproduce_document::{Outcome as Reproduced, find, reproduce};
use abruf::actions::rest_of_order::{PartInput, PartsInput};
use abruf::verify::verify;
use abruf_domain::call_off::Status;
use abruf_domain::data_format::DataFormat;
use abruf_domain::finding::Outcome;
use abruf_domain::ids::CallOffId;
use chrono::NaiveDate;
use serde_json::json;
use uuid::Uuid;

use super::{Altenrode, invalid_field, released};
use crate::pages::browser::{Browser, read};
use crate::world::contract::{Contract, fixed, quantity, value};

const TODAY: &str = "2026-11-22";

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn parts(quantities: &[(i32, &str)]) -> Vec<PartInput> {
    quantities
        .iter()
        .map(|(position, quantity)| PartInput { position: *position, quantity: (*quantity).into() })
        .collect()
}

impl Altenrode {
    /// 10 notebooks and 20 monitors, sent today.
    pub(super) async fn sent_order(&self) -> (Contract, CallOffId) {
        let contract = self
            .world
            .contract("RV-GER")
            .ceiling(value("100000.00"))
            .item("NBK", fixed("874.90"))
            .item("MON", fixed("200.00"))
            .item_ceiling("NBK", quantity("100"))
            .entitles(self.town)
            .await;
        let id = self.world.request(&self.eva, &contract, &[("NBK", "10"), ("MON", "20")]).await;
        released(release(&self.world.app, &self.karl, id, None).await);
        dispatch(&self.world.app, &self.eva, id, None, "email").await.unwrap();
        (contract, id)
    }

    pub(super) async fn deliver(&self, id: CallOffId, quantities: &[(i32, &str)]) -> Result<Uuid, ActionError> {
        let input =
            DeliveryInput { delivered_on: day(TODAY), note_number: "LS-1".into(), quantities: parts(quantities) };
        deliver(&self.world.app, &self.eva, id, &input, None).await
    }

    pub(super) async fn status(&self, id: CallOffId) -> Status {
        self.world.call_off(id).await.status
    }
}

pub(super) fn as_ordered() -> ConfirmationInput {
    ConfirmationInput {
        confirmed_on: day(TODAY),
        reference: "AB-7".into(),
        delivery_on: None,
        quantities: Vec::new(),
        note: String::new(),
    }
}

#[tokio::test]
async fn an_order_sent_after_the_end_of_its_contract_is_a_task_of_the_office_until_it_is_confirmed() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here
        .world
        .contract("RV-ENDE")
        .term("2024-12-01", "2027-12-31")
        .ceiling(value("100000.00"))
        .item("NBK", fixed("100.00"))
        .entitles(here.town)
        .await;
    let orders = [
        here.world.request(&here.eva, &contract, &[("NBK", "1")]).await,
        here.world.request(&here.eva, &contract, &[("NBK", "2")]).await,
    ];
    for id in orders {
        released(release(app, &here.karl, id, None).await);
    }
    let in_time = dispatch(app, &here.eva, orders[0], None, "email").await.unwrap();
    assert_eq!(in_time.iter().map(|it| it.outcome).collect::<Vec<_>>(), [Outcome::Passed]);
    assert_eq!(invalid_field(dispatch(app, &here.eva, orders[1], None, "brieftaube").await), "channel");
    assert_eq!(invalid_field(dispatch(app, &here.eva, orders[1], Some(day("2026-11-23")), "post").await), "sent_on");
    here.world.at("2028-01-03T08:00:00Z");
    let too_late = dispatch(app, &here.eva, orders[1], None, "post").await.unwrap();
    assert_eq!(
        too_late.iter().map(|it| (it.rule.as_str(), it.outcome)).collect::<Vec<_>>(),
        [("receipt-after-end", Outcome::Notice)]
    );
    assert_eq!(invalid_field(note_receipt(app, &here.eva, orders[0], day("2026-11-21")).await), "received_on");
    let received = note_receipt(app, &here.eva, orders[0], day("2028-01-03")).await.unwrap();
    assert_eq!(received[0].outcome, Outcome::Notice, "sent in time, received too late");
    let again = note_receipt(app, &here.eva, orders[0], day("2028-01-03")).await;
    assert!(matches!(again, Err(ActionError::NotNow(_))), "{again:?}");

    let olga = Browser::signed_in(&here.world, &here.olga).await;
    let start = read(&olga.page("/").await);
    assert!(start.contains("Zugang nach Vertragsende klären"), "{start}");
    let page = read(&olga.page(&format!("/abrufe/{}/lieferungen", orders[1])).await);
    assert!(page.contains("wurde erst am 03.01.2028 versandt. Der Vertrag endete am 31.12.2027."), "{page}");
    assert!(page.contains("Liegt bei: Geschäftsstelle"), "{page}");
    for id in orders {
        confirm(app, &here.eva, id, &ConfirmationInput { confirmed_on: day("2028-01-03"), ..as_ordered() }, None)
            .await
            .unwrap();
    }
    let start = read(&olga.page("/").await);
    assert!(!start.contains("Zugang nach Vertragsende klären"), "the supplier confirmed: {start}");
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_confirmation_that_differs_changes_nothing_until_the_buyer_answers() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let (_, id) = here.sent_order().await;
    let before = here.world.call_off(id).await.amounts;
    let different = ConfirmationInput {
        delivery_on: Some(day("2027-01-15")),
        quantities: parts(&[(1, "8"), (2, "20")]),
        note: "Preis 899,00".into(),
        ..as_ordered()
    };
    assert_eq!(
        invalid_field(
            confirm(app, &here.eva, id, &ConfirmationInput { quantities: parts(&[(1, "acht")]), ..as_ordered() }, None)
                .await
        ),
        "lines[0].quantity"
    );
    let none = answer(app, &here.eva, id, true, "").await;
    assert!(matches!(none, Err(ActionError::NotNow(_))), "{none:?}");
    confirm(app, &here.eva, id, &different, None).await.unwrap();
    assert_eq!(here.status(id).await, Status::Dispatched, "a differing confirmation is a new offer");
    assert_eq!(here.world.call_off(id).await.amounts, before, "the price never changes by it");
    let eva = Browser::signed_in(&here.world, &here.eva).await;
    let text = read(&eva.page(&format!("/abrufe/{id}")).await);
    let words = "Liefertermin 15.01.2027; Position 1: Menge 8; Preis 899,00";
    assert!(text.contains("Abweichend bestätigt") && text.contains(words), "{text}");

    assert_eq!(invalid_field(answer(app, &here.eva, id, false, " ").await), "answer_reason");
    answer(app, &here.eva, id, false, "Bestellt sind 10.").await.unwrap();
    assert_eq!(here.status(id).await, Status::Dispatched);
    confirm(app, &here.eva, id, &different, None).await.unwrap();
    answer(app, &here.eva, id, true, "").await.unwrap();
    assert_eq!(here.status(id).await, Status::Confirmed);
    let log = here.log(id).await;
    assert_eq!(&log[log.len() - 2..], ["call_off_confirmed_differently", "call_off_difference_accepted"]);
    here.world.keeps_its_promises().await;
}

/// One frozen document per accepted day, each naming the one before; what was objected to changes nothing.
#[tokio::test]
async fn an_accepted_delivery_date_is_a_document_that_names_the_one_it_replaces() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let (_, id) = here.sent_order().await;
    while issue_next(app).await.unwrap() {}
    for (to, accepted) in [("2027-01-15", true), ("2027-01-20", false), ("2027-02-01", true)] {
        let other = ConfirmationInput { delivery_on: Some(day(to)), note: "Werk".into(), ..as_ordered() };
        confirm(app, &here.eva, id, &other, None).await.unwrap();
        answer(app, &here.eva, id, accepted, if accepted { "" } else { "Zu spät." }).await.unwrap();
    }
    let only_quantity = ConfirmationInput { quantities: parts(&[(1, "8")]), ..as_ordered() };
    confirm(app, &here.eva, id, &only_quantity, None).await.unwrap();
    answer(app, &here.eva, id, true, "").await.unwrap();
    while issue_next(app).await.unwrap() {}

    let sql = "SELECT kind, check_code, input, bytes FROM document WHERE call_off_id = $1 ORDER BY created_at, id";
    let made: Vec<(String, String, String, Vec<u8>)> =
        sqlx::query_as(sql).bind(id.0).fetch_all(here.world.owner()).await.unwrap();
    let data = |input: &str| serde_json::from_str::<serde_json::Value>(input).unwrap()["data"].clone();
    let changes: Vec<_> = made.iter().filter(|it| it.0 == "delivery_change").collect();
    let [first, second] = changes[..] else { panic!("{} changes", changes.len()) };
    let order = made.iter().find(|it| it.0 == "order").unwrap();
    let number = here.world.call_off(id).await.number.unwrap();
    let (one, two) = (data(&first.2), data(&second.2));
    assert_eq!((&one["to"], &one["from"]), (&json!("2027-01-15"), &serde_json::Value::Null));
    assert_eq!((&one["number"], &one["replaces"]["number"]), (&json!(format!("{number}-T1")), &json!(number)));
    assert_eq!(one["replaces"]["check_code"], json!(order.1));
    assert_eq!((&two["to"], &two["from"]), (&json!("2027-02-01"), &json!("2027-01-15")));
    assert_eq!((&two["number"], &two["replaces"]["check_code"]), (&json!(format!("{number}-T2")), &json!(first.1)));
    let xml = abruf_documents::embedded(&second.3, DataFormat::OrderX).expect("the change as data");
    let xml = String::from_utf8(xml).unwrap();
    for said in ["<ram:TypeCode>230</ram:TypeCode>", "20270201", &number] {
        assert!(xml.contains(said), "{said}: {xml}");
    }
    let eva = Browser::signed_in(&here.world, &here.eva).await;
    let page = eva.page(&format!("/abrufe/{id}")).await;
    for sequence in [1, 2] {
        let path = format!("/abrufe/{id}/terminaenderungen/{sequence}");
        assert!(page.contains(&path), "{path} is linked");
        assert!(eva.get(&path).await.text.starts_with("%PDF-"));
    }
    assert_eq!(eva.get(&format!("/abrufe/{id}/terminaenderungen/3")).await.status, axum::http::StatusCode::NOT_FOUND);
    let paper = judge_paper::by_check_code(app, &second.1).await.unwrap().unwrap();
    assert_eq!(paper.to_string(), format!("Terminänderung zum Abruf {number} vom 22.11.2026"));
    for document in find(app, Some(&number)).await.unwrap() {
        assert_eq!(reproduce(app, document).await.unwrap().outcome, Reproduced::Identical);
    }
    here.world.keeps_its_promises().await;

    for statement in [
        "ALTER TABLE document DISABLE TRIGGER ALL",
        "DELETE FROM document WHERE kind = 'delivery_change' AND file_name LIKE '%T2%'",
    ] {
        sqlx::query(statement).execute(here.world.owner()).await.unwrap();
    }
    let found = verify(app, |_, _, _| {}).await.unwrap().failures;
    let missing = format!("Abruf {number}: es gibt 2 angenommene Liefertermine, aber 1 Dokumente dazu");
    assert!(found.iter().any(|it| it.to_string() == missing), "{found:?}");
}

#[tokio::test]
async fn deliveries_add_up_and_never_exceed_what_is_open() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let (contract, id) = here.sent_order().await;
    here.deliver(id, &[(1, "4"), (2, "20")]).await.unwrap();
    assert_eq!(here.status(id).await, Status::Dispatched);
    let Err(ActionError::Invalid(errors)) = here.deliver(id, &[(1, "7")]).await else { panic!("7 of 6 were taken") };
    for words in ["7 ist zu viel", "noch 10", "geliefert sind 4", "höchstens 6", "als Reklamation"] {
        assert!(errors[0].message.contains(words), "{words}: {errors:?}");
    }
    assert_eq!(invalid_field(here.deliver(id, &[]).await), "lines");
    let whole = cancel(app, &here.karl, id, "Doch nicht").await;
    assert!(matches!(whole, Err(ActionError::NotNow(_))), "{whole:?}");
    assert_eq!(
        invalid_field(cancel_part(app, &here.karl, id, PartsInput::new(&parts(&[(1, "7")]), "Weniger"), None).await),
        "lines[0].quantity"
    );
    cancel_part(app, &here.karl, id, PartsInput::new(&parts(&[(1, "1")]), "Einer weniger"), None).await.unwrap();
    here.deliver(id, &[(1, "5")]).await.unwrap();
    assert_eq!(here.status(id).await, Status::Delivered, "9 of 9 and 20 of 20");
    let late = here.deliver(id, &[(1, "1")]).await;
    assert!(matches!(late, Err(ActionError::WrongState(Status::Delivered))), "{late:?}");
    assert_eq!(here.volume(&contract, "item").await, ["9", "0", "0"]);
    here.world.keeps_its_promises().await;
    let found = verify(app, |_, _, _| {}).await.unwrap();
    assert!(found.failures.is_empty(), "{:?}", found.failures);
}

#[tokio::test]
async fn of_two_deliveries_at_once_who_want_too_much_together_only_one_is_noted() {
    let here = Altenrode::new().await;
    let (_, id) = here.sent_order().await;
    let (first, second) = tokio::join!(here.deliver(id, &[(1, "6")]), here.deliver(id, &[(1, "6")]));
    assert_eq!(usize::from(first.is_ok()) + usize::from(second.is_ok()), 1, "{first:?} {second:?}");
    let beyond = sqlx::query("UPDATE call_off_line SET delivered = 11 WHERE call_off_id = $1 AND position = 1")
        .bind(id.0)
        .execute(here.world.owner())
        .await
        .unwrap_err();
    assert!(beyond.to_string().contains("call_off_line_delivered_within_order"), "{beyond}");
}

#[tokio::test]
async fn a_short_close_frees_what_did_not_arrive_and_a_complaint_frees_nothing() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let (contract, id) = here.sent_order().await;
    let nothing_yet = close_short(app, &here.karl, id, None, "Lieferant kann nicht", None).await;
    assert!(matches!(nothing_yet, Err(ActionError::NotNow(_))), "{nothing_yet:?}");
    here.deliver(id, &[(1, "4"), (2, "20")]).await.unwrap();
    let complaint = ComplaintInput {
        position: 1,
        quantity: "2".into(),
        wording: "Zwei Gehäuse gebrochen".into(),
        complained_on: day(TODAY),
    };
    for (wrong, field) in [
        (ComplaintInput { wording: " ".into(), ..complaint.clone() }, "wording"),
        (ComplaintInput { position: 9, ..complaint.clone() }, "position"),
        (ComplaintInput { quantity: "-1".into(), ..complaint.clone() }, "complaint_quantity"),
        (ComplaintInput { complained_on: day("2026-11-23"), ..complaint.clone() }, "complained_on"),
    ] {
        assert_eq!(invalid_field(complain(app, &here.eva, id, &wrong, None).await), field);
    }
    let complained = complain(app, &here.eva, id, &complaint, None).await.unwrap();
    assert_eq!(here.volume(&contract, "contract").await, ["12749", "0", "0"], "returns free no volume");

    let buyer = close_short(app, &here.eva, id, None, "Lieferant kann nicht", None).await;
    assert!(matches!(buyer, Err(ActionError::NotPermitted(_))), "{buyer:?}");
    assert_eq!(invalid_field(close_short(app, &here.karl, id, None, " ", None).await), "reason");
    let closed = close_short(app, &here.karl, id, None, "Lieferant kann nicht", None).await.unwrap();
    // Six notebooks at 874.90.
    assert_eq!(closed.freed.to_string(), "5249.40");
    assert_eq!(here.status(id).await, Status::Delivered);
    assert_eq!(here.volume(&contract, "contract").await, ["7499.6", "0", "0"]);
    assert_eq!(here.volume(&contract, "item").await, ["4", "0", "0"]);

    let foreign = resolve(app, &here.eva, id, Uuid::nil(), "Ersetzt").await;
    assert!(matches!(foreign, Err(ActionError::NotFound)), "{foreign:?}");
    resolve(app, &here.eva, id, complained, "Ersetzt am 25.11.").await.unwrap();
    let again = resolve(app, &here.eva, id, complained, "Noch einmal").await;
    assert!(matches!(again, Err(ActionError::NotNow(_))), "{again:?}");
    assert_eq!(here.volume(&contract, "contract").await, ["7499.6", "0", "0"]);
    here.world.keeps_its_promises().await;
    let found = verify(app, |_, _, _| {}).await.unwrap();
    assert!(found.failures.is_empty(), "{:?}", found.failures);
}

#[tokio::test]
async fn a_part_of_the_rest_is_closed_and_the_other_part_still_comes() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let (contract, id) = here.sent_order().await;
    here.deliver(id, &[(1, "4"), (2, "20")]).await.unwrap();
    let part = |quantity: &str| [PartInput { position: 1, quantity: quantity.to_owned() }];
    let close =
        async |parts: &[PartInput]| close_short(app, &here.karl, id, Some(parts), "Zwei kommen nicht mehr", None).await;
    assert_eq!(invalid_field(close(&part("7")).await), "lines[0].quantity", "six are open");
    assert_eq!(invalid_field(close(&part("0")).await), "lines[0].quantity");
    assert_eq!(invalid_field(close(&[]).await), "lines");
    assert_eq!(here.volume(&contract, "contract").await, ["12749", "0", "0"], "nothing was written");

    let closed = close(&part("2")).await.unwrap();
    // Two notebooks at 874.90; four still come.
    assert_eq!(closed.freed.to_string(), "1749.80");
    assert_eq!(here.status(id).await, Status::Dispatched);
    assert_eq!(here.volume(&contract, "contract").await, ["10999.2", "0", "0"]);
    here.deliver(id, &[(1, "4")]).await.unwrap();
    assert_eq!(here.status(id).await, Status::Delivered);
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn the_page_leads_from_dispatch_to_the_last_piece() {
    let here = Altenrode::new().await;
    let contract = here
        .world
        .contract("RV-GER")
        .ceiling(value("100000.00"))
        .item("NBK", fixed("874.90"))
        .entitles(here.town)
        .await;
    let id = here.world.request(&here.eva, &contract, &[("NBK", "10")]).await;
    released(release(&here.world.app, &here.karl, id, None).await);
    let eva = Browser::signed_in(&here.world, &here.eva).await;
    let path = format!("/abrufe/{id}/lieferungen");
    let form = |name: &str| format!("{path}/{name}");
    let page = eva.page(&path).await;
    eva.leads_on(&page, &form("versand"), &[("sent_on", "22.11.2026"), ("channel", "email")]).await;
    let page = eva.page(&path).await;
    let wrong = eva.submit(&page, &form("lieferung"), &[("delivered_on", "22.11.2026"), ("menge_1", "11")]).await;
    let text = read(&wrong.text);
    assert!(text.contains("11 ist zu viel") && wrong.text.contains("value=\"11\""), "{text}");
    eva.leads_on(
        &page,
        &form("lieferung"),
        &[("delivered_on", "22.11.2026"), ("note_number", "LS-1"), ("menge_1", "4")],
    )
    .await;
    let text = read(&eva.page(&path).await);
    for words in ["teilgeliefert", "bestellt 10", "geliefert 4", "offen 6", "4 × NBK, Lieferschein LS-1"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("Restmenge schließen"), "closing is the approver's");
    let page = eva.page(&path).await;
    let complaint =
        [("position", "1"), ("complaint_quantity", "1"), ("wording", "Gebrochen"), ("complained_on", "22.11.2026")];
    eva.leads_on(&page, &form("reklamation"), &complaint).await;
    let page = eva.page(&path).await;
    assert!(read(&page).contains("Offene Reklamationen"));
    eva.leads_on(&page, &form("reklamation-erledigt"), &[("resolution", "Ersetzt")]).await;
    let confirmed = [("confirmed_on", "22.11.2026"), ("delivery_on", "01.02.2027")];
    eva.leads_on(&page, &form("bestaetigung"), &confirmed).await;
    let page = eva.page(&path).await;
    assert!(read(&page).contains("Der Lieferant bestätigt anders als bestellt: Liefertermin 01.02.2027."));
    eva.leads_on(&page, &form("abweichung"), &[("antwort", "angenommen")]).await;
    eva.leads_on(&page, &form("zugang"), &[("received_on", "22.11.2026")]).await;

    let karl = Browser::signed_in(&here.world, &here.karl).await;
    let page = karl.page(&path).await;
    karl.leads_on(&page, &form("restmenge"), &[("entfaellt_1", "6"), ("reason", "Kommt nicht mehr")]).await;
    let text = read(&karl.page(&format!("/abrufe/{id}")).await);
    for words in ["geliefert", "Restmenge geschlossen 1: 6 × NBK", "3.499,60 €"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    here.world.keeps_its_promises().await;
}
