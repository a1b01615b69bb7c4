//! Fixtures to facts: what the server reads from its tables stands in the file here.

use std::collections::{BTreeMap, BTreeSet};

use abruf_domain::Facts;
use abruf_domain::answer_period::{AnswerPeriod, RankRequest, holidays, horizon};
use abruf_domain::call_off::Status;
use abruf_domain::canonical::sha256;
use abruf_domain::facts::{
    Baseline, Budget, CalledOff, CashDiscount, CheckPoint, CompetitionOffer, ContractTerms, Counted, Covers,
    DataProcessingAgreement, DeclaredInterest, Decline, EarlierCallOff, Entitlement, ExtensionOption, IndexValue, Item,
    ItemTraits, LastAward, Lot, Measure, Mechanism, Member, MinOrder, MiniCompetition, Papers, Parameters, Party,
    Price, PriceTerm, Releaser, Request, RequestLine, Scope, ScopeState, StopScope, Surcharge, Tier, VatChange,
    VatTreatment,
};
use abruf_domain::ids::{IndexSeriesId, ItemId, LotId};
use abruf_domain::law::{self, Law};
use abruf_domain::money::{Percent, Quantity, Volume};
use abruf_domain::period::{Period, Validity, berlin_date};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::Error;
use super::format;

/// A call-off with its fixtures, ready to be judged.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    /// What the review sees.
    pub(super) facts: Facts,
    /// Cash discount of the contract; no part of a review.
    pub(super) skonto: Option<Percent>,
}

/// Fixtures of a file, those of its `fixtures` file included.
#[derive(Debug, Clone)]
pub(super) struct Fixtures {
    pub(super) config: Option<format::Config>,
    pub(super) members: BTreeMap<String, format::Member>,
    pub(super) contracts: BTreeMap<String, serde_json::Map<String, Value>>,
}

/// The same name is always the same id.
pub(super) fn id<T: From<Uuid>>(kind: &str, name: &str) -> T {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&sha256(format!("{kind}:{name}").as_bytes())[..16]);
    Uuid::from_bytes(bytes).into()
}

/// Without any date: before and after everything.
fn always() -> Validity {
    Validity { from: NaiveDate::MIN, to: None }
}

fn zero(volume: Option<Volume>) -> Volume {
    volume.unwrap_or(Volume::ZERO)
}

impl Fixtures {
    /// Looks at what no case may ever touch: a misspelt key in a contract is an error of the file.
    pub(super) fn check(&self) -> Result<(), Error> {
        let config = self.config()?;
        if config.timezone != "Europe/Berlin" {
            return Err(Error::new(format!("config: legal dates are Berlin dates, not {}", config.timezone)));
        }
        for (name, contract) in &self.contracts {
            let contract: format::Contract = serde_json::from_value(Value::Object(contract.clone()))
                .map_err(|error| Error::new(format!("contract `{name}`: {error}")))?;
            for (sku, item) in &contract.items {
                for (supplier, price) in &item.price {
                    price_term(sku, supplier, price)
                        .map_err(|Error(text)| Error::new(format!("contract `{name}`: {text}")))?;
                }
            }
        }
        Ok(())
    }

    fn config(&self) -> Result<&format::Config, Error> {
        self.config.as_ref().ok_or_else(|| Error::new("the file has no config".to_owned()))
    }

    /// The contract with the top-level keys of the override in place of its own.
    pub(super) fn contract(&self, input: &format::CallOff) -> Result<format::Contract, Error> {
        let mut contract = self
            .contracts
            .get(&input.contract)
            .cloned()
            .ok_or_else(|| Error::new(format!("there is no contract `{}` in the file", input.contract)))?;
        contract.extend(input.contract_override.clone());
        serde_json::from_value(Value::Object(contract))
            .map_err(|error| Error::new(format!("contract `{}`: {error}", input.contract)))
    }

