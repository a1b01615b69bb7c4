//! Clauses of a contract beside its term: legal basis, payment, award limits, what happens after the end.

use abruf_domain::bonus::{BonusClause, BonusStep};
use abruf_domain::ids::ContractId;
use abruf_domain::money::{Net, Percent};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use sqlx::types::Json;
use utoipa::ToSchema;

use super::StorageError;
use super::error::{affected, consistent, stored_key};

/// Clauses of a framework contract; amounts in the contract's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = ContractClauses)]
pub struct Clauses {
    /// `inhouse`, `central_purchasing_body`, `horizontal_cooperation` or `joint_procurement`; absent: not recorded.
    #[schema(example = "inhouse")]
    pub legal_basis_key: Option<String>,
    /// Whether performance may end after the contract does.
    pub runoff_allowed: bool,
    /// Cash discount on the gross amount, with its days.
    #[schema(value_type = Option<String>, example = "2")]
    pub cash_discount_pct: Option<Percent>,
    /// Days within which paying earns it.
    #[schema(example = 14)]
    pub cash_discount_days: Option<i32>,
    /// Bonus by yearly turnover; outside order value and saving. Absent: none.
    #[schema(value_type = Option<Object>, example = json!({"steps": [{"from": "50000.00", "rate": "1.5"}], "goes_to": "members"}))]
    pub bonus: Option<BonusClause>,
    /// Limit for direct call-offs; needed where a mini-competition is held above it.
    #[schema(value_type = Option<String>, example = "25000.00")]
    pub direct_limit_net: Option<Net>,
    /// Announced criterion of mini-competitions: price or points.
    #[schema(example = "price")]
    pub competition_criterion: Option<String>,
    /// Whether freight counts where the best price of an item decides.
    pub compare_with_freight: bool,
    /// Agreement on data processing for the whole framework (Art. 28 GDPR).
    pub data_processing_reference: Option<String>,
    /// Decimals to which derived unit prices are rounded, 2 to 6.
    pub unit_price_decimals: i32,
    /// Share of the central tender counted against the process effect; absent: no process effect.
    #[schema(value_type = Option<String>, example = "410.00")]
    pub process_central_share_net: Option<Net>,
    /// VAT between member and body where the body orders: S as on the items, E exempt, O outside the scope.
    #[schema(example = "S")]
    pub in_house_vat_category: String,
    /// Why E or O, with its source; printed on the in-house order.
    #[schema(example = "§ 4 Nr. 29 UStG")]
    pub in_house_vat_reason: String,
}

impl Default for Clauses {
    fn default() -> Self {
        Self {
            legal_basis_key: None,
            runoff_allowed: true,
            cash_discount_pct: None,
            cash_discount_days: None,
            bonus: None,
            direct_limit_net: None,
            competition_criterion: None,
            compare_with_freight: false,
            data_processing_reference: None,
            unit_price_decimals: 2,
            process_central_share_net: None,
            in_house_vat_category: "S".to_owned(),
            in_house_vat_reason: String::new(),
        }
    }
}

/// Overwrites the clauses of a draft, together with the mechanism that some of them belong to.
pub async fn write(
    conn: &mut PgConnection,
    id: ContractId,
    mechanism: &str,
    clauses: &Clauses,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE framework_contract
         SET mechanism = $2, legal_basis_key = $3, runoff_allowed = $4, cash_discount_pct = $5, cash_discount_days = $6,
             direct_limit_net = $7, competition_criterion = $8, compare_with_freight = $9, data_processing_reference = $10,
             unit_price_decimals = $11, process_central_share_net = $12, in_house_vat_category = $13, in_house_vat_reason = $14,
             bonus_steps = $15, bonus_goes_to = $16
         WHERE id = $1",
        id.0,
        mechanism,
        clauses.legal_basis_key,
        clauses.runoff_allowed,
        clauses.cash_discount_pct.map(Percent::decimal),
        clauses.cash_discount_days,
        clauses.direct_limit_net.map(Net::decimal),
        clauses.competition_criterion,
        clauses.compare_with_freight,
        clauses.data_processing_reference,
        clauses.unit_price_decimals,
        clauses.process_central_share_net.map(Net::decimal),
        clauses.in_house_vat_category,
        clauses.in_house_vat_reason,
        clauses.bonus.as_ref().map(|bonus| Json(&bonus.steps)) as _,
        clauses.bonus.as_ref().map(|bonus| bonus.goes_to.key()),
    )
    .execute(conn)
    .await?;
    affected("write the clauses of a draft", 1, done.rows_affected())
}

/// The clauses of a visible contract.
pub async fn of(conn: &mut PgConnection, id: ContractId) -> Result<Clauses, StorageError> {
    let row = sqlx::query!(
        r#"SELECT legal_basis_key, runoff_allowed, cash_discount_pct, cash_discount_days, direct_limit_net, competition_criterion,
                compare_with_freight, data_processing_reference, unit_price_decimals, process_central_share_net,
                in_house_vat_category, in_house_vat_reason, bonus_steps AS "bonus_steps: Json<Vec<BonusStep>>", bonus_goes_to
         FROM framework_contract
         WHERE id = $1"#,
        id.0
    )
    .fetch_one(conn)
    .await?;
    let net =
        |value: Option<_>, column| consistent(value.map(Net::new).transpose(), "framework_contract", column, id.0);
    let goes_to = |key: &str| stored_key(key, "framework_contract", "bonus_goes_to", id.0);
    let bonus = row.bonus_steps.zip(row.bonus_goes_to);
    let cash_discount_pct = row.cash_discount_pct.map(Percent::new).transpose();
    Ok(Clauses {
        cash_discount_pct: consistent(cash_discount_pct, "framework_contract", "cash_discount_pct", id.0)?,
        direct_limit_net: net(row.direct_limit_net, "direct_limit_net")?,
        process_central_share_net: net(row.process_central_share_net, "process_central_share_net")?,
        legal_basis_key: row.legal_basis_key,
        runoff_allowed: row.runoff_allowed,
        cash_discount_days: row.cash_discount_days,
        bonus: bonus
            .map(|(steps, key)| Ok::<_, StorageError>(BonusClause { steps: steps.0, goes_to: goes_to(&key)? }))
            .transpose()?,
        competition_criterion: row.competition_criterion,
        compare_with_freight: row.compare_with_freight,
        data_processing_reference: row.data_processing_reference,
        unit_price_decimals: row.unit_price_decimals,
        in_house_vat_category: row.in_house_vat_category,
        in_house_vat_reason: row.in_house_vat_reason,
    })
}
