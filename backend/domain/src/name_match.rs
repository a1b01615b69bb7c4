//! How much two names of the same thing look alike: „Citrix Universal Lizenz“ and „CITRIX-Universal (Lizenzen)“.
//!
//! Trigrams of the words, compared by Dice: twice what both have, in thousandths of what each has. Order of the words and
//! punctuation make no difference. It proposes; a person decides.

use std::collections::BTreeMap;

/// From here on, in thousandths, a name is worth proposing.
pub const LIKELY: u32 = 400;

/// A name, cut into what is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    trigrams: BTreeMap<[char; 3], u32>,
    count: u32,
}

impl Name {
    /// Of a text; letters without their case, digits, nothing else.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let lower = text.to_lowercase();
        let mut trigrams = BTreeMap::new();
        let mut count = 0;
        for word in lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            // As in pg_trgm: two blanks before, one behind, so that beginnings weigh more.
            let padded: Vec<char> = [' ', ' '].into_iter().chain(word.chars()).chain([' ']).collect();
            for three in padded.windows(3) {
                *trigrams.entry([three[0], three[1], three[2]]).or_insert(0) += 1;
                count += 1;
            }
        }
        Self { trigrams, count }
    }

    /// How alike, from 0 to 1000.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> u32 {
        let both = self.count + other.count;
        if both == 0 {
            return 0;
        }
        let common: u32 = self
            .trigrams
            .iter()
            .map(|(three, mine)| other.trigrams.get(three).map_or(0, |theirs| (*mine).min(*theirs)))
            .sum();
        2_000 * common / both
    }
}

/// The likeliest of these names for a text, best first, at most `most` of them, none below [`LIKELY`]. The
/// number is the place in `names`.
#[must_use]
pub fn likeliest(text: &str, names: &[Name], most: usize) -> Vec<(usize, u32)> {
    let wanted = Name::of(text);
    let mut found: Vec<(usize, u32)> = names
        .iter()
        .enumerate()
        .map(|(at, name)| (at, wanted.likeness(name)))
        .filter(|(_, likeness)| LIKELY <= *likeness)
        .collect();
    found.sort_by_key(|(at, likeness)| (u32::MAX - likeness, *at));
    found.truncate(most);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_case_and_punctuation_make_no_difference() {
        let likeness = |a: &str, b: &str| Name::of(a).likeness(&Name::of(b));
        assert_eq!(likeness("Citrix Universal, Nutzer", "NUTZER (Citrix-Universal)"), 1000);
        assert_eq!(likeness("", ""), 0);
        assert_eq!(likeness("Monitor", ""), 0);
        assert!(likeness("Schulungstag", "Notebook 14 Zoll") < LIKELY);
    }

    #[test]
    fn the_likeliest_name_comes_first_and_strangers_are_left_out() {
        let names: Vec<Name> =
            ["Monitor 27 Zoll", "Monitor 24 Zoll", "Schulung, Tag"].into_iter().map(Name::of).collect();
        let found = likeliest("Monitore 27 Zoll Büro", &names, 3);
        assert_eq!(found[0].0, 0, "{found:?}");
        assert!(found.iter().all(|(at, _)| *at != 2), "{found:?}");
        assert!(likeliest("Feuerwehrschlauch", &names, 3).is_empty());
        assert_eq!(likeliest("Monitor 24 Zoll", &names, 1), [(1, 1000)]);
    }
}
