//! `PATCH /api/v2/organizations/{org}/registry-modules/{registry}/{namespace}/{name}/{provider}[/]`

mod changes;
mod source;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Error, Principal, Publishing};
use service_kit::JsonApiError;
use store::{
    Connection as Session,
    modules::{self, Module},
    tag_bindings::{self, Tagged},
};

use super::{
    answer,
    attempt::record_success,
    body::Body,
    full_module::FullModule,
    module_path::ModulePath,
    module_source::{POLICY, SUBMODULES, TOKEN, check_policy},
    module_view::ModuleView,
    test_config,
};
use crate::{caller::Publisher, state::State};
use changes::Changes;
use source::{Asked, ask_host, change_source};

pub(super) const ACTION: &str = "update-module";

/// Changes what the body names; what it does not name stays. Versions that are published never change.
pub(super) async fn update(
    publisher: Publisher,
    path: Path<ModulePath>,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let (attributes, relationships) = body.attributes_and_relationships().await?;
    let changes = Changes::parse(&attributes, &relationships)?;
    let Publisher { principal, scope } = publisher;
    let asked = ask_host(&state, &principal, &scope, (&path, &changes)).await?;
    let (caller, owner) = (principal.clone(), scope.clone());
    let full = state
        .store
        .write(move |session| {
            let module = path.load_module(session, &owner)?;
            let full = apply(session, &caller, &module, (&changes, asked.as_ref()))?;
            record_success(session, &caller, ACTION, &format!("{} {}", module.id, module.address()))?;
            Ok(full)
        })
        .await
        .map_err(point_at)?;
    let view = ModuleView { public_url: &state.config.public_url, principal: &principal, scope: &scope };
    Ok(answer::ok(&view.document(&full)))
}

const ORGANIZATION: &str = "organization-name";
const TAG_PREFIX: &str = "tag-prefix";

fn point_at(error: Error) -> JsonApiError {
    let pointer = match &error {
        Error::Invalid { what, .. } if what == ORGANIZATION => "/data/attributes/vcs-repo/organization-name",
        Error::Invalid { what, .. } if what == POLICY => "/data/attributes/vcs-repo/vanished-tags",
        Error::Invalid { what, .. } if what == TOKEN => "/data/attributes/vcs-repo/oauth-token-id",
        Error::Invalid { what, .. } if what == SUBMODULES => "/data/attributes/vcs-repo/ingress-submodules",
        Error::Invalid { what, .. } if what == TAG_PREFIX => "/data/attributes/vcs-repo/tag-prefix",
        Error::Invalid { what, .. } if what == test_config::NAME => "/data/attributes/test-config",
        Error::Invalid { .. } => "/data/attributes/vcs-repo",
        _ => return error.into(),
    };
    JsonApiError::at(pointer, error)
}

/// All of it or nothing. The source comes first: it locks jobs, which come before modules.
fn apply(
    session: &mut Session,
    principal: &Principal,
    module: &Module,
    (changes, asked): (&Changes, Option<&Asked>),
) -> Result<FullModule, Error> {
    if let Some(source) = &changes.source {
        change_source(session, principal, module, (source, asked))?;
    }
    let former = module.publishing;
    let module = &modules::load(session, module.id.as_str())?;
    if let Some(policy) = changes.vanished_tags.filter(|policy| *policy != module.vanished_tags) {
        if module.publishing != Publishing::Tags {
            return Err(Error::invalid(POLICY, "must be absent: versions of this module do not come from tags"));
        }
        check_policy(principal, &module.scope_id, policy)?;
        modules::set_vanished_tags(session, module, policy)?;
    }
    if let Some(wanted) = changes.submodules.filter(|wanted| *wanted != module.submodules) {
        if module.publishing == Publishing::Upload {
            return Err(Error::invalid(
                SUBMODULES,
                "must be false: the module has no repository, its versions are uploaded",
            ));
        }
        modules::set_submodules(session, module, wanted)?;
    }
    if let Some(tests) = changes.tests.as_ref() {
        if module.publishing == Publishing::Branch {
            modules::set_test_config(session, module, &tests.onto(module.test_config.as_deref()))?;
        } else if !tests.is_default() && former != Publishing::Branch {
            return Err(test_config::refuse());
        }
    }
    if let Some(no_code) = changes.no_code.filter(|no_code| *no_code != module.no_code) {
        modules::set_no_code(session, module, no_code)?;
    }
    if let Some(tags) = &changes.tags {
        modules::lock(session, &module.id)?;
        if tag_bindings::set(session, Tagged::Module(&module.id), tags)? {
            modules::touch(session, module)?;
        }
    }
    let module = modules::load(session, module.id.as_str())?;
    FullModule::load(session, module)
}
