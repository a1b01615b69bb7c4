//! Electronic addresses: where a party receives orders and invoices as data, named by a scheme of the EAS code list
//! of the European Commission.

use std::fmt;

use thiserror::Error;

/// What kind of number an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// German VAT id (Umsatzsteuer-Identifikationsnummer, § 27a UStG).
    VatId,
    /// Global Location Number of GS1.
    Gln,
    /// Routing id of German public buyers (Leitweg-ID).
    LeitwegId,
}

impl Scheme {
    /// All of them, the most usual first.
    pub const ALL: [Self; 3] = [Self::VatId, Self::Gln, Self::LeitwegId];

    /// Code of the EAS list.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::VatId => "9930",
            Self::Gln => "0088",
            Self::LeitwegId => "0204",
        }
    }

    /// The scheme with this code.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.code() == code)
    }

    /// What users read.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::VatId => "Umsatzsteuer-Identifikationsnummer",
            Self::Gln => "GLN",
            Self::LeitwegId => "Leitweg-ID",
        }
    }

    /// A well-formed address.
    #[must_use]
    pub const fn example(self) -> &'static str {
        match self {
            Self::VatId => "DE123456788",
            Self::Gln => "9521234000006",
            Self::LeitwegId => "04011000-1234512345-06",
        }
    }

    /// Its form in words.
    #[must_use]
    pub const fn form(self) -> &'static str {
        match self {
            Self::VatId => "DE und 9 Ziffern",
            Self::Gln => "13 Ziffern",
            Self::LeitwegId => "Grobadresse, Feinadresse und Prüfziffern mit Bindestrichen",
        }
    }

    fn has_form(self, address: &str) -> bool {
        let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Self::VatId => address.strip_prefix("DE").is_some_and(|rest| digits(rest, 9)),
            Self::Gln => digits(address, 13),
            Self::LeitwegId => leitweg_parts(address).is_some(),
        }
    }

    fn check_digits_fit(self, address: &str) -> bool {
        match self {
            Self::VatId => address.strip_prefix("DE").is_some_and(mod_11_10_fits),
            Self::Gln => gs1_fits(address),
            Self::LeitwegId => leitweg_id_is_valid(address),
        }
    }
}

/// An address of the right form, with check digits that fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElectronicAddress {
    scheme: Scheme,
    id: String,
}

/// Why a text is no electronic address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotAnElectronicAddress {
    /// Nobody knows the scheme.
    #[error("`{0}` is no known scheme")]
    Scheme(String),
    /// Too short, too long, other signs.
    #[error("the form is not that of {0:?}")]
    Form(Scheme),
    /// The form is right, the check digits are not: a digit was mistyped.
    #[error("the check digits are not those of {0:?}")]
    CheckDigits(Scheme),
}

impl ElectronicAddress {
    /// Reads what people type: small letters and spaces between groups are forgiven.
    ///
    /// # Errors
    /// If the scheme is unknown, or the address has another form or wrong check digits.
    pub fn read(scheme: &str, typed: &str) -> Result<Self, NotAnElectronicAddress> {
        let unknown = || NotAnElectronicAddress::Scheme(scheme.chars().take(20).collect());
        let scheme = Scheme::of(scheme).ok_or_else(unknown)?;
        if 100 < typed.len() {
            return Err(NotAnElectronicAddress::Form(scheme));
        }
        let id: String = typed.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
        if !scheme.has_form(&id) {
            return Err(NotAnElectronicAddress::Form(scheme));
        }
        if !scheme.check_digits_fit(&id) {
            return Err(NotAnElectronicAddress::CheckDigits(scheme));
        }
        Ok(Self { scheme, id })
    }

    /// The scheme.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The address within the scheme.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// `9930:DE123456788`, as participants are written in Peppol.
impl fmt::Display for ElectronicAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.scheme.code(), self.id)
    }
}

/// Form and check digits (ISO 7064 mod 97-10) of a Leitweg-ID: coarse, optional fine, two check digits.
#[must_use]
pub fn leitweg_id_is_valid(text: &str) -> bool {
    let Some([coarse, fine, check]) = leitweg_parts(text) else { return false };
    let remainder =
        format!("{coarse}{fine}{check}").chars().filter_map(|c| c.to_digit(36)).fold(0_u32, |rest, digit| {
            let shifted = if digit < 10 { rest * 10 } else { rest * 100 };
            (shifted + digit) % 97
        });
    remainder == 1
}

