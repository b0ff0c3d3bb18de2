//! Sign-ins that failed, by user name and by address: a few are free, then each has to be waited for. In the memory of
//! one gateway, which is bounded.

use std::{
    net::IpAddr,
    num::NonZeroU32,
    time::{Duration, Instant},
};

use moka::{ops::compute::Op, sync::Cache};

/// Whoever is forgotten begins anew.
const MEMORY: Duration = Duration::from_secs(15 * 60);
const MOST_KEPT: u64 = 20_000;

/// Nobody mistypes a password more often.
const FREE_FOR_NAME: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// Whoever tries the passwords of somebody else must not lock them out for long.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Longer names are nobody's.
const LONGEST_NAME: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Name(String),
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
}

/// What failed lately.
pub(super) struct Attempts {
    failures: Cache<Key, Failures>,
    free_for_address: Option<NonZeroU32>,
}

impl Attempts {
    /// Behind one address may be many people, hence the setting; `None`: addresses never wait.
    pub(super) fn new(free_for_address: Option<NonZeroU32>) -> Self {
        let failures = Cache::builder().max_capacity(MOST_KEPT).time_to_idle(MEMORY).build();
        Self { failures, free_for_address }
    }

    /// Counts an attempt as failed before its outcome is known, so that many at once do not slip through; or says how
    /// long to wait, which is the same for names that nobody has. Waiting counts for nothing.
    pub(super) fn begin(&self, name: &str, address: IpAddr) -> Result<(), Duration> {
        let now = Instant::now();
        let keys = keys(name, address);
        let left = keys.iter().filter_map(|key| self.left(key, now)).max();
        if let Some(left) = left {
            return Err(left);
        }
        for key in keys {
            self.failures.entry(key).and_upsert_with(|known| {
                let count = known.map_or(0, |known| known.into_value().count);
                Failures { count: count.saturating_add(1), last: now }
            });
        }
        Ok(())
    }

    /// The attempt turned out well. What else failed from that address still counts: it may be somebody's who has an
    /// account and guesses those of others.
    pub(super) fn succeeded(&self, name: &str, address: IpAddr) {
        for key in keys(name, address) {
            let is_name = matches!(key, Key::Name(_));
            self.failures.entry(key).and_compute_with(|known| match known.map(moka::Entry::into_value) {
                Some(failures) if !is_name && failures.count > 1 => {
                    Op::Put(Failures { count: failures.count - 1, ..failures })
                }
                _ => Op::Remove,
            });
        }
    }

    /// Nobody could tell whether the password was right.
    pub(super) fn take_back(&self, name: &str, address: IpAddr) {
        for key in keys(name, address) {
            self.failures.entry(key).and_compute_with(|known| match known.map(moka::Entry::into_value) {
                Some(failures) if failures.count > 1 => Op::Put(Failures { count: failures.count - 1, ..failures }),
                _ => Op::Remove,
            });
        }
    }

    fn left(&self, key: &Key, now: Instant) -> Option<Duration> {
        let free = match key {
            Key::Name(_) => FREE_FOR_NAME,
            Key::Address(_) => self.free_for_address?.get(),
        };
        let failures = self.failures.get(key)?;
        let until = failures.last + wait_after(failures.count, free);
        Some(until.saturating_duration_since(now)).filter(|left| !left.is_zero())
    }
}

/// How long to wait after so many failures.
fn wait_after(count: u32, free: u32) -> Duration {
    match count.checked_sub(free) {
        None => Duration::ZERO,
        Some(more) => FIRST_WAIT.saturating_mul(2_u32.saturating_pow(more)).min(LONGEST_WAIT),
    }
}

fn keys(name: &str, address: IpAddr) -> [Key; 2] {
    let name = name.chars().take(LONGEST_NAME).collect::<String>().to_ascii_lowercase();
    [Key::Name(name), Key::Address(network_of(address))]
}

/// Who has one address of IPv6 has all of its network.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) if address.to_ipv4_mapped().is_none() => {
            IpAddr::V6((u128::from(address) & !u128::from(u64::MAX)).into())
        }
        other => other.to_canonical(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_failures_are_free_and_then_the_wait_grows() {
        let waits = |count| wait_after(count, FREE_FOR_NAME).as_secs();
        assert_eq!((0..10).map(waits).collect::<Vec<_>>(), [0, 0, 0, 0, 0, 5, 10, 20, 40, 60]);
        assert_eq!(waits(u32::MAX), 60);
    }

    fn attempts() -> Attempts {
        Attempts::new(NonZeroU32::new(30))
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn a_name_waits_from_everywhere_and_in_any_case_of_letters() {
        let attempts = attempts();
        for last in 1..=5 {
            attempts.begin("jdoe", address(last)).unwrap();
        }
        let wait = attempts.begin("JDoe", address(9)).unwrap_err();
        assert!(wait <= FIRST_WAIT && !wait.is_zero(), "{wait:?}");
        attempts.begin("other", address(9)).unwrap();
    }

    #[test]
    fn an_address_waits_whatever_the_names() {
        let attempts = attempts();
        let of_network = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last]);
        for number in 0..30 {
            attempts.begin(&format!("user-{number}"), of_network(number)).unwrap();
        }
        attempts.begin("somebody", of_network(99)).unwrap_err();
        attempts.begin("somebody", address(1)).unwrap();
    }

    #[test]
    fn without_a_limit_addresses_never_wait() {
        let attempts = Attempts::new(None);
        for number in 0..100 {
            attempts.begin(&format!("user-{number}"), address(1)).unwrap();
        }
    }

    #[test]
    fn success_forgets_the_failures_of_the_name_but_not_those_of_the_address() {
        let attempts = attempts();
        for round in 0..29 {
            attempts.begin(&format!("user-{round}"), address(1)).unwrap();
            attempts.begin("jdoe", address(1)).unwrap();
            attempts.succeeded("jdoe", address(1));
        }
        attempts.begin("user-29", address(1)).unwrap();
        attempts.begin("jdoe", address(1)).unwrap_err();
    }
}
