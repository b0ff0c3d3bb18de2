//! What holds for the whole process: whom it may call and trust, and how much it takes from them.

use std::sync::OnceLock;
use std::time::Duration;

use domain::Error;
use outbound::AddressPolicy;
use serde::{Deserialize, Serialize};

/// How much one call of `Mirror::fetch` or `Mirror::list_remote` takes from a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchLimits {
    /// Bytes of the list of refs.
    pub advertisement_bytes: u64,
    /// Bytes of the pack.
    pub total_bytes: u64,
    /// Seconds until the name is resolved, and again until a connection is made.
    pub connect_seconds: u64,
    /// Seconds without a byte.
    pub idle_seconds: u64,
    /// Seconds for the whole call.
    pub total_seconds: u64,
    /// Tags.
    pub refs: u64,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            advertisement_bytes: 16 << 20,
            total_bytes: 2 << 30,
            connect_seconds: 10,
            idle_seconds: 30,
            total_seconds: 600,
            refs: 100_000,
        }
    }
}

impl FetchLimits {
    pub(crate) fn connect(&self) -> Duration {
        Duration::from_secs(self.connect_seconds)
    }

    pub(crate) fn idle(&self) -> Duration {
        Duration::from_secs(self.idle_seconds)
    }

    pub(crate) fn total(&self) -> Duration {
        Duration::from_secs(self.total_seconds)
    }
}

/// By what servers are told apart from those who pretend to be them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    /// Certificates in PEM form, trusted besides those of the machine; none if empty.
    pub authorities: String,
    /// The keys of SSH servers, as OpenSSH keeps them in its `known_hosts`. From no other server is anything fetched over SSH; without any
    /// none is called.
    pub known_hosts: String,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) policy: AddressPolicy,
    pub(crate) trust: Trust,
    pub(crate) limits: FetchLimits,
}

static SETTINGS: OnceLock<Settings> = OnceLock::new();

/// To be called once per process, before anything else of this crate. Again with other values is a mistake.
pub fn init(policy: AddressPolicy, trust: Trust, limits: FetchLimits) -> Result<(), Error> {
    let wanted = Settings { policy, trust, limits };
    if let Some(present) = SETTINGS.get() {
        let mistake = || Error::internal("setting up Git", "git_source::init was called before with other values");
        return (*present == wanted).then_some(()).ok_or_else(mistake);
    }
    // Objects were hashed when their pack was indexed, and zlib's checksum finds what changed on the disk since; hashing
    // each again whenever it is read takes longer than reading it.
    git2::opts::strict_hash_verification(false);
    bound_libgit2().map_err(|error| Error::internal("setting up Git", error))?;
    // A provider that is already there serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match SETTINGS.set(wanted) {
        Ok(()) => Ok(()),
        Err(Settings { policy, trust, limits }) => init(policy, trust, limits),
    }
}

pub(crate) fn settings() -> Result<&'static Settings, Error> {
    SETTINGS.get().ok_or_else(|| Error::internal("setting up Git", "git_source::init was not called"))
}

/// Keeps libgit2 small enough for a process whose address space is limited: by default it maps packs in windows of a
/// gibibyte and keeps a quarter of one in parsed objects.
#[expect(unsafe_code, reason = "libgit2 offers these three numbers only as process-wide options")]
fn bound_libgit2() -> Result<(), git2::Error> {
    const MIB: usize = 1 << 20;
    // SAFETY: plain numbers that libgit2 reads under its own locks when it next maps or caches something. `init` runs
    // before the first repository is opened; two racing calls store the same values.
    unsafe {
        git2::opts::set_mwindow_size(32 * MIB)?;
        git2::opts::set_mwindow_mapped_limit(256 * MIB)?;
        git2::opts::set_cache_max_size(32 << 20)
    }
}
