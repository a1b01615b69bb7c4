//! The house rules of the repository, checked in the repository: who may name whom, what is written
//! in one file only, and that lists and folders agree. What is not there yet is checked once it is.

mod asvs;
mod dependencies;
mod migrations;
mod rules;
mod security;

use std::fs;
use std::path::{Path, PathBuf};

/// A file with its place in the repository, slashes forward.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    /// Lines of code with their number from 1; comments left out. No string of ours holds `//` and
    /// one of the names looked for behind it.
    pub(super) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines()).map(|(number, line)| (number, line.split("//").next().unwrap_or_default()))
    }

    /// `path:line` of each line of code in which one of the words stands.
    fn naming(&self, words: &[&str]) -> Vec<String> {
        self.code()
            .filter(|(_, line)| words.iter().any(|word| line.contains(word)))
            .map(|(number, line)| format!("{}:{number}: {}", self.path, line.trim()))
            .collect()
    }

    /// The part of the server it belongs to: `storage` for `backend/server/storage/facts.rs`.
    fn part(&self) -> &str {
        let inside = self.path.strip_prefix("backend/server/").unwrap_or(&self.path);
        inside.split(['/', '.']).next().unwrap_or_default()
    }
}

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files below these folders with one of these extensions, by name; folders that are not there yet
/// are empty.
pub(super) fn sources(folders: &[&str], extensions: &[&str]) -> Vec<Source> {
    let mut paths = Vec::new();
    for folder in folders {
        walk(&root().join(folder), &mut paths);
    }
    paths.sort();
    let wanted = |path: &PathBuf| path.extension().is_some_and(|own| extensions.iter().any(|wanted| own == *wanted));
    paths
        .into_iter()
        .filter(wanted)
        .map(|path| Source {
            text: fs::read_to_string(&path).unwrap(),
            path: path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/"),
        })
        .collect()
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, paths) } else { paths.push(path) }
    }
}

/// Fails with every place at once.
pub(super) fn none_of(places: Vec<String>, rule: &str) {
    assert!(places.is_empty(), "{rule}\n{}", places.join("\n"));
}

/// The server from the ground up. A part may name parts of a lower floor and itself, nothing else:
/// cli -> http -> actions -> storage, http -> reports -> storage; a frozen report sums as its page does, so that
/// actions may name reports.
const FLOORS: &[&[&str]] = &[
    &["actor", "api_scope", "chance", "clock", "config", "embedded", "traffic"],
    &["mail", "oidc", "one_time_code", "password", "storage"],
    &["app"],
    &["reports"],
    &["actions", "recheck", "verify", "import"],
    &["jobs"],
    &["http"],
    &["demo"],
    &["cli"],
];

/// Parts of the server that may name the documents crate.
const NAME_DOCUMENTS: &[&str] = &["app", "actions", "reports", "jobs", "demo", "cli"];

/// The one thing of the documents crate that pages may name: amounts and dates read alike on both.
const NOTATION_OF_DOCUMENTS: &str = "abruf_documents::format_de";

fn floor_of(part: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&part))
}

/// Parts named as `crate::<part>` in a line.
fn parts_named(line: &str) -> impl Iterator<Item = &str> {
    line.split("crate::")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default())
}

#[test]
fn nothing_in_the_server_points_up() {
    let mut wrong = Vec::new();
    for source in sources(&["backend/server"], &["rs"]) {
        if ["main", "lib"].contains(&source.part()) {
            continue;
        }
        let Some(own) = floor_of(source.part()) else {
            wrong.push(format!("{}: `{}` stands on no floor, see FLOORS in this test", source.path, source.part()));
            continue;
        };
        for (number, line) in source.code() {
            let up = |part: &&str| *part != source.part() && floor_of(part).is_none_or(|floor| own <= floor);
            wrong.extend(parts_named(line).filter(up).map(|part| format!("{}:{number}: names {part}", source.path)));
        }
    }
    none_of(wrong, "a part of the server names one of its own or a higher floor");
}

#[test]
fn only_actions_reports_and_what_starts_them_make_documents() {
    let mut wrong = Vec::new();
    for source in sources(&["backend/server"], &["rs"]) {
        if NAME_DOCUMENTS.contains(&source.part()) {
            continue;
        }
        let named = source.naming(&["abruf_documents"]);
        wrong.extend(named.into_iter().filter(|line| source.part() != "http" || !line.contains(NOTATION_OF_DOCUMENTS)));
    }
    none_of(wrong, "storage knows no documents, and pages only their notation");
}

#[test]
fn pages_and_actions_hold_no_sql() {
    let mut wrong = Vec::new();
    for source in sources(&["backend/server/http", "backend/server/actions"], &["rs"]) {
        wrong.extend(source.naming(&["sqlx::query", "query!(", "query_as!(", "query_scalar!("]));
    }
    none_of(wrong, "statements belong to storage and reports");
}

