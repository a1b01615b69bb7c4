//! `/verwaltung/vertraege/{id}/aenderungen`: what may be done with a contract in force: exercise an
//! option, raise the maximum value under § 132 GWB by two persons, suspend, terminate, note a court's cut.

use abruf_domain::Outcome;
use abruf_domain::activation::ModificationGround;
use abruf_domain::contract_life::{Refill, State as Standing, Step};
use abruf_domain::finding::Finding;
use abruf_domain::ids::ContractId;
use abruf_domain::money::{Net, Volume};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::modify_contract::{self, Modified, Proposal};
use crate::actions::steer_contract::{self, Ground};
use crate::actions::{ActionError, FieldError, exercise_option};
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::{Form, Path, Query};
use crate::http::filters;
use crate::http::finding_view::FindingView;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::meter::Meter;
use crate::http::pages::read_amount::read_amount;
use crate::http::pages::written::{day, day_of, money, percent, read_day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::contract_changes::{self, EventRow, ModificationRow};
use crate::storage::contract_terms;
use crate::storage::contracts::{self, Contract};

/// Grounds of an increase, with the words users read.
const GROUNDS: &[(&str, &str)] = &[
    ("minor", "geringfügig (§ 132 Abs. 3 GWB)"),
    ("additional", "zusätzliche Leistungen (§ 132 Abs. 2 Nr. 2 GWB)"),
    ("unforeseen", "unvorhersehbare Umstände (§ 132 Abs. 2 Nr. 3 GWB)"),
    ("review_clause", "Überprüfungsklausel des Vertrags (§ 132 Abs. 2 Nr. 1 GWB)"),
];

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/contract_changes.html")]
pub struct ContractChangesPage {
    frame: Frame,
    it: Contract,
    meter: Meter,
    state: Standing,
    steps: Vec<(&'static str, &'static str)>,
    options: Vec<(Uuid, String, bool)>,
    done: Vec<String>,
    waiting: Option<(Uuid, String, bool)>,
    events: Vec<(String, String)>,
    refused: Vec<FindingView>,
    typed: Typed,
    mistakes: Mistakes,
    hint: &'static str,
}

impl ContractChangesPage {
    fn action(&self) -> String {
        format!("/verwaltung/vertraege/{}/aenderungen", self.it.id)
    }

    /// Only an increase or cancelled call-offs bring volume back.
    fn is_exhausted(&self) -> bool {
        self.state.refills().contains(&Refill::Modification)
    }
}

/// Every field of the page; each form sends its own.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// step, cut, option, increase, release or take_back.
    form: String,
    step: String,
    effective_on: String,
    reason: String,
    document: String,
    limit: String,
    option: Uuid,
    exercised_on: String,
    option_document: String,
    modification: Uuid,
    ground: String,
    increase: String,
    works: String,
    publication: String,
    clause: String,
    increase_document: String,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    hinweis: String,
}

/// `GET /verwaltung/vertraege/{id}/aenderungen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<ContractChangesPage>, Problem> {
    let hint = match asked.hinweis.as_str() {
        "gespeichert" => "Gespeichert.",
        "vorgeschlagen" => "Vorgeschlagen. Eine zweite Person der Geschäftsstelle gibt die Erhöhung hier frei.",
        "erhoeht" => "Freigegeben. Der neue Höchstwert gilt.",
        _ => "",
    };
    Ok(Page(page(&app, &actor, frame, id, Typed::default(), Mistakes::default(), hint).await?))
}

