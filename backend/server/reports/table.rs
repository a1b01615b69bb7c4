//! One table for every report, and with it every rendering: page, CSV, XLSX, JSON and PDF say the same because they are
//! made of the same cells.
//!
//! A table carries its own proof: for each figure the sum of its rows beside the same figure asked of the database
//! once more without them. The difference is computed, never printed as a constant.

use std::fmt;
use std::sync::Arc;

use abruf_domain::money::{Net, Volume};
use abruf_domain::notation::Language;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

const GERMAN: Language = Language::German;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// A calendar date.
    Day,
    /// A net amount with cents.
    Net,
    /// A percentage: `14.09` is 14.09 %.
    Percent,
    /// A quantity or unit price, with as many decimals as it has.
    Quantity,
    /// A whole number.
    Count,
}

impl Kind {
    /// As the API names it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Day => "day",
            Self::Net => "net",
            Self::Percent => "percent",
            Self::Quantity => "quantity",
            Self::Count => "count",
        }
    }

    /// Whether it stands flush right.
    #[must_use]
    pub const fn is_number(self) -> bool {
        !matches!(self, Self::Text | Self::Day)
    }
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Name for programs.
    pub key: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it stands on paper, where there is little room.
    pub on_paper: bool,
    /// Whether its words are names and what else people typed, which no page says in another language.
    pub typed: bool,
}

impl Column {
    /// A column that stands everywhere.
    #[must_use]
    pub const fn new(key: &'static str, title: &'static str, kind: Kind) -> Self {
        Self { key, title, kind, on_paper: true, typed: false }
    }

    /// The same, left out on paper.
    #[must_use]
    pub const fn not_on_paper(self) -> Self {
        Self { on_paper: false, ..self }
    }

    /// The same, of names and other typed words.
    #[must_use]
    pub const fn typed(self) -> Self {
        Self { typed: true, ..self }
    }
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing to say.
    Empty,
    /// Words; also what people typed, so no rendering may run it.
    Text(String),
    /// A calendar date.
    Day(NaiveDate),
    /// A net amount.
    Net(Net),
    /// A percentage.
    Percent(Decimal),
    /// A quantity or unit price.
    Quantity(Decimal),
    /// A whole number.
    Count(i64),
}

impl Cell {
    /// Words, or nothing where there are none.
    #[must_use]
    pub fn text(words: impl Into<String>) -> Self {
        let words = words.into();
        if words.is_empty() { Self::Empty } else { Self::Text(words) }
    }

    /// What a ceiling counts: an amount, or a quantity.
    #[must_use]
    pub fn volume(volume: Volume, is_value: bool) -> Self {
        if is_value { Self::Net(volume.as_net()) } else { Self::Quantity(volume.decimal()) }
    }

    /// A day, or nothing.
    #[must_use]
    pub fn day(day: Option<NaiveDate>) -> Self {
        day.map_or(Self::Empty, Self::Day)
    }

    /// A percentage, or nothing.
    #[must_use]
    pub fn percent(percent: Option<Decimal>) -> Self {
        percent.map_or(Self::Empty, Self::Percent)
    }

    /// As people read it: `1.234,50`, `04.05.2027`; amounts without a currency, which the title says.
    #[must_use]
    pub fn written(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(words) => words.clone(),
            Self::Day(day) => GERMAN.date(*day),
            Self::Net(net) => with_decimals(net.decimal(), 2),
            Self::Percent(percent) => GERMAN.percent(percent.normalize()),
            Self::Quantity(quantity) => GERMAN.number(quantity.normalize()),
            Self::Count(count) => GERMAN.number(Decimal::from(*count)),
        }
    }

    /// As a spreadsheet reads it from CSV: no thousands, a comma.
    #[must_use]
    pub fn plain(&self) -> String {
        match self {
            Self::Net(net) => net.to_string().replace('.', ","),
            Self::Percent(number) | Self::Quantity(number) => number.normalize().to_string().replace('.', ","),
            Self::Count(count) => count.to_string(),
            other => other.written(),
        }
    }

    /// As programs read it: amounts as decimal strings, days as in ISO 8601.
    #[must_use]
    pub fn json(&self) -> Value {
        match self {
            Self::Empty => Value::Null,
            Self::Text(words) => json!(words),
            Self::Day(day) => json!(day),
            Self::Net(net) => json!(net.to_string()),
            Self::Percent(number) | Self::Quantity(number) => json!(number.normalize().to_string()),
            Self::Count(count) => json!(count),
        }
    }

    /// Whether it is below zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        match self {
            Self::Net(net) => net.is_negative(),
            Self::Percent(number) | Self::Quantity(number) => number.is_sign_negative() && !number.is_zero(),
            Self::Count(count) => *count < 0,
            Self::Empty | Self::Text(_) | Self::Day(_) => false,
        }
    }
}

