//! The order as Order-X 1.0, profile COMFORT (UN/CEFACT SCRDM CIO): the XML that lies in its PDF.
//!
//! An order is of type 220. What changes it is of type 230: a complete cancellation deletes each line, a
//! partial one names what is left of each with the sums that stand, and a new delivery date repeats the
//! order with the new day.

use abruf_domain::data_format::DataFormat;
use chrono::NaiveDate;
use xmlwriter::{Indent, Options, XmlWriter};

use crate::address::Address;
use crate::attachment::Attachment;
use crate::cancellation::CancellationData;
use crate::data::{Line, Party, VatCategory, VatClass};
use crate::delivery_change::DeliveryChangeData;
use crate::message::{Fate, Message, Price, Purpose, category, clause, note, unit};
use crate::order::OrderData;
use crate::xml_out::{element, element_with};

/// File name within the PDF, as Order-X prescribes it.
pub const FILE_NAME: &str = DataFormat::OrderX.embedded_name();

const COMFORT: &str = "urn:order-x.eu:1p0:comfort";
const NAMESPACES: [(&str, &str); 4] = [
    ("rsm", "urn:un:unece:uncefact:data:SCRDMCCBDACIOMessageStructure:100"),
    ("ram", "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:128"),
    ("udt", "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:128"),
    ("qdt", "urn:un:unece:uncefact:data:standard:QualifiedDataType:128"),
];

/// The order as Order-X; `None` for a draft.
#[must_use]
pub fn order_x(data: &OrderData) -> Option<String> {
    Message::of_order(data).map(|message| write(&message))
}

/// What is embedded in the PDF of an order.
pub(crate) fn of_order(data: &OrderData) -> Option<Attachment> {
    let content = order_x(data)?.into_bytes();
    Some(Attachment { name: FILE_NAME, description: "Bestellung als Order-X", document_type: Some("ORDER"), content })
}

/// What is embedded in the PDF of a cancellation.
pub(crate) fn of_cancellation(data: &CancellationData) -> Option<Attachment> {
    let content = write(&Message::of_cancellation(data)?).into_bytes();
    let description = if data.complete { "Stornierung als Order-X" } else { "Teilstornierung als Order-X" };
    Some(Attachment { name: FILE_NAME, description, document_type: Some("ORDER_CHANGE"), content })
}

/// What is embedded in the PDF of a change of the delivery date.
pub(crate) fn of_delivery_change(data: &DeliveryChangeData) -> Attachment {
    let content = write(&Message::of_delivery_change(data)).into_bytes();
    let description = "Terminänderung als Order-X";
    Attachment { name: FILE_NAME, description, document_type: Some("ORDER_CHANGE"), content }
}

/// The change of a delivery date as Order-X.
#[must_use]
pub fn order_x_of_change(data: &DeliveryChangeData) -> String {
    write(&Message::of_delivery_change(data))
}

fn write(message: &Message<'_>) -> String {
    let mut xml = XmlWriter::new(Options { indent: Indent::None, ..Options::default() });
    xml.write_declaration();
    xml.start_element("rsm:SCRDMCCBDACIOMessageStructure");
    for (prefix, address) in NAMESPACES {
        xml.write_attribute(&format!("xmlns:{prefix}"), address);
    }
    within(&mut xml, "rsm:ExchangedDocumentContext", |xml| {
        within(xml, "ram:GuidelineSpecifiedDocumentContextParameter", |xml| element(xml, "ram:ID", COMFORT));
    });
    within(&mut xml, "rsm:ExchangedDocument", |xml| document(xml, message));
    within(&mut xml, "rsm:SupplyChainTradeTransaction", |xml| {
        for (at, line) in message.lines.iter().enumerate() {
            let fate = message.fates.get(at).copied();
            within(xml, "ram:IncludedSupplyChainTradeLineItem", |xml| item(xml, message, line, fate));
        }
        within(xml, "ram:ApplicableHeaderTradeAgreement", |xml| agreement(xml, message));
        within(xml, "ram:ApplicableHeaderTradeDelivery", |xml| delivery(xml, message));
        within(xml, "ram:ApplicableHeaderTradeSettlement", |xml| settlement(xml, message));
    });
    xml.end_document()
}

fn within(xml: &mut XmlWriter, name: &str, inside: impl FnOnce(&mut XmlWriter)) {
    xml.start_element(name);
    inside(xml);
    xml.end_element();
}

