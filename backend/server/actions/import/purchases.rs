//! Past purchases of a town, as its accounting writes them out: one row per purchase, with text, unit, net price and date.

use abruf_domain::facts::Per;
use abruf_domain::money::UnitPrice;
use chrono::NaiveDate;

use crate::actions::evidence_file::MediaType;
use crate::actions::import::cells::{Cells, Notation, RowError};
use crate::actions::import::delimited_text;
use crate::actions::import::oddities::{Oddity, oddities};
use crate::actions::import::spreadsheet::{Cell, SheetRefused, SheetRow};
use crate::actions::import::table::{FileRefused, MOST_ROWS, Row, Table};
use crate::actions::import::workbook::{self, Bounds, letters};
use crate::actions::record_baseline::{date_mistake, price_mistake};

/// Most purchases of a file: each is looked at by a person.
pub const MOST_PURCHASES: usize = 1_000;

/// Bytes looked at to tell the separator.
const LOOKED_AT: usize = 64 * 1024;

/// Columns a file must have.
pub const REQUIRED: [&str; 4] = ["bezeichnung", "einheit", "einzelpreis_netto", "datum"];

/// What accounting calls the columns.
const ALSO_CALLED: &[(&str, &[&str])] = &[
    ("artikelnummer", &["artikel", "artikelnr", "artikelnr.", "artikel-nr.", "art.-nr.", "artikel nr."]),
    ("bezeichnung", &["artikelbezeichnung", "text", "beschreibung", "titel"]),
    ("einheit", &["me", "mengeneinheit", "je"]),
    ("einzelpreis_netto", &["einzelpreis", "einzelpreis netto", "nettopreis", "preis", "preis netto", "netto"]),
    ("datum", &["rechnungsdatum", "bestelldatum", "kaufdatum", "vom"]),
    ("je_monat", &["monatlich", "je monat"]),
    ("beleg", &["rechnung", "rechnungsnummer", "belegnummer", "beleg-nr."]),
];

/// How people and accounting write prices here.
const PRICES: Notation = Notation { decimal: ',', thousands: Some('.') };

/// A purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// Row of the file.
    pub line: u64,
    /// Article number of whoever sold it; often none, often another one than the contract's.
    pub article_number: String,
    /// What was bought.
    pub title: String,
    /// Its unit.
    pub unit: String,
    /// Net price of one unit.
    pub unit_price: UnitPrice,
    /// Per unit, or per unit and month.
    pub per: Per,
    /// Day of the purchase.
    pub dated_on: NaiveDate,
    /// Invoice or order; empty where the file names none.
    pub document: String,
}

/// What a file says.
#[derive(Debug, Clone, Default)]
pub struct Purchases {
    /// Rows that are right.
    pub rows: Vec<Purchase>,
    /// What is wrong with the others, in the order of the file.
    pub errors: Vec<RowError>,
    /// Rows in all.
    pub count: usize,
}

/// Reads a file of this type.
///
/// # Errors
/// If it cannot be read as a list of purchases; single rows are in [`Purchases::errors`].
pub fn read(bytes: &[u8], kind: MediaType, today: NaiveDate) -> Result<Purchases, FileRefused> {
    let (rows, oddities) = match kind {
        MediaType::Xlsx => {
            let sheet = workbook::read(bytes, Bounds { rows: MOST_ROWS, far_cells_left_out: true }).map_err(refused)?;
            let oddities = oddities(&sheet);
            let row = |it: &SheetRow| Row { line: it.line, cells: it.cells.iter().map(Cell::shown).collect() };
            (sheet.rows.iter().map(row).collect(), oddities)
        }
        _ => {
            let table = Table::read(bytes, separator_of(bytes), &[])?;
            let header = Row { line: 1, cells: table.header().to_vec() };
            (std::iter::once(header).chain(table.rows).collect(), Vec::new())
        }
    };
    let table = table_of(rows)?;
    if MOST_PURCHASES < table.rows.len() {
        return Err(FileRefused::TooManyPurchases { most: MOST_PURCHASES });
    }
    Ok(read_rows(&table, &oddities, today))
}

