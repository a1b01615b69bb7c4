//! Which column of somebody's list of purchases is what: a proposal from the words of its header, which the sender
//! may change.

use serde::{Deserialize, Serialize};

use super::cells::Notation;
use super::spreadsheet::{Cell, Sheet, SheetRow};

/// Rows in which a header is looked for.
const LOOKED_AT: usize = 15;

/// What a column can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Article number.
    Article,
    /// Words.
    Description,
    /// Quantity; without the column each line is one unit.
    Quantity,
    /// Unit.
    Unit,
    /// Time the price is for, e.g. month.
    Time,
    /// Net price of a unit.
    UnitPrice,
    /// Net amount of the line.
    Amount,
    /// When it was bought.
    Day,
    /// Currency; without the column the one chosen for the file.
    Currency,
}

impl Field {
    /// All of them, in the order of the form. The first that knows a header gets it.
    pub const ALL: [Self; 9] = [
        Self::Article,
        Self::Description,
        Self::Quantity,
        Self::Unit,
        Self::Time,
        Self::UnitPrice,
        Self::Amount,
        Self::Day,
        Self::Currency,
    ];

    /// Name of the field of the form.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Article => "spalte_artikelnummer",
            Self::Description => "spalte_bezeichnung",
            Self::Quantity => "spalte_menge",
            Self::Unit => "spalte_einheit",
            Self::Time => "spalte_zeitraum",
            Self::UnitPrice => "spalte_einzelpreis",
            Self::Amount => "spalte_betrag",
            Self::Day => "spalte_datum",
            Self::Currency => "spalte_waehrung",
        }
    }

    /// In German.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::Article => "Artikelnummer",
            Self::Description => "Bezeichnung",
            Self::Quantity => "Menge",
            Self::Unit => "Einheit",
            Self::Time => "Zeitraum des Preises (Monat, Jahr)",
            Self::UnitPrice => "Einzelpreis netto",
            Self::Amount => "Betrag der Zeile netto",
            Self::Day => "Datum",
            Self::Currency => "Währung",
        }
    }

    /// Headers that mean this, folded: exactly (3), as a beginning (2) or inside (1).
    const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Article => &[
                "artikelnummer",
                "artikelnr",
                "artnr",
                "artikelno",
                "articlenumber",
                "sku",
                "materialnummer",
                "bestellnummer",
                "produktnummer",
                "priceid",
                "itemnumber",
                "herstellernummer",
            ],
            Self::Description => &[
                "bezeichnung",
                "artikelbezeichnung",
                "beschreibung",
                "artikelname",
                "itemname",
                "description",
                "serviceproposed",
                "produkt",
                "leistung",
                "artikel",
                "text",
            ],
            Self::Quantity => &["menge", "anzahl", "stueckzahl", "quantity", "qty"],
            Self::Unit => &["einheit", "mengeneinheit", "me", "pricingunit", "unitofissue", "unit"],
            Self::Time => &["zeitraum", "timeunit", "abrechnungszeitraum", "zeiteinheit"],
            Self::UnitPrice => &[
                "einzelpreis",
                "einzelpreisnetto",
                "stueckpreis",
                "preisjeeinheit",
                "unitprice",
                "ep",
                "priceoffered",
                "preis",
                "price",
            ],
            Self::Amount => &[
                "gesamtpreis",
                "betrag",
                "nettobetrag",
                "gesamtbetrag",
                "summe",
                "gesamt",
                "umsatz",
                "totalcharge",
                "amount",
                "total",
            ],
            Self::Day => {
                &["datum", "rechnungsdatum", "bestelldatum", "lieferdatum", "kaufdatum", "formonth", "date", "monat"]
            }
            Self::Currency => &["waehrung", "currency"],
        }
    }

    fn likeness(self, header: &str) -> usize {
        let of = |word: &&str| match header {
            _ if header == *word => 3,
            _ if header.starts_with(*word) && 3 < word.len() => 2,
            _ if header.contains(*word) && 4 < word.len() => 1,
            _ => 0,
        };
        self.words().iter().map(of).max().unwrap_or(0)
    }
}

