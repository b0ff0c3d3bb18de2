//! The kinds of background work.

use crate::Error;

/// One queue each. What the target of a job is depends on its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum JobKind {
    /// Target: a repository. Fetches once, looks at the tags, archives what is missing in every module.
    SyncRepository,
    /// Target: a version from Git. Archives this one version (again).
    IngestVersion,
    /// Target: an uploaded version. Checks and repacks what was uploaded.
    IngestUpload,
    /// Target: a version with an archive. Reads its documentation.
    ParseVersion,
    /// Target: a blob or a staged upload that may have become garbage.
    Purge,
    /// Target: a repository. Asks its host what it is, and has the webhook there registered or removed.
    VisitHost,
}

impl JobKind {
    /// Every kind, in the order in which work flows.
    pub const ALL: [Self; 6] = [
        Self::SyncRepository,
        Self::IngestVersion,
        Self::IngestUpload,
        Self::ParseVersion,
        Self::Purge,
        Self::VisitHost,
    ];

    /// The name in tables and of queues.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SyncRepository => "sync-repository",
            Self::IngestVersion => "ingest-version",
            Self::IngestUpload => "ingest-upload",
            Self::ParseVersion => "parse-version",
            Self::Purge => "purge",
            Self::VisitHost => "visit-host",
        }
    }
}

impl std::str::FromStr for JobKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| Error::invalid("Job kind", format!("{text:?} is not known to this release")))
    }
}
