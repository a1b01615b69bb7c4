//! `/verwaltung`: the office's hub, and the accounts for the administration.

use abruf_domain::finding::Addressee;
use axum::extract::State;
use chrono::TimeDelta;
use serde::Deserialize;

use crate::actions::assign_role::KEEPERS;
use crate::actor::Role;
use crate::app::App;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::pager::Pager;
use crate::http::pages::written::{count, day, money};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::baselines::{self, Filter};
use crate::storage::membership_list::{self, AssignmentRow};
use crate::storage::{break_glass, contracts, supplier_orders, tasks};

/// Accounts on a page.
const PAGE: i64 = 50;
/// How long an emergency access is pointed out.
const EMERGENCY_SHOWN: TimeDelta = TimeDelta::days(30);
/// More than anybody leaves open.
const MOST: i64 = 1_000;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/office.html")]
pub struct OfficePage {
    frame: Frame,
    office: bool,
    owed: String,
    supplier_orders: String,
    baselines: String,
    differences: String,
    members: String,
    contracts: String,
    people: String,
    keeper: bool,
    emergencies: i64,
}

/// `GET /verwaltung`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
) -> Result<Page<OfficePage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let office = actor.role == Role::Office;
    let number = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    let owed = tasks::owed(&mut tx, Addressee::Office, MOST).await?.len();
    let emergencies = break_glass::count_since(&mut tx, app.clock.now() - EMERGENCY_SHOWN).await?;
    Ok(Page(OfficePage {
        frame: frame.titled("Verwaltung"),
        office,
        keeper: KEEPERS.contains(&actor.role),
        emergencies,
        owed: if owed == 0 {
            "Nichts offen".to_owned()
        } else {
            format!("{} offen", count(number(owed), "Begründung", "Begründungen"))
        },
        supplier_orders: count(supplier_orders::waiting(&mut tx).await?, "wartet", "warten"),
        baselines: count(
            baselines::count(&mut tx, Filter { standing: "pending", ..Filter::default() }).await?,
            "wartet",
            "warten",
        ),
        differences: count(tasks::open_differences(&mut tx).await?, "offene Abweichung", "offene Abweichungen"),
        members: count(membership_list::count(&mut tx, actor.body, "").await?, "Mitgliedschaft", "Mitgliedschaften"),
        contracts: count(number(contracts::list(&mut tx, None).await?.len()), "Rahmenvertrag", "Rahmenverträge"),
        people: count(membership_list::assignment_count(&mut tx, actor.body, "").await?, "Aufgabe", "Aufgaben"),
    }))
}

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/people.html")]
pub struct PeoplePage {
    frame: Frame,
    words: String,
    keeper: bool,
    count: String,
    rows: Vec<AccountRow>,
    pager: Pager,
}

/// An assignment in words.
struct AccountRow {
    it: AssignmentRow,
    role: &'static str,
    from: String,
    to: String,
    ended: bool,
    limit: String,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    seite: String,
}

/// `GET /verwaltung/personen`
pub async fn people(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<PeoplePage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let total = membership_list::assignment_count(&mut tx, actor.body, &asked.q).await?;
    let pager = Pager::new(&asked.seite, PAGE, total, "/verwaltung/personen", &[("q", &asked.q)]);
    let rows = membership_list::assignments(&mut tx, actor.body, &asked.q, PAGE, pager.offset()).await?;
    let today = app.clock.today();
    let row = |it: AssignmentRow| AccountRow {
        role: Role::from_key(&it.role).map_or("", Role::german),
        from: day(it.valid_from),
        to: it.valid_to.map_or_else(|| "unbefristet".to_owned(), day),
        ended: it.valid_to.is_some_and(|last| last < today),
        limit: it.release_limit_gross.map(|limit| money(limit, "EUR")).unwrap_or_default(),
        it,
    };
    Ok(Page(PeoplePage {
        frame: frame.titled("Personen"),
        keeper: KEEPERS.contains(&actor.role),
        words: asked.q,
        count: count(total, "Aufgabe", "Aufgaben"),
        rows: rows.into_iter().map(row).collect(),
        pager,
    }))
}
