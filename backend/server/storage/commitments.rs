//! What a member's requests and orders bind of its accounts, year by year: the payment plan of each,
//! made of the facts its latest review rests on, less what was taken back since.

use std::collections::BTreeMap;

use abruf_domain::call_off::Status;
use abruf_domain::cancellation::{PriceOfRest, remaining_after};
use abruf_domain::ids::{CallOffId, OrganisationId};
use abruf_domain::money::Gross;
use abruf_domain::payments;
use abruf_domain::pricing::PricedCallOff;
use abruf_domain::{Facts, Review};
use chrono::NaiveDate;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::{consistent, stored_key};
use super::partial_cancellations::StoredCut;

/// What a request or order binds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commitment {
    /// Which.
    pub id: CallOffId,
    /// Its number, or the case number before its release.
    pub number: String,
    /// Its state.
    pub status: Status,
    /// Contract number.
    pub contract: String,
    /// ISO 4217.
    pub currency: String,
    /// The account that pays; empty where none is named.
    pub account: String,
    /// Berlin date of the review it rests on.
    pub day: NaiveDate,
    /// What falls due in each year, as the member bears it.
    pub years: BTreeMap<i32, Gross>,
}

impl Commitment {
    /// Whether it is an order; else it is a request that holds a reservation.
    #[must_use]
    pub const fn is_order(&self) -> bool {
        !matches!(self.status, Status::Submitted | Status::Returned)
    }
}

/// Which of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Choice<'a> {
    /// With something due in or after this year.
    pub from_year: i32,
    /// Of one account only.
    pub account: Option<&'a str>,
    /// Orders of this day and later; requests that wait count always.
    pub ordered_since: Option<NaiveDate>,
    /// But not this one.
    pub except: Option<CallOffId>,
}

/// The member's requests that hold a reservation and its orders that stand, oldest first.
pub async fn commitments(
    conn: &mut PgConnection,
    member: OrganisationId,
    choice: Choice<'_>,
) -> Result<Vec<Commitment>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT c.id, coalesce(c.number, c.case_number) AS "number!", c.status, f.number AS contract, f.currency,
                  f.price_of_rest, coalesce(given.account, a.account, '') AS "account!", latest.facts, latest.result,
                  taken.cuts AS "cuts?"
           FROM call_off c
           JOIN framework_contract f ON f.id = c.contract_id
           LEFT JOIN budget_account a ON a.id = c.budget_account_id
           LEFT JOIN LATERAL (
               SELECT paying.account
               FROM budget_confirmation b
               JOIN budget_account paying ON paying.id = b.account_id
               WHERE b.contract_id = c.contract_id AND b.call_off_id = c.id
               ORDER BY b.at DESC, b.id DESC
               LIMIT 1) given ON true
           CROSS JOIN LATERAL (
               SELECT r.facts, r.result
               FROM review r
               WHERE r.contract_id = c.contract_id AND r.call_off_id = c.id
                 AND r.check_point = CASE WHEN c.number IS NULL THEN 'submission' ELSE 'release' END
               ORDER BY r.evaluated_at DESC, r.id DESC
               LIMIT 1) latest
           LEFT JOIN LATERAL (
               SELECT jsonb_agg(jsonb_build_object('kind', p.kind, 'quantities', (
                          SELECT jsonb_agg(jsonb_build_object('position', q.position, 'quantity', q.quantity::text))
                          FROM cancelled_quantity q
                          WHERE q.contract_id = p.contract_id AND q.cancellation_id = p.id)) ORDER BY p.sequence) AS cuts
               FROM partial_cancellation p
               WHERE p.contract_id = c.contract_id AND p.call_off_id = c.id) taken ON true
           WHERE c.member_id = $1
             AND (c.status IN ('submitted', 'returned') OR (c.number IS NOT NULL AND c.status <> 'cancelled'))
             AND $2 <= extract(year FROM greatest(c.performance_to, c.dated_on, (c.released_at AT TIME ZONE 'Europe/Berlin')::date))::int
             AND ($3::text IS NULL OR coalesce(given.account, a.account, '') = $3)
             AND ($4::date IS NULL OR c.released_at IS NULL OR $4 <= (c.released_at AT TIME ZONE 'Europe/Berlin')::date)
             AND c.id IS DISTINCT FROM $5
           ORDER BY c.dated_on, c.id"#,
        member.0,
        choice.from_year,
        choice.account,
        choice.ordered_since,
        choice.except.map(|it| it.0)
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let facts: Facts = consistent(serde_json::from_str(&row.facts), "review", "facts", row.id)?;
            let review: Review = consistent(serde_json::from_value(row.result), "review", "result", row.id)?;
            let rule = stored_key(&row.price_of_rest, "framework_contract", "price_of_rest", row.id)?;
            let standing = match row.cuts {
                Some(cuts) => rest(&facts, &review.priced, cuts, rule, row.id)?,
                None => review.priced,
            };
            Ok(Commitment {
                id: CallOffId(row.id),
                number: row.number,
                status: stored_key(&row.status, "call_off", "status", row.id)?,
                contract: row.contract,
                currency: row.currency,
                account: row.account,
                day: review.day,
                years: payments::plan(&facts, &standing, review.day),
            })
        })
        .collect()
}

/// What is left of an order after these cuts.
fn rest(
    facts: &Facts,
    ordered: &PricedCallOff,
    cuts: Value,
    rule: PriceOfRest,
    call_off: Uuid,
) -> Result<PricedCallOff, StorageError> {
    let cuts: Vec<StoredCut> = consistent(serde_json::from_value(cuts), "cancelled_quantity", "quantity", call_off)?;
    let cuts: Vec<_> = cuts.iter().map(|cut| cut.with(rule)).collect();
    let rest = consistent(remaining_after(facts, ordered, &cuts), "partial_cancellation", "sequence", call_off)?;
    Ok(rest.priced)
}
