//! A list as CSV or JSON lines, however long it is: row by row from the database to the client, with its length and a tag
//! beforehand, so that a browser shows how far it is and a download that broke off goes on where it ended.
//!
//! The rows are read twice in one snapshot: once for length and tag, once for the client. Nothing is kept in memory but
//! the portion under way. A list that takes longer to measure than a client waits is sent at once, without length and tag:
//! it cannot be taken up again.
//!
//! Each holds a connection for as long as its client reads. So there are places for some, and whatever nobody waits for any
//! more is stopped in the database too: because the client went away, has the part it wanted, or takes too long.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use crate::actor::Actor;
use crate::app::App;
use crate::http::byte_range;
use crate::http::pages::report_file;
use crate::http::problem::Problem;
use crate::reports::catalogue::{self, Report};
use crate::reports::question::Question;
use crate::reports::row_file::Form;
use crate::storage::{Db, StorageError, Tx, long_reads};

/// Bytes handed on at a time.
const PORTION: usize = 1 << 16;
/// Portions that wait for the client.
const AHEAD: usize = 4;

/// How long a list may take to be measured, in half the time a client waits for its first byte.
const MEASURED_WITHIN: Duration = Duration::from_secs(15);
/// How long a list may be under way to its client.
const SENT_WITHIN: Duration = Duration::from_secs(3600);

/// Lists that are under way at a time.
const PLACES: usize = 4;
/// How long one waits for a place.
const WAITS: Duration = Duration::from_secs(5);
/// After how many seconds to ask for a place again.
const AGAIN_AFTER: i64 = 10;

/// The places for lists under way.
#[derive(Debug, Clone)]
pub struct Places(Arc<Semaphore>);

impl Default for Places {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(PLACES)))
    }
}

impl Places {
    /// A place, kept until it is dropped.
    ///
    /// # Errors
    /// 503 where none gets free in time.
    pub async fn take(&self) -> Result<Place, Problem> {
        let waited = tokio::time::timeout(WAITS, Arc::clone(&self.0).acquire_owned()).await;
        waited.ok().and_then(Result::ok).map(Place).ok_or_else(|| {
            let detail = format!(
                "Es laufen gerade {PLACES} Downloads langer Listen, mehr gehen nicht zugleich. Bitte versuchen Sie es in {AGAIN_AFTER} Sekunden noch einmal."
            );
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "downloads-full", "Alle Downloads sind belegt", detail)
                .retry_after(AGAIN_AFTER)
        })
    }
}

/// A place for a list under way.
#[derive(Debug)]
pub struct Place(#[expect(dead_code, reason = "gives its place back when it is dropped")] OwnedSemaphorePermit);

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

/// What is asked for, and how it is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The list.
    pub report: Report,
    /// Its question.
    pub question: &'a Question,
    /// Its form.
    pub form: Form,
    /// Name of the file.
    pub name: &'a str,
    /// Whether the words are those of the page.
    pub german: bool,
}

