//! `/pruefung/abrufe.zip`: the call-offs of a search with all their documents as one file. A download that broke off
//! goes on where it ended (`Range`), as long as nothing of it changed (`If-Range` with the file's tag).

use std::io::{self, Write};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE,
    RANGE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::actor::Actor;
use crate::app::App;
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
    let tag = HeaderValue::from_str(&format!("\"{}\"", bag.tag)).map_err(|_| Problem::internal())?;
    if headers.get(IF_NONE_MATCH) == Some(&tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    let (bag, size) = tokio::task::spawn_blocking(move || bag.size().map(|size| (bag, size)))
        .await
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
        .map_err(problem)?;
    // A part of another state is of no use to anybody: then all of it is sent.
    let same = headers.get(IF_RANGE).is_none_or(|asked| *asked == tag);
    let asked = headers.get(RANGE).and_then(|range| range.to_str().ok()).filter(|_| same);
    let (from, to) = match asked.map(|asked| part_asked(asked, size)) {
        None | Some(Part::Unreadable) => (0, size),
        Some(Part::Bytes(from, to)) => (from, to),
        Some(Part::Beyond) => {
            let all = format!("bytes */{size}");
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, [(CONTENT_RANGE, all)]).into_response());
        }
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
    let mut response = Body::from_stream(ReceiverStream::new(receiver)).into_response();
    let heads = response.headers_mut();
    heads.insert(CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    heads.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    heads.insert(ETAG, tag);
    heads.insert(CONTENT_LENGTH, HeaderValue::from(to - from));
    let disposition = format!("attachment; filename=\"{name}\"");
    heads.insert(CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(|_| Problem::internal())?);
    if asked.is_some() && (from, to) != (0, size) {
        let range = format!("bytes {from}-{}/{size}", to - 1);
        heads.insert(CONTENT_RANGE, HeaderValue::from_str(&range).map_err(|_| Problem::internal())?);
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
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

/// What a `Range` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// From the first byte up to before the second.
    Bytes(u64, u64),
    /// Behind the end.
    Beyond,
    /// Several parts, another unit, no numbers: all of it is sent (RFC 9110).
    Unreadable,
}

fn part_asked(range: &str, size: u64) -> Part {
    let Some((from, to)) = range.trim().strip_prefix("bytes=").and_then(|part| part.split_once('-')) else {
        return Part::Unreadable;
    };
    match (from.trim().parse::<u64>(), to.trim()) {
        (Ok(from), _) if size <= from => Part::Beyond,
        (Ok(from), "") => Part::Bytes(from, size),
        (Ok(from), to) => match to.parse::<u64>() {
            Ok(to) if from <= to => Part::Bytes(from, to.saturating_add(1).min(size)),
            _ => Part::Unreadable,
        },
        (Err(_), to) if from.trim().is_empty() => match to.parse::<u64>() {
            Ok(0) => Part::Beyond,
            Ok(last) => Part::Bytes(size.saturating_sub(last), size),
            Err(_) => Part::Unreadable,
        },
        (Err(_), _) => Part::Unreadable,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_rfc_9110_says() {
        for (asked, part) in [
            ("bytes=0-", Part::Bytes(0, 100)),
            ("bytes=40-", Part::Bytes(40, 100)),
            ("bytes=40-49", Part::Bytes(40, 50)),
            ("bytes=40-1000", Part::Bytes(40, 100)),
            ("bytes=-10", Part::Bytes(90, 100)),
            ("bytes=-1000", Part::Bytes(0, 100)),
            ("bytes=100-", Part::Beyond),
            ("bytes=-0", Part::Beyond),
            ("bytes=50-40", Part::Unreadable),
            ("bytes=0-1,5-6", Part::Unreadable),
            ("lines=0-1", Part::Unreadable),
            ("bytes=a-b", Part::Unreadable),
            ("", Part::Unreadable),
        ] {
            assert_eq!(part_asked(asked, 100), part, "{asked}");
        }
    }
}
