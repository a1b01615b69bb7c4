//! `/abrufe/{id}/wiederholen`: what was ordered before, quantities and period to be changed, then straight
//! to the summary. Three screens in all: this one, the summary, the confirmation.

use abruf_domain::ids::CallOffId;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use crate::actions::draft_call_off::{self, LineInput, Preview};
use crate::actions::{ActionError, FieldError};
use crate::app::App;
use crate::http::extract::{Form, Path};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::draft::{self, Away, contract_line};
use crate::http::pages::period_fields::{PeriodFields, read_period};
use crate::http::pages::written::{day, quantity};
use crate::http::session::SignedIn;
use crate::storage::call_offs::Details;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/repeat.html")]
struct RepeatPage {
    frame: Frame,
    id: CallOffId,
    contract: String,
    version: i32,
    rows: Vec<Row>,
    /// The period, where the draft has one or needs one.
    period: Option<PeriodFields>,
    need: String,
    mistakes: Mistakes,
}

/// A line with the quantity as typed.
struct Row {
    /// Name of its field: `quantity_1`.
    field: String,
    /// Title or article number.
    title: String,
    unit: String,
    typed: String,
    error: Option<String>,
}

/// What the form sent.
struct Typed(Vec<(String, String)>);

impl Typed {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim())
    }
}

/// `GET /abrufe/{id}/wiederholen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Response, Away> {
    let preview = draft::own(&app, &actor, CallOffId(id)).await?;
    Ok(Page(page(frame, &preview, &Typed(Vec::new()), Mistakes::default())).into_response())
}

/// `POST /abrufe/{id}/wiederholen`: saves and goes on to the summary.
pub async fn save(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Away> {
    let id = CallOffId(id);
    let typed = Typed(fields);
    let before = draft::own(&app, &actor, id).await?;
    let saved = match read(&before, &typed) {
        Err(errors) => Err(ActionError::Invalid(errors)),
        Ok((lines, details)) => {
            let seen = draft::version(typed.get("version").unwrap_or_default());
            match draft_call_off::save_lines(&app, &actor, id, seen, &lines).await {
                Ok(version) => draft_call_off::save_details(&app, &actor, id, version, &details).await,
                Err(error) => Err(error),
            }
        }
    };
    match saved {
        Ok(_) => Ok(Redirect::to(&format!("/abrufe/{id}/zusammenfassung")).into_response()),
        Err(error) => {
            let (status, mistakes) = draft::mistakes(error, id)?;
            let preview = draft::own(&app, &actor, id).await?;
            Ok((status, Page(page(frame.with_mistakes(), &preview, &typed, mistakes))).into_response())
        }
    }
}

/// The lines that stay and the details; an empty quantity or none takes a line out.
fn read(before: &Preview, typed: &Typed) -> Result<(Vec<LineInput>, Details), Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut lines = Vec::new();
    for line in &before.lines {
        let field = field_of(line.position);
        let amount = match typed.get(&field) {
            None => quantity(line.quantity),
            Some("" | "0") => continue,
            Some(typed) => typed.to_owned(),
        };
        let input = LineInput::new(line.article_number.clone(), amount);
        if let Err(wrong) = draft_call_off::check_lines(std::slice::from_ref(&input)) {
            errors.extend(wrong.into_iter().map(|error| FieldError::new(field.clone(), error.message)));
        }
        lines.push(input);
    }
    if lines.is_empty() && errors.is_empty() {
        let message = "Bitte lassen Sie mindestens eine Position stehen, mit einer Menge über 0.";
        let first = before.lines.first().map_or_else(|| "formular".to_owned(), |line| field_of(line.position));
        errors.push(FieldError::new(first, message));
    }
    let mut details = before.call_off.details.clone();
    if let (Some(from), Some(to)) = (typed.get("performance_from"), typed.get("performance_to")) {
        match read_period(&PeriodFields::typed(from, to)) {
            Ok(period) => details.performance = period,
            Err(wrong) => errors.extend(wrong),
        }
    }
    if let Some(need) = typed.get("need") {
        details.need = need.replace("\r\n", "\n");
    }
    if errors.is_empty() { Ok((lines, details)) } else { Err(errors) }
}

fn field_of(position: i32) -> String {
    format!("quantity_{position}")
}

fn page(frame: Frame, preview: &Preview, typed: &Typed, mistakes: Mistakes) -> RepeatPage {
    let details = &preview.call_off.details;
    let rows = preview
        .lines
        .iter()
        .map(|line| {
            let field = field_of(line.position);
            let item = preview.facts.contract.items.iter().find(|item| item.article_number == line.article_number);
            Row {
                title: item.map_or_else(|| line.article_number.clone(), |item| item.title.clone()),
                unit: item.map(|item| item.unit.clone()).unwrap_or_default(),
                typed: typed.get(&field).map_or_else(|| quantity(line.quantity), str::to_owned),
                error: mistakes.at(&field).map(str::to_owned),
                field,
            }
        })
        .collect();
    let needs_period =
        preview.review.gaps.iter().any(|gap| matches!(gap, abruf_domain::review::Gap::PerformanceMissing { .. }));
    let period = (details.performance.is_some() || needs_period).then(|| {
        let saved = PeriodFields {
            from: details.performance.map(|it| day(it.from())).unwrap_or_default(),
            to: details.performance.map(|it| day(it.to())).unwrap_or_default(),
        };
        PeriodFields {
            from: typed.get("performance_from").map_or(saved.from, str::to_owned),
            to: typed.get("performance_to").map_or(saved.to, str::to_owned),
        }
    });
    RepeatPage {
        frame: frame.titled("Noch einmal abrufen"),
        id: preview.call_off.id,
        contract: contract_line(preview),
        version: preview.call_off.version,
        rows,
        period,
        need: typed.get("need").map_or_else(|| details.need.clone(), str::to_owned),
        mistakes,
    }
}
