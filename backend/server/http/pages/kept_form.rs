//! After signing in again: what was typed before the session ended, to be sent or left.

use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};

use crate::actions::sign_in::act_for;
use crate::http::filters;
use crate::http::kept_form::{KeptForm, reopened};
use crate::http::layout::{Frame, Page};
use crate::http::problem::Problem;
use crate::http::request_id::RequestId;
use crate::http::server::Server;
use crate::http::visitor::Visitor;
use crate::storage::sessions::Session;

#[derive(askama::Template)]
#[template(path = "pages/kept_form.html")]
struct KeptFormPage {
    frame: Frame,
    kept: KeptForm,
    /// What a person would know again, as they typed it.
    texts: Vec<String>,
}

/// Shorter values are numbers, dates and ticks, which say nothing without their page.
const SHORTEST_TEXT: usize = 12;

fn page(frame: Frame, kept: KeptForm) -> Page<KeptFormPage> {
    let text = |value: &str| value.chars().count() >= SHORTEST_TEXT && value.contains(char::is_whitespace);
    let texts = kept.fields.iter().map(|(_, value)| value.trim()).filter(|it| text(it)).map(str::to_owned).collect();
    Page(KeptFormPage { frame: frame.titled("Ihre Eingaben sind noch da"), kept, texts })
}

/// For somebody who signed in anew in another window and now sends a form of before.
#[must_use]
pub fn still_there(frame: Frame, kept: KeptForm) -> Response {
    (StatusCode::FORBIDDEN, page(frame, kept)).into_response()
}

/// Signed in: on as `onwards` says, or to what was typed before, with the same cookies.
///
/// # Errors
/// If the database fails.
pub(super) async fn go_on(
    server: &Server,
    session: &Session,
    (visitor, request): (&Visitor, RequestId),
    mut frame: Frame,
    onwards: Response,
    sealed: &str,
) -> Result<Response, Problem> {
    let Some((kept, former)) = reopened(server, session, sealed).await? else {
        return Ok(onwards);
    };
    // As before: nobody has to choose again whom they act for.
    if let (None, Some(assignment)) = (session.assignment, former.assignment) {
        act_for(&server.app, session, assignment, &visitor.origin, request.0).await?;
    }
    frame.form_token = server.security.form_tokens.of(session.id);
    let mut answer = page(frame, kept).into_response();
    for cookie in onwards.headers().get_all(SET_COOKIE) {
        answer.headers_mut().append(SET_COOKIE, cookie.clone());
    }
    Ok(answer)
}
