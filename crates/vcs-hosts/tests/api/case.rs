//! What every host does in its own way, as a table: one line per host, in the file of the host.

use serde_json::Value;
use vcs_hosts::HostKind;
use vcs_hosts::api::{Commit, RepositoryFacts};

use crate::fake_host::FakeHost;
use crate::{azure, bitbucket_cloud, bitbucket_server, gitea, github, gitlab};

pub(crate) const SHA: &str = "6cbc5c0f9a0e4b1d8c7f2a3e5d6b7c8d9e0f1a2b";

pub(crate) struct Case {
    pub(crate) kinds: &'static [HostKind],
    pub(crate) identifier: &'static str,
    pub(crate) authorization: &'static str,
    /// `None` where nothing is asked.
    pub(crate) check: Option<&'static str>,
    /// Path of the repository, as it is sent.
    pub(crate) repository: &'static str,
    pub(crate) repository_answer: Value,
    /// `{host}` in an address stands for that of the fake host.
    pub(crate) facts: RepositoryFacts,
    /// Path of its webhooks.
    pub(crate) hooks: &'static str,
    pub(crate) hooks_query: &'static str,
    /// What each call of a webhook ends in.
    pub(crate) hook_query: &'static str,
    pub(crate) hook_body: Value,
    pub(crate) hook_id: &'static str,
    /// The same in a path.
    pub(crate) escaped_hook_id: &'static str,
    /// How the host writes one webhook, given the address that it calls.
    pub(crate) hook: fn(&str) -> Value,
    /// How the host writes a list.
    pub(crate) list: fn(Vec<Value>) -> Value,
    pub(crate) renewal: &'static str,
    /// Path of its commits.
    pub(crate) commits: &'static str,
    /// For the branch `a/b` and thirty commits.
    pub(crate) commits_query: &'static str,
    pub(crate) commits_answer: Value,
    pub(crate) commit: Commit,
}

impl Case {
    pub(crate) fn all() -> [Self; 6] {
        [
            github::case(),
            gitlab::case(),
            gitea::case(),
            bitbucket_cloud::case(),
            bitbucket_server::case(),
            azure::case(),
        ]
    }

    pub(crate) async fn start(&self) -> FakeHost {
        FakeHost::start(self.kinds[0]).await
    }

    pub(crate) fn hook_place(&self) -> String {
        format!("{}/{}", self.hooks, self.escaped_hook_id)
    }

    /// Lets the host answer what has to be looked at before a webhook is made.
    pub(crate) async fn knows_repository(&self, host: &FakeHost) {
        host.answers("GET", self.repository, 200, &self.repository_answer).await;
    }
}
