//! `/zugriffe`: who from outside looked at the call-offs and documents of a member.

use abruf_domain::ids::OrganisationId;
use axum::extract::State;
use serde::Deserialize;

use crate::actor::{Role, Standing};
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::pager::Pager;
use crate::http::pages::written::{count, instant};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::access_log::{self, Access};

/// Looks on a page.
const ROWS: i64 = 50;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/accesses.html")]
pub struct AccessesPage {
    frame: Frame,
    /// The body sees whose call-off it was.
    for_body: bool,
    total: String,
    rows: Vec<Row>,
    pager: Pager,
}

/// A look in words.
struct Row {
    at: String,
    who: String,
    what: &'static str,
    member: String,
    address: String,
    number: String,
}

impl Row {
    fn of(it: Access) -> Self {
        let role = Role::from_key(&it.role).map_or("", Role::german);
        Self {
            at: instant(it.at),
            who: format!("{role}, {}", as_typed(&it.organisation)),
            what: match it.what.as_str() {
                "call_off" => "Abruf angesehen",
                "document" => "Dokument geöffnet",
                _ => "Liste, Bericht oder Archiv heruntergeladen",
            },
            member: it.member.map_or_else(|| "alle Mitglieder".to_owned(), as_typed),
            address: it.call_off.filter(|_| it.number.is_some()).map(|id| format!("/abrufe/{id}")).unwrap_or_default(),
            number: it.number.unwrap_or_default(),
        }
    }
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    seite: String,
}

/// `GET /zugriffe`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<AccessesPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let member: Option<OrganisationId> = matches!(actor.standing, Standing::Member).then_some(actor.organisation);
    let total = access_log::count(&mut tx, member).await?;
    let pager = Pager::new(&asked.seite, ROWS, total, "/zugriffe", &[]);
    let rows = access_log::list(&mut tx, member, ROWS, pager.offset()).await?;
    Ok(Page(AccessesPage {
        frame: frame.titled("Zugriffe"),
        for_body: member.is_none(),
        total: count(total, "Zugriff", "Zugriffe"),
        rows: rows.into_iter().map(Row::of).collect(),
        pager,
    }))
}
