//! Keys of programs: a person makes one for one of their assignments, with less than they may do themselves and an end;
//! they or the house revoke it. The key is shown once. It holds 256 random bits, so that a fast hash of it is enough.

use abruf_domain::ids::{AssignmentId, PersonId};
use abruf_domain::period::berlin_date;
use chrono::{DateTime, Months, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Europe::Berlin;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::actions::account_log::{self, Event, Happened};
use crate::actions::{ActionError, FieldError};
use crate::actor::{Actor, RunsAs};
use crate::api_scope::Scope;
use crate::app::App;
use crate::storage::api_keys::{self, NewKey};
use crate::storage::sessions::Session;
use crate::storage::sign_in_events::Origin;
use crate::storage::{StorageError, Tx, people};

/// What every key begins with, so that it is recognised where it should not lie.
pub const BEGINS: &str = "abruf_";
/// Length of a key: its beginning, twelve characters to know it by, a line, 256 bits.
pub const LENGTH: usize = BEGINS.len() + 12 + 1 + 64;
/// More living keys of one person are a mistake of some program.
const MOST: i64 = 20;

/// What somebody wants a key for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Made by whoever asks: the same form sent twice makes one key.
    pub id: Uuid,
    /// What for.
    pub name: String,
    /// For which of one's assignments.
    pub assignment: Option<Uuid>,
    /// What it may do, as [`Scope::key`] writes it.
    pub scopes: Vec<String>,
    /// Its last day.
    pub until: Option<NaiveDate>,
}

/// A key that was made. Its text is shown once and stored nowhere.
#[derive(Clone)]
pub struct Made {
    /// Which.
    pub id: Uuid,
    /// What the program sends as `Authorization: Bearer …`.
    pub key: String,
    /// The part that is shown again.
    pub prefix: String,
    /// End.
    pub expires_at: DateTime<Utc>,
}

/// Without the key: whoever has it gets in.
impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Made").field("id", &self.id).field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// Makes a key; none where the same request was answered before.
pub async fn make(
    app: &App,
    session: &Session,
    wanted: &Wanted,
    (origin, request): (&Origin, Uuid),
) -> Result<Option<Made>, ActionError> {
    let now = app.clock.now();
    let person = session.person;
    let (mut scopes, expires_at) = checked(wanted, app.clock.today())?;
    scopes.sort_unstable();
    scopes.dedup();
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let assignment = AssignmentId(wanted.assignment.unwrap_or_default());
    if people::acting(&mut tx, person, assignment, (now, app.clock.today())).await?.is_none() {
        return Err(wrong("assignment", "Bitte wählen Sie eine Ihrer Aufgaben von heute."));
    }
    if MOST <= api_keys::count_living(&mut tx, person, now).await? {
        return Err(wrong(
            "name",
            "Sie haben schon 20 Schlüssel, die gelten. Bitte widerrufen Sie einen, bevor Sie einen neuen anlegen.",
        ));
    }
    let prefix = HEXLOWER.encode(&app.chance.bytes::<6>());
    let key = format!("{BEGINS}{prefix}_{}", HEXLOWER.encode(&app.chance.bytes::<32>()));
    let new = NewKey {
        id: wanted.id,
        person,
        assignment,
        name: wanted.name.trim(),
        prefix: &prefix,
        sha256: digest(&key),
        scopes: &scopes,
        created_at: now,
        expires_at,
    };
    if !api_keys::insert(&mut tx, &new).await? {
        return Ok(None);
    }
    let made = Happened::new(Event::ApiKeyMade, Some(person), origin, request).within(wanted.id);
    account_log::append(&mut tx, app, made, now).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(Some(Made { id: wanted.id, key, prefix, expires_at }))
}

/// Revokes one's own key; the next request with it is refused.
pub async fn revoke_own(
    app: &App,
    session: &Session,
    id: Uuid,
    (origin, request): (&Origin, Uuid),
) -> Result<(), ActionError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let own = session.person;
    api_keys::revoke(&mut tx, id, Some(own), own, now).await?.ok_or(ActionError::NotFound)?;
    let revoked = Happened::new(Event::ApiKeyRevoked, Some(own), origin, request).within(id);
    account_log::append(&mut tx, app, revoked, now).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// Revokes every key of a person that opens something, as part of what ends everything else that acts in their name. `by`
/// is who does it, if not they themselves.
pub(super) async fn revoke_all(
    tx: &mut Tx,
    app: &App,
    person: PersonId,
    by: Option<PersonId>,
    (origin, request): (&Origin, Uuid),
) -> Result<(), StorageError> {
    let now = app.clock.now();
    for id in api_keys::revoke_all(tx, person, by.unwrap_or(person), now).await? {
        let revoked = Happened::new(Event::ApiKeyRevoked, Some(person), origin, request).within(id);
        account_log::append(tx, app, Happened { by, ..revoked }, now).await?;
    }
    Ok(())
}

