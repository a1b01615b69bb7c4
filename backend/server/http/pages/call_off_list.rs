//! `/abrufe`: where does my call-off stand?

use abruf_domain::call_off::Status;
use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;

use crate::actor::Role;
use crate::app::App;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::contract_list::is_of_member;
use crate::http::pages::pager::Pager;
use crate::http::pages::saved_filters::SavedFilters;
use crate::http::pages::written::{count, day, day_of, money, status_class};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::call_off_list::{self, Search, Summary};

/// Rows on a page.
const ROWS: i64 = 50;

/// What can be chosen under „Stand“: key of the address, word, states.
const STANDS: [(&str, &str, &[Status]); 8] = [
    ("", "alle", &[]),
    ("entwurf", "Entwurf", &[Status::Draft]),
    ("verworfen", "verworfen", &[Status::Discarded]),
    ("freigabe", "liegt zur Freigabe", &[Status::Submitted]),
    ("zurueck", "zurück zur Überarbeitung", &[Status::Returned]),
    (
        "erteilt",
        "erteilt",
        &[Status::Released, Status::Dispatched, Status::Confirmed, Status::Delivered, Status::Invoiced, Status::Closed],
    ),
    ("beendet", "abgelehnt, zurückgezogen oder verfallen", &[Status::Refused, Status::Withdrawn, Status::Expired]),
    ("storniert", "storniert", &[Status::Cancelled]),
];

#[derive(askama::Template)]
#[template(path = "pages/call_off_list.html")]
struct CallOffListPage {
    frame: Frame,
    words: String,
    stand: String,
    rows: Vec<Summary>,
    total: i64,
    pager: Pager,
    /// Members see their own; everybody else reads whose it is.
    for_member: bool,
    may_order: bool,
    saved: SavedFilters,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    stand: String,
    seite: String,
}

impl CallOffListPage {
    fn stands(&self) -> Vec<(&'static str, &'static str, bool)> {
        STANDS.iter().map(|(key, word, _)| (*key, *word, *key == self.stand)).collect()
    }

    fn result_count(&self) -> String {
        count(self.total, "Abruf", "Abrufe")
    }

    fn is_filtered(&self) -> bool {
        !self.words.trim().is_empty() || !self.stand.is_empty()
    }

    fn class(&self, status: &Status) -> &'static str {
        status_class(*status)
    }

    fn name(&self, row: &Summary) -> String {
        row.number.clone().unwrap_or_else(|| row.case_number.clone())
    }

    fn net(&self, row: &Summary) -> String {
        row.net.map(|net| money(net.decimal(), &row.currency)).unwrap_or_default()
    }

    fn dated(&self, row: &Summary) -> String {
        row.dated_on.map_or_else(|| day_of(row.changed_at), day)
    }
}

/// `GET /abrufe`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<impl IntoResponse, Problem> {
    let statuses = STANDS.iter().find(|(key, ..)| *key == asked.stand).map_or(&[][..], |(.., statuses)| statuses);
    let search = Search { statuses: statuses.to_vec(), words: asked.q.clone(), ..Search::default() };
    let mut tx = app.db.begin(&actor).await?;
    let total = call_off_list::count(&mut tx, &search).await?.count;
    let pager = Pager::new(&asked.seite, ROWS, total, "/abrufe", &[("q", &asked.q), ("stand", &asked.stand)]);
    let rows = call_off_list::page(&mut tx, &search, ROWS, pager.offset()).await?;
    let filters = [("q", asked.q.as_str()), ("stand", asked.stand.as_str())];
    let saved = SavedFilters::of(&mut tx, &actor, "call_offs", &filters).await?;
    Ok(Page(CallOffListPage {
        frame: frame.titled("Abrufe"),
        words: asked.q,
        stand: asked.stand,
        rows,
        total,
        pager,
        for_member: is_of_member(&actor),
        may_order: actor.role == Role::Buyer,
        saved,
    }))
}
