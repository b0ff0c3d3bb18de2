//! `GET /api/v2/organizations/{org}/registry-modules/private/{namespace}/{name}/{provider}/commits`

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::Error;
use serde_json::{Value, json};
use service_kit::JsonApiError;
use store::versions::{self, ModuleVersion};

use super::{answer, module_path::ModulePath, page::Page, query::Query};
use crate::{caller::Reader, state::State, timestamp::format_millis};

/// The commits that versions of the module were made from, newest first: those of which the registry knows. Author and
/// message are empty, because nothing here asks the host for them.
pub(super) async fn list(
    Reader { scope }: Reader,
    path: Path<ModulePath>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&[])?;
    let page = Page::parse(&query)?;
    let found = state
        .store
        .read(move |session| {
            let module = path.load_module(session, &scope)?;
            if module.repository_id.is_none() {
                return Err(Error::not_found("A repository of the module"));
            }
            versions::list(session, module.id.as_str())
        })
        .await?;
    let commits = commits_of(&found);
    let total = i64::try_from(commits.len()).unwrap_or(i64::MAX);
    let data = page.cut(commits).into_iter().map(resource).collect();
    Ok(answer::ok(&page.document(data, total, &query, &state.config.public_url)))
}

/// Each once, with its time in milliseconds. Of a commit that was never read it is not known.
fn commits_of(versions: &[ModuleVersion]) -> Vec<(&str, i64)> {
    let read = versions.iter().filter_map(|version| Some((version.commit_sha.as_deref()?, version.published_at?)));
    let mut commits: Vec<(&str, i64)> = read.collect::<BTreeMap<_, _>>().into_iter().collect();
    // The sort is stable: what is of the same time stays in the order of its hash.
    commits.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
    commits
}

fn resource((sha, at): (&str, i64)) -> Value {
    json!({
        "id": sha.get(..7).unwrap_or(sha),
        "type": "commit",
        "attributes": {
            "sha": sha,
            "date": format_millis(at),
            "url": "",
            "author": "",
            "author-avatar-url": "",
            "author-html-url": "",
            "message": "",
        },
    })
}
