//! Take the customer's templates into use: each set is checked as a whole with invented data first. A broken one is
//! refused with file, line and reason, and what was in use before stays in use.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use abruf_documents::{DocumentError, Templates, check_templates};
use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::sha256;
use abruf_domain::ids::OrganisationId;
use data_encoding::HEXLOWER;
use serde_json::json;
use sqlx::PgConnection;

use super::ActionError;
use super::issue_document::off_the_runtime;
use crate::actor::RunsAs;
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::template_overrides::{self, NewOverride, Owner};

/// The templates of one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Folder of the body: its name in small letters, `kommunal-it-mitte-eg`.
    pub body: String,
    /// Folder of the member within it.
    pub member: Option<String>,
    /// File names with their texts.
    pub texts: BTreeMap<String, String>,
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.body)?;
        self.member.as_ref().map_or(Ok(()), |member| write!(f, "/{member}"))
    }
}

/// What became of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loaded {
    /// So many texts are new, changed or taken back.
    Changed(String, usize),
    /// Everything is as it was.
    Unchanged(String),
    /// Nothing of it was taken; German, with file, line and reason.
    Refused(String, String),
}

impl fmt::Display for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(place, 1) => write!(f, "Vorlagen {place}: 1 Text übernommen."),
            Self::Changed(place, many) => write!(f, "Vorlagen {place}: {many} Texte übernommen."),
            Self::Unchanged(place) => write!(f, "Vorlagen {place}: unverändert."),
            Self::Refused(place, why) => {
                write!(f, "Vorlagen {place}: nicht übernommen, es gelten weiter die bisherigen. {why}")
            }
        }
    }
}

/// A name as a folder: small letters and digits, everything else a hyphen; ä is ae.
#[must_use]
pub fn folder_name(name: &str) -> String {
    let mut folder = String::new();
    for letter in name.chars().flat_map(char::to_lowercase) {
        match letter {
            'ä' => folder.push_str("ae"),
            'ö' => folder.push_str("oe"),
            'ü' => folder.push_str("ue"),
            'ß' => folder.push_str("ss"),
            plain if plain.is_ascii_alphanumeric() => folder.push(plain),
            _ if folder.is_empty() || folder.ends_with('-') => {}
            _ => folder.push('-'),
        }
    }
    folder.trim_end_matches('-').to_owned()
}

/// The templates with these texts in place of theirs, checked with invented data.
///
/// # Errors
/// What is wrong: German, with file, line and reason.
pub fn checked(base: &Templates, texts: &BTreeMap<String, String>) -> Result<Templates, String> {
    let with = texts.iter().try_fold(base.clone(), |templates, (name, text)| templates.with_override(name, text));
    with.and_then(|templates| check_templates(&templates).map(|()| templates)).map_err(|error| in_german(&error, base))
}

fn in_german(error: &DocumentError, base: &Templates) -> String {
    match error {
        DocumentError::Template { file, line, reason } => format!("Datei {file}, Zeile {line}: {reason}."),
        DocumentError::UnknownTemplate(name) => {
            let known: Vec<&str> = base.names().collect();
            format!("Datei {name}: Eine Vorlage dieses Namens gibt es nicht. Erlaubt sind: {}.", known.join(", "))
        }
        other => format!("{other}."),
    }
}

/// The templates for the documents of a member: its own, else those of its body, else the program's.
pub(super) async fn templates_of(
    app: &App,
    conn: &mut PgConnection,
    body: OrganisationId,
    member: OrganisationId,
) -> Result<Arc<Templates>, ActionError> {
    let texts = template_overrides::current(conn, body, Some(member)).await?;
    if texts.is_empty() {
        return Ok(app.templates.clone());
    }
    let base = Templates::clone(&app.templates);
    let own = texts.iter().try_fold(base, |templates, (name, text)| templates.with_override(name, text))?;
    Ok(Arc::new(own))
}

/// Takes the folders into use. What has no folder any more is taken back.
///
/// # Errors
/// If the database fails; a broken template is an answer.
pub async fn load(app: &App, mut folders: Vec<Folder>) -> Result<Vec<Loaded>, ActionError> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let owners = template_overrides::owners(&mut tx).await?;
    tx.rollback().await?;
    let mut told = Vec::new();
    // Those of a body stand before those of its members, which build upon them.
    for owner in owners {
        let at = folders.iter().position(|folder| belongs(folder, &owner));
        let folder = at.map_or_else(|| empty(&owner), |at| folders.swap_remove(at));
        if let Some(loaded) = load_one(app, &owner, &folder).await? {
            told.push(loaded);
        }
    }
    told.extend(folders.iter().map(|folder| {
        let why = "Zu diesem Ordner gibt es keine Genossenschaft und kein Mitglied. Er heißt wie ihr Name in Kleinbuchstaben, zum Beispiel stadt-altenrode.";
        Loaded::Refused(folder.to_string(), why.to_owned())
    }));
    Ok(told)
}

