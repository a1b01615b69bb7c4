//! Keep the price indexes of one's body: a published value is recorded by one person and released by a
//! second one; from its day of publication on prices with an index clause follow it, never before.

use abruf_domain::audit::AuditEntry;
use abruf_domain::ids::IndexSeriesId;
use abruf_domain::notation::Language::German;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{ActionError, FieldError, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::price_indexes::{self, NewValue, Value};
use crate::storage::{StorageError, Tx};

/// Enters an index of the body.
///
/// # Errors
/// [`ActionError::Invalid`] without name or source, or if there is one of this name.
pub async fn create(app: &App, actor: &Actor, name: &str, source: &str) -> Result<IndexSeriesId, ActionError> {
    only(actor, &[Role::Office])?;
    let (name, source) = (name.trim(), source.trim());
    let missing = "Bitte geben Sie den Namen mit Basisjahr ein, zum Beispiel Erzeugerpreisindex Papier (2021 = 100).";
    check_text("name", name, 200, missing)?;
    check_text("source", source, 400, "Bitte geben Sie an, wer den Index wo veröffentlicht.")?;
    let now = app.clock.now();
    let id = IndexSeriesId(app.chance.id(now));
    let mut tx = app.db.begin(actor).await?;
    if !price_indexes::insert(&mut tx, id, actor.body, name, source).await? {
        return Err(wrong(
            "name",
            format!("Einen Index „{name}“ gibt es schon. Bitte wählen Sie ihn in der Liste aus."),
        ));
    }
    log(app, &mut tx, actor, id, "price_index_created", json!({ "name": name, "source": source })).await?;
    tx.commit().await?;
    Ok(id)
}

/// Records a published value. It waits for a second person.
///
/// # Errors
/// [`ActionError::Invalid`] if it is not published yet, or the month has one.
pub async fn record(app: &App, actor: &Actor, series: IndexSeriesId, new: &NewValue) -> Result<Uuid, ActionError> {
    only(actor, &[Role::Office])?;
    let (now, today) = (app.clock.now(), app.clock.today());
    let mut tx = app.db.begin(actor).await?;
    if !price_indexes::list(&mut tx).await?.iter().any(|known| known.id == series) {
        return Err(ActionError::NotFound);
    }
    if today < new.published_on {
        return Err(wrong(
            "published_on",
            format!(
                "Veröffentlicht am {} liegt in der Zukunft (price-version-approved). Ein Indexwert gilt erst ab seiner \
                 Veröffentlichung. Bitte erfassen Sie ihn an diesem Tag oder danach.",
                German.date(new.published_on)
            ),
        ));
    }
    if new.published_on < new.month {
        return Err(wrong(
            "published_on",
            format!(
                "Der Wert soll für den Monat ab {} gelten, wurde aber schon am {} veröffentlicht. Bitte prüfen Sie beide Daten.",
                German.date(new.month),
                German.date(new.published_on)
            ),
        ));
    }
    if new.points.decimal() <= Decimal::ZERO {
        return Err(wrong("points", "Ein Indexwert ist größer als 0, zum Beispiel 118,9.".to_owned()));
    }
    let id = app.chance.id(now);
    if !price_indexes::insert_value(&mut tx, id, series, new, actor.person, now).await? {
        let kind = if new.provisional { "vorläufigen" } else { "endgültigen" };
        return Err(wrong(
            "month",
            format!(
                "Für diesen Monat gibt es schon einen {kind} Wert (price-version-approved). Nehmen Sie ihn zurück, solange er nicht freigegeben ist."
            ),
        ));
    }
    let detail = json!({ "value": id, "month": new.month, "published_on": new.published_on, "points": new.points,
                         "provisional": new.provisional });
    log(app, &mut tx, actor, series, "index_value_recorded", detail).await?;
    tx.commit().await?;
    Ok(id)
}

/// Releases a value that waits; the second person.
///
/// # Errors
/// [`ActionError::NotNow`] for whoever recorded it, and if its day has a released value already.
pub async fn release(app: &App, actor: &Actor, series: IndexSeriesId, id: Uuid) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let waiting = find_waiting(&mut tx, series, id).await?;
    if waiting.recorded_by == actor.person {
        return Err(ActionError::NotNow(
            "Sie haben diesen Wert selbst erfasst. Freigeben muss ihn eine zweite Person der Geschäftsstelle \
             (price-version-approved)."
                .to_owned(),
        ));
    }
    match price_indexes::release(&mut tx, series, id, actor.person, now).await {
        Err(error) if error.constraint() == Some("index_value_once") => {
            return Err(ActionError::NotNow(format!(
                "Am {} wurde schon ein anderer endgültiger Wert veröffentlicht und freigegeben (price-version-approved). \
                 Bitte prüfen Sie den Tag der Veröffentlichung und nehmen Sie diesen Wert zurück.",
                German.date(waiting.published_on)
            )));
        }
        released => {
            released?;
        }
    }
    log(app, &mut tx, actor, series, "index_value_released", json!({ "value": id })).await?;
    Ok(tx.commit().await?)
}

/// Takes a value back that waits; any person of the office.
pub async fn take_back(app: &App, actor: &Actor, series: IndexSeriesId, id: Uuid) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let mut tx = app.db.begin(actor).await?;
    find_waiting(&mut tx, series, id).await?;
    price_indexes::remove(&mut tx, series, id).await?;
    log(app, &mut tx, actor, series, "index_value_taken_back", json!({ "value": id })).await?;
    Ok(tx.commit().await?)
}

async fn find_waiting(tx: &mut Tx, series: IndexSeriesId, id: Uuid) -> Result<Value, ActionError> {
    let value = price_indexes::values(tx, series).await?.into_iter().find(|value| value.id == id);
    let value = value.ok_or(ActionError::NotFound)?;
    if value.released_at.is_some() {
        return Err(ActionError::NotNow(
            "Dieser Wert ist schon freigegeben. Freigegebene Werte bleiben, wie sie sind.".to_owned(),
        ));
    }
    Ok(value)
}

fn wrong(field: &str, message: String) -> ActionError {
    ActionError::Invalid(vec![FieldError::new(field, message)])
}

async fn log(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    series: IndexSeriesId,
    action: &str,
    detail: Json,
) -> Result<(), StorageError> {
    let mut entry = AuditEntry::new(app.clock.now(), Some(actor.person.0), action, "index_series", series.0);
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
    let record = Record::with_detail(entry, concerns, app.chance.bytes(), detail);
    audit_log::append(tx, actor.body.0, &record).await
}
