//! `/haushalt/konten`: what is available on the member's accounts, entered by hand; and
//! `/haushalt/konten/einspielen`, from a file: looked at first, written when confirmed.

use abruf_domain::money::Gross;
use abruf_domain::notation::Language;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;

use crate::actions::write_budget::{self, Figure, Preview};
use crate::actions::{ActionError, FieldError};
use crate::actor::Actor;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Form, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::read_amount::read_amount;
use crate::http::pages::written::{day, money, read_day};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::budgets::{self, AccountYear};

/// Accounts are kept in the currency of the member's budget.
const CURRENCY: &str = "EUR";
/// Figures of a file shown in the preview; the rest is counted.
const SHOWN: usize = 50;

/// The list with its form.
#[derive(askama::Template)]
#[template(path = "pages/budget_accounts.html")]
pub struct BudgetAccountsPage {
    frame: Frame,
    hint: &'static str,
    this_year: i32,
    rows: Vec<Row>,
    typed: Typed,
    mistakes: Mistakes,
}

/// A figure.
struct Row {
    account: String,
    name: String,
    year: i32,
    /// What it stands for: money of the year, or an authorisation for a later one.
    kind: &'static str,
    available: String,
    notes: Vec<String>,
}

/// The form.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Typed {
    account: String,
    name: String,
    year: String,
    available: String,
    provisional_until: String,
    overrun_approval: String,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    hinweis: String,
}

/// `GET /haushalt/konten`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<BudgetAccountsPage>, Problem> {
    let mut page = page(&app, &actor, frame, Typed::default(), Mistakes::default()).await?;
    page.hint = match asked.hinweis.as_str() {
        "gespeichert" => "Gespeichert. Der Betrag gilt mit Stand von heute.",
        "eingespielt" => "Die Datei ist eingespielt.",
        _ => "",
    };
    Ok(Page(page))
}

