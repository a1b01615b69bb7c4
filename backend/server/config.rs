//! Settings, read once at start: the only file that looks at the environment.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `ABRUF_LISTEN` | address to serve on | `127.0.0.1:8080` |
//! | `ABRUF_DATA_DIR` | data directory of the private PostgreSQL | root: `/var/lib/abruf`, else `$XDG_DATA_HOME/abruf` |
//! | `ABRUF_PG_BIN` | folder with `postgres` and `initdb` | searched |
//! | `DATABASE_URL` | external PostgreSQL, application role | private PostgreSQL |
//! | `DATABASE_OWNER_URL` | external PostgreSQL, owner role (migrations, backup) | required with `DATABASE_URL` |
//! | `ABRUF_BASE_URL` | address users see, e.g. `https://abruf.example` | `http://` and the listen address |
//! | `ABRUF_TRUSTED_PROXY` | address of the proxy whose `X-Forwarded-For` counts | none |
//! | `ABRUF_API_PER_MINUTE` | requests to the programming interface per person and minute, 1 to 1000000 | `1200` |
//! | `ABRUF_OIDC` | file (TOML, readable for nobody else) that lists outside providers to sign in by | none |
//! | `ABRUF_SMTP_URL` | mail server that sends orders, e.g. `smtps://name:password@mail.example` or `smtp://127.0.0.1:2525` | none: nothing is sent |
//! | `ABRUF_MAIL_FROM` | sender of those mails, e.g. `Abruf <abruf@kommunal-it.example>` | required with `ABRUF_SMTP_URL` |
//! | `ABRUF_DOCUMENT_STORE` | where the files of documents lie: `postgres`, `file:///srv/abruf/documents`, `s3://bucket/prefix` | `postgres` |
//! | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` | key for `s3://` | required with it |
//! | `AWS_SESSION_TOKEN`, `AWS_REGION`, `AWS_ENDPOINT_URL` | for `s3://`: what goes with a key that ends; region; address of a service that is not AWS | none, `us-east-1`, AWS |
//! | `ABRUF_DEMO_NOW` | moves the clock, demo only, e.g. `2027-02-28T23:00:00Z` | none |
//! | `ABRUF_LOG` | log filter, e.g. `info,abruf=debug` | `info`, without notices of PostgreSQL |
//! | `ABRUF_LOG_FORMAT` | `text`, or `json`: one object per line, for a collector | `text` |

mod document_store;
mod oidc;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use thiserror::Error;

pub use document_store::{DocumentStoreSettings, S3Access, S3Settings};
pub use oidc::ProviderSettings;

/// Twenty a second: more than any program of a town hall needs, less than would slow the others down.
const API_PER_MINUTE: NonZeroU32 = NonZeroU32::new(1200).expect("1200 is not 0");
/// More is no limit.
const MOST_API_PER_MINUTE: NonZeroU32 = NonZeroU32::new(1_000_000).expect("a million is not 0");

/// Every variable of ours that is read; any other `ABRUF_…` is a typing error and refused.
const KNOWN: &[&str] = &[
    "ABRUF_LISTEN",
    "ABRUF_DATA_DIR",
    "ABRUF_PG_BIN",
    "ABRUF_BASE_URL",
    "ABRUF_TRUSTED_PROXY",
    "ABRUF_API_PER_MINUTE",
    "ABRUF_OIDC",
    "ABRUF_SMTP_URL",
    "ABRUF_MAIL_FROM",
    "ABRUF_DOCUMENT_STORE",
    "ABRUF_DEMO_NOW",
    "ABRUF_LOG",
    "ABRUF_LOG_FORMAT",
    "ABRUF_CASES",
    "ABRUF_TURNOVER",
    "ABRUF_TURNOVER_MAP",
    "ABRUF_DEV_DB",
    "ABRUF_PG_SEARCH",
    "ABRUF_TEST_SECONDS",
    "ABRUF_TEST_SEED",
];

