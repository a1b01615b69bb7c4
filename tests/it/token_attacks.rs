//! R14: what is tried with session tokens. Each attack is a token, or a moment, after which the program must see nobody.
//! Most are signed with the installation's own key, as only an insider could: the signature alone lets nothing in.

use abruf::actor::Role;
use abruf_domain::ids::PersonId;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use axum::http::StatusCode;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::web::{PASSWORD, Web};

const EVA: &str = "eva@altenrode.example";
const KARL: &str = "karl@altenrode.example";
/// How many the goal names.
const AT_LEAST: usize = 64;

/// A good token taken apart, and the key it was signed with.
struct Forge {
    key: Vec<u8>,
    claims: Value,
}

impl Forge {
    async fn of(web: &Web, good: &str) -> Self {
        let key =
            sqlx::query_scalar("SELECT session_key FROM installation").fetch_one(&web.database.owner).await.unwrap();
        let claims = BASE64URL_NOPAD.decode(good.split('.').nth(1).unwrap().as_bytes()).unwrap();
        Self { key, claims: serde_json::from_slice(&claims).unwrap() }
    }

    fn pair(&self) -> Ed25519KeyPair {
        Ed25519KeyPair::from_pkcs8(&self.key).unwrap()
    }

    /// Signs any text with the right key.
    fn signed_text(&self, header: &str, claims: &str) -> String {
        signed_by(&self.pair(), header, claims)
    }

    fn signed(&self, header: &Value, claims: &Value) -> String {
        self.signed_text(&header.to_string(), &claims.to_string())
    }

    /// Our header and a claim of another value; none: without it.
    fn with(&self, claim: &str, value: Option<Value>) -> String {
        let mut claims = self.claims.clone();
        match value {
            Some(value) => claims[claim] = value,
            None => _ = claims.as_object_mut().unwrap().remove(claim),
        }
        self.signed(&ours(), &claims)
    }

    /// Our claims and one more field of the header, or another value of one.
    fn headed(&self, field: &str, value: Value) -> String {
        let mut header = ours();
        header[field] = value;
        self.signed(&header, &self.claims)
    }
}

fn ours() -> Value {
    json!({ "alg": "EdDSA", "typ": "JWT" })
}

fn part(text: &str) -> String {
    BASE64URL_NOPAD.encode(text.as_bytes())
}

fn signed_by(pair: &Ed25519KeyPair, header: &str, claims: &str) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let signature = pair.sign(message.as_bytes());
    format!("{message}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
}