    /// VAT rate of an item that the supplier offers.
    pub(super) fn vat_rate(&self, contract: &str, supplier: &str, sku: &str) -> Result<Percent, Error> {
        let missing =
            || Error::new(format!("there is no contract `{contract}` with `{sku}` from `{supplier}` in the file"));
        let contract = self.contracts.get(contract).cloned().ok_or_else(missing)?;
        let contract: format::Contract =
            serde_json::from_value(Value::Object(contract)).map_err(|error| Error::new(error.to_string()))?;
        let item = contract.items.get(sku).filter(|item| item.price.contains_key(supplier)).ok_or_else(missing)?;
        Ok(item.vat)
    }

    /// The facts of a call-off.
    pub(super) fn prepare(&self, input: &format::CallOff) -> Result<Prepared, Error> {
        let config = self.config()?;
        let contract = self.contract(input)?;
        let member = self
            .members
            .get(&input.member)
            .ok_or_else(|| Error::new(format!("there is no member `{}` in the file", input.member)))?;
        let requested: BTreeSet<&str> = input.lines.iter().map(|line| line.sku.as_str()).collect();
        let requested: Vec<(&String, &format::Item)> =
            contract.items.iter().filter(|(sku, _)| requested.contains(sku.as_str())).collect();

        let items =
            requested.iter().map(|(sku, item)| item_terms(sku, item, input)).collect::<Result<Vec<_>, Error>>()?;
        let facts = Facts {
            evaluated_at: input.evaluated_at,
            check_point: if input.approver.is_some() { CheckPoint::Release } else { CheckPoint::Submission },
            scopes: scopes(input, &contract, &requested),
            contract: terms(input, &contract, items, &config.currency)?,
            member: member_facts(&input.member, member, input.evaluated_at),
            request: request(input)?,
            baselines: input.baselines.iter().flat_map(|(sku, list)| baselines(sku, list)).collect(),
            process_effect_counted: input.prior.process_effect_used_this_year,
            parameters: under_law(
                member.law.as_deref(),
                input.evaluated_at,
                Parameters {
                    cap_warning_ratio: config.cap_warning_ratio,
                    baseline_max_age_months: config.baseline_max_age_months,
                    direct_award_limit: config.direct_award_limit_net,
                    process_cost_flat: config.process_cost_flat,
                    process_own_call_off_effort: config.process_own_calloff_effort,
                    split_window_days: config.split_window_days,
                    duplicate_window_days: config.duplicate_window_days.unwrap_or(14),
                    eu_threshold: config.eu_threshold_net,
                    inhouse_activity_share: None,
                    citations: BTreeMap::new(),
                },
            ),
        };
        Ok(Prepared { facts, skonto: contract.skonto.map(|skonto| skonto.pct) })
    }
}

/// The law of the member goes over what the config of the file says: its numbers on the day, and whom
/// its findings cite. House rules stay those of the config.
fn under_law(law: Option<&str>, at: DateTime<Utc>, config: Parameters) -> Parameters {
    let Some(jurisdiction) = law else { return config };
    let law = Law::shipped(jurisdiction, berlin_date(at));
    Parameters {
        direct_award_limit: law.value("direct_award_limit_net").unwrap_or(config.direct_award_limit),
        eu_threshold: law.value("eu_threshold_supplies_net").or(config.eu_threshold),
        inhouse_activity_share: law.value("inhouse_activity_share_pct"),
        citations: law::citations(jurisdiction),
        ..config
    }
}

