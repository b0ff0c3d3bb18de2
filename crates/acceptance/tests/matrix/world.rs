//! The registry of the matrix: two organizations, everybody who calls, and fresh things to call about.

use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, ensure};
use reqwest::{Client, Method, header::CONTENT_TYPE};
use serde_json::{Value, json};
use test_kit::{Registry, SampleRepository, answered, wait_for};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{callers::Caller, table::Needs};

const MEDIA_TYPE: &str = "application/vnd.api+json";

/// What a call is about: values for the braces of its path, and for its body.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) org: String,
    pub(crate) module: String,
    pub(crate) version: String,
    /// Of whatever the path means by it.
    pub(crate) id: String,
    pub(crate) user: String,
    /// A name that nothing has yet.
    pub(crate) fresh: String,
}

/// As much of an answer as a caller can tell answers apart by.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    media_type: String,
    pub(crate) body: String,
}

pub(crate) struct World {
    registry: Registry,
    client: Client,
    tokens: Vec<(Caller, String)>,
    /// The id of the user who calls as [`Caller::Stranger`].
    stranger: String,
    /// The id of the module that comes from a repository, `acme/vpc/aws`.
    git_module: String,
    /// Where `acme/moved/aws` comes from, and the id of that.
    moved: (SampleRepository, String),
    made: AtomicU32,
}

impl World {
    pub(crate) async fn start() -> Result<Self> {
        let unlimited = [("QUARRY_RATE_LIMIT", "0"), ("QUARRY_FAILED_LOGINS_PER_MINUTE", "0")];
        let registry = Registry::start_with(&unlimited).await?;
        // Redirects are answers here.
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        registry.api.make_organization("other").await?;
        registry.repository("terraform-aws-vpc")?.release_three_times()?;
        let git_module = registry.publish("terraform-aws-vpc").await?;
        let git_module = git_module["id"].as_str().context("a module without id")?.to_owned();
        let moved = registry.repository("terraform-aws-moved")?;
        moved.commit(&[("main.tf", "# First.\n")])?;
        moved.tag("v1.0.0")?;
        let moved_module = registry.publish("terraform-aws-moved").await?;
        let moved = (moved, id(&moved_module)?);
        let (tokens, stranger, made) = (Vec::new(), String::new(), AtomicU32::new(0));
        let mut world = Self { registry, client, tokens, stranger, git_module, moved, made };
        world.make_callers().await?;
        Ok(world)
    }

    async fn make_callers(&mut self) -> Result<()> {
        let expires = OffsetDateTime::now_utc() + Duration::SECOND;
        let expires = json!({"rights": "admin", "expired-at": expires.format(&Rfc3339)?});
        let revoked = self.make_token("/organizations/acme/service-tokens", json!({"rights": "admin"})).await?;
        self.stranger = self.make_user().await?;
        let of_stranger = format!("/users/{}/authentication-tokens", self.stranger);
        self.tokens = vec![
            (Caller::Malformed, "quarry_wrong".to_owned()),
            (Caller::Revoked, revoked.1),
            (Caller::Expired, self.make_token("/organizations/acme/service-tokens", expires).await?.1),
            (Caller::Stranger, self.make_token(&of_stranger, json!({})).await?.1),
            (Caller::Administrator, self.registry.admin_token()?),
        ];
        for (caller, organization, rights) in [
            (Caller::OthersOwner, "other", "admin"),
            (Caller::Reader, "acme", "read"),
            (Caller::Publisher, "acme", "publish"),
            (Caller::Owner, "acme", "admin"),
        ] {
            let path = format!("/organizations/{organization}/service-tokens");
            let token = self.make_token(&path, json!({"rights": rights})).await?.1;
            self.tokens.push((caller, token));
        }
        let status = self.registry.api.delete(&format!("/api/v2/authentication-tokens/{}", revoked.0)).await?;
        ensure!(status == 204, "revoking a token: {status}");
        for caller in [Caller::Revoked, Caller::Expired] {
            wait_for("a token to end", || async {
                let answer = self.call(caller, &Method::GET, "/api/v2/account/details", &Value::Null).await?;
                Ok((answer.status == 401).then_some(()))
            })
            .await?;
        }
        Ok(())
    }

    /// The document that the server gives of itself.
    pub(crate) async fn document(&self, path: &str) -> Result<Value> {
        Ok(self.registry.api.get(path).await?.1)
    }

