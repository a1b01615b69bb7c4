//! `/konto`: one's own account: sessions, password, and everything that happened at the door.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use secrecy::SecretString;
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::account_log::Event;
use crate::actions::change_password::change_password;
use crate::actions::end_sessions;
use crate::actions::judge_password::{self, Typed};
use crate::actor::RunsAs;
use crate::http::extract::{Form, Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::pager::Pager;
use crate::http::pages::written::{count, instant};
use crate::http::problem::Problem;
use crate::http::rate::ClientAddress;
use crate::http::request_id::RequestId;
use crate::http::server::Server;
use crate::http::session::{Current, CurrentSession};
use crate::http::visitor::Visitor;
use crate::storage::sign_in_events::{self, Filter};
use crate::storage::{api_keys, second_factors, sessions};

/// Events on a page.
const PAGE: i64 = 50;
/// More sessions than anybody has.
const MOST: i64 = 100;

#[derive(askama::Template)]
#[template(path = "pages/account.html")]
struct AccountPage {
    frame: Frame,
    hint: String,
    mistakes: Mistakes,
    factor: &'static str,
    sessions: Vec<SessionView>,
    /// Keys that a new password, and the end of all other sessions, revokes.
    keys: i64,
}

struct SessionView {
    id: Uuid,
    client: String,
    network: String,
    acting: String,
    began: String,
    seen: String,
    current: bool,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    hinweis: String,
    seite: String,
}

/// A new password.
#[derive(Debug, Deserialize)]
pub struct NewPassword {
    present: SecretString,
    password: SecretString,
    repeated: SecretString,
}

/// `GET /konto`
pub async fn show(
    State(server): State<Server>,
    CurrentSession(current): CurrentSession,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let hint = match asked.hinweis.as_str() {
        "passwort" => "Ihr Passwort ist geändert. Andere Sitzungen sind beendet, Schlüssel für Programme widerrufen.",
        "beendet" => "Die Sitzung ist beendet.",
        "alle" => "Alle anderen Sitzungen sind beendet, Schlüssel für Programme widerrufen.",
        _ => "",
    };
    Ok(Page(page(&server, &current, frame, hint, Mistakes::default()).await?).into_response())
}

/// `POST /konto/passwort`
pub async fn password(
    State(server): State<Server>,
    (client, visitor): (ClientAddress, Visitor),
    request: RequestId,
    CurrentSession(current): CurrentSession,
    frame: Frame,
    Form(typed): Form<NewPassword>,
) -> Result<Response, Problem> {
    server.security.limit.check(client)?;
    let mut mistakes = Mistakes::default();
    let new = Typed { password: typed.password, repeated: typed.repeated };
    match judge_password::judge(&server.app, current.session.person, new).await? {
        Ok(fit) => {
            let (place, at) = (|email: &str| visitor.place(&server, email), (&visitor.origin, request.0));
            let passwords = (typed.present, fit);
            let door = &server.security.door;
            if change_password(&server.app, door, &current.session, passwords, place, at).await? {
                return Ok(Redirect::to("/konto?hinweis=passwort").into_response());
            }
            mistakes.add(
                "present",
                "Ihr bisheriges Passwort stimmt nicht, oder nach fünf Fehlversuchen ist gerade 15 Minuten Pause.",
            );
        }
        Err(wrong) => mistakes.0.push(wrong),
    }
    let page = page(&server, &current, frame.with_mistakes(), "", mistakes).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

/// `POST /konto/sitzungen/{id}/beenden`
pub async fn end_one(
    State(server): State<Server>,
    visitor: Visitor,
    request: RequestId,
    CurrentSession(current): CurrentSession,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    if end_sessions::end_one(&server.app, &current.session, id, (&visitor.origin, request.0)).await? {
        Ok(Redirect::to("/konto?hinweis=beendet"))
    } else {
        Err(Problem::not_found())
    }
}

/// `POST /konto/sitzungen/beenden`: all but this one.
pub async fn end_others(
    State(server): State<Server>,
    visitor: Visitor,
    request: RequestId,
    CurrentSession(current): CurrentSession,
) -> Result<Redirect, Problem> {
    end_sessions::end_others(&server.app, &current.session, (&visitor.origin, request.0)).await?;
    Ok(Redirect::to("/konto?hinweis=alle"))
}

async fn page(
    server: &Server,
    current: &Current,
    frame: Frame,
    hint: &str,
    mistakes: Mistakes,
) -> Result<AccountPage, Problem> {
    let person = current.session.person;
    let mut tx = server.app.db.begin(RunsAs::SignIn).await?;
    let rows = sessions::of_person(&mut tx, person, server.app.clock.now(), MOST).await?;
    let keys = api_keys::count_living(&mut tx, person, server.app.clock.now()).await?;
    let has = second_factors::find(&mut tx, person).await?.is_some_and(|it| it.confirmed_at.is_some());
    tx.rollback().await?;
    let view = |it: sessions::Listed| SessionView {
        current: it.id == current.session.id,
        id: it.id,
        client: it.client,
        network: it.network,
        acting: it.organisation.unwrap_or_default(),
        began: instant(it.created_at),
        seen: instant(it.last_seen_at),
    };
    Ok(AccountPage {
        frame: frame.titled("Mein Konto"),
        hint: hint.to_owned(),
        mistakes,
        factor: if has { "Eingerichtet" } else { "Nicht eingerichtet" },
        sessions: rows.into_iter().map(view).collect(),
        keys,
    })
}

#[derive(askama::Template)]
#[template(path = "pages/own_sign_ins.html")]
struct OwnSignInsPage {
    frame: Frame,
    count: String,
    rows: Vec<EventView>,
    pager: Pager,
}

/// An event in words.
pub(super) struct EventView {
    pub at: String,
    pub what: &'static str,
    pub conspicuous: bool,
    pub name: String,
    pub email: String,
    pub by: String,
    pub network: String,
    pub client: String,
}

impl EventView {
    pub(super) fn of(it: sign_in_events::Listed) -> Self {
        let event = Event::from_key(&it.kind);
        Self {
            at: instant(it.at),
            what: event.map_or("Anderes", Event::german),
            conspicuous: event.is_some_and(Event::is_conspicuous),
            name: it.name.unwrap_or_default(),
            email: it.email.unwrap_or_default(),
            by: it.by.unwrap_or_default(),
            network: it.network,
            client: it.client,
        }
    }
}

/// `GET /konto/anmeldungen`
pub async fn sign_ins(
    State(server): State<Server>,
    CurrentSession(current): CurrentSession,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let filter = Filter { person: Some(current.session.person), ..Filter::default() };
    let mut tx = server.app.db.begin(RunsAs::SignIn).await?;
    let total = sign_in_events::count(&mut tx, filter).await?;
    let pager = Pager::new(&asked.seite, PAGE, total, "/konto/anmeldungen", &[]);
    let rows = sign_in_events::page(&mut tx, filter, PAGE, pager.offset()).await?;
    tx.rollback().await?;
    Ok(Page(OwnSignInsPage {
        frame: frame.titled("Ihre Anmeldungen"),
        count: count(total, "Eintrag", "Einträge"),
        rows: rows.into_iter().map(EventView::of).collect(),
        pager,
    })
    .into_response())
}
