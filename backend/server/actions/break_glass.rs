//! Emergency access: an administrator for a few hours, made on the command line with a reason. Everybody who watches
//! over a body sees it, and the chain of each body holds it.

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::{canonical_json, sha256};
use abruf_domain::ids::{AssignmentId, PersonId};
use abruf_domain::period::berlin_date;
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::HEXLOWER;
use serde_json::json;
use uuid::Uuid;

use super::account_log::{self, Event, Happened};
use super::create_administrator::is_mail_address;
use super::set_up_account::{NewLink, issue_link};
use crate::actor::RunsAs;
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::one_time_links::Purpose;
use crate::storage::sign_in_events::Origin;
use crate::storage::{StorageError, break_glass, people};

/// Most hours an emergency lasts.
pub const MOST_HOURS: i64 = 24;

/// What came of it.
#[derive(Debug)]
pub enum Outcome {
    /// The link is to be handed to the person; the access ends then.
    Opened(NewLink, DateTime<Utc>),
    /// There is no purchasing body yet.
    NoBody,
    /// The address is none, the reason has not 10 to 500 characters, or the hours are not 1 to 24.
    Unusable,
}

/// Opens an emergency access. The person's password is set anew by the link, and a second factor with it.
pub async fn open(app: &App, email: &str, name: &str, reason: &str, hours: i64) -> Result<Outcome, StorageError> {
    let (email, name, reason) = (email.trim().to_lowercase(), name.trim(), reason.trim());
    let right = is_mail_address(&email)
        && (1..=200).contains(&name.chars().count())
        && (10..=500).contains(&reason.chars().count())
        && (1..=MOST_HOURS).contains(&hours);
    if !right {
        return Ok(Outcome::Unusable);
    }
    let (now, today) = (app.clock.now(), app.clock.today());
    let ends_at = now + TimeDelta::hours(hours);
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let bodies = people::bodies(&mut tx, today).await?;
    if bodies.is_empty() {
        return Ok(Outcome::NoBody);
    }
    let person = match people::find_account(&mut tx, &email).await? {
        Some(account) => account.person,
        None => {
            let person = PersonId(app.chance.id(now));
            people::insert(&mut tx, person, &email, name, false, now).await?;
            person
        }
    };
    let id = app.chance.id(now);
    break_glass::insert(&mut tx, id, person, reason, now, ends_at).await?;
    let link = issue_link(&mut tx, app, person, Purpose::BreakGlass, None).await?;
    for body in bodies {
        let assignment = AssignmentId(app.chance.id(now));
        break_glass::assign(&mut tx, assignment, person, body, (today, berlin_date(ends_at)), ends_at).await?;
        let what = json!({ "person": person, "reason": reason, "ends_at": ends_at });
        let mut entry = AuditEntry::new(now, None, "break_glass_opened", "break_glass", id);
        entry.after = Some(HEXLOWER.encode(&sha256(canonical_json(&what).as_bytes())));
        let concerns = Concerns { body: Some(body), ..Concerns::default() };
        let record = Record::with_detail(entry, concerns, app.chance.bytes(), what);
        audit_log::append(&mut tx, body.0, &record).await?;
    }
    let origin = Origin::default();
    let opened = Happened::new(Event::BreakGlassOpened, Some(person), &origin, Uuid::nil());
    account_log::append(&mut tx, app, opened, now).await?;
    tx.commit().await?;
    tracing::warn!(%person, %ends_at, "an emergency access was opened on the command line");
    Ok(Outcome::Opened(link, ends_at))
}
