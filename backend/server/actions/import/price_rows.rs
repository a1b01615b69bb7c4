//! Rows of a price list, read as its mapping says.

use std::collections::BTreeMap;

use abruf_domain::money::UnitPrice;

use crate::actions::import::cells::{Cells, RowError};
use crate::actions::import::price_map::PriceMap;
use crate::actions::import::table::{Row, Table};

/// Longest text of a schedule.
const LONGEST_TITLE: usize = 1000;

/// Longest article number a call-off takes.
const LONGEST_ARTICLE_NUMBER: usize = 100;

/// A price with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceRow {
    /// Line of the file.
    pub line: u64,
    /// Article number.
    pub article_number: String,
    /// Text of the schedule.
    pub title: String,
    /// Unit in German, with the time the price is for.
    pub unit: String,
    /// Net price of one unit.
    pub unit_price: UnitPrice,
    /// Name of the supplier.
    pub supplier: String,
    /// Title of the lot, if the list has lots.
    pub lot: Option<String>,
}

/// What a list says.
#[derive(Debug, Default)]
pub struct PriceRows {
    /// Rows that are right.
    pub rows: Vec<PriceRow>,
    /// Rows without a price, as the mapping words it.
    pub left_out: usize,
    /// What is wrong with the others.
    pub errors: Vec<RowError>,
}

/// Reads every row of the table.
#[must_use]
pub fn read_rows(table: &Table, map: &PriceMap) -> PriceRows {
    let mut read = PriceRows::default();
    let mut lines: BTreeMap<String, u64> = BTreeMap::new();
    for row in &table.rows {
        let mut cells = Cells::new(table, row);
        if map.no_price.iter().any(|word| word == cells.raw(&map.columns.price)) {
            read.left_out += 1;
            continue;
        }
        let price = read_row(&mut cells, row, map);
        if let (Some(line), Some(column)) = (lines.get(&price.article_number), &map.columns.article_number) {
            cells.refuse(column, &format!("steht schon in Zeile {line}"), "jede Artikelnummer einmal");
        }
        let wrong = cells.errors();
        if wrong.is_empty() {
            lines.insert(price.article_number.clone(), row.line);
            read.rows.push(price);
        } else {
            read.errors.extend(wrong);
        }
    }
    read
}

fn read_row(cells: &mut Cells<'_>, row: &Row, map: &PriceMap) -> PriceRow {
    let columns = &map.columns;
    if let Some(column) = &columns.currency
        && cells.raw(column) != map.currency
    {
        cells.refuse(column, "ist eine andere Währung", &map.currency);
    }
    let article_number = match (&columns.article_number, &map.numbering) {
        (Some(column), _) => cells.text(column, LONGEST_ARTICLE_NUMBER),
        (None, prefix) => format!("{}{:04}", prefix.as_deref().unwrap_or_default(), row.line),
    };
    let sign = map.currency_sign.as_deref();
    PriceRow {
        line: row.line,
        article_number,
        title: cells.text(&columns.title, LONGEST_TITLE),
        unit: unit(cells, map),
        // A wrong price is noted, and the row with it not used.
        unit_price: cells
            .unit_price(&columns.price, map.notation, sign)
            .unwrap_or_else(|| UnitPrice::rounded(0.into(), 0)),
        supplier: cells.text(&columns.supplier, 200),
        lot: columns.lot.as_ref().map(|column| cells.text(column, 200)),
    }
}

/// The unit in German; "Patient und Jahr" where the price is for a time.
fn unit(cells: &mut Cells<'_>, map: &PriceMap) -> String {
    let column = &map.columns.unit;
    let unit = translated(cells.text(column, 60), &map.units, || {
        cells.refuse(column, "ist keine bekannte Einheit", &words(&map.units))
    });
    let Some(column) = &map.columns.time else { return unit };
    let time = cells.optional_text(column, 60);
    if time.is_empty() {
        return unit;
    }
    let time = translated(time, &map.times, || cells.refuse(column, "ist keine bekannte Zeit", &words(&map.times)));
    format!("{unit} und {time}")
}

/// The word in German; words that are missing in a list that names some are refused as typing errors.
fn translated(word: String, words: &BTreeMap<String, String>, refuse: impl FnOnce()) -> String {
    match words.get(&word) {
        Some(german) => german.clone(),
        None => {
            if !words.is_empty() && !word.is_empty() {
                refuse();
            }
            word
        }
    }
}

fn words(words: &BTreeMap<String, String>) -> String {
    words.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}
