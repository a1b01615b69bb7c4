//! Kind `invoice_check`: a line of an invoice against order and delivery.

use abruf_domain::invoice::{self, Invoice, InvoiceLine, StatedGroup};
use serde_json::{Map, Value};

use super::call_off::findings_of;
use super::{Verdict, compare, expectation, parse};
use crate::cases::Error;
use crate::cases::fixture::Fixtures;
use crate::cases::format::{Case, EXPECT_INVOICE_CHECK, InvoiceCheck};

pub(super) fn judge(case: &Case, fixtures: &Fixtures) -> Result<Verdict, Error> {
    let input: InvoiceCheck = parse(&case.input, "input")?;
    let expect = expectation(case, EXPECT_INVOICE_CHECK)?;
    let vat_rate = fixtures.vat_rate(&input.contract, &input.supplier, &input.sku)?;
    let facts = Invoice {
        order: input.contract.clone(),
        lines: vec![InvoiceLine {
            article_number: input.sku.clone(),
            vat_rate,
            order_unit_price: input.order_unit_price,
            invoice_unit_price: input.invoice_unit_price,
            ordered: input.ordered_qty.unwrap_or(input.qty),
            delivered: input.delivered_qty,
            invoiced: input.qty,
            performance: input.performance,
        }],
        stated: input.stated_net.map(|net| StatedGroup { rate: vat_rate, net }).into_iter().collect(),
    };
    let findings = invoice::judge(&facts);
    let mut outcome = Map::new();
    let mut put = |key: &str, value: Value| outcome.insert(key.to_owned(), value);
    put("findings", findings_of(&findings));
    put("expected_net", facts.expected_net().to_string().into());
    put("invoiced_net", facts.invoiced_net().to_string().into());
    Ok(Verdict::of(compare::objects(expect, &outcome), findings))
}
