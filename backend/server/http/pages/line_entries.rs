//! Rows of the form for lines, as a browser sends them: article and quantity in turns, empty ones too.

use abruf_domain::money::UnitPrice;

use crate::actions::draft_call_off::{LineInput, OfferInput, Preview};
use crate::http::pages::written::quantity;

/// A row as typed or saved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Article number.
    pub article_number: String,
    /// Quantity as typed.
    pub quantity: String,
    /// Net unit price of a quote or EVB-IT contract, as typed.
    pub offer_price: String,
    /// The quote or EVB-IT contract.
    pub offer_document: String,
    /// The article number was typed, not offered: then it counts without a quantity, too.
    pub typed: bool,
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
        let offered = !self.offer_price.is_empty() || !self.offer_document.is_empty();
        let offer =
            offered.then(|| OfferInput { unit_price: self.offer_price.clone(), document: self.offer_document.clone() });
        LineInput { offer, ..LineInput::new(self.article_number.clone(), self.quantity.clone()) }
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
            ("angebotspreis", Some(row)) => row.offer_price = value,
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
            offer_price: line.offer.as_ref().map(|it| decimals(it.unit_price)).unwrap_or_default(),
            offer_document: line.offer.as_ref().map(|it| it.document.clone()).unwrap_or_default(),
            typed: false,
        })
        .collect()
}

/// `1180,00`, as it is typed.
fn decimals(price: UnitPrice) -> String {
    price.to_string().replace('.', ",")
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
    fn a_removed_row_is_gone() {
        let rows = sent(&[("angebot", "A"), ("menge", "1"), ("artikel", " B "), ("menge", "2"), ("entfernen", "0")]);
        let left = Entry { article_number: "B".to_owned(), quantity: "2".to_owned(), typed: true, ..Entry::default() };
        assert_eq!(rows, [left]);
    }

    #[test]
    fn a_quote_belongs_to_the_row_it_stands_in() {
        let fields = [("angebot", "FREI"), ("menge", "1"), ("angebotspreis", "4800"), ("angebotsbeleg", "Angebot 17")];
        let rows = sent(&[&fields[..], &[("angebot", "A"), ("menge", "1")]].concat());
        let offer = rows[0].input().offer.expect("a quote");
        assert_eq!((offer.unit_price.as_str(), offer.document.as_str()), ("4800", "Angebot 17"));
        assert_eq!(rows[1].input().offer, None);
    }
}
