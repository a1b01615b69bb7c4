//! Which item of the lists a purchase would have been.
//!
//! First by article number, exactly and then without signs and leading zeros. Then by words: the share of the words
//! that description and title have in common (Dice, in percent). Words with a digit must all agree: a notebook with
//! 8 GB is none with 16 GB. At least 60 % and clearly ahead of the next; and the unit must fit, with the common
//! synonyms. What fits by number or words in another unit or currency is told, not converted.

use std::collections::{BTreeMap, BTreeSet};

use super::{ListedItem, MatchedBy, Purchase, Unmatched};

/// Fewest words in common, in percent.
pub const FEWEST_IN_COMMON: usize = 60;
/// How far the best has to be ahead of the next item, in percentage points.
const AHEAD: usize = 10;

/// Position of the item in the list, and how it was recognised.
pub type Match = Result<(usize, MatchedBy), Unmatched>;

/// The lists, prepared for many purchases.
#[derive(Debug)]
pub struct Catalogue<'a> {
    items: &'a [ListedItem],
    words: Vec<BTreeSet<String>>,
    units: Vec<BTreeSet<String>>,
    by_number: BTreeMap<String, Vec<usize>>,
    by_bare_number: BTreeMap<String, Vec<usize>>,
    by_word: BTreeMap<String, Vec<usize>>,
}

impl<'a> Catalogue<'a> {
    /// Prepares the items.
    #[must_use]
    pub fn new(items: &'a [ListedItem]) -> Self {
        let mut it = Self {
            items,
            words: items.iter().map(|item| words(&item.title)).collect(),
            units: items.iter().map(unit_of).collect(),
            by_number: BTreeMap::new(),
            by_bare_number: BTreeMap::new(),
            by_word: BTreeMap::new(),
        };
        for (at, item) in items.iter().enumerate() {
            it.by_number.entry(item.article_number.trim().to_owned()).or_default().push(at);
            let bare = bare(&item.article_number);
            if !bare.is_empty() {
                it.by_bare_number.entry(bare).or_default().push(at);
            }
            for word in &it.words[at] {
                it.by_word.entry(word.clone()).or_default().push(at);
            }
        }
        it
    }

    /// The item a purchase would have been.
    ///
    /// # Errors
    /// With the reason why there is none.
    pub fn find(&self, purchase: &Purchase) -> Match {
        let number = purchase.article_number.trim();
        if !number.is_empty() {
            let known = self.by_number.get(number).or_else(|| self.by_bare_number.get(&bare(number)));
            if let Some(candidates) = known {
                return self.by_article(purchase, candidates);
            }
        }
        self.by_description(purchase)
    }

    /// Numbers are unique in a contract, not over all of them: of those that fit the one with the likest words.
    fn by_article(&self, purchase: &Purchase, candidates: &[usize]) -> Match {
        let fitting = self.fitting(purchase, candidates.iter().copied())?;
        let said = words(&purchase.description);
        let best = fitting.into_iter().max_by_key(|at| (in_common(&said, &self.words[*at]), usize::MAX - at));
        best.map(|at| (at, MatchedBy::Article)).ok_or(Unmatched::NotListed)
    }

    fn by_description(&self, purchase: &Purchase) -> Match {
        let said = words(&purchase.description);
        let near: BTreeSet<usize> = said.iter().filter_map(|word| self.by_word.get(word)).flatten().copied().collect();
        let mut likely: Vec<(usize, usize)> = near
            .into_iter()
            .filter(|at| numbers_agree(&said, &self.words[*at]))
            .map(|at| (in_common(&said, &self.words[at]), at))
            .filter(|(share, _)| FEWEST_IN_COMMON <= *share)
            .collect();
        if likely.is_empty() {
            return Err(Unmatched::NotListed);
        }
        if purchase.unit.trim().is_empty() {
            return Err(Unmatched::NoUnit);
        }
        let fitting = self.fitting(purchase, likely.iter().map(|(_, at)| *at))?;
        likely.retain(|(_, at)| fitting.contains(at));
        likely.sort_by_key(|(share, at)| (usize::MAX - share, *at));
        match likely.as_slice() {
            [(best, _), (next, _), ..] if *best < next + AHEAD => Err(Unmatched::Ambiguous),
            [(best, at), ..] => Ok((*at, MatchedBy::Description(u8::try_from(*best).unwrap_or(100)))),
            [] => Err(Unmatched::NotListed),
        }
    }

