//! Everything the program holds about one person (Art. 15 GDPR), as one file: JSON for programs, CSV for reading.

use std::io::{Cursor, Write};

use abruf_domain::ids::PersonId;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use thiserror::Error;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime as ZipTime, ZipWriter};

use crate::actor::RunsAs;
use crate::reports::csv_table::csv_table;
use crate::storage::own_data::{self, RowAbout};
use crate::storage::{Db, StorageError};

/// Bytes that tell spreadsheets that this is UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Why there is no file.
#[derive(Debug, Error)]
pub enum OwnDataError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The archive.
    #[error("the archive could not be written")]
    Archive(#[from] zip::result::ZipError),
    /// The table.
    #[error("the table could not be written")]
    Table(#[from] csv::Error),
    /// The JSON.
    #[error("the data could not be written")]
    Json(#[from] serde_json::Error),
}

/// Reads everything and puts it into a ZIP archive.
///
/// # Errors
/// If the database fails.
pub async fn archive(db: &Db, person: PersonId, now: DateTime<Utc>) -> Result<Vec<u8>, OwnDataError> {
    let mut tx = db.begin(RunsAs::Job).await?;
    let rows = own_data::about(&mut tx, person).await?;
    tx.rollback().await.map_err(StorageError::from)?;
    written(&rows, now)
}

fn written(rows: &[RowAbout], now: DateTime<Utc>) -> Result<Vec<u8>, OwnDataError> {
    let all: Vec<Value> = rows.iter().map(|row| json!({ "table": row.source, "row": row.content })).collect();
    let text = serde_json::to_vec_pretty(&json!({ "as_of": now, "rows": all }))?;
    let cells: Vec<Vec<String>> = rows.iter().enumerate().flat_map(|(number, row)| cells(number + 1, row)).collect();
    let table = csv_table(MARK, &["Eintrag", "Tabelle", "Feld", "Wert"], &cells)?;
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [("meine-daten.json", text), ("meine-daten.csv", table)] {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(ZipTime::default());
        archive.start_file(name, options)?;
        archive.write_all(&bytes).map_err(zip::result::ZipError::from)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// A line per field that says something.
fn cells(number: usize, row: &RowAbout) -> Vec<Vec<String>> {
    let Value::Object(fields) = &row.content else { return Vec::new() };
    fields
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(field, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            vec![number.to_string(), row.source.clone(), field.clone(), value]
        })
        .collect()
}
