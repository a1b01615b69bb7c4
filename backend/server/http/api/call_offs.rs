//! Call-offs: lists, drafts, their lines and details, and how they would be judged now.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query parameter out in full")]

use std::ops::RangeInclusive;

use abruf_domain::ids::{CallOffId, ContractId, OrganisationId};
use abruf_domain::period::Period;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderName, StatusCode, Uri};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::actions::FieldError;
use crate::actions::draft_call_off::{self, Choice, LineInput, OfferInput};
use crate::actions::{renew_licences, repeat_call_off};
use crate::app::App;
use crate::http::api::decisions::Nothing;
use crate::http::api::paging;
use crate::http::api::review::ReviewView;
use crate::http::api::window::{self, Part};
use crate::http::extract::{Json, Path, Query};
use crate::http::preconditions::{IfMatch, Versioned, etag};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::call_off_list::{self, Search, Summary};
use crate::storage::call_offs::{self, CallOff, Details, Line, Papers};

/// Which call-offs, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ListSearch {
    /// One state.
    status: Option<String>,
    /// One contract.
    contract: Option<Uuid>,
    /// One member.
    member: Option<Uuid>,
    /// First day of submission.
    from: Option<NaiveDate>,
    /// Last day of submission, included.
    to: Option<NaiveDate>,
    /// Part of number, case number, contract, member, supplier or file reference.
    #[serde(default)]
    #[param(max_length = 200)]
    q: String,
    /// Only those with a declined submission.
    #[serde(default)]
    declined: bool,
    /// Rows to return.
    #[serde(default = "fifty")]
    #[param(minimum = 1, maximum = 500)]
    limit: u16,
    /// Rows to skip.
    #[serde(default)]
    #[param(maximum = 10_000_000)]
    offset: u32,
}

const fn fifty() -> u16 {
    50
}

/// A page of call-offs with the whole population.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallOffPage {
    /// Call-offs that match in all.
    total: i64,
    /// Net value of the orders among them, in euros.
    #[schema(example = "19424.00")]
    ordered_net: String,
    /// This page, last changed first.
    items: Vec<SummaryView>,
}

/// A call-off in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallOffSummary)]
pub struct SummaryView {
    id: Uuid,
    contract_id: Uuid,
    contract_number: String,
    member: String,
    supplier: String,
    status: String,
    case_number: String,
    number: Option<String>,
    requester: String,
    net: Option<String>,
    gross: Option<String>,
    currency: String,
    dated_on: Option<NaiveDate>,
    declined_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
    changed_at: DateTime<Utc>,
}

impl From<Summary> for SummaryView {
    fn from(summary: Summary) -> Self {
        Self {
            id: summary.id.0,
            contract_id: summary.contract.0,
            contract_number: summary.contract_number,
            member: summary.member,
            supplier: summary.supplier,
            status: summary.status.key().to_owned(),
            case_number: summary.case_number,
            number: summary.number,
            requester: summary.requester,
            net: summary.net.map(|net| net.to_string()),
            gross: summary.gross.map(|gross| gross.to_string()),
            currency: summary.currency,
            dated_on: summary.dated_on,
            declined_at: summary.declined_at,
            expires_at: summary.expires_at,
            changed_at: summary.changed_at,
        }
    }
}

/// A call-off with its lines.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallOff)]
pub struct CallOffView {
    id: Uuid,
    contract_id: Uuid,
    member_id: Uuid,
    supplier_id: Uuid,
    /// State.
    #[schema(example = "draft")]
    status: String,
    /// Vorgangsnummer for the telephone.
    case_number: String,
    /// Call-off number, once released.
    number: Option<String>,
    /// Name it when you change the draft.
    version: i32,
    lines: Vec<LineView>,
    details: DetailsView,
    /// Amounts of the last submission or release.
    amounts: Option<AmountsView>,
    submitted_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
    released_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    declined_at: Option<DateTime<Utc>>,
    /// Proposed for a draft with articles priced per month that names no period yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    proposed_performance: Option<ProposedPerformance>,
}

/// A performance period that ends with the licences that run already.
#[derive(Debug, Serialize, ToSchema)]
struct ProposedPerformance {
    from: NaiveDate,
    to: NaiveDate,
    /// Why, in German.
    reason: String,
}

/// A line; price and amount once it was submitted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallOffLine)]
pub struct LineView {
    position: i32,
    article_number: String,
    quantity: String,
    unit_price: Option<String>,
    net: Option<String>,
    vat_rate_pct: Option<String>,
    /// A supplier's offer.
    offer: Option<OfferView>,
}

