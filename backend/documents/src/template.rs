//! The templates of all documents: defaults inside the program, overrides passed in as text.
//!
//! A template is minijinja that makes XML. Values are escaped for XML wherever they are printed;
//! characters that XML cannot hold are dropped. German notation comes from filters: `money`,
//! `number`, `percent`, `date`, `date_time`, `period`, `months`, `code` (a Prüfkennung in groups), and `lines` to split a text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fmt::Write as _;
use std::io;

use abruf_domain::canonical::sha256;
use data_encoding::HEXLOWER;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, Error};
use serde::Serialize;

use crate::block::Doc;
use crate::document::{DocumentError, short_hash};
use crate::house_style::{HouseStyle, LETTERHEAD, Letterhead, Logo, block_name};
use crate::own_fonts::OwnFonts;
use crate::template_filters::environment;
use crate::xml;

/// Defaults, by the name a cooperative uses to override them.
const EMBEDDED: [(&str, &str); 12] = [
    ("order.xml.j2", include_str!("../../../pdf-templates/order.xml.j2")),
    ("cancellation.xml.j2", include_str!("../../../pdf-templates/cancellation.xml.j2")),
    ("delivery_change.xml.j2", include_str!("../../../pdf-templates/delivery_change.xml.j2")),
    ("memo.xml.j2", include_str!("../../../pdf-templates/memo.xml.j2")),
    ("entitlement_certificate.xml.j2", include_str!("../../../pdf-templates/entitlement_certificate.xml.j2")),
    ("competition_record.xml.j2", include_str!("../../../pdf-templates/competition_record.xml.j2")),
    ("meeting_report.xml.j2", include_str!("../../../pdf-templates/meeting_report.xml.j2")),
    ("report.xml.j2", include_str!("../../../pdf-templates/report.xml.j2")),
    ("savings_certificate.xml.j2", include_str!("../../../pdf-templates/savings_certificate.xml.j2")),
    ("letterhead.xml.j2", include_str!("../../../pdf-templates/letterhead.xml.j2")),
    ("notehead.xml.j2", include_str!("../../../pdf-templates/notehead.xml.j2")),
    ("lines.xml.j2", include_str!("../../../pdf-templates/lines.xml.j2")),
];

/// Text blocks that letters of the program print where a customer has words for them: they are empty and stay so,
/// because documents are made again with the blocks recorded for them alone.
const BLOCKS: [&str; 2] = ["closing", "greeting"];

/// Most letters of a text block.
const MOST_BLOCK: usize = 10_000;

/// Most bytes of a template.
const MOST_TEXT: usize = 500_000;

/// Most bytes of the blocks a template makes.
const MOST_BLOCKS: usize = 32 * 1024 * 1024;

/// What a document is made of beside its own template: letters have a letterhead, notes for the file a head of their
/// own, and what is about an order its lines.
fn parts(name: &str) -> Vec<&str> {
    match name {
        "order.xml.j2" | "cancellation.xml.j2" | "delivery_change.xml.j2" => {
            vec![name, "letterhead.xml.j2", "lines.xml.j2"]
        }
        "memo.xml.j2" => vec![name, "notehead.xml.j2", "lines.xml.j2"],
        // It bears no Prüfkennung, which every head prints.
        "report.xml.j2" => vec![name],
        _ => vec![name, "notehead.xml.j2"],
    }
}

/// The template texts in use, read and ready.
#[derive(Clone)]
pub struct Templates {
    texts: BTreeMap<String, String>,
    environment: Environment<'static>,
    /// Text blocks by name, as templates see them.
    blocks: BTreeMap<String, String>,
    /// Text blocks, `letterhead.toml`, logos and fonts of a customer.
    own: HouseStyle,
    letterhead: Letterhead,
    /// Of logo and fonts in use.
    hashes: BTreeMap<String, [u8; 32]>,
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Templates").field("names", &self.texts.keys()).finish_non_exhaustive()
    }
}

