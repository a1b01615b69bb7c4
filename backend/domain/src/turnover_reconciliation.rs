//! What a supplier reports of its turnover beside what our ledger knows: by the number of the order where the
//! report gives one, else by member and month.
//!
//! Every reported line and every known amount ends in exactly one place of the comparison, so the sums above it
//! are those of the list below, and what both differ by is the sum of the differences.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::ids::OrganisationId;
use crate::money::Volume;

/// A line of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// Line of the file.
    pub row: u32,
    /// Number of the order, if it gives one.
    pub order: Option<String>,
    /// The member, if it is one of ours.
    pub member: Option<OrganisationId>,
    /// First day of the month.
    pub month: NaiveDate,
    /// Net amount, negative for a credit.
    pub amount: Volume,
}

/// An amount of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Number of the order; none for recorded turnover.
    pub order: Option<String>,
    /// The member.
    pub member: OrganisationId,
    /// First day of the month.
    pub month: NaiveDate,
    /// Net amount.
    pub amount: Volume,
    /// Whether the month is one of the report: outside of it an amount is only looked up by its order number.
    pub in_period: bool,
}

/// How both sides agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// They differ by less than a cent.
    Matched,
    /// Both know it, with another amount.
    AmountDiffers,
    /// We know it, the report does not.
    MissingAtSupplier,
    /// The report knows it, we do not.
    MissingWithUs,
    /// The line names nobody of ours.
    NotAssignable,
}

impl Outcome {
    /// All of them, in the order of lists.
    pub const ALL: [Self; 5] =
        [Self::AmountDiffers, Self::MissingAtSupplier, Self::MissingWithUs, Self::NotAssignable, Self::Matched];

    /// The word of database and programs.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::AmountDiffers => "amount_differs",
            Self::MissingAtSupplier => "missing_at_supplier",
            Self::MissingWithUs => "missing_with_us",
            Self::NotAssignable => "not_assignable",
        }
    }

    /// The outcome whose [`key`](Self::key) this is.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.key() == key)
    }

    /// In German.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::Matched => "stimmt überein",
            Self::AmountDiffers => "Betrag weicht ab",
            Self::MissingAtSupplier => "fehlt beim Lieferanten",
            Self::MissingWithUs => "fehlt bei uns",
            Self::NotAssignable => "nicht zuzuordnen",
        }
    }
}

/// A place of the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// How both sides agree.
    pub outcome: Outcome,
    /// Number of the order that decided.
    pub order: Option<String>,
    /// The member, if it is one of ours.
    pub member: Option<OrganisationId>,
    /// The month; none where an order number decided.
    pub month: Option<NaiveDate>,
    /// What the report says.
    pub reported: Volume,
    /// What the ledger says.
    pub known: Volume,
    /// Lines of the file.
    pub rows: Vec<u32>,
}

/// Both sides of one key while they are collected.
#[derive(Debug, Clone, Default)]
struct Sides {
    member: Option<OrganisationId>,
    reported: Option<Volume>,
    known: Option<Volume>,
    in_period: bool,
    rows: Vec<u32>,
}

impl Sides {
    fn report(&mut self, line: &Reported) {
        self.member = self.member.or(line.member);
        self.reported = Some(self.reported.unwrap_or(Volume::ZERO) + line.amount);
        self.rows.push(line.row);
    }

    fn know(&mut self, it: &Known) {
        self.member = Some(it.member);
        self.known = Some(self.known.unwrap_or(Volume::ZERO) + it.amount);
        self.in_period |= it.in_period;
    }

    /// What came of it; nothing where nobody reports and nothing was due.
    fn compared(self, order: Option<String>, month: Option<NaiveDate>) -> Option<Compared> {
        let outcome = match (self.reported, self.known) {
            (None, None) => return None,
            (None, Some(known)) if !self.in_period || known == Volume::ZERO => return None,
            (None, Some(_)) => Outcome::MissingAtSupplier,
            (Some(reported), known) if same(reported, known.unwrap_or(Volume::ZERO)) => Outcome::Matched,
            (Some(_), None) => Outcome::MissingWithUs,
            (Some(_), Some(_)) => Outcome::AmountDiffers,
        };
        Some(Compared {
            outcome,
            order,
            member: self.member,
            month,
            reported: self.reported.unwrap_or(Volume::ZERO),
            known: self.known.unwrap_or(Volume::ZERO),
            rows: self.rows,
        })
    }
}

