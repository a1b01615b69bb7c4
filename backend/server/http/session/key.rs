//! The key of a program in place of a session: it acts for one assignment of its person, within its scopes.
//!
//! It is looked up on each request, and counted; revoked, over or with its assignment ended it opens nothing from the
//! next request on.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::{FromRequestParts, Request};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{By, Current};
use crate::actions::account_log::{self, Event, Happened};
use crate::actions::keep_api_key::{BEGINS, LENGTH, digest};
use crate::actions::sign_in::Due;
use crate::actor::RunsAs;
use crate::api_scope::Scope;
use crate::http::problem::Problem;
use crate::http::request_id::RequestId;
use crate::http::server::Server;
use crate::http::visitor::Visitor;
use crate::storage::sessions::Session;
use crate::storage::{StorageError, api_keys};

/// What a request was let in by.
#[derive(Debug, Clone)]
pub struct Key {
    /// Which.
    pub id: Uuid,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

/// Whether a bearer is a key and no token of a session.
#[must_use]
pub fn is_one(bearer: &str) -> bool {
    bearer.starts_with(BEGINS)
}

/// Whom the key acts for; none if it opens nothing.
///
/// # Errors
/// If the database fails.
pub async fn look_up(
    server: &Server,
    sent: &str,
    request: &mut Request,
    now: DateTime<Utc>,
) -> Result<Option<Current>, StorageError> {
    if sent.len() != LENGTH {
        return Ok(None);
    }
    let (app, today) = (&server.app, server.app.clock.today());
    let Some(used) = api_keys::use_key(&app.db, &digest(sent), now, today).await? else {
        return Ok(None);
    };
    if used.to_be_noted {
        let (mut parts, body) = std::mem::replace(request, Request::new(Body::empty())).into_parts();
        let visitor: Result<Visitor, Infallible> = Visitor::from_request_parts(&mut parts, server).await;
        let id = parts.extensions.get::<RequestId>().map(|id| id.0).unwrap_or_default();
        *request = Request::from_parts(parts, body);
        let Ok(visitor) = visitor;
        let event = if used.works { Event::ApiKeyUsed } else { Event::ApiKeyRefused };
        let mut tx = app.db.begin(RunsAs::SignIn).await?;
        let happened = Happened::new(event, Some(used.person), &visitor.origin, id).within(used.id);
        account_log::append(&mut tx, app, happened, now).await?;
        tx.commit().await?;
    }
    if !used.works || (used.demo && !server.security.door.demo_accounts) {
        return Ok(None);
    }
    let due = server.security.door.due(used.factor);
    let session = Session {
        id: used.id,
        person: used.person,
        person_name: used.person_name,
        assignment: Some(used.acting.actor.assignment),
        created_at: used.created_at,
        expires_at: used.expires_at,
    };
    let scopes = used.scopes.iter().filter_map(|it| Scope::from_key(it)).collect();
    Ok(Some(Current {
        session,
        due,
        acting: Some(used.acting).filter(|_| due == Due::Nothing),
        by: By::Key,
        key: Some(Key { id: used.id, scopes }),
        form_token: server.security.form_tokens.of(used.id),
    }))
}

/// 403: the role could, the key may not.
#[must_use]
pub fn scope_missing(needed: Scope) -> Problem {
    let detail = format!(
        "Dem Schlüssel fehlt das Recht {} („{}“). Legen Sie unter Konto, Schlüssel einen mit diesem Recht an.",
        needed.key(),
        needed.german()
    );
    Problem::new(StatusCode::FORBIDDEN, "scope-missing", "Dem Schlüssel fehlt ein Recht", detail)
        .with("scope", needed.key())
}

/// 403: for people only.
#[must_use]
pub fn not_by_key() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "not-by-key",
        "Das geht mit keinem Schlüssel",
        "Seiten, Konten, Freigaben und andere Entscheidungen sind Menschen vorbehalten, die sich angemeldet haben. Ein Schlüssel liest, legt Entwürfe an, reicht sie ein und vermerkt Lieferungen.",
    )
}
