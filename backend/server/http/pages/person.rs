//! `/verwaltung/personen/{id}`: a person of the house: what they may do, how they get in, and the steps of the
//! administration. `/verwaltung/personen/einladen`: a new one.

use abruf_domain::ids::{AssignmentId, PersonId};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::assign_role::{self, KEEPERS};
use crate::actions::invite_person::{self, NewPerson, Way};
use crate::actions::{ActionError, reset_second_factor};
use crate::actor::{Actor, Role, RunsAs};
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Form, Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::post_fields::{PostFields, read};
use crate::http::pages::typed_fields::TypedFields;
use crate::http::pages::written::{count, day, instant, money, read_day};
use crate::http::problem::{FieldError, Problem};
use crate::http::session::SignedIn;
use crate::http::visitor::Visitor;
use crate::storage::accounts::{self, Account, Post};

#[derive(askama::Template)]
#[template(path = "pages/person_invite.html")]
struct InvitePage {
    frame: Frame,
    fields: PostFields,
    mistakes: Mistakes,
    mails: bool,
    idempotency_key: Uuid,
}

#[derive(askama::Template)]
#[template(path = "pages/person.html")]
struct PersonPage {
    frame: Frame,
    hint: &'static str,
    /// A link, shown once, and its end.
    link: Option<(String, String)>,
    account: Account,
    id: PersonId,
    keeper: bool,
    oneself: bool,
    factor: String,
    has_factor: bool,
    sessions: String,
    entrance: String,
    posts: Vec<PostView>,
    reset: Option<ResetView>,
    fields: PostFields,
    mistakes: Mistakes,
    idempotency_key: Uuid,
}

struct PostView {
    id: AssignmentId,
    role: &'static str,
    organisation: String,
    days: String,
    note: String,
    over: bool,
}

struct ResetView {
    by: String,
    at: String,
    reason: String,
    may_decide: bool,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    hinweis: String,
}

type Fields = Vec<(String, String)>;

/// `GET /verwaltung/personen/einladen`
pub async fn invite_form(State(app): State<App>, SignedIn(actor): SignedIn, frame: Frame) -> Result<Response, Problem> {
    let page = invite_page(&app, &actor, frame, TypedFields::default(), Mistakes::default()).await?;
    Ok(Page(page).into_response())
}

