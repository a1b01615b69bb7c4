//! Gathers the facts of a review. Each query reads one noun; what the actor may not see is not there.

mod award;
mod budget;
mod contract;
mod item;
mod member;
mod request;

use abruf_domain::answer_period::{AnswerPeriod, RankRequest, holidays, horizon};
use abruf_domain::facts::{CheckPoint, ContractTerms, Facts, Item, Measure, Parameters, Releaser, Scope, ScopeState};
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
use super::{organisations, parameters, rank_requests, volume};
pub use item::{StoredPrice, items};

/// Reads everything a review of this call-off may see at `now`.
pub async fn gather(
    conn: &mut PgConnection,
    call_off: &CallOff,
    lines: &[Line],
    check_point: CheckPoint,
    releaser: Option<Releaser>,
    now: DateTime<Utc>,
) -> Result<Facts, StorageError> {
    let own = match call_off.status.holds_reservation() {
        true => volume::holdings(&mut *conn, call_off.contract, call_off.id).await?,
        false => Vec::new(),
    };
    gather_beside(conn, &own, call_off, lines, check_point, releaser, now).await
}

/// As [`gather`], for a caller who knows already what the call-off itself holds.
pub async fn gather_beside(
    conn: &mut PgConnection,
    own: &[Holding],
    call_off: &CallOff,
    lines: &[Line],
    check_point: CheckPoint,
    releaser: Option<Releaser>,
    now: DateTime<Utc>,
) -> Result<Facts, StorageError> {
    let day = berlin_date(now);
    let articles: Vec<String> = lines.iter().map(|line| line.article_number.clone()).collect();
    let mut items = items(&mut *conn, call_off.contract, &articles, day).await?;
    item::count_own(&mut *conn, call_off.contract, call_off.member, &mut items).await?;
    let mut contract = contract::terms(&mut *conn, call_off.contract, call_off.member, items, day).await?;
    let member = member::member(&mut *conn, call_off.body, call_off.member, day).await?;
    let scopes = free_of_own(&mut *conn, own, call_off, &contract).await?;
    count_all(&mut contract.items, &scopes)?;
    let baselines = item::baselines(&mut *conn, &contract, call_off.member, &articles).await?;
    let process_effect_counted = process_effect_counted(&mut *conn, call_off, day).await?;
    let parameters = of_law_and_house(&mut *conn, call_off.member, day).await?;
    let request = request::request(&mut *conn, call_off, lines, releaser, &parameters, day).await?;
    contract.answer_period = answer_period(conn, call_off, &request.rank_requests).await?;
    Ok(Facts {
        evaluated_at: now,
        check_point,
        contract,
        member,
        request,
        scopes,
        baselines,
        process_effect_counted,
        parameters,
    })
}

/// What is known of a member and a contract before anything is asked for: enough for the rules about
/// membership, entitlement and term. The caller has seen that the contract is visible.
pub async fn without_request(
    conn: &mut PgConnection,
    contract: ContractId,
    body: OrganisationId,
    member_id: OrganisationId,
    now: DateTime<Utc>,
) -> Result<Facts, StorageError> {
    let day = berlin_date(now);
    Ok(Facts {
        evaluated_at: now,
        check_point: CheckPoint::Submission,
        contract: contract::terms(&mut *conn, contract, member_id, Vec::new(), day).await?,
        member: member::member(&mut *conn, body, member_id, day).await?,
        request: request::nothing(),
        scopes: volume::scopes(&mut *conn, contract, member_id, &[], &[]).await?,
        baselines: Vec::new(),
        process_effect_counted: false,
        parameters: of_law_and_house(conn, member_id, day).await?,
    })
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

/// Ceiling scopes without what this call-off itself has reserved: it must not stand in its own way.
async fn free_of_own(
    conn: &mut PgConnection,
    own: &[Holding],
    call_off: &CallOff,
    contract: &ContractTerms,
) -> Result<Vec<ScopeState>, StorageError> {
    let lots: Vec<Uuid> = contract.items.iter().filter_map(|item| item.lot).map(Uuid::from).collect();
    let items: Vec<Uuid> = contract.items.iter().map(|item| item.id.0).collect();
    let mut scopes = volume::scopes(conn, call_off.contract, call_off.member, &lots, &items).await?;
    for scope in &mut scopes {
        if let Some(held) = own.iter().find(|held| held.guard == scope.guard) {
            scope.reserved = scope.reserved - held.reserved;
        }
    }
    Ok(scopes)
}

async fn process_effect_counted(
    conn: &mut PgConnection,
    call_off: &CallOff,
    day: NaiveDate,
) -> Result<bool, StorageError> {
    let row = sqlx::query!(
        r#"SELECT EXISTS (
             SELECT FROM savings_entry
             WHERE contract_id = $1 AND member_id = $2 AND class = 'P' AND stage = 'planned'
               AND extract(year FROM dated_on) = extract(year FROM $3::date)
           ) AS "counted!""#,
        call_off.contract.0,
        call_off.member.0,
        day
    )
    .fetch_one(conn)
    .await?;
    Ok(row.counted)
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
