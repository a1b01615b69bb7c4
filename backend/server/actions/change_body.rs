//! What a purchasing body says of itself: name, legal form, address, register. It stands in the imprint, on documents and
//! in the help of every page.

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::{canonical_json, sha256};
use data_encoding::HEXLOWER;
use serde_json::json;

use super::create_administrator::is_mail_address;
use super::{ActionError, FieldError, is_storable, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::organisations::{self, Particulars};

/// Who may change it.
pub const CHANGERS: &[Role] = &[Role::Office, Role::Administrator];

/// Legal forms of purchasing bodies, with their words.
pub const KINDS: &[(&str, &str)] = &[
    ("genossenschaft", "eingetragene Genossenschaft (eG)"),
    ("zweckverband", "Zweckverband"),
    ("anstalt", "Anstalt des öffentlichen Rechts"),
    ("kommunales_unternehmen", "Gesellschaft in kommunaler Hand (GmbH)"),
    ("stiftung", "Stiftung"),
];

/// What is wrong with it, field by field; empty if nothing is.
#[must_use]
pub fn mistakes(it: &Particulars) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    for (field, text, most, missing) in [
        ("body", &it.name, 200, "Bitte geben Sie den Namen der Genossenschaft ein, wie er im Register steht."),
        ("street", &it.street, 200, "Bitte geben Sie Straße und Hausnummer ein, zum Beispiel Am Speicher 4."),
        ("town", &it.town, 200, "Bitte geben Sie den Ort ein."),
        ("phone", &it.phone, 50, ""),
        ("register_entry", &it.register_entry, 200, ""),
        ("represented_by", &it.represented_by, 200, ""),
        ("vat_id", &it.vat_id, 20, ""),
    ] {
        let count = text.chars().count();
        if text.is_empty() && !missing.is_empty() {
            wrong.push(FieldError::new(field, missing));
        } else if most < count {
            let message = format!("Das sind {count} Zeichen, erlaubt sind {most}. Bitte kürzen Sie den Text.");
            wrong.push(FieldError::new(field, message));
        } else if !is_storable(text) {
            wrong.push(FieldError::new(
                field,
                "Der Text enthält ein unsichtbares Zeichen. Bitte geben Sie ihn neu ein.",
            ));
        }
    }
    if !KINDS.iter().any(|(key, _)| *key == it.kind) {
        wrong.push(FieldError::new("kind", "Bitte wählen Sie die Rechtsform."));
    }
    if it.postcode.is_empty() {
        wrong.push(FieldError::new("postcode", "Bitte geben Sie die Postleitzahl ein, zum Beispiel 39104."));
    } else if it.postcode.len() != 5 || !it.postcode.bytes().all(|digit| digit.is_ascii_digit()) {
        let shown: String = it.postcode.chars().take(20).collect();
        let message = format!("„{shown}“ ist keine Postleitzahl. Erwartet werden fünf Ziffern, zum Beispiel 39104.");
        wrong.push(FieldError::new("postcode", message));
    }
    if it.email.is_empty() {
        let message = "Bitte geben Sie die E-Mail-Adresse ein, zum Beispiel geschaeftsstelle@genossenschaft.example.";
        wrong.push(FieldError::new("email", message));
    } else if !is_mail_address(&it.email) || !is_storable(&it.email) {
        let message = "Das ist keine E-Mail-Adresse. Erwartet wird eine wie geschaeftsstelle@genossenschaft.example.";
        wrong.push(FieldError::new("email", message));
    }
    wrong
}

/// Changes what the actor's body says of itself. The same once more changes nothing.
///
/// # Errors
/// [`ActionError::Invalid`] with every field that does not fit.
pub async fn change(app: &App, actor: &Actor, new: &Particulars) -> Result<(), ActionError> {
    only(actor, CHANGERS)?;
    let wrong = mistakes(new);
    if !wrong.is_empty() {
        return Err(ActionError::Invalid(wrong));
    }
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let before = organisations::particulars(&mut tx, actor.body).await?.ok_or(ActionError::NotFound)?;
    if before == *new {
        return Ok(());
    }
    organisations::set_particulars(&mut tx, actor.body, new).await?;
    let record = record(app, actor, new, now);
    audit_log::append(&mut tx, actor.body.0, &record).await?;
    Ok(tx.commit().await?)
}

fn record(app: &App, actor: &Actor, new: &Particulars, now: chrono::DateTime<chrono::Utc>) -> Record {
    let what = json!({
        "name": new.name, "kind": new.kind, "street": new.street, "postcode": new.postcode, "town": new.town,
        "email": new.email, "phone": new.phone, "register_entry": new.register_entry,
        "represented_by": new.represented_by, "vat_id": new.vat_id,
    });
    let mut entry = AuditEntry::new(now, Some(actor.person.0), "body_changed", "organisation", actor.body.0);
    entry.after = Some(HEXLOWER.encode(&sha256(canonical_json(&what).as_bytes())));
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
    Record::with_detail(entry, concerns, app.chance.bytes(), what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right() -> Particulars {
        Particulars {
            name: "Einkaufsgenossenschaft Elbe eG".to_owned(),
            kind: "genossenschaft".to_owned(),
            street: "Am Speicher 4".to_owned(),
            postcode: "39104".to_owned(),
            town: "Magdeburg".to_owned(),
            email: "post@elbe.example".to_owned(),
            ..Particulars::default()
        }
    }

    #[test]
    fn each_wrong_field_is_named() {
        assert!(mistakes(&right()).is_empty());
        let wrong = Particulars {
            name: String::new(),
            kind: "verein".to_owned(),
            postcode: "3910".to_owned(),
            email: "post".to_owned(),
            vat_id: "X".repeat(21),
            ..right()
        };
        let fields: Vec<String> = mistakes(&wrong).into_iter().map(|it| it.field).collect();
        assert_eq!(fields, ["body", "vat_id", "kind", "postcode", "email"]);
    }
}
