//! Every failure is a German page or a problem document, whoever noticed it first.

use std::collections::BTreeSet;

use abruf::actor::Role;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::web::{Answer, PASSWORD, Web};

fn document(answer: &Answer, status: StatusCode, slug: &str) -> Value {
    assert_eq!((answer.status, answer.header("content-type")), (status, "application/problem+json"), "{}", answer.text);
    let json = answer.json();
    assert_eq!(json["type"], format!("/hilfe/probleme/{slug}"));
    assert_eq!(json["status"], status.as_u16());
    assert_eq!(json["request_id"], answer.header("x-request-id"));
    assert!(json["title"].is_string() && json["detail"].is_string());
    assert!(json.get("instance").is_none() && json.get("path").is_none());
    json
}

#[tokio::test]
async fn api_clients_read_documents() {
    let web = Web::new().await;
    document(&web.api("GET", "/api/v1/nichts", "", None).await, StatusCode::NOT_FOUND, "not-found");
    document(&web.api("GET", "/api/v1/sessions/current", "", None).await, StatusCode::UNAUTHORIZED, "unauthenticated");
    let wrong = web.api("PATCH", "/api/v1/sessions/current", "", None).await;
    document(&wrong, StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed");
    assert!(wrong.header("allow").contains("PUT"));

    let send = async |kind: &str, body: &str| {
        let request = Request::post("/api/v1/sessions").header("content-type", kind).body(Body::from(body.to_owned()));
        web.send(request.unwrap()).await
    };
    let broken = document(&send("application/json", "{\"email\":").await, StatusCode::BAD_REQUEST, "bad-request");
    assert!(broken["errors"][0]["message"].as_str().unwrap().contains("line 1"));
    let missing =
        document(&send("application/json", "{\"email\":\"a\"}").await, StatusCode::UNPROCESSABLE_ENTITY, "invalid");
    assert_eq!(missing["errors"][0]["field"], "body");
    let unknown = send("application/json", r#"{"email":"a","password":"b","admin":true}"#).await;
    document(&unknown, StatusCode::UNPROCESSABLE_ENTITY, "invalid");
    document(&send("text/plain", "x").await, StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type");
    let refused = web.api("POST", "/api/v1/sessions", "", Some(json!({"email": "x", "password": "y"}))).await;
    document(&refused, StatusCode::UNAUTHORIZED, "sign-in-refused");
}

#[tokio::test]
async fn too_large_a_body_is_refused_in_german_however_it_comes() {
    let web = Web::new().await;
    let ten_megabytes = "x".repeat(10_000_000);
    let announced = Request::post("/anmelden")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("content-length", "10000000")
        .body(Body::from(ten_megabytes.clone()))
        .unwrap();
    let unannounced = Request::post("/anmelden")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(ten_megabytes.clone()))
        .unwrap();
    for request in [announced, unannounced] {
        let answer = web.send(request).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(answer.text.contains("Erlaubt ist höchstens 1 MB"));
    }
    let api = web.api("POST", "/api/v1/sessions", "", Some(json!({ "email": ten_megabytes, "password": "" }))).await;
    document(&api, StatusCode::PAYLOAD_TOO_LARGE, "too-large");
}

#[tokio::test]
async fn people_read_pages_and_keep_their_navigation() {
    let web = Web::new().await;
    let town = web.member("Stadt Altenrode").await;
    web.person("eva@altenrode.example", Role::Buyer, town).await;
    let cookie = web.sign_in("eva@altenrode.example").await;
    let page = web.get("/nichts", &cookie).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.text.contains("Diesen Eintrag gibt es nicht oder Sie haben keinen Zugriff."));
    assert!(
        page.text.contains("Stadt Altenrode") && page.text.contains("<title>Fehler: Nicht gefunden – Abruf</title>")
    );
    assert!(!page.text.contains("Kennung"));
    let wrong = web.get("/abmelden", &cookie).await;
    assert_eq!((wrong.status, wrong.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
    let no_form = web.post("/anmelden", "", &[("email", "x")]).await;
    assert_eq!(no_form.status, StatusCode::BAD_REQUEST);
    assert!(no_form.text.contains("Das Formular ist nicht vollständig angekommen."));
}

#[tokio::test]
async fn a_database_that_is_away_asks_to_come_back() {
    let web = Web::new().await;
    web.app.db.pool().close().await;
    let page = web.post("/anmelden", "", &[("email", "x"), ("password", PASSWORD)]).await;
    assert_eq!((page.status, page.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"));
    assert!(page.text.contains("Ihr Entwurf ist gespeichert.") && page.text.contains(page.header("x-request-id")));
}

#[tokio::test]
async fn ready_means_ready() {
    let web = Web::new().await;
    assert_eq!(web.get("/health/live", "").await.status, StatusCode::OK);
    assert_eq!(web.get("/health/ready", "").await.status, StatusCode::SERVICE_UNAVAILABLE);
    web.ready.set();
    assert_eq!(web.get("/health/ready", "").await.status, StatusCode::OK);
    web.app.db.pool().close().await;
    assert_eq!(web.get("/health/ready", "").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_assets_are_kept() {
    let web = Web::new().await;
    let page = web.get("/anmelden", "").await;
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    assert!(!page.text.contains("style=") && !page.text.contains("<script>"));
    assert_eq!(page.header("cache-control"), "no-store");
    for name in ["x-content-type-options", "referrer-policy", "x-frame-options", "x-request-id"] {
        assert!(!page.header(name).is_empty(), "{name}");
    }
    let at = page.text.find("/assets/").unwrap();
    let address = page.text[at..].split('"').next().unwrap().to_owned();
    let asset = web.get(&address, "").await;
    assert_eq!((asset.status, asset.header("cache-control")), (StatusCode::OK, "public, max-age=31536000, immutable"));
    let again = Request::get(&address).header("if-none-match", asset.header("etag")).body(Body::empty()).unwrap();
    assert_eq!(web.send(again).await.status, StatusCode::NOT_MODIFIED);
    let older = address.replace("/assets/", "/assets/0");
    assert_eq!(web.get(&older, "").await.header("cache-control"), "no-cache");
    assert_eq!(web.get("/assets/x/../../Cargo.toml", "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_description_names_every_route_once_and_all_it_may_answer() {
    let web = Web::new().await;
    let api = web.get("/openapi.json", "").await.json();
    assert!(api["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(api["components"]["schemas"]["Problem"].to_string().contains("request_id"));
    let mut described = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            described.insert(format!("{} {path}", method.to_uppercase()));
            assert!(
                ids.insert(operation["operationId"].as_str().unwrap().to_owned()),
                "{method} {path}: no id of its own"
            );
            let answers = operation["responses"].as_object().unwrap();
            for status in ["401", "500", "503", "default"] {
                assert!(answers.contains_key(status), "{method} {path} may answer {status}");
            }
            for (status, answer) in answers {
                let answer = match answer["$ref"].as_str() {
                    Some(name) => &api["components"]["responses"][name.rsplit('/').next().unwrap()],
                    None => answer,
                };
                assert!(!answer["description"].as_str().unwrap().is_empty(), "{method} {path} {status}");
                let problem = answer["content"]["application/problem+json"].is_object();
                assert_eq!(problem, !status.starts_with('2'), "{method} {path} {status}");
            }
        }
    }
    let routes = abruf::http::routes().into_parts().2;
    let routes = routes.iter().filter(|route| route.path.starts_with("/api/"));
    assert_eq!(described, routes.map(|route| format!("{} {}", route.method, route.path)).collect());
}

#[tokio::test]
async fn what_only_programs_send_is_refused_and_breaks_nothing() {
    let web = Web::new().await;
    let town = web.member("Stadt Altenrode").await;
    web.person("eva@altenrode.example", Role::Buyer, town).await;
    let token = web.token("eva@altenrode.example").await;
    for (query, status) in [
        ("/api/v1/call-offs?q=%00", 422),
        ("/api/v1/contracts?q=%00", 422),
        ("/api/v1/call-offs?from=-9999-01-01&to=%2B200000-01-01", 422),
        ("/api/v1/call-offs?from=2026-02-31", 400),
        ("/api/v1/call-offs?limit=0", 422),
        ("/api/v1/call-offs?limit=501", 422),
        ("/api/v1/audit-log?limit=501", 422),
        ("/api/v1/reports/savings?limit=0", 422),
        ("/api/v1/call-offs?limit=70000", 400),
        ("/api/v1/call-offs?offset=10000001", 422),
        ("/api/v1/call-offs?colour=red", 400),
        ("/api/v1/call-offs?status=gone", 422),
    ] {
        let answer = web.api("GET", query, &token, None).await;
        let slug = if status == 400 { "bad-request" } else { "invalid" };
        document(&answer, StatusCode::from_u16(status).unwrap(), slug);
    }
    for far in ["9999-12-31", "+262142-12-31", "-0044-03-15"] {
        let details = json!({ "version": 1, "details": { "desired_on": far } });
        let path = format!("/api/v1/call-offs/{}/details", uuid::Uuid::nil());
        let answer =
            document(&web.api("PUT", &path, &token, Some(details)).await, StatusCode::UNPROCESSABLE_ENTITY, "invalid");
        assert_eq!(answer["errors"][0]["field"], "desired_on", "{far}");
    }
    let nul = web.api("POST", "/api/v1/sessions", "", Some(json!({ "email": "a\0", "password": "b" }))).await;
    assert!(nul.status.is_client_error(), "{}", nul.text);
    let page = web.post("/anmelden", "", &[("email", "a\0"), ("password", PASSWORD)]).await;
    assert!(page.status.is_client_error(), "{}", page.text);
}

#[tokio::test]
async fn every_kind_of_problem_has_its_page() {
    let web = Web::new().await;
    for slug in [
        "bad-request",
        "expired",
        "idempotency-key-reused",
        "internal",
        "invalid",
        "justification-missing",
        "not-found",
        "release-blocked",
        "review-changed",
        "sign-in-paused",
        "sign-in-refused",
        "stale",
        "starting",
        "submission-declined",
        "too-large",
        "unauthenticated",
        "unavailable",
        "wrong-state",
        "version-changed",
        "version-missing",
        "scope-missing",
        "not-by-key",
        "answered-once",
        "repeat-under-way",
        "repeat-unknown",
        "too-many-requests",
        "form-stale",
    ] {
        let page = web.get(&format!("/hilfe/probleme/{slug}"), "").await;
        assert!(page.status == StatusCode::OK && page.text.contains("Was Sie tun können"), "{slug}");
    }
}
