//! `/konto/schluessel`: one's own keys of programs; `/verwaltung/schluessel`: those of everybody in the house.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::ActionError;
use crate::actions::keep_api_key::{self, Made, Wanted, last_day};
use crate::actor::{Role, RunsAs};
use crate::api_scope::Scope;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Form, Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::pager::Pager;
use crate::http::pages::typed_fields::TypedFields;
use crate::http::pages::written::{count, day, instant};
use crate::http::problem::{FieldError, Problem};
use crate::http::request_id::RequestId;
use crate::http::session::{CurrentSession, SignedIn};
use crate::http::visitor::Visitor;
use crate::storage::api_keys;
use crate::storage::people::{self, Acting};
use crate::storage::sessions::Session;

/// Rows on a page.
const PAGE: i64 = 50;

#[derive(askama::Template)]
#[template(path = "pages/api_keys.html")]
struct OwnKeysPage {
    frame: Frame,
    hint: &'static str,
    made: Option<(String, String)>,
    rows: Vec<KeyView>,
    pager: Pager,
    id: Uuid,
    assignments: Vec<(String, String)>,
    scopes: Vec<(&'static str, &'static str, bool)>,
    typed: TypedFields,
    mistakes: Mistakes,
}

/// The page of the house.
#[derive(askama::Template)]
#[template(path = "pages/api_keys_of_house.html")]
pub struct HouseKeysPage {
    frame: Frame,
    hint: &'static str,
    count: String,
    rows: Vec<KeyView>,
    pager: Pager,
}

struct KeyView {
    id: Uuid,
    name: String,
    prefix: String,
    person: String,
    acting: String,
    scopes: Vec<&'static str>,
    ends: String,
    used: String,
    over: Option<&'static str>,
}

impl KeyView {
    fn of(it: api_keys::Listed, now: DateTime<Utc>) -> Self {
        let role = Role::from_key(&it.role).map_or("", Role::german);
        let over = match (it.revoked_at, it.assigned) {
            (Some(_), _) => Some("widerrufen"),
            (None, _) if it.expires_at <= now => Some("abgelaufen"),
            (None, false) => Some("Aufgabe beendet"),
            (None, true) => None,
        };
        let used = match it.last_used_at {
            None => "noch nie".to_owned(),
            Some(at) => format!("{}, zuletzt {}", count(it.uses, "Anfrage", "Anfragen"), instant(at)),
        };
        Self {
            id: it.id,
            name: it.name,
            prefix: format!("{}{}…", keep_api_key::BEGINS, it.prefix),
            person: it.person_name,
            acting: format!("{role}, {}", as_typed(&it.organisation_name)),
            scopes: it.scopes.iter().filter_map(|key| Scope::from_key(key)).map(Scope::german).collect(),
            ends: day(last_day(it.expires_at)),
            used,
            over,
        }
    }
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    hinweis: String,
    seite: String,
}

const REVOKED: &str = "Der Schlüssel ist widerrufen. Die nächste Anfrage mit ihm wird abgelehnt.";

/// `GET /konto/schluessel`
pub async fn show(
    State(app): State<App>,
    CurrentSession(current): CurrentSession,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let mut page =
        page(&app, &current.session, frame, &asked.seite, TypedFields::default(), Mistakes::default()).await?;
    page.hint = match asked.hinweis.as_str() {
        "widerrufen" => REVOKED,
        "schon" => {
            "Dieser Schlüssel ist schon angelegt. Er steht nicht noch einmal hier; wenn Sie ihn nicht notiert haben, widerrufen Sie ihn und legen Sie einen neuen an."
        }
        _ => "",
    };
    Ok(Page(page).into_response())
}

