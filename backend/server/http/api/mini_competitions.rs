//! Mini-competitions run here: from the invitation of all parties to the award (§ 21 (5) VgV).

use std::collections::BTreeMap;

use abruf_domain::ids::{CallOffId, ContractId, MiniCompetitionId, OrganisationId};
use abruf_domain::mini_competition::{Line, Mark, Scheme, Standing};
use abruf_domain::money::UnitPrice;
use abruf_domain::period::Period;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::create_competition::{self, ForMember};
use crate::actions::draft_call_off::LineInput;
use crate::actions::receive_offer::{self, Arrived, Received};
use crate::actions::{
    FieldError, announce_competition, ask_competition_question, decide_competition, issue_competition_record,
    open_offers, score_offers, send_invitations, use_competition,
};
use crate::app::App;
use crate::http::api::decisions::Nothing;
use crate::http::api::mini_competition_deadlines::ExtensionView;
use crate::http::extract::{Json, Path};
use crate::http::idempotency::KeyedJson;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::mini_competitions::{self, Announcement, Competition, Listed};
use crate::storage::{mini_competition_deadlines, mini_competition_messages, mini_competition_offers};

/// A competition in the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct MiniCompetitionRow {
    id: Uuid,
    title: String,
    /// drafted, sent, opened, scored, awarded or cancelled.
    #[schema(example = "sent")]
    state: String,
    #[schema(example = "RV-2025-01")]
    contract_number: String,
    member: String,
    /// End of the time for offers.
    deadline_at: DateTime<Utc>,
    /// Suppliers from whom an offer arrived.
    offers: i64,
    /// Who won.
    #[serde(skip_serializing_if = "Option::is_none")]
    winner: Option<String>,
}

impl From<Listed> for MiniCompetitionRow {
    fn from(row: Listed) -> Self {
        Self {
            id: row.id,
            title: row.title,
            state: row.state,
            contract_number: row.contract_number,
            member: row.member_name,
            deadline_at: row.deadline_at,
            offers: row.offers,
            winner: row.winner,
        }
    }
}

/// A line asked for by the office.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedLine {
    /// Article number of the contract.
    article_number: String,
    /// How many.
    #[schema(example = "16")]
    quantity: String,
}

/// What a competition is begun from: a draft of one's own, or by the office contract, member and lines.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMiniCompetition {
    /// The draft that needs it; then nothing else.
    #[serde(default)]
    call_off_id: Option<Uuid>,
    /// The contract.
    #[serde(default)]
    contract_id: Option<Uuid>,
    /// For whom.
    #[serde(default)]
    member_id: Option<Uuid>,
    /// What is asked for.
    #[serde(default)]
    lines: Vec<WantedLine>,
    /// Period of what is paid by month.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    performance: Option<Period>,
}

/// A competition that was begun.
#[derive(Debug, Serialize, ToSchema)]
pub struct MiniCompetitionMade {
    id: Uuid,
}

/// A party that was asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationView {
    supplier_id: Uuid,
    name: String,
    /// Where the invitation went.
    address: String,
}

/// A question with its answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuestionView {
    id: Uuid,
    asked_at: DateTime<Utc>,
    question: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_at: Option<DateTime<Utc>>,
}

/// That an offer arrived.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptView {
    supplier_id: Uuid,
    /// From 1 for each supplier, in the order of recording.
    sequence: i32,
    received_at: DateTime<Utc>,
    /// After the deadline: excluded and not opened.
    late: bool,
    /// In time, and a later one in time took its place: not opened.
    replaced: bool,
    channel: String,
    /// Salted digest of the sealed content; empty for a late one.
    seal: String,
    recorded_by: String,
    recorded_at: DateTime<Utc>,
}

/// An opened offer.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferView {
    supplier_id: Uuid,
    /// Net price per unit by article.
    #[schema(value_type = Object)]
    unit_prices: BTreeMap<String, UnitPrice>,
    statement: String,
}

/// A competition with everything the actor may see of it; offers only once they are opened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MiniCompetition)]
pub struct MiniCompetitionView {
    id: Uuid,
    contract_id: Uuid,
    member_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    call_off_id: Option<Uuid>,
    /// drafted, sent, opened, scored, awarded or cancelled.
    #[schema(example = "sent")]
    state: &'static str,
    title: String,
    #[schema(value_type = Vec<Object>)]
    lines: Vec<Line>,
    #[schema(value_type = Object)]
    scheme: Scheme,
    submission: String,
    /// End of the time for offers that is in force.
    deadline_at: DateTime<Utc>,
    /// Deadlines before it, oldest first.
    extensions: Vec<ExtensionView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<DateTime<Utc>>,
    /// The first signature under the opening.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_signed_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    opened_at: Option<DateTime<Utc>>,
    invitations: Vec<InvitationView>,
    questions: Vec<QuestionView>,
    receipts: Vec<ReceiptView>,
    offers: Vec<OfferView>,
    #[schema(value_type = Vec<Object>)]
    standings: Vec<Standing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    winner_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<DateTime<Utc>>,
    decision_reason: String,
}

