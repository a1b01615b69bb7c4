//! Horizontal bars per contract: a bar for each class of evidence, side by side on one scale, never stacked into a sum.

use abruf_domain::money::Net;
use rust_decimal::Decimal;

use super::{CLASSES, Class, exact, place, shortened};
use crate::http::english::typed::as_typed;
use crate::http::filters;
use crate::http::pages::written::count;

/// Share of the width for bars; the rest is for the values.
const WIDTH_PCT: i64 = 60;
/// Rows that are drawn; more would be no picture. The table has all of them.
const MOST_ROWS: usize = 20;
/// Height of a name.
const NAME: usize = 22;
/// Height of a bar with its distance.
const BAR: usize = 22;
/// Distance between two contracts.
const GAP: usize = 12;

/// A contract with the figures of its classes; `None`: no entry stands behind it.
#[derive(Debug, Clone)]
pub struct BarFacts {
    /// Title.
    pub name: String,
    /// A, B, C.
    pub classes: [Option<Net>; 3],
}

/// Bars with a common zero line.
#[derive(Debug, Clone, askama::Template)]
#[template(path = "charts/bars.html")]
pub struct Bars {
    /// What the drawing is about; also begins the ids in it.
    title: String,
    description: String,
    rows: Vec<Row>,
    height: usize,
    zero: Decimal,
    /// Contracts that are in the table only.
    left_out: String,
    any_negative: bool,
    table: Vec<(String, [String; 3])>,
}

#[derive(Debug, Clone)]
struct Row {
    name: String,
    name_y: usize,
    bars: Vec<Bar>,
    zero_top: usize,
    zero_bottom: usize,
}

#[derive(Debug, Clone)]
struct Bar {
    class: Class,
    negative: bool,
    x: Decimal,
    length: Decimal,
    y: usize,
    value: String,
    value_y: usize,
}

impl Bars {
    /// Draws the contracts, largest class A first; none without contracts.
    #[must_use]
    pub fn of(title: &str, contracts: &[BarFacts]) -> Option<Self> {
        let mut sorted: Vec<&BarFacts> = contracts.iter().collect();
        sorted.sort_by_key(|it| (-it.classes[0].unwrap_or(Net::ZERO), it.name.clone()));
        let (largest, drawn) = (*sorted.first()?, &sorted[..sorted.len().min(MOST_ROWS)]);
        let amounts = || drawn.iter().flat_map(|it| it.classes.into_iter().flatten()).map(Net::decimal);
        let most = amounts().max().unwrap_or_default().max(Decimal::ZERO);
        let least = amounts().min().unwrap_or_default().min(Decimal::ZERO);
        let width = Decimal::from(WIDTH_PCT);
        let zero = place(Decimal::ZERO, least, most, width);
        let mut y = 0;
        let rows = drawn
            .iter()
            .map(|it| {
                let row = row(it, y, |amount| place(amount, least, most, width), zero);
                y = row.zero_bottom + GAP;
                row
            })
            .collect();
        let left_out = match contracts.len() - drawn.len() {
            0 => String::new(),
            1 => "1 weiterer Vertrag steht in der Tabelle.".to_owned(),
            more => format!("{more} weitere Verträge stehen in der Tabelle."),
        };
        let described = count(i64::try_from(contracts.len()).unwrap_or(i64::MAX), "Rahmenvertrag", "Rahmenverträge");
        Some(Self {
            title: title.to_owned(),
            description: format!(
                "{described}, je Belegklasse ein eigener Balken. Am meisten in Klasse A: {}, {}. {left_out}",
                as_typed(&largest.name),
                exact(largest.classes[0].unwrap_or(Net::ZERO))
            ),
            rows,
            height: y,
            zero,
            left_out,
            any_negative: least.is_sign_negative() && !least.is_zero(),
            table: sorted.iter().map(|it| (it.name.clone(), it.classes.map(cell))).collect(),
        })
    }
}

