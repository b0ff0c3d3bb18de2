//! Checking passwords costs tens of milliseconds of a processor and 19 MiB each: only a few at once, and few may wait.

use std::sync::Arc;

use actix_web::web;
use domain::Error;
use seal::{Secret, password};
use tokio::sync::Semaphore;

const AT_ONCE: usize = 2;
/// With those that run. More would wait longer than their people do.
const MOST_WAITING: usize = 32;
const CHECKING: &str = "checking a password";

pub(super) struct PasswordChecks {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

impl Default for PasswordChecks {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(MOST_WAITING)), turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl PasswordChecks {
    /// Whether `password` is the one that `stored` was made of. `None`: it is not, which takes as long to find out.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many others wait already.
    pub(super) async fn verify(&self, password: Secret, stored: Option<String>) -> Result<bool, Error> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| Error::unavailable(CHECKING, "too many others are signing in"))?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|source| Error::internal(CHECKING, source))?;
        // Both go with the thread: a client that went away does not make room for another one before its work is done.
        let work = move || {
            let _held = (place, turn);
            match stored {
                Some(stored) => password::verify(&password, &stored),
                None => password::verify_nobody(&password),
            }
        };
        web::block(work).await.map_err(|source| Error::unavailable(CHECKING, source.to_string()))
    }
}
