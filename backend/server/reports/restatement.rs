//! What became of a frozen report: the call-offs it counted, as they stand today. Frozen figures stay; the difference
//! is told.

use std::collections::BTreeMap;

use abruf_domain::call_off::Status;
use abruf_domain::money::Net;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::savings::Group;

/// A call-off as a report counted it; net, in euros. Its canonical JSON is kept with the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The call-off.
    pub id: Uuid,
    /// Its number.
    pub number: String,
    /// Its member.
    pub member: String,
    /// Order value.
    pub volume: Net,
    /// Class A, net.
    pub a_net: Net,
    /// Class B.
    pub b: Net,
    /// Class C.
    pub c: Net,
    /// Class P.
    pub p: Net,
}

impl From<&Group> for Counted {
    fn from(group: &Group) -> Self {
        Self {
            id: group.id,
            number: group.number.clone(),
            member: group.member.clone(),
            volume: group.sums.volume,
            a_net: group.sums.a_net,
            b: group.sums.b_effect,
            c: group.sums.c_effect,
            p: group.sums.p_effect,
        }
    }
}

/// The list a report freezes: groups by call-off, in the order of their ids.
#[must_use]
pub fn counted(call_offs: &[Group]) -> Vec<Counted> {
    let mut list: Vec<Counted> = call_offs.iter().map(Counted::from).collect();
    list.sort_by_key(|it| it.id);
    list
}

/// A call-off that is counted differently today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The call-off.
    pub id: Uuid,
    /// Its number.
    pub number: String,
    /// Its member.
    pub member: String,
    /// Class A as it was frozen.
    pub frozen: Net,
    /// Class A today.
    pub now: Net,
    /// Why, as far as the figures tell.
    pub reason: &'static str,
}

impl Changed {
    /// What changed.
    #[must_use]
    pub fn difference(&self) -> Net {
        self.now - self.frozen
    }
}

/// The way from a frozen class A to that of today: `frozen + changed + added = now`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restated {
    /// Class A as it was frozen.
    pub frozen: Net,
    /// The call-offs that changed, largest difference first.
    pub rows: Vec<Changed>,
    /// Call-offs the report did not have.
    pub added_call_offs: usize,
    /// Their class A.
    pub added: Net,
    /// Class A of the same year today.
    pub now: Net,
}

impl Restated {
    /// Difference of all that changed.
    #[must_use]
    pub fn changed(&self) -> Net {
        self.rows.iter().map(Changed::difference).sum()
    }
}

/// Compares a frozen list with the call-offs of the same year today.
#[must_use]
pub fn compare(frozen: &[Counted], today: &[Group]) -> Restated {
    let mut now: BTreeMap<Uuid, &Group> = today.iter().map(|group| (group.id, group)).collect();
    let mut rows = Vec::new();
    for then in frozen {
        let found = now.remove(&then.id);
        if found.is_some_and(|group| Counted::from(group) == *then) {
            continue;
        }
        rows.push(Changed {
            id: then.id,
            number: then.number.clone(),
            member: then.member.clone(),
            frozen: then.a_net,
            now: found.map_or(Net::ZERO, |group| group.sums.a_net),
            reason: reason(then, found),
        });
    }
    rows.sort_by(|one, other| {
        let size = |it: &Changed| it.difference().decimal().abs();
        size(other).cmp(&size(one)).then_with(|| one.number.cmp(&other.number))
    });
    Restated {
        frozen: frozen.iter().map(|it| it.a_net).sum(),
        rows,
        added_call_offs: now.len(),
        added: now.values().map(|group| group.sums.a_net).sum(),
        now: today.iter().map(|group| group.sums.a_net).sum(),
    }
}

fn reason(then: &Counted, now: Option<&Group>) -> &'static str {
    match now {
        None => "nicht mehr in diesem Jahr gezählt",
        Some(group) if group.status == Status::Cancelled.key() => "storniert",
        Some(group) if group.sums.volume < then.volume => "teilweise storniert",
        Some(group) if group.sums.volume != then.volume => "Auftragswert nachgebucht",
        Some(_) => "Einsparung nachgebucht",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::savings::Sums;

    fn group(id: u128, volume: &str, a_net: &str, status: &str) -> Group {
        let sums = Sums { volume: volume.parse().unwrap(), a_net: a_net.parse().unwrap(), ..Sums::ZERO };
        Group {
            id: Uuid::from_u128(id),
            number: format!("RV-{id}"),
            status: status.to_owned(),
            sums,
            ..Group::nothing()
        }
    }

    #[test]
    fn frozen_and_changed_and_added_lead_to_today() {
        let then = [group(1, "100.00", "10.00", "released"), group(2, "50.00", "5.00", "released")];
        let frozen = counted(&then);
        let now = [
            group(1, "0.00", "0.00", "cancelled"),
            group(2, "50.00", "5.00", "released"),
            group(3, "70.00", "7.00", "released"),
        ];
        let restated = compare(&frozen, &now);
        assert_eq!(restated.rows.len(), 1);
        assert_eq!((restated.rows[0].number.as_str(), restated.rows[0].reason), ("RV-1", "storniert"));
        assert_eq!((restated.changed().to_string(), restated.added_call_offs), ("-10.00".to_owned(), 1));
        assert_eq!(restated.frozen + restated.changed() + restated.added, restated.now);
    }

    #[test]
    fn what_nobody_changed_is_not_restated() {
        let then = [group(1, "100.00", "10.00", "released")];
        let restated = compare(&counted(&then), &then);
        assert!(restated.rows.is_empty() && restated.changed().is_zero() && restated.added.is_zero());
    }

    #[test]
    fn a_call_off_that_vanished_is_told_not_lost() {
        let restated = compare(&counted(&[group(1, "100.00", "10.00", "released")]), &[]);
        assert_eq!(restated.rows[0].difference().to_string(), "-10.00");
        assert_eq!(restated.frozen + restated.changed() + restated.added, restated.now);
    }
}
