//! The mapping of a price list: which column of somebody's CSV file is what, and how it writes numbers.
//!
//! ```toml
//! separator = ","
//! decimal = "."
//! currency = "GBP"
//! vat_rate = "20"
//! supplier_region = "GB-ENG"
//!
//! [columns]
//! article_number = "price_id"
//! title = "item_name"
//! unit = "pricing_unit"
//! price = "price"
//! supplier = "supplier"
//! time = "time_unit"
//!
//! [units]
//! patient = "Patient"
//!
//! [times]
//! year = "Jahr"
//! ```
//!
//! With these a price of 1.26 per `patient` and `year` is the fixed price of one "Patient und Jahr".

use std::collections::BTreeMap;

use abruf_domain::money::Percent;
use serde::Deserialize;
use thiserror::Error;

use crate::actions::import::cells::Notation;

/// Why a mapping is not usable.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MapRefused {
    /// Not UTF-8, not TOML, a key missing or unknown.
    #[error("Die Zuordnung ist nicht lesbar: {0}")]
    Unreadable(String),
    /// A value that is not allowed.
    #[error("In der Zuordnung ist {key} = „{value}“ nicht möglich. Erwartet: {expected}")]
    Value {
        /// Key of the mapping.
        key: &'static str,
        /// Its value.
        value: String,
        /// What would be right.
        expected: &'static str,
    },
}

impl MapRefused {
    /// What the reader of TOML says; it quotes the whole line, however long somebody made it.
    pub(super) fn syntax(error: &toml::de::Error) -> Self {
        Self::Unreadable(shortened(&error.to_string()))
    }
}

/// A text that fits on a page.
pub(super) fn shortened(text: &str) -> String {
    const LONGEST: usize = 500;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Which column is what.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// Article number, unique in the contract; absent with [`PriceMap::numbering`].
    pub article_number: Option<String>,
    /// Text of the schedule.
    pub title: String,
    /// Unit.
    pub unit: String,
    /// Net price of one unit.
    pub price: String,
    /// Name of the supplier.
    pub supplier: String,
    /// Title of the lot; without it each supplier has a lot.
    pub lot: Option<String>,
    /// Time the price is for, appended to the unit.
    pub time: Option<String>,
    /// Currency, which must be that of the contract in every row.
    pub currency: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    separator: String,
    decimal: String,
    thousands: Option<String>,
    currency: String,
    currency_sign: Option<String>,
    vat_rate: String,
    supplier_region: String,
    #[serde(default)]
    no_price: Vec<String>,
    numbering: Option<String>,
    columns: Columns,
    #[serde(default)]
    units: BTreeMap<String, String>,
    #[serde(default)]
    times: BTreeMap<String, String>,
}

/// A mapping that can be used.
#[derive(Debug, Clone)]
pub struct PriceMap {
    /// Between two cells.
    pub separator: u8,
    /// How numbers are written.
    pub notation: Notation,
    /// ISO 4217 currency of all prices.
    pub currency: String,
    /// Sign beside amounts, e.g. `$`.
    pub currency_sign: Option<String>,
    /// VAT rate of all items in percent; 0 is category Z.
    pub vat_rate: Percent,
    /// ISO 3166-2 region of suppliers that are not known yet.
    pub supplier_region: String,
    /// Words that stand where a price should be; such rows are left out.
    pub no_price: Vec<String>,
    /// Article numbers are this and the line of the file; the order of the file must stay then.
    pub numbering: Option<String>,
    /// Which column is what.
    pub columns: Columns,
    /// Units in German; empty: as in the file.
    pub units: BTreeMap<String, String>,
    /// Times in German.
    pub times: BTreeMap<String, String>,
}