/// A day, in format 102.
fn day(xml: &mut XmlWriter, name: &str, day: NaiveDate) {
    within(xml, name, |xml| {
        element_with(xml, "udt:DateTimeString", ("format", "102"), &day.format("%Y%m%d").to_string());
    });
}

fn yes_or_no(xml: &mut XmlWriter, name: &str, yes: bool) {
    within(xml, name, |xml| element(xml, "udt:Indicator", if yes { "true" } else { "false" }));
}

fn document(xml: &mut XmlWriter, message: &Message<'_>) {
    element(xml, "ram:ID", message.number);
    // UNTDID 1225: 9 is an original, 1 takes back, 4 changes.
    let (name, kind, purpose) = match message.purpose {
        Purpose::Order => ("Abruf", "220", "9"),
        Purpose::Cancellation => ("Stornierung", "230", "1"),
        Purpose::PartialCancellation => ("Teilstornierung", "230", "4"),
        Purpose::DeliveryChange => ("Terminänderung", "230", "4"),
    };
    element(xml, "ram:Name", name);
    element(xml, "ram:TypeCode", kind);
    day(xml, "ram:IssueDateTime", message.issued);
    element(xml, "ram:PurposeCode", purpose);
    let texts = message.reason.map(ToOwned::to_owned).into_iter().chain(message.terms.iter().map(clause));
    for text in texts {
        within(xml, "ram:IncludedNote", |xml| element(xml, "ram:Content", &text));
    }
}

fn item(xml: &mut XmlWriter, message: &Message<'_>, line: &Line, fate: Option<Fate>) {
    let price = Price::of(line);
    let code = unit(line);
    within(xml, "ram:AssociatedDocumentLineDocument", |xml| {
        element(xml, "ram:LineID", &line.position.to_string());
        if let Some(fate) = fate {
            // UNTDID 1229.
            let code = match fate {
                Fate::Deleted => "2",
                Fate::Changed => "3",
                Fate::Kept => "5",
            };
            element(xml, "ram:LineStatusCode", code);
        }
        if let Some(note) = note(line, message.currency) {
            within(xml, "ram:IncludedNote", |xml| element(xml, "ram:Content", &note));
        }
    });
    within(xml, "ram:SpecifiedTradeProduct", |xml| {
        element(xml, "ram:SellerAssignedID", &line.article_number);
        element(xml, "ram:Name", &line.title);
    });
    within(xml, "ram:SpecifiedLineTradeAgreement", |xml| {
        within(xml, "ram:NetPriceProductTradePrice", |xml| {
            element(xml, "ram:ChargeAmount", &price.amount);
            element_with(xml, "ram:BasisQuantity", ("unitCode", code), &price.base.to_string());
        });
    });
    within(xml, "ram:SpecifiedLineTradeDelivery", |xml| {
        element_with(xml, "ram:RequestedQuantity", ("unitCode", code), &line.quantity.to_string());
        if let Some(subscription) = line.subscription {
            let period = subscription.period;
            event(xml, "ram:RequestedDeliverySupplyChainEvent", (period.from(), period.to()));
        }
    });
    within(xml, "ram:SpecifiedLineTradeSettlement", |xml| {
        within(xml, "ram:ApplicableTradeTax", |xml| tax(xml, &line.vat));
        within(xml, "ram:SpecifiedTradeSettlementLineMonetarySummation", |xml| {
            element(xml, "ram:LineTotalAmount", &line.net.to_string());
        });
    });
}

fn event(xml: &mut XmlWriter, name: &str, (first, last): (NaiveDate, NaiveDate)) {
    within(xml, name, |xml| {
        if first == last {
            day(xml, "ram:OccurrenceDateTime", first);
            return;
        }
        within(xml, "ram:OccurrenceSpecifiedPeriod", |xml| {
            day(xml, "ram:StartDateTime", first);
            day(xml, "ram:EndDateTime", last);
        });
    });
}

fn tax(xml: &mut XmlWriter, vat: &VatClass) {
    element(xml, "ram:TypeCode", "VAT");
    element(xml, "ram:CategoryCode", category(vat.category));
    if vat.category != VatCategory::OutsideScope {
        element(xml, "ram:RateApplicablePercent", &vat.rate.to_string());
    }
}

