//! `/verwaltung/umsaetze/vorschau/{id}`: what an uploaded file would do. Its mapping is completed here, and it is
//! taken or thrown away; nothing is written before.

use abruf_domain::turnover_reconciliation::Outcome;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::import::ImportError;
use crate::actions::import::turnover_report::sentence;
use crate::actions::reconcile_turnover::Comparison;
use crate::actions::take_turnover_upload::{self, Found, Terms};
use crate::actions::{ActionError, keep_turnover_upload};
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::{Form, Path};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::supplier_reports::{OutcomeRow, period_words};
use crate::http::pages::written::count;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::turnover_uploads::Upload;
use crate::storage::{contracts, organisations};

/// Wrong rows shown; all of them are in the download once the file is taken.
const ERRORS: usize = 100;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/turnover_upload.html")]
pub struct TurnoverUploadPage {
    frame: Frame,
    id: Uuid,
    file_name: String,
    /// What the supplier's report is about; empty for turnover to be recorded.
    report_of: String,
    sums: Vec<String>,
    warnings: Vec<String>,
    breached: Vec<String>,
    /// Table of the mapping, the name, and its rows.
    unknown: Vec<(&'static str, String, String)>,
    errors: Vec<String>,
    more_errors: usize,
    rejected: usize,
    /// Whether there is anything to be taken.
    can_be_taken: bool,
    outcomes: Vec<OutcomeRow>,
    totals: Option<OutcomeRow>,
    typed: Typed,
    mistakes: Mistakes,
}

/// The form.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// zuordnung, uebernehmen or verwerfen.
    schritt: String,
    mapping: String,
    /// Take the right rows although others are refused.
    partial: String,
}

/// `GET /verwaltung/umsaetze/vorschau/{id}`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    match find(&app, &actor, id).await? {
        Place::Waits(upload) => {
            let page = page(&app, &actor, frame, *upload, Typed::default(), Mistakes::default()).await?;
            Ok(Page(page).into_response())
        }
        Place::Taken(address) => Ok(Redirect::to(&address).into_response()),
    }
}

