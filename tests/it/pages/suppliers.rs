//! Whom to order from, seen from the pages: the ranks of a draft, a stopped supplier, a quota given away.

use axum::http::StatusCode;

use super::Town;
use super::browser::{Browser, read};
use crate::web::Answer;
use crate::world::contract::{fixed, value};

/// Sends one of several forms of a page that go to the same address: its token and these fields.
async fn send(browser: &Browser, page: &str, address: &str, fields: &[(&str, &str)]) -> Answer {
    let token = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    browser.post(address, &[&[("csrf", token)], fields].concat()).await
}

/// As [`send`], which must lead on; returns where.
async fn sent(browser: &Browser, page: &str, address: &str, fields: &[(&str, &str)]) -> String {
    let answer = send(browser, page, address, fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{address}: {}", answer.text);
    answer.header("location").to_owned()
}

#[tokio::test]
async fn a_buyer_notes_request_and_decline_and_the_draft_names_the_next() {
    let town = Town::new().await;
    let second = town.world.organisation("Saale Systemhaus GmbH", "unternehmen").await;
    town.world.plays(second, "supplier").await;
    let contract = town
        .world
        .contract("RV-K")
        .mechanism("cascade")
        .supplier(second)
        .item("TIS", fixed("389.00"))
        .entitles(town.eva.organisation)
        .await;
    sqlx::query("UPDATE framework_contract SET answer_period_days = 3 WHERE id = $1")
        .bind(contract.id.0)
        .execute(town.world.owner())
        .await
        .unwrap();
    let draft = town.world.draft(&town.eva, &contract, &[("TIS", "2")]).await;
    let eva = town.browser(&town.eva).await;
    let lines = eva.page(&format!("/abrufe/{draft}/positionen")).await;
    assert!(read(&lines).contains("Anhalt Digital GmbH steht an erster Stelle"), "{}", read(&lines));
    let address = format!("/abrufe/{draft}/rangfolge");
    let page = eva.page(&address).await;
    assert!(read(&page).contains("Rang 1: Anhalt Digital GmbH ist an der Reihe"), "{}", read(&page));
    assert!(read(&page).contains("Rang 2: Saale Systemhaus GmbH kommt danach"));

    let first = town.world.supplier.to_string();
    let ask = |on: &'static str| [("form", "ask"), ("asked_on", on), ("document", "E-Mail vom 19.11.2026")];
    let wrong = send(&eva, &page, &address, &[&ask("23.11.2026")[..], &[("supplier", &first)]].concat()).await;
    assert!(
        wrong.text.contains("id=\"asked_on-fehler\"") && wrong.text.contains("value=\"23.11.2026\""),
        "{}",
        wrong.text
    );
    let page = eva.page(&address).await;
    let next = sent(&eva, &page, &address, &[&ask("19.11.2026")[..], &[("supplier", &first)]].concat()).await;
    let page = eva.page(&next).await;
    let words = read(&page);
    assert!(words.contains("3 Arbeitstage") && words.contains("Frist bis 24.11.2026"), "{words}");

    let decline = |on: &'static str| {
        [("form", "decline"), ("received_at", on), ("reason", "Lieferengpass"), ("document", "E-Mail vom 20.11.2026")]
    };
    let early = send(&eva, &page, &address, &[&decline("18.11.2026")[..], &[("supplier", &first)]].concat()).await;
    assert!(early.text.contains("id=\"received_at-fehler\"") && early.text.contains("value=\"Lieferengpass\""));
    let page = eva.page(&address).await;
    sent(&eva, &page, &address, &[&decline("20.11.2026")[..], &[("supplier", &first)]].concat()).await;
    let words = read(&eva.page(&address).await);
    assert!(words.contains("hat abgesagt") && words.contains("Der Entwurf nennt Saale Systemhaus GmbH"), "{words}");
}