/// `POST /verwaltung/vertraege/{id}/aenderungen`
pub async fn change(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let mut mistakes = Mistakes::default();
    let done = act(&app, &actor, ContractId(id), &typed, &mut mistakes).await;
    let refused = match done {
        Ok(Done::Said(hint)) => {
            return Ok(Redirect::to(&format!("/verwaltung/vertraege/{id}/aenderungen?hinweis={hint}")).into_response());
        }
        Ok(Done::Refused(findings)) => findings,
        Err(ActionError::Invalid(errors)) => {
            mistakes.0.extend(errors);
            Vec::new()
        }
        Err(error) => return Err(error.into()),
    };
    let mut page = page(&app, &actor, frame.with_mistakes(), id, typed, mistakes, "").await?;
    let currency = page.it.currency.clone();
    page.refused = refused
        .iter()
        .filter(|finding| finding.outcome == Outcome::Block)
        .map(|finding| FindingView::on_page(finding, &currency))
        .collect();
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

enum Done {
    Said(&'static str),
    Refused(Vec<Finding>),
}

async fn act(
    app: &App,
    actor: &Actor,
    id: ContractId,
    typed: &Typed,
    mistakes: &mut Mistakes,
) -> Result<Done, ActionError> {
    let stop = |mistakes: &mut Mistakes| Err(ActionError::Invalid(std::mem::take(&mut mistakes.0)));
    match typed.form.as_str() {
        "option" => {
            let missing = "Bitte geben Sie den Tag ein, an dem die Option ausgeübt wurde.";
            let Some(on) = needed(mistakes, "exercised_on", &typed.exercised_on, missing) else {
                return stop(mistakes);
            };
            exercise_option::exercise(app, actor, id, typed.option, on, &typed.option_document)
                .await
                .map_err(|error| renamed(error, "document", "option_document"))?;
            Ok(Done::Said("gespeichert"))
        }
        "increase" => {
            let increase = read_amount(&typed.increase).and_then(|amount| {
                amount
                    .map(Net::new)
                    .transpose()
                    .map_err(|_| "Dieser Betrag ist zu groß. Bitte prüfen Sie die Eingabe.".to_owned())
            });
            let increase =
                increase.map_err(|message| ActionError::Invalid(vec![FieldError::new("increase", message)]))?;
            let proposal = Proposal {
                ground: contract_changes::ground_of(&typed.ground).unwrap_or(ModificationGround::Minor),
                increase: increase.unwrap_or(Net::ZERO),
                works: !typed.works.is_empty(),
                publication: typed.publication.clone(),
                clause: typed.clause.clone(),
                document: typed.increase_document.clone(),
            };
            let done = modify_contract::propose(app, actor, id, &proposal).await;
            Ok(told(done.map_err(|error| renamed(error, "document", "increase_document"))?, "vorgeschlagen"))
        }
        "release" => Ok(told(modify_contract::release(app, actor, id, typed.modification).await?, "erhoeht")),
        "take_back" => {
            modify_contract::take_back(app, actor, id, typed.modification).await?;
            Ok(Done::Said("gespeichert"))
        }
        form => {
            let missing = "Bitte geben Sie den Tag ein, von dem an es gilt.";
            let Some(effective_on) = needed(mistakes, "effective_on", &typed.effective_on, missing) else {
                return stop(mistakes);
            };
            let ground = Ground { effective_on, reason: typed.reason.clone(), document: typed.document.clone() };
            if form == "cut" {
                let limit = read_amount(&typed.limit)
                    .and_then(|amount| amount.ok_or_else(|| "Bitte geben Sie den neuen Höchstwert ein.".to_owned()))
                    .and_then(|amount| Volume::new(amount).map_err(|_| "Dieser Betrag ist zu groß.".to_owned()))
                    .map_err(|message| ActionError::Invalid(vec![FieldError::new("limit", message)]))?;
                steer_contract::cut_ceiling(app, actor, id, limit, &ground).await?;
                return Ok(Done::Said("gespeichert"));
            }
            let Some(step) = Step::ALL.iter().copied().find(|step| step.key() == typed.step) else {
                mistakes.add("step", "Bitte wählen Sie, was mit dem Vertrag geschieht.");
                return stop(mistakes);
            };
            steer_contract::steer(app, actor, id, step, &ground).await?;
            Ok(Done::Said("gespeichert"))
        }
    }
}

fn told(done: Modified, hint: &'static str) -> Done {
    match done {
        Modified::Done => Done::Said(hint),
        Modified::Refused(findings) => Done::Refused(findings),
    }
}

/// One page, several documents: the field of the form, not of the action.
fn renamed(error: ActionError, from: &str, to: &str) -> ActionError {
    match error {
        ActionError::Invalid(mut errors) => {
            for error in errors.iter_mut().filter(|error| error.field == from) {
                to.clone_into(&mut error.field);
            }
            ActionError::Invalid(errors)
        }
        other => other,
    }
}

fn needed(mistakes: &mut Mistakes, field: &str, text: &str, missing: &str) -> Option<NaiveDate> {
    match read_day(text) {
        Ok(Some(day)) => return Some(day),
        Ok(None) => mistakes.add(field, missing),
        Err(message) => mistakes.add(field, message),
    }
    None
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: Uuid,
    typed: Typed,
    mistakes: Mistakes,
    hint: &'static str,
) -> Result<ContractChangesPage, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let contract = ContractId(id);
    let it = contracts::find(&mut tx, contract).await?.ok_or_else(Problem::not_found)?;
    let state = steer_contract::state(&it, app.clock.today())?;
    let options = contract_changes::option_rows(&mut tx, contract).await?;
    let words = contract_terms::options(&mut tx, contract).await?;
    let rows = contract_changes::modifications(&mut tx, contract).await?;
    let events = contract_changes::events(&mut tx, contract).await?;
    let waiting = rows.iter().find(|row| row.decided_at.is_none());
    Ok(ContractChangesPage {
        frame: frame.titled(format!("Änderungen {}", it.number)),
        meter: Meter::of(&it.ceiling, &it.currency),
        steps: if state.is_writable() {
            Vec::new()
        } else {
            state.steps().map(|step| (step.key(), step.german())).collect()
        },
        state,
        options: options
            .into_iter()
            .zip(&words)
            .map(|((option, exercised), row)| (option, super::contract_file::option_words(row), exercised))
            .collect(),
        done: rows
            .iter()
            .filter(|row| row.released == Some(true))
            .map(|row| increase_words(row, &it.currency))
            .collect(),
        waiting: waiting.map(|row| (row.id, increase_words(row, &it.currency), row.recorded_by == actor.person)),
        events: events.iter().map(event_words).collect(),
        refused: Vec::new(),
        it,
        typed,
        mistakes,
        hint,
    })
}

fn increase_words(row: &ModificationRow, currency: &str) -> String {
    let amount = |net: Net| money(net.decimal(), currency);
    let ground =
        GROUNDS.iter().find(|(key, _)| *key == contract_changes::ground_key(row.ground)).map_or("", |(_, word)| word);
    let share =
        row.increase.percent_of(row.initial).map(|share| format!(" ({} von {})", percent(share), amount(row.initial)));
    format!(
        "Erhöhung um {}{}, {ground}, {}, vorgeschlagen am {} von {}",
        amount(row.increase),
        share.unwrap_or_default(),
        row.document,
        day_of(row.recorded_at),
        row.recorded_by_name
    )
}

fn event_words(row: &EventRow) -> (String, String) {
    let step = match row.step.as_str() {
        "cut_ceiling" => "Höchstwert gekürzt",
        key => Step::ALL.iter().find(|step| step.key() == key).map_or("", |step| step.german()),
    };
    let who = row.person.as_deref().unwrap_or("unbekannt");
    (
        format!("{step} zum {}", day(row.effective_on)),
        format!("{} Beleg: {}. Eingetragen am {} von {who}.", row.reason, row.document, day_of(row.at)),
    )
}
