//! Invoice routing (Rechnungsweg).
//!
//! An e-invoice finds its way by the routing id (Leitweg-ID) or an order reference of the member on
//! the order (ERG LSA, ERechVO LSA). Members under private law may have no routing id.

use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "invoice-routing", version: 1, addressee: Addressee::Requester, texts: texts!("invoice_routing"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let papers = &case.facts.request.papers;
    let leitweg_id = papers.leitweg_id.as_deref().unwrap_or_default().trim();
    match (leitweg_id, papers.order_reference.trim()) {
        ("", "") if case.facts.member.routes_invoices => vec![Verdict::notice()],
        ("", reference) if case.facts.member.routes_invoices => {
            vec![Verdict::passed().wording("reference").figure("reference", reference)]
        }
        ("", _) => Vec::new(),
        (leitweg_id, _) => vec![Verdict::passed().figure("leitweg_id", leitweg_id)],
    }
}
