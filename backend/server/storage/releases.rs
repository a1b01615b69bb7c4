//! What a release writes before it takes the guard rows, and after: one statement each, because each round trip
//! of a release is one that everybody behind it waits for.

use abruf_domain::Review;
use abruf_domain::canonical::{canonical_json, sha256};
use abruf_domain::facts::Facts;
use abruf_domain::ids::{CallOffId, GuardId, PersonId, ReviewId};
use abruf_domain::money::Volume;
use abruf_domain::period::berlin_date;
use abruf_domain::savings::METHOD_VERSION;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::{Amounts, CallOff, PriceColumns};
use super::error::{affected, consistent};
use super::idempotency::IdempotencyKey;
use super::savings::Planned;
use super::volume::{EntryKind, LedgerColumns};

/// A release as it is written.
#[derive(Debug)]
pub struct NewRelease<'a> {
    /// The request that becomes an order.
    pub call_off: &'a CallOff,
    /// Id of the review it rests on.
    pub review_id: ReviewId,
    /// The facts of that review.
    pub facts: &'a Facts,
    /// The review.
    pub review: &'a Review,
    /// Who releases.
    pub releaser: PersonId,
    /// For whom, where in another's place; empty otherwise.
    pub reason: &'a str,
    /// Entries of the ledger, amounts signed.
    pub ledger: &'a [(Uuid, EntryKind, GuardId, Volume)],
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes the review with its facts byte for byte, the step, the prices of the lines, the planned savings,
/// the ledger entries and the order for the document. Returns the hash of the facts.
///
/// # Errors
/// [`StorageError`] with constraint `savings_entry_process_once` if another order of the member has counted
/// the process effect of the year in the meantime, `savings_entry_baseline_counts` if a baseline was withdrawn.
pub async fn write(
    conn: &mut PgConnection,
    new: &NewRelease<'_>,
    new_id: impl Fn() -> Uuid,
) -> Result<[u8; 32], StorageError> {
    let NewRelease { call_off, review_id, review, .. } = *new;
    let facts = canonical_json(new.facts);
    let hash = sha256(facts.as_bytes());
    let result = consistent(serde_json::to_value(review), "review", "result", review_id)?;
    let lines = PriceColumns::of(&review.priced);
    let savings = review.savings.as_ref().map(|savings| Planned::of(savings, &new_id)).unwrap_or_default();
    let ledger = LedgerColumns::of(new.ledger);
    let written = sqlx::query_scalar!(
        r#"WITH review AS (
             INSERT INTO review (contract_id, id, call_off_id, check_point, outcome, evaluated_at, facts, facts_sha256, result, requested_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
           ), step AS (
             INSERT INTO approval (contract_id, id, call_off_id, decision, person_id, review_id, reason, at)
             VALUES ($1, $11, $3, 'released', $10, $2, $12, $6)
           ), work AS (
             INSERT INTO outbox (id, kind, contract_id, call_off_id, created_at, not_before)
             VALUES ($13, 'issue_order', $1, $3, $6, $6)
           ), ledger AS (
             INSERT INTO volume_entry (contract_id, call_off_id, at, id, kind, account, guard_id, amount)
             SELECT $1, $3, $6, entry.*
             FROM unnest($14::uuid[], $15::text[], $16::text[], $17::uuid[], $18::numeric[]) AS entry
           ), savings AS (
             INSERT INTO savings_entry (contract_id, call_off_id, body_id, member_id, stage, method_version, dated_on, at,
                                        process_sequence, id, position, class, baseline_id, baseline_net, effect_net, surcharge_net,
                                        fee_net, order_net)
             SELECT $1, $3, $19, $20, 'planned', $21, $22, $6,
                    -- One more than were taken back before it. One that stands is not counted: whoever comes at the same
                    -- time, or a moment later with facts from before, draws its number and decides again.
                    CASE WHEN entry.class = 'P' THEN
                        (SELECT count(*) FROM savings_entry p
                         WHERE p.contract_id = $1 AND p.member_id = $20 AND p.class = 'P' AND p.stage = 'planned'
                           AND extract(year FROM p.dated_on) = extract(year FROM $22::date)
                           AND (SELECT sum(e.effect_net) FROM planned_savings e
                                WHERE e.contract_id = p.contract_id AND e.call_off_id = p.call_off_id AND e.class = 'P') = 0)::int + 1
                    ELSE 1 END,
                    entry.*
             FROM unnest($23::uuid[], $24::int[], $25::text[], $26::uuid[], $27::numeric[], $28::numeric[], $29::numeric[],
                         $30::numeric[], $31::numeric[])
                  AS entry (id, position, class, baseline_id, baseline_net, effect_net, surcharge_net, fee_net, order_net)
           ), line AS (
             UPDATE call_off_line l
             SET item_id = p.item_id, price_term_id = p.price_term_id, unit_price = p.unit_price, net = p.net,
                 vat_category = p.vat_category, vat_rate_pct = p.vat_rate_pct
             FROM unnest($32::int[], $33::uuid[], $34::uuid[], $35::numeric[], $36::numeric[], $37::text[], $38::numeric[])
                  AS p (position, item_id, price_term_id, unit_price, net, vat_category, vat_rate_pct)
             WHERE l.contract_id = $1 AND l.call_off_id = $3 AND l.position = p.position
             RETURNING l.position
           )
           SELECT count(*) AS "count!" FROM line"#,
        call_off.contract.0,
        review_id.0,
        call_off.id.0,
        review.check_point.key(),
        review.decision.key(),
        new.at,
        facts,
        &hash[..],
        result,
        new.releaser.0,
        new_id(),
        new.reason,
        new_id(),
        &ledger.ids,
        &ledger.kinds,
        &ledger.accounts,
        &ledger.guards,
        &ledger.amounts,
        call_off.body.0,
        call_off.member.0,
        METHOD_VERSION,
        berlin_date(new.at),
        &savings.ids,
        &savings.positions as &[Option<i32>],
        &savings.classes,
        &savings.baselines as &[Option<Uuid>],
        &savings.baseline_nets,
        &savings.effects,
        &savings.surcharges,
        &savings.fees,
        &savings.order_nets,
        &lines.positions,
        &lines.items as &[Option<Uuid>],
        &lines.terms as &[Option<Uuid>],
        &lines.unit_prices as &[Option<Decimal>],
        &lines.nets as &[Option<Decimal>],
        &lines.categories as &[Option<String>],
        &lines.rates as &[Option<Decimal>],
    )
    .fetch_one(conn)
    .await?;
    let lines = u64::try_from(review.priced.lines.len()).unwrap_or(u64::MAX);
    affected("write the prices of a call-off", lines, u64::try_from(written).unwrap_or_default())?;
    Ok(hash)
}

