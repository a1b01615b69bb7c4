//! Delimited text to records with the line each begins on; and as newcomers send it: with semicolons, commas or tabs, in
//! UTF-8 or what their office makes of it.
//!
//! Lines are counted in the text itself: the reader loses count at empty lines and at CR LF, and "Zeile 17" must be what the
//! editor calls line 17.

use std::borrow::Cow;

use super::encoding;
use super::spreadsheet::{Cell, MOST_COLUMNS, MOST_ROWS, Sheet, SheetRefused, SheetRow};

/// Lines looked at to tell the separator.
const LOOKED_AT: usize = 20;

/// A line with more of them is no table, even if nothing stands between them.
const MOST_SEPARATORS: usize = 20_000;

/// Reads text; numbers stay texts, nothing is calculated.
pub(super) fn read(bytes: &[u8]) -> Result<Sheet, SheetRefused> {
    let mut sheet = Sheet::default();
    let text = decode(bytes, &mut sheet)?;
    let separator = separator(&text);
    refuse_separators_alone(&text, separator)?;
    let mut records = Records::of(&text, separator);
    while let Some(record) = records.next() {
        let width = record.len();
        let mut cells: Vec<Cell> = record.iter().take(MOST_SEPARATORS).map(Cell::text).collect();
        if MOST_SEPARATORS < width {
            return Err(SheetRefused::TooWide { line: records.line() });
        }
        cells.truncate(cells.iter().rposition(|cell| *cell != Cell::Empty).map_or(0, |last| last + 1));
        if cells.is_empty() {
            continue;
        }
        let line = records.line();
        if MOST_COLUMNS < cells.len() {
            return Err(SheetRefused::TooWide { line });
        }
        if sheet.rows.len() == MOST_ROWS {
            return Err(SheetRefused::TooManyRows);
        }
        sheet.rows.push(SheetRow { line, cells });
    }
    Ok(sheet)
}

/// Before the reader makes a field of each: a few megabytes of separators would become some hundred of fields.
fn refuse_separators_alone(text: &str, separator: u8) -> Result<(), SheetRefused> {
    let mut at = 0;
    for line in text.split(['\n', '\r']) {
        if MOST_SEPARATORS < line.bytes().filter(|byte| *byte == separator).count() {
            let mut lines = LineCounter { text: text.as_bytes(), at: 0, line: 1 };
            return Err(SheetRefused::TooWide { line: lines.line_of_row_at(at) });
        }
        at += line.len() + 1;
    }
    Ok(())
}

/// Whatever it is written in; told where the umlauts should be looked at.
fn decode<'a>(bytes: &'a [u8], sheet: &mut Sheet) -> Result<Cow<'a, str>, SheetRefused> {
    let decoded = encoding::decode(bytes, "auto").map_err(|_| SheetRefused::NoText)?;
    if decoded.text.contains('\0') {
        return Err(SheetRefused::NoText);
    }
    if let Some(told) = decoded.told {
        sheet.notes.push(format!(
            "Die Datei ist nicht in UTF-8 gespeichert und wurde als {} gelesen. Bitte prüfen Sie die Umlaute.",
            told.encoding
        ));
    }
    Ok(decoded.text)
}

/// What separates the cells: a sign that stands outside quotes in at least half of the first lines; semicolons where there
/// is none. A single semicolon in a title separates nothing, and a decimal comma in every cell must not outweigh the
/// semicolons between them: semicolons and tabs go first.
pub(super) fn separator(text: &str) -> u8 {
    let mut lines = 0;
    let mut with = [(b';', 0_usize), (b'\t', 0), (b',', 0), (b'|', 0)];
    for line in text.split(['\n', '\r']).filter(|line| !line.trim().is_empty()).take(LOOKED_AT) {
        lines += 1;
        for (sign, count) in &mut with {
            let mut quoted = false;
            *count += usize::from(line.bytes().any(|byte| {
                quoted ^= byte == b'"';
                byte == *sign && !quoted
            }));
        }
    }
    with.into_iter().find(|(_, count)| 0 < *count && lines <= 2 * count).map_or(b';', |(sign, _)| sign)
}

