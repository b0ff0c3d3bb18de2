//! One budget for each client, refilled steadily; those of clients that are gone are forgotten.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use domain::{Id, kinds};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::{InMemoryState, NotKeyed},
};
use moka::{policy::EvictionPolicy, sync::Cache};

/// Budgets kept at most, whoever calls from however many addresses: a few megabytes. The one that was used longest ago
/// makes room, and begins anew.
const MOST_CLIENTS: u64 = 20_000;

/// Whose budget it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Client {
    Token(Id<kinds::Token>),
    Address(IpAddr),
}

impl Client {
    /// Whoever has one address of an IPv6 network of 64 bits has all of them.
    pub(super) fn at(address: IpAddr) -> Self {
        Self::Address(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        })
    }
}

type Budget = RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>;

/// The budgets of one kind.
pub(super) struct Budgets {
    quota: Quota,
    of: Cache<Client, Arc<Budget>>,
}

/// Whether one more is allowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verdict {
    pub(super) allowed: bool,
    pub(super) limit: u32,
    pub(super) remaining: u32,
    /// If allowed, until the budget is whole again, else until there is another one.
    wait: Duration,
}

impl Budgets {
    pub(super) fn per_second(limit: NonZeroU32) -> Self {
        Self::new(Quota::per_second(limit))
    }

    pub(super) fn per_minute(limit: NonZeroU32) -> Self {
        Self::new(Quota::per_minute(limit))
    }

    fn new(quota: Quota) -> Self {
        // A budget that nobody used for so long is whole again.
        let idle = quota.burst_size_replenished_in() + Duration::from_secs(1);
        let of = Cache::builder()
            .max_capacity(MOST_CLIENTS)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(idle)
            .build();
        Self { quota, of }
    }

    pub(super) fn take(&self, client: Client) -> Verdict {
        let budget = self.of.get(&client).unwrap_or_else(|| {
            self.of.get_with(client, || Arc::new(RateLimiter::direct(self.quota).with_middleware()))
        });
        let limit = self.quota.burst_size().get();
        match budget.check() {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let wait = self.quota.replenish_interval() * limit.saturating_sub(remaining);
                Verdict { allowed: true, limit, remaining, wait }
            }
            Err(until) => {
                let wait = until.wait_time_from(budget.clock().now());
                Verdict { allowed: false, limit, remaining: 0, wait }
            }
        }
    }
}

impl Verdict {
    /// A decimal number of seconds, to the millisecond, rounded up.
    pub(super) fn seconds(&self) -> String {
        let millis = self.wait.as_nanos().div_ceil(1_000_000);
        format!("{}.{:03}", millis / 1000, millis % 1000)
    }

    /// For `Retry-After`, which knows no parts of a second.
    pub(super) fn whole_seconds(&self) -> u64 {
        u64::try_from(self.wait.as_nanos().div_ceil(1_000_000_000)).unwrap_or(u64::MAX).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(number: u32) -> Client {
        Client::at(IpAddr::V4(number.into()))
    }

    fn limit(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    #[test]
    fn each_client_has_a_budget_of_its_own() {
        let budgets = Budgets::per_minute(limit(2));
        let taken: Vec<_> = (0..3).map(|_| budgets.take(client(1))).map(|it| (it.allowed, it.remaining)).collect();
        assert_eq!(taken, [(true, 1), (true, 0), (false, 0)]);
        assert!(budgets.take(client(2)).allowed);
        let token = Client::Token(Id::random());
        assert!(budgets.take(token).allowed);
    }

    #[test]
    fn an_address_of_version_six_stands_for_its_network() {
        let at = |text: &str| Client::at(text.parse().unwrap());
        assert_eq!(at("2001:db8:1:2:3::4"), at("2001:db8:1:2::"));
        assert_ne!(at("2001:db8:1:3::4"), at("2001:db8:1:2::4"));
    }

    #[test]
    fn a_wait_is_a_decimal_number_that_is_never_too_short() {
        for (nanos, seconds, whole) in [
            (0, "0.000", 1),
            (1, "0.001", 1),
            (33_333_333, "0.034", 1),
            (1_000_000_000, "1.000", 1),
            (1_000_000_001, "1.001", 2),
            (12_345_678_900, "12.346", 13),
        ] {
            let wait = Duration::from_nanos(nanos);
            let verdict = Verdict { allowed: false, limit: 30, remaining: 0, wait };
            assert_eq!((verdict.seconds().as_str(), verdict.whole_seconds()), (seconds, whole), "{nanos}");
            assert!(verdict.seconds().parse::<f64>().is_ok());
        }
    }

    #[test]
    fn many_clients_cost_a_bounded_part_of_memory() {
        let budgets = Budgets::per_minute(limit(5));
        for number in 0..50_000 {
            budgets.take(client(number));
        }
        budgets.of.run_pending_tasks();
        assert!(budgets.of.entry_count() <= MOST_CLIENTS, "{}", budgets.of.entry_count());
    }
}