#[tokio::test]
async fn a_lower_offer_is_typed_with_its_document_and_stays_when_the_quantity_changes() {
    let town = Town::new().await;
    let draft = town.world.draft(&town.eva, &town.citrix, &[("CTX-TRN", "2")]).await;
    let eva = town.browser(&town.eva).await;
    let address = format!("/abrufe/{draft}/positionen");
    let row = |price: &'static str, document: &'static str| {
        [("angebot", "CTX-TRN"), ("menge", "3"), ("angebotspreis", price), ("angebotsbeleg", document)]
    };
    let page = eva.page(&address).await;
    let wrong = eva.submit(&page, &address, &row("billiger", "Angebot 7")).await;
    assert!(wrong.text.contains("angebotspreis-") && wrong.text.contains("value=\"billiger\""), "{}", wrong.text);
    let missing = eva.submit(&page, &address, &row("1.100,00", "")).await;
    assert!(read(&missing.text).contains("Bitte nennen Sie das Angebot"), "{}", read(&missing.text));
    eva.leads_on(&page, &address, &row("1.100,00", "Angebot 7 vom 20.11.2026")).await;
    let (_, lines) = town.world.call_off_with_lines(draft).await;
    let offer = lines[0].offer.clone().unwrap();
    assert_eq!(
        (offer.unit_price.to_string().as_str(), offer.document.as_str()),
        ("1100.00", "Angebot 7 vom 20.11.2026")
    );
    let page = eva.page(&address).await;
    assert!(read(&page).contains("3.300,00 €"), "{}", read(&page));
}

#[tokio::test]
async fn where_prices_differ_the_cheapest_is_proposed_and_another_can_be_chosen() {
    let town = Town::new().await;
    let second = town.world.organisation("Saale Systemhaus GmbH", "unternehmen").await;
    town.world.plays(second, "supplier").await;
    let contract = town
        .world
        .contract("RV-B")
        .mechanism("best_price_per_item")
        .supplier(second)
        .item("MON", fixed("200.00"))
        .entitles(town.eva.organisation)
        .await;
    sqlx::query("UPDATE price_term SET unit_price = 190 WHERE contract_id = $1 AND supplier_id = $2")
        .bind(contract.id.0)
        .bind(second.0)
        .execute(town.world.owner())
        .await
        .unwrap();
    let draft = town.world.draft(&town.eva, &contract, &[("MON", "2")]).await;
    assert_eq!(town.world.call_off(draft).await.supplier, second);
    let eva = town.browser(&town.eva).await;
    let address = format!("/abrufe/{draft}/positionen");
    let page = eva.page(&address).await;
    assert!(
        read(&page).contains("Saale Systemhaus GmbH hat für alle Artikel den günstigsten Preis"),
        "{}",
        read(&page)
    );
    let first = town.world.supplier.to_string();
    let row = [("angebot", "MON"), ("menge", "2"), ("lieferant", first.as_str())];
    eva.leads_on(&page, &address, &row).await;
    assert_eq!(town.world.call_off(draft).await.supplier, town.world.supplier);
    let page = eva.page(&address).await;
    assert!(read(&page).contains("Von Ihnen gewählt. Vorgeschlagen ist Saale Systemhaus GmbH"), "{}", read(&page));
    eva.leads_on(&page, &address, &[("angebot", "MON"), ("menge", "2"), ("lieferant", "")]).await;
    assert_eq!(town.world.call_off(draft).await.supplier, second);
}

