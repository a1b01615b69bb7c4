//! Repeatable choices from a seeded source of chance.

use crate::chance::Chance;

/// A die of any number of sides, loaded by its seed.
#[derive(Debug, Clone)]
pub(super) struct Dice(Chance);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(Chance::seeded(seed))
    }

    /// A seed for another die or source of chance: what one stream draws must not move another.
    pub(super) fn seed(&self) -> u64 {
        u64::from_le_bytes(self.0.bytes())
    }

    /// A number from 0 to `sides` - 1; 0 for no sides.
    pub(super) fn roll(&self, sides: u64) -> u64 {
        // The bias of the remainder is below 2^-40 for the small numbers of the demo.
        self.seed() % sides.max(1)
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&self, low: u64, high: u64) -> u64 {
        low + self.roll(high.saturating_sub(low) + 1)
    }

    /// Yes in `percent` of all cases.
    pub(super) fn percent(&self, percent: u64) -> bool {
        self.roll(100) < percent
    }

    /// One of these; each is as likely.
    pub(super) fn pick<'a, T>(&self, among: &'a [T]) -> &'a T {
        let index = usize::try_from(self.roll(among.len() as u64)).unwrap_or(0);
        &among[index]
    }

    /// One of these texts; each is as likely.
    pub(super) fn text(&self, among: &[&'static str]) -> &'static str {
        let text: &&'static str = self.pick(among);
        text
    }

    /// One of these by weight; `None` if there is nothing to choose from.
    pub(super) fn weighted<T: Copy>(&self, among: &[(u64, T)]) -> Option<T> {
        let mut left = self.roll(among.iter().map(|(weight, _)| weight).sum());
        among.iter().find_map(|(weight, choice)| {
            if left < *weight {
                return Some(*choice);
            }
            left -= weight;
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_choices() {
        let (one, two) = (Dice::new(7), Dice::new(7));
        let rolls = |dice: &Dice| (0..20).map(|_| dice.between(3, 9)).collect::<Vec<_>>();
        assert_eq!(rolls(&one), rolls(&two));
        assert!(rolls(&one).iter().all(|roll| (3..=9).contains(roll)));
    }

    #[test]
    fn what_has_no_weight_is_never_chosen() {
        let dice = Dice::new(1);
        assert!((0..50).all(|_| dice.weighted(&[(0, 'a'), (2, 'b')]) == Some('b')));
        assert_eq!(dice.weighted::<char>(&[]), None);
    }
}
