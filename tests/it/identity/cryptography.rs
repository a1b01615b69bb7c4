//! What keys and codes are made of.

use abruf::actions::create_administrator::{self, create_administrator};
use abruf::actor::Role;
use abruf::one_time_code::{RECOVERY_CODES, recovery_codes};
use abruf_domain::audit::{chain_hash, leaf_hash};
use abruf_domain::canonical::sha256;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde_json::Value;
use std::collections::BTreeSet;

use crate::keys;
use crate::web::Web;

const EVA: &str = "eva@altenrode.example";

async fn keys_of(web: &Web) -> (Vec<u8>, Vec<u8>) {
    sqlx::query_as("SELECT session_key, csrf_key FROM installation").fetch_one(&web.database.owner).await.unwrap()
}

#[tokio::test]
async fn codes_and_links_have_more_than_twenty_random_bits() {
    let (web, _) = keys::house().await;
    let codes = recovery_codes(&web.app.chance);
    let bits = |code: &String| code.chars().filter(|it| *it != '-').count() * 5;
    assert!(codes.len() == RECOVERY_CODES && codes.iter().all(|it| bits(it) == 80), "{codes:?}");
    let mut seen: BTreeSet<String> = codes.into_iter().collect();
    assert_eq!(seen.len(), RECOVERY_CODES, "none twice");
    for _ in 0..20 {
        let create_administrator::Outcome::Created(link) =
            create_administrator(&web.app, "ada@elbe.example", "Ada Anfang").await.unwrap()
        else {
            panic!("no link")
        };
        let token = link.url.rsplit('/').next().unwrap();
        assert_eq!(BASE64URL_NOPAD.decode(token.as_bytes()).unwrap().len(), 32, "{token}");
        assert!(seen.insert(token.to_owned()), "none twice");
    }
    let (_, key) = keys::key(&web, EVA, &["contracts:read"]).await;
    assert_eq!(HEXLOWER.decode(key.rsplit('_').next().unwrap().as_bytes()).unwrap().len(), 32);
}

#[tokio::test]
async fn keys_are_of_256_bits_and_each_installation_has_its_own() {
    let (one, other) = (Web::seeded("http://127.0.0.1:8080", 1).await, Web::seeded("http://127.0.0.1:8080", 2).await);
    let mut seen = BTreeSet::new();
    for web in [&one, &other] {
        let (session, form) = keys_of(web).await;
        let pair = Ed25519KeyPair::from_pkcs8(&session).unwrap();
        assert_eq!((pair.public_key().as_ref().len(), form.len()), (32, 32));
        assert!(seen.insert(pair.public_key().as_ref().to_vec()) && seen.insert(form));
    }
}

#[tokio::test]
async fn sessions_are_signed_with_the_ed25519_key_of_the_installation() {
    let web = Web::new().await;
    let town = web.member("Stadt Altenrode").await;
    web.person(EVA, Role::Buyer, town).await;
    let token = web.token(EVA).await;
    let (message, signature) = token.rsplit_once('.').unwrap();
    let header = BASE64URL_NOPAD.decode(message.split('.').next().unwrap().as_bytes()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&header).unwrap()["alg"], "EdDSA");
    let pair = Ed25519KeyPair::from_pkcs8(&keys_of(&web).await.0).unwrap();
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    let key = UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref());
    assert!(key.verify(message.as_bytes(), &signature).is_ok());
    assert!(key.verify(&message.as_bytes()[1..], &signature).is_err());
}

#[test]
fn hashes_are_sha_256_as_the_standard_says() {
    // FIPS 180-4, and RFC 6962 for the empty leaf.
    assert_eq!(HEXLOWER.encode(&sha256(b"abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(HEXLOWER.encode(&leaf_hash("")), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    assert_eq!(chain_hash(&[1; 32], &[2; 32]), sha256(&[[1_u8; 32], [2; 32]].concat()));
}
