//! An uploaded turnover file from its preview to the ledger: what it would do is looked at, then it is taken, as turnover to
//! be recorded or as a supplier's report to be compared. Nothing counts before.

use rust_decimal::Decimal;
use uuid::Uuid;

use super::import::ImportError;
use super::import::turnover_report::TurnoverReport;
use super::import_turnover::{self, TurnoverFile};
use super::reconcile_turnover::{self, Comparison};
use crate::actor::Actor;
use crate::app::App;
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::turnover_uploads::{self, Upload};
use crate::storage::{StorageError, supplier_reports, turnover_list};

/// Where a file is by now.
#[derive(Debug)]
pub enum Found {
    /// It waits to be confirmed.
    Waits(Box<Upload>),
    /// It was taken as turnover; the import has its id.
    Imported,
    /// It was taken as a supplier's report, which has its id.
    Compared,
}

/// Looks for a file of this id; `None` where there is none, or none to be seen.
///
/// # Errors
/// If the database fails.
pub async fn find(app: &App, actor: &Actor, id: Uuid) -> Result<Option<Found>, StorageError> {
    let mut tx = app.db.begin(actor).await?;
    if let Some(upload) = turnover_uploads::find(&mut tx, id).await? {
        return Ok(Some(Found::Waits(Box::new(upload))));
    }
    if turnover_list::find(&mut tx, id).await?.is_some() {
        return Ok(Some(Found::Imported));
    }
    Ok((!supplier_reports::reports(&mut tx, Some(id), 1, 0).await?.is_empty()).then_some(Found::Compared))
}

/// What a file would do.
#[derive(Debug, Default)]
pub struct Preview {
    /// How it was read; empty where it is refused as a whole.
    pub report: TurnoverReport,
    /// For a supplier's report: what it says beside the ledger.
    pub comparison: Option<Comparison>,
    /// Why it is refused as a whole, in German.
    pub refused: Option<String>,
}

impl Preview {
    /// Whether there is anything to be taken.
    #[must_use]
    pub fn can_be_taken(&self) -> bool {
        !self.report.sums.is_empty() && (self.comparison.is_some() || self.report.rejected < self.report.rows)
    }
}

/// Looks at a file that waits; nothing is written.
///
/// # Errors
/// If the database fails. That a file cannot be taken is no error.
pub async fn look(app: &App, actor: &Actor, upload: &Upload) -> Result<Preview, StorageError> {
    let looked = match &upload.report {
        None => import_turnover::preview(app, actor, &file(upload, &Terms { partial: true, ..Terms::default() }))
            .await
            .map(|report| Preview { report, ..Preview::default() }),
        Some(of) => reconcile_turnover::preview(app, actor, upload, of).await.map(|comparison| Preview {
            report: comparison.report.clone(),
            comparison: Some(comparison),
            refused: None,
        }),
    };
    match looked {
        Ok(preview) => Ok(preview),
        Err(ImportError::Storage(error)) => Err(error),
        Err(refused) => Ok(Preview { refused: Some(refused.to_string()), ..Preview::default() }),
    }
}

/// On which terms a file is taken.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terms<'a> {
    /// Take the right rows although others are refused.
    pub partial: bool,
    /// What all its amounts must add up to, in the currency of the mapping.
    pub control_sum: Option<Decimal>,
    /// Key of a program that may ask twice.
    pub key: Option<&'a IdempotencyKey>,
}

/// Takes a file; `false` where rows are refused and it shall not be taken in part: then nothing is written.
///
/// # Errors
/// If it is refused as a whole, was taken before, or the database fails.
pub async fn take(app: &App, actor: &Actor, upload: &Upload, terms: &Terms<'_>) -> Result<bool, ImportError> {
    if upload.report.is_some() {
        reconcile_turnover::record(app, actor, upload.id).await?;
        return Ok(true);
    }
    Ok(import_turnover::import(app, actor, &file(upload, terms), &|_, _| ()).await?.written)
}

fn file<'a>(upload: &'a Upload, terms: &Terms<'a>) -> TurnoverFile<'a> {
    TurnoverFile {
        name: &upload.file_name,
        bytes: &upload.bytes,
        mapping: &upload.mapping,
        partial: terms.partial,
        control_sum: terms.control_sum,
        upload: Some(upload.id),
        key: terms.key,
    }
}
