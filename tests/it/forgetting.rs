//! What happened at the door is forgotten after so many days, and not before; and whoever loses a right has lost it with
//! the next request.

use std::time::{Duration, Instant};

use abruf::actions::forget_sign_ins::{forget_due, keep_for};
use abruf::actor::{Role, RunsAs};
use axum::http::StatusCode;
use chrono::TimeDelta;
use uuid::Uuid;

use crate::web::Web;

const EVA: &str = "eva@altenrode.example";
const ADA: &str = "ada@elbe.example";

async fn house() -> (Web, Uuid) {
    let web = Web::new().await;
    let town = web.member("Stadt Altenrode").await;
    web.person(EVA, Role::Buyer, town).await;
    web.person(ADA, Role::Administrator, web.body).await;
    (web, town.0)
}

/// Events and sessions that are there.
async fn kept(web: &Web) -> (i64, i64) {
    sqlx::query_as("SELECT (SELECT count(*) FROM sign_in_event), (SELECT count(*) FROM session)")
        .fetch_one(&web.database.owner)
        .await
        .unwrap()
}

/// Moves everything at the door into the past.
async fn age(web: &Web, days: i32) {
    for statement in [
        "ALTER TABLE sign_in_event DISABLE TRIGGER USER",
        "UPDATE sign_in_event SET at = timestamptz '2026-11-22 12:00Z' - make_interval(days => $1)",
        "ALTER TABLE sign_in_event ENABLE TRIGGER USER",
        "UPDATE session SET created_at = timestamptz '2026-11-22 11:00Z' - make_interval(days => $1),
                            last_seen_at = timestamptz '2026-11-22 11:00Z' - make_interval(days => $1),
                            expires_at = timestamptz '2026-11-22 12:00Z' - make_interval(days => $1)",
    ] {
        let query = sqlx::query(statement);
        let query = if statement.contains("$1") { query.bind(days) } else { query };
        query.execute(&web.database.owner).await.unwrap();
    }
}

#[tokio::test]
async fn events_and_sessions_go_after_their_days_and_not_before() {
    let (web, _) = house().await;
    web.sign_in(EVA).await;
    let (events, sessions) = kept(&web).await;
    assert!(0 < events && 0 < sessions);
    assert_eq!(forget_due(&web.app).await.unwrap(), 0, "what is young stays");
    age(&web, 179).await;
    assert_eq!(forget_due(&web.app).await.unwrap(), 0, "179 days are not 180");
    age(&web, 181).await;
    let proof: i64 =
        sqlx::query_scalar("SELECT count(*) FROM audit_entry").fetch_one(&web.database.owner).await.unwrap();
    assert_eq!(forget_due(&web.app).await.unwrap(), (events + sessions).cast_unsigned());
    assert_eq!(kept(&web).await, (0, 0));
    let after: i64 =
        sqlx::query_scalar("SELECT count(*) FROM audit_entry").fetch_one(&web.database.owner).await.unwrap();
    assert_eq!(after, proof, "the chain of sign-ins stays");
    web.sign_in(EVA).await;
    assert!(web.get("/datenschutz", "").await.text.contains("nach 180 Tagen gelöscht"));
}

#[tokio::test]
async fn the_days_are_changed_within_bounds_and_the_page_says_so() {
    let (web, _) = house().await;
    for wrong in [29, 0, -1, 731] {
        assert!(!keep_for(&web.app, wrong).await.unwrap(), "{wrong}");
    }
    assert!(keep_for(&web.app, 90).await.unwrap());
    assert!(web.get("/datenschutz", "").await.text.contains("nach 90 Tagen gelöscht"));
    let noted: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_entry WHERE action = 'sign_ins_kept_for'")
        .fetch_one(&web.database.owner)
        .await
        .unwrap();
    assert_eq!(noted, 1, "the house sees it in its log");
    web.sign_in(EVA).await;
    age(&web, 91).await;
    assert!(0 < forget_due(&web.app).await.unwrap());
}

