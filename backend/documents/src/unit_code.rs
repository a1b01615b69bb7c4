//! Codes of UN/ECE Recommendation 20 (and 21 for packages) for the units of price lists.

/// German names of units, lower case, with their codes.
const UNITS: [(&str, &str); 62] = [
    ("stück", "C62"),
    ("stk", "C62"),
    ("stk.", "C62"),
    ("st", "C62"),
    ("st.", "C62"),
    ("platz", "C62"),
    ("instanz", "C62"),
    ("lizenz", "C62"),
    ("nutzer", "IE"),
    ("person", "IE"),
    ("teilnehmer", "IE"),
    ("personentag", "E49"),
    ("personentage", "E49"),
    ("pt", "E49"),
    ("arbeitstag", "E49"),
    ("tag", "DAY"),
    ("tage", "DAY"),
    ("stunde", "HUR"),
    ("stunden", "HUR"),
    ("std", "HUR"),
    ("std.", "HUR"),
    ("h", "HUR"),
    ("minute", "MIN"),
    ("woche", "WEE"),
    ("monat", "MON"),
    ("monate", "MON"),
    ("jahr", "ANN"),
    ("jahre", "ANN"),
    ("pauschal", "LS"),
    ("pauschale", "LS"),
    ("paar", "PR"),
    ("satz", "SET"),
    ("set", "SET"),
    ("dutzend", "DZN"),
    ("packung", "XPK"),
    ("pack", "XPK"),
    ("paket", "XPK"),
    ("karton", "XCT"),
    ("rolle", "XRO"),
    ("palette", "XPX"),
    ("sack", "XSA"),
    ("flasche", "XBO"),
    ("blatt", "ST"),
    ("ries", "RM"),
    ("meter", "MTR"),
    ("m", "MTR"),
    ("lfm", "LM"),
    ("lfdm", "LM"),
    ("m²", "MTK"),
    ("m2", "MTK"),
    ("qm", "MTK"),
    ("m³", "MTQ"),
    ("m3", "MTQ"),
    ("km", "KMT"),
    ("kg", "KGM"),
    ("g", "GRM"),
    ("t", "TNE"),
    ("tonne", "TNE"),
    ("l", "LTR"),
    ("liter", "LTR"),
    ("kwh", "KWH"),
    ("mwh", "MWH"),
];

/// The code of a unit as the price list writes it; `None` for a unit the list above does not know.
pub(crate) fn of(unit: &str) -> Option<&'static str> {
    let unit = unit.trim().to_lowercase();
    UNITS.iter().find(|(name, _)| *name == unit).map(|(_, code)| *code)
}

/// "One", for units without a code of their own: then the name stands beside the line.
pub(crate) const ONE: &str = "C62";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_known_however_they_are_written() {
        assert_eq!(of("Stück"), Some("C62"));
        assert_eq!(of(" STK. "), Some("C62"));
        assert_eq!(of("kWh"), Some("KWH"));
        assert_eq!(of("Personentagwerk"), None);
    }

    #[test]
    fn no_unit_has_two_codes() {
        for (index, (name, _)) in UNITS.iter().enumerate() {
            assert!(!UNITS[..index].iter().any(|(other, _)| other == name), "{name} stands twice");
        }
    }
}
