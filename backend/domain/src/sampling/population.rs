//! What a sample is drawn from: case numbers with values, as a text that can be kept, hashed and handed out.

use std::fmt::Write as _;

use crate::canonical::sha256;
use crate::money::{Net, NumberError};

/// A call-off as far as a draw needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Vorgangsnummer; there is no second one.
    pub case_number: String,
    /// Net value, if it has one.
    pub net: Option<Net>,
}

impl Item {
    /// What it weighs, in cents: the value without its sign.
    #[must_use]
    pub fn cents(&self) -> i128 {
        self.net.map_or(0, |net| net.cents().abs())
    }

    /// SHA-256 of `seed:case number`: its rank in the draw.
    fn rank(&self, seed: u32) -> [u8; 32] {
        sha256(format!("{seed}:{}", self.case_number).as_bytes())
    }
}

/// The call-offs that can be drawn, by case number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Population(Vec<Item>);

impl Population {
    /// Of these call-offs, in whatever order they come.
    #[must_use]
    pub fn new(mut items: Vec<Item>) -> Self {
        items.sort_by(|one, other| one.case_number.cmp(&other.case_number));
        Self(items)
    }

    /// Its call-offs, by case number.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.0
    }

    /// What they are worth together; only the orders are of one currency.
    #[must_use]
    pub fn sum(&self) -> Net {
        self.0.iter().filter_map(|it| it.net).sum()
    }

    /// In the order of the draw.
    #[must_use]
    pub fn in_order(&self, seed: u32) -> Vec<&Item> {
        let mut order: Vec<&Item> = self.0.iter().collect();
        order.sort_by_cached_key(|it| (it.rank(seed), it.case_number.clone()));
        order
    }

    /// A line each: case number, semicolon, net value with a point, or nothing.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(self.0.len() * 24);
        for item in &self.0 {
            let net = item.net.map(|net| net.to_string()).unwrap_or_default();
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{};{net}", item.case_number);
        }
        text
    }

    /// Reads such a text.
    ///
    /// # Errors
    /// For a value that is no amount.
    pub fn read(text: &str) -> Result<Self, NumberError> {
        let item = |line: &str| {
            let (case_number, net) = line.split_once(';').unwrap_or((line, ""));
            let net = if net.is_empty() { None } else { Some(net.parse()?) };
            Ok(Item { case_number: case_number.to_owned(), net })
        };
        Ok(Self::new(text.lines().map(item).collect::<Result<_, _>>()?))
    }

    /// SHA-256 of [`Self::text`]: what `sha256sum` says of the file.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        sha256(self.text().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::of;

    fn item(case_number: &str, net: Option<&str>) -> Item {
        Item { case_number: case_number.to_owned(), net: net.map(of) }
    }

    #[test]
    fn the_text_is_the_same_whatever_order_they_come_in_and_can_be_read_again() {
        let items = [item("V-B", Some("-12.50")), item("V-C", None), item("V-A", Some("1180"))];
        let population = Population::new(items.to_vec());
        assert_eq!(population.text(), "V-A;1180.00\nV-B;-12.50\nV-C;\n");
        let mut turned = items.to_vec();
        turned.reverse();
        assert_eq!(Population::new(turned).sha256(), population.sha256());
        let read = Population::read(&population.text()).expect("our own text");
        assert_eq!((read.text(), read.sum()), (population.text(), of("1167.50")));
        assert!(Population::read("V-A;zehn\n").is_err());
    }

    #[test]
    fn the_order_is_that_of_the_hashes_and_another_seed_has_another_one() {
        let population = Population::new((0..50).map(|at| item(&format!("V-{at:08}"), Some("1.00"))).collect());
        let numbers = |seed| population.in_order(seed).iter().map(|it| it.case_number.clone()).collect::<Vec<_>>();
        let mut by_hash = numbers(1);
        by_hash.sort_by_key(|it| sha256(format!("1:{it}").as_bytes()));
        assert_eq!(numbers(1), by_hash);
        assert_ne!(numbers(1), numbers(2));
    }
}
