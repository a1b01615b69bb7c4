//! A report as XLSX (ECMA-376): typed cells, the sums, the rows under a frozen head, the method, and the check cell that
//! must be 0. Four small sheets are written as they stand here; the format is too simple for this to need a library.
//!
//! What people typed is always a string cell, never a formula; one that would become a formula when somebody edits it
//! carries the mark by which spreadsheets keep it text (`quotePrefix`). The only formulas are our own sums.

use std::fmt::Write as _;
use std::io::{Cursor, Write};

use abruf_domain::notation::Language;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime as ZipTime, ZipWriter};

use super::csv_table::harmless;
use super::table::{Cell, Check, Kind, Table};

/// Most letters of a cell.
const MOST_LETTERS: usize = 32_767;
/// Place of the check cell on its sheet.
pub const CHECK_CELL: &str = "D2";
/// First row of the checks below it.
const FIRST_CHECK: usize = 6;

/// Formats of cells, by their place in [`STYLES`].
#[derive(Clone, Copy)]
enum Style {
    Text = 0,
    Head = 1,
    Day = 2,
    Amount = 3,
    Percent = 4,
    Quantity = 5,
    Count = 6,
    Title = 7,
    BoldAmount = 8,
    Bold = 9,
    Wrapped = 10,
    Quoted = 11,
}

const STYLES: &str = r##"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<numFmts count="2"><numFmt numFmtId="164" formatCode="dd\.mm\.yyyy"/><numFmt numFmtId="165" formatCode="#,##0.######"/></numFmts>
<fonts count="3"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="14"/><name val="Calibri"/></font></fonts>
<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FFE5E9EE"/></patternFill></fill></fills>
<borders count="1"><border/></borders>
<cellStyleXfs count="1"><xf/></cellStyleXfs>
<cellXfs count="12">
<xf/>
<xf fontId="1" fillId="2" applyFont="1" applyFill="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>
<xf numFmtId="164" applyNumberFormat="1"/>
<xf numFmtId="4" applyNumberFormat="1"/>
<xf numFmtId="10" applyNumberFormat="1"/>
<xf numFmtId="165" applyNumberFormat="1"/>
<xf numFmtId="3" applyNumberFormat="1"/>
<xf fontId="2" applyFont="1"/>
<xf numFmtId="4" fontId="1" applyNumberFormat="1" applyFont="1"/>
<xf fontId="1" applyFont="1"/>
<xf applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>
<xf quotePrefix="1"/>
</cellXfs>
</styleSheet>"##;

const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;

/// The file; the same table gives the same bytes.
///
/// # Errors
/// Never in practice: a file in memory can be written.
pub fn workbook(table: &Table) -> zip::result::ZipResult<Vec<u8>> {
    let sheets =
        [("Summen", sums(table)), (table.sheet, list(table)), ("Methodik", method(table)), ("Abgleich", checks(table))];
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |path: &str, text: &str| -> zip::result::ZipResult<()> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(ZipTime::default());
        archive.start_file(path, options)?;
        Ok(archive.write_all(text.as_bytes())?)
    };
    add("[Content_Types].xml", &content_types(sheets.len()))?;
    add("_rels/.rels", RELATIONS)?;
    add("xl/workbook.xml", &book(sheets.each_ref().map(|(name, _)| *name)))?;
    add("xl/_rels/workbook.xml.rels", &book_relations(sheets.len()))?;
    add("xl/styles.xml", STYLES)?;
    for (number, (_, sheet)) in (1..).zip(&sheets) {
        add(&format!("xl/worksheets/sheet{number}.xml"), sheet)?;
    }
    Ok(archive.finish()?.into_inner())
}

fn content_types(sheets: usize) -> String {
    let mut text = String::from(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>"#,
    );
    for number in 1..=sheets {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            r#"<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>"#
        );
    }
    text.push_str("</Types>");
    text
}

