//! A form with a file, as browsers send it (`multipart/form-data`).

use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;

use crate::http::problem::Problem;

/// Extractor: the fields and the file. The body limit holds for all of it.
#[derive(Debug, Default)]
pub struct Upload {
    /// Names and values of the other fields.
    pub fields: Vec<(String, String)>,
    /// Name and bytes of the file; `None` where none was chosen.
    pub file: Option<(String, Vec<u8>)>,
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let mut parts = Multipart::from_request(request, state).await.map_err(|_| {
            Problem::bad_request("Hier wird ein Formular mit einer Datei erwartet. Bitte laden Sie die Seite neu.")
        })?;
        let mut upload = Self::default();
        while let Some(part) = parts.next_field().await.map_err(unreadable)? {
            let name = part.name().unwrap_or_default().to_owned();
            let file_name = part.file_name().map(str::to_owned);
            let bytes = part.bytes().await.map_err(unreadable)?;
            match file_name {
                // Browsers send a file without name and bytes where none was chosen.
                Some(file_name) if !(file_name.is_empty() && bytes.is_empty()) => {
                    upload.file = Some((file_name, bytes.to_vec()));
                }
                Some(_) => {}
                None => upload.fields.push((name, String::from_utf8_lossy(&bytes).into_owned())),
            }
        }
        Ok(upload)
    }
}

fn unreadable(error: MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
        _ => Problem::bad_request(
            "Die Datei ist nicht vollständig angekommen. Bitte senden Sie das Formular noch einmal ab.",
        ),
    }
}
