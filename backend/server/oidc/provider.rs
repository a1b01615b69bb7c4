//! One provider: where its sign-in page is, what its tokens say, and which of them are believed.
//!
//! A token is believed when it is signed with one of the provider's present keys by an algorithm with a private key,
//! names this provider, us alone and the nonce of this very sign-in, and has not expired. `alg: none` and signatures
//! by a shared secret are never taken, whatever the provider's description allows.

#![expect(clippy::disallowed_types, reason = "serde writes out every kind of number for what is flattened")]

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreResponseType, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthenticationFlow, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdToken, IdTokenClaims, IdTokenFields,
    IdTokenVerifier, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, ProviderMetadataWithLogout, RedirectUrl,
    RequestTokenError, Scope, StandardErrorResponse, StandardTokenResponse, TokenResponse as _,
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::OidcError;
use super::http::Http;
use crate::actor::Role;
use crate::config::ProviderSettings;

/// What is known of a provider is asked for anew after so long.
const KNOWN_FOR: TimeDelta = TimeDelta::hours(1);
/// A token under an unknown key has the keys fetched anew, but not more often than this.
const KEYS_AT_MOST_EVERY: TimeDelta = TimeDelta::seconds(60);
/// A token was issued just now; clocks may differ by this much.
const SKEW: TimeDelta = TimeDelta::seconds(60);
/// Older tokens do not belong to a sign-in under way.
const OLDEST: TimeDelta = TimeDelta::minutes(10);
/// The event of a logout token (OpenID Connect Back-Channel Logout 1.0).
const LOGOUT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// Signatures that only the holder of a private key can make.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What a token says beside the standard claims.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Claims {
    #[serde(flatten)]
    all: Map<String, Value>,
}

impl AdditionalClaims for Claims {}

type OurIdToken = IdToken<Claims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type OurClaims = IdTokenClaims<Claims, CoreGenderClaim>;
type Fields = IdTokenFields<
    Claims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type OurClient = Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What one sign-in is made of; all of it random.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Our address that the provider answers to.
    pub answer_to: &'a str,
    /// Comes back with the answer.
    pub state: &'a str,
    /// Comes back in the token.
    pub nonce: &'a str,
    /// PKCE: only who knows it can turn the code into a token.
    pub verifier: &'a str,
}

/// What is believed of a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Believed {
    /// Who one is there.
    pub subject: String,
    /// The session there.
    pub session: Option<String>,
    /// A second factor was shown there, and the settings trust it in that.
    pub second_factor: bool,
    /// The roles it may be acted in; none: whatever the person has.
    pub roles: Option<Vec<Role>>,
    /// The members it may be acted for; none: whatever the person has.
    pub members: Option<Vec<Uuid>>,
}

/// What a provider says has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedOut {
    /// Who.
    pub subject: String,
    /// Which session of theirs; none: all.
    pub session: Option<String>,
    /// When it was said; sessions begun later are not meant.
    pub at: DateTime<Utc>,
}

struct Known {
    metadata: ProviderMetadataWithLogout,
    fetched_at: DateTime<Utc>,
}

/// An outside provider.
pub struct Provider {
    settings: ProviderSettings,
    issuer: IssuerUrl,
    roles: BTreeMap<String, Role>,
    http: Http,
    known: Mutex<Option<Known>>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Provider {
    pub(super) fn new(settings: &ProviderSettings) -> Result<Self, OidcError> {
        let wrong = |what: String| OidcError::Settings(format!("ABRUF_OIDC, Anbieter {}: {what}", settings.key));
        let mut roles = BTreeMap::new();
        for (value, role) in &settings.roles {
            let known = Role::ALL.map(Role::key).join(", ");
            let role =
                Role::from_key(role).ok_or_else(|| wrong(format!("{role} ist keine Rolle. Möglich sind: {known}.")))?;
            roles.insert(value.clone(), role);
        }
        Ok(Self {
            issuer: IssuerUrl::new(settings.issuer.clone()).map_err(|error| wrong(format!("issuer: {error}")))?,
            roles,
            http: Http::new(settings.issuer.starts_with("https://")).map_err(|error| wrong(error.to_string()))?,
            known: Mutex::new(None),
            settings: settings.clone(),
        })
    }

    /// What it is called in addresses.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.settings.key
    }

