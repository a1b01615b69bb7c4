//! How often one client address may try to sign in, or ask whether a paper is genuine. The count of sign-ins per
//! account is `actions::sign_in`'s.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::http::problem::Problem;
use crate::http::server::Server;

/// A town hall signs in, and compares papers, from one address: room for a busy morning, not for a dictionary.
const PER_MINUTE: NonZeroU32 = NonZeroU32::new(60).expect("60 is not 0");
/// Addresses are forgotten after so many attempts of anybody.
const TIDY_EVERY: usize = 1000;

/// Attempts per client address and minute.
#[derive(Debug)]
pub struct ClientLimit {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    checked: AtomicUsize,
}

impl Default for ClientLimit {
    fn default() -> Self {
        Self { limiter: RateLimiter::dashmap(Quota::per_minute(PER_MINUTE)), checked: AtomicUsize::new(0) }
    }
}

impl ClientLimit {
    /// Counts an attempt.
    ///
    /// # Errors
    /// If there were too many: 429 with Retry-After.
    pub fn check(&self, client: ClientAddress) -> Result<(), Problem> {
        if self.checked.fetch_add(1, Ordering::Relaxed).is_multiple_of(TIDY_EVERY) {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&network(client.0)).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            Problem::too_many(i64::try_from(wait.as_secs()).unwrap_or(60) + 1)
        })
    }
}

/// An IPv6 customer has a whole /64.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => six
            .to_ipv4_mapped()
            .map_or_else(|| IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & !u128::from(u64::MAX))), IpAddr::V4),
    }
}

/// Where the request comes from: the peer, or what the trusted proxy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<Server> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Infallible> {
        // Without a peer (tests without a socket) everybody shares one address.
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
        Ok(Self(client_address(peer, &parts.headers, server.security.trusted_proxy)))
    }
}

/// The last entry of `X-Forwarded-For` is the one our own proxy wrote; those before it are hearsay.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted_proxy: Option<IpAddr>) -> IpAddr {
    if trusted_proxy != Some(peer) {
        return peer;
    }
    let last = headers.get_all("x-forwarded-for").iter().next_back();
    last.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn only_the_trusted_proxy_may_name_the_client_and_only_by_its_last_word() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "1.1.1.1, 203.0.113.7".parse().unwrap());
        assert_eq!(client_address(ip("10.0.0.1"), &headers, Some(ip("10.0.0.1"))), ip("203.0.113.7"));
        assert_eq!(client_address(ip("10.0.0.9"), &headers, Some(ip("10.0.0.1"))), ip("10.0.0.9"));
        assert_eq!(client_address(ip("10.0.0.1"), &headers, None), ip("10.0.0.1"));
        assert_eq!(client_address(ip("10.0.0.1"), &HeaderMap::new(), Some(ip("10.0.0.1"))), ip("10.0.0.1"));
    }

    #[test]
    fn the_sixty_first_attempt_of_a_network_within_a_minute_has_to_wait() {
        let limit = ClientLimit::default();
        for last in 0..60_u16 {
            let address = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last));
            limit.check(ClientAddress(address)).unwrap();
        }
        assert!(limit.check(ClientAddress(ip("2001:db8::ffff"))).is_err());
        assert!(limit.check(ClientAddress(ip("2001:db9::1"))).is_ok());
    }
}
