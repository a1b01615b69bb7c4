//! The logo on the documents of a body, looked at before it counts. What the body has of its own beside it (fonts, text
//! blocks, templates) stays.

use std::sync::Arc;

use abruf_documents::data::Body;
use abruf_documents::house_style::LETTERHEAD;
use abruf_documents::{HouseStyle, Templates, order, sample};
use serde::Deserialize;

use super::issue_document::off_the_runtime;
use super::load_templates::{Folder, Loaded, checked, folder_name, load_one, style_of};
use super::{ActionError, FieldError, only};
use crate::actions::colleague::colleague;
use crate::actor::{Actor, Role, RunsAs};
use crate::app::App;
use crate::storage::organisations;
use crate::storage::template_overrides::{self, Owner};

/// Who sets it.
pub const SETTERS: &[Role] = &[Role::Office, Role::Administrator];
/// Files of ours that are logos.
const LOGOS: [&str; 3] = ["logo.png", "logo.jpg", "logo.jpeg"];
/// Lines of the sample.
const SAMPLE_LINES: usize = 3;

/// A logo as it was uploaded.
#[derive(Debug, Clone)]
pub struct Logo {
    /// The file.
    pub bytes: Arc<[u8]>,
    /// What it shows, for those who do not see it.
    pub alt: String,
}

impl Logo {
    /// Its name among the files, by what it is and not by what it is called.
    fn name(&self) -> Result<&'static str, ActionError> {
        if self.bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Ok("logo.png")
        } else if self.bytes.starts_with(b"\xff\xd8\xff") {
            Ok("logo.jpg")
        } else {
            Err(wrong(
                "logo",
                "Die Datei ist kein PNG und kein JPEG. Bitte wandeln Sie das Logo um, zum Beispiel in PNG.",
            ))
        }
    }
}

fn wrong(field: &str, message: &str) -> ActionError {
    ActionError::Invalid(vec![FieldError::new(field, message)])
}

/// An invented order with the body's own name and address and this logo; without one, with what counts now.
///
/// # Errors
/// [`ActionError::Invalid`] for a logo that cannot be printed.
pub async fn preview(app: &App, actor: &Actor, logo: Option<&Logo>) -> Result<Vec<u8>, ActionError> {
    only(actor, SETTERS)?;
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let body = organisations::find(&mut tx, actor.body).await?.ok_or(ActionError::NotFound)?;
    let rows = template_overrides::current(&mut tx, actor.body, None).await?;
    let mut style = style_of(&mut tx, rows).await?;
    tx.rollback().await?;
    if logo.is_some() {
        style = with_logo(style, logo)?;
    }
    let templates = usable(app, style).await?;
    let contact = [body.email.clone()].into_iter().filter(|it| !it.is_empty()).collect();
    let mut data = sample::order(SAMPLE_LINES);
    data.body = Body { name: body.name.clone(), address: body.address_lines(), contact };
    Ok(off_the_runtime(move || order(&data, &templates)).await?.bytes)
}

/// From now on documents of the body carry this logo; `None` takes it away. Those already made stay as they are.
///
/// # Errors
/// [`ActionError::Invalid`] for a logo that cannot be printed.
pub async fn set(app: &App, actor: &Actor, logo: Option<&Logo>) -> Result<(), ActionError> {
    only(actor, SETTERS)?;
    colleague(app, actor, actor.person).await?;
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let name = organisations::name(&mut tx, actor.body).await?.ok_or(ActionError::NotFound)?;
    let rows = template_overrides::own(&mut tx, actor.body, None).await?;
    let style = with_logo(style_of(&mut tx, rows).await?, logo)?;
    tx.rollback().await?;
    let folder = Folder { body: folder_name(&name), member: None, style, fault: None };
    let owner = Owner { body: actor.body, body_name: name, member: None, member_name: None };
    match load_one(app, &owner, &folder).await? {
        Some(Loaded::Refused(_, why)) => Err(wrong("logo", &why)),
        _ => Ok(()),
    }
}

