//! A gateway on a fresh database, and what every answer of it must look like.

use actix_web::{
    App,
    http::{
        Method,
        header::{self, HeaderMap},
    },
    test::{self, TestRequest},
};
use domain::{Id, Rights, kinds};
use gateway::{Config, Gateway};
use outbound::AddressPolicy;
use seal::{SealKeys, TokenKey};
use serde_json::{Value, json};
use service_kit::{Rates, TrustedProxies};
use signed_link::{Link, LinkKeys};
use store::Store;
use test_kit::TestDatabase;
use vcs_hosts::api::HostApi;

pub(crate) const PUBLIC_URL: &str = "https://registry.acme.test";
pub(crate) const JSON_API: &str = "application/vnd.api+json";

pub(crate) struct TestGateway {
    gateway: Gateway,
    pub(crate) store: Store,
    token_key: TokenKey,
    link_keys: LinkKeys,
    pub(crate) seal_keys: SealKeys,
    /// May do everything everywhere.
    pub(crate) admin: String,
    /// Answers say how many calls there are.
    is_limited: bool,
    _database: TestDatabase,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
    /// `null` for an empty body.
    pub(crate) body: Value,
    pub(crate) headers: HeaderMap,
}

impl Answer {
    /// The id of the one resource in it.
    pub(crate) fn id(&self) -> String {
        self.body["data"]["id"].as_str().expect("an id").to_owned()
    }

    pub(crate) fn attribute(&self, name: &str) -> &Value {
        &self.body["data"]["attributes"][name]
    }

    /// Where the first error points, and what it says.
    pub(crate) fn error(&self) -> (&str, &str) {
        let error = &self.body["errors"][0];
        (error["source"]["pointer"].as_str().unwrap_or(""), error["detail"].as_str().unwrap_or(""))
    }
}

impl TestGateway {
    /// With two organizations, `acme` and `other`.
    pub(crate) async fn start() -> Self {
        Self::start_with(Rates::default(), TrustedProxies::default()).await
    }

    /// The same with limits.
    pub(crate) async fn start_with(rates: Rates, trusted_proxies: TrustedProxies) -> Self {
        let database = TestDatabase::create().unwrap();
        let store = Store::open(database.url()).unwrap();
        let (link, seal) = (LinkKeys::generate().unwrap(), SealKeys::generate().unwrap());
        let token_key = TokenKey::parse(&TokenKey::generate().unwrap()).unwrap();
        let config = Config {
            public_url: PUBLIC_URL.to_owned(),
            archivist_url: "https://archives.acme.test".to_owned(),
            link_keys: LinkKeys::parse(&link).unwrap(),
            seal_keys: SealKeys::parse(&seal).unwrap(),
            token_key: token_key.clone(),
            max_upload_bytes: 1_000_000,
            rates,
            trusted_proxies,
            sign_in: service_kit::SignInSettings::default(),
            hosts: HostApi::new(AddressPolicy::parse("127.0.0.0/8").unwrap(), b"").unwrap(),
        };
        let mut gateway = Self {
            gateway: Gateway::new(config, store.clone()),
            store,
            token_key,
            link_keys: LinkKeys::parse(&link).unwrap(),
            seal_keys: SealKeys::parse(&seal).unwrap(),
            admin: String::new(),
            is_limited: rates.calls_per_second.is_some(),
            _database: database,
        };
        gateway.admin = gateway.token(None, Rights::Admin).await;
        for name in ["acme", "other"] {
            let made = gateway.post("/organizations", &gateway.admin, organization(name)).await;
            assert_eq!(made.status, 201, "{}", made.text);
        }
        gateway
    }

    /// A token for one organization, or for all.
    pub(crate) async fn token(&self, organization: Option<&str>, rights: Rights) -> String {
        let new = self.token_key.new_token().unwrap();
        let name = organization.map(str::to_owned);
        let insert = move |session: &mut store::Connection| {
            let user = store::users::find_or_insert(session, "jdoe")?;
            let scope = name.map(|name| store::scopes::find(session, &name)).transpose()?.flatten();
            store::tokens::insert(session, &user, scope.as_ref().map(|scope| &scope.id), rights, &new.hash)
        };
        self.store.write(insert).await.unwrap();
        new.clear.reveal().to_owned()
    }

    /// A person without any rights: id, and a token that allows all that the person may do.
    pub(crate) async fn has_user(&self, name: &str) -> (String, String) {
        let made = self.post("/admin/users", &self.admin, attributes(json!({"username": name}))).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let path = format!("/users/{}/authentication-tokens", made.id());
        let token = self.post(&path, &self.admin, attributes(json!({}))).await;
        assert_eq!(token.status, 201, "{}", token.text);
        (made.id(), token.attribute("token").as_str().unwrap().to_owned())
    }