/// Why a workbook is refused, in the words of this import.
fn refused(reason: SheetRefused) -> FileRefused {
    match reason {
        SheetRefused::TooLarge => FileRefused::TooLarge,
        SheetRefused::TooManyRows => FileRefused::TooManyRows,
        SheetRefused::Empty => FileRefused::Empty(REQUIRED.join(", ")),
        SheetRefused::TooWide { line } => FileRefused::TooWide { line },
        SheetRefused::OldWorkbook | SheetRefused::NoWorkbook | SheetRefused::NoText => FileRefused::NotAWorkbook,
    }
}

/// What separates the cells, as far as it can be told before the file is read.
fn separator_of(bytes: &[u8]) -> u8 {
    delimited_text::separator(&String::from_utf8_lossy(&bytes[..bytes.len().min(LOOKED_AT)]))
}

/// Header and rows, the columns under the names of ours.
fn table_of(mut rows: Vec<Row>) -> Result<Table, FileRefused> {
    if rows.is_empty() {
        return Err(FileRefused::Empty(REQUIRED.join(", ")));
    }
    let named = |row: &Row| row.cells.iter().map(|cell| our_name(cell)).collect::<Vec<_>>();
    let missing = |header: &[String]| -> Vec<&'static str> {
        REQUIRED.into_iter().filter(|column| !header.iter().any(|name| name == column)).collect()
    };
    let header = named(&rows[0]);
    let gone = missing(&header);
    if !gone.is_empty() {
        if let Some(row) = rows.iter().skip(1).take(20).find(|row| missing(&named(row)).is_empty()) {
            return Err(FileRefused::HeaderBelow { line: row.line });
        }
        let found: String = rows[0].cells.join(", ").chars().take(300).collect();
        return Err(FileRefused::HeaderLacks { missing: gone.join(", "), found });
    }
    for (ours, _) in ALSO_CALLED {
        if 1 < header.iter().filter(|name| name == ours).count() {
            return Err(FileRefused::ColumnTwice((*ours).to_owned()));
        }
    }
    rows.remove(0);
    if rows.is_empty() {
        return Err(FileRefused::NoRows);
    }
    let width = header.len();
    for row in &mut rows {
        // Excel ends a row with its last cell; a row that is longer than the header keeps what it has.
        if row.cells.len() < width {
            row.cells.resize(width, String::new());
        }
    }
    Ok(Table::of_rows(header, rows))
}

fn our_name(cell: &str) -> String {
    let name = cell.trim().to_lowercase();
    let ours = ALSO_CALLED.iter().find(|(ours, others)| name == *ours || others.contains(&name.as_str()));
    ours.map_or(name, |(ours, _)| (*ours).to_owned())
}

fn read_rows(table: &Table, oddities: &[Oddity], today: NaiveDate) -> Purchases {
    let mut read = Purchases { count: table.rows.len(), ..Purchases::default() };
    for (at, row) in table.rows.iter().enumerate() {
        let odd: Vec<RowError> =
            oddities.iter().filter(|it| it.line == row.line).map(|it| odd_error(table, it)).collect();
        if !odd.is_empty() {
            read.errors.extend(odd);
            continue;
        }
        let mut cells = Cells::new(table, row);
        if at == 0 && is_second_header(&cells) {
            read.errors.push(RowError {
                line: row.line,
                column: None,
                message: "sieht wie eine zweite Kopfzeile aus. Erwartet: genau eine. Bitte löschen Sie diese Zeile"
                    .to_owned(),
            });
            continue;
        }
        let purchase = read_row(&mut cells, row, today);
        let wrong = cells.errors();
        match purchase {
            Some(purchase) if wrong.is_empty() => read.rows.push(purchase),
            _ => read.errors.extend(wrong),
        }
    }
    // What is odd in rows that hold nothing else, or in the header, is told too.
    for oddity in oddities.iter().filter(|it| !table.rows.iter().any(|row| row.line == it.line)) {
        read.errors.push(odd_error(table, oddity));
    }
    read.errors.sort_by_key(|error| error.line);
    read
}

