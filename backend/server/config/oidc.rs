//! Outside providers by which people sign in (OpenID Connect), as the file of `ABRUF_OIDC` says it.
//!
//! ```toml
//! [[provider]]
//! key = "altenrode"                                  # in addresses: a-z, 0-9 and -
//! name = "Stadt Altenrode"                           # on the button
//! issuer = "https://sso.altenrode.example/realms/rathaus"
//! client_id = "abruf"
//! client_secret = "…"
//! # Only if the provider really asks for a second factor and says so in amr or acr:
//! second_factor_amr = ["mfa"]
//! # Narrow what a sign-in may act for; the assignments themselves stay those of Abruf:
//! role_claim = "groups"
//! member_claim = "town"
//! [provider.roles]
//! "abruf-einkauf" = "buyer"
//! [provider.members]
//! "altenrode" = "018f…"                              # id of the member in Abruf
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use secrecy::SecretString;
use serde::Deserialize;
use uuid::Uuid;

use super::ConfigError;

/// An outside provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderSettings {
    /// What it is called in addresses.
    pub key: String,
    /// What it is called on the button.
    pub name: String,
    /// Its address, as its tokens name it.
    pub issuer: String,
    /// What we are called there.
    pub client_id: String,
    /// Our secret there; none for a client without one.
    #[serde(default)]
    pub client_secret: Option<SecretString>,
    /// Scopes to ask for beside `openid`.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Values of `amr` that mean: a second factor was shown there, and we trust that.
    #[serde(default)]
    pub second_factor_amr: Vec<String>,
    /// The same for `acr`.
    #[serde(default)]
    pub second_factor_acr: Vec<String>,
    /// Claim that names roles.
    #[serde(default)]
    pub role_claim: Option<String>,
    /// Its values and our roles.
    #[serde(default)]
    pub roles: BTreeMap<String, String>,
    /// Claim that names members.
    #[serde(default)]
    pub member_claim: Option<String>,
    /// Its values and our members.
    #[serde(default)]
    pub members: BTreeMap<String, Uuid>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    provider: Vec<ProviderSettings>,
}

/// Reads the file. Its content is never repeated: it holds secrets.
pub(super) fn read(path: &Path) -> Result<Vec<ProviderSettings>, ConfigError> {
    let shown = path.display();
    let wrong = |what: String| ConfigError::Providers(format!("{shown}: {what}"));
    let kept = fs::metadata(path).map_err(|error| wrong(format!("ist nicht lesbar ({error})")))?;
    if kept.permissions().mode() & 0o007 != 0 {
        return Err(wrong("andere Benutzer des Rechners dürfen sie lesen. Bitte: chmod 600".to_owned()));
    }
    let text = fs::read_to_string(path).map_err(|error| wrong(format!("ist nicht lesbar ({error})")))?;
    let file: File = toml::from_str(&text).map_err(|error| wrong(format!("ist nicht lesbar: {}", error.message())))?;
    for (index, it) in file.provider.iter().enumerate() {
        let named = |what: &str| wrong(format!("[[provider]] Nr. {}: {what}", index + 1));
        let key = !it.key.is_empty()
            && it.key.len() <= 40
            && it.key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !key {
            return Err(named("key besteht aus 1 bis 40 Zeichen a-z, 0-9 und -."));
        }
        if file.provider.iter().take(index).any(|other| other.key == it.key || other.issuer == it.issuer) {
            return Err(named("key oder issuer steht zweimal da."));
        }
        if !is_safe(&it.issuer) {
            return Err(named("issuer ist eine Adresse mit https://; http:// ist nur auf diesem Rechner erlaubt."));
        }
        if it.role_claim.is_some() == it.roles.is_empty() || it.member_claim.is_some() == it.members.is_empty() {
            return Err(named(
                "role_claim und [provider.roles] gehören zusammen, ebenso member_claim und [provider.members].",
            ));
        }
    }
    Ok(file.provider)
}

/// HTTPS, or this machine.
fn is_safe(issuer: &str) -> bool {
    let of_this_machine = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
    issuer.starts_with("https://") || of_this_machine.iter().any(|begins| issuer.starts_with(begins))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, mode: u32) -> Result<Vec<ProviderSettings>, ConfigError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
        read(file.path())
    }

    const GOOD: &str = "[[provider]]\nkey = \"a\"\nname = \"A\"\nissuer = \"https://a.example\"\nclient_id = \"abruf\"\nclient_secret = \"streng-geheim\"\n";

    #[test]
    fn a_provider_is_read_and_its_secret_does_not_print() {
        let read = of(GOOD, 0o600).unwrap();
        assert_eq!(read[0].key, "a");
        assert!(!format!("{read:?}").contains("streng-geheim"));
    }

    #[test]
    fn what_is_wrong_is_said_without_repeating_the_file() {
        for (text, mode, told) in [
            (GOOD.to_owned(), 0o644, "chmod 600"),
            (GOOD.replace("https://", "http://"), 0o600, "issuer"),
            (GOOD.replace("\"a\"", "\"A b\""), 0o600, "key besteht"),
            (GOOD.repeat(2), 0o600, "zweimal"),
            (format!("{GOOD}role_claim = \"groups\"\n"), 0o600, "role_claim"),
            (format!("{GOOD}colour = \"red\"\n"), 0o600, "unknown field"),
        ] {
            let error = of(&text, mode).unwrap_err().to_string();
            assert!(error.contains(told) && !error.contains("streng-geheim"), "{error}");
        }
    }
}
