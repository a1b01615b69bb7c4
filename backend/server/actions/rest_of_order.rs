//! What is left of an order after quantities were taken back: from the facts its release rests on, and the
//! one place where volume, savings, lines and document of such a step are written.

use abruf_domain::cancellation::{CancelledQuantity, OffStep, PriceOfRest, Remaining, given_back, off_step, remaining};
use abruf_domain::facts::CheckPoint;
use abruf_domain::ids::ContractId;
use abruf_domain::money::{Net, Volume};
use abruf_domain::notation::Language::German;
use abruf_domain::pricing::PricedCallOff;
use abruf_domain::savings::Savings;
use abruf_domain::supply_chain::{on_the_supplier_side, price_of_the_supplier};
use abruf_domain::volume::demand_at;
use abruf_domain::{Facts, Review};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;

use super::draft_call_off::parse_quantity;
use super::keyed::Keyed;
use super::order_step::status_now;
use super::{ActionError, FieldError, Who, call_off_record, check_text};
use crate::storage::call_offs::{Amounts, CallOff};
use crate::storage::error::StorageError;
use crate::storage::history::{self, Step};
use crate::storage::order_lines::OrderLine;
use crate::storage::partial_cancellations::{self, Kind, PartialCancellation};
use crate::storage::volume::{self, EntryKind, Held, Movement, Numbering};
use crate::storage::{Tx, call_offs, outbox, savings, supplier_orders};

/// A quantity of a line, as entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartInput {
    /// Position of the line in the order.
    pub position: i32,
    /// How much of it, German or plain notation.
    pub quantity: String,
}

/// What was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenBack {
    /// Counts the partial cancellations of the order, from 1.
    pub sequence: i32,
    /// Net value that became free.
    pub freed: Net,
    /// Lines whose rest is no orderable quantity any more; allowed, but to be known.
    pub off_step: Vec<OffStep>,
}

/// What stands of an order.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Lines and amounts.
    pub priced: PricedCallOff,
    /// What the rest saves; as stored at the release where nothing was taken back.
    pub savings: Option<Savings>,
    /// Lines that are no orderable quantity any more.
    pub off_step: Vec<OffStep>,
    /// What was taken back, oldest first.
    pub cancellations: Vec<PartialCancellation>,
}

/// What stands of an order whose release was judged so.
pub async fn standing(
    conn: &mut PgConnection,
    call_off: &CallOff,
    facts: &Facts,
    review: &Review,
) -> Result<Standing, ActionError> {
    let cancellations = partial_cancellations::of_call_off(&mut *conn, call_off).await?;
    if cancellations.is_empty() {
        let (priced, savings) = (review.priced.clone(), review.savings.clone());
        return Ok(Standing { priced, savings, off_step: Vec::new(), cancellations });
    }
    let rule = partial_cancellations::price_of_rest(conn, call_off.contract).await?;
    let rest = rest_after(facts, &review.priced, &merged(&cancellations), rule, call_off.contract)?;
    let off_step = off_step(facts, &rest.priced);
    Ok(Standing { priced: rest.priced, savings: Some(rest.savings), off_step, cancellations })
}

/// The order as it was before any cancellation, or what these left of it.
pub(super) fn priced_after(
    facts: &Facts,
    ordered: &PricedCallOff,
    cancellations: &[PartialCancellation],
    rule: PriceOfRest,
    contract: ContractId,
) -> Result<PricedCallOff, ActionError> {
    if cancellations.is_empty() {
        return Ok(ordered.clone());
    }
    Ok(rest_after(facts, ordered, &merged(cancellations), rule, contract)?.priced)
}

/// Quantities to be taken back from an order, and why.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub kind: Kind,
    pub quantities: &'a [CancelledQuantity],
    pub reason: &'a str,
}

