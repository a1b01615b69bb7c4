//! The table of documents that auditors take away: one row for each file of an archive, with its hash.

use abruf_domain::call_off::document_in_words;
use abruf_domain::data_format::DataFormat;
use abruf_domain::notation::Language;
use abruf_domain::period::berlin_date;
use data_encoding::HEXLOWER;

use crate::reports::call_off_table::Column;
use crate::storage::documents::Listed;

/// The columns in order.
pub const COLUMNS: [(&str, Column); 8] = [
    ("Datei", Column::Text),
    ("Vorgang", Column::Text),
    ("Art", Column::Text),
    ("Prüfkennung", Column::Text),
    ("Erstellt am", Column::Day),
    ("Seiten", Column::Count),
    ("Bytes", Column::Count),
    ("SHA-256", Column::Text),
];

/// A file of a document as cells: its PDF, or what lies in it in this format. `path` counts from the table's folder.
#[must_use]
pub fn cells(
    it: &Listed,
    case_number: &str,
    path: &str,
    format: Option<DataFormat>,
    length: u64,
    sha256: &[u8],
) -> Vec<String> {
    let kind = document_in_words(&it.kind);
    vec![
        path.to_owned(),
        case_number.to_owned(),
        format.map_or_else(|| kind.to_owned(), |format| format!("{kind} als {}", format.german())),
        it.check_code.clone(),
        Language::German.date(berlin_date(it.created_at)),
        if format.is_none() { it.pages.to_string() } else { String::new() },
        length.to_string(),
        HEXLOWER.encode(sha256),
    ]
}
