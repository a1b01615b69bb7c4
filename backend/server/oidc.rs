//! Outside providers by which people sign in (OpenID Connect): code flow with PKCE, discovery, keys that change.
//!
//! What a provider says is believed only as far as `provider.rs` has checked it; whose account it opens and what that
//! account may do is decided elsewhere (`actions/sign_in_outside.rs`).

mod http;
mod provider;

use std::sync::Arc;

use thiserror::Error;

pub use provider::{Asked, Believed, LoggedOut, Provider};

use crate::config::ProviderSettings;

/// Why a provider could not be asked, or is not believed. Holds no token and no secret.
#[derive(Debug, Error)]
pub enum OidcError {
    /// Its description or its keys could not be fetched, or its answer did not come.
    #[error("the provider does not answer: {0}")]
    Unreachable(String),
    /// It did not take the code.
    #[error("the provider refused the code: {0}")]
    Refused(String),
    /// What it sent is not believed.
    #[error("the provider's token is not believed: {0}")]
    NotBelieved(String),
    /// The settings do not fit.
    #[error("{0}")]
    Settings(String),
}

/// The providers of this installation, in the order of the settings.
#[derive(Debug, Clone, Default)]
pub struct Providers(Arc<[Provider]>);

impl Providers {
    /// From the settings.
    ///
    /// # Errors
    /// If a role is none of ours or an address is none.
    pub fn new(settings: &[ProviderSettings]) -> Result<Self, OidcError> {
        let list: Result<Vec<Provider>, OidcError> = settings.iter().map(Provider::new).collect();
        Ok(Self(list?.into()))
    }

    /// The provider that addresses call so.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<&Provider> {
        self.0.iter().find(|it| it.key() == key)
    }

    /// The provider with this issuer.
    #[must_use]
    pub fn of_issuer(&self, issuer: &str) -> Option<&Provider> {
        self.0.iter().find(|it| it.issuer() == issuer)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.0.iter()
    }

    /// Keys and names, for buttons.
    #[must_use]
    pub fn buttons(&self) -> Vec<(String, String)> {
        self.iter().map(|it| (it.key().to_owned(), it.name().to_owned())).collect()
    }
}
