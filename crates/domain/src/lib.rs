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

pub use address::{ModuleAddress, ModuleName, Namespace, Provider, RepositoryName, SourceDirectory};
pub use docs::{
    Diagnostic, Input, ModuleCall, ModuleDocs, Output, Part, PartKind, ProviderRequirement, Resource, ResourceMode,
    Severity,
};
pub use error::{Error, Source};
pub use id::{BlobId, Id, IdKind, kinds};
pub use job::JobKind;
pub use principal::{Action, Call, Grants, Principal, Rights};
pub use status::{ModuleStatus, Publishing, Stage, VanishedTags, VersionStatus};
pub use tag_rule::{TagRule, TagVersion};
pub use version::Version;
