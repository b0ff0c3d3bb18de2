//! Where an archive is: a go-getter address with a signed link inside (wire-spec 3.3, 3.4).

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use domain::{Error, ModuleAddress};
use signed_link::{Grant, Link};
use store::versions::ModuleVersion;

use crate::{
    cached_answers::{ANSWER_LIFE, LOCATION_LIFE},
    state::State,
};

const MAKING: &str = "making a link";

/// A client may queue many modules, so whoever gets a link can use it for so long at least.
const PROMISED_LIFE: Duration = Duration::from_secs(15 * 60);

/// The same text for some minutes: a client that uses one module ten times then fetches it once.
pub(super) fn find(state: &State, address: &ModuleAddress, version: &ModuleVersion) -> Result<Arc<str>, Error> {
    let blob = version.archive_sha256.as_deref().ok_or_else(|| Error::internal(MAKING, "there is no archive"))?;
    let target = write_target(address, version, blob);
    state.cached.location(&target, || {
        let size = u64::try_from(version.archive_size).map_err(|source| Error::internal(MAKING, source))?;
        let grant = Grant::Get { blob: blob.to_owned(), size };
        let token = state.config.link_keys.seal(&Link { grant, expires_at: expiry()? })?;
        Ok(format!("{}/v1/object/{token}/{target}", state.config.archivist_url).into())
    })
}

/// Everything after the token. The directory stands there as it is: clients split it off without decoding it.
fn write_target(address: &ModuleAddress, version: &ModuleVersion, blob: &str) -> String {
    let ModuleAddress { namespace, name, provider } = address;
    let directory = version.archive_directory.as_str();
    let separator = if directory.is_empty() { "" } else { "//" };
    format!(
        "{namespace}-{name}-{provider}-{}.tar.gz{separator}{directory}?archive=tar.gz&checksum=sha256:{blob}",
        version.version
    )
}

/// A link is handed out as long as it is kept, and then by an answer that was made in its last moment.
fn expiry() -> Result<i64, Error> {
    let life = PROMISED_LIFE + LOCATION_LIFE + ANSWER_LIFE;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let seconds = now.map_err(|source| Error::internal(MAKING, source))?.saturating_add(life).as_secs();
    i64::try_from(seconds).map_err(|source| Error::internal(MAKING, source))
}
