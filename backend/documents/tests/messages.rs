//! The order as data says what the order on paper says, to the cent: Order-X, Peppol and the table in the PDF.

use std::collections::BTreeMap;

use abruf_documents::data::{VatCategory, VatClass};
use abruf_documents::random_order::{random_cancellation, random_order};
use abruf_documents::{OrderData, Templates, embedded, order, order_x, peppol_order, sample};
use abruf_domain::data_format::DataFormat;
use abruf_domain::money::{Gross, Net, Quantity, UnitPrice, Vat};
use abruf_domain::supply_chain::Side;
use roxmltree::{Document, Node};

mod reader;

/// How many orders are compared: the count issue 4 names.
const ORDERS: u64 = 500;

/// A line as a message has it.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    position: u32,
    article_number: String,
    title: String,
    quantity: Quantity,
    net: Net,
    vat: (String, String),
}

/// The sums as a message has them.
#[derive(Debug, PartialEq, Eq)]
struct Sums {
    lines: Net,
    charge: Net,
    net: Net,
    vat: Vat,
    gross: Gross,
}

fn vat(class: &VatClass) -> (String, String) {
    let code = match class.category {
        VatCategory::Standard => "S",
        VatCategory::Exempt => "E",
        VatCategory::ReverseCharge => "AE",
        other => panic!("{other:?} is not among the made-up ones"),
    };
    (code.to_owned(), class.rate.to_string())
}

fn of_data(data: &OrderData) -> (Vec<Said>, Sums) {
    let lines = data.lines.iter().map(|line| Said {
        position: line.position,
        article_number: line.article_number.clone(),
        title: line.title.clone(),
        quantity: line.quantity,
        net: line.net,
        vat: vat(&line.vat),
    });
    let sums = Sums {
        lines: data.lines.iter().map(|line| line.net).sum(),
        charge: data.surcharge.as_ref().map_or(Net::ZERO, |surcharge| surcharge.net),
        net: data.totals.net,
        vat: data.totals.vat,
        gross: data.totals.gross,
    };
    (lines.collect(), sums)
}

/// The one element below `node` that is reached by these names.
fn find<'a, 'input>(node: Node<'a, 'input>, path: &str) -> Option<Node<'a, 'input>> {
    path.split('/').try_fold(node, |node, name| node.children().find(|child| child.tag_name().name() == name))
}

fn text(node: Node<'_, '_>, path: &str) -> String {
    let found = find(node, path).unwrap_or_else(|| panic!("no {path} in {}", node.tag_name().name()));
    found.text().unwrap_or("").to_owned()
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a figure")
}

/// Price x quantity / base is the amount: for base 1 by multiplication, else the base is the quantity.
fn check_price(price: &str, base: &str, said: &Said) {
    if base == "1" {
        assert_eq!(Net::of_line(parsed::<UnitPrice>(price), said.quantity, None), said.net, "{said:?}");
    } else {
        assert_eq!((parsed::<Net>(price), parsed::<Quantity>(base)), (said.net, said.quantity), "{said:?}");
    }
}

