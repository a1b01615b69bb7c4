//! How figures, days and states read on pages. Everything goes through `notation`, in German.

use abruf_domain::call_off::Status;
use abruf_domain::facts::{Counted, Price, Tier};
use abruf_domain::money::{Quantity, UnitPrice};
use abruf_domain::notation::Language;
use abruf_domain::period::{Period, berlin_date};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

const GERMAN: Language = Language::German;

/// `1.234,50 €`
#[must_use]
pub fn money(amount: Decimal, currency: &str) -> String {
    GERMAN.money(amount, currency)
}

/// A unit price with as many decimals as it has, at least two.
#[must_use]
pub fn unit_price(price: UnitPrice, currency: &str) -> String {
    GERMAN.unit_price(price.decimal(), currency)
}

/// `1.200,5`
#[must_use]
pub fn quantity(quantity: Quantity) -> String {
    GERMAN.number(quantity.decimal().normalize())
}

/// `2 Tage`: a quantity with its unit. Items name their unit in the singular; it is put into the
/// plural where German has one of its own (`Stück` and `Nutzer` stay).
#[must_use]
pub fn in_units(amount: Quantity, unit: &str) -> String {
    let plural = match unit {
        "Tag" => "Tage",
        "Personentag" => "Personentage",
        "Stunde" => "Stunden",
        "Monat" => "Monate",
        "Jahr" => "Jahre",
        "Platz" => "Plätze",
        "Lizenz" => "Lizenzen",
        "Packung" => "Packungen",
        "Person" => "Personen",
        other => other,
    };
    let unit = if amount.decimal() == Decimal::ONE { unit } else { plural };
    format!("{} {unit}", quantity(amount)).trim().to_owned()
}

/// `14,09 %`
#[must_use]
pub fn percent(value: Decimal) -> String {
    GERMAN.percent(value.normalize())
}

/// `04.05.2027`
#[must_use]
pub fn day(day: NaiveDate) -> String {
    GERMAN.date(day)
}

/// The Berlin date of an instant.
#[must_use]
pub fn day_of(at: DateTime<Utc>) -> String {
    GERMAN.date(berlin_date(at))
}

/// `04.05.2027, 09:15 Uhr`
#[must_use]
pub fn instant(at: DateTime<Utc>) -> String {
    GERMAN.instant(at)
}

/// `01.01.2027 bis 31.12.2027`
#[must_use]
pub fn period(period: Period) -> String {
    format!("{} bis {}", day(period.from()), day(period.to()))
}

/// "läuft in 3 Tagen ab", counted in calendar days.
#[must_use]
pub fn runs_out(until: DateTime<Utc>, now: DateTime<Utc>) -> String {
    match (berlin_date(until) - berlin_date(now)).num_days() {
        _ if until <= now => "abgelaufen".to_owned(),
        0 => "läuft heute ab".to_owned(),
        1 => "läuft morgen ab".to_owned(),
        days => format!("läuft in {days} Tagen ab"),
    }
}

/// `A, B oder C`
#[must_use]
pub fn one_of(names: &[String]) -> String {
    match names.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} oder {last}", before.join(", ")),
        _ => names.concat(),
    }
}

/// One or several: `1 Abruf`, `12 Abrufe`.
#[must_use]
pub fn count(number: i64, one: &str, several: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {several}", GERMAN.number(Decimal::from(number))) }
}

/// `9.640`
#[must_use]
pub fn whole(number: i64) -> String {
    GERMAN.number(Decimal::from(number))
}

/// Style of the word for a state.
#[must_use]
pub const fn status_class(status: Status) -> &'static str {
    match status {
        Status::Draft | Status::Discarded => "status",
        Status::Submitted | Status::Returned => "status status--wait",
        Status::Refused | Status::Withdrawn | Status::Expired | Status::Cancelled => "status status--bad",
        Status::Released
        | Status::Dispatched
        | Status::Confirmed
        | Status::Delivered
        | Status::Invoiced
        | Status::Closed => "status status--good",
    }
}

