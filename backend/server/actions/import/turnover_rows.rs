//! A turnover file to rows: what each line says, or why it is refused, with the sums of all of it.
//!
//! What is repaired is told once per kind, with the number of rows and the first of them: a letter behind every
//! month is one warning, not one per row.

use std::collections::{BTreeMap, HashMap};

use abruf_domain::money::Volume;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::actions::import::cells::{Cells, RowError};
use crate::actions::import::encoding::{self, Told};
use crate::actions::import::table::{FileRefused, Row, Table};
use crate::actions::import::turnover_cells::{self, AmountWrong, Repair, unquoted};
use crate::actions::import::turnover_map::TurnoverMap;
use crate::actions::import::turnover_month::{self, MonthWrong};
use crate::actions::import::turnover_report::{CurrencySums, NO_CURRENCY, TurnoverReport, Warning, whole};

/// Longest name or number of a file.
const LONGEST: usize = 300;

/// A line that can be recorded once its names are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnoverRow {
    /// Line of the file.
    pub line: u64,
    /// The line as it stands there.
    pub raw: String,
    /// Who bought.
    pub customer: String,
    /// Under which contract; `None` where the mapping has no such column.
    pub framework: Option<String>,
    /// Who delivered.
    pub supplier: Option<String>,
    /// Number of the lot.
    pub lot: Option<String>,
    /// First day of its month.
    pub month: NaiveDate,
    /// Net amount, negative for a correction.
    pub amount: Volume,
    /// ISO 4217.
    pub currency: String,
    /// Number of the invoice.
    pub reference: Option<String>,
    /// Number of our order.
    pub order: Option<String>,
}

/// A line that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedRow {
    /// Line of the file.
    pub line: u64,
    /// The line as it stands there.
    pub raw: String,
    /// Currency of its amount.
    pub currency: String,
    /// Its amount, if it can be read.
    pub amount: Option<Decimal>,
    /// What is wrong with it.
    pub errors: Vec<RowError>,
}

/// A file, read.
#[derive(Debug, Clone)]
pub struct TurnoverRows {
    table: Table,
    /// Lines that can be recorded, in the order of the file.
    pub rows: Vec<TurnoverRow>,
    /// Lines that cannot.
    pub rejected: Vec<RejectedRow>,
    /// Sum of every amount of the file, by currency.
    control: BTreeMap<String, Decimal>,
    repairs: Repairs,
    told: Option<Told>,
}

/// Counts repairs by kind, with the first place.
#[derive(Debug, Clone, Default)]
pub struct Repairs(BTreeMap<Repair, (usize, u64, String)>);

impl Repairs {
    /// Counts one in a row.
    pub fn note(&mut self, repair: Repair, line: u64, example: &str) {
        let entry = self.0.entry(repair).or_insert_with(|| (0, line, example.chars().take(40).collect()));
        entry.0 += 1;
    }
}

/// Reads all of it.
///
/// # Errors
/// If the file cannot be read as such; single rows are refused one by one.
pub fn read(bytes: &[u8], map: &TurnoverMap, today: NaiveDate) -> Result<TurnoverRows, FileRefused> {
    let decoded = encoding::decode(bytes, &map.encoding)?;
    let mut table = Table::read(decoded.text.as_bytes(), map.separator, &map.required_columns())?;
    let mut repairs = Repairs::default();
    if let Some((rows, line)) = table.drop_blank_columns() {
        repairs.0.insert(Repair::BlankColumns, (rows, line, String::new()));
    }
    if let Some(row) = table.rows.iter().find(|row| is_torn(row, table.width())) {
        return Err(FileRefused::OpenQuote { line: row.line });
    }
    let ends = stray_ends(&table, map, today);
    let mut read = TurnoverRows {
        rows: Vec::with_capacity(table.rows.len()),
        rejected: Vec::new(),
        control: BTreeMap::new(),
        repairs,
        told: decoded.told,
        table: table.clone(),
    };
    for row in &table.rows {
        read.take(&table, row, map, today, ends);
    }
    Ok(read)
}

