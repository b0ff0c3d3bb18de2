//! `GET /api/v2/organizations/{org}/registry-modules/private/{namespace}/{name}/{provider}/commits`

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::Error;
use serde_json::{Value, json};
use service_kit::JsonApiError;
use store::{
    Connection,
    versions::{self, ModuleVersion},
};
use vcs_hosts::api::Commit;

use super::{answer, full_module::FullModule, host, module_path::ModulePath, page::Page, query::Query};
use crate::{caller::Reader, state::State, timestamp::format_millis};

/// The last hundred commits of the module's branch, or of the repository's default branch, newest first, as the host tells
/// them. Where nobody can be asked, or does not
/// answer: those that versions of the module were made from, without author and message.
pub(super) async fn list(
    Reader { scope }: Reader,
    path: Path<ModulePath>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&[])?;
    let page = Page::parse(&query)?;
    let load = move |session: &mut Connection| {
        let module = path.load_module(session, &scope)?;
        let of_module = FullModule::load_source(session, &module)?;
        Ok((module, of_module.ok_or_else(|| Error::not_found("A repository of the module"))?))
    };
    let (module, source) = state.store.read(load).await?;
    let branch = Some(module.branch.as_str()).filter(|branch| !branch.is_empty());
    let commits: Vec<Value> = match host::list_commits(&state, &source, branch).await? {
        Some(told) => told.iter().map(told_by_host).collect(),
        None => {
            let list = move |session: &mut Connection| versions::list(session, module.id.as_str());
            commits_of(&state.store.read(list).await?).into_iter().map(known_here).collect()
        }
    };
    let total = i64::try_from(commits.len()).unwrap_or(i64::MAX);
    Ok(answer::ok(&page.document(page.cut(commits), total, &query, &state.config.public_url)))
}

/// Each once, with its time in milliseconds. Of a commit that was never read it is not known.
fn commits_of(versions: &[ModuleVersion]) -> Vec<(&str, i64)> {
    let read = versions.iter().filter_map(|version| Some((version.commit_sha.as_deref()?, version.published_at?)));
    let mut commits: Vec<(&str, i64)> = read.collect::<BTreeMap<_, _>>().into_iter().collect();
    // The sort is stable: what is of the same time stays in the order of its hash.
    commits.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
    commits
}

fn told_by_host(commit: &Commit) -> Value {
    let attributes = json!({
        "sha": commit.sha,
        "date": commit.date.as_deref().unwrap_or_default(),
        "url": commit.url,
        "author": commit.author,
        "author-avatar-url": commit.avatar_url.as_deref().unwrap_or_default(),
        "author-html-url": commit.author_url.as_deref().unwrap_or_default(),
        "message": commit.message,
    });
    resource(&commit.sha, attributes)
}

fn known_here((sha, at): (&str, i64)) -> Value {
    let attributes = json!({
        "sha": sha,
        "date": format_millis(at),
        "url": "",
        "author": "",
        "author-avatar-url": "",
        "author-html-url": "",
        "message": "",
    });
    resource(sha, attributes)
}

fn resource(sha: &str, attributes: Value) -> Value {
    json!({"id": sha.get(..7).unwrap_or(sha), "type": "commit", "attributes": attributes})
}
