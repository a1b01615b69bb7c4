//! What the API promises everywhere, walked from its own description: routes and description are the same, every POST
//! takes an Idempotency-Key, every change of what has a version takes If-Match, every list says how long it is.

use std::collections::BTreeSet;

use abruf::actor::Role;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::csrf_walk::{People, address, routes};
use crate::stress::say;
use crate::web::Web;
use crate::world::World;
use crate::world::contract::{fixed, value};

async fn description() -> Value {
    let text = Web::new().await.get("/openapi.json", "").await.text;
    serde_json::from_str(&text).unwrap()
}

/// Method, path and operation of everything described.
fn operations(api: &Value) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    all
}

fn takes(operation: &Value, place: &str, name: &str) -> bool {
    operation["parameters"].as_array().into_iter().flatten().any(|it| it["in"] == place && it["name"] == name)
}

#[tokio::test]
async fn what_is_described_is_there_and_what_is_there_is_described() {
    let api = description().await;
    let described: BTreeSet<String> =
        operations(&api).into_iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    let there: BTreeSet<String> = routes()
        .iter()
        .filter(|route| route.path.starts_with("/api/"))
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    assert_eq!(described, there);
    // And the router answers so: every method that is not described is 405, with those that are in Allow.
    let people = People::at("http://127.0.0.1:8080").await;
    let mut refused = 0;
    for route in routes().into_iter().filter(|route| route.path.starts_with("/api/")) {
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let name = format!("{method} {}", route.path);
            if there.contains(&name) {
                continue;
            }
            let answer = people
                .web
                .send(Request::builder().method(method).uri(address(&route)).body(Body::empty()).unwrap())
                .await;
            // A path of another route may fit as well: /call-offs/check is also /call-offs/{id}.
            let fits_another = there.iter().any(|other| {
                let (other_method, path) = other.split_once(' ').unwrap();
                name.starts_with(other_method) && path != route.path && fits(path, &address(&route))
            });
            if !fits_another {
                assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{name}");
                assert!(answer.header("allow").contains(route.method.as_str()), "{name}: {}", answer.header("allow"));
                refused += 1;
            }
        }
    }
    say(&format!("API: {} operations, described and there; {refused} methods that are neither", there.len()));
}

fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len() && pattern.iter().zip(path).all(|(wanted, is)| wanted.starts_with('{') || *wanted == is)
}

#[tokio::test]
async fn every_post_takes_an_idempotency_key() {
    let api = description().await;
    let people = People::at("http://127.0.0.1:8080").await;
    let mut walked = 0;
    for (method, path, operation) in operations(&api) {
        let exempt = ["/api/v1/sessions", "/api/v1/call-offs/check"].contains(&path.as_str());
        if method != "POST" || exempt {
            assert!(!takes(&operation, "header", "Idempotency-Key"), "{method} {path}: a key that nobody looks at");
            continue;
        }
        assert!(takes(&operation, "header", "Idempotency-Key"), "{method} {path} does not describe it");
        let route = routes().into_iter().find(|it| it.method == Method::POST && it.path == path).unwrap();
        let (cookie, token) = people.of(&route);
        let ask = async |key: &str, body: &'static str| {
            let request = Request::post(address(&route)).header("cookie", cookie).header("x-csrf-token", token);
            let request = request.header("content-type", "application/json").header("idempotency-key", key);
            people.web.send(request.body(Body::from(body)).unwrap()).await
        };
        // Who looks at the key refuses one that is none, whatever else is wrong.
        for key in ["", "zwei Worte", &"x".repeat(201)] {
            let answer = ask(key, "{}").await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "POST {path} with {key:.20}: {}", answer.text);
            assert_eq!(answer.json()["errors"][0]["field"], "Idempotency-Key", "POST {path}");
        }
        walked += 1;
    }
    say(&format!("API: {walked} POST operations take an Idempotency-Key"));
    assert!(60 < walked);
}

/// A town with a contract and its people's tokens.
struct Town {
    web: Web,
    contract: Uuid,
    buyer: String,
    office: String,
}

async fn town() -> Town {
    let world = World::new().await;
    let town = world.member("Stadt Altenrode").await;
    let eva = world.buyer(town).await;
    let olga = world.office().await;
    let contract =
        world.contract("RV-2025-07").ceiling(value("500000.00")).item("TRN", fixed("100.00")).entitles(town).await;
    let contract = contract.id.0;
    let web = Web::over(world).await;
    web.cookie_of(&eva, "eva@altenrode.example").await;
    web.cookie_of(&olga, "olga@elbe-saale.example").await;
    let (buyer, office) = (web.token("eva@altenrode.example").await, web.token("olga@elbe-saale.example").await);
    Town { web, contract, buyer, office }
}

