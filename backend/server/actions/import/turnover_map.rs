//! The mapping of a turnover file: which column of somebody's file is what, how it writes numbers and days, and
//! which of its names are our contracts, members and suppliers.
//!
//! ```toml
//! separator = ","
//! decimal = "."
//! currency = "GBP"
//!
//! [columns]
//! customer = "Customer"
//! supplier = "Supplier"
//! framework = "Framework"
//! lot = "Lot"
//! month = "For_Month"
//! amount = "Total_Charge"
//!
//! [contracts]
//! "G-Cloudi" = "RV-2012-01"
//!
//! [members]
//! "National Archives The" = "The National Archives"
//! ```
//!
//! A name without an entry is looked up as it stands: a contract by its number, members and suppliers by their
//! official name.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::actions::import::cells::Notation;
use crate::actions::import::encoding;
use crate::actions::import::price_map::MapRefused;

/// Which column is what.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// Who bought: a member.
    pub customer: String,
    /// Under which contract. A supplier's report is about one contract and needs none.
    pub framework: Option<String>,
    /// Who delivered.
    pub supplier: Option<String>,
    /// Number of the lot.
    pub lot: Option<String>,
    /// The month, or any day of it.
    pub month: String,
    /// Net amount, negative for a correction.
    pub amount: String,
    /// Currency of the row; without it all rows have that of the mapping.
    pub currency: Option<String>,
    /// Number of the invoice.
    pub reference: Option<String>,
    /// Number of our order, in a supplier's report.
    pub order: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    separator: String,
    #[serde(default)]
    encoding: Option<String>,
    decimal: String,
    thousands: Option<String>,
    currency: String,
    day_first: Option<bool>,
    columns: Columns,
    #[serde(default)]
    contracts: BTreeMap<String, String>,
    #[serde(default)]
    members: BTreeMap<String, String>,
    #[serde(default)]
    suppliers: BTreeMap<String, String>,
}

/// A mapping that can be used.
#[derive(Debug, Clone)]
pub struct TurnoverMap {
    /// Between two cells.
    pub separator: u8,
    /// One of [`encoding::NAMES`].
    pub encoding: String,
    /// How numbers are written.
    pub notation: Notation,
    /// ISO 4217 currency of rows that name none.
    pub currency: String,
    /// Whether `03/04/2027` is in April; unknown: such days are refused.
    pub day_first: Option<bool>,
    /// Which column is what.
    pub columns: Columns,
    /// Names of the file for numbers of contracts.
    pub contracts: BTreeMap<String, String>,
    /// Names of the file for names of members.
    pub members: BTreeMap<String, String>,
    /// Names of the file for names of suppliers.
    pub suppliers: BTreeMap<String, String>,
}

