//! Order splitting (Stückelung).
//!
//! Several small call-offs within the window (30 days unless configured) that together exceed a limit
//! which each of them keeps: the direct limit of mini-competitions, the amount from which the council
//! decides (§ 3 (2) VgV by analogy). There may be good reasons; they are to be written down. The release
//! limit of the releasing person counts too, but as a notice to that person: it is known only at release,
//! and a demand then would send every such request back for nothing.
//!
//! Example: limit 10,000.00; 5,500.00 three weeks ago and 5,750.00 today make 11,250.00 (GC-22).

use chrono::{Days, NaiveDate};

use crate::checks::{Check, texts};
use crate::facts::{EarlierCallOff, Facts, Mechanism};
use crate::finding::{Addressee, Value, Verdict};
use crate::money::{Gross, Net, Vat};
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "order-splitting", version: 1, addressee: Addressee::Requester, texts: texts!("order_splitting"), run };

/// This call-off and its siblings beside a limit that it keeps alone.
struct Kept {
    wording: Option<&'static str>,
    exceeded: bool,
    own: Value,
    sum: Value,
    limit: Value,
}

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let days = case.facts.parameters.split_window_days;
    let since = case.day.checked_sub_days(Days::new(days.into())).unwrap_or(case.day);
    let siblings = siblings(case.facts, since, case.day);
    let kept: Vec<Kept> =
        [direct(case, &siblings), council(case, &siblings), release(case, &siblings)].into_iter().flatten().collect();
    // The first limit exceeded is told; where none is, the first one kept.
    let Some(told) = kept.iter().find(|kept| kept.exceeded).or(kept.first()) else { return Vec::new() };
    let verdict = match (told.exceeded, told.wording) {
        (false, _) => Verdict::passed().figure("sum", told.sum.clone()).figure("limit", told.limit.clone()),
        (true, wording) => {
            let verdict = match wording {
                None => Verdict::justify(),
                Some("release") => Verdict::notice().wording("release"),
                Some(wording) => Verdict::justify().wording(wording),
            };
            verdict.param("sum", told.sum.clone()).param("limit", told.limit.clone())
        }
    };
    vec![
        verdict
            .figure("own", told.own.clone())
            .figure("days", days)
            .figure("since", since)
            .figure("siblings", siblings.iter().map(|sibling| sibling.number.clone()).collect::<Vec<_>>()),
    ]
}

/// The member's own call-offs of the window that count.
fn siblings(facts: &Facts, since: NaiveDate, day: NaiveDate) -> Vec<&EarlierCallOff> {
    let earlier = facts.request.earlier.iter();
    earlier.filter(|sibling| sibling.counts && since <= sibling.date && sibling.date <= day).collect()
}

/// The limit up to which no mini-competition is needed.
fn direct(case: &Case<'_>, siblings: &[&EarlierCallOff]) -> Option<Kept> {
    let Mechanism::MiniCompetitionAbove { direct_limit } = case.facts.contract.mechanism else { return None };
    let own = case.priced.net;
    if case.facts.request.mini_competition.is_some() || direct_limit < own {
        return None;
    }
    let sum = own + net_of(siblings);
    Some(Kept {
        wording: None,
        exceeded: direct_limit < sum,
        own: own.into(),
        sum: sum.into(),
        limit: direct_limit.into(),
    })
}

/// The limit up to which this person releases.
fn release(case: &Case<'_>, siblings: &[&EarlierCallOff]) -> Option<Kept> {
    let limit = case.facts.request.releaser.as_ref()?.limit?;
    let own = case.priced.gross;
    let sum = own + gross_of(siblings);
    (own <= limit).then(|| Kept {
        wording: Some("release"),
        exceeded: limit < sum,
        own: own.into(),
        sum: sum.into(),
        limit: limit.into(),
    })
}

/// The amount from which on the council decides: reaching it is enough, unlike the limits above.
fn council(case: &Case<'_>, siblings: &[&EarlierCallOff]) -> Option<Kept> {
    let limit = case.facts.member.council_limit.as_ref()?;
    let (own, sum) = match limit.net {
        true => {
            let own = case.priced.net;
            (own.plus_vat(Vat::ZERO), (own + net_of(siblings)).plus_vat(Vat::ZERO))
        }
        false => (case.priced.gross, case.priced.gross + gross_of(siblings)),
    };
    (own < limit.amount).then(|| Kept {
        wording: Some("council"),
        exceeded: limit.amount <= sum,
        own: own.into(),
        sum: sum.into(),
        limit: limit.amount.into(),
    })
}

fn net_of(siblings: &[&EarlierCallOff]) -> Net {
    siblings.iter().map(|sibling| sibling.net).sum()
}

/// Call-offs whose gross value the source does not say cannot be added to a gross limit.
fn gross_of(siblings: &[&EarlierCallOff]) -> Gross {
    siblings.iter().filter_map(|sibling| sibling.gross).sum()
}
