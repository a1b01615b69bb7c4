//! The access table, the router and the description of the API name the same operations, and the walk of this folder asks
//! for each of them as every role.

use std::collections::BTreeSet;

use abruf::actor::Role;
use axum::http::StatusCode;

use super::house::{House, standings};
use super::{absent, table, walked};

/// The one operation the walk leaves out, with what shows it instead.
const LEFT_OUT: &[(&str, &str)] =
    &[("DELETE /api/v1/sessions/current", "tests/it/sign_in.rs: it would end the session the walk needs")];

#[tokio::test]
async fn every_operation_of_the_description_is_in_the_table_and_is_walked() {
    let house = House::new().await;
    let text = house.web.get("/openapi.json", "").await.text;
    let api: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut described = BTreeSet::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for method in ["get", "post", "put", "patch", "delete", "head", "options", "trace"] {
            if item.get(method).is_some() {
                described.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    let of_api = || table().into_iter().filter(|route| route.path.starts_with("/api/"));
    let listed: BTreeSet<String> = of_api().map(|it| format!("{} {}", it.method, it.path)).collect();
    assert_eq!(described, listed, "the description and the access table name the same operations");
    let mut left_out = described.clone();
    for route in of_api().filter(walked) {
        left_out.remove(&format!("{} {}", route.method, route.path));
    }
    let known: BTreeSet<String> = LEFT_OUT.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(left_out, known, "described, but not walked");
    // And the router knows each: it refuses a person, never the path or the method.
    let (mut asked, mut roles) = (0, BTreeSet::new());
    for route in of_api().filter(walked) {
        for role in Role::ALL.into_iter().filter(|role| route.access.lets_in(Some(*role))).take(1) {
            let who = Some(house.signed_in(role, standings(role)[0]));
            let answer = house.ask(&route, absent(), who).await;
            assert_ne!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{} {}", route.method, route.path);
            asked += 1;
            roles.insert(role.key());
        }
    }
    println!(
        "access: {} operations described, {} in the table, {} walked, {asked} asked as one of {} roles",
        described.len(),
        listed.len(),
        described.len() - left_out.len(),
        roles.len()
    );
}
