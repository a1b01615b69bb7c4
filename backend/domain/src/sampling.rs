//! Samples (Stichproben) of an auditor: which call-offs are looked at, drawn so that anybody can draw the same again.
//!
//! **The procedure, stated once.** It needs the list of case numbers with their net values, the seed (a whole number),
//! SHA-256 and arithmetic in whole cents; `docs/sampling.md` says it in German with an example for the command line.
//!
//! 1. The rank of a call-off is SHA-256 of the text `seed:case number`. Ascending rank is the order of the draw.
//! 2. *Random sample*: the first n of that order.
//! 3. *Monetary units* (MUS): `n = ceil(RF x BV / TM)`, interval `J = BV / n` rounded down to the cent. The values are
//!    summed up in the order of the draw; the cents number s, s + J, s + 2J ... are hit, and the call-offs they lie in are
//!    taken. The first one, s, is the first eight bytes of SHA-256 of `seed:start:round` as a number, modulo J in cents,
//!    plus 1. A call-off of at least J cannot be missed: it is taken for certain.
//! 4. *Full check*: every call-off of at least an amount.
//! 5. *Extension* (round 1, 2 ...): the same among those not drawn yet, with the same seed; `J` is then what they are
//!    worth, divided by the number asked for. A full check goes on with the largest ones below its amount. What was
//!    drawn stays.
//!
//! BV is the sum of the values, TM the tolerable misstatement, RF the factor of the confidence level without any
//! expected error: see [`RISK_FACTORS`].
//!
//! **Sources.** `n = RF x BV / TM` with no expected error, and the interval `J = BV / n`: ISA 530 (sampling, its value
//! weighted selection); European Commission, *Guidance on sampling methods for audit authorities* (EGESIF_16-0014-01,
//! 20 January 2017), monetary-unit sampling, conservative approach; AICPA Audit Guide *Audit Sampling*, factors for no
//! misstatement. Why the factor is `-ln(1 - c)`: with n cents hit at random and a share p of them wrong, none that is
//! wrong is hit with a probability of about `e^(-n p)` (Poisson); it falls to `1 - c` where `n p = -ln(1 - c)`. What a
//! sample without errors says, then, is: with the confidence c no more than TM is wrong.

mod population;

use std::collections::BTreeSet;

pub use population::{Item, Population};

use crate::call_off::Status;
use crate::canonical::sha256;
use crate::money::{Net, Percent};

/// Confidence levels in percent with their factors in hundredths: `-ln(1 - c)`, the Poisson factor without an expected
/// error, rounded up to two digits, as tables of monetary-unit sampling have it (3.00 at 95 %).
pub const RISK_FACTORS: [(u8, u16); 6] = [(80, 161), (85, 190), (90, 231), (95, 300), (98, 392), (99, 461)];

/// Largest seed: nine digits can be read out on the telephone.
pub const LARGEST_SEED: u32 = 999_999_999;

/// A level of confidence that there is a factor for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confidence {
    percent: u8,
    factor: u16,
}

impl Confidence {
    /// The level of so many percent, if the table has it.
    #[must_use]
    pub fn of(percent: u8) -> Option<Self> {
        let (percent, factor) = RISK_FACTORS.into_iter().find(|(known, _)| *known == percent)?;
        Some(Self { percent, factor })
    }

    /// In percent.
    #[must_use]
    pub const fn percent(self) -> u8 {
        self.percent
    }

    /// The factor in hundredths: 300 at 95 %.
    #[must_use]
    pub const fn factor_in_hundredths(self) -> u16 {
        self.factor
    }
}

/// How much may be wrong before it matters (Wesentlichkeit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tolerable {
    /// An amount.
    Amount(Net),
    /// A share of the population's value.
    Share(Percent),
}

impl Tolerable {
    /// As an amount of a population of this value; a share is rounded down to the cent, which makes the sample larger.
    #[must_use]
    pub fn of(self, book: Net) -> Net {
        match self {
            Self::Amount(amount) => amount,
            Self::Share(share) => book.percentage_down(share),
        }
    }
}