/// A supplier's offer: lower than the contract's price, or of a free-text item.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Offer)]
#[serde(deny_unknown_fields)]
pub struct OfferView {
    /// Net price per unit as a decimal string.
    #[schema(example = "1180.00")]
    unit_price: String,
    /// The quote or EVB-IT contract.
    #[schema(max_length = 500)]
    document: String,
}

/// Net, surcharge, VAT and gross as decimal strings.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Amounts)]
pub struct AmountsView {
    net: String,
    surcharge: String,
    vat: String,
    gross: String,
}

/// What the requester fills in beside the lines.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = CallOffDetails)]
#[serde(default, deny_unknown_fields)]
pub struct DetailsView {
    /// Reason for need and quantity.
    #[schema(max_length = 4000)]
    need: String,
    /// First day of performance; subscriptions need a period.
    performance_from: Option<NaiveDate>,
    /// Last day of performance, included.
    performance_to: Option<NaiveDate>,
    /// Desired delivery date.
    desired_on: Option<NaiveDate>,
    /// Lines of the delivery address.
    delivery_address: String,
    /// Lines of the invoice address.
    invoice_address: String,
    /// Routing id for the e-invoice.
    leitweg_id: String,
    /// Kostenstelle.
    cost_centre: String,
    /// Aktenzeichen.
    file_reference: String,
    /// Contact at the member.
    contact: String,
    /// The member's own contract under Art. 28 GDPR, where an item processes personal data.
    #[schema(max_length = 500)]
    data_processing: String,
    /// Resolution of the council, from the member's limit on.
    #[schema(max_length = 500)]
    council_resolution: String,
    /// Documented emergency decision in place of a resolution.
    #[schema(max_length = 500)]
    emergency_decision: String,
    /// Commitment authorisation (Verpflichtungsermächtigung) or budget reference for later years.
    #[schema(max_length = 500)]
    commitment: String,
    /// Order reference of the member, printed on the order (BT-13).
    #[schema(max_length = 100)]
    order_reference: String,
    /// The order repeats on purpose: it is no duplicate.
    recurring: bool,
    /// Budget account that pays, as the member writes it; empty for none.
    #[schema(max_length = 100)]
    budget_account: String,
}

impl From<Details> for DetailsView {
    fn from(details: Details) -> Self {
        Self {
            performance_from: details.performance.map(Period::from),
            performance_to: details.performance.map(Period::to),
            need: details.need,
            desired_on: details.desired_on,
            delivery_address: details.delivery_address,
            invoice_address: details.invoice_address,
            leitweg_id: details.leitweg_id,
            cost_centre: details.cost_centre,
            file_reference: details.file_reference,
            contact: details.contact,
            data_processing: details.papers.data_processing,
            council_resolution: details.papers.council_resolution,
            emergency_decision: details.papers.emergency_decision,
            commitment: details.papers.commitment,
            order_reference: details.papers.order_reference,
            recurring: details.papers.recurring,
            budget_account: details.papers.budget_account,
        }
    }
}

/// Years a call-off can be about; the pages take the same.
pub(super) const YEARS: RangeInclusive<i32> = 2000..=2100;

impl TryFrom<DetailsView> for Details {
    type Error = Problem;

    fn try_from(view: DetailsView) -> Result<Self, Problem> {
        let dates = [
            ("performance_from", view.performance_from),
            ("performance_to", view.performance_to),
            ("desired_on", view.desired_on),
        ];
        let far: Vec<FieldError> = dates
            .into_iter()
            .filter_map(|(field, day)| Some((field, day.filter(|day| !YEARS.contains(&day.year()))?)))
            .map(|(field, day)| {
                let message =
                    format!("{day} liegt zu weit weg. Möglich sind die Jahre {} bis {}.", YEARS.start(), YEARS.end());
                FieldError::new(field, message)
            })
            .collect();
        if !far.is_empty() {
            return Err(Problem::invalid(far));
        }
        let wrong = |message: &str| Problem::invalid(vec![FieldError::new("performance", message)]);
        let performance =
            match (view.performance_from, view.performance_to) {
                (None, None) => None,
                (Some(from), Some(to)) => Some(Period::new(from, to).map_err(|_| {
                    wrong("Der Leistungszeitraum endet vor seinem Beginn. Bitte tauschen Sie die Daten.")
                })?),
                _ => return Err(wrong("Bitte geben Sie Beginn und Ende des Leistungszeitraums an.")),
            };
        Ok(Self {
            need: view.need,
            performance,
            desired_on: view.desired_on,
            delivery_address: view.delivery_address,
            invoice_address: view.invoice_address,
            leitweg_id: view.leitweg_id,
            cost_centre: view.cost_centre,
            file_reference: view.file_reference,
            contact: view.contact,
            papers: Papers {
                data_processing: view.data_processing.trim().to_owned(),
                council_resolution: view.council_resolution.trim().to_owned(),
                emergency_decision: view.emergency_decision.trim().to_owned(),
                commitment: view.commitment.trim().to_owned(),
                order_reference: view.order_reference.trim().to_owned(),
                recurring: view.recurring,
                budget_account: view.budget_account.trim().to_owned(),
            },
        })
    }
}