impl TurnoverMap {
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
        let encoding = file.encoding.unwrap_or_else(|| "auto".to_owned());
        if !encoding::NAMES.contains(&encoding.as_str()) {
            return Err(impossible("encoding", &encoding, "„auto“, „utf-8“, „windows-1252“ oder „macintosh“"));
        }
        Ok(Self {
            separator,
            encoding,
            notation: Notation { decimal, thousands },
            currency: file.currency,
            day_first: file.day_first,
            columns: file.columns,
            contracts: file.contracts,
            members: file.members,
            suppliers: file.suppliers,
        })
    }

    /// The columns a file must have.
    #[must_use]
    pub fn required_columns(&self) -> Vec<&str> {
        let columns = &self.columns;
        let optional = [
            &columns.framework,
            &columns.supplier,
            &columns.lot,
            &columns.currency,
            &columns.reference,
            &columns.order,
        ];
        let mut all = vec![&*columns.customer, &columns.month, &columns.amount];
        all.extend(optional.into_iter().flatten().map(String::as_str));
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// Columns that are looked at to guess; a line of separators alone has millions.
const LOOKED_AT: usize = 200;

/// A mapping to begin with, guessed from the first line of a file: where nothing can be guessed it names what
/// is missing, so that whoever completes it sees where.
#[must_use]
pub fn proposed(text: &str) -> String {
    let header = text.split(['\r', '\n']).find(|line| !line.trim().is_empty()).unwrap_or_default();
    let separator = [';', ',', '\t', '|'].into_iter().max_by_key(|it| header.matches(*it).count()).unwrap_or(';');
    let names = header.split(separator).take(LOOKED_AT).map(|name| name.trim().trim_matches('"'));
    let names: Vec<&str> = names.collect();
    let found = |words: &[&str]| {
        let fits = |name: &&&str| words.iter().any(|word| name.to_lowercase().contains(word));
        names.iter().find(fits).map(|name| (*name).to_owned())
    };
    // The German notation goes with the semicolon, as spreadsheets write it.
    let decimal = if separator == ';' { ',' } else { '.' };
    let mut map = format!(
        "separator = {}\ndecimal = \"{decimal}\"\ncurrency = \"EUR\"\nday_first = true\n\n[columns]\n",
        quoted(&separator.to_string())
    );
    for (key, words, needed) in [
        ("customer", &["customer", "kunde", "mitglied", "auftraggeber", "besteller"][..], true),
        ("framework", &["framework", "rahmen", "vertrag", "contract"], true),
        ("supplier", &["supplier", "lieferant", "auftragnehmer", "vendor"], false),
        ("lot", &["lot", "los"], false),
        ("month", &["month", "monat", "datum", "date", "zeitraum"], true),
        ("amount", &["amount", "charge", "betrag", "umsatz", "netto", "spend", "summe"], true),
        ("currency", &["currency", "währung", "waehrung"], false),
        ("reference", &["invoice", "rechnung", "beleg"], false),
        ("order", &["order", "bestell", "abruf"], false),
    ] {
        match found(words) {
            Some(name) => map += &format!("{key} = {}\n", quoted(&name)),
            None if needed => map += &format!("{key} = \"?\"\n"),
            None => {}
        }
    }
    map + "\n[contracts]\n# \"Name in der Datei\" = \"Vertragsnummer\"\n\n[members]\n# \"Name in der Datei\" = \"Name des Mitglieds\"\n\n[suppliers]\n"
}

/// A TOML string.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\t' => out += "\\t",
            control if control.is_control() => {}
            other => out.push(other),
        }
    }
    out + "\""
}

fn impossible(key: &'static str, value: &str, expected: &'static str) -> MapRefused {
    MapRefused::Value { key, value: value.chars().take(40).collect(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_guessed_from_the_header_and_can_be_read() {
        let text = proposed("Framework,Lot,Supplier,Customer,For_Month,Total_Charge\r1,2,3,4,5,6\r");
        let map = TurnoverMap::read(text.as_bytes()).expect("a mapping");
        assert_eq!((map.separator, map.notation.decimal), (b',', '.'));
        assert_eq!(map.columns.framework.as_deref(), Some("Framework"));
        assert_eq!((&*map.columns.month, &*map.columns.amount), ("For_Month", "Total_Charge"));
        let german = TurnoverMap::read(proposed("Kunde;Vertrag;Monat;Betrag\n").as_bytes()).expect("a mapping");
        assert_eq!((german.separator, german.notation.decimal, &*german.columns.customer), (b';', ',', "Kunde"));
        assert!(proposed("a;b\n").contains("amount = \"?\""));
    }

    #[test]
    fn impossible_mappings_are_refused_by_key() {
        let map = proposed("Kunde;Vertrag;Monat;Betrag\n");
        let refused = |from: &str, to: &str| {
            assert!(map.contains(from), "{map}");
            TurnoverMap::read(map.replace(from, to).as_bytes()).expect_err("refused").to_string()
        };
        assert!(refused("separator = \";\"", "separator = \"ab\"").contains("separator = „ab“"));
        assert!(refused("\"EUR\"", "\"Euro\"").contains("currency = „Euro“"));
        assert!(refused("day_first = true", "encoding = \"ebcdic\"").contains("encoding = „ebcdic“"));
        assert!(refused("customer", "kunde").contains("kunde"));
    }
}
