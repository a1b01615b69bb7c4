//! Who may see what, and when: sealed offers, foreign competitions.

use abruf::actor::RunsAs;
use axum::http::StatusCode;
use serde_json::json;

use super::{House, Who};
use crate::pages::browser::read;

#[tokio::test]
async fn nobody_reads_a_sealed_offer_before_two_have_opened_it() {
    let house = House::new().await;
    let id = house.sent().await;
    house.at("2026-12-01T09:00:00Z").await;
    let offer = house.offer(0, "2026-12-01T08:00:00Z", "1083.17");
    house.done(Who::Eva, &format!("mini-competitions/{id}/offers"), offer).await;
    for who in [Who::Eva, Who::Karl, Who::Olga, Who::Rita] {
        let shown = house.ask(who, "GET", &format!("mini-competitions/{id}"), None).await;
        assert!(shown.text.contains("\"receipts\":[{"), "{who:?} sees that it arrived: {}", shown.text);
        assert!(!shown.text.contains("1083") && !shown.text.contains("drei Tagen"), "{who:?}");
        let cookie = house.web.sign_in(&who.email()).await;
        for page in ["", "/vermerk"] {
            let page = house.web.get(&format!("/miniwettbewerbe/{id}{page}"), &cookie).await;
            assert_eq!(page.status, StatusCode::OK, "{}", page.text);
            assert!(!page.text.contains("1.083") && !page.text.contains("drei Tagen"), "{who:?}");
        }
        let mut tx = house.web.app.db.begin(house.actor(who)).await.unwrap();
        let visible: i64 =
            sqlx::query_scalar("SELECT count(*) FROM mini_competition_offer").fetch_one(&mut *tx).await.unwrap();
        assert_eq!(visible, 0, "{who:?} by SQL");
    }
    let mut tx = house.web.app.db.begin(RunsAs::Job).await.unwrap();
    let visible: i64 =
        sqlx::query_scalar("SELECT count(*) FROM mini_competition_offer").fetch_one(&mut *tx).await.unwrap();
    assert_eq!(visible, 0, "the program's own jobs neither");
    let change = sqlx::query("UPDATE mini_competition_offer SET unit_prices = '{}'").execute(&mut *tx).await;
    assert!(change.is_err(), "the role has no right to change one");
    drop(tx);
    let told: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_detail WHERE detail::text LIKE '%1083%'")
        .fetch_one(&house.web.database.owner)
        .await
        .unwrap();
    assert_eq!(told, 0, "the log knows the seal, not the price");

    house.at("2026-12-02T11:00:01Z").await;
    for who in [Who::Karl, Who::Eva] {
        house.done(who, &format!("mini-competitions/{id}/opening"), json!({})).await;
    }
    let shown = house.ask(Who::Olga, "GET", &format!("mini-competitions/{id}"), None).await;
    assert!(shown.text.contains("1083.17"));
    let cookie = house.web.sign_in(&Who::Eva.email()).await;
    let page = read(&house.web.get(&format!("/miniwettbewerbe/{id}"), &cookie).await.text);
    assert!(page.contains("1.083,17") && page.contains("unverändert seit dem Eingang"), "{page}");

    // Whoever gets past the program and changes an offer is found out by the seal.
    let sql = "ALTER TABLE mini_competition_offer DISABLE TRIGGER mini_competition_offer_append_only";
    sqlx::query(sql).execute(&house.web.database.owner).await.unwrap();
    let sql = "UPDATE mini_competition_offer SET unit_prices = '{\"CON-PT\": \"1000.00\"}'";
    sqlx::query(sql).execute(&house.web.database.owner).await.unwrap();
    let page = read(&house.web.get(&format!("/miniwettbewerbe/{id}"), &cookie).await.text);
    assert!(page.contains("stimmt nicht mit dem Siegel"), "{page}");
}

