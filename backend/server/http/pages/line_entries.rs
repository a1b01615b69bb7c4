//! Rows of the form for lines, as a browser sends them: article and quantity in turns, empty ones too.

use abruf_domain::notation::Language::German;

use crate::actions::draft_call_off::{LineInput, OfferInput, Preview};
use crate::http::pages::written::quantity;

/// A row as typed or saved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Article number.
    pub article_number: String,
    /// Quantity as typed.
    pub quantity: String,
    /// The article number was typed, not offered: then it counts without a quantity, too.
    pub typed: bool,
    /// A lower price the supplier offered, as typed.
    pub offer_price: String,
    /// Its quote.
    pub offer_document: String,
    /// The form had fields for an offer: then an empty one takes an earlier offer away.
    pub offer_sent: bool,
}

impl Entry {
    /// Whether it is meant as a line.
    #[must_use]
    pub fn counts(&self) -> bool {
        !self.quantity.is_empty() || (self.typed && !self.article_number.is_empty())
    }

    /// As the action takes it.
    #[must_use]
    pub fn input(&self) -> LineInput {
        let offer = OfferInput { unit_price: self.offer_price.clone(), document: self.offer_document.clone() };
        LineInput {
            offer: Some(offer).filter(|it| !it.unit_price.is_empty() || !it.document.is_empty()),
            ..LineInput::new(self.article_number.clone(), self.quantity.clone())
        }
    }
}

/// The rows of a sent form; the one whose „Entfernen“ was pressed is left out.
#[must_use]
pub fn entries(fields: &[(String, String)]) -> Vec<Entry> {
    let mut rows: Vec<Entry> = Vec::new();
    let mut removed = None;
    for (name, value) in fields {
        let value = value.trim().to_owned();
        match (name.as_str(), rows.last_mut()) {
            ("artikel", _) => rows.push(Entry { article_number: value, typed: true, ..Entry::default() }),
            ("angebot", _) => rows.push(Entry { article_number: value, ..Entry::default() }),
            ("menge", Some(row)) => row.quantity = value,
            ("angebotspreis", Some(row)) => (row.offer_price, row.offer_sent) = (value, true),
            ("angebotsbeleg", Some(row)) => row.offer_document = value,
            ("entfernen", _) => removed = value.parse::<usize>().ok(),
            _ => {}
        }
    }
    if let Some(at) = removed.filter(|at| *at < rows.len()) {
        rows.remove(at);
    }
    rows
}

/// The saved lines of a draft as rows.
#[must_use]
pub fn saved_entries(preview: &Preview) -> Vec<Entry> {
    preview
        .lines
        .iter()
        .map(|line| Entry {
            article_number: line.article_number.clone(),
            quantity: quantity(line.quantity),
            typed: false,
            offer_price: line.offer.as_ref().map(|it| German.number(it.unit_price.decimal())).unwrap_or_default(),
            offer_document: line.offer.as_ref().map(|it| it.document.clone()).unwrap_or_default(),
            offer_sent: true,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(fields: &[(&str, &str)]) -> Vec<Entry> {
        entries(&fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>())
    }

    #[test]
    fn an_offered_article_without_quantity_is_not_ordered_but_a_typed_one_is_a_mistake() {
        let rows =
            sent(&[("angebot", "A"), ("menge", ""), ("artikel", "B"), ("menge", ""), ("artikel", ""), ("menge", "")]);
        assert_eq!(rows.iter().map(Entry::counts).collect::<Vec<_>>(), [false, true, false]);
    }

    #[test]
    fn an_offer_belongs_to_the_row_before_it() {
        let rows = sent(&[
            ("angebot", "A"),
            ("menge", "1"),
            ("angebotspreis", "11,20"),
            ("angebotsbeleg", "Angebot 7"),
            ("angebot", "B"),
            ("menge", "2"),
        ]);
        let offers: Vec<Option<String>> =
            rows.iter().map(|row| row.input().offer.map(|offer| offer.unit_price)).collect();
        assert_eq!(offers, [Some("11,20".to_owned()), None]);
    }

    #[test]
    fn a_removed_row_is_gone() {
        let rows = sent(&[("angebot", "A"), ("menge", "1"), ("artikel", " B "), ("menge", "2"), ("entfernen", "0")]);
        let left = Entry { article_number: "B".to_owned(), quantity: "2".to_owned(), typed: true, ..Entry::default() };
        assert_eq!(rows, [left]);
    }
}
