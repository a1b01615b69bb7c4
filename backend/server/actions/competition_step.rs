//! What every step of a mini-competition has in common: the held row, who may take it, the entry in the log,
//! and what the contract says about its lines.

use abruf_domain::Facts;
use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::{canonical_json, sha256};
use abruf_domain::facts::CheckPoint;
use abruf_domain::ids::{CallOffId, ContractId, MiniCompetitionId, OrganisationId};
use abruf_domain::mini_competition::{HighestPrices, Line, Step};
use abruf_domain::period::Period;
use abruf_domain::pricing::highest_price;
use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ActionError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::call_offs::{Asked, CallOff, Details, Line as CallOffLine};
use crate::storage::mini_competitions::{self, Competition};
use crate::storage::{StorageError, Tx, facts, mini_competition_offers};

/// Who runs mini-competitions: the member's people who order and release, the office for a member.
pub const RUNNERS: &[Role] = &[Role::Buyer, Role::Approver, Role::Office];

/// Holds a competition for a step of its own people; a foreign one looks absent.
pub(super) async fn held(
    tx: &mut Tx,
    actor: &Actor,
    id: MiniCompetitionId,
    step: Step,
) -> Result<Competition, ActionError> {
    only(actor, RUNNERS)?;
    let competition = mini_competitions::lock(tx, id).await?.ok_or(ActionError::NotFound)?;
    if competition.run_by != actor.organisation && step != Step::Use {
        return Err(ActionError::Refused(
            "Diesen Miniwettbewerb führt eine andere Stelle. Sie können ihn ansehen, die Schritte macht, wer ihn führt.",
        ));
    }
    competition.state.check(step)?;
    Ok(competition)
}

/// Writes a step into the contract's log: `after` binds what it rests on, `detail` holds names and free text.
pub(super) async fn log(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    competition: &Competition,
    action: &str,
    detail: Value,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let before =
        json!({ "state": competition.state.key(), "deadline_at": competition.deadline_at, "lines": competition.lines });
    log_new(
        app,
        tx,
        actor,
        (competition.contract, competition.id, competition.member),
        action,
        Some(before),
        detail,
        now,
    )
    .await
}

/// As [`log`], for a competition that begins.
#[expect(clippy::too_many_arguments, reason = "an entry names them all; a struct would be built and read once")]
pub(super) async fn log_new(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    (contract, id, member): (ContractId, MiniCompetitionId, OrganisationId),
    action: &str,
    before: Option<Value>,
    detail: Value,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let digest = |value: &Value| HEXLOWER.encode(&sha256(canonical_json(value).as_bytes()));
    let mut entry = AuditEntry::new(now, Some(actor.person.0), action, "mini_competition", id.0);
    entry.before = before.as_ref().map(digest);
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), member: Some(member), call_off: None };
    let record = Record::with_detail(entry, concerns, app.chance.bytes(), detail);
    audit_log::append_to_contract(tx, contract, &record).await
}

/// The facts of a call-off of these lines that nobody has written yet: parties, items, prices.
pub(super) async fn facts_of(
    tx: &mut Tx,
    (contract, body, member): (ContractId, OrganisationId, OrganisationId),
    asked: Vec<Asked>,
    performance: Option<Period>,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<Facts, StorageError> {
    let nobody = OrganisationId(Uuid::nil());
    let call_off = CallOff {
        contract,
        id: CallOffId(Uuid::nil()),
        body,
        member,
        buyer_of_record: member,
        supplier: nobody,
        supplier_chosen: false,
        status: abruf_domain::call_off::Status::Draft,
        case_number: String::new(),
        number: None,
        requester: actor.person,
        releaser: None,
        details: Details { performance, ..Details::default() },
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
    let lines: Vec<CallOffLine> =
        (1..).zip(asked).map(|(position, asked)| CallOffLine::asked(position, asked)).collect();
    facts::gather(tx, &call_off, &lines, CheckPoint::Submission, None, now).await
}

/// The facts of what a competition asks for.
pub(super) async fn facts_of_competition(
    tx: &mut Tx,
    competition: &Competition,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<Facts, StorageError> {
    let place = (competition.contract, competition.body, competition.member);
    facts_of(tx, place, competition.lines.iter().map(asked).collect(), competition.performance, actor, now).await
}

/// A line as a call-off asks for it.
pub(super) fn asked(line: &Line) -> Asked {
    Asked { article_number: line.article_number.clone(), quantity: line.quantity, offer: None }
}

/// The parties of the lot on the day of the facts: id and name, by rank.
pub(super) fn parties(facts: &Facts, competition: &Competition, now: DateTime<Utc>) -> Vec<(OrganisationId, String)> {
    let day = abruf_domain::period::berlin_date(now);
    let parties = facts.contract.ranked_parties(competition.lot, day);
    parties.into_iter().map(|party| (party.supplier, party.name.clone())).collect()
}

/// The parties of the lot with the mail address an invitation would go to: id, name, address.
///
/// # Errors
/// If the database fails.
pub async fn party_addresses(
    tx: &mut Tx,
    competition: &Competition,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<Vec<(OrganisationId, String, String)>, StorageError> {
    let facts = facts_of_competition(tx, competition, actor, now).await?;
    let parties = parties(&facts, competition, now);
    let ids: Vec<Uuid> = parties.iter().map(|(id, _)| id.0).collect();
    let mut addresses = mini_competition_offers::mail_addresses(tx, &ids).await?;
    Ok(parties
        .into_iter()
        .map(|(id, name)| {
            let address = addresses.remove(&id.0).unwrap_or_default();
            (id, name, address)
        })
        .collect())
}

/// The most each supplier may ask for each line.
pub(super) fn highest(facts: &Facts, suppliers: &[OrganisationId], now: DateTime<Utc>) -> HighestPrices {
    let day = abruf_domain::period::berlin_date(now);
    let prices = |supplier: OrganisationId| {
        let lines = facts.request.lines.iter();
        lines
            .filter_map(|line| {
                let item = facts.contract.item(&line.article_number)?;
                Some((line.article_number.clone(), highest_price(facts, item, supplier, line.quantity, day)?))
            })
            .collect()
    };
    suppliers.iter().map(|supplier| (*supplier, prices(*supplier))).collect()
}
