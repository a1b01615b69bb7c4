//! Take the customer's templates, text blocks, logo and fonts into use: each set is checked as a whole with invented
//! data first. A broken one is refused with file, line and reason, and what was in use before stays in use.

use std::fmt;
use std::sync::{Arc, LazyLock};

use abruf_documents::house_style::SVG_REFUSED;
use abruf_documents::{DocumentError, HouseStyle, Templates, check_templates};
use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::sha256;
use abruf_domain::ids::OrganisationId;
use data_encoding::HEXLOWER;
use quick_cache::sync::Cache;
use serde_json::json;
use sqlx::PgConnection;

use super::ActionError;
use super::issue_document::off_the_runtime;
use crate::actor::RunsAs;
use crate::app::App;
use crate::storage::StorageError;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::template_overrides::{self, Content, NewOverride, OverrideRow, Owner};

/// How many sets of templates stay ready; there is one per body, and one per member that has its own.
const READY: usize = 32;

/// Sets that were read before, by the hash of all they are made of: none is ever out of date.
static SETS: LazyLock<Cache<[u8; 32], Arc<Templates>>> = LazyLock::new(|| Cache::new(READY));

/// The files of one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Folder of the body: its name in small letters, `kommunal-it-mitte-eg`.
    pub body: String,
    /// Folder of the member within it.
    pub member: Option<String>,
    /// Its files.
    pub style: HouseStyle,
    /// Why it could not be read as a whole; German, with the file.
    pub fault: Option<String>,
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
    /// So many files are new, changed or taken back.
    Changed(String, usize),
    /// Everything is as it was.
    Unchanged(String),
    /// Nothing of it was taken; German, with file, line and reason.
    Refused(String, String),
}

impl fmt::Display for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(place, 1) => write!(f, "Vorlagen {place}: 1 Datei übernommen."),
            Self::Changed(place, many) => write!(f, "Vorlagen {place}: {many} Dateien übernommen."),
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

/// The templates with these files in place of theirs, checked with invented data.
///
/// # Errors
/// What is wrong: German, with file, line and reason.
pub fn checked(base: &Templates, style: &HouseStyle) -> Result<Templates, String> {
    let with = style.check_assets_named().and_then(|()| base.clone().with_style(style));
    with.and_then(|templates| check_templates(&templates).map(|()| templates)).map_err(|error| in_german(&error, base))
}

/// What is wrong with files of a customer.
#[must_use]
pub fn in_german(error: &DocumentError, base: &Templates) -> String {
    match error {
        DocumentError::Template { file, line, reason } => format!("Datei {file}, Zeile {line}: {reason}."),
        DocumentError::Asset { file, reason } => format!("Datei {file}: {reason}."),
        DocumentError::UnknownTemplate(name) => unknown(name, base),
        other => format!("{other}."),
    }
}

/// A file that documents do not know.
#[must_use]
pub fn unknown(name: &str, base: &Templates) -> String {
    let svg = if name.to_lowercase().ends_with(".svg") { format!(" {SVG_REFUSED}.") } else { String::new() };
    let known: Vec<&str> = base.names().collect();
    format!(
        "Datei {name}: Eine Datei dieses Namens kennen die Vorlagen nicht.{svg} Erlaubt sind: letterhead.toml, logo.png, logo.jpg, blocks/<Name>.txt, fonts/<Name>.ttf, fonts/<Name>.otf, {}.",
        known.join(", ")
    )
}

/// The templates for the documents of a member: its own, else those of its body, else the program's.
pub(super) async fn templates_of(
    app: &App,
    conn: &mut PgConnection,
    body: OrganisationId,
    member: OrganisationId,
) -> Result<Arc<Templates>, ActionError> {
    let rows = template_overrides::current(conn, body, Some(member)).await?;
    if rows.is_empty() {
        return Ok(app.templates.clone());
    }
    let key = hash_of(&rows);
    if let Some(ready) = SETS.get(&key) {
        return Ok(ready);
    }
    let style = style_of(conn, rows).await?;
    let base = Templates::clone(&app.templates);
    let own = Arc::new(off_the_runtime(move || base.with_style(&style)).await?);
    SETS.insert(key, own.clone());
    Ok(own)
}

/// Hash of names and contents, each with its length before it.
fn hash_of(rows: &[OverrideRow]) -> [u8; 32] {
    let mut all = Vec::new();
    for row in rows {
        let wording = row.wording.as_deref().unwrap_or_default();
        for part in [row.name.as_bytes(), wording.as_bytes(), row.asset.as_deref().unwrap_or_default()] {
            all.extend(part.len().to_be_bytes());
            all.extend(part);
        }
    }
    sha256(&all)
}

/// The files themselves.
pub(super) async fn style_of(conn: &mut PgConnection, rows: Vec<OverrideRow>) -> Result<HouseStyle, StorageError> {
    let mut style = HouseStyle::default();
    for row in rows {
        if let Some(sha256) = &row.asset {
            // A foreign key says that it is there.
            let bytes = template_overrides::asset(conn, sha256).await?.unwrap_or_default();
            style.assets.insert(row.name, bytes.into());
        } else if let Some(wording) = row.wording {
            style.texts.insert(row.name, wording);
        }
    }
    Ok(style)
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
        style: HouseStyle::default(),
        fault: None,
    }
}