/// `POST /verwaltung/personen/einladen`: answers with the person's page, as a link is stored nowhere.
pub async fn invite(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    visitor: Visitor,
    frame: Frame,
    KeyedForm(key, typed): KeyedForm<Fields>,
) -> Result<Response, Problem> {
    let typed = TypedFields(typed);
    let invited = match read(&typed) {
        Ok(post) => {
            let new = NewPerson { name: typed.at("name").to_owned(), email: typed.at("email").to_owned(), post };
            invite_person::invite(&app, &actor, &new, &visitor.origin, key.as_ref()).await
        }
        Err(error) => Err(error),
    };
    match invited {
        Ok(invited) => let_in(&app, &actor, frame, invited.person, invited.way).await,
        Err(ActionError::Invalid(errors)) => {
            let page = invite_page(&app, &actor, frame.with_mistakes(), typed, Mistakes(errors)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn invite_page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    typed: TypedFields,
    mistakes: Mistakes,
) -> Result<InvitePage, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let choices = accounts::organisations(&mut tx, actor.body, app.clock.today()).await?;
    tx.rollback().await?;
    Ok(InvitePage {
        frame: frame.titled("Person einladen"),
        fields: PostFields::new(&choices, typed),
        mistakes,
        mails: app.mailer.is_some(),
        idempotency_key: app.chance.id(app.clock.now()),
    })
}

/// `GET /verwaltung/personen/{id}`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let mut page = page(&app, &actor, frame, PersonId(id), TypedFields::default(), Mistakes::default()).await?;
    page.hint = match asked.hinweis.as_str() {
        "aufgabe" => "Die Aufgabe ist vergeben.",
        "beendet" => "Die Aufgabe ist beendet oder endet am gewählten Tag.",
        "abgemeldet" => "Alle Sitzungen der Person sind beendet, ihre Schlüssel für Programme widerrufen.",
        "beantragt" => "Das Zurücksetzen ist beantragt. Eine zweite Person entscheidet auf dieser Seite.",
        "entschieden" => "Entschieden.",
        _ => "",
    };
    Ok(Page(page).into_response())
}

/// `POST /verwaltung/personen/{id}/aufgaben`
pub async fn assign(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    visitor: Visitor,
    frame: Frame,
    Path(id): Path<Uuid>,
    KeyedForm(key, typed): KeyedForm<Fields>,
) -> Result<Response, Problem> {
    let (typed, person) = (TypedFields(typed), PersonId(id));
    let done = match read(&typed) {
        Ok(new) => assign_role::assign(&app, &actor, person, &new, &visitor.origin, key.as_ref()).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => Ok(Redirect::to(&format!("/verwaltung/personen/{id}?hinweis=aufgabe")).into_response()),
        Err(error) => wrong(&app, &actor, frame, person, typed, error).await,
    }
}

/// The last day of an assignment.
#[derive(Debug, Deserialize)]
pub struct End {
    #[serde(default)]
    to: String,
}

/// `POST /verwaltung/personen/{id}/aufgaben/{assignment}/beenden`: with a day, or at once.
pub async fn end(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    visitor: Visitor,
    frame: Frame,
    Path((id, assignment)): Path<(Uuid, Uuid)>,
    Form(typed): Form<End>,
) -> Result<Response, Problem> {
    let person = PersonId(id);
    let last = read_day(&typed.to).map_err(|message| ActionError::Invalid(vec![FieldError::new("to", message)]));
    let done = match last {
        Ok(day) => assign_role::end(&app, &actor, person, AssignmentId(assignment), day, &visitor.origin).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/verwaltung/personen/{id}?hinweis=beendet")).into_response()),
        Err(error) => wrong(&app, &actor, frame, person, TypedFields::default(), error).await,
    }
}

/// `POST /verwaltung/personen/{id}/link`: another link, by mail or shown once.
pub async fn renew(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    visitor: Visitor,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let way = invite_person::renew(&app, &actor, PersonId(id), &visitor.origin).await?;
    let_in(&app, &actor, frame, PersonId(id), way).await
}

/// `POST /verwaltung/personen/{id}/abmelden`
pub async fn sign_out(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    visitor: Visitor,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    invite_person::sign_out_everywhere(&app, &actor, PersonId(id), &visitor.origin).await?;
    Ok(Redirect::to(&format!("/verwaltung/personen/{id}?hinweis=abgemeldet")))
}

/// A request to take a lost factor away, or the decision on one.
#[derive(Debug, Deserialize)]
pub struct Reset {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    decision: String,
}

/// `POST /verwaltung/personen/{id}/zweiter-faktor`
pub async fn reset(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    visitor: Visitor,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(typed): Form<Reset>,
) -> Result<Response, Problem> {
    let (person, origin) = (PersonId(id), &visitor.origin);
    let (done, hint) = match typed.decision.as_str() {
        "ja" | "nein" => {
            let approved = typed.decision == "ja";
            (reset_second_factor::decide(&app, &actor, person, approved, origin).await, "entschieden")
        }
        _ => (reset_second_factor::ask(&app, &actor, person, &typed.reason, origin).await, "beantragt"),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/verwaltung/personen/{id}?hinweis={hint}")).into_response()),
        Err(error) => {
            let kept = TypedFields(vec![("reason".to_owned(), typed.reason)]);
            wrong(&app, &actor, frame, person, kept, error).await
        }
    }
}

async fn wrong(
    app: &App,
    actor: &Actor,
    frame: Frame,
    person: PersonId,
    typed: TypedFields,
    error: ActionError,
) -> Result<Response, Problem> {
    let ActionError::Invalid(errors) = error else { return Err(error.into()) };
    let page = page(app, actor, frame.with_mistakes(), person, typed, Mistakes(errors)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

async fn let_in(app: &App, actor: &Actor, frame: Frame, person: PersonId, way: Way) -> Result<Response, Problem> {
    let mut page = page(app, actor, frame, person, TypedFields::default(), Mistakes::default()).await?;
    match way {
        Way::Link(link) => page.link = Some((link.url, instant(link.expires_at))),
        Way::Letter => page.hint = "Ein Link ist per E-Mail unterwegs.",
        Way::Known => page.hint = "Die Person hat schon ein Konto; die neue Aufgabe gilt damit.",
        Way::Before => page.hint = "Diese Einladung war schon angelegt; ein Link wird nur einmal gezeigt.",
    }
    Ok(Page(page).into_response())
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: PersonId,
    typed: TypedFields,
    mistakes: Mistakes,
) -> Result<PersonPage, Problem> {
    let (now, today) = (app.clock.now(), app.clock.today());
    let mut tx = app.db.begin(actor).await?;
    let account = accounts::in_house(&mut tx, id, actor.body).await?.ok_or_else(Problem::not_found)?;
    let posts = accounts::posts(&mut tx, id, actor.body).await?;
    let choices = accounts::organisations(&mut tx, actor.body, today).await?;
    tx.rollback().await?;
    let waiting = reset_second_factor::open(app, actor, id).await?;
    // Sessions and factors are nobody's to read but the program's; the person is one of the house.
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let entrance = accounts::entrance(&mut tx, id, now).await?;
    tx.rollback().await?;
    let view = |it: Post| PostView {
        id: it.id,
        role: Role::from_key(&it.role).map_or("", Role::german),
        days: format!(
            "{} bis {}",
            day(it.valid_from),
            match (it.ends_at, it.valid_to) {
                (Some(at), _) => instant(at),
                (None, last) => last.map_or_else(|| "auf Weiteres".to_owned(), day),
            }
        ),
        note: note_of(&it),
        over: it.is_over(today, now),
        organisation: it.organisation_name,
    };
    Ok(PersonPage {
        frame: frame.titled(as_typed(&account.name)),
        hint: "",
        link: None,
        id,
        keeper: KEEPERS.contains(&actor.role),
        oneself: actor.person == id,
        factor: entrance
            .factor_since
            .map_or_else(|| "nicht eingerichtet".to_owned(), |at| format!("seit {}", instant(at))),
        has_factor: entrance.factor_since.is_some(),
        sessions: count(entrance.sessions, "Sitzung", "Sitzungen"),
        entrance: match (account.active, entrance.link_until, entrance.letter.as_deref()) {
            (_, Some(until), _) => format!("Ein Link ist offen bis {}.", instant(until)),
            (_, None, Some("waiting" | "sending")) => "Ein Link ist per E-Mail unterwegs.".to_owned(),
            (_, None, Some("failed")) => {
                "Der letzte Brief mit einem Link kam nicht an. Bitte prüfen Sie die Adresse.".to_owned()
            }
            (false, None, _) => "Noch ohne Passwort, und kein Link ist offen.".to_owned(),
            (true, None, _) => entrance
                .last_at
                .map_or_else(|| "Noch nie angemeldet.".to_owned(), |at| format!("Zuletzt angemeldet {}.", instant(at))),
        },
        posts: posts.into_iter().map(view).collect(),
        reset: waiting.map(|it| ResetView {
            may_decide: it.asked_by != actor.person && actor.person != id,
            by: it.asked_by_name.unwrap_or_default(),
            at: instant(it.asked_at),
            reason: it.reason,
        }),
        fields: PostFields::new(&choices, typed),
        mistakes,
        idempotency_key: app.chance.id(now),
        account,
    })
}

fn note_of(post: &Post) -> String {
    let scope = match (post.period_from, post.period_to) {
        (Some(from), Some(to)) => {
            let members = if post.all_members {
                "alle Mitglieder".to_owned()
            } else {
                post.members.iter().map(as_typed).collect::<Vec<_>>().join(", ")
            };
            format!("Abrufe vom {} bis {}: {members}", day(from), day(to))
        }
        _ => String::new(),
    };
    let limit = post.release_limit_gross.map(|it| format!("bis brutto {}", money(it, "EUR"))).unwrap_or_default();
    [scope, limit].concat()
}
