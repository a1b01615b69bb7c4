//! `/verwaltung/preisindizes`: the price indexes of the body, and the values of the one chosen.

use abruf_domain::ids::IndexSeriesId;
use abruf_domain::money::IndexPoints;
use abruf_domain::notation::Language::German;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::{ActionError, FieldError, keep_price_index};
use crate::actor::Actor;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Form, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::read_amount::read_number;
use crate::http::pages::written::{count, day, day_of, read_day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::price_indexes::{self, NewValue, Series, Value};

/// Kinds of values to choose from.
pub const KINDS: &[(&str, &str)] = &[("final", "endgültig"), ("provisional", "vorläufig: kein Preis folgt ihm")];

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/price_indexes.html")]
pub struct PriceIndexesPage {
    frame: Frame,
    hint: &'static str,
    all: Vec<SeriesRow>,
    chosen: Option<Chosen>,
    typed: Typed,
    mistakes: Mistakes,
}

/// An index of the list.
struct SeriesRow {
    address: String,
    name: String,
    source: String,
    contracts: String,
    waiting: String,
}

/// The index whose values are shown.
struct Chosen {
    id: Uuid,
    name: String,
    values: Vec<ValueRow>,
}

/// A value in words.
struct ValueRow {
    id: Uuid,
    month: String,
    points: String,
    published: String,
    kind: &'static str,
    /// Class and word.
    state: (&'static str, String),
    waits: bool,
    mine: bool,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    index: String,
    hinweis: String,
}

/// The forms, as typed.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// index, wert, freigeben or zuruecknehmen.
    schritt: String,
    index: Uuid,
    value: Uuid,
    name: String,
    source: String,
    month: String,
    points: String,
    published_on: String,
    kind: String,
}

/// `GET /verwaltung/preisindizes`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<PriceIndexesPage>, Problem> {
    let index = asked.index.parse().unwrap_or_default();
    let mut page = page(&app, &actor, frame, Typed { index, ..Typed::default() }, Mistakes::default()).await?;
    page.hint = match asked.hinweis.as_str() {
        "angelegt" => "Der Index ist angelegt. Preise mit Gleitklausel können ihn jetzt nennen.",
        "erfasst" => "Der Wert ist erfasst. Eine zweite Person der Geschäftsstelle gibt ihn frei.",
        "freigegeben" => "Der Wert ist freigegeben. Erteilte Abrufe behalten ihren Preis.",
        "zurueckgenommen" => "Der Wert ist zurückgenommen.",
        _ => "",
    };
    Ok(Page(page))
}

