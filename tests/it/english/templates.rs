//! The German texts of a template: what can stand between two tags or in an attribute that is read aloud.
//!
//! Control structures are walked: every branch of `if` and `match` gives a variant of the text around it. An expression
//! is a hole. String literals in expressions and arguments of macros are texts of their own.

use std::collections::BTreeSet;

use abruf::http::english::page::READ;

use super::words::{HOLE, is_text, message};

/// A text with more variants than this stands in a template that wants to be simpler.
const MOST_VARIANTS: usize = 256;

enum Piece<'source> {
    Text(&'source str),
    Tag(&'source str),
    Expression(&'source str),
    Statement(&'source str),
}

/// What stands open before a tag closes it, in every variant.
type Open = BTreeSet<String>;

/// Texts of the template, with `{1}`, `{2}` for what is filled in.
pub fn texts(source: &str) -> BTreeSet<String> {
    let mut walk = Walk { found: BTreeSet::new() };
    walk.whole(source);
    walk.found
}

fn pieces(source: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    // Text that no piece holds yet: from `begin` to `at`.
    let (mut begin, mut at) = (0, 0);
    while at < source.len() {
        let here = &source[at..];
        let (piece, length) = if let Some(region) = askama(here) {
            region
        } else if here.starts_with("<!--") {
            (None, here.find("-->").map_or(here.len(), |end| end + 3))
        } else if here.starts_with('<')
            && here[1..].starts_with(|next: char| next.is_ascii_alphabetic() || "/!".contains(next))
        {
            let tag = &here[..(until(here, '>') + 1).min(here.len())];
            let silent = ["script", "style"].into_iter().find(|name| tag[1..].starts_with(name));
            let hidden = silent.and_then(|name| here[tag.len()..].find(&format!("</{name}"))).unwrap_or(0);
            (Some(Piece::Tag(tag)), tag.len() + hidden)
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        if at > begin {
            pieces.push(Piece::Text(&source[begin..at]));
        }
        pieces.extend(piece);
        at += length;
        begin = at;
    }
    if at > begin {
        pieces.push(Piece::Text(&source[begin..]));
    }
    pieces
}

/// Where the mark stands outside the regions of the template language.
fn until(source: &str, mark: char) -> usize {
    let mut at = 0;
    while at < source.len() && !source[at..].starts_with(mark) {
        at += askama(&source[at..])
            .map_or_else(|| source[at..].chars().next().map_or(1, char::len_utf8), |(_, length)| length);
    }
    at
}

/// A region of the template language at the start, and its length; a comment is no piece.
fn askama(source: &str) -> Option<(Option<Piece<'_>>, usize)> {
    [("{{", "}}"), ("{%", "%}"), ("{#", "#}")].into_iter().find_map(|(begin, end)| {
        let inner = source.strip_prefix(begin)?;
        let length = inner.find(end)?;
        let code = inner[..length].trim_matches(|mark: char| "-~+".contains(mark)).trim();
        let piece = match begin {
            "{{" => Some(Piece::Expression(code)),
            "{%" => Some(Piece::Statement(code)),
            _ => None,
        };
        Some((piece, begin.len() + length + end.len()))
    })
}

struct Walk {
    found: BTreeSet<String>,
}

impl Walk {
    fn whole(&mut self, source: &str) {
        let pieces = pieces(source);
        let mut at = 0;
        // A branch that begins inside of a tag ends outside of it: what follows is read all the same.
        while at < pieces.len() {
            let open = self.through(&pieces, &mut at, nothing());
            self.close(&open);
            at += 1;
        }
    }

    /// Walks to the end of a block; `at` then stands on the statement that ended it.
    fn through(&mut self, pieces: &[Piece<'_>], at: &mut usize, mut open: Open) -> Open {
        while let Some(piece) = pieces.get(*at) {
            match piece {
                Piece::Text(text) => open = open.iter().map(|it| format!("{it}{text}")).collect(),
                Piece::Expression(code) => {
                    self.literals(code);
                    open = with_hole(&open);
                }
                Piece::Tag(tag) => {
                    self.close(&open);
                    open = nothing();
                    self.attributes(tag);
                }
                Piece::Statement(code) => {
                    self.literals(code);
                    match code.split_whitespace().next().unwrap_or_default() {
                        "if" | "match" => open = self.branches(pieces, at, &open, code),
                        "for" => open = self.repeated(pieces, at, open),
                        "macro" | "block" | "filter" => {
                            self.close(&open);
                            *at += 1;
                            let inside = self.through(pieces, at, nothing());
                            self.close(&inside);
                            open = nothing();
                        }
                        "call" => {
                            *at += 1;
                            let inside = self.through(pieces, at, nothing());
                            self.close(&inside);
                            // A macro writes text or tags.
                            self.close(&open);
                            open = with_hole(&open).into_iter().chain(nothing()).collect();
                        }
                        word if word == "else" || word == "when" || word.starts_with("end") => return open,
                        _ => {}
                    }
                }
            }
            assert!(open.len() <= MOST_VARIANTS, "{} variants of one text: {:?}", open.len(), open.first());
            *at += 1;
        }
        open
    }

    fn branches(&mut self, pieces: &[Piece<'_>], at: &mut usize, open: &Open, begin: &str) -> Open {
        let mut after = Open::new();
        let mut all = begin.starts_with("match");
        if all {
            while !matches!(pieces.get(*at), None | Some(Piece::Statement("else"))) {
                *at += 1;
                if matches!(pieces.get(*at), Some(Piece::Statement(code)) if code.starts_with("when")) {
                    break;
                }
            }
        }
        loop {
            *at += 1;
            after.extend(self.through(pieces, at, open.clone()));
            match pieces.get(*at) {
                Some(Piece::Statement(code)) if code.starts_with("else") || code.starts_with("when") => {
                    self.literals(code);
                    all |= *code == "else";
                }
                _ => break,
            }
        }
        if !all {
            after.extend(open.iter().cloned());
        }
        after
    }

    /// A loop over tags is a text each time; one within a text is a hole.
    fn repeated(&mut self, pieces: &[Piece<'_>], at: &mut usize, open: Open) -> Open {
        *at += 1;
        if holds_tag(&pieces[*at..]) {
            let inside = self.through(pieces, at, open.clone());
            open.union(&inside).cloned().collect()
        } else {
            self.through(pieces, at, nothing());
            let filled = with_hole(&open);
            open.union(&filled).cloned().collect()
        }
    }

    fn close(&mut self, open: &Open) {
        self.found.extend(open.iter().filter_map(|text| message(text)));
    }

    fn literals(&mut self, code: &str) {
        // Between the first and the second quotation mark, the third and the fourth, and so on.
        self.found.extend(code.split('"').skip(1).step_by(2).filter(|it| is_text(it)).filter_map(message));
    }

    fn attributes(&mut self, tag: &str) {
        let button = tag.starts_with("<input") && tag.contains("type=\"submit\"");
        let mut rest = tag;
        while let Some(equals) = rest.find("=\"") {
            let name = rest[..equals]
                .rsplit(|mark: char| !(mark.is_ascii_alphanumeric() || mark == '-'))
                .next()
                .unwrap_or_default();
            let value = &rest[equals + 2..];
            let length = until(value, '"');
            let sentence = name.starts_with("data-") && value[..length].contains(' ') && is_text(&value[..length]);
            if READ.contains(&name) || sentence || (button && name == "value") {
                self.whole(&value[..length]);
            } else {
                for piece in pieces(&value[..length]) {
                    if let Piece::Expression(code) | Piece::Statement(code) = piece {
                        self.literals(code);
                    }
                }
            }
            rest = value.get(length + 1..).unwrap_or_default();
        }
    }
}

fn nothing() -> Open {
    Open::from([String::new()])
}

fn with_hole(open: &Open) -> Open {
    open.iter().map(|it| format!("{it}{HOLE}")).collect()
}

/// Whether a tag or a macro stands before the end of the loop that begins here.
fn holds_tag(pieces: &[Piece<'_>]) -> bool {
    let mut depth = 0_usize;
    for piece in pieces {
        match piece {
            Piece::Tag(_) => return true,
            Piece::Statement(code) if code.starts_with("call ") => return true,
            Piece::Statement(code) if code.starts_with("for ") => depth += 1,
            Piece::Statement("endfor") if depth == 0 => return false,
            Piece::Statement("endfor") => depth -= 1,
            _ => {}
        }
    }
    false
}

#[test]
fn every_branch_and_every_spoken_attribute_is_a_text() {
    let template = r#"<p title="Was {{ x }} kostet" class="nicht">Noch {{ left }}{% if more %} von {{ all }}{% else %} frei{% endif %}.</p>
        {# kein Text #}<script>keiner</script>{% call field::line("name", "Name der Stadt", "kein-text") %}{% endcall %}
        <td{% if x %} class="a">eins{% else %}>{% endif %}</td><p>zwei</p>
        <ul>{% for it in list %}<li>{{ it }}: offen</li>{% endfor %}</ul><b>{% for it in list %}{{ it }}, {% endfor %}und mehr</b>"#;
    let expected = [
        "Name der Stadt",
        "Noch {1} frei.",
        "Noch {1} von {2}.",
        "Was {1} kostet",
        "eins",
        "und mehr",
        "zwei",
        "{1}: offen",
        "{1}und mehr",
    ];
    assert_eq!(texts(template).into_iter().collect::<Vec<_>>(), expected);
}
