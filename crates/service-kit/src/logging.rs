//! Logging to standard error.

use domain::Error;
use tracing_subscriber::EnvFilter;

/// `filter` as in `QUARRY_LOG` (`info`, `info,store=debug`); `format` is `text` or `json`.
pub fn init_logging(filter: &str, format: &str) -> Result<(), Error> {
    // `broker` tells of each loss itself, once. Whoever names the library in the setting hears it all the same.
    let filter = EnvFilter::try_new(format!("lapin=off,{filter}")).map_err(|_| {
        Error::invalid("QUARRY_LOG", "must be a level such as info, or targets such as info,store=debug")
    })?;
    // A reader of the log that goes away must not take the server with it: by default a failed write panics.
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).log_internal_errors(false);
    let outcome = match format {
        "text" => log.with_ansi(false).try_init(),
        "json" => log.json().try_init(),
        _ => return Err(Error::invalid("QUARRY_LOG_FORMAT", "must be text or json")),
    };
    outcome.map_err(|source| Error::internal("starting the log", source))
}