#[tokio::test]
async fn a_foreign_competition_looks_absent_and_a_draft_is_its_own_house_only() {
    let house = House::new().await;
    let made = house.done(Who::Eva, "mini-competitions", json!({ "call_off_id": house.drafts[0].0 })).await;
    let id = made["id"].as_str().unwrap().to_owned();
    for who in [Who::Nora, Who::Olga, Who::Rita] {
        let answer = house.ask(who, "GET", &format!("mini-competitions/{id}"), None).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{who:?} before it is sent");
        assert_eq!(house.ask(who, "GET", "mini-competitions", None).await.text, "[]");
    }
    house.done(Who::Eva, &format!("mini-competitions/{id}/announcement"), house.announcement()).await;
    house.done(Who::Eva, &format!("mini-competitions/{id}/invitations"), house.invitations()).await;
    let absent = "00000000-0000-0000-0000-000000000001";
    for part in ["offers", "opening", "award", "abolition"] {
        let body = match part {
            "offers" => house.offer(0, "2026-11-22T09:00:00Z", "1.00"),
            "award" => json!({ "supplier_id": house.suppliers[0].0, "reason": "Beste." }),
            "abolition" => json!({ "reason": "Bedarf entfallen." }),
            _ => json!({}),
        };
        let ask = async |id: &str| {
            house.ask(Who::Nora, "POST", &format!("mini-competitions/{id}/{part}"), Some(body.clone())).await
        };
        let (foreign, nothing) = (ask(&id).await, ask(absent).await);
        assert_eq!((foreign.status, nothing.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{part}");
        let refused = house.refused(Who::Olga, &format!("mini-competitions/{id}/{part}"), body.clone()).await;
        assert!(refused.contains("führt eine andere Stelle"), "{part}: the office only looks: {refused}");
    }
    for who in [Who::Olga, Who::Rita] {
        let answer = house.ask(who, "GET", &format!("mini-competitions/{id}"), None).await;
        assert_eq!(answer.status, StatusCode::OK, "{who:?}");
    }
}

#[tokio::test]
async fn the_database_refuses_what_the_program_never_asks() {
    let house = House::new().await;
    let id = house.opened().await;
    for (sql, constraint) in [
        (
            "UPDATE mini_competition SET deadline_at = deadline_at + interval '1 day' WHERE id = $1",
            "mini_competition_announced_stays",
        ),
        (
            "UPDATE mini_competition SET scheme = scheme || '{\"price_weight\": \"50\"}' WHERE id = $1",
            "mini_competition_announced_stays",
        ),
        ("UPDATE mini_competition SET opened_at = NULL WHERE id = $1", "mini_competition_announced_stays"),
        (
            "UPDATE mini_competition SET state = 'awarded', decided_by = sent_by, decided_at = opened_at, decision_reason = 'Beste' WHERE id = $1",
            "mini_competition_winner_when_awarded",
        ),
        ("UPDATE mini_competition SET state = 'cancelled' WHERE id = $1", "mini_competition_decision_reasoned"),
        ("DELETE FROM mini_competition_receipt WHERE competition_id = $1", "mini_competition_receipt_append_only"),
        (
            "UPDATE mini_competition_invitation SET address = 'x' WHERE competition_id = $1",
            "mini_competition_invitation_append_only",
        ),
    ] {
        let error = sqlx::query(sql).bind(id).execute(&house.web.database.owner).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().constraint(), Some(constraint), "{sql}");
    }
    let other = House::new().await;
    let id = other.sent().await;
    let alone = "UPDATE mini_competition SET state = 'opened', opened_by = sent_by, opened_with = sent_by, first_signed_at = deadline_at + interval '1 s', opened_at = deadline_at + interval '1 s' WHERE id = $1";
    let early = "UPDATE mini_competition SET state = 'opened', opened_by = sent_by, opened_with = $2, first_signed_at = deadline_at, opened_at = deadline_at WHERE id = $1";
    let error = sqlx::query(alone).bind(id).execute(&other.web.database.owner).await.unwrap_err();
    assert_eq!(error.as_database_error().unwrap().constraint(), Some("mini_competition_two_persons"));
    let karl = other.actor(Who::Karl).person.0;
    let error = sqlx::query(early).bind(id).bind(karl).execute(&other.web.database.owner).await.unwrap_err();
    assert_eq!(error.as_database_error().unwrap().constraint(), Some("mini_competition_two_sign"));
}