fn terms(
    input: &format::CallOff,
    contract: &format::Contract,
    items: Vec<Item>,
    currency: &str,
) -> Result<ContractTerms, Error> {
    let term = Period::new(contract.start, contract.end).map_err(|error| Error::new(error.to_string()))?;
    Ok(ContractTerms {
        id: id("contract", &input.contract),
        number: contract.number.clone(),
        title: contract.title.clone(),
        status: contract.status.clone(),
        notice_date: contract.notice_date,
        notice_reference: format!("Bekanntmachung {}", contract.number),
        term,
        options: contract.extensions.iter().map(option).collect(),
        lots: contract
            .lots
            .iter()
            .map(|lot| Lot { id: lot_id(lot.number), number: lot.number, title: lot.title.clone() })
            .collect(),
        parties: parties(contract)?,
        items,
        entitlements: entitlements(&contract.entitlement),
        currency: currency.to_owned(),
        unit_price_decimals: contract.unit_price_decimals.unwrap_or(2),
        min_order: contract.min_order.as_ref().map(min_order),
        fee_pct: contract.fee_pct,
        process_central_share: contract.process_central_share,
        regime: contract.regime,
        legal_basis: contract.legal_basis,
        supply_chain: contract.supply_chain,
        jurisdiction: None,
        in_house_vat: contract.in_house_vat.as_ref().map(|vat| VatTreatment {
            category: vat.category.clone(),
            rate: Percent::ZERO,
            reason: vat.reason.clone(),
        }),
        mechanism: mechanism(contract)?,
        runoff_allowed: contract.runoff_allowed,
        cash_discount: contract.skonto.as_ref().map(|skonto| CashDiscount { rate: skonto.pct, days: skonto.days }),
        data_processing: contract.framework_avv.as_ref().map(|agreement| DataProcessingAgreement {
            reference: agreement.reference.clone(),
            members: agreement.members.iter().map(|member| id("member", member)).collect(),
        }),
        index_values: index_values(input),
        answer_period: answer_period(contract, input),
        last_awards: input
            .prior
            .last_rotation_supplier
            .iter()
            .map(|supplier| LastAward { lot: None, supplier: id("supplier", supplier) })
            .collect(),
    })
}

fn mechanism(contract: &format::Contract) -> Result<Mechanism, Error> {
    Ok(match contract.mechanism {
        format::Mechanism::Single => Mechanism::Single,
        format::Mechanism::Cascade => Mechanism::Cascade,
        format::Mechanism::Rotation => Mechanism::Rotation,
        format::Mechanism::BestPricePerItem => {
            Mechanism::BestPricePerItem { with_freight: contract.compare_with_freight }
        }
        format::Mechanism::MiniCompetitionAbove => Mechanism::MiniCompetitionAbove {
            direct_limit: contract
                .direct_limit_net
                .ok_or_else(|| Error::new(format!("contract `{}`: direct_limit_net is missing", contract.number)))?,
        },
    })
}

/// `index_now` was published long ago; ours may name the day and whether it is released.
fn index_values(input: &format::CallOff) -> Vec<IndexValue> {
    let value = |value, published_on, released| IndexValue { series: index_series(), value, published_on, released };
    let now = input.index_now.map(|points| value(points, NaiveDate::MIN, true));
    let dated = input.index_values.iter().map(|it| value(it.value, it.published_on, it.released));
    now.into_iter().chain(dated).collect()
}

fn item_terms(sku: &str, item: &format::Item, input: &format::CallOff) -> Result<Item, Error> {
    let prices = item
        .price
        .iter()
        .map(|(supplier, price)| price_term(sku, supplier, price))
        .collect::<Result<Vec<_>, Error>>()?;
    Ok(Item {
        id: item_id(sku),
        article_number: sku.to_owned(),
        title: item.text.clone(),
        unit: item.unit.clone(),
        lot: item.lot.map(lot_id),
        vat: VatTreatment { category: vat_category(item.vat), rate: item.vat, reason: String::new() },
        min_quantity: item.min_qty,
        step: item.step,
        prices,
        vat_changes: item
            .vat_changes
            .iter()
            .map(|change| VatChange {
                from: change.from,
                vat: VatTreatment {
                    category: change.category.clone().unwrap_or_else(|| vat_category(change.vat)),
                    rate: change.vat,
                    reason: String::new(),
                },
            })
            .collect(),
        traits: ItemTraits {
            personal_data: item.personal_data,
            accessibility: item.accessibility.clone(),
            evb_it: item.evb_it.clone(),
        },
        called_off: CalledOff {
            by_all: quantity(input.prior.consumed_qty.get(sku)),
            by_member: quantity(input.prior.member_consumed_qty.get(sku)),
        },
    })
}

fn item_id(sku: &str) -> ItemId {
    id("item", sku)
}

fn lot_id(number: i32) -> LotId {
    id("lot", &number.to_string())
}

