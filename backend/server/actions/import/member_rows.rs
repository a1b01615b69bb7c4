//! A list of members, as a cooperative keeps it: CSV or XLSX to rows. Nothing is looked up here: whether a key or a name is one
//! of the register is judged in `import_members.rs`.

use std::collections::BTreeMap;

use abruf_domain::money::Net;
use abruf_domain::notation::Language::German;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::cells::{Cells, Notation, RowError};
use super::member_columns::{Columns, Field, HEADINGS};
use super::oddities::oddities;
use super::spreadsheet::{self, Cell, Sheet, SheetRefused};
use super::table::{FileRefused, Row, Table};
use super::workbook::letters;
use crate::actions::admit_member::MOST_SHARES;

/// Most members of a file: they are admitted in one transaction, and somebody looks at them first.
pub const MOST_MEMBERS: usize = 1_000;
/// Largest file: between look and admission it lies in the form, a third larger.
pub const MOST_BYTES: usize = 4_000_000;
/// Rows in which a header is looked for that does not stand on top.
const LOOKED_AT: usize = 20;
/// Longest name.
const LONGEST: usize = 200;

/// How offices write amounts.
const AMOUNTS: Notation = Notation { decimal: ',', thousands: Some('.') };

/// A member as the file names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// Row of the file.
    pub line: u64,
    /// Official municipality key, eight digits.
    pub key: Option<String>,
    /// Name; empty where the file has none.
    pub name: String,
    /// Day of the declaration, if the file says it.
    pub declared_on: Option<NaiveDate>,
    /// First day of membership.
    pub effective_from: NaiveDate,
    /// Shares, if the file says how many.
    pub shares: Option<i32>,
    /// Nominal value of one.
    pub share_value_net: Decimal,
}

/// What a file says.
#[derive(Debug)]
pub struct MemberFile {
    /// Rows that can be read.
    pub rows: Vec<MemberRow>,
    /// What is wrong with the others, in the order of the file.
    pub errors: Vec<RowError>,
    /// Rows in all.
    pub count: usize,
    /// What the sender should know of, in German.
    pub notes: Vec<String>,
    /// What the columns are.
    pub columns: Columns,
    table: Table,
}

impl MemberFile {
    /// How many rows have one of these errors, and those rows as CSV with two more columns, line and error.
    #[must_use]
    pub fn rejects(&self, errors: &[RowError]) -> (usize, Vec<u8>) {
        let mut by_line: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        for error in errors {
            by_line.entry(error.line).or_default().push(error.without_line());
        }
        (by_line.len(), self.table.rejects(&by_line))
    }
}

/// Reads a file, whatever it is called.
///
/// # Errors
/// If it is no list of members; single rows are in [`MemberFile::errors`].
pub fn read(bytes: &[u8], today: NaiveDate) -> Result<MemberFile, FileRefused> {
    if MOST_BYTES < bytes.len() {
        return Err(FileRefused::LargerThan { megabytes: MOST_BYTES / 1_000_000 });
    }
    let mut sheet = spreadsheet::read(bytes).map_err(refused)?;
    let (heads, columns) = header(&sheet)?;
    if sheet.rows.len() == 1 {
        return Err(FileRefused::NoRows);
    }
    if MOST_MEMBERS < sheet.rows.len() - 1 {
        return Err(FileRefused::TooManyMembers { most: MOST_MEMBERS });
    }
    // What nobody reads may be a formula, or one cell over the whole width.
    sheet.odd.retain(|(_, column, _)| columns.reads(*column));
    sheet.merged.retain(|it| (it.columns.0..=it.columns.1.min(heads.len())).any(|column| columns.reads(column)));
    let table = Table::of_rows(heads.clone(), sheet.rows.iter().skip(1).map(|row| padded(row, heads.len())).collect());
    let mut file = MemberFile {
        rows: Vec::new(),
        errors: Vec::new(),
        count: table.rows.len(),
        notes: std::mem::take(&mut sheet.notes),
        columns,
        table,
    };
    read_rows(&mut file, &sheet, today);
    Ok(file)
}

