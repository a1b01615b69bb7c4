//! Sums and numbers: guard rows against the ledger, orders against their lines, volume, savings and
//! documents, numbers against their counter.

use std::collections::BTreeSet;

use abruf_domain::call_off::{Status, call_off_number};
use abruf_domain::notation::Language::German;
use abruf_domain::supplier_order::State;
use abruf_domain::supply_chain::{Side, number_of_supplier_order};
use rust_decimal::Decimal;

use crate::storage::supplier_orders::{self, PairSums};
use crate::storage::verification::{self, GuardSums, LineSums, Numbers, Worth};
use crate::storage::{StorageError, Tx};
use crate::verify::{Verification, savings};

pub(super) async fn verify(
    tx: &mut Tx,
    found: &mut Verification,
    report: &mut impl FnMut(usize, usize),
) -> Result<(), StorageError> {
    let guards = verification::guards(tx).await?;
    for guard in &guards {
        verify_guard(guard, found);
    }
    found.guards = guards.len();
    report(1, 3);
    for worth in verification::worths(tx).await? {
        verify_worth(&worth, found);
        found.orders += usize::from(worth.numbered);
    }
    for line in verification::order_lines(tx).await? {
        verify_line(&line, found);
    }
    report(2, 3);
    for numbers in verification::numbers(tx).await? {
        verify_numbers(&numbers, found);
    }
    for pair in supplier_orders::pairs(tx).await? {
        verify_pair(&pair, found);
    }
    savings::verify(tx, found).await?;
    report(3, 3);
    Ok(())
}

fn verify_guard(guard: &GuardSums, found: &mut Verification) {
    let amount = |amount: Decimal| match &*guard.measure {
        "value" => German.money(amount, &guard.currency),
        _ => German.number(amount.normalize()),
    };
    let place = || {
        let scope = match &*guard.scope {
            "lot" => "Los",
            "item" => "Position",
            "member" => "Kontingent",
            _ => "gesamt",
        };
        let measure = if guard.measure == "value" { "Höchstwert" } else { "Höchstmenge" };
        let subject = guard.subject.as_ref().map_or_else(String::new, |subject| format!(" {subject}"));
        format!("Vertrag {}, {measure} {scope}{subject}", guard.contract)
    };
    for ((account, stored), ledger) in
        ["freigegeben", "erfasst", "reserviert"].into_iter().zip(guard.stored).zip(guard.ledger)
    {
        if stored != ledger {
            found.fails(
                place(),
                format!("{account} sind {}, das Volumenbuch ergibt {}", amount(stored), amount(ledger)),
            );
        }
    }
    let used: Decimal = guard.stored.iter().sum();
    if let Some(limit) = guard.limit
        && guard.hard
        && !guard.breached
        && limit < used
    {
        found.fails(
            place(),
            format!("{} sind verbraucht oder reserviert, erlaubt sind {}", amount(used), amount(limit)),
        );
    }
}

fn verify_worth(worth: &Worth, found: &mut Verification) {
    let place = || format!("Abruf {}", worth.label);
    let money = |amount| German.money(amount, &worth.currency);
    let net = worth.net.unwrap_or_default();
    let waits = worth.status.holds_reservation();
    let stands = worth.status.is_ordered();
    if (stands || worth.status == Status::Cancelled || worth.status == Status::Submitted) && worth.lines != net {
        found
            .fails(place(), format!("der Nettowert ist {}, die Positionen ergeben {}", money(net), money(worth.lines)));
    }
    if let Some((vat, gross)) = worth.vat_and_gross
        && net + vat != gross
    {
        found.fails(place(), format!("netto {} und Steuer {} ergeben nicht {}", money(net), money(vat), money(gross)));
    }
    let due = [if waits { net } else { Decimal::ZERO }, if stands { net } else { Decimal::ZERO }];
    for ((account, due), held) in ["reserviert", "freigegeben"].into_iter().zip(due).zip(worth.held) {
        if due != held {
            found
                .fails(place(), format!("im Volumenbuch sind {} {account}, richtig wären {}", money(held), money(due)));
        }
    }
    let saved = if stands { net } else { Decimal::ZERO };
    if worth.savings != saved {
        found.fails(
            place(),
            format!("die Einsparungsrechnung sieht {}, richtig wären {}", money(worth.savings), money(saved)),
        );
    }
    verify_documents(worth, found);
}

/// What was ordered stands, or was taken back by an entry; nothing is delivered that does not stand.
fn verify_line(line: &LineSums, found: &mut Verification) {
    let place = || format!("Abruf {}, Position {}", line.label, line.position);
    let number = |amount: Decimal| German.number(amount.normalize());
    if line.cancelled != line.entries {
        let [cancelled, entries] = [line.cancelled, line.entries].map(number);
        found.fails(place(), format!("storniert sind {cancelled}, die Teilstornierungen ergeben {entries}"));
    }
    if line.quantity + line.cancelled != line.ordered {
        let [sum, ordered] = [line.quantity + line.cancelled, line.ordered].map(number);
        found.fails(place(), format!("offen und storniert sind zusammen {sum}, freigegeben waren {ordered}"));
    }
    if line.quantity < line.delivered {
        let [delivered, quantity] = [line.delivered, line.quantity].map(number);
        found.fails(place(), format!("geliefert sind {delivered}, bestellt nur {quantity}"));
    }
}