/// A price as the schedule shows it; tiers take a line each.
#[must_use]
pub fn price(price: &Price, unit: &str, currency: &str, decimals: u32) -> Vec<String> {
    match price {
        Price::Fixed { unit_price: price } => vec![format!("{} je {unit}", unit_price(*price, currency))],
        Price::Subscription { unit_price_month } => {
            vec![format!("{} je {unit} und Monat", unit_price(*unit_price_month, currency))]
        }
        Price::ListMinus { list_price, discount_pct } => vec![
            format!("{} je {unit}", unit_price(list_price.after_discount(*discount_pct, decimals), currency)),
            format!("Listenpreis {} − {}", unit_price(*list_price, currency), percent(discount_pct.decimal())),
        ],
        Price::TierAllUnits { counted, tiers } => std::iter::once(counted_word(*counted, "für alle Einheiten"))
            .chain(tiers.iter().map(|tier| tier_line(tier, unit, currency)))
            .collect(),
        Price::TierGraduated { counted, tiers } => std::iter::once(counted_word(*counted, "je Stufe"))
            .chain(tiers.iter().map(|tier| tier_line(tier, unit, currency)))
            .collect(),
        Price::Index { base_price, threshold, .. } => vec![
            format!("{} je {unit}", unit_price(*base_price, currency)),
            format!("Preisgleitklausel: ab mehr als {} Änderung des Index", percent(threshold.decimal())),
        ],
        Price::Quoted { cap } => {
            vec!["nach Angebot".to_owned(), format!("höchstens {} je {unit}", unit_price(*cap, currency))]
        }
    }
}

/// `Staffelpreis für alle Einheiten, gezählt über alle Abrufe des Vertrags`.
fn counted_word(counted: Counted, applies: &str) -> String {
    let over = match counted {
        Counted::PerOrder => "gezählt je Abruf",
        Counted::PerMember => "gezählt über alle Abrufe Ihrer Verwaltung",
        Counted::PerContract => "gezählt über alle Abrufe des Vertrags",
    };
    format!("Staffelpreis {applies}, {over}")
}

fn tier_line(tier: &Tier, unit: &str, currency: &str) -> String {
    format!("ab {}: {} je {unit}", quantity(tier.from), unit_price(tier.unit_price, currency))
}

/// A date as clerks type it: `4.5.2027` or `04.05.2027`; machines write `2027-05-04`. Between 2000 and 2100.
///
/// # Errors
/// With what is wrong and what to type.
pub fn read_day(text: &str) -> Result<Option<NaiveDate>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let read = NaiveDate::parse_from_str(&with_century(text), "%d.%m.%Y")
        .or_else(|_| NaiveDate::parse_from_str(text, "%Y-%m-%d"));
    let allowed = NaiveDate::from_ymd_opt(2000, 1, 1)..NaiveDate::from_ymd_opt(2101, 1, 1);
    match read {
        Ok(day) if allowed.contains(&Some(day)) => Ok(Some(day)),
        Ok(_) => Err("Dieses Datum liegt zu weit weg. Möglich sind die Jahre 2000 bis 2100.".to_owned()),
        Err(_) => {
            let shown: String = text.chars().take(20).collect();
            Err(format!("„{shown}“ ist kein Datum. Bitte geben Sie Tag, Monat und Jahr ein, zum Beispiel 01.03.2027."))
        }
    }
}

/// `1.3.27` is `1.3.2027`.
fn with_century(text: &str) -> String {
    match text.rsplit_once('.') {
        Some((before, year)) if year.len() == 2 && year.bytes().all(|it| it.is_ascii_digit()) => {
            format!("{before}.20{year}")
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_put_into_the_plural() {
        let written = |amount: &str, unit: &str| in_units(amount.parse().unwrap(), unit);
        assert_eq!(written("1", "Tag"), "1 Tag");
        assert_eq!(written("2", "Tag"), "2 Tage");
        assert_eq!(written("0.5", "Tag"), "0,5 Tage");
        assert_eq!(written("120", "Nutzer"), "120 Nutzer");
        assert_eq!(written("3", ""), "3");
    }

    #[test]
    fn days_are_read_as_clerks_type_them() {
        let meant = NaiveDate::from_ymd_opt(2027, 5, 4);
        for typed in ["4.5.2027", "04.05.2027", " 2027-05-04 ", "4.5.27"] {
            assert_eq!(read_day(typed), Ok(meant), "{typed}");
        }
        assert_eq!(read_day(" "), Ok(None));
    }

    #[test]
    fn days_that_do_not_exist_are_answered_with_an_example() {
        for typed in ["30.02.2027", "31.04.2027", "heute", "1.1.0027", "01.01.99999", "32.01.2027", "2027-13-01"] {
            let message = read_day(typed).expect_err(typed);
            assert!(message.contains("Beispiel") || message.contains("2100"), "{typed}: {message}");
        }
    }

    #[test]
    fn a_reservation_counts_down_in_days() {
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        let at = |text: &str| runs_out(text.parse().unwrap(), now);
        assert_eq!(at("2026-12-06T12:00:00Z"), "läuft in 14 Tagen ab");
        assert_eq!(at("2026-11-22T23:30:00Z"), "läuft morgen ab", "after midnight in Berlin");
        assert_eq!(at("2026-11-22T12:00:00Z"), "abgelaufen");
    }
}