/// Revokes a key of anybody in the house.
pub async fn revoke_of_house(
    app: &App,
    actor: &Actor,
    id: Uuid,
    (origin, request): (&Origin, Uuid),
) -> Result<(), ActionError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let person: PersonId =
        api_keys::revoke(&mut tx, id, None, actor.person, now).await?.ok_or(ActionError::NotFound)?;
    let revoked = Happened::new(Event::ApiKeyRevoked, Some(person), origin, request).within(id).by(actor.person);
    account_log::append(&mut tx, app, revoked, now).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// What is stored of a key.
#[must_use]
pub fn digest(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

fn wrong(field: &str, message: &str) -> ActionError {
    ActionError::Invalid(vec![FieldError::new(field, message)])
}

/// The scopes and the end, if all that was typed is right.
fn checked(wanted: &Wanted, today: NaiveDate) -> Result<(Vec<String>, DateTime<Utc>), ActionError> {
    let mut errors = Vec::new();
    let length = wanted.name.trim().chars().count();
    if !(3..=80).contains(&length) {
        let message = format!(
            "Die Bezeichnung hat {length} Zeichen. Bitte schreiben Sie 3 bis 80, z. B. „Export für die Finanzsoftware“."
        );
        errors.push(FieldError::new("name", message));
    }
    if let Some(unknown) = wanted.scopes.iter().find(|it| Scope::from_key(it).is_none()) {
        let known = Scope::ALL.map(Scope::key).join(", ");
        let shown: String = unknown.chars().take(40).collect();
        errors.push(FieldError::new(
            "scopes",
            format!("„{shown}“ ist kein Recht eines Schlüssels. Möglich sind: {known}."),
        ));
    } else if wanted.scopes.is_empty() {
        errors.push(FieldError::new(
            "scopes",
            "Bitte wählen Sie mindestens ein Recht. Ein Schlüssel ohne Recht öffnet nichts.",
        ));
    }
    let last = today.checked_add_months(Months::new(12)).unwrap_or(today);
    let until = match wanted.until {
        None => {
            errors.push(FieldError::new(
                "until",
                "Bitte nennen Sie den letzten Tag. Ein Schlüssel gilt höchstens ein Jahr.",
            ));
            None
        }
        Some(day) if day < today || last < day => {
            let message = format!(
                "Der letzte Tag ist der {}. Erlaubt ist heute bis {}. Danach legen Sie einen neuen Schlüssel an.",
                day.format("%d.%m.%Y"),
                last.format("%d.%m.%Y")
            );
            errors.push(FieldError::new("until", message));
            None
        }
        Some(day) => end_of(day),
    };
    match until {
        Some(until) if errors.is_empty() => Ok((wanted.scopes.clone(), until)),
        _ => Err(ActionError::Invalid(errors)),
    }
}

/// The first instant after a day in Berlin.
fn end_of(day: NaiveDate) -> Option<DateTime<Utc>> {
    let midnight = day.succ_opt()?.and_time(NaiveTime::MIN);
    Berlin.from_local_datetime(&midnight).earliest().map(|it| it.with_timezone(&Utc))
}

/// The last day of a key that ends at this instant.
#[must_use]
pub fn last_day(expires_at: DateTime<Utc>) -> NaiveDate {
    berlin_date(expires_at - chrono::TimeDelta::seconds(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn wanted(name: &str, scopes: &[&str], until: Option<&str>) -> Wanted {
        let scopes = scopes.iter().map(|it| (*it).to_owned()).collect();
        Wanted { id: Uuid::nil(), name: name.to_owned(), assignment: None, scopes, until: until.map(day) }
    }

    #[test]
    fn a_key_ends_with_its_last_day_in_berlin_and_within_a_year() {
        let today = day("2026-11-22");
        let of = |until: &str| checked(&wanted("Export", &["reports:read"], Some(until)), today);
        let (_, end) = of("2027-11-22").unwrap();
        assert_eq!((end.to_rfc3339(), last_day(end)), ("2027-11-22T23:00:00+00:00".to_owned(), day("2027-11-22")));
        assert_eq!(of("2026-11-22").unwrap().1.to_rfc3339(), "2026-11-22T23:00:00+00:00");
        assert!(of("2026-11-21").is_err() && of("2027-11-23").is_err());
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let Err(ActionError::Invalid(errors)) = checked(&wanted("x", &["admin"], None), day("2026-11-22")) else {
            panic!("refused")
        };
        assert_eq!(errors.iter().map(|it| it.field.as_str()).collect::<Vec<_>>(), ["name", "scopes", "until"]);
        assert!(errors[1].message.contains("contracts:read"));
    }
}
