//! A gateway, its store, and what is in it.

use actix_web::{App, http::StatusCode, test};
use domain::{Id, Publishing, Rights, VersionStatus, kinds};
use gateway::{Config, Gateway};
use outbound::AddressPolicy;
use seal::{SealKeys, TokenKey};
use serde_json::Value;
use signed_link::LinkKeys;
use store::{
    Connection, Store,
    connections::{self, NewConnection},
    modules::{self, Module, NewModule},
    repositories,
    scopes::{self, NewScope, Scope},
    tokens, users,
    versions::{self, Archived, NewVersion},
};
use test_kit::TestDatabase;
use vcs_hosts::api::HostApi;

use crate::parts::parts;

pub(crate) const BASE: &str = "/api/registry/v1/modules";
pub(crate) const SUMMARY: &str =
    r#"{"root":{"providers":[{"name":"aws","version":">= 5.0"}],"dependencies":[]},"submodules":[]}"#;

pub(crate) struct TestGateway {
    pub(crate) gateway: Gateway,
    pub(crate) store: Store,
    token_key: TokenKey,
    pub(crate) link_keys: LinkKeys,
    _database: TestDatabase,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl TestGateway {
    pub(crate) fn start() -> Self {
        let database = TestDatabase::create().unwrap();
        let store = Store::open(database.url()).unwrap();
        let token_key = TokenKey::parse(&TokenKey::generate().unwrap()).unwrap();
        let link_text = LinkKeys::generate().unwrap();
        let config = Config {
            public_url: "https://registry.acme.test".to_owned(),
            archivist_url: "https://archive.acme.test".to_owned(),
            link_keys: LinkKeys::parse(&link_text).unwrap(),
            seal_keys: SealKeys::parse(&SealKeys::generate().unwrap()).unwrap(),
            token_key: token_key.clone(),
            max_upload_bytes: 1000,
            rates: service_kit::Rates::default(),
            trusted_proxies: service_kit::TrustedProxies::default(),
            sign_in: service_kit::SignInSettings::default(),
            hosts: HostApi::new(AddressPolicy::parse("127.0.0.0/8").unwrap(), b"").unwrap(),
        };
        let gateway = Gateway::new(config, store.clone());
        let listener = gateway.clone();
        store.set_listeners(vec![Box::new(move |notices| listener.on_commit(notices))]);
        Self { gateway, store, token_key, link_keys: LinkKeys::parse(&link_text).unwrap(), _database: database }
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Answer {
        self.request(Some(&format!("Bearer {token}")), path).await
    }

    pub(crate) async fn request(&self, authorization: Option<&str>, path: &str) -> Answer {
        let app = test::init_service(App::new().configure(|app| gateway::configure(&self.gateway, app))).await;
        let mut request = test::TestRequest::get().uri(path);
        if let Some(authorization) = authorization {
            request = request.insert_header(("Authorization", authorization));
        }
        let response = test::call_service(&app, request.to_request()).await;
        let status = response.status();
        let headers = response.headers().iter();
        let headers = headers
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let body = String::from_utf8(test::read_body(response).await.to_vec()).unwrap();
        Answer { status, headers, body }
    }

    pub(crate) async fn has_scope(&self, name: &str) -> Scope {
        let name = name.to_owned();
        let made = self.store.write(move |session| scopes::insert(session, &NewScope::account(&name.parse()?)));
        made.await.unwrap()
    }

    /// A token that may read `scope`, or everything.
    pub(crate) async fn has_token(&self, scope: Option<&Scope>) -> String {
        let token = self.token_key.new_token().unwrap();
        let (hash, scope) = (token.hash, scope.map(|scope| scope.id.clone()));
        let made = self.store.write(move |session| {
            let user = users::find_or_insert(session, "reader")?;
            tokens::insert(session, &user, scope.as_ref(), Rights::Read, &hash)
        });
        made.await.unwrap();
        token.clear.reveal().to_owned()
    }

    /// A module that gets its versions by upload.
    pub(crate) async fn has_module(&self, scope: &Scope, name: &str, provider: &str) -> Module {
        let (scope, name, provider) = (scope.clone(), name.to_owned(), provider.to_owned());
        let made = self
            .store
            .write(move |session| insert_module(session, &scope, (&name, &provider), Publishing::Upload, None));
        made.await.unwrap()
    }

    /// A module that comes from `https://git.acme.test/acme/terraform-aws-<name>`.
    pub(crate) async fn has_git_module(&self, scope: &Scope, name: &str) -> Module {
        let (scope, name) = (scope.clone(), name.to_owned());
        let made = self.store.write(move |session| {
            let id = Id::random();
            connections::insert(
                session,
                &NewConnection {
                    id: &id,
                    scope: &scope.id,
                    kind: "git",
                    name: None,
                    http_url: "https://git.acme.test",
                    api_url: "",
                    client_key: None,
                    secret_sealed: None,
                    organization_scoped: true,
                },
            )?;
            let identifier = format!("acme/terraform-aws-{name}");
            let repository = repositories::find_or_insert(session, &id, &identifier, "uuid")?;
            insert_module(session, &scope, (&name, "aws"), Publishing::Tags, Some(&repository.id))
        });
        made.await.unwrap()
    }

    /// A version that can be installed.
    pub(crate) async fn has_version(&self, module: &Module, version: &str) -> String {
        self.has_version_in(module, version, "").await
    }

    pub(crate) async fn has_version_in(&self, module: &Module, version: &str, directory: &str) -> String {
        let id = self.has_pending_version(module, version).await;
        let (made, module, directory) = (id.clone(), module.clone(), directory.to_owned());
        let done = self.store.write(move |session| {
            versions::set_archived(
                session,
                &made,
                &Archived {
                    archive_sha256: "ab".repeat(32),
                    tar_sha256: "cd".repeat(32),
                    size: 1234,
                    directory,
                    submodules: false,
                    notes: "[]".to_owned(),
                    published_at: 1_772_442_895_120,
                },
            )?;
            versions::set_ok(session, &module, &made, SUMMARY, &parts())
        });
        done.await.unwrap();
        id
    }

    pub(crate) async fn has_pending_version(&self, module: &Module, version: &str) -> String {
        let (module, version) = (module.clone(), version.to_owned());
        let made = self.store.write(move |session| {
            let id = Id::<kinds::ModuleVersion>::random();
            let tag = module.repository_id.is_some().then(|| format!("v{version}"));
            versions::insert(
                session,
                &NewVersion {
                    id: &id,
                    module: &module.id,
                    version: &version.parse()?,
                    source: "tfe-api",
                    tag: tag.as_deref(),
                    branch: None,
                    commit: None,
                    status: VersionStatus::Pending,
                },
            )?;
            Ok(id.to_string())
        });
        made.await.unwrap()
    }
}

fn insert_module(
    session: &mut Connection,
    scope: &Scope,
    (name, provider): (&str, &str),
    publishing: Publishing,
    repository: Option<&Id<kinds::Repository>>,
) -> Result<Module, domain::Error> {
    modules::insert(
        session,
        &NewModule { repository, ..NewModule::new(scope, &name.parse()?, &provider.parse()?, publishing) },
    )
}
