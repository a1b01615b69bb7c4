//! `/aufsicht/begruendungen`: the justifications a count of the control page is the number of.

use abruf_domain::ids::OrganisationId;
use axum::extract::State;
use serde::Deserialize;
use uuid::Uuid;

use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::control::rule_title;
use crate::http::pages::pager::Pager;
use crate::http::pages::written::count;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::control::{self, Justification, JustificationFilter};
use crate::storage::member_list;

/// Justifications on a page.
const ROWS: i64 = 50;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/control_justifications.html")]
pub struct ControlJustificationsPage {
    frame: Frame,
    chosen: Vec<String>,
    count: String,
    rows: Vec<(String, Justification)>,
    pager: Pager,
}

/// What the address may carry. A member or rule that does not parse does not exist.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    jahr: String,
    regel: String,
    mitglied: String,
    seite: String,
}

/// `GET /aufsicht/begruendungen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<ControlJustificationsPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let member = match asked.mitglied.as_str() {
        "" => None,
        text => Some(OrganisationId(text.parse::<Uuid>().map_err(|_| Problem::not_found())?)),
    };
    let year = asked.jahr.parse::<i32>().ok();
    let rule = (!asked.regel.is_empty() && !asked.regel.contains('\0')).then(|| asked.regel.clone());
    let mut chosen: Vec<String> = Vec::new();
    chosen.extend(year.map(|year| format!("Jahr {year}")));
    chosen.extend(rule.as_deref().map(rule_title));
    if let Some(member) = member {
        chosen
            .push(as_typed(member_list::visible_name(&mut tx, &actor, member).await?.ok_or_else(Problem::not_found)?));
    }
    let filter = JustificationFilter { year, rule, member };
    let total = control::count_justifications(&mut tx, &filter).await?;
    let pairs = [("jahr", asked.jahr.as_str()), ("regel", asked.regel.as_str()), ("mitglied", asked.mitglied.as_str())];
    let pager = Pager::new(&asked.seite, ROWS, total, "/aufsicht/begruendungen", &pairs);
    let rows = control::justifications(&mut tx, &filter, ROWS, pager.offset()).await?;
    Ok(Page(ControlJustificationsPage {
        frame: frame.titled("Begründungen"),
        chosen,
        count: count(total, "Begründung", "Begründungen"),
        rows: rows.into_iter().map(|it| (rule_title(&it.rule), it)).collect(),
        pager,
    }))
}