fn vat_category(rate: Percent) -> String {
    if rate == Percent::ZERO { "Z" } else { "S" }.to_owned()
}

/// A price of the file; `valid_from`, `valid_to` and `released` are ours, without them it is open-ended
/// and released.
fn price_term(sku: &str, supplier: &str, price: &serde_json::Map<String, Value>) -> Result<PriceTerm, Error> {
    let at = |error: serde_json::Error| Error::new(format!("price of `{sku}` with `{supplier}`: {error}"));
    let mut price = price.clone();
    let mut day = |key: &str| price.remove(key).map(serde_json::from_value::<NaiveDate>).transpose();
    let from = day("valid_from").map_err(at)?;
    let to = day("valid_to").map_err(at)?;
    let released = price.remove("released").map(serde_json::from_value::<bool>).transpose().map_err(at)?;
    let freight = price.remove("freight").map(serde_json::from_value).transpose().map_err(at)?;
    Ok(PriceTerm {
        id: id("price", &format!("{sku} {supplier} {from:?}")),
        supplier: id("supplier", supplier),
        validity: Validity { from: from.unwrap_or(NaiveDate::MIN), to },
        price: formed(serde_json::from_value(Value::Object(price)).map_err(at)?),
        released: released.unwrap_or(true),
        freight,
    })
}

fn formed(price: format::Price) -> Price {
    use format::Price as Written;
    let tiers = |tiers: Vec<_>| tiers.into_iter().map(|(from, unit_price)| Tier { from, unit_price }).collect();
    let all_units = |counted, list| Price::TierAllUnits { counted, tiers: tiers(list) };
    let graduated = |counted, list| Price::TierGraduated { counted, tiers: tiers(list) };
    match price {
        Written::Fixed { unit_price } => Price::Fixed { unit_price },
        Written::TierAllUnitsPerOrder { tiers } => all_units(Counted::PerOrder, tiers),
        Written::TierAllUnitsCumulativeMember { tiers } => all_units(Counted::PerMember, tiers),
        Written::TierAllUnitsCumulativeContract { tiers } => all_units(Counted::PerContract, tiers),
        Written::TierGraduatedPerOrder { tiers } => graduated(Counted::PerOrder, tiers),
        Written::TierGraduatedCumulativeMember { tiers } => graduated(Counted::PerMember, tiers),
        Written::TierGraduatedCumulativeContract { tiers } => graduated(Counted::PerContract, tiers),
        Written::ListMinus { list_price, discount_pct } => Price::ListMinus { list_price, discount_pct },
        Written::Subscription { unit_price_month } => Price::Subscription { unit_price_month },
        Written::Index {
            base_price,
            fixed_share,
            variable_share,
            index_base,
            threshold_pct,
            threshold: format::Threshold::StrictlyGreater,
        } => Price::Index {
            base_price,
            fixed_share,
            variable_share,
            series: index_series(),
            index_base,
            threshold: threshold_pct,
        },
        Written::Quoted { cap } => Price::Quoted { cap },
    }
}

/// A file knows one index.
fn index_series() -> IndexSeriesId {
    id("index", "index_now")
}

fn option(extension: &format::Extension) -> ExtensionOption {
    ExtensionOption {
        new_end: extension.new_end,
        notice_deadline: extension.notice_deadline,
        exercised_on: extension.exercised_on,
    }
}

