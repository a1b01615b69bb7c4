//! What a rule says: outcome, parameters, figures, and the rows it used. Findings are data; their
//! words lie beside the rule and are put together by [`crate::texts`].

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::answer_period::Deadline;
use crate::checks;
use crate::contract_life::Status;
use crate::law::Citation;
use crate::money::{Gross, IndexPoints, Net, Percent, Quantity, UnitPrice, Volume};
use crate::notation::Language;
use crate::texts::Certainty;

/// What a rule concludes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// In order.
    Passed,
    /// Hinweis: to be known, stops nothing.
    Notice,
    /// Can only be judged later.
    Pending,
    /// Needs a written justification by its addressee.
    Justify,
    /// Stops the call-off; cured by data only.
    Block,
}

impl Outcome {
    /// The key in texts and JSON.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Notice => "notice",
            Self::Pending => "pending",
            Self::Justify => "justify",
            Self::Block => "block",
        }
    }

    /// The word users read.
    #[must_use]
    pub const fn word(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Passed, Language::German) => "bestanden",
            (Self::Notice, Language::German) => "Hinweis",
            (Self::Pending, Language::German) => "wird bei Freigabe geprüft",
            (Self::Justify, Language::German) => "Begründung nötig",
            (Self::Block, Language::German) => "blockiert",
            (Self::Passed, Language::English) => "passed",
            (Self::Notice, Language::English) => "notice",
            (Self::Pending, Language::English) => "checked at release",
            (Self::Justify, Language::English) => "needs justification",
            (Self::Block, Language::English) => "blocked",
        }
    }
}

/// Who can cure a finding; a justification counts only from its addressee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Addressee {
    /// The clerk who asks.
    Requester,
    /// The person who releases.
    Releaser,
    /// The office of the cooperative.
    Office,
    /// The member's treasurer (Kämmerei).
    Treasurer,
    /// The member's administration: council, data protection; acts through its approver.
    Administration,
    /// Who certifies invoices; acts through the treasurer.
    InvoiceClerk,
}

impl Addressee {
    /// The key in the database and in JSON.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Requester => "requester",
            Self::Releaser => "releaser",
            Self::Office => "office",
            Self::Treasurer => "treasurer",
            Self::Administration => "administration",
            Self::InvoiceClerk => "invoice_clerk",
        }
    }

    /// The words users read: who has to act.
    #[must_use]
    pub const fn word(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Requester, Language::German) => "Sachbearbeitung",
            (Self::Releaser, Language::German) => "Freigabe",
            (Self::Office, Language::German) => "Geschäftsstelle",
            (Self::Treasurer, Language::German) => "Kämmerei",
            (Self::Administration, Language::German) => "Verwaltungsleitung",
            (Self::InvoiceClerk, Language::German) => "Rechnungsbearbeitung",
            (Self::Requester, Language::English) => "requester",
            (Self::Releaser, Language::English) => "releaser",
            (Self::Office, Language::English) => "office of the cooperative",
            (Self::Treasurer, Language::English) => "treasurer",
            (Self::Administration, Language::English) => "head of administration",
            (Self::InvoiceClerk, Language::English) => "invoice clerk",
        }
    }
}

/// Where a ceiling stands; written in the reader's language, not in the language of the review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Place {
    /// The whole contract.
    Contract {
        /// Its number.
        number: String,
    },
    /// A lot.
    Lot {
        /// Its number.
        number: i32,
        /// Its title.
        title: String,
    },
    /// An item.
    Item {
        /// Its article number.
        article_number: String,
    },
    /// A member's quota.
    Quota {
        /// Number of the contract.
        contract: String,
    },
}

impl Place {
    /// As plain JSON, for programs.
    fn plain(&self) -> serde_json::Value {
        match self {
            Self::Contract { number } => serde_json::json!({ "contract": number }),
            Self::Lot { number, title } => serde_json::json!({ "lot": number, "title": title }),
            Self::Item { article_number } => serde_json::json!({ "item": article_number }),
            Self::Quota { contract } => serde_json::json!({ "quota": contract }),
        }
    }

