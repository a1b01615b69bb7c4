//! R14 and R15 for outside providers: everything that is sent instead of an honest answer.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use abruf::actor::Role;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::provider::{Key, Provider, SECRET, message, parameter};
use super::{EVA, KARL, begin, is_refused, tie, web_with};
use crate::web::{Answer, Web};

/// A town with a buyer who is `s-1` at the provider.
async fn house(provider: &Provider) -> Web {
    let web = web_with(&[provider], "").await;
    let town = web.member("Stadt Altenrode").await;
    let eva = web.person(EVA, Role::Buyer, town).await;
    tie(&web, provider, "s-1", eva).await;
    web
}

/// Tokens that are wrong, by name, for a sign-in that waits.
fn tokens(provider: &Provider, page: &str, now: DateTime<Utc>) -> Vec<(String, String)> {
    let (key, claims) = (provider.key(), provider.claims(page, now));
    let mut all: Vec<(String, String)> = Vec::new();
    let with = |field: &str, value: Option<Value>| {
        let mut claims = claims.clone();
        match value {
            Some(value) => claims[field] = value,
            None => _ = claims.as_object_mut().unwrap().remove(field),
        }
        key.token(&key.header(), &claims)
    };
    let at = now.timestamp();
    for (claim, values) in [
        ("nonce", vec![json!("another"), json!(""), json!(["x"]), Value::Null]),
        ("iss", vec![json!("https://evil.example"), json!(format!("{}/", provider.issuer)), json!("")]),
        ("aud", vec![json!("another"), json!(["abruf", "another"]), json!([]), json!("")]),
        ("azp", vec![json!("another")]),
        ("exp", vec![json!(at), json!(at - 1), json!("later"), json!(-1)]),
        ("iat", vec![json!(at + 61), json!(at - 601), json!("now")]),
        ("events", vec![json!({ "http://schemas.openid.net/event/backchannel-logout": {} })]),
    ] {
        if !["azp", "events"].contains(&claim) {
            all.push((format!("{claim} missing"), with(claim, None)));
        }
        all.extend(values.into_iter().map(|value| (format!("{claim} {value}"), with(claim, Some(value)))));
    }
    all.push(("sub missing".to_owned(), with("sub", None)));
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let header = json!({ "alg": alg, "typ": "JWT", "kid": key.kid() });
        all.push((format!("alg {alg:?} without a signature"), format!("{}.", message(&header, &claims))));
        all.push((format!("alg {alg:?} with one"), key.token(&header, &claims)));
    }
    for (name, secret) in [("the public key", key.public()), ("our secret", SECRET.as_bytes().to_vec())] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = Header { kid: Some(key.kid().to_owned()), ..Header::new(algorithm) };
            let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&secret)).unwrap();
            all.push((format!("{algorithm:?} with {name}"), token));
        }
    }
    let foreign = Key::ec(key.kid());
    all.push(("a foreign key under the same kid".to_owned(), foreign.token(&key.header(), &claims)));
    let mut bringing = key.header();
    bringing["jwk"] = foreign.jwk();
    all.push(("a key in the header".to_owned(), foreign.token(&bringing, &claims)));
    for (field, value) in
        [("crit", json!(["exp"])), ("cty", json!("JWT")), ("typ", json!("logout+jwt")), ("typ", json!("at+jwt"))]
    {
        let mut header = key.header();
        header[field] = value;
        all.push((format!("header {field} {}", header[field]), key.token(&header, &claims)));
    }
    let es = json!({ "alg": "ES256", "typ": "JWT", "kid": key.kid() });
    all.push((
        "ES256 with r and s of zero".to_owned(),
        format!("{}.{}", message(&es, &claims), BASE64URL_NOPAD.encode(&[0; 64])),
    ));
    let good = key.token(&key.header(), &claims);
    all.push(("without its signature".to_owned(), good.rsplit_once('.').unwrap().0.to_owned()));
    all.push(("no token".to_owned(), "x.y.z".to_owned()));
    all.push(("empty".to_owned(), String::new()));
    all
}

