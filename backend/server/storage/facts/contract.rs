//! Terms of a contract, cut down to what a request touches.

use std::collections::BTreeSet;

use abruf_domain::facts::{
    CashDiscount, ContractTerms, Covers, DataProcessingAgreement, Entitlement, ExtensionOption, IndexValue, Item,
    LegalBasis, Lot, Mechanism, MinOrder, Party, Price, Regime, StopScope, SupplyChain, Surcharge, VatTreatment,
};
use abruf_domain::ids::{ContractId, EntitlementId, LotId, OrganisationId};
use abruf_domain::money::{Net, Percent};
use abruf_domain::period::{Period, Validity};
use chrono::NaiveDate;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::storage::StorageError;
use crate::storage::error::consistent;

/// The terms as far as a request for `items` touches them; whom they entitle is asked per member.
pub(super) async fn terms(
    conn: &mut PgConnection,
    id: ContractId,
    items: Vec<Item>,
    day: NaiveDate,
) -> Result<ContractTerms, StorageError> {
    let row = sqlx::query!(
        r#"SELECT f.number, f.title, f.regime, f.jurisdiction, f.supply_chain, f.mechanism, f.status, f.notice_date, f.notice_reference, f.starts_on,
                  f.ends_on, f.currency, f.unit_price_decimals, f.fee_pct, f.process_central_share_net, f.min_order_value_net,
                  f.surcharge_net, f.surcharge_vat_pct, f.legal_basis_key, f.direct_limit_net, f.compare_with_freight,
                  f.runoff_allowed, f.cash_discount_pct, f.cash_discount_days, f.data_processing_reference,
                  f.in_house_vat_category, f.in_house_vat_reason,
                  coalesce((SELECT jsonb_agg(jsonb_build_object('new_end', o.new_end, 'notice_deadline', o.notice_deadline,
                                                                'exercised_on', o.exercised_on) ORDER BY o.new_end, o.id)
                            FROM contract_option o WHERE o.contract_id = f.id), '[]') AS "options!: Json<Vec<ExtensionOption>>",
                  coalesce((SELECT jsonb_agg(jsonb_build_object('id', l.id, 'number', l.number, 'title', l.title) ORDER BY l.number)
                            FROM lot l WHERE l.contract_id = f.id), '[]') AS "lots!: Json<Vec<Lot>>"
           FROM framework_contract f
           WHERE f.id = $1"#,
        id.0,
    )
    .fetch_one(&mut *conn)
    .await?;
    let net = |value, column| consistent(Net::new(value), "framework_contract", column, id);
    let percent = |value, column| consistent(Percent::new(value), "framework_contract", column, id);
    let surcharge = match (row.surcharge_net, row.surcharge_vat_pct) {
        (Some(amount), Some(rate)) => {
            Some(Surcharge { net: net(amount, "surcharge_net")?, vat_rate: percent(rate, "surcharge_vat_pct")? })
        }
        _ => None,
    };
    let min_order = row
        .min_order_value_net
        .map(|value| Ok::<_, StorageError>(MinOrder { value: net(value, "min_order_value_net")?, surcharge }))
        .transpose()?;
    let direct_limit = row.direct_limit_net.map(|limit| net(limit, "direct_limit_net")).transpose()?;
    let cash_discount = row
        .cash_discount_pct
        .zip(row.cash_discount_days)
        .map(|(rate, days)| {
            Ok::<_, StorageError>(CashDiscount { rate: percent(rate, "cash_discount_pct")?, days: days.unsigned_abs() })
        })
        .transpose()?;
    let index_values = index_values(&mut *conn, &items).await?;
    Ok(ContractTerms {
        id,
        number: row.number,
        title: row.title,
        status: row.status,
        notice_date: row.notice_date,
        notice_reference: row.notice_reference,
        term: consistent(Period::new(row.starts_on, row.ends_on), "framework_contract", "ends_on", id)?,
        options: row.options.0,
        lots: row.lots.0,
        parties: parties(&mut *conn, id, day).await?,
        items,
        entitlements: Vec::new(),
        currency: row.currency,
        unit_price_decimals: row.unit_price_decimals.unsigned_abs(),
        min_order,
        fee_pct: percent(row.fee_pct, "fee_pct")?,
        process_central_share: row
            .process_central_share_net
            .map(|share| net(share, "process_central_share_net"))
            .transpose()?,
        regime: if row.regime == "uvgo" { Regime::Uvgo } else { Regime::Vgv },
        jurisdiction: Some(row.jurisdiction),
        legal_basis: row.legal_basis_key.and_then(|key| legal_basis(&key)),
        supply_chain: if row.supply_chain == "through_body" { SupplyChain::ThroughBody } else { SupplyChain::Direct },
        mechanism: consistent(
            mechanism(&row.mechanism, direct_limit, row.compare_with_freight),
            "framework_contract",
            "mechanism",
            id,
        )?,
        runoff_allowed: row.runoff_allowed,
        cash_discount,
        // Filled per member: others that acceded are their own business.
        data_processing: row
            .data_processing_reference
            .map(|reference| DataProcessingAgreement { reference, members: BTreeSet::new() }),
        index_values,
        // Read anew each time: see `gather`.
        last_awards: Vec::new(),
        // Counted where there is a request, by the holidays of the law pack: see `gather`.
        answer_period: None,
        in_house_vat: (row.in_house_vat_category != "S").then_some(VatTreatment {
            category: row.in_house_vat_category,
            rate: Percent::ZERO,
            reason: row.in_house_vat_reason,
        }),
    })
}