    pub(crate) async fn call(&self, caller: Caller, method: &Method, path: &str, body: &Value) -> Result<Answer> {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.registry.url()));
        if let Some((_, token)) = self.tokens.iter().find(|(known, _)| *known == caller) {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request.header(CONTENT_TYPE, MEDIA_TYPE).body(body.to_string());
        }
        let response = answered(request).await?;
        let media_type = response.headers().get(CONTENT_TYPE).map(|value| value.to_str()).transpose()?;
        let (status, media_type) = (response.status().as_u16(), media_type.unwrap_or_default().to_owned());
        Ok(Answer { status, media_type, body: response.text().await? })
    }

    /// Something of `acme` that is there, and that no call has touched.
    pub(crate) async fn fresh(&self, needs: Needs) -> Result<Subject> {
        let mut subject = Subject {
            org: "acme".to_owned(),
            module: "vpc".to_owned(),
            version: "1.0.0".to_owned(),
            id: String::new(),
            user: String::new(),
            fresh: self.new_name(),
        };
        let tokens = "/organizations/acme/service-tokens";
        match needs {
            Needs::Nothing => {}
            Needs::Version => (subject.module, subject.id) = self.make_version().await?,
            Needs::GitModule => subject.id = self.git_module.clone(),
            Needs::GitVersion => subject.id = self.git_version().await?,
            Needs::Module => subject.id = self.make_module().await?.1,
            Needs::MovedVersion => {
                subject.module = "moved".to_owned();
                subject.id = self.move_tag(&subject.fresh).await?;
            }
            Needs::Client => subject.id = self.make_connection().await?.replace("ot-", "oc-"),
            Needs::VcsProvider => subject.id = self.make_connection().await?.replace("ot-", "vcs-"),
            Needs::Account => subject.id = self.account().await?,
            Needs::Environment => subject.id = self.make_in_account("environments").await?,
            Needs::ModuleNamespace => subject.id = self.make_in_account("module-namespaces").await?,
            Needs::OauthToken => subject.id = self.make_connection().await?,
            Needs::Installation => subject.id = self.make_app().await?,
            Needs::ServiceToken => subject.id = self.make_token(tokens, json!({"description": "x"})).await?.0,
            Needs::OrganizationToken => {
                self.make_token("/organizations/acme/authentication-token", json!({})).await?;
            }
            Needs::User => subject.user = self.make_user().await?,
            Needs::Member => subject.user = self.make_member().await?,
            Needs::Stranger => subject.user.clone_from(&self.stranger),
        }
        Ok(subject)
    }

    fn new_name(&self) -> String {
        format!("new{}", self.made.fetch_add(1, Ordering::Relaxed))
    }

    async fn make(&self, path: &str, attributes: Value) -> Result<Value> {
        let body = json!({"data": {"attributes": attributes}});
        let (status, mut answer) = self.registry.api.post(&format!("/api/v2{path}"), body).await?;
        ensure!(status == 201, "{path}: {status} {answer}");
        Ok(answer["data"].take())
    }

    /// Name and id of a module for uploads.
    async fn make_module(&self) -> Result<(String, String)> {
        let name = self.new_name();
        let attributes = json!({"name": name, "provider": "aws"});
        let made = self.make("/organizations/acme/registry-modules", attributes).await?;
        Ok((name, id(&made)?))
    }

    /// Of the module that comes from a repository.
    async fn git_version(&self) -> Result<String> {
        let path = format!("/api/iacp/v3/module-versions?filter[module]={}", self.git_module);
        let (status, answer) = self.registry.api.get(&path).await?;
        ensure!(status == 200, "{path}: {status} {answer}");
        id(&answer["data"][0])
    }

    /// The organization, as the Scalr API has it.
    async fn account(&self) -> Result<String> {
        let (status, answer) = self.registry.api.get("/api/iacp/v3/accounts?filter[name]=acme").await?;
        ensure!(status == 200, "{status} {answer}");
        id(&answer["data"][0])
    }

    /// Deletes its environments and module namespaces, which would keep the organization from being deleted.
    pub(crate) async fn empty_account(&self) -> Result<()> {
        for kind in ["environments", "module-namespaces"] {
            let path = format!("/api/iacp/v3/{kind}");
            loop {
                let (_, answer) = self.registry.api.get(&format!("{path}?page[size]=100")).await?;
                let found = answer["data"].as_array().cloned().unwrap_or_default();
                if found.is_empty() {
                    break;
                }
                for item in &found {
                    let status = self.registry.api.delete(&format!("{path}/{}", id(item)?)).await?;
                    ensure!(status == 204, "deleting {item}: {status}");
                }
            }
        }
        Ok(())
    }

    async fn make_in_account(&self, kind: &str) -> Result<String> {
        let account = json!({"data": {"type": "accounts", "id": self.account().await?}});
        let body = json!({"attributes": {"name": self.new_name()}, "relationships": {"account": account}});
        let (status, answer) = self.registry.api.post(&format!("/api/iacp/v3/{kind}"), json!({"data": body})).await?;
        ensure!(status == 201, "{kind}: {status} {answer}");
        id(&answer["data"])
    }

    /// Name of a module, and id of its version.
    async fn make_version(&self) -> Result<(String, String)> {
        let (name, _) = self.make_module().await?;
        let path = format!("/registry-modules/acme/{name}/aws/versions");
        Ok((name, id(&self.make(&path, json!({"version": "1.0.0"})).await?)?))
    }

    /// The commit that the tag of the one version is on from now on, which is known.
    async fn move_tag(&self, content: &str) -> Result<String> {
        let (repository, module) = &self.moved;
        let commit = repository.commit(&[("main.tf", &format!("# {content}\n"))])?;
        repository.tag("v1.0.0")?;
        self.registry.api.look_again(module, false).await?;
        Ok(commit)
    }

    async fn make_connection(&self) -> Result<String> {
        self.registry.api.connect("acme", "https://git.acme.test", None).await
    }

    /// As if a host had taken its key.
    async fn make_app(&self) -> Result<String> {
        let connection = self.make_connection().await?.replace("ot-", "oc-");
        self.registry.ask(&format!("UPDATE connections SET kind = 'github_app' WHERE id = '{connection}'"))?;
        Ok(connection.replace("oc-", "ghain-"))
    }

    /// Id and token.
    async fn make_token(&self, path: &str, attributes: Value) -> Result<(String, String)> {
        let made = self.make(path, attributes).await?;
        let token = made["attributes"]["token"].as_str().context("no token in the answer")?;
        Ok((id(&made)?, token.to_owned()))
    }

    async fn make_user(&self) -> Result<String> {
        id(&self.make("/admin/users", json!({"username": self.new_name()})).await?)
    }

    async fn make_member(&self) -> Result<String> {
        let user = self.make_user().await?;
        let path = format!("/api/v2/admin/users/{user}/memberships/acme");
        let rights = json!({"data": {"attributes": {"rights": "read"}}});
        let answer = self.registry.api.send(Method::PUT, &path, Some(rights)).await?;
        ensure!(answer.status() == 200, "{path}: {}", answer.status());
        Ok(user)
    }
}