/// Writes that quantities are taken back; all of it but the commit. The guard rows come last.
pub(super) async fn take_back(
    keyed: Keyed<'_>,
    tx: &mut Tx,
    call_off: &CallOff,
    lines: &[OrderLine],
    wanted: Wanted<'_>,
) -> Result<TakenBack, ActionError> {
    let Keyed { app, actor, now, .. } = keyed;
    let (id, contract) = (call_off.id, call_off.contract);
    let (facts, review) =
        history::latest_judgement(tx, contract, id, CheckPoint::Release.key()).await?.ok_or(ActionError::NotFound)?;
    let rule = partial_cancellations::price_of_rest(tx, contract).await?;
    let earlier = partial_cancellations::of_call_off(tx, call_off).await?;
    let before = priced_after(&facts, &review.priced, &earlier, rule, contract)?;
    let all = [merged(&earlier), wanted.quantities.to_vec()].concat();
    let rest = rest_after(&facts, &review.priced, &all, rule, contract)?;
    let back = given_back(&before, &rest.priced);
    check_back(&back)?;

    let cancellation = PartialCancellation {
        id: app.chance.id(now),
        sequence: i32::try_from(earlier.len()).unwrap_or(i32::MAX).saturating_add(1),
        kind: wanted.kind,
        reason: wanted.reason.to_owned(),
        freed: back.net,
        by: actor.person,
        person: String::new(),
        at: now,
        quantities: wanted.quantities.to_vec(),
    };
    partial_cancellations::insert(tx, call_off, &cancellation).await?;
    partial_cancellations::write_rest(tx, call_off, &rest.priced, now).await?;
    supplier_order_rest(keyed, tx, call_off, &facts, &all, rule, &cancellation).await?;
    savings::insert_rest(tx, call_off, &rest.savings, || app.chance.id(now), now).await?;
    // Nothing may be left to wait for.
    let to = status_now(tx, call_off).await?;
    if to != call_off.status {
        call_offs::set_status(tx, id, call_off.status, to, now).await?;
    }
    let words = in_words(lines, &cancellation);
    let (decision, action) = match wanted.kind {
        Kind::Partial => ("partly_cancelled", "call_off_partly_cancelled"),
        Kind::ShortClose => ("short_closed", "call_off_short_closed"),
    };
    let step =
        Step { id: app.chance.id(now), decision, person: Some(actor.person), review: None, reason: &words, at: now };
    history::insert_step(tx, call_off, &step).await?;
    outbox::push_event(tx, app.chance.id(now), "issue_partial_cancellation", cancellation.id, call_off, now).await?;

    // The turn of a rotation stays where it is: the supplier keeps the rest of the award.
    let movements: Vec<Movement> = volume::holdings(tx, contract, id)
        .await?
        .into_iter()
        .map(|held| Movement {
            guard: held.guard,
            scope: held.scope,
            measure: held.measure,
            reserved: Volume::ZERO,
            authorised: demand_at(held.scope, held.measure, &rest.priced) - held.authorised,
        })
        .filter(|movement| !movement.authorised.is_zero())
        .collect();
    let entries: Vec<_> =
        movements.iter().map(|movement| (app.chance.id(now), movement.guard, movement.authorised)).collect();
    volume::write_entries(tx, contract, id, EntryKind::Cancel, &entries, now).await?;
    let answer = TakenBack {
        sequence: cancellation.sequence,
        freed: cancellation.freed,
        off_step: off_step(&facts, &rest.priced),
    };
    keyed.keep(tx, &answer).await?;
    let detail = json!({ "reason": wanted.reason, "quantities": cancellation.quantities });
    let record = call_off_record(app, call_off, action, Who::Person(actor), None, Some(detail), now);
    match volume::hold(tx, contract, &movements, Numbering::None, &record).await? {
        Held::Moved { .. } => Ok(answer),
        Held::Refused => Err(ActionError::Contended),
    }
}

/// Writes what is left of the supplier order; the supplier hears of it by a document of its own if it has the order.
async fn supplier_order_rest(
    keyed: Keyed<'_>,
    tx: &mut Tx,
    call_off: &CallOff,
    facts: &Facts,
    all: &[CancelledQuantity],
    rule: PriceOfRest,
    cancellation: &PartialCancellation,
) -> Result<(), ActionError> {
    let Keyed { app, now, .. } = keyed;
    let Some(order) = supplier_orders::of_call_off(tx, call_off).await? else { return Ok(()) };
    let (facts, ordered) = (on_the_supplier_side(facts), price_of_the_supplier(facts));
    let rest = rest_after(&facts, &ordered, all, rule, call_off.contract)?;
    supplier_orders::write_rest(tx, call_off, &Amounts::from(&rest.priced), now).await?;
    if order.was_approved() {
        let kind = "issue_supplier_partial_cancellation";
        outbox::push_event(tx, app.chance.id(now), kind, cancellation.id, call_off, now).await?;
    }
    Ok(())
}