fn book(names: [&str; 4]) -> String {
    let mut text = String::from(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>"#,
    );
    for (number, name) in (1..).zip(names) {
        let _ = write!(text, r#"<sheet name="{}" sheetId="{number}" r:id="rId{number}"/>"#, escaped(name));
    }
    text.push_str(r#"</sheets><calcPr fullCalcOnLoad="1"/></workbook>"#);
    text
}

fn book_relations(sheets: usize) -> String {
    let mut text = String::from(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">"#,
    );
    for number in 1..=sheets {
        let _ = write!(
            text,
            r#"<Relationship Id="rId{number}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet{number}.xml"/>"#
        );
    }
    let styles = sheets + 1;
    let _ = write!(
        text,
        r#"<Relationship Id="rId{styles}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#
    );
    text
}

/// A sheet in the making.
struct Sheet {
    rows: String,
    number: usize,
}

impl Sheet {
    const fn new() -> Self {
        Self { rows: String::new(), number: 0 }
    }

    /// Adds a row of cells that are written already.
    fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.number += 1;
        let _ = write!(self.rows, "<row r=\"{}\">", self.number);
        for (column, cell) in cells.into_iter().enumerate() {
            self.rows.push_str(&cell.replacen("<c", &format!("<c r=\"{}{}\"", letters(column), self.number), 1));
        }
        self.rows.push_str("</row>");
    }

    /// The whole sheet; `frozen` keeps the first row in place and lets people filter by it.
    fn finish(self, widths: &[usize], frozen: bool) -> String {
        let mut text = String::from(
            r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0">"#,
        );
        if frozen {
            text.push_str(r#"<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>"#);
        }
        text.push_str("</sheetView></sheetViews><cols>");
        for (number, width) in (1..).zip(widths) {
            let _ = write!(text, r#"<col min="{number}" max="{number}" width="{width}" customWidth="1"/>"#);
        }
        let _ = write!(text, "</cols><sheetData>{}</sheetData>", self.rows);
        if let Some(last) = widths.len().checked_sub(1).filter(|_| frozen) {
            let _ = write!(text, r#"<autoFilter ref="A1:{}{}"/>"#, letters(last), self.number.max(1));
        }
        text.push_str("</worksheet>");
        text
    }
}

fn sums(table: &Table) -> String {
    let mut sheet = Sheet::new();
    sheet.row([string(&table.title, Style::Title)]);
    sheet.row([string("Auswahl", Style::Bold), string(&filter_words(table), Style::Text)]);
    sheet.row([string("Stand der Daten", Style::Bold), string(&Language::German.instant(table.as_of), Style::Text)]);
    sheet.row([string("Zeilen", Style::Bold), number(Decimal::from(table.rows.len()), Style::Count)]);
    sheet.row([]);
    sheet.row([string("Zahl", Style::Head), string("Wert im Bericht", Style::Head)]);
    for check in &table.checks {
        sheet.row([string(check.name, Style::Text), number(check.reported, style_of(check))]);
    }
    sheet.finish(&[34, 40], false)
}

fn filter_words(table: &Table) -> String {
    if table.filter.is_empty() { "alles, was Sie sehen dürfen".to_owned() } else { table.filter.join(" · ") }
}

fn list(table: &Table) -> String {
    let mut sheet = Sheet::new();
    sheet.row(table.columns.iter().map(|column| string(column.title, Style::Head)));
    for row in &table.rows {
        sheet.row(row.cells.iter().map(cell));
    }
    let width = |kind: Kind| match kind {
        Kind::Text => 32,
        Kind::Day => 12,
        Kind::Net | Kind::Quantity => 16,
        Kind::Percent | Kind::Count => 11,
    };
    let widths: Vec<usize> = table.columns.iter().map(|column| width(column.kind)).collect();
    sheet.finish(&widths, true)
}

fn method(table: &Table) -> String {
    let mut sheet = Sheet::new();
    sheet.row([string("So wird gerechnet", Style::Title)]);
    for sentence in &table.method {
        sheet.row([string(sentence, Style::Wrapped)]);
    }
    sheet.finish(&[110], false)
}

/// The check cell stands on top; below it each figure with the sum of its column and the value of the report.
fn checks(table: &Table) -> String {
    let mut sheet = Sheet::new();
    sheet.row([string("Abgleich", Style::Title)]);
    let last = FIRST_CHECK + table.checks.len().saturating_sub(1);
    let all = format!("SUMPRODUCT(ABS(D{FIRST_CHECK}:D{last}))");
    sheet.row([
        string("Prüfzelle: Summe aller Abweichungen, muss 0 sein", Style::Bold),
        empty(),
        empty(),
        formula(&all, table.deviation(), Style::BoldAmount),
    ]);
    sheet.row([string(
        "Die Summe der Liste rechnet diese Tabelle selbst; der Wert im Bericht kommt aus einer eigenen Abfrage.",
        Style::Text,
    )]);
    sheet.row([]);
    sheet.row(["Zahl", "Summe der Liste", "Wert im Bericht", "Abweichung"].map(|head| string(head, Style::Head)));
    for (row, check) in (FIRST_CHECK..).zip(&table.checks) {
        let style = style_of(check);
        let listed = match check.column {
            // Without rows there is nothing to add up but the head, which is a text and counts as nothing.
            Some(column) => {
                let (column, last) = (letters(column), table.rows.len() + 1);
                formula(&format!("ROUND(SUM('{}'!{column}1:{column}{last}),2)", table.sheet), check.listed, style)
            }
            None => number(check.listed, style),
        };
        let difference = formula(&format!("ROUND(B{row}-C{row},2)"), check.difference(), style);
        sheet.row([string(check.name, Style::Text), listed, number(check.reported, style), difference]);
    }
    sheet.finish(&[52, 18, 18, 18], false)
}

const fn style_of(check: &Check) -> Style {
    match check.kind {
        Kind::Net => Style::Amount,
        _ => Style::Count,
    }
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Empty => empty(),
        Cell::Text(words) => string(words, Style::Text),
        Cell::Day(day) => serial(*day).map_or_else(empty, |days| number(Decimal::from(days), Style::Day)),
        Cell::Net(net) => number(net.decimal(), Style::Amount),
        Cell::Percent(percent) => number(*percent / Decimal::ONE_HUNDRED, Style::Percent),
        Cell::Quantity(quantity) => number(*quantity, Style::Quantity),
        Cell::Count(count) => number(Decimal::from(*count), Style::Count),
    }
}

fn empty() -> String {
    "<c/>".to_owned()
}

/// A string cell. What begins like a formula keeps its mark as text also when somebody edits it.
fn string(words: &str, style: Style) -> String {
    let words: String = words.chars().take(MOST_LETTERS).collect();
    let style = if matches!(style, Style::Text) && harmless(&words) != words { Style::Quoted } else { style };
    format!(r#"<c s="{}" t="inlineStr"><is><t xml:space="preserve">{}</t></is></c>"#, style as u8, escaped(&words))
}

fn number(value: Decimal, style: Style) -> String {
    format!(r#"<c s="{}"><v>{}</v></c>"#, style as u8, value.normalize())
}

/// A formula of ours with the value it has.
fn formula(formula: &str, value: Decimal, style: Style) -> String {
    format!(r#"<c s="{}"><f>{}</f><v>{}</v></c>"#, style as u8, escaped(formula), value.normalize())
}

/// Days since the last day of 1899, as spreadsheets count; `None` before March 1900, where they count wrongly.
fn serial(day: NaiveDate) -> Option<i64> {
    let days = (day - NaiveDate::from_ymd_opt(1899, 12, 30)?).num_days();
    (60 < days).then_some(days)
}

/// `A`, `B` … `Z`, `AA`.
fn letters(column: usize) -> String {
    let letter = |index: usize| char::from(b'A' + u8::try_from(index % 26).unwrap_or(0));
    match column / 26 {
        0 => letter(column).to_string(),
        more => format!("{}{}", letter(more - 1), letter(column)),
    }
}

/// Text for XML, without the characters XML 1.0 forbids.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => out.push(letter),
            '\r' => out.push(' '),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_letters_and_days_their_number() {
        assert_eq!([0, 25, 26, 51, 52].map(letters), ["A", "Z", "AA", "AZ", "BA"]);
        assert_eq!(serial("2026-11-22".parse().unwrap()), Some(46_348));
        assert_eq!(serial("1900-03-01".parse().unwrap()), Some(61));
        assert_eq!(serial("1899-01-01".parse().unwrap()), None);
    }

    #[test]
    fn what_people_typed_is_a_string_and_never_a_formula() {
        for words in ["=cmd|' /C calc'!A0", "+49 345", "-1+cmd", "@SUM(A1)", "\t=1"] {
            let cell = string(words, Style::Text);
            assert!(cell.contains("t=\"inlineStr\"") && !cell.contains("<f>"), "{cell}");
            assert!(cell.starts_with("<c s=\"11\""), "no mark: {cell}");
        }
        assert_eq!(
            string("A & B <c>\u{b}", Style::Text),
            r#"<c s="0" t="inlineStr"><is><t xml:space="preserve">A &amp; B &lt;c&gt;</t></is></c>"#
        );
    }
}