/// `POST /verwaltung/preisindizes`
pub async fn keep(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let series = IndexSeriesId(typed.index);
    let done = match typed.schritt.as_str() {
        "wert" => match read(&typed) {
            Ok(new) => keep_price_index::record(&app, &actor, series, &new).await.map(|_| (series, "erfasst")),
            Err(errors) => Err(ActionError::Invalid(errors)),
        },
        "freigeben" => {
            keep_price_index::release(&app, &actor, series, typed.value).await.map(|()| (series, "freigegeben"))
        }
        "zuruecknehmen" => {
            keep_price_index::take_back(&app, &actor, series, typed.value).await.map(|()| (series, "zurueckgenommen"))
        }
        _ => keep_price_index::create(&app, &actor, &typed.name, &typed.source).await.map(|id| (id, "angelegt")),
    };
    match done {
        Ok((IndexSeriesId(id), hint)) => {
            Ok(Redirect::to(&format!("/verwaltung/preisindizes?index={id}&hinweis={hint}")).into_response())
        }
        Err(ActionError::Invalid(errors)) => {
            let page = page(&app, &actor, frame.with_mistakes(), typed, Mistakes(errors)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn read(typed: &Typed) -> Result<NewValue, Vec<FieldError>> {
    let mut mistakes = Mistakes::default();
    let month = read_month(&typed.month).map_err(|message| mistakes.add("month", message));
    let published_on = read_day(&typed.published_on)
        .and_then(|day| day.ok_or_else(|| "Bitte geben Sie den Tag der Veröffentlichung ein.".to_owned()))
        .map_err(|message| mistakes.add("published_on", message));
    let points = read_number(&typed.points, IndexPoints::DECIMALS)
        .and_then(|number| number.ok_or_else(|| "Bitte geben Sie den Wert ein, zum Beispiel 118,9.".to_owned()))
        .and_then(|number| {
            IndexPoints::new(number).map_err(|_| "Dieser Wert ist zu groß. Bitte prüfen Sie die Eingabe.".to_owned())
        })
        .map_err(|message| mistakes.add("points", message));
    match (month, published_on, points) {
        (Ok(month), Ok(published_on), Ok(points)) => {
            Ok(NewValue { month, published_on, points, provisional: typed.kind == "provisional" })
        }
        _ => Err(mistakes.0),
    }
}

/// `10/2026`, `10.2026` or `2026-10`: the first day of the month.
fn read_month(text: &str) -> Result<NaiveDate, String> {
    let text = text.trim();
    let parts = text.split_once(['/', '.']).or_else(|| text.split_once('-').map(|(year, month)| (month, year)));
    let read = parts.and_then(|(month, year)| NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1));
    read.filter(|day| (2000..=2100).contains(&day.year())).ok_or_else(|| {
        let shown: String = text.chars().take(20).collect();
        format!("„{shown}“ ist kein Monat. Bitte geben Sie Monat und Jahr ein, zum Beispiel 10/2026.")
    })
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    typed: Typed,
    mistakes: Mistakes,
) -> Result<PriceIndexesPage, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let all = price_indexes::list(&mut tx).await?;
    let chosen = match all.iter().find(|series| series.id.0 == typed.index) {
        None => None,
        Some(series) => Some(Chosen {
            id: series.id.0,
            name: series.name.clone(),
            values: price_indexes::values(&mut tx, series.id).await?.iter().map(|it| value_row(it, actor)).collect(),
        }),
    };
    Ok(PriceIndexesPage {
        frame: frame.titled("Preisindizes"),
        hint: "",
        all: all.iter().map(series_row).collect(),
        chosen,
        typed,
        mistakes,
    })
}

fn series_row(it: &Series) -> SeriesRow {
    SeriesRow {
        address: format!("/verwaltung/preisindizes?index={}", it.id),
        name: it.name.clone(),
        source: it.source.clone(),
        contracts: if it.contracts.is_empty() { "kein Preis nennt ihn".to_owned() } else { it.contracts.join(", ") },
        waiting: match it.waiting {
            0 => String::new(),
            waiting => count(waiting, "Wert wartet auf Freigabe", "Werte warten auf Freigabe"),
        },
    }
}

fn value_row(it: &Value, actor: &Actor) -> ValueRow {
    ValueRow {
        id: it.id,
        month: it.month.map_or_else(|| "–".to_owned(), |month| format!("{:02}/{}", month.month(), month.year())),
        points: German.number(it.points.decimal().normalize()),
        published: day(it.published_on),
        kind: if it.provisional { "vorläufig" } else { "endgültig" },
        state: match (&it.released_by, it.released_at) {
            (by, Some(at)) => {
                let by = by.as_ref().map_or_else(String::new, |name| format!(" von {}", as_typed(name)));
                ("status status--good", format!("freigegeben am {}{by}", day_of(at)))
            }
            (_, None) => ("status status--wait", format!("wartet, erfasst von {}", as_typed(&it.recorded_by_name))),
        },
        waits: it.released_at.is_none(),
        mine: it.recorded_by == actor.person,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_as_people_type_them() {
        let october = NaiveDate::from_ymd_opt(2026, 10, 1).unwrap();
        for typed in ["10/2026", "10.2026", "2026-10", " 10/2026 "] {
            assert_eq!(read_month(typed), Ok(october), "{typed}");
        }
        for typed in ["", "13/2026", "Oktober", "10/26", "1.10.2026"] {
            assert!(read_month(typed).expect_err(typed).contains("zum Beispiel 10/2026"), "{typed}");
        }
    }
}