/// A number with exactly so many decimals, in German.
fn with_decimals(number: Decimal, decimals: u32) -> String {
    let mut number = number;
    number.rescale(decimals);
    GERMAN.number(number)
}

/// A row; where a cell leads somewhere, its address stands at the cell's place.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// One per column.
    pub cells: Vec<Cell>,
    /// Where they lead.
    pub links: Links,
}

/// Addresses of the level below, by column; shorter than the cells where the rest leads nowhere.
#[derive(Debug, Clone)]
pub enum Links {
    /// As they are.
    Written(Vec<Option<String>>),
    /// Worked out for the rows that somebody looks at: of thousands that are only added up nobody needs any.
    Later(Arc<dyn Below>, [String; 3]),
}

/// Knows where a row leads by what it is named by.
pub trait Below: fmt::Debug + Send + Sync {
    /// The addresses, by column.
    fn links(&self, keys: &[String; 3]) -> Vec<Option<String>>;
}

impl Default for Links {
    fn default() -> Self {
        Self::Written(Vec::new())
    }
}

impl Row {
    /// Without any link.
    #[must_use]
    pub const fn of(cells: Vec<Cell>) -> Self {
        Self { cells, links: Links::Written(Vec::new()) }
    }

    /// Whose first cell leads there.
    #[must_use]
    pub fn leading_to(cells: Vec<Cell>, address: String) -> Self {
        Self::linked(cells, vec![Some(address)])
    }

    /// Whose cells lead there, each at its place.
    #[must_use]
    pub const fn linked(cells: Vec<Cell>, links: Vec<Option<String>>) -> Self {
        Self { cells, links: Links::Written(links) }
    }

    /// Where the cells lead.
    #[must_use]
    pub fn links(&self) -> Vec<Option<String>> {
        match &self.links {
            Links::Written(links) => links.clone(),
            Links::Later(below, keys) => below.links(keys),
        }
    }
}

/// A figure of the rows against the same figure asked without them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Column it is the sum of, over all rows; `None`: over some of them, or no sum at all.
    pub column: Option<usize>,
    /// An amount or a number.
    pub kind: Kind,
    /// Its name.
    pub name: &'static str,
    /// Sum over the rows of the table.
    pub listed: Decimal,
    /// The same from a query of its own.
    pub reported: Decimal,
}

impl Check {
    /// What must be zero.
    #[must_use]
    pub fn difference(&self) -> Decimal {
        self.listed - self.reported
    }

    /// A figure of it as people read it: amounts in euros, numbers as they are.
    #[must_use]
    pub fn written(&self, figure: Decimal) -> String {
        if self.kind == Kind::Net { GERMAN.money(figure, "EUR") } else { GERMAN.number(figure.normalize()) }
    }
}

/// A report.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its key; also the stem of file names.
    pub name: &'static str,
    /// Its title.
    pub title: String,
    /// What it answers, in a sentence.
    pub lead: String,
    /// What is filtered by, in words.
    pub filter: Vec<String>,
    /// The instant its data are of.
    pub as_of: DateTime<Utc>,
    /// Name of the sheet with the rows: `Einzelabrufe`.
    pub sheet: &'static str,
    /// The columns, at least one.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Row>,
    /// Checks that must be zero, at least one.
    pub checks: Vec<Check>,
    /// How it is computed, a sentence or formula each.
    pub method: Vec<String>,
    /// What stands where there are no rows.
    pub empty: String,
}

impl Table {
    /// Sums of the rows: a cell for each column that a check sums, empty for the others.
    #[must_use]
    pub fn totals(&self) -> Vec<Cell> {
        let sum = |index: usize| self.checks.iter().find(|check| check.column == Some(index));
        (0..self.columns.len())
            .map(|index| sum(index).map_or(Cell::Empty, |check| Cell::Net(Net::rounded(check.listed))))
            .collect()
    }

