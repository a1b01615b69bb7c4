//! Forms with a file (`multipart/form-data`, RFC 7578), as browsers send them: small enough to be read whole.
//!
//! Our own few lines: the body has been read and limited before (`http/body_limit.rs`), so nothing of what a
//! streaming reader is for is left.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

use crate::http::problem::Problem;

/// Most fields of a form.
const MOST_PARTS: usize = 50;

/// A field of a form with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part<'a> {
    name: String,
    file_name: Option<String>,
    bytes: &'a [u8],
}

/// A file as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentFile {
    /// Its name, as the browser says it.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Extractor: the texts and files of a form.
#[derive(Debug, Default)]
pub struct Upload {
    texts: Vec<(String, String)>,
    files: Vec<(String, SentFile)>,
}

impl Upload {
    /// What was typed into a field; empty without.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.texts.iter().find(|(field, _)| field == name).map_or("", |(_, text)| text)
    }

    /// The file that was chosen in a field; none where it was left empty.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&SentFile> {
        self.files.iter().find(|(field, _)| field == name).map(|(_, file)| file)
    }
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let boundary = boundary(request.headers()).ok_or_else(Problem::unsupported_media_type)?;
        let body = Bytes::from_request(request, state).await.map_err(|_| Problem::too_large())?;
        let parts = parts(&boundary, &body).ok_or_else(|| {
            Problem::bad_request("Das Formular ist nicht vollständig angekommen. Bitte laden Sie die Seite neu.")
        })?;
        let mut upload = Self::default();
        for part in parts {
            match part.file_name {
                Some(name) if name.is_empty() && part.bytes.is_empty() => {}
                Some(name) => upload.files.push((part.name, SentFile { name, bytes: part.bytes.to_vec() })),
                None => upload.texts.push((part.name, String::from_utf8_lossy(part.bytes).into_owned())),
            }
        }
        Ok(upload)
    }
}

/// What separates the fields, if this is such a form.
#[must_use]
pub fn boundary(headers: &HeaderMap) -> Option<Vec<u8>> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let (kind, parameters) = kind.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("boundary="))?;
    let boundary = boundary.trim_matches('"');
    (1..=70).contains(&boundary.len()).then(|| boundary.as_bytes().to_vec())
}

/// The text of one field, for whoever reads the form before its handler.
#[must_use]
pub fn field<'a>(boundary: &[u8], body: &'a [u8], name: &str) -> Option<&'a str> {
    let part = parts(boundary, body)?.into_iter().find(|part| part.name == name && part.file_name.is_none())?;
    std::str::from_utf8(part.bytes).ok()
}

/// All fields; `None` where the body is no such form, or not all of it has arrived.
fn parts<'a>(boundary: &[u8], body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let delimiter = [b"\r\n--", boundary].concat();
    // The first one has no line before it.
    let mut rest = body.strip_prefix(&delimiter[2..])?;
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let head_end = find(rest, b"\r\n\r\n")?;
        let (head, content) = (&rest[..head_end], &rest[head_end + 4..]);
        let end = find(content, &delimiter)?;
        if parts.len() == MOST_PARTS {
            return None;
        }
        parts.push(part(std::str::from_utf8(head).ok()?, &content[..end])?);
        rest = &content[end + delimiter.len()..];
    }
}

fn part<'a>(head: &str, bytes: &'a [u8]) -> Option<Part<'a>> {
    let disposition = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    Some(Part { name: parameter(disposition, "name")?, file_name: parameter(disposition, "filename"), bytes })
}

/// A quoted parameter: browsers write a quote inside of it as `%22`.
fn parameter(disposition: &str, name: &str) -> Option<String> {
    let begin = format!("; {name}=\"");
    let (_, rest) = disposition.split_once(&begin)?;
    Some(rest.split_once('"')?.0.replace("%22", "\""))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::StatusCode;

    use super::*;

    const FORM: &[u8] = b"--XX\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nt0ken\r\n--XX\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"Ums\xc3\xa4tze; 3.csv\"\r\nContent-Type: text/csv\r\n\r\n\
        a;b\r\n--X\r\n1;\xe4\r\n\r\n--XX--\r\n";

    async fn read(kind: &str, body: &'static [u8]) -> Result<Upload, Problem> {
        Upload::from_request(Request::post("/").header(CONTENT_TYPE, kind).body(Body::from(body)).unwrap(), &()).await
    }

    #[tokio::test]
    async fn a_form_gives_its_fields_and_its_file_byte_for_byte() {
        let form = read("multipart/form-data; boundary=XX", FORM).await.unwrap();
        assert_eq!((form.text("csrf"), form.text("file"), form.text("x")), ("t0ken", "", ""));
        let file = form.file("file").unwrap();
        assert_eq!((file.name.as_str(), &file.bytes[..]), ("Umsätze; 3.csv", &b"a;b\r\n--X\r\n1;\xe4\r\n"[..]));
        assert_eq!(form.file("csrf"), None);
        assert_eq!(field(b"XX", FORM, "csrf"), Some("t0ken"));
    }

    #[tokio::test]
    async fn what_is_no_whole_form_is_refused() {
        let cut = &FORM[..FORM.len() - 6];
        assert_eq!(read("multipart/form-data; boundary=XX", cut).await.unwrap_err().status(), StatusCode::BAD_REQUEST);
        assert_eq!(read("multipart/form-data; boundary=YY", FORM).await.unwrap_err().status(), StatusCode::BAD_REQUEST);
        for other in ["multipart/form-data", "application/x-www-form-urlencoded", "multipart/mixed; boundary=XX"] {
            assert_eq!(read(other, FORM).await.unwrap_err().status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{other}");
        }
    }

    #[tokio::test]
    async fn a_file_field_that_was_left_empty_is_no_file() {
        let body = b"--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\r\n--XX--\r\n";
        assert_eq!(read("multipart/form-data; boundary=XX", body).await.unwrap().file("file"), None);
    }
}