#[tokio::test]
async fn no_forged_token_of_a_provider_lets_anybody_in() {
    for key in [Key::ec("k1"), Key::rsa("k1")] {
        let provider = Provider::start(key).await;
        let web = house(&provider).await;
        let names = tokens(&provider, &begin(&web, "a", "/").await.0, web.now());
        let mut wrong = Vec::new();
        for index in 0..names.len() {
            // A minute has so many attempts of one address; each is a sign-in of its own.
            let (page, browser) = begun(&web).await;
            let (name, token) = tokens(&provider, &page, web.now()).swap_remove(index);
            let answer = get_from_elsewhere(&web, &provider.sends(&page, token), &browser).await;
            if !is_refused(&answer, "extern-abgelehnt") {
                wrong.push(format!("{name}: {} {}", answer.status, answer.header("location")));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        let (page, browser) = begun(&web).await;
        let good = web.get(&provider.says(&page, web.now(), |_| ()), &browser).await;
        assert_eq!((good.status, good.header("location")), (StatusCode::SEE_OTHER, "/"), "{}", good.text);
        println!("outside sign-in: {} forged tokens refused, {}", names.len(), provider.key().alg());
    }
}

/// Past the limit per client address, which so many attempts would reach.
async fn get_from_elsewhere(web: &Web, path: &str, cookie: &str) -> Answer {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let mut request = Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap();
    let [_, _, c, d] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([10, 1, c, d], 4711))));
    web.send(request).await
}

async fn begun(web: &Web) -> (String, String) {
    let away = get_from_elsewhere(web, "/anmelden/extern/a", "").await;
    assert_eq!(away.status, StatusCode::SEE_OTHER, "{}", away.text);
    (away.header("location").to_owned(), away.cookie())
}

#[tokio::test]
async fn an_answer_counts_once_in_its_browser_in_time_and_from_its_provider() {
    let provider = Provider::start(Key::ec("k1")).await;
    let other = Provider::start(Key::ec("k1")).await;
    let web = web_with(&[&provider, &other], "").await;
    let town = web.member("Stadt Altenrode").await;
    let eva = web.person(EVA, Role::Buyer, town).await;
    tie(&web, &provider, "s-1", eva).await;

    let (page, browser) = begin(&web, "a", "/abrufe").await;
    let back = provider.says(&page, web.now(), |_| ());
    assert!(is_refused(&web.get(&back, "").await, "extern-neu"), "without the cookie");
    assert!(is_refused(&web.get(&back, "abruf-outside=AAAA").await, "extern-neu"), "with another cookie");
    let (_, others) = begin(&web, "a", "/").await;
    assert!(is_refused(&web.get(&back, &others).await, "extern-neu"), "in another browser that began too");
    let state = parameter(&back, "state");
    for wrong in ["", "x", &state.to_lowercase()] {
        let answer = web.get(&back.replace(&state, wrong), &browser).await;
        assert!(is_refused(&answer, "extern-neu"), "state {wrong}");
    }
    assert!(
        is_refused(&web.get(&back.replace("/extern/a/", "/extern/b/"), &browser).await, "extern-neu"),
        "as of another"
    );
    // All of that took nothing out: the honest answer still counts, once.
    let good = web.get(&back, &browser).await;
    assert_eq!((good.status, good.header("location")), (StatusCode::SEE_OTHER, "/abrufe"), "{}", good.text);
    assert_eq!(web.get("/abrufe", &good.cookie()).await.status, StatusCode::OK);
    assert!(is_refused(&web.get(&back, &browser).await, "extern-neu"), "the same answer again");

    // A code that was used, and one of another sign-in, under a state that waits.
    let (page, browser) = begin(&web, "a", "/").await;
    let (stolen_page, _) = begin(&web, "a", "/").await;
    let stolen = parameter(&provider.says(&stolen_page, web.now(), |_| ()), "code");
    let injected = format!("/anmelden/extern/a/antwort?code={stolen}&state={}", parameter(&page, "state"));
    assert!(is_refused(&web.get(&injected, &browser).await, "extern-abgelehnt"), "a code of another sign-in");
    let (page, browser) = begin(&web, "a", "/").await;
    let used = format!("/anmelden/extern/a/antwort?code=code-1&state={}", parameter(&page, "state"));
    assert!(is_refused(&web.get(&used, &browser).await, "extern-abgelehnt"), "a code that was used");

    // Another issuer in the address (RFC 9207), and a token of the other provider in the place of this one's.
    let (page, browser) = begin(&web, "a", "/").await;
    let back = format!("{}&iss={}", provider.says(&page, web.now(), |_| ()), other.issuer);
    assert!(is_refused(&web.get(&back, &browser).await, "extern-abgelehnt"), "of another issuer");
    let (page, browser) = begin(&web, "a", "/").await;
    let mut claims = provider.claims(&page, web.now());
    claims["iss"] = json!(provider.issuer);
    let theirs = other.key().token(&other.key().header(), &claims);
    assert!(
        is_refused(&web.get(&provider.sends(&page, theirs), &browser).await, "extern-abgelehnt"),
        "signed by another"
    );

    // Broken off, too late, silent.
    let (page, browser) = begin(&web, "a", "/").await;
    let off = format!("/anmelden/extern/a/antwort?error=access_denied&state={}", parameter(&page, "state"));
    assert!(is_refused(&web.get(&off, &browser).await, "extern-abgebrochen"));
    let (page, browser) = begin(&web, "a", "/").await;
    web.wait(TimeDelta::minutes(10));
    let back = provider.says(&page, web.now(), |_| ());
    assert!(is_refused(&web.get(&back, &browser).await, "extern-neu"), "after ten minutes");
    assert_eq!(web.get("/anmelden/extern/gibt-es-nicht", "").await.status, StatusCode::NOT_FOUND);
    other.falls_silent();
    let silent = web.get("/anmelden/extern/b", "").await;
    assert_eq!(silent.header("location"), "/anmelden?hinweis=extern-weg");
    assert!(web.get(silent.header("location"), "").await.text.contains("antwortet gerade nicht"));
}

