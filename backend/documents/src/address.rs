//! Printed address lines taken apart for formats that want street, post code, town and country.

/// Countries as they are written on a letter from Germany, upper case, with their ISO 3166-1 codes.
const COUNTRIES: [(&str, &str); 32] = [
    ("DEUTSCHLAND", "DE"),
    ("BELGIEN", "BE"),
    ("BULGARIEN", "BG"),
    ("DÄNEMARK", "DK"),
    ("ESTLAND", "EE"),
    ("FINNLAND", "FI"),
    ("FRANKREICH", "FR"),
    ("GRIECHENLAND", "GR"),
    ("IRLAND", "IE"),
    ("ITALIEN", "IT"),
    ("KROATIEN", "HR"),
    ("LETTLAND", "LV"),
    ("LIECHTENSTEIN", "LI"),
    ("LITAUEN", "LT"),
    ("LUXEMBURG", "LU"),
    ("MALTA", "MT"),
    ("NIEDERLANDE", "NL"),
    ("NORWEGEN", "NO"),
    ("ÖSTERREICH", "AT"),
    ("POLEN", "PL"),
    ("PORTUGAL", "PT"),
    ("RUMÄNIEN", "RO"),
    ("SCHWEDEN", "SE"),
    ("SCHWEIZ", "CH"),
    ("SLOWAKEI", "SK"),
    ("SLOWENIEN", "SI"),
    ("SPANIEN", "ES"),
    ("TSCHECHIEN", "CZ"),
    ("UNGARN", "HU"),
    ("VEREINIGTES KÖNIGREICH", "GB"),
    ("VEREINIGTE STAATEN", "US"),
    ("ZYPERN", "CY"),
];

/// An address in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address<'a> {
    /// Street, post box and whatever else stands above the town.
    pub(crate) lines: Vec<&'a str>,
    /// Post code.
    pub(crate) postcode: Option<&'a str>,
    /// Town.
    pub(crate) town: Option<&'a str>,
    /// ISO 3166-1 code; Germany unless the last line names another country.
    pub(crate) country: &'static str,
}

impl<'a> Address<'a> {
    /// Takes the lines of a party apart: the line that begins with a post code is the town's.
    pub(crate) fn of(lines: &'a [String]) -> Self {
        let mut lines: Vec<&str> = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
        let named = lines.last().map(|line| line.to_uppercase());
        let abroad = named.and_then(|name| COUNTRIES.iter().find(|(country, _)| *country == name));
        if abroad.is_some() {
            lines.pop();
        }
        let place = lines.iter().rposition(|line| postcode(line).is_some());
        let (postcode, town) = match place.map(|at| lines.remove(at)).and_then(postcode) {
            Some((code, town)) => (Some(code), Some(town)),
            None => (None, None),
        };
        Self { lines, postcode, town, country: abroad.map_or("DE", |(_, code)| code) }
    }
}

/// Post code and town of a line: at least four digits, then a name.
fn postcode(line: &str) -> Option<(&str, &str)> {
    let (code, town) = line.split_once(' ')?;
    let digits = code.chars().filter(char::is_ascii_digit).count();
    let plain = code.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    (digits >= 4 && plain && !town.trim().is_empty()).then(|| (code, town.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split('|').map(str::to_owned).collect()
    }

    #[test]
    fn street_post_code_and_town_are_told_apart() {
        let printed = lines("Mühlweg 9|39999 Altenrode");
        let address = Address::of(&printed);
        assert_eq!(address.lines, ["Mühlweg 9"]);
        assert_eq!((address.postcode, address.town, address.country), (Some("39999"), Some("Altenrode"), "DE"));
    }

    #[test]
    fn a_country_below_the_town_is_known() {
        let printed = lines("Ring 1|A-1010 Wien|Österreich");
        let address = Address::of(&printed);
        assert_eq!((address.postcode, address.town, address.country), (Some("A-1010"), Some("Wien"), "AT"));
    }

    #[test]
    fn nothing_is_lost_of_an_address_without_a_post_code() {
        let printed = lines("Rathaus|am Markt");
        assert_eq!(Address::of(&printed).lines, ["Rathaus", "am Markt"]);
    }
}
