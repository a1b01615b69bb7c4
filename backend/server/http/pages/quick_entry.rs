//! `/abrufe/{id}/schnellerfassung`: whoever knows the numbers pastes a list. What is right goes into the draft, what
//! is not stays in the field, line by line with its reason. Nothing is written unless all of it is right, or somebody
//! says so.

use abruf_domain::ids::CallOffId;
use abruf_domain::money::Quantity;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::ActionError;
use crate::actions::draft_call_off::{self, LineInput, MOST_LINES, Preview};
use crate::app::App;
use crate::http::extract::{Form, Path};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::draft::{self, Away, contract_line};
use crate::http::pages::draft_lines::unknown;
use crate::http::pages::line_entries::saved_entries;
use crate::http::pages::pasted_list::{Bad, Good, read};
use crate::http::pages::written::{count, quantity};
use crate::http::session::SignedIn;

/// Longest list, in characters: far more than a call-off has lines.
const LONGEST: usize = 100_000;

#[derive(askama::Template)]
#[template(path = "pages/quick_entry.html")]
struct QuickEntryPage {
    frame: Frame,
    id: CallOffId,
    contract: String,
    version: i32,
    list: String,
    replace: bool,
    /// The draft has lines: then it matters what becomes of them.
    has_lines: bool,
    bad: Vec<Bad>,
    /// How many lines could be taken over as they are.
    good: String,
    /// What was just taken over.
    taken: String,
    mistakes: Mistakes,
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Sent {
    version: String,
    liste: String,
    art: String,
    /// Take over what is right although some lines are not.
    teilweise: String,
}

/// `GET /abrufe/{id}/schnellerfassung`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Response, Away> {
    let preview = draft::own(&app, &actor, CallOffId(id)).await?;
    Ok(Page(page(frame, &preview, Sent::default())).into_response())
}

/// `POST /abrufe/{id}/schnellerfassung`
pub async fn save(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(sent): Form<Sent>,
) -> Result<Response, Away> {
    let id = CallOffId(id);
    let preview = draft::own(&app, &actor, id).await?;
    if let Some(message) = unreadable(&sent.liste) {
        return Ok(refused(frame, &preview, sent, StatusCode::UNPROCESSABLE_ENTITY, message));
    }
    let (mut good, mut bad) = read(&sent.liste);
    // Numbers that the contract does not have are wrong lines, too.
    let inputs: Vec<LineInput> =
        good.iter().map(|it| LineInput::new(it.article_number.clone(), it.quantity.clone())).collect();
    let strangers = unknown(&app, &actor, preview.call_off.contract, &inputs).await?;
    for stranger in strangers.into_iter().rev() {
        let at = stranger.field.split(['[', ']']).nth(1).and_then(|number| number.parse::<usize>().ok());
        if let Some(at) = at.filter(|at| *at < good.len()) {
            let Good { line, text, .. } = good.remove(at);
            bad.push(Bad { line, text, message: stranger.message });
        }
    }
    bad.sort_by_key(|it| it.line);
    if good.is_empty() || (!bad.is_empty() && sent.teilweise.is_empty()) {
        let mut page = page(frame.with_mistakes(), &preview, sent);
        page.good = if good.is_empty() { String::new() } else { lines(good.len()) };
        page.bad = bad;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response());
    }
    let merged = merged(&preview, &good, sent.art == "ersetzen");
    match draft_call_off::save_lines(&app, &actor, id, draft::version(&sent.version), &merged).await {
        Ok(_) if bad.is_empty() => Ok(Redirect::to(&format!("/abrufe/{id}/positionen")).into_response()),
        Ok(_) => {
            // What was not right stays to be corrected.
            let preview = draft::own(&app, &actor, id).await?;
            let list = bad.iter().map(|it| it.text.as_str()).collect::<Vec<_>>().join("\n");
            let numbered = bad.into_iter().enumerate().map(|(index, it)| Bad { line: index + 1, ..it }).collect();
            let mut page = page(frame.with_mistakes(), &preview, Sent { liste: list, ..Sent::default() });
            page.bad = numbered;
            page.taken = lines(good.len());
            Ok(Page(page).into_response())
        }
        Err(ActionError::Invalid(errors)) => {
            let message = errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join(" ");
            Ok(refused(frame, &preview, sent, StatusCode::UNPROCESSABLE_ENTITY, message))
        }
        Err(error) => {
            let (status, mistakes) = draft::mistakes(error, id)?;
            let preview = draft::own(&app, &actor, id).await?;
            let message = mistakes.0.into_iter().map(|error| error.message).collect::<Vec<_>>().join(" ");
            Ok(refused(frame, &preview, sent, status, message))
        }
    }
}

fn unreadable(list: &str) -> Option<String> {
    let length = list.chars().count();
    if list.trim().is_empty() {
        Some("Bitte fügen Sie eine Liste ein: je Zeile eine Artikelnummer und eine Menge.".to_owned())
    } else if LONGEST < length {
        Some(format!(
            "Die Liste ist zu lang. Ein Abruf hat höchstens {MOST_LINES} Positionen. Bitte teilen Sie sie auf."
        ))
    } else if list.contains('\0') {
        Some("Die Liste enthält ein unsichtbares Zeichen. Bitte fügen Sie sie als reinen Text ein.".to_owned())
    } else {
        None
    }
}

fn refused(frame: Frame, preview: &Preview, sent: Sent, status: StatusCode, message: String) -> Response {
    let mut page = page(frame.with_mistakes(), preview, sent);
    page.mistakes.add("liste", message);
    (status, Page(page)).into_response()
}

/// The lines of the draft with those of the list; quantities of one article are added up.
fn merged(preview: &Preview, good: &[Good], replace: bool) -> Vec<LineInput> {
    let before = saved_entries(preview);
    let mut lines: Vec<LineInput> = if replace { Vec::new() } else { before.iter().map(|it| it.input()).collect() };
    for it in good {
        match lines.iter_mut().find(|line| line.article_number == it.article_number) {
            Some(line) => line.quantity = sum(&line.quantity, &it.quantity),
            None => lines.push(LineInput::new(it.article_number.clone(), it.quantity.clone())),
        }
    }
    lines
}

/// Both have been read before; what cannot be added is left for the action to refuse.
fn sum(first: &str, second: &str) -> String {
    match (draft_call_off::parse_quantity(first), draft_call_off::parse_quantity(second)) {
        (Ok(first), Ok(second)) => quantity([first, second].into_iter().sum::<Quantity>()),
        _ => second.to_owned(),
    }
}

fn lines(number: usize) -> String {
    count(i64::try_from(number).unwrap_or(i64::MAX), "Zeile", "Zeilen")
}

fn page(frame: Frame, preview: &Preview, sent: Sent) -> QuickEntryPage {
    QuickEntryPage {
        frame: frame.titled("Schnellerfassung"),
        id: preview.call_off.id,
        contract: contract_line(preview),
        version: preview.call_off.version,
        list: sent.liste,
        replace: sent.art == "ersetzen",
        has_lines: !preview.lines.is_empty(),
        bad: Vec::new(),
        good: String::new(),
        taken: String::new(),
        mistakes: Mistakes::default(),
    }
}
