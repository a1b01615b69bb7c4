//! Received after the end (Zugang nach Vertragsende).
//!
//! An order takes effect when the supplier receives it (§ 130 BGB). One that was released in time but
//! sent or received after the effective end may bind nobody: the office clears it up.

use crate::checks::{Check, DispatchRule, texts};
use crate::dispatch::Dispatch;
use crate::finding::{Addressee, Verdict};
use crate::period::berlin_date;

/// The rule.
pub const CHECK: Check<DispatchRule> = Check {
    id: "receipt-after-end",
    version: 1,
    addressee: Addressee::Office,
    texts: texts!("receipt_after_end"),
    run,
};

fn run(dispatch: &Dispatch) -> Vec<Verdict> {
    // Released too late is within-term's.
    if dispatch.effective_end < berlin_date(dispatch.released_at) {
        return Vec::new();
    }
    let sent = berlin_date(dispatch.sent_at);
    let received = dispatch.received_at.map(berlin_date);
    let verdict = match received {
        _ if dispatch.effective_end < sent => Verdict::notice().wording("sent").figure("day", sent),
        Some(received) if dispatch.effective_end < received => {
            Verdict::notice().wording("received").figure("day", received)
        }
        _ => Verdict::passed().figure("day", received.unwrap_or(sent)),
    };
    vec![verdict.figure("number", dispatch.number.as_str()).figure("end", dispatch.effective_end)]
}