#[test]
fn the_pure_crates_do_nothing_but_compute() {
    let io = [
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::thread",
        "std::time",
        "SystemTime",
        "async fn",
        ".await",
        "tokio",
        "sqlx",
        "axum",
        "println!",
        "eprintln!",
    ];
    let mut wrong = Vec::new();
    for source in sources(&["backend/domain/src", "backend/documents/src"], &["rs"]) {
        let named = source.naming(&io);
        // Tests of the documents crate may look at files.
        wrong.extend(
            named.into_iter().filter(|_| !source.path.ends_with("tests.rs") && !source.path.contains("/tests/")),
        );
    }
    none_of(wrong, "facts in, judgement out; data in, bytes out: no IO, no clock, no runtime");
}

#[test]
fn the_domain_knows_no_other_crate_of_ours() {
    let mut wrong = Vec::new();
    for source in sources(&["backend/domain"], &["rs"]) {
        wrong.extend(source.naming(&["abruf_documents", "abruf::"]));
    }
    for source in sources(&["backend/documents"], &["rs"]) {
        wrong.extend(source.naming(&["abruf::"]));
    }
    none_of(wrong, "arrows go to the domain, none leaves it");
}

#[test]
fn a_second_land_is_data_and_no_code_knows_it() {
    let mut wrong = Vec::new();
    // The calendars of all sixteen Länder come from a library; that file names each of them.
    let calendars = "backend/domain/src/answer_period.rs";
    for source in sources(&["backend"], &["rs"]).into_iter().filter(|source| source.path != calendars) {
        wrong.extend(source.naming(&["de/nw", "DE-NW", "\"nw\"", "NRW", "Nordrhein"]));
    }
    none_of(wrong, "what a Land says stands in its law pack");
}

#[test]
fn only_pdf_rs_names_printpdf() {
    let mut wrong = Vec::new();
    for source in sources(&["backend"], &["rs"]) {
        if source.path != "backend/documents/src/pdf.rs" {
            wrong.extend(source.naming(&["printpdf::", "use printpdf"]));
        }
    }
    none_of(wrong, "replacing the PDF writer touches one file");
}

#[test]
fn clock_chance_and_environment_have_one_door_each() {
    let doors: [(&str, &[&str]); 3] = [
        ("backend/server/clock.rs", &["Utc::now", "Local::now", "SystemTime::now"]),
        (
            "backend/server/chance.rs",
            &["now_v7", "new_v4", "SysRng", "OsRng", "rand::rng(", "thread_rng", "SystemRandom"],
        ),
        ("backend/server/config.rs", &["env::var(", "env::var_os(", "env::vars(", "env::vars_os("]),
    ];
    let mut wrong = Vec::new();
    for source in sources(&["backend"], &["rs"]) {
        for (door, calls) in doors {
            if source.path != door {
                wrong.extend(source.naming(calls));
            }
        }
    }
    none_of(wrong, "time, chance and settings are passed in");
}

#[test]
fn lints_are_expected_with_a_reason_never_allowed() {
    let mut wrong = Vec::new();
    for source in sources(&["backend", "tests"], &["rs"]) {
        // Put together, so that this line does not find itself.
        wrong.extend(source.naming(&[concat!("#[", "allow("), concat!("#![", "allow(")]));
        for opening in [concat!("#[", "expect("), concat!("#![", "expect(")] {
            for (at, _) in source.text.match_indices(opening) {
                let attribute = source.text[at..].split(")]").next().unwrap_or_default();
                if !attribute.contains("reason") {
                    wrong.push(format!("{}: {attribute})] gives no reason", source.path));
                }
            }
        }
    }
    none_of(wrong, "an exception says why");
}

#[test]
fn files_are_named_after_what_is_inside() {
    let empty_words = ["util", "utils", "helper", "helpers", "common", "manager", "misc", "stuff", "service"];
    let mut paths = Vec::new();
    for folder in ["backend", "tests", "migrations", "deploy", "pdf-templates"] {
        walk(&root().join(folder), &mut paths);
    }
    let mut wrong = Vec::new();
    for path in paths {
        let inside = path.strip_prefix(root()).unwrap();
        let words = inside
            .iter()
            .flat_map(|part| part.to_string_lossy().split(['.', '_', '-']).map(str::to_lowercase).collect::<Vec<_>>());
        if words.into_iter().any(|word| empty_words.contains(&word.as_str())) && !inside.starts_with("deploy") {
            wrong.push(inside.display().to_string());
        }
    }
    none_of(wrong, "such a name says nothing about the content");
}
