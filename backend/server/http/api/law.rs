//! Legal parameters: what holds in which jurisdiction, and new values with four eyes.

use abruf_domain::law;
use abruf_domain::law::keys;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::change_law::{self, LawChange, Preview};
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::parameter_proposals::Proposal;
use crate::storage::parameters;

/// What the program knows of law.
#[derive(Debug, Serialize, ToSchema)]
pub struct LawAnswer {
    /// Jurisdictions with a pack, each after the one it lies in.
    jurisdictions: Vec<JurisdictionView>,
    /// Every dated value, the newest of a key first.
    parameters: Vec<ParameterView>,
}

/// A jurisdiction.
#[derive(Debug, Serialize, ToSchema)]
pub struct JurisdictionView {
    /// Path; what `de` says holds in `de/st`, unless that says something of its own.
    #[schema(example = "de/st")]
    jurisdiction: &'static str,
    /// Its name.
    name: &'static str,
    /// Calendar of its public holidays, ISO 3166 code.
    holidays: &'static str,
}

/// A dated value.
#[derive(Debug, Serialize, ToSchema)]
pub struct ParameterView {
    /// Whose law.
    jurisdiction: String,
    /// Which parameter.
    #[schema(example = "direct_award_limit_net")]
    key: String,
    /// Its title, in German.
    title: String,
    /// Its value: decimal string, whole number or date.
    #[schema(example = "15000.00")]
    value: String,
    /// First day.
    valid_from: NaiveDate,
    /// Last day; null while no end is known.
    valid_to: Option<NaiveDate>,
    /// Statute, judgment or resolution.
    source: String,
    /// S read in a source, K known, ? uncertain.
    certainty: String,
    /// Ids of the rules that read it.
    rules: Vec<&'static str>,
    /// Whether it came with the program; otherwise two persons of the office put it into force.
    shipped: bool,
}

/// A value as somebody wants it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposalBody {
    /// Whose law.
    #[schema(example = "de/st")]
    jurisdiction: String,
    /// Which parameter.
    #[schema(example = "direct_award_limit_net")]
    key: String,
    /// Its value: decimal string, whole number or date.
    #[schema(example = "20000.00")]
    value: String,
    /// First day; after today.
    valid_from: NaiveDate,
    /// Statute, judgment or resolution.
    #[schema(max_length = 400)]
    source: String,
    /// S read in a source, K known, ? uncertain.
    #[schema(example = "S")]
    certainty: String,
}

/// Why a proposal is refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefusalBody {
    /// Why; may be empty only for one's own proposal.
    #[serde(default)]
    #[schema(max_length = 400)]
    reason: String,
}

/// A proposal with whom it hits.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProposalView {
    /// Which.
    id: Uuid,
    /// Whose law.
    jurisdiction: String,
    /// Which parameter.
    key: String,
    /// Its value.
    value: String,
    /// First day.
    valid_from: NaiveDate,
    /// Statute, judgment or resolution.
    source: String,
    /// S, K or ?.
    certainty: String,
    /// When it was proposed.
    proposed_at: DateTime<Utc>,
    /// What holds on the first day without it; null where nothing does.
    before: Option<String>,
    /// Last day, where a later value stands already.
    until: Option<NaiveDate>,
    /// Members that are judged by it from then on.
    members: Vec<String>,
    /// Contracts that are judged by it from then on.
    contracts: Vec<String>,
}

impl ProposalView {
    fn of((it, preview): (Proposal, Preview)) -> Self {
        Self {
            id: it.id,
            jurisdiction: it.jurisdiction,
            key: it.key,
            value: it.value,
            valid_from: it.valid_from,
            source: it.source,
            certainty: it.certainty,
            proposed_at: it.proposed_at,
            before: preview.before,
            until: preview.until,
            members: preview.members,
            contracts: preview.contracts,
        }
    }
}

/// Every dated value of every jurisdiction.
#[utoipa::path(get, path = "/api/v1/law/parameters", tag = "law", responses((status = 200, body = LawAnswer)))]
pub async fn list(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Answer<LawAnswer>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let values = parameters::all(&mut tx).await?;
    let parameters = values.into_iter().map(|it| {
        let key = keys::by_name(&it.key);
        ParameterView {
            title: key.map_or_else(|| it.key.clone(), |key| key.title.to_owned()),
            rules: key.map(|key| key.rules.to_vec()).unwrap_or_default(),
            shipped: it.made_by.is_none(),
            jurisdiction: it.jurisdiction,
            key: it.key,
            value: it.value,
            valid_from: it.valid_from,
            valid_to: it.valid_to,
            source: it.source,
            certainty: it.certainty,
        }
    });
    let jurisdictions = law::packs().iter().map(|pack| JurisdictionView {
        jurisdiction: &pack.jurisdiction,
        name: &pack.name,
        holidays: &pack.holidays,
    });
    Ok(Answer(LawAnswer { jurisdictions: jurisdictions.collect(), parameters: parameters.collect() }))
}

/// What waits for its second person.
#[utoipa::path(get, path = "/api/v1/law/proposals", tag = "law", responses((status = 200, body = Vec<ProposalView>)))]
pub async fn proposals(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
) -> Result<Answer<Vec<ProposalView>>, Problem> {
    let waiting = change_law::waiting(&app, &actor).await?;
    Ok(Answer(waiting.into_iter().map(ProposalView::of).collect()))
}

/// Proposes a dated value; the first of two persons.
#[utoipa::path(post, path = "/api/v1/law/proposals", tag = "law", request_body = ProposalBody, responses((status = 201, body = ProposalView)))]
pub async fn propose(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Json(body): Json<ProposalBody>,
) -> Result<(StatusCode, Answer<ProposalView>), Problem> {
    let change = LawChange {
        jurisdiction: body.jurisdiction,
        key: body.key,
        value: body.value,
        valid_from: body.valid_from,
        source: body.source,
        certainty: body.certainty,
    };
    let id = change_law::propose(&app, &actor, &change).await?;
    let waiting = change_law::waiting(&app, &actor).await?;
    let made = waiting.into_iter().find(|(it, _)| it.id == id).ok_or_else(Problem::not_found)?;
    Ok((StatusCode::CREATED, Answer(ProposalView::of(made))))
}

/// Puts a proposal into force from its first day; the second of two persons.
#[utoipa::path(post, path = "/api/v1/law/proposals/{id}/release", tag = "law", responses((status = 204)))]
pub async fn release(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    change_law::release(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Refuses a proposal with a reason, or takes one's own back.
#[utoipa::path(post, path = "/api/v1/law/proposals/{id}/refuse", tag = "law", request_body = RefusalBody, responses((status = 204)))]
pub async fn refuse(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<RefusalBody>,
) -> Result<StatusCode, Problem> {
    change_law::refuse(&app, &actor, id, &body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