/// `None` where there is nothing and was nothing.
pub(super) async fn load_one(app: &App, owner: &Owner, folder: &Folder) -> Result<Option<Loaded>, ActionError> {
    if let Some(why) = &folder.fault {
        return Ok(Some(Loaded::Refused(folder.to_string(), why.clone())));
    }
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let rows = template_overrides::own(&mut tx, owner.body, owner.member).await?;
    let before = style_of(&mut tx, rows).await?;
    if folder.style == before {
        tx.rollback().await?;
        return Ok((!before.is_empty()).then(|| Loaded::Unchanged(folder.to_string())));
    }
    let of_body = match owner.member {
        Some(_) => {
            let rows = template_overrides::current(&mut tx, owner.body, None).await?;
            style_of(&mut tx, rows).await?
        }
        None => HouseStyle::default(),
    };
    let (base, style) = (app.templates.clone(), folder.style.clone());
    let verdict = off_the_runtime(move || {
        let base = Templates::clone(&base).with_style(&of_body)?;
        Ok(checked(&base, &style).map(|_| ()))
    })
    .await?;
    if let Err(why) = verdict {
        tx.rollback().await?;
        return Ok(Some(Loaded::Refused(folder.to_string(), why)));
    }
    let now = app.clock.now();
    let (body, member) = (owner.body, owner.member);
    let mut versions = Vec::new();
    for (name, content) in changes(&before, &folder.style) {
        let hash = match content {
            Change::Text(text) => Some(sha256(text.as_bytes())),
            Change::Asset(bytes) => Some(sha256(bytes)),
            Change::TakenBack => None,
        };
        let version = hash.map(|hash| HEXLOWER.encode(&hash)[..12].to_owned());
        let content = match (content, &hash) {
            (Change::Text(text), _) => Content::Text(text),
            (Change::Asset(bytes), Some(hash)) => {
                template_overrides::keep_asset(&mut tx, hash, bytes).await?;
                Content::Asset(hash)
            }
            _ => Content::TakenBack,
        };
        let (id, version) = (app.chance.id(now), version.as_deref());
        let new = NewOverride { id, body, member, name, content, version, at: now };
        template_overrides::insert(&mut tx, &new).await?;
        versions.push(json!({ "name": name, "version": version }));
    }
    let subject = owner.member.unwrap_or(owner.body);
    let mut entry = AuditEntry::new(now, None, "templates_loaded", "organisation", subject.0);
    entry.after = Some(HEXLOWER.encode(&sha256(json!(versions).to_string().as_bytes())));
    let concerns = Concerns { body: Some(owner.body), member: owner.member, call_off: None };
    let record = Record::with_detail(entry, concerns, app.chance.bytes(), json!({ "templates": &versions }));
    audit_log::append(&mut tx, owner.body.0, &record).await?;
    tx.commit().await?;
    Ok(Some(Loaded::Changed(folder.to_string(), versions.len())))
}

/// What became of a file.
#[derive(Clone, Copy)]
enum Change<'a> {
    Text(&'a str),
    Asset(&'a [u8]),
    TakenBack,
}

/// Files that are new, changed or gone, by name.
fn changes<'a>(before: &'a HouseStyle, after: &'a HouseStyle) -> Vec<(&'a str, Change<'a>)> {
    let texts = after.texts.iter().filter(|(name, text)| before.texts.get(*name) != Some(text));
    let texts = texts.map(|(name, text)| (name.as_str(), Change::Text(text)));
    let assets = after.assets.iter().filter(|(name, bytes)| before.assets.get(*name) != Some(bytes));
    let assets = assets.map(|(name, bytes)| (name.as_str(), Change::Asset(bytes)));
    let gone = before.texts.keys().filter(|name| !after.texts.contains_key(*name));
    let gone = gone.chain(before.assets.keys().filter(|name| !after.assets.contains_key(*name)));
    texts.chain(assets).chain(gone.map(|name| (name.as_str(), Change::TakenBack))).collect()
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
        let set = |name: &str, text: &str| HouseStyle {
            texts: [(name.to_owned(), text.to_owned())].into(),
            ..HouseStyle::default()
        };
        let refused = checked(&base, &set("order.xml.j2", "<doc>\n{% if %}")).unwrap_err();
        assert!(refused.starts_with("Datei order.xml.j2, Zeile 2: syntax error"), "{refused}");
        let refused = checked(&base, &set("brief.xml.j2", "x")).unwrap_err();
        assert!(refused.contains("brief.xml.j2") && refused.contains("letterhead.xml.j2"), "{refused}");
        let refused = checked(&base, &set("letterhead.toml", "[logo]\nfile = 1\n")).unwrap_err();
        assert!(refused.starts_with("Datei letterhead.toml, Zeile 2:"), "{refused}");
        assert!(checked(&base, &HouseStyle::default()).is_ok());
    }
}