/// `POST /konto/schluessel`: answers with the page, as the key is stored nowhere.
pub async fn make(
    State(app): State<App>,
    CurrentSession(current): CurrentSession,
    (request, visitor): (RequestId, Visitor),
    frame: Frame,
    Form(typed): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = TypedFields(typed);
    let made = match wanted(&app, &typed) {
        Ok(wanted) => keep_api_key::make(&app, &current.session, &wanted, (&visitor.origin, request.0)).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(Some(Made { key, expires_at, .. })) => {
            let nothing = (TypedFields::default(), Mistakes::default());
            let mut page = page(&app, &current.session, frame, "", nothing.0, nothing.1).await?;
            page.made = Some((key, day(last_day(expires_at))));
            Ok(Page(page).into_response())
        }
        Ok(None) => Ok(Redirect::to("/konto/schluessel?hinweis=schon").into_response()),
        Err(ActionError::Invalid(errors)) => {
            let page = page(&app, &current.session, frame.with_mistakes(), "", typed, Mistakes(errors)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn wanted(app: &App, typed: &TypedFields) -> Result<Wanted, ActionError> {
    let until = typed.day_if_any("until")?;
    let scopes = typed.0.iter().filter(|(name, _)| name == "scopes").map(|(_, value)| value.clone()).collect();
    let assignment = typed.at("assignment").parse().ok();
    if assignment.is_none() {
        let message = "Bitte wählen Sie, für welche Ihrer Aufgaben das Programm handelt.";
        return Err(ActionError::Invalid(vec![FieldError::new("assignment", message)]));
    }
    Ok(Wanted {
        id: typed.at("id").parse().unwrap_or_else(|_| app.chance.id(app.clock.now())),
        name: typed.at("name").to_owned(),
        assignment,
        scopes,
        until,
    })
}

/// `POST /konto/schluessel/{id}/widerrufen`
pub async fn revoke(
    State(app): State<App>,
    CurrentSession(current): CurrentSession,
    (request, visitor): (RequestId, Visitor),
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    keep_api_key::revoke_own(&app, &current.session, id, (&visitor.origin, request.0)).await?;
    Ok(Redirect::to("/konto/schluessel?hinweis=widerrufen"))
}

async fn page(
    app: &App,
    session: &Session,
    frame: Frame,
    seite: &str,
    typed: TypedFields,
    mistakes: Mistakes,
) -> Result<OwnKeysPage, Problem> {
    let (now, today) = (app.clock.now(), app.clock.today());
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let total = api_keys::count(&mut tx, Some(session.person)).await?;
    let pager = Pager::new(seite, PAGE, total, "/konto/schluessel", &[]);
    let rows = api_keys::page(&mut tx, Some(session.person), (now, today), PAGE, pager.offset()).await?;
    let assignments = people::assignments(&mut tx, session.person, (now, today)).await?;
    tx.rollback().await?;
    let choice = |it: &Acting| {
        (it.actor.assignment.0.to_string(), format!("{}, {}", it.actor.role.german(), as_typed(&it.organisation_name)))
    };
    let chosen: Vec<&str> = typed.0.iter().filter(|(name, _)| name == "scopes").map(|(_, value)| &**value).collect();
    let scopes = Scope::ALL.map(|it| (it.key(), it.german(), chosen.contains(&it.key()))).into();
    Ok(OwnKeysPage {
        frame: frame.titled("Schlüssel für Programme"),
        hint: "",
        made: None,
        rows: rows.into_iter().map(|it| KeyView::of(it, now)).collect(),
        pager,
        id: app.chance.id(now),
        assignments: assignments.iter().map(choice).collect(),
        scopes,
        typed,
        mistakes,
    })
}

/// `GET /verwaltung/schluessel`
pub async fn of_house(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<HouseKeysPage>, Problem> {
    let (now, today) = (app.clock.now(), app.clock.today());
    let mut tx = app.db.begin(&actor).await?;
    let total = api_keys::count(&mut tx, None).await?;
    let pager = Pager::new(&asked.seite, PAGE, total, "/verwaltung/schluessel", &[]);
    let rows = api_keys::page(&mut tx, None, (now, today), PAGE, pager.offset()).await?;
    tx.rollback().await?;
    Ok(Page(HouseKeysPage {
        frame: frame.titled("Schlüssel für Programme"),
        hint: if asked.hinweis == "widerrufen" { REVOKED } else { "" },
        count: count(total, "Schlüssel", "Schlüssel"),
        rows: rows.into_iter().map(|it| KeyView::of(it, now)).collect(),
        pager,
    }))
}

/// `POST /verwaltung/schluessel/{id}/widerrufen`
pub async fn revoke_of_house(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    (request, visitor): (RequestId, Visitor),
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    keep_api_key::revoke_of_house(&app, &actor, id, (&visitor.origin, request.0)).await?;
    Ok(Redirect::to("/verwaltung/schluessel?hinweis=widerrufen"))
}