    /// Those in the unit and currency of the purchase. One without a unit is taken to mean that of the list.
    fn fitting(&self, purchase: &Purchase, candidates: impl Iterator<Item = usize>) -> Result<Vec<usize>, Unmatched> {
        let unit = unit_words(&purchase.unit);
        let (in_unit, other): (Vec<usize>, Vec<usize>) =
            candidates.partition(|at| unit.is_empty() || unit == self.units[*at]);
        let in_currency: Vec<usize> =
            in_unit.iter().copied().filter(|at| self.items[*at].currency == purchase.currency).collect();
        match (in_currency.is_empty(), in_unit.is_empty(), other.is_empty()) {
            (false, ..) => Ok(in_currency),
            (true, false, _) => Err(Unmatched::Currency),
            (true, true, false) => Err(Unmatched::Unit),
            (true, true, true) => Err(Unmatched::NotListed),
        }
    }
}

/// Letters and digits alone, in small letters, umlauts written out.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            'ä' => out.push_str("ae"),
            'ö' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'ß' => out.push_str("ss"),
            letter if letter.is_alphanumeric() => out.push(letter),
            _ => out.push(' '),
        }
    }
    out
}

/// An article number without signs and leading zeros.
fn bare(number: &str) -> String {
    folded(number).replace(' ', "").trim_start_matches('0').to_owned()
}

fn words(text: &str) -> BTreeSet<String> {
    const SAY_NOTHING: [&str; 14] =
        ["der", "die", "das", "und", "oder", "mit", "fuer", "von", "je", "pro", "inkl", "the", "and", "for"];
    folded(text)
        .split_whitespace()
        .filter(|word| 1 < word.chars().count() || word.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|word| !SAY_NOTHING.contains(word))
        .map(str::to_owned)
        .collect()
}

/// Twice the words in common by the words of both, in whole percent.
fn in_common(one: &BTreeSet<String>, other: &BTreeSet<String>) -> usize {
    let all = one.len() + other.len();
    (200 * one.intersection(other).count()).checked_div(all).unwrap_or(0)
}

/// Whether both name the same sizes, versions and counts.
fn numbers_agree(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    let with_digit = |words: &BTreeSet<String>| -> BTreeSet<String> {
        words.iter().filter(|word| word.bytes().any(|byte| byte.is_ascii_digit())).cloned().collect()
    };
    with_digit(one) == with_digit(other)
}

fn unit_of(item: &ListedItem) -> BTreeSet<String> {
    let mut unit = unit_words(&item.unit);
    if item.by_month {
        unit.insert("monat".to_owned());
    }
    unit
}