/// Everything that can be said in the text of a token.
fn attacks(forge: &Forge, good: &str, others: &Value) -> Vec<(String, String)> {
    let now = forge.claims["iat"].as_i64().unwrap();
    let claims = forge.claims.to_string();
    let mut all: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, token: String| all.push((name.to_owned(), token));

    for alg in ["none", "None", "NONE", "nOnE", "", "none\u{0}"] {
        let header = json!({ "alg": alg, "typ": "JWT" }).to_string();
        add(&format!("alg {alg:?} without a signature"), format!("{}.{}.", part(&header), part(&claims)));
    }
    let public = forge.pair().public_key().as_ref().to_vec();
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        let secret = EncodingKey::from_secret(&public);
        let token = jsonwebtoken::encode(&Header::new(algorithm), &forge.claims, &secret).unwrap();
        add(&format!("the public key as secret of {algorithm:?}"), token);
    }
    let hex = EncodingKey::from_secret(HEXLOWER.encode(&public).as_bytes());
    add(
        "the public key as hex as secret",
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &forge.claims, &hex).unwrap(),
    );
    for alg in ["RS256", "PS256", "ES256", "eddsa", "Ed25519"] {
        add(&format!("our signature under alg {alg}"), forge.headed("alg", json!(alg)));
    }
    let foreign = Ed25519KeyPair::from_seed_unchecked(&[9; 32]).unwrap();
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": BASE64URL_NOPAD.encode(foreign.public_key().as_ref()) });
    let mut bringing = ours();
    bringing["jwk"] = jwk.clone();
    add("a key of the attacker in the header", signed_by(&foreign, &bringing.to_string(), &claims));
    add("signed with a foreign key", signed_by(&foreign, &ours().to_string(), &claims));
    for (field, value) in [
        ("jwk", jwk),
        ("jku", json!("https://evil.example/keys")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["exp"])),
        ("crit", json!(["b64"])),
        ("b64", json!(false)),
        ("cty", json!("JWT")),
        ("zip", json!("DEF")),
    ] {
        add(&format!("header {field}"), forge.headed(field, value));
    }
    for kid in ["../../../dev/null".to_owned(), "1' OR '1'='1".to_owned(), "x\u{0}".to_owned(), "k".repeat(8192)] {
        add(&format!("kid of {} characters: {:.12}", kid.len(), kid), forge.headed("kid", json!(kid)));
    }
    add("kid null", forge.headed("kid", Value::Null));
    add("no typ", forge.signed(&json!({ "alg": "EdDSA" }), &forge.claims));
    for typ in [json!("at+jwt"), json!("jwt"), json!("JWS"), Value::Null] {
        add(&format!("typ {typ}"), forge.headed("typ", typ));
    }
    let soon = now + 600;
    for (claim, values) in [
        (
            "exp",
            vec![
                json!(soon.to_string()),
                json!(1.5e9),
                json!(-1),
                json!([soon]),
                json!(i64::MAX),
                json!(soon + 1),
                json!(u64::MAX),
            ],
        ),
        (
            "nbf",
            vec![
                json!(now.to_string()),
                json!(1.5e9),
                json!(-1),
                json!([now]),
                json!(now + 1),
                json!(now - 1),
                json!(i64::MAX),
            ],
        ),
        (
            "iat",
            vec![json!(now.to_string()), json!(1.5e9), json!(now + 1), json!([now]), json!(i64::MIN), json!(i64::MAX)],
        ),
        ("aud", vec![json!("abruf"), json!(["abruf-session", "other"]), json!("")]),
        ("iss", vec![json!("https://evil.example"), json!(["x"]), json!("")]),
        ("sub", vec![others["sub"].clone(), json!("' OR 1=1 --")]),
        ("sid", vec![others["sid"].clone(), json!("00000000-0000-0000-0000-000000000000")]),
    ] {
        add(&format!("{claim} missing"), forge.with(claim, None));
        for value in values {
            add(&format!("{claim} {value}"), forge.with(claim, Some(value)));
        }
    }
    let doubled = |claim: &str, value: &Value| claims.replacen('{', &format!("{{\"{claim}\":{value},"), 1);
    for (claim, value) in [("exp", json!(soon)), ("sub", others["sub"].clone())] {
        add(&format!("{claim} twice"), forge.signed_text(&ours().to_string(), &doubled(claim, &value)));
    }
    add("alg twice", forge.signed_text(r#"{"alg":"none","alg":"EdDSA","typ":"JWT"}"#, &claims));
    let mut large = forge.claims.clone();
    large["x"] = json!("x".repeat(100_000));
    add("100 KB", forge.signed(&ours(), &large));
    add("claims that are no object", forge.signed_text(&ours().to_string(), "[]"));
    for (name, token) in [
        ("a point at the end", format!("{good}.")),
        ("a letter at the end", format!("{good}A")),
        ("a fourth part", format!("{good}.{good}")),
        ("padding", format!("{good}=")),
        ("without the signature", good.rsplit_once('.').unwrap().0.to_owned()),
    ] {
        add(name, token);
    }
    let message = good.rsplit_once('.').unwrap().0;
    add("a signature of zeros", format!("{message}.{}", BASE64URL_NOPAD.encode(&[0; 64])));
    let es = format!("{}.{}", part(r#"{"alg":"ES256","typ":"JWT"}"#), part(&claims));
    add("ES256 with r and s of zero", format!("{es}.{}", BASE64URL_NOPAD.encode(&[0; 64])));
    all
}

async fn seen(web: &Web, token: &str) -> StatusCode {
    // A header takes no control characters; what cannot be sent is refused before.
    if token.bytes().any(|byte| byte.is_ascii_control()) {
        return StatusCode::UNAUTHORIZED;
    }
    web.api("GET", "/api/v1/sessions/current", token, None).await.status
}

#[tokio::test]
async fn none_of_the_token_attacks_lets_anybody_in() {
    let web = Web::new().await;
    let town = web.member("Stadt Altenrode").await;
    let eva = web.person(EVA, Role::Buyer, town).await;
    web.person(KARL, Role::Buyer, town).await;
    let good = web.token(EVA).await;
    let other = web.token(KARL).await;
    let (forge, others) = (Forge::of(&web, &good).await, Forge::of(&web, &other).await.claims);

    // The forge itself is right: what is refused is refused for what was changed.
    let mut valid = 0;
    for token in [
        good.clone(),
        other,
        forge.signed(&ours(), &forge.claims),
        forge.signed(&json!({ "typ": "JWT", "alg": "EdDSA" }), &forge.claims),
    ] {
        assert_eq!(seen(&web, &token).await, StatusCode::OK);
        valid += 1;
    }
    let mut wrong = Vec::new();
    let list = attacks(&forge, &good, &others);
    let mut refused = list.len();
    for (name, token) in list {
        if seen(&web, &token).await != StatusCode::UNAUTHORIZED {
            wrong.push(name);
        }
    }
    for (name, status) in moments(&web, &good, eva).await {
        refused += 1;
        if status != StatusCode::UNAUTHORIZED {
            wrong.push(format!("{name}: {status}"));
        }
    }
    assert!(wrong.is_empty(), "accepted: {wrong:#?}");
    assert!(AT_LEAST <= refused, "only {refused} attacks");
    println!("token attacks: {refused} refused, {valid} valid tokens passed");
}

/// Tokens that were good a moment ago.
async fn moments(web: &Web, good: &str, eva: PersonId) -> Vec<(&'static str, StatusCode)> {
    let mut after = Vec::new();
    // Signed out.
    let token = web.token(EVA).await;
    web.api("DELETE", "/api/v1/sessions/current", &token, None).await;
    after.push(("signed out", seen(web, &token).await));
    // The password was changed in another session.
    let (token, cookie) = (web.token(EVA).await, web.sign_in(EVA).await);
    let csrf = web.get("/konto", &cookie).await.form_token();
    let new = "ein-ganz-neues-1";
    let form = [("csrf", csrf.as_str()), ("present", PASSWORD), ("password", new), ("repeated", new)];
    let changed = web.post("/konto/passwort", &cookie, &form).await;
    assert_eq!(changed.header("location"), "/konto?hinweis=passwort", "{}", changed.text);
    after.push(("password changed", seen(web, &token).await));
    after.push(("password changed, the first token", seen(web, good).await));
    // The session is over, and the token by one second.
    let token = web.token(KARL).await;
    web.wait(chrono::TimeDelta::seconds(600));
    after.push(("over since this second", seen(web, &token).await));
    // Ended by the administration.
    let token = web.token(KARL).await;
    sqlx::query("UPDATE session SET revoked_at = now() WHERE person_id <> $1")
        .bind(eva.0)
        .execute(&web.database.owner)
        .await
        .unwrap();
    after.push(("revoked", seen(web, &token).await));
    after
}

/// A role that is taken away, and a member that leaves: the person is still somebody, and may nothing any more.
#[tokio::test]
async fn what_is_taken_away_is_gone_within_a_second() {
    let web = Web::new().await;
    let town = web.member("Stadt Altenrode").await;
    let eva = web.person(EVA, Role::Buyer, town).await;
    web.person("ada@elbe.example", Role::Administrator, web.body).await;
    let (token, ada) = (web.token(EVA).await, web.token("ada@elbe.example").await);
    let list = "/api/v1/call-offs";
    assert_eq!(web.api("GET", list, &token, None).await.status, StatusCode::OK);

    let assignment: uuid::Uuid = sqlx::query_scalar("SELECT id FROM assignment WHERE person_id = $1")
        .bind(eva.0)
        .fetch_one(&web.database.owner)
        .await
        .unwrap();
    let end = format!("/api/v1/people/{}/assignments/{assignment}/end", eva.0);
    let begin = Instant::now();
    assert_eq!(web.api("POST", &end, &ada, Some(json!({}))).await.status, StatusCode::NO_CONTENT);
    let status = web.api("GET", list, &token, None).await.status;
    assert!(begin.elapsed().as_millis() < 1000, "{:?}", begin.elapsed());
    assert_eq!(status, StatusCode::NOT_FOUND, "without a role a route is not there");
    let current = web.api("GET", "/api/v1/sessions/current", &token, None).await.json();
    assert_eq!((current["acting_for"].is_null(), current["assignments"].as_array().unwrap().len()), (true, 0));

    // All sessions of a person, ended by the administration.
    let begin = Instant::now();
    let sessions = format!("/api/v1/people/{}/sessions", eva.0);
    assert_eq!(web.api("DELETE", &sessions, &ada, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(seen(&web, &token).await, StatusCode::UNAUTHORIZED);
    assert!(begin.elapsed().as_millis() < 1000, "{:?}", begin.elapsed());
}
