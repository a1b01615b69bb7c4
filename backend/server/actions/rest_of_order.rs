//! What is left of an order after quantities were taken back: from the facts its release rests on, and the
//! one place where volume, savings, lines and document of such a step are written.

use abruf_domain::cancellation::{
    CancelledQuantity, Cut, OffStep, PriceOfRest, Remaining, given_back, is_priced_anew, off_step, remaining_after,
};
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
use super::restate_savings::as_corrected;
use super::{ActionError, FieldError, Who, call_off_record, check_text};
use crate::storage::call_offs::{Amounts, CallOff};
use crate::storage::error::StorageError;
use crate::storage::history::{self, Step};
use crate::storage::order_lines::OrderLine;
use crate::storage::partial_cancellations::{self, Kind, PartialCancellation};
use crate::storage::realised_savings::{self, Source};
use crate::storage::volume::{self, EntryKind, Held, Movement, Numbering};
use crate::storage::{Tx, call_offs, outbox, savings, supplier_orders};

/// Field that names what a rest costs more.
pub const INCREASE: &str = "accepted_increase_net";

/// A quantity of a line, as entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartInput {
    /// Position of the line in the order.
    pub position: i32,
    /// How much of it, German or plain notation.
    pub quantity: String,
}

/// What is to be taken back from an order, as entered.
#[derive(Debug, Clone, Copy)]
pub struct PartsInput<'a> {
    /// How much of which line.
    pub parts: &'a [PartInput],
    /// Why; printed for the supplier.
    pub reason: &'a str,
    /// By how much, net, the rest may cost more than before; the person has seen this amount.
    pub accepted_increase: Option<Net>,
}

impl<'a> PartsInput<'a> {
    /// Nothing dearer is accepted.
    #[must_use]
    pub const fn new(parts: &'a [PartInput], reason: &'a str) -> Self {
        Self { parts, reason, accepted_increase: None }
    }
}

/// What was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenBack {
    /// Counts the partial cancellations of the order, from 1.
    pub sequence: i32,
    /// Net value that became free; negative where a rest priced anew costs more than before.
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
    let rest = rest_after(facts, &review.priced, &cancellations, rule, call_off.contract)?;
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
    Ok(rest_after(facts, ordered, cancellations, rule, contract)?.priced)
}

/// What a partial cancellation did to an order.
pub(super) struct Taken {
    /// The order value before, net, where the rest has other prices.
    pub priced_anew_from: Option<Net>,
    /// What was taken back, at the prices before.
    pub back: PricedCallOff,
    /// What stands.
    pub rest: PricedCallOff,
}

/// What the last of these cancellations did.
pub(super) fn taken_by_the_last(
    facts: &Facts,
    ordered: &PricedCallOff,
    cancellations: &[PartialCancellation],
    rule: PriceOfRest,
    contract: ContractId,
) -> Result<Taken, ActionError> {
    let earlier = cancellations.split_last().map_or(&[][..], |(_, earlier)| earlier);
    let before = priced_after(facts, ordered, earlier, rule, contract)?;
    let mut kept = cuts(cancellations, rule);
    if let Some(last) = kept.last_mut() {
        last.rule = PriceOfRest::PriceAsOrdered;
    }
    let at_these_prices = after_cuts(facts, ordered, &kept, contract)?.priced;
    let rest = priced_after(facts, ordered, cancellations, rule, contract)?;
    let priced_anew_from = is_priced_anew(&before, &rest).then_some(before.net);
    Ok(Taken { priced_anew_from, back: given_back(&before, &at_these_prices), rest })
}

/// Quantities to be taken back from an order, and why.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub kind: Kind,
    pub quantities: &'a [CancelledQuantity],
    pub reason: &'a str,
    /// By how much the rest may cost more than before.
    pub accepted_increase: Option<Net>,
}

/// What an order would be after quantities are taken back.
struct Outlook {
    facts: Facts,
    earlier: Vec<PartialCancellation>,
    rule: PriceOfRest,
    before: PricedCallOff,
    rest: Remaining,
}

async fn outlook(
    conn: &mut PgConnection,
    call_off: &CallOff,
    kind: Kind,
    quantities: &[CancelledQuantity],
) -> Result<Outlook, ActionError> {
    let contract = call_off.contract;
    let (facts, review) = history::latest_judgement(conn, contract, call_off.id, CheckPoint::Release.key())
        .await?
        .ok_or(ActionError::NotFound)?;
    // What the rest saves is measured against what counts of its baselines by now.
    let facts = as_corrected(conn, contract, facts).await?;
    let rule = partial_cancellations::price_of_rest(conn, contract).await?;
    let earlier = partial_cancellations::of_call_off(conn, call_off).await?;
    let before = priced_after(&facts, &review.priced, &earlier, rule, contract)?;
    let mut all = cuts(&earlier, rule);
    all.push(Cut { quantities, rule: kind.price_of_rest(rule) });
    let rest = after_cuts(&facts, &review.priced, &all, contract)?;
    Ok(Outlook { facts, earlier, rule, before, rest })
}

