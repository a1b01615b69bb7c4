//! What is planned becomes realised: by the later of delivery and invoice, at the price invoiced, once.

use abruf::actions::advance_call_off::advance;
use abruf::actions::cancel_part::cancel_part;
use abruf::actions::note_invoice::cancel;
use abruf::actions::rest_of_order::{PartInput, PartsInput};
use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use serde_json::Value;
use uuid::Uuid;

use super::House;
use crate::pages::browser::{Browser, read};
use crate::web::Web;
use crate::world::contract::{fixed, prior_contract, value};

const NOTHING: [&str; 4] = ["0.00", "0.00", "0.00", "0.00"];
const LINES: &[(&str, &str)] = &[("NBK", "10"), ("MON", "20")];

#[tokio::test]
async fn what_is_delivered_and_invoiced_is_realised_once_whatever_comes_first() {
    let house = House::new().await;
    let id = house.order(&house.contract().await, LINES).await;
    assert_eq!(house.book(id, "planned").await, ["200.00", "200.00", "40.00", "2000.00"]);
    house.deliver(id, &[(1, "4")]).await;
    assert_eq!(house.book(id, "realised").await, NOTHING, "delivered, not invoiced");
    house.bill(id, "R-1", &[(1, "4", "100")]).await;
    assert_eq!(house.book(id, "realised").await, ["80.00", "0.00", "8.00", "400.00"]);
    house.deliver(id, &[(1, "6")]).await;
    assert_eq!(house.book(id, "realised").await, ["80.00", "0.00", "8.00", "400.00"]);
    house.bill(id, "R-2", &[(1, "6", "95")]).await;
    assert_eq!(house.book(id, "realised").await, ["230.00", "0.00", "20.00", "970.00"], "30.00 less was paid");
    house.deliver(id, &[(2, "20")]).await;
    house.bill(id, "R-3", &[(2, "20", "50,00")]).await;
    assert_eq!(house.book(id, "realised").await, ["230.00", "200.00", "40.00", "1970.00"]);
    assert_eq!(house.book(id, "planned").await, ["200.00", "200.00", "40.00", "2000.00"], "the plan stays");
    let twice = "SELECT count(*) FROM (SELECT 1 FROM savings_entry WHERE stage = 'realised'
                 GROUP BY call_off_id, source_kind, source_id, position, class, baseline_id HAVING 1 < count(*)) AS twice";
    assert_eq!(house.number(twice).await, 0, "each event and account once");
    house.is_sound().await;

    // An invoice that counts no more is countered; its entries stay.
    let before = house.number("SELECT count(*) FROM savings_entry WHERE stage = 'realised'").await;
    let invoice = sqlx::query_scalar("SELECT id FROM invoice WHERE number = 'R-2'");
    let invoice: Uuid = invoice.fetch_one(house.world.owner()).await.unwrap();
    cancel(&house.world.app, &house.eva, id, invoice, "Falscher Empfänger").await.unwrap();
    assert_eq!(house.book(id, "realised").await, ["80.00", "200.00", "28.00", "1400.00"]);
    assert!(before < house.number("SELECT count(*) FROM savings_entry WHERE stage = 'realised'").await);
    house.is_sound().await;
}

#[tokio::test]
async fn an_invoice_that_is_blocked_realises_nothing() {
    let house = House::new().await;
    let id = house.order(&house.contract().await, LINES).await;
    house.deliver(id, &[(1, "10"), (2, "20")]).await;
    assert!(house.bill(id, "R-1", &[(1, "10", "101")]).await.blocked);
    assert_eq!(house.book(id, "realised").await, NOTHING);
    house.is_sound().await;
}

#[tokio::test]
async fn a_cent_of_rounding_between_part_invoices_is_neither_saved_nor_lost() {
    let house = House::new().await;
    let contract = house
        .world
        .contract("RV-KLEIN")
        .fee("1.5")
        .ceiling(value("1000.00"))
        .item("SCH", fixed("0.333"))
        .baseline("SCH", prior_contract("0.417"))
        .entitles(house.town)
        .await;
    let id = house.order(&contract, &[("SCH", "10")]).await;
    let planned = house.book(id, "planned").await;
    for (number, quantity) in [("R-1", "5"), ("R-2", "2"), ("R-3", "3")] {
        house.deliver(id, &[(1, quantity)]).await;
        house.bill(id, number, &[(1, quantity, "0,333")]).await;
    }
    assert_eq!(house.book(id, "realised").await, planned);
    house.is_sound().await;
}

