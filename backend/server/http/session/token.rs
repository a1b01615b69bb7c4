//! The signed session token: a JWT with EdDSA, ten minutes long.
//!
//! Nothing in a token says how to check it: the header must be exactly ours, so `alg: none`, another
//! algorithm, a key id or an embedded key are refused before any signature is computed. Every claim
//! is required. Whether the session still lives is asked of the database each time.

use abruf_domain::ids::PersonId;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// How long a token is good for.
pub const LASTS: TimeDelta = TimeDelta::minutes(10);

const AUDIENCE: &str = "abruf-session";
/// Longer than any of ours.
const MAX_LENGTH: usize = 2048;

/// The key of this installation does not work.
#[derive(Debug, Error)]
#[error("the stored session key is no Ed25519 key")]
pub struct KeyUnusable;

/// Signs and checks tokens of one installation.
#[derive(Clone)]
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    issuer: String,
    validation: Validation,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer: the address of this installation.
    pub iss: String,
    /// Audience.
    pub aud: String,
    /// The person.
    pub sub: PersonId,
    /// The session.
    pub sid: Uuid,
    /// Issued at.
    pub iat: i64,
    /// Not before.
    pub nbf: i64,
    /// Expires at.
    pub exp: i64,
}

impl Claims {
    /// Whether the token is over.
    #[must_use]
    pub const fn expired(&self, now: DateTime<Utc>) -> bool {
        self.exp <= now.timestamp()
    }

    /// Whether half of its time is over, so that a new one is due.
    #[must_use]
    pub const fn due(&self, now: DateTime<Utc>) -> bool {
        self.iat.saturating_add(LASTS.num_seconds() / 2) <= now.timestamp()
    }
}

/// The only header that is accepted: no other field may be there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OurHeader {
    alg: String,
    typ: String,
}

