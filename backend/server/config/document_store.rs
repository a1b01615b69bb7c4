//! Where the bytes of documents lie, as `ABRUF_DOCUMENT_STORE` says it.

use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;

use super::ConfigError;

/// Where the bytes of documents lie.
#[derive(Debug, Clone)]
pub enum DocumentStoreSettings {
    /// In the database.
    Database,
    /// In a folder, by its absolute path.
    Folder(PathBuf),
    /// With an S3-compatible service.
    S3(S3Settings),
}

/// A place with an S3-compatible service, and how to get in.
#[derive(Debug, Clone)]
pub struct S3Settings {
    /// The bucket.
    pub bucket: String,
    /// What stands before every key, without slashes at its ends; may be empty.
    pub prefix: String,
    /// Address of the service; `None`: that of AWS for the region.
    pub endpoint: Option<String>,
    /// Region, `us-east-1` where the service has none.
    pub region: String,
    /// Name of the key.
    pub key_id: String,
    /// The key.
    pub secret: SecretString,
    /// Goes with keys that end.
    pub session_token: Option<SecretString>,
}

/// How to get in at an S3-compatible service, from the variables other programs use too.
#[derive(Debug, Clone, Default)]
pub struct S3Access {
    /// `AWS_ENDPOINT_URL`.
    pub endpoint: Option<String>,
    /// `AWS_REGION` or `AWS_DEFAULT_REGION`.
    pub region: Option<String>,
    /// `AWS_ACCESS_KEY_ID`.
    pub key_id: Option<String>,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret: Option<SecretString>,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: Option<SecretString>,
}

impl S3Access {
    /// Reads the variables.
    pub(super) fn of<'a>(set: &impl Fn(&str) -> Option<&'a str>) -> Self {
        let text = |name: &str| set(name).map(ToOwned::to_owned);
        let secret = |name: &str| set(name).map(SecretString::from);
        Self {
            endpoint: text("AWS_ENDPOINT_URL").map(|url| url.trim_end_matches('/').to_owned()),
            region: text("AWS_REGION").or_else(|| text("AWS_DEFAULT_REGION")),
            key_id: text("AWS_ACCESS_KEY_ID"),
            secret: secret("AWS_SECRET_ACCESS_KEY"),
            session_token: secret("AWS_SESSION_TOKEN"),
        }
    }
}

impl DocumentStoreSettings {
    /// Reads `postgres`, `file:///folder` or `s3://bucket/prefix`.
    ///
    /// # Errors
    /// If it is none of these, or if there is no key for S3. What was given may hold a secret and is not repeated.
    pub fn read(text: &str, access: &S3Access) -> Result<Self, ConfigError> {
        if text == "postgres" {
            return Ok(Self::Database);
        }
        if let Some(path) = text.strip_prefix("file://") {
            let path = PathBuf::from(path);
            let plain = path.is_absolute() && path.parent().is_some();
            return if plain { Ok(Self::Folder(path)) } else { Err(ConfigError::DocumentStoreUnreadable) };
        }
        let place = text.strip_prefix("s3://").ok_or(ConfigError::DocumentStoreUnreadable)?;
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let prefix = prefix.trim_end_matches('/');
        let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        let part = |part: &str| !part.is_empty() && !matches!(part, "." | "..") && part.chars().all(plain);
        if !(3..=63).contains(&bucket.len()) || !part(bucket) || !(prefix.is_empty() || prefix.split('/').all(part)) {
            return Err(ConfigError::DocumentStoreUnreadable);
        }
        let (Some(key_id), Some(secret)) = (access.key_id.clone(), access.secret.clone()) else {
            return Err(ConfigError::DocumentStoreKeyMissing);
        };
        if access.endpoint.as_deref().is_some_and(|url| !is_safe(url)) {
            return Err(ConfigError::DocumentStoreUnsafe);
        }
        Ok(Self::S3(S3Settings {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: access.endpoint.clone(),
            region: access.region.clone().unwrap_or_else(|| "us-east-1".to_owned()),
            key_id,
            secret,
            session_token: access.session_token.clone(),
        }))
    }
}

/// HTTPS, or this machine: documents hold names and amounts.
fn is_safe(url: &str) -> bool {
    let Some(host) = url.strip_prefix("http://") else { return url.starts_with("https://") };
    let host = host.split('/').next().unwrap_or_default();
    let name = host
        .strip_prefix('[')
        .and_then(|host| host.split(']').next())
        .unwrap_or_else(|| host.rsplit_once(':').map_or(host, |(name, _)| name));
    matches!(name, "127.0.0.1" | "::1" | "localhost")
}

/// As in the settings, without the keys.
impl fmt::Display for DocumentStoreSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database => f.write_str("postgres"),
            Self::Folder(path) => write!(f, "file://{}", path.display()),
            Self::S3(s3) if s3.prefix.is_empty() => write!(f, "s3://{}", s3.bucket),
            Self::S3(s3) => write!(f, "s3://{}/{}", s3.bucket, s3.prefix),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access() -> S3Access {
        S3Access { key_id: Some("abruf".to_owned()), secret: Some("geheim".into()), ..S3Access::default() }
    }

    #[test]
    fn the_three_kinds_of_stores_are_read_and_told_again() {
        for text in ["postgres", "file:///srv/abruf/dokumente", "s3://dokumente", "s3://dokumente/abruf/2026"] {
            let store = DocumentStoreSettings::read(text, &access()).expect("a store");
            assert_eq!(store.to_string(), text);
            assert!(!format!("{store:?}").contains("geheim"));
        }
    }

    #[test]
    fn what_is_no_store_is_refused_without_repeating_it() {
        for text in
            ["", "s3", "file://relativ", "file:///", "s3://", "s3://x:geheim@bucket/y", "s3://ab/../c", "s3://abc//d"]
        {
            let refused = DocumentStoreSettings::read(text, &access()).expect_err(text);
            assert_eq!(refused, ConfigError::DocumentStoreUnreadable, "{text}");
            assert!(!refused.to_string().contains("geheim"));
        }
    }

    #[test]
    fn s3_needs_a_key_and_a_safe_way() {
        let none = S3Access { secret: None, ..access() };
        let refused = DocumentStoreSettings::read("s3://dokumente", &none).expect_err("no key");
        assert_eq!(refused, ConfigError::DocumentStoreKeyMissing);
        for (endpoint, safe) in [
            ("https://s3.example", true),
            ("http://127.0.0.1:9000", true),
            ("http://[::1]:9000", true),
            ("http://localhost", true),
            ("http://s3.example", false),
            ("http://127.0.0.1.example:9000", false),
            ("ftp://127.0.0.1", false),
        ] {
            let way = S3Access { endpoint: Some(endpoint.to_owned()), ..access() };
            assert_eq!(DocumentStoreSettings::read("s3://dokumente", &way).is_ok(), safe, "{endpoint}");
        }
    }
}
