//! The access table once more, with keys: each row with each scope.

use abruf::actor::Role;
use abruf::api_scope::Scope;
use abruf::http::access::{Route, Who};
use axum::http::{Method, StatusCode};
use serde_json::json;

use super::{ALL, EVA, KARL, OFFICE, house, key};
use crate::web::{Answer, Web};
use crate::world::World;
use crate::world::contract::{fixed, value};

fn table() -> Vec<Route> {
    abruf::http::routes().into_parts().2
}

/// Asks for a route with an id that does not exist.
async fn ask(web: &Web, route: &Route, key: &str) -> Answer {
    let parts = route.path.split('/');
    let filled = parts.map(|it| if it.starts_with('{') { "00000000-0000-0000-0000-000000000001" } else { it });
    let path = filled.collect::<Vec<_>>().join("/");
    let body = (route.method != Method::GET).then(|| json!({}));
    web.api(route.method.as_str(), &path, key, body).await
}

fn refused(answer: &Answer, slug: &str) -> bool {
    let said = if answer.header("content-type").starts_with("application/problem+json") {
        answer.json()["type"] == format!("/hilfe/probleme/{slug}")
    } else {
        answer.text.contains("Schlüssel")
    };
    answer.status == StatusCode::FORBIDDEN && said
}

#[tokio::test]
async fn a_key_opens_what_its_scope_says_and_its_role_may() {
    let (web, _) = house().await;
    let mut asked = 0;
    for (email, role) in [(EVA, Role::Buyer), (KARL, Role::Approver), (OFFICE, Role::Office)] {
        for scope in Scope::ALL {
            let (_, key) = key(&web, email, &[scope.key()]).await;
            for route in table() {
                let skipped = ["/health/", "/assets/", "/openapi"].iter().any(|it| route.path.starts_with(it));
                if skipped || route.access.who == Who::Public {
                    continue;
                }
                let name = format!("{} {} as {role:?} by {}", route.method, route.path, scope.key());
                let answer = ask(&web, &route, &key).await;
                asked += 1;
                if !route.access.lets_in(Some(role)) {
                    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}: {}", answer.text);
                    continue;
                }
                match Scope::needed(route.method.as_str(), &route.path) {
                    None => assert!(refused(&answer, "not-by-key"), "{name}: {} {}", answer.status, answer.text),
                    Some(needed) if needed != scope => {
                        assert!(refused(&answer, "scope-missing"), "{name}: {} {}", answer.status, answer.text);
                        assert_eq!(answer.json()["scope"], needed.key(), "{name}");
                    }
                    Some(_) => {
                        let away = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&answer.status);
                        assert!(!away && !answer.status.is_server_error(), "{name}: {}", answer.text);
                    }
                }
            }
        }
    }
    println!("keys: {asked} requests, each row of the table with each scope, in three roles");
    assert!(2000 < asked);
}

/// Four eyes are two people; a key is none, and has shown no second factor.
#[test]
fn no_row_that_decides_has_a_scope() {
    let mut changes = 0;
    for route in table() {
        let scope = Scope::needed(route.method.as_str(), &route.path);
        let Some(scope) = scope.filter(|_| route.method != Method::GET) else { continue };
        changes += 1;
        let name = format!("{} {} by {}", route.method, route.path, scope.key());
        assert_ne!(route.access.who, Who::Roles(&[Role::Approver]), "{name}: is the approver's alone");
        for word in
            ["release", "approv", "activate", "consent", "award", "refus", "hand-in", "open", "people", "session"]
        {
            assert!(!route.path.contains(word), "{name}: decides");
        }
        assert!(route.path.starts_with("/api/v1/"), "{name}: pages are for people");
    }
    assert_eq!(changes, 19, "every change that is open to keys is a row of the table");
}

#[tokio::test]
async fn no_key_releases_whatever_it_was_made_for() {
    let world = World::new().await;
    let town = world.member("Stadt Altenrode").await;
    let (eva, karl) = (world.buyer(town).await, world.approver(town).await);
    let contract =
        world.contract("RV-2025-01").ceiling(value("10000.00")).item("A", fixed("100.00")).entitles(town).await;
    let request = world.request(&eva, &contract, &[("A", "2")]).await;
    let web = Web::over(world).await;
    web.cookie_of(&karl, KARL).await;
    web.cookie_of(&eva, EVA).await;
    let (_, key) = key(&web, KARL, &ALL).await;
    assert_eq!(web.api("GET", &format!("/api/v1/call-offs/{request}"), &key, None).await.status, StatusCode::OK);
    for step in ["release", "approval", "refusal", "return", "line-refusals", "cancellation"] {
        let answer = web.api("POST", &format!("/api/v1/call-offs/{request}/{step}"), &key, Some(json!({}))).await;
        assert!(refused(&answer, "not-by-key"), "{step}: {} {}", answer.status, answer.text);
    }
    let page = web.api("POST", &format!("/freigaben/{request}/erteilen"), &key, Some(json!({}))).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.text);
    let status: String = sqlx::query_scalar("SELECT status FROM call_off WHERE id = $1")
        .bind(request.0)
        .fetch_one(&web.database.owner)
        .await
        .unwrap();
    assert_eq!(status, "submitted");
}

