//! What an import of turnover did, or would do: sums that tie, one warning per kind of repair, and the names
//! nobody knows.

use std::collections::BTreeMap;

use abruf_domain::notation::Language::German;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::actions::import::cells::RowError;

/// Code for amounts whose row names no currency that can be read (ISO 4217: no currency).
pub const NO_CURRENCY: &str = "XXX";

/// The sums of a file in one currency. `imported + rejected` is the control sum; nothing is rounded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CurrencySums {
    /// Lines.
    pub rows: usize,
    /// Lines whose amount is below zero.
    pub negative_rows: usize,
    /// Lines taken, or to be taken.
    pub imported_rows: usize,
    /// Their sum.
    pub imported: Decimal,
    /// Lines refused.
    pub rejected_rows: usize,
    /// The sum of those with an amount that can be read.
    pub rejected: Decimal,
    /// Refused lines without an amount that can be read: they are in no sum.
    pub unread_rows: usize,
    /// Sum of every amount of the file, added up while it was read.
    pub control: Decimal,
}

impl CurrencySums {
    /// Whether what was taken and what was refused is the whole file.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.imported + self.rejected == self.control && self.imported_rows + self.rejected_rows == self.rows
    }
}

/// Something about many rows, told once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Stable word of its kind.
    pub kind: String,
    /// How many rows.
    pub rows: usize,
    /// Line of the first.
    pub line: u64,
    /// The sentence, in German.
    pub text: String,
}

/// A name of the file that is nobody of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unknown {
    /// Table of the mapping it belongs to: contracts, members or suppliers.
    pub table: &'static str,
    /// The name.
    pub name: String,
    /// Rows with it.
    pub rows: usize,
}

/// A ceiling as the import leaves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Breach {
    /// Number of the contract.
    pub contract: String,
    /// What the ceiling is about, in German: `gesamt`, `Los 2`, `Kontingent Stadt Altenrode`.
    pub scope: String,
}

/// What an import did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TurnoverReport {
    /// The import, once it is written.
    pub id: Option<Uuid>,
    /// Lines with data.
    pub rows: usize,
    /// Lines refused.
    pub rejected: usize,
    /// Sums by currency; never added to each other.
    pub sums: BTreeMap<String, CurrencySums>,
    /// What was repaired or is remarkable.
    pub warnings: Vec<Warning>,
    /// Distinct names that are unknown.
    pub unknown: Vec<Unknown>,
    /// What is wrong, by line.
    pub errors: Vec<RowError>,
    /// Ceilings that are exceeded once it is written.
    pub breached: Vec<Breach>,
    /// Whether anything was written.
    pub written: bool,
    /// The refused rows as CSV with two more columns, line and error.
    #[serde(skip)]
    pub rejects: Option<Vec<u8>>,
}

impl TurnoverReport {
    /// The sums in sentences, a line per currency, then each warning and the unknown names.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.sums.iter().map(|(currency, sums)| sentence(currency, sums)).collect();
        lines.extend(self.warnings.iter().map(|warning| format!("Hinweis: {}", warning.text)));
        lines.extend(self.breached.iter().map(|breach| {
            format!(
                "Vertrag {}, {}: Der Höchstwert ist damit überzogen. Neue Abrufe sind gesperrt.",
                breach.contract, breach.scope
            )
        }));
        if !self.unknown.is_empty() {
            lines.push(
                "Unbekannte Namen. Bitte tragen Sie in der Zuordnung rechts ein, was bei uns gemeint ist:".to_owned(),
            );
            let mut table = "";
            for name in &self.unknown {
                if name.table != table {
                    table = name.table;
                    lines.push(format!("[{table}]"));
                }
                let quoted = super::turnover_map::quoted(&name.name);
                lines.push(format!("{quoted} = \"\"  # {} Zeilen", whole(name.rows)));
            }
        }
        lines
    }

    /// All of it as one text.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines().join("\n")
    }
}

/// `GBP: 4.699 Zeilen, davon 49 negativ. Übernommen 77.788.989,55 GBP (4.699) + abgelehnt 0,00 GBP (0) = Kontrollsumme …`
#[must_use]
pub fn sentence(currency: &str, sums: &CurrencySums) -> String {
    let mut text = format!(
        "{currency}: {} Zeilen, davon {} negativ. Übernommen {} ({}) + abgelehnt {} ({}) = Kontrollsumme {}.",
        whole(sums.rows),
        whole(sums.negative_rows),
        exact(sums.imported, currency),
        whole(sums.imported_rows),
        exact(sums.rejected, currency),
        whole(sums.rejected_rows),
        exact(sums.control, currency),
    );
    if sums.unread_rows > 0 {
        text += &format!(
            " {} abgelehnte Zeilen haben keinen lesbaren Betrag und stehen in keiner Summe.",
            whole(sums.unread_rows)
        );
    }
    text
}

/// An amount with every decimal it has, at least two.
#[must_use]
pub fn exact(amount: Decimal, currency: &str) -> String {
    German.unit_price(amount, currency)
}

/// `4.699`
#[must_use]
pub fn whole(number: usize) -> String {
    German.number(number.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_told_with_all_their_decimals() {
        let sums = CurrencySums {
            rows: 3,
            negative_rows: 1,
            imported_rows: 2,
            imported: Decimal::new(10_000_001, 4),
            rejected_rows: 1,
            rejected: Decimal::new(-50, 1),
            unread_rows: 0,
            control: Decimal::new(9_950_001, 4),
        };
        assert!(sums.adds_up());
        assert_eq!(
            sentence("GBP", &sums).replace('\u{a0}', " "),
            "GBP: 3 Zeilen, davon 1 negativ. Übernommen 1.000,0001 GBP (2) + abgelehnt −5,00 GBP (1) = Kontrollsumme 995,0001 GBP."
        );
        assert!(!CurrencySums { control: Decimal::ZERO, ..sums }.adds_up());
    }
}
