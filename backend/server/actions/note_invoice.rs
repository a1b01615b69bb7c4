//! Note an invoice of an order. The rules compare it with order and delivery; one that bills more is
//! recorded all the same, but its payment is blocked until a corrected one replaces it.

use std::collections::BTreeMap;

use abruf_domain::finding::{Finding, Outcome};
use abruf_domain::ids::CallOffId;
use abruf_domain::invoice::{self, InvoiceLine as Judged, StatedGroup};
use abruf_domain::money::{Net, Percent, Quantity, UnitPrice, Vat};
use abruf_domain::notation::Language::German;
use abruf_domain::period::Period;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::draft_call_off::{german_to_plain, parse_quantity};
use super::keyed::Keyed;
use super::order_step::{OrderStep, check_day, progress, status_now, write};
use super::{ActionError, FieldError, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::call_offs::CallOff;
use crate::storage::error::StorageError;
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::invoices::{self, Invoice, InvoiceLine, Payer};
use crate::storage::order_lines::OrderLine;
use crate::storage::order_reviews::{self, OrderReview};
use crate::storage::realised_savings::{self, Source};
use crate::storage::{Tx, call_offs, order_lines};

/// Position that stands for the small-order surcharge.
pub const SURCHARGE: i32 = 0;
/// What an invoice calls the surcharge.
const SURCHARGE_NAME: &str = "Mindermengenzuschlag";

/// An invoice, as entered.
#[derive(Debug, Clone)]
pub struct InvoiceInput {
    /// Number the supplier gave it.
    pub number: String,
    /// Its date.
    pub invoiced_on: NaiveDate,
    /// Its lines.
    pub lines: Vec<InvoiceLineInput>,
    /// Net sums by VAT rate as printed; empty where only the lines are known.
    pub stated: Vec<StatedGroup>,
    /// The earlier invoice it corrects.
    pub replaces: Option<Uuid>,
}

/// A line of an invoice, as entered.
#[derive(Debug, Clone)]
pub struct InvoiceLineInput {
    /// Position of the order; [`SURCHARGE`] for its surcharge.
    pub position: i32,
    /// Quantity, German or plain notation.
    pub quantity: String,
    /// Price per unit, per month for subscriptions.
    pub unit_price: String,
    /// VAT rate; `None`: as ordered.
    pub vat_rate: Option<Percent>,
    /// What it covers of a subscription; `None`: all of it.
    pub performance: Option<Period>,
}

/// An invoice that was noted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceNoted {
    /// Its id.
    pub id: Uuid,
    /// Whether its payment is blocked.
    pub blocked: bool,
    /// Net amount by the order for what may be billed.
    pub expected: Net,
    /// Net amount billed.
    pub invoiced: Net,
    /// Net amount that may be paid.
    pub payable: Net,
    /// What the rules found.
    pub findings: Vec<Finding>,
}