/// Why the settings cannot be used. German: an operator reads it.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ConfigError {
    /// An `ABRUF_…` variable that does not exist.
    #[error("{0} ist keine Einstellung von Abruf. Bekannt sind: {known}.", known = KNOWN.join(", "))]
    Unknown(String),
    /// A value that does not parse.
    #[error("{name}={value} ist nicht lesbar. Erwartet wird {expected}.")]
    Unreadable {
        /// Variable.
        name: &'static str,
        /// Value given.
        value: String,
        /// What would be right.
        expected: &'static str,
    },
    /// `DATABASE_URL` without its owner.
    #[error(
        "DATABASE_URL ist gesetzt, DATABASE_OWNER_URL nicht. Setzen Sie beide: die Anwendungsrolle und die Rolle, der die Tabellen gehören."
    )]
    OwnerUrlMissing,
    /// A mail server without a sender, or the other way round.
    #[error("{0} ist gesetzt, {1} nicht. Für den Versand per E-Mail setzen Sie beide, sonst keine.")]
    MailIncomplete(&'static str, &'static str),
    /// The address of the mail server does not parse. It may hold a password and is not repeated.
    #[error(
        "ABRUF_SMTP_URL ist nicht lesbar. Erwartet wird smtps://name:passwort@server, smtp://name:passwort@server?tls=required oder smtp://127.0.0.1:2525."
    )]
    MailServerUnreadable,
    /// The address of the document store does not parse. It may hold a secret and is not repeated.
    #[error(
        "Der Dokumentenspeicher (ABRUF_DOCUMENT_STORE) ist nicht lesbar. Erwartet wird postgres, file:///ordner oder s3://bucket/ordner; Schlüssel gehören in AWS_ACCESS_KEY_ID und AWS_SECRET_ACCESS_KEY."
    )]
    DocumentStoreUnreadable,
    /// S3 without a key.
    #[error("Ein Dokumentenspeicher s3:// braucht AWS_ACCESS_KEY_ID und AWS_SECRET_ACCESS_KEY. Setzen Sie beide.")]
    DocumentStoreKeyMissing,
    /// S3 in the clear.
    #[error(
        "AWS_ENDPOINT_URL ist nicht sicher. Erwartet wird https://…; http:// ist nur auf diesem Rechner erlaubt, z. B. http://127.0.0.1:9000."
    )]
    DocumentStoreUnsafe,
    /// The file of outside providers; what is in it is not repeated.
    #[error("Die Datei der Anmeldedienste (ABRUF_OIDC) {0}")]
    Providers(String),
    /// Neither a data directory nor a home.
    #[error("Kein Datenverzeichnis: weder ABRUF_DATA_DIR noch XDG_DATA_HOME noch HOME ist gesetzt.")]
    NoDataDirectory,
}

/// Where the data lie.
#[derive(Debug, Clone)]
pub enum DatabaseSettings {
    /// A private PostgreSQL of the program.
    Embedded {
        /// Data directory.
        data_dir: PathBuf,
        /// Folder of the binaries, if named.
        pg_bin: Option<PathBuf>,
    },
    /// Somebody else's PostgreSQL.
    External {
        /// URL of the application role.
        app_url: SecretString,
        /// URL of the owner role.
        owner_url: SecretString,
    },
}

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people: time, level, place, words.
    Text,
    /// For programs that collect logs: one JSON object per line.
    Json,
}

/// How mail leaves the house.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// Address of the mail server, with name and password where it wants them.
    pub server: SecretString,
    /// Who sends: `Abruf <abruf@kommunal-it.example>`.
    pub from: String,
}

