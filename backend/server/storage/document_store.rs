//! Where the bytes of documents lie: in their row, in a folder, or with an S3-compatible service.
//!
//! Outside the database an object is named after the SHA-256 of its content: `sha256/ab/abcd…`. So writing it again
//! changes nothing, and whoever reads it can tell whether it is what was written. Bytes go to the store first, then the
//! row with their hash is committed: a crash in between leaves an object nobody asks for, never a row without its file.

use std::fmt;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::config::{DocumentStoreSettings, S3Settings};

/// Largest object that is read: a hundred times the largest document.
const MOST_BYTES: u64 = 256 << 20;
/// A service that does not answer: a session may idle in its transaction for 30 seconds.
const ANSWERS_WITHIN: Duration = Duration::from_secs(8);
/// How long it is tried again.
const TRIED_FOR: Duration = Duration::from_secs(15);

/// Why a document cannot be had. German: operators and verifiers read it.
#[derive(Debug, Error)]
pub enum StoreError {
    /// There is no such object.
    #[error("die Datei fehlt: {place}, Schlüssel {key}, erwartet wird SHA-256 {expected}")]
    Missing {
        /// Which store.
        place: String,
        /// Name of the object.
        key: String,
        /// Hash the row has, hexadecimal.
        expected: String,
    },
    /// The content is not what was written.
    #[error(
        "der Inhalt passt nicht zum gespeicherten Hash: {place}, Schlüssel {key}, erwartet wird SHA-256 {expected}, gefunden {actual}"
    )]
    Altered {
        /// Which store.
        place: String,
        /// Name of the object.
        key: String,
        /// Hash the row has, hexadecimal.
        expected: String,
        /// Hash of what is there, or its size if it is too large to be looked at.
        actual: String,
    },
    /// The store does not answer, or lets nobody in.
    #[error("der Dokumentenspeicher {place} antwortet nicht")]
    Unreachable {
        /// Which store.
        place: String,
        /// Its own words.
        #[source]
        source: object_store::Error,
    },
    /// The folder cannot be made.
    #[error("der Ordner für Dokumente {place} lässt sich nicht anlegen")]
    Folder {
        /// Which.
        place: String,
        /// The system's words.
        #[source]
        source: std::io::Error,
    },
}

impl StoreError {
    /// Whether it says something about the document and not about the store.
    #[must_use]
    pub const fn is_of_the_document(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::Altered { .. })
    }
}

/// A document as its row has it.
#[derive(Debug, Clone)]
pub struct StoredFile {
    /// Name offered at download.
    pub file_name: String,
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// The file, if it lies in its row.
    pub bytes: Option<Vec<u8>>,
}

/// Where the bytes of documents lie.
#[derive(Debug, Clone)]
pub enum DocumentStore {
    /// In their row.
    Database,
    /// Somewhere else; what lies in a row is still read from there.
    Outside(Outside),
}

/// A folder, or a place with an S3-compatible service.
#[derive(Clone)]
pub struct Outside {
    place: Arc<str>,
    prefix: Path,
    objects: Arc<dyn ObjectStore>,
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside").field("place", &self.place).finish_non_exhaustive()
    }
}

/// The store by its address, without keys.
impl fmt::Display for DocumentStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.outside().map_or("postgres", |outside| &outside.place))
    }
}

impl DocumentStore {
    /// Opens a store; a folder is made if it is not there. A service is not asked yet.
    ///
    /// # Errors
    /// If the folder cannot be made, or the settings are none the service knows.
    pub fn open(settings: &DocumentStoreSettings) -> Result<Self, StoreError> {
        let place = settings.to_string();
        let unreachable = |source| StoreError::Unreachable { place: place.clone(), source };
        let (objects, prefix): (Arc<dyn ObjectStore>, &str) = match settings {
            DocumentStoreSettings::Database => return Ok(Self::Database),
            DocumentStoreSettings::Folder(path) => {
                // Names and amounts are nobody else's business on this machine.
                let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
                made.map_err(|source| StoreError::Folder { place: place.clone(), source })?;
                let folder = LocalFileSystem::new_with_prefix(path).map_err(unreachable)?;
                (Arc::new(folder.with_fsync(true)), "")
            }
            DocumentStoreSettings::S3(s3) => (Arc::new(service(s3).map_err(unreachable)?), &s3.prefix),
        };
        let prefix = Path::parse(prefix).map_err(|error| unreachable(error.into()))?;
        Ok(Self::Outside(Outside { place: place.clone().into(), prefix, objects }))
    }

