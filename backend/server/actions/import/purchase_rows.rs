//! Rows of a list of purchases to purchases: what cannot be read is named by line and column and left out.

use std::str::FromStr;

use abruf_domain::money::{Net, NumberError, Quantity, UnitPrice};
use abruf_domain::what_would_be_saved::Purchase;
use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use super::cells::RowError;
use super::purchase_columns::{Field, Layout};
use super::spreadsheet::{Cell, Sheet, SheetRow};

/// Longest text that is kept of a cell.
const LONGEST: usize = 300;
/// Decimals of what a spreadsheet knows as a number.
const DECIMALS: u32 = 6;

/// What a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purchases {
    /// Lines that can be compared.
    pub lines: Vec<Purchase>,
    /// Lines that cannot, and why.
    pub problems: Vec<RowError>,
    /// Rows behind the header.
    pub rows: usize,
}

impl Purchases {
    /// Rows with at least one problem.
    #[must_use]
    pub fn rejected(&self) -> usize {
        self.rows - self.lines.len()
    }
}

/// What the file lacks as a whole, in German; `None` if it can be compared.
#[must_use]
pub fn missing(layout: &Layout) -> Option<&'static str> {
    let has = |field| layout.column(field).is_some();
    if !has(Field::Article) && !has(Field::Description) {
        return Some(
            "Es fehlt die Artikelnummer oder die Bezeichnung: Ohne sie ist kein Artikel zu erkennen. Bitte ordnen Sie eine Spalte zu.",
        );
    }
    if !has(Field::UnitPrice) && !has(Field::Amount) {
        return Some(
            "Es fehlt der Einzelpreis oder der Betrag: Ohne ihn gibt es nichts zu vergleichen. Bitte ordnen Sie eine Spalte zu.",
        );
    }
    if !has(Field::UnitPrice) && !has(Field::Quantity) {
        return Some(
            "Es fehlt die Menge zum Betrag: Aus dem Betrag allein ist kein Preis zu erkennen. Bitte ordnen Sie eine Spalte zu.",
        );
    }
    None
}

/// Reads the rows behind the header. `currency` is that of rows without one.
#[must_use]
pub fn purchases(sheet: &Sheet, layout: &Layout, currency: &str) -> Purchases {
    let rows = sheet.rows.get(layout.skipped..).unwrap_or_default();
    let mut all = Purchases { rows: rows.len(), ..Purchases::default() };
    for row in rows {
        let mut reader = RowReader { row, layout, problems: Vec::new() };
        reader.refuse_merged(sheet);
        let purchase = reader.purchase(currency);
        match purchase.filter(|_| reader.problems.is_empty()) {
            Some(purchase) => all.lines.push(purchase),
            None => all.problems.extend(reader.problems),
        }
    }
    all
}

struct RowReader<'a> {
    row: &'a SheetRow,
    layout: &'a Layout,
    problems: Vec<RowError>,
}

