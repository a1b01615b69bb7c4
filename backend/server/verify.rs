//! Recomputes what must agree: audit chains, guard rows and ledger, call-off numbers, documents and
//! stored reviews. Changes nothing.

use abruf_domain::audit::verify_chain;
use serde::Serialize;

use crate::actor::RunsAs;
use crate::app::App;
use crate::storage::{StorageError, audit_log, verification};

/// What was looked at and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Chains recomputed.
    pub chains: usize,
    /// Entries in them.
    pub entries: usize,
    /// Guard rows compared with the ledger.
    pub guards: i64,
    /// Orders whose numbers were checked for gaps.
    pub orders: i64,
    /// Documents hashed.
    pub documents: i64,
    /// Documents that are still to be made: not an error, but not verified either.
    pub documents_to_come: i64,
    /// Reviews hashed.
    pub reviews: i64,
    /// Every place where something does not agree, in German.
    pub failures: Vec<String>,
}

impl Verification {
    /// The result in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let extent = format!(
            "{} Einträge in {} Ketten, {} Höchstgrenzen, {} Nummern, {} Dokumente, {} Prüfungen",
            self.entries, self.chains, self.guards, self.orders, self.documents, self.reviews
        );
        if self.failures.is_empty() {
            format!("Prüfung bestanden: {extent}.")
        } else {
            format!(
                "Prüfung fehlgeschlagen an {} Stelle(n) ({extent}). Bitte nichts ändern und die IT-Sicherheit verständigen.",
                self.failures.len()
            )
        }
    }
}

/// Verifies the whole database. `progress` hears how many of how many chains are done.
///
/// # Errors
/// If the database cannot be read.
pub async fn verify(app: &App, mut progress: impl FnMut(usize, usize)) -> Result<Verification, StorageError> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let mut found = Verification::default();
    let chains = audit_log::chains(&mut tx).await?;
    found.chains = chains.len();
    for (done, chain) in chains.iter().enumerate() {
        let entries = audit_log::entries(&mut tx, chain.id).await?;
        found.entries += entries.len();
        if let Err(broken) = verify_chain(&entries, chain.length, &chain.head) {
            found.failures.push(format!("Protokollkette {}: {}", chain.id, german(&broken)));
        }
        progress(done + 1, chains.len());
    }
    let extent = verification::extent(&mut tx).await?;
    (found.guards, found.documents, found.reviews, found.orders) =
        (extent.guards, extent.documents, extent.reviews, extent.orders);
    found.documents_to_come = verification::documents_to_come(&mut tx).await?;
    found.failures.extend(verification::guards_off_their_ledger(&mut tx).await?);
    found.failures.extend(verification::number_gaps(&mut tx).await?);
    found.failures.extend(verification::documents_off_their_hash(&mut tx).await?);
    found.failures.extend(verification::missing_documents(&mut tx).await?);
    found.failures.extend(verification::reviews_off_their_hash(&mut tx).await?);
    tx.rollback().await?;
    Ok(found)
}

fn german(broken: &abruf_domain::audit::ChainBreak) -> String {
    use abruf_domain::audit::ChainBreak::{Changed, Gap, Head, Unchained};
    match broken {
        Gap { expected, found } => format!("an Stelle {expected} steht Eintrag {found}"),
        Changed(entry) => format!("der Text von Eintrag {entry} wurde verändert"),
        Unchained(entry) => format!("Eintrag {entry} schließt nicht an den vorigen an"),
        Head(count) => format!("der Kopf der Kette passt nicht zu ihren {count} Einträgen"),
    }
}
