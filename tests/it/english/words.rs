//! Which texts are for people, and how they stand in the catalogue.

/// What an expression fills in, while a text is being read.
pub const HOLE: char = '\u{1}';
/// Words that stand in German sentences and in no key, header or address.
const GERMAN: &[&str] = &[
    "der", "die", "das", "den", "dem", "des", "ein", "eine", "einen", "einem", "einer", "eines", "und", "oder", "nicht", "ist",
    "sind", "wird", "werden", "für", "mit", "von", "vom", "zu", "zum", "zur", "im", "auf", "aus", "bei", "bis", "nach", "vor",
    "über", "unter", "ohne", "je", "kein", "keine", "keiner", "noch", "nur", "schon", "auch", "als", "wie", "Sie", "es", "er",
    "bitte",
];

/// Whether a literal of the code is a German text: a German letter, a German word, nouns, or one noun alone.
pub fn is_text(text: &str) -> bool {
    let text = text.trim();
    let is_code = text.starts_with('/')
        || text.starts_with("http")
        || text.contains("::")
        || ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "attachment;"].iter().any(|word| text.starts_with(word));
    if is_code {
        return false;
    }
    if text.chars().any(|letter| "äöüÄÖÜß„“".contains(letter)) {
        return true;
    }
    let words: Vec<&str> = text
        .split(|mark: char| !(mark.is_alphabetic() || mark == '\u{ad}'))
        .filter(|word| word.chars().count() > 1)
        .collect();
    let is_noun = |word: &str| {
        let mut letters = word.chars();
        letters.next().is_some_and(char::is_uppercase) && letters.all(|it| it.is_lowercase() || it == '\u{ad}')
    };
    match words.as_slice() {
        [] => false,
        [word] => is_noun(word) && text.trim_matches(|mark: char| !mark.is_alphabetic()).chars().count() == word.chars().count(),
        [_, rest @ ..] => words.iter().any(|word| GERMAN.contains(word)) || rest.iter().any(|word| is_noun(word)),
    }
}

/// A text as it stands in the catalogue: entities read, spaces single, holes numbered. None if it holds no word.
pub fn message(raw: &str) -> Option<String> {
    let read = html_escape::decode_html_entities(raw);
    let words: Vec<&str> =
        read.split(|mark: char| mark.is_ascii_whitespace()).filter(|word| !word.is_empty()).collect();
    let joined = words.join(" ");
    if !joined.chars().any(char::is_alphabetic) {
        return None;
    }
    let mut number = 0;
    let mut out = String::new();
    for letter in joined.chars() {
        if letter == HOLE {
            number += 1;
            out.push_str(&format!("{{{number}}}"));
        } else {
            out.push(letter);
        }
    }
    Some(out)
}

#[test]
fn texts_are_told_from_keys() {
    for text in ["Noch frei", "Bitte geben Sie den Tag ein.", "Verträge", "je Monat", "Vertrag", "Gilt ab {1}"] {
        assert!(is_text(text), "{text}");
    }
    for key in ["draft", "content-type", "in-house order", "/abrufe", "SELECT 1 und", "x", "4711", "CPV"] {
        assert!(!is_text(key), "{key}");
    }
}
