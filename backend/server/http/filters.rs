//! German notation in templates, for `use crate::http::filters;` beside the page struct:
//! `{{ net|money("EUR") }}`, `{{ quantity|number(0) }}`, `{{ ends_on|day }}`, `{{ at|instant }}`.
//!
//! `{{ member|typed }}` says that somebody typed the text, or that it is data: it stays as it is on an English page.
//!
//! The others take what prints itself as a plain decimal, so every amount of the domain fits. Nothing is
//! rounded here.

#![expect(missing_docs, reason = "askama::filter_fn makes types and methods and gives them no documentation")]

use std::fmt::Display;

use abruf_documents::format_de;
use askama::{Result, Values};
use chrono::{DateTime, NaiveDate, Utc};

use crate::http::english;

/// `1.234,50 €`
#[askama::filter_fn]
pub fn money(amount: impl Display, _: &dyn Values, currency: &str) -> Result<String> {
    decimal(format_de::money(&amount.to_string(), currency))
}

/// `1.234,5` with at least so many decimals.
#[askama::filter_fn]
pub fn number(value: impl Display, _: &dyn Values, decimals: usize) -> Result<String> {
    decimal(format_de::number(&value.to_string(), decimals))
}

/// `62,5 %`
#[askama::filter_fn]
pub fn percent(value: impl Display, _: &dyn Values) -> Result<String> {
    decimal(format_de::percent(&value.to_string()))
}

/// `04.05.2027`
#[askama::filter_fn]
pub fn day(day: impl Owned<NaiveDate>, _: &dyn Values) -> Result<String> {
    Ok(format_de::date(day.owned()))
}

/// `04.05.2027, 14:05 Uhr`, in Berlin.
#[askama::filter_fn]
pub fn instant(at: impl Owned<DateTime<Utc>>, _: &dyn Values) -> Result<String> {
    Ok(format_de::date_time(at.owned()))
}

/// The text, marked as no text of ours.
#[askama::filter_fn]
pub fn typed(text: impl Display, _: &dyn Values) -> Result<String> {
    Ok(english::typed::as_typed(text))
}

/// A value behind any number of references: how many there are depends on the template around it.
pub trait Owned<T> {
    /// The value itself.
    fn owned(&self) -> T;
}

impl Owned<Self> for NaiveDate {
    fn owned(&self) -> Self {
        *self
    }
}

impl Owned<Self> for DateTime<Utc> {
    fn owned(&self) -> Self {
        *self
    }
}

impl<T, U: Owned<T> + ?Sized> Owned<T> for &U {
    fn owned(&self) -> T {
        (**self).owned()
    }
}

/// A value that is no decimal is a programming error: the page fails instead of showing nonsense.
fn decimal(text: Option<String>) -> Result<String> {
    text.ok_or(askama::Error::Fmt)
}

#[cfg(test)]
mod tests {
    use abruf_domain::money::Net;
    use askama::Template;

    use super::*;
    use crate::http::filters;

    #[derive(Template)]
    #[template(
        ext = "html",
        source = "{{ net|money(\"EUR\") }}|{{ net.to_string()|money(\"GBP\") }}|{{ share|percent }}|{% for day in days %}{{ day|day }}{% endfor %}|{{ at|instant }}|{{ share|number(2) }}"
    )]
    struct Sample {
        net: Net,
        share: &'static str,
        days: Vec<NaiveDate>,
        at: DateTime<Utc>,
    }

    #[test]
    fn amounts_and_dates_read_german() {
        let sample = Sample {
            net: "1234567.8".parse().unwrap(),
            share: "62.5",
            days: vec!["2027-05-04".parse().unwrap()],
            at: "2027-05-04T12:05:00Z".parse().unwrap(),
        };
        let text = sample.render().unwrap().replace('\u{a0}', " ");
        assert_eq!(text, "1.234.567,80 €|1.234.567,80 GBP|62,5 %|04.05.2027|04.05.2027, 14:05 Uhr|62,50");
    }
}
