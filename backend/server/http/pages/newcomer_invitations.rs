//! `/verwaltung/einladungen`: towns the office has invited to compare their purchases; a link is shown once.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{TimeDelta, Utc};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::ActionError;
use crate::actions::invite_newcomer::{self, DAYS, Invited, KINDS, NewInvitation};
use crate::actor::Actor;
use crate::app::App;
use crate::http::access::encoded;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::pager::Pager;
use crate::http::pages::written::{count, day_of, money, whole};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::newcomer_invitations::{self, Listed};

/// Invitations on a page.
const PAGE: i64 = 50;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/newcomer_invitations.html")]
pub struct InvitationsPage {
    frame: Frame,
    hint: &'static str,
    made: Option<MadeView>,
    count: String,
    rows: Vec<Row>,
    pager: Pager,
    kinds: Vec<(&'static str, &'static str)>,
    typed: Typed,
    mistakes: Mistakes,
    idempotency_key: Uuid,
}

/// An invitation that was just made.
struct MadeView {
    town: String,
    url: Option<String>,
    until: String,
    email: String,
    mailed: bool,
    mailto: Option<String>,
}

/// An invitation in words.
struct Row {
    id: Uuid,
    town: String,
    note: String,
    invited: String,
    state: (&'static str, String),
    /// What became of the letter; empty without.
    mail: String,
    revoked: bool,
    analysis: String,
    sums: String,
}

/// The form.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct Typed {
    official_key: String,
    town: String,
    kind: String,
    email: String,
    days: String,
}

impl Default for Typed {
    fn default() -> Self {
        let empty = String::new;
        Self { official_key: empty(), town: empty(), kind: empty(), email: empty(), days: DAYS.to_string() }
    }
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    seite: String,
    hinweis: String,
}

/// `GET /verwaltung/einladungen`
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<InvitationsPage>, Problem> {
    let mut page = page(&app, &actor, frame, &asked.seite, Typed::default(), Mistakes::default()).await?;
    if asked.hinweis == "zurueckgenommen" {
        page.hint = "Die Einladung ist zurückgenommen. Der Link öffnet nichts mehr.";
    }
    Ok(Page(page))
}

