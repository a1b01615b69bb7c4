//! Field by field (R12): what a client must not set is refused in JSON by name, and has no effect at all in a form.

use std::collections::{BTreeMap, BTreeSet};

use abruf::actor::Role;
use abruf::http::access::Route;
use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::house::{House, SignedIn, filled, standings};
use super::{table, walked};

/// Objects that are variants of an enum.
const VARIANTS: &str = "POST /api/v1/members/{id}/certificates/";
/// What only the program sets.
const FORBIDDEN: &[&str] = &[
    "id",
    "member_id",
    "body_id",
    "organisation_id",
    "person_id",
    "status",
    "number",
    "price",
    "unit_price_net",
    "approved_by",
    "released_at",
    "released_by",
    "recorded_by",
    "requester_id",
    "role",
    "version_of_rule",
];

/// The description of the API.
pub(super) async fn description(house: &House) -> Value {
    house.send(&Method::GET, "/openapi.json", None, None).await.json()
}

/// The schema itself, behind a reference.
pub(super) fn resolved<'a>(api: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => api.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

/// Schema of the JSON body of a route, if it takes one.
pub(super) fn body_schema<'a>(api: &'a Value, route: &Route) -> Option<&'a Value> {
    let operation = &api["paths"][&route.path][route.method.as_str().to_lowercase()];
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    (!schema.is_null()).then(|| resolved(api, schema))
}

/// Every object a request can hold, by name.
fn objects<'a>(api: &'a Value, name: String, schema: &'a Value, found: &mut BTreeMap<String, &'a Value>) {
    let name = schema["$ref"].as_str().map_or(name, |it| it.rsplit('/').next().unwrap_or_default().to_owned());
    let schema = resolved(api, schema);
    if schema["properties"].is_object() && found.insert(name.clone(), schema).is_some() {
        return;
    }
    for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
        objects(api, format!("{name}.{field}"), schema, found);
    }
    if schema["items"].is_object() {
        objects(api, format!("{name}[]"), &schema["items"], found);
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        for (at, schema) in schema[choice].as_array().into_iter().flatten().enumerate() {
            objects(api, format!("{name}/{at}"), schema, found);
        }
    }
}

/// Somebody the row lets in.
pub(super) fn somebody<'a>(house: &'a House, route: &Route) -> Option<(Role, &'a SignedIn)> {
    let role = Role::ALL.into_iter().find(|role| route.access.lets_in(Some(*role)))?;
    Some((role, house.signed_in(role, standings(role)[0])))
}

#[tokio::test]
async fn every_object_of_a_request_refuses_fields_it_does_not_know() {
    let house = House::new().await;
    let api = description(&house).await;
    let mut found = BTreeMap::new();
    for route in table() {
        if let Some(schema) = body_schema(&api, &route) {
            objects(&api, format!("{} {}", route.method, route.path), schema, &mut found);
        }
    }
    let open: Vec<&String> =
        found.iter().filter(|(_, it)| it["additionalProperties"] != json!(false)).map(|(name, _)| name).collect();
    // utoipa leaves it out of the variants of an enum; that they refuse is seen by the two walks below.
    let open: Vec<&String> = open.into_iter().filter(|it| !it.starts_with(VARIANTS)).collect();
    println!("fields: {} objects of requests refuse unknown fields", found.len() - open.len());
    assert!(60 <= found.len(), "only {} objects found: the reader of the description is broken", found.len());
    assert_eq!(open, Vec::<&String>::new(), "without serde(deny_unknown_fields)");
}

#[tokio::test]
async fn no_write_of_the_api_takes_a_field_that_only_the_program_sets() {
    let house = House::new().await;
    let api = description(&house).await;
    let (mut writes, mut cases, mut wrong) = (0, 0, Vec::new());
    for route in table().into_iter().filter(walked) {
        let Some(schema) = body_schema(&api, &route) else { continue };
        let Some((role, who)) = somebody(&house, &route) else { continue };
        let id = house.objects(route.access.object, role).0.unwrap_or(Uuid::from_u128(1));
        writes += 1;
        for field in FORBIDDEN {
            // What a client does say, say the quantity it is about, is judged where it is read.
            let known = schema["properties"].get(field).is_some();
            if known || !schema["properties"].is_object() {
                continue;
            }
            let mut body = Map::new();
            body.insert((*field).to_owned(), json!(house.others.member));
            let answer = house
                .send(&route.method, &filled(&route.path, id), Some(Value::Object(body).to_string()), Some(who))
                .await;
            cases += 1;
            if answer.status != StatusCode::UNPROCESSABLE_ENTITY || !answer.text.contains("unknown field") {
                wrong.push(format!("{} {} {field}: {} {}", route.method, route.path, answer.status, answer.text));
            }
        }
    }
    println!("fields: {writes} writes of the API x forbidden fields = {cases} cases");
    assert!(400 <= cases, "only {cases} cases");
    assert_eq!(wrong, Vec::<String>::new());
}

/// A print of the whole database; what differs from run to run is what PostgreSQL itself draws.
#[expect(clippy::disallowed_methods, reason = "names of tables cannot be parameters; they are the catalogue's")]
async fn everything(house: &House) -> BTreeMap<String, String> {
    let owner = &house.web.database.owner;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
           AND relname NOT IN ('_sqlx_migrations', 'standing_facts', 'standing_facts_change')",
    )
    .fetch_all(owner)
    .await
    .unwrap();
    let mut prints = BTreeMap::new();
    for table in tables {
        let statement = format!("SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t");
        prints.insert(table, sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(owner).await.unwrap());
    }
    prints
}

/// Two worlds of one seed are asked the same, one with forbidden fields on top: they end the same, row for row.
#[tokio::test]
async fn no_form_takes_a_field_that_only_the_program_sets() {
    let (plain, loaded) = (House::new().await, House::new().await);
    assert_eq!(everything(&plain).await, everything(&loaded).await, "two worlds of one seed");
    let (mut forms, mut wrong) = (BTreeSet::new(), Vec::new());
    for route in table().into_iter().filter(walked) {
        if route.method != Method::POST || route.path.starts_with("/api/") || route.path == "/anmelden" {
            continue;
        }
        let Some((role, who)) = somebody(&plain, &route) else { continue };
        let id = plain.objects(route.access.object, role).0.unwrap_or(Uuid::from_u128(1));
        let path = filled(&route.path, id);
        let extra: Vec<String> = FORBIDDEN
            .iter()
            // A field that the form has is its own affair.
            .filter(|field| !["role", "status", "number", "id", "price"].contains(field))
            .map(|field| format!("{field}={}", loaded.others.member.0))
            .collect();
        let without = plain.send(&route.method, &path, Some(String::new()), Some(who)).await;
        let them = loaded.signed_in(role, standings(role)[0]);
        let with = loaded.send(&route.method, &path, Some(extra.join("&")), Some(them)).await;
        forms.insert(route.path.clone());
        if without.status != with.status {
            wrong.push(format!("{}: {} without, {} with: {}", route.path, without.status, with.status, with.text));
        }
    }
    println!("fields: {} forms, each with {} forbidden fields", forms.len(), FORBIDDEN.len() - 5);
    assert!(60 <= forms.len());
    assert_eq!(wrong, Vec::<String>::new());
    let (without, with) = (everything(&plain).await, everything(&loaded).await);
    let changed: Vec<&String> = without.keys().filter(|table| without[*table] != with[*table]).collect();
    assert_eq!(changed, Vec::<&String>::new(), "tables in which the forbidden fields made a difference");
}
