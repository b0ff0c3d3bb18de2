//! The listeners of `quarry serve`, and what is served on each.

use std::net::{SocketAddr, TcpListener};

use anyhow::Context;
use archivist::Archivist;
use gateway::Gateway;
use service_kit::{Readiness, Settings, StopTimes};

/// Where requests come in.
pub(crate) struct Listeners {
    gateway: TcpListener,
    /// `None`: where the gateway listens.
    archivist: Option<TcpListener>,
}

impl Listeners {
    pub(crate) fn bind(settings: &Settings) -> anyhow::Result<Self> {
        let bind = |address: SocketAddr, setting: &str| {
            TcpListener::bind(address).with_context(|| format!("cannot listen on {address} ({setting})"))
        };
        Ok(Self {
            gateway: bind(settings.listen, "QUARRY_LISTEN")?,
            archivist: settings.archivist_listen.map(|it| bind(it, "QUARRY_ARCHIVIST_LISTEN")).transpose()?,
        })
    }

    /// What signed links begin with.
    pub(crate) fn archivist_url(&self, settings: &Settings, public_url: &str) -> anyhow::Result<String> {
        Ok(match (&settings.archivist_url, &self.archivist) {
            (Some(url), _) => url.clone(),
            (None, Some(listener)) => format!("http://{}", listener.local_addr()?),
            (None, None) => public_url.to_owned(),
        })
    }

    /// Where the gateway listens.
    pub(crate) fn address(&self) -> std::io::Result<SocketAddr> {
        self.gateway.local_addr()
    }

    /// Both roles until `stop`: on one listener, or each on its own.
    pub(crate) async fn serve(
        self,
        gateway: Gateway,
        archivist: Archivist,
        readiness: Readiness,
        times: StopTimes,
    ) -> Result<(), domain::Error> {
        let of_objects = readiness.clone();
        let objects = move |app: &mut service_kit::ServiceConfig| {
            service_kit::configure_health(&of_objects, app);
            archivist::configure(&archivist, app);
        };
        let Some(own) = self.archivist else {
            let everything = move |app: &mut service_kit::ServiceConfig| {
                objects(app);
                gateway::configure(&gateway, app);
            };
            return service_kit::serve_http(self.gateway, everything, times).await;
        };
        let apis = move |app: &mut service_kit::ServiceConfig| {
            service_kit::configure_health(&readiness, app);
            gateway::configure(&gateway, app);
        };
        let both = tokio::try_join!(
            service_kit::serve_http(self.gateway, apis, times.clone()),
            service_kit::serve_http(own, objects, times),
        );
        both.map(drop)
    }
}
