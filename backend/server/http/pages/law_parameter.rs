//! `/verwaltung/recht/{key}`: one legal parameter with its history, what reads it, and a new value, looked at
//! before it is proposed and released by a second person.

use abruf_domain::checks;
use abruf_domain::law::keys::{self, Form as ValueForm, Key};
use abruf_domain::notation::Language;
use abruf_domain::texts::Certainty;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::change_law::{self, LawChange, Preview};
use crate::actions::{ActionError, FieldError};
use crate::actor::Actor;
use crate::app::App;
use crate::http::access::encoded;
use crate::http::extract::{Form, Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::law::{jurisdictions, name_of, validity};
use crate::http::pages::read_amount::{read_amount, read_number};
use crate::http::pages::written::{count, day, day_of, read_day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::parameters;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/law_parameter.html")]
pub struct LawParameterPage {
    frame: Frame,
    key: &'static Key,
    allowed: String,
    rules: Vec<(&'static str, &'static str)>,
    history: Vec<ValueView>,
    waiting: Vec<WaitingView>,
    typed: Typed,
    mistakes: Mistakes,
    /// What was typed would do this.
    preview: Option<PreviewView>,
    jurisdictions: Vec<(&'static str, &'static str)>,
    certainties: Vec<(&'static str, String)>,
    hint: &'static str,
}

/// A dated value.
struct ValueView {
    jurisdiction: String,
    value: String,
    validity: String,
    now: bool,
    source: String,
    mark: String,
    origin: String,
}

/// A proposal that waits.
struct WaitingView {
    id: Uuid,
    words: String,
    source: String,
    mine: bool,
    preview: PreviewView,
}

/// Whom a value hits.
struct PreviewView {
    change: String,
    members: (String, String),
    contracts: (String, String),
}

/// The fields, as typed.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// ansehen, vorschlagen, freigeben or ablehnen.
    schritt: String,
    jurisdiction: String,
    value: String,
    valid_from: String,
    source: String,
    certainty: String,
    proposal: Uuid,
    reason: String,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    hinweis: String,
    /// Path of the jurisdiction the form begins with.
    #[serde(default)]
    gebiet: String,
}

/// `GET /verwaltung/recht/{key}`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Page<LawParameterPage>, Problem> {
    let key = keys::by_name(&key).ok_or_else(Problem::not_found)?;
    let hint = match asked.hinweis.as_str() {
        "vorgeschlagen" => "Vorgeschlagen. Eine zweite Person der Geschäftsstelle gibt den Wert hier frei.",
        "freigegeben" => "Freigegeben. Der Wert gilt ab seinem ersten Tag; der bisherige endet am Tag davor.",
        "abgelehnt" => "Der Vorschlag ist vom Tisch. Es gilt weiter, was galt.",
        _ => "",
    };
    let typed = Typed { jurisdiction: asked.gebiet, ..Typed::default() };
    Ok(Page(page(&app, &actor, frame, key, typed, Mistakes::default(), hint).await?))
}

/// `POST /verwaltung/recht/{key}`
pub async fn change(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(key): Path<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let key = keys::by_name(&key).ok_or_else(Problem::not_found)?;
    let done = match typed.schritt.as_str() {
        "freigeben" => change_law::release(&app, &actor, typed.proposal).await.map(|()| Err("freigegeben")),
        "ablehnen" => change_law::refuse(&app, &actor, typed.proposal, &typed.reason).await.map(|()| Err("abgelehnt")),
        "vorschlagen" => match read(key, &typed) {
            Ok(change) => change_law::propose(&app, &actor, &change).await.map(|_| Err("vorgeschlagen")),
            Err(errors) => Err(ActionError::Invalid(errors)),
        },
        _ => match read(key, &typed) {
            Ok(change) => change_law::preview(&app, &actor, &change).await.map(Ok),
            Err(errors) => Err(ActionError::Invalid(errors)),
        },
    };
    match done {
        Ok(Err(hint)) => {
            let gebiet = encoded(&typed.jurisdiction);
            let to = format!("/verwaltung/recht/{}?hinweis={hint}&gebiet={gebiet}", key.key);
            Ok(Redirect::to(&to).into_response())
        }
        Ok(Ok(preview)) => {
            let mut page = page(&app, &actor, frame, key, typed, Mistakes::default(), "").await?;
            page.preview = Some(view(&preview));
            Ok(Page(page).into_response())
        }
        Err(ActionError::Invalid(errors)) => {
            let page = page(&app, &actor, frame.with_mistakes(), key, typed, Mistakes(errors), "").await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// The change, if every field can be read; what it must be is the action's business.
fn read(key: &Key, typed: &Typed) -> Result<LawChange, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut field = |name: &str, read: Result<Option<String>, String>, missing: String| match read {
        Ok(Some(text)) => text,
        Ok(None) => {
            errors.push(FieldError::new(name, missing));
            String::new()
        }
        Err(message) => {
            errors.push(FieldError::new(name, message));
            String::new()
        }
    };
    let missing = format!("Bitte geben Sie den neuen Wert ein. Erlaubt ist {}.", key.form.allowed());
    let value = field("value", read_value(key.form, &typed.value), missing);
    let day = read_day(&typed.valid_from);
    let missing = "Bitte geben Sie den ersten Tag des neuen Werts ein.".to_owned();
    field("valid_from", day.clone().map(|day| day.map(|day| day.to_string())), missing);
    match day {
        Ok(Some(valid_from)) if errors.is_empty() => Ok(LawChange {
            jurisdiction: typed.jurisdiction.clone(),
            key: key.key.to_owned(),
            value,
            valid_from,
            source: typed.source.clone(),
            certainty: typed.certainty.clone(),
        }),
        _ => Err(errors),
    }
}

/// A value as people type it in the form in which programs write it; empty is none.
fn read_value(form: ValueForm, typed: &str) -> Result<Option<String>, String> {
    match form {
        ValueForm::Amount { .. } => read_amount(typed).map(|it| it.map(|it| it.to_string())),
        ValueForm::Percent { .. } | ValueForm::Share => read_number(typed, 4).map(|it| it.map(|it| it.to_string())),
        ValueForm::Count { .. } => read_number(typed, 0).map(|it| it.map(|it| it.to_string())),
        ValueForm::Date => read_day(typed).map(|it| it.map(|it| it.to_string())),
    }
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    key: &'static Key,
    mut typed: Typed,
    mistakes: Mistakes,
    hint: &'static str,
) -> Result<LawParameterPage, Problem> {
    let waiting = change_law::waiting(app, actor).await?;
    let mut tx = app.db.begin(actor).await?;
    if typed.jurisdiction.is_empty() {
        typed.jurisdiction = parameters::jurisdiction_of(&mut tx, actor.body).await?;
    }
    let today = app.clock.today();
    let values = parameters::all(&mut tx).await?;
    let title = |rule: &'static str| checks::by_id(rule).map_or("", |rule| rule.texts.title(Language::German));
    Ok(LawParameterPage {
        frame: frame.titled(key.title),
        allowed: key.form.allowed(),
        rules: key.rules.iter().map(|rule| (*rule, title(rule))).collect(),
        history: values
            .into_iter()
            .filter(|it| it.key == key.key)
            .map(|it| ValueView {
                jurisdiction: name_of(&it.jurisdiction),
                value: key.written(&it.value),
                validity: validity(&it, today),
                now: it.is_valid_on(today),
                origin: match &it.made_by {
                    None => "mit dem Programm geliefert".to_owned(),
                    Some((proposed, released)) => {
                        format!("vorgeschlagen von {proposed}, freigegeben von {released}")
                    }
                },
                source: it.source,
                mark: it.certainty,
            })
            .collect(),
        waiting: waiting
            .into_iter()
            .filter(|(it, _)| it.key == key.key)
            .map(|(it, preview)| WaitingView {
                id: it.id,
                words: format!(
                    "{}: {} ab {}, vorgeschlagen am {} von {}.",
                    name_of(&it.jurisdiction),
                    key.written(&it.value),
                    day(it.valid_from),
                    day_of(it.proposed_at),
                    it.proposed_by_name
                ),
                source: format!("Quelle: {} [{}]", it.source, it.certainty),
                mine: it.proposed_by == actor.person,
                preview: view(&preview),
            })
            .collect(),
        key,
        typed,
        mistakes,
        preview: None,
        jurisdictions: jurisdictions(),
        certainties: [("", "Bitte wählen".to_owned())]
            .into_iter()
            .chain(Certainty::ALL.map(|it| (it.mark(), format!("{}: {}", it.mark(), it.german()))))
            .collect(),
        hint,
    })
}

fn view(preview: &Preview) -> PreviewView {
    let number = |names: &[String]| i64::try_from(names.len()).unwrap_or(i64::MAX);
    let key = preview.key;
    let after = key.written(&preview.value);
    let change = match &preview.before {
        Some(before) => format!("Bisher {}, dann {after}", key.written(before)),
        None => format!("Bisher kein Wert, dann {after}"),
    };
    let until = preview.until.map(|until| format!(", bis {}", day(until))).unwrap_or_default();
    PreviewView {
        change: format!("{change}{until}."),
        members: (count(number(&preview.members), "Mitglied", "Mitglieder"), preview.members.join(", ")),
        contracts: (count(number(&preview.contracts), "Rahmenvertrag", "Rahmenverträge"), preview.contracts.join(", ")),
    }
}
