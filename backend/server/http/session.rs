//! Who is signed in: reads the token, asks the database, hands handlers their actor.
//!
//! A browser carries the token in a cookie, an API client as bearer; a program may have a key instead (`key.rs`). Ten minutes after signing the
//! token is over. A bearer must be renewed before; a cookie is renewed by itself while its session
//! lives: 60 minutes without use, 12 hours in all. The session row is read on each request, so a
//! revoked session ends at once.

pub mod key;
pub mod token;

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use chrono::{DateTime, Utc};

use crate::actions::sign_in::{Due, IDLE, end_if_used_now};
use crate::actor::{Actor, RunsAs};
use crate::http::problem::Problem;
use crate::http::request_id::RequestId;
use crate::http::server::Server;
use crate::storage::people::Acting;
use crate::storage::sessions::{self, Found, Session};
use crate::storage::{Db, StorageError};

/// How the token came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// In a cookie: a browser.
    Cookie,
    /// In the `Authorization` header: a program in which somebody has signed in.
    Bearer,
    /// There too, but the key of a program.
    Key,
}

/// The session of this request.
#[derive(Debug, Clone)]
pub struct Current {
    /// The session.
    pub session: Session,
    /// What the session lacks before it is good for anything; until then it acts for nobody.
    pub due: Due,
    /// Whom the person acts for; none until chosen.
    pub acting: Option<Acting>,
    /// How the token came.
    pub by: By,
    /// The key that stands in for a session: it narrows what may be done.
    pub key: Option<key::Key>,
    /// What our own forms carry.
    pub form_token: String,
}

impl Current {
    /// The session of a request, if somebody is signed in.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<&Arc<Self>> {
        extensions.get()
    }
}

/// Extractor: who acts, in this request. The route's row in the table has already let them in.
#[derive(Debug)]
pub struct SignedIn(pub Actor);

impl<S: Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let current = Current::of(&parts.extensions);
        let acting = current.and_then(|current| current.acting.as_ref());
        let mut actor = acting.ok_or_else(Problem::unauthenticated)?.actor.clone();
        actor.key = current.and_then(|current| current.key.as_ref()).map(|key| key.id);
        actor.request_id = parts.extensions.get::<RequestId>().map(RequestId::to_string);
        Ok(Self(actor))
    }
}

/// Extractor: the session, also of a person who has not yet chosen whom to act for.
#[derive(Debug)]
pub struct CurrentSession(pub Arc<Current>);

impl<S: Sync> FromRequestParts<S> for CurrentSession {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Current::of(&parts.extensions).cloned().map(Self).ok_or_else(Problem::unauthenticated)
    }
}

/// Looks up who is signed in and renews the cookie when it is due.
pub async fn resolve(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let now = server.app.clock.now();
    // Style sheets and probes are the same for everybody.
    let asked_for = !["/assets/", "/health/"].iter().any(|it| request.uri().path().starts_with(it));
    let Some((token, by)) = presented(&server, request.headers()).filter(|_| asked_for) else {
        return next.run(request).await;
    };
    if by == By::Bearer && key::is_one(&token) {
        return match key::look_up(&server, &token, &mut request, now).await {
            Ok(Some(current)) => {
                request.extensions_mut().insert(Arc::new(current));
                next.run(request).await
            }
            Ok(None) => next.run(request).await,
            Err(error) => Problem::from(error).into_response(),
        };
    }
    let Some(claims) = server.security.tokens.verify(&token, now) else {
        return next.run(request).await;
    };
    let over = claims.expired(now);
    if over && by == By::Bearer {
        return next.run(request).await;
    }
    let renew = by == By::Cookie && claims.due(now);
    let current = match look_up(&server, &claims, by, renew, now).await {
        Ok(Some(current)) => Arc::new(current),
        Ok(None) => return next.run(request).await,
        Err(error) => return Problem::from(error).into_response(),
    };
    request.extensions_mut().insert(Arc::clone(&current));
    let mut response = next.run(request).await;
    // The handler's own cookie wins: it has signed in or out.
    if renew && current.due == Due::Nothing && !response.headers().contains_key(SET_COOKIE) {
        match cookie(&server, &current.session, now) {
            Ok(value) => _ = response.headers_mut().append(SET_COOKIE, value),
            Err(problem) => return problem.into_response(),
        }
    }
    response
}

async fn look_up(
    server: &Server,
    claims: &token::Claims,
    by: By,
    renew: bool,
    now: DateTime<Utc>,
) -> Result<Option<Current>, StorageError> {
    let db: &Db = &server.app.db;
    let today = server.app.clock.today();
    let Some(found) = sessions::current(db, claims.sid, claims.sub, now, today).await? else {
        return Ok(None);
    };
    let Found { mut session, acting, factor } = found;
    let due = server.security.door.due(factor);
    // One that lacks its second factor ends when it was said to end.
    if renew && due == Due::Nothing {
        session.expires_at = end_if_used_now(&session, now);
        let mut tx = db.begin(RunsAs::SignIn).await?;
        sessions::renew(&mut tx, session.id, now, session.expires_at).await?;
        tx.commit().await?;
    }
    let form_token = server.security.form_tokens.of(session.id);
    let acting = acting.filter(|_| due == Due::Nothing);
    Ok(Some(Current { session, due, acting, by, key: None, form_token }))
}

/// The token of a request; a bearer counts before a cookie.
fn presented(server: &Server, headers: &HeaderMap) -> Option<(String, By)> {
    if let Some(value) = headers.get(AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| (token.trim().to_owned(), By::Bearer));
    }
    let jar = CookieJar::from_headers(headers);
    Some((jar.get(cookie_name(server))?.value().to_owned(), By::Cookie))
}

/// With HTTPS the prefix makes browsers insist on Secure, on this host and on the whole path.
fn cookie_name(server: &Server) -> &'static str {
    if server.security.https { "__Host-abruf" } else { "abruf" }
}

/// The `Set-Cookie` of a session that is used now.
///
/// # Errors
/// If the token cannot be signed.
pub fn cookie(server: &Server, session: &Session, now: DateTime<Utc>) -> Result<HeaderValue, Problem> {
    let (token, _) = server.security.tokens.sign(session.person, session.id, now)?;
    set_cookie(server, token, (end_if_used_now(session, now) - now).min(IDLE).num_seconds())
}

/// The `Set-Cookie` that takes the cookie away.
///
/// # Errors
/// Never in practice: the value is constant.
pub fn no_cookie(server: &Server) -> Result<HeaderValue, Problem> {
    set_cookie(server, String::new(), 0)
}

fn set_cookie(server: &Server, value: String, max_age_seconds: i64) -> Result<HeaderValue, Problem> {
    let cookie = Cookie::build((cookie_name(server), value))
        .path("/")
        .http_only(true)
        .secure(server.security.https)
        .same_site(SameSite::Lax)
        .build();
    HeaderValue::from_str(&format!("{cookie}; Max-Age={max_age_seconds}")).map_err(|_| Problem::internal())
}
