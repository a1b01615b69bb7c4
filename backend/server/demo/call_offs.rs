//! The plan of a contract's call-offs: who orders what on which day, and what becomes of it.
//!
//! A plan is made without the database. The program then carries it out through its own actions, and
//! what it allows or declines is its own judgement.

use abruf_domain::money::Net;
use abruf_domain::period::berlin_date;
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};

use super::calendar::{in_office_hours, is_working_day};
use super::contracts::{Basket, Demand, Design, Entitled, Shopper, Slip};
use super::dice::Dice;
use super::members::{self, FORMER};
use super::words;
use super::world::{Member, World};

/// Members that are on every list of names, so that their stories work on any seed.
const ALWAYS_LISTED: &[&str] = &[members::HOME, members::NEIGHBOUR, members::LARGE, members::DISTRICT, FORMER];

/// What becomes of a call-off. What would happen after the anchor day does not happen: hence those
/// that wait today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Submitted, released, delivered, invoiced, closed.
    Ordered,
    /// As [`Fate::Ordered`], after the approver has asked back once.
    AskedFirst,
    /// As [`Fate::Ordered`], after a first submission was declined.
    Corrected(Slip),
    /// As [`Fate::Ordered`], but released on this day, whatever changes until then.
    ReleasedOn(NaiveDate),
    /// The approver says no.
    Refused,
    /// The requester takes it back.
    Withdrawn,
    /// Nobody releases it in time.
    Expired,
    /// Cancelled after release.
    Cancelled,
    /// The submission is declined and the draft left as it is.
    Declined(Slip),
    /// Never submitted.
    Draft,
    /// Waits for release.
    Waiting,
    /// Back with the requester.
    Returned,
    /// The requester tries to release it and may not; it waits for the second person.
    OwnRelease,
    /// A draft whose suppliers still think: its mini-competition runs.
    Competing,
    /// As [`Fate::Ordered`], after a mini-competition was awarded.
    Competed,
    /// Released; the body has not decided on its supplier order yet.
    LeftToBody,
    /// Released too late: something changed, and nobody cares until it expires.
    LeftAfterChange(NaiveDate),
}

impl Fate {
    /// Whether it counts against the ceiling in the end.
    pub(super) const fn counts(self) -> bool {
        matches!(
            self,
            Self::Ordered
                | Self::AskedFirst
                | Self::Corrected(_)
                | Self::ReleasedOn(_)
                | Self::Waiting
                | Self::Returned
                | Self::OwnRelease
                | Self::LeftToBody
                | Self::Competed
        )
    }
}

/// A planned call-off.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    /// When its draft is made.
    pub at: DateTime<Utc>,
    /// Index of the member.
    pub member: usize,
    /// Which of its buyers, counted on past the last.
    pub buyer: usize,
    pub basket: Basket,
    pub cost_centre: String,
    pub file_reference: String,
    pub fate: Fate,
}

impl Planned {
    /// On this day, with the usual incidentals.
    pub(super) fn new(dice: &Dice, day: NaiveDate, member: usize, basket: Basket, fate: Fate) -> Self {
        Self {
            at: in_office_hours(day, dice.roll(480)),
            member,
            buyer: 0,
            basket,
            cost_centre: words::cost_centre(dice),
            file_reference: words::file_reference(dice, day),
            fate,
        }
    }

    /// Net order value on the day of the draft.
    pub(super) fn net(&self, design: &Design) -> Net {
        design.net(&self.basket, berlin_date(self.at))
    }
}

/// Whether each member of the world is on the contract's list, or in its category.
pub(super) fn entitled(design: &Design, world: &World, dice: &Dice) -> Vec<bool> {
    let suppliers: Vec<_> = design.lots.iter().map(|lot| lot.supplier).collect();
    world
        .members
        .iter()
        .map(|member| match design.entitled {
            Entitled::Named(percent) => {
                // Drawn for everybody, so that the list of one contract does not depend on dates.
                let drawn = dice.percent(percent) || is_always_listed(member);
                drawn && member.membership.contains(design.notice_date) && !is_listed_late(design, member)
            }
            Entitled::Category { kinds, .. } => {
                kinds.contains(&member.row.kind) && !suppliers.contains(&member.row.key)
            }
        })
        .collect()
}

