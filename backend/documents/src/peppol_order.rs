//! The order as a Peppol BIS Order only 3 message (UBL 2.1, transaction T01): the `.xml` beside the PDF.
//!
//! XBestellung is a profile of the same message; what names the profile stands in two constants.
//! Unlike Order-X it has rules that check the arithmetic, which is why it is made even where a
//! supplier reads only PDF.

use abruf_domain::data_format::DataFormat;
use chrono::NaiveDate;
use xmlwriter::{Indent, Options, XmlWriter};

use crate::address::Address;
use crate::attachment::Attachment;
use crate::data::{Contact, Endpoint, Line, Party, VatCategory, VatClass};
use crate::message::{Message, Price, category, clause, note, unit};
use crate::order::OrderData;
use crate::xml_out::{element, element_with};

/// File name within the PDF of the order.
pub const FILE_NAME: &str = DataFormat::Peppol.embedded_name();

/// Which message this is.
const CUSTOMIZATION: &str = "urn:fdc:peppol.eu:poacc:trns:order:3";
/// In which process.
const PROFILE: &str = "urn:fdc:peppol.eu:poacc:bis:order_only:3";

const NAMESPACES: [(&str, &str); 3] = [
    ("xmlns", "urn:oasis:names:specification:ubl:schema:xsd:Order-2"),
    ("xmlns:cac", "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"),
    ("xmlns:cbc", "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"),
];

/// The order as a Peppol message; `None` for a draft, and while an electronic address is missing.
#[must_use]
pub fn peppol_order(data: &OrderData) -> Option<String> {
    let message = Message::of_order(data)?;
    let endpoints = message.endpoints?;
    let mut xml = XmlWriter::new(Options { indent: Indent::None, ..Options::default() });
    xml.write_declaration();
    xml.start_element("Order");
    for (name, address) in NAMESPACES {
        xml.write_attribute(name, address);
    }
    head(&mut xml, &message);
    within(&mut xml, "cac:BuyerCustomerParty", |xml| {
        party(xml, message.buyer, Some(&endpoints.buyer), message.contact());
    });
    within(&mut xml, "cac:SellerSupplierParty", |xml| party(xml, message.supplier, Some(&endpoints.supplier), None));
    if let Some(originator) = message.originator {
        within(&mut xml, "cac:OriginatorCustomerParty", |xml| {
            within(xml, "cac:Party", |xml| named(xml, "cac:PartyName", "cbc:Name", &originator.name));
        });
    }
    if let Some(place) = message.invoice {
        within(&mut xml, "cac:AccountingCustomerParty", |xml| party(xml, place, None, None));
    }
    delivery(&mut xml, &message);
    sums(&mut xml, &message);
    for line in message.lines.iter() {
        within(&mut xml, "cac:OrderLine", |xml| item(xml, &message, line));
    }
    Some(xml.end_document())
}

/// What is embedded in the PDF of an order.
pub(crate) fn of_order(data: &OrderData) -> Option<Attachment> {
    let content = peppol_order(data)?.into_bytes();
    let description = "Bestellung als Peppol BIS Order only 3";
    Some(Attachment { name: FILE_NAME, description, document_type: None, content })
}

fn within(xml: &mut XmlWriter, name: &str, inside: impl FnOnce(&mut XmlWriter)) {
    xml.start_element(name);
    inside(xml);
    xml.end_element();
}

/// An element that holds one element with a text.
fn named(xml: &mut XmlWriter, outer: &str, inner: &str, text: &str) {
    within(xml, outer, |xml| element(xml, inner, text));
}

fn head(xml: &mut XmlWriter, message: &Message<'_>) {
    element(xml, "cbc:CustomizationID", CUSTOMIZATION);
    element(xml, "cbc:ProfileID", PROFILE);
    element(xml, "cbc:ID", message.number);
    element(xml, "cbc:IssueDate", &message.issued.to_string());
    element(xml, "cbc:OrderTypeCode", "220");
    // One note is allowed.
    let terms: Vec<String> = message.terms.iter().map(clause).collect();
    if !terms.is_empty() {
        element(xml, "cbc:Note", &terms.join(" "));
    }
    element(xml, "cbc:DocumentCurrencyCode", message.currency.code());
    // The supplier quotes it on the invoice.
    if let Some(leitweg_id) = &message.references.leitweg_id {
        element(xml, "cbc:CustomerReference", leitweg_id);
    }
    if let Some(cost_centre) = &message.references.cost_centre {
        element(xml, "cbc:AccountingCost", cost_centre);
    }
    named(xml, "cac:OriginatorDocumentReference", "cbc:ID", message.case_number);
    named(xml, "cac:Contract", "cbc:ID", &message.contract.number);
}

fn party(xml: &mut XmlWriter, party: &Party, endpoint: Option<&Endpoint>, contact: Option<&Contact>) {
    within(xml, "cac:Party", |xml| {
        if let Some(endpoint) = endpoint {
            element_with(xml, "cbc:EndpointID", ("schemeID", &endpoint.scheme), &endpoint.id);
        }
        named(xml, "cac:PartyName", "cbc:Name", party.unit.as_ref().unwrap_or(&party.name));
        within(xml, "cac:PostalAddress", |xml| address(xml, party));
        named(xml, "cac:PartyLegalEntity", "cbc:RegistrationName", &party.name);
        if let Some(contact) = contact {
            within(xml, "cac:Contact", |xml| {
                element(xml, "cbc:Name", &contact.name);
                if let Some(phone) = &contact.phone {
                    element(xml, "cbc:Telephone", phone);
                }
                if let Some(email) = &contact.email {
                    element(xml, "cbc:ElectronicMail", email);
                }
            });
        }
    });
}