/// Size and interval of a sample by monetary units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonetaryUnits {
    /// n: how many cents are hit, one more where the interval was rounded down.
    pub size: u64,
    /// J: from one cent that is hit to the next.
    pub interval: Net,
}

impl MonetaryUnits {
    /// `n = ceil(RF x BV / TM)`, `J = BV / n`; none where there is nothing to sample or nothing is tolerable.
    #[must_use]
    pub fn plan(book: Net, tolerable: Net, confidence: Confidence) -> Option<Self> {
        let (book, tolerable) = (book.cents(), tolerable.cents());
        if book <= 0 || tolerable <= 0 {
            return None;
        }
        let (wanted, per) = (i128::from(confidence.factor) * book, 100 * tolerable);
        let size = (wanted + per - 1) / per;
        Some(Self { size: u64::try_from(size).ok()?, interval: Net::of_cents(interval(book, size))? })
    }
}

/// A cent at least: no coin is smaller.
fn interval(book: i128, size: i128) -> i128 {
    (book / size.max(1)).max(1)
}

/// The number of the first cent that is hit, in cents: `1 ..= interval`.
#[must_use]
pub fn first_hit(seed: u32, round: u16, interval: Net) -> Net {
    // Between one cent and the interval, which is an amount.
    Net::of_cents(first_cent(seed, round, interval.cents())).unwrap_or(interval)
}

fn first_cent(seed: u32, round: u16, interval: i128) -> i128 {
    let [a, b, c, d, e, f, g, h, ..] = sha256(format!("{seed}:start:{round}").as_bytes());
    1 + i128::from(u64::from_be_bytes([a, b, c, d, e, f, g, h])) % interval.max(1)
}

/// How a sample is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// By monetary units: large call-offs are likelier, each of at least the interval is certain.
    MonetaryUnits {
        /// What may be wrong.
        tolerable: Net,
        /// With which confidence more would be found.
        confidence: Confidence,
    },
    /// So many, each as likely as any other.
    Random {
        /// How many.
        size: u32,
    },
    /// Every one of at least this amount.
    Full {
        /// The amount.
        from: Net,
    },
}

impl Method {
    /// As addresses and the database write it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::MonetaryUnits { .. } => "mus",
            Self::Random { .. } => "random",
            Self::Full { .. } => "full",
        }
    }
}

/// A call-off that was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// Which, with its value.
    pub item: Item,
    /// It could not be missed.
    pub certain: bool,
}

impl Population {
    /// Draws for the first time.
    #[must_use]
    pub fn draw(&self, method: Method, seed: u32) -> Vec<Pick> {
        let order = self.in_order(seed);
        match method {
            Method::MonetaryUnits { tolerable, confidence } => {
                let Some(plan) = MonetaryUnits::plan(self.sum(), tolerable, confidence) else { return Vec::new() };
                by_units(&order, plan.interval.cents(), seed, 0)
            }
            Method::Random { size } => order.into_iter().take(size as usize).map(|it| pick(it, false)).collect(),
            Method::Full { from } => {
                order.into_iter().filter(|it| from.cents() <= it.cents()).map(|it| pick(it, true)).collect()
            }
        }
    }

    /// Draws for the first time and extends as often as there are numbers: the whole sample, round by round.
    #[must_use]
    pub fn rounds(&self, method: Method, seed: u32, extensions: &[u32]) -> Vec<Vec<Pick>> {
        let mut rounds = vec![self.draw(method, seed)];
        for (round, more) in (1_u16..).zip(extensions) {
            let drawn = rounds.iter().flatten().map(|pick| pick.item.case_number.clone()).collect();
            rounds.push(self.extend(method, seed, round, &drawn, *more));
        }
        rounds
    }

