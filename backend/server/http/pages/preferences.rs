//! `/einstellungen`: what everybody sets for themselves.

use crate::http::access::MEMBER;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::session::CurrentSession;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/preferences.html")]
pub struct PreferencesPage {
    frame: Frame,
    /// Somebody has chosen whom to act for.
    acting: bool,
    /// They act for a member.
    member: bool,
}

/// `GET /einstellungen`
pub async fn show(CurrentSession(current): CurrentSession, frame: Frame) -> Page<PreferencesPage> {
    let role = current.acting.as_ref().map(|acting| acting.actor.role);
    Page(PreferencesPage {
        frame: frame.titled("Einstellungen"),
        acting: role.is_some(),
        member: role.is_some_and(|role| MEMBER.contains(&role)),
    })
}