/// Why a spreadsheet is refused, in the words of this import.
fn refused(reason: SheetRefused) -> FileRefused {
    match reason {
        SheetRefused::Empty => FileRefused::Empty(HEADINGS.join(", ")),
        SheetRefused::TooManyRows => FileRefused::TooManyMembers { most: MOST_MEMBERS },
        other => FileRefused::Sheet(other),
    }
}

fn texts(cells: &[Cell]) -> Vec<String> {
    cells.iter().map(Cell::shown).collect()
}

/// The first row with something in it.
fn header(sheet: &Sheet) -> Result<(Vec<String>, Columns), FileRefused> {
    let heads = sheet.rows.first().map(|row| texts(&row.cells)).unwrap_or_default();
    match Columns::of(&heads) {
        Ok(columns) => Ok((heads, columns)),
        Err(FileRefused::HeaderLacks { missing, found }) => {
            let below = sheet.rows.iter().skip(1).take(LOOKED_AT).find(|row| Columns::of(&texts(&row.cells)).is_ok());
            Err(below
                .map_or(FileRefused::HeaderLacks { missing, found }, |row| FileRefused::HeaderBelow { line: row.line }))
        }
        Err(other) => Err(other),
    }
}

/// A row ends with its last cell; one that is longer than the header keeps what it has.
fn padded(row: &spreadsheet::SheetRow, width: usize) -> Row {
    let mut cells = texts(&row.cells);
    cells.resize(cells.len().max(width), String::new());
    Row { line: row.line, cells }
}

fn read_rows(file: &mut MemberFile, sheet: &Sheet, today: NaiveDate) {
    let mut odd: BTreeMap<u64, Vec<RowError>> = BTreeMap::new();
    for it in oddities(sheet) {
        let named = file.table.header().get(it.column).filter(|name| !name.is_empty()).cloned();
        let column = Some(named.unwrap_or_else(|| letters(it.column)));
        odd.entry(it.line).or_default().push(RowError { line: it.line, column, message: it.message });
    }
    let mut zeros = 0;
    for (at, row) in file.table.rows.iter().enumerate() {
        if let Some(odd) = odd.remove(&row.line) {
            file.errors.extend(odd);
            continue;
        }
        let mut reader = Reader { cells: Cells::new(&file.table, row), columns: &file.columns, today };
        if at == 0 && reader.is_second_header() {
            let message = "sieht wie eine zweite Kopfzeile aus. Erwartet: genau eine. Bitte löschen Sie diese Zeile";
            file.errors.push(RowError { line: row.line, column: None, message: message.to_owned() });
            continue;
        }
        let read = reader.row(row.line, &mut zeros);
        let wrong = reader.cells.errors();
        match read {
            Some(read) if wrong.is_empty() => file.rows.push(read),
            _ => file.errors.extend(wrong),
        }
    }
    // What is odd in the header is told too.
    file.errors.extend(odd.into_values().flatten());
    file.errors.sort_by_key(|error| error.line);
    if 0 < zeros {
        file.notes.push(format!("Schlüssel ohne führende Null: {zeros}. Sie ist ergänzt."));
    }
    if !file.columns.unread.is_empty() {
        let unread: Vec<String> = file.columns.unread.iter().map(|it| format!("„{it}“")).collect();
        file.notes.push(format!("Nicht gelesen werden die Spalten {}.", unread.join(", ")));
    }
}

/// Reads one row, and collects what is wrong with it.
struct Reader<'a> {
    cells: Cells<'a>,
    columns: &'a Columns,
    today: NaiveDate,
}