#[tokio::test]
async fn what_is_noted_as_invoiced_in_a_word_is_realised_as_ordered() {
    let house = House::new().await;
    let id = house.order(&house.contract().await, LINES).await;
    for to in [Status::Confirmed, Status::Delivered] {
        advance(&house.world.app, &house.eva, id, to).await.unwrap();
    }
    assert_eq!(house.book(id, "realised").await, NOTHING);
    advance(&house.world.app, &house.eva, id, Status::Invoiced).await.unwrap();
    assert_eq!(house.book(id, "realised").await, house.book(id, "planned").await);
    house.is_sound().await;
}

#[tokio::test]
async fn a_partial_cancellation_leaves_what_was_realised() {
    let house = House::new().await;
    let id = house.order(&house.contract().await, LINES).await;
    house.deliver(id, &[(1, "3")]).await;
    house.bill(id, "R-1", &[(1, "3", "100")]).await;
    let realised = house.book(id, "realised").await;
    let parts =
        [PartInput { position: 2, quantity: "20".to_owned() }, PartInput { position: 1, quantity: "2".to_owned() }];
    cancel_part(&house.world.app, &house.karl, id, PartsInput::new(&parts, "Weniger Plätze"), None).await.unwrap();
    assert_eq!(house.book(id, "planned").await, ["160.00", "0.00", "16.00", "800.00"]);
    assert_eq!(house.book(id, "realised").await, realised);
    house.deliver(id, &[(1, "5")]).await;
    house.bill(id, "R-2", &[(1, "5", "100")]).await;
    assert_eq!(house.book(id, "realised").await, house.book(id, "planned").await);
    house.is_sound().await;
}

#[tokio::test]
async fn a_year_of_a_subscription_is_realised_once_somebody_says_that_it_is_there() {
    let house = House::new().await;
    let id = house.order(&house.contract().await, &[("ABO", "7")]).await;
    house.bill(id, "R-1", &[(1, "7", "10")]).await;
    assert_eq!(house.book(id, "realised").await, NOTHING, "invoiced, not delivered");
    house.deliver(id, &[(1, "7")]).await;
    assert_eq!(house.book(id, "realised").await, ["168.00", "0.00", "16.80", "840.00"], "7 × 12 × 2.00");
    house.is_sound().await;
}

