use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::example::{id, of};

fn account(position: Option<i32>, class: &str) -> Account {
    let baseline = (matches!(class, "A" | "B" | "C") && position.is_some()).then(|| id::<BaselineId>(7));
    Account { position, class: class.to_owned(), baseline }
}

fn amounts(baseline: &str, surcharge: &str, fee: &str, net: &str) -> Amounts {
    let (baseline, net): (Net, Net) = (of(baseline), of(net));
    let effect = if baseline.is_zero() { Net::ZERO } else { baseline - net };
    Amounts { baseline, effect, surcharge: of(surcharge), fee: of(fee), net }
}

/// The worked example of `savings.rs`: 120 users for a year, two days of training.
fn example() -> (Vec<(Account, Amounts)>, Vec<LineSoFar>) {
    let planned = vec![
        (account(Some(1), "A"), amounts("20448.00", "0", "0", "17064.00")),
        (account(Some(2), "A"), amounts("2500.00", "0", "0", "2360.00")),
        (account(None, "A"), amounts("0", "0", "291.36", "0")),
    ];
    let line = |position, quantity: &str, unit_price: &str, performance| LineSoFar {
        position,
        quantity: of(quantity),
        unit_price: of(unit_price),
        performance,
        delivered: of(quantity),
        billed: Vec::new(),
    };
    (planned, vec![line(1, "120", "11.85", months(0, 12)), line(2, "2", "1180.00", None)])
}

/// So many months from the first one of 2027 on, counted from 0.
fn months(first: u32, count: u32) -> Option<Period> {
    let year: chrono::NaiveDate = of("2027-01-01");
    let (from, behind) = (year + chrono::Months::new(first), year + chrono::Months::new(first + count));
    Period::new(from, behind - chrono::Days::new(1)).ok()
}

fn so_far(planned: &[(Account, Amounts)], lines: &[LineSoFar], settled: bool) -> [Net; 3] {
    let order = OrderSoFar { planned, lines, surcharge_billed: None, settled };
    let sum = realised(&order).iter().fold(Amounts::ZERO, |sum, (_, amounts)| sum.plus(amounts));
    [sum.effect, sum.fee, sum.net]
}

#[test]
fn the_worked_example_is_met_to_the_cent() {
    let (planned, mut lines) = example();
    assert_eq!(so_far(&planned, &lines, false), [Net::ZERO; 3], "delivered, but nothing is invoiced");
    lines[0].billed.push(Billed { quantity: of("120"), net: of("8532.00"), performance: months(0, 6) });
    assert_eq!(so_far(&planned, &lines, false), [of("1692.00"), of("127.98"), of("8532.00")]);
    lines[1].billed.push(Billed { quantity: of("1"), net: of("1150.00"), performance: None });
    assert_eq!(so_far(&planned, &lines, false), [of("1792.00"), of("145.68"), of("9682.00")]);
    lines[0].billed.push(Billed { quantity: of("120"), net: of("8532.00"), performance: months(6, 6) });
    lines[1].billed.push(Billed { quantity: of("1"), net: of("1180.00"), performance: None });
    assert_eq!(so_far(&planned, &lines, false), [of("3554.00"), of("291.36"), of("19394.00")]);
}

#[test]
fn an_invoice_before_its_delivery_waits_for_it() {
    let (planned, mut lines) = example();
    lines[1].delivered = Quantity::ZERO;
    lines[1].billed.push(Billed { quantity: of("2"), net: of("2360.00"), performance: None });
    assert_eq!(so_far(&planned, &lines, false)[0], Net::ZERO);
    lines[1].delivered = of("1");
    assert_eq!(so_far(&planned, &lines, false)[0], of("70.00"), "half of 140.00");
}