/// A unit as the set of what it counts: "Nutzer und Monat" and "user/month" are the same.
fn unit_words(unit: &str) -> BTreeSet<String> {
    folded(unit)
        .split_whitespace()
        .filter(|word| !["und", "je", "pro", "per", "and", "1"].contains(word))
        .map(|word| match word {
            "stk" | "st" | "stck" | "stuecke" | "pc" | "pcs" | "piece" | "pieces" | "ea" | "each" | "item" => "stueck",
            "h" | "std" | "stunden" | "hour" | "hours" => "stunde",
            "pt" | "tage" | "day" | "days" | "personentag" | "personentage" => "tag",
            "monate" | "mon" | "month" | "months" | "mtl" | "monatlich" => "monat",
            "jahre" | "year" | "years" | "jaehrlich" | "pa" => "jahr",
            "lizenzen" | "licence" | "license" | "licences" | "licenses" => "lizenz",
            "user" | "users" | "benutzer" | "anwender" => "nutzer",
            "patienten" | "patients" => "patient",
            "packungen" | "pck" | "pkg" | "pack" => "packung",
            "pauschal" | "psch" | "flat" => "pauschale",
            other => other,
        })
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{id, of};

    fn listed(number: u128, article: &str, title: &str, unit: &str) -> ListedItem {
        ListedItem {
            contract: id(1),
            item: id(number),
            article_number: article.to_owned(),
            title: title.to_owned(),
            unit: unit.to_owned(),
            by_month: false,
            currency: "EUR".to_owned(),
        }
    }

    fn list() -> Vec<ListedItem> {
        vec![
            listed(1, "NB-008", "Notebook 14 Zoll, 8 GB Arbeitsspeicher", "Stück"),
            listed(2, "NB-016", "Notebook 14 Zoll, 16 GB Arbeitsspeicher", "Stück"),
            listed(3, "000471", "Schulung Tabellenkalkulation Grundlagen", "Tag"),
            ListedItem { by_month: true, ..listed(4, "SUB-1", "Virtueller Arbeitsplatz Standard", "Nutzer") },
        ]
    }

    fn bought(article: &str, description: &str, unit: &str) -> Purchase {
        Purchase {
            line: 2,
            article_number: article.to_owned(),
            description: description.to_owned(),
            unit: unit.to_owned(),
            quantity: of("1"),
            paid: of("10.00"),
            currency: "EUR".to_owned(),
            bought_on: None,
        }
    }

    fn found(article: &str, description: &str, unit: &str) -> Match {
        let items = list();
        Catalogue::new(&items).find(&bought(article, description, unit))
    }

    #[test]
    fn an_article_number_is_known_exactly_and_without_signs_and_zeros() {
        assert_eq!(found("NB-016", "", "Stk."), Ok((1, MatchedBy::Article)));
        assert_eq!(found("nb 016", "irgendwas", ""), Ok((1, MatchedBy::Article)));
        assert_eq!(found("471", "", "Tage"), Ok((2, MatchedBy::Article)));
        assert_eq!(found("NB-016", "", "Palette"), Err(Unmatched::Unit));
        let dollars = Purchase { currency: "USD".to_owned(), ..bought("NB-016", "", "Stück") };
        assert_eq!(Catalogue::new(&list()).find(&dollars), Err(Unmatched::Currency));
    }

    #[test]
    fn words_lead_to_an_item_only_where_sizes_agree_and_one_is_ahead() {
        assert_eq!(found("", "Notebook 16 GB Arbeitsspeicher 14 Zoll", "Stück"), Ok((1, MatchedBy::Description(100))));
        assert_eq!(found("", "Notebook 14 Zoll 32 GB Arbeitsspeicher", "Stück"), Err(Unmatched::NotListed));
        assert_eq!(
            found("4711", "Grundlagen-Schulung Tabellenkalkulation", "Tag"),
            Ok((2, MatchedBy::Description(100)))
        );
        assert_eq!(found("", "Grundlagen-Schulung Tabellenkalkulation", ""), Err(Unmatched::NoUnit));
        assert_eq!(found("", "Streusalz", "Tonne"), Err(Unmatched::NotListed));
        let twins =
            vec![listed(1, "A", "Maus schwarz optisch", "Stück"), listed(2, "B", "Maus schwarz optisch", "Stück")];
        let two = Catalogue::new(&twins).find(&bought("", "Maus schwarz optisch", "Stück"));
        assert_eq!(two, Err(Unmatched::Ambiguous));
    }

    #[test]
    fn a_price_by_month_is_compared_with_a_price_by_month_only() {
        assert_eq!(found("SUB-1", "", "Nutzer und Monat"), Ok((3, MatchedBy::Article)));
        assert_eq!(found("SUB-1", "", "user/month"), Ok((3, MatchedBy::Article)));
        assert_eq!(found("SUB-1", "", "Nutzer"), Err(Unmatched::Unit));
        assert_eq!(found("SUB-1", "", "Nutzer und Jahr"), Err(Unmatched::Unit));
    }
}
