//! Stop a supplier from a day on, for all contracts, one of them or one lot, and lift the stop again. From that day the
//! rules let nothing more through to this supplier there; what is open is told to the members it concerns.

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::{canonical_json, sha256};
use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::notation::Language::German;
use abruf_domain::period::berlin_date;
use chrono::{DateTime, NaiveDate, Utc};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ActionError, FieldError, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::open_orders::open_orders;
use crate::storage::supplier_stops::{self, NewStop, Reach, Stop};
use crate::storage::{StorageError, Tx, call_offs, organisations, outbox};

/// Why a supplier is stopped, with the words users read.
pub const REASONS: &[(&str, &str)] = &[
    ("suspended", "vorläufig ausgesetzt"),
    ("insolvent", "insolvent"),
    ("terminated", "gekündigt"),
    ("excluded", "ausgeschlossen"),
];

/// Where a supplier is stopped; by default under all contracts of the body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// One contract alone.
    pub contract: Option<ContractId>,
    /// The number of one lot of it alone.
    pub lot: Option<i32>,
}

/// A stop or its end as entered.
#[derive(Debug, Clone, Copy)]
pub struct Entered<'a> {
    /// First day it counts.
    pub from: NaiveDate,
    /// The document behind it.
    pub document: &'a str,
}

/// Stops a supplier; the day may lie in the past or the future. Every open order and request with it there is told of.
///
/// # Errors
/// [`ActionError::NotFound`] for an organisation that is no supplier of the body, [`ActionError::Invalid`] for a contract
/// or lot of which it is no party, and where a stop of the same reach covers a day of the new one.
pub async fn stop(
    app: &App,
    actor: &Actor,
    supplier: OrganisationId,
    place: Place,
    reason: &str,
    entered: Entered<'_>,
) -> Result<Uuid, ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    known(&mut tx, actor, supplier).await?;
    if !REASONS.iter().any(|(key, _)| *key == reason) {
        let allowed: Vec<&str> = REASONS.iter().map(|(key, _)| *key).collect();
        return Err(wrong(
            "reason",
            format!("„{reason}“ ist kein Grund einer Sperre. Möglich sind: {}.", allowed.join(", ")),
        ));
    }
    let document = entered.document.trim();
    check_text("document", document, 500, "Bitte nennen Sie den Beleg, zum Beispiel Beschluss vom 12.05.2027.")?;
    let reach = reach(&mut tx, actor, supplier, place).await?;
    let new = NewStop {
        id: app.chance.id(now),
        reach,
        stopped_from: entered.from,
        reason,
        document,
        person: actor.person,
        at: now,
    };
    supplier_stops::insert(&mut tx, actor.body, supplier, &new).await.map_err(overlapping)?;
    for order in open_orders(&mut tx, actor.body, supplier, reach, berlin_date(now)).await? {
        if let Some((call_off, _)) = call_offs::find(&mut tx, order.id).await? {
            outbox::push(&mut tx, app.chance.id(now), "tell_supplier_stopped", &call_off, now).await?;
        }
    }
    let (contract, lot) = reach.columns();
    let what = json!({
        "stop": new.id, "supplier": supplier, "contract": contract, "lot": lot, "from": entered.from, "reason": reason,
        "document": document,
    });
    log(app, &mut tx, actor, supplier, "supplier_stopped", what, now).await?;
    tx.commit().await?;
    Ok(new.id)
}

/// Where the stop counts, read from what was named.
async fn reach(tx: &mut Tx, actor: &Actor, supplier: OrganisationId, place: Place) -> Result<Reach, ActionError> {
    let Some(contract) = place.contract else {
        return match place.lot {
            None => Ok(Reach::Body),
            Some(_) => Err(wrong(
                "lot",
                "Ein Los gehört zu einem Vertrag. Bitte nennen Sie auch den Vertrag, oder lassen Sie das Los weg."
                    .to_owned(),
            )),
        };
    };
    let found = supplier_stops::reach(tx, actor.body, supplier, contract, place.lot).await?;
    found.ok_or_else(|| match place.lot {
        None => wrong(
            "contract_id",
            "An diesem Vertrag ist der Lieferant nicht beteiligt. Möglich sind die Verträge, die auf der Seite des Lieferanten stehen.".to_owned(),
        ),
        Some(lot) => wrong(
            "lot",
            format!("An Los {lot} dieses Vertrags ist der Lieferant nicht beteiligt. Möglich sind die Lose, die auf der Seite des Lieferanten stehen."),
        ),
    })
}

/// Lifts a stop: from that day on orders are possible again.
///
/// # Errors
/// [`ActionError::Invalid`] for a day before the stop, [`ActionError::NotNow`] where it is lifted already.
pub async fn lift(
    app: &App,
    actor: &Actor,
    supplier: OrganisationId,
    stop: Uuid,
    entered: Entered<'_>,
) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    known(&mut tx, actor, supplier).await?;
    let stops = supplier_stops::stops(&mut tx, actor.body, supplier).await?;
    let stop: &Stop = stops.iter().find(|it| it.id == stop).ok_or(ActionError::NotFound)?;
    let document = entered.document.trim();
    check_text("lift_document", document, 500, "Bitte nennen Sie den Beleg für das Ende der Sperre.")?;
    if let Some(lifted) = stop.lifted_from {
        return Err(ActionError::NotNow(format!("Diese Sperre endet schon am {}.", German.date(lifted))));
    }
    if entered.from < stop.stopped_from {
        return Err(wrong(
            "lifted_from",
            format!(
                "Die Sperre beginnt am {}, aufgehoben würde sie am {}. Möglich ist der Beginn oder ein späterer Tag.",
                German.date(stop.stopped_from),
                German.date(entered.from)
            ),
        ));
    }
    supplier_stops::lift(&mut tx, stop.id, entered.from, document, actor.person, now).await?;
    let what = json!({ "stop": stop.id, "supplier": supplier, "from": entered.from, "document": document });
    log(app, &mut tx, actor, supplier, "supplier_stop_lifted", what, now).await?;
    Ok(tx.commit().await?)
}

/// Refuses an organisation that is no supplier of the actor's body.
pub(super) async fn known(tx: &mut Tx, actor: &Actor, supplier: OrganisationId) -> Result<(), ActionError> {
    match organisations::is_supplier(tx, actor.body, supplier).await? {
        true => Ok(()),
        false => Err(ActionError::NotFound),
    }
}

fn overlapping(error: StorageError) -> ActionError {
    if error.constraint() == Some("supplier_stop_one_at_a_time") {
        return wrong(
            "stopped_from",
            "An diesem Tag oder danach gilt hier schon eine Sperre. Bitte heben Sie sie zuerst auf.".to_owned(),
        );
    }
    error.into()
}

/// What concerns a supplier under every contract of the body stands in the body's own log.
pub(super) async fn log(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    supplier: OrganisationId,
    action: &str,
    what: Value,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let mut entry = AuditEntry::new(now, Some(actor.person.0), action, "organisation", supplier.0);
    entry.after = Some(HEXLOWER.encode(&sha256(canonical_json(&what).as_bytes())));
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
    let record = Record::with_detail(entry, concerns, app.chance.bytes(), what);
    audit_log::append(tx, actor.body.0, &record).await
}

fn wrong(field: &str, message: String) -> ActionError {
    ActionError::Invalid(vec![FieldError::new(field, message)])
}
