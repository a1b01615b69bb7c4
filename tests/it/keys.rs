//! Keys of programs: what they open, what they never open, and how they end.

mod attacks;
mod life;
mod scopes;

use abruf::actor::Role;
use abruf_domain::ids::OrganisationId;
use serde_json::{Value, json};

use crate::web::Web;

pub(crate) const EVA: &str = "eva@altenrode.example";
pub(crate) const KARL: &str = "karl@altenrode.example";
pub(crate) const OFFICE: &str = "olga@elbe.example";
/// Every scope there is.
pub(crate) const ALL: [&str; 7] = [
    "contracts:read",
    "call_offs:read",
    "call_offs:draft",
    "call_offs:submit",
    "fulfilment:write",
    "reports:read",
    "archive:read",
];

/// A town with a buyer and an approver, and an office.
pub(crate) async fn house() -> (Web, OrganisationId) {
    let web = Web::new().await;
    let town = web.member("Stadt Altenrode").await;
    web.person(EVA, Role::Buyer, town).await;
    web.person(KARL, Role::Approver, town).await;
    web.person(OFFICE, Role::Office, web.body).await;
    (web, town)
}

/// What somebody asks for who wants a key for their one assignment.
pub(crate) async fn wanted(web: &Web, email: &str, scopes: &[&str]) -> Value {
    let assignment: uuid::Uuid = sqlx::query_scalar(
        "SELECT a.id FROM assignment a JOIN person p ON p.id = a.person_id WHERE p.email = $1 ORDER BY a.id LIMIT 1",
    )
    .bind(email)
    .fetch_one(&web.database.owner)
    .await
    .unwrap();
    json!({ "name": "Export", "assignment_id": assignment, "scopes": scopes, "until": "2027-11-22" })
}

/// A key of somebody: its id and itself.
pub(crate) async fn key(web: &Web, email: &str, scopes: &[&str]) -> (String, String) {
    let token = web.token(email).await;
    let wanted = wanted(web, email, scopes).await;
    let made = web.api("POST", "/api/v1/api-keys", &token, Some(wanted)).await;
    assert_eq!(made.status, axum::http::StatusCode::CREATED, "{}", made.text);
    let text = |name: &str| made.json()[name].as_str().unwrap().to_owned();
    (text("id"), text("key"))
}
