//! A contract through the body, seen from the pages: the member orders in-house and sees both orders, the office
//! decides on the second one.

use axum::http::StatusCode;

use abruf::actions::release_call_off::release;

use super::Town;
use super::browser::read;
use crate::world::contract::{fixed, value};

#[tokio::test]
async fn a_member_sees_both_orders_and_the_office_approves_the_second() {
    let town = Town::new().await;
    let contract =
        town.world.contract("RV-2025-03").through_body().ceiling(value("50000.00")).item("SRV", fixed("1000.00")).await;
    let eva = town.browser(&town.eva).await;
    let page = read(&eva.page(&format!("/rahmenvertraege/{}", contract.id)).await);
    assert!(page.contains("Hier bestellt die Genossenschaft für Sie"), "{page}");
    assert!(page.contains("Die Genossenschaft ist abrufberechtigt"), "{page}");

    let draft = town.world.draft(&town.eva, &contract, &[("SRV", "2")]).await;
    for place in ["pruefung", "zusammenfassung"] {
        let page = read(&eva.page(&format!("/abrufe/{draft}/{place}")).await);
        assert!(
            page.contains("Stadt Altenrode bestellt bei Einkaufsgenossenschaft Elbe-Saale eG, 2.000,00 €"),
            "{page}"
        );
        assert!(page.contains("Elbe-Saale eG bestellt bei Anhalt Digital GmbH, 2.380,00 €"), "{page}");
    }
    let id = town.world.request(&town.eva, &contract, &[("SRV", "2")]).await;
    let karl = town.browser(&town.karl).await;
    assert!(read(&karl.page(&format!("/freigaben/{id}")).await).contains("Zwei Bestellungen, ein Abruf"));
    release(&town.world.app, &town.karl, id, None).await.unwrap();
    let page = read(&eva.page(&format!("/abrufe/{id}")).await);
    assert!(page.contains("Lieferantenauftrag RV-2025-03-0001-B"), "{page}");
    assert!(page.contains("wartet auf die Genossenschaft"), "{page}");

    let page = eva.page(&format!("/abrufe/{id}/lieferungen")).await;
    assert!(read(&page).contains("RV-2025-03-0001-B wartet auf die Genossenschaft"), "{}", read(&page));
    assert!(!page.contains("id=\"versand\""), "{page}");

    let olga = town.world.office().named("Olga Amt").await;
    let olga = town.browser(&olga).await;
    assert!(read(&olga.page("/").await).contains("Lieferantenauftrag RV-2025-03-0001-B"));
    assert!(read(&olga.page("/verwaltung").await).contains("1 wartet"));
    let list = read(&olga.page("/verwaltung/lieferantenauftraege").await);
    assert!(list.contains("1 Lieferantenauftrag wartet.") && list.contains("RV-2025-03-0001-B"), "{list}");
    let address = format!("/verwaltung/lieferantenauftraege/{id}");
    let waiting = olga.page(&address).await;
    assert!(read(&waiting).contains("Summe brutto 2.380,00 €"), "{}", read(&waiting));
    let next = olga.leads_on(&waiting, &format!("{address}/freigeben"), &[]).await;
    let page = olga.page(&next).await;
    assert!(read(&page).contains("Der Lieferantenauftrag ist freigegeben"), "{}", read(&page));
    let pdf = olga.get(&format!("/abrufe/{id}/lieferantenauftrag.pdf")).await;
    assert_eq!((pdf.status, pdf.header("content-type")), (StatusCode::OK, "application/pdf"));
    assert_eq!(olga.leads_on(&waiting, &format!("{address}/freigeben"), &[]).await, next, "a double click");
    let page = read(&eva.page(&format!("/abrufe/{id}")).await);
    assert!(page.contains("Lieferantenauftrag der Genossenschaft freigegeben"), "{page}");
}

#[tokio::test]
async fn a_refusal_without_a_reason_keeps_what_was_typed_and_writes_nothing() {
    let town = Town::new().await;
    let contract =
        town.world.contract("RV-2025-03").through_body().ceiling(value("50000.00")).item("SRV", fixed("1000.00")).await;
    let id = town.world.request(&town.eva, &contract, &[("SRV", "2")]).await;
    release(&town.world.app, &town.karl, id, None).await.unwrap();
    let olga = town.world.office().named("Olga Amt").await;
    let olga = town.browser(&olga).await;
    let address = format!("/verwaltung/lieferantenauftraege/{id}");
    let page = olga.page(&address).await;
    let long = "x".repeat(2001);
    for reason in ["", long.as_str()] {
        let wrong = olga.submit(&page, &format!("{address}/ablehnen"), &[("reason", reason)]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.text);
        assert!(wrong.text.contains("id=\"reason-fehler\"") && wrong.text.contains(reason), "{}", wrong.text);
    }
    let page = olga.page(&address).await;
    assert!(read(&page).contains("wartet auf die Genossenschaft"), "{}", read(&page));
    let next = olga.leads_on(&page, &format!("{address}/ablehnen"), &[("reason", "Keine Lieferung möglich")]).await;
    assert!(read(&olga.page(&next).await).contains("Das Volumen ist wieder frei"));
    let eva = town.browser(&town.eva).await;
    let page = read(&eva.page(&format!("/abrufe/{id}")).await);
    assert!(page.contains("Grund: Keine Lieferung möglich") && page.contains("Stornierung"), "{page}");
    assert_eq!(olga.get("/verwaltung/lieferantenauftraege/0").await.status, StatusCode::NOT_FOUND);
}