/// The settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Address to serve on.
    pub listen: SocketAddr,
    /// Address users see, without a slash at the end.
    pub base_url: String,
    /// Where the data lie.
    pub database: DatabaseSettings,
    /// Proxy whose forwarded client address counts.
    pub trusted_proxy: Option<IpAddr>,
    /// Requests to the programming interface per person and minute.
    pub api_per_minute: NonZeroU32,
    /// Outside providers to sign in by.
    pub providers: Vec<ProviderSettings>,
    /// How mail leaves the house; `None`: not at all.
    pub mail: Option<MailSettings>,
    /// Where the files of documents lie.
    pub document_store: DocumentStoreSettings,
    /// How to get in at an S3-compatible service.
    pub s3: S3Access,
    /// Instant to which the demo's clock is moved.
    pub demo_now: Option<DateTime<Utc>>,
    /// Log filter.
    pub log: String,
    /// How a line of the log is written.
    pub log_format: LogFormat,
    /// The system's temporary directory.
    pub temp_dir: PathBuf,
    /// Folders of `PATH`, for PostgreSQL's programs.
    pub search_path: Vec<PathBuf>,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// If a variable is unknown, unreadable or missing its partner.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn from_environment() -> Result<Self, ConfigError> {
        Self::from_variables(&std::env::vars().collect(), rustix::process::geteuid().is_root())
    }

    /// As [`Self::from_environment`], from given variables.
    ///
    /// # Errors
    /// As there.
    pub fn from_variables(variables: &BTreeMap<String, String>, root: bool) -> Result<Self, ConfigError> {
        if let Some(unknown) =
            variables.keys().find(|name| name.starts_with("ABRUF_") && !KNOWN.contains(&name.as_str()))
        {
            return Err(ConfigError::Unknown(unknown.clone()));
        }
        let set = |name: &str| variables.get(name).map(String::as_str).filter(|value| !value.is_empty());
        let listen = match set("ABRUF_LISTEN") {
            None => SocketAddr::from(([127, 0, 0, 1], 8080)),
            Some(value) => readable("ABRUF_LISTEN", value, "Adresse und Port, z. B. 127.0.0.1:8080")?,
        };
        let base_url = set("ABRUF_BASE_URL")
            .map_or_else(|| format!("http://{listen}"), |url| url.trim_end_matches('/').to_owned());
        let database = match (set("DATABASE_URL"), set("DATABASE_OWNER_URL")) {
            (None, _) => DatabaseSettings::Embedded {
                data_dir: data_dir(&set, root)?,
                pg_bin: set("ABRUF_PG_BIN").map(PathBuf::from),
            },
            (Some(_), None) => return Err(ConfigError::OwnerUrlMissing),
            (Some(app), Some(owner)) => {
                DatabaseSettings::External { app_url: app.to_owned().into(), owner_url: owner.to_owned().into() }
            }
        };
        let s3 = S3Access::of(&set);
        Ok(Self {
            listen,
            base_url,
            database,
            document_store: DocumentStoreSettings::read(set("ABRUF_DOCUMENT_STORE").unwrap_or("postgres"), &s3)?,
            s3,
            trusted_proxy: set("ABRUF_TRUSTED_PROXY")
                .map(|value| readable("ABRUF_TRUSTED_PROXY", value, "eine IP-Adresse"))
                .transpose()?,
            api_per_minute: match set("ABRUF_API_PER_MINUTE") {
                None => API_PER_MINUTE,
                Some(value) => readable::<NonZeroU32>("ABRUF_API_PER_MINUTE", value, "eine Zahl von 1 bis 1000000")?
                    .min(MOST_API_PER_MINUTE),
            },
            providers: set("ABRUF_OIDC").map_or_else(|| Ok(Vec::new()), |path| oidc::read(Path::new(path)))?,
            mail: mail(set("ABRUF_SMTP_URL"), set("ABRUF_MAIL_FROM"))?,
            demo_now: set("ABRUF_DEMO_NOW")
                .map(|value| readable("ABRUF_DEMO_NOW", value, "ein Zeitpunkt wie 2027-02-28T23:00:00Z"))
                .transpose()?,
            log_format: match set("ABRUF_LOG_FORMAT").unwrap_or("text") {
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                value => {
                    return Err(ConfigError::Unreadable {
                        name: "ABRUF_LOG_FORMAT",
                        value: value.to_owned(),
                        expected: "text oder json",
                    });
                }
            },
            log: set("ABRUF_LOG").unwrap_or("info,sqlx::postgres::notice=warn").to_owned(),
            temp_dir: set("TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from),
            search_path: std::env::split_paths(set("PATH").unwrap_or_default()).collect(),
        })
    }

    /// Data directory of the private PostgreSQL, if there is one.
    #[must_use]
    pub fn data_dir(&self) -> Option<&Path> {
        match &self.database {
            DatabaseSettings::Embedded { data_dir, .. } => Some(data_dir),
            DatabaseSettings::External { .. } => None,
        }
    }

    /// Whether users reach the program by HTTPS; cookies are Secure then.
    #[must_use]
    pub fn https(&self) -> bool {
        self.base_url.starts_with("https://")
    }
}

