//! Delimited text as newcomers send it: with semicolons, commas or tabs, in UTF-8 or what their office makes of it.

use encoding_rs::{Encoding, MACINTOSH, UTF_8, WINDOWS_1252};

use super::spreadsheet::{Cell, MOST_COLUMNS, MOST_ROWS, Sheet, SheetRefused, SheetRow};
use super::table::LineCounter;

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
    let mut reader =
        csv::ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut lines = LineCounter { text: text.as_bytes(), at: 0, line: 1 };
    let mut record = csv::StringRecord::new();
    // Cannot fail: the text is UTF-8, rows may have any length, and nothing is read from a disk.
    while reader.read_record(&mut record).unwrap_or(false) {
        let begin = record.position().map_or(0, csv::Position::byte);
        if MOST_SEPARATORS < record.len() {
            let line = lines.line_of_row_at(usize::try_from(begin).unwrap_or(usize::MAX));
            return Err(SheetRefused::TooWide { line });
        }
        let mut cells: Vec<Cell> = record.iter().map(Cell::text).collect();
        cells.truncate(cells.iter().rposition(|cell| *cell != Cell::Empty).map_or(0, |last| last + 1));
        if cells.is_empty() {
            continue;
        }
        let line = lines.line_of_row_at(usize::try_from(begin).unwrap_or(usize::MAX));
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

/// UTF-8, with a mark also UTF-16; else what old offices write: lone carriage returns are of old Macs.
fn decode(bytes: &[u8], sheet: &mut Sheet) -> Result<String, SheetRefused> {
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    if marked.is_none_or(|encoding| encoding == UTF_8) && bytes.contains(&0) {
        return Err(SheetRefused::NoText);
    }
    let encoding = match marked {
        Some(encoding) => encoding,
        None if std::str::from_utf8(bytes).is_ok() => UTF_8,
        None if bytes.contains(&b'\r') && !bytes.contains(&b'\n') => MACINTOSH,
        None => WINDOWS_1252,
    };
    let (text, used, _) = encoding.decode(bytes);
    if used != UTF_8 {
        sheet.notes.push(format!(
            "Die Datei ist nicht in UTF-8 gespeichert und wurde als {} gelesen. Bitte prüfen Sie die Umlaute.",
            used.name()
        ));
    }
    Ok(text.into_owned())
}

/// What separates the cells: a sign that stands outside quotes in at least half of the first lines; semicolons where there
/// is none. A single semicolon in a title separates nothing, and a decimal comma in every cell must not outweigh the
/// semicolons between them: semicolons and tabs go first.
fn separator(text: &str) -> u8 {
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
        assert!(read(b"St\xfcck;1\n").expect("text").notes[0].contains("windows-1252"));
    }

    #[test]
    fn empty_lines_cost_nothing_and_too_many_full_ones_are_refused() {
        let empty = format!("a;b\n{}1;2\n", ";;\n".repeat(100_000));
        assert_eq!(rows(empty.as_bytes()).len(), 2);
        assert_eq!(read("1;2\n".repeat(MOST_ROWS + 1).as_bytes()), Err(SheetRefused::TooManyRows));
        assert_eq!(read("x;".repeat(MOST_COLUMNS + 1).as_bytes()), Err(SheetRefused::TooWide { line: 1 }));
    }
}
