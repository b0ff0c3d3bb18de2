//! When what changed, on a clock that counts changes: an answer whose reading began before the last change of its
//! topic is stale, also if it is only just being put into the cache.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::atomic::{AtomicU64, Ordering::SeqCst},
};

/// Two modules that share a place cost each other a reading now and then.
const PLACES: usize = 4096;

/// How many changes there had been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

/// What an answer is about: a place among `PLACES`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Topic(usize);

impl Topic {
    pub(super) fn of(address: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        address.hash(&mut hasher);
        Self(usize::try_from(hasher.finish() % PLACES as u64).unwrap_or_default())
    }
}

/// The last change of each topic, and of everything.
pub(super) struct Changes {
    clock: AtomicU64,
    everything: AtomicU64,
    callers: AtomicU64,
    topics: Box<[AtomicU64]>,
}

impl Default for Changes {
    fn default() -> Self {
        let topics = std::iter::repeat_with(AtomicU64::default).take(PLACES).collect();
        Self { clock: AtomicU64::new(0), everything: AtomicU64::new(0), callers: AtomicU64::new(0), topics }
    }
}

impl Changes {
    pub(super) fn moment(&self) -> Moment {
        Moment(self.clock.load(SeqCst))
    }

    /// To be called after the change was committed: who takes a moment from then on will read it.
    pub(super) fn note(&self, topic: Topic) {
        if let Some(last) = self.topics.get(topic.0) {
            last.fetch_max(self.tick(), SeqCst);
        }
    }

    pub(super) fn note_all(&self) {
        self.everything.fetch_max(self.tick(), SeqCst);
    }

    /// Of whoever calls: tokens, users, or what they may do.
    pub(super) fn note_callers(&self) {
        self.callers.fetch_max(self.tick(), SeqCst);
    }

    pub(super) fn no_callers_since(&self, since: Moment) -> bool {
        self.callers.load(SeqCst) <= since.0
    }

    pub(super) fn none_since(&self, since: Moment, topic: Topic) -> bool {
        let is_older = |last: &AtomicU64| last.load(SeqCst) <= since.0;
        is_older(&self.everything) && self.topics.get(topic.0).is_some_and(is_older)
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, SeqCst) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_makes_stale_what_began_before_it_and_nothing_else() {
        let (changes, vpc, eks) = (Changes::default(), Topic::of("acme/vpc/aws"), Topic::of("acme/eks/aws"));
        let before = changes.moment();
        assert!(changes.none_since(before, vpc));

        changes.note(vpc);

        assert!(!changes.none_since(before, vpc));
        assert!(changes.none_since(before, eks));
        assert!(changes.none_since(changes.moment(), vpc));
    }

    #[test]
    fn a_change_of_scopes_makes_everything_stale() {
        let (changes, vpc) = (Changes::default(), Topic::of("acme/vpc/aws"));
        let before = changes.moment();

        changes.note_all();

        assert!(!changes.none_since(before, vpc));
        assert!(changes.none_since(changes.moment(), vpc));
    }
}
