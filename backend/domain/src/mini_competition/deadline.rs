//! The time for offers: how long it must be, how it is extended, and what comes after its end.

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::Refusal;
use crate::notation::Language::German;
use crate::period::berlin_date;

/// The first day on which the time for offers may end: the day of sending does not count (§ 187 (1) BGB).
#[must_use]
pub fn earliest_deadline(sent_on: NaiveDate, least_days: u32) -> NaiveDate {
    sent_on.checked_add_days(Days::new(least_days.into())).unwrap_or(NaiveDate::MAX)
}

/// Refuses a deadline that leaves the parties less than the contract's calendar days (§ 21 (5) no. 2 VgV).
///
/// # Errors
/// As said.
pub fn check_deadline(sent_at: DateTime<Utc>, deadline_at: DateTime<Utc>, least_days: u32) -> Result<(), Refusal> {
    let earliest = earliest_deadline(berlin_date(sent_at), least_days);
    if earliest <= berlin_date(deadline_at) && sent_at < deadline_at {
        return Ok(());
    }
    Err(Refusal::new(
        "deadline_at",
        format!(
            "Die Frist endet am {}. Versandt wird am {}, der Vertrag verlangt mindestens {least_days} Kalendertage. Bitte wählen Sie ein Ende ab {}.",
            German.instant(deadline_at),
            German.date(berlin_date(sent_at)),
            German.date(earliest)
        ),
    ))
}

/// Refuses to extend a deadline that has passed, and to anything but a later instant: what the parties were told
/// may get easier for all of them, never harder (§ 97 (2) GWB).
///
/// # Errors
/// As said.
pub fn check_extension(deadline_at: DateTime<Utc>, wanted: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Refusal> {
    if deadline_at < now {
        return Err(Refusal::new(
            "deadline_at",
            format!(
                "Die Frist endete am {}, jetzt ist {}. Verlängern lässt sie sich nur, solange sie läuft. Bitte öffnen Sie die Angebote, oder heben Sie den Wettbewerb mit Begründung auf.",
                German.instant(deadline_at),
                German.instant(now)
            ),
        ));
    }
    if wanted <= deadline_at {
        return Err(Refusal::new(
            "deadline_at",
            format!(
                "Die Frist endet am {}, angegeben ist {}. Verkürzen lässt sie sich nicht. Bitte geben Sie ein späteres Ende an.",
                German.instant(deadline_at),
                German.instant(wanted)
            ),
        ));
    }
    Ok(())
}

/// An offer at the deadline is in time; one after it is late and stays closed.
#[must_use]
pub fn is_late(received_at: DateTime<Utc>, deadline_at: DateTime<Utc>) -> bool {
    deadline_at < received_at
}

/// Refuses what a late offer says: only that it arrived is noted, and it stays closed (§ 57 (1) no. 1 VgV, § 42 (1)
/// no. 1 UVgO).
///
/// # Errors
/// As said, for an offer after the deadline that comes with prices or words.
pub fn check_late(received_at: DateTime<Utc>, deadline_at: DateTime<Utc>, says_something: bool) -> Result<(), Refusal> {
    if !is_late(received_at, deadline_at) || !says_something {
        return Ok(());
    }
    Err(Refusal::new(
        "received_at",
        format!(
            "Das Angebot ging am {} ein, die Frist endete am {}. Ein verspätetes Angebot wird nicht geöffnet und nicht gewertet (§ 57 Abs. 1 Nr. 1 VgV, § 42 Abs. 1 Nr. 1 UVgO). Bitte lassen Sie Preise und Angaben leer: Dann wird der Eingang als verspätet vermerkt.",
            German.instant(received_at),
            German.instant(deadline_at)
        ),
    ))
}
