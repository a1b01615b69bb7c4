//! Names of invented persons: common first and last names, put together by chance.

use std::collections::BTreeSet;

use super::dice::Dice;

const FIRST: &[&str] = &[
    "Andrea",
    "Anja",
    "Bernd",
    "Britta",
    "Carsten",
    "Christine",
    "Claudia",
    "Daniel",
    "Doreen",
    "Elke",
    "Enrico",
    "Fatma",
    "Felix",
    "Frank",
    "Gabriele",
    "Grit",
    "Hannes",
    "Holger",
    "Ines",
    "Jens",
    "Jonas",
    "Juliane",
    "Kai",
    "Karin",
    "Kerstin",
    "Lars",
    "Lena",
    "Mandy",
    "Marco",
    "Martina",
    "Mehmet",
    "Nadine",
    "Nils",
    "Olaf",
    "Patrick",
    "Ramona",
    "René",
    "Silke",
    "Simone",
    "Steffen",
    "Susanne",
    "Sven",
    "Thomas",
    "Tobias",
    "Ulrike",
    "Volker",
    "Wiebke",
    "Zeynep",
];

const LAST: &[&str] = &[
    "Ahrens",
    "Bauer",
    "Behrens",
    "Bergmann",
    "Böhm",
    "Busch",
    "Döring",
    "Ebert",
    "Engel",
    "Franke",
    "Friedrich",
    "Gärtner",
    "Graf",
    "Günther",
    "Haase",
    "Heinrich",
    "Hempel",
    "Herrmann",
    "Hofmann",
    "Horn",
    "Jahn",
    "Kaiser",
    "Keller",
    "Köhler",
    "Kramer",
    "Kuhn",
    "Lange",
    "Lehmann",
    "Lindner",
    "Ludwig",
    "Maier",
    "Marx",
    "Möller",
    "Naumann",
    "Neubert",
    "Otto",
    "Pohl",
    "Richter",
    "Sauer",
    "Schreiber",
    "Schubert",
    "Schulze",
    "Seifert",
    "Simon",
    "Sommer",
    "Thiele",
    "Ullrich",
    "Voigt",
    "Wagner",
    "Weber",
    "Winkler",
    "Wolff",
    "Yilmaz",
    "Zander",
    "Ziegler",
];

/// Draws a name whose mail address nobody has yet: name and address.
pub(super) fn draw(dice: &Dice, domain: &str, taken: &mut BTreeSet<String>) -> (String, String) {
    loop {
        let (first, last) = (dice.text(FIRST), dice.text(LAST));
        let email = format!("{}.{}@{domain}", plain(first), plain(last));
        if taken.insert(email.clone()) {
            return (format!("{first} {last}"), email);
        }
    }
}

/// As a mail address is written: lower case, no umlauts.
fn plain(name: &str) -> String {
    name.to_lowercase().replace('ä', "ae").replace('ö', "oe").replace('ü', "ue").replace('é', "e")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_shares_an_address() {
        let (dice, mut taken) = (Dice::new(3), BTreeSet::new());
        let drawn: BTreeSet<String> = (0..500).map(|_| draw(&dice, "altenrode.example", &mut taken).1).collect();
        assert_eq!(drawn.len(), 500);
        assert!(drawn.iter().all(|email| email.is_ascii()));
    }
}
