//! Tokens that were minted for a while, kept in memory until shortly before they end.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Error;

use super::later::now;

/// Whoever gets a token can work with it for that long, with a clock that is not quite right, too.
const SECONDS_LEFT: i64 = 5 * 60;
/// A few megabytes.
const MOST: usize = 10_000;

/// What a token is good for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Purpose {
    pub(super) api: String,
    pub(super) key: String,
    /// The digest of the private key: whoever does not have it gets no token of its App.
    pub(super) private_key: [u8; 32],
    pub(super) repository: String,
}

pub(super) struct Minted {
    pub(super) token: String,
    /// Seconds since 1970.
    pub(super) expires_at: i64,
}

/// A token to work with.
pub(super) struct Lent {
    pub(super) token: String,
    /// It was minted for somebody before, so the host may have thought better of it.
    pub(super) was_kept: bool,
}

/// Locked while a token is being minted.
type Slot = Arc<tokio::sync::Mutex<Option<Minted>>>;
type Slots = HashMap<Purpose, Slot>;

pub(super) struct MintedTokens {
    slots: Mutex<Slots>,
    most: usize,
}

impl Default for MintedTokens {
    fn default() -> Self {
        Self { slots: Mutex::default(), most: MOST }
    }
}

impl MintedTokens {
    /// The token that is kept, or a new one. Tasks that need the same one at the same time wait for the first of them.
    pub(super) async fn get_or_mint(
        &self,
        purpose: &Purpose,
        mint: impl Future<Output = Result<Minted, Error>>,
    ) -> Result<Lent, Error> {
        let slot = self.slot(purpose);
        let mut kept = slot.lock().await;
        if let Some(minted) = kept.as_ref().filter(|minted| minted.expires_at - now() > SECONDS_LEFT) {
            return Ok(Lent { token: minted.token.clone(), was_kept: true });
        }
        let minted = mint.await?;
        let token = minted.token.clone();
        *kept = Some(minted);
        Ok(Lent { token, was_kept: false })
    }

    /// Forgets this token, not one that somebody minted in the meantime.
    pub(super) async fn forget(&self, purpose: &Purpose, token: &str) {
        let slot = self.lock().get(purpose).map(Arc::clone);
        if let Some(slot) = slot {
            slot.lock().await.take_if(|minted| minted.token == token);
        }
    }

    /// Forgets whatever token there is.
    pub(super) fn forget_any(&self, purpose: &Purpose) {
        self.lock().remove(purpose);
    }

    /// Whether a text gives away the token that is kept.
    pub(super) fn is_in(&self, purpose: &Purpose, text: &str) -> bool {
        let slot = self.lock().get(purpose).map(Arc::clone);
        let kept = slot.as_ref().and_then(|slot| slot.try_lock().ok());
        kept.is_some_and(|kept| kept.as_ref().is_some_and(|minted| text.contains(&minted.token)))
    }

    fn slot(&self, purpose: &Purpose) -> Slot {
        let mut slots = self.lock();
        if let Some(slot) = slots.get(purpose) {
            return Arc::clone(slot);
        }
        if slots.len() >= self.most {
            make_room(&mut slots);
        }
        Arc::clone(slots.entry(purpose.clone()).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without what has expired, and if that is not enough, without what expires next.
fn make_room(slots: &mut Slots) {
    let (before, end) = (slots.len(), now() + SECONDS_LEFT);
    slots.retain(|_, slot| end_of(slot) > end);
    if slots.len() < before {
        return;
    }
    let next = slots.iter().min_by_key(|(_, slot)| end_of(slot)).map(|(purpose, _)| purpose.clone());
    if let Some(next) = next {
        slots.remove(&next);
    }
}

/// What is being minted comes last.
fn end_of(slot: &Slot) -> i64 {
    slot.try_lock().map_or(i64::MAX, |kept| kept.as_ref().map_or(i64::MIN, |minted| minted.expires_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purpose(repository: &str) -> Purpose {
        Purpose {
            api: "https://api.github.com".to_owned(),
            key: "1".to_owned(),
            private_key: [0; 32],
            repository: repository.to_owned(),
        }
    }

    /// Whether the token was kept.
    async fn get(tokens: &MintedTokens, repository: &str, lasts: i64) -> bool {
        let mint = async { Ok(Minted { token: repository.to_owned(), expires_at: now() + lasts }) };
        tokens.get_or_mint(&purpose(repository), mint).await.unwrap().was_kept
    }

    fn with_room_for(most: usize) -> MintedTokens {
        MintedTokens { most, ..MintedTokens::default() }
    }

    #[tokio::test]
    async fn what_has_expired_makes_room_first() {
        let tokens = with_room_for(3);
        for (repository, lasts) in [("a", 600), ("b", 299), ("c", 900), ("d", 800)] {
            assert!(!get(&tokens, repository, lasts).await);
        }

        assert!(get(&tokens, "a", 600).await && get(&tokens, "c", 900).await && get(&tokens, "d", 800).await);
        assert_eq!(tokens.lock().len(), 3);
    }

    #[tokio::test]
    async fn among_good_tokens_the_one_that_expires_next_makes_room() {
        let tokens = with_room_for(2);
        for (repository, lasts) in [("a", 900), ("b", 600), ("c", 800)] {
            assert!(!get(&tokens, repository, lasts).await);
        }

        assert!(get(&tokens, "a", 900).await && get(&tokens, "c", 800).await);
        assert_eq!(tokens.lock().len(), 2);
    }

    #[tokio::test]
    async fn only_the_token_that_was_refused_is_forgotten() {
        let tokens = MintedTokens::default();
        get(&tokens, "a", 900).await;

        tokens.forget(&purpose("a"), "an older one").await;
        assert!(get(&tokens, "a", 900).await);
        tokens.forget(&purpose("a"), "a").await;
        assert!(!get(&tokens, "a", 900).await);
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let tokens = MintedTokens::default();
        let fails = async { Err(Error::invalid("it", "fails")) };

        assert!(tokens.get_or_mint(&purpose("a"), fails).await.is_err());

        assert!(!get(&tokens, "a", 900).await);
    }
}