    /// A token that nobody was given yet.
    pub(crate) fn new_token(&self) -> seal::NewToken {
        self.token_key.new_token().unwrap()
    }

    /// Has the gateway write down what it counts beside answering.
    pub(crate) async fn write_down(&self) {
        let stop = tokio_util::sync::CancellationToken::new();
        stop.cancel();
        self.gateway.run(stop).await;
    }

    /// Tells the gateway of every commit, as a process does.
    pub(crate) fn hears_commits(&self) {
        let gateway = self.gateway.clone();
        self.store.set_listeners(vec![Box::new(move |notices| gateway.on_commit(notices))]);
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.send(Method::GET, path, token, None).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.send(Method::POST, path, token, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str, token: &str) -> Answer {
        self.send(Method::DELETE, path, token, None).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Answer {
        let mut request = TestRequest::with_uri(&format!("/api/v2{path}")).method(method);
        if !token.is_empty() {
            request = request.insert_header((header::AUTHORIZATION, format!("Bearer {token}")));
        }
        if let Some(body) = body {
            request = request.insert_header((header::CONTENT_TYPE, JSON_API)).set_payload(body.to_string());
        }
        self.call(request).await
    }

    /// Checks what holds for every answer.
    pub(crate) async fn call(&self, request: TestRequest) -> Answer {
        let (status, headers, text) = self.raw(request).await;
        assert_eq!(headers.get("TFP-API-Version").unwrap(), "2.6");
        assert_eq!(headers.get("TFP-AppName").unwrap(), "Quarry");
        assert_eq!(headers.contains_key("X-RateLimit-Limit"), self.is_limited);
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        if !text.is_empty() {
            assert_eq!(headers.get(header::CONTENT_TYPE).unwrap(), JSON_API);
        }
        if status >= 300 {
            assert_eq!(body["errors"][0]["status"], json!(status.to_string()), "{text}");
            assert!(body["errors"][0]["title"].is_string(), "{text}");
        }
        Answer { status, text, body, headers }
    }

    /// Status, headers and body, whatever they are.
    pub(crate) async fn raw(&self, request: TestRequest) -> (u16, HeaderMap, String) {
        let gateway = self.gateway.clone();
        let app = test::init_service(App::new().configure(move |app| gateway::configure(&gateway, app))).await;
        let response = test::call_service(&app, request.to_request()).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        (status, headers, String::from_utf8(test::read_body(response).await.to_vec()).unwrap())
    }

    /// The id of a connection of `organization`, by its token face.
    pub(crate) async fn has_connection(&self, organization: &str) -> String {
        let body = attributes(json!({"service-provider": "git", "http-url": "https://git.acme.test"}));
        let made = self.post(&format!("/organizations/{organization}/oauth-clients"), &self.admin, body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.body["data"]["relationships"]["oauth-tokens"]["data"][0]["id"].as_str().unwrap().to_owned()
    }

    /// A module for uploads, with versions that hold nothing yet. Its id.
    pub(crate) async fn has_module(&self, organization: &str, name: &str, versions: &[&str]) -> String {
        let body = attributes(json!({"name": name, "provider": "aws"}));
        let made = self.post(&format!("/organizations/{organization}/registry-modules"), &self.admin, body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        for version in versions {
            let path = format!("/registry-modules/{organization}/{name}/aws/versions");
            let made = self.post(&path, &self.admin, attributes(json!({"version": version}))).await;
            assert_eq!(made.status, 201, "{}", made.text);
        }
        made.id()
    }

    pub(crate) async fn scope(&self, name: &str) -> Id<kinds::Scope> {
        let name = name.to_owned();
        self.store.read(move |session| store::scopes::find(session, &name)).await.unwrap().unwrap().id
    }

    /// What an upload link allows.
    pub(crate) fn open_link(&self, link: &str) -> Link {
        let token = link.strip_prefix("https://archives.acme.test/v1/object/").expect("a link of the archivist");
        self.link_keys.open(token, 0).unwrap()
    }
}

/// A request body with these attributes.
pub(crate) fn attributes(attributes: Value) -> Value {
    json!({"data": {"attributes": attributes}})
}

pub(crate) fn organization(name: &str) -> Value {
    attributes(json!({"name": name, "email": format!("platform@{name}.test")}))
}
