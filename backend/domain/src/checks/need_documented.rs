//! Need documented (Bedarf begründet).
//!
//! Why the need exists and why in this quantity has to be on file (§ 8 VgV, § 6 UVgO). Cured by
//! filling the field; how long the text is proves nothing.

use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "need-documented", version: 1, addressee: Addressee::Requester, texts: texts!("need_documented"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let blank = case.facts.request.need.trim().is_empty();
    vec![if blank { Verdict::justify() } else { Verdict::passed() }]
}
