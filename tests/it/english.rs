//! Pages in English: every German text has one, and a page asked for in English is English.

mod literals;
mod pages;
mod templates;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use abruf::http::english::catalogue::{FILES, parts};

/// Where texts of pages are written. Answers of the API, mails and documents are German.
const SOURCES: [&str; 6] = [
    "backend/server/http",
    "backend/server/actions",
    "backend/server/reports",
    "backend/server/actor.rs",
    "backend/server/api_scope.rs",
    "backend/domain/src",
];
const LEFT_OUT: [&str; 5] = [
    "backend/server/http/api",
    "backend/server/http/mails",
    "backend/domain/src/checks",
    "backend/domain/src/texts",
    "/tests",
];

fn files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            files(&entry.unwrap().path(), found);
        }
    } else {
        found.push(path.to_owned());
    }
}

/// Every German text with the files it stands in.
fn german() -> BTreeMap<String, BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for folder in SOURCES {
        files(&root.join(folder), &mut paths);
    }
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in paths {
        let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        if LEFT_OUT.iter().any(|it| name.contains(it)) {
            continue;
        }
        let texts = match path.extension().and_then(|it| it.to_str()) {
            Some("html") => templates::texts(&std::fs::read_to_string(&path).unwrap()),
            Some("rs") => literals::texts(&std::fs::read_to_string(&path).unwrap()),
            _ => continue,
        };
        for text in texts {
            found.entry(text).or_default().insert(name.clone());
        }
    }
    found
}

/// File, German, English.
fn catalogue() -> Vec<(&'static str, String, String)> {
    let mut all = Vec::new();
    for (name, file) in FILES {
        let read = polib::po_file::parse_from_reader(file.as_bytes()).unwrap();
        all.extend(read.messages().map(|it| (name, it.msgid().to_owned(), it.msgstr().unwrap().to_owned())));
    }
    all
}

/// As an entry to be filled.
fn entry(text: &str, places: &BTreeSet<String>) -> String {
    let places: Vec<&str> = places.iter().map(|it| it.trim_start_matches("backend/server/")).take(3).collect();
    format!("#: {}\nmsgid \"{}\"\nmsgstr \"\"\n", places.join(" "), text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[test]
fn every_german_text_of_the_pages_has_an_english_one() {
    let known: BTreeSet<String> = catalogue().into_iter().map(|(_, german, _)| german).collect();
    let missing: Vec<String> =
        german().iter().filter(|(text, _)| !known.contains(*text)).map(|(text, places)| entry(text, places)).collect();
    assert!(
        missing.is_empty(),
        "{} texts are not in backend/server/english; these entries belong there, with their English:\n\n{}",
        missing.len(),
        missing.join("\n")
    );
}

#[test]
fn every_entry_is_filled_stands_once_and_fills_the_same_holes() {
    let mut wrong = Vec::new();
    let mut seen = BTreeMap::new();
    let count = catalogue().len();
    for (file, german, english) in catalogue() {
        let holes = |text: &str| {
            let mut names: Vec<String> = parts(text).filter_map(|part| part.err().map(str::to_owned)).collect();
            names.sort_unstable();
            names
        };
        if english.is_empty() {
            wrong.push(format!("{file}: no English for {german}"));
        } else if holes(&german) != holes(&english) {
            wrong.push(format!("{file}: other holes: {german} = {english}"));
        }
        if let Some(before) = seen.insert(german.clone(), file) {
            wrong.push(format!("{file} and {before}: {german}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 4_000, "{count} texts");
}

#[test]
fn no_entry_is_left_of_a_text_that_is_gone() {
    let mut paths = Vec::new();
    for folder in SOURCES {
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut paths);
    }
    // White space and entities as in the catalogue.
    let sources =
        paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).filter_map(|it| words::message(&it));
    let sources = sources.collect::<String>();
    let german = german();
    let stands = |text: &str| parts(text).filter_map(Result::ok).all(|words| sources.contains(words.trim()));
    let gone: Vec<String> = catalogue()
        .into_iter()
        .filter(|(_, text, _)| !german.contains_key(text) && !stands(text))
        .map(|(file, text, _)| format!("{file}: {text}"))
        .collect();
    assert!(gone.is_empty(), "{}:\n{}", gone.len(), gone.join("\n"));
}
