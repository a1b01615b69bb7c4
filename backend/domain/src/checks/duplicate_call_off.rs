//! Duplicate call-off (Doppelabruf).
//!
//! The same articles in the same quantities as in a call-off of the last days (14 unless configured)
//! are often the same need, entered twice. Orders that repeat on purpose say so. Internal control, no law.

use std::collections::BTreeMap;

use chrono::Days;

use crate::checks::{Check, texts};
use crate::facts::EarlierCallOff;
use crate::finding::{Addressee, Verdict};
use crate::money::Quantity;
use crate::review::Case;

/// The rule.
pub const CHECK: Check = Check {
    id: "duplicate-call-off",
    version: 1,
    addressee: Addressee::Requester,
    texts: texts!("duplicate_call_off"),
    run,
};

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let request = &case.facts.request;
    // Without lines of earlier call-offs there is nothing to compare with.
    let known: Vec<&EarlierCallOff> = request.earlier.iter().filter(|earlier| !earlier.lines.is_empty()).collect();
    if request.papers.recurring || known.is_empty() || request.lines.is_empty() {
        return Vec::new();
    }
    let days = case.facts.parameters.duplicate_window_days;
    let since = case.day.checked_sub_days(Days::new(days.into())).unwrap_or(case.day);
    let order = summed(request.lines.iter().map(|line| (line.article_number.as_str(), line.quantity)));
    let same = known.into_iter().filter(|earlier| {
        let lines = earlier.lines.iter().map(|(article, quantity)| (article.as_str(), *quantity));
        earlier.counts && since <= earlier.date && earlier.date <= case.day && summed(lines) == order
    });
    let verdict = match same.max_by_key(|earlier| earlier.date) {
        Some(earlier) => Verdict::notice().figure("number", earlier.number.as_str()).figure("date", earlier.date),
        None => Verdict::passed(),
    };
    vec![verdict.figure("days", days)]
}

/// Quantity by article: however the lines are written and ordered.
fn summed<'a>(lines: impl Iterator<Item = (&'a str, Quantity)>) -> BTreeMap<&'a str, Quantity> {
    let mut sums: BTreeMap<&str, Quantity> = BTreeMap::new();
    for (article, quantity) in lines {
        let sum = sums.entry(article).or_default();
        *sum = *sum + quantity;
    }
    sums
}