/// Suppliers of the contract are party of every item without a lot; those of a lot, of that lot.
fn parties(contract: &format::Contract) -> Result<Vec<Party>, Error> {
    let known = |stop: &&format::NarrowStop| stop.lot.is_none_or(|lot| contract.lots.iter().any(|it| it.number == lot));
    if let Some(stop) = contract.narrow_stops.iter().find(|stop| !known(stop)) {
        return Err(Error::new(format!(
            "contract `{}`: the stop of `{}` names no lot",
            contract.number, stop.supplier
        )));
    }
    let whole = contract.suppliers.iter().map(|supplier| (supplier, None));
    let by_lot = contract.lots.iter().flat_map(|lot| lot.suppliers.iter().map(|supplier| (supplier, Some(lot.number))));
    let party = |((supplier, lot), rank): ((&String, Option<i32>), u32)| {
        let stop = stop_of(contract, supplier, lot);
        Party {
            supplier: id("supplier", supplier),
            lot: lot.map(lot_id),
            validity: stop.map_or_else(always, |(from, _)| Validity { from: NaiveDate::MIN, to: from.pred_opt() }),
            rank,
            name: supplier.clone(),
            stopped_from: stop.map(|(from, _)| from),
            stop_scope: stop.and_then(|(_, scope)| scope),
        }
    };
    Ok(whole.filter(|_| contract.lots.is_empty()).chain(by_lot).zip(1..).map(party).collect())
}

/// The earliest stop of a party, and how narrow it is; of several that begin on one day the widest speaks.
fn stop_of(contract: &format::Contract, supplier: &str, lot: Option<i32>) -> Option<(NaiveDate, Option<StopScope>)> {
    let wide = contract.supplier_stops.get(supplier).map(|from| (*from, 0, None));
    let here = contract.narrow_stops.iter().filter(|it| it.supplier == supplier && (it.lot.is_none() || it.lot == lot));
    let narrow = here.map(|it| match it.lot {
        None => (it.from, 1, Some(StopScope::Contract)),
        Some(_) => (it.from, 2, Some(StopScope::Lot)),
    });
    let earliest = wide.into_iter().chain(narrow).min_by_key(|(from, width, _)| (*from, *width));
    earliest.map(|(from, _, scope)| (from, scope))
}

fn entitlements(entitlement: &format::Entitlement) -> Vec<Entitlement> {
    let entry = |name: &str, covers: Covers| Entitlement {
        id: id("entitlement", name),
        covers,
        validity: always(),
        proven_on: None,
        document: "Bekanntmachung".to_owned(),
        modification_reference: None,
    };
    match entitlement {
        format::Entitlement::NamedList { members, entries } => {
            let undated = members.iter().map(|member| entry(member, Covers::Named { member: id("member", member) }));
            let dated = entries.iter().map(|dated| Entitlement {
                validity: Validity { from: dated.from, to: dated.to },
                proven_on: dated.proven_on,
                document: dated.document.clone(),
                modification_reference: dated.modification.clone(),
                ..entry(&dated.member, Covers::Named { member: id("member", &dated.member) })
            });
            undated.chain(dated).collect()
        }
        format::Entitlement::Category { kinds, region, includes_future_members } => {
            let covers = Covers::Category {
                kinds: kinds.clone(),
                region: region.clone(),
                includes_future_members: *includes_future_members,
            };
            vec![entry("category", covers)]
        }
    }
}

fn min_order(minimum: &format::MinOrder) -> MinOrder {
    MinOrder {
        value: minimum.value_net,
        surcharge: minimum
            .surcharge_net
            .map(|net| Surcharge { net, vat_rate: minimum.surcharge_vat.unwrap_or(Percent::ZERO) }),
    }
}

fn member_facts(key: &str, member: &format::Member, at: DateTime<Utc>) -> Member {
    let first = member.from.map(|from| Validity { from, to: member.to });
    let further = member.further_memberships.iter().map(|period| Validity { from: period.from, to: period.to });
    let mut memberships: Vec<Validity> = first.into_iter().chain(further).collect();
    memberships.sort_by_key(|membership| membership.from);
    Member {
        id: id("member", key),
        name: member.name.clone(),
        kind: member.kind.clone(),
        region: member.region.clone(),
        memberships,
        suspensions: member.suspensions.iter().map(|it| Validity { from: it.from, to: it.to }).collect(),
        authority: member.authority.clone(),
        inhouse_evidence: member.inhouse_evidence.clone(),
        deducts_input_vat: match &member.input_vat_deductible_from {
            Some(from) => *from <= berlin_date(at),
            None => member.input_vat_deductible,
        },
        council_limit: member.council_limit.clone(),
        binding_rules: member.binding_rules.clone(),
        routes_invoices: member.routes_invoices,
    }
}

