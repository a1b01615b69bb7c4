//! What the log says for security, without personal data: refusals by their kind, the network a client came from,
//! addresses without the secrets in them. Who it was stands in the audit log, under the same request id.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::access::{Object, Route};
use crate::http::problem::Slug;
use crate::http::rate;
use crate::http::server::Server;

/// Target of the entries: `ABRUF_LOG=info,abruf::security=warn` sets what is kept of them.
const TARGET: &str = "abruf::security";

/// Where a request comes from.
pub(super) fn client(server: &Server, request: &Request) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
    rate::client_address(peer, request.headers(), server.security.trusted_proxy)
}

/// The network of an address: enough to see an attack, too little to see a person (IPv4 /24, IPv6 /48).
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(four) => IpAddr::V4(Ipv4Addr::from_bits(four.to_bits() & 0xFFFF_FF00)),
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => network(IpAddr::V4(four)),
            None => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & (u128::MAX << 80))),
        },
    }
}

/// The path as it may be logged: of one-time links and check codes only what everybody knows.
#[must_use]
pub fn path<'a>(table: &[Route], path: &'a str) -> Cow<'a, str> {
    let secret = table.iter().filter(|route| route.access.object == Object::Secret);
    let known = secret.filter_map(|route| route.path.split_once('{')).map(|(known, _)| known);
    match known.filter(|known| path.starts_with(known)).max_by_key(|known| known.len()) {
        Some(known) => Cow::Owned(format!("{known}…")),
        None => Cow::Borrowed(path),
    }
}

/// Notes refusals that tell of an attack when there are many.
pub(super) fn note(response: &Response) {
    let status = response.status();
    let told = [
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::PAYLOAD_TOO_LARGE,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    if told.contains(&status) {
        let kind = response.extensions().get::<Slug>().map_or("page", |slug| slug.0);
        tracing::warn!(target: TARGET, status = status.as_u16(), kind, "refused");
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::*;
    use crate::http::access::PUBLIC;

    #[test]
    fn of_an_address_only_its_network_is_told() {
        for (address, told) in [
            ("203.0.113.77", "203.0.113.0"),
            ("::ffff:203.0.113.77", "203.0.113.0"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ] {
            assert_eq!(network(address.parse().unwrap()), told.parse::<IpAddr>().unwrap());
        }
    }

    #[test]
    fn secrets_in_addresses_are_not_told() {
        let row = |path: &str, access| Route { method: Method::GET, path: path.to_owned(), access };
        let table =
            [row("/lieferung/{token}", PUBLIC.on(Object::Secret)), row("/abrufe/{id}", PUBLIC.on(Object::CallOff))];
        assert_eq!(path(&table, "/lieferung/geheim/mehr"), "/lieferung/…");
        assert_eq!(path(&table, "/abrufe/1"), "/abrufe/1");
    }
}
