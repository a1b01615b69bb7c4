//! A turnover file that is taken back as a whole, by lines of its own: as an action, on its page and over the API.

use abruf::actions::ActionError;
use abruf::actions::revoke_turnover::revoke;

use axum::http::StatusCode;
use serde_json::json;

use super::{PARTS, Stage};
use crate::pages::browser::{Browser, read};
use crate::web::Web;

#[tokio::test]
async fn a_file_taken_back_comes_to_nothing_line_by_line_and_can_be_taken_again() {
    let stage = Stage::new().await;
    let app = &stage.world.app;
    let id = stage.take_stray_letter().await.id.unwrap();
    assert_eq!(stage.recorded(&stage.contracts[0]).await.0, PARTS[0]);
    let silent = revoke(app, &stage.office, id, "  ", None).await;
    assert!(matches!(silent, Err(ActionError::Invalid(_))), "{silent:?}");
    let counter = revoke(app, &stage.office, id, "falscher Vertrag", None).await.unwrap();
    for contract in &stage.contracts {
        assert_eq!(stage.recorded(contract).await.0, "0.0000");
    }
    let lines =
        "SELECT count(*) FROM (SELECT row_number FROM turnover_line GROUP BY row_number, contract_id, member_id, month
                                       HAVING sum(amount) <> 0) AS left_over";
    assert_eq!(stage.number(lines).await, 0);
    let sums = "SELECT count(*) FROM turnover_import_sum WHERE imported + rejected <> control";
    assert_eq!(stage.number(sums).await, 0);
    assert_eq!(stage.number("SELECT count(DISTINCT import_id) FROM turnover_line").await, 2, "nothing was deleted");
    for gone in [id, counter] {
        let again = revoke(app, &stage.office, gone, "noch einmal", None).await;
        assert!(matches!(again, Err(ActionError::NotNow(_))), "{again:?}");
    }
    stage.world.keeps_its_promises().await;

    stage.take_stray_letter().await;
    assert_eq!(stage.recorded(&stage.contracts[0]).await.0, PARTS[0]);
    stage.world.keeps_its_promises().await;
}

#[tokio::test]
async fn the_page_takes_a_file_back_with_a_reason_and_says_so_on_both_sides() {
    let stage = Stage::new().await;
    let id = stage.take_stray_letter().await.id.unwrap();
    let olga = Browser::signed_in(&stage.world, &stage.office).await;
    let (file, form) = (format!("/verwaltung/umsaetze/{id}"), format!("/verwaltung/umsaetze/{id}/zuruecknehmen"));
    assert!(olga.page(&file).await.contains(&format!("href=\"{form}\"")));
    let page = olga.page(&form).await;
    assert!(read(&page).contains("336.197,0792"), "what it counts: {page}");

    let silent = olga.submit(&page, &form, &[("reason", " ")]).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(read(&silent.text).contains("warum die Datei nicht mehr zählt"), "{}", silent.text);
    let long = "x".repeat(2_001);
    let refused = olga.submit(&page, &form, &[("reason", &long)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains(&long), "what was typed is lost");
    assert_eq!(stage.recorded(&stage.contracts[0]).await.0, PARTS[0], "nothing is taken back before it is confirmed");

    let done = olga.leads_on(&page, &form, &[("reason", "falscher Vertrag")]).await;
    assert_eq!(olga.leads_on(&page, &form, &[("reason", "falscher Vertrag")]).await, done, "a double click");
    assert_eq!(stage.recorded(&stage.contracts[0]).await.0, "0.0000");
    assert_eq!(stage.number("SELECT count(*) FROM turnover_import").await, 2);
    let seen = olga.page(&done).await;
    assert!(read(&seen).contains("Die Datei zählt nicht mehr. Grund: falscher Vertrag"), "{seen}");
    assert!(!seen.contains(&format!("href=\"{form}\"")), "it cannot be taken back twice");
    let counter = seen.split("href=\"").find(|it| it.contains("Gegenbuchungen")).unwrap().split('"').next().unwrap();
    assert!(read(&olga.page(counter).await).contains("Diese Buchungen nehmen eine Datei zurück"));
    // A form that somebody else had open: it says what happened meanwhile.
    let late = olga.submit(&olga_form(&page), &form, &[("reason", "noch einmal")]).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", late.text);
    assert!(read(&late.text).contains("schon zurückgenommen") && late.text.contains("noch einmal"), "{}", late.text);
    assert_eq!(olga.get(&form).await.header("location"), file);
    let absent = "/verwaltung/umsaetze/00000000-0000-0000-0000-000000000001/zuruecknehmen";
    assert_eq!(olga.get(absent).await.status, StatusCode::NOT_FOUND);
    stage.world.keeps_its_promises().await;
}

/// The same form as another tab has it: with a key of its own.
fn olga_form(page: &str) -> String {
    let (before, rest) = page.split_once("name=\"idempotency_key\" value=\"").unwrap();
    let (_, after) = rest.split_once('"').unwrap();
    format!("{before}name=\"idempotency_key\" value=\"another-tab\"{after}")
}

#[tokio::test]
async fn a_program_takes_a_file_back_once_however_often_it_asks() {
    let stage = Stage::new().await;
    let id = stage.take_stray_letter().await.id.unwrap();
    let web = Web::over(stage.world).await;
    web.cookie_of(&stage.office, "olga@elbe-saale.example").await;
    let token = web.token("olga@elbe-saale.example").await;
    let path = format!("/api/v1/turnover-imports/{id}/revoke");
    let silent = web.api("POST", &path, &token, Some(json!({ "reason": "" }))).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", silent.text);
    let why = || Some(json!({ "reason": "doppelt geliefert" }));
    let key = [("idempotency-key", "einmal")];
    let first = web.api_with("POST", &path, &token, &key, why()).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let again = web.api_with("POST", &path, &token, &key, why()).await;
    assert_eq!((again.status, again.json()), (StatusCode::CREATED, first.json()));
    let other = web.api("POST", &path, &token, why()).await;
    assert_eq!(other.status, StatusCode::CONFLICT, "{}", other.text);
    let absent = "/api/v1/turnover-imports/00000000-0000-0000-0000-000000000001/revoke";
    assert_eq!(web.api("POST", absent, &token, why()).await.status, StatusCode::NOT_FOUND);
}
