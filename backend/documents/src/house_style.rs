//! What a customer has of its own for its documents: words and layout, text blocks, a logo, fonts.
//!
//! | file | what it is |
//! |---|---|
//! | `<name>.xml.j2` | a template in place of that of the program |
//! | `letterhead.toml` | which logo with which alternative text, and which fonts |
//! | `logo.png`, `logo.jpg` | the logo |
//! | `fonts/<name>.ttf`, `fonts/<name>.otf` | a font |
//! | `blocks/<name>.txt` | a text block: `block.<name>` in the templates |

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use crate::document::DocumentError;
use crate::own_fonts::{OwnFont, OwnFonts};
use crate::picture::Picture;
pub use crate::picture::SVG_REFUSED;
use crate::{own_fonts, picture};

/// Name of the file that says which logo and which fonts are used.
pub const LETTERHEAD: &str = "letterhead.toml";

/// Most letters of an alternative text: what a screen reader says in one breath.
const MOST_WORDS: usize = 200;

/// Files of a customer, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HouseStyle {
    /// Templates, text blocks and `letterhead.toml`.
    pub texts: BTreeMap<String, String>,
    /// Logos and fonts.
    pub assets: BTreeMap<String, Arc<[u8]>>,
}

impl HouseStyle {
    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.assets.is_empty()
    }

    /// This, with what another one has in place of it or beside it.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        self.texts.extend(other.texts.clone());
        self.assets.extend(other.assets.clone());
        self
    }

    /// Refuses logos and fonts that its own `letterhead.toml` does not name: nobody would see them, or they would come
    /// under the alternative text of another one.
    ///
    /// # Errors
    /// The first of them.
    pub fn check_assets_named(&self) -> Result<(), DocumentError> {
        let named = self.texts.get(LETTERHEAD).map(|text| entries(text)).transpose()?;
        let named: Vec<&str> = named.iter().flat_map(Entries::files).collect();
        match self.assets.keys().find(|name| !named.contains(&name.as_str())) {
            Some(name) => {
                let reason = format!("die {LETTERHEAD} desselben Ordners nennt diese Datei nicht");
                Err(DocumentError::Asset { file: name.clone(), reason })
            }
            None => Ok(()),
        }
    }
}

/// What a file of a customer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A template, `letterhead.toml` or a text block.
    Text,
    /// A logo.
    Logo,
    /// A font.
    Font,
}

impl Kind {
    /// What a name says; `None` where there is no such file.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let plain = |stem: &str, more: &str| {
            (1..=60).contains(&stem.len()) && stem.chars().all(|it| it.is_ascii_alphanumeric() || more.contains(it))
        };
        let font = || {
            let stem = name.strip_prefix("fonts/")?;
            stem.strip_suffix(".ttf").or_else(|| stem.strip_suffix(".otf"))
        };
        if ["logo.png", "logo.jpg", "logo.jpeg"].contains(&name) {
            Some(Self::Logo)
        } else if font().is_some_and(|stem| plain(stem, "-_")) {
            Some(Self::Font)
        } else if name == LETTERHEAD
            || block_name(name).is_some_and(|block| plain(block, "_") && block == block.to_lowercase())
            || name.strip_suffix(".xml.j2").is_some_and(|stem| plain(stem, "_"))
        {
            Some(Self::Text)
        } else {
            None
        }
    }

    /// Most bytes of such a file; a larger one is not even read.
    #[must_use]
    pub const fn most_bytes(self) -> usize {
        match self {
            Self::Text => 500_000,
            Self::Logo => picture::MOST_BYTES,
            Self::Font => own_fonts::MOST_BYTES,
        }
    }
}

/// `greeting` for `blocks/greeting.txt`.
pub(crate) fn block_name(file: &str) -> Option<&str> {
    file.strip_prefix("blocks/")?.strip_suffix(".txt")
}

/// `letterhead.toml` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entries {
    logo: Option<LogoEntry>,
    fonts: Option<FontEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogoEntry {
    /// File name: `logo.png`.
    file: String,
    /// What the logo shows, for those who do not see it.
    alt: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FontEntry {
    /// File name: `fonts/House-Regular.ttf`.
    regular: String,
    /// File name.
    bold: String,
}

impl Entries {
    fn files(&self) -> impl Iterator<Item = &str> {
        let logo = self.logo.iter().map(|logo| logo.file.as_str());
        logo.chain(self.fonts.iter().flat_map(|fonts| [fonts.regular.as_str(), fonts.bold.as_str()]))
    }
}

fn entries(text: &str) -> Result<Entries, DocumentError> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = 1 + before.matches('\n').count();
        DocumentError::Template { file: LETTERHEAD.to_owned(), line, reason: error.message().to_owned() }
    })
}

/// A logo with the words for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logo {
    /// The picture.
    pub(crate) picture: Arc<Picture>,
    /// Alternative text.
    pub(crate) alt: String,
}

/// What `letterhead.toml` puts into use, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Letterhead {
    pub(crate) logo: Option<Logo>,
    pub(crate) fonts: Option<Arc<OwnFonts>>,
    /// The files it names.
    pub(crate) files: Vec<String>,
}

