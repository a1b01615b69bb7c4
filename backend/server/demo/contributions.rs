//! What the members paid for their membership, year by year, by resolution of the general assembly.

use abruf_domain::money::Net;
use abruf_domain::period::berlin_date;
use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::calendar::{at, working_day_from};
use super::world::World;
use crate::storage::StorageError;
use crate::storage::membership_contributions::{self, Contribution};

/// What every member pays in a year, in whole euros.
const BASE: i64 = 300;
/// What it pays for each inhabitant, in cents.
const CENTS_PER_INHABITANT: i64 = 3;

/// Enters the contributions of all years of the history. Draws nothing by chance: what follows stays as it is.
pub(super) async fn enter(conn: &mut PgConnection, world: &World) -> Result<(), StorageError> {
    let (first, ends) = (world.calendar.starts_on().year(), berlin_date(world.calendar.ends()));
    for year in first..=ends.year() {
        let Some(resolved) = NaiveDate::from_ymd_opt(year, 2, 15).map(working_day_from) else { continue };
        if ends <= resolved {
            continue;
        }
        for member in world.members.iter().filter(|member| member.membership.contains(resolved)) {
            let of_inhabitants = Decimal::new(CENTS_PER_INHABITANT, 2) * Decimal::from(member.row.inhabitants);
            let contribution = Contribution {
                id: Uuid::from_u128(member.id.0.as_u128() ^ u128::from(year.unsigned_abs())),
                year,
                net: Net::rounded(Decimal::from(BASE) + of_inhabitants),
                dated_on: resolved,
                document: format!("Beitragsbescheid {year}"),
                reverses: None,
                reversed: false,
            };
            let office = world.leadership.office.person;
            membership_contributions::insert(conn, world.body, member.id, &contribution, office, at(resolved, 10, 0))
                .await?;
        }
    }
    Ok(())
}
