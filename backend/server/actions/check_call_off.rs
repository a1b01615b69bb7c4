//! What would happen to a call-off that nobody has written yet: the verdict of submission or release on
//! the present state. Nothing is stored.
//!
//! The facts are gathered and judged by the same two functions as for a request, so the answers agree.
//! Another instant changes dates, prices and terms; what is consumed is always what is consumed now.

use abruf_domain::call_off::Status;
use abruf_domain::entitlement::without_prices;
use abruf_domain::facts::{CheckPoint, Facts};
use abruf_domain::headroom::{Headroom, headroom};
use abruf_domain::ids::{CallOffId, ContractId, OrganisationId, PersonId};
use abruf_domain::period::berlin_date;
use abruf_domain::proposal::propose;
use abruf_domain::{Review, review};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::draft_call_off::{LineInput, check_details, parse_lines};
use super::withhold_prices::{are_withheld, are_withheld_today};
use super::{ActionError, FieldError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::call_offs::{CallOff, Details, Line};
use crate::storage::{assignments, contracts, facts, organisations};

/// Most lines for which the largest quantities are looked for.
pub const MOST_HEADROOM_LINES: usize = 20;

/// Who may ask.
pub const ASKERS: &[Role] = &[Role::Buyer, Role::Approver, Role::Treasurer, Role::Office];

/// A call-off that is only thought of.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// The contract.
    pub contract: Uuid,
    /// For whom; `None`: the member one acts for.
    pub member: Option<OrganisationId>,
    /// From whom; `None`: whom a draft would name.
    pub supplier: Option<OrganisationId>,
    /// Lines as typed.
    pub lines: Vec<LineInput>,
    /// What else the requester would fill in.
    pub details: Details,
    /// When; `None`: now.
    pub at: Option<DateTime<Utc>>,
    /// Who would release; `None`: it is judged as a submission.
    pub approver: Option<PersonId>,
    /// Whether to look for the largest quantity of each article.
    pub headroom: bool,
}

/// What would happen.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was judged.
    pub facts: Facts,
    /// The judgement.
    pub review: Review,
    /// Largest quantities, if asked for.
    pub headroom: Vec<Headroom>,
}

/// Judges the question. Who acts for a member that is not entitled today reads what stands in the way, without
/// prices and largest quantities.
///
/// # Errors
/// [`ActionError::NotFound`] for a contract or member one may not see, [`ActionError::Invalid`] for
/// what cannot be read.
pub async fn check(app: &App, actor: &Actor, question: &Question) -> Result<Answer, ActionError> {
    only(actor, ASKERS)?;
    let lines = parse_lines(&question.lines)?;
    check_details(&question.details)?;
    if question.headroom && MOST_HEADROOM_LINES < lines.len() {
        return Err(ActionError::Invalid(vec![FieldError::new(
            "headroom",
            format!(
                "Größte Mengen gibt es für höchstens {MOST_HEADROOM_LINES} Positionen, gefragt sind {}. Bitte fragen Sie mit weniger Positionen.",
                lines.len()
            ),
        )]));
    }
    let member = member_asked_for(actor, question.member)?;
    let now = question.at.unwrap_or_else(|| app.clock.now());
    let day = berlin_date(now);
    let contract = ContractId(question.contract);

    let mut tx = app.db.begin(actor).await?;
    organisations::find(&mut tx, member).await?.ok_or(ActionError::NotFound)?;
    let terms = contracts::for_ordering(&mut tx, contract, day).await?.ok_or(ActionError::NotFound)?;
    let articles: Vec<String> = lines.iter().map(|line| line.article_number.clone()).collect();
    let supplier = match question.supplier {
        Some(supplier) => Some(supplier),
        None => contracts::supplier_of(&mut tx, contract, &articles, day).await?.or(terms.first_supplier),
    };
    let nobody = OrganisationId(Uuid::nil());
    let mut call_off = CallOff {
        contract,
        id: CallOffId(Uuid::nil()),
        body: terms.body,
        member,
        buyer_of_record: terms.buyer_of_record(member),
        supplier: supplier.unwrap_or(nobody),
        supplier_chosen: question.supplier.is_some(),
        status: Status::Draft,
        case_number: String::new(),
        number: None,
        requester: if actor.role == Role::Buyer { actor.person } else { PersonId(Uuid::nil()) },
        releaser: None,
        details: question.details.clone(),
        amounts: None,
        declined_at: None,
        created_at: now,
        changed_at: now,
        submitted_at: None,
        expires_at: None,
        released_at: None,
        ended_at: None,
        version: 1,
    };
    let lines: Vec<Line> = (1..).zip(lines).map(|(position, asked)| Line::asked(position, asked)).collect();
    let (check_point, releaser) = match question.approver {
        None => (CheckPoint::Submission, None),
        Some(person) => {
            let assignment =
                assignments::approver_of(&mut tx, member, person, day).await?.ok_or_else(not_an_approver)?;
            (CheckPoint::Release, Some(assignments::releaser(&mut tx, person, assignment).await?))
        }
    };
    let mut facts = facts::gather(&mut tx, &call_off, &lines, check_point, releaser.clone(), now).await?;
    let proposed = propose(&facts).map(|proposal| proposal.party.supplier);
    if let Some(proposed) = proposed.filter(|proposed| !call_off.supplier_chosen && *proposed != call_off.supplier) {
        // Judged with whom a draft would name.
        call_off.supplier = proposed;
        facts = facts::gather(&mut tx, &call_off, &lines, check_point, releaser, now).await?;
    }
    // Entitled on another day only: the prices are not theirs yet, or no more.
    let withheld_today = are_withheld_today(app, &mut tx, actor, contract).await?;
    tx.rollback().await?;

    let judged = review(&facts);
    if withheld_today || are_withheld(actor, &judged.findings) {
        return Ok(Answer { review: without_prices(&judged), facts, headroom: Vec::new() });
    }
    let headroom = match question.headroom {
        true => articles.iter().map(|article| headroom(&facts, article)).collect(),
        false => Vec::new(),
    };
    Ok(Answer { review: judged, facts, headroom })
}

/// Only the office asks for others; for everybody else another member is absent.
fn member_asked_for(actor: &Actor, asked: Option<OrganisationId>) -> Result<OrganisationId, ActionError> {
    match (actor.role, asked) {
        (Role::Office, Some(member)) => Ok(member),
        (Role::Office, None) => Err(ActionError::Invalid(vec![FieldError::new(
            "member_id",
            "Bitte nennen Sie das Mitglied, für das Sie fragen.",
        )])),
        (_, None) => Ok(actor.organisation),
        (_, Some(member)) if member == actor.organisation => Ok(member),
        (_, Some(_)) => Err(ActionError::NotFound),
    }
}

fn not_an_approver() -> ActionError {
    ActionError::Invalid(vec![FieldError::new(
        "approver",
        "Diese Person kann an diesem Tag für das Mitglied nichts freigeben. Bitte nennen Sie eine Person mit Freigaberecht.",
    )])
}
