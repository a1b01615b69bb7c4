//! What every action, page and job has at hand. Cheap to clone.

use std::sync::Arc;

use abruf_documents::Templates;

use crate::chance::Chance;
use crate::clock::Clock;
use crate::mail::Mailer;
use crate::storage::Db;
use crate::storage::document_store::DocumentStore;

/// The running program.
#[derive(Debug, Clone)]
pub struct App {
    /// The database, as the application role.
    pub db: Db,
    /// What time it is.
    pub clock: Clock,
    /// Where ids and random bytes come from.
    pub chance: Chance,
    /// Templates of the documents.
    pub templates: Arc<Templates>,
    /// Where the bytes of documents lie.
    pub documents: DocumentStore,
    /// Address users see, without a slash at the end; printed on documents.
    pub base_url: Arc<str>,
    /// What sends mail; `None`: people send orders themselves and note it.
    pub mailer: Option<Mailer>,
    /// Whether the database is a demo: banner on pages, "Beispieldaten" on documents.
    pub demo: bool,
}
