//! What all requests of a gateway share.

use std::sync::Arc;

use messages::ChangeNotice;
use seal::{SealKeys, TokenKey};
use service_kit::{Rates, SignInSettings, TrustedProxies};
use signed_link::LinkKeys;
use store::{Notice, Store};
use tokio::sync::Semaphore;
use vcs_hosts::api::HostApi;

use crate::{
    cached_answers::CachedAnswers, rate_limit::RateLimits, registry::DownloadCounts, sign_in::Pages,
    token_uses::TokenUses, webhooks,
};

/// What a gateway needs to know before it answers.
#[derive(Debug)]
pub struct Config {
    /// The only source of absolute URLs, without a trailing `/`; never the Host header.
    pub public_url: String,
    /// Where signed links point, without a trailing `/`.
    pub archivist_url: String,
    pub link_keys: LinkKeys,
    pub seal_keys: SealKeys,
    pub token_key: TokenKey,
    /// The largest upload that a link allows, in bytes.
    pub max_upload_bytes: u64,
    /// How often a client may call.
    pub rates: Rates,
    /// Who is believed about the address of a client.
    pub trusted_proxies: TrustedProxies,
    /// How people sign in.
    pub sign_in: SignInSettings,
    /// For the APIs of Git hosts.
    pub hosts: HostApi,
}

/// A gateway: cheap to clone, one for the whole process.
#[derive(Clone)]
pub struct Gateway {
    pub(crate) state: Arc<State>,
}

pub(crate) struct State {
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) cached: CachedAnswers,
    pub(crate) downloads: DownloadCounts,
    pub(crate) token_uses: TokenUses,
    pub(crate) rate_limits: RateLimits,
    pub(crate) pages: Pages,
    /// For bodies of webhooks, in MiB.
    pub(crate) delivery_room: Semaphore,
}

impl Gateway {
    pub fn new(config: Config, store: Store) -> Self {
        let (cached, downloads) = (CachedAnswers::default(), DownloadCounts::default());
        let (token_uses, rate_limits) = (TokenUses::default(), RateLimits::new(config.rates));
        let pages = Pages::new(&config);
        let delivery_room = Semaphore::new(webhooks::ROOM);
        let state = State { config, store, cached, downloads, token_uses, rate_limits, pages, delivery_room };
        Self { state: Arc::new(state) }
    }

    /// For the store of this process: drops what a commit made stale, before the one who committed is answered.
    pub fn on_commit(&self, notices: &[Notice]) {
        for notice in notices {
            match notice {
                Notice::JobsDue => {}
                Notice::ModuleChanged(address) => self.state.cached.forget_module(address),
                Notice::TokensChanged => self.state.cached.forget_callers(),
                Notice::ScopesChanged => self.state.cached.forget_all(),
            }
        }
    }

    /// For notices of other processes, from the broker.
    pub fn on_change(&self, notice: &ChangeNotice) {
        match notice {
            ChangeNotice::Module { address } => self.state.cached.forget_module(address),
            ChangeNotice::Tokens => self.state.cached.forget_callers(),
            ChangeNotice::Scopes => self.state.cached.forget_all(),
        }
    }
}
