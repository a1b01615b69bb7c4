//! Against forms that other sites submit in our users' name: two walls.
//!
//! First where the request comes from, as the browser says (`Sec-Fetch-Site`, else `Origin`); then,
//! for a session by cookie, a token that only our own forms carry: an HMAC of the session id in the
//! field `csrf`, or in the header `x-csrf-token`. Bearer tokens are sent by no browser on its own.

use aws_lc_rs::hmac;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use data_encoding::HEXLOWER;
use uuid::Uuid;

use crate::http::body_limit;
use crate::http::problem::Problem;

/// Name of the field.
pub const FIELD: &str = "csrf";

/// Makes and checks form tokens.
#[derive(Debug)]
pub struct FormTokens(hmac::Key);

impl FormTokens {
    /// From the key of the installation.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The token of a session.
    #[must_use]
    pub fn of(&self, session: Uuid) -> String {
        HEXLOWER.encode(hmac::sign(&self.0, session.as_bytes()).as_ref())
    }

    /// Whether a token is of this session.
    #[must_use]
    pub fn is_of(&self, session: Uuid, token: &str) -> bool {
        same(token.as_bytes(), &self.of(session))
    }
}

/// Whether the browser says that another site sent this. Programs that are no browsers say nothing.
#[must_use]
pub fn comes_from_elsewhere(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value: &axum::http::HeaderValue| value.to_str().unwrap_or_default());
    if let Some(site) = headers.get("sec-fetch-site") {
        return site != "same-origin" && site != "none";
    }
    let Some(origin) = text(ORIGIN) else {
        return false;
    };
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_none() || host != text(HOST)
}

/// Lets the request through if it carries the session's token; its body stays readable.
///
/// # Errors
/// 403 without the token, 413 for too large a body.
pub async fn check_token(expected: &str, request: Request) -> Result<Request, Problem> {
    if let Some(sent) = request.headers().get("x-csrf-token") {
        return if same(sent.as_bytes(), expected) { Ok(request) } else { Err(stale()) };
    }
    let is_form = request
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    let is_upload = body_limit::is_upload(request.headers());
    if !is_form && !is_upload {
        return Err(stale());
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, body_limit::most(&parts.headers)).await;
    let body = body.map_err(|_| if is_upload { Problem::file_too_large() } else { Problem::too_large() })?;
    let sent = if is_upload { part(&body) } else { field(&body) };
    if sent.is_some_and(|sent| same(sent.as_bytes(), expected)) {
        Ok(Request::from_parts(parts, Body::from(body)))
    } else {
        Err(stale())
    }
}

/// The value of the field; our tokens need no decoding.
fn field(body: &[u8]) -> Option<&str> {
    let body = std::str::from_utf8(body).ok()?;
    body.split('&').find_map(|pair| pair.strip_prefix(FIELD)?.strip_prefix('='))
}

/// As [`field`], of a form with files: our pages put the token first, before anything that could look like it.
fn part(body: &[u8]) -> Option<&str> {
    let head = std::str::from_utf8(body.get(..body.len().min(1_000))?).or_else(|error| {
        // A file may begin within the first thousand bytes.
        std::str::from_utf8(&body[..error.valid_up_to()])
    });
    let (boundary, rest) = head.ok()?.split_once("\r\n")?;
    let rest = rest.strip_prefix("Content-Disposition: form-data; name=\"csrf\"\r\n\r\n")?;
    let (token, _) = rest.split_once("\r\n")?;
    boundary.starts_with("--").then_some(token)
}

fn same(sent: &[u8], expected: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(sent, expected.as_bytes()).is_ok()
}

/// The refusal of both walls.
#[must_use]
pub fn stale() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "form-stale",
        "Bitte laden Sie die Seite neu",
        "Dieses Formular gehört nicht zu Ihrer jetzigen Sitzung. Es wurde nichts gespeichert. Bitte laden Sie die Seite neu und senden Sie das Formular noch einmal ab.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn requests_of_other_sites_are_known_by_what_the_browser_says() {
        for elsewhere in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "cross-site"), ("origin", "http://localhost"), ("host", "localhost")],
            &[("origin", "https://evil.example"), ("host", "abruf.example")],
            &[("origin", "null"), ("host", "abruf.example")],
            &[("origin", "https://abruf.example.evil.example"), ("host", "abruf.example")],
            &[("origin", "http://localhost:8081"), ("host", "localhost:8080")],
        ] {
            assert!(comes_from_elsewhere(&headers(elsewhere)), "{elsewhere:?}");
        }
        for own in [
            &[][..],
            &[("sec-fetch-site", "same-origin"), ("origin", "null")],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://abruf.example"), ("host", "abruf.example")],
        ] {
            assert!(!comes_from_elsewhere(&headers(own)), "{own:?}");
        }
    }

    #[tokio::test]
    async fn a_form_needs_the_token_of_its_own_session_and_stays_readable() {
        let tokens = FormTokens::new(b"key");
        let (mine, other) = (tokens.of(Uuid::from_u128(1)), tokens.of(Uuid::from_u128(2)));
        let form = |body: String| {
            Request::post("/").header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(Body::from(body)).unwrap()
        };
        let read = check_token(&mine, form(format!("a=1&csrf={mine}"))).await.unwrap();
        assert!(to_bytes(read.into_body(), 1000).await.unwrap().starts_with(b"a=1&csrf="));
        let upload = |body: String| {
            let kind = "multipart/form-data; boundary=GRENZE";
            Request::post("/").header(CONTENT_TYPE, kind).body(Body::from(body.replace('\n', "\r\n"))).unwrap()
        };
        let named = "--GRENZE\nContent-Disposition: form-data; name=";
        let with_file = |token: &str| {
            format!("{named}\"csrf\"\n\n{token}\n{named}\"file\"; filename=\"a.pdf\"\n\n%PDF-\u{e4}\n--GRENZE--\n")
        };
        assert!(check_token(&mine, upload(with_file(&mine))).await.is_ok());
        for refused in [
            with_file(&other),
            format!("{named}\"csrf2\"\n\n{mine}\n--GRENZE--\n"),
            // Not first: it could be the content of a file.
            format!("{named}\"a\"\n\n1\n{named}\"csrf\"\n\n{mine}\n--GRENZE--\n"),
        ] {
            assert_eq!(check_token(&mine, upload(refused)).await.unwrap_err().status(), StatusCode::FORBIDDEN);
        }
        for refused in [format!("a=1&csrf={other}"), "a=1".to_owned(), "csrf=".to_owned(), format!("xcsrf={mine}")] {
            assert_eq!(check_token(&mine, form(refused)).await.unwrap_err().status(), StatusCode::FORBIDDEN);
        }
    }
}