impl Templates {
    /// The templates that come with the program.
    #[must_use]
    pub fn embedded() -> Self {
        let mut templates = Self {
            texts: BTreeMap::new(),
            environment: environment(),
            blocks: BLOCKS.map(|name| (name.to_owned(), String::new())).into(),
            own: HouseStyle::default(),
            letterhead: Letterhead::default(),
            hashes: BTreeMap::new(),
        };
        for (name, text) in EMBEDDED {
            templates.set(name, text).expect("the embedded templates are read by a test");
        }
        templates
    }

    /// Names that can be overridden, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    /// Replaces one template: that of a document (`order.xml.j2`, `memo.xml.j2` ...), `letterhead.xml.j2` (frames of
    /// letters), `notehead.xml.j2` (frames of notes for the file) or `lines.xml.j2` (table of lines and sums).
    ///
    /// # Errors
    /// If there is no template of this name or its text cannot be read as a template. Whether what
    /// it makes is right is seen by [`crate::check_templates`] and when it is used.
    pub fn with_override(mut self, name: &str, text: &str) -> Result<Self, DocumentError> {
        if !self.texts.contains_key(name) {
            return Err(DocumentError::UnknownTemplate(name.to_owned()));
        }
        self.set(name, text)?;
        Ok(self)
    }

    /// Takes all that a customer has of its own: templates, text blocks, and the logo and fonts its `letterhead.toml`
    /// names.
    ///
    /// # Errors
    /// If a file is none that documents know, or if one cannot be used: by name and with the reason.
    pub fn with_style(mut self, style: &HouseStyle) -> Result<Self, DocumentError> {
        self.own.assets.extend(style.assets.clone());
        for (name, text) in &style.texts {
            if let Some(block) = block_name(name) {
                let letters = text.chars().count();
                if MOST_BLOCK < letters {
                    let reason = format!("der Textbaustein hat {letters} Zeichen, erlaubt sind {MOST_BLOCK}");
                    return Err(DocumentError::Asset { file: name.clone(), reason });
                }
                self.blocks.insert(block.to_owned(), text.trim().to_owned());
            } else if name != LETTERHEAD {
                self = self.with_override(name, text)?;
                continue;
            }
            self.own.texts.insert(name.clone(), text.clone());
        }
        if let Some(text) = self.own.texts.get(LETTERHEAD) {
            self.letterhead = Letterhead::read(text, &self.own.assets)?;
        }
        let hash = |name: &String| Some((name.clone(), sha256(self.own.assets.get(name)?)));
        self.hashes = self.letterhead.files.iter().filter_map(hash).collect();
        Ok(self)
    }

    fn set(&mut self, name: &str, text: &str) -> Result<(), DocumentError> {
        if MOST_TEXT < text.len() {
            let reason = format!("the template has {} bytes, at most {MOST_TEXT} are allowed", text.len());
            return Err(DocumentError::Template { file: name.to_owned(), line: 0, reason });
        }
        let added = self.environment.add_template_owned(name.to_owned(), text.to_owned());
        added.map_err(|error| template_error(name, &error))?;
        self.texts.insert(name.to_owned(), text.to_owned());
        Ok(())
    }

    /// Short hash of a template with all that a customer has of its own and with those all documents share; part of the
    /// Prüfkennung.
    #[must_use]
    pub fn version(&self, name: &str) -> String {
        let texts: Vec<&str> =
            parts(name).iter().filter_map(|part| self.texts.get(*part)).map(String::as_str).collect();
        let mut all = texts.join("\u{0}");
        for (name, text) in &self.own.texts {
            // Writing to a String cannot fail.
            let _ = write!(all, "\u{0}{name}\u{0}{text}");
        }
        for (name, hash) in &self.hashes {
            let _ = write!(all, "\u{0}{name}\u{0}{}", HEXLOWER.encode(hash));
        }
        short_hash(&all)
    }

    /// The texts a document is made of, by name: to be recorded with it.
    #[must_use]
    pub fn texts(&self, name: &str) -> BTreeMap<String, String> {
        let text = |part: &str| self.texts.get(part).map(|text| (part.to_owned(), text.clone()));
        parts(name).into_iter().filter_map(text).chain(self.own.texts.clone()).collect()
    }

