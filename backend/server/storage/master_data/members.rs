//! What a member is and allows: authority class, input VAT, council limit, power to bind, budget; and
//! the in-house evidence of its body.

use abruf_domain::facts::{Authority, AuthorityClass, Budget, CouncilLimit, InhouseEvidence};
use abruf_domain::ids::{ContractId, OrganisationId, PersonId};
use abruf_domain::money::Gross;
use abruf_domain::period::Validity;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::storage::StorageError;

/// Enters a class as contracting authority.
pub async fn insert_authority_class(
    conn: &mut PgConnection,
    id: Uuid,
    member: OrganisationId,
    class: &AuthorityClass,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO authority_class (id, member_id, class, valid_from, valid_to, document) VALUES ($1, $2, $3, $4, $5, $6)",
        id,
        member.0,
        class.class,
        class.validity.from,
        class.validity.to,
        class.document,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Enters days on which a member deducts input VAT.
pub async fn insert_input_vat_deduction(
    conn: &mut PgConnection,
    id: Uuid,
    member: OrganisationId,
    validity: Validity,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO input_vat_deduction (id, member_id, valid_from, valid_to) VALUES ($1, $2, $3, $4)",
        id,
        member.0,
        validity.from,
        validity.to,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Enters the amount from which a member's council decides.
pub async fn insert_council_limit(
    conn: &mut PgConnection,
    id: Uuid,
    member: OrganisationId,
    limit: &CouncilLimit,
    validity: Validity,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO council_limit (id, member_id, amount, measured, source, valid_from, valid_to)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        id,
        member.0,
        limit.amount.decimal(),
        if limit.net { "net" } else { "gross" },
        limit.source,
        validity.from,
        validity.to,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Enters what a member recorded about its power to bind.
pub async fn insert_binding_rules(
    conn: &mut PgConnection,
    id: Uuid,
    member: OrganisationId,
    current_business: Option<Gross>,
    recorded_on: NaiveDate,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO binding_rules (id, member_id, recorded_on, current_business_gross) VALUES ($1, $2, $3, $4)",
        id,
        member.0,
        recorded_on,
        current_business.map(Gross::decimal),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Enters a person's authority to bind a member.
pub async fn insert_signing_authority(
    conn: &mut PgConnection,
    id: Uuid,
    member: OrganisationId,
    person: PersonId,
    authority: &Authority,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO signing_authority (id, member_id, person_id, limit_gross, subject, document, valid_from, valid_to)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        id,
        member.0,
        person.0,
        authority.limit.map(Gross::decimal),
        authority.subject,
        authority.document,
        authority.validity.from,
        authority.validity.to,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Enters the in-house evidence of a body for a year; `approved` names the second person and when.
pub async fn insert_inhouse_evidence(
    conn: &mut PgConnection,
    id: Uuid,
    body: OrganisationId,
    evidence: &InhouseEvidence,
    recorded_by: PersonId,
    approved: Option<(PersonId, DateTime<Utc>)>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO inhouse_evidence (id, body_id, year, control, activity_share_pct, private_capital, document, recorded_by,
                                       approved_by, approved_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        id,
        body.0,
        evidence.year,
        evidence.control,
        evidence.activity_share.decimal(),
        evidence.private_capital,
        evidence.document,
        recorded_by.0,
        approved.map(|(person, _)| person.0),
        approved.map(|(_, at)| at),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Enters that a member acceded to the framework-wide agreement on data processing of a contract.
pub async fn insert_data_processing_accession(
    conn: &mut PgConnection,
    contract: ContractId,
    member: OrganisationId,
    acceded_on: NaiveDate,
    document: &str,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO data_processing_accession (contract_id, member_id, acceded_on, document) VALUES ($1, $2, $3, $4)",
        contract.0,
        member.0,
        acceded_on,
        document,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Enters a budget account with what is available in the year of `day` and in later years, and the mode
/// of the member from then on.
pub async fn insert_budget(
    conn: &mut PgConnection,
    id: Uuid,
    member: OrganisationId,
    budget: &Budget,
    day: NaiveDate,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO budget_mode (id, member_id, mode, valid_from, set_at) VALUES ($1, $2, $3, $4, now())",
        id,
        member.0,
        budget.mode.key(),
        day,
    )
    .execute(&mut *conn)
    .await?;
    if budget.account.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO budget_account (id, member_id, account, plans_years) VALUES ($1, $2, $3, $4)",
        id,
        member.0,
        budget.account,
        budget.later_years.is_some(),
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO budget_year (account_id, year, available, overrun_approval, provisional_until, as_of)
         VALUES ($1, $2, $3, $4, $5, $6)",
        id,
        day.year(),
        budget.available.decimal(),
        budget.overrun_approval,
        budget.provisional_until,
        day,
    )
    .execute(&mut *conn)
    .await?;
    let years: Vec<i32> = budget.later_years.iter().flatten().map(|(year, _)| *year).collect();
    let available: Vec<_> = budget.later_years.iter().flatten().map(|(_, available)| available.decimal()).collect();
    sqlx::query!(
        "INSERT INTO budget_year (account_id, year, available)
         SELECT $1, year, available FROM unnest($2::int[], $3::numeric[]) AS later (year, available)",
        id,
        &years,
        &available,
    )
    .execute(conn)
    .await?;
    Ok(())
}
