//! `/verwaltung/mitglieder/aufnehmen`: find a municipality in the register, enter declaration, first day
//! and shares, look at it once more, admit.

use abruf_domain::ids::OrganisationId;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;

use crate::actions::ActionError;
use crate::actions::admit_member::{self, Admission};
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Form, Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::read_amount::read_amount;
use crate::http::pages::written::{count, day, money, read_day, whole};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::members;
use crate::storage::register::{self, RegisterEntry};

/// Hits shown; more are found by another word.
const HITS: i64 = 30;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/admission_search.html")]
pub struct SearchPage {
    frame: Frame,
    words: String,
    count: String,
    rows: Vec<Hit>,
    source: String,
}

/// A municipality of the register.
struct Hit {
    it: RegisterEntry,
    inhabitants: String,
    /// The member it is already.
    member: Option<OrganisationId>,
}

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/admission.html")]
pub struct AdmissionPage {
    frame: Frame,
    entry: RegisterEntry,
    inhabitants: String,
    /// The member it is already.
    member: Option<OrganisationId>,
    typed: Typed,
    mistakes: Mistakes,
    /// What will be written, once everything is right.
    summary: Option<Vec<(&'static str, String)>>,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
}

/// The form, as typed.
#[derive(Debug, Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    declared_on: String,
    #[serde(default)]
    effective_from: String,
    #[serde(default)]
    shares: String,
    #[serde(default)]
    share_value: String,
    /// `pruefen`, `aendern` or `aufnehmen`.
    #[serde(default)]
    schritt: String,
}

/// `GET /verwaltung/mitglieder/aufnehmen`
pub async fn search(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<SearchPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let rows = register::search(&mut tx, &asked.q, HITS).await?;
    let keys: Vec<String> = rows.iter().map(|entry| entry.official_key.clone()).collect();
    let known = members::with_official_keys(&mut tx, actor.body, &keys, app.clock.today()).await?;
    let found = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    Ok(Page(SearchPage {
        frame: frame.titled("Mitglied aufnehmen"),
        words: asked.q,
        count: if found == HITS { format!("Die ersten {HITS} Treffer") } else { count(found, "Treffer", "Treffer") },
        source: rows.first().map(|entry| entry.source.clone()).unwrap_or_default(),
        rows: rows
            .into_iter()
            .map(|it| Hit {
                inhabitants: whole(it.inhabitants.into()),
                member: known.iter().find(|(key, _)| *key == it.official_key).map(|(_, member)| *member),
                it,
            })
            .collect(),
    }))
}

/// `GET /verwaltung/mitglieder/aufnehmen/{key}`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(key): Path<String>,
) -> Result<Page<AdmissionPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let entry = register::find(&mut tx, &key).await?.ok_or_else(Problem::not_found)?;
    let keys = [entry.official_key.clone()];
    let known = members::with_official_keys(&mut tx, actor.body, &keys, app.clock.today()).await?;
    let typed = Typed { shares: "1".to_owned(), ..Typed::default() };
    let mut page = page(frame, entry, typed, Mistakes::default(), None);
    page.member = known.first().map(|(_, member)| *member);
    Ok(Page(page))
}

/// `POST /verwaltung/mitglieder/aufnehmen/{key}`
pub async fn admit(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(key): Path<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let entry = register::find(&mut tx, &key).await?.ok_or_else(Problem::not_found)?;
    tx.rollback().await?;
    let mut mistakes = Mistakes::default();
    let Some(admission) = read(&entry, &typed, &mut mistakes) else {
        return Ok(wrong(frame, entry, typed, mistakes));
    };
    match typed.schritt.as_str() {
        "aufnehmen" => match admit_member::admit(&app, &actor, &admission).await {
            Ok(id) => Ok(Redirect::to(&format!("/verwaltung/mitglieder/{id}?hinweis=aufgenommen")).into_response()),
            Err(ActionError::Invalid(errors)) => Ok(wrong(frame, entry, typed, Mistakes(errors))),
            Err(error) => Err(error.into()),
        },
        "aendern" => Ok(Page(page(frame, entry, typed, mistakes, None)).into_response()),
        _ => {
            let summary = summary(&admission);
            Ok(Page(page(frame, entry, typed, mistakes, Some(summary))).into_response())
        }
    }
}

fn wrong(frame: Frame, entry: RegisterEntry, typed: Typed, mistakes: Mistakes) -> Response {
    let page = page(frame.with_mistakes(), entry, typed, mistakes, None);
    (StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response()
}

/// The admission, if every field can be read.
fn read(entry: &RegisterEntry, typed: &Typed, mistakes: &mut Mistakes) -> Option<Admission> {
    let mut date = |field: &str, text: &str, missing: &str| match read_day(text) {
        Ok(Some(day)) => Some(day),
        Ok(None) => {
            mistakes.add(field, missing);
            None
        }
        Err(message) => {
            mistakes.add(field, message);
            None
        }
    };
    let declared_on = date("declared_on", &typed.declared_on, "Bitte geben Sie das Datum der Beitrittserklärung ein.");
    let effective_from =
        date("effective_from", &typed.effective_from, "Bitte geben Sie den ersten Tag der Mitgliedschaft ein.");
    let shares = read_amount(&typed.shares)
        .ok()
        .flatten()
        .filter(Decimal::is_integer)
        .and_then(|number| number.to_i32())
        .filter(|shares| (1..=admit_member::MOST_SHARES).contains(shares));
    if shares.is_none() {
        mistakes.add("shares", "Bitte geben Sie eine ganze Zahl von 1 bis 100.000 ein, zum Beispiel 3.");
    }
    let share_value_net = match read_amount(&typed.share_value) {
        Ok(Some(value)) if value.is_sign_negative() => {
            mistakes.add("share_value", "Der Wert eines Anteils kann nicht negativ sein.");
            None
        }
        Ok(value) => Some(value.unwrap_or(Decimal::ZERO)),
        Err(message) => {
            mistakes.add("share_value", message);
            None
        }
    };
    if declared_on.zip(effective_from).is_some_and(|(declared, effective)| effective < declared) {
        let message =
            "Die Mitgliedschaft kann nicht vor der Beitrittserklärung beginnen. Bitte prüfen Sie beide Daten.";
        mistakes.add("effective_from", message);
        return None;
    }
    Some(Admission {
        official_key: entry.official_key.clone(),
        declared_on: declared_on?,
        effective_from: effective_from?,
        shares: shares?,
        share_value_net: share_value_net?,
    })
}

fn summary(admission: &Admission) -> Vec<(&'static str, String)> {
    let value = admission.share_value_net;
    let mut lines = vec![
        ("Beitritt erklärt am", day(admission.declared_on)),
        ("Mitglied ab", day(admission.effective_from)),
        ("Geschäftsanteile", admission.shares.to_string()),
    ];
    if !value.is_zero() {
        lines.push(("Wert eines Anteils", money(value, "EUR")));
        lines.push(("Zusammen", money(value * Decimal::from(admission.shares), "EUR")));
    }
    lines
}

fn inhabitants(entry: &RegisterEntry) -> String {
    count(entry.inhabitants.into(), "Einwohner", "Einwohner")
}

fn page(
    frame: Frame,
    entry: RegisterEntry,
    typed: Typed,
    mistakes: Mistakes,
    summary: Option<Vec<(&'static str, String)>>,
) -> AdmissionPage {
    AdmissionPage {
        frame: frame.titled(format!("{} aufnehmen", as_typed(&entry.name))),
        inhabitants: inhabitants(&entry),
        entry,
        member: None,
        typed,
        mistakes,
        summary,
    }
}
