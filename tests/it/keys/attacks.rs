//! R14 for keys: everything that is sent instead of one.

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::{Request, StatusCode};
use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest, Sha256};

use super::{EVA, house, key};
use crate::web::Web;

const LIST: &str = "/api/v1/contracts";

async fn with(web: &Web, name: axum::http::HeaderName, value: String) -> StatusCode {
    let Ok(request) = Request::get(LIST).header(name, value).body(Body::empty()) else {
        return StatusCode::UNAUTHORIZED;
    };
    web.send(request).await.status
}

#[tokio::test]
async fn what_is_no_key_opens_nothing() {
    let (web, _) = house().await;
    let (id, key) = key(&web, EVA, &["contracts:read"]).await;
    let (prefix, secret) = key.rsplit_once('_').unwrap();
    let flipped = format!("{prefix}_{}{}", if secret.starts_with('0') { '1' } else { '0' }, &secret[1..]);
    let attacks = [
        ("another secret", flipped),
        ("the beginning alone", prefix.to_owned()),
        ("without its end", key[..key.len() - 1].to_owned()),
        ("with more", format!("{key}0")),
        ("capitals", key.to_uppercase()),
        ("capitals behind", format!("{prefix}_{}", secret.to_uppercase())),
        ("the beginning of another", format!("abruf_000000000000_{secret}")),
        ("its hash", HEXLOWER.encode(&Sha256::digest(key.as_bytes()))),
        ("its hash as secret", format!("{prefix}_{}", HEXLOWER.encode(&Sha256::digest(key.as_bytes())))),
        ("its id", id),
        ("zeros", format!("{prefix}_{}", "0".repeat(64))),
        ("SQL", format!("abruf_' OR 1=1 --{}", "x".repeat(66))),
        ("wildcards", format!("abruf_{}_{}", "%".repeat(12), "%".repeat(64))),
        ("empty", "abruf_".to_owned()),
        ("100 KB", format!("abruf_{}", "0".repeat(100_000))),
        ("two keys", format!("{key} {key}")),
        ("as a token of a session", format!("{key}.{key}.{key}")),
    ];
    for (name, sent) in &attacks {
        assert_eq!(with(&web, AUTHORIZATION, format!("Bearer {sent}")).await, StatusCode::UNAUTHORIZED, "{name}");
    }
    for (name, header, value) in [
        ("without Bearer", AUTHORIZATION, key.clone()),
        ("as Basic", AUTHORIZATION, format!("Basic {}", BASE64.encode(format!("{key}:").as_bytes()))),
        ("as Token", AUTHORIZATION, format!("Token {key}")),
        ("as a cookie", COOKIE, format!("abruf={key}")),
        ("as a cookie of HTTPS", COOKIE, format!("__Host-abruf={key}")),
        ("in a header of others", axum::http::HeaderName::from_static("x-api-key"), key.clone()),
    ] {
        assert_eq!(with(&web, header, value).await, StatusCode::UNAUTHORIZED, "{name}");
    }
    let query = web.api("GET", &format!("{LIST}?api_key={key}&access_token={key}"), "", None).await;
    assert_eq!(query.status, StatusCode::UNAUTHORIZED, "in the address");
    // The key itself is right: what was refused was refused for what was changed; and nothing of it was counted.
    assert_eq!(with(&web, AUTHORIZATION, format!("bearer {key}")).await, StatusCode::OK);
    let uses: (i64, i64) =
        sqlx::query_as("SELECT uses, refusals FROM api_key").fetch_one(&web.database.owner).await.unwrap();
    assert_eq!(uses, (1, 0));
    println!("keys: {} attacks refused", attacks.len() + 7);
}

/// A key is no way to more: not to a session, another key, another assignment, a password.
#[tokio::test]
async fn a_key_makes_nothing_of_itself() {
    let (web, town) = house().await;
    let (id, key) = key(&web, EVA, &super::ALL).await;
    let other = web.assign(
        abruf_domain::ids::PersonId(
            sqlx::query_scalar("SELECT id FROM person WHERE email = $1")
                .bind(EVA)
                .fetch_one(&web.database.owner)
                .await
                .unwrap(),
        ),
        abruf::actor::Role::Approver,
        town,
    );
    let other = other.await;
    let body = Some(serde_json::json!({ "assignment_id": other.0 }));
    for (method, path, body) in [
        ("PUT", "/api/v1/sessions/current".to_owned(), body),
        ("GET", "/api/v1/sessions/current".to_owned(), None),
        ("DELETE", "/api/v1/sessions/current".to_owned(), None),
        ("GET", "/api/v1/sessions".to_owned(), None),
        ("POST", "/api/v1/api-keys".to_owned(), Some(super::wanted(&web, EVA, &["archive:read"]).await)),
        ("GET", "/api/v1/api-keys".to_owned(), None),
        ("DELETE", format!("/api/v1/api-keys/{id}"), None),
        ("GET", "/konto".to_owned(), None),
        ("GET", "/".to_owned(), None),
        ("GET", "/einstellungen/meine-daten.zip".to_owned(), None),
    ] {
        let answer = web.api(method, &path, &key, body).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}: {}", answer.text);
        assert!(answer.headers.get("set-cookie").is_none(), "{method} {path}");
    }
    // The new assignment is not the key's.
    assert_eq!(
        web.api("PUT", "/api/v1/approval-order", &key, Some(serde_json::json!({}))).await.status,
        StatusCode::NOT_FOUND
    );
}
