//! The fields of a price: its kind, and what this kind needs. Tiers take a line each: `10: 874,90`.

use abruf_domain::facts::{Counted, Price, Tier};
use abruf_domain::ids::IndexSeriesId;
use abruf_domain::money::{IndexPoints, NumberError, Percent, Quantity, Ratio, UnitPrice};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::actions::FieldError;
use crate::http::pages::read_amount::read_number;
use crate::storage::{StorageError, Tx, price_indexes};

/// Kinds of prices to choose from, with the words users read.
pub const PRICE_KINDS: &[(&str, &str)] = &[
    ("fixed", "Festpreis je Einheit"),
    ("subscription", "Preis je Einheit und Monat"),
    ("list_minus", "Listenpreis abzüglich Rabatt"),
    ("tier_all_units", "Staffelpreis für alle Einheiten"),
    ("tier_graduated", "Staffelpreis je Stufe"),
    ("quoted", "nach Angebot, mit Höchstpreis"),
    ("index", "Preis mit Gleitklausel"),
];

/// What counts towards a tier.
pub const COUNTED: &[(&str, &str)] = &[
    ("per_order", "je Abruf"),
    ("per_member", "über alle Abrufe des Mitglieds"),
    ("per_contract", "über alle Abrufe des Vertrags"),
];

/// The price indexes to choose from, with the choice of none before them.
///
/// # Errors
/// If the database fails.
pub async fn index_choices(tx: &mut Tx) -> Result<Vec<(String, String)>, StorageError> {
    let known = price_indexes::list(tx).await?.into_iter().map(|it| (it.id.to_string(), it.name));
    Ok(std::iter::once((String::new(), "keiner".to_owned())).chain(known).collect())
}

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
    /// Id of the price index.
    #[serde(default)]
    pub index: String,
    /// Its value the base price is of.
    #[serde(default)]
    pub index_base: String,
    /// Share of the price that never moves.
    #[serde(default)]
    pub fixed_share: String,
    /// Share that follows the index.
    #[serde(default)]
    pub variable_share: String,
    /// Moves up to this percentage do not count.
    #[serde(default)]
    pub threshold: String,
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
        "index" => return read_index(fields, price).map(Some),
        "list_minus" => {
            let missing = || "Bitte geben Sie den Rabatt in Prozent ein, zum Beispiel 12,5.".to_owned();
            let discount = read(&fields.discount, Percent::DECIMALS, Percent::new, missing);
            Price::ListMinus { list_price: price, discount_pct: discount.map_err(|message| at("discount", message))? }
        }
        _ => Price::Fixed { unit_price: price },
    }))
}

/// An index clause around its base price; every wrong field is named.
fn read_index(fields: &PriceFields, base_price: UnitPrice) -> Result<Price, Vec<FieldError>> {
    let series = fields.index.parse().map(IndexSeriesId).map_err(|_: uuid::Error| {
        FieldError::new("index", "Bitte wählen Sie den Preisindex. Neue legen Sie unter „Preisindizes“ an.")
    });
    let missing = |what: &'static str| move || format!("Bitte geben Sie {what} ein.");
    let at = |field: &'static str| move |message: String| FieldError::new(field, message);
    let base = read(
        &fields.index_base,
        IndexPoints::DECIMALS,
        IndexPoints::new,
        missing("den Indexwert der Basis, zum Beispiel 112,4,"),
    );
    let base = base.map_err(at("index_base"));
    let fixed = read(&fields.fixed_share, Ratio::DECIMALS, Ratio::new, missing("den festen Anteil, zum Beispiel 0,3,"));
    let fixed = fixed.map_err(at("fixed_share"));
    let variable = read(
        &fields.variable_share,
        Ratio::DECIMALS,
        Ratio::new,
        missing("den veränderlichen Anteil, zum Beispiel 0,7,"),
    );
    let variable = variable.map_err(at("variable_share"));
    let threshold =
        read(&fields.threshold, Percent::DECIMALS, Percent::new, missing("die Schwelle in Prozent, zum Beispiel 5,"));
    let threshold = threshold.map_err(at("threshold"));
    match (series, base, fixed, variable, threshold) {
        (Ok(series), Ok(index_base), Ok(fixed_share), Ok(variable_share), Ok(threshold)) => {
            Ok(Price::Index { base_price, fixed_share, variable_share, series, index_base, threshold })
        }
        (series, base, fixed, variable, threshold) => Err(series
            .err()
            .into_iter()
            .chain(base.err())
            .chain(fixed.err())
            .chain(variable.err())
            .chain(threshold.err())
            .collect()),
    }
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
            ..PriceFields::default()
        }
    }

    #[test]
    fn an_index_clause_names_every_part_that_is_missing() {
        let wrong = read_price(&fields("index", "148", "", "")).expect_err("nothing but the base price");
        let named: Vec<&str> = wrong.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(named, ["index", "index_base", "fixed_share", "variable_share", "threshold"]);
        let whole = PriceFields {
            index: "00000000-0000-0000-0000-000000000007".to_owned(),
            index_base: "112,4".to_owned(),
            fixed_share: "0,30".to_owned(),
            variable_share: "0,70".to_owned(),
            threshold: "5".to_owned(),
            ..fields("index", "148", "", "")
        };
        assert!(matches!(read_price(&whole), Ok(Some(Price::Index { .. }))), "{:?}", read_price(&whole));
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