/// Whether a quote that is never closed has swallowed the lines behind it: then nobody can say what they
/// amount to.
fn is_torn(row: &Row, width: usize) -> bool {
    row.cells.len() != width && row.cells.iter().any(|cell| cell.contains(['\n', '\r']))
}

/// The letters that stand behind every month and every amount.
fn stray_ends(table: &Table, map: &TurnoverMap, today: NaiveDate) -> [Option<char>; 2] {
    let values = |column: &str| {
        let at = table.position(column);
        table.rows.iter().filter_map(move |row| row.cells.get(at?).map(String::as_str))
    };
    let is_month = |text: &str| turnover_month::month(text, map.day_first, today, &mut Vec::new()).is_ok();
    let is_amount = |text: &str| turnover_cells::amount(text, map.notation, &map.currency).number.is_some();
    [
        turnover_cells::stray_end(values(&map.columns.month), is_month),
        turnover_cells::stray_end(values(&map.columns.amount), is_amount),
    ]
}

impl TurnoverRows {
    fn take(&mut self, table: &Table, row: &Row, map: &TurnoverMap, today: NaiveDate, ends: [Option<char>; 2]) {
        let columns = &map.columns;
        let mut cells = Cells::new(table, row);
        let mut repairs: Vec<(Repair, String)> = Vec::new();
        let mut text = |cells: &mut Cells<'_>, column: &str, needed: bool| {
            let mut found = Vec::new();
            let raw = cells.raw(column);
            let inside = unquoted(raw, &mut found);
            repairs.extend(found.into_iter().map(|repair| (repair, raw.to_owned())));
            let text = inside.split_whitespace().collect::<Vec<_>>().join(" ");
            let count = text.chars().count();
            if needed && text.is_empty() {
                cells.refuse(column, "ist leer", "ein Name");
            } else if LONGEST < count {
                cells.refuse(column, &format!("hat {count} Zeichen"), &format!("höchstens {LONGEST}"));
            } else if text.contains(char::is_control) {
                cells.refuse(column, "enthält Steuerzeichen", "Text");
            }
            text
        };
        let customer = text(&mut cells, &columns.customer, true);
        let mut optional = |cells: &mut Cells<'_>, column: &Option<String>, needed: bool| {
            column.as_deref().map(|column| text(cells, column, needed)).filter(|text| !text.is_empty())
        };
        let framework = optional(&mut cells, &columns.framework, true);
        let supplier = optional(&mut cells, &columns.supplier, false);
        let lot = optional(&mut cells, &columns.lot, false);
        let reference = optional(&mut cells, &columns.reference, false);
        let order = optional(&mut cells, &columns.order, false);
        let currency = optional(&mut cells, &columns.currency, true).map(|code| code.to_uppercase());
        let currency = match currency {
            None => map.currency.clone(),
            Some(code) if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) => code,
            Some(_) => {
                let column = columns.currency.as_deref().unwrap_or_default();
                cells.refuse(column, "ist keine Währung", "drei Buchstaben wie EUR");
                NO_CURRENCY.to_owned()
            }
        };
        let month = read_month(&mut cells, map, today, ends[0], &mut repairs);
        let (amount, number, other) = read_amount(&mut cells, map, &currency, ends[1], &mut repairs);
        // Counted where it belongs: sums of two currencies are never one.
        let currency = other.map_or(currency, str::to_owned);
        // A row of another shape may have its amount in any column: no sum counts it.
        let number = number.filter(|_| row.cells.len() == table.width());
        if let Some(number) = number {
            *self.control.entry(currency.clone()).or_default() += number;
        }
        let (line, raw) = (row.line, raw_line(row, map.separator));
        let errors = cells.errors();
        match (month, amount) {
            (Some(month), Some(amount)) if errors.is_empty() => {
                for (repair, example) in repairs {
                    self.repairs.note(repair, line, &example);
                }
                self.rows.push(TurnoverRow {
                    line,
                    raw,
                    customer,
                    framework,
                    supplier,
                    lot,
                    month,
                    amount,
                    currency,
                    reference,
                    order,
                });
            }
            _ => self.rejected.push(RejectedRow { line, raw, currency, amount: number, errors }),
        }
    }

    /// Refuses rows that could be read but not be assigned, each with its reason.
    pub fn reject(&mut self, mut reasons: HashMap<u64, Vec<RowError>>) {
        let (refused, kept): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.rows).into_iter().partition(|row| reasons.contains_key(&row.line));
        self.rows = kept;
        self.rejected.extend(refused.into_iter().map(|row| RejectedRow {
            errors: reasons.remove(&row.line).unwrap_or_default(),
            line: row.line,
            raw: row.raw,
            currency: row.currency,
            amount: Some(row.amount.decimal()),
        }));
        self.rejected.sort_by_key(|row| row.line);
    }

    /// Counts a repair of a name.
    pub fn note(&mut self, repair: Repair, line: u64, example: &str) {
        self.repairs.note(repair, line, example);
    }

    /// The counted result: imported from the rows that are left, control from what was read.
    #[must_use]
    pub fn report(&self) -> TurnoverReport {
        let mut sums: BTreeMap<String, CurrencySums> = BTreeMap::new();
        for row in &self.rows {
            let it = sums.entry(row.currency.clone()).or_default();
            it.rows += 1;
            it.imported_rows += 1;
            it.imported += row.amount.decimal();
            it.negative_rows += usize::from(row.amount.is_negative());
        }
        for row in &self.rejected {
            let it = sums.entry(row.currency.clone()).or_default();
            it.rows += 1;
            it.rejected_rows += 1;
            match row.amount {
                Some(amount) => {
                    it.rejected += amount;
                    it.negative_rows += usize::from(amount < Decimal::ZERO);
                }
                None => it.unread_rows += 1,
            }
        }
        for (currency, control) in &self.control {
            sums.entry(currency.clone()).or_default().control = *control;
        }
        let errors: Vec<RowError> = self.rejected.iter().flat_map(|row| row.errors.iter().cloned()).collect();
        let by_line: BTreeMap<u64, Vec<String>> = self
            .rejected
            .iter()
            .map(|row| (row.line, row.errors.iter().map(RowError::without_line).collect()))
            .collect();
        TurnoverReport {
            rows: self.rows.len() + self.rejected.len(),
            rejected: self.rejected.len(),
            sums,
            warnings: self.warnings(),
            rejects: (!by_line.is_empty()).then(|| self.table.rejects(&by_line)),
            errors,
            ..TurnoverReport::default()
        }
    }

    fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if let Some(told) = &self.told {
            let mut text = format!(
                "Die Datei ist nicht in UTF-8 gespeichert. {} Zeilen wurden als {} gelesen, zuerst Zeile {}: „{}“.",
                whole(usize::try_from(told.lines).unwrap_or(usize::MAX)),
                told.encoding,
                told.first_line,
                told.example
            );
            if told.lines_in_utf8 > 0 {
                text += &format!(" {} weitere Zeilen sind doch UTF-8 und wurden so gelesen.", told.lines_in_utf8);
            }
            let rows = usize::try_from(told.lines).unwrap_or(usize::MAX);
            warnings.push(Warning { kind: "encoding".to_owned(), rows, line: told.first_line, text });
        }
        for (repair, (rows, line, example)) in &self.repairs.0 {
            let all = self.table.rows.len();
            let many = match *rows {
                1 => "In einer Zeile".to_owned(),
                rows if rows == all => format!("In allen {} Zeilen", whole(all)),
                rows => format!("In {} von {} Zeilen", whole(rows), whole(all)),
            };
            let mut text = format!("{many}: {}", repair.german());
            text += &match example.is_empty() {
                true => format!(" (zuerst Zeile {line})."),
                false => format!(" (zuerst Zeile {line}: „{example}“)."),
            };
            warnings.push(Warning { kind: repair.key().to_owned(), rows: *rows, line: *line, text });
        }
        warnings.extend(self.remarkable());
        warnings
    }

    /// Rows that are right and all the same worth a look.
    fn remarkable(&self) -> Vec<Warning> {
        let mut seen: HashMap<&str, u64> = HashMap::with_capacity(self.rows.len());
        let (mut doubles, mut zeros) = (Vec::new(), Vec::new());
        for row in &self.rows {
            if seen.insert(&row.raw, row.line).is_some() {
                doubles.push(row.line);
            }
            if row.amount.is_zero() {
                zeros.push(row.line);
            }
        }
        let told = |kind: &str, lines: &[u64], words: &str| {
            let (line, rows) = (*lines.first()?, lines.len());
            let text = format!("{} Zeilen {words} (zuerst Zeile {line}). Sie zählen alle.", whole(rows));
            Some(Warning { kind: kind.to_owned(), rows, line, text })
        };
        [
            told("repeated", &doubles, "stehen genauso schon weiter oben in der Datei"),
            told("zero", &zeros, "haben den Betrag 0"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn read_month(
    cells: &mut Cells<'_>,
    map: &TurnoverMap,
    today: NaiveDate,
    stray: Option<char>,
    repairs: &mut Vec<(Repair, String)>,
) -> Option<NaiveDate> {
    let column = &map.columns.month;
    let raw = cells.raw(column);
    let text = stray.and_then(|letter| raw.strip_suffix(letter)).unwrap_or(raw);
    let mut found = Vec::new();
    if text.len() < raw.len() {
        found.push(Repair::MonthEnd);
    }
    let read = turnover_month::month(text, map.day_first, today, &mut found);
    repairs.extend(found.into_iter().map(|repair| (repair, raw.to_owned())));
    let (problem, expected) = match read {
        Ok(month) => return Some(month),
        Err(MonthWrong::Empty) => ("ist leer", "ein Monat wie 2027-03"),
        Err(MonthWrong::Unreadable) => ("ist kein Monat", "ein Monat wie 2027-03"),
        Err(MonthWrong::EitherWay) => {
            ("kann zwei Tage meinen", "day_first = true oder false in der Zuordnung, damit Tag und Monat feststehen")
        }
        Err(MonthWrong::TooOld) => ("liegt vor 1990", "ein Monat seit 1990"),
        Err(MonthWrong::Future) => ("hat noch nicht begonnen", "ein Monat, in dem schon Umsatz war"),
    };
    cells.refuse(column, problem, expected);
    None
}

fn read_amount(
    cells: &mut Cells<'_>,
    map: &TurnoverMap,
    currency: &str,
    stray: Option<char>,
    repairs: &mut Vec<(Repair, String)>,
) -> (Option<Volume>, Option<Decimal>, Option<&'static str>) {
    let column = &map.columns.amount;
    let raw = cells.raw(column);
    let text = stray.and_then(|letter| raw.strip_suffix(letter)).unwrap_or(raw);
    if text.len() < raw.len() {
        repairs.push((Repair::AmountEnd, raw.to_owned()));
    }
    let read = turnover_cells::amount(text, map.notation, currency);
    repairs.extend(read.repairs.into_iter().map(|repair| (repair, raw.to_owned())));
    let example = map.notation.example();
    let mut elsewhere = None;
    match read.amount {
        Ok(_) => {}
        Err(AmountWrong::Empty) => cells.refuse(column, "ist leer", &example),
        Err(AmountWrong::NotANumber) => cells.refuse(column, "ist keine Zahl", &example),
        Err(AmountWrong::TooManyDecimals) => {
            cells.refuse(column, "hat zu viele Nachkommastellen", "höchstens 4; gerundet wird nicht");
        }
        Err(AmountWrong::TooLarge) => cells.refuse(column, "ist zu groß", "höchstens 99.999.999.999.999"),
        Err(AmountWrong::OtherCurrency(other)) => {
            cells.refuse(column, &format!("ist in {other}"), &format!("{currency}; umgerechnet wird nicht"));
            elsewhere = Some(other);
        }
    }
    (read.amount.ok(), read.number, elsewhere)
}

/// The row as a line of CSV.
fn raw_line(row: &Row, separator: u8) -> String {
    let mut out = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
    // Cannot fail: a vector takes every byte.
    let _ = out.write_record(&row.cells);
    let bytes = out.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "separator = \",\"\ndecimal = \".\"\ncurrency = \"GBP\"\n[columns]\ncustomer = \"Customer\"\n\
                       framework = \"Framework\"\nmonth = \"Month\"\namount = \"Charge\"\n";

    fn read_text(text: &str) -> TurnoverRows {
        let map = TurnoverMap::read(MAP.as_bytes()).expect("a mapping");
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).expect("a day");
        read(text.as_bytes(), &map, today).expect("a file")
    }

    #[test]
    fn a_letter_behind_each_month_is_one_warning() {
        let rows: String = (1..=40).map(|n| format!("G-Cloud,Town {n},2013-08-01l,{n}.25\r")).collect();
        let read = read_text(&format!("Framework,Customer,Month,Charge\r{rows}"));
        let report = read.report();
        assert_eq!((read.rows.len(), report.rejected, report.warnings.len()), (40, 0, 1));
        assert_eq!(
            report.warnings[0].text,
            "In allen 40 Zeilen: Der Monat endet auf ein überzähliges Zeichen; es wurde weggelassen (zuerst Zeile 2: „2013-08-01l“)."
        );
        assert_eq!(report.sums["GBP"].control, Decimal::new(83_000, 2));
        assert!(report.sums["GBP"].adds_up());
    }

    #[test]
    fn imported_and_rejected_are_the_whole_file_whatever_is_wrong_with_it() {
        let read = read_text(
            "Framework,Customer,Month,Charge,,\nA,X,2013-08,10.0001,,\nA,,2013-08,5,,\nA,X,13/2013,-1.5,,\nA,X,2013-08,1.23456,,\nA,X,2013-08,abc,,\nA,X\n",
        );
        let report = read.report();
        let sums = &report.sums["GBP"];
        assert_eq!((sums.rows, sums.imported_rows, sums.rejected_rows, sums.unread_rows), (6, 1, 5, 2));
        assert_eq!(sums.imported.to_string(), "10.0001");
        assert_eq!(sums.rejected.to_string(), "4.73456");
        assert!(sums.adds_up(), "{sums:?}");
        let said: Vec<String> = report.errors.iter().map(ToString::to_string).collect();
        assert_eq!(said[0], "Zeile 3, Spalte Customer: „“ ist leer. Erwartet: ein Name");
        assert!(said[2].ends_with("Erwartet: höchstens 4; gerundet wird nicht"), "{said:?}");
        assert_eq!(report.warnings[0].kind, "blank_columns");
    }

    #[test]
    fn an_open_quote_that_swallows_lines_is_refused_as_a_whole() {
        let map = TurnoverMap::read(MAP.as_bytes()).expect("a mapping");
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).expect("a day");
        let text = "Framework,Customer,Month,Charge\nA,\"X,2013-08,1\nA,Y,2013-08,2\n";
        let refused = read(text.as_bytes(), &map, today).expect_err("refused");
        assert_eq!(refused, FileRefused::OpenQuote { line: 2 });
    }

    #[test]
    fn equal_rows_all_count_and_are_told_once() {
        let report =
            read_text("Framework,Customer,Month,Charge\nA,X,2013-08,1\nA,X,2013-08,1\nA,X,2013-08,0\n").report();
        assert_eq!(report.sums["GBP"].imported, Decimal::TWO);
        let kinds: Vec<&str> = report.warnings.iter().map(|it| it.kind.as_str()).collect();
        assert_eq!(kinds, ["repeated", "zero"]);
    }
}