impl Letterhead {
    /// Reads what the text names from these files.
    pub(crate) fn read(text: &str, assets: &BTreeMap<String, Arc<[u8]>>) -> Result<Self, DocumentError> {
        let entries = entries(text)?;
        let asset = |name: &String, kind: Kind| {
            let wrong = |reason: String| DocumentError::Asset { file: name.clone(), reason };
            if Kind::of(name) != Some(kind) {
                let allowed = match kind {
                    Kind::Logo => "logo.png, logo.jpg",
                    _ => "fonts/<Name>.ttf, fonts/<Name>.otf",
                };
                if name.to_lowercase().ends_with(".svg") {
                    return Err(wrong(SVG_REFUSED.to_owned()));
                }
                return Err(wrong(format!("{LETTERHEAD} nennt eine Datei dieses Namens, erlaubt sind {allowed}")));
            }
            assets.get(name).ok_or_else(|| wrong(format!("{LETTERHEAD} nennt die Datei, aber sie ist nicht da")))
        };
        let logo = entries.logo.as_ref().map(|entry| {
            let bytes = asset(&entry.file, Kind::Logo)?;
            let wrong = |reason: String| DocumentError::Asset { file: entry.file.clone(), reason };
            let alt = entry.alt.trim().to_owned();
            if alt.is_empty() || MOST_WORDS < alt.chars().count() || alt.chars().any(char::is_control) {
                let reason = format!(
                    "{LETTERHEAD} braucht unter alt in einer Zeile, was das Logo zeigt, mit 1 bis {MOST_WORDS} Zeichen"
                );
                return Err(wrong(reason));
            }
            Ok(Logo { picture: Arc::new(Picture::read(bytes).map_err(wrong)?), alt })
        });
        let font = |name: &String| {
            let wrong = |reason: String| DocumentError::Asset { file: name.clone(), reason };
            OwnFont::read(asset(name, Kind::Font)?).map_err(wrong)
        };
        let fonts = entries
            .fonts
            .as_ref()
            .map(|entry| Ok(Arc::new(OwnFonts { regular: font(&entry.regular)?, bold: font(&entry.bold)? })));
        let files = entries.files().map(ToOwned::to_owned).collect();
        Ok(Self { logo: logo.transpose()?, fonts: fonts.transpose()?, files })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGO: &[u8] = include_bytes!("../tests/house/logo.png");

    fn of(text: &str) -> Result<Letterhead, DocumentError> {
        let assets =
            BTreeMap::from([("logo.png".to_owned(), Arc::from(LOGO)), ("logo.jpg".to_owned(), Arc::from(&b"x"[..]))]);
        Letterhead::read(text, &assets)
    }

    fn refused(text: &str) -> (String, String) {
        match of(text).expect_err("a refusal") {
            DocumentError::Asset { file, reason } => (file, reason),
            DocumentError::Template { file, line, reason } => (format!("{file}:{line}"), reason),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_logo_needs_words_for_those_who_do_not_see_it() {
        let letterhead = of("[logo]\nfile = \"logo.png\"\nalt = \"Wappen\"\n").expect("a letterhead");
        assert_eq!(letterhead.logo.map(|logo| logo.alt), Some("Wappen".to_owned()));
        let (place, reason) = refused("[logo]\nfile = \"logo.png\"\n");
        assert_eq!(place, "letterhead.toml:1");
        assert!(reason.contains("alt"), "{reason}");
        for alt in ["", "   ", &"x".repeat(201), "a\\nb"] {
            let (place, reason) = refused(&format!("[logo]\nfile = \"logo.png\"\nalt = \"{alt}\"\n"));
            assert!(place == "logo.png" && reason.contains("unter alt"), "{alt}: {reason}");
        }
    }

    #[test]
    fn what_is_named_has_to_be_there_and_to_be_what_its_name_says() {
        let logo = |file: &str| refused(&format!("[logo]\nfile = \"{file}\"\nalt = \"Wappen\"\n"));
        assert!(logo("logo.jpeg").1.contains("ist nicht da"));
        assert!(logo("logo.jpg").1.contains("weder PNG noch JPEG"));
        assert!(logo("logo.svg").1.contains("bitte als PNG mit 945 x 189 Pixel"));
        assert!(logo("../logo.png").1.contains("erlaubt sind logo.png"));
        let (place, reason) = refused("\n[logos]\n");
        assert_eq!(place, "letterhead.toml:2");
        assert!(reason.contains("logos"), "{reason}");
        assert!(refused("[fonts]\nregular = \"fonts/a.ttf\"\nbold = \"fonts/b.ttf\"\n").1.contains("ist nicht da"));
    }

    #[test]
    fn a_file_that_no_letterhead_names_is_refused() {
        let assets = BTreeMap::from([("logo.png".to_owned(), Arc::from(LOGO))]);
        let mut style = HouseStyle { texts: BTreeMap::new(), assets };
        let why = style.check_assets_named().expect_err("a refusal");
        assert!(matches!(&why, DocumentError::Asset { file, .. } if file == "logo.png"), "{why}");
        style.texts.insert(LETTERHEAD.to_owned(), "[logo]\nfile = \"logo.png\"\nalt = \"Wappen\"\n".to_owned());
        assert_eq!(style.check_assets_named(), Ok(()));
    }

    #[test]
    fn a_name_says_what_a_file_is() {
        for (name, kind) in [
            ("order.xml.j2", Some(Kind::Text)),
            ("blocks/greeting.txt", Some(Kind::Text)),
            ("letterhead.toml", Some(Kind::Text)),
            ("logo.jpg", Some(Kind::Logo)),
            ("fonts/House-Bold.otf", Some(Kind::Font)),
            ("logo.svg", None),
            ("blocks/Gruß.txt", None),
            ("blocks/../x.txt", None),
            ("fonts/a/b.ttf", None),
            ("fonts/.ttf", None),
        ] {
            assert_eq!(Kind::of(name), kind, "{name}");
        }
    }
}
