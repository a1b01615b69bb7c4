//! Walks every unsafe route of the access table as a browser that another site leads: none of them acts. And every
//! answer, page, file or error, carries the headers that keep it where it belongs.

use std::collections::BTreeMap;

use abruf::actor::Role;
use abruf::http::access::{Route, Who};
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, ORIGIN};
use axum::http::{Method, Request, StatusCode};
use uuid::Uuid;

use crate::stress::say;
use crate::web::{Answer, Web};

const FORM: &str = "application/x-www-form-urlencoded";

/// One person per role, each with cookie and form token.
pub struct People {
    pub web: Web,
    signed_in: BTreeMap<Role, (String, String)>,
}

impl People {
    pub async fn at(base_url: &str) -> Self {
        let web = Web::at(base_url).await;
        let town = web.member("Stadt Altenrode").await;
        let audit_body = web.organisation("Rechnungsprüfungsamt", "pruefungsamt").await;
        let mut signed_in = BTreeMap::new();
        for role in Role::ALL {
            let organisation = match role {
                Role::Buyer | Role::Approver | Role::Treasurer => town,
                Role::Auditor => audit_body,
                _ => web.body,
            };
            let email = format!("{}@altenrode.example", role.key());
            web.person(&email, role, organisation).await;
            let cookie = web.sign_in(&email).await;
            let token = web.get("/handeln-fuer", &cookie).await.form_token();
            signed_in.insert(role, (cookie, token));
        }
        Self { web, signed_in }
    }

    /// Somebody whom the route lets in: cookie and form token.
    pub fn of(&self, route: &Route) -> (&str, &str) {
        let (_, (cookie, token)) = self.signed_in.iter().find(|(role, _)| route.access.lets_in(Some(**role))).unwrap();
        (cookie, token)
    }

    /// The form token of somebody else than the person of this cookie.
    fn foreign(&self, own: &str) -> &str {
        self.signed_in.values().map(|(_, token)| token.as_str()).find(|token| *token != own).unwrap()
    }
}

