//! What all documents share: Prüfkennung, template, layout, file.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::attachment::Attachment;
use crate::data::{Body, Party};
use crate::document::{CheckCode, Document, DocumentError};
use crate::flow;
use crate::frame::Page;
use crate::own_fonts::OwnFonts;
use crate::pdf;
use crate::postpass::FileFacts;
use crate::template::Templates;
use crate::text::Shaper;

/// Everything the program contributes to a document, as far as the Prüfkennung is concerned.
const PROGRAM: &str = concat!("abruf-documents ", env!("CARGO_PKG_VERSION"));

/// A document about to be made: its data with what frame and footer need.
pub(crate) struct Job<'a, D: Serialize> {
    /// Name of the template.
    pub(crate) template: &'static str,
    /// The data as the template sees them.
    pub(crate) data: &'a D,
    /// What the letterhead template prints.
    pub(crate) letter: Letter<'a>,
    /// Suggested file name.
    pub(crate) file_name: String,
    /// Instant for the metadata.
    pub(crate) created: DateTime<Utc>,
    /// The order as data, to be embedded.
    pub(crate) attachments: Vec<Attachment>,
}

/// What the letterhead template prints around every document.
#[derive(Serialize)]
pub(crate) struct Letter<'a> {
    /// Title of the file: "Abruf RV-2025-01-0042".
    pub(crate) title: String,
    /// What stands in the footer of each page, with its date.
    pub(crate) reference: String,
    /// "ENTWURF", or nothing.
    pub(crate) mark: Option<&'static str>,
    /// Whether "Beispieldaten" is printed.
    pub(crate) demo: bool,
    /// Sender.
    pub(crate) buyer: &'a Party,
    /// Addressee.
    pub(crate) supplier: &'a Party,
    /// Whose contract it is.
    pub(crate) body: &'a Body,
    /// Where Prüfkennungen are answered.
    pub(crate) base_url: Option<&'a str>,
}

/// What a template sees.
#[derive(Serialize)]
struct Context<'a, D: Serialize> {
    data: &'a D,
    letter: &'a Letter<'a>,
    check: Check,
    /// Text blocks by name.
    block: &'a BTreeMap<String, String>,
    /// The logo, if there is one.
    logo: Option<LogoSeen<'a>>,
}

/// The logo as a template sees it.
#[derive(Serialize)]
struct LogoSeen<'a> {
    /// What it shows.
    alt: &'a str,
}

/// The Prüfkennung as a template sees it.
#[derive(Serialize)]
struct Check {
    /// In groups of four.
    code: String,
    /// Address of its page.
    url: Option<String>,
}

/// The input of the Prüfkennung.
#[derive(Serialize)]
struct Input<'a, D: Serialize> {
    data: &'a D,
    document: &'a str,
    program: &'a str,
    template: &'a str,
}

impl<D: Serialize> Job<'_, D> {
    /// Canonical JSON (RFC 8785) of all values, the template's hash and the program's version.
    fn canonical_input(&self, program: &str, version: &str) -> Result<String, DocumentError> {
        let input = Input { data: self.data, document: self.template, program, template: version };
        serde_json_canonicalizer::to_string(&input).map_err(|error| DocumentError::Input(error.to_string()))
    }

    fn context<'a>(&'a self, templates: &'a Templates, code: &CheckCode) -> Context<'a, D> {
        let url = self.letter.base_url.map(|base| format!("{}/p/{}", base.trim_end_matches('/'), code.as_str()));
        Context {
            data: self.data,
            letter: &self.letter,
            check: Check { code: code.to_string(), url },
            block: templates.text_blocks(),
            logo: templates.logo().map(|logo| LogoSeen { alt: &logo.alt }),
        }
    }

    /// Pages without a file; what goldens compare.
    fn lay_out(
        &self,
        templates: &Templates,
        code: &CheckCode,
        shaper: &Shaper,
    ) -> Result<(Vec<Page>, String), DocumentError> {
        let context = self.context(templates, code);
        let doc = templates.blocks(self.template, &context)?;
        Ok((flow::layout(shaper, &doc), doc.language))
    }

    /// The finished document.
    pub(crate) fn render(&self, templates: &Templates) -> Result<Document, DocumentError> {
        self.render_as(templates, PROGRAM)
    }

    /// The document as this program would have named itself then.
    pub(crate) fn render_as(&self, templates: &Templates, program: &str) -> Result<Document, DocumentError> {
        let template_version = templates.version(self.template);
        let input = self.canonical_input(program, &template_version)?;
        let check_code = CheckCode::of(input.as_bytes());
        let faces = templates.fonts().and_then(OwnFonts::faces);
        let shaper = Shaper::with(faces.as_ref());
        let (pages, language) = self.lay_out(templates, &check_code, &shaper)?;
        let facts = FileFacts {
            title: self.letter.title.clone(),
            language,
            author: self.letter.buyer.name.clone(),
            producer: format!("Abruf {}", program.rsplit(' ').next().unwrap_or_default()),
            created: self.created,
            input: Sha256::digest(input.as_bytes()).into(),
            attachments: self.attachments.clone(),
        };
        let bytes = pdf::write(&shaper, &pages, &facts, templates.logo().map(|logo| &*logo.picture))?;
        let sha256 = Sha256::digest(&bytes).into();
        let (title, file_name) = (self.letter.title.clone(), self.file_name.clone());
        let attachments = self.attachments.iter().filter_map(Attachment::listed).collect();
        let pages = pages.len();
        Ok(Document { bytes, check_code, sha256, template_version, pages, title, file_name, attachments, input })
    }

    /// What the template sees, as JSON.
    pub(crate) fn seen(&self, templates: &Templates, code: &CheckCode) -> Result<serde_json::Value, DocumentError> {
        let context = self.context(templates, code);
        serde_json::to_value(&context).map_err(|error| DocumentError::Input(error.to_string()))
    }

    /// The pages as data, without writing a file.
    pub(crate) fn pages(&self, templates: &Templates, code: &CheckCode) -> Result<Vec<Page>, DocumentError> {
        Ok(self.sample(templates, code)?.0)
    }

    /// The pages as data and the language they are in.
    pub(crate) fn sample(&self, templates: &Templates, code: &CheckCode) -> Result<(Vec<Page>, String), DocumentError> {
        let faces = templates.fonts().and_then(OwnFonts::faces);
        self.lay_out(templates, code, &Shaper::with(faces.as_ref()))
    }
}

/// A file name of letters, digits, `-`, `_` and `.`, whatever the number looks like.
pub(crate) fn file_name(kind: &str, number: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
    format!("{kind}_{}.pdf", number.chars().map(plain).take(80).collect::<String>())
}
