//! The fields of a price: its kind, and what this kind needs. Tiers take a line each: `10: 874,90`.

use abruf_domain::facts::{Counted, Price, Tier};
use abruf_domain::money::{NumberError, Percent, Quantity, UnitPrice};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::actions::FieldError;
use crate::http::pages::read_amount::read_number;

/// Kinds of prices to choose from, with the words users read.
pub const PRICE_KINDS: &[(&str, &str)] = &[
    ("fixed", "Festpreis je Einheit"),
    ("subscription", "Preis je Einheit und Monat"),
    ("list_minus", "Listenpreis abzüglich Rabatt"),
    ("tier_all_units", "Staffelpreis für alle Einheiten"),
    ("tier_graduated", "Staffelpreis je Stufe"),
    ("quoted", "nach Angebot, mit Höchstpreis"),
];

/// What counts towards a tier.
pub const COUNTED: &[(&str, &str)] = &[
    ("per_order", "je Abruf"),
    ("per_member", "über alle Abrufe des Mitglieds"),
    ("per_contract", "über alle Abrufe des Vertrags"),
];

/// The fields, as typed.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct PriceFields {
    /// Key of [`PRICE_KINDS`].
    #[serde(default)]
    pub price_kind: String,
    /// Price, list price or cap.
    #[serde(default)]
    pub price: String,
    /// Discount in percent.
    #[serde(default)]
    pub discount: String,
    /// Tiers, one per line.
    #[serde(default)]
    pub tiers: String,
    /// Key of [`COUNTED`].
    #[serde(default)]
    pub counted: String,
}

/// Reads the price; `None` if nothing was typed.
///
/// # Errors
/// With what is wrong at which field.
pub fn read_price(fields: &PriceFields) -> Result<Option<Price>, Vec<FieldError>> {
    let tiered = fields.price_kind.starts_with("tier_");
    if (if tiered { &fields.tiers } else { &fields.price }).trim().is_empty() {
        return Ok(None);
    }
    let at = |field: &str, message: String| vec![FieldError::new(field, message)];
    if tiered {
        let tiers = read_tiers(&fields.tiers).map_err(|message| at("tiers", message))?;
        let counted = match fields.counted.as_str() {
            "per_member" => Counted::PerMember,
            "per_contract" => Counted::PerContract,
            _ => Counted::PerOrder,
        };
        return Ok(Some(match fields.price_kind.as_str() {
            "tier_graduated" => Price::TierGraduated { counted, tiers },
            _ => Price::TierAllUnits { counted, tiers },
        }));
    }
    let missing = || "Bitte geben Sie den Preis ein, zum Beispiel 12,50.".to_owned();
    let price: UnitPrice =
        read(&fields.price, UnitPrice::DECIMALS, UnitPrice::new, missing).map_err(|message| at("price", message))?;
    Ok(Some(match fields.price_kind.as_str() {
        "subscription" => Price::Subscription { unit_price_month: price },
        "quoted" => Price::Quoted { cap: price },
        "list_minus" => {
            let missing = || "Bitte geben Sie den Rabatt in Prozent ein, zum Beispiel 12,5.".to_owned();
            let discount = read(&fields.discount, Percent::DECIMALS, Percent::new, missing);
            Price::ListMinus { list_price: price, discount_pct: discount.map_err(|message| at("discount", message))? }
        }
        _ => Price::Fixed { unit_price: price },
    }))
}

/// Tiers as typed: a line each, first quantity and price.
fn read_tiers(text: &str) -> Result<Vec<Tier>, String> {
    let mut tiers = Vec::new();
    for (at, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let Some((from, price)) = line.split_once([':', ';', '\t']) else {
            return Err(format!("Zeile {at}: „{}“ hat keinen Doppelpunkt. Erwartet: „10: 874,90“.", line.trim()));
        };
        let named = |message: String| format!("Zeile {at}: {message}");
        let missing = || "Es fehlt eine Zahl. Erwartet: „10: 874,90“.".to_owned();
        tiers.push(Tier {
            from: read(from, Quantity::DECIMALS, Quantity::new, missing).map_err(named)?,
            unit_price: read(price, UnitPrice::DECIMALS, UnitPrice::new, missing).map_err(named)?,
        });
    }
    Ok(tiers)
}

/// A number of a type of its own.
fn read<T>(
    text: &str,
    decimals: u32,
    new: fn(Decimal) -> Result<T, NumberError>,
    missing: impl Fn() -> String,
) -> Result<T, String> {
    let number = read_number(text, decimals)?.ok_or_else(missing)?;
    new(number).map_err(|_| format!("„{}“ ist zu groß. Bitte prüfen Sie die Eingabe.", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(kind: &str, price: &str, discount: &str, tiers: &str) -> PriceFields {
        let own = |text: &str| text.to_owned();
        PriceFields {
            price_kind: own(kind),
            price: own(price),
            discount: own(discount),
            tiers: own(tiers),
            counted: own("per_member"),
        }
    }

    #[test]
    fn each_kind_reads_what_it_needs() {
        let tier = |from: &str, price: &str| Tier { from: from.parse().unwrap(), unit_price: price.parse().unwrap() };
        for (typed, meant) in [
            (fields("fixed", "1.234,5", "", ""), Price::Fixed { unit_price: "1234.5".parse().unwrap() }),
            (
                fields("subscription", "11,85", "", ""),
                Price::Subscription { unit_price_month: "11.85".parse().unwrap() },
            ),
            (
                fields("list_minus", "100", "12,5", ""),
                Price::ListMinus { list_price: "100".parse().unwrap(), discount_pct: "12.5".parse().unwrap() },
            ),
            (
                fields("tier_all_units", "", "", "1: 912,40\r\n\n10: 874,90"),
                Price::TierAllUnits {
                    counted: Counted::PerMember,
                    tiers: vec![tier("1", "912.40"), tier("10", "874.90")],
                },
            ),
            (fields("quoted", "5000", "", ""), Price::Quoted { cap: "5000".parse().unwrap() }),
        ] {
            assert_eq!(read_price(&typed), Ok(Some(meant)));
        }
        assert_eq!(read_price(&fields("fixed", " ", "", "")), Ok(None));
    }

    #[test]
    fn a_wrong_tier_is_named_by_its_line() {
        let wrong = read_price(&fields("tier_graduated", "", "", "1: 9\n10 8")).expect_err("no colon");
        assert!(wrong[0].message.starts_with("Zeile 2: „10 8“"), "{}", wrong[0].message);
        let wrong = read_price(&fields("list_minus", "10", "", "")).expect_err("no discount");
        assert_eq!(wrong[0].field, "discount");
    }
}