#[tokio::test]
async fn a_repeated_create_has_one_effect_and_the_same_answer() {
    let town = town().await;
    let new = json!({ "contract_id": town.contract });
    let ask = async |key: &str, body: &Value| {
        town.web
            .api_with("POST", "/api/v1/call-offs", &town.buyer, &[("idempotency-key", key)], Some(body.clone()))
            .await
    };
    let first = ask("k1", &new).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let again = ask("k1", &new).await;
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    assert_eq!((again.header("location"), again.header("idempotency-replayed")), (first.header("location"), "true"));
    let other = ask("k1", &json!({ "contract_id": Uuid::from_u128(1) })).await;
    assert_eq!(
        (other.status, other.json()["type"].clone()),
        (StatusCode::UNPROCESSABLE_ENTITY, json!("/hilfe/probleme/idempotency-key-reused"))
    );
    let drafts = "SELECT count(*) FROM call_off";
    let count = async || sqlx::query_scalar::<_, i64>(drafts).fetch_one(&town.web.database.owner).await.unwrap();
    assert_eq!(count().await, 1);

    // A refusal keeps nothing: the same key may try again.
    let absent = json!({ "contract_id": Uuid::from_u128(1) });
    for _ in 0..2 {
        assert_eq!(ask("k2", &absent).await.status, StatusCode::NOT_FOUND);
    }
    // At once, eight times: one draft, and nobody is told anything else than its answer or to wait.
    let body = new.clone();
    let all = futures(8, async || ask("k3", &body).await).await;
    for answer in &all {
        assert!([StatusCode::CREATED, StatusCode::CONFLICT].contains(&answer.status), "{}", answer.text);
    }
    assert!(all.iter().any(|answer| answer.status == StatusCode::CREATED));
    assert_eq!(count().await, 2);
    assert_eq!(ask("k3", &new).await.status, StatusCode::CREATED);
    assert_eq!(count().await, 2);

    // The program ended between effect and answer: nobody knows, nothing runs again.
    sqlx::query("UPDATE repeated_request SET answered_at = NULL, status = NULL, location = NULL, answer = NULL")
        .execute(&town.web.database.owner)
        .await
        .unwrap();
    assert_eq!(ask("k1", &new).await.json()["type"], "/hilfe/probleme/repeat-under-way");
    town.web.wait(chrono::TimeDelta::minutes(5));
    assert_eq!(ask("k1", &new).await.json()["type"], "/hilfe/probleme/repeat-unknown");
    assert_eq!(count().await, 2);
}