fn odd_error(table: &Table, oddity: &Oddity) -> RowError {
    let named = table.header().get(oddity.column).filter(|name| !name.is_empty()).cloned();
    let column = named.unwrap_or_else(|| letters(oddity.column));
    RowError { line: oddity.line, column: Some(column), message: oddity.message.clone() }
}

/// Neither a digit in the price nor in the date, though both say something.
fn is_second_header(cells: &Cells<'_>) -> bool {
    ["einzelpreis_netto", "datum"].iter().all(|column| {
        let cell = cells.raw(column);
        !cell.is_empty() && !cell.contains(|c: char| c.is_ascii_digit())
    })
}

/// The purchase; `None` where price or date cannot be read.
fn read_row(cells: &mut Cells<'_>, row: &Row, today: NaiveDate) -> Option<Purchase> {
    let article_number = cells.optional_text("artikelnummer", 100);
    let title = cells.text("bezeichnung", 1_000);
    let unit = cells.text("einheit", 60);
    let document = cells.optional_text("beleg", 200);
    let unit_price = read_price(cells);
    let dated_on = read_day(cells, today);
    let per = read_per(cells);
    Some(Purchase {
        line: row.line,
        article_number,
        title,
        unit,
        unit_price: unit_price?,
        per: per?,
        dated_on: dated_on?,
        document,
    })
}

fn read_price(cells: &mut Cells<'_>) -> Option<UnitPrice> {
    const COLUMN: &str = "einzelpreis_netto";
    let raw = cells.raw(COLUMN);
    if raw.is_empty() {
        cells.refuse(COLUMN, "ist leer", &PRICES.example());
        return None;
    }
    // In a German list it is a thousand and something, in an English one it is not.
    if raw.contains('.') && !raw.contains(',') {
        cells.refuse(COLUMN, "ist nicht eindeutig: Tausender oder Nachkommastellen?", "1234,50 oder 1.234,00");
        return None;
    }
    let price: UnitPrice = cells.number(COLUMN, PRICES, Some("€"))?;
    if price_mistake(price).is_some() {
        cells.refuse(COLUMN, "vergleicht nichts", "ein Preis über 0,00");
        return None;
    }
    Some(price)
}

fn read_day(cells: &mut Cells<'_>, today: NaiveDate) -> Option<NaiveDate> {
    let raw = cells.raw("datum");
    if raw.is_empty() {
        cells.refuse("datum", "ist leer", "31.03.2025");
        return None;
    }
    let day = NaiveDate::parse_from_str(raw, "%d.%m.%Y").or_else(|_| NaiveDate::parse_from_str(raw, "%Y-%m-%d"));
    match day {
        Ok(day) if date_mistake(day, today).is_some() => {
            cells.refuse("datum", "liegt in der Zukunft", "ein Tag bis heute");
            None
        }
        Ok(day) if NaiveDate::from_ymd_opt(2000, 1, 1) <= Some(day) => Some(day),
        Ok(_) => {
            cells.refuse("datum", "liegt zu weit zurück", "ein Tag ab 01.01.2000");
            None
        }
        Err(_) => {
            cells.refuse("datum", "ist kein Datum", "31.03.2025");
            None
        }
    }
}

