//! A download that broke off goes on where it ended (`Range`), as long as nothing of it changed (`If-Range` with its
//! tag): RFC 9110, sections 13 and 14.

use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::http::problem::Problem;

/// The strong tag of a file by its hash in hex.
///
/// # Errors
/// Never in practice: hex fits into a header.
pub fn tag(hash: &str) -> Result<HeaderValue, Problem> {
    HeaderValue::from_str(&format!("\"{hash}\"")).map_err(|_| Problem::internal())
}

/// From which byte up to before which a file of this size is wanted: all of it where no part is asked for, or one of
/// another state, which would be of no use to anybody.
///
/// # Errors
/// The answer 416 where the part lies behind the end.
#[expect(clippy::result_large_err, reason = "the error is the answer")]
pub fn asked(headers: &HeaderMap, tag: &HeaderValue, size: u64) -> Result<(u64, u64), Response> {
    let same = headers.get(IF_RANGE).is_none_or(|asked| asked == tag);
    let asked = headers.get(RANGE).and_then(|range| range.to_str().ok()).filter(|_| same);
    match asked.map(|asked| part_asked(asked, size)) {
        None | Some(Part::Unreadable) => Ok((0, size)),
        Some(Part::Bytes(from, to)) => Ok((from, to)),
        Some(Part::Beyond) => {
            let all = format!("bytes */{size}");
            Err((StatusCode::RANGE_NOT_SATISFIABLE, [(CONTENT_RANGE, all)]).into_response())
        }
    }
}

/// The answer with this body, which is the part `from..to` of a file of `size` bytes.
///
/// # Errors
/// Never in practice: names of our files fit into a header.
pub fn answer(
    body: Body,
    kind: &'static str,
    name: &str,
    tag: HeaderValue,
    (from, to, size): (u64, u64, u64),
) -> Result<Response, Problem> {
    let mut response = body.into_response();
    let heads = response.headers_mut();
    heads.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    heads.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    heads.insert(ETAG, tag);
    heads.insert(CONTENT_LENGTH, HeaderValue::from(to - from));
    let disposition = format!("attachment; filename=\"{name}\"");
    heads.insert(CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(|_| Problem::internal())?);
    if (from, to) != (0, size) {
        let range = format!("bytes {from}-{}/{size}", to - 1);
        heads.insert(CONTENT_RANGE, HeaderValue::from_str(&range).map_err(|_| Problem::internal())?);
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// The answer with a whole file whose length nobody knows yet: it cannot be taken up again.
///
/// # Errors
/// Never in practice: names of our files fit into a header.
pub fn unmeasured(body: Body, kind: &'static str, name: &str) -> Result<Response, Problem> {
    let mut response = body.into_response();
    let heads = response.headers_mut();
    heads.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    heads.insert(ACCEPT_RANGES, HeaderValue::from_static("none"));
    let disposition = format!("attachment; filename=\"{name}\"");
    heads.insert(CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(|_| Problem::internal())?);
    Ok(response)
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
