//! `GET /api/registry/v1/modules/{namespace}/{name}/{provider}/versions`

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web::Data};
use bytes::Bytes;
use domain::{Action, Error, Principal};
use serde_json::json;
use service_kit::RegistryError;
use store::{
    Connection,
    versions::{self, Installable, InstallableVersion, Warning},
};

use super::{
    json as answer,
    module_path::{ModulePath, missing},
};
use crate::{cached_answers::Answer, caller::RegistryCaller, state::State};

/// The summary of a version that has none.
const NO_SUMMARY: &str = r#""root":{"providers":[],"dependencies":[]},"submodules":[]"#;

/// What can be installed, newest first; an empty list where nothing can.
pub(super) async fn list(
    RegistryCaller(caller): RegistryCaller,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, RegistryError> {
    if let Some(kept) = state.cached.answer(request.path(), &caller) {
        return Ok(answer(kept.body.clone()));
    }
    let path = ModulePath::read(&request)?;
    let since = state.cached.moment();
    let found = state.store.read(move |session| read(session, &caller, &path)).await?;
    let body = Bytes::from(write_body(&found.address.to_string(), &found.versions));
    let kept = Answer::about(found.module_id, found.scope_id, &found.address, since, body.clone());
    state.cached.remember_answer(request.path(), Arc::new(kept));
    Ok(answer(body))
}

fn read(session: &mut Connection, caller: &Principal, path: &ModulePath) -> Result<Installable, Error> {
    versions::find_installable(session, path.namespace.as_str(), &path.name, &path.provider)?
        .filter(|found| caller.may(Action::Install, &found.scope_id))
        .ok_or_else(missing)
}

/// Addresses and versions need no escapes, and summaries are JSON already.
fn write_body(address: &str, installable: &[InstallableVersion]) -> String {
    let summaries: usize = installable.iter().map(|version| version.summary.len() + 64).sum();
    let mut body = String::with_capacity(summaries + 256);
    body.push_str(r#"{"modules":[{"source":""#);
    body.push_str(address);
    body.push_str(r#"","versions":["#);
    for (index, InstallableVersion { version, summary, deprecation }) in installable.iter().enumerate() {
        if index > 0 {
            body.push(',');
        }
        body.push_str(r#"{"version":""#);
        body.push_str(&version.to_string());
        body.push_str(r#"","#);
        body.push_str(members(summary));
        body.push_str(r#","deprecation":"#);
        match deprecation {
            None => body.push_str("null"),
            Some(Warning { text, link }) => body.push_str(&json!({"reason": text, "link": link}).to_string()),
        }
        body.push('}');
    }
    body.push_str("]}]}");
    body
}

/// What stands between the outer braces.
fn members(summary: &str) -> &str {
    let inner = summary.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).map(str::trim);
    inner.filter(|inner| !inner.is_empty()).unwrap_or(NO_SUMMARY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_are_spliced_in_as_they_are() {
        let summary = r#"{"root":{"providers":[],"dependencies":[]},"submodules":[{"path":"modules/a"}]}"#;
        let version = |version: &str, summary: &str, deprecation| InstallableVersion {
            version: version.parse().unwrap(),
            summary: summary.to_owned(),
            deprecation,
        };
        let warning = Warning { text: "a \"hole\"".to_owned(), link: "https://wiki.acme.test".to_owned() };
        let versions = [version("1.1.0", summary, None), version("1.0.0", "", Some(warning))];

        let body: serde_json::Value = serde_json::from_str(&write_body("acme/vpc/aws", &versions)).unwrap();

        assert_eq!(
            body,
            serde_json::json!({"modules": [{"source": "acme/vpc/aws", "versions": [
                {"version": "1.1.0", "root": {"providers": [], "dependencies": []},
                 "submodules": [{"path": "modules/a"}], "deprecation": null},
                {"version": "1.0.0", "root": {"providers": [], "dependencies": []},
                 "submodules": [], "deprecation": {"reason": "a \"hole\"", "link": "https://wiki.acme.test"}},
            ]}]})
        );
    }
}
