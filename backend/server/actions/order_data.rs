//! What a document prints, put together from frozen facts: the review a release rests on, not today's
//! price list. So a document can be made again years later with the same bytes.
//!
//! Of a pair, each order is printed from its side: the member orders from the body, the body from the supplier.

use abruf_documents::data::{
    Body, Clause, Contact, ContractReference, Currency, EarlierPaper, Endpoint, Endpoints, Line, Pair, Party,
    References, Signature, Subscription, Surcharge, Totals, VatCategory, VatClass, VatRow,
};
use abruf_documents::{CancellationData, CheckCode, OrderData, Rest, Stage};
use abruf_domain::Facts;
use abruf_domain::electronic_address::Scheme;
use abruf_domain::facts::VatTreatment;
use abruf_domain::ids::OrganisationId;
use abruf_domain::money::UnitPrice;
use abruf_domain::period::berlin_date;
use abruf_domain::pricing::{PricedCallOff, PricedLine, vat};
use abruf_domain::supply_chain::Side;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::ActionError;
use crate::app::App;
use crate::storage::call_offs::CallOff;
use crate::storage::organisations::Organisation;
use crate::storage::{StorageError, assignments, contracts, electronic_addresses, organisations, supplier_orders};

/// Everything an order and its cancellation have in common.
pub(super) struct Printed {
    pub(super) body: Body,
    pub(super) buyer: Party,
    pub(super) supplier: Party,
    pub(super) contract: ContractReference,
    pub(super) pair: Option<Pair>,
    pub(super) currency: Currency,
    pub(super) lines: Vec<Line>,
    pub(super) surcharge: Option<Surcharge>,
    pub(super) totals: Totals,
    pub(super) terms: Vec<Clause>,
    pub(super) requested: Signature,
    pub(super) references: References,
    pub(super) delivery_address: Option<Party>,
    pub(super) invoice_address: Option<Party>,
    pub(super) endpoints: Option<Endpoints>,
}

/// Reads names and addresses, and takes lines and amounts from facts and prices of this side.
pub(super) async fn printed(
    conn: &mut PgConnection,
    call_off: &CallOff,
    facts: &Facts,
    priced: &PricedCallOff,
    side: Side,
) -> Result<Printed, ActionError> {
    let contract = contracts::find(&mut *conn, call_off.contract).await?.ok_or(ActionError::NotFound)?;
    let body = organisation(&mut *conn, call_off.body).await?;
    let (buyer, supplier) = match side {
        Side::Direct => (call_off.member, call_off.supplier),
        Side::InHouse => (call_off.member, call_off.body),
        Side::Supplier => (call_off.body, call_off.supplier),
    };
    let member = party(&organisation(&mut *conn, call_off.member).await?);
    let buyer = organisation(&mut *conn, buyer).await?;
    let supplier = organisation(&mut *conn, supplier).await?;
    let requested = requested(&mut *conn, call_off, side).await?;
    let address = electronic_addresses::of_supplier(&mut *conn, call_off.body, supplier.id).await?;
    // What the body has entered for its supplier, else the routing id of a supplier that is a public buyer too.
    let known_address = address
        .map(|it| Endpoint { scheme: it.scheme().code().to_owned(), id: it.id().to_owned() })
        .or_else(|| supplier.leitweg_id.clone().map(routed));
    let details = &call_off.details;
    let leitweg_id =
        references(call_off).leitweg_id.filter(|_| side != Side::Supplier).or_else(|| buyer.leitweg_id.clone());
    let mut lots: Vec<String> =
        facts.contract.items.iter().filter_map(|item| item.lot).map(|lot| facts.contract.lot_name(lot)).collect();
    lots.sort();
    lots.dedup();
    Ok(Printed {
        body: Body { name: body.name.clone(), address: body.address_lines(), contact: vec![body.email] },
        buyer: party(&buyer),
        supplier: party(&supplier),
        contract: ContractReference {
            number: contract.number,
            title: contract.title,
            lots,
            notice: Some(contract.notice_reference),
            notice_date: Some(contract.notice_date),
            procedure: Some(contract.procedure_reference),
        },
        currency: consistent_currency(&contract.currency, call_off)?,
        lines: printed_lines(facts, priced),
        surcharge: printed_surcharge(facts, priced),
        totals: printed_totals(facts, priced),
        terms: (!contract.delivery_terms.is_empty())
            .then(|| Clause { title: "Liefer- und Zahlungsbedingungen".to_owned(), text: contract.delivery_terms })
            .into_iter()
            .collect(),
        pair: pair(conn, call_off, side).await?,
        requested,
        // How the member files the order is not the supplier's business, and the invoice goes to the body.
        references: match side {
            Side::Supplier => References { contact: references(call_off).contact, ..References::default() },
            Side::Direct | Side::InHouse => references(call_off),
        },
        delivery_address: match side {
            Side::Supplier => address_party(&details.delivery_address).or(Some(member)),
            Side::Direct | Side::InHouse => address_party(&details.delivery_address),
        },
        invoice_address: address_party(&details.invoice_address).filter(|_| side != Side::Supplier),
        endpoints: leitweg_id.map(routed).zip(known_address).map(|(buyer, supplier)| Endpoints { buyer, supplier }),
    })
}