fn cell(net: Option<Net>) -> String {
    net.map_or_else(|| "–".to_owned(), exact)
}

/// Class A always has its bar, the others where entries stand behind them.
fn row(facts: &BarFacts, top: usize, place: impl Fn(Decimal) -> Decimal, zero: Decimal) -> Row {
    let mut y = top + NAME;
    let mut bars = Vec::new();
    for (class, net) in CLASSES.into_iter().zip(facts.classes) {
        let Some(net) = net.or((class == Class::A).then_some(Net::ZERO)) else { continue };
        let end = place(net.decimal());
        let extra = if net.is_negative() { " Mehrkosten" } else { "" };
        bars.push(Bar {
            class,
            negative: net.is_negative(),
            x: end.min(zero),
            length: (end - zero).abs(),
            y,
            value: format!("{} {}{extra}", class.letter(), exact(net)),
            value_y: y + 14,
        });
        y += BAR;
    }
    Row { name: shortened(&facts.name), name_y: top + 15, bars, zero_top: top + NAME - 2, zero_bottom: y }
}

#[cfg(test)]
mod tests {
    use askama::Template;

    use super::*;

    fn facts(name: &str, a: &str, b: Option<&str>) -> BarFacts {
        let net = |text: &str| Some(text.parse().unwrap());
        BarFacts { name: name.to_owned(), classes: [net(a), b.and_then(net), None] }
    }

    #[test]
    fn classes_stand_side_by_side_on_one_scale_and_are_never_added() {
        let bars = Bars::of("Einsparung", &[facts("Citrix", "120.00", Some("60.00"))]).unwrap();
        let [a, b] = &bars.rows[0].bars[..] else { panic!("{bars:?}") };
        assert_eq!(
            (a.length, b.length, a.x, b.x),
            (Decimal::from(60), Decimal::from(30), Decimal::ZERO, Decimal::ZERO)
        );
        let svg = bars.render().unwrap();
        assert!(svg.contains("A 120,00") && svg.contains("B 60,00") && !svg.contains("180,00"), "{svg}");
    }

    #[test]
    fn losses_point_left_with_their_word() {
        let bars = Bars::of("Einsparung", &[facts("Toner", "-50.00", None), facts("Citrix", "150.00", None)]).unwrap();
        assert_eq!(bars.zero, Decimal::from(15));
        assert_eq!(bars.rows[0].name, "Citrix", "largest first");
        let loss = &bars.rows[1].bars[0];
        assert_eq!((loss.negative, loss.x, loss.length), (true, Decimal::ZERO, Decimal::from(15)));
        assert!(bars.render().unwrap().contains("\u{2212}50,00\u{a0}€ Mehrkosten"));
    }

    #[test]
    fn one_contract_forty_contracts_and_nothing_at_all() {
        assert!(Bars::of("Einsparung", &[]).is_none());
        let zero = Bars::of("Einsparung", &[facts("Nichts", "0.00", None)]).unwrap();
        assert_eq!(zero.rows[0].bars[0].length, Decimal::ZERO);
        let forty: Vec<BarFacts> =
            (0..40).map(|n| facts(&format!("Vertrag {n:02}"), &format!("{n}.00"), None)).collect();
        let bars = Bars::of("Einsparung", &forty).unwrap();
        assert_eq!((bars.rows.len(), bars.table.len()), (MOST_ROWS, 40));
        assert!(bars.render().unwrap().contains("20 weitere Verträge stehen in der Tabelle."));
    }

    #[test]
    fn the_drawing_speaks_and_styles_nothing_itself() {
        let svg = Bars::of("Einsparung <2026>", &[facts("A & B", "1.00", Some("-2.00"))]).unwrap().render().unwrap();
        for part in ["<title", "<desc", "role=\"img\"", "Als Tabelle anzeigen", "<pattern"] {
            assert!(svg.contains(part), "no {part}: {svg}");
        }
        assert!(!svg.contains("style=") && !svg.contains("A & B") && !svg.contains("<2026>"), "{svg}");
    }
}