    /// Draws about `more` of those that are not among `drawn`; `round` counts the extensions from 1.
    #[must_use]
    pub fn extend(&self, method: Method, seed: u32, round: u16, drawn: &BTreeSet<String>, more: u32) -> Vec<Pick> {
        let mut rest = self.in_order(seed);
        rest.retain(|it| !drawn.contains(&it.case_number));
        match method {
            Method::MonetaryUnits { .. } => {
                let worth = rest.iter().map(|it| it.cents()).sum();
                by_units(&rest, interval(worth, more.into()), seed, round)
            }
            Method::Random { .. } => rest.into_iter().take(more as usize).map(|it| pick(it, false)).collect(),
            Method::Full { .. } => {
                // Stable: equal amounts stay in the order of the draw.
                rest.sort_by_key(|it| std::cmp::Reverse(it.cents()));
                rest.into_iter().take(more as usize).map(|it| pick(it, false)).collect()
            }
        }
    }
}

fn by_units(order: &[&Item], interval: i128, seed: u32, round: u16) -> Vec<Pick> {
    let first = first_cent(seed, round, interval);
    let hits_up_to = |cent: i128| if cent < first { 0 } else { (cent - first) / interval + 1 };
    let mut sum = 0;
    let mut picks = Vec::new();
    for item in order {
        let before = hits_up_to(sum);
        sum += item.cents();
        if before < hits_up_to(sum) {
            picks.push(pick(item, interval <= item.cents()));
        }
    }
    picks
}

fn pick(item: &Item, certain: bool) -> Pick {
    Pick { item: item.clone(), certain }
}

/// Of which call-offs a sample is drawn. Credits and cancelled orders would hide others in a sum, so that they are a
/// population of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Orders in euros that stand, with a value.
    Orders,
    /// Everything else; see [`Apart`].
    Apart,
}

impl Part {
    /// As addresses and the database write it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Apart => "apart",
        }
    }

    /// The part of this key.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Orders, Self::Apart].into_iter().find(|part| part.key() == key)
    }
}

/// Why a call-off is no item of the orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Apart {
    /// It was never released.
    NotOrdered,
    /// It was cancelled.
    Cancelled,
    /// Its value is negative, or nothing.
    Credit,
    /// Its value is no amount of euros.
    OtherCurrency,
}

impl Apart {
    /// All of them, in the order of lists.
    pub const ALL: [Self; 4] = [Self::Credit, Self::Cancelled, Self::NotOrdered, Self::OtherCurrency];

    /// Why the call-off is apart; none for an order that stands.
    #[must_use]
    pub fn of(ordered: bool, status: Status, currency: &str, net: Option<Net>) -> Option<Self> {
        match net {
            _ if status == Status::Cancelled => Some(Self::Cancelled),
            _ if !ordered => Some(Self::NotOrdered),
            _ if currency != "EUR" => Some(Self::OtherCurrency),
            Some(net) if !net.is_zero() && !net.is_negative() => None,
            _ => Some(Self::Credit),
        }
    }

    /// In German.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::NotOrdered => "nicht erteilt",
            Self::Cancelled => "storniert",
            Self::Credit => "Gutschrift oder ohne Wert",
            Self::OtherCurrency => "in anderer Währung",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::of;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    fn level(percent: u8) -> Confidence {
        Confidence::of(percent).expect("a level of the table")
    }

    fn named(values: &[i128]) -> Population {
        let item = |(at, cents): (usize, &i128)| Item {
            case_number: format!("V-{at:08}"),
            net: Some(Net::of_cents(*cents).expect("an amount")),
        };
        Population::new(values.iter().enumerate().map(item).collect())
    }

    fn numbers(picks: &[Pick]) -> BTreeSet<String> {
        picks.iter().map(|it| it.item.case_number.clone()).collect()
    }

    fn by_monetary_units(tolerable: &str) -> Method {
        Method::MonetaryUnits { tolerable: of(tolerable), confidence: level(95) }
    }

    /// `e^x` by its series: no floats.
    fn exp(x: Decimal) -> Decimal {
        let (mut sum, mut term) = (Decimal::ONE, Decimal::ONE);
        for n in 1..60_u32 {
            term = term * x / Decimal::from(n);
            sum += term;
        }
        sum
    }

