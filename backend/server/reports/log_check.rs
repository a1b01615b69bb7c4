//! Recomputes the chains of the audit log that somebody may see, from the first entry to the head.

use abruf_domain::audit::{ChainBreak, GENESIS, StoredEntry, verify_chain};
use uuid::Uuid;

use crate::actor::{Actor, RunsAs};
use crate::app::App;
use crate::storage::audit_log;
use crate::storage::contracts;
use crate::storage::error::StorageError;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Chains recomputed.
    pub chains: usize,
    /// Entries recomputed.
    pub entries: usize,
    /// Chains that are broken, by name, and where.
    pub broken: Vec<(String, ChainBreak)>,
}

/// Checks the chains of the contracts the actor sees and of their purchasing body. The entries are
/// read by the program itself: an auditor's view would leave gaps.
pub async fn check(app: &App, actor: &Actor) -> Result<Checked, StorageError> {
    let mut tx = app.db.begin(actor).await?;
    let mut chains: Vec<(String, Uuid)> = contracts::list(&mut tx, None)
        .await?
        .into_iter()
        .map(|contract| (format!("Rahmenvertrag {}", contract.number), contract.id.0))
        .collect();
    tx.rollback().await?;
    chains.push(("Verwaltung".to_owned(), actor.body.0));
    let mut checked = Checked { chains: 0, entries: 0, broken: Vec::new() };
    for (name, chain) in chains {
        let mut tx = app.db.begin(RunsAs::Job).await?;
        let read = audit_log::whole_chain(&mut tx, chain).await?;
        tx.rollback().await?;
        let Some((chain, entries)) = read else { continue };
        checked.chains += 1;
        checked.entries += entries.len();
        if let Err(at) = whole(&entries, chain.length, &chain.head) {
            checked.broken.push((name, at));
        }
    }
    Ok(checked)
}

/// A chain without entries has the head of the beginning.
fn whole(entries: &[StoredEntry], length: i64, head: &[u8; 32]) -> Result<(), ChainBreak> {
    if entries.is_empty() && length == 0 && *head == GENESIS { Ok(()) } else { verify_chain(entries, length, head) }
}

/// The entry from which a chain cannot be trusted any more.
#[must_use]
pub const fn first_bad(at: &ChainBreak) -> i64 {
    match at {
        ChainBreak::Gap { expected, .. } => *expected,
        ChainBreak::Changed(sequence) | ChainBreak::Unchained(sequence) => *sequence,
        ChainBreak::Head(count) => *count + 1,
    }
}
