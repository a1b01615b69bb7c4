//! How easily a new password is guessed: by words about its person, or because many have it.
//!
//! zxcvbn brings 30,000 passwords of known leaks, names, words and patterns, all of them English; what stands here is
//! German or ours. Nothing is asked outside: a password, or a part of its hash, does not leave the program.

use zxcvbn::{Score, zxcvbn};

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// Hardly anything but words about the person, their organisation or their work.
    Context,
    /// Common, leaked or a pattern: guessed in fewer than 10^10 attempts.
    Common,
}

/// Words of the product and its house, which everybody who knows the address can guess.
const OURS: [&str; 25] = [
    "abruf",
    "abrufe",
    "ausschreibung",
    "beschaffung",
    "bestellung",
    "einkauf",
    "einkaufen",
    "einkaufsgenossenschaft",
    "einkaufsverbund",
    "freigabe",
    "gemeinde",
    "genossenschaft",
    "geschäftsstelle",
    "kommune",
    "kämmerei",
    "landkreis",
    "rahmenvertrag",
    "rathaus",
    "stadt",
    "stadtverwaltung",
    "städte",
    "vergabe",
    "vergabestelle",
    "vertrag",
    "verwaltung",
];

/// What Germans choose, beyond what zxcvbn knows; the most usual first.
const GERMAN: [&str; 92] = [
    "passwort",
    "kennwort",
    "hallo",
    "geheim",
    "willkommen",
    "schatz",
    "ficken",
    "lassmichrein",
    "sonnenschein",
    "deutschland",
    "fussball",
    "fußball",
    "ichliebedich",
    "liebe",
    "schalke",
    "schalke04",
    "bayern",
    "dortmund",
    "borussia",
    "werder",
    "hamburg",
    "berlin",
    "münchen",
    "köln",
    "frankfurt",
    "stuttgart",
    "dresden",
    "leipzig",
    "magdeburg",
    "hannover",
    "bremen",
    "frühling",
    "sommer",
    "herbst",
    "winter",
    "januar",
    "februar",
    "märz",
    "april",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "dezember",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonntag",
    "wochenende",
    "urlaub",
    "feierabend",
    "arbeit",
    "büro",
    "computer",
    "rechner",
    "drucker",
    "internet",
    "anmeldung",
    "anmelden",
    "zugang",
    "benutzer",
    "admin",
    "administrator",
    "sicher",
    "sicherheit",
    "neues",
    "ändern",
    "test",
    "probe",
    "start",
    "mama",
    "papa",
    "familie",
    "katze",
    "hund",
    "pferd",
    "schnecke",
    "engel",
    "prinzessin",
    "baby",
    "kuchen",
    "schokolade",
    "weihnachten",
    "ostern",
    "eins",
    "zwei",
    "drei",
];

/// Characters a password has at least besides words about its person.
const OF_ITS_OWN: usize = 6;
/// Shorter words about a person are in too many others.
const SHORTEST: usize = 3;

/// What is weak about a password. `about` is what is known of its person: name, address, organisations.
#[must_use]
pub fn weakness(password: &str, about: &[String]) -> Option<Weakness> {
    let words = context(about);
    if own_characters(password, &words) < OF_ITS_OWN {
        return Some(Weakness::Context);
    }
    let known: Vec<&str> = words.iter().map(String::as_str).chain(GERMAN).collect();
    (zxcvbn(password, &known).score() < Score::Four).then_some(Weakness::Common)
}

/// The words about a person in every spelling, with ours, the longest first.
fn context(about: &[String]) -> Vec<String> {
    let mut words = Vec::new();
    for text in about.iter().map(String::as_str).chain(OURS) {
        let text = text.to_lowercase();
        let parts: Vec<&str> = text.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty()).collect();
        words.push(parts.concat());
        words.extend(parts.into_iter().map(str::to_owned));
    }
    let folded: Vec<String> = words.iter().map(|it| without_umlauts(it)).collect();
    words.extend(folded);
    words.retain(|it| SHORTEST <= it.chars().count());
    words.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    words.dedup();
    words
}

/// As addresses and keyboards without umlauts write it.
fn without_umlauts(word: &str) -> String {
    word.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue").replace('ß', "ss")
}

/// Letters and digits that are left without these words.
fn own_characters(password: &str, words: &[String]) -> usize {
    // A space stands where a word stood, so that none arises anew from what was around it.
    let left = words.iter().fold(password.to_lowercase(), |left, word| left.replace(word.as_str(), " "));
    left.chars().filter(|it| it.is_alphanumeric()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_eva(password: &str) -> Option<Weakness> {
        let about =
            ["Eva Müller-Muster", "eva.mueller@neufeld.example", "Stadt Neufeld (Elbe)", "Einkaufsverbund Nord eG"];
        weakness(password, &about.map(str::to_owned))
    }

    #[test]
    fn common_passwords_and_patterns_are_refused() {
        for common in [
            "password1234",
            "passwordpassword",
            "iloveyouiloveyou",
            "qwertyuiopas",
            "qwertzuiopasd",
            "1234567890123",
            "aaaaaaaaaaaaa",
            "abcdefghijkl",
            "P@ssw0rd1234",
            "Passwort2026!",
            "Sommer2026!!",
            "Willkommen123",
            "willkommen2026",
            "Deutschland2026",
            "schalke04schalke",
            "geheim123456",
            "ichliebedich1",
            "24.12.1984!!",
        ] {
            assert_eq!(of_eva(common), Some(Weakness::Common), "{common}");
        }
    }

    #[test]
    fn words_about_the_person_and_the_house_are_refused() {
        for context in [
            "EvaMueller2026",
            "evamüller1234",
            "eva-mueller-1",
            "Neufeld!2026",
            "stadt-neufeld-1",
            "eva.mueller@neufeld.example",
            "abruf-abruf-abruf",
            "Abruf2026Abruf",
            "Rahmenvertrag1",
            "einkaufsverbundnord",
            "vergabestelle99",
        ] {
            assert_eq!(of_eva(context), Some(Weakness::Context), "{context}");
        }
        // The same word is no reason where there is enough beside it, nor for anybody else.
        assert_eq!(of_eva("neufeld grüßt sieben blaue regenschirme"), None);
        assert_eq!(weakness("karlsbader-heizung-17", &["Karl".to_owned()]), None);
    }

    #[test]
    fn what_is_hard_to_guess_is_taken_whatever_it_is_made_of() {
        for good in [
            "richtig-lang-genug",
            "korrekt pferd batterie heftklammer",
            "correct horse battery staple",
            "kx9!fQ2pLm#v",
            "Die Katze schnurrt auf dem Dach und zählt die Sterne, bis der Regen endlich kommt",
            "зимний-сад-с-окном",
            "雨上がりの図書館で待ち合わせ",
        ] {
            assert_eq!(of_eva(good), None, "{good}");
        }
    }
}
