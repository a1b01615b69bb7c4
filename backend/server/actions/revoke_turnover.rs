//! Take a turnover file back as a whole: an import of its own, whose lines are those of the file with the sign turned. One
//! person of the office with a reason, as one person took it; nothing is deleted, and the control sum of both is nothing.

use std::collections::BTreeMap;

use abruf_domain::notation::Language::German;
use abruf_domain::period::berlin_date;
use uuid::Uuid;

use super::import::ImportError;
use super::import::turnover_report::{CurrencySums, TurnoverReport};
use super::import_turnover::{Judged, TurnoverFile, check_below_zero, write};
use super::keyed::Keyed;
use super::{ActionError, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::turnover::{self, NewLine};
use crate::storage::{turnover_list, turnover_revocations};

/// Longest reason, in characters.
const LONGEST_REASON: usize = 2_000;

/// Takes an import back; returns the id of the import that does so.
///
/// # Errors
/// [`ActionError::Invalid`] without a reason; [`ActionError::NotNow`] where it was taken back before, takes back itself, or
/// where a later file has taken back part of it.
pub async fn revoke(
    app: &App,
    actor: &Actor,
    id: Uuid,
    reason: &str,
    key: Option<&IdempotencyKey>,
) -> Result<Uuid, ActionError> {
    only(actor, &[Role::Office])?;
    let reason = reason.trim();
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let known = turnover_list::find(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if let Some(counter) = keyed.replay(&mut tx).await? {
        return Ok(counter);
    }
    check_text("reason", reason, LONGEST_REASON, "Bitte schreiben Sie, warum die Datei nicht mehr zählt.")?;
    if let Some(before) = turnover_revocations::of_import(&mut tx, id).await? {
        return Err(if before.import == id { revoked_before() } else { takes_back_itself() });
    }
    let lines = turnover_revocations::counter_lines(&mut tx, id, || app.chance.id(keyed.now)).await?;
    let additions = turnover::additions(&mut tx, &lines).await?;
    check_below_zero(&additions).map_err(in_words)?;
    let day = German.date(berlin_date(keyed.now));
    let name = format!("Rücknahme {} vom {day}", known.file_name);
    let bytes = written(id, &lines);
    let file = TurnoverFile {
        name: &name,
        bytes: bytes.as_bytes(),
        mapping: &known.mapping,
        partial: false,
        control_sum: None,
        upload: None,
        key: None,
    };
    let judged = Judged { report: report(&lines), refused: Vec::new(), lines, additions, action: "turnover_revoked" };
    let counter = write(app, &mut tx, actor, &file, &judged, &|_, _| ()).await.map_err(in_words)?;
    turnover_revocations::insert(&mut tx, id, counter, reason, actor.person, keyed.now).await.map_err(|error| {
        match error.constraint() {
            Some("turnover_revocation_pkey") => revoked_before(),
            _ => error.into(),
        }
    })?;
    keyed.keep(&mut tx, &counter).await?;
    tx.commit().await?;
    Ok(counter)
}

/// The lines as a file of their own; it names what it takes back, so that no two are the same.
fn written(import: Uuid, lines: &[NewLine]) -> String {
    let mut text = format!("Rücknahme;{import}\r\nZeile;Monat;Betrag;Währung;Rechnung\r\n");
    for line in lines {
        let month = line.month.format("%m.%Y");
        let reference = line.reference.replace(['"', ';', '\r', '\n'], " ");
        text.push_str(&format!("{};{month};{};{};{reference}\r\n", line.row, line.amount, line.currency));
    }
    text
}

/// The sums of the lines: all of them are taken.
fn report(lines: &[NewLine]) -> TurnoverReport {
    let mut sums: BTreeMap<String, CurrencySums> = BTreeMap::new();
    for line in lines {
        let own = sums.entry(line.currency.clone()).or_default();
        own.rows += 1;
        own.negative_rows += usize::from(line.amount.is_negative());
        own.imported_rows += 1;
        own.imported += line.amount.decimal();
        own.control += line.amount.decimal();
    }
    TurnoverReport { rows: lines.len(), sums, ..TurnoverReport::default() }
}

fn in_words(error: ImportError) -> ActionError {
    match error {
        ImportError::Storage(error) => error.into(),
        ImportError::Action(error) => error,
        other => ActionError::NotNow(other.to_string()),
    }
}

fn revoked_before() -> ActionError {
    ActionError::NotNow("Diese Datei ist schon zurückgenommen. Bitte laden Sie die Seite neu.".to_owned())
}

fn takes_back_itself() -> ActionError {
    ActionError::NotNow(
        "Diese Zeilen nehmen selbst eine Datei zurück. Soll sie doch zählen, übernehmen Sie sie bitte noch einmal."
            .to_owned(),
    )
}