impl Printed {
    /// The order, released or as a draft.
    pub(super) fn order(self, app: &App, call_off: &CallOff, stage: Stage) -> OrderData {
        OrderData {
            stage,
            demo: app.demo,
            case_number: call_off.case_number.clone(),
            currency: self.currency,
            body: self.body,
            references: self.references,
            delivery_address: self.delivery_address,
            invoice_address: self.invoice_address,
            pair: self.pair,
            buyer: self.buyer,
            supplier: self.supplier,
            contract: self.contract,
            desired_delivery: call_off.details.desired_on,
            performance: call_off.details.performance,
            lines: self.lines,
            surcharge: self.surcharge,
            totals: self.totals,
            requested: self.requested,
            terms: self.terms,
            base_url: Some(app.base_url.to_string()),
            endpoints: self.endpoints,
        }
    }

    /// The cancellation of an order, or of a part of it.
    pub(super) fn cancellation(
        self,
        app: &App,
        call_off: &CallOff,
        order: EarlierPaper,
        event: CancellationEvent,
        cancelled: Signature,
    ) -> CancellationData {
        CancellationData {
            number: format!("{}-S{}", order.number, event.sequence),
            cancellation_date: berlin_date(cancelled.at),
            cancelled,
            cancels: order,
            complete: event.rest.is_none(),
            reason: event.reason,
            demo: app.demo,
            case_number: call_off.case_number.clone(),
            currency: self.currency,
            body: self.body,
            buyer: self.buyer,
            supplier: self.supplier,
            contract: self.contract,
            references: self.references,
            pair: self.pair,
            lines: self.lines,
            surcharge: self.surcharge,
            totals: self.totals,
            rest: event.rest,
            terms: Vec::new(),
            base_url: Some(app.base_url.to_string()),
        }
    }
}

/// The stage of a released order.
pub(super) fn released(number: &str, releaser: String, at: DateTime<Utc>) -> Stage {
    Stage::Released {
        number: number.to_owned(),
        order_date: berlin_date(at),
        released: Signature { name: releaser, at },
    }
}

/// What a cancellation is, beside its amounts.
pub(super) struct CancellationEvent {
    /// Counts the cancellations of the order, from 1.
    pub sequence: i32,
    /// What is left of the order.
    pub rest: Option<Rest>,
    /// Why.
    pub reason: String,
}

/// The order a cancellation takes back.
pub(super) fn cancelled_order(number: &str, at: DateTime<Utc>, check_code: &str) -> Result<EarlierPaper, ActionError> {
    let check_code: CheckCode = check_code.parse().map_err(|_| {
        ActionError::Storage(StorageError::Inconsistent {
            table: "document",
            column: "check_code",
            row: number.to_owned(),
            what: "no check code".to_owned(),
        })
    })?;
    Ok(EarlierPaper { number: number.to_owned(), day: berlin_date(at), check_code })
}

pub(super) fn printed_lines(facts: &Facts, priced: &PricedCallOff) -> Vec<Line> {
    priced.lines.iter().filter_map(|line| printed_line(facts, line)).collect()
}

pub(super) fn printed_surcharge(facts: &Facts, priced: &PricedCallOff) -> Option<Surcharge> {
    let minimum = facts.contract.min_order.as_ref().filter(|_| !priced.surcharge.is_zero())?;
    let surcharge = minimum.surcharge.as_ref()?;
    Some(Surcharge {
        title: "Mindermengenzuschlag".to_owned(),
        net: surcharge.net,
        vat: vat_class(&vat::of_surcharge(surcharge, facts.contract.vat_of_the_whole()).vat),
    })
}