/// `POST /verwaltung/umsaetze/vorschau/{id}`
pub async fn step(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let mut upload = match find(&app, &actor, id).await? {
        Place::Waits(upload) => *upload,
        // A second click finds what the first has done.
        Place::Taken(address) => return Ok(Redirect::to(&address).into_response()),
    };
    let mut mistakes = Mistakes::default();
    match typed.schritt.as_str() {
        "verwerfen" => {
            keep_turnover_upload::discard(&app, &actor, id).await?;
            let back = if upload.report.is_some() { "umsatzmeldungen" } else { "umsaetze" };
            return Ok(Redirect::to(&format!("/verwaltung/{back}?hinweis=verworfen")).into_response());
        }
        "uebernehmen" => match take(&app, &actor, &upload, !typed.partial.is_empty()).await {
            Ok(Some(address)) => return Ok(Redirect::to(&address).into_response()),
            Ok(None) => mistakes.add(
                "partial",
                "Es wurde nichts übernommen: Zeilen sind abgelehnt. Bitte ergänzen Sie die Zuordnung, oder bestätigen Sie, dass nur die richtigen Zeilen übernommen werden.",
            ),
            Err(ImportError::Storage(error)) => return Err(error.into()),
            Err(refused) => mistakes.add("mapping", refused.to_string()),
        },
        _ => match keep_turnover_upload::remap(&app, &actor, id, &typed.mapping).await {
            Ok(()) => {
                upload.mapping.clone_from(&typed.mapping);
                return Ok(Page(page(&app, &actor, frame, upload, typed, mistakes).await?).into_response());
            }
            Err(ActionError::Invalid(errors)) => mistakes.0.extend(errors),
            Err(error) => return Err(error.into()),
        },
    }
    let page = page(&app, &actor, frame, upload, typed, mistakes).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

/// Where a file is by now, with the address of what it became.
enum Place {
    Waits(Box<Upload>),
    /// It was taken: the address of the import or report.
    Taken(String),
}

async fn find(app: &App, actor: &Actor, id: Uuid) -> Result<Place, Problem> {
    match take_turnover_upload::find(app, actor, id).await? {
        Some(Found::Waits(upload)) => Ok(Place::Waits(upload)),
        Some(Found::Imported) => Ok(Place::Taken(format!("/verwaltung/umsaetze/{id}"))),
        Some(Found::Compared) => Ok(Place::Taken(format!("/verwaltung/umsatzmeldungen/{id}"))),
        None => Err(Problem::not_found()),
    }
}

/// Takes the file; `None` where rows are refused and it shall not be taken in part.
async fn take(app: &App, actor: &Actor, upload: &Upload, partial: bool) -> Result<Option<String>, ImportError> {
    let terms = Terms { partial, ..Terms::default() };
    let taken = take_turnover_upload::take(app, actor, upload, &terms).await?;
    Ok(taken.then(|| match upload.report {
        Some(_) => format!("/verwaltung/umsatzmeldungen/{}", upload.id),
        None => format!("/verwaltung/umsaetze/{}?hinweis=uebernommen", upload.id),
    }))
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    upload: Upload,
    typed: Typed,
    mut mistakes: Mistakes,
) -> Result<TurnoverUploadPage, Problem> {
    let mut report_of = String::new();
    if let Some(of) = &upload.report {
        let mut tx = app.db.begin(actor).await?;
        let contract = contracts::number(&mut tx, of.contract).await?.unwrap_or_default();
        let supplier = organisations::name(&mut tx, of.supplier).await?.unwrap_or_default();
        report_of = format!("{supplier}, Vertrag {contract}, {}", period_words(of.from, of.to, &of.basis));
        tx.rollback().await?;
    }
    let looked = take_turnover_upload::look(app, actor, &upload).await?;
    let can_be_taken = looked.can_be_taken();
    // Said once, also after a step that ran into the same.
    if let (Some(refused), true) = (looked.refused, mistakes.is_empty()) {
        mistakes.add("mapping", refused);
    }
    let frame = if mistakes.is_empty() { frame } else { frame.with_mistakes() };
    let (report, compared) = (looked.report, looked.comparison);
    let (outcomes, totals) = compared.as_ref().map_or_else(Default::default, outcome_rows);
    let mapping = if typed.mapping.is_empty() { upload.mapping.clone() } else { typed.mapping.clone() };
    let number = |rows: usize| i64::try_from(rows).unwrap_or(i64::MAX);
    Ok(TurnoverUploadPage {
        frame: frame.titled(format!("Vorschau {}", upload.file_name)),
        id: upload.id,
        file_name: upload.file_name,
        report_of,
        sums: report.sums.iter().map(|(currency, sums)| sentence(currency, sums)).collect(),
        warnings: report.warnings.into_iter().map(|warning| warning.text).collect(),
        breached: report.breached.into_iter().map(|it| format!("Vertrag {}, {}", it.contract, it.scope)).collect(),
        unknown: report
            .unknown
            .into_iter()
            .map(|it| (it.table, it.name, count(number(it.rows), "Zeile", "Zeilen")))
            .collect(),
        more_errors: report.errors.len().saturating_sub(ERRORS),
        errors: report.errors.iter().take(ERRORS).map(ToString::to_string).collect(),
        rejected: report.rejected,
        can_be_taken,
        outcomes,
        totals,
        typed: Typed { mapping, ..typed },
        mistakes,
    })
}

fn outcome_rows(compared: &Comparison) -> (Vec<OutcomeRow>, Option<OutcomeRow>) {
    let rows = Outcome::ALL
        .into_iter()
        .filter_map(|outcome| {
            let own: Vec<_> = compared.lines.iter().filter(|line| line.outcome == outcome).collect();
            (!own.is_empty()).then(|| {
                OutcomeRow::new(
                    outcome.german(),
                    own.len(),
                    own.iter().map(|line| line.reported).sum(),
                    own.iter().map(|line| line.known).sum(),
                    &compared.currency,
                )
            })
        })
        .collect();
    let all = OutcomeRow::new("zusammen", compared.lines.len(), compared.reported, compared.known, &compared.currency);
    (rows, Some(all))
}