fn id(resource: &Value) -> Result<String> {
    resource["id"].as_str().map(str::to_owned).context("a resource without id")
}

impl Answer {
    /// Without the id that the caller gave himself.
    pub(crate) fn about(&self, subject: &Subject) -> Self {
        let body = if subject.id.is_empty() { self.body.clone() } else { self.body.replace(&subject.id, "{id}") };
        Self { status: self.status, media_type: self.media_type.clone(), body }
    }
}

impl Subject {
    /// The same call about what does not exist.
    pub(crate) fn missing(&self) -> Self {
        let other_id =
            |id: &str| id.split_once('-').map_or(String::new(), |(kind, _)| format!("{kind}-1111111111111111"));
        Self {
            org: "nobody".to_owned(),
            module: "missing".to_owned(),
            version: "8.8.8".to_owned(),
            id: other_id(&self.id),
            user: other_id(&self.user),
            fresh: self.fresh.clone(),
        }
    }

    /// The path with everything between braces filled in.
    pub(crate) fn fill(&self, template: &str) -> String {
        let values = [
            ("{org}", &*self.org),
            ("{registry}", "private"),
            ("{namespace}", &self.org),
            ("{name}", &self.module),
            ("{provider}", "aws"),
            ("{version}", &self.version),
            ("{id}", if self.id.is_empty() { "none" } else { &self.id }),
            ("{user}", &self.user),
            ("{action}", "suspend"),
        ];
        values.into_iter().fold(template.to_owned(), |path, (name, value)| path.replace(name, value))
    }
}