    /// A check of a column against what the database says: what is listed is added up here, over the rows.
    #[must_use]
    pub fn summed(columns: &[Column], rows: &[Row], key: &str, reported: Net) -> Option<Check> {
        let index = columns.iter().position(|column| column.key == key)?;
        let listed: Net = rows
            .iter()
            .map(|row| match row.cells.get(index) {
                Some(Cell::Net(net)) => *net,
                _ => Net::ZERO,
            })
            .sum();
        let name = columns[index].title;
        let (listed, reported) = (listed.decimal(), reported.decimal());
        Some(Check { column: Some(index), kind: Kind::Net, name, listed, reported })
    }

    /// A check of how many rows there are.
    #[must_use]
    pub fn counted(name: &'static str, rows: &[Row], reported: i64) -> Check {
        let listed = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let (listed, reported) = (Decimal::from(listed), Decimal::from(reported));
        Check { column: None, kind: Kind::Count, name, listed, reported }
    }

    /// A check of an amount over some rows, added up by whoever made them.
    #[must_use]
    pub fn partial(name: &'static str, listed: Net, reported: Net) -> Check {
        let (listed, reported) = (listed.decimal(), reported.decimal());
        Check { column: None, kind: Kind::Net, name, listed, reported }
    }

    /// What all differences come to, each without its sign: the check cell.
    #[must_use]
    pub fn deviation(&self) -> Decimal {
        self.checks.iter().map(|check| check.difference().abs()).sum()
    }

    /// The rows as programs read them.
    #[must_use]
    pub fn json_rows(&self, limit: usize, offset: usize) -> Vec<Map<String, Value>> {
        let rows = self.rows.iter().skip(offset).take(limit);
        rows.map(|row| {
            let cells = self.columns.iter().zip(&row.cells);
            cells.map(|(column, cell)| (column.key.to_owned(), cell.json())).collect()
        })
        .collect()
    }

    /// Heads and cells for CSV; what makes cells harmless is the writer.
    #[must_use]
    pub fn plain(&self) -> (Vec<&'static str>, Vec<Vec<String>>) {
        let heads = self.columns.iter().map(|column| column.title).collect();
        (heads, self.rows.iter().map(|row| row.cells.iter().map(Cell::plain).collect()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> Cell {
        Cell::Net(text.parse().unwrap())
    }

    fn table() -> Table {
        let columns = vec![Column::new("name", "Name", Kind::Text), Column::new("volume", "Auftragswert", Kind::Net)];
        let rows =
            vec![Row::of(vec![Cell::text("=cmd"), net("-1.32")]), Row::of(vec![Cell::text("Stadt"), net("1234.50")])];
        let check = Table::summed(&columns, &rows, "volume", "1233.17".parse().unwrap()).unwrap();
        Table {
            name: "probe",
            title: "Probe".to_owned(),
            lead: String::new(),
            filter: Vec::new(),
            as_of: "2026-11-22T09:00:00Z".parse().unwrap(),
            sheet: "Liste",
            columns,
            rows,
            checks: vec![check],
            method: Vec::new(),
            empty: String::new(),
        }
    }

    #[test]
    fn a_difference_is_computed_and_shows() {
        let table = table();
        assert_eq!(table.checks[0].listed.to_string(), "1233.18");
        assert_eq!(table.deviation().to_string(), "0.01");
        assert_eq!(table.totals(), [Cell::Empty, net("1233.18")]);
        assert_eq!(table.checks[0].written(table.checks[0].difference()), "0,01\u{a0}€");
    }

    #[test]
    fn cells_read_alike_everywhere() {
        let day = Cell::Day("2027-05-04".parse().unwrap());
        assert_eq!((day.written().as_str(), day.plain().as_str()), ("04.05.2027", "04.05.2027"));
        assert_eq!(day.json(), json!("2027-05-04"));
        let amount = net("1234.50");
        assert_eq!((amount.written().as_str(), amount.plain().as_str()), ("1.234,50", "1234,50"));
        assert_eq!(amount.json(), json!("1234.50"));
        assert_eq!(Cell::text("").json(), Value::Null);
        assert_eq!(table().json_rows(1, 1)[0]["volume"], json!("1234.50"));
    }
}
