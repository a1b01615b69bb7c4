//! `/verwaltung/vertraege/{id}/vergleichspreise/einspielen`: past purchases from a spreadsheet. Uploaded, looked at row by row, and
//! recorded as baselines that wait for their second person once somebody has confirmed.

use std::collections::BTreeMap;

use abruf_domain::facts::Per;
use abruf_domain::ids::ContractId;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use crate::actions::import::purchases::{MOST_PURCHASES, REQUIRED};
use crate::actions::import_baselines::{self, Preview, Proposal};
use crate::actions::{ActionError, FieldError};
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::{Form, Path};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::written::{count, day, unit_price};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::http::upload::Upload;
use crate::storage::contracts::Contract;

/// Mistakes of a file shown; the rest is counted.
const SHOWN: usize = 100;
/// Field of a row.
const ROW: &str = "zeile-";

/// The page of the upload.
#[derive(askama::Template)]
#[template(path = "pages/baseline_import.html")]
pub struct BaselineImportPage {
    frame: Frame,
    it: Contract,
    columns: String,
    most: usize,
    mistakes: Mistakes,
}

/// `GET /verwaltung/vertraege/{id}/vergleichspreise/einspielen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Page<BaselineImportPage>, Problem> {
    Ok(Page(page(&app, &actor, frame, id, Mistakes::default()).await?))
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: Uuid,
    mistakes: Mistakes,
) -> Result<BaselineImportPage, Problem> {
    Ok(BaselineImportPage {
        frame: frame.titled("Einkäufe einspielen"),
        it: import_baselines::contract_of(app, actor, ContractId(id)).await?,
        columns: REQUIRED.join(", "),
        most: MOST_PURCHASES,
        mistakes,
    })
}

/// `POST /verwaltung/vertraege/{id}/vergleichspreise/einspielen`
pub async fn upload(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    upload: Upload,
) -> Result<Response, Problem> {
    let done = match upload.file("file") {
        Some(file) => import_baselines::put_aside(&app, &actor, ContractId(id), file).await,
        None => {
            let message = "Bitte wählen Sie die Datei mit den Einkäufen aus.";
            Err(ActionError::Invalid(vec![FieldError::new("file", message)]))
        }
    };
    match done {
        Ok(import) => {
            let to = format!("/verwaltung/vertraege/{id}/vergleichspreise/einspielen/{import}");
            Ok(Redirect::to(&to).into_response())
        }
        Err(ActionError::Invalid(errors)) => {
            let page = page(&app, &actor, frame.with_mistakes(), id, Mistakes(errors)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// The page of the preview.
#[derive(askama::Template)]
#[template(path = "pages/baseline_import_preview.html")]
pub struct BaselineImportPreviewPage {
    frame: Frame,
    it: Contract,
    import: Uuid,
    file_name: String,
    sentence: String,
    rows: Vec<Row>,
    errors: Vec<String>,
    /// Errors beyond those shown.
    more: usize,
    mistakes: Mistakes,
}

impl BaselineImportPreviewPage {
    fn action(&self) -> String {
        format!("/verwaltung/vertraege/{}/vergleichspreise/einspielen/{}", self.it.id, self.import)
    }
}

/// A purchase in words.
struct Row {
    /// `zeile-12`
    field: String,
    line: u64,
    title: String,
    article: String,
    price: String,
    dated: String,
    note: String,
    /// Article and words; empty where nothing fits.
    options: Vec<(String, String)>,
    chosen: String,
    error: Option<String>,
}

/// `GET /verwaltung/vertraege/{id}/vergleichspreise/einspielen/{import}`
pub async fn preview(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path((id, import)): Path<(Uuid, Uuid)>,
) -> Result<Page<BaselineImportPreviewPage>, Problem> {
    Ok(Page(preview_page(&app, &actor, frame, (id, import), None, Mistakes::default()).await?))
}

/// `POST /verwaltung/vertraege/{id}/vergleichspreise/einspielen/{import}`
pub async fn confirm(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path((id, import)): Path<(Uuid, Uuid)>,
    Form(typed): Form<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    let contract = ContractId(id);
    let to =
        |hint: &str| Redirect::to(&format!("/verwaltung/vergleichspreise?vertrag={id}&hinweis={hint}")).into_response();
    if typed.get("schritt").is_some_and(|it| it == "verwerfen") {
        import_baselines::discard(&app, &actor, contract, import).await?;
        return Ok(to("verworfen"));
    }
    let choices: BTreeMap<u64, String> = typed
        .into_iter()
        .filter_map(|(field, article)| Some((field.strip_prefix(ROW)?.parse().ok()?, article)))
        .collect();
    match import_baselines::confirm(&app, &actor, contract, import, &choices).await {
        Ok(_) => Ok(to("eingespielt")),
        Err(ActionError::Invalid(errors)) => {
            let mistakes = Mistakes(errors);
            let page =
                preview_page(&app, &actor, frame.with_mistakes(), (id, import), Some(&choices), mistakes).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn preview_page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    (id, import): (Uuid, Uuid),
    choices: Option<&BTreeMap<u64, String>>,
    mistakes: Mistakes,
) -> Result<BaselineImportPreviewPage, Problem> {
    let it = import_baselines::contract_of(app, actor, ContractId(id)).await?;
    let preview = import_baselines::preview(app, actor, it.id, import).await?;
    Ok(BaselineImportPreviewPage {
        frame: frame.titled("Einkäufe prüfen"),
        sentence: sentence(&preview),
        rows: preview.proposals.iter().map(|proposal| row(proposal, &it.currency, choices, &mistakes)).collect(),
        errors: preview.errors.iter().take(SHOWN).map(ToString::to_string).collect(),
        more: preview.errors.len().saturating_sub(SHOWN),
        file_name: preview.file_name,
        it,
        import,
        mistakes,
    })
}

/// `412 Einkäufe: 398 gelesen, 14 mit Fehler; 120 mit Vorschlag`
fn sentence(preview: &Preview) -> String {
    let number = |it: usize| i64::try_from(it).unwrap_or(i64::MAX);
    let proposed = preview.proposals.iter().filter(|it| it.chosen.is_some()).count();
    format!(
        "{}: {} gelesen, {} mit Fehler; {}",
        count(number(preview.count), "Einkauf", "Einkäufe"),
        preview.proposals.len(),
        preview.count.saturating_sub(preview.proposals.len()),
        count(number(proposed), "Vorschlag", "Vorschläge")
    )
}

fn row(proposal: &Proposal, currency: &str, choices: Option<&BTreeMap<u64, String>>, mistakes: &Mistakes) -> Row {
    let purchase = &proposal.purchase;
    let field = format!("{ROW}{}", purchase.line);
    let month = if purchase.per == Per::Month { " und Monat" } else { "" };
    let words = |item: &crate::storage::baseline_items::KnownItem| {
        (item.article_number.clone(), format!("{} {}", item.article_number, item.title))
    };
    let chosen = match choices {
        Some(choices) => choices.get(&purchase.line).cloned(),
        None => proposal.chosen.clone(),
    };
    Row {
        line: purchase.line,
        title: purchase.title.clone(),
        article: purchase.article_number.clone(),
        price: format!("{} je {}{month}", unit_price(purchase.unit_price, currency), purchase.unit),
        dated: day(purchase.dated_on),
        note: proposal.note.clone(),
        options: proposal.items.iter().map(words).collect(),
        chosen: chosen.unwrap_or_default(),
        error: mistakes.at(&field).map(str::to_owned),
        field,
    }
}