    /// SHA-256 of logo and fonts in use, by name: to be recorded with each document.
    #[must_use]
    pub const fn asset_hashes(&self) -> &BTreeMap<String, [u8; 32]> {
        &self.hashes
    }

    /// All that a document is made of beside its data.
    #[must_use]
    pub fn style_of(&self, name: &str) -> HouseStyle {
        let assets = self.hashes.keys().filter_map(|name| Some((name.clone(), self.own.assets.get(name)?.clone())));
        HouseStyle { texts: self.texts(name), assets: assets.collect() }
    }

    /// The fonts of the customer.
    pub(crate) fn fonts(&self) -> Option<&OwnFonts> {
        self.letterhead.fonts.as_deref()
    }

    /// The logo of the customer.
    pub(crate) fn logo(&self) -> Option<&Logo> {
        self.letterhead.logo.as_ref()
    }

    /// The text blocks by name.
    pub(crate) fn text_blocks(&self) -> &BTreeMap<String, String> {
        &self.blocks
    }

    /// Names of the documents whose template this is, or that take it in.
    pub(crate) fn users(&self, name: &str) -> Vec<&str> {
        let shared = |it: &&str| matches!(*it, "letterhead.xml.j2" | "notehead.xml.j2" | "lines.xml.j2");
        self.names().filter(|it| !shared(it) && parts(it).contains(&name)).collect()
    }

    /// Paths into the data that the template names anywhere, also where the samples do not lead: `data.member.name`,
    /// `block.greeting`, each with its line.
    pub(crate) fn named_values(&self, name: &str) -> BTreeSet<(String, usize)> {
        let Ok(template) = self.environment.get_template(name) else { return BTreeSet::new() };
        let data =
            |path: &String| ["data.", "letter.", "check.", "block.", "logo."].iter().any(|root| path.starts_with(root));
        let paths = template.undeclared_variables(true).into_iter().filter(data);
        paths.map(|path| (path.clone(), self.line_of(name, &path))).collect()
    }

    /// The first line of a template that holds these words, counted from 1; its first where none does.
    pub(crate) fn line_of(&self, name: &str, words: &str) -> usize {
        let text = self.texts.get(name).map(String::as_str).unwrap_or_default();
        1 + text.lines().position(|line| line.contains(words)).unwrap_or_default()
    }

    /// Fills a template with data and reads the blocks it makes.
    ///
    /// # Errors
    /// If the template asks for what is not there or makes no valid blocks.
    pub fn blocks(&self, name: &str, context: &impl Serialize) -> Result<Doc, DocumentError> {
        let template = self.environment.get_template(name).map_err(|error| template_error(name, &error))?;
        let mut blocks = Bounded(Vec::new());
        template
            .render_captured_to(Value::from(Serde(context)), &mut blocks)
            .map_err(|error| template_error(name, &error))?;
        let text = String::from_utf8_lossy(&blocks.0);
        xml::parse(&text, self.logo()).map_err(|fault| {
            let written = text.lines().nth(fault.line.saturating_sub(1)).unwrap_or("").trim();
            let written: String = written.chars().take(120).collect();
            DocumentError::Template {
                file: format!("{name} (the blocks it makes)"),
                line: fault.line,
                reason: format!("{}: {written}", fault.reason),
            }
        })
    }
}