/// `POST /haushalt/konten`
pub async fn enter(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let done = match read(&typed, app.clock.today()) {
        Ok(new) => write_budget::enter(&app, &actor, &new).await,
        Err(errors) => Err(ActionError::Invalid(errors)),
    };
    match done {
        Ok(()) => Ok(Redirect::to("/haushalt/konten?hinweis=gespeichert").into_response()),
        Err(ActionError::Invalid(errors)) => {
            let page = page(&app, &actor, frame.with_mistakes(), typed, Mistakes(errors)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn read(typed: &Typed, today: NaiveDate) -> Result<AccountYear, Vec<FieldError>> {
    let mut mistakes = Mistakes::default();
    let year = typed.year.trim().parse().ok();
    if year.is_none() {
        mistakes.add(
            "year",
            format!("Bitte geben Sie das Haushaltsjahr mit vier Ziffern ein, zum Beispiel {}.", today.year()),
        );
    }
    let available = read_amount(&typed.available)
        .and_then(|it| {
            it.ok_or_else(|| "Bitte geben Sie den verfügbaren Betrag ein, zum Beispiel 1.234,50.".to_owned())
        })
        .and_then(|it| {
            Gross::new(it).map_err(|_| "Dieser Betrag ist zu groß. Bitte prüfen Sie die Eingabe.".to_owned())
        })
        .map_err(|message| mistakes.add("available", message));
    let until = read_day(&typed.provisional_until).map_err(|message| mistakes.add("provisional_until", message));
    match (year, available, until) {
        (Some(year), Ok(available), Ok(provisional_until)) => Ok(AccountYear {
            account: typed.account.clone(),
            name: typed.name.clone(),
            year,
            available,
            overrun_approval: Some(typed.overrun_approval.clone()),
            provisional_until,
            imported: false,
            as_of: today,
        }),
        _ => Err(mistakes.0),
    }
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    typed: Typed,
    mistakes: Mistakes,
) -> Result<BudgetAccountsPage, Problem> {
    let this_year = app.clock.today().year();
    let mut tx = app.db.begin(actor).await?;
    let figures = budgets::account_years(&mut tx, actor.organisation, this_year - 1).await?;
    let typed = if typed.year.is_empty() { Typed { year: this_year.to_string(), ..typed } } else { typed };
    Ok(BudgetAccountsPage {
        frame: frame.titled("Konten"),
        hint: "",
        this_year,
        rows: figures.into_iter().map(|it| row(it, this_year)).collect(),
        typed,
        mistakes,
    })
}

fn row(it: AccountYear, this_year: i32) -> Row {
    let mut notes =
        vec![format!("{}, Stand {}", if it.imported { "eingespielt" } else { "eingetragen" }, day(it.as_of))];
    notes.extend(it.provisional_until.map(|until| format!("vorläufige Haushaltsführung bis {}", day(until))));
    notes.extend(it.overrun_approval.map(|approval| format!("Überschreitung genehmigt: {}", as_typed(approval))));
    Row {
        account: it.account,
        name: it.name,
        year: it.year,
        kind: if this_year < it.year { "Verpflichtungsermächtigung" } else { "Ansatz, verfügbar" },
        available: money(it.available.decimal(), CURRENCY),
        notes,
    }
}

/// The page of a file.
#[derive(askama::Template)]
#[template(path = "pages/budget_import.html")]
pub struct BudgetImportPage {
    frame: Frame,
    preview: Option<PreviewView>,
    typed: TypedFile,
    mistakes: Mistakes,
}

/// What a file would do, in words.
struct PreviewView {
    sentence: String,
    rows: Vec<PreviewRow>,
    /// Figures beyond those shown.
    more: usize,
}

/// A figure of a file.
struct PreviewRow {
    account: String,
    name: String,
    year: i32,
    before: String,
    after: String,
    provisional: String,
}

/// The form of a file.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct TypedFile {
    /// ansehen or uebernehmen.
    schritt: String,
    as_of: String,
    csv: String,
}

/// `GET /haushalt/konten/einspielen`
pub async fn show_import(State(app): State<App>, frame: Frame) -> Page<BudgetImportPage> {
    let typed = TypedFile { as_of: day(app.clock.today()), ..TypedFile::default() };
    Page(BudgetImportPage {
        frame: frame.titled("Mittel einspielen"),
        preview: None,
        typed,
        mistakes: Mistakes::default(),
    })
}

/// `POST /haushalt/konten/einspielen`
pub async fn import(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Form(typed): Form<TypedFile>,
) -> Result<Response, Problem> {
    let missing = || "Bitte geben Sie den Stand der Zahlen ein, zum Beispiel 01.03.2027.".to_owned();
    let as_of = read_day(&typed.as_of).and_then(|it| it.ok_or_else(missing));
    let confirmed = typed.schritt == "uebernehmen";
    let looked = match as_of {
        Ok(as_of) if confirmed => write_budget::import(&app, &actor, &typed.csv, as_of).await,
        Ok(as_of) => write_budget::preview(&app, &actor, &typed.csv, as_of).await,
        Err(message) => Err(ActionError::Invalid(vec![FieldError::new("as_of", message)])),
    };
    let frame = frame.titled("Mittel einspielen");
    match looked {
        Ok(_) if confirmed => Ok(Redirect::to("/haushalt/konten?hinweis=eingespielt").into_response()),
        Ok(preview) => {
            let preview = Some(view(&preview));
            Ok(Page(BudgetImportPage { frame, preview, typed, mistakes: Mistakes::default() }).into_response())
        }
        Err(ActionError::Invalid(errors)) => {
            let frame = frame.with_mistakes();
            let page = BudgetImportPage { frame, preview: None, typed, mistakes: Mistakes(errors) };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn view(preview: &Preview) -> PreviewView {
    PreviewView {
        sentence: preview.report.sentence(),
        rows: preview.figures.iter().take(SHOWN).map(preview_row).collect(),
        more: preview.figures.len().saturating_sub(SHOWN),
    }
}

fn preview_row(figure: &Figure) -> PreviewRow {
    let amount = |it: &AccountYear| Language::German.money(it.available.decimal(), CURRENCY);
    let kept_name = figure.before.as_ref().map(|before| before.name.clone()).filter(|_| figure.new.name.is_empty());
    PreviewRow {
        account: figure.new.account.clone(),
        name: kept_name.unwrap_or_else(|| figure.new.name.clone()),
        year: figure.new.year,
        before: figure.before.as_ref().map_or_else(|| "neu".to_owned(), amount),
        after: amount(&figure.new),
        provisional: figure
            .new
            .provisional_until
            .map(|until| format!("vorläufig bis {}", day(until)))
            .unwrap_or_default(),
    }
}