#[test]
fn what_is_noted_as_invoiced_in_a_word_is_realised_as_ordered() {
    let (planned, mut lines) = example();
    assert_eq!(so_far(&planned, &lines, true), [of("3524.00"), of("291.36"), of("19424.00")]);
    lines[1].billed.push(Billed { quantity: of("1"), net: of("1150.00"), performance: None });
    assert_eq!(so_far(&planned, &lines, true)[0], of("3554.00"), "what an invoice names counts as invoiced");
}

#[test]
fn surcharge_and_process_effect_come_once_with_what_is_realised_of_a_line() {
    let (mut planned, mut lines) = example();
    planned[2].1 = amounts("0", "15.00", "0.23", "15.00");
    planned.push((account(None, "P"), Amounts { effect: of("3137.00"), ..Amounts::ZERO }));
    let order = |lines: &[LineSoFar], billed: Option<&str>| {
        let order = OrderSoFar { planned: &planned, lines, surcharge_billed: billed.map(of), settled: false };
        let realised = realised(&order);
        (realised[2].1.surcharge, realised[2].1.net, realised[3].1.effect)
    };
    assert_eq!(order(&lines, Some("15.00")), (Net::ZERO, Net::ZERO, Net::ZERO), "nothing is realised yet");
    lines[1].billed.push(Billed { quantity: of("1"), net: of("1180.00"), performance: None });
    assert_eq!(order(&lines, None), (Net::ZERO, Net::ZERO, of("3137.00")));
    assert_eq!(order(&lines, Some("10.00")), (of("10.00"), of("10.00"), of("3137.00")), "as invoiced");
}

#[test]
fn a_difference_is_booked_once() {
    let one = (account(Some(1), "A"), amounts("10.00", "0", "0", "8.00"));
    let other = (account(Some(1), "B"), amounts("9.00", "0", "0", "8.00"));
    let (only_one, only_other) = ([one.clone()], [other.clone()]);
    assert_eq!(difference(&only_one, &[]), only_one);
    assert_eq!(difference(&only_one, &only_one), []);
    let moved = difference(&only_other, &only_one);
    assert_eq!(moved, [other, (one.0.clone(), Amounts::ZERO.minus(&one.1))], "what stands no more is taken back");
}

#[test]
fn the_budget_feels_the_tax_too() {
    let effects = [(of::<Net>("100.00"), of::<Percent>("19")), (of("50.00"), of("7"))];
    assert_eq!(budget_effect(&effects, of("20.00")), of("148.70"), "80.00 x 1.19 + 50.00 x 1.07");
    assert_eq!(budget_effect(&[], Net::ZERO), Gross::ZERO);
}

/// A line of a random order; prices in ten-thousandths, quantities in hundredths of a unit.
#[derive(Debug, Clone)]
struct RandomLine {
    unit_price: i64,
    baseline: Option<i64>,
    quantity: i64,
    monthly: bool,
}

/// What happens to it: which, on which line, how much of what is open in percent, months, how much cheaper.
type Event = (u8, usize, i64, (u32, u32), i64);

#[derive(Debug, Clone, Copy)]
struct RandomBilled {
    invoice: usize,
    line: usize,
    quantity: i64,
    from: u32,
    count: u32,
    net: i64,
}

/// An order as rows of whole numbers, from which everything is computed anew.
struct Ledger {
    lines: Vec<RandomLine>,
    delivered: Vec<i64>,
    billed: Vec<RandomBilled>,
    void: Vec<usize>,
    booked: Vec<(Account, Amounts)>,
}

/// Half away from zero.
fn divided(number: i128, by: i128) -> i128 {
    if by == 0 {
        return 0;
    }
    let half = number.abs() * 2 + by.abs();
    (half / (2 * by.abs())) * number.signum() * by.signum()
}

/// Cents of a price times a quantity times months.
fn cents(price: i64, quantity: i64, months: u32) -> i128 {
    divided(i128::from(price) * i128::from(quantity) * i128::from(months), 10_000)
}

fn net(cents: i128) -> Net {
    Net::of_cents(cents).expect("an amount")
}