#[tokio::test]
async fn no_existing_sum_contains_what_was_realised() {
    let house = House::new().await;
    let contract = house.contract().await;
    let id = house.order(&contract, LINES).await;
    house.deliver(id, &[(1, "10"), (2, "20")]).await;
    house.bill(id, "R-1", &[(1, "10", "100"), (2, "20", "50")]).await;
    let olga = Browser::signed_in(&house.world, &house.olga).await;
    let said = read(&olga.page("/berichte/einsparungen?jahr=2026").await);
    assert!(said.contains("2.000,00 €") && !said.contains("4.000,00 €"), "{said}");
    let said = read(&olga.page(&format!("/verwaltung/vertraege/{}/bonus", contract.id)).await);
    assert!(said.contains("2026 2.000,00 €"), "turnover for the bonus: {said}");
    let stages = read(&olga.page("/berichte/einsparungen/stufen?jahr=2026").await);
    assert!(stages.contains("160,00 € 160,00 € 0,00 €"), "planned, realised, audited: {stages}");
    assert!(stages.contains("realisiert 160,00 € 160,00 € 0,00 €"), "list, report, difference: {stages}");
    for (query, row) in [
        ("je=mitglied&klasse=B", "Stadt Altenrode 200,00 € 200,00 € 0,00 €"),
        ("je=abruf&klasse=volumen", "2.000,00 € 2.000,00 € 0,00 €"),
    ] {
        let said = read(&olga.page(&format!("/berichte/einsparungen/stufen?jahr=2026&{query}")).await);
        assert!(said.contains(row), "{query}: {said}");
    }
    let csv = olga.get("/berichte/einsparungen/stufen.csv?jahr=2026&je=vertrag").await.text;
    assert!(csv.ends_with(";160,00;160,00;0,00\r\n"), "{csv}");
    let said = read(&olga.page(&format!("/abrufe/{id}/einsparung")).await);
    for words in [
        "Realisiert",
        "durch Rechnung",
        "Deckungsquote 100,00 %",
        "Haushaltswirkung, zur Information geplant 190,40 €, realisiert 190,40 € (mit Umsatzsteuer)",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let empty = read(&olga.page("/berichte/einsparungen/stufen?jahr=2031").await);
    assert!(empty.contains("In diesem Zeitraum ist nichts gebucht."), "{empty}");

    let House { world, olga, .. } = house;
    let web = Web::over(world).await;
    web.cookie_of(&olga, "olga@elbe-saale.example").await;
    let token = web.token("olga@elbe-saale.example").await;
    let all = web.api("GET", "/api/v1/reports/savings/stages?by=call_off", &token, None).await.json();
    let figures =
        |it: &Value| ["planned", "realised", "audited"].map(|book| it[book]["a_net"].as_str().unwrap().to_owned());
    assert_eq!(figures(&all["total"]), ["160.00", "160.00", "0.00"]);
    assert_eq!(figures(&all["groups"][0]), figures(&all["total"]));
    let planned = web.api("GET", "/api/v1/reports/savings", &token, None).await.json();
    assert_eq!(planned["total"]["volume"], "2000.00");
}

#[tokio::test]
async fn verification_finds_a_forged_realised_saving() {
    let house = House::new().await;
    let id = house.order(&house.contract().await, LINES).await;
    house.deliver(id, &[(1, "10")]).await;
    house.bill(id, "R-1", &[(1, "10", "100")]).await;
    house.is_sound().await;
    for (done, undone) in [
        (
            "UPDATE savings_entry SET effect_net = effect_net + 1 WHERE stage = 'realised' AND position = 1",
            "UPDATE savings_entry SET effect_net = effect_net - 1 WHERE stage = 'realised' AND position = 1",
        ),
        (
            "UPDATE savings_entry SET stage = 'audited', source_kind = 'mark' WHERE stage = 'realised'",
            "UPDATE savings_entry SET stage = 'realised', source_kind = 'invoice' WHERE stage = 'audited'",
        ),
    ] {
        sqlx::query(done).execute(house.world.owner()).await.unwrap();
        let failures = house.failures().await;
        assert!(failures.iter().any(|it| it.contains("RV-GER-0001, Position 1, Klasse A")), "{done}: {failures:?}");
        sqlx::query(undone).execute(house.world.owner()).await.unwrap();
    }
    house.is_sound().await;
}

#[tokio::test]
async fn the_database_refuses_an_event_that_counts_twice_and_an_entry_without_one() {
    let house = House::new().await;
    let id: CallOffId = house.order(&house.contract().await, LINES).await;
    house.deliver(id, &[(1, "10")]).await;
    house.bill(id, "R-1", &[(1, "10", "100")]).await;
    for (statement, constraint) in [
        (
            "INSERT INTO savings_entry (contract_id, id, call_off_id, body_id, member_id, position, class, stage, baseline_id,
                                        effect_net, method_version, dated_on, at, source_kind, source_id)
             SELECT contract_id, gen_random_uuid(), call_off_id, body_id, member_id, position, class, stage, baseline_id,
                    effect_net, method_version, dated_on, at, source_kind, source_id
             FROM savings_entry WHERE stage = 'realised'",
            "savings_entry_once_per_event",
        ),
        ("UPDATE savings_entry SET stage = 'realised' WHERE stage = 'planned'", "savings_entry_source_named"),
        ("UPDATE savings_entry SET stage = 'audited' WHERE stage = 'realised'", "savings_entry_audited_by_mark"),
        ("UPDATE savings_entry SET stage = 'geprüft'", "savings_entry_stage_known"),
    ] {
        let refused = sqlx::query(statement).execute(house.world.owner()).await.expect_err(statement);
        assert_eq!(refused.as_database_error().unwrap().constraint(), Some(constraint), "{statement}");
    }
}
