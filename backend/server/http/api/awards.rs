//! What stands behind the choice of a supplier: requests and declines of a cascade, whom the mechanism
//! proposes, declared interests.

use abruf_domain::answer_period::{Deadline, RankRequest};
use abruf_domain::cascade::{self, Answer};
use abruf_domain::facts::{Decline, Mechanism, Party};
use abruf_domain::ids::{CallOffId, OrganisationId};
use abruf_domain::period::Validity;
use abruf_domain::proposal::{first_lot, propose};
use axum::Json as Body;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::{ask_rank, declare_interest, draft_call_off, record_decline};
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;

/// A supplier that passes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDecline {
    /// Who declined.
    supplier_id: Uuid,
    /// When it was received, or when the answer period ended in silence.
    received_at: DateTime<Utc>,
    /// Why.
    #[schema(max_length = 500)]
    reason: String,
    /// The letter.
    #[schema(max_length = 500)]
    document: String,
}

/// A supplier of a cascade that was asked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRankRequest {
    /// Who was asked.
    supplier_id: Uuid,
    /// Day of the request; the answer period begins the day after.
    asked_on: NaiveDate,
    /// The letter.
    #[schema(max_length = 500)]
    document: String,
}

/// Where the suppliers of a call-off stand.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ranks {
    /// Whom the mechanism proposes now; none where nobody is party.
    proposed: Option<ProposedSupplier>,
    /// The suppliers of a cascade, first rank first; empty for other mechanisms.
    ranks: Vec<RankView>,
}

/// Whom the mechanism proposes.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProposedSupplier {
    supplier_id: Uuid,
    name: String,
    /// only, first, next_in_rank, turn, cheapest or cheapest_of_first.
    #[schema(example = "turn")]
    why: String,
}

/// A supplier of a cascade.
#[derive(Debug, Serialize, ToSchema)]
pub struct RankView {
    /// From 1.
    rank: u32,
    supplier_id: Uuid,
    name: String,
    /// not_asked, asked, silent or declined.
    #[schema(example = "asked")]
    answer: String,
    /// Whether it is its turn.
    next: bool,
    /// Day of the request.
    asked_on: Option<NaiveDate>,
    /// Last day for the answer, where the contract sets a period.
    due_on: Option<NaiveDate>,
    /// Public holidays that did not count.
    skipped: Vec<NaiveDate>,
    /// When the decline came in.
    declined_at: Option<DateTime<Utc>>,
}

impl RankView {
    fn of(rank: u32, party: &Party, answer: &Answer, next: bool) -> Self {
        let blank = Self {
            rank,
            supplier_id: party.supplier.0,
            name: party.name.clone(),
            answer: "not_asked".to_owned(),
            next,
            asked_on: None,
            due_on: None,
            skipped: Vec::new(),
            declined_at: None,
        };
        let skipped = |deadline: &Deadline| deadline.skipped.iter().map(|holiday| holiday.day).collect();
        match answer {
            Answer::NotAsked => blank,
            Answer::Asked { asked_on, deadline } => Self {
                answer: "asked".to_owned(),
                asked_on: Some(*asked_on),
                due_on: deadline.as_ref().map(|it| it.due_on),
                skipped: deadline.as_ref().map(skipped).unwrap_or_default(),
                ..blank
            },
            Answer::Silent(deadline) => Self {
                answer: "silent".to_owned(),
                asked_on: Some(deadline.asked_on),
                due_on: Some(deadline.due_on),
                skipped: skipped(deadline),
                ..blank
            },
            Answer::Declined { received_at } => {
                Self { answer: "declined".to_owned(), declined_at: Some(*received_at), ..blank }
            }
        }
    }
}

/// An interest of one's own in a supplier.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInterest {
    /// In which supplier.
    supplier_id: Uuid,
    /// What it is: shares, a seat, a relative.
    #[schema(max_length = 500)]
    nature: String,
    /// First day.
    valid_from: NaiveDate,
    /// Last day, included; left out while it lasts.
    #[serde(default)]
    valid_to: Option<NaiveDate>,
}

/// Records that a supplier passes on a call-off; the office, or whoever asks for it.
#[utoipa::path(post, path = "/api/v1/call-offs/{id}/declines", tag = "awards", request_body = NewDecline, responses((status = 204)))]
pub async fn decline(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(new): Json<NewDecline>,
) -> Result<StatusCode, Problem> {
    let decline = Decline {
        supplier: OrganisationId(new.supplier_id),
        received_at: new.received_at,
        reason: new.reason,
        document: new.document,
    };
    record_decline::record(&app, &actor, CallOffId(id), &decline).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Records that a supplier of a cascade was asked; the office, or whoever asks for the call-off.
#[utoipa::path(post, path = "/api/v1/call-offs/{id}/rank-requests", tag = "awards", request_body = NewRankRequest, responses((status = 204)))]
pub async fn ask(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(new): Json<NewRankRequest>,
) -> Result<StatusCode, Problem> {
    let request = RankRequest { supplier: OrganisationId(new.supplier_id), asked_on: new.asked_on };
    ask_rank::ask(&app, &actor, CallOffId(id), &request, &new.document).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whom the mechanism proposes, and where the suppliers of a cascade stand.
#[utoipa::path(get, path = "/api/v1/call-offs/{id}/ranks", tag = "awards", responses((status = 200, body = Ranks)))]
pub async fn ranks(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Body<Ranks>, Problem> {
    let preview = draft_call_off::preview(&app, &actor, CallOffId(id)).await?;
    let facts = &preview.facts;
    let has_ranks = matches!(facts.contract.mechanism, Mechanism::Cascade | Mechanism::MiniCompetitionAbove { .. });
    let lot = first_lot(facts);
    let all = if has_ranks { cascade::ranks(facts, lot, preview.review.day) } else { Vec::new() };
    let next = all.iter().find(|(_, answer)| !answer.has_passed()).map(|(party, _)| party.supplier);
    Ok(Body(Ranks {
        proposed: propose(facts).map(|proposal| ProposedSupplier {
            supplier_id: proposal.party.supplier.0,
            name: proposal.party.name.clone(),
            why: proposal.why.key().to_owned(),
        }),
        ranks: (1..)
            .zip(&all)
            .map(|(rank, (party, answer))| RankView::of(rank, party, answer, next == Some(party.supplier)))
            .collect(),
    }))
}

/// Declares an interest of one's own in a supplier.
#[utoipa::path(post, path = "/api/v1/interests", tag = "awards", request_body = NewInterest, responses((status = 204)))]
pub async fn interest(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Json(new): Json<NewInterest>,
) -> Result<StatusCode, Problem> {
    let validity = Validity { from: new.valid_from, to: new.valid_to };
    declare_interest::declare(&app, &actor, OrganisationId(new.supplier_id), &new.nature, validity).await?;
    Ok(StatusCode::NO_CONTENT)
}
