//! Recomputes what must agree: audit chains, guard rows and ledger, call-off numbers, documents and
//! stored reviews. Changes nothing, and looks at one instant while others work on.
//!
//! Every hash is computed here and not in the database, so that whoever holds the database cannot
//! answer for it. What stands in a chain binds the rest: a document counts as genuine if its bytes
//! have the hash of its log entry, a review if its facts have.

mod books;
mod log;
mod savings;

use std::fmt;

use serde::Serialize;

use crate::actor::RunsAs;
use crate::app::App;
use crate::storage::{StorageError, Tx, order_reviews, verification};
use crate::verify::log::Bound;

/// What is verified, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Audit chains.
    Log,
    /// Guard rows, ledger, order values, savings, numbers, missing documents.
    Books,
    /// Bytes of documents.
    Documents,
    /// Facts of reviews.
    Reviews,
}

impl Part {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Log, Self::Books, Self::Documents, Self::Reviews];

    /// What users read.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::Log => "Protokollketten",
            Self::Books => "Volumenbuch und Nummern",
            Self::Documents => "Dokumente",
            Self::Reviews => "Prüfungen",
        }
    }
}

/// A place where something does not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Where, in German.
    pub place: String,
    /// What, in German.
    pub what: String,
}

impl Failure {
    fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// A part that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// Which.
    pub part: Part,
    /// Why.
    pub why: String,
}

/// What was looked at and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Chains recomputed.
    pub chains: usize,
    /// Entries in them.
    pub entries: usize,
    /// Guard rows compared with the ledger.
    pub guards: usize,
    /// Orders whose values and numbers were compared.
    pub orders: usize,
    /// Documents hashed.
    pub documents: usize,
    /// Documents that are still to be made: not an error, but not verified either.
    pub documents_to_come: usize,
    /// Reviews hashed.
    pub reviews: usize,
    /// Parts that could not be read.
    pub unread: Vec<Unread>,
    /// Every place where something does not agree.
    pub failures: Vec<Failure>,
}

impl Verification {
    /// The result in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let extent = format!(
            "{} Einträge in {} Ketten, {} Höchstgrenzen, {} Abrufe, {} Dokumente, {} Prüfungen",
            self.entries, self.chains, self.guards, self.orders, self.documents, self.reviews
        );
        if !self.failures.is_empty() {
            return format!(
                "Prüfung fehlgeschlagen an {} Stelle(n) ({extent}). Bitte nichts ändern und die IT-Sicherheit verständigen.",
                self.failures.len()
            );
        }
        match self.unread.len() {
            0 => format!("Prüfung bestanden: {extent}."),
            unread => format!("Prüfung unvollständig: {unread} Teil(e) nicht lesbar; das Übrige stimmt ({extent})."),
        }
    }

    fn fails(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.failures.push(Failure::new(place, what));
    }
}

/// Verifies the whole database. `progress` hears how much of a part is done.
///
/// # Errors
/// If the database cannot be reached at all; a part that cannot be read is named in the result.
pub async fn verify(app: &App, mut progress: impl FnMut(Part, usize, usize)) -> Result<Verification, StorageError> {
    let mut found = Verification::default();
    let mut bound = Bound::default();
    // One snapshot for all: what somebody issues meanwhile stands in all of them or in none.
    let mut tx = app.db.begin_snapshot(RunsAs::Job).await?;
    for part in Part::ALL {
        // A failure inside one must not take the others along.
        verification::set_mark(&mut tx).await?;
        let mut report = |done, total| progress(part, done, total);
        let read = match part {
            Part::Log => log::verify(&mut tx, &mut found, &mut bound, &mut report).await,
            Part::Books => books::verify(&mut tx, &mut found, &mut report).await,
            Part::Documents => documents(app, &mut tx, &mut found, &bound, &mut report).await,
            Part::Reviews => reviews(&mut tx, &mut found, &bound, &mut report).await,
        };
        match read {
            Ok(()) => continue,
            Err(error @ StorageError::Inconsistent { .. }) => found.fails(part.german(), error.to_string()),
            Err(error) => found.unread.push(Unread { part, why: with_causes(&error) }),
        }
        verification::back_to_mark(&mut tx).await?;
    }
    tx.rollback().await?;
    Ok(found)
}

async fn documents(
    app: &App,
    tx: &mut Tx,
    found: &mut Verification,
    bound: &Bound,
    report: &mut impl FnMut(usize, usize),
) -> Result<(), StorageError> {
    let places = verification::documents(tx).await?;
    for (done, place) in places.iter().enumerate() {
        let file = verification::document(tx, place).await?;
        let name = || format!("Dokument {}", place.label);
        match app.documents.read(file).await {
            Ok((_, bytes)) => {
                if !bound.document(place.call_off, &abruf_domain::canonical::sha256(&bytes)) {
                    found.fails(name(), "im Protokoll steht keine Ausgabe mit diesem Hash");
                }
            }
            Err(error) if error.is_of_the_document() => found.fails(name(), error.to_string()),
            // The store is away: asking it for every other document would take hours and say the same.
            Err(error) => {
                found.unread.push(Unread { part: Part::Documents, why: with_causes(&error) });
                break;
            }
        }
        report(done + 1, places.len());
        found.documents = done + 1;
    }
    Ok(())
}

async fn reviews(
    tx: &mut Tx,
    found: &mut Verification,
    bound: &Bound,
    report: &mut impl FnMut(usize, usize),
) -> Result<(), StorageError> {
    let places = verification::reviews(tx).await?;
    for (done, place) in places.iter().enumerate() {
        let (at, stored, facts) = verification::review(tx, place).await?;
        let hash = abruf_domain::canonical::sha256(facts.as_bytes());
        let name = || {
            let at = abruf_domain::notation::Language::German.instant(at);
            format!("Abruf {}, Prüfung vom {at}", place.label)
        };
        if hash[..] != stored[..] {
            found.fails(name(), "die gespeicherten Tatsachen passen nicht zu ihrem Hash");
        } else if !bound.review(place.call_off, &hash) {
            found.fails(name(), "im Protokoll steht kein Vorgang mit dem Hash dieser Tatsachen");
        }
        report(done + 1, places.len());
    }
    found.reviews = places.len();
    for it in order_reviews::all(tx).await? {
        let hash = abruf_domain::canonical::sha256(it.facts.as_bytes());
        let name = || {
            let at = abruf_domain::notation::Language::German.instant(it.at);
            format!("Abruf {}, Prüfung nach der Freigabe vom {at}", it.label)
        };
        if hash[..] != it.sha256[..] {
            found.fails(name(), "die gespeicherten Tatsachen passen nicht zu ihrem Hash");
        } else if !bound.review(it.call_off, &hash) {
            found.fails(name(), "im Protokoll steht kein Vorgang mit dem Hash dieser Tatsachen");
        }
        found.reviews += 1;
    }
    Ok(())
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