fn readable<T: std::str::FromStr>(name: &'static str, value: &str, expected: &'static str) -> Result<T, ConfigError> {
    value.parse().map_err(|_| ConfigError::Unreadable { name, value: value.to_owned(), expected })
}

fn mail(server: Option<&str>, from: Option<&str>) -> Result<Option<MailSettings>, ConfigError> {
    match (server, from) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(ConfigError::MailIncomplete("ABRUF_SMTP_URL", "ABRUF_MAIL_FROM")),
        (None, Some(_)) => Err(ConfigError::MailIncomplete("ABRUF_MAIL_FROM", "ABRUF_SMTP_URL")),
        (Some(server), Some(from)) => {
            if !server.starts_with("smtp://") && !server.starts_with("smtps://") {
                return Err(ConfigError::MailServerUnreadable);
            }
            Ok(Some(MailSettings { server: server.to_owned().into(), from: from.to_owned() }))
        }
    }
}

fn data_dir<'a>(set: &impl Fn(&str) -> Option<&'a str>, root: bool) -> Result<PathBuf, ConfigError> {
    if let Some(dir) = set("ABRUF_DATA_DIR") {
        return Ok(PathBuf::from(dir));
    }
    if root {
        return Ok(PathBuf::from("/var/lib/abruf"));
    }
    if let Some(dir) = set("XDG_DATA_HOME") {
        return Ok(PathBuf::from(dir).join("abruf"));
    }
    set("HOME").map(|home| PathBuf::from(home).join(".local/share/abruf")).ok_or(ConfigError::NoDataDirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)], root: bool) -> Result<Settings, ConfigError> {
        Settings::from_variables(&pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(), root)
    }

    #[test]
    fn without_any_variable_it_serves_on_loopback_from_a_private_database() {
        let settings = settings(&[("HOME", "/home/x")], false).expect("defaults");
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert!(
            matches!(settings.database, DatabaseSettings::Embedded { data_dir, .. } if data_dir.ends_with("abruf"))
        );
    }

    #[test]
    fn a_misspelt_setting_is_refused_by_name() {
        let refused = settings(&[("ABRUF_LISTNE", "x"), ("HOME", "/h")], false);
        assert!(matches!(refused, Err(ConfigError::Unknown(name)) if name == "ABRUF_LISTNE"));
    }

    #[test]
    fn lines_of_the_log_are_text_or_json_and_nothing_else() {
        let set = |value| settings(&[("ABRUF_LOG_FORMAT", value), ("HOME", "/h")], false);
        assert_eq!(set("json").expect("known").log_format, LogFormat::Json);
        assert_eq!(set("").expect("default").log_format, LogFormat::Text);
        let told = set("xml").expect_err("unknown").to_string();
        assert!(told.contains("ABRUF_LOG_FORMAT=xml") && told.contains("text oder json"), "{told}");
    }

    #[test]
    fn an_external_database_needs_both_urls() {
        let refused = settings(&[("DATABASE_URL", "postgres://x"), ("HOME", "/h")], false);
        assert!(matches!(refused, Err(ConfigError::OwnerUrlMissing)));
    }

    #[test]
    fn a_mail_server_needs_a_sender_and_its_password_is_never_repeated() {
        let server = ("ABRUF_SMTP_URL", "smtp://abruf:geheim@mail.example");
        assert!(matches!(settings(&[server, ("HOME", "/h")], false), Err(ConfigError::MailIncomplete(..))));
        let from = ("ABRUF_MAIL_FROM", "Abruf <abruf@mail.example>");
        let set = settings(&[server, from, ("HOME", "/h")], false).expect("both");
        assert!(set.mail.is_some() && !format!("{set:?}").contains("geheim"));
        let wrong = settings(&[("ABRUF_SMTP_URL", "http://abruf:geheim@mail.example"), from, ("HOME", "/h")], false);
        let told = wrong.expect_err("no mail server").to_string();
        assert!(told.contains("smtps://") && !told.contains("geheim"), "{told}");
    }

    #[test]
    fn secrets_do_not_print() {
        let settings = settings(
            &[("DATABASE_URL", "postgres://a:geheim@h/d"), ("DATABASE_OWNER_URL", "postgres://o:geheim@h/d")],
            true,
        )
        .expect("both urls");
        assert!(!format!("{settings:?}").contains("geheim"));
    }
}
