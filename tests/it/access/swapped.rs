//! Ids of others in every place that takes one (R11): path, query, body, header. The answer is that to an id which
//! does not exist, nothing of the others shows, nothing of theirs changes.

use abruf::actor::Role;
use abruf::http::access::Route;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE};
use axum::http::{Method, Request};
use proptest::prelude::{Strategy, any};
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::fields::{body_schema, description, resolved};
use super::house::{House, filled, seen, standings};
use super::marks::{gives_away, mark, print_of_others};
use super::{table, walked};
use crate::stress::{first_seed, say};
use crate::web::Answer;

/// Parameters of addresses that filter.
const PARAMETERS: [&str; 12] = [
    "id",
    "member",
    "mitglied",
    "contract",
    "vertrag",
    "call_off",
    "abruf",
    "supplier",
    "lieferant",
    "person",
    "body",
    "member_id",
];
const HEADERS: [&str; 6] =
    ["x-member-id", "x-abruf-member", "x-organisation", "x-actor", "x-original-url", "idempotency-key"];

#[derive(Debug, Clone, Copy)]
enum Place {
    Path,
    Query(usize),
    Body,
    Header(usize),
}

/// A body by its schema in which every id is this one; what is not an id is plausible.
fn body(api: &Value, schema: &Value, id: Uuid, depth: usize) -> Value {
    let schema = resolved(api, schema);
    if let Some(example) = schema.get("example") {
        return example.clone();
    }
    if let Some(first) = schema["enum"].as_array().and_then(|it| it.first()) {
        return first.clone();
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        let mut choices = schema[choice].as_array().into_iter().flatten();
        if let Some(chosen) = choices.rfind(|it| it["type"] != "null") {
            return if depth == 0 { Value::Null } else { body(api, chosen, id, depth - 1) };
        }
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|it| *it != "null").cloned().unwrap_or_default(),
        kind => kind.clone(),
    };
    match (kind.as_str().unwrap_or_default(), schema["format"].as_str().unwrap_or_default()) {
        ("string", "uuid") => json!(id),
        ("string", "date") => json!("2026-11-22"),
        ("string", "date-time") => json!("2026-11-22T12:00:00Z"),
        ("string", _) => json!("1"),
        ("integer" | "number", _) => json!(1),
        ("boolean", _) => json!(true),
        ("array", _) if depth == 0 => json!([]),
        ("array", _) => json!([body(api, &schema["items"], id, depth - 1)]),
        _ => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            Value::Object(
                fields
                    .map(|(name, it)| (name.clone(), body(api, it, id, depth.saturating_sub(1))))
                    .collect::<Map<_, _>>(),
            )
        }
    }
}

struct Case<'a> {
    route: &'a Route,
    role: Role,
    place: Place,
}

impl Case<'_> {
    async fn ask(&self, house: &House, api: &Value, id: Uuid) -> Answer {
        let (cookie, token) = house.signed_in(self.role, standings(self.role)[0]);
        let own = house.objects(self.route.access.object, self.role).0.unwrap_or(Uuid::from_u128(2));
        let mut path = filled(&self.route.path, if matches!(self.place, Place::Path) { id } else { own });
        if let Place::Query(which) = self.place {
            path = format!("{path}?{}={id}", PARAMETERS[which % PARAMETERS.len()]);
        }
        let mut request = Request::builder().method(self.route.method.clone()).uri(&path).header(COOKIE, cookie);
        if let Place::Header(which) = self.place {
            request = request.header(HEADERS[which % HEADERS.len()], id.to_string());
        }
        let mut content = String::new();
        if self.route.method != Method::GET {
            let is_json = path.starts_with("/api/");
            request = request.header("x-csrf-token", token);
            request = request
                .header(CONTENT_TYPE, if is_json { "application/json" } else { "application/x-www-form-urlencoded" });
            let named = if matches!(self.place, Place::Body) { id } else { own };
            content = match body_schema(api, self.route) {
                Some(schema) => body(api, schema, named, 4).to_string(),
                None if is_json => "{}".to_owned(),
                None => PARAMETERS.map(|name| format!("{name}={named}")).join("&"),
            };
        }
        house.web.send(request.body(Body::from(content)).unwrap()).await
    }
}

/// Draws so many cases; each is asked with an id of others and with one of nobody.
async fn swap(count: usize) {
    let house = House::new().await;
    mark(&house).await;
    let api = description(&house).await;
    let routes: Vec<Route> = table().into_iter().filter(walked).filter(|it| it.path != "/anmelden").collect();
    let before = print_of_others(&house).await;
    let seed = [first_seed().to_le_bytes(); 4].concat();
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let draw = (any::<usize>(), any::<usize>(), 0..4_usize, any::<usize>(), any::<usize>());
    let (mut asked, mut places) = (0, [0; 4]);
    while asked < count {
        let (route, role, place, which, foreign) = draw.new_tree(&mut runner).unwrap().current();
        let route = &routes[route % routes.len()];
        let roles: Vec<Role> = Role::ALL.into_iter().filter(|it| route.access.lets_in(Some(*it))).collect();
        let role = roles[role % roles.len()];
        let writes = route.method != Method::GET;
        let case = match place {
            0 if route.path.contains('{') && route.access.object.is_somebodys() => Place::Path,
            1 => Place::Query(which),
            2 if writes => Place::Body,
            3 => Place::Header(which),
            _ => continue,
        };
        let case = Case { route, role, place: case };
        let theirs = [
            house.others.call_off,
            house.others.draft,
            house.others.competition,
            house.others.certificate,
            house.others.member.0,
            house.others_house.contract,
            house.others_house.baseline,
            house.others_house.supplier,
            house.others_house.turnover,
            house.others_house.invitation,
            house.others_house.meeting_report,
        ];
        let id = theirs[foreign % theirs.len()];
        let answer = case.ask(&house, &api, id).await;
        let name = format!("{} {} as {role:?}, {:?} {id}", route.method, route.path, case.place);
        assert!(!gives_away(&answer), "{name}: {}", answer.text);
        assert!(!answer.status.is_server_error(), "{name}: {} {}", answer.status, answer.text);
        if matches!(case.place, Place::Path) {
            let absent = Uuid::from_u128(3);
            let said = |answer: &Answer, id: Uuid| format!("{:?}", seen(answer)).replace(&id.to_string(), "{id}");
            let nothing = case.ask(&house, &api, absent).await;
            assert_eq!(said(&answer, id), said(&nothing, absent), "{name}: foreign is told from absent");
            assert!(!answer.status.is_success(), "{name}: {}", answer.status);
        }
        places[place] += 1;
        asked += 1;
    }
    say(&format!("access: {asked} swapped ids from seed {}; path, query, body, header: {places:?}", first_seed()));
    let changed: Vec<_> =
        before.into_iter().zip(print_of_others(&house).await).filter(|(old, new)| old != new).collect();
    assert_eq!(changed, [], "rows of the others were written");
}

#[tokio::test]
async fn an_id_of_others_is_one_of_nobody() {
    swap(500).await;
}

#[tokio::test]
#[ignore = "long: run by ./check --long"]
async fn an_id_of_others_is_one_of_nobody_five_thousand_times() {
    swap(5000).await;
}
