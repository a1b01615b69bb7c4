//! `/benachrichtigungen`: the news of whoever is signed in; `/einstellungen/benachrichtigungen`: which they want.

use axum::extract::State;
use axum::response::Redirect;
use serde::Deserialize;

use crate::actions::notify::{self, KINDS, Kind};
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::{Form, Query};
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::pager::Pager;
use crate::http::pages::written::instant;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::StorageError;
use crate::storage::notifications::{self, Choice};

/// News on a page.
const ROWS: i64 = 30;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/notifications.html")]
pub struct NotificationsPage {
    frame: Frame,
    rows: Vec<NewsRow>,
    pager: Pager,
}

/// News in words.
pub(super) struct NewsRow {
    pub id: String,
    pub title: String,
    pub address: String,
    pub at: String,
    pub is_new: bool,
}

impl NewsRow {
    fn of(it: notifications::News) -> Self {
        Self {
            id: it.id.to_string(),
            title: it.title,
            address: it.address,
            at: instant(it.created_at),
            is_new: it.read_at.is_none(),
        }
    }
}

/// What lies on the start page: the newest pieces nobody has put away.
///
/// # Errors
/// If the database fails.
pub(super) async fn newest(
    conn: &mut sqlx::PgConnection,
    actor: &Actor,
    limit: i64,
) -> Result<Vec<NewsRow>, StorageError> {
    let news = notifications::list(conn, actor.person, actor.organisation, true, limit, 0).await?;
    Ok(news.into_iter().map(NewsRow::of).collect())
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    seite: String,
    hinweis: String,
}

/// `GET /benachrichtigungen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<NotificationsPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let total = notifications::count(&mut tx, actor.person, actor.organisation).await?;
    let pager = Pager::new(&asked.seite, ROWS, total, "/benachrichtigungen", &[]);
    let rows = notifications::list(&mut tx, actor.person, actor.organisation, false, ROWS, pager.offset()).await?;
    Ok(Page(NotificationsPage {
        frame: frame.titled("Benachrichtigungen"),
        rows: rows.into_iter().map(NewsRow::of).collect(),
        pager,
    }))
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Put {
    /// One piece; all without it.
    nachricht: String,
    zurueck: String,
}

/// `POST /benachrichtigungen`: puts news away.
pub async fn put_away(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Form(put): Form<Put>,
) -> Result<Redirect, Problem> {
    match (put.nachricht.as_str(), put.nachricht.parse()) {
        ("", _) => notify::put_away(&app, &actor, None).await?,
        (_, Ok(id)) => notify::put_away(&app, &actor, Some(id)).await?,
        // What is no news is not put away.
        (_, Err(_)) => {}
    }
    Ok(Redirect::to(if put.zurueck == "start" { "/" } else { "/benachrichtigungen" }))
}

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/notification_choices.html")]
pub struct ChoicesPage {
    frame: Frame,
    rows: Vec<ChoiceRow>,
    /// Mail leaves this installation.
    mails: bool,
    saved: bool,
}

/// A switch or two.
struct ChoiceRow {
    kind: Kind,
    by_mail: bool,
    on_start: bool,
}

/// `GET /einstellungen/benachrichtigungen`
pub async fn choices(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<ChoicesPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let chosen = notifications::choices(&mut tx, actor.person).await?;
    let row = |kind: Kind| {
        let choice = chosen.iter().find(|it| it.kind == kind.key);
        ChoiceRow { kind, by_mail: choice.is_none_or(|it| it.by_mail), on_start: choice.is_none_or(|it| it.on_start) }
    };
    Ok(Page(ChoicesPage {
        frame: frame.titled("Benachrichtigungen einstellen"),
        rows: concerning(&actor).map(row).collect(),
        mails: app.mailer.is_some(),
        saved: asked.hinweis == "gespeichert",
    }))
}

/// `POST /einstellungen/benachrichtigungen`
pub async fn choose(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Redirect, Problem> {
    // Only switches that are on are sent.
    let is_on = |way: &str, key: &str| fields.iter().any(|(name, value)| name == way && value == key);
    let chosen: Vec<Choice> = concerning(&actor)
        .map(|kind| Choice {
            kind: kind.key.to_owned(),
            by_mail: is_on("mail", kind.key),
            on_start: !kind.on_start || is_on("start", kind.key),
        })
        .collect();
    notify::choose(&app, &actor, &chosen).await?;
    Ok(Redirect::to("/einstellungen/benachrichtigungen?hinweis=gespeichert"))
}

/// The kinds that concern the role somebody acts in.
fn concerning(actor: &Actor) -> impl Iterator<Item = Kind> {
    let role = actor.role;
    KINDS.into_iter().filter(move |kind| kind.roles.contains(&role))
}
