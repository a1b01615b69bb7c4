//! What is asked for, by whom, with what papers.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Budget, Decline, MiniCompetition};
use crate::answer_period::RankRequest;
use crate::ids::{OrganisationId, PersonId};
use crate::money::{Gross, Net, Quantity, UnitPrice};
use crate::period::{Period, Validity};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// From whom.
    pub supplier: OrganisationId,
    /// The supplier's name, for findings.
    pub supplier_name: String,
    /// Lines.
    pub lines: Vec<RequestLine>,
    /// Performance period; subscriptions need one.
    pub performance: Option<Period>,
    /// Reason for need and quantity.
    pub need: String,
    /// Who asks.
    pub requester: PersonId,
    /// Who releases; known at release only.
    pub releaser: Option<Releaser>,
    /// Papers and references of the request.
    #[serde(default)]
    pub papers: Papers,
    /// Money of the member's account; `None` where no account is kept.
    #[serde(default)]
    pub budget: Option<Budget>,
    /// Declines of suppliers ranked higher.
    #[serde(default)]
    pub declines: Vec<Decline>,
    /// Requests to suppliers of a cascade, by day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rank_requests: Vec<RankRequest>,
    /// The mini-competition behind the request.
    #[serde(default)]
    pub mini_competition: Option<MiniCompetition>,
    /// Declared interests of persons acting on the request.
    #[serde(default)]
    pub interests: Vec<DeclaredInterest>,
    /// The member's earlier call-offs from this contract.
    #[serde(default)]
    pub earlier: Vec<EarlierCallOff>,
}

/// Papers and references of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Papers {
    /// Contract under Art. 28 GDPR.
    pub data_processing: String,
    /// Resolution of the council.
    pub council_resolution: String,
    /// Documented emergency decision in its place.
    pub emergency_decision: String,
    /// Commitment authorisation (VE) or budget reference for later years.
    pub commitment: String,
    /// Routing id of the invoice address; `None` where the source does not say.
    pub leitweg_id: Option<String>,
    /// Order reference of the member, printed on the order; also routes the invoice.
    pub order_reference: String,
    /// The order repeats on purpose.
    pub recurring: bool,
}

/// A declared interest of a person in the supplier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredInterest {
    /// Whose.
    pub person: PersonId,
    /// In which supplier.
    pub supplier: OrganisationId,
    /// What it is: shares, a seat, a relative.
    pub nature: String,
    /// From when to when.
    pub validity: Validity,
}

/// An earlier call-off of the same member from the same contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierCallOff {
    /// Number, or case number while it has none.
    pub number: String,
    /// Berlin date of submission or release.
    pub date: NaiveDate,
    /// Net order value.
    pub net: Net,
    /// Gross order value; `None` where the source does not say.
    #[serde(default)]
    pub gross: Option<Gross>,
    /// Whether it counts: not refused, withdrawn, expired or cancelled.
    pub counts: bool,
    /// Articles and quantities.
    #[serde(default)]
    pub lines: Vec<(String, Quantity)>,
}

/// Who releases and up to which amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Releaser {
    /// Who.
    pub person: PersonId,
    /// Release limit; `None`: unlimited.
    pub limit: Option<Gross>,
    /// What the member recorded about this person's power to bind it.
    #[serde(default)]
    pub power: Power,
    /// A technical account; it cannot release.
    #[serde(default)]
    pub technical: bool,
}

impl Releaser {
    /// A person with a limit of whom nothing else is recorded.
    #[must_use]
    pub fn new(person: PersonId, limit: Option<Gross>) -> Self {
        Self { person, limit, power: Power::default(), technical: false }
    }
}

/// A person's power to bind the member.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Power {
    /// Head of the administration.
    pub head: bool,
    /// Dated authorities.
    pub authorities: Vec<Authority>,
}

/// A dated authority (Vollmacht).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    /// Up to this amount; `None`: any.
    pub limit: Option<Gross>,
    /// For which contract numbers or subjects; empty: all.
    pub subject: String,
    /// The document.
    pub document: String,
    /// From when to when.
    pub validity: Validity,
}

/// A line of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestLine {
    /// Position from 1.
    pub position: i32,
    /// Article number as entered.
    pub article_number: String,
    /// Quantity.
    pub quantity: Quantity,
    /// Price of a supplier's offer: lower than the contract's, or of a free-text item.
    #[serde(default)]
    pub offer: Option<Offer>,
}

/// An offer attached to a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Price per unit.
    pub unit_price: UnitPrice,
    /// The quote or EVB-IT contract.
    pub document: String,
}
