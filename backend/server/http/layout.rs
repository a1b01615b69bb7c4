//! The frame of every page: who one acts for, where one can go, the demo banner, help.
//!
//! A page is a struct with `#[derive(askama::Template)]` and a field `frame: Frame`; its template
//! begins with `{% extends "layout.html" %}`. The handler takes the [`Frame`] as an argument, gives
//! it a title and returns [`Page`].

use std::convert::Infallible;

use abruf_documents::format_de;
use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, Method};
use axum::response::{Html, IntoResponse, Response};
use chrono::{DateTime, Utc};
use chrono_tz::Europe::Berlin;

use crate::actor::Role;
use crate::clock::Clock;
use crate::http::access::Route;
use crate::http::assets;
use crate::http::problem::Problem;
use crate::http::server::Server;
use crate::http::session::Current;

/// The entries of the navigation. One is shown if the role may `GET` its address.
const NAVIGATION: &[(&str, &str)] = &[
    ("/", "Start"),
    ("/rahmenvertraege", "Rahmenverträge"),
    ("/abrufe", "Abrufe"),
    ("/freigaben", "Freigaben"),
    ("/haushalt", "Haushalt"),
    ("/berichte", "Berichte"),
    ("/aufsicht", "Aufsicht"),
    ("/pruefung", "Prüfung"),
    ("/verwaltung", "Verwaltung"),
];

/// A page as a response. A template that fails is our fault.
#[derive(Debug)]
pub struct Page<T>(pub T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(html) => Html(html).into_response(),
            Err(error) => {
                tracing::error!(%error, "a template failed");
                Problem::internal().into_response()
            }
        }
    }
}

/// What the base template shows around a page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Title of the page, for the window; the page's own `h1` says the same.
    pub title: String,
    /// The form on the page has mistakes: the window title says so first.
    pub mistakes: bool,
    /// Where the role can go.
    pub navigation: Vec<NavigationItem>,
    /// Who is signed in.
    pub person: Option<String>,
    /// Whom they act for.
    pub acting: Option<ActingFor>,
    /// The token of our own forms: hidden field `csrf`.
    pub form_token: String,
    /// Whether these are made-up data.
    pub demo: bool,
    /// What the moved clock of a demo shows.
    pub demo_clock: Option<String>,
    /// When the session ends if nothing is opened until then.
    pub session_end: Option<SessionEnd>,
    /// Whether the role may search.
    pub may_search: bool,
    /// Where to ask; empty if nobody is signed in or the body has no address.
    pub help_email: String,
}

/// End of a session.
#[derive(Debug, Clone)]
pub struct SessionEnd {
    /// Time of day in Berlin, `08:49`.
    pub at: String,
    /// The same in seconds since 1970, for the warning before it; none where the clock was moved.
    pub seconds: Option<i64>,
}

/// An entry of the navigation.
#[derive(Debug, Clone)]
pub struct NavigationItem {
    /// Where it leads.
    pub address: &'static str,
    /// What it says.
    pub label: &'static str,
    /// Whether the page lies there.
    pub active: bool,
}

/// Whom somebody acts for, in words.
#[derive(Debug, Clone)]
pub struct ActingFor {
    /// The organisation.
    pub organisation: String,
    /// The role in German.
    pub role: &'static str,
    /// The purchasing body.
    pub body: String,
}

impl Frame {
    /// The frame for what is known of a request.
    #[must_use]
    pub fn of(server: &Server, path: &str, extensions: &Extensions) -> Self {
        let current = Current::of(extensions);
        let acting = current.and_then(|current| current.acting.as_ref());
        Self {
            title: String::new(),
            mistakes: false,
            navigation: acting.map(|it| navigation(&server.table, it.actor.role, path)).unwrap_or_default(),
            person: current.map(|current| current.session.person_name.clone()),
            acting: acting.map(|it| ActingFor {
                organisation: it.organisation_name.clone(),
                role: it.actor.role.german(),
                body: it.body_name.clone(),
            }),
            form_token: current.map(|current| current.form_token.clone()).unwrap_or_default(),
            demo: server.app.demo,
            demo_clock: matches!(server.app.clock, Clock::Moved(_))
                .then(|| format_de::date_time(server.app.clock.now())),
            session_end: current.map(|current| session_end(current.session.expires_at, server)),
            may_search: acting.is_some_and(|it| may_open(&server.table, it.actor.role, "/suche")),
            help_email: acting.map(|it| it.body_email.clone()).unwrap_or_default(),
        }
    }

    /// Gives the page its title.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The window title begins with „Fehler:“.
    #[must_use]
    pub fn with_mistakes(mut self) -> Self {
        self.mistakes = true;
        self
    }

    /// Title of the window.
    #[must_use]
    pub fn window_title(&self) -> String {
        let prefix = if self.mistakes { "Fehler: " } else { "" };
        if self.title.is_empty() { "Abruf".to_owned() } else { format!("{prefix}{} – Abruf", self.title) }
    }

    /// Address of a style sheet, script or picture.
    #[must_use]
    pub fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// Version of the program.
    #[must_use]
    pub const fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

impl FromRequestParts<Server> for Frame {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Infallible> {
        Ok(Self::of(server, parts.uri.path(), &parts.extensions))
    }
}

fn session_end(end: DateTime<Utc>, server: &Server) -> SessionEnd {
    SessionEnd {
        at: end.with_timezone(&Berlin).format("%H:%M").to_string(),
        seconds: (!matches!(server.app.clock, Clock::Moved(_))).then(|| end.timestamp()),
    }
}

/// Whether the role may look at this address.
#[must_use]
pub fn may_open(table: &[Route], role: Role, address: &str) -> bool {
    table.iter().any(|it| it.method == Method::GET && it.path == address && it.access.lets_in(Some(role)))
}

/// The entries this role may open; the one whose address the path begins with is active.
fn navigation(table: &[Route], role: Role, path: &str) -> Vec<NavigationItem> {
    let lies_at = |address: &str| {
        path == address || (address != "/" && path.strip_prefix(address).is_some_and(|rest| rest.starts_with('/')))
    };
    NAVIGATION
        .iter()
        .filter(|(address, _)| may_open(table, role, address))
        .map(|&(address, label)| NavigationItem { address, label, active: lies_at(address) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::access::{MEMBER, PERSON, READERS, only};

    #[test]
    fn the_navigation_shows_what_the_role_may_open() {
        let row = |path: &str, access| Route { method: Method::GET, path: path.to_owned(), access };
        let table = [row("/", PERSON), row("/abrufe", only(READERS)), row("/freigaben", only(&[Role::Approver]))];
        let labels = |role| navigation(&table, role, "/abrufe/neu").iter().map(|it| it.label).collect::<Vec<_>>();
        assert_eq!(labels(Role::Approver), ["Start", "Abrufe", "Freigaben"]);
        assert_eq!(labels(Role::Board), ["Start", "Abrufe"]);
        let items = navigation(&table, MEMBER[0], "/abrufe/neu");
        assert_eq!(items.iter().filter(|it| it.active).map(|it| it.address).collect::<Vec<_>>(), ["/abrufe"]);
    }
}