fn of_order_x(xml: &str) -> (Vec<Said>, Sums) {
    let document = Document::parse(xml).expect("well-formed XML");
    let transaction = find(document.root_element(), "SupplyChainTradeTransaction").expect("a transaction");
    let items = transaction.children().filter(|node| node.tag_name().name() == "IncludedSupplyChainTradeLineItem");
    let lines = items.map(|item| {
        let tax = find(item, "SpecifiedLineTradeSettlement/ApplicableTradeTax").expect("a tax");
        let said = Said {
            position: parsed(&text(item, "AssociatedDocumentLineDocument/LineID")),
            article_number: text(item, "SpecifiedTradeProduct/SellerAssignedID"),
            title: text(item, "SpecifiedTradeProduct/Name"),
            quantity: parsed(&text(item, "SpecifiedLineTradeDelivery/RequestedQuantity")),
            net: parsed(&text(
                item,
                "SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount",
            )),
            vat: (text(tax, "CategoryCode"), text(tax, "RateApplicablePercent")),
        };
        let price = find(item, "SpecifiedLineTradeAgreement/NetPriceProductTradePrice").expect("a price");
        check_price(&text(price, "ChargeAmount"), &text(price, "BasisQuantity"), &said);
        said
    });
    let lines = lines.collect();
    let settlement = find(transaction, "ApplicableHeaderTradeSettlement").expect("a settlement");
    let sums = find(settlement, "SpecifiedTradeSettlementHeaderMonetarySummation").expect("sums");
    let sums = Sums {
        lines: parsed(&text(sums, "LineTotalAmount")),
        charge: find(sums, "ChargeTotalAmount").map_or(Net::ZERO, |node| parsed(node.text().unwrap_or(""))),
        net: parsed(&text(sums, "TaxBasisTotalAmount")),
        vat: parsed(&text(sums, "TaxTotalAmount")),
        gross: parsed(&text(sums, "GrandTotalAmount")),
    };
    (lines, sums)
}

fn of_peppol(xml: &str) -> (Vec<Said>, Sums) {
    let document = Document::parse(xml).expect("well-formed XML");
    let root = document.root_element();
    let items = root.children().filter(|node| node.tag_name().name() == "OrderLine");
    let lines = items.map(|line| {
        let item = find(line, "LineItem").expect("an item");
        let tax = find(item, "Item/ClassifiedTaxCategory").expect("a tax");
        let said = Said {
            position: parsed(&text(item, "ID")),
            article_number: text(item, "Item/SellersItemIdentification/ID"),
            title: text(item, "Item/Name"),
            quantity: parsed(&text(item, "Quantity")),
            net: parsed(&text(item, "LineExtensionAmount")),
            vat: (text(tax, "ID"), text(tax, "Percent")),
        };
        check_price(&text(item, "Price/PriceAmount"), &text(item, "Price/BaseQuantity"), &said);
        said
    });
    let lines = lines.collect();
    let sums = find(root, "AnticipatedMonetaryTotal").expect("sums");
    let sums = Sums {
        lines: parsed(&text(sums, "LineExtensionAmount")),
        charge: find(sums, "ChargeTotalAmount").map_or(Net::ZERO, |node| parsed(node.text().unwrap_or(""))),
        net: parsed(&text(sums, "TaxExclusiveAmount")),
        vat: parsed(&text(root, "TaxTotal/TaxAmount")),
        gross: parsed(&text(sums, "PayableAmount")),
    };
    (lines, sums)
}

#[test]
fn five_hundred_orders_say_the_same_in_both_messages_as_in_their_data() {
    let (mut lines, mut kinds) = (0, BTreeMap::<String, usize>::new());
    for seed in 0..ORDERS {
        let data = random_order(seed);
        let expected = of_data(&data);
        assert_eq!(of_order_x(&order_x(&data).expect("an order")), expected, "Order-X of {seed}");
        assert_eq!(of_peppol(&peppol_order(&data).expect("an order")), expected, "Peppol message of {seed}");
        lines += data.lines.len();
        for line in &expected.0 {
            *kinds.entry(line.vat.0.clone()).or_default() += 1;
        }
        *kinds.entry("surcharge".to_owned()).or_default() += usize::from(data.surcharge.is_some());
        *kinds.entry("term".to_owned()).or_default() +=
            data.lines.iter().filter(|line| line.subscription.is_some()).count();
    }
    println!("{ORDERS} orders, {lines} lines: {kinds:?}");
    for kind in ["S", "E", "AE", "surcharge", "term"] {
        assert!(kinds.get(kind).is_some_and(|count| *count > 50), "too few of {kind}: {kinds:?}");
    }
}

/// A printed German figure, read back.
fn figure(printed: &str) -> String {
    printed.replace('.', "").replace(',', ".").replace('\u{2212}', "-")
}

