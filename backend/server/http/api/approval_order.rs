//! The approval order of one's member: who approves what, who stands in, who is away.

use abruf_domain::approval::{Absence, ApprovalOrder, StandIn, StandInKind, Step};
use abruf_domain::ids::PersonId;
use abruf_domain::money::Gross;
use abruf_domain::period::Period;
use axum::Json as Answer;
use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::{FieldError, set_approval_order};
use crate::app::App;
use crate::http::extract::Json;
use crate::http::preconditions::{IfMatch, Versioned, etag};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::approval_orders::{self, OrderVersion};

/// The approval order of a member.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalOrderBody {
    /// Version it was read at; 0 before the first. A change names the version it was made from.
    version: i32,
    /// Steps in the order they are decided; the last one that applies is the release.
    steps: Vec<StepBody>,
    /// Who decides for whom, and when.
    stand_ins: Vec<StandInBody>,
    /// Who is away.
    absences: Vec<AbsenceBody>,
}

/// A step.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StepBody {
    #[schema(example = "Fachamt", max_length = 80)]
    title: String,
    /// Applies to requests of this gross amount or more.
    #[schema(example = "5000.00")]
    from_gross: String,
    /// Applies only where a line's CPV code begins so.
    #[serde(default)]
    #[schema(example = "48")]
    cpv: Option<String>,
    /// Who decides; empty: any approver of the member.
    persons: Vec<Uuid>,
}

/// Somebody who decides for somebody else.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StandInBody {
    /// deputy or delegate; a delegate passes nothing on.
    #[schema(example = "deputy")]
    kind: String,
    /// For whom.
    of: Uuid,
    /// Who.
    person: Uuid,
    /// First day.
    from: NaiveDate,
    /// Last day, included.
    to: NaiveDate,
    /// Up to which gross amount.
    #[serde(default)]
    #[schema(example = "10000.00")]
    up_to_gross: Option<String>,
}

/// Somebody is away and decides nothing.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AbsenceBody {
    /// Who.
    person: Uuid,
    /// First day.
    from: NaiveDate,
    /// Last day, included.
    to: NaiveDate,
}

/// The order in force.
#[utoipa::path(get, path = "/api/v1/approval-order", tag = "approval-order", responses((status = 200, body = ApprovalOrderBody)))]
pub async fn show(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Versioned<ApprovalOrderBody>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let order = approval_orders::in_force(&mut tx, actor.organisation, app.clock.now()).await?;
    Ok((etag(order.version), Answer(ApprovalOrderBody::of(&order))))
}

/// Changes the order; it counts for what is submitted from now on.
///
/// 409 if somebody else changed it in between.
#[utoipa::path(
    put, path = "/api/v1/approval-order", tag = "approval-order",
    request_body = ApprovalOrderBody,
    responses((status = 200, body = ApprovalOrderBody))
)]
pub async fn change(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    if_match: IfMatch,
    Json(body): Json<ApprovalOrderBody>,
) -> Result<Versioned<ApprovalOrderBody>, Problem> {
    let seen = if_match.seen(Some(body.version))?;
    let order = body.read().map_err(Problem::invalid)?;
    let set = set_approval_order::set(&app, &actor, seen, &order).await;
    let version = set.map_err(|error| if_match.refusal(error))?;
    Ok((etag(version), Answer(ApprovalOrderBody::of(&OrderVersion { version, order }))))
}

impl ApprovalOrderBody {
    fn of(it: &OrderVersion) -> Self {
        let gross = |gross: Gross| gross.to_string();
        Self {
            version: it.version,
            steps: it
                .order
                .steps
                .iter()
                .map(|step| StepBody {
                    title: step.title.clone(),
                    from_gross: gross(step.from_gross),
                    cpv: step.cpv.clone(),
                    persons: step.persons.iter().map(|person| person.0).collect(),
                })
                .collect(),
            stand_ins: it
                .order
                .stand_ins
                .iter()
                .map(|it| StandInBody {
                    kind: if it.kind == StandInKind::Deputy { "deputy" } else { "delegate" }.to_owned(),
                    of: it.of.0,
                    person: it.person.0,
                    from: it.period.from(),
                    to: it.period.to(),
                    up_to_gross: it.up_to_gross.map(gross),
                })
                .collect(),
            absences: it
                .order
                .absences
                .iter()
                .map(|it| AbsenceBody { person: it.person.0, from: it.period.from(), to: it.period.to() })
                .collect(),
        }
    }

    fn read(&self) -> Result<ApprovalOrder, Vec<FieldError>> {
        let mut errors = Vec::new();
        let steps = self.steps.iter().enumerate().filter_map(|(at, step)| {
            let from_gross = amount(&step.from_gross, format!("steps[{at}].from_gross"), &mut errors)?;
            let persons = step.persons.iter().copied().map(PersonId).collect();
            Some(Step { title: step.title.trim().to_owned(), from_gross, cpv: step.cpv.clone(), persons })
        });
        let steps: Vec<Step> = steps.collect();
        let mut stand_ins = Vec::new();
        for (at, it) in self.stand_ins.iter().enumerate() {
            let kind = match it.kind.as_str() {
                "deputy" => Some(StandInKind::Deputy),
                "delegate" => Some(StandInKind::Delegate),
                _ => {
                    let message = "Erlaubt sind deputy (Vertretung) und delegate (Übertragung).";
                    errors.push(FieldError::new(format!("stand_ins[{at}].kind"), message));
                    None
                }
            };
            let period = days(it.from, it.to, format!("stand_ins[{at}].to"), &mut errors);
            let limit = it.up_to_gross.as_ref();
            let up_to_gross = limit.and_then(|it| amount(it, format!("stand_ins[{at}].up_to_gross"), &mut errors));
            if let (Some(kind), Some(period)) = (kind, period) {
                stand_ins.push(StandIn { kind, of: PersonId(it.of), person: PersonId(it.person), period, up_to_gross });
            }
        }
        let absences = self.absences.iter().enumerate().filter_map(|(at, it)| {
            let period = days(it.from, it.to, format!("absences[{at}].to"), &mut errors)?;
            Some(Absence { person: PersonId(it.person), period })
        });
        let order = ApprovalOrder { steps, absences: absences.collect(), stand_ins };
        if errors.is_empty() { Ok(order) } else { Err(errors) }
    }
}

fn amount(text: &str, field: String, errors: &mut Vec<FieldError>) -> Option<Gross> {
    let read = text.parse().map_err(|_| {
        let shown: String = text.chars().take(20).collect();
        FieldError::new(field, format!("„{shown}“ ist kein Betrag. Erwartet wird eine Zahl wie 5000.00."))
    });
    read.map_err(|error| errors.push(error)).ok()
}

fn days(from: NaiveDate, to: NaiveDate, field: String, errors: &mut Vec<FieldError>) -> Option<Period> {
    let message = "Der letzte Tag liegt vor dem ersten. Bitte prüfen Sie beide Daten.";
    Period::new(from, to).map_err(|_| errors.push(FieldError::new(field, message))).ok()
}