fn hundredths(quantity: i64) -> Quantity {
    Quantity::new(Decimal::new(quantity, 2)).expect("a quantity")
}

impl Ledger {
    fn term(&self, line: usize) -> u32 {
        if self.lines[line].monthly { 12 } else { 1 }
    }

    /// Baseline and line amount of what stands, in cents.
    fn plan(&self, line: usize) -> (i128, i128) {
        let it = &self.lines[line];
        let months = self.term(line);
        (it.baseline.map_or(0, |price| cents(price, it.quantity, months)), cents(it.unit_price, it.quantity, months))
    }

    fn fee(&self) -> i128 {
        divided((0..self.lines.len()).map(|line| self.plan(line).1).sum::<i128>() * 15, 1000)
    }

    fn counting(&self, line: usize) -> impl Iterator<Item = &RandomBilled> {
        self.billed.iter().filter(move |it| it.line == line && !self.void.contains(&it.invoice))
    }

    /// One step of the program: the target by the function under test, booked as difference.
    fn book(&mut self) {
        let mut planned: Vec<(Account, Amounts)> = Vec::new();
        let mut lines = Vec::new();
        for (at, it) in self.lines.iter().enumerate() {
            let position = i32::try_from(at).expect("few lines");
            let (baseline, ordered) = self.plan(at);
            let class = if it.baseline.is_some() { "A" } else { "none" };
            let effect = if it.baseline.is_some() { net(baseline - ordered) } else { Net::ZERO };
            let amounts = Amounts { baseline: net(baseline), effect, net: net(ordered), ..Amounts::ZERO };
            planned.push((account(Some(position), class), amounts));
            lines.push(LineSoFar {
                position,
                quantity: hundredths(it.quantity),
                unit_price: UnitPrice::new(Decimal::new(it.unit_price, 4)).expect("a price"),
                performance: it.monthly.then(|| months(0, 12).expect("a year")),
                delivered: hundredths(self.delivered[at]),
                billed: self
                    .counting(at)
                    .map(|billed| Billed {
                        quantity: hundredths(billed.quantity),
                        net: net(billed.net.into()),
                        performance: it.monthly.then(|| months(billed.from, billed.count).expect("months")),
                    })
                    .collect(),
            });
        }
        planned.push((account(None, "A"), Amounts { fee: net(self.fee()), ..Amounts::ZERO }));
        let order = OrderSoFar { planned: &planned, lines: &lines, surcharge_billed: None, settled: false };
        let entries = difference(&realised(&order), &self.booked);
        self.booked.extend(entries);
    }

    fn happens(&mut self, (kind, line, percent, (from, count), cheaper): Event) {
        let line = line % self.lines.len();
        let open = self.lines[line].quantity - self.delivered[line];
        let part = open * percent / 100;
        match kind % 4 {
            0 => self.delivered[line] += part,
            // Partial cancellation of what has not arrived.
            1 => self.lines[line].quantity -= part,
            // An invoice, also of more than has arrived; sometimes below the price ordered.
            2 => {
                let quantity = (self.lines[line].quantity * percent / 100).max(1);
                let (from, count) = if self.lines[line].monthly { (from, count.min(12 - from)) } else { (0, 1) };
                let price = (self.lines[line].unit_price - cheaper).max(0);
                let net = i64::try_from(cents(price, quantity, count)).expect("an amount");
                let invoice = self.billed.len();
                self.billed.push(RandomBilled { invoice, line, quantity, from, count, net });
            }
            _ => self.void.extend(self.billed.get(line).map(|it| it.invoice)),
        }
        self.book();
    }