/// Takes what a template writes, up to a size.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if MOST_BLOCKS < self.0.len() + bytes.len() {
            return Err(io::Error::other(format!("it writes more than {MOST_BLOCKS} bytes")));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn template_error(name: &str, error: &Error) -> DocumentError {
    let mut reason =
        error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
    // An error within an include is told by its source.
    let mut at = error;
    while let Some(inner) = std::error::Error::source(at).and_then(|source| source.downcast_ref::<Error>()) {
        at = inner;
        reason = at.detail().map_or_else(|| at.kind().to_string(), |detail| format!("{}: {detail}", at.kind()));
    }
    DocumentError::Template { file: at.name().unwrap_or(name).to_owned(), line: at.line().unwrap_or(0), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &str =
        r#"<doc title="t" lang="de"><sheet left="25" right="190" first-top="100" top="30" bottom="270"/>"#;

    fn error_of(text: &str) -> DocumentError {
        let templates = Templates::embedded().with_override("order.xml.j2", text);
        templates
            .and_then(|templates| templates.blocks("order.xml.j2", &BTreeMap::from([("name", "A & B <c>\u{b}")])))
            .expect_err("a broken template")
    }

    #[test]
    fn values_are_escaped_and_forbidden_characters_dropped() {
        let text = format!("{FRAME}<flow><p>{{{{ name }}}}</p></flow></doc>");
        let templates = Templates::embedded().with_override("order.xml.j2", &text).expect("a template");
        let doc = templates.blocks("order.xml.j2", &BTreeMap::from([("name", "A & B <c>\u{b}")])).expect("blocks");
        assert!(format!("{:?}", doc.flow).contains("A & B <c>\""), "{:?}", doc.flow);
    }

    #[test]
    fn a_syntax_error_tells_file_line_and_reason() {
        let DocumentError::Template { file, line, reason } = error_of("<doc>\n{% if %}") else {
            panic!("another error")
        };
        assert_eq!((file.as_str(), line), ("order.xml.j2", 2));
        assert!(reason.starts_with("syntax error"), "{reason}");
    }

    #[test]
    fn a_value_that_does_not_exist_is_an_error_not_a_gap() {
        let text = format!("{FRAME}\n<flow><p>{{{{ nmae }}}}</p></flow></doc>");
        let DocumentError::Template { file, line, .. } = error_of(&text) else { panic!("another error") };
        assert_eq!((file.as_str(), line), ("order.xml.j2", 2));
    }

    #[test]
    fn blocks_that_do_not_exist_are_quoted() {
        let text = format!("{FRAME}\n<flow>\n<marquee/></flow></doc>");
        let DocumentError::Template { line, reason, .. } = error_of(&text) else { panic!("another error") };
        assert_eq!(line, 3);
        assert_eq!(reason, "`marquee` is no block: <marquee/></flow></doc>");
    }

    #[test]
    fn an_error_in_an_included_template_names_that_template() {
        let templates =
            Templates::embedded().with_override("letterhead.xml.j2", "\n{{ nothing.here }}").expect("a template");
        let error = crate::order::order(&crate::sample::order(1), &templates).expect_err("an error");
        let DocumentError::Template { file, line, .. } = error else { panic!("another error") };
        assert_eq!((file.as_str(), line), ("letterhead.xml.j2", 2));
    }

    #[test]
    fn an_endless_loop_ends_with_file_and_reason() {
        let text = format!(
            "{FRAME}\n{{% for a in range(100000) %}}{{% for b in range(100000) %}}{{% endfor %}}{{% endfor %}}</doc>"
        );
        let DocumentError::Template { file, reason, .. } = error_of(&text) else { panic!("another error") };
        assert_eq!(file, "order.xml.j2");
        assert!(reason.contains("out of fuel"), "{reason}");
    }

    #[test]
    fn a_template_that_writes_without_end_is_stopped() {
        let wide = "x".repeat(10_000);
        let text = format!("{FRAME}{{% for a in range(100000) %}}{wide}{{% endfor %}}</doc>");
        let DocumentError::Template { file, .. } = error_of(&text) else { panic!("another error") };
        assert_eq!(file, "order.xml.j2");
        let DocumentError::Template { reason, .. } = error_of(&"x".repeat(MOST_TEXT + 1)) else { panic!("another") };
        assert!(reason.contains("at most 500000 are allowed"), "{reason}");
    }

    #[test]
    fn only_known_templates_can_be_overridden() {
        let refused = Templates::embedded().with_override("../order", "").expect_err("an unknown name");
        assert_eq!(refused, DocumentError::UnknownTemplate("../order".to_owned()));
    }
}