fn agreement(xml: &mut XmlWriter, message: &Message<'_>) {
    if let Some(leitweg_id) = &message.references.leitweg_id {
        element(xml, "ram:BuyerReference", leitweg_id);
    }
    within(xml, "ram:SellerTradeParty", |xml| party(xml, message.supplier, false, message));
    within(xml, "ram:BuyerTradeParty", |xml| party(xml, message.buyer, true, message));
    if let Some(originator) = message.originator {
        within(xml, "ram:BuyerRequisitionerTradeParty", |xml| party(xml, originator, false, message));
    }
    let document = |xml: &mut XmlWriter, name: &str, number: &str| {
        within(xml, name, |xml| element(xml, "ram:IssuerAssignedID", number));
    };
    document(xml, "ram:ContractReferencedDocument", &message.contract.number);
    document(xml, "ram:RequisitionReferencedDocument", message.case_number);
    if let Some(order) = message.changes {
        document(xml, "ram:PreviousOrderReferencedDocument", order);
    }
}

fn party(xml: &mut XmlWriter, party: &Party, asks: bool, message: &Message<'_>) {
    element(xml, "ram:Name", &party.name);
    if let Some(contact) = message.contact().filter(|_| asks) {
        within(xml, "ram:DefinedTradeContact", |xml| {
            element(xml, "ram:PersonName", &contact.name);
            if let Some(unit) = &party.unit {
                element(xml, "ram:DepartmentName", unit);
            }
            if let Some(phone) = &contact.phone {
                within(xml, "ram:TelephoneUniversalCommunication", |xml| element(xml, "ram:CompleteNumber", phone));
            }
            if let Some(email) = &contact.email {
                within(xml, "ram:EmailURIUniversalCommunication", |xml| element(xml, "ram:URIID", email));
            }
        });
    }
    let address = Address::of(&party.address);
    within(xml, "ram:PostalTradeAddress", |xml| {
        if let Some(postcode) = address.postcode {
            element(xml, "ram:PostcodeCode", postcode);
        }
        let (first, rest) =
            address.lines.split_first().map_or((None, [].as_slice()), |(first, rest)| (Some(*first), rest));
        // Whoever is named within the party stands last: the street is what a carrier needs first.
        let named = party.unit.as_deref().filter(|_| !asks || message.contact().is_none());
        let further = rest.iter().copied().chain(named).collect::<Vec<_>>();
        for (name, line) in [("ram:LineOne", first), ("ram:LineTwo", further.first().copied())] {
            if let Some(line) = line {
                element(xml, name, line);
            }
        }
        if further.len() > 1 {
            element(xml, "ram:LineThree", &further[1..].join(", "));
        }
        if let Some(town) = address.town {
            element(xml, "ram:CityName", town);
        }
        element(xml, "ram:CountryID", address.country);
    });
}

fn delivery(xml: &mut XmlWriter, message: &Message<'_>) {
    if let Some(place) = message.delivery {
        within(xml, "ram:ShipToTradeParty", |xml| party(xml, place, false, message));
    }
    if let Some(period) = message.period {
        event(xml, "ram:RequestedDeliverySupplyChainEvent", period);
    }
}

fn settlement(xml: &mut XmlWriter, message: &Message<'_>) {
    element(xml, "ram:OrderCurrencyCode", message.currency.code());
    if let Some(place) = message.invoice {
        within(xml, "ram:InvoiceeTradeParty", |xml| party(xml, place, false, message));
    }
    if let Some(surcharge) = message.surcharge {
        within(xml, "ram:SpecifiedTradeAllowanceCharge", |xml| {
            yes_or_no(xml, "ram:ChargeIndicator", true);
            element(xml, "ram:ActualAmount", &surcharge.net.to_string());
            element(xml, "ram:Reason", &surcharge.title);
            within(xml, "ram:CategoryTradeTax", |xml| tax(xml, &surcharge.vat));
        });
    }
    let totals = message.totals;
    within(xml, "ram:SpecifiedTradeSettlementHeaderMonetarySummation", |xml| {
        element(xml, "ram:LineTotalAmount", &message.sum_of_lines().to_string());
        if let Some(surcharge) = message.surcharge {
            element(xml, "ram:ChargeTotalAmount", &surcharge.net.to_string());
        }
        element(xml, "ram:TaxBasisTotalAmount", &totals.net.to_string());
        let currency = ("currencyID", message.currency.code());
        element_with(xml, "ram:TaxTotalAmount", currency, &totals.vat.to_string());
        element(xml, "ram:GrandTotalAmount", &totals.gross.to_string());
    });
    if let Some(cost_centre) = &message.references.cost_centre {
        within(xml, "ram:ReceivableSpecifiedTradeAccountingAccount", |xml| element(xml, "ram:ID", cost_centre));
    }
}
