//! What became of the last attempt to make a version: when each step was done, and where it failed.

use diesel::{Queryable, Selectable};
use domain::VersionStatus;

use crate::schema::module_versions;

use super::ModuleVersion;

/// When the steps were done; the last one is [`ModuleVersion::parsed_at`]. Another attempt begins afresh. Documentation
/// that is read anew from a stored archive is none: it only moves the last step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = module_versions)]
pub struct Timeline {
    /// It was put on the list of work. Nothing before the first upload.
    pub queued_at: Option<i64>,
    /// What it is made from is here: its repository, or its upload.
    pub fetched_at: Option<i64>,
    /// Its archive is stored.
    pub archived_at: Option<i64>,
    /// Why the attempt failed, of a version that is ok all the same.
    pub attempt_error: Option<String>,
}

/// Where an attempt can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Fetch,
    Archive,
    Parse,
}

impl Step {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Archive => "archive",
            Self::Parse => "parse",
        }
    }
}

impl ModuleVersion {
    /// When its documentation was read, if that was in the last attempt.
    pub fn parsed_at(&self) -> Option<i64> {
        let queued_at = self.timeline.queued_at;
        self.ok_at.filter(|parsed_at| queued_at.is_none_or(|queued_at| queued_at <= *parsed_at))
    }

    /// The step that failed in the last attempt, and why: the first one that was not done.
    pub fn failure(&self) -> Option<(Step, &str)> {
        let reason = match self.status {
            VersionStatus::Errored => self.error_message.as_deref(),
            _ => self.timeline.attempt_error.as_deref(),
        };
        let step = match (self.timeline.fetched_at, self.timeline.archived_at) {
            (_, Some(_)) => Step::Parse,
            (Some(_), None) => Step::Archive,
            (None, None) => Step::Fetch,
        };
        reason.map(|reason| (step, reason))
    }
}
