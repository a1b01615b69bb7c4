//! What is asked of a report: the same for page, file, API and command line, and the bounds of what may be asked.

use abruf_domain::burn_rate::Procedure;
use abruf_domain::notation::Language;
use chrono::{Months, NaiveDate};
use uuid::Uuid;

/// Longest period of a report in years.
pub const MOST_YEARS: u32 = 50;
/// Most dimensions of a breakdown.
pub const MOST_DIMENSIONS: usize = 3;
/// Years that can be asked for.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=3000;
/// The category of what has no CPV code: surcharge, fee, process effect.
pub const NO_CATEGORY: &str = "none";

/// What savings can be broken down by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Framework contract.
    Contract,
    /// Member.
    Member,
    /// Division of the CPV code of the item.
    Category,
    /// Calendar year of the booking.
    Year,
    /// Supplier of the call-off.
    Supplier,
    /// Evidence class.
    Class,
}

impl Dimension {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 6] = [Self::Contract, Self::Member, Self::Category, Self::Year, Self::Supplier, Self::Class];

    /// As the API and the command line write it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Contract => "contract",
            Self::Member => "member",
            Self::Category => "category",
            Self::Year => "year",
            Self::Supplier => "supplier",
            Self::Class => "class",
        }
    }

    /// As an address of a page writes it; also the name of its filter there.
    #[must_use]
    pub const fn german_key(self) -> &'static str {
        match self {
            Self::Contract => "vertrag",
            Self::Member => "mitglied",
            Self::Category => "kategorie",
            Self::Year => "jahr",
            Self::Supplier => "lieferant",
            Self::Class => "klasse",
        }
    }

    /// The word users read.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::Contract => "Rahmenvertrag",
            Self::Member => "Mitglied",
            Self::Category => "Kategorie (CPV)",
            Self::Year => "Jahr",
            Self::Supplier => "Lieferant",
            Self::Class => "Klasse",
        }
    }

    /// The dimension of this key, in either language.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.key() == key || it.german_key() == key)
    }
}

/// What is asked. Ids are of what the actor may see; `catalogue` looks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// First day.
    pub from: Option<NaiveDate>,
    /// Last day, included.
    pub to: Option<NaiveDate>,
    /// Calendar year.
    pub year: Option<i32>,
    /// What savings are broken down by, in order; contract without.
    pub by: Vec<Dimension>,
    /// One contract.
    pub contract: Option<Uuid>,
    /// One member.
    pub member: Option<Uuid>,
    /// One supplier.
    pub supplier: Option<Uuid>,
    /// One CPV division, or [`NO_CATEGORY`].
    pub category: Option<String>,
    /// One class: A, B, C, P or none.
    pub class: Option<String>,
    /// One call-off.
    pub call_off: Option<Uuid>,
    /// One of its lines; 0 is what belongs to no line.
    pub position: Option<i32>,
    /// How the next contracts are tendered; usual for their regime without.
    pub procedure: Option<Procedure>,
}

/// What cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Which part of the question: `from`, `to`, `year`, `by`, `class`, `category`.
    pub field: &'static str,
    /// What was given, what is allowed, what to do; German.
    pub message: String,
}

