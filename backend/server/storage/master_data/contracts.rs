//! Framework contracts: terms, options, lots, suppliers, items, entitlements, ceilings.

use abruf_domain::facts::{
    Accessibility, AwardCriterion, CashDiscount, Covers, EvbIt, ExtensionOption, ItemTraits, LegalBasis, Measure,
    Mechanism, MinOrder, Scope, VatChange, VatTreatment,
};
use abruf_domain::ids::{ContractId, EntitlementId, GuardId, ItemId, LotId, OrganisationId};
use abruf_domain::money::{Net, Percent, Quantity, Volume};
use abruf_domain::period::{Period, Validity};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::storage::StorageError;

/// An active contract to be entered.
#[derive(Debug, Clone)]
pub struct NewContract<'a> {
    /// Its id.
    pub id: ContractId,
    /// The purchasing body; leads.
    pub body: OrganisationId,
    /// Number, stem of the call-off numbers.
    pub number: &'a str,
    /// Title in everyday words.
    pub title: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// Words buyers search for.
    pub search_words: &'a str,
    /// `vgv` or `uvgo`.
    pub regime: &'a str,
    /// `direct` or `through_body`.
    pub supply_chain: &'a str,
    /// How a supplier is chosen.
    pub mechanism: Mechanism,
    /// Working days a supplier of a cascade has for its answer.
    pub answer_period_days: Option<i32>,
    /// Why members may call off, in words.
    pub legal_basis: &'a str,
    /// The same as a key; `None` where nobody has recorded it.
    pub legal_basis_key: Option<LegalBasis>,
    /// Whether performance may end after the contract does.
    pub runoff_allowed: bool,
    /// Cash discount.
    pub cash_discount: Option<CashDiscount>,
    /// Announced criterion of mini-competitions.
    pub competition_criterion: Option<AwardCriterion>,
    /// Framework-wide agreement under Art. 28 GDPR.
    pub data_processing: Option<&'a str>,
    /// VAT of the in-house order where it is not that of the items.
    pub in_house_vat: Option<&'a VatTreatment>,
    /// Number of the notice.
    pub notice_reference: &'a str,
    /// Date of the notice.
    pub notice_date: NaiveDate,
    /// Number of the procedure.
    pub procedure_reference: &'a str,
    /// First and last day without options.
    pub term: Period,
    /// Decimals of derived unit prices.
    pub unit_price_decimals: i32,
    /// Fee of the cooperative.
    pub fee: Percent,
    /// Minimum order value and surcharge.
    pub min_order: Option<MinOrder>,
    /// Delivery and payment terms.
    pub delivery_terms: &'a str,
    /// When it became active.
    pub activated_at: DateTime<Utc>,
}

/// Enters a contract and its leading body.
pub async fn insert(conn: &mut PgConnection, contract: &NewContract<'_>) -> Result<(), StorageError> {
    let (mechanism, direct_limit, with_freight) = mechanism(contract.mechanism);
    let surcharge = contract.min_order.as_ref().and_then(|minimum| minimum.surcharge.as_ref());
    sqlx::query!(
        "INSERT INTO framework_contract (
             id, body_id, number, title, description, search_words, regime, status, supply_chain, legal_basis,
             notice_reference, notice_date, procedure_reference, starts_on, ends_on, unit_price_decimals, fee_pct,
             min_order_value_net, surcharge_net, surcharge_vat_pct, delivery_terms, activated_at,
             mechanism, direct_limit_net, compare_with_freight, legal_basis_key, runoff_allowed, cash_discount_pct,
             cash_discount_days, competition_criterion, data_processing_reference, answer_period_days,
             in_house_vat_category, in_house_vat_reason)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'active', $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27,
                 $28, $29, $30, $31, $32, $33)",
        contract.id.0,
        contract.body.0,
        contract.number,
        contract.title,
        contract.description,
        contract.search_words,
        contract.regime,
        contract.supply_chain,
        contract.legal_basis,
        contract.notice_reference,
        contract.notice_date,
        contract.procedure_reference,
        contract.term.from(),
        contract.term.to(),
        contract.unit_price_decimals,
        contract.fee.decimal(),
        contract.min_order.as_ref().map(|minimum| minimum.value.decimal()),
        surcharge.map(|surcharge| surcharge.net.decimal()),
        surcharge.map(|surcharge| surcharge.vat_rate.decimal()),
        contract.delivery_terms,
        contract.activated_at,
        mechanism,
        direct_limit.map(Net::decimal),
        with_freight,
        contract.legal_basis_key.map(legal_basis),
        contract.runoff_allowed,
        contract.cash_discount.map(|discount| discount.rate.decimal()),
        contract.cash_discount.map(|discount| i32::try_from(discount.days).unwrap_or(i32::MAX)),
        contract.competition_criterion.map(criterion),
        contract.data_processing,
        contract.answer_period_days,
        contract.in_house_vat.map_or("S", |vat| vat.category.as_str()),
        contract.in_house_vat.map_or("", |vat| vat.reason.as_str()),
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO contract_body (contract_id, body_id, is_lead) VALUES ($1, $2, true)",
        contract.id.0,
        contract.body.0,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The columns of a mechanism: key, announced limit, whether freight counts.