impl PriceMap {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// If it is no TOML, or a key is missing, unknown or impossible.
    pub fn read(bytes: &[u8]) -> Result<Self, MapRefused> {
        let text =
            std::str::from_utf8(bytes).map_err(|_| MapRefused::Unreadable("sie ist nicht in UTF-8".to_owned()))?;
        let file: File = toml::from_str(text).map_err(|error| MapRefused::syntax(&error))?;
        let separator = match file.separator.as_bytes() {
            [byte @ (b',' | b';' | b'\t' | b'|')] => *byte,
            _ => return Err(impossible("separator", &file.separator, "„,“, „;“, „|“ oder „\\t“")),
        };
        let decimal = match file.decimal.as_str() {
            "." => '.',
            "," => ',',
            other => return Err(impossible("decimal", other, "„.“ oder „,“")),
        };
        let thousands = match file.thousands.as_deref() {
            None => None,
            Some(".") if decimal != '.' => Some('.'),
            Some(",") if decimal != ',' => Some(','),
            Some("'") => Some('\''),
            Some(" ") => Some(' '),
            Some(other) => {
                return Err(impossible("thousands", other, "„.“, „,“, „'“ oder ein Leerzeichen, anders als decimal"));
            }
        };
        if file.currency.len() != 3 || !file.currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(impossible("currency", &file.currency, "drei Buchstaben wie „EUR“"));
        }
        if file.columns.article_number.is_some() == file.numbering.is_some() {
            let value = file.numbering.unwrap_or_default();
            return Err(impossible("numbering", &value, "entweder columns.article_number oder numbering"));
        }
        Ok(Self {
            separator,
            notation: Notation { decimal, thousands },
            vat_rate: vat_rate(&file.vat_rate)?,
            supplier_region: short("supplier_region", file.supplier_region, 10)?,
            currency: file.currency,
            currency_sign: file.currency_sign.filter(|sign| !sign.is_empty()),
            no_price: file.no_price,
            numbering: file.numbering.map(|prefix| short("numbering", prefix, 40)).transpose()?,
            columns: file.columns,
            units: file.units,
            times: file.times,
        })
    }

    /// The columns a file must have.
    #[must_use]
    pub fn required_columns(&self) -> Vec<&str> {
        let columns = &self.columns;
        let optional = [&columns.article_number, &columns.lot, &columns.time, &columns.currency];
        let mut all = vec![&*columns.title, &columns.unit, &columns.price, &columns.supplier];
        all.extend(optional.into_iter().flatten().map(String::as_str));
        all.sort_unstable();
        // One column may be two things, e.g. supplier and lot.
        all.dedup();
        all
    }
}

/// A VAT rate from 0 to below 100 percent.
///
/// # Errors
/// If the text is none.
pub fn vat_rate(text: &str) -> Result<Percent, MapRefused> {
    let rate: Option<Percent> = text.parse().ok();
    rate.filter(|rate| !rate.is_negative() && rate.decimal() < rust_decimal::Decimal::ONE_HUNDRED)
        .ok_or_else(|| impossible("vat_rate", text, "ein Prozentsatz wie „19“"))
}

fn impossible(key: &'static str, value: &str, expected: &'static str) -> MapRefused {
    MapRefused::Value { key, value: value.chars().take(40).collect(), expected }
}

fn short(key: &'static str, value: String, longest: usize) -> Result<String, MapRefused> {
    if value.trim().is_empty() || longest < value.chars().count() {
        return Err(impossible(key, &value, "ein kurzer Text"));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = r#"
        separator = ","
        decimal = "."
        currency = "GBP"
        vat_rate = "20"
        supplier_region = "GB-ENG"
        [columns]
        article_number = "id"
        title = "name"
        unit = "unit"
        price = "price"
        supplier = "name"
    "#;

    fn refused(from: &str, to: &str) -> String {
        assert!(MAP.contains(from));
        PriceMap::read(MAP.replace(from, to).as_bytes()).expect_err("refused").to_string()
    }

    #[test]
    fn a_mapping_names_each_column_once() {
        let map = PriceMap::read(MAP.as_bytes()).expect("a mapping");
        assert_eq!(map.required_columns(), ["id", "name", "price", "unit"]);
    }

    #[test]
    fn impossible_mappings_are_refused_by_key() {
        assert!(refused("\",\"", "\"ab\"").contains("separator = „ab“"));
        assert!(refused("\".\"", "\"·\"").contains("decimal"));
        assert!(refused("\"20\"", "\"-1\"").contains("vat_rate"));
        assert!(refused("GBP", "Pfund").contains("currency"));
        assert!(refused("article_number = \"id\"", "").contains("numbering"));
        assert!(refused("title", "titel").contains("titel"));
        assert!(PriceMap::read(b"\xff").is_err());
    }
}