/// So many at once.
async fn futures<T>(count: usize, one: impl AsyncFn() -> T) -> Vec<T> {
    let mut waiting: Vec<_> = (0..count).map(|_| Box::pin(one())).collect();
    let mut done: Vec<Option<T>> = (0..count).map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (future, slot) in waiting.iter_mut().zip(&mut done).filter(|(_, slot)| slot.is_none()) {
            if let std::task::Poll::Ready(value) = future.as_mut().poll(cx) {
                *slot = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn a_change_made_from_an_older_version_is_refused_by_if_match() {
    let town = town().await;
    let made =
        town.web.api("POST", "/api/v1/call-offs", &town.buyer, Some(json!({ "contract_id": town.contract }))).await;
    let path = format!("/api/v1/call-offs/{}", made.json()["id"].as_str().unwrap());
    let read = town.web.api("GET", &path, &town.buyer, None).await;
    assert_eq!(read.header("etag"), "\"1\"");
    let lines = json!({ "lines": [{ "article_number": "TRN", "quantity": "2" }] });
    let put = async |tag: Option<&str>, body: &Value| {
        let headers: Vec<(&str, &str)> = tag.map(|tag| ("if-match", tag)).into_iter().collect();
        town.web.api_with("PUT", &format!("{path}/lines"), &town.buyer, &headers, Some(body.clone())).await
    };
    let unsaid = put(None, &lines).await;
    assert_eq!(unsaid.status, StatusCode::PRECONDITION_REQUIRED, "{}", unsaid.text);
    assert!(unsaid.json()["detail"].as_str().unwrap().contains("If-Match"));
    let done = put(Some("\"1\""), &lines).await;
    assert_eq!((done.status, done.header("etag")), (StatusCode::OK, "\"2\""), "{}", done.text);
    for tag in ["\"1\"", "W/\"2\"", "\"x\"", "\"1\", \"3\""] {
        let late = put(Some(tag), &lines).await;
        assert_eq!(late.status, StatusCode::PRECONDITION_FAILED, "{tag}: {}", late.text);
        assert!(late.json()["detail"].as_str().unwrap().contains("Es wurde nichts geändert."));
    }
    let mut in_body = lines.clone();
    in_body["version"] = json!(1);
    assert_eq!(put(None, &in_body).await.status, StatusCode::CONFLICT, "by the body it is the state that differs");
    // Steps behind the draft look at it too.
    let step = async |tag: &str| {
        town.web.api_with("POST", &format!("{path}/discard"), &town.buyer, &[("if-match", tag)], Some(json!({}))).await
    };
    assert_eq!(step("\"1\"").await.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(step("\"2\"").await.status, StatusCode::NO_CONTENT);
    // What is not theirs stays absent, whatever its version.
    let foreign = town
        .web
        .api_with("POST", &format!("{path}/discard"), &town.office, &[("if-match", "\"7\"")], Some(json!({})))
        .await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);

    let api = description().await;
    let versioned = operations(&api).into_iter().filter(|(_, _, operation)| takes(operation, "header", "If-Match"));
    let versioned: Vec<_> = versioned.collect();
    for (method, path, operation) in &versioned {
        assert!(operation["responses"]["412"].is_object(), "{method} {path}");
    }
    say(&format!("API: {} changes take If-Match", versioned.len()));
    assert!(20 < versioned.len());
}

#[tokio::test]
async fn every_list_says_how_long_it_is_and_leads_on() {
    let town = town().await;
    for number in 1..=3 {
        let made =
            town.web.api("POST", "/api/v1/call-offs", &town.buyer, Some(json!({ "contract_id": town.contract }))).await;
        assert_eq!(made.status, StatusCode::CREATED, "{number}: {}", made.text);
    }
    let api = description().await;
    let mut lists = 0;
    for (method, path, operation) in operations(&api) {
        let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        let is_list = schema["type"] == "array" || takes(&operation, "query", "offset");
        // Reports and search say in their body how many rows there are: the search one number for each kind.
        if method != "GET" || !is_list || path.starts_with("/api/v1/reports/") || path == "/api/v1/search" {
            continue;
        }
        lists += 1;
        assert!(takes(&operation, "query", "limit"), "{path} takes no limit");
        assert!(
            takes(&operation, "query", "cursor") || takes(&operation, "query", "offset"),
            "{path} cannot be gone on in"
        );
        let headers = &operation["responses"]["200"]["headers"];
        assert!(headers["Total-Count"].is_object() && headers["Link"].is_object(), "{path}: headers are not described");
        if path.contains('{') {
            continue;
        }
        let route = routes().into_iter().find(|it| it.method == Method::GET && it.path == path).unwrap();
        let token = if route.access.lets_in(Some(Role::Office)) { &town.office } else { &town.buyer };
        let answer = town.web.api("GET", &format!("{path}?limit=1"), token, None).await;
        if answer.status == StatusCode::OK {
            assert!(answer.header("total-count").parse::<u64>().is_ok(), "{path}: {:?}", answer.headers);
        } else {
            assert!(!route.access.lets_in(Some(Role::Office)), "{path}: {}", answer.text);
        }
    }
    say(&format!("API: {lists} lists say how long they are"));
    assert!(20 < lists);

    // From the first page to the last by Link alone.
    for (start, token, total) in
        [("/api/v1/call-offs?limit=1", &town.buyer, 3), ("/api/v1/suppliers?limit=1", &town.office, 1)]
    {
        let (mut next, mut pages) = (start.to_owned(), 0);
        loop {
            let answer = town.web.api("GET", &next, token, None).await;
            assert_eq!(
                (answer.status, answer.header("total-count")),
                (StatusCode::OK, &*total.to_string()),
                "{next}: {}",
                answer.text
            );
            pages += 1;
            let Some((address, _)) = answer.header("link").strip_prefix('<').and_then(|it| it.split_once('>')) else {
                break;
            };
            next = address.to_owned();
        }
        assert_eq!(pages, total, "{start}");
    }
    let wrong = town.web.api("GET", "/api/v1/suppliers?cursor=gibt-es-nicht", &town.office, None).await;
    assert_eq!(
        (wrong.status, wrong.json()["errors"][0]["field"].clone()),
        (StatusCode::UNPROCESSABLE_ENTITY, json!("cursor"))
    );
}

#[tokio::test]
async fn the_programming_interface_counts_and_says_what_is_left() {
    let town = town().await;
    let ask = async || town.web.api("GET", "/api/v1/contracts", &town.buyer, None).await;
    let first = ask().await;
    assert_eq!(first.header("ratelimit-policy"), "\"minute\";q=1200;w=60");
    let left = |text: &str| text.split("r=").nth(1).unwrap().split(';').next().unwrap().parse::<u32>().unwrap();
    let begin = left(first.header("ratelimit"));
    assert!((1000..1200).contains(&begin), "{}", first.header("ratelimit"));
    let page = town.web.get("/anmelden", "").await;
    assert!(page.header("ratelimit").is_empty(), "pages are not counted");
    let refused = loop {
        let answer = town.web.api("GET", "/api/v1/gibt-es-nicht", &town.buyer, None).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            break answer;
        }
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    };
    assert_eq!(left(refused.header("ratelimit")), 0);
    assert!((1..=60).contains(&refused.header("retry-after").parse::<u32>().unwrap()));
    assert!(refused.json()["detail"].as_str().unwrap().contains("Bitte warten Sie eine Minute."));
    let somebody_else = town.web.api("GET", "/api/v1/contracts", &town.office, None).await;
    assert_eq!(somebody_else.status, StatusCode::OK, "others go on");
}
