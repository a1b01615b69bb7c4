//! Law packs: what a jurisdiction says in numbers and whose paragraphs its findings cite, as data files.
//!
//! A jurisdiction is a path: `de/st` takes over what `de` says and puts its own in place. A pack is a
//! file of `backend/domain/law` and one line in [`FILES`]; no other code knows a Land by name. Numbers are
//! dated; a deployment starts with those of the packs and its office goes on from there, with four eyes.
//! The keys a number may have stand in [`keys`].

pub mod keys;

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::checks;
use crate::notation::Language;
use crate::period::Validity;
use crate::texts::Certainty;

/// The packs that are shipped, a jurisdiction after the one it lies in.
const FILES: &[&str] =
    &[include_str!("../law/de.toml"), include_str!("../law/de_st.toml"), include_str!("../law/de_nw.toml")];

/// What is shipped for one jurisdiction; what it does not say, the one around it says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LawPack {
    /// Path, e.g. `de/st`.
    pub jurisdiction: String,
    /// Its name as users read it.
    pub name: String,
    /// Calendar of its public holidays, ISO 3166 code, e.g. `DE-ST`.
    pub holidays: String,
    /// Dated numbers.
    #[serde(default, rename = "parameter")]
    pub parameters: Vec<Parameter>,
    /// Paragraphs that findings cite.
    #[serde(default, rename = "citation")]
    pub citations: Vec<RuleCitation>,
}

/// A dated number of law or house.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Which; one of [`keys::ALL`].
    pub key: String,
    /// Its value, in the form of its key.
    pub value: String,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day; `None` while no end is known.
    #[serde(default)]
    pub valid_to: Option<NaiveDate>,
    /// Statute, judgment or resolution it comes from.
    pub source: String,
    /// How sure that is.
    pub certainty: Certainty,
}

impl Parameter {
    /// From when to when.
    #[must_use]
    pub const fn validity(&self) -> Validity {
        Validity { from: self.valid_from, to: self.valid_to }
    }
}

/// What a finding of a rule cites in a jurisdiction.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleCitation {
    /// Id of the rule.
    pub rule: String,
    /// The paragraphs.
    pub source: String,
    /// How sure that is.
    pub certainty: Certainty,
}

/// A legal source with how sure it is: travels with a finding where the member's law differs from the
/// words of the rule book, so that a stored review keeps what it cited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// The paragraphs.
    pub source: String,
    /// How sure that is.
    pub certainty: Certainty,
}

/// Why a file is no pack, for whoever writes one.
#[derive(Debug, thiserror::Error)]
#[error("no law pack: {0}")]
pub struct Unreadable(#[from] toml::de::Error);

impl LawPack {
    /// Reads a file of `backend/domain/law`.
    ///
    /// # Errors
    /// If it is no TOML, a key is unknown or missing, or a date or certainty cannot be read.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        Ok(toml::from_str(text)?)
    }
}

/// Every shipped pack, a jurisdiction after the one it lies in.
///
/// # Panics
/// Never: the files are part of the program, and a test reads each.
#[must_use]
pub fn packs() -> &'static [LawPack] {
    static PACKS: LazyLock<Vec<LawPack>> = LazyLock::new(|| {
        FILES.iter().map(|text| LawPack::parse(text).expect("a test reads every shipped pack")).collect()
    });
    &PACKS
}

/// The pack of exactly this jurisdiction.
#[must_use]
pub fn pack(jurisdiction: &str) -> Option<&'static LawPack> {
    packs().iter().find(|pack| pack.jurisdiction == jurisdiction)
}

/// Whether `inner` lies in `outer` or is it: `de/st` lies in `de`, `de/sth` does not lie in `de/st`.
#[must_use]
pub fn lies_in(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The packs that speak for a jurisdiction, the most general first.
fn lineage(jurisdiction: &str) -> impl Iterator<Item = &'static LawPack> {
    packs().iter().filter(move |pack| lies_in(jurisdiction, &pack.jurisdiction))
}

/// The numbers of a jurisdiction on a day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Law(BTreeMap<String, String>);

impl Law {
    /// Keys with their values, the most general jurisdiction first: later ones take the place of earlier ones.
    pub fn of(values: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(values.into_iter().collect())
    }

    /// What the shipped packs say.
    #[must_use]
    pub fn shipped(jurisdiction: &str, day: NaiveDate) -> Self {
        let valid = lineage(jurisdiction).flat_map(|pack| &pack.parameters).filter(|it| it.validity().contains(day));
        Self::of(valid.map(|it| (it.key.clone(), it.value.clone())))
    }

    /// The value of a key as it is written; `None` where nothing is known of the day.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// The value of a key as its type; `None` where nothing is known of the day, or it cannot be read.
    #[must_use]
    pub fn value<T: FromStr>(&self, key: &str) -> Option<T> {
        self.text(key).and_then(|text| text.parse().ok())
    }
}

/// What findings cite in this jurisdiction where that differs from the words of the rule book, by rule.
/// A jurisdiction without a pack of its own cites in general words.
#[must_use]
pub fn citations(jurisdiction: &str) -> BTreeMap<String, Citation> {
    let said = lineage(jurisdiction).flat_map(|pack| &pack.citations).map(|it| {
        let citation = Citation { source: it.source.clone(), certainty: it.certainty };
        (it.rule.clone(), citation)
    });
    let mut citations: BTreeMap<String, Citation> = said.collect();
    citations.retain(|rule, citation| checks::by_id(rule).is_none_or(|rule| citation.differs_from(&rule)));
    citations
}

/// Rules that apply procurement law: in a call-off they cite the jurisdiction of the contract. Every other
/// rule is about the member's own duties and cites its Land.
pub const RULES_OF_CONTRACT: &[&str] = &[
    "accessibility-evidence",
    "accession-after-notice",
    "best-price-item",
    "cap-breached",
    "cap-quantity",
    "cap-undefined",
    "cap-value",
    "cap-warning",
    "cascade-order",
    "contract-active",
    "entitlement-after-notice",
    "evb-it-type",
    "inhouse-evidence-current",
    "item-in-scope",
    "lot-supplier-match",
    "member-entitled",
    "mini-competition-complete",
    "mini-competition-required",
    "modification-limits",
    "performance-beyond-term",
    "rotation-turn",
    "standstill-check",
    "supplier-is-party",
    "term-cap",
    "within-term",
];

/// As [`citations`], as far as the jurisdiction is that of a contract.
#[must_use]
pub fn citations_of_contract(jurisdiction: &str) -> BTreeMap<String, Citation> {
    let mut cited = citations(jurisdiction);
    cited.retain(|rule, _| RULES_OF_CONTRACT.contains(&rule.as_str()));
    cited
}

/// As [`citations`], as far as the jurisdiction is that of a member.
#[must_use]
pub fn citations_of_member(jurisdiction: &str) -> BTreeMap<String, Citation> {
    let mut cited = citations(jurisdiction);
    cited.retain(|rule, _| !RULES_OF_CONTRACT.contains(&rule.as_str()));
    cited
}

impl Citation {
    fn differs_from(&self, rule: &checks::Rule) -> bool {
        rule.texts.source(Language::German) != self.source || rule.texts.certainty() != self.certainty
    }
}

#[cfg(test)]
mod tests;