fn belongs(folder: &Folder, owner: &Owner) -> bool {
    folder.body == folder_name(&owner.body_name) && folder.member == owner.member_name.as_deref().map(folder_name)
}

fn empty(owner: &Owner) -> Folder {
    Folder {
        body: folder_name(&owner.body_name),
        member: owner.member_name.as_deref().map(folder_name),
        texts: BTreeMap::new(),
    }
}

/// `None` where there is nothing and was nothing.
async fn load_one(app: &App, owner: &Owner, folder: &Folder) -> Result<Option<Loaded>, ActionError> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let before = template_overrides::own(&mut tx, owner.body, owner.member).await?;
    if folder.texts.is_empty() && before.is_empty() {
        tx.rollback().await?;
        return Ok(None);
    }
    if folder.texts == before {
        tx.rollback().await?;
        return Ok(Some(Loaded::Unchanged(folder.to_string())));
    }
    let of_body = match owner.member {
        Some(_) => template_overrides::current(&mut tx, owner.body, None).await?,
        None => BTreeMap::new(),
    };
    let (base, texts) = (app.templates.clone(), folder.texts.clone());
    let verdict = off_the_runtime(move || {
        let base = of_body.iter().try_fold(Templates::clone(&base), |it, (name, text)| it.with_override(name, text))?;
        Ok(checked(&base, &texts).map(|_| ()))
    })
    .await?;
    if let Err(why) = verdict {
        tx.rollback().await?;
        return Ok(Some(Loaded::Refused(folder.to_string(), why)));
    }
    let now = app.clock.now();
    let changed = folder.texts.iter().filter(|(name, text)| before.get(*name) != Some(text));
    let mut rows: Vec<(&str, Option<&str>)> =
        changed.map(|(name, text)| (name.as_str(), Some(text.as_str()))).collect();
    rows.extend(before.keys().filter(|name| !folder.texts.contains_key(*name)).map(|name| (name.as_str(), None)));
    let mut versions = Vec::new();
    for (name, text) in &rows {
        let version = text.map(|text| HEXLOWER.encode(&sha256(text.as_bytes()))[..12].to_owned());
        let wording = text.zip(version.as_deref());
        let id = app.chance.id(now);
        let (body, member) = (owner.body, owner.member);
        template_overrides::insert(&mut tx, &NewOverride { id, body, member, name, wording, at: now }).await?;
        versions.push(json!({ "name": name, "version": version }));
    }
    let subject = owner.member.unwrap_or(owner.body);
    let mut entry = AuditEntry::new(now, None, "templates_loaded", "organisation", subject.0);
    entry.after = Some(HEXLOWER.encode(&sha256(json!(versions).to_string().as_bytes())));
    let concerns = Concerns { body: Some(owner.body), member: owner.member, call_off: None };
    let record = Record::with_detail(entry, concerns, app.chance.bytes(), json!({ "templates": versions }));
    audit_log::append(&mut tx, owner.body.0, &record).await?;
    tx.commit().await?;
    Ok(Some(Loaded::Changed(folder.to_string(), rows.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_named_after_its_owner() {
        for (name, folder) in [
            ("Kommunal-IT Mitte eG", "kommunal-it-mitte-eg"),
            ("Stadt Mühlwerda", "stadt-muehlwerda"),
            ("Landkreis Groß Nord (Harz)", "landkreis-gross-nord-harz"),
            ("../..", ""),
        ] {
            assert_eq!(folder_name(name), folder);
        }
    }

    #[test]
    fn a_broken_set_is_refused_with_file_line_and_reason() {
        let base = Templates::embedded();
        let set = |name: &str, text: &str| BTreeMap::from([(name.to_owned(), text.to_owned())]);
        let refused = checked(&base, &set("order.xml.j2", "<doc>\n{% if %}")).unwrap_err();
        assert!(refused.starts_with("Datei order.xml.j2, Zeile 2: syntax error"), "{refused}");
        let refused = checked(&base, &set("logo.png", "x")).unwrap_err();
        assert!(refused.contains("logo.png") && refused.contains("letterhead.xml.j2"), "{refused}");
        assert!(checked(&base, &BTreeMap::new()).is_ok());
    }
}
