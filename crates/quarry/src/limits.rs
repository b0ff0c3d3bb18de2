//! Limits of archives, from the settings.

use service_kit::Settings;

/// The defaults, with what the settings say instead.
pub(crate) fn limits_of(settings: &Settings) -> archive::Limits {
    let (set, mut limits) = (&settings.archive_limits, archive::Limits::default());
    for (limit, value) in [
        (&mut limits.packed, set.packed),
        (&mut limits.unpacked, set.unpacked),
        (&mut limits.entries, set.entries),
        (&mut limits.file, set.file),
        (&mut limits.path, set.path),
        (&mut limits.depth, set.depth),
        (&mut limits.ratio, set.ratio),
    ] {
        *limit = value.unwrap_or(*limit);
    }
    limits
}