fn verify_documents(worth: &Worth, found: &mut Verification) {
    let cancelled = worth.status == Status::Cancelled;
    for (due, kind, work, german) in [
        (worth.numbered, "order", "issue_order", "Bestellschein"),
        (worth.memo_due, "memo", "issue_memo", "Abrufvermerk"),
        (cancelled, "cancellation", "issue_cancellation", "Stornierung"),
    ] {
        let made = worth.documents.iter().any(|document| document == kind);
        if worth.work.iter().any(|open| open == work) {
            found.documents_to_come += 1;
        } else if due && !made {
            found.fails(format!("Abruf {}", worth.label), format!("das Dokument „{german}“ fehlt"));
        }
    }
    let count = |kinds: &[String], kind| kinds.iter().filter(|it| *it == kind).count();
    for (due, kind, work, german) in [
        (worth.partial_cancellations, "partial_cancellation", "issue_partial_cancellation", "Teilstornierungen"),
        (worth.delivery_changes, "delivery_change", "issue_delivery_change", "angenommene Liefertermine"),
    ] {
        let (made, to_come) = (count(&worth.documents, kind), count(&worth.work, work));
        found.documents_to_come += to_come;
        if usize::try_from(due).unwrap_or_default() != made + to_come {
            let place = format!("Abruf {}", worth.label);
            found.fails(place, format!("es gibt {due} {german}, aber {made} Dokumente dazu"));
        }
    }
}

/// Both orders of a pair carry one number and one net value, and end together; the supplier got what it was told.
fn verify_pair(pair: &PairSums, found: &mut Verification) {
    let place = || format!("Abruf {}", pair.in_house);
    let Some((number, state, net, approved)) = &pair.of_supplier else {
        return found.fails(place(), "der Lieferantenauftrag dazu fehlt");
    };
    if number_of_supplier_order(&pair.in_house).as_ref() != Some(number) {
        found.fails(place(), format!("der Lieferantenauftrag dazu trägt die fremde Nummer {number}"));
    }
    if pair.net != Some(*net) {
        let money = |amount| German.money(amount, &pair.currency);
        let in_house = money(pair.net.unwrap_or_default());
        found.fails(place(), format!("der Nettowert ist {in_house}, der des Lieferantenauftrags {}", money(*net)));
    }
    let over = matches!(state, State::Refused | State::Cancelled);
    if over != (pair.status == Status::Cancelled) {
        let german = (pair.status.german(), state.german());
        found.fails(place(), format!("er ist {}, der Lieferantenauftrag {}", german.0, german.1));
    }
    let cancelled = *approved && *state == State::Cancelled;
    let changes = if *approved { usize::try_from(pair.delivery_changes).unwrap_or_default() } else { 0 };
    let parts = if *approved { usize::try_from(pair.parts).unwrap_or_default() } else { 0 };
    for (due, kind, work, german) in [
        (usize::from(*approved), "supplier_order", "issue_supplier_order", "Lieferantenauftrag"),
        (usize::from(cancelled), "supplier_cancellation", "issue_supplier_cancellation", "Stornierung"),
        (parts, "supplier_partial_cancellation", "issue_supplier_partial_cancellation", "Teilstornierung"),
        (changes, "supplier_delivery_change", "issue_supplier_delivery_change", "Terminänderung"),
    ] {
        let count = |kinds: &[String], kind| kinds.iter().filter(|it| *it == kind).count();
        let (made, to_come) = (count(&pair.documents, kind), count(&pair.work, work));
        found.documents_to_come += to_come;
        if due != made + to_come {
            let what = format!("zum Lieferantenauftrag gehören {due} Dokumente „{german}“, es gibt {}", made + to_come);
            found.fails(place(), what);
        }
    }
}

fn verify_numbers(numbers: &Numbers, found: &mut Verification) {
    let side = if numbers.through_body { Side::InHouse } else { Side::Direct };
    let due: BTreeSet<String> =
        (1..=numbers.last).map(|running| call_off_number(&numbers.contract, running, side)).collect();
    let given: BTreeSet<String> = numbers.given.iter().cloned().collect();
    let place = || format!("Nummern des Vertrags {}", numbers.contract);
    for missing in due.difference(&given) {
        found.fails(place(), format!("{missing} wurde vergeben, aber kein Abruf trägt sie"));
    }
    for foreign in given.difference(&due) {
        found.fails(place(), format!("{foreign} wurde nie vergeben, aber ein Abruf trägt sie"));
    }
    if given.len() < numbers.given.len() {
        found.fails(place(), "eine Nummer steht doppelt");
    }
}