impl CallOffView {
    fn of(call_off: CallOff, lines: Vec<Line>) -> Self {
        Self {
            id: call_off.id.0,
            contract_id: call_off.contract.0,
            member_id: call_off.member.0,
            supplier_id: call_off.supplier.0,
            status: call_off.status.key().to_owned(),
            case_number: call_off.case_number,
            number: call_off.number,
            version: call_off.version,
            lines: lines
                .into_iter()
                .map(|line| LineView {
                    position: line.position,
                    article_number: line.article_number,
                    quantity: line.quantity.to_string(),
                    unit_price: line.unit_price.map(|price| price.to_string()),
                    net: line.net.map(|net| net.to_string()),
                    vat_rate_pct: line.vat.map(|vat| vat.rate.to_string()),
                    offer: line
                        .offer
                        .map(|offer| OfferView { unit_price: offer.unit_price.to_string(), document: offer.document }),
                })
                .collect(),
            amounts: call_off.amounts.map(|amounts| AmountsView {
                net: amounts.net.to_string(),
                surcharge: amounts.surcharge.to_string(),
                vat: amounts.vat.to_string(),
                gross: amounts.gross.to_string(),
            }),
            details: call_off.details.into(),
            submitted_at: call_off.submitted_at,
            expires_at: call_off.expires_at,
            released_at: call_off.released_at,
            ended_at: call_off.ended_at,
            proposed_performance: None,
            declined_at: call_off.declined_at,
        }
    }
}

/// A new draft.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCallOff {
    /// The contract to call off from.
    contract_id: Uuid,
}

/// The lines of a draft.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLines {
    /// The version one saw; `If-Match` says it as well.
    #[serde(default)]
    version: Option<i32>,
    /// All lines, in order.
    #[schema(max_items = 400)]
    lines: Vec<NewLine>,
    /// From whom; left out, from whom the contract's mechanism proposes: the next in rank or in turn, the cheapest.
    #[serde(default)]
    supplier_id: Option<Uuid>,
}

/// A line.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLine {
    /// Article number.
    #[schema(max_length = 100)]
    article_number: String,
    /// Quantity as a decimal string.
    #[schema(example = "120")]
    quantity: String,
    /// A supplier's offer.
    #[serde(default)]
    offer: Option<OfferView>,
}

impl From<NewLine> for LineInput {
    fn from(line: NewLine) -> Self {
        Self {
            article_number: line.article_number,
            quantity: line.quantity,
            offer: line.offer.map(|offer| OfferInput { unit_price: offer.unit_price, document: offer.document }),
        }
    }
}

/// The details of a draft.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDetails {
    /// The version one saw; `If-Match` says it as well.
    #[serde(default)]
    version: Option<i32>,
    /// All details; what is left out becomes empty.
    details: DetailsView,
}

/// The version after a change.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangedVersion {
    /// Name it with the next change.
    version: i32,
}

/// Lists the call-offs one may see.
#[utoipa::path(get, path = "/api/v1/call-offs", tag = "call-offs", params(ListSearch), responses((status = 200, body = CallOffPage)))]
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    address: Uri,
    Query(search): Query<ListSearch>,
) -> Result<Part<CallOffPage>, Problem> {
    paging::check(search.limit, search.offset, 10_000_000, &search.q)?;
    let (limit, offset) = (search.limit, search.offset);
    let search = search.parsed()?;
    let mut tx = app.db.begin(&actor).await?;
    let population = call_off_list::count(&mut tx, &search).await?;
    let page = call_off_list::page(&mut tx, &search, limit.into(), offset.into()).await?;
    let headers = window::of_part(&address, population.count, limit, offset, page.len());
    let page = CallOffPage {
        total: population.count,
        ordered_net: population.ordered_net.to_string(),
        items: page.into_iter().map(SummaryView::from).collect(),
    };
    Ok((headers, Answer(page)))
}

impl ListSearch {
    fn parsed(self) -> Result<Search, Problem> {
        let statuses = match self.status {
            None => Vec::new(),
            Some(key) => vec![key.parse().map_err(|_| {
                Problem::invalid(vec![FieldError::new(
                    "status",
                    "Diesen Stand gibt es nicht. Beispiele: draft, submitted, released.",
                )])
            })?],
        };
        Ok(Search {
            statuses,
            member: self.member.map(OrganisationId),
            contract: self.contract.map(ContractId),
            requester: None,
            from: self.from,
            to: self.to,
            words: self.q,
            declined_only: self.declined,
            net_from: None,
            net_to: None,
        })
    }
}