fn legal_basis(key: &str) -> Option<LegalBasis> {
    match key {
        "inhouse" => Some(LegalBasis::Inhouse),
        "central_purchasing_body" => Some(LegalBasis::CentralPurchasingBody),
        "horizontal_cooperation" => Some(LegalBasis::HorizontalCooperation),
        "joint_procurement" => Some(LegalBasis::JointProcurement),
        _ => None,
    }
}

fn mechanism(key: &str, direct_limit: Option<Net>, with_freight: bool) -> Result<Mechanism, String> {
    match (key, direct_limit) {
        ("single", _) => Ok(Mechanism::Single),
        ("cascade", _) => Ok(Mechanism::Cascade),
        ("rotation", _) => Ok(Mechanism::Rotation),
        ("best_price_per_item", _) => Ok(Mechanism::BestPricePerItem { with_freight }),
        ("mini_competition_above", Some(direct_limit)) => Ok(Mechanism::MiniCompetitionAbove { direct_limit }),
        ("mini_competition_above", None) => Err("no limit for direct call-offs".to_owned()),
        (other, _) => Err(format!("`{other}` is no mechanism")),
    }
}

/// Published final values of the series that prices of these items name; no query where none does. No price
/// follows a provisional one.
async fn index_values(conn: &mut PgConnection, items: &[Item]) -> Result<Vec<IndexValue>, StorageError> {
    let prices = items.iter().flat_map(|item| &item.prices);
    let series: BTreeSet<Uuid> = prices
        .filter_map(|term| match term.price {
            Price::Index { series, .. } => Some(series.0),
            _ => None,
        })
        .collect();
    if series.is_empty() {
        return Ok(Vec::new());
    }
    let series: Vec<Uuid> = series.into_iter().collect();
    let row = sqlx::query!(
        r#"SELECT coalesce(jsonb_agg(jsonb_build_object('series', series_id, 'value', points::text, 'published_on', published_on,
                                                        'released', released_at IS NOT NULL) ORDER BY published_on, id),
                           '[]') AS "values!: Json<Vec<IndexValue>>"
           FROM index_value
           WHERE series_id = ANY ($1) AND NOT provisional"#,
        &series,
    )
    .fetch_one(conn)
    .await?;
    Ok(row.values.0)
}

/// A stop (insolvency, exclusion) that has not ended by `day` ends a party the day before: one for all contracts, for
/// this one, or for the party's lot.
async fn parties(conn: &mut PgConnection, contract: ContractId, day: NaiveDate) -> Result<Vec<Party>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT p.lot_id, p.supplier_id, p.valid_from, least(p.valid_to, stop.day - 1) AS valid_to, stop.day AS stopped_from,
                  CASE WHEN stop.day < p.stopped_from OR p.stopped_from IS NULL THEN narrow.scope END AS scope, p.rank, o.name
           FROM contract_party p
           JOIN organisation o ON o.id = p.supplier_id
           JOIN framework_contract f ON f.id = p.contract_id
           LEFT JOIN LATERAL abruf.party_stop(f.body_id, p.contract_id, p.lot_id, p.supplier_id, $2) narrow ON true
           CROSS JOIN LATERAL (SELECT least(p.stopped_from, narrow.first_day) AS day) stop
           WHERE p.contract_id = $1
           ORDER BY p.lot_id, p.rank"#,
        contract.0,
        day,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Party {
            supplier: OrganisationId(row.supplier_id),
            lot: Some(LotId(row.lot_id)),
            validity: Validity { from: row.valid_from, to: row.valid_to },
            rank: row.rank.unsigned_abs(),
            name: row.name,
            stopped_from: row.stopped_from,
            stop_scope: match row.scope.as_deref() {
                Some("contract") => Some(StopScope::Contract),
                Some("lot") => Some(StopScope::Lot),
                _ => None,
            },
        })
        .collect())
}

/// Whether the member has acceded to the data processing agreement by `day`.
pub(super) async fn has_acceded(
    conn: &mut PgConnection,
    contract: ContractId,
    member: OrganisationId,
    day: NaiveDate,
) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM data_processing_accession
                          WHERE contract_id = $1 AND member_id = $2 AND acceded_on <= $3) AS "acceded!""#,
        contract.0,
        member.0,
        day,
    )
    .fetch_one(conn)
    .await?)
}

/// The named entries of this member and all announced categories.
pub(super) async fn entitlements(
    conn: &mut PgConnection,
    contract: ContractId,
    member: OrganisationId,
) -> Result<Vec<Entitlement>, StorageError> {
    let rows = sqlx::query!(
        "SELECT id, member_id, kinds, region, includes_future_members, valid_from, valid_to, entered_on, document,
                document_date, modification_reference
         FROM entitlement
         WHERE contract_id = $1 AND (member_id = $2 OR member_id IS NULL)
         ORDER BY valid_from, id",
        contract.0,
        member.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Entitlement {
            id: EntitlementId(row.id),
            covers: match row.member_id {
                Some(member) => Covers::Named { member: OrganisationId(member) },
                None => Covers::Category {
                    kinds: row.kinds.unwrap_or_default(),
                    region: row.region.unwrap_or_default(),
                    includes_future_members: row.includes_future_members,
                },
            },
            validity: Validity { from: row.valid_from, to: row.valid_to },
            proven_on: Some(row.entered_on.max(row.document_date)),
            document: row.document,
            modification_reference: row.modification_reference,
        })
        .collect())
}