    /// As people read it: `Los 2 Citrix`.
    #[must_use]
    pub fn written(&self, language: Language) -> String {
        match (self, language) {
            (Self::Contract { number }, Language::German) => format!("Rahmenvertrag {number}"),
            (Self::Contract { number }, Language::English) => format!("Framework contract {number}"),
            (Self::Lot { number, title }, Language::German) => format!("Los {number} {title}"),
            (Self::Lot { number, title }, Language::English) => format!("Lot {number} {title}"),
            (Self::Item { article_number }, Language::German) => format!("Artikel {article_number}"),
            (Self::Item { article_number }, Language::English) => format!("Article {article_number}"),
            (Self::Quota { contract }, Language::German) => format!("Kontingent im Rahmenvertrag {contract}"),
            (Self::Quota { contract }, Language::English) => format!("Quota in framework contract {contract}"),
        }
    }
}

/// The stored status of a contract as users read it; a key of a later version stands as it is. English
/// takes the words of the key.
fn contract_status_word(key: &str, language: Language) -> String {
    match (language, key.parse::<Status>()) {
        (Language::German, Ok(status)) => status.german().to_owned(),
        (Language::English, Ok(_)) => key.replace('_', " "),
        (_, Err(_)) => key.to_owned(),
    }
}

/// A typed parameter or figure of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Value {
    /// Net amount.
    Net(Net),
    /// Gross amount.
    Gross(Gross),
    /// Unit price.
    UnitPrice(UnitPrice),
    /// Quantity.
    Quantity(Quantity),
    /// Quantity of a ceiling: what many call-offs take together.
    Volume(Volume),
    /// Percentage.
    Percent(Percent),
    /// Points of a price index.
    IndexPoints(IndexPoints),
    /// Whole number.
    Count(u32),
    /// Calendar date.
    Date(NaiveDate),
    /// Words: names, numbers of contracts, units.
    Text(String),
    /// Several of them.
    List(Vec<String>),
    /// Where a ceiling stands.
    Place(Place),
    /// Key of a contract's stored status.
    ContractStatus(String),
    /// Suppliers that were asked, and until when each has to answer.
    Deadlines(Vec<(String, Deadline)>),
}

impl Value {
    /// As people read it.
    #[must_use]
    pub fn written(&self, language: Language, currency: &str) -> String {
        match self {
            Self::Net(net) => language.money(net.decimal(), currency),
            Self::Gross(gross) => language.money(gross.decimal(), currency),
            Self::UnitPrice(price) => language.unit_price(price.decimal(), currency),
            Self::Quantity(quantity) => language.number(quantity.decimal().normalize()),
            Self::Volume(volume) => language.number(volume.decimal().normalize()),
            Self::Percent(percent) => language.percent(percent.decimal().normalize()),
            Self::IndexPoints(points) => language.number(points.decimal().normalize()),
            Self::Count(count) => language.number(Decimal::from(*count)),
            Self::Date(day) => language.date(*day),
            Self::Text(text) => text.clone(),
            Self::List(list) => list.join(", "),
            Self::Place(place) => place.written(language),
            Self::ContractStatus(key) => contract_status_word(key, language),
            Self::Deadlines(deadlines) => {
                let written = deadlines.iter().map(|(name, it)| it.written(name, language));
                written.collect::<Vec<_>>().join("; ")
            }
        }
    }

    /// As plain JSON without its type: the form of the case files.
    #[must_use]
    pub fn plain(&self) -> serde_json::Value {
        match self {
            Self::Net(v) => v.to_string().into(),
            Self::Gross(v) => v.to_string().into(),
            Self::UnitPrice(v) => v.to_string().into(),
            Self::Quantity(v) => v.to_string().into(),
            Self::Volume(v) => v.to_string().into(),
            Self::Percent(v) => v.to_string().into(),
            Self::IndexPoints(v) => v.to_string().into(),
            Self::Count(v) => v.to_string().into(),
            Self::Date(v) => v.to_string().into(),
            Self::Text(v) => v.clone().into(),
            Self::List(v) => v.clone().into(),
            Self::Place(v) => v.plain(),
            Self::ContractStatus(v) => v.clone().into(),
            Self::Deadlines(v) => {
                let plain = |(name, it): &(String, Deadline)| serde_json::json!({ "supplier": name, "deadline": it });
                v.iter().map(plain).collect::<Vec<_>>().into()
            }
        }
    }
}

macro_rules! value_from {
    ($($type:ty => $variant:ident),* $(,)?) => {
        $(impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(value)
            }
        })*
    };
}

