//! Call-offs with their documents as one file for auditors: a `BagIt` bag (RFC 8493) inside a ZIP, checkable with
//! `sha256sum --check` alone.
//!
//! ```text
//! abrufe/bagit.txt  bag-info.txt  manifest-sha256.txt  tagmanifest-sha256.txt
//! abrufe/data/abrufe.csv          one row per call-off, those without a document too
//! abrufe/data/index.xml           what the columns hold (GoBD, "Beschreibungsstandard")
//! abrufe/data/dokumente/<number>_<case number>/   the frozen PDFs
//! ```
//!
//! The same state gives the same bytes: times are fixed, the order is that of the list, nothing is compressed. So a
//! download that broke off is taken up where it ended by making the same file again, and no copy has to be kept. Documents
//! are read one at a time; the list of their names is what memory holds.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use abruf_domain::canonical::sha256;
use abruf_domain::ids::{CallOffId, DocumentId};
use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use thiserror::Error;
use tokio::sync::mpsc;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime as ZipTime, ZipWriter};

use crate::actor::{Actor, RunsAs};
use crate::app::App;
use crate::reports::call_off_table::{COLUMNS, Column, cells, heads};
use crate::reports::csv_table::csv_table;
use crate::storage::call_off_list::{self, Search, Summary};
use crate::storage::document_store::StoreError;
use crate::storage::documents::{self, Listed};
use crate::storage::{StorageError, Tx};

/// The one folder of the archive.
const FOLDER: &str = "abrufe";
/// More call-offs than a table program shows.
const MOST: i64 = 1_000_000;
/// Documents waiting between the database and the archive.
const AHEAD: usize = 2;

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
    let table = csv_table(b"", &heads(), &rows.iter().map(cells).collect::<Vec<_>>())?;
    let index = index_xml().into_bytes();
    let mut manifest = String::new();
    let mut line = |hash: &[u8], path: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(manifest, "{}  {path}", HEXLOWER.encode(hash));
    };
    line(&sha256(&table), "data/abrufe.csv");
    line(&sha256(&index), "data/index.xml");
    let mut octets = (table.len() + index.len()) as u64;
    let mut as_of = rows.iter().map(|row| row.changed_at).max().unwrap_or_default();
    let mut documents = Vec::with_capacity(listed.len());
    // Numbers are those of a body; the case number keeps two bodies apart.
    let folder =
        |row: &Summary| format!("{}_{}", plain(row.number.as_deref().unwrap_or_default()), plain(&row.case_number));
    let folders: HashMap<CallOffId, String> = rows.iter().map(|row| (row.id, folder(row))).collect();
    for it in listed {
        let folder = folders.get(&it.call_off).map_or("", String::as_str);
        let path = format!("data/dokumente/{folder}/{}", plain(&it.file_name));
        line(&it.sha256, &path);
        octets += it.length;
        as_of = as_of.max(it.created_at);
        documents.push(Document { id: it.id, path, length: it.length });
    }
    let bagit = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n".to_owned();
    let info = bag_info(as_of, rows.len(), octets, documents.len() + 2);
    let mut tags = String::new();
    for (name, text) in [("bag-info.txt", &info), ("bagit.txt", &bagit), ("manifest-sha256.txt", &manifest)] {
        let _ = writeln!(tags, "{}  {name}", HEXLOWER.encode(&sha256(text.as_bytes())));
    }
    let tag = HEXLOWER.encode(&sha256(tags.as_bytes()));
    let small = [
        ("bagit.txt", bagit.into_bytes()),
        ("bag-info.txt", info.into_bytes()),
        ("manifest-sha256.txt", manifest.into_bytes()),
        ("tagmanifest-sha256.txt", tags.into_bytes()),
        ("data/abrufe.csv", table),
        ("data/index.xml", index),
    ];
    let small = small.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect();
    Ok(Bag { small, documents, call_offs: rows.len(), tag })
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

/// What the columns hold, in the form tax auditors' programs read (GoBD, "Beschreibungsstandard").
fn index_xml() -> String {
    let mut columns = String::new();
    for (name, column) in COLUMNS {
        let kind = match column {
            Column::Text => "<AlphaNumeric/>",
            Column::Amount => "<Numeric><Accuracy>2</Accuracy></Numeric>",
            Column::Day => "<Date><Format>DD.MM.YYYY</Format></Date>",
        };
        let _ = writeln!(columns, "        <VariableColumn><Name>{name}</Name>{kind}</VariableColumn>");
    }
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE DataSet SYSTEM "gdpdu-01-09-2004.dtd">
<DataSet>
  <Version>1.0</Version>
  <Media>
    <Name>Abrufe</Name>
    <Table>
      <URL>abrufe.csv</URL>
      <Name>Abrufe</Name>
      <Description>Abrufe aus Rahmenvereinbarungen, auch abgelehnte, zurückgezogene und stornierte</Description>
      <UTF8/>
      <DecimalSymbol>,</DecimalSymbol>
      <DigitGroupingSymbol>.</DigitGroupingSymbol>
      <Range><From>2</From></Range>
      <VariableLength>
        <ColumnDelimiter>;</ColumnDelimiter>
        <RecordDelimiter>&#13;&#10;</RecordDelimiter>
        <TextEncapsulator>"</TextEncapsulator>
{columns}      </VariableLength>
    </Table>
  </Media>
</DataSet>
"#
    )
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
        let nothing = [0; 1 << 16];
        for document in &self.documents {
            archive.start(&document.path)?;
            let mut left = document.length;
            while 0 < left {
                let portion = usize::try_from(left).unwrap_or(usize::MAX).min(nothing.len());
                archive.0.write_all(&nothing[..portion])?;
                left -= portion as u64;
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
    let (sender, mut receiver) = mpsc::channel::<Option<(String, Vec<u8>)>>(AHEAD);
    // The archive is written on a thread that may wait for its reader.
    let archive = tokio::task::spawn_blocking(move || -> Result<W, BagError> {
        let mut archive = Archive::new(to);
        for (path, bytes) in &small {
            archive.add(path, bytes)?;
        }
        while let Some(next) = receiver.blocking_recv() {
            // An archive that misses a document never gets its end: nobody takes it for a whole one.
            let (path, bytes) = next.ok_or(BagError::Gone)?;
            archive.add(&path, &bytes)?;
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
        if sender.send(bytes.map(|bytes| (document.path, bytes))).await.is_err() || !whole {
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

/// The ZIP: entries without compression, with fixed times and rights.
struct Archive<W: Write>(ZipWriter<StreamWriter<W>>);

impl<W: Write> Archive<W> {
    fn new(to: W) -> Self {
        Self(ZipWriter::new_stream(to))
    }

    fn start(&mut self, path: &str) -> Result<(), BagError> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(ZipTime::default())
            .unix_permissions(0o644);
        Ok(self.0.start_file(format!("{FOLDER}/{path}"), options)?)
    }

    fn add(&mut self, path: &str, bytes: &[u8]) -> Result<(), BagError> {
        self.start(path)?;
        Ok(self.0.write_all(bytes)?)
    }

    fn finish(self) -> Result<W, BagError> {
        Ok(self.0.finish()?.into_inner())
    }
}

/// Counts and forgets.
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
