//! `/p/{Prüfkennung}` and `/pruefen`: is this paper genuine? Public: whoever holds the paper holds the code, or the
//! file. Tells neither amounts nor names. A file is hashed in the browser (`authenticity.js`) and never sent.

use abruf_domain::notation::Language;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use data_encoding::HEXLOWER;
use serde::Deserialize;

use crate::actions::judge_paper::{self, Paper, Standing};
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::problem::Problem;
use crate::http::rate::ClientAddress;
use crate::http::server::Server;

/// What was typed that is no SHA-256.
const NO_HASH: &str =
    "Das ist kein SHA-256-Wert. Er hat 64 Zeichen, Ziffern und Buchstaben von a bis f. Bitte übernehmen Sie ihn ganz.";

#[derive(askama::Template)]
#[template(path = "pages/authenticity.html")]
struct AuthenticityPage {
    frame: Frame,
    /// The Prüfkennung asked for; empty without.
    code: String,
    found: Option<Paper>,
    /// A hash was asked for, and no document has it.
    unknown_file: bool,
    /// Whether the hash asked for is that of the document; `None` without one.
    compared: Option<bool>,
    /// The hash as typed, where it is to be seen again.
    typed: String,
    mistake: &'static str,
}

impl AuthenticityPage {
    fn new(frame: Frame) -> Self {
        Self {
            frame: frame.titled("Ist dieses Papier echt?"),
            code: String::new(),
            found: None,
            unknown_file: false,
            compared: None,
            typed: String::new(),
            mistake: "",
        }
    }

    fn day(day: &NaiveDate) -> String {
        Language::German.date(*day)
    }

    /// The hash in groups of eight, for reading aloud.
    fn hash(found: &Paper) -> Vec<String> {
        found.sha256.chunks(4).map(|four| HEXLOWER.encode(four)).collect()
    }

    /// The hash as the script compares it.
    fn hex(&self) -> String {
        self.found.as_ref().map(|found| HEXLOWER.encode(&found.sha256)).unwrap_or_default()
    }

    /// Takes a typed hash: known or not, it is told beside the document or alone.
    fn takes(&mut self, typed: &str) -> Option<[u8; 32]> {
        let typed = typed.trim();
        let hash = judge_paper::sha256_typed(typed);
        if hash.is_none() && !typed.is_empty() {
            self.mistake = NO_HASH;
            self.typed = typed.chars().take(400).collect();
        }
        hash
    }
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    kennung: String,
    sha256: String,
}

/// `GET /p/{code}`
pub async fn show(
    State(server): State<Server>,
    client: ClientAddress,
    frame: Frame,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    server.security.paper_limit.check(client)?;
    let found = judge_paper::by_check_code(&server.app, &code).await?;
    let mut page = AuthenticityPage::new(frame);
    let hash = page.takes(&asked.sha256);
    page.compared = found.as_ref().zip(hash).map(|(found, hash)| found.sha256 == hash);
    page.code = code.chars().take(40).collect();
    page.found = found;
    Ok(answer(page))
}

/// `GET /pruefen`: with a hash, the document it belongs to; with a Prüfkennung, its page.
pub async fn ask(
    State(server): State<Server>,
    client: ClientAddress,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let kennung: String = asked.kennung.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    if !kennung.is_empty() {
        return Ok(Redirect::to(&format!("/p/{kennung}")).into_response());
    }
    let mut page = AuthenticityPage::new(frame);
    if let Some(hash) = page.takes(&asked.sha256) {
        server.security.paper_limit.check(client)?;
        page.found = judge_paper::by_sha256(&server.app, &hash).await?;
        page.unknown_file = page.found.is_none();
        page.compared = page.found.is_some().then_some(true);
    }
    Ok(answer(page))
}

fn answer(page: AuthenticityPage) -> Response {
    let status = if !page.mistake.is_empty() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else if page.unknown_file || (page.found.is_none() && !page.code.is_empty()) {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::OK
    };
    (status, Page(page)).into_response()
}