/// The file, or the part of it that is asked for.
///
/// # Errors
/// As [`report_file::file`]; 503 where too many are under way.
pub async fn file(
    app: &App,
    actor: &Actor,
    places: &Places,
    wanted: Wanted<'_>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let Wanted { report, question, form, name, german } = wanted;
    let place = places.take().await?;
    let mut tx = app.db.begin_snapshot(actor).await?;
    let admitted = catalogue::admitted(&mut tx, Some(actor), report, question, app.clock.now()).await;
    let (question, _) = admitted.map_err(|error| report_file::problem(error, german))?;
    let list = List { report, question, form };
    let kind = form.media_type();
    let Some((tx, size, hash)) = measured(tx, &list, MEASURED_WITHIN).await? else {
        tracing::info!(report = report.key(), "a list takes too long to be measured and is sent without its length");
        let tx = app.db.begin_snapshot(actor).await?;
        let body = sent(&app.db, tx, list, (0, u64::MAX), place).await?;
        return byte_range::unmeasured(body, kind, name);
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
    let body = sent(&app.db, tx, list, (from, to), place).await?;
    byte_range::answer(body, kind, name, tag, (from, to, size))
}

/// A list that was admitted.
#[derive(Debug, Clone)]
struct List {
    report: Report,
    question: Question,
    form: Form,
}

/// Length and hash in hex of the whole list, with the snapshot they are of; `None` where that takes longer than `limit`: the
/// database stops reading then.
///
/// In a task of its own, because a transaction that is dropped half read goes back to the pool open (`http/task.rs`): it is
/// ended there whether anybody waits or not.
async fn measured(mut tx: Tx, list: &List, limit: Duration) -> Result<Option<(Tx, u64, String)>, StorageError> {
    long_reads::limit(&mut tx, limit).await?;
    let (done, waits) = oneshot::channel();
    let list = list.clone();
    tokio::spawn(async move {
        let mut sink = Measured { size: 0, hash: Sha256::default(), asked_by: done };
        let read = write(&mut tx, &list, &mut sink).await;
        let Measured { size, hash, asked_by } = sink;
        let unheard = match read {
            Ok(_) => asked_by.send(Ok((tx, size, HEXLOWER.encode(&hash.finalize())))).err().and_then(Result::ok),
            // Nobody is told: that is what "too slow" looks like.
            Err(error) if error.is_stopped() => None,
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
        // Too slow; or the task ended without a word, which but for that only a panic does: sending will show it.
        Ok(Err(_)) | Err(_) => Ok(None),
    }
}

/// The bytes of the list from the first place up to before the second, as they are read.
async fn sent(db: &Db, mut tx: Tx, list: List, (from, to): (u64, u64), place: Place) -> Result<Body, StorageError> {
    long_reads::limit(&mut tx, SENT_WITHIN).await?;
    let session = long_reads::session(&mut tx).await?;
    let (sender, receiver) = mpsc::channel(AHEAD);
    let db = db.clone();
    // In a task of its own: a client that hangs up never drops a transaction half done.
    tokio::spawn(async move {
        let mut window = Window { skip: from, left: to - from, held: Vec::new(), to: sender.clone() };
        let written = {
            let mut writing = std::pin::pin!(write(&mut tx, &list, &mut window));
            tokio::select! {
                written = &mut writing => written,
                () = sender.closed() => {
                    stop(&db, session).await;
                    writing.await
                }
            }
        };
        match written {
            Ok(true) => window.rest().await,
            // What is left would be read to its end before the connection is free.
            Ok(false) => {
                stop(&db, session).await;
                long_reads::hear_the_end(&mut tx).await;
            }
            Err(error) if sender.is_closed() => tracing::info!(%error, "a list was sent to nobody any more"),
            Err(error) => {
                tracing::error!(%error, "a list was not sent to its end");
                // The client must not take what it has for the whole.
                let _ = sender.send(Err(io::Error::other("the list could not be read to its end"))).await;
            }
        }
        if let Err(error) = tx.rollback().await {
            tracing::info!(%error, "a snapshot could not be ended");
        }
        drop(place);
    });
    Ok(Body::from_stream(ReceiverStream::new(receiver)))
}

/// Stops what the connection of a list is still reading. Its transaction is still ours, so that nobody else is hit.
async fn stop(db: &Db, session: i32) {
    if let Err(error) = long_reads::stop(db, session).await {
        tracing::info!(%error, "a list that nobody reads could not be stopped");
    }
}

/// Writes the list; `false` where nobody wanted more before its end.
async fn write(conn: &mut PgConnection, list: &List, to: &mut impl Sink) -> Result<bool, StorageError> {
    let Some((columns, mut rows)) = catalogue::rows(conn, list.report, &list.question) else { return Ok(true) };
    let mut wanted = to.take(&list.form.head(&columns)).await;
    while wanted {
        let Some(row) = rows.next().await else { return Ok(true) };
        wanted = to.take(&list.form.row(&columns, &row?)).await;
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn more_than_so_many_at_a_time_are_told_when_to_ask_again() {
        let places = Places::default();
        let mut taken = Vec::new();
        for _ in 0..PLACES {
            taken.push(places.take().await.unwrap());
        }
        let refused = places.take().await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        let waits = {
            let places = places.clone();
            tokio::spawn(async move { places.take().await.map(drop) })
        };
        taken.pop();
        assert!(waits.await.unwrap().is_ok(), "who waits gets the place that gets free");
    }
}
