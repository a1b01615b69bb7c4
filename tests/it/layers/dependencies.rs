//! A dependency is a colleague: who they are, under which licence, and why they are here.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::{none_of, root};

/// What the domain may stand on: numbers, dates, ids, texts, hashes, files read at build time. Nothing that does anything.
const DOMAIN_MAY_USE: &[&str] = &[
    "rust_decimal",
    "chrono",
    "chrono-tz",
    "holiday_de",
    "uuid",
    "serde",
    "serde_json",
    "thiserror",
    "sha2",
    "serde_json_canonicalizer",
    "data-encoding",
    "toml",
];

/// Licences that go together with the EUPL-1.2 and ask for no more than a notice.
const LICENCES: &[&str] = &[
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "Unlicense",
    "CC0-1.0",
    "BSL-1.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "MPL-2.0",
    "CDLA-Permissive-2.0",
    "EUPL-1.2",
];

const MANIFESTS: &[&str] = &["Cargo.toml", "backend/domain/Cargo.toml", "backend/documents/Cargo.toml"];

/// Lines of the sections of a manifest whose name ends like this, with their number.
fn section<'a>(manifest: &'a str, ending: &str) -> Vec<(usize, &'a str)> {
    let mut inside = false;
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(manifest.lines()) {
        if line.starts_with('[') {
            let name = line.trim_matches(['[', ']']);
            inside = name == ending || name.ends_with(&format!(".{ending}")) || name.ends_with(&format!("-{ending}"));
        } else if inside {
            lines.push((number, line));
        }
    }
    lines
}

/// `serde` for `serde = { ... }` and for `serde.workspace = true`.
fn name_of(line: &str) -> Option<&str> {
    let (left, _) = line.split_once('=')?;
    left.split('.').next().map(str::trim).filter(|name| !name.is_empty() && !name.starts_with('#'))
}

#[test]
fn the_domain_stands_on_nothing_that_does_anything() {
    let manifest = fs::read_to_string(root().join("backend/domain/Cargo.toml")).unwrap();
    let dependencies: Vec<(usize, &str)> = section(&manifest, "dependencies");
    let used = dependencies.iter().filter_map(|(_, line)| name_of(line)).filter(|name| *name != "proptest");
    none_of(
        used.filter(|name| !DOMAIN_MAY_USE.contains(name)).map(str::to_owned).collect(),
        "backend/domain/Cargo.toml: not on the list of this test",
    );
}

#[test]
fn every_dependency_says_why_it_is_here() {
    let mut wrong = Vec::new();
    for path in MANIFESTS {
        let manifest = fs::read_to_string(root().join(path)).unwrap();
        let mut reason_of: Option<&str> = None;
        let mut comment = false;
        for (number, line) in section(&manifest, "dependencies") {
            if line.starts_with('#') {
                comment = 3 < line.len();
                continue;
            }
            let Some(name) = name_of(line) else {
                (comment, reason_of) = (false, None);
                continue;
            };
            let ours = line.contains("path = ");
            let shared = line.contains("workspace = true");
            // One reason serves a crate and its companion: serde and serde_json, clap and clap_complete.
            let companion = reason_of.is_some_and(|first| name.starts_with(first));
            if comment {
                reason_of = Some(name);
            } else if !ours && !shared && !companion {
                wrong.push(format!("{path}:{number}: {name}"));
            }
            comment = false;
        }
    }
    none_of(wrong, "one line above says what it is for");
}

/// Whether an SPDX expression can be satisfied with the list: `MIT OR (Apache-2.0 AND ISC)`.
fn acceptable(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let any = split_outside(&expression, " OR ");
    if 1 < any.len() {
        return any.iter().any(|part| acceptable(part));
    }
    let all = split_outside(&expression, " AND ");
    if 1 < all.len() {
        return all.iter().all(|part| acceptable(part));
    }
    let single = expression.trim();
    match single.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) => acceptable(inner),
        None => LICENCES.contains(&single),
    }
}

/// Parts between separators that stand in no parentheses.
fn split_outside<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut begin = 0;
    for (at, _) in text.match_indices(separator) {
        let before = &text[..at];
        if begin <= at && before.matches('(').count() == before.matches(')').count() {
            parts.push(&text[begin..at]);
            begin = at + separator.len();
        }
    }
    parts.push(&text[begin..]);
    parts
}

/// The platform this compiler builds for.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").current_dir(root()).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    told.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

/// Packages of other platforms are never built into the program, and a fresh machine does not hold them.
#[test]
fn every_dependency_has_a_licence_of_the_list() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", &host()])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(100 < packages.len(), "only {} packages: the list is not complete", packages.len());
    let wrong = packages.iter().filter(|package| !package["license"].as_str().is_some_and(acceptable));
    none_of(
        wrong.map(|package| format!("{} {}: {}", package["name"], package["version"], package["license"])).collect(),
        "a licence nobody has looked at, see LICENCES in this test",
    );
}

#[test]
fn licence_expressions_are_read_as_they_are_meant() {
    assert!(acceptable("MIT OR GPL-3.0-only") && acceptable("MIT/Apache-2.0"));
    assert!(acceptable("(MIT OR Apache-2.0) AND Unicode-3.0"));
    assert!(!acceptable("MIT AND GPL-3.0-only") && !acceptable("AGPL-3.0-only") && !acceptable(""));
    assert!(!acceptable("(MIT OR GPL-3.0-only) AND (AGPL-3.0-only OR SSPL-1.0)"));
}