fn request(input: &format::CallOff) -> Result<Request, Error> {
    let performance = match input.performance {
        None => None,
        Some(format::FromTo { from, to: Some(to) }) => {
            Some(Period::new(from, to).map_err(|error| Error::new(error.to_string()))?)
        }
        Some(_) => return Err(Error::new("performance has no end".to_owned())),
    };
    let lines = (1..).zip(&input.lines).map(|(position, line)| RequestLine {
        position,
        article_number: line.sku.clone(),
        quantity: line.qty,
        offer: line.offer.clone(),
    });
    Ok(Request {
        supplier: id("supplier", &input.supplier),
        supplier_name: input.supplier.clone(),
        lines: lines.collect(),
        performance,
        need: input.need_justification.clone().unwrap_or_default(),
        requester: id("person", &input.requester),
        releaser: input.approver.as_ref().map(|approver| Releaser {
            power: input.approver_power.clone().unwrap_or_default(),
            technical: input.approver_technical,
            ..Releaser::new(id("person", approver), input.approver_limit_gross)
        }),
        papers: Papers {
            data_processing: input.avv_reference.clone().unwrap_or_default(),
            ..input.papers.clone().unwrap_or_default()
        },
        budget: budget(input),
        declines: input.declines.iter().map(decline).collect(),
        rank_requests: input.rank_requests.iter().map(rank_request).collect(),
        mini_competition: input.mini_competition.as_ref().map(mini_competition),
        interests: input.interests.iter().map(interest).collect(),
        earlier: (1..)
            .zip(&input.prior.recent_call_offs)
            .map(|(number, earlier)| earlier_call_off(number, earlier))
            .collect(),
    })
}

fn quantity(volume: Option<&Volume>) -> Quantity {
    volume.and_then(|volume| Quantity::new(volume.decimal()).ok()).unwrap_or_default()
}

/// The plain keys name the year of the release; `budget` is ours and says the rest.
fn budget(input: &format::CallOff) -> Option<Budget> {
    let available = input.budget_available?;
    let ours = input.budget.clone().unwrap_or_default();
    Some(Budget {
        mode: ours.mode,
        account: ours.account,
        available,
        later_years: ours.later_years,
        overrun_approval: input.budget_overrun_approval.clone(),
        provisional_until: ours.provisional_until,
        confirmation: ours.confirmation,
        account_missing: ours.account_missing,
    })
}

/// Counted where somebody was asked, as the program gathers it.
fn answer_period(contract: &format::Contract, input: &format::CallOff) -> Option<AnswerPeriod> {
    let days = || input.rank_requests.iter().map(|request| request.asked_on);
    let holidays = holidays("de/st", days().min()?, horizon(days().max()?))?;
    Some(AnswerPeriod { working_days: contract.answer_period_days?, holidays })
}

fn rank_request(request: &format::RankRequest) -> RankRequest {
    RankRequest { supplier: id("supplier", &request.supplier), asked_on: request.asked_on }
}

fn decline(decline: &format::Decline) -> Decline {
    Decline {
        supplier: id("supplier", &decline.supplier),
        received_at: decline.received_at,
        reason: decline.reason.clone(),
        document: decline.evidence.clone(),
    }
}

fn mini_competition(held: &format::MiniCompetition) -> MiniCompetition {
    let persons = |names: &Vec<String>| names.iter().map(|name| id("person", name)).collect();
    MiniCompetition {
        invited: held.invited.iter().map(|supplier| id("supplier", supplier)).collect(),
        text_form: held.text_form,
        deadline_at: held.deadline_at,
        opened_at: held.opened_at,
        opened_by: held.opened_by.as_ref().map(persons),
        criterion: held.award_criterion,
        announced: held.announced_criterion,
        offers: held
            .offers
            .iter()
            .map(|offer| CompetitionOffer {
                supplier: id("supplier", &offer.supplier),
                unit_prices: offer.unit_prices.clone(),
                points: offer.points,
                received_at: offer.received_at,
            })
            .collect(),
    }
}

