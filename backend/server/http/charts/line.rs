//! A line over some years per class of evidence. A year without call-offs interrupts the line: nothing is no zero.

use abruf_domain::money::Net;
use rust_decimal::Decimal;

use super::{CLASSES, Class, exact, place, short};

/// First and last point, in percent of the width: their labels need room.
const FROM_PCT: i64 = 10;
const TO_PCT: i64 = 90;
/// Room above the highest point for its label.
const TOP: i64 = 30;
/// Height of the area with the points.
const AREA: i64 = 150;
/// Room below for losses' labels and the years.
const BOTTOM: i64 = 50;

/// A year with the figures of its classes; `None`: nothing was called off.
#[derive(Debug, Clone)]
pub struct YearFacts {
    /// Calendar year.
    pub year: i32,
    /// A, B, C.
    pub classes: Option<[Net; 3]>,
}

/// Lines over years.
#[derive(Debug, Clone, askama::Template)]
#[template(path = "charts/line.html")]
pub struct Line {
    title: String,
    description: String,
    height: i64,
    zero: Decimal,
    years: Vec<(i32, Decimal)>,
    year_y: i64,
    series: Vec<Series>,
    table: Vec<(i32, Option<[String; 3]>)>,
}

#[derive(Debug, Clone)]
struct Series {
    class: Class,
    points: Vec<Point>,
    segments: Vec<[Decimal; 4]>,
}

#[derive(Debug, Clone)]
struct Point {
    x: Decimal,
    y: Decimal,
    /// Only class A has its values written above its points: three would cover each other.
    label: String,
    label_y: Decimal,
}

impl Line {
    /// Draws the years, oldest first; none unless one of them has call-offs.
    #[must_use]
    pub fn of(title: &str, years: &[YearFacts]) -> Option<Self> {
        let amounts = || years.iter().filter_map(|it| it.classes).flatten().map(Net::decimal);
        let most = amounts().max()?.max(Decimal::ZERO);
        let least = amounts().min()?.min(Decimal::ZERO);
        let steps = Decimal::from(years.len().saturating_sub(1).max(1));
        let x = |index: usize| {
            (Decimal::from(FROM_PCT) + Decimal::from(TO_PCT - FROM_PCT) * Decimal::from(index) / steps).round_dp(2)
        };
        let y = |amount: Decimal| Decimal::from(TOP + AREA) - place(amount, least, most, Decimal::from(AREA));
        let drawn = CLASSES.into_iter().enumerate().filter(|(at, _)| {
            // A class that nobody has is no line on the ground.
            *at == 0 || years.iter().filter_map(|it| it.classes).any(|it| !it[*at].is_zero())
        });
        let series = drawn.map(|(at, class)| series(class, at, years, x, y)).collect();
        let (first, last) = (years.first()?, years.last()?);
        let said = |it: &YearFacts| {
            it.classes
                .map_or_else(|| format!("{}: keine Abrufe", it.year), |all| format!("{}: {}", it.year, exact(all[0])))
        };
        Some(Self {
            title: title.to_owned(),
            description: format!(
                "Klasse A netto von {} bis {}. {}.",
                first.year,
                last.year,
                years.iter().map(said).collect::<Vec<_>>().join(", ")
            ),
            height: TOP + AREA + BOTTOM,
            zero: y(Decimal::ZERO),
            years: years.iter().enumerate().map(|(index, it)| (it.year, x(index))).collect(),
            year_y: TOP + AREA + BOTTOM - 6,
            series,
            table: years.iter().map(|it| (it.year, it.classes.map(|all| all.map(exact)))).collect(),
        })
    }
}

fn series(
    class: Class,
    at: usize,
    years: &[YearFacts],
    x: impl Fn(usize) -> Decimal,
    y: impl Fn(Decimal) -> Decimal,
) -> Series {
    let place = |index: usize| years[index].classes.map(|all| (x(index), y(all[at].decimal()), all[at]));
    let points = (0..years.len())
        .filter_map(place)
        .map(|(x, y, net)| Point {
            x,
            y,
            label: if class == Class::A { short(net) } else { String::new() },
            label_y: if net.is_negative() { y + Decimal::from(20) } else { y - Decimal::TEN },
        })
        .collect();
    let segments = (1..years.len())
        .filter_map(|index| place(index - 1).zip(place(index)))
        .map(|(from, to)| [from.0, from.1, to.0, to.1])
        .collect();
    Series { class, points, segments }
}

#[cfg(test)]
mod tests {
    use askama::Template;

    use super::*;

    fn year(year: i32, classes: Option<[&str; 3]>) -> YearFacts {
        YearFacts { year, classes: classes.map(|all| all.map(|text| text.parse().unwrap())) }
    }

    #[test]
    fn a_year_without_call_offs_interrupts_the_line() {
        let years = [
            year(2022, Some(["10.00", "0.00", "0.00"])),
            year(2023, None),
            year(2024, Some(["20.00", "0.00", "0.00"])),
            year(2025, Some(["-5.00", "0.00", "0.00"])),
        ];
        let line = Line::of("Fünf Jahre", &years).unwrap();
        let [a] = &line.series[..] else { panic!("only A has figures: {line:?}") };
        assert_eq!((a.points.len(), a.segments.len()), (3, 1));
        assert!(line.zero < a.points[2].y, "a loss lies below the zero line");
        let svg = line.render().unwrap();
        assert!(svg.contains("2023: keine Abrufe") && svg.contains("\u{2212}5,00\u{a0}€"), "{svg}");
        assert!(!svg.contains("style="), "{svg}");
    }

    #[test]
    fn five_years_stand_from_left_to_right_each_at_its_height() {
        let sums = ["100.00", "300.00", "200.00", "500.00", "400.00"];
        let years: Vec<_> = (2022..).zip(sums).map(|(at, sum)| year(at, Some([sum, "0.00", "0.00"]))).collect();
        let line = Line::of("Fünf Jahre", &years).unwrap();
        assert_eq!(line.years.iter().map(|it| it.0).collect::<Vec<_>>(), [2022, 2023, 2024, 2025, 2026]);
        let [a] = &line.series[..] else { panic!("only A has figures: {line:?}") };
        assert!(a.points.is_sorted_by(|left, right| left.x < right.x), "{a:?}");
        let mut by_height: Vec<_> = a.points.iter().zip(sums).map(|(point, sum)| (point.y, sum)).collect();
        by_height.sort();
        assert_eq!(
            by_height.iter().map(|it| it.1).collect::<Vec<_>>(),
            ["500.00", "400.00", "300.00", "200.00", "100.00"]
        );
        assert_eq!(a.segments.len(), 4, "no year is missing");
    }

    #[test]
    fn one_year_zero_data_and_nothing() {
        assert!(Line::of("Fünf Jahre", &[]).is_none());
        assert!(Line::of("Fünf Jahre", &[year(2026, None)]).is_none());
        let line = Line::of("Fünf Jahre", &[year(2026, Some(["0.00", "0.00", "0.00"]))]).unwrap();
        assert_eq!(line.series[0].points[0].y, line.zero);
        assert!(line.series[0].segments.is_empty());
    }

    #[test]
    fn every_class_with_figures_has_its_own_line() {
        let years = [2025, 2026].map(|it| year(it, Some(["10.00", "5.00", "1.00"])));
        let svg = Line::of("Fünf Jahre", &years).unwrap().render().unwrap();
        for style in ["chart__line-a", "chart__line-b", "chart__line-c"] {
            assert!(svg.contains(style), "no {style}: {svg}");
        }
        assert!(!svg.contains("16,00"), "classes are never added");
    }
}