/// What a release makes of a request.
#[derive(Debug)]
pub struct Order<'a> {
    /// The request.
    pub id: CallOffId,
    /// The order's number.
    pub number: &'a str,
    /// Who released.
    pub releaser: PersonId,
    /// What it costs.
    pub amounts: &'a Amounts,
    /// When.
    pub at: DateTime<Utc>,
}

/// The request becomes an order, and the key of the release gets its answer; `false` if the key has got another
/// in the meantime. The last statement: everybody who orders from the contract waits for it.
///
/// # Errors
/// [`StorageError`] if it is no request any more.
pub async fn finish(
    conn: &mut PgConnection,
    order: &Order<'_>,
    keyed: Option<(&IdempotencyKey, Value)>,
) -> Result<bool, StorageError> {
    let (key, answer) = keyed.unzip();
    let done = sqlx::query!(
        r#"WITH ordered AS (
             UPDATE call_off
             SET status = 'released', number = $2, releaser_id = $3, net = $4, surcharge_net = $5, vat = $6, gross = $7,
                 released_at = $8, changed_at = $8, version = version + 1
             WHERE id = $1 AND status = 'submitted'
             RETURNING id
           ), kept AS (
             INSERT INTO idempotency_record (person_id, key, request_sha256, status, answer, created_at)
             SELECT $3, $9, $10, 200, $11, $8
             WHERE $9::text IS NOT NULL
             ON CONFLICT (person_id, key) DO NOTHING
             RETURNING key
           )
           SELECT (SELECT count(*) FROM ordered) AS "ordered!", (SELECT count(*) FROM kept) AS "kept!""#,
        order.id.0,
        order.number,
        order.releaser.0,
        order.amounts.net.decimal(),
        order.amounts.surcharge.decimal(),
        order.amounts.vat.decimal(),
        order.amounts.gross.decimal(),
        order.at,
        key.map(|key| key.key.as_str()),
        key.map(|key| &key.request_sha256[..]),
        answer,
    )
    .fetch_one(conn)
    .await?;
    affected("release a call-off", 1, u64::try_from(done.ordered).unwrap_or_default())?;
    Ok(key.is_none() || done.kept == 1)
}