/// The reason, without the spaces around it.
pub(super) fn read_reason<'a>(reason: &'a str, missing: &str) -> Result<&'a str, ActionError> {
    let reason = reason.trim();
    check_text("reason", reason, 2000, missing)?;
    Ok(reason)
}

/// Quantities as numbers, each within what is open of its line: standing and not delivered.
pub(super) fn read_parts(parts: &[PartInput], lines: &[OrderLine]) -> Result<Vec<CancelledQuantity>, ActionError> {
    let mut errors = Vec::new();
    let mut quantities: Vec<CancelledQuantity> = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let field = format!("lines[{at}].quantity");
        let Some(line) = lines.iter().find(|line| line.position == part.position && !line.quantity.is_zero()) else {
            let message = format!(
                "Eine Position {} hat dieser Abruf nicht oder nicht mehr. Bitte wählen Sie eine Position der Bestellung.",
                part.position
            );
            errors.push(FieldError::new(format!("lines[{at}].position"), message));
            continue;
        };
        match parse_quantity(&part.quantity) {
            Err(message) => errors.push(FieldError::new(field, message)),
            Ok(quantity) if line.open() < quantity => {
                let number = |it: abruf_domain::money::Quantity| German.number(it.decimal().normalize());
                let [open, asked, ordered, delivered] =
                    [line.open(), quantity, line.quantity, line.delivered].map(number);
                let delivered =
                    if line.delivered.is_zero() { String::new() } else { format!(", geliefert sind {delivered}") };
                let message = format!(
                    "Position {}: {asked} ist zu viel. Bestellt sind noch {ordered}{delivered}. Bitte geben Sie höchstens {open} ein.",
                    part.position
                );
                errors.push(FieldError::new(field, message));
            }
            Ok(_) if quantities.iter().any(|it| it.position == part.position) => {
                errors.push(FieldError::new(field, "Diese Position steht doppelt. Bitte nennen Sie sie einmal."));
            }
            Ok(quantity) => quantities.push(CancelledQuantity { position: part.position, quantity }),
        }
    }
    if errors.is_empty() { Ok(quantities) } else { Err(ActionError::Invalid(errors)) }
}

/// The quantities of several cancellations.
fn merged(cancellations: &[PartialCancellation]) -> Vec<CancelledQuantity> {
    cancellations.iter().flat_map(|it| it.quantities.iter().copied()).collect()
}

/// The rest of an order after these quantities, which were within it when they were taken back.
fn rest_after(
    facts: &Facts,
    ordered: &PricedCallOff,
    quantities: &[CancelledQuantity],
    rule: PriceOfRest,
    contract: ContractId,
) -> Result<Remaining, ActionError> {
    let mut sum: Vec<CancelledQuantity> = Vec::new();
    for part in quantities {
        match sum.iter_mut().find(|it| it.position == part.position) {
            Some(it) => it.quantity = it.quantity + part.quantity,
            None => sum.push(*part),
        }
    }
    remaining(facts, ordered, &sum, rule).map_err(|error| {
        ActionError::Storage(StorageError::Inconsistent {
            table: "cancelled_quantity",
            column: "quantity",
            row: contract.to_string(),
            what: error.to_string(),
        })
    })
}

/// A contract that prices the rest anew can make it dearer than the whole: then only all or nothing.
fn check_back(back: &PricedCallOff) -> Result<(), ActionError> {
    let of_lines: Net = back.lines.iter().filter_map(|line| line.net).sum();
    let dearer = back.net.is_negative()
        || !back.surcharge.is_zero()
        || of_lines != back.net
        || back.lines.iter().any(|line| line.net.is_none_or(Net::is_negative));
    if dearer {
        return Err(ActionError::Refused(
            "Dieser Vertrag berechnet den Rest neu, und der Rest würde teurer oder bekäme einen Mindermengenzuschlag. Bitte stornieren Sie den Abruf ganz und rufen Sie neu ab.",
        ));
    }
    Ok(())
}

/// „20 × CTX-UNI: Weniger Plätze“
fn in_words(lines: &[OrderLine], cancellation: &PartialCancellation) -> String {
    let article =
        |position| lines.iter().find(|line| line.position == position).map_or("", |line| line.article_number.as_str());
    let parts: Vec<String> = cancellation
        .quantities
        .iter()
        .map(|it| format!("{} × {}", German.number(it.quantity.decimal().normalize()), article(it.position)))
        .collect();
    format!("{}: {}", parts.join(", "), cancellation.reason)
}