fn address(xml: &mut XmlWriter, party: &Party) {
    let address = Address::of(&party.address);
    let mut lines = address.lines.iter();
    if let Some(street) = lines.next() {
        element(xml, "cbc:StreetName", street);
    }
    if let Some(further) = lines.next() {
        element(xml, "cbc:AdditionalStreetName", further);
    }
    if let Some(town) = address.town {
        element(xml, "cbc:CityName", town);
    }
    if let Some(postcode) = address.postcode {
        element(xml, "cbc:PostalZone", postcode);
    }
    let rest: Vec<&str> = lines.copied().collect();
    if !rest.is_empty() {
        named(xml, "cac:AddressLine", "cbc:Line", &rest.join(", "));
    }
    named(xml, "cac:Country", "cbc:IdentificationCode", address.country);
}

fn delivery(xml: &mut XmlWriter, message: &Message<'_>) {
    if message.delivery.is_none() && message.period.is_none() {
        return;
    }
    within(xml, "cac:Delivery", |xml| {
        if let Some(place) = message.delivery {
            within(xml, "cac:DeliveryLocation", |xml| within(xml, "cac:Address", |xml| address(xml, place)));
        }
        if let Some(days) = message.period {
            period(xml, "cac:RequestedDeliveryPeriod", days);
        }
        if let Some(place) = message.delivery {
            let name = place.unit.as_ref().map_or_else(|| place.name.clone(), |unit| format!("{}, {unit}", place.name));
            within(xml, "cac:DeliveryParty", |xml| named(xml, "cac:PartyName", "cbc:Name", &name));
        }
    });
}

fn period(xml: &mut XmlWriter, name: &str, (first, last): (NaiveDate, NaiveDate)) {
    within(xml, name, |xml| {
        element(xml, "cbc:StartDate", &first.to_string());
        element(xml, "cbc:EndDate", &last.to_string());
    });
}

fn tax(xml: &mut XmlWriter, name: &str, vat: &VatClass) {
    within(xml, name, |xml| {
        element(xml, "cbc:ID", category(vat.category));
        if vat.category != VatCategory::OutsideScope {
            element(xml, "cbc:Percent", &vat.rate.to_string());
        }
        named(xml, "cac:TaxScheme", "cbc:ID", "VAT");
    });
}

fn sums(xml: &mut XmlWriter, message: &Message<'_>) {
    let currency = ("currencyID", message.currency.code());
    let totals = message.totals;
    if let Some(surcharge) = message.surcharge {
        within(xml, "cac:AllowanceCharge", |xml| {
            element(xml, "cbc:ChargeIndicator", "true");
            element(xml, "cbc:AllowanceChargeReason", &surcharge.title);
            element_with(xml, "cbc:Amount", currency, &surcharge.net.to_string());
            tax(xml, "cac:TaxCategory", &surcharge.vat);
        });
    }
    within(xml, "cac:TaxTotal", |xml| element_with(xml, "cbc:TaxAmount", currency, &totals.vat.to_string()));
    within(xml, "cac:AnticipatedMonetaryTotal", |xml| {
        element_with(xml, "cbc:LineExtensionAmount", currency, &message.sum_of_lines().to_string());
        element_with(xml, "cbc:TaxExclusiveAmount", currency, &totals.net.to_string());
        element_with(xml, "cbc:TaxInclusiveAmount", currency, &totals.gross.to_string());
        if let Some(surcharge) = message.surcharge {
            element_with(xml, "cbc:ChargeTotalAmount", currency, &surcharge.net.to_string());
        }
        element_with(xml, "cbc:PayableAmount", currency, &totals.gross.to_string());
    });
}

fn item(xml: &mut XmlWriter, message: &Message<'_>, line: &Line) {
    let currency = ("currencyID", message.currency.code());
    let code = ("unitCode", unit(line));
    let price = Price::of(line);
    if let Some(note) = note(line, message.currency) {
        element(xml, "cbc:Note", &note);
    }
    within(xml, "cac:LineItem", |xml| {
        element(xml, "cbc:ID", &line.position.to_string());
        element_with(xml, "cbc:Quantity", code, &line.quantity.to_string());
        element_with(xml, "cbc:LineExtensionAmount", currency, &line.net.to_string());
        if let Some(subscription) = line.subscription {
            let days = subscription.period;
            within(xml, "cac:Delivery", |xml| period(xml, "cac:RequestedDeliveryPeriod", (days.from(), days.to())));
        }
        within(xml, "cac:Price", |xml| {
            element_with(xml, "cbc:PriceAmount", currency, &price.amount);
            element_with(xml, "cbc:BaseQuantity", code, &price.base.to_string());
        });
        within(xml, "cac:Item", |xml| {
            element(xml, "cbc:Name", &line.title);
            named(xml, "cac:SellersItemIdentification", "cbc:ID", &line.article_number);
            tax(xml, "cac:ClassifiedTaxCategory", &line.vat);
        });
    });
}