const fn mechanism(mechanism: Mechanism) -> (&'static str, Option<Net>, bool) {
    match mechanism {
        Mechanism::Single => ("single", None, false),
        Mechanism::Cascade => ("cascade", None, false),
        Mechanism::Rotation => ("rotation", None, false),
        Mechanism::BestPricePerItem { with_freight } => ("best_price_per_item", None, with_freight),
        Mechanism::MiniCompetitionAbove { direct_limit } => ("mini_competition_above", Some(direct_limit), false),
    }
}

const fn legal_basis(basis: LegalBasis) -> &'static str {
    match basis {
        LegalBasis::Inhouse => "inhouse",
        LegalBasis::CentralPurchasingBody => "central_purchasing_body",
        LegalBasis::HorizontalCooperation => "horizontal_cooperation",
        LegalBasis::JointProcurement => "joint_procurement",
    }
}

const fn criterion(criterion: AwardCriterion) -> &'static str {
    match criterion {
        AwardCriterion::Price => "price",
        AwardCriterion::Points => "points",
    }
}

/// Enters an option to extend the term, with the document of its exercise.
pub async fn insert_option(
    conn: &mut PgConnection,
    contract: ContractId,
    id: Uuid,
    option: &ExtensionOption,
    document: &str,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO contract_option (contract_id, id, new_end, notice_deadline, exercised_on, document)
         VALUES ($1, $2, $3, $4, $5, $6)",
        contract.0,
        id,
        option.new_end,
        option.notice_deadline,
        option.exercised_on,
        document,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Enters a lot with its first supplier; [`insert_party`] adds more.
pub async fn insert_lot(
    conn: &mut PgConnection,
    contract: ContractId,
    id: LotId,
    number: i32,
    title: &str,
    supplier: OrganisationId,
    since: NaiveDate,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO lot (contract_id, id, number, title) VALUES ($1, $2, $3, $4)",
        contract.0,
        id.0,
        number,
        title,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO contract_party (contract_id, lot_id, supplier_id, valid_from) VALUES ($1, $2, $3, $4)",
        contract.0,
        id.0,
        supplier.0,
        since,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Enters a further supplier of a lot; `stopped` is the first day nothing may be ordered from it any more,
/// for insolvency.
pub async fn insert_party(
    conn: &mut PgConnection,
    contract: ContractId,
    lot: LotId,
    supplier: OrganisationId,
    rank: i32,
    since: NaiveDate,
    stopped: Option<NaiveDate>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO contract_party (contract_id, lot_id, supplier_id, rank, valid_from, stopped_from, stop_reason)
         VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $6::date IS NOT NULL THEN 'insolvency' END)",
        contract.0,
        lot.0,
        supplier.0,
        rank,
        since,
        stopped,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An item to be entered.
#[derive(Debug, Clone)]
pub struct NewItem<'a> {
    /// Its id.
    pub id: ItemId,
    /// Its lot.
    pub lot: LotId,
    /// Article number.
    pub article_number: &'a str,
    /// Text of the schedule.
    pub title: &'a str,
    /// Unit in German.
    pub unit: &'a str,
    /// CPV code; empty where nobody has said.
    pub cpv: &'a str,
    /// VAT.
    pub vat: VatTreatment,
    /// Smallest quantity of a line.
    pub min_quantity: Quantity,
    /// Packing unit.
    pub step: Quantity,
    /// Personal data, accessibility, EVB-IT.
    pub traits: ItemTraits,
}

/// State and evidence of accessibility as they are stored.
#[must_use]
pub fn accessibility_columns(accessibility: Option<&Accessibility>) -> (Option<&str>, &str) {
    match accessibility {
        Some(Accessibility::Stated { document }) => (Some("stated"), document.as_str()),
        Some(Accessibility::Excepted { reason }) => (Some("excepted"), reason.as_str()),
        Some(Accessibility::Missing) => (Some("missing"), ""),
        None => (None, ""),
    }
}

/// Type of the EVB-IT contract as it is stored; empty for an IT item without one.
#[must_use]
pub fn evb_it_column(evb_it: Option<&EvbIt>) -> Option<&str> {
    evb_it.map(|evb_it| match evb_it {
        EvbIt::Typed { kind } => kind.as_str(),
        EvbIt::Missing => "",
    })
}

/// Enters an item.
pub async fn insert_item(
    conn: &mut PgConnection,
    contract: ContractId,
    item: &NewItem<'_>,
) -> Result<(), StorageError> {
    let (accessibility, evidence) = accessibility_columns(item.traits.accessibility.as_ref());
    let evb_it = evb_it_column(item.traits.evb_it.as_ref());
    sqlx::query!(
        "INSERT INTO item (contract_id, id, lot_id, article_number, title, unit, cpv, vat_category, vat_rate_pct, vat_reason,
                           min_quantity, step, personal_data, accessibility, accessibility_evidence, evb_it_type)
         VALUES ($1, $2, $3, $4, $5, $6, nullif($7, ''), $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        contract.0,
        item.id.0,
        item.lot.0,
        item.article_number,
        item.title,
        item.unit,
        item.cpv,
        item.vat.category,
        item.vat.rate.decimal(),
        item.vat.reason,
        item.min_quantity.decimal(),
        item.step.decimal(),
        item.traits.personal_data,
        accessibility,
        evidence,
        evb_it,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Enters a later VAT treatment of an item.
pub async fn insert_vat_change(
    conn: &mut PgConnection,
    contract: ContractId,
    item: ItemId,
    change: &VatChange,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO item_vat_change (contract_id, item_id, valid_from, vat_category, vat_rate_pct, vat_reason)
         VALUES ($1, $2, $3, $4, $5, $6)",
        contract.0,
        item.0,
        change.from,
        change.vat.category,
        change.vat.rate.decimal(),
        change.vat.reason,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An entitlement to be entered.
#[derive(Debug, Clone)]
pub struct NewEntitlement<'a> {
    /// Its id.
    pub id: EntitlementId,
    /// Whom it covers.
    pub covers: Covers,
    /// From when to when.
    pub validity: Validity,
    /// Day the entry was made.
    pub entered_on: NaiveDate,
    /// Document that proves it.
    pub document: &'a str,
    /// Its date.
    pub document_date: NaiveDate,
    /// Modification under § 132 GWB behind a later entry.
    pub modification_reference: Option<&'a str>,
    /// Wording of the notice.
    pub wording: &'a str,
}

/// Enters an entitlement.
pub async fn insert_entitlement(
    conn: &mut PgConnection,
    contract: ContractId,
    entitlement: &NewEntitlement<'_>,
) -> Result<(), StorageError> {
    let (mode, member, kinds, region, includes_future_members) = match &entitlement.covers {
        Covers::Named { member } => ("named", Some(member.0), None, None, false),
        Covers::Category { kinds, region, includes_future_members } => {
            ("category", None, Some(kinds.as_slice()), Some(region.as_str()), *includes_future_members)
        }
    };
    sqlx::query!(
        "INSERT INTO entitlement (contract_id, id, mode, member_id, kinds, region, includes_future_members, valid_from, valid_to,
                                  entered_on, document, document_date, modification_reference, wording)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        contract.0,
        entitlement.id.0,
        mode,
        member,
        kinds,
        region,
        includes_future_members,
        entitlement.validity.from,
        entitlement.validity.to,
        entitlement.entered_on,
        entitlement.document,
        entitlement.document_date,
        entitlement.modification_reference,
        entitlement.wording,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A ceiling to be entered; nothing has been consumed yet.
#[derive(Debug, Clone, Copy)]
pub struct NewGuard {
    /// Its id.
    pub id: GuardId,
    /// What it is about.
    pub scope: Scope,
    /// The member of a quota.
    pub member: Option<OrganisationId>,
    /// What it counts.
    pub measure: Measure,
    /// Limit; `None` is explicitly unlimited.
    pub limit: Option<Volume>,
    /// Whether exceeding it is refused.
    pub hard: bool,
}

/// Enters a ceiling.
pub async fn insert_guard(conn: &mut PgConnection, contract: ContractId, guard: &NewGuard) -> Result<(), StorageError> {
    let (scope, lot, item) = match guard.scope {
        Scope::Contract => ("contract", None, None),
        Scope::Lot(lot) => ("lot", Some(lot.0), None),
        Scope::Item(item) => ("item", None, Some(item.0)),
        Scope::Member => ("member", None, None),
    };
    let measure = match guard.measure {
        Measure::Value => "value",
        Measure::Quantity => "quantity",
    };
    sqlx::query!(
        "INSERT INTO guard (contract_id, id, scope, measure, lot_id, item_id, member_id, limit_amount, hard)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        contract.0,
        guard.id.0,
        scope,
        measure,
        lot,
        item,
        guard.member.map(Uuid::from),
        guard.limit.map(Volume::decimal),
        guard.hard,
    )
    .execute(conn)
    .await?;
    Ok(())
}
