//! The words of the rules: one small file per rule and language, beside the rule.
//!
//! ```text
//! title: Höchstwert
//! source: EuGH C-23/20; ...
//! certainty: S
//!
//! ## passed
//! {place}: nach diesem Abruf sind {after} von {limit} belegt.
//! ## block
//! ...
//! ## cure
//! ...
//! ## help
//! ...
//! ```
//! `{name}` stands for a parameter or figure of the finding. The help page, the memo, problem
//! documents and exports use the same words.

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Outcome, Value};
use crate::notation::Language;

/// The texts of one rule in both languages, as their files hold them.
#[derive(Debug, Clone, Copy)]
pub struct Texts {
    /// German file.
    pub german: &'static str,
    /// English file.
    pub english: &'static str,
}

/// How sure a legal source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Certainty {
    /// Read in a public source.
    #[serde(rename = "S")]
    Read,
    /// Known from the text of the statute or judgment.
    #[serde(rename = "K")]
    Known,
    /// Disputed or possibly out of date; shown as such.
    #[serde(rename = "?")]
    Uncertain,
}

impl Certainty {
    /// All three, the surest first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Known, Self::Uncertain];

    /// The mark in law packs and in the database.
    #[must_use]
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Read => "S",
            Self::Known => "K",
            Self::Uncertain => "?",
        }
    }

    /// The certainty with this mark.
    #[must_use]
    pub fn of_mark(mark: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.mark() == mark)
    }

    /// What the mark means, as users read it.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::Read => "in einer öffentlichen Quelle nachgelesen",
            Self::Known => "aus dem Wortlaut von Gesetz oder Urteil bekannt",
            Self::Uncertain => "strittig oder möglicherweise überholt",
        }
    }
}

impl Texts {
    const fn file(&self, language: Language) -> &'static str {
        match language {
            Language::German => self.german,
            Language::English => self.english,
        }
    }

    fn header(&self, language: Language, name: &str) -> &'static str {
        self.file(language)
            .lines()
            .take_while(|line| !line.starts_with("## "))
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map_or("", str::trim)
    }

    /// Title of the rule.
    #[must_use]
    pub fn title(&self, language: Language) -> &'static str {
        self.header(language, "title")
    }

    /// Legal source.
    #[must_use]
    pub fn source(&self, language: Language) -> &'static str {
        self.header(language, "source")
    }

    /// How sure the source is.
    #[must_use]
    pub fn certainty(&self) -> Certainty {
        Certainty::of_mark(self.header(Language::German, "certainty")).unwrap_or(Certainty::Uncertain)
    }

    /// A section of the file; empty if it has none.
    #[must_use]
    pub fn section(&self, language: Language, name: &str) -> &'static str {
        let file = self.file(language);
        let heading = format!("## {name}\n");
        let Some(start) = file.find(&heading) else { return "" };
        let body = &file[start + heading.len()..];
        body.find("\n## ").map_or(body, |end| &body[..end]).trim()
    }

    /// Every text in both languages, German first: the title, and each paragraph of each section.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, &'static str)> {
        let mut pairs = vec![(self.title(Language::German), self.title(Language::English))];
        let names = self.german.lines().filter_map(|line| line.strip_prefix("## "));
        for name in names {
            let paragraphs = |language| self.section(language, name).split("\n\n").map(str::trim);
            pairs.extend(paragraphs(Language::German).zip(paragraphs(Language::English)));
        }
        pairs
    }

    /// The sentence of a finding with its figures filled in.
    #[must_use]
    pub fn sentence(&self, finding: &Finding, language: Language, currency: &str) -> String {
        fill(self.section(language, &section_name(finding.outcome.key(), finding)), finding, language, currency)
    }

    /// What would cure the finding; empty for passed ones.
    #[must_use]
    pub fn cure(&self, finding: &Finding, language: Language, currency: &str) -> String {
        match finding.outcome {
            Outcome::Passed | Outcome::Notice | Outcome::Pending => String::new(),
            Outcome::Justify | Outcome::Block => {
                fill(self.section(language, &section_name("cure", finding)), finding, language, currency)
            }
        }
    }

    /// What the rule is for, for the help page.
    #[must_use]
    pub fn help(&self, language: Language) -> &'static str {
        self.section(language, "help")
    }
}

/// `block`, or `block.limit` where the finding asks for a sentence of its own.
fn section_name(base: &str, finding: &Finding) -> String {
    finding.wording.as_ref().map_or_else(|| base.to_owned(), |wording| format!("{base}.{wording}"))
}

fn fill(template: &str, finding: &Finding, language: Language, currency: &str) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, after) = rest.split_at(open);
        out.push_str(before);
        let Some(close) = after.find('}') else {
            out.push_str(after);
            return out;
        };
        let name = &after[1..close];
        let value = finding.params.get(name).or_else(|| finding.figures.get(name));
        match value.map(|value: &Value| value.written(language, currency)) {
            Some(written) => out.push_str(&written),
            // A test compares placeholders and figures; in production a gap must not hide the sentence.
            None => out.push_str(&after[..=close]),
        }
        rest = &after[close + 1..];
    }
    out.push_str(rest);
    out
}

/// The names used as `{name}` in a text; for the test that compares them with the figures.
#[must_use]
pub fn placeholders(template: &str) -> Vec<&str> {
    template.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests;
