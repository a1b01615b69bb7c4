//! Which texts are for people, and how they stand in the catalogue.

/// What an expression fills in, while a text is being read.
pub const HOLE: char = '\u{1}';
/// Words that stand in German sentences and in no key, header or address.
const GERMAN: &[&str] = &[
    "der", "die", "das", "den", "dem", "des", "ein", "eine", "einen", "einem", "einer", "eines", "und", "oder",
    "nicht", "nichts", "ist", "sind", "wird", "werden", "hat", "haben", "für", "mit", "von", "vom", "zu", "zum", "zur",
    "im", "am", "auf", "aus", "bei", "bis", "ab", "nach", "vor", "seit", "durch", "gegen", "über", "unter", "ohne",
    "je", "kein", "keine", "keiner", "noch", "nur", "schon", "auch", "als", "wie", "wenn", "dass", "Sie", "es", "er",
    "bitte",
];

/// Whether a literal of the code is a German text: a German letter, a German word, nouns, or one noun alone.
pub fn is_text(text: &str) -> bool {
    let text = text.trim();
    let is_code = text.starts_with(['/', '_'])
        || text.starts_with("http")
        || text.contains("::")
        || text.contains(['<', '>', '='])
        || ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "attachment;"].iter().any(|word| text.starts_with(word));
    if is_code {
        return false;
    }
    if text.chars().any(|letter| "äöüÄÖÜß„“".contains(letter)) {
        return true;
    }
    let is_noun = |word: &str| {
        let mut letters = word.chars();
        letters.next().is_some_and(char::is_uppercase) && letters.all(|it| it.is_lowercase() || it == '\u{ad}')
    };
    let mut words =
        text.split(|mark: char| !(mark.is_alphabetic() || mark == '\u{ad}')).filter(|word| word.chars().count() > 1);
    if text.contains(char::is_whitespace) {
        words.any(|word| GERMAN.contains(&word) || is_noun(word))
    } else {
        // A key has no space either: one noun, or nouns with hyphens.
        let mut words = words.peekable();
        text.starts_with(char::is_uppercase) && words.peek().is_some() && words.all(is_noun)
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
    for text in
        ["Noch frei", "Bitte geben Sie den Tag ein.", "Verträge", "je Monat", "Vertrag", "Gilt ab {1}", "Was fehlt"]
    {
        assert!(is_text(text), "{text}");
    }
    for key in ["draft", "content-type", "in-house order", "/abrufe", "SELECT 1 und", "x", "4711", "CPV", "Z", "M1,2h1"]
    {
        assert!(!is_text(key), "{key}");
    }
}
