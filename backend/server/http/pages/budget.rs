//! `/haushalt`: what waits for the treasurer first, then what the member keeps of its budget.

use abruf_domain::checks;
use abruf_domain::facts::BudgetMode;
use abruf_domain::finding::Addressee;
use abruf_domain::notation::Language;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::actions::{ActionError, FieldError, set_budget_mode};
use crate::actor::Actor;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Form, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::written::{count, day, day_of, money, read_day, runs_out};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::budgets::ModeEntry;
use crate::storage::{budget_confirmations, budgets, tasks};

/// Entries about the mode shown; all stand in the log.
const ENTRIES: i64 = 5;
/// More than anybody leaves open.
const MOST: i64 = 200;

/// Modes to choose from, with the words users read.
pub const MODES: &[(&str, &str)] = &[
    ("reference_only", "nur Kontierung: Abruf nennt Konto oder Kostenstelle, keine Beträge"),
    ("confirmed", "Bestätigung: die Kämmerei bestätigt die Mittel jedes Abrufs"),
    ("imported", "Abgleich: eingespielte Mittel, abzüglich eigener Abrufe"),
];

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/budget.html")]
pub struct BudgetPage {
    frame: Frame,
    hint: &'static str,
    waiting: Vec<Row>,
    count: String,
    mode: &'static str,
    explained: &'static str,
    entries: Vec<String>,
    typed: Typed,
    mistakes: Mistakes,
}

/// Something that waits.
struct Row {
    address: String,
    title: String,
    text: String,
    note: String,
}

/// The form.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Typed {
    mode: String,
    valid_from: String,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    hinweis: String,
}

/// `GET /haushalt`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<BudgetPage>, Problem> {
    let mut page = page(&app, &actor, frame, Typed::default(), Mistakes::default()).await?;
    page.hint = match asked.hinweis.as_str() {
        "bestaetigt" => "Die Mittel sind bestätigt. Der Abruf kann jetzt freigegeben werden.",
        "betriebsart" => "Die Betriebsart ist gespeichert.",
        _ => "",
    };
    Ok(Page(page))
}

/// `POST /haushalt/betriebsart`
pub async fn set_mode(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let read = BudgetMode::from_key(&typed.mode)
        .ok_or_else(|| FieldError::new("mode", "Bitte wählen Sie eine der drei Betriebsarten aus."));
    let valid_from = read_day(&typed.valid_from)
        .map(|day| day.unwrap_or_else(|| app.clock.today()))
        .map_err(|message| FieldError::new("valid_from", message));
    let done = match (read, valid_from) {
        (Ok(mode), Ok(valid_from)) => set_budget_mode::set(&app, &actor, mode, valid_from).await,
        (mode, valid_from) => Err(ActionError::Invalid(mode.err().into_iter().chain(valid_from.err()).collect())),
    };
    match done {
        Ok(()) => Ok(Redirect::to("/haushalt?hinweis=betriebsart").into_response()),
        Err(ActionError::Invalid(errors)) => {
            let page = page(&app, &actor, frame.with_mistakes(), typed, Mistakes(errors)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(app: &App, actor: &Actor, frame: Frame, typed: Typed, mistakes: Mistakes) -> Result<BudgetPage, Problem> {
    let (now, today) = (app.clock.now(), app.clock.today());
    let mut tx = app.db.begin(actor).await?;
    let mut waiting = Vec::new();
    for it in budget_confirmations::awaiting(&mut tx, actor.organisation, today).await? {
        let account = if it.account.is_empty() { "ohne Konto".to_owned() } else { format!("Konto {}", it.account) };
        waiting.push((
            it.expires_at,
            Row {
                address: format!("/haushalt/abrufe/{}", it.id),
                title: format!("Mittel bestätigen: {}", money(it.due.decimal(), &it.currency)),
                text: format!("{}, {}, {}, {account}", it.case_number, as_typed(&it.contract), as_typed(&it.requester)),
                note: runs_out(it.expires_at, now),
            },
        ));
    }
    for addressee in [Addressee::Treasurer, Addressee::InvoiceClerk] {
        for it in tasks::owed(&mut tx, addressee, MOST).await? {
            let rule = checks::by_id(&it.rule).map_or(it.rule.as_str(), |rule| rule.texts.title(Language::German));
            waiting.push((
                it.expires_at.unwrap_or(now),
                Row {
                    address: format!("/abrufe/{}#regel-{}", it.id, it.rule),
                    title: format!("Begründung „{rule}“"),
                    text: format!("{}, {}", it.case_number, it.contract_number),
                    note: it.expires_at.map(|until| runs_out(until, now)).unwrap_or_default(),
                },
            ));
        }
    }
    waiting.sort_by_key(|(expires_at, _)| *expires_at);
    let mode = budgets::mode_on(&mut tx, actor.organisation, today).await?;
    let entries = budgets::modes(&mut tx, actor.organisation, ENTRIES).await?;
    let number = i64::try_from(waiting.len()).unwrap_or(i64::MAX);
    Ok(BudgetPage {
        frame: frame.titled("Haushalt"),
        hint: "",
        count: count(number, "Aufgabe offen", "Aufgaben offen"),
        waiting: waiting.into_iter().map(|(_, row)| row).collect(),
        mode: mode.german(),
        explained: explained(mode),
        entries: entries.iter().map(entry).collect(),
        typed: if typed.mode.is_empty() { Typed { mode: mode.key().to_owned(), ..typed } } else { typed },
        mistakes,
    })
}

const fn explained(mode: BudgetMode) -> &'static str {
    match mode {
        BudgetMode::ReferenceOnly => {
            "Abrufe nennen Konto oder Kostenstelle. Abruf prüft keine Beträge; das tut Ihr Haushaltsverfahren."
        }
        BudgetMode::Confirmed => {
            "Jeder Abruf wartet vor der Freigabe auf die Bestätigung der Kämmerei. Wer anfordert, bestätigt nicht."
        }
        BudgetMode::Imported => {
            "Jeder Abruf nennt sein Konto. Geprüft wird gegen die eingespielten Mittel, abzüglich der eigenen offenen Anfragen und der Abrufe seit dem Stand der Zahlen."
        }
    }
}

/// „ab 01.01.2027: …, festgelegt am 22.11.2026 von …“
fn entry(it: &ModeEntry) -> String {
    let by = it.set_by.as_ref().map_or_else(String::new, |name| format!(" von {}", as_typed(name)));
    format!("ab {}: {}, festgelegt am {}{by}", day(it.valid_from), it.mode.german(), day_of(it.set_at))
}