    #[test]
    fn a_factor_is_the_smallest_with_two_digits_that_reaches_its_level() {
        for (percent, factor) in RISK_FACTORS {
            // -ln(1 - c) <= RF  <=>  1 <= (1 - c) e^RF
            let reached =
                |factor: u16| Decimal::new((100 - percent).into(), 2) * exp(Decimal::new(i64::from(factor), 2));
            assert!(Decimal::ONE <= reached(factor), "{percent} %: {factor} is too small");
            assert!(reached(factor - 1) < Decimal::ONE, "{percent} %: {factor} is larger than it must be");
        }
    }

    #[test]
    fn two_million_with_three_percent_at_95_are_100_hits_each_20_000_euros() {
        let book = of("2000000.00");
        let tolerable = Tolerable::Share("3".parse().expect("a share")).of(book);
        assert_eq!(tolerable, of("60000.00"));
        let plan = MonetaryUnits::plan(book, tolerable, level(95)).expect("a plan");
        assert_eq!(plan, MonetaryUnits { size: 100, interval: of("20000.00") });
        let more = MonetaryUnits::plan(book, of("59999.99"), level(95)).expect("a plan");
        assert_eq!(more.size, 101, "a cent less is tolerable: rounded up");
        assert_eq!(MonetaryUnits::plan(Net::ZERO, tolerable, level(95)), None);
        assert_eq!(MonetaryUnits::plan(book, Net::ZERO, level(95)), None);
    }