/// What the invitation says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnnouncementBody {
    #[schema(max_length = 200)]
    title: String,
    /// End of the time for offers.
    deadline_at: DateTime<Utc>,
    /// How offers are handed in.
    #[schema(max_length = 2000)]
    submission: String,
    /// Weights in percent that sum to 100, price formula (ratio, distance), tie rule (lower_price, better_quality, draw).
    #[schema(value_type = Object, example = json!({"price_weight": "60", "price_formula": "ratio", "criteria": [{"name": "Lieferzeit", "weight": "40"}], "tie_rule": "lower_price"}))]
    scheme: Scheme,
}

/// Where an invitation goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationBody {
    supplier_id: Uuid,
    /// Mail address or post.
    #[schema(max_length = 300)]
    address: String,
}

/// The invitations; all parties of the lot.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationsBody {
    invitations: Vec<InvitationBody>,
}

/// A supplier's question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionBody {
    supplier_id: Uuid,
    asked_at: DateTime<Utc>,
    #[schema(max_length = 4000)]
    question: String,
}

/// A question that was recorded.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuestionRecorded {
    id: Uuid,
}

/// An answer to all.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerBody {
    #[schema(max_length = 4000)]
    answer: String,
}

/// An offer as it arrived.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferBody {
    supplier_id: Uuid,
    received_at: DateTime<Utc>,
    /// How: mail, post.
    #[schema(max_length = 200)]
    channel: String,
    /// Net price per unit by article; none for an offer after the deadline, of which only the arrival is noted.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({"CON-PT": "1080.00"}))]
    unit_prices: BTreeMap<String, UnitPrice>,
    /// What it says beside prices; none for an offer after the deadline.
    #[serde(default)]
    #[schema(max_length = 4000)]
    statement: String,
}

/// What was noted about an offer.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferReceived {
    late: bool,
    seal: String,
    /// From 1 for each supplier.
    sequence: i32,
    /// Whether it takes the place of an offer of the same supplier.
    replaces: bool,
}

/// What a signature did.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpeningSigned {
    /// False: a second person has to sign.
    opened: bool,
}

/// Marks for quality; none where the price decides alone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MarksBody {
    /// One for each compared offer and criterion: 0 to 10 with a reason.
    #[schema(value_type = Vec<Object>, example = json!([{"supplier_id": "018f0000-0000-7000-8000-000000000001", "criterion": 0, "points": "8", "reason": "Lieferung in drei Tagen"}]))]
    marks: Vec<Mark>,
}

/// The ranks.
#[derive(Debug, Serialize, ToSchema)]
pub struct Scored {
    #[schema(value_type = Vec<Object>)]
    standings: Vec<Standing>,
}

/// Who wins, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AwardBody {
    supplier_id: Uuid,
    #[schema(max_length = 4000)]
    reason: String,
    /// How the lot was drawn between equal offers.
    #[serde(default)]
    #[schema(max_length = 4000)]
    drawn: String,
}

/// Why it is abolished.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AbolitionBody {
    #[schema(max_length = 4000)]
    reason: String,
}

/// The draft that orders what was won.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UseBody {
    call_off_id: Uuid,
}

/// The draft as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Used {
    /// Version of the draft.
    version: i32,
}

/// Competitions the actor may see, open ones first.
#[utoipa::path(get, path = "/api/v1/mini-competitions", tag = "mini-competitions", responses((status = 200, body = Vec<MiniCompetitionRow>)))]
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
) -> Result<Answer<Vec<MiniCompetitionRow>>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    Ok(Answer(mini_competitions::list(&mut tx).await?.into_iter().map(MiniCompetitionRow::from).collect()))
}

/// Begins a competition.
#[utoipa::path(post, path = "/api/v1/mini-competitions", tag = "mini-competitions", request_body = NewMiniCompetition, responses((status = 201, body = MiniCompetitionMade)))]
pub async fn create(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    KeyedJson(key, new): KeyedJson<NewMiniCompetition>,
) -> Result<(StatusCode, Answer<MiniCompetitionMade>), Problem> {
    let id = match (new.call_off_id, new.contract_id, new.member_id) {
        (Some(draft), None, None) => {
            create_competition::from_draft(&app, &actor, CallOffId(draft), key.as_ref()).await?
        }
        (None, Some(contract), Some(member)) => {
            let lines = new.lines.into_iter().map(|line| LineInput::new(line.article_number, line.quantity)).collect();
            let wish = ForMember {
                contract: ContractId(contract),
                member: OrganisationId(member),
                lines,
                performance: new.performance,
            };
            create_competition::for_member(&app, &actor, &wish, key.as_ref()).await?
        }
        _ => {
            let message =
                "Bitte senden Sie entweder call_off_id oder, als Geschäftsstelle, contract_id, member_id und lines.";
            return Err(Problem::invalid(vec![FieldError::new("call_off_id", message)]));
        }
    };
    Ok((StatusCode::CREATED, Answer(MiniCompetitionMade { id: id.0 })))
}