#[tokio::test]
async fn what_is_young_is_deleted_by_nobody_and_the_rest_by_the_job_alone() {
    let (web, _) = house().await;
    web.sign_in(EVA).await;
    // The clock of the table is the real one: of today is what was written a minute ago.
    sqlx::query("INSERT INTO sign_in_event (id, at, kind, network, client) VALUES (gen_random_uuid(), clock_timestamp(), 'signed_in', '', '')")
        .execute(&web.database.owner)
        .await
        .unwrap();
    let young = "DELETE FROM sign_in_event WHERE clock_timestamp() - interval '1 day' < at";
    let refused = sqlx::query(young).execute(&web.database.owner).await.unwrap_err().to_string();
    assert!(refused.contains("append-only for 30 days"), "{refused}");
    let mut tx = web.app.db.begin(RunsAs::Job).await.unwrap();
    assert!(sqlx::query(young).execute(&mut *tx).await.is_err(), "not even the job");
    tx.rollback().await.unwrap();
    age(&web, 400).await;
    let (events, sessions) = kept(&web).await;
    let mut tx = web.app.db.begin(RunsAs::SignIn).await.unwrap();
    for statement in ["DELETE FROM sign_in_event", "DELETE FROM session"] {
        let gone = sqlx::query(statement).execute(&mut *tx).await.unwrap();
        assert_eq!(gone.rows_affected(), 0, "{statement}: only the job forgets");
    }
    tx.commit().await.unwrap();
    assert_eq!(kept(&web).await, (events, sessions));
}

#[tokio::test]
async fn an_ended_task_is_over_with_the_next_request() {
    let (web, town) = house().await;
    let (eva, ada) = (web.sign_in(EVA).await, web.sign_in(ADA).await);
    assert_eq!(web.get("/abrufe", &eva).await.status, StatusCode::OK);
    let (person, post): (Uuid, Uuid) =
        sqlx::query_as("SELECT person_id, id FROM assignment WHERE organisation_id = $1")
            .bind(town)
            .fetch_one(&web.database.owner)
            .await
            .unwrap();
    let csrf = web.get("/konto", &ada).await.form_token();
    let end = format!("/verwaltung/personen/{person}/aufgaben/{post}/beenden");
    let ended = web.post(&end, &ada, &[("csrf", &csrf), ("to", "")]).await;
    assert_eq!(ended.status, StatusCode::SEE_OTHER, "{}", ended.text);
    let begin = Instant::now();
    let away = web.get("/abrufe", &eva).await;
    assert_eq!(away.header("location"), "/handeln-fuer?weiter=/abrufe", "the open session no longer acts for the town");
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_member_that_has_left_places_no_order_with_the_next_request() {
    let world = crate::world::World::new().await;
    let town = world.member("Stadt Altenrode").joined("2012-04-01").await;
    let eva = world.buyer(town).await;
    let contract = world
        .contract("RV-2025-01")
        .ceiling(crate::world::contract::value("500000.00"))
        .item("A", crate::world::contract::fixed("100.00"))
        .entitles(town)
        .await;
    let draft = world.draft(&eva, &contract, &[("A", "1")]).await;
    let browser = crate::pages::browser::Browser::signed_in(&world, &eva).await;
    let summary = format!("/abrufe/{}/zusammenfassung", draft.0);
    let page = browser.page(&summary).await;
    sqlx::query("UPDATE membership SET effective_to = '2026-11-21' WHERE member_id = $1")
        .bind(town.0)
        .execute(world.owner())
        .await
        .unwrap();
    let placed = browser.submit(&page, &summary, &[]).await;
    let status: String = sqlx::query_scalar("SELECT status FROM call_off WHERE id = $1")
        .bind(draft.0)
        .fetch_one(world.owner())
        .await
        .unwrap();
    assert_eq!(status, "draft", "{} {}", placed.status, placed.text);
    assert_eq!(browser.get("/abrufe").await.status, StatusCode::OK, "what it ordered it still reads");
}

#[tokio::test]
async fn sessions_end_with_their_time_whoever_holds_the_cookie() {
    let (web, _) = house().await;
    let cookie = web.sign_in(EVA).await;
    web.wait(TimeDelta::minutes(61));
    assert_eq!(web.get("/abrufe", &cookie).await.header("location"), "/anmelden?weiter=/abrufe");
}
