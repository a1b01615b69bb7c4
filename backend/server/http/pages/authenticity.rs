//! `/p/{Prüfkennung}`: is this paper genuine? Public: whoever holds the paper holds the code. Tells
//! neither amounts nor names.

use abruf_domain::call_off::Status;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use data_encoding::HEXLOWER;

use crate::actions::issue_document;
use crate::actor::RunsAs;
use crate::app::App;
use crate::http::extract::Path;
use crate::http::layout::{Frame, Page};
use crate::http::pages::written::day_of;
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
        match found.kind.as_str() {
            "cancellation" => "Stornierung zum Abruf",
            "partial_cancellation" => "Teilstornierung zum Abruf",
            "supplier_order" => "Lieferantenauftrag",
            "supplier_cancellation" => "Stornierung zum Lieferantenauftrag",
            "supplier_partial_cancellation" => "Teilstornierung zum Lieferantenauftrag",
            _ => "Abruf",
        }
    }

    fn is_order(found: &Authenticity) -> bool {
        matches!(found.kind.as_str(), "order" | "supplier_order")
    }

    /// The day printed on the paper: of the release, or of the cancellation.
    fn dated(found: &Authenticity) -> String {
        let at = if Self::is_order(found) { found.released_at } else { found.ended_at };
        at.map(day_of).unwrap_or_default()
    }

    /// Since when the order on this paper no longer stands.
    fn cancelled(found: &Authenticity) -> Option<String> {
        let cancelled = Self::is_order(found) && found.status == Status::Cancelled.key();
        found.ended_at.filter(|_| cancelled).map(day_of)
    }

    /// The hash in groups of eight, for reading aloud.
    fn hash(found: &Authenticity) -> Vec<String> {
        found.sha256.chunks(4).map(|four| HEXLOWER.encode(four)).collect()
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
