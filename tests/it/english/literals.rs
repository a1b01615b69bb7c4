//! The German literals of a Rust file: what a page or an answer says.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::words::{HOLE, is_text, message};

/// Macros and functions whose literals only we read, or a database.
const INWARD: &[&str] = &[
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "event",
    "panic",
    "assert",
    "assert_eq",
    "unreachable",
    "query",
    "query_as",
    "query_scalar",
    "include_str",
    "concat",
    "expect",
    "starts_with",
    "ends_with",
    "contains",
    "strip_prefix",
    "strip_suffix",
];
/// Macros that begin with a text to be filled in.
const FORMATS: &[&str] = &["format", "write", "writeln"];

/// Texts of the file, with `{1}`, `{2}` for what is filled in; its tests are left out.
pub fn texts(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    walk(source.parse().unwrap(), false, &mut found);
    found
}

fn walk(stream: TokenStream, filled_in: bool, found: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mark = |at: usize, mark: char| matches!(tokens.get(at), Some(TokenTree::Punct(it)) if it.as_char() == mark);
    let name = |at: usize| match tokens.get(at) {
        Some(TokenTree::Ident(it)) => it.to_string(),
        _ => String::new(),
    };
    let is_attribute = |at: usize| at > 0 && (mark(at - 1, '#') || at > 1 && mark(at - 1, '!') && mark(at - 2, '#'));
    let mut first = true;
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Literal(literal) => {
                if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                    let text = text.value();
                    if filled_in && first {
                        found.extend(message(&with_holes(&text)).filter(|it| is_text(it)));
                    } else if is_text(&text) && !text.contains('{') {
                        found.extend(message(&text));
                    }
                    first = false;
                }
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket && is_attribute(at) => {
                // Past the module of tests.
                let tests = group.stream().to_string().replace(' ', "") == "cfg(test)";
                let is_end = |it: &TokenTree| matches!(it, TokenTree::Group(it) if it.delimiter() == Delimiter::Brace);
                while tests && at < tokens.len() && !is_end(&tokens[at]) && !mark(at, ';') {
                    at += 1;
                }
            }
            TokenTree::Group(group) => {
                let of_macro = at > 1 && mark(at - 1, '!');
                let called = if of_macro { name(at - 2) } else { at.checked_sub(1).map(name).unwrap_or_default() };
                if !INWARD.contains(&called.as_str()) {
                    walk(group.stream(), of_macro && FORMATS.contains(&called.as_str()), found);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// `{name}`, `{}` and `{0:.2}` as holes, `{{` as a brace.
fn with_holes(text: &str) -> String {
    let mut out = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '{' | '}' if letters.peek() == Some(&letter) => {
                letters.next();
                out.push(letter);
            }
            '{' => {
                for inner in letters.by_ref() {
                    if inner == '}' {
                        break;
                    }
                }
                out.push(HOLE);
            }
            other => out.push(other),
        }
    }
    out
}

#[test]
fn texts_for_people_are_found_and_others_are_not() {
    let source = r#"
        #![doc = "Auch nicht dieser Text"]
        #[doc = "Nicht dieser Text"]
        fn f() -> String {
            tracing::warn!("das liest nur der Betreiber");
            let x = read().expect("der Text ist da");
            match key { "open" => "offen", _ => "Noch nicht bekannt" };
            format!("Noch {left} von {0:.2} {{frei}}", "kein Preis")
        }
        #[cfg(test)]
        mod tests { const IT: &str = "Nur eine Probe"; }
    "#;
    let expected = ["Noch nicht bekannt", "Noch {1} von {2} {frei}", "kein Preis"];
    assert_eq!(texts(source).into_iter().collect::<Vec<_>>(), expected);
}
