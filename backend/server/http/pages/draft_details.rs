//! `/abrufe/{id}/angaben`: why, when, where to, on whose account? Step 2 of a new call-off.

use abruf_domain::ids::CallOffId;
use abruf_domain::review::Gap;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::draft_call_off::{self, Preview};
use crate::actions::{ActionError, FieldError};
use crate::app::App;
use crate::http::extract::{Form, Path};
use crate::http::filters;
use crate::http::finding_view::gap_errors;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::draft::{self, Away, contract_line};
use crate::http::pages::draft_papers::{TypedPapers, Wanted};
use crate::http::pages::period_fields::{PeriodFields, read_period};
use crate::http::pages::written::{day, read_day};
use crate::http::session::SignedIn;
use crate::storage::call_offs::{Details, Papers};

#[derive(askama::Template)]
#[template(path = "pages/draft_details.html")]
struct DetailsPage {
    frame: Frame,
    id: CallOffId,
    contract: String,
    version: i32,
    typed: Typed,
    papers: TypedPapers,
    wanted: Wanted,
    mistakes: Mistakes,
}

/// The form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    version: String,
    need: String,
    performance_from: String,
    performance_to: String,
    desired_on: String,
    delivery_address: String,
    invoice_address: String,
    leitweg_id: String,
    cost_centre: String,
    file_reference: String,
    contact: String,
    data_processing: Option<String>,
    council_resolution: Option<String>,
    emergency_decision: Option<String>,
    commitment: Option<String>,
    order_reference: Option<String>,
    budget_account: Option<String>,
    recurring_shown: Option<String>,
    recurring: Option<String>,
}

impl Typed {
    fn of(preview: &Preview) -> Self {
        let details = preview.call_off.details.clone();
        let period = PeriodFields::of(preview);
        let papers = TypedPapers::of(&details.papers);
        Self {
            version: preview.call_off.version.to_string(),
            need: details.need,
            performance_from: period.from,
            performance_to: period.to,
            desired_on: details.desired_on.map(day).unwrap_or_default(),
            delivery_address: details.delivery_address,
            invoice_address: details.invoice_address,
            leitweg_id: details.leitweg_id,
            cost_centre: details.cost_centre,
            file_reference: details.file_reference,
            contact: details.contact,
            data_processing: papers.data_processing,
            council_resolution: papers.council_resolution,
            emergency_decision: papers.emergency_decision,
            commitment: papers.commitment,
            order_reference: papers.order_reference,
            budget_account: papers.budget_account,
            recurring_shown: papers.recurring_shown,
            recurring: papers.recurring,
        }
    }

    fn papers(&self) -> TypedPapers {
        TypedPapers {
            data_processing: self.data_processing.clone(),
            council_resolution: self.council_resolution.clone(),
            emergency_decision: self.emergency_decision.clone(),
            commitment: self.commitment.clone(),
            order_reference: self.order_reference.clone(),
            budget_account: self.budget_account.clone(),
            recurring_shown: self.recurring_shown.clone(),
            recurring: self.recurring.clone(),
        }
    }

    /// As the action takes it.
    fn details(&self, before: &Papers) -> Result<Details, Vec<FieldError>> {
        let period = read_period(&PeriodFields::typed(&self.performance_from, &self.performance_to));
        let desired_on = read_day(&self.desired_on).map_err(|message| FieldError::new("desired_on", message));
        let (performance, desired_on) = match (period, desired_on) {
            (Ok(period), Ok(desired_on)) => (period, desired_on),
            (period, desired_on) => {
                return Err(period.err().unwrap_or_default().into_iter().chain(desired_on.err()).collect());
            }
        };
        // Browsers send line ends as CR LF.
        let text = |typed: &str| typed.trim().replace("\r\n", "\n");
        Ok(Details {
            need: text(&self.need),
            performance,
            desired_on,
            delivery_address: text(&self.delivery_address),
            invoice_address: text(&self.invoice_address),
            leitweg_id: text(&self.leitweg_id),
            cost_centre: text(&self.cost_centre),
            file_reference: text(&self.file_reference),
            contact: text(&self.contact),
            papers: self.papers().over(before),
        })
    }
}

/// `GET /abrufe/{id}/angaben`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Response, Away> {
    let preview = draft::own(&app, &actor, CallOffId(id)).await?;
    let typed = Typed::of(&preview);
    let wanted = Wanted::of(&app, &actor, &preview).await?;
    Ok(Page(page(frame, &preview, typed, wanted, Mistakes::default())).into_response())
}

/// `POST /abrufe/{id}/angaben`
pub async fn save(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(typed): Form<Typed>,
) -> Result<Response, Away> {
    let id = CallOffId(id);
    let before = draft::own(&app, &actor, id).await?;
    let saved = match typed.details(&before.call_off.details.papers) {
        Ok(details) if is_over(&app, &before, &details) => Err(ActionError::Invalid(vec![FieldError::new(
            "desired_on",
            format!(
                "Der Wunschtermin {} liegt vor heute, dem {}. Bitte geben Sie einen späteren Tag ein oder lassen Sie das Feld leer.",
                typed.desired_on.trim(),
                day(app.clock.today())
            ),
        )])),
        Ok(details) => draft_call_off::save_details(&app, &actor, id, draft::version(&typed.version), &details).await,
        Err(errors) => Err(ActionError::Invalid(errors)),
    };
    let wrong = saved.err().map(|error| draft::mistakes(error, id)).transpose()?;
    let preview = draft::own(&app, &actor, id).await?;
    match wrong.or_else(|| without_period(&preview)) {
        None => Ok(Redirect::to(&format!("/abrufe/{id}/pruefung")).into_response()),
        Some((status, mistakes)) => {
            let wanted = Wanted::of(&app, &actor, &preview).await?;
            Ok((status, Page(page(frame.with_mistakes(), &preview, typed, wanted, mistakes))).into_response())
        }
    }
}

/// A day in the past was typed as the day of delivery. One that has passed since it was typed may stay.
fn is_over(app: &App, before: &Preview, typed: &Details) -> bool {
    typed.desired_on != before.call_off.details.desired_on
        && typed.desired_on.is_some_and(|day| day < app.clock.today())
}

/// What the lines want to know that no rule asks for: the period of articles priced per month.
fn without_period(preview: &Preview) -> Option<(StatusCode, Mistakes)> {
    let gaps: Vec<Gap> = preview
        .review
        .gaps
        .iter()
        .filter(|gap| matches!(gap, Gap::PerformanceMissing { .. }))
        .take(1)
        .cloned()
        .collect();
    let errors = gap_errors(&gaps).into_iter().map(|error| FieldError::new("performance_from", error.message));
    let mistakes = Mistakes(errors.collect());
    (!mistakes.is_empty()).then_some((StatusCode::UNPROCESSABLE_ENTITY, mistakes))
}

fn page(frame: Frame, preview: &Preview, typed: Typed, wanted: Wanted, mistakes: Mistakes) -> DetailsPage {
    DetailsPage {
        frame: frame.titled("Angaben"),
        id: preview.call_off.id,
        contract: contract_line(preview),
        version: preview.call_off.version,
        papers: typed.papers(),
        typed,
        wanted,
        mistakes,
    }
}