/// The records of a text, one after the other, any number of cells in each.
pub(super) struct Records<'a> {
    reader: csv::Reader<&'a [u8]>,
    record: csv::StringRecord,
    lines: LineCounter<'a>,
}

impl<'a> Records<'a> {
    /// Of a text with this separator.
    pub(super) fn of(text: &'a str, separator: u8) -> Self {
        let reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let lines = LineCounter { text: text.as_bytes(), at: 0, line: 1 };
        Self { reader, record: csv::StringRecord::new(), lines }
    }

    /// The next one; `None` at the end.
    pub(super) fn next(&mut self) -> Option<&csv::StringRecord> {
        // Cannot fail: the text is UTF-8, rows may have any length, and nothing is read from a disk.
        self.reader.read_record(&mut self.record).unwrap_or(false).then_some(&self.record)
    }

    /// Line on which the last one begins, from 1.
    pub(super) fn line(&mut self) -> u64 {
        let begin = self.record.position().map_or(0, csv::Position::byte);
        self.lines.line_of_row_at(usize::try_from(begin).unwrap_or(usize::MAX))
    }
}

/// Counts lines while it goes through the text once.
struct LineCounter<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl LineCounter<'_> {
    /// Line of the byte at `position`, which must not lie before the last one asked for.
    fn line_at(&mut self, position: usize) -> u64 {
        let position = position.min(self.text.len());
        while self.at < position {
            let ends = match self.text[self.at] {
                b'\n' => true,
                // CR LF is one end; a lone CR, as old Macs wrote it, is one too.
                b'\r' => self.text.get(self.at + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line += u64::from(ends);
            self.at += 1;
        }
        self.line
    }

    /// Line of the row that begins at `position` or after the empty lines there.
    fn line_of_row_at(&mut self, position: usize) -> u64 {
        let rest = self.text.get(position..).unwrap_or_default();
        let empty = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.line_at(position + empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> Vec<(u64, Vec<String>)> {
        let sheet = read(bytes).expect("text");
        sheet.rows.iter().map(|row| (row.line, row.cells.iter().map(Cell::shown).collect())).collect()
    }

    fn texts(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|&cell| cell.to_owned()).collect()
    }

    #[test]
    fn the_separator_is_seen_and_lines_are_those_of_an_editor() {
        let expected = vec![(1, texts(&["a", "b"])), (3, texts(&["1,5", "2"]))];
        assert_eq!(rows(b"a;b\r\n;;\r\n1,5;2\r\n"), expected);
        assert_eq!(rows(b"a\tb\n\n1,5\t2\n"), expected);
        assert_eq!(rows(b"a,b\n,\n\"1,5\",2\n"), expected);
        let title = "kind(1=flat;2=tiered)";
        assert_eq!(rows(format!("a,{title}\nx,1\ny,2\n").as_bytes())[0], (1, texts(&["a", title])));
    }

    #[test]
    fn umlauts_of_old_offices_and_old_macs_arrive() {
        assert_eq!(rows(b"St\xfcck;10\x80\n"), [(1, texts(&["Stück", "10€"]))]);
        assert_eq!(rows(b"St\x9fck;1\rx;2\r"), [(1, texts(&["Stück", "1"])), (2, texts(&["x", "2"]))]);
        assert_eq!(rows(b"\xff\xfea\0;\0b\0"), [(1, texts(&["a", "b"]))]);
        assert!(read(b"St\xfcck;1\n").expect("text").notes[0].contains("Windows-1252"));
    }

    #[test]
    fn empty_lines_cost_nothing_and_too_many_full_ones_are_refused() {
        let empty = format!("a;b\n{}1;2\n", ";;\n".repeat(100_000));
        assert_eq!(rows(empty.as_bytes()).len(), 2);
        assert_eq!(read("1;2\n".repeat(MOST_ROWS + 1).as_bytes()), Err(SheetRefused::TooManyRows));
        assert_eq!(read("x;".repeat(MOST_COLUMNS + 1).as_bytes()), Err(SheetRefused::TooWide { line: 1 }));
    }
}
