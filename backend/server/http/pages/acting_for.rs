//! `/handeln-fuer`: a person with several assignments chooses the one to act for.

use abruf_domain::ids::AssignmentId;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::sign_in;
use crate::actor::RunsAs;
use crate::app::App;
use crate::http::access::local_address;
use crate::http::extract::{Form, Query};
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::problem::Problem;
use crate::http::request_id::RequestId;
use crate::http::session::CurrentSession;
use crate::http::visitor::Visitor;
use crate::storage::people::{self, Acting};
use crate::storage::provider_sessions;

#[derive(askama::Template)]
#[template(path = "pages/acting_for.html")]
struct ActingForPage {
    frame: Frame,
    assignments: Vec<Acting>,
    chosen: Option<AssignmentId>,
    weiter: String,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    weiter: String,
}

/// The form.
#[derive(Debug, Deserialize)]
pub struct Choice {
    assignment: Uuid,
    #[serde(default)]
    weiter: String,
}

/// `GET /handeln-fuer`
pub async fn show(
    State(app): State<App>,
    CurrentSession(current): CurrentSession,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<impl IntoResponse, Problem> {
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let mut assignments = Vec::new();
    let when = (app.clock.now(), app.clock.today());
    for it in people::assignments(&mut tx, current.session.person, when).await? {
        if provider_sessions::may_act_for(&mut tx, current.session.id, it.actor.assignment).await? {
            assignments.push(it);
        }
    }
    Ok(Page(ActingForPage {
        frame: frame.titled("Für wen handeln Sie?"),
        assignments,
        chosen: current.acting.as_ref().map(|acting| acting.actor.assignment),
        weiter: asked.weiter,
    }))
}

/// `POST /handeln-fuer`
pub async fn choose(
    State(app): State<App>,
    CurrentSession(current): CurrentSession,
    (request, visitor): (RequestId, Visitor),
    Form(choice): Form<Choice>,
) -> Result<Redirect, Problem> {
    let assignment = AssignmentId(choice.assignment);
    if !sign_in::act_for(&app, &current.session, assignment, &visitor.origin, request.0).await? {
        return Err(Problem::not_found());
    }
    Ok(Redirect::to(local_address(&choice.weiter).unwrap_or("/")))
}
