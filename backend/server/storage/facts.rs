//! Gathers the facts of a review. Each query reads one noun; what the actor may not see is not there.

use abruf_domain::facts::{
    Baseline, BaselineKind, CalledOff, CheckPoint, ContractTerms, Counted, Covers, Entitlement, ExtensionOption, Facts,
    Item, ItemTraits, Lot, Mechanism, Member, MinOrder, Papers, Parameters, Party, Per, Price, PriceTerm, Regime,
    Releaser, Request, RequestLine, ScopeState, SupplyChain, Surcharge, Tier, VatTreatment,
};
use abruf_domain::ids::{BaselineId, ContractId, EntitlementId, ItemId, LotId, OrganisationId, PriceTermId};
use abruf_domain::money::{Net, Percent, Quantity, UnitPrice};
use abruf_domain::period::{Period, Validity, berlin_date};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::{CallOff, Line};
use super::error::consistent;
use super::{parameters, volume};

/// Reads everything a review of this call-off may see at `now`.
pub async fn gather(
    conn: &mut PgConnection,
    call_off: &CallOff,
    lines: &[Line],
    check_point: CheckPoint,
    releaser: Option<Releaser>,
    now: DateTime<Utc>,
) -> Result<Facts, StorageError> {
    let day = berlin_date(now);
    let articles: Vec<String> = lines.iter().map(|line| line.article_number.clone()).collect();
    let items = items(&mut *conn, call_off.contract, &articles, day).await?;
    let contract = terms(&mut *conn, call_off.contract, call_off.member, items).await?;
    let member = member(&mut *conn, call_off.body, call_off.member).await?;
    let scopes = free_of_own(&mut *conn, call_off, &contract).await?;
    let baselines = baselines(&mut *conn, &contract, call_off.member, &articles).await?;
    let process_effect_counted = process_effect_counted(&mut *conn, call_off, day).await?;
    let parameters = of_law_and_house(&mut *conn, call_off.member, day).await?;
    let supplier_name = super::organisations::name(&mut *conn, call_off.supplier).await?.unwrap_or_default();
    Ok(Facts {
        evaluated_at: now,
        check_point,
        contract,
        member,
        request: Request {
            supplier: call_off.supplier,
            supplier_name,
            lines: lines
                .iter()
                .map(|line| RequestLine {
                    position: line.position,
                    article_number: line.article_number.clone(),
                    quantity: line.quantity,
                    offer: None,
                })
                .collect(),
            performance: call_off.details.performance,
            need: call_off.details.need.clone(),
            requester: call_off.requester,
            releaser,
            papers: Papers::default(),
            budget: None,
            declines: Vec::new(),
            mini_competition: None,
            interests: Vec::new(),
            earlier: Vec::new(),
        },
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
    let nobody = Uuid::nil();
    Ok(Facts {
        evaluated_at: now,
        check_point: CheckPoint::Submission,
        contract: terms(&mut *conn, contract, member_id, Vec::new()).await?,
        member: member(&mut *conn, body, member_id).await?,
        request: Request {
            supplier: OrganisationId(nobody),
            supplier_name: String::new(),
            lines: Vec::new(),
            performance: None,
            need: String::new(),
            requester: nobody.into(),
            releaser: None,
            papers: Papers::default(),
            budget: None,
            declines: Vec::new(),
            mini_competition: None,
            interests: Vec::new(),
            earlier: Vec::new(),
        },
        scopes: volume::scopes(&mut *conn, contract, member_id, &[], &[]).await?,
        baselines: Vec::new(),
        process_effect_counted: false,
        parameters: of_law_and_house(conn, member_id, berlin_date(now)).await?,
    })
}

async fn terms(
    conn: &mut PgConnection,
    id: ContractId,
    member: OrganisationId,
    items: Vec<Item>,
) -> Result<ContractTerms, StorageError> {
    let row = sqlx::query!(
        "SELECT number, title, regime, supply_chain, status, notice_date, notice_reference, starts_on, ends_on, currency, unit_price_decimals,
                fee_pct, process_central_share_net, min_order_value_net, surcharge_net, surcharge_vat_pct
         FROM framework_contract
         WHERE id = $1",
        id.0
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
    Ok(ContractTerms {
        id,
        number: row.number,
        title: row.title,
        status: row.status,
        notice_date: row.notice_date,
        notice_reference: row.notice_reference,
        term: consistent(Period::new(row.starts_on, row.ends_on), "framework_contract", "ends_on", id)?,
        options: options(&mut *conn, id).await?,
        lots: lots(&mut *conn, id).await?,
        parties: parties(&mut *conn, id).await?,
        items,
        entitlements: entitlements(&mut *conn, id, member).await?,
        currency: row.currency,
        unit_price_decimals: row.unit_price_decimals.unsigned_abs(),
        min_order,
        fee_pct: percent(row.fee_pct, "fee_pct")?,
        process_central_share: row
            .process_central_share_net
            .map(|share| net(share, "process_central_share_net"))
            .transpose()?,
        regime: if row.regime == "uvgo" { Regime::Uvgo } else { Regime::Vgv },
        legal_basis: None,
        supply_chain: if row.supply_chain == "through_body" { SupplyChain::ThroughBody } else { SupplyChain::Direct },
        mechanism: Mechanism::Single,
        runoff_allowed: true,
        cash_discount: None,
        data_processing: None,
        index_values: Vec::new(),
        last_awards: Vec::new(),
    })
}

async fn options(conn: &mut PgConnection, contract: ContractId) -> Result<Vec<ExtensionOption>, StorageError> {
    Ok(sqlx::query_as!(
        ExtensionOption,
        "SELECT new_end, notice_deadline, exercised_on FROM contract_option WHERE contract_id = $1 ORDER BY new_end",
        contract.0
    )
    .fetch_all(conn)
    .await?)
}

async fn lots(conn: &mut PgConnection, contract: ContractId) -> Result<Vec<Lot>, StorageError> {
    let rows = sqlx::query!("SELECT id, number, title FROM lot WHERE contract_id = $1 ORDER BY number", contract.0)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| Lot { id: LotId(row.id), number: row.number, title: row.title }).collect())
}

async fn parties(conn: &mut PgConnection, contract: ContractId) -> Result<Vec<Party>, StorageError> {
    let rows = sqlx::query!(
        "SELECT p.lot_id, p.supplier_id, p.valid_from, p.valid_to, p.rank, o.name
         FROM contract_party p
         JOIN organisation o ON o.id = p.supplier_id
         WHERE p.contract_id = $1
         ORDER BY p.lot_id, p.rank",
        contract.0
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
        })
        .collect())
}

