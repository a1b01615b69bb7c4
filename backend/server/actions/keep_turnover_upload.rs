//! Keep an uploaded turnover file until it is taken or thrown away: nothing of it counts before somebody has seen
//! what it would do and confirmed it.

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::sha256;
use data_encoding::HEXLOWER;
use serde_json::json;
use uuid::Uuid;

use super::import::encoding;
use super::import::table::MOST_BYTES;
use super::import::turnover_map::proposed;
use super::{ActionError, FieldError, is_storable, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::turnover_uploads::{self, ReportOf, Upload};
use crate::storage::{contracts, organisations};

/// Longest name of a file, in characters.
const LONGEST_NAME: usize = 200;
/// Longest mapping, in characters: thousands of names.
const LONGEST_MAPPING: usize = 400_000;

/// Keeps a file with its mapping; without one, with a guess from its first line. The same file for the same
/// purpose is kept once. Returns its id.
///
/// # Errors
/// [`ActionError::Invalid`] where the file is empty or too large, or what it is about does not exist.
pub async fn keep(
    app: &App,
    actor: &Actor,
    name: &str,
    bytes: &[u8],
    mapping: &str,
    report: Option<ReportOf>,
) -> Result<Uuid, ActionError> {
    only(actor, &[Role::Office])?;
    let mut errors = Vec::new();
    if bytes.is_empty() {
        let message = "Bitte wählen Sie eine Datei aus, oder fügen Sie ihren Inhalt ein. Angekommen ist nichts.";
        errors.push(FieldError::new("file", message));
    } else if MOST_BYTES < bytes.len() {
        let most = MOST_BYTES / (1024 * 1024);
        errors.push(FieldError::new("file", format!("Die Datei ist größer als {most} MB. Bitte teilen Sie sie auf.")));
    }
    errors.extend(mapping_mistake(mapping));
    let mut tx = app.db.begin(actor).await?;
    if let Some(report) = &report {
        if contracts::number(&mut tx, report.contract).await?.is_none() {
            errors.push(FieldError::new("contract", "Bitte wählen Sie den Vertrag aus, um den es geht."));
        }
        if !organisations::is_supplier(&mut tx, actor.body, report.supplier).await? {
            errors.push(FieldError::new("supplier", "Bitte wählen Sie den Lieferanten aus, der gemeldet hat."));
        }
        if report.to < report.from {
            errors.push(FieldError::new("to", "Der letzte Monat liegt vor dem ersten. Bitte prüfen Sie den Zeitraum."));
        }
    }
    if !errors.is_empty() {
        return Err(ActionError::Invalid(errors));
    }
    let now = app.clock.now();
    let mapping = match mapping.trim() {
        "" => proposed(&encoding::decode(bytes, "auto").map_or_else(|_| String::new(), |it| it.text.into_owned())),
        given => given.to_owned(),
    };
    let upload = Upload {
        id: app.chance.id(now),
        file_name: file_name(name),
        sha256: sha256(bytes).to_vec(),
        bytes: bytes.to_vec(),
        mapping,
        report,
        person: actor.person,
        at: now,
    };
    let id = turnover_uploads::keep(&mut tx, actor.body, &upload).await?;
    if id == upload.id {
        let mut entry = AuditEntry::new(now, Some(actor.person.0), "turnover_uploaded", "turnover_upload", id);
        entry.after = Some(HEXLOWER.encode(&upload.sha256));
        actor.sign(&mut entry);
        let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
        let record = Record::with_detail(entry, concerns, app.chance.bytes(), json!({ "file": upload.file_name }));
        audit_log::append(&mut tx, actor.body.0, &record).await?;
    }
    tx.commit().await?;
    Ok(id)
}

/// Gives a file that waits another mapping. Whether it fits is seen in the preview.
///
/// # Errors
/// [`ActionError::NotFound`] where the file is gone, [`ActionError::Invalid`] for a text too long.
pub async fn remap(app: &App, actor: &Actor, id: Uuid, mapping: &str) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    if let Some(mistake) = mapping_mistake(mapping) {
        return Err(ActionError::Invalid(vec![mistake]));
    }
    let mut tx = app.db.begin(actor).await?;
    if !turnover_uploads::remap(&mut tx, id, mapping).await? {
        return Err(ActionError::NotFound);
    }
    Ok(tx.commit().await?)
}

/// Throws a file that waits away; nothing of it has counted.
///
/// # Errors
/// [`ActionError::NotFound`] where it is gone.
pub async fn discard(app: &App, actor: &Actor, id: Uuid) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let mut tx = app.db.begin(actor).await?;
    let upload = turnover_uploads::find(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    turnover_uploads::remove(&mut tx, id).await?;
    let mut entry =
        AuditEntry::new(app.clock.now(), Some(actor.person.0), "turnover_upload_discarded", "turnover_upload", id);
    entry.before = Some(HEXLOWER.encode(&upload.sha256));
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
    audit_log::append(&mut tx, actor.body.0, &Record::new(entry, concerns)).await?;
    Ok(tx.commit().await?)
}

fn mapping_mistake(mapping: &str) -> Option<FieldError> {
    let message = if LONGEST_MAPPING < mapping.chars().count() {
        "Die Zuordnung ist zu lang: Erlaubt sind 400.000 Zeichen. Bitte teilen Sie die Datei auf."
    } else if is_storable(mapping) {
        return None;
    } else {
        "Die Zuordnung enthält ein unsichtbares Zeichen. Bitte geben Sie sie neu ein."
    };
    Some(FieldError::new("mapping", message))
}

/// The name without folders and invisible characters; one that is left empty gets a plain one.
pub fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|it| !it.is_control()).take(LONGEST_NAME).collect();
    match plain.trim() {
        "" => "umsatz.csv".to_owned(),
        plain => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_file_keeps_its_name_without_its_folders() {
        assert_eq!(file_name("C:\\Temp\\Umsatz 2026.csv"), "Umsatz 2026.csv");
        assert_eq!(file_name("../../etc/passwd"), "passwd");
        assert_eq!(file_name("\u{7}"), "umsatz.csv");
    }
}
