//! What stands behind the choice of a supplier: declines, mini-competitions, declared interests.

use abruf_domain::facts::{AwardCriterion, CompetitionOffer, Decline, MiniCompetition};
use abruf_domain::ids::{ContractId, OrganisationId, PersonId};
use abruf_domain::period::Validity;
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::CallOff;

/// Records that a supplier passes; `false` if that stands there already.
pub async fn insert_decline(
    conn: &mut PgConnection,
    call_off: &CallOff,
    id: Uuid,
    decline: &Decline,
    recorded_by: PersonId,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "INSERT INTO decline (contract_id, id, call_off_id, supplier_id, received_at, reason, document, recorded_by, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT ON CONSTRAINT decline_once DO NOTHING",
        call_off.contract.0,
        id,
        call_off.id.0,
        decline.supplier.0,
        decline.received_at,
        decline.reason,
        decline.document,
        recorded_by.0,
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether the supplier is, or was, party of the contract.
pub async fn is_party(
    conn: &mut PgConnection,
    contract: ContractId,
    supplier: OrganisationId,
) -> Result<bool, StorageError> {
    let row = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM contract_party WHERE contract_id = $1 AND supplier_id = $2) AS "there!""#,
        contract.0,
        supplier.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(row.there)
}

/// Records an interest a person declares.
pub async fn insert_interest(
    conn: &mut PgConnection,
    id: Uuid,
    person: PersonId,
    supplier: OrganisationId,
    nature: &str,
    validity: Validity,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO declared_interest (id, person_id, supplier_id, nature, valid_from, valid_to, declared_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        id,
        person.0,
        supplier.0,
        nature,
        validity.from,
        validity.to,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Records a mini-competition for a call-off with its invitations, sealed offers first and the opening
/// last: nobody can have read an offer before.
pub async fn insert_competition(
    conn: &mut PgConnection,
    contract: ContractId,
    call_off: Uuid,
    id: Uuid,
    held: &MiniCompetition,
) -> Result<(), StorageError> {
    let criterion = match held.criterion {
        AwardCriterion::Price => "price",
        AwardCriterion::Points => "points",
    };
    sqlx::query!(
        "INSERT INTO mini_competition (contract_id, id, call_off_id, text_form, deadline_at, criterion)
         VALUES ($1, $2, $3, $4, $5, $6)",
        contract.0,
        id,
        call_off,
        held.text_form,
        held.deadline_at,
        criterion,
    )
    .execute(&mut *conn)
    .await?;
    let invited: Vec<Uuid> = held.invited.iter().map(|supplier| supplier.0).collect();
    sqlx::query!(
        "INSERT INTO mini_competition_invitation (contract_id, competition_id, supplier_id)
         SELECT $1, $2, supplier FROM unnest($3::uuid[]) AS supplier",
        contract.0,
        id,
        &invited,
    )
    .execute(&mut *conn)
    .await?;
    for offer in &held.offers {
        insert_offer(&mut *conn, contract, id, offer, held.deadline_at).await?;
    }
    let openers = held.opened_by.clone().unwrap_or_default();
    sqlx::query!(
        "UPDATE mini_competition SET opened_at = $3, opened_by = $4, opened_with = $5 WHERE contract_id = $1 AND id = $2",
        contract.0,
        id,
        held.opened_at,
        openers.first().map(|person| person.0),
        openers.get(1).map(|person| person.0),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Hands an offer in; `by` stands in where its own instant is not known.
async fn insert_offer(
    conn: &mut PgConnection,
    contract: ContractId,
    competition: Uuid,
    offer: &CompetitionOffer,
    by: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO mini_competition_offer (contract_id, competition_id, supplier_id, received_at, unit_prices, points)
         VALUES ($1, $2, $3, $4, $5, $6)",
        contract.0,
        competition,
        offer.supplier.0,
        offer.received_at.unwrap_or(by),
        json!(offer.unit_prices),
        offer.points,
    )
    .execute(conn)
    .await?;
    Ok(())
}
