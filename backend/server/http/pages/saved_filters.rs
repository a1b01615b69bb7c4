//! Kept filters above a list, and the forms that keep and remove them.

use axum::extract::State;
use axum::response::Redirect;
use serde::Deserialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::actions::keep_filter::{self, LISTS};
use crate::actor::Actor;
use crate::app::App;
use crate::http::access::encoded;
use crate::http::extract::Form;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::{StorageError, saved_filters};

/// What stands above a list.
pub struct SavedFilters {
    /// Which list.
    pub list: &'static str,
    /// Name, address and id of each, and whether the list shows it now.
    pub kept: Vec<Kept>,
    /// The filters as they stand in the address; empty if none.
    pub query: String,
}

/// A kept filter.
pub struct Kept {
    /// Which.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Where it leads.
    pub address: String,
    /// The list shows it now.
    pub active: bool,
}

impl SavedFilters {
    /// Of a list, with what is set now: name and value pairs, empty ones left out.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn of(
        conn: &mut PgConnection,
        actor: &Actor,
        list: &'static str,
        now: &[(&str, &str)],
    ) -> Result<Self, StorageError> {
        let pairs = now.iter().filter(|(_, value)| !value.trim().is_empty());
        let query = pairs.map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&");
        let page = LISTS.into_iter().find(|(known, _)| *known == list).map_or("", |(_, page)| page);
        let kept = saved_filters::list(conn, actor.person, list)
            .await?
            .into_iter()
            .map(|it| Kept {
                id: it.id,
                name: it.name,
                active: it.query == query,
                address: format!("{page}?{}", it.query),
            })
            .collect();
        Ok(Self { list, kept, query })
    }
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Sent {
    liste: String,
    name: String,
    filter: String,
    loeschen: String,
}

/// `POST /filter`: keeps a filter, or removes one.
pub async fn change(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Form(sent): Form<Sent>,
) -> Result<Redirect, Problem> {
    if !sent.loeschen.is_empty() {
        let id = sent.loeschen.parse().map_err(|_| Problem::not_found())?;
        return Ok(Redirect::to(keep_filter::remove(&app, &actor, id).await?));
    }
    let to = keep_filter::keep(&app, &actor, &sent.liste, &sent.name, &sent.filter).await?;
    Ok(Redirect::to(&to))
}
