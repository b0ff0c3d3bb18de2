//! Where a module and a version are in their lives (wire-spec 19).

use crate::Error;

macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// The text in the database.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    other => Err(Error::invalid($what, format!("{other:?} is not known to this release"))),
                }
            }
        }
    };
}

text_enum!(
    /// How versions come into a module.
    Publishing, "Publishing mechanism" {
        /// From the tags of its repository.
        Tags = "git_tag",
        /// From commits of one branch of its repository, each by a call of its own.
        Branch = "branch",
        /// By upload.
        Upload = "non_vcs",
    }
);

text_enum!(
    /// A module as its owner sees it.
    ModuleStatus, "Module status" {
        /// The first look at its source is not finished, or nothing was uploaded.
        Pending = "pending",
        /// Looked at, and no tag is a version under its rule.
        NoVersionTags = "no_version_tags",
        /// Its repository cannot be read; the message says why.
        SetupFailed = "setup_failed",
        /// At least one version is `ok`.
        SetupComplete = "setup_complete",
    }
);

text_enum!(
    /// A version as its owner sees it.
    VersionStatus, "Version status" {
        /// Made through the API, no bytes yet.
        NotUploaded = "not_uploaded",
        /// Waiting for a worker.
        Pending = "pending",
        /// Its tree is being read from Git.
        Cloning = "cloning",
        /// Its archive is stored; the documentation is being read.
        Ingested = "ingested",
        /// Can be installed.
        Ok = "ok",
        /// Cannot be installed; stage and message say why.
        Errored = "errored",
    }
);

text_enum!(
    /// A version as the Scalr API has it: in fewer words, and with one more.
    VersionPhase, "Version status" {
        NotUploaded = "not_uploaded",
        Pending = "pending",
        Ok = "ok",
        Errored = "errored",
        /// Its tag is gone, and it goes as well.
        PendingDelete = "pending_delete",
    }
);

impl VersionPhase {
    /// Of a version in this status, whose tag may be gone for good.
    pub fn of(status: VersionStatus, goes: bool) -> Self {
        match status {
            _ if goes => Self::PendingDelete,
            VersionStatus::NotUploaded => Self::NotUploaded,
            VersionStatus::Pending | VersionStatus::Cloning | VersionStatus::Ingested => Self::Pending,
            VersionStatus::Ok => Self::Ok,
            VersionStatus::Errored => Self::Errored,
        }
    }
}

text_enum!(
    /// Where an `errored` version failed.
    Stage, "Stage" {
        /// Reading it from Git.
        Clone = "clone",
        /// Being taken up by a worker at all.
        Request = "request",
        /// What is in it.
        Content = "content",
    }
);

text_enum!(
    /// How a host tells of a repository that something new is there.
    WebhookState, "Webhook state" {
        /// Nobody tried to register one: the host has no API, or was not asked yet.
        Unset = "none",
        /// We registered it.
        Registered = "registered",
        /// The host did not let us: somebody may make it by hand, and until then only looking finds what is new.
        Manual = "manual",
    }
);

text_enum!(
    /// What happens to a version whose tag vanished.
    VanishedTags, "Policy for vanished tags" {
        /// It stays.
        Keep = "keep",
        /// It goes after a while.
        Remove = "remove",
    }
);