#[tokio::test]
async fn the_office_stops_a_supplier_and_the_town_finds_its_order_on_its_start_page() {
    let town = Town::new().await;
    let request = town.request().await;
    let olga = town.world.office().named("Olga Amt").await;
    let office = town.browser(&olga).await;
    assert!(read(&office.page("/verwaltung/lieferanten").await).contains("Anhalt Digital GmbH lieferfähig"));
    let address = format!("/verwaltung/lieferanten/{}", town.world.supplier);
    let page = office.page(&address).await;
    assert!(read(&page).contains("Stadt Altenrode") && page.contains(&request.to_string()), "{}", read(&page));
    let stop = |on: &'static str| {
        [("form", "stop"), ("stopped_from", on), ("reason", "insolvent"), ("document", "Beschluss vom 20.11.2026")]
    };
    let wrong = send(&office, &page, &address, &stop("32.11.2026")).await;
    assert!(wrong.text.contains("id=\"stopped_from-fehler\"") && wrong.text.contains("value=\"32.11.2026\""));
    sent(&office, &page, &address, &stop("20.11.2026")).await;
    let page = office.page(&address).await;
    assert!(read(&page).contains("gesperrt seit 20.11.2026"), "{}", read(&page));
    let eva = town.browser(&town.eva).await;
    assert!(read(&eva.page("/").await).contains("Lieferant gesperrt: Anhalt Digital GmbH"));
    let stop: uuid::Uuid =
        sqlx::query_scalar("SELECT id FROM supplier_stop").fetch_one(town.world.owner()).await.unwrap();
    let stop = stop.to_string();
    let lift =
        [("form", "lift"), ("stop", stop.as_str()), ("lifted_from", "22.11.2026"), ("lift_document", "Fortführung")];
    sent(&office, &page, &address, &lift).await;
    assert!(!read(&eva.page("/").await).contains("Lieferant gesperrt"));
}