/// The named entries of this member and all announced categories.
async fn entitlements(
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

/// The requested items that exist, with their released prices valid on `day`.
pub async fn items(
    conn: &mut PgConnection,
    contract: ContractId,
    articles: &[String],
    day: NaiveDate,
) -> Result<Vec<Item>, StorageError> {
    let rows = sqlx::query!(
        "SELECT id, lot_id, article_number, title, unit, vat_category, vat_rate_pct, vat_reason, min_quantity, step, personal_data
         FROM item
         WHERE contract_id = $1 AND article_number = ANY ($2)
         ORDER BY article_number",
        contract.0,
        articles
    )
    .fetch_all(&mut *conn)
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut prices = prices(&mut *conn, contract, &ids, day).await?;
    rows.into_iter()
        .map(|row| {
            let quantity = |value, column| consistent(Quantity::new(value), "item", column, row.id);
            let own;
            (own, prices) = std::mem::take(&mut prices).into_iter().partition(|(item, _)| item.0 == row.id);
            let own: Vec<(ItemId, PriceTerm)> = own;
            Ok(Item {
                id: ItemId(row.id),
                article_number: row.article_number,
                title: row.title,
                unit: row.unit,
                lot: Some(LotId(row.lot_id)),
                vat: VatTreatment {
                    category: row.vat_category,
                    rate: consistent(Percent::new(row.vat_rate_pct), "item", "vat_rate_pct", row.id)?,
                    reason: row.vat_reason,
                },
                min_quantity: quantity(row.min_quantity, "min_quantity")?,
                step: quantity(row.step, "step")?,
                prices: own.into_iter().map(|(_, term)| term).collect(),
                vat_changes: Vec::new(),
                traits: ItemTraits { personal_data: row.personal_data, ..ItemTraits::default() },
                called_off: CalledOff::default(),
            })
        })
        .collect()
}

async fn prices(
    conn: &mut PgConnection,
    contract: ContractId,
    items: &[Uuid],
    day: NaiveDate,
) -> Result<Vec<(ItemId, PriceTerm)>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT id, item_id, supplier_id, kind, unit_price, list_price, discount_pct, tiers, clause, valid_from, valid_to,
                released_at IS NOT NULL AS "released!"
         FROM price_term
         WHERE contract_id = $1 AND item_id = ANY ($2)
           AND valid_from <= $3 AND (valid_to IS NULL OR $3 <= valid_to)
         ORDER BY item_id, supplier_id, valid_from, version"#,
        contract.0,
        items,
        day
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let stored = StoredPrice {
                kind: row.kind,
                unit_price: row.unit_price,
                list_price: row.list_price,
                discount_pct: row.discount_pct,
                tiers: row.tiers,
                clause: row.clause,
            };
            let term = PriceTerm {
                id: PriceTermId(row.id),
                supplier: OrganisationId(row.supplier_id),
                validity: Validity { from: row.valid_from, to: row.valid_to },
                price: consistent(Price::try_from(stored), "price_term", "kind", row.id)?,
                released: row.released,
                freight: None,
            };
            Ok((ItemId(row.item_id), term))
        })
        .collect()
}

/// The columns of a price, before they are known to fit together.
pub struct StoredPrice {
    /// Kind key.
    pub kind: String,
    /// Of fixed and subscription.
    pub unit_price: Option<rust_decimal::Decimal>,
    /// Of list_minus.
    pub list_price: Option<rust_decimal::Decimal>,
    /// Of list_minus.
    pub discount_pct: Option<rust_decimal::Decimal>,
    /// Of tiers.
    pub tiers: Option<serde_json::Value>,
    /// Of every other kind: the whole price.
    pub clause: Option<serde_json::Value>,
}

