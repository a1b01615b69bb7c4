//! `/verwaltung/mitglieder/{id}/rechte`: days on which the rights of a member rest.

use abruf_domain::ids::OrganisationId;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::ActionError;
use crate::actions::suspend_member::{self, SuspensionInput};
use crate::actor::Actor;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::written::{day, read_day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::member_list;
use crate::storage::membership_suspensions::{self, Suspension};

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/member_rights.html")]
pub struct MemberRightsPage {
    frame: Frame,
    id: Uuid,
    name: String,
    rows: Vec<RowView>,
    typed: Typed,
    mistakes: Mistakes,
    hint: &'static str,
    idempotency_key: Uuid,
}

struct RowView {
    id: Uuid,
    days: String,
    reason: String,
    state: &'static str,
    state_class: &'static str,
    /// Can be lifted.
    stands: bool,
}

/// The form, as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    schritt: String,
    suspension: Uuid,
    valid_from: String,
    valid_to: String,
    reason: String,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    hinweis: String,
}

/// `GET /verwaltung/mitglieder/{id}/rechte`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<MemberRightsPage>, Problem> {
    let hint = match asked.hinweis.as_str() {
        "eingetragen" => "Eingetragen. An diesen Tagen kann das Mitglied nicht abrufen.",
        "aufgehoben" => "Aufgehoben. Das Mitglied kann ab heute wieder abrufen.",
        _ => "",
    };
    Ok(Page(page(&app, &actor, frame, id, Typed::default(), Mistakes::default(), hint).await?))
}

/// `POST /verwaltung/mitglieder/{id}/rechte`
pub async fn change(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    KeyedForm(key, typed): KeyedForm<Typed>,
) -> Result<Response, Problem> {
    let member = OrganisationId(id);
    let mut mistakes = Mistakes::default();
    let done = if typed.schritt == "aufheben" {
        suspend_member::lift(&app, &actor, member, typed.suspension).await.map(|()| "aufgehoben")
    } else {
        match read(&typed, &mut mistakes) {
            Some(input) => {
                let done = suspend_member::suspend(&app, &actor, member, &input, key.as_ref()).await;
                done.map(|_| "eingetragen")
            }
            None => Err(ActionError::Invalid(Vec::new())),
        }
    };
    match done {
        Ok(hint) => Ok(Redirect::to(&format!("/verwaltung/mitglieder/{id}/rechte?hinweis={hint}")).into_response()),
        Err(ActionError::Invalid(errors)) => {
            mistakes.0.extend(errors);
            let page = page(&app, &actor, frame.with_mistakes(), id, typed, mistakes, "").await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// The suspension, if every field can be read.
fn read(typed: &Typed, mistakes: &mut Mistakes) -> Option<SuspensionInput> {
    let valid_from = read_day(&typed.valid_from)
        .and_then(|it| it.ok_or_else(|| "Bitte geben Sie den ersten Tag ein, zum Beispiel 01.12.2026.".to_owned()))
        .map_err(|message| mistakes.add("valid_from", message));
    let valid_to = read_day(&typed.valid_to).map_err(|message| mistakes.add("valid_to", message));
    Some(SuspensionInput { valid_from: valid_from.ok()?, valid_to: valid_to.ok()?, reason: typed.reason.clone() })
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: Uuid,
    typed: Typed,
    mistakes: Mistakes,
    hint: &'static str,
) -> Result<MemberRightsPage, Problem> {
    let member = OrganisationId(id);
    let mut tx = app.db.begin(actor).await?;
    let name = member_list::visible_name(&mut tx, actor, member).await?.ok_or_else(Problem::not_found)?;
    let rows = membership_suspensions::of_member(&mut tx, actor.body, member).await?;
    let today = app.clock.today();
    Ok(MemberRightsPage {
        frame: frame.titled(format!("Mitgliedsrechte {}", as_typed(&name))),
        id,
        name,
        rows: rows.into_iter().map(|row| row_view(row, today)).collect(),
        typed,
        mistakes,
        hint,
        idempotency_key: app.chance.id(app.clock.now()),
    })
}

fn row_view(it: Suspension, today: NaiveDate) -> RowView {
    let over = it.valid_to.is_some_and(|last| last < today);
    let (state, state_class) = match (it.lifted_at.is_some(), over, today < it.valid_from) {
        (true, ..) => ("aufgehoben", "status"),
        (_, true, _) => ("beendet", "status"),
        (.., true) => ("künftig", "status status--info"),
        _ => ("ruht", "status status--bad"),
    };
    RowView {
        id: it.id,
        days: it.valid_to.map_or_else(
            || format!("ab {}", day(it.valid_from)),
            |to| format!("{} bis {}", day(it.valid_from), day(to)),
        ),
        reason: it.reason,
        state,
        state_class,
        stands: it.lifted_at.is_none() && !over,
    }
}