/// What a program does is its person's doing, and the log says by which key. What they do themselves has none.
#[tokio::test]
async fn the_log_names_the_key_beside_its_person() {
    let world = World::new().await;
    let town = world.member("Stadt Altenrode").await;
    let (eva, karl) = (world.buyer(town).await, world.approver(town).await);
    let office = world.office().await;
    let contract =
        world.contract("RV-2025-01").ceiling(value("10000.00")).item("A", fixed("100.00")).entitles(town).await;
    let drafts = [world.draft(&eva, &contract, &[("A", "2")]).await, world.draft(&eva, &contract, &[("A", "3")]).await];
    let web = Web::over(world).await;
    let by_eva = web.cookie_of(&eva, EVA).await;
    web.cookie_of(&karl, KARL).await;
    let olga = web.cookie_of(&office, OFFICE).await;
    let (id, key) = key(&web, EVA, &["call_offs:submit"]).await;
    for (draft, by) in drafts.iter().zip([key.clone(), web.token(EVA).await]) {
        let submitted = web.api("POST", &format!("/api/v1/call-offs/{draft}/submission"), &by, Some(json!({}))).await;
        assert!(submitted.status.is_success(), "{} {}", submitted.status, submitted.text);
    }
    let entries: Vec<(uuid::Uuid, Option<String>, String)> = sqlx::query_as(
        "SELECT call_off_id, canonical::jsonb ->> 'key', canonical::jsonb ->> 'actor'
         FROM audit_entry WHERE action = 'call_off_submitted' ORDER BY sequence",
    )
    .fetch_all(&web.database.owner)
    .await
    .unwrap();
    let person = eva.person.0.to_string();
    assert_eq!(entries, [(drafts[0].0, Some(id.clone()), person.clone()), (drafts[1].0, None, person.clone())]);
    let used: Vec<(Option<String>, String)> = sqlx::query_as(
        "SELECT canonical::jsonb ->> 'key', canonical::jsonb ->> 'actor' FROM audit_entry WHERE action = 'api_key_used'",
    )
    .fetch_all(&web.database.owner)
    .await
    .unwrap();
    assert_eq!(used, [(Some(id), person)], "in the chain of sign-ins too");
    // Whoever reads the log sees it: the house by the part of the key that is shown, the member that there was one.
    let shown = format!("mit dem Schlüssel {}…", &key[..18]);
    let page = web.get("/pruefung/protokoll", &olga).await;
    assert_eq!(page.text.matches(&shown).count(), 1, "{}", page.text);
    // Old entries and new ones hang together.
    let checked = web.post("/pruefung/protokoll", &olga, &[("csrf", &page.form_token())]).await;
    assert!(checked.text.contains("Prüfung bestanden"), "{}", checked.text);
    assert_eq!(web.get("/konto", &by_eva).await.status, StatusCode::OK);
}

/// A program places and submits in a person's name; a person releases. When the member has left, it orders nothing.
#[tokio::test]
async fn a_key_submits_for_a_member_and_not_for_one_that_has_left() {
    let world = World::new().await;
    let town = world.member("Stadt Altenrode").await;
    let (eva, karl) = (world.buyer(town).await, world.approver(town).await);
    let contract =
        world.contract("RV-2025-01").ceiling(value("10000.00")).item("A", fixed("100.00")).entitles(town).await;
    let drafts = [
        world.draft(&eva, &contract, &[("A", "2")]).await,
        world.draft(&eva, &contract, &[("A", "3")]).await,
        world.draft(&eva, &contract, &[("A", "4")]).await,
    ];
    let web = Web::over(world).await;
    web.cookie_of(&karl, KARL).await;
    web.cookie_of(&eva, EVA).await;
    let (_, key) = key(&web, EVA, &["call_offs:submit"]).await;
    let submit = async |draft: abruf_domain::ids::CallOffId| {
        web.api("POST", &format!("/api/v1/call-offs/{draft}/submission"), &key, Some(json!({}))).await
    };
    let submitted = submit(drafts[0]).await;
    assert!(submitted.status.is_success(), "{} {}", submitted.status, submitted.text);
    let released = web
        .api("POST", &format!("/api/v1/call-offs/{}/release", drafts[0]), &web.token(KARL).await, Some(json!({})))
        .await;
    assert!(released.status.is_success(), "{} {}", released.status, released.text);
    for (statement, left) in [
        ("UPDATE membership SET effective_to = '2026-11-21' WHERE member_id = $1", drafts[1]),
        ("UPDATE membership SET effective_from = '2026-11-23', effective_to = NULL WHERE member_id = $1", drafts[2]),
    ] {
        sqlx::query(statement).bind(town.0).execute(&web.database.owner).await.unwrap();
        let refused = submit(left).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        assert!(refused.text.contains("member-active"), "{}", refused.text);
    }
}