#[tokio::test]
async fn nobody_is_led_elsewhere() {
    let provider = Provider::start(Key::ec("k1")).await;
    let web = house(&provider).await;
    for weiter in
        ["https://evil.example", "//evil.example", "/\\evil.example", "%2F%2Fevil.example", "javascript:alert(1)"]
    {
        let (page, browser) = begin(&web, "a", weiter).await;
        let answer = web.get(&provider.says(&page, web.now(), |_| ()), &browser).await;
        assert_eq!(answer.header("location"), "/", "{weiter}");
    }
}

#[tokio::test]
async fn who_nobody_has_tied_comes_in_nowhere_not_even_by_a_mail_address() {
    let (provider, other) = (Provider::start(Key::ec("k1")).await, Provider::start(Key::ec("k1")).await);
    let web = web_with(&[&provider, &other], "").await;
    let town = web.member("Stadt Altenrode").await;
    let (eva, karl) = (web.person(EVA, Role::Buyer, town).await, web.person(KARL, Role::Buyer, town).await);
    let (page, browser) = begin(&web, "a", "/").await;
    let back = provider.says(&page, web.now(), |claims| {
        claims["email"] = json!(EVA);
        claims["email_verified"] = json!(true);
    });
    assert!(is_refused(&web.get(&back, &browser).await, "extern-unbekannt"));
    // The same subject at two providers is two people.
    tie(&web, &provider, "s-1", eva).await;
    tie(&web, &other, "s-1", karl).await;
    for (provider, key, name) in [(&provider, "a", eva), (&other, "b", karl)] {
        let came = super::sign_in(&web, provider, key, "s-1").await;
        assert_eq!(came.header("location"), "/abrufe", "{}", came.text);
        let of: uuid::Uuid = sqlx::query_scalar(
            "SELECT person_id FROM session WHERE issuer = $1 ORDER BY created_at DESC, id DESC LIMIT 1",
        )
        .bind(&provider.issuer)
        .fetch_one(&web.database.owner)
        .await
        .unwrap();
        assert_eq!(of, name.0);
    }
}