/// Less than a cent apart: one side has rounded its lines, the other its sum.
fn same(reported: Volume, known: Volume) -> bool {
    let cent = Volume::from(crate::money::Net::CENT);
    let difference = reported - known;
    difference < cent && -cent < difference
}

/// What is compared of an order number: capitals, spaces and the side of a pair (-A, -B) do not matter.
#[must_use]
pub fn order_key(number: &str) -> String {
    let plain: String = number.chars().filter(|it| !it.is_whitespace()).flat_map(char::to_uppercase).collect();
    plain.strip_suffix("-A").or_else(|| plain.strip_suffix("-B")).unwrap_or(&plain).to_owned()
}

/// Compares both sides: differences first, by kind, then what agrees.
#[must_use]
pub fn reconcile(reported: &[Reported], known: &[Known]) -> Vec<Compared> {
    let mut orders: BTreeMap<String, (String, Sides)> = BTreeMap::new();
    let mut months: BTreeMap<(OrganisationId, NaiveDate), Sides> = BTreeMap::new();
    let mut found = Vec::new();
    for line in reported {
        match (&line.order, line.member) {
            (Some(order), _) => {
                orders.entry(order_key(order)).or_insert_with(|| (order.clone(), Sides::default())).1.report(line);
            }
            (None, Some(member)) => months.entry((member, line.month)).or_default().report(line),
            (None, None) => found.push(Compared {
                outcome: Outcome::NotAssignable,
                order: None,
                member: None,
                month: Some(line.month),
                reported: line.amount,
                known: Volume::ZERO,
                rows: vec![line.row],
            }),
        }
    }
    let mut unnamed: BTreeMap<(OrganisationId, NaiveDate), Vec<&Known>> = BTreeMap::new();
    for it in known {
        match it.order.as_deref().and_then(|order| orders.get_mut(&order_key(order))) {
            Some((number, sides)) => {
                if let Some(ours) = &it.order {
                    number.clone_from(ours);
                }
                sides.know(it);
            }
            None if it.in_period => unnamed.entry((it.member, it.month)).or_default().push(it),
            None => {}
        }
    }
    for (key, amounts) in unnamed {
        match months.get_mut(&key) {
            Some(sides) => amounts.into_iter().for_each(|it| sides.know(it)),
            // Nobody reports the month of this member: each order that is missing stands for itself.
            None => amounts.into_iter().for_each(|it| {
                let mut sides = Sides::default();
                sides.know(it);
                found.extend(sides.compared(it.order.clone(), Some(it.month)));
            }),
        }
    }
    found.extend(orders.into_values().filter_map(|(number, sides)| sides.compared(Some(number), None)));
    found.extend(months.into_iter().filter_map(|((_, month), sides)| sides.compared(None, Some(month))));
    let place = |it: &Compared| Outcome::ALL.iter().position(|outcome| *outcome == it.outcome);
    found.sort_by(|a, b| (place(a), a.month, &a.order, &a.rows).cmp(&(place(b), b.month, &b.order, &b.rows)));
    found
}