pub(super) fn printed_totals(facts: &Facts, priced: &PricedCallOff) -> Totals {
    let rows = priced.vat.iter().map(|group| VatRow {
        class: VatClass {
            category: category(&group.category),
            rate: group.rate,
            reason: reason(facts, &group.category),
        },
        base: group.base,
        vat: group.tax,
    });
    Totals { vat_rows: rows.collect(), net: priced.net, vat: priced.vat_total, gross: priced.gross }
}

fn printed_line(facts: &Facts, line: &PricedLine) -> Option<Line> {
    let item = facts.contract.item(&line.article_number)?;
    let unit_price = line.unit_price.as_ref()?;
    let subscription = match (&line.months, facts.request.performance) {
        (Some(months), Some(period)) => Some(Subscription { period, months: months.parse().ok()? }),
        _ => None,
    };
    Some(Line {
        position: u32::try_from(line.position).ok()?,
        article_number: line.article_number.clone(),
        title: item.title.clone(),
        lot: (facts.contract.lots.len() > 1).then(|| item.lot.map(|lot| facts.contract.lot_name(lot))).flatten(),
        quantity: line.quantity,
        unit: item.unit.clone(),
        price_decimals: unit_price.parse::<Decimal>().map_or(2, |price| price.scale().max(2)),
        unit_price: unit_price.parse::<UnitPrice>().ok()?,
        subscription,
        net: line.net?,
        vat: vat_class(line.vat.as_ref()?),
    })
}

fn vat_class(vat: &VatTreatment) -> VatClass {
    VatClass {
        category: category(&vat.category),
        rate: vat.rate,
        reason: (!vat.reason.is_empty()).then(|| vat.reason.clone()),
    }
}

fn category(key: &str) -> VatCategory {
    match key {
        "Z" => VatCategory::Zero,
        "E" => VatCategory::Exempt,
        "AE" => VatCategory::ReverseCharge,
        "O" => VatCategory::OutsideScope,
        _ => VatCategory::Standard,
    }
}

fn reason(facts: &Facts, category: &str) -> Option<String> {
    if let Some(whole) = facts.contract.vat_of_the_whole() {
        return Some(whole.reason.clone());
    }
    facts
        .contract
        .items
        .iter()
        .find(|item| item.vat.category == category && !item.vat.reason.is_empty())
        .map(|item| item.vat.reason.clone())
}

/// Who asked for the order: behind a supplier order stands the release of the in-house order.
async fn requested(conn: &mut PgConnection, call_off: &CallOff, side: Side) -> Result<Signature, ActionError> {
    let released = call_off.releaser.zip(call_off.released_at).filter(|_| side == Side::Supplier);
    let (person, at) = released.unwrap_or((call_off.requester, call_off.submitted_at.unwrap_or(call_off.changed_at)));
    Ok(Signature { name: assignments::person_name(conn, person).await?.unwrap_or_default(), at })
}

/// The other order of the pair.
async fn pair(conn: &mut PgConnection, call_off: &CallOff, side: Side) -> Result<Option<Pair>, ActionError> {
    let other = match side {
        Side::Direct => return Ok(None),
        Side::InHouse => supplier_orders::of_call_off(conn, call_off).await?.map(|order| order.number),
        Side::Supplier => call_off.number.clone(),
    };
    Ok(Some(Pair { side, other }))
}

fn references(call_off: &CallOff) -> References {
    let details = &call_off.details;
    let filled = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    References {
        leitweg_id: filled(&details.leitweg_id),
        cost_centre: filled(&details.cost_centre),
        file_reference: filled(&details.file_reference),
        contact: filled(&details.contact).map(|name| Contact { name, phone: None, email: None }),
    }
}

pub(super) fn party(organisation: &Organisation) -> Party {
    Party { name: organisation.name.clone(), unit: None, address: organisation.address_lines() }
}

/// A Leitweg-ID as the address under which a party receives electronic documents. A mail address is none in Peppol.
fn routed(leitweg_id: String) -> Endpoint {
    Endpoint { scheme: Scheme::LeitwegId.code().to_owned(), id: leitweg_id }
}

/// The first line of a typed address is the name.
fn address_party(text: &str) -> Option<Party> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned);
    let name = lines.next()?;
    Some(Party { name, unit: None, address: lines.collect() })
}

pub(super) async fn organisation(conn: &mut PgConnection, id: OrganisationId) -> Result<Organisation, ActionError> {
    organisations::find(conn, id).await?.ok_or(ActionError::NotFound)
}

fn consistent_currency(code: &str, call_off: &CallOff) -> Result<Currency, StorageError> {
    crate::storage::error::consistent(code.parse(), "framework_contract", "currency", call_off.contract)
}
