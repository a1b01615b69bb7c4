//! Invoice matches the call-off (Rechnung entspricht Abruf).
//!
//! A price or quantity above order or delivery must not be certified as correct (§ 3 KomKBVO LSA);
//! what was not delivered is not billed. Lower is passed and shown. A cash discount is no part of
//! the sums compared, and one cent per VAT group is rounding.

use crate::checks::{Check, InvoiceRule, texts};
use crate::finding::{Addressee, Verdict};
use crate::invoice::{Invoice, InvoiceLine};
use crate::money::Net;

/// The rule.
pub const CHECK: Check<InvoiceRule> = Check {
    id: "invoice-matches-contract",
    version: 1,
    addressee: Addressee::InvoiceClerk,
    texts: texts!("invoice_matches_contract"),
    run,
};

fn run(invoice: &Invoice) -> Vec<Verdict> {
    let articles =
        |lines: Vec<&InvoiceLine>| lines.into_iter().map(|line| line.article_number.clone()).collect::<Vec<String>>();
    let dearer: Vec<&InvoiceLine> = invoice.lines.iter().filter(|line| line.is_dearer()).collect();
    let too_much: Vec<&InvoiceLine> = invoice.lines.iter().filter(|line| line.is_too_much()).collect();
    let over: Net = invoice
        .lines
        .iter()
        .filter(|line| line.is_dearer() || line.is_too_much())
        .map(|line| line.invoiced_net() - line.payable_net())
        .sum();
    let stated = invoice.stated_too_high();
    let (expected, invoiced) = (invoice.expected_net(), invoice.invoiced_net());
    let verdict = if !dearer.is_empty() {
        Verdict::block().wording("price").figure("articles", articles(dearer))
    } else if !too_much.is_empty() {
        Verdict::block().wording("quantity").figure("articles", articles(too_much))
    } else if !stated.is_zero() {
        Verdict::block().wording("sum")
    } else if invoiced < expected {
        return vec![
            Verdict::passed()
                .wording("lower")
                .figure("lower_by", expected - invoiced)
                .figure("order", invoice.order.as_str())
                .figure("invoiced_net", invoiced),
        ];
    } else {
        return vec![Verdict::passed().figure("order", invoice.order.as_str()).figure("invoiced_net", invoiced)];
    };
    vec![
        verdict
            .param("difference_net", over + stated)
            .figure("order", invoice.order.as_str())
            .figure("expected_net", expected)
            .figure("invoiced_net", invoiced + stated),
    ]
}
