//! A list as CSV, however long it is: row by row from the database to the client, with its length and a tag beforehand,
//! so that a browser shows how far it is and a download that broke off goes on where it ended.
//!
//! The rows are read twice in one snapshot: once for length and tag, once for the client. Nothing is kept in memory but
//! the portion under way. A list that takes longer to measure than a client waits is sent at once, without length and tag:
//! it cannot be taken up again.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use crate::actor::Actor;
use crate::app::App;
use crate::http::byte_range;
use crate::http::pages::report_file;
use crate::http::pages::spreadsheet::MARK;
use crate::http::problem::Problem;
use crate::reports::catalogue::{self, Report};
use crate::reports::csv_table::csv_row;
use crate::reports::question::Question;
use crate::reports::table::Cell;
use crate::storage::{StorageError, Tx};

/// Bytes handed on at a time.
const PORTION: usize = 1 << 16;
/// Portions that wait for the client.
const AHEAD: usize = 4;

/// How long a list may take to be measured, in half the time a client waits for its first byte.
const MEASURED_WITHIN: Duration = Duration::from_secs(15);

/// Where the bytes of a file go.
trait Sink {
    /// Takes the next bytes; `false` if nobody wants more.
    async fn take(&mut self, bytes: &[u8]) -> bool;
}

/// Length and hash, as long as somebody waits for them.
struct Measured {
    size: u64,
    hash: Sha256,
    asked_by: oneshot::Sender<Result<(Tx, u64, String), StorageError>>,
}

impl Sink for Measured {
    async fn take(&mut self, bytes: &[u8]) -> bool {
        self.size += bytes.len() as u64;
        self.hash.update(bytes);
        !self.asked_by.is_closed()
    }
}

/// The part a client wants, in portions.
struct Window {
    skip: u64,
    left: u64,
    held: Vec<u8>,
    to: mpsc::Sender<io::Result<Bytes>>,
}

impl Window {
    /// Sends what is held: the end of a list of unknown length.
    async fn rest(self) {
        if !self.held.is_empty() {
            // Nobody there any more is no failure of the list.
            let _ = self.to.send(Ok(Bytes::from(self.held))).await;
        }
    }
}

impl Sink for Window {
    async fn take(&mut self, bytes: &[u8]) -> bool {
        let at_most = |count: u64, length: usize| usize::try_from(count).unwrap_or(usize::MAX).min(length);
        let skipped = at_most(self.skip, bytes.len());
        let taken = at_most(self.left, bytes.len() - skipped);
        self.held.extend_from_slice(&bytes[skipped..skipped + taken]);
        self.skip -= skipped as u64;
        self.left -= taken as u64;
        if PORTION <= self.held.len() || self.left == 0 {
            let portion = Bytes::from(std::mem::take(&mut self.held));
            return self.to.send(Ok(portion)).await.is_ok() && self.left != 0;
        }
        true
    }
}

/// The file, or the part of it that is asked for.
///
/// # Errors
/// As [`report_file::file`].
pub async fn csv(
    app: &App,
    actor: &Actor,
    (report, question): (Report, &Question),
    name: &str,
    headers: &HeaderMap,
    german: bool,
) -> Result<Response, Problem> {
    let mut tx = app.db.begin_snapshot(actor).await?;
    let admitted = catalogue::admitted(&mut tx, Some(actor), report, question, app.clock.now()).await;
    let (question, _) = admitted.map_err(|error| report_file::problem(error, german))?;
    let kind = "text/csv; charset=utf-8";
    let Some((tx, size, hash)) = measured(tx, report, &question, MEASURED_WITHIN).await? else {
        tracing::info!(report = report.key(), "a list takes too long to be measured and is sent without its length");
        let tx = app.db.begin_snapshot(actor).await?;
        return byte_range::unmeasured(sent(tx, report, question, (0, u64::MAX)), kind, name);
    };
    let tag = byte_range::tag(&hash)?;
    if headers.get(IF_NONE_MATCH) == Some(&tag) {
        tx.rollback().await?;
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    let (from, to) = match byte_range::asked(headers, &tag, size) {
        Ok(part) => part,
        Err(beyond) => {
            tx.rollback().await?;
            return Ok(beyond);
        }
    };
    byte_range::answer(sent(tx, report, question, (from, to)), kind, name, tag, (from, to, size))
}

/// Length and hash in hex of the whole list, with the snapshot they are of; `None` where that takes longer than `limit`.
///
/// In a task of its own, because a transaction that is dropped half read goes back to the pool open (`http/task.rs`): it is
/// ended there whether anybody waits or not.
async fn measured(
    mut tx: Tx,
    report: Report,
    question: &Question,
    limit: Duration,
) -> Result<Option<(Tx, u64, String)>, StorageError> {
    let (done, waits) = oneshot::channel();
    let question = question.clone();
    tokio::spawn(async move {
        let mut sink = Measured { size: 0, hash: Sha256::default(), asked_by: done };
        let read = write(&mut tx, report, &question, &mut sink).await;
        let Measured { size, hash, asked_by } = sink;
        let unheard = match read {
            Ok(()) => asked_by.send(Ok((tx, size, HEXLOWER.encode(&hash.finalize())))).err().and_then(Result::ok),
            Err(error) => {
                let _ = asked_by.send(Err(error));
                None
            }
        };
        if let Some((tx, ..)) = unheard
            && let Err(error) = tx.rollback().await
        {
            tracing::info!(%error, "a snapshot could not be ended");
        }
    });
    match tokio::time::timeout(limit, waits).await {
        Ok(Ok(measured)) => measured.map(Some),
        // Too slow; or the task ended without a word, which only a panic does: sending will show it.
        Ok(Err(_)) | Err(_) => Ok(None),
    }
}

/// The bytes of the list from the first place up to before the second, as they are read.
fn sent(mut tx: Tx, report: Report, question: Question, (from, to): (u64, u64)) -> Body {
    let (sender, receiver) = mpsc::channel(AHEAD);
    // In a task of its own: a client that hangs up never drops a transaction half done.
    tokio::spawn(async move {
        let mut window = Window { skip: from, left: to - from, held: Vec::new(), to: sender.clone() };
        let written = write(&mut tx, report, &question, &mut window).await;
        if written.is_ok() {
            window.rest().await;
        }
        if let Err(error) = written {
            tracing::error!(%error, "a list was not sent to its end");
            // The client must not take what it has for the whole.
            let _ = sender.send(Err(io::Error::other("the list could not be read to its end"))).await;
        }
        if let Err(error) = tx.rollback().await {
            tracing::info!(%error, "a snapshot could not be ended");
        }
    });
    Body::from_stream(ReceiverStream::new(receiver))
}

/// Writes the list until its end or until nobody wants more.
async fn write(
    conn: &mut PgConnection,
    report: Report,
    question: &Question,
    to: &mut impl Sink,
) -> Result<(), StorageError> {
    let Some((columns, mut rows)) = catalogue::rows(conn, report, question) else { return Ok(()) };
    let text = |cells: Vec<String>| csv_row(cells.iter().map(String::as_str)).unwrap_or_default();
    let heads = text(columns.iter().map(|column| column.title.to_owned()).collect());
    let mut wanted = to.take(MARK).await && to.take(&heads).await;
    while wanted && let Some(row) = rows.next().await {
        wanted = to.take(&text(row?.cells.iter().map(Cell::plain).collect())).await;
    }
    Ok(())
}
