#![doc = include_str!("../README.md")]

mod address;
mod docs;
mod error;
mod id;
mod job;
mod principal;
mod status;
mod tag_rule;
mod version;

pub mod key_text;

pub use address::{
    BranchName, CommitName, ModuleAddress, ModuleName, Namespace, Provider, RepositoryName, SourceDirectory,
};
pub use docs::{
    Diagnostic, Input, ModuleCall, ModuleDocs, Output, Part, PartKind, ProviderRequirement, Resource, ResourceMode,
    Severity,
};
pub use error::{Error, Later, Source};
pub use id::{BlobId, Id, IdKind, kinds};
pub use job::JobKind;
pub use principal::{Action, Call, Grants, Kinship, Principal, Rights};
pub use status::{ModuleStatus, Publishing, Stage, VanishedTags, VersionPhase, VersionStatus, WebhookState};
pub use tag_rule::{TagRule, TagVersion};
pub use version::Version;