impl Reader<'_> {
    /// The cell of a field; empty where the file has no such column.
    fn raw(&self, field: Field) -> &str {
        self.columns.heading(field).map_or("", |heading| self.cells.raw(heading))
    }

    fn refuse(&mut self, field: Field, problem: &str, expected: &str) {
        if let Some(heading) = self.columns.heading(field) {
            self.cells.refuse(heading, problem, expected);
        }
    }

    /// No digit where the key or the first day stands, though both say something.
    fn is_second_header(&self) -> bool {
        let said = |field| self.columns.heading(field).is_none() || !self.raw(field).is_empty();
        let no_digit = |field| !self.raw(field).contains(|c: char| c.is_ascii_digit());
        [Field::Key, Field::Since].into_iter().all(|field| said(field) && no_digit(field))
    }

    /// The member; `None` where its first day cannot be read.
    fn row(&mut self, line: u64, zeros: &mut usize) -> Option<MemberRow> {
        let key = self.key(zeros);
        let name = match self.columns.heading(Field::Name) {
            Some(heading) => self.cells.optional_text(heading, LONGEST),
            None => String::new(),
        };
        if self.raw(Field::Key).is_empty() && name.is_empty() {
            let field = if self.columns.heading(Field::Key).is_some() { Field::Key } else { Field::Name };
            self.refuse(field, "ist leer", "der Gemeindeschlüssel oder der Name");
        }
        let effective_from = self.day(Field::Since);
        let declared_on = if self.raw(Field::Declared).is_empty() { None } else { self.day(Field::Declared) };
        if let (Some(first), Some(declared)) = (effective_from, declared_on)
            && first < declared
        {
            let declared = format!("liegt vor der Beitrittserklärung vom {}", German.date(declared));
            self.refuse(Field::Since, &declared, "dieser Tag oder ein späterer");
        }
        let shares = self.shares();
        let share_value_net = self.share_value();
        Some(MemberRow { line, key, name, declared_on, effective_from: effective_from?, shares, share_value_net })
    }

    /// Eight digits; of the twelve of a regional key those of the municipality. Spreadsheets drop a zero in front.
    fn key(&mut self, zeros: &mut usize) -> Option<String> {
        let digits: String = self.raw(Field::Key).chars().filter(|c| !c.is_whitespace()).collect();
        if digits.is_empty() {
            return None;
        }
        let whole = digits.bytes().all(|byte| byte.is_ascii_digit());
        let key = match digits.len() {
            7 | 11 if whole => format!("0{digits}"),
            8 | 12 if whole => digits.clone(),
            _ => {
                self.refuse(
                    Field::Key,
                    "ist kein Gemeindeschlüssel",
                    "8 Ziffern wie 15003000 oder 12 Ziffern wie 150030000000",
                );
                return None;
            }
        };
        *zeros += usize::from(digits.len() < key.len());
        match (key.get(..5), key.get(9..)) {
            (Some(district), Some(municipality)) if key.len() == 12 => Some(format!("{district}{municipality}")),
            _ => Some(key),
        }
    }

    fn day(&mut self, field: Field) -> Option<NaiveDate> {
        const EXAMPLE: &str = "Tag, Monat und vierstelliges Jahr, zum Beispiel 01.03.2019";
        let raw = self.raw(field);
        // Spreadsheets write midnight behind a day.
        let text = [" 00:00:00", " 00:00"].iter().find_map(|it| raw.strip_suffix(it)).unwrap_or(raw);
        let day = NaiveDate::parse_from_str(text, "%d.%m.%Y").or_else(|_| NaiveDate::parse_from_str(text, "%Y-%m-%d"));
        let problem = match day {
            _ if raw.is_empty() => ("ist leer", EXAMPLE),
            Err(_) => ("ist kein Datum", EXAMPLE),
            Ok(day) if self.today < day => {
                ("liegt in der Zukunft", "ein Tag bis heute; wer später Mitglied wird, wird einzeln aufgenommen")
            }
            // Also what a two-digit year or an empty cell of a spreadsheet becomes.
            Ok(day) if day < NaiveDate::from_ymd_opt(1950, 1, 1)? => {
                ("liegt zu weit zurück", "ein Tag ab 01.01.1950, das Jahr mit vier Ziffern")
            }
            Ok(day) => return Some(day),
        };
        self.refuse(field, problem.0, problem.1);
        None
    }

    fn shares(&mut self) -> Option<i32> {
        let raw = self.raw(Field::Shares);
        if raw.is_empty() {
            return None;
        }
        let shares = raw.parse().ok().filter(|shares| (1..=MOST_SHARES).contains(shares));
        if shares.is_none() {
            self.refuse(Field::Shares, "ist keine Zahl von Anteilen", "eine ganze Zahl von 1 bis 100000");
        }
        shares
    }

    fn share_value(&mut self) -> Decimal {
        match self.columns.heading(Field::ShareValue) {
            Some(heading) if !self.cells.raw(heading).is_empty() => {
                self.cells.number::<Net>(heading, AMOUNTS, Some("€")).map_or(Decimal::ZERO, Net::decimal)
            }
            _ => Decimal::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn read_csv(text: &str) -> MemberFile {
        read(text.as_bytes(), day("2026-11-22")).expect("a list")
    }

    #[test]
    fn a_list_is_read_with_all_it_says() {
        let text = "Nr.;Mitglied seit;Beitritt erklärt am;AGS;Name;Geschäftsanteile;Wert eines Anteils\n\
                    1;01.03.2019;2019-01-15;15002000;Halle;3;1.000,50 €\n\
                    2;2020-01-01 00:00:00;;150030000000;;;\n\
                    3;1.1.2021;;1 001 000;;1;500\n";
        let file = read_csv(text);
        assert_eq!(file.errors, []);
        let [halle, magdeburg, flensburg] = &file.rows[..] else { panic!("{:?}", file.rows) };
        assert_eq!((halle.key.as_deref(), halle.name.as_str(), halle.line), (Some("15002000"), "Halle", 2));
        assert_eq!((halle.declared_on, halle.effective_from), (Some(day("2019-01-15")), day("2019-03-01")));
        assert_eq!((halle.shares, halle.share_value_net.to_string().as_str()), (Some(3), "1000.50"));
        assert_eq!((magdeburg.key.as_deref(), magdeburg.effective_from), (Some("15003000"), day("2020-01-01")));
        assert_eq!((magdeburg.declared_on, magdeburg.shares), (None, None));
        assert_eq!(flensburg.key.as_deref(), Some("01001000"));
        assert_eq!(
            file.notes,
            ["Schlüssel ohne führende Null: 1. Sie ist ergänzt.", "Nicht gelesen werden die Spalten „Nr.“."]
        );
    }

    #[test]
    fn each_wrong_cell_is_named_with_what_is_expected() {
        let text = "AGS;Name;erklärt;seit;Anteile;Anteilswert\n\
                    1500300;;;01.01.2019;;\n\
                    15003;;;01.01.2019;;\n\
                    15A03000;;;01.01.2019;;\n\
                    ;;;01.01.2019;;\n\
                    15003000;;;;;\n\
                    15003000;;;01.01.2027;;\n\
                    15003000;;;31.02.2019;;\n\
                    15003000;;;01.03.19;;\n\
                    15003000;;02.01.2019;01.01.2019;;\n\
                    15003000;;;01.01.2019;0;\n\
                    15003000;;;01.01.2019;1,5;\n\
                    15003000;;;01.01.2019;;-5\n\
                    15003000;;;01.01.2019;;12.50\n\
                    15003000;;;01.01.2019;;1;zu viel\n\
                    15003000;;;43466;;\n";
        let file = read_csv(text);
        let told: Vec<String> = file.errors.iter().map(ToString::to_string).collect();
        for words in [
            "Zeile 3, Spalte AGS: „15003“ ist kein Gemeindeschlüssel. Erwartet: 8 Ziffern",
            "Zeile 4, Spalte AGS: „15A03000“ ist kein Gemeindeschlüssel",
            "Zeile 5, Spalte AGS: „“ ist leer. Erwartet: der Gemeindeschlüssel oder der Name",
            "Zeile 6, Spalte seit: „“ ist leer",
            "Zeile 7, Spalte seit: „01.01.2027“ liegt in der Zukunft. Erwartet: ein Tag bis heute",
            "Zeile 8, Spalte seit: „31.02.2019“ ist kein Datum",
            "Zeile 9, Spalte seit: „01.03.19“ liegt zu weit zurück",
            "Zeile 10, Spalte seit: „01.01.2019“ liegt vor der Beitrittserklärung vom 02.01.2019",
            "Zeile 11, Spalte Anteile: „0“ ist keine Zahl von Anteilen. Erwartet: eine ganze Zahl von 1 bis 100000",
            "Zeile 12, Spalte Anteile: „1,5“ ist keine Zahl von Anteilen",
            "Zeile 13, Spalte Anteilswert: „-5“ ist negativ",
            "Zeile 14, Spalte Anteilswert: „12.50“ ist keine Zahl. Erwartet: 1.234,50",
            "Zeile 15: 7 Felder. Erwartet: 6 wie in der Kopfzeile",
            "Zeile 16, Spalte seit: „43466“ ist kein Datum",
        ] {
            assert!(told.iter().any(|it| it.starts_with(words)), "{words} in {told:#?}");
        }
        assert_eq!((told.len(), file.rows.len(), file.count), (14, 1, 15));
        let (rows, csv) = file.rejects(&file.errors);
        let csv = String::from_utf8(csv).expect("UTF-8");
        assert_eq!((rows, csv.lines().count()), (14, 15), "{csv}");
        assert!(
            csv.starts_with("AGS;Name;erklärt;seit;Anteile;Anteilswert;zeile;fehler\n15003;;;01.01.2019;;;3;"),
            "{csv}"
        );
    }

    #[test]
    fn a_file_that_is_no_list_of_members_is_refused_with_the_reason() {
        let refused = |bytes: &[u8]| read(bytes, day("2026-11-22")).expect_err("refused");
        assert!(matches!(refused(b""), FileRefused::Empty(_)));
        assert!(matches!(refused(b" \r\n;;\r\n"), FileRefused::Empty(_)));
        assert_eq!(refused("AGS;Mitglied seit\n".as_bytes()), FileRefused::NoRows);
        let below = "Mitglieder 2026;\nStand: 01.11.2026;\nAGS;seit\n15003000;01.01.2019\n";
        assert_eq!(refused(below.as_bytes()), FileRefused::HeaderBelow { line: 3 });
        assert!(matches!(refused(b"a;b\n1;2\n"), FileRefused::HeaderLacks { .. }));
        assert!(matches!(refused(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), FileRefused::Sheet(SheetRefused::NoText)));
        assert!(matches!(refused(b"\xd0\xcf\x11\xe0\xa1"), FileRefused::Sheet(SheetRefused::OldWorkbook)));
        let many = format!("AGS;seit\n{}", "15003000;01.01.2019\n".repeat(MOST_MEMBERS + 1));
        assert_eq!(refused(many.as_bytes()), FileRefused::TooManyMembers { most: MOST_MEMBERS });
        assert_eq!(refused(&vec![b'x'; MOST_BYTES + 1]), FileRefused::LargerThan { megabytes: 4 });
    }

    #[test]
    fn a_second_header_is_told_and_umlauts_of_old_offices_arrive() {
        let file = read_csv("AGS;Name;Mitglied seit\nSchlüssel;Text;TT.MM.JJJJ\n15003000;;01.01.2019\n");
        assert!(file.errors[0].message.starts_with("sieht wie eine zweite Kopfzeile aus"), "{:?}", file.errors);
        assert_eq!(file.rows.len(), 1);
        let old = read(b"Name;Mitglied seit\nK\xf6then;01.01.2019\n", day("2026-11-22")).expect("a list");
        assert_eq!(old.rows[0].name, "Köthen");
        assert!(old.notes[0].contains("Windows-1252"), "{:?}", old.notes);
    }
}
