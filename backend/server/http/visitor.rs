//! Who knocks: the shortened address and the browser in words, as they are written down, and whether this browser is
//! known for the account it knocks for.
//!
//! A browser in which somebody has signed in carries a second cookie, for this one account, without any name in it: a
//! random number and an HMAC over it and the sign-in name. It opens nothing. It only has failures counted for
//! itself, so that nobody who guesses elsewhere can lock the person out (`actions/sign_in_limits.rs`).

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use aws_lc_rs::hmac;
use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use data_encoding::HEXLOWER;

use crate::actions::sign_in_limits::Place;
use crate::chance::Chance;
use crate::http::rate::{ClientAddress, network};
use crate::http::server::Server;
use crate::storage::sign_in_events::Origin;

/// How long a browser stays known.
const KNOWN_FOR_DAYS: i64 = 180;

/// Makes and checks the marks of known browsers.
#[derive(Debug)]
pub struct Browsers(hmac::Key);

impl Browsers {
    /// From a key of the installation, for this purpose alone.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), b"abruf known browser 1");
        Self(hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()))
    }

    fn mark(&self, chance: &Chance, email: &str) -> String {
        let number = HEXLOWER.encode(&chance.bytes::<16>());
        let tag = hmac::sign(&self.0, format!("{number} {email}").as_bytes());
        format!("{number}.{}", HEXLOWER.encode(tag.as_ref()))
    }

    /// The number of the browser, if the mark is ours and for this account.
    fn number<'a>(&self, mark: &'a str, email: &str) -> Option<&'a str> {
        let (number, tag) = mark.split_once('.')?;
        let tag = HEXLOWER.decode(tag.as_bytes()).ok()?;
        hmac::verify(&self.0, format!("{number} {email}").as_bytes(), &tag).ok()?;
        Some(number)
    }
}

/// Extractor: who knocks.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// What is written down.
    pub origin: Origin,
    address: IpAddr,
    mark: Option<String>,
}

impl Visitor {
    /// Where attempts at this account count.
    #[must_use]
    pub fn place(&self, server: &Server, email: &str) -> Place {
        let email = email.trim().to_lowercase();
        match self.mark.as_deref().and_then(|mark| server.security.browsers.number(mark, &email)) {
            Some(number) => Place::Known(number.to_owned()),
            None => Place::Network(network(self.address)),
        }
    }

    /// The cookie by which this browser is known for the account from now on; none if it is already.
    #[must_use]
    pub fn remembered(&self, server: &Server, email: &str) -> Option<HeaderValue> {
        let email = email.trim().to_lowercase();
        if matches!(self.place(server, &email), Place::Known(_)) {
            return None;
        }
        let mark = server.security.browsers.mark(&server.app.chance, &email);
        let cookie = Cookie::build((cookie_name(server.security.https), mark))
            .path("/")
            .http_only(true)
            .secure(server.security.https)
            .same_site(SameSite::Lax)
            .build();
        HeaderValue::from_str(&format!("{cookie}; Max-Age={}", KNOWN_FOR_DAYS * 24 * 60 * 60)).ok()
    }
}

impl FromRequestParts<Server> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Infallible> {
        let ClientAddress(address) = ClientAddress::from_request_parts(parts, server).await?;
        let jar = CookieJar::from_headers(&parts.headers);
        Ok(Self {
            origin: Origin { network: shortened(address), client: client(&parts.headers) },
            address,
            mark: jar.get(cookie_name(server.security.https)).map(|cookie| cookie.value().to_owned()),
        })
    }
}

const fn cookie_name(https: bool) -> &'static str {
    if https { "__Host-abruf-browser" } else { "abruf-browser" }
}

/// The address without what tells one household from another.
fn shortened(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(four) => {
            let [a, b, c, _] = four.octets();
            Ipv4Addr::new(a, b, c, 0).to_string()
        }
        IpAddr::V6(six) => Ipv6Addr::from_bits(six.to_bits() & !(u128::MAX >> 48)).to_string(),
    }
}

/// Browser and system in words. Only for recognition: whoever wants to can send anything.
fn client(headers: &HeaderMap) -> String {
    let sent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first =
        |words: &[(&str, &'static str)]| words.iter().find(|(sign, _)| sent.contains(sign)).map(|(_, word)| *word);
    // In this order: Edge and Opera also say Chrome, Chrome also says Safari, Android also says Linux.
    let browser = first(&[
        ("Firefox/", "Firefox"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) if sent.is_empty() => "unbekannt".to_owned(),
        (None, _) => "Programm".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shortened_as_the_table_wants_them() {
        let short = |text: &str| shortened(text.parse().unwrap());
        assert_eq!(short("203.0.113.77"), "203.0.113.0");
        assert_eq!(short("::ffff:203.0.113.77"), "203.0.113.0");
        assert_eq!(short("2001:db8:1:2:3:4:5:6"), "2001:db8:1::");
        assert_eq!(short("0:0:1:2:3::6"), "0:0:1::");
        assert_eq!(short("::"), "::");
    }

    #[test]
    fn browsers_are_named_as_people_know_them() {
        let said = |agent: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(USER_AGENT, agent.parse().unwrap());
            client(&headers)
        };
        assert_eq!(said("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"), "Firefox, Linux");
        assert_eq!(
            said("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140"),
            "Edge, Windows"
        );
        assert_eq!(said("curl/8.0"), "Programm");
        assert_eq!(client(&HeaderMap::new()), "unbekannt");
    }

    #[test]
    fn a_mark_is_good_for_its_account_only() {
        let browsers = Browsers::new(b"key");
        let mark = browsers.mark(&Chance::seeded(1), "eva@x.de");
        assert!(browsers.number(&mark, "eva@x.de").is_some());
        for wrong in [mark.replace('.', ""), mark.to_uppercase(), format!("0{mark}"), String::new()] {
            assert_eq!(browsers.number(&wrong, "eva@x.de"), None, "{wrong}");
        }
        assert_eq!(browsers.number(&mark, "karl@x.de"), None);
        assert_eq!(Browsers::new(b"other").number(&mark, "eva@x.de"), None);
        assert!(!mark.contains("eva"));
    }
}
