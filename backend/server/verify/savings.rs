//! Savings: what is realised against plan, deliveries and invoices; what is audited against the marks.

use abruf_domain::money::Net;
use abruf_domain::notation::Language::German;
use abruf_domain::savings::realised::{Account, Amounts, difference};

use crate::storage::realised_savings::{self, Booked, Books};
use crate::storage::savings_marks::{self, Verdict};
use crate::storage::{StorageError, Tx, call_offs};
use crate::verify::Verification;

pub(super) async fn verify(tx: &mut Tx, found: &mut Verification) -> Result<(), StorageError> {
    for booked in realised_savings::begun(tx).await? {
        let Some((call_off, _)) = call_offs::find(tx, booked.id).await? else { continue };
        let books = realised_savings::books(tx, call_off.contract, call_off.id).await?;
        let target = realised_savings::target(tx, &call_off, call_off.status, &books.planned).await?;
        for (account, wrong) in difference(&target, &books.realised) {
            let what = format!(
                "als realisiert ist falsch gebucht, nach Lieferungen und Rechnungen fehlen {}",
                German.money(first(&wrong).decimal(), &booked.currency)
            );
            found.fails(place(&booked, &account), what);
        }
        let marks = savings_marks::of_call_off(tx, call_off.contract, call_off.id).await?;
        // A mark that a correction has overtaken says nothing any more.
        let overtaken = realised_savings::mark_to_renew(tx, call_off.contract, call_off.id).await?.is_some();
        let last = marks.last().map(|mark| mark.verdict).filter(|_| !overtaken);
        verify_audited(&booked, &books, last, found);
    }
    Ok(())
}

/// Nothing counts as audited without a mark that says so.
fn verify_audited(booked: &Booked, books: &Books, last: Option<Verdict>, found: &mut Verification) {
    if last == Some(Verdict::Checked) {
        return;
    }
    for (account, amounts) in books.audited.iter().filter(|(_, amounts)| !amounts.is_zero()) {
        let amount = German.money(first(amounts).decimal(), &booked.currency);
        found.fails(place(booked, account), format!("als geprüft sind {amount} gebucht, ohne Prüfvermerk"));
    }
}

fn place(booked: &Booked, account: &Account) -> String {
    match account.position {
        Some(position) => format!("Abruf {}, Position {position}, Klasse {}", booked.label, account.class),
        None => format!("Abruf {}, Klasse {}", booked.label, account.class),
    }
}

/// The first amount that is not zero: what there is to say of an account that does not agree.
fn first(amounts: &Amounts) -> Net {
    let all = [amounts.effect, amounts.net, amounts.fee, amounts.surcharge, amounts.baseline];
    all.into_iter().find(|amount| !amount.is_zero()).unwrap_or(Net::ZERO)
}