impl Tokens {
    /// From the stored private key (PKCS#8).
    ///
    /// # Errors
    /// If it is no Ed25519 key.
    pub fn new(pkcs8: &[u8], issuer: &str) -> Result<Self, KeyUnusable> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| KeyUnusable)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        // Against our own clock, below: the library asks the system's.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Ok(Self {
            encoding: EncodingKey::from_ed_der(pkcs8),
            decoding: DecodingKey::from_ed_der(pair.public_key().as_ref()),
            issuer: issuer.to_owned(),
            validation,
        })
    }

    /// A new private key (PKCS#8) from random bytes.
    ///
    /// # Errors
    /// If the library refuses the seed.
    pub fn new_key(seed: &[u8; 32]) -> Result<Vec<u8>, KeyUnusable> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyUnusable)?;
        Ok(pair.to_pkcs8().map_err(|_| KeyUnusable)?.as_ref().to_vec())
    }

    /// Signs a token for a session, and says when it ends.
    ///
    /// # Errors
    /// If signing fails.
    pub fn sign(
        &self,
        person: PersonId,
        session: Uuid,
        now: DateTime<Utc>,
    ) -> Result<(String, DateTime<Utc>), jsonwebtoken::errors::Error> {
        let expires_at = now + LASTS;
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: person,
            sid: session,
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: expires_at.timestamp(),
        };
        Ok((jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &self.encoding)?, expires_at))
    }

    /// The claims of a token of ours, over or not; `None` for anything else. The one place that believes a token.
    #[must_use]
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Option<Claims> {
        if MAX_LENGTH < token.len() {
            return None;
        }
        let header = BASE64URL_NOPAD.decode(token.split('.').next()?.as_bytes()).ok()?;
        let header: OurHeader = serde_json::from_slice(&header).ok()?;
        if header.alg != "EdDSA" || header.typ != "JWT" {
            return None;
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation).ok()?.claims;
        // No leeway: the clocks of two nodes are kept together by the operator, see `abruf doctor`.
        let begun = claims.nbf <= now.timestamp() && claims.iat == claims.nbf;
        let ours = claims.exp.checked_sub(claims.iat) == Some(LASTS.num_seconds());
        (begun && ours).then_some(claims)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://abruf.example";

    fn now() -> DateTime<Utc> {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    fn key() -> Vec<u8> {
        Tokens::new_key(&[7; 32]).unwrap()
    }

    fn tokens() -> Tokens {
        Tokens::new(&key(), ISSUER).unwrap()
    }

    fn good() -> String {
        tokens().sign(PersonId(Uuid::from_u128(1)), Uuid::from_u128(2), now()).unwrap().0
    }

    fn good_claims() -> Value {
        let mut claims = BASE64URL_NOPAD.decode(good().split('.').nth(1).unwrap().as_bytes()).unwrap();
        serde_json::from_slice(&std::mem::take(&mut claims)).unwrap()
    }

    /// Signs whatever it is told with the right key, as only an insider could.
    fn signed(header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature = Ed25519KeyPair::from_pkcs8(&key()).unwrap().sign(message.as_bytes());
        format!("{message}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
    }

    fn refused(token: &str) {
        assert_eq!(tokens().verify(token, now()), None, "accepted {token}");
    }

    #[test]
    fn a_token_of_ours_is_read_back() {
        let claims = tokens().verify(&good(), now()).unwrap();
        assert_eq!((claims.sub.0, claims.sid), (Uuid::from_u128(1), Uuid::from_u128(2)));
        assert!(tokens().verify(&signed(&json!({"alg": "EdDSA", "typ": "JWT"}), &good_claims()), now()).is_some());
    }

    #[test]
    fn it_is_due_after_five_minutes_and_over_after_ten() {
        let claims = tokens().verify(&good(), now()).unwrap();
        let at = |seconds| now() + TimeDelta::seconds(seconds);
        assert!(!claims.due(at(299)) && claims.due(at(300)));
        assert!(!claims.expired(at(599)) && claims.expired(at(600)));
    }

    #[test]
    fn no_algorithm_is_refused() {
        for alg in ["none", "None", "NONE", "nOnE", ""] {
            let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
            let unsigned = format!("{}.{}.", encode(&json!({"alg": alg, "typ": "JWT"})), encode(&good_claims()));
            refused(&unsigned);
            refused(&signed(&json!({"alg": alg, "typ": "JWT"}), &good_claims()));
        }
    }

    #[test]
    fn the_public_key_as_a_shared_secret_is_refused() {
        let pair = Ed25519KeyPair::from_pkcs8(&key()).unwrap();
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let secret = EncodingKey::from_secret(pair.public_key().as_ref());
            refused(&jsonwebtoken::encode(&Header::new(algorithm), &good_claims(), &secret).unwrap());
        }
    }

    #[test]
    fn a_header_that_brings_or_names_a_key_is_refused() {
        for (field, value) in [
            ("kid", json!("../../etc/passwd")),
            ("jku", json!("https://evil.example/keys")),
            ("jwk", json!({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"})),
            ("x5u", json!("https://evil.example")),
            ("x5c", json!(["MIIB"])),
            ("crit", json!(["exp"])),
            ("cty", json!("JWT")),
            ("zip", json!("DEF")),
        ] {
            let mut header = json!({"alg": "EdDSA", "typ": "JWT"});
            header[field] = value;
            refused(&signed(&header, &good_claims()));
        }
        refused(&signed(&json!({"alg": "EdDSA"}), &good_claims()));
        refused(&signed(&json!({"alg": "EdDSA", "typ": "at+jwt"}), &good_claims()));
        refused(&signed(&json!({"alg": "eddsa", "typ": "JWT"}), &good_claims()));
    }

    #[test]
    fn every_claim_is_required_and_of_its_type() {
        let header = json!({"alg": "EdDSA", "typ": "JWT"});
        for claim in ["iss", "aud", "sub", "sid", "iat", "nbf", "exp"] {
            let mut without = good_claims();
            without.as_object_mut().unwrap().remove(claim);
            refused(&signed(&header, &without));
            for other in [json!(null), json!([]), json!({}), json!(true), json!("x"), json!(-1)] {
                let mut claims = good_claims();
                claims[claim] = other;
                refused(&signed(&header, &claims));
            }
        }
    }

    #[test]
    fn another_issuer_audience_or_time_is_refused() {
        let header = json!({"alg": "EdDSA", "typ": "JWT"});
        let with = |claim: &str, value: Value| {
            let mut claims = good_claims();
            claims[claim] = value;
            signed(&header, &claims)
        };
        refused(&with("iss", json!("https://evil.example")));
        refused(&with("aud", json!("abruf")));
        refused(&with("aud", json!(["abruf-session", "other"])));
        refused(&with("nbf", json!(now().timestamp() + 1)));
        refused(&with("nbf", json!(now().timestamp() - 1)));
        refused(&with("exp", json!(now().timestamp() + 601)));
        refused(&with("exp", json!(i64::MAX)));
    }

    #[test]
    fn a_changed_or_foreign_token_is_refused() {
        let good = good();
        for index in 0..good.len() {
            let mut bytes = good.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            refused(&String::from_utf8(bytes).unwrap());
        }
        let other = Tokens::new(&Tokens::new_key(&[8; 32]).unwrap(), ISSUER).unwrap();
        refused(&other.sign(PersonId(Uuid::from_u128(1)), Uuid::from_u128(2), now()).unwrap().0);
        refused("");
        refused("..");
        refused(good.rsplit_once('.').unwrap().0);
        refused(&format!("{good}."));
        refused(&format!("{good}.{good}"));
        refused(&"A".repeat(1_000_000));
    }
}
