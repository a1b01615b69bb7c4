//! Delete what happened at the door once it is old enough: sign-in events and ended sessions. The chain of sign-ins
//! proves the same without data of persons and stays.

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::{canonical_json, sha256};
use chrono::TimeDelta;
use data_encoding::HEXLOWER;
use serde_json::json;
use uuid::Uuid;

use crate::actor::RunsAs;
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::{StorageError, installation, people, sessions, sign_in_events};

/// Fewest and most days they may be kept.
pub const DAYS: std::ops::RangeInclusive<i32> = 30..=730;

/// Deletes what is due; how many rows went.
///
/// # Errors
/// If the database fails.
pub async fn forget_due(app: &App) -> Result<u64, StorageError> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let days = installation::sign_in_days(&mut tx).await?;
    let before = app.clock.now() - TimeDelta::days(days.into());
    let gone = sign_in_events::forget(&mut tx, before).await? + sessions::forget(&mut tx, before).await?;
    tx.commit().await?;
    Ok(gone)
}

/// Changes for how many days they are kept; `false` outside [`DAYS`]. Each body has it in its log.
///
/// # Errors
/// If the database fails.
pub async fn keep_for(app: &App, days: i32) -> Result<bool, StorageError> {
    if !DAYS.contains(&days) {
        return Ok(false);
    }
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::Job).await?;
    installation::keep_sign_ins(&mut tx, days).await?;
    for body in people::bodies(&mut tx, app.clock.today()).await? {
        let mut entry = AuditEntry::new(now, None, "sign_ins_kept_for", "installation", Uuid::nil());
        let what = json!({ "sign_in_days": days });
        entry.after = Some(HEXLOWER.encode(&sha256(canonical_json(&what).as_bytes())));
        let concerns = Concerns { body: Some(body), ..Concerns::default() };
        let record = Record::with_detail(entry, concerns, app.chance.bytes(), what);
        audit_log::append(&mut tx, body.0, &record).await?;
    }
    tx.commit().await?;
    Ok(true)
}