value_from! {
    Net => Net, Gross => Gross, UnitPrice => UnitPrice, Quantity => Quantity, Volume => Volume, Percent => Percent,
    IndexPoints => IndexPoints, u32 => Count, NaiveDate => Date, String => Text, Vec<String> => List, Place => Place,
    Vec<(String, Deadline)> => Deadlines,
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A row a finding used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputRef {
    /// What it is: `guard`, `entitlement`, `price_term`.
    pub kind: String,
    /// Its id.
    pub id: Uuid,
}

/// What a check returns: a finding without its rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    outcome: Outcome,
    wording: Option<&'static str>,
    params: BTreeMap<String, Value>,
    figures: BTreeMap<String, Value>,
    inputs: Vec<InputRef>,
}

impl Verdict {
    /// A verdict with this outcome.
    #[must_use]
    pub const fn new(outcome: Outcome) -> Self {
        Self { outcome, wording: None, params: BTreeMap::new(), figures: BTreeMap::new(), inputs: Vec::new() }
    }

    /// In order.
    #[must_use]
    pub const fn passed() -> Self {
        Self::new(Outcome::Passed)
    }

    /// A notice.
    #[must_use]
    pub const fn notice() -> Self {
        Self::new(Outcome::Notice)
    }

    /// A demand for justification.
    #[must_use]
    pub const fn justify() -> Self {
        Self::new(Outcome::Justify)
    }

    /// A block.
    #[must_use]
    pub const fn block() -> Self {
        Self::new(Outcome::Block)
    }

    /// Chooses a sentence of its own for this case: section `block.limit` instead of `block`.
    #[must_use]
    pub const fn wording(mut self, wording: &'static str) -> Self {
        self.wording = Some(wording);
        self
    }

    /// Adds a parameter: part of the contract of the rule, compared in cases.
    #[must_use]
    pub fn param(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a figure: used in the sentence, shown as arithmetic.
    #[must_use]
    pub fn figure(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.figures.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a volume as a figure: an amount for value scopes, a quantity otherwise.
    #[must_use]
    pub fn volume(self, name: &str, volume: Volume, measure: crate::facts::Measure) -> Self {
        match measure {
            crate::facts::Measure::Value => self.figure(name, volume.as_net()),
            crate::facts::Measure::Quantity => self.figure(name, volume),
        }
    }

    /// Names a row it used.
    #[must_use]
    pub fn input(mut self, kind: &str, id: impl Into<Uuid>) -> Self {
        self.inputs.push(InputRef { kind: kind.to_owned(), id: id.into() });
        self
    }

    /// The finding of rule `rule` in version `version`.
    #[must_use]
    pub fn of(self, rule: &str, version: u16, addressee: Addressee) -> Finding {
        Finding {
            rule: rule.to_owned(),
            version,
            outcome: self.outcome,
            wording: self.wording.map(str::to_owned),
            addressee,
            params: self.params,
            figures: self.figures,
            inputs: self.inputs,
            citation: None,
        }
    }
}

impl Finding {
    /// What it rests on: its own citation, else the words of the rule book; empty for an unknown rule.
    #[must_use]
    pub fn source(&self, language: Language) -> &str {
        match &self.citation {
            Some(citation) => &citation.source,
            None => checks::by_id(&self.rule).map_or("", |rule| rule.texts.source(language)),
        }
    }

    /// How sure that is.
    #[must_use]
    pub fn certainty(&self) -> Certainty {
        match &self.citation {
            Some(citation) => citation.certainty,
            None => checks::by_id(&self.rule).map_or(Certainty::Uncertain, |rule| rule.texts.certainty()),
        }
    }
}

/// What a rule says about one call-off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Rule id, e.g. `cap-value`.
    pub rule: String,
    /// Version of the rule.
    pub version: u16,
    /// What it concludes.
    pub outcome: Outcome,
    /// Which sentence of the outcome, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wording: Option<String>,
    /// Who can cure it.
    pub addressee: Addressee,
    /// Parameters, fixed by the rule.
    pub params: BTreeMap<String, Value>,
    /// Further figures of the sentence and its arithmetic.
    pub figures: BTreeMap<String, Value>,
    /// Rows used.
    pub inputs: Vec<InputRef>,
    /// What it rests on in the jurisdiction it was judged in, where that differs from the words of the
    /// rule book. Stored with the review, so that an old one keeps what it cited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citation: Option<Citation>,
}
