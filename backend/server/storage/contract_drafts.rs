//! The terms of a contract while the office writes them.

use abruf_domain::cancellation::PriceOfRest;
use abruf_domain::ids::{ContractId, GuardId, OrganisationId, PersonId};
use abruf_domain::money::{Net, Percent};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::StorageError;
use super::contract_clauses::{self, Clauses};
use super::error::{affected, consistent};

/// The terms of a framework contract as the office writes them; amounts in the contract's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContractDraft)]
pub struct Terms {
    /// Number, stem of the call-off numbers.
    #[schema(example = "RV-2027-03", max_length = 40)]
    pub number: String,
    /// Title in everyday words.
    #[schema(max_length = 200)]
    pub title: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// Words buyers search for.
    #[serde(default)]
    pub search_words: String,
    /// vgv or uvgo.
    #[schema(example = "vgv")]
    pub regime: String,
    /// Path of the law pack of its procurement regime; empty: that of the body.
    #[serde(default)]
    #[schema(example = "de/st", max_length = 40)]
    pub jurisdiction: String,
    /// direct or through_body.
    #[serde(default = "direct")]
    pub supply_chain: String,
    /// single, cascade, rotation, best_price_per_item or mini_competition_above.
    #[serde(default = "single")]
    pub mechanism: String,
    /// ISO 4217.
    #[serde(default = "euro")]
    pub currency: String,
    /// Why members may call off without a procedure of their own.
    #[serde(default)]
    pub legal_basis: String,
    /// Number of the notice.
    #[serde(default)]
    pub notice_reference: String,
    /// Date of the notice; decides who is entitled.
    pub notice_date: NaiveDate,
    /// Number of the procedure.
    #[serde(default)]
    pub procedure_reference: String,
    /// Date of the award.
    #[serde(default)]
    pub awarded_on: Option<NaiveDate>,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day without options.
    pub ends_on: NaiveDate,
    /// Why the term is longer than the law's.
    #[serde(default)]
    pub term_reason: String,
    /// Date of the document that says so.
    #[serde(default)]
    pub term_reason_dated: Option<NaiveDate>,
    /// Fee of the cooperative in percent.
    #[serde(default = "nothing")]
    #[schema(value_type = String, example = "1.5")]
    pub fee_pct: Percent,
    /// Minimum order value; absent: none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub min_order_value_net: Option<Net>,
    /// Surcharge below it; absent: an order below is refused.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub surcharge_net: Option<Net>,
    /// VAT rate of the surcharge.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub surcharge_vat_pct: Option<Percent>,
    /// Price of what remains after a partial cancellation: price_as_ordered or re_tier.
    #[serde(default = "as_ordered")]
    #[schema(example = "price_as_ordered")]
    pub price_of_rest: String,
    /// Delivery and payment terms, printed on orders.
    #[serde(default)]
    pub delivery_terms: String,
    /// award_file, vouchers or books; absent: not chosen.
    #[serde(default)]
    pub retention_class: Option<String>,
    /// A price that changes by more than so many percent must be confirmed with a reason.
    #[serde(default = "thirty")]
    #[schema(value_type = String, example = "30")]
    pub price_change_limit_pct: Percent,
    /// Working days a supplier of a cascade has for its answer, 1 to 30; silence after them counts as a
    /// decline. Absent: silence says nothing.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 30)]
    pub answer_period_days: Option<i32>,
    /// Whether the office confirms transfers of quotas between members.
    #[serde(default)]
    pub quota_transfers_confirmed: bool,
    /// Legal basis, payment, award limits, after the end.
    #[serde(default)]
    pub clauses: Clauses,
}

fn direct() -> String {
    "direct".to_owned()
}

fn as_ordered() -> String {
    PriceOfRest::default().key().to_owned()
}

fn single() -> String {
    "single".to_owned()
}

fn euro() -> String {
    "EUR".to_owned()
}

const fn nothing() -> Percent {
    Percent::ZERO
}

fn thirty() -> Percent {
    Percent::new(30.into()).unwrap_or(Percent::ZERO)
}

/// Where a contract stands in its making.
#[derive(Debug, Clone)]
pub struct Making {
    /// The body that leads.
    pub body: OrganisationId,
    /// Stored status key.
    pub status: String,
    /// Counts the changes of the draft.
    pub version: i32,
    /// Who handed it in for activation.
    pub submitted_by: Option<PersonId>,
    /// Their name.
    pub submitted_by_name: Option<String>,
    /// When.
    pub submitted_at: Option<DateTime<Utc>>,
    /// What they wrote.
    pub submission_note: String,
    /// The office has said that there is no maximum value.
    pub ceiling_waived: bool,
}