/// Compares each row of the table a screen reader hears with the data.
fn check_table(data: &OrderData, bytes: &[u8]) {
    let document = reader::read(bytes);
    let tables = document.all("Table");
    let [table] = tables.as_slice() else { panic!("{} tables in\n{}", tables.len(), document.read_aloud()) };
    let body = table.all("TBody")[0];
    assert_eq!(body.kids.len(), data.lines.len());
    for (row, line) in body.kids.iter().zip(&data.lines) {
        let cells: Vec<&str> = row.kids.iter().map(|cell| cell.text.as_str()).collect();
        assert_eq!(cells[0], line.position.to_string());
        assert!(cells[1].replace(' ', "").starts_with(&line.title.replace(' ', "")), "{} / {}", cells[1], line.title);
        assert!(cells[1].contains(&line.article_number), "{cells:?}");
        assert_eq!(parsed::<Quantity>(&figure(cells[2])), line.quantity);
        assert_eq!(parsed::<UnitPrice>(&figure(cells[4])), line.unit_price);
        assert_eq!(parsed::<Net>(&figure(cells[6])), line.net);
    }
    let sums = &table.all("TFoot")[0].kids;
    let last = sums.last().expect("a sum");
    assert_eq!(parsed::<Gross>(&figure(&last.kids[1].text)), data.totals.gross);
    let net = sums.iter().find(|row| row.kids[0].text == "Summe netto").expect("the net sum");
    assert_eq!(parsed::<Net>(&figure(&net.kids[1].text)), data.totals.net);
}

#[test]
fn the_tables_of_twenty_five_orders_are_read_as_they_stand_in_the_data() {
    let templates = Templates::embedded();
    for seed in 0..25 {
        let data = random_order(seed);
        check_table(&data, &order(&data, &templates).expect("a document").bytes);
    }
    let data = sample::order(400);
    check_table(&data, &order(&data, &templates).expect("a document").bytes);
}

#[test]
fn what_people_type_reaches_both_messages_as_they_typed_it() {
    let mut data = sample::order(1);
    "Łukasiewicz & Đorđević <\"ạẞ\"> \u{0}GmbH".clone_into(&mut data.supplier.name);
    for xml in [order_x(&data), peppol_order(&data)] {
        let xml = xml.expect("a message");
        let document = Document::parse(&xml).expect("well-formed XML");
        let names: Vec<&str> = document.descendants().filter_map(|node| node.text()).collect();
        assert!(names.contains(&"Łukasiewicz & Đorđević <\"ạẞ\"> GmbH"), "{names:?}");
    }
}

#[test]
fn contract_and_references_stand_where_programs_look_for_them() {
    let data = sample::of_pair(2, Side::Supplier);
    let xml = peppol_order(&data).expect("a message");
    let document = Document::parse(&xml).expect("well-formed XML");
    let root = document.root_element();
    assert_eq!(text(root, "Contract/ID"), "RV-2025-01");
    assert_eq!(text(root, "CustomerReference"), "15099010-1234512345-35");
    assert_eq!(text(root, "OriginatorDocumentReference/ID"), "V-7K3M9Q2P");
    assert_eq!(text(root, "OriginatorCustomerParty/Party/PartyName/Name"), "Stadt Altenrode");
    assert_eq!(text(root, "BuyerCustomerParty/Party/PostalAddress/PostalZone"), "39999");
    let xml = order_x(&data).expect("a message");
    let document = Document::parse(&xml).expect("well-formed XML");
    let agreement = find(document.root_element(), "SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement");
    let agreement = agreement.expect("an agreement");
    assert_eq!(text(agreement, "BuyerReference"), "15099010-1234512345-35");
    assert_eq!(text(agreement, "ContractReferencedDocument/IssuerAssignedID"), "RV-2025-01");
}

