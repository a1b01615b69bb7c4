//! A town that is no member yet and has compared its purchases of two years: the office sees its sums, since it
//! consented.

use crate::actions::ActionError;
use crate::actions::analyse_purchases::{Confirmed, Holder, analyse, upload, waiting};
use crate::actions::import::purchase_columns::Layout;
use crate::actions::invite_newcomer::{NewInvitation, invite, open};
use crate::app::App;
use crate::demo::world::World;

/// Purchases with what such lists look like: old article numbers, words only, something nobody lists.
const PURCHASES: &str = "Artikelnummer;Bezeichnung;Menge;Einheit;Einzelpreis netto;Rechnungsdatum\n\
    MON-24;Monitor 24 Zoll;40;Stück;189,00;14.03.2025\n\
    MON-27;Monitor 27 Zoll;12;Stück;279,00;14.03.2025\n\
    MON-ARM;Monitorarm;20;Stück;72,50;02.04.2025\n\
    NB-14;Notebook 14 Zoll;25;Stück;1.050,00;19.05.2025\n\
    NB-16;Notebook 16 Zoll;6;Stück;1.290,00;19.05.2025\n\
    NB-DOCK;Dockingstation;25;Stück;185,00;19.05.2025\n\
    DRU-A4;Drucker A4 schwarzweiß;8;Stück;329,00;11.09.2025\n\
    TON-SW;Toner schwarz;60;Stück;79,90;11.09.2025\n\
    NET-AP;WLAN-Zugangspunkt;14;Stück;395,00;20.11.2025\n\
    CTX-UNI;Citrix je Nutzer und Monat;600;Nutzer und Monat;14,60;31.12.2025\n\
    ;Streusalz;12;Tonne;96,00;12.01.2026\n\
    ;Bürostuhl mit Armlehnen;30;Stück;310,00;03.02.2026\n";

/// Invites the town and has it upload and confirm.
pub(super) async fn compares(app: &App, world: &World) -> Result<(), ActionError> {
    let new = NewInvitation {
        town: "Stadt Wendelrode".to_owned(),
        kind: "stadt".to_owned(),
        email: "kaemmerei@wendelrode.example".to_owned(),
        days: 60,
        ..NewInvitation::default()
    };
    let made = invite(app, &world.leadership.office, &new, None).await?;
    let token = made.url.as_deref().and_then(|url| url.rsplit('/').next()).unwrap_or_default();
    let invitation = open(app, token).await?.ok_or(ActionError::NotFound)?;
    let holder = Holder::Invited(&invitation);
    upload(app, holder, "einkauf-2025.csv", PURCHASES.as_bytes().to_vec(), true).await?;
    let file = waiting(app, holder).await?.ok_or(ActionError::NotFound)?;
    let confirmed = Confirmed { currency: "EUR".to_owned(), consent: true, replace: false };
    analyse(app, holder, Layout::propose(&file.sheet), &confirmed).await?;
    Ok(())
}