/// How the file is laid out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Rows of the sheet that are title and header: purchases begin behind them.
    pub skipped: usize,
    /// Names of the columns; of two header rows both.
    pub heads: Vec<String>,
    /// Column of each field.
    pub columns: Vec<(Field, usize)>,
    /// Numbers that are texts have a decimal comma.
    pub decimal_comma: bool,
}

impl Layout {
    /// Column of a field.
    #[must_use]
    pub fn column(&self, field: Field) -> Option<usize> {
        self.columns.iter().find(|(known, _)| *known == field).map(|(_, column)| *column)
    }

    /// Name of a column: its header, or its letter.
    #[must_use]
    pub fn name(&self, column: usize) -> String {
        let head = self.heads.get(column).filter(|head| !head.is_empty());
        head.cloned().unwrap_or_else(|| format!("Spalte {}", letter(column)))
    }

    /// How texts write numbers.
    #[must_use]
    pub const fn notation(&self) -> Notation {
        if self.decimal_comma {
            Notation { decimal: ',', thousands: Some('.') }
        } else {
            Notation { decimal: '.', thousands: Some(',') }
        }
    }

    /// Proposes a layout: the header is the row, or the two rows, in which most columns are known.
    #[must_use]
    pub fn propose(sheet: &Sheet) -> Self {
        /// Where a header may stand: its first row and how many, its names, the columns that are known.
        type Reading = (usize, usize, Vec<String>, Vec<(Field, usize)>);
        let mut best: Option<Reading> = None;
        for at in 0..sheet.rows.len().min(LOOKED_AT) {
            let second = sheet.rows.get(at + 1).filter(|row| says_no_number(row) && at + 2 < sheet.rows.len());
            let (heads, rows) = match second {
                Some(second) => (both(sheet, &sheet.rows[at], second), 2),
                None => (heads(&sheet.rows[at]), 1),
            };
            let columns = recognised(&heads);
            // A title above the header is none of it: of two readings that know as much the shorter one.
            let better = |(_, of_rows, _, known): &Reading| (known.len(), rows) < (columns.len(), *of_rows);
            if best.as_ref().is_none_or(better) {
                best = Some((at, rows, heads, columns));
            }
        }
        let (at, rows, heads, columns) = best.unwrap_or_default();
        let mut layout = Self { skipped: at + rows, heads, columns, decimal_comma: true };
        layout.decimal_comma = has_decimal_comma(sheet, &layout);
        layout
    }
}

/// `A`, `B`, … `AA`.
fn letter(column: usize) -> String {
    let of = |at: usize| char::from(b'A' + u8::try_from(at % 26).unwrap_or(0));
    if column < 26 { of(column).to_string() } else { format!("{}{}", of(column / 26 - 1), of(column)) }
}

fn heads(row: &SheetRow) -> Vec<String> {
    row.cells.iter().map(Cell::shown).collect()
}

/// Two header rows as one; a title merged over several columns stands over each of them.
fn both(sheet: &Sheet, upper: &SheetRow, lower: &SheetRow) -> Vec<String> {
    let over = |column: usize| {
        let merged = sheet.merged.iter().find(|it| {
            it.lines.0 <= upper.line && upper.line <= it.lines.1 && it.columns.0 <= column && column <= it.columns.1
        });
        upper.at(merged.map_or(column, |it| it.columns.0)).shown()
    };
    (0..upper.cells.len().max(lower.cells.len()))
        .map(|column| format!("{} {}", over(column), lower.at(column).shown()).trim().to_owned())
        .collect()
}

/// A second header row says units or names, and no number anywhere; a purchase says at least one.
fn says_no_number(row: &SheetRow) -> bool {
    row.cells.iter().all(|cell| match cell {
        Cell::Empty => true,
        Cell::Text(text) => !text.bytes().any(|byte| byte.is_ascii_digit()),
        Cell::Number(_) | Cell::Day(_) => false,
    })
}

/// Each field gets the column most like it that no field more like it has.
fn recognised(heads: &[String]) -> Vec<(Field, usize)> {
    let folded: Vec<String> = heads.iter().map(|head| fold(head)).collect();
    let mut likely: Vec<(usize, Field, usize)> = Vec::new();
    for field in Field::ALL {
        for (column, head) in folded.iter().enumerate() {
            let likeness = field.likeness(head);
            if 0 < likeness {
                likely.push((likeness, field, column));
            }
        }
    }
    likely.sort_by_key(|(likeness, field, column)| (usize::MAX - likeness, *field, *column));
    let mut columns: Vec<(Field, usize)> = Vec::new();
    for (_, field, column) in likely {
        if !columns.iter().any(|(known, at)| *known == field || *at == column) {
            columns.push((field, column));
        }
    }
    columns.sort_unstable();
    columns
}

