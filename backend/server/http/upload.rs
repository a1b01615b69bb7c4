//! Forms with files (`multipart/form-data`). Read whole into memory, within the limit for uploads; a browser sends an empty
//! file where none was chosen.

use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use axum::http::StatusCode;
use sha2::{Digest, Sha256};

use crate::actions::evidence_file::SentFile;
use crate::http::body_limit;
use crate::http::csrf;
use crate::http::idempotency;
use crate::http::problem::Problem;
use crate::storage::idempotency::IdempotencyKey;

/// Most parts of a form.
const MOST_PARTS: usize = 5_000;

/// Extractor: the texts and files of a form, and its key (see [`idempotency`]).
#[derive(Debug, Default)]
pub struct Upload {
    /// The key, if the form carries one.
    pub key: Option<IdempotencyKey>,
    texts: Vec<(String, String)>,
    files: Vec<(String, SentFile)>,
}

impl Upload {
    /// What was typed into a field; empty without.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.texts.iter().find(|(field, _)| field == name).map_or("", |(_, text)| text)
    }

    /// Names and values of all fields that are no files.
    #[must_use]
    pub fn texts(&self) -> &[(String, String)] {
        &self.texts
    }

    /// The file that was chosen in a field.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&SentFile> {
        self.files.iter().find(|(field, _)| field == name).map(|(_, file)| file)
    }
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Problem;

    async fn from_request(mut request: Request, state: &S) -> Result<Self, Problem> {
        DefaultBodyLimit::max(body_limit::UPLOAD_BYTES).apply(&mut request);
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let mut parts = Multipart::from_request(request, state).await.map_err(|_| Problem::unsupported_media_type())?;
        let mut upload = Self::default();
        let mut sent = None;
        let mut digest = Sha256::new();
        let mut count = 0;
        while let Some(part) = parts.next_field().await.map_err(|error| unreadable(error.status()))? {
            count += 1;
            let name = part.name().unwrap_or_default().to_owned();
            let file_name = part.file_name().map(str::to_owned);
            let bytes = part.bytes().await.map_err(|error| unreadable(error.status()))?;
            if MOST_PARTS < count {
                return Err(unreadable(StatusCode::BAD_REQUEST));
            }
            if name != csrf::FIELD {
                digest.update(name.as_bytes());
                digest.update([0]);
                digest.update(&bytes);
                digest.update([0]);
            }
            match file_name {
                Some(file) if file.is_empty() && bytes.is_empty() => {}
                Some(file) => upload.files.push((name, SentFile { name: file, bytes: bytes.into() })),
                None => {
                    let text = String::from_utf8(bytes.into()).map_err(|_| unreadable(StatusCode::BAD_REQUEST))?;
                    if name == idempotency::FIELD {
                        sent = Some(text);
                    } else {
                        upload.texts.push((name, text));
                    }
                }
            }
        }
        upload.key =
            sent.map(|sent| idempotency::key(&sent, &method, &path, digest.finalize().as_slice())).transpose()?;
        Ok(upload)
    }
}

fn unreadable(status: StatusCode) -> Problem {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::file_too_large();
    }
    Problem::bad_request(
        "Das Formular ist nicht vollständig angekommen. Bitte laden Sie die Seite neu und wählen Sie die Datei noch einmal aus.",
    )
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::header::CONTENT_TYPE;

    use super::*;

    async fn read(body: &str) -> Result<Upload, Problem> {
        let request = Request::post("/x").header(CONTENT_TYPE, "multipart/form-data; boundary=GRENZE");
        Upload::from_request(request.body(Body::from(body.replace('\n', "\r\n"))).unwrap(), &()).await
    }

    fn form(csrf: &str, typed: &str) -> String {
        format!(
            "--GRENZE\nContent-Disposition: form-data; name=\"csrf\"\n\n{csrf}\n\
             --GRENZE\nContent-Disposition: form-data; name=\"idempotency_key\"\n\nk1\n\
             --GRENZE\nContent-Disposition: form-data; name=\"evidence\"\n\n{typed}\n\
             --GRENZE\nContent-Disposition: form-data; name=\"file\"; filename=\"Beleg.csv\"\nContent-Type: text/csv\n\na;b\n\
             --GRENZE\nContent-Disposition: form-data; name=\"none\"; filename=\"\"\n\n\n--GRENZE--\n"
        )
    }

    #[tokio::test]
    async fn texts_files_and_key_are_read_and_no_file_is_none() {
        let upload = read(&form("token", "Rechnung 7")).await.unwrap();
        assert_eq!(upload.text("evidence"), "Rechnung 7");
        let file = upload.file("file").unwrap();
        assert_eq!((file.name.as_str(), &file.bytes[..]), ("Beleg.csv", &b"a;b"[..]));
        assert!(upload.file("none").is_none());
        let again = read(&form("another token", "Rechnung 7")).await.unwrap();
        assert_eq!(upload.key, again.key, "the token changes with the session");
        assert_ne!(upload.key, read(&form("token", "Rechnung 8")).await.unwrap().key);
    }

    #[tokio::test]
    async fn what_is_cut_off_or_no_form_is_refused() {
        assert_eq!(read("--GRENZE\nContent-Disposition: form").await.unwrap_err().status(), StatusCode::BAD_REQUEST);
        let request = Request::post("/x").header(CONTENT_TYPE, "text/plain").body(Body::from("x")).unwrap();
        let refused = Upload::from_request(request, &()).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
}