/// Enters a draft with its leading body and its value row, which also carries its log.
pub async fn insert(
    conn: &mut PgConnection,
    id: ContractId,
    body: OrganisationId,
    guard: GuardId,
    terms: &Terms,
) -> Result<(), StorageError> {
    // A mini-competition needs its limit in the same statement: the clauses, below, bring both.
    let mechanism = match terms.mechanism.as_str() {
        "mini_competition_above" => "cascade",
        mechanism => mechanism,
    };
    sqlx::query!(
        "INSERT INTO framework_contract (
             id, body_id, status, number, title, description, search_words, regime, supply_chain, mechanism, currency, legal_basis,
             notice_reference, notice_date, procedure_reference, awarded_on, starts_on, ends_on, term_reason, term_reason_dated,
             fee_pct, min_order_value_net, surcharge_net, surcharge_vat_pct, delivery_terms, retention_class, price_change_limit_pct,
             answer_period_days, quota_transfers_confirmed, price_of_rest, jurisdiction)
         VALUES ($1, $2, 'draft', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
                 $24, $25, $26, $27, $28, $29, nullif($30, ''))",
        id.0,
        body.0,
        terms.number,
        terms.title,
        terms.description,
        terms.search_words,
        terms.regime,
        terms.supply_chain,
        mechanism,
        terms.currency,
        terms.legal_basis,
        terms.notice_reference,
        terms.notice_date,
        terms.procedure_reference,
        terms.awarded_on,
        terms.starts_on,
        terms.ends_on,
        terms.term_reason,
        terms.term_reason_dated,
        terms.fee_pct.decimal(),
        terms.min_order_value_net.map(Net::decimal),
        terms.surcharge_net.map(Net::decimal),
        terms.surcharge_vat_pct.map(Percent::decimal),
        terms.delivery_terms,
        terms.retention_class,
        terms.price_change_limit_pct.decimal(),
        terms.answer_period_days,
        terms.quota_transfers_confirmed,
        terms.price_of_rest,
        terms.jurisdiction,
    )
    .execute(&mut *conn)
    .await?;
    contract_clauses::write(&mut *conn, id, &terms.mechanism, &terms.clauses).await?;
    sqlx::query!("INSERT INTO contract_body (contract_id, body_id, is_lead) VALUES ($1, $2, true)", id.0, body.0)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "INSERT INTO guard (contract_id, id, scope, measure) VALUES ($1, $2, 'contract', 'value')",
        id.0,
        guard.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Overwrites the terms of a draft.
pub async fn update(conn: &mut PgConnection, id: ContractId, terms: &Terms) -> Result<(), StorageError> {
    contract_clauses::write(&mut *conn, id, &terms.mechanism, &terms.clauses).await?;
    let done = sqlx::query!(
        "UPDATE framework_contract
         SET number = $2, title = $3, description = $4, search_words = $5, regime = $6, supply_chain = $7, mechanism = $8,
             currency = $9, legal_basis = $10, notice_reference = $11, notice_date = $12, procedure_reference = $13,
             awarded_on = $14, starts_on = $15, ends_on = $16, term_reason = $17, term_reason_dated = $18, fee_pct = $19,
             min_order_value_net = $20, surcharge_net = $21, surcharge_vat_pct = $22, delivery_terms = $23,
             retention_class = $24, price_change_limit_pct = $25, answer_period_days = $26, quota_transfers_confirmed = $27,
             price_of_rest = $28,
             jurisdiction = coalesce(nullif($29, ''), (SELECT o.jurisdiction FROM organisation o WHERE o.id = body_id))
         WHERE id = $1",
        id.0,
        terms.number,
        terms.title,
        terms.description,
        terms.search_words,
        terms.regime,
        terms.supply_chain,
        terms.mechanism,
        terms.currency,
        terms.legal_basis,
        terms.notice_reference,
        terms.notice_date,
        terms.procedure_reference,
        terms.awarded_on,
        terms.starts_on,
        terms.ends_on,
        terms.term_reason,
        terms.term_reason_dated,
        terms.fee_pct.decimal(),
        terms.min_order_value_net.map(Net::decimal),
        terms.surcharge_net.map(Net::decimal),
        terms.surcharge_vat_pct.map(Percent::decimal),
        terms.delivery_terms,
        terms.retention_class,
        terms.price_change_limit_pct.decimal(),
        terms.answer_period_days,
        terms.quota_transfers_confirmed,
        terms.price_of_rest,
        terms.jurisdiction,
    )
    .execute(conn)
    .await?;
    affected("write the terms of a draft", 1, done.rows_affected())
}

