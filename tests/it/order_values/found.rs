//! What stands on the paper and in the messages of an order, read as others read it.

#[path = "../../../backend/documents/tests/reader/mod.rs"]
mod reader;

use rust_decimal::Decimal;

/// A line as one of the four has it.
#[derive(Debug, PartialEq, sqlx::FromRow)]
pub struct Row {
    pub position: i32,
    pub article: String,
    pub quantity: Decimal,
    pub net: Decimal,
    pub category: String,
    pub rate: Decimal,
}

/// The sums as one of the four has them.
#[derive(Debug, PartialEq, sqlx::FromRow)]
pub struct Sums {
    pub surcharge: Decimal,
    pub net: Decimal,
    pub vat: Decimal,
    pub gross: Decimal,
}

/// What stands in each element of this name, in order; none of them lies in another one of its name.
fn inside<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let starts: Vec<usize> = xml.match_indices(open.as_str()).map(|(at, _)| at).collect();
    let whole = starts.into_iter().filter(|at| xml[at + open.len()..].starts_with(['>', ' ']));
    whole
        .map(|at| {
            let begin = at + xml[at..].find('>').unwrap() + 1;
            &xml[begin..begin + xml[begin..].find(close.as_str()).unwrap()]
        })
        .collect()
}

fn first<'a>(xml: &'a str, name: &str) -> &'a str {
    inside(xml, name).first().copied().unwrap_or_else(|| panic!("no {name} in {xml}"))
}

fn figure(text: &str) -> Decimal {
    text.parse().unwrap_or_else(|_| panic!("{text} is no figure"))
}

/// A printed German figure.
fn printed(text: &str) -> Decimal {
    figure(&text.replace('.', "").replace(',', ".").replace('\u{2212}', "-"))
}

pub fn of_order_x(xml: &str) -> (Vec<Row>, Sums) {
    let rows = inside(xml, "ram:IncludedSupplyChainTradeLineItem").into_iter().map(|item| Row {
        position: first(item, "ram:LineID").parse().unwrap(),
        article: first(item, "ram:SellerAssignedID").to_owned(),
        quantity: figure(first(item, "ram:RequestedQuantity")),
        net: figure(first(item, "ram:LineTotalAmount")),
        category: first(item, "ram:CategoryCode").to_owned(),
        rate: figure(first(item, "ram:RateApplicablePercent")),
    });
    let sums = first(xml, "ram:SpecifiedTradeSettlementHeaderMonetarySummation");
    let sums = Sums {
        surcharge: inside(sums, "ram:ChargeTotalAmount").first().map_or(Decimal::ZERO, |text| figure(text)),
        net: figure(first(sums, "ram:TaxBasisTotalAmount")),
        vat: figure(first(sums, "ram:TaxTotalAmount")),
        gross: figure(first(sums, "ram:GrandTotalAmount")),
    };
    (rows.collect(), sums)
}

pub fn of_peppol(xml: &str) -> (Vec<Row>, Sums) {
    let rows = inside(xml, "cac:LineItem").into_iter().map(|item| {
        let tax = first(item, "cac:ClassifiedTaxCategory");
        Row {
            position: first(item, "cbc:ID").parse().unwrap(),
            article: first(first(item, "cac:SellersItemIdentification"), "cbc:ID").to_owned(),
            quantity: figure(first(item, "cbc:Quantity")),
            net: figure(first(item, "cbc:LineExtensionAmount")),
            category: first(tax, "cbc:ID").to_owned(),
            rate: figure(first(tax, "cbc:Percent")),
        }
    });
    let sums = first(xml, "cac:AnticipatedMonetaryTotal");
    let sums = Sums {
        surcharge: inside(sums, "cbc:ChargeTotalAmount").first().map_or(Decimal::ZERO, |text| figure(text)),
        net: figure(first(sums, "cbc:TaxExclusiveAmount")),
        vat: figure(first(first(xml, "cac:TaxTotal"), "cbc:TaxAmount")),
        gross: figure(first(sums, "cbc:PayableAmount")),
    };
    (rows.collect(), sums)
}

/// The table a screen reader hears says the same as these rows and sums.
pub fn check_paper(bytes: &[u8], rows: &[Row], prices: &[Decimal], sums: &Sums) {
    let document = reader::read(bytes);
    let tables = document.all("Table");
    let [table] = tables.as_slice() else { panic!("{} tables in\n{}", tables.len(), document.read_aloud()) };
    let body = table.all("TBody")[0];
    assert_eq!(body.kids.len(), rows.len());
    for ((line, row), price) in body.kids.iter().zip(rows).zip(prices) {
        let cells: Vec<&str> = line.kids.iter().map(|cell| cell.text.as_str()).collect();
        assert_eq!(cells[0], row.position.to_string());
        assert!(cells[1].contains(&row.article), "{cells:?}");
        assert_eq!(printed(cells[2]), row.quantity, "{cells:?}");
        assert_eq!(printed(cells[4]), *price, "{cells:?}");
        let rate = if row.category == "S" { format!("{} %", row.rate.normalize()) } else { "frei".to_owned() };
        assert_eq!(cells[5], rate, "{cells:?}");
        assert_eq!(printed(cells[6]), row.net, "{cells:?}");
    }
    let foot: Vec<(&str, Decimal)> =
        table.all("TFoot")[0].kids.iter().map(|row| (row.kids[0].text.as_str(), printed(&row.kids[1].text))).collect();
    let net = foot.iter().position(|(label, _)| *label == "Summe netto").unwrap();
    // Above it a surcharge, below it the VAT of each class, last what is to be paid.
    let figures: Vec<Decimal> = foot.iter().map(|(_, amount)| *amount).collect();
    let [vat @ .., gross] = &figures[net + 1..] else { panic!("{foot:?}") };
    let found =
        Sums { surcharge: figures[..net].iter().sum(), net: figures[net], vat: vat.iter().sum(), gross: *gross };
    assert_eq!(found, *sums, "{foot:?}");
}
