//! How often one person, one key, or one address without a person, may ask the programming interface, and the headers that
//! say so: `RateLimit-Policy` and `RateLimit` by draft-ietf-httpapi-ratelimit-headers-10, `Retry-After` by RFC 9110.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use uuid::Uuid;

use crate::http::problem::Problem;
use crate::http::rate::{self, ClientAddress};
use crate::http::server::Server;
use crate::http::session::Current;

/// What is left of the quota, and when it is whole again.
pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// The quota and its window.
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Asker {
    Person(Uuid),
    /// A key has a quota of its own: a program that asks too much does not slow its person down.
    Key(Uuid),
    Network(IpAddr),
}

type Limiter = RateLimiter<Asker, DashMapStateStore<Asker>, DefaultClock, StateInformationMiddleware>;

/// Requests per asker and minute; spare ones can be used at once.
#[derive(Debug)]
pub struct ApiLimit {
    limiter: Limiter,
    per_minute: NonZeroU32,
    checked: AtomicUsize,
}

/// Askers are forgotten after so many requests of anybody.
const TIDY_EVERY: usize = 10_000;

impl ApiLimit {
    /// With this quota.
    #[must_use]
    pub fn new(per_minute: NonZeroU32) -> Self {
        let limiter = RateLimiter::dashmap(Quota::per_minute(per_minute));
        let limiter = limiter.with_middleware::<StateInformationMiddleware>();
        Self { limiter, per_minute, checked: AtomicUsize::new(0) }
    }

    /// How many requests are left; or how long to wait for the next one.
    fn check(&self, asker: &Asker) -> Result<u32, Duration> {
        if self.checked.fetch_add(1, Ordering::Relaxed).is_multiple_of(TIDY_EVERY) {
            self.limiter.retain_recent();
        }
        let now = DefaultClock::default().now();
        match self.limiter.check_key(asker) {
            Ok(state) => Ok(state.remaining_burst_capacity()),
            Err(until) => Err(until.wait_time_from(now)),
        }
    }

    /// Seconds until the quota is whole again with so many left.
    fn seconds_until_whole(&self, left: u32) -> u32 {
        let quota = self.per_minute.get();
        (quota.saturating_sub(left)).saturating_mul(60).div_ceil(quota)
    }

    fn tell(&self, response: &mut Response, left: u32) {
        let policy = format!("\"minute\";q={};w=60", self.per_minute);
        let state = format!("\"minute\";r={left};t={}", self.seconds_until_whole(left));
        for (name, value) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, state)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
    }
}

/// Counts requests to `/api/`; pages are for people, who are slower than any limit.
pub async fn limit(State(server): State<Server>, client: ClientAddress, request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/api/") {
        return next.run(request).await;
    }
    let asker = match Current::of(request.extensions()) {
        Some(current) => match &current.key {
            Some(key) => Asker::Key(key.id),
            None => Asker::Person(current.session.person.0),
        },
        None => Asker::Network(rate::network(client.0)),
    };
    let limit = &server.security.api_limit;
    match limit.check(&asker) {
        Ok(left) => {
            let mut response = next.run(request).await;
            limit.tell(&mut response, left);
            response
        }
        Err(wait) => {
            let seconds = i64::try_from(wait.as_secs()).unwrap_or(60) + 1;
            let mut response = Problem::too_many(seconds).into_response();
            limit.tell(&mut response, 0);
            response
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_asker_has_a_quota_of_their_own_and_is_told_what_is_left() {
        let limit = ApiLimit::new(NonZeroU32::new(3).unwrap());
        let [eva, karl] = [1, 2].map(|id| Asker::Person(Uuid::from_u128(id)));
        assert_eq!([2, 1, 0], [0; 3].map(|_| limit.check(&eva).unwrap()));
        assert!(limit.check(&eva).unwrap_err() <= Duration::from_secs(20));
        assert_eq!(limit.check(&karl), Ok(2));
        assert_eq!(
            (limit.seconds_until_whole(3), limit.seconds_until_whole(0), limit.seconds_until_whole(2)),
            (0, 60, 20)
        );
    }
}
