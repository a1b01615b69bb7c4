//! `/pruefung/abrufe.zip`: the call-offs of a search with all their documents as one file. A download that broke off
//! goes on where it ended (`Range`), as long as nothing of it changed (`If-Range` with the file's tag).

use std::io::{self, Write};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::actor::Actor;
use crate::app::App;
use crate::http::byte_range;
use crate::http::extract::Query;
use crate::http::pages::audit::Asked;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::call_off_bag::{self, BagError, Reader};
use crate::storage::call_off_list::Search;

/// Bytes handed on at a time.
const PORTION: usize = 1 << 16;
/// Portions that wait for the client.
const AHEAD: usize = 4;

/// `GET /pruefung/abrufe.zip`
pub async fn download(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (search, mistakes) = asked.search();
    if !mistakes.is_empty() {
        return Err(Problem::invalid(mistakes.0));
    }
    bag(&app, &actor, &search, &headers).await
}

/// The bag of a search, or the part of it that is asked for.
pub async fn bag(app: &App, actor: &Actor, search: &Search, headers: &HeaderMap) -> Result<Response, Problem> {
    let reader = Reader(Some(actor.clone()));
    let bag = call_off_bag::gather(app, &reader, search).await.map_err(problem)?;
    let tag = byte_range::tag(&bag.tag)?;
    if headers.get(IF_NONE_MATCH) == Some(&tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    let (bag, size) = tokio::task::spawn_blocking(move || bag.size().map(|size| (bag, size)))
        .await
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
        .map_err(problem)?;
    let (from, to) = match byte_range::asked(headers, &tag, size) {
        Ok(part) => part,
        Err(beyond) => return Ok(beyond),
    };
    let name = format!("abrufe-{}.zip", &bag.tag[..8]);
    let (sender, receiver) = mpsc::channel(AHEAD);
    let window = Window { skip: from, left: to - from, held: Vec::new(), to: sender };
    let task_app = app.clone();
    // In a task of its own: a client that hangs up never drops a transaction half done.
    tokio::spawn(async move {
        if let Err(error) = call_off_bag::write(&task_app, &reader, bag, window, |_, _| {}).await {
            tracing::info!(%error, "an archive was not sent to its end");
        }
    });
    let body = Body::from_stream(ReceiverStream::new(receiver));
    byte_range::answer(body, "application/zip", &name, tag, (from, to, size))
}

fn problem(error: BagError) -> Problem {
    match error {
        BagError::Storage(error) => error.into(),
        BagError::Store(error) => error.into(),
        error => {
            tracing::error!(%error, "an archive could not be made");
            Problem::internal()
        }
    }
}

/// Lets a part of what is written through to the client, in portions.
struct Window {
    skip: u64,
    left: u64,
    held: Vec<u8>,
    to: mpsc::Sender<io::Result<Bytes>>,
}

impl Write for Window {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let at_most = |count: u64, length: usize| usize::try_from(count).unwrap_or(usize::MAX).min(length);
        let skipped = at_most(self.skip, bytes.len());
        let taken = at_most(self.left, bytes.len() - skipped);
        self.held.extend_from_slice(&bytes[skipped..skipped + taken]);
        self.skip -= skipped as u64;
        self.left -= taken as u64;
        if PORTION <= self.held.len() || (self.left == 0 && !self.held.is_empty()) {
            let portion = Bytes::from(std::mem::take(&mut self.held));
            self.to.blocking_send(Ok(portion)).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        }
        // What comes after the part is not worth reading from the database.
        if self.left == 0 && skipped + taken < bytes.len() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