#[tokio::test]
async fn the_office_stops_a_supplier_for_one_lot_and_lifts_the_one_it_chooses() {
    let town = Town::new().await;
    let contract = town
        .world
        .contract("RV-L")
        .lot("Geräte")
        .item("NB", fixed("900.00"))
        .lot("Schulung")
        .item("TRN", fixed("1180.00"))
        .entitles(town.eva.organisation)
        .await;
    let olga = town.world.office().named("Olga Amt").await;
    let office = town.browser(&olga).await;
    let address = format!("/verwaltung/lieferanten/{}", town.world.supplier);
    let page = office.page(&address).await;
    assert!(read(&page).contains("RV-L, nur Los 2 Schulung"), "{}", read(&page));
    let stop = |place: &str| {
        [
            ("form", "stop"),
            ("place", place),
            ("stopped_from", "20.11.2026"),
            ("reason", "suspended"),
            ("document", "Schreiben"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let send_stop = async |page: &str, place: &str| {
        let fields = stop(place);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        send(&office, page, &address, &fields).await
    };
    for wrong in ["irgendwo", &format!("{}:zwei", contract.id), &format!("{}:9", contract.id)] {
        let answer = send_stop(&page, wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(answer.text.contains("id=\"place-fehler\"") && answer.text.contains("value=\"Schreiben\""), "{wrong}");
    }
    assert_eq!(send_stop(&page, &format!("{}:2", contract.id)).await.status, StatusCode::SEE_OTHER);
    let page = office.page(&address).await;
    let words = read(&page);
    assert!(
        words.contains("für einzelne Verträge gesperrt") && words.contains("Ab 20.11.2026 für RV-L, Los 2 Schulung"),
        "{words}"
    );
    assert_eq!(send_stop(&page, "").await.status, StatusCode::SEE_OTHER, "a wide one beside it");
    let page = office.page(&address).await;
    assert!(read(&page).contains("gesperrt seit 20.11.2026"), "{}", read(&page));
    let wide: uuid::Uuid = sqlx::query_scalar("SELECT id FROM supplier_stop WHERE contract_id IS NULL")
        .fetch_one(town.world.owner())
        .await
        .unwrap();
    let wide = wide.to_string();
    let lift =
        [("form", "lift"), ("stop", wide.as_str()), ("lifted_from", "22.11.2026"), ("lift_document", "Fortführung")];
    sent(&office, &page, &address, &lift).await;
    let words = read(&office.page(&address).await);
    assert!(words.contains("für einzelne Verträge gesperrt") && words.contains("Frühere Sperren"), "{words}");
}

#[tokio::test]
async fn a_quota_is_given_by_one_town_and_taken_by_the_other_on_their_pages() {
    let town = Town::new().await;
    let neighbour = town.world.member("Stadt Neufeld").await;
    let nora = town.world.approver(neighbour).named("Nora Neu").await;
    let contract = town
        .world
        .contract("RV-Q")
        .ceiling(value("100000.00"))
        .item("MON", fixed("200.00"))
        .quota(town.karl.organisation, value("9000.00"))
        .quota(neighbour, value("1000.00"))
        .entitles(town.karl.organisation)
        .entitles(neighbour)
        .await;
    let address = format!("/rahmenvertraege/{}/kontingente", contract.id);
    let karl = town.browser(&town.karl).await;
    let page = karl.page(&address).await;
    assert!(read(&page).contains("9.000,00 €") && !read(&page).contains("1.000,00 €"), "{}", read(&page));
    let taker = neighbour.to_string();
    let give = |amount: &'static str| {
        [("form", "propose"), ("value", amount), ("quantity", ""), ("reason", "Bedarf verschoben")]
    };
    let wrong = send(&karl, &page, &address, &[&give("9.000,01")[..], &[("taker", &taker)]].concat()).await;
    assert!(wrong.text.contains("id=\"value-fehler\"") && wrong.text.contains("value=\"9.000,01\""), "{}", wrong.text);
    let page = karl.page(&address).await;
    sent(&karl, &page, &address, &[&give("2.500,00")[..], &[("taker", &taker)]].concat()).await;

    let nora = Browser::signed_in(&town.world, &nora).await;
    assert!(read(&nora.page("/").await).contains("Kontingent: Stadt Altenrode gibt an Stadt Neufeld"));
    let page = nora.page(&address).await;
    assert!(read(&page).contains("Stadt Altenrode gibt 2.500,00 € an Stadt Neufeld"), "{}", read(&page));
    let id: uuid::Uuid =
        sqlx::query_scalar("SELECT id FROM quota_transfer").fetch_one(town.world.owner()).await.unwrap();
    let id = id.to_string();
    let next = sent(&nora, &page, &address, &[("form", "consent"), ("transfer", &id)]).await;
    assert!(next.ends_with("hinweis=wirksam"), "{next}");
    assert!(read(&nora.page(&address).await).contains("3.500,00 €"));
    assert!(read(&karl.page(&address).await).contains("6.500,00 €"));
}

#[tokio::test]
async fn the_office_enters_where_a_supplier_receives_data_and_wrong_check_digits_are_kept_and_told() {
    let town = Town::new().await;
    let olga = town.world.office().named("Olga Amt").await;
    let browser = town.browser(&olga).await;
    let address = format!("/verwaltung/lieferanten/{}", town.world.supplier);
    let page = browser.page(&address).await;
    let form = |scheme: &'static str, typed: &'static str| {
        [("form", "address"), ("scheme", scheme), ("electronic_address", typed)]
    };
    for (scheme, typed, told) in [
        ("9930", "DE123456789", "passt die Prüfziffer der Umsatzsteuer-Identifikationsnummer nicht"),
        ("0088", "12345", "13 Ziffern"),
        ("0060", "123456789", "keine bekannte Art von Adresse"),
        ("0204", "<b>", "Grobadresse, Feinadresse"),
    ] {
        let wrong = send(&browser, &page, &address, &form(scheme, typed)).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(read(&wrong.text).contains(told), "{told}: {}", read(&wrong.text));
        assert!(typed.contains('<') || wrong.text.contains(&format!("value=\"{typed}\"")), "{}", wrong.text);
    }
    let count = async || -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM electronic_address").fetch_one(town.world.owner()).await.unwrap()
    };
    assert_eq!(count().await, 0);
    let next = sent(&browser, &page, &address, &form("9930", "de 123 456 788")).await;
    let page = browser.page(&next).await;
    assert!(page.contains("value=\"DE123456788\"") && read(&page).contains("künftige Bestellungen"), "{page}");
    sent(&browser, &page, &address, &form("9930", "")).await;
    assert_eq!(count().await, 0);
    let logged: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_entry WHERE action = 'electronic_address_set'")
        .fetch_one(town.world.owner())
        .await
        .unwrap();
    assert_eq!(logged, 2);
    let absent = format!("/verwaltung/lieferanten/{}", town.eva.organisation);
    assert_eq!(send(&browser, &page, &absent, &form("9930", "DE123456788")).await.status, StatusCode::NOT_FOUND);
}