/// The record of a decided competition as PDF: made once, whoever asks first.
#[utoipa::path(
    get, path = "/api/v1/mini-competitions/{id}/record", tag = "mini-competitions",
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>))
)]
pub async fn record(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<impl IntoResponse, Problem> {
    let (name, bytes) = issue_competition_record::record(&app, &actor, MiniCompetitionId(id)).await?;
    let headers = [
        (CONTENT_TYPE, "application/pdf".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, bytes))
}

/// A competition. What sealed offers say is not here: nobody can read it yet.
#[utoipa::path(get, path = "/api/v1/mini-competitions/{id}", tag = "mini-competitions", responses((status = 200, body = MiniCompetitionView)))]
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<MiniCompetitionView>, Problem> {
    let id = MiniCompetitionId(id);
    let mut tx = app.db.begin(&actor).await?;
    let it: Competition = mini_competitions::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let invitations = mini_competition_messages::invitations(&mut tx, id).await?;
    let questions = mini_competition_messages::questions(&mut tx, id).await?;
    let extensions = mini_competition_deadlines::extensions(&mut tx, id).await?;
    let receipts = mini_competition_offers::receipts(&mut tx, id).await?;
    let offers = mini_competition_offers::opened(&mut tx, id).await?;
    let scoring = mini_competition_offers::scoring(&mut tx, id).await?;
    Ok(Answer(MiniCompetitionView {
        id: id.0,
        contract_id: it.contract.0,
        member_id: it.member.0,
        call_off_id: it.call_off.map(Uuid::from),
        state: it.state.key(),
        title: it.title,
        lines: it.lines,
        scheme: it.scheme,
        submission: it.submission,
        deadline_at: it.deadline_at,
        extensions: extensions.into_iter().map(ExtensionView::from).collect(),
        sent_at: it.sent_at,
        first_signed_at: it.first_signed_at,
        opened_at: it.opened_at,
        invitations: invitations
            .into_iter()
            .map(|it| InvitationView { supplier_id: it.supplier.0, name: it.name, address: it.address })
            .collect(),
        questions: questions
            .into_iter()
            .map(|it| QuestionView {
                id: it.id,
                asked_at: it.asked_at,
                question: it.question,
                answer: it.answer,
                answered_at: it.answered_at,
            })
            .collect(),
        receipts: receipts
            .into_iter()
            .map(|it| ReceiptView {
                supplier_id: it.supplier.0,
                sequence: it.sequence,
                received_at: it.received_at,
                late: it.late,
                replaced: it.replaced,
                channel: it.channel,
                seal: it.seal,
                recorded_by: it.recorded_by_name,
                recorded_at: it.recorded_at,
            })
            .collect(),
        offers: offers
            .into_iter()
            .map(|it| OfferView {
                supplier_id: it.supplier.0,
                unit_prices: it.content.unit_prices,
                statement: it.content.statement,
            })
            .collect(),
        standings: scoring.map(|it| it.standings).unwrap_or_default(),
        winner_id: it.winner.map(Uuid::from),
        decided_at: it.decided_at,
        decision_reason: it.decision_reason,
    }))
}

/// Writes deadline, criteria and how to submit; until the invitations are sent.
#[utoipa::path(put, path = "/api/v1/mini-competitions/{id}/announcement", tag = "mini-competitions", request_body = AnnouncementBody, responses((status = 204)))]
pub async fn announce(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<AnnouncementBody>,
) -> Result<StatusCode, Problem> {
    let announcement = Announcement {
        title: body.title,
        deadline_at: body.deadline_at,
        submission: body.submission,
        scheme: body.scheme,
    };
    announce_competition::announce(&app, &actor, MiniCompetitionId(id), &announcement).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Notes that all parties of the lot were asked in text form, now.
#[utoipa::path(post, path = "/api/v1/mini-competitions/{id}/invitations", tag = "mini-competitions", request_body = InvitationsBody, responses((status = 204)))]
pub async fn send(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<InvitationsBody>,
) -> Result<StatusCode, Problem> {
    let addresses = body.invitations.into_iter().map(|it| (OrganisationId(it.supplier_id), it.address)).collect();
    send_invitations::send(&app, &actor, MiniCompetitionId(id), &addresses).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Records a supplier's question.
#[utoipa::path(post, path = "/api/v1/mini-competitions/{id}/questions", tag = "mini-competitions", request_body = QuestionBody, responses((status = 201, body = QuestionRecorded)))]
pub async fn ask(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<QuestionBody>,
) -> Result<(StatusCode, Answer<QuestionRecorded>), Problem> {
    let (id, supplier) = (MiniCompetitionId(id), OrganisationId(body.supplier_id));
    let id = ask_competition_question::ask(&app, &actor, id, supplier, body.asked_at, &body.question).await?;
    Ok((StatusCode::CREATED, Answer(QuestionRecorded { id })))
}

/// Answers a question to all parties.
#[utoipa::path(post, path = "/api/v1/mini-competitions/{id}/questions/{question}/answer", tag = "mini-competitions", request_body = AnswerBody, responses((status = 204)))]
pub async fn answer(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path((id, question)): Path<(Uuid, Uuid)>,
    Json(body): Json<AnswerBody>,
) -> Result<StatusCode, Problem> {
    ask_competition_question::answer(&app, &actor, MiniCompetitionId(id), question, &body.answer).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Records an offer and puts it under seal; of several of a supplier the latest in time counts. Of one after the
/// deadline only the arrival is noted.
#[utoipa::path(post, path = "/api/v1/mini-competitions/{id}/offers", tag = "mini-competitions", request_body = OfferBody, responses((status = 201, body = OfferReceived)))]
pub async fn receive(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<OfferBody>,
) -> Result<(StatusCode, Answer<OfferReceived>), Problem> {
    let arrived = Arrived {
        supplier: OrganisationId(body.supplier_id),
        received_at: body.received_at,
        channel: body.channel,
        unit_prices: body.unit_prices,
        statement: body.statement,
    };
    let received = receive_offer::receive(&app, &actor, MiniCompetitionId(id), &arrived).await?;
    let Received { late, seal, sequence, replaces } = received;
    Ok((StatusCode::CREATED, Answer(OfferReceived { late, seal, sequence, replaces })))
}

/// Signs the opening; the second of two persons opens the offers.
#[utoipa::path(post, path = "/api/v1/mini-competitions/{id}/opening", tag = "mini-competitions", request_body = Nothing, responses((status = 200, body = OpeningSigned)))]
pub async fn open(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(Nothing {}): Json<Nothing>,
) -> Result<Answer<OpeningSigned>, Problem> {
    let signed = open_offers::sign(&app, &actor, MiniCompetitionId(id)).await?;
    Ok(Answer(OpeningSigned { opened: signed == open_offers::Signed::Opened }))
}

/// Scores the opened offers by the announced scheme; again as a correction.
#[utoipa::path(post, path = "/api/v1/mini-competitions/{id}/scoring", tag = "mini-competitions", request_body = MarksBody, responses((status = 200, body = Scored)))]
pub async fn score(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<MarksBody>,
) -> Result<Answer<Scored>, Problem> {
    let standings = score_offers::score(&app, &actor, MiniCompetitionId(id), &body.marks).await?;
    Ok(Answer(Scored { standings }))
}

/// Awards it to the best offer.
#[utoipa::path(post, path = "/api/v1/mini-competitions/{id}/award", tag = "mini-competitions", request_body = AwardBody, responses((status = 204)))]
pub async fn award(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<AwardBody>,
) -> Result<StatusCode, Problem> {
    let (id, winner) = (MiniCompetitionId(id), OrganisationId(body.supplier_id));
    decide_competition::award(&app, &actor, id, winner, &body.reason, &body.drawn).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Abolishes it with a reason.
#[utoipa::path(post, path = "/api/v1/mini-competitions/{id}/abolition", tag = "mini-competitions", request_body = AbolitionBody, responses((status = 204)))]
pub async fn cancel(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<AbolitionBody>,
) -> Result<StatusCode, Problem> {
    decide_competition::cancel(&app, &actor, MiniCompetitionId(id), &body.reason)
        .await
        .map_err(|error| Problem::from(error.at("cancel_reason", "reason")))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes winner, lines and prices into a draft of one's own.
#[utoipa::path(post, path = "/api/v1/mini-competitions/{id}/use", tag = "mini-competitions", request_body = UseBody, responses((status = 200, body = Used)))]
pub async fn take(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<UseBody>,
) -> Result<Answer<Used>, Problem> {
    let version = use_competition::take(&app, &actor, MiniCompetitionId(id), CallOffId(body.call_off_id)).await?;
    Ok(Answer(Used { version }))
}