fn is_always_listed(member: &Member) -> bool {
    ALWAYS_LISTED.contains(&member.row.key) || members::OVER_QUOTA.contains(&member.row.key)
}

/// The two old members that came onto the Citrix list after the notice.
pub(super) fn is_listed_late(design: &Design, member: &Member) -> bool {
    design.key == super::contracts::CITRIX
        && [members::LISTED_LATE, members::LISTED_BY_MODIFICATION].contains(&member.row.key)
}

/// `count` ordinary call-offs, in the order of time.
pub(super) fn ordinary(
    design: &Design,
    demand: Demand,
    world: &World,
    entitled: &[bool],
    dice: &Dice,
    count: usize,
) -> Vec<Planned> {
    let days = weighted_days(demand.from, demand.until);
    let mut plan: Vec<Planned> = (0..count)
        .filter_map(|_| {
            let day = dice.weighted(&days)?;
            let member = shopper(world, entitled, dice, day)?;
            let desks = world.members[member].row.desks;
            let basket = (demand.basket)(dice, Shopper { desks, day });
            let fate = fate(dice, demand, world, day);
            let mut planned = Planned::new(dice, day, member, basket, fate);
            planned.buyer = usize::try_from(dice.roll(6)).unwrap_or(0) / 4;
            Some(planned)
        })
        .collect();
    plan.sort_by_key(|planned| planned.at);
    debug_assert!(plan.iter().all(|planned| design.net(&planned.basket, berlin_date(planned.at)) != Net::ZERO));
    plan
}

/// Working days by season: little under the provisional budget in January, a pause in July, much in
/// October and November, when money must be spent; and a little more each year.
fn weighted_days(from: NaiveDate, until: NaiveDate) -> Vec<(u64, NaiveDate)> {
    const SEASON: [u64; 12] = [55, 75, 95, 90, 90, 95, 60, 65, 100, 115, 130, 80];
    let length = u64::try_from(until.signed_duration_since(from).num_days()).unwrap_or(1).max(1);
    from.iter_days()
        .take_while(|day| *day <= until)
        .filter(|day| is_working_day(*day))
        .map(|day| {
            let passed = u64::try_from(day.signed_duration_since(from).num_days()).unwrap_or(0);
            let season = SEASON[usize::try_from(day.month0()).unwrap_or(0)];
            (season * (70 + 60 * passed / length), day)
        })
        .collect()
}

/// Somebody who may order on this day, large houses more often.
fn shopper(world: &World, entitled: &[bool], dice: &Dice, day: NaiveDate) -> Option<usize> {
    let candidates: Vec<(u64, usize)> = world
        .members
        .iter()
        .enumerate()
        .filter(|(index, member)| entitled[*index] && member.membership.contains(day))
        .map(|(index, member)| (6 + member.row.desks.min(240) / 8, index))
        .collect();
    dice.weighted(&candidates)
}

fn fate(dice: &Dice, demand: Demand, world: &World, day: NaiveDate) -> Fate {
    let chosen = dice.weighted(&[
        (805, Fate::Ordered),
        (35, Fate::AskedFirst),
        (30, Fate::Corrected(Slip::None)),
        (32, Fate::Refused),
        (20, Fate::Withdrawn),
        (18, Fate::Expired),
        (27, Fate::Cancelled),
        (18, Fate::Declined(Slip::None)),
        (15, Fate::Draft),
    ]);
    // What takes weeks does not begin shortly before a contract is filled up or the history ends.
    let settled = day + Days::new(35) < demand.until.max(world.calendar.day(-60));
    match chosen.unwrap_or(Fate::Ordered) {
        Fate::Corrected(_) => Fate::Corrected(*dice.pick(demand.slips)),
        Fate::Declined(_) => Fate::Declined(*dice.pick(demand.slips)),
        Fate::Expired | Fate::Cancelled if !settled => Fate::Ordered,
        fate => fate,
    }
}
