//! A gateway on a fresh database, and the people who use it.

use std::sync::LazyLock;

use actix_web::{App, dev::ServiceResponse, http::header, test, test::TestRequest};
use domain::{Id, Rights, kinds};
use gateway::{Config, Gateway};
use outbound::AddressPolicy;
use seal::{SealKeys, Secret, TokenKey};
use serde_json::Value;
use service_kit::SignInSettings;
use signed_link::LinkKeys;
use store::{
    Store, memberships,
    users::{self, NewUser},
};
use test_kit::TestDatabase;
use vcs_hosts::api::HostApi;

use crate::browser::Browser;

pub(crate) const PUBLIC_URL: &str = "https://registry.acme.test";
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Making it takes a while, on purpose.
static PASSWORD_HASH: LazyLock<String> = LazyLock::new(|| seal::password::hash(&Secret::new(PASSWORD)).unwrap());

pub(crate) struct TestGateway {
    pub(crate) gateway: Gateway,
    pub(crate) store: Store,
    keys: (String, String, String),
    _database: TestDatabase,
}

impl TestGateway {
    pub(crate) fn start() -> Self {
        Self::start_with(PUBLIC_URL, SignInSettings::default())
    }

    pub(crate) fn start_with(public_url: &str, sign_in: SignInSettings) -> Self {
        let database = TestDatabase::create().unwrap();
        let store = Store::open(database.url()).unwrap();
        let keys = (LinkKeys::generate().unwrap(), SealKeys::generate().unwrap(), TokenKey::generate().unwrap());
        let gateway = Gateway::new(config(public_url, sign_in, &keys), store.clone());
        let listener = gateway.clone();
        store.set_listeners(vec![Box::new(move |notices| listener.on_commit(notices))]);
        Self { gateway, store, keys, _database: database }
    }

    /// Another gateway of the same installation.
    pub(crate) fn another(&self) -> Gateway {
        Gateway::new(config(PUBLIC_URL, SignInSettings::default(), &self.keys), self.store.clone())
    }

    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser::new(self)
    }

    /// Somebody who knows [`PASSWORD`] and may read everything.
    pub(crate) async fn has_user(&self, name: &str) -> Id<kinds::User> {
        let name = name.to_owned();
        let made = self.store.write(move |session| {
            let new = NewUser { username: &name, password_hash: Some(&PASSWORD_HASH), ..NewUser::default() };
            let user = users::insert(session, &new)?;
            memberships::set(session, &user.id, None, Rights::Read)?;
            Ok(user.id)
        });
        made.await.unwrap()
    }

    pub(crate) async fn disable(&self, user: &Id<kinds::User>) {
        let user = user.clone();
        self.store.write(move |session| users::set_disabled(session, &user, true)).await.unwrap();
    }

    /// How many good tokens a user has.
    pub(crate) async fn tokens_of(&self, user: &Id<kinds::User>) -> usize {
        let user = user.clone();
        let known = self.store.read(move |session| store::tokens::list_of_user(session, &user, (0, 100)));
        known.await.unwrap().0.len()
    }

    /// The account that an API token belongs to; its status is 401 if none.
    pub(crate) async fn account(&self, token: &str) -> (u16, Value) {
        let request = TestRequest::get()
            .uri("/api/v2/account/details")
            .insert_header((header::AUTHORIZATION, format!("Bearer {token}")));
        let response = call(&self.gateway, request).await;
        let status = response.status().as_u16();
        let body = test::read_body(response).await;
        (status, serde_json::from_slice(&body).unwrap())
    }
}

fn config(public_url: &str, sign_in: SignInSettings, keys: &(String, String, String)) -> Config {
    Config {
        public_url: public_url.to_owned(),
        archivist_url: "https://archive.acme.test".to_owned(),
        link_keys: LinkKeys::parse(&keys.0).unwrap(),
        seal_keys: SealKeys::parse(&keys.1).unwrap(),
        token_key: TokenKey::parse(&keys.2).unwrap(),
        max_upload_bytes: 1000,
        rates: service_kit::Rates::default(),
        trusted_proxies: service_kit::TrustedProxies::default(),
        sign_in,
        hosts: HostApi::new(AddressPolicy::default(), b"").unwrap(),
    }
}

pub(crate) async fn call(gateway: &Gateway, request: TestRequest) -> ServiceResponse {
    let app = test::init_service(App::new().configure(|app| gateway::configure(gateway, app))).await;
    test::call_service(&app, request.to_request()).await.map_into_boxed_body()
}