impl Question {
    /// What is wrong with it; nothing if it can be asked. A period is open at most on one side, and then it is measured
    /// from or to `today`.
    #[must_use]
    pub fn mistakes(&self, today: NaiveDate) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        let mut add = |field, message: String| mistakes.push(Mistake { field, message });
        let (from, to) = match (self.from, self.to) {
            (Some(from), Some(to)) => (from, to),
            (Some(from), None) => (from, today.max(from)),
            (None, Some(to)) => (today.min(to), to),
            (None, None) => (today, today),
        };
        let day = |day| Language::German.date(day);
        if to < from {
            let message = format!(
                "Der Zeitraum endet am {} und damit vor seinem Beginn am {}. Bitte vertauschen oder ändern Sie die beiden Tage.",
                day(to),
                day(from)
            );
            add("to", message);
        } else if from.checked_add_months(Months::new(12 * MOST_YEARS)).is_none_or(|end| end <= to) {
            let message = format!(
                "Der Zeitraum vom {} bis {} ist länger als {MOST_YEARS} Jahre. Ein Bericht umfasst höchstens {MOST_YEARS} Jahre; bitte wählen Sie einen kürzeren Zeitraum.",
                day(from),
                day(to)
            );
            add("to", message);
        }
        if let Some(year) = self.year.filter(|year| !YEARS.contains(year)) {
            let (first, last) = (YEARS.start(), YEARS.end());
            add(
                "year",
                format!(
                    "Das Jahr {year} geht nicht. Möglich sind die Jahre {first} bis {last}, oder kein Jahr für alle."
                ),
            );
        }
        if MOST_DIMENSIONS < self.by.len() {
            let count = self.by.len();
            add(
                "by",
                format!(
                    "Die Gliederung hat {count} Stufen. Möglich sind höchstens {MOST_DIMENSIONS}; bitte lassen Sie eine weg."
                ),
            );
        }
        if let Some(twice) = self.by.iter().enumerate().find(|(at, it)| self.by[..*at].contains(it)) {
            let word = twice.1.german();
            add("by", format!("„{word}“ steht zweimal in der Gliederung. Bitte wählen Sie jede Stufe nur einmal."));
        }
        if let Some(class) = self.class.as_deref().filter(|class| !super::savings::CLASSES.contains(class)) {
            let shown: String = class.chars().take(20).collect();
            add("class", format!("Die Klasse „{shown}“ gibt es nicht. Möglich sind A, B, C, P und none."));
        }
        let is_division = |it: &&str| it.len() == 2 && abruf_domain::cpv::division(it).is_some();
        if let Some(category) = self.category.as_deref().filter(|it| !is_division(it) && *it != NO_CATEGORY) {
            let shown: String = category.chars().take(20).collect();
            add(
                "category",
                format!(
                    "Die Kategorie „{shown}“ gibt es nicht. Möglich sind die ersten beiden Ziffern eines CPV-Codes, zum Beispiel 48, oder none."
                ),
            );
        }
        mistakes
    }

    /// The same narrowed down to one value of a dimension.
    #[must_use]
    pub fn narrowed(&self, dimension: Dimension, key: &str) -> Self {
        let mut narrow = self.clone();
        match dimension {
            Dimension::Contract => narrow.contract = key.parse().ok(),
            Dimension::Member => narrow.member = key.parse().ok(),
            Dimension::Supplier => narrow.supplier = key.parse().ok(),
            Dimension::Year => narrow.year = key.parse().ok(),
            Dimension::Category => {
                narrow.category = Some(if key.is_empty() { NO_CATEGORY } else { key }.to_owned());
            }
            Dimension::Class => narrow.class = Some(key.to_owned()),
        }
        narrow
    }

    /// Whether the dimension has one value already.
    #[must_use]
    pub const fn fixes(&self, dimension: Dimension) -> bool {
        match dimension {
            Dimension::Contract => self.contract.is_some(),
            Dimension::Member => self.member.is_some(),
            Dimension::Supplier => self.supplier.is_some(),
            Dimension::Year => self.year.is_some(),
            Dimension::Category => self.category.is_some(),
            Dimension::Class => self.class.is_some(),
        }
    }

    /// As name and value in the address of a page; what is not asked is left out.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        let mut add = |name, value: Option<String>| pairs.extend(value.map(|value| (name, value)));
        let by: Vec<&str> = self.by.iter().map(|it| it.german_key()).collect();
        add("von", self.from.map(|it| Language::German.date(it)));
        add("bis", self.to.map(|it| Language::German.date(it)));
        add("nach", (!by.is_empty()).then(|| by.join(",")));
        add("jahr", self.year.map(|it| it.to_string()));
        add("vertrag", self.contract.map(|it| it.to_string()));
        add("mitglied", self.member.map(|it| it.to_string()));
        add("kategorie", self.category.clone());
        add("lieferant", self.supplier.map(|it| it.to_string()));
        add("klasse", self.class.clone());
        add("abruf", self.call_off.map(|it| it.to_string()));
        add("position", self.position.map(|it| it.to_string()));
        add("verfahren", self.procedure.map(|it| it.key().to_owned()));
        pairs
    }

    /// As the query of a page's address, without `?`; empty where everything is asked.
    #[must_use]
    pub fn address(&self) -> String {
        self.pairs().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Option<NaiveDate> {
        Some(text.parse().unwrap())
    }

    fn fields(question: &Question) -> Vec<&'static str> {
        question.mistakes(day("2026-11-22").unwrap()).into_iter().map(|it| it.field).collect()
    }

    #[test]
    fn a_period_has_at_most_fifty_years_and_an_order() {
        let period = |from, to| Question { from, to, ..Question::default() };
        assert!(fields(&period(None, None)).is_empty());
        assert!(fields(&period(day("2000-01-01"), day("2049-12-31"))).is_empty(), "fifty years to the day");
        assert_eq!(fields(&period(day("2000-01-01"), day("2050-01-01"))), ["to"]);
        assert_eq!(fields(&period(day("2026-02-02"), day("2026-02-01"))), ["to"]);
        assert!(fields(&period(day("2026-02-02"), day("2026-02-02"))).is_empty());
        assert_eq!(fields(&period(day("1960-01-01"), None)), ["to"], "open at the end means until today");
        assert_eq!(fields(&period(None, day("2090-01-01"))), ["to"]);
        assert!(fields(&period(day("2026-12-24"), None)).is_empty(), "it may begin tomorrow");
    }

    #[test]
    fn what_does_not_exist_is_refused_by_name() {
        let ask = Question {
            year: Some(99_999),
            by: vec![Dimension::Year, Dimension::Class, Dimension::Year, Dimension::Member],
            class: Some("Q".to_owned()),
            category: Some("4800".to_owned()),
            ..Question::default()
        };
        assert_eq!(fields(&ask), ["year", "by", "by", "class", "category"]);
    }

    #[test]
    fn an_address_leads_back_to_the_same_question() {
        let question =
            Question { from: day("2026-01-01"), by: vec![Dimension::Contract, Dimension::Year], ..Question::default() };
        assert_eq!(question.address(), "von=01.01.2026&nach=vertrag,jahr");
        let narrow = question.narrowed(Dimension::Category, "");
        assert!(narrow.fixes(Dimension::Category) && narrow.address().ends_with("kategorie=none"));
        for dimension in Dimension::ALL {
            assert_eq!(Dimension::from_key(dimension.key()), Some(dimension));
            assert_eq!(Dimension::from_key(dimension.german_key()), Some(dimension));
        }
    }
}