    /// The store outside the database, if there is one.
    #[must_use]
    pub const fn outside(&self) -> Option<&Outside> {
        match self {
            Self::Database => None,
            Self::Outside(outside) => Some(outside),
        }
    }

    /// Puts a document where documents lie; what is given back belongs into its row.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn put<'a>(&self, sha256: &[u8; 32], bytes: &'a [u8]) -> Result<Option<&'a [u8]>, StoreError> {
        match self {
            Self::Database => Ok(Some(bytes)),
            Self::Outside(outside) => outside.put(sha256, bytes).await.map(|()| None),
        }
    }

    /// Name and bytes of a document, which have the hash of its row.
    ///
    /// # Errors
    /// If it is missing, altered, or the store does not answer.
    pub async fn read(&self, file: StoredFile) -> Result<(String, Vec<u8>), StoreError> {
        let StoredFile { file_name, sha256, bytes } = file;
        let bytes = match (bytes, self) {
            (Some(bytes), _) => genuine(bytes, &sha256, "postgres", &file_name)?,
            (None, Self::Outside(outside)) => outside.read(&sha256).await?,
            (None, Self::Database) => {
                return Err(StoreError::Missing {
                    place: "postgres".to_owned(),
                    key: file_name,
                    expected: HEXLOWER.encode(&sha256),
                });
            }
        };
        Ok((file_name, bytes))
    }
}

impl Outside {
    /// Name of an object.
    #[must_use]
    pub fn key(&self, sha256: &[u8]) -> String {
        self.location(sha256).to_string()
    }

    fn location(&self, sha256: &[u8]) -> Path {
        let hash = HEXLOWER.encode(sha256);
        let folder = hash.get(..2).unwrap_or("00").to_owned();
        self.prefix.clone().join("sha256").join(folder).join(hash)
    }

    fn unreachable(&self, source: object_store::Error) -> StoreError {
        StoreError::Unreachable { place: self.place.to_string(), source }
    }

    /// Writes an object; the same again changes nothing.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn put(&self, sha256: &[u8; 32], bytes: &[u8]) -> Result<(), StoreError> {
        let written = self.objects.put(&self.location(sha256), bytes.to_vec().into()).await;
        written.map(drop).map_err(|error| self.unreachable(error))
    }

    /// Reads an object that has this hash.
    ///
    /// # Errors
    /// If it is missing, altered, or the store does not answer.
    pub async fn read(&self, sha256: &[u8]) -> Result<Vec<u8>, StoreError> {
        let missing = || StoreError::Missing {
            place: self.place.to_string(),
            key: self.key(sha256),
            expected: HEXLOWER.encode(sha256),
        };
        let told = |error| match error {
            object_store::Error::NotFound { .. } => missing(),
            error => self.unreachable(error),
        };
        let found = self.objects.get(&self.location(sha256)).await.map_err(told)?;
        let size = found.meta.size;
        if MOST_BYTES < size {
            return Err(StoreError::Altered {
                place: self.place.to_string(),
                key: self.key(sha256),
                expected: HEXLOWER.encode(sha256),
                actual: format!("{size} Bytes"),
            });
        }
        let bytes = found.bytes().await.map_err(told)?;
        genuine(bytes.into(), sha256, &self.place, &self.key(sha256))
    }
}

/// The bytes, if they have the hash.
fn genuine(bytes: Vec<u8>, sha256: &[u8], place: &str, key: &str) -> Result<Vec<u8>, StoreError> {
    let actual = Sha256::digest(&bytes);
    if actual[..] == *sha256 {
        return Ok(bytes);
    }
    Err(StoreError::Altered {
        place: place.to_owned(),
        key: key.to_owned(),
        expected: HEXLOWER.encode(sha256),
        actual: HEXLOWER.encode(&actual),
    })
}

/// A client of the service, with the key of the settings and no other.
fn service(s3: &S3Settings) -> Result<impl ObjectStore, object_store::Error> {
    let plain = s3.endpoint.as_deref().is_some_and(|url| url.starts_with("http://"));
    let options =
        ClientOptions::new().with_allow_http(plain).with_timeout(ANSWERS_WITHIN).with_connect_timeout(ANSWERS_WITHIN);
    let retry = RetryConfig { max_retries: 3, retry_timeout: TRIED_FOR, ..RetryConfig::default() };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&s3.bucket)
        .with_region(&s3.region)
        .with_access_key_id(&s3.key_id)
        .with_secret_access_key(s3.secret.expose_secret())
        .with_client_options(options)
        .with_retry(retry);
    if let Some(endpoint) = &s3.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    if let Some(token) = &s3.session_token {
        builder = builder.with_token(token.expose_secret());
    }
    builder.build()
}