/// Starts a draft, with addresses filled in.
#[utoipa::path(
    post, path = "/api/v1/call-offs", tag = "call-offs",
    request_body = NewCallOff,
    responses((
        status = 201, description = "The draft", body = CallOffView,
        headers(("Location" = String, description = "Address of the draft"))
    ))
)]
pub async fn create(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Json(new): Json<NewCallOff>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Answer<CallOffView>), Problem> {
    let call_off = draft_call_off::create(&app, &actor, ContractId(new.contract_id)).await?;
    let location = [(LOCATION, format!("/api/v1/call-offs/{}", call_off.id))];
    Ok((StatusCode::CREATED, location, Answer(CallOffView::of(call_off, Vec::new()))))
}

/// Starts a draft with the lines and details of an earlier call-off, at the prices of today. Licences are
/// proposed to end with the running ones; lines and details can be changed as in every draft.
#[utoipa::path(
    post, path = "/api/v1/call-offs/{id}/repetition", tag = "call-offs",
    request_body = Nothing,
    responses((
        status = 201, description = "The draft", body = CallOffView,
        headers(("Location" = String, description = "Address of the draft"))
    ))
)]
pub async fn repeat(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(_nothing): Json<Nothing>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Answer<CallOffView>), Problem> {
    let draft = repeat_call_off::repeat(&app, &actor, CallOffId(id)).await?;
    let mut tx = app.db.begin(&actor).await?;
    let (call_off, lines) = call_offs::find(&mut tx, draft.id).await?.ok_or_else(Problem::not_found)?;
    let location = [(LOCATION, format!("/api/v1/call-offs/{}", call_off.id))];
    Ok((StatusCode::CREATED, location, Answer(CallOffView::of(call_off, lines))))
}

/// One call-off.
#[utoipa::path(
    get, path = "/api/v1/call-offs/{id}", tag = "call-offs",
    responses((status = 200, body = CallOffView, headers(("ETag" = String, description = "Its version, for If-Match"))))
)]
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Versioned<CallOffView>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let (call_off, lines) = call_offs::find(&mut tx, CallOffId(id)).await?.ok_or_else(Problem::not_found)?;
    let proposed = renew_licences::propose(&mut tx, &call_off, app.clock.today()).await?;
    let mut view = CallOffView::of(call_off, lines);
    view.proposed_performance =
        proposed.map(|it| ProposedPerformance { from: it.period.from(), to: it.period.to(), reason: it.german() });
    Ok((etag(view.version), Answer(view)))
}

/// Replaces the lines of one's draft.
#[utoipa::path(
    put, path = "/api/v1/call-offs/{id}/lines", tag = "call-offs",
    request_body = NewLines, responses((status = 200, body = ChangedVersion))
)]
pub async fn put_lines(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
    Json(new): Json<NewLines>,
) -> Result<Versioned<ChangedVersion>, Problem> {
    let seen = if_match.seen(new.version)?;
    let lines: Vec<LineInput> = new.lines.into_iter().map(LineInput::from).collect();
    let choice = new.supplier_id.map_or(Choice::Proposed, |supplier| Choice::Of(OrganisationId(supplier)));
    let saved = draft_call_off::save_order(&app, &actor, CallOffId(id), seen, &lines, choice).await;
    let version = saved.map_err(|error| if_match.refusal(error))?;
    Ok((etag(version), Answer(ChangedVersion { version })))
}

/// Replaces the details of one's draft.
#[utoipa::path(
    put, path = "/api/v1/call-offs/{id}/details", tag = "call-offs",
    request_body = NewDetails, responses((status = 200, body = ChangedVersion))
)]
pub async fn put_details(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
    Json(new): Json<NewDetails>,
) -> Result<Versioned<ChangedVersion>, Problem> {
    let seen = if_match.seen(new.version)?;
    let details = Details::try_from(new.details)?;
    let saved = draft_call_off::save_details(&app, &actor, CallOffId(id), seen, &details).await;
    let version = saved.map_err(|error| if_match.refusal(error))?;
    Ok((etag(version), Answer(ChangedVersion { version })))
}

/// How the call-off would be judged now; nothing is stored.
#[utoipa::path(get, path = "/api/v1/call-offs/{id}/review", tag = "call-offs", responses((status = 200, body = ReviewView)))]
pub async fn review(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<ReviewView>, Problem> {
    let preview = draft_call_off::preview(&app, &actor, CallOffId(id)).await?;
    Ok(Answer(ReviewView::of(&preview.review, &preview.facts.contract.currency)))
}