/// What both sides say in all.
#[must_use]
pub fn totals(compared: &[Compared]) -> (Volume, Volume) {
    (compared.iter().map(|it| it.reported).sum(), compared.iter().map(|it| it.known).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn town(number: u128) -> OrganisationId {
        OrganisationId(Uuid::from_u128(number))
    }

    fn month(month: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, month, 1).expect("a day")
    }

    fn amount(text: &str) -> Volume {
        text.parse().expect("an amount")
    }

    fn line(row: u32, order: Option<&str>, member: Option<u128>, amount_text: &str) -> Reported {
        let order = order.map(str::to_owned);
        Reported { row, order, member: member.map(town), month: month(3), amount: amount(amount_text) }
    }

    fn ours(order: Option<&str>, member: u128, amount_text: &str, in_period: bool) -> Known {
        let order = order.map(str::to_owned);
        Known { order, member: town(member), month: month(3), amount: amount(amount_text), in_period }
    }

    fn outcomes(compared: &[Compared]) -> Vec<(&'static str, String, String)> {
        compared.iter().map(|it| (it.outcome.key(), it.reported.to_string(), it.known.to_string())).collect()
    }

    #[test]
    fn orders_are_compared_by_number_whatever_their_month() {
        let reported = [
            line(2, Some("rv-1-0001"), None, "100.00"),
            line(3, Some("RV-1-0002-B"), Some(1), "40.00"),
            line(4, Some("RV-1-0002-B"), Some(1), "10.00"),
            line(5, Some("RV-1-0009"), Some(1), "7.00"),
        ];
        let known = [
            ours(Some("RV-1-0001"), 1, "100.00", false),
            ours(Some("RV-1-0002-A"), 1, "60.00", true),
            ours(Some("RV-1-0003"), 2, "5.00", true),
            ours(Some("RV-1-0004"), 2, "5.00", false),
            ours(Some("RV-1-0005"), 2, "0.00", true),
        ];
        let compared = reconcile(&reported, &known);
        let text = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        let said: Vec<_> = outcomes(&compared).into_iter().map(|(a, b, c)| (a.to_owned(), b, c)).collect();
        assert_eq!(
            said,
            [
                text("amount_differs", "50", "60"),
                text("missing_at_supplier", "0", "5"),
                text("missing_with_us", "7", "0"),
                text("matched", "100", "100"),
            ]
        );
        assert_eq!(compared[0].rows, [3, 4]);
        assert_eq!(compared[0].order.as_deref(), Some("RV-1-0002-A"));
    }

    #[test]
    fn without_a_number_member_and_month_decide_and_less_than_a_cent_agrees() {
        let reported = [
            line(2, None, Some(1), "10.0049"),
            line(3, None, Some(2), "10.0100"),
            line(4, None, None, "3.00"),
            line(5, None, Some(3), "-2.00"),
            line(6, None, Some(3), "2.00"),
        ];
        let known =
            [ours(Some("RV-1-0001"), 1, "4.00", true), ours(None, 1, "6.00", true), ours(None, 2, "10.00", true)];
        let compared = reconcile(&reported, &known);
        let keys: Vec<_> = compared.iter().map(|it| it.outcome.key()).collect();
        assert_eq!(keys, ["amount_differs", "not_assignable", "matched", "matched"]);
        let (reported, known) = totals(&compared);
        assert_eq!((reported.to_string(), known.to_string()), ("23.0149".to_owned(), "20".to_owned()));
    }

    proptest! {
        #[test]
        fn every_line_and_every_known_amount_is_in_exactly_one_place(
            lines in prop::collection::vec((0..4_u8, 0..4_u8, -500_000..500_000_i64), 0..40),
            amounts in prop::collection::vec((0..4_u8, 1..4_u8, 0..500_000_i64, any::<bool>()), 0..40),
        ) {
            let cents = |it: i64| amount(&format!("{}{}.{:04}", if it < 0 { "-" } else { "" }, it.abs() / 10_000, it.abs() % 10_000));
            let number = |it: u8| (it > 0).then(|| format!("RV-{it}"));
            let reported: Vec<Reported> = (2..).zip(&lines).map(|(row, (order, member, it))| Reported {
                row, order: number(*order), member: (*member > 0).then(|| town((*member).into())), month: month(3), amount: cents(*it),
            }).collect();
            let known: Vec<Known> = amounts.iter().map(|(order, member, it, in_period)| Known {
                order: number(*order), member: town((*member).into()), month: month(3), amount: cents(*it), in_period: *in_period,
            }).collect();
            let compared = reconcile(&reported, &known);
            let (all_reported, all_known) = totals(&compared);
            prop_assert_eq!(all_reported, reported.iter().map(|it| it.amount).sum());
            let named: Vec<String> = reported.iter().filter_map(|it| it.order.clone()).collect();
            let due: Volume = known.iter().filter(|it| it.in_period || it.order.as_ref().is_some_and(|it| named.contains(it))).map(|it| it.amount).sum();
            prop_assert_eq!(all_known, due);
            let mut rows: Vec<u32> = compared.iter().flat_map(|it| it.rows.iter().copied()).collect();
            rows.sort_unstable();
            prop_assert_eq!(rows, reported.iter().map(|it| it.row).collect::<Vec<_>>());
        }
    }
}