/// The path with ids that belong to nobody.
pub fn address(route: &Route) -> String {
    let absent = Uuid::from_u128(1).to_string();
    route
        .path
        .split('/')
        .map(|part| if part.starts_with('{') { absent.as_str() } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

pub fn routes() -> Vec<Route> {
    abruf::http::routes().into_parts().2
}

fn is_api(route: &Route) -> bool {
    route.path.starts_with("/api/")
}

/// What another site can make a browser send.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Attack {
    NoToken,
    ForeignToken,
    WrongOrigin,
    CrossSite,
    MethodOverride,
    JsonAsText,
}

impl Attack {
    const ALL: [Self; 6] =
        [Self::NoToken, Self::ForeignToken, Self::WrongOrigin, Self::CrossSite, Self::MethodOverride, Self::JsonAsText];

    /// Whether it also meets what needs no session: there is no token to forge.
    fn meets_public(self) -> bool {
        matches!(self, Self::WrongOrigin | Self::CrossSite)
    }
}

async fn attacked(people: &People, route: &Route, attack: Attack) -> Answer {
    let (cookie, own) = people.of(route);
    let mut request = Request::builder()
        .method(route.method.clone())
        .uri(address(route))
        .header(COOKIE, cookie)
        .header(HOST, "127.0.0.1:8080");
    let kind = match (attack, is_api(route)) {
        (Attack::JsonAsText, _) => "text/plain",
        (_, true) => "application/json",
        (_, false) => FORM,
    };
    request = request.header(CONTENT_TYPE, kind);
    let mut form = String::from("a=1");
    match attack {
        Attack::NoToken => request = request.header("sec-fetch-site", "same-origin"),
        Attack::ForeignToken => {
            request = request.header("sec-fetch-site", "same-origin");
            if is_api(route) {
                request = request.header("x-csrf-token", people.foreign(own));
            } else {
                form = format!("csrf={}", people.foreign(own));
            }
        }
        Attack::WrongOrigin => {
            request = request.header(ORIGIN, "https://boese.example").header("x-csrf-token", own);
        }
        Attack::CrossSite => request = request.header("sec-fetch-site", "cross-site").header("x-csrf-token", own),
        Attack::MethodOverride => {
            request = request.header("sec-fetch-site", "same-origin");
            for name in ["x-http-method-override", "x-method-override", "x-http-method"] {
                request = request.header(name, "GET");
            }
            form = "_method=GET".to_owned();
        }
        Attack::JsonAsText => request = request.header("sec-fetch-site", "same-origin"),
    }
    let body = if is_api(route) || attack == Attack::JsonAsText { "{}".to_owned() } else { form };
    people.web.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn no_unsafe_route_acts_for_another_site() {
    let people = People::at("http://127.0.0.1:8080").await;
    let (mut walked, mut requests, mut public) = (0, 0, 0);
    for route in routes().into_iter().filter(|route| !route.method.is_safe()) {
        walked += 1;
        let is_public = route.access.who == Who::Public;
        public += u32::from(is_public);
        for attack in Attack::ALL.into_iter().filter(|attack| !is_public || attack.meets_public()) {
            let answer = attacked(&people, &route, attack).await;
            requests += 1;
            let name = format!("{} {} {attack:?}", route.method, route.path);
            let refused = answer.status == StatusCode::FORBIDDEN
                || (attack == Attack::JsonAsText && answer.status == StatusCode::UNSUPPORTED_MEDIA_TYPE);
            assert!(refused, "{name}: {} {}", answer.status, answer.text);
            assert!(answer.text.contains("Bitte laden Sie die Seite neu"), "{name}: says what to do");
        }
    }
    say(&format!("CSRF: {walked} unsafe routes ({public} of them public), {requests} requests, all refused"));
    assert!(100 < walked && 600 < requests, "{walked} routes, {requests} requests");
    // Nobody was signed out along the way, and the right token is let through.
    for route in routes().into_iter().filter(|route| !route.method.is_safe() && route.access.who != Who::Public) {
        if route.path == "/abmelden" || route.path == "/api/v1/sessions/current" {
            continue;
        }
        let (cookie, token) = people.of(&route);
        let kind = if is_api(&route) { "application/json" } else { FORM };
        let request = Request::builder().method(route.method.clone()).uri(address(&route)).header(COOKIE, cookie);
        let request = request.header("x-csrf-token", token).header(CONTENT_TYPE, kind);
        let answer = people.web.send(request.body(Body::from(if is_api(&route) { "{}" } else { "" })).unwrap()).await;
        assert_ne!(answer.status, StatusCode::FORBIDDEN, "{} {}", route.method, route.path);
        assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{} {}", route.method, route.path);
    }
}

#[tokio::test]
async fn a_get_that_wants_to_be_a_post_stays_a_get() {
    let people = People::at("http://127.0.0.1:8080").await;
    let mut walked = 0;
    for route in routes().into_iter().filter(|route| route.method == Method::POST && !is_api(route)) {
        let (cookie, token) = people.of(&route);
        let request = Request::get(address(&route)).header(COOKIE, cookie).header("x-csrf-token", token);
        let request = request.header("x-http-method-override", "POST").header("x-method-override", "POST");
        let overridden = people.web.send(request.body(Body::empty()).unwrap()).await;
        let plain = people.web.get(&address(&route), cookie).await;
        assert_eq!(overridden.status, plain.status, "{}", route.path);
        walked += 1;
    }
    say(&format!("method override: {walked} addresses"));
}

/// Every answer has all of them, over HTTPS.
const HEADERS: [(&str, &str); 12] = [
    ("content-security-policy", "default-src 'none'"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=()"),
    ("x-permitted-cross-domain-policies", "none"),
    ("strict-transport-security", "max-age=31536000"),
    ("cache-control", ""),
    ("x-request-id", ""),
];

fn carries_headers(name: &str, answer: &Answer) {
    for (header, begin) in HEADERS {
        let value = answer.header(header);
        assert!(!value.is_empty() && value.starts_with(begin), "{name}: {header}: {value:?}");
        assert_eq!(answer.headers.get_all(header).iter().count(), 1, "{name}: {header} twice");
    }
    let policy = answer.header("content-security-policy");
    for danger in ["unsafe", "*", "http:", "https:", "blob:"] {
        assert!(!policy.contains(danger), "{name}: {policy}");
    }
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), "{name}");
    if !answer.text.is_empty() && answer.status != StatusCode::NOT_MODIFIED {
        assert!(!answer.header("content-type").is_empty(), "{name}: a body without a type");
    }
    if answer.header("content-type").starts_with("text/html") {
        for inline in [" style=\"", "<script>", " onclick=", " onload=", " onsubmit=", " onchange=", "javascript:"] {
            assert!(!answer.text.contains(inline), "{name}: {inline}");
        }
    }
    assert!(
        answer.header("server").is_empty() && answer.header("x-powered-by").is_empty(),
        "{name}: names its software"
    );
    assert!(answer.header("access-control-allow-origin").is_empty(), "{name}: opens itself to other origins");
}

#[tokio::test]
async fn every_answer_carries_every_header_whatever_it_is() {
    let people = People::at("https://abruf.example").await;
    let (mut pages, mut errors) = (0, 0);
    for route in routes() {
        if route.path == "/abmelden" || (route.method == Method::DELETE && route.path.ends_with("/sessions/current")) {
            continue;
        }
        let (cookie, token) = people.of(&route);
        let name = format!("{} {}", route.method, route.path);
        let kind = if is_api(&route) { "application/json" } else { FORM };
        let request = Request::builder().method(route.method.clone()).uri(address(&route));
        let signed_in = request.header(COOKIE, cookie).header("x-csrf-token", token).header(CONTENT_TYPE, kind);
        let body = if is_api(&route) && route.method != Method::GET { "{}" } else { "" };
        for request in [
            signed_in.body(Body::from(body)).unwrap(),
            Request::builder().method(route.method.clone()).uri(address(&route)).body(Body::empty()).unwrap(),
        ] {
            let answer = people.web.send(request).await;
            carries_headers(&name, &answer);
            if answer.status.is_success() { pages += 1 } else { errors += 1 }
        }
    }
    let sign_in = people.web.get("/anmelden", "").await;
    let asset = sign_in.text.split('"').find(|it| it.starts_with("/assets/")).unwrap().to_owned();
    for (name, request) in [
        ("an asset", Request::get(&asset).body(Body::empty())),
        ("a head", Request::head("/anmelden").body(Body::empty())),
        ("no such page", Request::get("/gibt-es-nicht").body(Body::empty())),
        ("no such method", Request::patch("/anmelden").body(Body::empty())),
        ("a trace", Request::builder().method(Method::TRACE).uri("/").body(Body::empty())),
        (
            "a preflight",
            Request::options("/api/v1/call-offs").header(ORIGIN, "https://boese.example").body(Body::empty()),
        ),
        ("no form", Request::post("/anmelden").header(CONTENT_TYPE, "text/plain").body(Body::from("x"))),
        ("no JSON", Request::post("/api/v1/sessions").header(CONTENT_TYPE, "application/json").body(Body::from("{"))),
        ("too much", Request::post("/anmelden").header("content-length", "9000000").body(Body::from("x"))),
    ] {
        let answer = people.web.send(request.unwrap()).await;
        carries_headers(name, &answer);
        if answer.status.is_success() { pages += 1 } else { errors += 1 }
    }
    say(&format!("headers: {} × {pages} answers and {errors} refusals", HEADERS.len()));
    assert!(50 < pages && 200 < errors, "{pages} {errors}");
}
