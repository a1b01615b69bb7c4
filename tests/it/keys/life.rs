//! From the form to the end: shown once, stored as a hash, listed, counted, revoked, over.

use abruf::actor::Role;
use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::json;
use tokio::time::Instant;

use super::{EVA, KARL, OFFICE, house, key, wanted};
use crate::web::{PASSWORD, Web};

const LIST: &str = "/api/v1/contracts";

async fn reads(web: &Web, key: &str) -> StatusCode {
    web.api("GET", LIST, key, None).await.status
}

async fn events(web: &Web, kind: &str) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM sign_in_event WHERE kind = $1")
        .bind(kind)
        .fetch_one(&web.database.owner)
        .await
        .unwrap()
}

#[tokio::test]
async fn the_page_shows_a_key_once_and_the_database_never() {
    let (web, _) = house().await;
    let cookie = web.sign_in(EVA).await;
    let page = web.get("/konto/schluessel", &cookie).await;
    assert!(page.text.contains("noch keinen Schlüssel"), "{}", page.text);
    let hidden = |name: &str| {
        let at = page.text.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        at.split('"').next().unwrap().to_owned()
    };
    let (csrf, id) = (page.form_token(), hidden("id"));
    let assignment = wanted(&web, EVA, &[]).await["assignment_id"].as_str().unwrap().to_owned();
    let form = |name: &'static str, until: &'static str| {
        [
            ("csrf", csrf.clone()),
            ("id", id.clone()),
            ("name", name.to_owned()),
            ("assignment", assignment.clone()),
            ("scopes", "contracts:read".to_owned()),
            ("scopes", "call_offs:read".to_owned()),
            ("until", until.to_owned()),
        ]
    };
    let post = async |fields: &[(&'static str, String)]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        web.post("/konto/schluessel", &cookie, &fields).await
    };
    for (fields, told) in [
        (form("x", "31.12.2026"), "3 bis 80"),
        (form("Export", "23.11.2027"), "22.11.2027"),
        (form("Export", "21.11.2026"), "Erlaubt ist heute"),
        (form("Export", "32.12.2026"), "Export"),
    ] {
        let wrong = post(&fields).await;
        let kept = wrong.text.contains("value=\"call_offs:read\" checked");
        assert!(
            wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains(told) && kept,
            "{}",
            wrong.text
        );
    }
    let none: Vec<_> = form("Export", "31.12.2026").into_iter().filter(|(name, _)| *name != "scopes").collect();
    assert!(post(&none).await.text.contains("mindestens ein Recht"));
    let made = post(&form("Export für die Finanzsoftware", "31.12.2026")).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let key = made.text.split("<strong class=\"cell-text\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(key.starts_with("abruf_") && key.len() == 83, "{key}");
    assert_eq!(made.header("cache-control"), "no-store");
    assert_eq!(reads(&web, &key).await, StatusCode::OK);

    // The button pressed twice makes one key, and does not show it again.
    let twice = post(&form("Export für die Finanzsoftware", "31.12.2026")).await;
    assert_eq!(twice.header("location"), "/konto/schluessel?hinweis=schon");
    let later = web.get("/konto/schluessel?hinweis=schon", &cookie).await.text;
    assert!(later.contains(&key[..18]) && !later.contains(&key), "known by its beginning");
    let dump: String = sqlx::query_scalar("SELECT string_agg(to_jsonb(k)::text, ' ') FROM api_key k")
        .fetch_one(&web.database.owner)
        .await
        .unwrap();
    assert!(!dump.contains(&key[19..]), "the key lies in the database");
    assert_eq!((events(&web, "api_key_made").await, events(&web, "api_key_used").await), (1, 1));
}

#[tokio::test]
async fn every_use_is_counted_and_the_first_of_a_day_written_down() {
    let (web, _) = house().await;
    let (id, key) = key(&web, EVA, &["contracts:read"]).await;
    for _ in 0..3 {
        assert_eq!(reads(&web, &key).await, StatusCode::OK);
    }
    // What the scope refuses was a use too.
    assert_eq!(web.api("GET", "/api/v1/call-offs", &key, None).await.status, StatusCode::FORBIDDEN);
    let of = async || {
        let list = web.api("GET", "/api/v1/api-keys", &web.token(EVA).await, None).await.json();
        list.as_array().unwrap().iter().find(|it| it["id"] == id).unwrap().clone()
    };
    let now = of().await;
    assert_eq!(
        (now["uses"].as_i64(), now["refusals"].as_i64(), now["valid"].as_bool()),
        (Some(4), Some(0), Some(true))
    );
    assert!(now["last_used_at"].is_string() && now.get("key").is_none());
    assert_eq!(events(&web, "api_key_used").await, 1);
    web.wait(TimeDelta::days(1));
    assert_eq!(reads(&web, &key).await, StatusCode::OK);
    assert_eq!(events(&web, "api_key_used").await, 2);
}

#[tokio::test]
async fn revoked_or_over_or_with_its_assignment_ended_a_key_opens_nothing() {
    let (web, _) = house().await;
    let eva = web.token(EVA).await;
    let (id, first) = key(&web, EVA, &["contracts:read"]).await;
    assert_eq!(reads(&web, &first).await, StatusCode::OK);
    let begin = Instant::now();
    let revoke = async |id: &str, token: &str| web.api("DELETE", &format!("/api/v1/api-keys/{id}"), token, None).await;
    assert_eq!(revoke(&id, &web.token(KARL).await).await.status, StatusCode::NOT_FOUND, "another person's");
    assert_eq!(revoke(&id, &eva).await.status, StatusCode::NO_CONTENT);
    assert_eq!(reads(&web, &first).await, StatusCode::UNAUTHORIZED);
    assert!(begin.elapsed().as_millis() < 1000, "{:?}", begin.elapsed());
    assert_eq!(revoke(&id, &eva).await.status, StatusCode::NOT_FOUND, "once");
    assert_eq!((events(&web, "api_key_revoked").await, events(&web, "api_key_refused").await), (1, 1));
    let back =
        sqlx::query("UPDATE api_key SET revoked_at = NULL, revoked_by = NULL").execute(&web.database.owner).await;
    assert!(back.is_err(), "not even the owner brings one back");

    // The office lists and revokes it too; a body of others does not see it.
    let (id, second) = key(&web, EVA, &["contracts:read"]).await;
    let olga = web.sign_in(OFFICE).await;
    let page = web.get("/verwaltung/schluessel", &olga).await;
    assert!(page.text.contains(&second[..18]) && !page.text.contains(&second), "{}", page.text);
    let form = [("csrf", page.form_token())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let done = web.post(&format!("/verwaltung/schluessel/{id}/widerrufen"), &olga, &form).await;
    assert_eq!(done.header("location"), "/verwaltung/schluessel?hinweis=widerrufen", "{}", done.text);
    assert_eq!(reads(&web, &second).await, StatusCode::UNAUTHORIZED);

    // Ended with its assignment, at once.
    let (_, third) = key(&web, EVA, &["contracts:read"]).await;
    assert_eq!(reads(&web, &third).await, StatusCode::OK);
    sqlx::query(
        "UPDATE assignment SET valid_to = '2026-11-21' WHERE person_id = (SELECT id FROM person WHERE email = $1)",
    )
    .bind(EVA)
    .execute(&web.database.owner)
    .await
    .unwrap();
    assert_eq!(reads(&web, &third).await, StatusCode::UNAUTHORIZED);

    // Over with its last day in Berlin: 22 November 2027, 23:00 in UTC.
    let (_, fourth) = key(&web, KARL, &["contracts:read"]).await;
    web.app.clock.set("2027-11-22T22:59:59Z".parse().unwrap());
    assert_eq!(reads(&web, &fourth).await, StatusCode::OK);
    web.wait(TimeDelta::seconds(1));
    assert_eq!(reads(&web, &fourth).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_new_password_and_the_end_of_all_sessions_revoke_the_keys_of_the_person() {
    let (web, _) = house().await;
    web.person("ada@elbe.example", Role::Administrator, web.body).await;
    let eva: uuid::Uuid = sqlx::query_scalar("SELECT id FROM person WHERE email = $1")
        .bind(EVA)
        .fetch_one(&web.database.owner)
        .await
        .unwrap();
    let (_, of_karl) = key(&web, KARL, &["contracts:read"]).await;
    let ada = web.sign_in("ada@elbe.example").await;
    let new = ["ein-ganz-neues-1", "noch-ein-anderes-2"];
    let told = "auch Ihre Schlüssel für Programme, zurzeit 2";
    for way in ["changed", "by a link", "all others", "by the administration"] {
        let (_, first) = key(&web, EVA, &["contracts:read"]).await;
        let (_, second) = key(&web, EVA, &["call_offs:read"]).await;
        assert_eq!(reads(&web, &first).await, StatusCode::OK, "{way}");
        let cookie = web.sign_in(EVA).await;
        let account = web.get("/konto", &cookie).await;
        let csrf = account.form_token();
        assert_eq!(account.text.matches(told).count(), 2, "{way}: at both buttons: {}", account.text);
        let before = events(&web, "api_key_revoked").await;
        match way {
            "changed" => {
                let form = [("csrf", &*csrf), ("present", PASSWORD), ("password", new[0]), ("repeated", new[0])];
                let done = web.post("/konto/passwort", &cookie, &form).await;
                assert_eq!(done.header("location"), "/konto?hinweis=passwort", "{}", done.text);
                assert!(
                    web.get("/konto?hinweis=passwort", &cookie)
                        .await
                        .text
                        .contains("Schlüssel für Programme widerrufen")
                );
            }
            "by a link" => {
                sqlx::query(
                    "INSERT INTO one_time_link (token_sha256, person_id, created_at, expires_at, purpose)
                     VALUES (sha256('link'::bytea), $1, $2, $2 + interval '20 minutes', 'recovery')",
                )
                .bind(eva)
                .bind(web.now())
                .execute(&web.database.owner)
                .await
                .unwrap();
                assert!(web.get("/konto/einrichten/link", "").await.text.contains(told));
                let form = [("password", new[1]), ("repeated", new[1])];
                let done = web.post("/konto/einrichten/link", "", &form).await;
                assert_eq!(done.header("location"), "/anmelden?hinweis=eingerichtet", "{}", done.text);
            }
            "all others" => {
                let done = web.post("/konto/sitzungen/beenden", &cookie, &[("csrf", &csrf)]).await;
                assert_eq!(done.header("location"), "/konto?hinweis=alle");
                assert_eq!(web.get("/konto", &cookie).await.status, StatusCode::OK, "this session stays");
            }
            _ => {
                let address = format!("/verwaltung/personen/{eva}");
                let page = web.get(&address, &ada).await;
                assert!(page.text.contains("und widerruft ihre Schlüssel für Programme"), "{}", page.text);
                let csrf = page.form_token();
                let done = web.post(&format!("{address}/abmelden"), &ada, &[("csrf", &csrf)]).await;
                assert_eq!(done.header("location"), format!("{address}?hinweis=abgemeldet"));
            }
        }
        for gone in [&first, &second] {
            assert_eq!(reads(&web, gone).await, StatusCode::UNAUTHORIZED, "{way}");
        }
        assert_eq!(events(&web, "api_key_revoked").await, before + 2, "{way}: each is written down");
        // The next way begins with the password everybody has.
        sqlx::query("UPDATE person SET password_hash = $2 WHERE id = $1")
            .bind(eva)
            .bind(crate::web::known_hash().await)
            .execute(&web.database.owner)
            .await
            .unwrap();
        web.wait(TimeDelta::minutes(1));
    }
    assert_eq!(reads(&web, &of_karl).await, StatusCode::OK, "another person's key stays");
    // Ending one session, or signing out of this one, is not everything.
    let (_, stays) = key(&web, EVA, &["call_offs:read", "contracts:read"]).await;
    let cookie = web.sign_in(EVA).await;
    let csrf = web.get("/konto", &cookie).await.form_token();
    web.post("/abmelden", &cookie, &[("csrf", &csrf)]).await;
    assert_eq!(reads(&web, &stays).await, StatusCode::OK);
}

#[tokio::test]
async fn a_key_of_a_house_is_not_there_for_another_one() {
    let (mut web, _) = house().await;
    let (id, key) = key(&web, EVA, &["contracts:read"]).await;
    web.body = web.organisation("Einkaufsverbund Nord eG", "genossenschaft").await;
    web.plays(web.body, "body").await;
    web.person("nora@nord.example", Role::Office, web.body).await;
    let nora = web.sign_in("nora@nord.example").await;
    let page = web.get("/verwaltung/schluessel", &nora).await;
    assert!(page.text.contains("Noch niemand") && !page.text.contains("Export"), "{}", page.text);
    let csrf = web.get("/konto", &nora).await.form_token();
    let refused = web.post(&format!("/verwaltung/schluessel/{id}/widerrufen"), &nora, &[("csrf", &csrf)]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert_eq!(reads(&web, &key).await, StatusCode::OK);
}

#[tokio::test]
async fn a_key_is_made_for_ones_own_assignment_and_within_limits() {
    let (web, _) = house().await;
    let eva = web.token(EVA).await;
    let good = wanted(&web, EVA, &["contracts:read"]).await;
    let others = wanted(&web, KARL, &["contracts:read"]).await["assignment_id"].clone();
    for (field, value) in [
        ("assignment_id", others),
        ("assignment_id", json!("00000000-0000-0000-0000-000000000001")),
        ("scopes", json!([])),
        ("scopes", json!(["*"])),
        ("scopes", json!(["call_offs:release"])),
        ("until", json!("2027-11-23")),
        ("until", json!("2026-11-21")),
        ("name", json!("x".repeat(81))),
        ("name", json!("  ")),
        ("person_id", json!("00000000-0000-0000-0000-000000000001")),
    ] {
        let mut wrong = good.clone();
        wrong[field] = value;
        let answer = web.api("POST", "/api/v1/api-keys", &eva, Some(wrong.clone())).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}: {}", answer.text);
    }
    for _ in 0..20 {
        assert_eq!(web.api("POST", "/api/v1/api-keys", &eva, Some(good.clone())).await.status, StatusCode::CREATED);
    }
    let more = web.api("POST", "/api/v1/api-keys", &eva, Some(good)).await;
    assert!(
        more.status == StatusCode::UNPROCESSABLE_ENTITY && more.text.contains("schon 20 Schlüssel"),
        "{}",
        more.text
    );
}

#[tokio::test]
async fn a_repeated_request_does_not_tell_the_key_again() {
    let (web, _) = house().await;
    let eva = web.token(EVA).await;
    let wanted = wanted(&web, EVA, &["contracts:read"]).await;
    let ask = async || {
        let headers = [("idempotency-key", "k-1")];
        web.api_with("POST", "/api/v1/api-keys", &eva, &headers, Some(wanted.clone())).await
    };
    let (first, again) = (ask().await, ask().await);
    assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::CONFLICT), "{}", again.text);
    assert_eq!(again.json()["type"], "/hilfe/probleme/answered-once");
    let key = first.json()["key"].as_str().unwrap()[20..].to_owned();
    let kept: Option<String> = sqlx::query_scalar("SELECT string_agg(to_jsonb(r)::text, ' ') FROM repeated_request r")
        .fetch_one(&web.database.owner)
        .await
        .unwrap();
    let kept = kept.unwrap();
    let hex = data_encoding::HEXLOWER.encode(key.as_bytes());
    assert!(!kept.contains(&key) && !kept.contains(&hex), "the key is kept beside the request");
}

#[tokio::test]
async fn each_key_has_a_rate_of_its_own() {
    let web = Web::set_so(&[("ABRUF_API_PER_MINUTE", "6")]).await;
    let town = web.member("Stadt Altenrode").await;
    web.person(EVA, Role::Buyer, town).await;
    let (one, two) = (key(&web, EVA, &["contracts:read"]).await.1, key(&web, EVA, &["contracts:read"]).await.1);
    for left in (0..6).rev() {
        let answer = web.api("GET", LIST, &one, None).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.header("ratelimit").contains(&format!("r={left};")), "{}", answer.header("ratelimit"));
    }
    let over = web.api("GET", LIST, &one, None).await;
    assert_eq!(over.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(!over.header("retry-after").is_empty());
    assert_eq!(reads(&web, &two).await, StatusCode::OK, "another key of the same person");
}