impl RowReader<'_> {
    fn refuse(&mut self, field: Option<Field>, message: impl Into<String>) {
        let column = field.and_then(|field| self.layout.column(field)).map(|column| self.layout.name(column));
        self.problems.push(RowError { line: self.row.line, column, message: message.into() });
    }

    /// A cell merged over several rows holds its value once: whose it is cannot be told.
    fn refuse_merged(&mut self, sheet: &Sheet) {
        let line = self.row.line;
        for (field, column) in &self.layout.columns {
            let over = sheet.merged.iter().find(|it| {
                it.lines.0 < it.lines.1
                    && (it.lines.0..=it.lines.1).contains(&line)
                    && (it.columns.0..=it.columns.1).contains(column)
            });
            if let Some(it) = over {
                let message = format!(
                    "Die Zellen der Zeilen {} bis {} sind verbunden. Bitte heben Sie die Verbindung auf und füllen Sie jede Zeile.",
                    it.lines.0, it.lines.1
                );
                self.refuse(Some(*field), message);
                return;
            }
        }
    }

    fn cell(&self, field: Field) -> &Cell {
        self.layout.column(field).map_or(&Cell::Empty, |column| self.row.at(column))
    }

    fn text(&self, field: Field) -> String {
        let shown = self.cell(field).shown();
        shown
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .filter(|c| !c.is_control())
            .take(LONGEST)
            .collect()
    }

    fn purchase(&mut self, currency: &str) -> Option<Purchase> {
        let (article_number, description) = (self.text(Field::Article), self.text(Field::Description));
        if article_number.is_empty() && description.is_empty() {
            self.refuse(
                None,
                "Weder Artikelnummer noch Bezeichnung, vielleicht eine Summenzeile. Die Zeile wird nicht verglichen.",
            );
            return None;
        }
        let quantity = match self.layout.column(Field::Quantity) {
            None => Some(Quantity::ONE),
            Some(_) => self.number::<Quantity>(Field::Quantity, "12,5"),
        };
        if quantity.is_some_and(|quantity| quantity.is_zero()) {
            self.refuse(Some(Field::Quantity), "Die Menge ist 0. Erwartet: mehr als 0");
        }
        let paid = self.paid(quantity);
        let bought_on = self.day();
        let currency = self.currency(currency);
        Some(Purchase {
            line: self.row.line,
            article_number,
            description,
            unit: [self.text(Field::Unit), self.text(Field::Time)].join(" ").trim().to_owned(),
            quantity: quantity?,
            paid: paid?,
            currency,
            bought_on,
        })
    }

    /// The amount of the line where it is given, as discounts are in it; else price times quantity.
    fn paid(&mut self, quantity: Option<Quantity>) -> Option<Net> {
        if *self.cell(Field::Amount) != Cell::Empty {
            // Spreadsheets keep amounts unrounded; an invoice rounds them to the cent.
            let amount = self.number::<UnitPrice>(Field::Amount, "1.234,50")?;
            return Net::of_sane_line(amount, Quantity::ONE, None);
        }
        if self.layout.column(Field::UnitPrice).is_none() {
            self.refuse(Some(Field::Amount), "Der Betrag fehlt. Erwartet: 1.234,50");
            return None;
        }
        let price = self.number::<UnitPrice>(Field::UnitPrice, "1.234,50")?;
        let paid = Net::of_sane_line(price, quantity?, None);
        if paid.is_none() {
            self.refuse(Some(Field::UnitPrice), "Einzelpreis mal Menge ist zu groß. Bitte prüfen Sie beide");
        }
        paid
    }

    /// A number from 0 up, typed or as text in the notation of the file.
    fn number<T: FromStr<Err = NumberError>>(&mut self, field: Field, example: &str) -> Option<T> {
        let plain = match self.cell(field) {
            Cell::Empty => {
                self.refuse(Some(field), format!("Die Zelle ist leer. Erwartet: {example}"));
                return None;
            }
            // Unit prices end at the sixth decimal; what a spreadsheet computed has more.
            Cell::Number(number) => {
                let rounded = number.parse::<Decimal>().map(|it| it.round_dp(DECIMALS).normalize().to_string());
                Some(rounded.unwrap_or_else(|_| number.clone()))
            }
            Cell::Day(_) => None,
            Cell::Text(text) => {
                let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
                let bare = ["€", "EUR", "$", "USD", "£", "GBP"]
                    .iter()
                    .fold(bare, |text, sign| text.trim_start_matches(sign).trim_end_matches(sign).to_owned());
                let (sign, digits) = bare.strip_prefix('-').map_or(("", bare.as_str()), |rest| ("-", rest));
                self.layout.notation().plain(digits).map(|plain| format!("{sign}{plain}"))
            }
        };
        let shown: String = self.cell(field).shown().chars().take(40).collect();
        let message = match plain.as_deref().map(str::parse::<T>) {
            Some(_) if plain.as_deref().is_some_and(|plain| plain.starts_with('-')) => {
                "ist negativ. Gutschriften werden nicht verglichen".to_owned()
            }
            Some(Ok(number)) => return Some(number),
            Some(Err(NumberError::TooManyDecimals { allowed, .. })) => {
                format!("hat zu viele Nachkommastellen. Erwartet: höchstens {allowed}")
            }
            Some(Err(NumberError::OutOfRange { .. })) => "ist zu groß".to_owned(),
            Some(Err(NumberError::NotANumber(_))) | None => format!("ist keine Zahl. Erwartet: {example}"),
        };
        self.refuse(Some(field), format!("„{shown}“ {message}"));
        None
    }

    fn day(&mut self) -> Option<NaiveDate> {
        let day = match self.cell(Field::Day) {
            Cell::Empty => return None,
            Cell::Day(day) => Some(*day),
            Cell::Number(_) => None,
            Cell::Text(text) => ["%d.%m.%Y", "%Y-%m-%d", "%d.%m.%y"]
                .iter()
                .find_map(|form| NaiveDate::parse_from_str(text, form).ok().filter(|day| 1990 <= day.year())),
        };
        if day.is_none_or(|day| !(1990..=2100).contains(&day.year())) {
            let shown: String = self.cell(Field::Day).shown().chars().take(40).collect();
            self.refuse(Some(Field::Day), format!("„{shown}“ ist kein Datum. Erwartet: 01.03.2024 oder 2024-03-01"));
        }
        day
    }

    fn currency(&mut self, of_file: &str) -> String {
        let named = self.text(Field::Currency).to_uppercase();
        match named.as_str() {
            "" => of_file.to_owned(),
            "€" | "EURO" => "EUR".to_owned(),
            code if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) => named,
            _ => {
                self.refuse(
                    Some(Field::Currency),
                    format!("„{named}“ ist keine Währung. Erwartet: drei Buchstaben wie EUR"),
                );
                named
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::import::spreadsheet::{self, Merged};

    const HEADER: &str = "Artikelnummer;Bezeichnung;Menge;Einheit;Einzelpreis;Datum\n";

    fn read(rows: &str) -> Purchases {
        let sheet = spreadsheet::read(format!("{HEADER}{rows}").as_bytes()).expect("a sheet");
        purchases(&sheet, &Layout::propose(&sheet), "EUR")
    }

    fn said(rows: &str) -> Vec<String> {
        read(rows).problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn text_numbers_are_read_and_amounts_are_price_times_quantity() {
        let all = read("A1;Maus;2;Stück;1.234,50 €;01.02.2024\nA2;Kabel;1,5;Meter;2,00;\n");
        assert_eq!(all.problems, []);
        let paid: Vec<String> = all.lines.iter().map(|it| it.paid.to_string()).collect();
        assert_eq!(paid, ["2469.00", "3.00"]);
        assert_eq!(all.lines[0].bought_on, NaiveDate::from_ymd_opt(2024, 2, 1));
    }

    #[test]
    fn each_wrong_cell_is_named_by_line_and_column() {
        assert_eq!(
            said(
                "A1;Maus;zwei;Stück;10,00;\n;;1;;5,00;\nA2;Maus;1;Stück;=1+1;\nA3;Maus;-1;Stück;1,00;\nA4;Maus;1;Stück;1,00;2012-10-01l\nA5;Maus;0;Stück;1,00;\nA6;Maus;1;Stück;;\n"
            ),
            [
                "Zeile 2, Spalte Menge: „zwei“ ist keine Zahl. Erwartet: 12,5",
                "Zeile 3: Weder Artikelnummer noch Bezeichnung, vielleicht eine Summenzeile. Die Zeile wird nicht verglichen.",
                "Zeile 4, Spalte Einzelpreis: „=1+1“ ist keine Zahl. Erwartet: 1.234,50",
                "Zeile 5, Spalte Menge: „-1“ ist negativ. Gutschriften werden nicht verglichen",
                "Zeile 6, Spalte Datum: „2012-10-01l“ ist kein Datum. Erwartet: 01.03.2024 oder 2024-03-01",
                "Zeile 7, Spalte Menge: Die Menge ist 0. Erwartet: mehr als 0",
                "Zeile 8, Spalte Einzelpreis: Die Zelle ist leer. Erwartet: 1.234,50",
            ]
        );
    }

    #[test]
    fn rows_that_share_a_merged_cell_are_not_guessed() {
        let mut sheet = spreadsheet::read(format!("{HEADER}A1;Maus;2;Stück;10,00;\nA2;;3;Stück;9,00;\n").as_bytes())
            .expect("a sheet");
        sheet.merged = vec![Merged { lines: (2, 3), columns: (1, 1) }];
        let all = purchases(&sheet, &Layout::propose(&sheet), "EUR");
        assert_eq!((all.lines.len(), all.rejected()), (0, 2));
        assert!(all.problems[0].message.starts_with("Die Zellen der Zeilen 2 bis 3 sind verbunden."));
    }

    #[test]
    fn a_file_without_price_or_article_says_what_it_lacks() {
        let of = |text: &str| missing(&Layout::propose(&spreadsheet::read(text.as_bytes()).expect("a sheet")));
        assert_eq!(of(&format!("{HEADER}A;B;1;C;1;\n")), None);
        assert!(
            of("Lot,Supplier,Customer,For_Month,Total_Charge\n3,X,Y,2012-10-01l,16000\n")
                .is_some_and(|it| it.contains("Bezeichnung"))
        );
        assert!(of("Bezeichnung;Betrag\nMaus;1,00\n").is_some_and(|it| it.contains("Menge")));
    }
}