/// Whether the body has a logo of its own.
///
/// # Errors
/// If the database fails.
pub async fn has_logo(app: &App, actor: &Actor) -> Result<bool, ActionError> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let rows = template_overrides::own(&mut tx, actor.body, None).await?;
    tx.rollback().await?;
    Ok(rows.iter().any(|row| LOGOS.contains(&row.name.as_str())))
}

/// What a letterhead says beside the logo.
#[derive(Deserialize, Default)]
struct Beside {
    fonts: Option<Fonts>,
}

#[derive(Deserialize)]
struct Fonts {
    regular: String,
    bold: String,
}

fn with_logo(mut style: HouseStyle, logo: Option<&Logo>) -> Result<HouseStyle, ActionError> {
    let beside: Beside = style.texts.remove(LETTERHEAD).and_then(|text| toml::from_str(&text).ok()).unwrap_or_default();
    for name in LOGOS {
        style.assets.remove(name);
    }
    let mut text = String::new();
    if let Some(logo) = logo {
        let alt = logo.alt.trim();
        if alt.is_empty() || 200 < alt.chars().count() || alt.chars().any(char::is_control) {
            let message =
                "Bitte beschreiben Sie das Logo in einem Satz mit höchstens 200 Zeichen, für alle, die es nicht sehen.";
            return Err(wrong("alt", message));
        }
        let name = logo.name()?;
        text += &format!("[logo]\nfile = {}\nalt = {}\n", quoted(name), quoted(alt));
        style.assets.insert(name.to_owned(), logo.bytes.clone());
    }
    if let Some(fonts) = beside.fonts {
        text += &format!("[fonts]\nregular = {}\nbold = {}\n", quoted(&fonts.regular), quoted(&fonts.bold));
    }
    if !text.is_empty() {
        style.texts.insert(LETTERHEAD.to_owned(), text);
    }
    Ok(style)
}

/// As TOML writes a text: the quotes and escapes of JSON are among those of TOML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The templates of the program with this style, checked with invented data.
async fn usable(app: &App, style: HouseStyle) -> Result<Templates, ActionError> {
    let base = Templates::clone(&app.templates);
    let verdict = off_the_runtime(move || Ok(checked(&base, &style))).await?;
    verdict.map_err(|why| wrong("logo", &why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logo_takes_the_place_of_the_old_one_and_fonts_stay() {
        let before = HouseStyle {
            texts: [(
                LETTERHEAD.to_owned(),
                "[logo]\nfile = \"logo.jpg\"\nalt = \"alt\"\n[fonts]\nregular = \"fonts/A.ttf\"\nbold = \"fonts/B.ttf\"\n".to_owned(),
            )]
            .into(),
            assets: [("logo.jpg".to_owned(), Arc::from(&b"x"[..])), ("fonts/A.ttf".to_owned(), Arc::from(&b"y"[..]))].into(),
        };
        let logo = Logo { bytes: Arc::from(&b"\x89PNG\r\n\x1a\n..."[..]), alt: "Wappen \"Elbe\"".to_owned() };
        let after = with_logo(before.clone(), Some(&logo)).unwrap();
        assert_eq!(after.assets.keys().collect::<Vec<_>>(), ["fonts/A.ttf", "logo.png"]);
        assert_eq!(
            after.texts[LETTERHEAD],
            "[logo]\nfile = \"logo.png\"\nalt = \"Wappen \\\"Elbe\\\"\"\n[fonts]\nregular = \"fonts/A.ttf\"\nbold = \"fonts/B.ttf\"\n"
        );
        let without = with_logo(after, None).unwrap();
        assert!(!without.texts[LETTERHEAD].contains("logo") && without.assets.len() == 1);
        let picture = Logo { bytes: Arc::from(&b"<svg/>"[..]), alt: "x".to_owned() };
        assert!(matches!(with_logo(before, Some(&picture)), Err(ActionError::Invalid(_))));
    }
}