/// Notes an invoice.
///
/// # Errors
/// [`ActionError::Invalid`] if the number is known already, or a line cannot be read.
pub async fn note(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    input: &InvoiceInput,
    key: Option<&IdempotencyKey>,
) -> Result<InvoiceNoted, ActionError> {
    only(actor, &[Role::Buyer, Role::Treasurer])?;
    let number = checked_number(input)?;
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if let Some(answer) = keyed.replay(&mut tx).await? {
        return Ok(answer);
    }
    let Some(released_at) = call_off.released_at.filter(|_| call_off.status.is_ordered()) else {
        return Err(ActionError::WrongState(call_off.status));
    };
    check_day("invoiced_on", input.invoiced_on, released_at, keyed.now, "der Freigabe")?;
    let lines = order_lines::of_call_off(&mut tx, &call_off).await?;
    let (answer, hash) = record(keyed, &mut tx, &call_off, &lines, Payer::Member, input).await?;
    keyed.keep(&mut tx, &answer).await?;
    let to = status_now(&mut tx, &call_off).await?;
    let new_id = || app.chance.id(keyed.now);
    realised_savings::book(&mut tx, &call_off, to, Source::invoice(answer.id), new_id, keyed.now).await?;
    let words = format!("{number}{}", if answer.blocked { ", Zahlung gesperrt" } else { "" });
    let step = OrderStep {
        decision: "invoice_noted",
        action: "call_off_invoice_noted",
        reason: &words,
        after: Some(hash),
        detail: json!({ "number": number, "net": answer.invoiced, "blocked": answer.blocked }),
    };
    write(keyed, &mut tx, &call_off, to, step).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Judges an invoice of `order` against its lines and writes both; returns the hash of what was judged. What follows
/// from it is the caller's.
pub(super) async fn record(
    keyed: Keyed<'_>,
    tx: &mut Tx,
    order: &CallOff,
    lines: &[OrderLine],
    payer: Payer,
    input: &InvoiceInput,
) -> Result<(InvoiceNoted, [u8; 32]), ActionError> {
    let Keyed { app, actor, now, .. } = keyed;
    let number = input.number.trim();
    let read = read(&input.lines, lines, order)?;
    if let Some(replaced) = input.replaces {
        let words = format!("Ersetzt durch Rechnung {number}");
        take_off(tx, order, payer, replaced, &words, keyed).await?;
    }
    let earlier = invoices::paid_by(tx, order, payer).await?;
    let facts = facts(order, lines, &earlier, &read, &input.stated);
    let findings = invoice::judge(&facts);
    let blocked = findings.iter().any(|finding| finding.outcome == Outcome::Block);
    let review = OrderReview {
        id: app.chance.id(now),
        check_point: "invoice",
        blocked,
        facts: &facts,
        findings: &findings,
        by: Some(actor.person),
        at: now,
    };
    let hash = order_reviews::insert(tx, order, &review).await?;
    let payable: Net = facts.lines.iter().map(Judged::payable_net).sum();
    let new = Invoice {
        id: app.chance.id(now),
        payer,
        number: number.to_owned(),
        invoiced_on: input.invoiced_on,
        net: facts.invoiced_net(),
        vat: vat(&read),
        payable,
        review: review.id,
        findings: Vec::new(),
        blocked,
        replaces: input.replaces,
        cancelled: None,
        by: actor.person,
        person: String::new(),
        at: now,
        lines: read,
    };
    invoices::insert(tx, order, &new).await.map_err(|error| taken(error, number))?;
    let expected = facts.expected_net();
    Ok((InvoiceNoted { id: new.id, blocked, expected, invoiced: new.net, payable, findings }, hash))
}

/// Notes that an invoice counts no more, with a reason: it was sent back.
pub async fn cancel(app: &App, actor: &Actor, id: CallOffId, invoice: Uuid, reason: &str) -> Result<(), ActionError> {
    only(actor, &[Role::Buyer, Role::Treasurer])?;
    let reason = checked_reason(reason)?;
    let keyed = Keyed { app, actor, key: None, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if !call_off.status.is_ordered() {
        return Err(ActionError::WrongState(call_off.status));
    }
    take_off(&mut tx, &call_off, Payer::Member, invoice, reason, keyed).await?;
    let to = status_now(&mut tx, &call_off).await?;
    let (source, new_id) = (Source::invoice_cancelled(invoice), || app.chance.id(keyed.now));
    realised_savings::book(&mut tx, &call_off, to, source, new_id, keyed.now).await?;
    let step = OrderStep {
        decision: "invoice_cancelled",
        action: "call_off_invoice_cancelled",
        reason,
        after: None,
        detail: json!({ "invoice": invoice, "reason": reason }),
    };
    write(keyed, &mut tx, &call_off, to, step).await?;
    Ok(tx.commit().await?)
}

pub(super) fn checked_number(input: &InvoiceInput) -> Result<&str, ActionError> {
    let number = input.number.trim();
    check_text("number", number, 100, "Bitte geben Sie die Rechnungsnummer ein (höchstens 100 Zeichen).")?;
    Ok(number)
}

pub(super) fn checked_reason(reason: &str) -> Result<&str, ActionError> {
    let missing = "Bitte schreiben Sie, warum die Rechnung nicht gilt (höchstens 2.000 Zeichen).";
    check_text("reason", reason.trim(), 2000, missing)?;
    Ok(reason.trim())
}

pub(super) async fn take_off(
    tx: &mut Tx,
    call_off: &CallOff,
    payer: Payer,
    invoice: Uuid,
    reason: &str,
    keyed: Keyed<'_>,
) -> Result<(), ActionError> {
    let known = invoices::paid_by(tx, call_off, payer).await?;
    let known = known.iter().find(|it| it.id == invoice).ok_or(ActionError::NotFound)?;
    if known.cancelled.is_some() {
        return Err(ActionError::NotNow(format!(
            "Die Rechnung {} gilt schon nicht mehr. Bitte laden Sie die Seite neu.",
            known.number
        )));
    }
    Ok(invoices::insert_cancellation(tx, call_off, invoice, reason, keyed.actor.person, keyed.now).await?)
}

fn taken(error: StorageError, number: &str) -> ActionError {
    if matches!(error.constraint(), Some("invoice_number_once" | "supplier_invoice_number_once")) {
        let message = format!(
            "Die Rechnung {number} dieses Lieferanten ist schon erfasst. Eine berichtigte Rechnung braucht eine eigene Nummer."
        );
        return ActionError::Invalid(vec![FieldError::new("number", message)]);
    }
    error.into()
}

/// The lines as numbers, with what the invoice leaves out as ordered.
fn read(typed: &[InvoiceLineInput], lines: &[OrderLine], call_off: &CallOff) -> Result<Vec<InvoiceLine>, ActionError> {
    let mut errors = Vec::new();
    let mut read: Vec<InvoiceLine> = Vec::new();
    let surcharge = call_off.amounts.map(|amounts| amounts.surcharge).filter(|surcharge| !surcharge.is_zero());
    for (at, line) in typed.iter().enumerate() {
        let wrong = |field: &str, message: String| FieldError::new(format!("lines[{at}].{field}"), message);
        let ordered = lines.iter().find(|ordered| ordered.position == line.position);
        if ordered.is_none() && (line.position != SURCHARGE || surcharge.is_none()) {
            let message = format!(
                "Eine Position {} hat dieser Abruf nicht. Bitte fordern Sie eine Rechnung ohne sie an.",
                line.position
            );
            errors.push(wrong("position", message));
            continue;
        }
        if read.iter().any(|known| known.position == line.position) {
            errors.push(wrong("position", "Diese Position steht doppelt. Bitte fassen Sie sie zusammen.".to_owned()));
            continue;
        }
        let shown: String = line.unit_price.trim().chars().take(20).collect();
        let price = german_to_plain(line.unit_price.trim())
            .and_then(|plain| plain.parse::<UnitPrice>().ok())
            .filter(|price| !price.is_negative());
        let price = price.ok_or_else(|| {
            format!("„{shown}“ ist kein Preis. Bitte geben Sie einen Betrag ein, zum Beispiel 1180,00.")
        });
        let ordered_period = call_off.details.performance.filter(|_| ordered.is_some_and(|ordered| ordered.monthly));
        let performance = match (line.performance, ordered_period) {
            (Some(part), Some(whole)) if part.from() < whole.from() || whole.to() < part.to() => {
                let message = format!(
                    "Berechnet ist {} bis {}, bestellt ist {} bis {}. Bitte prüfen Sie den Zeitraum.",
                    German.date(part.from()),
                    German.date(part.to()),
                    German.date(whole.from()),
                    German.date(whole.to())
                );
                errors.push(wrong("performance", message));
                continue;
            }
            (part, whole) => part.filter(|_| whole.is_some()).or(whole),
        };
        match (parse_quantity(&line.quantity), price) {
            (Ok(quantity), Ok(unit_price)) => {
                let vat_rate = line.vat_rate.or(ordered.and_then(|ordered| ordered.vat_rate)).unwrap_or(Percent::ZERO);
                let Some(net) = Net::of_sane_line(unit_price, quantity, performance.map(Period::months)) else {
                    errors.push(wrong(
                        "quantity",
                        "Der Betrag ist zu groß. Bitte prüfen Sie Menge und Preis.".to_owned(),
                    ));
                    continue;
                };
                read.push(InvoiceLine { position: line.position, quantity, unit_price, net, vat_rate, performance });
            }
            (quantity, price) => {
                errors.extend(quantity.err().map(|message| wrong("quantity", message)));
                errors.extend(price.err().map(|message| wrong("unit_price", message)));
            }
        }
    }
    if errors.is_empty() && read.is_empty() {
        errors.push(FieldError::new(
            "lines",
            "Bitte geben Sie bei mindestens einer Position Menge und Preis der Rechnung ein.",
        ));
    }
    if errors.is_empty() { Ok(read) } else { Err(ActionError::Invalid(errors)) }
}

/// The invoice beside order, deliveries and what was billed before.
fn facts(
    call_off: &CallOff,
    lines: &[OrderLine],
    earlier: &[Invoice],
    read: &[InvoiceLine],
    stated: &[StatedGroup],
) -> invoice::Invoice {
    let progress = progress(call_off, lines, earlier);
    // Who notes no delivery at all bills against the order alone.
    let delivers = lines.iter().any(|line| !line.delivered.is_zero());
    let one: Quantity = Quantity::ONE;
    let judged = read.iter().map(|billed| {
        let at = lines.iter().position(|line| line.position == billed.position);
        let (article, price, ordered, delivered) = match at {
            Some(at) => (
                lines[at].article_number.clone(),
                lines[at].unit_price,
                progress[at].unbilled(billed.performance),
                (delivers && (!lines[at].monthly || !lines[at].delivered.is_zero()))
                    .then(|| progress[at].delivered_unbilled(billed.performance)),
            ),
            None => {
                let billed_before = earlier
                    .iter()
                    .filter(|invoice| invoice.counts())
                    .any(|invoice| invoice.lines.iter().any(|line| line.position == SURCHARGE));
                let surcharge = call_off.amounts.map_or(Net::ZERO, |amounts| amounts.surcharge);
                let left = if billed_before { Quantity::ZERO } else { one };
                (SURCHARGE_NAME.to_owned(), UnitPrice::from(surcharge), left, None)
            }
        };
        Judged {
            article_number: article,
            vat_rate: billed.vat_rate,
            order_unit_price: price,
            invoice_unit_price: billed.unit_price,
            ordered,
            delivered,
            invoiced: billed.quantity,
            performance: billed.performance,
        }
    });
    invoice::Invoice {
        order: call_off.number.clone().unwrap_or_default(),
        lines: judged.collect(),
        stated: stated.to_vec(),
    }
}

/// VAT on the lines, rounded once per rate.
fn vat(lines: &[InvoiceLine]) -> Vat {
    let mut groups: BTreeMap<Percent, Net> = BTreeMap::new();
    for line in lines {
        *groups.entry(line.vat_rate).or_insert(Net::ZERO) += line.net;
    }
    groups.into_iter().map(|(rate, base)| base.vat(rate)).sum()
}