impl TryFrom<StoredPrice> for Price {
    type Error = String;

    fn try_from(stored: StoredPrice) -> Result<Self, String> {
        let unit = |value: Option<rust_decimal::Decimal>| {
            UnitPrice::new(value.ok_or("no price")?).map_err(|error| error.to_string())
        };
        match stored.kind.as_str() {
            "fixed" => Ok(Self::Fixed { unit_price: unit(stored.unit_price)? }),
            "subscription" => Ok(Self::Subscription { unit_price_month: unit(stored.unit_price)? }),
            "list_minus" => Ok(Self::ListMinus {
                list_price: unit(stored.list_price)?,
                discount_pct: Percent::new(stored.discount_pct.ok_or("no discount")?)
                    .map_err(|error| error.to_string())?,
            }),
            "tier_all_units_per_order" => {
                let tiers: Vec<Tier> =
                    serde_json::from_value(stored.tiers.ok_or("no tiers")?).map_err(|error| error.to_string())?;
                Ok(Self::TierAllUnits { counted: Counted::PerOrder, tiers })
            }
            "tier_all_units" | "tier_graduated" | "index" | "quoted" => {
                serde_json::from_value(stored.clause.ok_or("no clause")?).map_err(|error| error.to_string())
            }
            other => Err(format!("`{other}` is no price kind")),
        }
    }
}

async fn member(conn: &mut PgConnection, body: OrganisationId, id: OrganisationId) -> Result<Member, StorageError> {
    let row =
        sqlx::query!("SELECT name, kind, region FROM organisation WHERE id = $1", id.0).fetch_one(&mut *conn).await?;
    let memberships = sqlx::query!(
        "SELECT effective_from, effective_to FROM membership WHERE body_id = $1 AND member_id = $2 ORDER BY effective_from",
        body.0,
        id.0
    )
    .fetch_all(conn)
    .await?;
    Ok(Member {
        id,
        name: row.name,
        kind: row.kind,
        region: row.region,
        memberships: memberships
            .into_iter()
            .map(|row| Validity { from: row.effective_from, to: row.effective_to })
            .collect(),
        authority: None,
        inhouse_evidence: None,
        deducts_input_vat: false,
        council_limit: None,
        binding_rules: None,
        routes_invoices: false,
    })
}

/// Ceiling scopes without what this call-off itself has reserved: it must not stand in its own way.
async fn free_of_own(
    conn: &mut PgConnection,
    call_off: &CallOff,
    contract: &ContractTerms,
) -> Result<Vec<ScopeState>, StorageError> {
    let lots: Vec<Uuid> = contract.items.iter().filter_map(|item| item.lot).map(Uuid::from).collect();
    let items: Vec<Uuid> = contract.items.iter().map(|item| item.id.0).collect();
    let mut scopes = volume::scopes(&mut *conn, call_off.contract, call_off.member, &lots, &items).await?;
    if call_off.status.holds_reservation() {
        let own = volume::holdings(conn, call_off.contract, call_off.id).await?;
        for scope in &mut scopes {
            if let Some(held) = own.iter().find(|held| held.guard == scope.guard) {
                scope.reserved = scope.reserved - held.reserved;
            }
        }
    }
    Ok(scopes)
}

/// Approved baselines: the member's own before common ones, better kinds first, newer first.
async fn baselines(
    conn: &mut PgConnection,
    contract: &ContractTerms,
    member: OrganisationId,
    articles: &[String],
) -> Result<Vec<Baseline>, StorageError> {
    let rows = sqlx::query!(
        "SELECT b.id, i.article_number, b.kind, b.unit_price, b.per, b.dated_on, b.evidence
         FROM baseline b
         JOIN item i ON i.contract_id = b.contract_id AND i.id = b.item_id
         WHERE b.contract_id = $1 AND i.article_number = ANY ($2)
           AND b.approved_at IS NOT NULL AND (b.member_id IS NULL OR b.member_id = $3)
         ORDER BY (b.member_id IS NULL),
                  array_position(ARRAY['prior_contract', 'market_quotes', 'external_benchmark', 'list_price'], b.kind),
                  b.dated_on DESC, b.id",
        contract.id.0,
        articles,
        member.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Baseline {
                id: BaselineId(row.id),
                article_number: row.article_number,
                kind: match row.kind.as_str() {
                    "prior_contract" => BaselineKind::PriorContract,
                    "market_quotes" => BaselineKind::MarketQuotes,
                    "external_benchmark" => BaselineKind::ExternalBenchmark,
                    _ => BaselineKind::ListPrice,
                },
                unit_price: consistent(UnitPrice::new(row.unit_price), "baseline", "unit_price", row.id)?,
                per: if row.per == "month" { Per::Month } else { Per::Unit },
                dated: row.dated_on,
                evidence: row.evidence,
            })
        })
        .collect()
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
        split_window_days: 30,
        duplicate_window_days: 14,
        eu_threshold: None,
    })
}
