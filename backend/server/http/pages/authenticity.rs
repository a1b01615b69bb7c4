//! `/p/{Prüfkennung}`: is this paper genuine? Public: whoever holds the paper holds the code. Tells
//! neither amounts nor names.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use data_encoding::HEXLOWER;

use crate::actions::issue_document;
use crate::actor::RunsAs;
use crate::app::App;
use crate::http::extract::Path;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::problem::Problem;
use crate::storage::documents::{self, Authenticity};

#[derive(askama::Template)]
#[template(path = "pages/authenticity.html")]
struct AuthenticityPage {
    frame: Frame,
    code: String,
    found: Option<Authenticity>,
}

impl AuthenticityPage {
    /// What the paper is, in words.
    fn paper(found: &Authenticity) -> &'static str {
        if found.kind == "cancellation" { "Stornierung zum Abruf" } else { "Abruf" }
    }

    /// Whether the order on this paper no longer stands.
    fn cancelled(found: &Authenticity) -> bool {
        found.kind == "order" && found.status == "cancelled"
    }

    /// The hash in groups of eight, for reading aloud.
    fn hash(found: &Authenticity) -> String {
        let hex = HEXLOWER.encode(&found.sha256);
        hex.as_bytes().chunks(8).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ")
    }
}

/// `GET /p/{code}`
pub async fn show(
    State(app): State<App>,
    frame: Frame,
    Path(code): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let found = match issue_document::check_code(&code) {
        Some(code) => {
            let mut tx = app.db.begin(RunsAs::Job).await?;
            documents::by_check_code(&mut tx, &code).await?
        }
        None => None,
    };
    let status = if found.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let code = code.chars().take(40).collect();
    Ok((status, Page(AuthenticityPage { frame: frame.titled("Ist dieses Papier echt?"), code, found })))
}
