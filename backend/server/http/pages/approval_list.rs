//! `/freigaben`: what waits for me? Read on phones.

use abruf_domain::Outcome;
use abruf_domain::ids::PersonId;
use abruf_domain::notation::Language;
use axum::extract::State;
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::actions::approval_turn::{self, Turns};
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::finding_view::FindingView;
use crate::http::layout::{Frame, Page};
use crate::http::pages::approval_steps::step_views;
use crate::http::pages::written::{count, money, runs_out};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::approval_orders::Request;
use crate::storage::tasks::{self, Waiting};

/// Most requests on the page; nobody should ever have more.
const MOST: i64 = 200;

#[derive(askama::Template)]
#[template(path = "pages/approval_list.html")]
struct ApprovalListPage {
    frame: Frame,
    /// What was decided just now.
    done: Option<&'static str>,
    rows: Vec<(Waiting, Turns)>,
    person: PersonId,
    now: DateTime<Utc>,
}

impl ApprovalListPage {
    fn result_count(&self) -> String {
        count(i64::try_from(self.rows.len()).unwrap_or(i64::MAX), "Abruf wartet", "Abrufe warten")
    }

    fn is_own(&self, row: &Waiting) -> bool {
        row.requester_id == self.person
    }

    fn gross(&self, row: &Waiting) -> String {
        money(row.gross.decimal(), &row.currency)
    }

    fn net(&self, row: &Waiting) -> String {
        money(row.net.decimal(), &row.currency)
    }

    fn runs_out(&self, row: &Waiting) -> String {
        runs_out(row.expires_at, self.now)
    }

    /// Whose turn it is, where the approval order has steps.
    fn turn(&self, turns: &Turns) -> Option<(&'static str, String)> {
        let steps = step_views(turns);
        let open = steps.iter().find(|it| it.state.1 == "entscheidet jetzt")?;
        Some(match &turns.turn {
            Ok(turn) => {
                ("status status--wait", format!("Sie sind an der Reihe: {}", as_typed(turns.title_of(turn.position))))
            }
            Err(_) => ("status status--info", format!("Schritt „{}“: {}", open.title, open.who)),
        })
    }

    /// "Begründung nötig: Kontingent"
    fn unusual(&self, row: &Waiting) -> Vec<(&'static str, String)> {
        row.unusual
            .iter()
            .map(|finding| {
                let class =
                    if finding.outcome == Outcome::Notice { "status status--info" } else { "status status--wait" };
                let words = finding.outcome.word(Language::German);
                (class, format!("{words}: {}", FindingView::of(finding, &row.currency).title))
            })
            .collect()
    }
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    hinweis: String,
}

/// `GET /freigaben`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<impl IntoResponse, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let rows = tasks::waiting(&mut tx, MOST).await?;
    let done = match asked.hinweis.as_str() {
        "abgelehnt" => Some("Der Abruf ist abgelehnt. Sein reserviertes Volumen ist wieder frei."),
        "zurueckgegeben" => {
            Some("Der Abruf liegt wieder bei der anfordernden Person. Die Reservierung bleibt bestehen.")
        }
        "zugestimmt" => Some("Sie haben zugestimmt. Der Abruf liegt jetzt bei der nächsten Person."),
        _ => None,
    };
    let mut turns = Vec::with_capacity(rows.len());
    for row in &rows {
        let request = Request {
            contract: row.contract,
            call_off: row.id,
            member: actor.organisation,
            requester: row.requester_id,
            gross: row.gross,
            submitted_at: row.submitted_at,
        };
        turns.push(approval_turn::of_request(&mut tx, &actor, request, app.clock.now()).await?);
    }
    Ok(Page(ApprovalListPage {
        frame: frame.titled("Freigaben"),
        done,
        rows: rows.into_iter().zip(turns).collect(),
        person: actor.person,
        now: app.clock.now(),
    }))
}
