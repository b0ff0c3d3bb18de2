//! Bitbucket Cloud.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Error;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Place, Session, authorized};
use super::dialect::Dialect;
use super::hooks::{Hooks, Listed, Renewal};
use super::page::Page;
use super::shapes::{Link, Moment, Prose, Sha};
use super::{Access, Commit, NewWebhook, RepositoryFacts};
use crate::Identifier;
use crate::payload::{self, Id, Member, Object, Text};

const PUBLIC_HOST: &str = "bitbucket.org";
const PUBLIC_API: &str = "https://api.bitbucket.org/2.0";

pub(super) struct BitbucketCloud;

#[async_trait]
impl Dialect for BitbucketCloud {
    fn base(&self, access: &Access<'_>) -> String {
        match access.api_url.host() {
            PUBLIC_HOST => PUBLIC_API.to_owned(),
            _ => access.api_ending_in(&["/2.0"]),
        }
    }

    /// An access token stands for itself; others belong to a user, whom the e-mail address names here.
    fn headers(&self, access: &Access<'_>, token: Option<&str>) -> Result<HeaderMap, Error> {
        authorized(token.map(|token| match access.key() {
            Some(key) => format!("Basic {}", STANDARD.encode(format!("{key}:{token}"))),
            None => format!("Bearer {token}"),
        }))
    }

    /// Access tokens of repositories are not those of a user, who could be asked for.
    fn place_to_check(&self, access: &Access<'_>) -> Option<Place> {
        Some(Place::new([if access.key().is_some() { "user" } else { "hook_events" }]))
    }

    async fn find_repository(&self, session: &Session<'_>, identifier: &Identifier) -> Result<RepositoryFacts, Error> {
        let place = repository(identifier);
        let found: RepositoryMember = session.read(&place, (identifier, None), payload::parse).await?;
        session.understand(|| {
            let html = found.links.get("links")?.unwrap_or_default().html("links")?;
            let branch = found.mainbranch.get("mainbranch")?.unwrap_or_default();
            Ok(RepositoryFacts {
                remote_id: payload::required(found.uuid, "uuid")?,
                description: found.description.get("description")?.unwrap_or_default(),
                web_url: session.web_url(html, identifier)?,
                default_branch: branch.name.get("mainbranch.name")?,
            })
        })
    }

    /// Without a branch the host would list those of all branches.
    async fn list_commits(
        &self,
        session: &Session<'_>,
        identifier: &Identifier,
        branch: Option<&str>,
        limit: u8,
    ) -> Result<Vec<Commit>, Error> {
        let branch = match branch {
            Some(branch) => branch.to_owned(),
            None => match self.find_repository(session, identifier).await?.default_branch {
                Some(branch) => branch,
                None => return Ok(Vec::new()),
            },
        };
        let place = repository(identifier).below("commits").query("include", &branch).query("pagelen", limit);
        let found: Page<CommitMember> = session.read(&place, (identifier, Some(&branch)), payload::parse).await?;
        session.understand(|| found.list()?.into_iter().map(|found| understood(session, identifier, found)).collect())
    }

    fn hooks(&self, _: &Access<'_>, identifier: &Identifier) -> Result<Hooks, Error> {
        let place = repository(identifier).below("hooks");
        Ok(Hooks {
            list: place.clone().query("pagelen", 100),
            place,
            read_list: read_hooks,
            read_id: |body| payload::required(payload::parse::<HookMember>(body)?.uuid, "uuid"),
            renewal: Renewal::Put,
            right: "the scopes webhook and repository",
        })
    }

    async fn hook_body(&self, _: &Session<'_>, _: &Identifier, hook: &NewWebhook<'_>) -> Result<Value, Error> {
        Ok(json!({
            "description": "module registry",
            "url": hook.url,
            "active": true,
            "events": ["repo:push"],
            "secret": hook.secret
        }))
    }
}

fn repository(identifier: &Identifier) -> Place {
    Place::new(["repositories"].into_iter().chain(identifier.segments()))
}

fn understood(session: &Session<'_>, identifier: &Identifier, found: CommitMember) -> Result<Commit, Error> {
    let sha = payload::required(found.hash, "values[].hash")?;
    let author = found.author.get("values[].author")?.unwrap_or_default();
    let user = author.user.get("values[].author.user")?.unwrap_or_default();
    let raw = author.raw.get("values[].author.raw")?.unwrap_or_default();
    // As Git writes it: `Name <address>`.
    let name = raw.split(" <").next().unwrap_or_default().to_owned();
    let links = user.links.get("values[].author.user.links")?.unwrap_or_default();
    let html = found.links.get("values[].links")?.unwrap_or_default().html("values[].links")?;
    Ok(Commit {
        message: found.message.get("values[].message")?.unwrap_or_default(),
        author: user.display_name.get("values[].author.user.display_name")?.unwrap_or(name),
        avatar_url: address(links.avatar, "values[].author.user.links.avatar")?,
        author_url: address(links.html, "values[].author.user.links.html")?,
        date: found.date.get("values[].date")?,
        url: session.commit_url(html, identifier, &["commits", &sha])?,
        sha,
    })
}

fn read_hooks(body: &[u8]) -> Result<Vec<Listed>, Error> {
    let found: Page<HookMember> = payload::parse(body)?;
    let listed = found.list()?.into_iter().map(|hook| {
        let url = hook.url.get("values[].url")?.unwrap_or_default();
        Ok(Listed { id: payload::required(hook.uuid, "values[].uuid")?, url })
    });
    listed.collect()
}

fn address(link: Member<Object<LinkMember>>, path: &str) -> Result<Option<String>, Error> {
    let link = link.get(path)?.unwrap_or_default();
    Ok(link.href.get(&format!("{path}.href"))?.flatten())
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RepositoryMember {
    uuid: Member<Id>,
    description: Member<Prose>,
    links: Member<Object<Links>>,
    /// `null` in a repository without commits.
    mainbranch: Member<Object<Branch>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Branch {
    name: Member<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Links {
    html: Member<Object<LinkMember>>,
    avatar: Member<Object<LinkMember>>,
}

impl Links {
    fn html(self, path: &str) -> Result<Option<String>, Error> {
        address(self.html, &format!("{path}.html"))
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct LinkMember {
    href: Member<Link>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CommitMember {
    hash: Member<Sha>,
    message: Member<Prose>,
    date: Member<Moment>,
    author: Member<Object<Author>>,
    links: Member<Object<Links>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Author {
    raw: Member<Prose>,
    user: Member<Object<User>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct User {
    display_name: Member<Prose>,
    links: Member<Object<Links>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct HookMember {
    uuid: Member<Id>,
    url: Member<Prose>,
}
