//! Keep the filter of a list under a name of one's own, and take it away again.

use uuid::Uuid;

use super::{ActionError, FieldError, check_text};
use crate::actor::Actor;
use crate::app::App;
use crate::storage::saved_filters::{self, SavedFilter};

/// Lists whose filters can be kept, each with its page.
pub const LISTS: [(&str, &str); 3] =
    [("call_offs", "/abrufe"), ("contracts", "/rahmenvertraege"), ("audit", "/pruefung")];
/// Longest name, in characters.
const LONGEST_NAME: usize = 60;
/// Longest query, in characters.
const LONGEST_QUERY: usize = 2000;
/// Most filters of a list.
const MOST: usize = 50;

/// Keeps a filter; one of the same name is replaced. Returns where it leads.
///
/// # Errors
/// [`ActionError::Invalid`] for a list that keeps none, without a name, with one that is too long, or when there are too
/// many.
pub async fn keep(app: &App, actor: &Actor, list: &str, name: &str, query: &str) -> Result<String, ActionError> {
    let (_, page) = LISTS.into_iter().find(|(known, _)| *known == list).ok_or_else(|| {
        let allowed = LISTS.map(|(known, _)| known).join(", ");
        let message = format!("Diese Liste merkt sich keine Filter. Möglich sind: {allowed}.");
        ActionError::Invalid(vec![FieldError::new("liste", message)])
    })?;
    let name = name.trim();
    check_text("name", name, LONGEST_NAME, "Bitte geben Sie dem Filter einen Namen (höchstens 60 Zeichen).")?;
    let local = query.bytes().all(|it| it.is_ascii_graphic()) && !query.contains(['#', '?']);
    if query.is_empty() || LONGEST_QUERY < query.len() || !local {
        let message = "Es ist nichts eingestellt, was sich merken ließe. Bitte filtern Sie zuerst die Liste.";
        return Err(ActionError::Invalid(vec![FieldError::new("query", message)]));
    }
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let known = saved_filters::list(&mut tx, actor.person, list).await?;
    if MOST <= known.len() && known.iter().all(|it| it.name != name) {
        let message = "Sie haben schon 50 Filter für diese Liste. Bitte löschen Sie zuerst einen.";
        return Err(ActionError::Invalid(vec![FieldError::new("name", message)]));
    }
    let new = SavedFilter { id: app.chance.id(now), name: name.to_owned(), query: query.to_owned() };
    saved_filters::keep(&mut tx, actor.person, list, &new, now).await?;
    tx.commit().await?;
    Ok(format!("{page}?{query}"))
}

/// Takes a filter away; returns the page of its list.
///
/// # Errors
/// [`ActionError::NotFound`] for somebody else's.
pub async fn remove(app: &App, actor: &Actor, id: Uuid) -> Result<&'static str, ActionError> {
    let mut tx = app.db.begin(actor).await?;
    let list = saved_filters::remove(&mut tx, actor.person, id).await?.ok_or(ActionError::NotFound)?;
    tx.commit().await?;
    Ok(LISTS.into_iter().find(|(known, _)| *known == list).map_or("/", |(_, page)| page))
}
