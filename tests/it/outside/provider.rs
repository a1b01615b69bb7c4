//! A provider of a test: describes itself, publishes keys, takes codes, and says what it is told to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use chrono::{DateTime, Utc};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub const SECRET: &str = "streng-geheim-und-lang";

/// A key of the provider.
pub enum Key {
    Ec(String, EcdsaKeyPair),
    Rsa(String, RsaKeyPair),
}

impl Key {
    pub fn ec(kid: &str) -> Self {
        let chance = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &chance).unwrap();
        Self::Ec(kid.to_owned(), EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref()).unwrap())
    }

    pub fn rsa(kid: &str) -> Self {
        Self::Rsa(kid.to_owned(), RsaKeyPair::generate(rsa::KeySize::Rsa2048).unwrap())
    }

    pub fn alg(&self) -> &'static str {
        match self {
            Self::Ec(..) => "ES256",
            Self::Rsa(..) => "RS256",
        }
    }

    pub fn kid(&self) -> &str {
        match self {
            Self::Ec(kid, _) | Self::Rsa(kid, _) => kid,
        }
    }

    /// The public key as bytes: what an attacker can use as a secret.
    pub fn public(&self) -> Vec<u8> {
        match self {
            Self::Ec(_, pair) => pair.public_key().as_ref().to_vec(),
            Self::Rsa(_, pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    pub fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        let public = self.public();
        match self {
            // A point: 4, x, y.
            Self::Ec(kid, _) => json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
                "x": text(&public[1..33]), "y": text(&public[33..65]) }),
            // DER of modulus and exponent: 2048 bits after nine bytes, three after two more.
            Self::Rsa(kid, _) => json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
                "n": text(&public[9..265]), "e": text(&public[267..270]) }),
        }
    }

    pub fn sign(&self, message: &str) -> Vec<u8> {
        let chance = SystemRandom::new();
        match self {
            Self::Ec(_, pair) => pair.sign(&chance, message.as_bytes()).unwrap().as_ref().to_vec(),
            Self::Rsa(_, pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &chance, message.as_bytes(), &mut signature).unwrap();
                signature
            }
        }
    }

    /// Header and claims, signed.
    pub fn token(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        format!("{message}.{}", BASE64URL_NOPAD.encode(&self.sign(&message)))
    }

    pub fn header(&self) -> Value {
        json!({ "alg": self.alg(), "typ": "JWT", "kid": self.kid() })
    }
}

pub fn message(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    format!("{}.{}", part(header), part(claims))
}

/// A code it gave out.
struct Code {
    challenge: String,
    redirect: String,
    id_token: String,
}

#[derive(Default)]
struct Inner {
    keys: Vec<Arc<Key>>,
    codes: BTreeMap<String, Code>,
    issued: usize,
    keys_asked: usize,
    silent: bool,
}

/// The provider.
pub struct Provider {
    pub issuer: String,
    inner: Arc<Mutex<Inner>>,
}

impl Provider {
    pub async fn start(key: Key) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Mutex::new(Inner { keys: vec![Arc::new(key)], ..Inner::default() }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(description))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state((issuer.clone(), Arc::clone(&inner)));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { issuer, inner }
    }

    pub fn key(&self) -> Arc<Key> {
        Arc::clone(&self.inner.lock().unwrap().keys[0])
    }

    /// Signs with another key from now on, and publishes it alone.
    pub fn rotate(&self, key: Key) {
        self.inner.lock().unwrap().keys = vec![Arc::new(key)];
    }

    /// How often its keys were asked for.
    pub fn keys_asked(&self) -> usize {
        self.inner.lock().unwrap().keys_asked
    }

    pub fn falls_silent(&self) {
        self.inner.lock().unwrap().silent = true;
    }

    /// The claims that would be right for a sign-in.
    pub fn claims(&self, page: &str, now: DateTime<Utc>) -> Value {
        let now = now.timestamp();
        json!({ "iss": self.issuer, "aud": "abruf", "sub": "s-1", "nonce": parameter(page, "nonce"), "iat": now,
            "exp": now + 300, "auth_time": now })
    }

    /// The person signs in at the page; what comes back says the right thing, but for this.
    pub fn says(&self, page: &str, now: DateTime<Utc>, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = self.claims(page, now);
        change(&mut claims);
        let key = self.key();
        self.sends(page, key.token(&key.header(), &claims))
    }

    /// The same with a token of any kind.
    pub fn sends(&self, page: &str, id_token: String) -> String {
        assert!(page.starts_with(&format!("{}/authorize?", self.issuer)), "{page}");
        for (name, value) in [("response_type", "code"), ("client_id", "abruf"), ("code_challenge_method", "S256")] {
            assert_eq!(parameter(page, name), value, "{page}");
        }
        assert!(parameter(page, "scope").split(' ').any(|it| it == "openid"), "{page}");
        let redirect = parameter(page, "redirect_uri");
        let mut inner = self.inner.lock().unwrap();
        inner.issued += 1;
        let code = format!("code-{}", inner.issued);
        let path = redirect.strip_prefix("http://127.0.0.1:8080").expect("an address of ours").to_owned();
        inner.codes.insert(code.clone(), Code { challenge: parameter(page, "code_challenge"), redirect, id_token });
        format!("{path}?code={code}&state={}", parameter(page, "state"))
    }
}

/// A parameter of an address, decoded.
pub fn parameter(address: &str, name: &str) -> String {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default();
    percent_encoding::percent_decode_str(&value.replace('+', " ")).decode_utf8().unwrap().into_owned()
}

type Shared = (String, Arc<Mutex<Inner>>);

async fn description(State((issuer, inner)): State<Shared>) -> Response {
    if inner.lock().unwrap().silent {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "end_session_endpoint": format!("{issuer}/logout"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        // It may say so; nobody here believes such tokens.
        "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
    }))
    .into_response()
}

async fn keys(State((_, inner)): State<Shared>) -> Json<Value> {
    let mut inner = inner.lock().unwrap();
    inner.keys_asked += 1;
    Json(json!({ "keys": inner.keys.iter().map(|key| key.jwk()).collect::<Vec<_>>() }))
}

async fn token(
    State((_, inner)): State<Shared>,
    headers: HeaderMap,
    Form(sent): Form<BTreeMap<String, String>>,
) -> Response {
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    let secret = format!("Basic {}", BASE64.encode(format!("abruf:{SECRET}").as_bytes()));
    if headers.get("authorization").is_none_or(|it| it.to_str().unwrap_or_default() != secret) {
        return refused("invalid_client");
    }
    // Once.
    let code = inner.lock().unwrap().codes.remove(sent.get("code").map_or("", String::as_str));
    let Some(code) = code else { return refused("invalid_grant") };
    let verifier = sent.get("code_verifier").map_or("", String::as_str);
    let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(verifier.as_bytes()));
    if challenge != code.challenge || sent.get("redirect_uri") != Some(&code.redirect) {
        return refused("invalid_grant");
    }
    Json(json!({ "access_token": "at", "token_type": "Bearer", "expires_in": 300, "id_token": code.id_token }))
        .into_response()
}
