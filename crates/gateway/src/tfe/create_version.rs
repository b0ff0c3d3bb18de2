//! `POST /api/v2/organizations/{org}/registry-modules/{registry}/{namespace}/{name}/{provider}/versions` and the form
//! that go-tfe still uses, `POST /api/v2/registry-modules/{org}/{name}/{provider}/versions`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{CommitName, Error, Id, JobKind, Principal, Publishing, Version, VersionStatus};
use service_kit::JsonApiError;
use store::{
    Connection,
    jobs::{self, NewJob},
    modules::{self, Module},
    versions::{self, ModuleVersion, NewVersion},
};

use super::{
    answer, attempt::record_success, attributes::Attributes, body::Body, full_module::FullModule,
    module_path::ModulePath, version_view::VersionView,
};
use crate::{caller::Publisher, publishing::repository_of, state::State};

pub(super) const ACTION: &str = "create-version";

/// Makes a version: of a module that takes uploads with a link to upload it to, of one that is made from a branch from the
/// commit that the body names. A number that was deleted may come back; whether with the same content
/// is seen when that arrives.
pub(super) async fn create(
    publisher: Publisher,
    path: Path<ModulePath>,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let Publisher { principal, scope } = publisher;
    let wanted = Wanted::parse(&body.attributes().await?)?;
    let owner = principal.clone();
    let (module, version, now) = state
        .store
        .write(move |session| {
            let module = path.load_module(session, &scope)?;
            let version = insert(session, &owner, &module, &wanted)?;
            Ok((module, version, store::now(session)?))
        })
        .await
        .map_err(|error| match error {
            Error::Invalid { ref what, .. } if what == COMMIT => JsonApiError::at("/data/attributes/commit-sha", error),
            Error::AlreadyExists { .. } | Error::Invalid { .. } => JsonApiError::at("/data/attributes/version", error),
            other => other.into(),
        })?;
    let view = VersionView { config: &state.config, principal: &principal, module: &module, now };
    Ok(answer::created(&view.document(&version)?))
}

const COMMIT: &str = "commit-sha";

struct Wanted {
    number: Version,
    /// As it was given: only modules made from a branch have use for it.
    commit: Option<String>,
}

impl Wanted {
    fn parse(attributes: &Attributes) -> Result<Self, JsonApiError> {
        let number = Version::parse_lenient(attributes.required_string("version")?);
        Ok(Self {
            number: number.map_err(|error| attributes.at("version", error))?,
            commit: attributes.non_empty_string(COMMIT)?.map(str::to_owned),
        })
    }

    fn commit(&self) -> Result<CommitName, Error> {
        let Some(commit) = &self.commit else {
            return Err(Error::invalid(COMMIT, "must be given: versions of this module are made from commits"));
        };
        let named = commit.to_ascii_lowercase().parse();
        named.map_err(|_| Error::invalid(COMMIT, "must be the full name of a commit: 40 hexadecimal digits"))
    }
}

fn insert(
    session: &mut Connection,
    principal: &Principal,
    module: &Module,
    wanted: &Wanted,
) -> Result<ModuleVersion, Error> {
    let (number, id) = (&wanted.number, Id::random());
    // Jobs before modules before versions, as workers lock them; it may have changed until it is locked.
    if module.publishing == Publishing::Branch {
        jobs::enqueue(session, NewJob::new(JobKind::IngestVersion, &id, &module.scope_id))?;
    }
    modules::lock(session, &module.id)?;
    let (former, module) = (module.publishing, &modules::load(session, module.id.as_str())?);
    if module.publishing != former {
        return Err(Error::unavailable("making a version", "somebody else changed the module at the same time"));
    }
    let commit = match module.publishing {
        Publishing::Upload => None,
        Publishing::Branch => Some(wanted.commit()?),
        Publishing::Tags => {
            return Err(Error::invalid("Version", "cannot be made here: versions of this module come from its tags"));
        }
    };
    let source = if commit.is_some() { source_of(session, module)? } else { "tfe-api".to_owned() };
    let new = NewVersion {
        id: &id,
        module: &module.id,
        version: number,
        source: &source,
        tag: None,
        branch: Some(module.branch.as_str()).filter(|branch| !branch.is_empty()),
        commit: commit.as_ref().map(CommitName::as_str),
        status: if commit.is_some() { VersionStatus::Pending } else { VersionStatus::NotUploaded },
    };
    versions::insert(session, &new)?;
    if module.is_initial(number) {
        modules::claim_initial_version(session, module)?;
    }
    modules::touch(session, module)?;
    record_success(session, principal, ACTION, &format!("{id} {} {number}", module.address()))?;
    versions::load(session, id.as_str())
}

/// The kind of the host that a module made from a branch comes from.
fn source_of(session: &mut Connection, module: &Module) -> Result<String, Error> {
    repository_of(module)?;
    let source = FullModule::load_source(session, module)?;
    source.map(|(_, connection)| connection.kind).ok_or_else(|| Error::not_found("A repository of the module"))
}