    /// What it is called on buttons.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// What its tokens call it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// The address of its sign-in page for one sign-in.
    ///
    /// # Errors
    /// If it cannot be reached.
    pub async fn sign_in_page(&self, asked: Asked<'_>, now: DateTime<Utc>) -> Result<String, OidcError> {
        let client = self.client(self.known(now, KNOWN_FOR).await?);
        let to =
            RedirectUrl::new(asked.answer_to.to_owned()).map_err(|error| OidcError::Settings(error.to_string()))?;
        let client = client.set_redirect_uri(to);
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(asked.verifier.to_owned()));
        let (state, nonce) = (CsrfToken::new(asked.state.to_owned()), Nonce::new(asked.nonce.to_owned()));
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let (url, ..) = client
            .authorize_url(flow, move || state, move || nonce)
            .add_scopes(self.settings.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge)
            .url();
        Ok(url.to_string())
    }

    /// Turns the code of an answer into what is believed.
    ///
    /// # Errors
    /// If the provider does not answer, refuses the code, or is not believed.
    pub async fn believe(&self, asked: Asked<'_>, code: &str, now: DateTime<Utc>) -> Result<Believed, OidcError> {
        let client = self.client(self.known(now, KNOWN_FOR).await?);
        let to =
            RedirectUrl::new(asked.answer_to.to_owned()).map_err(|error| OidcError::Settings(error.to_string()))?;
        let client = client.set_redirect_uri(to);
        let answer = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| OidcError::Unreachable(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(asked.verifier.to_owned()))
            .request_async(&self.http)
            .await
            .map_err(|error| match error {
                // Not the provider's own words: they may repeat the code.
                RequestTokenError::ServerResponse(refusal) => OidcError::Refused(refusal.error().to_string()),
                RequestTokenError::Request(error) => OidcError::Unreachable(error.to_string()),
                other => OidcError::NotBelieved(other.to_string()),
            })?;
        let token = answer.id_token().ok_or_else(|| OidcError::NotBelieved("no id_token".to_owned()))?;
        let nonce = Nonce::new(asked.nonce.to_owned());
        let claims = self.checked(token, now, || &nonce).await?;
        if claims.authorized_party().is_some_and(|party| party.as_str() != self.settings.client_id) {
            return Err(OidcError::NotBelieved("issued to another client".to_owned()));
        }
        if claims.additional_claims().all.contains_key("events") {
            return Err(OidcError::NotBelieved("no token of a sign-in".to_owned()));
        }
        Ok(Believed {
            subject: claims.subject().to_string(),
            session: text(&claims.additional_claims().all, "sid"),
            second_factor: self.shows_second_factor(&claims),
            roles: self.settings.role_claim.as_deref().map(|name| {
                let said = values(&claims.additional_claims().all, name);
                said.iter().filter_map(|value| self.roles.get(value).copied()).collect()
            }),
            members: self.settings.member_claim.as_deref().map(|name| {
                let said = values(&claims.additional_claims().all, name);
                said.iter().filter_map(|value| self.settings.members.get(value).copied()).collect()
            }),
        })
    }

    /// What a logout token of the provider ends.
    ///
    /// # Errors
    /// If it is not believed.
    pub async fn logged_out(&self, token: &str, now: DateTime<Utc>) -> Result<LoggedOut, OidcError> {
        let unreadable = |error: serde_json::Error| OidcError::NotBelieved(error.to_string());
        let token: OurIdToken = serde_json::from_value(Value::from(token)).map_err(unreadable)?;
        let without = || |nonce: Option<&Nonce>| if nonce.is_none() { Ok(()) } else { Err("has a nonce".to_owned()) };
        let claims = self.checked(&token, now, without).await?;
        let all = &claims.additional_claims().all;
        if !all.get("events").is_some_and(|events| events.get(LOGOUT).is_some_and(Value::is_object)) {
            return Err(OidcError::NotBelieved("no logout token".to_owned()));
        }
        let (subject, session) = (claims.subject().to_string(), text(all, "sid"));
        Ok(LoggedOut { subject, session, at: claims.issue_time() })
    }

    /// Where the person can sign out at the provider too, if it has such a page and has been asked before.
    pub async fn sign_out_page(&self, back_to: &str) -> Option<String> {
        let known = self.known.lock().await;
        let page = known.as_ref()?.metadata.additional_metadata().end_session_endpoint.as_ref()?;
        let mut url = page.url().clone();
        url.query_pairs_mut()
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("post_logout_redirect_uri", back_to);
        Some(url.to_string())
    }

    /// The claims of a token, if it is believed. Under an unknown key the keys are fetched anew and it is looked at once
    /// more: providers change their keys.
    async fn checked<N: openidconnect::NonceVerifier>(
        &self,
        token: &OurIdToken,
        now: DateTime<Utc>,
        nonce: impl Fn() -> N,
    ) -> Result<OurClaims, OidcError> {
        let first = self.verifier(self.known(now, KNOWN_FOR).await?, now);
        let Err(error) = token.claims(&first, nonce()) else {
            return token.claims(&first, nonce()).cloned().map_err(|error| OidcError::NotBelieved(error.to_string()));
        };
        if !matches!(error, openidconnect::ClaimsVerificationError::SignatureVerification(_)) {
            return Err(OidcError::NotBelieved(error.to_string()));
        }
        let again = self.verifier(self.known(now, KEYS_AT_MOST_EVERY).await?, now);
        token.claims(&again, nonce()).cloned().map_err(|error| OidcError::NotBelieved(error.to_string()))
    }

    fn verifier(
        &self,
        metadata: ProviderMetadataWithLogout,
        now: DateTime<Utc>,
    ) -> IdTokenVerifier<'static, CoreJsonWebKey> {
        let id = ClientId::new(self.settings.client_id.clone());
        // As of a client without a secret: no signature by a shared secret can be right.
        IdTokenVerifier::new_public_client(id, self.issuer.clone(), metadata.jwks().clone())
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || now)
            .set_issue_time_verifier_fn(move |at| {
                if now + SKEW < at || at < now - OLDEST { Err("not issued just now".to_owned()) } else { Ok(()) }
            })
    }

    fn client(&self, metadata: ProviderMetadataWithLogout) -> OurClient {
        let secret = self.settings.client_secret.as_ref().map(|it| ClientSecret::new(it.expose_secret().to_owned()));
        Client::from_provider_metadata(metadata, ClientId::new(self.settings.client_id.clone()), secret)
    }

    /// Its description and keys, at most this old. A provider that does not answer is known as it was.
    async fn known(&self, now: DateTime<Utc>, at_most: TimeDelta) -> Result<ProviderMetadataWithLogout, OidcError> {
        let mut known = self.known.lock().await;
        if let Some(it) = known.as_ref().filter(|it| now - it.fetched_at < at_most) {
            return Ok(it.metadata.clone());
        }
        match ProviderMetadataWithLogout::discover_async(self.issuer.clone(), &self.http).await {
            Ok(metadata) => {
                *known = Some(Known { metadata: metadata.clone(), fetched_at: now });
                Ok(metadata)
            }
            Err(error) => {
                tracing::warn!(provider = self.key(), %error, "a provider could not be asked for its description");
                let before = known.as_ref().map(|it| it.metadata.clone());
                before.ok_or_else(|| OidcError::Unreachable(error.to_string()))
            }
        }
    }

    fn shows_second_factor(&self, claims: &OurClaims) -> bool {
        let by_method = claims.auth_method_refs().into_iter().flatten();
        let by_method =
            by_method.map(|it| it.as_str()).any(|it| self.settings.second_factor_amr.iter().any(|ours| ours == it));
        let by_class = claims
            .auth_context_ref()
            .is_some_and(|it| self.settings.second_factor_acr.iter().any(|ours| *ours == **it));
        by_method || by_class
    }
}

/// A claim that is a text of sensible length.
fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    claims.get(name)?.as_str().filter(|it| !it.is_empty() && it.len() <= 255).map(str::to_owned)
}

/// A claim that is a text or a list of texts.
fn values(claims: &Map<String, Value>, name: &str) -> Vec<String> {
    match claims.get(name) {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
