//! A window on a list: `limit` rows behind the one that `cursor` names, how many there are in all (`Total-Count`), and
//! where the next ones are (`Link: …; rel="next"`, RFC 8288).
//!
//! A cursor names the last row that was seen, not a position: rows that come or go in between shift nothing.

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LINK};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::http::access::encoded;
use crate::http::api::paging::MOST_ROWS;
use crate::http::problem::{FieldError, Problem};

/// Rows in all.
pub const TOTAL: HeaderName = HeaderName::from_static("total-count");
/// Largest list, in bytes: more is answered by an operation that cuts its list itself.
const LARGEST: usize = 64_000_000;

/// Cuts the list a handler answers with.
pub async fn cut(mut request: Request, next: Next) -> Response {
    if request.method() != Method::GET {
        return next.run(request).await;
    }
    let window = match Window::asked(request.uri()) {
        Ok(window) => window,
        Err(problem) => return problem.into_response(),
    };
    *request.uri_mut() = window.inner.clone();
    let response = next.run(request).await;
    let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|it| it.as_bytes().starts_with(b"application/json"));
    if response.status() != StatusCode::OK || !is_json {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else { return Problem::internal().into_response() };
    let Ok(Value::Array(rows)) = serde_json::from_slice(&body) else {
        return Response::from_parts(parts, Body::from(body));
    };
    match window.of(rows) {
        Ok((rows, total, following)) => {
            parts.headers.remove(CONTENT_LENGTH);
            tell(&mut parts.headers, &window.inner, total, window.limit, following.map(|it| ("cursor", it)));
            Response::from_parts(parts, Body::from(Value::Array(rows).to_string()))
        }
        Err(problem) => problem.into_response(),
    }
}

/// Writes the headers of a window: how many rows there are in all, and where the next ones are.
pub fn tell(headers: &mut HeaderMap, address: &Uri, total: usize, limit: u16, following: Option<(&str, String)>) {
    headers.insert(TOTAL, HeaderValue::from(total));
    let Some((name, place)) = following else { return };
    let mut pairs: Vec<String> = pairs(address)
        .filter(|(known, _)| !["cursor", "limit", name].contains(known))
        .map(|(known, value)| format!("{known}={value}"))
        .collect();
    pairs.push(format!("limit={limit}"));
    pairs.push(format!("{name}={}", encoded(&place)));
    if let Ok(link) = HeaderValue::from_str(&format!("<{}?{}>; rel=\"next\"", address.path(), pairs.join("&"))) {
        headers.insert(LINK, link);
    }
}

/// A part of a list that its handler has cut by itself.
pub type Part<T> = (HeaderMap, axum::Json<T>);

/// Headers of such a part: `shown` rows behind the first `offset` of `total`.
#[must_use]
pub fn of_part(address: &Uri, total: i64, limit: u16, offset: u32, shown: usize) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let total = usize::try_from(total).unwrap_or(0);
    let next = usize::try_from(offset).unwrap_or(usize::MAX).saturating_add(shown);
    let following = (0 < shown && next < total).then(|| ("offset", next.to_string()));
    tell(&mut headers, address, total, limit, following);
    headers
}

fn pairs(address: &Uri) -> impl Iterator<Item = (&str, &str)> {
    address
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|it| !it.is_empty())
        .map(|it| it.split_once('=').unwrap_or((it, "")))
}

struct Window {
    limit: u16,
    cursor: Option<String>,
    /// The address without them: handlers refuse what they do not know.
    inner: Uri,
}

impl Window {
    fn asked(address: &Uri) -> Result<Self, Problem> {
        let mut own: BTreeMap<&str, &str> = BTreeMap::new();
        let mut rest = Vec::new();
        for (name, value) in pairs(address) {
            if !["limit", "cursor"].contains(&name) {
                rest.push(if value.is_empty() { name.to_owned() } else { format!("{name}={value}") });
            } else if own.insert(name, value).is_some() {
                return Err(wrong(name, "steht zweimal in der Adresse. Erlaubt ist einmal."));
            }
        }
        let limit = match own.get("limit") {
            None => MOST_ROWS,
            Some(text) => {
                let limit = text.parse::<u16>().ok().filter(|limit| (1..=MOST_ROWS).contains(limit));
                limit.ok_or_else(|| wrong("limit", &format!("muss eine Zahl von 1 bis {MOST_ROWS} sein.")))?
            }
        };
        let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
        let inner = format!("{}{query}", address.path()).parse().map_err(|_| Problem::not_found())?;
        Ok(Self { limit, cursor: own.get("cursor").map(|it| (*it).to_owned()), inner })
    }

    /// The rows of the window, how many there are in all, and the cursor of the next ones.
    fn of(&self, rows: Vec<Value>) -> Result<(Vec<Value>, usize, Option<String>), Problem> {
        let total = rows.len();
        let begin = match &self.cursor {
            None => 0,
            Some(cursor) => {
                let seen = rows.iter().position(|row| mark(row) == *cursor);
                1 + seen.ok_or_else(|| {
                    wrong("cursor", "nennt einen Eintrag, den es in dieser Liste nicht gibt. Bitte beginnen Sie die Liste von vorn.")
                })?
            }
        };
        let rows: Vec<Value> = rows.into_iter().skip(begin).take(self.limit.into()).collect();
        let more = begin + rows.len() < total;
        let following = rows.last().filter(|_| more).map(mark);
        Ok((rows, total, following))
    }
}

fn wrong(name: &str, message: &str) -> Problem {
    Problem::invalid(vec![FieldError::new(name, format!("{name} {message}"))])
}

/// Names a row: by its id, else by all it says.
fn mark(row: &Value) -> String {
    let named = row.get("id").unwrap_or(row);
    BASE64URL_NOPAD.encode(&Sha256::digest(named.to_string().as_bytes())[..12])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn window(query: &str) -> Window {
        Window::asked(&format!("/api/v1/x?q=a{query}").parse().unwrap()).unwrap()
    }

    #[test]
    fn a_cursor_goes_on_behind_the_row_it_names_though_others_came() {
        let rows = |ids: &[u32]| ids.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>();
        let (first, total, cursor) = window("&limit=2").of(rows(&[1, 2, 3])).unwrap();
        assert_eq!((first, total), (rows(&[1, 2]), 3));
        let on = window(&format!("&limit=2&cursor={}", cursor.unwrap()));
        assert_eq!(on.inner, "/api/v1/x?q=a");
        assert_eq!(on.of(rows(&[0, 1, 2, 3])).unwrap(), (rows(&[3]), 4, None));
        assert!(on.of(rows(&[1, 3])).is_err(), "the row it names has gone");
    }

    #[test]
    fn limits_out_of_bounds_and_doubled_are_refused() {
        for query in ["limit=0", "limit=501", "limit=x", "limit=-1", "limit=1&limit=2", "cursor=a&cursor=b"] {
            assert!(Window::asked(&format!("/x?{query}").parse().unwrap()).is_err(), "{query}");
        }
    }
}
