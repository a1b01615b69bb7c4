//! `/verwaltung/anmeldungen`: everything that happened at the door of the house, for the administration; and
//! `/verwaltung/notzugang`: emergency accesses, for everybody who watches over the body.

use axum::extract::State;
use serde::Deserialize;

use crate::actions::account_log::Event;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::account::EventView;
use crate::http::pages::pager::Pager;
use crate::http::pages::written::{count, instant, read_day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::break_glass;
use crate::storage::sign_in_events::{self, Filter};

/// Rows on a page.
const PAGE: i64 = 50;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/sign_in_events.html")]
pub struct EventsPage {
    frame: Frame,
    asked: Asked,
    kinds: Vec<(&'static str, &'static str)>,
    mistakes: Mistakes,
    count: String,
    rows: Vec<EventView>,
    pager: Pager,
}

/// What the address may carry.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    art: String,
    von: String,
    bis: String,
    seite: String,
}

/// `GET /verwaltung/anmeldungen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<EventsPage>, Problem> {
    let mut mistakes = Mistakes::default();
    let mut day = |name: &str, typed: &str| {
        read_day(typed).unwrap_or_else(|message| {
            mistakes.add(name, message);
            None
        })
    };
    let (from, to) = (day("von", &asked.von), day("bis", &asked.bis));
    let kinds: Vec<String> = match asked.art.as_str() {
        "auffaellig" => Event::ALL.into_iter().filter(|it| it.is_conspicuous()).map(|it| it.key().to_owned()).collect(),
        "" => Vec::new(),
        // Anything else is one kind; an unknown one finds nothing.
        one => vec![one.to_owned()],
    };
    let filter = Filter { person: None, kinds: &kinds, words: &asked.q, from, to };
    let mut tx = app.db.begin(&actor).await?;
    let total = sign_in_events::count(&mut tx, filter).await?;
    let filters = [("q", &*asked.q), ("art", &*asked.art), ("von", &*asked.von), ("bis", &*asked.bis)];
    let pager = Pager::new(&asked.seite, PAGE, total, "/verwaltung/anmeldungen", &filters);
    let rows = sign_in_events::page(&mut tx, filter, PAGE, pager.offset()).await?;
    tx.rollback().await?;
    let mut choices = vec![("", "Alles"), ("auffaellig", "Auffälliges")];
    choices.extend(Event::ALL.into_iter().map(|it| (it.key(), it.german())));
    Ok(Page(EventsPage {
        frame: if mistakes.is_empty() {
            frame.titled("Anmeldungen")
        } else {
            frame.titled("Anmeldungen").with_mistakes()
        },
        asked,
        kinds: choices,
        mistakes,
        count: count(total, "Eintrag", "Einträge"),
        rows: rows.into_iter().map(EventView::of).collect(),
        pager,
    }))
}

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/break_glass.html")]
pub struct BreakGlassPage {
    frame: Frame,
    rows: Vec<OpenedView>,
    pager: Pager,
}

struct OpenedView {
    name: String,
    reason: String,
    opened: String,
    ends: String,
    open: bool,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AskedPage {
    seite: String,
}

/// `GET /verwaltung/notzugang`
pub async fn break_glass(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<AskedPage>,
) -> Result<Page<BreakGlassPage>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.begin(&actor).await?;
    let total = break_glass::count_since(&mut tx, chrono::DateTime::UNIX_EPOCH).await?;
    let pager = Pager::new(&asked.seite, PAGE, total, "/verwaltung/notzugang", &[]);
    let rows = break_glass::list(&mut tx, PAGE, pager.offset()).await?;
    tx.rollback().await?;
    let view = |it: break_glass::Opened| OpenedView {
        name: it.name.map_or_else(|| "eine Person dieser Installation".to_owned(), as_typed),
        reason: it.reason,
        opened: instant(it.opened_at),
        ends: instant(it.ends_at),
        open: now < it.ends_at,
    };
    let rows = rows.into_iter().map(view).collect();
    Ok(Page(BreakGlassPage { frame: frame.titled("Notzugänge"), rows, pager }))
}
