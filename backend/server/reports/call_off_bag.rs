//! Call-offs with their documents as one file for auditors: a `BagIt` bag (RFC 8493) inside a ZIP, checkable with
//! `sha256sum --check` alone.
//!
//! ```text
//! abrufe/bagit.txt  bag-info.txt  manifest-sha256.txt  tagmanifest-sha256.txt
//! abrufe/data/abrufe.csv          one row per call-off, those without a document too
//! abrufe/data/dokumente.csv       one row per file below, with its hash
//! abrufe/data/index.xml           what the columns hold (GoBD, "Beschreibungsstandard")
//! abrufe/data/gdpdu-01-09-2004.dtd   what `index.xml` may hold, in our own words
//! abrufe/data/dokumente/<number>_<case number>/   the frozen PDFs, and beside them the order as data that lies in them
//! ```
//!
//! The same state gives the same bytes: times are fixed, the order is that of the list, nothing is compressed. So a
//! download that broke off is taken up where it ended by making the same file again, and no copy has to be kept. Documents
//! are read one at a time; the tables and the list of names are what memory holds.

mod archive;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use abruf_documents::all_embedded;
use abruf_domain::canonical::sha256;
use abruf_domain::data_format::Embedded;
use abruf_domain::ids::{CallOffId, DocumentId};
use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use thiserror::Error;
use tokio::sync::mpsc;

use self::archive::{Archive, Counter};
use crate::actor::{Actor, RunsAs};
use crate::app::App;
use crate::reports::csv_table::csv_table;
use crate::reports::{call_off_table, document_table};
use crate::storage::call_off_list::{self, Search, Summary};
use crate::storage::document_store::StoreError;
use crate::storage::documents::{self, Listed};
use crate::storage::{StorageError, Tx};

/// More call-offs than a table program shows.
const MOST: i64 = 1_000_000;
/// Documents waiting between the database and the archive.
const AHEAD: usize = 2;

/// What the columns of the tables hold, in the form tax auditors' programs read.
const INDEX: &[u8] = include_bytes!("call_off_bag/index.xml");
/// What may stand there. The published file of this name is not ours to pass on, so this is one in our own words.
const INDEX_RULES: &[u8] = include_bytes!("call_off_bag/gdpdu-01-09-2004.dtd");