fn interest(interest: &format::Interest) -> DeclaredInterest {
    DeclaredInterest {
        person: id("person", &interest.person),
        supplier: id("supplier", &interest.supplier),
        nature: interest.nature.clone(),
        validity: Validity { from: interest.from, to: interest.to },
    }
}

fn earlier_call_off(number: i32, earlier: &format::RecentCallOff) -> EarlierCallOff {
    let dead = [Status::Draft, Status::Refused, Status::Withdrawn, Status::Expired, Status::Cancelled];
    EarlierCallOff {
        number: format!("Abruf {number}"),
        date: earlier.date,
        net: earlier.net,
        gross: earlier.gross,
        counts: !dead.contains(&earlier.status),
        lines: earlier.lines.iter().map(|line| (line.sku.clone(), line.qty)).collect(),
    }
}

fn baselines<'a>(sku: &'a str, list: &'a format::OneOrMany<format::Baseline>) -> impl Iterator<Item = Baseline> + 'a {
    list.all().iter().map(move |baseline| Baseline {
        id: id("baseline", &format!("{sku} {}", baseline.evidence)),
        article_number: sku.to_owned(),
        kind: baseline.kind,
        unit_price: baseline.unit_price,
        per: baseline.per,
        dated: baseline.dated,
        evidence: baseline.evidence.clone(),
        valid_from: None,
        valid_to: None,
    })
}

/// Ceilings of contract, lots, requested items and the member's quota. What has been consumed beyond
/// a ceiling can only be recorded facts: the ceiling is breached then.
fn scopes(
    input: &format::CallOff,
    contract: &format::Contract,
    requested: &[(&String, &format::Item)],
) -> Vec<ScopeState> {
    let prior = &input.prior;
    let mut states = vec![ScopeState {
        recorded: zero(prior.recorded_value_net),
        reserved: zero(prior.reserved_value_net),
        ..scope(Scope::Contract, Measure::Value, contract.max_value_net, prior.consumed_value_net)
    }];
    if contract.max_qty.is_some() {
        states.push(scope(Scope::Contract, Measure::Quantity, contract.max_qty, prior.contract_consumed_qty));
    }
    let asked_lots: BTreeSet<i32> = requested.iter().filter_map(|(_, item)| item.lot).collect();
    for lot in contract.lots.iter().filter(|lot| asked_lots.contains(&lot.number)) {
        let place = Scope::Lot(lot_id(lot.number));
        if lot.max_value_net.is_some() {
            let consumed = prior.lot_consumed_value_net.get(&lot.number).copied();
            states.push(scope(place, Measure::Value, lot.max_value_net, consumed));
        }
        if lot.max_qty.is_some() {
            let consumed = prior.lot_consumed_qty.get(&lot.number).copied();
            states.push(scope(place, Measure::Quantity, lot.max_qty, consumed));
        }
    }
    for (sku, item) in requested.iter().filter(|(_, item)| item.max_qty.is_some()) {
        let consumed = prior.consumed_qty.get(*sku).copied();
        states.push(ScopeState {
            reserved: zero(prior.reserved_qty.get(*sku).copied()),
            ..scope(Scope::Item(item_id(sku)), Measure::Quantity, item.max_qty, consumed)
        });
    }
    for state in &mut states {
        state.breached = state.limit.is_some_and(|limit| limit < state.consumed());
    }
    if let Some(quota) = contract.member_quotas.get(&input.member) {
        states.push(ScopeState {
            hard: quota.mode == format::QuotaMode::Hard,
            reserved: zero(prior.member_reserved_value_net),
            ..scope(Scope::Member, Measure::Value, Some(quota.value_net), prior.member_consumed_value_net)
        });
    }
    states
}

fn scope(scope: Scope, measure: Measure, limit: Option<Volume>, consumed: Option<Volume>) -> ScopeState {
    ScopeState {
        guard: id("guard", &format!("{scope:?} {measure:?}")),
        scope,
        measure,
        limit,
        hard: true,
        authorised: zero(consumed),
        recorded: Volume::ZERO,
        reserved: Volume::ZERO,
        breached: false,
    }
}