/// The terms of a visible contract.
pub async fn terms(conn: &mut PgConnection, id: ContractId) -> Result<Option<Terms>, StorageError> {
    let row = sqlx::query!(
        "SELECT number, title, description, search_words, regime, supply_chain, mechanism, currency, legal_basis, notice_reference,
                notice_date, procedure_reference, awarded_on, starts_on, ends_on, term_reason, term_reason_dated, fee_pct,
                min_order_value_net, surcharge_net, surcharge_vat_pct, delivery_terms, retention_class, price_change_limit_pct,
                answer_period_days, quota_transfers_confirmed, price_of_rest, jurisdiction
         FROM framework_contract
         WHERE id = $1",
        id.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let clauses = contract_clauses::of(conn, id).await?;
    let percent = |value, column| consistent(Percent::new(value), "framework_contract", column, id.0);
    let net =
        |value: Option<_>, column| consistent(value.map(Net::new).transpose(), "framework_contract", column, id.0);
    Ok(Some(Terms {
        fee_pct: percent(row.fee_pct, "fee_pct")?,
        min_order_value_net: net(row.min_order_value_net, "min_order_value_net")?,
        surcharge_net: net(row.surcharge_net, "surcharge_net")?,
        surcharge_vat_pct: row.surcharge_vat_pct.map(|it| percent(it, "surcharge_vat_pct")).transpose()?,
        price_change_limit_pct: percent(row.price_change_limit_pct, "price_change_limit_pct")?,
        number: row.number,
        title: row.title,
        description: row.description,
        search_words: row.search_words,
        regime: row.regime,
        jurisdiction: row.jurisdiction,
        supply_chain: row.supply_chain,
        mechanism: row.mechanism,
        currency: row.currency,
        legal_basis: row.legal_basis,
        notice_reference: row.notice_reference,
        notice_date: row.notice_date,
        procedure_reference: row.procedure_reference,
        awarded_on: row.awarded_on,
        starts_on: row.starts_on,
        ends_on: row.ends_on,
        term_reason: row.term_reason,
        term_reason_dated: row.term_reason_dated,
        delivery_terms: row.delivery_terms,
        retention_class: row.retention_class,
        answer_period_days: row.answer_period_days,
        quota_transfers_confirmed: row.quota_transfers_confirmed,
        price_of_rest: row.price_of_rest,
        clauses,
    }))
}

/// Where a visible contract stands, held against others until the transaction ends.
pub async fn hold(conn: &mut PgConnection, id: ContractId) -> Result<Option<Making>, StorageError> {
    let held = sqlx::query_scalar!("SELECT id FROM framework_contract WHERE id = $1 FOR NO KEY UPDATE", id.0)
        .fetch_optional(&mut *conn)
        .await?;
    match held {
        Some(_) => making(conn, id).await,
        None => Ok(None),
    }
}

/// Where a visible contract stands.
pub async fn making(conn: &mut PgConnection, id: ContractId) -> Result<Option<Making>, StorageError> {
    let row = sqlx::query!(
        r#"SELECT c.body_id, c.status, c.version, c.submitted_by, c.submitted_at, c.submission_note, c.ceiling_waived,
                  p.name AS "submitted_by_name?"
           FROM framework_contract c
           LEFT JOIN person p ON p.id = c.submitted_by
           WHERE c.id = $1"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Making {
        body: OrganisationId(row.body_id),
        status: row.status,
        version: row.version,
        submitted_by: row.submitted_by.map(PersonId),
        submitted_by_name: row.submitted_by_name,
        submitted_at: row.submitted_at,
        submission_note: row.submission_note,
        ceiling_waived: row.ceiling_waived,
    }))
}

/// Notes a change of the draft: what was handed in is not what it is now.
pub async fn touch(conn: &mut PgConnection, id: ContractId) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE framework_contract
         SET version = version + 1, submitted_by = NULL, submitted_at = NULL, submission_note = ''
         WHERE id = $1",
        id.0
    )
    .execute(conn)
    .await?;
    affected("note a change of a draft", 1, done.rows_affected())
}
