//! Names of hosts, resolved to nothing but addresses that may be called.

use std::sync::Arc;

use domain::Error;
use outbound::AddressPolicy;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// A look-up holds a thread for as long as the name server likes, whoever still waits for it, and others need threads too.
const MOST_AT_ONCE: usize = 16;

/// Asked for every new connection, and never again in between: what was checked is what is called.
pub(super) struct CheckedNames {
    policy: AddressPolicy,
    places: Arc<Semaphore>,
}

impl CheckedNames {
    pub(super) fn new(policy: AddressPolicy) -> Self {
        Self { policy, places: Arc::new(Semaphore::new(MOST_AT_ONCE)) }
    }
}

impl Resolve for CheckedNames {
    /// The port 0 stands for that of the address which is called.
    fn resolve(&self, name: Name) -> Resolving {
        let (policy, place) = (self.policy.clone(), Arc::clone(&self.places).try_acquire_owned());
        Box::pin(async move {
            let place = place.map_err(|_| Error::unavailable("looking up a host name", "too many look-ups hang"))?;
            let look_up = move || {
                let _place = place;
                policy.resolve(name.as_str(), 0)
            };
            let found = spawn_blocking(look_up).await??;
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}
