//! The audit chains: each entry's text, hashes, columns and detail, and what the entries bind.

use std::collections::HashSet;

use abruf_domain::audit::{AuditEntry, ChainBreak, StoredEntry, commitment, verify_chain};
use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use uuid::Uuid;

use crate::storage::verification::{self, Chain, Entry};
use crate::storage::{StorageError, Tx};
use crate::verify::Verification;

/// Hashes that the log vouches for, by call-off.
#[derive(Debug, Default)]
pub(super) struct Bound {
    documents: HashSet<(Uuid, String)>,
    reviews: HashSet<(Uuid, String)>,
}

impl Bound {
    /// Whether the log says that a document of this call-off, or this certificate, has this hash.
    pub fn document(&self, call_off: Uuid, hash: &[u8]) -> bool {
        self.documents.contains(&(call_off, HEXLOWER.encode(hash)))
    }

    /// Whether the log says that something of this call-off rests on facts with this hash.
    pub fn review(&self, call_off: Uuid, hash: &[u8]) -> bool {
        self.reviews.contains(&(call_off, HEXLOWER.encode(hash)))
    }

    fn add(&mut self, entry: AuditEntry) {
        let (Some(after), "call_off" | "certificate") = (entry.after, &*entry.subject_kind) else { return };
        match &*entry.action {
            "document_issued" | "certificate_issued" => self.documents.insert((entry.subject, after)),
            _ => self.reviews.insert((entry.subject, after)),
        };
    }
}

pub(super) async fn verify(
    tx: &mut Tx,
    found: &mut Verification,
    bound: &mut Bound,
    report: &mut impl FnMut(usize, usize),
) -> Result<(), StorageError> {
    let chains = verification::chains(tx).await?;
    let total = chains.iter().map(|chain| usize::try_from(chain.length).unwrap_or_default()).sum();
    for chain in &chains {
        let entries = verification::entries(tx, chain.id).await?;
        found.entries += entries.len();
        verify_one(chain, entries, found, bound);
        found.chains += 1;
        report(found.entries, total);
    }
    Ok(())
}

fn verify_one(chain: &Chain, entries: Vec<Entry>, found: &mut Verification, bound: &mut Bound) {
    let name = name(chain);
    for entry in &entries {
        // What is no entry any more has another text than its hash; the chain says so below.
        let Ok(said) = serde_json::from_str::<AuditEntry>(&entry.canonical) else { continue };
        let place = || format!("{name}, Eintrag {}", entry.sequence);
        if !columns_agree(entry, &said) {
            found.fails(place(), "Zeitpunkt, Vorgang oder Gegenstand in den Spalten weichen vom Text des Eintrags ab");
        }
        if !detail_agrees(entry, &said) {
            found.fails(place(), "der Begleittext passt nicht zur Zusage im Eintrag");
        }
        // Certificates about several contracts stand in the chain of their body.
        if chain.of_contract || said.subject_kind == "certificate" {
            bound.add(said);
        }
    }
    let mut stored = Vec::with_capacity(entries.len());
    for entry in entries {
        match whole(entry) {
            Ok(entry) => stored.push(entry),
            Err(sequence) => {
                found.fails(format!("{name}, Eintrag {sequence}"), "ein Hash hat nicht 32 Bytes");
                return;
            }
        }
    }
    let Ok(head) = <[u8; 32]>::try_from(&*chain.head) else {
        found.fails(name, "der Kopf der Kette hat nicht 32 Bytes");
        return;
    };
    if let Err(broken) = verify_chain(&stored, chain.length, &head) {
        let (entry, what) = german(&broken, chain.length);
        found.fails(entry.map_or(name.clone(), |entry| format!("{name}, Eintrag {entry}")), what);
    }
}

fn name(chain: &Chain) -> String {
    match &chain.owner {
        Some(number) if chain.of_contract => format!("Protokoll des Vertrags {number}"),
        Some(body) => format!("Protokoll von {body}"),
        None if chain.id.is_nil() => "Protokoll der Anmeldungen".to_owned(),
        None => format!("Protokoll {} ohne Besitzer", chain.id),
    }
}

fn columns_agree(entry: &Entry, said: &AuditEntry) -> bool {
    let at = DateTime::parse_from_rfc3339(&said.at).map(|at| at.with_timezone(&Utc));
    let subject = said.subject_kind != "call_off" || entry.call_off == Some(said.subject);
    entry.action == said.action && at == Ok(entry.at) && subject
}

/// Erased details are lawful; other details are not.
fn detail_agrees(entry: &Entry, said: &AuditEntry) -> bool {
    match (&said.detail, &entry.salt, &entry.detail) {
        (_, None, _) | (_, _, None) => true,
        (None, Some(_), Some(_)) => false,
        (Some(promised), Some(salt), Some(detail)) => {
            <&[u8; 16]>::try_from(&**salt).is_ok_and(|salt| commitment(salt, detail) == *promised)
        }
    }
}

fn whole(entry: Entry) -> Result<StoredEntry, i64> {
    let sequence = entry.sequence;
    let hash = |bytes: Vec<u8>| <[u8; 32]>::try_from(bytes).map_err(|_| sequence);
    Ok(StoredEntry {
        sequence,
        canonical: entry.canonical,
        leaf: hash(entry.leaf)?,
        previous: hash(entry.previous)?,
        chain: hash(entry.chain)?,
    })
}

/// The entry concerned, if it is one, and what is wrong.
fn german(broken: &ChainBreak, length: i64) -> (Option<i64>, String) {
    match broken {
        ChainBreak::Gap { expected, found } => (Some(*expected), format!("fehlt; an seiner Stelle steht {found}")),
        ChainBreak::Changed(entry) => (Some(*entry), "der Text wurde verändert".to_owned()),
        ChainBreak::Unchained(entry) => (Some(*entry), "er schließt nicht an den vorigen an".to_owned()),
        ChainBreak::Head(count) => {
            (None, format!("der Kopf der Kette passt nicht: {count} Einträge da, {length} verzeichnet"))
        }
    }
}
