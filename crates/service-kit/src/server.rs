//! The HTTP listener: bound first, so that port 0 works and the caller learns which port it got.

use std::{net::TcpListener, time::Duration};

use actix_web::{App, HttpServer, middleware::DefaultHeaders, web::ServiceConfig};
use domain::Error;
use tokio_util::sync::CancellationToken;

/// How long requests under way may take to finish once the process stops.
const DRAIN_SECONDS: u64 = 15;
/// A client that does not finish its headers in this time is cut off.
const HEADERS_TIME: Duration = Duration::from_secs(10);

/// Serves what `configure` registers until `stop`, then finishes what is under way.
pub async fn serve_http<F>(listener: TcpListener, configure: F, stop: CancellationToken) -> Result<(), Error>
where
    F: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let during = "serving HTTP";
    let server = HttpServer::new(move || {
        App::new().wrap(DefaultHeaders::new().add(("X-Content-Type-Options", "nosniff"))).configure(configure.clone())
    })
    .client_request_timeout(HEADERS_TIME)
    .shutdown_timeout(DRAIN_SECONDS)
    .disable_signals()
    .workers(std::thread::available_parallelism().map_or(2, usize::from))
    .listen(listener)
    .map_err(|source| Error::internal(during, source))?
    .run();
    let handle = server.handle();
    tokio::spawn(async move {
        stop.cancelled().await;
        handle.stop(true).await;
    });
    server.await.map_err(|source| Error::internal(during, source))
}