/// Small letters and digits alone.
fn fold(head: &str) -> String {
    let small = head.to_lowercase().replace('ä', "ae").replace('ö', "oe").replace('ü', "ue").replace('ß', "ss");
    small.chars().filter(|letter| letter.is_ascii_alphanumeric()).collect()
}

/// A comma before one or two last digits means a decimal comma, a point there a decimal point; commas win.
fn has_decimal_comma(sheet: &Sheet, layout: &Layout) -> bool {
    let columns = [Field::Quantity, Field::UnitPrice, Field::Amount].map(|field| layout.column(field));
    let mut point = false;
    for row in sheet.rows.iter().skip(layout.skipped) {
        for column in columns.into_iter().flatten() {
            let Cell::Text(text) = row.at(column) else { continue };
            let decimals = |sign: char| {
                text.rsplit_once(sign).is_some_and(|(_, rest)| {
                    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                    (1..=2).contains(&digits) || 3 < digits
                })
            };
            if decimals(',') {
                return true;
            }
            point |= decimals('.');
        }
    }
    !point
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::import::spreadsheet::{self, Merged};

    fn proposed(text: &str) -> Layout {
        Layout::propose(&spreadsheet::read(text.as_bytes()).expect("a sheet"))
    }

    fn columns(layout: &Layout) -> Vec<(&'static str, usize)> {
        layout.columns.iter().map(|(field, column)| (field.key(), *column)).collect()
    }

    #[test]
    fn columns_are_known_by_their_headers_below_titles() {
        let layout = proposed(
            "Stadt Neufeld\nEinkäufe 2024\nArtikel-Nr.;Bezeichnung;Menge;Einheit;Einzelpreis (netto);Rechnungsdatum\n1;Maus;2;Stück;10,50;01.02.2024\n",
        );
        assert_eq!(layout.skipped, 3);
        let expected = [
            ("spalte_artikelnummer", 0),
            ("spalte_bezeichnung", 1),
            ("spalte_menge", 2),
            ("spalte_einheit", 3),
            ("spalte_einzelpreis", 4),
            ("spalte_datum", 5),
        ];
        assert_eq!(columns(&layout), expected);
        assert!(layout.decimal_comma);
    }

    #[test]
    fn two_header_rows_are_read_as_one_and_a_merged_title_stands_over_each_column() {
        let text = "Artikel;;Preis;\nNummer;Text;einzeln;gesamt\nA1;Maus;1.50;3.00\nA2;Tastatur;2.50;5.00\n";
        let mut sheet = spreadsheet::read(text.as_bytes()).expect("a sheet");
        sheet.merged = vec![Merged { lines: (1, 1), columns: (0, 1) }, Merged { lines: (1, 1), columns: (2, 3) }];
        let layout = Layout::propose(&sheet);
        assert_eq!(layout.skipped, 2);
        assert_eq!(layout.heads, ["Artikel Nummer", "Artikel Text", "Preis einzeln", "Preis gesamt"]);
        assert_eq!(layout.column(Field::Article), Some(0));
        assert!(!layout.decimal_comma);
    }

    #[test]
    fn foreign_headers_of_real_lists_are_known() {
        let nhs = proposed(
            "price_id,item_id,item_name,pricing_unit,time_unit,currency,price\n1001,10000-001,Emis Web GP,patient,year,GBP,1.26\n",
        );
        let expected = [
            ("spalte_artikelnummer", 0),
            ("spalte_bezeichnung", 2),
            ("spalte_einheit", 3),
            ("spalte_zeitraum", 4),
            ("spalte_einzelpreis", 6),
            ("spalte_waehrung", 5),
        ];
        assert_eq!(columns(&nhs), expected);
        assert!(!nhs.decimal_comma);
        let nothing = proposed("x;y\n1;2\n");
        assert_eq!((nothing.columns.len(), nothing.skipped), (0, 1));
    }
}
