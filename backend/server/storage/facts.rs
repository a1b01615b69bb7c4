//! Gathers the facts of a review. Each query reads one noun; what the actor may not see is not there.

mod award;
mod budget;
mod contract;
mod item;
mod member;
mod request;
mod standing;

use std::sync::Arc;

use abruf_domain::answer_period::{AnswerPeriod, RankRequest, holidays, horizon};
use abruf_domain::facts::{
    Baseline, CheckPoint, ContractTerms, Facts, Item, Measure, Mechanism, Parameters, Releaser, Scope, ScopeState,
};
use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::law;
use abruf_domain::money::Quantity;
use abruf_domain::period::berlin_date;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::{CallOff, Line};
use super::error::consistent;
use super::volume::Holding;
use super::{organisations, parameters, rank_requests, turns, volume};
pub use item::{StoredPrice, items};
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
    let (mut contract, party, baselines) =
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
    contract.answer_period = answer_period(conn, call_off, &request.rank_requests).await?;
    let facts = Facts {
        evaluated_at: now,
        check_point,
        contract,
        member: party.member.clone(),
        request,
        scopes,
        baselines,
        process_effect_counted: past.process_effect_counted,
        parameters: party.parameters.clone(),
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
    let view = view(&mut *conn, now).await?;
    let (terms, party, baselines) = standing_facts(&mut *conn, &view, contract, (body, member), &[]).await?;
    Ok(Facts {
        evaluated_at: now,
        check_point: CheckPoint::Submission,
        contract: terms,
        member: party.member.clone(),
        request: request::nothing(),
        scopes: volume::scopes(conn, contract, member, &[], &[]).await?,
        baselines,
        process_effect_counted: false,
        parameters: party.parameters.clone(),
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

/// Terms, member and baselines as they stand; of what moves only whose turn it is.
async fn standing_facts(
    conn: &mut PgConnection,
    view: &View,
    contract: ContractId,
    (body, member): (OrganisationId, OrganisationId),
    articles: &[String],
) -> Result<(ContractTerms, Arc<Party>, Vec<Baseline>), StorageError> {
    let terms = standing::terms(&mut *conn, view, contract, articles).await?;
    let of_member = standing::of_member(&mut *conn, view, contract, member, articles).await?;
    let party = standing::party(&mut *conn, view, body, member).await?;
    let mut terms = terms.contract.clone();
    terms.entitlements.clone_from(&of_member.entitlements);
    if let Some(agreement) = &mut terms.data_processing {
        agreement.members = of_member.acceded.then_some(member).into_iter().collect();
    }
    if terms.mechanism == Mechanism::Rotation {
        terms.last_awards = turns::last_awards(conn, contract).await?;
    }
    Ok((terms, party, of_member.baselines.clone()))
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

/// The answer period of the contract with the holidays that requests of this call-off can meet; `None`
/// where nobody was asked, the contract sets none, or no calendar is known: then silence says nothing.
async fn answer_period(
    conn: &mut PgConnection,
    call_off: &CallOff,
    requests: &[RankRequest],
) -> Result<Option<AnswerPeriod>, StorageError> {
    let days = || requests.iter().map(|request| request.asked_on);
    let Some((first, last)) = days().min().zip(days().max()) else { return Ok(None) };
    let Some(working_days) = rank_requests::answer_period(&mut *conn, call_off).await? else { return Ok(None) };
    let jurisdiction = organisations::jurisdiction(conn, call_off.body).await?.unwrap_or_default();
    let holidays = holidays(&jurisdiction, first, horizon(last));
    Ok(holidays.map(|holidays| AnswerPeriod { working_days, holidays }))
}

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
        eu_threshold: values.parsed_if_set("eu_threshold_supplies_net")?,
        inhouse_activity_share: values.parsed_if_set("inhouse_activity_share_pct")?,
        citations: law::citations(&values.jurisdiction),
    })
}