fn read_per(cells: &mut Cells<'_>) -> Option<Per> {
    match cells.raw("je_monat").to_lowercase().as_str() {
        "" | "nein" | "0" | "falsch" => Some(Per::Unit),
        "ja" | "x" | "1" | "wahr" => Some(Per::Month),
        _ => {
            cells.refuse("je_monat", "ist weder ja noch nein", "ja oder nein");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_csv(text: &str) -> Result<Purchases, FileRefused> {
        read(text.as_bytes(), MediaType::Csv, "2026-11-22".parse().expect("a day"))
    }

    fn errors(text: &str) -> Vec<String> {
        read_csv(text).expect("a list").errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn columns_may_have_the_names_of_accounting_and_any_separator() {
        let text = "Artikelbezeichnung,ME,Preis netto,Rechnungsdatum,Rechnung\nMonitor 27 Zoll,Stück,\"1.234,50 €\",10.11.2025,R-7\n";
        let read = read_csv(text).expect("a list");
        assert!(read.errors.is_empty(), "{:?}", read.errors);
        let row = &read.rows[0];
        assert_eq!((row.title.as_str(), row.unit_price.to_string().as_str()), ("Monitor 27 Zoll", "1234.50"));
        assert_eq!((row.document.as_str(), row.per, row.line), ("R-7", Per::Unit, 2));
    }

    #[test]
    fn each_wrong_cell_is_named_by_line_and_column() {
        let text = "bezeichnung;einheit;einzelpreis_netto;datum;je_monat\n\
                    Maus;Stück;0,00;01.02.2025;\n\
                    Maus;Stück;-3,00;01.02.2025;\n\
                    Maus;Stück;;01.02.2025;\n\
                    Maus;Stück;12.50;01.02.2025;\n\
                    Maus;Stück;zwölf;01.02.2025;\n\
                    Maus;Stück;12,50;;\n\
                    Maus;Stück;12,50;01.02.2027;\n\
                    Maus;Stück;12,50;31.02.2025;\n\
                    ;;12,50;01.02.2025;vielleicht\n\
                    Maus;Stück;12,50;01.02.2025;\n";
        let told = errors(text);
        for (line, column, words) in [
            (2, "einzelpreis_netto", "vergleicht nichts"),
            (3, "einzelpreis_netto", "ist negativ"),
            (4, "einzelpreis_netto", "ist leer"),
            (5, "einzelpreis_netto", "nicht eindeutig"),
            (6, "einzelpreis_netto", "ist keine Zahl"),
            (7, "datum", "ist leer"),
            (8, "datum", "liegt in der Zukunft"),
            (9, "datum", "ist kein Datum"),
            (10, "bezeichnung", "ist leer"),
            (10, "einheit", "ist leer"),
            (10, "je_monat", "weder ja noch nein"),
        ] {
            let place = format!("Zeile {line}, Spalte {column}: ");
            assert!(told.iter().any(|it| it.starts_with(&place) && it.contains(words)), "{place}{words} in {told:?}");
        }
        assert_eq!(told.len(), 11);
        assert_eq!(read_csv(text).expect("a list").rows.len(), 1);
    }

    #[test]
    fn headers_that_stand_twice_or_too_low_are_told() {
        let twice = "bezeichnung;einheit;einzelpreis_netto;datum\nText;ME;in Euro;Tag\nMaus;Stück;12,50;01.02.2025\n";
        assert!(errors(twice)[0].starts_with("Zeile 2: sieht wie eine zweite Kopfzeile aus"), "{:?}", errors(twice));
        let below = "Einkäufe 2025;;;\nbezeichnung;einheit;einzelpreis_netto;datum\nMaus;Stück;12,50;01.02.2025\n";
        assert_eq!(read_csv(below).expect_err("below"), FileRefused::HeaderBelow { line: 2 });
        assert_eq!(
            read_csv("preis;netto;bezeichnung;einheit;datum\n1;2;3;4;5\n").expect_err("twice"),
            FileRefused::ColumnTwice("einzelpreis_netto".to_owned())
        );
        let missing = read_csv("bezeichnung;einheit\nMaus;Stück\n").expect_err("missing").to_string();
        assert!(missing.contains("einzelpreis_netto, datum"), "{missing}");
    }

    #[test]
    fn more_than_people_can_look_at_is_refused() {
        let row = "Maus;Stück;12,50;01.02.2025\n";
        let text = format!("bezeichnung;einheit;einzelpreis_netto;datum\n{}", row.repeat(MOST_PURCHASES + 1));
        assert!(read_csv(&text).expect_err("many").to_string().contains("1000"));
        let empty = format!("bezeichnung;einheit;einzelpreis_netto;datum\n{row}{}", ";;;\n".repeat(100_000));
        assert_eq!(read_csv(&empty).expect("empty rows are no rows").count, 1);
    }
}