    /// Effect, fee and value realised, computed once from the rows, in whole numbers.
    fn slowly(&self) -> [i128; 3] {
        let (mut effect, mut value, mut as_ordered, mut ordered) = (0, 0, 0, 0);
        for line in 0..self.lines.len() {
            let (baseline, planned) = self.plan(line);
            let mut taken: Vec<(i64, u32, u32)> = Vec::new();
            let (mut done, mut deviation) = (0_i128, 0_i128);
            for it in self.counting(line) {
                let months: Vec<u32> = (it.from..it.from + it.count).collect();
                let before: i64 = taken
                    .iter()
                    .filter(|(_, from, count)| months.iter().any(|month| (*from..from + count).contains(month)))
                    .map(|(quantity, ..)| quantity)
                    .sum();
                let quantity = it.quantity.min((self.delivered[line] - before).max(0));
                taken.push((quantity, it.from, it.count));
                done += i128::from(quantity) * i128::from(it.count);
                let right = cents(self.lines[line].unit_price, it.quantity, it.count);
                deviation += divided((i128::from(it.net) - right) * i128::from(quantity), it.quantity.into());
            }
            let whole = i128::from(self.lines[line].quantity) * i128::from(self.term(line));
            let share = divided(planned * done, whole);
            if self.lines[line].baseline.is_some() {
                effect += divided(baseline * done, whole) - share - deviation;
            }
            value += share + deviation;
            as_ordered += share;
            ordered += planned;
        }
        [effect, divided(self.fee() * as_ordered, ordered), value]
    }

    fn sums(&self) -> [i128; 3] {
        let sum = self.booked.iter().fold(Amounts::ZERO, |sum, (_, amounts)| sum.plus(amounts));
        [sum.effect, sum.fee, sum.net].map(Net::cents)
    }
}

fn lines() -> impl Strategy<Value = Vec<RandomLine>> {
    let line = (1_i64..20_000_000, proptest::option::of(1_i64..20_000_000), 1_i64..50_000, any::<bool>());
    let line = line.prop_map(|(unit_price, baseline, quantity, monthly)| RandomLine {
        unit_price,
        baseline,
        quantity,
        monthly,
    });
    proptest::collection::vec(line, 1..4)
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let cheaper = prop_oneof![Just(0_i64), 0_i64..2_000_000];
    proptest::collection::vec((any::<u8>(), 0_usize..8, 1_i64..=100, (0_u32..12, 1_u32..=12), cheaper), 0..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn entries_booked_step_by_step_sum_to_a_slow_computation_from_the_order(lines in lines(), events in events()) {
        let delivered = vec![0; lines.len()];
        let mut ledger = Ledger { lines, delivered, billed: Vec::new(), void: Vec::new(), booked: Vec::new() };
        for event in events {
            ledger.happens(event);
            prop_assert_eq!(ledger.sums(), ledger.slowly());
        }
        // Everything arrives and is invoiced at the prices ordered, in parts that do not divide evenly.
        ledger.void = (0..ledger.billed.len()).collect();
        for line in 0..ledger.lines.len() {
            ledger.delivered[line] = ledger.lines[line].quantity;
            let quantity = ledger.lines[line].quantity;
            let parts = [quantity / 3, quantity / 3, quantity - quantity / 3 - quantity / 3];
            for part in parts.into_iter().filter(|part| *part != 0) {
                let count = ledger.term(line);
                let net = i64::try_from(cents(ledger.lines[line].unit_price, part, count)).expect("an amount");
                let invoice = ledger.billed.len();
                ledger.billed.push(RandomBilled { invoice, line, quantity: part, from: 0, count, net });
                ledger.book();
            }
        }
        let plan = (0..ledger.lines.len()).map(|line| ledger.plan(line));
        let (baselines, nets): (Vec<i128>, Vec<i128>) = plan.unzip();
        let counted = |line: &usize| ledger.lines[*line].baseline.is_some();
        let effect: i128 = (0..baselines.len()).filter(counted).map(|line| baselines[line] - nets[line]).sum();
        let value: i128 = nets.iter().sum();
        let fee = if value == 0 { 0 } else { ledger.fee() };
        prop_assert_eq!(ledger.sums(), [effect, fee, value], "what was planned, to the cent");
    }
}