    #[test]
    fn the_worked_example_of_the_manual() {
        // 1,000 call-offs of 2,000 euros: 2,000,000, so that every tenth is hit.
        let population = named(&[200_000; 1_000]);
        assert_eq!(population.sum(), of("2000000.00"));
        let picks = population.draw(by_monetary_units("60000.00"), 8417);
        assert_eq!(picks.len(), 100);
        assert!(picks.iter().all(|it| !it.certain));
        let first = first_hit(8417, 0, of("20000.00"));
        let at = usize::try_from((first.cents() - 1) / 200_000).expect("a place");
        let order = population.in_order(8417);
        let expected: Vec<&str> = (0..100).map(|k| order[at + 10 * k].case_number.as_str()).collect();
        assert_eq!(picks.iter().map(|it| it.item.case_number.as_str()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_first_hit_is_what_sha256sum_says() {
        // printf '8417:start:0' | sha256sum; its first 16 digits modulo 2,000,000, plus 1.
        let digits = data_encoding::HEXLOWER.encode(&sha256(b"8417:start:0"));
        let number = u64::from_str_radix(&digits[..16], 16).expect("16 digits");
        let expected = Net::of_cents(i128::from(number % 2_000_000) + 1).expect("an amount");
        assert_eq!(first_hit(8417, 0, of("20000.00")), expected);
        assert_ne!(first_hit(8417, 1, of("20000.00")), expected, "another round begins elsewhere");
    }

    #[test]
    fn a_draw_worked_out_by_another_program() {
        // Order, hits and picks come from forty lines of Python with nothing but hashlib, as the procedure above says.
        let items = [
            ("V-2026-A", "12000.00"),
            ("V-2026-B", "3000.50"),
            ("V-2026-C", "450.00"),
            ("V-2026-D", "9.99"),
            ("V-2026-E", "8000.00"),
            ("V-2026-F", "1500.00"),
            ("V-2026-G", "25000.00"),
            ("V-2026-H", "39.51"),
        ];
        let item = |(number, net): (&str, &str)| Item { case_number: number.to_owned(), net: Some(of(net)) };
        let population = Population::new(items.map(item).to_vec());
        let order: Vec<&str> = population.in_order(8417).iter().map(|it| &it.case_number[7..]).collect();
        assert_eq!(order, ["A", "D", "H", "E", "F", "C", "B", "G"]);
        let method = by_monetary_units("10000.00");
        let plan = MonetaryUnits::plan(population.sum(), of("10000.00"), level(95)).expect("a plan");
        assert_eq!(plan, MonetaryUnits { size: 15, interval: of("3333.33") });
        assert_eq!(first_hit(8417, 0, plan.interval), of("1645.82"));
        let letters = |picks: &[Pick]| {
            picks.iter().map(|it| (it.item.case_number[7..].to_owned(), it.certain)).collect::<Vec<_>>()
        };
        let rounds = population.rounds(method, 8417, &[2]);
        let expected =
            [("A", true), ("E", true), ("C", false), ("B", false), ("G", true)].map(|(at, sure)| (at.to_owned(), sure));
        assert_eq!(letters(&rounds[0]), expected);
        assert_eq!(first_hit(8417, 1, of("774.75")), of("570.81"));
        assert_eq!(letters(&rounds[1]), [("F".to_owned(), true)]);
    }

    #[test]
    fn an_extension_keeps_what_was_drawn_and_repeats_nothing() {
        let population = named(&(1..=500).map(|it| it * 1_000).collect::<Vec<_>>());
        for method in
            [by_monetary_units("100000.00"), Method::Random { size: 40 }, Method::Full { from: of("4500.00") }]
        {
            let first = numbers(&population.draw(method, 7));
            let more = numbers(&population.extend(method, 7, 1, &first, 25));
            assert!(first.is_disjoint(&more), "{method:?}");
            assert!((24..=26).contains(&more.len()), "{method:?}: {}", more.len());
            assert_eq!(more, numbers(&population.extend(method, 7, 1, &first, 25)), "{method:?}: the same again");
        }
        // A random sample that was extended is the larger sample.
        let first = numbers(&population.draw(Method::Random { size: 40 }, 7));
        let more = numbers(&population.extend(Method::Random { size: 40 }, 7, 1, &first, 25));
        let larger = numbers(&population.draw(Method::Random { size: 65 }, 7));
        assert_eq!(first.union(&more).cloned().collect::<BTreeSet<_>>(), larger);
        // What is left of a full check goes on downwards.
        let full = Method::Full { from: of("4500.00") };
        let drawn = numbers(&population.draw(full, 7));
        let next = population.extend(full, 7, 1, &drawn, 2);
        let values: Vec<i128> = next.iter().map(|it| it.item.cents()).collect();
        assert_eq!(values, [449_000, 448_000]);
    }

    #[test]
    fn credits_cancelled_ones_and_requests_are_apart() {
        let order = |status, net: &str| Apart::of(true, status, "EUR", Some(of(net)));
        assert_eq!(order(Status::Released, "0.01"), None);
        assert_eq!(order(Status::Released, "-5.00"), Some(Apart::Credit));
        assert_eq!(order(Status::Closed, "0.00"), Some(Apart::Credit));
        assert_eq!(order(Status::Cancelled, "100.00"), Some(Apart::Cancelled));
        assert_eq!(Apart::of(false, Status::Refused, "EUR", Some(of("5.00"))), Some(Apart::NotOrdered));
        assert_eq!(Apart::of(true, Status::Released, "CHF", Some(of("5.00"))), Some(Apart::OtherCurrency));
    }

    proptest! {
        #[test]
        fn whatever_reaches_the_interval_is_taken_and_hits_are_not_more_than_said(
            values in prop::collection::vec(1_i128..5_000_000, 1..200),
            tolerable in 1_i128..50_000_000,
            seed in 1_u32..=LARGEST_SEED,
        ) {
            let population = named(&values);
            let tolerable = Net::of_cents(tolerable).expect("an amount");
            let plan = MonetaryUnits::plan(population.sum(), tolerable, level(95)).expect("a plan");
            let method = Method::MonetaryUnits { tolerable, confidence: level(95) };
            let picks = population.draw(method, seed);
            let drawn = numbers(&picks);
            for item in population.items() {
                if plan.interval.cents() <= item.cents() {
                    prop_assert!(drawn.contains(&item.case_number), "{} was missed", item.case_number);
                }
            }
            prop_assert!(!picks.is_empty());
            // The interval was rounded down by less than a cent for each hit.
            let hits = population.sum().cents() / plan.interval.cents() + 1;
            prop_assert!(i128::try_from(picks.len()).expect("a count") <= hits);
            // Nobody can steer the draw by the order of the list.
            let mut turned = population.items().to_vec();
            turned.reverse();
            prop_assert_eq!(Population::new(turned).draw(method, seed), picks);
        }
    }
}
