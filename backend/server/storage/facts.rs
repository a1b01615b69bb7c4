//! Gathers the facts of a review. Each query reads one noun; what the actor may not see is not there.

mod award;
mod budget;
mod contract;
mod item;
mod member;
mod request;
mod standing;

use std::collections::BTreeMap;
use std::sync::Arc;

use abruf_domain::answer_period::{AnswerPeriod, RankRequest, holidays, horizon};
use abruf_domain::facts::{
    Baseline, CheckPoint, ContractTerms, Facts, Item, Measure, Mechanism, Parameters, Releaser, Scope, ScopeState,
};
use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::law::{self, Citation};
use abruf_domain::money::{Net, Percent, Quantity};
use abruf_domain::period::berlin_date;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::{CallOff, Line};
use super::error::consistent;
use super::volume::Holding;
use super::{parameters, rank_requests, turns, volume};
pub use item::{StoredPrice, accessibility, baselines_as_corrected, evb_it, items};
use standing::Party;
pub use standing::View;

/// The state of the facts that stand, as whoever acts on this connection sees them on the day of `now`. What is
/// read under it is at least as new as it; after waiting for a lock it is to be asked for again.
pub async fn view(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<View, StorageError> {
    standing::view(conn, berlin_date(now)).await
}

/// Reads everything a review of this call-off may see at `now`.
pub async fn gather(
    conn: &mut PgConnection,
    call_off: &CallOff,
    lines: &[Line],
    check_point: CheckPoint,
    releaser: Option<Releaser>,
    now: DateTime<Utc>,
) -> Result<Facts, StorageError> {
    let view = view(&mut *conn, now).await?;
    let (facts, _) = gather_with(conn, &view, call_off, lines, check_point, releaser, now).await?;
    Ok(facts)
}

/// As [`gather`], under a state the caller knows; beside the facts what the call-off itself holds.
pub async fn gather_with(
    conn: &mut PgConnection,
    view: &View,
    call_off: &CallOff,
    lines: &[Line],
    check_point: CheckPoint,
    releaser: Option<Releaser>,
    now: DateTime<Utc>,
) -> Result<(Facts, Vec<Holding>), StorageError> {
    let day = berlin_date(now);
    let articles: Vec<String> = lines.iter().map(|line| line.article_number.clone()).collect();
    let Standing { mut contract, party, parameters, baselines } =
        standing_facts(&mut *conn, view, call_off.contract, (call_off.body, call_off.member), &articles).await?;
    item::count_own(&mut *conn, call_off.contract, call_off.member, &mut contract.items).await?;
    let lots: Vec<Uuid> = contract.items.iter().filter_map(|item| item.lot).map(Uuid::from).collect();
    let items: Vec<Uuid> = contract.items.iter().map(|item| item.id.0).collect();
    let (scopes, held) =
        volume::scopes_beside(&mut *conn, call_off.contract, call_off.id, call_off.member, &lots, &items).await?;
    count_all(&mut contract.items, &scopes)?;
    let past = request::past(&mut *conn, call_off, &party.parameters, day).await?;
    let mut request =
        request::request(&mut *conn, call_off, lines, releaser, &contract, party.budget_mode, day).await?;
    request.earlier = past.earlier;
    let jurisdiction = contract.jurisdiction.as_deref().unwrap_or_default();
    contract.answer_period = answer_period(conn, call_off, jurisdiction, &request.rank_requests).await?;
    let facts = Facts {
        evaluated_at: now,
        check_point,
        contract,
        member: party.member.clone(),
        request,
        scopes,
        baselines,
        process_effect_counted: past.process_effect_counted,
        parameters,
    };
    Ok((facts, held))
}

/// What is known of a member and a contract before anything is asked for: enough for the rules about
/// membership, entitlement and term. The caller has seen that the contract is visible.
pub async fn without_request(
    conn: &mut PgConnection,
    contract: ContractId,
    body: OrganisationId,
    member: OrganisationId,
    now: DateTime<Utc>,
) -> Result<Facts, StorageError> {
    of_articles(conn, contract, body, member, &[], now).await
}

/// As [`without_request`], with the items of these article numbers and their prices of the day.
pub async fn of_articles(
    conn: &mut PgConnection,
    contract: ContractId,
    body: OrganisationId,
    member: OrganisationId,
    articles: &[String],
    now: DateTime<Utc>,
) -> Result<Facts, StorageError> {
    let view = view(&mut *conn, now).await?;
    let standing = standing_facts(&mut *conn, &view, contract, (body, member), articles).await?;
    Ok(Facts {
        evaluated_at: now,
        check_point: CheckPoint::Submission,
        contract: standing.contract,
        member: standing.party.member.clone(),
        request: request::nothing(),
        scopes: volume::scopes(conn, contract, member, &[], &[]).await?,
        baselines: standing.baselines,
        process_effect_counted: false,
        parameters: standing.parameters,
    })
}

/// Whether anything of this contract depends on what was released before: a price on the running total, a
/// supplier on whose turn it is. Only then has a release to lock first.
pub async fn depends_on_earlier(
    conn: &mut PgConnection,
    view: &View,
    call_off: &CallOff,
    lines: &[Line],
) -> Result<bool, StorageError> {
    let articles: Vec<String> = lines.iter().map(|line| line.article_number.clone()).collect();
    Ok(standing::terms(conn, view, call_off.contract, &articles).await?.depends_on_earlier)
}

/// What stands, put together for one request.
struct Standing {
    contract: ContractTerms,
    party: Arc<Party>,
    parameters: Parameters,
    baselines: Vec<Baseline>,
}

/// Terms, member and baselines as they stand; of what moves only whose turn it is.
async fn standing_facts(
    conn: &mut PgConnection,
    view: &View,
    contract: ContractId,
    (body, member): (OrganisationId, OrganisationId),
    articles: &[String],
) -> Result<Standing, StorageError> {
    let terms = standing::terms(&mut *conn, view, contract, articles).await?;
    let of_member = standing::of_member(&mut *conn, view, contract, member, articles).await?;
    let party = standing::party(&mut *conn, view, body, member).await?;
    let parameters = terms.law.beside(&party.parameters);
    let mut contract_terms = terms.contract.clone();
    contract_terms.entitlements.clone_from(&of_member.entitlements);
    if let Some(agreement) = &mut contract_terms.data_processing {
        agreement.members = of_member.acceded.then_some(member).into_iter().collect();
    }
    if contract_terms.mechanism == Mechanism::Rotation {
        contract_terms.last_awards = turns::last_awards(conn, contract).await?;
    }
    Ok(Standing { contract: contract_terms, party, parameters, baselines: of_member.baselines.clone() })
}

/// What all members have called off of an item stands in its guard row: nobody sums foreign rows.
fn count_all(items: &mut [Item], scopes: &[ScopeState]) -> Result<(), StorageError> {
    for item in items {
        let of_item = |scope: &&ScopeState| scope.scope == Scope::Item(item.id) && scope.measure == Measure::Quantity;
        if let Some(scope) = scopes.iter().find(of_item) {
            let consumed = Quantity::new(scope.consumed().decimal());
            item.called_off.by_all = consistent(consumed, "guard", "authorised", scope.guard)?;
        }
    }
    Ok(())
}

/// The answer period of the contract with the holidays of its jurisdiction that requests of this call-off can meet; `None`
/// where nobody was asked, the contract sets none, or no calendar is known: then silence says nothing.
async fn answer_period(
    conn: &mut PgConnection,
    call_off: &CallOff,
    jurisdiction: &str,
    requests: &[RankRequest],
) -> Result<Option<AnswerPeriod>, StorageError> {
    let days = || requests.iter().map(|request| request.asked_on);
    let Some((first, last)) = days().min().zip(days().max()) else { return Ok(None) };
    let Some(working_days) = rank_requests::answer_period(&mut *conn, call_off).await? else { return Ok(None) };
    let holidays = holidays(jurisdiction, first, horizon(last));
    Ok(holidays.map(|holidays| AnswerPeriod { working_days, holidays }))
}

/// What the jurisdiction of a contract says about call-offs from it.
#[derive(Debug, Clone, PartialEq)]
struct ProcurementLaw {
    eu_threshold: Option<Net>,
    inhouse_activity_share: Option<Percent>,
    /// By rule, of the rules that apply procurement law.
    citations: BTreeMap<String, Citation>,
}

impl ProcurementLaw {
    /// The parameters of a review: the contract's law beside the member's.
    fn beside(&self, member: &Parameters) -> Parameters {
        let mut parameters = member.clone();
        parameters.eu_threshold = self.eu_threshold;
        parameters.inhouse_activity_share = self.inhouse_activity_share;
        parameters.citations.extend(self.citations.clone());
        parameters
    }
}

async fn procurement_law(
    conn: &mut PgConnection,
    contract: ContractId,
    day: NaiveDate,
) -> Result<ProcurementLaw, StorageError> {
    let values = parameters::valid_for_contract(conn, contract, day).await?;
    Ok(ProcurementLaw {
        eu_threshold: values.parsed_if_set("eu_threshold_supplies_net")?,
        inhouse_activity_share: values.parsed_if_set("inhouse_activity_share_pct")?,
        citations: law::citations_of_contract(&values.jurisdiction),
    })
}

/// The law of the member's Land and the rules of its house; what a contract decides is not in it yet.
async fn of_law_and_house(
    conn: &mut PgConnection,
    member: OrganisationId,
    day: NaiveDate,
) -> Result<Parameters, StorageError> {
    let values = parameters::valid_for_member(conn, member, day).await?;
    Ok(Parameters {
        cap_warning_ratio: values.parsed("cap_warning_ratio")?,
        baseline_max_age_months: values.parsed("baseline_max_age_months")?,
        direct_award_limit: values.parsed("direct_award_limit_net")?,
        process_cost_flat: values.parsed("process_cost_flat_net")?,
        process_own_call_off_effort: values.parsed("process_own_calloff_effort_net")?,
        split_window_days: values.parsed("split_window_days")?,
        duplicate_window_days: values.parsed("duplicate_window_days")?,
        eu_threshold: None,
        inhouse_activity_share: None,
        citations: law::citations_of_member(&values.jurisdiction),
    })
}