#[test]
fn drafts_have_no_message_and_a_missing_address_leaves_the_peppol_message_out() {
    assert_eq!(order_x(&sample::draft(2)), None);
    assert_eq!(peppol_order(&sample::draft(2)), None);
    let data = OrderData { endpoints: None, ..sample::order(2) };
    assert!(order_x(&data).is_some());
    assert_eq!(peppol_order(&data), None);
}

#[test]
fn the_order_lies_in_its_pdf_and_a_draft_carries_none() {
    let templates = Templates::embedded();
    let data = sample::order(5);
    let bytes = order(&data, &templates).expect("a document").bytes;
    assert_eq!(embedded(&bytes, DataFormat::OrderX), order_x(&data).map(String::into_bytes));
    assert_eq!(embedded(&bytes, DataFormat::Peppol), peppol_order(&data).map(String::into_bytes));
    let bytes = order(&sample::draft(5), &templates).expect("a document").bytes;
    assert_eq!(embedded(&bytes, DataFormat::OrderX), None);
    assert_eq!(embedded(b"no PDF at all", DataFormat::OrderX), None);
}

#[test]
fn a_complete_cancellation_deletes_each_line_and_names_its_order() {
    let templates = Templates::embedded();
    let data = random_cancellation(3);
    let bytes = abruf_documents::cancellation(&data, &templates).expect("a document").bytes;
    let xml = embedded(&bytes, DataFormat::OrderX).expect("an order change");
    let xml = String::from_utf8(xml).expect("UTF-8");
    let document = Document::parse(&xml).expect("well-formed XML");
    let root = document.root_element();
    assert_eq!(text(root, "ExchangedDocument/TypeCode"), "230");
    let statuses = document.descendants().filter(|node| node.tag_name().name() == "LineStatusCode");
    assert_eq!(statuses.filter(|node| node.text() == Some("2")).count(), data.lines.len());
    let agreement = find(root, "SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement").expect("an agreement");
    assert_eq!(text(agreement, "PreviousOrderReferencedDocument/IssuerAssignedID"), data.cancels.number);
}

#[test]
fn a_partial_cancellation_says_of_each_line_what_is_left_and_sums_what_stands() {
    for anew in [false, true] {
        let data = sample::partial_cancellation(5, anew);
        let bytes = abruf_documents::cancellation(&data, &Templates::embedded()).expect("a document").bytes;
        let xml = String::from_utf8(embedded(&bytes, DataFormat::OrderX).expect("an order change")).expect("UTF-8");
        let document = Document::parse(&xml).expect("well-formed XML");
        let root = document.root_element();
        let kind = ["TypeCode", "PurposeCode"].map(|name| text(root, &format!("ExchangedDocument/{name}")));
        assert_eq!(kind, ["230", "4"]);
        let of_lines = |name: &str| -> Vec<String> {
            let lines = document.descendants().filter(|node| node.tag_name().name() == name);
            lines.filter_map(|node| node.text().map(ToOwned::to_owned)).collect()
        };
        let others = if anew { "3" } else { "5" };
        assert_eq!(of_lines("LineStatusCode"), ["2", "3", others, others, others]);
        let rest = data.rest.expect("a rest");
        let quantities: Vec<String> = rest.lines.iter().map(|line| line.quantity.to_string()).collect();
        assert_eq!(of_lines("RequestedQuantity"), [vec!["0".to_owned()], quantities].concat());
        assert_eq!(of_lines("GrandTotalAmount"), [rest.totals.gross.to_string()]);
    }
}

#[test]
fn a_partial_cancellation_made_before_the_rest_was_printed_has_no_order_data() {
    let mut data = sample::partial_cancellation(5, false);
    data.rest = None;
    let bytes = abruf_documents::cancellation(&data, &Templates::embedded()).expect("a document").bytes;
    assert_eq!(embedded(&bytes, DataFormat::OrderX), None);
    let input = abruf_documents::cancellation(&data, &Templates::embedded()).expect("a document").input;
    assert!(!input.contains("rest\":"), "its Prüfkennung stays as it was: {input}");
}
