//! Made-up orders of every kind, for tests and the conformance suite; the same seed is the same order.
//!
//! Unlike the tidy ones of [`crate::sample`] they mix VAT categories, have surcharges, running lines,
//! odd quantities, prices with many decimals and one to four hundred lines.

use abruf_domain::money::{Net, Percent, Quantity, UnitPrice};
use abruf_domain::period::Period;
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;

use crate::cancellation::CancellationData;
use crate::data::{Line, Subscription, Surcharge, VatCategory, VatClass};
use crate::order::{OrderData, Stage};
use crate::sample;

/// Numbers that look like chance and are none (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From `least` to `most`, both included.
    fn roll(&mut self, least: i64, most: i64) -> i64 {
        let sides = u64::try_from(most - least + 1).unwrap_or(1);
        least + i64::try_from(self.next() % sides).unwrap_or(0)
    }

    fn pick<T: Clone>(&mut self, sides: &[T]) -> T {
        let last = i64::try_from(sides.len()).unwrap_or(1) - 1;
        sides[usize::try_from(self.roll(0, last)).unwrap_or(0)].clone()
    }
}

const TITLES: [&str; 8] = [
    "Notebook 14 Zoll",
    "Wartung der Löschanlage nach DIN 14462",
    "Streusalz, Körnung 0–5 mm, lose",
    "Łukasiewicz & Đorđević: „Handbuch <Vergabe>“",
    "Kopierpapier DIN A4, 80 g/m²",
    "Verbandsgemeindeverwaltungsarbeitsplatzausstattung",
    "Dienstleistung \"nach Aufwand\" (Stufe 3)",
    "Öl",
];
const UNITS: [&str; 8] = ["Stück", "Nutzer", "Personentag", "t", "kWh", "Packung", "Sonstwas", "m²"];

/// An order in euro with one to 400 lines.
#[must_use]
pub fn random_order(seed: u64) -> OrderData {
    let mut dice = Dice(seed);
    // Most are short, some are as long as an order may be.
    let lines = if dice.roll(1, 20) == 1 { dice.roll(100, 400) } else { dice.roll(1, 40) };
    let classes = classes(&mut dice);
    let lines: Vec<Line> =
        (1..=u32::try_from(lines).unwrap_or(1)).map(|position| line(&mut dice, position, &classes)).collect();
    let surcharge = (dice.roll(1, 3) == 1).then(|| Surcharge {
        title: "Mindermengenzuschlag".to_owned(),
        net: Net::rounded(Decimal::new(dice.roll(1, 9_999), 2)),
        vat: dice.pick(&classes),
    });
    let mut data = sample::order(1);
    if let Stage::Released { number, .. } = &mut data.stage {
        *number = format!("RV-2025-01-{seed:04}");
    }
    data.totals = sample::totals(&lines, surcharge.as_ref());
    (data.lines, data.surcharge) = (lines, surcharge);
    if dice.roll(1, 4) == 1 {
        (data.references.leitweg_id, data.references.contact) = (None, None);
        (data.delivery_address, data.invoice_address) = (None, None);
    }
    if dice.roll(1, 4) == 1 {
        data.desired_delivery = None;
    }
    data
}

/// The complete cancellation of such an order.
#[must_use]
pub fn random_cancellation(seed: u64) -> CancellationData {
    let order = random_order(seed);
    let cancellation = sample::cancellation(1);
    CancellationData { lines: order.lines, surcharge: order.surcharge, totals: order.totals, ..cancellation }
}

/// One to four ways of taxing.
fn classes(dice: &mut Dice) -> Vec<VatClass> {
    let standard = |rate: i64| VatClass {
        category: VatCategory::Standard,
        rate: Percent::new(Decimal::from(rate)).unwrap_or(Percent::ZERO),
        reason: None,
    };
    let free = |category: VatCategory, reason: &str| VatClass {
        category,
        rate: Percent::ZERO,
        reason: Some(reason.to_owned()),
    };
    let all = [
        standard(19),
        standard(7),
        free(VatCategory::Exempt, "§ 4 Nr. 21 UStG"),
        free(VatCategory::ReverseCharge, "§ 13b UStG"),
    ];
    let first = dice.roll(0, 3);
    let count = dice.roll(1, 4);
    (first..first + count).filter_map(|index| all.get(usize::try_from(index % 4).ok()?).cloned()).collect()
}

fn line(dice: &mut Dice, position: u32, classes: &[VatClass]) -> Line {
    let decimals = dice.pick(&[0_u32, 0, 0, 1, 3]);
    let quantity = Quantity::new(Decimal::new(dice.roll(1, 9_999), decimals)).unwrap_or(Quantity::ONE);
    let price_decimals = dice.pick(&[2_u32, 2, 2, 4, 6]);
    let unit_price = UnitPrice::rounded(Decimal::new(dice.roll(1, 9_999_999), price_decimals), price_decimals);
    let subscription = (dice.roll(1, 4) == 1).then(|| running(dice)).flatten();
    let months = subscription.map(|subscription| subscription.period.months());
    Line {
        position,
        article_number: format!("A-{:04}/{position}", dice.roll(1, 9_999)),
        title: dice.pick(&TITLES).to_owned(),
        lot: None,
        quantity,
        unit: dice.pick(&UNITS).to_owned(),
        unit_price,
        price_decimals,
        subscription,
        net: Net::of_line(unit_price, quantity, months),
        vat: dice.pick(classes),
    }
}

/// A term that begins on some day and is rarely a whole number of months.
fn running(dice: &mut Dice) -> Option<Subscription> {
    let first = NaiveDate::from_ymd_opt(2027, 6, 1)? + Days::new(dice.next() % 60);
    let last = first + Days::new(20 + dice.next() % 900);
    let period = Period::new(first, last).ok()?;
    Some(Subscription { period, months: period.months().rounded() })
}