/// Coarse address, fine address (may be empty), check digits.
fn leitweg_parts(text: &str) -> Option<[&str; 3]> {
    let parts: Vec<&str> = text.split('-').collect();
    let (coarse, fine, check) = match parts.as_slice() {
        [coarse, check] => (*coarse, "", *check),
        [coarse, fine, check] => (*coarse, *fine, *check),
        _ => return None,
    };
    let form = (2..=12).contains(&coarse.len())
        && coarse.bytes().all(|b| b.is_ascii_digit())
        && fine.len() <= 30
        && fine.bytes().all(|b| b.is_ascii_alphanumeric())
        && check.len() == 2
        && check.bytes().all(|b| b.is_ascii_digit());
    form.then_some([coarse, fine, check])
}

/// Nine digits of which the last is the check digit (ISO 7064 mod 11,10).
fn mod_11_10_fits(digits: &str) -> bool {
    let mut product = 10;
    let mut digits = digits.chars().filter_map(|c| c.to_digit(10));
    let Some(check) = digits.next_back() else { return false };
    for digit in digits {
        let sum = match (digit + product) % 10 {
            0 => 10,
            other => other,
        };
        product = 2 * sum % 11;
    }
    (11 - product) % 10 == check
}

/// The last digit completes the others, weighed 3 and 1 from the right, to a multiple of ten (GS1).
fn gs1_fits(digits: &str) -> bool {
    let weighed: u32 = digits
        .chars()
        .rev()
        .filter_map(|c| c.to_digit(10))
        .enumerate()
        .map(|(place, digit)| if place % 2 == 1 { 3 * digit } else { digit })
        .sum();
    weighed.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scheme_takes_its_example_as_people_type_it() {
        for scheme in Scheme::ALL {
            let address = ElectronicAddress::read(scheme.code(), scheme.example()).expect("the example");
            assert_eq!(address.id(), scheme.example());
            let typed = format!(" {} ", scheme.example().to_lowercase());
            assert_eq!(ElectronicAddress::read(scheme.code(), &typed), Ok(address));
        }
        let spaced = ElectronicAddress::read("9930", "de 123 456 788").expect("a VAT id");
        assert_eq!(spaced.to_string(), "9930:DE123456788");
    }

    #[test]
    fn a_mistyped_digit_is_noticed_in_every_place() {
        for scheme in Scheme::ALL {
            let example = scheme.example();
            for (place, digit) in example.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
                let other = char::from_digit((digit.to_digit(10).unwrap_or(0) + 1) % 10, 10).expect("a digit");
                let wrong = format!("{}{other}{}", &example[..place], &example[place + 1..]);
                assert_eq!(
                    ElectronicAddress::read(scheme.code(), &wrong),
                    Err(NotAnElectronicAddress::CheckDigits(scheme)),
                    "{wrong}"
                );
            }
        }
    }

    #[test]
    fn another_form_or_scheme_is_no_address() {
        for (scheme, typed) in [
            ("9930", "DE12345678"),
            ("9930", "AT123456788"),
            ("9930", "DE12345678Ä"),
            ("0088", "952123400000"),
            ("0088", "95212340000O6"),
            ("0204", "04011000"),
            ("0204", "-06"),
            ("9930", ""),
            ("9930", &"1".repeat(10_000)),
        ] {
            let scheme_of = Scheme::of(scheme).expect("a scheme");
            assert_eq!(ElectronicAddress::read(scheme, typed), Err(NotAnElectronicAddress::Form(scheme_of)), "{typed}");
        }
        let unknown = ElectronicAddress::read("0060", "123456789");
        assert_eq!(unknown, Err(NotAnElectronicAddress::Scheme("0060".to_owned())));
    }

    #[test]
    fn a_wrong_check_digit_of_a_leitweg_id_is_seen() {
        assert!(leitweg_id_is_valid("04011000-1234512345-06"));
        assert!(!leitweg_id_is_valid("04011000-1234512345-35"));
        assert!(!leitweg_id_is_valid("04011000"));
    }
}