/// By how much the order would cost more, net, if these quantities were cancelled; `None` if it would not.
pub(super) async fn increase(
    conn: &mut PgConnection,
    call_off: &CallOff,
    quantities: &[CancelledQuantity],
) -> Result<Option<Net>, ActionError> {
    let outlook = outlook(conn, call_off, Kind::Partial, quantities).await?;
    let increase = outlook.rest.priced.net - outlook.before.net;
    Ok((Net::ZERO < increase).then_some(increase))
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
    let Outlook { facts, earlier, rule, before, rest } = outlook(tx, call_off, wanted.kind, wanted.quantities).await?;
    let currency = facts.contract.currency.as_str();
    check_increase(&before, &rest.priced, wanted.accepted_increase, currency)?;
    let cancellation = PartialCancellation {
        id: app.chance.id(now),
        sequence: i32::try_from(earlier.len()).unwrap_or(i32::MAX).saturating_add(1),
        kind: wanted.kind,
        reason: wanted.reason.to_owned(),
        freed: before.net - rest.priced.net,
        priced_anew: is_priced_anew(&before, &rest.priced),
        by: actor.person,
        person: String::new(),
        at: now,
        quantities: wanted.quantities.to_vec(),
    };

    partial_cancellations::insert(tx, call_off, &cancellation).await?;
    partial_cancellations::write_rest(tx, call_off, &rest.priced, now).await?;
    let cancellations = [earlier, vec![cancellation.clone()]].concat();
    supplier_order_rest(keyed, tx, call_off, &facts, &cancellations, rule).await?;
    savings::insert_rest(tx, call_off, &rest.savings, || app.chance.id(now), now).await?;
    // Nothing may be left to wait for.
    let to = status_now(tx, call_off).await?;
    if to != call_off.status {
        call_offs::set_status(tx, id, call_off.status, to, now).await?;
    }
    // What was realised is part of another whole now.
    let source = Source::rest(cancellation.id);
    realised_savings::book(tx, call_off, to, source, || app.chance.id(now), now).await?;
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
    let (dearer, freed): (Vec<_>, Vec<_>) = movements
        .iter()
        .map(|movement| (app.chance.id(now), movement.guard, movement.authorised))
        .partition(|(_, _, amount)| Volume::ZERO < *amount);
    volume::write_entries(tx, contract, id, EntryKind::Cancel, &freed, now).await?;
    volume::write_entries(tx, contract, id, EntryKind::Reprice, &dearer, now).await?;
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
        Held::Refused if dearer.is_empty() => Err(ActionError::Contended),
        Held::Refused => Err(no_room(&before, &rest.priced, currency)),
    }
}

/// Writes what is left of the supplier order; the supplier hears of it by a document of its own if it has the order.
async fn supplier_order_rest(
    keyed: Keyed<'_>,
    tx: &mut Tx,
    call_off: &CallOff,
    facts: &Facts,
    cancellations: &[PartialCancellation],
    rule: PriceOfRest,
) -> Result<(), ActionError> {
    let Keyed { app, now, .. } = keyed;
    let Some(order) = supplier_orders::of_call_off(tx, call_off).await? else { return Ok(()) };
    let (facts, ordered) = (on_the_supplier_side(facts), price_of_the_supplier(facts));
    let rest = rest_after(&facts, &ordered, cancellations, rule, call_off.contract)?;
    supplier_orders::write_rest(tx, call_off, &Amounts::from(&rest.priced), now).await?;
    if let Some(cancellation) = cancellations.last().filter(|_| order.was_approved()) {
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

/// The rest of an order after these cancellations, whose quantities were within it when they were taken back.
fn rest_after(
    facts: &Facts,
    ordered: &PricedCallOff,
    cancellations: &[PartialCancellation],
    rule: PriceOfRest,
    contract: ContractId,
) -> Result<Remaining, ActionError> {
    after_cuts(facts, ordered, &cuts(cancellations, rule), contract)
}

fn cuts(cancellations: &[PartialCancellation], rule: PriceOfRest) -> Vec<Cut<'_>> {
    cancellations.iter().map(|it| Cut { quantities: &it.quantities, rule: it.kind.price_of_rest(rule) }).collect()
}

fn after_cuts(
    facts: &Facts,
    ordered: &PricedCallOff,
    cuts: &[Cut<'_>],
    contract: ContractId,
) -> Result<Remaining, ActionError> {
    remaining_after(facts, ordered, cuts).map_err(|error| {
        ActionError::Storage(StorageError::Inconsistent {
            table: "cancelled_quantity",
            column: "quantity",
            row: contract.to_string(),
            what: error.to_string(),
        })
    })
}

/// A contract that prices the rest anew can make it dearer than the whole was: nobody shall learn this from the bill.
fn check_increase(
    before: &PricedCallOff,
    rest: &PricedCallOff,
    accepted: Option<Net>,
    currency: &str,
) -> Result<(), ActionError> {
    let increase = rest.net - before.net;
    if increase <= Net::ZERO || accepted == Some(increase) {
        return Ok(());
    }
    let [increase, was, is] = [increase, before.net, rest.net].map(|net| German.money(net.decimal(), currency));
    Err(ActionError::Invalid(vec![FieldError::new(
        INCREASE,
        format!(
            "Dieser Vertrag berechnet den Rest neu. Danach kostet der Abruf {increase} mehr als bisher, nämlich {is} statt {was} netto. Bitte bestätigen Sie den Mehrbetrag, oder stornieren Sie den Abruf ganz."
        ),
    )]))
}

/// What a rest costs more must find room under every ceiling, as every order.
fn no_room(before: &PricedCallOff, rest: &PricedCallOff, currency: &str) -> ActionError {
    let increase = German.money((rest.net - before.net).decimal(), currency);
    ActionError::Invalid(vec![FieldError::new(
        INCREASE,
        format!(
            "Der Rest kostet {increase} netto mehr als bisher. So viel ist unter dem Höchstwert, einer Grenze der Position oder Ihrem Kontingent nicht mehr frei. Bitte stornieren Sie eine andere Menge oder den Abruf ganz."
        ),
    )])
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
