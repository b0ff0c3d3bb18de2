//! Finished answers kept in memory. A change drops them at once; a short life is the net under that.

mod changes;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::http::header::HeaderValue;
use bytes::Bytes;
use domain::{Action, Error, Id, ModuleAddress, Principal, kinds};
use moka::sync::Cache;

use changes::{Changes, Topic};

pub(crate) use changes::Moment;

/// So long a missed notice can be seen.
pub(crate) const ANSWER_LIFE: Duration = Duration::from_secs(5);
/// So long a missed revocation can be used.
const CALLER_LIFE: Duration = Duration::from_secs(1);
/// Long enough for all the uses of one module in one `init`, which a client fetches once if their links are equal.
pub(crate) const LOCATION_LIFE: Duration = Duration::from_secs(5 * 60);

/// All kept bodies together, in bytes.
const ANSWERS_CAPACITY: u64 = 64 * 1024 * 1024;
const LOCATIONS_CAPACITY: u64 = 20_000;
const CALLERS_CAPACITY: u64 = 10_000;

/// A body, and whose it is: rights are checked on every request, kept or not.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) module_id: String,
    scope: Id<kinds::Scope>,
    pub(crate) body: Bytes,
    /// `X-Terraform-Get`, for downloads.
    pub(crate) location: Option<HeaderValue>,
    topic: Topic,
    /// When the reading began that led to this.
    since: Moment,
}

impl Answer {
    /// What was found out about a module by a reading that began at `since`.
    pub(crate) fn about(
        module_id: String,
        scope: Id<kinds::Scope>,
        address: &ModuleAddress,
        since: Moment,
        body: Bytes,
    ) -> Self {
        Self { module_id, scope, body, location: None, topic: Topic::of(&address.to_string()), since }
    }

    pub(crate) fn with_location(self, location: HeaderValue) -> Self {
        Self { location: Some(location), ..self }
    }

    /// What it takes in memory, roughly.
    fn weight(path: &str, answer: &Self) -> u32 {
        let bytes = 512 + path.len() + answer.body.len() + answer.location.as_ref().map_or(0, HeaderValue::len);
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }
}

/// A caller whose token was looked up.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) principal: Arc<Principal>,
    /// When the token expires, if ever.
    pub(crate) until: Option<Instant>,
    /// When the reading began that led to this.
    pub(crate) since: Moment,
}

pub(crate) struct CachedAnswers {
    /// By the hash of the token.
    callers: Cache<String, Known>,
    /// By the path of the request as it came, so that a hit costs neither parsing nor memory.
    answers: Cache<String, Arc<Answer>>,
    /// Signed links, by what they point at.
    locations: Cache<String, Arc<str>>,
    changes: Changes,
}

impl Default for CachedAnswers {
    fn default() -> Self {
        Self {
            callers: Cache::builder().max_capacity(CALLERS_CAPACITY).time_to_live(CALLER_LIFE).build(),
            answers: Cache::builder()
                .weigher(|path: &String, answer: &Arc<Answer>| Answer::weight(path, answer))
                .max_capacity(ANSWERS_CAPACITY)
                .time_to_live(ANSWER_LIFE)
                .build(),
            locations: Cache::builder().max_capacity(LOCATIONS_CAPACITY).time_to_live(LOCATION_LIFE).build(),
            changes: Changes::default(),
        }
    }
}

impl CachedAnswers {
    /// The kept caller, unless the token has expired or anything changed about callers since it was looked up.
    pub(crate) fn caller(&self, hash: &str) -> Option<Arc<Principal>> {
        self.callers
            .get(hash)
            .filter(|known| self.changes.no_callers_since(known.since))
            .filter(|known| known.until.is_none_or(|until| Instant::now() < until))
            .map(|known| known.principal)
    }

    pub(crate) fn remember_caller(&self, hash: String, known: Known) {
        self.callers.insert(hash, known);
    }

    /// To be asked for before a reading begins whose outcome will be remembered.
    pub(crate) fn moment(&self) -> Moment {
        self.changes.moment()
    }

    /// The kept answer to `path`, if nothing changed since and the caller may see it. A caller who may not goes the
    /// same way as for a module that does not exist, so that time does not tell the two apart.
    pub(crate) fn answer(&self, path: &str, caller: &Principal) -> Option<Arc<Answer>> {
        self.answers
            .get(path)
            .filter(|answer| self.changes.none_since(answer.since, answer.topic))
            .filter(|answer| caller.may(Action::Install, &answer.scope))
    }

    pub(crate) fn remember_answer(&self, path: &str, answer: Arc<Answer>) {
        // One that is stale already would never be used.
        if self.changes.none_since(answer.since, answer.topic) {
            self.answers.insert(path.to_owned(), answer);
        }
    }

    /// The link to what `target` says: the same text for `LOCATION_LIFE`, then one made anew.
    pub(crate) fn location(
        &self,
        target: &str,
        make: impl FnOnce() -> Result<Arc<str>, Error>,
    ) -> Result<Arc<str>, Error> {
        let kept = self.locations.entry_by_ref(target).or_try_insert_with(make);
        kept.map(moka::Entry::into_value).map_err(|error| Error::internal("making a link", error.chain()))
    }

    pub(crate) fn forget_callers(&self) {
        self.changes.note_callers();
        self.callers.invalidate_all();
    }

    /// `address` is the present one; answers under former names and ids go with it.
    pub(crate) fn forget_module(&self, address: &str) {
        self.changes.note(Topic::of(address));
    }

    /// Locations stay: what a link points at never changes, and who may have it is asked before.
    pub(crate) fn forget_all(&self) {
        self.changes.note_all();
        self.forget_callers();
    }
}