/// `POST /verwaltung/einladungen`: answers with the page itself, as the link is stored nowhere.
pub async fn invite(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    KeyedForm(key, typed): KeyedForm<Typed>,
) -> Result<Response, Problem> {
    let new = NewInvitation {
        official_key: typed.official_key.clone(),
        town: typed.town.clone(),
        kind: typed.kind.clone(),
        email: typed.email.clone(),
        days: typed.days.trim().parse().unwrap_or(0),
    };
    match invite_newcomer::invite(&app, &actor, &new, key.as_ref()).await {
        Ok(invited) => made(&app, &actor, frame, invited).await,
        Err(ActionError::Invalid(errors)) => {
            let page = page(&app, &actor, frame.with_mistakes(), "", typed, Mistakes(errors)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /verwaltung/einladungen/{id}/zuruecknehmen`
pub async fn revoke(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    invite_newcomer::revoke(&app, &actor, id).await?;
    Ok(Redirect::to("/verwaltung/einladungen?hinweis=zurueckgenommen").into_response())
}

/// `POST /verwaltung/einladungen/{id}/neuer-link`
pub async fn renew(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let invited = invite_newcomer::renew(&app, &actor, id).await?;
    made(&app, &actor, frame, invited).await
}

async fn made(app: &App, actor: &Actor, frame: Frame, it: Invited) -> Result<Response, Problem> {
    let mut page = page(app, actor, frame, "", Typed::default(), Mistakes::default()).await?;
    // Without a mail server the office writes by itself.
    let mailto = it.url.as_ref().filter(|_| !it.email.is_empty() && !it.mailed).map(|url| mailto(&it, url));
    page.made = Some(MadeView {
        until: day_of(it.expires_at - TimeDelta::seconds(1)),
        town: it.town,
        email: it.email,
        mailed: it.mailed,
        url: it.url,
        mailto,
    });
    Ok(Page(page).into_response())
}

fn mailto(it: &Invited, url: &str) -> String {
    let until = day_of(it.expires_at - TimeDelta::seconds(1));
    let text = format!(
        "Guten Tag,\r\n\r\nunter diesem Link sehen Sie, was {} mit unseren Rahmenverträgen gespart hätte:\r\n{url}\r\n\r\nEr gilt bis {until} und nur für Sie. Hochgeladene Einkäufe werden nach 30 Tagen gelöscht.\r\n",
        it.town
    );
    format!("mailto:{}?subject={}&body={}", encoded(&it.email), encoded("Was hätten Sie gespart?"), encoded(&text))
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    asked: &str,
    typed: Typed,
    mistakes: Mistakes,
) -> Result<InvitationsPage, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let total = newcomer_invitations::count(&mut tx, actor.body).await?;
    let pager = Pager::new(asked, PAGE, total, "/verwaltung/einladungen", &[]);
    let rows = newcomer_invitations::list(&mut tx, actor.body, PAGE, pager.offset()).await?;
    tx.rollback().await?;
    let mut kinds = vec![("", "bei Gemeindeschlüssel nicht nötig")];
    kinds.extend_from_slice(KINDS);
    Ok(InvitationsPage {
        frame: frame.titled("Einladungen"),
        hint: "",
        made: None,
        count: count(total, "Einladung", "Einladungen"),
        rows: rows.into_iter().map(|it| row(it, now)).collect(),
        pager,
        kinds,
        typed,
        mistakes,
        idempotency_key: app.chance.id(now),
    })
}

fn row(it: Listed, now: chrono::DateTime<Utc>) -> Row {
    let state = match it.revoked_at {
        Some(at) => ("status status--bad", format!("zurückgenommen am {}", day_of(at))),
        None if it.expires_at <= now => ("status", "abgelaufen".to_owned()),
        None => ("status status--good", format!("gilt bis {}", day_of(it.expires_at - TimeDelta::seconds(1)))),
    };
    Row {
        note: [it.official_key.clone().unwrap_or_default(), it.email.clone()].join(" ").trim().to_owned(),
        invited: format!("{}, {}", day_of(it.created_at), as_typed(it.created_by.clone().unwrap_or_default())),
        state,
        mail: mail_words(&it),
        revoked: it.revoked_at.is_some(),
        analysis: match (it.analysed_at, it.delete_after) {
            (None, _) => "noch keine".to_owned(),
            (Some(at), Some(end)) => format!("vom {}, wird am {} gelöscht", day_of(at), day_of(end)),
            (Some(at), None) => format!("vom {}, bleibt: beigetreten", day_of(at)),
        },
        sums: sums(&it),
        id: it.id,
        town: it.town,
    }
}

/// What became of the letter.
fn mail_words(it: &Listed) -> String {
    let on = it.mail_ended_at.map(day_of).unwrap_or_default();
    match it.mail.as_deref() {
        None => String::new(),
        Some("sent") => format!("E-Mail gesandt am {on}"),
        Some("failed") => format!("E-Mail kam nicht an: {}", it.mail_answer.clone().unwrap_or_default()),
        Some("withdrawn") => "E-Mail zurückgezogen".to_owned(),
        Some(_) => "E-Mail ist unterwegs".to_owned(),
    }
}

/// With consent only; several currencies are not added up.
fn sums(it: &Listed) -> String {
    let currency = match it.currencies.as_deref() {
        Some([one]) => one.as_str(),
        Some(_) => return format!("{} Zeilen passen, in mehreren Währungen", whole(it.lines)),
        None if it.consent == Some(false) => return "Summen nicht freigegeben".to_owned(),
        None => return String::new(),
    };
    match (it.paid_net, it.ours_net) {
        (Some(paid), Some(ours)) => format!(
            "{} Zeilen passen: bezahlt {}, nach Liste {}",
            whole(it.lines),
            money(paid, currency),
            money(ours, currency)
        ),
        _ => String::new(),
    }
}