/// Why there is no bag.
#[derive(Debug, Error)]
pub enum BagError {
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A document is missing or altered, or its store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The table could not be written.
    #[error("the table could not be written")]
    Table(#[from] csv::Error),
    /// A document can no longer be read: the reader's scope ended meanwhile.
    #[error("a document can no longer be read")]
    Gone,
    /// What lies in a document is not what was listed of it.
    #[error("what lies in a document is not what was listed when it was made")]
    Altered,
    /// The archive could not be written: nobody reads it any more, or the disk is full.
    #[error("the archive could not be written")]
    Archive(#[from] io::Error),
}

impl From<zip::result::ZipError> for BagError {
    fn from(error: zip::result::ZipError) -> Self {
        Self::Archive(error.into())
    }
}

/// What goes into the archive, known before its first byte is written.
#[derive(Debug)]
pub struct Bag {
    /// Tag files and tables, in order.
    small: Vec<(String, Vec<u8>)>,
    documents: Vec<Document>,
    /// Call-offs in the table.
    pub call_offs: usize,
    /// SHA-256 of the tag manifest: another state gives another one.
    pub tag: String,
}

/// A document of the bag.
#[derive(Debug)]
struct Document {
    id: DocumentId,
    path: String,
    length: u64,
    /// What is taken out of it, and where it goes.
    data: Vec<(String, Embedded)>,
}

/// Who reads: an auditor or somebody of the body within what they may see, or the program itself.
#[derive(Debug, Clone)]
pub struct Reader(pub Option<Actor>);

impl Reader {
    async fn begin(&self, app: &App) -> Result<Tx, StorageError> {
        match &self.0 {
            Some(actor) => app.db.begin_snapshot(actor).await,
            None => app.db.begin_snapshot(RunsAs::Job).await,
        }
    }
}

/// Looks up what a search comes to.
///
/// # Errors
/// If the database fails.
pub async fn gather(app: &App, reader: &Reader, search: &Search) -> Result<Bag, BagError> {
    let mut tx = reader.begin(app).await?;
    let rows = call_off_list::page(&mut tx, search, MOST, 0).await?;
    let ids: Vec<CallOffId> = rows.iter().map(|row| row.id).collect();
    let listed = documents::of_call_offs(&mut tx, &ids).await?;
    tx.rollback().await.map_err(StorageError::from)?;
    Ok(bag(&rows, listed)?)
}

fn bag(rows: &[Summary], listed: Vec<Listed>) -> Result<Bag, csv::Error> {
    let mut as_of = rows.iter().map(|row| row.changed_at).max().unwrap_or_default();
    // Numbers are those of a body; the case number keeps two bodies apart.
    let folder =
        |row: &Summary| format!("{}_{}", plain(row.number.as_deref().unwrap_or_default()), plain(&row.case_number));
    let places: HashMap<CallOffId, (String, &str)> =
        rows.iter().map(|row| (row.id, (folder(row), row.case_number.as_str()))).collect();
    let (mut documents, mut files, mut lines) = (Vec::with_capacity(listed.len()), Vec::new(), String::new());
    let mut octets = 0;
    for it in listed {
        let (folder, case_number) =
            places.get(&it.call_off).map_or(("", ""), |(folder, case)| (folder.as_str(), *case));
        let path_of = |name: &str| format!("dokumente/{folder}/{}", plain(name));
        let pdf = path_of(&it.file_name);
        files.push(document_table::cells(&it, case_number, &pdf, None, it.length, &it.sha256));
        listed_as(&mut lines, &it.sha256, &pdf);
        octets += it.length;
        let mut data = Vec::with_capacity(it.attachments.len());
        for inner in &it.attachments {
            let path = path_of(&inner.format.file_name(&it.file_name));
            files.push(document_table::cells(&it, case_number, &path, Some(inner.format), inner.length, &inner.sha256));
            listed_as(&mut lines, &inner.sha256, &path);
            octets += inner.length;
            data.push((format!("data/{path}"), inner.clone()));
        }
        as_of = as_of.max(it.created_at);
        documents.push(Document { id: it.id, path: format!("data/{pdf}"), length: it.length, data });
    }
    let call_offs = rows.iter().map(call_off_table::cells).collect::<Vec<_>>();
    let heads = |columns: &[(&'static str, call_off_table::Column)]| columns.iter().map(|it| it.0).collect::<Vec<_>>();
    let tables = [
        ("abrufe.csv", csv_table(b"", &heads(&call_off_table::COLUMNS), &call_offs)?),
        ("dokumente.csv", csv_table(b"", &heads(&document_table::COLUMNS), &files)?),
        ("gdpdu-01-09-2004.dtd", INDEX_RULES.to_vec()),
        ("index.xml", INDEX.to_vec()),
    ];
    let mut manifest = String::new();
    for (name, bytes) in &tables {
        listed_as(&mut manifest, &sha256(bytes), name);
        octets += bytes.len() as u64;
    }
    manifest.push_str(&lines);
    let bagit = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n".to_owned();
    let info = bag_info(as_of, rows.len(), octets, files.len() + tables.len());
    let mut tags = String::new();
    for (name, text) in [("bag-info.txt", &info), ("bagit.txt", &bagit), ("manifest-sha256.txt", &manifest)] {
        // Writing to a String cannot fail.
        let _ = writeln!(tags, "{}  {name}", HEXLOWER.encode(&sha256(text.as_bytes())));
    }
    let tag = HEXLOWER.encode(&sha256(tags.as_bytes()));
    let mut small = vec![
        ("bagit.txt".to_owned(), bagit.into_bytes()),
        ("bag-info.txt".to_owned(), info.into_bytes()),
        ("manifest-sha256.txt".to_owned(), manifest.into_bytes()),
        ("tagmanifest-sha256.txt".to_owned(), tags.into_bytes()),
    ];
    small.extend(tables.into_iter().map(|(name, bytes)| (format!("data/{name}"), bytes)));
    Ok(Bag { small, documents, call_offs: rows.len(), tag })
}

/// A line of the manifest: hash and path of a file of the payload.
fn listed_as(manifest: &mut String, hash: &[u8], path: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(manifest, "{}  data/{path}", HEXLOWER.encode(hash));
}

/// Of when the state is: of its last change, so that an unchanged state is an unchanged file.
fn bag_info(as_of: DateTime<Utc>, call_offs: usize, octets: u64, files: usize) -> String {
    format!(
        "Bagging-Date: {}\nExternal-Description: {call_offs} Abrufe mit ihren Dokumenten, Stand der letzten Änderung\nPayload-Oxum: {octets}.{files}\nBag-Software-Agent: Abruf\n",
        as_of.format("%Y-%m-%d")
    )
}

/// Letters, digits, `-`, `_` and `.`: names that every system unpacks.
fn plain(name: &str) -> String {
    let keep = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
    name.chars().map(keep).take(120).collect()
}

impl Bag {
    /// How many documents it holds.
    #[must_use]
    pub const fn documents(&self) -> usize {
        self.documents.len()
    }

    /// Size of the archive in bytes: that of one with the same names and lengths.
    ///
    /// # Errors
    /// If a document is larger than an archive can hold.
    pub fn size(&self) -> Result<u64, BagError> {
        let mut archive = Archive::new(Counter(0));
        for (path, bytes) in &self.small {
            archive.add(path, bytes)?;
        }
        for document in &self.documents {
            archive.add_blank(&document.path, document.length)?;
            for (path, inner) in &document.data {
                archive.add_blank(path, inner.length)?;
            }
        }
        Ok(archive.finish()?.0)
    }
}

/// Writes the archive and gives the writer back; `progress` hears of documents done and of all.
///
/// # Errors
/// If the database or the writer fails.
pub async fn write<W: Write + Send + 'static>(
    app: &App,
    reader: &Reader,
    bag: Bag,
    to: W,
    mut progress: impl FnMut(usize, usize),
) -> Result<W, BagError> {
    let Bag { small, documents, .. } = bag;
    let (sender, mut receiver) = mpsc::channel::<Option<(Document, Vec<u8>)>>(AHEAD);
    // The archive is written on a thread that may wait for its reader.
    let archive = tokio::task::spawn_blocking(move || -> Result<W, BagError> {
        let mut archive = Archive::new(to);
        for (path, bytes) in &small {
            archive.add(path, bytes)?;
        }
        while let Some(next) = receiver.blocking_recv() {
            // An archive that misses a document never gets its end: nobody takes it for a whole one.
            let (document, bytes) = next.ok_or(BagError::Gone)?;
            archive.add(&document.path, &bytes)?;
            let inner = if document.data.is_empty() { Vec::new() } else { all_embedded(&bytes) };
            for (path, listed) in &document.data {
                let found = inner.iter().find(|(format, _)| *format == listed.format).map(|(_, bytes)| bytes);
                let bytes = found.filter(|bytes| sha256(bytes) == listed.sha256).ok_or(BagError::Altered)?;
                archive.add(path, bytes)?;
            }
        }
        archive.finish()
    });
    let total = documents.len();
    for (done, document) in documents.into_iter().enumerate() {
        let bytes = read(app, reader, document.id).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a document for an archive could not be read");
            None
        });
        let whole = bytes.is_some();
        // Without a receiver nobody reads the archive any more.
        if sender.send(bytes.map(|bytes| (document, bytes))).await.is_err() || !whole {
            break;
        }
        progress(done + 1, total);
    }
    drop(sender);
    archive.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

async fn read(app: &App, reader: &Reader, id: DocumentId) -> Result<Option<Vec<u8>>, BagError> {
    let mut tx = reader.begin(app).await?;
    let file = documents::find(&mut tx, id).await?;
    tx.rollback().await.map_err(StorageError::from)?;
    let Some(file) = file else { return Ok(None) };
    Ok(Some(app.documents.read(file).await?.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::call_off_table::Column;

    #[test]
    fn the_index_names_the_columns_of_the_tables_in_their_order_with_their_kinds() {
        let index = std::str::from_utf8(INDEX).expect("UTF-8");
        let columns = |columns: &[(&str, Column)]| {
            let mut lines = Vec::new();
            for (place, (name, column)) in columns.iter().enumerate() {
                let kind = match column {
                    Column::Text => "<AlphaNumeric/>",
                    Column::Amount => "<Numeric><Accuracy>2</Accuracy></Numeric>",
                    Column::Count => "<Numeric><Accuracy>0</Accuracy></Numeric>",
                    Column::Day => "<Date><Format>DD.MM.YYYY</Format></Date>",
                };
                let tag = if place == 0 { "VariablePrimaryKey" } else { "VariableColumn" };
                lines.push(format!("<{tag}><Name>{name}</Name>{kind}</{tag}>"));
            }
            lines
        };
        let expected = [columns(&call_off_table::COLUMNS), columns(&document_table::COLUMNS)].concat();
        let found: Vec<&str> = index
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with("<Variable") && line.contains("Name"))
            .collect();
        assert_eq!(found, expected);
    }
}
