//! Stops of a supplier in words: where one may count, where and why it does.

use abruf_domain::ids::ContractId;
use uuid::Uuid;

use crate::actions::stop_supplier::{Place, REASONS};
use crate::actions::{ActionError, FieldError};
use crate::http::pages::written::{day, day_of};
use crate::storage::supplier_stops::{AffectedLot, Stop};

/// Contract and lot as the field names them.
pub(super) fn read_place(typed: &str) -> Result<Place, ActionError> {
    let (contract, lot) = typed.split_once(':').map_or((typed, None), |(contract, lot)| (contract, Some(lot)));
    let read = || {
        let contract = Some(contract).filter(|it| !it.is_empty()).map(str::parse::<Uuid>).transpose().ok()?;
        Some(Place { contract: contract.map(ContractId), lot: lot.map(str::parse).transpose().ok()? })
    };
    let message = "Bitte wählen Sie, wofür die Sperre gilt: alle Verträge, einen Vertrag oder ein Los.";
    read().ok_or_else(|| ActionError::Invalid(vec![FieldError::new("place", message)]))
}

/// All contracts, then each contract of the supplier with its lots.
pub(super) fn places(lots: &[AffectedLot]) -> Vec<(String, String)> {
    let mut places = vec![(String::new(), "alle Verträge".to_owned())];
    for lot in lots {
        let whole = (lot.contract.to_string(), format!("{} {}", lot.contract_number, lot.contract_title));
        if !places.contains(&whole) {
            places.push(whole);
        }
        let name = format!("{}, nur Los {} {}", lot.contract_number, lot.lot_number, lot.lot_title);
        places.push((format!("{}:{}", lot.contract, lot.lot_number), name));
    }
    places
}

/// „alle Verträge“, „RV-1“, „RV-1, Los 2 Schulung“
fn reach_words(stop: &Stop) -> String {
    match (&stop.contract, &stop.lot) {
        (None, _) => "alle Verträge".to_owned(),
        (Some((_, contract)), None) => contract.clone(),
        (Some((_, contract)), Some((number, title))) => format!("{contract}, Los {number} {title}"),
    }
}

/// A stop and its end in a sentence each.
pub(super) fn stop_words(stop: &Stop) -> String {
    let reason = REASONS.iter().find(|(key, _)| *key == stop.reason).map_or("", |(_, word)| word);
    let who = stop.recorded_by.as_deref().unwrap_or("unbekannt");
    let end = match (stop.lifted_from, &stop.lift_document) {
        (Some(from), Some(document)) => format!(" Wieder lieferfähig ab {}, Beleg: {document}.", day(from)),
        _ => String::new(),
    };
    format!(
        "Ab {} für {}: {reason}. Beleg: {}. Eingetragen am {} von {who}.{end}",
        day(stop.stopped_from),
        reach_words(stop),
        stop.document,
        day_of(stop.recorded_at)
    )
}
